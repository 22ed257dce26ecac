package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/orders"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/settle"
	"daesa/store"
)

// vatTests are what both databases must say alike of a month's sales and their tax.
var vatTests = map[string]func(*testing.T, *store.DB){
	"vat: a sale is known by its look-up, else by its order, else it is unread": salesKnown,
	"vat: sales are those of their own days":                                    salesOfDays,
	"vat: an order whose source lacks the column has told nothing":              taxFreeTold,
	"vat: a cancel that was known before learns its tax-free part":              cancelLearns,
	"vat: a look-up by an older program takes no cash receipt away":             receiptStays,
}

// posted brings the ledger up to date with pages and look-ups.
func posted(t *testing.T, db *store.DB) {
	t.Helper()
	if err := db.Todo(t.Context(), mid, 24*time.Hour, day.Add(1)); err != nil {
		t.Fatal(err)
	}
	reading := settle.Reading{Today: day.Add(1)}
	if err := db.Post(t.Context(), mid, func(c settle.Case) settle.Outcome { return c.Post(settle.Rules{}, reading, now) }); err != nil {
		t.Fatal(err)
	}
}

// tax is what is known of a sale's tax.
type tax struct {
	Amount  int64
	Method  pay.Method
	Behind  pay.Method
	TaxFree int64 // -1: unread
	Receipt string
}

