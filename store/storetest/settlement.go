package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/settle"
	"daesa/store"
)

// settlementTests are what both databases must do alike with what Toss settles.
var settlementTests = map[string]func(*testing.T, *store.DB){
	"settlement: a row is new, the same, changed, withdrawn, and back":        rowLives,
	"settlement: a second row of one key counts once it is shown again":       rowDoubled,
	"settlement: a reading that was broken off is begun again":                readingBrokenOff,
	"settlement: what is stored is what settle keeps, and the moves its fees": readingsAtRandom,
	"settlement: a fee that is odd keeps its mark while another list is read": oddKeepsItsMark,
	"settlement: a payment is posted as list and look-ups tell of it":         paymentPosted,
	"settlement: a panic over one payment is the caller's to hear":            panicHeard,
	"settlement: a row that names another order takes nothing off the ledger": rowOfAnotherOrder,
	"settlement: a payment that stands under two orders is looked at once":    paymentUnderTwoOrders,
	"settlement: what the version before left to do is taken over":            leftByVersionBefore,
	"settlement: a line is taken once, by whoever is first":                   lineTakenOnce,
	"settlement: a ledger that begins leaves years of rows alone":             yearsLeftAlone,
	"settlement: what a person took back may be matched again":                matchTakenBack,
	"settlement: an adjustment ends with its decision":                        adjustmentEnds,
	"settlement: a decision of a workbook adjusts as a command's does":        adjustmentOfAWorkbook,
	"settlement: a decision made anew at the same moment replaces the first":  adjustmentReplaced,
	"settlement: of two who lock a month one does":                            monthLockedOnce,
	"settlement: every version of a month can be shown":                       monthVersions,
}

// soldOn is the day of the rows, payingOn that of their payout.
const (
	soldOn   = day
	payingOn = pay.Day("2026-11-25")
)

// settledRow is a sale of a card with a fee of 3.3 percent, VAT in it.
func settledRow(key string, amount int64) settle.Row {
	supply := amount * 3 / 100
	return settle.Row{Settlement: pay.Settlement{MID: mid, PaymentKey: "p" + key, TransactionKey: "t" + key, OrderID: "o" + key, Currency: pay.KRW,
		Method: pay.Card, Amount: amount, Fee: supply + supply/10, SupplyAmount: supply, VAT: supply / 10, PayOutAmount: amount - supply - supply/10,
		Fees: []pay.Fee{{Type: "BASE", Amount: supply + supply/10}}, ApprovedAt: soldOn.Start().Add(10 * time.Hour), SoldDate: soldOn, PaidOutDate: payingOn, CardType: "신용", Issuer: "61"}}
}

// bothLists are the two lists in which the rows stand.
func bothLists() []settle.Window {
	return []settle.Window{{By: pay.BySold, Day: soldOn}, {By: pay.ByPaidOut, Day: payingOn}}
}

func notOdd(settle.Row) bool { return false }

// stage opens a reading and stages rows, one page each.
func stage(t *testing.T, db *store.DB, at time.Time, odd func(settle.Row) bool, rows ...settle.Row) *store.Settling {
	t.Helper()
	reading, err := db.OpenSettling(t.Context(), mid, at)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		page := pay.Evidence{API: "settlements", About: fmt.Sprint("page ", i), Body: []byte("[]"), FetchedAt: at}
		if err := reading.Stage(t.Context(), []settle.Row{row}, odd, "run", page); err != nil {
			t.Fatal(err)
		}
	}
	return reading
}

