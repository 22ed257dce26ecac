package shop_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/sandbox"
	"daesa/sandbox/shop"
)

// desk is a shop on a pretend Toss whose clock stands still.
type desk struct {
	t       *testing.T
	toss    *sandbox.Sandbox
	shop    *shop.Shop
	url     string
	changed atomic.Int64
}

func open(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t}
	// The shop and its Toss know each other's address before they are there.
	front, back := httptest.NewUnstartedServer(nil), httptest.NewUnstartedServer(nil)
	d.url = "http://" + front.Listener.Addr().String()
	d.toss = sandbox.New(sandbox.Options{Freeze: true, WebhookURL: d.url + "/webhook"})
	d.toss.SetClock(time.Date(2026, 11, 20, 5, 0, 0, 0, time.UTC))
	d.shop = shop.New(shop.Options{
		TossURL: "http://" + back.Listener.Addr().String(), ClientKey: "test_gck_docs", SecretKey: "test_sk_sandbox",
		Now: d.toss.Now, Changed: func() { d.changed.Add(1) },
	})
	front.Config.Handler, back.Config.Handler = d.shop.Handler(), d.toss.Handler()
	front.Start()
	back.Start()
	t.Cleanup(front.Close)
	t.Cleanup(back.Close)
	return d
}

// client does not follow redirects.
var client = &http.Client{Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (d *desk) do(method, path, kind, body string, headers ...string) (code int, page string) {
	d.t.Helper()
	r, err := http.NewRequest(method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := client.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func (d *desk) post(path string, form url.Values) int {
	d.t.Helper()
	code, _ := d.do("POST", path, "application/x-www-form-urlencoded", form.Encode())
	return code
}

// order orders a bag, 12,000 won.
func (d *desk) order(mistake shop.Mistake) shop.Order {
	d.t.Helper()
	if code := d.post("/orders", url.Values{"product": {"bag"}, "number": {"1"}, "mistake": {string(mistake)}}); code != http.StatusSeeOther {
		d.t.Fatalf("the order was answered with %d", code)
	}
	all := d.shop.Orders()
	return all[len(all)-1]
}

// pays is a buyer who authenticates an amount and gives the payment's key.
func (d *desk) pays(o shop.Order, method sandbox.Method, amount int64) string {
	d.t.Helper()
	p, err := d.toss.Pay(sandbox.NewPayment{OrderID: o.ID, Amount: amount, Method: method, Status: sandbox.InProgress})
	if err != nil {
		d.t.Fatal(err)
	}
	return p.Key
}

// returns is the browser that comes back to the success page.
func (d *desk) returns(o shop.Order, key, amount string) (code int, page string) {
	d.t.Helper()
	return d.do("GET", "/success?paymentType=NORMAL&orderId="+o.ID+"&paymentKey="+key+"&amount="+amount, "", "")
}

// now is the order as the shop has it.
func (d *desk) now(o shop.Order) shop.Order {
	d.t.Helper()
	for _, other := range d.shop.Orders() {
		if other.ID == o.ID {
			return other
		}
	}
	d.t.Fatalf("no order %s", o.ID)
	return shop.Order{}
}

func (d *desk) wants(o shop.Order, want shop.Status) {
	d.t.Helper()
	if got := d.now(o); got.Status != want {
		d.t.Errorf("%s is %s, want %s (%s)", o.ID, got.Status, want, got.Note)
	}
}

// paid is an order that was paid by a method; a virtual account waits.
func (d *desk) paid(mistake shop.Mistake, method sandbox.Method) shop.Order {
	d.t.Helper()
	o := d.order(mistake)
	d.returns(o, d.pays(o, method, o.Amount), "12000")
	return d.now(o)
}

func (d *desk) status(key string) string {
	d.t.Helper()
	p, found := d.toss.Payment(key)
	if !found {
		d.t.Fatalf("no payment %s", key)
	}
	return p.Status
}

func TestAnOrderIsPaidWhenItWasConfirmed(t *testing.T) {
	d := open(t)
	o := d.order("")
	key := d.pays(o, sandbox.Card, o.Amount)
	d.wants(o, shop.Pending)
	if code, page := d.returns(o, key, "12000"); code != http.StatusOK || !strings.Contains(page, "결제 완료") {
		t.Errorf("the success page answers %d: %s", code, page)
	}
	d.wants(o, shop.Paid)
	if got := d.status(key); got != sandbox.Done {
		t.Errorf("the payment is %s", got)
	}
	calls := d.toss.Calls()["confirm"]
	if code, _ := d.returns(o, key, "12000"); code != http.StatusOK || d.toss.Calls()["confirm"] != calls {
		t.Errorf("loading the page again is answered with %d after %d confirms more", code, d.toss.Calls()["confirm"]-calls)
	}
	if d.changed.Load() == 0 {
		t.Error("nobody was told of the orders")
	}
}

// The amount in the address is the browser's word; the order's own is confirmed.
func TestAnotherAmountIsNotConfirmed(t *testing.T) {
	d := open(t)
	o := d.order("")
	key := d.pays(o, sandbox.Card, 1000)
	for _, claimed := range []string{"1000", "12000", "", "12000.0"} { // as Toss says it, and as a buyer may
		if code, _ := d.returns(o, key, claimed); code != http.StatusBadRequest {
			t.Errorf("amount=%s is answered with %d", claimed, code)
		}
	}
	d.wants(o, shop.Pending)
	if got, calls := d.status(key), d.toss.Calls()["confirm"]; got != sandbox.InProgress || calls != 1 {
		t.Errorf("the payment is %s after %d confirms; Toss is asked for the order's amount alone", got, calls)
	}
	if code, _ := d.do("GET", "/success?orderId=SHOP-1&paymentKey="+key+"&amount=1000", "", ""); code != http.StatusNotFound {
		t.Errorf("an order that does not exist is answered with %d", code)
	}
}

// Nor is it believed when it comes by a webhook.
func TestAPaymentOfAnotherAmountPaysNothing(t *testing.T) {
	d := open(t)
	o := d.order("")
	if _, err := d.toss.Pay(sandbox.NewPayment{OrderID: o.ID, Amount: 1000}); err != nil {
		t.Fatal(err)
	}
	d.toss.DeliverWebhooks()
	d.wants(o, shop.Pending)
	if d.now(o).Note == "" {
		t.Error("the shop has not noticed")
	}
}

// A confirm whose answer got lost may have taken the money, so it is asked for.
func TestALostAnswerIsLookedUp(t *testing.T) {
	d := open(t)
	d.toss.SetFaults(sandbox.Faults{DropAfter: 1, Max: 2, API: "confirm"})
	d.wants(d.paid("", sandbox.Card), shop.Paid)
}

func TestADepositIsLearntByAWebhookWithTheSecret(t *testing.T) {
	d := open(t)
	o := d.paid("", sandbox.VirtualAccount)
	if !o.Waiting() || o.Secret == "" {
		t.Fatalf("the virtual account does not wait: %+v", o)
	}
	forged := `{"createdAt":"2026-11-20T14:00:00.000000","secret":"ps_guess","status":"DONE","transactionKey":"T","orderId":"` + o.ID + `"}`
	if code, _ := d.do("POST", "/webhook", "application/json", forged); code != http.StatusForbidden {
		t.Errorf("a webhook without the secret is answered with %d", code)
	}
	// With the right secret it says where to look, and is not believed.
	if code, _ := d.do("POST", "/webhook", "application/json", strings.Replace(forged, "ps_guess", o.Secret, 1)); code != http.StatusOK {
		t.Errorf("a webhook is answered with %d", code)
	}
	d.wants(o, shop.Pending)
	if code := d.post("/orders/"+o.ID+"/deposit", nil); code != http.StatusSeeOther {
		t.Errorf("the deposit is answered with %d", code)
	}
	d.toss.DeliverWebhooks()
	d.wants(o, shop.Paid)
}

// Whatever but 200 is sent again by Toss: what is not the shop's is not asked for
// again, what could not be looked up is.
func TestHowWebhooksAreAnswered(t *testing.T) {
	d := open(t)
	for body, want := range map[string]int{
		`{"eventType":"PAYMENT_STATUS_CHANGED","data":{"orderId":"OTHER-1"}}`: http.StatusOK,
		`{"eventType":"payout.changed","entityBody":{}}`:                      http.StatusOK,
		`no JSON`: http.StatusBadRequest,
	} {
		if code, _ := d.do("POST", "/webhook", "application/json", body); code != want {
			t.Errorf("%s is answered with %d, want %d", body, code, want)
		}
	}
	o := d.paid("", sandbox.Card)
	d.toss.SetFaults(sandbox.Faults{DropBefore: 1, Max: 2, API: "payment"}) // net/http asks once more by itself
	body := `{"eventType":"PAYMENT_STATUS_CHANGED","data":{"orderId":"` + o.ID + `"}}`
	if code, _ := d.do("POST", "/webhook", "application/json", body); code != http.StatusServiceUnavailable {
		t.Errorf("a webhook that could not be looked up is answered with %d", code)
	}
}

func TestCancels(t *testing.T) {
	d := open(t)
	card, account, waiting := d.paid("", sandbox.Card), d.paid("", sandbox.VirtualAccount), d.paid("", sandbox.VirtualAccount)
	d.post("/orders/"+account.ID+"/deposit", nil)
	d.toss.DeliverWebhooks()
	for o, want := range map[shop.Order]int{card: http.StatusSeeOther, account: http.StatusSeeOther, waiting: http.StatusConflict} {
		if code := d.post("/orders/"+o.ID+"/cancel", nil); code != want {
			t.Errorf("the cancel of an order that is %s is answered with %d, want %d", d.now(o).Status, code, want)
		}
	}
	d.wants(card, shop.Canceled)
	d.wants(account, shop.Canceled)
	if got := d.status(card.PaymentKey); got != sandbox.Canceled {
		t.Errorf("the card payment is %s", got)
	}
	if got := d.status(account.PaymentKey); got != sandbox.Done { // daesa gives it back
		t.Errorf("the virtual account is %s", got)
	}
	if code, _ := d.do("POST", "/orders/"+card.ID+"/cancel", "", "", "Sec-Fetch-Site", "cross-site"); code != http.StatusForbidden {
		t.Errorf("a page of another site is answered with %d", code)
	}
}

// Each mistake leaves the shop and Toss with different words.
func TestMistakes(t *testing.T) {
	d := open(t)
	type sides struct{ Shop, Toss string }
	got := map[shop.Mistake]sides{}
	note := func(o shop.Order, key string) {
		d.toss.DeliverWebhooks()
		got[o.Mistake] = sides{string(d.now(o).Status), d.status(key)}
	}
	for mistake, claimed := range map[shop.Mistake]string{shop.Tampered: "1000", shop.Unchecked: "1000"} {
		o := d.order(mistake)
		key := d.pays(o, sandbox.Card, 1000)
		d.returns(o, key, claimed)
		note(o, key)
	}
	lost := d.order(shop.LostConfirm)
	key := d.pays(lost, sandbox.Card, lost.Amount)
	d.returns(lost, key, "12000")
	note(lost, key)
	closed := d.paid(shop.ClosedTab, sandbox.VirtualAccount)
	d.post("/orders/"+closed.ID+"/deposit", nil)
	note(closed, closed.PaymentKey)
	canceled := d.paid("", sandbox.Card)
	d.post("/orders/"+canceled.ID+"/console-cancel", nil)
	note(d.now(canceled), canceled.PaymentKey)
	want := map[shop.Mistake]sides{
		shop.Tampered: {"pending", sandbox.InProgress}, shop.Unchecked: {"paid", sandbox.Done}, shop.LostConfirm: {"pending", sandbox.Done},
		shop.ClosedTab: {"pending", sandbox.Done}, shop.ConsoleCancel: {"paid", sandbox.Canceled},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// Where nothing goes wrong on purpose, the shop hears of a cancel from outside.
	right := d.paid("", sandbox.Card)
	if err := d.toss.ConsoleCancel(right.PaymentKey, sandbox.ConsoleCancel{}); err != nil {
		t.Fatal(err)
	}
	d.toss.DeliverWebhooks()
	d.wants(right, shop.Canceled)
}

func TestAFailedPaymentCanBePaidAgain(t *testing.T) {
	d := open(t)
	o := d.order("")
	for query, want := range map[string][2]string{
		"?code=PAY_PROCESS_CANCELED&message=x":                           {"결제를 취소했습니다", ""},
		"?code=REJECT_CARD_COMPANY&message=%3Cb%3E&orderId=" + o.ID:      {"결제하지 못했습니다", "/orders/" + o.ID + "/pay"},
		"?code=REJECT_CARD_COMPANY&message=x&orderId=%22%3E%3Cscript%3E": {"결제하지 못했습니다", ""},
	} {
		_, page := d.do("GET", "/fail"+query, "", "")
		if !strings.Contains(page, want[0]) || !strings.Contains(page, want[1]) || strings.Contains(page, "/pay\"") != (want[1] != "") || strings.Contains(page, "<b>") {
			t.Errorf("%s shows %s", query, page)
		}
	}
	if _, page := d.do("GET", "/orders/"+o.ID+"/pay", "", ""); !strings.Contains(page, `"amount":12000`) {
		t.Errorf("the order cannot be paid any more: %s", page)
	}
}

func TestTheOrderForm(t *testing.T) {
	d := open(t)
	for _, form := range []url.Values{
		{"product": {"gold"}, "number": {"1"}}, {"product": {"bag"}, "number": {"0"}}, {"product": {"bag"}, "number": {"10"}},
		{"product": {"bag"}, "number": {"1"}, "mistake": {"console-cancel"}}, {},
	} {
		if code := d.post("/orders", form); code != http.StatusBadRequest {
			t.Errorf("%v is answered with %d", form, code)
		}
	}
	if code := d.post("/orders", url.Values{"product": {"tea"}, "number": {"3"}, "amount": {"1"}}); code != http.StatusSeeOther {
		t.Errorf("three teas are answered with %d", code)
	}
	if o := d.shop.Orders()[0]; o.Amount != 28_500 || o.Name != "볶은 보리차 3개" {
		t.Errorf("three teas are %s for %d won", o.Name, o.Amount)
	}
}

func TestTheOrderFile(t *testing.T) {
	d := open(t)
	d.order("")
	d.paid("", sandbox.Card)
	o := d.paid("", sandbox.Card)
	d.post("/orders/"+o.ID+"/cancel", nil)
	var file bytes.Buffer
	if err := d.shop.WriteFile(&file); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for _, row := range rows {
		got = append(got, []string{row[0], row[2], row[3], row[4], row[5]})
	}
	want := [][]string{
		{"order_id", "method", "status", "amount", "canceled_amount"},
		{"SHOP-261120-0001", "", "pending", "12000", "0"},
		{"SHOP-261120-0002", "카드", "paid", "12000", "0"},
		{"SHOP-261120-0003", "카드", "canceled", "12000", "12000"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if text, err := json.Marshal(rows); err != nil || bytes.Contains(text, []byte("test_sk")) {
		t.Error("the file has a secret", err)
	}
}
