// Package reconcile says of one order and its payments how they differ, how a
// difference lives over the nights, and what a run, its coverage and its control
// totals are. It knows payments and orders, no provider and no database: facts come
// in as arguments, verdicts go out as values. Begin at Compare, then Remember;
// docs/contract.md section 6 has the words.
package reconcile

import "slices"

// Kind is the kind of a break.
type Kind string

// The kinds, most serious first.
const (
	MissingAtProvider  Kind = "missing_at_provider"
	MissingLocally     Kind = "missing_locally"
	PaidNotRecorded    Kind = "paid_not_recorded"
	DuplicatePayment   Kind = "duplicate_payment"
	PaidAfterCancel    Kind = "paid_after_cancel"
	NeverPaid          Kind = "never_paid"
	DepositReversed    Kind = "deposit_reversed"
	VAStillOpen        Kind = "va_still_open"
	CancelNotExecuted  Kind = "cancel_not_executed"
	CancelNotRecorded  Kind = "cancel_not_recorded"
	AmountMismatch     Kind = "amount_mismatch"
	CurrencyMismatch   Kind = "currency_mismatch"
	MethodMismatch     Kind = "method_mismatch"
	PaymentKeyMismatch Kind = "payment_key_mismatch"
	RefundFailed       Kind = "refund_failed"
)

// Kinds are all of them, most serious first.
var Kinds = []Kind{
	MissingAtProvider, MissingLocally, PaidNotRecorded, DuplicatePayment, PaidAfterCancel,
	NeverPaid, DepositReversed, VAStillOpen, CancelNotExecuted, CancelNotRecorded,
	AmountMismatch, CurrencyMismatch, MethodMismatch, PaymentKeyMismatch, RefundFailed,
}

// Rank is the place of a kind in Kinds: 0 is the most serious.
func (k Kind) Rank() int { return slices.Index(Kinds, k) }

// Status is where a break stands.
type Status string

// The words of the contract.
const (
	Open      Status = "open"      // seen, and nobody has decided
	Refunding Status = "refunding" // a person decided to refund, and the money is not back yet
	Timing    Status = "timing"    // too young, or a pair that straddles midnight
	Cleared   Status = "cleared"   // both sides agreed later, by themselves
	Resolved  Status = "resolved"  // by a person
	Reopened  Status = "reopened"  // came back after it was cleared or resolved
)

// Statuses are all of them.
var Statuses = []Status{Open, Refunding, Timing, Cleared, Resolved, Reopened}

// Sets are the statuses, and the states of runs, that have something in common, by
// the names under which the queries of sql/ ask for them. A refunding break is
// kept as a resolved one that waits.
var Sets = map[string][]string{
	"break_alive":    {string(Open), string(Timing), string(Reopened)}, // a night looks at it again
	"break_person":   {string(Open), string(Reopened)},                 // somebody must look at it
	"break_resolved": {string(Resolved)},
	"break_cleared":  {string(Cleared)},
	"run_running":    {RunRunning},
	"run_complete":   {RunComplete},
}

// Lists gives the statuses that a person means who asks for one: open is all that
// stands in the list of what is open. None: all of them.
func (s Status) Lists() []Status {
	switch s {
	case "":
		return nil
	case Open:
		return []Status{Open, Refunding, Reopened}
	default:
		return []Status{s}
	}
}

// NeedsPerson says whether somebody must look at a break of this status.
func (s Status) NeedsPerson() bool { return slices.Contains(Sets["break_person"], string(s)) }

// Listed reports whether a break of this status stands in the list of what is
// open: it needs a person, or waits for its refund.
func (s Status) Listed() bool { return s.NeedsPerson() || s == Refunding }

// Disposition is what a person decided about a break.
type Disposition string

// The words of the contract.
const (
	FixShop            Disposition = "fix_shop"
	RefundNow          Disposition = "refund_now"
	RefundedByTransfer Disposition = "refunded_by_transfer"
	RefundedInConsole  Disposition = "refunded_in_console"
	AcceptedDifference Disposition = "accepted_difference"
	ProviderError      Disposition = "provider_error"
	NotOurs            Disposition = "not_ours"
	Waiting            Disposition = "waiting"
)

// Dispositions are all of them.
var Dispositions = []Disposition{
	FixShop, RefundNow, RefundedByTransfer, RefundedInConsole, AcceptedDifference, ProviderError, NotOurs, Waiting,
}

// RecheckBankDays is after how many bank days a break that a person resolved
// as fix_shop or waiting comes back, if both sides still differ.
const RecheckBankDays = 3

// Expires says whether the disposition holds for RecheckBankDays only.
func (d Disposition) Expires() bool { return d == FixShop || d == Waiting }

// CancelVanished is the ProviderStatus of a RefundFailed whose cancel Toss no
// longer shows; a word of ours, beside those of Toss.
const CancelVanished = "CANCEL_VANISHED"

// Remark is what a person should know about a break beside its kind: a
// difference of its own, or why the night asks for no refund by itself.
type Remark string

// The remarks.
const (
	// TaxPartDiffers: shop and Toss name another tax-free part of one payment.
	TaxPartDiffers Remark = "tax_part_differs"
	// TaxPartNeeded: the amount owed could be taxable or tax-free, and only the
	// shop knows which; a person says it.
	TaxPartNeeded Remark = "tax_part_needed"
	// RefundWaysMixed: how much goes back through Toss does not follow from the
	// shop's file (pay.Order.MixedRefunds); a person says it.
	RefundWaysMixed Remark = "refund_ways_mixed"
)

// Remarks are all of them.
var Remarks = []Remark{TaxPartDiffers, TaxPartNeeded, RefundWaysMixed}

// Origin says who made a cancel that the shop does not know.
type Origin string

// The words of the contract.
const (
	Ours    Origin = "ours"    // a refund of daesa's
	Outside Origin = "outside" // Toss's console, the issuer, the bank
)
