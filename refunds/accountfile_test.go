package refunds

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
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

func TestReadAccounts(t *testing.T) {
	content := "\ufeffOrder_ID,mid,payment_key,bank,account_number,holder_name,memo\n" +
		"o1,,,국민은행,110-234-567890, 김토스 ,x\n" +
		"\n" +
		"o2, shop ,k2,004,012345678901,\"Kim, Toss\",\n" +
		",,k3,88,０１１ 234,이토스,\n"
	path := refundFile(t, "a.csv", content)
	got, err := ReadAccounts(path, oneShop)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(content))
	want := AccountBatch{
		Name: path, SHA256: hex.EncodeToString(sum[:]), Unknown: []string{"memo"},
		Rows: []AccountAsking{
			{MID: "shop", OrderID: "o1", Account: pay.RefundAccount{Bank: "06", Number: "110234567890", Holder: "김토스"}, Line: 2},
			{MID: "shop", OrderID: "o2", PaymentKey: "k2", Account: pay.RefundAccount{Bank: "06", Number: "012345678901", Holder: "Kim, Toss"}, Line: 4},
			{MID: "shop", PaymentKey: "k3", Account: pay.RefundAccount{Bank: "88", Number: "011234", Holder: "이토스"}, Line: 5},
		},
	}
	// cmp would compare what a Private shows of itself, not what it is
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b pay.RefundAccount) bool { return a == b }), withoutLayout); diff != "" {
		t.Error(diff)
	}
	got.Name, got.SHA256, got.Layout = "", "", nil // a folder, a hash and an address have digits of their own
	if shown := fmt.Sprintf("%v %+v %#v", got, got, got); strings.Contains(shown, "234") || strings.Contains(shown, "토스") {
		t.Errorf("%s shows an account", shown)
	}
}

