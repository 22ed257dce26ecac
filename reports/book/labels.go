package book

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// Label is one text in both languages. Korean labels that the contract (8) names
// are exactly the contract's.
type Label [2]string

// Ko is the Korean text.
func (l Label) Ko() string { return l[0] }

// En is the English text.
func (l Label) En() string { return l[1] }

// With adds what is the same in both languages.
func (l Label) With(more string) Label { return Label{l.Ko() + more, l.En() + more} }

// Language chooses between the two.
type Language string

// The languages.
const (
	Korean  Language = "ko" // where nothing else is asked for
	English Language = "en"
)

// Of is the text of a label in the language.
func (l Language) Of(w Label) string {
	if l == English {
		return w.En()
	}
	return w.Ko()
}

// The sheets. "History" is reserved by Excel and never used.
var (
	SheetSummary   = Label{"요약", "Summary"}
	SheetBreaks    = Label{"불일치", "Breaks"}
	SheetDeadlines = Label{"취소기한", "Deadlines"}
	SheetRefunds   = Label{"환불", "Refunds"}
	SheetMissing   = Label{"환불계좌 미등록", "Accounts missing"}
	SheetTransfers = Label{"수기이체", "By hand"}
	SheetPromises  = Label{"환불 입금예정", "Arrivals"}
	SheetControl   = Label{"대사 확인", "Control"}

	SheetSettlement = Label{"정산", "Settlement"}
)

// KindLabels name how an order and its payments differ.
var KindLabels = map[reconcile.Kind]Label{
	reconcile.MissingAtProvider:  {"토스에 없음", "Missing at Toss"},
	reconcile.MissingLocally:     {"쇼핑몰에 없음", "Missing in shop"},
	reconcile.PaidNotRecorded:    {"입금 미반영", "Paid, not recorded"},
	reconcile.DuplicatePayment:   {"중복 결제", "Duplicate payment"},
	reconcile.PaidAfterCancel:    {"취소 후 입금", "Paid after cancel"},
	reconcile.NeverPaid:          {"미결제 주문", "Never paid"},
	reconcile.DepositReversed:    {"입금 취소됨", "Deposit reversed"},
	reconcile.VAStillOpen:        {"가상계좌 미해지", "Account still open"},
	reconcile.CancelNotExecuted:  {"취소 미실행", "Cancel not executed"},
	reconcile.CancelNotRecorded:  {"취소 미반영", "Cancel not recorded"},
	reconcile.AmountMismatch:     {"금액 불일치", "Amount mismatch"},
	reconcile.CurrencyMismatch:   {"통화 불일치", "Currency mismatch"},
	reconcile.MethodMismatch:     {"결제수단 불일치", "Method mismatch"},
	reconcile.PaymentKeyMismatch: {"결제키 불일치", "Payment key mismatch"},
	reconcile.RefundFailed:       {"환불 실패", "Refund failed"},

	reconcile.SettlementMissing:        {"정산 누락", "Not settled"},
	reconcile.SettlementUnknown:        {"미확인 정산", "Unknown settlement"},
	reconcile.SettlementDuplicate:      {"중복 정산", "Settled twice"},
	reconcile.SettlementAmountMismatch: {"정산 금액 불일치", "Settled amount differs"},
	reconcile.SettlementCancelMissing:  {"취소 정산 누락", "Cancel not settled"},
	reconcile.SettlementArithmetic:     {"정산 계산 불일치", "Settlement does not add up"},
	reconcile.FeeUnexpected:            {"수수료율 차이", "Fee rate differs"},
	reconcile.PayoutRescheduled:        {"입금예정일 변경", "Payout moved"},
	reconcile.PayoutMissing:            {"미입금", "Payout missing"},
	reconcile.PayoutShort:              {"입금 부족", "Payout short"},
	reconcile.PayoutOver:               {"입금 초과", "Payout over"},
	reconcile.BankUnmatched:            {"출처 미확인 입금", "Deposit unexplained"},
	reconcile.StatementGap:             {"통장내역 누락", "Passbook has a hole"},
	reconcile.FeeInvoiceMismatch:       {"수수료 세금계산서 불일치", "Fee invoice differs"},
	reconcile.RollforwardUnexplained:   {"미수금 잔액 차이", "Receivable unexplained"},
}

// IsNew is a break that this night opened; the contract's word is open.
const IsNew reconcile.Status = "new"

// StatusLabels name where a break stands.
var StatusLabels = map[reconcile.Status]Label{
	IsNew:               {"신규", "New"},
	reconcile.Open:      {"계속", "Open"},
	reconcile.Reopened:  {"재발생", "Reopened"},
	reconcile.Timing:    {"시점 차이", "Timing"},
	reconcile.Refunding: {"환불 진행 중", "Refunding"},
	reconcile.Resolved:  {"종결", "Resolved"},
	reconcile.Cleared:   {"자동 해소", "Cleared"},
}

