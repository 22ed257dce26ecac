package toss

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"daesa/pay"
)

// rows writes count transaction rows, numbered from first.
func rows(first, count int) []byte {
	var b strings.Builder
	b.WriteByte('[')
	for i := range count {
		if i > 0 {
			b.WriteByte(',')
		}
		n := first + i
		fmt.Fprintf(&b, `{"mId":"tosspayments","transactionKey":"txrd_a01jkks4kdkvhqr2kge%08d","paymentKey":"tgen_20250626194853%08d",`+
			`"orderId":"ORD-1750934933050-%08d","method":"카드","customerKey":"cG_EdskNV1JgX7Y16%d","useEscrow":false,`+
			`"receiptUrl":"https://dashboard.tosspayments.com/receipt/redirection?transactionId=tgen_20250626194853%08d&ref=PX",`+
			`"status":"DONE","transactionAt":"2026-11-21T12:%02d:%02d+09:00","currency":"KRW","amount":%d}`, n, n, n, n, n, n/60%60, n%60, 1000+n)
	}
	return []byte(b.String() + "]")
}

func key(n int) string { return fmt.Sprintf("txrd_a01jkks4kdkvhqr2kge%08d", n) }

func TestTransactionPages(t *testing.T) {
	var asked url.Values
	base, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Query()
		switch asked.Get("startingAfter") {
		case "":
			_, _ = w.Write(rows(0, PageLimit))
		case key(PageLimit - 1):
			_, _ = w.Write(rows(PageLimit, 3))
		default:
			_, _ = w.Write([]byte("[]"))
		}
	})
	c := newClient(t, base, nil)
	day := pay.Day("2026-11-21")
	page, err := c.Transactions(t.Context(), day.Start(), day.End(), "")
	if err != nil {
		t.Fatal(err)
	}
	if want := "endDate=2026-11-21T23:59:59 limit=5000 startDate=2026-11-21T00:00:00"; spaced(asked) != want {
		t.Errorf("asked %s", spaced(asked))
	}
	if len(page.Rows) != PageLimit || page.Next != key(PageLimit-1) || strings.Contains(string(page.Evidence.Body), "cG_Edsk") {
		t.Errorf("%d rows, next %q", len(page.Rows), page.Next)
	}
	if row := page.Rows[7]; row.Amount != 1007 || row.Method != pay.Card || row.At.Format(time.RFC3339) != "2026-11-21T12:00:07+09:00" || row.TransactionKey != key(7) {
		t.Errorf("%+v", row)
	}
	page, err = c.Transactions(t.Context(), day.Start(), day.End().Add(-time.Millisecond), page.Next)
	if err != nil || len(page.Rows) != 3 || page.Next != key(PageLimit+2) {
		t.Errorf("a short page is taken for the last: %d rows, next %q, %v", len(page.Rows), page.Next, err)
	}
	if asked.Get("startingAfter") != key(PageLimit-1) || asked.Get("endDate") != "2026-11-21T23:59:59" || !strings.Contains(page.Evidence.About, key(PageLimit-1)) {
		t.Errorf("asked %s", spaced(asked))
	}
	page, err = c.Transactions(t.Context(), day.Start(), day.End(), page.Next)
	if err != nil || len(page.Rows) != 0 || page.Next != "" || string(page.Evidence.Body) != "[]" {
		t.Errorf("the end: %d rows, next %q, %v", len(page.Rows), page.Next, err)
	}
	if _, err := c.Transactions(t.Context(), day.Start(), day.Start(), ""); failureOf(t, err).Kind != pay.FailureRefused {
		t.Errorf("an empty window: %v", err)
	}
}

func spaced(q url.Values) string {
	text, _ := url.QueryUnescape(q.Encode())
	return strings.ReplaceAll(text, "&", " ")
}

func TestPagesThatAreNone(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"too long", string(rows(0, PageLimit+1)), "more than the 5000"},
		{"object", `{}`, "no list of transactions"},
		{"null", `null`, "null"},
		{"string", `"x"`, "no list of transactions"},
		{"HTML", `<html>`, "broken or other text"},
		{"cut", string(rows(0, 3)[:400]), "broken or other text"},
	}
	for _, test := range tests {
		base, hits := serve(t, reply(200, test.body, "x-tosspayments-trace-id", "tr"))
		_, err := newClient(t, base, nil).Transactions(t.Context(), instant.Add(-time.Hour), instant, "")
		failure := failureOf(t, err)
		if failure.Kind != pay.FailureUnreadable || !strings.Contains(failure.Error(), test.want) || failure.TraceID != "tr" || hits.Load() != 1 {
			t.Errorf("%s: %s after %d sends: %v", test.name, failure.Kind, hits.Load(), failure)
		}
	}
	base, _ := serve(t, reply(400, string(sample(t, "error_400_invalid_transaction_key.json"))))
	if _, err := newClient(t, base, nil).Transactions(t.Context(), instant.Add(-time.Hour), instant, "x"); failureOf(t, err).Kind != pay.FailurePaging {
		t.Errorf("a refused paging key: %v", err)
	}
}

