package reports

import (
	"archive/zip"
	"bytes"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"daesa/internal/racing"
	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports/book"
)

// nights are workbooks of every sort, for the rules that hold in all of them.
func nights() map[string][]Snapshot {
	resolved := sampleNight("resolved")
	resolved.Run.Totals[0].ByKind[reconcile.AmountMismatch] += 7_000 // of a break that a person resolved
	resolved.Run.Totals[0].Explained += 7_000
	resolved.Run.Totals[0].Shop += 7_000
	return map[string][]Snapshot{
		"one": {sampleNight("m")}, "empty": {emptyNight()}, "incomplete": {incomplete(sampleNight("m"))},
		"dollars": {dollars(sampleNight("m"))}, "several": bigNight(), "resolved": {resolved}, "failed": {failedNight("m")},
		"many": {manyBreaks(300)},
	}
}

// TestFormulasSayWhatTheyShow reckons every formula again and compares it with
// the value that was written.
func TestFormulasSayWhatTheyShow(t *testing.T) {
	racing.Skip(t, "workbooks, one after the other")
	for name, night := range nights() {
		for _, l := range []string{"ko", "en"} {
			f := opened(t, drawn(t, night, Options{Language: l}))
			formulas := 0
			for _, sheet := range f.GetSheetList() {
				for _, c := range cellsOf(t, f, sheet) {
					if c.formula == "" {
						continue
					}
					formulas++
					again, err := f.CalcCellValue(sheet, c.ref, excelize.Options{RawCellValue: true})
					if err != nil || number(again) != number(c.raw) {
						t.Errorf("%s %s: %s!%s =%s is %s, but %q was written (%v)", name, l, sheet, c.ref, c.formula, again, c.raw, err)
					}
				}
			}
			if formulas == 0 && name != "failed" {
				t.Errorf("%s: no formulas at all", name)
			}
		}
	}
}

// number makes 0.00 and 0 one.
func number(text string) string {
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// TestChecksOfItself: on the control sheet every difference is nothing.
func TestChecksOfItself(t *testing.T) {
	for name, night := range nights() {
		if name == "failed" {
			continue // it has no figures
		}
		f := opened(t, drawn(t, night, Options{}))
		checked := 0
		for row := 7; ; row++ {
			label, _ := f.GetCellValue("대사 확인", xlsx.At(1, row))
			difference, _ := f.GetCellValue("대사 확인", xlsx.At(4, row), excelize.Options{RawCellValue: true})
			if label == "" {
				break
			}
			checked++
			if number(difference) != "0" {
				t.Errorf("%s: %s differs by %s", name, label, difference)
			}
		}
		if checked < 10 {
			t.Errorf("%s: only %d checks", name, checked)
		}
	}
}

// TestAChangedFigureShows: a snapshot that does not tie is not made to.
func TestAChangedFigureShows(t *testing.T) {
	s := sampleNight("m")
	s.Run.Totals[0].Provider -= 500
	s.Run.Totals[0].Unexplained += 500
	s.Run.Broken[reconcile.NeverPaid]++
	f := opened(t, drawn(t, []Snapshot{s}, Options{}))
	text := dump(t, drawn(t, []Snapshot{s}, Options{}))
	for _, want := range []string{"● 원인 미확인 차이 있음", "불일치: 확인 필요", "+500원"} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing says %q", want)
		}
	}
	if value, _ := f.GetCellValue("대사 확인", "D7"); value != "-1" {
		t.Errorf("a break that is counted and not listed shows as %q", value)
	}
}

// row finds the first row of a sheet whose cell in a column is label.
func rowWith(t *testing.T, f *excelize.File, sheet string, column int, label string) int {
	t.Helper()
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	for i, cells := range rows {
		if len(cells) >= column && cells[column-1] == label {
			return i + 1
		}
	}
	t.Fatalf("%s has no %q in column %d", sheet, label, column)
	return 0
}

// columnAt is the number of the column with a label in the first header row
// that has it.
func columnAt(t *testing.T, f *excelize.File, sheet string, label book.Label) int {
	t.Helper()
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	for _, cells := range rows {
		if i := slices.Index(cells, label.Ko()); i >= 0 && len(cells) > 3 {
			return i + 1
		}
	}
	t.Fatalf("%s has no column %s", sheet, label.Ko())
	return 0
}

