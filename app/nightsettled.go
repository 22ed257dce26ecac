package app

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports"
	"daesa/reports/book"
	"daesa/settle"
)

// NightSettled brings in what Toss pays out on a merchant's business date, and says
// how it stands for the night's workbook.
type NightSettled struct {
	Job      *jobs.Settlements
	Deposits *jobs.Deposits
	Books    NightSettledBooks
	Rules    settle.Rules
	Assumed  bool // close.bank: assumed
}

// NightSettledBooks know rows, breaks and lines.
type NightSettledBooks interface {
	SettlementNeeds
	Parts(ctx context.Context, mid string, from pay.Day) ([]settle.Part, error)
	BankLines(ctx context.Context, asked BankAsked) ([]BankLine, error)
}

// Run reads the date's payout. Where another process reads settlements at that moment,
// what is stored is shown.
func (x NightSettled) Run(ctx context.Context, day pay.Day, now time.Time) (jobs.NightSettlement, error) {
	var out jobs.NightSettlement
	mid := x.Job.Settings.MID
	sum, err := x.Job.Run(ctx, []settle.Window{{By: pay.ByPaidOut, Day: day}}, now)
	var running *reconcile.RunningError
	if err != nil && !errors.As(err, &running) {
		return out, err
	}
	out.Gaps, out.Calls = sum.Gaps, sum.Calls
	held, err := x.Deposits.Run(ctx, now)
	if err != nil {
		return out, err
	}
	s := &reports.Settlement{Assumed: x.Assumed}
	shown := map[string]bool{}
	for _, p := range PayoutsBetween(held.Held, []string{mid}, day, day.Add(reportedAhead)) {
		s.Payouts = append(s.Payouts, p)
		if p.Day == day {
			for _, line := range slices.Concat(p.Lines, p.Suggested) {
				shown[line] = true
			}
		}
	}
	if s.Lines, err = x.lines(ctx, held.Held, shown, day); err != nil {
		return out, err
	}
	if s.ByMethod, err = x.byMethod(ctx, mid, day); err != nil {
		return out, err
	}
	if s.Late, err = x.late(ctx, mid); err != nil {
		return out, err
	}
	if len(s.Payouts) > 0 || len(s.Late) > 0 {
		out.Settlement = s
	}
	return out, nil
}

// reportedAhead is how many days to come a night's workbook shows of payouts.
const reportedAhead = 90

// lines are those that are shown, with their masked payers.
func (x NightSettled) lines(ctx context.Context, held jobs.Held, shown map[string]bool, day pay.Day) ([]book.PassbookLine, error) {
	payers := map[string]string{}
	for _, a := range x.Deposits.Accounts {
		if len(shown) == 0 {
			break
		}
		lines, err := x.Books.BankLines(ctx, BankAsked{Account: a.Name, From: day.Add(-jobs.PayoutDays)})
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			payers[l.ID] = l.ShownPayer
		}
	}
	var lines []book.PassbookLine
	for _, l := range held.Lines {
		if shown[l.ID] {
			lines = append(lines, book.PassbookLine{PlacedLine: l, Payer: payers[l.ID]})
		}
	}
	return lines, nil
}

// byMethod sums the rows of the date's payouts.
func (x NightSettled) byMethod(ctx context.Context, mid string, day pay.Day) ([]reports.MethodPayout, error) {
	parts, err := x.Books.Parts(ctx, mid, day)
	if err != nil {
		return nil, err
	}
	type key struct {
		currency pay.Currency
		method   pay.Method
	}
	sums := map[key]*reports.MethodPayout{}
	var list []*reports.MethodPayout
	for _, p := range parts {
		if p.Payout.Day != day {
			continue
		}
		k := key{p.Payout.Currency, p.Method}
		if sums[k] == nil {
			sums[k] = &reports.MethodPayout{Method: p.Method, Currency: p.Payout.Currency}
			list = append(list, sums[k])
		}
		sums[k].Rows += p.Rows
		sums[k].Amount += p.Amount
		sums[k].Fee += p.Fees
		sums[k].FeeVAT += p.FeeVAT
		sums[k].PayOut += p.PayOut
	}
	out := make([]reports.MethodPayout, len(list))
	for i, sum := range list {
		out[i] = *sum
	}
	slices.SortFunc(out, func(a, b reports.MethodPayout) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Method, b.Method))
	})
	return out, nil
}

// late is the money that should have come, by its breaks.
func (x NightSettled) late(ctx context.Context, mid string) ([]reports.LateMoney, error) {
	breaks, err := x.Books.SettlementBreaks(ctx, mid)
	if err != nil {
		return nil, err
	}
	var late []reports.LateMoney
	for _, b := range breaks {
		if !b.Status.NeedsPerson() {
			continue
		}
		l := reports.LateMoney{BreakID: b.ID, Kind: b.Kind, Subject: b.Subject, OrderID: b.OrderID, PaymentKey: b.PaymentKey, Method: b.Method,
			Currency: b.Currency, Owner: b.Owner, Note: b.Note}
		switch b.Kind {
		case reconcile.PayoutMissing, reconcile.PayoutShort:
			l.Due, l.Why = pay.DayOf(b.MovedAt), settle.Why(b.ProviderStatus)
		case reconcile.SettlementMissing:
			l.Due = x.Rules.DueBy(b.Method, pay.DayOf(b.MovedAt))
		default:
			continue
		}
		if b.LocalAmount != nil {
			l.Expected = *b.LocalAmount
		}
		if b.ProviderAmount != nil {
			l.Came = *b.ProviderAmount
		}
		late = append(late, l)
	}
	slices.SortFunc(late, func(a, b reports.LateMoney) int {
		return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.BreakID, b.BreakID))
	})
	return late, nil
}
