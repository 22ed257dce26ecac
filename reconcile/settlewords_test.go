package reconcile

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestSettlementDispositionsAreThoseOfTheDocument compares the table of
// docs/states.md, row by row, with what the kinds take.
func TestSettlementDispositionsAreThoseOfTheDocument(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/states.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "| settlement kind |")
	if !found {
		t.Fatal("docs/states.md has no table of settlement kinds")
	}
	told := map[string]string{}
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) == 4 && strings.HasPrefix(cells[0], " `") {
			told[strings.Trim(cells[0], " `")] = strings.Join(strings.Fields(strings.ReplaceAll(cells[3], "`", "")), " ")
		}
	}
	for _, kind := range SettlementKinds {
		var takes []string
		for _, as := range slices.Concat(Dispositions, SettlementDispositions) {
			if kind.Takes(as) {
				takes = append(takes, string(as))
			}
		}
		if want := strings.Join(takes, " "); told[string(kind)] != want {
			t.Errorf("%s takes %q, the document says %q", kind, want, told[string(kind)])
		}
	}
	if len(told) != len(SettlementKinds) {
		t.Errorf("the document tells of %d kinds, there are %d", len(told), len(SettlementKinds))
	}
}

// TestOnlySomeDecisionsChangeTheReceivable holds the contract's rule: an
// accepted fee is in the row already, and what waits is still owed.
func TestOnlySomeDecisionsChangeTheReceivable(t *testing.T) {
	t.Parallel()
	var moves []string
	for _, kind := range slices.Concat(Kinds, SettlementKinds) {
		for _, as := range slices.Concat(Dispositions, SettlementDispositions) {
			if kind.Adjusts(as) {
				if !kind.Takes(as) {
					t.Errorf("%s changes the receivable by %s, which it does not take", kind, as)
				}
				moves = append(moves, fmt.Sprintf("%s %s", kind, as))
			}
		}
	}
	want := []string{
		"payout_missing accepted_difference", "payout_missing set_off", "payout_short accepted_difference", "payout_short set_off",
		"settlement_missing accepted_difference", "settlement_missing set_off",
		"settlement_amount_mismatch accepted_difference", "settlement_amount_mismatch set_off",
		"payout_over accepted_difference", "payout_over set_off",
	}
	if !slices.Equal(moves, want) {
		t.Errorf("got %q", moves)
	}
}

// TestASettlementBreakIsKnownByItsSubject: two payouts of one merchant are two
// breaks, and an order's break keeps the id that it always had.
func TestASettlementBreakIsKnownByItsSubject(t *testing.T) {
	t.Parallel()
	one, _ := Remember(nil, &Finding{MID: "m", Kind: PayoutMissing, Subject: "payout:2026-11-02:KRW"}, "2026-11-04")
	two, _ := Remember(nil, &Finding{MID: "m", Kind: PayoutMissing, Subject: "payout:2026-11-03:KRW"}, "2026-11-05")
	if one.ID == two.ID {
		t.Error("two payouts are one break")
	}
	order, _ := Remember(nil, &Finding{MID: "m", OrderID: "o1", Kind: AmountMismatch}, "2026-11-04")
	if order.ID != BreakID("m", "o1", AmountMismatch) {
		t.Error("an order's break has another id than before")
	}
}

// TestTheScopeOfEveryKindIsKnown: no kind is of both scopes.
func TestTheScopeOfEveryKindIsKnown(t *testing.T) {
	t.Parallel()
	for _, kind := range Kinds {
		if kind.Scope() != ScopeOrders {
			t.Errorf("%s is of the scope %s", kind, kind.Scope())
		}
	}
	for _, kind := range SettlementKinds {
		if kind.Scope() != ScopeSettlement || kind.Rank() >= 0 {
			t.Errorf("%s is of the scope %s, rank %d", kind, kind.Scope(), kind.Rank())
		}
		if kind.Takes(RefundNow) || !kind.Takes(Waiting) {
			t.Errorf("%s takes refund_now or does not wait", kind)
		}
	}
}

// TestWhatHasNoAmountIsNotAccepted: a payout that came short is first matched.
func TestWhatHasNoAmountIsNotAccepted(t *testing.T) {
	t.Parallel()
	amount := int64(-30_000)
	short := Finding{Kind: PayoutShort}
	if short.Takes(AcceptedDifference) || short.Takes(SetOff) || !short.Takes(LimitHold) || !short.Takes(Waiting) || short.Takes(Rebate) {
		t.Error("a shortage without an amount takes the wrong decisions")
	}
	short.Amount = &amount
	if !short.Takes(AcceptedDifference) || !short.Takes(SetOff) {
		t.Error("a shortage with an amount is not accepted")
	}
	if !(Finding{Kind: AmountMismatch}).Takes(AcceptedDifference) {
		t.Error("an order's break needs an amount of settlement")
	}
}
