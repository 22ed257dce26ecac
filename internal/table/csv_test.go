package table

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/internal/hint"
	"daesa/internal/racing"
)

// write puts content into a file of its own.
func write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// shown is a row as these tests write it: its line, its cells, its faults.
func shown(path string, limits Limits) (rows []string, err error) {
	reader, err := Open(path, Options{Limits: limits})
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	for row, err := range reader.Rows() {
		var fault *Fault
		if err != nil && !errors.As(err, &fault) {
			return rows, err
		}
		text := fmt.Sprintf("%d %s", row.Line, strings.Join(row.Cells(), "|"))
		if fault != nil {
			text += " ! " + fault.Reason
		}
		for _, title := range reader.Header() {
			if fault := row.Fault(strings.ToLower(title)); fault != nil {
				text += " ! " + fault.Brief()
			}
		}
		rows = append(rows, text)
	}
	return rows, nil
}

func TestCSV(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		want    []string
	}{
		"plain":                      {"a,b\n1,2\n", []string{"2 1|2"}},
		"with a byte order mark":     {"\ufeffa,b\n1,2\n", []string{"2 1|2"}},
		"a mark before a quotation":  {"\ufeff\"a\",b\n1,2\n", []string{"2 1|2"}},
		"CRLF":                       {"a,b\r\n1,2\r\n3,4\r\n", []string{"2 1|2", "3 3|4"}},
		"no newline at the end":      {"a,b\n1,2", []string{"2 1|2"}},
		"a field over lines":         {"a,b\n\"x\ny\",2\n3,4\n", []string{"2 x\ny|2", "4 3|4"}},
		"quotation marks":            {"a,b\n\"say \"\"yes\"\"\",2\n", []string{`2 say "yes"|2`}},
		"blank rows are no rows":     {"a,b\n\n1,2\n,\n , \n3,4\n", []string{"3 1|2", "6 3|4"}},
		"a header below blank rows":  {"\n,,\na,b\n1,2\n", []string{"4 1|2"}},
		"blanks stay":                {"a,b\n 1 ,2\n", []string{"2  1 |2"}},
		"Korean":                     {"a,b\n주문,취소\n", []string{"2 주문|취소"}},
		"a formula-looking text":     {"a,b\n=1+1,@x\n", []string{"2 =1+1|@x"}},
		"a guard":                    {"a,b\n=\"001\",2\n", []string{"2 001|2"}},
		"a guard in quotation marks": {"a,b\n\"=\"\"001\"\"\",2\n", []string{"2 001|2"}},
		"an empty guard":             {"a,b\n=\"\",2\n", []string{"2 |2"}},
		"more than a guard":          {"a,b\n\"=\"\"1\"\"&\"\"2\"\"\",2\n", []string{`2 ="1"&"2"|2`}},
		"a quoted field, then one":   {"a,b\n\"x,y\",\"\"\n", []string{"2 x,y|"}},
		"a long line":                {"a,b\n" + strings.Repeat("x", 100_000) + ",2\n3,4\n", []string{"2 " + strings.Repeat("x", 100_000) + "|2", "3 3|4"}},
		"a long quoted field":        {"a,b\n\"" + strings.Repeat("x\n", 50_000) + "\",2\n3,4\n", []string{"2 " + strings.Repeat("x\n", 50_000) + "|2", "50003 3|4"}},
		"too many fields":            {"a,b\n1,2,3\n4,5\n", []string{"2 1|2|3 ! has 3 fields, the header has 2", "3 4|5"}},
		"too few fields":             {"a,b\n1\n", []string{"2 1| ! has 1 fields, the header has 2"}},
		"a NUL byte":                 {"a,b\n1,x\x00\n", []string{"2 1| ! column \"b\": \"x\\x00\": contains a NUL byte"}},
		"a title with blanks around": {" A ,b\n1,2\n", []string{"2 1|2"}},
		"a trailing unnamed column":  {"a,b,\n1,2,\n", []string{"2 1|2|"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := shown(write(t, "t.csv", c.content), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	for name, c := range map[string]struct {
		file, content, want, hint string
	}{
		"empty":                    {"t.csv", "", "t.csv: is empty", ""},
		"only a mark":              {"t.csv", "\ufeff", "t.csv: is empty", ""},
		"only newlines":            {"t.csv", "\n\n", "t.csv: is empty", ""},
		"UTF-16 without a mark":    {"t.csv", "a\x00,\x00b\x00\n\x00", "contains a NUL byte", ""},
		"a column twice":           {"t.csv", "a,b, A\n", `t.csv:1: column "A" stands twice, as 1 and as 3`, "rename one of the two, or take it out"},
		"a quotation without end":  {"t.csv", "a,b\n1,2\n\"3,4\n5,6\n", "t.csv:3: a quotation mark", "twice"},
		"half a guard":             {"t.csv", "a,b\n=\"1,2\n", "t.csv:2: a quotation mark is misplaced or never closed (line 2, byte 2)", "twice"},
		"text behind a quotation":  {"t.csv", "a,b\n\"1\"x,2\n", "t.csv:2: a quotation mark", "twice"},
		"a bare quotation mark":    {"t.csv", "a,b\n1,x\"y\n5,6\n", "t.csv:2: a quotation mark", "twice"},
		"an old workbook":          {"t.xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is damaged or cut off", ".xlsx"},
		"a web page":               {"t.xls", "<html><table><tr><td>a", "is cut off: its table does not end", "fetch"},
		"a web page without table": {"t.xls", "<html><body>login</body></html>", "is HTML or XML, and has no table", "Excel or CSV"},
		"a PDF":                    {"t.xls", "%PDF-1.4", "is a PDF", "Excel or CSV"},
		"gzip":                     {"t.csv", "\x1f\x8b\x08", "is compressed by gzip", "unpack"},
		"a device":                 {"/dev/null", "", "is not a regular file", "save it"},
		"half a workbook":          {"t.xlsx", "PK\x03\x04abc", "is damaged or cut off", ".xlsx"},
	} {
		t.Run(name, func(t *testing.T) {
			path := c.file
			if !filepath.IsAbs(path) {
				path = write(t, c.file, c.content)
			}
			_, err := shown(path, Limits{})
			var failure *FileError
			if !errors.As(err, &failure) {
				t.Fatalf("%v is no FileError", err)
			}
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(failure.Hint(), c.hint) {
				t.Errorf("%v (hint: %s)\nwant %s (%s)", err, failure.Hint(), c.want, c.hint)
			}
		})
	}
	if _, err := Open(t.TempDir(), Options{}); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Error("a folder:", err)
	}
}

// TestAFileThatIsNotThereSaysWhereItWasLookedFor, and one that may not be read
// who must be let.
func TestAFileThatIsNotThereSaysWhereItWasLookedFor(t *testing.T) {
	_, err := Open(filepath.Join(t.TempDir(), "nofile.csv"), Options{})
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(hint.Of(err), "the folder in which daesa was called") {
		t.Errorf("%v, hint %q", err, hint.Of(err))
	}
	if advice := adviceOpen(&fs.PathError{Op: "open", Path: "a.csv", Err: fs.ErrPermission}); !strings.Contains(advice, "the user that daesa runs as") {
		t.Error(advice)
	}
	if _, err = Open(t.TempDir(), Options{}); !strings.Contains(hint.Of(err), "a file in it") {
		t.Errorf("%v, hint %q", err, hint.Of(err))
	}
}

func TestLimitsOfCSV(t *testing.T) {
	endless := "a,b\n1,2\n\"" + strings.Repeat("3,4\n", 100_000)
	for name, c := range map[string]struct {
		content string
		limits  Limits
		want    string
	}{
		"a quotation that takes the rest": {endless, Limits{RowBytes: 1000}, "longer than 1000 bytes"},
		"a large file":                    {"a\n" + strings.Repeat("1\n", 100_000), Limits{FileBytes: 1000}, "larger than 1000 bytes"},
		"many rows":                       {"a\n1\n2\n3\n", Limits{Rows: 2}, "more than 2 rows"},
		"many columns":                    {"a,b,c\n", Limits{Columns: 2}, "more than 2 columns"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := shown(write(t, "t.csv", c.content), c.limits); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Error(err)
			}
		})
	}
}

