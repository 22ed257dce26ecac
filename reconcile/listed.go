package reconcile

import (
	"time"

	"daesa/pay"
)

// ListedPayment is what the rows of the transaction list, and a look-up, say of
// one payment of an order on which both sides agree.
type ListedPayment struct {
	Key                    string
	Method                 pay.Method
	Currency               pay.Currency
	Held                   int64 // smallest unit
	Status                 pay.PaymentStatus
	ApprovedAt, CanceledAt time.Time
}

// listRank is how far along a payment is that has a row of such a status.
var listRank = map[pay.PaymentStatus]int{pay.WaitingForDeposit: 1, pay.Done: 2, pay.PartialCanceled: 3, pay.Canceled: 4}

// Row takes one row of the list.
func (p *ListedPayment) Row(status pay.PaymentStatus, at time.Time) {
	if listRank[status] > listRank[p.Status] || p.Status == "" {
		p.Status = status
	}
	switch status {
	case pay.Done:
		p.ApprovedAt = at
	case pay.Canceled, pay.PartialCanceled:
		p.CanceledAt = pay.Latest(p.CanceledAt, at)
	default: // it moved no money
	}
}

// LookedUp takes what a look-up showed; "" where nobody looked. It is the truth,
// where it holds what the list holds: the list was the hint.
func (p *ListedPayment) LookedUp(status pay.PaymentStatus, held int64) {
	if status != "" && held == p.Held {
		p.Status = status
	}
}

// Before says whether the payment says more of an order than another one: one that
// holds money, the shop's own, one that was paid, the later by its key.
func (p ListedPayment) Before(other ListedPayment, shopKey string) bool {
	if p.Key == "" {
		return false
	}
	return other.Key == "" || p.rank(shopKey) >= other.rank(shopKey)
}

func (p ListedPayment) rank(shopKey string) (rank int) {
	for _, holds := range []bool{p.Held > 0, p.Key == shopKey, !p.ApprovedAt.IsZero()} {
		rank *= 2
		if holds {
			rank++
		}
	}
	return rank
}
