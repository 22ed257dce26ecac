package settle

import (
	"slices"
	"time"

	"daesa/pay"
	"daesa/reconcile"
)

// Roll is what moves a receivable within a month. All are positive in their
// usual direction; adjustments are signed.
type Roll struct {
	Approvals, Cancels, Fees, FeeVAT, Payouts, Adjustments int64
}

// Net is by how much the receivable grows.
func (r Roll) Net() int64 {
	return r.Approvals - r.Cancels - r.Fees - r.FeeVAT - r.Payouts + r.Adjustments
}

// Plus is the sum of two.
func (r Roll) Plus(o Roll) Roll {
	return Roll{r.Approvals + o.Approvals, r.Cancels + o.Cancels, r.Fees + o.Fees, r.FeeVAT + o.FeeVAT,
		r.Payouts + o.Payouts, r.Adjustments + o.Adjustments}
}

func (r Roll) minus() Roll {
	return Roll{-r.Approvals, -r.Cancels, -r.Fees, -r.FeeVAT, -r.Payouts, -r.Adjustments}
}

// Movement is something that happened to the receivable of one merchant and
// currency: of its own month, and recorded at some time. SQL may sum those of
// one month, method and posting into one.
type Movement struct {
	Month    Month // of its own date
	Method   pay.Method
	Recorded time.Time
	Roll
}

// Undone takes a movement back from a later time on: a row that was changed, a
// match that was dropped, a decision that lapsed.
func (m Movement) Undone(at time.Time) Movement {
	m.Recorded, m.Roll = at, m.minus()
	return m
}

// MoveOf is what a transaction does.
func MoveOf(t Transaction) Movement {
	pay.Normal(t.Currency, &t.Amount)
	m := Movement{Month: MonthOf(t.At), Method: t.Method, Recorded: t.Recorded}
	if t.Cancel() {
		m.Cancels = -t.Amount
	} else {
		m.Approvals = t.Amount
	}
	return m
}

// MoveOfRow is what a version of a row does: its fee, and the fee's VAT. When the
// next version comes, it is Undone at the time of that one.
func MoveOfRow(r Row) Movement {
	r = r.inCents()
	m := Movement{Month: MonthOf(r.TransactedAt()), Method: r.Method, Recorded: r.Recorded}
	if !r.Withdrawn {
		m.Fees, m.FeeVAT = r.FeeOf(), r.VAT
	}
	return m
}

// MovesOfMatch is what a match does to one merchant: one movement for each part
// of a line that paid its payouts, by the bank day. What the last of them
// completes is told by method, as the rows of the payouts are; what these do not
// explain, and earlier lines, have none. parts and payouts are the merchant's.
func MovesOfMatch(match Match, mid string, parts []Part, payouts []Payout) []Movement {
	var moves []Movement
	last := Movement{Recorded: match.Recorded}
	covered := map[PayoutKey]bool{}
	for _, paid := range match.Paid {
		if paid.Payout.MID == mid {
			move := Movement{Month: MonthOfDay(paid.Day), Recorded: match.Recorded, Roll: Roll{Payouts: paid.Amount}}
			moves = append(moves, move)
			last.Month = max(last.Month, move.Month)
			covered[paid.Payout] = true
		}
	}
	for _, p := range payouts {
		if covered[p.PayoutKey] {
			for _, key := range p.Absorbs {
				covered[key] = true
			}
		}
	}
	byMethod := map[pay.Method]int64{}
	for _, part := range parts {
		if covered[part.Payout] {
			byMethod[part.Method] += part.PayOut
		}
	}
	for _, method := range sortedMethods(byMethod) {
		if method != pay.MethodUnknown {
			of, from := last, last
			of.Method, of.Roll = method, Roll{Payouts: byMethod[method]}
			from.Roll = Roll{Payouts: -byMethod[method]}
			moves = append(moves, of, from)
		}
	}
	return moves
}

func sortedMethods[V any](m map[pay.Method]V) []pay.Method {
	methods := make([]pay.Method, 0, len(m))
	for method := range m {
		methods = append(methods, method)
	}
	slices.Sort(methods)
	return methods
}

// Decision is a person's word that changes the receivable.
type Decision struct {
	Kind     reconcile.Kind
	As       reconcile.Disposition
	Subject  string
	Currency pay.Currency
	Method   pay.Method
	Day      pay.Day // of the decision
	Recorded time.Time
	Amount   int64 // the break's amount when it was decided
}

// MoveOfDecision is what a decision does: nothing, unless its kind and word are
// among those that change the receivable.
func MoveOfDecision(d Decision) Movement {
	m := Movement{Month: MonthOfDay(d.Day), Method: d.Method, Recorded: d.Recorded}
	if d.Kind.Adjusts(d.As) {
		m.Adjustments = d.Amount
	}
	return m
}

// Lapses says whether a decision that changed the receivable is void: what it
// wrote off has come after all, or by another amount. Its movement is then
// Undone. now is what the newest look finds; nil: nothing any more.
func (d Decision) Lapses(now *reconcile.Finding) bool {
	if !d.Kind.Adjusts(d.As) {
		return false
	}
	return now == nil || now.Amount == nil || *now.Amount != d.Amount
}

// Lock is one month that stands locked, by its newest version. A month that was
// reopened is none until it is locked again.
type Lock struct {
	Month Month
	At    time.Time
}

// Books say into which month a movement is posted.
type Books struct {
	First Month  // the first month that is closed; what is older is its opening
	Locks []Lock // in their order, without a hole: a month needs the one before
	// Frozen is what the payouts in the opening were short of (above 0) or over when
	// the first month was locked: ByRows.InOpening of the day before it.
	Frozen map[PayoutKey]int64
}

