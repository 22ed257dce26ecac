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
	a := Attempt{N: 1, Key: AttemptKey(own, 1), Guard: 10_000, SecretFingerprint: "s", FirstSent: at.Add(-ago), LastSent: at.Add(-ago), Sends: 1}
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

func virtual(r *Request) { r.Method, r.AccountFingerprint = pay.VirtualAccount, "print" }

// altered was approved over less.
func altered() Request {
	r := request(StateApproved)
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
		{"200 with our cancel", request(StateSending), sent(0, pay.FailureNoAnswer), Answer{Cancel: true, Payment: payment(canceled(3000, ours, pay.CancelDone))}, StateSucceeded, Rest, WhyAnswered},
		{"200 for a virtual account: the money is on its way", request(StateSending, virtual), sent(0, pay.FailureNoAnswer), Answer{Cancel: true, Payment: payment(account(pay.RefundNone), canceled(3000, ours, pay.CancelDone))}, StateAccepted, Rest, WhyOnItsWay},
		{"200 and a foreign cancel that still runs", request(StateSending), sent(0, pay.FailureNoAnswer), Answer{Cancel: true, Payment: payment(canceled(3000, ours, pay.CancelInProgress))}, StateAccepted, Rest, WhyOnItsWay},
		{"200 without our cancel proves nothing", request(StateSending), sent(0, pay.FailureNoAnswer), Answer{Cancel: true, Payment: payment()}, StateUnknown, LookUp, WhyNoReference},
		{"our reference under another amount", request(StateSending), sent(0, pay.FailureNoAnswer), Answer{Cancel: true, Payment: payment(canceled(4000, ours, pay.CancelDone))}, StateHeld, Rest, WhyAmountDiffers},
		{"a smaller cancel under our reference is not this one", request(StateSending), sent(0, pay.FailureNoAnswer), Answer{Cancel: true, Payment: payment(canceled(2999, ours, pay.CancelDone))}, StateHeld, Rest, WhyAmountDiffers},
		{"a smaller cancel under our reference, found by a look-up", request(StateUnknown), sent(time.Minute, pay.FailureNoAnswer), looked(payment(canceled(1, ours, pay.CancelDone))), StateHeld, Rest, WhyAmountDiffers},
		{"proved not sent", request(StateSending), sent(0, pay.FailureNotSent), failed(pay.FailureNotSent), StateRetry, Rest, WhyNotSent},
		{"proved not sent for a fault of our own", request(StateSending), sent(0, pay.FailureOwn), failed(pay.FailureOwn), StateRetry, Rest, WhyNotSent},
		{"not sent, but an earlier send may be on its way", request(StateSending), sent(0, pay.FailureNoAnswer), failed(pay.FailureNotSent), StateUnknown, Rest, WhyNotSent},
		{"not sent, but an earlier send was answered", request(StateSending), sent(0, pay.FailureNotSent, func(a *Attempt) { a.Answers = 1 }), failed(pay.FailureNotSent), StateUnknown, Rest, WhyNotSent},
		{"not sent, but an earlier key has left", request(StateSending), sent(0, pay.FailureNotSent, func(a *Attempt) { a.N = 2 }), failed(pay.FailureNotSent), StateUnknown, Rest, WhyNotSent},
		{"no answer", request(StateSending), sent(0, pay.FailureNoAnswer), Answer{Cancel: true, Failure: &pay.Failure{Kind: pay.FailureNoAnswer}}, StateUnknown, Rest, WhyNoAnswer},
		{"an answer without a code", request(StateSending), sent(0, pay.FailureNoCode), Answer{Cancel: true, Failure: &pay.Failure{Kind: pay.FailureNoCode, HTTPStatus: 403, Piece: "blocked"}}, StateUnknown, Rest, WhyNoCode},
		{"an answer whose amounts contradict each other", request(StateSending), sent(0, pay.FailureSums), Answer{Cancel: true, Failure: &pay.Failure{Kind: pay.FailureSums, HTTPStatus: 200}}, StateUnknown, LookUp, WhySums},
		{"409", request(StateSending), sent(0, pay.FailureInFlight), failed(pay.FailureInFlight), StateUnknown, Rest, "CODE"},
		{"429", request(StateSending), sent(0, pay.FailureThrottled), failed(pay.FailureThrottled), StateUnknown, Rest, "CODE"},
		{"the key is not accepted", request(StateSending), sent(0, pay.FailureKey), failed(pay.FailureKey), StateUnknown, Rest, "CODE"},
		{"a transient refusal", request(StateSending), sent(0, pay.FailureTransient), failed(pay.FailureTransient), StateUnknown, Rest, "CODE"},
		{"a code that nobody knows", request(StateSending), sent(0, pay.FailureUnclassed), failed(pay.FailureUnclassed), StateUnknown, Rest, "CODE"},
		{"a definite refusal is looked at first", request(StateSending), sent(0, pay.FailureRefused), failed(pay.FailureRefused), StateSending, LookUp, "CODE"},
		{"already cancelled is looked at first", request(StateSending), sent(0, pay.FailureDone), failed(pay.FailureDone), StateSending, LookUp, "CODE"},
		{"the worker is gone", request(StateSending), sent(0, pay.FailureNoAnswer), Answer{Gone: true}, StateUnknown, LookUp, WhyLeaseOver},

		// What the look-up after a definite answer shows.
		{"refused, and nothing happened", request(StateSending), sent(0, pay.FailureRefused), looked(payment()), StateRefused, Rest, "CODE"},
		{"refused after a send without answer: quiet first", request(StateSending), sent(time.Minute, pay.FailureRefused, func(a *Attempt) { a.Unanswered = true }), looked(payment()), StateUnknown, Rest, "CODE"},
		{"the same after twenty quiet minutes", request(StateUnknown), sent(20*time.Minute, pay.FailureRefused, func(a *Attempt) { a.Unanswered = true }), looked(payment()), StateRefused, Rest, "CODE"},
		{"the period is over", request(StateSending), sent(0, pay.FailureDeadline), looked(payment()), StateExpired, Rest, "CODE"},
		{"the account is refused", request(StateSending, virtual), sent(0, pay.FailureAccount), looked(payment(account(pay.RefundNone))), StateNeedsAccount, Rest, "CODE"},
		{"already cancelled, and not by us", request(StateSending), sent(0, pay.FailureDone), looked(payment(canceled(10_000, "상담", pay.CancelDone))), StateHeld, Rest, "CODE"},
		{"already cancelled, by us", request(StateSending), sent(0, pay.FailureDone), looked(payment(canceled(3000, ours, pay.CancelDone))), StateSucceeded, Rest, WhyAnswered},
		{"the guard failed: somebody else moved the money", request(StateSending), sent(0, pay.FailureGuard), looked(payment(canceled(500, "상담", pay.CancelDone))), StateHeld, Rest, WhyBalanceMoved},
		{"refused, but the balance moved", request(StateSending), sent(0, pay.FailureRefused), looked(payment(canceled(500, "상담", pay.CancelDone))), StateHeld, Rest, WhyBalanceMoved},
		{"200 without our cancel, and the look-up shows none", request(StateUnknown), sent(0, "", func(a *Attempt) { *a = a.Heard(nil, at) }), looked(payment()), StateHeld, Rest, WhyNoReference},

		// What is unknown.
		{"found", request(StateUnknown), sent(time.Minute, pay.FailureNoAnswer), looked(payment(canceled(3000, ours, pay.CancelDone))), StateSucceeded, Rest, WhyAnswered},
		{"not found, unanswered: the same key", request(StateUnknown), sent(time.Minute, pay.FailureNoAnswer), looked(payment()), StateUnknown, Send, WhySendAgain},
		{"not found, a second after the send", request(StateUnknown), sent(time.Second, pay.FailureNoAnswer), looked(payment()), StateUnknown, Rest, WhyNoAnswer},
		{"just under fourteen days", request(StateUnknown), sent(keyLife-time.Second, pay.FailureNoAnswer), looked(payment()), StateUnknown, Send, WhySendAgain},
		{"fourteen days: only looked at", request(StateUnknown), sent(keyLife, pay.FailureNoAnswer), looked(payment()), StateUnknown, Rest, WhyKeyTooOld},
		{"sixteen days: a person", request(StateUnknown), sent(keyDeath, pay.FailureNoAnswer), looked(payment()), StateHeld, Rest, WhyKeyTooOld},
		{"sent under another secret key: only looked at", request(StateUnknown), sent(time.Minute, pay.FailureNoAnswer, func(a *Attempt) { a.SecretFingerprint = "old" }), looked(payment()), StateUnknown, Rest, WhySecretChanged},
		{"answered without a code: no second send within two minutes", request(StateUnknown, func(r *Request) { r.ErrorCode = WhyNoCode }), sent(2*time.Minute-time.Second, pay.FailureNoCode), looked(payment()), StateUnknown, Rest, WhyNoCode},
		{"but then the same key", request(StateUnknown), sent(2*time.Minute, pay.FailureNoCode), looked(payment()), StateUnknown, Send, WhySendAgain},
		{"and after the second one no third within ten", request(StateUnknown, func(r *Request) { r.ErrorCode = WhyNoCode }), sent(10*time.Minute-time.Second, pay.FailureNoCode, func(a *Attempt) { a.Sends = 2 }), looked(payment()), StateUnknown, Rest, WhyNoCode},
		{"answered without a code, and carried out", request(StateUnknown), sent(time.Second, pay.FailureNoCode), looked(payment(canceled(3000, ours, pay.CancelDone))), StateSucceeded, Rest, WhyAnswered},
		{"amounts that contradict each other: no second send within two minutes", request(StateUnknown, func(r *Request) { r.ErrorCode = WhySums }), sent(time.Minute, pay.FailureSums), looked(payment()), StateUnknown, Rest, WhySums},
		{"a look-up whose amounts contradict each other", request(StateApproved), nil, Answer{Failure: &pay.Failure{Kind: pay.FailureSums, HTTPStatus: 200}}, StateApproved, Rest, WhySums},
		{"a transient answer: the same key after half a minute", request(StateUnknown), sent(30*time.Second, pay.FailureTransient), looked(payment()), StateUnknown, Send, WhySendAgain},
		{"and not before", request(StateUnknown), sent(29*time.Second, pay.FailureTransient), looked(payment()), StateUnknown, Rest, "CODE"},
		{"replayed twice: a new key after ten minutes, with the first one's guard", request(StateUnknown), sent(10*time.Minute, pay.FailureTransient, func(a *Attempt) { a.Answers = 3 }), looked(payment()), StateUnknown, SendAnew, WhyNewAttempt},
		{"where an earlier send went unanswered, no new key within twenty minutes", request(StateUnknown), sent(20*time.Minute-time.Second, pay.FailureTransient, func(a *Attempt) { a.Answers, a.Unanswered = 3, true }), looked(payment()), StateUnknown, Rest, "CODE"},
		{"but then", request(StateUnknown), sent(20*time.Minute, pay.FailureTransient, func(a *Attempt) { a.Answers, a.Unanswered = 3, true }), looked(payment()), StateUnknown, SendAnew, WhyNewAttempt},
		{"no new key where somebody moved the money", request(StateUnknown), sent(10*time.Minute, pay.FailureTransient, func(a *Attempt) { a.Answers = 3 }), looked(payment(canceled(1, "상담", pay.CancelDone))), StateHeld, Rest, WhyBalanceMoved},
		{"five attempts are enough", request(StateUnknown), sent(10*time.Minute, pay.FailureTransient, func(a *Attempt) { a.Answers, a.N = 3, 5 }), looked(payment()), StateHeld, Rest, WhyTooMany},
		{"a code that nobody knows never makes a new key", request(StateUnknown), sent(10*time.Minute, pay.FailureUnclassed, func(a *Attempt) { a.Answers = 3 }), looked(payment()), StateHeld, Rest, "CODE"},
		{"no new key after the deadline", request(StateUnknown, func(r *Request) { r.CancelBy = at.Add(-time.Second) }), sent(10*time.Minute, pay.FailureTransient, func(a *Attempt) { a.Answers = 3 }), looked(payment()), StateHeld, Rest, WhyDeadline},

		{"no new key to an account that nobody has approved", request(StateUnknown, virtual), sent(10*time.Minute, pay.FailureTransient, func(a *Attempt) { a.Answers = 3 }), Answer{Payment: payment(account(pay.RefundNone)), Known: Known{AccountFingerprint: "new"}}, StateHeld, Rest, WhyApprovalVoid},
		{"a new key to the one that was approved", request(StateUnknown, virtual), sent(10*time.Minute, pay.FailureTransient, func(a *Attempt) { a.Answers = 3 }), Answer{Payment: payment(account(pay.RefundNone)), Known: Known{AccountFingerprint: "print"}}, StateUnknown, SendAnew, WhyNewAttempt},

		// Before the first send.
		{"a row that other hands have changed", request(StateApproved), nil, Answer{Payment: payment(), Known: Known{Altered: []string{"amount"}}}, StateHeld, Rest, WhyAltered},
		{"sent", request(StateApproved), nil, looked(payment()), StateApproved, SendAnew, WhySend},
		{"proved unsent before: the same attempt", request(StateRetry), sent(time.Minute, pay.FailureNotSent), looked(payment()), StateRetry, Send, WhySendAgain},
		{"two cancels under our reference are one too many", request(StateUnknown), sent(time.Minute, pay.FailureNoAnswer), looked(payment(canceled(3000, ours, pay.CancelDone), canceled(3000, ours, pay.CancelDone))), StateHeld, Rest, WhyAmountDiffers},
		{"a cancel under our reference that another request stands on", request(StateUnknown), sent(time.Minute, pay.FailureNoAnswer), Answer{Payment: payment(canceled(3000, ours, pay.CancelDone)), Known: Known{Claimed: map[string]string{"tx" + ours[len(ours)-3:]: "another"}}}, StateHeld, Rest, WhyAmountDiffers},
		{"and one that it stands on itself", request(StateAccepted), sent(time.Minute, pay.FailureNoAnswer), Answer{Payment: payment(canceled(3000, ours, pay.CancelDone)), Known: Known{Claimed: map[string]string{"tx" + ours[len(ours)-3:]: own}}}, StateSucceeded, Rest, WhyAnswered},
		{"proved unsent, and less is left than it believed in", request(StateRetry, func(r *Request) { r.PlannedForeign = 3000 }), sent(time.Minute, pay.FailureNotSent), looked(payment(canceled(3000, "상담", pay.CancelDone))), StateHeld, Rest, WhyBalanceMoved},
		{"found: the database was restored", request(StateApproved), nil, looked(payment(canceled(3000, ours, pay.CancelDone))), StateSucceeded, Rest, WhyAnswered},
		{"on the last moment", request(StateApproved, func(r *Request) { r.CancelBy = at }), nil, looked(payment()), StateApproved, SendAnew, WhySend},
		{"after it", request(StateApproved, func(r *Request) { r.CancelBy = at.Add(-time.Second) }), nil, looked(payment()), StateExpired, Rest, WhyDeadline},
		{"refunded in full by somebody else", request(StateApproved), nil, looked(payment(canceled(10_000, "상담", pay.CancelDone))), StateRejected, Rest, WhyAlready},
		{"a part was cancelled by somebody else since", request(StateApproved), nil, looked(payment(canceled(3000, "상담", pay.CancelDone))), StateRequested, Rest, WhyForeignCancel},
		{"it was cancelled before the word was given", request(StateApproved, func(r *Request) { r.PlannedForeign = 3000 }), nil, looked(payment(canceled(3000, "상담", pay.CancelDone))), StateApproved, SendAnew, WhySend},
		{"less is left than asked for", request(StateApproved, func(r *Request) { r.Amount = 9000 }), nil, looked(payment(canceled(3000, "상담", pay.CancelDone))), StateRequested, Rest, WhyAboveBalance},
		{"given back by hand meanwhile", request(StateApproved), nil, Answer{Payment: payment(), Known: Known{Given: []Given{{Parts: Parts{Amount: 8000}}}}}, StateRequested, Rest, WhyAboveBalance},
		{"the shop gave it back elsewhere", request(StateApproved), nil, Answer{Payment: payment(), Known: Known{Order: &pay.Order{RefundedElsewhere: 8000}}}, StateRequested, Rest, WhyAboveBalance},
		{"another foreign cancel still runs", request(StateApproved), nil, looked(payment(canceled(1000, "상담", pay.CancelInProgress))), StateApproved, Rest, WhyInFlight},
		{"and the rest of the payment waits for it, too", request(StateApproved, func(r *Request) { r.Amount, r.PlannedForeign = 9000, 1000 }), nil, looked(payment(canceled(1000, "상담", pay.CancelInProgress))), StateApproved, Rest, WhyInFlight},
		{"two seconds between cancels of one payment", request(StateApproved, func(r *Request) { r.PlannedForeign = 1000 }), nil, looked(payment(canceled(1000, "상담", pay.CancelDone), func(p *pay.Payment) { p.Cancels[0].CanceledAt = at.Add(-time.Second) })), StateApproved, Rest, WhyInFlight},
		{"no part of a payment that has none", request(StateApproved), nil, looked(payment(func(p *pay.Payment) { p.PartialCancelable = false })), StateHeld, Rest, WhyPartial},
		{"no part of a gift certificate", request(StateApproved), nil, looked(payment(func(p *pay.Payment) { p.Method = pay.GiftCertificate })), StateHeld, Rest, WhyPartial},
		{"no part of a virtual account that waits", request(StateApproved), nil, looked(payment(account(pay.RefundNone), func(p *pay.Payment) { p.Status, p.ApprovedAt = pay.WaitingForDeposit, time.Time{} })), StateHeld, Rest, WhyPartial},
		{"all of one is its closing", request(StateApproved, func(r *Request) { r.Amount = 10_000 }), nil, looked(payment(account(pay.RefundNone), func(p *pay.Payment) { p.Status, p.ApprovedAt = pay.WaitingForDeposit, time.Time{} })), StateApproved, SendAnew, WhySend},
		{"deposited meanwhile: an account is needed", request(StateApproved), nil, looked(payment(account(pay.RefundNone))), StateNeedsAccount, Rest, WhyNeedsAccount},
		{"the bank took the deposit back", request(StateApproved, virtual), nil, Answer{Payment: payment(account(pay.RefundNone), func(p *pay.Payment) { p.Status = pay.WaitingForDeposit }), Known: Known{AccountFingerprint: "print"}}, StateHeld, Rest, WhyNotPaid},
		{"changed since it was approved", altered(), nil, looked(payment()), StateRequested, Rest, WhyApprovalVoid},
		{"another account than the approved one", request(StateApproved, virtual), nil, Answer{Payment: payment(account(pay.RefundNone)), Known: Known{AccountFingerprint: "new"}}, StateRequested, Rest, WhyApprovalVoid},
		{"never paid", request(StateApproved), nil, looked(payment(func(p *pay.Payment) { p.Status = pay.Aborted })), StateHeld, Rest, WhyNotPaid},
		{"a night's proposal that is no longer owed", request(StateApproved, func(r *Request) { r.BreakID = "b" }), nil, Answer{Payment: payment(), Known: Known{Order: &pay.Order{Status: pay.OrderPaid, Amount: 10_000}}}, StateRejected, Rest, WhyNotOwed},
		{"and one that is", request(StateApproved, func(r *Request) { r.BreakID = "b" }), nil, Answer{Payment: payment(), Known: Known{Order: &pay.Order{Status: pay.OrderPartiallyCanceled, Amount: 10_000, CanceledAmount: 3000}}}, StateApproved, SendAnew, WhySend},
		{"the payment is not there", request(StateApproved), nil, Answer{Failure: &pay.Failure{Kind: pay.FailureNotFound, Code: "NOT_FOUND_PAYMENT"}}, StateHeld, Rest, "NOT_FOUND_PAYMENT"},
		{"the provider does not answer", request(StateApproved), nil, Answer{Failure: &pay.Failure{Kind: pay.FailureNoAnswer}}, StateApproved, Rest, WhyUnreachable},

		{"an aborted cancel of ours, which a person has seen, is no cancel", request(StateApproved), sent(time.Second, pay.FailureRefused), looked(payment(func(p *pay.Payment) {
			p.Cancels = []pay.Cancel{{TransactionKey: "tx", Amount: 3000, Reason: ours, Status: pay.CancelAborted, CanceledAt: at.Add(-time.Hour)}}
		})), StateApproved, SendAnew, WhySend},
		{"a look-up that failed is tried again soon where the deadline is near", request(StateApproved, func(r *Request) { r.CancelBy = at.Add(time.Minute) }), nil, Answer{Failure: &pay.Failure{Kind: pay.FailureNoAnswer}}, StateApproved, Rest, WhyUnreachable},

		// Afterwards.
		{"paid out", request(StateAccepted, virtual), nil, looked(payment(account(pay.RefundCompleted), canceled(3000, ours, pay.CancelDone))), StateSucceeded, Rest, WhyPaidOut},
		{"not paid out yet", request(StateAccepted, virtual), nil, looked(payment(account(pay.RefundPending), canceled(3000, ours, pay.CancelDone))), StateAccepted, Rest, WhyOnItsWay},
		{"the payout failed", request(StateAccepted, virtual), nil, looked(payment(account(pay.RefundFailed), canceled(3000, ours, pay.CancelDone))), StateHeld, Rest, WhyPayoutFailed},
		{"and partly", request(StateAccepted, virtual), nil, looked(payment(account(pay.RefundPartialFailed), canceled(3000, ours, pay.CancelDone))), StateHeld, Rest, WhyPayoutFailed},
		{"the payout takes too long", request(StateAccepted, virtual), nil, looked(payment(account(pay.RefundPending), canceled(3000, ours, pay.CancelDone), func(p *pay.Payment) { p.Cancels[0].CanceledAt = at.AddDate(0, -1, 0) })), StateHeld, Rest, WhyPayoutLate},
		{"a foreign cancel is done", request(StateAccepted), nil, looked(payment(canceled(3000, ours, pay.CancelDone))), StateSucceeded, Rest, WhyAnswered},
		{"or was aborted", request(StateAccepted, func(r *Request) { r.TransactionKey = "txxyz" }), nil, looked(payment(canceled(3000, ours, pay.CancelAborted))), StateHeld, Rest, WhyForeignAborted},
		{"its cancel is gone", request(StateAccepted), nil, looked(payment()), StateHeld, Rest, WhyVanished},
		{"held, and found after all", request(StateHeld), sent(time.Hour, pay.FailureNoAnswer), looked(payment(canceled(3000, ours, pay.CancelDone))), StateSucceeded, Rest, WhyAnswered},
		{"held since the payout failed, and paid out after all", request(StateHeld, virtual, func(r *Request) { r.ErrorCode, r.TransactionKey = WhyPayoutFailed, "txxyz" }), nil, looked(payment(account(pay.RefundCompleted), canceled(3000, ours, pay.CancelDone))), StateSucceeded, Rest, WhyPaidOut},
		{"a refund that went back by hand meanwhile is not sent again", request(StateUnknown), sent(time.Minute, pay.FailureNoAnswer), Answer{Payment: payment(), Known: Known{Given: []Given{{Parts: Parts{Amount: 8000}}}}}, StateHeld, Rest, WhyAboveBalance},
		{"a deposit that the bank could still take back", request(StateApproved, virtual), nil, Answer{Payment: payment(account(pay.RefundNone), func(p *pay.Payment) { p.ApprovedAt = at.Add(-9 * time.Minute) }), Known: Known{AccountFingerprint: "print"}}, StateApproved, Rest, WhyQuiet},
		{"two in flight at once, and one of them still runs: it stays a person's", request(StateHeld, func(r *Request) { r.ErrorCode = WhyTwoInFlight }), sent(time.Hour, pay.FailureNoAnswer), looked(payment(canceled(3000, ours, pay.CancelInProgress))), StateHeld, Rest, WhyTwoInFlight},
		{"two in flight at once, and it is done", request(StateHeld, func(r *Request) { r.ErrorCode = WhyTwoInFlight }), sent(time.Hour, pay.FailureNoAnswer), looked(payment(canceled(3000, ours, pay.CancelDone))), StateSucceeded, Rest, WhyAnswered},
		{"held, and nothing new", request(StateHeld, func(r *Request) { r.ErrorCode = "X" }), sent(time.Hour, pay.FailureNoAnswer), looked(payment()), StateHeld, Rest, "X"},
		{"nobody gave a word in time", request(StateRequested, func(r *Request) { r.CancelBy = at.Add(-time.Second) }), nil, looked(payment()), StateExpired, Rest, WhyDeadline},
		{"an account came", request(StateNeedsAccount), nil, Answer{Payment: payment(account(pay.RefundNone)), Known: Known{AccountFingerprint: "new"}}, StateRequested, Rest, WhyAsked},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.answer.SecretFingerprint = "s"
			step := Next(test.request, test.attempt, test.answer, at)
			if step.To != test.to || step.Do != test.do || step.Why != test.why {
				t.Errorf("to %s, do %q, since %s; expected %s, %q, %s", step.To, step.Do, step.Why, test.to, test.do, test.why)
			}
			if !MayMove(test.request.State, step.To) {
				t.Errorf("%s to %s is no move", test.request.State, step.To)
			}
			if open := step.To.Open() || step.To == StateAccepted; open && step.Do == Rest && (step.At.IsZero() || step.At.Sub(at) > 24*time.Hour) {
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
