package storetest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/store"
)

// Roles are one database as each role of deploy/postgres/roles.sql opens it.
type Roles struct{ Executor, Approver, Reporter *store.DB }

// RunRoles shows that the approver and the reporter can do their work on what
// the executor has left, and no more.
func RunRoles(t *testing.T, open func(t *testing.T) Roles) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Roles){
		"a refund's whole way, approved by the approver and sent by the executor": wayOfARefund,
		"the approver's words on breaks":                                          wordsOfAnApprover,
		"the approver's words on transfers by hand":                               transfersOfAnApprover,
		"the approver pauses and resumes":                                         approverPauses,
		"the approver sends nothing":                                              approverSendsNothing,
		"the reporter reads":                                                      reporterReads,
		"the reporter reads the passbook, and nothing that is sealed":             reporterReadsThePassbook,
		"the reporter draws a night's agreeing pairs":                             reporterDraws,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// wanted is a request that waits for a word.
func wanted(t *testing.T, db *store.DB, ref string) refunds.Request {
	t.Helper()
	if err := commit(t, db, jobs.Written{Proposed: []refunds.Request{proposal(600, ref)}}, drawn); err != nil {
		t.Fatal(err)
	}
	return stored(t, db, refunds.RequestID(mid, ref))
}

func wayOfARefund(t *testing.T, r Roles) {
	request := wanted(t, r.Executor, "r")
	if _, err := r.Approver.Approve(t.Context(), refunds.Approval{IDs: []string{request.ID}, By: "lee", Now: now}); err != nil {
		t.Fatal(err)
	}
	c := claimed(t, r.Executor, choice("worker", now))
	if c == nil || c.Request.ID != request.ID {
		t.Fatalf("claimed %+v", c)
	}
	if err := r.Executor.Begin(t.Context(), begun(c, now)); err != nil {
		t.Fatal(err)
	}
	if got := stored(t, r.Reporter, request.ID); got.State != refunds.StateSending || got.ApprovedBy != "lee" {
		t.Errorf("%+v", got)
	}
	attempts, err := r.Reporter.ShownAttempts(t.Context(), request.ID)
	if err != nil || len(attempts) != 1 || attempts[0].Key != refunds.AttemptKey(request.ID, 1) || len(attempts[0].BodySHA256) != 64 || attempts[0].Body != nil {
		t.Errorf("%+v %v", attempts, err)
	}
	verified, err := r.Reporter.VerifyJournal(t.Context(), "")
	if err != nil || len(verified.Broken) > 0 {
		t.Errorf("%+v %v", verified, err)
	}
}

func wordsOfAnApprover(t *testing.T, r Roles) {
	b := seenBreak(t, r.Executor)
	if changed, err := r.Approver.TakeWord(t.Context(), wordOn(b), "lee", "hash", true, now.Add(time.Hour)); err != nil || !changed {
		t.Fatal(changed, err)
	}
	if _, err := r.Approver.ResolveBreak(t.Context(), b.ID, reconcile.AcceptedDifference, "lee", "agreed", now.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Reporter.Break(t.Context(), b.ID); err != nil || got.Status != reconcile.Resolved {
		t.Errorf("%+v %v", got, err)
	}
	// A decision to refund asks for money: it is the executor's, and its request
	// the approver's to judge.
	owed := owedBreak(t, r.Executor)
	var hinter interface{ Hint() string }
	if _, err := r.Approver.DecideRefund(t.Context(), decision(owed), true); err == nil || !errors.As(err, &hinter) || !strings.Contains(hinter.Hint(), "docs/postgres.md") {
		t.Errorf("the approver asks for a refund: %v", err)
	}
	done := decide(t, r.Executor, decision(owed))
	stands(t, r.Reporter, owed.ID, reconcile.Refunding, done.Request.ID)
	if _, err := r.Approver.Reject(t.Context(), refunds.Approval{IDs: []string{done.Request.ID}, By: "lee", Note: "no", Now: now.Add(3 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	stands(t, r.Reporter, owed.ID, reconcile.Open, "")
}

func transfersOfAnApprover(t *testing.T, r Roles) {
	past := func(q *refunds.Request, _ *pay.Payment) { q.State, q.FinishedAt = refunds.StateExpired, now }
	expired := asked(t, r.Executor, "r", 7000, now.Add(-time.Hour), past)
	for _, to := range []refunds.ManualState{refunds.ManualApproved, refunds.ManualDone} {
		if _, err := r.Approver.MoveManualTransfer(t.Context(), refunds.ManualWord{ID: expired.ID, To: to, By: "lee", Reference: "bank-1", Now: now}); err != nil {
			t.Fatal(err)
		}
	}
}

func approverPauses(t *testing.T, r Roles) {
	if _, err := r.Approver.Pause(t.Context(), "lee", "look at it first", now); err != nil {
		t.Fatal(err)
	}
	if brake, err := r.Reporter.Brake(t.Context()); err != nil || brake.By != "lee" {
		t.Errorf("%+v %v", brake, err)
	}
	if _, err := r.Approver.Resume(t.Context(), "lee", "", now); err != nil {
		t.Fatal(err)
	}
}

// approverSendsNothing: a claim, an intent, a send, an answer, and the bytes.
func approverSendsNothing(t *testing.T, r Roles) {
	request := asked(t, r.Executor, "r", 1000, time.Time{})
	var hinter interface{ Hint() string }
	refused := func(what string, err error) {
		t.Helper()
		if err == nil || !errors.As(err, &hinter) || !strings.Contains(hinter.Hint(), "docs/postgres.md") {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := r.Approver.Attempts(t.Context(), request.ID)
	refused("read the bytes of an attempt", err)
	_, err = r.Approver.Account(t.Context(), mid, request.PaymentKey)
	refused("read a sealed account", err)
	c := claimed(t, r.Executor, choice("worker", now))
	refused("begin a send", r.Approver.Begin(t.Context(), begun(c, now)))
	if err := r.Executor.Begin(t.Context(), begun(c, now)); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{"UPDATE refund_attempts SET answered_at = now()", "UPDATE refunds SET amount = 1", "UPDATE refunds SET payment_key = 'x'",
		"UPDATE refunds SET attempts = 7", "UPDATE refunds SET requested_by = 'x'", "INSERT INTO limit_ledger DEFAULT VALUES", "INSERT INTO refunds DEFAULT VALUES"} {
		if err := r.Approver.ExecForTest(t.Context(), statement); err == nil {
			t.Error(statement)
		}
	}
}

func reporterReads(t *testing.T, r Roles) {
	b := seenBreak(t, r.Executor)
	asked(t, r.Executor, "r", 1000, time.Time{})
	breaks, err := r.Reporter.Breaks(t.Context(), store.BreakFilter{})
	if err != nil || len(breaks) != 1 || breaks[0].ID != b.ID {
		t.Errorf("breaks %+v, %v", breaks, err)
	}
	requests, err := r.Reporter.Refunds(t.Context(), store.RefundFilter{MID: mid})
	if err != nil || len(requests) != 1 {
		t.Errorf("refunds %+v, %v", requests, err)
	}
	if _, err := r.Reporter.ShownAccount(t.Context(), mid, "pay-r"); err != nil {
		t.Error(err)
	}
	if _, err := r.Reporter.Accounts(t.Context(), mid, ""); err != nil {
		t.Error(err)
	}
	if _, err := r.Reporter.Runs(t.Context(), mid); err != nil {
		t.Error(err)
	}
	var snapshot string
	if known, err := r.Reporter.Snapshot(t.Context(), "nightly", mid, day, heard(&snapshot)); err != nil || !known || snapshot == "" {
		t.Errorf("snapshot %q, %v", snapshot, err)
	}
	for name, err := range map[string]error{
		"approve": second(r.Reporter.Approve(t.Context(), refunds.Approval{IDs: []string{requests[0].ID}, By: "lee", Now: now})),
		"pause":   second(r.Reporter.Pause(t.Context(), "lee", "x", now)),
		"word":    second(r.Reporter.TakeWord(t.Context(), wordOn(b), "lee", "hash", true, now)),
		"orders":  second(r.Reporter.SaveOrders(t.Context(), sequence(order("0009", 1)), everyColumn, "x", "x", now)),
		"night":   second(begin(t, r.Reporter, "x/1", now, alive)),
	} {
		if err == nil {
			t.Errorf("the reporter may %s", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func reporterDraws(t *testing.T, r Roles) {
	s := newShop(t, r.Executor)
	run := s.night(t, day, false)
	if _, rows := agreement(t, r.Reporter, run); len(rows) == 0 {
		t.Error("nothing agrees")
	}
}
