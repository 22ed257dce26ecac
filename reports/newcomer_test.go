package reports

import (
	"strings"
	"testing"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports/book"
)

// doubled is a night in which an order has a second break.
func doubled() Snapshot {
	s := sampleNight("m")
	twice := s.Breaks[4]
	twice.Kind, twice.ID, twice.ProviderStatus = reconcile.RefundFailed, "bsecond", reconcile.CancelVanished
	s.Breaks = append(s.Breaks, twice)
	s.Run.Broken[reconcile.RefundFailed]++
	s.Run.Opened++
	return s
}

// TestAnOrdersMoneyStandsInOneSum: of two breaks of one order the second has its
// amounts as texts, so that the sums of the list are those of the first sheet.
func TestAnOrdersMoneyStandsInOneSum(t *testing.T) {
	content := drawn(t, []Snapshot{doubled()}, Options{})
	f := opened(t, content)
	row := rowWith(t, f, "불일치", columnAt(t, f, "불일치", columnBreakID), "bsecond")
	for label, want := range map[book.Label]string{columnShop: "* 0원", columnProvider: "* 1,250,000원", columnDifference: "* -1,250,000원"} {
		if got := rawAt(t, f, "불일치", columnAt(t, f, "불일치", label), row); got != want {
			t.Errorf("%s is %q, want %q", label.Ko(), got, want)
		}
	}
	sums := rowWith(t, f, "불일치", 1, "합계(표시된 행)")
	if got := rawAt(t, f, "불일치", columnAt(t, f, "불일치", columnDifference), sums); got != "-1401800" {
		t.Errorf("the differences sum up to %s", got)
	}
	if !strings.Contains(dump(t, content), "같은 주문의 다른 행에 포함된 금액") {
		t.Error("nothing says what the star means")
	}
	if once, twice := sampleNight("m").Figures().Apart[pay.KRW], doubled().Figures().Apart[pay.KRW]; once != twice {
		t.Errorf("the nights before count it as %d, not %d", twice, once)
	}
}

// TestABreakThatBecameAnotherKindIsNotCalledAgreed.
func TestABreakThatBecameAnotherKindIsNotCalledAgreed(t *testing.T) {
	s := sampleNight("m")
	was := s.Breaks[5]
	was.Kind, was.Status, was.ID = reconcile.MissingAtProvider, reconcile.Cleared, "bwas"
	s.Breaks = append(s.Breaks, was)
	s.Run.Cleared++
	content := drawn(t, []Snapshot{s}, Options{})
	f := opened(t, content)
	advice := columnAt(t, f, "불일치", columnAdvice)
	became := rawAt(t, f, "불일치", advice, rowWith(t, f, "불일치", columnAt(t, f, "불일치", columnBreakID), "bwas"))
	agreed := rawAt(t, f, "불일치", advice, rowWith(t, f, "불일치", columnAt(t, f, "불일치", columnOrder), "20261120-0011"))
	if !strings.HasSuffix(became, "→ 다른 유형(취소 미실행)으로 변경, 위 행 참조") || !strings.HasSuffix(agreed, "→ 양쪽 일치로 해소") {
		t.Errorf("%q and %q", became, agreed)
	}
	if text := dump(t, content); strings.Contains(text, "양쪽이 일치한 건") {
		t.Error("the heading calls all of them agreed")
	}
}

// TestWhatHasNoLastDayHasALine: a request without a deadline is counted as such,
// apart from what is so old that the issuer may refuse.
func TestWhatHasNoLastDayHasALine(t *testing.T) {
	s := sampleNight("m")
	s.Deadlines = append(s.Deadlines, Deadline{MID: "m", OrderID: "20261101-0101", Method: pay.Card, Currency: pay.KRW, Amount: 33_000, RefundID: "r", State: refunds.StateRequested})
	f := opened(t, drawn(t, []Snapshot{s}, Options{}))
	for label, want := range map[string][2]string{"기한 없음": {"1", "33000"}, "장기 경과(거절 가능)": {"1", "60700"}} {
		row := rowWith(t, f, "요약", 9, label)
		if count, money := rawAt(t, f, "요약", 11, row), rawAt(t, f, "요약", 12, row); count != want[0] || money != want[1] {
			t.Errorf("%s: %s of %s, want %s", label, count, money, want)
		}
	}
	row := rowWith(t, f, "취소기한", columnAt(t, f, "취소기한", columnOrder), "20261101-0101")
	if got := rawAt(t, f, "취소기한", 1, row); got != "기한 없음" {
		t.Errorf("on its own sheet it is %q", got)
	}
}

