package settle_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/settle"
)

func seoul(text string) time.Time {
	t, err := pay.ParseTime(text)
	if err != nil {
		panic(err)
	}
	return t
}

// toss1 and toss2 are the two rows of a real merchant whose arithmetic is known:
// a sale, and a cancel whose approval was of another day.
func toss1() settle.Row {
	return settle.Row{Version: 1, Recorded: seoul("2026-11-03 07:30:00"), Settlement: pay.Settlement{CardType: "신용",
		MID: "m", PaymentKey: "p1", TransactionKey: "t1", OrderID: "o1", Currency: pay.KRW, Method: pay.Card,
		Amount: 64_601, Fee: 1_492, Fees: []pay.Fee{{Type: "BASE", Amount: 1_492}}, SupplyAmount: 1_356, VAT: 136, PayOutAmount: 63_109,
		ApprovedAt: seoul("2026-11-02 10:00:00"), SoldDate: "2026-11-02", PaidOutDate: "2026-11-04",
	}}
}

func toss2() settle.Row {
	return settle.Row{Version: 1, Recorded: seoul("2026-11-07 07:30:00"), Settlement: pay.Settlement{CardType: "신용",
		MID: "m", PaymentKey: "p2", TransactionKey: "t2c", OrderID: "o2", Currency: pay.KRW, Method: pay.Card,
		Amount: -99_800, Fee: -2_250, Fees: []pay.Fee{{Type: "BASE", Amount: -2_250}}, SupplyAmount: -2_045, VAT: -205, PayOutAmount: -97_550,
		ApprovedAt: seoul("2026-10-20 10:00:00"), CanceledAt: seoul("2026-11-06 12:00:00"), SoldDate: "2026-11-06", PaidOutDate: "2026-11-10",
	}}
}

func sale(mid, key string, amount int64, at string) settle.Transaction {
	return settle.Transaction{MID: mid, PaymentKey: key, TransactionKey: strings.Replace(key, "p", "t", 1), Currency: pay.KRW, Method: pay.Card, Amount: amount, At: seoul(at)}
}

func cancelled(of settle.Transaction, key string, amount int64, at string) settle.Transaction {
	of.TransactionKey, of.Amount, of.At = key, -amount, seoul(at)
	return of
}

func with(r settle.Row, change func(*settle.Row)) settle.Row {
	change(&r)
	return r
}

