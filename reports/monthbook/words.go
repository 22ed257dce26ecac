package monthbook

import "daesa/reports/book"

// The sheets, in their order.
var (
	sheetClose     = book.Label{"마감 요약", "Close"}
	sheetForward   = book.Label{"미수금 증감명세", "Roll-forward"}
	sheetPayouts   = book.Label{"지급·통장", "Payouts"}
	sheetUnsettled = book.Label{"미정산", "Unsettled"}
	sheetFees      = book.Label{"수수료", "Fees"}
	sheetCancels   = book.Label{"취소·환급", "Cancels"}
	sheetJournal   = book.Label{"분개", "Journal"}
	sheetVAT       = book.Label{"부가세 참고자료", "VAT reference"}
	sheetNameless  = book.Label{"현금영수증 미발급", "No cash receipt"}
	sheetMatch     = book.Label{"통장 대조", "Passbook match"}
	sheetReturn    = book.Label{"회신 안내", "Sending back"}
)

// Words that stand on several sheets.
var (
	titleLabel   = book.Label{"월 마감 보고서", "Month close"}
	assumedLabel = book.Label{"통장 대조 없이 지급일에 입금된 것으로 간주한 수치입니다(close.bank: assumed).", "Payouts count as paid on their day: no passbook was held against them (close.bank: assumed)."}

	columnState      = book.Label{"상태", "State"}
	columnMethod     = book.Label{"결제수단", "Method"}
	columnCount      = book.Label{"건수", "Count"}
	columnRows       = book.Label{"정산 건수", "Rows"}
	columnGross      = book.Label{"거래금액", "Amount"}
	columnFee        = book.Label{"수수료", "Fee"}
	columnFeeVAT     = book.Label{"수수료 부가세", "Fee VAT"}
	columnExpected   = book.Label{"지급예정액", "Expected"}
	columnBanked     = book.Label{"통장 입금액", "Banked"}
	columnDifference = book.Label{"차이", "Difference"}
	columnOrder      = book.Label{"주문번호", "Order"}
	columnKey        = book.Label{"결제키", "Payment key"}
	columnKind       = book.Label{"구분", "Kind"}
	columnNote       = book.Label{"메모", "Note"}
	columnPayoutDay  = book.Label{"지급일", "Payout day"}
	columnBankDay    = book.Label{"입금일", "Bank day"}
	columnDecision   = book.Label{"결정", "Decision"}
	columnOwner      = book.Label{"담당자", "Owner"}

	openingLabel     = book.Label{"전월 이월", "Opening"}
	approvalsLabel   = book.Label{"승인", "Approved"}
	cancelsLabel     = book.Label{"취소", "Cancelled"}
	payoutsLabel     = book.Label{"입금", "Paid"}
	adjustmentsLabel = book.Label{"조정", "Adjusted"}
	closingLabel     = book.Label{"차월 이월", "Closing"}
	byRowsLabel      = book.Label{"정산내역 기준 잔액", "By rows"}
	unexplainedLabel = book.Label{"원인 미확인 차이", "Unexplained"}
	priorLabel       = book.Label{"전월 이전 귀속분", "Of earlier months"}
	sumLabel         = book.Label{"합계", "Sum"}
)
