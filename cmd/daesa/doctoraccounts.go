package main

import (
	"context"
	"fmt"
	"time"

	application "daesa/app"
	"daesa/internal/seal"
	"daesa/pay"
	"daesa/refunds"
)

// eventsLate is how old the oldest webhook may be that nobody has worked on.
const eventsLate = 15 * time.Minute

// checkEvents looks whether webhooks are worked on, and whether anybody who
// knows the address may send them.
func (e *examination) checkEvents(ctx context.Context, now time.Time) error {
	number, since, err := e.db.EventsWaiting(ctx)
	switch {
	case err != nil:
		return err
	case number > 0 && now.Sub(since) > eventsLate:
		e.warns("webhook", "", fmt.Sprintf("%s waiting, the oldest due since %s", counted(number, "event"), pay.FormatTime(since)),
			"daesa webhook works on them while it runs, daesa webhook process does so once; is Toss away?")
	default:
		e.ok("webhook", "", fmt.Sprintf("%s waiting", counted(number, "event")))
	}
	return nil
}

// checkCaptures says what was missed in the last day.
func (e *examination) checkCaptures(ctx context.Context, now time.Time) error {
	for _, m := range e.cfg.Merchants {
		figures, err := e.db.Captures(ctx, m.MID, now.Add(-application.CaptureSpan), now)
		if err != nil {
			return err
		}
		if late := figures.Missed - figures.Reasons[refunds.CaptureNotShown]; late > 0 {
			e.warns("capture", m.MID, fmt.Sprintf("%s missed in the last day", counted(late, "refund account")),
				"run daesa accounts capture every three minutes at most; daesa accounts list --state missed says which and why")
			continue
		}
		if figures.Captured+figures.Waiting+figures.Missed > 0 {
			e.ok("capture", m.MID, fmt.Sprintf("%d of %d captured in the last day", figures.Captured, figures.Capturable()))
		}
	}
	return nil
}

// checkSealed looks whether the key in use opens what is sealed: a sample of one
// shows a wrong key file before a refund does.
func (e *examination) checkSealed(ctx context.Context, ring *seal.Ring) error {
	rows, err := e.db.Accounts(ctx, "", "")
	if err != nil || ring == nil {
		return err
	}
	for _, row := range rows {
		account, err := e.db.Account(ctx, row.MID, row.PaymentKey)
		if err != nil {
			return err
		}
		if account == nil {
			continue
		}
		if _, err := refunds.OpenAccount(ring, account.Sealed, refunds.AccountPlace(account.MID, account.OrderID, account.Print)); err != nil {
			e.fails("account_key", or(e.cfg.Accounts.KeyEnv, e.cfg.Accounts.KeyFile), "does not open what is sealed in the database",
				"restore the key file that belongs to this database: without it no virtual account can be refunded to its account")
		}
		return nil
	}
	return nil
}
