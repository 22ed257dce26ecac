package jobs

import (
	"context"
	"maps"
	"slices"
	"strings"

	"daesa/pay"
	"daesa/reconcile"
)

// prove sums both sides apart, after the look-ups, compares the sums with what
// Compare named, and holds the list against everything else that is known.
func (n *night) prove(ctx context.Context) error {
	n.step("prove", 0, 0)
	shop, provider, err := n.cmp.Totals(ctx, n.listed())
	if err != nil {
		return err
	}
	for _, sum := range shop {
		n.total(sum.Currency).Shop = sum.Total
		n.run.Orders += sum.Number
	}
	for _, sum := range provider {
		n.total(sum.Currency).Provider = sum.Total
		n.run.Payments += sum.Number
	}
	n.run.Windows, n.run.UnknownMID, err = n.Pages.WindowsRead(ctx, n.scope.MID, n.lease.RunID)
	if err != nil {
		return err
	}
	for _, window := range n.run.Windows {
		n.run.CallsByAPI[callsOfList] += int64(window.Pages)
	}
	if err := n.proveList(ctx); err != nil {
		return err
	}
	n.readTo()
	n.run.Windows = slices.DeleteFunc(n.run.Windows, func(w reconcile.Window) bool { return n.failedDays[w.Day] })
	for _, total := range n.sums {
		total.Unexplained = total.Shop - total.Provider - total.Explained
		n.run.Totals = append(n.run.Totals, *total)
	}
	if err := n.moved(ctx); err != nil {
		return err
	}
	slices.SortFunc(n.run.Differences, reconcile.Difference.Compare)
	slices.SortFunc(n.run.Totals, func(a, b reconcile.Total) int { return strings.Compare(string(a.Currency), string(b.Currency)) })
	// What was known is read where it was compared: a break that a webhook finds after
	// that is not the night's to clear.
	if n.known, err = n.cmp.Breaks(ctx); err != nil {
		return err
	}
	n.cmp.EndSnapshot(ctx)
	return nil
}

// readTo finds the end of the newest day whose list was read whole: rows up to
// then are in the sum of Toss's side, also those of later dates where an older
// date is run again.
func (n *night) readTo() {
	if !n.listed() {
		return
	}
	for day, whole := range n.covered {
		if whole && !n.failedDays[day] {
			n.run.ListedTo = pay.Latest(n.run.ListedTo, day.End())
		}
	}
	if n.run.ListedTo.After(n.now) {
		n.run.ListedTo = n.now
	}
}

// moved sums what moved on the date itself, on each side alone, after the list
// was held against everything else. A run about some orders or one method has
// nothing to say of the date; a list that was not read whole makes Toss's side
// unread, never zero.
func (n *night) moved(ctx context.Context) error {
	if len(n.Settings.Given) > 0 || n.Settings.PhonesOnly {
		return nil
	}
	day, err := n.cmp.DayMoney(ctx)
	if err != nil {
		return err
	}
	day.Listed = n.listed() && !n.failedDays[n.scope.Day] && n.covered[n.scope.Day]
	if !day.Listed {
		for i := range day.Totals {
			day.Totals[i].Provider = reconcile.Moved{}
		}
		day.Totals = slices.DeleteFunc(day.Totals, func(t reconcile.DayTotal) bool { return t.Shop == (reconcile.Moved{}) })
	}
	n.run.Moved = &day
	return nil
}

// callsOfList and callsOfPayouts count the calls of lists.
const (
	callsOfList    = "transactions"
	callsOfPayouts = "settlements"
)

// listed says whether the run reads the transaction list.
func (n *night) listed() bool { return !n.Settings.LookUpAll && len(n.Settings.Given) == 0 }

// lack is what look-ups show of a day and its list does not.
type lack struct {
	movements int64
	order     string // of one of them
}

// proveList holds the list against what look-ups show. A movement inside a
// covered day that no row shows means that the day was not read whole: it is
// covered no more. One at another time explains why the sums of look-ups and
// rows differ. And an empty list proves nothing while the shop has paid orders
// of the day of which nobody has asked.
func (n *night) proveList(ctx context.Context) error {
	var read []pay.Day
	for _, window := range n.run.Windows {
		read = append(read, window.Day)
	}
	lacking := map[pay.Day]lack{}
	err := n.cmp.Unlisted(ctx, read, func(m reconcile.Movement) {
		day := pay.DayOf(m.At)
		switch {
		case m.Contradicts(n.covered) || n.readSoFar(m):
			of := lacking[day]
			lacking[day] = lack{of.movements + 1, m.OrderID}
		case n.listed() && m.Counted && (m.At.IsZero() || !n.failedDays[day]):
			n.total(m.Currency).Explained += m.Amount
			n.differs(reconcile.Difference{OrderID: m.OrderID, PaymentKey: m.PaymentKey, Currency: m.Currency, Amount: m.Amount, At: m.At})
		}
	})
	if err != nil {
		return err
	}
	for _, day := range slices.Sorted(maps.Keys(lacking)) {
		why := &reconcile.Unread{Reason: reconcile.ReasonNotListed, Got: lacking[day].movements, Name: lacking[day].order}
		if err := n.uncover(ctx, day, why); err != nil {
			return err
		}
	}
	for _, day := range slices.Sorted(maps.Keys(n.emptyDays)) {
		orders, err := n.cmp.Unproved(ctx, day)
		if err != nil {
			return err
		}
		if orders == 0 {
			continue
		}
		if err := n.uncover(ctx, day, &reconcile.Unread{Reason: reconcile.ReasonEmpty, Got: orders}); err != nil {
			return err
		}
	}
	return nil
}

// readSoFar says whether a movement should be in the list of a day that still
// runs: what moved just before it was read may come late.
func (n *night) readSoFar(m reconcile.Movement) bool {
	return n.listed() && pay.DayOf(m.At) == n.scope.Day && !n.failedDays[n.scope.Day] &&
		n.now.Before(n.scope.Day.End()) && m.At.Before(n.now.Add(-lateMargin))
}

// uncover takes back that a day was read whole.
func (n *night) uncover(ctx context.Context, day pay.Day, why error) error {
	n.unread(day)
	n.gap(reconcile.SideProvider, listOf(day), why)
	return n.Pages.UncoverWindow(ctx, n.scope.MID, day, n.now)
}

// disproved says whether something shows that the list of the night's own day
// is not whole: that it was called so before does not stand any more.
func (n *night) disproved() bool {
	return slices.ContainsFunc(n.run.Gaps, func(g reconcile.Gap) bool {
		return g.Kind() == reconcile.GapProof && g.Cause.Part == listOf(n.scope.Day)
	})
}

func (n *night) total(currency pay.Currency) *reconcile.Total {
	total, ok := n.sums[currency]
	if !ok {
		total = &reconcile.Total{Currency: currency, ByKind: map[reconcile.Kind]int64{}}
		n.sums[currency] = total
	}
	return total
}
