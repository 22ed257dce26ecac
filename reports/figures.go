package reports

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports/book"
	"daesa/settle"
)

// night is one business date of all its merchants: every figure of the
// workbook is reckoned here, once.
type night struct {
	day        pay.Day
	now        time.Time // of the run that was committed last
	snapshots  []Snapshot
	absent     []string // merchants of which nothing could be read
	currencies []pay.Currency
	breaks     []BreakRow // sorted for their sheet
	deadlines  []Deadline // that can still be kept, most urgent first
	lost       []Deadline // that have passed
	refunds    []RefundRow
	bridges    []reconcile.Bridge // one for each currency, over all merchants
	own        []reconcile.Bridge // the same for each merchant
	sum        reconcile.Run
	runs       map[string]string     // run ids by merchant
	money      *reconcile.DayMoney   // of the business date, over all merchants; nil: not known
	askedFor   map[string]*RefundRow // the request that says most about a break, by break id
	transfers  []refunds.ManualTransfer
	byHand     map[string]refunds.ManualTransfer // the same by refund id
	waiting    []refunds.WaitLine                // over all merchants
	waits      map[string]refunds.Wait           // of open requests, by their id
	left       map[string]bool                   // requests of merchants that left the configuration
}

// newNight reckons the figures. expected are the configured merchants: one
// without a snapshot is absent, not zero.
func newNight(snapshots []Snapshot, expected []string) (*night, error) {
	if len(snapshots) == 0 {
		return nil, errors.New("a workbook needs at least one merchant's night")
	}
	n := &night{day: snapshots[0].Run.Day, snapshots: slices.Clone(snapshots), runs: map[string]string{}}
	slices.SortStableFunc(n.snapshots, func(a, b Snapshot) int { return strings.Compare(a.Run.MID, b.Run.MID) })
	for i, s := range n.snapshots {
		if s.Run.Day != n.day {
			return nil, fmt.Errorf("a workbook is of one business date, not of %s and %s", n.day, s.Run.Day)
		}
		if i > 0 && s.Run.MID == n.snapshots[i-1].Run.MID {
			return nil, fmt.Errorf("merchant %s stands twice in the night of %s", s.Run.MID, n.day)
		}
		n.now = pay.Latest(n.now, s.Run.Now)
		n.runs[s.Run.MID] = s.Run.ID
		if unread(s) {
			n.absent = append(n.absent, s.Run.MID)
		}
		n.breaks = append(n.breaks, s.Breaks...)
		n.refunds = append(n.refunds, s.Refunds...)
		n.transfers = append(n.transfers, s.Transfers...)
	}
	n.weigh()
	n.gatherWaiting()
	for _, mid := range expected {
		if !slices.ContainsFunc(n.snapshots, func(s Snapshot) bool { return s.Run.MID == mid }) {
			n.absent = append(n.absent, mid)
		}
	}
	slices.Sort(n.absent)
	slices.SortStableFunc(n.breaks, seriousFirst)
	slices.SortStableFunc(n.refunds, needFirst)
	n.sameOrders()
	n.answers()
	n.splitDeadlines()
	n.currencies = n.allCurrencies()
	n.sum = n.sumRuns()
	var err error
	if n.money, err = reconcile.SumDays(n.readRuns()...); err != nil {
		return nil, err
	}
	n.countLeft()
	return n, n.reckonBridges()
}

// unread reports whether a merchant's night has no figures: it was never written,
// or so little could be read that nothing was compared. Zeros would look like a
// quiet day.
func unread(s Snapshot) bool {
	return !s.Run.Complete && (s.JournalHead == "" && len(s.Run.Totals) == 0 || s.Run.Touched == 0)
}

// severity are the thresholds of a merchant's run.
func (n *night) severity(mid string) reconcile.Severity {
	for _, s := range n.snapshots {
		if s.Run.MID == mid {
			return s.Run.Severity
		}
	}
	return reconcile.Severity{}
}

// nothingRead reports whether no merchant has figures; the workbook then has none,
// rather than zeros.
func (n *night) nothingRead() bool {
	return !slices.ContainsFunc(n.snapshots, func(s Snapshot) bool { return !unread(s) })
}

// several says whether rows must say whose they are.
func (n *night) several() bool { return len(n.snapshots)+len(n.absentUnlisted()) > 1 }

