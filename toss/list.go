package toss

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"daesa/pay"
)

const (
	// PageLimit is the number of rows that a transaction page is asked for,
	// Toss's largest (https://docs.tosspayments.com/reference, 거래 조회).
	PageLimit = 5000
	// settlementPageSize is the same of settlements.
	settlementPageSize = 5000

	wireTime = "2006-01-02T15:04:05" // KST, without an offset
)

// Transactions reads one page of the transactions in [from, to), after the
// transaction with the key after ("": from the start). That a page is shorter
// than what was asked for proves nothing: only an empty one ends a list. The
// provider filters by whole seconds, so a part of a second at either end is
// taken in whole. A row that cannot be read does not lose the others. The error is a *pay.Failure; its kind is FailurePaging where
// after was refused.
func (c *Client) Transactions(ctx context.Context, from, to time.Time, after string) (pay.TransactionPage, error) {
	start, end := from.In(pay.Seoul).Format(wireTime), to.Add(-1).In(pay.Seoul).Format(wireTime)
	q := call{
		api: APITransactions, name: "GET /v1/transactions", path: "/v1/transactions", max: c.limit(listMaximum),
		about: start + ".." + end,
		query: url.Values{"startDate": {start}, "endDate": {end}, "limit": {strconv.Itoa(PageLimit)}},
	}
	if after != "" {
		q.about += " after " + clean(after, aboutMaximum)
		q.query.Set("startingAfter", after)
	}
	if !from.Before(to) {
		return pay.TransactionPage{}, q.fail(pay.FailureRefused, fmt.Errorf("the window is empty"))
	}
	var page pay.TransactionPage
	evidence, failure := c.get(ctx, q, func(body []byte) (err error) {
		page, err = c.page(body)
		return err
	})
	if failure != nil {
		return pay.TransactionPage{}, failure
	}
	c.scrubRows(&q, page.Bad)
	page.Evidence = evidence
	return page, nil
}

// page reads a page.
func (c *Client) page(body []byte) (pay.TransactionPage, error) {
	page, err := decodeTransactions(body, c.opts.MID)
	if err != nil {
		return page, err
	}
	if shown := len(page.Rows) + len(page.Bad); shown > PageLimit {
		return page, fmt.Errorf("the page has %d rows, more than the %d that were asked for", shown, PageLimit)
	}
	rows := page.Rows[:0]
	for _, row := range page.Rows {
		if row.TransactionKey == "" || row.PaymentKey == "" {
			page.Bad = append(page.Bad, pay.BadRow{Key: row.TransactionKey, Err: fmt.Errorf("the row of %s has no transactionKey or no paymentKey", pay.FormatTime(row.At))})
			continue
		}
		row.MID = c.opts.merchantOf(row.MID)
		rows = append(rows, row)
	}
	page.Rows = distinct(rows)
	return page, nil
}

// scrubRows takes what no log may show out of the rows that cannot be read.
func (c *Client) scrubRows(q *call, bad []pay.BadRow) {
	for i, row := range bad {
		bad[i] = pay.BadRow{Key: clean(row.Key, codeMaximum, c.secrets(q)...), Err: c.scrub(q, row.Err)}
	}
}

// wireTransaction is what daesa reads of a Transaction
// (https://docs.tosspayments.com/reference, 거래 조회).
type wireTransaction struct {
	MID            string      `json:"mId"`
	TransactionKey string      `json:"transactionKey"`
	PaymentKey     string      `json:"paymentKey"`
	OrderID        string      `json:"orderId"`
	Method         string      `json:"method"`
	Status         string      `json:"status"`
	TransactionAt  string      `json:"transactionAt"`
	Currency       string      `json:"currency"`
	Amount         json.Number `json:"amount"`
}

