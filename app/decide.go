package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"daesa/internal/hint"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// A RefundDecision is a person's refund_now with the request that makes it
// happen, both to be written in one transaction.
type RefundDecision struct {
	Word     reconcile.Decision // its RefundID is the request's
	Request  refunds.Request
	Adopted  bool // Request was asked for before: nothing is added
	Payment  pay.Payment
	Evidence []pay.Evidence
	Found    *refunds.Step // Toss has the refund already; nil: it has not
	By       string
	Workbook Workbook // what the decision was read from; empty for a command
	Warning  string   // what the next person should know; "" for nothing
	Now      time.Time
}

// Workbook names the file that decisions were read from, and the batch of the
// requests that they make: one for each file, so that one line approves them.
type Workbook struct{ Name, SHA256, Batch string }

// Decided is what a decision has come to.
type Decided struct {
	Break   reconcile.Break
	Request refunds.Request
	Changed bool // false: the break bore the decision already
}

// Decisions are what deciding needs of the store.
type Decisions interface {
	Break(ctx context.Context, id string) (reconcile.Break, error)
	RefundsOfOrder(ctx context.Context, mid, orderID string) ([]refunds.Request, error)
	Known(ctx context.Context, r refunds.Request) (refunds.Known, error)
	// TakeWord writes a decision that asks for no refund; without keep it only
	// tries.
	TakeWord(ctx context.Context, w reconcile.Decision, by, file string, keep bool, now time.Time) (changed bool, err error)
	// DecideRefund writes refund_now and its request, both or neither; without
	// keep it only tries.
	DecideRefund(ctx context.Context, d RefundDecision, keep bool) (Decided, error)
}

// Payments looks payments up at the provider. Errors are *pay.Failure.
type Payments interface {
	Payment(ctx context.Context, mid, paymentKey string) (pay.Payment, pay.Evidence, error)
}

// Decider carries out what a person decides about breaks.
type Decider struct {
	Store    Decisions
	Payments Payments
	// Policy says what is configured for requests of a merchant; false: the
	// merchant is not configured.
	Policy func(mid string) (refunds.AskPolicy, bool)
	// Another says whether a MID is another merchant's of the configuration than
	// the one of mid; nil: there is one merchant.
	Another func(mid, other string) bool
	// Signing says who may ask for a refund where approvals are signed; nil: whoever
	// has a name.
	Signing *Signing
	By      string
	Now     time.Time
}

// ErrUnknownID: the store has no such thing.
var ErrUnknownID = hint.Called("unknown_id", errors.New("no such id"))

// ofOneDecision reports whether the store refuses one decision for itself, so that
// the others of the same file can be taken.
func ofOneDecision(err error) bool {
	var stale *reconcile.StaleError
	var refunding *reconcile.RefundingError
	var refunded *reconcile.RefundedError
	var tooMuch *refunds.TooMuchError
	var sameRef *refunds.RefError
	var before *reconcile.DecidedBeforeError
	var takes *reconcile.TakesError
	var rebate *reconcile.RebateError
	return errors.As(err, &stale) || errors.As(err, &refunding) || errors.As(err, &refunded) || errors.As(err, &tooMuch) || errors.As(err, &sameRef) || errors.As(err, &before) ||
		errors.As(err, &takes) || errors.As(err, &rebate) || errors.Is(err, ErrUnknownID) || errors.Is(err, refunds.ErrOnItsWay)
}

// RefusedError says why a decision to refund is not taken.
type RefusedError struct {
	Break  reconcile.Break
	Reason string
	Advice string
	Cause  error
}

// Error gives the reason.
func (e *RefusedError) Error() string { return e.Reason }

// Hint says what to do.
func (e *RefusedError) Hint() string { return e.Advice }

// Unwrap gives what refused it.
func (e *RefusedError) Unwrap() error { return e.Cause }

// Resolve is `breaks resolve --as refund_now`: the decision and its request.
func (d *Decider) Resolve(ctx context.Context, id, note string, named refunds.Named) (Decided, string, error) {
	b, err := d.Store.Break(ctx, id)
	if err != nil {
		return Decided{}, "", err
	}
	word := reconcile.Decision{ID: id, As: reconcile.RefundNow, Note: &note, Seen: b}
	decision, err := d.plan(ctx, b, word, Workbook{}, named, nil)
	if err != nil {
		return Decided{}, "", err
	}
	done, err := d.Store.DecideRefund(ctx, decision, true)
	return done, decision.Warning, err
}