// absentUnlisted are absent merchants without even a failed snapshot.
func (n *night) absentUnlisted() []string {
	var mids []string
	for _, mid := range n.absent {
		if !slices.ContainsFunc(n.snapshots, func(s Snapshot) bool { return s.Run.MID == mid }) {
			mids = append(mids, mid)
		}
	}
	return mids
}

func (n *night) complete() bool { return n.sum.Complete && len(n.absent) == 0 }

// weigh gives each break its level, by the thresholds of its merchant.
func (n *night) weigh() {
	for i := range n.breaks {
		r := &n.breaks[i]
		r.level = n.severity(r.MID).Level(reconcile.Weighed{Kind: r.Kind, Currency: r.Currency, Local: held(r.LocalAmount), Provider: held(r.ProviderAmount),
			CancelBy: r.CancelBy}, n.now)
	}
}

// sameOrders finds the breaks that belong together: of one order the money counts
// once, and a break that has cleared may have become another kind.
func (n *night) sameOrders() {
	type order struct{ mid, id string }
	listed, open := make([]reconcile.Listed, len(n.breaks)), map[order]reconcile.Kind{}
	for i, b := range n.breaks {
		listed[i] = b.Listed()
	}
	for i, first := range reconcile.FirstOfOrders(listed) {
		b := &n.breaks[i]
		b.again = !first && b.Status != reconcile.Cleared
		if first {
			open[order{b.MID, b.OrderID}] = b.Kind
		}
	}
	for i := range n.breaks {
		if b := &n.breaks[i]; b.Status == reconcile.Cleared {
			b.became = open[order{b.MID, b.OrderID}]
		}
	}
}

// answers finds what was done about each break: the request that needs a person
// most, and manual transfers.
func (n *night) answers() {
	n.askedFor, n.byHand = map[string]*RefundRow{}, map[string]refunds.ManualTransfer{}
	for i := range n.refunds {
		if r := &n.refunds[i]; r.BreakID != "" && n.askedFor[r.BreakID] == nil {
			n.askedFor[r.BreakID] = r
		}
	}
	for _, t := range n.transfers {
		n.byHand[t.RefundID] = t
	}
}

// reckonBridges builds the proofs of the merchants that were read.
func (n *night) reckonBridges() (err error) {
	breaks := make([]reconcile.Listed, len(n.breaks))
	for i, b := range n.breaks {
		breaks[i] = b.Listed()
	}
	n.bridges, n.own, err = reconcile.Bridges(n.readRuns(), n.currencies, breaks)
	return err
}

// readRuns are the runs of the merchants that were read.
func (n *night) readRuns() []reconcile.Run {
	var runs []reconcile.Run
	for _, s := range n.snapshots {
		if !unread(s) {
			runs = append(runs, s.Run)
		}
	}
	return runs
}

// sumRuns adds the counts of all merchants.
func (n *night) sumRuns() reconcile.Run {
	runs := make([]reconcile.Run, len(n.snapshots))
	for i, s := range n.snapshots {
		runs[i] = s.Run
	}
	return reconcile.SumCounts(runs...)
}

// seriousFirst: what needs a person before what does not, then what presses
// most, then the most serious kind, then the most money (within one currency),
// then the order.
func seriousFirst(a, b BreakRow) int {
	return cmp.Or(
		cmp.Compare(statusRank(a.Status), statusRank(b.Status)),
		cmp.Compare(b.level, a.level),
		cmp.Compare(a.Kind.Rank(), b.Kind.Rank()),
		byCurrency(a.Currency, b.Currency),
		cmp.Compare(b.atStake(), a.atStake()),
		strings.Compare(a.MID, b.MID), strings.Compare(a.OrderID, b.OrderID), strings.Compare(a.ID, b.ID))
}

func statusRank(s reconcile.Status) int {
	switch s {
	case reconcile.Open, reconcile.Reopened:
		return 0
	case reconcile.Refunding:
		return 1
	case reconcile.Timing:
		return 2
	case reconcile.Cleared:
		return 4
	default:
		return 3
	}
}

// byCurrency: won first, the others by their codes.
func byCurrency(a, b pay.Currency) int {
	switch {
	case a == b:
		return 0
	case a == pay.KRW:
		return -1
	case b == pay.KRW:
		return 1
	default:
		return cmp.Compare(a, b)
	}
}

