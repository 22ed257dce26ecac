package app

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"daesa/internal/hint"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// file is what was kept of one order, in memory.
type file struct {
	orders       []pay.Order
	payments     []LookedUp
	transactions []pay.Transaction
	breaks       []reconcile.Break
	refunds      []refunds.Request
	entries      map[string][]JournalEntry // by subject
	evidence     map[string][]pay.Evidence // by merchant and what it is about
	accounts     []AccountLine
	webhooks     []Webhook
}

func (f *file) OrdersOf(context.Context, string, string) ([]pay.Order, error) { return f.orders, nil }

func (f *file) PaymentsOf(context.Context, string, string) ([]LookedUp, error) {
	return f.payments, nil
}

func (f *file) TransactionsOf(context.Context, string, string) ([]pay.Transaction, error) {
	return f.transactions, nil
}

func (f *file) BreaksOfOrder(context.Context, string, string) ([]reconcile.Break, error) {
	return f.breaks, nil
}

func (f *file) RefundsOfOrder(context.Context, string, string) ([]refunds.Request, error) {
	return f.refunds, nil
}

func (f *file) History(_ context.Context, subject string) ([]JournalEntry, error) {
	return f.entries[subject], nil
}

func (f *file) Evidence(_ context.Context, mid, about string) ([]pay.Evidence, error) {
	return f.evidence[mid+" "+about], nil
}

func (f *file) Accounts(context.Context, string, string) ([]AccountLine, error) {
	return f.accounts, nil
}

func (f *file) Events(context.Context, string, string, string, int) ([]Webhook, error) {
	return f.webhooks, nil
}

