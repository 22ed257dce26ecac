package console

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"daesa/sandbox"
)

// noon is when the tests begin.
var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, kst)

// browser is one without scripts: it follows links, sends forms and keeps cookies.
type browser struct {
	t    *testing.T
	s    *sandbox.Sandbox
	url  string
	http *http.Client
}

func open(t *testing.T, o sandbox.Options) *browser {
	t.Helper()
	o.Freeze = true
	s := sandbox.New(o)
	s.SetClock(noon)
	server := httptest.NewServer(New(s))
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, s: s, url: server.URL, http: &http.Client{Timeout: time.Minute, Jar: jar}}
}

func (b *browser) do(r *http.Request) (int, string, *http.Response) {
	b.t.Helper()
	resp, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, string(raw), resp
}

func (b *browser) get(path string) (int, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	status, body, _ := b.do(r)
	return status, body
}

// send posts a form, given as name, value pairs, and gives the page that follows.
func (b *browser) send(path string, pairs ...string) (int, string, *http.Response) {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

func (b *browser) pay(n sandbox.NewPayment) *sandbox.Payment {
	b.t.Helper()
	if n.OrderID == "" {
		n.OrderID = "ORDER-0001"
	}
	if n.Amount == 0 {
		n.Amount = 10_000
	}
	p, err := b.s.Pay(n)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *browser) has(page string, words ...string) {
	b.t.Helper()
	for _, word := range words {
		if !strings.Contains(page, word) {
			b.t.Errorf("the page lacks %q:\n%s", word, page)
		}
	}
}

var pagesOfTheConsole = []string{
	root, base + "/webhooks", base + "/clock", base + "/settlements", base + "/settlements?day=2026-11-24", base + "/passbook?plant=short",
}

func TestEveryPageInBothLanguages(t *testing.T) {
	b := open(t, sandbox.Options{})
	b.s.Seed(sandbox.HistoryOptions{Seed: 1, Orders: 200, End: noon})
	list, _, _ := b.s.Newest(sandbox.Query{Most: 1000})
	paths := append([]string{}, pagesOfTheConsole...)
	for i := 0; i < len(list); i += 10 {
		paths = append(paths, base+"/payments/"+list[i].Key)
	}
	for _, path := range paths {
		joint := "?"
		if strings.Contains(path, "?") {
			joint = "&"
		}
		for lang, hangul := range map[string]bool{"ko": true, "en": false} {
			status, page := b.get(path + joint + "lang=" + lang)
			if status != 200 || !strings.Contains(page, `<html lang="`+lang+`">`) {
				t.Errorf("%s: %d", path, status)
			}
			_, main, _ := strings.Cut(page, "<h1>")
			head, _, _ := strings.Cut(main, "</h1>")
			if hangul != regexp.MustCompile(`\p{Hangul}`).MatchString(strings.ReplaceAll(head, "ORDER", "")) {
				t.Errorf("%s in %s: %s", path, lang, head)
			}
			checkPage(t, path, page)
		}
	}
}

// checkPage looks at what readers of screens need: one heading of the first level,
// none skipped, a label for every field and a name for every table.
func checkPage(t *testing.T, path, page string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	level, firsts := 0, 0
	ids := map[string]bool{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
		}
		if id := attr["id"]; id != "" && ids[id] {
			t.Errorf("%s: two elements have the id %s", path, id)
		}
		ids[attr["id"]] = true
		if _, live := attr["data-live"]; live && attr["id"] == "" {
			t.Errorf("%s: a part that is read again has no id", path)
		}
		switch n.Data {
		case "h1", "h2", "h3":
			to := int(n.Data[1] - '0')
			if to > level+1 {
				t.Errorf("%s: %s follows h%d", path, n.Data, level)
			}
			if level = to; to == 1 {
				firsts++
			}
		case "input", "select":
			if attr["type"] != "hidden" && !within(n, "label") {
				t.Errorf("%s: the field %s has no label", path, attr["name"])
			}
		case "table":
			if n.FirstChild == nil || !holds(n, "caption") {
				t.Errorf("%s: a table has no caption", path)
			}
		case "script":
			if attr["src"] == "" {
				t.Errorf("%s: a script in the page, which its policy forbids", path)
			}
		}
		if attr["style"] != "" || attr["onclick"] != "" {
			t.Errorf("%s: a style or a script in an attribute", path)
		}
	}
	if firsts != 1 {
		t.Errorf("%s: %d headings of the first level", path, firsts)
	}
}

func within(n *html.Node, name string) bool {
	for p := range n.Ancestors() {
		if p.Data == name {
			return true
		}
	}
	return false
}

func holds(n *html.Node, name string) bool {
	for c := range n.Descendants() {
		if c.Type == html.ElementNode && c.Data == name {
			return true
		}
	}
	return false
}

