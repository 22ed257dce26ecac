package sandbox

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestABuyerByHand(t *testing.T) {
	h := begin(t, Options{})
	post := func(path, body string) answer { return h.call("POST", "/sandbox"+path, body, "Authorization", "") }
	p := post("/payments", `{"orderId":"A-0001","method":"virtual_account","amount":15000,
		"refundAccount":{"bank":"88","accountNumber":"110123","holderName":"김토스"}}`)
	key, _ := p.field("paymentKey").(string)
	steps := []struct {
		act, body string
		status    any
	}{
		{"deposit", "", Done}, {"reverse", "", WaitingForDeposit}, {"deposit", "", Done},
		{"cancel", `{"amount":5000,"reason":"전화 요청"}`, PartialCanceled},
	}
	for _, s := range steps {
		h.wait(time.Minute)
		if got := post("/payments/"+key+"/"+s.act, s.body); got.field("status") != s.status {
			t.Fatalf("%s: %s", s.act, got.raw)
		}
	}
	if got := h.get(key).cancels(); len(got) != 1 || got[0]["cancelReason"] != "전화 요청" {
		t.Error(got)
	}
	dollars := post("/payments", `{"orderId":"A-0002","method":"paypal","amount":181.56}`)
	if dollars.field("totalAmount") != 181.56 {
		t.Error(dollars.raw)
	}
	open := post("/payments", `{"orderId":"A-0003","amount":1000,"status":"READY"}`)
	if got := post("/payments/"+open.field("paymentKey").(string)+"/expire", ""); got.field("status") != Expired {
		t.Error(got.raw)
	}
}

func TestMistakesByHandAreNamed(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{})
	for _, c := range [][3]string{
		{"/payments", `{"orderId":"A-0001"}`, "amount"},
		{"/payments", `{"orderId":"A-0001","amuont":1}`, "amuont"},
		{"/payments", `{"orderId":"A-0001","amount":1,"method":"cash"}`, "cash"},
		{"/payments", `{"orderId":"A-0001","amount":1.5}`, "1.5"},
		{"/payments/none/deposit", "", "NOT_FOUND_PAYMENT"},
		{"/payments/" + p.Key + "/deposit", "", "waiting virtual account"},
		{"/payments/" + p.Key + "/reverse", "", "fresh deposit"},
		{"/payments/" + p.Key + "/expire", "", "cannot expire"},
		{"/payments/" + p.Key + "/shake", "", "shake"},
		{"/payments/" + p.Key + "/cancel", `{"amount":99999}`, "NOT_CANCELABLE_AMOUNT"},
		{"/clock", `{}`, "advance"},
		{"/faults", "x=1", "unknown fault"},
		{"/webhooks", `{"eventType":"payout.changed","entityBody":{}}`, "SecurityKey"},
	} {
		got := h.call("POST", "/sandbox"+c[0], c[1])
		message, _ := got.field("message").(string)
		if got.status != 400 || !strings.Contains(message, c[2]) {
			t.Errorf("%s %s: %d %s", c[0], c[1], got.status, got.raw)
		}
	}
}

func TestTheClockByHand(t *testing.T) {
	h := begin(t, Options{})
	h.call("POST", "/sandbox/clock", `{"now":"2026-12-01T01:30:00+09:00"}`)
	h.call("POST", "/sandbox/clock", `{"advance":"2h"}`)
	if diff := cmp.Diff(map[string]any{"now": "2026-12-01T03:30:00+09:00"}, h.call("GET", "/sandbox/clock", "").body); diff != "" {
		t.Error(diff)
	}
}

func TestCallsAndHelp(t *testing.T) {
	h := begin(t, Options{})
	h.get("none")
	if got := h.call("GET", "/sandbox/calls", ""); got.field("payment") != 1.0 {
		t.Error(got.raw)
	}
	if got := h.call("GET", "/", "", "Authorization", ""); !strings.Contains(got.raw, "/sandbox/clock") {
		t.Error(got.raw)
	}
	if got := h.call("POST", "/sandbox/settlements", `[{"soldDate":"2026-11-20","paidOutDate":"2026-11-23"}]`); got.status != 200 {
		t.Error(got.raw)
	}
	h.call("POST", "/sandbox/faults", "5xx-before=1")
	h.get("none").want(t, 500, "FAILED_INTERNAL_SYSTEM_PROCESSING")
}

func TestAnOrderFileAsOfATime(t *testing.T) {
	h := begin(t, Options{})
	if got := h.call("GET", "/sandbox/orders.csv", "").raw; got != csvHeader {
		t.Errorf("without a history there is a header: %q", got)
	}
	h.s.Seed(HistoryOptions{Orders: 60, Days: 3, End: noon.Add(-24 * time.Hour)})
	all := h.call("GET", "/sandbox/orders.csv", "").raw
	early := h.call("GET", "/sandbox/orders.csv?as_of=2026-11-20T00:00:00+09:00", "").raw
	if len(early) >= len(all) || len(early) < 100 {
		t.Errorf("%d and %d bytes", len(early), len(all))
	}
	h.call("GET", "/sandbox/orders.csv?as_of=yesterday", "").want(t, 400, "")
}
