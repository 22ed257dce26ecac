package reports

import (
	"slices"
	"strconv"
	"strings"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
)

// What could not be read, and why, is said in the workbook's language. The control
// sheet also has the sentence of the log, for whoever mends the cause.

// gapLines say of each merchant what could not be read, and why: parts of one
// reason are one line, which names the first and counts the others.
func (b *nightBook) gapLines() []string {
	type key struct{ mid, side, why string }
	type line struct {
		key
		first string
		more  int64
	}
	var lines []*line
	known := map[key]*line{}
	for _, s := range b.night.snapshots {
		for _, gap := range s.Run.Gaps {
			k := key{s.Run.MID, gap.Side, gapReason(b.Lang, gap)}
			if of, ok := known[k]; ok {
				of.more++
				continue
			}
			one := &line{key: k, first: gapPart(b.Lang, gap)}
			if b.Several && gap.What == s.Run.MID {
				one.first = ""
			}
			known[k] = one
			lines = append(lines, one)
		}
	}
	said := make([]string, len(lines))
	for i, l := range lines {
		if l.more > 0 {
			l.first += b.Lang.Fill(book.Label{" 외 {1}건", " and {1} more"}, b.Number(l.more))
		}
		parts := []string{l.first, l.why}
		if b.Several {
			parts = append([]string{l.mid}, parts...)
		}
		parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
		said[i] = book.Clip(xlsx.Clean(strings.Join(parts, " — ")))
	}
	return said
}

var partLabels = map[reconcile.PartKind]book.Label{
	reconcile.PartList:     {"{1} 토스 거래내역", "Toss's transactions of {1}"},
	reconcile.PartListRow:  {"토스 거래내역 1건(거래키 {1})", "the transaction row {1}"},
	reconcile.PartListMore: {"토스 거래내역 외 {2}건", "{2} further transaction rows"},
	reconcile.PartShopDay:  {"{1} 쇼핑몰 주문", "the shop's orders of {1}"},
	reconcile.PartOrder:    {"토스 결제 조회(주문 {1})", "the look-up of order {1}"},
	reconcile.PartOrders:   {"토스 결제 조회 {2}건", "the look-ups of {2} orders"},
	reconcile.PartPayments: {"토스 결제 {2}건", "{2} payments of Toss"},
	reconcile.PartFile:     {"주문 파일 {1}", "the order file {1}"},
	reconcile.PartQuery:    {"쇼핑몰 주문 쿼리(orders.query)", "orders.query"},
	reconcile.PartMerchant: {"가맹점 {1}", "merchant {1}"},

	reconcile.PartSold:           {"{1} 매출분 정산내역", "settlements of the sales of {1}"},
	reconcile.PartSettlements:    {"{1} 정산 지급내역", "what was paid out on {1}"},
	reconcile.PartSettlementRow:  {"정산 지급내역 1건(거래키 {1})", "the payout row {1}"},
	reconcile.PartSettlementMore: {"정산 지급내역 외 {2}건", "{2} further payout rows"},
}

// gapPart names the part. One that was stored without its type is named as it
// came, after its side.
func gapPart(l book.Language, gap reconcile.Gap) string {
	if gap.Cause != nil {
		if w, ok := partLabels[gap.Cause.Part.Kind]; ok {
			return l.Fill(w, gap.Cause.Part.Name, xlsx.Grouped(strconv.FormatInt(gap.Cause.Part.Count, 10)))
		}
	}
	return book.LookUp(l, book.SideLabels, gap.Side) + " " + gap.What
}

