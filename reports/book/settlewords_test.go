package book

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"daesa/reconcile"
	"daesa/settle"
)

// TestEveryWordOfSettlementHasALabel: in both languages, two of which are never
// the same.
func TestEveryWordOfSettlementHasALabel(t *testing.T) {
	named(t, PayoutLabels, settle.States)
	named(t, MonthLabels, settle.MonthStates)
	named(t, BucketLabels, settle.Buckets)
	named(t, EvidenceLabels, settle.Evidences)
	named(t, WhyLabels, []settle.Why{settle.NoLine, settle.Ambiguous, settle.AmountDiffers, settle.OtherAccount, settle.NotCovered})
	named(t, LineLabels, []settle.LineState{settle.LineMatched, settle.LineOpen, settle.LineIgnored})
	named(t, BasisLabels, []settle.Basis{settle.BasisSold, settle.BasisPaid})
	named(t, DecisionLabels, slices.Concat(reconcile.Dispositions, reconcile.SettlementDispositions))
	for _, kind := range reconcile.SettlementKinds {
		if l := KindLabels[kind]; l.Ko() == "" || l.En() == "" {
			t.Errorf("the kind %s has the label %q", kind, l)
		}
		advice := SettlementAdvice[kind]
		for _, l := range []Label{advice.Meaning, advice.Remedy} {
			if l.Ko() == "" || l.En() == "" {
				t.Errorf("the kind %s has the advice %q", kind, l)
			}
		}
	}
	for _, l := range []Language{Korean, English} {
		seen := map[string]reconcile.Kind{}
		for _, kind := range reconcile.SettlementKinds {
			if twin, twice := seen[l.Kind(kind)]; twice {
				t.Errorf("%s and %s are both %q", kind, twin, l.Kind(kind))
			}
			seen[l.Kind(kind)] = kind
		}
	}
}

// named says which values have no label, a label twice, or no value.
func named[K ~string](t *testing.T, labels map[K]Label, values []K) {
	t.Helper()
	ko, en := map[string]K{}, map[string]K{}
	for _, v := range values {
		l := labels[v]
		if l.Ko() == "" || l.En() == "" {
			t.Errorf("%s has the label %q", v, l)
		}
		if twin, twice := ko[l.Ko()]; twice {
			t.Errorf("%s and %s are both %q", v, twin, l.Ko())
		}
		if twin, twice := en[l.En()]; twice {
			t.Errorf("%s and %s are both %q", v, twin, l.En())
		}
		ko[l.Ko()], en[l.En()] = v, v
	}
	if len(labels) != len(values) {
		t.Errorf("%d labels for %d values: %v", len(labels), len(values), labels)
	}
}

// TestTheContractsWordsOfSettlement are those of contract 8, letter by letter.
func TestTheContractsWordsOfSettlement(t *testing.T) {
	var months, payouts []string
	for _, s := range settle.MonthStates {
		months = append(months, Korean.Month(s))
	}
	for _, s := range settle.States {
		payouts = append(payouts, Korean.Payout(s))
	}
	if want := []string{"진행 중", "가마감", "마감 가능", "마감", "마감 해제"}; !slices.Equal(months, want) {
		t.Errorf("the months are %q", months)
	}
	if want := []string{"입금예정", "도래", "입금 확인", "지연 입금", "입금 부족", "입금 초과", "미입금", "상계 이월", "미확인(조회 안 됨)"}; !slices.Equal(payouts, want) {
		t.Errorf("the payouts are %q", payouts)
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "states.md"))
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range settle.States {
		if !strings.Contains(string(text), payouts[i]+" `"+string(s)+"`") {
			t.Errorf("docs/states.md does not say %s of %s", payouts[i], s)
		}
	}
	for i, s := range settle.MonthStates {
		if !strings.Contains(string(text), months[i]+" `"+string(s)+"`") {
			t.Errorf("docs/states.md does not say %s of %s", months[i], s)
		}
	}
	for as, want := range map[reconcile.Disposition]string{
		reconcile.Rebate: "수수료 환급", reconcile.SetOff: "상계", reconcile.LimitHold: "한도초과 보류", reconcile.OtherIncome: "잡이익",
	} {
		if got := DecisionLabels[as].Ko(); got != want {
			t.Errorf("%s is %q, want %q", as, got, want)
		}
	}
}
