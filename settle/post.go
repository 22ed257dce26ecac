package settle

import (
	"slices"
	"time"

	"daesa/pay"
	"daesa/reconcile"
)

// Posted is a transaction as the ledger has it.
type Posted struct {
	Transaction
	Settled bool    // a row of Toss's settles it, or it needs none
	DueBy   pay.Day // the last day on which it may still be without a row
}

// DayMove is a movement with its own day: what vouchers are written by.
type DayMove struct {
	Movement
	Currency pay.Currency
	Day      pay.Day
}

// Case is one payment with all that is known of it.
type Case struct {
	Told
	Rows   []Row    // the current ones
	Posted []Posted // as the ledger has it
}

// Outcome is what becomes of a case.
type Outcome struct {
	// Known is false where nothing can be said of the payment yet: all stays as it is.
	Known bool
	Write []Posted // new, or other than they were
	Drop  []string // transaction keys that are gone
	Moves []DayMove
	Found []reconcile.Finding
	// Tells is true where breaks must hear of it: until they did the payment stays one
	// that is to be looked at. Who writes them says so.
	Tells bool
}

// Post says how the ledger follows what is known of a payment: a transaction that is
// new is posted, one that has changed is taken back and posted anew, and each is
// held against its row.
func (c Case) Post(rules Rules, reading Reading, now time.Time) Outcome {
	txs, known := c.Transactions()
	switch {
	case !known:
		return Outcome{}
	case len(txs) == 0 && c.ofAnother():
		return Outcome{Known: true}
	}
	out := Outcome{Known: true}
	before := map[string]Posted{}
	for _, p := range c.Posted {
		before[p.TransactionKey] = p
	}
	for i := range txs {
		txs[i].Recorded = now
		if p, ok := before[txs[i].TransactionKey]; ok && p.sameAs(txs[i]) {
			txs[i].Recorded = p.Recorded
		}
	}
	payment := Payment{Transactions: txs, Rows: c.Rows}
	out.Found = Check(payment, rules, reading)
	netted := payment.NettedToday()
	for _, pair := range payment.Pairs() {
		if pair.Transaction == nil {
			continue
		}
		tx := *pair.Transaction
		after := Posted{Transaction: tx, Settled: pair.Row != nil || netted, DueBy: rules.DueBy(tx.Method, pay.DayOf(tx.At))}
		p, was := before[tx.TransactionKey]
		delete(before, tx.TransactionKey)
		if was && p.sameAs(tx) {
			if p.Settled != after.Settled || p.DueBy != after.DueBy {
				out.Write = append(out.Write, after)
			}
			continue
		}
		if was {
			out.Moves = append(out.Moves, p.undone(now))
		}
		out.Moves = append(out.Moves, dayMove(MoveOf(tx), tx.Currency, tx.At))
		out.Write = append(out.Write, after)
	}
	for key, p := range before {
		out.Drop = append(out.Drop, key)
		out.Moves = append(out.Moves, p.undone(now))
	}
	return out
}

// ofAnother says whether the payment is another order's: a settlement row may name
// another order than the transaction list does, and the list's case says all of it.
func (c Case) ofAnother() bool {
	return slices.ContainsFunc(c.Posted, func(p Posted) bool { return p.OrderID != c.OrderID })
}

// sameAs says whether the ledger has just this transaction.
func (p Posted) sameAs(t Transaction) bool {
	return p.Amount == t.Amount && p.Currency == t.Currency && p.Method == t.Method && p.At.Equal(t.At) && p.OrderID == t.OrderID
}

func (p Posted) undone(now time.Time) DayMove {
	return dayMove(MoveOf(p.Transaction).Undone(now), p.Currency, p.At)
}

func dayMove(m Movement, c pay.Currency, at time.Time) DayMove {
	var none int64
	return DayMove{Movement: m, Currency: pay.Normal(c, &none), Day: pay.DayOf(at)}
}

// RowMoves are what the current rows of one key do to the ledger when they take the
// place of others: what these did is taken back.
func RowMoves(before, after Known, now time.Time) []DayMove {
	var moves []DayMove
	for _, r := range before.Current() {
		moves = append(moves, dayMove(MoveOfRow(r).Undone(now), r.Currency, r.TransactedAt()))
	}
	for _, r := range after.Current() {
		m := MoveOfRow(r)
		m.Recorded = now
		moves = append(moves, dayMove(m, r.Currency, r.TransactedAt()))
	}
	return moves
}

// Odd says whether a row's fee is another than agreed.
func (t Tariff) Odd(r Row) bool {
	_, odd := t.Judge(r)
	return odd
}
