package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	application "daesa/app"
	"daesa/config"
	"daesa/pay"
	"daesa/refunds"
	"daesa/store"
)

// waitingDocument is one line of what waits, over all merchants: requests of one
// state, reason and currency.
type waitingDocument struct {
	State            string   `json:"state"`
	Why              string   `json:"why"`
	Count            int64    `json:"count"`
	Amount           int64    `json:"amount"`
	Currency         string   `json:"currency"`
	EarliestCancelBy *string  `json:"earliest_cancel_by"`
	MIDs             []string `json:"mids"`
	Who              string   `json:"who"`             // acts: daesa, finance, operator, customer_service or toss
	CannotBeSent     bool     `json:"cannot_be_sent"`  // as the configuration stands, ever
	TooLate          int64    `json:"too_late"`        // of them run out before that comes for which they wait
	TooLateAmount    int64    `json:"too_late_amount"` // and their sum
}

// waits is what waits at a moment.
type waits struct {
	list  []refunds.Waiter
	lines []refunds.WaitLine // by merchant
}

// waiting asks the database what is open, and says what it waits for. unasked are
// merchants that could not be asked just now, and why.
func (a *app) waiting(ctx context.Context, cfg *config.Config, db *store.DB, unasked map[string]string) (waits, error) {
	now, err := a.now()
	if err != nil {
		return waits{}, err
	}
	return waitingAt(ctx, cfg, db, unasked, now)
}

func waitingAt(ctx context.Context, cfg *config.Config, db *store.DB, unasked map[string]string, now time.Time) (waits, error) {
	standing, err := db.Standing(ctx, now)
	if err != nil {
		return waits{}, err
	}
	facts := waitFacts(cfg, now)
	facts.Unasked = unasked
	list := refunds.Waits(standing, facts, now)
	return waits{list, refunds.Tally(list)}, nil
}

// waitFacts are what the configuration says about what can go on.
func waitFacts(cfg *config.Config, now time.Time) refunds.Facts {
	return refunds.Facts{
		Configured: cfg.MIDs(), Send: cfg.Refunds.Send, Budget: budget(cfg, runFlags{count: -1, amount: -1}),
		NextRun: nextOf(cfg.Schedule.Refunds), Told: application.ToldAgain(now, nextOf(cfg.Schedule.Nightly)),
	}
}

// nextOf gives the moments of a schedule; nil where none is planned.
func nextOf(cron config.Cron) func(after time.Time) time.Time {
	if cron.IsZero() {
		return nil
	}
	return func(after time.Time) time.Time { return cron.Next(after.In(pay.Seoul)) }
}

// documents are the lines over all merchants.
func (w waits) documents() []waitingDocument {
	return each(refunds.Together(w.lines), func(l refunds.WaitLine) waitingDocument {
		d := waitingDocument{State: string(l.State), Why: l.Why, Count: l.Count, Amount: l.Amount, Currency: string(l.Currency),
			EarliestCancelBy: timeOrNull(l.Earliest), Who: l.Wait().Who().String(), CannotBeSent: l.Stuck, TooLate: l.Late, TooLateAmount: l.LateAmount}
		for _, own := range w.lines {
			if own.State == l.State && own.Why == l.Why && own.Currency == l.Currency {
				d.MIDs = append(d.MIDs, own.MID)
			}
		}
		slices.Sort(d.MIDs)
		return d
	})
}

// of gives a request's wait; nil where it is not open.
func (w waits) of(id string) *refunds.Waiter {
	i := slices.IndexFunc(w.list, func(one refunds.Waiter) bool { return one.ID == id })
	if i < 0 {
		return nil
	}
	return &w.list[i]
}

// saidOf is a line of what waits in one sentence: what, how much, until when, and
// what for.
func saidOf(l refunds.WaitLine) string {
	text := fmt.Sprintf("%s over %s", counted(int(l.Count), string(l.State)+" refund"), people(l.Currency, l.Amount))
	if !l.Earliest.IsZero() {
		text += ", the earliest cancel_by " + pay.FormatTime(l.Earliest)
	}
	text += ": " + l.Wait().Sentence(refunds.English).Cause
	switch {
	case l.Late == 0 || l.Stuck: // what is never sent is late whatever happens
	case l.Count == 1:
		text += "; it runs out before that"
	case l.Late == l.Count:
		text += "; all of them run out before that"
	default:
		text += fmt.Sprintf("; of these %d over %s run out before that", l.Late, people(l.Currency, l.LateAmount))
	}
	return text
}

// whatToDo is who acts on a line of what waits, and how.
func whatToDo(l refunds.WaitLine) string {
	s := refunds.Explain(refunds.English, l.Why, "", time.Time{})
	return s.Who + ": " + s.Next
}

// needWaiting adds to the verdict what of the lines needs a person, by the needs
// that are the command's to tell, and outcomes that nobody knows where those are.
func (a *app) needWaiting(cfg *config.Config, w waits, told ...application.Need) {
	unknown := int64(0)
	for _, l := range w.lines {
		if !application.Concerns(cfg.MainMID(l.MID), a.mid, mids(cfg)) {
			continue
		}
		needs := application.NeedsOf(l)
		if slices.Contains(needs, application.NeedOutcome) && slices.Contains(told, application.NeedOutcome) {
			unknown += l.Count
		}
		if slices.ContainsFunc(needs, func(n application.Need) bool { return n != application.NeedOutcome && slices.Contains(told, n) }) {
			a.verdict.add(codePerson, "%s: %s", l.MID, saidOf(l))
		}
	}
	if unknown > 0 {
		a.verdict.add(codeUnknown, "%s unknown or held", counted(int(unknown), "refund"))
	}
}

// printWaiting names what waits, and who acts.
func (a *app) printWaiting(lines []refunds.WaitLine) {
	for _, l := range lines {
		a.printf("waiting: %s: %s -> %s\n", l.MID, plain(saidOf(l)), plain(whatToDo(l)))
	}
}