func TestHeader(t *testing.T) {
	reader, err := Open(write(t, "t.csv", "Order_ID, memo ,amount,\n1,x,2,\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if diff := cmp.Diff([]string{"Order_ID", "memo", "amount", ""}, reader.Header()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"memo"}, reader.Unknown("order_id", "amount")); diff != "" {
		t.Error(diff)
	}
	if err := reader.Require("order_id", "amount"); err != nil {
		t.Error(err)
	}
	err = reader.Require("order_id", "status", "ordered_at")
	if err == nil || !strings.Contains(err.Error(), "t.csv: the header lacks status, ordered_at; it has Order_ID, memo, amount") {
		t.Error(err)
	}
	for row, err := range reader.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		if value, present := row.Get("order_id"); value != "1" || !present {
			t.Error(value, present)
		}
		if _, present := row.Get("status"); present {
			t.Error("a column that is not there is present")
		}
		fault := row.NewFault("amount", "1,000", "no")
		if want := reader.Name() + `:2: column "amount": "1,000": no`; fault.Error() != want {
			t.Error(fault)
		}
	}
}

func TestSemicolonsAreNamed(t *testing.T) {
	reader, err := Open(write(t, "t.csv", "a;b\n1;2\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var failure *FileError
	if err := reader.Require("a"); !errors.As(err, &failure) || failure.Hint() != "separate the columns with commas" {
		t.Error(err)
	}
}

func TestManyFaultsAreCounted(t *testing.T) {
	var faults Faults
	for i := range 25 {
		faults = append(faults, &Fault{File: "f.csv", Line: i, Reason: "no"})
	}
	lines := strings.Split(faults.Error(), "\n")
	if len(lines) != 21 || lines[20] != "and 5 more" {
		t.Error(lines)
	}
	var first *Fault
	if !errors.As(error(faults), &first) || first != faults[0] {
		t.Error("the first fault is not found")
	}
}

// TestMemoryStaysFlat reads ten times the rows and wants no more memory.
func TestMemoryStaysFlat(t *testing.T) {
	racing.Skip(t, "one reader, row by row")
	if testing.Short() {
		t.Skip("200,000 rows")
	}
	peak := func(rows int) uint64 {
		path := write(t, "t.csv", "a,b,c\n"+strings.Repeat("20261121000000000001,10000,2026-11-21 10:00:00\n", rows))
		reader, err := Open(path, Options{Limits: Limits{}})
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		runtime.GC()
		var most uint64
		count := 0
		for _, err := range reader.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			if count++; count%(rows/10) == 0 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
		if count != rows {
			t.Fatal(count)
		}
		return most
	}
	small, large := peak(20_000), peak(200_000)
	if large > small+1<<20 {
		t.Errorf("20,000 rows: %d bytes, 200,000 rows: %d", small, large)
	}
}

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "\ufeffa\r\n\"x\ny\"\r\n", "a,b\n\"", "\xff\xfe", "a,a\n", "a\n\x00\n", "a;b\n", "PK\x03\x04"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		fuzzOpen(t, write(t, "t.csv", string(content)))
	})
}