// TestTheRowsOfAPayment holds rows against transactions, one rule a line.
func TestTheRowsOfAPayment(t *testing.T) {
	t.Parallel()
	bought, gone := sale("m", "p1", 64_601, "2026-11-02 10:00:00"), sale("m", "p2", 99_800, "2026-10-20 10:00:00")
	back := cancelled(gone, "t2c", 99_800, "2026-11-06 12:00:00")
	soldRow := func(change func(*settle.Row)) []settle.Row { return []settle.Row{with(toss1(), change)} }
	everything := settle.Days{{From: "2026-01-01", To: "2026-12-31"}}
	today := pay.Day("2026-11-30")
	for _, test := range []struct {
		name    string
		payment settle.Payment
		reading settle.Reading
		want    string // kind subject local provider amount share
	}{
		{name: "they agree", payment: settle.Payment{Transactions: []settle.Transaction{bought}, Rows: []settle.Row{toss1()}}},
		{name: "a cancel row bears its own key, and its parts are negative",
			payment: settle.Payment{Transactions: []settle.Transaction{gone, back}, Rows: []settle.Row{
				with(toss1(), func(r *settle.Row) { r.PaymentKey, r.Amount, r.PayOutAmount = "p2", 99_800, 98_308 }), toss2()}}},
		{name: "another amount", payment: settle.Payment{Transactions: []settle.Transaction{bought}, Rows: soldRow(func(r *settle.Row) { r.Amount, r.PayOutAmount = 63_601, 62_109 })},
			want: "settlement_amount_mismatch txn:t1 64601 63601 -1000 1000"},
		{name: "dollars in millionths are dollars", payment: settle.Payment{
			Transactions: []settle.Transaction{{MID: "m", PaymentKey: "p1", TransactionKey: "t1", Currency: pay.USD, Amount: 500, At: bought.At}},
			Rows:         soldRow(func(r *settle.Row) { r.Currency, r.Amount, r.PayOutAmount = pay.MUSD, 5_000_000, 4_998_508 })}},
		{name: "another currency has no difference", payment: settle.Payment{Transactions: []settle.Transaction{bought}, Rows: soldRow(func(r *settle.Row) { r.Currency = pay.USD })},
			want: "settlement_amount_mismatch txn:t1 64601 64601 - -"},
		{name: "the payout is not amount less fee", payment: settle.Payment{Transactions: []settle.Transaction{bought}, Rows: soldRow(func(r *settle.Row) { r.PayOutAmount = 63_110 })},
			want: "settlement_arithmetic txn:t1 63109 63110 1 0"},
		{name: "an interest fee beside the fee", payment: settle.Payment{Transactions: []settle.Transaction{bought}, Rows: soldRow(func(r *settle.Row) { r.InterestFee, r.PayOutAmount = 100, 63_009 })}},
		{name: "an interest fee within the fee", payment: settle.Payment{Transactions: []settle.Transaction{bought}, Rows: soldRow(func(r *settle.Row) { r.InterestFee = 100 })}},
		{name: "an interest fee taken twice", payment: settle.Payment{Transactions: []settle.Transaction{bought}, Rows: soldRow(func(r *settle.Row) { r.InterestFee, r.PayOutAmount = 100, 62_909 })},
			want: "settlement_arithmetic txn:t1 63109 62909 -200 0"},
		{name: "the fee is not supply and VAT", payment: settle.Payment{Transactions: []settle.Transaction{bought}, Rows: soldRow(func(r *settle.Row) { r.VAT = 135 })},
			want: "settlement_arithmetic txn:t1 63109 63109 0 0"},
		{name: "the fee is not its parts", payment: settle.Payment{Transactions: []settle.Transaction{bought}, Rows: soldRow(func(r *settle.Row) { r.Fees[0].Amount = 1_491 })},
			want: "settlement_arithmetic txn:t1 63109 63109 0 0"},
		{name: "a file names no parts", payment: settle.Payment{Transactions: []settle.Transaction{bought}, Rows: soldRow(func(r *settle.Row) { r.Fees = nil })}},
		{name: "a row of nothing", payment: settle.Payment{Rows: []settle.Row{toss1()}}, want: "settlement_unknown txn:t1 - 64601 64601 -64601"},
		{name: "a row of a day whose transactions were not read", payment: settle.Payment{Rows: []settle.Row{toss1()}},
			reading: settle.Reading{Today: today, Rows: everything, Transactions: settle.Days{{From: "2026-11-03", To: "2026-11-30"}}}},
		{name: "a row of before the first month leaves nothing unexplained", payment: settle.Payment{Rows: []settle.Row{toss1()}},
			reading: settle.Reading{Today: today, Rows: everything, Transactions: everything, Books: settle.Books{First: "2026-12"}},
			want:    "settlement_unknown txn:t1 - 64601 64601 0"},
		{name: "another merchant's row", payment: settle.Payment{Transactions: []settle.Transaction{bought}, Rows: soldRow(func(r *settle.Row) { r.MID = "other" })},
			want: "settlement_missing txn:t1 64601 - -64601 -, settlement_unknown txn:t1 - 64601 64601 -64601"},
		{name: "settled twice", payment: settle.Payment{Transactions: []settle.Transaction{bought}, Rows: []settle.Row{toss1(), with(toss1(), func(r *settle.Row) { r.Copy = 1 })}},
			want: "settlement_duplicate txn:t1 - 64601 64601 -64601"},
		{name: "no row", payment: settle.Payment{Transactions: []settle.Transaction{bought}}, want: "settlement_missing txn:t1 64601 - -64601 -"},
		{name: "no row of the cancel", payment: settle.Payment{Transactions: []settle.Transaction{gone, back},
			Rows: soldRow(func(r *settle.Row) { r.PaymentKey, r.Amount, r.PayOutAmount = "p2", 99_800, 98_308 })},
			want: "settlement_cancel_missing txn:t2c -99800 - 99800 -"},
		{name: "its rows were not read", payment: settle.Payment{Transactions: []settle.Transaction{bought}},
			reading: settle.Reading{Today: today, Transactions: everything, Rows: settle.Days{{From: "2026-11-03", To: "2026-11-30"}}}},
		{name: "cancelled whole on its day, and no row of either", payment: settle.Payment{Transactions: []settle.Transaction{bought, cancelled(bought, "t1c", 64_601, "2026-11-02 18:00:00")}}},
		{name: "cancelled in part on its day, and no row of either", payment: settle.Payment{Transactions: []settle.Transaction{bought, cancelled(bought, "t1c", 64_600, "2026-11-02 18:00:00")}},
			want: "settlement_missing txn:t1 64601 - -64601 -, settlement_cancel_missing txn:t1c -64600 - 64600 -"},
		{name: "cancelled whole on the next day, and no row of either", payment: settle.Payment{Transactions: []settle.Transaction{bought, cancelled(bought, "t1c", 64_601, "2026-11-03 00:00:00")}},
			want: "settlement_missing txn:t1 64601 - -64601 -, settlement_cancel_missing txn:t1c -64601 - 64601 -"},
		{name: "cancelled whole on its day, and only the sale has a row", payment: settle.Payment{
			Transactions: []settle.Transaction{bought, cancelled(bought, "t1c", 64_601, "2026-11-02 18:00:00")}, Rows: []settle.Row{toss1()}},
			want: "settlement_cancel_missing txn:t1c -64601 - 64601 -"},
		{name: "cancelled whole on its day, and both rows sum up to nothing", payment: settle.Payment{
			Transactions: []settle.Transaction{bought, cancelled(bought, "t1c", 64_601, "2026-11-02 18:00:00")},
			Rows: []settle.Row{
				with(toss1(), func(r *settle.Row) {
					r.Amount, r.Fee, r.Fees, r.SupplyAmount, r.VAT, r.PayOutAmount = 0, 0, nil, 0, 0, 0
				}),
				with(toss1(), func(r *settle.Row) {
					r.TransactionKey, r.CanceledAt = "t1c", seoul("2026-11-02 18:00:00")
					r.Amount, r.Fee, r.Fees, r.SupplyAmount, r.VAT, r.PayOutAmount = 0, 0, nil, 0, 0, 0
				})}}},
	} {
		reading := test.reading
		if reading.Today == "" {
			reading = settle.Reading{Today: today, Transactions: everything, Rows: everything}
		}
		if got := told(settle.Check(test.payment, settle.Rules{}, reading)); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// told writes findings as the tables of these tests do.
func told(found []reconcile.Finding) string {
	amount := func(n *int64) string {
		if n == nil {
			return "-"
		}
		return pay.KRW.Format(*n)
	}
	var parts []string
	for _, f := range found {
		parts = append(parts, strings.Join([]string{string(f.Kind), f.Subject, amount(f.LocalAmount), amount(f.ProviderAmount), amount(f.Amount), amount(f.Share)}, " "))
	}
	return strings.Join(parts, ", ")
}

// TestARowIsLate on the day after some bank days from its sold date: 50,000 won
// by card of Monday 2 November, none by Thursday 5 November.
func TestARowIsLate(t *testing.T) {
	t.Parallel()
	rules := settle.Rules{
		Cycle:        map[pay.Method]settle.Cycle{pay.Transfer: settle.Weekly, pay.Phone: settle.Monthly},
		LateBankDays: map[pay.Method]int{pay.Card: 3, pay.Transfer: 3, pay.Phone: 65},
	}
	for _, test := range []struct {
		name   string
		method pay.Method
		day    pay.Day
		sold   pay.Day
		dueBy  pay.Day
	}{
		{"by card, daily", pay.Card, "2026-11-02", "2026-11-02", "2026-11-05"},
		{"over a weekend", pay.Card, "2026-11-05", "2026-11-05", "2026-11-10"},
		{"over Chuseok and its holidays", pay.Card, "2026-09-23", "2026-09-23", "2026-09-30"},
		{"a week ends on Sunday", pay.Transfer, "2026-11-02", "2026-11-08", "2026-11-11"},
		{"on Sunday itself", pay.Transfer, "2026-11-08", "2026-11-08", "2026-11-11"},
		{"a week over the year's end", pay.Transfer, "2026-12-31", "2027-01-03", "2027-01-06"},
		{"a month", pay.Phone, "2026-02-01", "2026-02-28", "2026-06-05"},
		{"a method that nothing is said of", pay.GiftCertificate, "2026-11-02", "2026-11-02", "2026-11-05"},
	} {
		if got := rules.Cycle[test.method].SoldDate(test.day); got != test.sold {
			t.Errorf("%s: sold on %s, want %s", test.name, got, test.sold)
		}
		if got := rules.DueBy(test.method, test.day); got != test.dueBy {
			t.Errorf("%s: due by %s, want %s", test.name, got, test.dueBy)
			continue
		}
		tx := settle.Transaction{MID: "m", PaymentKey: "p", TransactionKey: "t", Currency: pay.KRW, Method: test.method, Amount: 50_000, At: test.day.Start()}
		for today, want := range map[pay.Day]int{test.dueBy: 0, test.dueBy.Add(1): 1} {
			found := settle.Check(settle.Payment{Transactions: []settle.Transaction{tx}}, rules,
				settle.Reading{Today: today, Rows: settle.Days{{From: "2026-01-01", To: "2027-12-31"}}})
			if len(found) != want {
				t.Errorf("%s: on %s %d breaks, want %d", test.name, today, len(found), want)
			}
		}
	}
}

// TestAPayoutThatWasPutOffIsOneBreak, however many rows moved, until the money
// has come.
func TestAPayoutThatWasPutOffIsOneBreak(t *testing.T) {
	t.Parallel()
	var moved settle.Reschedules
	from := settle.PayoutKey{MID: "m", Day: "2026-11-05", Currency: pay.KRW}
	for range 1_000 {
		moved.Add(settle.Moved{From: from, To: "2026-11-12", PaidOut: 97}, false)
	}
	moved.Add(settle.Moved{From: from, To: "2026-11-13", PaidOut: 3_000}, false)
	moved.Add(settle.Moved{From: from, To: "2026-11-11", PaidOut: 5_000}, true)
	moved.Add(settle.Moved{From: from, To: from.Day, PaidOut: 7_000}, false)
	found := moved.Findings()
	if got, want := told(found), "payout_rescheduled payout:2026-11-05:KRW 100000 100000 100000 0"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if len(found) == 1 && (found[0].LocalStatus != "2026-11-05" || found[0].ProviderStatus != "2026-11-12,2026-11-13") {
		t.Errorf("from %s to %s", found[0].LocalStatus, found[0].ProviderStatus)
	}
}

// TestARowThatIsReadAgain: what each reading makes of a transaction key.
func TestARowThatIsReadAgain(t *testing.T) {
	t.Parallel()
	row := toss1()
	later := with(row, func(r *settle.Row) { r.PaidOutDate = "2026-11-11" })
	sold := settle.Window{By: pay.BySold, Day: "2026-11-02"}
	paid, paidLater := settle.Window{By: pay.ByPaidOut, Day: "2026-11-04"}, settle.Window{By: pay.ByPaidOut, Day: "2026-11-11"}
	type reading struct {
		seen  []settle.Row
		whole []settle.Window
		want  string // change, version, payout day, state
	}
	for _, test := range []struct {
		name     string
		readings []reading
	}{
		{"the same from both windows is one row", []reading{
			{[]settle.Row{row, row}, []settle.Window{sold, paid}, "new 1 2026-11-04"}, {[]settle.Row{row}, []settle.Window{paid}, " 1 2026-11-04"}}},
		{"another payout day is a new version", []reading{
			{[]settle.Row{row}, []settle.Window{paid}, "new 1 2026-11-04"}, {[]settle.Row{later}, []settle.Window{paid, paidLater}, "changed 2 2026-11-11"}}},
		{"gone from a window read again", []reading{
			{[]settle.Row{row}, []settle.Window{paid}, "new 1 2026-11-04"}, {nil, []settle.Window{paid}, "withdrawn 2 none"}, {nil, []settle.Window{paid}, " 2 none"},
			{[]settle.Row{row}, []settle.Window{paid}, "changed 3 2026-11-04"}}},
		{"not shown by windows of other days", []reading{
			{[]settle.Row{row}, []settle.Window{paid}, "new 1 2026-11-04"}, {nil, []settle.Window{paidLater}, " 1 2026-11-04"}}},
		{"two rows, once: it may have moved between two lists", []reading{
			{[]settle.Row{row, later}, []settle.Window{paid, paidLater}, "new 1 2026-11-04"}, {[]settle.Row{later}, []settle.Window{paid, paidLater}, "changed 2 2026-11-11"}}},
		{"two rows, and again in both windows: a duplicate", []reading{
			{[]settle.Row{later, row}, []settle.Window{paid, paidLater}, "new 1 2026-11-04"},
			{[]settle.Row{row, later}, []settle.Window{paid, paidLater}, "changed 1 2026-11-04 and 2026-11-11"},
			{[]settle.Row{row, later}, []settle.Window{paid, paidLater}, " 1 2026-11-04 and 2026-11-11"},
			{[]settle.Row{row}, []settle.Window{paid, paidLater}, "changed 1 2026-11-04"}}},
		{"two rows, and one of the windows was not read again", []reading{
			{[]settle.Row{row, later}, []settle.Window{paid, paidLater}, "new 1 2026-11-04"},
			{[]settle.Row{row, later}, []settle.Window{paid, sold}, " 1 2026-11-04"},
			{[]settle.Row{row}, []settle.Window{paid}, " 1 2026-11-04"},
			{[]settle.Row{row, later}, []settle.Window{paid, paidLater}, "changed 1 2026-11-04 and 2026-11-11"}}},
		{"a duplicate whose first row goes", []reading{
			{[]settle.Row{row, later}, []settle.Window{paid, paidLater}, "new 1 2026-11-04"},
			{[]settle.Row{row, later}, []settle.Window{paid, paidLater}, "changed 1 2026-11-04 and 2026-11-11"},
			{[]settle.Row{later}, []settle.Window{paid, paidLater}, "changed 2 2026-11-11"}}},
		{"a duplicate of which nothing is left", []reading{
			{[]settle.Row{row, later}, []settle.Window{paid, paidLater}, "new 1 2026-11-04"},
			{[]settle.Row{row, later}, []settle.Window{paid, paidLater}, "changed 1 2026-11-04 and 2026-11-11"},
			{nil, []settle.Window{paid, paidLater}, "withdrawn 2 none"}}},
	} {
		var known settle.Known
		for i, r := range test.readings {
			whole := map[settle.Window]bool{}
			for _, w := range r.whole {
				whole[w] = true
			}
			var change settle.Change
			known, change = settle.Arrive(known, r.seen, whole, seoul("2026-11-05 07:30:00"))
			var days []string
			for _, row := range known.Current() {
				days = append(days, string(row.PaidOutDate))
			}
			got := string(change) + " " + pay.KRW.Format(int64(known.Row.Version)) + " " + strings.Join(slices.Concat(days), " and ")
			if days == nil {
				got += "none"
			}
			if got != r.want {
				t.Errorf("%s, reading %d: %q, want %q", test.name, i+1, got, r.want)
			}
		}
	}
}

// TestWhatAListSaysOfARow in the contract's words.
func TestWhatAListSaysOfARow(t *testing.T) {
	t.Parallel()
	row := toss1()
	second := with(row, func(r *settle.Row) { r.Version = 2 })
	gone := with(second, func(r *settle.Row) { r.Withdrawn = true })
	got := []settle.RowState{row.State(true), second.State(true), second.State(false), gone.State(false)}
	if want := []settle.RowState{settle.RowSettled, settle.RowChanged, settle.RowUnknown, settle.RowWithdrawn}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
