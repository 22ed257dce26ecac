package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"daesa/pay"
	"daesa/refunds"
)

// The words of docs/contract.md 6, and those that only the workbook uses.
var (
	cellKinds = map[string]string{
		"missing_at_provider": "토스에 없음", "missing_locally": "쇼핑몰에 없음", "paid_not_recorded": "입금 미반영", "duplicate_payment": "중복 결제",
		"paid_after_cancel": "취소 후 입금", "never_paid": "미결제 주문", "deposit_reversed": "입금 취소됨", "va_still_open": "가상계좌 미해지",
		"cancel_not_executed": "취소 미실행", "cancel_not_recorded": "취소 미반영", "amount_mismatch": "금액 불일치", "currency_mismatch": "통화 불일치",
		"method_mismatch": "결제수단 불일치", "payment_key_mismatch": "결제키 불일치", "refund_failed": "환불 실패",
	}
	cellMethods = map[string]string{"": "", "card": "카드", "transfer": "계좌이체", "virtual_account": "가상계좌", "phone": "휴대폰",
		"gift_certificate": "상품권", "easy_pay": "간편결제", "foreign_easy_pay": "해외간편결제"}
	cellSides = map[string]string{"": "", "pending": "결제 대기", "paid": "결제 완료", "partially_canceled": "부분 취소", "canceled": "취소", "failed": "결제 실패", "deleted": "삭제",
		"READY": "결제 준비", "IN_PROGRESS": "결제 진행 중", "WAITING_FOR_DEPOSIT": "입금 대기", "DONE": "결제 완료", "CANCELED": "취소", "PARTIAL_CANCELED": "부분 취소",
		"ABORTED": "결제 실패", "EXPIRED": "결제 만료", "FAILED": "환불 실패", "PARTIAL_FAILED": "일부 환불 실패"}
	cellStates = map[string]string{"requested": "결재 대기", "approved": "결재 완료", "needs_account": "환불계좌 필요", "expired": "취소기한 경과", "unknown": "결과 미확인", "held": "확인 필요"}
)

