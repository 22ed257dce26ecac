package reconcile

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daesa/pay"
)

// TestAPartOfTheMerchantsIsNotTheDay: a sum in which a merchant lacks would pass
// for all of them.
func TestAPartOfTheMerchantsIsNotTheDay(t *testing.T) {
	t.Parallel()
	one := &DayMoney{Listed: true, Undated: 1, Totals: []DayTotal{
		{Currency: pay.USD, Method: pay.ForeignEasyPay, Shop: Moved{Approvals: 1_812, ApprovalCount: 1}},
		{Currency: pay.KRW, Method: pay.Card, Shop: Moved{Approvals: 1_000, ApprovalCount: 2, Cancels: 300, CancelCount: 1}, Provider: Moved{Approvals: 900, ApprovalCount: 1, CancelCount: 1, Unproven: 1}}}}
	two := &DayMoney{Undated: 2, Totals: []DayTotal{{Currency: pay.KRW, Method: pay.Card, Shop: Moved{Approvals: 50, ApprovalCount: 1}}}}
	both := &DayMoney{Undated: 3, Totals: []DayTotal{
		{Currency: pay.KRW, Method: pay.Card, Shop: Moved{Approvals: 1_050, ApprovalCount: 3, Cancels: 300, CancelCount: 1}, Provider: Moved{Approvals: 900, ApprovalCount: 1, CancelCount: 1, Unproven: 1}},
		{Currency: pay.USD, Method: pay.ForeignEasyPay, Shop: Moved{Approvals: 1_812, ApprovalCount: 1}}}}
	for _, test := range []struct {
		name string
		runs []Run
		want *DayMoney
	}{
		{"two merchants; the list of one was not read", []Run{{Complete: true, Moved: one}, {Complete: false, Moved: two}}, both},
		{"one that could not be read at all is said elsewhere", []Run{{Moved: two}, {}}, two},
		{"one that was stored without it", []Run{{Complete: true, Moved: one}, {Complete: true}}, nil},
		{"nothing", nil, nil},
	} {
		if got, err := SumDays(test.runs...); err != nil || cmp.Diff(test.want, got) != "" {
			t.Errorf("%s: %v %s", test.name, err, cmp.Diff(test.want, got))
		}
	}
	if one.Totals[0].Currency != pay.USD {
		t.Error("the sum has sorted a merchant's own")
	}
	huge := &DayMoney{Totals: []DayTotal{{Currency: pay.KRW, Provider: Moved{Cancels: math.MaxInt64}}}}
	if _, err := SumDays(Run{Moved: huge}, Run{Moved: huge}); err == nil {
		t.Error("it wrapped")
	}
	if net := (Moved{Approvals: 100, Cancels: 250}).Net(); net != -150 {
		t.Errorf("more cancelled than approved is net %d", net)
	}
}