// One row that cannot be read lost the whole list, and with it the rows that can.
func TestARowOfTheListThatCannotBeReadLosesNoOther(t *testing.T) {
	one := strings.Trim(string(rows(1, 1)), "[]")
	edited := func(old, changed string) string { return strings.Replace(one, old, changed, 1) }
	for _, test := range []struct{ name, row, want string }{
		{"null row", `null`, "is missing"},
		{"no key", edited(key(1), ""), "no transactionKey"},
		{"no time", edited("2026-11-21T12:00:01+09:00", ""), "transactionAt"},
		{"no date", edited("2026-11-21T12:00:01+09:00", "soon"), "transactionAt"},
		{"no amount", edited(`,"amount":1001}`, `}`), "amount is missing"},
		{"no status", edited(`"status":"DONE",`, ``), "status"},
		{"half a won", edited(`1001}`, `1001.5}`), "decimal places"},
		{"amount of another type", edited(`1001}`, `{}}`), "transaction"},
	} {
		base, _ := serve(t, reply(200, "["+one+","+test.row+"]"))
		page, err := newClient(t, base, nil).Transactions(t.Context(), instant.Add(-time.Hour), instant, "")
		if err != nil || len(page.Rows) != 1 || page.Rows[0].TransactionKey != key(1) || len(page.Bad) != 1 || page.Empty() {
			t.Errorf("%s: %+v %v", test.name, page, err)
			continue
		}
		if bad := page.Bad[0]; !strings.Contains(bad.Err.Error(), test.want) || bad.Key != page.Next {
			t.Errorf("%s: %q %v, next %q", test.name, bad.Key, bad.Err, page.Next)
		}
	}
}