// DecisionLabels are what a person can decide about a break.
var DecisionLabels = map[reconcile.Disposition]Label{
	reconcile.FixShop:            {"쇼핑몰 정정", "Fix the shop"},
	reconcile.RefundNow:          {"환불 진행", "Refund now"},
	reconcile.RefundedByTransfer: {"수기이체 완료", "Refunded by transfer"},
	reconcile.RefundedInConsole:  {"토스에서 환불 완료", "Refunded in console"},
	reconcile.AcceptedDifference: {"소액 차이 종결", "Difference accepted"},
	reconcile.ProviderError:      {"토스 오류", "Provider error"},
	reconcile.NotOurs:            {"당사 주문 아님", "Not ours"},
	reconcile.Waiting:            {"보류", "Waiting"},
	reconcile.Rebate:             {"수수료 환급", "Fee rebate"},
	reconcile.SetOff:             {"상계", "Set off"},
	reconcile.LimitHold:          {"한도초과 보류", "Held by limit"},
	reconcile.OtherIncome:        {"잡이익", "Other income"},
}

// FormerDecisions are labels of earlier workbooks that people may still write.
var FormerDecisions = map[reconcile.Disposition]string{
	reconcile.RefundedInConsole: "토스에서 환불함", reconcile.NotOurs: "우리 주문 아님", reconcile.Waiting: "기다림",
}

// Decisions are the labels of the drop-down, in the contract's order.
var Decisions = func() []Label {
	var list []Label
	for _, as := range reconcile.Dispositions {
		list = append(list, DecisionLabels[as])
	}
	return list
}()

// OriginLabels name who cancelled.
var OriginLabels = map[reconcile.Origin]Label{
	reconcile.Ours:    {"daesa 환불", "Ours"},
	reconcile.Outside: {"외부 취소", "Outside"},
}

// StateLabels name where a refund stands.
var StateLabels = map[refunds.State]Label{
	refunds.StateRequested:    {"결재 대기", "To approve"},
	refunds.StateApproved:     {"결재 완료", "Approved"},
	refunds.StateNeedsAccount: {"환불계좌 필요", "Needs account"},
	refunds.StateSending:      {"전송 중", "Sending"},
	refunds.StateRetry:        {"재시도 대기", "Retry"},
	refunds.StateUnknown:      {"결과 미확인", "Unknown"},
	refunds.StateHeld:         {"확인 필요", "Held"},
	refunds.StateAccepted:     {"환불 접수(송금 대기)", "Accepted (payout pending)"},
	refunds.StateSucceeded:    {"취소 완료", "Succeeded"},
	refunds.StateRefused:      {"토스 거절", "Refused"},
	refunds.StateExpired:      {"취소기한 경과", "Expired"},
	refunds.StateRejected:     {"반려·철회", "Rejected"},
}

// PaidOut is a succeeded refund whose money reached an account.
var PaidOut = Label{"환불 완료", "Paid out"}

// StatesByNeed are the states, those that need a person first.
var StatesByNeed = []refunds.State{
	refunds.StateUnknown, refunds.StateHeld, refunds.StateExpired, refunds.StateNeedsAccount, refunds.StateRequested,
	refunds.StateApproved, refunds.StateRetry, refunds.StateSending, refunds.StateAccepted,
	refunds.StateRefused, refunds.StateSucceeded, refunds.StateRejected,
}

// MethodLabels name how was paid.
var MethodLabels = map[pay.Method]Label{
	pay.Card:            {"카드", "Card"},
	pay.Transfer:        {"계좌이체", "Transfer"},
	pay.VirtualAccount:  {"가상계좌", "Virtual account"},
	pay.Phone:           {"휴대폰", "Phone"},
	pay.GiftCertificate: {"상품권", "Gift certificate"},
	pay.EasyPay:         {"간편결제", "Easy pay"},
	pay.ForeignEasyPay:  {"해외간편결제", "Foreign easy pay"},
}

// MethodOrder is the order in which finance lists methods.
var MethodOrder = []pay.Method{pay.Card, pay.EasyPay, pay.Transfer, pay.VirtualAccount, pay.Phone, pay.GiftCertificate, pay.ForeignEasyPay}

// ByMethod compares methods in finance's order: those that nobody knows come last,
// and what a side does not name behind them.
func ByMethod(a, b pay.Method) int { return cmp.Or(methodPlace(a)-methodPlace(b), cmp.Compare(a, b)) }

func methodPlace(m pay.Method) int {
	if i := slices.Index(MethodOrder, m); i >= 0 {
		return i
	}
	if m == pay.MethodUnknown {
		return len(MethodOrder) + 1
	}
	return len(MethodOrder)
}

