package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"daesa/pay"
	"daesa/refunds"
)

// NeedBooks say what is open.
type NeedBooks interface {
	// Standing gives every open refund of all merchants.
	Standing(ctx context.Context, now time.Time) (refunds.Standing, error)
	// NeedPerson counts a merchant's open breaks; mid "": of all merchants.
	NeedPerson(ctx context.Context, mid string) (int64, error)
	// ManualTransfers gives transfers by hand; mid "": of all merchants.
	ManualTransfers(ctx context.Context, mid, state string) ([]refunds.ManualTransfer, error)
}

// Needs says what waits for people. What belongs to merchants without nights,
// since they left the configuration, is everybody's.
type Needs struct {
	Books     NeedBooks
	Facts     func(now time.Time) refunds.Facts // what the configuration lets go on
	Merchants []string                          // that have nights
	MainMID   func(mid string) string           // under which a merchant has its nights
	About     string                            // the command is about one merchant; "": all
	// Unsigned asks of what may be sent whether its signature still stands, as a worker
	// does before it sends; nil: that is left to the worker.
	Unsigned func(ctx context.Context, r refunds.Request) (refunds.Unsigned, error)
}

// Waits is what waits at a moment.
type Waits struct {
	List  []refunds.Waiter
	Lines []refunds.WaitLine // by merchant
}

// Of gives a request's wait; nil where it is not open.
func (w Waits) Of(id string) *refunds.Waiter {
	i := slices.IndexFunc(w.List, func(one refunds.Waiter) bool { return one.ID == id })
	if i < 0 {
		return nil
	}
	return &w.List[i]
}

// Waiting asks the books what is open, and says what it waits for. unasked are
// merchants that could not be asked just now, and why.
func (n *Needs) Waiting(ctx context.Context, unasked map[string]string, now time.Time) (Waits, error) {
	standing, err := n.Books.Standing(ctx, now)
	if err != nil {
		return Waits{}, err
	}
	facts := n.Facts(now)
	facts.Unasked = unasked
	if facts.Unsigned, err = n.unsigned(ctx, standing.Open); err != nil {
		return Waits{}, err
	}
	list := refunds.Waits(standing, facts, now)
	return Waits{list, refunds.Tally(list)}, nil
}

// unsigned says why no worker would send what is approved, by the request's id.
func (n *Needs) unsigned(ctx context.Context, open []refunds.Open) (map[string]string, error) {
	if n.Unsigned == nil {
		return nil, nil
	}
	why := map[string]string{}
	for _, o := range open {
		if !o.State.Sendable() {
			continue
		}
		found, err := n.Unsigned(ctx, o.Request)
		if err != nil {
			return nil, err
		}
		why[o.ID] = found.Why
	}
	return why, nil
}

// Concern says whether the command answers for what is of a merchant: for its
// own, and for what has no night of its own.
func (n *Needs) Concern(mid string) bool {
	main := n.MainMID(mid)
	return n.About == "" || main == n.About || !slices.Contains(n.Merchants, main)
}

// AfterNight adds to the outcome what the nights of merchants leave to people:
// open breaks, refunds that wait, transfers by hand. queued says that the nights
// propose refunds: then approvals, accounts, deadlines and unknown outcomes are
// theirs to tell, too.
func (n *Needs) AfterNight(ctx context.Context, merchants []string, queued bool, unasked map[string]string, now time.Time, o *Outcome) error {
	for _, mid := range merchants {
		open, err := n.Books.NeedPerson(ctx, mid)
		if err != nil {
			return err
		}
		if open > 0 {
			o.Add(EndedPerson, "%s: %d open breaks", mid, open)
		}
	}
	w, err := n.Waiting(ctx, unasked, now)
	if err != nil {
		return err
	}
	told := []Need{NeedSetting, NeedLook}
	if queued {
		told = append(told, NeedTime, NeedApproval, NeedAccount, NeedOutcome)
	}
	n.judge(w, o, told...)
	return n.transfers(ctx, o)
}

// AfterRefunds adds to the outcome what a refund run leaves to people.
func (n *Needs) AfterRefunds(ctx context.Context, w Waits, o *Outcome) error {
	n.judge(w, o, NeedSetting, NeedAccount, NeedLook, NeedOutcome)
	if err := n.transfers(ctx, o); err != nil {
		return err
	}
	open, err := n.Books.NeedPerson(ctx, n.About)
	if err == nil && open > 0 {
		o.Add(EndedPerson, "%s open", pay.Counted(open, "break"))
	}
	return err
}

// judge adds what of the lines needs a person, by the needs that are the
// command's to tell, and outcomes that nobody knows where those are.
func (n *Needs) judge(w Waits, o *Outcome, told ...Need) {
	unknown := int64(0)
	for _, l := range w.Lines {
		if !n.Concern(l.MID) {
			continue
		}
		needs := NeedsOf(l)
		if slices.Contains(needs, NeedOutcome) && slices.Contains(told, NeedOutcome) {
			unknown += l.Count
		}
		if slices.ContainsFunc(needs, func(need Need) bool { return need != NeedOutcome && slices.Contains(told, need) }) {
			o.Add(EndedPerson, "%s: %s", l.MID, Sentence(l))
		}
	}
	if unknown > 0 {
		o.Add(EndedUnknown, "%s unknown or held", pay.Counted(unknown, "refund"))
	}
}

// transfers adds what nobody has given back by hand yet.
func (n *Needs) transfers(ctx context.Context, o *Outcome) error {
	for _, state := range []refunds.ManualState{refunds.ManualDue, refunds.ManualApproved} {
		list, err := n.Books.ManualTransfers(ctx, "", string(state))
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(t refunds.ManualTransfer) bool { return !n.Concern(t.MID) })
		if len(list) > 0 {
			o.Add(EndedPerson, "%s to give back by bank transfer (%s): daesa refunds transfers list", pay.Counted(len(list), "refund"), state)
		}
	}
	return nil
}

// Sentence is a line of what waits: what, how much, until when, and what for.
func Sentence(l refunds.WaitLine) string {
	text := fmt.Sprintf("%s over %s", pay.Counted(l.Count, string(l.State)+" refund"), l.Currency.Spell(l.Amount))
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
		text += fmt.Sprintf("; of these %d over %s run out before that", l.Late, l.Currency.Spell(l.LateAmount))
	}
	return text
}

// WhatToDo is who acts on what waits for a reason, and how.
func WhatToDo(why string) string {
	s := refunds.Explain(refunds.English, why, "", time.Time{})
	return s.Who + ": " + s.Next
}
