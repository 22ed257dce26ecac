package main

import (
	"database/sql"
	"fmt"
	"strings"
	"time"

	"daesa/pay"
)

// cellWaits are what requests of this shop wait for, and which they are.
var cellWaits = map[string]string{
	"결재 대기":         "state = 'requested' AND currency = 'KRW' AND amount <= 1000000",
	"가상계좌 환불계좌 미등록": "state = 'needs_account' AND currency = 'KRW' AND amount <= 1000000",
}

// byHand is who acts on an expired one, and how.
const byHand = ". 재무: 상점관리자에서 취소되지 않았음을 확인한 뒤 고객에게 수기이체하고, 이체 사실을 daesa에 기록해 주세요"

// cellActs are who acts, and how.
var cellActs = map[string]string{
	"requested":     "결재 대기. 재무: 요청자가 아닌 담당자가 내용을 확인하고 결재해 주세요",
	"expired":       "취소기한이 지났습니다",
	"needs_account": "가상계좌 환불계좌 미등록. 고객센터: 고객에게 환불계좌(은행, 계좌번호, 예금주)를 받아 등록해 주세요 (등록 후 결재가 필요합니다)",
}

// waiting: what the requests wait for, on the first page, before the deadlines
// and beside each of them.
func (l *ledgered) waiting() {
	told := cellsDay.Add(1).AddBankDays(1).End() // the end of the next bank day
	const soon = " AND cancel_by >= ? AND cancel_by < ?"
	now, end := stampOf(cellsDay.End().Add(90*time.Minute)), stampOf(told)
	rows, err := l.book.GetRows("요약")
	fine(l.t, err)
	found := 0
	for i, cells := range rows {
		if len(cells) < 2 || cellWaits[cells[1]] == "" {
			continue
		}
		which := cellWaits[cells[1]]
		found++
		l.is("요약", 7, i+1, l.number("SELECT count(*) FROM refunds WHERE "+which))
		l.is("요약", 8, i+1, l.number("SELECT sum(amount) FROM refunds WHERE "+which))
		l.is("요약", 12, i+1, l.number("SELECT count(*) FROM refunds WHERE "+which+soon, now, end))
		l.rows("SELECT min(cancel_by) AS by FROM refunds WHERE "+which, func(r map[string]sql.NullString) { l.moment("요약", 10, i+1, r["by"]) })
	}
	if found != len(cellWaits) {
		l.wrong = append(l.wrong, fmt.Sprintf("the first page says of %d, not of %d, for what requests wait", found, len(cellWaits)))
	}
	late := l.number("SELECT count(*) FROM refunds WHERE state = 'requested'"+soon, now, end)
	money := l.number("SELECT sum(amount) FROM refunds WHERE state = 'requested'"+soon, now, end)
	l.is("취소기한", 1, 5, fmt.Sprintf("⚠ 현 상태로는 취소기한 내 전송 불가: %d건 %s (결재 대기 %d건)", late, pay.KRW.Spell(money), late))
	h := l.header("환불", "환불 ID")
	l.rows("SELECT * FROM refunds WHERE state IN ('requested','needs_account','expired')", func(r map[string]sql.NullString) {
		until := " (정해진 기한 없음)"
		if r["cancel_by"].Valid {
			at, err := time.Parse("2006-01-02T15:04:05.000000Z", r["cancel_by"].String)
			fine(l.t, err)
			until = at.In(pay.Seoul).Format(" (취소기한 2006년 1월 2일 15:04)")
		}
		want := cellActs[r["state"].String] + until + "."
		if r["state"].String == "expired" {
			want = cellActs["expired"] + until + byHand + "."
		}
		if r["state"].String == "requested" && r["currency"].String != "KRW" {
			want = l.raw("환불", ref(h.columns["처리 안내"], l.rowOf("환불", h.columns["환불 ID"], r["id"].String)))
			if !strings.HasPrefix(want, "환불 한도가 없는 통화") {
				l.wrong = append(l.wrong, "a refund in "+r["currency"].String+" says "+want)
			}
		}
		l.is("환불", h.columns["처리 안내"], l.rowOf("환불", h.columns["환불 ID"], r["id"].String), want)
	})
}
