package jobs_test

import (
	"container/heap"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"daesa/internal/racing"
	"daesa/internal/seal"
	"daesa/jobs"
	"daesa/pay"
	"daesa/refunds"
)

var dayPayments = flag.Int("capture.payments", 1000, "virtual-account payments of the simulated day; 20,000 are a whole one")

// windowed is a virtual account of the simulated day.
type windowed struct {
	key            string
	opened, issued time.Time
}

// row is the key of the list's row: they ascend as the rows do.
func (w windowed) row() string { return "t-" + w.key[len(w.key)-5:] }

func (w windowed) closes() time.Time { return w.opened.Add(refunds.AccountShown) }

// pretendDay is a provider with a day's payments, a pace and outages, on a clock
// that goes on only by its calls and by sleeping.
type pretendDay struct {
	now      time.Time
	payments []windowed // by issue
	byKey    map[string]windowed
	outages  []time.Time // each ten minutes
	step     time.Duration
	slot     map[string]time.Time
	told     map[string]time.Time // when the list told of a payment first
	bad      []pay.BadRow         // of every list
	calls    int
}

const (
	outageTime = 10 * time.Minute
	callTime   = 50 * time.Millisecond
)

func (d *pretendDay) away(at time.Time) bool {
	return slices.ContainsFunc(d.outages, func(from time.Time) bool { return !at.Before(from) && at.Before(from.Add(outageTime)) })
}

// call waits for the pace, and then for the answer.
func (d *pretendDay) call(api string) error {
	d.now = pay.Latest(d.now, d.slot[api])
	d.slot[api] = d.now.Add(d.step)
	d.calls++
	if d.away(d.now) {
		d.now = d.now.Add(callTime)
		return &pay.Failure{Kind: pay.FailureNoAnswer, Message: "outage"}
	}
	return nil
}

func (d *pretendDay) Payment(_ context.Context, key string) (pay.Payment, pay.Evidence, error) {
	if err := d.call("payment"); err != nil {
		return pay.Payment{}, pay.Evidence{}, err
	}
	w, at := d.byKey[key], d.now
	d.now = d.now.Add(callTime)
	p := pay.Payment{MID: mid, PaymentKey: key, OrderID: "order-" + key, Status: pay.WaitingForDeposit, Method: pay.VirtualAccount,
		Currency: pay.KRW, TotalAmount: 1000, BalanceAmount: 1000, RequestedAt: w.opened, Account: &pay.VirtualAccountState{}}
	if at.Before(w.closes()) {
		p.Account.RefundAccount = &pay.RefundAccount{Bank: "88", Number: pay.Private("110" + key[len(key)-12:]), Holder: "김토스"}
	}
	return p, pay.Evidence{API: "payment", About: key, Body: []byte("{}"), FetchedAt: at}, nil
}

func (d *pretendDay) PaymentByOrder(context.Context, string) (pay.Payment, pay.Evidence, error) {
	return pay.Payment{}, pay.Evidence{}, errors.New("no order is known without its payment")
}

func (d *pretendDay) Transactions(_ context.Context, from, to time.Time, after string) (pay.TransactionPage, error) {
	if err := d.call("transactions"); err != nil {
		return pay.TransactionPage{}, err
	}
	at := d.now
	d.now = d.now.Add(callTime)
	var rows []pay.Transaction
	first := sort.Search(len(d.payments), func(i int) bool { return !d.payments[i].issued.Before(from) })
	for _, w := range d.payments[first:] {
		if !w.issued.Before(to) || w.issued.After(at) {
			break
		}
		if after >= w.row() {
			continue
		}
		if d.told[w.key].IsZero() {
			d.told[w.key] = d.now
		}
		rows = append(rows, pay.Transaction{MID: mid, PaymentKey: w.key, OrderID: "order-" + w.key, Method: pay.VirtualAccount,
			TransactionKey: w.row(), Status: pay.WaitingForDeposit, At: w.issued, Currency: pay.KRW, Amount: 1000})
	}
	page := pay.TransactionPage{Rows: rows, Evidence: pay.Evidence{API: "transactions", Body: []byte("[]"), FetchedAt: at}}
	if after == "" {
		page.Bad = d.bad
	}
	if len(rows) > 0 {
		page.Next = rows[len(rows)-1].TransactionKey
	}
	return page, nil
}

