package jobs

import (
	"slices"
	"time"

	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports"
)

// waiting fills in what the open requests wait for: the merchant's own, and those
// of which no night tells, since they were made under a mid that left the
// configuration or is one of the also_mids now.
func (n *night) waiting(s *reports.Snapshot, after After) {
	if n.Settings.Facts == nil {
		return
	}
	facts := n.Settings.Facts(n.now)
	if slices.ContainsFunc(n.run.Gaps, reconcile.Gap.KeyRefused) {
		facts.Unasked = map[string]string{n.scope.MID: refunds.WhyKeyRefused}
		for _, also := range n.Settings.AlsoMIDs {
			facts.Unasked[also] = refunds.WhyKeyRefused
		}
	}
	s.Waits = map[string]refunds.Wait{}
	var own, others []refunds.Waiter
	for _, w := range refunds.Waits(after.Standing, facts, n.now) {
		switch {
		case w.MID == n.scope.MID:
			own = append(own, w)
		case n.left(w.MID):
			others = append(others, w)
		default:
			continue // another night tells of it
		}
		s.Waits[w.ID] = w.Wait
	}
	s.Waiting = refunds.Tally(own)
	s.Left = leftOver(others, slices.DeleteFunc(slices.Clone(after.Due), func(t refunds.ManualTransfer) bool { return !n.left(t.MID) }))
}

// left says whether no night is of a merchant.
func (n *night) left(mid string) bool {
	return mid != n.scope.MID && !slices.Contains(n.Settings.KnownMIDs, mid)
}

func leftOver(waiters []refunds.Waiter, due []refunds.ManualTransfer) *reports.Left {
	if len(waiters)+len(due) == 0 {
		return nil
	}
	left := &reports.Left{Waiting: refunds.Tally(waiters), Transfers: due}
	for _, w := range waiters {
		r := w.Request
		left.Refunds = append(left.Refunds, reports.RefundRow{Request: r})
		if !r.State.Unsent() && r.State != refunds.StateHeld {
			continue
		}
		left.Deadlines = append(left.Deadlines, reports.Deadline{MID: r.MID, OrderID: r.OrderID, PaymentKey: r.PaymentKey, Method: r.Method,
			Currency: r.Currency, Amount: r.Amount, CancelBy: r.CancelBy, RefundID: r.ID, State: r.State, BreakID: r.BreakID})
	}
	return left
}

// settled leaves of lines of what waits those that people must see to, without
// what a later look at the clock changes: by these a night that is run again is
// compared with itself.
func settled(lines []refunds.WaitLine) []refunds.WaitLine {
	var list []refunds.WaitLine
	for _, l := range lines {
		if !l.Stuck && !l.Wait().Person() {
			continue
		}
		l.Late, l.LateAmount, l.LateBy = 0, 0, time.Time{}
		list = append(list, l)
	}
	return list
}
