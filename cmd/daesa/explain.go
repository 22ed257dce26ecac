package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/config"
	"daesa/pay"
	"daesa/store"
)

func (a *invocation) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain ORDER",
		Short: "Everything known about one order, as a timeline",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			return a.withDatabase(cmd.Context(), func(_ *config.Config, db *store.DB) error {
				known, err := app.Explain{Sides: db, Traces: db, MID: a.mid, OrderID: ids[0]}.Run(cmd.Context())
				if err != nil {
					return err
				}
				return a.printKnown(known)
			})
		},
	}
}

// sentence writes one moment of the timeline.
func sentence(fact app.Fact) string {
	switch f := fact.(type) {
	case app.Ordered:
		return "ordered for " + f.Order.Currency.Spell(f.Order.Amount)
	case app.ShopPaid:
		return "paid (says the shop)"
	case app.ShopCanceled:
		if f.Order.CanceledAmount > 0 {
			return fmt.Sprintf("cancelled %s (says the shop)", f.Order.Currency.Spell(f.Order.CanceledAmount))
		}
		return "cancelled (says the shop)"
	case app.Listed:
		return fmt.Sprintf("list: %s, amount %s, payment %s", f.Row.Status, f.Row.Currency.Spell(f.Row.Amount), f.Row.PaymentKey)
	case app.Requested:
		return fmt.Sprintf("payment %s requested for %s", f.Payment.PaymentKey, f.Payment.Currency.Spell(f.Payment.TotalAmount))
	case app.PaymentDone:
		return fmt.Sprintf("payment %s approved", f.Payment.PaymentKey)
	case app.TossCanceled:
		by := ""
		if f.Cancel.Reason != "" {
			by = ", refund " + f.Cancel.Reason
		}
		return fmt.Sprintf("payment %s: cancelled %s, %s%s", f.Payment.PaymentKey, f.Payment.Currency.Spell(f.Cancel.Amount), f.Cancel.Status, by)
	case app.WebhookArrived:
		return fmt.Sprintf("webhook %s %s: %s", f.Webhook.Type, f.Webhook.Status, strings.TrimSpace(f.Webhook.State+" "+f.Webhook.Why))
	case app.WasLookedUp:
		return fmt.Sprintf("looked payment %s up: %s, Toss holds %s", f.Payment.PaymentKey, f.Payment.Status, f.Payment.Currency.Spell(f.Payment.Held()))
	case app.Done:
		return deed(f)
	case app.AccountNoted:
		if f.Account.AccountMasked == "" {
			return fmt.Sprintf("refund account %s %s", f.Account.State, f.Account.Why)
		}
		return fmt.Sprintf("refund account %s %s %s (%s)", f.Account.Bank, f.Account.AccountMasked, f.Account.HolderMasked, f.Account.Source)
	case app.AccountDestroyed:
		return "refund account destroyed"
	case app.AnswerKept:
		return fmt.Sprintf("kept Toss's answer about %s: %s bytes, sha256 %s", f.About, pay.Grouped(f.Size), f.SHA256)
	default:
		return ""
	}
}

// deed writes a journal row as people read it: break B resolved as fix_shop by kim.
func deed(d app.Done) string {
	text := "order"
	switch {
	case d.Break != nil:
		text = fmt.Sprintf("break %s (%s)", d.Break.ID, d.Break.Kind)
	case d.Refund != nil:
		text = fmt.Sprintf("refund %s of %s", d.Refund.ID, d.Refund.Currency.Spell(d.Refund.Amount))
	}
	text += " " + d.Entry.Verb()
	if as := d.Entry.As(); as != "" {
		text += " as " + as
	}
	text += " by " + d.Entry.Actor
	if d.Entry.Reason != "" {
		text += ": " + d.Entry.Reason
	}
	return text
}

func (a *invocation) printKnown(k *app.Explained) error {
	if a.json {
		return a.printJSON(a.newKnownDocument(k))
	}
	for _, o := range k.Orders {
		a.printf("%s\n", plain(fmt.Sprintf("shop %s: %s, %s, holds %s%s", o.MID, o.Status, o.Currency.Spell(o.Amount), o.Currency.Spell(o.Held()), taxFree(o.Currency, &o.TaxFreeAmount))))
	}
	if len(k.Orders) == 0 {
		a.printf("shop: knows no such order\n")
	}
	for _, looked := range k.Payments {
		p := looked.Payment
		a.printf("%s\n", plain(fmt.Sprintf("toss %s: %s, %s, holds %s%s", p.MID, p.Status, p.Currency.Spell(p.TotalAmount), p.Currency.Spell(p.Held()), taxFree(p.Currency, looked.TaxFreePaid))))
		for _, o := range k.TaxPartsDiffer(looked) {
			a.printf("the tax-free parts differ: the shop says %s, Toss %s\n", o.Currency.Spell(o.TaxFreeAmount), p.Currency.Spell(*looked.TaxFreePaid))
		}
	}
	for _, b := range k.Breaks {
		line := fmt.Sprintf("break %s: %s, %s", b.ID, b.Kind, b.Status)
		if said := remark(b); said != "" && b.Status.NeedsPerson() {
			line += "; " + said
		}
		a.printf("%s\n", plain(line))
	}
	for _, r := range k.Refunds {
		a.printf("%s\n", plain(fmt.Sprintf("refund %s: %s, %s", r.ID, r.Currency.Spell(r.Amount), r.State)))
	}
	a.printf("\n")
	a.printTable([]string{"WHEN", "SIDE", "WHAT"}, each(k.Timeline, func(m app.Moment) []string {
		return []string{pay.FormatTime(m.At.Truncate(time.Second)), string(m.Side), sentence(m.Fact)}
	}))
	return nil
}

// taxFree names the tax-free part of what was paid, where there is one.
func taxFree(currency pay.Currency, part *int64) string {
	if part == nil || *part == 0 {
		return ""
	}
	return ", paid " + currency.Spell(*part) + " tax-free"
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

func (a *invocation) newKnownDocument(k *app.Explained) knownDocument {
	return knownDocument{
		OrderID: k.OrderID, ending: a.ending(),
		Orders: each(k.Orders, newOrderDocument), Payments: each(k.Payments, newPaymentDocument),
		Transactions: each(k.Transactions, newTransactionDocument),
		Breaks:       each(k.Breaks, newBreakDocument), Refunds: each(k.Refunds, newRefundDocument),
		Timeline: each(k.Timeline, func(m app.Moment) eventDocument {
			return eventDocument{pay.FormatTime(m.At), string(m.Side), sentence(m.Fact)}
		}),
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

func newPaymentDocument(looked app.LookedUp) paymentDocument {
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
