package app

import (
	"fmt"
	"strings"

	"daesa/pay"
)

// Sentence says for how much.
func (f Ordered) Sentence() string { return "ordered for " + f.Order.Currency.Spell(f.Order.Amount) }

// Sentence says who says so.
func (ShopPaid) Sentence() string { return "paid (says the shop)" }

// Sentence says how much, where the shop does.
func (f ShopCanceled) Sentence() string {
	if f.Order.CanceledAmount > 0 {
		return fmt.Sprintf("cancelled %s (says the shop)", f.Order.Currency.Spell(f.Order.CanceledAmount))
	}
	return "cancelled (says the shop)"
}

// Sentence repeats the row as it stands.
func (f Listed) Sentence() string {
	return fmt.Sprintf("list: %s, amount %s, payment %s", f.Row.Status, f.Row.Currency.Spell(f.Row.Amount), f.Row.PaymentKey)
}

// Sentence says for how much.
func (f Requested) Sentence() string {
	return fmt.Sprintf("payment %s requested for %s", f.Payment.PaymentKey, f.Payment.Currency.Spell(f.Payment.TotalAmount))
}

// Sentence names the payment.
func (f PaymentDone) Sentence() string {
	return fmt.Sprintf("payment %s approved", f.Payment.PaymentKey)
}

// Sentence says how much went back, and by which refund of ours.
func (f TossCanceled) Sentence() string {
	by := ""
	if f.Cancel.Reason != "" {
		by = ", refund " + f.Cancel.Reason
	}
	return fmt.Sprintf("payment %s: cancelled %s, %s%s", f.Payment.PaymentKey, f.Payment.Currency.Spell(f.Cancel.Amount), f.Cancel.Status, by)
}

// Sentence says what it told, and what became of it.
func (f WebhookArrived) Sentence() string {
	return fmt.Sprintf("webhook %s %s: %s", f.Webhook.Type, f.Webhook.Status, strings.TrimSpace(f.Webhook.State+" "+f.Webhook.Why))
}

// Sentence says what the look-up showed.
func (f WasLookedUp) Sentence() string {
	return fmt.Sprintf("looked payment %s up: %s, Toss holds %s", f.Payment.PaymentKey, f.Payment.Status, f.Payment.Currency.Spell(f.Payment.Held()))
}

// Sentence is a journal row as people read it: break B resolved as fix_shop by kim.
func (f Done) Sentence() string {
	text := "order"
	switch {
	case f.Break != nil:
		text = fmt.Sprintf("break %s (%s)", f.Break.ID, f.Break.Kind)
	case f.Refund != nil:
		text = fmt.Sprintf("refund %s of %s", f.Refund.ID, f.Refund.Currency.Spell(f.Refund.Amount))
	}
	text += " " + f.Entry.Verb()
	if as := f.Entry.As(); as != "" {
		text += " as " + as
	}
	text += " by " + f.Entry.Actor
	if f.Entry.Reason != "" {
		text += ": " + f.Entry.Reason
	}
	return text
}

// Sentence says which account, masked, or why there is none.
func (f AccountNoted) Sentence() string {
	if f.Account.AccountMasked == "" {
		return fmt.Sprintf("refund account %s %s", f.Account.State, f.Account.Why)
	}
	return fmt.Sprintf("refund account %s %s %s (%s)", f.Account.Bank, f.Account.AccountMasked, f.Account.HolderMasked, f.Account.Source)
}

// Sentence says that it is gone.
func (AccountDestroyed) Sentence() string { return "refund account destroyed" }

// Sentence names what was kept by its hash.
func (f AnswerKept) Sentence() string {
	return fmt.Sprintf("kept Toss's answer about %s: %s bytes, sha256 %s", f.About, pay.Grouped(f.Size), f.SHA256)
}
