package pay

import "strconv"

// MerchantError says that a payment is another merchant's than the one whose
// key looked it up: nothing of it may be given back, captured or compared there.
type MerchantError struct {
	PaymentKey string
	Asked      string // the configured mid
	Said       string // the mId that Toss names
}

// Error names both merchants.
func (e *MerchantError) Error() string {
	return "payment " + e.PaymentKey + " belongs to merchant " + strconv.Quote(e.Said) + ": is " + strconv.Quote(e.Asked) + " the MID of this secret key?"
}

// Hint says where the two are set.
func (e *MerchantError) Hint() string {
	return "correct merchants.mid, or name " + strconv.Quote(e.Said) + " in its also_mids if the key answers for that MID of the shop too; daesa doctor says whose key it is"
}

// Under gives the payment as one of the merchant mid, whose key looked it up.
// Where Toss names no merchant the key speaks for it; whether that is enough to
// send money is refunds' question. The error is a *MerchantError where Toss
// names another merchant.
func (p Payment) Under(mid string) (Payment, error) {
	if p.MID != "" && p.MID != mid {
		return Payment{}, &MerchantError{PaymentKey: p.PaymentKey, Asked: mid, Said: p.MID}
	}
	p.MID = mid
	return p, nil
}
