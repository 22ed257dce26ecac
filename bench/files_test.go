package bench

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/korean"

	"daesa/internal/table"
	"daesa/orders"
)

// fileReader is the variable that makes this program the child that is
// measured: how it reads which file, and where it writes the number of rows.
const fileReader = "DAESA_BENCH_FILE"

func init() {
	var how, path, count string
	if _, err := fmt.Sscan(os.Getenv(fileReader), &how, &path, &count); err != nil {
		return
	}
	rows, err := readBy(how, path)
	if err == nil {
		err = os.WriteFile(count, fmt.Append(nil, rows), 0o600)
	}
	if err != nil {
		fatal(err)
	}
	os.Exit(0)
}

// readBy reads a file to its end: the orders of a profile, the cells of our own
// reader of workbooks, or those of excelize.
func readBy(how, path string) (rows int, err error) {
	switch how {
	case "cells":
		return readCells(path)
	case "excelize":
		return readExcelize(path)
	}
	profile, err := orders.LoadProfile(how)
	if err != nil {
		return 0, err
	}
	tally, err := orders.Check(path, orders.Options{DefaultMID: "shop", Profile: profile}, 1)
	if tally.Bad() && err == nil {
		err = tally.First
	}
	return tally.Good, err
}

func readCells(path string) (rows int, err error) {
	reader, err := table.Open(path, table.Options{Limits: table.Limits{Unzipped: 4 << 30}})
	if err != nil {
		return 0, err
	}
	defer reader.Close()
	for row, err := range reader.Rows() {
		if err != nil {
			return rows, err
		}
		if len(row.Cells()) > 0 {
			rows++
		}
	}
	return rows, nil
}

func readExcelize(path string) (rows int, err error) {
	book, err := excelize.OpenFile(path)
	if err != nil {
		return 0, err
	}
	defer book.Close()
	list, err := book.Rows(book.GetSheetName(0))
	if err != nil {
		return 0, err
	}
	for list.Next() {
		cells, err := list.Columns()
		if err != nil {
			return rows, err
		}
		if len(cells) > 0 {
			rows++
		}
	}
	return rows - 1, list.Error() // without the header
}

// exportHead are the columns of a Cafe24 export, and the same as daesa's own.
const (
	exportHead = "주문번호,품목별 주문번호,주문 상태,결제수단,총 결제금액(KRW),총 배송비(KRW),실제 환불금액,주문일시,결제일시(입금확인일),환불완료일,상품명,수량"
	ownHead    = "주문번호,품목별 주문번호,주문상태,결제수단,결제금액,총 배송비(KRW),취소금액,주문일시,결제일시,취소일시,상품명,수량"
)

// exportRow is a row of an export in which each order has so many items.
func exportRow(row, items int) []string {
	order := fmt.Sprintf("20261127-%07d", row/items)
	return []string{order, fmt.Sprintf("%s-%02d", order, row%items+1), "결제완료", "카드", fmt.Sprintf("%d,900", 40+row/items%50), "3,000", "0",
		"2026-11-27 09:12:03", "2026-11-27 09:12:40", "", fmt.Sprintf("면 티셔츠 %d", row%100), "1"}
}

