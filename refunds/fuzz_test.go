package refunds

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"github.com/xuri/excelize/v2"

	"daesa/internal/table"
)

func FuzzReadFile(f *testing.F) {
	const header = "order_id,payment_key,mid,amount,tax_free_amount,reason,bank,account_number,holder_name,ref\n"
	f.Add([]byte(header + "o1,,,all,,품절,,,,\no2,k2,shop,100,0,품절,국민,110-23,김토스,r1\n"))
	f.Add([]byte("\ufeff" + header + "o1,,,\"1,000\",,#rf:,04,x,,auto:1\n,,,,,,,,,\"\n"))
	f.Add([]byte("payment_key,amount,reason\r\nk,전액,\x00\r\nk,1e5\r\n"))
	f.Add([]byte("11월 환불,,,\n\n주문 번호,환불금액(원),취소 사유,참조번호\no1,\"69,000원\",품절,r1\no1,전액,품절,r1\n합계,\"69,000\",,\n"))
	f.Add([]byte("<table><tr><th>주문번호<th>금액<th>사유</tr><tr><td>o1<td>all<td>x</table>"))
	f.Add([]byte("PK\x03\x04"))
	f.Add(seedBook(f))
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) {
		file, err := os.CreateTemp(folder, "*.csv")
		if err != nil {
			t.Fatal(err)
		}
		path := file.Name()
		defer os.Remove(path)
		if _, err := file.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		batch, err := ReadFile(path, oneShop)
		if err != nil {
			soundRefusal(t, err)
		}
		if err == nil && (len(batch.Rows) == 0 || len(batch.SHA256) != 64) {
			t.Fatalf("%+v", batch)
		}
		for _, row := range batch.Rows {
			if column, err := row.Check(); err != nil || row.Line < 2 {
				t.Fatalf("line %d: %s: %v", row.Line, column, err)
			}
		}
	})
}

// soundRefusal looks for faults that say nothing, or too much.
func soundRefusal(t *testing.T, err error) {
	t.Helper()
	var faults table.Faults
	if !errors.As(err, &faults) {
		return
	}
	for _, fault := range faults {
		private := fault.Column == colNumber || fault.Column == colHolder
		if fault.Reason == "" || fault.Line < 2 || private && fault.Value != "" {
			t.Fatalf("%+v", fault)
		}
	}
}

func seedBook(f *testing.F) []byte {
	book := excelize.NewFile()
	for cell, value := range map[string]any{"A1": "order_id", "B1": "amount", "C1": "reason", "A2": "o1", "B2": 1000, "C2": "x"} {
		if err := book.SetCellValue("Sheet1", cell, value); err != nil {
			f.Fatal(err)
		}
	}
	var content bytes.Buffer
	if err := book.Write(&content); err != nil {
		f.Fatal(err)
	}
	return content.Bytes()
}

func FuzzReadAccount(f *testing.F) {
	f.Add([]byte(`{"bank": "국민", "account_number": "110-23", "holder_name": "김토스"}`))
	f.Add([]byte(`{"bank": {"bank": "06"}, "bank": null}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		account, err := ReadAccount(bytes.NewReader(content))
		if err != nil {
			return
		}
		asking := Asking{MID: "shop", OrderID: "o", All: true, Reason: "x", Account: &account}
		if column, err := asking.Check(); err != nil {
			t.Fatal(column, err)
		}
	})
}
