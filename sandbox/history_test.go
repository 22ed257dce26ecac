package sandbox

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var lastDay = time.Date(2026, 11, 20, 0, 0, 0, 0, kst)

// morning is when the night of a day is run.
func morning(day time.Time) time.Time { return day.AddDate(0, 0, 1).Add(90 * time.Minute) }

func seeded(o HistoryOptions) (*Sandbox, *History) {
	o.End = lastDay
	s := New(Options{Freeze: true})
	h := s.Seed(o)
	s.SetClock(morning(lastDay))
	return s, h
}

// everyKind are the breaks that a history must hold.
var everyKind = []string{
	"amount_mismatch", "cancel_not_executed", "cancel_not_recorded", "currency_mismatch", "deposit_reversed",
	"duplicate_payment", "method_mismatch", "missing_at_provider", "missing_locally", "never_paid",
	"paid_after_cancel", "paid_not_recorded", "payment_key_mismatch", "refund_failed", "va_still_open",
}

func TestEveryKindIsPlanted(t *testing.T) {
	for _, c := range []struct{ orders, days, least int }{{1, 1, 1}, {100, 14, 1}, {1000, 30, 2}} {
		_, h := seeded(HistoryOptions{Orders: c.orders, Days: c.days})
		count := map[string]int{}
		for _, p := range h.Planted() {
			count[p.Kind]++
		}
		for _, kind := range everyKind {
			if count[kind] < c.least {
				t.Errorf("%d orders: %s is planted %d times", c.orders, kind, count[kind])
			}
		}
		if len(count) != len(everyKind) {
			t.Errorf("unknown kinds among %v", count)
		}
	}
}

func TestTheSameSeedTheSameBytes(t *testing.T) {
	write := func(seed uint64) string {
		s, h := seeded(HistoryOptions{Seed: seed, Orders: 500, Days: 10})
		var b bytes.Buffer
		if err := h.WriteCSV(&b, s.Now()); err != nil {
			t.Fatal(err)
		}
		s.Each(func(p *Payment) bool { fmt.Fprintf(&b, "%+v\n", *p); return true })
		fmt.Fprintf(&b, "%+v", h.Planted())
		return b.String()
	}
	first, again := write(5), write(5)
	if first != again {
		t.Error("the same seed differs")
	}
	if first == write(6) {
		t.Error("another seed is the same")
	}
}

func TestTheNumberOfOrdersAndBreaks(t *testing.T) {
	_, h := seeded(HistoryOptions{Orders: 20_000, Days: 5, BreakShare: 0.02})
	if n := len(h.stories); n != 20_000 {
		t.Errorf("%d orders", n)
	}
	if n := len(h.Planted()); n < 250 || n > 450 {
		t.Errorf("%d planted", n)
	}
	_, h = seeded(HistoryOptions{Orders: 2000, BreakShare: -1})
	if n := len(h.Planted()); n != 0 {
		t.Errorf("below 0 nothing is planted, got %d", n)
	}
}

// verdict compares an order with Toss in the simplest way there is: by what
// each side holds. It is written apart from the code that plants.
func verdict(s *Sandbox, o ShopOrder) string {
	var held int64
	var first *Payment
	holding, known := 0, false
	for _, p := range s.PaymentsOf(o.OrderID) {
		known = known || p.Key == o.PaymentKey
		if p.Status != Done && p.Status != PartialCanceled && p.Status != Canceled || p.ApprovedAt.IsZero() {
			continue
		}
		first = p
		held += p.Balance
		if p.Balance > 0 {
			holding++
		}
	}
	shop := int64(0)
	if !o.PaidAt.IsZero() {
		shop = o.Amount - o.CanceledAmount - o.RefundedElsewhere
	}
	var faults []string
	add := func(yes bool, what string) {
		if yes {
			faults = append(faults, what)
		}
	}
	add(held != shop, fmt.Sprintf("shop holds %d, Toss %d", shop, held))
	add(holding > 1, "paid twice")
	if first != nil {
		add(first.Currency != o.Currency, "currency")
		add(shopMethod(first.Method) != o.Method, "method")
		add(first.RefundStatus == RefundFailed || first.RefundStatus == RefundPartialFailed, "refund failed")
	}
	add(o.PaymentKey != "" && (!known || first != nil && first.Key != o.PaymentKey && holding < 2), "key")
	for _, p := range s.PaymentsOf(o.OrderID) {
		add(o.Status == "canceled" && p.Status == WaitingForDeposit, "still open")
		add(o.Status == "deleted" && p.Status == WaitingForDeposit, "still open")
	}
	return strings.Join(faults, ", ")
}

