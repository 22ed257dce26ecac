package sandbox

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// world is a random history, with a shop that goes on selling and cancelling.
type world struct {
	*hands
	rng  *rand.Rand
	keys []string
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{hands: merchant(t, Options{}), rng: rand.New(rand.NewPCG(seed, 1))}
	w.s.Seed(HistoryOptions{Seed: seed, Orders: 150 + int(seed%3)*100, Days: 25, End: seoul("2026-11-01 00:00:00"), BreakShare: 0.1})
	return w
}

// live acts for some days as people do, now and then on the wrong side of midnight.
func (w *world) live(days int) {
	methods := []Method{Card, Card, EasyPay, Transfer, VirtualAccount, Phone, GiftCertificate, PayPal, ForeignEasyPay}
	for range days * 6 {
		w.s.Advance(time.Duration(w.rng.IntN(8*60)) * time.Minute)
		if w.rng.IntN(3) > 0 || len(w.keys) == 0 {
			n := NewPayment{OrderID: fmt.Sprint("LIVE-", len(w.keys)), Method: methods[w.rng.IntN(len(methods))], Amount: 100 + w.rng.Int64N(400_000)}
			if n.Method == VirtualAccount && w.rng.IntN(2) == 0 {
				n.Status = Done
			}
			w.keys = append(w.keys, w.pay(n).Key)
			continue
		}
		key := w.keys[w.rng.IntN(len(w.keys))]
		p, _ := w.s.Payment(key)
		switch act := w.rng.IntN(5); {
		case p.Status == WaitingForDeposit:
			_ = w.s.Deposit(key, time.Time{}) // may be overdue
		case act == 0 && p.Method == VirtualAccount:
			_ = w.s.ReverseDeposit(key, time.Time{}) // may be cancelled already
		case act < 3 && p.Balance > 0:
			_ = w.s.ConsoleCancel(key, ConsoleCancel{Amount: 1 + w.rng.Int64N(p.Balance)}) // some methods take no parts
		default:
			_ = w.s.ConsoleCancel(key, ConsoleCancel{})
		}
	}
}

// pages reads all rows by one of the two days, some at a time.
func (w *world) pages(dateType string) []string {
	w.t.Helper()
	var out []string
	for page := 1; ; page++ {
		rows := w.settled(fmt.Sprintf("startDate=2026-01-01&endDate=2028-12-31&dateType=%s&size=97&page=%d", dateType, page))
		out = append(out, rows...)
		if len(rows) < 97 {
			return out
		}
	}
}

// net is what /v1/transactions says up to yesterday, by currency: approvals less
// cancels and less deposits that were taken back; and the keys of all rows.
func (w *world) net() (sums map[string]int64, keys map[string]bool) {
	w.t.Helper()
	sums, keys = map[string]int64{}, map[string]bool{}
	held := map[string]int64{} // of a payment
	yesterday := w.s.Now().AddDate(0, 0, -1).Format(time.DateOnly)
	for _, row := range w.list("startDate=2026-01-01T00:00:00&endDate=" + yesterday + "T23:59:59&limit=5000") {
		key, currency := row["paymentKey"].(string), row["currency"].(string)
		keys[row["transactionKey"].(string)] = true
		raw, _ := json.Marshal(row["amount"]) // a number
		amount, _ := parseMoney(string(raw), currency)
		switch row["status"] {
		case Done:
			held[key] += amount
			sums[currency] += amount
		case WaitingForDeposit: // issued, or taken back
			sums[currency] -= held[key]
			held[key] = 0
		default:
			held[key] -= amount
			sums[currency] -= amount
		}
	}
	return sums, keys
}

