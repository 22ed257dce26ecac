package app

import (
	"cmp"
	"context"
	"slices"

	"daesa/passbook"
	"daesa/pay"
	"daesa/settle"
)

// BankReader gives what is kept of passbooks. Nothing that is sealed is read.
type BankReader interface {
	// BankNames are the accounts that something was taken for.
	BankNames(ctx context.Context) ([]string, error)
	BankFiles(ctx context.Context, account string) ([]BankFile, error)
	BankLines(ctx context.Context, asked BankAsked) ([]BankLine, error)
}

// BankRead is what is known of passbooks between two days.
type BankRead struct {
	Lines   []settle.Line          // in and out, by account, day and time
	Covered map[string]settle.Days // by account: the days of which every line is known
	Gaps    []BankGap              // where a balance does not tie, by account and day
}

// ReadBank reads the passbooks of the configuration between two days, with both;
// "" is from the first line, or to the last one. A balance is held against the
// nearest lines outside these days, too.
func ReadBank(ctx context.Context, store BankReader, accounts []BankAccount, from, to pay.Day) (BankRead, error) {
	read := BankRead{Covered: map[string]settle.Days{}}
	for _, account := range accounts {
		files, err := store.BankFiles(ctx, account.Name)
		if err != nil {
			return BankRead{}, err
		}
		kept, err := store.BankLines(ctx, BankAsked{Account: account.Name, From: from, To: to, Around: true})
		if err != nil {
			return BankRead{}, err
		}
		lines := make([]passbook.Line, len(kept))
		for i, l := range kept {
			lines[i] = l.Line
			if day := l.Day(); day >= from && (to == "" || day <= to) {
				read.Lines = append(read.Lines, l.Settle())
			}
		}
		covered := passbook.Covered(lines, spansOf(files))
		for _, span := range covered {
			span.From = max(span.From, from)
			if to != "" {
				span.To = min(span.To, to)
			}
			if span.From <= span.To {
				read.Covered[account.Name] = append(read.Covered[account.Name], settle.Span(span))
			}
		}
		gaps, _ := passbook.Gaps(lines)
		var untied []passbook.Untied
		for _, file := range files {
			for _, u := range stillUntied(file.Untied, covered) {
				if u.To >= from && (to == "" || u.From <= to) {
					untied = append(untied, u)
				}
			}
		}
		read.Gaps = append(read.Gaps, account.gaps(gaps, untied, currencyOf(lines))...)
	}
	return read, nil
}

// gaps are places of the account where balances do not tie, by their days: those
// between lines, and those between the balances that a file states.
func (a BankAccount) gaps(between []passbook.Gap, untied []passbook.Untied, currency pay.Currency) []BankGap {
	mid := ""
	if len(a.MIDs) > 0 {
		mid = a.MIDs[0]
	}
	var all []BankGap
	for _, g := range between {
		shown := g.Before.Balance - g.Before.Signed()
		all = append(all, BankGap{Before: g.Before.ID, From: g.After.Day(), To: g.Before.Day(), Missing: g.Missing, Gap: settle.Gap{
			MID: mid, Account: a.Name, After: g.After.ID, Currency: currency, Expected: shown - g.Missing, Shown: shown, Day: g.Before.Day()}})
	}
	seen := map[passbook.Untied]bool{} // two files may state the same balances
	for _, u := range untied {
		if seen[u] {
			continue
		}
		seen[u] = true
		all = append(all, BankGap{From: u.From, To: u.To, Missing: u.Missing,
			Gap: settle.Gap{MID: mid, Account: a.Name, Currency: currency, Shown: u.Missing, Day: u.From}})
	}
	slices.SortStableFunc(all, func(x, y BankGap) int { return cmp.Or(cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To)) })
	return all
}

// currencyOf is the one currency of an account's lines.
func currencyOf(lines []passbook.Line) pay.Currency {
	if len(lines) == 0 {
		return pay.KRW
	}
	return lines[0].Currency
}

// stillUntied are those whose days no other file has shown whole.
func stillUntied(untied []passbook.Untied, covered []passbook.Span) []passbook.Untied {
	return slices.DeleteFunc(slices.Clone(untied), func(u passbook.Untied) bool {
		return slices.ContainsFunc(covered, func(s passbook.Span) bool { return s.From <= u.From && u.To <= s.To })
	})
}

