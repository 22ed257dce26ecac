package table

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"daesa/internal/hint"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/unicode"
)

// found reads a file whose header has 주문번호 within thirty rows.
func found(path, sheet, password string) (About, []string, error) {
	reader, err := Open(path, Options{Sheet: sheet, Password: password, HeaderWithin: 30,
		IsHeader: func(has func(string) bool) bool { return has("주문번호") }})
	if err != nil {
		return About{}, nil, err
	}
	defer reader.Close()
	var rows []string
	for row, err := range reader.Rows() {
		if err != nil {
			return reader.About(), rows, err
		}
		text := fmt.Sprintf("%d %s", row.Line, strings.Join(row.Cells(), "|"))
		if row.Hidden {
			text += " hidden"
		}
		for _, title := range reader.Header() {
			if fault := row.Fault(strings.ToLower(title)); fault != nil {
				text += " ! " + fault.Brief()
			}
		}
		rows = append(rows, text)
	}
	return reader.About(), rows, nil
}

// TestTextsOfEveryEncodingReadAlike as commas and as tabs, with notes above the
// header.
func TestTextsOfEveryEncodingReadAlike(t *testing.T) {
	const text = "2026년 주문\n\n주문번호,상태,메모\n=\"001\",결제완료,\"똠방, 각하\"\n002,배송 중,\n"
	tabs := strings.ReplaceAll(text, "\"똠방, 각하\"", "똠방; 각하")
	tabs = strings.ReplaceAll(strings.ReplaceAll(tabs, ",", "\t"), ";", ",")
	for name, c := range map[string]struct{ content, container, encoding string }{
		"UTF-8":                 {text, "csv", encodingUTF8},
		"UTF-8 with its mark":   {"\ufeff" + text, "csv", encodingUTF8BOM},
		"CP949":                 {cp949(t, text), "csv", encodingCP949},
		"CP949, CRLF":           {strings.ReplaceAll(cp949(t, text), "\n", "\r\n"), "csv", encodingCP949},
		"an old Macintosh":      {strings.ReplaceAll(cp949(t, text), "\n", "\r"), "csv", encodingCP949},
		"UTF-16":                {inUTF16(t, unicode.LittleEndian, text), "csv", encodingUTF16LE},
		"UTF-16, big end first": {inUTF16(t, unicode.BigEndian, text), "csv", encodingUTF16BE},
		"Excel's Unicode text":  {inUTF16(t, unicode.LittleEndian, tabs), "tsv", encodingUTF16LE},
		"tabs in CP949":         {cp949(t, tabs), "tsv", encodingCP949},
	} {
		about, rows, err := found(write(t, "orders.xls", c.content), "", "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff([]string{"4 001|결제완료|똠방, 각하", "5 002|배송 중|"}, rows); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if about.Container != c.container || about.Encoding != c.encoding || about.HeaderRow != 3 {
			t.Errorf("%s: %+v", name, about)
		}
	}
}

// TestAHalfCharacterSpoilsItsOwnCellAlone: systems that count bytes cut Korean
// texts in half.
func TestAHalfCharacterSpoilsItsOwnCellAlone(t *testing.T) {
	_, rows, err := found(write(t, "o.csv", cp949(t, "주문번호,메모\n1,가")+"\xb0,\n"), "", "")
	if err == nil {
		t.Error("a field too many", rows)
	}
	_, rows, err = found(write(t, "o.csv", cp949(t, "주문번호,메모\n1,가")+"\xb0\n2,x\n"), "", "")
	if err != nil || len(rows) != 2 || !strings.Contains(rows[0], "cut in half") || rows[1] != "3 2|x" {
		t.Errorf("%q %v", rows, err)
	}
}

const htmlHead = `<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta http-equiv="Content-Type" content="text/html; charset=euc-kr">
<style>td { mso-number-format:"\@"; }</style><script>document.write("<table><tr><td>no")</script></head><body>`

