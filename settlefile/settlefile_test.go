package settlefile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daesa/pay"
	"daesa/settlefile"
)

const header = "상점아이디(MID),정산액 입금일,매출일,결제일,주문번호,결제상태,결제·취소액 (A),PG수수료 (B),당일 정산액 (C) = (A-B)\n"

func at(text string) time.Time {
	t, err := time.ParseInLocation(time.DateTime, text, pay.Seoul)
	if err != nil {
		panic(err)
	}
	return t
}

func read(t *testing.T, text string) *settlefile.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := settlefile.Read(path, settlefile.Options{Merchant: func(mid string) (string, bool) { return mid, mid == "shop" }})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func sale(key string, when string, amount int64) settlefile.Known {
	return settlefile.Known{PaymentKey: "p" + key, TransactionKey: "t" + key, Currency: pay.KRW, Method: pay.Card, At: at(when), Amount: amount}
}

func cancel(payment, key string, when string, amount int64) settlefile.Known {
	return settlefile.Known{PaymentKey: "p" + payment, TransactionKey: "t" + key, Currency: pay.KRW, Method: pay.Card, At: at(when), Cancel: true, Amount: amount}
}

// What a row is joined to must be the only one that it can be.
func TestARowIsJoinedOnlyToWhatItIsForSure(t *testing.T) {
	day, next := "2026-11-02 10:00:00", "2026-11-03 11:00:00"
	sold, back := "shop,2026-11-04,2026-11-02,2026-11-02,A,완료,10000,330,9670\n", "shop,2026-11-05,2026-11-03,2026-11-02,A,취소,-4000,-132,-3868\n"
	for name, c := range map[string]struct {
		row   string
		known []settlefile.Known
		want  string // the transaction key; "": refused
	}{
		"the one approval":                          {sold, []settlefile.Known{sale("1", day, 10_000)}, "t1"},
		"the one approval, of another amount":       {sold, []settlefile.Known{sale("1", day, 9000)}, "t1"},
		"of two approvals that of its amount":       {sold, []settlefile.Known{sale("1", day, 10_000), sale("2", day, 9000)}, "t1"},
		"of two approvals that of its day":          {sold, []settlefile.Known{sale("1", next, 10_000), sale("2", day, 10_000)}, "t2"},
		"two approvals of one amount and day":       {sold, []settlefile.Known{sale("1", day, 10_000), sale("2", day, 10_000)}, ""},
		"nothing is known":                          {sold, nil, ""},
		"a cancel is no sale":                       {sold, []settlefile.Known{cancel("1", "c", day, 10_000)}, ""},
		"the one cancel":                            {back, []settlefile.Known{sale("1", day, 10_000), cancel("1", "c", next, 4000)}, "tc"},
		"the one cancel, of which nobody knows":     {back, []settlefile.Known{sale("1", day, 10_000), cancel("1", "c", next, 0)}, "tc"},
		"of two cancels that of its amount":         {back, []settlefile.Known{sale("1", day, 10_000), cancel("1", "c", next, 4000), cancel("1", "d", next, 5000)}, "tc"},
		"two cancels of one amount":                 {back, []settlefile.Known{sale("1", day, 10_000), cancel("1", "c", next, 4000), cancel("1", "d", next, 4000)}, ""},
		"two cancels, one of which nobody knows":    {back, []settlefile.Known{sale("1", day, 10_000), cancel("1", "c", next, 4000), cancel("1", "d", next, 0)}, ""},
		"a cancel of a sale that nobody has listed": {back, []settlefile.Known{cancel("1", "c", next, 4000)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := read(t, header+c.row)
			if err := f.Name(func(string, string) ([]settlefile.Known, error) { return c.known, nil }); err != nil {
				t.Fatal(err)
			}
			got := ""
			if len(f.Rows) == 1 {
				got = f.Rows[0].TransactionKey
			}
			if got != c.want || (c.want == "") != (len(f.Refused) == 1) {
				t.Errorf("joined to %q; refused: %v", got, f.Faults())
			}
		})
	}
}

func TestEqualRowsOfOneTransactionAreRefused(t *testing.T) {
	row := "shop,2026-11-04,2026-11-02,2026-11-02,A,완료,10000,330,9670\n"
	other := "shop,2026-11-05,2026-11-02,2026-11-02,A,완료,10000,330,9670\n"
	known := func(string, string) ([]settlefile.Known, error) {
		return []settlefile.Known{sale("1", "2026-11-02 10:00:00", 10_000)}, nil
	}
	f := read(t, header+row+row)
	if err := f.Name(known); err != nil || len(f.Rows) != 0 || len(f.Refused) != 2 {
		t.Errorf("%d rows, %d refused, %v", len(f.Rows), len(f.Refused), err)
	}
	f = read(t, header+row+other) // paid out twice: that is a break, and no fault of the file
	if err := f.Name(known); err != nil || len(f.Rows) != 2 {
		t.Errorf("%d rows, %v, %v", len(f.Rows), f.Faults(), err)
	}
}

