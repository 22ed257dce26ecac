package webhook_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/pay"
)

// one posts a webhook that must be stored, and gives what was stored.
func one(t *testing.T, body string, change ...func(*http.Request)) pay.Event {
	t.Helper()
	in := &inbox{}
	if code := post(receiver(t, in), body, change...); code != http.StatusOK || len(in.events()) != 1 {
		t.Fatalf("answered with %d, stored %+v", code, in.events())
	}
	return in.events()[0]
}

// told is what an event says of itself: all but what its receiver adds.
func told(e pay.Event) pay.Event {
	e.ID, e.Body, e.MID, e.ReceivedAt, e.CreatedAt = "", nil, "", time.Time{}, time.Time{}
	return e
}

func TestEverySample(t *testing.T) {
	t.Parallel()
	tests := map[string]pay.Event{
		"webhook_payment_status_changed_envelope.json": {Type: pay.PaymentStatusChanged, Status: "DONE", OrderID: "a4CWyWY5m89PNh7xJwhk1",
			PaymentKey: "5EnNZRJGvaBX7zk2yd8ydw26XvwXkLrx9POLqKQjmAw4b0e1", TransactionKey: "9C62B18EEF0DE3EB7F4422EB6D14BC6E"},
		"webhook_payment_status_changed_docs_excerpt.json": {Type: pay.PaymentStatusChanged, Status: "DONE", TransactionKey: "B7103F204998813B889C77C043D09502",
			PaymentKey: "<UniqueId name='paymentKey.webhook' />", OrderID: "<UniqueId name='orderId.webhook' />"},
		"webhook_deposit_callback.json": {Type: pay.DepositCallback, Status: "DONE", OrderID: "EbUYmJ4Q9EANnTWta8dok",
			TransactionKey: "9FF15E1A29D0E77C218F57262BFA4986", SecretFingerprint: pay.SecretFingerprint("DmKQbGzQQcVE3UoFNqWxL")},
		"webhook_cancel_status_changed.json":        {Type: pay.CancelStatusChanged, Status: "DONE", TransactionKey: "090A796806E726BBB929F4A2CA7DB9A7"},
		"webhook_billing_deleted_docs.json":         {Type: pay.BillingDeleted},
		"webhook_method_updated_docs.json":          {Type: pay.MethodUpdated, Status: "ENABLE"},
		"webhook_customer_status_changed_docs.json": {Type: pay.CustomerStatusChanged, Status: "PASSWORD_CHANGED"},
		"webhook_headers_docs.json":                 {Type: "unknown"},
	}
	files, err := filepath.Glob("../testdata/webhook/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		want, known := tests[name]
		if name == "webhook_payout_changed_docs.json" {
			continue // it must be signed: below
		}
		if got := told(one(t, sample(t, name))); !known || !cmp.Equal(want, got) {
			t.Errorf("%s: %s", name, cmp.Diff(want, got))
		}
	}
	body := sample(t, "webhook_payout_changed_docs.json")
	want := pay.Event{Type: pay.PayoutChanged, Status: "COMPLETED", TransactionKey: "{eventId}", Signature: pay.Verified}
	if diff := cmp.Diff(want, told(one(t, body, signedBy(value([]byte(key), body))))); diff != "" {
		t.Error(diff)
	}
}

