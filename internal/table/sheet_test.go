package table

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"daesa/internal/racing"
)

// part is one file of a hand-made workbook.
type part struct{ name, content string }

const (
	rootLinks = `<Relationships><Relationship Id="r1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`
	bookLinks = `<Relationships><Relationship Id="s1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/>` +
		`<Relationship Id="s2" Type="http://x/styles" Target="/xl/styles.xml"/>` +
		`<Relationship Id="s3" Type="http://x/sharedStrings" Target="sharedStrings.xml"/></Relationships>`
	bookXML   = `<workbook xmlns:r="r"><workbookPr/><sheets><sheet name="a" sheetId="1" r:id="s1"/></sheets></workbook>`
	stylesXML = `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;년&quot; m&quot;월&quot;"/>` +
		`<numFmt numFmtId="165" formatCode="00000000"/><numFmt numFmtId="166" formatCode="[$₩-412]#,##0"/></numFmts>` +
		`<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>` +
		`<cellXfs><xf numFmtId="0"/><xf numFmtId="22"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/></cellXfs></styleSheet>`
	stringsXML = `<sst><si><t>zero</t></si><si><r><t>ri</t></r><r><t xml:space="preserve">ch </t></r><rPh><t>no</t></rPh></si>` +
		`<si/><si><t>a_x000D_b_x005F_</t></si></sst>`
)

// parts are those of a workbook with these rows.
func parts(rows string) []part {
	return []part{
		{"[Content_Types].xml", "<Types/>"},
		{"_rels/.rels", rootLinks},
		{"xl/workbook.xml", bookXML},
		{"xl/_rels/workbook.xml.rels", bookLinks},
		{"xl/styles.xml", stylesXML},
		{"xl/sharedStrings.xml", stringsXML},
		{"xl/worksheets/sheet1.xml", "<worksheet><sheetData>" + rows + "</sheetData></worksheet>"},
	}
}

