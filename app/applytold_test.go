package app

import (
	"testing"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports/book"
)

// TestADecisionSaysWhichRequestsItTakesBack: another word on a break that is being
// refunded rejects its unsent request, and says so; one that was sent stays.
func TestADecisionSaysWhichRequestsItTakesBack(t *testing.T) {
	t.Parallel()
	d := owing()
	d.breaks["b1"] = d.breaks["b1"].Refund("r1", "kim", "", decidedAt)
	d.breaks["b2"] = reconcile.Break{ID: "b2", Status: reconcile.Open}
	d.requests = []refunds.Request{
		{ID: "r1", BreakID: "b1", State: refunds.StateRequested, Amount: 5_000, Currency: pay.KRW},
		{ID: "r0", BreakID: "b1", State: refunds.StateSucceeded, Amount: 5_000, Currency: pay.KRW},
		{ID: "r2", BreakID: "b2", State: refunds.StateRequested, Amount: 7_000, Currency: pay.KRW},
	}
	owner := "lee"
	noted := book.RowDecision{Word: reconcile.Decision{ID: "b1", Owner: &owner, Seen: d.breaks["b1"]}}
	applied, err := d.decider().Apply(t.Context(), Workbook{}, []book.RowDecision{row(d, "b1", reconcile.Waiting), row(d, "b2", reconcile.Waiting), noted}, false)
	if err != nil || len(applied.Taken) != 3 {
		t.Fatalf("%+v, %v", applied, err)
	}
	if back := applied.Taken[0].TakenBack; len(back) != 1 || back[0].ID != "r1" {
		t.Errorf("waiting takes back %+v", back)
	}
	for i, why := range map[int]string{1: "a break that is open and waits", 2: "a note"} {
		if back := applied.Taken[i].TakenBack; len(back) != 0 {
			t.Errorf("%s takes back %+v", why, back)
		}
	}
}

// TestAnApprovalLineSaysWhatItLeavesOut: a request without a refund account is in
// no approve line, and is counted apart.
func TestAnApprovalLineSaysWhatItLeavesOut(t *testing.T) {
	t.Parallel()
	requests := []refunds.Request{
		{ID: "a", Batch: "b", State: refunds.StateRequested, Amount: 15_900, Currency: pay.KRW},
		{ID: "c", Batch: "b", State: refunds.StateNeedsAccount, Amount: 60_000, Currency: pay.KRW},
		{ID: "d", Batch: "b", State: refunds.StateNeedsAccount, Amount: 63_900, Currency: pay.KRW},
	}
	approvals := ApprovalsOf(requests, "b")
	if len(approvals) != 1 || approvals[0].Count != 1 || approvals[0].Amount != 15_900 || NoAccount(requests) != 2 {
		t.Errorf("%+v, %d wait for an account", approvals, NoAccount(requests))
	}
}
