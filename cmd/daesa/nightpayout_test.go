package main

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daesa/pay"
	"daesa/reports"
	"daesa/settle"
)

// Two merchants are paid out on one date: the sums are of both, and the state is that
// of the one that a person must look at. Other days and currencies are no part of it.
func TestTheNightsPayoutIsThatOfAllMerchants(t *testing.T) {
	t.Parallel()
	const day = pay.Day("2026-11-27")
	payout := func(day pay.Day, c pay.Currency, banked int64, state settle.State) settle.Payout {
		return settle.Payout{PayoutKey: settle.PayoutKey{Day: day, Currency: c}, Rows: 2, Amount: 1000, Fee: 20, FeeVAT: 2, Expected: 978, Banked: banked, State: state}
	}
	var f nightFigures
	f.paid(nil, day)
	if f.Payout != nil {
		t.Errorf("of nothing: %+v", f.Payout)
	}
	f.paid(&reports.Settlement{Payouts: []settle.Payout{payout(day, pay.KRW, 978, settle.MatchedFull), payout(day.Add(1), pay.KRW, 0, settle.Scheduled)}}, day)
	f.paid(&reports.Settlement{Payouts: []settle.Payout{payout(day, pay.KRW, 0, settle.Missing), payout(day, pay.USD, 0, settle.Unread)}}, day)
	want := &payoutFigures{Rows: 4, Amount: 2000, Fee: 40, FeeVAT: 4, Expected: 1956, Banked: 978, State: "missing"}
	if diff := cmp.Diff(want, f.Payout); diff != "" {
		t.Error(diff)
	}
	for _, state := range settle.States {
		if !slices.Contains(payoutStates, state) {
			t.Errorf("%s has no place", state)
		}
	}
}
