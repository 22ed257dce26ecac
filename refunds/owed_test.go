package refunds

import (
	"testing"
	"time"

	"daesa/pay"
	"daesa/reconcile"
)

// TestWhatIsOwedIsOwedOnce: what went back by whatever way is not owed any more,
// and nothing is owed that Toss does not hold.
func TestWhatIsOwedIsOwedOnce(t *testing.T) {
	t.Parallel()
	paidAt := at.Add(-48 * time.Hour)
	order := func(change ...func(*pay.Order)) *pay.Order {
		o := pay.Order{PG: pay.PGToss, Status: pay.OrderPartiallyCanceled, Amount: 10_000, CanceledAmount: 4000, PaidAt: paidAt, Currency: pay.KRW}
		for _, each := range change {
			each(&o)
		}
		return &o
	}
	never := func(o *pay.Order) { o.Status, o.PaidAt, o.CanceledAmount = pay.OrderCanceled, time.Time{}, 10_000 }
	byHand := []Given{{Parts: Parts{Amount: 1500}}}
	for _, test := range []struct {
		name  string
		p     *pay.Payment
		known Known
		want  int64
	}{
		{"what the shop cancelled", payment(), Known{Order: order()}, 4000},
		{"less what Toss has cancelled", payment(canceled(1000, "상담", pay.CancelDone)), Known{Order: order()}, 3000},
		{"less what went back by hand", payment(), Known{Order: order(), Given: byHand}, 2500},
		{"less both", payment(canceled(1000, "상담", pay.CancelDone)), Known{Order: order(), Given: byHand}, 1500},
		{"Toss has cancelled as much", payment(canceled(4000, "상담", pay.CancelDone)), Known{Order: order()}, 0},
		{"Toss has cancelled more", payment(canceled(5000, "상담", pay.CancelDone)), Known{Order: order()}, 0},
		{"never more than Toss holds", payment(func(p *pay.Payment) { p.TotalAmount, p.BalanceAmount = 3000, 3000 }), Known{Order: order()}, 3000},
		{"an order of which nothing is known", payment(), Known{}, 0},
		{"a figure that counts points, too", payment(), Known{Order: order(func(o *pay.Order) { o.MixedRefunds = true })}, 0},
		{"an order that the shop never saw paid", payment(), Known{Order: order(never)}, 10_000},
		{"and that went back elsewhere in part", payment(), Known{Order: order(never, func(o *pay.Order) { o.RefundedElsewhere = 2000 })}, 8000},
		{"and by hand", payment(), Known{Order: order(never), Given: byHand}, 8500},
		{"an order that the shop lacks", payment(canceled(1000, "상담", pay.CancelDone)), Known{Kind: reconcile.MissingLocally}, 9000},
		{"less what went back of that by hand", payment(), Known{Kind: reconcile.MissingLocally, Given: byHand}, 8500},
		{"one of two payments", payment(), Known{Kind: reconcile.DuplicatePayment, Order: order(), Given: byHand, Siblings: beside(payment())}, 8500},
		{"one of two, of which the shop holds more", payment(), Known{Kind: reconcile.DuplicatePayment, Order: order(), Given: byHand, Siblings: beside(payment(canceled(5000, "상담", pay.CancelDone)))}, 7500},
	} {
		if got := Owed(*test.p, test.known); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}
