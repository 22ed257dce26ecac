package settle

import (
	"slices"
	"strings"
	"time"

	"daesa/pay"
	"daesa/reconcile"
)

// Cycle is how often Toss settles a method.
type Cycle string

// The words of the configuration.
const (
	Daily   Cycle = "daily"
	Weekly  Cycle = "weekly"
	Monthly Cycle = "monthly"
)

// SoldDate is the day under which Toss settles what moved on a day: that day,
// the Sunday that ends its week, or the last day of its month.
func (c Cycle) SoldDate(day pay.Day) pay.Day {
	switch c {
	case Weekly:
		return day.Add((7 - int(day.Weekday())) % 7)
	case Monthly:
		return MonthOfDay(day).Last()
	default:
		return day
	}
}

// Rules are what a settlement is judged by.
type Rules struct {
	Cycle        map[pay.Method]Cycle // absent: daily
	LateBankDays map[pay.Method]int   // absent: defaultLate
}

// defaultLate is what a card may take, in bank days after its sold date.
const defaultLate = 3

// DueBy is the last day on which a transaction may still be without a row:
// some bank days after its sold date.
func (r Rules) DueBy(method pay.Method, day pay.Day) pay.Day {
	late, ok := r.LateBankDays[method]
	if !ok {
		late = defaultLate
	}
	return r.Cycle[method].SoldDate(day).AddBankDays(late)
}

// Reading says what was read, so that nothing unread is called missing.
type Reading struct {
	Today pay.Day
	// Transactions are the days whose transactions were read whole, Rows the sold
	// dates whose settlement rows were, after the rows of that day were due.
	Transactions, Rows Days
	// Books say which rows are in the opening of the first month: what is wrong with
	// these leaves nothing unexplained.
	Books Books
}

// share is what of an amount a roll-forward leaves unexplained.
func (reading Reading) share(r Row, amount int64) *int64 {
	if _, posted := reading.Books.Posted(MonthOf(r.TransactedAt()), r.Recorded); !posted {
		amount = 0
	}
	return &amount
}

// Payment is one payment with all that is known of it: at most one sale, its
// cancels, and the current rows of both.
type Payment struct {
	Transactions []Transaction
	Rows         []Row
}

// Pair is a transaction with its row; one of the two may be nil.
type Pair struct {
	Transaction *Transaction
	Row         *Row
}

// Pairs joins the rows of a payment to its transactions: a sale by the payment
// key, a cancel by its transaction key. The second row of a duplicate joins
// nothing. Transactions come first, in their order, then rows that no
// transaction explains.
func (p Payment) Pairs() []Pair {
	var pairs []Pair
	taken := make([]bool, len(p.Rows))
	for i := range p.Transactions {
		pair := Pair{Transaction: &p.Transactions[i]}
		for j := range p.Rows {
			if !taken[j] && p.Rows[j].Copy == 0 && p.Rows[j].of(p.Transactions[i]) {
				pair.Row, taken[j] = &p.Rows[j], true
				break
			}
		}
		pairs = append(pairs, pair)
	}
	for j := range p.Rows {
		if !taken[j] {
			pairs = append(pairs, Pair{Row: &p.Rows[j]})
		}
	}
	return pairs
}

// of says whether the row settles the transaction.
func (r Row) of(t Transaction) bool {
	switch {
	case r.MID != t.MID || r.Cancel() != t.Cancel():
		return false
	case t.Cancel():
		return r.TransactionKey == t.TransactionKey
	default:
		return r.PaymentKey == t.PaymentKey
	}
}

// NettedToday says whether the payment was cancelled whole on the day of its
// approval and its rows are all absent, or sum up to nothing: Toss may settle
// it by no row at all.
func (p Payment) NettedToday() bool {
	var sum, settled int64
	day := pay.Day("")
	for _, t := range p.Transactions {
		if d := pay.DayOf(t.At); day == "" {
			day = d
		} else if day != d {
			return false
		}
		sum += t.Amount
	}
	for _, r := range p.Rows {
		if r.Copy > 0 {
			return false
		}
		settled += r.Amount
	}
	whole := len(p.Transactions) > 1 && sum == 0
	return whole && (len(p.Rows) == 0 || len(p.Rows) == len(p.Transactions) && settled == 0)
}

