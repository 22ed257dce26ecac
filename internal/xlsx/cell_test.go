package xlsx

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// hostile are texts that a spreadsheet, or an import of its CSV, would run.
var hostile = []string{
	"=cmd|'/C calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\x00=1", "=HYPERLINK(\"http://x\",\"y\")", "'=1", "<f>1+1</f>", "</t></is></c>",
	"_x003D_1+1", "_x005F_x003D_", "00012345678901234567", "0010", "1e5", "TRUE", "#REF!", "2026-01-02", "a\nb", "\u202Egnp.exe", "\xff\xfe", "😀 가\u0301", "&amp;",
	" spaces ", "＝1", strings.Repeat("가", 40_000), strings.Repeat("😀", 20_000),
}

// TestEveryTextComesBackAsAText: whatever it looks like, it is no formula, no
// number, and fits its cell.
func TestEveryTextComesBackAsAText(t *testing.T) {
	b := newBook(0)
	s := b.Add(&Sheet{Name: "S", Widths: []int{10}})
	style := b.Style(Style{Size: 10, Format: "@"})
	for _, value := range hostile {
		s.Add(15, Text(style, value))
	}
	f := opened(t, written(t, b))
	for i, value := range hostile {
		ref := At(1, i+1)
		got, _ := f.GetCellValue("S", ref)
		kind, _ := f.GetCellType("S", ref)
		formula, _ := f.GetCellFormula("S", ref)
		if got != Inert(Clean(value)) || kind != excelize.CellTypeInlineString || formula != "" {
			t.Errorf("%.40q is read back as %.40q, of type %v, with the formula %q", value, got, kind, formula)
		}
		if n := len([]rune(got)); n > mostText {
			t.Errorf("%.10q has %d characters", value, n)
		}
	}
}