func rawAt(t *testing.T, f *excelize.File, sheet string, column, row int) string {
	t.Helper()
	value, err := f.GetCellValue(sheet, xlsx.At(column, row), excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// TestTheBridgeIsTheRun compares the summary's money with the run's totals and
// with the rows of the breaks sheet.
func TestTheBridgeIsTheRun(t *testing.T) {
	s := sampleNight("m")
	f := opened(t, drawn(t, []Snapshot{s}, Options{}))
	total := s.Run.Totals[0]
	for label, want := range map[string]int64{
		"A. 쇼핑몰 순결제금액": total.Shop, "B. 토스 순결제금액 (11-21 24시까지)": total.Provider, "C. 차이 (A − B)": total.Shop - total.Provider,
		"D. 원인 확인 차이": total.Explained, "원인 미확인 차이 (C − D)": 0, "시점 차이": total.Timing,
		"기준일 이후 변동": -70_000, "종결 후 잔여 차이": -1_100,
		"취소 미실행": total.ByKind[reconcile.CancelNotExecuted] + 1_100, "토스에 없음": total.ByKind[reconcile.MissingAtProvider],
	} {
		if got := rawAt(t, f, "요약", 7, rowWith(t, f, "요약", 2, label)); got != strconv.FormatInt(want, 10) {
			t.Errorf("%s: %s, the run says %d", label, got, want)
		}
	}
	sums, counts := map[string]int64{}, map[string]int64{}
	status, apart := columnAt(t, f, "불일치", columnStatus), columnAt(t, f, "불일치", columnDifference)
	for row := headRows + 1; rawAt(t, f, "불일치", 1, row) != ""; row++ {
		kind := rawAt(t, f, "불일치", 1, row)
		if rawAt(t, f, "불일치", status, row) == "시점 차이" {
			kind = "시점 차이"
		}
		difference, err := strconv.ParseInt(rawAt(t, f, "불일치", apart, row), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sums[kind] += difference
		counts[kind]++
	}
	for kind, sum := range sums {
		row := rowWith(t, f, "요약", 2, kind)
		if rawAt(t, f, "요약", 7, row) != strconv.FormatInt(sum, 10) || rawAt(t, f, "요약", 3, row) != strconv.FormatInt(counts[kind], 10) {
			t.Errorf("%s: the list has %d and %d won, the summary %s and %s", kind, counts[kind], sum, rawAt(t, f, "요약", 3, row), rawAt(t, f, "요약", 7, row))
		}
	}
	if value := shownAt(f, "요약", xlsx.At(7, rowWith(t, f, "요약", 2, "원인 미확인 차이 (C − D)"))); value != "0원 ✓" {
		t.Errorf("the check cell says %q", value)
	}
}

// TestNothingIsCalledOtherThatHasAName: what Toss moved after the date, and what a
// person has resolved, are lines of their own with their orders; the bridge, its
// self-check and the table of totals say one timing; Toss's side says up to when it
// goes.
func TestNothingIsCalledOtherThatHasAName(t *testing.T) {
	content := drawn(t, []Snapshot{sampleNight("m")}, Options{})
	f, text := opened(t, content), dump(t, content)
	if strings.Contains(text, "기타") || strings.Contains(text, "금일 현재") {
		t.Error("money is called other, or Toss's side today's")
	}
	for label, want := range map[string][2]string{"기준일 이후 변동": {"2", "-70000"}, "종결 후 잔여 차이": {"1", "-1100"}, "시점 차이": {"1", "-17000"}} {
		row := rowWith(t, f, "요약", 2, label)
		if count, money := rawAt(t, f, "요약", 3, row), rawAt(t, f, "요약", 7, row); count != want[0] || money != want[1] {
			t.Errorf("%s: %s of %s, want %s", label, count, money, want)
		}
	}
	for order, want := range map[string][2]string{"20261119-0301": {"기준일 이후 변동", "-45000"}, "00000000000000000302": {"기준일 이후 변동", "-25000"}, "20261110-0303": {"종결 후 잔여 차이", "-1100"}} {
		row := rowWith(t, f, "대사 확인", 2, order)
		if why, money := rawAt(t, f, "대사 확인", 1, row), rawAt(t, f, "대사 확인", 5, row); why != want[0] || money != want[1] {
			t.Errorf("%s: %s %s, want %s", order, why, money, want)
		}
	}
	row := rowWith(t, f, "대사 확인", 1, "KRW")
	if got := rawAt(t, f, "대사 확인", 5, row); got != "-17000" {
		t.Errorf("the table of totals has a timing of %s", got)
	}
}

func TestAnOrderCountsOnce(t *testing.T) {
	s := sampleNight("m")
	twice := s.Breaks[4]
	twice.Kind, twice.ID = reconcile.RefundFailed, "bsecond"
	s.Breaks = append(s.Breaks, twice)
	s.Run.Broken[reconcile.RefundFailed]++
	s.Run.Opened++
	n, err := newNight([]Snapshot{s}, nil)
	if err != nil {
		t.Fatal(err)
	}
	last := n.bridges[0].Items[len(n.bridges[0].Items)-1]
	if last.Kind != reconcile.RefundFailed || last.Count != 1 || last.Under != 0 || n.bridges[0].Unexplained() != 0 || n.bridges[0].Others() {
		t.Errorf("%+v of %+v", last, n.bridges[0])
	}
}

func TestCurrenciesAreNeverAdded(t *testing.T) {
	mixed := dollars(sampleNight("m"))
	mixed.Breaks = append(mixed.Breaks, BreakRow{ID: "bmix", MID: "m", OrderID: "MIX-1", Kind: reconcile.CurrencyMismatch, Status: reconcile.Open, Currency: pay.USD,
		ProviderCurrency: pay.KRW, LocalAmount: won(1_000), ProviderAmount: won(14_000), FirstSeen: sampleDay, Since: sampleDay})
	mixed.Run.Broken[reconcile.CurrencyMismatch]++
	mixed.Run.Opened++
	for i := range mixed.Run.Totals {
		total := &mixed.Run.Totals[i]
		part := map[pay.Currency]int64{pay.USD: 1_000, pay.KRW: -14_000}[total.Currency]
		total.ByKind[reconcile.CurrencyMismatch] += part
		total.Explained += part
		total.Provider -= part
	}
	text := dump(t, drawn(t, []Snapshot{mixed}, Options{}))
	for _, want := range []string{"불일치 유형 (KRW)", "불일치 유형 (USD)", "결제수단 (USD)", "181.56 USD\t[181.56]", "10.00 USD\t[10", "14,000원", "0.00 USD ✓", "0원 ✓"} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing says %q", want)
		}
	}
	f := opened(t, drawn(t, []Snapshot{mixed}, Options{}))
	row := rowWith(t, f, "불일치", columnAt(t, f, "불일치", columnOrder), "MIX-1")
	if got := rawAt(t, f, "불일치", columnAt(t, f, "불일치", columnDifference), row); got != "–" {
		t.Errorf("two currencies have the difference %q", got)
	}
	for _, currency := range []pay.Currency{pay.KRW, pay.USD} {
		var shop, apart int64
		for _, b := range mixed.Breaks {
			if b.Currency == currency && b.Kind != reconcile.CurrencyMismatch && b.Status != reconcile.Cleared {
				shop, apart = shop+held(b.LocalAmount), apart+b.difference()
			}
		}
		row := rowWith(t, f, "불일치", 1, "합계 "+string(currency)+"(전체 행)")
		if got := rawAt(t, f, "불일치", columnAt(t, f, "불일치", columnShop), row); number(got) != number(currency.Format(shop)) {
			t.Errorf("the shop's side in %s sums up to %s, want %s", currency, got, currency.Format(shop))
		}
		if got := rawAt(t, f, "불일치", columnAt(t, f, "불일치", columnDifference), row); number(got) != number(currency.Format(apart)) {
			t.Errorf("the differences in %s sum up to %s, want %s", currency, got, currency.Format(apart))
		}
	}
}

func TestMissingMerchantsAreVisible(t *testing.T) {
	f := opened(t, drawn(t, []Snapshot{sampleNight("shop-a"), failedNight("shop-c")}, Options{Expected: []string{"shop-a", "shop-c", "shop-z"}}))
	text := dump(t, drawn(t, []Snapshot{sampleNight("shop-a"), failedNight("shop-c")}, Options{Expected: []string{"shop-a", "shop-c", "shop-z"}}))
	for _, want := range []string{"● 미완료", "UNAUTHORIZED_KEY", "가맹점 shop-z: 대사 기록 없음", "합계(조회된 가맹점)"} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing says %q", want)
		}
	}
	for _, mid := range []string{"shop-c", "shop-z"} {
		row := rowWith(t, f, "요약", 2, mid)
		for _, slot := range slots[1 : len(slots)-1] {
			if got := rawAt(t, f, "요약", slot[0], row); got != "–" {
				t.Errorf("%s shows %q", mid, got)
			}
		}
	}
}

