package reports

import (
	"strconv"
	"time"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports/book"
)

// A break says in one line what it means and what to do. What to do depends on
// what was done already, and on the last day on which Toss can give the money
// back: nobody is told to refund through Toss after that day.

// meaningLabels say what a kind of break is.
var meaningLabels = map[reconcile.Kind]book.Label{
	reconcile.MissingAtProvider:  {"쇼핑몰은 결제 완료, 토스에 결제 없음", "The shop says paid, Toss knows no payment"},
	reconcile.MissingLocally:     {"토스는 결제 완료, 쇼핑몰에 주문 없음", "Toss was paid, the shop has no order"},
	reconcile.PaidNotRecorded:    {"토스는 결제 완료, 쇼핑몰은 미결제", "Toss was paid, the shop does not know"},
	reconcile.DuplicatePayment:   {"한 주문에 결제 2건 이상", "One order holds two or more payments"},
	reconcile.PaidAfterCancel:    {"주문 취소 후 입금됨", "Paid after the shop cancelled"},
	reconcile.NeverPaid:          {"쇼핑몰은 결제 완료, 토스는 미결제", "The shop says paid, Toss was never paid"},
	reconcile.DepositReversed:    {"은행이 입금을 취소함", "The bank took the deposit back"},
	reconcile.VAStillOpen:        {"취소한 주문의 가상계좌에 입금 가능", "A cancelled order's virtual account can still be paid into"},
	reconcile.CancelNotExecuted:  {"쇼핑몰은 취소, 토스는 미취소", "The shop cancelled, Toss did not"},
	reconcile.CancelNotRecorded:  {"토스는 취소, 쇼핑몰은 미취소", "Toss cancelled, the shop did not"},
	reconcile.AmountMismatch:     {"결제금액이 서로 다름", "The paid amounts differ"},
	reconcile.CurrencyMismatch:   {"통화가 서로 다름", "The currencies differ"},
	reconcile.MethodMismatch:     {"금액은 같고 결제수단이 다름", "Same money, another method"},
	reconcile.PaymentKeyMismatch: {"금액은 같고 결제키가 다름", "Same money, another payment key"},
	reconcile.RefundFailed:       {"가상계좌 환불 송금 실패", "A virtual account's refund was not paid out"},
}

// remedyLabels say what to do where no money has to go back, or where a person
// must first decide whether it does.
var remedyLabels = map[reconcile.Kind]book.Label{
	reconcile.MissingAtProvider:  {"출고 보류, 주문과 가맹점(MID) 확인(토스에 돌려줄 금액 없음)", "hold delivery, check the order and its MID (there is nothing to refund)"},
	reconcile.MissingLocally:     {"주문을 찾아 등록하거나 환불", "find and record the order, or refund"},
	reconcile.PaidNotRecorded:    {"쇼핑몰 주문에 입금 반영", "record the payment in the shop"},
	reconcile.DuplicatePayment:   {"1건만 남기고 환불(환불할 결제 지정: daesa breaks resolve)", "keep one, refund the rest (name the payment: daesa breaks resolve)"},
	reconcile.PaidAfterCancel:    {"고객 확인 후 환불 여부 결정", "ask the customer, then decide on a refund"},
	reconcile.NeverPaid:          {"출고 보류, 주문 확인", "hold delivery, check the order"},
	reconcile.DepositReversed:    {"출고 보류, 고객에게 재입금 요청", "hold delivery, ask for the deposit again"},
	reconcile.VAStillOpen:        {"가상계좌 발급 취소", "cancel its issue"},
	reconcile.CancelNotExecuted:  {"환불 요청", "ask for the refund"},
	reconcile.CancelNotRecorded:  {"쇼핑몰 주문에 취소 반영", "record the cancel in the shop"},
	reconcile.AmountMismatch:     {"주문 금액과 할인·포인트 확인", "check the order's amount, coupons and points"},
	reconcile.CurrencyMismatch:   {"주문 통화 확인", "check the order's currency"},
	reconcile.MethodMismatch:     {"쇼핑몰 결제수단 정정", "correct the method in the shop"},
	reconcile.PaymentKeyMismatch: {"쇼핑몰 결제키 정정", "correct the key in the shop"},
	reconcile.RefundFailed:       {"계좌 확인 후 수기이체", "check the account, transfer by hand"},
}

// lateLabels say what to do where money may have to go back and Toss can no
// longer cancel the payment.
var lateLabels = map[reconcile.Kind]book.Label{
	reconcile.MissingLocally:    {"주문을 찾아 등록하거나 수기이체로 환불", "find and record the order, or give it back by a transfer"},
	reconcile.DuplicatePayment:  {"1건만 남기고 수기이체로 환불", "keep one, give the rest back by a transfer"},
	reconcile.PaidAfterCancel:   {"고객 확인 후 수기이체 여부 결정", "ask the customer, then decide on a transfer"},
	reconcile.CancelNotExecuted: {"고객 계좌로 수기이체", "transfer it by hand"},
}

