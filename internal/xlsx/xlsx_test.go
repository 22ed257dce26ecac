package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func newBook(most int) *Book {
	return New(Properties{Title: "Stock & more", Creator: "shop", At: noon, Font: "Arial", FooterLeft: "Stock & more", FooterRight: "r1", MostRows: most})
}

func written(t testing.TB, b *Book) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := b.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
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

// partsOf are the parts of a workbook by name.
func partsOf(t testing.TB, content []byte) map[string]string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, part := range archive.File {
		reader, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		texts[part.Name] = string(text)
	}
	return texts
}

// onePage draws a page with a cell of every kind.
func onePage(b *Book) *Sheet {
	style := func(format string) StyleID { return b.Style(Style{Size: 10, Align: "right", Format: format}) }
	title := b.Style(Style{Size: 16, Bold: true, Underline: true, Color: "1F2A44", Fill: "E8EBF5", Align: "left", Wrap: true, Indent: 2, Format: "@",
		Below: "D5D9E2", Above: "B42318"})
	s := b.Add(&Sheet{Name: "It's all", Tab: "9A5B00", Widths: []int{20, 5, 5, 5}, Portrait: true, OnePage: true})
	s.Span(1, 3, s.Add(28), Text(title, "Stock"))
	s.Add(0, Text(style("@"), "0010"), Int(style("#,##0"), 1_234_567), Decimal(style("0.00"), "-12.50"), Share(style("0.00%"), 1, 3))
	s.Add(18, Date(style("yyyy-mm-dd"), noon), Moment(style("yyyy-mm-dd hh:mm:ss"), noon.Add(time.Second)), Blank(title), Cell{})
	s.Add(18, Text(style("@"), "=1+1"), Int(style("0"), 3).Formula(`1+2`), Text(style("@"), "yes").Formula(`IF(1<2,"yes","no")`))
	s.Link(1, 2, Top("It's all"))
	s.LinkNumbers(4, On("It's all", 2, 3))
	s.IgnoreTextNumbers(Span(1, 1, 4, 4))
	return s
}

func TestAPageIsReadBackAsItWasDrawn(t *testing.T) {
	b := newBook(0)
	onePage(b).Widen(2)
	f := opened(t, written(t, b))
	const sheet = "It's all"
	var got [][]string
	for _, ref := range []string{"A1", "A2", "B2", "C2", "D2", "A3", "B3", "A4", "B4", "C4"} {
		shown, _ := f.GetCellValue(sheet, ref)
		raw, _ := f.GetCellValue(sheet, ref, excelize.Options{RawCellValue: true})
		formula, _ := f.GetCellFormula(sheet, ref)
		kind, _ := f.GetCellType(sheet, ref)
		got = append(got, []string{ref, shown, raw, formula, fmt.Sprint(kind == excelize.CellTypeInlineString)})
	}
	if diff := cmp.Diff([][]string{
		{"A1", "Stock", "Stock", "", "true"},
		{"A2", "0010", "0010", "", "true"},
		{"B2", "1,234,567", "1234567", "", "false"},
		{"C2", "-12.50", "-12.5", "", "false"},
		{"D2", "33.33%", "0.3333", "", "false"},
		{"A3", "2026-11-21", "46347", "", "false"},
		{"B3", "2026-11-21 12:00:01", "46347.5000115741", "", "false"},
		{"A4", "'=1+1", "'=1+1", "", "true"},
		{"B4", "3", "3", "1+2", "false"},
		{"C4", "yes", "yes", `IF(1<2,"yes","no")`, "false"},
	}, got); diff != "" {
		t.Error(diff)
	}
	merged, err := f.GetMergeCells(sheet)
	if err != nil || len(merged) != 1 || merged[0].GetStartAxis()+":"+merged[0].GetEndAxis() != "A1:C1" {
		t.Errorf("merged %v: %v", merged, err)
	}
	for cell, want := range map[string]string{"A2": "'It''s all'!A1", "B4": "'It''s all'!$B$3"} {
		if linked, target, err := f.GetCellHyperLink(sheet, cell); err != nil || !linked || target != want {
			t.Errorf("%s links to %q: %v", cell, target, err)
		}
	}
	if linked, _, _ := f.GetCellHyperLink(sheet, "C4"); linked {
		t.Error("a text is linked as if it were a number")
	}
	for column, want := range map[string]float64{"A": 20, "B": 11, "C": 8, "D": 8} { // as broad as 1,234,567, -12.50 and 0.3333 with two more
		if width, err := f.GetColWidth(sheet, column); err != nil || width != want {
			t.Errorf("column %s is %v wide, not %v: %v", column, width, want, err)
		}
	}
	for row, want := range map[int]float64{1: 28, 2: 15, 3: 18} {
		if height, err := f.GetRowHeight(sheet, row); err != nil || height != want {
			t.Errorf("row %d is %v high, not %v: %v", row, height, want, err)
		}
	}
}