func (f *file) explain(t *testing.T, orderID string) *Explained {
	t.Helper()
	e, err := Explain{Sides: f, Traces: f, OrderID: orderID}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// told writes a timeline: who, what kind of fact, at which minute after now.
func told(moments []Moment) string {
	var lines []string
	for _, m := range moments {
		lines = append(lines, fmt.Sprintf("%+d %s %s", int(m.At.Sub(now).Minutes()), m.Side, strings.TrimPrefix(fmt.Sprintf("%T", m.Fact), "app.")))
	}
	return strings.Join(lines, "\n")
}

func minute(n int) time.Time { return now.Add(time.Duration(n) * time.Minute) }

func TestAnOrderIsToldFromBothSidesInTheOrderOfTime(t *testing.T) {
	f := &file{
		orders: []pay.Order{{MID: mid, ID: "A", OrderedAt: minute(0), PaidAt: minute(2), CanceledAt: minute(10), CanceledAmount: 500}},
		payments: []LookedUp{{LookedUpAt: minute(20), Payment: pay.Payment{MID: mid, PaymentKey: "k", OrderID: "A", RequestedAt: minute(1), ApprovedAt: minute(2),
			Cancels: []pay.Cancel{{Amount: 500, CanceledAt: minute(12)}}}}},
		transactions: []pay.Transaction{{MID: mid, PaymentKey: "k", At: minute(2)}},
		breaks:       []reconcile.Break{{ID: "b", Finding: reconcile.Finding{MID: mid, PaymentKey: "k"}}},
		refunds:      []refunds.Request{{ID: "r", MID: mid, PaymentKey: "k"}},
		entries: map[string][]JournalEntry{"break:b": {{At: minute(21), Action: "break.opened"}},
			"refund:r": {{At: minute(22), Action: "refund.requested"}}, "order:A": {{At: minute(5), Action: "order.taken_back"}}},
		evidence: map[string][]pay.Evidence{mid + " order A": {{FetchedAt: minute(20), Body: []byte("{}")}}},
		accounts: []AccountLine{{AccountMasked: "110*****7270", CapturedAt: minute(3), PurgedAt: minute(60)}},
		webhooks: []Webhook{{Event: pay.Event{ReceivedAt: minute(13)}}},
	}
	want := `+0 shop Ordered
+1 toss Requested
+2 shop ShopPaid
+2 toss Listed
+2 toss PaymentDone
+3 daesa AccountNoted
+5 daesa Done
+10 shop ShopCanceled
+12 toss TossCanceled
+13 toss WebhookArrived
+20 daesa WasLookedUp
+20 daesa AnswerKept
+21 daesa Done
+22 daesa Done
+60 daesa AccountDestroyed`
	if got := told(f.explain(t, "A").Timeline); got != want {
		t.Errorf("told\n%s\nexpected\n%s", got, want)
	}
}

func TestWhatHasNoTimeIsNotTold(t *testing.T) {
	f := &file{orders: []pay.Order{{MID: mid, ID: "A", OrderedAt: minute(0)}}}
	if got := told(f.explain(t, "A").Timeline); got != "+0 shop Ordered" {
		t.Error(got)
	}
}

func TestAnAnswerIsLookedForUnderEveryKeyThatTheOrderEverHad(t *testing.T) {
	about := []string{mid + " k-order", mid + " k-list", "former k-looked", mid + " k-break", mid + " k-refund", mid + " order A", "former order A"}
	f := &file{
		orders:       []pay.Order{{MID: mid, ID: "A", PaymentKey: "k-order"}},
		transactions: []pay.Transaction{{MID: mid, PaymentKey: "k-list"}},
		payments:     []LookedUp{{Payment: pay.Payment{MID: "former", PaymentKey: "k-looked"}}},
		breaks:       []reconcile.Break{{Finding: reconcile.Finding{MID: mid, PaymentKey: "k-break"}}},
		refunds:      []refunds.Request{{MID: mid, PaymentKey: "k-refund"}},
		evidence:     map[string][]pay.Evidence{"another order A": {{FetchedAt: now}}},
	}
	for _, key := range about {
		f.evidence[key] = []pay.Evidence{{About: key, FetchedAt: now}}
	}
	if got := f.explain(t, "A").Timeline; len(got) != len(about) {
		t.Errorf("%d answers of %d: %v", len(got), len(about), got)
	}
}

func TestAnOrderOfWhichNothingIsKnownIsAnError(t *testing.T) {
	_, err := Explain{Sides: &file{}, Traces: &file{accounts: []AccountLine{{AccountMasked: "*", CapturedAt: now}}}, OrderID: "A\x1b[2J"}.Run(t.Context())
	if hint.WordOf(err) != "unknown_id" || hint.Of(err) == "" || strings.Contains(fmt.Sprint(err), "\x1b") {
		t.Errorf("%v (%s)", err, hint.WordOf(err))
	}
}

func TestTaxPartsDifferOnlyWhereTossWasAskedForThem(t *testing.T) {
	none, some := int64(0), int64(300)
	payment := pay.Payment{MID: mid, PaymentKey: "k", OrderID: "A", Currency: pay.KRW, TotalAmount: 1000, BalanceAmount: 1000, Status: pay.Done}
	other := payment
	other.MID = "other"
	f := &file{orders: []pay.Order{{MID: mid, ID: "A", Currency: pay.KRW, Amount: 1000, Status: pay.OrderPaid, TaxFreeAmount: 300}}}
	e := f.explain(t, "A")
	for name, row := range map[string]struct {
		looked LookedUp
		differ int
	}{
		"the same":              {LookedUp{Payment: payment, TaxFreePaid: &some}, 0},
		"another":               {LookedUp{Payment: payment, TaxFreePaid: &none}, 1},
		"never read":            {LookedUp{Payment: payment}, 0},
		"of another merchant's": {LookedUp{Payment: other, TaxFreePaid: &none}, 0},
	} {
		if got := len(e.TaxPartsDiffer(row.looked)); got != row.differ {
			t.Errorf("%s: %d orders differ, expected %d", name, got, row.differ)
		}
	}
}

func TestABreaksHistoryLeadsFromStateToState(t *testing.T) {
	f := &file{entries: map[string][]JournalEntry{"break:b": {
		{Action: "break.opened", Facts: `{"status":"open"}`},
		{Action: "break.resolved", Facts: `{"as":"waiting"}`, Actor: "kim", Reason: "the shop asks"},
		{Action: "break.reopened", Facts: `{"from":"resolved","status":"reopened"}`},
	}}}
	changes, err := BreakHistory(t.Context(), f, "b")
	if err != nil || len(changes) != 3 {
		t.Fatal(changes, err)
	}
	if c := changes[1]; c.From != "open" || c.To != "resolved" || c.As != "waiting" || c.Actor != "kim" || c.Reason != "the shop asks" {
		t.Errorf("%+v", c)
	}
	if c := changes[2]; c.From != "resolved" || c.To != "reopened" {
		t.Errorf("%+v", c)
	}
}

func TestARefundsHistoryPassesOverWhatChangesNoState(t *testing.T) {
	changes, err := RefundHistory([]JournalEntry{
		{Action: "refund.requested", Facts: `{}`},
		{Action: "refund.answered", Facts: `{"from":"requested"}`},
		{Action: "refund.approved", Facts: `{}`},
	})
	if err != nil || len(changes) != 2 || changes[0].From != "" || changes[1].From != "requested" || changes[1].To != "approved" {
		t.Errorf("%+v %v", changes, err)
	}
	if _, err := RefundHistory([]JournalEntry{{Seq: 7, Action: "refund.approved", Facts: `{`}}); err == nil || !strings.Contains(err.Error(), "entry 7") {
		t.Errorf("an entry that cannot be read: %v", err)
	}
}
