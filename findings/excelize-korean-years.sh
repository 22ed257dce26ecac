#!/usr/bin/env bash
# Versions: github.com/xuri/excelize/v2 v2.11.1 (Go).
#
# excelize, told that a workbook is Korean, writes years of the Dangun era.
#
# github.com/xuri/excelize/v2 v2.11.1 knows Excel's built-in Korean date formats
# once it is opened with Options{CultureInfo: CultureNameKoKR}. The moment 27
# November 2026 then reads, in format 31, "4359년 11월 27일", and in format 14,
# which has nothing Korean about it, "11-27-59": 2333 years are added, as in the
# calendar that Korea left in 1962. Korean Excel shows 2026. Without the option
# format 14 reads "11-27-26", and format 31 a plain number.
#
# So dates are to be reckoned from the raw number of the cell
# (Options{RawCellValue: true}) and the format's number, never from the text.
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
	"fmt"

	"github.com/xuri/excelize/v2"
)

func main() {
	f := excelize.NewFile()
	for i, format := range []int{14, 31, 34} {
		style, err := f.NewStyle(&excelize.Style{NumFmt: format})
		must(err)
		cell := fmt.Sprintf("A%d", i+1)
		must(f.SetCellValue("Sheet1", cell, 46353.4375))
		must(f.SetCellStyle("Sheet1", cell, cell, style))
	}
	must(f.SaveAs("book.xlsx"))
	show("default", excelize.Options{})
	show("korean", excelize.Options{CultureInfo: excelize.CultureNameKoKR})
	show("raw", excelize.Options{CultureInfo: excelize.CultureNameKoKR, RawCellValue: true})
}

func show(name string, o excelize.Options) {
	f, err := excelize.OpenFile("book.xlsx", o)
	must(err)
	for i := range 3 {
		value, err := f.GetCellValue("Sheet1", fmt.Sprintf("A%d", i+1))
		must(err)
		fmt.Println(name, value)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
EOF
go get github.com/xuri/excelize/v2@v2.11.1 >/dev/null 2>&1
go run . >seen
cat >expected <<'EOF'
default 11-27-26
default 46353.4375
default 46353.4375
korean 11-27-59
korean 4359년 11월 27일
korean 4359-11-27
raw 46353.4375
raw 46353.4375
raw 46353.4375
EOF
diff expected seen
echo "as described: excelize 2.11.1 with the Korean culture writes 2026 as 4359"
