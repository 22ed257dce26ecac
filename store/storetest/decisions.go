package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"daesa/app"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	sqlfiles "daesa/sql"
	"daesa/store"
)

// decisionTests are what a decision that means money must do alike on both
// databases.
var decisionTests = map[string]func(*testing.T, *store.DB){
	"decisions: refund_now and its request are one":                        decidedOnce,
	"decisions: refund_now alone is never written down":                    neverAlone,
	"decisions: a failure in the middle leaves neither":                    decidedWhole,
	"decisions: what is only shown is not kept":                            decidedShown,
	"decisions: two people at once make one request":                       decidedAtOnce,
	"decisions: a request that is there already is taken over":             decidedOver,
	"decisions: the same workbook decides once":                            decidedByFile,
	"decisions: however a request ends, its break hears of it":             everyEnd,
	"decisions: Toss has the refund already":                               foundAtToss,
	"decisions: another decision takes the unsent request back":            decidedOtherwise,
	"decisions: another decision waits for what has left":                  decidedTooLate,
	"decisions: a night that sees both sides agree takes the request back": nightTakesBack,
	"decisions: a night writes over no decision":                           nightWritesOverNothing,
}

// owedBreak commits a night that saw a cancel which Toss has not executed.
func owedBreak(t *testing.T, db *store.DB) reconcile.Break {
	t.Helper()
	b, change := reconcile.Remember(nil, owed(1000), day)
	if err := commit(t, db, jobs.Written{Breaks: []jobs.BreakChange{{Break: b, Change: change, Found: owed(1000)}}}, drawn); err != nil {
		t.Fatal(err)
	}
	return b
}

func owed(amount int64) *reconcile.Finding {
	local := int64(0)
	return &reconcile.Finding{MID: mid, OrderID: "0001", PaymentKey: "p1", Kind: reconcile.CancelNotExecuted, Currency: pay.KRW, LocalAmount: &local,
		ProviderAmount: &amount, LocalStatus: "canceled", ProviderStatus: "DONE", Owed: amount}
}

func paid() pay.Payment {
	return pay.Payment{MID: mid, PaymentKey: "p1", OrderID: "0001", Status: pay.Done, Method: pay.Card, TotalAmount: 1000, BalanceAmount: 1000,
		Currency: pay.KRW, ApprovedAt: day.Start(), PartialCancelable: true}
}

// decision is refund_now of kim about a break, with the request that it makes.
func decision(b reconcile.Break, change ...func(*app.RefundDecision)) app.RefundDecision {
	ref := "break:" + b.ID + ":1"
	note := "called"
	d := app.RefundDecision{By: "kim", Now: now.Add(time.Hour), Payment: paid(),
		Request: refunds.Request{ID: refunds.RequestID(mid, ref), MID: mid, OrderID: "0001", PaymentKey: "p1", Method: pay.Card, Amount: 1000, Currency: pay.KRW,
			Reason: "test", Ref: ref, BreakID: b.ID, State: refunds.StateRequested, RequestedBy: "kim", RequestedAt: now.Add(time.Hour)}}
	d.Word = reconcile.Decision{ID: b.ID, As: reconcile.RefundNow, Note: &note, Seen: b, RefundID: d.Request.ID}
	for _, each := range change {
		each(&d)
	}
	return d
}

func decide(t *testing.T, db *store.DB, d app.RefundDecision) app.Decided {
	t.Helper()
	done, err := db.DecideRefund(t.Context(), d, true)
	if err != nil || !done.Changed {
		t.Fatalf("%+v %v", done, err)
	}
	return done
}

// stands checks a break and the request that belongs to it.
func stands(t *testing.T, db *store.DB, id string, status reconcile.Status, waitsFor string) reconcile.Break {
	t.Helper()
	b, err := db.Break(t.Context(), id)
	if err != nil || b.Status != status || b.RefundID != waitsFor {
		t.Fatalf("the break is %s and waits for %q, want %s and %q (%v)", b.Status, b.RefundID, status, waitsFor, err)
	}
	return b
}

