package jobs_test

import (
	"testing"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/sandbox"
	"daesa/store"
)

// A refund that succeeded is looked up again by later nights. When the cancel
// that it stands on is no longer shown, that is a break, although both sides may
// hold the same money.
func TestACancelOfOursThatVanishedIsABreak(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{sandbox: sandbox.Options{}})
	w.toss.SetClock(last.Add(-9).Start().Add(12 * time.Hour))
	made, err := w.toss.Pay(sandbox.NewPayment{OrderID: "A-1", Amount: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.toss.ConsoleCancel(made.Key, sandbox.ConsoleCancel{Amount: 3000, Reason: "상담"}); err != nil {
		t.Fatal(err)
	}
	w.toss.SetClock(morning(last))
	p, evidence, err := w.client.Payment(t.Context(), made.Key)
	if err != nil {
		t.Fatal(err)
	}
	now := morning(last).Add(-time.Hour)
	finish := func(ref string, claim pay.Cancel) {
		t.Helper()
		r := refunds.Request{ID: refunds.RequestID(mid, ref), MID: mid, OrderID: "A-1", PaymentKey: made.Key, Method: p.Method, Amount: claim.Amount,
			Currency: pay.KRW, Reason: "x", Ref: ref, State: refunds.StateRequested, RequestedBy: "kim", RequestedAt: now}
		seen := p
		seen.Cancels = append(seen.Cancels[:len(seen.Cancels):len(seen.Cancels)], claim)
		if _, err := w.db.AddRefunds(t.Context(), nil, []refunds.Adding{{Request: r, Payment: seen, Evidence: []pay.Evidence{evidence}}}, "kim", now); err != nil {
			t.Fatal(err)
		}
		if _, err := w.db.Approve(t.Context(), refunds.Approval{IDs: []string{r.ID}, By: "lee", Now: now}); err != nil {
			t.Fatal(err)
		}
		claimed, err := w.db.Claim(t.Context(), refunds.Choice{MID: mid, Owner: "x", Now: now, Until: now, Send: true})
		if err != nil || claimed == nil {
			t.Fatal(claimed, err)
		}
		if err := w.db.Settle(t.Context(), refunds.Settled{Request: claimed.Request, Step: refunds.Step{To: refunds.StateSucceeded, Claim: &claim}, Payment: &seen, Now: now}); err != nil {
			t.Fatal(err)
		}
	}
	broken := func() []reconcile.Kind {
		t.Helper()
		w.night(last)
		breaks, err := w.db.Breaks(t.Context(), store.BreakFilter{Status: "open"})
		if err != nil {
			t.Fatal(err)
		}
		var kinds []reconcile.Kind
		for _, b := range breaks {
			if b.ProviderStatus == reconcile.CancelVanished {
				kinds = append(kinds, b.Kind)
			}
		}
		return kinds
	}
	finish("kept", p.Cancels[0])
	if found := broken(); len(found) != 0 {
		t.Fatalf("a cancel that is there is called %v", found)
	}
	finish("gone", pay.Cancel{TransactionKey: "txrd_nowhere", Amount: 2000, Status: pay.CancelDone, CanceledAt: now})
	if found := broken(); len(found) != 1 || found[0] != reconcile.RefundFailed {
		t.Fatalf("a cancel that is gone is called %v", found)
	}
}
