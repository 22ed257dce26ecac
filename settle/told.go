package settle

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"daesa/pay"
)

// Told is what Toss's transaction list and its look-ups tell of one payment.
type Told struct {
	MID, OrderID, PaymentKey string

	Listed []pay.Transaction // the rows of the list
	// LookedUp says that the payment was looked up: Approved, in the smallest unit of
	// Currency, at ApprovedAt, and Cancels are what that showed.
	LookedUp   bool
	Approved   int64
	ApprovedAt time.Time
	Currency   pay.Currency
	Method     pay.Method
	Cancels    []pay.Cancel
}

// Transactions are the approval and the cancels of the payment, in the order of
// their times: cancels that are done, of a payment that was once approved. known is
// false where a row of the list says that a part was cancelled, and no look-up has
// shown how much: then nothing can be said of the payment yet.
func (t Told) Transactions() (txs []Transaction, known bool) {
	approval, ok := t.approval()
	if !ok {
		return nil, true
	}
	left := approval.Amount
	seen := map[string]bool{}
	for _, cancel := range t.Cancels {
		seen[cancel.TransactionKey] = true
		if cancel.Status != pay.CancelDone {
			continue
		}
		txs = append(txs, t.transaction(approval, cancel.TransactionKey, -cancel.Amount, cancel.CanceledAt))
		left -= cancel.Amount
	}
	for _, row := range t.Listed {
		switch {
		case seen[row.TransactionKey]:
		case row.Status == pay.PartialCanceled:
			return nil, false
		case row.Status == pay.Canceled && left > 0: // all that was left
			txs = append(txs, t.transaction(approval, row.TransactionKey, -left, row.At))
			left = 0
		}
	}
	slices.SortStableFunc(txs, func(a, b Transaction) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.TransactionKey, b.TransactionKey))
	})
	return append([]Transaction{approval}, txs...), true
}

// approval is the one of the list, or else that of the look-up, which has no key of
// its own.
func (t Told) approval() (Transaction, bool) {
	for _, row := range t.Listed {
		if row.Status == pay.Done {
			return Transaction{MID: t.MID, OrderID: t.OrderID, PaymentKey: t.PaymentKey, TransactionKey: row.TransactionKey,
				Currency: row.Currency, Method: row.Method, Amount: row.Amount, At: row.At}, true
		}
	}
	if !t.LookedUp || t.Approved <= 0 || t.ApprovedAt.IsZero() {
		return Transaction{}, false
	}
	return Transaction{MID: t.MID, OrderID: t.OrderID, PaymentKey: t.PaymentKey, TransactionKey: "approval of " + t.PaymentKey,
		Currency: t.Currency, Method: t.Method, Amount: t.Approved, At: t.ApprovedAt}, true
}

func (t Told) transaction(approval Transaction, key string, amount int64, at time.Time) Transaction {
	approval.TransactionKey, approval.Amount, approval.At = key, amount, at
	return approval
}

// Sets are the statuses of a list row that queries ask for by name.
var Sets = map[string][]pay.PaymentStatus{
	"money_moved": {pay.Done, pay.Canceled, pay.PartialCanceled},
}
