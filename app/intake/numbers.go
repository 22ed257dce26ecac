package intake

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"daesa/app"
	"daesa/internal/hint"
	"daesa/orders"
	"daesa/pay"
)

// TransactionLister gives pages of Toss's transaction list.
type TransactionLister interface {
	Transactions(ctx context.Context, from, to time.Time, after string) (pay.TransactionPage, error)
}

// CheckNumbers asks whether Toss knows the orders of a file under their numbers:
// a platform may send another number than the one that it shows.
type CheckNumbers struct {
	Options orders.Options
	Path    string
	Day     pay.Day
	Toss    map[string]TransactionLister // by merchant
}

// Checked is what the check found.
type Checked struct {
	Paid    int // orders of the day in the file that were paid through Toss
	Known   int // of these, those that Toss knows under their number
	Unknown []string
	AtToss  []string // numbers of the same day that the file lacks
	Listed  int      // numbers on Toss's list of the day
	Bad     int      // rows that could not be read
}

// Percent is how many of a hundred Toss knows, rounded down.
func (n Checked) Percent() int { return n.Known * 100 / max(1, n.Paid) }

// enoughKnown is the percentage below which the numbers are not those that Toss
// was sent.
const enoughKnown = 90

// Fits says whether the file's numbers are those that Toss was sent.
func (n Checked) Fits() bool { return n.Percent() >= enoughKnown }

// Outcome adds that the numbers are not those that Toss was sent.
func (n Checked) Outcome(day pay.Day, o *app.Outcome) {
	switch {
	case n.Listed == 0:
		o.Add(app.EndedPerson, "Toss's list of %s is empty: is this the date, and the key this shop's?", day)
	case !n.Fits():
		o.Add(app.EndedPerson, "Toss knows %d of %d paid orders of %s under the file's number: is it the number that was sent to Toss?", n.Known, n.Paid, day)
	}
}

const (
	numbersKept = 5
	// aroundTheDay is how far the shop's clock and Toss's may be apart.
	aroundTheDay = time.Hour
	// mostPages of the list are read for one merchant.
	mostPages = 2000
)

// Run reads the file and the list of the day.
func (c CheckNumbers) Run(ctx context.Context) (Checked, error) {
	var found Checked
	paid, err := c.paid(&found)
	if err != nil {
		return found, err
	}
	if len(paid) == 0 {
		return found, hint.Errorf("name a date on which orders of the file were paid", "%s: no order of it was paid through Toss on %s", c.Path, c.Day)
	}
	listed := map[string]bool{}
	for mid, toss := range c.Toss {
		if err := c.list(ctx, mid, toss, listed); err != nil {
			return found, err
		}
	}
	found.Listed = len(listed)
	for id := range paid {
		found.Paid++
		if listed[id] {
			found.Known++
		} else {
			found.Unknown = append(found.Unknown, numberOf(id))
		}
	}
	for id := range listed {
		if !paid[id] {
			found.AtToss = append(found.AtToss, numberOf(id))
		}
	}
	found.Unknown, found.AtToss = some(found.Unknown), some(found.AtToss)
	return found, nil
}

// some are the first of some numbers.
func some(numbers []string) []string {
	slices.Sort(numbers)
	return numbers[:min(len(numbers), numbersKept)]
}

func keyOf(mid, id string) string { return mid + "\x00" + id }

func numberOf(key string) string { _, id, _ := strings.Cut(key, "\x00"); return id }

// whenPaid is when an order was paid, or ordered where its file does not say.
func whenPaid(o pay.Order) time.Time {
	if o.PaidAt.IsZero() {
		return o.OrderedAt
	}
	return o.PaidAt
}

func (c CheckNumbers) paid(found *Checked) (map[string]bool, error) {
	file, err := orders.OpenFile(c.Path, c.Options)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	paid := map[string]bool{}
	for order, err := range file.Orders() {
		var bad *orders.BadRow
		switch {
		case errors.As(err, &bad):
			found.Bad++
		case err != nil:
			return nil, err
		case order.Compared() && order.EverPaid() && c.Toss[order.MID] != nil && c.Day.Contains(whenPaid(order)):
			paid[keyOf(order.MID, order.ID)] = true
		}
	}
	return paid, nil
}

func (c CheckNumbers) list(ctx context.Context, mid string, toss TransactionLister, listed map[string]bool) error {
	after := ""
	for range mostPages {
		page, err := toss.Transactions(ctx, c.Day.Start().Add(-aroundTheDay), c.Day.End().Add(aroundTheDay), after)
		if err != nil {
			return err
		}
		for _, row := range page.Rows {
			if row.Status == pay.Done {
				listed[keyOf(mid, row.OrderID)] = true
			}
		}
		if page.Next == "" {
			return nil
		}
		after = page.Next
	}
	return errors.New("the transaction list of the day has no end")
}
