package app

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
	"daesa/reports/monthbook"
	"daesa/settle"
)

func payoutKey(day pay.Day) settle.PayoutKey {
	return settle.PayoutKey{MID: shop, Day: day, Currency: pay.KRW}
}

// bankOf is a passbook of deposits of a thousand won each, and payouts of as much, of
// which the first deposit is the first payout already.
func bankOf() jobs.Held {
	var held jobs.Held
	for i, day := range []pay.Day{"2026-11-02", "2026-11-03", "2026-11-04"} {
		id := string(rune('a' + i))
		held.Lines = append(held.Lines, settle.PlacedLine{Line: settle.Line{ID: id, Currency: pay.KRW, Day: day, In: true, Amount: 1_000, PayerFits: true}})
		held.Payouts = append(held.Payouts, settle.Payout{PayoutKey: payoutKey(day), Expected: 1_000})
	}
	tied := settle.NewMatch([]settle.Line{held.Lines[0].Line}, held.Payouts[:1])
	tied.Recorded = decidedAt.Add(-24 * time.Hour)
	held.Matches, held.Given = []settle.Match{tied}, 1
	return held
}

// matches are the matches that a store keeps, and the months that are locked.
type matches struct {
	held  jobs.Held
	locks settle.Books
}

func (m matches) CommitDeposits(context.Context, jobs.DepositsWritten, func(string, []reconcile.Break) []jobs.BreakChange) error {
	return nil
}

func (m matches) MatchOfLine(_ context.Context, line string) (settle.Match, string, bool, error) {
	for _, of := range m.held.Matches {
		if slices.Contains(of.Lines, line) {
			return of, "m-" + of.Lines[0], true, nil
		}
	}
	return settle.Match{}, "", false, nil
}

func (m matches) DropMatch(context.Context, string, string, string, time.Time) error { return nil }

func (m matches) Locks(context.Context) (settle.Books, error) { return m.locks, nil }

// planned plans what rows say, and gives it in words.
func planned(t *testing.T, kept matches, words ...monthbook.DepositWord) (plan *matchPlan, taken, refused []string) {
	t.Helper()
	d := MonthDesk{Match: MatchBank{Books: kept, By: "kim", Now: decidedAt}, Months: kept}
	plan, held := &matchPlan{}, kept.held
	for i := range words {
		words[i].Sheet, words[i].Row = "통장 대조", 5+i
	}
	if err := d.planUndos(t.Context(), plan, words, &held); err != nil {
		t.Fatal(err)
	}
	d.planMatches(plan, words, held)
	for _, m := range plan.taken {
		text := strings.Join(m.Lines, "+") + " ="
		if m.Undo {
			text = "undo " + text
		}
		for _, key := range m.Payouts {
			text += " " + string(key.Day)
		}
		taken = append(taken, text+": "+m.Note)
	}
	for _, r := range plan.refused {
		refused = append(refused, r.About+": "+r.Reason)
	}
	return plan, taken, refused
}

func tie(line, note string, days ...pay.Day) monthbook.DepositWord {
	w := monthbook.DepositWord{Line: line, Note: note}
	for _, day := range days {
		w.Payouts = append(w.Payouts, payoutKey(day))
	}
	return w
}

func undo(line, note string) monthbook.DepositWord {
	return monthbook.DepositWord{Line: line, Note: note, Undo: true}
}

func TestRowsAboutDepositsBecomeMatches(t *testing.T) {
	t.Parallel()
	locked := matches{held: bankOf(), locks: settle.Books{First: "2026-11", Locks: []settle.Lock{{Month: "2026-11", At: decidedAt.Add(-time.Hour)}}}}
	for name, c := range map[string]struct {
		kept           matches
		words          []monthbook.DepositWord
		taken, refused []string
	}{
		"one deposit is one payout": {words: []monthbook.DepositWord{tie("b", "확인", "2026-11-03")}, taken: []string{"b = 2026-11-03: 확인"}},
		"rows that name the same payouts are one match": {words: []monthbook.DepositWord{tie("b", "1차", "2026-11-03"), tie("c", "2차", "2026-11-03")},
			taken: []string{"b+c = 2026-11-03: 1차 / 2차"}},
		"a payout cannot be in two matches": {words: []monthbook.DepositWord{tie("b", "확인", "2026-11-03"), tie("c", "확인", "2026-11-03", "2026-11-04")},
			taken: []string{"b = 2026-11-03: 확인"}, refused: []string{"c: row 5 names the payout tosspayments:2026-11-03 too, with other payouts"}},
		"nobody says why": {words: []monthbook.DepositWord{tie("b", "", "2026-11-03")}, refused: []string{"b: bank match needs a note"}},
		"a payout that is matched already": {words: []monthbook.DepositWord{tie("b", "확인", "2026-11-02")},
			refused: []string{"b: payout tosspayments:2026-11-02 is matched already, with line a"}},
		"taken off, and another one tied": {words: []monthbook.DepositWord{tie("b", "확인", "2026-11-02"), undo("a", "잘못 대조")},
			taken: []string{"undo a = 2026-11-02: 잘못 대조", "b = 2026-11-02: 확인"}},
		"nobody says why it is taken off": {words: []monthbook.DepositWord{undo("a", "")}, refused: []string{"a: bank unmatch needs a note"}},
		"a locked month has it": {kept: matches{locked.held, locked.locks}, words: []monthbook.DepositWord{undo("a", "잘못 대조")},
			refused: []string{"a: 2026-11 is locked, and this match is in its figures"}},
	} {
		if c.kept.held.Lines == nil {
			c.kept.held = bankOf()
		}
		if _, taken, refused := planned(t, c.kept, c.words...); !slices.Equal(taken, c.taken) || !slices.Equal(refused, c.refused) {
			t.Errorf("%s: taken %q, refused %q", name, taken, refused)
		}
	}
}

// A decision about a deposit or a payout of which the same workbook says what it is
// would be about an amount that is not there any more.
func TestABreakIsNotDecidedBesideTheMatchThatChangesIt(t *testing.T) {
	t.Parallel()
	plan, _, _ := planned(t, matches{held: bankOf()}, tie("b", "확인", "2026-11-03"))
	word := func(mid, subject string, as reconcile.Disposition) book.RowDecision {
		return book.RowDecision{Sheet: "불일치", Row: 9, Word: reconcile.Decision{ID: subject, As: as, Seen: reconcile.Break{Finding: reconcile.Finding{MID: mid, Subject: subject}}}}
	}
	left := plan.apartFrom([]book.RowDecision{word(shop, "line:b", reconcile.OtherIncome), word(shop, "payout:2026-11-03:KRW", reconcile.AcceptedDifference),
		word("another", "payout:2026-11-03:KRW", reconcile.AcceptedDifference), word(shop, "payout:2026-11-03:KRW", ""), word(shop, "line:c", reconcile.OtherIncome)})
	if len(left) != 3 || left[0].Word.Seen.MID != "another" || left[1].Word.As != "" || left[2].Word.ID != "line:c" {
		t.Errorf("left are %+v", left)
	}
	if len(plan.refused) != 2 || plan.refused[0].Reason != "통장 대조 row 5 changes what it is about: decide when that is written" || plan.refused[1].BreakID != "payout:2026-11-03:KRW" {
		t.Errorf("refused are %+v", plan.refused)
	}
}
