package jobs_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"daesa/internal/seal"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/sandbox"
	"daesa/toss"
)

const (
	buyersNumber = "110123457270"
	otherMID     = "tossother"
)

// booth is a world whose virtual accounts are captured, on a clock that stands
// still but for what moves it.
type booth struct {
	*world
	noon    time.Time
	sealer  refunds.Sealer
	capture *jobs.Capture

	mu  sync.Mutex
	now time.Time
}

func newBooth(t *testing.T) *booth {
	t.Helper()
	noon := last.Start().Add(12 * time.Hour)
	b := &booth{world: newWorld(t, worldOptions{}), noon: noon, now: noon}
	b.toss.SetClock(b.now)
	keyset, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	if b.sealer, err = seal.NewRing(func() ([]byte, error) { return keyset, nil }); err != nil {
		t.Fatal(err)
	}
	b.capture = b.process(jobs.CaptureMerchant{MID: mid, Provider: provider{b.client}, Concurrency: 2})
	return b
}

// process is a capture as another process would run it.
func (b *booth) process(merchants ...jobs.CaptureMerchant) *jobs.Capture {
	return &jobs.Capture{Merchants: merchants, Queue: b.db, Sealer: b.sealer, Actor: "capture", Clock: b.clock,
		Sleep: func(ctx context.Context, d time.Duration) error {
			b.at(b.clock().Add(d))
			return ctx.Err()
		}}
}

func (b *booth) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *booth) at(now time.Time) {
	b.mu.Lock()
	b.now = now
	b.mu.Unlock()
	b.toss.SetClock(now)
}

// after sets the clock to a time after noon.
func (b *booth) after(d time.Duration) { b.at(b.noon.Add(d)) }

// pays opens a payment window now, and issues a virtual account in it.
func (b *booth) pays(orderID string, change ...func(*sandbox.NewPayment)) *sandbox.Payment {
	b.t.Helper()
	n := sandbox.NewPayment{OrderID: orderID, Method: sandbox.VirtualAccount, Amount: 10_000, RequestedAt: b.clock(),
		RefundAccount: &sandbox.Account{Bank: "88", Number: buyersNumber, Holder: "김토스"}}
	for _, each := range change {
		each(&n)
	}
	made, err := b.toss.Pay(n)
	if err != nil {
		b.t.Fatal(err)
	}
	return made
}

func withoutAccount(n *sandbox.NewPayment) { n.RefundAccount = nil }

// orders brings virtual-account orders of the shop, made now and not paid.
func (b *booth) orders(ids ...string) {
	b.t.Helper()
	rows := ""
	for _, id := range ids {
		rows += fmt.Sprintf("%s,,virtual_account,pending,10000,%s,\n", id, b.clock().In(pay.Seoul).Format("2006-01-02 15:04:05"))
	}
	b.importText(b.t.TempDir()+"/orders.csv", "order_id,payment_key,method,status,amount,ordered_at,paid_at\n"+rows, b.clock())
}

