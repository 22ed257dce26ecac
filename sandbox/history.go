package sandbox

import (
	"bufio"
	"io"
	"time"
)

// HistoryOptions shape a seeded history. The same options give the same bytes.
type HistoryOptions struct {
	Seed   uint64
	Orders int       // about so many orders; default 1000
	Days   int       // business days over which they spread; default 14
	End    time.Time // the last of these days, in KST; default: yesterday
	// Growing is a shop that sells more every day: half of what it sold falls
	// into the last eighth of the days. Otherwise all days are alike.
	Growing bool
	// BreakShare is the share of orders with a planted difference. However
	// small, each kind is planted once, and twice from 1,000 orders on.
	// Below 0 nothing is planted.
	BreakShare float64
}

// History is what a shop and Toss went through together: the shop's side of a
// seeded ledger.
type History struct {
	options  HistoryOptions
	mid      string
	stories  []*story
	planted  []Planted
	midnight []string
}

// ShopOrder is one order as the shop's export shows it. Amounts are in the
// smallest unit of the currency; a zero time is an empty cell.
type ShopOrder struct {
	OrderID, MID, PaymentKey, Method, Status  string
	Amount, CanceledAmount, RefundedElsewhere int64
	TaxFreeAmount                             int64
	PG, Currency                              string
	OrderedAt, PaidAt, CanceledAt             time.Time
	CustomerRef                               string
	Expect                                    string // the planted kind of break; empty: agrees with Toss
}

// Planted is one difference that Seed has put between the shop and Toss.
type Planted struct {
	OrderID    string
	Kind       string
	PaymentKey string // empty: Toss has no payment
	Note       string // what is special about it
	// Business days, as midnight in KST. The run of From is the first to see
	// the difference, the run of Clears the first not to see it any more, the
	// run of Reopens the first to see it again. Zero: never.
	From, Clears, Reopens time.Time

	from, clears, reopens int64 // the moments themselves
}

// story is one order through all of its life. Times are Unix seconds.
type story struct {
	orderID, payKey           string
	method, status            string // the status at the end
	pg, currency              string
	amount, canceled          int64
	elsewhere, taxFree        int64
	ordered, paid, canceledAt int64
	paidKnown, cancelKnown    int64 // when the shop learnt of it; 0: at once
	customer                  uint32
	plan                      int32 // 1 + index in planted; 0: agrees
}

// Planted lists what was planted, in the order in which it was.
func (h *History) Planted() []Planted { return h.planted }

// MidnightPairs lists orders that Toss approved in the last seconds of a day
// and the shop recorded on the next.
func (h *History) MidnightPairs() []string { return h.midnight }

// Orders lists the orders as the shop knew them at that time: what was
// ordered, paid, cancelled or learnt later does not show.
func (h *History) Orders(asOf time.Time) []ShopOrder {
	out := make([]ShopOrder, 0, len(h.stories))
	for _, st := range h.stories {
		if o, known := h.order(st, asOf.Unix()); known {
			out = append(out, o)
		}
	}
	return out
}

// order is one order at a moment; false before it was placed.
func (h *History) order(st *story, now int64) (ShopOrder, bool) {
	if st.ordered > now {
		return ShopOrder{}, false
	}
	o := ShopOrder{
		OrderID: st.orderID, MID: h.mid, Method: st.method, Status: "pending", Amount: st.amount,
		TaxFreeAmount: st.taxFree, PG: st.pg, Currency: st.currency, OrderedAt: stamp(st.ordered),
		CustomerRef: customerRef(st.customer),
	}
	if st.status == "failed" {
		o.Status = "failed"
	}
	if st.paid == 0 || max(st.paid, st.paidKnown) <= now {
		o.PaymentKey = st.payKey
	}
	if st.paid > 0 && max(st.paid, st.paidKnown) <= now {
		o.Status, o.PaidAt, o.RefundedElsewhere = "paid", stamp(st.paid), st.elsewhere
	}
	if st.canceledAt > 0 && max(st.canceledAt, st.cancelKnown) <= now {
		o.Status, o.CanceledAt, o.CanceledAmount = st.status, stamp(st.canceledAt), st.canceled
	}
	if st.plan > 0 && h.planted[st.plan-1].shows(now) {
		o.Expect = h.planted[st.plan-1].Kind
	}
	return o, true
}

func (p *Planted) shows(now int64) bool {
	if p.reopens > 0 && now >= p.reopens {
		return true
	}
	return now >= p.from && (p.clears == 0 || now < p.clears)
}

func customerRef(n uint32) string {
	b := []byte("C0000000")
	for i := len(b) - 1; n > 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return string(b)
}

const csvHeader = "order_id,mid,payment_key,method,status,amount,canceled_amount,refunded_elsewhere," +
	"tax_free_amount,pg,currency,ordered_at,paid_at,canceled_at,customer_ref\n"

// WriteCSV writes the orders as of a time as an order file, a row at a time.
func (h *History) WriteCSV(w io.Writer, asOf time.Time) error {
	out := bufio.NewWriterSize(w, 1<<16)
	if _, err := out.WriteString(csvHeader); err != nil {
		return err
	}
	var row []byte
	for _, st := range h.stories {
		o, known := h.order(st, asOf.Unix())
		if !known {
			continue
		}
		row = o.appendCSV(row[:0])
		if _, err := out.Write(row); err != nil {
			return err
		}
	}
	return out.Flush()
}

// appendCSV writes one row. No cell of the sandbox's holds a comma or a quote.
func (o *ShopOrder) appendCSV(b []byte) []byte {
	text := func(s string) { b = append(append(b, s...), ',') }
	money := func(v int64) { b = append(appendFileMoney(b, v, o.Currency), ',') }
	when := func(t time.Time) {
		if !t.IsZero() {
			b = appendStamp(b, t.Unix())
		}
		b = append(b, ',')
	}
	text(o.OrderID)
	text(o.MID)
	text(o.PaymentKey)
	text(o.Method)
	text(o.Status)
	money(o.Amount)
	money(o.CanceledAmount)
	money(o.RefundedElsewhere)
	money(o.TaxFreeAmount)
	text(o.PG)
	text(o.Currency)
	when(o.OrderedAt)
	when(o.PaidAt)
	when(o.CanceledAt)
	return append(append(b, o.CustomerRef...), '\n')
}

// appendFileMoney writes an amount as people do: 10000 won, 181.50 dollars.
func appendFileMoney(b []byte, v int64, currency string) []byte {
	if exponent(currency) == 0 {
		return appendMoney(b, v, currency)
	}
	b = appendMoney(b, v, currency)
	if b[len(b)-2] == '.' {
		b = append(b, '0')
	}
	return b
}
