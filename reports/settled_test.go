package reports

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
	"daesa/settle"
)

// sampleSettlement is a date whose card payout came short of nothing and whose next
// ones are known; a payout of the week before did not come, and two transactions have
// no row.
func sampleSettlement(mid string) *Settlement {
	payout := func(day pay.Day, state settle.State, rows, amount, fee, vat int64) settle.Payout {
		p := settle.Payout{PayoutKey: settle.PayoutKey{MID: mid, Day: day, Currency: pay.KRW}, Rows: rows, Amount: amount, Fee: fee, FeeVAT: vat, Expected: amount - fee - vat, State: state}
		p.Difference = -p.Expected
		return p
	}
	today := payout(sampleDay, settle.MatchedFull, 1_204, 54_701_000, 1_152_273, 115_227)
	today.Lines, today.Banked, today.Difference, today.LastLine = []string{"L1"}, today.Expected, 0, sampleDay
	carried := payout("2026-11-24", settle.Scheduled, 3, -150_000, -3_150, -315)
	carried.Carried = carried.Expected
	after := payout("2026-11-25", settle.Scheduled, 900, 41_000_000, 861_000, 86_100)
	after.Expected += carried.Expected
	return &Settlement{
		Payouts: []settle.Payout{today, payout("2026-11-23", settle.Scheduled, 1_100, 50_310_000, 1_056_510, 105_651), carried, after},
		Lines: []book.PassbookLine{{PlacedLine: settle.PlacedLine{Line: settle.Line{ID: "L1", Account: "주거래", Currency: pay.KRW, Day: sampleDay, In: true, Amount: today.Expected},
			MatchedTo: []settle.PayoutKey{today.PayoutKey}, State: settle.LineMatched}, Payer: "토스페***"}},
		ByMethod: []MethodPayout{
			{Method: pay.EasyPay, Currency: pay.KRW, Rows: 204, Amount: 9_701_000, Fee: 242_525, FeeVAT: 24_252, PayOut: 9_434_223},
			{Method: pay.Card, Currency: pay.KRW, Rows: 1_000, Amount: 45_000_000, Fee: 909_748, FeeVAT: 90_975, PayOut: 43_999_277},
		},
		Late: []LateMoney{
			{BreakID: "b1", Kind: reconcile.SettlementMissing, Subject: "txn:T1", OrderID: "20261110-0701", Method: pay.Card, Currency: pay.KRW, Due: "2026-11-18", Expected: 58_000},
			{BreakID: "b2", Kind: reconcile.PayoutMissing, Subject: "payout:2026-11-13:KRW", Currency: pay.KRW, Due: "2026-11-13", Expected: 12_340_000, Why: settle.NoLine, Owner: "kim"},
			{BreakID: "b3", Kind: reconcile.PayoutShort, Subject: "payout:2026-11-19:KRW", Currency: pay.KRW, Due: "2026-11-19", Expected: 9_000_000, Came: 8_850_000, Why: settle.AmountDiffers, Note: "한도초과 보류"},
		},
	}
}

func settledNight(mid string) Snapshot {
	s := sampleNight(mid)
	s.Settlement = sampleSettlement(mid)
	return s
}

