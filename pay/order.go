package pay

import (
	"fmt"
	"time"
)

// OrderStatus is what the shop says of an order.
type OrderStatus string

// The words of the order file.
const (
	OrderPending           OrderStatus = "pending"
	OrderPaid              OrderStatus = "paid"
	OrderPartiallyCanceled OrderStatus = "partially_canceled"
	OrderCanceled          OrderStatus = "canceled"
	OrderFailed            OrderStatus = "failed"
	OrderDeleted           OrderStatus = "deleted"
)

// OrderStatuses are all of them, in the order of the contract.
var OrderStatuses = []OrderStatus{
	OrderPending, OrderPaid, OrderPartiallyCanceled, OrderCanceled, OrderFailed, OrderDeleted,
}

// PGToss is the payment company whose orders are compared.
const PGToss = "toss"

// Order is one order as the shop knows it. Its key is (MID, ID). Amounts are
// in the smallest unit of Currency; a zero time means that the shop gave none.
type Order struct {
	MID               string
	ID                string // the number that was sent to Toss as orderId
	PaymentKey        string
	Method            Method
	Status            OrderStatus
	Amount            int64 // what Toss was asked for
	CanceledAmount    int64 // what must go back through Toss
	RefundedElsewhere int64 // given back outside Toss
	TaxFreeAmount     int64
	PG                string
	Currency          Currency
	OrderedAt         time.Time
	PaidAt            time.Time
	CanceledAt        time.Time
	CustomerRef       string
	// MixedRefunds says that at most CanceledAmount must go back through Toss, and
	// that the shop's record does not tell how much: its figure counts points and
	// bank transfers too, or it shows rows of items and no figure.
	MixedRefunds bool
	// PaidUnknown says that the shop's record does not tell whether an order that
	// is cancelled had been paid: Toss decides.
	PaidUnknown bool
}

// Compared says whether the order is one that Toss should know: paid through
// Toss, for more than nothing. Others are counted and left alone.
func (o Order) Compared() bool { return o.PG == PGToss && o.Amount > 0 }

// EverPaid says whether the shop holds that the buyer paid at some time.
func (o Order) EverPaid() bool {
	return !o.PaidAt.IsZero() || o.Status == OrderPaid || o.Status == OrderPartiallyCanceled
}

// Held is the money that the shop believes Toss holds for it.
func (o Order) Held() int64 {
	if !o.EverPaid() {
		return 0
	}
	return o.Amount - o.CanceledAmount - o.RefundedElsewhere
}

// LastMoved is the newest time at which the shop says that money moved, or the
// time of the order where none did.
func (o Order) LastMoved() time.Time {
	return Latest(o.OrderedAt, o.PaidAt, o.CanceledAt)
}

// Check says what is wrong with the order as a whole: the rules that no single
// field can show. The column is the one that a person should look at.
func (o Order) Check() (column string, err error) {
	switch {
	case o.ID == "":
		return "order_id", fmt.Errorf("an order needs its number")
	case o.Amount < 0:
		return "amount", fmt.Errorf("an amount cannot be negative")
	case o.CanceledAmount < 0:
		return "canceled_amount", fmt.Errorf("a cancelled amount cannot be negative")
	case o.RefundedElsewhere < 0:
		return "refunded_elsewhere", fmt.Errorf("an amount cannot be negative")
	case o.CanceledAmount > o.Amount:
		return "canceled_amount", fmt.Errorf("the cancelled amount is above the amount %s", o.Currency.Format(o.Amount))
	case o.RefundedElsewhere > o.Amount-o.CanceledAmount:
		return "refunded_elsewhere", fmt.Errorf("cancelled and refunded elsewhere are together above the amount %s", o.Currency.Format(o.Amount))
	case o.TaxFreeAmount < 0 || o.TaxFreeAmount > o.Amount:
		return "tax_free_amount", fmt.Errorf("the tax-free part must lie between 0 and the amount")
	case o.Status == OrderPartiallyCanceled && o.CanceledAmount == 0:
		return "canceled_amount", fmt.Errorf("a partially cancelled order needs its cancelled amount")
	case o.OrderedAt.IsZero():
		return "ordered_at", fmt.Errorf("an order needs the time of its order")
	}
	return "", nil
}

// Latest is the newest of some times.
func Latest(times ...time.Time) time.Time {
	var newest time.Time
	for _, t := range times {
		if t.After(newest) {
			newest = t
		}
	}
	return newest
}
