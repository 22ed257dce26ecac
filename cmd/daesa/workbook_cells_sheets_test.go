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
)

// The words of the contract, and those that only the workbook uses.
var (
	cellKinds = map[string]string{
		"missing_at_provider": "토스에 없음", "missing_locally": "쇼핑몰에 없음", "paid_not_recorded": "입금 미반영", "duplicate_payment": "중복 결제",
		"paid_after_cancel": "취소 후 입금", "never_paid": "미결제 주문", "deposit_reversed": "입금 취소됨", "va_still_open": "가상계좌 미해지",
		"cancel_not_executed": "취소 미실행", "cancel_not_recorded": "취소 미반영", "amount_mismatch": "금액 불일치", "currency_mismatch": "통화 불일치",
		"method_mismatch": "결제수단 불일치", "payment_key_mismatch": "결제키 불일치", "refund_failed": "환불 실패",
	}
	cellMethods = map[string]string{"": "", "card": "카드", "transfer": "계좌이체", "virtual_account": "가상계좌", "phone": "휴대폰",
		"gift_certificate": "상품권", "easy_pay": "간편결제", "foreign_easy_pay": "해외간편결제"}
	cellSides = map[string]string{"": "", "pending": "결제 대기", "paid": "결제됨", "partially_canceled": "부분 취소", "canceled": "취소", "failed": "결제 실패", "deleted": "삭제",
		"READY": "결제 준비", "IN_PROGRESS": "결제 진행 중", "WAITING_FOR_DEPOSIT": "입금 대기", "DONE": "결제됨", "CANCELED": "취소", "PARTIAL_CANCELED": "부분 취소",
		"ABORTED": "결제 실패", "EXPIRED": "결제 만료", "FAILED": "환불 실패", "PARTIAL_FAILED": "일부 환불 실패"}
	cellStates = map[string]string{"requested": "결재 대기", "approved": "결재 완료", "needs_account": "환불 계좌 필요", "expired": "취소기한 경과", "unknown": "결과 미확인", "held": "확인 필요"}
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
	count := l.rows(`SELECT * FROM breaks WHERE status IN ('open','timing','reopened') OR (status = 'cleared' AND since = '`+string(cellsDay)+`')`, func(b map[string]sql.NullString) {
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
		put("쇼핑몰 주문", inCurrency(b["currency"].String, amountOr(b["local_amount"])))
		put("영업일", bankDays(pay.Day(b["first_seen"].String), cellsDay))
		if b["kind"].String == "currency_mismatch" { // Toss's amount is of another currency
			put("토스 거래", l.raw(sheet, ref(h.columns["토스 거래"], row)))
			put("차이", "–")
		} else {
			put("토스 거래", inCurrency(b["currency"].String, amountOr(b["provider_amount"])))
			put("차이", inCurrency(b["currency"].String, fmt.Sprint(difference)))
		}
		l.moment(sheet, h.columns["취소기한"], row, b["cancel_by"])
		advice := l.raw(sheet, ref(h.columns["의미 → 할 일"], row))
		if !strings.Contains(advice, "→") {
			l.wrong = append(l.wrong, fmt.Sprintf("%s row %d does not say what to do", sheet, row))
		}
		put("의미 → 할 일", advice)
		put("결정", "")
		put("담당자", b["owner"].String)
		put("메모", b["note"].String)
		put("쇼핑몰 상태", cellSides[b["local_status"].String])
		put("토스 상태", cellSides[b["provider_status"].String])
		put("결제키", b["payment_key"].String)
		put("최초 발견", serialOf(pay.Day(b["first_seen"].String)))
		put("일수", b["nights"].String)
		l.moment(sheet, h.columns["최근 변동"], row, b["moved_at"])
		put("취소 주체", map[string]string{"": "", "ours": "daesa 환불", "outside": "외부 취소"}[b["origin"].String])
		put("불일치 ID", b["id"].String)
		check := l.raw(sheet, ref(h.columns["행 확인"], row))
		if !strings.HasPrefix(check, run+"-") {
			l.wrong = append(l.wrong, fmt.Sprintf("%s row %d is not of run %s", sheet, row, run))
		}
		put("행 확인", check)
	})
	l.sumAbove(sheet, h, "쇼핑몰 주문", "SELECT sum(local_amount) FROM breaks WHERE status IN ('open','timing','reopened')")
	l.sumAbove(sheet, h, "토스 거래", "SELECT sum(provider_amount) FROM breaks WHERE status IN ('open','timing','reopened')")
	l.sumAbove(sheet, h, "차이", "SELECT sum(coalesce(local_amount, 0) - coalesce(provider_amount, 0)) FROM breaks WHERE status IN ('open','timing','reopened')")
	if count < 20 {
		l.t.Errorf("only %d breaks were compared", count)
	}
}

