package toss

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	json "github.com/go-json-experiment/json/v1"

	"daesa/pay"
)

// SettlementPageSize is the number of rows that a page of settlements is asked for,
// Toss's largest (https://docs.tosspayments.com/reference, 정산 조회).
const SettlementPageSize = 5000

// Settlements reads page (from 1) of the settlement rows of a day, by one of their
// two dates. Only a page that shows nothing ends the list. There are none with a test
// key. Toss does not say whether the end of the window belongs to it, so the day
// after is asked for as well and its rows are left out. A row that cannot be
// read does not lose the others. The error is a *pay.Failure.
func (c *Client) Settlements(ctx context.Context, by pay.SettledBy, day pay.Day, page int) (pay.SettlementPage, error) {
	q := call{
		api: APISettlements, name: "GET /v1/settlements", path: "/v1/settlements", max: c.limit(listMaximum),
		about: fmt.Sprintf("%s %s, page %d", by, day, page),
		query: url.Values{
			"startDate": {string(day)}, "endDate": {string(day.Add(1))}, "dateType": {string(by)},
			"page": {strconv.Itoa(page)}, "size": {strconv.Itoa(SettlementPageSize)},
		},
	}
	if page < 1 {
		return pay.SettlementPage{}, q.fail(pay.FailureRefused, fmt.Errorf("pages count from 1"))
	}
	var out pay.SettlementPage
	evidence, failure := c.get(ctx, q, func(body []byte) (err error) {
		out, err = decodeSettlements(body, c.opts.MID, by, day)
		if err == nil && out.Shown > SettlementPageSize {
			err = fmt.Errorf("the page has %d rows, more than the %d that were asked for", out.Shown, SettlementPageSize)
		}
		for i := range out.Rows {
			out.Rows[i].MID = c.opts.merchantOf(out.Rows[i].MID)
		}
		return err
	})
	if failure != nil {
		return pay.SettlementPage{}, failure
	}
	c.scrubRows(&q, out.Bad)
	out.Evidence = evidence
	return out, nil
}

// wireSettlement is what daesa reads of a pay.Settlement
// (https://docs.tosspayments.com/guides/apis/settlements; real rows at
// https://techchat.tosspayments.com/m/1255352982157922435).
type wireSettlement struct {
	wireTransactionKeys
	Amount         json.Number `json:"amount"`
	InterestFee    json.Number `json:"interestFee"`
	Fee            json.Number `json:"fee"`
	SupplyAmount   json.Number `json:"supplyAmount"`
	SuppliedAmount json.Number `json:"suppliedAmount"` // how one specification spells it
	VAT            json.Number `json:"vat"`
	PayOutAmount   json.Number `json:"payOutAmount"`
	ApprovedAt     string      `json:"approvedAt"`
	SoldDate       string      `json:"soldDate"`
	PaidOutDate    string      `json:"paidOutDate"`
	Cancel         *wireCancel `json:"cancel"`
	Card           *struct {
		CardType   string `json:"cardType"`
		IssuerCode string `json:"issuerCode"`
	} `json:"card"`
	EasyPay *struct {
		Provider string `json:"provider"`
	} `json:"easyPay"`
	Fees []struct {
		Type string      `json:"type"`
		Fee  json.Number `json:"fee"`
	} `json:"fees"`
}

type wireTransactionKeys struct {
	MID            string `json:"mId"`
	TransactionKey string `json:"transactionKey"`
	PaymentKey     string `json:"paymentKey"`
	OrderID        string `json:"orderId"`
	Method         string `json:"method"`
	Currency       string `json:"currency"`
}

