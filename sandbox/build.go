package sandbox

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

const (
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour
)

// builder writes a history into a ledger. Everything random comes from one
// generator, drawn in one order.
type builder struct {
	s   *Sandbox
	h   *History
	rng *rand.Rand
	end int64 // midnight at the beginning of the last day
	n   uint32
}

// Seed fills the ledger with a history and returns the shop's side of it. The
// ledger should be empty. A clock of the sandbox's own (Options.Now is nil)
// that stands before 01:30 of the morning after the last day is moved there,
// as before that part of the history could not be seen.
func (s *Sandbox) Seed(o HistoryOptions) *History {
	if o.Orders <= 0 {
		o.Orders = 1000
	}
	if o.Days <= 0 {
		o.Days = 14
	}
	if o.End.IsZero() {
		o.End = s.Now().AddDate(0, 0, -1)
	}
	o.End = midnight(o.End)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seeding = true
	defer func() { s.seeding = false }()
	s.ledger.grow(o.Orders)
	h := &History{options: o, mid: s.opts.MID, stories: make([]*story, 0, o.Orders)}
	b := &builder{s: s, h: h, rng: rand.New(rand.NewPCG(o.Seed, 0xda35a)), end: o.End.Unix()}
	b.plantAll()
	for range max(o.Orders-len(h.stories), o.Orders/4) {
		b.ordinary()
	}
	slices.SortFunc(h.stories, func(x, y *story) int {
		return cmp.Or(cmp.Compare(x.ordered, y.ordered), strings.Compare(x.orderID, y.orderID))
	})
	s.ledger.sort()
	s.history = h
	s.touchAll()
	morning := o.End.AddDate(0, 0, 1).Add(90 * time.Minute)
	if s.opts.Now == nil && s.now().Before(morning) {
		s.clock.set(morning)
	}
	return h
}

func midnight(t time.Time) time.Time {
	t = t.In(kst)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, kst)
}

// moment is a second of a day that lies so many days before the last, as
// people shop: little at night, most in the evening.
func (b *builder) moment(daysAgo int) int64 {
	start := b.end - int64(daysAgo)*day
	if b.rng.IntN(100) < 8 {
		return start + 2*minute + b.rng.Int64N(7*hour)
	}
	return start + 7*hour + b.rng.Int64N(17*hour)
}

// someDay is how many days before the last something ordinary was bought.
func (b *builder) someDay() int {
	if !b.h.options.Growing {
		return b.rng.IntN(b.h.options.Days)
	}
	u := b.rng.Float64()
	return int(u * u * u * float64(b.h.options.Days))
}

// daytime leaves room for whatever follows on the same day.
func (b *builder) daytime(daysAgo int) int64 {
	return b.end - int64(daysAgo)*day + 8*hour + b.rng.Int64N(8*hour)
}

// recent is in the daytime of one of the last ten days of the history.
func (b *builder) recent() int64 { return b.daytime(b.rng.IntN(min(b.h.options.Days, 10))) }

// afterwards is in the daytime of one of the last three days and later than at.
func (b *builder) afterwards(at int64) int64 {
	t := b.daytime(b.rng.IntN(min(b.h.options.Days, 3)))
	if t < at+10*minute {
		t = at + 20*minute + b.rng.Int64N(hour)
	}
	return t
}

// prices are what things cost, in won.
var prices = []int64{
	3900, 5900, 7500, 9900, 12000, 14500, 15900, 18900, 19800, 22000, 24900, 27500, 29900, 33000,
	35900, 39000, 42500, 45000, 49900, 54000, 59000, 67000, 79000, 89000, 99000, 118000, 129000,
	149000, 189000, 219000, 298000, 348000, 489000,
}

func (b *builder) price() int64 {
	i := min(b.rng.IntN(len(prices)), b.rng.IntN(len(prices))) // cheap things sell more
	return prices[i]
}

// orderID makes one of the shapes that shops use: most with a date, some of
// twenty digits, some with leading zeros.
func (b *builder) orderID(at int64) string {
	b.n++
	switch b.rng.IntN(20) {
	case 0:
		return fmt.Sprintf("%s%06d", stamp(at).Format("20060102150405"), b.n%1_000_000)
	case 1:
		return fmt.Sprintf("%012d", b.n)
	}
	return fmt.Sprintf("%s-%07d", stamp(at).Format("20060102"), b.n)
}

