package monthbook

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"daesa/internal/racing"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
	"daesa/settle"
)

var (
	out      = flag.String("out", "", "write the sample month's workbook to this path")
	language = flag.String("language", "", "of that workbook: ko or en")
	locked   = flag.Bool("locked", false, "draw that month as it stands when it is locked")
)

// TestWriteTheSampleMonth writes the workbook for people to look at:
//
//	go test ./reports/monthbook -run TestWriteTheSampleMonth -out /tmp/month.xlsx
func TestWriteTheSampleMonth(t *testing.T) {
	content := drawn(t, newSample(1).month(*locked), Options{Language: *language})
	if *out != "" {
		if err := os.WriteFile(*out, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func drawn(t testing.TB, m Month, opts Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, m, opts); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// reader reads a workbook as somebody who opens it.
type reader struct {
	t testing.TB
	*excelize.File
}

func opened(t testing.TB, content []byte) reader {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return reader{t, f}
}

func (r reader) rows(sheet string) [][]string {
	r.t.Helper()
	rows, err := r.GetRows(sheet, excelize.Options{RawCellValue: true})
	if err != nil {
		r.t.Fatal(err)
	}
	return rows
}

// after gives the numbers of the first row below the text `below` in which a text
// stands alone in a cell, from that cell on.
func (r reader) after(sheet, below, text string) []int64 {
	r.t.Helper()
	found := below == ""
	for _, row := range r.rows(sheet) {
		found = found || slices.Contains(row, below)
		if i := slices.Index(row, text); found && i >= 0 && (below != text) {
			return numbers(row[i+1:])
		}
	}
	r.t.Fatalf("%s has no %q below %q", sheet, text, below)
	return nil
}

// numbers are those of a row's cells that hold some.
func numbers(row []string) []int64 {
	var found []int64
	for _, cell := range row {
		if n, err := strconv.ParseInt(cell, 10, 64); err == nil {
			found = append(found, n)
		}
	}
	return found
}

// column sums what stands below a title, by the rows' first cells; rows below the
// next title are another list's.
func (r reader) column(sheet, title string) (sum int64) {
	r.t.Helper()
	column := -1
	for _, row := range r.rows(sheet) {
		if column < 0 {
			column = slices.Index(row, title)
			continue
		}
		if len(row) == 0 || row[0] == "" {
			return sum
		}
		if column < len(row) {
			if n, err := strconv.ParseInt(row[column], 10, 64); err == nil {
				sum += n
			}
		}
	}
	if column < 0 {
		r.t.Fatalf("%s has no column %q", sheet, title)
	}
	return sum
}

// TestAFigureIsTheSameWhereverItStands opens the workbook and compares the first
// sheet, the roll-forward, and the sheet that each figure comes from.
func TestAFigureIsTheSameWhereverItStands(t *testing.T) {
	m := newSample(1).month(false)
	r := opened(t, drawn(t, m, Options{}))
	total := r.after("미수금 증감명세", "가맹점 · 결제수단 (KRW)", "합계")
	labels := []string{"전월 이월", "(+) 승인", "(−) 취소", "(−) 수수료", "(−) 수수료 부가세", "(−) 입금", "(±) 조정", "차월 이월", "정산내역 기준 잔액", "원인 미확인 차이"}
	for i, f := range figures {
		var want int64
		for j := range m.Ledgers {
			want += f.of(&m.Ledgers[j].MonthCheck)
		}
		if total[i] != want {
			t.Errorf("the roll-forward says %d of %s, the ledgers %d", total[i], f.name.Ko(), want)
		}
		if got := r.after("마감 요약", "미수금 증감명세 →", labels[i]); got[0] != want {
			t.Errorf("the first sheet says %d of %s, the ledgers %d", got[0], labels[i], want)
		}
	}
	for name, pair := range map[string][2]int64{
		"paid":             {r.column("지급·통장", "당월 반영액"), total[5]},
		"cancelled":        {r.column("취소·환급", "취소금액"), total[2]},
		"fees":             {r.after("수수료", "결제수단별 수수료 (KRW)", "합계")[2], total[3]},
		"VAT of the fees":  {r.after("수수료", "결제수단별 수수료 (KRW)", "합계")[3], total[4]},
		"debits, credits":  {r.column("분개", "차변금액"), r.column("분개", "대변금액")},
		"net sales":        {r.after("부가세 참고자료", "증빙 구분", "합계")[3], total[1] - total[2]},
		"unsettled":        {r.after("미정산", "harumarket", "합계")[1] + r.after("미정산", "harugift", "합계")[1], total[8]},
		"the ages":         {r.after("마감 요약", "미정산 경과 구간", "합계")[1], total[8]},
		"breaks to decide": {int64(len(r.breaks("계속"))), 3},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %d, and %d elsewhere", name, pair[0], pair[1])
		}
	}
	for _, state := range settle.States {
		var count, due, banked int64
		for i := range m.Payouts {
			if p := &m.Payouts[i]; p.State == state {
				count, due, banked = count+1, due+p.due(), banked+p.Banked
			}
		}
		if count == 0 {
			continue
		}
		got := r.right(book.PayoutLabels[state].Ko())
		if want := []int64{count, due, banked}; !slices.Equal(got, want) {
			t.Errorf("payouts %s: %v on the first sheet, %v in the list", state, got, want)
		}
	}
}

// right are the numbers behind a text of the right half of the first sheet, below
// the head of the payouts.
func (r reader) right(text string) []int64 {
	r.t.Helper()
	const column = 8
	below := false
	for _, row := range r.rows("마감 요약") {
		if len(row) > column {
			below = below || row[column] == "지급 상태"
			if below && row[column] == text {
				return numbers(row[column+1:])
			}
		}
	}
	r.t.Fatalf("the first sheet has no payouts %q", text)
	return nil
}

// breaks are the rows of the list with a status.
func (r reader) breaks(status string) (rows [][]string) {
	for _, row := range r.rows("불일치") {
		if slices.Contains(row, status) {
			rows = append(rows, row)
		}
	}
	return rows
}

// TestEveryCheckOfTheWorkbookTies: and one that does not is said on the first sheet.
func TestEveryCheckOfTheWorkbookTies(t *testing.T) {
	racing.Skip(t, "one workbook, sheet by sheet")
	m := newSample(1).month(false)
	names := []string{"입금", "정산내역 기준 잔액", "수수료", "수수료 부가세", "취소", "분개 차변 = 대변", "미수금 증감 (차월 이월 − 전월 이월)", "결제수단별 차월 이월"}
	r := opened(t, drawn(t, m, Options{}))
	for _, name := range names {
		if got := r.after("미수금 증감명세", "검증 항목", name); got[0] != got[1] || got[2] != 0 || got[0] == 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
	if text := fmt.Sprint(r.rows("마감 요약")); strings.Contains(text, "자체 검증") {
		t.Error("the first sheet complains")
	}
	m.Payouts[3].Posted++
	r = opened(t, drawn(t, m, Options{}))
	if got := r.after("미수금 증감명세", "검증 항목", "입금"); got[2] != 1 {
		t.Errorf("a won too much is %v", got)
	}
	if text := fmt.Sprint(r.rows("마감 요약")); !strings.Contains(text, "자체 검증 1건이 맞지 않음") {
		t.Error("the first sheet says nothing of it")
	}
}

// TestFormulasGiveWhatIsWritten reckons every formula again.
func TestFormulasGiveWhatIsWritten(t *testing.T) {
	racing.Skip(t, "one workbook, sheet by sheet")
	r := opened(t, drawn(t, newSample(1).month(false), Options{}))
	n := 0
	for _, sheet := range r.GetSheetList() {
		for i, row := range r.rows(sheet) {
			for j, raw := range row {
				ref, _ := excelize.CoordinatesToCellName(j+1, i+1)
				formula, _ := r.GetCellFormula(sheet, ref)
				if formula == "" || raw == "" { // the rest of a merged cell has the formula of the first
					continue
				}
				n++
				got, err := r.CalcCellValue(sheet, ref, excelize.Options{RawCellValue: true})
				if a, _ := strconv.ParseFloat(got, 64); err != nil || fmt.Sprintf("%.0f", a) != raw {
					t.Errorf("%s!%s: =%s gives %s (%v), and %s is written", sheet, ref, formula, got, err, raw)
				}
			}
		}
	}
	if n < 60 {
		t.Errorf("only %d formulas", n)
	}
}

// TestEverySheetSaysHowFinalItIs in its title: 가마감 until the month is locked, and
// that payouts are assumed where they are.
func TestEverySheetSaysHowFinalItIs(t *testing.T) {
	racing.Skip(t, "one workbook, sheet by sheet")
	s := newSample(1)
	for _, c := range []struct {
		name    string
		month   func() Month
		opts    Options
		says    string
		assumed bool
	}{
		{"not locked", func() Month { return s.month(false) }, Options{}, "· 2026-11 · 가마감", false},
		{"not locked, English", func() Month { return s.month(false) }, Options{Language: "en"}, "· 2026-11 · provisional", false},
		{"locked", func() Month { return s.month(true) }, Options{}, "· 2026-11 · 마감 제2판", false},
		{"assumed", func() Month { m := s.month(false); m.Assumed = true; return m }, Options{}, "· 2026-11 · 가마감", true},
		{"one merchant is not locked", func() Month { m := s.month(true); m.Ledgers[1].State = settle.MonthReady; return m }, Options{}, "· 2026-11 · 가마감", false},
		{"not over", func() Month { m := s.month(false); m.Ledgers[1].State = settle.MonthOpen; return m }, Options{}, "· 2026-11 · 가마감", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := opened(t, drawn(t, c.month(), c.opts))
			want := 12
			if strings.Contains(c.says, "제2판") {
				want = 10 // nobody decides in it
			}
			if n := len(r.GetSheetList()); n != want {
				t.Errorf("%d sheets, expected %d", n, want)
			}
			for _, sheet := range r.GetSheetList() {
				top := fmt.Sprint(r.rows(sheet)[:min(8, len(r.rows(sheet)))])
				if !strings.Contains(top, c.says) {
					t.Errorf("%s does not say %q: %s", sheet, c.says, top)
				}
				if strings.Contains(top, "간주") != c.assumed {
					t.Errorf("%s: assumed is %v: %s", sheet, c.assumed, top)
				}
			}
		})
	}
}

// TestEveryStateAndReasonIsASentence, with what to do.
func TestEveryStateAndReasonIsASentence(t *testing.T) {
	for _, language := range []string{"ko", "en"} {
		m := newSample(1).month(false)
		m.Ledgers[0].Reasons, m.Ledgers[1].Reasons = nil, nil
		reasons := []settle.Reason{{Code: settle.NotOver, Day: "2026-11-30"}, {Code: settle.WindowUnread, Name: "transactions", Day: "2026-11-03", Count: 2},
			{Code: settle.WindowYoung, Name: "settlements", Day: "2026-11-29", Count: 2}, {Code: settle.PassbookShort, Name: "main", Day: "2026-12-03"},
			{Code: settle.NoPassbook}, {Code: settle.BreaksOpen, Name: string(reconcile.PayoutMissing), Count: 4}, {Code: settle.Unexplained, Amount: -77}, {Code: settle.Undecided, Count: 5}}
		l, _ := book.LanguageOf(language)
		p := &closePage{monthBook: newMonthBook(m, l)}
		seen := map[string]bool{}
		for _, reason := range reasons {
			says, remedy := p.sentence(lack{Reason: reason, currency: pay.KRW})
			if says == "" || remedy == "" || seen[says] || strings.Contains(says, string(reason.Code)) || strings.Contains(says+remedy, "{") {
				t.Errorf("%s is %q → %q", reason.Code, says, remedy)
			}
			seen[says] = true
		}
		for _, state := range settle.MonthStates {
			if stateColours[state] == "" || closeness[state] == 0 {
				t.Errorf("%s has no colour or place", state)
			}
		}
	}
}

// TestWhatComesFromOutsideIsNoFormula: a text that begins like one is text.
func TestWhatComesFromOutsideIsNoFormula(t *testing.T) {
	racing.Skip(t, "one workbook, sheet by sheet")
	const evil = `=HYPERLINK("http://x","y")`
	plain := newSample(1).month(true)
	m := newSample(1).month(true)
	m.Lines[0].Payer, m.Lines[0].Account = evil, evil
	m.Cancels[0].OrderID, m.Cancels[0].PaymentKey, m.Cancels[0].TransactionKey, m.Cancels[0].MID = evil, evil, evil, evil
	m.Breaks[0].Note, m.Breaks[0].Owner, m.Breaks[0].Subject = evil, evil, evil
	m.Entries[0].Text, m.Entries[0].Account, m.Entries[0].Partner = evil, evil, evil
	m.Fees[0].CardType, m.Rebates[0].Note, m.Versions[0].Note, m.Versions[0].By = evil, evil, evil, evil
	m.VAT[0].Nameless[0].OrderID, m.Receivable = evil, evil
	for i := range m.Cancels {
		m.Cancels[i].Currency = "=1+1" // a code that is none
	}
	count := func(m Month) (formulas, evils int) {
		r := opened(t, drawn(t, m, Options{}))
		for _, sheet := range r.GetSheetList() {
			for i, row := range r.rows(sheet) {
				for j, raw := range row {
					ref, _ := excelize.CoordinatesToCellName(j+1, i+1)
					if formula, _ := r.GetCellFormula(sheet, ref); formula != "" {
						formulas++
						if strings.Contains(formula, "HYPERLINK") || strings.Contains(formula, "1+1") {
							t.Errorf("%s!%s has the formula %s", sheet, ref, formula)
						}
					}
					if strings.HasPrefix(raw, "=") {
						t.Errorf("%s!%s says %s", sheet, ref, raw)
					}
					if strings.Contains(raw, "HYPERLINK") {
						evils++
					}
				}
			}
		}
		return formulas, evils
	}
	if formulas, _ := count(plain); formulas == 0 {
		t.Error("there is no formula")
	}
	if _, evils := count(m); evils < 12 {
		t.Errorf("the text stands in %d places", evils)
	}
}

// TestALongMonthGoesOnToFurtherSheets, and its sums are those of all of them.
func TestALongMonthGoesOnToFurtherSheets(t *testing.T) {
	before := book.MostRows
	book.MostRows = 40
	defer func() { book.MostRows = before }()
	m := newSample(1).month(false)
	r := opened(t, drawn(t, m, Options{}))
	for _, sheet := range []string{"지급·통장 2", "분개 2", "취소·환급 2"} {
		if !slices.Contains(r.GetSheetList(), sheet) {
			t.Errorf("no sheet %s in %v", sheet, r.GetSheetList())
		} else if title := r.rows(sheet)[0][0]; !strings.HasSuffix(title, "· 가마감 (2)") {
			t.Errorf("%s is titled %s", sheet, title)
		}
	}
	for _, name := range []string{"입금", "취소", "분개 차변 = 대변"} {
		if got := r.after("미수금 증감명세", "검증 항목", name); got[2] != 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestTheSameMonthGivesTheSameBytes, in whatever order its parts come.
func TestTheSameMonthGivesTheSameBytes(t *testing.T) {
	first := drawn(t, newSample(1).month(true), Options{})
	m := newSample(1).month(true)
	slices.Reverse(m.Ledgers)
	slices.Reverse(m.Payouts)
	slices.Reverse(m.Lines)
	slices.Reverse(m.Unsettled)
	slices.Reverse(m.Fees)
	slices.Reverse(m.FeeGroups)
	slices.Reverse(m.Cancels)
	slices.Reverse(m.Rebates)
	slices.Reverse(m.Breaks)
	slices.Reverse(m.Versions)
	if !bytes.Equal(first, drawn(t, m, Options{})) {
		t.Error("two drawings of one month differ")
	}
}

// TestAStoredMonthIsDrawnAgain: what was frozen with a lock comes back as it was.
func TestAStoredMonthIsDrawnAgain(t *testing.T) {
	m := newSample(1).month(true)
	stored, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var again Month
	if err := json.Unmarshal(stored, &again); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(drawn(t, m, Options{}), drawn(t, again, Options{})) {
		t.Error("a stored month is drawn otherwise")
	}
}

// TestAnEmptyMonthIsDrawn: every sheet is there and says that there is nothing, but
// of what was not read.
func TestAnEmptyMonthIsDrawn(t *testing.T) {
	m := Month{Month: sampleMonth, Now: sampleNow, Ledgers: []Ledger{{MonthCheck: settle.MonthCheck{Month: sampleMonth, MID: "m", Currency: pay.KRW, State: settle.MonthReady}}}}
	r := opened(t, drawn(t, m, Options{}))
	if text := fmt.Sprint(r.rows("마감 요약")); !strings.Contains(text, "마감 가능 · 요건 모두 충족 ✓") || !strings.Contains(text, "daesa close lock 2026-11") {
		t.Errorf("the first sheet: %s", text)
	}
	for sheet, says := range map[string]string{"지급·통장": "지급 없음", "취소·환급": "취소 없음", "불일치": "불일치 없음 ✓", "분개": "분개 없음", "수수료": "수수료 없음"} {
		if text := fmt.Sprint(r.rows(sheet)); !strings.Contains(text, says) {
			t.Errorf("%s: %s", sheet, text)
		}
	}
	m.Ledgers[0].State, m.Ledgers[0].Reasons = settle.MonthProvisional, []settle.Reason{{Code: settle.PassbookShort, Name: "main", Day: "2026-12-03"}}
	r = opened(t, drawn(t, m, Options{}))
	for _, sheet := range []string{"지급·통장", "취소·환급", "불일치", "분개"} {
		if text := fmt.Sprint(r.rows(sheet)); !strings.Contains(text, "조회 범위 내 해당 없음") {
			t.Errorf("%s calls nothing what was not read: %s", sheet, text)
		}
	}
}

// TestCurrenciesAreNeverAdded: each has its own rows and sums.
func TestCurrenciesAreNeverAdded(t *testing.T) {
	m := newSample(1).month(false)
	roll := settle.Roll{Approvals: 12_550, Cancels: 550, Fees: 300, FeeVAT: 30, Payouts: 9_000}
	m.Ledgers = append(m.Ledgers, Ledger{MonthCheck: settle.MonthCheck{Month: sampleMonth, MID: market, Currency: pay.USD, State: settle.MonthProvisional,
		Rollforward: settle.Rollforward{Roll: roll, Closing: roll.Net(), ByMethod: []settle.MethodRoll{{Method: pay.ForeignEasyPay, Roll: roll, Closing: roll.Net()}}}, ClosingByRows: roll.Net(),
		Aging: []settle.Aged{{Bucket: settle.BucketNotDue, Count: 2, Amount: roll.Net()}}}})
	r := opened(t, drawn(t, m, Options{}))
	text := fmt.Sprint(r.rows("미수금 증감명세"))
	for _, want := range []string{"가맹점 · 결제수단 (KRW)", "가맹점 · 결제수단 (USD)", "125.50", "26.70", "입금 (USD)", "정산내역 기준 잔액 (USD)"} {
		if !strings.Contains(text, want) && !strings.Contains(text, strings.TrimSuffix(want, "0")) {
			t.Errorf("the roll-forward lacks %s", want)
		}
	}
	if got := r.after("마감 요약", "미수금 증감명세 →", "(+) 승인"); got[0] != m.Ledgers[0].Approvals+m.Ledgers[1].Approvals {
		t.Errorf("won and dollars are added: %v", got)
	}
}

func TestAMonthThatCannotBeDrawnIsRefused(t *testing.T) {
	m := newSample(1).month(false)
	twice := m
	twice.Ledgers = append(slices.Clone(m.Ledgers), m.Ledgers[0])
	for name, c := range map[string]struct {
		month Month
		opts  Options
	}{"no ledger": {Month{Month: sampleMonth}, Options{}}, "one twice": {twice, Options{}}, "a language that nobody knows": {m, Options{Language: "fr"}}} {
		if err := Write(&bytes.Buffer{}, c.month, c.opts); err == nil || !strings.Contains(err.Error(), "2026-11") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A locked month is kept as text: what comes back is drawn with the same bytes.
func TestAMonthThatWasKeptIsDrawnAsItWas(t *testing.T) {
	t.Parallel()
	for _, locked := range []bool{false, true} {
		m := newSample(3).month(locked)
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var kept Month
		if err := json.Unmarshal(text, &kept); err != nil {
			t.Fatal(err)
		}
		var was, is bytes.Buffer
		if err := errors.Join(Write(&was, m, Options{}), Write(&is, kept, Options{})); err != nil || !bytes.Equal(was.Bytes(), is.Bytes()) {
			t.Errorf("locked %t: %d bytes, then %d: %v", locked, was.Len(), is.Len(), err)
		}
	}
}
