package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	application "daesa/app"
	"daesa/pay"
	"daesa/refunds"
)

// checkRefunds looks at what keeps refunds from being sent, or from being sent
// safely.
func (e *examination) checkRefunds(ctx context.Context, now time.Time) error {
	if pay.HolidaysRunOut(now) {
		e.warns("holidays", "", "the table of Korean bank holidays ends on "+string(pay.HolidaysUntil), "install a newer daesa: dates after it count weekends only")
	}
	if e.db == nil {
		return nil
	}
	state, err := e.db.Schema(ctx)
	if err != nil || !state.Current() {
		return err
	}
	if e.cfg.Refunds.Send {
		if err := e.db.RequireDurable(ctx); err != nil {
			e.failsWith("durability", e.cfg.Database.Redacted(), err, "")
		}
	}
	brake, err := e.db.Brake(ctx)
	switch {
	case err != nil:
		return err
	case brake.On:
		e.warns("brake", "", "refunds are paused since "+pay.FormatTime(brake.At)+" by "+brake.By+": "+brake.Note, "daesa refunds resume takes the brake off")
	default:
		e.ok("brake", "", "off")
	}
	e.checkHead(ctx)
	e.checkJournal(ctx)
	if err := e.checkEvents(ctx, now); err != nil {
		return err
	}
	if err := e.checkCaptures(ctx, now); err != nil {
		return err
	}
	ring, err := accountRing(e.cfg)
	if err != nil {
		return nil // said by the check of the key itself
	}
	return e.checkSealed(ctx, ring)
}

// checkHead: is the database as new as what was sent from it?
func (e *examination) checkHead(ctx context.Context) {
	head := newHeadKeeper(e.cfg, e.db)
	if head.Path() == "" {
		e.warns("journal_head", "", "is kept nowhere outside the database, since there is no accounts.key_file to keep it beside",
			"compare the head that each run prints with daesa audit verify --head after a restore")
		return
	}
	if err := head.Check(ctx); err != nil {
		e.failsWith("journal_head", head.Path(), err, "")
	} else {
		if f, err := os.CreateTemp(filepath.Dir(head.Path()), ".daesa-*"); err != nil {
			e.warns("journal_head", head.Path(), "cannot be kept there: "+err.Error(), "give this user the right to write the folder, or keep each run's printed head elsewhere")
			return
		} else if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
			e.failsWith("journal_head", head.Path(), err, "")
			return
		}
		e.ok("journal_head", head.Path(), "the database has the entry that was kept")
	}
}

// checkJournal: is the journal's chain whole, as far as refunds run would look?
func (e *examination) checkJournal(ctx context.Context) {
	head := newHeadKeeper(e.cfg, e.db)
	checked, err := head.CheckChain(ctx, e.clock(), false)
	if err != nil {
		e.failsWith("journal", "", err, "")
		return
	}
	walked := "its newest entries follow each other"
	switch {
	case head.Path() == "":
	case checked.Whole.Before(e.clock().Add(-time.Minute)):
		walked = "its chain is whole since " + pay.FormatTime(checked.Whole) + ", when all of it was walked"
	default:
		walked = "its chain is whole"
	}
	e.ok("journal", "", walked)
}

// checkOpenWork counts what waits for a person, of all merchants, also those that
// are not configured any more.
func (e *examination) checkOpenWork(ctx context.Context, now time.Time) error {
	if e.db == nil {
		return nil
	}
	for _, m := range e.merchants(e.cfg) {
		breaks, err := e.db.NeedPerson(ctx, m.MID)
		if err != nil {
			return err
		}
		if breaks > 0 {
			e.warns("open_work", m.MID, counted(int(breaks), "open break"), "daesa breaks list shows them")
		}
	}
	if err := e.checkWaiting(ctx, now); err != nil {
		return err
	}
	for _, state := range []refunds.HandState{refunds.HandDue, refunds.HandApproved} {
		list, err := e.db.HandTransfers(ctx, "", string(state))
		if err != nil {
			return err
		}
		of := map[string]int{}
		for _, t := range list {
			of[t.MID]++
		}
		for _, mid := range sortedKeys(of) {
			if e.needs(e.cfg, e.db).Concern(mid) {
				e.warns("open_work", mid, counted(of[mid], string(state)+" transfer")+" by hand", "daesa refunds transfers list shows them")
			}
		}
	}
	if !slices.ContainsFunc(e.checks, func(c check) bool { return (c.Name == "open_work" || c.Name == "refunds") && c.State == stateWarn }) {
		e.ok("open_work", "", "nothing waits for a person")
	}
	return nil
}

// checkWaiting names what every open refund waits for. A person must look where
// one must act, where a deadline is missed, and where nobody knows an outcome.
func (e *examination) checkWaiting(ctx context.Context, now time.Time) error {
	needs := e.needs(e.cfg, e.db)
	w, err := needs.Waiting(ctx, e.unasked, now)
	if err != nil {
		return err
	}
	for _, l := range w.Lines {
		if !needs.Concern(l.MID) {
			continue
		}
		if len(application.NeedsOf(l)) > 0 {
			e.warns("refunds", l.MID, application.Sentence(l), application.WhatToDo(l.Why))
			continue
		}
		e.add("refunds", stateOK, l.MID, application.Sentence(l), "")
	}
	return nil
}
