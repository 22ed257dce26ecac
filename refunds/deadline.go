package refunds

import (
	"time"

	"daesa/pay"
)

// Days of the provider's cancel periods (integration guide, 결제수단별 취소 정책).
const (
	transferDays = 180
	payPalDays   = 180
	// cardRiskDays: after a year a card cancel may fail, since issuers keep
	// their data for different times; it is still tried.
	cardRiskDays = 365
)

// Deadline is the last moment at which a payment can be cancelled.
type Deadline struct {
	By     time.Time // inclusive; zero: none is known
	AtRisk bool      // no deadline, but so old that the issuer may refuse
}

// Over says whether now is after the deadline. A refund is sent while now is
// not after it.
func (d Deadline) Over(now time.Time) bool { return !d.By.IsZero() && now.After(d.By) }

// CancelBy reckons the deadline of a payment in Asia/Seoul. accountDays is the
// merchant's virtual_account_cancel_days. now only decides whether a card is
// at risk. A payment that was never approved has no deadline.
func CancelBy(p pay.Payment, accountDays int, now time.Time) Deadline {
	if p.ApprovedAt.IsZero() {
		return Deadline{}
	}
	method := p.Method
	if method == pay.EasyPay {
		method = p.Behind
	}
	switch method {
	case pay.Phone:
		return Deadline{By: pay.EndOfMonth(p.ApprovedAt).Add(-time.Second)}
	case pay.Transfer:
		return Deadline{By: daysAfter(p.ApprovedAt, transferDays)}
	case pay.VirtualAccount:
		return Deadline{By: daysAfter(p.ApprovedAt, accountDays)}
	case pay.ForeignEasyPay:
		if payPal(p) {
			return Deadline{By: daysAfter(p.ApprovedAt, payPalDays)}
		}
		return Deadline{}
	case pay.Card:
		return Deadline{AtRisk: now.After(daysAfter(p.ApprovedAt, cardRiskDays))}
	default:
		return Deadline{}
	}
}

// daysAfter counts days of 24 hours, as the contract does.
func daysAfter(t time.Time, days int) time.Time {
	return t.Add(time.Duration(days) * 24 * time.Hour)
}

// payPal: the provider's name, or dollars where the sample lost it (PayPal is
// the only documented method that pays in USD).
func payPal(p pay.Payment) bool {
	switch p.Provider {
	case "PAYPAL", "PayPal", "페이팔":
		return true
	case "":
		return p.Currency == pay.USD || p.Currency == pay.MUSD
	default:
		return false
	}
}