// inCurrency is an amount as its currency writes it.
func inCurrency(currency, units string) string {
	n, err := strconv.ParseInt(units, 10, 64)
	if err != nil {
		return units
	}
	text := pay.Currency(currency).Format(n)
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// breaks: each row is the table's, and each row of the table is there.
func (l *ledgered) breaks() {
	const sheet = "불일치"
	h := l.header(sheet, "불일치 ID")
	run := l.run.Run.ID
	count := l.rows(`SELECT b.*, p.approved_at, p.approval_number FROM breaks b LEFT JOIN payments p ON p.mid = b.mid AND p.payment_key = b.payment_key
		WHERE b.status IN ('open','timing','reopened') OR (b.status = 'cleared' AND b.since = '`+string(cellsDay)+`')`, func(b map[string]sql.NullString) {
		row := l.rowOf(sheet, h.columns["불일치 ID"], b["id"].String)
		if row == 0 {
			l.wrong = append(l.wrong, "break "+b["id"].String+" is not in the workbook")
			return
		}
		put := func(column string, want any) { l.is(sheet, h.columns[column], row, want) }
		status := map[string]string{"open": "계속", "timing": "시점 차이", "cleared": "자동 해소", "reopened": "재발생"}[b["status"].String]
		if b["status"].String == "open" && b["since"].String == string(cellsDay) {
			status = "신규"
		}
		difference := integer(b["local_amount"]) - integer(b["provider_amount"])
		put("구분", cellKinds[b["kind"].String])
		put("중요도", severityOf(b, difference))
		put("상태", status)
		put("주문번호", b["order_id"].String)
		put("결제수단", cellMethods[b["method"].String])
		if c := h.columns["통화"]; c > 0 {
			l.is(sheet, c, row, b["currency"].String)
		}
		l.moment(sheet, h.columns["승인일시"], row, b["approved_at"])
		put("승인번호", b["approval_number"].String)
		put("쇼핑몰 주문", inCurrency(b["currency"].String, amountOr(b["local_amount"])))
		put("경과 영업일", bankDays(pay.Day(b["first_seen"].String), cellsDay))
		if b["kind"].String == "currency_mismatch" { // Toss's amount is of another currency
			put("토스 거래", l.raw(sheet, ref(h.columns["토스 거래"], row)))
			put("차이", "–")
		} else {
			put("토스 거래", inCurrency(b["currency"].String, amountOr(b["provider_amount"])))
			put("차이", inCurrency(b["currency"].String, fmt.Sprint(difference)))
		}
		l.moment(sheet, h.columns["취소기한"], row, b["cancel_by"])
		advice := l.raw(sheet, ref(h.columns["내용 → 조치사항"], row))
		if !strings.Contains(advice, "→") {
			l.wrong = append(l.wrong, fmt.Sprintf("%s row %d does not say what to do", sheet, row))
		}
		put("내용 → 조치사항", advice)
		put("결정", "")
		put("담당자", b["owner"].String)
		put("메모", b["note"].String)
		put("쇼핑몰 상태", cellSides[b["local_status"].String])
		put("토스 상태", cellSides[b["provider_status"].String])
		put("결제키", b["payment_key"].String)
		put("최초 발생일", serialOf(pay.Day(b["first_seen"].String)))
		put("누적일수", b["nights"].String)
		l.moment(sheet, h.columns["최종 변동일시"], row, b["moved_at"])
		put("취소 주체", map[string]string{"": "", "ours": "daesa 환불", "outside": "외부 취소"}[b["origin"].String])
		put("불일치 ID", b["id"].String)
		check := l.raw(sheet, ref(h.columns["행 확인"], row))
		if !strings.HasPrefix(check, run+"-") {
			l.wrong = append(l.wrong, fmt.Sprintf("%s row %d is not of run %s", sheet, row, run))
		}
		put("행 확인", check)
	})
	summed := " FROM breaks WHERE status IN ('open','timing','reopened') AND kind <> 'currency_mismatch'"
	l.sumsAbove(sheet, h, "쇼핑몰 주문", "SELECT currency, sum(coalesce(local_amount, 0))"+summed)
	l.sumsAbove(sheet, h, "토스 거래", "SELECT currency, sum(coalesce(provider_amount, 0))"+summed)
	l.sumsAbove(sheet, h, "차이", "SELECT currency, sum(coalesce(local_amount, 0) - coalesce(provider_amount, 0))"+summed)
	if count < 20 {
		l.t.Errorf("only %d breaks were compared", count)
	}
}

// sumsAbove are the sums over a column, a row for each currency; query gives a
// currency and its sum.
func (l *ledgered) sumsAbove(sheet string, h header, column, query string) {
	sums, number := map[string]int64{}, 0
	rows, err := l.db.Query(query + " GROUP BY currency")
	fine(l.t, err)
	defer rows.Close()
	for ; rows.Next(); number++ {
		var currency string
		var sum int64
		fine(l.t, rows.Scan(&currency, &sum))
		sums[currency] = sum
	}
	fine(l.t, rows.Err())
	for i := range max(number, 1) {
		row := h.row - max(number, 1) + i
		currency := strings.TrimSuffix(strings.TrimPrefix(l.raw(sheet, ref(1, row)), "합계 "), "(전체 행)")
		if currency == "합계(표시된 행)" {
			currency = "KRW"
		}
		l.is(sheet, h.columns[column], row, inCurrency(currency, fmt.Sprint(sums[currency])))
		delete(sums, currency)
	}
	if number > 0 && len(sums) > 0 {
		l.wrong = append(l.wrong, fmt.Sprintf("%s does not sum %v", sheet, sums))
	}
}

// severityOf weighs a break by hand: its kind, the last day on which its money
// goes back, its amount in won.
func severityOf(b map[string]sql.NullString, difference int64) string {
	kind := b["kind"].String
	stake := max(difference, -difference)
	if kind == "refund_failed" {
		stake = max(integer(b["local_amount"]), integer(b["provider_amount"]))
	}
	if b["currency"].String != "KRW" || kind == "currency_mismatch" {
		stake = 0
	}
	owing := slices.Contains([]string{"cancel_not_executed", "duplicate_payment", "paid_after_cancel", "missing_locally"}, kind)
	late := false
	if at, err := time.Parse("2006-01-02T15:04:05.000000Z", b["cancel_by"].String); err == nil && owing && difference < 0 {
		late = bankDays(cellsDay.Add(1), pay.DayOf(at)) <= 3
	}
	grave := []string{"refund_failed", "deposit_reversed", "duplicate_payment", "paid_after_cancel"}
	middle := []string{"missing_at_provider", "missing_locally", "paid_not_recorded", "never_paid", "cancel_not_executed", "currency_mismatch"}
	switch {
	case slices.Contains(grave, kind), late, stake > 1_000_000:
		return "높음"
	case slices.Contains(middle, kind), stake > 100_000:
		return "보통"
	default:
		return "낮음"
	}
}

// bankDays counts Korean bank days after one day up to another: no night here
// spans a feast, so weekends are all.
func bankDays(from, until pay.Day) (n int) {
	for from < until {
		if from = from.Add(1); from.Weekday() != time.Saturday && from.Weekday() != time.Sunday {
			n++
		}
	}
	return n
}

// who is a requester as the workbook names them.
func who(name string) string {
	if name == refunds.NightActor {
		return "daesa(자동)"
	}
	return name
}

// refunds: the queue.
func (l *ledgered) refunds() {
	const sheet = "환불"
	h := l.header(sheet, "환불 ID")
	l.rows("SELECT * FROM refunds", func(r map[string]sql.NullString) {
		row := l.rowOf(sheet, h.columns["환불 ID"], r["id"].String)
		if row == 0 {
			l.wrong = append(l.wrong, "refund "+r["id"].String+" is not in the workbook")
			return
		}
		put := func(column string, want any) { l.is(sheet, h.columns[column], row, want) }
		put("환불 상태", cellStates[r["state"].String])
		put("주문번호", r["order_id"].String)
		put("결제수단", cellMethods[r["method"].String])
		if c := h.columns["통화"]; c > 0 {
			l.is(sheet, c, row, r["currency"].String)
		}
		put("금액", inCurrency(r["currency"].String, r["amount"].String))
		l.moment(sheet, h.columns["취소기한"], row, r["cancel_by"])
		put("환불 사유", r["reason"].String)
		put("요청자", who(r["requested_by"].String))
		put("결재자", r["approved_by"].String)
		put("토스 오류", "") // nothing was sent in these nights
		if code := r["error_code"].String; code != "" {
			by, _ := time.Parse("2006-01-02T15:04:05.000000Z", r["cancel_by"].String)
			put("처리 안내", refunds.Explain(refunds.Korean, code, "", by).String())
		}
		l.moment(sheet, h.columns["요청일시"], row, r["requested_at"])
		put("시도 횟수", r["attempts"].String)
		l.moment(sheet, h.columns["완료일시"], row, r["finished_at"])
		put("결제키", r["payment_key"].String)
		put("참조번호", r["ref"].String)
		put("일괄번호", r["batch"].String)
		put("환불 ID", r["id"].String)
	})
	l.sumsAbove(sheet, h, "금액", "SELECT currency, sum(amount) FROM refunds")
}

// due are the deadlines as the tables have them: requests that are not sent, and
// breaks in which Toss holds money that nobody has asked back.
const due = `SELECT r.id AS refund_id, r.break_id, r.order_id, r.payment_key, r.method, r.currency, r.amount, r.cancel_by, r.state,
	coalesce((SELECT at_risk FROM breaks b WHERE b.id = r.break_id), 0) AS at_risk FROM refunds r
	WHERE r.state IN ('requested','approved','needs_account','retry','expired','held')
	UNION ALL SELECT '', b.id, b.order_id, b.payment_key, b.method, b.currency,
	CASE WHEN b.owed > 0 THEN b.owed ELSE max(coalesce(b.provider_amount, 0) - coalesce(b.local_amount, 0), 0) END, b.cancel_by, '', b.at_risk FROM breaks b
	WHERE b.status IN ('open','reopened') AND b.kind IN ('cancel_not_executed','duplicate_payment','paid_after_cancel')
	AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.break_id = b.id)`

// daysUntil are the calendar days from the morning of the run to a deadline.
func daysUntil(stored string) int {
	at, _ := time.Parse("2006-01-02T15:04:05.000000Z", stored)
	return pay.DayOf(at).Sub(cellsDay.Add(1))
}

func bucketOf(due map[string]sql.NullString) string {
	stored := due["cancel_by"]
	days := daysUntil(stored.String)
	at, _ := time.Parse("2006-01-02T15:04:05.000000Z", stored.String)
	switch {
	case !stored.Valid && due["at_risk"].String == "1":
		return "장기 경과(거절 가능)"
	case !stored.Valid:
		return "기한 없음"
	case at.Before(cellsDay.End().Add(90 * time.Minute)):
		return "취소기한 경과"
	case days <= 0:
		return "오늘 (D-day)"
	case days == 1:
		return "D-1"
	case days <= 3:
		return "D-3 ~ D-2"
	case days <= 7:
		return "D-7 ~ D-4"
	default:
		return "D-8 이후"
	}
}

// deadlines: each row is a request's or a break's.
func (l *ledgered) deadlines() {
	const sheet = "취소기한"
	h := l.header(sheet, "구간")
	var sum int64
	l.rows(due, func(d map[string]sql.NullString) {
		row := 0
		if id := d["refund_id"].String; id != "" {
			row = l.rowOf(sheet, h.columns["환불 ID"], id)
		} else {
			row = l.rowOf(sheet, h.columns["불일치 ID"], d["break_id"].String)
		}
		if row == 0 {
			l.wrong = append(l.wrong, "the deadline of order "+d["order_id"].String+" is not in the workbook")
			return
		}
		put := func(column string, want any) { l.is(sheet, h.columns[column], row, want) }
		put("구간", bucketOf(d))
		if d["cancel_by"].Valid {
			put("잔여일", daysUntil(d["cancel_by"].String))
		} else {
			put("잔여일", "–")
		}
		l.moment(sheet, h.columns["취소기한"], row, d["cancel_by"])
		put("주문번호", d["order_id"].String)
		put("결제키", d["payment_key"].String)
		put("결제수단", cellMethods[d["method"].String])
		if c := h.columns["통화"]; c > 0 {
			l.is(sheet, c, row, d["currency"].String)
		}
		put("금액", inCurrency(d["currency"].String, d["amount"].String))
		state := "미요청"
		if d["state"].String != "" {
			state = cellStates[d["state"].String]
		}
		put("환불 상태", state)
		put("조치사항", l.raw(sheet, ref(h.columns["조치사항"], row)))
		put("환불 ID", d["refund_id"].String)
		put("불일치 ID", d["break_id"].String)
		if bucketOf(d) != "취소기한 경과" && d["currency"].String == "KRW" {
			sum += integer(d["amount"])
		}
	})
	for row := 1; row < h.row; row++ {
		if label := l.raw(sheet, ref(1, row)); label == "합계 KRW(전체 행)" || label == "합계(표시된 행)" {
			l.is(sheet, h.columns["금액"], row, sum)
		}
	}
}

// missedCells are the payments whose refund account was missed by the end of the
// date, and may be needed.
var missedCells = `SELECT c.order_id, c.payment_key, c.closes_at, coalesce(p.currency, o.currency) AS currency, coalesce(p.balance_amount, o.amount) AS amount
	FROM captures c LEFT JOIN payments p ON p.payment_key = c.payment_key LEFT JOIN orders o ON o.order_id = c.order_id
	WHERE c.state = 'missed' AND (p.status IS NULL OR p.status IN ('WAITING_FOR_DEPOSIT','DONE','PARTIAL_CANCELED'))
	AND c.closes_at < '` + stampOf(cellsDay.End()) + `'`

// missing: what waits for an account, and what was heard of too late: nothing
// watched while the windows were open.
func (l *ledgered) missing() {
	const sheet = "환불계좌 미등록"
	h := l.header(sheet, "환불 ID")
	missed := l.rows(missedCells, func(c map[string]sql.NullString) {
		row := l.rowOf(sheet, h.columns["결제키"], c["payment_key"].String)
		if row == 0 {
			l.wrong = append(l.wrong, "the missed account of order "+c["order_id"].String+" is not in the workbook")
			return
		}
		put := func(column string, want any) { l.is(sheet, h.columns[column], row, want) }
		put("조치사항", "환불 시 고객 계좌 필요")
		put("주문번호", c["order_id"].String)
		put("결제키", c["payment_key"].String)
		if column := h.columns["통화"]; column > 0 {
			l.is(sheet, column, row, c["currency"].String)
		}
		put("금액", c["amount"].String)
		put("미등록 사유", "30분 경과 후 인지")
		l.moment(sheet, h.columns["토스 조회 만료"], row, c["closes_at"])
	})
	if missed == 0 {
		l.wrong = append(l.wrong, "no account was missed, so that nothing of it is read back")
	}
	l.rows("SELECT * FROM refunds WHERE state = 'needs_account'", func(r map[string]sql.NullString) {
		row := l.rowOf(sheet, h.columns["환불 ID"], r["id"].String)
		if row == 0 {
			l.wrong = append(l.wrong, "refund "+r["id"].String+" waits for an account that is not missed")
			return
		}
		put := func(column string, want any) { l.is(sheet, h.columns[column], row, want) }
		put("조치사항", "환불 대기 중 → 고객 계좌를 받아 등록")
		put("주문번호", r["order_id"].String)
		put("결제키", r["payment_key"].String)
		if c := h.columns["통화"]; c > 0 {
			l.is(sheet, c, row, r["currency"].String)
		}
		put("금액", r["amount"].String)
		put("잔여일", daysUntil(r["cancel_by"].String))
		l.moment(sheet, h.columns["취소기한"], row, r["cancel_by"])
		put("미등록 사유", "수집 대상이 아니었던 결제")
		put("환불 ID", r["id"].String)
	})
	l.sumsAbove(sheet, h, "금액", "SELECT currency, sum(amount) FROM (SELECT currency, amount FROM refunds WHERE state = 'needs_account' UNION ALL SELECT currency, amount FROM ("+missedCells+"))")
}

// transfers: what people give back by hand.
func (l *ledgered) transfers() {
	const sheet = "수기이체"
	if l.number("SELECT count(*) FROM hand_transfers") == 0 {
		return
	}
	h := l.header(sheet, "환불 ID")
	l.rows("SELECT h.*, r.cancel_by FROM hand_transfers h JOIN refunds r ON r.id = h.refund_id", func(t map[string]sql.NullString) {
		row := l.rowOf(sheet, h.columns["환불 ID"], t["refund_id"].String)
		if row == 0 {
			l.wrong = append(l.wrong, "transfer "+t["refund_id"].String+" is not in the workbook")
			return
		}
		put := func(column string, want any) { l.is(sheet, h.columns[column], row, want) }
		put("상태", map[string]string{"due": "결재 필요", "approved": "이체 대기", "done": "이체 완료"}[t["state"].String])
		put("주문번호", t["order_id"].String)
		put("결제키", t["payment_key"].String)
		if c := h.columns["통화"]; c > 0 {
			l.is(sheet, c, row, t["currency"].String)
		}
		put("금액", t["amount"].String)
		put("사유", refunds.Explain(refunds.Korean, t["why"].String, "", time.Time{}).Cause)
		l.moment(sheet, h.columns["토스 취소기한"], row, t["cancel_by"])
		put("요청자", who(t["requested_by"].String))
		put("환불 ID", t["refund_id"].String)
	})
	l.sumsAbove(sheet, h, "금액", "SELECT currency, sum(amount) FROM hand_transfers")
}

// promises: nothing was sent in these nights.
func (l *ledgered) promises() {
	if n := l.number("SELECT count(*) FROM refunds WHERE state IN ('succeeded','accepted')"); n != 0 {
		l.t.Fatalf("%d refunds were sent", n)
	}
}

// summary: the money ladder from the breaks, counts from the tables.
// paidOut: the sums of the settlement page as it was stored.
func (l *ledgered) paidOut() {
	var packed []byte
	fine(l.t, l.db.QueryRow("SELECT body FROM pages WHERE api = 'settlements' AND about LIKE ?", "%"+string(cellsDay)+"%").Scan(&packed))
	reader, err := zstd.NewReader(nil)
	fine(l.t, err)
	defer reader.Close()
	body, err := reader.DecodeAll(packed, nil)
	fine(l.t, err)
	var rows []struct {
		Amount, Fee, VAT, PayOutAmount int64
		PaidOutDate                    pay.Day
	}
	fine(l.t, json.Unmarshal(body, &rows))
	var number, amount, fee, vat, paid int64
	for _, row := range rows {
		if row.PaidOutDate == cellsDay {
			number, amount, fee, vat, paid = number+1, amount+row.Amount, fee+row.Fee, vat+row.VAT, paid+row.PayOutAmount
		}
	}
	row := l.rowOf("대사 확인", 1, "2026-11-21 (토) KRW")
	for i, want := range []any{"2026-11-21 (토) KRW", number, amount, fee, paid} {
		l.is("대사 확인", 1+i, row, want)
	}
	// Nothing is on the passbook, which the shop of the test does not have, and Toss has
	// said nothing yet of what is to come.
	row = l.rowOf("요약", 2, "tosspayments KRW")
	for column, want := range map[int]any{3: paid, 5: 0, 7: "도래", 8: 0, 10: 0, 12: 0, 13: 0} {
		l.is("요약", column, row, want)
	}
	const sheet = "정산"
	row = l.rowOf(sheet, 1, "tosspayments KRW")
	for column, want := range map[int]any{3: number, 4: amount, 5: fee - vat, 6: vat, 7: 0, 8: 0, 9: paid, 10: 0} {
		l.is(sheet, column, row, want)
	}
	for _, label := range []string{"미지정", "합계"} { // the rows of the test name no method
		at := l.rowOf(sheet, 1, label)
		for column, want := range map[int]any{3: number, 4: amount, 5: fee - vat, 6: vat, 9: paid} {
			l.is(sheet, column, at, want)
		}
		l.is(sheet, 7, at, l.raw(sheet, ref(7, at))) // the share is a formula's
	}
	l.is(sheet, 9, l.rowOf(sheet, 1, "지급 내역과의 차이"), 0)
}

func (l *ledgered) summary() {
	const sheet = "요약"
	rows, err := l.book.GetRows(sheet)
	fine(l.t, err)
	open := l.number("SELECT count(*) FROM breaks WHERE status IN ('open','reopened')")
	fresh := l.number("SELECT count(*) FROM breaks WHERE status = 'open' AND since = ?", string(cellsDay))
	again := l.number("SELECT count(*) FROM breaks WHERE status = 'reopened' AND since = ?", string(cellsDay))
	cleared := l.number("SELECT count(*) FROM breaks WHERE status = 'cleared' AND since = ?", string(cellsDay))
	timing := l.number("SELECT count(*) FROM breaks WHERE status = 'timing'")
	rowsOfDay := l.number("SELECT count(*) FROM transactions WHERE at >= ? AND at < ?", stampOf(cellsDay.Start()), stampOf(cellsDay.End()))
	section, half := "", ""
	for i, cells := range rows {
		row, label, right := i+1, "", ""
		if len(cells) > 1 {
			label = cells[1]
		}
		if len(cells) > 8 {
			right = cells[8]
		}
		switch {
		case strings.HasPrefix(label, "당일 순결제금액") && row < 10: // the cards
			l.cards(row+1, open, fresh, again)
		case strings.HasPrefix(label, "불일치 유형"):
			section = "money"
		case label == "가맹점" && len(cells) > 2:
			section = cells[2] // 주문 or 신규
		case label == "통화":
			section = "통화"
		}
		if right == "취소기한 임박" || right == "환불 진행 현황" {
			half = right
		}
		if section == "money" {
			l.ladderRow(sheet, []int{3, 4, 6, 7}, row, label, "KRW")
		}
		switch {
		case section == "통화" && len(label) == 3: // ties as a whole: its own breaks are in the list
			for _, c := range []int{3, 5, 7, 8, 10, 12} {
				l.is(sheet, c, row, l.raw(sheet, ref(c, row)))
			}
		case section == "주문" && label == "tosspayments":
			for i, want := range []int64{l.run.Run.Orders, l.run.Run.Payments, rowsOfDay, l.run.Run.Touched, l.run.Run.Matched} {
				l.is(sheet, slotsOfCells[1+i], row, want)
			}
			l.is(sheet, slotsOfCells[6], row, fmt.Sprintf("%d.%04d", l.run.Run.Matched/l.run.Run.Touched, l.run.Run.Matched*10_000/l.run.Run.Touched%10_000))
			section = ""
		case section == "신규" && label == "tosspayments":
			for i, want := range []any{fresh, again, open - fresh - again, cleared, timing} {
				l.is(sheet, slotsOfCells[1+i], row, want)
			}
			l.is(sheet, slotsOfCells[6], row, fmt.Sprintf("%d / %d", l.run.Run.Sample.Agreed, l.run.Run.Sample.LookedUp))
			l.is(sheet, slotsOfCells[7], row, l.run.Run.ProviderCalls)
			section = ""
		}
		if strings.HasPrefix(label, "당일 가상계좌 ") {
			l.capturedRow(row)
		}
		switch half {
		case "취소기한 임박":
			l.dueRow(row, right)
		case "환불 진행 현황":
			l.queueRow(row, right)
		}
	}
}

// capturedOf counts the virtual accounts whose window closed on the date.
func (l *ledgered) capturedOf(which string) int64 {
	return l.number("SELECT count(*) FROM captures WHERE closes_at >= ? AND closes_at < ? AND "+which, stampOf(cellsDay.Start()), stampOf(cellsDay.End()))
}

// capturedRow is how many refund accounts of the date were saved.
func (l *ledgered) capturedRow(row int) {
	all := l.capturedOf("state <> 'none'")
	l.is("요약", 2, row, fmt.Sprintf("당일 가상계좌 %d건", all))
	for i, state := range []string{"captured", "given", "waiting", "missed"} {
		l.is("요약", slotsOfCells[1+i], row, l.capturedOf("state = '"+state+"'"))
	}
	if all == 0 || l.capturedOf("state IN ('captured','given')") > 0 {
		l.t.Fatal("the date needs virtual accounts, all of them missed")
	}
	l.is("요약", slotsOfCells[5], row, 0)
}

// slotsOfCells are the columns of a table of a label and seven figures.
var slotsOfCells = []int{2, 3, 5, 7, 8, 10, 12, 13}

// cards are the four figures on top, and the words below them.
func (l *ledgered) cards(row int, open, fresh, again int64) {
	shop, toss := l.dayOf("KRW", anyMethod)
	l.is("요약", 2, row, toss.net())
	l.is("요약", 5, row, 0)
	l.is("요약", 8, row, open)
	var soon, soonMoney, today, high int64
	l.rows(due, func(d map[string]sql.NullString) {
		if bucket := bucketOf(d); strings.HasPrefix(bucket, "D-") && bucket != "D-8 이후" || strings.HasPrefix(bucket, "오늘") {
			soon++
			if strings.HasPrefix(bucket, "오늘") {
				today++
			}
			if d["currency"].String == "KRW" {
				soonMoney += integer(d["amount"])
			}
		}
	})
	l.rows("SELECT * FROM breaks WHERE status IN ('open','reopened')", func(b map[string]sql.NullString) {
		if severityOf(b, integer(b["local_amount"])-integer(b["provider_amount"])) == "높음" {
			high++
		}
	})
	l.is("요약", 11, row, soonMoney)
	apart := "쇼핑몰과 일치 ✓"
	if difference := shop.net() - toss.net(); difference != 0 {
		apart = "쇼핑몰 − 토스 차이 " + pay.KRW.Spell(difference)
		if difference > 0 {
			apart = "쇼핑몰 − 토스 차이 +" + pay.KRW.Spell(difference)
		}
	}
	l.is("요약", 2, row+1, apart)
	l.is("요약", 8, row+1, fmt.Sprintf("신규 %d · 재발생 %d · 계속 %d · 중요도 높음 %d", fresh, again, open-fresh-again, high))
	l.is("요약", 11, row+1, fmt.Sprintf("%d건 · 오늘 %d건", soon, today))
}

// dueRow is one bucket of deadlines: how many, how much, and the earliest.
func (l *ledgered) dueRow(row int, label string) {
	var count, money int64
	var first sql.NullString
	bankDay := cellsDay.Add(1).AddBankDays(1)
	known := strings.HasPrefix(label, "익영업일")
	l.rows(due, func(d map[string]sql.NullString) {
		at, _ := time.Parse("2006-01-02T15:04:05.000000Z", d["cancel_by"].String)
		bucket := bucketOf(d)
		if bucket != label && (!known || bucket == "취소기한 경과" || !d["cancel_by"].Valid || !at.Before(bankDay.End())) {
			return
		}
		count++
		if d["currency"].String == "KRW" {
			money += integer(d["amount"])
		}
		if d["cancel_by"].Valid && (!first.Valid || d["cancel_by"].String < first.String) {
			first = d["cancel_by"]
		}
	})
	if known || slices.Contains([]string{"오늘 (D-day)", "D-1", "D-3 ~ D-2", "D-7 ~ D-4", "D-8 이후", "장기 경과(거절 가능)", "기한 없음", "취소기한 경과"}, label) {
		l.is("요약", 11, row, count)
		l.is("요약", 12, row, money)
		l.moment("요약", 13, row, first)
	}
	if known {
		l.is("요약", 9, row, label)
	}
}

// queueRow is one state of refunds. Its amount and its earliest deadline are of
// the list, which has all of what is not finished.
func (l *ledgered) queueRow(row int, label string) {
	for name, word := range cellStates {
		if label != word {
			continue
		}
		l.is("요약", 11, row, l.number("SELECT count(*) FROM refunds WHERE state = ?", name))
		l.is("요약", 12, row, l.number("SELECT sum(amount) FROM refunds WHERE state = ? AND currency = 'KRW'", name))
		var first sql.NullString
		fine(l.t, l.db.QueryRow("SELECT min(cancel_by) FROM refunds WHERE state = ?", name).Scan(&first))
		l.moment("요약", 13, row, first)
	}
}
