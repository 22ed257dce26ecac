package jobs

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"daesa/pay"
	"daesa/reconcile"
)

// paidOut sums what Toss paid out to the shop's bank account on the business
// date, and its fees. Nothing is compared with it: where it cannot be read,
// that is shown, and the night stays as complete as it is.
func (n *night) paidOut(ctx context.Context) error {
	if n.Payouts == nil || n.onlyCompares() || n.Settings.PhonesOnly || len(n.Settings.Given) > 0 {
		return nil
	}
	if len(n.failedDays) > 0 { // an hour of the provider's silence is enough
		n.run.PaidOut = n.paidBefore(errors.New("not asked for, since days of the list could not be read"))
		return nil
	}
	sums := map[pay.Currency]*reconcile.PaidSum{}
	for page, more := 1, true; more; page++ {
		rows, another, evidence, err := n.Payouts.PaidOut(ctx, n.scope.Day, page)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		n.run.CallsByAPI["settlements"]++
		if err != nil {
			n.log.Info("what was paid out could not be read", "error", err, "trace_id", traceOf(err))
			n.run.PaidOut = n.paidBefore(err)
			return nil
		}
		if err := n.Pages.SaveEvidence(ctx, n.scope.MID, n.lease.RunID, []pay.Evidence{evidence}); err != nil {
			return err
		}
		addPaid(sums, rows)
		more = another
	}
	paid := &reconcile.PaidOut{}
	for _, sum := range sums {
		paid.Sums = append(paid.Sums, *sum)
	}
	slices.SortFunc(paid.Sums, func(a, b reconcile.PaidSum) int { return cmp.Compare(a.Currency, b.Currency) })
	n.run.PaidOut = paid
	return nil
}

// paidBefore is what an earlier run of the night read, else why this one
// could not.
func (n *night) paidBefore(why error) *reconcile.PaidOut {
	if n.before != nil && n.before.Run.PaidOut != nil && n.before.Run.PaidOut.Why == "" {
		return n.before.Run.PaidOut
	}
	return &reconcile.PaidOut{Why: why.Error()}
}

func addPaid(sums map[pay.Currency]*reconcile.PaidSum, rows []pay.Settlement) {
	for _, row := range rows {
		sum := sums[row.Currency]
		if sum == nil {
			sum = &reconcile.PaidSum{Currency: row.Currency}
			sums[row.Currency] = sum
		}
		sum.Rows++
		sum.Amount += row.Amount
		sum.Fee += row.Fee
		sum.Paid += row.PayOutAmount
	}
}
