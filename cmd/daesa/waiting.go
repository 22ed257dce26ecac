package main

import (
	"slices"
	"time"

	"daesa/app"
	"daesa/config"
	"daesa/pay"
	"daesa/refunds"
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

// needs says what waits for people, by the configuration.
func (s *session) needs() *app.Needs {
	return &app.Needs{Books: s.db, Merchants: mids(s.cfg), MainMID: s.cfg.MainMID, About: s.mid,
		Facts: func(now time.Time) refunds.Facts { return waitFacts(s.cfg, now) }}
}

// provedNeeds also asks whether the signatures on what is approved still stand.
func (s *session) provedNeeds() *app.Needs {
	needs := s.needs()
	if prover := s.signing().Prover(s.db); prover != nil {
		needs.Unsigned = prover.Unsigned
	}
	return needs
}

// waitFacts are what the configuration says about what can go on.
func waitFacts(cfg *config.Config, now time.Time) refunds.Facts {
	return refunds.Facts{
		Configured: cfg.MIDs(), Send: cfg.Refunds.Send, Budget: budget(cfg, runFlags{count: -1, amount: -1}),
		NextRun: nextOf(cfg.Schedule.Refunds), Told: app.ToldAgain(now, nextOf(cfg.Schedule.Nightly)),
	}
}

// nextOf gives the moments of a schedule; nil where none is planned.
func nextOf(cron config.Cron) func(after time.Time) time.Time {
	if cron.IsZero() {
		return nil
	}
	return func(after time.Time) time.Time { return cron.Next(after.In(pay.Seoul)) }
}

// waitingDocuments are the lines over all merchants.
func waitingDocuments(lines []refunds.WaitLine) []waitingDocument {
	return each(refunds.Together(lines), func(l refunds.WaitLine) waitingDocument {
		d := waitingDocument{State: string(l.State), Why: l.Why, Count: l.Count, Amount: l.Amount, Currency: string(l.Currency),
			EarliestCancelBy: timeOrNull(l.Earliest), Who: l.Wait().Who().String(), CannotBeSent: l.Stuck, TooLate: l.Late, TooLateAmount: l.LateAmount}
		for _, own := range lines {
			if own.State == l.State && own.Why == l.Why && own.Currency == l.Currency {
				d.MIDs = append(d.MIDs, own.MID)
			}
		}
		slices.Sort(d.MIDs)
		return d
	})
}

// printWaiting names what waits, and who acts.
func (a *invocation) printWaiting(lines []refunds.WaitLine) {
	for _, l := range lines {
		a.printf("waiting: %s: %s -> %s\n", l.MID, plain(app.Sentence(l)), plain(app.WhatToDo(l.Why)))
	}
}
