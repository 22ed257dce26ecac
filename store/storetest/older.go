package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"daesa/orders"
	"daesa/pay"
	"daesa/store"
)

var olderTests = map[string]func(*testing.T, *store.DB){
	"orders: an older file takes no order back":                    olderFile,
	"orders: what goes back is left out, and nothing else":         backwardAgrees,
	"orders: a person lets one order go back, once":                allowedOnce,
	"orders: a dry run writes nothing":                             dryRun,
	"orders: a dry run uses no word up":                            dryAllowance,
	"orders: what a file cannot say of an order stays with it":     fileMarks,
	"orders: the shop's own database may take an order back":       databaseSpeaks,
	"orders: a row that is left out changes nothing of the others": leftOut,
}

func taking(older orders.Older) orders.Taking {
	return orders.Taking{Has: everyColumn, Source: "orders.csv", Actor: "kim", Now: now, Older: older}
}

func canceledOrder(id string) pay.Order {
	o := order(id, 10000)
	o.Status, o.CanceledAmount, o.CanceledAt = pay.OrderCanceled, 10000, o.PaidAt.Add(time.Hour)
	return o
}

func storedOrder(t *testing.T, db *store.DB, id string) pay.Order {
	t.Helper()
	list, err := db.OrdersOf(t.Context(), mid, id)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	return list[0]
}

func olderFile(t *testing.T, db *store.DB) {
	save(t, db, canceledOrder("0001"), order("0002", 5000))
	_, err := db.TakeOrders(t.Context(), sequence(order("0001", 10000), order("0003", 1)), taking(orders.Older{}))
	var refused *orders.BackwardError
	if !errors.As(err, &refused) || len(refused.Rows) != 1 || refused.Rows[0].OrderID != "0001" || refused.Rows[0].Column != "canceled_amount" {
		t.Fatalf("%v", err)
	}
	if got := storedOrder(t, db, "0001"); got.Status != pay.OrderCanceled || got.CanceledAmount != 10000 {
		t.Errorf("%+v", got)
	}
	if list, _ := db.OrdersOf(t.Context(), mid, "0003"); len(list) > 0 {
		t.Error("a part of a refused file was taken")
	}
}

func leftOut(t *testing.T, db *store.DB) {
	save(t, db, canceledOrder("0001"))
	saved, err := db.TakeOrders(t.Context(), sequence(order("0001", 10000), order("0003", 1)), taking(orders.Older{LeaveOut: true}))
	if err != nil || saved.Inserted != 1 || saved.Updated != 0 || len(saved.Backward) != 1 {
		t.Fatalf("%+v %v", saved, err)
	}
	if got := storedOrder(t, db, "0001"); got.Status != pay.OrderCanceled {
		t.Errorf("%+v", got)
	}
	if got := storedOrder(t, db, "0003"); got.Amount != 1 {
		t.Errorf("%+v", got)
	}
}

// backwardAgrees tries every pair of orders of some amounts and statuses.
func backwardAgrees(t *testing.T, db *store.DB) {
	var states []pay.Order
	for _, status := range pay.OrderStatuses {
		for _, canceled := range []int64{0, 3000, 10000} {
			for _, elsewhere := range []int64{0, 2000} {
				o := order("", 12000)
				o.Status, o.CanceledAmount, o.RefundedElsewhere = status, canceled, elsewhere
				if status == pay.OrderPartiallyCanceled && canceled == 0 {
					continue
				}
				states = append(states, o)
			}
		}
	}
	var stored, rows []pay.Order
	want := map[string]bool{}
	for i, a := range states {
		for j, b := range states {
			a.ID = fmt.Sprintf("%02d-%02d", i, j)
			b.ID = a.ID
			stored, rows = append(stored, a), append(rows, b)
			if _, back := orders.GoesBack(a, b); back {
				want[a.ID] = true
			}
		}
	}
	save(t, db, stored...)
	saved, err := db.TakeOrders(t.Context(), sequence(rows...), taking(orders.Older{LeaveOut: true}))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range saved.Backward {
		if !want[b.OrderID] || b.Column == "" {
			t.Errorf("%s is left out: %+v", b.OrderID, b)
		}
		delete(want, b.OrderID)
	}
	if len(want) > 0 || len(saved.Backward) == 0 {
		t.Errorf("these go back: %v", want)
	}
}

