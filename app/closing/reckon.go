package closing

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/settle"
)

// reckoning is one month of one merchant while it is reckoned.
type reckoning struct {
	*Closing
	month    settle.Month
	today    pay.Day
	books    settle.Books
	newest   *Month // the newest month that is locked; nil: none is
	held     jobs.Held
	dropped  []jobs.Dropped
	openings []Opening
	reopened bool

	mid     string
	read    lists
	moves   []settle.DayMove
	noRows  []NoRow
	parts   []settle.Part
	adjusts []Adjusted
	breaks  []reconcile.Break
}

// reckon reckons a month that is not locked.
func (c *Closing) reckon(ctx context.Context, month settle.Month, versions []settle.Version, now time.Time) (Month, error) {
	r := &reckoning{Closing: c, month: month, today: pay.DayOf(now)}
	var err error
	if r.books, r.newest, err = c.booksOf(ctx, month, versions, r.today); err != nil {
		return Month{}, err
	}
	if err := r.inOrder(); err != nil {
		return Month{}, err
	}
	r.reopened = slices.ContainsFunc(versions, func(v settle.Version) bool { return v.Month == month && !v.Reopened.IsZero() })
	from := readFrom(month, r.books, r.newest)
	if r.held, err = jobs.Place(ctx, c.Books, c.MIDs, c.Accounts, r.today, from); err != nil {
		return Month{}, err
	}
	if r.dropped, err = c.Books.DroppedMatches(ctx); err != nil {
		return Month{}, err
	}
	if r.openings, err = c.Books.Openings(ctx); err != nil {
		return Month{}, err
	}
	out := Month{Month: month, Now: now, books: r.books, held: r.held, dropped: r.dropped, OldestOpen: oldestOpen(r.held)}
	for _, mid := range c.MIDs {
		ledgers, err := r.merchant(ctx, mid, from)
		if err != nil {
			return Month{}, err
		}
		out.Ledgers = append(out.Ledgers, ledgers...)
	}
	return out, nil
}

// readFrom is the day from which payouts are held against the passbook for a month;
// newest is the newest month that is locked, nil where none is.
func readFrom(month settle.Month, books settle.Books, newest *Month) pay.Day {
	switch {
	case newest != nil:
		return min(newest.Month.First().Add(-settle.ReadBack), cmp.Or(newest.OldestOpen, newest.Month.First()))
	case books.First < month:
		return books.First.First().Add(-settle.ReadBack)
	default:
		return month.First().Add(-settle.ReadBack)
	}
}

// inOrder refuses months that cannot be reckoned: before the first one.
func (r *reckoning) inOrder() error {
	if r.month < r.books.First {
		return &BeforeFirstError{Month: r.month, First: r.books.First}
	}
	return nil
}

// oldestOpen is the oldest payout that did not come to the won.
func oldestOpen(held jobs.Held) pay.Day {
	var oldest pay.Day
	for _, p := range held.Payouts {
		if (len(p.Lines) == 0 || p.Difference != 0) && (oldest == "" || p.Day < oldest) {
			oldest = p.Day
		}
	}
	return oldest
}

// merchant reckons the currencies of one merchant.
func (r *reckoning) merchant(ctx context.Context, mid string, from pay.Day) ([]Ledgered, error) {
	r.mid = mid
	var err error
	if r.read, err = r.Closing.read(ctx, mid, from, r.today); err != nil {
		return nil, err
	}
	if r.moves, err = r.Books.Moves(ctx, mid); err != nil {
		return nil, err
	}
	if r.noRows, err = r.Books.NoRows(ctx, mid); err != nil {
		return nil, err
	}
	if r.parts, err = r.Books.Parts(ctx, mid, from); err != nil {
		return nil, err
	}
	if r.adjusts, err = r.Books.Adjustments(ctx, mid); err != nil {
		return nil, err
	}
	if r.breaks, err = r.Books.SettlementBreaks(ctx, mid); err != nil {
		return nil, err
	}
	currencies := map[pay.Currency]bool{}
	for _, m := range r.moves {
		currencies[m.Currency] = true
	}
	for _, p := range r.parts {
		currencies[p.Payout.Currency] = true
	}
	if len(currencies) == 0 {
		currencies[pay.KRW] = true
	}
	var ledgers []Ledgered
	for _, currency := range slices.Sorted(maps.Keys(currencies)) {
		ledgers = append(ledgers, r.ledger(currency))
	}
	return ledgers, nil
}

