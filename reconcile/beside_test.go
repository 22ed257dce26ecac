package reconcile

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/pay"
)

// TestMoneyBesideTheListIsNamedOrderByOrder: what no row of the list shows as its
// difference has a reason and its order, and nothing is left that has no name.
func TestMoneyBesideTheListIsNamedOrderByOrder(t *testing.T) {
	day := pay.Day("2026-11-27")
	after, before := day.End().Add(9*time.Hour), day.Start().Add(-40*24*time.Hour)
	run := runOf("m", 500_000, map[Kind]int64{CancelNotExecuted: -30_000, MissingAtProvider: 5_000, CurrencyMismatch: 900}, 0, 0)
	run.Day = day
	run.Differences = []Difference{
		{OrderID: "listed", Currency: pay.KRW, Amount: -20_000, Kind: CancelNotExecuted},
		{OrderID: "resolved", PaymentKey: "k", Currency: pay.KRW, Amount: -10_000, Kind: CancelNotExecuted},
		{OrderID: "timing", Currency: pay.KRW, Amount: 5_000, Kind: MissingAtProvider},
		{OrderID: "foreign", Currency: pay.KRW, Amount: 900, Kind: CurrencyMismatch},
		{OrderID: "moved", Currency: pay.KRW, Amount: -70_000, At: after},
		{OrderID: "listed", Currency: pay.KRW, Amount: -1_000, At: before},
		{OrderID: "reversed", Currency: pay.KRW, Amount: -2_000},
		{OrderID: "dollars", Currency: pay.USD, Amount: -2_000, At: after},
	}
	run.Totals[0].Explained, run.Totals[0].Provider = -97_100, 597_100
	all, _, err := Bridges([]Run{run}, won, []Listed{
		listedBreak("m", "listed", CancelNotExecuted, Open, -20_000), listedBreak("m", "listed", RefundFailed, Open, -20_000),
		listedBreak("m", "timing", MissingAtProvider, Timing, 5_000), listedBreak("m", "foreign", CurrencyMismatch, Open, 0),
		listedBreak("m", "unread", MissingLocally, Open, -40_000), listedBreak("m", "cleared", AmountMismatch, Cleared, 7_000),
	})
	if err != nil {
		t.Fatal(err)
	}
	beside := func(why BesideWhy, order, key string, amount int64, at time.Time) Beside {
		return Beside{Why: why, MID: "m", OrderID: order, PaymentKey: key, Currency: pay.KRW, Amount: amount, At: at}
	}
	b := all[0]
	if diff := cmp.Diff([]Beside{
		beside(BesideLater, "moved", "", -70_000, after),
		beside(BesideUnlisted, "listed", "", -1_000, before), beside(BesideUnlisted, "reversed", "", -2_000, time.Time{}),
		beside(BesideResolved, "resolved", "k", -10_000, time.Time{}),
		beside(BesideForeign, "foreign", "", 900, time.Time{}),
		beside(BesideNotSeen, "unread", "", 40_000, time.Time{}),
	}, b.Beside); diff != "" {
		t.Error(diff)
	}
	if b.Timing.Net != 5_000 || b.Others() || b.Other() != 0 || b.Unexplained() != 0 || b.Explained() != b.Stated {
		t.Errorf("timing %d, other %d, unexplained %d, explained %d of %d", b.Timing.Net, b.Other(), b.Unexplained(), b.Explained(), b.Stated)
	}
}

// TestABridgeSaysWhatItCannotName: where the differences of a run do not come to
// what it calls explained, the rest is shown.
func TestABridgeSaysWhatItCannotName(t *testing.T) {
	run := runOf("m", 100_000, map[Kind]int64{NeverPaid: 8_000}, 0, 0)
	run.Differences = []Difference{{OrderID: "1", Currency: pay.KRW, Amount: 3_000, Kind: NeverPaid}}
	all, _, err := Bridges([]Run{run}, won, []Listed{listedBreak("m", "1", NeverPaid, Open, 3_000)})
	if err != nil || !all[0].Others() || all[0].Other() != 5_000 || all[0].Unexplained() != 0 {
		t.Errorf("%+v %v", all, err)
	}
}