// pay makes a payment at Toss's side only.
func (b *builder) pay(n NewPayment) *payment {
	p, err := b.s.pay(n, n.At)
	if err != nil {
		panic("sandbox: the history makes a payment that cannot be: " + err.Error())
	}
	return p
}

// tell writes an order at the shop's side only. It is paid a few seconds after
// the approval, when the shop hears of it.
func (b *builder) tell(m Method, ordered, paid int64, amount int64) *story {
	st := &story{
		orderID: b.orderID(ordered), method: shopMethod(m), status: "paid", pg: "toss", currency: "KRW",
		amount: amount, ordered: ordered, paid: paid, customer: uint32(b.rng.IntN(400_000)) + 1,
	}
	b.h.stories = append(b.h.stories, st)
	return st
}

// shopMethod is the word of order files; PayPal is foreign easy pay there.
func shopMethod(m Method) string {
	if m == PayPal {
		return string(ForeignEasyPay)
	}
	return string(m)
}

// sale makes an order and its payment, approved at a moment, that agree.
func (b *builder) sale(m Method, at int64, tweak func(*NewPayment)) (*payment, *story) {
	opened := at - 20 - b.rng.Int64N(4*minute)
	n := NewPayment{Method: m, Amount: b.price(), At: stamp(at), RequestedAt: stamp(opened)}
	switch m {
	case PayPal:
		n.Amount, n.Currency = 900+b.rng.Int64N(28_000), "USD"
	case EasyPay:
		n.Money = b.rng.IntN(3) == 0
		if b.rng.IntN(8) == 0 {
			n.Discount = 100 * (1 + b.rng.Int64N(20))
		}
	}
	if b.rng.IntN(3) == 0 {
		n.CustomerKey = "@@ANONYMOUS"
	}
	if m == VirtualAccount {
		n.Status = Done
	}
	if tweak != nil {
		tweak(&n)
	}
	b.chooseCard(&n)
	paid := at + b.rng.Int64N(4)
	st := b.tell(m, n.RequestedAt.Unix(), paid, n.Amount)
	st.currency, st.taxFree = cmp.Or(n.Currency, "KRW"), n.TaxFree
	n.OrderID = st.orderID
	p := b.pay(n)
	st.payKey = p.Key
	return p, st
}

// chooseCard makes one card in five a 체크카드, and lets one in eight of the dear
// things on a credit card be paid in instalments.
func (b *builder) chooseCard(n *NewPayment) {
	if n.Method != Card && (n.Method != EasyPay || n.Money) {
		return
	}
	x := mix(uint64(b.n)<<32 ^ uint64(n.Amount) ^ b.h.options.Seed)
	switch {
	case x%5 == 0:
		n.CardType = check
	case x>>8%8 == 0 && n.Amount >= instalmentsFrom && n.Currency == "":
		n.Months = []int{2, 3, 3, 5, 6, 10, 12}[x>>16%7]
		n.InterestPayer = bearers[x>>24%3]
	}
}

// issued makes a virtual account that waits, and an order that is not paid.
func (b *builder) issued(at int64, tweak func(*NewPayment)) (*payment, *story) {
	p, st := b.sale(VirtualAccount, at, func(n *NewPayment) {
		n.Status = WaitingForDeposit
		n.RefundAccount = b.refundAccount()
		if tweak != nil {
			tweak(n)
		}
	})
	st.paid, st.status = 0, "pending"
	return p, st
}

// deposited makes a virtual account that was paid some time after its issue.
func (b *builder) deposited(issue, paid int64, tweak func(*NewPayment)) (*payment, *story) {
	p, st := b.issued(issue, tweak)
	b.step(p, step{At: paid, Kind: stepApprove, Amount: p.Total})
	st.paid, st.status = paid+b.rng.Int64N(4), "paid"
	return p, st
}

func (b *builder) refundAccount() *Account {
	return &Account{
		Bank:   banks[b.rng.IntN(26)].code,
		Number: fmt.Sprintf("%012d", b.rng.Int64N(1_000_000_000_000)),
		Holder: "김토스",
	}
}

func (b *builder) step(p *payment, st step) { b.s.ledger.step(p, st) }