func (b *booth) run() jobs.CaptureSummary {
	b.t.Helper()
	summary, err := b.capture.Run(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return summary
}

// stands gives the state of an order's capture, and why it ended.
func (b *booth) stands(mid, orderID string) string {
	b.t.Helper()
	rows, err := b.db.Accounts(b.t.Context(), mid, orderID)
	if err != nil || len(rows) > 1 {
		b.t.Fatalf("%s: %+v, %v", orderID, rows, err)
	}
	switch {
	case len(rows) == 0:
		return "none"
	case rows[0].Why == "":
		return rows[0].State
	default:
		return rows[0].State + " " + rows[0].Why
	}
}

func (b *booth) expect(want map[string]string) {
	b.t.Helper()
	got := map[string]string{}
	for orderID := range want {
		got[orderID] = b.stands(mid, orderID)
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		b.t.Error(diff)
	}
}

// opened gives the number of the account that is stored for a payment; "" where
// none is.
func (b *booth) opened(p *sandbox.Payment) string {
	b.t.Helper()
	stored, err := b.db.Account(b.t.Context(), mid, p.Key)
	if err != nil {
		b.t.Fatal(err)
	}
	if stored == nil {
		return ""
	}
	account, err := refunds.OpenAccount(b.sealer, stored.Sealed, refunds.AccountPlace(mid, p.OrderID, stored.Print))
	if err != nil {
		b.t.Fatal(err)
	}
	return account.Number.Reveal()
}

// around is a provider to whose look-ups something happens.
type around struct {
	provider
	before func(about string) error
	after  func(*pay.Payment)
}

func (a around) Payment(ctx context.Context, key string) (pay.Payment, pay.Evidence, error) {
	return a.look(key, func() (pay.Payment, pay.Evidence, error) { return a.provider.Payment(ctx, key) })
}

func (a around) PaymentByOrder(ctx context.Context, id string) (pay.Payment, pay.Evidence, error) {
	return a.look(id, func() (pay.Payment, pay.Evidence, error) { return a.provider.PaymentByOrder(ctx, id) })
}

func (a around) look(about string, ask func() (pay.Payment, pay.Evidence, error)) (pay.Payment, pay.Evidence, error) {
	if a.before != nil {
		if err := a.before(about); err != nil {
			return pay.Payment{}, pay.Evidence{}, err
		}
	}
	p, page, err := ask()
	if a.after != nil && err == nil {
		a.after(&p)
	}
	return p, page, err
}

// An account is there to be seen for less than thirty minutes.
func TestTheWindowClosesAtThirtyMinutes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		after time.Duration
		want  string
	}{
		"at once":            {0, "captured"},
		"at 29:59":           {29*time.Minute + 59*time.Second, "captured"},
		"at 30:00":           {30 * time.Minute, "missed too_late"},
		"at 30:01":           {30*time.Minute + time.Second, "missed too_late"},
		"and never too late": {32 * time.Minute, "none"}, // the list does not reach back to it
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooth(t)
			made := b.pays("V-1")
			b.after(test.after)
			b.run()
			b.expect(map[string]string{"V-1": test.want})
			want := ""
			if test.want == "captured" {
				want = buyersNumber
			}
			if got := b.opened(made); got != want {
				t.Errorf("the account kept is %q, expected %q", got, want)
			}
		})
	}
}

// Toss is away for ten minutes, and answers again before the window closes.
func TestAnOutageInTheMiddleLosesNothing(t *testing.T) {
	t.Parallel()
	b := newBooth(t)
	b.orders("V-1", "V-2")
	made := b.pays("V-1")
	b.toss.SetFaults(sandbox.Faults{FailBefore: 1})
	for minute := range 10 {
		b.after(time.Duration(minute) * time.Minute)
		if summary := b.run(); summary.Away != (minute > 1) || len(summary.Gaps) == 0 || summary.Captured+summary.Missed > 0 {
			t.Fatalf("in the outage: %+v", summary)
		}
	}
	b.pays("V-2")
	b.after(29 * time.Minute)
	b.toss.SetFaults(sandbox.Faults{})
	if summary := b.run(); summary.Captured != 2 || len(summary.Gaps) > 0 {
		t.Errorf("after the outage: %+v", summary)
	}
	b.expect(map[string]string{"V-1": "captured", "V-2": "captured"})
	if got := b.opened(made); got != buyersNumber {
		t.Errorf("the account kept is %q", got)
	}
}

// Toss is away until the window has closed: that is said to be why.
func TestAnOutageToTheEndIsUnreachable(t *testing.T) {
	t.Parallel()
	b := newBooth(t)
	b.orders("V-1")
	b.pays("V-1")
	b.toss.SetFaults(sandbox.Faults{FailBefore: 1})
	b.after(time.Minute)
	b.run()
	b.toss.SetFaults(sandbox.Faults{})
	b.after(30 * time.Minute)
	b.run()
	b.expect(map[string]string{"V-1": "missed unreachable"})
}

// The buyer gave no account, or gives it late: it is looked at a few times, the
// last time shortly before the end.
func TestAnAccountThatIsNotShown(t *testing.T) {
	t.Parallel()
	b := newBooth(t)
	b.pays("V-1", withoutAccount)
	for minute := 0.0; minute <= 31; minute += 0.25 {
		b.after(time.Duration(minute * float64(time.Minute)))
		b.run()
	}
	b.expect(map[string]string{"V-1": "missed not_shown"})
	if calls := b.toss.Calls()["payment"]; calls < 5 || calls > 9 {
		t.Errorf("looked at it %d times", calls)
	}
}

// After the window the payment shows null, to an event's look-up as to any other.
func TestANullTakesNoAccountAway(t *testing.T) {
	t.Parallel()
	b := newBooth(t)
	made := b.pays("V-1")
	b.run()
	before, err := b.db.Account(t.Context(), mid, made.Key)
	if err != nil || before == nil {
		t.Fatal(before, err)
	}
	b.after(31 * time.Minute)
	b.see(made)
	b.run()
	after, err := b.db.Account(t.Context(), mid, made.Key)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(before, after); diff != "" {
		t.Errorf("the account has changed: %s", diff)
	}
	b.expect(map[string]string{"V-1": "captured"})
}

