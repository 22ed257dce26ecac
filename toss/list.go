package toss

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	json "github.com/go-json-experiment/json/v1"

	"daesa/pay"
)

const (
	// PageLimit is the number of rows that a transaction page is asked for,
	// Toss's largest (https://docs.tosspayments.com/reference, 거래 조회).
	PageLimit = 5000

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
