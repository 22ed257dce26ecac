package refunds

import "strings"

// Daesa's own reasons, beside the provider's codes: they stand where a code
// stands, and Explain has a sentence for each. They are in lower case, so that
// no code of the provider can be one of them.
const (
	WhyAsked          = "asked"
	WhyWord           = "approved_by_a_person"
	WhyUnderLimit     = "under_approve_above"
	WhyNoAnswer       = "no_answer"
	WhyNotSent        = "not_sent"
	WhyBalanceMoved   = "balance_moved"
	WhyForeignCancel  = "foreign_cancel"
	WhyAlready        = "already_refunded"
	WhyAmountDiffers  = "amount_differs"
	WhyNoReference    = "no_reference"
	WhyKeyTooOld      = "key_too_old"
	WhySecretChanged  = "secret_changed"
	WhyTooMany        = "too_many_attempts"
	WhyPayoutFailed   = "payout_failed"
	WhyPayoutLate     = "payout_late"
	WhyForeignAborted = "foreign_aborted"
	WhyDeadline       = "deadline_passed"
	WhyNeedsAccount   = "needs_account"
	WhyNotOwed        = "no_longer_owed"
	WhyApprovalVoid   = "approval_void"
	WhyVanished       = "cancel_vanished"
	WhyOverLimit      = "over_limit"
	WhyPartial        = "partial_not_allowed"
	WhyNotPaid        = "not_paid"
	WhyAboveBalance   = "above_balance"
	WhyTaxPart        = "tax_part_differs"
	WhyInFlight       = "still_running"
	WhyFound          = "reference_found"
	WhyAnswered       = "canceled"
	WhyPaidOut        = "paid_out"
	WhyOnItsWay       = "on_its_way"
	WhySend           = "first_send"
	WhySendAgain      = "same_key_again"
	WhyNewAttempt     = "new_key_same_guard"
	WhyLeaseOver      = "worker_gone"
	WhyWithdrawn      = "withdrawn"
	WhyQuiet          = "waiting_for_quiet"
	WhyCurrency       = "currency_differs"
	WhyUnreachable    = "provider_unreachable"
	WhyAltered        = "row_altered"
	WhyRefusedBare    = "no_code"

	// What a signature on the approval does not cover, or not any more.
	WhyNotSigned        = "not_signed"
	WhySignedOtherwise  = "signed_otherwise"
	WhySignatureRefused = "signature_refused"

	// Whose payment it is, and whose references it bears.
	WhyOtherMerchant    = "other_merchant"
	WhyMerchantNotNamed = "merchant_not_named"
	WhyUnknownReference = "unknown_reference"
	WhyTwoInFlight      = "two_in_flight"

	// An order that was paid more than once.
	WhySeveralPayments = "several_payments"
	WhySentOnAnother   = "sent_on_another_payment"
	WhyNotTooMuch      = "nothing_paid_twice"

	// What was answered is no answer of the API, or not to be believed.
	WhyNoCode = "answer_without_code"
	WhySums   = "amounts_contradict"
)

// What an open request waits for, where none of the reasons above says it.
const (
	WhyAwaitsApproval = "awaits_approval"
	WhyNotConfigured  = "merchant_not_configured"
	WhyAboveSingle    = "above_max_single"
	WhyAboveRun       = "above_max_amount"
	WhyAboveDay       = "above_max_amount_per_day"
	WhyNoCount        = "max_count_is_zero"
	WhyBlocked        = "currency_blocked"
	WhyDayFull        = "day_limit_reached"
	WhyKeyRefused     = "key_not_accepted"
	WhyClock          = "clock_differs"
	WhySendFalse      = "send_is_false"
	WhyPaused         = "paused"
	WhyNextRun        = "next_run"
	WhyRetryLater     = "scheduled_retry"
	WhyBeingSent      = "being_sent"
	WhyLookedUp       = "looked_up_again"
	WhyMustLook       = "person_must_look"
)

// OwnReason says whether a code is one of daesa's own reasons, rather than one
// of the provider's, which are in capitals.
func OwnReason(code string) bool { return code != "" && code == strings.ToLower(code) }

// FoundByHand says whether a worker stopped at a request since it was not what the
// journal or a signature says of it. A signature that is not accepted is none of
// these: a key may be revoked.
func FoundByHand(why string) bool {
	return why == WhyAltered || why == WhyNotSigned || why == WhySignedOtherwise
}