func TestSettlementsAreWhatTheLedgerSays(t *testing.T) {
	for seed := range uint64(12) {
		w := newWorld(t, seed)
		var before []string
		for range 4 {
			w.live(6)
			rows := w.pages("soldDate")
			want, keys := w.net()
			got, seen := map[string]int64{}, map[string]bool{}
			for _, raw := range rows {
				row := rowIn(t, raw)
				figure := func(n json.Number) int64 {
					v, isMoney := parseMoney(n.String(), row.Currency)
					if !isMoney {
						t.Fatalf("%s is no money: %s", n, raw)
					}
					return v
				}
				amount, fee, supply, vat := figure(row.Amount), figure(row.Fee), figure(row.SupplyAmount), figure(row.Vat)
				got[row.Currency] += amount
				parts := int64(0)
				for _, part := range row.Fees {
					parts += figure(part.Fee)
				}
				switch {
				case fee != supply+vat || fee != parts || figure(row.PayOutAmount) != amount-fee:
					t.Fatalf("the sums of a row do not agree: %s", raw)
				case (row.Cancel != nil) != (amount < 0) || amount < 0 && fee > 0:
					t.Fatalf("a sign is wrong: %s", raw)
				case !keys[row.TransactionKey]:
					t.Fatalf("no such transaction: %s", raw)
				case seen[row.TransactionKey]:
					t.Fatalf("twice: %s", raw)
				case row.PaidOutDate <= row.SoldDate:
					t.Fatalf("paid out before it was sold: %s", raw)
				}
				seen[row.TransactionKey] = true
			}
			for currency := range want {
				if got[currency] != want[currency] {
					t.Errorf("seed %d: %s %d in rows, %d in the ledger", seed, currency, got[currency], want[currency])
				}
			}
			known := map[string]bool{}
			for _, raw := range rows {
				known[raw] = true
			}
			for _, raw := range before {
				if !known[raw] {
					t.Fatalf("seed %d: a row changed or went: %s", seed, raw)
				}
			}
			byPayout := w.pages("paidOutDate")
			if slices.Sort(byPayout); !slices.Equal(byPayout, slices.Sorted(slices.Values(rows))) {
				t.Errorf("seed %d: another set of rows by paidOutDate", seed)
			}
			before = rows
		}
		if len(before) < 150 {
			t.Errorf("seed %d: only %d rows", seed, len(before))
		}
	}
}

// Without faults the passbook brings every payout to the won, whatever was held
// and whatever went back; with faults only the planted ones differ, as they say.
func TestThePassbookBringsThePayoutsToTheWon(t *testing.T) {
	for seed := range uint64(8) {
		w := newWorld(t, seed)
		w.live(5)
		for range 3 {
			_ = w.s.Hold(Hold{PaymentKey: w.keys[w.rng.IntN(len(w.keys))], PaidOutDate: "2026-11-30"})
		}
		w.live(30)
		now := w.s.Now()
		sums := map[string]int64{}
		for _, raw := range w.pages("paidOutDate") {
			row := rowIn(t, raw)
			if row.MID == "tosspayments" && row.Currency == "KRW" {
				sums[row.PaidOutDate] += won(row.PayOutAmount)
			}
		}
		days := []string{}
		for d := range sums {
			if d < now.Format(time.DateOnly) {
				days = append(days, d)
			}
		}
		slices.Sort(days)
		want := map[string]int64{}
		carry := int64(0)
		for _, d := range days {
			if carry += sums[d]; carry > 0 {
				want[d], carry = carry, 0
			}
		}
		yesterday := now.AddDate(0, 0, -1)
		clean, err := w.s.Passbook(PassbookOptions{To: yesterday, Opening: 1_000_000})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int64{}
		for _, l := range clean.Lines {
			if l.Payer == payerToss {
				got[l.At.Format(time.DateOnly)] += l.Amount
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || len(want) < 15 {
			t.Fatalf("seed %d: %v\nwant %v", seed, got, want)
		}
		faulty, err := w.s.Passbook(PassbookOptions{To: yesterday, Opening: 1_000_000, Plant: plantNames})
		if err != nil {
			t.Fatal(err)
		}
		touched := map[string]bool{}
		lines := map[string][]int64{}
		for _, l := range faulty.Lines {
			if l.Payer == payerToss {
				lines[l.At.Format(time.DateOnly)] = append(lines[l.At.Format(time.DateOnly)], l.Amount)
			}
		}
		for _, p := range faulty.Planted {
			expected := int64(0)
			for _, d := range p.Payouts {
				touched[d] = true
				expected += want[d]
			}
			if expected != p.Expected {
				t.Errorf("seed %d: %s: expected %d, the rows say %d", seed, p.Name, p.Expected, expected)
			}
			for i, d := range p.Dates {
				at := slices.Index(lines[d], p.Amounts[i])
				if at < 0 {
					t.Errorf("seed %d: %s: no line of %d on %s", seed, p.Name, p.Amounts[i], d)
					continue
				}
				lines[d] = slices.Delete(lines[d], at, at+1)
			}
		}
		for d, amount := range want { // what was not planted is whole
			if !touched[d] && !slices.Equal(lines[d], []int64{amount}) || touched[d] && len(lines[d]) > 0 {
				t.Errorf("seed %d: %s: lines %v, payout %d, planted %v", seed, d, lines[d], amount, touched[d])
			}
		}
	}
}