// ledger reckons one currency, both ways.
func (r *reckoning) ledger(c pay.Currency) Ledgered {
	standing := r.standing(c)
	forward := r.forward(c, standing)
	rows := standing.ByRows(r.month.Last())
	facts := r.facts(c)
	shares, resolved := r.shares(c, rows)
	facts.Resolved = resolved
	check := facts.Check(r.mid, c, forward, rows)
	out := Ledgered{MonthCheck: check, Shares: shares, Facts: facts, inside: r.inside(c, standing, rows)}
	if r.month == r.books.First {
		opening := standing.ByRows(r.month.Before().Last())
		for _, key := range slices.SortedFunc(maps.Keys(opening.InOpening), settle.PayoutKey.Compare) {
			out.InOpening = append(out.InOpening, Frozen{key, opening.InOpening[key]})
		}
	}
	return out
}

// inside keeps what the ledger of a currency is made of, for its workbook.
func (r *reckoning) inside(c pay.Currency, standing settle.Standing, rows settle.ByRows) inside {
	in := inside{standing: standing, rows: rows, sold: settle.DaysOf(daysIn(r.read.sold))}
	for _, m := range r.moves {
		if m.Currency == c {
			in.moves = append(in.moves, m)
		}
	}
	for _, a := range r.adjusts {
		if a.Currency == c {
			in.adjusts = append(in.adjusts, a)
		}
	}
	for _, b := range r.breaks {
		if b.Currency == c {
			in.breaks = append(in.breaks, b)
		}
	}
	if r.Assumed || standing.PassbookFrom != "" {
		in.assumed = r.assumed(standing)
	}
	return in
}

// standing is what there is of one currency: the way by rows.
func (r *reckoning) standing(c pay.Currency) settle.Standing {
	s := settle.Standing{MID: r.mid, Books: r.books, Assumed: r.Assumed}
	for _, p := range r.parts {
		if p.Payout.Currency == c {
			s.Parts = append(s.Parts, p)
		}
	}
	for _, p := range r.held.Payouts {
		if p.MID == r.mid && p.Currency == c {
			s.Payouts = append(s.Payouts, p)
		}
	}
	sold := settle.DaysOf(daysIn(r.read.sold))
	for _, n := range r.noRows {
		// A day before the first month whose rows were never read tells nothing of
		// what Toss still owes for it.
		if n.Currency == c && (settle.MonthOfDay(n.Day) >= r.books.First || sold.Has(n.Day)) {
			s.NoRow = append(s.NoRow, n.NoRow)
		}
	}
	for _, m := range r.held.Matches[:r.held.Given] {
		if ofMerchant(m, r.mid, c) {
			s.Matches = append(s.Matches, m)
		}
	}
	for _, a := range r.adjusts {
		if a.Currency == c && a.Undone.IsZero() {
			s.Decisions = append(s.Decisions, a.Decision)
		}
	}
	s.PassbookFrom = r.passbookFrom()
	return s
}

// passbookFrom is the first day of the merchant's passbooks: payouts before it count
// as paid, since nobody can show their lines.
func (r *reckoning) passbookFrom() pay.Day {
	var from pay.Day
	for _, a := range r.Accounts {
		if first := r.held.Look.Passbook[a.Name].First(); slices.Contains(a.MIDs, r.mid) && first != "" && (from == "" || first < from) {
			from = first
		}
	}
	return from
}

func ofMerchant(m settle.Match, mid string, c pay.Currency) bool {
	return slices.ContainsFunc(m.Payouts, func(k settle.PayoutKey) bool { return k.MID == mid && k.Currency == c })
}

// forward is the way by movements, from the opening.
func (r *reckoning) forward(c pay.Currency, standing settle.Standing) settle.Rollforward {
	ledger := settle.NewLedger(r.books)
	for _, m := range r.moves {
		if m.Currency == c {
			ledger.Post(m.Movement)
		}
	}
	for _, m := range standing.Matches {
		for _, move := range settle.MovesOfMatch(m, r.mid, standing.Parts, standing.Payouts) {
			ledger.Post(move)
		}
	}
	for _, d := range r.dropped {
		if !ofMerchant(d.Match, r.mid, c) {
			continue
		}
		for _, move := range settle.MovesOfMatch(d.Match, r.mid, nil, nil) {
			ledger.Post(move)
			ledger.Post(move.Undone(d.At))
		}
	}
	for _, a := range r.adjusts {
		if a.Currency != c {
			continue
		}
		move := settle.MoveOfDecision(a.Decision)
		ledger.Post(move)
		if !a.Undone.IsZero() {
			ledger.Post(move.Undone(a.Undone))
		}
	}
	if r.Assumed || standing.PassbookFrom != "" {
		for _, move := range settle.MovesAssumed(r.assumed(standing), standing.Parts, func(settle.PayoutKey) time.Time { return time.Time{} }) {
			ledger.Post(move)
		}
	}
	month, opening := r.opening(c, standing)
	var forward settle.Rollforward
	for ; month <= r.month; month = month.Next() {
		forward = ledger.Month(month, opening)
		opening = forward.ClosingByMethod()
	}
	return forward
}

