package reports

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports/book"
)

var update = flag.Bool("update", false, "write the golden files again")

// headRows stand above every list that has no notes and one currency: title,
// subtitle, sums, header.
const headRows = 4

func drawn(t testing.TB, night []Snapshot, opts Options) []byte {
	t.Helper()
	var buffer bytes.Buffer
	if err := Write(&buffer, night, opts); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func opened(t testing.TB, content []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// cellOf is a cell as a reader of the file meets it.
type cellOf struct {
	ref, raw, shown, formula string
}

// cellsOf reads all cells of a sheet that say something.
func cellsOf(t testing.TB, f *excelize.File, sheet string) []cellOf {
	t.Helper()
	rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	var cells []cellOf
	for i, columns := range rows {
		for j, raw := range columns {
			c := cellOf{ref: xlsx.At(j+1, i+1), raw: raw}
			c.shown = shownAt(f, sheet, c.ref)
			c.formula, _ = f.GetCellFormula(sheet, c.ref)
			if c.raw != "" || c.formula != "" {
				cells = append(cells, c)
			}
		}
	}
	return cells
}

// shownAt is a cell as a spreadsheet shows it. excelize reads a number format's
// part for zero as that for more than zero.
func shownAt(f *excelize.File, sheet, ref string) string {
	shown, _ := f.GetCellValue(sheet, ref)
	raw, _ := f.GetCellValue(sheet, ref, excelize.Options{RawCellValue: true})
	id, _ := f.GetCellStyle(sheet, ref)
	style, err := f.GetStyle(id)
	if err != nil || number(raw) != "0" || style.CustomNumFmt == nil {
		return shown
	}
	if parts := strings.Split(*style.CustomNumFmt, ";"); len(parts) == 3 {
		return strings.ReplaceAll(parts[2], `"`, "")
	}
	return shown
}

// dump is a workbook as text: every cell as it is shown, with the number
// behind it and its formula where there are such.
func dump(t testing.TB, content []byte) string {
	t.Helper()
	f := opened(t, content)
	var b strings.Builder
	for _, sheet := range f.GetSheetList() {
		fmt.Fprintf(&b, "== %s\n", sheet)
		for _, c := range cellsOf(t, f, sheet) {
			fmt.Fprintf(&b, "%s\t%s", c.ref, c.shown)
			if c.raw != c.shown {
				fmt.Fprintf(&b, "\t[%s]", c.raw)
			}
			if c.formula != "" {
				fmt.Fprintf(&b, "\t=%s", c.formula)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func TestGoldenNights(t *testing.T) {
	for _, test := range []struct {
		name  string
		night []Snapshot
		opts  Options
	}{
		{"night-ko", []Snapshot{sampleNight("tosspayments")}, Options{}},
		{"merchants-en", []Snapshot{dollars(sampleNight("shop-a")), incomplete(sampleNight("shop-b")), failedNight("shop-c")}, Options{Language: "en"}},
		{"empty-ko", []Snapshot{emptyNight()}, Options{Language: "ko"}},
		{"settlement-ko", []Snapshot{settledNight("shop-a"), sampleNight("shop-b")}, Options{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := dump(t, drawn(t, test.night, test.opts))
			path := filepath.Join("..", "testdata", "reports", test.name+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("the workbook differs from %s (run with -update, and read the change):\n%s", path, diff)
			}
		})
	}
}

// A workbook of another form cannot be verified, and says so. The test keeps
// the number and what it stands for together: whoever changes the drawing
// raises form, and then writes form.txt again with -update.
func TestEveryDrawingHasItsForm(t *testing.T) {
	for _, c := range []struct {
		form, file string
		names      []string
	}{
		{form, "form.txt", []string{"night-ko", "merchants-en", "empty-ko"}},
		{formOf([]Snapshot{settledNight("m")}), "form-settlement.txt", []string{"settlement-ko"}},
	} {
		drawings := sha256.New()
		for _, name := range c.names {
			text, err := os.ReadFile(filepath.Join("..", "testdata", "reports", name+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			drawings.Write(text)
		}
		path := filepath.Join("..", "testdata", "reports", c.file)
		kept, err := os.ReadFile(path)
		if err != nil && !*update {
			t.Fatal(err)
		}
		now := fmt.Sprintf("%s %x\n", c.form, drawings.Sum(nil))
		number, _, _ := strings.Cut(string(kept), " ")
		switch {
		case string(kept) == now:
		case number == c.form:
			t.Errorf("the drawings have changed and form is still %s: raise it, and run with -update", c.form)
		case *update:
			if err := os.WriteFile(path, []byte(now), 0o644); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("form is %s, and %s has %s: run with -update", c.form, path, number)
		}
	}
}

// emptyNight is a complete night on which nothing happened.
func emptyNight() Snapshot {
	return Snapshot{JournalHead: "00", Config: "c0ffee", Run: reconcile.Run{ID: "rempty", Job: "nightly", MID: "tosspayments", Day: sampleDay, Now: sampleNow, Complete: true}}
}

func bigNight() []Snapshot {
	return []Snapshot{dollars(sampleNight("shop-a")), incomplete(sampleNight("shop-b")), failedNight("shop-c")}
}

func TestSameNightSameBytes(t *testing.T) {
	first := drawn(t, bigNight(), Options{})
	stored, err := json.Marshal(bigNight())
	if err != nil {
		t.Fatal(err)
	}
	var again []Snapshot
	if err := json.Unmarshal(stored, &again); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(again)
	for i := range again {
		slices.Reverse(again[i].Breaks)
		slices.Reverse(again[i].Refunds)
		slices.Reverse(again[i].Deadlines)
	}
	if !bytes.Equal(first, drawn(t, again, Options{})) {
		t.Error("a stored snapshot, in another order, gives other bytes")
	}
	if out := os.Getenv("DAESA_TEST_DRAW"); out != "" {
		if err := os.WriteFile(out, first, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	for i := range 3 {
		out := filepath.Join(t.TempDir(), "other.xlsx")
		child := exec.Command(os.Args[0], "-test.run=^TestSameNightSameBytes$")
		child.Env = append(os.Environ(), "DAESA_TEST_DRAW="+out, "TZ=America/New_York")
		if text, err := child.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		other, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, other) {
			t.Fatalf("process %d drew other bytes", i)
		}
	}
}

// TestThePropertiesHaveTheirPrefixes: exceljs opens no workbook whose core
// properties are not cp:coreProperties.
func TestThePropertiesHaveTheirPrefixes(t *testing.T) {
	night := sampleNight("A&B")
	var batch, matched bytes.Buffer
	if err := errors.Join(WriteBatch(&batch, plannedBatch(), Options{}), WriteMatchedWorkbook(&matched, matchedList(matchedOf("shop", sampleMatched(), io.EOF)), Options{})); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"night": drawn(t, []Snapshot{night}, Options{}), "batch": batch.Bytes(), "matched": matched.Bytes()} {
		archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(archive.File, func(part *zip.File) bool { return part.Name == "docProps/core.xml" })
		text := partText(t, archive.File[i])
		for _, want := range []string{"<cp:coreProperties xmlns:cp=", "<dc:title>", "<dc:creator>daesa</dc:creator>", "<cp:lastModifiedBy>daesa</cp:lastModifiedBy>",
			`<dcterms:created xsi:type="dcterms:W3CDTF">`, `<dcterms:modified xsi:type="dcterms:W3CDTF">`, "</cp:coreProperties>"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the properties lack %s: %s", name, want, text)
			}
		}
		if props, err := opened(t, content).GetDocProps(); err != nil || props.Title == "" || props.Creator != "daesa" {
			t.Errorf("%s: excelize reads them as %+v: %v", name, props, err)
		}
	}
}

func partText(t *testing.T, part *zip.File) string {
	t.Helper()
	reader, err := part.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryStyleHasTheFont(t *testing.T) {
	f := opened(t, drawn(t, bigNight(), Options{}))
	for _, sheet := range f.GetSheetList() {
		for _, c := range cellsOf(t, f, sheet) {
			id, _ := f.GetCellStyle(sheet, c.ref)
			style, err := f.GetStyle(id)
			if err != nil || style.Font == nil || style.Font.Family != book.Font {
				t.Fatalf("%s!%s is not in %s", sheet, c.ref, book.Font)
			}
		}
	}
}

func TestPagesAndPanes(t *testing.T) {
	f := opened(t, drawn(t, []Snapshot{sampleNight("A&B")}, Options{}))
	if got := f.GetSheetList(); !slices.Equal(got, []string{"요약", "결제수단별", "불일치", "취소기한", "환불", "환불계좌 미등록", "수기이체", "환불 입금예정", "대사 확인"}) {
		t.Errorf("sheets %v", got)
	}
	for _, sheet := range f.GetSheetList() {
		layout, _ := f.GetPageLayout(sheet)
		props, _ := f.GetSheetProps(sheet)
		upright := map[bool]string{true: "portrait", false: "landscape"}[sheet == "요약" || sheet == "대사 확인"]
		if *layout.Orientation != upright || *layout.Size != 9 || *layout.FitToWidth != 1 || !*props.FitToPage {
			t.Errorf("%s is not printed on A4 %s, fit to width", sheet, upright)
		}
		if one := sheet == "요약" || sheet == "결제수단별"; one != (*layout.FitToHeight == 1) {
			t.Errorf("%s is fit to %d pages in height", sheet, *layout.FitToHeight)
		}
		footer, _ := f.GetHeaderFooter(sheet)
		if !strings.Contains(footer.OddFooter, "&P / &N") {
			t.Errorf("%s has no page numbers: %s", sheet, footer.OddFooter)
		}
	}
	panes, _ := f.GetPanes("불일치")
	if !panes.Freeze || panes.YSplit != headRows {
		t.Errorf("the header of the breaks is not frozen: %+v", panes)
	}
	titles := 0
	for _, name := range f.GetDefinedName() {
		if name.Name == "_xlnm.Print_Titles" {
			titles++
		}
	}
	if titles != 6 {
		t.Errorf("%d sheets repeat their header row, want 6", titles)
	}
}

func TestSaveIsWholeOrNothing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "reports")
	path := filepath.Join(folder, FileName(sampleDay, ""))
	if err := Save(path, []Snapshot{sampleNight("m")}, Options{}); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, drawn(t, []Snapshot{sampleNight("m")}, Options{})) {
		t.Error("Save wrote something else than Write")
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if info, _ := os.Stat(folder); info.Mode().Perm() != 0o700 {
		t.Errorf("folder's mode %v", info.Mode())
	}
	if err := Save(path, []Snapshot{sampleNight("m")}, Options{Language: "fr"}); err == nil {
		t.Error("a workbook in French was written")
	}
	after, _ := os.ReadFile(path)
	if entries, _ := os.ReadDir(folder); len(entries) != 1 || !bytes.Equal(before, after) {
		t.Errorf("a failed Save left traces: %v", entries)
	}
}

type brokenWriter struct{ left int }

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func TestWriteErrorsAreNotLost(t *testing.T) {
	for _, room := range []int{0, 100, 5_000, 12_000} {
		if err := Write(&brokenWriter{room}, []Snapshot{sampleNight("m")}, Options{}); err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("with room for %d bytes: %v", room, err)
		}
	}
}

func TestRefusedNights(t *testing.T) {
	other := sampleNight("b")
	other.Run.Day = "2026-11-20"
	for name, night := range map[string][]Snapshot{
		"no snapshot": nil, "two dates": {sampleNight("a"), other}, "a merchant twice": {sampleNight("a"), sampleNight("a")},
	} {
		if err := Write(io.Discard, night, Options{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestFileName(t *testing.T) {
	for mid, want := range map[string]string{
		"": "daesa-2026-11-21.xlsx", "tosspayments": "daesa-2026-11-21-tosspayments.xlsx", "month-end": "daesa-2026-11-21-month-end.xlsx",
	} {
		if got := FileName(sampleDay, mid); got != want {
			t.Errorf("%q: %s, want %s", mid, got, want)
		}
	}
	a, b := FileName(sampleDay, "../a"), FileName(sampleDay, "..\\a")
	if a == b || strings.ContainsAny(a+b, `/\`) || strings.Contains(a, "..") {
		t.Errorf("%s and %s", a, b)
	}
}

// TestEveryValueHasAWord: no code word of ours reaches finance.
func TestEveryValueHasAWord(t *testing.T) {
	var missing []string
	need := func(ok bool, what any) {
		if !ok {
			missing = append(missing, fmt.Sprint(what))
		}
	}
	for _, kind := range reconcile.Kinds {
		w, m, a := book.KindLabels[kind], meaningLabels[kind], remedyLabels[kind]
		need(w.Ko() != "" && w.En() != "" && m.Ko() != "" && m.En() != "" && a.Ko() != "" && a.En() != "", kind)
	}
	for _, kind := range reconcile.SettlementKinds {
		need(book.KindLabels[kind].Ko() != "" && book.KindLabels[kind].En() != "", kind)
	}
	for _, as := range slices.Concat(reconcile.Dispositions, reconcile.SettlementDispositions) {
		need(book.DecisionLabels[as].Ko() != "" && book.DecisionLabels[as].En() != "", as)
	}
	for _, state := range refunds.States {
		need(book.StateLabels[state].Ko() != "" && book.StateLabels[state].En() != "" && requestLabels[state].Ko() != "" && requestLabels[state].En() != "" && book.NeedRank(state) >= 0, state)
	}
	for _, status := range reconcile.Statuses {
		need(book.StatusLabels[status].Ko() != "", status)
	}
	for _, remark := range reconcile.Remarks {
		w := remarkLabels[remark]
		need(w.meaning.Ko() != "" && w.meaning.En() != "" && w.remedy.Ko() != "" && w.remedy.En() != "", remark)
	}
	for _, status := range pay.OrderStatuses {
		need(book.SideStatusLabels[string(status)].Ko() != "", status)
	}
	if len(missing) > 0 {
		t.Errorf("no words for %v", missing)
	}
}

// TestContractWords are the labels of contract 8, letter by letter.
func TestContractWords(t *testing.T) {
	for got, want := range map[string]string{
		book.SheetBreaks.Ko(): "불일치", columnShop.Ko(): "쇼핑몰 주문", columnProvider.Ko(): "토스 거래",
		book.KindLabels[reconcile.SettlementMissing].Ko(): "정산 누락", book.KindLabels[reconcile.SettlementUnknown].Ko(): "미확인 정산",
		book.KindLabels[reconcile.SettlementDuplicate].Ko(): "중복 정산", book.KindLabels[reconcile.SettlementAmountMismatch].Ko(): "정산 금액 불일치",
		book.KindLabels[reconcile.SettlementCancelMissing].Ko(): "취소 정산 누락", book.KindLabels[reconcile.SettlementArithmetic].Ko(): "정산 계산 불일치",
		book.KindLabels[reconcile.FeeUnexpected].Ko(): "수수료율 차이", book.KindLabels[reconcile.PayoutRescheduled].Ko(): "입금예정일 변경",
		book.KindLabels[reconcile.PayoutMissing].Ko(): "미입금", book.KindLabels[reconcile.PayoutShort].Ko(): "입금 부족",
		book.KindLabels[reconcile.PayoutOver].Ko(): "입금 초과", book.KindLabels[reconcile.BankUnmatched].Ko(): "출처 미확인 입금",
		book.KindLabels[reconcile.StatementGap].Ko(): "통장내역 누락", book.KindLabels[reconcile.FeeInvoiceMismatch].Ko(): "수수료 세금계산서 불일치",
		book.KindLabels[reconcile.RollforwardUnexplained].Ko(): "미수금 잔액 차이",
		book.DecisionLabels[reconcile.Rebate].Ko():             "수수료 환급", book.DecisionLabels[reconcile.SetOff].Ko(): "상계",
		book.DecisionLabels[reconcile.LimitHold].Ko(): "한도초과 보류", book.DecisionLabels[reconcile.OtherIncome].Ko(): "잡이익",
		book.KindLabels[reconcile.MissingAtProvider].Ko(): "토스에 없음", book.KindLabels[reconcile.MissingLocally].Ko(): "쇼핑몰에 없음",
		book.KindLabels[reconcile.PaidNotRecorded].Ko(): "입금 미반영", book.KindLabels[reconcile.PaidAfterCancel].Ko(): "취소 후 입금",
		book.KindLabels[reconcile.DuplicatePayment].Ko(): "중복 결제", book.KindLabels[reconcile.NeverPaid].Ko(): "미결제 주문",
		book.KindLabels[reconcile.DepositReversed].Ko(): "입금 취소됨", book.KindLabels[reconcile.VAStillOpen].Ko(): "가상계좌 미해지",
		book.KindLabels[reconcile.CancelNotExecuted].Ko(): "취소 미실행", book.KindLabels[reconcile.CancelNotRecorded].Ko(): "취소 미반영",
		book.KindLabels[reconcile.AmountMismatch].Ko(): "금액 불일치", book.StateLabels[refunds.StateExpired].Ko(): "취소기한 경과",
		book.StateLabels[refunds.StateAccepted].Ko(): "환불 접수(송금 대기)", book.StateLabels[refunds.StateSucceeded].Ko(): "취소 완료", book.PaidOut.Ko(): "환불 완료",
		book.StateLabels[refunds.StateUnknown].Ko(): "결과 미확인", book.StateLabels[refunds.StateHeld].Ko(): "확인 필요", book.SideStatusLabels["EXPIRED"].Ko(): "결제 만료",
	} {
		if got != want {
			t.Errorf("%s, the contract says %s", got, want)
		}
	}
}

func BenchmarkNight10kBreaks(b *testing.B) {
	night := []Snapshot{manyBreaks(10_000)}
	b.ReportAllocs()
	for b.Loop() {
		if err := Write(io.Discard, night, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestTheWorkbookSaysWhoseOrderItIs: an order that the shop has as another
// company's is not one that it lacks.
func TestTheWorkbookSaysWhoseOrderItIs(t *testing.T) {
	for _, c := range []struct{ pg, ko, en string }{
		{"", "", ""}, {"KG이니시스", "타 결제사: KG이니시스", "other company: KG이니시스"}, {pay.PGToss, "0원 주문", "order of 0"},
	} {
		row := &BreakRow{LocalPG: c.pg}
		if ko, en := shopStatus(book.Korean, row), shopStatus(book.English, row); ko != c.ko || en != c.en {
			t.Errorf("%q: %q %q", c.pg, ko, en)
		}
	}
}
