package settle_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"daesa/pay"
	"daesa/settle"
	"pgregory.net/rapid"
)

var oneAccount = []settle.Account{{Name: "main", MIDs: []string{"a", "b", "c"}, Words: true}, {Name: "other", MIDs: []string{"z"}, Words: true}}

func payout(mid string, day pay.Day, amount int64) settle.Payout {
	return settle.Payout{PayoutKey: settle.PayoutKey{MID: mid, Day: day, Currency: pay.KRW}, Rows: 1, Expected: amount}
}

// deposit reads "l1 2026-11-04 100", and what stands behind it: "?" a payer without
// a word, "other" another account.
func deposit(text string) settle.Line {
	fields := strings.Fields(text)
	amount, err := pay.KRW.ParseAmount(fields[2])
	if err != nil {
		panic(err)
	}
	line := settle.Line{ID: fields[0], Account: "main", Currency: pay.KRW, Day: pay.Day(fields[1]), At: pay.Day(fields[1]).Start(), In: true, Amount: amount, PayerFits: true}
	for _, more := range fields[3:] {
		switch more {
		case "?":
			line.PayerFits = false
		case "out":
			line.In = false
		case "ignored":
			line.Ignored = true
		default:
			line.Account = more
		}
	}
	return line
}

func deposits(texts ...string) []settle.Line {
	var lines []settle.Line
	for _, text := range texts {
		lines = append(lines, deposit(text))
	}
	return lines
}

func toldMatches(m settle.Matched) string {
	var parts []string
	for _, match := range m.Matches {
		var keys []string
		for _, key := range match.Payouts {
			keys = append(keys, key.MID+string(key.Day[8:]))
		}
		parts = append(parts, strings.Join(match.Lines, "+")+"="+strings.Join(keys, "+"))
	}
	var vague []string
	for key := range m.Ambiguous {
		vague = append(vague, key.MID+string(key.Day[8:]))
	}
	slices.Sort(vague)
	if vague != nil {
		parts = append(parts, "? "+strings.Join(vague, " "))
	}
	return strings.Join(parts, ", ")
}