// Posted is the month in which a movement counts, and whether that is another
// than its own. What is recorded after its month was locked is posted in the
// first month that was open then. ok is false for what is in the opening of the
// first month.
func (b Books) Posted(own Month, recorded time.Time) (month Month, ok bool) {
	if own < b.First {
		if len(b.Locks) == 0 || !recorded.After(b.Locks[0].At) {
			return "", false
		}
		own = b.First
	}
	for _, lock := range b.Locks {
		if lock.Month == own && recorded.After(lock.At) {
			own = own.Next()
		}
	}
	return own, true
}

// counts says whether anything that a match paid to a merchant is posted. What is
// not is in the opening of the first month, by its rows: there a payout that came
// short is covered all the same.
func (b Books) counts(match Match, mid string) bool {
	for _, paid := range match.Paid {
		if _, posted := b.Posted(MonthOfDay(paid.Day), match.Recorded); posted && paid.Payout.MID == mid {
			return true
		}
	}
	return false
}

// share is what of a payout's difference, rows less money, lies between the two
// closings. Of one in the opening that is what has changed since the opening was
// frozen.
func (b Books) share(match Match, key PayoutKey, left int64) int64 {
	switch {
	case b.counts(match, key.MID):
		return left
	case len(b.Locks) == 0:
		return 0
	default:
		return left - b.Frozen[key]
	}
}

// Open is the first month that is not locked.
func (b Books) Open() Month {
	if len(b.Locks) == 0 {
		return b.First
	}
	return b.Locks[len(b.Locks)-1].Month.Next()
}

// Locked says whether the month is, and since when.
func (b Books) Locked(m Month) (time.Time, bool) {
	for _, lock := range b.Locks {
		if lock.Month == m {
			return lock.At, true
		}
	}
	return time.Time{}, false
}

// Ledger sums the movements of one merchant and currency by the month in which
// they are posted.
type Ledger struct {
	books Books
	rolls map[ledgerKey]Roll
	prior map[Month]Roll
}

type ledgerKey struct {
	month  Month
	method pay.Method
}

// NewLedger is an empty one. A month that is locked has its frozen figures: begin
// with the closing by method of the newest one, and post what belongs to later
// months; of a match that was posted before, how it is told by method is frozen.
func NewLedger(books Books) *Ledger {
	return &Ledger{books: books, rolls: map[ledgerKey]Roll{}, prior: map[Month]Roll{}}
}

// Post takes one movement.
func (l *Ledger) Post(m Movement) {
	month, ok := l.books.Posted(m.Month, m.Recorded)
	if !ok {
		return
	}
	key := ledgerKey{month, m.Method}
	l.rolls[key] = l.rolls[key].Plus(m.Roll)
	if month != m.Month {
		l.prior[month] = l.prior[month].Plus(m.Roll)
	}
}

// MethodRoll is the roll-forward of one method. The method "" is what belongs to
// none: the part of a deposit that rows do not explain.
type MethodRoll struct {
	Method  pay.Method
	Opening int64
	Roll
	Closing int64
}

// Rollforward is the month of one merchant and currency by its movements.
type Rollforward struct {
	Opening int64
	Roll
	Closing int64
	// Prior is what of it happened in an earlier month, and was recorded after
	// that was locked. Its dates are kept with the facts.
	Prior    Roll
	ByMethod []MethodRoll
}

// Month rolls a month forward from what each method brings in; opening is the
// closing by method of the month before, or that of the first month.
func (l *Ledger) Month(m Month, opening map[pay.Method]int64) Rollforward {
	methods := map[pay.Method]bool{}
	for method := range opening {
		methods[method] = true
	}
	for key := range l.rolls {
		if key.month == m {
			methods[key.method] = true
		}
	}
	forward := Rollforward{Prior: l.prior[m]}
	for _, method := range sortedMethods(methods) {
		roll := l.rolls[ledgerKey{m, method}]
		line := MethodRoll{method, opening[method], roll, opening[method] + roll.Net()}
		forward.ByMethod = append(forward.ByMethod, line)
		forward.Opening += line.Opening
		forward.Closing += line.Closing
		forward.Roll = forward.Plus(roll)
	}
	return forward
}

// ClosingByMethod is what the next month opens with.
func (r Rollforward) ClosingByMethod() map[pay.Method]int64 {
	closing := map[pay.Method]int64{}
	for _, line := range r.ByMethod {
		closing[line.Method] = line.Closing
	}
	return closing
}

// MovesAssumed are payouts taken as paid on their day: where there is no
// passbook, which every sheet then says. recorded is when the rows of each were.
func MovesAssumed(payouts []Payout, parts []Part, recorded func(PayoutKey) time.Time) []Movement {
	byPayout := map[PayoutKey]map[pay.Method]int64{}
	for _, part := range parts {
		if byPayout[part.Payout] == nil {
			byPayout[part.Payout] = map[pay.Method]int64{}
		}
		byPayout[part.Payout][part.Method] += part.PayOut
	}
	var moves []Movement
	for _, p := range payouts {
		if !p.Comes() {
			continue
		}
		for _, key := range p.Covers() {
			for _, method := range sortedMethods(byPayout[key]) {
				moves = append(moves, Movement{
					Month: MonthOfDay(p.Day), Method: method, Recorded: recorded(p.PayoutKey), Roll: Roll{Payouts: byPayout[key][method]},
				})
			}
		}
	}
	return moves
}