// assumed are the payouts that count as paid on their day without a line.
func (r *reckoning) assumed(standing settle.Standing) []settle.Payout {
	return slices.DeleteFunc(slices.Clone(standing.Payouts), func(p settle.Payout) bool {
		return p.Day > r.today || !r.Assumed && p.Day >= standing.PassbookFrom
	})
}

// opening is what the first month that is not locked opens with, by method.
func (r *reckoning) opening(c pay.Currency, standing settle.Standing) (settle.Month, map[pay.Method]int64) {
	if r.newest != nil {
		for _, l := range r.newest.Ledgers {
			if l.MID == r.mid && l.Currency == c {
				return r.newest.Month.Next(), l.ClosingByMethod()
			}
		}
		return r.newest.Month.Next(), nil
	}
	for _, o := range slices.Backward(r.openings) {
		if o.MID == r.mid && o.Currency == c && o.Month == r.books.First {
			return r.books.First, map[pay.Method]int64{pay.MethodUnknown: o.Amount}
		}
	}
	return r.books.First, standing.ByRows(r.books.First.Before().Last()).ByMethod
}

// facts are what the state of the month follows from.
func (r *reckoning) facts(c pay.Currency) settle.Facts {
	f := settle.Facts{Month: r.month, Today: r.today, Transactions: r.read.transactions, Rows: r.read.sold, Passbook: r.held.Look.Passbook,
		Assumed: r.Assumed, Breaks: map[reconcile.Kind]int64{}, Reopened: r.reopened}
	for _, a := range r.Accounts {
		if slices.Contains(a.MIDs, r.mid) {
			f.Accounts = append(f.Accounts, a.Name)
		}
	}
	for _, b := range r.breaks {
		if b.Status.NeedsPerson() && b.Currency == c && monthOf(b) <= r.month {
			f.Breaks[b.Kind]++
		}
	}
	for _, p := range r.held.Payouts {
		if p.MID == r.mid && p.Currency == c && p.Day <= r.month.Last() && p.State == settle.Due && p.Why == settle.Ambiguous {
			f.Undecided++
		}
	}
	return f
}

// shares are what of the unexplained difference belongs to which break, and what of
// it to breaks that a person has resolved.
func (r *reckoning) shares(c pay.Currency, rows settle.ByRows) (shares []Share, resolved int64) {
	byID := map[string]reconcile.Break{}
	for _, b := range r.breaks {
		byID[b.ID] = b
	}
	add := func(s settle.Share) {
		b := byID[reconcile.BreakID(r.mid, s.Subject, s.Kind)]
		share := Share{Share: s}
		if b.Status == reconcile.Resolved {
			share.Decided = b.Resolution
			if s.Kind.Adjusts(b.Resolution) && r.adjusted(b.ID) {
				return // the roll-forward has it
			}
			resolved += s.Amount
		}
		shares = append(shares, share)
	}
	for _, s := range rows.Shares {
		add(s)
	}
	for _, b := range r.breaks {
		switch {
		case b.Currency != c || b.Share == nil || *b.Share == 0 || b.Status == reconcile.Cleared || pay.DayOf(b.MovedAt) > r.month.Last():
		case b.Kind == reconcile.PayoutShort || b.Kind == reconcile.PayoutOver || b.Kind == reconcile.RollforwardUnexplained:
		default:
			add(settle.Share{Subject: b.Subject, Kind: b.Kind, Amount: *b.Share})
		}
	}
	return shares, resolved
}

// adjusted says whether the roll-forward has what a person decided about a break. What
// was decided after the month's end moves a later month: this one leaves it explained.
func (r *reckoning) adjusted(breakID string) bool {
	return slices.ContainsFunc(r.adjusts, func(a Adjusted) bool {
		posted, ok := r.books.Posted(settle.MonthOfDay(a.Day), a.Recorded)
		return a.BreakID == breakID && a.Undone.IsZero() && ok && posted <= r.month
	})
}
