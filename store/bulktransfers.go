package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"daesa/app"
	"daesa/refunds"
)

// transferExported is the journal's word for a transfer that was handed out in a
// file. It is no state: the transfer waits for the bank's answer as before.
const transferExported = "account.exported"

// ExportedTransfers gives of transfers when they were handed out last, by id.
func (d *DB) ExportedTransfers(ctx context.Context, ids []string) (map[string]app.ExportedTransfer, error) {
	found := map[string]app.ExportedTransfer{}
	for _, id := range ids {
		last, err := d.exported(ctx, d.db.Pool(), id)
		if err != nil {
			return nil, err
		}
		if last != (app.ExportedTransfer{}) {
			found[id] = last
		}
	}
	return found, nil
}

func (d *DB) exported(ctx context.Context, on runner, id string) (last app.ExportedTransfer, err error) {
	var entries []Entry
	err = d.db.All(ctx, on, &entries, "journal_of", args{"subject": "transfer:" + id})
	for _, each := range entries {
		if each.Action == transferExported {
			last = app.ExportedTransfer{By: each.Actor, At: each.At.Time}
		}
	}
	return last, err
}

// ExportTransfers writes into the journal that transfers are handed out, and who is
// about to see their accounts, all or none. The error is app.ErrTransfersMoved where
// one is no longer approved, was handed out since it was read, or goes to another
// account.
func (d *DB) ExportTransfers(ctx context.Context, x app.TransferExport) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		var entries []Entry
		for i, t := range x.Transfers {
			if err := d.mayExport(ctx, tx, t, x.Accounts[i], x.Was[t.RefundID]); err != nil {
				return err
			}
			facts := map[string]any{"mid": t.MID, "order_id": t.OrderID, "payment_key": t.PaymentKey, "transfer_of": t.RefundID, "amount": t.Amount, "currency": t.Currency}
			entries = append(entries, entry(x.Now, x.By, "", "account:"+x.Accounts[i].Print, "account.revealed", x.Reason, facts),
				entry(x.Now, x.By, "", "transfer:"+t.RefundID, transferExported, x.Reason, facts))
		}
		_, err := d.append(ctx, tx, entries)
		return err
	})
}

// mayExport refuses a transfer that is not as it was read, or that somebody has
// changed.
func (d *DB) mayExport(ctx context.Context, tx *sqlx.Tx, t refunds.Payable, account refunds.StoredAccount, was app.ExportedTransfer) error {
	now, err := d.handTransfer(ctx, tx, t.RefundID)
	if err != nil {
		return err
	}
	kept, err := d.account(ctx, tx, t.MID, t.PaymentKey)
	if err != nil {
		return err
	}
	last, err := d.exported(ctx, tx, t.RefundID)
	if err != nil {
		return err
	}
	if !now.Payable() || !now.SameAmount(t.ManualTransfer) || kept.Print != account.Print || !last.SameAs(was) {
		return app.ErrTransfersMoved
	}
	return d.requireUnalteredTransfer(ctx, tx, t.RefundID)
}

// FinishTransfers writes that transfers were made, each with the line of the passbook
// by which it was, all or none. The error is app.ErrTransfersMoved where one is no
// longer approved, or a line stands for another transfer already.
func (d *DB) FinishTransfers(ctx context.Context, words []refunds.ManualWord) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		var entries []Entry
		for _, w := range words {
			said, err := d.finishTransfer(ctx, tx, w)
			if err != nil {
				return err
			}
			entries = append(entries, said)
		}
		if _, err := d.append(ctx, tx, entries); err != nil {
			return err
		}
		return d.requireOneEach(ctx, tx, words) // behind the journal's lock: who ties the same line has committed
	})
}

// requireOneEach says that no line stands for two transfers.
func (d *DB) requireOneEach(ctx context.Context, tx *sqlx.Tx, words []refunds.ManualWord) error {
	for _, w := range words {
		var of []string
		if err := d.db.All(ctx, tx, &of, "hand_by_reference", args{"reference": w.Reference}); err != nil {
			return err
		}
		if len(of) != 1 {
			return app.ErrTransfersMoved
		}
	}
	return nil
}

func (d *DB) finishTransfer(ctx context.Context, tx *sqlx.Tx, w refunds.ManualWord) (Entry, error) {
	before, err := d.handTransfer(ctx, tx, w.ID)
	switch {
	case errors.Is(err, app.ErrUnknownID):
		return Entry{}, fmt.Errorf("%w: %w", app.ErrTransfersMoved, err)
	case err != nil:
		return Entry{}, err
	case !before.Payable():
		return Entry{}, app.ErrTransfersMoved
	}
	if err := d.requireUnalteredTransfer(ctx, tx, w.ID); err != nil {
		return Entry{}, err
	}
	_, said, err := d.moveTransfer(ctx, tx, before, w)
	return said, err
}
