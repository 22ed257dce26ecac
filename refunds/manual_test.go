package refunds

import (
	"strings"
	"testing"
	"time"

	"daesa/pay"
	"daesa/reconcile"
)

// TestATransferThatWasNeverSentNamesItsDeadline: what a night finds expired has
// had no answer of Toss, and does not speak of one.
func TestATransferThatWasNeverSentNamesItsDeadline(t *testing.T) {
	t.Parallel()
	now := seoul("2026-11-22 01:30:00")
	policy := Policy{AutoQueue: []reconcile.Kind{reconcile.CancelNotExecuted}, AccountDays: 365}
	phone := pay.Payment{PaymentKey: "k", Method: pay.Phone, Status: pay.Done, TotalAmount: 9_000, BalanceAmount: 9_000, Currency: pay.KRW, ApprovedAt: seoul("2026-10-31 23:59:59")}
	late, _ := Propose(broken(9_000, phone), Asked{}, policy, now)
	if late.State != StateExpired || late.ErrorCode != WhyDeadline || !late.FinishedAt.Equal(now) {
		t.Errorf("proposed %+v", late)
	}
	account := phone
	account.Method, account.Account, account.ApprovedAt = pay.VirtualAccount, &pay.VirtualAccountState{}, now.AddDate(0, 0, -3)
	if waiting, _ := Propose(broken(9_000, account), Asked{}, policy, now); waiting.ErrorCode != WhyNeedsAccount || !waiting.FinishedAt.IsZero() {
		t.Errorf("proposed %+v", waiting)
	}
	for _, test := range []struct {
		name     string
		transfer ManualTransfer
		want     string
	}{
		{"the reason that it has", ManualTransfer{Why: "EXCEED_MAX_REFUND_DUE", CancelBy: now, DueAt: now.Add(1)}, "EXCEED_MAX_REFUND_DUE"},
		{"listed without one, after its deadline", ManualTransfer{CancelBy: now, DueAt: now.Add(time.Second)}, WhyDeadline},
		{"listed without one, before its deadline", ManualTransfer{CancelBy: now, DueAt: now}, ""},
		{"listed without one, and no deadline is known", ManualTransfer{DueAt: now}, ""},
	} {
		if got := test.transfer.Cause(); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	if said := Explain(Korean, ManualTransfer{CancelBy: now, DueAt: now.Add(time.Second)}.Cause(), "", now).Cause; !strings.HasPrefix(said, "취소기한이 지났습니다") {
		t.Error(said)
	}
}

// TestATransferByHandIsAnotherPersonsWordAndTheBanksReference: due, approved by
// another person, done with what the bank wrote; dropped only with a reason.
func TestATransferByHandIsAnotherPersonsWordAndTheBanksReference(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		from ManualState
		word ManualWord
		ok   bool
	}{
		{"another person approves", ManualDue, ManualWord{To: ManualApproved, By: "lee"}, true},
		{"who asked cannot", ManualDue, ManualWord{To: ManualApproved, By: "Kim "}, false},
		{"nobody cannot", ManualDue, ManualWord{To: ManualApproved, By: " "}, false},
		{"it was transferred", ManualApproved, ManualWord{To: ManualDone, By: "kim", Reference: "KB 0122"}, true},
		{"and the bank's reference is not there", ManualApproved, ManualWord{To: ManualDone, By: "kim", Reference: " "}, false},
		{"it was transferred before anybody approved", ManualDue, ManualWord{To: ManualDone, By: "kim", Reference: "KB 0122"}, false},
		{"it is approved twice", ManualApproved, ManualWord{To: ManualApproved, By: "lee"}, false},
		{"it is done twice", ManualDone, ManualWord{To: ManualDone, By: "kim", Reference: "KB 0123"}, false},
		{"it is dropped before", ManualDue, ManualWord{To: ManualDropped, By: "kim", Note: "paid in cash"}, true},
		{"it is dropped after the word", ManualApproved, ManualWord{To: ManualDropped, By: "kim", Note: "paid in cash"}, true},
		{"it is dropped for no reason", ManualDue, ManualWord{To: ManualDropped, By: "kim"}, false},
		{"it is dropped after the transfer", ManualDone, ManualWord{To: ManualDropped, By: "kim", Note: "paid in cash"}, false},
	} {
		test.word.Now = at
		before := ManualTransfer{RefundID: own, State: test.from, RequestedBy: "kim"}
		after, err := before.Move(test.word)
		switch {
		case (err == nil) != test.ok:
			t.Errorf("%s: %v", test.name, err)
		case err != nil && after != before:
			t.Errorf("%s: it is %+v all the same", test.name, after)
		case err == nil && after.State != test.word.To:
			t.Errorf("%s: it is %s", test.name, after.State)
		}
	}
}
