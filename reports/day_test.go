package reports

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
)

// gridRow reads the twelve columns of a row of the date's figures, from its label
// on.
func gridRow(t *testing.T, f *excelize.File, sheet string, from, row int) []string {
	t.Helper()
	var cells []string
	for column := from; column < from+12; column++ {
		cells = append(cells, rawAt(t, f, sheet, column, row))
	}
	return cells
}

// TestTheDatesFiguresStandWhereverTheyAreEqual: on the first sheet, on that of
// the methods, on the card, and against the rows that the run counted.
func TestTheDatesFiguresStandWhereverTheyAreEqual(t *testing.T) {
	s := dollars(sampleNight("m"))
	f := opened(t, drawn(t, []Snapshot{s}, Options{}))
	for _, total := range s.Run.Moved.Totals {
		name := book.MethodLabels[total.Method].Ko()
		if name == "" {
			name = "미지정"
		}
		amount := func(units int64) string { return number(total.Currency.Format(units)) }
		n := func(v int64) string { return strconv.FormatInt(v, 10) }
		want := []string{name,
			n(total.Shop.ApprovalCount), amount(total.Shop.Approvals), n(total.Shop.CancelCount), amount(total.Shop.Cancels), amount(total.Shop.Net()),
			n(total.Provider.ApprovalCount), amount(total.Provider.Approvals), n(total.Provider.CancelCount), amount(total.Provider.Cancels), amount(total.Provider.Net()),
			amount(total.Shop.Net() - total.Provider.Net())}
		for sheet, from := range map[string]int{"요약": colLabel, "결제수단별": 1} {
			header := rowWith(t, f, sheet, from, "결제수단 ("+string(total.Currency)+")")
			row := header + 1
			for rawAt(t, f, sheet, from, row) != name {
				if row++; row > header+10 {
					t.Fatalf("%s has no row %s", sheet, name)
				}
			}
			for i, got := range gridRow(t, f, sheet, from, row) {
				if number(got) != want[i] {
					t.Errorf("%s, %s %s: column %d says %q, the snapshot %q", sheet, name, total.Currency, i, got, want[i])
				}
			}
		}
	}
	_, toss := totalsOf(s, pay.KRW)
	if got := rawAt(t, f, "요약", colLabel, 7); got != strconv.FormatInt(toss.Net(), 10) {
		t.Errorf("the card says %s, the date has %d", got, toss.Net())
	}
	check := rowWith(t, f, "대사 확인", 1, "당일 토스 승인금액 (KRW)")
	if run, here := rawAt(t, f, "대사 확인", 2, check), rawAt(t, f, "대사 확인", 3, check); run != here || run != strconv.FormatInt(toss.Approvals, 10) {
		t.Errorf("the run counted %s by method, the workbook has %s, the date %d", run, here, toss.Approvals)
	}
	var open int64
	for _, b := range s.Breaks {
		if b.Status.NeedsPerson() && b.Currency == pay.KRW {
			open++
		}
	}
	sum := rowWith(t, f, "결제수단별", 1, "합계")
	if got := rawAt(t, f, "결제수단별", 14, sum); got != strconv.FormatInt(open, 10) {
		t.Errorf("by method %s breaks are open, in the list %d", got, open)
	}
}

func totalsOf(s Snapshot, currency pay.Currency) (shop, toss reconcile.Moved) {
	for _, total := range s.Run.Moved.Totals {
		if total.Currency == currency {
			shop, _ = shop.Add(total.Shop)
			toss, _ = toss.Add(total.Provider)
		}
	}
	return shop, toss
}

// TestWhatIsNotProvenIsSaid: a cancel without its amount, an order cancelled
// without a time, and a list that was not read leave no figure that looks whole.
func TestWhatIsNotProvenIsSaid(t *testing.T) {
	text := dump(t, drawn(t, []Snapshot{sampleNight("m")}, Options{}))
	for _, want := range []string{"토스 취소 1건은 취소금액이 결제 조회로 확인되지 않아", "취소일시가 없는 쇼핑몰 취소 주문 2건", "취소 1건 금액 미확인"} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing says %q", want)
		}
	}
	s := incomplete(sampleNight("m"))
	f := opened(t, drawn(t, []Snapshot{s}, Options{}))
	row := rowWith(t, f, "요약", colLabel, "합계")
	for i, got := range gridRow(t, f, "요약", colLabel, row) {
		if i > 5 && got != "–" || i > 0 && i <= 5 && (got == "–" || got == "") {
			t.Errorf("where Toss's list was not read column %d says %q", i, got)
		}
	}
	text = dump(t, drawn(t, []Snapshot{s}, Options{}))
	for _, want := range []string{"토스 거래내역을 모두 조회하지 못해", "토스 거래내역 미조회"} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing says %q", want)
		}
	}
	if strings.Contains(text, "당일 토스 승인금액") {
		t.Error("a list that was not read is checked")
	}
}

// TestANightStoredWithoutTheDatesFiguresIsDrawn: it has no sheet of methods and
// no table of the date, and everything else.
func TestANightStoredWithoutTheDatesFiguresIsDrawn(t *testing.T) {
	s := sampleNight("m")
	stored, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var plain map[string]any
	if err := json.Unmarshal(stored, &plain); err != nil {
		t.Fatal(err)
	}
	delete(plain["Run"].(map[string]any), "Moved")
	for _, row := range plain["Breaks"].([]any) {
		delete(row.(map[string]any), "ApprovedAt")
		delete(row.(map[string]any), "ApprovalNumber")
	}
	if stored, err = json.Marshal(plain); err != nil {
		t.Fatal(err)
	}
	var old Snapshot
	if err := json.Unmarshal(stored, &old); err != nil || old.Run.Moved != nil {
		t.Fatalf("%+v %v", old.Run.Moved, err)
	}
	f := opened(t, drawn(t, []Snapshot{old}, Options{}))
	if sheets := f.GetSheetList(); len(sheets) != 8 || sheets[1] != "불일치" {
		t.Errorf("sheets %v", sheets)
	}
	text := dump(t, drawn(t, []Snapshot{old}, Options{}))
	for _, want := range []string{"일치율", "원인 미확인 차이", "1. 미해소 차이"} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing says %q", want)
		}
	}
	if strings.Contains(text, "당일 거래 대사") {
		t.Error("it has figures of the date, from nowhere")
	}
	// Beside a merchant that has them nothing passes for the whole.
	both := dump(t, drawn(t, []Snapshot{old, sampleNight("n")}, Options{}))
	if strings.Contains(both, "당일 거래 대사") {
		t.Error("one merchant's figures stand for two")
	}
}

// TestEveryAxisOfMoneyBeginsAtNothing: bars that begin anywhere else lie.
func TestEveryAxisOfMoneyBeginsAtNothing(t *testing.T) {
	content := drawn(t, []Snapshot{sampleNight("m")}, Options{})
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	charts, axes := 0, 0
	for _, part := range archive.File {
		if !strings.HasPrefix(part.Name, "xl/charts/chart") {
			continue
		}
		charts++
		text := partText(t, part)
		for _, axis := range strings.Split(text, "<valAx>")[1:] {
			axes++
			axis, _, _ = strings.Cut(axis, "</valAx>")
			if !strings.Contains(axis, `<min val="0"`) {
				t.Errorf("%s: an axis begins where it likes: %s", part.Name, axis)
			}
		}
	}
	if charts != 5 || axes < 5 {
		t.Errorf("%d charts with %d axes of values", charts, axes)
	}
}