func TestAStyleIsReadBackAsItWasAskedFor(t *testing.T) {
	b := newBook(0)
	onePage(b)
	if plain := (Style{Size: 10}); b.Style(plain) != b.Style(plain.With(func(s *Style) { s.Bold = false })) {
		t.Error("equal styles have two ids")
	}
	f := opened(t, written(t, b))
	id, _ := f.GetCellStyle("It's all", "A1")
	style, err := f.GetStyle(id)
	if err != nil {
		t.Fatal(err)
	}
	if font := style.Font; font.Family != "Arial" || font.Size != 16 || !font.Bold || font.Underline != "single" || font.Color != "1F2A44" {
		t.Errorf("font %+v", font)
	}
	if style.Fill.Color[0] != "E8EBF5" || style.NumFmt != 49 || style.Alignment.Indent != 2 || !style.Alignment.WrapText || style.Alignment.Horizontal != "left" {
		t.Errorf("%+v %+v", style.Fill, style.Alignment)
	}
	var borders []string
	for _, border := range style.Border {
		borders = append(borders, fmt.Sprint(border.Type, " ", border.Color, " ", border.Style))
	}
	if slices.Sort(borders); !slices.Equal(borders, []string{"bottom D5D9E2 1", "top B42318 2"}) {
		t.Errorf("borders %v", borders)
	}
}

func TestAPageIsPrintedOnPaper(t *testing.T) {
	b := newBook(0)
	onePage(b)
	b.Add(&Sheet{Name: "Second", Widths: []int{10}}).Add(10)
	content := written(t, b)
	f := opened(t, content)
	for sheet, want := range map[string]struct {
		orientation string
		tall        int
	}{"It's all": {"portrait", 1}, "Second": {"landscape", 0}} {
		layout, _ := f.GetPageLayout(sheet)
		props, _ := f.GetSheetProps(sheet)
		if *layout.Orientation != want.orientation || *layout.FitToHeight != want.tall || *layout.FitToWidth != 1 || *layout.Size != 9 || !*props.FitToPage {
			t.Errorf("%s: %s, %d pages high", sheet, *layout.Orientation, *layout.FitToHeight)
		}
		footer, _ := f.GetHeaderFooter(sheet)
		if want := `&L&"Arial,Regular"&8Stock && more&C&"Arial,Regular"&8&P / &N&R&"Arial,Regular"&8r1`; footer.OddFooter != want {
			t.Errorf("%s has the footer %s", sheet, footer.OddFooter)
		}
		if view, err := f.GetSheetView(sheet, 0); err != nil || *view.ShowGridLines {
			t.Errorf("%s shows grid lines: %v", sheet, err)
		}
	}
	props, _ := f.GetSheetProps("It's all")
	if *props.TabColorRGB != "FF9A5B00" {
		t.Errorf("the tab is %s", *props.TabColorRGB)
	}
	if text := partsOf(t, content)["xl/worksheets/sheet1.xml"]; !strings.Contains(text, `<ignoredError sqref="A1:D4" numberStoredAsText="1"`) && !strings.Contains(text, `<ignoredError sqref="A1:D4" numberStoredAsText="true"`) {
		t.Error("the warning about texts of digits is not kept away")
	}
}

