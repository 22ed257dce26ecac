package orders

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"daesa/internal/table"
	"daesa/pay"
)

// Older says what becomes of rows that would take an order back: nothing that
// went back to a customer, and no payment that was seen, is undone because a
// file is older than the one before it.
type Older struct {
	// Taken: the shop's own database speaks, and what it says is so.
	Taken bool
	// LeaveOut: such rows are left out, the others are taken; else the whole
	// source is refused.
	LeaveOut bool
	// Orders may go back, or All may: a person's word, with its Note.
	Orders []string
	All    bool
	Note   string
}

// Taking says how the orders of a source are taken.
type Taking struct {
	Has    func(column string) bool // which columns of the orders table the source gives
	Source string
	Actor  string
	Now    time.Time
	Older  Older
	DryRun bool // nothing is written
}

// Saved counts what taking orders did.
type Saved struct {
	Inserted, Updated, Unchanged int64
	FirstOrdered, LastOrdered    time.Time
	Backward                     []Backward // rows that were left out
}

// Backward is a row that would take a stored order back.
type Backward struct {
	MID     string
	OrderID string
	Column  string // the one that a person should look at
	Value   string // what the row has there
	Reason  string
}

// GoesBack finds a row that would take the stored order back: less was
// cancelled, less was given back elsewhere, or a status falls behind. row is
// the order as it would stand (see Columns.Merge).
func GoesBack(stored, row pay.Order) (Backward, bool) {
	b := Backward{MID: row.MID, OrderID: row.ID}
	format := func(units int64) string { return stored.Currency.Format(units) }
	switch {
	case row.RefundedElsewhere < stored.RefundedElsewhere:
		b.Column, b.Value = refundedElsewhere, format(row.RefundedElsewhere)
		b.Reason = fmt.Sprintf("is less than the %s that had been given back elsewhere", format(stored.RefundedElsewhere))
	case row.CanceledAmount+row.RefundedElsewhere < stored.CanceledAmount+stored.RefundedElsewhere:
		b.Column, b.Value = canceledAmount, format(row.CanceledAmount)
		b.Reason = fmt.Sprintf("is less than the %s that had been cancelled", format(stored.CanceledAmount))
	case fallsBehind(row.Status, stored.Status):
		b.Column, b.Value = status, string(row.Status)
		b.Reason = fmt.Sprintf("the order was %s already", stored.Status)
	default:
		return Backward{}, false
	}
	b.Reason += "; an older file takes no order back"
	return b, true
}

// fallsBehind says whether a status comes before one that was reached. failed
// and deleted stand beside the others.
func fallsBehind(to, from pay.OrderStatus) bool {
	switch from {
	case pay.OrderCanceled, pay.OrderPartiallyCanceled:
		return to == pay.OrderPaid || to == pay.OrderPending
	case pay.OrderPaid:
		return to == pay.OrderPending
	default:
		return false
	}
}

// Allows says whether a person let this order go back.
func (o Older) Allows(orderID string) bool {
	if o.All {
		return true
	}
	return slices.Contains(o.Orders, orderID)
}

// Locate reads a file again and gives the places of the orders that would go
// back: each line of them, with what is wrong.
func Locate(path string, options Options, backward []Backward) (map[int]table.Faults, error) {
	wanted := make(map[[2]string]Backward, len(backward))
	for _, b := range backward {
		wanted[[2]string{b.MID, b.OrderID}] = b
	}
	file, err := OpenFile(path, options)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	found := map[int]table.Faults{}
	for each, err := range file.read() {
		if bad := new(BadRow); errors.As(err, &bad) {
			continue
		}
		if err != nil {
			return nil, err
		}
		b, is := wanted[[2]string{each.order.MID, each.order.ID}]
		if !is {
			continue
		}
		faults := file.faults(each.lines[0], []finding{{b.Column, b.Value, b.Reason}})
		for _, line := range each.lines {
			found[line] = faults
		}
	}
	return found, nil
}

// BackwardError refuses a source: these rows would take orders back.
type BackwardError struct {
	Source string
	Rows   []Backward
}

// backwardShown is how many rows an error text names before it only counts.
const backwardShown = 20

// Error names the first rows.
func (e *BackwardError) Error() string {
	lines := []string{fmt.Sprintf("%s: %d rows would take orders back", e.Source, len(e.Rows))}
	for i, row := range e.Rows {
		if i == backwardShown {
			lines = append(lines, fmt.Sprintf("and %d more", len(e.Rows)-i))
			break
		}
		lines = append(lines, fmt.Sprintf("order %q: column %q: %q: %s", row.OrderID, row.Column, row.Value, row.Reason))
	}
	return strings.Join(lines, "\n")
}

// Hint says how a person lets them through.
func (e *BackwardError) Hint() string { return AdviceBackward }

// AdviceBackward is how a person lets rows through that take an order back.
const AdviceBackward = "import the newest file; where the shop did take an order back, let it through: " +
	"--allow-older ORDER,... --note TEXT, or daesa orders allow ORDER --note TEXT"