// refund cancels at Toss's side; 0 means all that is left.
func (b *builder) refund(p *payment, at, amount int64, reason string) {
	o := cancelOrder{reason: reason, console: true}
	if amount > 0 {
		o.amount = &amount
	}
	if e := b.s.cancelPayment(p, o, at); e != nil {
		panic("sandbox: the history makes a cancel that cannot be: " + e.Error())
	}
}

// cancel cancels at the shop's side; 0 means all.
func (st *story) cancel(at, amount int64) {
	st.canceledAt, st.canceled, st.status = at, amount, "partially_canceled"
	if amount == 0 || amount == st.amount {
		st.canceled, st.status = st.amount, "canceled"
	}
	if st.paid == 0 {
		st.canceled = 0
	}
}

// part is a round part of an amount, for partial cancels.
func part(amount int64) int64 { return max(amount/3/100*100, 1) }

// plant notes a difference. The order may be nil: the shop has none.
func (b *builder) plant(kind string, st *story, p *payment, from int64, note string) *Planted {
	pl := Planted{Kind: kind, Note: note, from: from, From: midnight(stamp(from))}
	if p != nil {
		pl.OrderID, pl.PaymentKey = p.OrderID, p.Key
	}
	if st != nil {
		pl.OrderID = st.orderID
	}
	b.h.planted = append(b.h.planted, pl)
	if st != nil {
		st.plan = int32(len(b.h.planted))
	}
	return &b.h.planted[len(b.h.planted)-1]
}

func (p *Planted) until(at int64) { p.clears, p.Clears = at, midnight(stamp(at)) }
func (p *Planted) again(at int64) { p.reopens, p.Reopens = at, midnight(stamp(at)) }

// ordinary makes an order that agrees with Toss.
func (b *builder) ordinary() {
	at := b.moment(b.someDay())
	switch r := b.rng.IntN(1000); {
	case r < 560:
		b.ordinarySale(Card, at)
	case r < 760:
		b.ordinarySale(EasyPay, at)
	case r < 840:
		b.ordinarySale(Transfer, at)
	case r < 930:
		b.ordinaryVA(at)
	case r < 960:
		b.ordinarySale(Phone, at)
	case r < 970:
		b.ordinarySale(GiftCertificate, at)
	case r < 980:
		b.ordinarySale(PayPal, at)
	case r < 983:
		b.ordinarySale(ForeignEasyPay, at)
	case r < 990: // abandoned in the window: Toss knows nothing
		st := b.tell(Card, at, 0, b.price())
		st.status = "pending"
	case r < 995:
		b.otherPG(at)
	default:
		b.freeOrder(at)
	}
}

func (b *builder) otherPG(at int64) {
	st := b.tell(Card, at, at+40, b.price())
	st.pg = "otherpg"
}

// freeOrder is paid with coupons alone, so there is nothing at Toss.
func (b *builder) freeOrder(at int64) { b.tell(Card, at, at+1, 0) }

func (b *builder) ordinarySale(m Method, at int64) {
	p, st := b.sale(m, at, func(n *NewPayment) {
		if m == Card || m == Transfer {
			n.Escrow = b.rng.IntN(50) == 0
		}
		if b.rng.IntN(25) == 0 && n.Currency == "" {
			n.TaxFree = part(n.Amount)
		}
	})
	r := b.rng.IntN(100)
	if r >= 5 {
		return
	}
	cancelAt := min(at+hour+b.rng.Int64N(2*day), b.end+day-30*minute)
	if cancelAt <= st.paid || m == ForeignEasyPay {
		return
	}
	amount := int64(0)
	if r < 2 && !p.onlyFull() && !p.Escrow && p.TaxFree == 0 {
		amount = part(p.Total)
	}
	b.refund(p, cancelAt, amount, "고객 변심")
	st.cancel(cancelAt+b.rng.Int64N(3), amount)
}

// ordinaryVA is deposited in most cases, else it waits or has run out.
func (b *builder) ordinaryVA(at int64) {
	paid := at + 3*minute + b.rng.Int64N(6*hour)
	if b.rng.IntN(10) < 2 || paid >= b.end+day-minute {
		b.issued(at, func(n *NewPayment) { n.DueDate = stamp(at + 3*day) })
		return
	}
	p, st := b.deposited(at, paid, nil)
	if b.rng.IntN(25) == 0 && paid+hour < b.end+day-minute {
		b.refund(p, paid+hour, 0, "고객 변심")
		st.cancel(paid+hour+2, 0)
	}
}