// see looks a payment up as an event does, and hands it on.
func (b *booth) see(p *sandbox.Payment) {
	b.t.Helper()
	payment, page, err := b.client.Payment(b.t.Context(), p.Key)
	if err != nil {
		b.t.Fatal(err)
	}
	payment.MID = mid
	if err := b.capture.See(b.t.Context(), payment, page, refunds.FromWebhook); err != nil {
		b.t.Fatal(err)
	}
}

// What an event's look-up shows is captured with it, and not looked at again.
func TestAnEventCapturesAtOnce(t *testing.T) {
	t.Parallel()
	b := newBooth(t)
	made := b.pays("V-1")
	bare := b.pays("V-2", withoutAccount)
	card := b.pays("C-1", func(n *sandbox.NewPayment) { n.Method = sandbox.Card })
	for _, p := range []*sandbox.Payment{made, bare, card} {
		b.see(p)
	}
	b.expect(map[string]string{"V-1": "captured", "V-2": "waiting", "C-1": "none"})
	if got := b.opened(made); got != buyersNumber {
		t.Errorf("the account kept is %q", got)
	}
	looks := b.toss.Calls()["payment"]
	if summary := b.run(); summary.New != 0 || b.toss.Calls()["payment"] != looks {
		t.Errorf("looked again: %+v", summary)
	}
}

// What a customer gave is not looked for, and stays.
func TestAnAccountThatWasGivenStays(t *testing.T) {
	t.Parallel()
	b := newBooth(t)
	made := b.pays("V-1")
	p := pay.Payment{MID: mid, PaymentKey: made.Key, OrderID: made.OrderID}
	given, err := refunds.NewStoredAccount(b.sealer, p, pay.RefundAccount{Bank: "06", Number: "999888777666", Holder: "이토스"}, "imported", "lee", b.clock())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.db.SaveAccounts(t.Context(), []refunds.StoredAccount{given}); err != nil {
		t.Fatal(err)
	}
	b.after(time.Minute)
	b.run()
	if got := b.opened(made); got != "999888777666" {
		t.Errorf("the account kept is %q", got)
	}
	if calls := b.toss.Calls()["payment"]; calls != 0 {
		t.Errorf("%d look-ups for what is known", calls)
	}
	b.see(made)
	if got := b.opened(made); got != "999888777666" {
		t.Errorf("after an event the account kept is %q", got)
	}
	b.expect(map[string]string{"V-1": "given"})
}

// Money that is sent to the virtual account itself would come back or be lost.
func TestTheVirtualAccountsOwnNumberIsRefused(t *testing.T) {
	t.Parallel()
	b := newBooth(t)
	b.capture.Merchants[0].Provider = around{provider: provider{b.client}, after: func(p *pay.Payment) { p.Account.AccountNumber = buyersNumber }}
	made := b.pays("V-1")
	b.run()
	b.expect(map[string]string{"V-1": "waiting"}) // it may be mended until the window closes
	b.after(29*time.Minute + 50*time.Second)
	b.run()
	b.expect(map[string]string{"V-1": "missed unusable"})
	if got := b.opened(made); got != "" {
		t.Errorf("the account kept is %q", got)
	}
}