// SideStatusLabels are the shop's and Toss's own words for where an order or a
// payment stands; a word that is not here is shown as it came.
var SideStatusLabels = map[string]Label{
	string(pay.OrderPending):           {"결제 대기", "pending"},
	string(pay.OrderPaid):              {"결제 완료", "paid"},
	string(pay.OrderPartiallyCanceled): {"부분 취소", "partially canceled"},
	string(pay.OrderCanceled):          {"취소", "canceled"},
	string(pay.OrderFailed):            {"결제 실패", "failed"},
	string(pay.OrderDeleted):           {"삭제", "deleted"},
	string(pay.Ready):                  {"결제 준비", "READY"},
	string(pay.InProgress):             {"결제 진행 중", "IN_PROGRESS"},
	string(pay.WaitingForDeposit):      {"입금 대기", "WAITING_FOR_DEPOSIT"},
	string(pay.Done):                   {"결제 완료", "DONE"},
	string(pay.Canceled):               {"취소", "CANCELED"},
	string(pay.PartialCanceled):        {"부분 취소", "PARTIAL_CANCELED"},
	string(pay.Aborted):                {"결제 실패", "ABORTED"},
	string(pay.Expired):                {"결제 만료", "EXPIRED"},
	string(pay.RefundFailed):           {"환불 실패", "refund FAILED"},
	reconcile.CancelVanished:           {"취소 확인 안 됨", "cancel not shown"},
	string(pay.RefundPartialFailed):    {"일부 환불 실패", "refund PARTIAL_FAILED"},
}

var weekdayLabels = map[time.Weekday]Label{
	time.Sunday: {"일", "Sun"}, time.Monday: {"월", "Mon"}, time.Tuesday: {"화", "Tue"}, time.Wednesday: {"수", "Wed"},
	time.Thursday: {"목", "Thu"}, time.Friday: {"금", "Fri"}, time.Saturday: {"토", "Sat"},
}

// SideLabels name whose record it is.
var SideLabels = map[string]Label{
	"provider": {"토스 거래", "Toss"},
	"shop":     {"쇼핑몰 주문", "Shop"},
}

// CaptureLabels are why an account was missed.
var CaptureLabels = map[string]Label{
	refunds.CaptureNotShown:    {"구매자가 환불계좌를 입력하지 않음", "the buyer gave none"},
	refunds.CaptureTooLate:     {"30분 경과 후 인지", "heard of too late"},
	refunds.CaptureUnreachable: {"토스 응답 없음", "Toss did not answer"},
	refunds.CaptureUnusable:    {"송금 불가 계좌", "no account that money can be sent to"},
	refunds.CaptureStranger:    {"설정과 다른 상점아이디(MID)의 결제", "a payment of another merchant than the configuration's"},
}

// LookUp gives the label of a value, or the value itself where it has none: a new
// status of the provider must be seen, not hidden.
func LookUp[K ~string](l Language, words map[K]Label, key K) string {
	if w, ok := words[key]; ok {
		return l.Of(w)
	}
	return string(key)
}

// Kind names a kind of break, or gives it as it came.
func (l Language) Kind(k reconcile.Kind) string { return LookUp(l, KindLabels, k) }

// Method names a way to pay, or gives it as it came.
func (l Language) Method(m pay.Method) string { return LookUp(l, MethodLabels, m) }

// SideStatus names the shop's or Toss's own status, or gives it as it came.
func (l Language) SideStatus(status string) string { return LookUp(l, SideStatusLabels, status) }

// Status names where a break stands, or gives it as it came.
func (l Language) Status(s reconcile.Status) string { return LookUp(l, StatusLabels, s) }

// Refund is the label of a state. The money of a virtual account arrives after the
// cancel, so that its success has a label of its own.
func (l Language) Refund(state refunds.State, method pay.Method) string {
	if state == refunds.StateSucceeded && method == pay.VirtualAccount {
		return l.Of(PaidOut)
	}
	return LookUp(l, StateLabels, state)
}

// Day writes a business date with its weekday: 2026-11-21 (토).
func (l Language) Day(d pay.Day) string {
	if d == "" {
		return ""
	}
	return string(d) + " (" + l.Of(weekdayLabels[d.Weekday()]) + ")"
}

// Moment writes an instant in Seoul for people.
func (l Language) Moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(pay.Seoul).Format("2006-01-02 15:04:05") + " KST"
}

// YesNo answers a question.
func (l Language) YesNo(yes bool) string {
	if yes {
		return l.Of(Label{"예", "yes"})
	}
	return l.Of(Label{"아니요", "no"})
}

// Fill replaces {1}, {2} ... in a sentence, since the order of its parts
// differs between the languages.
func (l Language) Fill(w Label, parts ...string) string {
	pairs := make([]string, 0, 2*len(parts))
	for i, part := range parts {
		pairs = append(pairs, "{"+string(rune('1'+i))+"}", part)
	}
	return strings.NewReplacer(pairs...).Replace(l.Of(w))
}

// NeedRank is the place of a state in StatesByNeed; an unknown one comes first.
func NeedRank(state refunds.State) int { return slices.Index(StatesByNeed, state) }

// Listed joins labels with commas.
func (l Language) Listed(words []Label) string {
	var list []string
	for _, w := range words {
		list = append(list, l.Of(w))
	}
	return strings.Join(list, ", ")
}