func allowedOnce(t *testing.T, db *store.DB) {
	save(t, db, canceledOrder("0001"), canceledOrder("0002"))
	if err := db.AllowOrder(t.Context(), mid, "0001", "the customer keeps it", "kim", now); err != nil {
		t.Fatal(err)
	}
	saved, err := db.TakeOrders(t.Context(), sequence(order("0001", 10000), order("0002", 10000)), taking(orders.Older{LeaveOut: true}))
	if err != nil || saved.Updated != 1 || len(saved.Backward) != 1 || saved.Backward[0].OrderID != "0002" {
		t.Fatalf("%+v %v", saved, err)
	}
	save(t, db, canceledOrder("0001"))
	if _, err := db.TakeOrders(t.Context(), sequence(order("0001", 10000)), taking(orders.Older{})); err == nil {
		t.Error("one word let the order go back twice")
	}
	for _, older := range []orders.Older{{Orders: []string{"0001"}, Note: "by name"}, {All: true, Note: "all of it"}} {
		save(t, db, canceledOrder("0001"))
		if saved, err := db.TakeOrders(t.Context(), sequence(order("0001", 10000)), taking(older)); err != nil || saved.Updated != 1 || len(saved.Backward) > 0 {
			t.Errorf("%+v: %+v %v", older, saved, err)
		}
	}
	entries, err := db.History(t.Context(), "order:0001")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range entries {
		told = append(told, e.Action+" "+e.Actor+" "+e.Reason)
	}
	want := []string{"order.allowed_back kim the customer keeps it", "order.taken_back kim the customer keeps it", "order.taken_back kim by name", "order.taken_back kim all of it"}
	if !slices.Equal(told, want) {
		t.Errorf("the journal says %q", told)
	}
}

func dryRun(t *testing.T, db *store.DB) {
	save(t, db, order("0001", 10000))
	_, before, err := db.JournalHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dry := taking(orders.Older{})
	dry.DryRun = true
	saved, err := db.TakeOrders(t.Context(), sequence(canceledOrder("0001"), order("0002", 1)), dry)
	if err != nil || saved.Inserted != 1 || saved.Updated != 1 {
		t.Fatalf("%+v %v", saved, err)
	}
	if got := storedOrder(t, db, "0001"); got.Status != pay.OrderPaid {
		t.Errorf("%+v", got)
	}
	if list, _ := db.OrdersOf(t.Context(), mid, "0002"); len(list) > 0 {
		t.Error("a dry run took an order")
	}
	if _, after, _ := db.JournalHead(t.Context()); after != before {
		t.Error("a dry run wrote into the journal")
	}
	if _, err := db.TakeOrders(t.Context(), sequence(order("0002", 1)), taking(orders.Older{})); err != nil {
		t.Error("nothing is taken after a dry run:", err)
	}
}

// A dry run uses no word of a person's up.
func dryAllowance(t *testing.T, db *store.DB) {
	save(t, db, canceledOrder("0001"))
	if err := db.AllowOrder(t.Context(), mid, "0001", "the customer keeps it", "kim", now); err != nil {
		t.Fatal(err)
	}
	how := taking(orders.Older{})
	for _, dry := range []bool{true, true, false} {
		how.DryRun = dry
		if saved, err := db.TakeOrders(t.Context(), sequence(order("0001", 10000)), how); err != nil || saved.Updated != 1 {
			t.Fatalf("dry %t: %+v %v", dry, saved, err)
		}
	}
}

func fileMarks(t *testing.T, db *store.DB) {
	marked := order("0001", 10000)
	marked.Status, marked.CanceledAmount, marked.MixedRefunds, marked.PaidUnknown = pay.OrderPartiallyCanceled, 3000, true, true
	save(t, db, marked)
	if got := storedOrder(t, db, "0001"); !got.MixedRefunds || !got.PaidUnknown {
		t.Fatalf("%+v", got)
	}
	lacking := func(column string) bool {
		return column != "canceled_amount" && column != "mixed_refunds" && column != "paid_unknown"
	}
	plain := marked
	plain.MixedRefunds, plain.PaidUnknown = false, false
	if _, err := db.SaveOrders(t.Context(), sequence(plain), lacking, "test", "tester", now); err != nil {
		t.Fatal(err)
	}
	if got := storedOrder(t, db, "0001"); !got.MixedRefunds || !got.PaidUnknown {
		t.Errorf("a source that does not say it cleared it: %+v", got)
	}
	save(t, db, plain)
	if got := storedOrder(t, db, "0001"); got.MixedRefunds || got.PaidUnknown {
		t.Errorf("%+v", got)
	}
}

func databaseSpeaks(t *testing.T, db *store.DB) {
	save(t, db, canceledOrder("0001"))
	save(t, db, order("0001", 10000))
	if got := storedOrder(t, db, "0001"); got.Status != pay.OrderPaid || !strings.HasPrefix(got.ID, "0001") {
		t.Errorf("%+v", got)
	}
}
