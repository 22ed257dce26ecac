package reports

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
)

// sampleMatched are orders with what a spreadsheet would like to spoil.
func sampleMatched() []Matched {
	return []Matched{
		{MID: "shop", OrderID: "00012345678901234567", PaymentKey: "tgen_1", Method: pay.Card, Currency: pay.KRW, ShopHeld: 58_000, TossHeld: 58_000, ShopStatus: "paid", TossStatus: "DONE",
			OrderedAt: seoul("2026-11-21 00:00:00"), ApprovedAt: seoul("2026-11-21 23:59:59")},
		{MID: "shop", OrderID: "=1+1", PaymentKey: `a&b<c>"d"_x0041_`, Method: "포인트", Currency: pay.USD, ShopHeld: 18_156, TossHeld: 18_156, ShopStatus: "partially_canceled", TossStatus: "PARTIAL_CANCELED",
			OrderedAt: seoul("2026-11-20 12:00:00"), ApprovedAt: seoul("2026-11-20 12:01:00"), CanceledAt: seoul("2026-11-21 10:00:00")},
		{MID: "shop", OrderID: "waiting, \"still\"\nopen", Method: pay.VirtualAccount, Currency: pay.KRW, ShopStatus: "pending", OrderedAt: seoul("2026-11-21 09:00:00")},
	}
}

// matchedOf gives rows one by one, and then an error.
func matchedOf(mid string, rows []Matched, end error) MatchedOf {
	of := MatchedOf{MID: mid, RunID: "r" + mid, Count: int64(len(rows)), Shop: []reconcile.Sum{{Currency: pay.KRW, Total: 58_000}, {Currency: pay.USD, Total: 18_156}},
		Toss: []reconcile.Sum{{Currency: pay.KRW, Total: 58_000}, {Currency: pay.USD, Total: 18_156}}}
	next := 0
	of.Next = func() (Matched, error) {
		if next == len(rows) {
			return Matched{}, end
		}
		next++
		return rows[next-1], nil
	}
	return of
}

func matchedList(of ...MatchedOf) MatchedList {
	return MatchedList{Day: sampleDay, At: sampleNow, Merchants: of}
}

func drawnMatched(t *testing.T, list MatchedList, opts Options) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := WriteMatchedWorkbook(&out, list, opts); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func matchedCells(t *testing.T, f *excelize.File, sheet string, raw bool) [][]string {
	t.Helper()
	rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: raw})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestMatchedWorkbook(t *testing.T) {
	content := drawnMatched(t, matchedList(matchedOf("shop", sampleMatched(), io.EOF)), Options{})
	f := opened(t, content)
	want := [][]string{
		{"일치 목록 2026-11-21"},
		{"2026-11-21 (토) 대사에서 일치한 주문 3건 · 작성 시점의 상태 · 불일치 건은 일일 대사 보고서 참조"},
		{"합계: 쇼핑몰 58,000원 · 토스 58,000원"},
		{"합계: 쇼핑몰 181.56 USD · 토스 181.56 USD"},
		nil,
		{"가맹점", "주문번호", "결제키", "결제수단", "통화", "쇼핑몰 순결제금액", "토스 순결제금액", "쇼핑몰 상태", "토스 상태", "주문일시", "승인일시", "최근 취소일시"},
		{"shop", "00012345678901234567", "tgen_1", "카드", "KRW", "58000", "58000", "결제 완료", "결제 완료", "46347.0000000000", "46347.9999884260"},
		{"shop", "'=1+1", `a&b<c>"d"_x0041_`, "포인트", "USD", "181.56", "181.56", "부분 취소", "부분 취소", "46346.5000000000", "46346.5006944445", "46347.4166666667"},
		{"shop", `waiting, "still" open`, "", "가상계좌", "KRW", "0", "0", "결제 대기", "", "46347.3750000000"},
	}
	if diff := cmp.Diff(want, matchedCells(t, f, "일치", true)); diff != "" {
		t.Error(diff)
	}
	shown := matchedCells(t, f, "일치", false)[7]
	if diff := cmp.Diff([]string{"181.56 USD", "181.56 USD", "2026-11-20 12:01"}, []string{shown[5], shown[6], shown[10]}); diff != "" {
		t.Error(diff)
	}
	if formulas := formulasOf(t, content); len(formulas) != 0 {
		t.Errorf("formulas: %v", formulas)
	}
	panes, err := f.GetPanes("일치")
	if err != nil || !panes.Freeze || panes.YSplit != 6 || panes.XSplit != 2 {
		t.Errorf("panes %+v: %v", panes, err)
	}
	if width, err := f.GetColWidth("일치", "F"); err != nil || width < 17 {
		t.Errorf("the amounts are %v wide: %v", width, err)
	}
	var filters []string
	for _, name := range f.GetDefinedName() {
		filters = append(filters, name.RefersTo)
	}
	if want := "'일치'!$A$6:$L$9"; !strings.Contains(strings.Join(filters, " "), want) {
		t.Errorf("no filter over %s: %v", want, filters)
	}
}

