package app

import (
	"cmp"

	"daesa/pay"
	"daesa/reconcile"
)

// ShopStatus is the shop's word in a break: other_pg and zero_amount are of orders
// that the shop has, yet not as ones of Toss.
func ShopStatus(b reconcile.Break) string {
	switch b.LocalPG {
	case "":
		return b.LocalStatus
	case pay.PGToss:
		return "zero_amount"
	default:
		return "other_pg"
	}
}

// ShopHolds is the shop's side of a break in a column, ShopSide in a sentence: an
// order that it has as another company's is not one that it lacks.
func ShopHolds(b reconcile.Break) string {
	switch b.LocalPG {
	case "":
		return spelled(b.Currency, b.LocalAmount)
	case pay.PGToss:
		return "order of 0"
	default:
		return "as " + b.LocalPG
	}
}

// ShopSide is a sentence without its subject.
func ShopSide(b reconcile.Break) string {
	switch b.LocalPG {
	case "":
		return side(b.Currency, b.LocalAmount, b.LocalStatus)
	case pay.PGToss:
		return "has the order, with an amount of 0: paid without Toss"
	default:
		return "has the order, paid through another company: " + b.LocalPG
	}
}

// TossHolds is Toss's side of a break in a column, TossSide in a sentence. A break
// has one currency, the shop's, so that the amount of another one cannot be
// written.
func TossHolds(b reconcile.Break) string {
	if b.Kind == reconcile.CurrencyMismatch {
		return "other currency"
	}
	return spelled(b.Currency, b.ProviderAmount)
}

// TossSide is a sentence without its subject.
func TossSide(b reconcile.Break) string {
	if b.Kind == reconcile.CurrencyMismatch {
		return "holds another currency, says " + cmp.Or(b.ProviderStatus, "nothing") + "; daesa explain shows it"
	}
	return side(b.Currency, b.ProviderAmount, b.ProviderStatus)
}

func spelled(currency pay.Currency, units *int64) string {
	if units == nil {
		return "-"
	}
	return currency.Spell(*units)
}

func side(currency pay.Currency, amount *int64, status string) string {
	if amount == nil {
		return "knows nothing of it"
	}
	return "holds " + currency.Spell(*amount) + ", says " + cmp.Or(status, "nothing")
}

// RemarkOf says what a person should know about a break beside its kind; "":
// nothing.
func RemarkOf(b reconcile.Break) string {
	switch b.Remark {
	case reconcile.TaxPartNeeded:
		return "no refund is asked for by itself: the amount owed may be taxable or tax-free; refund_now needs --tax-free N"
	case reconcile.TaxPartDiffers:
		return "shop and Toss name another tax-free part of this payment; daesa explain " + b.OrderID + " shows both"
	case reconcile.RefundWaysMixed:
		return "no refund is asked for by itself: the shop's file does not tell how much goes back through Toss (points, bank transfers, items without a figure); daesa refunds add says it"
	default:
		return string(b.Remark)
	}
}