// On each of the last nights, exactly the planted orders differ.
func TestOnlyThePlantedOrdersDiffer(t *testing.T) {
	for _, o := range []HistoryOptions{{Seed: 1, Orders: 3000, Days: 1}, {Seed: 2, Orders: 3000, Days: 20}, {Seed: 3, Orders: 200, Days: 3}} {
		s, h := seeded(o)
		for back := 3; back >= -1; back-- {
			s.SetClock(morning(lastDay.AddDate(0, 0, -back)))
			for _, order := range h.Orders(s.Now()) {
				if order.PG != "toss" || order.Amount == 0 {
					continue
				}
				if got := verdict(s, order); (got != "") != (order.Expect != "") {
					t.Errorf("seed %d, %d nights before the last: want %q, found %q in %+v", o.Seed, back, order.Expect, got, order)
				}
			}
		}
	}
}

func TestEveryRowHasAnOrderUnlessItIsMissing(t *testing.T) {
	s, h := seeded(HistoryOptions{Orders: 2000, Days: 10})
	orders := map[string]bool{}
	for _, o := range h.Orders(s.Now()) {
		if orders[o.OrderID] {
			t.Errorf("order %s twice", o.OrderID)
		}
		orders[o.OrderID] = true
	}
	missing := map[string]bool{}
	for _, p := range h.Planted() {
		missing[p.OrderID] = p.Kind == "missing_locally"
	}
	others := 0
	s.Each(func(p *Payment) bool {
		switch {
		case p.MID != "tosspayments":
			others++
		case !orders[p.OrderID] && !missing[p.OrderID]:
			t.Errorf("payment %s of order %s has no order", p.Key, p.OrderID)
		}
		return true
	})
	if others != 2 {
		t.Errorf("%d payments of another merchant id", others)
	}
}

