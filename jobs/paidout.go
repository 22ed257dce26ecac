package jobs

import (
	"cmp"
	"context"
	"slices"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports"
)

// mostBadRows is how many rows of a list that cannot be read are named one by one.
const mostBadRows = 20

// NightSettlement is what a night learns of the money that Toss pays out.
type NightSettlement struct {
	Settlement *reports.Settlement // nil: there is nothing to say
	Gaps       []reconcile.Gap
	Calls      int64
}

// paidOut brings in what Toss paid out to the shop's bank account on the business
// date. Orders are not compared with it, but it is a part of the provider's records:
// where it cannot be read whole, the night is incomplete.
func (n *night) paidOut(ctx context.Context) error {
	if n.Settle == nil || n.onlyCompares() || n.Settings.PhonesOnly || len(n.Settings.Given) > 0 {
		return nil
	}
	if n.silent { // an hour of the provider's silence is enough
		n.notPaid(&reconcile.Unread{Reason: reconcile.ReasonNotAsked})
		return nil
	}
	settled, err := n.Settle(ctx, n.scope.Day, n.now)
	if err != nil {
		return err
	}
	n.run.CallsByAPI[callsOfPayouts] += settled.Calls
	n.settlement = settled.Settlement
	n.run.Gaps = append(n.run.Gaps, settled.Gaps...)
	if i := slices.IndexFunc(settled.Gaps, ofList); i >= 0 {
		n.run.PaidOut = n.paidBefore(settled.Gaps[i].Why)
		return nil
	}
	n.run.PaidOut = paidOn(settled.Settlement, n.scope.Day)
	return nil
}

// ofList says whether a gap is of the list as a whole, not of one row.
func ofList(g reconcile.Gap) bool {
	return g.Cause != nil && g.Cause.Part.Kind == reconcile.PartSettlements
}

// notPaid notes that what was paid out could not be read.
func (n *night) notPaid(why error) {
	n.gap(reconcile.SideProvider, reconcile.Part{Kind: reconcile.PartSettlements, Name: string(n.scope.Day)}, why)
	n.run.PaidOut = n.paidBefore(why.Error())
}

// paidBefore: what an earlier run of the night read stands, if that showed anything:
// an empty list of an earlier hour says nothing of now.
func (n *night) paidBefore(why string) *reconcile.PaidOut {
	if n.before != nil && n.before.Run.PaidOut != nil && len(n.before.Run.PaidOut.Sums) > 0 {
		return n.before.Run.PaidOut
	}
	return &reconcile.PaidOut{Why: why}
}

// paidOn are the sums of a day by currency.
func paidOn(s *reports.Settlement, day pay.Day) *reconcile.PaidOut {
	paid := &reconcile.PaidOut{}
	if s == nil {
		return paid
	}
	for _, p := range s.Payouts {
		if p.Day == day {
			paid.Sums = append(paid.Sums, reconcile.PaidSum{Currency: p.Currency, Rows: p.Rows, Amount: p.Amount, Fee: p.Fee + p.FeeVAT, Paid: p.Amount - p.Fee - p.FeeVAT})
		}
	}
	slices.SortFunc(paid.Sums, func(a, b reconcile.PaidSum) int { return cmp.Compare(a.Currency, b.Currency) })
	return paid
}

// badRows names the rows of a list that cannot be read to who notes gaps: each is one
// of its own; those beyond the first are counted.
func badRows(bad []pay.BadRow, one, more reconcile.PartKind, note func(part reconcile.Part, why error)) {
	for i, row := range bad {
		if i == mostBadRows {
			note(reconcile.Part{Kind: more, Count: int64(len(bad) - i)},
				&reconcile.Unread{Reason: reconcile.ReasonUnknown, Name: "these cannot be read either"})
			return
		}
		note(reconcile.Part{Kind: one, Name: cmp.Or(row.Key, "without a transactionKey")},
			&reconcile.Unread{Reason: reconcile.ReasonUnknown, Name: row.Err.Error()})
	}
}