// decodeSettlements reads the bare array of a page, and keeps what stands under the
// day that was asked for. Of a row that cannot be read it gives the key.
func decodeSettlements(body []byte, mid string, by pay.SettledBy, day pay.Day) (page pay.SettlementPage, err error) {
	wire, misfits, err := decodeRows[wireSettlement](body)
	if err != nil {
		return page, shape("list of settlements", err)
	}
	if wire == nil {
		return page, fmt.Errorf("the answer is no list of settlements but null")
	}
	page.Shown = len(wire)
	page.Rows = make([]pay.Settlement, 0, len(wire))
	for i := range wire {
		row, err := wire[i].noun(mid)
		if misfit, ok := misfits[i]; ok {
			row.TransactionKey, err = misfit.key, shape("settlement row", misfit.err)
		}
		if err == nil {
			err = dated(row)
		}
		switch under := by.Of(row); {
		case under != "" && under != day: // another day's, which is not asked about
		case err != nil:
			page.Bad = append(page.Bad, pay.BadRow{Key: row.TransactionKey, Err: fmt.Errorf("row %d: %w", i+1, err)})
		default:
			page.Rows = append(page.Rows, row)
		}
	}
	return page, nil
}

// dated says whether a row has what it is known by and found under.
func dated(row pay.Settlement) error {
	switch {
	case row.TransactionKey == "":
		return fmt.Errorf("transactionKey is missing")
	case row.SoldDate == "" || row.PaidOutDate == "":
		return fmt.Errorf("soldDate or paidOutDate is missing")
	case row.ApprovedAt.IsZero():
		return fmt.Errorf("approvedAt is missing")
	default:
		return nil
	}
}

func (w *wireSettlement) noun(mid string) (row pay.Settlement, err error) {
	row = pay.Settlement{
		MID: cmp.Or(w.MID, mid), PaymentKey: w.PaymentKey, TransactionKey: w.TransactionKey, OrderID: w.OrderID,
		Currency: currencyOf(w.Currency), Fees: make([]pay.Fee, len(w.Fees)),
	}
	if row.SoldDate, err = dayOf("soldDate", w.SoldDate); err != nil {
		return row, err
	}
	if row.PaidOutDate, err = dayOf("paidOutDate", w.PaidOutDate); err != nil {
		return row, err
	}
	if w.PaymentKey == "" || w.Amount == "" {
		return row, fmt.Errorf("paymentKey or amount is missing")
	}
	if w.Card != nil {
		row.CardType, row.Issuer = w.Card.CardType, w.Card.IssuerCode
	}
	if w.EasyPay != nil {
		row.Provider = w.EasyPay.Provider
	}
	row.Method, _ = pay.ParseMethod(w.Method)
	into := []*int64{&row.Amount, &row.InterestFee, &row.Fee, &row.SupplyAmount, &row.VAT, &row.PayOutAmount}
	supply := json.Number(cmp.Or(w.SupplyAmount.String(), w.SuppliedAmount.String()))
	from := []json.Number{w.Amount, w.InterestFee, w.Fee, supply, w.VAT, w.PayOutAmount}
	for i, fee := range w.Fees {
		row.Fees[i].Type = fee.Type
		into, from = append(into, &row.Fees[i].Amount), append(from, fee.Fee)
	}
	if w.Cancel != nil {
		cancel, err := w.Cancel.noun(row.Currency)
		if err != nil {
			return row, fmt.Errorf("cancel: %w", err)
		}
		row.Canceled, row.CanceledAt = &cancel, cancel.CanceledAt
	}
	for i, number := range from {
		if *into[i], err = amount(row.Currency, number); err != nil {
			return row, err
		}
	}
	if row.Canceled != nil {
		into = append(into, &row.Canceled.Amount, &row.Canceled.TaxFreeAmount, &row.Canceled.RefundableAmount)
	}
	row.Currency = pay.Normal(row.Currency, into...)
	if w.Fee == "" { // the reference leaves the sum out, real rows have it
		for _, fee := range row.Fees {
			row.Fee += fee.Amount
		}
	}
	if w.PayOutAmount == "" {
		row.PayOutAmount = row.Amount - row.Fee
	}
	row.ApprovedAt, err = timeOf("approvedAt", w.ApprovedAt)
	return row, err
}

// dayOf reads a date, also one with a time behind it; "" stays.
func dayOf(field, text string) (pay.Day, error) {
	if text == "" {
		return "", nil
	}
	date, _, _ := strings.Cut(text, "T")
	day, err := pay.ParseDay(date)
	if err != nil {
		return "", fmt.Errorf("%s: %w", field, err)
	}
	return day, nil
}