func TestRowsOfAPage(t *testing.T) {
	c := newClient(t, "http://127.0.0.1:1", nil)
	row := func(key, mid, status, currency, amount string) string {
		return fmt.Sprintf(`{"mId":%q,"transactionKey":%q,"paymentKey":"p","orderId":"71","method":"간편결제","status":%q,"transactionAt":"2026-11-21T12:00:00","currency":%q,"amount":%s}`, mid, key, status, currency, amount)
	}
	page, err := c.page([]byte("[" + strings.Join([]string{
		row("a", "other", "DONE", "KRW", "1000.0"), row("b", "", "WAITING_FOR_DEPOSIT", "KRW", "0"), row("b", "", "DONE", "KRW", "5"),
		row("a", "other", "DONE", "KRW", "1000"), row("c", "m", "CANCELED", "USD", "-181.56"), row("d", "m", "DONE", "MUSD", "181560000"),
	}, ",") + "]"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range page.Rows {
		got = append(got, fmt.Sprintf("%s %s %s %s %d %s", r.TransactionKey, r.MID, r.Status, r.Currency, r.Amount, r.Method))
	}
	want := []string{
		"a other DONE KRW 1000 easy_pay", "b tosspayments WAITING_FOR_DEPOSIT KRW 0 easy_pay", "b tosspayments DONE KRW 5 easy_pay",
		"c m CANCELED USD -18156 foreign_easy_pay", "d m DONE USD 18156 foreign_easy_pay",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("rows\n%s", strings.Join(got, "\n"))
	}
	if page, err := c.page([]byte(`[]`)); err != nil || len(page.Rows) != 0 || page.Next != "" {
		t.Errorf("an empty page: %+v, %v", page, err)
	}
}

func TestPaidOut(t *testing.T) {
	var asked url.Values
	row := string(sample(t, "settlements_row_approval_interest_free.json")) // paid out on 2025-02-13
	body := "[" + row + "," + strings.Replace(row, `"2025-02-13"`, `"2025-02-14"`, 1) + "]"
	base, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Query()
		_, _ = w.Write([]byte(body))
	})
	c := newClient(t, base, nil)
	got, err := c.Settlements(t.Context(), pay.ByPaidOut, "2025-02-13", 2)
	if err != nil || got.Shown != 2 || len(got.Rows) != 1 || got.Rows[0].PayOutAmount != 63109 || got.Rows[0].PaidOutDate != "2025-02-13" ||
		got.Evidence.API != APISettlements || len(got.Bad) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if want := "dateType=paidOutDate endDate=2025-02-14 page=2 size=5000 startDate=2025-02-13"; spaced(asked) != want {
		t.Errorf("asked %s", spaced(asked))
	}
	body = "[" + strings.Repeat(row+",", SettlementPageSize-1) + row + "]"
	if got, err := c.Settlements(t.Context(), pay.ByPaidOut, "2025-02-13", 1); err != nil || len(got.Rows) != SettlementPageSize || got.Shown != SettlementPageSize {
		t.Errorf("a full page: %d rows, %v", len(got.Rows), err)
	}
	body = "[]"
	if got, err := c.Settlements(t.Context(), pay.ByPaidOut, "2025-02-13", 1); err != nil || len(got.Rows) != 0 || got.Shown != 0 {
		t.Errorf("a test key's: %v, %v", got, err)
	}
	for _, bad := range []string{`{"result": true}`, `null`, `"x"`, `<html>`, "[" + row + "," + row[:100]} {
		body = bad
		if _, err := c.Settlements(t.Context(), pay.ByPaidOut, "2025-02-13", 1); failureOf(t, err).Kind != pay.FailureUnreadable {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if _, err := c.Settlements(t.Context(), pay.ByPaidOut, "2025-02-13", 0); failureOf(t, err).Kind != pay.FailureRefused {
		t.Errorf("page 0: %v", err)
	}
}

// One row that cannot be read must not lose a day of settlements.
func TestABadSettlementRowIsOneBadRow(t *testing.T) {
	row := string(sample(t, "settlements_row_approval_interest_free.json")) // paid out on 2025-02-13
	key := "txrd_a01jkks4kdkvhqr2kge21gqawf8"
	edited := func(old, changed string) string {
		if !strings.Contains(row, old) {
			t.Fatalf("the sample has no %s", old)
		}
		return strings.Replace(row, old, changed, 1)
	}
	for name, test := range map[string]struct{ bad, key string }{
		"half a won":                     {edited(`"amount": 64601`, `"amount": 64601.5`), key},
		"an amount that is an object":    {edited(`"amount": 64601`, `"amount": {}`), key},
		"no amount":                      {edited(`"amount": 64601`, `"was": 64601`), key},
		"no payment key":                 {edited(`"paymentKey"`, `"payment"`), key},
		"a date that is none":            {edited(`"soldDate": "2025-02-09"`, `"soldDate": "soon"`), key},
		"a day of payout that is none":   {edited(`"2025-02-13"`, `"soon"`), key},
		"no day of payout":               {edited(`"paidOutDate"`, `"paidOut"`), key},
		"an empty object":                {`{}`, ""},
		"null":                           {`null`, ""},
		"a text":                         {`"row"`, ""},
		"a key that is a number":         {`{"transactionKey": 7, "paymentKey": "p"}`, ""},
		"a number in place of a payment": {edited(`"paymentKey": "TP01020250209065811VYdf1"`, `"paymentKey": 7`), key},
	} {
		t.Run(name, func(t *testing.T) {
			base, _ := serve(t, reply(200, "["+row+","+test.bad+","+row+"]"))
			page, err := newClient(t, base, nil).Settlements(t.Context(), pay.ByPaidOut, "2025-02-13", 1)
			if err != nil {
				t.Fatal(err)
			}
			if len(page.Rows) != 2 || page.Shown != 3 || len(page.Bad) != 1 || page.Bad[0].Key != test.key || !strings.HasPrefix(page.Bad[0].Err.Error(), "row 2: ") {
				t.Errorf("%d rows of %d, bad %+v", len(page.Rows), page.Shown, page.Bad)
			}
		})
	}
	other := strings.Replace(edited(`"amount": 64601`, `"amount": {}`), `"2025-02-13"`, `"2025-02-14"`, 1)
	base, _ := serve(t, reply(200, "["+row+","+other+"]"))
	if page, err := newClient(t, base, nil).Settlements(t.Context(), pay.ByPaidOut, "2025-02-13", 1); err != nil || len(page.Bad) != 0 || len(page.Rows) != 1 {
		t.Errorf("a bad row of another day is that day's: %+v, %v", page, err)
	}
}

// BenchmarkTransactions compares a page with the plain decoding of it.
func BenchmarkTransactions(b *testing.B) {
	page := rows(0, PageLimit)
	c := newClient(b, "http://127.0.0.1:1", nil)
	b.Run("plain", func(b *testing.B) {
		b.SetBytes(int64(len(page)))
		for b.Loop() {
			var out []wireTransaction
			if err := json.Unmarshal(page, &out); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("page", func(b *testing.B) {
		b.SetBytes(int64(len(page)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.page(page); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("redact", func(b *testing.B) {
		b.SetBytes(int64(len(page)))
		for b.Loop() {
			redact(page)
		}
	})
}
