package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"unique"

	"github.com/jmoiron/sqlx"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// commitRun stores what draw makes of what stands in the database now.
func (d *DB) commitRun(ctx context.Context, tx *sqlx.Tx, night jobs.Written, head string, draw func(jobs.After) (jobs.Drawn, error)) error {
	after, err := d.after(ctx, tx, night)
	if err != nil {
		return err
	}
	after.JournalHead = head
	drawn, err := draw(after)
	if err != nil {
		return err
	}
	snapshot, err := packed(drawn.Snapshot)
	if err != nil {
		return err
	}
	changed, err := d.db.Exec(ctx, tx, "run_commit", args{"run_id": night.Lease.RunID, "fence": night.Lease.Fence,
		"committed_at": at(night.Now), "journal_head": head, "snapshot": snapshot, "figures": string(drawn.Figures)})
	if err == nil && changed == 0 {
		return fmt.Errorf("store: run %s: %w", night.Lease.RunID, ErrLostRun)
	}
	return err
}

// after reads all that a night's workbook says, inside the night's transaction.
func (d *DB) after(ctx context.Context, tx *sqlx.Tx, night jobs.Written) (jobs.After, error) {
	var after jobs.After
	mid, day := night.Lease.MID, night.Lease.Day
	if err := eachOf(ctx, d, tx, "breaks_of_run", args{"mid": mid, "day": string(day)}, func(row brokenRow) error {
		b := row.breakOf()
		b.ApprovedAt, b.ApprovalNumber = row.PaidAt.Time, row.ApprovalNumber
		after.Breaks = append(after.Breaks, b)
		return nil
	}); err != nil {
		return after, err
	}
	since := at(day.Start())
	if err := eachOf(ctx, d, tx, "refunds_told", args{"mid": mid, "since": since}, func(row refundRow) error {
		after.Refunds = append(after.Refunds, row.request())
		return nil
	}); err != nil {
		return after, err
	}
	var err error
	if after.Counts, err = d.countStates(ctx, tx, mid); err != nil {
		return after, err
	}
	if after.Executed, err = d.executed(ctx, tx, mid, day.Add(-jobs.PromisedDays)); err != nil {
		return after, err
	}
	if err := eachOf(ctx, d, tx, "hand_told", args{"mid": mid, "since": since}, func(row handRow) error {
		after.Transfers = append(after.Transfers, row.transfer())
		return nil
	}); err != nil {
		return after, err
	}
	if after.Missed, err = d.missed(ctx, tx, mid, day, after.Counts[refunds.StateNeedsAccount]); err != nil {
		return after, err
	}
	if after.Standing, err = d.standing(ctx, tx, night.Now); err != nil {
		return after, err
	}
	if after.Due, err = d.due(ctx, tx); err != nil {
		return after, err
	}
	after.Nights, err = d.nightsBefore(ctx, tx, mid, day)
	return after, err
}

// brokenRow is a break with what its payment's approval says.
type brokenRow struct {
	breakRow
	PaidAt         Time   `db:"paid_at"`
	ApprovalNumber string `db:"approval_number"`
}

// due are the transfers by hand that nobody has made yet, of all merchants.
func (d *DB) due(ctx context.Context, on runner) ([]refunds.ManualTransfer, error) {
	var list []refunds.ManualTransfer
	for _, state := range refunds.ManualSets["hand_open"] {
		if err := eachOf(ctx, d, on, "hand_waiting", args{"state": string(state)}, func(row handRow) error {
			list = append(list, row.transfer())
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// executed are the refunds that Toss has done or accepted since a day.
func (d *DB) executed(ctx context.Context, on runner, mid string, since pay.Day) ([]refunds.Executed, error) {
	var rows []struct {
		refundRow
		ExecutedAt  Time   `db:"executed_at"`
		PaidMethod  string `db:"paid_method"`
		Behind      string `db:"behind"`
		Provider    string `db:"provider"`
		TotalAmount int64  `db:"total_amount"`
		PaidAt      Time   `db:"paid_at"`
	}
	if err := d.db.All(ctx, on, &rows, "refunds_executed", args{"mid": mid, "since": at(since.Start())}); err != nil {
		return nil, err
	}
	list := make([]refunds.Executed, len(rows))
	for i, row := range rows {
		request := row.request()
		list[i] = refunds.Executed{Request: request, CanceledAt: row.ExecutedAt.Time, Payment: pay.Payment{
			MID: request.MID, PaymentKey: request.PaymentKey, OrderID: request.OrderID, Currency: request.Currency,
			Method: pay.Method(row.PaidMethod), Behind: pay.Method(row.Behind), Provider: row.Provider,
			TotalAmount: row.TotalAmount, ApprovedAt: row.PaidAt.Time}}
	}
	return list, nil
}

// missed are the accounts that vanished unseen in the days up to one, with room for
// more. Where nothing captures they are each virtual account of a month: a list that
// grew would be held twice.
func (d *DB) missed(ctx context.Context, on runner, mid string, day pay.Day, room int64) ([]refunds.MissingAccount, error) {
	with := args{"mid": mid, "since": at(day.Add(-jobs.MissedDays).Start()), "until": at(day.End())}
	var number int64
	if err := d.db.One(ctx, on, &number, "count_missed", with); err != nil {
		return nil, err
	}
	list := make([]refunds.MissingAccount, 0, number+room)
	err := eachOf(ctx, d, on, "accounts_missed", with, func(row missedRow) error {
		list = append(list, refunds.MissingAccount{MID: mid, OrderID: row.OrderID, PaymentKey: row.PaymentKey,
			Currency: pay.Currency(unique.Make(row.Currency).Value()), Amount: row.Amount, ClosedAt: row.ClosesAt.Time, Why: unique.Make(row.Why).Value()})
		return nil
	})
	return list, err
}

type missedRow struct {
	OrderID    string `db:"order_id"`
	PaymentKey string `db:"payment_key"`
	ClosesAt   Time   `db:"closes_at"`
	Why        string `db:"why"`
	Currency   string `db:"currency"`
	Amount     int64  `db:"amount"`
}

// nightsBefore are the nights before one, the oldest first.
func (d *DB) nightsBefore(ctx context.Context, on runner, mid string, day pay.Day) ([]reconcile.NightFigures, error) {
	var rows []string
	with := args{"job": jobs.JobNightly, "mid": mid, "day": string(day), "limit": jobs.NightsShown}
	if err := d.db.All(ctx, on, &rows, "nights_before", with); err != nil {
		return nil, err
	}
	nights := make([]reconcile.NightFigures, len(rows))
	for i, text := range rows {
		if err := json.Unmarshal([]byte(text), &nights[i]); err != nil {
			return nil, fmt.Errorf("the figures of a night before %s are unreadable: %w", day, err)
		}
	}
	slices.Reverse(nights)
	return nights, nil
}
