package refunds_test

import (
	"fmt"

	"daesa/reconcile"
	"daesa/refunds"
	"daesa/store"
)

// waitFor lets a break wait for a request that was just asked for, as a person's
// decision does. It draws nothing, so that every seed tells the history that it
// told before there were breaks.
func (s *sim) waitFor(id string) {
	r, _, err := s.db.Refund(s.ctx, id)
	s.must(err)
	if r.State.Stand().Over() {
		return
	}
	s.must(s.db.ExecForTest(s.ctx, fmt.Sprintf(`INSERT INTO breaks (id, mid, order_id, payment_key, kind, status, origin, currency, local_amount,
		provider_amount, local_status, provider_status, method, owed, at_risk, first_seen, last_seen, since, nights, recheck_on, resolution, resolved_by, note, refund_id, refunding)
		VALUES ('b%[1]s', '%[2]s', '%[1]s', '%[3]s', 'cancel_not_executed', 'resolved', '', 'KRW', 0, %[4]d, 'canceled', 'DONE', '', %[4]d, 0,
		'2026-01-01', '2026-01-01', '2026-01-01', 1, '', 'refund_now', 'maker', '', '%[1]s', 1) ON CONFLICT DO NOTHING`, r.ID, r.MID, r.PaymentKey, r.Amount)))
}

// checkBreaks compares each break with the request that it waits for, after
// every step: it is refunding as long as the request can still lead to money, it
// is resolved with the money back, and open where none came back.
func (s *sim) checkBreaks() {
	breaks, err := s.db.Breaks(s.ctx, store.BreakFilter{})
	s.must(err)
	want := map[reconcile.Stand]reconcile.Status{
		reconcile.StandUnsent: reconcile.Refunding, reconcile.StandOnItsWay: reconcile.Refunding,
		reconcile.StandBack: reconcile.Resolved, reconcile.StandEnded: reconcile.Open,
	}
	states := map[string]refunds.State{}
	for _, r := range s.last {
		states["b"+r.ID] = r.State
	}
	for _, b := range breaks {
		if state := states[b.ID]; b.Status != want[state.Stand()] {
			s.fail("I13", "%s is %s, and the break that waits for it %s", s.short(b.OrderID), state, b.Status)
		}
	}
}
