package jobs

import (
	"slices"
	"strings"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports"
)

// The jobs that walk the line.
const (
	JobNightly   = reconcile.JobNightly
	JobReconcile = reconcile.JobReconcile
	JobMonthEnd  = reconcile.JobMonthEnd
	JobEvents    = reconcile.JobEvents
)

// onlyCompares says whether the run proposes no refunds and lets none expire.
func (n *Nightly) onlyCompares() bool { return n.Job == JobReconcile || n.Job == JobEvents }

// snapshot draws up all that the night says, from what stands in the database
// now.
func (n *night) snapshot(after After) reports.Snapshot {
	run := n.run
	run.Broken, run.Refunding = map[reconcile.Kind]int64{}, nil
	run.Refunds = map[string]int64{}
	s := reports.Snapshot{JournalHead: after.JournalHead, Config: n.Settings.ConfigPrint, Settlement: n.settlement}
	for _, b := range after.Breaks {
		countBreak(&run, b)
		s.Breaks = append(s.Breaks, n.breakRow(b))
	}
	for state, number := range after.Counts {
		run.Refunds[string(state)] = number
	}
	for _, request := range after.Refunds {
		s.Refunds = append(s.Refunds, reports.RefundRow{Request: request})
	}
	if next := n.Settings.NextRefundRun; next != nil {
		s.NextRefunds = []time.Time{next(n.now)}
	}
	s.Deadlines = n.deadlines(after, s.NextRefunds)
	s.Run = run
	s.Missing = missingAccounts(after)
	s.Promises = n.promises(after.Executed)
	s.Transfers = after.Transfers
	s.Before = after.Nights
	n.waiting(&s, after)
	return s
}

// missingAccounts are the payments whose refund account somebody must ask for:
// first those of which a refund waits for it.
func missingAccounts(after After) []refunds.MissingAccount {
	waits := map[string]refunds.MissingAccount{} // by payment: why, where that is known
	for _, r := range after.Refunds {
		if r.State == refunds.StateNeedsAccount {
			waits[r.PaymentKey] = refunds.MissingAccount{}
		}
	}
	// Where nothing captures they are each virtual account of a month: they are parted
	// where they lie.
	others := slices.DeleteFunc(after.Missed, func(m refunds.MissingAccount) bool {
		_, waited := waits[m.PaymentKey]
		if waited {
			waits[m.PaymentKey] = m
		}
		return waited
	})
	var first []refunds.MissingAccount
	for _, r := range after.Refunds {
		if r.State == refunds.StateNeedsAccount {
			known := waits[r.PaymentKey]
			first = append(first, refunds.MissingAccount{MID: r.MID, OrderID: r.OrderID, PaymentKey: r.PaymentKey, Currency: r.Currency, Amount: r.Amount,
				ClosedAt: known.ClosedAt, Why: known.Why, RefundID: r.ID, CancelBy: r.CancelBy})
		}
	}
	return slices.Insert(others, 0, first...)
}

// promises are the refunds whose money is still on its way to the customer, or
// came on the date or later; of methods that promise nothing the last days'.
func (n *night) promises(executed []refunds.Executed) []reports.Promise {
	const unknownDays = 7
	var list []reports.Promise
	for _, e := range executed {
		arrival := refunds.ArrivalOf(e.Payment, e.Request.Amount, e.CanceledAt)
		if arrival.Known && arrival.Until < n.scope.Day || !arrival.Known && pay.DayOf(e.CanceledAt) < n.scope.Day.Add(-unknownDays) {
			continue
		}
		r := e.Request
		list = append(list, reports.Promise{MID: r.MID, OrderID: r.OrderID, PaymentKey: r.PaymentKey, RefundID: r.ID, Method: r.Method,
			Currency: r.Currency, Amount: r.Amount, State: r.State, CanceledAt: e.CanceledAt, Arrival: arrival})
	}
	return list
}

