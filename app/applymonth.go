package app

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"daesa/internal/hint"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reports/book"
	"daesa/reports/monthbook"
	"daesa/settle"
)

// MonthDesk carries out what people wrote into the workbook of a month.
type MonthDesk struct {
	// Stand is how things stand now that the workbook shows as they stood.
	Stand  func(ctx context.Context, month settle.Month) (monthbook.Stand, error)
	Match  MatchBank // its Note is each row's
	Months LockedMonths
	// Hold holds payouts against the passbook anew, when matches were written.
	Hold func(ctx context.Context) error
}

// TakenMatch is what rows about deposits say: that they are payouts, or are to be taken
// off them.
type TakenMatch struct {
	Rows []monthbook.DepositWord
	Undo bool
	MatchedBank

	id string // of the match that is undone
}

// apply takes the decisions of a month's workbook, each row for itself: those about
// breaks as `breaks resolve` does, those about deposits as `bank match` and `bank
// unmatch` do. Without write everything is tried and nothing is kept.
func (d MonthDesk) apply(ctx context.Context, decider *Decider, back *monthbook.Returned, write bool) (AppliedBook, error) {
	done := AppliedBook{SHA256: back.SHA256, Month: back.Month}
	stand, err := d.Stand(ctx, back.Month)
	if err != nil {
		return done, err
	}
	read, err := back.Words(stand)
	if err != nil {
		return done, err
	}
	done.Rows, done.Unread = read.Rows, read.Refused
	plan, err := d.plan(ctx, read.Deposits)
	if err != nil {
		return done, err
	}
	words := plan.apartFrom(read.Words)
	file := Workbook{Name: filepath.Base(back.Path), SHA256: back.SHA256}
	if done.Applied, err = decider.Apply(ctx, file, words, write); err != nil {
		return done, err
	}
	done.Unread, done.Matches = append(done.Unread, plan.refused...), plan.taken
	done.Same += read.Same
	if !write || len(plan.taken) == 0 {
		return done, nil
	}
	for _, m := range plan.taken {
		if err := d.commit(ctx, m); err != nil {
			return done, fmt.Errorf("%s row %d: %w (the rows about breaks were taken before it)", m.Rows[0].Sheet, m.Rows[0].Row, err)
		}
	}
	return done, d.Hold(ctx)
}

func (d MonthDesk) commit(ctx context.Context, m TakenMatch) error {
	if m.Undo {
		return d.Match.Books.DropMatch(ctx, m.id, m.By, m.Note, d.Match.Now)
	}
	return d.Match.commit(ctx, m.MatchedBank)
}

// matchPlan is what the rows about deposits come to.
type matchPlan struct {
	taken   []TakenMatch // what is undone first
	refused []book.RefusedRow
}

func (p *matchPlan) refuse(w monthbook.DepositWord, err error) {
	p.refused = append(p.refused, book.RefusedRow{Sheet: w.Sheet, Row: w.Row, BreakID: w.Line, About: w.Line, Reason: err.Error(), Hint: hint.Of(err)})
}

// plan plans what the rows say, as if all that they undo were undone first: a deposit can
// be taken off one payout and tied to another in one workbook.
func (d MonthDesk) plan(ctx context.Context, words []monthbook.DepositWord) (*matchPlan, error) {
	plan := &matchPlan{}
	if len(words) == 0 {
		return plan, nil
	}
	from := pay.DayOf(d.Match.Now)
	for _, w := range words {
		for _, key := range w.Payouts {
			from = min(from, key.Day)
		}
	}
	held, err := d.Match.Deposits.Place(ctx, pay.DayOf(d.Match.Now), from.Add(-jobs.PayoutDays))
	if err != nil {
		return nil, err
	}
	if err := d.planUndos(ctx, plan, words, &held); err != nil {
		return nil, err
	}
	d.planMatches(plan, words, held)
	return plan, nil
}

