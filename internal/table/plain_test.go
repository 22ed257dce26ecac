package table

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/unicode"
)

func TestAPlainTextIsReadWholeInEveryEncoding(t *testing.T) {
	const text = ":20:1\n:86:김토스\n"
	for name, content := range map[string]string{
		encodingUTF8: text, encodingUTF8BOM: "\ufeff" + text, encodingCP949: cp949(t, text), encodingUTF16LE: inUTF16(t, unicode.LittleEndian, text),
	} {
		path := filepath.Join(t.TempDir(), "a.txt")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		got, encoding, err := Plain(path, 1000, func(head string) bool { return strings.HasPrefix(head, ":20:") })
		if err != nil || got != text || encoding != name {
			t.Errorf("%s: %q %s %v", name, got, encoding, err)
		}
		if got, _, err := Plain(path, 1000, func(string) bool { return false }); got != "" || err != nil {
			t.Errorf("%s: what is not wanted was read: %q %v", name, got, err)
		}
		var failure *FileError
		if _, _, err := Plain(path, 3, func(string) bool { return true }); !errors.As(err, &failure) {
			t.Errorf("%s: longer than may be: %v", name, err)
		}
	}
}

// TestTheHeadOfAPageGoesOverItsTables: banks put the account and the period into
// a table of their own above the lines.
func TestTheHeadOfAPageGoesOverItsTables(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.xls")
	const page = "<table><tr><td>조회기간<td>2026.11.01 ~ 2026.11.30</tr></table><table><tr><th>거래일시<th>잔액</tr><tr><td>1<td>2</tr></table>"
	if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	_, rows, err := Head(path, Options{}, 30)
	if err != nil || len(rows) != 3 || rows[1].Cells[1] != "잔액" || rows[1].Line != 2 {
		t.Errorf("%+v %v", rows, err)
	}
}

func TestATimeWithoutADateIsATimeOfDay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.xlsx")
	book := excelize.NewFile()
	style, err := book.NewStyle(&excelize.Style{NumFmt: 21})
	if err != nil {
		t.Fatal(err)
	}
	for cell, value := range map[string]any{"A1": "at", "B1": "n", "A2": 0.58512, "B2": 0.5} {
		if err := book.SetCellValue("Sheet1", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(book.SetCellStyle("Sheet1", "A2", "A2", style), book.SaveAs(path)); err != nil {
		t.Fatal(err)
	}
	reader, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	for row, err := range reader.Rows() {
		if _, _, refused := row.Refused(0); err != nil || !refused || row.Clock(0) != "14:02:34" || row.Clock(1) != "" || row.Clock(2) != "" {
			t.Errorf("%q %q %v", row.Clock(0), row.Clock(1), err)
		}
	}
}
