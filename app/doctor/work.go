package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"daesa/app"
	"daesa/pay"
	"daesa/refunds"
)

// Head asks whether the database is as new as what was sent from it, and whether
// its head can be kept.
func (x *Examination) Head(ctx context.Context, head *app.HeadKeeper) {
	if head.Path() == "" {
		x.Warn("journal_head", "", "is kept nowhere outside the database, since there is no accounts.key_file to keep it beside",
			"compare the head that each run prints with daesa audit verify --head after a restore")
		return
	}
	if err := head.Check(ctx); err != nil {
		x.FailWith("journal_head", head.Path(), err, "")
		return
	}
	f, err := os.CreateTemp(filepath.Dir(head.Path()), ".daesa-*")
	if err != nil {
		x.Warn("journal_head", head.Path(), "cannot be kept there: "+err.Error(), "give this user the right to write the folder, or keep each run's printed head elsewhere")
		return
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		x.FailWith("journal_head", head.Path(), err, "")
		return
	}
	x.OK("journal_head", head.Path(), "the database has the entry that was kept")
}

// Journal asks whether the journal's chain is whole, as far as a refund run would
// look. clock is the real time.
func (x *Examination) Journal(ctx context.Context, head *app.HeadKeeper, clock time.Time) {
	checked, err := head.CheckChain(ctx, clock, false)
	switch {
	case err != nil:
		x.FailWith("journal", "", err, "")
	case head.Path() == "":
		x.OK("journal", "", "its newest entries follow each other")
	case checked.Whole.Before(clock.Add(-time.Minute)):
		x.OK("journal", "", "its chain is whole since "+pay.FormatTime(checked.Whole)+", when all of it was walked")
	default:
		x.OK("journal", "", "its chain is whole")
	}
}

// eventsLate is how old the oldest webhook may be that nobody has worked on.
const eventsLate = 15 * time.Minute

// Events looks whether webhooks are worked on.
func (x *Examination) Events(ctx context.Context, queue app.EventQueue, now time.Time) error {
	number, since, err := queue.EventsWaiting(ctx)
	waiting := pay.Counted(number, "event") + " waiting"
	switch {
	case err != nil:
		return err
	case number > 0 && now.Sub(since) > eventsLate:
		x.Warn("webhook", "", waiting+", the oldest due since "+pay.FormatTime(since),
			"daesa webhook works on them while it runs, daesa webhook process does so once; is Toss away?")
	default:
		x.OK("webhook", "", waiting)
	}
	return nil
}

// Captures says what was missed in the last day. What a buyer never gave was not
// missed.
func (x *Examination) Captures(ctx context.Context, captured app.Captured, merchants []string, now time.Time) error {
	for _, mid := range merchants {
		figures, err := captured.Captures(ctx, mid, now.Add(-app.CaptureSpan), now)
		if err != nil {
			return err
		}
		if late := figures.Missed - figures.Reasons[refunds.CaptureNotShown]; late > 0 {
			x.Warn("capture", mid, pay.Counted(late, "refund account")+" missed in the last day",
				"run daesa accounts capture every three minutes at most; daesa accounts list --state missed says which and why")
			continue
		}
		if figures.Captured+figures.Waiting+figures.Missed > 0 {
			x.OK("capture", mid, fmt.Sprintf("%d of %d captured in the last day", figures.Captured, figures.Capturable()))
		}
	}
	return nil
}

// Vault keeps sealed accounts.
type Vault interface {
	// SealedAccount gives one of them, whichever; nil: none is kept.
	SealedAccount(ctx context.Context) (*refunds.StoredAccount, error)
}

// Sealed looks whether the key in use opens what is sealed: a sample of one shows
// a wrong key file before a refund does. about is where the key is kept.
func (x *Examination) Sealed(ctx context.Context, vault Vault, sealer refunds.Sealer, about string) error {
	account, err := vault.SealedAccount(ctx)
	if err != nil || account == nil {
		return err
	}
	if _, err := refunds.OpenAccount(sealer, account.Sealed, refunds.AccountPlace(account.MID, account.OrderID, account.Print)); err != nil {
		x.Fail("account_key", about, "does not open what is sealed in the database",
			"restore the key file that belongs to this database: without it no virtual account can be refunded to its account")
	}
	return nil
}

// OpenWork says what waits for a person, of these merchants and of those that are
// not configured any more.
func (x *Examination) OpenWork(ctx context.Context, needs *app.Needs, merchants []string, unasked map[string]string, now time.Time) error {
	before := len(x.Findings)
	for _, mid := range merchants {
		breaks, err := needs.Books.NeedPerson(ctx, mid)
		if err != nil {
			return err
		}
		if breaks > 0 {
			x.Warn("open_work", mid, pay.Counted(breaks, "open break"), "daesa breaks list shows them")
		}
	}
	if err := x.waiting(ctx, needs, unasked, now); err != nil {
		return err
	}
	if err := x.transfers(ctx, needs); err != nil {
		return err
	}
	if !slices.ContainsFunc(x.Findings[before:], func(f Finding) bool { return f.State == Ailing }) {
		x.OK("open_work", "", "nothing waits for a person")
	}
	return nil
}

// waiting names what every open refund waits for. A person must look where one
// must act, where a deadline is missed, and where nobody knows an outcome.
func (x *Examination) waiting(ctx context.Context, needs *app.Needs, unasked map[string]string, now time.Time) error {
	w, err := needs.Waiting(ctx, unasked, now)
	if err != nil {
		return err
	}
	for _, l := range w.Lines {
		switch {
		case !needs.Concern(l.MID):
		case len(app.NeedsOf(l)) > 0:
			x.Warn("refunds", l.MID, app.Sentence(l), app.WhatToDo(l.Why))
		default:
			x.OK("refunds", l.MID, app.Sentence(l))
		}
	}
	x.sentBack(needs, w.List)
	return nil
}

// sentBack says what runs have found changed by hand, or signed by nobody, and have sent
// back for an approval: they say it once, and the request waits like any other.
func (x *Examination) sentBack(needs *app.Needs, list []refunds.Waiter) {
	of := map[string]int64{}
	for _, r := range list {
		if r.State.Unsent() && refunds.FoundByHand(r.ErrorCode) && needs.Concern(r.MID) {
			of[r.MID]++
		}
	}
	for _, mid := range slices.Sorted(maps.Keys(of)) {
		x.Warn("refunds", mid, pay.Counted(of[mid], "refund")+" not sent: not what somebody signed, or signed by nobody",
			"daesa audit verify names what was changed outside of daesa; look at each (daesa refunds list) before anybody signs it again")
	}
}

func (x *Examination) transfers(ctx context.Context, needs *app.Needs) error {
	for _, state := range []refunds.ManualState{refunds.ManualDue, refunds.ManualApproved} {
		list, err := needs.Books.ManualTransfers(ctx, "", string(state))
		if err != nil {
			return err
		}
		of := map[string]int64{}
		for _, t := range list {
			of[t.MID]++
		}
		for _, mid := range slices.Sorted(maps.Keys(of)) {
			if needs.Concern(mid) {
				x.Warn("open_work", mid, pay.Counted(of[mid], string(state)+" transfer")+" by hand", "daesa refunds transfers list shows them")
			}
		}
	}
	return nil
}
