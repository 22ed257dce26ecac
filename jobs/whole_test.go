package jobs_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daesa/internal/racing"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports"
	"daesa/store"
)

// pageLimit is the longest page of the lists here, as 5,000 is Toss's.
const pageLimit = 8

// cut is a way in which a list leaves rows out, or does not let itself be read.
// Pages count from 1 within each list that is begun.
type cut struct {
	cap       int            // at most so many rows a page, whatever is asked for; 0: pageLimit
	short     int            // this page lacks its row shortRow
	shortRow  int            // from its end
	early     int            // this page breaks off after half of its rows
	empty     int            // this page is empty
	leaveOut  map[string]int // rows that the list never shows: by transactionKey, on which reading they begin to be missing
	refuse    int            // so many keys are refused, then none; -1: all
	overlap   int            // pages begin so many rows before the key
	backwards bool           // the newest row comes first
	deaf      bool           // pages after the first are the first again
}

func (c cut) String() string {
	var parts []string
	for _, part := range []struct {
		name  string
		value int
	}{{"cap", c.cap}, {"short page", c.short}, {"its row", c.shortRow}, {"early end of page", c.early}, {"empty page", c.empty}, {"refused keys", c.refuse}, {"overlap", c.overlap}} {
		if part.value != 0 {
			parts = append(parts, fmt.Sprint(part.name, " ", part.value))
		}
	}
	if c.leaveOut != nil {
		parts = append(parts, fmt.Sprint("left out ", c.leaveOut))
	}
	return strings.Join(parts, ", ") + fmt.Sprintf(" backwards %t deaf %t", c.backwards, c.deaf)
}

// cutList is a provider whose list is cut and whose look-ups are not.
type cutList struct {
	*canned
	cut
	pages    map[string]int // which page comes after a key of a stretch
	refused  int
	readings int             // of the day, begun
	shown    map[string]bool // rows that the list has shown
}

func (c *cutList) Transactions(_ context.Context, from, to time.Time, after string) (pay.TransactionPage, error) {
	number := 1
	if after == "" {
		c.readings++
	} else {
		number = c.pages[from.String()+to.String()+after]
		if c.refused < c.refuse || c.refuse < 0 {
			c.refused++
			return pay.TransactionPage{}, &pay.Failure{Kind: pay.FailurePaging, API: "GET /v1/transactions", HTTPStatus: 400, Code: "INVALID_TRANSACTION_KEY"}
		}
	}
	rows := c.after(c.listed(from, to), after)
	rows = c.spoil(rows[:min(len(rows), cmp.Or(min(c.cap, pageLimit), pageLimit))], number)
	next := ""
	if len(rows) > 0 {
		next = rows[len(rows)-1].TransactionKey
		c.pages[from.String()+to.String()+next] = number + 1
	}
	for _, row := range rows {
		c.shown[row.TransactionKey] = true
	}
	return pay.TransactionPage{Rows: slices.Clone(rows), Next: next, Evidence: c.evidence(from.String())}, nil
}

// listed are the rows of a stretch that the list has.
func (c *cutList) listed(from, to time.Time) []pay.Transaction {
	var rows []pay.Transaction
	for _, day := range c.rows {
		for _, row := range day {
			since, gone := c.leaveOut[row.TransactionKey]
			if !row.At.Before(from) && row.At.Before(to) && !(gone && c.readings >= since) {
				rows = append(rows, row)
			}
		}
	}
	slices.SortFunc(rows, func(a, b pay.Transaction) int {
		order := cmp.Or(a.At.Compare(b.At), strings.Compare(a.TransactionKey, b.TransactionKey))
		if c.backwards {
			return -order
		}
		return order
	})
	return rows
}

func (c *cutList) after(rows []pay.Transaction, key string) []pay.Transaction {
	if key == "" || c.deaf {
		return rows
	}
	at := slices.IndexFunc(rows, func(row pay.Transaction) bool { return row.TransactionKey == key })
	begin := max(at+1-c.overlap, 0)
	if at+1 == len(rows) {
		begin = len(rows)
	}
	return rows[begin:]
}

func (c *cutList) spoil(rows []pay.Transaction, number int) []pay.Transaction {
	switch {
	case number == c.empty:
		return nil
	case number == c.early:
		return rows[:len(rows)/2]
	case number == c.short && len(rows) > 0:
		at := len(rows) - 1 - c.shortRow%len(rows)
		return slices.Delete(slices.Clone(rows), at, at+1)
	}
	return rows
}

// cancels adds a cancel at Toss, of all that is left where amount is 0.
func (c *canned) cancels(orderID string, at time.Time, amount int64) {
	p := c.payments["k-"+orderID]
	status := pay.PartialCanceled
	if amount == 0 || amount == p.BalanceAmount {
		amount, status = p.BalanceAmount, pay.Canceled
	}
	p.BalanceAmount -= amount
	p.Status, p.LastTransactionKey = status, fmt.Sprintf("t-%s-c%d", orderID, len(p.Cancels))
	p.Cancels = append(p.Cancels, pay.Cancel{TransactionKey: p.LastTransactionKey, Amount: amount, RefundableAmount: p.BalanceAmount, CanceledAt: at, Status: pay.CancelDone})
	c.payments[p.PaymentKey] = p
	c.rows[pay.DayOf(at)] = append(c.rows[pay.DayOf(at)], pay.Transaction{MID: mid, OrderID: orderID, PaymentKey: p.PaymentKey, TransactionKey: p.LastTransactionKey,
		Status: status, Method: p.Method, Currency: p.Currency, At: at, Amount: amount})
}

