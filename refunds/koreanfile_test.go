package refunds

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"daesa/internal/table"
	"daesa/pay"
)

// workbookOf writes rows into the sheets of a workbook, in the order of the names.
func workbookOf(t testing.TB, password string, names []string, sheets ...[][]any) string {
	t.Helper()
	book := excelize.NewFile()
	for n, name := range names {
		var err error
		if n == 0 {
			err = book.SetSheetName("Sheet1", name)
		} else {
			_, err = book.NewSheet(name)
		}
		for i, row := range sheets[n] {
			cell, _ := excelize.CoordinatesToCellName(1, i+1)
			err = errors.Join(err, book.SetSheetRow(name, cell, &row))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "환불.xlsx")
	if err := book.SaveAs(path, excelize.Options{Password: password}); err != nil {
		t.Fatal(err)
	}
	return path
}

// koreanRows are a refund file as a person in a shop makes it.
var koreanRows = [][]any{
	{"11월 환불 요청"},
	{"작성: 고객센터", nil, "2026-11-28"},
	{},
	{"순번", "주문번호", "환불금액(원)", "면세 금액", "취소 사유", "은행", "계좌번호", "예금주명", "참조번호", "비고"},
	{1, "o1", "69,000원", nil, "색상 변경", nil, nil, nil, "r1", "급함"},
	{2, "o2", "전액", nil, "품절", "국민은행", "110-234-567890", "김토스", nil, nil},
	{3, "o3", 12000, 2000, "부분 반품", nil, nil, nil, "r3", nil},
}

var koreanWant = []Asking{
	{MID: "shop", OrderID: "o1", Amount: "69,000원", Reason: "색상 변경", Ref: "r1", Line: 5},
	{MID: "shop", OrderID: "o2", All: true, Reason: "품절", Line: 6, Account: &pay.RefundAccount{Bank: "06", Number: "110234567890", Holder: "김토스"}},
	{MID: "shop", OrderID: "o3", Amount: "12000", TaxFree: "2000", Reason: "부분 반품", Ref: "r3", Line: 7},
}

var accountsCompared = cmp.Comparer(func(a, b pay.RefundAccount) bool { return a == b })

// TestARefundFileIsReadAsPeopleMakeIt: Korean titles below a heading, amounts as
// they are written, another sheet, a password.
func TestARefundFileIsReadAsPeopleMakeIt(t *testing.T) {
	path := workbookOf(t, "", []string{"환불"}, koreanRows)
	got, err := ReadFile(path, oneShop)
	if err != nil || !slices.Equal(got.Unknown, []string{"순번", "비고"}) {
		t.Fatal(got.Unknown, err)
	}
	if diff := cmp.Diff(koreanWant, got.Rows, accountsCompared); diff != "" {
		t.Error(diff)
	}
	path = workbookOf(t, "열려라", []string{"안내", "환불"}, [][]any{{"이 파일은"}}, koreanRows)
	chosen := oneShop
	chosen.Sheet, chosen.Password = "환불", "열려라"
	got, err = ReadFile(path, chosen)
	if err != nil || len(got.Rows) != 3 || !slices.Equal(got.Unread, []string{"안내"}) {
		t.Errorf("%+v %v", got.Unread, err)
	}
	chosen.Password = "닫혀라"
	if _, err = ReadFile(path, chosen); err == nil || strings.Contains(err.Error(), "닫혀라") || !strings.Contains(err.Error(), filepath.Base(path)) {
		t.Error("a wrong password:", err)
	}
	if _, err := ReadFile(path, FileOptions{DefaultMID: "shop", Password: "열려라"}); err == nil || !strings.Contains(err.Error(), "the header lacks") {
		t.Error("the first sheet is no refund file:", err)
	}
}

// TestTwoColumnsForOneAreRefusedInARefundFile: which of the two is meant is for a
// person to say.
func TestTwoColumnsForOneAreRefusedInARefundFile(t *testing.T) {
	for head, want := range map[string]string{
		"주문번호,금액,환불금액,사유\n":          "two columns are the amount: 2 (금액) and 3 (환불금액)",
		"주문번호,환불금액,사유,예금주,예금주명,은행\n": "two columns are the holder_name: 4 (예금주) and 5 (예금주명)",
		"주문번호,금액,금액,사유\n":            `column "금액" stands twice, as 2 and as 3`,
		"주문번호,order_id,금액,사유\n":      "two columns are the order_id: 1 (주문번호) and 2 (order_id)",
	} {
		_, err := ReadFile(refundFile(t, "r.csv", head+"o,1,1,x,,\n"), oneShop)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", head, err)
		}
	}
}