func TestDifferencesThatClearAndComeBack(t *testing.T) {
	s, h := seeded(HistoryOptions{Orders: 1000, Days: 10})
	cleared, reopened := 0, 0
	for _, p := range h.Planted() {
		if p.Clears.IsZero() {
			continue
		}
		cleared++
		nights := []time.Time{p.From, p.Clears}
		want := []string{p.Kind, ""}
		if !p.Reopens.IsZero() {
			reopened++
			nights, want = append(nights, p.Reopens), append(want, p.Kind)
		}
		var got []string
		for _, night := range nights {
			s.SetClock(morning(night))
			for _, o := range h.Orders(s.Now()) {
				if o.OrderID == p.OrderID {
					got = append(got, o.Expect)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%+v: %s", p, diff)
		}
	}
	if cleared < 8 || reopened < 2 {
		t.Errorf("%d clear, %d come back", cleared, reopened)
	}
}

func TestTheOdditiesAreThere(t *testing.T) {
	s, h := seeded(HistoryOptions{Orders: 3000, Days: 10})
	found := map[string]bool{}
	for _, o := range h.Orders(s.Now()) {
		found["free"] = found["free"] || o.Amount == 0
		found["other pg"] = found["other pg"] || o.PG != "toss"
		found["elsewhere"] = found["elsewhere"] || o.RefundedElsewhere > 0
		found["dollars"] = found["dollars"] || o.Currency == "USD"
		found["twenty digits"] = found["twenty digits"] || len(o.OrderID) == 20
		found["leading zeros"] = found["leading zeros"] || strings.HasPrefix(o.OrderID, "00")
		found["tax free"] = found["tax free"] || o.TaxFreeAmount > 0
		found["partly cancelled"] = found["partly cancelled"] || o.Status == "partially_canceled"
		found[o.Method] = true
	}
	for _, what := range []string{"free", "other pg", "elsewhere", "dollars", "twenty digits", "leading zeros", "tax free",
		"partly cancelled", "card", "transfer", "virtual_account", "phone", "gift_certificate", "easy_pay", "foreign_easy_pay"} {
		if !found[what] {
			t.Errorf("no order: %s", what)
		}
	}
	pairs := h.MidnightPairs()
	if len(pairs) == 0 {
		t.Fatal("no pair at midnight")
	}
	for _, o := range h.Orders(s.Now()) {
		if !slices.Contains(pairs, o.OrderID) {
			continue
		}
		p := s.PaymentsOf(o.OrderID)[0]
		if p.ApprovedAt.Format(time.TimeOnly) != "23:59:58" || o.PaidAt.Format(time.TimeOnly) != "00:00:03" {
			t.Errorf("Toss %v, shop %v", p.ApprovedAt, o.PaidAt)
		}
	}
}

func TestDeadlinesOfPlantedCancels(t *testing.T) {
	s, h := seeded(HistoryOptions{Orders: 100, Days: 1})
	got := map[string]string{}
	for _, p := range h.Planted() {
		if p.Kind != "cancel_not_executed" || !p.Clears.IsZero() {
			continue
		}
		s.mu.Lock()
		pay, _ := s.ledger.find(p.PaymentKey)
		err := s.cancelPayment(pay, cancelOrder{reason: "x", account: &Account{Bank: "88", Number: "1", Holder: "김토스"}}, s.now().Unix())
		s.mu.Unlock()
		got[p.Note] = "done"
		if err != nil {
			got[p.Note] = err.Code
		}
	}
	if got["phone, of this month"] != "done" || got["phone, of last month: too late at Toss"] != "EXCEED_MAX_REFUND_DUE" ||
		got["two days are left of the 180"] != "done" {
		t.Error(got)
	}
}

func TestTheFirstDayOfAMonth(t *testing.T) {
	s := New(Options{})
	s.Seed(HistoryOptions{Orders: 50, Days: 2, End: time.Date(2026, 12, 1, 0, 0, 0, 0, kst)})
}

func TestAnOrderFile(t *testing.T) {
	h := &History{mid: "tosspayments", stories: []*story{{
		orderID: "000000000123", payKey: "tgen_x", method: "card", status: "partially_canceled", pg: "toss", currency: "USD",
		amount: 18150, canceled: 1005, ordered: noon.Unix(), paid: noon.Unix() + 60, canceledAt: noon.Unix() + 3600, customer: 42,
	}}}
	for at, want := range map[time.Duration]string{
		0:                "000000000123,tosspayments,,card,pending,181.50,0.00,0.00,0.00,toss,USD,2026-11-21T12:00:00+09:00,,,C0000042\n",
		time.Minute:      "000000000123,tosspayments,tgen_x,card,paid,181.50,0.00,0.00,0.00,toss,USD,2026-11-21T12:00:00+09:00,2026-11-21T12:01:00+09:00,,C0000042\n",
		time.Hour:        "000000000123,tosspayments,tgen_x,card,partially_canceled,181.50,10.05,0.00,0.00,toss,USD,2026-11-21T12:00:00+09:00,2026-11-21T12:01:00+09:00,2026-11-21T13:00:00+09:00,C0000042\n",
		-1 * time.Second: "",
	} {
		var b bytes.Buffer
		if err := h.WriteCSV(&b, noon.Add(at)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(csvHeader+want, b.String()); diff != "" {
			t.Errorf("%v: %s", at, diff)
		}
	}
}

func TestSeedMovesAClockOfItsOwnToTheMorningAfter(t *testing.T) {
	end := midnight(time.Now().AddDate(1, 0, 0))
	s := New(Options{})
	s.Seed(HistoryOptions{Orders: 10, Days: 1, End: end})
	if late := s.Now().Sub(morning(end)); late < 0 || late > time.Minute {
		t.Errorf("now %v", s.Now())
	}
	own := New(Options{Now: func() time.Time { return noon }})
	own.Seed(HistoryOptions{Orders: 10, Days: 1, End: end})
	if !own.Now().Equal(noon) {
		t.Error("a clock that was given stays")
	}
}