// requestLabels say what follows where a refund was requested.
var requestLabels = map[refunds.State]book.Label{
	refunds.StateRequested:    {"환불 요청됨, 결재 대기 중 → 결재", "a refund is asked for → approve it"},
	refunds.StateApproved:     {"환불 결재 완료 → 다음 환불 실행 시 자동 취소", "the refund is approved → the next run sends it"},
	refunds.StateNeedsAccount: {"환불 요청됨 → 고객 환불계좌를 받아 등록", "a refund waits for its account → ask the customer"},
	refunds.StateSending:      {"환불 전송 중 → 다음 환불 실행이 결과 확인", "the refund is being sent → the next run settles it"},
	refunds.StateRetry:        {"환불 재시도 대기 → 다음 환불 실행 시 자동 재전송", "the refund is sent again by the next run"},
	refunds.StateUnknown:      {"환불 결과 미확인 → 자동 재조회 후 확정, 중복 환불 금지", "the refund's outcome is unknown → it is looked up again; do not refund twice"},
	refunds.StateHeld:         {"환불 확인 필요 → 토스 상점관리자에서 취소 여부 확인", "the refund is held → look at Toss whether it was cancelled"},
	refunds.StateAccepted:     {"환불 접수됨 → 송금 완료 대기", "the refund was accepted → the payout is on its way"},
	refunds.StateSucceeded:    {"토스 취소 완료 → 다음 대사에서 확인", "Toss has cancelled it → the next night clears it"},
	refunds.StateRefused:      {"토스가 환불을 거절 → 환불 시트의 사유 확인 후 수기이체", "Toss refused the refund → see sheet Refunds, then transfer by hand"},
	refunds.StateExpired:      {"취소기한 경과 → 수기이체", "its deadline has passed → transfer by hand"},
	refunds.StateRejected:     {"환불 요청이 반려·철회됨 → 환불 여부 재결정", "the request was rejected or withdrawn → decide again"},
}

// handSteps say what follows where the money goes back by a manual transfer.
var handSteps = map[refunds.ManualState]book.Label{
	refunds.ManualDue:      {"수기이체 대상 → 수기이체 결재", "due for a transfer by hand → approve it"},
	refunds.ManualApproved: {"수기이체 결재 완료 → 이체 후 기록", "the transfer is approved → make it, then record it"},
	refunds.ManualDone:     {"수기이체 완료 → 결정에서 '수기이체 완료' 선택", "transferred by hand → decide 'Refunded by transfer'"},
}

// vanished replaces meaning and remedy of a refund that failed, where a cancel
// that Toss once showed is gone: whatever the method, nothing was paid out to an
// account.
var vanished = struct{ meaning, remedy book.Label }{
	book.Label{"완료된 취소가 토스 거래에서 확인되지 않음", "Toss no longer shows a cancel that it had carried out"},
	book.Label{"토스 상점관리자에서 취소 여부 확인 후 재환불", "look it up in Toss's console, then refund again"},
}

// remarkLabels replace meaning and remedy of a cancel that was not executed, where
// a person must say how much of the money, or which part of it, goes back.
var remarkLabels = map[reconcile.Remark]struct{ meaning, remedy book.Label }{
	reconcile.TaxPartNeeded: {book.Label{"과세·면세 혼합 결제의 부분취소가 토스에 없음", "A part of a mixed payment is not cancelled at Toss"},
		book.Label{"면세금액을 정해 환불 진행", "say its tax-free part, then refund now"}},
	reconcile.TaxPartDiffers: {book.Label{"취소가 토스에 없고 면세금액도 서로 다름", "Not cancelled at Toss, and the tax-free parts differ"},
		book.Label{"확인 후 면세금액을 정해 환불 진행", "check, say the part, then refund now"}},
	reconcile.RefundWaysMixed: {book.Label{"쇼핑몰은 취소, 토스는 미취소(주문 파일로는 토스 환불금액을 확정할 수 없음)", "The shop cancelled, Toss did not; its file does not tell how much goes back through Toss"},
		book.Label{"토스로 환불할 금액을 확인해 환불 요청(daesa refunds add)", "find out how much is Toss's, ask for it (daesa refunds add)"}},
}

// remarked returns meaning and remedy of a break of which the kind does not tell
// enough.
func remarked(r *BreakRow) (meaning, remedy book.Label, ok bool) {
	if r.Kind == reconcile.RefundFailed && r.ProviderStatus == reconcile.CancelVanished {
		return vanished.meaning, vanished.remedy, true
	}
	w, ok := remarkLabels[r.Remark]
	return w.meaning, w.remedy, ok && r.Kind == reconcile.CancelNotExecuted
}

