package jobs

import (
	"cmp"
	"context"
	"hash/maphash"
	"math"
	"slices"

	"daesa/pay"
	"daesa/reconcile"
)

const (
	// maxPayoutPages bounds a list of payouts that never ends.
	maxPayoutPages = 500
	// mostBadRows is how many rows of a list that cannot be read are named one by one.
	mostBadRows = 20
)

// paidOut sums what Toss paid out to the shop's bank account on the business
// date, and its fees. Orders are not compared with it, but it is a part of the
// provider's records: where it cannot be read whole, the night is incomplete.
func (n *night) paidOut(ctx context.Context) error {
	if n.Payouts == nil || n.onlyCompares() || n.Settings.PhonesOnly || len(n.Settings.Given) > 0 {
		return nil
	}
	if len(n.failedDays) > 0 { // an hour of the provider's silence is enough
		n.notPaid(&reconcile.Unread{Reason: reconcile.ReasonNotAsked})
		return nil
	}
	payouts := &payouts{sums: map[pay.Currency]*reconcile.PaidSum{}, seen: map[uint64]bool{}}
	for number := 1; ; number++ {
		page, err := n.Payouts.Settlements(ctx, pay.ByPaidOut, n.scope.Day, number)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		n.run.CallsByAPI[callsOfPayouts]++
		if err != nil {
			n.notPaid(err)
			return nil
		}
		if err := n.Pages.SaveEvidence(ctx, n.scope.MID, n.lease.RunID, []pay.Evidence{page.Evidence}); err != nil {
			return err
		}
		if page.Shown == 0 {
			break
		}
		if !payouts.add(page, n.scope.MID) || number == maxPayoutPages {
			n.notPaid(&reconcile.Unread{Reason: reconcile.ReasonRepeats, Got: int64(number)})
			return nil
		}
	}
	n.badRows(payouts.bad, reconcile.PartSettlementRow, reconcile.PartSettlementMore)
	n.run.PaidOut = payouts.paid()
	return nil
}

// notPaid notes that what was paid out could not be read. What an earlier run
// of the night read stands, if that showed anything: an empty list of an
// earlier hour says nothing of now.
func (n *night) notPaid(why error) {
	n.gap(reconcile.SideProvider, reconcile.Part{Kind: reconcile.PartSettlements, Name: string(n.scope.Day)}, why)
	if n.before != nil && n.before.Run.PaidOut != nil && len(n.before.Run.PaidOut.Sums) > 0 {
		n.run.PaidOut = n.before.Run.PaidOut
		return
	}
	n.run.PaidOut = &reconcile.PaidOut{Why: why.Error()}
}

// badRows names the rows of a list that cannot be read: each is a gap of its
// own; those beyond the first are counted.
func (n *night) badRows(bad []pay.BadRow, one, more reconcile.PartKind) {
	for i, row := range bad {
		if i == mostBadRows {
			n.gap(reconcile.SideProvider, reconcile.Part{Kind: more, Count: int64(len(bad) - i)},
				&reconcile.Unread{Reason: reconcile.ReasonUnknown, Name: "these cannot be read either"})
			return
		}
		n.gap(reconcile.SideProvider, reconcile.Part{Kind: one, Name: cmp.Or(row.Key, "without a transactionKey")},
			&reconcile.Unread{Reason: reconcile.ReasonUnknown, Name: row.Err.Error()})
	}
}

// payouts are what the pages of a day have shown so far.
type payouts struct {
	sums map[pay.Currency]*reconcile.PaidSum
	seen map[uint64]bool // hashes of the rows
	bad  []pay.BadRow
}

// again says whether a row came before, on an earlier page or this one. One
// that has no key cannot be known again.
func (p *payouts) again(key string, amount, paid int64) bool {
	if key == "" {
		return false
	}
	hash := maphash.Comparable(rowSeed, struct {
		key          string
		amount, paid int64
	}{key, amount, paid})
	came := p.seen[hash]
	p.seen[hash] = true
	return came
}

// add sums a page, and says whether it shows anything that earlier ones did
// not. Rows of other merchants are their own night's.
func (p *payouts) add(page pay.SettlementPage, mid string) (moves bool) {
	repeated := 0
	for _, row := range page.Rows {
		switch {
		case p.again(row.TransactionKey, row.Amount, row.PayOutAmount):
			repeated++
		case row.MID == mid:
			p.sum(row)
		}
	}
	for _, row := range page.Bad {
		if p.again(row.Key, math.MinInt64, math.MinInt64) { // no row that can be read has these amounts
			repeated++
			continue
		}
		p.bad = append(p.bad, row)
	}
	return repeated < page.Shown
}

func (p *payouts) sum(row pay.Settlement) {
	sum := p.sums[row.Currency]
	if sum == nil {
		sum = &reconcile.PaidSum{Currency: row.Currency}
		p.sums[row.Currency] = sum
	}
	sum.Rows++
	sum.Amount += row.Amount
	sum.Fee += row.Fee
	sum.Paid += row.PayOutAmount
}

// paid are the sums by currency.
func (p *payouts) paid() *reconcile.PaidOut {
	paid := &reconcile.PaidOut{}
	for _, sum := range p.sums {
		paid.Sums = append(paid.Sums, *sum)
	}
	slices.SortFunc(paid.Sums, func(a, b reconcile.PaidSum) int { return cmp.Compare(a.Currency, b.Currency) })
	return paid
}