func TestATextIsMadeInertAndComesBack(t *testing.T) {
	for in, want := range map[string]string{
		"=1": "'=1", "'=1": "''=1", "-8,100원": "'-8,100원", "@x": "'@x", "＝1": "'＝1", "'": "'", "'a": "'a", "a=1": "a=1", "–": "–", "": "",
	} {
		if got := Inert(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	for _, value := range slices.Concat(hostile, []string{"'", "''=1", "'가", "", "=", "'''@"}) {
		if got := Original(Inert(value)); got != value {
			t.Errorf("%.40q came back as %.40q", value, got)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"a\r\nb\tc\nd": "a b c d", "a\x00b\x1b[31m": "a\uFFFDb\uFFFD[31m", "\xff": "\uFFFD", "\u202Ex": "\uFFFDx", "김": "김", "": "",
	} {
		if got := Clean(in); got != want || Clean(got) != got {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	long := Clean(strings.Repeat("😀", 20_000))
	if !strings.HasSuffix(long, "… (40000)") || Clean(long) != long {
		t.Errorf("a cut text ends with %q", long[len(long)-20:])
	}
}

// TestATextOfManyPartsFitsItsCell: parts that fit each for itself may be too long
// together, and Excel calls a workbook damaged whose cell holds more.
func TestATextOfManyPartsFitsItsCell(t *testing.T) {
	part := Clean(strings.Repeat("가", 40_000))
	if got := Text(1, part+" · "+part).Value(); len([]rune(got)) > mostText {
		t.Errorf("a cell of %d characters", len([]rune(got)))
	}
}

func TestTextsForPeople(t *testing.T) {
	for in, want := range map[string]string{"": "", "0": "0", "999": "999", "1000": "1,000", "-1234567": "-1,234,567", "-0.05": "-0.05", "123456.70": "123,456.70"} {
		if got := Grouped(in); got != want {
			t.Errorf("%s becomes %s, want %s", in, got, want)
		}
	}
	for text, want := range map[string][2]int{"": {0, 1}, "abcde": {5, 1}, "abcdef": {6, 2}, "가나다": {6, 2}, strings.Repeat("a", 99): {99, 4}} {
		if got := [2]int{Width(text), Lines(text, 5)}; got != want {
			t.Errorf("%q has width and lines %v, want %v", text, got, want)
		}
	}
	if got := Clip("가나다", 3) + Clip("가나다라", 3) + Quote("a\nb"+strings.Repeat("c", 50)); got != `가나다가나다…"a b`+strings.Repeat("c", 37)+`…"` {
		t.Error(got)
	}
}

// TestAnAmountIsExactOrAText: a spreadsheet's number holds fifteen digits.
func TestAnAmountIsExactOrAText(t *testing.T) {
	for decimal, number := range map[string]bool{"0": true, "-0.05": true, "0.10": true, "999999999999999": true, "-9999999999999.99": true,
		"1000000000000001": false, "-92233720368547758.08": false, "0000000000000000012": true} {
		if c := Decimal(1, decimal); c.Value() != decimal || c.IsNumber() != number {
			t.Errorf("%s is %+v", decimal, c)
		}
	}
}

func TestAShareIsCutNotRounded(t *testing.T) {
	for _, test := range []struct {
		part, whole int64
		want        string
	}{{999_999, 1_000_000, "0.9999"}, {1, 1, "1.0000"}, {0, 3, "0.0000"}, {0, 0, "–"}, {4, 3, "–"}, {-1, 3, "–"}} {
		if got := Share(0, test.part, test.whole).Value(); got != test.want {
			t.Errorf("%d of %d is %s", test.part, test.whole, got)
		}
	}
}

func TestDatesAreThoseOfTheirZone(t *testing.T) {
	seoul := time.FixedZone("KST", 9*60*60)
	late := time.Date(2026, 11, 20, 23, 59, 59, 0, time.UTC)
	for _, test := range []struct {
		c    Cell
		want string
	}{
		{Date(0, late), "46346"}, {Date(0, late.In(seoul)), "46347"}, {Date(0, time.Date(1900, 3, 1, 0, 0, 0, 0, seoul)), "61"}, {Date(0, time.Time{}), ""},
		{Moment(0, late), "46346.9999884260"}, {Moment(0, late.In(seoul)), "46347.3749884260"}, {Moment(0, time.Time{}), ""},
		{Moment(0, time.Date(1970, 1, 1, 0, 0, 1, 0, time.UTC)), "25569.0000115741"}, {Moment(0, time.Date(1960, 2, 29, 12, 0, 0, 0, time.UTC)), "21975.5000000000"},
	} {
		if test.c.Value() != test.want {
			t.Errorf("%s, expected %s", test.c.Value(), test.want)
		}
	}
	for second := range int64(secondsOfDay) { // no second reads as the one before it
		var serial float64
		if _, err := fmt.Sscan(secondOf(46347*secondsOfDay+second), &serial); err != nil {
			t.Fatal(err)
		}
		back, err := excelize.ExcelDateToTime(serial, false)
		if want := noon.Add(time.Duration(second-secondsOfDay/2) * time.Second); err != nil || !back.Truncate(time.Second).Equal(want) {
			t.Fatalf("%v reads as %v: %v", want, back, err)
		}
	}
}

func TestAFactOutlivesAnotherProgram(t *testing.T) {
	for _, pair := range []struct {
		a, b string
		same bool
	}{
		{"46341.4165856482", "46341.416585648148", true}, {"46341.4165856482", "46341.416597", false}, {"46341.5000000000", "46341.5", true},
		{"46341.56", "46341.57", false}, {"46341.56", "46341.560000000001", true}, {"46341.123456", "46341.123457", false}, {"50000", "50000.00001", false},
		{"0.8520", "0.8521", false}, {"118000", "118001", false}, {"text", "text", true},
	} {
		if same := numberFact(pair.a) == numberFact(pair.b); same != pair.same {
			t.Errorf("%s and %s: %s, %s", pair.a, pair.b, numberFact(pair.a), numberFact(pair.b))
		}
	}
	if got := Text(1, "a").Fact() + Int(1, 2).Fact() + Blank(1).Fact(); got != "a2" {
		t.Errorf("the facts are %q", got)
	}
}

func TestReferences(t *testing.T) {
	for number := 1; number <= 16_384; number++ {
		if want, _ := excelize.ColumnNumberToName(number); columnName(number) != want {
			t.Fatal(number, columnName(number), want)
		}
	}
	area := Area{"It's", 3, 9}
	for got, want := range map[string]string{At(2, 3): "B3", Span(1, 2, 28, 4): "A2:AB4", On("It's", 2, 3): "'It''s'!$B$3", Top("It's"): "'It''s'!A1",
		area.Column(2): "'It''s'!$B$3:$B$9", area.Inside(2): "B3:B9", area.Link(4): "'It''s'!A4"} {
		if got != want {
			t.Errorf("%s, expected %s", got, want)
		}
	}
	if (Area{}).Len() != 0 || !(Area{"S", 3, 2}).Empty() || area.Len() != 7 {
		t.Error("an area has another number of rows")
	}
}

// A list has ten million cells: none of them may cost an allocation.
func TestRowsAreWrittenWithoutAllocations(t *testing.T) {
	w := newRowWriter(io.Discard)
	r := Row{Cells: []Cell{Text(1, "20261121-00000001"), Text(12, "a_b"), Decimal(3, "58000"), Moment(4, noon), Blank(5), {}}}
	w.write(r)
	if n := testing.AllocsPerRun(10_000, func() { w.write(r) }); n != 0 {
		t.Errorf("%v allocations a row", n)
	}
	if err := w.flush(); err != nil {
		t.Error(err)
	}
}

// Spaces at the ends of a text are kept, where a reader would take them away.
func TestSpacesAroundATextAreKept(t *testing.T) {
	var out bytes.Buffer
	w := newRowWriter(&out)
	w.write(Row{Cells: []Cell{Text(1, " a"), Text(1, "a b"), Text(1, "a ")}})
	if err := w.flush(); err != nil {
		t.Fatal(err)
	}
	want := `<row r="1"><c r="A1" s="1" t="inlineStr"><is><t xml:space="preserve"> a</t></is></c>` +
		`<c r="B1" s="1" t="inlineStr"><is><t>a b</t></is></c><c r="C1" s="1" t="inlineStr"><is><t xml:space="preserve">a </t></is></c></row>`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// TestAShareIsRoundedAsASpreadsheetRoundsIt, but never up to the whole.
func TestAShareIsRoundedAsASpreadsheetRoundsIt(t *testing.T) {
	for parts, want := range map[[2]int64]string{{32, 34}: "0.9412", {1, 3}: "0.3333", {999_999, 1_000_000}: "0.9999", {5, 5}: "1.0000", {0, 7}: "0.0000"} {
		if got := Share(0, parts[0], parts[1]).Value(); got != want {
			t.Errorf("%d of %d is %s, want %s", parts[0], parts[1], got, want)
		}
	}
}
