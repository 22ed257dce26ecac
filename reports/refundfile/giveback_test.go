package refundfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"daesa/internal/racing"
	"daesa/internal/table"
	"daesa/pay"
	"daesa/refunds"
)

// peoplesBook is a refund file with all that people put into one: a heading over
// merged cells, looks, widths, a filter, a drop-down, more sheets, a hidden one.
func peoplesBook(t *testing.T, password string) string {
	t.Helper()
	f := excelize.NewFile()
	title, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true, Color: "1F2A44"}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFE699"}}})
	amount, err2 := f.NewStyle(&excelize.Style{NumFmt: 3})
	rule := excelize.NewDataValidation(true)
	rule.SetSqref("C5:C20")
	errs := []error{err, err2, rule.SetDropList([]string{"단순 변심", "품절"}),
		f.SetSheetName("Sheet1", "환불"), f.SetCellStr("환불", "A1", "11월 환불 요청"), f.MergeCell("환불", "A1", "C1"),
		f.SetSheetRow("환불", "A4", &[]any{"주문번호", "환불금액", "사유", nil, "메모"}), f.SetCellStyle("환불", "A4", "E4", title),
		f.SetSheetRow("환불", "A5", &[]any{"o1", 69000, "단순 변심", nil, "=1+1"}), f.SetSheetRow("환불", "A6", &[]any{"o2", 10000, "품절"}),
		f.SetSheetRow("환불", "A7", &[]any{"합계"}), f.SetCellInt("환불", "B7", 79000), f.SetCellFormula("환불", "B7", "SUM(B5:B6)"),
		f.SetCellStyle("환불", "B5", "B7", amount), f.SetColWidth("환불", "A", "A", 31), f.SetColWidth("환불", "F", "XFD", 5), f.SetRowHeight("환불", 4, 33),
		f.AutoFilter("환불", "A4:E6", nil), f.AddDataValidation("환불", rule),
		f.SetPanes("환불", &excelize.Panes{Freeze: true, YSplit: 4, TopLeftCell: "A5", ActivePane: "bottomLeft"})}
	for _, name := range []string{"메모", "숨김"} {
		_, err := f.NewSheet(name)
		errs = append(errs, err, f.SetCellStr(name, "B2", "그대로"), f.SetColWidth(name, "B", "B", 44))
	}
	path := filepath.Join(t.TempDir(), "환불.xlsx")
	errs = append(errs, f.SetSheetVisible("숨김", false), f.SaveAs(path, excelize.Options{Password: password}))
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return path
}

var remarks = []Remark{
	{Line: 5, State: refunds.StateRequested, CancelBy: time.Date(2026, 11, 30, 14, 59, 59, 0, time.UTC), Warning: refunds.Said{Korean: "카드사가 거절할 수 있습니다", English: "may be refused"}},
	{Line: 6, Refused: []Refusal{{"주문번호", refunds.Said{Korean: "토스에 이 주문번호의 결제가 없습니다", English: "Toss has no payment with this order number"}},
		{"", refunds.Said{Korean: "=숨겨진 행", English: "hidden"}}}},
	{Line: 7, Total: true},
}