// sumAbove is the sum over a column, where there is one currency.
func (l *ledgered) sumAbove(sheet string, h header, column, query string) {
	if l.raw(sheet, ref(h.columns[column], h.row-1)) != "" {
		l.is(sheet, h.columns[column], h.row-1, l.number(query))
	}
}

func severityOf(b map[string]sql.NullString, difference int64) string {
	stake := max(difference, -difference)
	if b["kind"].String == "refund_failed" {
		stake = max(integer(b["local_amount"]), integer(b["provider_amount"]))
	}
	switch {
	case b["currency"].String != "KRW":
		return "–"
	case stake > 1_000_000:
		return "높음"
	case stake > 100_000:
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
		put("사유", r["reason"].String)
		put("요청", r["requested_by"].String)
		put("결재", r["approved_by"].String)
		put("토스 오류", r["error_code"].String)
		l.moment(sheet, h.columns["요청 시각"], row, r["requested_at"])
		put("시도", r["attempts"].String)
		l.moment(sheet, h.columns["끝난 시각"], row, r["finished_at"])
		put("결제키", r["payment_key"].String)
		put("참조", r["ref"].String)
		put("묶음", r["batch"].String)
		put("환불 ID", r["id"].String)
	})
	l.sumAbove(sheet, h, "금액", "SELECT sum(amount) FROM refunds")
}

// due are the deadlines as the tables have them: requests that are not sent, and
// breaks in which Toss holds money that nobody has asked back.
const due = `SELECT r.id AS refund_id, r.break_id, r.order_id, r.payment_key, r.method, r.currency, r.amount, r.cancel_by, r.state FROM refunds r
	WHERE r.state IN ('requested','approved','needs_account','retry','expired','held') AND r.cancel_by IS NOT NULL
	UNION ALL SELECT '', b.id, b.order_id, b.payment_key, b.method, b.currency,
	CASE WHEN b.owed > 0 THEN b.owed ELSE max(coalesce(b.provider_amount, 0) - coalesce(b.local_amount, 0), 0) END, b.cancel_by, '' FROM breaks b
	WHERE b.status IN ('open','reopened') AND b.kind IN ('cancel_not_executed','duplicate_payment','paid_after_cancel')
	AND (b.cancel_by IS NOT NULL OR b.at_risk = 1) AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.break_id = b.id)`

// daysUntil are the calendar days from the morning of the run to a deadline.
func daysUntil(stored string) int {
	at, _ := time.Parse("2006-01-02T15:04:05.000000Z", stored)
	return pay.DayOf(at).Sub(cellsDay.Add(1))
}

