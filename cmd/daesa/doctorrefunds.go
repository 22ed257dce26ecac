package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

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
	if head.path == "" {
		e.warns("journal_head", "", "is kept nowhere outside the database, since there is no accounts.key_file to keep it beside",
			"compare the head that each run prints with daesa audit verify --head after a restore")
		return
	}
	err := head.check(ctx)
	switch {
	case errors.Is(err, errBehind):
		e.failsWith("journal_head", head.path, err, behindHint)
	case err != nil:
		e.failsWith("journal_head", head.path, err, "")
	default:
		if f, err := os.CreateTemp(filepath.Dir(head.path), ".daesa-*"); err != nil {
			e.warns("journal_head", head.path, "cannot be kept there: "+err.Error(), "give this user the right to write the folder, or keep each run's printed head elsewhere")
			return
		} else if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
			e.failsWith("journal_head", head.path, err, "")
			return
		}
		e.ok("journal_head", head.path, "the database has the entry that was kept")
	}
}

// checkOpenWork counts what waits for a person.
func (e *examination) checkOpenWork(ctx context.Context) error {
	if e.db == nil {
		return nil
	}
	var waiting []string
	for _, m := range e.merchants(e.cfg) {
		breaks, err := e.db.NeedPerson(ctx, m.MID)
		if err != nil {
			return err
		}
		if breaks > 0 {
			waiting = append(waiting, m.MID+": "+counted(int(breaks), "open break"))
		}
		counts, err := e.db.CountStates(ctx, m.MID)
		if err != nil {
			return err
		}
		for _, state := range []refunds.State{refunds.HeldState, refunds.Unknown, refunds.Requested, refunds.NeedsAccount} {
			if n := counts[state]; n > 0 {
				waiting = append(waiting, m.MID+": "+counted(int(n), string(state)+" refund"))
			}
		}
		for _, state := range []refunds.HandState{refunds.HandDue, refunds.HandApproved} {
			list, err := e.db.HandTransfers(ctx, m.MID, string(state))
			if err != nil {
				return err
			}
			if len(list) > 0 {
				waiting = append(waiting, m.MID+": "+counted(len(list), string(state)+" transfer")+" by hand")
			}
		}
	}
	if len(waiting) == 0 {
		e.ok("open_work", "", "nothing waits for a person")
		return nil
	}
	e.warns("open_work", "", strings.Join(waiting, "; "), "daesa breaks list and daesa refunds list show them")
	return nil
}
