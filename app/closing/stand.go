package closing

import (
	"context"
	"slices"
	"time"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reports/book"
	"daesa/reports/monthbook"
	"daesa/settle"
)

// Stand is how things stand that the workbook of a month shows, for what people wrote
// into one.
func (c *Closing) Stand(ctx context.Context, month settle.Month, now time.Time) (monthbook.Stand, error) {
	var stand monthbook.Stand
	versions, err := c.Books.MonthVersions(ctx)
	if err != nil {
		return stand, err
	}
	today := pay.DayOf(now)
	books, newest, err := c.booksOf(ctx, month, versions, today)
	if err != nil {
		return stand, err
	}
	held, err := jobs.Place(ctx, c.Books, c.MIDs, c.Accounts, today, readFrom(month, books, newest))
	if err != nil {
		return stand, err
	}
	dropped, err := c.Books.DroppedMatches(ctx)
	if err != nil {
		return stand, err
	}
	payers, err := c.Drawing.Pages.Payers(ctx, held.From)
	if err != nil {
		return stand, err
	}
	stand.Deposits = depositsOf(held, dropped, payers, func(settle.PlacedLine) bool { return true })
	for _, p := range held.Payouts {
		stand.Payouts = append(stand.Payouts, p.PayoutKey)
	}
	for _, mid := range c.MIDs {
		breaks, err := c.Books.SettlementBreaks(ctx, mid)
		if err != nil {
			return stand, err
		}
		stand.Breaks = append(stand.Breaks, breaks...)
	}
	return stand, nil
}

// depositsOf are the deposits among the lines that are wanted, with who tied them and
// who took them off, and the payouts that they may be.
func depositsOf(held jobs.Held, dropped []jobs.Dropped, payers map[string]string, wanted func(settle.PlacedLine) bool) []monthbook.Deposit {
	tied, off, may := map[string]settle.Match{}, map[string]time.Time{}, map[string][]settle.PayoutKey{}
	for _, m := range held.Matches {
		for _, line := range m.Lines {
			tied[line] = m
		}
	}
	for _, d := range dropped {
		for _, line := range d.Lines {
			if d.At.After(off[line]) {
				off[line] = d.At
			}
		}
	}
	for _, p := range held.Payouts {
		for _, line := range p.Suggested {
			may[line] = append(may[line], p.PayoutKey)
		}
	}
	var list []monthbook.Deposit
	for _, l := range held.Lines {
		if !l.In || !wanted(l) {
			continue
		}
		m := tied[l.ID]
		l.MatchedTo = slices.SortedFunc(slices.Values(l.MatchedTo), settle.PayoutKey.Compare)
		list = append(list, monthbook.Deposit{PassbookLine: book.PassbookLine{PlacedLine: l, Payer: payers[l.ID]},
			By: m.By, Note: m.Note, Matched: m.Recorded, Dropped: off[l.ID], Suggests: may[l.ID]})
	}
	return list
}
