package main

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"daesa/pay"
	"daesa/reconcile"
)

type total = reconcile.Total

// apartInWon is what the shop holds more than Toss, over all breaks. Where the
// currencies differ Toss's side is of another one.
const apartInWon = `SELECT sum(CASE kind WHEN 'currency_mismatch' THEN coalesce(local_amount, 0) ELSE coalesce(local_amount, 0) - coalesce(provider_amount, 0) END)
	FROM breaks WHERE status IN ('open','reopened','timing') AND currency = 'KRW'`

// stampOf is an instant as the database stores it.
func stampOf(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// control: what was read, and the checks of the workbook by itself.
func (l *ledgered) control() {
	const sheet = "대사 확인"
	rows, err := l.book.GetRows(sheet)
	fine(l.t, err)
	run := l.run.Run
	open := l.number("SELECT count(*) FROM breaks WHERE status IN ('open','reopened')")
	difference := l.number(apartInWon)
	both := map[string]int64{"확인 필요 불일치": open, "시점 차이": l.number("SELECT count(*) FROM breaks WHERE status = 'timing'"),
		"원인 확인 차이 (KRW)": difference, "원인 미확인 차이 (KRW)": 0}
	for _, state := range []string{"requested", "approved", "needs_account", "expired", "unknown", "held", "retry", "sending", "accepted"} {
		word := map[string]string{"retry": "재시도 대기", "sending": "전송 중", "accepted": "환불 접수(송금 대기)"}[state]
		if word == "" {
			word = cellStates[state]
		}
		both["환불: "+word] = l.number("SELECT count(*) FROM refunds WHERE state = ?", state)
	}
	var ahead int64
	l.rows(due, func(d map[string]sql.NullString) {
		if bucketOf(d) != "취소기한 경과" && d["currency"].String == "KRW" {
			ahead += integer(d["amount"])
		}
	})
	both["취소기한 미도래 금액 (KRW)"] = ahead
	both["당일 토스 승인금액 (KRW)"] = l.number("SELECT sum(amount) FROM transactions WHERE at >= ? AND at < ? AND status = 'DONE' AND currency = 'KRW'", stampOf(cellsDay.Start()), stampOf(cellsDay.End()))
	var head string
	fine(l.t, l.db.QueryRow("SELECT journal_head FROM runs WHERE run_id = ?", run.ID).Scan(&head))
	texts := map[string]string{"실행 ID": run.ID, "작업 구분": "일일 대사", "감사기록 해시": head, "설정 해시": l.run.Config, "보고서 양식": "3-1", "완료": "예", "대사 기준일": string(cellsDay) + " (토)",
		"실행일시": "2026-11-22 01:30:00 KST", "다음 환불 실행 예정": "2026-11-22 01:40:00 KST"}
	captured := map[string]string{"수집": "captured", "별도 접수": "given", "대기": "waiting", "누락 — 30분 경과 후 인지": "missed"}
	counts := map[string]int64{"대사 대상": run.Touched, "일치": run.Matched, "결제 조회 대상": run.Suspects, "결제 조회 완료": run.LookedUp, "결제 미조회": run.NotLookedUp,
		"표본 검증": run.Sample.LookedUp, "표본 일치": run.Sample.Agreed, "타 PG 주문": run.OtherPG, "0원 주문": run.ZeroAmount,
		"미등록 가맹점 거래": run.UnknownMID, "금일 대사 환불 요청": l.number("SELECT count(*) FROM refunds WHERE ref LIKE 'auto:%' AND requested_at = ?", stampOf(run.Now))}
	section, foreign := "", ""
	for i, cells := range rows {
		row, label := i+1, ""
		if len(cells) > 0 {
			label = cells[0]
		}
		if currency, found := strings.CutPrefix(label, "불일치 유형 ("); found {
			foreign = strings.TrimSuffix(currency, ")")
		}
		if foreign != "" {
			l.ladderRow(sheet, []int{2, 3, 4, 5}, row, label, foreign)
			if strings.HasPrefix(label, "원인 미확인 차이") {
				foreign = ""
			}
			continue
		}
		if len(cells) > 1 && strings.IndexFunc(cells[1], unicode.IsDigit) < 0 && slices.Contains(controlHeads, label) {
			section = label
			continue
		}
		if len(cells) < 2 {
			section = ""
			continue
		}
		if want, ok := both[label]; ok && section == "검증 항목" {
			l.is(sheet, 2, row, want)
			l.is(sheet, 3, row, want)
			l.is(sheet, 4, row, 0)
		} else if section == "검증 항목" { // another currency's: both places say the same
			l.is(sheet, 2, row, l.raw(sheet, ref(3, row)))
			l.is(sheet, 3, row, l.raw(sheet, ref(2, row)))
			l.is(sheet, 4, row, 0)
		}
		if want, ok := texts[label]; ok && len(cells) == 2 {
			l.is(sheet, 2, row, want)
		}
		if want, ok := counts[label]; ok && len(cells) == 2 {
			l.is(sheet, 2, row, want)
		}
		if state := captured[label]; state != "" && section == "환불계좌 수집" {
			l.is(sheet, 1, row, label)
			l.is(sheet, 2, row, l.capturedOf("state = '"+state+"'"))
		}
		l.controlTable(sheet, section, row, label)
	}
}

// controlHeads begin the header of a table of the control sheet.
var controlHeads = []string{"환불계좌 수집", "검증 항목", "대사 기준일", "취소기한", "결제수단", "조회한 거래일", "토스 API 호출", "합계", "구분"}

// controlTable are the tables of the control sheet.
func (l *ledgered) controlTable(sheet, section string, row int, label string) {
	day, err := pay.ParseDay(strings.SplitN(label, " ", 2)[0])
	dated := err == nil
	switch {
	case section == "대사 기준일" && dated: // the nights up to this one
		l.is(sheet, 1, row, serialOf(day))
		l.is(sheet, 2, row, l.night(day, "Open"))
		l.is(sheet, 3, row, l.night(day, "Apart.KRW"))
		l.is(sheet, 4, row, l.night(day, "Opened"))
		l.is(sheet, 5, row, l.night(day, "Cleared"))
		l.is(sheet, 6, row, "예")
		if day == cellsDay {
			l.is(sheet, 2, row, l.number("SELECT count(*) FROM breaks WHERE status IN ('open','reopened')"))
		}
	case section == "취소기한" && dated: // deadlines by day
		var count, money int64
		l.rows(due, func(d map[string]sql.NullString) {
			at, _ := time.Parse("2006-01-02T15:04:05.000000Z", d["cancel_by"].String)
			if d["cancel_by"].Valid && pay.DayOf(at) == day && bucketOf(d) != "취소기한 경과" && d["currency"].String == "KRW" {
				count, money = count+1, money+integer(d["amount"])
			}
		})
		l.is(sheet, 1, row, serialOf(day))
		l.is(sheet, 2, row, count)
		l.is(sheet, 3, row, money)
	case section == "구분": // money of an order that the list does not show: here only one of two currencies
		order, currency := l.raw(sheet, ref(2, row)), l.raw(sheet, ref(4, row))
		found := l.rows(`SELECT b.*, p.currency AS paid_in FROM breaks b JOIN payments p ON p.mid = b.mid AND p.payment_key = b.payment_key
			WHERE b.kind = 'currency_mismatch' AND b.status IN ('open','reopened','timing') AND b.order_id = '`+order+`'`, func(b map[string]sql.NullString) {
			amount := integer(b["local_amount"])
			if currency == b["paid_in"].String {
				amount = -integer(b["provider_amount"])
			}
			l.is(sheet, 1, row, "통화 상이")
			l.is(sheet, 2, row, b["order_id"].String)
			l.is(sheet, 5, row, inCurrency(currency, fmt.Sprint(amount)))
			l.is(sheet, 6, row, b["payment_key"].String)
		})
		if found != 1 {
			l.wrong = append(l.wrong, fmt.Sprintf("%d orders of two currencies are called %s", found, order))
		}
	case section == "조회한 거래일" && dated:
		i := slices.IndexFunc(l.run.Run.Windows, func(w reconcile.Window) bool { return w.Day == day })
		l.is(sheet, 1, row, l.raw(sheet, ref(1, row)))
		l.is(sheet, 2, row, l.run.Run.Windows[i].Pages)
		l.is(sheet, 3, row, l.run.Run.Windows[i].Rows)
		l.is(sheet, 4, row, map[bool]string{true: "예", false: "아니요"}[l.run.Run.Windows[i].Reread])
	default:
		l.controlSums(sheet, section, row, label)
	}
}

// night is a figure of a night as its run stored it.
func (l *ledgered) night(day pay.Day, figure string) int64 {
	return l.number(fmt.Sprintf("SELECT json_extract(figures, '$.%s') FROM runs WHERE job = 'nightly' AND day = ?", figure), string(day))
}

// controlSums are sums by method, interface and currency.
func (l *ledgered) controlSums(sheet, section string, row int, label string) {
	claim := func(from int) {
		for c := from; c <= 6; c++ {
			l.is(sheet, c, row, l.raw(sheet, ref(c, row)))
		}
	}
	method := ""
	for name, word := range cellMethods {
		if word == label && label != "" {
			method = name
		}
	}
	switch {
	case section == "결제수단" && method != "":
		paid := l.number("SELECT sum(amount) FROM transactions WHERE at >= ? AND at < ? AND status = 'DONE' AND method = ? AND currency = 'KRW'", stampOf(cellsDay.Start()), stampOf(cellsDay.End()), method)
		column := 2
		if l.raw(sheet, ref(3, row)) != "" { // the run's own table has the currency and the rows before
			column = 4
			if l.raw(sheet, ref(2, row)) != "KRW" {
				claim(2)
				return
			}
		}
		l.is(sheet, column, row, paid)
		claim(column + 1)
		claim(2)
	case section == "합계" && label == "KRW":
		difference := l.number(apartInWon)
		l.is(sheet, 4, row, difference)
		l.is(sheet, 6, row, 0)
		claim(2)
	case slices.Contains([]string{"조회한 거래일", "토스 API 호출", "합계"}, section) && label != section:
		claim(2)
	}
}

// labels are the words that stand on every workbook: texts without a digit, or
// with one that is part of the word, or that name the night.
func (l *ledgered) labels() {
	night := []string{string(cellsDay), "2026-11-22", "2026-11-23", "2026-11-21 (토)"}
	for _, sheet := range l.book.GetSheetList() {
		for _, at := range l.unclaimed(sheet) {
			text := l.raw(sheet, at)
			for _, known := range night {
				text = strings.ReplaceAll(text, known, "")
			}
			if !isNumber(text) && (strings.IndexFunc(text, unicode.IsDigit) < 0 || knownLabel(sheet, text)) {
				if l.claimed[sheet] == nil {
					l.claimed[sheet] = map[string]bool{}
				}
				l.claimed[sheet][at] = true
			}
		}
	}
}

func isNumber(text string) bool {
	return text != "" && strings.Trim(text, "-.0123456789") == ""
}

// knownLabel are texts of the workbook that have digits in them.
func knownLabel(sheet, text string) bool {
	for _, begins := range []string{"7일 이내", "1. ", "2. ", "3. ", "4. ", "5. ", "D-", "오늘 (D-day)", "0원 주문", "최근 30일", "대사 기준일", "가맹점 tosspayments", "기한이 임박한 순", "가상계좌 환불계좌는", "← ", "작성 "} {
		if strings.HasPrefix(text, begins) {
			return true
		}
	}
	if strings.HasPrefix(text, "쇼핑몰 = 승인") || strings.HasPrefix(text, "결제수단별 당일 거래") || strings.HasPrefix(text, "대사 기준일") {
		return true
	}
	switch sheet {
	case "요약":
		return strings.Contains(text, "확인 필요") // the night in one line, whose number a card has
	case "불일치":
		return strings.HasPrefix(text, "중요도·유형·금액순")
	case "취소기한":
		return strings.HasPrefix(text, "다음 ") || strings.HasPrefix(text, "익영업일 ") // its sums are those of the summary
	}
	return false
}
