package settle_test

import (
	"fmt"
	"testing"

	"daesa/pay"
	"daesa/settle"
)

// BenchmarkAPayment is what one payment of a month costs while its rows are
// streamed: checks, fee, fold and movements. Nothing of it is kept.
func BenchmarkAPayment(b *testing.B) {
	everything := settle.Days{{From: "2026-01-01", To: "2026-12-31"}}
	reading := settle.Reading{Today: "2026-11-30", Transactions: everything, Rows: everything}
	tariff := settle.Tariff{{Method: pay.Card, Rate: rate("2.1%")}}
	payment := settle.Payment{Transactions: []settle.Transaction{sale("m", "p1", 64_601, "2026-11-02 10:00:00")}, Rows: []settle.Row{toss1()}}
	var fold settle.Fold
	ledger := settle.NewLedger(settle.Books{First: "2026-11"})
	b.ReportAllocs()
	for b.Loop() {
		settle.Check(payment, settle.Rules{}, reading)
		if _, off := tariff.Judge(payment.Rows[0]); off {
			b.Fatal("it is as agreed")
		}
		fold.Add(payment.Rows[0])
		ledger.Post(settle.MoveOf(payment.Transactions[0]))
		ledger.Post(settle.MoveOfRow(payment.Rows[0]))
	}
}

// BenchmarkAYearOfDeposits matches what was never matched: three merchants, a
// year of bank days, a hundred deposits of others a day.
func BenchmarkAYearOfDeposits(b *testing.B) {
	d := settle.Deposits{Accounts: oneAccount}
	for day := pay.Day("2026-01-02"); day <= "2026-12-31"; day = day.Add(1) {
		for i, mid := range []string{"a", "b", "c"} {
			if day.BankDay() {
				p := payout(mid, day, 1_000_000+int64(len(d.Payouts))*7_919)
				d.Payouts = append(d.Payouts, p)
				if len(d.Payouts)%17 != 0 {
					d.Lines = append(d.Lines, deposit(fmt.Sprintf("t%s%d %s %d", day, i, day, p.Expected)))
				}
			}
		}
		for i := range 100 {
			d.Lines = append(d.Lines, deposit(fmt.Sprintf("x%s%d %s %d ?", day, i, day, 1_000+i*13)))
		}
	}
	look := settle.Look{Today: "2026-12-31"}
	for b.Loop() {
		if placed := settle.Place(d, look); len(placed.Matches) == 0 {
			b.Fatal("nothing is matched")
		}
	}
}
