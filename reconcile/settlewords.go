package reconcile

import (
	"slices"
	"strings"
)

// The kinds of a break between payment, settlement row, payout, passbook and
// month. They have the life of every break; their subject is not an order.
const (
	SettlementMissing        Kind = "settlement_missing"
	SettlementUnknown        Kind = "settlement_unknown"
	SettlementDuplicate      Kind = "settlement_duplicate"
	SettlementAmountMismatch Kind = "settlement_amount_mismatch"
	SettlementCancelMissing  Kind = "settlement_cancel_missing"
	SettlementArithmetic     Kind = "settlement_arithmetic"
	FeeUnexpected            Kind = "fee_unexpected"
	PayoutRescheduled        Kind = "payout_rescheduled"
	PayoutMissing            Kind = "payout_missing"
	PayoutShort              Kind = "payout_short"
	PayoutOver               Kind = "payout_over"
	BankUnmatched            Kind = "bank_unmatched"
	StatementGap             Kind = "statement_gap"
	FeeInvoiceMismatch       Kind = "fee_invoice_mismatch"
	RollforwardUnexplained   Kind = "rollforward_unexplained"
)

// SettlementKinds are those of the scope settlement, most serious first.
var SettlementKinds = []Kind{
	PayoutMissing, PayoutShort, SettlementMissing, SettlementDuplicate, SettlementUnknown,
	SettlementAmountMismatch, PayoutOver, BankUnmatched, RollforwardUnexplained, StatementGap,
	SettlementCancelMissing, SettlementArithmetic, FeeInvoiceMismatch, FeeUnexpected, PayoutRescheduled,
}

// BreakScope says which part of the chain a break belongs to.
type BreakScope string

// The words of the contract.
const (
	ScopeOrders     BreakScope = "orders"
	ScopeSettlement BreakScope = "settlement"
)

// BreakScopes are both of them.
var BreakScopes = []BreakScope{ScopeOrders, ScopeSettlement}

// Scope is the scope of a kind.
func (k Kind) Scope() BreakScope {
	if slices.Contains(SettlementKinds, k) {
		return ScopeSettlement
	}
	return ScopeOrders
}

// What a person can decide about a settlement break beside the dispositions
// of orders.
const (
	Rebate      Disposition = "rebate"       // a deposit gives fees back
	SetOff      Disposition = "set_off"      // set off against something else
	LimitHold   Disposition = "limit_hold"   // withheld, since the settlement limit is used up
	OtherIncome Disposition = "other_income" // a deposit that belongs to no payout
)

// SettlementDispositions are those that only settlement breaks take.
var SettlementDispositions = []Disposition{Rebate, SetOff, LimitHold, OtherIncome}

// AllDispositions are those of orders and those of settlement.
var AllDispositions = slices.Concat(Dispositions, SettlementDispositions)

// receivableMoves are the kinds whose accepted difference, or set-off, changes
// what Toss owes the shop.
var receivableMoves = []Kind{PayoutShort, PayoutOver, PayoutMissing, SettlementMissing, SettlementAmountMismatch}

// settlementTakes are the dispositions of each settlement kind, waiting apart,
// which every kind takes. docs/states.md has the same table.
var settlementTakes = map[Kind][]Disposition{
	PayoutMissing:            {AcceptedDifference, SetOff, LimitHold, ProviderError},
	PayoutShort:              {AcceptedDifference, SetOff, LimitHold, ProviderError},
	PayoutOver:               {AcceptedDifference, SetOff, ProviderError},
	SettlementMissing:        {AcceptedDifference, SetOff, LimitHold, ProviderError},
	SettlementDuplicate:      {AcceptedDifference, ProviderError},
	SettlementUnknown:        {AcceptedDifference, ProviderError, NotOurs},
	SettlementAmountMismatch: {AcceptedDifference, SetOff, ProviderError},
	SettlementCancelMissing:  {AcceptedDifference, SetOff, ProviderError},
	SettlementArithmetic:     {AcceptedDifference, ProviderError},
	FeeUnexpected:            {AcceptedDifference, ProviderError},
	PayoutRescheduled:        {AcceptedDifference, LimitHold, ProviderError},
	BankUnmatched:            {AcceptedDifference, OtherIncome, Rebate, NotOurs},
	StatementGap:             {AcceptedDifference},
	FeeInvoiceMismatch:       {AcceptedDifference, ProviderError},
	RollforwardUnexplained:   {AcceptedDifference},
}

// Takes says whether a person may decide so about a break of the kind. Which
// of these mean money, and whether there is an amount to accept, is asked
// elsewhere.
func (k Kind) Takes(as Disposition) bool {
	if k.Scope() == ScopeOrders {
		return slices.Contains(Dispositions, as)
	}
	return as == Waiting || slices.Contains(settlementTakes[k], as)
}

// Adjusts says whether the decision about a break of the kind changes what
// Toss owes the shop. A fee that is accepted changes nothing: it is in the
// row already. What waits, or is held, is still owed.
func (k Kind) Adjusts(as Disposition) bool {
	return (as == AcceptedDifference || as == SetOff) && slices.Contains(receivableMoves, k)
}

// Takes says whether a person may decide so about the finding: its kind takes the
// decision, and there is an amount where one is accepted or set off. A payout that
// came short has none until a person has said which line it is.
func (f Finding) Takes(as Disposition) bool {
	needsAmount := f.Kind.Scope() == ScopeSettlement && (as == AcceptedDifference || as == SetOff)
	return f.Kind.Takes(as) && (f.Amount != nil || !needsAmount)
}

// OfSettlement says whether the break is of settlement, bank or month.
func (b Break) OfSettlement() bool { return b.Kind.Scope() == ScopeSettlement }

// Adjustment is what the decision that stands about the break changes of what Toss
// owes the shop; ok is false where it changes nothing, or none stands.
func (b Break) Adjustment() (amount int64, ok bool) {
	if b.Status != Resolved || b.Amount == nil || !b.Kind.Adjusts(b.Resolution) {
		return 0, false
	}
	return *b.Amount, true
}

// LineAside is the passbook line that the break is about, and whether the decision
// about it sets the line aside; line is "" where the break is about none.
func (b Break) LineAside() (line string, aside bool) {
	line, ok := strings.CutPrefix(b.Subject, "line:")
	if !ok || b.Kind != BankUnmatched {
		return "", false
	}
	return line, b.Status == Resolved && b.Resolution != Waiting
}
