package settle

import (
	"slices"

	"daesa/pay"
	"daesa/reconcile"
)

// NoRow is the signed gross of transactions without a row, of one month and
// method.
type NoRow struct {
	Month  Month
	Method pay.Method
	Count  int64
	Amount int64
}

// Standing is what there is of one merchant and currency: the other way to the
// closing. Payouts that were covered to the won long ago, with their parts and
// matches, may be left out: they are 0 in it. Of a match only what it paid to the
// merchant counts.
type Standing struct {
	MID     string
	Books   Books
	Parts   []Part   // of all current rows of the merchant and currency
	Payouts []Payout // of the same
	NoRow   []NoRow
	Matches []Match
	// Decisions that stand. Those about a payout that did not come, or a
	// transaction without a row, cover it from their day on.
	Decisions []Decision
	// Assumed says that there is no passbook: a payout counts as paid on its day.
	// Before PassbookFrom there is none either.
	Assumed      bool
	PassbookFrom pay.Day
}

// Bucket is one age of what is not paid out.
type Bucket string

// The words of the contract; days are bank days after the payout's day.
const (
	BucketNoRow  Bucket = "no_row"
	BucketNotDue Bucket = "not_due"
	Bucket1to3   Bucket = "d1_3"
	Bucket4to7   Bucket = "d4_7"
	Bucket8to30  Bucket = "d8_30"
	BucketOver30 Bucket = "over_30"
)

// Buckets are all of them, the youngest first.
var Buckets = []Bucket{BucketNoRow, BucketNotDue, Bucket1to3, Bucket4to7, Bucket8to30, BucketOver30}

// Aged is what of a closing is so old.
type Aged struct {
	Bucket Bucket
	Count  int64 // rows, or transactions
	Amount int64
}

// ByRows is the closing of a month by what is not paid out at its end.
type ByRows struct {
	Closing  int64
	ByMethod map[pay.Method]int64
	Aging    []Aged
	// Shares are what each payout that came short, or with too much, leaves
	// between this closing and the roll-forward's.
	Shares []Share
	// InOpening is what the payouts in the opening of the first month are short of
	// or over; it is frozen with that month (Books.Frozen).
	InOpening map[PayoutKey]int64
	// Unpaid are the payouts that stand behind the ages, by merchant, currency and day.
	Unpaid []Unpaid
}

// Unpaid is what of a closing belongs to one payout.
type Unpaid struct {
	Payout PayoutKey
	Bucket Bucket
	Count  int64 // rows
	Amount int64 // signed
}

// Share is the part of one break in what a roll-forward leaves unexplained.
type Share struct {
	Subject string
	Kind    reconcile.Kind
	Amount  int64
}

// ByRows reckons what Toss owes at the end of a day, which is the last of a
// month, from rows and transactions alone: rows of transactions up to then that
// no line dated up to then covers, and transactions up to then that have no row.
func (s Standing) ByRows(end pay.Day) ByRows {
	r := reckoning{Standing: s, end: end, month: MonthOfDay(end), aged: map[Bucket]*Aged{}, unpaid: map[PayoutKey]*Unpaid{}, out: ByRows{ByMethod: map[pay.Method]int64{}, InOpening: map[PayoutKey]int64{}}}
	for _, bucket := range Buckets {
		r.aged[bucket] = &Aged{Bucket: bucket}
	}
	r.index()
	covered := r.covered()
	for _, part := range s.Parts {
		if part.Month <= r.month && !covered[part.Payout] {
			r.owe(part.Payout, part.Method, part.Rows, part.PayOut)
		}
	}
	for _, no := range s.NoRow {
		if no.Month <= r.month {
			r.put(BucketNoRow, no.Method, no.Count, no.Amount)
		}
	}
	for _, match := range s.Matches {
		r.weigh(match)
	}
	r.writtenOff()
	for _, bucket := range Buckets {
		r.out.Aging = append(r.out.Aging, *r.aged[bucket])
	}
	for _, key := range sortedKeys(r.unpaid) {
		if u := r.unpaid[key]; u.Amount != 0 {
			r.out.Unpaid = append(r.out.Unpaid, *u)
		}
	}
	return r.out
}

// reckoning is one closing by rows while it is made.
type reckoning struct {
	Standing
	end     pay.Day
	month   Month
	payouts map[PayoutKey]Payout
	rows    map[PayoutKey]int64 // pay_out_amount of transactions up to the month
	aged    map[Bucket]*Aged
	unpaid  map[PayoutKey]*Unpaid
	out     ByRows
}

func (r *reckoning) index() {
	r.payouts, r.rows = map[PayoutKey]Payout{}, map[PayoutKey]int64{}
	for _, p := range r.Payouts {
		r.payouts[p.PayoutKey] = p
	}
	for _, part := range r.Parts {
		if part.Month <= r.month {
			r.rows[part.Payout] += part.PayOut
		}
	}
}