// advice is what a break means and what to do.
func (b *nightBook) advice(r *BreakRow) string {
	w, ok := meaningLabels[r.Kind]
	if !ok {
		return b.Lang.Advice(r.Kind)
	}
	meaning := b.Lang.Of(w)
	if own, _, ok := remarked(r); ok {
		meaning = b.Lang.Of(own)
	} else if r.Kind == reconcile.MissingLocally && r.LocalPG != "" {
		meaning = b.Lang.Fill(book.Label{"토스는 결제 완료, 쇼핑몰에는 다르게 등록됨({1})", "Toss was paid, the shop has the order otherwise ({1})"}, xlsx.Clean(shopStatus(b.Lang, r)))
	} else if r.Remark == reconcile.TaxPartDiffers {
		meaning += b.Say(", 면세금액도 다름", ", and the tax-free parts differ")
	}
	switch r.Status {
	case reconcile.Cleared:
		if r.became != "" {
			return meaning + b.Lang.Fill(book.Label{" → 다른 유형({1})으로 변경, 위 행 참조", " → became another kind ({1}), see its row above"}, b.Lang.Kind(r.became))
		}
		return meaning + b.Say(" → 양쪽 일치로 해소", " → both sides agree now")
	case reconcile.Timing:
		return meaning + b.Say(" → 시점 차이, 다음 대사에서 재확인", " → timing, looked at again by the next night")
	default:
		return meaning + " → " + b.remedy(r)
	}
}

// remedy is what to do next.
func (b *nightBook) remedy(r *BreakRow) string {
	request := b.night.askedFor[r.ID]
	if request != nil {
		if w, ok := handSteps[b.night.byHand[request.ID].State]; ok {
			return b.Lang.Of(w)
		}
	}
	switch late := b.night.late(r); {
	case request != nil && late && request.State.Unsent():
		return b.Lang.Of(requestLabels[refunds.StateExpired])
	case request != nil && b.night.keptBack(request) != "":
		return b.Lang.Fill(book.Label{"환불 미전송: {1} → 환불 시트의 처리 안내 확인", "the refund is not sent: {1} → see sheet Refunds"}, b.Lang.Of(waitLabels[b.night.keptBack(request)]))
	case request != nil && requestLabels[request.State].Ko() != "":
		return b.Lang.Of(requestLabels[request.State]) + b.until(request.CancelBy, request.State.Unsent())
	case late && lateLabels[r.Kind].Ko() != "":
		return b.Lang.Fill(book.Label{"취소기한 경과({1}), 토스 취소 불가 → {2}", "Toss's deadline has passed ({1}) → {2}"}, shortMoment(r.CancelBy), b.Lang.Of(lateLabels[r.Kind]))
	default:
		_, back := lateLabels[r.Kind]
		remedy := remedyLabels[r.Kind]
		if _, own, ok := remarked(r); ok {
			remedy = own
		} else if r.Kind == reconcile.MissingLocally && r.LocalPG != "" {
			remedy = book.Label{"쇼핑몰 주문의 결제사·금액을 정정하거나 환불", "correct the order's company and amount, or refund"}
		}
		return b.Lang.Of(remedy) + b.until(r.CancelBy, back)
	}
}

// keptBack is why a request is not sent although its state does not say so; ""
// means that the next run sends it, or that its state tells what it waits for.
func (n *night) keptBack(r *RefundRow) string {
	wait := n.waits[r.ID]
	ready := r.State == refunds.StateApproved || r.State == refunds.StateRetry
	if wait.Stuck || ready && wait.Why != refunds.WhyNextRun && wait.Why != refunds.WhyRetryLater {
		return wait.Why
	}
	return ""
}

// late reports whether Toss can no longer give the money of a break back.
func (n *night) late(r *BreakRow) bool { return !r.CancelBy.IsZero() && n.now.After(r.CancelBy) }

// until counts the days to a last day that comes within a week; the column beside
// it has the day itself. It says nothing where the day does not matter.
func (b *nightBook) until(by time.Time, matters bool) string {
	if !matters || by.IsZero() || b.night.now.After(by) {
		return ""
	}
	switch days := b.night.until(by); {
	case days == 0:
		return b.Say(" (취소기한 오늘까지)", " (until today)")
	case days <= 7:
		return b.Lang.Fill(book.Label{" (취소기한 D-{1})", " (D-{1})"}, strconv.Itoa(days))
	default:
		return ""
	}
}

// shortMoment is a moment in Seoul, cut to the minute, so that nobody reads a later
// one.
func shortMoment(t time.Time) string { return t.In(pay.Seoul).Format("2006-01-02 15:04") }