func TestAFileWithoutTheFeesVATIsReckonedWithinOneWon(t *testing.T) {
	f := read(t, header+"shop,2026-11-04,2026-11-02,2026-11-02,A,완료,64601,1492,63109\nshop,2026-11-04,2026-11-02,2026-11-02,B,취소,-99800,-2250,-97550\n")
	if !f.Reckoned || f.Rows[0].SupplyAmount != 1356 || f.Rows[0].VAT != 136 || f.Rows[1].SupplyAmount != -2045 || f.Rows[1].VAT != -205 {
		t.Errorf("%v %+v", f.Reckoned, f.Rows)
	}
}

func TestEveryFaultOfAFileIsSaidWithItsPlace(t *testing.T) {
	f := read(t, header+
		"shop,2026/11/04,2026.11.02,20261102,A,완료,10000,330,9670\n"+
		"shop,2026-11-01,2026-11-02,2026-11-02,A,완료,10000,330,9670\n"+
		"nobody,어제,2026-11-02,2026-11-02,A,완료,만원,330,9670\n"+
		"shop,2026-11-04,2026-11-02,2026-11-02,A,완료,-10000,-330,-9670\n"+
		"shop,2026-11-04,2026-11-02,2026-11-02,,완료,10000,330.5,\n"+
		"합계,,,,,,10000,330,9670\n")
	if len(f.Rows) != 1 || len(f.Refused) != 4 {
		t.Fatalf("%d rows, refused: %v", len(f.Rows), f.Faults())
	}
	text := f.Faults().Error()
	for _, want := range []string{`:3: column "정산액 입금일": "2026-11-01": is before 매출일`, `:4: column "상점아이디(MID)": "nobody"`, `:4: column "결제·취소액 (A)": "만원"`, `:4: column "정산액 입금일": "어제"`,
		`:5: column "결제상태": "완료": is no cancel`, `:6: column "주문번호"`, `"330.5": is no whole won`, `:6: column "당일 정산액 (C) = (A-B)": is empty`} {
		if !strings.Contains(text, want) {
			t.Errorf("not said: %s\n%s", want, text)
		}
	}
}

// A day counts as read only where nothing of it can be missing.
func TestOnlyAFileThatSaysItsPeriodCoversDays(t *testing.T) {
	for preface, want := range map[string]pay.SettledBy{
		"": "", "조회기간 : 2026-11-01 ~ 2026-11-03\n": "", "조회기간(매출일),2026.11.01 ~ 2026.11.03\n": pay.BySold,
		"조회기간 : 2026-11-01 ~ 2026-11-03,정산액 입금일\n":              pay.ByPaidOut,
		"매출일 2026-11-01 ~ 2026-11-03\n결제수단 : 카드\n":              "",
		"매출일 2026-11-01 ~ 2026-11-03\n결제수단 : 전체\n":              pay.BySold,
		"매출일과 정산액 입금일\n조회기간 : 2026-11-01 ~ 2026-11-03\n":        "",
		"매출일 2026-11-03 ~ 2026-11-01\n":                         "",
		"상점관리자 정산내역\n\n매출일 : 2026-11-01 ~ 2026-11-03 (KST)\n\n": pay.BySold,
	} {
		f := read(t, preface+header+"shop,2026-11-04,2026-11-02,2026-11-02,A,완료,10000,330,9670\n")
		if f.By != want || (want != "") != (f.From == "2026-11-01" && f.To == "2026-11-03") {
			t.Errorf("%q covers %s to %s by %q", preface, f.From, f.To, f.By)
		}
	}
}

func TestABuyersNameIsInNoEvidence(t *testing.T) {
	f := read(t, strings.Replace(header, "주문번호", "구매자명,비고,주문번호", 1)+"shop,2026-11-04,2026-11-02,2026-11-02,홍길동,010-1234,A,완료,10000,330,9670\n")
	page := string(f.Page)
	if strings.Contains(page, "홍길동") || strings.Contains(page, "010-1234") || !strings.Contains(page, "10000") || len(f.Unknown) != 1 {
		t.Errorf("%s, unknown: %v", page, f.Unknown)
	}
}