func TestHTMLTables(t *testing.T) {
	const header = `<table border=1><tr><th>주문번호</th><th>상태</th><th>금액</th></tr>`
	for name, c := range map[string]struct {
		body string
		want []string
	}{
		"plain":                    {header + `<tr><td>001</td><td>결제완료</td><td>49,900</td></tr></table>`, []string{"2 001|결제완료|49,900"}},
		"leading zeros and dates":  {header + `<tr><td>000123</td><td>11/28</td><td>=1+1</td></tr></table>`, []string{"2 000123|11/28|=1+1"}},
		"no ends":                  {header + `<tr><td>1<td>a<td>2<tr><td>3<td>b<td>4</table>`, []string{"2 1|a|2", "3 3|b|4"}},
		"blanks, breaks, entities": {header + "<tr><td>&nbsp;1&nbsp;</td><td>배송\n   중<br> 곧 </td><td>&lt;5&gt;&#50;</td></tr></table>", []string{"2 1|배송    중\n곧|<5>2"}},
		"inner tags":               {header + `<tr><td><b>1</b><font color=red>2</font></td><td></td><td>3</td></tr></table>`, []string{"2 12||3"}},
		"a guard":                  {header + `<tr><td>="0012"</td><td>a</td><td>3</td></tr></table>`, []string{"2 0012|a|3"}},
		"cells over columns":       {header + `<tr><td colspan=2>1</td><td>3</td></tr></table>`, []string{"2 1||3"}},
		"cells over rows":          {header + `<tr><td rowspan=2>1</td><td>a</td><td rowspan="2">3</td></tr><tr><td>b</td></tr><tr><td>2</td><td>c</td><td>4</td></tr></table>`, []string{"2 1|a|3", "3 |b|", "4 2|c|4"}},
		"a header further below":   {`<table><tr><td colspan=3>주문 목록</td></tr><tr></tr><tr><td>주문번호</td><td>상태</td><td>금액</td></tr><tr><td>1</td><td>a</td><td>2</td></tr></table>`, []string{"4 1|a|2"}},
		"a table with a title":     {`<table><tr><td>2026년 주문</td></tr></table>` + header + `<tr><td>1</td><td>a</td><td>2</td></tr></table>`, []string{"3 1|a|2"}},
		"a table with a note":      {header + `<tr><td>1</td><td>a</td><td>2</td></tr></table><table><tr><td></td><td>이상 1건</td></tr></table>`, []string{"2 1|a|2"}},
		"sections":                 {`<table><thead><tr><th>주문번호</th></tr></thead><tbody><tr><td>1</td></tr></tbody><tfoot><tr><td>2</td></tr></tfoot></table>`, []string{"2 1", "3 2"}},
		"hidden rows":              {header + `<tr style="display: none"><td>1</td><td>a</td><td>2</td></tr><tr height=0><td>2</td><td>a</td><td>2</td></tr><tr><td>3</td><td style='DISPLAY:NONE'>a</td><td>2</td></tr><tr hidden><td>4</td></tr></table>`, []string{"2 1|a|2 hidden", "3 2|a|2 hidden", "4 3|a|2 hidden", "5 4|| hidden"}},
		"comments and capitals":    {`<!-- x --><TABLE><TR><TD>주문번호</TD></TR><!-- <tr><td>no</td></tr> --><TR><TD>1</TD></TR></TABLE>`, []string{"2 1"}},
	} {
		for _, encode := range []func(string) string{func(s string) string { return s }, func(s string) string { return cp949(t, s) }, func(s string) string { return "\ufeff" + s }} {
			about, rows, err := found(write(t, "orders.xls", encode(htmlHead+c.body+"</body></html>")), "", "")
			if err != nil || about.Container != "html" {
				t.Errorf("%s: %+v %v", name, about, err)
				continue
			}
			if diff := cmp.Diff(c.want, rows); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
}

func TestHTMLThatCannotBeRead(t *testing.T) {
	const head = `<table><tr><td>주문번호</td><td>b</td></tr>`
	for name, c := range map[string]struct{ body, want string }{
		"cut within a row":       {head + `<tr><td>1</td><td>2</td></tr><tr><td>3`, "f:3: is cut off: its table does not end"},
		"cut behind a row":       {head + `<tr><td>1</td><td>2</td></tr>`, "f:2: is cut off: its table does not end"},
		"a table within a table": {head + `<tr><td><table><tr><td>1</td></tr></table></td></tr></table>`, "f:2: has a table within a table"},
		"two tables with rows":   {head + `<tr><td>1</td><td>2</td></tr></table><table><tr><td>3</td><td>4</td></tr></table>`, "f:3: has rows in more than one table"},
		"the same header again":  {head + `<tr><td>1</td><td>2</td></tr></table>` + head + `</table>`, "f:3: has rows in more than one table"},
		"a header twice":         {`<table><tr><td>주문번호</td><td>주문 번호</td></tr></table>`, `f:1: column "주문 번호" stands twice, as A and as B`},
		"only a page":            {`<html><body>세션이 만료되었습니다</body></html>`, "has no table"},
		"a cell without end":     {head + `<tr><td>` + strings.Repeat("x", 2<<20) + `</td></tr></table>`, "longer than 1 MiB"},
		"a row without end":      {head + `<tr>` + strings.Repeat("<td>"+strings.Repeat("x", 1000), 2000) + `</table>`, "longer than 1 MiB"},
		"columns without end":    {head + `<tr>` + strings.Repeat("<td colspan=9999>", 100) + `</table>`, "too many columns"},
	} {
		path := write(t, "o.xls", c.body)
		reader, err := Open(path, Options{HeaderWithin: 30, Columns: map[string]string{"주문번호": "order_id"}, IsHeader: func(has func(string) bool) bool { return has("order_id") }})
		if err == nil {
			for _, each := range reader.Rows() {
				err = errors.Join(err, each)
			}
			_ = reader.Close()
		}
		if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), path, "f"), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// xml2003 is a workbook of 2003 with these sheets.
func xml2003(sheets string) string {
	return `<?xml version="1.0" encoding="EUC-KR"?><?mso-application progid="Excel.Sheet"?>` +
		`<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:x="urn:schemas-microsoft-com:office:excel">` +
		`<Styles><Style ss:ID="z"><NumberFormat ss:Format="00000000"/></Style><Style ss:ID="c"><NumberFormat ss:Format="Currency"/></Style></Styles>` + sheets + `</Workbook>`
}

func TestXML2003(t *testing.T) {
	const header = `<Row><Cell><Data ss:Type="String">주문번호</Data></Cell><Cell><Data ss:Type="String">값</Data></Cell></Row>`
	sheet := func(name, table, options string) string {
		return `<Worksheet ss:Name="` + name + `"><Table ss:ExpandedColumnCount="1">` + table + `</Table><x:WorksheetOptions>` + options + `</x:WorksheetOptions></Worksheet>`
	}
	row := func(cell string) string { return `<Row><Cell><Data ss:Type="String">1</Data></Cell>` + cell + `</Row>` }
	for name, c := range map[string]struct {
		sheets string
		want   []string
	}{
		"a text":             {sheet("a", header+row(`<Cell><Data ss:Type="String">결제완료</Data></Cell>`), ""), []string{"2 1|결제완료"}},
		"a number":           {sheet("a", header+row(`<Cell ss:StyleID="c"><Data ss:Type="Number">49900</Data></Cell>`), ""), []string{"2 1|49900"}},
		"zeros in front":     {sheet("a", header+row(`<Cell ss:StyleID="z"><Data ss:Type="Number">123</Data></Cell>`), ""), []string{"2 1|00000123"}},
		"sixteen digits":     {sheet("a", header+row(`<Cell><Data ss:Type="Number">1234567890123456</Data></Cell>`), ""), []string{`2 1| ! column "값" (B2): "1234567890123456": Excel has rounded this number; format the column as text and enter it again`}},
		"a date":             {sheet("a", header+row(`<Cell><Data ss:Type="DateTime">2026-11-28T10:00:00.000</Data></Cell>`), ""), []string{"2 1|2026-11-28T10:00:00.000"}},
		"true":               {sheet("a", header+row(`<Cell><Data ss:Type="Boolean">1</Data></Cell>`), ""), []string{"2 1|TRUE"}},
		"a formula":          {sheet("a", header+row(`<Cell ss:Formula="=1+1"><Data ss:Type="Number">2</Data></Cell>`), ""), []string{`2 1| ! column "값" (B2): "2": contains a formula; paste it as a value`}},
		"a guard":            {sheet("a", header+row(`<Cell ss:Formula="=&quot;007&quot;"><Data ss:Type="String">007</Data></Cell>`), ""), []string{"2 1|007"}},
		"a comment":          {sheet("a", header+row(`<Cell><Data ss:Type="String">x</Data><Comment><ss:Data>no</ss:Data></Comment></Cell>`), ""), []string{"2 1|x"}},
		"places":             {sheet("a", header+`<Row ss:Index="5"><Cell ss:Index="2"><Data ss:Type="String">x</Data></Cell></Row>`, ""), []string{"5 |x"}},
		"merged":             {sheet("a", header+`<Row><Cell ss:MergeAcross="1"><Data ss:Type="String">x</Data></Cell></Row>`, ""), []string{"2 x|"}},
		"hidden rows":        {sheet("a", header+`<Row ss:Hidden="1"><Cell><Data ss:Type="String">1</Data></Cell></Row><Row ss:Height="0"><Cell><Data ss:Type="String">2</Data></Cell></Row>`, ""), []string{"2 1| hidden", "3 2| hidden"}},
		"a hidden first":     {sheet("no", header+row(""), "<x:Visible>SheetHidden</x:Visible>") + sheet("a", header+row(""), ""), []string{"2 1|"}},
		"the second unread":  {sheet("a", header+row(""), "") + sheet("b", header+row("")+row(""), ""), []string{"2 1|"}},
		"a character entity": {sheet("a", header+row(`<Cell><Data ss:Type="String">&#44032;&amp;</Data></Cell>`), ""), []string{"2 1|가&"}},
	} {
		for _, encode := range []func(string) string{func(s string) string { return s }, func(s string) string { return cp949(t, s) }, func(s string) string { return inUTF16(t, unicode.LittleEndian, s) }} {
			about, rows, err := found(write(t, "o.xls", encode(xml2003(c.sheets))), "", "")
			if err != nil || about.Container != "xml" || about.Sheet != "a" {
				t.Errorf("%s: %+v %v", name, about, err)
				continue
			}
			if diff := cmp.Diff(c.want, rows); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
	whole := xml2003(sheet("a", header+row(""), ""))
	for cut := strings.Index(whole, "<Styles"); cut < len(whole)-1; cut += 7 {
		if _, rows, err := found(write(t, "o.xls", whole[:cut]), "", ""); err == nil {
			t.Fatalf("cut at %d: %q", cut, rows)
		}
	}
	for name, body := range map[string]string{
		"rows that go back":  sheet("a", header+`<Row ss:Index="1"></Row>`, ""),
		"cells that go back": sheet("a", header+`<Row><Cell ss:Index="3"/><Cell ss:Index="1"/></Row>`, ""),
		"only hidden":        sheet("a", header, "<x:Visible>SheetVeryHidden</x:Visible>"),
		"an entity":          sheet("a", header+row(`<Cell><Data ss:Type="String">&boom;</Data></Cell>`), ""),
		"deep":               sheet("a", strings.Repeat("<a>", 100), ""),
	} {
		if _, rows, err := found(write(t, "o.xls", xml2003(body)), "", ""); err == nil {
			t.Errorf("%s: %q", name, rows)
		}
	}
}

// TestOldWorkbooks reads the same sheet as LibreOffice and Gnumeric have saved it
// and compares it with the .xlsx that they had read: dates, zeros in front,
// texts over many records, a hidden row, column and sheet, formulas.
func TestOldWorkbooks(t *testing.T) {
	about, want, err := found("testdata/book.xlsx", "주문", "")
	if err != nil || len(want) != 200 || about.HeaderRow != 3 || about.Sheet != "주문" || !slices.Equal(about.Unread, []string{"안내"}) {
		t.Fatal(about, len(want), err)
	}
	const refusedTrue = `8 `
	for _, name := range []string{"libreoffice.xls", "gnumeric.xls"} {
		about, got, err := found(filepath.Join("testdata", name), "주문", "")
		if err != nil || about.Container != "xls" || about.HeaderRow != 3 || !slices.Equal(about.Unread, []string{"안내"}) {
			t.Fatal(name, about, err)
		}
		for i := range want {
			if strings.HasPrefix(want[i], "7 ") || strings.HasPrefix(want[i], refusedTrue) {
				continue // TRUE is a formula to LibreOffice; a rounded number is told with other digits
			}
			if strings.ReplaceAll(got[i], `"99800": `, "") != want[i] && got[i] != want[i] {
				t.Errorf("%s: %q, want %q", name, got[i], want[i])
			}
		}
		reader, err := Open(filepath.Join("testdata", name), Options{Sheet: "주문", HeaderWithin: 30, IsHeader: func(has func(string) bool) bool { return has("주문번호") }})
		if err != nil || !slices.Equal(reader.Hidden(), []string{"E (숫자)"}) {
			t.Errorf("%s: %v %v", name, reader.Hidden(), err)
		}
		_ = reader.Close()
	}
	_, rows, err := found("testdata/1904.xls", "주문", "")
	if err != nil || len(rows) != 3 || !strings.HasPrefix(rows[0], "4 20261128-0000000|결제완료|49900|2026-11-28 10:00:05|0.5|00000123|0|") {
		t.Errorf("%q %v", rows, err)
	}
	for name, c := range map[string]struct{ file, sheet, want, hint string }{
		"a hidden sheet":     {"libreoffice.xls", "숨김", `sheet "숨김" is hidden`, "show it in Excel"},
		"no such sheet":      {"libreoffice.xls", "없음", `has no sheet "없음"`, "안내, 주문"},
		"hidden in an .xlsx": {"book.xlsx", "숨김", `sheet "숨김" is hidden`, "show it in Excel"},
		"with a password":    {"locked.xls", "", "is an old .xls workbook with a password", "save it without"},
		"an older Excel":     {"excel95.xls", "", "is a workbook of Excel 5 or 95", ".xlsx"},
	} {
		_, _, err := found(filepath.Join("testdata", c.file), c.sheet, "")
		var failure *FileError
		if !errors.As(err, &failure) || !strings.Contains(err.Error(), c.want) || !strings.Contains(failure.Hint(), c.hint) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestACutOldWorkbookNeverEndsQuietly cuts the stream of the workbook everywhere.
func TestACutOldWorkbookNeverEndsQuietly(t *testing.T) {
	content, err := os.ReadFile("testdata/1904.xls")
	if err != nil {
		t.Fatal(err)
	}
	path := write(t, "o.xls", "")
	for cut := 8; cut < len(content)-512; cut += 97 {
		if err := os.WriteFile(path, content[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, rows, err := found(path, "주문", ""); err == nil && len(rows) != 3 {
			t.Fatalf("cut at %d: %q", cut, rows)
		}
	}
}

// TestAnEncryptedWorkbook: the word opens it, and no error ever shows it.
func TestAnEncryptedWorkbook(t *testing.T) {
	const word = "비밀-word"
	list := parts(`<row r="1"><c r="A1" t="inlineStr"><is><t>주문번호</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>001</t></is></c></row>`)
	list = append(list, part{"xl/media/noise", noise(2000)})
	locked, err := excelize.Encrypt([]byte(zipped(t, list)), &excelize.Options{Password: word})
	if err != nil {
		t.Fatal(err)
	}
	path := write(t, "o.xlsx", string(locked))
	about, rows, err := found(path, "", word)
	if err != nil || !about.Encrypted || about.Container != "xlsx" || !slices.Equal(rows, []string{"2 001"}) {
		t.Errorf("%+v %q %v", about, rows, err)
	}
	for password, want := range map[string]string{"": "its password is needed", "wrong-열쇠": "the password is wrong"} {
		_, _, err := found(path, "", password)
		var failure *FileError
		if !errors.As(err, &failure) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) || !strings.Contains(failure.Hint(), "--password-env") {
			t.Errorf("%q: %v", password, err)
		}
		if password != "" && strings.Contains(err.Error()+failure.Hint(), password) {
			t.Errorf("the error shows the word: %v", err)
		}
	}
	for cut := 600; cut < len(locked); cut += 512 {
		if _, rows, err := found(write(t, "o.xlsx", string(locked[:cut])), "", word); err == nil {
			t.Errorf("cut at %d: %q", cut, rows)
		}
	}
}

// TestTwoColumnsForOneAreRefused, as is a header that stands twice, unless
// nobody reads it.
func TestTwoColumnsForOneAreRefused(t *testing.T) {
	columns := map[string]string{Title("총 결제금액"): "amount", Title("최초 결제금액"): "amount", Title("주문번호"): "order_id"}
	for header, want := range map[string]string{
		"주문번호,총 결제금액(KRW),메모,메모": "",
		"주문번호,총 결제금액,최초 결제금액":    "f:1: two columns are the amount: 2 (총 결제금액) and 3 (최초 결제금액)",
		"주문번호,총 결제금액,총결제금액(원)":   `f:1: column "총결제금액(원)" stands twice, as 2 and as 3`,
	} {
		path := write(t, "o.csv", header+"\n1,2,3,4\n")
		reader, err := Open(path, Options{Columns: columns})
		got := ""
		if err != nil {
			got = strings.ReplaceAll(err.Error(), path, "f")
		} else {
			_ = reader.Close()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
}

// TestAnErrorOfAWorkbookNamesItsSheet where it has several: nobody should look for
// it in another one.
func TestAnErrorOfAWorkbookNamesItsSheet(t *testing.T) {
	for _, name := range []string{"book.xlsx", "libreoffice.xls"} {
		reader, err := Open(filepath.Join("testdata", name), Options{Sheet: "주문"})
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		err = reader.Require("nothing")
		var failure *FileError
		if !errors.As(err, &failure) || failure.Sheet != "주문" || !strings.Contains(err.Error(), name+" (주문): the header lacks nothing") || hint.RowsOf(err)[0].Sheet != "주문" {
			t.Errorf("%v", err)
		}
	}
}

// TestTitles: what people write alike is the same title.
func TestTitles(t *testing.T) {
	for text, want := range map[string]string{
		"총 결제금액(KRW)": "총결제금액", "총결제금액 (원)": "총결제금액", "결제·취소액\n(A)": "결제취소액(a)", " Order_ID ": "order_id",
		"\u110e\u1169\u11bc 결제": "총결제", "(원)": "(원)", "결제일시(입금확인일)": "결제일시(입금확인일)", "": "",
	} {
		if got := Title(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestTheHeaderIsLookedForWithinItsRows: not further, and never by place.
func TestTheHeaderIsLookedForWithinItsRows(t *testing.T) {
	for blank, want := range map[int]int{0: 1, 5: 6, 29: 30, 30: 0} {
		path := write(t, "o.csv", strings.Repeat("note\n", blank)+"주문번호,b\n1,2\n")
		reader, err := Open(path, Options{HeaderWithin: 30, IsHeader: func(has func(string) bool) bool { return has("주문번호") }})
		if err != nil {
			t.Fatal(err)
		}
		if got := reader.About().HeaderRow; reader.Has("주문번호") != (want > 0) || want > 0 && got != want {
			t.Errorf("%d notes: row %d", blank, got)
		}
		_ = reader.Close()
	}
}

func fuzzFile(f *testing.F, name string, seeds ...string) {
	f.Helper()
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		fuzzOpen(t, write(t, name, string(content)))
	})
}

func FuzzHTML(f *testing.F) {
	fuzzFile(f, "t.xls", htmlHead+"<table><tr><td rowspan=3>1<td colspan=2>2<tr><td>3</table>", "<table><tr><td><br>&nbsp;", cp949(f, "<html><table><tr><td>주문</table>"))
}

func FuzzXML2003(f *testing.F) {
	fuzzFile(f, "t.xls", xml2003(`<Worksheet ss:Name="a"><Table><Column ss:Hidden="1"/><Row ss:Index="2"><Cell ss:MergeAcross="3"><Data ss:Type="Number">1</Data></Cell></Row></Table></Worksheet>`))
}

func FuzzBIFF(f *testing.F) {
	for _, name := range []string{"1904.xls", "excel95.xls", "locked.xls"} {
		content, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		fuzzOpen(t, write(t, "t.xls", string(content)))
	})
}

func FuzzEncrypted(f *testing.F) {
	locked, err := excelize.Encrypt([]byte(zipped(f, append(parts(titles), part{"a", noise(2000)}))), &excelize.Options{Password: "x"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(locked)
	f.Fuzz(func(t *testing.T, content []byte) {
		if reader, err := Open(write(t, "t.xlsx", string(content)), Options{Password: "x"}); err == nil {
			_ = reader.Close()
		}
	})
}
