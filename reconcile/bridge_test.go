package reconcile

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daesa/pay"
)

// runOf is a run whose money in won ties, but for what is left unexplained.
func runOf(mid string, shop int64, byKind map[Kind]int64, timing, unexplained int64) Run {
	total := Total{Currency: pay.KRW, Shop: shop, ByKind: byKind, Timing: timing, Explained: timing, Unexplained: unexplained}
	for _, net := range byKind {
		total.Explained += net
	}
	total.Provider = shop - total.Explained - unexplained
	return Run{MID: mid, Totals: []Total{total}}
}

func listedBreak(mid, order string, kind Kind, status Status, difference int64) Listed {
	return Listed{MID: mid, OrderID: order, Currency: pay.KRW, Kind: kind, Status: status, Difference: difference}
}

var won = []pay.Currency{pay.KRW}

func TestABridgeLeadsFromTheShopToTheProvider(t *testing.T) {
	run := runOf("m", 100_000, map[Kind]int64{MissingAtProvider: 58_000, CancelNotExecuted: -30_000}, -17_000, 500)
	all, own, err := Bridges([]Run{run}, won, []Listed{
		listedBreak("m", "1", MissingAtProvider, Open, 58_000), listedBreak("m", "2", CancelNotExecuted, Reopened, -20_000), listedBreak("m", "3", CancelNotExecuted, Open, -10_000),
		listedBreak("m", "4", MissingLocally, Timing, -17_000), listedBreak("m", "5", AmountMismatch, Cleared, 9_000),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []Bridge{{Currency: pay.KRW, Shop: 100_000, Provider: 88_500, Stated: 11_000, Remainder: 500,
		Items:  []Item{{Kind: MissingAtProvider, Count: 1, Over: 58_000, Net: 58_000}, {Kind: CancelNotExecuted, Count: 2, Under: 30_000, Net: -30_000}},
		Timing: Item{Count: 1, Under: 17_000, Net: -17_000}}}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Error(diff)
	}
	if all[0].Explained() != 11_000 || all[0].Unexplained() != 500 || all[0].Others() || all[0].Other() != 0 {
		t.Errorf("explained %d, unexplained %d, other %d", all[0].Explained(), all[0].Unexplained(), all[0].Other())
	}
	want[0].MID = "m"
	if diff := cmp.Diff(want, own); diff != "" {
		t.Error(diff)
	}
}

// TestABridgeOfSeveralMerchantsLosesNoItem: also where a later merchant has
// kinds that no earlier one has, such as those that only a newer version knows.
func TestABridgeOfSeveralMerchantsLosesNoItem(t *testing.T) {
	later := map[Kind]int64{MissingAtProvider: 2_000}
	want := []Item{{Kind: MissingAtProvider, Net: 3_000, Other: 3_000}}
	for i := range 20 {
		kind := Kind(fmt.Sprintf("of tomorrow %02d", i))
		later[kind] = 10
		want = append(want, Item{Kind: kind, Net: 10, Other: 10})
	}
	all, own, err := Bridges([]Run{runOf("b", 10_000, map[Kind]int64{MissingAtProvider: 1_000}, 0, 0), runOf("a", 20_000, later, 5, 0), {MID: "c"}}, won, nil)
	if err != nil || len(all) != 1 || len(own) != 2 || own[0].MID != "a" || own[1].MID != "b" {
		t.Fatalf("%+v %+v %v", all, own, err)
	}
	if diff := cmp.Diff(want, all[0].Items); diff != "" || all[0].Unexplained() != 0 || all[0].Other() != 3_205 {
		t.Errorf("%d unexplained, %d other: %s", all[0].Unexplained(), all[0].Other(), diff)
	}
}

// TestAnOrdersMoneyCountsOnce: under its most serious kind, as the run counts it;
// what a person has resolved is not shown, and stands under what the list cannot
// show.
func TestAnOrdersMoneyCountsOnce(t *testing.T) {
	run := runOf("m", 50_000, map[Kind]int64{CancelNotExecuted: -30_000, AmountMismatch: 7_000}, 0, 0)
	all, _, err := Bridges([]Run{run}, won, []Listed{
		listedBreak("m", "1", RefundFailed, Open, -30_000), listedBreak("m", "1", CancelNotExecuted, Open, -30_000), listedBreak("m", "2", AmountMismatch, Resolved, 7_000),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[Kind]Item{CancelNotExecuted: {Kind: CancelNotExecuted, Count: 1, Under: 30_000, Net: -30_000}, RefundFailed: {Kind: RefundFailed, Count: 1},
		AmountMismatch: {Kind: AmountMismatch, Net: 7_000, Other: 7_000}}
	if CancelNotExecuted.Rank() > RefundFailed.Rank() {
		t.Fatal("the test takes the other kind for the more serious one")
	}
	got := map[Kind]Item{}
	for _, i := range all[0].Items {
		got[i.Kind] = i
	}
	if diff := cmp.Diff(want, got); diff != "" || !all[0].Others() {
		t.Error(diff)
	}
}

func TestABridgeThatOverflowsIsNone(t *testing.T) {
	huge := runOf("m", math.MaxInt64, nil, 0, 0)
	if _, _, err := Bridges([]Run{huge, runOf("n", 1, nil, 0, 0)}, won, nil); err == nil {
		t.Error("two merchants' money overflows without a word")
	}
	if _, _, err := Bridges([]Run{huge}, won, []Listed{listedBreak("m", "1", NeverPaid, Open, math.MaxInt64), listedBreak("m", "2", NeverPaid, Open, 1)}); err == nil {
		t.Error("the list's money overflows without a word")
	}
}

// TestWonAlwaysHasABridge: a night without any money ties, and says so.
func TestWonAlwaysHasABridge(t *testing.T) {
	all, own, err := Bridges([]Run{{MID: "m"}}, []pay.Currency{pay.KRW, pay.USD}, nil)
	if err != nil || len(own) != 0 || len(all) != 1 || all[0].Currency != pay.KRW || all[0].Unexplained() != 0 {
		t.Errorf("%+v %+v %v", all, own, err)
	}
}
