package settle_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"daesa/internal/written"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/settle"
)

// TestAMonthIsItsDays: months are those of the calendar in Seoul.
func TestAMonthIsItsDays(t *testing.T) {
	t.Parallel()
	if got := settle.MonthOf(time.Date(2026, 5, 31, 15, 0, 0, 0, time.UTC)); got != "2026-06" {
		t.Errorf("midnight in Seoul is of %s", got)
	}
	for m, want := range map[settle.Month]string{
		"2026-02": "2026-02-01 2026-02-28 2026-03 2026-01", "2026-12": "2026-12-01 2026-12-31 2027-01 2026-11", "2028-02": "2028-02-01 2028-02-29 2028-03 2028-01",
	} {
		if got := fmt.Sprint(m.First(), " ", m.Last(), " ", m.Next(), " ", m.Before()); got != want {
			t.Errorf("%s: %s, want %s", m, got, want)
		}
	}
	for _, text := range []string{"2026-13", "2026", "2026-1", "2026-01-01", ""} {
		if _, ok := settle.ParseMonth(text); ok {
			t.Errorf("%q is a month", text)
		}
	}
	if m, ok := settle.ParseMonth("2026-05"); !ok || m != "2026-05" {
		t.Errorf("2026-05 is %q", m)
	}
}

// ready are the facts of a month that may be locked.
func ready() settle.Facts {
	read := map[pay.Day]pay.Day{}
	for day := pay.Day("2026-05-01"); day <= "2026-05-31"; day = day.Add(1) {
		read[day] = day.Add(7)
	}
	return settle.Facts{Month: "2026-05", Today: "2026-06-08", Transactions: read, Rows: read, Accounts: []string{"main"},
		Passbook: map[string]settle.Days{"main": {{From: "2026-05-01", To: "2026-06-04"}}}}
}