// fuzzOpen wants an error or rows whose lines go forward and whose text is
// clean; never a panic and never an end without an end.
func fuzzOpen(t *testing.T, path string) {
	start := time.Now()
	reader, err := Open(path, Options{Limits: Limits{RowBytes: 1 << 16, Unzipped: 4 << 20}})
	if err != nil {
		return
	}
	defer reader.Close()
	last := 0
	for row, err := range reader.Rows() {
		var fault *Fault
		if err != nil && !errors.As(err, &fault) {
			break
		}
		if row.Line <= last {
			t.Fatalf("line %d after %d", row.Line, last)
		}
		last = row.Line
		for _, value := range row.Cells() {
			if strings.ContainsRune(value, 0) || strings.ToValidUTF8(value, "") != value {
				t.Fatalf("unclean value %q", value)
			}
		}
	}
	if spent := time.Since(start); spent > 10*time.Second {
		t.Fatal(spent)
	}
}

func BenchmarkCSV(b *testing.B) {
	const rows = 100_000
	var content strings.Builder
	content.WriteString("order_id,mid,status,amount,ordered_at,paid_at,customer_ref\n")
	for i := range rows {
		fmt.Fprintf(&content, "2026112100%010d,shop,paid,%d,2026-11-21 10:00:00,2026-11-21 10:01:00,c%d\n", i, i%100000, i)
	}
	path := write(b, "t.csv", content.String())
	b.SetBytes(int64(content.Len()))
	for b.Loop() {
		reader, err := Open(path, Options{Limits: Limits{}})
		if err != nil {
			b.Fatal(err)
		}
		count := 0
		for row, err := range reader.Rows() {
			if _, has := row.Get("amount"); err != nil || !has {
				b.Fatal(err)
			}
			count++
		}
		if err := reader.Close(); err != nil || count != rows {
			b.Fatal(count, err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
