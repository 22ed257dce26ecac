package refunds

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"daesa/internal/table"
	"daesa/pay"
)

var (
	oneShop  = FileOptions{MIDs: []string{"shop"}, DefaultMID: "shop"}
	twoShops = FileOptions{MIDs: []string{"shop", "outlet"}}
)

func refundFile(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// said is the error of reading a file, whose path is f.
func said(err error, path string) string {
	if err == nil {
		return ""
	}
	return strings.ReplaceAll(err.Error(), path, "f")
}

func TestReadFile(t *testing.T) {
	content := "\ufeffOrder_ID,mid,payment_key,amount,tax_free_amount,reason,bank,account_number,holder_name,ref,memo\n" +
		"o1,,,10000,,색상 변경,,,,r1,x\n" +
		"\n" +
		"o2,shop,k2,전액,, 품절 ,국민은행,110-234-567890, 김토스 ,,\n" +
		",,k3, ALL ,,품절,,,,,\n" +
		"o1,,,181.56,0,\"a, b\",,,,r2,\n"
	path := refundFile(t, "r.csv", content)
	got, err := ReadFile(path, oneShop)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(content))
	want := Batch{
		Name: path, SHA256: hex.EncodeToString(sum[:]), Unknown: []string{"memo"},
		Rows: []Asking{
			{MID: "shop", OrderID: "o1", Amount: "10000", Reason: "색상 변경", Ref: "r1", Line: 2},
			{MID: "shop", OrderID: "o2", PaymentKey: "k2", All: true, Reason: "품절", Line: 4,
				Account: &pay.RefundAccount{Bank: "06", Number: "110234567890", Holder: "김토스"}},
			{MID: "shop", PaymentKey: "k3", All: true, Reason: "품절", Line: 5},
			{MID: "shop", OrderID: "o1", Amount: "181.56", TaxFree: "0", Reason: "a, b", Ref: "r2", Line: 6},
		},
	}
	// cmp would compare what a Private shows of itself, not what it is
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b pay.RefundAccount) bool { return a == b }), withoutLayout); diff != "" {
		t.Error(diff)
	}
}

// withoutLayout leaves out where columns stand, which no two readings share.
var withoutLayout = cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Layout" }, cmp.Ignore())