func needFirst(a, b RefundRow) int {
	return cmp.Or(
		cmp.Compare(book.NeedRank(a.State), book.NeedRank(b.State)),
		byMoment(a.CancelBy, b.CancelBy),
		byCurrency(a.Currency, b.Currency),
		cmp.Compare(b.Amount, a.Amount),
		strings.Compare(a.MID, b.MID), strings.Compare(a.OrderID, b.OrderID), strings.Compare(a.ID, b.ID))
}

// byMoment: the earlier first, no moment last.
func byMoment(a, b time.Time) int {
	if a.IsZero() != b.IsZero() {
		if a.IsZero() {
			return 1
		}
		return -1
	}
	return a.Compare(b)
}

func held(amount *int64) int64 {
	if amount == nil {
		return 0
	}
	return *amount
}

// difference is what the shop holds more than Toss. A currency mismatch has
// none: its two amounts are of two currencies.
func (r BreakRow) difference() int64 {
	if r.Kind == reconcile.CurrencyMismatch {
		return 0
	}
	return held(r.LocalAmount) - held(r.ProviderAmount)
}

// Listed is the row as the bridge counts it.
func (r BreakRow) Listed() reconcile.Listed {
	return reconcile.Listed{MID: r.MID, OrderID: r.OrderID, Currency: r.Currency, Kind: r.Kind, Status: r.Status, Difference: r.difference()}
}

// Apart is by how much the two sides differ, whichever holds more.
func (r BreakRow) Apart() int64 { return max(r.difference(), -r.difference()) }

func (r BreakRow) atStake() int64 { return max(held(r.LocalAmount), held(r.ProviderAmount)) }

// shown is the status as the workbook says it: an open break that this night
// opened is new. Since tells; where a snapshot lacks it the first sight does.
func (r BreakRow) shown(day pay.Day) reconcile.Status {
	since := r.Since
	if since == "" {
		since = r.FirstSeen
	}
	if r.Status == reconcile.Open && since == day {
		return book.IsNew
	}
	return r.Status
}

// allCurrencies are the currencies that the night mentions; won, where it mentions
// none.
func (n *night) allCurrencies() []pay.Currency {
	seen := map[pay.Currency]bool{}
	for _, s := range n.snapshots {
		see(seen, s.Run.Totals, func(t reconcile.Total) pay.Currency { return t.Currency })
		see(seen, s.Run.ByMethod, func(t reconcile.MethodTotal) pay.Currency { return t.Currency })
		if s.Run.Moved != nil {
			see(seen, s.Run.Moved.Totals, func(t reconcile.DayTotal) pay.Currency { return t.Currency })
		}
		see(seen, s.Missing, func(m refunds.MissingAccount) pay.Currency { return m.Currency })
		see(seen, s.Promises, func(p Promise) pay.Currency { return p.Currency })
		if s.Settlement != nil {
			see(seen, s.Settlement.Payouts, func(p settle.Payout) pay.Currency { return p.Currency })
			see(seen, s.Settlement.ByMethod, func(p MethodPayout) pay.Currency { return p.Currency })
			see(seen, s.Settlement.Late, func(l LateMoney) pay.Currency { return l.Currency })
		}
	}
	see(seen, n.breaks, func(b BreakRow) pay.Currency { return b.Currency })
	see(seen, n.breaks, func(b BreakRow) pay.Currency { return cmp.Or(b.ProviderCurrency, b.Currency) })
	see(seen, n.refunds, func(r RefundRow) pay.Currency { return r.Currency })
	see(seen, slices.Concat(n.deadlines, n.lost), func(d Deadline) pay.Currency { return d.Currency })
	see(seen, n.transfers, func(t refunds.ManualTransfer) pay.Currency { return t.Currency })
	if len(seen) == 0 {
		seen[pay.KRW] = true
	}
	return slices.SortedFunc(maps.Keys(seen), byCurrency)
}

func see[T any](seen map[pay.Currency]bool, list []T, of func(T) pay.Currency) {
	for _, one := range list {
		seen[of(one)] = true
	}
}

