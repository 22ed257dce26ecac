package browser_test

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"daesa/internal/browsertest"
	"daesa/sandbox"
)

func TestMain(m *testing.M) {
	code := m.Run()
	browsertest.Close()
	os.Exit(code)
}

const (
	widgetKey = "test_gck_docs_Ovk5rk1EwkEbP0W43n07xlzm"
	windowKey = "test_ck_D5GePWvyJnrK0W0k6q8gLzN97Eoq"
	secretKey = "test_sk_sandbox"

	overlay = "#___tosspayments_iframe___"
	pay     = "[data-action=pay]"
	opened  = "[data-ready] [data-action=pay]" // the window has its tab

	widgetScript = "/v1/payment-widget"
	windowScript = "/v1"
	v2Script     = "/v2/standard"
)

// shop is a small shop on another origin than the sandbox's. Its pages are
// written against the public surface of Toss's scripts alone.
type shop struct {
	t       *testing.T
	toss    *sandbox.Sandbox
	tossURL string
	url     string
	page    string
}

// openShop opens a shop whose one page loads a script of the sandbox's and runs
// the code, with what a shop's code needs: the button #pay, the fields #methods
// and #terms, and show, which tells the test.
func openShop(t *testing.T, script, code string) *shop {
	t.Helper()
	s := &shop{t: t, toss: sandbox.New(sandbox.Options{Freeze: true})}
	toss := httptest.NewServer(s.toss)
	t.Cleanup(toss.Close)
	s.tossURL = toss.URL
	s.page = `<!doctype html><html lang="ko"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>주문서</title>
<link rel="icon" href="data:,">
<style>body { font: 16px/1.5 NanumGothic, sans-serif; margin: 0 auto; padding: 16px; max-width: 720px }
#pay { width: 100%; height: 54px; margin-top: 16px; border: 0; border-radius: 14px; background: #191f28; color: #fff; font: inherit; font-weight: 600 }</style>
<script src="` + toss.URL + script + `"></script>
<h1>주문서</h1><div id="methods"></div><div id="terms"></div><button id="pay">결제하기</button>
<script>
const order = { orderId: 'ORDER-0001', orderName: '토스 티셔츠 외 2건', customerName: '김토스' };
const addresses = { successUrl: location.origin + '/success', failUrl: location.origin + '/fail' };
function show(name, value) {
  const line = document.createElement('pre');
  line.id = name;
  line.textContent = JSON.stringify(value);
  document.body.append(line);
}
const refused = (error) => show('error', [error.code, error.message, error instanceof Error]);
` + code + `
</script></html>`
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { s.write(w, s.page) })
	mux.HandleFunc("GET /success", s.success)
	mux.HandleFunc("GET /fail", func(w http.ResponseWriter, r *http.Request) {
		s.write(w, `<p id="code">`+html.EscapeString(r.FormValue("code")))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *shop) write(w http.ResponseWriter, page string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, page)
}

// success confirms, as a shop's server does, and shows what came of it.
func (s *shop) success(w http.ResponseWriter, r *http.Request) {
	body, err := json.Marshal(map[string]any{
		"paymentKey": r.FormValue("paymentKey"), "orderId": r.FormValue("orderId"), "amount": json.Number(r.FormValue("amount")),
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var payment struct{ Status, Code string }
	s.api("POST", "/v1/payments/confirm", string(body), &payment)
	s.write(w, `<p id="status">`+payment.Status+payment.Code)
}

// api calls the sandbox as a shop's server does.
func (s *shop) api(method, path, body string, into any) {
	s.t.Helper()
	r, err := http.NewRequest(method, s.tossURL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.SetBasicAuth(secretKey, "")
	answer, err := (&http.Client{Timeout: 10 * time.Second}).Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		s.t.Fatal(err)
	}
}

// payment looks the order's payment up.
func (s *shop) payment() map[string]any {
	s.t.Helper()
	var p map[string]any
	s.api("GET", "/v1/payments/orders/ORDER-0001", "", &p)
	return p
}

// visit shows the shop's page in a new tab.
func (s *shop) visit() *browsertest.Tab {
	s.t.Helper()
	tab := browsertest.Open(s.t)
	s.show(tab)
	return tab
}

// show shows the shop's page in a tab.
func (s *shop) show(tab *browsertest.Tab) {
	s.t.Helper()
	tab.Go(s.url + "/")
}

// arrives says with which query the browser came to a page of the shop's.
func (s *shop) arrives(tab *browsertest.Tab, path string) string {
	s.t.Helper()
	where, err := url.Parse(tab.Arrive(s.url + path))
	if err != nil {
		s.t.Fatal(err)
	}
	return where.RawQuery
}

// wantStatus wants the page after a payment to say how the confirm ended.
func wantStatus(t *testing.T, tab *browsertest.Tab, want string) {
	t.Helper()
	if got := tab.Text("#status"); got != want {
		t.Errorf("the confirm ended with %s, want %s", got, want)
	}
}

// wantShown wants what the page's code has shown.
func wantShown(t *testing.T, tab *browsertest.Tab, name, want string) {
	t.Helper()
	if got := tab.Text("#" + name); got != want {
		t.Errorf("%s: got %s, want %s", name, got, want)
	}
}

// wantQuery compares a query; KEY stands for the payment's key.
func (s *shop) wantQuery(got, want string) {
	s.t.Helper()
	key := fmt.Sprint(s.payment()["paymentKey"])
	if want = strings.ReplaceAll(want, "KEY", key); got != want {
		s.t.Errorf("the query is %s, want %s", got, want)
	}
}

// confirming is what a page in promise mode does with its result: this one
// confirms from the page itself.
const confirming = `
async function confirmed(result) {
  show('result', { ...result, paymentKey: typeof result.paymentKey });
  const answer = await fetch(new URL(document.scripts[0].src).origin + '/v1/payments/confirm', {
    method: 'POST',
    headers: { Authorization: 'Basic ' + btoa('test_sk_sandbox:'), 'Content-Type': 'application/json' },
    body: JSON.stringify({ paymentKey: result.paymentKey, orderId: result.orderId, amount: result.amount.value ?? result.amount }),
  });
  show('status', (await answer.json()).status);
}
`
