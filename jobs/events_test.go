package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/sandbox"
	"daesa/store"
	"daesa/toss"
)

// mailbox is a world with the work on webhooks.
type mailbox struct {
	*world
	now     time.Time
	events  *jobs.Events
	seen    []string // payments that were handed to the capture
	settled int
	away    error // what every look-up fails with; nil: the real provider
	looks   int
	sent    int
}

// mailProvider counts look-ups, and fails where the provider is away.
type mailProvider struct {
	*toss.Client
	m *mailbox
}

func (p mailProvider) Payment(ctx context.Context, key string) (pay.Payment, pay.Evidence, error) {
	p.m.looks++
	if p.m.away != nil {
		return pay.Payment{}, pay.Evidence{}, p.m.away
	}
	return p.Client.Payment(ctx, key)
}

func (p mailProvider) PaymentByOrder(ctx context.Context, id string) (pay.Payment, pay.Evidence, error) {
	p.m.looks++
	if p.m.away != nil {
		return pay.Payment{}, pay.Evidence{}, p.m.away
	}
	return p.Client.PaymentByOrder(ctx, id)
}

func newMailbox(t *testing.T) *mailbox {
	t.Helper()
	m := &mailbox{world: newWorld(t, worldOptions{}), now: last.Start().Add(12 * time.Hour)}
	m.toss.SetClock(m.now)
	m.events = &jobs.Events{
		Merchants: []jobs.EventMerchant{{MID: mid, Provider: mailProvider{m.client, m}, Concurrency: 1}},
		Inbox:     m.db, Clock: func() time.Time { return m.now },
		See: func(_ context.Context, p pay.Payment, _ pay.Evidence, source string) error {
			m.seen = append(m.seen, p.OrderID+" "+source)
			return nil
		},
		Compare: func(ctx context.Context, mid string, ids []string) error {
			night := m.nightly()
			night.Job, night.Settings.Given = jobs.JobEvents, ids
			_, err := night.Run(ctx, pay.DayOf(m.now), m.now)
			return err
		},
		Settle: func(context.Context) error { m.settled++; return nil },
	}
	return m
}

// come stores events as the receiver does.
func (m *mailbox) come(events ...pay.Event) {
	m.t.Helper()
	for i := range events {
		m.sent++
		events[i].ID, events[i].ReceivedAt = fmt.Sprint("event-", m.sent), m.now.Add(time.Duration(m.sent)*time.Microsecond)
	}
	if err := m.db.Keep(m.t.Context(), events); err != nil {
		m.t.Fatal(err)
	}
}

