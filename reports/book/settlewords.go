package book

import (
	"daesa/reconcile"
	"daesa/settle"
)

// PayoutLabels name where a payout stands, as contract 8 has them.
var PayoutLabels = map[settle.State]Label{
	settle.Scheduled:   {"입금예정", "Scheduled"},
	settle.Due:         {"도래", "Due"},
	settle.MatchedFull: {"입금 확인", "Matched"},
	settle.Late:        {"지연 입금", "Late"},
	settle.Short:       {"입금 부족", "Short"},
	settle.Over:        {"입금 초과", "Over"},
	settle.Missing:     {"미입금", "Missing"},
	settle.Carried:     {"상계 이월", "Carried"},
	settle.Unread:      {"미확인(조회 안 됨)", "Not read"},
}

// payoutColours say how soon somebody should look at a payout. One that is not here
// needs nobody.
var payoutColours = map[settle.State]string{
	settle.Due: Amber, settle.MatchedFull: Green, settle.Late: Amber, settle.Short: Red, settle.Over: Red,
	settle.Missing: Red, settle.Unread: Amber,
}

// PayoutColour is the colour of a payout's state.
func PayoutColour(s settle.State) string { return payoutColours[s] }

// WhyLabels say why a payout is not matched.
var WhyLabels = map[settle.Why]Label{
	settle.NoLine:        {"통장에 입금 없음", "no deposit"},
	settle.Ambiguous:     {"후보 입금이 여럿", "several deposits may be it"},
	settle.AmountDiffers: {"입금액이 다름", "the amount differs"},
	settle.OtherAccount:  {"다른 통장에 입금됨", "in another account"},
	settle.NotCovered:    {"통장내역 미등록", "the passbook does not reach it"},
}

// LineLabels name where a passbook line stands.
var LineLabels = map[settle.LineState]Label{
	settle.LineMatched: {"지급 확인", "Matched"},
	settle.LineOpen:    {"출처 미확인", "Open"},
	settle.LineIgnored: {"정산 외 입금", "Ignored"},
}

// MonthLabels name where a month stands, as contract 8 has them.
var MonthLabels = map[settle.MonthState]Label{
	settle.MonthOpen:        {"진행 중", "Open"},
	settle.MonthProvisional: {"가마감", "Provisional"},
	settle.MonthReady:       {"마감 가능", "Ready"},
	settle.MonthLocked:      {"마감", "Locked"},
	settle.MonthReopened:    {"마감 해제", "Reopened"},
}

// BucketLabels name the ages of what is not paid out, in bank days after the
// payout's day.
var BucketLabels = map[settle.Bucket]Label{
	settle.BucketNoRow:  {"정산내역 없음", "No settlement row"},
	settle.BucketNotDue: {"지급일 미도래", "Not due"},
	settle.Bucket1to3:   {"1~3영업일 경과", "1 to 3 bank days"},
	settle.Bucket4to7:   {"4~7영업일 경과", "4 to 7 bank days"},
	settle.Bucket8to30:  {"8~30영업일 경과", "8 to 30 bank days"},
	settle.BucketOver30: {"30영업일 초과", "Over 30 bank days"},
}

// CardTypeLabels name the types of cards by Toss's words; another is shown as it came.
var CardTypeLabels = map[string]Label{"신용": {"신용", "Credit"}, "체크": {"체크", "Debit"}, "기프트": {"기프트", "Gift"}}

// EvidenceLabels name by what a sale is known to the tax office.
var EvidenceLabels = map[settle.Evidence]Label{
	settle.ByCard:    {"신용카드", "Card"},
	settle.ByReceipt: {"현금영수증", "Cash receipt"},
	settle.ByPrepaid: {"직불·선불전자지급수단", "Debit and prepaid"},
	settle.ByOther:   {"기타", "Other"},
}

// BasisLabels name the date by which the fee invoice goes.
var BasisLabels = map[settle.Basis]Label{
	settle.BasisSold: {"매출일 기준", "by sold date"},
	settle.BasisPaid: {"지급일 기준", "by payout date"},
}

// MeaningAndRemedy is what a kind of break says, and what to do about it.
type MeaningAndRemedy struct{ Meaning, Remedy Label }

