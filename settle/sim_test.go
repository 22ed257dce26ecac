package settle_test

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/settle"
)

var (
	simMonths = flag.Int("settle.months", 60, "months of TestSimulatedMonths")
	simSeed   = flag.Uint64("settle.seed", 1, "the first seed")
)

const monthsOfASeed = 3

// TestSimulatedMonths settles months of Toss, with everything that goes wrong,
// locks and reopens them, and asks three things each time: the two ways to the
// closing agree to the won, and with what the world knows; every planted fault is
// found and named; and nothing else is.
func TestSimulatedMonths(t *testing.T) {
	t.Parallel()
	months := *simMonths
	if testing.Short() {
		months = min(months, 15)
	}
	seeds := (months + monthsOfASeed - 1) / monthsOfASeed
	var mu sync.Mutex
	total := map[string]int{}
	var group sync.WaitGroup
	queue := make(chan uint64)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for seed := range queue {
				count := simulateShop(t, seed)
				mu.Lock()
				for what, n := range count {
					total[what] += n
				}
				mu.Unlock()
			}
		})
	}
	for i := range uint64(seeds) {
		queue <- *simSeed + i
	}
	close(queue)
	group.Wait()
	var told []string
	for _, what := range slices.Sorted(maps.Keys(total)) {
		told = append(told, fmt.Sprintf("%s %d", what, total[what]))
	}
	t.Logf("%d months of %d shops: %s", seeds*monthsOfASeed, seeds, strings.Join(told, ", "))
	if months < 60 {
		return // too few to see everything
	}
	for _, what := range slices.Concat(planted, []string{"held", "carried", "merged", "split", "changed", "reopened", "accepted", "matched by hand", "prior", "lapsed", "unmatched", "changed late"}) {
		if total[what] == 0 {
			t.Errorf("%s never happened", what)
		}
	}
}

// planted are the kinds that the world plants.
var planted = func() []string {
	var kinds []string
	for _, kind := range reconcile.SettlementKinds {
		if kind != reconcile.StatementGap && kind != reconcile.FeeInvoiceMismatch && kind != reconcile.RollforwardUnexplained {
			kinds = append(kinds, string(kind))
		}
	}
	return kinds
}()

// shop is what the shop's side keeps of the world.
type shop struct {
	t        *testing.T
	w        *world
	seed     uint64
	today    pay.Day
	now      time.Time
	books    settle.Books
	known    map[string]settle.Known
	rowMoves map[string][]settle.Movement // by mid
	matches  map[string]settle.Match
	dropped  map[string][]settle.Movement
	decided  map[string]standing
	read     int // moments of rows that were read
	events   []moment
	opening  map[string]map[pay.Method]int64
	closings map[string]int64 // mid and month: as it was locked
	count    map[string]int
	tariff   settle.Tariff
}

type standing struct {
	settle.Decision
	mid string
}

type moment struct {
	day pay.Day
	row *tossRow
}

func simulateShop(t *testing.T, seed uint64) map[string]int {
	const first, last settle.Month = "2026-03", "2026-05"
	w := newWorld(seed, first, last)
	s := &shop{
		t: t, w: w, seed: seed, books: settle.Books{First: first}, known: map[string]settle.Known{}, rowMoves: map[string][]settle.Movement{},
		matches: map[string]settle.Match{}, dropped: map[string][]settle.Movement{}, decided: map[string]standing{},
		closings: map[string]int64{}, opening: map[string]map[pay.Method]int64{}, count: w.count,
		tariff: settle.Tariff{{Method: pay.Card, Rate: 21_000_000}, {Method: pay.Transfer, Rate: 18_000_000},
			{Method: pay.VirtualAccount, Fixed: fixedVA}, {Method: pay.Phone, Rate: 40_000_000}},
	}
	for _, row := range w.rows {
		for _, day := range row.moments() {
			s.events = append(s.events, moment{day, row})
		}
	}
	slices.SortStableFunc(s.events, func(a, b moment) int { return cmp.Compare(a.day, b.day) })
	for month := first; month <= last; month = month.Next() {
		for _, dom := range []int{3, 8} { // provisional looks
			s.look(month, month.Next().First().Add(dom-1))
		}
		s.look(month, month.Next().First().Add(11))
		s.decide()
		s.look(month, s.today)
		s.lock(month)
		if w.chance(30) {
			s.reopen(month)
		}
	}
	return s.count
}