// newDay draws a day of 20,000 payments at a hundred look-ups a minute, or as
// much of one as there are payments: with a peak of three times the mean towards
// its end, and an outage in the middle of each quarter and in the peak.
func newDay(seed uint64, payments int) *pretendDay {
	r := rand.New(rand.NewPCG(seed, 1))
	begin, span := last.Start(), 23*time.Hour*time.Duration(payments)/20_000
	d := &pretendDay{now: begin, step: time.Minute / 100 * 102 / 100}
	for quarter := range 4 {
		if at := span * time.Duration(2*quarter+1) / 8; quarter == 3 || span > 8*time.Hour {
			d.outages = append(d.outages, begin.Add(at))
		}
	}
	for len(d.payments) < payments {
		at := time.Duration(r.Int64N(int64(span)))
		if peak := at > span*4/5; peak || r.IntN(3) == 0 {
			d.issue(r, begin.Add(at))
		}
	}
	return d.named()
}

// newCrowd draws an hour in which half as many buyers again come as can be
// looked at, and an outage in the middle.
func newCrowd(seed uint64, payments int) *pretendDay {
	r := rand.New(rand.NewPCG(seed, 1))
	begin := last.Start()
	d := &pretendDay{now: begin, step: time.Hour / time.Duration(payments) * 3 / 2, outages: []time.Time{begin.Add(30 * time.Minute)}}
	for range payments {
		d.issue(r, begin.Add(time.Duration(r.Int64N(int64(time.Hour)))))
	}
	return d.named()
}

// issue adds a payment whose window was opened up to 25 minutes before.
func (d *pretendDay) issue(r *rand.Rand, issued time.Time) {
	opened := issued.Add(-time.Duration(r.Int64N(int64(25 * time.Minute)))).Truncate(time.Second)
	d.payments = append(d.payments, windowed{opened: opened, issued: issued.Truncate(time.Microsecond)})
}

// named sorts the payments and gives them keys as Toss's are.
func (d *pretendDay) named() *pretendDay {
	d.byKey, d.slot, d.told = map[string]windowed{}, map[string]time.Time{}, map[string]time.Time{}
	slices.SortFunc(d.payments, func(a, b windowed) int { return a.issued.Compare(b.issued) })
	for i := range d.payments {
		d.payments[i].key = fmt.Sprintf("tgen_%s%05d", d.payments[i].opened.In(pay.Seoul).Format("20060102150405"), i)
		d.byKey[d.payments[i].key] = d.payments[i]
	}
	return d
}

// urgent orders payments by the close of their windows.
type urgent []windowed

func (u urgent) Len() int           { return len(u) }
func (u urgent) Less(i, j int) bool { return u[i].closes().Before(u[j].closes()) }
func (u urgent) Swap(i, j int)      { u[i], u[j] = u[j], u[i] }
func (u *urgent) Push(x any)        { *u = append(*u, x.(windowed)) }
func (u *urgent) Pop() any {
	last := (*u)[len(*u)-1]
	*u = (*u)[:len(*u)-1]
	return last
}

// possible is the most that any schedule of look-ups could have captured that
// knows each payment from a time on: at every slot of the pace outside of
// outages it looks at the open window that closes first. Each look takes one
// slot, and each payment is open for one stretch of them, so that this greedy
// matching is the greatest (Glover, 1967).
func (d *pretendDay) possible(known func(windowed) time.Time) int {
	payments := slices.SortedFunc(slices.Values(d.payments), func(a, b windowed) int { return known(a).Compare(known(b)) })
	open, captured, next := &urgent{}, 0, 0
	for at := d.payments[0].issued; next < len(payments) || open.Len() > 0; at = at.Add(d.step) {
		for next < len(payments) && !known(payments[next]).After(at) {
			heap.Push(open, payments[next])
			next++
		}
		for open.Len() > 0 && !at.Before((*open)[0].closes()) {
			heap.Pop(open)
		}
		if open.Len() > 0 && !d.away(at) {
			heap.Pop(open)
			captured++
		}
	}
	return captured
}

// whenIssued is for one who knows everything at once; whenTold for one who
// learns from the same list, as often.
func whenIssued(w windowed) time.Time { return w.issued }

func (d *pretendDay) whenTold(w windowed) time.Time {
	if told := d.told[w.key]; !told.IsZero() {
		return told
	}
	return w.closes()
}