var reasonLabels = map[reconcile.Reason]book.Label{
	reconcile.ReasonNotAsked:  {"다른 조회가 실패해 조회하지 않음", "not asked, since other calls failed"},
	reconcile.ReasonForeign:   {"조회된 거래가 모두 타 가맹점 거래임 → 시크릿 키가 가맹점 {3}의 것인지 확인", "every row belongs to another merchant → is the secret key that of {3}?"},
	reconcile.ReasonNoOrders:  {"이 날짜의 주문이 없음 → 주문 파일을 가져온 뒤 다시 대사", "no order of this day → import its order file and run the night again"},
	reconcile.ReasonFewOrders: {"주문 {1}건, 전주 같은 요일은 {2}건 → 주문 파일 누락 여부를 확인하고 다시 대사", "{1} orders, {2} on the same weekday a week before → is the export cut off? Run the night again"},
	reconcile.ReasonLookUps:   {"조회 한도(reconcile.max_lookups) {2}건 초과로 소액부터 조회하지 못함 → 한도를 늘리고 다시 대사", "above reconcile.max_lookups, which is {2}: the smallest amounts were left out → raise it and run again"},
	reconcile.ReasonUnheld:    {"토스에는 결제가 있으나 주문이 모두 들어오지 않아 '쇼핑몰에 없음'으로 판단하지 않음", "Toss holds the money; since the orders are not all there, nothing is called missing"},
	reconcile.ReasonRow:       {"{1}행에 읽을 수 없는 값이 있어 파일 전체를 반영하지 않음 → daesa orders import로 확인", "line {1} has a value that cannot be read, so nothing of the file was taken → daesa orders import"},
	reconcile.ReasonFile:      {"파일을 읽을 수 없음 → 경로와 형식을 확인", "the file cannot be read → check its path and form"},
	reconcile.ReasonBackward:  {"주문 {1}건(주문 {3} 등)이 이전 상태로 되돌아가는 오래된 파일 → 최신 파일을 받거나 daesa orders allow로 허용", "an older file would take {1} orders back (order {3} among them) → a newer file, or daesa orders allow"},
	reconcile.ReasonQuery:     {"쇼핑몰 데이터베이스가 응답하지 않거나 결과가 맞지 않음 → 접속 정보와 쿼리를 확인", "the shop's database or query does not answer as it should → check both"},
	reconcile.ReasonElsewhere: {"다른 프로세스가 이 가맹점을 대사하는 중", "another process works on this merchant's night"},
	reconcile.ReasonNight:     {"대사를 마치지 못함 → 다시 대사", "the night could not be finished → run it again"},
	reconcile.ReasonOther:     {"미조회", "could not be read"},

	reconcile.ReasonFewerRows: {"거래 {1}건만 조회됨, 이전 조회에서는 {2}건 → 목록이 완전하지 않으므로 다시 대사", "it shows {1} rows and had shown {2}, so it is not whole → run the night again"},
	reconcile.ReasonNotListed: {"결제 조회로 확인된 승인·취소 {1}건(주문 {3} 등)이 목록에 없음 → 다시 대사, 반복되면 토스페이먼츠에 문의", "it lacks {1} approvals and cancels that look-ups show (order {3} among them) → run the night again, ask Toss if this goes on"},
	reconcile.ReasonEmpty:     {"거래 0건으로 응답했으나 조회하지 않은 결제완료 주문이 {1}건 있음 → 다시 대사", "it is empty, and {1} paid orders of the day were not looked up → run the night again"},
	reconcile.ReasonRepeats:   {"{1}번째 페이지가 앞 내용의 반복이어서 목록의 끝을 알 수 없음 → 다시 대사", "page {1} repeats what earlier ones showed, so the end cannot be found → run the night again"},
	reconcile.ReasonUnknown:   {"내용을 해석할 수 없음 → 원문은 대사 확인 시트 참조, 토스페이먼츠에 문의", "it is written in a way that daesa cannot read → see sheet Control, ask Toss"},
}

// failureLabels are how calls to Toss fail, for people who wait for the figures.
var failureLabels = map[pay.FailureKind]book.Label{
	pay.FailureNotSent:    {"토스페이먼츠에 연결되지 않음 → 네트워크를 확인하고 다시 대사", "Toss could not be reached → check the network and run again"},
	pay.FailureOwn:        {"대사 프로그램의 데이터베이스 오류로 토스에 조회하지 못함 → 디스크·데이터베이스 상태를 확인하고 다시 대사", "daesa's own database failed, so that Toss was not asked → check its disk and connections, run again"},
	pay.FailureNoAnswer:   {"토스페이먼츠가 제시간에 응답하지 않음 → 다시 대사", "Toss did not answer in time → run again"},
	pay.FailureThrottled:  {"토스페이먼츠 요청 한도 초과 → 잠시 뒤 다시 대사", "Toss takes no more calls → run again later"},
	pay.FailureInFlight:   {"토스페이먼츠가 아직 처리 중 → 다시 대사", "Toss is still working on it → run again"},
	pay.FailureTransient:  {"토스페이먼츠 일시 오류 → 다시 대사", "a temporary fault of Toss → run again"},
	pay.FailureKey:        {"시크릿 키가 인증되지 않음 → 개발자센터에서 키를 확인", "the secret key is not accepted → check it in the developer centre"},
	pay.FailureNotFound:   {"토스에 없는 결제로 응답함 → 가맹점(MID)과 키를 확인", "Toss knows no such payment → check the MID and the key"},
	pay.FailurePaging:     {"목록을 끝까지 이어 읽지 못함 → 다시 대사", "the list could not be read to its end → run again"},
	pay.FailureUnreadable: {"응답을 읽을 수 없음 → 접속 주소(프록시 등)를 확인", "the answer cannot be read → check the address (a proxy?)"},
}

// failureOther stands for every other failure.
var failureOther = book.Label{"토스페이먼츠가 요청을 거절함 → 토스페이먼츠에 문의", "Toss refused the call → ask Toss"}

// gapReason says why a part could not be read. A gap that was stored without its
// type has an English sentence only, which the control sheet shows.
func gapReason(l book.Language, gap reconcile.Gap) string {
	c := gap.Cause
	switch {
	case c == nil && l == book.English:
		return gap.Why
	case c == nil:
		return l.Of(book.Label{"사유는 대사 확인 시트의 원문 참조", "see sheet Control"})
	case c.Reason != reconcile.ReasonFailure:
		w, ok := reasonLabels[c.Reason]
		if !ok {
			w = reasonLabels[reconcile.ReasonOther]
		}
		return l.Fill(w, xlsx.Grouped(strconv.FormatInt(c.Got, 10)), xlsx.Grouped(strconv.FormatInt(c.Want, 10)), c.Name)
	}
	w, ok := failureLabels[c.Failure]
	if !ok {
		w = failureOther
	}
	var marks []string
	if c.Code != "" {
		marks = append(marks, c.Code)
	}
	if c.Status != 0 {
		marks = append(marks, "HTTP "+strconv.Itoa(c.Status))
	}
	if marks == nil {
		return l.Of(w)
	}
	return l.Of(w) + " (" + strings.Join(marks, ", ") + ")"
}
