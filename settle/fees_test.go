package settle_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"daesa/pay"
	"daesa/settle"
	"pgregory.net/rapid"
)

func rate(text string) settle.Rate {
	r, ok := settle.ParseRate(text)
	if !ok {
		panic(text)
	}
	return r
}

// TestARateIsReadAsItIsWritten, and nothing else is a rate.
func TestARateIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]settle.Rate{
		"2.1%": 21_000_000, "2.05 %": 20_500_000, "0%": 0, "100%": 1_000_000_000, "0.0000001%": 1, "3.25%": 32_500_000,
	} {
		got, ok := settle.ParseRate(text)
		if !ok || got != want || got.String() != strings.ReplaceAll(text, " ", "") {
			t.Errorf("%q is %d (%t), written %s", text, got, ok, got)
		}
	}
	for _, text := range []string{"", "2.1", "%", "-2%", "2.%", "2,1%", "100.1%", "2.12345678%", "1e2%", "+2%"} {
		if got, ok := settle.ParseRate(text); ok {
			t.Errorf("%q is read as %s", text, got)
		}
	}
}

// TestAFeeIsAsAgreed within one won: supply is floor(amount x rate) and a fixed
// part. 64,601 at 2.10 % and 99,800 at 2.05 % are rows of a real merchant.
func TestAFeeIsAsAgreed(t *testing.T) {
	t.Parallel()
	sold := func(amount, supply int64) settle.Row {
		return with(toss1(), func(r *settle.Row) { r.Amount, r.SupplyAmount = amount, supply })
	}
	back := func(amount, supply int64) settle.Row {
		return with(toss2(), func(r *settle.Row) { r.Amount, r.SupplyAmount = amount, supply })
	}
	of := func(method pay.Method, r settle.Row) settle.Row { r.Method = method; return r }
	by := func(text string, fixed int64) settle.Tariff { return settle.Tariff{{Rate: rate(text), Fixed: fixed}} }
	for _, test := range []struct {
		name   string
		tariff settle.Tariff
		row    settle.Row
		off    bool
		want   int64 // expected: of what is agreed, what is nearest to the fee
	}{
		{"the real sale", by("2.1%", 0), toss1(), false, 1_356},
		{"the real cancel", by("2.05%", 0), toss2(), false, -2_045},
		{"one won more", by("2.1%", 0), sold(64_601, 1_357), false, 1_356},
		{"one won less", by("2.1%", 0), sold(64_601, 1_355), false, 1_356},
		{"two won more", by("2.1%", 0), sold(64_601, 1_358), true, 1_356},
		{"two won less", by("2.1%", 0), sold(64_601, 1_354), true, 1_356},
		{"another rate", by("2.05%", 0), toss1(), true, 1_324},
		{"a fixed part", by("0%", 300), sold(64_601, 300), false, 300},
		{"nothing agreed", nil, toss1(), false, 0},
		{"a cancel gives back by rate, not the fixed part", by("2%", 300), back(-10_000, -200), false, -200},
		{"a cancel gives back both", by("2%", 300), back(-10_000, -500), false, -500},
		{"a cancel by card gives nothing back", by("2%", 0), back(-10_000, 0), true, -200},
		{"a cancel of a transfer may give nothing back", by("2%", 0), of(pay.Transfer, back(-10_000, 0)), false, 0},
		{"a cancel of a virtual account may give nothing back", by("0%", 300), of(pay.VirtualAccount, back(-10_000, 0)), false, 0},
		{"a cancel of a transfer may give all back", by("2%", 0), of(pay.Transfer, back(-10_000, -200)), false, -200},
		{"a cancel of a transfer that gives half back", by("2%", 0), of(pay.Transfer, back(-10_000, -100)), true, -200},
		{"instalments that the shop bears are beside the rate", by("2.1%", 0), with(sold(64_601, 2_356), func(r *settle.Row) {
			r.Fees = []pay.Fee{{Type: "BASE", Amount: 1_492}, {Type: "INSTALLMENT", Amount: 1_100}}
		}), false, 1_356},
		{"amounts as large as can be", by("100%", 0), sold(900_000_000_000_000_000, 900_000_000_000_000_000), false, 900_000_000_000_000_000},
	} {
		got, off := test.tariff.Judge(test.row)
		if off != test.off || got.Expected != test.want {
			t.Errorf("%s: off %t, expected %d; want %t, %d", test.name, off, got.Expected, test.off, test.want)
		}
	}
}

