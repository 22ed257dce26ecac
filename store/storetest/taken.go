package storetest

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/orders"
	"daesa/pay"
	"daesa/store"
)

var takenTests = map[string]func(*testing.T, *store.DB){
	"orders: any sources come to what a simple model says":     takenAsModelled,
	"orders: a number that stands twice refuses the source":    takenTwice,
	"orders: what a source tells of tax stays told":            taxStaysTold,
	"orders: numbers that look alike are held apart":           alikeApart,
	"orders: of several merchants each keeps its own":          ofSeveralMerchants,
	"orders: a shop's own way to write a time is written anew": timesAnew,
}

// shelf is what the table should hold: orders by merchant and number, each with when
// it changed and whether its tax-free amount was told.
type shelf map[[2]string]shelved

type shelved struct {
	Order   pay.Order
	Changed int // the source
	Told    bool
}

// source is one that the test draws.
type source struct {
	rows    []pay.Order
	lacks   map[string]bool
	older   orders.Older
	dry     bool
	broken  bool // it ends with an error
	doubled bool // a row stands twice
	allowed map[[2]string]bool
}

func (s source) has(column string) bool { return !s.lacks[column] }

// mayLack are the columns that a source may lack.
var mayLack = []string{"payment_key", "method", "canceled_amount", "refunded_elsewhere", "tax_free_amount", "pg", "currency", "paid_at",
	"canceled_at", "customer_ref", "mixed_refunds", "paid_unknown"}

// drawnOrder is an order that is sound by itself.
func drawnOrder(rnd *rand.Rand, mid, id string) pay.Order {
	some := func(words ...string) string { return words[rnd.IntN(len(words))] }
	moment := func() time.Time {
		if rnd.IntN(3) == 0 {
			return time.Time{}
		}
		return day.Start().Add(time.Duration(rnd.IntN(4)) * time.Hour).UTC()
	}
	o := pay.Order{MID: mid, ID: id, PaymentKey: some("", "pk1", "pk2"), Method: pay.Method(some("", "card", "transfer")),
		Status: pay.OrderStatuses[rnd.IntN(len(pay.OrderStatuses))], Amount: 10_000, PG: some("toss", "other"), Currency: pay.KRW,
		OrderedAt: day.Start().Add(time.Duration(rnd.IntN(3)) * time.Hour).UTC(), PaidAt: moment(), CanceledAt: moment(), CustomerRef: some("", "c1"),
		MixedRefunds: rnd.IntN(5) == 0, PaidUnknown: rnd.IntN(5) == 0}
	o.CanceledAmount = int64(rnd.IntN(3)) * 2_000
	o.RefundedElsewhere = int64(rnd.IntN(2)) * 1_000
	o.TaxFreeAmount = int64(rnd.IntN(2)) * 500
	if o.Status == pay.OrderPartiallyCanceled {
		o.CanceledAmount += 1_000
	}
	return o
}

// nearly is an order as it stands, or with one value changed.
func nearly(rnd *rand.Rand, o pay.Order) pay.Order {
	later := func(t *time.Time) {
		if t.IsZero() {
			*t = day.Start().UTC()
		}
		*t = t.Add(time.Microsecond)
	}
	changes := []func(){
		func() { o.CustomerRef += "x" }, func() { o.PaymentKey += "x" }, func() { o.Method = "phone" }, func() { o.PG = "another" }, func() { o.Currency = pay.USD },
		func() { later(&o.OrderedAt) }, func() { later(&o.PaidAt) }, func() { later(&o.CanceledAt) }, func() { o.PaidAt = time.Time{} },
		func() { o.TaxFreeAmount++ }, func() { o.MixedRefunds = !o.MixedRefunds }, func() { o.PaidUnknown = !o.PaidUnknown }, func() { o.RefundedElsewhere++ },
	}
	if change := rnd.IntN(2 * len(changes)); change < len(changes) {
		changes[change]()
	}
	return o
}