func (s *shop) errorf(format string, values ...any) {
	s.t.Errorf("seed %d, %s: %s", s.seed, s.today, fmt.Sprintf(format, values...))
}

// look reads up to a day and compares everything.
func (s *shop) look(month settle.Month, today pay.Day) {
	s.today, s.now = today, s.now.Add(time.Second)
	if at := today.Start().Add(8 * time.Hour); at.After(s.now) {
		s.now = at
	}
	s.readRows()
	v := s.view()
	s.remember(v)
	v = s.view()
	s.compareBreaks(v)
	for _, mid := range s.w.mids {
		s.compareMonth(v, mid, month)
	}
}

// readRows takes the rows that the list shows new or changed.
func (s *shop) readRows() {
	for ; s.read < len(s.events) && s.events[s.read].day <= s.today; s.read++ {
		event := s.events[s.read]
		row, at := event.row, event.day.Start().Add(7*time.Hour+30*time.Minute)
		key := row.MID + " " + row.TransactionKey
		before := s.known[key]
		seen := row.shows(event.day)
		whole := map[settle.Window]bool{{By: pay.BySold, Day: row.SoldDate}: true}
		for _, r := range seen {
			whole[settle.Window{By: pay.ByPaidOut, Day: r.PaidOutDate}] = true
		}
		after, change := settle.Arrive(before, seen, whole, at)
		s.known[key] = after
		if change == settle.Unchanged {
			continue
		}
		moves := s.rowMoves[row.MID]
		for _, r := range before.Current() {
			moves = append(moves, settle.MoveOfRow(r).Undone(at))
		}
		for _, r := range after.Current() {
			r.Recorded = at
			moves = append(moves, settle.MoveOfRow(r))
		}
		s.rowMoves[row.MID] = moves
	}
}

// view is what the shop sees on a day.
type view struct {
	rows    map[string][]settle.Row // by mid
	parts   map[string][]settle.Part
	payouts map[string][]settle.Payout
	placed  settle.Placed
	look    settle.Look
	found   []reconcile.Finding
}

func (s *shop) view() view {
	v := view{rows: map[string][]settle.Row{}, parts: map[string][]settle.Part{}, payouts: map[string][]settle.Payout{}}
	for _, key := range slices.Sorted(maps.Keys(s.known)) {
		for _, r := range s.known[key].Current() {
			v.rows[r.MID] = append(v.rows[r.MID], r)
		}
	}
	var all []settle.Payout
	for _, mid := range s.w.mids {
		var fold settle.Fold
		for _, r := range v.rows[mid] {
			fold.Add(r)
		}
		v.parts[mid] = fold.Parts()
		v.payouts[mid] = settle.Payouts(v.parts[mid])
		all = append(all, v.payouts[mid]...)
	}
	everything := settle.Days{{From: "2020-01-01", To: s.today}}
	v.look = settle.Look{Today: s.today, Books: s.books, Passbook: map[string]settle.Days{"main": everything}, Rows: map[string]settle.Days{}}
	for _, mid := range s.w.mids {
		v.look.Rows[mid] = settle.Days{{From: "2020-01-01", To: s.today.Add(7)}}
	}
	d := settle.Deposits{Payouts: all, Accounts: []settle.Account{{Name: "main", MIDs: s.w.mids, Words: true}}}
	for _, line := range s.w.lines {
		if line.Day <= s.today {
			d.Lines = append(d.Lines, line.Line)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s.matches)) {
		d.Given = append(d.Given, s.matches[key])
	}
	v.placed = settle.Place(d, v.look)
	s.find(&v)
	return v
}

