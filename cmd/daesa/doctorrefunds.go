package main

import (
	"context"
	"time"

	"daesa/pay"
)

// checkRefunds looks at what keeps refunds from being sent, or from being sent
// safely.
func (e *examination) checkRefunds(ctx context.Context, now time.Time) error {
	if pay.HolidaysRunOut(now) {
		e.Warn("holidays", "", "the table of Korean bank holidays ends on "+string(pay.HolidaysUntil), "install a newer daesa: dates after it count weekends only")
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
			e.FailWith("durability", e.cfg.Database.Redacted(), err, "")
		}
	}
	brake, err := e.db.Brake(ctx)
	switch {
	case err != nil:
		return err
	case brake.On:
		e.Warn("brake", "", "refunds are paused since "+pay.FormatTime(brake.At)+" by "+brake.By+": "+brake.Note, "daesa refunds resume takes the brake off")
	default:
		e.OK("brake", "", "off")
	}
	head := newHeadKeeper(e.cfg, e.db)
	e.Head(ctx, head)
	e.Journal(ctx, head, e.clock())
	if err := e.Events(ctx, e.db, now); err != nil {
		return err
	}
	if err := e.Captures(ctx, e.db, mids(e.cfg), now); err != nil {
		return err
	}
	ring, err := accountRing(e.cfg)
	if err != nil || ring == nil {
		return nil // said by the check of the key itself
	}
	return e.Sealed(ctx, e.db, ring, keyPlace(e.cfg))
}
