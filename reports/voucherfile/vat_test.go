package voucherfile_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/pay"
	"daesa/reports/voucherfile"
	"daesa/settle"
)

// reference is that of a month with a taxable, a tax-free and an unread sale, and a
// transfer without a cash receipt.
func reference() []voucherfile.VAT {
	n := func(v int64) *int64 { return &v }
	none := false
	sale := func(method pay.Method, amount int64, free *int64) settle.Sale {
		return settle.Sale{Transaction: settle.Transaction{MID: "shop", OrderID: "=1+1", PaymentKey: "p", Method: method, Amount: amount, At: time.Date(2026, 11, 3, 9, 0, 0, 0, pay.Seoul)}, TaxFree: free}
	}
	var v settle.VAT
	v.Add(sale(pay.Card, 110_000, n(0)))
	v.Add(sale(pay.Card, -11_000, n(0)))
	v.Add(sale(pay.Card, 5_000, nil))
	transfer := sale(pay.Transfer, 120_000, n(120_000))
	transfer.Receipt = &none
	v.Add(transfer)
	return []voucherfile.VAT{{Currency: pay.KRW, VATTable: v.Table()}}
}

func savedVAT(t *testing.T, name string, o voucherfile.Options) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	o.At = at
	if err := voucherfile.SaveVAT(path, "2026-11", reference(), o); err != nil {
		t.Fatal(err)
	}
	return content(t, path)
}

func TestTheVATReferenceHasARowForEachEvidenceAndOneForWhatWasNotRead(t *testing.T) {
	rows := records(t, savedVAT(t, "vat.csv", voucherfile.Options{Provisional: true}))
	want := [][]string{
		{"기간", "통화", "증빙 구분", "과세·면세", "건수", "승인", "취소", "순매출", "공급가액", "세액", "마감상태"},
		{"2026-11", "KRW", "신용카드", "과세", "2", "110000", "11000", "99000", "90000", "9000", "가마감"},
		{"2026-11", "KRW", "신용카드", "면세", "0", "0", "0", "0", "0", "0", "가마감"},
	}
	if diff := cmp.Diff(want, rows[:3]); diff != "" {
		t.Error(diff)
	}
	if got := rows[8]; !slices.Equal(got, []string{"2026-11", "KRW", "기타", "면세", "1", "120000", "0", "120000", "120000", "0", "가마감"}) {
		t.Error(got)
	}
	if got := rows[9]; len(rows) != 10 || !slices.Equal(got, []string{"2026-11", "KRW", "", "면세금액 미조회", "1", "5000", "0", "5000", "", "", "가마감"}) {
		t.Error(got)
	}
}

func TestTheVATWorkbookNamesThePaymentsWithoutACashReceipt(t *testing.T) {
	body := savedVAT(t, "vat.xlsx", voucherfile.Options{})
	if rows := cells(t, body, "부가세 참고자료"); len(rows) != 10 || rows[1][10] != "마감" {
		t.Error(rows)
	}
	rows := cells(t, body, "현금영수증 미발급")
	if len(rows) != 2 || rows[1][1] != "shop" || rows[1][2] != "'=1+1" || rows[1][4] != "계좌이체" || rows[1][6] != "120000" {
		t.Error(rows)
	}
	rows = cells(t, savedVAT(t, "vat.xlsx", voucherfile.Options{Language: "en", Provisional: true}), "VAT reference 가마감")
	if rows[0][2] != "Evidence" || rows[1][2] != "Card" {
		t.Error(rows[:2])
	}
}
