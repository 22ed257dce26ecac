package voucherfile_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/korean"

	"daesa/internal/hint"
	"daesa/pay"
	"daesa/reports/voucherfile"
	"daesa/settle"
)

const month = settle.Month("2026-11")

var at = time.Date(2026, 12, 10, 9, 0, 0, 0, pay.Seoul)

func chart() settle.Chart {
	return settle.Chart{Receivable: "108 외상매출금", Bank: "103 보통예금", Fee: "831 수수료비용", FeeVAT: "135 부가세대급금",
		SalesVAT: "255 부가세예수금", Suspense: "257 가수금", OtherIncome: "930 잡이익", Partner: "00123 토스페이먼츠"}
}

// entries are the vouchers of a fee and of a payout.
func entries(c pay.Currency) []settle.Entry {
	return settle.Vouchers(settle.Journal{Month: month, Currency: c,
		Fees:     []settle.FeesOf{{Day: "2026-11-03", Fee: 1_234_567, FeeVAT: 123_457}},
		Deposits: []settle.Deposit{{Line: settle.Line{Day: "2026-11-05", Amount: 50_000_000}, Kind: settle.DepositPayout}},
	}, chart())
}

// saved writes vouchers and gives the file's bytes.
func saved(t *testing.T, name string, of []settle.Entry, o voucherfile.Options) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	o.At = at
	if err := voucherfile.SaveVouchers(path, month, of, o); err != nil {
		t.Fatal(err)
	}
	return content(t, path)
}

func content(t *testing.T, path string) []byte {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// records are the rows of a CSV.
func records(t *testing.T, body []byte) [][]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// cells are the rows of a workbook's sheet, as the cells hold them.
func cells(t *testing.T, body []byte, sheet string) [][]string {
	t.Helper()
	file, err := excelize.OpenReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := file.GetRows(sheet, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(file.GetSheetList(), err)
	}
	return rows
}

func TestAVoucherFileHasItsHeaderFirstAndTheColumnsOfTheNeutralTable(t *testing.T) {
	body := saved(t, "v.csv", entries(pay.KRW), voucherfile.Options{})
	if !bytes.HasPrefix(body, []byte("\xEF\xBB\xBF전표일자,전표번호,")) || bytes.Count(body, []byte("\r\n")) != 6 || bytes.Count(body, []byte("\n")) != 6 {
		t.Errorf("%q", body)
	}
	rows := records(t, body)
	want := [][]string{
		settle.VoucherColumns,
		{"2026-11-03", "20261103-0001", "1", "차변", "831", "수수료비용", "00123", "토스페이먼츠", "1234567", "PG수수료", "세금계산서", ""},
		{"2026-11-03", "20261103-0001", "2", "차변", "135", "부가세대급금", "00123", "토스페이먼츠", "123457", "PG수수료 부가세", "세금계산서", ""},
		{"2026-11-03", "20261103-0001", "3", "대변", "108", "외상매출금", "00123", "토스페이먼츠", "1358024", "PG수수료 차감", "", ""},
		{"2026-11-05", "20261105-0001", "1", "차변", "103", "보통예금", "00123", "토스페이먼츠", "50000000", "정산금 입금", "", ""},
		{"2026-11-05", "20261105-0001", "2", "대변", "108", "외상매출금", "00123", "토스페이먼츠", "50000000", "정산금 입금", "", ""},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
}

func TestTheConfigurationChoosesColumnsAndTheirOrder(t *testing.T) {
	rows := records(t, saved(t, "v.csv", entries(pay.KRW), voucherfile.Options{Columns: []string{settle.ColumnDebit, settle.ColumnCredit, settle.ColumnCode, settle.ColumnDay}}))
	if diff := cmp.Diff([][]string{{"차변금액", "대변금액", "계정코드", "전표일자"}, {"1234567", "", "831", "2026-11-03"}, {"123457", "", "135", "2026-11-03"}, {"", "1358024", "108", "2026-11-03"}}, rows[:4]); diff != "" {
		t.Error(diff)
	}
}

// A month that is not locked says 가마감 where programs pass it on: in the text of each
// line, or in a column behind the configured ones.
func TestAMonthThatIsNotLockedSaysSo(t *testing.T) {
	for name, test := range map[string]struct {
		columns       []string
		of            []settle.Entry
		header, first []string
	}{
		"in the text of each line": {[]string{settle.ColumnDay, settle.ColumnText}, entries(pay.KRW), []string{"전표일자", "적요"}, []string{"2026-11-03", "(가마감) PG수수료"}},
		"in a column of its own":   {[]string{settle.ColumnDay, settle.ColumnCode}, entries(pay.KRW), []string{"전표일자", "계정코드", "마감상태"}, []string{"2026-11-03", "831", "가마감"}},
		"without any line":         {[]string{settle.ColumnDay, settle.ColumnText}, nil, []string{"전표일자", "적요", "가마감"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			rows := records(t, saved(t, "v.csv", test.of, voucherfile.Options{Columns: test.columns, Provisional: true}))
			if !slices.Equal(rows[0], test.header) || len(test.of) > 0 && !slices.Equal(rows[1], test.first) {
				t.Error(rows)
			}
			rows = cells(t, saved(t, "v.xlsx", test.of, voucherfile.Options{Columns: test.columns, Provisional: true}), "전표 2026-11 가마감")
			if !slices.Equal(rows[0], test.header) || len(rows) != len(test.of)+1 {
				t.Error(rows)
			}
		})
	}
	if body := saved(t, "v.csv", entries(pay.KRW), voucherfile.Options{}); bytes.Contains(body, []byte("가마감")) {
		t.Error("a locked month says 가마감")
	}
}

func TestAWorkbookHasDaysAmountsAndCodesAsWhatTheyAre(t *testing.T) {
	body := saved(t, "v.xlsx", entries(pay.KRW), voucherfile.Options{})
	rows := cells(t, body, "전표 2026-11")
	if !slices.Equal(rows[0], settle.VoucherColumns) || rows[1][0] != "46329" || rows[1][6] != "00123" || rows[1][8] != "1234567" {
		t.Error(rows[:2])
	}
	file, err := excelize.OpenReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for cell, want := range map[string]excelize.CellType{"A2": excelize.CellTypeUnset, "I2": excelize.CellTypeUnset, "E2": excelize.CellTypeInlineString, "G2": excelize.CellTypeInlineString} {
		if kind, _ := file.GetCellType("전표 2026-11", cell); kind != want && !(want == excelize.CellTypeInlineString && kind == excelize.CellTypeSharedString) {
			t.Errorf("%s is of type %d", cell, kind)
		}
	}
	if shown, _ := file.GetCellValue("전표 2026-11", "I2"); shown != "1,234,567" {
		t.Error(shown)
	}
	if shown, _ := file.GetCellValue("전표 2026-11", "A2"); shown != "2026-11-03" {
		t.Error(shown)
	}
}

func TestNoTextOfAVoucherBecomesAFormula(t *testing.T) {
	of := entries(pay.KRW)
	of[0].Account, of[1].Partner, of[2].Text = "=HYPERLINK(\"http://x\")", "+82 토스", "@SUM(A1)\n-1"
	for i, row := range records(t, saved(t, "v.csv", of, voucherfile.Options{}))[1:] {
		for _, cell := range row {
			if strings.HasPrefix(cell, "=") || strings.HasPrefix(cell, "+") || strings.HasPrefix(cell, "@") || strings.HasPrefix(cell, "-") || strings.Contains(cell, "\n") {
				t.Errorf("row %d: %q", i, cell)
			}
		}
	}
	file, err := excelize.OpenReader(bytes.NewReader(saved(t, "v.xlsx", of, voucherfile.Options{})))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, cell := range []string{"F2", "H3", "J4"} {
		formula, _ := file.GetCellFormula("전표 2026-11", cell)
		value, _ := file.GetCellValue("전표 2026-11", cell)
		if formula != "" || !strings.HasPrefix(value, "'") {
			t.Errorf("%s: formula %q, value %q", cell, formula, value)
		}
	}
}

func TestACP949FileIsWhatKoreanProgramsRead(t *testing.T) {
	of := entries(pay.KRW)
	of[0].Text = "뷁 수수료" // in CP949, and not in EUC-KR
	body := saved(t, "v.csv", of, voucherfile.Options{Encoding: voucherfile.CP949})
	decoded, err := korean.EUCKR.NewDecoder().Bytes(body)
	if err != nil {
		t.Fatal(err)
	}
	rows := records(t, decoded)
	if !slices.Equal(rows[0], settle.VoucherColumns) || rows[1][9] != "뷁 수수료" || bytes.HasPrefix(body, []byte("\xEF\xBB\xBF")) {
		t.Error(rows[:2])
	}
}

func TestATextThatCP949CannotHoldIsRefusedByName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v.csv")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	of := entries(pay.KRW)
	of[1].Text, of[3].Partner = "수수료 😀", "東京ﬀ"
	err := voucherfile.SaveVouchers(path, month, of, voucherfile.Options{Encoding: voucherfile.CP949})
	var refused *voucherfile.UnwritableError
	if !errors.As(err, &refused) || len(refused.Texts) != 2 || refused.More != 0 {
		t.Fatal(err)
	}
	for _, word := range []string{"적요 of 20261103-0001 line 2", "수수료 😀", "U+1F600", "거래처명 of 20261105-0001 line 1", "U+FB00"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q is not in %q", word, err)
		}
	}
	if !strings.Contains(hint.Of(err), "utf-8") || string(content(t, path)) != "before" {
		t.Errorf("hint %q, file %q", hint.Of(err), content(t, path))
	}
}