// writeExport writes an export in CP949.
func writeExport(b *testing.B, path, head string, rows, items int) {
	b.Helper()
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	text := csv.NewWriter(korean.EUCKR.NewEncoder().Writer(file))
	_ = text.Write(strings.Split(head, ","))
	for row := range rows {
		_ = text.Write(exportRow(row, items))
	}
	text.Flush()
	if err := text.Error(); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkProfiles reads the same rows by profile daesa and by cafe24, as one
// row for each order and as three, each in a process of its own, and prints what
// each cost: reading by a profile should cost at most 1.3 times daesa's own, and
// stay under 100 MB.
//
//	go test -run '^$' -bench Profiles -benchtime 3x ./bench -orders 300000
func BenchmarkProfiles(b *testing.B) {
	dir, rows := b.TempDir(), *orderCount
	costs := map[string]cost{}
	for _, each := range []struct {
		name, profile, head string
		items               int
	}{{"daesa", "daesa", ownHead, 1}, {"cafe24", "cafe24", exportHead, 1}, {"cafe24 of three items", "cafe24", exportHead, 3}} {
		b.Run(each.name, func(b *testing.B) {
			path := filepath.Join(dir, "orders.csv")
			writeExport(b, path, each.head, rows, each.items)
			best := cheapest(b, func(count string) *exec.Cmd { return ourReader(each.profile, path, count) }, (rows+each.items-1)/each.items)
			if before, ran := costs[each.name]; !ran || best.cpu < before.cpu {
				costs[each.name] = best
			}
			best = costs[each.name]
			b.ReportMetric(float64(rows)/best.cpu, "rows/CPU-s")
			b.ReportMetric(best.cpu/costs["daesa"].cpu, "CPU-of-daesa")
			b.ReportMetric(best.mem, "peak-MB")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func ourReader(how, path, count string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %s", fileReader, how, path, count))
	return cmd
}

// cheapest runs a reader b.N times, and wants it to find all rows.
func cheapest(b *testing.B, reader func(count string) *exec.Cmd, rows int) cost {
	b.Helper()
	var best cost
	for range b.N {
		count := filepath.Join(b.TempDir(), "count")
		cmd := reader(count)
		got := measureTo(b, cmd, count)
		text, err := os.ReadFile(count)
		found := strings.TrimSpace(string(text))
		if lines := strings.Count(found, "\n"); lines > 0 {
			found = fmt.Sprint(lines)
		}
		if err != nil || found != fmt.Sprint(rows) {
			b.Fatalf("%.100q rows of %d: %v", found, rows, err)
		}
		if best.cpu == 0 || got.cpu < best.cpu {
			best = got
		}
	}
	return best
}

// writeSheet writes an export as Excel does: texts are shared, times are numbers
// with a format.
func writeSheet(b *testing.B, path string, rows int) {
	b.Helper()
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	archive := zip.NewWriter(file)
	part := func(name string, write func(w *bufio.Writer)) {
		w, err := archive.Create(name)
		if err != nil {
			b.Fatal(err)
		}
		buffered := bufio.NewWriter(w)
		write(buffered)
		if err := buffered.Flush(); err != nil {
			b.Fatal(err)
		}
	}
	text := func(content string) func(w *bufio.Writer) {
		return func(w *bufio.Writer) { _, _ = io.WriteString(w, content) }
	}
	const head = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	const office, ml = "http://schemas.openxmlformats.org/officeDocument/2006/relationships", "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	part("[Content_Types].xml", text(head+`<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>`))
	part("_rels/.rels", text(head+`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="`+office+`/officeDocument" Target="xl/workbook.xml"/></Relationships>`))
	part("xl/_rels/workbook.xml.rels", text(head+`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="`+office+`/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="`+office+`/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="rId3" Type="`+office+`/styles" Target="styles.xml"/></Relationships>`))
	part("xl/workbook.xml", text(head+`<workbook xmlns="`+ml+`" xmlns:r="`+office+`"><sheets><sheet name="주문" sheetId="1" r:id="rId1"/></sheets></workbook>`))
	part("xl/styles.xml", text(head+`<styleSheet xmlns="`+ml+`"><fonts count="1"><font><sz val="11"/><name val="맑은 고딕"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/></border></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0" xfId="0"/><xf numFmtId="22" applyNumberFormat="1" xfId="0"/></cellXfs></styleSheet>`))
	shared, list := map[string]int{}, []string{}
	part("xl/worksheets/sheet1.xml", func(w *bufio.Writer) {
		_, _ = io.WriteString(w, head+`<worksheet xmlns="`+ml+`"><sheetData>`)
		for row := range rows + 1 {
			cells := strings.Split(exportHead, ",")
			if row > 0 {
				cells = exportRow(row-1, 1)
			}
			fmt.Fprintf(w, `<row r="%d" spans="1:12">`, row+1)
			for i, cell := range cells {
				place := fmt.Sprintf("%c%d", 'A'+i, row+1)
				switch {
				case cell == "":
				case row > 0 && i >= 7 && i <= 9:
					fmt.Fprintf(w, `<c r="%s" s="1"><v>%f</v></c>`, place, 46353.383368+float64(row%60)/1e4)
				case row > 0 && (i >= 4 && i <= 6 || i == 11):
					fmt.Fprintf(w, `<c r="%s"><v>%s</v></c>`, place, strings.ReplaceAll(cell, ",", ""))
				default:
					at, known := shared[cell]
					if !known {
						at = len(list)
						shared[cell], list = at, append(list, cell)
					}
					fmt.Fprintf(w, `<c r="%s" t="s"><v>%d</v></c>`, place, at)
				}
			}
			_, _ = io.WriteString(w, `</row>`)
		}
		_, _ = io.WriteString(w, `</sheetData></worksheet>`)
	})
	part("xl/sharedStrings.xml", func(w *bufio.Writer) {
		fmt.Fprintf(w, head+`<sst xmlns="`+ml+`" uniqueCount="%d">`, len(list))
		for _, each := range list {
			fmt.Fprintf(w, `<si><t>%s</t></si>`, each)
		}
		_, _ = io.WriteString(w, `</sst>`)
	})
	if err := archive.Close(); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
}

// readersOf are the readers of workbooks that are compared: each gives the
// command that reads a file and writes the number of its rows without the header, or
// header and rows themselves, or says why it cannot.
var readersOf = map[string]func(b *testing.B, path, count string) *exec.Cmd{
	"daesa":    func(_ *testing.B, path, count string) *exec.Cmd { return ourReader("cells", path, count) },
	"orders":   func(_ *testing.B, path, count string) *exec.Cmd { return ourReader("cafe24", path, count) },
	"excelize": func(_ *testing.B, path, count string) *exec.Cmd { return ourReader("excelize", path, count) },
	"xlsx2csv": func(b *testing.B, path, count string) *exec.Cmd {
		b.Helper()
		if _, err := exec.LookPath("xlsx2csv"); err != nil {
			b.Skipf("needs xlsx2csv (Debian: xlsx2csv): %v", err)
		}
		return exec.Command("xlsx2csv", path, count)
	},
	"openpyxl": func(b *testing.B, path, count string) *exec.Cmd {
		b.Helper()
		const python = "/usr/bin/python3"
		if out, err := exec.Command(python, "-c", "import openpyxl").CombinedOutput(); err != nil {
			b.Skipf("needs %s and openpyxl (Debian: python3-openpyxl): %v %.200s", python, err, bytes.TrimSpace(out))
		}
		return exec.Command(python, "-c", "import openpyxl, sys\nsheet = openpyxl.load_workbook(sys.argv[1], read_only=True).worksheets[0]\nopen(sys.argv[2], 'w').write(str(sum(1 for row in sheet.iter_rows(values_only=True) if row) - 1))", path, count)
	},
}

// BenchmarkSheets reads one workbook by our reader, to its cells and to orders,
// by excelize's rows, xlsx2csv and openpyxl's read-only mode, each in a process
// of its own, and prints each one's part of xlsx2csv's CPU.
//
//	go test -run '^$' -bench Sheets -benchtime 3x ./bench -orders 500000
func BenchmarkSheets(b *testing.B) {
	rows := *orderCount
	path := filepath.Join(b.TempDir(), "orders.xlsx")
	writeSheet(b, path, rows)
	base := 0.0
	for _, name := range []string{"xlsx2csv", "daesa", "orders", "excelize", "openpyxl"} {
		b.Run(name, func(b *testing.B) {
			readersOf[name](b, path, filepath.Join(b.TempDir(), "count"))
			best := cheapest(b, func(count string) *exec.Cmd { return readersOf[name](b, path, count) }, rows)
			b.ReportMetric(best.cpu, "CPU-s")
			b.ReportMetric(float64(rows)/best.cpu, "rows/CPU-s")
			b.ReportMetric(best.mem, "peak-MB")
			if name == "xlsx2csv" {
				base = best.cpu
			}
			if base > 0 {
				b.ReportMetric(best.cpu/base, "CPU-of-xlsx2csv")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}