// Check says how the rows of one payment differ from its transactions.
func Check(p Payment, rules Rules, reading Reading) []reconcile.Finding {
	var found []reconcile.Finding
	netted := p.NettedToday()
	for _, pair := range p.Pairs() {
		switch {
		case pair.Row == nil:
			if !netted {
				found = appendFound(found, missing(*pair.Transaction, rules, reading))
			}
			continue
		case pair.Row.Copy > 0:
			found = append(found, duplicate(*pair.Row, reading))
		case pair.Transaction == nil:
			found = appendFound(found, unknown(*pair.Row, reading))
		case !netted:
			found = appendFound(found, mismatch(*pair.Transaction, *pair.Row, reading))
		}
		found = appendFound(found, arithmetic(*pair.Row))
	}
	return found
}

func appendFound(found []reconcile.Finding, more *reconcile.Finding) []reconcile.Finding {
	if more == nil {
		return found
	}
	return append(found, *more)
}

// missing: a transaction whose row is late. Its sold date must have been read,
// and the row of one that waits for its cycle is not late.
func missing(t Transaction, rules Rules, reading Reading) *reconcile.Finding {
	day := pay.DayOf(t.At)
	sold := rules.Cycle[t.Method].SoldDate(day)
	if reading.Today <= rules.DueBy(t.Method, day) || !reading.Rows.Has(sold) {
		return nil
	}
	f := ofTransaction(t)
	f.Kind, f.LocalAmount, f.ProviderStatus = reconcile.SettlementMissing, &t.Amount, "no_row"
	if t.Cancel() {
		f.Kind = reconcile.SettlementCancelMissing
	}
	f.Amount = negative(t.Amount) // written off, Toss owes so much less
	return &f
}

// unknown: a row of no transaction, where the transactions of its day were read.
func unknown(r Row, reading Reading) *reconcile.Finding {
	if !reading.Transactions.Has(pay.DayOf(r.TransactedAt())) {
		return nil
	}
	f := ofRow(r)
	f.Kind, f.LocalStatus, f.ProviderAmount = reconcile.SettlementUnknown, "no_transaction", &r.Amount
	f.Amount, f.Share = &r.Amount, reading.share(r, -r.Amount)
	return &f
}

func duplicate(r Row, reading Reading) reconcile.Finding {
	f := ofRow(r)
	f.Kind, f.LocalStatus, f.ProviderStatus = reconcile.SettlementDuplicate, "settled_once", string(r.PaidOutDate)
	f.ProviderAmount, f.Amount, f.Share = &r.Amount, &r.Amount, reading.share(r, -r.Amount)
	return f
}

// mismatch: another amount, or another currency, than the transaction's.
func mismatch(t Transaction, r Row, reading Reading) *reconcile.Finding {
	gross, settled := t.Amount, r.Amount
	one, other := pay.Normal(t.Currency, &gross), pay.Normal(r.Currency, &settled)
	if one == other && gross == settled {
		return nil
	}
	f := ofTransaction(t)
	f.Kind, f.LocalAmount, f.ProviderAmount = reconcile.SettlementAmountMismatch, &gross, &settled
	if one != other {
		f.LocalStatus, f.ProviderStatus = string(one), string(other)
		return &f // amounts of two currencies have no difference
	}
	f.Share = reading.share(r, gross-settled)
	f.Amount = negative(*f.Share)
	return &f
}

// The identities of a row, by which the part that does not hold is named.
const (
	partPayOut = "pay_out_amount"
	partVAT    = "supply_amount+vat"
	partFees   = "sum(fees)"
)