func drawSource(rnd *rand.Rand, known shelf, rows int) source {
	s := source{lacks: map[string]bool{}, dry: rnd.IntN(6) == 0, broken: rnd.IntN(12) == 0, allowed: map[[2]string]bool{}}
	if rnd.IntN(2) == 0 {
		for _, column := range mayLack {
			s.lacks[column] = rnd.IntN(3) == 0
		}
	}
	switch rnd.IntN(5) {
	case 0:
		s.older = orders.Older{Taken: true}
	case 1:
		s.older = orders.Older{LeaveOut: true}
	case 2:
		s.older = orders.Older{All: true, Note: "all"}
	case 3:
		s.older = orders.Older{LeaveOut: true, Orders: []string{"n1", "n2", "n3"}, Note: "some"}
	}
	drew := map[[2]string]bool{}
	for range rows {
		key := [2]string{[]string{"a", "ab", "b"}[rnd.IntN(3)], fmt.Sprint("n", rnd.IntN(2*rows))}
		if drew[key] {
			continue
		}
		drew[key] = true
		o := drawnOrder(rnd, key[0], key[1])
		if was, is := known[key]; is && rnd.IntN(2) == 0 {
			o = nearly(rnd, was.Order)
		}
		s.rows = append(s.rows, o)
	}
	rnd.Shuffle(len(s.rows), func(i, j int) { s.rows[i], s.rows[j] = s.rows[j], s.rows[i] })
	if s.doubled = rnd.IntN(10) == 0 && len(s.rows) > 0; s.doubled {
		s.rows = append(s.rows, s.rows[rnd.IntN(len(s.rows))])
	}
	return s
}

// expected is what should come of a source.
type expected struct {
	saved    orders.Saved
	backward []string
	refused  string // "", broken, doubled, backward or unsound
	after    shelf
}

// expect is the rule again, as plainly as it can be said.
func expect(known shelf, s source, number int) expected {
	e := expected{after: maps.Clone(known)}
	for _, row := range s.rows {
		key := [2]string{row.MID, row.ID}
		was, is := known[key]
		if is {
			row = merged(was.Order, row, s.has)
		}
		if is && !s.older.Taken && behind(was.Order, row) && !s.older.All && !slices.Contains(s.older.Orders, row.ID) && !s.allowed[key] {
			e.backward = append(e.backward, row.MID+" "+row.ID)
			continue
		}
		if row.CanceledAmount+row.RefundedElsewhere > row.Amount || row.TaxFreeAmount > row.Amount || row.Status == pay.OrderPartiallyCanceled && row.CanceledAmount == 0 {
			e.refused = "unsound"
		}
		told := s.has("tax_free_amount")
		switch {
		case !is:
			e.saved.Inserted++
			e.after[key] = shelved{row, number, told}
		case row == was.Order:
			e.saved.Unchanged++
			e.after[key] = shelved{row, was.Changed, was.Told || told}
		default:
			e.saved.Updated++
			e.after[key] = shelved{row, number, was.Told || told}
		}
	}
	slices.Sort(e.backward)
	switch {
	case s.broken:
		e.refused = "broken"
	case s.doubled:
		e.refused = "doubled"
	case len(e.backward) > 0 && !s.older.LeaveOut:
		e.refused = "backward"
	}
	if e.refused != "" || s.dry {
		e.after = known
	}
	return e
}

// merged keeps what the source lacks.
func merged(was, row pay.Order, has func(string) bool) pay.Order {
	for column, keep := range map[string]func(){
		"payment_key": func() { row.PaymentKey = was.PaymentKey }, "method": func() { row.Method = was.Method },
		"canceled_amount": func() { row.CanceledAmount = was.CanceledAmount }, "refunded_elsewhere": func() { row.RefundedElsewhere = was.RefundedElsewhere },
		"tax_free_amount": func() { row.TaxFreeAmount = was.TaxFreeAmount }, "pg": func() { row.PG = was.PG }, "currency": func() { row.Currency = was.Currency },
		"paid_at": func() { row.PaidAt = was.PaidAt }, "canceled_at": func() { row.CanceledAt = was.CanceledAt }, "customer_ref": func() { row.CustomerRef = was.CustomerRef },
		"mixed_refunds": func() { row.MixedRefunds = was.MixedRefunds }, "paid_unknown": func() { row.PaidUnknown = was.PaidUnknown },
	} {
		if !has(column) {
			keep()
		}
	}
	if !has("canceled_amount") && row.Status == pay.OrderCanceled && (was.Status != pay.OrderCanceled || was.CanceledAmount == 0) {
		row.CanceledAmount = 0
		if !row.PaidAt.IsZero() {
			row.CanceledAmount = max(0, row.Amount-row.RefundedElsewhere)
		}
	}
	return row
}

