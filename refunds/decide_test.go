package refunds

import (
	"testing"

	"daesa/pay"
	"daesa/reconcile"
)

func TestEveryStateSaysWhatItMeansForABreak(t *testing.T) {
	t.Parallel()
	want := map[State]reconcile.Stand{
		StateRequested: reconcile.StandUnsent, StateApproved: reconcile.StandUnsent, StateNeedsAccount: reconcile.StandUnsent, StateRetry: reconcile.StandUnsent,
		StateSending: reconcile.StandOnItsWay, StateUnknown: reconcile.StandOnItsWay, StateHeld: reconcile.StandOnItsWay, StateAccepted: reconcile.StandOnItsWay,
		StateSucceeded: reconcile.StandBack, StateRefused: reconcile.StandEnded, StateExpired: reconcile.StandEnded, StateRejected: reconcile.StandEnded,
	}
	for _, state := range States {
		if state.Stand() != want[state] {
			t.Errorf("%s is %q, want %q", state, state.Stand(), want[state])
		}
		leaves := false
		for _, to := range States {
			leaves = leaves || to != state && MayMove(state, to)
		}
		if state.Stand().Over() == leaves {
			t.Errorf("%s: over %v, although a way leaves it: %v", state, state.Stand().Over(), leaves)
		}
	}
	if State("").Stand() != "" {
		t.Error("a request that is not there stands somewhere")
	}
}

// decidedCase is a request on a break of some kind, over 3,000 of 10,000.
type decidedCase struct {
	name    string
	kind    reconcile.Kind
	order   *pay.Order
	payment []func(*pay.Payment)
	given   int64
	sent    bool
}

// why is the reason for which it is not sent.
func (c decidedCase) why() string {
	if c.kind == reconcile.DuplicatePayment {
		return WhyNotTooMuch
	}
	return WhyNotOwed
}

// TestADecidedRequestIsSentOnlyWhileBothSidesOweIt: the look-up before the first
// send reckons what is owed as the break's kind says.
func TestADecidedRequestIsSentOnlyWhileBothSidesOweIt(t *testing.T) {
	t.Parallel()
	canceled := &pay.Order{PG: pay.PGToss, Status: pay.OrderCanceled, Amount: 10_000, CanceledAmount: 10_000}
	paidFor := &pay.Order{PG: pay.PGToss, Status: pay.OrderPaid, Amount: 10_000}
	elsewhere := &pay.Order{PG: "other", Status: pay.OrderPaid, Amount: 10_000}
	part := func(p *pay.Payment) { p.Status, p.BalanceAmount = pay.PartialCanceled, 2000 }
	for _, test := range []decidedCase{
		{"an order that the shop lacks", reconcile.MissingLocally, nil, nil, 0, true},
		{"one that it has found since", reconcile.MissingLocally, paidFor, nil, 0, false},
		{"one that it has as another company's", reconcile.MissingLocally, elsewhere, nil, 0, true},
		{"one of which a part was cancelled since", reconcile.MissingLocally, nil, []func(*pay.Payment){part}, 0, false},
		{"one that went back by hand since", reconcile.MissingLocally, nil, nil, 8000, false},
		{"paid after the cancel", reconcile.PaidAfterCancel, canceled, nil, 0, true},
		{"and sold after all", reconcile.PaidAfterCancel, paidFor, nil, 0, false},
		{"one of two payments", reconcile.DuplicatePayment, paidFor, nil, 0, true},
		{"one of two, cancelled in part since", reconcile.DuplicatePayment, paidFor, []func(*pay.Payment){part}, 0, false},
		{"a cancel of the shop's", reconcile.CancelNotExecuted, canceled, nil, 0, true},
		{"which the shop took back", reconcile.CancelNotExecuted, paidFor, nil, 0, false},
		{"a break that nobody knows any more", "", paidFor, nil, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := request(StateApproved, func(r *Request) { r.BreakID = "b" })
			step := Next(r, nil, Answer{Payment: payment(test.payment...), Known: Known{Kind: test.kind, Order: test.order, Given: []Given{{Parts: Parts{Amount: test.given}}}, Siblings: beside(payment())}}, at)
			if sends := step.Do == SendAnew; sends != test.sent || !sends && (step.To != StateRejected || step.Why != test.why()) {
				t.Errorf("%+v, want it sent: %v", step, test.sent)
			}
		})
	}
}

// TestAnAccountApprovesNoDecision: whatever approve_above allows, a request that
// a person's decision made waits for another person.
func TestAnAccountApprovesNoDecision(t *testing.T) {
	t.Parallel()
	account := StoredAccount{ApproveAbove: 1 << 40}
	for by, releases := range map[string]bool{NightActor: true, "kim": false} {
		r := request(StateNeedsAccount, func(r *Request) { r.BreakID, r.RequestedBy, r.Currency = "b", by, pay.KRW })
		if account.Releases(r) != releases {
			t.Errorf("a request of %s is released: %v", by, !releases)
		}
	}
}