func countRefunds(t *testing.T, db *store.DB) int {
	t.Helper()
	requests, err := db.Refunds(t.Context(), store.RefundFilter{})
	if err != nil {
		t.Fatal(err)
	}
	return len(requests)
}

func decidedOnce(t *testing.T, db *store.DB) {
	b := owedBreak(t, db)
	done := decide(t, db, decision(b))
	after := stands(t, db, b.ID, reconcile.Refunding, done.Request.ID)
	if after.Resolution != reconcile.RefundNow || after.ResolvedBy != "kim" || after.Note != "called" {
		t.Errorf("%+v", after)
	}
	if r := stored(t, db, done.Request.ID); r.State != refunds.StateRequested || r.RequestedBy != "kim" || r.BreakID != b.ID || r.Amount != 1000 {
		t.Errorf("%+v", r)
	}
	var refusal *reconcile.RefundingError
	again := decision(after)
	again.Word.Note = nil
	if done, err := db.DecideRefund(t.Context(), again, true); err != nil || done.Changed {
		t.Errorf("the same again: %+v %v", done, err)
	}
	again.Request.PaymentKey, again.Request.ID = "p2", "planned and never stored"
	if _, err := db.DecideRefund(t.Context(), again, true); !errors.As(err, &refusal) || refusal.RefundID != done.Request.ID {
		t.Errorf("the same word about another payment: %v", err)
	}
	again.Request.PaymentKey = "p1"
	if borne, err := db.DecideRefund(t.Context(), again, true); err != nil || borne.Request.ID != done.Request.ID {
		t.Errorf("the word that the break bears gives %+v, %v; what is stored is %s", borne.Request, err, done.Request.ID)
	}
	other := "another reason"
	again.Word.Note = &other
	if _, err := db.DecideRefund(t.Context(), again, true); !errors.As(err, &refusal) || countRefunds(t, db) != 1 {
		t.Errorf("a second decision: %v", err)
	}
	listed, err := db.Breaks(t.Context(), store.BreakFilter{Status: string(reconcile.Open)})
	if err != nil || len(listed) != 1 {
		t.Errorf("the list of what is open has %d breaks (%v)", len(listed), err)
	}
	if n, err := db.NeedPerson(t.Context(), mid); err != nil || n != 0 {
		t.Errorf("%d breaks need a person (%v)", n, err)
	}
	open, refunding, err := db.CountOpenKinds(t.Context(), mid)
	if err != nil || open[b.Kind] != 0 || refunding[b.Kind] != 1 {
		t.Errorf("open %v, refunding %v, %v", open, refunding, err)
	}
	entries, err := db.History(t.Context(), "break:"+b.ID)
	if err != nil || len(entries) != 2 || entries[1].Action != "break.refunding" || entries[1].Actor != "kim" {
		t.Errorf("%+v %v", entries, err)
	}
}

func neverAlone(t *testing.T, db *store.DB) {
	b := owedBreak(t, db)
	if _, err := db.ResolveBreak(t.Context(), b.ID, reconcile.RefundNow, "kim", "why", now); !errors.Is(err, reconcile.ErrNeedsRequest) {
		t.Errorf("%v", err)
	}
	if _, err := db.TakeWord(t.Context(), reconcile.Decision{ID: b.ID, As: reconcile.RefundNow, Seen: b}, "kim", "file", true, now); !errors.Is(err, reconcile.ErrNeedsRequest) {
		t.Errorf("%v", err)
	}
	stands(t, db, b.ID, reconcile.Open, "")
}