// TestWhenAMonthIsReady: one thing that is missing keeps it from it. The third
// bank day after May is 4 June, since 3 June is an election day.
func TestWhenAMonthIsReady(t *testing.T) {
	t.Parallel()
	without := func(days map[pay.Day]pay.Day, day pay.Day) map[pay.Day]pay.Day {
		less := map[pay.Day]pay.Day{}
		for d, read := range days {
			if d != day {
				less[d] = read
			}
		}
		return less
	}
	for _, test := range []struct {
		name   string
		change func(*settle.Facts)
		want   string
	}{
		{"it is", func(*settle.Facts) {}, "ready"},
		{"it is not over", func(f *settle.Facts) { f.Today = "2026-05-31" }, "open not_over 2026-05-31"},
		{"the day after it is over, when nothing was read again", func(f *settle.Facts) {
			f.Today, f.Rows = "2026-06-01", map[pay.Day]pay.Day{}
		}, "provisional window_unread settlements 2026-05-01 31"},
		{"a day of the list was never read", func(f *settle.Facts) { f.Transactions = without(f.Transactions, "2026-05-17") }, "provisional window_unread transactions 2026-05-17 1"},
		{"a day was read again too early", func(f *settle.Facts) { f.Rows = without(f.Rows, "2026-05-31"); f.Rows["2026-05-31"] = "2026-06-06" }, "provisional window_young settlements 2026-05-31 1"},
		{"the passbook ends a day too early", func(f *settle.Facts) { f.Passbook["main"] = settle.Days{{From: "2026-05-01", To: "2026-06-03"}} }, "provisional passbook_short main 2026-06-04"},
		{"the passbook has a hole", func(f *settle.Facts) {
			f.Passbook["main"] = settle.Days{{From: "2026-05-01", To: "2026-05-10"}, {From: "2026-05-12", To: "2026-06-30"}}
		}, "provisional passbook_short main 2026-06-04"},
		{"no passbook", func(f *settle.Facts) { f.Accounts = nil }, "provisional no_passbook"},
		{"no passbook, and it is assumed", func(f *settle.Facts) { f.Accounts, f.Assumed = nil, true }, "ready"},
		{"a break is open", func(f *settle.Facts) {
			f.Breaks = map[reconcile.Kind]int64{reconcile.PayoutMissing: 2, reconcile.FeeUnexpected: 1}
		}, "provisional breaks_open payout_missing 2, breaks_open fee_unexpected 1"},
		{"a person must say which line it is", func(f *settle.Facts) { f.Undecided = 3 }, "provisional undecided 3"},
		{"a won is unexplained", func(f *settle.Facts) { f.Unexplained = 1 }, "provisional unexplained =1"},
		{"what is unexplained was resolved", func(f *settle.Facts) { f.Unexplained, f.Resolved = -30_000, -30_000 }, "ready"},
		{"it is locked", func(f *settle.Facts) { f.Locked, f.Unexplained = true, 1 }, "locked"},
		{"it was reopened, and is ready", func(f *settle.Facts) { f.Reopened = true }, "ready"},
		{"it was reopened, and is not", func(f *settle.Facts) { f.Reopened, f.Undecided = true, 1 }, "reopened undecided 1"},
	} {
		facts := ready()
		test.change(&facts)
		state, reasons := facts.State()
		var said []string
		for _, r := range reasons {
			words := []string{string(r.Code), r.Name, string(r.Day)}
			if r.Count != 0 {
				words = append(words, fmt.Sprint(r.Count))
			}
			if r.Amount != 0 {
				words = append(words, fmt.Sprint("=", r.Amount))
			}
			said = append(said, strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " "))
		}
		if got := strings.TrimSpace(string(state) + " " + strings.Join(said, ", ")); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// TestWhoLocksWhat: months in their order, by another person, and only the newest
// is reopened.
func TestWhoLocksWhat(t *testing.T) {
	t.Parallel()
	at := seoul("2026-06-08 10:00:00")
	books := settle.Books{First: "2026-04", Locks: []settle.Lock{{Month: "2026-04", At: at}}}
	facts := []settle.Facts{ready()}
	waits := ready()
	waits.Undecided = 1
	june := ready()
	june.Month = "2026-06"
	lock := books.MayLock
	for _, test := range []struct {
		name string
		err  error
		want any
	}{
		{"another person", lock("2026-05", facts, "lee", "kim"), nil},
		{"nobody has decided", lock("2026-05", facts, "lee", ""), nil},
		{"the person who decided", lock("2026-05", facts, "kim", "kim"), &settle.SamePersonError{}},
		{"the same name, written otherwise", lock("2026-05", facts, " Kim", "kim "), &settle.SamePersonError{}},
		{"the same name in full width", lock("2026-05", facts, "ｋｉｍ", "kim "), &settle.SamePersonError{}},
		{"a name that could be another's", lock("2026-05", facts, "кim", "lee"), &written.NameError{}},
		{"nobody", lock("2026-05", facts, " ", ""), &written.NameError{}},
		{"one of two merchants is not ready", lock("2026-05", []settle.Facts{ready(), waits}, "lee", "kim"), &settle.NotReadyError{}},
		{"the month before is not locked", lock("2026-06", []settle.Facts{june}, "lee", "kim"), &settle.OrderError{}},
		{"it is locked already", lock("2026-04", facts, "lee", "kim"), &settle.NotReadyError{}},
		{"the first month needs none", settle.Books{First: "2026-05"}.MayLock("2026-05", facts, "lee", "kim"), nil},
		{"the newest is reopened", books.MayReopen("2026-04", "입금 확인"), nil},
		{"without a note", books.MayReopen("2026-04", " "), &settle.NoteError{}},
		{"one that is not locked", books.MayReopen("2026-05", "입금 확인"), &settle.NotLockedError{}},
		{"an older one", settle.Books{First: "2026-04", Locks: []settle.Lock{{Month: "2026-04", At: at}, {Month: "2026-05", At: at}}}.MayReopen("2026-04", "입금 확인"), &settle.OrderError{}},
		{"a match of an open month is taken back", books.MayUnmatch(settle.Match{Recorded: at.Add(time.Hour), Paid: []settle.Paid{{Day: "2026-04-30"}}}), nil},
		{"one of a locked month is not", books.MayUnmatch(settle.Match{Recorded: at, Paid: []settle.Paid{{Day: "2026-04-30"}}}), &settle.FrozenError{}},
		{"one of before the first month, which is in a frozen opening, is not", books.MayUnmatch(settle.Match{Recorded: at, Paid: []settle.Paid{{Day: "2026-02-23"}}}), &settle.FrozenError{}},
		{"as long as the first month is open, it is", settle.Books{First: "2026-04"}.MayUnmatch(settle.Match{Recorded: at, Paid: []settle.Paid{{Day: "2026-02-23"}}}), nil},
	} {
		if got, want := fmt.Sprintf("%T", test.err), fmt.Sprintf("%T", test.want); got != want {
			t.Errorf("%s: %s (%v), want %s", test.name, got, test.err, want)
		}
		if hinted := (interface{ Hint() string })(nil); test.err != nil && (!errors.As(test.err, &hinted) || hinted.Hint() == "" || test.err.Error() == "") {
			t.Errorf("%s: nothing says what to do", test.name)
		}
	}
}

// TestWhatComesAfterALockIsPostedInTheFirstOpenMonth, with its own date kept. A
// month that was reopened takes its own again.
func TestWhatComesAfterALockIsPostedInTheFirstOpenMonth(t *testing.T) {
	t.Parallel()
	april, may := seoul("2026-05-12 10:00:00"), seoul("2026-06-12 10:00:00")
	versions := []settle.Version{
		{Month: "2026-04", Number: 1, LockedAt: seoul("2026-05-10 10:00:00"), Reopened: seoul("2026-05-11 10:00:00")},
		{Month: "2026-05", Number: 1, LockedAt: may}, {Month: "2026-04", Number: 2, LockedAt: april},
	}
	books := settle.Books{First: "2026-04", Locks: settle.StandingLocks(versions)}
	if books.Open() != "2026-06" {
		t.Errorf("%s is the first open month", books.Open())
	}
	for _, test := range []struct {
		name     string
		own      settle.Month
		recorded time.Time
		want     settle.Month
	}{
		{"before its lock", "2026-04", april.Add(-time.Second), "2026-04"},
		{"at the instant of its lock", "2026-04", april, "2026-04"},
		{"after it", "2026-04", april.Add(time.Second), "2026-05"},
		{"after the next one's, too", "2026-04", may.Add(time.Second), "2026-06"},
		{"between the versions", "2026-04", seoul("2026-05-10 12:00:00"), "2026-04"},
		{"of an open month", "2026-06", may.Add(time.Second), "2026-06"},
		{"of a month to come", "2026-07", april, "2026-07"},
		{"older than the first month, and known when that was locked", "2026-01", april, ""},
		{"older than the first month, and later", "2026-01", april.Add(time.Second), "2026-05"},
	} {
		got, ok := books.Posted(test.own, test.recorded)
		if got != test.want || ok != (test.want != "") {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	if got, ok := (settle.Books{First: "2026-04"}).Posted("2026-03", may); ok {
		t.Errorf("as long as the first month is open, what is older is in its opening, not in %s", got)
	}
}

// TestAMonthRollsForward by the figures of a small month: 11,000 won sold, a fee
// of 300 and 30, a cancel of another sale, a payout, a shortage accepted.
func TestAMonthRollsForward(t *testing.T) {
	t.Parallel()
	at := seoul("2026-05-20 08:00:00")
	ledger := settle.NewLedger(settle.Books{First: "2026-05"})
	sold, back := sale("m", "p1", 11_000, "2026-05-19 10:00:00"), cancelled(sale("m", "p2", 5_000, "2026-04-02 10:00:00"), "t2c", 2_000, "2026-05-20 10:00:00")
	sold.Recorded, back.Recorded = at, at
	row := with(toss1(), func(r *settle.Row) {
		r.Amount, r.Fee, r.SupplyAmount, r.VAT, r.PayOutAmount, r.ApprovedAt, r.Recorded = 11_000, 330, 300, 30, 10_670, sold.At, at
		r.InterestFee, r.PayOutAmount = 70, 10_600
	})
	p := payout("m", "2026-05-21", 10_600)
	p.Absorbs = []settle.PayoutKey{{MID: "m", Day: "2026-05-20", Currency: pay.KRW}}
	parts := []settle.Part{{Payout: p.PayoutKey, Method: pay.Card, PayOut: 12_600}, {Payout: p.Absorbs[0], Method: pay.Transfer, PayOut: -2_000}}
	match := settle.NewMatch(deposits("l1 2026-05-21 10000"), []settle.Payout{p})
	match.Recorded = at
	moves := slices.Concat([]settle.Movement{settle.MoveOf(sold), settle.MoveOf(back), settle.MoveOfRow(row),
		settle.MoveOfRow(with(row, func(r *settle.Row) { r.Withdrawn = true })),
		settle.MoveOfDecision(settle.Decision{Kind: reconcile.PayoutShort, As: reconcile.AcceptedDifference, Day: "2026-05-25", Amount: -600, Recorded: at}),
		settle.MoveOfDecision(settle.Decision{Kind: reconcile.PayoutShort, As: reconcile.LimitHold, Day: "2026-05-25", Amount: -600, Recorded: at}),
		settle.MoveOfDecision(settle.Decision{Kind: reconcile.FeeUnexpected, As: reconcile.AcceptedDifference, Day: "2026-05-25", Amount: 9, Recorded: at})},
		settle.MovesOfMatch(match, "m", parts, []settle.Payout{p}))
	for _, move := range moves {
		ledger.Post(move)
	}
	got := ledger.Month("2026-05", map[pay.Method]int64{pay.Transfer: 7_000})
	want := settle.Rollforward{Opening: 7_000, Roll: settle.Roll{Approvals: 11_000, Cancels: 2_000, Fees: 370, FeeVAT: 30, Payouts: 10_000, Adjustments: -600}, Closing: 5_000,
		ByMethod: []settle.MethodRoll{
			{Method: "", Roll: settle.Roll{Payouts: -600, Adjustments: -600}},
			{Method: pay.Card, Roll: settle.Roll{Approvals: 11_000, Cancels: 2_000, Fees: 370, FeeVAT: 30, Payouts: 12_600}, Closing: -4_000},
			{Method: pay.Transfer, Opening: 7_000, Roll: settle.Roll{Payouts: -2_000}, Closing: 9_000},
		}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if next := ledger.Month("2026-06", got.ClosingByMethod()); next.Opening != 5_000 || next.Closing != 5_000 {
		t.Errorf("the next month opens with %d", next.Opening)
	}
}

// TestAChangeAfterTheLockIsPrior: the difference alone is posted in the next
// month, and the old month keeps its figures.
func TestAChangeAfterTheLockIsPrior(t *testing.T) {
	t.Parallel()
	lock := seoul("2026-06-12 10:00:00")
	books := settle.Books{First: "2026-05", Locks: []settle.Lock{{Month: "2026-05", At: lock}}}
	before := with(toss1(), func(r *settle.Row) { r.ApprovedAt, r.Recorded = seoul("2026-05-30 10:00:00"), lock.Add(-time.Hour) })
	after := with(before, func(r *settle.Row) { r.VAT, r.PayOutAmount, r.Recorded = 140, 63_005, lock.Add(time.Hour) })
	ledger := settle.NewLedger(books)
	for _, move := range []settle.Movement{settle.MoveOfRow(before), settle.MoveOfRow(before).Undone(after.Recorded), settle.MoveOfRow(after)} {
		ledger.Post(move)
	}
	may, june := ledger.Month("2026-05", nil), ledger.Month("2026-06", nil)
	if may.Fees != 1_356 || may.FeeVAT != 136 || may.Prior != (settle.Roll{}) {
		t.Errorf("May is %+v", may)
	}
	if want := (settle.Roll{Fees: 100, FeeVAT: 4}); june.Roll != want || june.Prior != want {
		t.Errorf("June is %+v", june)
	}
}

// TestADecisionLapses when what it wrote off comes after all.
func TestADecisionLapses(t *testing.T) {
	t.Parallel()
	same, other := int64(-600), int64(-500)
	d := settle.Decision{Kind: reconcile.PayoutShort, As: reconcile.SetOff, Amount: -600}
	if d.Lapses(&reconcile.Finding{Amount: &same}) || !d.Lapses(&reconcile.Finding{Amount: &other}) || !d.Lapses(&reconcile.Finding{}) || !d.Lapses(nil) {
		t.Error("it goes by something else than the amount")
	}
	d.As = reconcile.LimitHold
	if d.Lapses(nil) {
		t.Error("what changed nothing lapses")
	}
}

// TestTheClosingByRows, bucket by bucket, at the end of May.
func TestTheClosingByRows(t *testing.T) {
	t.Parallel()
	key := func(day pay.Day) settle.PayoutKey {
		return settle.PayoutKey{MID: "m", Day: day, Currency: pay.KRW}
	}
	part := func(day pay.Day, m settle.Month, out int64) settle.Part {
		return settle.Part{Payout: key(day), Month: m, Method: pay.Card, Rows: 1, Amount: out, PayOut: out}
	}
	parts := []settle.Part{
		part("2026-04-02", "2026-03", 1), part("2026-05-14", "2026-05", 20), part("2026-05-20", "2026-05", 300), part("2026-05-27", "2026-05", 4_000),
		part("2026-05-29", "2026-05", 50_000), part("2026-06-02", "2026-05", 600_000), part("2026-06-02", "2026-06", 7_000_000),
	}
	standing := settle.Standing{MID: "m", Parts: parts, Payouts: settle.Payouts(parts), NoRow: []settle.NoRow{{Month: "2026-05", Method: pay.Phone, Count: 2, Amount: 80}, {Month: "2026-06", Count: 1, Amount: 9}}}
	told := func(s settle.Standing) string {
		rows := s.ByRows("2026-05-31")
		var aged []string
		for _, a := range rows.Aging {
			aged = append(aged, fmt.Sprint(a.Bucket, " ", a.Count, " ", a.Amount))
		}
		behind := rows.Aging[0].Amount // without a row: of no payout
		for _, u := range rows.Unpaid {
			behind += u.Amount
			if u.Bucket != settle.BucketOf(u.Payout.Day, "2026-05-31") || u.Amount == 0 {
				t.Errorf("%+v stands behind no age", u)
			}
		}
		if behind != rows.Closing {
			t.Errorf("%d stand behind a closing of %d", behind, rows.Closing)
		}
		return fmt.Sprint(rows.Closing, ": ", strings.Join(aged, ", "), " ", rows.Shares)
	}
	match := func(line string, day pay.Day) settle.Match {
		p := standing.Payouts[slices.IndexFunc(standing.Payouts, func(p settle.Payout) bool { return p.Day == day })]
		return settle.NewMatch(deposits(strings.Split(line, "; ")...), []settle.Payout{p})
	}
	for _, test := range []struct {
		name   string
		change func(*settle.Standing)
		want   string
	}{
		{"nothing came", func(*settle.Standing) {}, "654401: no_row 2 80, not_due 2 650000, d1_3 1 4000, d4_7 1 300, d8_30 1 20, over_30 1 1 []"},
		{"one came", func(s *settle.Standing) { s.Matches = []settle.Match{match("l1 2026-05-29 50000", "2026-05-29")} },
			"604401: no_row 2 80, not_due 1 600000, d1_3 1 4000, d4_7 1 300, d8_30 1 20, over_30 1 1 []"},
		{"one came after the month", func(s *settle.Standing) { s.Matches = []settle.Match{match("l1 2026-06-01 50000", "2026-05-29")} },
			"654401: no_row 2 80, not_due 2 650000, d1_3 1 4000, d4_7 1 300, d8_30 1 20, over_30 1 1 []"},
		{"one came in two parts, the second after the month", func(s *settle.Standing) {
			s.Matches = []settle.Match{match("l1 2026-05-29 20000; l2 2026-06-01 30000", "2026-05-29")}
		}, "634401: no_row 2 80, not_due 1 630000, d1_3 1 4000, d4_7 1 300, d8_30 1 20, over_30 1 1 []"},
		{"one came short", func(s *settle.Standing) { s.Matches = []settle.Match{match("l1 2026-05-29 49000", "2026-05-29")} },
			"604401: no_row 2 80, not_due 1 600000, d1_3 1 4000, d4_7 1 300, d8_30 1 20, over_30 1 1 [{payout:2026-05-29:KRW payout_short 1000}]"},
		{"one came with too much", func(s *settle.Standing) { s.Matches = []settle.Match{match("l1 2026-05-29 51000", "2026-05-29")} },
			"604401: no_row 2 80, not_due 1 600000, d1_3 1 4000, d4_7 1 300, d8_30 1 20, over_30 1 1 [{payout:2026-05-29:KRW payout_over -1000}]"},
		{"one that did not come is written off", func(s *settle.Standing) {
			s.Decisions = []settle.Decision{{Kind: reconcile.PayoutMissing, As: reconcile.SetOff, Subject: "payout:2026-05-27:KRW", Day: "2026-05-30", Amount: -4_000, Method: pay.Card}}
		}, "650401: no_row 2 80, not_due 2 650000, d1_3 1 0, d4_7 1 300, d8_30 1 20, over_30 1 1 []"},
		{"one is written off after the month", func(s *settle.Standing) {
			s.Decisions = []settle.Decision{{Kind: reconcile.PayoutMissing, As: reconcile.SetOff, Subject: "payout:2026-05-27:KRW", Day: "2026-06-01", Amount: -4_000}}
		}, "654401: no_row 2 80, not_due 2 650000, d1_3 1 4000, d4_7 1 300, d8_30 1 20, over_30 1 1 []"},
		{"transactions without a row are written off", func(s *settle.Standing) {
			s.Decisions = []settle.Decision{{Kind: reconcile.SettlementMissing, As: reconcile.AcceptedDifference, Day: "2026-05-30", Amount: -80}}
		}, "654321: no_row 2 0, not_due 2 650000, d1_3 1 4000, d4_7 1 300, d8_30 1 20, over_30 1 1 []"},
		{"a shortage that is accepted is of the lines, not of the rows", func(s *settle.Standing) {
			s.Decisions = []settle.Decision{{Kind: reconcile.PayoutShort, As: reconcile.AcceptedDifference, Subject: "payout:2026-05-29:KRW", Day: "2026-05-30", Amount: -9}}
		}, "654401: no_row 2 80, not_due 2 650000, d1_3 1 4000, d4_7 1 300, d8_30 1 20, over_30 1 1 []"},
		{"there is no passbook, and all is assumed", func(s *settle.Standing) { s.Assumed = true }, "600080: no_row 2 80, not_due 1 600000, d1_3 0 0, d4_7 0 0, d8_30 0 0, over_30 0 0 []"},
		{"the passbook begins in May", func(s *settle.Standing) { s.PassbookFrom = "2026-05-01" }, "654400: no_row 2 80, not_due 2 650000, d1_3 1 4000, d4_7 1 300, d8_30 1 20, over_30 0 0 []"},
	} {
		s := standing
		test.change(&s)
		if got := told(s); got != test.want {
			t.Errorf("%s:\n%s, want\n%s", test.name, got, test.want)
		}
	}
	if got := standing.Older("2026-04"); len(got) != 1 || got[0].Day != "2026-04-02" {
		t.Errorf("payouts of rows before April: %v", got)
	}
}

// TestANegativeDayIsCoveredByTheLineOfTheNext: -97,550 won of 10 November are set
// off in the payout of the 11th.
func TestANegativeDayIsCoveredByTheLineOfTheNext(t *testing.T) {
	t.Parallel()
	key := func(day pay.Day) settle.PayoutKey {
		return settle.PayoutKey{MID: "m", Day: day, Currency: pay.KRW}
	}
	parts := []settle.Part{{Payout: key("2026-11-10"), Month: "2026-11", PayOut: -97_550}, {Payout: key("2026-11-11"), Month: "2026-11", PayOut: 100_000}}
	payouts := settle.Payouts(parts)
	standing := settle.Standing{MID: "m", Parts: parts, Payouts: payouts}
	if got := standing.ByRows("2026-11-30").Closing; got != 2_450 {
		t.Errorf("before it came %d are owed", got)
	}
	standing.Assumed = true
	if got := standing.ByRows("2026-11-10").Closing; got != 2_450 {
		t.Errorf("a carried day counts as paid on its own: %d", got)
	}
	standing.Assumed = false
	standing.Matches = []settle.Match{settle.NewMatch(deposits("l1 2026-11-11 2450"), payouts[1:])}
	if rows := standing.ByRows("2026-11-30"); rows.Closing != 0 || rows.Shares != nil {
		t.Errorf("after it came %d are owed, %v", rows.Closing, rows.Shares)
	}
	moves := settle.MovesAssumed(payouts, parts, func(settle.PayoutKey) time.Time { return time.Time{} })
	var paid int64
	for _, m := range moves {
		paid += m.Payouts
	}
	if paid != 2_450 {
		t.Errorf("assumed: %d were paid", paid)
	}
}

// TestWhatNoBreakExplains is a break of its own; what others explain is not named
// twice.
func TestWhatNoBreakExplains(t *testing.T) {
	t.Parallel()
	shares := []settle.Share{{Kind: reconcile.SettlementUnknown, Amount: -64_601}, {Kind: reconcile.PayoutShort, Amount: 30_000}}
	if f := settle.Remainder("m", pay.KRW, "2026-05", -34_601, shares, 0); f != nil {
		t.Errorf("%+v", f)
	}
	if f := settle.Remainder("m", pay.KRW, "2026-05", -64_601, shares, -30_000); f != nil {
		t.Errorf("an accepted shortage is unexplained: %+v", f)
	}
	f := settle.Remainder("m", pay.KRW, "2026-05", -34_600, shares, 0)
	if f == nil || *f.Share != 1 || f.Subject != "month:2026-05:KRW" || f.Kind != reconcile.RollforwardUnexplained {
		t.Errorf("%+v", f)
	}
}

// TestTheHashOfRows does not go by their order, and notices a won.
func TestTheHashOfRows(t *testing.T) {
	t.Parallel()
	hash := func(rows ...settle.Row) string {
		var h settle.RowsHash
		for _, r := range rows {
			h.Add(r)
		}
		if h.Rows() != int64(len(rows)) {
			t.Errorf("%d rows of %d", h.Rows(), len(rows))
		}
		return h.String()
	}
	if hash(toss1(), toss2()) != hash(toss2(), toss1()) {
		t.Error("the order matters")
	}
	seen := map[string]bool{}
	for _, h := range []string{hash(), hash(toss1()), hash(toss1(), toss1()), hash(toss1(), toss2()), hash(with(toss1(), func(r *settle.Row) { r.VAT++ })),
		hash(with(toss1(), func(r *settle.Row) { r.Version++ })), hash(with(toss1(), func(r *settle.Row) { r.PaidOutDate = "2026-11-05" }))} {
		if seen[h] || len(h) != 64 {
			t.Errorf("%s stands for two sets of rows", h)
		}
		seen[h] = true
	}
}

// TestTheCheckOfAMonth puts both closings side by side.
func TestTheCheckOfAMonth(t *testing.T) {
	t.Parallel()
	got := ready().Check("m", pay.KRW, settle.Rollforward{Closing: 100}, settle.ByRows{Closing: 99})
	if got.State != settle.MonthProvisional || got.Unexplained != 1 || got.ClosingByRows != 99 || len(got.Reasons) != 1 || got.Reasons[0].Incomplete() {
		t.Errorf("%+v", got)
	}
	if !(settle.Reason{Code: settle.WindowUnread}).Incomplete() || !(settle.Reason{Code: settle.PassbookShort}).Incomplete() {
		t.Error("what was not read is a person's to decide")
	}
}

// TestARowOfTheOpeningThatChangesAfterTheLock: the frozen opening covers what a
// payout of before the first month was short of, and what its rows lose later is
// named, and no more.
func TestARowOfTheOpeningThatChangesAfterTheLock(t *testing.T) {
	t.Parallel()
	key := settle.PayoutKey{MID: "m", Day: "2026-04-28", Currency: pay.KRW}
	lock := seoul("2026-06-12 10:00:00")
	at := func(out int64, books settle.Books) settle.ByRows {
		parts := []settle.Part{{Payout: key, Month: "2026-04", Method: pay.Card, Rows: 1, Amount: 10_000, PayOut: out}}
		match := settle.NewMatch(deposits("l1 2026-04-28 9000"), settle.Payouts(parts))
		match.Recorded = lock.Add(-time.Hour)
		return settle.Standing{MID: "m", Books: books, Parts: parts, Payouts: settle.Payouts(parts), Matches: []settle.Match{match}}.ByRows("2026-05-31")
	}
	open := settle.Books{First: "2026-05"}
	before := at(9_700, open)
	if before.Closing != 0 || before.Shares != nil || before.InOpening[key] != 700 {
		t.Errorf("as long as the first month is open: %+v", before)
	}
	locked := settle.Books{First: "2026-05", Locks: []settle.Lock{{Month: "2026-05", At: lock}}, Frozen: before.InOpening}
	if after := at(9_700, locked); after.Shares != nil {
		t.Errorf("frozen and as it was: %+v", after.Shares)
	}
	if after := at(9_550, locked); len(after.Shares) != 1 || after.Shares[0].Amount != -150 || after.Shares[0].Kind != reconcile.PayoutOver {
		t.Errorf("150 won less: %+v", after.Shares)
	}
}
