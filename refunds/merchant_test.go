package refunds

import (
	"errors"
	"strings"
	"testing"
	"time"

	"daesa/pay"
)

// as names another merchant for a payment; "" for none.
func as(mid string) func(*pay.Payment) { return func(p *pay.Payment) { p.MID, p.SaidMID = mid, mid } }

// Nothing is sent on a payment that Toss says is another merchant's, nor on one
// of which nothing says whose it is, and nothing else of it decides.
func TestAPaymentOfAnotherMerchantIsHeldBeforeItIsSent(t *testing.T) {
	t.Parallel()
	transient := func(a *Attempt) { a.Answers = 3 }
	over := func(r *Request) { r.CancelBy = at.Add(-time.Second) }
	named := Known{Named: true}
	tests := []struct {
		name    string
		request Request
		attempt *Attempt
		payment *pay.Payment
		known   Known
		to      State
		why     string
	}{
		{"its own", request(StateApproved), nil, payment(), Known{}, StateApproved, WhySend},
		{"another merchant's", request(StateApproved), nil, payment(as("other")), Known{}, StateHeld, WhyOtherMerchant},
		{"another merchant's, though the books once thought otherwise", request(StateApproved), nil, payment(as("other")), named, StateHeld, WhyOtherMerchant},
		{"proved unsent before", request(StateRetry), sent(time.Minute, pay.FailureNotSent), payment(as("other")), Known{}, StateHeld, WhyOtherMerchant},
		{"the same key again", request(StateUnknown), sent(time.Minute, pay.FailureNoAnswer), payment(as("other")), Known{}, StateHeld, WhyOtherMerchant},
		{"a new key", request(StateUnknown), sent(10*time.Minute, pay.FailureTransient, transient), payment(as("other")), Known{}, StateHeld, WhyOtherMerchant},
		{"its deadline is not ours to pass", request(StateApproved, over), nil, payment(as("other")), Known{}, StateHeld, WhyOtherMerchant},
		{"nor is what others cancelled of it", request(StateApproved), nil, payment(as("other"), canceled(10_000, "상담", pay.CancelDone)), Known{}, StateHeld, WhyOtherMerchant},
		{"what bears our reference was sent all the same", request(StateApproved), nil, payment(as("other"), canceled(3000, ours, pay.CancelDone)), Known{}, StateSucceeded, WhyAnswered},
		{"nobody's", request(StateApproved), nil, payment(as("")), Known{}, StateHeld, WhyMerchantNotNamed},
		{"nobody's, and named by an earlier look-up or the list", request(StateApproved), nil, payment(as("")), named, StateApproved, WhySend},
		{"nobody's, and the same key again", request(StateUnknown), sent(time.Minute, pay.FailureNoAnswer), payment(as("")), Known{}, StateHeld, WhyMerchantNotNamed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			step := Next(test.request, test.attempt, Answer{Payment: test.payment, Known: test.known, SecretFingerprint: "s"}, at)
			if step.To != test.to || step.Why != test.why || step.To == StateHeld && step.Do != Rest {
				t.Errorf("to %s, do %q, since %s; expected %s, %s", step.To, step.Do, step.Why, test.to, test.why)
			}
			if !MayMove(test.request.State, step.To) {
				t.Errorf("%s to %s is no move", test.request.State, step.To)
			}
			if found := Kept(test.request, step, *test.payment); (found == nil) != (test.payment.MID == "other" && step.Claim == nil) || found != nil && found.MID != "m" {
				t.Errorf("kept is %+v", found)
			}
		})
	}
}

const stranger = "zzzzzzzzzzzzzzzzzzzzzzzzzz"

