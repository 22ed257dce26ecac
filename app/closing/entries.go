package closing

import (
	"cmp"
	"context"
	"slices"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/monthbook"
	"daesa/settle"
)

// Sales are approvals and cancels with what is known of their tax.
type Sales interface {
	// Sales calls each with what happened on some days.
	Sales(ctx context.Context, mid string, from, to pay.Day, each func(settle.Sale) error) error
}

// vouchers writes the entries of the month, one currency after the other, and holds
// the receivable's movement against the roll-forward.
func (d *drawer) vouchers(ctx context.Context) error {
	taxes, err := d.taxes(ctx)
	if err != nil {
		return err
	}
	chart := d.Drawing.Chart
	for _, c := range d.currencies() {
		entries := settle.Vouchers(d.journal(c, taxes), chart)
		var expected int64
		for _, l := range d.m.Ledgers {
			if l.Currency != c {
				continue
			}
			expected += l.Closing - l.Opening
			if chart.Sales == "" { // the shop books its sales itself
				expected -= l.Approvals - l.Cancels
			}
		}
		if moved := settle.MovementOf(entries, chart.Receivable); moved != expected {
			return &NotTyingError{Month: d.m.Month, Currency: c, Vouchers: moved, Expected: expected}
		}
		d.out.Entries = append(d.out.Entries, entries...)
	}
	d.out.Receivable, d.out.SalesApart = chart.Receivable, chart.Sales == ""
	return nil
}

// currencies are those of the ledgers, won first.
func (d *drawer) currencies() []pay.Currency {
	var all []pay.Currency
	for _, l := range d.m.Ledgers {
		if !slices.Contains(all, l.Currency) {
			all = append(all, l.Currency)
		}
	}
	slices.SortFunc(all, func(a, b pay.Currency) int {
		if (a == pay.KRW) != (b == pay.KRW) {
			if a == pay.KRW {
				return -1
			}
			return 1
		}
		return cmp.Compare(a, b)
	})
	return all
}

// saleKey is what the sales of one voucher have in common.
type saleKey struct {
	currency pay.Currency
	day      pay.Day
	method   pay.Method
	cancel   bool
	prior    bool
}

// tax is what is known of the tax of some sales.
type tax struct{ gross, free, vat int64 }