// refuse lets the database refuse every write of a table, until it is undone. A
// role that may change no table cannot: then the payment claims a cancel that is
// not there, which is found out when the request has been written.
func refuse(t *testing.T, db *store.DB, d *app.RefundDecision, table, verb string) (undo func()) {
	t.Helper()
	if err := db.ExecForTest(t.Context(), "CREATE TABLE mine (n bigint)"); err != nil {
		d.Found = &refunds.Step{To: refunds.StateSucceeded, Claim: &pay.Cancel{TransactionKey: "nowhere"}}
		return func() {}
	}
	if err := db.ExecForTest(t.Context(), "DROP TABLE mine"); err != nil {
		t.Fatal(err)
	}
	up, down := []string{"CREATE TRIGGER no BEFORE " + verb + " ON " + table + " BEGIN SELECT RAISE(ABORT, 'no'); END"}, "DROP TRIGGER no"
	if db.Dialect() == sqlfiles.Postgres {
		up = []string{"CREATE OR REPLACE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$",
			"CREATE TRIGGER no BEFORE " + verb + " ON " + table + " FOR EACH ROW EXECUTE FUNCTION no()"}
		down += " ON " + table
	}
	for _, statement := range up {
		if err := db.ExecForTest(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		if err := db.ExecForTest(t.Context(), down); err != nil {
			t.Fatal(err)
		}
	}
}

func decidedWhole(t *testing.T, db *store.DB) {
	b := owedBreak(t, db)
	_, head, _ := db.JournalHead(t.Context())
	for what, fail := range map[string]func(*app.RefundDecision) func(){
		"the break cannot be written":   func(d *app.RefundDecision) func() { return refuse(t, db, d, "breaks", "UPDATE") },
		"the request cannot be written": func(d *app.RefundDecision) func() { return refuse(t, db, d, "refunds", "INSERT") },
		"the journal cannot be written": func(d *app.RefundDecision) func() { return refuse(t, db, d, "journal", "INSERT") },
		"the payment lacks a cancel that is claimed": func(d *app.RefundDecision) func() {
			d.Found = &refunds.Step{To: refunds.StateSucceeded, Claim: &pay.Cancel{TransactionKey: "nowhere"}}
			return func() {}
		},
		"the payment has no room": func(d *app.RefundDecision) func() {
			d.Request.Amount = 1001
			return func() {}
		},
		"the break has moved": func(d *app.RefundDecision) func() {
			more := int64(2000)
			d.Word.Seen.ProviderAmount = &more
			return func() {}
		},
	} {
		d := decision(b)
		undo := fail(&d)
		_, err := db.DecideRefund(t.Context(), d, true)
		undo()
		if err == nil {
			t.Errorf("%s: it was decided", what)
		}
		stands(t, db, b.ID, reconcile.Open, "")
		if _, still, _ := db.JournalHead(t.Context()); countRefunds(t, db) != 0 || still != head {
			t.Errorf("%s: %d requests were left behind, the journal moved: %v", what, countRefunds(t, db), still != head)
		}
	}
	decide(t, db, decision(b))
}

func decidedShown(t *testing.T, db *store.DB) {
	b := owedBreak(t, db)
	done, err := db.DecideRefund(t.Context(), decision(b), false)
	if err != nil || !done.Changed || done.Break.Status != reconcile.Refunding {
		t.Fatalf("%+v %v", done, err)
	}
	if stands(t, db, b.ID, reconcile.Open, ""); countRefunds(t, db) != 0 {
		t.Error("a request was kept")
	}
}

func decidedAtOnce(t *testing.T, db *store.DB) {
	b := owedBreak(t, db)
	var group sync.WaitGroup
	var mu sync.Mutex
	taken := 0
	for _, by := range []string{"kim", "lee", "park", "choi"} {
		group.Go(func() {
			done, err := db.DecideRefund(context.WithoutCancel(t.Context()), decision(b, func(d *app.RefundDecision) {
				d.By, d.Request.RequestedBy = by, by
				d.Word.Note = &by
			}), true)
			mu.Lock()
			defer mu.Unlock()
			if err == nil && done.Changed {
				taken++
			}
		})
	}
	group.Wait()
	if taken != 1 || countRefunds(t, db) != 1 {
		t.Errorf("%d decisions were taken, %d requests made", taken, countRefunds(t, db))
	}
}

// decidedOver: the night proposed the refund before a person decided on it.
func decidedOver(t *testing.T, db *store.DB) {
	b := owedBreak(t, db)
	proposed := proposal(1000, "auto:"+b.ID+":1")
	proposed.BreakID, proposed.RequestedBy = b.ID, refunds.NightActor
	if _, err := db.AddRefunds(t.Context(), nil, []refunds.Adding{{Request: proposed, Payment: paid()}}, "night", now); err != nil {
		t.Fatal(err)
	}
	over := decision(b, func(d *app.RefundDecision) { d.Request, d.Adopted, d.Word.RefundID = proposed, true, proposed.ID })
	decide(t, db, over)
	if stands(t, db, b.ID, reconcile.Refunding, proposed.ID); countRefunds(t, db) != 1 {
		t.Error("a second request was made")
	}
	if _, err := db.Reject(t.Context(), refunds.Approval{IDs: []string{proposed.ID}, By: "lee", Note: "no", Now: now.Add(2 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	open := stands(t, db, b.ID, reconcile.Open, "")
	var stale *reconcile.StaleError
	over.Word.Seen = open
	if _, err := db.DecideRefund(t.Context(), over, true); !errors.As(err, &stale) {
		t.Errorf("a request that has ended was taken over: %v", err)
	}
}

func decidedByFile(t *testing.T, db *store.DB) {
	b := owedBreak(t, db)
	byFile := func(d *app.RefundDecision) { d.Workbook.SHA256 = "a-file-hash" }
	done := decide(t, db, decision(b, byFile))
	if again, err := db.DecideRefund(t.Context(), decision(b, byFile), true); err != nil || again.Changed {
		t.Errorf("the same file again: %+v %v", again, err)
	}
	if _, err := db.Reject(t.Context(), refunds.Approval{IDs: []string{done.Request.ID}, By: "lee", Note: "no", Now: now.Add(2 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	second := func(d *app.RefundDecision) {
		d.Request.Ref = "break:" + b.ID + ":2"
		d.Request.ID = refunds.RequestID(mid, d.Request.Ref)
		d.Word.RefundID, d.Now = d.Request.ID, now.Add(3*time.Hour)
	}
	var before *reconcile.DecidedBeforeError
	if _, err := db.DecideRefund(t.Context(), decision(b, byFile, second), true); !errors.As(err, &before) || countRefunds(t, db) != 1 {
		t.Errorf("the same file after its request was rejected: %v", err)
	}
	stands(t, db, b.ID, reconcile.Open, "")
	decide(t, db, decision(b, second)) // by a person, anew
}

// everyEnd: each writer of a state that a request ends in tells the break.
func everyEnd(t *testing.T, db *store.DB) {
	word := func(id string) refunds.Approval {
		return refunds.Approval{IDs: []string{id}, By: "lee", Note: "x", Now: now.Add(2 * time.Hour)}
	}
	settle := func(from refunds.State, to ...refunds.State) func(string) error {
		return func(id string) error {
			if err := db.ExecForTest(t.Context(), "UPDATE refunds SET approval = 'x', state = '"+string(from)+"' WHERE id = '"+id+"'"); err != nil {
				return err
			}
			for _, state := range to {
				if err := db.Settle(t.Context(), refunds.Settled{Request: stored(t, db, id), Step: refunds.Step{To: state}, Actor: "daesa refunds", RunID: "run", Now: now.Add(2 * time.Hour)}); err != nil {
					return err
				}
			}
			return nil
		}
	}
	resolve := func(to refunds.State) func(string) error {
		return func(id string) error {
			if err := settle(refunds.StateUnknown, refunds.StateHeld)(id); err != nil {
				return err
			}
			c, err := db.ClaimedFor(t.Context(), id)
			if err != nil {
				return err
			}
			seen := paid()
			return db.ResolveRefund(t.Context(), c, refunds.Step{To: to}, &seen, nil, "lee", "looked", now.Add(2*time.Hour))
		}
	}
	for _, way := range []struct {
		name string
		run  func(id string) error
		want reconcile.Status
	}{
		{"approved", func(id string) error { return second(db.Approve(t.Context(), word(id))) }, reconcile.Refunding},
		{"accepted", settle(refunds.StateSending, refunds.StateAccepted), reconcile.Refunding},
		{"held", settle(refunds.StateUnknown, refunds.StateHeld), reconcile.Refunding},
		{"a person sends a held one back for another word", resolve(refunds.StateRequested), reconcile.Refunding},
		{"succeeded", settle(refunds.StateSending, refunds.StateSucceeded), reconcile.Resolved},
		{"accepted, then paid out", settle(refunds.StateSending, refunds.StateAccepted, refunds.StateSucceeded), reconcile.Resolved},
		{"a person says that it was executed", resolve(refunds.StateSucceeded), reconcile.Resolved},
		{"rejected by a person", func(id string) error { return second(db.Reject(t.Context(), word(id))) }, reconcile.Open},
		{"withdrawn", func(id string) error { return second(db.Withdraw(t.Context(), word(id))) }, reconcile.Open},
		{"refused by Toss", settle(refunds.StateSending, refunds.StateRefused), reconcile.Open},
		{"expired at Toss", settle(refunds.StateUnknown, refunds.StateExpired), reconcile.Open},
		{"no longer owed", settle(refunds.StateApproved, refunds.StateRejected), reconcile.Open},
		{"a person says that the money did not arrive", resolve(refunds.StateRefused), reconcile.Open},
		{"a person says that nothing is left", resolve(refunds.StateRejected), reconcile.Open},
		{"expired by the night", func(id string) error {
			if err := db.ExecForTest(t.Context(), "UPDATE refunds SET cancel_by = '2026-11-01T00:00:00.000000Z' WHERE id = '"+id+"'"); err != nil {
				return err
			}
			return second(db.ExpireRefunds(t.Context(), refunds.Expiry{Whose: func(string) bool { return true }, Actor: "night", Now: now}))
		}, reconcile.Open},
	} {
		t.Run(way.name, func(t *testing.T) {
			b := owedBreak(t, db)
			done := decide(t, db, decision(b, func(d *app.RefundDecision) {
				d.Request.Ref = "break:" + b.ID + ":" + way.name
				d.Request.ID = refunds.RequestID(mid, d.Request.Ref)
				d.Word.RefundID = d.Request.ID
			}))
			if err := way.run(done.Request.ID); err != nil {
				t.Fatal(err)
			}
			after, err := db.Break(t.Context(), b.ID)
			if err != nil || after.Status != way.want {
				t.Errorf("the request is %s and the break %s, want %s (%v)", stored(t, db, done.Request.ID).State, after.Status, way.want, err)
			}
			if state := stored(t, db, done.Request.ID).State; state.Stand().Over() == (after.Status == reconcile.Refunding) {
				t.Errorf("the request is %s and the break %s", state, after.Status)
			}
			clear := []string{"UPDATE breaks SET status = 'open', refunding = 0, refund_id = '', resolution = '', resolved_by = '', resolved_at = NULL, note = ''",
				"UPDATE refunds SET state = 'rejected'"} // for the next way
			for _, statement := range clear {
				if err := db.ExecForTest(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	found, err := db.VerifyJournal(t.Context(), "")
	if err != nil || len(found.Broken) > 0 {
		t.Errorf("%+v %v", found, err)
	}
}

func foundAtToss(t *testing.T, db *store.DB) {
	b := owedBreak(t, db)
	d := decision(b, func(d *app.RefundDecision) {
		cancel := pay.Cancel{TransactionKey: "tx1", Amount: 1000, Status: pay.CancelDone, CanceledAt: now, Reason: pay.WithMarker("test", d.Request.ID)}
		d.Payment.Cancels, d.Payment.BalanceAmount, d.Payment.Status = []pay.Cancel{cancel}, 0, pay.Canceled
		d.Found = &refunds.Step{To: refunds.StateSucceeded, Claim: &cancel}
	})
	decide(t, db, d)
	after, err := db.Break(t.Context(), b.ID)
	if err != nil || after.Status != reconcile.Resolved || after.Resolution != reconcile.RefundNow {
		t.Errorf("%+v %v", after, err)
	}
}

func decidedOtherwise(t *testing.T, db *store.DB) {
	for _, as := range []reconcile.Disposition{reconcile.Waiting, reconcile.AcceptedDifference} {
		b := owedBreak(t, db)
		done := decide(t, db, decision(b, func(d *app.RefundDecision) {
			d.Request.Ref += string(as)
			d.Request.ID = refunds.RequestID(mid, d.Request.Ref)
			d.Word.RefundID = d.Request.ID
		}))
		if _, err := db.ResolveBreak(t.Context(), b.ID, as, "lee", "no", now.Add(2*time.Hour)); err != nil {
			t.Fatal(err)
		}
		after := stands(t, db, b.ID, reconcile.Resolved, "")
		if state := stored(t, db, done.Request.ID).State; state != refunds.StateRejected || after.Resolution != as {
			t.Errorf("%s: the request is %s, the break resolved as %s", as, state, after.Resolution)
		}
		if err := db.ExecForTest(t.Context(), "UPDATE breaks SET status = 'open', note = ''"); err != nil {
			t.Fatal(err)
		}
	}
}

func decidedTooLate(t *testing.T, db *store.DB) {
	b := owedBreak(t, db)
	done := decide(t, db, decision(b))
	if _, err := db.Approve(t.Context(), refunds.Approval{IDs: []string{done.Request.ID}, By: "lee", Now: now.Add(2 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	c := claimed(t, db, choice("a", now.Add(2*time.Hour)))
	if err := db.Begin(t.Context(), begun(c, now.Add(2*time.Hour))); err != nil {
		t.Fatal(err)
	}
	for _, as := range []reconcile.Disposition{reconcile.Waiting, reconcile.AcceptedDifference, reconcile.RefundedByTransfer} {
		if _, err := db.ResolveBreak(t.Context(), b.ID, as, "lee", "no", now.Add(3*time.Hour)); !errors.Is(err, refunds.ErrOnItsWay) {
			t.Errorf("%s: %v", as, err)
		}
	}
	stands(t, db, b.ID, reconcile.Refunding, done.Request.ID)
}

// again commits a night that read the break as it stands, and saw what it saw.
func again(t *testing.T, db *store.DB, saw *reconcile.Finding, meanwhile func()) {
	t.Helper()
	lease, err := db.BeginRun(t.Context(), jobs.JobNightly, mid, day.Add(1), "a/1", now, time.Minute, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	c := compare(t, db, reconcile.Scope{MID: mid, Day: day.Add(1)})
	if err := c.SaveLookUps(t.Context(), []pay.Payment{paid()}, []string{"0001"}); err != nil {
		t.Fatal(err)
	}
	known, err := c.Breaks(t.Context())
	if err != nil || len(known) != 1 {
		t.Fatalf("%+v %v", known, err)
	}
	after, change := reconcile.Remember(&known[0], saw, day.Add(1))
	written := jobs.Written{Lease: lease, Now: now.Add(24 * time.Hour), Actor: "night"}
	if change != reconcile.ChangeNone {
		written.Breaks = []jobs.BreakChange{{Break: after, Change: change, Before: &known[0], Found: saw}}
	}
	if saw != nil && after.Status.NeedsPerson() {
		proposed := proposal(400, "auto:"+after.ID+":1")
		proposed.BreakID = after.ID
		written.Proposed = []refunds.Request{proposed}
	}
	if meanwhile != nil {
		meanwhile()
	}
	if err := c.Commit(t.Context(), written, drawn); err != nil {
		t.Fatal(err)
	}
}

func nightTakesBack(t *testing.T, db *store.DB) {
	b := owedBreak(t, db)
	done := decide(t, db, decision(b))
	again(t, db, owed(1000), nil)
	stands(t, db, b.ID, reconcile.Refunding, done.Request.ID)
	again(t, db, nil, nil)
	stands(t, db, b.ID, reconcile.Cleared, "")
	if r := stored(t, db, done.Request.ID); r.State != refunds.StateRejected || r.ErrorCode != refunds.WhyNotOwed {
		t.Errorf("the request is %s because %q", r.State, r.ErrorCode)
	}
	if err := db.ExecForTest(t.Context(), "UPDATE breaks SET status = 'resolved', refunding = 1, refund_id = '"+done.Request.ID+"'"); err != nil {
		t.Fatal(err)
	}
	if err := db.ExecForTest(t.Context(), "UPDATE refunds SET state = 'accepted'"); err != nil {
		t.Fatal(err)
	}
	again(t, db, nil, nil)
	stands(t, db, b.ID, reconcile.Refunding, done.Request.ID)
	// It left between the night's last look at the break and the taking back.
	lease, err := begin(t, db, "a/1", now, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	before := stands(t, db, b.ID, reconcile.Refunding, done.Request.ID)
	before.RefundStand = reconcile.StandUnsent
	after, change := reconcile.Remember(&before, nil, day)
	c := compare(t, db, reconcile.Scope{MID: mid, Day: day})
	if err := c.Commit(t.Context(), jobs.Written{Lease: lease, Now: now, Actor: "night", Breaks: []jobs.BreakChange{{Break: after, Change: change, Before: &before}}}, drawn); err != nil {
		t.Fatal(err)
	}
	stands(t, db, b.ID, reconcile.Refunding, done.Request.ID)
	if state := stored(t, db, done.Request.ID).State; state != refunds.StateAccepted {
		t.Errorf("a request that has left was taken back: it is %s", state)
	}
}

// nightWritesOverNothing: people decide while a night runs.
func nightWritesOverNothing(t *testing.T, db *store.DB) {
	b := owedBreak(t, db)
	again(t, db, owed(1000), func() {
		if _, err := db.ResolveBreak(t.Context(), b.ID, reconcile.AcceptedDifference, "lee", "agreed", now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	})
	if after := stands(t, db, b.ID, reconcile.Resolved, ""); after.ResolvedBy != "lee" || after.Note != "agreed" || countRefunds(t, db) != 0 {
		t.Errorf("%+v, and %d requests", after, countRefunds(t, db))
	}
	if err := db.ExecForTest(t.Context(), "UPDATE breaks SET status = 'open', note = ''"); err != nil {
		t.Fatal(err)
	}
	open := stands(t, db, b.ID, reconcile.Open, "")
	again(t, db, owed(1000), func() { decide(t, db, decision(open)) })
	if stands(t, db, b.ID, reconcile.Refunding, decision(b).Request.ID); countRefunds(t, db) != 1 {
		t.Errorf("the night proposed a second request: %d", countRefunds(t, db))
	}
	again(t, db, nil, func() { // it was read as unsent, and has left since
		if err := db.ExecForTest(t.Context(), "UPDATE refunds SET state = 'held'"); err != nil {
			t.Fatal(err)
		}
	})
	stands(t, db, b.ID, reconcile.Refunding, decision(b).Request.ID)
	owner := "park"
	again(t, db, owed(900), func() {
		seen := stands(t, db, b.ID, reconcile.Refunding, decision(b).Request.ID)
		if _, err := db.TakeWord(t.Context(), reconcile.Decision{ID: b.ID, Owner: &owner, Seen: seen}, "lee", "file", true, now.Add(2*time.Hour)); err != nil {
			t.Fatal(err)
		}
	})
	if after, err := db.Break(t.Context(), b.ID); err != nil || after.Owner != owner || *after.ProviderAmount != 900 || after.Nights != 2 {
		t.Errorf("%+v %v", after, err)
	}
}

// fullDecision: the break, its request, and what the look-up showed.
func fullDecision(t *testing.T, db *store.DB) func(*store.DB) error {
	d := decision(owedBreak(t, db), func(d *app.RefundDecision) {
		d.Evidence = []pay.Evidence{{API: "payment", About: "p1", Body: noise(), FetchedAt: now}}
	})
	return func(small *store.DB) error {
		done, err := small.DecideRefund(t.Context(), d, true)
		if err == nil && !done.Changed {
			return errors.New("nothing was decided")
		}
		return err
	}
}
