package table

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

func TestABookIsReadAsItIsStored(t *testing.T) {
	f := excelize.NewFile()
	for ref, value := range map[string]any{"A1": "이름", "C1": 12.5, "A3": true, "B3": "00123", "C3": "가나"} {
		if err := f.SetCellValue("Sheet1", ref, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SetCellFormula("Sheet1", "D3", "SUM(C1:C1)"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.NewSheet("숨김"); err != nil {
		t.Fatal(err)
	}
	if err := f.SetSheetVisible("숨김", false); err != nil {
		t.Fatal(err)
	}
	var content bytes.Buffer
	if err := f.Write(&content); err != nil {
		t.Fatal(err)
	}
	b, err := OpenBook("book.xlsx", bytes.NewReader(content.Bytes()), int64(content.Len()), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Sheets(); !slices.Equal(got, []string{"Sheet1", "숨김"}) {
		t.Errorf("sheets %q", got)
	}
	var got []string
	for row, err := range b.Rows("Sheet1") {
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range row.Cells {
			if c != (Stored{}) {
				got = append(got, fmt.Sprintf("%d/%d %s number=%v live=%v formula=%s", row.Line, i, c.Text, c.Number, c.Live, c.Formula))
			}
		}
	}
	if diff := cmp.Diff([]string{
		"1/0 이름 number=false live=false formula=", "1/2 12.5 number=true live=false formula=",
		"3/0 1 number=false live=false formula=", "3/1 00123 number=false live=false formula=", "3/2 가나 number=false live=false formula=",
		"3/3  number=false live=true formula=SUM(C1:C1)",
	}, got); diff != "" {
		t.Error(diff)
	}
	for _, err := range b.Rows("nothing") {
		if err == nil {
			t.Error("a sheet that is not there has rows")
		}
	}
	if _, err := OpenBook("book.xlsx", bytes.NewReader(content.Bytes()), int64(content.Len()), Limits{Entries: 3}); err == nil {
		t.Error("more parts than are allowed were read")
	}
}