// DEPOSIT_CALLBACK is flat in Toss's reference and has an envelope in the guide:
// both say the same.
func TestBothFormsOfADeposit(t *testing.T) {
	t.Parallel()
	const fields = `"orderId":"o-1","status":"DONE","secret":"ps_1","transactionKey":"t-1"`
	want := pay.Event{Type: pay.DepositCallback, OrderID: "o-1", Status: "DONE", TransactionKey: "t-1", SecretFingerprint: pay.SecretFingerprint("ps_1")}
	for name, body := range map[string]string{
		"flat":                       `{"createdAt":"2026-11-21T12:00:00.000000",` + fields + `}`,
		"flat, and says what it is":  `{"eventType":"DEPOSIT_CALLBACK",` + fields + `}`,
		"in the guide's envelope":    `{"eventType":"DEPOSIT_CALLBACK","data":{` + fields + `}}`,
		"flat, with what is unknown": `{"new":[1,{"a":null}],` + fields + `}`,
	} {
		if diff := cmp.Diff(want, told(one(t, body))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for name, body := range map[string]string{
		"no order":                  `{"status":"DONE","secret":"ps_1"}`,
		"no status":                 `{"orderId":"o-1","secret":"ps_1"}`,
		"neither secret nor key":    `{"orderId":"o-1","status":"DONE"}`,
		"keys that are spelt other": `{"OrderId":"o-1","Status":"DONE","Secret":"ps_1"}`,
	} {
		if diff := cmp.Diff(pay.Event{Type: "unknown"}, told(one(t, body))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestWhichFieldsAreTaken(t *testing.T) {
	t.Parallel()
	const all = `{"orderId":"o","paymentKey":"p","status":"S","transactionKey":"t","lastTransactionKey":"l","cancelStatus":"C","customerKey":"c","billingKey":"b"}`
	tests := map[string]struct {
		body string
		want pay.Event
	}{
		"a payment":        {`{"eventType":"PAYMENT_STATUS_CHANGED","data":` + all + `}`, pay.Event{Type: pay.PaymentStatusChanged, OrderID: "o", PaymentKey: "p", Status: "S", TransactionKey: "l"}},
		"a cancel":         {`{"eventType":"CANCEL_STATUS_CHANGED","data":{"transactionKey":"t","cancelStatus":"ABORTED","orderId":"o","paymentKey":"p"}}`, pay.Event{Type: pay.CancelStatusChanged, OrderID: "o", PaymentKey: "p", Status: "ABORTED", TransactionKey: "t"}},
		"a method":         {`{"eventType":"METHOD_UPDATED","data":` + all + `}`, pay.Event{Type: pay.MethodUpdated, Status: "S"}},
		"a customer":       {`{"eventType":"CUSTOMER_STATUS_CHANGED","data":` + all + `}`, pay.Event{Type: pay.CustomerStatusChanged, Status: "S"}},
		"a billing key":    {`{"eventType":"BILLING_DELETED","data":` + all + `}`, pay.Event{Type: pay.BillingDeleted}},
		"another":          {`{"eventType":"ORDER_PAYMENT_STATUS_CHANGED","data":{"orderId":"o","paymentKey":"p","status":"S"}}`, pay.Event{Type: "ORDER_PAYMENT_STATUS_CHANGED", OrderID: "o", PaymentKey: "p", Status: "S"}},
		"of another type":  {`{"eventType":"X","data":{"orderId":7,"paymentKey":["p"],"status":{"a":1}}}`, pay.Event{Type: "X"}},
		"spelt otherwise":  {`{"EventType":"X","data":{"orderid":"o"}}`, pay.Event{Type: "unknown"}},
		"the last of two":  {`{"eventType":"X","data":{"orderId":"a","orderId":"b"}}`, pay.Event{Type: "X", OrderID: "b"}},
		"escaped":          {`{"\u0065ventType":"X","data":{"orderId":"\u006f"}}`, pay.Event{Type: "X", OrderID: "o"}},
		"two hundred":      {`{"eventType":"X","data":{"orderId":"` + strings.Repeat("가", 200) + `"}}`, pay.Event{Type: "X", OrderID: strings.Repeat("가", 200)}},
		"one more":         {`{"eventType":"X","data":{"orderId":"` + strings.Repeat("가", 201) + `"}}`, pay.Event{Type: "X"}},
		"a line break":     {`{"eventType":"X","data":{"orderId":"a\nb","status":"\u001b[31m"}}`, pay.Event{Type: "X"}},
		"half a surrogate": {`{"eventType":"X","data":{"orderId":"\ud800"}}`, pay.Event{Type: "X"}},
		"a type too long":  {`{"eventType":"` + strings.Repeat("X", 201) + `"}`, pay.Event{Type: "unknown"}},
	}
	for name, test := range tests {
		if diff := cmp.Diff(test.want, told(one(t, test.body))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestWhenAnEventWasMade(t *testing.T) {
	t.Parallel()
	at := func(nanoseconds int) time.Time { return time.Date(2026, 1, 2, 14, 46, 59, nanoseconds, pay.Seoul) }
	for text, want := range map[string]time.Time{
		"2026-01-02T14:46:59":           at(0),
		"2026-01-02T14:46:59.65327":     at(653270000),
		"2026-01-02T14:46:59.000000":    at(0),
		"2026-01-02T14:46:59.123456789": at(123456789),
		"2026-01-02T14:46:59+09:00":     at(0),
		"2026-01-02T05:46:59.5Z":        at(500000000),
		"2026-01-02":                    {},
		"yesterday":                     {},
		"":                              {},
		// What a database could not keep, or not read again.
		"9999-12-31T23:59:59-01:00": {},
		"0000-01-01T00:00:00":       {},
		"0000-01-01T00:00:00Z":      {},
		"1999-12-31T23:59:59Z":      {},
		"3000-01-01T00:00:00Z":      {},
	} {
		if got := one(t, `{"eventType":"X","createdAt":"`+text+`"}`).CreatedAt; !got.Equal(want) {
			t.Errorf("%q is read as %s, expected %s", text, got, want)
		}
	}
}

func TestWhatHeadersSay(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"whtrans_a01j70335nkqqeg0zwzz2r4py9z": "whtrans_a01j70335nkqqeg0zwzz2r4py9z",
		strings.Repeat("x", 100):              strings.Repeat("x", 100),
		strings.Repeat("x", 101):              "",
		"a\tb":                                "",
		"전송":                                  "",
		"":                                    "",
	} {
		if got := one(t, `{}`, header("tosspayments-webhook-transmission-id", given)).TransmissionID; got != want {
			t.Errorf("the id %q is kept as %q", given, got)
		}
	}
	for given, want := range map[string]int{"0": 0, "7": 7, "1000": 1000, "1001": 0, "-1": 0, "x": 0, "": 0, "99999999999999999999": 0} {
		if got := one(t, `{}`, header("tosspayments-webhook-transmission-retried-count", given)).Retried; got != want {
			t.Errorf("retried %q is kept as %d", given, got)
		}
	}
}

// The id is made of what is kept, so that nobody can try personal data against
// it; blanks, order of headers and the number of the try do not count.
func TestTheID(t *testing.T) {
	t.Parallel()
	e := one(t, "{ \"eventType\" : \"X\",\n \"data\":{\"orderId\":\"o-1\", \"customerName\":\"김토스\"} }")
	if want := `{"eventType":"X","data":{"orderId":"o-1","customerName":"REDACTED"}}`; string(e.Body) != want {
		t.Errorf("kept %s", e.Body)
	}
	sum := sha256.Sum256([]byte("shop1\nX\n\n" + string(e.Body)))
	if want := hex.EncodeToString(sum[:16]); e.ID != want {
		t.Errorf("the id is %s, expected %s", e.ID, want)
	}
	other := one(t, `{"eventType":"X","data":{"orderId":"o-1","customerName":"이토스"}}`, header("tosspayments-webhook-transmission-retried-count", "3"))
	if other.ID != e.ID {
		t.Error("a name changed the id")
	}
	if one(t, `{"eventType":"X","data":{"orderId":"o-2"}}`).ID == e.ID {
		t.Error("another order has the same id")
	}
	// Else a forged event that comes first would be taken for the true one.
	if one(t, `{"orderId":"o-1","status":"DONE","secret":"ps_1"}`).ID == one(t, `{"orderId":"o-1","status":"DONE","secret":"ps_2"}`).ID {
		t.Error("another secret has the same id")
	}
}

// A body that says it is compressed is read as it stands: what is JSON is taken,
// and what is compressed is not.
func TestACompressedBody(t *testing.T) {
	t.Parallel()
	gzip := header("Content-Encoding", "gzip")
	one(t, `{"eventType":"X"}`, gzip)
	in := &inbox{}
	if code := post(receiver(t, in), "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xaa\xae\x05\x04\x00\x00\xff\xff", gzip); code != http.StatusBadRequest || len(in.events()) != 0 {
		t.Errorf("answered with %d", code)
	}
}

// A body that ends anywhere before its end is refused.
func TestEveryTruncation(t *testing.T) {
	t.Parallel()
	in := &inbox{}
	r := receiver(t, in)
	body, err := os.ReadFile("../testdata/webhook/webhook_deposit_callback.json")
	if err != nil {
		t.Fatal(err)
	}
	whole := strings.TrimSpace(string(body))
	for n := range whole {
		if code := post(r, whole[:n]); code != http.StatusBadRequest {
			t.Errorf("%s bytes were answered with %d", strconv.Itoa(n), code)
		}
	}
	if len(in.events()) != 0 {
		t.Errorf("stored %+v", in.events())
	}
}