// TestASmallerReaderIsNotLost: exceljs opens no workbook whose core properties
// are not cp:coreProperties, and others see one row where there is no dimension.
func TestASmallerReaderIsNotLost(t *testing.T) {
	b := newBook(0)
	onePage(b)
	parts := partsOf(t, written(t, b))
	for _, want := range []string{"<cp:coreProperties xmlns:cp=", "<dc:title>Stock &amp; more</dc:title>", "<dc:creator>shop</dc:creator>", "<cp:lastModifiedBy>shop</cp:lastModifiedBy>",
		`<dcterms:created xsi:type="dcterms:W3CDTF">2026-11-21T12:00:00Z</dcterms:created>`, `<dcterms:modified xsi:type="dcterms:W3CDTF">2026-11-21T12:00:00Z</dcterms:modified>`} {
		if !strings.Contains(parts["docProps/core.xml"], want) {
			t.Errorf("the properties lack %s: %s", want, parts["docProps/core.xml"])
		}
	}
	if !strings.Contains(parts["docProps/app.xml"], "<Application>shop</Application>") {
		t.Errorf("the application is %s", parts["docProps/app.xml"])
	}
	if !strings.Contains(parts["xl/worksheets/sheet1.xml"], `<dimension ref="A1:D4"`) {
		t.Error("the sheet does not say how large it is")
	}
}