// readRows is one reading of some lists from its beginning to its end.
func readRows(t *testing.T, db *store.DB, at time.Time, whole []settle.Window, odd func(settle.Row) bool, rows ...settle.Row) jobs.Arrived {
	t.Helper()
	reading := stage(t, db, at, odd, rows...)
	if _, err := reading.Unseen(t.Context(), whole); err != nil {
		t.Fatal(err)
	}
	arrived, err := reading.Fold(t.Context(), whole)
	if err == nil {
		err = errors.Join(reading.Cover(t.Context(), whole), reading.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return arrived
}

// keptRows are the rows as the table holds them: key, copy, version, and what is said
// of them.
func keptRows(t *testing.T, db *store.DB, columns string) []string {
	t.Helper()
	rows, err := db.RowsForTest(t.Context(), "SELECT "+columns+" FROM settlement_rows ORDER BY transaction_key, copy")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, row := range rows {
		list = append(list, strings.Join(row, " "))
	}
	return list
}

func wantRows(t *testing.T, db *store.DB, columns string, want ...string) {
	t.Helper()
	if diff := gocmp.Diff(want, keptRows(t, db, columns)); diff != "" {
		t.Errorf("%s: %s", columns, diff)
	}
}

func rowLives(t *testing.T, db *store.DB) {
	one, other := settledRow("1", 10_000), settledRow("1", 12_000)
	at := func(n int) time.Time { return now.Add(time.Duration(n) * time.Hour) }
	for n, step := range []struct {
		rows []settle.Row
		want jobs.Arrived
		kept string // pay_out_amount, version, withdrawn
	}{
		{[]settle.Row{one}, jobs.Arrived{New: 1}, "9670 1 0"},
		{[]settle.Row{one, one}, jobs.Arrived{}, "9670 1 0"},
		{[]settle.Row{other}, jobs.Arrived{Changed: 1}, "11604 2 0"},
		{nil, jobs.Arrived{Withdrawn: 1}, "11604 3 1"},
		{nil, jobs.Arrived{}, "11604 3 1"},
		{[]settle.Row{other}, jobs.Arrived{Changed: 1}, "11604 4 0"},
	} {
		if got := readRows(t, db, at(n), bothLists(), notOdd, step.rows...); got != step.want {
			t.Errorf("step %d: %+v", n, got)
		}
		wantRows(t, db, "pay_out_amount, version, withdrawn", step.kept)
	}
	old, err := db.RowsForTest(t.Context(), "SELECT version, pay_out_amount, withdrawn FROM settlement_versions ORDER BY version")
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([][]string{{"1", "9670", "0"}, {"2", "11604", "0"}, {"3", "11604", "1"}}, old); diff != "" {
		t.Error(diff)
	}
	windows, err := db.SettlementWindows(t.Context(), mid, soldOn, payingOn)
	if err != nil || len(windows) != 2 || !windows[bothLists()[0]].Equal(at(5)) {
		t.Errorf("%v %v", windows, err)
	}
}

func rowDoubled(t *testing.T, db *store.DB) {
	one, twin := settledRow("1", 10_000), settledRow("1", 10_000)
	twin.PaidOutDate = payingOn.Add(1)
	whole := append(bothLists(), settle.Window{By: pay.ByPaidOut, Day: payingOn.Add(1)})
	readRows(t, db, now, whole, notOdd, one, twin)
	wantRows(t, db, "copy, doubled, paid_out_date", "0 0 2026-11-25", "1 0 2026-11-26")
	if got := readRows(t, db, now.Add(time.Hour), whole, notOdd, one, twin); got.Changed != 1 {
		t.Errorf("%+v", got)
	}
	wantRows(t, db, "copy, doubled, paid_out_date", "0 0 2026-11-25", "1 1 2026-11-26")
	fees := int64(0)
	for _, m := range movesOf(t, db) {
		fees += m.Fees
	}
	if fees != 600 { // 300 of each
		t.Errorf("fees of both rows: %d", fees)
	}
	readRows(t, db, now.Add(2*time.Hour), whole, notOdd, twin)
	wantRows(t, db, "copy, doubled, paid_out_date", "0 0 2026-11-26")
}

func readingBrokenOff(t *testing.T, db *store.DB) {
	readRows(t, db, now, bothLists(), notOdd, settledRow("1", 10_000))
	broken := stage(t, db, now.Add(time.Hour), notOdd, settledRow("2", 5_000))
	if err := broken.Close(); err != nil {
		t.Fatal(err)
	}
	wantRows(t, db, "transaction_key, version, withdrawn", "t1 1 0")
	windows, err := db.SettlementWindows(t.Context(), mid, soldOn, payingOn)
	if err != nil || !windows[bothLists()[0]].Equal(now) {
		t.Errorf("a list that was not read to its end is covered: %v %v", windows, err)
	}
	if got := readRows(t, db, now.Add(2*time.Hour), bothLists(), notOdd, settledRow("1", 10_000), settledRow("2", 5_000)); got != (jobs.Arrived{New: 1}) {
		t.Errorf("%+v", got)
	}
}

func movesOf(t *testing.T, db *store.DB) []settle.DayMove {
	t.Helper()
	moves, err := db.Moves(t.Context(), mid)
	if err != nil {
		t.Fatal(err)
	}
	return moves
}

// shownAt is what Toss shows at random: a few keys, of which some have two rows, on a
// few days.
type shownAt struct {
	random *rand.Rand
	rows   map[string][]settle.Row
}

func (s *shownAt) change() {
	for i := range 12 {
		key := fmt.Sprintf("%02d", i)
		row := settledRow(key, int64(1+s.random.IntN(3))*10_000)
		row.SoldDate, row.PaidOutDate = soldOn.Add(s.random.IntN(2)), payingOn.Add(s.random.IntN(3))
		row.Method = []pay.Method{pay.Card, pay.Transfer}[i%2]
		row.Currency = []pay.Currency{pay.KRW, pay.KRW, pay.USD, pay.MUSD}[i%4]
		interest := int64(i%3) * 100
		row.InterestFee, row.PayOutAmount = interest, row.PayOutAmount-interest
		switch s.random.IntN(8) {
		case 0:
			s.rows[key] = nil
		case 1, 2:
			s.rows[key] = []settle.Row{row}
		case 3:
			if len(s.rows[key]) == 1 {
				s.rows[key] = append(s.rows[key], row)
			}
		}
	}
}

// reading gives some lists, and which of them were read to their end; of the others a
// part may have come.
func (s *shownAt) reading() (rows []settle.Row, whole []settle.Window) {
	for back := range 3 {
		for _, w := range []settle.Window{{By: pay.BySold, Day: soldOn.Add(back)}, {By: pay.ByPaidOut, Day: payingOn.Add(back)}} {
			all := s.random.IntN(3) > 0
			if all {
				whole = append(whole, w)
			}
			for _, key := range slices.Sorted(maps.Keys(s.rows)) {
				for _, row := range s.rows[key] {
					if w.By.Of(row.Settlement) == w.Day && (all || s.random.IntN(4) == 0) {
						rows = append(rows, row)
					}
				}
			}
		}
	}
	return rows, whole
}

// readingsAtRandom holds what is stored against settle.Arrive, called of every key.
func readingsAtRandom(t *testing.T, db *store.DB) {
	shop := &shownAt{random: rand.New(rand.NewPCG(7, 11)), rows: map[string][]settle.Row{}}
	known := map[string]settle.Known{}
	for n := range 40 {
		shop.change()
		rows, whole := shop.reading()
		at := now.Add(time.Duration(n) * time.Minute)
		read := map[settle.Window]bool{}
		for _, w := range whole {
			read[w] = true
		}
		seen := map[string][]settle.Row{}
		for _, row := range rows {
			seen[row.TransactionKey] = append(seen[row.TransactionKey], row)
			if _, ok := known[row.TransactionKey]; !ok {
				known[row.TransactionKey] = settle.Known{}
			}
		}
		var want jobs.Arrived
		for key, k := range known {
			after, change := settle.Arrive(k, seen[key], read, at)
			known[key] = after
			want.Count(change)
		}
		if got := readRows(t, db, at, whole, notOdd, rows...); got != want {
			t.Fatalf("reading %d: %+v, settle says %+v", n, got, want)
		}
		wantRows(t, db, "transaction_key, copy, digest, version, withdrawn, doubled", told(known)...)
		if diff := gocmp.Diff(feesOfKnown(known), feesOfMoves(movesOf(t, db))); diff != "" {
			t.Fatalf("reading %d: the ledger: %s", n, diff)
		}
		if t.Failed() {
			t.Fatalf("reading %d", n)
		}
	}
}

func told(known map[string]settle.Known) (list []string) {
	for _, key := range slices.Sorted(maps.Keys(known)) {
		for i, row := range []*settle.Row{known[key].Row, known[key].Twin} {
			if row != nil {
				list = append(list, fmt.Sprintf("%s %d %s %d %d %d", key, i, row.Digest(), row.Version, number(row.Withdrawn), number(i == 1 && known[key].Doubled)))
			}
		}
	}
	return list
}

func number(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

type feesKey struct {
	currency pay.Currency
	day      pay.Day
	month    settle.Month
	method   pay.Method
}

func feesKeyOf(m settle.DayMove) feesKey { return feesKey{m.Currency, m.Day, m.Month, m.Method} }

func feesOfKnown(known map[string]settle.Known) map[feesKey]settle.Roll {
	sums := map[feesKey]settle.Roll{}
	for _, k := range known {
		for _, m := range settle.RowMoves(settle.Known{}, k, now) {
			sums[feesKeyOf(m)] = sums[feesKeyOf(m)].Plus(m.Roll)
		}
	}
	maps.DeleteFunc(sums, func(_ feesKey, r settle.Roll) bool { return r == settle.Roll{} })
	return sums
}

func feesOfMoves(moves []settle.DayMove) map[feesKey]settle.Roll {
	sums := map[feesKey]settle.Roll{}
	for _, m := range moves {
		sums[feesKeyOf(m)] = sums[feesKeyOf(m)].Plus(m.Roll)
	}
	maps.DeleteFunc(sums, func(_ feesKey, r settle.Roll) bool { return r == settle.Roll{} })
	return sums
}

// A row that a reading does not show was written again as if its fee were agreed.
func oddKeepsItsMark(t *testing.T, db *store.DB) {
	odd := func(r settle.Row) bool { return r.PaidOutDate == payingOn }
	one, twin := settledRow("1", 10_000), settledRow("1", 10_000)
	twin.PaidOutDate = payingOn.Add(1)
	readRows(t, db, now, append(bothLists(), settle.Window{By: pay.ByPaidOut, Day: payingOn.Add(1)}), odd, one, twin)
	wantRows(t, db, "copy, odd", "0 1", "1 0")
	readRows(t, db, now.Add(time.Hour), []settle.Window{{By: pay.ByPaidOut, Day: payingOn.Add(1)}}, odd)
	wantRows(t, db, "copy, odd", "0 1")
	var found []string
	if err := db.Odd(t.Context(), mid, func(r settle.Row) { found = append(found, r.TransactionKey) }); err != nil || !slices.Equal(found, []string{"t1"}) {
		t.Errorf("%v %v", found, err)
	}
}

// listedRow is a row of the transaction list.
func listedRow(key string, status pay.PaymentStatus, amount int64, hours int) pay.Transaction {
	return pay.Transaction{MID: mid, TransactionKey: key, PaymentKey: "p1", OrderID: "o1", Method: pay.Card, Status: status,
		At: soldOn.Start().Add(time.Duration(hours) * time.Hour), Currency: pay.KRW, Amount: amount}
}

// post brings the ledger up to date, and gives what was posted: key, amount, settled.
func post(t *testing.T, db *store.DB, at time.Time) (cases []settle.Case) {
	t.Helper()
	readRows(t, db, at, nil, notOdd, settledRow("1", int64(10_000+10*at.Minute()))) // something new of the payment
	return postTodo(t, db, at)
}

func postTodo(t *testing.T, db *store.DB, at time.Time) (cases []settle.Case) {
	t.Helper()
	if err := db.Todo(t.Context(), mid, time.Hour, pay.DayOf(at)); err != nil {
		t.Fatal(err)
	}
	if err := db.Post(t.Context(), mid, func(c settle.Case) settle.Outcome {
		cases = append(cases, c)
		return c.Post(settle.Rules{}, settle.Reading{Today: pay.DayOf(at)}, at)
	}); err != nil {
		t.Fatal(err)
	}
	if left, err := db.RowsForTest(t.Context(), "SELECT payment_key FROM ledger_pending"); err != nil || len(left) > 0 {
		t.Errorf("still to be done: %v %v", left, err)
	}
	return cases
}

func wantPosted(t *testing.T, db *store.DB, want ...string) {
	t.Helper()
	rows, err := db.RowsForTest(t.Context(), "SELECT transaction_key, amount, settled FROM ledger_transactions ORDER BY at, transaction_key")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	var approvals, cancels int64
	for _, row := range rows {
		got = append(got, strings.Join(row, " "))
		var amount int64
		if _, err := fmt.Sscan(row[1], &amount); err != nil {
			t.Fatal(err)
		}
		approvals, cancels = approvals+max(amount, 0), cancels-min(amount, 0)
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var roll settle.Roll
	for _, m := range movesOf(t, db) {
		roll = roll.Plus(m.Roll)
	}
	if roll.Approvals != approvals || roll.Cancels != cancels {
		t.Errorf("the moves say %d and %d, the transactions %d and %d", roll.Approvals, roll.Cancels, approvals, cancels)
	}
}

func paymentPosted(t *testing.T, db *store.DB) {
	page := pay.Evidence{API: "transactions", About: string(soldOn), Body: []byte("[]"), FetchedAt: now}
	listed := func(rows ...pay.Transaction) {
		t.Helper()
		if _, err := FoldPage(t.Context(), db, mid, rows, page, now); err != nil {
			t.Fatal(err)
		}
	}
	minute := func(n int) time.Time { return now.Truncate(time.Hour).Add(time.Duration(n) * time.Minute) }
	listed(listedRow("v1", pay.WaitingForDeposit, 10_000, 8)) // a virtual account that nobody has paid
	post(t, db, minute(1))
	wantPosted(t, db)
	listed(listedRow("t1", pay.Done, 10_000, 10))
	if cases := post(t, db, minute(2)); len(cases) != 1 || len(cases[0].Listed) != 2 || len(cases[0].Rows) != 1 || cases[0].LookedUp {
		t.Errorf("%+v", cases)
	}
	wantPosted(t, db, "t1 10000 1")
	// A part was cancelled, and nobody has looked how much: all stays as it is.
	listed(listedRow("c1", pay.PartialCanceled, 7_000, 11))
	post(t, db, minute(3))
	wantPosted(t, db, "t1 10000 1")
	looked := pay.Payment{MID: mid, PaymentKey: "p1", OrderID: "o1", Status: pay.PartialCanceled, Method: pay.Card, Currency: pay.KRW, TotalAmount: 10_000, BalanceAmount: 7_000,
		ApprovedAt: soldOn.Start().Add(10 * time.Hour), LastTransactionKey: "c1",
		Cancels: []pay.Cancel{{TransactionKey: "c1", Amount: 3_000, Status: pay.CancelDone, CanceledAt: soldOn.Start().Add(11 * time.Hour)}}}
	saveLooked(t, db, looked)
	if cases := post(t, db, minute(4)); !cases[0].LookedUp || len(cases[0].Cancels) != 1 || len(cases[0].Posted) != 1 {
		t.Errorf("%+v", cases)
	}
	wantPosted(t, db, "t1 10000 1", "c1 -3000 0")
	// The rest goes back whole: the list alone says so.
	listed(listedRow("c2", pay.Canceled, 10_000, 12))
	post(t, db, minute(5))
	wantPosted(t, db, "t1 10000 1", "c1 -3000 0", "c2 -7000 0")
	post(t, db, minute(6))
	wantPosted(t, db, "t1 10000 1", "c1 -3000 0", "c2 -7000 0")
}

// A panic in a goroutine of the store's ended the process, and with it all other jobs.
func panicHeard(t *testing.T, db *store.DB) {
	readRows(t, db, now, bothLists(), notOdd, settledRow("1", 10_000))
	defer func() {
		if recover() == nil {
			t.Error("the caller has not heard of the panic")
		}
	}()
	var none *settle.Outcome
	_ = db.Post(t.Context(), mid, func(settle.Case) settle.Outcome { return *none })
	t.Error("nothing panicked")
}

// A payment was dropped from the ledger, and stood in a break, where a settlement row
// named another order than the transaction list does.
func rowOfAnotherOrder(t *testing.T, db *store.DB) {
	listed := listedRow("t1", pay.Done, 10_000, 10) // of o1
	page := pay.Evidence{API: "transactions", About: string(soldOn), Body: []byte("[]"), FetchedAt: now}
	if _, err := FoldPage(t.Context(), db, mid, []pay.Transaction{listed}, page, now); err != nil {
		t.Fatal(err)
	}
	hour := now.Truncate(time.Hour)
	post(t, db, hour)
	wantPosted(t, db, "t1 10000 1")
	for n, order := range []string{"a before it", "z after it"} {
		row := settledRow("1", 10_000)
		row.OrderID = order
		readRows(t, db, hour.Add(time.Duration(n+1)*time.Minute), bothLists(), notOdd, row)
		postTodo(t, db, hour.Add(time.Duration(n+1)*time.Minute))
		wantPosted(t, db, "t1 10000 1")
	}
}

// A process of the version before may have been killed with payments still to look at.
func leftByVersionBefore(t *testing.T, db *store.DB) {
	readRows(t, db, now, bothLists(), notOdd, settledRow("1", 10_000))
	postTodo(t, db, now)
	if err := db.ExecForTest(t.Context(), "INSERT INTO ledger_todo (mid, order_id, payment_key) VALUES ('"+mid+"', 'o1', 'p1'), ('other', 'o1', 'p1')"); err != nil {
		t.Fatal(err)
	}
	later := now.Add(time.Hour)
	if cases := postTodo(t, db, later); len(cases) != 1 || cases[0].PaymentKey != "p1" || cases[0].OrderID != "o1" {
		t.Errorf("looked at: %+v", cases)
	}
	if left, err := db.RowsForTest(t.Context(), "SELECT mid FROM ledger_todo"); err != nil || len(left) != 1 || left[0][0] != "other" {
		t.Errorf("left: %v, %v", left, err)
	}
}

// A payment was looked at under each of two orders where a settlement row named another
// than the transaction list does: its row was taken for two, of which one was in a
// break, its cancel was posted twice, and the order was that of the row.
func paymentUnderTwoOrders(t *testing.T, db *store.DB) {
	page := pay.Evidence{API: "transactions", About: string(soldOn), Body: []byte("[]"), FetchedAt: now}
	listed := []pay.Transaction{listedRow("t1", pay.Done, 10_000, 10), listedRow("t2", pay.Done, 10_000, 10), listedRow("c2", pay.PartialCanceled, 7_000, 11)}
	listed[1].PaymentKey, listed[2].PaymentKey = "p2", "p2"
	if _, err := FoldPage(t.Context(), db, mid, listed, page, now); err != nil {
		t.Fatal(err)
	}
	if err := db.ExecForTest(t.Context(), "INSERT INTO ledger_pending (mid, payment_key, order_id) VALUES ('"+mid+"', 'p1', 'o1')"); err != nil { // as a day that was read has it
		t.Fatal(err)
	}
	saveLooked(t, db, pay.Payment{MID: mid, PaymentKey: "p2", OrderID: "o1", Status: pay.PartialCanceled, Method: pay.Card, Currency: pay.KRW,
		TotalAmount: 10_000, BalanceAmount: 7_000, ApprovedAt: listed[1].At, LastTransactionKey: "c2",
		Cancels: []pay.Cancel{{TransactionKey: "c2", Amount: 3_000, Status: pay.CancelDone, CanceledAt: listed[2].At}}})
	before, after := settledRow("1", 10_000), settledRow("2", 10_000)
	before.OrderID, after.OrderID = "a before it", "z after it"
	readRows(t, db, now, bothLists(), notOdd, before, after)
	cases := postTodo(t, db, now)
	if len(cases) != 2 {
		t.Fatalf("%d payments are looked at: %+v", len(cases), cases)
	}
	for n, c := range cases {
		if c.OrderID != "o1" || len(c.Listed) != n+1 || len(c.Cancels) != n || len(c.Rows) != 1 {
			t.Errorf("%+v", c)
		}
	}
	wantPosted(t, db, "t1 10000 1", "t2 10000 1", "c2 -3000 0")
}

// saveLooked keeps a look-up, as one that follows a webhook does.
func saveLooked(t *testing.T, db *store.DB, p pay.Payment) {
	t.Helper()
	page := pay.Evidence{API: "payment", About: p.PaymentKey, Body: []byte("{}"), FetchedAt: now}
	if _, err := db.Heard(t.Context(), p, page, now); err != nil {
		t.Fatal(err)
	}
}

// matchOf ties a line to the payout of a day.
func matchOf(line, by string, at time.Time) settle.Match {
	key := settle.PayoutKey{MID: mid, Day: payingOn, Currency: pay.KRW}
	return settle.Match{Lines: []string{line}, Payouts: []settle.PayoutKey{key}, By: by, Recorded: at,
		Paid: []settle.Paid{{Line: line, Day: payingOn, Payout: key, Amount: 9_670}}}
}

func commitMatches(t *testing.T, db *store.DB, found []reconcile.Finding, matches ...settle.Match) error {
	t.Helper()
	return db.CommitDeposits(t.Context(), jobs.DepositsWritten{MIDs: []string{mid}, Actor: "kim", Now: now, Matches: matches},
		func(_ string, known []reconcile.Break) []jobs.BreakChange {
			return jobs.CarryAll(known, found, day, func(reconcile.Break) bool { return true })
		})
}

func lineTakenOnce(t *testing.T, db *store.DB) {
	var group sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		group.Go(func() {
			errs[i] = commitMatches(t, db, nil, matchOf("l1", fmt.Sprint("person", i), now.Add(time.Duration(i)*time.Second)))
		})
	}
	group.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, store.ErrLineTaken) {
			t.Error(err)
		}
	}
	matches, err := db.Matches(t.Context(), day)
	if err != nil || won != 1 || len(matches) != 1 || len(matches[0].Paid) != 1 {
		t.Errorf("%d won, %+v, %v", won, matches, err)
	}
	if err := commitMatches(t, db, nil, matchOf("l2", "", now), matchOf("l1", "", now)); !errors.Is(err, store.ErrLineTaken) {
		t.Error(err)
	}
	if _, _, ok, err := db.MatchOfLine(t.Context(), "l2"); ok || err != nil {
		t.Errorf("half of what was refused is written: %v", err)
	}
}

func matchTakenBack(t *testing.T, db *store.DB) {
	if err := commitMatches(t, db, nil, matchOf("l1", "kim", now)); err != nil {
		t.Fatal(err)
	}
	m, id, ok, err := db.MatchOfLine(t.Context(), "l1")
	if err != nil || !ok || m.By != "kim" {
		t.Fatalf("%+v %v %v", m, ok, err)
	}
	if err := db.DropMatch(t.Context(), id, "lee", "wrong line", now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := db.DropMatch(t.Context(), id, "lee", "wrong line", now.Add(time.Hour)); err == nil {
		t.Error("taken back twice")
	}
	dropped, err := db.DroppedMatches(t.Context())
	if err != nil || len(dropped) != 1 || !dropped[0].At.Equal(now.Add(time.Hour)) || len(dropped[0].Paid) != 1 {
		t.Fatalf("%+v %v", dropped, err)
	}
	if err := commitMatches(t, db, nil, matchOf("l1", "lee", now.Add(2*time.Hour))); err != nil {
		t.Error(err)
	}
}

// short is a payout that came short.
func short(subject string, amount int64) reconcile.Finding {
	share := amount
	return reconcile.Finding{MID: mid, Subject: subject, Kind: reconcile.PayoutShort, Currency: pay.KRW, Amount: &amount, Share: &share, MovedAt: payingOn.Start()}
}

func adjustments(t *testing.T, db *store.DB) (list []string) {
	t.Helper()
	all, err := db.Adjustments(t.Context(), mid)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		list = append(list, fmt.Sprint(a.Subject, " ", a.As, " ", a.Amount, " ", a.Undone.IsZero()))
	}
	return list
}

func adjustmentEnds(t *testing.T, db *store.DB) {
	found := []reconcile.Finding{short("payout:2026-11-25:KRW", -500), short("payout:2026-11-26:KRW", -70)}
	if err := commitMatches(t, db, found); err != nil {
		t.Fatal(err)
	}
	breaks, err := db.SettlementBreaks(t.Context(), mid)
	if err != nil || len(breaks) != 2 || breaks[0].Subject == breaks[1].Subject {
		t.Fatalf("one break for each subject: %+v %v", breaks, err)
	}
	id := reconcile.BreakID(mid, "payout:2026-11-25:KRW", reconcile.PayoutShort)
	if _, err := db.ResolveBreak(t.Context(), id, reconcile.AcceptedDifference, "lee", "a fee of the bank", now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([]string{"payout:2026-11-25:KRW accepted_difference -500 true"}, adjustments(t, db)); diff != "" {
		t.Error(diff)
	}
	// The rest has come after all: what was written off is owed again, and paid.
	if err := commitMatches(t, db, found[1:]); err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([]string{"payout:2026-11-25:KRW accepted_difference -500 false"}, adjustments(t, db)); diff != "" {
		t.Error(diff)
	}
}

func adjustmentOfAWorkbook(t *testing.T, db *store.DB) {
	if err := commitMatches(t, db, []reconcile.Finding{short("payout:2026-11-25:KRW", -500)}); err != nil {
		t.Fatal(err)
	}
	seen, err := db.Break(t.Context(), reconcile.BreakID(mid, "payout:2026-11-25:KRW", reconcile.PayoutShort))
	if err != nil {
		t.Fatal(err)
	}
	word := reconcile.Decision{ID: seen.ID, As: reconcile.AcceptedDifference, Seen: seen}
	take := func(keep, want bool) {
		t.Helper()
		if changed, err := db.TakeWord(t.Context(), word, "lee", "hash", keep, now.Add(time.Hour)); err != nil || changed != want {
			t.Errorf("changed is %v, expected %v: %v", changed, want, err)
		}
	}
	take(false, true)
	if list := adjustments(t, db); list != nil {
		t.Errorf("what was only shown adjusts: %q", list)
	}
	take(true, true)
	take(true, false)
	if diff := gocmp.Diff([]string{"payout:2026-11-25:KRW accepted_difference -500 true"}, adjustments(t, db)); diff != "" {
		t.Error(diff)
	}
	var stale *reconcile.StaleError
	if changed, err := db.TakeWord(t.Context(), reconcile.Decision{ID: seen.ID, As: reconcile.SetOff, Seen: seen}, "kim", "hash", true, now); changed || !errors.As(err, &stale) {
		t.Errorf("a decided break takes another word about how it stood: %v", err)
	}
}

func adjustmentReplaced(t *testing.T, db *store.DB) {
	if err := commitMatches(t, db, []reconcile.Finding{short("payout:2026-11-25:KRW", -500)}); err != nil {
		t.Fatal(err)
	}
	id := reconcile.BreakID(mid, "payout:2026-11-25:KRW", reconcile.PayoutShort)
	for _, as := range []reconcile.Disposition{reconcile.AcceptedDifference, reconcile.SetOff} {
		if _, err := db.ResolveBreak(t.Context(), id, as, "lee", "", now); err != nil {
			t.Fatal(err)
		}
	}
	if diff := gocmp.Diff([]string{"payout:2026-11-25:KRW set_off -500 true"}, adjustments(t, db)); diff != "" {
		t.Error(diff)
	}
}

func version(n int, by string, at time.Time) settle.Version {
	return settle.Version{Month: "2026-10", Number: n, LockedAt: at, By: by, Rows: 3, RowsHash: "hash"}
}

func monthLockedOnce(t *testing.T, db *store.DB) {
	var group sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		group.Go(func() {
			errs[i] = db.LockMonth(t.Context(), version(1, fmt.Sprint("person", i), now), nil, []byte(`{}`), []byte(`{}`), nil)
		})
	}
	group.Wait()
	won := slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return err != nil })
	for _, err := range errs {
		if err != nil && !errors.Is(err, store.ErrMonthsMoved) {
			t.Error(err)
		}
	}
	versions, err := db.MonthVersions(t.Context())
	if err != nil || len(won) != 1 || len(versions) != 1 {
		t.Errorf("%d won, %+v, %v", len(won), versions, err)
	}
}