// behind says whether a row would take an order back.
func behind(was, row pay.Order) bool {
	back := func(from []pay.OrderStatus, to ...pay.OrderStatus) bool {
		return slices.Contains(from, was.Status) && slices.Contains(to, row.Status)
	}
	return row.RefundedElsewhere < was.RefundedElsewhere || row.CanceledAmount+row.RefundedElsewhere < was.CanceledAmount+was.RefundedElsewhere ||
		back([]pay.OrderStatus{pay.OrderCanceled, pay.OrderPartiallyCanceled}, pay.OrderPaid, pay.OrderPending) ||
		back([]pay.OrderStatus{pay.OrderPaid}, pay.OrderPending)
}

var errBroken = errors.New("the source is broken")

// takenAsModelled takes one source after another, sorted in little memory, and holds
// the table, the counts and the refusals against the model.
func takenAsModelled(t *testing.T, db *store.DB) {
	rnd := rand.New(rand.NewPCG(11, 1))
	known := shelf{}
	refused := map[string]int{}
	for number := range 45 {
		rows := rnd.IntN(120)
		if number == 0 {
			rows = 1_800 // into an empty table
		}
		db.SortInForTest(1 << (8 + rnd.IntN(12)))
		s := drawSource(rnd, known, rows)
		if number == 0 {
			s.dry, s.broken, s.doubled, s.lacks = false, false, false, nil
		}
		for key := range known {
			if rnd.IntN(60) == 0 {
				s.allowed[key] = true
				if err := db.AllowOrder(t.Context(), key[0], key[1], "may go back", "kim", now); err != nil {
					t.Fatal(err)
				}
			}
		}
		want := expect(known, s, number)
		got, err := db.TakeOrders(t.Context(), func(yield func(pay.Order, error) bool) {
			for _, o := range s.rows {
				if !yield(o, nil) {
					return
				}
			}
			if s.broken {
				yield(pay.Order{}, errBroken)
			}
		}, orders.Taking{Has: s.has, Source: fmt.Sprint("source ", number), Actor: "kim", Now: at(number), Older: s.older, DryRun: s.dry})
		refused[want.refused]++
		checkRefusal(t, number, want, err)
		if err == nil {
			checkSaved(t, number, want, got)
		}
		known = want.after
		checkShelf(t, db, number, known)
		forget(t, db)
		if t.Failed() {
			return
		}
	}
	if len(refused) < 5 {
		t.Errorf("the test draws too little: %v", refused)
	}
}

// at is when a source is taken.
func at(number int) time.Time { return now.Add(time.Duration(number) * time.Second) }

// forget uses up what people allowed, so that a word is for one source of the
// test.
func forget(t *testing.T, db *store.DB) {
	t.Helper()
	if err := db.ExecForTest(t.Context(), "UPDATE order_allowances SET used_at = at WHERE used_at IS NULL"); err != nil {
		t.Fatal(err)
	}
}

func checkRefusal(t *testing.T, number int, want expected, err error) {
	t.Helper()
	var back *orders.BackwardError
	said := map[string]bool{
		"": err == nil, "broken": errors.Is(err, errBroken), "doubled": err != nil && strings.Contains(err.Error(), "stands twice"),
		"backward": errors.As(err, &back), "unsound": err != nil && strings.Contains(err.Error(), "no sound order"),
	}
	if !said[want.refused] {
		t.Errorf("source %d: %v, want %q", number, err, want.refused)
	}
	if back != nil {
		checkBackward(t, number, want, back.Rows)
	}
}

func checkBackward(t *testing.T, number int, want expected, rows []orders.Backward) {
	t.Helper()
	var got []string
	for _, row := range rows {
		got = append(got, row.MID+" "+row.OrderID)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want.backward, got); diff != "" {
		t.Errorf("source %d: goes back: %s", number, diff)
	}
}

func checkSaved(t *testing.T, number int, want expected, got orders.Saved) {
	t.Helper()
	checkBackward(t, number, want, got.Backward)
	if got.Inserted != want.saved.Inserted || got.Updated != want.saved.Updated || got.Unchanged != want.saved.Unchanged {
		t.Errorf("source %d: %+v, want %+v", number, got, want.saved)
	}
}

