package jobs

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"daesa/pay"
	"daesa/refunds"
)

// Events works on the webhooks that were stored. An event says only where to
// look: the payment is looked up, and what the look-up shows reaches the capture
// of accounts, the refunds and the breaks at once. It may be killed at any
// moment and run again; several may run at once.
type Events struct {
	Merchants []EventMerchant
	Inbox     EventInbox
	// See takes a payment that may show a refund account (Capture.See).
	See func(ctx context.Context, p pay.Payment, page pay.Evidence, source string) error
	// Compare compares orders of a merchant as they stand now, and remembers.
	Compare func(ctx context.Context, mid string, orderIDs []string) error
	// Settle lets the refunds that were woken take their next step; it sends
	// nothing.
	Settle func(ctx context.Context) error
	Clock  func() time.Time

	strangers    int // look-ups for payments that only an event knows, in this minute
	strangersNow time.Time
}

// EventMerchant is one merchant's provider.
type EventMerchant struct {
	MID         string
	Provider    Provider
	Concurrency int
}

// EventInbox is what the work on events needs of the store.
type EventInbox interface {
	// TakeEvents takes events that are due, the urgent and then the oldest first,
	// keeps others away from them until a time, and says how often each was taken.
	TakeEvents(ctx context.Context, now, until time.Time, limit int) (events []pay.Event, tries map[string]int, err error)
	EndEvent(ctx context.Context, id, state, why string, now time.Time) error
	PutOffEvent(ctx context.Context, id, why string, next time.Time) error
	// FindPayment completes an event with what is known of its order or cancel,
	// and says whether its payment was ever heard of otherwise.
	FindPayment(ctx context.Context, e pay.Event) (found pay.Event, known bool, err error)
	// SecretFingerprints gives by what the secrets of the event's payment are known.
	SecretFingerprints(ctx context.Context, e pay.Event) ([]string, error)
	// Heard keeps a payment as it was seen, and makes its refunds that wait for
	// news due.
	Heard(ctx context.Context, p pay.Payment, page pay.Evidence, now time.Time) (woken int, err error)
}

const (
	// eventBatch is how many events one pass takes at a time.
	eventBatch = 200
	// eventLease is for how long they are nobody else's: longer than two hundred
	// look-ups at a hundred a minute.
	eventLease = 5 * time.Minute
	// eventTries is how often a payment that the provider does not find is asked
	// for: an event may come before its payment can be read.
	eventTries = 5
	// strangersMost is how many payments a minute are looked up that nothing but
	// an event speaks of: whoever knows the address can send events, and must not
	// use up the pace that refunds and captures live on.
	strangersMost = 30
)

// EventSummary is what a pass did, by the way in which the events ended.
type EventSummary struct {
	Taken, Done, Forged, Unknown, PutOff int
	Woken                                int // refunds that were made due
	Gaps                                 []string
}

// Run works on everything that is due. An error is a fault of the store or of
// ours; what the provider did not answer is put off.
func (e *Events) Run(ctx context.Context) (EventSummary, error) {
	run := &eventRun{Events: e}
	for ctx.Err() == nil {
		now := e.Clock()
		events, tries, err := e.Inbox.TakeEvents(ctx, now, now.Add(eventLease), eventBatch)
		if err != nil || len(events) == 0 {
			return run.summary, err
		}
		run.summary.Taken += len(events)
		if err := run.batch(ctx, events, tries); err != nil {
			return run.summary, err
		}
	}
	return run.summary, ctx.Err()
}

// eventRun is a pass while it goes on.
type eventRun struct {
	*Events
	mu      sync.Mutex
	summary EventSummary
}

// told is all that a batch heard about one payment.
type told struct {
	merchant EventMerchant
	events   []pay.Event
	tries    int
	orderID  string
	seen     bool   // the payment was looked up
	print    string // of its secret, as the look-up showed it
	left     bool   // it is to be looked at again
	why      string // why it was not seen, or is left
}

