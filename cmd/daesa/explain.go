package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/pay"
)

func (a *invocation) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain ORDER",
		Short: "Everything known about one order, as a timeline",
		Args:  cobra.ExactArgs(1),
		RunE: a.onStore(func(ctx context.Context, s *session, ids []string) error {
			known, err := app.Explain{Sides: s.db, Traces: s.db, MID: s.mid, OrderID: ids[0]}.Run(ctx)
			if err != nil {
				return err
			}
			return s.show(s.newKnownDocument(known), func() { s.printKnown(known) })
		}),
	}
}

func (a *invocation) printKnown(k *app.Explained) {
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
		if said := app.RemarkOf(b); said != "" && b.Status.NeedsPerson() {
			line += "; " + said
		}
		a.printf("%s\n", plain(line))
	}
	for _, r := range k.Refunds {
		a.printf("%s\n", plain(fmt.Sprintf("refund %s: %s, %s", r.ID, r.Currency.Spell(r.Amount), r.State)))
	}
	a.printf("\n")
	a.printTable([]string{"WHEN", "SIDE", "WHAT"}, each(k.Timeline, func(m app.Moment) []string {
		return []string{pay.FormatTime(m.At.Truncate(time.Second)), string(m.Side), m.Fact.Sentence()}
	}))
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
	MID string `json:"mid"`
	orderFields
}

// orderFields are an order as JSON shows it, whoever reads it.
type orderFields struct {
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
			return eventDocument{pay.FormatTime(m.At), string(m.Side), m.Fact.Sentence()}
		}),
	}
}

func newOrderDocument(o pay.Order) orderDocument { return orderDocument{o.MID, newOrderFields(o)} }

func newOrderFields(o pay.Order) orderFields {
	return orderFields{
		OrderID: o.ID, PaymentKey: orNull(o.PaymentKey), Method: orNull(o.Method), Status: string(o.Status),
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