func matchKey(m settle.Match) string { return fmt.Sprint(m.Lines, m.Paid) }

// remember keeps the matches that are new.
func (s *shop) remember(v view) {
	for _, m := range v.placed.Matches {
		if key := matchKey(m); s.matches[key].Recorded.IsZero() {
			m.Recorded = s.now
			s.matches[key] = m
		}
	}
}

// find runs every check of rows, fees, payouts and deposits.
func (s *shop) find(v *view) {
	rules := settle.Rules{Cycle: map[pay.Method]settle.Cycle{pay.Transfer: settle.Weekly, pay.Phone: settle.Monthly},
		LateBankDays: map[pay.Method]int{pay.Phone: 30}}
	reading := settle.Reading{Today: s.today, Books: s.books, Transactions: settle.Days{{From: "2020-01-01", To: s.today.Add(-1)}}, Rows: settle.Days{{From: "2020-01-01", To: s.today.Add(-1)}}}
	byPayment := map[string][]settle.Row{}
	var fees settle.FeeGroups
	var moved settle.Reschedules
	came := map[settle.PayoutKey]bool{}
	byHand := map[settle.PayoutKey]bool{}
	for _, m := range s.matches {
		for _, key := range m.Payouts {
			byHand[key] = m.By != ""
		}
	}
	for _, p := range v.placed.Payouts {
		if len(p.Lines) > 0 && !byHand[p.PayoutKey] {
			for _, key := range p.Covers() {
				came[key] = true
			}
		}
	}
	for _, mid := range s.w.mids {
		for _, r := range v.rows[mid] {
			byPayment[r.PaymentKey] = append(byPayment[r.PaymentKey], r)
			if u, off := s.tariff.Judge(r); off && r.Copy == 0 {
				fees.Add(u)
			}
		}
	}
	for _, row := range s.w.rows {
		if row.movedOn != "" && row.movedOn <= s.today {
			moved.Add(settle.Moved{From: settle.PayoutKey{MID: row.p.mid, Day: row.movedFrom, Currency: pay.KRW}, To: row.PaidOutDate, PaidOut: row.PayOutAmount}, came[row.PayoutKey()])
		}
	}
	for _, p := range s.w.payments {
		payment := settle.Payment{Transactions: s.transactions(p), Rows: byPayment[p.key]}
		v.found = append(v.found, settle.Check(payment, rules, reading)...)
		delete(byPayment, p.key)
	}
	for _, rows := range byPayment {
		v.found = append(v.found, settle.Check(settle.Payment{Rows: rows}, rules, reading)...)
	}
	v.found = slices.Concat(v.found, fees.Findings(), moved.Findings(), v.placed.Findings(v.look))
}

// transactions are those of a payment that the shop has read.
func (s *shop) transactions(p *payment) []settle.Transaction {
	var txs []settle.Transaction
	for _, tx := range p.txs {
		if pay.DayOf(tx.At) < s.today {
			txs = append(txs, tx)
		}
	}
	return txs
}

// compareBreaks: what is found is what was planted, no more and no less.
func (s *shop) compareBreaks(v view) {
	name := func(mid string, kind reconcile.Kind, subject string) string {
		return fmt.Sprint(mid, " ", kind, " ", subject)
	}
	want, got := map[string]bool{}, map[string]bool{}
	for _, h := range s.w.wounds {
		if h.from <= s.today && s.today < h.until {
			want[name(h.mid, h.kind, h.subject)] = true
		}
	}
	for _, f := range v.found {
		if got[name(f.MID, f.Kind, f.Subject)] {
			s.errorf("%s is named twice", name(f.MID, f.Kind, f.Subject))
		}
		got[name(f.MID, f.Kind, f.Subject)] = true
	}
	for what := range want {
		if !got[what] {
			s.errorf("planted and not found: %s", what)
		}
	}
	for what := range got {
		if !want[what] {
			s.errorf("found and not planted: %s", what)
		}
	}
}