// spansOf are the days for which files spoke, in order and joined.
func spansOf(files []BankFile) []passbook.Span {
	var all []passbook.Span
	for _, file := range files {
		all = append(all, file.Spans...)
	}
	slices.SortFunc(all, func(a, b passbook.Span) int { return cmp.Compare(a.From, b.From) })
	var joined []passbook.Span
	for _, span := range all {
		if n := len(joined); n > 0 && span.From <= joined[n-1].To.Add(1) {
			joined[n-1].To = max(joined[n-1].To, span.To)
			continue
		}
		joined = append(joined, span)
	}
	return joined
}

// unreadBeside are the days between what a file shows and the nearest days that
// are covered, of which nothing is known: neither that lines are there, nor that a
// balance leaves some out, which is a gap.
func unreadBeside(shown passbook.Span, covered []passbook.Span, gaps []BankGap) []passbook.Span {
	if shown.From == "" {
		return nil
	}
	var unread []passbook.Span
	var before, after *passbook.Span
	for i := range covered {
		if covered[i].From < shown.From {
			before = &covered[i]
		}
		if after == nil && covered[i].To > shown.To {
			after = &covered[i]
		}
	}
	if before != nil && before.To.Add(1) < shown.From {
		unread = append(unread, passbook.Span{From: before.To.Add(1), To: shown.From.Add(-1)})
	}
	if after != nil && shown.To.Add(1) < after.From {
		unread = append(unread, passbook.Span{From: shown.To.Add(1), To: after.From.Add(-1)})
	}
	return slices.DeleteFunc(unread, func(s passbook.Span) bool {
		return slices.ContainsFunc(gaps, func(g BankGap) bool { return g.From <= s.To && s.From <= g.To })
	})
}

// ListedLine is a line of `bank list`.
type ListedLine struct {
	BankLine
	MatchedTo []settle.PayoutKey
	State     settle.LineState
}

// ListBank is `bank list`.
type ListBank struct {
	Store    BankReader
	Accounts []string // only these; nil: all that something was taken for
	From, To pay.Day
	State    settle.LineState // "": any
	// Matches gives the payouts that stand against lines, by the line's id; nil:
	// there are none.
	Matches func(ctx context.Context) (map[string][]settle.PayoutKey, error)
}

// Run gives the lines by account, in the order in which the bank booked them.
func (x ListBank) Run(ctx context.Context) ([]ListedLine, error) {
	matches := map[string][]settle.PayoutKey{}
	if x.Matches != nil {
		var err error
		if matches, err = x.Matches(ctx); err != nil {
			return nil, err
		}
	}
	names := x.Accounts
	if names == nil {
		var err error
		if names, err = x.Store.BankNames(ctx); err != nil {
			return nil, err
		}
	}
	listed := []ListedLine{}
	for _, name := range names {
		lines, err := x.Store.BankLines(ctx, BankAsked{Account: name, From: x.From, To: x.To})
		if err != nil {
			return nil, err
		}
		for _, l := range inBookedOrder(lines) {
			line := ListedLine{BankLine: l, MatchedTo: matches[l.ID], State: stateOf(l, matches[l.ID])}
			if x.State == "" || x.State == line.State {
				listed = append(listed, line)
			}
		}
	}
	return listed, nil
}

func stateOf(l BankLine, matched []settle.PayoutKey) settle.LineState {
	switch {
	case len(matched) > 0:
		return settle.LineMatched
	case l.Ignored:
		return settle.LineIgnored
	}
	return settle.LineOpen
}

// inBookedOrder puts the lines of one account into the order of their balances.
func inBookedOrder(lines []BankLine) []BankLine {
	byID, plain := make(map[string]BankLine, len(lines)), make([]passbook.Line, len(lines))
	for i, l := range lines {
		byID[l.ID], plain[i] = l, l.Line
	}
	ordered := make([]BankLine, len(lines))
	for i, l := range passbook.Ordered(plain) {
		ordered[i] = byID[l.ID]
	}
	return ordered
}