func TestMatchedCSV(t *testing.T) {
	var out bytes.Buffer
	if err := WriteMatchedCSV(&out, matchedList(matchedOf("shop", sampleMatched(), io.EOF)), Options{Language: "en"}); err != nil {
		t.Fatal(err)
	}
	text, marked := strings.CutPrefix(out.String(), "\uFEFF")
	if !marked {
		t.Error("Excel takes it for another encoding: the mark is missing")
	}
	want := strings.Join([]string{
		`Merchant,Order,Payment key,Method,Currency,"Held, shop","Held, Toss",Shop status,Toss status,Ordered at,Paid at,Last cancelled at`,
		`shop,00012345678901234567,tgen_1,card,KRW,58000,58000,paid,DONE,2026-11-21T00:00:00+09:00,2026-11-21T23:59:59+09:00,`,
		`shop,'=1+1,"a&b<c>""d""_x0041_",포인트,USD,181.56,181.56,partially_canceled,PARTIAL_CANCELED,2026-11-20T12:00:00+09:00,2026-11-20T12:01:00+09:00,2026-11-21T10:00:00+09:00`,
		`shop,"waiting, ""still"" open",,virtual_account,KRW,0,0,pending,,2026-11-21T09:00:00+09:00,,`,
	}, "\n") + "\n"
	if diff := cmp.Diff(want, text); diff != "" {
		t.Error(diff)
	}
	if rows, err := csv.NewReader(strings.NewReader(text)).ReadAll(); err != nil || len(rows) != 4 {
		t.Errorf("read back: %d rows, %v", len(rows), err)
	}
}

func TestMatchedOfSeveralMerchants(t *testing.T) {
	list := func() MatchedList {
		second := sampleMatched()[:1]
		second[0].MID = "other"
		return matchedList(matchedOf("shop", sampleMatched(), io.EOF), matchedOf("none", nil, io.EOF), matchedOf("other", second, io.EOF))
	}
	content := drawnMatched(t, list(), Options{Language: "en"})
	rows := matchedCells(t, opened(t, content), "Matched", true)
	var order []string
	for _, row := range rows[6:] {
		order = append(order, row[0])
	}
	if diff := cmp.Diff([]string{"shop", "shop", "shop", "other"}, order); diff != "" {
		t.Error(diff)
	}
	if want := "Sum: shop 174,000원 · Toss 174,000원"; rows[2][0] != want {
		t.Errorf("%q, expected %q", rows[2][0], want)
	}
	if !bytes.Equal(content, drawnMatched(t, list(), Options{Language: "en"})) {
		t.Error("the same rows have other bytes")
	}
}

func TestMatchedBeyondASheetGoOn(t *testing.T) {
	defer func(before int) { book.MostRows = before }(book.MostRows)
	book.MostRows = 206
	var many []Matched
	for i := range 450 {
		many = append(many, Matched{MID: "shop", OrderID: fmt.Sprintf("%06d", i), Currency: pay.KRW, OrderedAt: sampleNow})
	}
	f := opened(t, drawnMatched(t, matchedList(matchedOf("shop", many, io.EOF)), Options{}))
	var got []string
	for _, sheet := range f.GetSheetList() {
		for _, row := range matchedCells(t, f, sheet, true)[6:] {
			got = append(got, row[1])
		}
	}
	if diff := cmp.Diff([]string{"일치", "일치 2", "일치 3"}, f.GetSheetList()); diff != "" {
		t.Error(diff)
	}
	if len(got) != 450 || got[0] != "000000" || got[200] != "000200" || got[449] != "000449" {
		t.Errorf("%d rows over the sheets: %.40s", len(got), got)
	}
}