func TestNamesWithMarkupAreText(t *testing.T) {
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "<script>alert(3)</script>", http.StatusBadRequest)
	}))
	defer hook.Close()
	b := open(t, sandbox.Options{WebhookURL: hook.URL})
	name := `<script>alert(1)</script><img src=x onerror="alert(2)">`
	p := b.pay(sandbox.NewPayment{OrderID: `"><b>ORDER`, OrderName: name})
	if err := b.s.ConsoleCancel(p.Key, sandbox.ConsoleCancel{Reason: "</pre><script>alert(4)</script>"}); err != nil {
		t.Fatal(err)
	}
	b.s.DeliverWebhooks()
	for _, path := range []string{root, root + "?q=" + url.QueryEscape(`"><script>alert(5)</script>`), base + "/payments/" + p.Key, base + "/webhooks"} {
		_, page := b.get(path)
		doc, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		scripts := 0
		for n := range doc.Descendants() {
			if n.Type == html.ElementNode && (n.Data == "img" || n.Data == "b" && strings.Contains(page, "<b>ORDER")) {
				t.Errorf("%s: <%s> has become an element", path, n.Data)
			}
			if n.Type == html.ElementNode && n.Data == "script" {
				scripts++
			}
		}
		if scripts != 1 {
			t.Errorf("%s: %d scripts", path, scripts)
		}
	}
	if _, page := b.get(root); !strings.Contains(page, "&lt;script&gt;alert(1)") {
		t.Error("the name is not shown")
	}
}

func TestAVirtualAccountByForms(t *testing.T) {
	b := open(t, sandbox.Options{})
	_, page, resp := b.send(base+"/payments", "orderId", "ORDER-0001", "amount", "15,000", "method", "virtual_account",
		"bank", "88", "accountNumber", "110123456789", "holderName", "김토스", "orderName", "모자")
	b.has(page, "주문 ORDER-0001", "입금 대기", "결제를 만들었습니다.", "15,000원", "모자")
	address := resp.Request.URL.Path
	if _, again := b.get(address); strings.Contains(again, "결제를 만들었습니다.") {
		t.Error("what was said is said twice")
	}
	for _, step := range []struct{ act, says string }{
		{"deposit", "입금했습니다."}, {"reverse", "은행이 입금을 되돌렸습니다."}, {"deposit", "결제 완료"},
	} {
		_, page, _ = b.send(address + "/" + step.act)
		b.has(page, step.says)
	}
	_, page, _ = b.send(address+"/cancel", "amount", "5000", "reason", "전화 요청", "outcome", "FAILED")
	b.has(page, "부분 취소", "전화 요청", "10,000원")
	_, page, _ = b.send(address+"/cancel", "amount", "99999", "reason", "전화 요청")
	b.has(page, "NOT_CANCELABLE_AMOUNT", `role="alert"`)
	_, page, _ = b.send(address + "/deposit")
	b.has(page, "할 수 없습니다")
}

func TestTheClockAndFaultsByForms(t *testing.T) {
	b := open(t, sandbox.Options{})
	b.send(base+"/clock", "advance", "48h")
	if got := b.s.Now(); !got.Equal(noon.Add(48 * time.Hour)) {
		t.Error(got)
	}
	b.send(base+"/clock", "now", "2026-11-01T09:00:01")
	if got := b.s.Now(); !got.Equal(time.Date(2026, 11, 1, 9, 0, 1, 0, kst)) {
		t.Error(got)
	}
	_, page, _ := b.send(base+"/clock", "now", "yesterday")
	b.has(page, "할 수 없습니다")
	_, page, _ = b.send(base+"/faults", "faults", "drop-after=0.5,api=cancel,max=3")
	b.has(page, "drop-after=0.5,api=cancel,max=3", "켜짐")
	_, page, _ = b.send(base+"/faults", "faults", "nonsense=1")
	b.has(page, "unknown fault", "drop-after=0.5")
	_, page, _ = b.send(base+"/faults", "faults", "")
	b.has(page, "장애를 없앴습니다.")
}

func TestEveryPresetIsAFault(t *testing.T) {
	for _, p := range presets {
		if f, err := sandbox.ParseFaults(p.Spec); err != nil || f.String() == "" {
			t.Errorf("%s: %v", p.Spec, err)
		}
	}
}

func TestSettlementsByForms(t *testing.T) {
	b := open(t, sandbox.Options{})
	p := b.pay(sandbox.NewPayment{})
	_, page, _ := b.send(base+"/settlements", "act", "show")
	b.has(page, "테스트 키로도")
	_, page, _ = b.send(base+"/settlements", "act", "hold", "paymentKey", p.Key, "paidOutDate", "2026-11-26")
	b.has(page, "지급을 미루었습니다.")
	_, page, _ = b.send(base+"/settlements", "act", "until", "until", "2026-11-21", "method", "card")
	b.has(page, "마지막 지급일 2026-11-26", "2026-11-27 08:00", `href="/sandbox/console/settlements?day=2026-11-26"`)
	_, page = b.get(base + "/settlements?day=2026-11-26")
	b.has(page, "ORDER-0001", "9,769원")
	_, page = b.get(base + "/passbook")
	b.has(page, "토스페이먼츠", "9,769원", "/sandbox/passbook.csv?")
	_, page = b.get(base + "/passbook?layout=none")
	b.has(page, `role="alert"`)
}