func countBreak(run *reconcile.Run, b reconcile.Break) {
	switch {
	case b.Status.NeedsPerson():
		run.Broken[b.Kind]++
		if b.Since == run.Day {
			run.Opened++
			if b.Status == reconcile.Reopened {
				run.Reopened++
			}
		}
	case b.Status == reconcile.Refunding:
		if run.Refunding == nil {
			run.Refunding = map[reconcile.Kind]int64{}
		}
		run.Refunding[b.Kind]++
	case b.Status == reconcile.Timing:
		run.Timing++
	case b.Status == reconcile.Cleared:
		run.Cleared++
	}
}

func (n *night) breakRow(b reconcile.Break) reports.BreakRow {
	row := reports.BreakRow{
		ID: b.ID, MID: b.MID, OrderID: b.OrderID, PaymentKey: b.PaymentKey, Kind: b.Kind, Status: b.Status,
		Origin: b.Origin, Currency: b.Currency, LocalAmount: b.LocalAmount, ProviderAmount: b.ProviderAmount,
		LocalStatus: b.LocalStatus, LocalPG: b.LocalPG, ProviderStatus: b.ProviderStatus, Method: b.Method, FirstSeen: b.FirstSeen,
		LastSeen: b.LastSeen, Nights: b.Nights, MovedAt: b.MovedAt, CancelBy: b.CancelBy, Note: b.Note,
		ApprovedAt: b.ApprovedAt, ApprovalNumber: b.ApprovalNumber,
		Since: b.Since, Owner: b.Owner, Remark: b.Remark,
	}
	if b.Kind == reconcile.CurrencyMismatch {
		row.ProviderCurrency = n.currencies[b.ID]
	}
	return row
}

// deadlines lists the money that should go back, asked for or not yet, most urgent
// first; what has no last day comes last.
func (n *night) deadlines(after After, next []time.Time) []reports.Deadline {
	var list []reports.Deadline
	askedFor, old := map[string]bool{}, map[string]bool{}
	for _, b := range after.Breaks {
		old[b.ID] = b.AtRisk
	}
	for _, r := range after.Refunds {
		if !r.State.Unsent() && r.State != refunds.StateExpired && r.State != refunds.StateHeld {
			continue
		}
		askedFor[r.BreakID] = true
		list = append(list, reports.Deadline{MID: r.MID, OrderID: r.OrderID, PaymentKey: r.PaymentKey, Method: r.Method,
			Currency: r.Currency, Amount: r.Amount, CancelBy: r.CancelBy, RefundID: r.ID, State: r.State, BreakID: r.BreakID,
			AtRisk: r.CancelBy.IsZero() && old[r.BreakID]})
	}
	for _, b := range after.Breaks {
		if !b.Status.NeedsPerson() || !b.Kind.Owing() || askedFor[b.ID] {
			continue
		}
		list = append(list, reports.Deadline{MID: b.MID, OrderID: b.OrderID, PaymentKey: b.PaymentKey, Method: b.Method,
			Currency: b.Currency, Amount: atStake(b), CancelBy: b.CancelBy, AtRisk: b.AtRisk, BreakID: b.ID})
	}
	for i := range list {
		list[i].TooLate = len(next) > 0 && !list[i].CancelBy.IsZero() && next[0].After(list[i].CancelBy)
	}
	slices.SortStableFunc(list, moreUrgent)
	return list
}

// atStake is what would have to go back: what Toss holds more than the shop.
func atStake(b reconcile.Break) int64 {
	if b.Owed > 0 {
		return b.Owed
	}
	return max(-b.Difference(), 0)
}

// moreUrgent: the earliest deadline first, none last; then the most money.
func moreUrgent(a, b reports.Deadline) int {
	if a.CancelBy.IsZero() != b.CancelBy.IsZero() {
		if a.CancelBy.IsZero() {
			return 1
		}
		return -1
	}
	if c := a.CancelBy.Compare(b.CancelBy); c != 0 {
		return c
	}
	if a.Amount != b.Amount {
		if a.Amount > b.Amount {
			return -1
		}
		return 1
	}
	return strings.Compare(a.OrderID, b.OrderID)
}

// MonthEnd says whether the month-end job has work on a day: phone payments
// can be cancelled only within their calendar month, whatever weekday it ends on.
func MonthEnd(today pay.Day) bool { return today.LastOfMonth() }