// TestNothingReadIsNotZero: a merchant that failed alone has no figures.
func TestNothingReadIsNotZero(t *testing.T) {
	text := dump(t, drawn(t, []Snapshot{failedNight("shop-c")}, Options{}))
	for _, never := range []string{"0원", "0건", "✓", "합계"} {
		if strings.Contains(text, never) {
			t.Errorf("a night of which nothing was read says %q", never)
		}
	}
	if !strings.Contains(text, "조회된 자료 없음") || !strings.Contains(text, "UNAUTHORIZED_KEY") {
		t.Errorf("it does not say that nothing was read:\n%s", text)
	}
}

func TestRowsBeyondASheetGoOn(t *testing.T) {
	defer func(before int) { book.MostRows = before }(book.MostRows)
	book.MostRows = 30
	s := manyBreaks(60)
	cleared := s.Breaks[0]
	cleared.Status, cleared.OrderID = reconcile.Cleared, "cleared"
	s.Breaks = append(s.Breaks, cleared)
	s.Run.Cleared++
	f := opened(t, drawn(t, []Snapshot{s}, Options{}))
	seen := map[string]int{}
	sheets, order := 0, columnAt(t, f, "불일치", columnOrder)
	for _, sheet := range f.GetSheetList() {
		if !strings.HasPrefix(sheet, "불일치") {
			continue
		}
		sheets++
		rows, _ := f.GetRows(sheet)
		if len(rows) > book.MostRows || rows[headRows-1][0] != "구분" {
			t.Errorf("%s has %d rows and begins with %v", sheet, len(rows), rows[headRows-1])
		}
		for _, cells := range rows[headRows:] {
			if len(cells) >= order && cells[order-1] != "주문번호" {
				seen[cells[order-1]]++
			}
		}
	}
	if sheets != 3 || len(seen) != 61 {
		t.Errorf("%d sheets with %d orders", sheets, len(seen))
	}
	for order, times := range seen {
		if times != 1 {
			t.Errorf("%s stands %d times", order, times)
		}
	}
	if value := shownAt(f, "대사 확인", "D7"); value != "0 ✓" {
		t.Errorf("over several sheets the check says %q", value)
	}
}

