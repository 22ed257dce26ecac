package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"daesa/app"
	"daesa/pay"
	"daesa/refunds"
)

// handRow is a transfer by hand as the table holds it.
type handRow struct {
	RefundID    string `db:"refund_id"`
	MID         string `db:"mid"`
	PaymentKey  string `db:"payment_key"`
	OrderID     string `db:"order_id"`
	Amount      int64  `db:"amount"`
	TaxFree     int64  `db:"tax_free_amount"`
	Currency    string `db:"currency"`
	Why         string `db:"why"`
	State       string `db:"state"`
	RequestedBy string `db:"requested_by"`
	DueAt       Time   `db:"due_at"`
	ApprovedBy  string `db:"approved_by"`
	ApprovedAt  Time   `db:"approved_at"`
	DoneBy      string `db:"done_by"`
	DoneAt      Time   `db:"done_at"`
	Reference   string `db:"reference"`
	Note        string `db:"note"`
	CancelBy    Time   `db:"cancel_by"`
}

func (r handRow) transfer() refunds.ManualTransfer {
	return refunds.ManualTransfer{
		RefundID: r.RefundID, MID: r.MID, PaymentKey: r.PaymentKey, OrderID: r.OrderID, Amount: r.Amount,
		TaxFree: r.TaxFree, Currency: pay.Currency(r.Currency), Why: r.Why, State: refunds.ManualState(r.State), RequestedBy: r.RequestedBy, DueAt: r.DueAt.Time,
		ApprovedBy: r.ApprovedBy, ApprovedAt: r.ApprovedAt.Time, DoneBy: r.DoneBy, DoneAt: r.DoneAt.Time,
		Reference: r.Reference, Note: r.Note, CancelBy: r.CancelBy.Time,
	}
}

// ManualTransfers lists what goes back by a bank transfer that people make, by
// merchant and order; an empty state chooses all.
func (d *DB) ManualTransfers(ctx context.Context, mid, state string) ([]refunds.ManualTransfer, error) {
	var rows []handRow
	if err := d.db.All(ctx, d.db.Pool(), &rows, "hand_list", args{"mid": mid, "state": state}); err != nil {
		return nil, err
	}
	list := make([]refunds.ManualTransfer, len(rows))
	for i, row := range rows {
		list[i] = row.transfer()
	}
	return list, nil
}

// ManualTransfer gives the transfer of a refund, or ErrUnknownID.
func (d *DB) ManualTransfer(ctx context.Context, id string) (refunds.ManualTransfer, error) {
	return d.handTransfer(ctx, d.db.Pool(), id)
}

func (d *DB) handTransfer(ctx context.Context, on runner, id string) (refunds.ManualTransfer, error) {
	var row handRow
	err := d.db.One(ctx, on, &row, "hand_of", args{"id": id})
	if errors.Is(err, sql.ErrNoRows) {
		return refunds.ManualTransfer{}, hinted(fmt.Errorf("transfer %s: %w", id, app.ErrUnknownID), "daesa refunds transfers list shows every one")
	}
	return row.transfer(), err
}

// MoveManualTransfer writes a person's word on a transfer by hand. Its approval
// takes the amount out of what may ever be cancelled on the payment: the rule is
// asked under the payment's lock.
func (d *DB) MoveManualTransfer(ctx context.Context, w refunds.ManualWord) (refunds.ManualTransfer, error) {
	var after refunds.ManualTransfer
	err := d.db.Write(ctx, func(tx *sqlx.Tx) error {
		before, err := d.handTransfer(ctx, tx, w.ID)
		if err != nil {
			return err
		}
		if _, err = before.Move(w); err != nil {
			return err
		}
		if w.NeedsTruth() {
			if err := d.requireUnalteredTransfer(ctx, tx, w.ID); err != nil {
				return err
			}
		}
		if w.TakesRoom() {
			if err := d.mayGo(ctx, tx, before, w); err != nil {
				return err
			}
		}
		var said Entry
		if after, said, err = d.moveTransfer(ctx, tx, before, w); err != nil {
			return err
		}
		_, err = d.signedEntry(ctx, tx, w.Signed, said)
		return err
	})
	return after, err
}

// moveTransfer writes what becomes of a transfer, and gives what the journal says of it.
func (d *DB) moveTransfer(ctx context.Context, tx *sqlx.Tx, before refunds.ManualTransfer, w refunds.ManualWord) (after refunds.ManualTransfer, said Entry, err error) {
	if after, err = before.Move(w); err != nil {
		return after, said, err
	}
	err = d.change(ctx, tx, "hand_move", args{"id": w.ID, "was": string(before.State), "state": string(after.State), "approved_by": after.ApprovedBy,
		"approved_at": at(after.ApprovedAt), "done_by": after.DoneBy, "done_at": at(after.DoneAt), "reference": after.Reference, "note": after.Note}, "the transfer, as it was read,")
	return after, entry(w.Now, w.By, "", "transfer:"+w.ID, "transfer."+string(w.To), w.Note, map[string]any{
		"from": before.State, "mid": before.MID, "order_id": before.OrderID, "amount": before.Amount, "currency": before.Currency, "reference": w.Reference}), err
}

func (d *DB) mayGo(ctx context.Context, tx *sqlx.Tx, t refunds.ManualTransfer, w refunds.ManualWord) error {
	p, known, parts, err := d.roomOf(ctx, tx, refunds.Request{ID: t.RefundID, MID: t.MID, PaymentKey: t.PaymentKey})
	if err != nil {
		return err
	}
	return t.MayGo(w.Judged(t, p, parts), known, w.Another)
}

// Sendable lists what is approved and could be sent, the most urgent first.
func (d *DB) Sendable(ctx context.Context, mid string) ([]refunds.Request, error) {
	return d.refunds(ctx, "refunds_sendable", args{"mid": mid})
}

// HasEntry says whether the journal has an entry with this number and hash; an
// empty journal has number 0.
func (d *DB) HasEntry(ctx context.Context, seq int64, hash string) (bool, error) {
	if seq == 0 {
		return true, nil
	}
	var n int64
	err := d.db.One(ctx, d.db.Pool(), &n, "has_entry", args{"seq": seq, "hash": hash})
	return n == 1, err
}

// RequireDurable refuses a database that may lose a committed intent in a power
// cut. SQLite is opened with full durability.
func (d *DB) RequireDurable(ctx context.Context) error {
	var setting string
	if err := d.db.One(ctx, d.db.Pool(), &setting, "durability", nil); err != nil {
		return err
	}
	if setting == "off" {
		return hinted(errors.New("the database acknowledges what it may lose: synchronous_commit is off"),
			"ALTER DATABASE ... SET synchronous_commit = on; an intent that vanishes after its refund was sent could be sent again")
	}
	return nil
}