func bucketOf(stored sql.NullString) string {
	days := daysUntil(stored.String)
	at, _ := time.Parse("2006-01-02T15:04:05.000000Z", stored.String)
	switch {
	case !stored.Valid:
		return "기한 없음 · 거절 위험"
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
		return "그 뒤"
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
		put("구간", bucketOf(d["cancel_by"]))
		put("남은 날", daysUntil(d["cancel_by"].String))
		if !d["cancel_by"].Valid {
			put("남은 날", "–")
		}
		l.moment(sheet, h.columns["취소기한"], row, d["cancel_by"])
		put("주문번호", d["order_id"].String)
		put("결제키", d["payment_key"].String)
		put("결제수단", cellMethods[d["method"].String])
		if c := h.columns["통화"]; c > 0 {
			l.is(sheet, c, row, d["currency"].String)
		}
		put("금액", inCurrency(d["currency"].String, d["amount"].String))
		state := "요청 없음"
		if d["state"].String != "" {
			state = cellStates[d["state"].String]
		}
		put("환불 상태", state)
		put("할 일", l.raw(sheet, ref(h.columns["할 일"], row)))
		put("환불 ID", d["refund_id"].String)
		put("불일치 ID", d["break_id"].String)
		if bucketOf(d["cancel_by"]) != "취소기한 경과" {
			sum += integer(d["amount"])
		}
	})
	if l.raw(sheet, ref(h.columns["금액"], h.row-1)) != "" {
		l.is(sheet, h.columns["금액"], h.row-1, sum)
	}
}

// missing: what waits for an account; nothing was watched in these nights.
func (l *ledgered) missing() {
	const sheet = "환불계좌 없음"
	waiting := l.number("SELECT count(*) FROM refunds WHERE state = 'needs_account'")
	if waiting == 0 {
		return
	}
	h := l.header(sheet, "환불 ID")
	l.rows("SELECT * FROM refunds WHERE state = 'needs_account'", func(r map[string]sql.NullString) {
		row := l.rowOf(sheet, h.columns["환불 ID"], r["id"].String)
		if row == 0 {
			l.wrong = append(l.wrong, "refund "+r["id"].String+" waits for an account that is not missed")
			return
		}
		put := func(column string, want any) { l.is(sheet, h.columns[column], row, want) }
		put("할 일", "환불이 기다리고 있음 → 고객에게 계좌를 받아 등록")
		put("주문번호", r["order_id"].String)
		put("결제키", r["payment_key"].String)
		if c := h.columns["통화"]; c > 0 {
			l.is(sheet, c, row, r["currency"].String)
		}
		put("금액", r["amount"].String)
		put("남은 날", daysUntil(r["cancel_by"].String))
		l.moment(sheet, h.columns["취소기한"], row, r["cancel_by"])
		put("왜 없는지", "지켜보지 못한 결제")
		put("환불 ID", r["id"].String)
	})
	l.sumAbove(sheet, h, "금액", "SELECT sum(amount) FROM refunds WHERE state = 'needs_account'")
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
		put("상태", map[string]string{"due": "결정 필요", "approved": "이체할 것", "done": "이체 완료"}[t["state"].String])
		put("주문번호", t["order_id"].String)
		put("결제키", t["payment_key"].String)
		if c := h.columns["통화"]; c > 0 {
			l.is(sheet, c, row, t["currency"].String)
		}
		put("금액", t["amount"].String)
		put("이유", t["why"].String)
		l.moment(sheet, h.columns["토스 취소기한"], row, t["cancel_by"])
		put("요청", t["requested_by"].String)
		put("환불 ID", t["refund_id"].String)
	})
	l.sumAbove(sheet, h, "금액", "SELECT sum(amount) FROM hand_transfers")
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
		Amount, Fee, PayOutAmount int64
		PaidOutDate               pay.Day
	}
	fine(l.t, json.Unmarshal(body, &rows))
	var number, amount, fee, paid int64
	for _, row := range rows {
		if row.PaidOutDate == cellsDay {
			number, amount, fee, paid = number+1, amount+row.Amount, fee+row.Fee, paid+row.PayOutAmount
		}
	}
	for sheet, label := range map[string]struct {
		column int
		text   string
	}{"요약": {2, "tosspayments KRW"}, "대사 확인": {1, "2026-11-21 (토) KRW"}} {
		row := l.rowOf(sheet, label.column, label.text)
		for i, want := range []any{label.text, number, amount, fee, paid} {
			l.is(sheet, label.column+i, row, want)
		}
	}
}