// planUndos plans what is taken off, each match once however many of its deposits say
// so, and takes it out of what is held.
func (d MonthDesk) planUndos(ctx context.Context, plan *matchPlan, words []monthbook.DepositWord, held *jobs.Held) error {
	books, err := d.Months.Locks(ctx)
	if err != nil {
		return err
	}
	for _, w := range words {
		if !w.Undo {
			continue
		}
		m, id, ok, err := d.Match.Books.MatchOfLine(ctx, w.Line)
		if err != nil {
			return err
		}
		if !ok {
			plan.refuse(w, fmt.Errorf("line %s stands against nothing any more", w.Line))
			continue
		}
		if i := slices.IndexFunc(plan.taken, func(t TakenMatch) bool { return t.id == id }); i >= 0 {
			plan.taken[i].Rows = append(plan.taken[i].Rows, w)
			continue
		}
		by := d.Match
		by.Note = w.Note
		done, err := by.planUndo(m, books)
		if err != nil {
			plan.refuse(w, err)
			continue
		}
		plan.taken = append(plan.taken, TakenMatch{Rows: []monthbook.DepositWord{w}, Undo: true, MatchedBank: done, id: id})
		kept := slices.DeleteFunc(slices.Clone(held.Matches[:held.Given]), func(g settle.Match) bool { return slices.Contains(g.Lines, w.Line) })
		held.Matches, held.Given = kept, len(kept)
	}
	return nil
}

// planMatches plans what is tied: rows that name the same payouts are one match. A payout
// cannot be in two.
func (d MonthDesk) planMatches(plan *matchPlan, words []monthbook.DepositWord, held jobs.Held) {
	named := map[settle.PayoutKey]monthbook.DepositWord{} // the first row of the group that names it
	var groups [][]monthbook.DepositWord
	for _, w := range words {
		if w.Undo {
			continue
		}
		same := slices.IndexFunc(groups, func(g []monthbook.DepositWord) bool { return slices.Equal(g[0].Payouts, w.Payouts) })
		if same >= 0 {
			groups[same] = append(groups[same], w)
			continue
		}
		if key, first, taken := alreadyNamed(named, w); taken {
			plan.refuse(w, hint.Errorf("write the same payout days in every row of deposits that are one match",
				"row %d names the payout %s:%s too, with other payouts", first.Row, key.MID, key.Day))
			continue
		}
		for _, key := range w.Payouts {
			named[key] = w
		}
		groups = append(groups, []monthbook.DepositWord{w})
	}
	for _, group := range groups {
		by := d.Match
		by.Note = noteOf(group)
		var lines []string
		for _, w := range group {
			lines = append(lines, w.Line)
		}
		done, err := by.plan(held, lines, group[0].Payouts)
		if err != nil {
			for _, w := range group {
				plan.refuse(w, err)
			}
			continue
		}
		plan.taken = append(plan.taken, TakenMatch{Rows: group, MatchedBank: done})
	}
}

func alreadyNamed(named map[settle.PayoutKey]monthbook.DepositWord, w monthbook.DepositWord) (settle.PayoutKey, monthbook.DepositWord, bool) {
	for _, key := range w.Payouts {
		if first, ok := named[key]; ok {
			return key, first, true
		}
	}
	return settle.PayoutKey{}, monthbook.DepositWord{}, false
}

// noteOf is what the rows of one match say, each once.
func noteOf(rows []monthbook.DepositWord) string {
	var notes []string
	for _, w := range rows {
		if w.Note != "" && !slices.Contains(notes, w.Note) {
			notes = append(notes, w.Note)
		}
	}
	return strings.Join(notes, " / ")
}

// apartFrom leaves out, and refuses, decisions about a deposit or a payout that the same
// workbook matches or takes off: what is left to decide is known when that is written.
func (p *matchPlan) apartFrom(words []book.RowDecision) []book.RowDecision {
	matched := map[string]monthbook.DepositWord{} // by subject, of a payout with its merchant
	for _, m := range p.taken {
		for _, w := range m.Rows {
			matched[settle.SubjectOfLine(w.Line)] = w
		}
		for _, line := range m.Lines {
			matched[settle.SubjectOfLine(line)] = m.Rows[0]
		}
		for _, key := range m.Payouts {
			matched[key.MID+" "+settle.SubjectOfPayout(key)] = m.Rows[0]
		}
	}
	return slices.DeleteFunc(slices.Clone(words), func(w book.RowDecision) bool {
		seen := w.Word.Seen
		of, met := matched[seen.Subject]
		if !met {
			of, met = matched[seen.MID+" "+seen.Subject]
		}
		if !met || w.Word.As == "" {
			return false
		}
		p.refused = append(p.refused, book.RefusedRow{Sheet: w.Sheet, Row: w.Row, BreakID: w.Word.ID, About: seen.About(),
			Reason: fmt.Sprintf("%s row %d changes what it is about: decide when that is written", of.Sheet, of.Row),
			Hint:   "daesa close report draws the month again, with what is left of it"})
		return true
	})
}
