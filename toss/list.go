package toss

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"daesa/pay"
)

const (
	// PageLimit is the number of rows that a transaction page is asked for,
	// Toss's largest (https://docs.tosspayments.com/reference, 거래 조회).
	PageLimit = 5000
	// settlementPageSize is the same of settlements: a shorter page is the last.
	settlementPageSize = 5000

	wireTime = "2006-01-02T15:04:05" // KST, without an offset
)

// Page is one page of the transaction list.
type Page struct {
	Rows     []pay.Transaction // in the provider's order, without repeated rows
	Next     string            // the key to go on after; "" when this was the last page
	Evidence pay.Evidence
}

// Transactions reads one page of the transactions in [from, to), after the
// transaction with the key after ("": from the start). The provider filters by
// whole seconds, so a part of a second at either end is taken in whole. The
// error is a *pay.Failure; its kind is FailurePaging where after was refused.
func (c *Client) Transactions(ctx context.Context, from, to time.Time, after string) (Page, error) {
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
		return Page{}, q.fail(pay.FailureRefused, fmt.Errorf("the window is empty"))
	}
	var page Page
	evidence, failure := c.get(ctx, q, func(body []byte) (err error) {
		page, err = c.page(body, after)
		return err
	})
	if failure != nil {
		return Page{}, failure
	}
	page.Evidence = evidence
	return page, nil
}

// page reads a page and makes sure that it moves on.
func (c *Client) page(body []byte, after string) (Page, error) {
	rows, err := decodeTransactions(body, c.opts.MID)
	if err != nil {
		return Page{}, err
	}
	if len(rows) > PageLimit {
		return Page{}, fmt.Errorf("the page has %d rows, more than the %d that were asked for", len(rows), PageLimit)
	}
	for i := range rows {
		if rows[i].TransactionKey == "" || rows[i].PaymentKey == "" {
			return Page{}, fmt.Errorf("row %d has no transactionKey or no paymentKey", i+1)
		}
	}
	if len(rows) == 0 {
		return Page{}, nil
	}
	last := rows[len(rows)-1].TransactionKey
	if last == after {
		return Page{}, fmt.Errorf("the pages repeat: this one ends with the key after which it should begin")
	}
	page := Page{Rows: distinct(rows)}
	if len(rows) == PageLimit {
		page.Next = last
	}
	return page, nil
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

// decodeTransactions reads the bare array of a page. A row of another
// merchant keeps its MID; mid stands in where a row has none.
func decodeTransactions(body []byte, mid string) ([]pay.Transaction, error) {
	var wire []wireTransaction
	if err := json.Unmarshal(body, &wire); err != nil {
		return nil, shape("list of transactions", err)
	}
	if wire == nil {
		return nil, fmt.Errorf("the answer is no list of transactions but null")
	}
	rows := make([]pay.Transaction, len(wire))
	for i := range wire {
		row, err := wire[i].noun(mid)
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", i+1, err)
		}
		rows[i] = row
	}
	return rows, nil
}

func (w *wireTransaction) noun(mid string) (pay.Transaction, error) {
	row := pay.Transaction{
		MID:            firstOf(w.MID, mid),
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
// day; more says whether another page follows. There are none with a test key.
// Toss does not say whether the end of the window belongs to it, so the day
// after is asked for as well and its rows are left out. The error is a
// *pay.Failure.
func (c *Client) PaidOut(ctx context.Context, day pay.Day, page int) (rows []pay.Settlement, more bool, evidence pay.Evidence, err error) {
	q := call{
		api: APISettlements, name: "GET /v1/settlements", path: "/v1/settlements", max: c.limit(listMaximum),
		about: fmt.Sprintf("paid out on %s, page %d", day, page),
		query: url.Values{
			"startDate": {string(day)}, "endDate": {string(day.Add(1))}, "dateType": {"paidOutDate"},
			"page": {strconv.Itoa(page)}, "size": {strconv.Itoa(settlementPageSize)},
		},
	}
	if page < 1 {
		return nil, false, pay.Evidence{}, q.fail(pay.FailureRefused, fmt.Errorf("pages count from 1"))
	}
	evidence, failure := c.get(ctx, q, func(body []byte) (err error) {
		rows, err = decodeSettlements(body, c.opts.MID)
		if err == nil && len(rows) > settlementPageSize {
			err = fmt.Errorf("the page has %d rows, more than the %d that were asked for", len(rows), settlementPageSize)
		}
		return err
	})
	if failure != nil {
		return nil, false, pay.Evidence{}, failure
	}
	more = len(rows) == settlementPageSize
	return slices.DeleteFunc(rows, func(r pay.Settlement) bool { return r.PaidOutDate != day }), more, evidence, nil
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

func decodeSettlements(body []byte, mid string) ([]pay.Settlement, error) {
	var wire []wireSettlement
	if err := json.Unmarshal(body, &wire); err != nil {
		return nil, shape("list of settlements", err)
	}
	if wire == nil {
		return nil, fmt.Errorf("the answer is no list of settlements but null")
	}
	rows := make([]pay.Settlement, len(wire))
	for i := range wire {
		row, err := wire[i].noun(mid)
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", i+1, err)
		}
		rows[i] = row
	}
	return rows, nil
}

func (w *wireSettlement) noun(mid string) (row pay.Settlement, err error) {
	row = pay.Settlement{
		MID: firstOf(w.MID, mid), PaymentKey: w.PaymentKey, TransactionKey: w.TransactionKey, OrderID: w.OrderID,
		Currency: currencyOf(w.Currency), Fees: make([]pay.Fee, len(w.Fees)),
	}
	if w.PaymentKey == "" || w.Amount == "" {
		return row, fmt.Errorf("paymentKey or amount is missing")
	}
	row.Method, _ = pay.ParseMethod(w.Method)
	into := []*int64{&row.Amount, &row.InterestFee, &row.Fee, &row.SupplyAmount, &row.VAT, &row.PayOutAmount}
	supply := json.Number(firstOf(w.SupplyAmount.String(), w.SuppliedAmount.String()))
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