func (l *ledgered) summary() {
	const sheet = "요약"
	rows, err := l.book.GetRows(sheet)
	fine(l.t, err)
	total := l.run.Run.Totals[slices.IndexFunc(l.run.Run.Totals, func(t total) bool { return t.Currency == pay.KRW })]
	difference := l.number(apartInWon)
	open := l.number("SELECT count(*) FROM breaks WHERE status IN ('open','reopened')")
	fresh := l.number("SELECT count(*) FROM breaks WHERE status = 'open' AND since = ?", string(cellsDay))
	again := l.number("SELECT count(*) FROM breaks WHERE status = 'reopened' AND since = ?", string(cellsDay))
	cleared := l.number("SELECT count(*) FROM breaks WHERE status = 'cleared' AND since = ?", string(cellsDay))
	timing := l.number("SELECT count(*) FROM breaks WHERE status = 'timing'")
	rowsOfDay := l.number("SELECT count(*) FROM transactions WHERE at >= ? AND at < ?", stampOf(cellsDay.Start()), stampOf(cellsDay.End()))
	kinds := map[string]string{}
	for kind, word := range cellKinds {
		kinds[word] = kind
	}
	section, currency := "", "KRW"
	for i, cells := range rows {
		row, label := i+1, ""
		if len(cells) > 1 {
			label = cells[1]
		}
		switch {
		case strings.HasPrefix(label, "통화 "):
			section, currency = "money", strings.TrimPrefix(label, "통화 ")
		case label == "가맹점" && len(cells) > 2:
			section = cells[2] // 주문 or 신규
		case strings.HasPrefix(label, "미설명 차이") && row < 10: // the cards
			l.cards(row+1, open, fresh, again, rows)
		case label == "남은 날":
			section = "due"
		}
		if section == "money" && currency == "KRW" {
			switch {
			case label == "A. 쇼핑몰 주문":
				l.is(sheet, 7, row, total.Shop)
			case label == "B. 토스 거래":
				l.is(sheet, 7, row, total.Shop-difference)
			case label == "C. 차이 (A − B)", label == "D. 설명된 차이":
				l.is(sheet, 7, row, difference)
			case strings.HasPrefix(label, "미설명 차이"):
				l.is(sheet, 7, row, 0)
			case label == "시점 차이":
				l.rung(row, "status = 'timing'")
			case kinds[label] != "":
				l.rung(row, "status IN ('open','reopened') AND kind = '"+kinds[label]+"'")
			}
		}
		if section == "money" && currency != "KRW" { // ties as a whole: its own breaks are in the list
			for c := 3; c <= 7; c++ {
				l.is(sheet, c, row, l.raw(sheet, ref(c, row)))
			}
		}
		switch {
		case section == "주문" && label == "tosspayments":
			for c, want := range []int64{l.run.Run.Orders, l.run.Run.Payments, rowsOfDay, l.run.Run.Touched, l.run.Run.Matched} {
				l.is(sheet, 3+c, row, want)
			}
			l.is(sheet, 8, row, fmt.Sprintf("%d.%04d", l.run.Run.Matched/l.run.Run.Touched, l.run.Run.Matched*10_000/l.run.Run.Touched%10_000))
			section = ""
		case section == "신규" && label == "tosspayments":
			for c, want := range []any{fresh, again, open - fresh - again, cleared, timing} {
				l.is(sheet, 3+c, row, want)
			}
			l.is(sheet, 8, row, fmt.Sprintf("%d / %d", l.run.Run.Sample.Agreed, l.run.Run.Sample.LookedUp))
			l.is(sheet, 9, row, l.run.Run.ProviderCalls)
			section = ""
		case section == "due":
			l.dueRow(row, label)
			l.queueRow(row)
		}
	}
}