func zipped(t testing.TB, list []part) string {
	t.Helper()
	var buffer bytes.Buffer
	archive := zip.NewWriter(&buffer)
	for _, p := range list {
		w, err := archive.Create(p.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(p.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.String()
}

const titles = `<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c><c r="B1" t="inlineStr"><is><t>v</t></is></c></row>`

// TestCells says what becomes of each kind of cell.
func TestCells(t *testing.T) {
	for name, c := range map[string]struct{ xml, want string }{
		"a shared text":                    {`<c r="B2" t="s"><v>0</v></c>`, "zero"},
		"a rich text without its rubies":   {`<c r="B2" t="s"><v>1</v></c>`, "rich "},
		"an escaped text":                  {`<c r="B2" t="s"><v>3</v></c>`, "a\rb_"},
		"a text in its cell":               {`<c r="B2" t="inlineStr"><is><t>00012</t></is></c>`, "00012"},
		"twenty digits as text":            {`<c r="B2" t="inlineStr"><is><t>12345678901234567890</t></is></c>`, "12345678901234567890"},
		"a formula-looking text":           {`<c r="B2" t="inlineStr"><is><t>=1+1</t></is></c>`, "=1+1"},
		"a whole number":                   {`<c r="B2"><v>10000</v></c>`, "10000"},
		"a whole number with a point":      {`<c r="B2" t="n"><v>10000.0</v></c>`, "10000"},
		"a power of ten":                   {`<c r="B2"><v>1E+4</v></c>`, "10000"},
		"cents":                            {`<c r="B2"><v>181.56</v></c>`, "181.56"},
		"cents as Excel stores them":       {`<c r="B2"><v>181.56000000000000</v></c>`, "181.56"},
		"a negative number":                {`<c r="B2"><v>-5</v></c>`, "-5"},
		"fifteen digits":                   {`<c r="B2"><v>123456789012345</v></c>`, "123456789012345"},
		"sixteen digits":                   {`<c r="B2"><v>1234567890123456</v></c>`, `! column "v" (B2): "1234567890123456": Excel has rounded this number; format the column as text and enter it again`},
		"a rounded id":                     {`<c r="B2"><v>1.2345678901234568E+19</v></c>`, `! column "v" (B2): "1.2345678901234568E+19": Excel has rounded this number; format the column as text and enter it again`},
		"no number":                        {`<c r="B2"><v>abc</v></c>`, `! column "v" (B2): "abc": is not a number`},
		"won":                              {`<c r="B2" s="4"><v>10000</v></c>`, "10000"},
		"zeros in front by format":         {`<c r="B2" s="3"><v>123</v></c>`, "00000123"},
		"a date and time":                  {`<c r="B2" s="1"><v>46347.999988425923</v></c>`, "2026-11-21 23:59:59"},
		"a Korean date":                    {`<c r="B2" s="2"><v>46347</v></c>`, "2026-11-21 00:00:00"},
		"a time with milliseconds":         {`<c r="B2" s="1"><v>46347.5000086806</v></c>`, "2026-11-21 12:00:00.750"},
		"a time without a date":            {`<c r="B2" s="1"><v>0.5</v></c>`, `! column "v" (B2): "0.5": is a time without a date`},
		"a negative date":                  {`<c r="B2" s="1"><v>-1</v></c>`, `! column "v" (B2): "-1": is not a date that Excel can show`},
		"the first day":                    {`<c r="B2" s="1"><v>1</v></c>`, "1900-01-01 00:00:00"},
		"the first of March 1900":          {`<c r="B2" s="1"><v>61</v></c>`, "1900-03-01 00:00:00"},
		"an ISO date":                      {`<c r="B2" t="d"><v>2026-11-21T10:00:00</v></c>`, "2026-11-21T10:00:00"},
		"a date as SheetJS writes it":      {`<c r="B2" t="d"><v>2026-11-28T01:00:00.000Z</v></c>`, "2026-11-28T01:00:00.000"},
		"a guarded text":                   {`<c r="B2" t="inlineStr"><is><t>="00123"</t></is></c>`, "00123"},
		"a guard as Excel saves it":        {`<c r="B2" t="str"><f>"00123"</f><v>00123</v></c>`, "00123"},
		"a formula that ends like a guard": {`<c r="B2" t="str"><f>"a"&amp;"b"</f><v>ab</v></c>`, `! column "v" (B2): "ab": contains a formula; paste it as a value`},
		"true":                             {`<c r="B2" t="b"><v>1</v></c>`, "TRUE"},
		"an error":                         {`<c r="B2" t="e"><v>#N/A</v></c>`, `! column "v" (B2): "#N/A": is an error of the sheet`},
		"a formula":                        {`<c r="B2"><f>1+1</f><v>2</v></c>`, `! column "v" (B2): "2": contains a formula; paste it as a value`},
		"a shared formula":                 {`<c r="B2" t="str"><f t="shared" si="0"/><v>x</v></c>`, `! column "v" (B2): "x": contains a formula; paste it as a value`},
		"a formula without a value":        {`<c r="B2"><f>1+1</f></c>`, `! column "v" (B2): contains a formula; paste it as a value`},
		"a style without a value":          {`<c r="B2" s="1"/>`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, "t.xlsx", zipped(t, parts(titles+`<row r="2"><c r="A2"><v>7</v></c>`+c.xml+`</row>`)))
			got, err := shown(path, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			want := "2 7|" + c.want
			if strings.HasPrefix(c.want, "!") {
				want = "2 7| " + c.want
			}
			if diff := cmp.Diff([]string{want}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSheetShapes(t *testing.T) {
	for name, c := range map[string]struct {
		rows string
		want []string
	}{
		"a header below empty rows":     {`<row r="3"><c r="A3" t="inlineStr"><is><t>id</t></is></c></row><row r="4"><c r="A4"><v>1</v></c></row>`, []string{"4 1"}},
		"gaps":                          {titles + `<row r="5"><c r="B5"><v>1</v></c></row>`, []string{"5 |1"}},
		"empty rows at the end":         {titles + `<row r="2"><c r="A2"><v>1</v></c></row><row r="3"><c r="A3" s="1"/></row>`, []string{"2 1|"}},
		"no references":                 {titles + `<row><c><v>1</v></c><c><v>2</v></c></row>`, []string{"2 1|2"}},
		"a note beside the table":       {titles + `<row r="2"><c r="A2"><v>1</v></c><c r="D2"><v>9</v></c></row>`, []string{"2 1|||9"}},
		"styled cells far to the right": {titles + `<row r="2"><c r="A2"><v>1</v></c><c r="XFD2" s="1"/></row>`, []string{"2 1|"}},
	} {
		t.Run(name, func(t *testing.T) {
			list := parts(c.rows)
			if strings.HasPrefix(name, "a header below") {
				list[6].content = "<worksheet><sheetData><row r=\"1\"/><row r=\"2\"><c r=\"A2\" s=\"1\"/></row>" + c.rows + "</sheetData></worksheet>"
			}
			got, err := shown(write(t, "t.xlsx", zipped(t, list)), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDate1904(t *testing.T) {
	list := parts(titles + `<row r="2"><c r="A2"><v>7</v></c><c r="B2" s="1"><v>44885.5</v></c></row>`)
	list[2].content = strings.Replace(bookXML, "<workbookPr/>", `<workbookPr date1904="1"/>`, 1)
	got, err := shown(write(t, "t.xlsx", zipped(t, list)), Limits{})
	if diff := cmp.Diff([]string{"2 7|2026-11-21 12:00:00"}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

// TestWhatExcelizeWrites reads a workbook as another program writes it.
func TestWhatExcelizeWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.xlsx")
	book := excelize.NewFile()
	at := time.Date(2026, 11, 21, 23, 59, 59, 0, time.UTC)
	style, err := book.NewStyle(&excelize.Style{CustomNumFmt: ptr("yyyy-mm-dd hh:mm:ss")})
	if err != nil {
		t.Fatal(err)
	}
	for row, values := range [][]any{{"order_id", "amount", "ordered_at"}, {"00012345678901234567", 10000, at}, {"=1+1", 181.56, at.AddDate(0, 0, 1)}} {
		for column, value := range values {
			name, _ := excelize.CoordinatesToCellName(column+1, row+1)
			if err := book.SetCellValue("Sheet1", name, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := book.SetCellStyle("Sheet1", "C2", "C3", style); err != nil {
		t.Fatal(err)
	}
	if err := book.SetCellFormula("Sheet1", "B3", "1+1"); err != nil {
		t.Fatal(err)
	}
	if err := book.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	got, err := shown(path, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"2 00012345678901234567|10000|2026-11-21 23:59:59",
		`3 =1+1||2026-11-22 23:59:59 ! column "amount" (B3): "181.56": contains a formula; paste it as a value`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func ptr[T any](value T) *T { return &value }

func TestFormats(t *testing.T) {
	for code, want := range map[string]format{
		"General": {}, "#,##0": {}, "@": {}, "0.00E+00": {}, `#,##0"원"`: {}, `#,##0\d`: {}, "_-* #,##0_-": {}, "[Red]0": {},
		"[$₩-412]#,##0": {}, "0": {zeros: 1}, "00000": {zeros: 5}, `"day"0`: {},
		`0000"-"0000`: {other: true}, "000-0000": {other: true}, `"R-"000`: {other: true}, `0000\-00`: {other: true}, `#,##0.00"원"`: {}, "-0": {}, `"₩"#,##0`: {},
		"yyyy-mm-dd": {date: true}, `yyyy"년" m"월"`: {date: true}, "[$-412]AM/PM h:mm": {date: true}, "[h]:mm": {date: true}, "d": {date: true},
	} {
		if got := parseFormat(code); got != want {
			t.Errorf("%s: %+v", code, got)
		}
	}
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 701: "ZZ", 702: "AAA", 16383: "XFD"} {
		if got := letters(i); got != want {
			t.Error(i, got)
		}
		if column, row, ok := splitRef(want + "12"); column != i || row != 12 || !ok {
			t.Error(want, column, row, ok)
		}
	}
}

// TestHostileBooks refuses each before it is unpacked, quickly and cheaply.
func TestHostileBooks(t *testing.T) {
	racing.Skip(t, "one reader, row by row")
	with := func(more ...part) []part { return append(parts(titles), more...) }
	for name, c := range map[string]struct {
		content string
		limits  Limits
		want    string
	}{
		"a part of zeros":      {zipped(t, with(part{"xl/media/a", strings.Repeat("\x00", 32<<20)})), Limits{}, "more than 100 times its size"},
		"a sheet of blanks":    {zipped(t, parts(titles+strings.Repeat(" ", 16<<20))), Limits{}, "more than 100 times its size"},
		"a large sheet":        {zipped(t, parts(titles+strings.Repeat(noise(300), 1000))), Limits{Unzipped: 1 << 20}, "unpacks to more than"},
		"a workbook in a zip":  {zipped(t, []part{{"orders.xlsx", zipped(t, parts(titles))}}), Limits{}, `is a ZIP archive with "orders.xlsx" in it`},
		"a file in a zip":      {zipped(t, []part{{"a/b.csv", "a,b"}}), Limits{}, "unpack it first"},
		"a zip in a zip":       {zipped(t, []part{{"in.zip", zipped(t, []part{{"o.csv", "a"}})}}), Limits{}, `"in.zip" in it`},
		"another zip":          {zipped(t, []part{{"a.bin", "x"}}), Limits{}, "is a ZIP archive, not a workbook"},
		"an OpenDocument":      {zipped(t, []part{{"mimetype", "x"}, {"content.xml", "x"}}), Limits{}, "is an OpenDocument file"},
		"a binary workbook":    {zipped(t, append(parts(""), part{"xl/workbook.bin", "x"})), Limits{}, "is a binary workbook"},
		"a large file":         {zipped(t, parts(titles)), Limits{Unzipped: 100}, "is larger than 100 bytes"},
		"a path upwards":       {zipped(t, with(part{"xl/../../etc/passwd", "x"})), Limits{}, "unsafe name"},
		"a path from the root": {zipped(t, with(part{"/etc/passwd", "x"})), Limits{}, "unsafe name"},
		"a path of Windows":    {zipped(t, with(part{`xl\..\a`, "x"})), Limits{}, "unsafe name"},
		"a part twice":         {zipped(t, with(part{"XL/workbook.xml", bookXML})), Limits{}, "twice"},
		"many parts":           {zipped(t, make1000(with())), Limits{}, "more than 1000 parts"},
		"deep nesting":         {zipped(t, parts(titles+`<row r="2">`+strings.Repeat("<a>", 1000))), Limits{}, "nested too deeply"},
		"a document type":      {zipped(t, parts(titles+`<row r="2"><c r="A2" t="str"><v>&boom;</v></c></row>`)), Limits{}, "damaged"},
		"rows that go back":    {zipped(t, parts(titles+`<row r="5"/><row r="3"/>`)), Limits{}, "damaged"},
		"cells that go back":   {zipped(t, parts(titles+`<row r="2"><c r="B2"/><c r="A2"/></row>`)), Limits{}, "damaged"},
		"a cell of other row":  {zipped(t, parts(titles+`<row r="2"><c r="B9"/></row>`)), Limits{}, "damaged"},
		"a missing string":     {zipped(t, parts(titles+`<row r="2"><c r="A2" t="s"><v>99</v></c></row>`)), Limits{}, "damaged"},
		"a long row":           {zipped(t, parts(titles+`<row r="2"><c r="A2" t="str"><v>`+noise(3000)+`</v></c></row>`)), Limits{RowBytes: 1000}, "longer than 1000 bytes"},
		"a row beyond":         {zipped(t, parts(`<row r="99999999"/>`)), Limits{}, "damaged"},
		"no sheet":             {zipped(t, parts("")[:6]), Limits{}, "lacks its part"},
		"no workbook":          {zipped(t, parts("")[:1]), Limits{}, "is a ZIP archive, not a workbook"},
		"no parts":             {"PK\x05\x06" + strings.Repeat("\x00", 18), Limits{}, "is a ZIP archive, not a workbook"},
		"a hidden first sheet": {zipped(t, replaced(2, strings.Replace(bookXML, "<sheet ", `<sheet state="veryHidden" `, 1))), Limits{}, "only hidden sheets"},
		"a chart first":        {zipped(t, replaced(3, strings.Replace(bookLinks, "/worksheet", "/chartsheet", 1))), Limits{}, "no sheet with cells"},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, "t.xlsx", c.content)
			start := time.Now()
			_, err := shown(path, c.limits)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
			if spent := time.Since(start); spent > time.Second {
				t.Errorf("took %v", spent)
			}
		})
	}
}

func replaced(i int, content string) []part {
	list := parts(titles)
	list[i].content = content
	return list
}

func make1000(list []part) []part {
	for i := range 1000 {
		list = append(list, part{fmt.Sprintf("a/%d", i), ""})
	}
	return list
}

func noise(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "%x", i*2654435761)
	}
	return text.String()
}

// TestAMillionParts is a zip whose end record tells less parts than it lists.
func TestAMillionParts(t *testing.T) {
	racing.Skip(t, "one reader, row by row")
	const count = 1_000_000
	var directory bytes.Buffer
	entry := make([]byte, 46+1)
	copy(entry, "PK\x01\x02")
	binary.LittleEndian.PutUint16(entry[28:], 1)
	entry[46] = 'a'
	for range count {
		directory.Write(entry)
	}
	for name, told := range map[string]uint16{"honest": 0xffff, "lying": count % 65536} {
		end := make([]byte, 22)
		copy(end, "PK\x05\x06")
		binary.LittleEndian.PutUint16(end[8:], told)
		binary.LittleEndian.PutUint16(end[10:], told)
		binary.LittleEndian.PutUint32(end[12:], uint32(directory.Len()))
		binary.LittleEndian.PutUint32(end[16:], 4)
		path := write(t, "t.xlsx", "PK\x03\x04"+directory.String()+string(end))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		_, err := Open(path, Options{Limits: Limits{}})
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), "more than 1000 parts") {
			t.Errorf("%s: %v", name, err)
		}
		if spent, bytes := time.Since(start), after.TotalAlloc-before.TotalAlloc; spent > time.Second || bytes > 64<<20 {
			t.Errorf("%s: %v, %d bytes", name, spent, bytes)
		}
	}
}

// TestLyingSize is a part that unpacks to more than the zip tells.
func TestLyingSize(t *testing.T) {
	content := []byte(zipped(t, parts(titles+strings.Repeat(`<row><c><v>1</v></c></row>`, 50_000))))
	at := bytes.LastIndex(content, []byte("xl/worksheets/sheet1.xml")) - 46
	binary.LittleEndian.PutUint32(content[at+24:], 5000)
	rows, err := shown(write(t, "t.xlsx", string(content)), Limits{})
	if err == nil || len(rows) > 1000 {
		t.Error(len(rows), err)
	}
}

func TestALinkIsRefused(t *testing.T) {
	var buffer bytes.Buffer
	archive := zip.NewWriter(&buffer)
	header := &zip.FileHeader{Name: "xl/workbook.xml"}
	header.SetMode(fs.ModeSymlink | 0o777)
	w, err := archive.CreateHeader(header)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("/etc/passwd")); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(write(t, "t.xlsx", buffer.String()), Options{}); err == nil || !strings.Contains(err.Error(), "is a link") {
		t.Error(err)
	}
}

// TestACutWorkbookNeverEndsQuietly cuts the zip, and the sheet inside a whole
// zip, everywhere: it must never read as a shorter table.
func TestACutWorkbookNeverEndsQuietly(t *testing.T) {
	racing.Skip(t, "one reader, row by row")
	rows := titles + `<row r="2"><c r="A2"><v>1</v></c></row><row r="3"><c r="A3"><v>2</v></c></row>`
	whole := zipped(t, parts(rows))
	path := write(t, "t.xlsx", whole)
	for cut := 4; cut < len(whole); cut += 7 {
		if err := os.WriteFile(path, []byte(whole[:cut]), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := shown(path, Limits{}); err == nil {
			t.Fatalf("zip cut at %d: %q", cut, got)
		}
	}
	list := parts(rows)
	sheet := list[6].content
	for cut := range sheet {
		list[6].content = sheet[:cut]
		if err := os.WriteFile(path, []byte(zipped(t, list)), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := shown(path, Limits{}); err == nil {
			t.Fatalf("sheet cut at %d: %q", cut, got)
		}
	}
}

func FuzzXLSX(f *testing.F) {
	f.Add([]byte(zipped(f, parts(titles+`<row r="2"><c r="A2"><v>1</v></c><c r="B2" s="1"><v>46347.5</v></c></row>`))))
	f.Add([]byte(zipped(f, parts(titles + `<row r="2"><c r="A2" t="s"><v>1</v></c></row>`)[:4])))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, content []byte) {
		fuzzOpen(t, write(t, "t.xlsx", string(content)))
	})
}

// FuzzSheet reaches behind the zip: any XML as the sheet.
func FuzzSheet(f *testing.F) {
	f.Add(titles + `<row r="2"><c r="A2"><v>1</v></c><c r="B2" s="1"><v>46347.5</v></c></row>`)
	f.Add(titles + `<row><c t="s"><v>3</v></c><c><f>1</f></c></row>`)
	f.Fuzz(func(t *testing.T, rows string) {
		fuzzOpen(t, write(t, "t.xlsx", zipped(t, parts(rows))))
	})
}

func BenchmarkXLSX(b *testing.B) {
	const rows = 20_000
	var content strings.Builder
	for i := range rows {
		fmt.Fprintf(&content, `<row r="%[1]d"><c r="A%[1]d" t="inlineStr"><is><t>%020[2]d</t></is></c><c r="B%[1]d" s="1"><v>%[3]f</v></c></row>`, i+2, i*7919, 46347+float64(i)/rows)
	}
	path := write(b, "t.xlsx", zipped(b, parts(titles+content.String())))
	for b.Loop() {
		got, err := shown(path, Limits{})
		if err != nil || len(got) != rows {
			b.Fatal(len(got), err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