func TestAWebhookIsSentAgainByItsButton(t *testing.T) {
	got := 0
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if got++; got == 1 {
			http.Error(w, "점검 중", http.StatusServiceUnavailable)
		}
	}))
	defer hook.Close()
	b := open(t, sandbox.Options{WebhookURL: hook.URL})
	b.pay(sandbox.NewPayment{})
	b.s.DeliverWebhooks()
	_, page := b.get(base + "/webhooks")
	b.has(page, "503", "점검 중", "전송 중", "다음 시도")
	action := regexp.MustCompile(`action="(/sandbox/console/webhooks/[^"]+)"`).FindStringSubmatch(page)
	if action == nil {
		t.Fatal("there is no button")
	}
	_, page, _ = b.send(action[1])
	b.has(page, "200을 받았습니다", "수동", "성공")
	if got != 2 {
		t.Errorf("%d tries", got)
	}
}

func TestTheTokenIsAskedFor(t *testing.T) {
	b := open(t, sandbox.Options{Token: "open sesame"})
	status, page := b.get(base + "/clock")
	if status != 401 || strings.Contains(page, "2026-11-21") {
		t.Errorf("%d %s", status, page)
	}
	b.has(page, `type="password"`, `value="/sandbox/console/clock"`)
	checkPage(t, "enter", page)
	if status, _, _ := b.send(base+"/faults", "faults", "5xx=1"); status != 401 || b.s.Faults().String() != "" {
		t.Errorf("a form was taken: %d", status)
	}
	if status, page, _ := b.send(base+"/enter", "token", "wrong", "back", base+"/clock"); status != 401 || !strings.Contains(page, "토큰이 맞지") {
		t.Errorf("%d", status)
	}
	_, page, resp := b.send(base+"/enter", "token", "open sesame", "back", base+"/clock")
	if resp.Request.URL.Path != base+"/clock" {
		t.Errorf("%s: %s", resp.Request.URL, page)
	}
	if _, page, _ := b.send(base+"/faults", "faults", "5xx=1"); !strings.Contains(page, "5xx-") {
		t.Error("the form was not taken")
	}
	if status, _ := b.get("/sandbox/calls"); status != 200 {
		t.Errorf("the cookie holds for the control addresses, too: %d", status)
	}
}

func TestNobodyIsLedElsewhere(t *testing.T) {
	for _, address := range []string{"https://evil.example/sandbox", "//evil.example/sandbox", "/elsewhere", "javascript:alert(1)", "/sandbox/console/../../x", "\\\\evil"} {
		if got := own(address); !strings.HasPrefix(got, "/sandbox") || strings.HasPrefix(got, "//") {
			t.Errorf("%s leads to %s", address, got)
		}
	}
	if got := own("/sandbox/console/settlements?day=2026-11-26"); got != "/sandbox/console/settlements?day=2026-11-26" {
		t.Error(got)
	}
}

func TestPagesOfOtherSitesMayNotSendForms(t *testing.T) {
	b := open(t, sandbox.Options{})
	for _, path := range []string{base + "/faults", base + "/enter", base + "/payments", "/sandbox/faults"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+path, strings.NewReader("faults=5xx%3D1"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		if status, body, _ := b.do(r); status != 403 {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if b.s.Faults().String() != "" {
		t.Error("a form was taken")
	}
}

func TestPagesAllowNothingFromElsewhere(t *testing.T) {
	b := open(t, sandbox.Options{})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+root, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _, resp := b.do(r)
	if got := resp.Header.Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") || strings.Contains(got, "unsafe") {
		t.Error(got)
	}
	for _, asset := range []string{"/assets/style.css", "/assets/live.js"} {
		if status, body := b.get(base + asset); status != 200 || body == "" {
			t.Errorf("%s: %d", asset, status)
		}
	}
	if status, _ := b.get(base + "/payments/none"); status != 404 {
		t.Error(status)
	}
	if status, body := b.get("/"); status != 200 || !strings.Contains(body, "/sandbox") {
		t.Error("the sandbox itself is gone")
	}
}

func TestAnOrderMayBeCalledCheckout(t *testing.T) {
	b := open(t, sandbox.Options{})
	b.pay(sandbox.NewPayment{OrderID: "checkout"})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/v1/payments/orders/checkout", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("test_sk_any", "")
	if status, body, _ := b.do(r); status != 200 {
		t.Errorf("%d %s", status, body)
	}
}
