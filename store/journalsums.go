package store

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"daesa/app"
	"daesa/approval"
	"daesa/reconcile"
	"daesa/refunds"
)

// journalSums is what a walk over the whole journal comes to: what the tables
// beside the requests must say.
type journalSums struct {
	limits  map[limitKey]limitSum
	given   map[string]givenWord // by break and time
	batches map[string]told
	brake   Entry
	sent    map[string]Time // when a request was sent last, while it is sent

	accounts   map[accountKey]told // how the account of a payment was stored last
	purged     map[accountKey]Time // and when it was destroyed since
	statements map[string]told     // by hash
	signed     int64               // the entry by which the first statement was taken; 0: none was
	words      []app.GivenWord     // those since that are to be signed
}

type accountKey struct{ mid, paymentKey string }

type limitKey struct{ scope, currency string }

type limitSum struct{ number, amount int64 }

type limitRow struct {
	Scope    string `db:"scope"`
	Currency string `db:"currency"`
	Number   int64  `db:"number"`
	Amount   int64  `db:"amount"`
}

type givenWord struct {
	actor string
	facts map[string]string // nil: from a version that did not keep them
}

func newJournalSums() *journalSums {
	return &journalSums{limits: map[limitKey]limitSum{}, given: map[string]givenWord{}, batches: map[string]told{}, sent: map[string]Time{},
		accounts: map[accountKey]told{}, purged: map[accountKey]Time{}, statements: map[string]told{}}
}

// signedDeeds are the words that a person signs, by the journal's name for them: what
// a statement must be for. Those on requests are proved for each request.
var signedDeeds = map[string][]approval.Deed{
	"transfer." + string(refunds.ManualApproved): {approval.ApproveTransfer, approval.ApproveAnotherTransfer},
	"month.locked":   {approval.LockMonth},
	"month.reopened": {approval.ReopenMonth},
}

// add takes the next entry.
func (s *journalSums) add(e Entry) error {
	kind, id, _ := strings.Cut(e.Subject, ":")
	switch {
	case kind == "refund":
		return s.refund(e, id)
	case e.Action == "refunds.paused", e.Action == "refunds.resumed":
		s.brake = e
	case e.Action == "batch.imported":
		facts, err := decodeFacts(e.Facts)
		if _, before := s.batches[id]; err != nil || before {
			return err
		}
		s.batches[id] = told{e, facts}
	case e.Action == "account.stored", e.Action == "account.purged", e.Action == "statement.taken":
		facts, err := decodeFacts(e.Facts)
		if err != nil {
			return err
		}
		t := told{e, facts}
		if key := (accountKey{t.fact("mid"), t.fact("payment_key")}); e.Action == "account.purged" {
			s.purged[key] = e.At
		} else if kind == "account" {
			s.accounts[key] = t
			delete(s.purged, key)
		} else if _, before := s.statements[id]; before {
			return fmt.Errorf("statement %s was taken before", id)
		} else {
			s.statements[id], s.signed = t, cmp.Or(s.signed, e.Seq)
		}
	case signedDeeds[e.Action] != nil && s.signed > 0:
		facts, err := decodeFacts(e.Facts)
		if err != nil {
			return err
		}
		s.words = append(s.words, app.GivenWord{Subject: e.Subject, Deeds: signedDeeds[e.Action], Seq: e.Seq, By: e.Actor, At: e.At.Time, Statement: told{e, facts}.fact(factStatement)})
	case e.Action == "break.resolved":
		facts, err := decodeFacts(e.Facts)
		if err != nil || facts["as"] != string(reconcile.RefundedByTransfer) {
			return err
		}
		s.given[id+" "+columnText(givenRow{At: e.At}, "at")] = givenWord{e.Actor, factsOf(facts, factSent)}
	}
	return nil
}

// refund counts what a send takes of the limits, and what one that did not leave
// gives back.
func (s *journalSums) refund(e Entry, id string) error {
	sending, retry := e.Action == "refund."+string(refunds.StateSending), e.Action == "refund."+string(refunds.StateRetry)
	if !sending && !retry {
		if e.Action != "refund.answered" {
			delete(s.sent, id)
		}
		return nil
	}
	facts, err := decodeFacts(e.Facts)
	if err != nil {
		return err
	}
	t := told{e, facts}
	from := refunds.State(t.fact("from"))
	amount, err := strconv.ParseInt(t.fact("amount"), 10, 64)
	if err != nil {
		return fmt.Errorf("database: journal entry %d has no amount: %w", e.Seq, err)
	}
	switch {
	case sending && from.TakesOfLimits():
		s.take(e.RunID, e.At, t.fact("currency"), 1, amount)
	case retry && refunds.GivesLimitsBack(from, refunds.StateRetry):
		s.take(e.RunID, s.sent[id], t.fact("currency"), -1, -amount)
	}
	if sending {
		s.sent[id] = e.At
	} else {
		delete(s.sent, id)
	}
	return nil
}

func (s *journalSums) take(runID string, when Time, currency string, number, amount int64) {
	for _, scope := range []string{runScope(runID), dayScope(when.Time)} {
		for key, more := range map[limitKey]limitSum{{scope, ""}: {number, 0}, {scope, currency}: {number, amount}} {
			sum := s.limits[key]
			s.limits[key] = limitSum{sum.number + more.number, sum.amount + more.amount}
		}
	}
}