// play captures through the day, and gives what was captured and missed.
func (d *pretendDay) play(t *testing.T, passed func(jobs.CaptureSummary)) refunds.CaptureFigures {
	t.Helper()
	db := openDB(t, "sqlite:"+filepath.Join(t.TempDir(), "daesa.db"))
	keyset, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	ring, err := seal.NewRing(func() ([]byte, error) { return keyset, nil })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	end := d.payments[len(d.payments)-1].issued.Add(2 * refunds.AccountShown)
	capture := &jobs.Capture{
		Merchants: []jobs.CaptureMerchant{{MID: mid, Provider: d, Concurrency: 1}}, Queue: db, Sealer: ring, Actor: "capture",
		Clock: func() time.Time { return d.now },
		Sleep: func(ctx context.Context, pause time.Duration) error {
			if d.now = d.now.Add(pause); d.now.After(end) {
				cancel()
			}
			return ctx.Err()
		},
	}
	if err := capture.Watch(ctx, 5*time.Second, passed); err != nil {
		t.Fatal(err)
	}
	figures, err := db.Captures(t.Context(), mid, last.Start().Add(-time.Hour), end)
	if err != nil {
		t.Fatal(err)
	}
	return figures
}

// alone passes over what no race detector needs to see.
func alone(t *testing.T) {
	t.Helper()
	racing.Skip(t, "one goroutine at a time")
}

// A day with outages at the pace of the contract: what any schedule could have
// captured is captured.
func TestADayOfVirtualAccounts(t *testing.T) {
	alone(t)
	t.Parallel()
	d := newDay(7, *dayPayments)
	got := d.play(t, func(jobs.CaptureSummary) {})
	possible, clairvoyant := d.possible(d.whenTold), d.possible(whenIssued)
	t.Logf("%d payments: captured %d, missed %d %v, possible %d (%d for one who knows each the moment it is issued); %d calls; minutes left p50 %.0f, p95 %.0f",
		len(d.payments), got.Captured, got.Missed, got.Reasons, possible, clairvoyant, d.calls, got.P(50).Minutes(), got.P(95).Minutes())
	if got.Captured < possible {
		t.Errorf("captured %d, and %d were possible", got.Captured, possible)
	}
	if short := clairvoyant - got.Captured; short*100 > clairvoyant {
		t.Errorf("captured %d, and %d were possible for one who knows everything at once", got.Captured, clairvoyant)
	}
	if got.Captured+got.Missed != len(d.payments) {
		t.Errorf("%d and %d are not the %d payments", got.Captured, got.Missed, len(d.payments))
	}
}

// When more come than can be looked at, some are missed, whatever the schedule:
// the one that is played loses nearly nothing against one that knows everything.
func TestAnHourThatIsTooMuch(t *testing.T) {
	alone(t)
	t.Parallel()
	d := newCrowd(11, 1500)
	got := d.play(t, func(jobs.CaptureSummary) {})
	possible := d.possible(whenIssued)
	t.Logf("%d payments: captured %d, missed %d %v, possible %d", len(d.payments), got.Captured, got.Missed, got.Reasons, possible)
	if possible == len(d.payments) {
		t.Fatal("everything could have been captured, so that this shows nothing")
	}
	if short := possible - got.Captured; short*100 > possible {
		t.Errorf("captured %d, and %d were possible", got.Captured, possible)
	}
}

// One row of the list that cannot be read hid every virtual account behind it.
func TestABadRowOfTheListLosesNoVirtualAccount(t *testing.T) {
	t.Parallel()
	d := &pretendDay{now: last.Start(), step: time.Second, bad: []pay.BadRow{{Key: "t-bad", Err: errors.New("row 4: transactionAt is missing")}}}
	r := rand.New(rand.NewPCG(1, 1))
	for minute := range 5 {
		d.issue(r, d.now.Add(time.Duration(minute)*time.Minute))
	}
	said := false
	figures := d.named().play(t, func(s jobs.CaptureSummary) {
		said = said || slices.ContainsFunc(s.Gaps, func(g jobs.CaptureGap) bool {
			return g.Kind == pay.FailureUnreadable && strings.Contains(g.Text, `"t-bad"`)
		})
	})
	if figures.Captured != 5 || figures.Missed != 0 || !said {
		t.Errorf("%+v; the row was named: %t", figures, said)
	}
}