func (m *mailbox) work() jobs.EventSummary {
	m.t.Helper()
	summary, err := m.events.Run(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	return summary
}

// states gives how each event stands, in the order in which they came.
func (m *mailbox) states() []string {
	m.t.Helper()
	rows, err := m.db.Events(m.t.Context(), "", "", "", 100)
	if err != nil {
		m.t.Fatal(err)
	}
	var states []string
	for i := len(rows) - 1; i >= 0; i-- {
		states = append(states, rows[i].State)
	}
	return states
}

func (m *mailbox) pays(p sandbox.NewPayment) *sandbox.Payment {
	m.t.Helper()
	made, err := m.toss.Pay(p)
	if err != nil {
		m.t.Fatal(err)
	}
	return made
}

func (m *mailbox) later(d time.Duration) {
	m.now = m.now.Add(d)
	m.toss.SetClock(m.now)
}

// kinds are the breaks that need a person, or will when their time is over.
func (m *mailbox) kinds() (kinds []reconcile.Kind) {
	m.t.Helper()
	breaks, err := m.db.Breaks(m.t.Context(), store.BreakFilter{})
	if err != nil {
		m.t.Fatal(err)
	}
	for _, b := range breaks {
		if b.Status != reconcile.Cleared {
			kinds = append(kinds, b.Kind)
		}
	}
	return kinds
}

func (m *mailbox) orders(rows string) {
	m.t.Helper()
	m.importText(m.t.TempDir()+"/orders.csv", "order_id,payment_key,method,status,amount,ordered_at,paid_at\n"+rows, m.now)
}

// A deposit, its reversal and a cancel in the console each become a break, or
// end one, without a night.
func TestWhatHappensAtTossReachesTheBreaksAtOnce(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	va := m.pays(sandbox.NewPayment{OrderID: "V-1", Method: sandbox.VirtualAccount, Amount: 10_000})
	card := m.pays(sandbox.NewPayment{OrderID: "C-1", Amount: 5_000})
	if err := m.toss.Deposit(va.Key, time.Time{}); err != nil {
		t.Fatal(err)
	}
	m.later(time.Hour)
	m.orders("V-1," + va.Key + ",virtual_account,paid,10000,2026-11-21 11:00:00,2026-11-21 12:30:00\n" +
		"C-1," + card.Key + ",card,paid,5000,2026-11-21 11:00:00,2026-11-21 11:30:00\n")
	m.come(pay.Event{MID: mid, Type: pay.DepositCallback, OrderID: "V-1", Status: "DONE"})
	if s := m.work(); s.Done != 1 || len(m.kinds()) != 0 {
		t.Fatalf("%+v, breaks %v", s, m.kinds())
	}
	if err := m.toss.ReverseDeposit(va.Key, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := m.toss.ConsoleCancel(card.Key, sandbox.ConsoleCancel{Amount: 2000, Reason: "상담"}); err != nil {
		t.Fatal(err)
	}
	m.later(time.Hour)
	m.come(pay.Event{MID: mid, Type: pay.DepositCallback, OrderID: "V-1", Status: "WAITING_FOR_DEPOSIT"},
		pay.Event{MID: mid, Type: pay.PaymentStatusChanged, OrderID: "C-1", PaymentKey: card.Key, Status: "PARTIAL_CANCELED"})
	if s := m.work(); s.Done != 2 || s.Taken != 2 {
		t.Fatalf("%+v", s)
	}
	if diff := cmp.Diff([]reconcile.Kind{reconcile.CancelNotRecorded, reconcile.DepositReversed}, m.kinds()); diff != "" {
		t.Errorf("breaks: %s", diff)
	}
	if diff := cmp.Diff([]string{"V-1 webhook", "V-1 webhook"}, m.seen); diff != "" {
		t.Errorf("handed to the capture: %s", diff)
	}
}

// An event only says where to look: what it claims changes nothing.
func TestAnEventIsNotBelieved(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	card := m.pays(sandbox.NewPayment{OrderID: "C-1", Amount: 5_000})
	m.later(time.Hour)
	m.orders("C-1," + card.Key + ",card,paid,5000,2026-11-21 11:00:00,2026-11-21 11:30:00\n")
	m.come(pay.Event{MID: mid, Type: pay.PaymentStatusChanged, OrderID: "C-1", PaymentKey: card.Key, Status: "CANCELED"})
	if s := m.work(); s.Done != 1 {
		t.Fatalf("%+v", s)
	}
	if len(m.kinds()) != 0 {
		t.Errorf("breaks %v of a payment that nobody cancelled", m.kinds())
	}
}

// A secret that is not the payment's: before the payment was ever seen one look
// shows it, afterwards none is spent. True events of the payment are not harmed.
func TestAForgedSecretLeadsToNothing(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	card := m.pays(sandbox.NewPayment{OrderID: "C-1", Amount: 5_000})
	p, _, err := m.client.Payment(t.Context(), card.Key)
	if err != nil || p.Secret == "" {
		t.Fatal(p.Secret, err)
	}
	wrong := pay.Event{MID: mid, Type: pay.DepositCallback, OrderID: "C-1", Status: "DONE", SecretFingerprint: pay.SecretFingerprint("ps_wrong")}
	right := wrong
	right.SecretFingerprint = pay.SecretFingerprint(p.Secret)
	m.come(wrong, right)
	if s := m.work(); s.Done != 1 || s.Forged != 1 || m.looks != 1 {
		t.Fatalf("%+v after %d looks", s, m.looks)
	}
	m.come(wrong)
	if s := m.work(); s.Forged != 1 || m.looks != 1 {
		t.Fatalf("%+v after %d looks", s, m.looks)
	}
	if diff := cmp.Diff([]string{"forged", "done", "forged"}, m.states()); diff != "" {
		t.Error(diff)
	}
}

// Ten events of one payment in one batch are one look-up.
func TestManyEventsOfAPaymentAreOneLook(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	card := m.pays(sandbox.NewPayment{OrderID: "C-1", Amount: 5_000})
	for range 10 {
		m.come(pay.Event{MID: mid, Type: pay.PaymentStatusChanged, OrderID: "C-1", PaymentKey: card.Key, Status: "PARTIAL_CANCELED"})
	}
	if s := m.work(); s.Done != 10 || m.looks != 1 {
		t.Errorf("%+v after %d looks", s, m.looks)
	}
}

// While Toss does not answer an event is put off, and worked on when it does.
func TestAnEventIsPutOffWhileTossIsAway(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	card := m.pays(sandbox.NewPayment{OrderID: "C-1", Amount: 5_000})
	m.away = &pay.Failure{Kind: pay.FailureNoAnswer, Message: "time-out"}
	m.come(pay.Event{MID: mid, Type: pay.PaymentStatusChanged, PaymentKey: card.Key, Status: "CANCELED"})
	if s := m.work(); s.PutOff != 1 || len(s.Gaps) != 1 {
		t.Fatalf("%+v", s)
	}
	m.away = nil
	if s := m.work(); s.Taken != 0 {
		t.Fatalf("taken again at once: %+v", s)
	}
	m.later(30 * time.Second)
	if s := m.work(); s.Done != 1 {
		t.Errorf("%+v", s)
	}
}

// Of what nobody knows there are some looks, and then no more.
func TestAnUnknownPaymentIsGivenUp(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	m.come(pay.Event{MID: mid, Type: pay.PaymentStatusChanged, PaymentKey: "nobody", Status: "CANCELED"},
		pay.Event{Type: pay.DepositCallback, OrderID: "nobody", Status: "DONE"},
		pay.Event{Type: pay.CancelStatusChanged, TransactionKey: "nobody", Status: "DONE"},
		pay.Event{MID: mid, Type: pay.BillingDeleted})
	for range 6 {
		m.work()
		m.later(3 * time.Hour)
	}
	if diff := cmp.Diff([]string{"unknown", "unknown", "unknown", "kept"}, m.states()); diff != "" {
		t.Error(diff)
	}
	if m.looks != 5 {
		t.Errorf("%d looks for a payment that is not there, expected 5", m.looks)
	}
}

// Whoever knows the address can send events: what only events speak of uses up
// no more than a part of the pace, and what is known goes first through it.
func TestAFloodOfStrangersLeavesThePaceToOthers(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	card := m.pays(sandbox.NewPayment{OrderID: "C-1", Amount: 5_000})
	m.orders("C-1," + card.Key + ",card,paid,5000,2026-11-21 11:00:00,2026-11-21 11:30:00\n")
	for i := range 100 {
		m.come(pay.Event{MID: mid, Type: pay.PaymentStatusChanged, PaymentKey: fmt.Sprint("nobody-", i), Status: "CANCELED"})
	}
	m.come(pay.Event{MID: mid, Type: pay.PaymentStatusChanged, OrderID: "C-1", PaymentKey: card.Key, Status: "CANCELED"})
	if s := m.work(); s.Done != 1 || m.looks != 31 {
		t.Errorf("%+v after %d looks, expected 30 for strangers and one for C-1", s, m.looks)
	}
}

// A foreign cancel that is done, told without a payment key, lets the refund
// that waits for it succeed at once.
func TestAForeignCancelThatIsDoneSettlesItsRefund(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	made := m.pays(sandbox.NewPayment{OrderID: "F-1", Method: sandbox.ForeignEasyPay, Currency: "USD", Amount: 5_000})
	m.later(time.Hour)
	p, page, err := m.client.Payment(t.Context(), made.Key)
	if err != nil {
		t.Fatal(err)
	}
	p.MID = mid
	id := refunds.RequestID(mid, "f")
	r := refunds.Request{ID: id, MID: mid, OrderID: "F-1", PaymentKey: made.Key, Method: p.Method, Amount: 5_000, Currency: p.Currency, Reason: "x",
		Ref: "f", State: refunds.StateRequested, RequestedBy: "kim", RequestedAt: m.now}
	if _, err := m.db.AddRefunds(t.Context(), nil, []refunds.Adding{{Request: r, Payment: p, Evidence: []pay.Evidence{page}}}, "kim", m.now); err != nil {
		t.Fatal(err)
	}
	if _, err := m.db.Approve(t.Context(), refunds.Approval{IDs: []string{id}, By: "lee", Now: m.now}); err != nil {
		t.Fatal(err)
	}
	limits := refunds.Limits{Single: 1 << 40, Run: 1 << 40, Day: 1 << 40}
	worker := &refunds.Worker{MID: mid, Owner: "w", Actor: "w", RunID: "run", SecretFingerprint: "s", AccountDays: 365, Queue: m.db, Provider: m.client,
		Budget: refunds.Budget{RunCount: 10, DayCount: 10, Of: map[pay.Currency]refunds.Limits{p.Currency: limits}},
		Clock:  func() time.Time { return m.now }, Freeze: toss.CancelBody}
	if _, err := worker.Step(t.Context(), refunds.Choice{Send: true}); err != nil {
		t.Fatal(err)
	}
	sent, _, err := m.db.Refund(t.Context(), id)
	if err != nil || sent.State != refunds.StateAccepted || sent.TransactionKey == "" {
		t.Fatalf("%+v, %v", sent, err)
	}
	m.events.Settle = func(ctx context.Context) error {
		m.settled++
		_, err := worker.Step(ctx, refunds.Choice{})
		return err
	}
	tell := func(after time.Duration, want refunds.State) {
		t.Helper()
		m.later(after)
		m.come(pay.Event{Type: pay.CancelStatusChanged, TransactionKey: sent.TransactionKey, Status: "DONE"})
		if s := m.work(); s.Done != 1 || s.Woken != 1 {
			t.Fatalf("%+v", s)
		}
		if r, _, err := m.db.Refund(t.Context(), id); err != nil || r.State != want {
			t.Errorf("%+v, %v, expected %s", r, err, want)
		}
	}
	tell(5*time.Minute, refunds.StateAccepted)  // said too early, and not believed
	tell(6*time.Minute, refunds.StateSucceeded) // four minutes before it would have been looked at
	if m.settled != 2 {
		t.Errorf("settled %d times", m.settled)
	}
}

// What cannot be compared now is compared later.
func TestAnEventWhoseOrderCannotBeComparedIsPutOff(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	card := m.pays(sandbox.NewPayment{OrderID: "C-1", Amount: 5_000})
	compare := m.events.Compare
	m.events.Compare = func(context.Context, string, []string) error { return errors.New("another copy compares") }
	m.come(pay.Event{MID: mid, Type: pay.PaymentStatusChanged, PaymentKey: card.Key, Status: "CANCELED"})
	if s := m.work(); s.PutOff != 1 || s.Done != 0 {
		t.Fatalf("%+v", s)
	}
	m.events.Compare = compare
	m.later(time.Minute)
	if s := m.work(); s.Done != 1 {
		t.Errorf("%+v", s)
	}
}