// plan turns refund_now into a decision with its request, by a look at the
// payment as it stands now. asked is what earlier decisions of the same file ask
// of its payment. A *RefusedError is about this decision alone; every other error
// means that nothing may be decided.
func (d *Decider) plan(ctx context.Context, b reconcile.Break, w reconcile.Decision, book Workbook, named refunds.Named, asked []refunds.Taken) (RefundDecision, error) {
	decision := RefundDecision{Word: w, By: d.By, Workbook: book, Now: d.Now}
	refuse := func(cause error) error {
		return &RefusedError{Break: b, Reason: cause.Error(), Advice: adviceOf(b, cause), Cause: cause}
	}
	if err := d.Signing.Requester(d.By); err != nil {
		return decision, refuse(err)
	}
	try := w
	try.RefundID = "tried"
	if _, _, err := b.Take(try, d.By, d.Now); err != nil {
		return decision, refuse(err)
	}
	requests, err := d.Store.RefundsOfOrder(ctx, b.MID, b.OrderID)
	if err != nil {
		return decision, err
	}
	before := refunds.AskedBy(b, requests)
	if i := slices.IndexFunc(requests, func(r refunds.Request) bool { return r.ID == b.RefundID }); i >= 0 && b.Bears(w) {
		before = &requests[i] // whatever became of it
	}
	if before != nil {
		if err := refunds.IsNamed(*before, named); err != nil {
			return decision, refuse(err)
		}
		decision.Request, decision.Adopted, decision.Word.RefundID = *before, true, before.ID
		return decision, nil
	}
	key, err := refunds.PaymentOf(b, named)
	if err != nil {
		return decision, refuse(err)
	}
	policy, ok := d.Policy(b.MID)
	if !ok {
		return decision, refuse(fmt.Errorf("merchant %s is not configured: nothing can be asked of Toss for it", b.MID))
	}
	policy.ApproveAbove = 0 // a decision waits for another person's word, whatever its amount
	p, evidence, err := d.Payments.Payment(ctx, b.MID, key)
	var failure *pay.Failure
	switch {
	case errors.As(err, &failure) && failure.Kind == pay.FailureNotFound:
		return decision, refuse(fmt.Errorf("no such payment at Toss: %s", key))
	case err != nil:
		return decision, fmt.Errorf("nothing was decided: %w", err)
	}
	plan, seen, err := d.ask(ctx, b, p, named, policy, book.Batch, number(b, requests), asked)
	var refused *refunds.AskError
	if errors.As(err, &refused) {
		return decision, refuse(err)
	}
	if err != nil {
		return decision, err
	}
	if p, err = p.Under(b.MID); err != nil {
		return decision, refuse(err)
	}
	decision.Request, decision.Found, decision.Warning = plan.Request, plan.Found, plan.Warning.English
	decision.Payment, decision.Evidence, decision.Word.RefundID = p, append([]pay.Evidence{evidence}, seen...), plan.Request.ID
	return decision, nil
}

// ask plans the request as any other of a person is planned, by a look at every
// payment of the order.
func (d *Decider) ask(ctx context.Context, b reconcile.Break, p pay.Payment, named refunds.Named, policy refunds.AskPolicy, batch string, number int, asked []refunds.Taken) (refunds.Plan, []pay.Evidence, error) {
	known, err := d.Store.Known(ctx, refunds.Request{MID: b.MID, PaymentKey: p.PaymentKey, OrderID: p.OrderID, BreakID: b.ID})
	if err != nil {
		return refunds.Plan{}, nil, err
	}
	if p, err = refunds.MayBeAsked(p, refunds.Asking{MID: b.MID}, known); err != nil {
		return refunds.Plan{}, nil, err
	}
	known.Taken = append(known.Taken, asked...)
	known = known.Without(func(other string) bool { return d.Another != nil && d.Another(b.MID, other) })
	known, seen, err := known.LookBeside(ctx, b.MID, func(ctx context.Context, key string) (pay.Payment, pay.Evidence, error) {
		return d.Payments.Payment(ctx, b.MID, key)
	})
	if err != nil {
		return refunds.Plan{}, seen, fmt.Errorf("nothing was decided: %w", err)
	}
	asking, err := refunds.AskingOf(b, p, known, named, number)
	if err != nil {
		return refunds.Plan{}, seen, err
	}
	if _, err := refunds.PaymentMeant(asking, p, known); err != nil {
		return refunds.Plan{}, seen, err
	}
	plan, err := refunds.PlanAsking(asking, p, known, policy, d.By, batch, d.Now)
	if err != nil {
		return refunds.Plan{}, seen, err
	}
	plan, err = refunds.OnBreak(plan, b)
	return plan, seen, err
}

// number is that of the next request of a break. It is derived, so that a
// database that was restored to an earlier point finds its own cancel by it.
func number(b reconcile.Break, requests []refunds.Request) int {
	n := 1
	for _, r := range requests {
		if r.BreakID == b.ID {
			n++
		}
	}
	return n
}

// adviceOf says what a person can do about a refused decision.
func adviceOf(b reconcile.Break, cause error) string {
	var refused *refunds.AskError
	switch {
	case errors.As(cause, &refused) && refused.Column == "tax_free_amount":
		return fmt.Sprintf("say how much of it is tax-free: daesa breaks resolve %s --as refund_now --tax-free N --note TEXT", b.ID)
	case errors.As(cause, &refused) && refused.OfConfiguration():
		return refused.Hint()
	case errors.As(cause, &refused):
		return "nothing was asked for; daesa explain " + b.OrderID + " shows both sides of the order"
	}
	return cmp.Or(hint.Of(cause), "daesa breaks show "+b.ID+" shows how the break stands")
}
