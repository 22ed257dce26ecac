package settle

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"daesa/pay"
	"daesa/reconcile"
)

// Window is one list that was asked for.
type Window struct {
	By  pay.SettledBy
	Day pay.Day
}

// Known is what daesa keeps of one transaction key. Of one that was never read
// Row is nil.
type Known struct {
	Row *Row
	// Twin is another row of the same key that the last reading showed beside it:
	// suspected, until both windows were read again and show both. A row that
	// moved while the list was read looks so, too.
	Twin *Row
	// Doubled says that they did: a settlement_duplicate. Twin then counts as a
	// row of its own.
	Doubled bool
}

// Change is what one reading did to a key.
type Change string

// The changes.
const (
	Unchanged Change = ""
	New       Change = "new"
	Changed   Change = "changed"
	Withdrawn Change = "withdrawn"
)

// Digest is the content of a row as a hash: two readings that show the same
// have the same. The version, and when it was recorded, are not in it.
func (r Row) Digest() string {
	parts := []string{
		r.MID, r.TransactionKey, r.PaymentKey, r.OrderID, string(r.Currency), string(r.Method),
		figures(r.Amount, r.InterestFee, r.Fee, r.SupplyAmount, r.VAT, r.PayOutAmount),
		r.ApprovedAt.UTC().Format(time.RFC3339Nano), r.TransactedAt().UTC().Format(time.RFC3339Nano),
		string(r.SoldDate), string(r.PaidOutDate), r.CardType, r.Issuer, r.Provider,
	}
	for _, fee := range r.Fees {
		parts = append(parts, fee.Type, figures(fee.Amount))
	}
	return reconcile.ShortHash(parts...)
}

// figures writes numbers with a space between: a million digests a month are made.
func figures(numbers ...int64) string {
	text := make([]byte, 0, 16*len(numbers))
	for i, n := range numbers {
		if i > 0 {
			text = append(text, ' ')
		}
		text = strconv.AppendInt(text, n, 10)
	}
	return string(text)
}

// windows are the lists in which the row must stand.
func (r Row) windows() []Window {
	return []Window{{pay.BySold, r.SoldDate}, {pay.ByPaidOut, r.PaidOutDate}}
}

// Arrive carries one key over a reading: known is what was kept, seen are the
// rows of that key that the reading showed, from whichever window, and whole
// says which windows it read to the end. It gives what is kept from now on.
//
//   - One that comes again changed is a new version.
//   - One that no window showed, although one in which it must stand was read
//     whole, is withdrawn; where none of its windows was read it stays.
//   - Two different rows of one key may be one that moved between the readings
//     of two windows. They are a duplicate when the next reading that reads the
//     windows of both shows both again.
func Arrive(known Known, seen []Row, whole map[Window]bool, at time.Time) (Known, Change) {
	seen = distinct(seen)
	switch len(seen) {
	case 0:
		return unseen(known, whole, at)
	case 1:
		return seenOnce(known, seen[0], whole, at)
	default:
		return seenTwice(known, seen, whole, at)
	}
}

// distinct drops rows that say the same, and puts the others into their order:
// by the day of their payout, then by content. Only two are ever told apart.
func distinct(seen []Row) []Row {
	seen = slices.Clone(seen)
	slices.SortFunc(seen, func(a, b Row) int {
		if a.PaidOutDate != b.PaidOutDate {
			return strings.Compare(string(a.PaidOutDate), string(b.PaidOutDate))
		}
		return strings.Compare(a.Digest(), b.Digest())
	})
	seen = slices.CompactFunc(seen, func(a, b Row) bool { return a.Digest() == b.Digest() })
	return seen[:min(len(seen), 2)]
}

func unseen(known Known, whole map[Window]bool, at time.Time) (Known, Change) {
	if known.Row == nil || known.Row.Withdrawn {
		return known, Unchanged
	}
	change := Unchanged
	if known.Twin != nil && gone(*known.Twin, whole) {
		change = changedIf(known.Doubled)
		known.Twin, known.Doubled = nil, false
	}
	if !gone(*known.Row, whole) {
		return known, change
	}
	if known.Twin != nil {
		return Known{Row: next(known.Row, *known.Twin, at)}, Changed
	}
	row := *known.Row
	row.Version, row.Recorded, row.Withdrawn = row.Version+1, at, true
	return Known{Row: &row}, Withdrawn
}

// gone says whether one of the windows in which the row must stand was read to
// the end, and so did not show it.
func gone(r Row, whole map[Window]bool) bool {
	return slices.ContainsFunc(r.windows(), func(w Window) bool { return whole[w] })
}

func seenOnce(known Known, row Row, whole map[Window]bool, at time.Time) (Known, Change) {
	switch {
	case known.Row == nil:
		return Known{Row: first(row, at)}, New
	case known.Twin != nil && known.Row.Digest() == row.Digest():
		if !gone(*known.Twin, whole) {
			return known, Unchanged
		}
		return Known{Row: known.Row}, changedIf(known.Doubled)
	case known.Twin != nil && known.Twin.Digest() == row.Digest() && !gone(*known.Row, whole):
		return known, Unchanged
	case known.Row.Digest() == row.Digest() && !known.Row.Withdrawn:
		return Known{Row: known.Row}, Unchanged
	default:
		return Known{Row: next(known.Row, row, at)}, Changed
	}
}

func seenTwice(known Known, seen []Row, whole map[Window]bool, at time.Time) (Known, Change) {
	main := slices.IndexFunc(seen, func(r Row) bool { return known.Row != nil && r.Digest() == known.Row.Digest() })
	if main < 0 {
		main = slices.IndexFunc(seen, func(r Row) bool { return known.Row != nil && r.PaidOutDate == known.Row.PaidOutDate })
	}
	main = max(main, 0)
	row, other := seen[main], seen[1-main]
	twin := first(other, at)
	twin.Copy = 1
	before := known.Twin
	if before != nil && before.Digest() == other.Digest() {
		twin = before
	}
	after := Known{Twin: twin}
	after.Doubled = before == twin && (known.Doubled || readAgain(row, whole) && readAgain(other, whole))
	change := Unchanged
	switch {
	case known.Row == nil:
		after.Row, change = first(row, at), New
	case known.Row.Digest() == row.Digest() && !known.Row.Withdrawn:
		after.Row = known.Row
	default:
		after.Row, change = next(known.Row, row, at), Changed
	}
	if after.Doubled && !known.Doubled {
		counts := *twin
		counts.Recorded = at // only now it is a row of its own
		after.Twin, change = &counts, Changed
	}
	if known.Doubled && !after.Doubled {
		change = Changed
	}
	return after, change
}

func changedIf(doubled bool) Change {
	if doubled {
		return Changed
	}
	return Unchanged
}

// readAgain says whether the window of the row's payout was read to the end.
func readAgain(r Row, whole map[Window]bool) bool { return whole[Window{pay.ByPaidOut, r.PaidOutDate}] }

func first(r Row, at time.Time) *Row {
	r.Version, r.Recorded, r.Withdrawn, r.Copy = 1, at, false, 0
	return &r
}

func next(before *Row, r Row, at time.Time) *Row {
	r.Version, r.Recorded, r.Withdrawn, r.Copy = before.Version+1, at, false, 0
	return &r
}

// Current are the rows that count: neither withdrawn nor merely suspected.
func (k Known) Current() []Row {
	var rows []Row
	if k.Row != nil && !k.Row.Withdrawn {
		rows = append(rows, *k.Row)
	}
	if k.Doubled && k.Twin != nil {
		rows = append(rows, *k.Twin)
	}
	return rows
}
