package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"daesa/internal/hint"
	"daesa/internal/written"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// BothSides gives what the shop, Toss and daesa have of one order number, of one
// merchant or ("") all.
type BothSides interface {
	OrdersOf(ctx context.Context, mid, orderID string) ([]pay.Order, error)
	PaymentsOf(ctx context.Context, mid, orderID string) ([]LookedUp, error)
	TransactionsOf(ctx context.Context, mid, orderID string) ([]pay.Transaction, error)
	BreaksOfOrder(ctx context.Context, mid, orderID string) ([]reconcile.Break, error)
	RefundsOfOrder(ctx context.Context, mid, orderID string) ([]refunds.Request, error)
}

// Traces gives what else was kept of an order: what people and runs did, what
// Toss answered, which account it has, which webhooks spoke of it.
type Traces interface {
	Journal
	Evidence(ctx context.Context, mid, about string) ([]pay.Evidence, error)
	Accounts(ctx context.Context, mid, orderID string) ([]AccountLine, error)
	Events(ctx context.Context, mid, eventType, orderID string, limit int) ([]Webhook, error)
}

// LookedUp is a payment as the newest look-up showed it, less what is personal.
type LookedUp struct {
	Payment    pay.Payment
	LookedUpAt time.Time
	// TaxFreePaid is Toss's tax-free part of what was paid; nil where an older
	// program looked it up.
	TaxFreePaid *int64
}

// Explain is `explain`: everything known about one order number.
type Explain struct {
	Sides   BothSides
	Traces  Traces
	MID     string // "": every merchant
	OrderID string
}

// Explained is all that the database holds about an order number.
type Explained struct {
	OrderID      string
	Orders       []pay.Order
	Payments     []LookedUp
	Transactions []pay.Transaction
	Breaks       []reconcile.Break
	Refunds      []refunds.Request
	Timeline     []Moment // oldest first
}

// TaxPartsDiffer gives the shop's orders that name another tax-free part than
// Toss has for a payment.
func (e *Explained) TaxPartsDiffer(looked LookedUp) []pay.Order {
	var differ []pay.Order
	for _, o := range e.Orders {
		if paid := looked.TaxFreePaid; paid != nil && o.MID == looked.Payment.MID && reconcile.TaxFreeDiffers(o, looked.Payment, *paid) {
			differ = append(differ, o)
		}
	}
	return differ
}

// Side is who says what a moment of the timeline tells.
type Side string

// The sides.
const (
	SideShop  Side = "shop"
	SideToss  Side = "toss"
	SideDaesa Side = "daesa"
)

// Moment is one moment of an order's timeline.
type Moment struct {
	At   time.Time
	Side Side
	Fact Fact
}

// Fact is what happened: one of the types below.
type Fact interface {
	// Sentence says it in one line, without its subject where that is the side's.
	Sentence() string
}

// What the shop's records say.
type (
	Ordered  struct{ Order pay.Order }
	ShopPaid struct{}
	// ShopCanceled has the order: its canceled amount may be 0.
	ShopCanceled struct{ Order pay.Order }
)

// What Toss's records say. What the amount of a cancel row means is not
// documented, so a row is repeated as it stands.
type (
	Listed       struct{ Row pay.Transaction }
	Requested    struct{ Payment pay.Payment }
	PaymentDone  struct{ Payment pay.Payment }
	TossCanceled struct {
		Payment pay.Payment
		Cancel  pay.Cancel
	}
	WebhookArrived struct{ Webhook Webhook }
)

// What daesa did.
type (
	WasLookedUp struct{ Payment pay.Payment }
	// Done is an entry of the journal. Of Break and Refund one is set; neither
	// where it is about the order itself.
	Done struct {
		Break  *reconcile.Break
		Refund *refunds.Request
		Entry  JournalEntry
	}
	// AccountNoted is an account, masked, or that none was seen, and why.
	AccountNoted     struct{ Account AccountLine }
	AccountDestroyed struct{}
	// AnswerKept is one of Toss's answers, kept as it came. Size is in bytes,
	// SHA256 in hexadecimal.
	AnswerKept struct {
		About, SHA256 string
		Size          int64
	}
)