// TestTheMostExactRuleCounts, of these the newest by the day of the approval.
func TestTheMostExactRuleCounts(t *testing.T) {
	t.Parallel()
	row := with(toss1(), func(r *settle.Row) { r.Issuer = "61" }) // of 2 November
	for _, test := range []struct {
		name   string
		tariff settle.Tariff
		want   string
	}{
		{"a method before all", settle.Tariff{{Method: pay.Card, Rate: 2}, {Rate: 1}}, "0.0000002%"},
		{"an issuer before a card type", settle.Tariff{{Issuer: "61", Rate: 2}, {CardType: "신용", Rate: 1}}, "0.0000002%"},
		{"two before one", settle.Tariff{{Issuer: "61", Rate: 1}, {Method: pay.Card, CardType: "신용", Rate: 2}}, "0.0000002%"},
		{"exact before new", settle.Tariff{{Method: pay.Card, Rate: 2, From: "2026-01-01"}, {Rate: 1, From: "2026-11-01"}}, "0.0000002%"},
		{"the newest", settle.Tariff{{Rate: 2, From: "2026-11-02"}, {Rate: 1, From: "2026-08-14"}}, "0.0000002%"},
		{"not one to come", settle.Tariff{{Rate: 1, From: "2026-11-03"}, {Rate: 2, From: "2026-08-14"}}, "0.0000002%"},
		{"the last of two alike", settle.Tariff{{Rate: 1}, {Rate: 2}}, "0.0000002%"},
		{"not another merchant's", settle.Tariff{{MID: "other", Rate: 1}, {Rate: 2}}, "0.0000002%"},
		{"not another provider's", settle.Tariff{{Provider: "토스페이", Rate: 1}, {Rate: 2}}, "0.0000002%"},
	} {
		if got, ok := test.tariff.Of(row); !ok || got.Rate.String() != test.want {
			t.Errorf("%s: %s", test.name, got.Rate)
		}
	}
	if _, ok := (settle.Tariff{{Method: pay.Transfer}}).Of(row); ok {
		t.Error("a rule of another method counts")
	}
	cancel := with(toss2(), func(r *settle.Row) { r.ApprovedAt = seoul("2026-08-13 23:59:59") })
	if got, _ := (settle.Tariff{{Rate: 1, From: "2026-08-14"}, {Rate: 2}}).Of(cancel); got.Rate != 2 {
		t.Error("a cancel goes by another rate than its approval")
	}
}

// off are rows that are not as a tariff of 2.1 % says.
func off(t interface{ Fatalf(string, ...any) }, rows ...settle.Row) []settle.Unexpected {
	tariff := settle.Tariff{{Rate: rate("2.1%")}}
	var all []settle.Unexpected
	for _, row := range rows {
		u, is := tariff.Judge(row)
		if !is {
			t.Fatalf("%s is as agreed", row.TransactionKey)
		}
		all = append(all, u)
	}
	return all
}

func charged(i int, amount int64, percent string, day string) settle.Row {
	return with(toss1(), func(r *settle.Row) {
		r.TransactionKey, r.PaymentKey = fmt.Sprintf("t%04d", i), fmt.Sprintf("p%04d", i)
		r.Amount, r.SupplyAmount = amount, amount*int64(rate(percent))/settle.RateUnit
		r.ApprovedAt = seoul(day + " 12:00:00")
	})
}

