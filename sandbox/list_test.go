package sandbox

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestARowAsItIsWritten(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{CustomerKey: "@@ANONYMOUS"})
	want := []map[string]any{{
		"mId": "tosspayments", "transactionKey": p.LastTransactionKey, "paymentKey": p.Key, "orderId": "ORDER-0001",
		"method": "카드", "customerKey": "@@ANONYMOUS", "useEscrow": false,
		"receiptUrl": receiptURL + p.Key + "&ref=PX", "status": "DONE",
		"transactionAt": "2026-11-21T12:00:00+09:00", "currency": "KRW", "amount": 10000.0,
	}}
	if diff := cmp.Diff(want, h.list(today)); diff != "" {
		t.Error(diff)
	}
}

// Toss does not say how the amount of a cancel looks, so all readings exist.
func TestTheThreeReadingsOfACancelRow(t *testing.T) {
	for reading, want := range map[CancelRows][][]any{
		CancelAmount:   {{"DONE", 10000.0}, {"PARTIAL_CANCELED", 3000.0}, {"PARTIAL_CANCELED", 7000.0}},
		NegativeAmount: {{"DONE", 10000.0}, {"PARTIAL_CANCELED", -3000.0}, {"PARTIAL_CANCELED", -7000.0}},
		OriginalAmount: {{"DONE", 10000.0}, {"PARTIAL_CANCELED", 10000.0}, {"PARTIAL_CANCELED", 10000.0}},
	} {
		t.Run(fmt.Sprint(reading), func(t *testing.T) {
			h := begin(t, Options{CancelRows: reading})
			p := h.pay(NewPayment{})
			h.cancel(p.Key, `{"cancelReason":"x","cancelAmount":3000}`)
			h.wait(2 * time.Second)
			a := h.cancel(p.Key, giveBack)
			var got [][]any
			rows := h.list(today)
			for _, r := range rows {
				got = append(got, []any{r["status"], r["amount"]})
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if rows[2]["transactionKey"] != a.cancels()[1]["transactionKey"] {
				t.Error("the row has the key of the cancel")
			}
		})
	}
}

func TestDollarsInTheList(t *testing.T) {
	h := begin(t, Options{})
	h.pay(NewPayment{Method: PayPal, Amount: 18156})
	if r := h.list(today)[0]; r["amount"] != 181.56 || r["currency"] != "USD" {
		t.Error(r)
	}
}

func TestTheWindowIsInKSTAndCoversItsLastSecond(t *testing.T) {
	h := begin(t, Options{})
	for _, at := range []string{"2026-11-19T23:59:59+09:00", "2026-11-20T00:00:00+09:00", "2026-11-20T23:59:59+09:00", "2026-11-21T00:00:00+09:00"} {
		when, _ := time.Parse(time.RFC3339, at)
		h.pay(NewPayment{OrderID: at, At: when.Add(500 * time.Millisecond)})
	}
	orders := func(query string) []any {
		var got []any
		for _, r := range h.list(query) {
			got = append(got, r["orderId"])
		}
		return got
	}
	day := []any{"2026-11-20T00:00:00+09:00", "2026-11-20T23:59:59+09:00"}
	if diff := cmp.Diff(day, orders("startDate=2026-11-20T00:00:00&endDate=2026-11-20T23:59:59")); diff != "" {
		t.Error(diff)
	}
	// A bare end date is its midnight: the day is lost, but for that second.
	if diff := cmp.Diff(day[:1], orders("startDate=2026-11-20&endDate=2026-11-20")); diff != "" {
		t.Error(diff)
	}
}

func TestPagingGoesThroughTiesWithoutLossOrRepeat(t *testing.T) {
	h := begin(t, Options{})
	var want []any
	for i := range 25 {
		p := h.pay(NewPayment{OrderID: fmt.Sprintf("ORDER-%02d", i), At: noon.Add(time.Duration(i/10) * time.Second), RequestedAt: noon})
		want = append(want, p.Key)
	}
	h.wait(time.Minute)
	var got []any
	for after := ""; ; {
		page := h.list(today + "&limit=4" + after)
		for _, r := range page {
			got = append(got, r["paymentKey"])
		}
		if len(page) < 4 {
			break
		}
		after = "&startingAfter=" + page[3]["transactionKey"].(string)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestALateRowTakesItsPlaceInTime(t *testing.T) {
	h := begin(t, Options{})
	h.pay(NewPayment{OrderID: "second", At: noon})
	h.list(today)
	h.pay(NewPayment{OrderID: "first", At: noon.Add(-time.Hour)})
	rows := h.list(today)
	if rows[0]["orderId"] != "first" || rows[1]["orderId"] != "second" {
		t.Error(rows)
	}
}

func TestBadQueriesOfTheList(t *testing.T) {
	h := begin(t, Options{})
	unknown := string(appendKey(nil, noon.Unix(), 99))
	for query, code := range map[string]string{
		"":                               "INVALID_DATE",
		"startDate=2026-11-21T00:00:00":  "INVALID_DATE",
		"startDate=21.11.2026&endDate=x": "INVALID_DATE",
		"startDate=2026-11-22&endDate=2026-11-21": "INVALID_DATE",
		today + "&limit=0":                        "INVALID_REQUEST",
		today + "&limit=5001":                     "INVALID_REQUEST",
		today + "&startingAfter=abc":              "INVALID_TRANSACTION_KEY",
		today + "&startingAfter=" + unknown:       "INVALID_TRANSACTION_KEY",
	} {
		h.call("GET", "/v1/transactions?"+query, "").want(t, 400, code)
	}
	if got := h.call("GET", "/v1/transactions?"+today, ""); got.raw != "[]" {
		t.Errorf("an empty window is [], got %s", got.raw)
	}
}

func TestThereAre100RowsToAPageUnlessAsked(t *testing.T) {
	h := begin(t, Options{})
	for i := range 101 {
		h.pay(NewPayment{OrderID: fmt.Sprint("ORDER-", i)})
	}
	if n, all := len(h.list(today)), len(h.list(today+"&limit=5000")); n != 100 || all != 101 {
		t.Errorf("got %d and %d rows", n, all)
	}
}

func TestAnotherMerchantIdUnderTheSameKey(t *testing.T) {
	h := begin(t, Options{})
	h.pay(NewPayment{MID: "othermid01"})
	if got := h.list(today)[0]["mId"]; got != "othermid01" {
		t.Error(got)
	}
}

func TestSettlements(t *testing.T) {
	h := begin(t, Options{})
	get := func(query string) string { return h.call("GET", "/v1/settlements?"+query, "").raw }
	week := "startDate=2026-11-15&endDate=2026-11-21"
	if got := get(week); got != "[]" {
		t.Errorf("a test key has none: %s", got)
	}
	sale := `{"soldDate":"2026-11-16","paidOutDate":"2026-11-18","amount":64601}`
	back := `{"soldDate":"2026-11-17","paidOutDate":"2026-11-23","amount":-64601}`
	if err := h.s.SetSettlements([]json.RawMessage{json.RawMessage(sale), json.RawMessage(back)}); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		week:                           "[" + sale + "," + back + "]",
		week + "&dateType=paidOutDate": "[" + sale + "]",
		week + "&size=1&page=2":        "[" + back + "]",
		week + "&size=1&page=3":        "[]",
		"startDate=2026-11-17&endDate=2026-11-17": "[" + back + "]",
	} {
		if got := get(query); got != want {
			t.Errorf("%s: %s", query, got)
		}
	}
}
