package refundfile_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/internal/table"
	"daesa/pay"
	"daesa/refunds"
	"daesa/reports/refundfile"
)

// A bank reads what a person sees: a leading zero that is lost is another account.
func TestAFileForTheBankHasEveryDigit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bulk.xlsx")
	to := func(id, bank string, number, holder pay.Private, amount int64) refunds.Payable {
		return refunds.Payable{ManualTransfer: refunds.ManualTransfer{RefundID: id, Amount: amount, Currency: pay.KRW},
			Account: &pay.RefundAccount{Bank: bank, Number: number, Holder: holder}}
	}
	bulk := refundfile.BulkTransfer{Shown: "환불", Now: time.Date(2026, 12, 1, 9, 0, 0, 0, pay.Seoul), Transfers: []refunds.Payable{
		to("abcdefghij", "06", "00110123457270", "김토스", 10_000), to("bbbbbbbbbb", "SK", "12345678901234567890", "=1+1", 1_234_567)}}
	if err := refundfile.SaveBulk(path, bulk); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	reader, err := table.Open(path, table.Options{Columns: map[string]string{}, HeaderAt: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	rows := [][]string{reader.Header()}
	for row, err := range reader.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row.Raw())
	}
	want := [][]string{{"은행코드", "계좌번호", "금액", "예금주", "받는분통장표시", "내통장표시"},
		{"004", "00110123457270", "10000", "김토스", "환불", "abcdefg"}, {"287", "12345678901234567890", "1234567", "'=1+1", "환불", "bbbbbbb"}}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
}
