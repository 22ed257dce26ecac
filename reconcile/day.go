package reconcile

import (
	"cmp"
	"slices"

	"daesa/pay"
)

// DayMoney is what money moved on the business date by each side's own records:
// the shop's is a plain sum over its orders by when they were paid and
// cancelled, Toss's one over the rows of its list. Neither uses the other, and
// neither says anything of older orders, as Totals do.
type DayMoney struct {
	// Listed says whether Toss's list of the date was read whole. Where it was
	// not, Provider is zero in every Total and means nothing.
	Listed bool
	Totals []DayTotal // by currency and method
	// Undated are compared orders that the shop cancelled without saying when:
	// their cancels are in no date's figures.
	Undated int64 `json:",omitempty"`
}

// DayTotal is one currency and method; a method that a side does not name is "".
type DayTotal struct {
	Currency       pay.Currency
	Method         pay.Method
	Shop, Provider Moved
}

// Moved are approvals and cancels of one side, in the smallest unit.
type Moved struct {
	Approvals, ApprovalCount int64
	Cancels, CancelCount     int64
	// Unproven are those of CancelCount whose amount neither a look-up nor the
	// rows of their payment prove; they are not in Cancels. What the amount of a
	// cancel row means is not documented, so it is never believed.
	Unproven int64 `json:",omitempty"`
}

// Net is what was approved less what was cancelled.
func (m Moved) Net() int64 { return m.Approvals - m.Cancels }

// Add sums two of one currency and fails on overflow.
func (m Moved) Add(other Moved) (Moved, error) {
	for _, pair := range [][2]*int64{{&m.Approvals, &other.Approvals}, {&m.ApprovalCount, &other.ApprovalCount},
		{&m.Cancels, &other.Cancels}, {&m.CancelCount, &other.CancelCount}, {&m.Unproven, &other.Unproven}} {
		sum, err := pay.Add(*pair[0], *pair[1])
		if err != nil {
			return Moved{}, err
		}
		*pair[0] = sum
	}
	return m, nil
}

// Of gives the total of a currency and method, which it adds where it is new.
func (d *DayMoney) Of(currency pay.Currency, method pay.Method) *DayTotal {
	i := slices.IndexFunc(d.Totals, func(t DayTotal) bool { return t.Currency == currency && t.Method == method })
	if i < 0 {
		i = len(d.Totals)
		d.Totals = append(d.Totals, DayTotal{Currency: currency, Method: method})
	}
	return &d.Totals[i]
}

// Sort puts the totals in their order: by currency, then by method.
func (d *DayMoney) Sort() {
	slices.SortFunc(d.Totals, func(a, b DayTotal) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Method, b.Method))
	})
}

// SumDays adds the days of several merchants; nil where they say nothing of the
// date. A complete run without one was stored before there was such a sum: then
// the whole has none, since a part of it would pass for all. Toss's side is
// listed only where it is for each of them. It fails on overflow.
func SumDays(runs ...Run) (*DayMoney, error) {
	var sum *DayMoney
	for _, run := range runs {
		if run.Moved == nil && run.Complete {
			return nil, nil
		}
		if run.Moved == nil {
			continue
		}
		if sum == nil {
			sum = &DayMoney{Listed: true}
		}
		sum.Listed = sum.Listed && run.Moved.Listed
		sum.Undated += run.Moved.Undated
		for _, t := range run.Moved.Totals {
			into := sum.Of(t.Currency, t.Method)
			var err error
			if into.Shop, err = into.Shop.Add(t.Shop); err != nil {
				return nil, err
			}
			if into.Provider, err = into.Provider.Add(t.Provider); err != nil {
				return nil, err
			}
		}
	}
	if sum != nil {
		sum.Sort()
	}
	return sum, nil
}