// batch looks each payment up once, however many events speak of it, and then
// compares the orders together.
func (r *eventRun) batch(ctx context.Context, events []pay.Event, tries map[string]int) error {
	payments, err := r.sort(ctx, events, tries)
	if err != nil {
		return err
	}
	before := r.summary.Woken
	group, groupCtx := workersOf(ctx)
	group.SetLimit(r.concurrency())
	for _, t := range payments {
		group.Go(func() error { return r.look(groupCtx, t) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if r.summary.Woken > before {
		if err := r.Settle(ctx); err != nil {
			return err
		}
	}
	if err := r.compare(ctx, payments); err != nil {
		return err
	}
	return r.end(ctx, payments)
}

func (r *eventRun) concurrency() int {
	sum := 0
	for _, m := range r.Merchants {
		sum += m.Concurrency
	}
	return max(sum, 1)
}

// sort says which payment each event is about. What bears another secret than
// the payment's, or is of nobody's order, ends here.
func (r *eventRun) sort(ctx context.Context, events []pay.Event, tries map[string]int) ([]*told, error) {
	var payments []*told
	known := map[[3]string]*told{}
	for _, e := range events {
		e, heardOf, err := r.Inbox.FindPayment(ctx, e)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(r.Merchants, func(m EventMerchant) bool { return m.MID == e.MID })
		if i < 0 || e.PaymentKey == "" && e.OrderID == "" {
			if err := r.unknown(ctx, e, tries[e.ID]); err != nil {
				return nil, err
			}
			continue
		}
		prints, err := r.Inbox.SecretFingerprints(ctx, e)
		if err != nil {
			return nil, err
		}
		if forged(e, prints) {
			r.summary.Forged++
			if err := r.Inbox.EndEvent(ctx, e.ID, EventForged, forgedWhy, r.Clock()); err != nil {
				return nil, err
			}
			continue
		}
		key := [3]string{e.MID, e.PaymentKey, ""}
		if e.PaymentKey == "" {
			key[2] = e.OrderID
		}
		t := known[key]
		if t == nil && !heardOf && !r.mayAskForStranger() {
			if err := r.strange(ctx, e, tries[e.ID]); err != nil {
				return nil, err
			}
			continue
		}
		if t == nil {
			t = &told{merchant: r.Merchants[i], orderID: e.OrderID}
			known[key] = t
			payments = append(payments, t)
		}
		t.events, t.tries = append(t.events, e), max(t.tries, tries[e.ID])
	}
	return payments, nil
}

// mayAskForStranger takes one of the minute's look-ups for strangers.
func (e *Events) mayAskForStranger() bool {
	if minute := e.Clock().Truncate(time.Minute); !minute.Equal(e.strangersNow) {
		e.strangersNow, e.strangers = minute, 0
	}
	e.strangers++
	return e.strangers <= strangersMost
}

// strange leaves a stranger's event for later, and in the end alone: the night
// and the capture find by themselves what it may have told.
func (r *eventRun) strange(ctx context.Context, e pay.Event, tries int) error {
	const why = "too many events of payments that nobody else knows"
	if tries > 2*eventTries {
		r.summary.Unknown++
		return r.Inbox.EndEvent(ctx, e.ID, EventUnknown, why, r.Clock())
	}
	r.summary.PutOff++
	return r.Inbox.PutOffEvent(ctx, e.ID, why, r.Clock().Add(time.Duration(tries)*time.Minute))
}

const forgedWhy = "its secret is not the payment's"

// forged says whether an event bears a secret, and none that is known of its
// payment.
func forged(e pay.Event, prints []string) bool {
	prints = slices.DeleteFunc(slices.Clone(prints), func(print string) bool { return print == "" })
	return e.SecretFingerprint != "" && len(prints) > 0 && !slices.Contains(prints, e.SecretFingerprint)
}

// unknown: nobody's order yet. It may become known: the event can be faster than
// the shop's export.
func (r *eventRun) unknown(ctx context.Context, e pay.Event, tries int) error {
	const why = "no payment, order or cancel of a configured merchant is known by what it says"
	if tries < eventTries {
		r.summary.PutOff++
		return r.Inbox.PutOffEvent(ctx, e.ID, why, r.Clock().Add(eventPause(tries)))
	}
	r.summary.Unknown++
	return r.Inbox.EndEvent(ctx, e.ID, EventUnknown, why, r.Clock())
}

// eventPause grows from half a minute to an hour.
func eventPause(tries int) time.Duration {
	return min(time.Hour, 30*time.Second<<(2*min(max(tries-1, 0), 8)))
}

// look reads the payment, which alone says what is true.
func (r *eventRun) look(ctx context.Context, t *told) error {
	var p pay.Payment
	var page pay.Evidence
	var err error
	if key := t.events[0].PaymentKey; key != "" {
		p, page, err = t.merchant.Provider.Payment(ctx, key)
	} else {
		p, page, err = t.merchant.Provider.PaymentByOrder(ctx, t.orderID)
	}
	var failure *pay.Failure
	switch {
	case errors.As(err, &failure) && ctx.Err() == nil:
		t.why, t.left = failure.Error(), failure.Kind != pay.FailureNotFound || t.tries < eventTries
		if failure.Kind != pay.FailureNotFound {
			r.gap(t.merchant.MID + ": " + failure.Error())
		}
		return nil
	case err != nil:
		return err
	}
	if p, err = p.Under(t.merchant.MID); err != nil {
		t.why = err.Error()
		r.gap(t.merchant.MID + ": " + err.Error())
		return nil
	}
	t.seen, t.orderID, t.print = true, p.OrderID, pay.SecretFingerprint(p.Secret)
	woken, err := r.Inbox.Heard(ctx, p, page, r.Clock())
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.summary.Woken += woken
	r.mu.Unlock()
	if p.Method == pay.VirtualAccount {
		return r.See(ctx, p, page, refunds.FromWebhook)
	}
	return nil
}

func (r *eventRun) gap(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.summary.Gaps) < 20 {
		r.summary.Gaps = append(r.summary.Gaps, what)
	}
}

// compare compares the orders of the payments that were seen, each merchant's
// together. What cannot be compared now is put off with its events.
func (r *eventRun) compare(ctx context.Context, payments []*told) error {
	for _, m := range r.Merchants {
		var ids []string
		for _, t := range payments {
			if t.merchant.MID == m.MID && t.seen {
				ids = append(ids, t.orderID)
			}
		}
		if len(ids) == 0 {
			continue
		}
		slices.Sort(ids)
		err := r.Compare(ctx, m.MID, slices.Compact(ids))
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), err)
		}
		if err == nil {
			continue
		}
		r.gap(m.MID + ": " + err.Error())
		for _, t := range payments {
			if t.merchant.MID == m.MID && t.seen {
				t.why, t.left = "its order could not be compared: "+err.Error(), true
			}
		}
	}
	return nil
}

// end writes down what became of each event.
func (r *eventRun) end(ctx context.Context, payments []*told) error {
	now := r.Clock()
	for _, t := range payments {
		for _, e := range t.events {
			var err error
			switch {
			case t.left:
				r.summary.PutOff++
				err = r.Inbox.PutOffEvent(ctx, e.ID, t.why, now.Add(eventPause(t.tries)))
			case !t.seen:
				r.summary.Unknown++
				err = r.Inbox.EndEvent(ctx, e.ID, EventUnknown, t.why, now)
			case forged(e, []string{t.print}):
				r.summary.Forged++
				err = r.Inbox.EndEvent(ctx, e.ID, EventForged, forgedWhy, now)
			default:
				r.summary.Done++
				err = r.Inbox.EndEvent(ctx, e.ID, EventDone, "", now)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
