package main

import (
	"context"
	"fmt"
	"time"

	core "daesa/app"
	"daesa/config"
	"daesa/pay"
	"daesa/toss"
)

// checkOwner proves mid and key against the provider: the rows of its
// transaction list name the merchant whose key it is.
func (e *examination) checkOwner(ctx context.Context, m config.Merchant, now time.Time) {
	const unasked = "the first look-up of a payment will show it: one of another merchant is neither compared nor refunded"
	client, err := e.listClient(m)
	if err != nil {
		e.failsWith("mid", m.MID, err, "correct merchants.base_url")
		return
	}
	ctx, stop := context.WithTimeout(ctx, 2*probeTime)
	defer stop()
	owner, err := core.OwnerOfKey(ctx, provider{client}.Transactions, midsOf(m), now)
	if err != nil {
		if e.cfg.Reconcile.Mode == config.ModeLookup {
			e.ok("mid", m.MID, "not provable: the transaction list does not answer; "+unasked)
			return
		}
		e.warns("mid", m.MID, "could not be proved: "+err.Error(), "run daesa doctor again; "+unasked)
		return
	}
	when := pay.FormatTime(owner.At)
	switch proof, strangers := owner.Prove(midsOf(m)); {
	case proof == core.NotYetProvable:
		e.ok("mid", m.MID, fmt.Sprintf("not yet provable: the key has no transaction of the last %d days; %s", int(core.KeyWindows[len(core.KeyWindows)-1].Hours()/24), unasked))
	case proof == core.KeyIsAnothers:
		e.fails("mid", m.MID, fmt.Sprintf("the key is of %s, as Toss's newest transaction of %s says", quotedList(strangers), when),
			"correct merchants.mid, or name it in also_mids if the key answers for that MID of the shop too; until then its payments are neither compared nor refunded")
	case len(strangers) > 0:
		e.ok("mid", m.MID, fmt.Sprintf("the key is of this merchant, as Toss says; it answers for %s too, whose payments are not ours (also_mids)", quotedList(strangers)))
	default:
		e.ok("mid", m.MID, fmt.Sprintf("the key is of this merchant, as Toss's newest transaction of %s says", when))
	}
}

// listClient gives MIDs as Toss writes them.
func (e *examination) listClient(m config.Merchant) (*toss.Client, error) {
	options := toss.Options{BaseURL: m.BaseURL, SecretKey: m.SecretKey.Reveal, Now: e.clock, Concurrency: 1}
	if e.db != nil {
		pace := e.pacer(e.db, m)
		options.Pace, options.OnThrottle = pace, pace.Rest
	}
	return toss.New(options)
}

func quotedList(words []string) string {
	return listed(each(words, func(w string) string { return fmt.Sprintf("%q", w) }))
}