// rowsOf are the cells of a sheet as a person sees them.
func rowsOf(t *testing.T, f *excelize.File, sheet string) [][]string {
	t.Helper()
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// rowAfter is the first row below one that has `below` in a cell whose first cell is
// `first`.
func rowAfter(t *testing.T, rows [][]string, below, first string) []string {
	t.Helper()
	found := false
	for _, row := range rows {
		if found && (len(row) > 0 && row[0] == first || len(row) > 1 && row[1] == first) {
			return slices.DeleteFunc(slices.Clone(row), func(cell string) bool { return cell == "" })
		}
		found = found || slices.ContainsFunc(row, func(cell string) bool { return strings.HasPrefix(cell, below) })
	}
	t.Fatalf("no row %q below %q", first, below)
	return nil
}

func TestTheNightSaysWhatWasPaidOutWhatComesAndWhatIsLate(t *testing.T) {
	f := opened(t, drawn(t, []Snapshot{settledNight("tosspayments")}, Options{}))
	sheet, first := rowsOf(t, f, "정산"), rowsOf(t, f, "요약")
	for _, c := range []struct {
		rows         [][]string
		below, first string
		want         string
	}{
		{sheet, "당일 지급과 통장 확인", "tosspayments", "tosspayments|입금 확인|1,204건|54,701,000원|1,152,273원|115,227원|0원|0원|53,433,500원|53,433,500원|0원|11-21 토스페*** 53,433,500원"},
		{sheet, "당일 지급의 결제수단별", "카드", "카드|1,000건|45,000,000원|909,748원|90,975원|2.02%|43,999,277원"},
		{sheet, "당일 지급의 결제수단별", "합계", "합계|1,204건|54,701,000원|1,152,273원|115,227원|2.11%|53,433,500원"},
		{sheet, "당일 지급의 결제수단별", "지급 내역과의 차이", "지급 내역과의 차이|0원 ✓"},
		{sheet, "지급 예정", "2026-11-24", "2026-11-24|2|3건|-150,000원|-3,150원|-315원|0원|-146,535원|0원"},
		{sheet, "지급 예정", "2026-11-25", "2026-11-25|3|900건|41,000,000원|861,000원|86,100원|-146,535원|0원|39,906,365원"},
		{sheet, "지급 예정", "합계", "합계|2,003건|89,054,204원"},
		{sheet, "지연", "미입금", "미입금|tosspayments|payout:2026-11-13:KRW|2026-11-13|5|12,340,000원|0원|12,340,000원|kim|지급일이 지났으나 통장에 입금 없음 → 지급 보류·계좌 변경 여부를 토스에 확인"},
		{sheet, "지연", "입금 부족", "입금 부족|tosspayments|payout:2026-11-19:KRW|2026-11-19|1|9,000,000원|8,850,000원|150,000원|지급예정액보다 적게 입금됨 → 한도초과 보류·상계 여부 확인 후 통장 대조(daesa bank match) · 한도초과 보류"},
		{sheet, "지연", "정산 누락", "정산 누락|tosspayments|20261110-0701|카드|2026-11-18|2|58,000원|0원|58,000원|결제 후 정산기한이 지났으나 정산내역 없음 → 정산 보류 여부를 토스에 확인"},
		{first, "정산·통장 대사", "tosspayments", "tosspayments|53,433,500원|53,433,500원|입금 확인|3건|89,054,204원|3건|12,548,000원"},
	} {
		got := strings.Join(rowAfter(t, c.rows, c.below, c.first), "|")
		if plain := func(text string) string { // excelize shows a format's part for zero as that for more
			return strings.NewReplacer(" ✓", "", "건", "", "+", "").Replace(text)
		}; plain(got) != plain(c.want) {
			t.Errorf("%s, %s:\n got %s\nwant %s", c.below, c.first, got, c.want)
		}
	}
}

// TestTheFormulasOfSettlementGiveWhatIsWritten reckons each again.
func TestTheFormulasOfSettlementGiveWhatIsWritten(t *testing.T) {
	f := opened(t, drawn(t, []Snapshot{settledNight("m")}, Options{}))
	n := 0
	for _, c := range cellsOf(t, f, "정산") {
		if c.formula == "" {
			continue
		}
		n++
		if got, err := f.CalcCellValue("정산", c.ref, excelize.Options{RawCellValue: true}); err != nil || number(got) != number(c.raw) {
			t.Errorf("%s: =%s gives %s (%v), and %s is written", c.ref, c.formula, got, err, c.raw)
		}
	}
	if n < 7 {
		t.Errorf("only %d formulas", n)
	}
}

// TestWhatNeedsSomebodyIsTheWordOfTheDatesPayouts: the worst of several states.
func TestWhatNeedsSomebodyIsTheWordOfTheDatesPayouts(t *testing.T) {
	for _, state := range settle.States {
		if state == settle.Scheduled {
			continue
		}
		s := settledNight("m")
		s.Settlement.Payouts[0].State = state
		f := opened(t, drawn(t, []Snapshot{s}, Options{}))
		if got := rowAfter(t, rowsOf(t, f, "요약"), "정산·통장 대사", "m"); got[3] != book.PayoutLabels[state].Ko() {
			t.Errorf("%s is %v", state, got)
		}
	}
	s := settledNight("m")
	s.Settlement.Assumed = true
	f := opened(t, drawn(t, []Snapshot{s}, Options{}))
	if got := rowAfter(t, rowsOf(t, f, "요약"), "정산·통장 대사", "m"); got[3] != "입금 간주" {
		t.Errorf("assumed is %v", got)
	}
	if text := fmt.Sprint(rowsOf(t, f, "정산")); !strings.Contains(text, "close.bank: assumed") {
		t.Error("the sheet does not say that payouts are assumed")
	}
}

// TestANightWithoutSettlementIsDrawnAsBefore: a stored snapshot of an older version
// has no such field, keeps its form, and has no such sheet.
func TestANightWithoutSettlementIsDrawnAsBefore(t *testing.T) {
	old := sampleNight("m")
	stored, err := json.Marshal(old)
	if err != nil || strings.Contains(string(stored), "Settlement\"") {
		t.Fatalf("a night without settlement stores it: %v", err)
	}
	f := opened(t, drawn(t, []Snapshot{old}, Options{}))
	if slices.Contains(f.GetSheetList(), "정산") || formOf([]Snapshot{old}) != form {
		t.Errorf("sheets %v, form %s", f.GetSheetList(), formOf([]Snapshot{old}))
	}
	with := settledNight("m")
	if stored, err = json.Marshal(with); err != nil {
		t.Fatal(err)
	}
	var again Snapshot
	if err := json.Unmarshal(stored, &again); err != nil {
		t.Fatal(err)
	}
	if first, second := drawn(t, []Snapshot{with}, Options{}), drawn(t, []Snapshot{again}, Options{}); string(first) != string(second) {
		t.Error("a stored night is drawn otherwise")
	}
	if formOf([]Snapshot{old, with}) == form {
		t.Error("a night with settlement has the form of one without")
	}
}

// TestSeveralMerchantsAndCurrenciesOfSettlement: each has its own rows.
func TestSeveralMerchantsAndCurrenciesOfSettlement(t *testing.T) {
	a, b := settledNight("shop-a"), settledNight("shop-b")
	b.Settlement.Payouts[0].Currency = pay.USD
	b.Settlement.Payouts[0].Lines = nil
	b.Settlement.ByMethod = nil
	f := opened(t, drawn(t, []Snapshot{a, b}, Options{Language: "en"}))
	text := fmt.Sprint(rowsOf(t, f, "Settlement"))
	for _, want := range []string{"shop-a KRW", "shop-b USD", "534,335.00 USD", "Matched"} {
		if !strings.Contains(text, want) {
			t.Errorf("the sheet lacks %s", want)
		}
	}
	if got := rowAfter(t, rowsOf(t, f, "Summary"), "Settlement", "shop-b USD"); got[1] != "534,335.00 USD" {
		t.Errorf("the first sheet says %v", got)
	}
}

// TestTooMuchThatIsLateIsCounted: the sheet shows a hundred, and how many more.
func TestTooMuchThatIsLateIsCounted(t *testing.T) {
	s := settledNight("m")
	for i := range 150 {
		s.Settlement.Late = append(s.Settlement.Late, LateMoney{BreakID: fmt.Sprint("c", i), Kind: reconcile.SettlementMissing, OrderID: "=1+1", Currency: pay.KRW, Due: "2026-11-20", Expected: 100})
	}
	f := opened(t, drawn(t, []Snapshot{s}, Options{}))
	if text := fmt.Sprint(rowsOf(t, f, "정산")); !strings.Contains(text, "그 외 53건") || strings.Contains(text, " =1+1") {
		t.Error("nothing says how many more are late, or an order became a formula")
	}
}

// TestWriteASettledNight writes a night's workbook for people to look at:
//
//	go test ./reports -run TestWriteASettledNight -out /tmp/night.xlsx
func TestWriteASettledNight(t *testing.T) {
	content := drawn(t, []Snapshot{settledNight("tosspayments")}, Options{})
	if *out != "" {
		if err := os.WriteFile(*out, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

var out = flag.String("out", "", "write the sample night's workbook to this path")