// decodeTransactions reads the bare array of a page, and of a row that cannot be
// read its key. A row of another merchant keeps its MID; mid stands in where a
// row has none, since no money is sent on a row.
func decodeTransactions(body []byte, mid string) (page pay.TransactionPage, err error) {
	wire, misfits, err := decodeRows[wireTransaction](body)
	if err != nil {
		return page, shape("list of transactions", err)
	}
	if wire == nil {
		return page, fmt.Errorf("the answer is no list of transactions but null")
	}
	page.Rows = make([]pay.Transaction, 0, len(wire))
	for i := range wire {
		row, err := wire[i].noun(mid)
		if misfit, ok := misfits[i]; ok {
			row.TransactionKey, err = misfit.key, shape("transaction", misfit.err)
		}
		if page.Next = row.TransactionKey; err != nil {
			page.Bad = append(page.Bad, pay.BadRow{Key: row.TransactionKey, Err: fmt.Errorf("row %d: %w", i+1, err)})
			continue
		}
		page.Rows = append(page.Rows, row)
	}
	return page, nil
}

// misfit is a row that is not of the shape that it should have.
type misfit struct {
	key string // its transactionKey; "" where it has none
	err error
}

// decodeRows reads a bare array; nil where there is none. Only an array in which
// some row is of another shape is read row by row, which takes twice as long.
func decodeRows[Row any](body []byte) (rows []Row, misfits map[int]misfit, err error) {
	if json.Unmarshal(body, &rows) == nil {
		return rows, nil, nil
	}
	var each []json.RawMessage
	if err := json.Unmarshal(body, &each); err != nil {
		return nil, nil, err
	}
	rows, misfits = make([]Row, len(each)), map[int]misfit{}
	for i, raw := range each {
		if err := json.Unmarshal(raw, &rows[i]); err != nil {
			misfits[i] = misfit{keyOf(raw), err}
		}
	}
	return rows, misfits, nil
}

// keyOf is the transactionKey of a row that cannot be read; "" for none.
func keyOf(raw json.RawMessage) string {
	var known struct{ TransactionKey any }
	_ = json.Unmarshal(raw, &known) // what is not there stays empty
	key, _ := known.TransactionKey.(string)
	return key
}

func (w *wireTransaction) noun(mid string) (pay.Transaction, error) {
	row := pay.Transaction{
		MID:            cmp.Or(w.MID, mid),
		TransactionKey: w.TransactionKey,
		PaymentKey:     w.PaymentKey,
		OrderID:        w.OrderID,
		Status:         pay.PaymentStatus(w.Status),
		Currency:       currencyOf(w.Currency),
	}
	if w.Status == "" || w.TransactionAt == "" || w.Amount == "" {
		return row, fmt.Errorf("status, transactionAt or amount is missing")
	}
	row.Method, _ = pay.ParseMethod(w.Method)
	if row.Method == pay.EasyPay && row.Currency != pay.KRW {
		row.Method = pay.ForeignEasyPay
	}
	var err error
	if row.At, err = timeOf("transactionAt", w.TransactionAt); err != nil {
		return row, err
	}
	if row.Amount, err = amount(row.Currency, w.Amount); err != nil {
		return row, err
	}
	row.Currency = pay.Normal(row.Currency, &row.Amount)
	return row, nil
}

// distinct leaves out rows that were repeated word for word. Two rows with one
// key that differ are both kept: nothing says that a deposit has another key
// than the issue of its account.
func distinct(rows []pay.Transaction) []pay.Transaction {
	seen := make(map[string]int, len(rows))
	out := rows[:0]
	for _, row := range rows {
		if at, ok := seen[row.TransactionKey]; ok && out[at] == row {
			continue
		}
		seen[row.TransactionKey] = len(out)
		out = append(out, row)
	}
	return out
}

