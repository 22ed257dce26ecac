#!/usr/bin/env bash
# Versions: github.com/xuri/excelize/v2 v2.11.1 (Go); exceljs 4.4.0, xlsx
# (SheetJS) 0.18.5 (npm); Node.js.
#
# A value under a merged cell is there or not, as one asks.
#
# Excel shows one value for cells that are merged, that of the first. The file
# may hold another one under it: nothing of the format forbids it, and programs
# that write merged cells do not all clear what they cover. Of B2:B3, merged,
# with 1000 in B2 and 40000 in B3, of which a person sees 1000 alone:
#
#   excelize  GetCellValue("B3") says 1000, GetRows gives 1000 and 40000
#   exceljs   getCell('B3').value says 1000
#   SheetJS   sheet_to_json gives 1000 and 40000
#
# Whoever sums the column gets 41000, 2000 or 1000. Where money follows from a
# sheet that a person has checked, a value under a merged cell is to be refused.
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
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/xuri/excelize/v2"
)

func main() {
	f := excelize.NewFile()
	must(f.SetCellValue("Sheet1", "B2", 1000))
	must(f.SetCellValue("Sheet1", "B3", 40000))
	book, err := f.WriteToBuffer()
	must(err)
	must(os.WriteFile("book.xlsx", merged(book.Bytes()), 0o600))
	f, err = excelize.OpenFile("book.xlsx")
	must(err)
	value, err := f.GetCellValue("Sheet1", "B3")
	must(err)
	rows, err := f.GetRows("Sheet1")
	must(err)
	fmt.Println("excelize", value, rows[1][1], rows[2][1])
}

// merged adds what MergeCell would write, without clearing B3.
func merged(book []byte) []byte {
	in, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	must(err)
	var buffer bytes.Buffer
	out := zip.NewWriter(&buffer)
	for _, part := range in.File {
		r, err := part.Open()
		must(err)
		content, err := io.ReadAll(r)
		must(err)
		if part.Name == "xl/worksheets/sheet1.xml" {
			content = bytes.Replace(content, []byte("</sheetData>"),
				[]byte(`</sheetData><mergeCells count="1"><mergeCell ref="B2:B3"/></mergeCells>`), 1)
		}
		w, err := out.Create(part.Name)
		must(err)
		_, err = w.Write(content)
		must(err)
	}
	must(out.Close())
	return buffer.Bytes()
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
EOF
cat >read.js <<'EOF'
const exceljs = require('exceljs');
const sheetjs = require('xlsx');
(async () => {
  const workbook = new exceljs.Workbook();
  await workbook.xlsx.readFile('book.xlsx');
  console.log('exceljs', workbook.worksheets[0].getCell('B3').value);
  const book = sheetjs.readFile('book.xlsx');
  const rows = sheetjs.utils.sheet_to_json(book.Sheets[book.SheetNames[0]], { header: 1 });
  console.log('sheetjs', rows.map((row) => row[row.length - 1]).join(' '));
})();
EOF
go get github.com/xuri/excelize/v2@v2.11.1 >/dev/null 2>&1
go mod tidy >/dev/null 2>&1
npm init -y >/dev/null
npm install --silent exceljs@4.4.0 xlsx@0.18.5 >/dev/null 2>&1

{ go run . && node read.js; } | tee seen
cat >expected <<'EOF'
excelize 1000 1000 40000
exceljs 1000
sheetjs 1000 40000
EOF
diff expected seen