// Run gathers both sides and the timeline. An order of which nothing is known is
// an error with the word unknown_id.
func (x Explain) Run(ctx context.Context) (*Explained, error) {
	e := &Explained{OrderID: x.OrderID}
	for _, read := range []func() error{
		func() (err error) { e.Orders, err = x.Sides.OrdersOf(ctx, x.MID, x.OrderID); return },
		func() (err error) { e.Payments, err = x.Sides.PaymentsOf(ctx, x.MID, x.OrderID); return },
		func() (err error) { e.Transactions, err = x.Sides.TransactionsOf(ctx, x.MID, x.OrderID); return },
		func() (err error) { e.Breaks, err = x.Sides.BreaksOfOrder(ctx, x.MID, x.OrderID); return },
		func() (err error) { e.Refunds, err = x.Sides.RefundsOfOrder(ctx, x.MID, x.OrderID); return },
	} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	if len(e.Orders)+len(e.Payments)+len(e.Transactions)+len(e.Breaks)+len(e.Refunds) == 0 {
		return nil, unknown("check the number; an order is known once it was imported, or once a night met its payment",
			"order %s: daesa knows nothing of it", written.Shown(x.OrderID))
	}
	e.tellShop()
	e.tellToss()
	for _, tell := range []func(context.Context, Explain) error{e.tellJournal, e.tellEvidence, e.tellAccounts, e.tellWebhooks} {
		if err := tell(ctx, x); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(e.Timeline, func(a, b Moment) int { return a.At.Compare(b.At) })
	return e, nil
}

// unknown is an error about a number, or a name, of which nothing is known.
func unknown(next, format string, values ...any) error {
	return hint.Called("unknown_id", hint.Errorf(next, format, values...))
}

// tell adds a moment, where it is known when it was.
func (e *Explained) tell(at time.Time, side Side, fact Fact) {
	if !at.IsZero() {
		e.Timeline = append(e.Timeline, Moment{at, side, fact})
	}
}

func (e *Explained) tellShop() {
	for _, o := range e.Orders {
		e.tell(o.OrderedAt, SideShop, Ordered{o})
		e.tell(o.PaidAt, SideShop, ShopPaid{})
		e.tell(o.CanceledAt, SideShop, ShopCanceled{o})
	}
}

func (e *Explained) tellToss() {
	for _, t := range e.Transactions {
		e.tell(t.At, SideToss, Listed{t})
	}
	for _, looked := range e.Payments {
		p := looked.Payment
		e.tell(p.RequestedAt, SideToss, Requested{p})
		e.tell(p.ApprovedAt, SideToss, PaymentDone{p})
		for _, c := range p.Cancels {
			e.tell(c.CanceledAt, SideToss, TossCanceled{p, c})
		}
		e.tell(looked.LookedUpAt, SideDaesa, WasLookedUp{p})
	}
}

// tellJournal tells what became of the order, its breaks and its requests.
func (e *Explained) tellJournal(ctx context.Context, x Explain) error {
	subjects := map[string]Done{"order:" + e.OrderID: {}}
	for _, b := range e.Breaks {
		subjects["break:"+b.ID] = Done{Break: &b}
	}
	for _, r := range e.Refunds {
		subjects["refund:"+r.ID] = Done{Refund: &r}
	}
	for _, subject := range slices.Sorted(maps.Keys(subjects)) {
		entries, err := x.Traces.History(ctx, subject)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			done := subjects[subject]
			done.Entry = entry
			e.tell(entry.At, SideDaesa, done)
		}
	}
	return nil
}

// tellAccounts tells of the refund account, masked.
func (e *Explained) tellAccounts(ctx context.Context, x Explain) error {
	accounts, err := x.Traces.Accounts(ctx, x.MID, e.OrderID)
	for _, a := range accounts {
		if a.AccountMasked == "" {
			e.tell(a.ExpiresAt, SideDaesa, AccountNoted{a})
			continue
		}
		e.tell(a.CapturedAt, SideDaesa, AccountNoted{a})
		e.tell(a.PurgedAt, SideDaesa, AccountDestroyed{})
	}
	return err
}

// webhooksShown is how many webhooks of an order are told of.
const webhooksShown = 100

// tellWebhooks tells which webhooks spoke of the order, and what became of them.
func (e *Explained) tellWebhooks(ctx context.Context, x Explain) error {
	events, err := x.Traces.Events(ctx, x.MID, "", e.OrderID, webhooksShown)
	for _, event := range events {
		e.tell(event.ReceivedAt, SideToss, WebhookArrived{event})
	}
	return err
}

// evidencePage names evidence: of which merchant, about which order or payment.
type evidencePage struct{ mid, about string }

// pages are the names under which answers about the order may be kept.
func (e *Explained) pages() []evidencePage {
	pages := map[evidencePage]bool{}
	add := func(mid, paymentKey string) {
		pages[evidencePage{mid, "order " + e.OrderID}] = true
		if paymentKey != "" {
			pages[evidencePage{mid, paymentKey}] = true
		}
	}
	for _, o := range e.Orders {
		add(o.MID, o.PaymentKey)
	}
	for _, looked := range e.Payments {
		add(looked.Payment.MID, looked.Payment.PaymentKey)
	}
	for _, t := range e.Transactions {
		add(t.MID, t.PaymentKey)
	}
	for _, b := range e.Breaks {
		add(b.MID, b.PaymentKey)
	}
	for _, r := range e.Refunds {
		add(r.MID, r.PaymentKey)
	}
	return slices.SortedFunc(maps.Keys(pages), func(a, b evidencePage) int {
		return cmp.Or(cmp.Compare(a.mid, b.mid), cmp.Compare(a.about, b.about))
	})
}

// tellEvidence tells which of Toss's own answers about the order are kept.
func (e *Explained) tellEvidence(ctx context.Context, x Explain) error {
	for _, page := range e.pages() {
		kept, err := x.Traces.Evidence(ctx, page.mid, page.about)
		if err != nil {
			return err
		}
		for _, evidence := range kept {
			sum := sha256.Sum256(evidence.Body)
			e.tell(evidence.FetchedAt, SideDaesa, AnswerKept{About: evidence.About, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(evidence.Body))})
		}
	}
	return nil
}
