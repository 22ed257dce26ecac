package settlefile

import (
	"fmt"
	"slices"
	"time"

	"daesa/internal/table"
	"daesa/pay"
)

// Known is an approval or a cancel that Toss has shown.
type Known struct {
	PaymentKey     string
	TransactionKey string
	Method         pay.Method
	Currency       pay.Currency
	At             time.Time
	Cancel         bool
	Amount         int64 // above 0; 0: of a cancel that no look-up has shown
}

// Name finds the keys of the rows among the transactions of their orders, and moves
// those of which that cannot be told for sure to Refused. A sale is the one approval
// of its order, or the one of its amount and day; a cancel the one of its day, or the
// one of its amount. An error is one of known's.
func (f *File) Name(known func(mid, order string) ([]Known, error)) error {
	var named []Row
	for _, row := range f.Rows {
		list, err := known(row.MID, row.OrderID)
		if err != nil {
			return err
		}
		if column, value, reason := row.name(list); reason != "" {
			f.refuse(row, column, value, reason)
			continue
		}
		named = append(named, row)
	}
	f.Rows = named
	f.refuseRepeated()
	slices.SortStableFunc(f.Refused, func(a, b Refused) int { return a.Line - b.Line })
	return nil
}

func (f *File) refuse(row Row, column, value, reason string) {
	f.Refused = append(f.Refused, Refused{Line: row.Line, Cells: row.cells, Faults: table.Faults{f.layout.NewFault(row.Line, column, value, reason)}})
}

// refuseRepeated refuses rows that are one transaction, paid out on one day: either
// one is too many, or one of them is another transaction.
func (f *File) refuseRepeated() {
	type key struct {
		mid, payment, transaction string
		paidOut                   pay.Day
	}
	of := func(r Row) key { return key{r.MID, r.PaymentKey, r.TransactionKey, r.PaidOutDate} }
	lines := map[key][]int{}
	for _, row := range f.Rows {
		lines[of(row)] = append(lines[of(row)], row.Line)
	}
	f.Rows = slices.DeleteFunc(f.Rows, func(row Row) bool {
		same := lines[of(row)]
		if len(same) < 2 {
			return false
		}
		f.refuse(row, colOrder, row.OrderID, fmt.Sprintf("lines %v are one transaction, paid out on one day: one is too many, or daesa cannot tell them apart", same))
		return true
	})
}

// name gives the row its keys and times, or says why that is not possible.
func (r *Row) name(known []Known) (column, value, reason string) {
	known = r.narrowed(known)
	found, reason := r.find(known)
	switch {
	case found != nil:
		r.PaymentKey, r.TransactionKey = found.PaymentKey, found.TransactionKey
		if r.Method == pay.MethodUnknown {
			r.Method = found.Method
		}
		r.takeTime(found.At)
	case r.PaymentKey == "" || r.TransactionKey == "":
		return colOrder, r.OrderID, reason
	}
	if r.Cancel() {
		for _, k := range known {
			if !k.Cancel && k.PaymentKey == r.PaymentKey {
				r.ApprovedAt = k.At
			}
		}
		if r.CanceledAt.IsZero() {
			return colCanceledAt, "", "when it was cancelled is neither in the file nor known: read that day of Toss's transactions first (daesa reconcile)"
		}
	}
	if r.ApprovedAt.IsZero() {
		return colPaidAt, "", "when it was paid is neither in the file nor known: read that day of Toss's transactions first (daesa reconcile)"
	}
	return "", "", ""
}

// takeTime takes the time that Toss has shown: a file may have the day alone.
func (r *Row) takeTime(at time.Time) {
	if r.Cancel() {
		r.CanceledAt = at
		return
	}
	r.ApprovedAt = at
}

// narrowed leaves what the keys of the row can mean.
func (r *Row) narrowed(known []Known) []Known {
	byTID := slices.ContainsFunc(known, func(k Known) bool { return r.TID != "" && (k.TransactionKey == r.TID || k.PaymentKey == r.TID) })
	return slices.DeleteFunc(slices.Clone(known), func(k Known) bool {
		return r.PaymentKey != "" && k.PaymentKey != r.PaymentKey || byTID && k.TransactionKey != r.TID && k.PaymentKey != r.TID || k.Currency != r.Currency
	})
}

// find gives the one transaction that the row is.
func (r *Row) find(known []Known) (*Known, string) {
	kind, amount := "approval", r.Amount
	if r.Cancel() {
		kind, amount = "cancel", -r.Amount
	}
	var all, onDay, exact []int
	open := false
	for i, k := range known {
		if k.Cancel != r.Cancel() {
			continue
		}
		if r.TransactionKey != "" {
			if k.TransactionKey == r.TransactionKey {
				return &known[i], ""
			}
			continue
		}
		all = append(all, i)
		if r.day != "" && pay.DayOf(k.At) != r.day {
			continue
		}
		onDay = append(onDay, i)
		open = open || k.Amount == 0
		if k.Amount == amount {
			exact = append(exact, i)
		}
	}
	switch {
	case len(exact) == 1 && !open:
		return &known[exact[0]], ""
	case len(onDay) == 1:
		return &known[onDay[0]], ""
	case len(all) == 1 && !r.Cancel(): // a file may name the day on which a deposit was ordered
		return &known[all[0]], ""
	case len(all) == 0:
		return nil, fmt.Sprintf("no %s of this order is among Toss's transactions of merchant %s: read its day first (daesa reconcile --date)", kind, r.MID)
	case len(onDay) == 0:
		return nil, fmt.Sprintf("no %s of this order is of %s; %d are of other days", kind, r.day, len(all))
	default:
		return nil, fmt.Sprintf("could be %d %ss of this order, and nothing in the row tells which", max(len(onDay), 1), kind)
	}
}
