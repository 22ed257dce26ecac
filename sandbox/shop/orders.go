package shop

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"
)

// Product is something that the shop sells. Price is in won.
type Product struct {
	ID, Name, Words string
	Price           int64
}

var products = []Product{
	{"mug", "새벽 머그", "손으로 빚은 도자기", 18_000},
	{"bag", "장보기 에코백", "두꺼운 면, 안주머니 하나", 12_000},
	{"tea", "볶은 보리차", "티백 서른 개, 무카페인", 9_500},
}

// mostOfOne is how many of one product an order takes.
const mostOfOne = 9

// Status says how far an order is.
type Status string

// The states of an order. A virtual account that waits for its deposit is
// pending.
const (
	Pending  Status = "pending"
	Paid     Status = "paid"
	Canceled Status = "canceled"
	Failed   Status = "failed"
)

// Order is what the shop remembers of an order. Amounts are in won.
type Order struct {
	ID       string // Toss's orderId
	Name     string // what the buyer reads in the window
	Amount   int64  // what is to be paid: reckoned here, never taken from a browser
	Canceled int64  // what goes back to the buyer
	Status   Status
	OrderedAt,
	PaidAt,
	CanceledAt time.Time

	PaymentKey string // empty until the payment was confirmed
	Method     string // in Toss's words
	Account    string // where a virtual account is paid to
	Secret     string // by which a webhook of its deposit is known; of this payment alone

	Mistake Mistake // what goes wrong with it on purpose
	Note    string  // what the shop has noticed
}

// Waiting says whether a virtual account waits for its deposit.
func (o Order) Waiting() bool { return o.Status == Pending && o.Account != "" }

// ByAccount says whether the order was paid through a virtual account: Toss gives
// it back to an account that somebody must know.
func (o Order) ByAccount() bool { return o.Account != "" }

// learn takes over how a payment of the order stands at Toss. Whoever asks Toss
// calls it: the success page, the webhook. What it is told twice changes nothing.
func (o *Order) learn(p payment, now time.Time) {
	if o.PaymentKey != "" && o.PaymentKey != p.PaymentKey {
		return // of another window that this buyer had opened
	}
	if p.TotalAmount != o.Amount && o.Mistake != Unchecked {
		o.Note = fmt.Sprintf("토스의 금액 %s이 주문 금액과 다릅니다", won(p.TotalAmount))
		return
	}
	switch p.Status {
	case "WAITING_FOR_DEPOSIT", "DONE", "CANCELED", "PARTIAL_CANCELED":
		o.PaymentKey, o.Method, o.Secret = p.PaymentKey, p.Method, p.Secret
		if va := p.VirtualAccount; va != nil {
			o.Account = va.AccountNumber
		}
	}
	switch p.Status {
	case "WAITING_FOR_DEPOSIT":
		o.Status, o.PaidAt = Pending, time.Time{} // also where the bank took a deposit back
	case "DONE":
		if o.Status != Canceled {
			o.Status, o.PaidAt = Paid, p.ApprovedAt
		}
	case "CANCELED", "PARTIAL_CANCELED":
		o.Status, o.PaidAt, o.Canceled = Canceled, p.ApprovedAt, p.TotalAmount-p.BalanceAmount
		if o.CanceledAt.IsZero() {
			o.CanceledAt = now
		}
	case "ABORTED", "EXPIRED":
		if o.Status == Pending {
			o.Status = Failed
		}
	}
}

// book is where the orders are. A real shop has a database here; what matters is
// that the amount is in it before the window opens.
type book struct {
	mu     sync.Mutex
	orders []*Order // oldest first
}

// add gives an order its number and keeps it.
func (b *book) add(o Order) Order {
	b.mu.Lock()
	defer b.mu.Unlock()
	o.ID = fmt.Sprintf("SHOP-%s-%04d", o.OrderedAt.Format("060102"), len(b.orders)+1)
	b.orders = append(b.orders, &o)
	return o
}

// change changes one order and gives it as it is then.
func (b *book) change(id string, how func(*Order)) (Order, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, o := range b.orders {
		if o.ID == id {
			how(o)
			return *o, true
		}
	}
	return Order{}, false
}

func (b *book) find(id string) (Order, bool) { return b.change(id, func(*Order) {}) }

// Orders lists the orders, oldest first.
func (s *Shop) Orders() []Order {
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	list := make([]Order, len(s.book.orders))
	for i, o := range s.book.orders {
		list[i] = *o
	}
	return list
}

// WriteFile writes the orders as an order file that daesa reads.
func (s *Shop) WriteFile(w io.Writer) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"order_id", "payment_key", "method", "status", "amount", "canceled_amount", "ordered_at", "paid_at", "canceled_at"}}
	for _, o := range s.Orders() {
		status := string(o.Status)
		if o.Status == Canceled && o.Canceled < o.Amount {
			status = "partially_canceled"
		}
		rows = append(rows, []string{
			o.ID, o.PaymentKey, o.Method, status, strconv.FormatInt(o.Amount, 10), strconv.FormatInt(o.Canceled, 10),
			stamp(o.OrderedAt), stamp(o.PaidAt), stamp(o.CanceledAt),
		})
	}
	return out.WriteAll(rows)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}
