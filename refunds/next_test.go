package refunds

import (
	"testing"
	"time"

	"daesa/pay"
)

// at is when the tests of Next decide.
var at = seoul("2026-11-22 10:00:00")

const own = "abcdefghijklmnopqrstuvwxyz"

// request is one over 3,000 of 10,000 won by card, approved as it stands.
func request(state State, change ...func(*Request)) Request {
	r := Request{ID: own, MID: "m", OrderID: "o", PaymentKey: "k", Method: pay.Card, Amount: 3000, Currency: pay.KRW, Reason: "변심",
		Ref: "r", State: state, RequestedBy: "kim", RequestedAt: at.Add(-time.Hour)}
	for _, each := range change {
		each(&r)
	}
	r.Approval = ApprovalHash(r)
	return r
}

func payment(change ...func(*pay.Payment)) *pay.Payment {
	p := pay.Payment{MID: "m", PaymentKey: "k", OrderID: "o", Status: pay.Done, Method: pay.Card, Currency: pay.KRW, TotalAmount: 10_000,
		BalanceAmount: 10_000, ApprovedAt: at.Add(-48 * time.Hour), PartialCancelable: true}
	for _, each := range change {
		each(&p)
	}
	return &p
}

// canceled adds a cancel to a payment.
func canceled(amount int64, reason string, status pay.CancelStatus) func(*pay.Payment) {
	return func(p *pay.Payment) {
		p.BalanceAmount -= amount
		p.Status = pay.PartialCanceled
		p.Cancels = append(p.Cancels, pay.Cancel{TransactionKey: "tx" + reason[max(0, len(reason)-3):], Amount: amount, Reason: reason,
			Status: status, CanceledAt: at.Add(-time.Minute)})
	}
}

var ours = pay.WithMarker("변심", own)

// sent is the attempt of a send some time ago, and what it was answered.
func sent(ago time.Duration, kind pay.FailureKind, change ...func(*Attempt)) *Attempt {
	a := Attempt{N: 1, Key: AttemptKey(own, 1), Guard: 10_000, SecretPrint: "s", FirstSent: at.Add(-ago), LastSent: at.Add(-ago), Sends: 1}
	if kind != pay.FailureNoAnswer {
		a = a.Heard(&pay.Failure{Kind: kind, Code: "CODE", HTTPStatus: 400}, at.Add(-ago))
	} else {
		a = a.Gone()
	}
	for _, each := range change {
		each(&a)
	}
	return &a
}

func account(status pay.RefundStatus) func(*pay.Payment) {
	return func(p *pay.Payment) {
		p.Method, p.Account = pay.VirtualAccount, &pay.VirtualAccountState{Refund: status}
	}
}

func virtual(r *Request) { r.Method, r.AccountPrint = pay.VirtualAccount, "print" }

// altered was approved over less.
func altered() Request {
	r := request(Approved)
	r.Amount++
	return r
}

func failed(kind pay.FailureKind) Answer {
	return Answer{Cancel: true, Failure: &pay.Failure{Kind: kind, Code: "CODE"}}
}

func looked(p *pay.Payment) Answer { return Answer{Payment: p} }

