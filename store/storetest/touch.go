package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/store"
)

// touchTests say which orders a night is about.
var touchTests = map[string]func(*testing.T, *store.DB){
	"touched: a day is from its first second to its last":           edges,
	"touched: a refund that Toss has taken on until it is paid out": followed,
}

func edges(t *testing.T, db *store.DB) {
	for id, at := range map[string]time.Time{
		"before": day.Start().Add(-time.Second), "first": day.Start(), "last": day.End().Add(-time.Second), "after": day.End(),
	} {
		paid := row("toss-"+id, "k-"+id, pay.Done, 1000, 0)
		paid.At = at
		savePage(t, db, paid)
		for what, change := range map[string]func(*pay.Order){
			"ordered": func(o *pay.Order) { o.Status, o.OrderedAt, o.PaidAt = pay.OrderPaid, at, time.Time{} },
			"paid":    func(o *pay.Order) { o.OrderedAt, o.PaidAt = at.AddDate(0, -1, 0), at },
			"canceled": func(o *pay.Order) {
				o.Status, o.OrderedAt, o.PaidAt, o.CanceledAt, o.CanceledAmount = pay.OrderCanceled, at.AddDate(0, -1, 0), time.Time{}, at, 0
			},
		} {
			o := order(what+"-"+id, 1000)
			change(&o)
			save(t, db, o)
		}
	}
	c := compare(t, db, reconcile.Scope{MID: mid, Day: day, Alone: true})
	if _, err := c.TouchShop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.TouchProvider(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Fold(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Filter(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, id := range suspected(t, c) {
		got[id] = true
	}
	want := map[string]bool{}
	for _, what := range []string{"toss", "ordered", "paid", "canceled"} {
		want[what+"-first"], want[what+"-last"] = true, true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// followed: no row of the list tells how the payout of a virtual account's refund
// ends.
func followed(t *testing.T, db *store.DB) {
	waits := func(refund pay.RefundStatus) func(*pay.Payment) {
		return func(p *pay.Payment) {
			cancels(11, 1000, pay.CancelDone)(p)
			p.Status, p.BalanceAmount, p.Method, p.Account = pay.Canceled, 0, pay.VirtualAccount, &pay.VirtualAccountState{Refund: refund}
		}
	}
	save(t, db, order("pending", 1000), order("completed", 1000))
	for id, refund := range map[string]pay.RefundStatus{"pending": pay.RefundPending, "completed": pay.RefundCompleted} {
		nothing := func(refunds.Asked) *refunds.Request { return nil }
		if err := db.NightForTest(t.Context(), known(id, waits(refund)), reconcile.Break{}, nothing, "daesa nightly", now); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		from time.Time
		want []string
	}{
		"days later":            {day.Start(), []string{"pending"}},
		"when that is given up": {day.End(), nil},
	} {
		c := compare(t, db, reconcile.Scope{MID: mid, Day: day.Add(9), Since: now.Add(time.Hour), FollowFrom: test.from})
		if _, err := c.TouchShop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := c.Fold(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.Filter(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, suspected(t, c)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