// TestAHeaderThatStandsTwiceIsNoRow: two lists that were put below one another
// have theirs in the middle.
func TestAHeaderThatStandsTwiceIsNoRow(t *testing.T) {
	path := refundFile(t, "r.csv", "주문번호,금액,사유,참조번호\no1,1000,x,a\n주문번호,금액,사유,참조번호\no2,1000,x,b\n")
	batch, err := ReadFile(path, oneShop)
	if want := `f:3: column "금액": "금액": is not a plain number, such as 10000 or 10,000`; said(err, path) != want || len(batch.Rows) != 2 {
		t.Errorf("%+v %v", batch.Rows, err)
	}
}

// TestATotalIsCheckedAndNoRefund: a last row that begins with 합계 is the sum of
// the others; by a formula, too, of which the stored result counts.
func TestATotalIsCheckedAndNoRefund(t *testing.T) {
	const head = "주문번호,금액,사유,참조번호\n"
	for name, c := range map[string]struct{ rows, want string }{
		"it ties":                   {"o1,\"1,000\",x,a\no2,2000원,x,b\n합계,\"3,000원\",,\n", ""},
		"in hundredths":             {"o1,0.10,x,a\no2,0.20,x,b\n총계,0.30,,\n", ""},
		"behind a count":            {"o1,1000,x,a\n합계 1건,1000,,\n", ""},
		"without a number":          {"o1,1000,x,a\n소계,,,\n", ""},
		"it does not":               {"o1,1000,x,a\no2,2000,x,b\n합계,2999,,\n", `f:4: column "금액": "2999": is not the sum of the rows, which is 3000`},
		"no number":                 {"o1,1000,x,a\n합계,천원,,\n", `f:3: column "금액": "천원": is no sum that can be read`},
		"a bad row is in it":        {"o1,1000,,a\no2,2000,x,b\n합계,3000,,\n", `f:2: column "사유": is empty`},
		"a reason begins like one":  {"o1,1000,합계가 다름,a\n", ""},
		"not the last row":          {"o1,1000,x,a\n소계,1000,,\no2,2000,x,b\n합계,3000,,\n", "f:3: begins as a total does, and is not the last row"},
		"an amount nobody can read": {"o1,10.000,x,a\n합계,10000,,\n", `f:2: column "금액": "10.000": has three digits`},
	} {
		path := refundFile(t, "r.csv", head+c.rows)
		batch, err := ReadFile(path, oneShop)
		var amounts []string
		unknown := 0
		for _, row := range slices.Concat(batch.Rows, batch.Faulty) {
			if reason := amountReason(row.Amount, true); reason != fine {
				unknown++
				continue
			}
			amounts = append(amounts, row.Amount)
		}
		got := said(err, path)
		if total, _ := batch.CheckTotal(amounts, unknown); total != nil {
			got += strings.ReplaceAll(total.Error(), path, "f")
			inKorean(t, table.Faults{total})
		}
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestARefundThatBeginsLikeATotalIsOne: a row that names a payment is a refund,
// whatever its first cell begins with.
func TestARefundThatBeginsLikeATotalIsOne(t *testing.T) {
	batch, err := ReadFile(refundFile(t, "r.csv", "사유,주문번호,금액,참조번호\n합계 착오,o1,1000,a\n총계란 파손,o2,2000,b\n"), oneShop)
	if err != nil || len(batch.Rows) != 2 || batch.Total != nil {
		t.Errorf("%+v %v", batch, err)
	}
}

// TestATotalByAFormulaIsCompared in each container that has formulas.
func TestATotalByAFormulaIsCompared(t *testing.T) {
	book := excelize.NewFile()
	for i, row := range [][]any{{"주문번호", "금액", "사유", "참조번호"}, {"o1", 1000, "x", "a"}, {"o2", 2000, "x", "b"}, {"합계"}} {
		cell, _ := excelize.CoordinatesToCellName(1, i+1)
		if err := book.SetSheetRow("Sheet1", cell, &row); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "r.xlsx")
	for result, want := range map[int]bool{3000: true, 2000: false} {
		if err := errors.Join(book.SetCellValue("Sheet1", "B4", result), book.SetCellFormula("Sheet1", "B4", "SUM(B2:B3)"), book.SaveAs(path)); err != nil {
			t.Fatal(err)
		}
		batch, err := ReadFile(path, oneShop)
		if err != nil || batch.Total == nil {
			t.Fatal(batch.Total, err)
		}
		if total, compared := batch.CheckTotal([]string{"1000", "2000"}, 0); !compared || (total == nil) != want {
			t.Errorf("%d: %v %v", result, total, batch.Total)
		}
	}
	if err := errors.Join(book.SetCellValue("Sheet1", "B4", nil), book.SetCellFormula("Sheet1", "B4", "SUM(B2:B3)"), book.SaveAs(path)); err != nil {
		t.Fatal(err)
	}
	batch, err := ReadFile(path, oneShop)
	if err != nil {
		t.Fatal(err)
	}
	if total, _ := batch.CheckTotal([]string{"1000", "2000"}, 0); total == nil || !strings.Contains(total.Reason, "never reckoned") {
		t.Error("a formula without a value passes for a total:", total)
	}
}

// TestATotalWithAnUnknownAmountIsNotCompared: of 전액 nobody knows the number
// before the look-up.
func TestATotalWithAnUnknownAmountIsNotCompared(t *testing.T) {
	batch, err := ReadFile(refundFile(t, "r.csv", "주문번호,금액,사유,참조번호\no1,전액,x,a\n합계,1000,,\n"), oneShop)
	if err != nil {
		t.Fatal(err)
	}
	if total, compared := batch.CheckTotal(nil, 1); total != nil || compared {
		t.Error(total, compared)
	}
	if total, compared := batch.CheckTotal([]string{"999"}, 0); total == nil || !compared {
		t.Error(total, compared)
	}
}

// TestAHiddenTotalIsRefused like any hidden row.
func TestAHiddenTotalIsRefused(t *testing.T) {
	path := workbookOf(t, "", []string{"환불"}, [][]any{{"주문번호", "금액", "사유", "참조번호"}, {"o1", 1000, "x", "a"}, {"합계", 1000}})
	book, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(book.SetRowVisible("환불", 3, false), book.Save()); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(path, oneShop); !strings.Contains(said(err, path), "f:3: Excel hides this row") {
		t.Error(err)
	}
}

// TestAnAccountFileHasKoreanTitles, too.
func TestAnAccountFileHasKoreanTitles(t *testing.T) {
	path := workbookOf(t, "", []string{"계좌"}, [][]any{{"환불계좌"}, {}, {"주문번호", "은행", "계좌번호", "예금주"}, {"o1", "국민", "110234567890", "김토스"}})
	got, err := ReadAccounts(path, oneShop)
	if err != nil || len(got.Rows) != 1 || got.Rows[0].OrderID != "o1" || got.Rows[0].Account.Bank != "06" || got.Rows[0].Line != 4 {
		t.Errorf("%+v %v", got.Rows, err)
	}
}

// TestWhatDaesaSaidIsNoColumn of a file that is brought again, nor is the guide of
// an empty one a sheet that was forgotten.
func TestWhatDaesaSaidIsNoColumn(t *testing.T) {
	path := workbookOf(t, "", []string{"환불 요청", GuideSheets[Korean]}, [][]any{{"주문번호", "금액", "사유", "참조번호", ResultTitles[Korean]}, {"o1", 1000, "x", "a", "제외 · 금액"}}, [][]any{{"열"}})
	got, err := ReadFile(path, oneShop)
	if err != nil || len(got.Unknown) > 0 || len(got.Unread) > 0 || len(got.Rows) != 1 {
		t.Errorf("%+v %v", got, err)
	}
}

// TestEveryReasonFromBelowIsInTheCatalogue reads the rooms that say in English
// alone what is wrong with a cell, and finds each of their sentences.
func TestEveryReasonFromBelowIsInTheCatalogue(t *testing.T) {
	found := map[string]bool{}
	for _, c := range []struct{ files, pattern string }{
		{"../internal/table/*.go", `reason: "([^"]+)"`},
		{"../internal/table/sheet.go", `reasonFormula = "([^"]+)"`},
		{"../internal/table/number.go", `return "", "([^"]+)"`},
		{"../pay/amount.go", `return "", won, "([^"]+)"`},
		{"../pay/bank.go", `AccountError\{"\w+", "([^"]+)"\}`},
		{"../pay/bank.go", `reason = "([^"]+)"`},
		{"*.go", `translated\("([^"]+)"\)`},
		{"filerows.go", `fault\.Reason = "([^"]+)"`},
	} {
		names, err := filepath.Glob(c.files)
		if err != nil || len(names) == 0 {
			t.Fatal(c.files, err)
		}
		count := 0
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := os.ReadFile(name) //nolint:gosec // our own source
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range regexp.MustCompile(c.pattern).FindAllStringSubmatch(string(text), -1) {
				count++
				found[match[1]] = true
				if korean[match[1]] == "" {
					t.Errorf("%s: %q has no Korean", name, match[1])
				}
			}
		}
		if count == 0 {
			t.Errorf("%s: nothing is found by %s", c.files, c.pattern)
		}
	}
	for english := range korean {
		if !found[english] {
			t.Errorf("nobody says %q any more", english)
		}
	}
}
