package app

import "time"

// AccountLine is a refund account, masked, or a payment whose account is waited
// for or was missed.
type AccountLine struct {
	MID, OrderID, PaymentKey          string
	Bank, AccountMasked, HolderMasked string    // empty where there is no account
	CapturedAt                        time.Time // zero where there is none
	Source                            string
	PurgedAt                          time.Time // when the account was destroyed; zero: it was not
	ExpiresAt                         time.Time // when Toss stops showing it; zero where it was not seen at Toss
	State                             string    // a refunds.CaptureState
	Why                               string    // why it was missed
}