// splitDeadlines separates what can still be sent from what has expired.
func (n *night) splitDeadlines() {
	for _, s := range n.snapshots {
		for _, d := range s.Deadlines {
			n.splitDeadline(d)
		}
	}
	if left := n.leftOver(); left != nil {
		for _, d := range left.Deadlines {
			n.splitDeadline(d)
		}
	}
	slices.SortStableFunc(n.deadlines, urgentFirst)
	slices.SortStableFunc(n.lost, urgentFirst)
}

func (n *night) splitDeadline(d Deadline) {
	if n.daysLeft(d) == bucketLost {
		n.lost = append(n.lost, d)
	} else {
		n.deadlines = append(n.deadlines, d)
	}
}

func urgentFirst(a, b Deadline) int {
	return cmp.Or(byMoment(a.CancelBy, b.CancelBy), byCurrency(a.Currency, b.Currency), cmp.Compare(b.Amount, a.Amount),
		strings.Compare(a.MID, b.MID), strings.Compare(a.OrderID, b.OrderID), strings.Compare(a.RefundID+a.BreakID, b.RefundID+b.BreakID))
}

// bucket is how soon a deadline comes.
type bucket int

// The buckets, most urgent first; each amount of money is in one of them.
const (
	bucketToday bucket = iota
	bucketOne
	bucketThree
	bucketSeven
	bucketLater
	bucketOld  // no last day, but so old that the issuer may refuse
	bucketNone // no last day
	bucketLost
)

var buckets = []bucket{bucketToday, bucketOne, bucketThree, bucketSeven, bucketLater, bucketOld, bucketNone, bucketLost}

// soon says whether the bucket belongs to the next seven days.
func (b bucket) soon() bool { return b <= bucketSeven }

func (n *night) daysLeft(d Deadline) bucket {
	if d.State == refunds.StateExpired || (!d.CancelBy.IsZero() && n.now.After(d.CancelBy)) {
		return bucketLost
	}
	switch {
	case d.CancelBy.IsZero() && d.AtRisk:
		return bucketOld
	case d.CancelBy.IsZero():
		return bucketNone
	}
	switch days := n.until(d.CancelBy); {
	case days <= 0:
		return bucketToday
	case days == 1:
		return bucketOne
	case days <= 3:
		return bucketThree
	case days <= 7:
		return bucketSeven
	default:
		return bucketLater
	}
}

// until is the number of calendar days from the run to a moment.
func (n *night) until(t time.Time) int { return pay.DayOf(t).Sub(pay.DayOf(n.now)) }

// stake is money at stake in one bucket, and when the first of it runs out.
type stake struct {
	count int64
	money map[pay.Currency]int64
	first time.Time // zero: nothing of it has a last day
}

// add adds money to a stake. Sums that overflow were refused before.
func (s *stake) add(c pay.Currency, units int64, by time.Time) {
	s.count++
	s.money[c] += units
	if !by.IsZero() && (s.first.IsZero() || by.Before(s.first)) {
		s.first = by
	}
}

// stakes sums the deadlines by bucket.
func (n *night) stakes() (map[bucket]stake, error) {
	sums := map[bucket]stake{}
	for _, d := range slices.Concat(n.deadlines, n.lost) {
		key := n.daysLeft(d)
		s := sums[key]
		if s.money == nil {
			s.money = map[pay.Currency]int64{}
		}
		if _, err := pay.Add(s.money[d.Currency], d.Amount); err != nil {
			return nil, err
		}
		s.add(d.Currency, d.Amount, d.CancelBy)
		sums[key] = s
	}
	return sums, nil
}

// sumOf sums the deadlines that can still be kept and that are chosen. Sums
// that overflow were refused by stakes.
func (n *night) sumOf(chosen func(Deadline) bool) stake {
	sum := stake{money: map[pay.Currency]int64{}}
	for _, d := range n.deadlines {
		if chosen(d) {
			sum.add(d.Currency, d.Amount, d.CancelBy)
		}
	}
	return sum
}

// openBreaks are those that need a person after the run.
func openBreaks(run reconcile.Run) int64 { return summedKinds(run.Broken) }

// refundingBreaks are those that wait for their refund after the run.
func refundingBreaks(run reconcile.Run) int64 { return summedKinds(run.Refunding) }

func summedKinds(counts map[reconcile.Kind]int64) int64 {
	var sum int64
	for _, count := range counts {
		sum += count
	}
	return sum
}
