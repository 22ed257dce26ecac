package refunds

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"daesa/internal/table"
)

// TestRowsThatAFilterHidesAreNotRefunded: a person filters a sheet down to what
// is to be refunded, checks what is left to see, and saves. What can be seen is
// still looked up, and nothing is taken of a file with faults.
func TestRowsThatAFilterHidesAreNotRefunded(t *testing.T) {
	got, err := ReadFile("testdata/filtered_row.xlsx", oneShop)
	var faults table.Faults
	if !errors.As(err, &faults) || len(got.Rows) != 1 || got.Rows[0].Line != 2 || len(faults) != 1 || faults[0].Line != 3 || !strings.Contains(faults[0].Reason, "hides this row") {
		t.Errorf("%+v %v", got, err)
	}
}

// TestWhatExcelHidesIsRefusedInEveryFileOfPeople: rows and columns, in refund
// and in account files; a hidden sheet is passed over.
func TestWhatExcelHidesIsRefusedInEveryFileOfPeople(t *testing.T) {
	refundRows := [][]any{{"order_id", "amount", "reason", "memo"}, {"o1", 1000, "x", ""}, {"o2", 1000, "x", ""}}
	accountRows := [][]any{{"order_id", "bank", "account_number", "holder_name"}, {"o1", "06", "1102345", "김토스"}, {"o2", "06", "1102346", "김토스"}}
	for name, c := range map[string]struct {
		hide func(book *excelize.File) error
		want string
	}{
		"nothing": {func(*excelize.File) error { return nil }, ""},
		"a row":   {func(b *excelize.File) error { return b.SetRowVisible("Sheet1", 3, false) }, "f:3: Excel hides this row"},
		"a row without height": {func(b *excelize.File) error { return b.SetRowHeight("Sheet1", 2, 0) },
			"f:2: Excel hides this row"},
		"a blank row":   {func(b *excelize.File) error { return b.SetRowVisible("Sheet1", 9, false) }, ""},
		"a column":      {func(b *excelize.File) error { return b.SetColVisible("Sheet1", "B:C", false) }, "Excel hides the columns B ("},
		"the header":    {func(b *excelize.File) error { return b.SetRowVisible("Sheet1", 1, false) }, "Excel hides the columns A (order_id), B ("},
		"a column of 0": {func(b *excelize.File) error { return b.SetColWidth("Sheet1", "D", "D", 0) }, "Excel hides the columns D ("},
		"no column of the table": {func(b *excelize.File) error { return b.SetColVisible("Sheet1", "H:XFD", false) },
			""},
		"a sheet in front": {func(b *excelize.File) error {
			if _, err := b.NewSheet("old"); err != nil {
				return err
			}
			return errors.Join(b.SetCellValue("old", "A1", "order_id"), b.MoveSheet("old", "Sheet1"), b.SetSheetVisible("old", false))
		}, ""},
	} {
		for file, rows := range map[string][][]any{"refunds": refundRows, "accounts": accountRows} {
			path := filepath.Join(t.TempDir(), "f.xlsx")
			book := excelize.NewFile()
			for i, row := range rows {
				cell, _ := excelize.CoordinatesToCellName(1, i+1)
				if err := book.SetSheetRow("Sheet1", cell, &row); err != nil {
					t.Fatal(err)
				}
			}
			if err := errors.Join(c.hide(book), book.SaveAs(path)); err != nil {
				t.Fatal(err)
			}
			var err error
			if file == "refunds" {
				_, err = ReadFile(path, oneShop)
			} else {
				_, err = ReadAccounts(path, oneShop)
			}
			if got := said(err, path); (c.want == "") != (err == nil) || !strings.Contains(got, c.want) {
				t.Errorf("%s, %s: %q, want %q", file, name, got, c.want)
			}
		}
	}
}

