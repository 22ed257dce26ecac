package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/pay"
	"daesa/settle"
)

// saleRow is an approval or cancel with what is known of its tax.
type saleRow struct {
	MID            string `db:"mid"`
	PaymentKey     string `db:"payment_key"`
	TransactionKey string `db:"transaction_key"`
	OrderID        string `db:"order_id"`
	Currency       string `db:"currency"`
	Method         string `db:"method"`
	Amount         int64  `db:"amount"`
	At             Time   `db:"at"`
	RecordedAt     Time   `db:"recorded_at"`
	Behind         string `db:"behind"`
	CashReceipt    string `db:"cash_receipt"`
	Approved       *int64 `db:"approved"`
	TaxFreePaid    *int64 `db:"tax_free_paid"`
	CancelTaxFree  *int64 `db:"cancel_tax_free"`
	OrderAmount    *int64 `db:"order_amount"`
	OrderTaxFree   *int64 `db:"order_tax_free"`
	OrderTold      int64  `db:"order_told"`
}

func (r *saleRow) sale() settle.Sale {
	known := settle.TaxKnown{Amount: r.Amount, Approved: r.Approved, Paid: r.TaxFreePaid, Cancel: r.CancelTaxFree, Order: r.OrderAmount, OrderFree: r.OrderTaxFree, Told: r.OrderTold != 0}
	return settle.Sale{
		Transaction: settle.Transaction{MID: r.MID, PaymentKey: r.PaymentKey, TransactionKey: r.TransactionKey, OrderID: r.OrderID,
			Currency: pay.Currency(r.Currency), Method: pay.Method(r.Method), Amount: r.Amount, At: r.At.Time, Recorded: r.RecordedAt.Time},
		Behind: pay.Method(r.Behind), TaxFree: known.TaxFree(), Receipt: pay.Receipt(r.CashReceipt).Issued(),
	}
}

// Sales calls each with every approval and cancel of a merchant from one day to
// another, by their own dates and in no order; an error of each ends it. A cash
// receipt that the tax office has not answered yet is not known.
func (d *DB) Sales(ctx context.Context, mid string, from, to pay.Day, each func(settle.Sale) error) error {
	with := args{"mid": mid, "from": string(from), "to": string(to)}
	return eachOf(ctx, d, d.db.Pool(), "sales_of_days", with, func(row saleRow) error { return each(row.sale()) })
}

// SaveLookUp keeps a payment as a look-up showed it, with the evidence.
func (d *DB) SaveLookUp(ctx context.Context, p pay.Payment, evidence pay.Evidence, now time.Time) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		return d.savePayment(ctx, tx, p, []pay.Evidence{evidence}, now)
	})
}

// LedgerTaken says until when the ledger of a merchant has taken over what was read;
// the zero time: never.
func (d *DB) LedgerTaken(ctx context.Context, mid string) (time.Time, error) {
	var mark Time
	err := d.db.One(ctx, d.db.Pool(), &mark, "ledger_mark", args{"mid": mid})
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return mark.Time, err
}
