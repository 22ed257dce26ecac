package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/store"
)

// proofTests are how both databases hold what was read against what is known.
var proofTests = map[string]func(*testing.T, *store.DB){
	"coverage: a day that turned out not to be whole is covered no more, until it is read again": uncovered,
	"movements: what look-ups show and no row of the list does":                                  unlisted,
	"movements: within a day those of every order, else those of touched ones":                   unlistedWithin,
	"totals: Toss's is a sum over the rows of the list alone":                                    totalsOfRows,
	"totals: how much a partial cancel is, look-ups say, however its row writes it":              partsByLookUps,
	"unproved: paid orders of a day of which nothing is known":                                   unproved,
	"captures: what nobody watched in time is noted as missed, once":                             overlooked,
	"captures: virtual accounts that nobody watches":                                             unwatched,
	"captures: until when the list was read never goes back":                                     captureListed,
}

func uncovered(t *testing.T, db *store.DB) {
	cover := func(d pay.Day, at time.Time) {
		t.Helper()
		if err := db.CoverWindow(t.Context(), mid, "run", reconcile.Window{Day: d, Pages: 2, Rows: 1}, 0, at); err != nil {
			t.Fatal(err)
		}
	}
	check := func(want map[pay.Day]bool) {
		t.Helper()
		got, err := db.CoveredDays(t.Context(), mid, "", day.Add(1))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	cover(day, now)
	cover(day.Add(-1), now)
	if err := db.UncoverWindow(t.Context(), mid, day, now); err != nil {
		t.Fatal(err)
	}
	if err := db.UncoverWindow(t.Context(), mid, day.Add(-5), now); err != nil {
		t.Fatal(err)
	}
	check(map[pay.Day]bool{day: false, day.Add(-1): true})
	cover(day, now.Add(24*time.Hour))
	check(map[pay.Day]bool{day: true, day.Add(-1): true})
}

// known is a payment as a look-up shows it.
func known(id string, change func(*pay.Payment)) pay.Payment {
	p := pay.Payment{MID: mid, PaymentKey: "k-" + id, OrderID: id, Status: pay.Done, Method: pay.Card, Currency: pay.KRW, TotalAmount: 1000, BalanceAmount: 1000,
		RequestedAt: hour(9), ApprovedAt: hour(10), LastTransactionKey: "a-" + id}
	if change != nil {
		change(&p)
	}
	return p
}

func hour(h int) time.Time { return day.Start().Add(time.Duration(h) * time.Hour) }

// cancels gives a payment a cancel.
func cancels(h int, amount int64, status pay.CancelStatus) func(*pay.Payment) {
	return func(p *pay.Payment) {
		p.LastTransactionKey = fmt.Sprintf("c%d-%s", h, p.OrderID)
		p.Cancels = append(p.Cancels, pay.Cancel{TransactionKey: p.LastTransactionKey, Amount: amount, CanceledAt: hour(h), Status: status})
		if status == pay.CancelDone {
			p.BalanceAmount -= amount
			p.Status = pay.PartialCanceled
			if p.BalanceAmount == 0 {
				p.Status = pay.Canceled
			}
		}
	}
}

// shows is a row of the list of a payment.
func shows(id, key string, status pay.PaymentStatus, amount int64, h int) pay.Transaction {
	return pay.Transaction{MID: mid, OrderID: id, PaymentKey: "k-" + id, TransactionKey: key + "-" + id, Status: status, Method: pay.Card,
		Currency: pay.KRW, Amount: amount, At: hour(h)}
}

func both(changes ...func(*pay.Payment)) func(*pay.Payment) {
	return func(p *pay.Payment) {
		for _, change := range changes {
			change(p)
		}
	}
}

// movementsOf gives what Unlisted says, in short.
func movementsOf(t *testing.T, c *store.Comparison, days ...pay.Day) []string {
	t.Helper()
	if _, _, err := c.Totals(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	var got []string
	err := c.Unlisted(t.Context(), days, func(m reconcile.Movement) {
		at := "never"
		if !m.At.IsZero() {
			at = fmt.Sprintf("%02.0fh", m.At.Sub(day.Start()).Hours())
		}
		got = append(got, fmt.Sprintf("%s %s %d counted %t", m.OrderID, at, m.Amount, m.Counted))
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	return got
}

func inAccount(p *pay.Payment) { p.Method, p.Account = pay.VirtualAccount, &pay.VirtualAccountState{} }

// movementCases: a payment, the rows that the list has of it, and what of it the
// list lacks.
var movementCases = []struct {
	id      string
	payment func(*pay.Payment)
	rows    []pay.Transaction
	want    []string
}{
	{"listed", nil, []pay.Transaction{shows("listed", "a", pay.Done, 1000, 10)}, nil},
	{"missing", nil, nil, []string{"10h 1000"}},
	{"other-key-same-time", nil, []pay.Transaction{shows("other-key-same-time", "b", pay.Done, 1000, 10)}, nil},
	{"other-key-other-time", nil, []pay.Transaction{shows("other-key-other-time", "b", pay.Done, 1000, 11)}, []string{"10h 1000"}},
	{"its-time-differs", nil, []pay.Transaction{shows("its-time-differs", "a", pay.Done, 1000, 11)}, nil},
	{"no-key", func(p *pay.Payment) { p.LastTransactionKey = "" }, []pay.Transaction{shows("no-key", "x", pay.Done, 1000, 12)}, nil},
	{"issued-only", inAccount, []pay.Transaction{shows("issued-only", "a", pay.WaitingForDeposit, 0, 9)}, []string{"10h 1000"}},
	{"waits", func(p *pay.Payment) {
		inAccount(p)
		p.Status, p.ApprovedAt = pay.WaitingForDeposit, time.Time{}
	}, []pay.Transaction{shows("waits", "a", pay.WaitingForDeposit, 0, 9)}, nil},
	{"cancel-listed", cancels(12, 300, pay.CancelDone),
		[]pay.Transaction{shows("cancel-listed", "a", pay.Done, 1000, 10), shows("cancel-listed", "c12", pay.PartialCanceled, 300, 12)}, nil},
	{"cancel-missing", cancels(12, 300, pay.CancelDone), []pay.Transaction{shows("cancel-missing", "a", pay.Done, 1000, 10)}, []string{"12h -300"}},
	{"approval-behind-its-cancel", cancels(12, 300, pay.CancelDone),
		[]pay.Transaction{shows("approval-behind-its-cancel", "c12", pay.PartialCanceled, 300, 12)}, []string{"10h 1000"}},
	{"second-cancel-missing", both(cancels(12, 300, pay.CancelDone), cancels(13, 200, pay.CancelDone)),
		[]pay.Transaction{shows("second-cancel-missing", "a", pay.Done, 1000, 10), shows("second-cancel-missing", "c12", pay.PartialCanceled, 300, 12)}, []string{"13h -200"}},
	{"all-back", cancels(12, 1000, pay.CancelDone), []pay.Transaction{shows("all-back", "a", pay.Done, 1000, 10)}, []string{"12h -1000"}},
	// A row says CANCELED, so that nothing is held whatever else is missing.
	{"part-missing-all-back", both(cancels(12, 300, pay.CancelDone), cancels(13, 700, pay.CancelDone)),
		[]pay.Transaction{shows("part-missing-all-back", "a", pay.Done, 1000, 10), shows("part-missing-all-back", "c13", pay.Canceled, 700, 13)}, []string{"12h 0"}},
	{"in-progress", cancels(12, 300, pay.CancelInProgress), []pay.Transaction{shows("in-progress", "a", pay.Done, 1000, 10)}, nil},
	{"aborted", cancels(12, 300, pay.CancelAborted), []pay.Transaction{shows("aborted", "a", pay.Done, 1000, 10)}, nil},
	{"closed-before-deposit", func(p *pay.Payment) {
		inAccount(p)
		p.ApprovedAt = time.Time{}
		cancels(12, 1000, pay.CancelDone)(p)
	}, nil, nil},
	{"taken-back", func(p *pay.Payment) {
		inAccount(p)
		p.Status, p.ApprovedAt = pay.WaitingForDeposit, time.Time{}
	}, []pay.Transaction{func() pay.Transaction {
		row := shows("taken-back", "d", pay.Done, 1000, 10)
		row.Method = pay.VirtualAccount
		return row
	}()}, []string{"never -1000"}},
}

func unlisted(t *testing.T, db *store.DB) {
	var orders []pay.Order
	var rows []pay.Transaction
	var payments []pay.Payment
	var want []string
	for _, test := range movementCases {
		orders = append(orders, order(test.id, 1000))
		rows = append(rows, test.rows...)
		payments = append(payments, known(test.id, test.payment))
		for _, movement := range test.want {
			want = append(want, test.id+" "+movement+" counted true")
		}
	}
	slices.Sort(want)
	save(t, db, orders...)
	savePage(t, db, rows...)
	scope := reconcile.Scope{MID: mid, Day: day}
	c := compare(t, db, scope)
	if _, err := c.TouchShop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Fold(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.SaveLookUps(t.Context(), payments, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, movementsOf(t, c)); diff != "" {
		t.Errorf("of tonight's look-ups: %s", diff)
	}
	// The same from look-ups of before.
	for _, p := range payments {
		if _, err := db.Heard(t.Context(), p, pay.Evidence{API: "payment", About: p.PaymentKey, Body: []byte("{}"), FetchedAt: now}, now); err != nil {
			t.Fatal(err)
		}
	}
	again := compare(t, db, scope)
	if _, err := again.TouchShop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, movementsOf(t, again)); diff != "" {
		t.Errorf("of look-ups of before: %s", diff)
	}
}

func unlistedWithin(t *testing.T, db *store.DB) {
	heard := []pay.Payment{
		known("other", nil), // no order of anybody's
		known("other-cancel", both(func(p *pay.Payment) { p.ApprovedAt = hour(-30) }, cancels(12, 300, pay.CancelDone))),
		known("before", func(p *pay.Payment) { p.ApprovedAt = hour(-1) }),
		known("after", func(p *pay.Payment) { p.ApprovedAt = hour(24) }),
	}
	for _, p := range heard {
		if _, err := db.Heard(t.Context(), p, pay.Evidence{API: "payment", About: p.PaymentKey, Body: []byte("{}"), FetchedAt: now}, now); err != nil {
			t.Fatal(err)
		}
	}
	c := compare(t, db, reconcile.Scope{MID: mid, Day: day})
	if got := movementsOf(t, c); len(got) != 0 {
		t.Errorf("nothing is touched, and no day was read: %v", got)
	}
	if diff := cmp.Diff([]string{"other 10h 1000 counted false", "other-cancel 12h -300 counted false"}, movementsOf(t, c, day)); diff != "" {
		t.Error(diff)
	}
	// A look-up of tonight is newer than what was known.
	gone := known("other", func(p *pay.Payment) { p.Status, p.ApprovedAt = pay.Aborted, time.Time{} })
	if err := c.SaveLookUps(t.Context(), []pay.Payment{gone}, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"other-cancel 12h -300 counted false"}, movementsOf(t, c, day)); diff != "" {
		t.Error(diff)
	}
}

func totalsOfRows(t *testing.T, db *store.DB) {
	var want, held int64
	var payments []pay.Payment
	for _, test := range movementCases {
		save(t, db, order(test.id, 1000))
		savePage(t, db, test.rows...)
		payments = append(payments, known(test.id, test.payment))
		held += known(test.id, test.payment).Held()
		for _, row := range test.rows { // each test's rows stand for themselves
			switch row.Status {
			case pay.Done:
				want += row.Amount
			case pay.PartialCanceled:
				want -= row.Amount
			case pay.Canceled:
				want -= 1000
			default: // no money has moved
			}
		}
	}
	c := compare(t, db, reconcile.Scope{MID: mid, Day: day})
	if _, err := c.TouchShop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.SaveLookUps(t.Context(), payments, nil); err != nil {
		t.Fatal(err)
	}
	total := func(listed bool) int64 {
		t.Helper()
		_, provider, err := c.Totals(t.Context(), listed)
		if err != nil || len(provider) != 1 {
			t.Fatalf("%+v, %v", provider, err)
		}
		return provider[0].Total
	}
	if got := total(true); got != want {
		t.Errorf("the rows hold %d, the sum of them is %d", got, want)
	}
	if got := total(false); got != held {
		t.Errorf("look-ups hold %d, the sum of them is %d", got, held)
	}
}

// partsByLookUps: what the amount of a cancel's row means is not documented.
func partsByLookUps(t *testing.T, db *store.DB) {
	var payments []pay.Payment
	for id, written := range map[string]int64{"part": 300, "negative": -300, "original": 1000, "left": 700} {
		save(t, db, order(id, 1000))
		savePage(t, db, shows(id, "a", pay.Done, 1000, 10), shows(id, "c12", pay.PartialCanceled, written, 12))
		payments = append(payments, known(id, cancels(12, 300, pay.CancelDone)))
	}
	c := compare(t, db, reconcile.Scope{MID: mid, Day: day})
	if _, err := c.TouchShop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.SaveLookUps(t.Context(), payments, nil); err != nil {
		t.Fatal(err)
	}
	if _, provider, err := c.Totals(t.Context(), true); err != nil || len(provider) != 1 || provider[0].Total != 4*700 {
		t.Errorf("the rows hold %+v, %v, and four times 700 is left", provider, err)
	}
}

func unproved(t *testing.T, db *store.DB) {
	with := func(id string, change func(*pay.Order)) pay.Order {
		o := order(id, 1000)
		change(&o)
		return o
	}
	save(t, db, order("nothing", 1000),
		with("paid and cancelled", func(o *pay.Order) { o.Status, o.CanceledAmount, o.CanceledAt = pay.OrderCanceled, 1000, hour(12) }),
		with("paid, nobody says when", func(o *pay.Order) { o.PaidAt = time.Time{} }),
		with("never paid", func(o *pay.Order) { o.Status, o.PaidAt = pay.OrderPending, time.Time{} }),
		with("paid the day before", func(o *pay.Order) { o.OrderedAt, o.PaidAt = hour(-3), hour(-2) }),
		with("another company's", func(o *pay.Order) { o.PG = "other" }),
		with("nothing to pay", func(o *pay.Order) { o.Amount = 0 }),
		order("listed", 1000), order("looked up before", 1000), order("looked up tonight", 1000))
	savePage(t, db, shows("listed", "a", pay.Done, 1000, 10))
	p := known("looked up before", func(p *pay.Payment) { p.Status, p.ApprovedAt = pay.Ready, time.Time{} })
	if _, err := db.Heard(t.Context(), p, pay.Evidence{API: "payment", About: "k", Body: []byte("{}"), FetchedAt: now}, now); err != nil {
		t.Fatal(err)
	}
	c := compare(t, db, reconcile.Scope{MID: mid, Day: day})
	if err := c.SaveLookUps(t.Context(), nil, []string{"looked up tonight"}); err != nil {
		t.Fatal(err)
	}
	for d, want := range map[pay.Day]int64{day: 3, day.Add(-1): 1, day.Add(1): 0} {
		if got, err := c.Unproved(t.Context(), d); err != nil || got != want {
			t.Errorf("%s: %d, expected %d (%v)", d, got, want, err)
		}
	}
}

func overlooked(t *testing.T, db *store.DB) {
	opened := now.Add(-3 * time.Hour)
	if err := db.SaveAccounts(t.Context(), []refunds.StoredAccount{*account("given", "p", now)}); err != nil {
		t.Fatal(err)
	}
	ofOrder := watch("order", opened)
	ofOrder.PaymentKey = ""
	watched(t, db, watch("known", now.Add(-time.Minute)), ofOrder)
	watches := refunds.Overlooked([]refunds.Watch{watch("new", opened), watch("known", opened), watch("given", opened), watch("order", opened),
		watch("open", now.Add(-time.Minute))}, now)
	for _, want := range []int{3, 0} {
		if noted, err := db.Overlooked(t.Context(), watches, "capture", now); err != nil || noted != want {
			t.Errorf("%d noted, expected %d (%v)", noted, want, err)
		}
	}
	figures, err := db.Captures(t.Context(), mid, now.Add(-24*time.Hour), now.Add(time.Hour))
	if err != nil || figures.Missed != 2 || figures.Reasons[refunds.CaptureTooLate] != 2 || figures.Given != 1 || figures.Waiting != 1 {
		t.Errorf("%+v, %v", figures, err)
	}
	list, err := db.Accounts(t.Context(), mid, "order-new")
	if err != nil || len(list) != 1 || list[0].State != "missed" || list[0].Why != refunds.CaptureTooLate {
		t.Errorf("listed %+v, %v", list, err)
	}
	if seq, _, err := db.JournalHead(t.Context()); err != nil || seq == 0 {
		t.Errorf("the journal says nothing of it (%v)", err)
	}
	if w, _ := next(t, db, now); w == nil || w.PaymentKey != "pay-known" {
		t.Errorf("to be looked at is %+v", w)
	}
	if w, _ := next(t, db, now); w != nil {
		t.Errorf("a window that is over is looked at: %+v", w)
	}
}

func unwatched(t *testing.T, db *store.DB) {
	of := func(id string, status pay.PaymentStatus, h int) pay.Transaction {
		row := shows(id, string(status), status, 0, h)
		row.Method = pay.VirtualAccount
		return row
	}
	savePage(t, db, of("issued", pay.WaitingForDeposit, 10), of("issued", pay.Done, 11), of("paid", pay.Done, 12), of("late", pay.WaitingForDeposit, 24),
		of("closed", pay.WaitingForDeposit, 10), of("closed", pay.Canceled, 11), of("watched", pay.WaitingForDeposit, 10), of("given", pay.WaitingForDeposit, 10),
		of("seen", pay.WaitingForDeposit, 10), of("expired", pay.WaitingForDeposit, 10), shows("card", "a", pay.Done, 1000, 10))
	look := func(id string, h int, status pay.PaymentStatus) {
		t.Helper()
		p := known(id, func(p *pay.Payment) {
			inAccount(p)
			p.Status, p.RequestedAt, p.ApprovedAt = status, hour(h), time.Time{}
		})
		if _, err := db.Heard(t.Context(), p, pay.Evidence{API: "payment", About: p.PaymentKey, Body: []byte("{}"), FetchedAt: now}, now); err != nil {
			t.Fatal(err)
		}
	}
	look("seen", 9, pay.WaitingForDeposit)
	look("expired", 9, pay.Expired)
	look("heard", 13, pay.Done) // the list lacks it
	look("heard-before", -2, pay.Done)
	watched(t, db, refunds.Watch{MID: mid, OrderID: "watched", PaymentKey: "k-watched", Source: refunds.FromList, Opened: hour(10), FirstKnown: now})
	given := *account("given", "p", now)
	given.PaymentKey, given.OrderID = "k-given", "given"
	if err := db.SaveAccounts(t.Context(), []refunds.StoredAccount{given}); err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := db.Unwatched(t.Context(), mid, day.Start(), day.End(), func(w refunds.Watch) error {
		got = append(got, fmt.Sprintf("%s %02.0fh exact %t", w.OrderID, w.Opened.Sub(day.Start()).Hours(), w.Exact))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"heard 13h exact true", "issued 10h exact false", "paid 12h exact false", "seen 09h exact true"}, got); diff != "" {
		t.Error(diff)
	}
}

func captureListed(t *testing.T, db *store.DB) {
	check := func(want time.Time) {
		t.Helper()
		if got, err := db.CaptureListed(t.Context(), mid); err != nil || !got.Equal(want) {
			t.Errorf("%s, expected %s (%v)", got, want, err)
		}
	}
	check(time.Time{})
	for _, until := range []time.Time{now, now.Add(-time.Hour), now.Add(time.Hour)} {
		if err := db.SetCaptureListed(t.Context(), mid, until); err != nil {
			t.Fatal(err)
		}
	}
	check(now.Add(time.Hour))
}