// TestTheSameDrawingHasTheSameBytes: nothing of a clock, of a map's order or of
// the compression's luck is in a file, and each part is well-formed.
func TestTheSameDrawingHasTheSameBytes(t *testing.T) {
	draw := func() []byte {
		b := newBook(12)
		page := onePage(b)
		page.Chart(1, 4, 0, Chart{Kind: Ring, Title: "r", Series: Series{Name: On("Rows", 1, 3), Labels: Area{"Rows", 4, 9}.Column(1), Values: Area{"Rows", 4, 9}.Column(2)}, Width: 90, Height: 90})
		b.List(stockList(b, 20))
		return written(t, b)
	}
	first := draw()
	for range 5 {
		if !bytes.Equal(first, draw()) {
			t.Fatal("the same drawing gives other bytes")
		}
	}
	archive, err := zip.NewReader(bytes.NewReader(first), int64(len(first)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, part := range archive.File {
		names = append(names, part.Name)
		if !part.Modified.Equal(partTime) {
			t.Errorf("%s has the time %v", part.Name, part.Modified)
		}
	}
	if !slices.IsSorted(names) || names[0] != "[Content_Types].xml" {
		t.Errorf("the parts are not sorted: %v", names)
	}
	for name, text := range partsOf(t, first) {
		decoder := xml.NewDecoder(strings.NewReader(text))
		for {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}

func TestWhatCannotBeAWorkbookIsNotWritten(t *testing.T) {
	failed := newBook(0)
	onePage(failed)
	failed.Fail(errors.New("first"))
	failed.Fail(errors.New("second"))
	twice := newBook(0)
	onePage(twice)
	twice.Add(&Sheet{Name: "IT'S ALL"})
	long := newBook(0)
	long.Add(&Sheet{Name: strings.Repeat("n", 32)})
	for name, test := range map[string]struct {
		book *Book
		want string
	}{
		"a drawing that failed": {failed, "first"}, "no sheet": {newBook(0), "has no sheet"},
		"two sheets of one name": {twice, `two sheets have the name "IT'S ALL"`}, "a name that is too long": {long, "31"},
	} {
		if err := test.book.Write(io.Discard); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := failed.Err(); err == nil || err.Error() != "first" {
		t.Errorf("the first error of a drawing is %v", err)
	}
}

type brokenWriter struct{ left int }

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func TestAnErrorOfTheWriterIsNotLost(t *testing.T) {
	for _, room := range []int{0, 100, 2_000, 6_000} {
		b := newBook(0)
		onePage(b)
		if err := b.Write(&brokenWriter{room}); err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("with room for %d bytes: %v", room, err)
		}
	}
}

// TestTheSeamWithExcelizeIsWatched: where excelize writes a sheet otherwise than
// this package expects, nothing is written.
func TestTheSeamWithExcelizeIsWatched(t *testing.T) {
	for _, content := range []string{"", "<worksheet></worksheet>", "</sheetData><sheetData>"} {
		if _, _, err := aroundRows([]byte(content)); err == nil {
			t.Errorf("%q has a place for rows", content)
		}
	}
	if before, after, err := aroundRows([]byte("<a><sheetData><row/></sheetData></a>")); err != nil || string(before) != "<a><sheetData>" || string(after) != "</sheetData></a>" {
		t.Errorf("%s %s %v", before, after, err)
	}
	rows := func(io.Writer) error { return nil }
	for _, p := range []*parts{newParts(io.Discard, map[string]writeRows{"sheet9.xml": rows}), {to: io.Discard, level: 1, instead: map[string][]byte{coreProperties: nil}}} {
		if err := p.Close(); err == nil || !strings.Contains(err.Error(), "excelize wrote no such") {
			t.Errorf("a part that is missing: %v", err)
		}
	}
	if err := newParts(io.Discard, nil).AddFS(nil); err == nil {
		t.Error("a folder was taken for parts")
	}
}

func TestSaveIsWholeOrNothing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a", "b")
	path := filepath.Join(folder, "book.xlsx")
	b := newBook(0)
	onePage(b)
	content := written(t, b)
	good := func(w io.Writer) error { _, err := w.Write(content); return err }
	if err := Save(path, "", good); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
		t.Errorf("another file was saved: %v", err)
	}
	for name, want := range map[string]os.FileMode{path: 0o600, folder: 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	for _, password := range []string{"", "secret"} {
		err := Save(path, password, func(w io.Writer) error {
			_, _ = w.Write([]byte("half"))
			return errors.New("lost")
		})
		if err == nil || err.Error() != "lost" {
			t.Errorf("a drawing that fails: %v", err)
		}
	}
	if got, _ := os.ReadFile(path); !bytes.Equal(got, content) {
		t.Error("a failed Save changed the file")
	}
	if entries, _ := os.ReadDir(folder); len(entries) != 1 {
		t.Errorf("a failed Save left traces: %v", entries)
	}
	if err := Save(filepath.Join(path, "below"), "", good); err == nil {
		t.Error("a file was taken for a folder")
	}
}

func TestAPasswordOpensWhatItSealed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sealed.xlsx")
	b := newBook(0)
	onePage(b)
	content := written(t, b)
	if err := Save(path, "비밀 1", func(w io.Writer) error { _, err := w.Write(content); return err }); err != nil {
		t.Fatal(err)
	}
	sealed, err := os.ReadFile(path)
	if err != nil || !Encrypted(sealed) || Encrypted(content) {
		t.Fatalf("encrypted: %v, open: %v (%v)", Encrypted(sealed), Encrypted(content), err)
	}
	open, err := Decrypt(sealed, "비밀 1")
	if err != nil || !bytes.HasPrefix(open, content) {
		t.Errorf("decrypted it is another workbook: %v", err)
	}
	for name, damaged := range map[string][]byte{"another password": sealed, "cut off": sealed[:len(sealed)/2], "no workbook": []byte("text")} {
		if _, err := Decrypt(damaged, "비밀 2"); !errors.Is(err, ErrPassword) || strings.Contains(err.Error(), "비밀") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