// TestAMonthEndsWorkbookSaysWhatItIsAbout: phone payments alone, in its title, in a
// band and in its verdict.
func TestAMonthEndsWorkbookSaysWhatItIsAbout(t *testing.T) {
	s := emptyNight()
	s.Run.Job = reconcile.JobMonthEnd
	text := dump(t, drawn(t, []Snapshot{s}, Options{}))
	for _, want := range []string{"월말 휴대폰 결제 점검", "휴대폰 결제만 대사했습니다", "● 휴대폰 결제 점검 완료 · 이상 없음 ✓"} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing says %q", want)
		}
	}
	if strings.Contains(text, "일일 대사 보고서") || strings.Contains(text, "● 완료 · 이상 없음") || strings.Contains(text, "month_end") {
		t.Error("it calls itself a whole night")
	}
}

// TestASecondCurrencyHasATableWithATitle: its proof does not stand under what
// refunds wait for.
func TestASecondCurrencyHasATableWithATitle(t *testing.T) {
	text := dump(t, drawn(t, []Snapshot{dollars(sampleNight("m"))}, Options{}))
	title, table := strings.Index(text, "통화별 미해소 차이"), strings.Index(text, "10,000.33 USD")
	if title < 0 || table < title || strings.Count(text[title:table], "\n") > 13 {
		t.Errorf("the title stands at %d, the table at %d", title, table)
	}
}

// TestAKoreanSheetHasKoreanWords for what jobs and calls are, and for why a
// refund waits.
func TestAKoreanSheetHasKoreanWords(t *testing.T) {
	s := sampleNight("m")
	s.Run.CallsByAPI["settlements"] = 1
	text := dump(t, drawn(t, []Snapshot{s}, Options{}))
	for _, want := range []string{"정산 조회 (settlements)", "작업 구분\nB", "\t일일 대사\n", "처리 안내", "환불 사유"} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing says %q", want)
		}
	}
	for why, want := range map[string]string{refunds.WhySendFalse: "자동 전송 꺼짐(refunds.send: false)", refunds.WhyAwaitsApproval: "결재 대기", refunds.WhyNeedsAccount: "가상계좌 환불계좌 미등록"} {
		if got := refunds.Explain(refunds.Korean, why, "", time.Time{}).Cause; got != want {
			t.Errorf("%s is %q", why, got)
		}
	}
}

// TestFewColumnsOfTheBreaksAreOnPaper, so that they can be read there: what finance
// decides by, and nothing that only a search on the screen needs.
func TestFewColumnsOfTheBreaksAreOnPaper(t *testing.T) {
	wide := 0
	for _, c := range breakColumns {
		if c.Details {
			break
		}
		if c.Name == book.ColumnCurrency || c.Name == columnApproval {
			t.Errorf("%s is on paper", c.Name.Ko())
		}
		if c.Name != book.ColumnMID {
			wide += c.Width
		}
	}
	if wide > 185 {
		t.Errorf("the printed columns are %d characters wide", wide)
	}
}

// TestARowThatWasNotTakenHasWhatTheFileHas: its amount and reason, in no sum.
func TestARowThatWasNotTakenHasWhatTheFileHas(t *testing.T) {
	batch := plannedBatch()
	batch.Refused = []BatchRefusal{{Line: 7, OrderID: "o7", Amount: "90,000", Reason: "부분 반품", Column: "환불금액", Why: "초과"}}
	var content strings.Builder
	if err := WriteBatch(&content, batch, Options{}); err != nil {
		t.Fatal(err)
	}
	f := opened(t, []byte(content.String()))
	row := rowWith(t, f, "내역", columnAt(t, f, "내역", columnOrder), "o7")
	for label, want := range map[book.Label]string{book.ColumnAmount: "90,000", columnReason: "부분 반품"} {
		if got := rawAt(t, f, "내역", columnAt(t, f, "내역", label), row); got != want {
			t.Errorf("%s is %q", label.Ko(), got)
		}
	}
}

// TestADecisionThatNeedsMoreSaysSo: 환불 진행 does not follow from these kinds alone.
func TestADecisionThatNeedsMoreSaysSo(t *testing.T) {
	for kind, want := range map[reconcile.Kind]string{reconcile.DuplicatePayment: "환불할 결제 지정", reconcile.MissingAtProvider: "토스에 돌려줄 금액 없음"} {
		if !strings.Contains(remedyLabels[kind].Ko(), want) {
			t.Errorf("%s: %s", kind, remedyLabels[kind].Ko())
		}
	}
}
