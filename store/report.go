package store

import (
	"context"
	"time"

	"daesa/app/closing"
	"daesa/pay"
	"daesa/settle"
)

// RowsOf calls each with the current rows of transactions of some months, one after
// another.
func (d *DB) RowsOf(ctx context.Context, mid string, from, to settle.Month, each func(settle.Row)) error {
	return d.eachRow(ctx, "settlement_rows_of_months", args{"mid": mid, "from": string(from), "to": string(to)}, each)
}

// RowsBilled calls each with the current rows of other months' transactions that are
// invoiced with a month.
func (d *DB) RowsBilled(ctx context.Context, mid string, month settle.Month, basis settle.Basis, each func(settle.Row)) error {
	query := "settlement_rows_billed_sold"
	if basis == settle.BasisPaid {
		query = "settlement_rows_billed_paid"
	}
	return d.eachRow(ctx, query, args{"mid": mid, "from": string(month.First()), "to": string(month.Last()), "month": string(month)}, each)
}

// eachRow reads rows of settlement one after another.
func (d *DB) eachRow(ctx context.Context, query string, with args, each func(settle.Row)) error {
	return eachOf(ctx, d, d.db.Pool(), query, with, func(row settlementRow) error {
		each(row.row())
		return nil
	})
}

// postedTransaction is a transaction as the ledger has it.
type postedTransaction struct {
	MID            string `db:"mid"`
	PaymentKey     string `db:"payment_key"`
	TransactionKey string `db:"transaction_key"`
	OrderID        string `db:"order_id"`
	Currency       string `db:"currency"`
	Method         string `db:"method"`
	Amount         int64  `db:"amount"`
	At             Time   `db:"at"`
	RecordedAt     Time   `db:"recorded_at"`
}

func (r postedTransaction) transaction() settle.Transaction {
	return settle.Transaction{MID: r.MID, PaymentKey: r.PaymentKey, TransactionKey: r.TransactionKey, OrderID: r.OrderID, Currency: pay.Currency(r.Currency),
		Method: pay.Method(r.Method), Amount: r.Amount, At: r.At.Time, Recorded: r.RecordedAt.Time}
}

// Canceled gives the cancels of a month, and those of earlier ones that were recorded
// after a time, each with the row that sets it off.
func (d *DB) Canceled(ctx context.Context, mid string, month settle.Month, since time.Time) ([]closing.Canceled, error) {
	with := args{"mid": mid, "from": string(month.First()), "to": string(month.Last()), "since": at(since)}
	var moved []postedTransaction
	if err := d.db.All(ctx, d.db.Pool(), &moved, "canceled_of_days", with); err != nil {
		return nil, err
	}
	type key struct{ payment, transaction string }
	settled := map[key]*settle.Row{}
	if err := d.eachRow(ctx, "rows_of_canceled", with, func(r settle.Row) { settled[key{r.PaymentKey, r.TransactionKey}] = &r }); err != nil {
		return nil, err
	}
	var sales []struct {
		PaymentKey string `db:"payment_key"`
		At         Time   `db:"at"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &sales, "approvals_of_canceled", with); err != nil {
		return nil, err
	}
	approved := map[string]time.Time{}
	for _, s := range sales {
		approved[s.PaymentKey] = s.At.Time // the first approval comes last
	}
	list := make([]closing.Canceled, len(moved))
	for i, m := range moved {
		list[i] = closing.Canceled{Transaction: m.transaction(), ApprovedAt: approved[m.PaymentKey], Row: settled[key{m.PaymentKey, m.TransactionKey}]}
	}
	return list, nil
}

// WithoutRow gives the transactions up to a day without a settlement row, of each
// currency the largest first and at most so many.
func (d *DB) WithoutRow(ctx context.Context, mid string, to pay.Day, most int) ([]settle.Transaction, error) {
	var rows []postedTransaction
	if err := d.db.All(ctx, d.db.Pool(), &rows, "largest_without_row", args{"mid": mid, "to": string(to), "most": most}); err != nil {
		return nil, err
	}
	list := make([]settle.Transaction, len(rows))
	for i, r := range rows {
		list[i] = r.transaction()
	}
	return list, nil
}

// Payers gives the masked payers of deposits from a day on, by their lines.
func (d *DB) Payers(ctx context.Context, from pay.Day) (map[string]string, error) {
	var rows []struct {
		ID    string `db:"id"`
		Payer string `db:"payer_masked"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &rows, "shown_payers", args{"from": string(from)}); err != nil {
		return nil, err
	}
	payers := make(map[string]string, len(rows))
	for _, r := range rows {
		payers[r.ID] = r.Payer
	}
	return payers, nil
}