// TestDepositsAreTiedToPayouts by exact money alone. 4 November 2026 is a
// Wednesday, 6 November a Friday.
func TestDepositsAreTiedToPayouts(t *testing.T) {
	t.Parallel()
	a4 := payout("a", "2026-11-04", 100)
	for _, test := range []struct {
		name    string
		payouts []settle.Payout
		lines   []settle.Line
		given   []settle.Match
		want    string
	}{
		{name: "on its day", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-04 100"), want: "l1=a04"},
		{name: "on the next bank day", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-05 100"), want: "l1=a04"},
		{name: "over a weekend", payouts: []settle.Payout{payout("a", "2026-11-06", 100)}, lines: deposits("l1 2026-11-09 100"), want: "l1=a06"},
		{name: "of a Saturday, on Tuesday", payouts: []settle.Payout{payout("a", "2026-11-07", 100)}, lines: deposits("l1 2026-11-10 100"), want: "l1=a07"},
		{name: "a day before", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-03 100")},
		{name: "one won less", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-04 99")},
		{name: "one won more", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-04 101")},
		{name: "money that went out", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-04 100 out")},
		{name: "a line that is none of Toss's", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-04 100 ignored")},
		{name: "another account", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-04 100 other")},
		{name: "an unknown payer on time", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-04 100 ?"), want: "l1=a04"},
		{name: "a known payer comes first", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-04 100 ?", "l2 2026-11-05 100"), want: "l2=a04"},
		{name: "two of a known payer on one day", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-04 100", "l2 2026-11-04 100"), want: "? a04"},
		{name: "of two, the one of its very day", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-04 100", "l2 2026-11-05 100"), want: "l1=a04"},
		{name: "late by five bank days", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-11 100"), want: "l1=a04"},
		{name: "late by six", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-12 100")},
		{name: "late, of an unknown payer", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-09 100 ?")},
		{name: "two late lines", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-09 100", "l2 2026-11-10 100"), want: "? a04"},
		{name: "two payouts for a late line", payouts: []settle.Payout{a4, payout("b", "2026-11-04", 100)}, lines: deposits("l1 2026-11-09 100"), want: "? a04 b04"},
		{name: "equal payouts on two days, each on its day", payouts: []settle.Payout{a4, payout("a", "2026-11-05", 100)},
			lines: deposits("l1 2026-11-04 100", "l2 2026-11-05 100"), want: "l1=a04, l2=a05"},
		{name: "equal payouts on two days, each a day late", payouts: []settle.Payout{a4, payout("a", "2026-11-05", 100)},
			lines: deposits("l1 2026-11-05 100", "l2 2026-11-06 100"), want: "l1=a04, l2=a05"},
		{name: "equal payouts every day, one of which did not come", payouts: []settle.Payout{payout("a", "2026-11-02", 100), payout("a", "2026-11-03", 100), a4},
			lines: deposits("l1 2026-11-02 100", "l3 2026-11-04 100"), want: "l1=a02, l3=a04"},
		{name: "equal payouts of two merchants, both came", payouts: []settle.Payout{a4, payout("b", "2026-11-04", 100)},
			lines: deposits("l1 2026-11-04 100", "l2 2026-11-04 100"), want: "l1=a04, l2=b04"},
		{name: "equal payouts of two merchants, one came", payouts: []settle.Payout{a4, payout("b", "2026-11-04", 100)}, lines: deposits("l1 2026-11-04 100"), want: "? a04 b04"},
		{name: "two payouts in one line", payouts: []settle.Payout{a4, payout("b", "2026-11-04", 50)}, lines: deposits("l1 2026-11-04 150"), want: "l1=a04+b04"},
		{name: "two payouts in one line of an unknown payer", payouts: []settle.Payout{a4, payout("b", "2026-11-04", 50)}, lines: deposits("l1 2026-11-04 150 ?")},
		{name: "payouts of two days in one line", payouts: []settle.Payout{a4, payout("a", "2026-11-05", 50)}, lines: deposits("l1 2026-11-05 150"), want: "l1=a04+a05"},
		{name: "two lines for one payout", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-04 60", "l2 2026-11-05 40"), want: "l1+l2=a04"},
		{name: "two lines for one payout, one late", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-04 60", "l2 2026-11-06 40")},
		{name: "two lines for one payout, one of an unknown payer", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-04 60", "l2 2026-11-04 40 ?")},
		{name: "two sums for one line", payouts: []settle.Payout{payout("a", "2026-11-03", 60), payout("b", "2026-11-03", 40), payout("a", "2026-11-04", 70), payout("b", "2026-11-04", 30)},
			lines: deposits("l1 2026-11-04 100"), want: "? a03 a04 b03 b04"},
		{name: "a sum does not take what an exact line could be", payouts: []settle.Payout{payout("a", "2026-11-04", 60), payout("b", "2026-11-04", 40), payout("c", "2026-11-04", 100)},
			lines: deposits("l1 2026-11-04 100"), want: "l1=c04"},
		{name: "nor what a late one is", payouts: []settle.Payout{payout("a", "2026-11-09", 60), payout("b", "2026-11-09", 40), payout("c", "2026-11-04", 100)},
			lines: deposits("l1 2026-11-09 100"), want: "? a09 b09 c04"},
		{name: "a person's match is not touched", payouts: []settle.Payout{a4, payout("b", "2026-11-04", 50)}, lines: deposits("l1 2026-11-04 100", "l2 2026-11-04 50"),
			given: []settle.Match{{Lines: []string{"l1"}, Payouts: []settle.PayoutKey{{MID: "b", Day: "2026-11-04", Currency: pay.KRW}}, By: "kim"}}},
		{name: "nothing comes for a carried payout", payouts: []settle.Payout{payout("a", "2026-11-04", 0), payout("b", "2026-11-04", -100)}, lines: deposits("l1 2026-11-04 100")},
	} {
		got := settle.MatchDeposits(settle.Deposits{Payouts: test.payouts, Lines: test.lines, Accounts: oneAccount, Given: test.given})
		if told := toldMatches(got); told != test.want {
			t.Errorf("%s: %q, want %q", test.name, told, test.want)
		}
	}
}

// TestAnAccountWithoutWords matches one to one, late ones too where they are
// unique, and never sums.
func TestAnAccountWithoutWords(t *testing.T) {
	t.Parallel()
	plain := []settle.Account{{Name: "main", MIDs: []string{"a", "b"}}}
	for _, test := range []struct{ lines, want string }{
		{"l1 2026-11-09 100 ?", "l1=a04"},
		{"l1 2026-11-04 150 ?", ""},
	} {
		got := settle.MatchDeposits(settle.Deposits{Accounts: plain, Lines: deposits(test.lines),
			Payouts: []settle.Payout{payout("a", "2026-11-04", 100), payout("b", "2026-11-04", 50)}})
		if told := toldMatches(got); told != test.want {
			t.Errorf("%s: %q, want %q", test.lines, told, test.want)
		}
	}
}

// TestASearchThatIsTooLargeIsAPersons: more candidates than the limit are
// ambiguous, and the whole of a day is found all the same.
func TestASearchThatIsTooLargeIsAPersons(t *testing.T) {
	t.Parallel()
	var mids []string
	var payouts []settle.Payout
	var all, some int64
	for i := range 50 {
		mids = append(mids, fmt.Sprintf("m%02d", i))
		payouts = append(payouts, payout(mids[i], "2026-11-04", 1_000+int64(i*i*7)))
		all += payouts[i].Expected
		if i < 20 {
			some += payouts[i].Expected
		}
	}
	accounts := []settle.Account{{Name: "main", MIDs: mids, Words: true}}
	line := deposit("l1 2026-11-04 1")
	line.Amount = all
	whole := settle.MatchDeposits(settle.Deposits{Payouts: payouts, Lines: []settle.Line{line}, Accounts: accounts})
	if len(whole.Matches) != 1 || len(whole.Matches[0].Payouts) != 50 || len(whole.Matches[0].Paid) != 50 {
		t.Errorf("the whole of a day is not found: %s", toldMatches(whole))
	}
	line.Amount = some
	part := settle.MatchDeposits(settle.Deposits{Payouts: payouts, Lines: []settle.Line{line}, Accounts: accounts})
	if len(part.Matches) != 0 || len(part.Ambiguous) != 50 || !part.AmbiguousLines["l1"] {
		t.Errorf("a sum of 20 of 50 is taken: %s", toldMatches(part))
	}
}

// TestWhatAPersonMatches is paid to the payouts in their order, and the last one
// bears the difference.
func TestWhatAPersonMatches(t *testing.T) {
	t.Parallel()
	key := func(mid string) settle.PayoutKey {
		return settle.PayoutKey{MID: mid, Day: "2026-11-04", Currency: pay.KRW}
	}
	for _, test := range []struct {
		name    string
		lines   []settle.Line
		payouts []settle.Payout
		want    []settle.Paid
	}{
		{"two short", deposits("l1 2026-11-04 120"), []settle.Payout{payout("b", "2026-11-04", 50), payout("a", "2026-11-04", 100)},
			[]settle.Paid{{Line: "l1", Day: "2026-11-04", Payout: key("a"), Amount: 100}, {Line: "l1", Day: "2026-11-04", Payout: key("b"), Amount: 20}}},
		{"too much", deposits("l1 2026-11-04 170"), []settle.Payout{payout("b", "2026-11-04", 50), payout("a", "2026-11-04", 100)},
			[]settle.Paid{{Line: "l1", Day: "2026-11-04", Payout: key("a"), Amount: 100}, {Line: "l1", Day: "2026-11-04", Payout: key("b"), Amount: 70}}},
		{"by two lines", deposits("l2 2026-11-05 90", "l1 2026-11-04 60"), []settle.Payout{payout("b", "2026-11-04", 50), payout("a", "2026-11-04", 100)},
			[]settle.Paid{{Line: "l1", Day: "2026-11-04", Payout: key("a"), Amount: 60}, {Line: "l2", Day: "2026-11-05", Payout: key("a"), Amount: 40},
				{Line: "l2", Day: "2026-11-05", Payout: key("b"), Amount: 50}}},
		{"a negative day is in the next one's", deposits("l1 2026-11-04 100"), []settle.Payout{payout("a", "2026-11-03", -30), payout("a", "2026-11-04", 100)},
			[]settle.Paid{{Line: "l1", Day: "2026-11-04", Payout: key("a"), Amount: 100}}},
		{"a carried one alone", deposits("l1 2026-11-04 10"), []settle.Payout{payout("a", "2026-11-04", -30)},
			[]settle.Paid{{Line: "l1", Day: "2026-11-04", Payout: key("a"), Amount: 10}}},
	} {
		if got := settle.NewMatch(test.lines, test.payouts).Paid; !slices.Equal(got, test.want) {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

// drawn are payouts and lines at random: small amounts, so that sums and equal
// amounts are everywhere.
func drawn(t *rapid.T) settle.Deposits {
	days := []pay.Day{"2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05", "2026-11-06", "2026-11-09", "2026-11-10"}
	d := settle.Deposits{Accounts: oneAccount}
	seen := map[settle.PayoutKey]bool{}
	for range rapid.IntRange(0, 8).Draw(t, "payouts") {
		p := payout(rapid.SampledFrom([]string{"a", "b", "c", "z"}).Draw(t, "mid"), rapid.SampledFrom(days).Draw(t, "day"), rapid.Int64Range(-2, 12).Draw(t, "amount"))
		if !seen[p.PayoutKey] {
			seen[p.PayoutKey] = true
			d.Payouts = append(d.Payouts, p)
		}
	}
	for i := range rapid.IntRange(0, 8).Draw(t, "lines") {
		line := deposit(fmt.Sprintf("l%d %s %d", i, rapid.SampledFrom(days).Draw(t, "day"), rapid.Int64Range(1, 20).Draw(t, "amount")))
		line.PayerFits = rapid.IntRange(0, 3).Draw(t, "payer") > 0
		line.In = rapid.IntRange(0, 9).Draw(t, "in") > 0
		if rapid.IntRange(0, 5).Draw(t, "account") == 0 {
			line.Account = "other"
		}
		d.Lines = append(d.Lines, line)
	}
	return d
}

// TestEveryMatchTiesToTheWon, uses each line and payout once, and stays within
// the days and accounts.
func TestEveryMatchTiesToTheWon(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawn(t)
		got := settle.MatchDeposits(d)
		usedP, usedL := map[settle.PayoutKey]bool{}, map[string]bool{}
		for _, m := range got.Matches {
			var money, expected, paid int64
			for _, id := range m.Lines {
				l := d.Lines[slices.IndexFunc(d.Lines, func(l settle.Line) bool { return l.ID == id })]
				if usedL[id] || !l.In || got.AmbiguousLines[id] {
					t.Fatalf("%s is used twice, went out, or is ambiguous", id)
				}
				if several := len(m.Lines)+len(m.Payouts) > 2; several && !l.PayerFits {
					t.Fatalf("%s of an unknown payer is in a sum: %s", id, toldMatches(got))
				}
				for _, key := range m.Payouts {
					last := settle.OnTimeUntil(key.Day)
					if len(m.Lines) == 1 && len(m.Payouts) == 1 && l.PayerFits {
						last = settle.LateUntil(key.Day)
					}
					if l.Day < key.Day || l.Day > last || (l.Account == "other") != (key.MID == "z") {
						t.Fatalf("%s cannot be %v", id, key)
					}
				}
				usedL[id] = true
				money += l.Amount
			}
			for _, key := range m.Payouts {
				p := d.Payouts[slices.IndexFunc(d.Payouts, func(p settle.Payout) bool { return p.PayoutKey == key })]
				if usedP[key] || p.Expected <= 0 || got.Ambiguous[key] {
					t.Fatalf("%v is paid twice, is carried, or is ambiguous", key)
				}
				usedP[key] = true
				expected += p.Expected
			}
			for _, part := range m.Paid {
				paid += part.Amount
			}
			if money != expected || paid != money || len(m.Lines) > 1 && len(m.Payouts) > 1 {
				t.Fatalf("%d came, %d was to come, %d was paid: %s", money, expected, paid, toldMatches(got))
			}
		}
	})
}

// TestNoSumTakesWhatAnExactLineNeeds: a line that is the whole of an unmatched
// payout, on time, is in no sum and no late match; neither is that payout.
func TestNoSumTakesWhatAnExactLineNeeds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawn(t)
		got := settle.MatchDeposits(d)
		how := map[string]string{}
		paid := map[settle.PayoutKey]bool{}
		for _, m := range got.Matches {
			for _, key := range m.Payouts {
				paid[key] = true
			}
			for _, id := range m.Lines {
				l := d.Lines[slices.IndexFunc(d.Lines, func(l settle.Line) bool { return l.ID == id })]
				switch {
				case len(m.Lines)+len(m.Payouts) > 2:
					how[id] = "in a sum"
				case l.Day > settle.OnTimeUntil(m.Payouts[0].Day):
					how[id] = "late"
				}
			}
		}
		for _, p := range d.Payouts {
			for _, l := range d.Lines {
				exact := l.In && l.Amount == p.Expected && l.Day >= p.Day && l.Day <= settle.OnTimeUntil(p.Day) && (l.Account == "other") == (p.MID == "z")
				if exact && !paid[p.PayoutKey] && (how[l.ID] != "" || !got.Ambiguous[p.PayoutKey]) {
					t.Fatalf("%s is %q, and is all of %v, which is open: %s", l.ID, how[l.ID], p.PayoutKey, toldMatches(got))
				}
			}
		}
	})
}

// TestTheOrderDoesNotMatter, nor does a line that belongs to nothing.
func TestTheOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawn(t)
		want := toldMatches(settle.MatchDeposits(d))
		other := settle.Deposits{Accounts: slices.Clone(d.Accounts), Payouts: rapid.Permutation(d.Payouts).Draw(t, "payouts"), Lines: rapid.Permutation(d.Lines).Draw(t, "lines")}
		slices.Reverse(other.Accounts)
		if got := toldMatches(settle.MatchDeposits(other)); got != want {
			t.Fatalf("in another order %q, not %q", got, want)
		}
		for i, unrelated := range []string{"x1 2026-11-04 7777", "x2 2026-11-04 7777 ?", "x3 2026-10-01 5", "x4 2026-11-04 5 out", "x5 2026-11-04 5 nowhere", "x6 2026-11-04 5 ignored"} {
			other.Lines = slices.Insert(slices.Clone(d.Lines), min(i, len(d.Lines)), deposit(unrelated))
			if got := toldMatches(settle.MatchDeposits(other)); got != want {
				t.Fatalf("with %s: %q, not %q", unrelated, got, want)
			}
		}
	})
}

// TestThePayoutsOfAMerchant: sums by day, and days that are not above nothing are
// set off against the next one.
func TestThePayoutsOfAMerchant(t *testing.T) {
	t.Parallel()
	var fold settle.Fold
	add := func(day pay.Day, out int64, currency pay.Currency) {
		fold.Add(with(toss1(), func(r *settle.Row) {
			r.PaidOutDate, r.PayOutAmount, r.Amount, r.Currency = day, out, out+1_492, currency
		}))
	}
	add("2026-11-04", 63_109, pay.KRW)
	add("2026-11-05", 20_000, pay.KRW)
	add("2026-11-05", -20_000, pay.KRW)
	add("2026-11-06", 500, pay.USD)
	fold.Add(with(toss1(), func(r *settle.Row) { // millionths of a dollar, exact in cents
		r.PaidOutDate, r.Currency, r.Fees = "2026-11-09", pay.MUSD, nil
		r.Amount, r.Fee, r.SupplyAmount, r.VAT, r.PayOutAmount = 6_300_000, 300_000, 270_000, 30_000, 6_000_000
	}))
	add("2026-11-10", 600, pay.MUSD) // and not exact
	add("2026-11-10", -97_550, pay.KRW)
	add("2026-11-11", 50_000, pay.KRW)
	add("2026-11-12", 100_000, pay.KRW)
	fold.Add(with(toss1(), func(r *settle.Row) { r.Withdrawn = true }))
	var got []string
	for _, p := range settle.Payouts(fold.Parts()) {
		got = append(got, fmt.Sprint(p.Currency, p.Day[8:], " ", p.Rows, " ", p.Fee, "+", p.FeeVAT, " ", p.Expected, " ", p.Carried, " ", len(p.Absorbs)))
	}
	want := []string{
		"KRW04 1 1356+136 63109 0 0", "KRW05 2 2712+272 0 0 0", "KRW10 1 1356+136 -97550 -97550 1",
		"KRW11 1 1356+136 -47550 -47550 2", "KRW12 1 1356+136 52450 0 3", "MUSD10 1 1356+136 600 0 0",
		"USD06 1 1356+136 500 0 0", "USD09 1 27+3 600 0 0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestWhereAPayoutStands: every state, why it is not matched, and its break.
func TestWhereAPayoutStands(t *testing.T) {
	t.Parallel()
	a4 := payout("a", "2026-11-04", 100_000)
	person := func(line string, p settle.Payout) []settle.Match {
		m := settle.NewMatch(deposits(line), []settle.Payout{p})
		m.By, m.Note = "kim", "한도"
		return []settle.Match{m}
	}
	read := settle.Days{{From: "2026-10-01", To: "2026-11-30"}}
	for _, test := range []struct {
		name     string
		payouts  []settle.Payout
		lines    []settle.Line
		given    []settle.Match
		today    pay.Day
		passbook settle.Days
		rows     settle.Days
		want     string // state why suggested; breaks
	}{
		{name: "to come", payouts: []settle.Payout{a4}, today: "2026-11-03", want: "scheduled  []"},
		{name: "today", payouts: []settle.Payout{a4}, today: "2026-11-04", want: "due no_line []"},
		{name: "tomorrow it may still come", payouts: []settle.Payout{a4}, today: "2026-11-05", want: "due no_line []"},
		{name: "from the second bank day on", payouts: []settle.Payout{a4}, today: "2026-11-06", want: "missing no_line []; payout_missing payout:2026-11-04:KRW 100000 0 -100000 0"},
		{name: "its passbook ends a day before", payouts: []settle.Payout{a4}, today: "2026-11-06", passbook: settle.Days{{From: "2026-10-01", To: "2026-11-04"}}, want: "unread not_covered []"},
		{name: "its rows were not read", payouts: []settle.Payout{a4}, today: "2026-11-06", rows: settle.Days{{From: "2026-11-05", To: "2026-11-30"}}, want: "unread no_line []"},
		{name: "no account of its merchant", payouts: []settle.Payout{payout("q", "2026-11-04", 100_000)}, today: "2026-11-06", want: "unread not_covered []"},
		{name: "came", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-05 100000"), today: "2026-11-06", want: "matched  []"},
		{name: "came late", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-06 100000"), today: "2026-11-06", want: "late  []"},
		{name: "came in another account", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-04 100000 other ?"), today: "2026-11-06",
			want: "missing other_account [l1]; payout_missing payout:2026-11-04:KRW 100000 0 -100000 0"},
		{name: "less came", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-04 70000"), today: "2026-11-10", want: "short amount_differs [l1]; payout_short payout:2026-11-04:KRW 100000 70000 - 0"},
		{name: "more came", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-05 130000"), today: "2026-11-10", want: "over amount_differs [l1]; payout_over payout:2026-11-04:KRW 100000 130000 - 0"},
		{name: "less came of an unknown payer", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-04 70000 ?"), today: "2026-11-06",
			want: "missing no_line []; payout_missing payout:2026-11-04:KRW 100000 0 -100000 0"},
		{name: "two lines, neither of which is it", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-04 70000", "l2 2026-11-04 80000"), today: "2026-11-10",
			want: "missing amount_differs [l2 l1]; payout_missing payout:2026-11-04:KRW 100000 0 -100000 0, bank_unmatched line:l1 - 70000 70000 0, bank_unmatched line:l2 - 80000 80000 0"},
		{name: "a person matched less", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-04 70000"), given: person("l1 2026-11-04 70000", a4), today: "2026-11-05",
			want: "short  []; payout_short payout:2026-11-04:KRW 100000 70000 -30000 30000"},
		{name: "a person matched more", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-20 130000"), given: person("l1 2026-11-20 130000", a4), today: "2026-11-20",
			want: "over  []; payout_over payout:2026-11-04:KRW 100000 130000 30000 -30000"},
		{name: "two of it came", payouts: []settle.Payout{a4}, lines: deposits("l1 2026-11-04 100000", "l2 2026-11-04 100000"), today: "2026-11-30", want: "due ambiguous [l1 l2]"},
		{name: "nothing is to come", payouts: []settle.Payout{payout("a", "2026-11-04", -97_550)}, today: "2026-11-30", want: "carried  []"},
		{name: "a deposit of Toss that nothing explains", lines: deposits("l1 2026-11-04 402113"), today: "2026-11-09", want: "; bank_unmatched line:l1 - 402113 402113 0"},
		{name: "on its second bank day", lines: deposits("l1 2026-11-04 402113"), today: "2026-11-06", want: ""},
		{name: "a deposit of another payer", lines: deposits("l1 2026-11-04 402113 ?"), today: "2026-11-09", want: ""},
	} {
		look := settle.Look{Today: test.today, Passbook: map[string]settle.Days{"main": cmpDays(test.passbook, read), "other": read}, Rows: map[string]settle.Days{"a": cmpDays(test.rows, read), "b": read, "c": read, "q": read}}
		placed := settle.Place(settle.Deposits{Payouts: test.payouts, Lines: test.lines, Accounts: oneAccount, Given: test.given}, look)
		var got string
		for _, p := range placed.Payouts {
			got += fmt.Sprint(p.State, " ", p.Why, " ", p.Suggested)
		}
		for _, subject := range placed.Unread() {
			if !strings.HasPrefix(got, "unread") || subject != settle.SubjectOfPayout(placed.Payouts[0].PayoutKey) {
				t.Errorf("%s: %s cannot be judged", test.name, subject)
			}
		}
		if breaks := told(placed.Findings(look)); breaks != "" {
			got += "; " + breaks
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func cmpDays(days, otherwise settle.Days) settle.Days {
	if days == nil {
		return otherwise
	}
	return days
}

// TestLinesSayWhatTheyAre, in the order of their days.
func TestLinesSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	placed := settle.Place(settle.Deposits{Accounts: oneAccount, Payouts: []settle.Payout{payout("a", "2026-11-04", 100)},
		Lines: deposits("l3 2026-11-05 7 ignored", "l1 2026-11-04 100", "l2 2026-11-04 9")}, settle.Look{Today: "2026-11-04"})
	var got []string
	for _, l := range placed.Lines {
		got = append(got, fmt.Sprint(l.ID, " ", l.State, " ", len(l.MatchedTo)))
	}
	if want := []string{"l1 matched 1", "l2 open 0", "l3 ignored 0"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if slices.ContainsFunc(placed.Payouts, func(p settle.Payout) bool { return p.Banked != 100 || p.Difference != 0 }) {
		t.Errorf("%+v", placed.Payouts)
	}
}