func TestAWholeRefundFileIsRefused(t *testing.T) {
	for _, test := range []struct {
		name, content string
		options       FileOptions
		want, hint    string
	}{
		{"no bytes", "", oneShop, "f: is empty", ""},
		{"header only", "order_id,amount,reason\n\n", oneShop, "f: has no rows under its header", "write one row for each refund"},
		{"no columns", "order,sum\n1,2\n", twoShops, "f: the header lacks amount, reason, mid, order_id or payment_key",
			"one of the first 30 rows names the columns: order_id (주문번호), payment_key (결제키), mid (상점아이디), amount (금액, 환불금액, 취소금액), tax_free_amount (면세금액), reason (사유, 환불사유, 취소사유), bank (은행), account_number (계좌번호), holder_name (예금주, 예금주명), ref (참조번호)"},
		{"no header", "o1,1000,품절,국민,98765432100,김토스\n", oneShop, "f: the header lacks amount, reason, order_id or payment_key",
			"one of the first 30 rows names the columns: order_id (주문번호), payment_key (결제키), mid (상점아이디), amount (금액, 환불금액, 취소금액), tax_free_amount (면세금액), reason (사유, 환불사유, 취소사유), bank (은행), account_number (계좌번호), holder_name (예금주, 예금주명), ref (참조번호)"},
		{"semicolons", "order_id;amount;reason\n", oneShop, "f: the header lacks amount, reason, order_id or payment_key", "separate the columns with commas"},
		{"quotation", "order_id,amount,reason\no1,1,\"x\n", oneShop,
			"f:2: a quotation mark is misplaced or never closed (line 2, byte 6)", `write a quotation mark inside a quoted field twice: "say ""yes"""`},
	} {
		path := refundFile(t, "r.csv", test.content)
		got, err := ReadFile(path, test.options)
		var failure *table.FileError
		if !errors.As(err, &failure) || said(err, path) != test.want || failure.Hint() != test.hint {
			t.Errorf("%s: %v\nhint %q", test.name, err, failure.Hint())
		}
		if !cmp.Equal(got, Batch{}) {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

func TestOnlyARegularFileOf64MBIsRead(t *testing.T) {
	large := refundFile(t, "large.csv", "order_id,amount,reason\n")
	if err := os.Truncate(large, 64<<20+1); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		large: "f: is larger than 64 MB", t.TempDir(): "f: is a folder, not a file", os.DevNull: "f: is not a regular file",
	} {
		var failure *table.FileError
		if _, err := ReadFile(path, oneShop); !errors.As(err, &failure) || said(err, path) != want {
			t.Error(path, err)
		}
	}
	if _, err := ReadFile(filepath.Join(t.TempDir(), "none.csv"), oneShop); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestARowIsRefused(t *testing.T) {
	const header = "order_id,payment_key,mid,amount,tax_free_amount,reason,bank,account_number,holder_name,ref\n"
	long := strings.Repeat("가", 151)
	for _, test := range []struct{ row, want string }{
		{",,,1,,x,,,,", `f:2: column "order_id": is empty; order_id or payment_key says which payment`},
		{" o,,,1,,x,,,,", `f:2: column "order_id": " o": begins or ends with a blank`},
		{"o,\"k\nk\",,1,,x,,,,", `f:2: column "payment_key": "k\nk": contains a control character`},
		{strings.Repeat("o", 65) + ",,,1,,x,,,,", `f:2: column "order_id": "` + strings.Repeat("o", 60) + `…": is longer than 64 characters`},
		{"o,,mall,1,,x,,,,", `f:2: column "mid": "mall": this merchant is not configured; configured are shop`},
		{"o,,,,,x,,,,", `f:2: column "amount": is empty; write a number, or all (전액) for all that is left`},
		{"o,,,\"1,0000\",,x,,,,", `f:2: column "amount": "1,0000": has commas that are not exact groups of three, such as 10,000`},
		{"o,,,10.000,,x,,,,", `f:2: column "amount": "10.000": has three digits behind a point, which may be a thousands mark: write 10000 or 10,000`},
		{"o,,,1000,1.000,x,,,,", `f:2: column "tax_free_amount": "1.000": has three digits behind a point, which may be a thousands mark: write 10000 or 10,000`},
		{"o,,,1,,x,,,,2.02611E+14", `f:2: column "ref": "2.02611E+14": was shortened by a spreadsheet, which has lost digits of it; format the column as text and enter it again`},
		{"2.02611E+14,,,1,,x,,,,", `f:2: column "order_id": "2.02611E+14": was shortened by a spreadsheet, which has lost digits of it; format the column as text and enter it again`},
		{"o\u200b1,,,1,,x,,,,", `f:2: column "order_id": "o\u200b1": contains a character that cannot be seen`},
		{",k\u00a01,,1,,x,,,,", `f:2: column "payment_key": "k\u00a01": contains a character that cannot be seen`},
		{"o,,,-1,,x,,,,", `f:2: column "amount": "-1": is negative; write what goes back, without a sign`},
		{"o,,,1e5,,x,,,,", `f:2: column "amount": "1e5": is not a plain number, such as 10000 or 10,000`},
		{"o,,,1.2.3,,x,,,,", `f:2: column "amount": "1.2.3": is not a plain number, such as 10000 or 10,000`},
		{"o,,,１０,,x,,,,", `f:2: column "amount": "１０": is not a plain number, such as 10000 or 10,000`},
		{"o,,,5.,,x,,,,", `f:2: column "amount": "5.": is not a plain number, such as 10000 or 10,000`},
		{"o,,,0.00,,x,,,,", `f:2: column "amount": "0.00": is zero; write what goes back, or all (전액)`},
		{"o,,,1234567890123456789012345,,x,,,,", `f:2: column "amount": "1234567890123456789012345": is too large`},
		{"o,,,1,-1,x,,,,", `f:2: column "tax_free_amount": "-1": is negative; write what goes back, without a sign`},
		{"o,,,1,, ,,,,", `f:2: column "reason": is empty`},
		{"o,,,1,,\"a\nb\",,,,", `f:2: column "reason": "a\nb": contains a line break or another control character`},
		{"o,,,1,,a #rf:b,,,,", `f:2: column "reason": "a #rf:b": contains #rf:, which begins our own reference`},
		{"o,,,1,," + long + ",,,,", `f:2: column "reason": "` + long[:180] + `…": is longer than 150 characters; the rest of Toss's 200 is our reference`},
		{"o,,,1,,x,,,,auto:1", `f:2: column "ref": "auto:1": begins with auto:, which is kept for daesa's own requests`},
		{"o,,,1,,x,,,,full:k", `f:2: column "ref": "full:k": begins with full:, which is kept for daesa's own requests`},
		{"o,,,1,,x,,,,r ", `f:2: column "ref": "r ": begins or ends with a blank`},
		{"o,,,1,,x,,,,r\u200b1", `f:2: column "ref": "r\u200b1": contains a character that cannot be seen`},
		{"o,,,1,,x,,,," + strings.Repeat("r", 101), `f:2: column "ref": "` + strings.Repeat("r", 60) + `…": is longer than 100 characters`},
		{"o,,,1,,x,국민,,,", "f:2: column \"account_number\": is empty; bank, account_number and holder_name go together\n" +
			`f:2: column "holder_name": is empty; bank, account_number and holder_name go together`},
		{"o,,,1,,x,없는,98x765,김토\u200b스,", `f:2: column "bank": "없는": is no bank that Toss knows; write its code, such as 06 or 004, or its name, such as 국민` +
			"\nf:2: column \"account_number\": has something else than digits, blanks and hyphens" +
			"\nf:2: column \"holder_name\": has a control character, or one that cannot be seen"},
		{"o,,,1,,x,98765432,국민,김토스,", `f:2: column "bank": is no bank that Toss knows; write its code, such as 06 or 004, or its name, such as 국민` +
			"\nf:2: column \"account_number\": has something else than digits, blanks and hyphens"},
		{"o,,,1,,x,국민,\"98\x00765\",김토스,", `f:2: column "account_number": contains a NUL byte`},
		{"o,\"k\x00\",,1,,x,,,,\n,\"k\x00\",,all,,x,,,,", "f:2: column \"payment_key\": \"k\\x00\": contains a NUL byte\nf:3: column \"payment_key\": \"k\\x00\": contains a NUL byte"},
		{"o,,,1,,x", "f:2: has 6 fields, the header has 10"},
	} {
		path := refundFile(t, "r.csv", header+test.row+"\ngood,,,1,,x,,,,good\n")
		got, err := ReadFile(path, oneShop)
		var faults table.Faults
		if !errors.As(err, &faults) || len(got.Rows) > 1 || len(got.Rows) == 1 && got.Rows[0].Ref != "good" { // the others can still be looked up
			t.Errorf("%q: %v %v", test.row, got.Rows, err)
		}
		if diff := cmp.Diff(test.want, said(err, path)); diff != "" {
			t.Errorf("%q: %s", test.row, diff)
		}
		inKorean(t, faults)
	}
}

// inKorean wants every fault in the language of those who made the file.
func inKorean(t *testing.T, faults table.Faults) {
	t.Helper()
	for _, fault := range faults {
		if !strings.ContainsFunc(fault.Korean, func(r rune) bool { return r >= '가' && r <= '힣' }) {
			t.Errorf("%q is not said in Korean: %q", fault.Reason, fault.Korean)
		}
	}
}

func TestSeveralMerchantsNeedAMID(t *testing.T) {
	path := refundFile(t, "r.csv", "payment_key,mid,amount,reason\nk,outlet,all,x\nk,shop,all,x\n")
	got, err := ReadFile(path, twoShops)
	if err != nil || len(got.Rows) != 2 || got.Rows[0].MID != "outlet" || got.Rows[1].MID != "shop" {
		t.Error(got, err)
	}
	path = refundFile(t, "r.csv", "payment_key,mid,amount,reason\n,,all,x\n")
	want := "f:2: column \"mid\": is empty; several merchants are configured\n" +
		`f:2: column "payment_key": is empty; order_id or payment_key says which payment`
	if _, err := ReadFile(path, twoShops); said(err, path) != want {
		t.Error(err)
	}
}

func TestNothingIsAskedTwice(t *testing.T) {
	const again = "asks for the same payment, and neither has a ref; give each its own ref, or ask once"
	for _, test := range []struct{ name, rows, want string }{
		{"a ref", "o1,,1,r1\no2,,1,r1\n", "f:2: column \"ref\": \"r1\": the same ref stands in line 3, too\n" + `f:3: column "ref": "r1": the same ref already stands in line 2`},
		{"an order", "o1,,1,\no2,,1,\no1,,all,\n", "f:2: column \"order_id\": \"o1\": line 4 " + again + "\n" + `f:4: column "order_id": "o1": line 2 ` + again},
		{"a payment", ",k,1,\no1,k,1,\n", "f:2: column \"payment_key\": \"k\": line 3 " + again + "\n" + `f:3: column "payment_key": "k": line 2 ` + again},
		{"both", "o1,k,1,\no1,k,1,\n", "f:2: column \"order_id\": \"o1\": line 3 " + again + "\n" + `f:3: column "order_id": "o1": line 2 ` + again},
		{"by way of another line", "o1,,1,\no1,k,1,\n,k,1,\n", "f:2: column \"order_id\": \"o1\": line 3 " + again + "\nf:3: column \"order_id\": \"o1\": line 2 " + again + "\n" +
			"f:3: column \"payment_key\": \"k\": line 4 " + again + "\n" +
			`f:4: column "payment_key": "k": line 3 ` + again},
		{"of a bad line", "o1,,x,r1\no1,,1,r1\n", "f:2: column \"amount\": \"x\": is not a plain number, such as 10000 or 10,000\n" +
			"f:2: column \"ref\": \"r1\": the same ref stands in line 3, too\n" +
			`f:3: column "ref": "r1": the same ref already stands in line 2`},
		{"two refs of one payment", "o1,,1,r1\no1,,1,r2\no1,,all,\n", ""},
	} {
		path := refundFile(t, "r.csv", "order_id,payment_key,amount,ref,reason\n"+strings.ReplaceAll(test.rows, "\n", ",x\n"))
		_, err := ReadFile(path, oneShop)
		if diff := cmp.Diff(test.want, said(err, path)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestARefundWorkbook(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.xlsx")
	book := excelize.NewFile()
	rows := [][]any{
		{"order_id", "amount", "reason", "bank", "account_number", "holder_name"},
		{20261121000123, 10000, "품절", 88, "0110-234-567890", "김토스"},
		{"o2", "all", "품절", nil, nil, nil},
	}
	save := func() {
		for i, row := range rows {
			if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
				t.Fatal(err)
			}
		}
		if err := book.SaveAs(path); err != nil {
			t.Fatal(err)
		}
	}
	save()
	got, err := ReadFile(path, oneShop)
	account := pay.RefundAccount{Bank: "88", Number: "0110234567890", Holder: "김토스"}
	if err != nil || len(got.Rows) != 2 || got.Rows[0].OrderID != "20261121000123" || *got.Rows[0].Account != account || !got.Rows[1].All || got.Rows[1].Line != 3 {
		t.Fatal(got, err)
	}
	rows[1][4], rows[2][1] = 9876543210987654321.0, "1,00"
	save()
	want := "f:2: column \"account_number\" (E2): Excel has rounded this number; format the column as text and enter it again\n" +
		`f:3: column "amount" (B3): "1,00": has commas that are not exact groups of three, such as 10,000`
	if _, err := ReadFile(path, oneShop); said(err, path) != want {
		t.Error(err)
	}
}

func TestCheckOfAnAsking(t *testing.T) {
	good := Asking{MID: "shop", OrderID: "o", Amount: "1", Reason: strings.Repeat("가", 150), Ref: "r 1",
		Account: &pay.RefundAccount{Bank: "06", Number: "98765", Holder: "김토스"}}
	account := func(bank string, number, holder pay.Private) func(*Asking) {
		return func(a *Asking) { a.Account = &pay.RefundAccount{Bank: bank, Number: number, Holder: holder} }
	}
	for _, test := range []struct {
		column string
		change func(*Asking)
	}{
		{"", func(*Asking) {}},
		{"", func(a *Asking) { a.All, a.Amount, a.Ref, a.Account = true, "", "", nil }},
		{"", func(a *Asking) { a.Reason = strings.Repeat("😀", 75) }},
		{"reason", func(a *Asking) { a.Reason = strings.Repeat("😀", 75) + "a" }},
		{"reason", func(a *Asking) { a.Reason = "\xff" }},
		{"mid", func(a *Asking) { a.MID = "" }},
		{"order_id", func(a *Asking) { a.OrderID = "" }},
		{"payment_key", func(a *Asking) { a.PaymentKey = strings.Repeat("k", 201) }},
		{"amount", func(a *Asking) { a.All = true }},
		{"amount", func(a *Asking) { a.Amount = "" }},
		{"amount", func(a *Asking) { a.Amount = "all" }},
		{"tax_free_amount", func(a *Asking) { a.TaxFree = "." }},
		{"ref", func(a *Asking) { a.Ref = "full:" }},
		{"bank", account("국민", "98765", "김토스")},
		{"bank", account("99", "98765", "김토스")},
		{"account_number", account("06", "98-765", "김토스")},
		{"account_number", account("06", "x98765", "김토스")},
		{"holder_name", account("06", "98765", " 김토스")},
		{"holder_name", account("06", "98765", "")},
	} {
		asking := good
		test.change(&asking)
		column, err := asking.Check()
		if column != test.column || (err == nil) != (test.column == "") {
			t.Errorf("%+v: %q %v, want %q", asking, column, err, test.column)
		}
		if err != nil && (strings.Contains(err.Error(), "765") || strings.Contains(err.Error(), "토스")) {
			t.Errorf("%v shows the account", err)
		}
	}
}

func TestReadAccount(t *testing.T) {
	got, err := ReadAccount(strings.NewReader("\ufeff" + `{"bank": "국민은행", "holder_name": " 김토스", "account_number": "110-234 5"}` + "\n"))
	if want := (pay.RefundAccount{Bank: "06", Number: "1102345", Holder: "김토스"}); err != nil || got != want {
		t.Error(got, err)
	}
	const shape = "the refund account must be JSON {bank, account_number, holder_name}: "
	for content, want := range map[string]string{
		``:                                shape + "it is not JSON, or not one value only",
		`{"bank": "98765`:                 shape + "it is not JSON, or not one value only",
		`{}{}`:                            shape + "it is not JSON, or not one value only",
		"{\"bank\": \"\xff\"}":            shape + "it is not UTF-8",
		`["98765"]`:                       shape + "it is not an object",
		`"98765"`:                         shape + "it is not an object",
		`null`:                            shape + "it is not an object",
		`{"98765": "토스"}`:                 shape + "it has another key",
		`{"Bank": "06"}`:                  shape + "it has another key",
		`{"bank": "06", "bank": "98765"}`: shape + "bank stands twice",
		`{"account_number": 98765}`:       shape + "account_number is not a text in quotation marks",
		`{"account_number": null}`:        shape + "account_number is not a text in quotation marks",
		`{"holder_name": ["토스"]}`:         shape + "holder_name is not a text in quotation marks",
		`{"bank": "06", "account_number": "98765"}`:                                shape + "holder_name is missing",
		`{"bank": "98765", "account_number": "98765", "holder_name": "토스"}`:        "the refund account: bank is no bank that Toss knows; write its code, such as 06 or 004, or its name, such as 국민",
		`{"bank": "06", "account_number": "98765a", "holder_name": "토스"}`:          "the refund account: account_number has something else than digits, blanks and hyphens",
		`{"bank": "06", "account_number": "98765", "holder_name": "토스\ud800"}`:     "the refund account: holder_name has a control character, or one that cannot be seen",
		`{"bank": "` + strings.Repeat("9", 64<<10) + `"}`:                          shape + "it is larger than 64 KB",
		`{"bank": "06", "account_number": "98765", "holder_name": ""}`:             "the refund account: holder_name is empty",
		`{"bank": "06", "account_number": "98765", "holder_name": "토스", "x": "y"}`: shape + "it has another key",
	} {
		if got, err := ReadAccount(strings.NewReader(content)); err == nil || err.Error() != want || got != (pay.RefundAccount{}) {
			t.Errorf("%.60s: %v", content, err)
		}
	}
}

// TestFileColumns holds the columns against the contract's section 5.
func TestFileColumns(t *testing.T) {
	want := []string{"account_number", "amount", "bank", "holder_name", "mid", "order_id", "payment_key", "reason", "ref", "tax_free_amount"}
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(fileColumns))); diff != "" {
		t.Error(diff)
	}
}