// A cancel with a reference of our form that the books do not know was sent by
// another database: nothing is sent for the first time beside it before a person
// has looked.
func TestAReferenceThatTheBooksDoNotKnowStopsAFirstSend(t *testing.T) {
	t.Parallel()
	theirs := pay.WithMarker("변심", stranger)
	seen := func(n int64) func(*Request) {
		return func(r *Request) { r.Strangers, r.PlannedForeign = n, 1000*n }
	}
	beside := payment(canceled(1000, theirs, pay.CancelDone))
	twice := payment(canceled(1000, theirs, pay.CancelDone), canceled(1000, pay.WithMarker("변심", "yyyyyyyyyyyyyyyyyyyyyyyyyy"), pay.CancelDone))
	tests := []struct {
		name    string
		request Request
		attempt *Attempt
		payment *pay.Payment
		known   Known
		to      State
		why     string
	}{
		{"unknown", request(StateApproved), nil, beside, Known{}, StateHeld, WhyUnknownReference},
		{"unknown, and what others cancelled was approved", request(StateApproved, func(r *Request) { r.PlannedForeign = 1000 }), nil, beside, Known{}, StateHeld, WhyUnknownReference},
		{"unknown, and it came to nothing", request(StateApproved), nil, payment(canceled(1000, theirs, pay.CancelAborted), func(p *pay.Payment) { p.BalanceAmount = 10_000 }), Known{}, StateHeld, WhyUnknownReference},
		{"a request of ours, under whatever MID", request(StateApproved), nil, beside, Known{Taken: []Taken{{ID: stranger, State: StateRejected}}}, StateApproved, WhySend},
		{"a cancel that one of ours claims", request(StateApproved), nil, beside, Known{Claimed: map[string]string{beside.Cancels[0].TransactionKey: "another"}}, StateApproved, WhySend},
		{"a cancel of the console", request(StateApproved, seen(1)), nil, payment(canceled(1000, "상담", pay.CancelDone)), Known{}, StateApproved, WhySend},
		{"a person has seen it", request(StateApproved, seen(1)), nil, beside, Known{}, StateApproved, WhySend},
		{"and has not seen the second", request(StateApproved, seen(1)), nil, twice, Known{}, StateHeld, WhyUnknownReference},
		{"nothing is left anyway", request(StateApproved), nil, payment(canceled(10_000, theirs, pay.CancelDone)), Known{}, StateRejected, WhyAlready},
		{"proved unsent before", request(StateRetry), sent(time.Minute, pay.FailureNotSent), beside, Known{}, StateHeld, WhyUnknownReference},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			step := Next(test.request, test.attempt, Answer{Payment: test.payment, Known: test.known, SecretFingerprint: "s"}, at)
			if step.To != test.to || step.Why != test.why {
				t.Errorf("to %s, do %q, since %s; expected %s, %s", step.To, step.Do, step.Why, test.to, test.why)
			}
		})
	}
	held := Claimed{Request: request(StateHeld, func(r *Request) { r.ErrorCode = WhyUnknownReference })}
	step, err := Resolve(held, *beside, false, "lee", at)
	if err != nil || step.To != StateRequested || step.Strangers == nil || *step.Strangers != 1 || *step.Planned != 1000 {
		t.Errorf("a person's word covers %+v, %v", step, err)
	}
}

// A held request of another merchant's payment is closed by a person's word, and
// never goes back into the queue.
func TestAnotherMerchantsPaymentIsNeverNotExecutedAndWaitingAgain(t *testing.T) {
	t.Parallel()
	held := Claimed{Request: request(StateHeld, func(r *Request) { r.ErrorCode = WhyOtherMerchant })}
	if step, err := Resolve(held, *payment(as("other")), false, "lee", at); err != nil || step.To != StateRejected || step.Why != WhyOtherMerchant {
		t.Errorf("to %s since %s, %v", step.To, step.Why, err)
	}
	if step, err := Resolve(held, *payment(as("other"), canceled(3000, ours, pay.CancelDone)), true, "lee", at); err != nil || step.To != StateSucceeded {
		t.Errorf("what was executed: to %s, %v", step.To, err)
	}
}

// What is asked for must be the merchant's whom Toss names.
func TestAnAskingForAnotherMerchantsPaymentIsRefused(t *testing.T) {
	t.Parallel()
	a := Asking{MID: "m", OrderID: "o", All: true, Reason: "변심"}
	for _, test := range []struct {
		payment *pay.Payment
		known   Known
		why     string
	}{
		{payment(), Known{}, ""},
		{payment(as("other")), Known{}, WhyOtherMerchant},
		{payment(as("other")), Known{Named: true}, WhyOtherMerchant},
		{payment(as("")), Known{}, WhyMerchantNotNamed},
		{payment(as("")), Known{Named: true}, ""},
	} {
		p, err := MayBeAsked(*test.payment, a, test.known)
		var refused *AskError
		if errors.As(err, &refused) != (test.why != "") || refused != nil && (refused.Why != test.why || refused.Column != colMID || !refused.OfConfiguration()) || err == nil && p.MID != "m" {
			t.Errorf("%q: %v, under %q", test.payment.MID, err, p.MID)
		}
	}
	plan, err := PlanAsking(a, *payment(canceled(1000, pay.WithMarker("변심", stranger), pay.CancelDone)), Known{}, AskPolicy{Single: map[pay.Currency]int64{pay.KRW: 1e6}}, "kim", "", at)
	if err != nil || !strings.Contains(plan.Warning.English, stranger) || !strings.Contains(plan.Warning.English, "--after-restore") {
		t.Errorf("an unknown reference is warned of by %q, %v", plan.Warning, err)
	}
}