// cards are the four figures on top, and the words below them.
func (l *ledgered) cards(row int, open, fresh, again int64, rows [][]string) {
	l.is("요약", 2, row, 0)
	l.is("요약", 4, row, open)
	var soon, soonMoney, today int64
	l.rows(due, func(d map[string]sql.NullString) {
		if bucket := bucketOf(d["cancel_by"]); strings.HasPrefix(bucket, "D-") || strings.HasPrefix(bucket, "오늘") {
			soon++
			if strings.HasPrefix(bucket, "오늘") {
				today++
			}
			if d["currency"].String == "KRW" {
				soonMoney += integer(d["amount"])
			}
		}
	})
	l.is("요약", 6, row, soonMoney)
	l.is("요약", 8, row, fmt.Sprintf("%d.%04d", l.run.Run.Matched/l.run.Run.Touched, l.run.Run.Matched*10_000/l.run.Run.Touched%10_000))
	l.is("요약", 4, row+1, fmt.Sprintf("신규 %d · 재발생 %d · 계속 %d", fresh, again, open-fresh-again))
	l.is("요약", 6, row+1, fmt.Sprintf("%d건 · 오늘 %d건", soon, today))
	l.is("요약", 8, row+1, rows[row][7])
}

// rung is one class of difference: how many, over, under, and the net.
func (l *ledgered) rung(row int, which string) {
	const sheet = "요약"
	from := " FROM breaks WHERE currency = 'KRW' AND kind <> 'currency_mismatch' AND " + which
	apart := "coalesce(local_amount, 0) - coalesce(provider_amount, 0)"
	over, under := l.number("SELECT sum(max("+apart+", 0))"+from), l.number("SELECT sum(max(-("+apart+"), 0))"+from)
	if !strings.Contains(which, "'currency_mismatch'") {
		l.is(sheet, 3, row, l.number("SELECT count(*)"+from))
	}
	l.is(sheet, 4, row, over)
	l.is(sheet, 5, row, under)
	other := int64(0)
	if strings.Contains(which, "'currency_mismatch'") {
		l.is(sheet, 3, row, l.number("SELECT count(*) FROM breaks WHERE "+which))
		other = l.number("SELECT sum(local_amount) FROM breaks WHERE currency = 'KRW' AND " + which)
	}
	l.is(sheet, 6, row, other)
	l.is(sheet, 7, row, over-under+other)
}

// dueRow is one bucket of deadlines.
func (l *ledgered) dueRow(row int, label string) {
	var count, money int64
	bankDay := cellsDay.Add(1).AddBankDays(1)
	known := strings.HasPrefix(label, "다음 영업일")
	l.rows(due, func(d map[string]sql.NullString) {
		at, _ := time.Parse("2006-01-02T15:04:05.000000Z", d["cancel_by"].String)
		bucket := bucketOf(d["cancel_by"])
		if bucket != label && (!known || bucket == "취소기한 경과" || !d["cancel_by"].Valid || !at.Before(bankDay.End())) {
			return
		}
		count++
		if d["currency"].String == "KRW" {
			money += integer(d["amount"])
		}
	})
	if known || slices.Contains([]string{"오늘 (D-day)", "D-1", "D-3 ~ D-2", "D-7 ~ D-4", "그 뒤", "기한 없음 · 거절 위험", "취소기한 경과"}, label) {
		l.is("요약", 3, row, count)
		l.is("요약", 4, row, money)
	}
	if known {
		l.is("요약", 2, row, label)
	}
}

// queueRow is one state of refunds.
func (l *ledgered) queueRow(row int) {
	state := l.raw("요약", ref(7, row))
	for name, word := range cellStates {
		if state == word {
			l.is("요약", 9, row, l.number("SELECT count(*) FROM refunds WHERE state = ?", name))
		}
	}
}