func TestNext(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		request Request
		attempt *Attempt
		answer  Answer
		to      State
		do      Action
		why     string
	}{
		// What a cancel comes back with.
		{"200 with our cancel", request(Sending), sent(0, pay.FailureNoAnswer), Answer{Cancel: true, Payment: payment(canceled(3000, ours, pay.CancelDone))}, Succeeded, Rest, WhyAnswered},
		{"200 for a virtual account: the money is on its way", request(Sending, virtual), sent(0, pay.FailureNoAnswer), Answer{Cancel: true, Payment: payment(account(pay.RefundNone), canceled(3000, ours, pay.CancelDone))}, Accepted, Rest, WhyOnItsWay},
		{"200 and a foreign cancel that still runs", request(Sending), sent(0, pay.FailureNoAnswer), Answer{Cancel: true, Payment: payment(canceled(3000, ours, pay.CancelInProgress))}, Accepted, Rest, WhyOnItsWay},
		{"200 without our cancel proves nothing", request(Sending), sent(0, pay.FailureNoAnswer), Answer{Cancel: true, Payment: payment()}, Unknown, LookUp, WhyNoReference},
		{"our reference under another amount", request(Sending), sent(0, pay.FailureNoAnswer), Answer{Cancel: true, Payment: payment(canceled(4000, ours, pay.CancelDone))}, HeldState, Rest, WhyAmountDiffers},
		{"a smaller cancel under our reference is not this one", request(Sending), sent(0, pay.FailureNoAnswer), Answer{Cancel: true, Payment: payment(canceled(2999, ours, pay.CancelDone))}, HeldState, Rest, WhyAmountDiffers},
		{"a smaller cancel under our reference, found by a look-up", request(Unknown), sent(time.Minute, pay.FailureNoAnswer), looked(payment(canceled(1, ours, pay.CancelDone))), HeldState, Rest, WhyAmountDiffers},
		{"proved not sent", request(Sending), sent(0, pay.FailureNotSent), failed(pay.FailureNotSent), Retry, Rest, WhyNotSent},
		{"proved not sent for a fault of our own", request(Sending), sent(0, pay.FailureOwn), failed(pay.FailureOwn), Retry, Rest, WhyNotSent},
		{"not sent, but an earlier send may be on its way", request(Sending), sent(0, pay.FailureNoAnswer), failed(pay.FailureNotSent), Unknown, Rest, WhyNotSent},
		{"not sent, but an earlier send was answered", request(Sending), sent(0, pay.FailureNotSent, func(a *Attempt) { a.Answers = 1 }), failed(pay.FailureNotSent), Unknown, Rest, WhyNotSent},
		{"not sent, but an earlier key has left", request(Sending), sent(0, pay.FailureNotSent, func(a *Attempt) { a.N = 2 }), failed(pay.FailureNotSent), Unknown, Rest, WhyNotSent},
		{"no answer", request(Sending), sent(0, pay.FailureNoAnswer), Answer{Cancel: true, Failure: &pay.Failure{Kind: pay.FailureNoAnswer}}, Unknown, Rest, WhyNoAnswer},
		{"an answer without a code", request(Sending), sent(0, pay.FailureNoCode), Answer{Cancel: true, Failure: &pay.Failure{Kind: pay.FailureNoCode, HTTPStatus: 403, Piece: "blocked"}}, Unknown, Rest, WhyNoCode},
		{"an answer whose amounts contradict each other", request(Sending), sent(0, pay.FailureSums), Answer{Cancel: true, Failure: &pay.Failure{Kind: pay.FailureSums, HTTPStatus: 200}}, Unknown, LookUp, WhySums},
		{"409", request(Sending), sent(0, pay.FailureInFlight), failed(pay.FailureInFlight), Unknown, Rest, "CODE"},
		{"429", request(Sending), sent(0, pay.FailureThrottled), failed(pay.FailureThrottled), Unknown, Rest, "CODE"},
		{"the key is not accepted", request(Sending), sent(0, pay.FailureKey), failed(pay.FailureKey), Unknown, Rest, "CODE"},
		{"a transient refusal", request(Sending), sent(0, pay.FailureTransient), failed(pay.FailureTransient), Unknown, Rest, "CODE"},
		{"a code that nobody knows", request(Sending), sent(0, pay.FailureUnclassed), failed(pay.FailureUnclassed), Unknown, Rest, "CODE"},
		{"a definite refusal is looked at first", request(Sending), sent(0, pay.FailureRefused), failed(pay.FailureRefused), Sending, LookUp, "CODE"},
		{"already cancelled is looked at first", request(Sending), sent(0, pay.FailureDone), failed(pay.FailureDone), Sending, LookUp, "CODE"},
		{"the worker is gone", request(Sending), sent(0, pay.FailureNoAnswer), Answer{Gone: true}, Unknown, LookUp, WhyLeaseOver},

		// What the look-up after a definite answer shows.
		{"refused, and nothing happened", request(Sending), sent(0, pay.FailureRefused), looked(payment()), Refused, Rest, "CODE"},
		{"refused after a send without answer: quiet first", request(Sending), sent(time.Minute, pay.FailureRefused, func(a *Attempt) { a.Unanswered = true }), looked(payment()), Unknown, Rest, "CODE"},
		{"the same after twenty quiet minutes", request(Unknown), sent(20*time.Minute, pay.FailureRefused, func(a *Attempt) { a.Unanswered = true }), looked(payment()), Refused, Rest, "CODE"},
		{"the period is over", request(Sending), sent(0, pay.FailureDeadline), looked(payment()), ExpiredState, Rest, "CODE"},
		{"the account is refused", request(Sending, virtual), sent(0, pay.FailureAccount), looked(payment(account(pay.RefundNone))), NeedsAccount, Rest, "CODE"},
		{"already cancelled, and not by us", request(Sending), sent(0, pay.FailureDone), looked(payment(canceled(10_000, "상담", pay.CancelDone))), HeldState, Rest, "CODE"},
		{"already cancelled, by us", request(Sending), sent(0, pay.FailureDone), looked(payment(canceled(3000, ours, pay.CancelDone))), Succeeded, Rest, WhyAnswered},
		{"the guard failed: somebody else moved the money", request(Sending), sent(0, pay.FailureGuard), looked(payment(canceled(500, "상담", pay.CancelDone))), HeldState, Rest, WhyBalanceMoved},
		{"refused, but the balance moved", request(Sending), sent(0, pay.FailureRefused), looked(payment(canceled(500, "상담", pay.CancelDone))), HeldState, Rest, WhyBalanceMoved},
		{"200 without our cancel, and the look-up shows none", request(Unknown), sent(0, "", func(a *Attempt) { *a = a.Heard(nil, at) }), looked(payment()), HeldState, Rest, WhyNoReference},

		// What is unknown.
		{"found", request(Unknown), sent(time.Minute, pay.FailureNoAnswer), looked(payment(canceled(3000, ours, pay.CancelDone))), Succeeded, Rest, WhyAnswered},
		{"not found, unanswered: the same key", request(Unknown), sent(time.Minute, pay.FailureNoAnswer), looked(payment()), Unknown, Send, WhySendAgain},
		{"not found, a second after the send", request(Unknown), sent(time.Second, pay.FailureNoAnswer), looked(payment()), Unknown, Rest, WhyNoAnswer},
		{"just under fourteen days", request(Unknown), sent(keyLife-time.Second, pay.FailureNoAnswer), looked(payment()), Unknown, Send, WhySendAgain},
		{"fourteen days: only looked at", request(Unknown), sent(keyLife, pay.FailureNoAnswer), looked(payment()), Unknown, Rest, WhyKeyTooOld},
		{"sixteen days: a person", request(Unknown), sent(keyDeath, pay.FailureNoAnswer), looked(payment()), HeldState, Rest, WhyKeyTooOld},
		{"sent under another secret key: only looked at", request(Unknown), sent(time.Minute, pay.FailureNoAnswer, func(a *Attempt) { a.SecretPrint = "old" }), looked(payment()), Unknown, Rest, WhySecretChanged},
		{"answered without a code: no second send within two minutes", request(Unknown, func(r *Request) { r.ErrorCode = WhyNoCode }), sent(2*time.Minute-time.Second, pay.FailureNoCode), looked(payment()), Unknown, Rest, WhyNoCode},
		{"but then the same key", request(Unknown), sent(2*time.Minute, pay.FailureNoCode), looked(payment()), Unknown, Send, WhySendAgain},
		{"and after the second one no third within ten", request(Unknown, func(r *Request) { r.ErrorCode = WhyNoCode }), sent(10*time.Minute-time.Second, pay.FailureNoCode, func(a *Attempt) { a.Sends = 2 }), looked(payment()), Unknown, Rest, WhyNoCode},
		{"answered without a code, and carried out", request(Unknown), sent(time.Second, pay.FailureNoCode), looked(payment(canceled(3000, ours, pay.CancelDone))), Succeeded, Rest, WhyAnswered},
		{"amounts that contradict each other: no second send within two minutes", request(Unknown, func(r *Request) { r.ErrorCode = WhySums }), sent(time.Minute, pay.FailureSums), looked(payment()), Unknown, Rest, WhySums},
		{"a look-up whose amounts contradict each other", request(Approved), nil, Answer{Failure: &pay.Failure{Kind: pay.FailureSums, HTTPStatus: 200}}, Approved, Rest, WhySums},
		{"a transient answer: the same key after half a minute", request(Unknown), sent(30*time.Second, pay.FailureTransient), looked(payment()), Unknown, Send, WhySendAgain},
		{"and not before", request(Unknown), sent(29*time.Second, pay.FailureTransient), looked(payment()), Unknown, Rest, "CODE"},
		{"replayed twice: a new key after ten minutes, with the first one's guard", request(Unknown), sent(10*time.Minute, pay.FailureTransient, func(a *Attempt) { a.Answers = 3 }), looked(payment()), Unknown, SendAnew, WhyNewAttempt},
		{"where an earlier send went unanswered, no new key within twenty minutes", request(Unknown), sent(20*time.Minute-time.Second, pay.FailureTransient, func(a *Attempt) { a.Answers, a.Unanswered = 3, true }), looked(payment()), Unknown, Rest, "CODE"},
		{"but then", request(Unknown), sent(20*time.Minute, pay.FailureTransient, func(a *Attempt) { a.Answers, a.Unanswered = 3, true }), looked(payment()), Unknown, SendAnew, WhyNewAttempt},
		{"no new key where somebody moved the money", request(Unknown), sent(10*time.Minute, pay.FailureTransient, func(a *Attempt) { a.Answers = 3 }), looked(payment(canceled(1, "상담", pay.CancelDone))), HeldState, Rest, WhyBalanceMoved},
		{"five attempts are enough", request(Unknown), sent(10*time.Minute, pay.FailureTransient, func(a *Attempt) { a.Answers, a.N = 3, 5 }), looked(payment()), HeldState, Rest, WhyTooMany},
		{"a code that nobody knows never makes a new key", request(Unknown), sent(10*time.Minute, pay.FailureUnclassed, func(a *Attempt) { a.Answers = 3 }), looked(payment()), HeldState, Rest, "CODE"},
		{"no new key after the deadline", request(Unknown, func(r *Request) { r.CancelBy = at.Add(-time.Second) }), sent(10*time.Minute, pay.FailureTransient, func(a *Attempt) { a.Answers = 3 }), looked(payment()), HeldState, Rest, WhyDeadline},

		{"no new key to an account that nobody has approved", request(Unknown, virtual), sent(10*time.Minute, pay.FailureTransient, func(a *Attempt) { a.Answers = 3 }), Answer{Payment: payment(account(pay.RefundNone)), Known: Known{AccountPrint: "new"}}, HeldState, Rest, WhyApprovalVoid},
		{"a new key to the one that was approved", request(Unknown, virtual), sent(10*time.Minute, pay.FailureTransient, func(a *Attempt) { a.Answers = 3 }), Answer{Payment: payment(account(pay.RefundNone)), Known: Known{AccountPrint: "print"}}, Unknown, SendAnew, WhyNewAttempt},

		// Before the first send.
		{"a row that other hands have changed", request(Approved), nil, Answer{Payment: payment(), Known: Known{Altered: []string{"amount"}}}, HeldState, Rest, WhyAltered},
		{"sent", request(Approved), nil, looked(payment()), Approved, SendAnew, WhySend},
		{"proved unsent before: the same attempt", request(Retry), sent(time.Minute, pay.FailureNotSent), looked(payment()), Retry, Send, WhySendAgain},
		{"two cancels under our reference are one too many", request(Unknown), sent(time.Minute, pay.FailureNoAnswer), looked(payment(canceled(3000, ours, pay.CancelDone), canceled(3000, ours, pay.CancelDone))), HeldState, Rest, WhyAmountDiffers},
		{"a cancel under our reference that another request stands on", request(Unknown), sent(time.Minute, pay.FailureNoAnswer), Answer{Payment: payment(canceled(3000, ours, pay.CancelDone)), Known: Known{Claimed: map[string]string{"tx" + ours[len(ours)-3:]: "another"}}}, HeldState, Rest, WhyAmountDiffers},
		{"and one that it stands on itself", request(Accepted), sent(time.Minute, pay.FailureNoAnswer), Answer{Payment: payment(canceled(3000, ours, pay.CancelDone)), Known: Known{Claimed: map[string]string{"tx" + ours[len(ours)-3:]: own}}}, Succeeded, Rest, WhyAnswered},
		{"proved unsent, and less is left than it believed in", request(Retry, func(r *Request) { r.PlannedForeign = 3000 }), sent(time.Minute, pay.FailureNotSent), looked(payment(canceled(3000, "상담", pay.CancelDone))), HeldState, Rest, WhyBalanceMoved},
		{"found: the database was restored", request(Approved), nil, looked(payment(canceled(3000, ours, pay.CancelDone))), Succeeded, Rest, WhyAnswered},
		{"on the last moment", request(Approved, func(r *Request) { r.CancelBy = at }), nil, looked(payment()), Approved, SendAnew, WhySend},
		{"after it", request(Approved, func(r *Request) { r.CancelBy = at.Add(-time.Second) }), nil, looked(payment()), ExpiredState, Rest, WhyDeadline},
		{"refunded in full by somebody else", request(Approved), nil, looked(payment(canceled(10_000, "상담", pay.CancelDone))), Rejected, Rest, WhyAlready},
		{"a part was cancelled by somebody else since", request(Approved), nil, looked(payment(canceled(3000, "상담", pay.CancelDone))), Requested, Rest, WhyForeignCancel},
		{"it was cancelled before the word was given", request(Approved, func(r *Request) { r.PlannedForeign = 3000 }), nil, looked(payment(canceled(3000, "상담", pay.CancelDone))), Approved, SendAnew, WhySend},
		{"less is left than asked for", request(Approved, func(r *Request) { r.Amount = 9000 }), nil, looked(payment(canceled(3000, "상담", pay.CancelDone))), Requested, Rest, WhyAboveBalance},
		{"given back by hand meanwhile", request(Approved), nil, Answer{Payment: payment(), Known: Known{Given: []Given{{Parts: Parts{Amount: 8000}}}}}, Requested, Rest, WhyAboveBalance},
		{"the shop gave it back elsewhere", request(Approved), nil, Answer{Payment: payment(), Known: Known{Order: &pay.Order{RefundedElsewhere: 8000}}}, Requested, Rest, WhyAboveBalance},
		{"another foreign cancel still runs", request(Approved), nil, looked(payment(canceled(1000, "상담", pay.CancelInProgress))), Approved, Rest, WhyInFlight},
		{"and the rest of the payment waits for it, too", request(Approved, func(r *Request) { r.Amount, r.PlannedForeign = 9000, 1000 }), nil, looked(payment(canceled(1000, "상담", pay.CancelInProgress))), Approved, Rest, WhyInFlight},
		{"two seconds between cancels of one payment", request(Approved, func(r *Request) { r.PlannedForeign = 1000 }), nil, looked(payment(canceled(1000, "상담", pay.CancelDone), func(p *pay.Payment) { p.Cancels[0].CanceledAt = at.Add(-time.Second) })), Approved, Rest, WhyInFlight},
		{"no part of a payment that has none", request(Approved), nil, looked(payment(func(p *pay.Payment) { p.PartialCancelable = false })), HeldState, Rest, WhyPartial},
		{"no part of a gift certificate", request(Approved), nil, looked(payment(func(p *pay.Payment) { p.Method = pay.GiftCertificate })), HeldState, Rest, WhyPartial},
		{"no part of a virtual account that waits", request(Approved), nil, looked(payment(account(pay.RefundNone), func(p *pay.Payment) { p.Status, p.ApprovedAt = pay.WaitingForDeposit, time.Time{} })), HeldState, Rest, WhyPartial},
		{"all of one is its closing", request(Approved, func(r *Request) { r.Amount = 10_000 }), nil, looked(payment(account(pay.RefundNone), func(p *pay.Payment) { p.Status, p.ApprovedAt = pay.WaitingForDeposit, time.Time{} })), Approved, SendAnew, WhySend},
		{"deposited meanwhile: an account is needed", request(Approved), nil, looked(payment(account(pay.RefundNone))), NeedsAccount, Rest, WhyNeedsAccount},
		{"the bank took the deposit back", request(Approved, virtual), nil, Answer{Payment: payment(account(pay.RefundNone), func(p *pay.Payment) { p.Status = pay.WaitingForDeposit }), Known: Known{AccountPrint: "print"}}, HeldState, Rest, WhyNotPaid},
		{"changed since it was approved", altered(), nil, looked(payment()), Requested, Rest, WhyApprovalVoid},
		{"another account than the approved one", request(Approved, virtual), nil, Answer{Payment: payment(account(pay.RefundNone)), Known: Known{AccountPrint: "new"}}, Requested, Rest, WhyApprovalVoid},
		{"never paid", request(Approved), nil, looked(payment(func(p *pay.Payment) { p.Status = pay.Aborted })), HeldState, Rest, WhyNotPaid},
		{"a night's proposal that is no longer owed", request(Approved, func(r *Request) { r.BreakID = "b" }), nil, Answer{Payment: payment(), Known: Known{Order: &pay.Order{Status: pay.OrderPaid, Amount: 10_000}}}, Rejected, Rest, WhyNotOwed},
		{"and one that is", request(Approved, func(r *Request) { r.BreakID = "b" }), nil, Answer{Payment: payment(), Known: Known{Order: &pay.Order{Status: pay.OrderPartiallyCanceled, Amount: 10_000, CanceledAmount: 3000}}}, Approved, SendAnew, WhySend},
		{"the payment is not there", request(Approved), nil, Answer{Failure: &pay.Failure{Kind: pay.FailureNotFound, Code: "NOT_FOUND_PAYMENT"}}, HeldState, Rest, "NOT_FOUND_PAYMENT"},
		{"the provider does not answer", request(Approved), nil, Answer{Failure: &pay.Failure{Kind: pay.FailureNoAnswer}}, Approved, Rest, WhyUnreachable},

		{"an aborted cancel of ours, which a person has seen, is no cancel", request(Approved), sent(time.Second, pay.FailureRefused), looked(payment(func(p *pay.Payment) {
			p.Cancels = []pay.Cancel{{TransactionKey: "tx", Amount: 3000, Reason: ours, Status: pay.CancelAborted, CanceledAt: at.Add(-time.Hour)}}
		})), Approved, SendAnew, WhySend},
		{"a look-up that failed is tried again soon where the deadline is near", request(Approved, func(r *Request) { r.CancelBy = at.Add(time.Minute) }), nil, Answer{Failure: &pay.Failure{Kind: pay.FailureNoAnswer}}, Approved, Rest, WhyUnreachable},

		// Afterwards.
		{"paid out", request(Accepted, virtual), nil, looked(payment(account(pay.RefundCompleted), canceled(3000, ours, pay.CancelDone))), Succeeded, Rest, WhyPaidOut},
		{"not paid out yet", request(Accepted, virtual), nil, looked(payment(account(pay.RefundPending), canceled(3000, ours, pay.CancelDone))), Accepted, Rest, WhyOnItsWay},
		{"the payout failed", request(Accepted, virtual), nil, looked(payment(account(pay.RefundFailed), canceled(3000, ours, pay.CancelDone))), HeldState, Rest, WhyPayoutFailed},
		{"and partly", request(Accepted, virtual), nil, looked(payment(account(pay.RefundPartialFailed), canceled(3000, ours, pay.CancelDone))), HeldState, Rest, WhyPayoutFailed},
		{"the payout takes too long", request(Accepted, virtual), nil, looked(payment(account(pay.RefundPending), canceled(3000, ours, pay.CancelDone), func(p *pay.Payment) { p.Cancels[0].CanceledAt = at.AddDate(0, -1, 0) })), HeldState, Rest, WhyPayoutLate},
		{"a foreign cancel is done", request(Accepted), nil, looked(payment(canceled(3000, ours, pay.CancelDone))), Succeeded, Rest, WhyAnswered},
		{"or was aborted", request(Accepted, func(r *Request) { r.TransactionKey = "txxyz" }), nil, looked(payment(canceled(3000, ours, pay.CancelAborted))), HeldState, Rest, WhyForeignAborted},
		{"its cancel is gone", request(Accepted), nil, looked(payment()), HeldState, Rest, WhyVanished},
		{"held, and found after all", request(HeldState), sent(time.Hour, pay.FailureNoAnswer), looked(payment(canceled(3000, ours, pay.CancelDone))), Succeeded, Rest, WhyAnswered},
		{"held since the payout failed, and paid out after all", request(HeldState, virtual, func(r *Request) { r.ErrorCode, r.TransactionKey = WhyPayoutFailed, "txxyz" }), nil, looked(payment(account(pay.RefundCompleted), canceled(3000, ours, pay.CancelDone))), Succeeded, Rest, WhyPaidOut},
		{"a refund that went back by hand meanwhile is not sent again", request(Unknown), sent(time.Minute, pay.FailureNoAnswer), Answer{Payment: payment(), Known: Known{Given: []Given{{Parts: Parts{Amount: 8000}}}}}, HeldState, Rest, WhyAboveBalance},
		{"a deposit that the bank could still take back", request(Approved, virtual), nil, Answer{Payment: payment(account(pay.RefundNone), func(p *pay.Payment) { p.ApprovedAt = at.Add(-9 * time.Minute) }), Known: Known{AccountPrint: "print"}}, Approved, Rest, WhyQuiet},
		{"two in flight at once, and one of them still runs: it stays a person's", request(HeldState, func(r *Request) { r.ErrorCode = WhyTwoInFlight }), sent(time.Hour, pay.FailureNoAnswer), looked(payment(canceled(3000, ours, pay.CancelInProgress))), HeldState, Rest, WhyTwoInFlight},
		{"two in flight at once, and it is done", request(HeldState, func(r *Request) { r.ErrorCode = WhyTwoInFlight }), sent(time.Hour, pay.FailureNoAnswer), looked(payment(canceled(3000, ours, pay.CancelDone))), Succeeded, Rest, WhyAnswered},
		{"held, and nothing new", request(HeldState, func(r *Request) { r.ErrorCode = "X" }), sent(time.Hour, pay.FailureNoAnswer), looked(payment()), HeldState, Rest, "X"},
		{"nobody gave a word in time", request(Requested, func(r *Request) { r.CancelBy = at.Add(-time.Second) }), nil, looked(payment()), ExpiredState, Rest, WhyDeadline},
		{"an account came", request(NeedsAccount), nil, Answer{Payment: payment(account(pay.RefundNone)), Known: Known{AccountPrint: "new"}}, Requested, Rest, WhyAsked},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.answer.SecretPrint = "s"
			step := Next(test.request, test.attempt, test.answer, at)
			if step.To != test.to || step.Do != test.do || step.Why != test.why {
				t.Errorf("to %s, do %q, since %s; expected %s, %q, %s", step.To, step.Do, step.Why, test.to, test.do, test.why)
			}
			if !MayMove(test.request.State, step.To) {
				t.Errorf("%s to %s is no move", test.request.State, step.To)
			}
			if open := step.To.Open() || step.To == Accepted; open && step.Do == Rest && (step.At.IsZero() || step.At.Sub(at) > 24*time.Hour) {
				t.Errorf("it is looked at again %s", step.At)
			}
			if step.Do == SendAnew && test.attempt != nil && step.Guard != test.attempt.Guard {
				t.Errorf("a new key with another guard: %d", step.Guard)
			}
			if again := Next(test.request, test.attempt, test.answer, at); again.To != step.To || again.Why != step.Why || !again.At.Equal(step.At) {
				t.Error("decided again it is something else")
			}
		})
	}
}