func monthVersions(t *testing.T, db *store.DB) {
	seen := []settle.Version(nil)
	for n := range 3 {
		v := version(n+1, "lee", now.Add(time.Duration(n)*time.Hour))
		if err := db.LockMonth(t.Context(), v, seen, fmt.Appendf(nil, `{"n":%d}`, n+1), fmt.Appendf(nil, `{"drawn":%d}`, n+1), nil); err != nil {
			t.Fatal(err)
		}
		reopened := v.LockedAt.Add(time.Minute)
		if err := db.ReopenMonth(t.Context(), v, "kim", "late rows", nil, reopened); err != nil {
			t.Fatal(err)
		}
		if err := db.ReopenMonth(t.Context(), v, "kim", "late rows", nil, reopened); !errors.Is(err, store.ErrMonthsMoved) {
			t.Error(err)
		}
		var err error
		if seen, err = db.MonthVersions(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 3 {
		figures, err := db.MonthFigures(t.Context(), "2026-10", n+1)
		if err != nil || string(figures) != fmt.Sprintf(`{"n":%d}`, n+1) {
			t.Errorf("version %d: %s %v", n+1, figures, err)
		}
		drawn, err := db.MonthDrawn(t.Context(), "2026-10", n+1)
		if err != nil || string(drawn) != fmt.Sprintf(`{"drawn":%d}`, n+1) {
			t.Errorf("version %d: %s %v", n+1, drawn, err)
		}
	}
	if _, err := db.MonthFigures(t.Context(), "2026-10", 4); err == nil {
		t.Error("a version that is none")
	}
	if !slices.IsSortedFunc(seen, func(a, b settle.Version) int { return cmp.Compare(a.Number, b.Number) }) || len(seen) != 3 {
		t.Errorf("%+v", seen)
	}
}

// yearsLeftAlone: a shop that has run nights for years gets its ledger now. The night
// on which that begins takes over what a month can still be closed from, and no more.
// A day that is read again afterwards comes in.
func yearsLeftAlone(t *testing.T, db *store.DB) {
	today := pay.DayOf(now)
	days := map[string]pay.Day{"old": today.Add(-jobs.LedgerDays - 1), "first": today.Add(-jobs.LedgerDays), "young": today.Add(-1)}
	cover := func(key string, at time.Time) {
		d := days[key]
		rows := []pay.Transaction{{MID: mid, TransactionKey: "t-" + key, PaymentKey: key, OrderID: "o-" + key, Method: pay.Card, Status: pay.Done, At: d.Start().Add(time.Hour), Currency: pay.KRW, Amount: 1000}}
		if _, err := FoldPage(t.Context(), db, mid, rows, pay.Evidence{API: "transactions", About: key, Body: []byte("[]"), FetchedAt: at}, at); err != nil {
			t.Fatal(err)
		}
		if err := db.CoverWindow(t.Context(), mid, "run", reconcile.Window{Day: d, Pages: 1, Rows: 1}, 0, at); err != nil {
			t.Fatal(err)
		}
	}
	taken := func(at time.Time) []string {
		if err := db.Todo(t.Context(), mid, 0, pay.DayOf(at)); err != nil {
			t.Fatal(err)
		}
		var keys []string
		if err := db.Post(t.Context(), mid, func(c settle.Case) settle.Outcome {
			keys = append(keys, c.PaymentKey)
			return c.Post(settle.Rules{}, settle.Reading{Today: pay.DayOf(at)}, at)
		}); err != nil {
			t.Fatal(err)
		}
		written := jobs.SettlementWritten{MID: mid, Actor: "test", Now: at, Taken: true}
		if err := db.CommitSettlement(t.Context(), written, func([]reconcile.Break) []jobs.BreakChange { return nil }); err != nil {
			t.Fatal(err)
		}
		slices.Sort(keys)
		return keys
	}
	for key := range days {
		cover(key, now)
	}
	if diff := gocmp.Diff([]string{"first", "young"}, taken(now.Add(time.Minute))); diff != "" {
		t.Error(diff)
	}
	later := now.Add(24 * time.Hour)
	cover("old", later)
	if diff := gocmp.Diff([]string{"old"}, taken(later.Add(time.Minute))); diff != "" {
		t.Error(diff)
	}
}