// hostile are texts that a spreadsheet, or an import of its CSV, would run.
var hostile = []string{
	"=cmd|'/C calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\x00=1", "=HYPERLINK(\"http://x\",\"y\")", "'=1", "<f>1+1</f>", "</t></is></c>",
	"_x003D_1+1", "_x005F_x003D_", "00012345678901234567", "0010", "1e5", "TRUE", "#REF!", "2026-01-02", "a\nb", "\u202Egnp.exe", "\xff\xfe", "😀 가\u0301", "&amp;",
	strings.Repeat("가", 40_000), strings.Repeat("😀", 20_000),
}

// spoiled is a night with one text in every place that comes from outside.
func spoiled(value string) Snapshot {
	s := sampleNight("m")
	s.Run.ID, s.Run.Job, s.JournalHead, s.Config = value, value, value, value
	s.Run.Gaps = []reconcile.Gap{{Side: value, What: value, Why: value}}
	s.Run.CallsByAPI = map[string]int64{value: 116}
	s.Run.ByMethod[0].Method = pay.Method(value)
	b := &s.Breaks[0]
	b.ID, b.OrderID, b.PaymentKey, b.Note, b.LocalStatus, b.ProviderStatus = value, value, value, value, value, value
	b.Method, b.Origin = pay.Method(value), reconcile.Origin(value)
	for i := range s.Run.Differences {
		if d := &s.Run.Differences[i]; d.OrderID == sampleBreaks("m")[0].OrderID {
			d.OrderID, d.PaymentKey = value, value
		}
	}
	s.Run.Differences[0].OrderID, s.Run.Differences[0].PaymentKey = value, value
	r := &s.Refunds[2].Request
	r.ID, r.OrderID, r.PaymentKey, r.Reason, r.Ref, r.Batch = value, value, value, value, value, value
	r.ErrorCode, r.ErrorMessage, r.RequestedBy, r.ApprovedBy = value, value, value, value
	d := &s.Deadlines[0]
	d.OrderID, d.PaymentKey, d.RefundID, d.BreakID = value, value, value, value
	b.Owner = value
	m, h, p := &s.Missing[1], &s.Transfers[0], &s.Promises[0]
	m.OrderID, m.PaymentKey, m.Why, m.RefundID = value, value, value, value
	h.OrderID, h.PaymentKey, h.Why, h.RefundID, h.Reference, h.Note, h.RequestedBy, h.ApprovedBy, h.DoneBy = value, value, value, value, value, value, value, value, value
	p.OrderID, p.PaymentKey, p.RefundID, p.Method = value, value, value, pay.Method(value)
	return s
}