// TestAHolderInDecomposedHangulIsStoredAsPeopleWriteIt: files of a Mac have
// syllables in pieces, and a bank compares names byte by byte.
func TestAHolderInDecomposedHangulIsStoredAsPeopleWriteIt(t *testing.T) {
	const kim, kookmin, all, reason = "\u1100\u1175\u11b7\u1110\u1169\u1109\u1173", "\u1100\u116e\u11a8\u1106\u1175\u11ab", "\u110c\u1165\u11ab\u110b\u1162\u11a8", "\u1107\u1161\u11ab\u1111\u116e\u11b7"
	path := refundFile(t, "a.csv", "order_id,bank,account_number,holder_name\nV-0001,"+kookmin+",110123456789,"+kim+"\n")
	accounts, err := ReadAccounts(path, oneShop)
	if err != nil || accounts.Rows[0].Account.Holder != "김토스" || accounts.Rows[0].Account.Bank != "06" {
		t.Errorf("%+v %v", accounts.Rows, err)
	}
	path = refundFile(t, "r.csv", "order_id,amount,reason,bank,account_number,holder_name,ref\n"+"o-"+kim+","+all+","+reason+","+kookmin+",110123456789,"+kim+",r-"+kim+"\n")
	batch, err := ReadFile(path, oneShop)
	if err != nil {
		t.Fatal(err)
	}
	row := batch.Rows[0]
	if !row.All || row.Reason != "반품" || row.Account.Holder != "김토스" || row.OrderID != "o-"+kim || row.Ref != "r-"+kim {
		t.Errorf("%+v", row)
	}
	account, err := ReadAccount(strings.NewReader(`{"bank": "` + kookmin + `", "account_number": "110123456789", "holder_name": "` + kim + `"}`))
	if err != nil || account.Holder != "김토스" || account.Bank != "06" {
		t.Errorf("%+v %v", account, err)
	}
}

// TestAGuardedIDIsItself: programs write ="2026..." to keep Excel from making a
// number of an id.
func TestAGuardedIDIsItself(t *testing.T) {
	path := refundFile(t, "r.csv", "order_id,amount,reason,ref\n=\"00123\",\"1,000\",x,\"=\"\"r-1\"\"\"\n=\"00124\",1000원,x,=\"\"\n")
	batch, err := ReadFile(path, oneShop)
	if err == nil {
		if got := batch.Rows; got[0].OrderID != "00123" || got[0].Ref != "r-1" || got[1].OrderID != "00124" || got[1].Ref != "" {
			t.Errorf("%+v", got)
		}
	} else {
		t.Error(err)
	}
}

// Under a cell that was merged over two rows some programs keep the second value:
// 40,000 was refunded of which the sheet showed 1,000.
func TestWhatAMergedCellCoversIsRefused(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range [][]any{{"order_id", "amount", "reason", "ref"}, {"A-1", 1000, "x", "m1"}, {"A-2", 40000, "x", "m2"}, {"A-3", 2000, "x", "m3"}} {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	plain, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "merged.xlsx")
	merge(t, plain.Bytes(), path, `<mergeCells count="1"><mergeCell ref="B2:B3"/></mergeCells>`)
	_, err = ReadFile(path, oneShop)
	var faults table.Faults
	if !errors.As(err, &faults) || len(faults) != 1 || faults[0].Line != 3 || !strings.Contains(faults[0].Reason, "a merged cell lies over B (amount)") {
		t.Errorf("%v", err)
	}
	merge(t, plain.Bytes(), path, `<mergeCells count="1"><mergeCell ref="F2:G9"/></mergeCells>`)
	if _, err = ReadFile(path, oneShop); err != nil {
		t.Errorf("merged cells that cover nothing: %v", err)
	}
}

// merge writes a workbook again with merged cells in its sheet; excelize itself
// would clear what they cover.
func merge(t *testing.T, book []byte, path, merged string) {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	var buffer bytes.Buffer
	out := zip.NewWriter(&buffer)
	for _, part := range in.File {
		r, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if part.Name == "xl/worksheets/sheet1.xml" {
			content = bytes.Replace(content, []byte("</sheetData>"), []byte("</sheetData>"+merged), 1)
		}
		w, err := out.Create(part.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(out.Close(), os.WriteFile(path, buffer.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
}
