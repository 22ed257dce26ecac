package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"daesa/config"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/store"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain ORDER",
		Short: "Everything known about one order, as a timeline",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			return a.withDatabase(cmd.Context(), func(_ *config.Config, db *store.DB) error {
				known, err := a.knownOf(cmd.Context(), db, ids[0])
				if err != nil {
					return err
				}
				return a.printKnown(known)
			})
		},
	}
}

// known is all that the database holds about one order number.
type known struct {
	mid, orderID string
	orders       []pay.Order
	payments     []store.LookedUp
	transactions []pay.Transaction
	breaks       []reconcile.Break
	refunds      []refunds.Request
	events       []event
}

// event is one moment of the timeline. Side is shop, toss or daesa.
type event struct {
	at         time.Time
	side, what string
}

const (
	sideShop  = "shop"
	sideToss  = "toss"
	sideDaesa = "daesa"
)

func (k *known) say(at time.Time, side, format string, values ...any) {
	if !at.IsZero() {
		k.events = append(k.events, event{at, side, fmt.Sprintf(format, values...)})
	}
}

func (a *app) knownOf(ctx context.Context, db *store.DB, orderID string) (*known, error) {
	k := &known{mid: a.mid, orderID: orderID}
	for _, read := range []func() error{
		func() (err error) { k.orders, err = db.OrdersOf(ctx, a.mid, orderID); return },
		func() (err error) { k.payments, err = db.PaymentsOf(ctx, a.mid, orderID); return },
		func() (err error) { k.transactions, err = db.TransactionsOf(ctx, a.mid, orderID); return },
		func() (err error) { k.breaks, err = db.BreaksOfOrder(ctx, a.mid, orderID); return },
		func() (err error) { k.refunds, err = db.RefundsOfOrder(ctx, a.mid, orderID); return },
	} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	if len(k.orders)+len(k.payments)+len(k.transactions)+len(k.breaks)+len(k.refunds) == 0 {
		return nil, unknown("check the number; an order is known once it was imported, or once a night met its payment",
			"order %s: daesa knows nothing of it", plain(orderID))
	}
	k.sayOrders()
	k.sayToss()
	for _, say := range []func(context.Context, *store.DB) error{k.sayJournal, k.sayEvidence, k.sayAccounts, k.sayWebhooks} {
		if err := say(ctx, db); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(k.events, func(x, y event) int { return x.at.Compare(y.at) })
	return k, nil
}

func (k *known) sayOrders() {
	for _, o := range k.orders {
		k.say(o.OrderedAt, sideShop, "ordered for %s", people(o.Currency, o.Amount))
		k.say(o.PaidAt, sideShop, "paid (says the shop)")
		given := ""
		if o.CanceledAmount > 0 {
			given = people(o.Currency, o.CanceledAmount) + " "
		}
		k.say(o.CanceledAt, sideShop, "cancelled %s(says the shop)", given)
	}
}

// sayToss tells what Toss's list and the look-ups show. What the amount of a
// cancel row means is not documented, so it is repeated as it stands.
func (k *known) sayToss() {
	for _, t := range k.transactions {
		k.say(t.At, sideToss, "list: %s, amount %s, payment %s", t.Status, people(t.Currency, t.Amount), t.PaymentKey)
	}
	for _, looked := range k.payments {
		p := looked.Payment
		k.say(p.RequestedAt, sideToss, "payment %s requested for %s", p.PaymentKey, people(p.Currency, p.TotalAmount))
		k.say(p.ApprovedAt, sideToss, "payment %s approved", p.PaymentKey)
		for _, c := range p.Cancels {
			by := ""
			if c.Reason != "" {
				by = ", refund " + c.Reason
			}
			k.say(c.CanceledAt, sideToss, "payment %s: cancelled %s, %s%s", p.PaymentKey, people(p.Currency, c.Amount), c.Status, by)
		}
		k.say(looked.LookedUpAt, sideDaesa, "looked payment %s up: %s, Toss holds %s", p.PaymentKey, p.Status, people(p.Currency, p.Held()))
	}
}

// sayJournal tells what became of the breaks and refund requests.
func (k *known) sayJournal(ctx context.Context, db *store.DB) error {
	subjects := map[string]string{"order:" + k.orderID: "order"}
	for _, b := range k.breaks {
		subjects["break:"+b.ID] = fmt.Sprintf("break %s (%s)", b.ID, b.Kind)
	}
	for _, r := range k.refunds {
		subjects["refund:"+r.ID] = fmt.Sprintf("refund %s of %s", r.ID, people(r.Currency, r.Amount))
	}
	for _, subject := range sortedKeys(subjects) {
		entries, err := db.History(ctx, subject)
		if err != nil {
			return err
		}
		for _, e := range entries {
			k.say(e.At.Time, sideDaesa, "%s %s", subjects[subject], deed(e))
		}
	}
	return nil
}

// sayAccounts tells of the refund account, masked.
func (k *known) sayAccounts(ctx context.Context, db *store.DB) error {
	accounts, err := db.Accounts(ctx, k.mid, k.orderID)
	for _, a := range accounts {
		if a.AccountMasked == "" {
			k.say(a.ExpiresAt.Time, sideDaesa, "refund account %s %s", a.State, a.Why)
			continue
		}
		k.say(a.CapturedAt.Time, sideDaesa, "refund account %s %s %s (%s)", a.Bank, a.AccountMasked, a.HolderMasked, a.Source)
		k.say(a.PurgedAt.Time, sideDaesa, "refund account destroyed")
	}
	return err
}

// webhooksShown is how many webhooks of an order are told of.
const webhooksShown = 100

// sayWebhooks tells which webhooks spoke of the order, and what became of them.
func (k *known) sayWebhooks(ctx context.Context, db *store.DB) error {
	rows, err := db.Events(ctx, k.mid, "", k.orderID, webhooksShown)
	for _, r := range rows {
		k.say(r.ReceivedAt.Time, sideToss, "webhook %s %s: %s", r.Type, r.Status, strings.TrimSpace(r.State+" "+r.Why))
	}
	return err
}

// deed writes a journal row as people read it: resolved as fix_shop by kim.
func deed(e store.Entry) string {
	_, text, _ := strings.Cut(e.Action, ".")
	var facts struct {
		As string `json:"as"`
	}
	if json.Unmarshal([]byte(e.Facts), &facts) == nil && facts.As != "" {
		text += " as " + facts.As
	}
	text += " by " + e.Actor
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// sayEvidence tells which of Toss's own answers about the order are kept.
func (k *known) sayEvidence(ctx context.Context, db *store.DB) error {
	type page struct{ mid, about string }
	pages := map[page]bool{}
	add := func(mid, paymentKey string) {
		pages[page{mid, "order " + k.orderID}] = true
		if paymentKey != "" {
			pages[page{mid, paymentKey}] = true
		}
	}
	for _, o := range k.orders {
		add(o.MID, o.PaymentKey)
	}
	for _, looked := range k.payments {
		add(looked.Payment.MID, looked.Payment.PaymentKey)
	}
	for _, t := range k.transactions {
		add(t.MID, t.PaymentKey)
	}
	for _, b := range k.breaks {
		add(b.MID, b.PaymentKey)
	}
	for _, r := range k.refunds {
		add(r.MID, r.PaymentKey)
	}
	inOrder := make([]page, 0, len(pages))
	for p := range pages {
		inOrder = append(inOrder, p)
	}
	slices.SortFunc(inOrder, func(x, y page) int {
		return cmp.Or(strings.Compare(x.mid, y.mid), strings.Compare(x.about, y.about))
	})
	for _, p := range inOrder {
		kept, err := db.Evidence(ctx, p.mid, p.about)
		if err != nil {
			return err
		}
		for _, e := range kept {
			sum := sha256.Sum256(e.Body)
			k.say(e.FetchedAt, sideDaesa, "kept Toss's answer about %s: %s bytes, sha256 %s", e.About,
				grouped(int64(len(e.Body))), hex.EncodeToString(sum[:]))
		}
	}
	return nil
}

func (a *app) printKnown(k *known) error {
	if a.json {
		return a.printJSON(a.newKnownDocument(k))
	}
	for _, o := range k.orders {
		a.printf("%s\n", plain(fmt.Sprintf("shop %s: %s, %s, holds %s%s", o.MID, o.Status, people(o.Currency, o.Amount), people(o.Currency, o.Held()), taxFree(o.Currency, &o.TaxFreeAmount))))
	}
	if len(k.orders) == 0 {
		a.printf("shop: knows no such order\n")
	}
	for _, looked := range k.payments {
		p := looked.Payment
		a.printf("%s\n", plain(fmt.Sprintf("toss %s: %s, %s, holds %s%s", p.MID, p.Status, people(p.Currency, p.TotalAmount), people(p.Currency, p.Held()), taxFree(p.Currency, looked.TaxFreePaid))))
		for _, o := range k.orders {
			if paid := looked.TaxFreePaid; paid != nil && o.MID == p.MID && reconcile.TaxFreeDiffers(o, p, *paid) {
				a.printf("the tax-free parts differ: the shop says %s, Toss %s\n", people(o.Currency, o.TaxFreeAmount), people(p.Currency, *paid))
			}
		}
	}
	for _, b := range k.breaks {
		line := fmt.Sprintf("break %s: %s, %s", b.ID, b.Kind, b.Status)
		if said := remark(b); said != "" && b.Status.NeedsPerson() {
			line += "; " + said
		}
		a.printf("%s\n", plain(line))
	}
	for _, r := range k.refunds {
		a.printf("%s\n", plain(fmt.Sprintf("refund %s: %s, %s", r.ID, people(r.Currency, r.Amount), r.State)))
	}
	a.printf("\n")
	a.printTable([]string{"WHEN", "SIDE", "WHAT"}, each(k.events, func(e event) []string {
		return []string{pay.FormatTime(e.at.Truncate(time.Second)), e.side, e.what}
	}))
	return nil
}

// taxFree names the tax-free part of what was paid, where there is one.
func taxFree(currency pay.Currency, part *int64) string {
	if part == nil || *part == 0 {
		return ""
	}
	return ", paid " + people(currency, *part) + " tax-free"
}

// knownDocument is the JSON of `explain`.
type knownDocument struct {
	OrderID      string                `json:"order_id"`
	Orders       []orderDocument       `json:"orders"`
	Payments     []paymentDocument     `json:"payments"`
	Transactions []transactionDocument `json:"transactions"`
	Breaks       []breakDocument       `json:"breaks"`
	Refunds      []refundDocument      `json:"refunds"`
	Timeline     []eventDocument       `json:"timeline"`
	ending
}

type orderDocument struct {
	MID               string  `json:"mid"`
	OrderID           string  `json:"order_id"`
	PaymentKey        *string `json:"payment_key"`
	Method            *string `json:"method"`
	Status            string  `json:"status"`
	Amount            int64   `json:"amount"`
	CanceledAmount    int64   `json:"canceled_amount"`
	RefundedElsewhere int64   `json:"refunded_elsewhere"`
	TaxFreeAmount     int64   `json:"tax_free_amount"`
	PG                string  `json:"pg"`
	Currency          string  `json:"currency"`
	OrderedAt         *string `json:"ordered_at"`
	PaidAt            *string `json:"paid_at"`
	CanceledAt        *string `json:"canceled_at"`
	CustomerRef       *string `json:"customer_ref"`
}

type paymentDocument struct {
	MID           string           `json:"mid"`
	PaymentKey    string           `json:"payment_key"`
	Status        string           `json:"status"`
	Method        *string          `json:"method"`
	Currency      string           `json:"currency"`
	TotalAmount   int64            `json:"total_amount"`
	BalanceAmount int64            `json:"balance_amount"`
	TaxFreePaid   *int64           `json:"tax_free_paid"` // of total_amount; null where it was not read
	RequestedAt   *string          `json:"requested_at"`
	ApprovedAt    *string          `json:"approved_at"`
	LookedUpAt    *string          `json:"looked_up_at"`
	Cancels       []cancelDocument `json:"cancels"`
}

type cancelDocument struct {
	TransactionKey string  `json:"transaction_key"`
	Amount         int64   `json:"amount"`
	Status         string  `json:"status"`
	CanceledAt     *string `json:"canceled_at"`
	RefundID       *string `json:"refund_id"` // of the request of ours that made it
}

type transactionDocument struct {
	MID            string  `json:"mid"`
	PaymentKey     string  `json:"payment_key"`
	TransactionKey string  `json:"transaction_key"`
	Status         string  `json:"status"`
	Method         *string `json:"method"`
	At             *string `json:"at"`
	Currency       string  `json:"currency"`
	Amount         int64   `json:"amount"` // as the list has it
}

type eventDocument struct {
	At   string `json:"at"`
	Side string `json:"side"`
	What string `json:"what"`
}

func (a *app) newKnownDocument(k *known) knownDocument {
	return knownDocument{
		OrderID: k.orderID, ending: a.ending(),
		Orders: each(k.orders, newOrderDocument), Payments: each(k.payments, newPaymentDocument),
		Transactions: each(k.transactions, newTransactionDocument),
		Breaks:       each(k.breaks, newBreakDocument), Refunds: each(k.refunds, newRefundDocument),
		Timeline: each(k.events, func(e event) eventDocument { return eventDocument{pay.FormatTime(e.at), e.side, e.what} }),
	}
}

func newOrderDocument(o pay.Order) orderDocument {
	return orderDocument{
		MID: o.MID, OrderID: o.ID, PaymentKey: orNull(o.PaymentKey), Method: orNull(o.Method), Status: string(o.Status),
		Amount: o.Amount, CanceledAmount: o.CanceledAmount, RefundedElsewhere: o.RefundedElsewhere,
		TaxFreeAmount: o.TaxFreeAmount, PG: o.PG, Currency: string(o.Currency), OrderedAt: timeOrNull(o.OrderedAt),
		PaidAt: timeOrNull(o.PaidAt), CanceledAt: timeOrNull(o.CanceledAt), CustomerRef: orNull(o.CustomerRef),
	}
}

func newPaymentDocument(looked store.LookedUp) paymentDocument {
	p := looked.Payment
	return paymentDocument{
		MID: p.MID, PaymentKey: p.PaymentKey, Status: string(p.Status), Method: orNull(p.Method), Currency: string(p.Currency),
		TotalAmount: p.TotalAmount, BalanceAmount: p.BalanceAmount, TaxFreePaid: looked.TaxFreePaid, RequestedAt: timeOrNull(p.RequestedAt),
		ApprovedAt: timeOrNull(p.ApprovedAt), LookedUpAt: timeOrNull(looked.LookedUpAt),
		Cancels: each(p.Cancels, func(c pay.Cancel) cancelDocument {
			return cancelDocument{c.TransactionKey, c.Amount, string(c.Status), timeOrNull(c.CanceledAt), orNull(c.Reason)}
		}),
	}
}

func newTransactionDocument(t pay.Transaction) transactionDocument {
	return transactionDocument{t.MID, t.PaymentKey, t.TransactionKey, string(t.Status), orNull(t.Method),
		timeOrNull(t.At), string(t.Currency), t.Amount}
}