func TestAWholeAccountFileIsRefused(t *testing.T) {
	const columns = "one of the first 30 rows names the columns: order_id (주문번호), payment_key (결제키), mid (상점아이디), bank (은행), account_number (계좌번호), holder_name (예금주, 예금주명)"
	const header = "order_id,bank,account_number,holder_name\n"
	many := strings.Builder{}
	for i := range 10_001 {
		fmt.Fprintf(&many, "o%d,06,98765,김토스\n", i)
	}
	for _, test := range []struct {
		name, content string
		options       FileOptions
		want, hint    string
	}{
		{"no bytes", "", oneShop, "f: is empty", ""},
		{"header only", header + "\n,,,\n", oneShop, "f: has no rows under its header", "write one row for each account"},
		{"no columns", "order,bank name\n1,2\n", twoShops, "f: the header lacks bank, account_number, holder_name, mid, order_id or payment_key", columns},
		{"one column is missing", "order_id,bank,account_number\no1,06,98765\n", oneShop, "f: the header lacks holder_name", columns},
		{"no header", "o1,국민,98765432100,김토스\n", oneShop, "f: the header lacks bank, account_number, holder_name, order_id or payment_key", columns},
		{"semicolons", "order_id;bank;account_number;holder_name\n", oneShop,
			"f: the header lacks bank, account_number, holder_name, order_id or payment_key", "separate the columns with commas"},
		{"quotation", header + "o1,06,\"98765,김토스\n", oneShop,
			"f:2: a quotation mark is misplaced or never closed (line 2, byte 7)", `write a quotation mark inside a quoted field twice: "say ""yes"""`},
		{"two encodings", header + "o1,06,98765,김토스\no2,06,98766,\xb1\xe8\xc5\xe4\xbd\xba\n", oneShop, "f:3: has two encodings: line 2 is UTF-8, line 3 is not", `save it as "CSV UTF-8"`},
		{"10,001 rows", header + many.String(), oneShop, "f:10002: has more than 10000 rows", "split the file"},
	} {
		path := refundFile(t, "a.csv", test.content)
		got, err := ReadAccounts(path, test.options)
		var failure *table.FileError
		if !errors.As(err, &failure) || said(err, path) != test.want || failure.Hint() != test.hint {
			t.Errorf("%s: %v", test.name, err)
		}
		if !cmp.Equal(got, AccountBatch{}) {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
	rows := strings.TrimSuffix(many.String(), "o10000,06,98765,김토스\n")
	if got, err := ReadAccounts(refundFile(t, "a.csv", header+rows), oneShop); err != nil || len(got.Rows) != 10_000 {
		t.Errorf("10,000 rows: %d, %v", len(got.Rows), err)
	}
}

func TestOnlyARegularAccountFileIsRead(t *testing.T) {
	for path, want := range map[string]string{t.TempDir(): "f: is a folder, not a file", os.DevNull: "f: is not a regular file"} {
		if _, err := ReadAccounts(path, oneShop); said(err, path) != want {
			t.Error(path, err)
		}
	}
	if _, err := ReadAccounts(filepath.Join(t.TempDir(), "none.csv"), oneShop); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestARowOfAnAccountFileIsRefused(t *testing.T) {
	const header = "order_id,payment_key,mid,bank,account_number,holder_name\n"
	const together = "is empty; bank, account_number and holder_name go together"
	const noBank = "is no bank that Toss knows; write its code, such as 06 or 004, or its name, such as 국민"
	for _, test := range []struct{ row, want string }{
		{",,,06,98765,김토스", `f:2: column "order_id": is empty; order_id or payment_key says which payment`},
		{" o,,,06,98765,김토스", `f:2: column "order_id": " o": begins or ends with a blank`},
		{"o,\"k\nk\",,06,98765,김토스", `f:2: column "payment_key": "k\nk": contains a control character`},
		{"o,\"k\x00\",,06,98765,김토스", `f:2: column "payment_key": "k\x00": contains a NUL byte`},
		{",\"k\x00\",,06,98765,김토스", `f:2: column "payment_key": "k\x00": contains a NUL byte`},
		{strings.Repeat("o", 65) + ",,,06,98765,김토스", `f:2: column "order_id": "` + strings.Repeat("o", 60) + `…": is longer than 64 characters`},
		{"," + strings.Repeat("k", 201) + ",,06,98765,김토스", `f:2: column "payment_key": "` + strings.Repeat("k", 60) + `…": is longer than 200 characters`},
		{"o,,mall,06,98765,김토스", `f:2: column "mid": "mall": this merchant is not configured; configured are shop`},
		{"o,,mall,06,98765,김토스\no,,mall,06,98765,김토스", "f:2: column \"mid\": \"mall\": this merchant is not configured; configured are shop\n" +
			`f:3: column "mid": "mall": this merchant is not configured; configured are shop`},
		{"o,,,,,", "f:2: column \"bank\": is empty\nf:2: column \"account_number\": is empty\nf:2: column \"holder_name\": is empty"},
		{"o,,,06,,김토스", `f:2: column "account_number": ` + together},
		{"o,,,,98765, ", "f:2: column \"bank\": " + together + "\nf:2: column \"holder_name\": " + together},
		{"o,,,없는,98765,김토스", `f:2: column "bank": "없는": ` + noBank},
		{"o,,,98765432,국민,김토스", "f:2: column \"bank\": " + noBank + "\nf:2: column \"account_number\": has something else than digits, blanks and hyphens"},
		{"o,,,06,98x765,김토스", `f:2: column "account_number": has something else than digits, blanks and hyphens`},
		{"o,,,06,9.87654E+11,김토스", `f:2: column "account_number": has something else than digits, blanks and hyphens`},
		{"o,,,06," + strings.Repeat("9", 21) + ",김토스", `f:2: column "account_number": has more than 20 digits`},
		{"o,,,06,\"98\x00765\",김토스", `f:2: column "account_number": contains a NUL byte`},
		{"o,,,06,98765,김토\u200b스", `f:2: column "holder_name": has a control character, or one that cannot be seen`},
		{"o,,,06,98765,\"김\x00토스\"", `f:2: column "holder_name": contains a NUL byte`},
		{"o,,,06,98765", "f:2: has 5 fields, the header has 6"},
		{",,mall,없는,98x765,김토\u200b스\no2,,,06,98x765,김토스", `f:2: column "mid": "mall": this merchant is not configured; configured are shop` +
			"\nf:2: column \"order_id\": is empty; order_id or payment_key says which payment" +
			"\nf:2: column \"bank\": \"없는\": " + noBank +
			"\nf:2: column \"account_number\": has something else than digits, blanks and hyphens" +
			"\nf:2: column \"holder_name\": has a control character, or one that cannot be seen" +
			"\nf:3: column \"account_number\": has something else than digits, blanks and hyphens"},
	} {
		path := refundFile(t, "a.csv", header+test.row+"\ngood,,,06,1234,박토스\n")
		got, err := ReadAccounts(path, oneShop)
		var faults table.Faults
		if !errors.As(err, &faults) || len(got.Rows) != 1 || got.Rows[0].OrderID != "good" { // the others can still be looked up
			t.Errorf("%q: %v %v", test.row, got, err)
		}
		if diff := cmp.Diff(test.want, said(err, path)); diff != "" {
			t.Errorf("%q: %s", test.row, diff)
		}
		inKorean(t, faults)
	}
}

func TestSeveralMerchantsNeedAMIDForAnAccount(t *testing.T) {
	const header = "payment_key,mid,bank,account_number,holder_name\n"
	path := refundFile(t, "a.csv", header+"k,outlet,06,98765,김토스\nk,shop,06,98765,김토스\n")
	got, err := ReadAccounts(path, twoShops)
	if err != nil || len(got.Rows) != 2 || got.Rows[0].MID != "outlet" || got.Rows[1].MID != "shop" {
		t.Error(got, err)
	}
	path = refundFile(t, "a.csv", header+",,06,98765,김토스\n")
	want := "f:2: column \"mid\": is empty; several merchants are configured\n" +
		`f:2: column "payment_key": is empty; order_id or payment_key says which payment`
	if _, err := ReadAccounts(path, twoShops); said(err, path) != want {
		t.Error(err)
	}
}

func TestAPaymentHasOneAccount(t *testing.T) {
	const again = "gives an account for the same payment; keep one of the two"
	for _, test := range []struct{ name, rows, want string }{
		{"an order", "o1,,98765\no2,,98765\no1,,98765\n", "f:2: column \"order_id\": \"o1\": line 4 " + again + "\n" + `f:4: column "order_id": "o1": line 2 ` + again},
		{"a payment", ",k,98765\no1,k,98765\n", "f:2: column \"payment_key\": \"k\": line 3 " + again + "\n" + `f:3: column "payment_key": "k": line 2 ` + again},
		{"both", "o1,k,98765\no1,k,98765\n", "f:2: column \"order_id\": \"o1\": line 3 " + again + "\n" + `f:3: column "order_id": "o1": line 2 ` + again},
		{"by way of another line", "o1,,98765\no1,k,98765\n,k,98765\n", "f:2: column \"order_id\": \"o1\": line 3 " + again + "\nf:3: column \"order_id\": \"o1\": line 2 " + again + "\n" +
			"f:3: column \"payment_key\": \"k\": line 4 " + again + "\n" +
			`f:4: column "payment_key": "k": line 3 ` + again},
		{"of a bad line", "o1,,x\no1,,98765\n", "f:2: column \"account_number\": has something else than digits, blanks and hyphens\n" +
			"f:2: column \"order_id\": \"o1\": line 3 " + again + "\n" + `f:3: column "order_id": "o1": line 2 ` + again},
		{"beside a bad order", " o,k,98765\n o,k,98765\n", "f:2: column \"order_id\": \" o\": begins or ends with a blank\n" + "f:2: column \"payment_key\": \"k\": line 3 " + again + "\n" +
			"f:3: column \"order_id\": \" o\": begins or ends with a blank\n" + `f:3: column "payment_key": "k": line 2 ` + again},
		{"one account of several payments", "o1,,98765\no2,,98765\n,o1,98765\n", ""},
	} {
		path := refundFile(t, "a.csv", "order_id,payment_key,account_number,bank,holder_name\n"+strings.ReplaceAll(test.rows, "\n", ",06,김토스\n"))
		_, err := ReadAccounts(path, oneShop)
		if diff := cmp.Diff(test.want, said(err, path)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestAFileThatChangesWhileItIsReadIsRefused(t *testing.T) {
	const content = "order_id,bank,account_number,holder_name\no1,06,98765,김토스\n"
	path := refundFile(t, "a.csv", content)
	got, err := readWhole(path, accountRows, oneShop, func(d *fileRow) AccountAsking {
		if err := os.WriteFile(path, []byte(content+"o2,06,98765,김토스\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return d.accountAsking()
	})
	if said(err, path) != "f: changed while it was read" || len(got.Rows) > 0 {
		t.Error(got.Rows, err)
	}
}

func TestAnAccountWorkbook(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.xlsx")
	book := excelize.NewFile()
	rows := [][]any{
		{"order_id", "bank", "account_number", "holder_name"},
		{20261121000123, 88, "0110-234-567890", "김토스"},
		{"o2", "004", "012345", "이토스"},
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
	got, err := ReadAccounts(path, oneShop)
	want := []pay.RefundAccount{{Bank: "88", Number: "0110234567890", Holder: "김토스"}, {Bank: "06", Number: "012345", Holder: "이토스"}}
	if err != nil || len(got.Rows) != 2 || got.Rows[0].OrderID != "20261121000123" || got.Rows[0].Account != want[0] || got.Rows[1].Account != want[1] || got.Rows[1].Line != 3 {
		t.Fatal(got, err)
	}
	rows[1][2], rows[2][1] = 9876543210987654321.0, "없는"
	save()
	refused := "f:2: column \"account_number\" (C2): Excel has rounded this number; format the column as text and enter it again\n" +
		`f:3: column "bank" (B3): "없는": is no bank that Toss knows; write its code, such as 06 or 004, or its name, such as 국민`
	if _, err := ReadAccounts(path, oneShop); said(err, path) != refused {
		t.Error(err)
	}
}

func FuzzReadAccounts(f *testing.F) {
	const header = "order_id,payment_key,mid,bank,account_number,holder_name\n"
	f.Add([]byte(header + "o1,,,국민,110-234-567890,김토스\no2,k2,shop,06,0123456789012,이토스\n"))
	f.Add([]byte("\ufeff" + header + "o1,,mall,98765432109876,98765432109876,\n,,,없는,9876543210987x,김\u200b토스\no1,,,06,987654321098765432109876,x\n"))
	f.Add([]byte(header + "o1,,,06,98765432109876,\"\n"))
	f.Add([]byte("payment_key,bank,account_number,holder_name\r\nk,06,\"9876543210\x009876\",x\r\nk,06,98765432109876\r\n"))
	f.Add([]byte("o1,06,98765432109876,김토스\n"))
	f.Add([]byte("order_id,,,BAnk,ACCount_numBer,holder_nAme\n0,,,국민,0,스\n0")) // a good row before one that is too short
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(folder, "a.csv")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		batch, err := ReadAccounts(path, oneShop)
		if err != nil {
			soundRefusal(t, err)
			keepsNumbers(t, content, strings.ReplaceAll(everyFault(err), path, "f"))
			var faults table.Faults
			if len(batch.Rows) > 0 && !errors.As(err, &faults) {
				t.Fatal("a file of which nothing can be said gives rows:", err)
			}
			for _, row := range batch.Rows {
				if slices.ContainsFunc(faults, func(f *table.Fault) bool { return f.Line == row.Line }) {
					t.Fatalf("line %d is faulty and good: %v", row.Line, err)
				}
			}
			return
		}
		if len(batch.Rows) == 0 || len(batch.SHA256) != 64 {
			t.Fatalf("%+v", batch)
		}
		for _, row := range batch.Rows {
			asking := Asking{MID: row.MID, OrderID: row.OrderID, PaymentKey: row.PaymentKey, All: true, Reason: "x", Account: &row.Account}
			if column, err := asking.Check(); err != nil || row.Line < 2 {
				t.Fatalf("line %d: %s: %v", row.Line, column, err)
			}
		}
	})
}

// everyFault is an error's text with all of its faults, not the first twenty.
func everyFault(err error) string {
	var faults table.Faults
	if !errors.As(err, &faults) {
		return err.Error()
	}
	text := make([]string, len(faults))
	for i, fault := range faults {
		text[i] = fault.Error()
	}
	return strings.Join(text, "\n")
}

// keepsNumbers looks for account numbers of a CSV file in an error's text. What
// stands in another column too, and what is so short that it could be a line's
// number, says nothing.
func keepsNumbers(t *testing.T, content []byte, text string) {
	t.Helper()
	reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(content, []byte("\ufeff"))))
	reader.FieldsPerRecord = -1
	var others strings.Builder
	var numbers []string
	column := -1
	for record, err := reader.Read(); err == nil; record, err = reader.Read() {
		for i, value := range record {
			switch {
			case column >= 0 && i == column:
				numbers = append(numbers, value, onlyASCIIDigits(value))
			default:
				others.WriteString(value + "\n")
			}
		}
		if column < 0 {
			column = slices.IndexFunc(record, func(title string) bool { return strings.EqualFold(strings.TrimSpace(title), colNumber) })
		}
	}
	for _, number := range numbers {
		if len(onlyASCIIDigits(number)) >= 10 && strings.Contains(text, number) && !strings.Contains(others.String(), number) {
			t.Fatalf("%q repeats an account number of %q", text, content)
		}
	}
}

func onlyASCIIDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// TestAnAccountFileOfKoreanWindowsIsRead: Excel's plain CSV is CP949 in Korea.
func TestAnAccountFileOfKoreanWindowsIsRead(t *testing.T) {
	path := refundFile(t, "a.csv", "order_id,bank,account_number,holder_name\no1,06,98765,\xb1\xe8\xc5\xe4\xbd\xba\n")
	got, err := ReadAccounts(path, oneShop)
	if err != nil || len(got.Rows) != 1 || got.Rows[0].Account.Holder != "김토스" {
		t.Errorf("%v", err)
	}
}
