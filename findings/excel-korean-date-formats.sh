#!/usr/bin/env bash
# Versions: github.com/xuri/excelize/v2 v2.11.1 (Go), exceljs 4.4.0 and xlsx 0.18.5 (npm).
#
# Excel's built-in Korean date formats are dates to Excel, and numbers to most
# libraries.
#
# Korean Excel offers "yyyy년 mm월 dd일" and its like as built-in formats: the
# cell's style then names a number from 27 to 36 or 50 to 58, and the file holds
# no format text for it (ECMA-376 part 1, 18.8.30, tables for zh-cn, zh-tw, ja-jp
# and ko-kr). The moment 27 November 2026, 10:30, in such a cell:
#
#   github.com/xuri/excelize/v2 v2.11.1   GetCellValue   46353.4375 (format 14: 11-27-26)
#   exceljs 4.4.0                         cell.value     46353.4375, a number (format 14: a Date)
#   xlsx (SheetJS) 0.18.5                 cellDates      a date, for all of them
#
# So a column of order dates may arrive as numbers although every cell shows a
# date, and only where the person chose the format from Excel's Korean list.
# Debian 12's openpyxl 3.0.9 and xlsx2csv 0.7.8 give numbers, too (seen, and not
# run here, since they are not pinned packages).
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"

cat >go.mod <<'EOF'
module finding

go 1.26
EOF
cat >main.go <<'EOF'
package main

import (
	"archive/zip"
	"fmt"
	"os"

	"github.com/xuri/excelize/v2"
)

var formats = []int{14, 27, 30, 31, 32, 34, 36, 50, 57, 58}

func main() {
	write("book.xlsx")
	f, err := excelize.OpenFile("book.xlsx")
	if err != nil {
		panic(err)
	}
	for i, format := range formats {
		value, err := f.GetCellValue("S", fmt.Sprintf("A%d", i+1))
		if err != nil {
			panic(err)
		}
		fmt.Println("excelize", format, value)
	}
}

func write(name string) {
	const ns = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	const pkg = `http://schemas.openxmlformats.org/package/2006/`
	const rel = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	const kind = `application/vnd.openxmlformats-officedocument.spreadsheetml.`
	styles, rows := `<xf/>`, ``
	for i, format := range formats {
		styles += fmt.Sprintf(`<xf numFmtId="%d" applyNumberFormat="1"/>`, format)
		rows += fmt.Sprintf(`<row r="%d"><c r="A%d" s="%d"><v>46353.4375</v></c></row>`, i+1, i+1, i+1)
	}
	out, err := os.Create(name)
	if err != nil {
		panic(err)
	}
	z := zip.NewWriter(out)
	for _, part := range [][2]string{
		{"[Content_Types].xml", `<Types xmlns="` + pkg + `content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="` + kind + `sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + kind + `worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="` + kind + `styles+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="` + pkg + `relationships"><Relationship Id="rId1" Type="` + rel + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook ` + ns + ` xmlns:r="` + rel + `"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="` + pkg + `relationships"><Relationship Id="rId1" Type="` + rel + `/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="` + rel + `/styles" Target="styles.xml"/></Relationships>`},
		{"xl/styles.xml", fmt.Sprintf(`<styleSheet %s><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="%d">%s</cellXfs></styleSheet>`, ns, len(formats)+1, styles)},
		{"xl/worksheets/sheet1.xml", `<worksheet ` + ns + `><sheetData>` + rows + `</sheetData></worksheet>`},
	} {
		w, err := z.Create(part[0])
		if err != nil {
			panic(err)
		}
		fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`+"\n"+part[1])
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	if err := out.Close(); err != nil {
		panic(err)
	}
}
EOF
go get github.com/xuri/excelize/v2@v2.11.1 >/dev/null 2>&1
npm init -y >/dev/null
npm install --silent --no-audit --no-fund exceljs@4.4.0 xlsx@0.18.5 >/dev/null
cat >read.js <<'EOF'
const formats = [14, 27, 30, 31, 32, 34, 36, 50, 57, 58];
const sheetjs = require('xlsx').readFile('book.xlsx', {cellDates: true}).Sheets.S;
const Excel = require('exceljs');
(async () => {
  const book = new Excel.Workbook();
  await book.xlsx.readFile('book.xlsx');
  formats.forEach((format, i) => {
    const value = book.worksheets[0].getCell('A' + (i + 1)).value;
    console.log('exceljs', format, value instanceof Date ? 'date' : value);
  });
  formats.forEach((format, i) => console.log('sheetjs', format, sheetjs['A' + (i + 1)].t === 'd' ? 'date' : 'number'));
})();
EOF
{ go run . && node read.js; } >seen

{
  echo "excelize 14 11-27-26"
  for format in 27 30 31 32 34 36 50 57 58; do echo "excelize $format 46353.4375"; done
  echo "exceljs 14 date"
  for format in 27 30 31 32 34 36 50 57 58; do echo "exceljs $format 46353.4375"; done
  for format in 14 27 30 31 32 34 36 50 57 58; do echo "sheetjs $format date"; done
} >expected
diff expected seen
echo "as described: excelize 2.11.1 and exceljs 4.4.0 give numbers for Excel's Korean date formats, SheetJS 0.18.5 dates"