// salesOf are the sales of some days by their transaction.
func salesOf(t *testing.T, db *store.DB, from, to pay.Day) map[string]tax {
	t.Helper()
	found := map[string]tax{}
	err := db.Sales(t.Context(), mid, from, to, func(s settle.Sale) error {
		known := tax{s.Amount, s.Method, s.Behind, -1, "unread"}
		if s.TaxFree != nil {
			known.TaxFree = *s.TaxFree
		}
		if s.Receipt != nil {
			known.Receipt = map[bool]string{true: "issued", false: "none"}[*s.Receipt]
		}
		found[s.TransactionKey] = known
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// lookedUp keeps a payment as a look-up shows it.
func lookedUp(t *testing.T, db *store.DB, key string, change func(*pay.Payment)) {
	t.Helper()
	p := pay.Payment{MID: mid, PaymentKey: key, OrderID: "order-" + key, Status: pay.Done, Method: pay.Card, Currency: pay.KRW, LastTransactionKey: key + "-DONE",
		TotalAmount: 30_000, BalanceAmount: 30_000, Receipt: pay.ReceiptNone, RequestedAt: day.Start(), ApprovedAt: day.Start().Add(10 * time.Hour)}
	change(&p)
	if err := db.SaveLookUp(t.Context(), p, pay.Evidence{API: "payment", About: key, Body: []byte("{}"), FetchedAt: now}, now); err != nil {
		t.Fatal(err)
	}
}

func cancelOf(key string, amount, taxFree int64) pay.Cancel {
	return pay.Cancel{TransactionKey: key, Amount: amount, TaxFreeAmount: taxFree, Status: pay.CancelDone, CanceledAt: day.Start().Add(12 * time.Hour)}
}

// listed puts approvals into the transaction list of the day, and covers it.
func listed(t *testing.T, db *store.DB, rows ...pay.Transaction) {
	t.Helper()
	savePage(t, db, rows...)
	if err := db.CoverWindow(t.Context(), mid, "run", reconcile.Window{Day: day}, 0, now); err != nil {
		t.Fatal(err)
	}
}

func salesKnown(t *testing.T, db *store.DB) {
	taxed, mixed, canceled := order("order-ordered", 30_000), order("order-mixed", 30_000), order("order-canceled", 30_000)
	taxed.TaxFreeAmount, mixed.TaxFreeAmount, canceled.TaxFreeAmount = 0, 10_000, 10_000
	save(t, db, taxed, mixed, canceled)
	listed(t, db, row("order-ordered", "ordered", pay.Done, 30_000, 10), row("order-mixed", "mixed", pay.Done, 30_000, 10), row("order-nobody", "nobody", pay.Done, 30_000, 10),
		row("order-canceled", "canceled", pay.Done, 30_000, 10), row("order-canceled", "canceled", pay.Canceled, 30_000, 11))
	lookedUp(t, db, "parts", func(p *pay.Payment) {
		p.Status, p.BalanceAmount, p.TaxFreeAmount = pay.PartialCanceled, 20_000, 9_000
		p.Cancels = []pay.Cancel{cancelOf("parts-c1", 4_000, 1_000), cancelOf("parts-c2", 6_000, 0)}
	})
	lookedUp(t, db, "transfer", func(p *pay.Payment) { p.Method, p.Receipt = pay.Transfer, pay.ReceiptIssued })
	lookedUp(t, db, "asked", func(p *pay.Payment) { p.Method, p.Receipt = pay.Transfer, pay.ReceiptPending })
	lookedUp(t, db, "money", func(p *pay.Payment) { p.Method, p.Behind = pay.EasyPay, pay.Transfer })
	posted(t, db)
	want := map[string]tax{
		"ordered-DONE":         {30_000, pay.Card, "", 0, "unread"},
		"mixed-DONE":           {30_000, pay.Card, "", 10_000, "unread"},
		"nobody-DONE":          {30_000, pay.Card, "", -1, "unread"},
		"canceled-DONE":        {30_000, pay.Card, "", 10_000, "unread"},
		"canceled-CANCELED":    {-30_000, pay.Card, "", 10_000, "unread"},
		"approval of parts":    {30_000, pay.Card, "", 10_000, "none"},
		"parts-c1":             {-4_000, pay.Card, "", 1_000, "none"},
		"parts-c2":             {-6_000, pay.Card, "", 0, "none"},
		"approval of transfer": {30_000, pay.Transfer, "", 0, "issued"},
		"approval of asked":    {30_000, pay.Transfer, "", 0, "unread"},
		"approval of money":    {30_000, pay.EasyPay, pay.Transfer, 0, "none"},
	}
	if diff := cmp.Diff(want, salesOf(t, db, day, day)); diff != "" {
		t.Error(diff)
	}
}

func salesOfDays(t *testing.T, db *store.DB) {
	lookedUp(t, db, "first", func(p *pay.Payment) { p.ApprovedAt = day.Start() })
	lookedUp(t, db, "last", func(p *pay.Payment) { p.ApprovedAt = day.End().Add(-time.Microsecond) })
	lookedUp(t, db, "next", func(p *pay.Payment) { p.ApprovedAt = day.End() })
	posted(t, db)
	for of, want := range map[[2]pay.Day]int{{day, day}: 2, {day, day.Add(1)}: 3, {day.Add(1), day.Add(1)}: 1, {day.Add(-30), day.Add(-1)}: 0} {
		if found := salesOf(t, db, of[0], of[1]); len(found) != want {
			t.Errorf("%s to %s: %v", of[0], of[1], found)
		}
	}
	stop := errors.New("stop")
	if err := db.Sales(t.Context(), mid, day, day, func(settle.Sale) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
}

func taxFreeTold(t *testing.T, db *store.DB) {
	lacks := func(column string) bool { return column != "tax_free_amount" }
	listed(t, db, row("order-a", "a", pay.Done, 30_000, 10))
	take := func(has func(string) bool) orders.Saved {
		saved, err := db.SaveOrders(t.Context(), sequence(order("order-a", 30_000)), has, "test", "tester", now)
		if err != nil {
			t.Fatal(err)
		}
		return saved
	}
	take(lacks)
	posted(t, db)
	if got := salesOf(t, db, day, day)["a-DONE"]; got.TaxFree != -1 {
		t.Errorf("nobody has said it: %+v", got)
	}
	if saved := take(everyColumn); saved.Unchanged != 1 {
		t.Errorf("nothing of the order has changed: %+v", saved)
	}
	if got := salesOf(t, db, day, day)["a-DONE"]; got.TaxFree != 0 {
		t.Errorf("the source says 0: %+v", got)
	}
	take(lacks) // what it said stays
	if got := salesOf(t, db, day, day)["a-DONE"]; got.TaxFree != 0 {
		t.Errorf("the source has said 0: %+v", got)
	}
}

func cancelLearns(t *testing.T, db *store.DB) {
	canceled := func(p *pay.Payment) {
		p.Status, p.BalanceAmount, p.TaxFreeAmount, p.Cancels = pay.PartialCanceled, 26_000, 9_000, []pay.Cancel{cancelOf("a-c1", 4_000, 1_000)}
	}
	lookedUp(t, db, "a", canceled)
	if err := db.ExecForTest(t.Context(), "UPDATE cancels SET tax_free = NULL"); err != nil { // as an older program leaves it
		t.Fatal(err)
	}
	posted(t, db)
	if got := salesOf(t, db, day, day)["a-c1"]; got.TaxFree != -1 {
		t.Errorf("not known yet: %+v", got)
	}
	lookedUp(t, db, "a", canceled)
	if got := salesOf(t, db, day, day)["a-c1"]; got.TaxFree != 1_000 {
		t.Errorf("%+v", got)
	}
}

func receiptStays(t *testing.T, db *store.DB) {
	lookedUp(t, db, "a", func(p *pay.Payment) { p.Method, p.Receipt = pay.Transfer, pay.ReceiptIssued })
	lookedUp(t, db, "a", func(p *pay.Payment) { p.Method, p.Receipt = pay.Transfer, "" })
	posted(t, db)
	if got := salesOf(t, db, day, day)["approval of a"]; got.Receipt != "issued" {
		t.Errorf("%+v", got)
	}
}
