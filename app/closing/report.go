package closing

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
	"daesa/reports/monthbook"
	"daesa/settle"
)

// mostBehind is how many payouts and transactions stand behind each age.
const mostBehind = 200

// ofLedger is what a ledger is known by.
type ofLedger struct {
	mid      string
	currency pay.Currency
}

// payouts lists payouts, and the passbook lines that they are about.
func (d *drawer) payouts(ctx context.Context) error {
	month, posted, settled := d.m.Month, d.posted(), d.settledOtherwise()
	shown := map[string]bool{}
	for _, p := range d.m.held.Payouts {
		of, open := settle.MonthOfDay(p.Day), len(p.Lines) == 0 && p.Comes() && !settled[p.PayoutKey]
		if of != month && posted[p.PayoutKey] == 0 && (of > month || !open) {
			continue
		}
		d.out.Payouts = append(d.out.Payouts, monthbook.Payout{Payout: p, Posted: posted[p.PayoutKey]})
		for _, id := range slices.Concat(p.Lines, p.Suggested) {
			shown[id] = true
		}
	}
	payers, err := d.Drawing.Pages.Payers(ctx, d.m.held.From)
	if err != nil {
		return err
	}
	wanted := func(l settle.PlacedLine) bool {
		return shown[l.ID] || l.In && l.State == settle.LineOpen && settle.MonthOfDay(l.Day) == month
	}
	d.out.Deposits = depositsOf(d.m.held, d.m.dropped, payers, wanted)
	for _, l := range d.m.held.Lines {
		if wanted(l) {
			d.out.Lines = append(d.out.Lines, book.PassbookLine{PlacedLine: l, Payer: payers[l.ID]})
		}
		if r, is := d.rebate(l, payers[l.ID]); is {
			d.out.Rebates = append(d.out.Rebates, r)
		}
	}
	return nil
}

// posted is what of each payout the roll-forward of the month has as paid.
func (d *drawer) posted() map[settle.PayoutKey]int64 {
	posted := map[settle.PayoutKey]int64{}
	add := func(m settle.Match, mid string, recorded time.Time, sign int64) {
		for _, paid := range m.Paid {
			if here, _ := d.postedHere(settle.MonthOfDay(paid.Day), recorded); here && paid.Payout.MID == mid {
				posted[paid.Payout] += sign * paid.Amount
			}
		}
	}
	for _, l := range d.m.Ledgers {
		for _, m := range l.inside.standing.Matches {
			add(m, l.MID, m.Recorded, 1)
		}
		for _, m := range d.m.dropped {
			if ofMerchant(m.Match, l.MID, l.Currency) {
				add(m.Match, l.MID, m.Recorded, 1)
				add(m.Match, l.MID, m.At, -1)
			}
		}
		for _, p := range l.inside.assumed {
			if here, _ := d.postedHere(settle.MonthOfDay(p.Day), time.Time{}); here && p.Comes() {
				posted[p.PayoutKey] += p.Expected
			}
		}
	}
	return posted
}

// settledOtherwise are the payouts that no line is awaited for: taken as paid, or
// written off.
func (d *drawer) settledOtherwise() map[settle.PayoutKey]bool {
	settled := map[settle.PayoutKey]bool{}
	for _, l := range d.m.Ledgers {
		for _, p := range l.inside.assumed {
			settled[p.PayoutKey] = true
		}
		for _, of := range l.inside.standing.Decisions {
			for _, p := range l.inside.standing.Payouts {
				if of.Kind == reconcile.PayoutMissing && of.Subject == settle.SubjectOfPayout(p.PayoutKey) {
					settled[p.PayoutKey] = true
				}
			}
		}
	}
	return settled
}

// decidedLine is what a person decided about a deposit without a payout; nil: nothing.
func (d *drawer) decidedLine(id string) *reconcile.Break {
	for _, l := range d.m.Ledgers {
		for i, b := range l.inside.breaks {
			if b.Kind == reconcile.BankUnmatched && b.Status == reconcile.Resolved && b.Subject == settle.SubjectOfLine(id) {
				return &l.inside.breaks[i]
			}
		}
	}
	return nil
}

