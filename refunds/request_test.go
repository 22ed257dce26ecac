package refunds

import (
	"testing"
	"time"

	"daesa/pay"
	"daesa/reconcile"
)

func broken(owed int64, payment pay.Payment) reconcile.Break {
	return reconcile.Break{ID: "b1", Status: reconcile.Open, Finding: reconcile.Finding{
		MID: "m", OrderID: "o", Kind: reconcile.CancelNotExecuted, Currency: pay.KRW, Owed: owed, Payment: &payment}}
}

func TestPropose(t *testing.T) {
	t.Parallel()
	now := seoul("2026-11-22 01:30:00")
	policy := Policy{AutoQueue: []reconcile.Kind{reconcile.CancelNotExecuted}, ApproveAbove: 5000, AccountDays: 365}
	card := pay.Payment{PaymentKey: "k", Method: pay.Card, Status: pay.Done, TotalAmount: 10000, BalanceAmount: 10000, Currency: pay.KRW, ApprovedAt: now.AddDate(0, 0, -3)}
	phone, account, dollars := card, card, card
	phone.Method, phone.ApprovedAt = pay.Phone, seoul("2026-10-31 23:59:59")
	account.Method, account.Account = pay.VirtualAccount, &pay.VirtualAccountState{}
	dollars.Currency = pay.USD
	inDollars := broken(100, dollars)
	inDollars.Currency = pay.USD
	timing := broken(9000, card)
	timing.Status = reconcile.Timing
	another := broken(9000, card)
	another.Kind = reconcile.DuplicatePayment
	tests := []struct {
		name   string
		b      reconcile.Break
		asked  Asked
		policy Policy
		want   State // "" for no request
		amount int64
	}{
		{"waits for another person's word", broken(9000, card), Asked{}, policy, StateRequested, 9000},
		{"at most approve_above is approved at once", broken(5000, card), Asked{}, policy, StateApproved, 5000},
		{"approve_above 0 approves nothing at once", broken(1, card), Asked{}, Policy{AutoQueue: policy.AutoQueue}, StateRequested, 1},
		{"other currencies are never approved at once", inDollars, Asked{}, policy, StateRequested, 100},
		{"what was asked for already is not asked again", broken(9000, card), Asked{Sum: 9000, Proposals: 1}, policy, "", 0},
		{"the rest is", broken(9000, card), Asked{Sum: 4000, Proposals: 1}, policy, StateApproved, 5000},
		{"a deposited virtual account needs an account", broken(9000, account), Asked{}, policy, StateNeedsAccount, 9000},
		{"one whose account is known waits for a person, however small", broken(4000, account), Asked{Known: Known{AccountFingerprint: "print"}}, policy, StateRequested, 4000},
		{"past its deadline it is expired, and listed", broken(9000, phone), Asked{}, policy, StateExpired, 9000},
		{"timing asks for nothing", timing, Asked{}, policy, "", 0},
		{"a kind that is not queued asks for nothing", another, Asked{}, policy, "", 0},
		{"nothing owed, nothing asked", broken(0, card), Asked{}, policy, "", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, _ := Propose(test.b, test.asked, test.policy, now)
			if test.want == "" {
				if got != nil {
					t.Errorf("proposed %+v", got)
				}
				return
			}
			if got == nil || got.State != test.want || got.Amount != test.amount || got.RequestedBy == "" || got.ApprovedBy != "" {
				t.Errorf("proposed %+v, want %s over %d", got, test.want, test.amount)
			}
			if got.AccountFingerprint != test.asked.Known.AccountFingerprint {
				t.Errorf("is to go to the account %q", got.AccountFingerprint)
			}
		})
	}
}

func TestARequestsIDIsDerivedFromMerchantAndReference(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	policy := Policy{AutoQueue: []reconcile.Kind{reconcile.CancelNotExecuted}}
	card := pay.Payment{PaymentKey: "k", Method: pay.Card, Status: pay.Done, TotalAmount: 1, BalanceAmount: 1}
	first, _ := Propose(broken(1, card), Asked{}, policy, now)
	second, _ := Propose(broken(1, card), Asked{Proposals: 1}, policy, now)
	if first.ID != RequestID("m", "auto:b1:1") || second.ID == first.ID || len(first.ID) != 26 {
		t.Errorf("ids %s and %s", first.ID, second.ID)
	}
}

// TestTheNightLeavesTheTaxFreePartToAPerson: of a part of a mixed payment nobody
// but a person knows what is tax-free; of all that is left it is plain.
func TestTheNightLeavesTheTaxFreePartToAPerson(t *testing.T) {
	t.Parallel()
	now := seoul("2026-11-22 01:30:00")
	policy := Policy{AutoQueue: []reconcile.Kind{reconcile.CancelNotExecuted}, ApproveAbove: 50_000, AccountDays: 365}
	p := pay.Payment{PaymentKey: "k", Method: pay.Card, Status: pay.Done, TotalAmount: 10_000, BalanceAmount: 10_000, TaxFreeAmount: 4000, Currency: pay.KRW, ApprovedAt: now.AddDate(0, 0, -3)}
	for owed, want := range map[int64]int64{10_000: 4000, 9999: -1, 5000: -1, 1: -1} {
		got, remark := Propose(broken(owed, p), Asked{}, policy, now)
		switch {
		case want < 0 && (got != nil || remark != reconcile.TaxPartNeeded):
			t.Errorf("of %d it proposes %+v, and remarks %q", owed, got, remark)
		case want >= 0 && (got == nil || got.TaxFreeAmount != want):
			t.Errorf("of %d it proposes %+v", owed, got)
		}
	}
	p.TaxFreeAmount = 0
	if got, remark := Propose(broken(5000, p), Asked{}, policy, now); got == nil || got.TaxFreeAmount != 0 || remark != "" {
		t.Errorf("of a payment without a tax-free part it proposes %+v, and remarks %q", got, remark)
	}
}