// checkShelf holds the whole table against the model.
func checkShelf(t *testing.T, db *store.DB, number int, known shelf) {
	t.Helper()
	found, err := db.OrdersForTest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := shelf{}
	for _, each := range found {
		got[[2]string{each.Order.MID, each.Order.ID}] = shelved{each.Order, int(each.ChangedAt.Sub(now) / time.Second), each.Told}
	}
	if diff := cmp.Diff(known, got); diff != "" {
		t.Errorf("source %d: the table: %.2000s", number, diff)
	}
}

func takenTwice(t *testing.T, db *store.DB) {
	save(t, db, order("0002", 10))
	_, err := db.SaveOrders(t.Context(), sequence(order("0001", 1), order("0002", 2), order("0003", 3), order("0001", 1)), everyColumn, "test", "tester", now)
	if err == nil || !strings.Contains(err.Error(), "0001") {
		t.Fatal(err)
	}
	if got := storedOrder(t, db, "0002"); got.Amount != 10 {
		t.Errorf("a part of a refused source was taken: %+v", got)
	}
}

func taxStaysTold(t *testing.T, db *store.DB) {
	lacking := func(column string) bool { return column != "tax_free_amount" }
	told := func(want string) {
		t.Helper()
		rows, err := db.RowsForTest(t.Context(), "SELECT order_id, tax_free_told FROM orders ORDER BY order_id")
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(rows); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	take := func(has func(string) bool, rows ...pay.Order) {
		t.Helper()
		if _, err := db.SaveOrders(t.Context(), sequence(rows...), has, "test", "tester", now); err != nil {
			t.Fatal(err)
		}
	}
	take(lacking, order("0001", 1), order("0002", 2))
	told("[[0001 0] [0002 0]]")
	take(everyColumn, order("0001", 1))
	told("[[0001 1] [0002 0]]") // although nothing else changed
	take(lacking, order("0001", 5), order("0002", 2))
	told("[[0001 1] [0002 0]]")
}

// Numbers are compared byte by byte, whatever a language takes for the same.
func alikeApart(t *testing.T, db *store.DB) {
	var rows []pay.Order
	for i, id := range []string{"a", "A", "a ", "ä", "a\u0308", "１", "1", "01", "가", "각", "~", "Z", "_"} {
		rows = append(rows, order(id, int64(i+1)))
	}
	save(t, db, rows...)
	slices.Reverse(rows)
	if again := save(t, db, rows...); again.Unchanged != int64(len(rows)) {
		t.Errorf("%+v", again)
	}
	for _, o := range rows {
		if got := storedOrder(t, db, o.ID); got.Amount != o.Amount {
			t.Errorf("%q: %+v", o.ID, got)
		}
	}
}

func ofSeveralMerchants(t *testing.T, db *store.DB) {
	var rows []pay.Order
	for i := range 900 {
		o := order(fmt.Sprintf("%03d", i/3), int64(i+1))
		o.MID = []string{"m", "m2", "n"}[i%3]
		rows = append(rows, o)
	}
	if saved := save(t, db, rows...); saved.Inserted != 900 {
		t.Errorf("%+v", saved)
	}
	for i := range rows {
		if rows[i].MID == "m2" {
			rows[i].Amount += 7
		}
	}
	if saved := save(t, db, rows...); saved.Updated != 300 || saved.Unchanged != 600 {
		t.Errorf("%+v", saved)
	}
}

// A shop that fills the table itself may write times in another form of RFC 3339:
// the next source writes them as ours, since they are compared as text.
func timesAnew(t *testing.T, db *store.DB) {
	o := order("0001", 1)
	save(t, db, o)
	if err := db.ExecForTest(t.Context(), "UPDATE orders SET paid_at = '"+o.PaidAt.UTC().Format(time.RFC3339)+"'"); err != nil {
		t.Fatal(err)
	}
	save(t, db, o)
	if saved := save(t, db, o); saved.Unchanged != 1 {
		t.Errorf("%+v", saved)
	}
	rows, err := db.RowsForTest(t.Context(), "SELECT count(*) FROM orders WHERE paid_at = '"+o.PaidAt.UTC().Format("2006-01-02T15:04:05.000000Z")+"'")
	if err != nil || rows[0][0] != "1" {
		t.Errorf("%v %v", rows, err)
	}
}