// rebate is a deposit of the month that gives fees back, as a person said.
func (d *drawer) rebate(l settle.PlacedLine, payer string) (monthbook.Rebate, bool) {
	if !l.In || l.State == settle.LineMatched || settle.MonthOfDay(l.Day) != d.m.Month {
		return monthbook.Rebate{}, false
	}
	b := d.decidedLine(l.ID)
	if b == nil || b.Resolution != reconcile.Rebate {
		return monthbook.Rebate{}, false
	}
	return monthbook.Rebate{PassbookLine: book.PassbookLine{PlacedLine: l, Payer: payer}, MID: b.MID, Supply: b.Rebate.Supply, VAT: b.Rebate.VAT,
		By: b.ResolvedBy, Note: b.Note}, true
}

// unsettled lists what stands behind the ages, of each the largest.
func (d *drawer) unsettled(ctx context.Context) error {
	states := map[settle.PayoutKey]settle.State{}
	for _, p := range d.m.held.Payouts {
		states[p.PayoutKey] = p.State
	}
	behind := map[ofLedger][]monthbook.Unsettled{}
	for _, l := range d.m.Ledgers {
		of := ofLedger{l.MID, l.Currency}
		for _, u := range l.inside.rows.Unpaid {
			behind[of] = append(behind[of], monthbook.Unsettled{MID: l.MID, Currency: l.Currency, Bucket: u.Bucket, Payout: u.Payout.Day,
				State: states[u.Payout], Count: u.Count, Amount: u.Amount})
		}
	}
	for _, mid := range d.MIDs {
		// More than are shown: some may not be in the closing.
		list, err := d.Drawing.Pages.WithoutRow(ctx, mid, d.m.Month.Last(), 4*mostBehind)
		if err != nil {
			return err
		}
		for _, t := range list {
			t.Currency = pay.Normal(t.Currency, &t.Amount)
			if of := (ofLedger{mid, t.Currency}); d.owed(of, t) {
				behind[of] = append(behind[of], monthbook.Unsettled{MID: mid, Currency: t.Currency, Bucket: settle.BucketNoRow, Count: 1,
					Method: t.Method, OrderID: t.OrderID, PaymentKey: t.PaymentKey, At: t.At, Amount: t.Amount})
			}
		}
	}
	for _, l := range d.m.Ledgers {
		d.out.Unsettled = append(d.out.Unsettled, largest(behind[ofLedger{l.MID, l.Currency}])...)
	}
	return nil
}

// owed says whether a transaction without a row stands in the closing: not, where it is
// older than what was read, and where a person wrote it off.
func (d *drawer) owed(of ofLedger, t settle.Transaction) bool {
	for _, l := range d.m.Ledgers {
		if l.MID != of.mid || l.Currency != of.currency {
			continue
		}
		off := slices.ContainsFunc(l.inside.standing.Decisions, func(x settle.Decision) bool {
			return x.Kind == reconcile.SettlementMissing && x.Day <= d.m.Month.Last() && x.Subject == settle.SubjectOfTransaction(t.TransactionKey)
		})
		return !off && (settle.MonthOf(t.At) >= d.m.books.First || l.inside.sold.Has(pay.DayOf(t.At)))
	}
	return false
}

// largest are the largest of each age.
func largest(all []monthbook.Unsettled) []monthbook.Unsettled {
	slices.SortStableFunc(all, func(a, b monthbook.Unsettled) int {
		return cmp.Compare(max(b.Amount, -b.Amount), max(a.Amount, -a.Amount))
	})
	taken := map[settle.Bucket]int{}
	return slices.DeleteFunc(all, func(u monthbook.Unsettled) bool {
		taken[u.Bucket]++
		return taken[u.Bucket] > mostBehind
	})
}

