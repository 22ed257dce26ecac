package reports

import (
	"slices"
	"strings"
	"testing"

	"daesa/pay"
	"daesa/reconcile"
)

func TestWhatWasPaidOutIsShownWithItsFees(t *testing.T) {
	with := func(p *reconcile.PaidOut) Snapshot {
		s := sampleNight("tosspayments")
		s.Run.PaidOut = p
		return s
	}
	for _, c := range []struct {
		name    string
		paidOut *reconcile.PaidOut
		shown   []string // one after another, on both sheets
	}{
		{"in two currencies", &reconcile.PaidOut{Sums: []reconcile.PaidSum{
			{Currency: pay.KRW, Rows: 1_204, Amount: 54_701_000, Fee: 1_267_500, Paid: 53_433_500},
			{Currency: pay.USD, Rows: 2, Amount: 1_250, Fee: 40, Paid: 1_210},
		}}, []string{"1,204건", "54,701,000원", "1,267,500원", "53,433,500원", "12.50 USD", "0.40 USD", "12.10 USD"}},
		{"a day on which only cancels were set off", &reconcile.PaidOut{Sums: []reconcile.PaidSum{
			{Currency: pay.KRW, Rows: 1, Amount: -99_800, Fee: -2_250, Paid: -97_550},
		}}, []string{"-99,800원", "-2,250원", "-97,550원"}},
		{"not read", &reconcile.PaidOut{Why: "no answer, =HYPERLINK(1)"}, []string{"미조회"}},
		{"nothing was paid out", &reconcile.PaidOut{}, nil},
		{"not asked for", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := opened(t, drawn(t, []Snapshot{with(c.paidOut)}, Options{}))
			for _, sheet := range []string{"요약", "대사 확인"} {
				var shown []string
				for _, cell := range cellsOf(t, f, sheet) {
					shown = append(shown, cell.shown)
				}
				title := slices.IndexFunc(shown, func(text string) bool { return strings.Contains(text, "토스 정산금 지급") })
				if (title >= 0) != (c.shown != nil) {
					t.Fatalf("%s: the title is cell %d", sheet, title)
				}
				for _, want := range c.shown {
					if i := slices.IndexFunc(shown, func(text string) bool {
						return strings.TrimSuffix(text, "건") == strings.TrimSuffix(want, "건") || want == "미조회" && strings.HasPrefix(text, want)
					}); i < title {
						t.Errorf("%s: no %s after the title in\n%s", sheet, want, strings.Join(shown, "|"))
					}
				}
			}
		})
	}
}