// arithmetic: the parts of a row do not add up. What the roll-forward calls a
// fee is amount less payout less VAT, so that a wrong part leaves nothing
// unexplained.
func arithmetic(r Row) *reconcile.Finding {
	var wrong []string
	if r.PayOutAmount != r.Amount-r.Fee && !r.InterestOutside() {
		wrong = append(wrong, partPayOut)
	}
	if r.Fee != r.SupplyAmount+r.VAT {
		wrong = append(wrong, partVAT)
	}
	if sum, any := sumOf(r.Fees); any && sum != r.Fee {
		wrong = append(wrong, partFees)
	}
	if wrong == nil {
		return nil
	}
	f := ofRow(r)
	expected := r.Amount - r.Fee
	difference, none := r.PayOutAmount-expected, int64(0)
	f.Kind, f.LocalAmount, f.ProviderAmount = reconcile.SettlementArithmetic, &expected, &r.PayOutAmount
	f.ProviderStatus = strings.Join(wrong, ",")
	f.Amount, f.Share = &difference, &none
	return &f
}

// InterestOutside says whether Toss kept the interest fee of instalments beside
// its fee. Nobody documents whether it is in it: a row may do either.
func (r Row) InterestOutside() bool {
	return r.InterestFee != 0 && r.PayOutAmount == r.Amount-r.Fee-r.InterestFee
}

func sumOf(fees []pay.Fee) (sum int64, any bool) {
	for _, fee := range fees {
		sum += fee.Amount
	}
	return sum, len(fees) > 0
}

func ofTransaction(t Transaction) reconcile.Finding {
	return reconcile.Finding{
		MID: t.MID, OrderID: t.OrderID, PaymentKey: t.PaymentKey, Subject: SubjectOfTransaction(t.TransactionKey),
		Currency: t.Currency, Method: t.Method, MovedAt: t.At,
	}
}

func ofRow(r Row) reconcile.Finding {
	return reconcile.Finding{
		MID: r.MID, OrderID: r.OrderID, PaymentKey: r.PaymentKey, Subject: SubjectOfTransaction(r.TransactionKey),
		Currency: r.Currency, Method: r.Method, MovedAt: r.TransactedAt(),
	}
}

func negative(amount int64) *int64 {
	amount = -amount
	return &amount
}

// Moved is one row whose payout was put off, or brought forward.
type Moved struct {
	From    PayoutKey
	To      pay.Day
	PaidOut int64 // pay_out_amount
	At      time.Time
}

// Reschedules folds moved rows into one break for each payout that they left:
// a hold moves a thousand rows at once. settled says whether the payout to
// which rows were moved has come; then nothing is left to look after.
type Reschedules struct {
	sums map[PayoutKey]*reschedule
}

type reschedule struct {
	rows, sum int64
	to        []pay.Day
	at        time.Time
}

// Add takes one moved row, unless its new payout has come.
func (r *Reschedules) Add(m Moved, came bool) {
	if came || m.From.Day == m.To {
		return
	}
	if r.sums == nil {
		r.sums = map[PayoutKey]*reschedule{}
	}
	sum := r.sums[m.From]
	if sum == nil {
		sum = &reschedule{}
		r.sums[m.From] = sum
	}
	sum.rows++
	sum.sum += m.PaidOut
	if !slices.Contains(sum.to, m.To) {
		sum.to = append(sum.to, m.To)
	}
	if m.At.After(sum.at) {
		sum.at = m.At
	}
}

// Findings are the breaks, by merchant and day.
func (r *Reschedules) Findings() []reconcile.Finding {
	var found []reconcile.Finding
	for _, key := range sortedKeys(r.sums) {
		sum := r.sums[key]
		slices.Sort(sum.to)
		var to []string
		for _, day := range sum.to {
			to = append(to, string(day))
		}
		amount, none := sum.sum, int64(0)
		found = append(found, reconcile.Finding{
			MID: key.MID, Subject: SubjectOfPayout(key), Kind: reconcile.PayoutRescheduled, Currency: key.Currency,
			LocalAmount: &amount, ProviderAmount: &amount, LocalStatus: string(key.Day), ProviderStatus: strings.Join(to, ","),
			Amount: &amount, Share: &none, MovedAt: sum.at,
		})
	}
	return found
}
