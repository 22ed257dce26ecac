package settle

import (
	"cmp"
	"slices"

	"daesa/pay"
)

// PayoutKey is what a payout is known by: Toss has no object for it.
type PayoutKey struct {
	MID      string
	Day      pay.Day // paid_out_date
	Currency pay.Currency
}

// Compare orders payouts by merchant, currency and day.
func (k PayoutKey) Compare(other PayoutKey) int {
	return cmp.Or(cmp.Compare(k.MID, other.MID), cmp.Compare(k.Currency, other.Currency), cmp.Compare(k.Day, other.Day))
}

func sortedKeys[V any](m map[PayoutKey]V) []PayoutKey {
	keys := make([]PayoutKey, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, PayoutKey.Compare)
	return keys
}

// Part is the sum of the current rows of one payout, one month of transaction
// and one method: what a month and a payout are made of. SQL may sum it as well
// as Fold does.
type Part struct {
	Payout PayoutKey
	Month  Month // of the rows' transactions
	Method pay.Method
	Rows   int64
	Amount int64
	Fees   int64 // amount less payout less VAT
	FeeVAT int64
	PayOut int64 // pay_out_amount
}

// Fold sums rows into parts.
type Fold struct {
	parts map[partKey]*Part
}

type partKey struct {
	payout PayoutKey
	month  Month
	method pay.Method
}

// Add takes one current row.
func (f *Fold) Add(r Row) {
	if r.Withdrawn {
		return
	}
	r = r.inCents()
	if f.parts == nil {
		f.parts = map[partKey]*Part{}
	}
	key := partKey{r.PayoutKey(), MonthOf(r.TransactedAt()), r.Method}
	part := f.parts[key]
	if part == nil {
		part = &Part{Payout: key.payout, Month: key.month, Method: key.method}
		f.parts[key] = part
	}
	part.Rows++
	part.Amount += r.Amount
	part.Fees += r.FeeOf()
	part.FeeVAT += r.VAT
	part.PayOut += r.PayOutAmount
}

// Parts are the sums, by payout, month and method.
func (f *Fold) Parts() []Part {
	parts := make([]Part, 0, len(f.parts))
	for _, part := range f.parts {
		parts = append(parts, *part)
	}
	slices.SortFunc(parts, func(a, b Part) int {
		return cmp.Or(a.Payout.Compare(b.Payout), cmp.Compare(a.Month, b.Month), cmp.Compare(a.Method, b.Method))
	})
	return parts
}

// Payout is what Toss should transfer to the shop for one day.
type Payout struct {
	PayoutKey
	Rows   int64
	Amount int64
	Fee    int64 // without VAT
	FeeVAT int64
	// Expected is the payout of its rows and what was carried to it. Carried is
	// all of that where it is not above 0: no money comes, and it is handed on to
	// the next payout. Absorbs are the payouts whose carry ends in this one, so
	// that a line that covers this one covers them, too.
	Expected int64
	Carried  int64
	Absorbs  []PayoutKey

	Lines      []string // of the passbook, that stand against it
	Banked     int64    // of these, what belongs to this payout
	Difference int64    // banked less what should come
	LastLine   pay.Day  // when the last of its lines came; "" for none
	State      State
	Why        Why      // where it is not matched
	Suggested  []string // lines near in date or amount, for a person's eyes
}

// Comes says whether the payout brings money.
func (p Payout) Comes() bool { return p.Expected > 0 }

// Covers are the payouts whose rows a line for this one pays.
func (p Payout) Covers() []PayoutKey { return append(slices.Clone(p.Absorbs), p.PayoutKey) }

// Payouts builds the payouts of some parts, by merchant, currency and day, and
// carries days that do not come above 0 to the next one.
func Payouts(parts []Part) []Payout {
	sums := map[PayoutKey]*Payout{}
	for _, part := range parts {
		p := sums[part.Payout]
		if p == nil {
			p = &Payout{PayoutKey: part.Payout}
			sums[part.Payout] = p
		}
		p.Rows += part.Rows
		p.Amount += part.Amount
		p.Fee += part.Fees
		p.FeeVAT += part.FeeVAT
		p.Expected += part.PayOut
	}
	payouts := make([]Payout, 0, len(sums))
	for _, key := range sortedKeys(sums) {
		payouts = append(payouts, *sums[key])
	}
	carry(payouts)
	return payouts
}

// carry hands on what is not above 0, in the order of the days.
func carry(payouts []Payout) {
	for i := range payouts {
		p := &payouts[i]
		if i > 0 {
			before := &payouts[i-1]
			if before.MID == p.MID && before.Currency == p.Currency && !before.Comes() {
				p.Expected += before.Carried
				p.Absorbs = before.Covers()
			}
		}
		if !p.Comes() {
			p.Carried = p.Expected
		}
	}
}