// SettlementAdvice says it of the breaks between payment, settlement row, payout,
// passbook and month.
var SettlementAdvice = map[reconcile.Kind]MeaningAndRemedy{
	reconcile.PayoutMissing: {Label{"지급일이 지났으나 통장에 입금 없음", "A payout is due and did not come"},
		Label{"지급 보류·계좌 변경 여부를 토스에 확인", "ask Toss whether it is held or went elsewhere"}},
	reconcile.PayoutShort: {Label{"지급예정액보다 적게 입금됨", "Less than the payout came"},
		Label{"한도초과 보류·상계 여부 확인 후 통장 대조(daesa bank match)", "find out what was held or set off, then daesa bank match"}},
	reconcile.PayoutOver: {Label{"지급예정액보다 많이 입금됨", "More than the payout came"},
		Label{"초과분 내역을 토스에 확인 후 통장 대조(daesa bank match)", "ask Toss what the rest is, then daesa bank match"}},
	reconcile.SettlementMissing: {Label{"결제 후 정산기한이 지났으나 정산내역 없음", "Paid, and late without a settlement row"},
		Label{"정산 보류 여부를 토스에 확인", "ask Toss whether it is held"}},
	reconcile.SettlementDuplicate: {Label{"한 거래가 두 번 정산됨", "One transaction is settled twice"},
		Label{"중복 지급분을 토스에 확인", "ask Toss about the second one"}},
	reconcile.SettlementUnknown: {Label{"거래가 확인되지 않는 정산내역", "A settlement row of no transaction"},
		Label{"다른 가맹점(MID)의 거래인지 확인", "find out whether it is another merchant's"}},
	reconcile.SettlementAmountMismatch: {Label{"정산 거래금액이 결제금액과 다름", "The settled amount is not the transaction's"},
		Label{"차액 정산 여부를 토스에 확인", "ask Toss to settle the difference"}},
	reconcile.SettlementCancelMissing: {Label{"취소했으나 정산에서 차감되지 않음", "Cancelled, and not yet set off"},
		Label{"이후 지급에서 차감되는지 확인", "watch for it in the payouts to come"}},
	reconcile.SettlementArithmetic: {Label{"정산내역의 금액·수수료·지급액 계산이 맞지 않음", "The parts of a settlement row do not add up"},
		Label{"정산내역 정정을 토스에 요청", "ask Toss to correct it"}},
	reconcile.BankUnmatched: {Label{"토스 입금이나 해당하는 지급이 없음", "A deposit of Toss that no payout explains"},
		Label{"수수료 환급·잡이익 여부 결정 또는 통장 대조(daesa bank match)", "decide on rebate or other income, or daesa bank match"}},
	reconcile.StatementGap: {Label{"통장 잔액이 이어지지 않음(내역 누락)", "The passbook's balance does not tie"},
		Label{"빠진 기간의 통장내역 등록(daesa bank import)", "import the days that are missing (daesa bank import)"}},
	reconcile.FeeInvoiceMismatch: {Label{"수수료 세금계산서가 정산내역과 다름", "The fee invoice is not the sum of the rows"},
		Label{"계산서 입력값과 기준일 확인, 다르면 수정 발급 요청", "check what was entered and its basis, else ask for a corrected one"}},
	reconcile.FeeUnexpected: {Label{"수수료가 약정 요율과 다름", "A fee is not the agreed rate's"},
		Label{"약정 요율 확인 후 차액 환급 요청", "check the contract, then ask for the difference"}},
	reconcile.PayoutRescheduled: {Label{"정산내역의 지급일이 변경됨", "Rows were moved to another payout"},
		Label{"지급 보류 여부를 토스에 확인", "ask Toss whether it is held"}},
	reconcile.RollforwardUnexplained: {Label{"증감명세와 정산내역 기준 잔액이 다름", "The two ways to the closing differ"},
		Label{"증감명세의 불일치별 내역 확인", "look at its parts on the sheet of the roll-forward"}},
}

// Payout names where a payout stands, or gives it as it came.
func (l Language) Payout(s settle.State) string { return LookUp(l, PayoutLabels, s) }

// Month names where a month stands, or gives it as it came.
func (l Language) Month(s settle.MonthState) string { return LookUp(l, MonthLabels, s) }

// Advice is what a settlement break means and what to do about it; "" of any
// other.
func (l Language) Advice(k reconcile.Kind) string {
	advice, ok := SettlementAdvice[k]
	if !ok {
		return ""
	}
	return l.Of(advice.Meaning) + " → " + l.Of(advice.Remedy)
}