// PaidOut reads page (from 1) of the settlement rows that Toss pays out on a
// day. Only a page that shows nothing ends the list. There are none with a test
// key. Toss does not say whether the end of the window belongs to it, so the day
// after is asked for as well and its rows are left out. A row that cannot be
// read does not lose the others. The error is a *pay.Failure.
func (c *Client) PaidOut(ctx context.Context, day pay.Day, page int) (pay.SettlementPage, error) {
	q := call{
		api: APISettlements, name: "GET /v1/settlements", path: "/v1/settlements", max: c.limit(listMaximum),
		about: fmt.Sprintf("paid out on %s, page %d", day, page),
		query: url.Values{
			"startDate": {string(day)}, "endDate": {string(day.Add(1))}, "dateType": {"paidOutDate"},
			"page": {strconv.Itoa(page)}, "size": {strconv.Itoa(settlementPageSize)},
		},
	}
	if page < 1 {
		return pay.SettlementPage{}, q.fail(pay.FailureRefused, fmt.Errorf("pages count from 1"))
	}
	var out pay.SettlementPage
	evidence, failure := c.get(ctx, q, func(body []byte) (err error) {
		out, err = decodeSettlements(body, c.opts.MID, day)
		if err == nil && out.Shown > settlementPageSize {
			err = fmt.Errorf("the page has %d rows, more than the %d that were asked for", out.Shown, settlementPageSize)
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
	Fees           []struct {
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

// decodeSettlements reads the bare array of a page row by row, and keeps what is
// paid out on a day.
func decodeSettlements(body []byte, mid string, day pay.Day) (page pay.SettlementPage, err error) {
	var wire []json.RawMessage
	if err := json.Unmarshal(body, &wire); err != nil {
		return page, shape("list of settlements", err)
	}
	if wire == nil {
		return page, fmt.Errorf("the answer is no list of settlements but null")
	}
	page.Shown = len(wire)
	for i, raw := range wire {
		row, err := decodeSettlement(raw, mid)
		if err == nil && row.PaidOutDate == "" {
			err = fmt.Errorf("paidOutDate is missing")
		}
		switch {
		case row.PaidOutDate != "" && row.PaidOutDate != day: // another day's, which is not asked about
		case err != nil:
			page.Bad = append(page.Bad, pay.BadRow{Key: row.TransactionKey, Err: fmt.Errorf("row %d: %w", i+1, err)})
		default:
			page.Rows = append(page.Rows, row)
		}
	}
	return page, nil
}

// decodeSettlement reads one row. Of one that cannot be read it gives what can:
// its key, and the day on which it is paid out.
func decodeSettlement(raw json.RawMessage, mid string) (pay.Settlement, error) {
	var w wireSettlement
	err := json.Unmarshal(raw, &w)
	if err == nil {
		var row pay.Settlement
		if row, err = w.noun(mid); err == nil {
			return row, nil
		}
	} else {
		err = shape("settlement row", err)
	}
	var known struct{ TransactionKey, PaidOutDate any }
	_ = json.Unmarshal(raw, &known) // what is not there stays empty
	row := pay.Settlement{}
	row.TransactionKey, _ = known.TransactionKey.(string)
	if date, ok := known.PaidOutDate.(string); ok {
		row.PaidOutDate, _ = dayOf("paidOutDate", date)
	}
	return row, err
}

func (w *wireSettlement) noun(mid string) (row pay.Settlement, err error) {
	row = pay.Settlement{
		MID: cmp.Or(w.MID, mid), PaymentKey: w.PaymentKey, TransactionKey: w.TransactionKey, OrderID: w.OrderID,
		Currency: currencyOf(w.Currency), Fees: make([]pay.Fee, len(w.Fees)),
	}
	if w.PaymentKey == "" || w.Amount == "" {
		return row, fmt.Errorf("paymentKey or amount is missing")
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
	if row.ApprovedAt, err = timeOf("approvedAt", w.ApprovedAt); err != nil {
		return row, err
	}
	if row.SoldDate, err = dayOf("soldDate", w.SoldDate); err != nil {
		return row, err
	}
	row.PaidOutDate, err = dayOf("paidOutDate", w.PaidOutDate)
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
