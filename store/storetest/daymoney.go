package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/store"
)

// dayTests are what the money of a business date must be alike on both
// databases.
var dayTests = map[string]func(*testing.T, *store.DB){
	"day: the shop's side is a sum over its orders by their own times":       dayShop,
	"day: a cancel is what look-ups and rows prove, however a row writes it": dayCancels,
	"day: a cancel that nobody can prove is counted and not summed":          dayUnproven,
	"day: currencies and methods stand apart, and other days and shops out":  dayApart,
}

// dayMoney is the money of day, after some look-ups of tonight.
func dayMoney(t *testing.T, db *store.DB, looked ...pay.Payment) reconcile.DayMoney {
	t.Helper()
	c := compare(t, db, reconcile.Scope{MID: mid, Day: day})
	if _, err := c.TouchShop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.SaveLookUps(t.Context(), looked, nil); err != nil {
		t.Fatal(err)
	}
	money, err := c.DayMoney(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return money
}

// hourOf is a time of day.
func hourOf(d pay.Day, h int) time.Time { return d.Start().Add(time.Duration(h) * time.Hour) }

func dayShop(t *testing.T, db *store.DB) {
	paid := func(id string, amount int64, at time.Time, change func(*pay.Order)) pay.Order {
		o := order(id, amount)
		o.OrderedAt, o.PaidAt = at, at
		if change != nil {
			change(&o)
		}
		return o
	}
	cancel := func(amount int64, at time.Time) func(*pay.Order) {
		return func(o *pay.Order) {
			o.Status, o.CanceledAmount, o.CanceledAt = pay.OrderPartiallyCanceled, amount, at
		}
	}
	never := paid("never-paid", 5_000, hourOf(day, 9), func(o *pay.Order) {
		o.Status, o.PaidAt, o.CanceledAt = pay.OrderCanceled, time.Time{}, hourOf(day, 10)
	})
	save(t, db,
		paid("paid", 1_000, hourOf(day, 9), nil),
		paid("first-second", 10, day.Start(), nil),
		paid("last-second", 20, day.End().Add(-time.Microsecond), nil),
		paid("tomorrow", 40, day.End(), nil),
		paid("paid-and-cancelled", 2_000, hourOf(day, 9), cancel(500, hourOf(day, 20))),
		paid("cancelled-only", 3_000, hourOf(day.Add(-9), 9), cancel(700, hourOf(day, 8))),
		paid("cancelled-tomorrow", 4_000, hourOf(day.Add(-9), 9), cancel(900, day.End())),
		paid("ordered-yesterday", 100, hourOf(day, 1), func(o *pay.Order) { o.OrderedAt = hourOf(day.Add(-1), 23) }),
		paid("paid-the-day-after", 6_000, hourOf(day, 23), func(o *pay.Order) { o.PaidAt = hourOf(day.Add(1), 1) }),
		paid("cancelled-the-day-after", 50, hourOf(day, 9), cancel(30, hourOf(day.Add(1), 9))),
		paid("no-time", 200, hourOf(day, 9), func(o *pay.Order) { o.PaidAt = time.Time{} }),
		paid("undated-cancel", 400, hourOf(day, 9), cancel(400, time.Time{})),
		paid("given-elsewhere", 800, hourOf(day.Add(-3), 9), func(o *pay.Order) {
			cancel(300, hourOf(day, 7))(o)
			o.RefundedElsewhere = 500
		}),
		paid("another-company", 7_777, hourOf(day, 9), func(o *pay.Order) { o.PG = "inicis" }),
		paid("pending", 8_888, hourOf(day, 9), func(o *pay.Order) { o.Status, o.PaidAt = pay.OrderPending, time.Time{} }),
		never)
	want := reconcile.DayMoney{Undated: 1, Totals: []reconcile.DayTotal{{Currency: pay.KRW, Method: pay.Card,
		Shop: reconcile.Moved{Approvals: 1_000 + 10 + 20 + 2_000 + 100 + 50 + 200 + 400, ApprovalCount: 8, Cancels: 500 + 700 + 300, CancelCount: 3}}}}
	if diff := cmp.Diff(want, dayMoney(t, db)); diff != "" {
		t.Error(diff)
	}
}

// tossCancel is a cancel as a look-up shows it.
func tossCancel(key string, amount int64, status pay.CancelStatus) pay.Cancel {
	return pay.Cancel{TransactionKey: key, Amount: amount, Status: status, CanceledAt: hourOf(day, 12)}
}

// dayCancels plays one day under each reading of what a cancel row's amount is:
// the figures are the same.
func dayCancels(t *testing.T, db *store.DB) {
	readings := map[string]func(cancel, total int64) int64{
		"the cancel's amount": func(cancel, _ int64) int64 { return cancel },
		"that, negative":      func(cancel, _ int64) int64 { return -cancel },
		"the original amount": func(_, total int64) int64 { return total },
		"nothing":             func(int64, int64) int64 { return 0 },
	}
	for name, reads := range readings {
		canceled := func(id string, status pay.PaymentStatus, cancel, total int64, h int) pay.Transaction {
			return row(id, "k-"+id, status, reads(cancel, total), h)
		}
		earlier := row("earlier", "k-earlier", pay.Done, 5_000, 9)
		earlier.At = hourOf(day.Add(-20), 9)
		first := canceled("two-days", pay.PartialCanceled, 1_500, 4_000, 9)
		first.At = hourOf(day.Add(-2), 9)
		paidBefore := row("two-days", "k-two-days", pay.Done, 4_000, 9)
		paidBefore.At = hourOf(day.Add(-3), 9)
		waiting := row("closed", "k-closed", pay.WaitingForDeposit, 9_999, 8)
		savePage(t, db,
			row("whole", "k-whole", pay.Done, 1_000, 9), canceled("whole", pay.Canceled, 1_000, 1_000, 12),
			earlier, canceled("earlier", pay.Canceled, 5_000, 5_000, 12),
			row("part", "k-part", pay.Done, 3_000, 9), canceled("part", pay.PartialCanceled, 800, 3_000, 12),
			paidBefore, first, canceled("two-days", pay.Canceled, 2_500, 4_000, 12),
			waiting, canceled("closed", pay.Canceled, 9_999, 9_999, 12),
			canceled("looked-up-only", pay.Canceled, 600, 600, 12),
			canceled("closed-looked-up", pay.Canceled, 700, 700, 12),
			row("foreign", "k-foreign", pay.Done, 2_000, 9), canceled("foreign", pay.PartialCanceled, 500, 2_000, 12))
		payment := func(id string, status pay.PaymentStatus, total int64, cancels ...pay.Cancel) pay.Payment {
			return pay.Payment{MID: mid, PaymentKey: "k-" + id, OrderID: id, Status: status, Method: pay.Card, TotalAmount: total, Currency: pay.KRW,
				ApprovedAt: hourOf(day, 9), Cancels: cancels}
		}
		closed := payment("closed-looked-up", pay.Canceled, 700)
		closed.ApprovedAt = time.Time{}
		money := dayMoney(t, db,
			payment("part", pay.PartialCanceled, 3_000, tossCancel("k-part-PARTIAL_CANCELED", 800, pay.CancelDone)),
			payment("two-days", pay.PartialCanceled, 4_000, tossCancel("k-two-days-PARTIAL_CANCELED", 1_500, pay.CancelDone)),
			payment("looked-up-only", pay.Canceled, 600), closed,
			payment("foreign", pay.Done, 2_000, tossCancel("k-foreign-PARTIAL_CANCELED", 500, pay.CancelInProgress)))
		want := reconcile.Moved{Approvals: 1_000 + 3_000 + 2_000, ApprovalCount: 3, Cancels: 1_000 + 5_000 + 800 + 2_500 + 600, CancelCount: 5}
		if len(money.Totals) != 1 || money.Totals[0].Provider != want {
			t.Errorf("where a cancel row has %s: %+v, want %+v", name, money.Totals, want)
		}
	}
}

func dayUnproven(t *testing.T, db *store.DB) {
	savePage(t, db,
		row("part", "k1", pay.Done, 3_000, 9), row("part", "k1", pay.PartialCanceled, 800, 12),
		row("rest", "k2", pay.Done, 4_000, 9), row("rest", "k2", pay.PartialCanceled, 1_000, 10), row("rest", "k2", pay.Canceled, 3_000, 12),
		row("unknown", "k3", pay.Canceled, 600, 12))
	want := reconcile.Moved{Approvals: 7_000, ApprovalCount: 2, CancelCount: 4, Unproven: 4}
	if money := dayMoney(t, db); len(money.Totals) != 1 || money.Totals[0].Provider != want {
		t.Errorf("%+v, want %+v", money.Totals, want)
	}
	looked := pay.Payment{MID: mid, PaymentKey: "k1", OrderID: "part", Status: pay.PartialCanceled, TotalAmount: 3_000, BalanceAmount: 2_200, Currency: pay.KRW,
		ApprovedAt: hourOf(day, 9), Cancels: []pay.Cancel{tossCancel("k1-PARTIAL_CANCELED", 800, pay.CancelDone)}}
	want.Cancels, want.Unproven = 800, 3
	if money := dayMoney(t, db, looked); money.Totals[0].Provider != want {
		t.Errorf("after a look-up %+v, want %+v", money.Totals[0].Provider, want)
	}
	lease, err := begin(t, db, "a/1", now, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	c := compare(t, db, reconcile.Scope{MID: mid, Day: day})
	if err := c.SaveLookUps(t.Context(), []pay.Payment{looked}, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Commit(t.Context(), jobs.Written{Lease: lease, Now: now, Actor: "tester"}, drawn); err != nil {
		t.Fatal(err)
	}
	if money := dayMoney(t, db); money.Totals[0].Provider != want {
		t.Errorf("after the look-up of an earlier night %+v, want %+v", money.Totals[0].Provider, want)
	}
}

func dayApart(t *testing.T, db *store.DB) {
	dollars, phone, old, other := row("usd", "k1", pay.Done, 1_812, 9), row("phone", "k2", pay.Done, 500, 9), row("old", "k3", pay.Done, 900, 9), row("other", "k4", pay.Done, 800, 9)
	dollars.Currency, dollars.Method, phone.Method = pay.USD, pay.ForeignEasyPay, pay.Phone
	old.At, other.At = day.Start().Add(-time.Microsecond), day.End()
	savePage(t, db, dollars, phone, old, other, row("card", "k5", pay.Done, 300, 9))
	card := order("card", 300)
	card.Method = pay.MethodUnknown
	save(t, db, card)
	want := []reconcile.DayTotal{
		{Currency: pay.KRW, Shop: reconcile.Moved{Approvals: 300, ApprovalCount: 1}},
		{Currency: pay.KRW, Method: pay.Card, Provider: reconcile.Moved{Approvals: 300, ApprovalCount: 1}},
		{Currency: pay.KRW, Method: pay.Phone, Provider: reconcile.Moved{Approvals: 500, ApprovalCount: 1}},
		{Currency: pay.USD, Method: pay.ForeignEasyPay, Provider: reconcile.Moved{Approvals: 1_812, ApprovalCount: 1}},
	}
	if diff := cmp.Diff(want, dayMoney(t, db).Totals); diff != "" {
		t.Error(diff)
	}
}