// taxes sums what is known of the tax of the month's sales: only where the shop wants
// its sales booked. A sale of which nothing is known counts as taxable.
func (d *drawer) taxes(ctx context.Context) (map[saleKey]tax, error) {
	taxes := map[saleKey]tax{}
	if d.Drawing.Chart.Sales == "" || d.Drawing.Sales == nil {
		return taxes, nil
	}
	for _, mid := range d.MIDs {
		err := d.Drawing.Sales.Sales(ctx, mid, d.m.Month.First(), d.m.Month.Last(), func(s settle.Sale) error {
			if here, _ := d.postedHere(settle.MonthOf(s.At), s.Recorded); !here {
				return nil
			}
			var free int64
			if s.TaxFree != nil {
				free = *s.TaxFree
			}
			gross := max(s.Amount, -s.Amount)
			vat := vatWithin(gross - free)
			if s.VAT != nil {
				vat = *s.VAT
			}
			k := saleKey{currency: pay.Normal(s.Currency, &gross, &free, &vat), day: pay.DayOf(s.At), method: s.Method, cancel: s.Transaction.Cancel()}
			t := taxes[k]
			taxes[k] = tax{t.gross + gross, t.free + free, t.vat + vat}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return taxes, nil
}

// journal is what the vouchers of one currency are of: of all merchants together.
func (d *drawer) journal(c pay.Currency, taxes map[saleKey]tax) settle.Journal {
	j := settle.Journal{Month: d.m.Month, Currency: c}
	fees, sales := map[saleKey]settle.Roll{}, map[saleKey]int64{}
	for _, l := range d.m.Ledgers {
		if l.Currency != c {
			continue
		}
		for _, m := range l.inside.moves {
			here, prior := d.postedHere(m.Month, m.Recorded)
			if !here {
				continue
			}
			k := saleKey{currency: c, day: m.Day, prior: prior}
			fees[k] = fees[k].Plus(m.Roll)
			k.method = m.Method
			sales[k] += m.Approvals
			k.cancel = true
			sales[k] += m.Cancels
		}
		j.Adjustments = append(j.Adjustments, d.adjustments(l)...)
	}
	for _, k := range sortedSales(fees) {
		j.Fees = append(j.Fees, settle.FeesOf{Day: k.day, Fee: fees[k].Fees, FeeVAT: fees[k].FeeVAT, Prior: k.prior})
	}
	for _, k := range sortedSales(sales) {
		of := settle.SalesOf{Day: k.day, Method: k.method, Cancel: k.cancel, Gross: sales[k], Prior: k.prior}
		known := taxes[k]
		of.TaxFree, of.VAT = known.free, known.vat+vatWithin(of.Gross-known.gross) // the last: of what no sale explains
		if of.Gross != 0 {
			j.Sales = append(j.Sales, of)
		}
	}
	j.Deposits = d.deposits(c)
	return j
}

// vatWithin is the tax in an amount: a tenth on top of the rest, rounded.
func vatWithin(amount int64) int64 { return (2*amount + 11) / 22 }

func sortedSales[V any](m map[saleKey]V) []saleKey {
	keys := make([]saleKey, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	number := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	slices.SortFunc(keys, func(a, b saleKey) int {
		return cmp.Or(cmp.Compare(a.day, b.day), number(a.cancel)-number(b.cancel), cmp.Compare(a.method, b.method), number(b.prior)-number(a.prior))
	})
	return keys
}

// adjustments are the decisions that the roll-forward of a ledger has, and those that
// it has taken back.
func (d *drawer) adjustments(l Ledgered) []settle.Adjustment {
	var list []settle.Adjustment
	for _, a := range l.inside.adjusts {
		move := settle.MoveOfDecision(a.Decision)
		add := func(recorded time.Time, amount int64) {
			if here, prior := d.postedHere(move.Month, recorded); here && amount != 0 {
				list = append(list, settle.Adjustment{Day: a.Day, Subject: a.Subject, Amount: amount, Prior: prior})
			}
		}
		add(a.Recorded, move.Adjustments)
		if !a.Undone.IsZero() {
			add(a.Undone, -move.Adjustments)
		}
	}
	return list
}

// deposits are the passbook lines of the month, what a locked month has of others, and
// payouts that are taken as paid.
func (d *drawer) deposits(c pay.Currency) []settle.Deposit {
	paid := paidLines{d: d, currency: c, sums: map[paidKey]int64{}}
	for _, l := range d.m.Ledgers {
		if l.Currency != c {
			continue
		}
		for _, m := range l.inside.standing.Matches {
			paid.add(m, l.MID, m.Recorded, 1)
		}
		for _, m := range d.m.dropped {
			if ofMerchant(m.Match, l.MID, c) {
				paid.add(m.Match, l.MID, m.Recorded, 1)
				paid.add(m.Match, l.MID, m.At, -1)
			}
		}
	}
	list := paid.deposits()
	given := map[string]bool{}
	for _, m := range d.m.held.Matches[:d.m.held.Given] {
		for _, id := range m.Lines {
			given[id] = true
		}
	}
	for _, l := range d.m.held.Lines {
		if l.In && !given[l.ID] && l.Currency == c && settle.MonthOfDay(l.Day) == d.m.Month {
			list = append(list, d.unmatched(l)...)
		}
	}
	for _, l := range d.m.Ledgers {
		for _, p := range l.inside.assumed {
			if here, prior := d.postedHere(settle.MonthOfDay(p.Day), time.Time{}); here && p.Comes() && l.Currency == c {
				list = append(list, settle.Deposit{Kind: settle.DepositPayout, Prior: prior, Line: settle.Line{ID: p.MID, Day: p.Day, Amount: p.Expected}})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b settle.Deposit) int {
		return cmp.Or(cmp.Compare(a.Line.Day, b.Line.Day), cmp.Compare(a.Line.ID, b.Line.ID))
	})
	return list
}

// unmatched is what a deposit without a payout is booked as; none: it is none of Toss's.
func (d *drawer) unmatched(l settle.PlacedLine) []settle.Deposit {
	deposit := settle.Deposit{Line: l.Line, Kind: settle.DepositOpen}
	if b := d.decidedLine(l.ID); b != nil {
		switch b.Resolution {
		case reconcile.NotOurs:
			return nil
		case reconcile.Rebate:
			deposit.Kind = settle.DepositRebate
			deposit.Supply, deposit.VAT = b.Rebate.Supply, b.Rebate.VAT
		case reconcile.OtherIncome, reconcile.AcceptedDifference:
			deposit.Kind = settle.DepositOther
		default:
		}
	}
	return []settle.Deposit{deposit}
}

// paidLines sums what lines paid to the merchants of a currency.
type paidLines struct {
	d        *drawer
	currency pay.Currency
	sums     map[paidKey]int64
}

type paidKey struct {
	day   pay.Day
	line  string
	prior bool
}

func (p *paidLines) add(m settle.Match, mid string, recorded time.Time, sign int64) {
	for _, part := range m.Paid {
		if here, prior := p.d.postedHere(settle.MonthOfDay(part.Day), recorded); here && part.Payout.MID == mid && part.Payout.Currency == p.currency {
			p.sums[paidKey{part.Day, part.Line, prior}] += sign * part.Amount
		}
	}
}

// deposits books them. A line of an earlier month stands in that one as unexplained
// where it was matched only later, and as a payout where the match was taken back.
func (p *paidLines) deposits() []settle.Deposit {
	var list []settle.Deposit
	for k, sum := range p.sums {
		of := settle.Deposit{Kind: settle.DepositPayout, Prior: k.prior, Line: settle.Line{ID: k.line, Day: k.day, Amount: sum, Currency: p.currency, In: true}}
		switch {
		case sum == 0:
			continue
		case k.prior && sum > 0:
			of.Kind = settle.DepositCleared
		case sum < 0:
			of.Kind, of.Line.Amount = settle.DepositUndone, -sum
		}
		list = append(list, of)
	}
	slices.SortFunc(list, func(a, b settle.Deposit) int {
		return cmp.Or(cmp.Compare(a.Line.Day, b.Line.Day), cmp.Compare(a.Line.ID, b.Line.ID), cmp.Compare(a.Kind, b.Kind))
	})
	return list
}

// vat sums the month's sales for the VAT return, by currency.
func (d *drawer) vat(ctx context.Context) error {
	if d.Drawing.Sales == nil {
		return nil
	}
	sums := map[pay.Currency]*settle.VAT{}
	for _, mid := range d.MIDs {
		err := d.Drawing.Sales.Sales(ctx, mid, d.m.Month.First(), d.m.Month.Last(), func(s settle.Sale) error {
			if sums[s.Currency] == nil {
				sums[s.Currency] = &settle.VAT{}
			}
			sums[s.Currency].Add(s)
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, c := range d.currencies() {
		if sums[c] != nil {
			d.out.VAT = append(d.out.VAT, monthbook.VAT{Currency: c, VATTable: sums[c].Table()})
		}
	}
	return nil
}