func TestEntriesOfAnotherCurrencySayWhichItIs(t *testing.T) {
	rows := records(t, saved(t, "v.csv", slices.Concat(entries(pay.KRW), entries("USD")), voucherfile.Options{}))
	last := len(rows[0]) - 1
	if rows[0][last] != "통화" || rows[1][last] != "KRW" || rows[1][8] != "1234567" || rows[6][last] != "USD" || rows[6][8] != "12345.67" {
		t.Error(rows)
	}
}

func TestAFileThatCannotBeWrittenSoIsRefusedBeforeAnything(t *testing.T) {
	folder := t.TempDir()
	for name, test := range map[string]struct {
		file string
		o    voucherfile.Options
	}{
		"neither a CSV nor a workbook": {"v.txt", voucherfile.Options{}},
		"a workbook in CP949":          {"v.xlsx", voucherfile.Options{Encoding: voucherfile.CP949}},
		"an encoding that is none":     {"v.csv", voucherfile.Options{Encoding: "utf-16"}},
		"a column that is none":        {"v.csv", voucherfile.Options{Columns: []string{"환율"}}},
	} {
		if err := voucherfile.SaveVouchers(filepath.Join(folder, test.file), month, entries(pay.KRW), test.o); err == nil || hint.Of(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, _ := os.ReadDir(folder); len(left) > 0 {
		t.Errorf("%d files are left", len(left))
	}
}

func TestTheSameVouchersGiveTheSameBytes(t *testing.T) {
	for _, name := range []string{"v.csv", "v.xlsx"} {
		if !bytes.Equal(saved(t, name, entries(pay.KRW), voucherfile.Options{}), saved(t, name, entries(pay.KRW), voucherfile.Options{})) {
			t.Error(name)
		}
	}
}