// someDay is a day of a shop in which everything stands that two sides can say
// of an order, and the shop's file of it.
func someDay() (c *canned, file string) {
	c = &canned{}
	var rows strings.Builder
	shop := func(id, status string, canceled int64, paid, canceledAt string) {
		fmt.Fprintf(&rows, "%s,%s,10000,%d,0,toss,2026-11-21 10:00:00,%s,%s\n", id, status, canceled, paid, canceledAt)
	}
	const paidAt, canceledAt = "2026-11-21 10:00:00", "2026-11-21 14:00:00"
	for i := range 11 {
		at := on(last, 10).Add(time.Duration(i) * 7 * time.Minute)
		id := func(kind string) string { return fmt.Sprintf("%s-%02d", kind, i) }
		pays := func(kind string) { // one after the other, but for one second with two rows
			c.paid(id(kind), at.Add(time.Duration(len(kind))*time.Second), 10000)
		}
		pays("AGREE")
		shop(id("AGREE"), "paid", 0, paidAt, "")
		if i%4 != 0 {
			continue
		}
		pays("BACK") // cancelled on both sides
		c.cancels(id("BACK"), at.Add(4*time.Hour), 0)
		shop(id("BACK"), "canceled", 10000, paidAt, canceledAt)
		pays("PARTLY")
		c.cancels(id("PARTLY"), at.Add(4*time.Hour+time.Second), 3000)
		shop(id("PARTLY"), "partially_canceled", 3000, paidAt, canceledAt)
		pays("OWE") // cancelled in the shop alone
		shop(id("OWE"), "canceled", 10000, paidAt, canceledAt)
		pays("OUTSIDE") // cancelled in Toss's console
		c.cancels(id("OUTSIDE"), at.Add(time.Hour), 0)
		shop(id("OUTSIDE"), "paid", 0, paidAt, "")
		pays("UNSEEN") // the shop has not noticed the payment
		shop(id("UNSEEN"), "pending", 0, "", "")
		shop(id("NOWHERE"), "paid", 0, paidAt, "")
		pays("STRANGER") // the shop has no such order
		pays("AFTERWARDS")
		c.cancels(id("AFTERWARDS"), last.End().Add(30*time.Minute), 0) // after the day, on both sides
		shop(id("AFTERWARDS"), "canceled", 10000, paidAt, "2026-11-22 00:30:00")
	}
	return c, rows.String()
}

// drawCut draws a way, or several at once, in which a list is cut.
func drawCut(t *rapid.T, c *canned) cut {
	var keys []string
	for _, row := range c.rows[last] {
		keys = append(keys, row.TransactionKey)
	}
	slices.Sort(keys)
	some := func(name string, most int) int {
		if rapid.Bool().Draw(t, "has "+name) {
			return rapid.IntRange(1, most).Draw(t, name)
		}
		return 0
	}
	of := cut{cap: some("cap", pageLimit), short: some("short page", 6), early: some("early end", 6), empty: some("empty page", 7),
		overlap: some("overlap", 3), backwards: rapid.Bool().Draw(t, "backwards"), deaf: rapid.IntRange(0, 9).Draw(t, "deaf") == 0}
	of.shortRow = rapid.IntRange(0, pageLimit).Draw(t, "row")
	of.refuse = rapid.SampledFrom([]int{0, 0, 1, 3, -1}).Draw(t, "refused")
	for range some("left out", 4) {
		if of.leaveOut == nil {
			of.leaveOut = map[string]int{}
		}
		of.leaveOut[rapid.SampledFrom(keys).Draw(t, "key")] = rapid.SampledFrom([]int{0, 0, 2}).Draw(t, "from reading")
	}
	return of
}

// stamp is a world with the shop's orders in its database, of which each night
// gets a copy.
type stamp struct {
	world
	file string
}

func newStamp(t *testing.T, orders string) *stamp {
	t.Helper()
	path := filepath.Join(memory(t), "stamp.db")
	w := newWorld(t, worldOptions{database: "sqlite:" + path})
	w.settings.Sample, w.settings.Concurrency = 1000, 1
	w.file(morning(last), orders)
	if err := w.db.Close(); err != nil {
		t.Fatal(err)
	}
	return &stamp{*w, path}
}