func TestNoTextBecomesAFormula(t *testing.T) {
	racing.Skip(t, "workbooks, one after the other")
	harmless := formulasOf(t, drawn(t, []Snapshot{spoiled("harmless")}, Options{}))
	for i, value := range hostile {
		content := drawn(t, []Snapshot{spoiled(value)}, Options{})
		if got := formulasOf(t, content); !slices.Equal(harmless, got) {
			t.Errorf("hostile %d changed the formulas", i)
		}
		f := opened(t, content)
		order, kind := columnAt(t, f, "불일치", columnOrder), columnAt(t, f, "불일치", columnKind)
		row := rowWith(t, f, "불일치", kind, book.KindLabels[reconcile.MissingAtProvider].Ko())
		got := rawAt(t, f, "불일치", order, row)
		if got != xlsx.Inert(xlsx.Clean(value)) {
			t.Errorf("hostile %d %.30q was read back as %.30q", i, value, got)
		}
		if kind, _ := f.GetCellType("불일치", xlsx.At(order, row)); kind != excelize.CellTypeInlineString {
			t.Errorf("hostile %d is of type %v", i, kind)
		}
		archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range archive.File {
			if strings.Contains(part.Name, "externalLink") || strings.Contains(partText(t, part), `TargetMode="External"`) {
				t.Errorf("hostile %d made %s", i, part.Name)
			}
		}
	}
}

func TestHostileMerchantAndCurrency(t *testing.T) {
	for _, value := range hostile[:24] {
		s := sampleNight("m")
		s.Run.MID = value
		for i := range s.Breaks {
			s.Breaks[i].MID, s.Breaks[i].Currency = value, pay.Currency(value)
		}
		s.Run.Totals[0].Currency = pay.Currency(value)
		content := drawn(t, []Snapshot{s, emptyNight()}, Options{})
		if got := len(opened(t, content).GetSheetList()); got != 8 {
			t.Errorf("%q: %d sheets", value, got)
		}
	}
}