func (r *reckoning) put(bucket Bucket, method pay.Method, count, amount int64) {
	r.out.Closing += amount
	r.out.ByMethod[method] += amount
	r.aged[bucket].Count += count
	r.aged[bucket].Amount += amount
}

// owe puts what belongs to a payout.
func (r *reckoning) owe(payout PayoutKey, method pay.Method, count, amount int64) {
	bucket := BucketOf(payout.Day, r.end)
	r.put(bucket, method, count, amount)
	of := r.unpaid[payout]
	if of == nil {
		of = &Unpaid{Payout: payout, Bucket: bucket}
		r.unpaid[payout] = of
	}
	of.Count += count
	of.Amount += amount
}

// covered are the payouts of which a line is dated up to the end of the day, and
// those that are taken as paid, with the negative days set off in them.
func (r *reckoning) covered() map[PayoutKey]bool {
	covered := map[PayoutKey]bool{}
	for _, p := range r.Payouts {
		if p.Comes() && p.Day <= r.end && (r.Assumed || p.Day < r.PassbookFrom) {
			for _, key := range p.Covers() {
				covered[key] = true
			}
		}
	}
	for _, match := range r.Matches {
		if count, _, _ := r.came(match); count > 0 {
			for _, key := range r.covers(match) {
				covered[key] = true
			}
		}
	}
	return covered
}

// came counts the parts of a match up to the end of the day, their sum, and those
// that came later.
func (r *reckoning) came(match Match) (count int, sum int64, later int) {
	for _, paid := range match.Paid {
		switch {
		case paid.Payout.MID != r.MID:
		case paid.Day <= r.end:
			count++
			sum += paid.Amount
		default:
			later++
		}
	}
	return count, sum, later
}

// covers are the merchant's payouts that a match paid, with those whose carry
// ended in them.
func (r *reckoning) covers(match Match) []PayoutKey {
	var keys []PayoutKey
	for _, paid := range match.Paid {
		if paid.Payout.MID == r.MID {
			keys = append(keys, paid.Payout)
			if p := r.payouts[paid.Payout]; p.Comes() {
				keys = append(keys, p.Absorbs...)
			}
		}
	}
	slices.SortFunc(keys, PayoutKey.Compare)
	return slices.Compact(keys)
}

// weigh holds what a match paid against its rows. Of a payout that came by
// several lines, some after the end of the day, what is still to come stands.
// One whose lines have all come and do not sum up to its rows has a share in what
// is unexplained.
func (r *reckoning) weigh(match Match) {
	count, sum, later := r.came(match)
	if count == 0 {
		return
	}
	keys := r.covers(match)
	var rows int64
	for _, key := range keys {
		rows += r.rows[key]
	}
	last := keys[len(keys)-1]
	if later > 0 {
		r.owe(last, pay.MethodUnknown, 0, rows-sum)
		return
	}
	if rows != sum && !r.Books.counts(match, r.MID) {
		r.out.InOpening[last] = rows - sum
	}
	switch share := r.Books.share(match, last, rows-sum); {
	case share > 0:
		r.out.Shares = append(r.out.Shares, Share{SubjectOfPayout(last), reconcile.PayoutShort, share})
	case share < 0:
		r.out.Shares = append(r.out.Shares, Share{SubjectOfPayout(last), reconcile.PayoutOver, share})
	}
}

// writtenOff: what a decision covers is not owed any more, though no line and no
// row ever came.
func (r *reckoning) writtenOff() {
	for _, d := range r.Decisions {
		if d.Day > r.end || !d.Kind.Adjusts(d.As) {
			continue
		}
		switch d.Kind {
		case reconcile.SettlementMissing:
			r.put(BucketNoRow, d.Method, 0, d.Amount)
		case reconcile.PayoutMissing:
			r.owe(r.payoutOf(d), d.Method, 0, d.Amount)
		default: // rows and lines bear it
		}
	}
}

func (r *reckoning) payoutOf(d Decision) PayoutKey {
	for key := range r.payouts {
		if SubjectOfPayout(key) == d.Subject {
			return key
		}
	}
	return PayoutKey{MID: r.MID, Currency: d.Currency}
}

// Older are the payouts that hold rows of transactions before a month: those
// that were not read so far back, and whose rows are known by their amounts alone.
func (s Standing) Older(than Month) []PayoutKey {
	older := map[PayoutKey]bool{}
	for _, part := range s.Parts {
		if part.Month < than {
			older[part.Payout] = true
		}
	}
	return sortedKeys(older)
}

// BucketOf is how old a payout is at the end of a day.
func BucketOf(payout, end pay.Day) Bucket {
	switch days := payout.BankDaysUntil(end); {
	case days <= 0:
		return BucketNotDue
	case days <= 3:
		return Bucket1to3
	case days <= 7:
		return Bucket4to7
	case days <= 30:
		return Bucket8to30
	default:
		return BucketOver30
	}
}