// memory is a folder in memory where the system has one: hundreds of nights
// need not wait for a disk.
func memory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "daesa")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// night runs one night over a list, on a copy of the database.
func (s *stamp) night(t fatal, list jobs.Provider, then ...func(*world)) reports.Snapshot {
	t.Helper()
	bytes, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatalf("%v", err)
	}
	dir, err := os.MkdirTemp(filepath.Dir(s.file), "night")
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "daesa.db")
	if err := os.WriteFile(path, bytes, 0o600); err != nil {
		t.Fatalf("%v", err)
	}
	w := s.world
	if w.db, err = store.Open(context.Background(), "sqlite:"+path); err != nil {
		t.Fatalf("%v", err)
	}
	defer w.db.Close()
	n := w.nightly()
	n.Provider = list
	snapshot, err := n.Run(context.Background(), last, morning(last))
	if err != nil {
		t.Fatalf("%v", err)
	}
	for _, do := range then {
		do(&w)
	}
	return snapshot
}

// However a list leaves rows out, a night finds what it finds over the whole
// list, or says that it is incomplete. One thing nobody can find: a payment that
// the shop does not say was paid and no other record tells of, where the list
// leaves out all of its rows.
func TestANightIsWholeOrSaysThatItIsNot(t *testing.T) {
	racing.Skip(t, "a hundred nights, one after the other")
	t.Parallel()
	c, file := someDay()
	s := newStamp(t, file)
	whole := s.night(t, newCutList(c, cut{}))
	provesItself(t, whole)
	want := differing(whole)
	if len(want) != 15 {
		t.Fatalf("the whole list shows %v", want)
	}
	complete, runs := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		list := newCutList(c, drawCut(t, c))
		snapshot := s.night(t, list)
		if runs++; snapshot.Run.Complete {
			complete++
			judgeWhole(t, snapshot, list, want)
		}
	})
	t.Logf("%d of %d nights are complete", complete, runs)
	if runs > 50 && (complete == 0 || complete == runs) {
		t.Errorf("%d of %d nights are complete: the cuts prove nothing", complete, runs)
	}
}

func newCutList(c *canned, of cut) *cutList {
	return &cutList{canned: c, cut: of, pages: map[string]int{}, shown: map[string]bool{}}
}

type fatal interface {
	Helper()
	Fatalf(format string, values ...any)
}

// judgeWhole holds a complete night against what the whole list shows.
func judgeWhole(t fatal, s reports.Snapshot, list *cutList, want []string) {
	t.Helper()
	want = slices.DeleteFunc(slices.Clone(want), func(b string) bool {
		kind, id, _ := strings.Cut(b, " ")
		alone := kind == string(reconcile.MissingLocally) || kind == string(reconcile.PaidNotRecorded)
		return alone && !list.shown["t-"+id]
	})
	if diff := gocmp.Diff(want, differing(s)); diff != "" {
		t.Fatalf("%v\ncomplete, and not what the whole list shows: %s", list.cut, diff)
	}
	for _, total := range s.Run.Totals {
		if total.Unexplained != 0 {
			t.Fatalf("%v\ncomplete, with %d %s unexplained", list.cut, total.Unexplained, total.Currency)
		}
	}
}

// A provider that gives fewer rows a page than it is asked for is read whole,
// whatever else it does with its pages.
func TestACappedListIsReadWhole(t *testing.T) {
	racing.Skip(t, "nights, one after the other")
	t.Parallel()
	c, file := someDay()
	s := newStamp(t, file)
	want := differing(s.night(t, newCutList(c, cut{})))
	for most := 3; most < pageLimit; most++ {
		for _, of := range []cut{{}, {refuse: 1}, {refuse: 3}, {refuse: -1}, {backwards: true}, {backwards: true, refuse: -1}, {overlap: 1}, {overlap: 1, refuse: 1}, {deaf: true}} {
			of.cap = most
			list := newCutList(c, of)
			snapshot := s.night(t, list)
			if !snapshot.Run.Complete {
				t.Errorf("%v: %+v", of, snapshot.Run.Gaps)
				continue
			}
			judgeWhole(t, snapshot, list, want)
		}
	}
}

// Each row that the list lacks is missed by something else: the shop's word, or
// a look-up. What the shop does not say was paid is known by the list alone.
func TestEachRowThatTheListLacksIsMissed(t *testing.T) {
	racing.Skip(t, "nights, one after the other")
	t.Parallel()
	c, file := someDay()
	s := newStamp(t, file)
	whole := s.night(t, newCutList(c, cut{}))
	for _, row := range c.rows[last] {
		snapshot := s.night(t, newCutList(c, cut{leaveOut: map[string]int{row.TransactionKey: 0}}), func(w *world) {
			covered, err := w.db.CoveredDays(context.Background(), mid, last, last)
			if alone := aloneInTheList(row.OrderID); err != nil || covered[last] != alone {
				t.Errorf("without %s the day is covered: %t (%v)", row.TransactionKey, covered[last], err)
			}
		})
		if aloneInTheList(row.OrderID) {
			continue
		}
		wantGap(t, snapshot, reconcile.GapProof, last)
		if diff := gocmp.Diff(differing(whole), differing(snapshot)); diff != "" {
			t.Errorf("without %s the look-ups show something else: %s", row.TransactionKey, diff)
		}
	}
}

func aloneInTheList(orderID string) bool {
	return strings.HasPrefix(orderID, "STRANGER") || strings.HasPrefix(orderID, "UNSEEN")
}
