package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"daesa/pay"
	"daesa/settle"
	"daesa/store"
)

// reportTests are what both databases must say alike of a month's lists.
var reportTests = map[string]func(*testing.T, *store.DB){
	"report: rows are invoiced with the month of their date, not with that of their transaction": rowsBilled,
	"report: of what has no row the largest come first, and each cancel knows its approval":      withoutRow,
}

// rowsBilled: a sale of the last of October that Toss has in November's lists is
// invoiced with November; November's own rows are told elsewhere.
func rowsBilled(t *testing.T, db *store.DB) {
	sale := func(key string, at, sold, paid pay.Day) settle.Row {
		return settle.Row{Settlement: pay.Settlement{MID: mid, PaymentKey: key, TransactionKey: key, OrderID: key, Currency: pay.KRW, Method: pay.Card, Amount: 10_000, PayOutAmount: 10_000,
			ApprovedAt: at.Start().Add(time.Hour), SoldDate: sold, PaidOutDate: paid}}
	}
	settling, err := db.OpenSettling(t.Context(), mid, now)
	if err != nil {
		t.Fatal(err)
	}
	defer settling.Close()
	rows := []settle.Row{sale("a", "2026-10-31", "2026-11-01", "2026-11-04"), sale("b", "2026-10-30", "2026-10-30", "2026-11-03"), sale("c", "2026-11-02", "2026-11-02", "2026-11-05"),
		sale("d", "2026-10-01", "2026-10-01", "2026-10-05")}
	never := func(settle.Row) bool { return false }
	if err := settling.Stage(t.Context(), rows, never, "", pay.Evidence{API: "settlements", About: "page", FetchedAt: now, Body: []byte("[]")}); err != nil {
		t.Fatal(err)
	}
	if _, err := settling.Fold(t.Context(), []settle.Window{{By: pay.BySold, Day: "2026-11-01"}}); err != nil {
		t.Fatal(err)
	}
	for basis, want := range map[settle.Basis]string{settle.BasisSold: "[a]", settle.BasisPaid: "[a b]"} {
		var keys []string
		if err := db.RowsBilled(t.Context(), mid, "2026-11", basis, func(r settle.Row) { keys = append(keys, r.PaymentKey) }); err != nil {
			t.Fatal(err)
		}
		if slices.Sort(keys); fmt.Sprint(keys) != want {
			t.Errorf("by %s: %v, expected %s", basis, keys, want)
		}
	}
	var own []string
	if err := db.RowsOf(t.Context(), mid, "2026-11", "2026-11", func(r settle.Row) { own = append(own, r.PaymentKey) }); err != nil || fmt.Sprint(own) != "[c]" {
		t.Errorf("of November: %v, %v", own, err)
	}
}

func withoutRow(t *testing.T, db *store.DB) {
	lookedUp(t, db, "small", func(*pay.Payment) {})
	lookedUp(t, db, "large", func(p *pay.Payment) { p.TotalAmount, p.BalanceAmount = 90_000, 90_000 })
	lookedUp(t, db, "dollars", func(p *pay.Payment) { p.Currency, p.TotalAmount, p.BalanceAmount = pay.USD, 700, 700 })
	lookedUp(t, db, "back", func(p *pay.Payment) {
		p.Status, p.BalanceAmount, p.Cancels = pay.PartialCanceled, 20_000, []pay.Cancel{cancelOf("back-c1", 10_000, 0)}
	})
	posted(t, db)
	list, err := db.WithoutRow(t.Context(), mid, day, 2)
	var told []string
	for _, x := range list {
		told = append(told, fmt.Sprint(x.PaymentKey, " ", x.Currency, " ", x.Amount))
	}
	if want := "[large KRW 90000 back KRW 30000 dollars USD 700]"; err != nil || fmt.Sprint(told) != want {
		t.Errorf("%v, %v; expected %s", told, err, want)
	}
	if list, err := db.WithoutRow(t.Context(), mid, day.Add(-1), 2); err != nil || len(list) != 0 {
		t.Errorf("of the day before: %v, %v", list, err)
	}
	month := settle.MonthOfDay(day)
	for _, test := range []struct {
		of    settle.Month
		since time.Time
		want  int
	}{{month, now.Add(time.Hour), 1}, {month.Next(), now.Add(time.Hour), 0}, {month.Next(), now.Add(-time.Hour), 1}, {month.Before(), now.Add(-time.Hour), 0}} {
		cancels, err := db.Canceled(t.Context(), mid, test.of, test.since)
		if err != nil || len(cancels) != test.want {
			t.Errorf("%s since %s: %d cancels, %v; expected %d", test.of, test.since, len(cancels), err, test.want)
			continue
		}
		if test.want == 1 && (cancels[0].Amount != -10_000 || cancels[0].Row != nil || !cancels[0].ApprovedAt.Equal(day.Start().Add(10*time.Hour))) {
			t.Errorf("%+v", cancels[0])
		}
	}
}