// TestARateThatChangedIsOneBreak: a thousand rows at 2.05 % from 14 February on
// are one break, and a fee that no rate explains with another is named singly.
func TestARateThatChangedIsOneBreak(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	var rows []settle.Row
	var expected, paid int64
	for i := range 1_000 {
		row := charged(i, 10_000+rng.Int64N(1_000_000), "2.05%", string(pay.Day("2026-02-14").Add(i%20)))
		rows = append(rows, row)
		expected += row.Amount * 21 / 1_000
		paid += row.SupplyAmount
	}
	odd := charged(5_000, 500_000, "9.99%", "2026-02-20")
	check := charged(5_001, 300_000, "1.5%", "2026-02-21")
	check.CardType = "체크"
	for _, order := range []uint64{1, 2} {
		all := slices.Concat(rows, []settle.Row{odd, check})
		rand.New(rand.NewPCG(order, 0)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		var fees settle.FeeGroups
		for _, u := range off(t, all...) {
			fees.Add(u)
		}
		found := fees.Findings()
		want := fmt.Sprintf("fee_unexpected fee:card:신용:2026-02-14 %d %d %d 0, fee_unexpected txn:t5000 10500 49950 39450 0, fee_unexpected txn:t5001 6300 4500 -1800 0",
			expected, paid, paid-expected)
		if got := told(found); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if len(found) > 0 && found[0].ProviderStatus != "2.05%" {
			t.Errorf("the rate is %s", found[0].ProviderStatus)
		}
	}
}

// TestTwoRatesOfOneDayAreOneSubject: the rates of two issuers changed together.
func TestTwoRatesOfOneDayAreOneSubject(t *testing.T) {
	t.Parallel()
	var fees settle.FeeGroups
	for i := range 40 {
		for _, u := range off(t, charged(i, 900_000+int64(i), []string{"2.05%", "1.9%"}[i%2], "2026-02-14")) {
			fees.Add(u)
		}
	}
	if groups := fees.Groups(); len(groups) != 2 || groups[0].Rows != 20 || groups[1].Rows != 20 {
		t.Errorf("%+v", groups)
	}
	found := fees.Findings()
	if len(found) != 1 || found[0].ProviderStatus != "1.9%,2.05%" {
		t.Errorf("%s %+v", told(found), found)
	}
}

// TestMoreRowsThanAreHeldAreStillOneGroup: memory grows with breaks, not rows.
func TestMoreRowsThanAreHeldAreStillOneGroup(t *testing.T) {
	t.Parallel()
	var fees settle.FeeGroups
	for i := range 20_000 {
		for _, u := range off(t, charged(i, 10_000+int64(i*37)%900_000, "2.05%", string(pay.Day("2026-02-14").Add(i/1_000)))) {
			fees.Add(u)
		}
	}
	groups := fees.Groups()
	if len(groups) != 1 || groups[0].Rows != 20_000 || groups[0].From != "2026-02-14" || groups[0].Rate != rate("2.05%") {
		t.Errorf("%+v", groups)
	}
}

// TestAGroupIsExplainedByItsRate: whatever rates were charged, every row of a
// group is its rate's within one won, and no two rows that are named singly have
// a rate in common.
func TestAGroupIsExplainedByItsRate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		percents := []string{"1.5%", "1.505%", "2.05%", "3.3%"}
		var rows []settle.Row
		for i := range rapid.IntRange(1, 40).Draw(t, "rows") {
			amount := rapid.Int64Range(10_000, 3_000_000).Draw(t, "amount")
			rows = append(rows, charged(i, amount, rapid.SampledFrom(percents).Draw(t, "rate"), "2026-02-14"))
		}
		var all []settle.Unexpected
		for _, row := range rows {
			if u, is := (settle.Tariff{{Rate: rate("2.1%")}}).Judge(row); is {
				all = append(all, u)
			}
		}
		var fees settle.FeeGroups
		for _, u := range all {
			fees.Add(u)
		}
		explains := func(r settle.Rate, u settle.Unexpected) bool {
			fee := u.Amount / settle.RateUnit * int64(r)
			fee += u.Amount % settle.RateUnit * int64(r) / settle.RateUnit
			return max(fee-u.Charged, u.Charged-fee) <= 1
		}
		groups := fees.Groups()
		inGroups := int64(0)
		for _, g := range groups {
			inGroups += g.Rows
			alike := int64(0)
			for _, u := range all {
				if explains(g.Rate, u) {
					alike++
				}
			}
			if alike < g.Rows {
				t.Fatalf("%s explains %d rows of a group of %d", g.Rate, alike, g.Rows)
			}
		}
		single := int64(0)
		for _, f := range fees.Findings() {
			if strings.HasPrefix(f.Subject, "txn:") {
				single++
			}
		}
		if inGroups+single != int64(len(all)) {
			t.Fatalf("%d in groups, %d singly, of %d", inGroups, single, len(all))
		}
	})
}
