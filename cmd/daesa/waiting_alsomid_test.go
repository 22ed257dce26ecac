package main

import (
	"testing"
	"time"

	"daesa/config"
	"daesa/pay"
	"daesa/refunds"
)

// TestARequestUnderAnAlsoMIDIsNotCalledStuck: a refund run works on what was asked
// for under a mid that is among the also_mids now, so nothing may say that its
// merchant is gone.
func TestARequestUnderAnAlsoMIDIsNotCalledStuck(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, pay.Seoul)
	cfg := &config.Config{Merchants: []config.Merchant{{MID: "shop", AlsoMIDs: []string{"former"}}}}
	cfg.Refunds.Send, cfg.Refunds.MaxCount, cfg.Refunds.MaxCountPerDay = true, 10, 10
	cfg.Refunds.MaxSingle, cfg.Refunds.MaxAmount, cfg.Refunds.MaxAmountPerDay = 10_000, 10_000, 10_000
	for mid, want := range map[string]string{"shop": refunds.WhyNextRun, "former": refunds.WhyNextRun, "gone": refunds.WhyNotConfigured} {
		r := refunds.Request{ID: "r", MID: mid, PaymentKey: "p", Amount: 1000, Currency: pay.KRW, State: refunds.StateApproved}
		wait := refunds.Waits(refunds.Standing{Open: []refunds.Open{{Request: r}}}, waitFacts(cfg, now), now)[0]
		if wait.Why != want || wait.Stuck != (mid == "gone") {
			t.Errorf("under %q it waits because of %s, stuck %v; want %s", mid, wait.Why, wait.Stuck, want)
		}
	}
}