// cancels lists the cancels that the roll-forwards have.
func (d *drawer) cancels(ctx context.Context) error {
	for _, mid := range d.MIDs {
		list, err := d.Drawing.Pages.Canceled(ctx, mid, d.m.Month, d.lastLock())
		if err != nil {
			return err
		}
		for _, t := range list {
			here, prior := d.postedHere(settle.MonthOf(t.At), t.Recorded)
			if !here {
				continue
			}
			c := monthbook.Cancel{MID: mid, OrderID: t.OrderID, PaymentKey: t.PaymentKey, TransactionKey: t.TransactionKey, Method: t.Method,
				ApprovedAt: t.ApprovedAt, At: t.At, Amount: -t.Amount, Prior: prior}
			amounts := []*int64{&c.Amount}
			if t.Row != nil {
				c.PaidOut, c.Fee, c.FeeVAT = t.Row.PaidOutDate, -t.Row.FeeOf(), -t.Row.VAT
				amounts = append(amounts, &c.Fee, &c.FeeVAT)
			}
			c.Currency = pay.Normal(t.Currency, amounts...)
			d.out.Cancels = append(d.out.Cancels, c)
		}
	}
	return nil
}

// breaks lists those of the month, and open ones of earlier ones.
func (d *drawer) breaks(context.Context) error {
	for _, l := range d.m.Ledgers {
		for _, b := range l.inside.breaks {
			of := monthOf(b)
			if of == d.m.Month || of < d.m.Month && b.Status.NeedsPerson() {
				d.out.Breaks = append(d.out.Breaks, b)
			}
		}
	}
	return nil
}

// monthOf is the month that a break belongs to: that of its subject, where it is about a
// month, else that in which what it is about happened. A fee invoice is issued later.
func monthOf(b reconcile.Break) settle.Month {
	if m, ok := settle.MonthOfSubject(b.Subject); ok {
		return m
	}
	return settle.MonthOf(b.MovedAt)
}

// invoices holds the fee invoices of the month against the rows: one for each that was
// entered, and one of each currency for the merchants that have none.
func (d *drawer) invoices(ctx context.Context, bridges map[ofLedger]settle.InvoiceBridge) error {
	entered, err := d.Books.Invoices(ctx)
	if err != nil {
		return err
	}
	newest, order := map[string]Invoice{}, []string{}
	for _, i := range entered {
		if i.Month != d.m.Month {
			continue
		}
		name := string(i.Currency) + " " + strings.Join(i.MIDs, ",")
		if _, known := newest[name]; !known {
			order = append(order, name)
		}
		newest[name] = i
	}
	covered := map[ofLedger]bool{}
	add := func(mids []string, c pay.Currency, with *settle.Invoice) {
		v := monthbook.Invoice{MIDs: mids, Currency: c, Basis: d.Drawing.Basis, Entered: with}
		for _, mid := range mids {
			covered[ofLedger{mid, c}] = true
			v.Bridge = plusBridge(v.Bridge, bridges[ofLedger{mid, c}])
		}
		d.out.Invoices = append(d.out.Invoices, v)
	}
	for _, name := range order {
		i := newest[name]
		add(i.MIDs, i.Currency, &i.Invoice)
	}
	left, currencies := map[pay.Currency][]string{}, []pay.Currency{}
	for _, l := range d.m.Ledgers {
		if covered[ofLedger{l.MID, l.Currency}] {
			continue
		}
		if left[l.Currency] == nil {
			currencies = append(currencies, l.Currency)
		}
		left[l.Currency] = append(left[l.Currency], l.MID)
	}
	for _, c := range currencies {
		add(left[c], c, nil)
	}
	return nil
}

func plusBridge(a, b settle.InvoiceBridge) settle.InvoiceBridge {
	plus := func(x, y settle.InvoiceSum) settle.InvoiceSum {
		return settle.InvoiceSum{Rows: x.Rows + y.Rows, Supply: x.Supply + y.Supply, VAT: x.VAT + y.VAT}
	}
	return settle.InvoiceBridge{Transacted: plus(a.Transacted, b.Transacted), Later: plus(a.Later, b.Later),
		Earlier: plus(a.Earlier, b.Earlier), Invoiced: plus(a.Invoiced, b.Invoiced)}
}