// Two processes with some workers each look at every payment once.
func TestTwoProcessesShareTheWork(t *testing.T) {
	t.Parallel()
	b := newBooth(t)
	for i := range 40 {
		b.pays(fmt.Sprint("V-", i))
	}
	var group sync.WaitGroup
	for range 2 {
		other := b.process(jobs.CaptureMerchant{MID: mid, Provider: provider{b.client}, Concurrency: 3})
		group.Go(func() {
			if _, err := other.Run(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	figures, err := b.db.Captures(t.Context(), mid, b.noon, b.noon.Add(time.Hour))
	if err != nil || figures.Captured != 40 {
		t.Errorf("%+v, %v", figures, err)
	}
	if calls := b.toss.Calls()["payment"]; calls != 40 {
		t.Errorf("%d look-ups for 40 payments", calls)
	}
}

// In mode lookup only the shop's orders tell of payments.
func TestModeLookUpNeedsNoList(t *testing.T) {
	t.Parallel()
	b := newBooth(t)
	b.capture.Merchants[0].LookUpAll = true
	b.orders("V-1", "V-2", "CART")
	opens := b.clock()
	b.pays("V-1")
	for minute := 1; minute <= 31; minute++ {
		b.after(time.Duration(minute) * time.Minute)
		if minute == 29 { // this buyer took his time
			b.pays("V-2", func(n *sandbox.NewPayment) { n.RequestedAt = opens })
		}
		b.run()
		b.after(time.Duration(minute)*time.Minute + 50*time.Second)
		b.run()
	}
	b.expect(map[string]string{"V-1": "captured", "V-2": "captured", "CART": "none"})
	if calls := b.toss.Calls(); calls["transactions"] != 0 || calls["order"] > 25 {
		t.Errorf("%d pages of the list, %d look-ups by order", calls["transactions"], calls["order"])
	}
}

// other is a second merchant behind another key.
func (b *booth) other(key string) (*sandbox.Sandbox, *toss.Client) {
	b.t.Helper()
	s := sandbox.New(sandbox.Options{MID: otherMID, Now: time.Now, Freeze: true})
	s.SetClock(b.clock())
	server := httptest.NewServer(s.Handler())
	b.t.Cleanup(server.Close)
	client, err := toss.New(toss.Options{BaseURL: server.URL, MID: otherMID, SecretKey: func() string { return key }, Now: time.Now,
		Sleep: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		b.t.Fatal(err)
	}
	return s, client
}

// A merchant whose key is not accepted is a gap; it is asked about once in a
// pass, and the others go on.
func TestAMerchantThatCannotBeAskedIsAGap(t *testing.T) {
	t.Parallel()
	b := newBooth(t)
	_, client := b.other("test_sk_wrong")
	looks := 0
	locked := around{provider: provider{client}, before: func(string) error { looks++; return nil }}
	b.capture = b.process(jobs.CaptureMerchant{MID: mid, Provider: provider{b.client}}, jobs.CaptureMerchant{MID: otherMID, Provider: locked})
	b.pays("V-1")
	for _, id := range []string{"1", "2"} {
		watch := refunds.Watch{MID: otherMID, OrderID: "O-" + id, PaymentKey: "pay-" + id, Source: refunds.FromWebhook, Opened: b.clock(), FirstKnown: b.clock()}
		if _, err := b.db.Watch(t.Context(), []refunds.Watch{watch}); err != nil {
			t.Fatal(err)
		}
	}
	summary := b.run()
	if summary.Captured != 1 || len(summary.Gaps) != 2 || summary.Away {
		t.Errorf("%+v", summary)
	}
	if looks != 1 {
		t.Errorf("%d look-ups with a key that is not accepted", looks)
	}
	if got := b.stands(otherMID, "O-1"); got != "waiting" {
		t.Errorf("the other's is %s", got)
	}
}

// A payment that Toss cannot show is not taken for an outage: it costs little,
// and what is well is captured beside it.
func TestAPaymentThatCannotBeShown(t *testing.T) {
	t.Parallel()
	b := newBooth(t)
	bad := b.pays("V-1")
	looks := 0
	b.capture.Merchants[0].Concurrency = 1
	b.capture.Merchants[0].Provider = around{provider: provider{b.client}, before: func(about string) error {
		if about != bad.Key {
			return nil
		}
		looks++
		return &pay.Failure{Kind: pay.FailureTransient, API: "GET /v1/payments/{paymentKey}", About: about, HTTPStatus: 500}
	}}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	late := false
	err := b.capture.Watch(ctx, 5*time.Second, func(s jobs.CaptureSummary) {
		if s.Away {
			t.Errorf("at %s it is said that nobody is answered", b.clock().In(pay.Seoul))
		}
		if passed := b.clock().Sub(b.noon); passed > 40*time.Minute || t.Failed() {
			cancel()
		} else if passed > 20*time.Minute && !late {
			late = true
			b.pays("V-2")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	b.expect(map[string]string{"V-1": "missed unreachable", "V-2": "captured"})
	if looks > 75 {
		t.Errorf("%d look-ups in the half hour for one payment that cannot be shown", looks)
	}
}

// Who stops a capture takes nothing away that has been seen, and gives back
// what has not.
func TestBeingStoppedLosesNothing(t *testing.T) {
	t.Parallel()
	for name, answered := range map[string]bool{"when the answer is there": true, "before the answer": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooth(t)
			made := b.pays("V-1")
			ctx, cancel := context.WithCancel(t.Context())
			p := around{provider: provider{b.client}}
			if answered {
				p.after = func(*pay.Payment) { cancel() }
			} else {
				p.before = func(string) error { cancel(); return nil }
			}
			stopped := b.process(jobs.CaptureMerchant{MID: mid, Provider: p})
			if _, err := stopped.Run(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("ended with %v", err)
			}
			if got := b.opened(made); answered != (got == buyersNumber) {
				t.Errorf("the account kept is %q", got)
			}
			b.run() // at the same moment, by the next process
			b.expect(map[string]string{"V-1": "captured"})
		})
	}
}

// slowly makes every look take a while of the pretended clock.
func (b *booth) slowly(d time.Duration) jobs.Provider {
	return around{provider: provider{b.client}, before: func(string) error {
		b.at(b.clock().Add(d))
		return nil
	}}
}

// fills gives a merchant more to look at than it can in half an hour.
func (b *booth) fills() {
	for i := range 200 {
		b.pays(fmt.Sprint("V-", i))
	}
}

// One merchant's backlog does not keep another's new payments from being seen.
func TestNoMerchantWaitsForAnothersBacklog(t *testing.T) {
	t.Parallel()
	b := newBooth(t)
	s, client := b.other("test_sk_sandbox")
	b.fills()
	made := false
	busy := around{provider: b.slowly(20 * time.Second).(around).provider, before: func(string) error {
		b.at(b.clock().Add(20 * time.Second))
		s.SetClock(b.clock())
		if !made && b.clock().Sub(b.noon) > time.Minute {
			made = true
			_, err := s.Pay(sandbox.NewPayment{OrderID: "O-1", Method: sandbox.VirtualAccount, Amount: 1000, RequestedAt: b.clock(),
				RefundAccount: &sandbox.Account{Bank: "88", Number: buyersNumber, Holder: "김토스"}})
			return err
		}
		return nil
	}}
	b.capture = b.process(jobs.CaptureMerchant{MID: mid, Provider: busy}, jobs.CaptureMerchant{MID: otherMID, Provider: provider{client}})
	b.run()
	if got := b.stands(otherMID, "O-1"); got != "captured" {
		t.Errorf("the other merchant's is %s", got)
	}
}

// till is a source of orders: one more comes in the first minutes.
type till struct {
	b     *booth
	reads []time.Time
}

func (o *till) Refresh(context.Context, time.Time, time.Time) ([]reconcile.Gap, error) {
	now := o.b.clock()
	if len(o.reads) == 1 {
		o.b.orders("V-NEW")
		o.b.pays("V-NEW")
	}
	o.reads = append(o.reads, now)
	return []reconcile.Gap{{Side: "shop", What: "orders.query", Why: "half of it"}}, nil
}

// The shop's orders are read on while there is much to look at, and not at every
// turn.
func TestOrdersAreReadWhileThereIsABacklog(t *testing.T) {
	t.Parallel()
	b := newBooth(t)
	source := &till{b: b}
	b.capture = b.process(jobs.CaptureMerchant{MID: mid, Provider: b.slowly(10 * time.Second), LookUpAll: true})
	b.capture.Orders = source
	var ids []string
	for i := range 200 {
		ids = append(ids, fmt.Sprint("V-", i))
	}
	b.orders(ids...)
	b.fills()
	summary := b.run()
	b.expect(map[string]string{"V-NEW": "captured"})
	for i, at := range source.reads[1:] {
		if passed := at.Sub(source.reads[i]); passed < 15*time.Second || passed > time.Minute {
			t.Errorf("read again after %s", passed)
		}
	}
	if diff := gocmp.Diff([]string{"orders.query: half of it"}, summary.Gaps); diff != "" {
		t.Errorf("gaps: %s", diff)
	}
}

// brokenQueue fails where a result is to be stored.
type brokenQueue struct{ jobs.CaptureQueue }

var errStore = errors.New("the disk is full")

func (brokenQueue) Looked(context.Context, refunds.Watch, *pay.Payment, *pay.Evidence, *refunds.StoredAccount, string, time.Time) error {
	return errStore
}

// A fault of the store ends a run; who watches goes on, and says it.
func TestAStoreThatFails(t *testing.T) {
	t.Parallel()
	b := newBooth(t)
	b.pays("V-1")
	b.capture.Queue = brokenQueue{b.db}
	if _, err := b.capture.Run(t.Context()); !errors.Is(err, errStore) {
		t.Errorf("ended with %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	said := ""
	passes := 0
	err := b.capture.Watch(ctx, time.Minute, func(s jobs.CaptureSummary) {
		if len(s.Gaps) > 0 {
			said = cmp.Or(said, s.Gaps[0])
		}
		switch passes++; passes {
		case 5:
			b.capture.Queue = b.db
		case 8:
			cancel()
		}
	})
	if err != nil || said != errStore.Error() {
		t.Errorf("ended with %v, and said %q", err, said)
	}
	b.expect(map[string]string{"V-1": "captured"})
}