// formulasOf are all formulas of a workbook, in their order.
func formulasOf(t *testing.T, content []byte) []string {
	t.Helper()
	f := opened(t, content)
	found := map[string]bool{}
	for _, sheet := range f.GetSheetList() {
		for _, c := range cellsOf(t, f, sheet) {
			if c.formula != "" {
				found[sheet+"!"+c.formula] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func TestMoneyIsExact(t *testing.T) {
	for _, test := range []struct {
		currency pay.Currency
		units    int64
		value    string
		number   bool
	}{
		{pay.KRW, 0, "0", true}, {pay.KRW, -1_401_800, "-1401800", true}, {pay.USD, 18_156, "181.56", true},
		{pay.USD, -5, "-0.05", true}, {pay.USD, 10, "0.10", true}, {pay.JPY, 7, "7", true}, {pay.MUSD, 181_560_000, "181560000", true},
		{pay.KRW, 999_999_999_999_999, "999999999999999", true}, {pay.KRW, 1_000_000_000_000_001, "1000000000000001", false},
		{pay.USD, -9_223_372_036_854_775_808, "-92233720368547758.08", false},
	} {
		if got := book.Money(0, test.currency, test.units); got.Value() != test.value || got.IsNumber() != test.number {
			t.Errorf("%d %s is %+v", test.units, test.currency, got)
		}
	}
}

func TestDatesAreTheDaysOfSeoul(t *testing.T) {
	for day, want := range map[pay.Day]string{"1900-03-01": "61", "2026-11-21": "46347", "1961-08-10": "22503", "": ""} {
		if got := book.Date(0, day).Value(); got != want {
			t.Errorf("%s is %s, want %s", day, got, want)
		}
	}
	f := opened(t, drawn(t, []Snapshot{sampleNight("m")}, Options{}))
	if got, _ := f.GetCellValue("취소기한", xlsx.At(columnAt(t, f, "취소기한", columnCancelBy), rowWith(t, f, "취소기한", columnAt(t, f, "취소기한", columnOrder), "20261121-0005"))); got != "2026-11-30 23:59" {
		t.Errorf("the last moment of November is %q", got)
	}
	last := book.Moment(0, time.Date(2026, 11, 30, 14, 59, 59, 0, time.UTC)).Value()
	serial, err := strconv.ParseFloat(last, 64)
	if err != nil {
		t.Fatal(err)
	}
	if back, _ := excelize.ExcelDateToTime(serial, false); back.Format(time.DateTime) != "2026-11-30 23:59:59" {
		t.Errorf("%s is read back as %v", last, back)
	}
}

func TestDaysLeft(t *testing.T) {
	n, err := newNight([]Snapshot{sampleNight("m")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		d    Deadline
		want bucket
	}{
		{Deadline{CancelBy: sampleNow}, bucketToday}, {Deadline{CancelBy: sampleNow.Add(-time.Second)}, bucketLost},
		{Deadline{CancelBy: seoul("2026-11-22 23:59:59")}, bucketToday}, {Deadline{CancelBy: seoul("2026-11-23 00:00:00")}, bucketOne},
		{Deadline{CancelBy: seoul("2026-11-25 23:59:59")}, bucketThree}, {Deadline{CancelBy: seoul("2026-11-29 00:00:01")}, bucketSeven},
		{Deadline{CancelBy: seoul("2026-11-30 00:00:00")}, bucketLater}, {Deadline{AtRisk: true}, bucketOld}, {Deadline{}, bucketNone},
		{Deadline{CancelBy: seoul("2026-12-30 00:00:00"), State: refunds.StateExpired}, bucketLost},
	} {
		if got := n.daysLeft(test.d); got != test.want {
			t.Errorf("%v is in bucket %d, want %d", test.d.CancelBy, got, test.want)
		}
	}
}

// TestAMerchantOfWhichNothingWasReadHasNoFigures: its provider timed out, so
// that nothing was compared; zeros would look like a quiet day.
func TestAMerchantOfWhichNothingWasReadHasNoFigures(t *testing.T) {
	silent := emptyNight()
	silent.Run.MID, silent.Run.ID, silent.Run.Complete = "silent", "rsilent", false
	silent.Run.Totals = []reconcile.Total{{Currency: pay.KRW}}
	silent.Run.Gaps = []reconcile.Gap{{Side: "provider", What: "transactions 2026-11-21", Why: "no whole answer in time"}}
	f := opened(t, drawn(t, []Snapshot{sampleNight("m"), silent}, Options{}))
	rows, err := f.GetRows("요약")
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, cells := range rows {
		if len(cells) > 2 && cells[1] == "silent" {
			said++
			for _, cell := range cells[2:] {
				if cell != "–" && cell != "미조회" && cell != "" {
					t.Errorf("silent has the figure %q in %v", cell, cells)
				}
			}
		}
	}
	if said < 3 {
		t.Errorf("silent stands in %d tables", said)
	}
	note, err := Brief([]Snapshot{sampleNight("m"), silent}, BriefOptions{})
	if err != nil || !strings.Contains(note.Text, "· silent: ✕ 미조회") {
		t.Errorf("%v\n%s", err, note.Text)
	}
}