func TestMatchedIsWholeOrNothing(t *testing.T) {
	lost := errors.New("the connection is gone")
	promised := func(n int64, end error) func() MatchedOf {
		return func() MatchedOf {
			of := matchedOf("shop", sampleMatched(), end)
			of.Count = n
			return of
		}
	}
	for name, test := range map[string]struct {
		of   func() MatchedOf
		says string
	}{
		"an error after some rows": {promised(3, lost), "after 3 rows: the connection is gone"},
		"fewer rows than promised": {promised(4, io.EOF), "4 rows were promised"},
		"more rows than promised":  {promised(2, io.EOF), "2 rows were promised"},
	} {
		for form, save := range map[string]func(string, MatchedList, Options) error{"list.xlsx": SaveMatchedWorkbook, "list.csv": SaveMatchedCSV} {
			t.Run(name+"/"+form, func(t *testing.T) {
				folder := t.TempDir()
				err := save(filepath.Join(folder, form), matchedList(test.of()), Options{})
				if err == nil || !strings.Contains(err.Error(), test.says) {
					t.Errorf("%v, expected %q", err, test.says)
				}
				if left, _ := os.ReadDir(folder); len(left) != 0 {
					t.Errorf("it left %v", left)
				}
			})
		}
	}
}

func TestMatchedWithAPassword(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list.xlsx")
	if err := SaveMatchedWorkbook(path, matchedList(matchedOf("shop", sampleMatched(), io.EOF)), Options{Password: "비밀"}); err != nil {
		t.Fatal(err)
	}
	if f, err := excelize.OpenFile(path, excelize.Options{Password: "비밀"}); err != nil {
		t.Error(err)
	} else if err := f.Close(); err != nil {
		t.Error(err)
	}
	if err := SaveMatchedCSV(path+".csv", matchedList(), Options{Password: "비밀"}); err == nil {
		t.Error("a CSV was written as if it had a password")
	}
}

func TestANightOnWhichNothingAgreesHasItsList(t *testing.T) {
	f := opened(t, drawnMatched(t, matchedList(matchedOf("shop", nil, io.EOF)), Options{}))
	rows := matchedCells(t, f, "일치", true)
	if last := rows[len(rows)-1]; last[0] != "일치한 주문 없음" {
		t.Errorf("the sheet ends with %q", last)
	}
	// A night on which no order agrees has no sums either.
	for _, list := range []MatchedList{matchedList(), matchedList(MatchedOf{MID: "shop", RunID: "r", Next: func() (Matched, error) { return Matched{}, io.EOF }})} {
		rows := matchedCells(t, opened(t, drawnMatched(t, list, Options{})), "일치", true)
		if rows[2][0] != "합계: 쇼핑몰 0원 · 토스 0원" || rows[len(rows)-1][0] != "일치한 주문 없음" {
			t.Errorf("without any sum the sheet says %q", rows)
		}
	}
	if err := WriteMatchedWorkbook(io.Discard, matchedList(), Options{Language: "fr"}); err == nil {
		t.Error("a language that nobody speaks was taken")
	}
}

func TestMomentsOfAllTimes(t *testing.T) {
	for at, want := range map[time.Time]string{
		seoul("2026-11-21 23:59:59"):                   "46347.9999884260",
		seoul("1970-01-01 00:00:01"):                   "25569.0000115741",
		seoul("1960-02-29 12:00:00"):                   "21975.5000000000",
		time.Date(2026, 11, 21, 15, 0, 0, 0, time.UTC): "46348.0000000000",
	} {
		if got := book.Moment(0, at).Value(); got != want {
			t.Errorf("%s is %s, expected %s", at, got, want)
		}
	}
}
