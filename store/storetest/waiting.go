package storetest

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/pay"
	"daesa/refunds"
	"daesa/store"
)

// waitingTests are what both databases must say alike of what is open.
var waitingTests = map[string]func(*testing.T, *store.DB){
	"waiting: everything open is seen, of every merchant":            standing,
	"waiting: whose deadline has passed expires, and is due by hand": expiry,
	"waiting: what a worker has begun does not expire":               expiryFenced,
}

// ofGone makes a request one of a merchant that left the configuration.
func ofGone(r *refunds.Request, p *pay.Payment) {
	r.MID, p.MID = "gone", "gone"
	r.ID = refunds.RequestID("gone", r.Ref)
}

func inState(state refunds.State) func(*refunds.Request, *pay.Payment) {
	return func(r *refunds.Request, _ *pay.Payment) { r.State = state }
}

func standing(t *testing.T, db *store.DB) {
	asked(t, db, "held", 1000, time.Time{})
	if err := db.ExecForTest(t.Context(), `UPDATE refunds SET state = 'held'`); err != nil {
		t.Fatal(err)
	}
	sent := asked(t, db, "sent", 2000, time.Time{})
	if err := db.Begin(t.Context(), begun(claimed(t, db, choice("a", now)), now)); err != nil {
		t.Fatal(err)
	}
	asked(t, db, "approved", 3000, now.Add(time.Hour))
	asked(t, db, "gone", 4000, now.Add(time.Hour), ofGone, inState(refunds.StateNeedsAccount))
	asked(t, db, "expired", 5000, now.Add(-time.Hour), inState(refunds.StateExpired))
	for ref, state := range map[string]string{"accepted": "accepted", "running": "accepted", "done": "succeeded", "no": "rejected"} {
		asked(t, db, ref, 1000, time.Time{})
		text := `UPDATE refunds SET state = '` + state + `' WHERE ref = '` + ref + `'`
		if ref == "running" {
			text = `UPDATE refunds SET state = 'accepted', in_progress = 1 WHERE ref = 'running'`
		}
		if err := db.ExecForTest(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	s, err := db.Standing(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]refunds.State{}
	for _, o := range s.Open {
		got[o.Ref] = o.State
		switch {
		case o.Ref == "sent" && !o.LeaseUntil.Equal(now.Add(time.Minute)):
			t.Errorf("the lease of what is being sent is until %s", o.LeaseUntil)
		case o.InProgress != (o.Ref == "running"):
			t.Errorf("%s: in progress %v", o.Ref, o.InProgress)
		case o.Ref == "gone" && (o.MID != "gone" || o.Amount != 4000 || !o.CancelBy.Equal(now.Add(time.Hour))):
			t.Errorf("the other merchant's is %+v", o)
		}
	}
	want := map[string]refunds.State{"held": refunds.StateHeld, "sent": refunds.StateSending, "approved": refunds.StateApproved, "gone": refunds.StateNeedsAccount,
		"accepted": refunds.StateAccepted, "running": refunds.StateAccepted}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s.Braked || s.Today.Count != 1 || s.Today.Of[pay.KRW] != sent.Amount {
		t.Errorf("braked %v, today %+v", s.Braked, s.Today)
	}
	if _, err := db.Pause(t.Context(), "park", "stop", now); err != nil {
		t.Fatal(err)
	}
	if s, err = db.Standing(t.Context(), now.Add(24*time.Hour)); err != nil || !s.Braked || s.Today.Count != 0 || len(s.Today.Of) != 0 {
		t.Errorf("on the next day: braked %v, %+v, %v", s.Braked, s.Today, err)
	}
}

func expiry(t *testing.T, db *store.DB) {
	past, ahead := now.Add(-time.Microsecond), now
	for _, state := range []refunds.State{refunds.StateRequested, refunds.StateNeedsAccount, refunds.StateRetry, refunds.StateApproved} {
		asked(t, db, "past-"+string(state), 1000, past, ofGone)
		if err := db.ExecForTest(t.Context(), `UPDATE refunds SET state = '`+string(state)+`' WHERE ref = 'past-`+string(state)+`'`); err != nil {
			t.Fatal(err)
		}
	}
	asked(t, db, "ahead", 1000, ahead, ofGone)
	asked(t, db, "none", 1000, time.Time{}, ofGone)
	asked(t, db, "ours", 1000, past)
	asked(t, db, "held", 1000, past, ofGone)
	if err := db.ExecForTest(t.Context(), `UPDATE refunds SET state = 'held' WHERE ref = 'held'`); err != nil {
		t.Fatal(err)
	}
	expire := func(whose func(string) bool) []string {
		done, err := db.ExpireRefunds(t.Context(), refunds.Expiry{Whose: whose, RunID: "run", Actor: "daesa refunds", Now: now})
		if err != nil {
			t.Fatal(err)
		}
		refs := []string{}
		for _, r := range done {
			refs = append(refs, r.Ref)
			if r.State != refunds.StateExpired || stored(t, db, r.ID).State != refunds.StateExpired || stored(t, db, r.ID).ErrorCode != refunds.WhyDeadline {
				t.Errorf("%s has not expired: %+v", r.Ref, stored(t, db, r.ID))
			}
		}
		return slices.Sorted(slices.Values(refs))
	}
	if got := expire(nil); len(got) != 0 {
		t.Errorf("nobody's expire: %v", got)
	}
	want := []string{"past-approved", "past-needs_account", "past-requested", "past-retry"}
	gone := func(mid string) bool { return mid == "gone" }
	if diff := cmp.Diff(want, expire(gone)); diff != "" {
		t.Error(diff)
	}
	if again := expire(gone); len(again) != 0 {
		t.Errorf("expired twice: %v", again)
	}
	due, err := db.ManualTransfers(t.Context(), "gone", string(refunds.ManualDue))
	if err != nil || len(due) != len(want) || due[0].Why != refunds.WhyDeadline {
		t.Errorf("due by hand: %+v, %v", due, err)
	}
	history, err := db.History(t.Context(), "refund:"+refunds.RequestID("gone", "past-approved"))
	if err != nil || history[len(history)-1].Action != "refund.expired" || history[len(history)-1].Actor != "daesa refunds" {
		t.Errorf("the journal says %+v, %v", history, err)
	}
	if found, err := db.VerifyJournal(t.Context(), ""); err != nil || len(found.Broken) > 0 {
		t.Errorf("the chain: %v, %v", found.Broken, err)
	}
}

func expiryFenced(t *testing.T, db *store.DB) {
	r := asked(t, db, "r", 1000, now.Add(-time.Second))
	c := claimed(t, db, choice("a", now.Add(-time.Minute)))
	everybody := func(string) bool { return true }
	if done, err := db.ExpireRefunds(t.Context(), refunds.Expiry{Whose: everybody, Actor: "x", Now: now}); err != nil || len(done) != 1 {
		t.Fatalf("expired %v, %v", done, err)
	}
	if err := db.Begin(t.Context(), begun(c, now.Add(-time.Minute))); !errors.Is(err, refunds.ErrLost) {
		t.Errorf("a worker begins with what has expired: %v", err)
	}
	s := asked(t, db, "s", 1000, now.Add(-time.Second))
	if err := db.Begin(t.Context(), begun(claimed(t, db, choice("a", now)), now)); err != nil {
		t.Fatal(err)
	}
	if done, err := db.ExpireRefunds(t.Context(), refunds.Expiry{Whose: everybody, Actor: "x", Now: now}); err != nil || len(done) != 0 {
		t.Errorf("what is being sent expires: %v, %v", done, err)
	}
	if is := map[string]refunds.State{r.ID: stored(t, db, r.ID).State, s.ID: stored(t, db, s.ID).State}; !maps.Equal(is, map[string]refunds.State{r.ID: refunds.StateExpired, s.ID: refunds.StateSending}) {
		t.Errorf("they are %v", is)
	}
}