// givenBack reads a refund file and gives it back.
func givenBack(t *testing.T, path, password, language string, list []Remark) string {
	t.Helper()
	batch, err := refunds.ReadFile(path, refunds.FileOptions{DefaultMID: "m", Password: password})
	var faults table.Faults
	if err != nil && !errors.As(err, &faults) {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out.xlsx")
	if err := SaveBack(out, GiveBack{Source: path, Layout: batch.Layout, Password: password, Language: language, Plan: true, Remarks: list}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(out)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	return out
}

// looks tells all that a sheet is, but for one column.
func looks(t *testing.T, f *excelize.File, sheet, without string) map[string]string {
	t.Helper()
	seen := map[string]string{}
	for row := 1; row <= 9; row++ {
		height, _ := f.GetRowHeight(sheet, row)
		seen[fmt.Sprint("height ", row)] = fmt.Sprint(height)
		for _, letter := range strings.Split("ABCDEFGH", "") {
			if letter == without {
				continue
			}
			cell := fmt.Sprint(letter, row)
			value, _ := f.GetCellValue(sheet, cell)
			formula, _ := f.GetCellFormula(sheet, cell)
			id, _ := f.GetCellStyle(sheet, cell)
			style, _ := f.GetStyle(id)
			width, _ := f.GetColWidth(sheet, letter)
			seen[cell] = fmt.Sprintf("%q %q %v %v %v", value, formula, width, style.NumFmt, style.Fill)
		}
	}
	merged, _ := f.GetMergeCells(sheet)
	rules, _ := f.GetDataValidations(sheet)
	panes, _ := f.GetPanes(sheet)
	visible, _ := f.GetSheetVisible(sheet)
	seen["rest"] = fmt.Sprint(merged, len(rules), panes.YSplit, visible)
	return seen
}

// TestTheFileComesBackAsItWas: looks, widths, other sheets, formulas, the filter;
// beside the rows, in a column that was free, stands what daesa says, all of it to
// be seen: a row whose remark takes two lines is made high enough.
func TestTheFileComesBackAsItWas(t *testing.T) {
	t.Parallel()
	path := peoplesBook(t, "")
	out := givenBack(t, path, "", "ko", remarks)
	was, err := excelize.OpenFile(path)
	is, err2 := excelize.OpenFile(out)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(was.GetSheetList(), is.GetSheetList()); diff != "" {
		t.Error(diff)
	}
	for _, sheet := range was.GetSheetList() {
		before, after := looks(t, was, sheet, "F"), looks(t, is, sheet, "F")
		if sheet == "환불" {
			if after["height 5"] != "30" {
				t.Errorf("the row with the longest remark is %s high", after["height 5"])
			}
			delete(before, "height 5")
			delete(after, "height 5")
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Error(sheet, diff)
		}
	}
	want := map[string]string{
		"F4": "daesa 확인 결과",
		"F5": "문제 없음 · 아직 요청되지 않음 · 취소기한 2026-11-30 23:59:59 KST · 카드사가 거절할 수 있습니다",
		"F6": "제외 · 주문번호: 토스에 이 주문번호의 결제가 없습니다 / =숨겨진 행",
		"F7": "합계 일치", "F1": "", "F8": "", "G6": "",
	}
	for cell, text := range want {
		if got, err := is.GetCellValue("환불", cell); got != text || err != nil {
			t.Errorf("%s: %q %v", cell, got, err)
		}
	}
	if width, _ := is.GetColWidth("환불", "F"); width != remarkWidth {
		t.Error(width)
	}
	if width, _ := is.GetColWidth("환불", "G"); width != 5 {
		t.Error("the next column's width:", width)
	}
	above, _ := is.GetCellStyle("환불", "E4")
	if style, _ := is.GetCellStyle("환불", "F4"); style != above {
		t.Error("the title has another look than the titles beside it")
	}
	if kind, _ := is.GetCellType("환불", "F6"); kind == excelize.CellTypeFormula {
		t.Error("a remark became a formula")
	}
}

// TestASecondRoundWritesIntoTheSameColumn: what daesa said before is said anew.
func TestASecondRoundWritesIntoTheSameColumn(t *testing.T) {
	racing.Skip(t, "workbooks, one after the other")
	t.Parallel()
	first := givenBack(t, peoplesBook(t, ""), "", "ko", remarks)
	second := givenBack(t, first, "", "ko", []Remark{{Line: 6, State: refunds.StateRequested, Known: true}})
	f, err := excelize.OpenFile(second)
	if err != nil {
		t.Fatal(err)
	}
	for cell, want := range map[string]string{"F4": "daesa 확인 결과", "F6": "이미 요청됨 · 결재 대기", "F5": "", "G4": "", "G6": ""} {
		if got, _ := f.GetCellValue("환불", cell); got != want {
			t.Errorf("%s: %q, want %q", cell, got, want)
		}
	}
}

// TestALockedFileComesBackLocked by the same password, since it has accounts.
func TestALockedFileComesBackLocked(t *testing.T) {
	racing.Skip(t, "workbooks, one after the other")
	t.Parallel()
	out := givenBack(t, peoplesBook(t, "열려라"), "열려라", "en", remarks)
	if _, err := excelize.OpenFile(out); err == nil {
		t.Error("it opens without a password")
	}
	f, err := excelize.OpenFile(out, excelize.Options{Password: "열려라"})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := f.GetCellValue("환불", "F6"); got != "Not taken · 주문번호: Toss has no payment with this order number / hidden" {
		t.Error(got)
	}
	if got, _ := f.GetCellValue("환불", "F4"); got != "daesa says" {
		t.Error(got)
	}
}

// TestAFileThatIsNoWorkbookComesBackAsOne: its rows as texts, from the heading on.
func TestAFileThatIsNoWorkbookComesBackAsOne(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"r.csv": "11월 환불,,\n\n주문번호,환불금액,사유\n=\"0012\",\"1,000\",=1+1\no2,x\no3,\"10,00\",품절\n",
		"r.xls": "<html><meta charset=utf-8><table><tr><td colspan=3>11월 환불</td></tr><tr></tr><tr><th>주문번호<th>환불금액<th>사유</tr><tr><td>0012<td>1,000<td>=1+1</tr><tr><td>o2<td>x<td></tr><tr><td>o3<td>10,00<td>품절</tr></table></html>",
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		out := givenBack(t, path, "", "ko", []Remark{{Line: 4, State: refunds.StateRequested}, {Line: 5, Refused: []Refusal{{"", refunds.Said{Korean: "칸 수"}}}}, {Line: 6, Refused: []Refusal{{"환불금액", refunds.Said{Korean: "쉼표"}}}}})
		f, err := excelize.OpenFile(out)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := f.GetRows("Sheet1")
		if err != nil {
			t.Fatal(err)
		}
		want := [][]string{{"11월 환불"}, {"주문번호", "환불금액", "사유", "daesa 확인 결과"}, {"0012", "1,000", "=1+1", "문제 없음 · 아직 요청되지 않음"}, {"o2", "x", "", "제외 · 칸 수"}, {"o3", "10,00", "품절", "제외 · 환불금액: 쉼표"}}
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if kind, _ := f.GetCellType("Sheet1", "C3"); kind == excelize.CellTypeFormula {
			t.Error("a text became a formula")
		}
	}
}

// TestTheEmptyFileIsTakenAsItIs: its titles are those that an import looks for,
// and every bank that it offers is one that Toss knows.
func TestTheEmptyFileIsTakenAsItIs(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"ko", "en"} {
		path := filepath.Join(t.TempDir(), "form.xlsx")
		if err := SaveForm(path, lang, time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
		if _, err := refunds.ReadFile(path, refunds.FileOptions{DefaultMID: "m"}); err == nil || !strings.Contains(err.Error(), "has no rows under its header") {
			t.Error(err)
		}
		f, err := excelize.OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sheet := f.GetSheetName(0)
		if err := f.SetSheetRow(sheet, "A2", &[]any{"20261128000000000001", "", 69000, "", "품절", "", "", "", "r1"}); err != nil {
			t.Fatal(err)
		}
		if err := f.Save(); err != nil {
			t.Fatal(err)
		}
		batch, err := refunds.ReadFile(path, refunds.FileOptions{DefaultMID: "m"})
		if err != nil || len(batch.Rows) != 1 || batch.Rows[0].Ref != "r1" || len(batch.Unknown)+len(batch.Unread) > 0 {
			t.Errorf("%+v %v", batch, err)
		}
		guide := f.GetSheetName(1)
		rows, err := f.GetRows(guide)
		if err != nil {
			t.Fatal(err)
		}
		banks := rows[len(formColumns)+4:]
		if len(banks) != len(pay.Banks()) {
			t.Fatal(len(banks))
		}
		for _, row := range banks {
			if code, err := pay.ParseBank(row[0]); err != nil || code != row[1] {
				t.Errorf("%q: %q %v", row, code, err)
			}
		}
		rules, err := f.GetDataValidations(sheet)
		if err != nil || len(rules) != len(formColumns) {
			t.Errorf("%d %v", len(rules), err)
		}
		for _, rule := range rules {
			if strings.HasPrefix(rule.Sqref, "F") && rule.Formula1 != fmt.Sprintf("'%s'!$A$15:$A$%d", guide, 14+len(banks)) {
				t.Error(rule.Formula1)
			}
		}
	}
}
