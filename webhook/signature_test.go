package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"daesa/pay"
	"daesa/sandbox"
	"daesa/webhook"
)

// payout.changed is signed: the sandbox signs as Toss does.
func TestSignedEvents(t *testing.T) {
	t.Parallel()
	sign := func(securityKey string) (string, http.Header) {
		t.Helper()
		var body []byte
		var sent http.Header
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, _ = io.ReadAll(r.Body)
			sent = r.Header.Clone()
		}))
		defer server.Close()
		toss := sandbox.New(sandbox.Options{WebhookURL: server.URL, SecurityKey: securityKey})
		if err := toss.SendSigned("payout.changed", json.RawMessage(`{"id":"fpa_1","status":"COMPLETED"}`)); err != nil {
			t.Fatal(err)
		}
		toss.DeliverWebhooks()
		return string(body), sent
	}
	body, sent := sign(key)
	as := func(h http.Header) func(*http.Request) { return func(r *http.Request) { r.Header = h } }
	edited := sent.Clone()
	edited.Set("tosspayments-webhook-transmission-time", "2026-11-21T12:00:01+09:00")
	unsigned := sent.Clone()
	unsigned.Del("tosspayments-webhook-signature")
	_, others := sign(strings.Repeat("6b", 32))
	others.Set("tosspayments-webhook-transmission-time", sent.Get("tosspayments-webhook-transmission-time"))
	keys := func(list ...string) func(*webhook.Options) {
		return func(o *webhook.Options) { o.Merchants[0].SecurityKeys = func() []string { return list } }
	}
	for _, test := range []struct {
		name    string
		options func(*webhook.Options)
		body    string
		header  http.Header
		want    int
		as      pay.Signature
	}{
		{"signed", keys(key), body, sent, http.StatusOK, pay.Verified},
		{"while the key is replaced", keys(strings.Repeat("7c", 32), key), body, sent, http.StatusOK, pay.Verified},
		{"another key", keys(strings.Repeat("7c", 32)), body, sent, http.StatusUnauthorized, ""},
		{"another's signature", keys(key), body, others, http.StatusUnauthorized, ""},
		{"an edited body", keys(key), strings.Replace(body, "COMPLETED", "FAILED", 1), sent, http.StatusUnauthorized, ""},
		{"an edited time", keys(key), body, edited, http.StatusUnauthorized, ""},
		{"no signature", keys(key), body, unsigned, http.StatusUnauthorized, ""},
		{"no key of ours", keys(), body, sent, http.StatusOK, pay.Unverified},
	} {
		in := &inbox{}
		if code := post(receiver(t, in, test.options), test.body, as(test.header)); code != test.want {
			t.Errorf("%s: answered with %d, expected %d", test.name, code, test.want)
		}
		if got := in.events(); test.want == http.StatusOK && (len(got) != 1 || got[0].Signature != test.as || got[0].Status != "COMPLETED") {
			t.Errorf("%s: %+v", test.name, got)
		} else if test.want != http.StatusOK && len(got) != 0 {
			t.Errorf("%s: it was stored", test.name)
		}
	}
}

const (
	payout = `{"eventType":"payout.changed","eventId":"e-1","entityBody":{"status":"COMPLETED"}}`
	seller = `{"eventType":"seller.changed","eventId":"e-2","entityBody":{"status":"APPROVED"}}`
	sentAt = "2026-11-21T12:00:00+09:00"
)

// value is a signature under a key, as the header carries it.
func value(key []byte, body string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(body + ":" + sentAt))
	return "v1:" + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// signedBy adds header lines of signatures.
func signedBy(lines ...string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("tosspayments-webhook-transmission-time", sentAt)
		for _, line := range lines {
			r.Header.Add("tosspayments-webhook-signature", line)
		}
	}
}

// Whatever form a valid signature has, it is found; what everybody can make, or
// another merchant, is none.
func TestWhatIsASignature(t *testing.T) {
	t.Parallel()
	raw, err := hex.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	const other = "v1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	keys := func(list ...string) func() []string { return func() []string { return list } }
	two := []webhook.Merchant{{MID: "shop1", SecurityKeys: keys(key)}, {MID: "shop2", SecurityKeys: keys("a text")}}
	for _, test := range []struct {
		name, body, path string
		merchants        []webhook.Merchant
		lines            []string
		want             int
		as               pay.Signature
	}{
		{"by the key's text", payout, "/shop1", two, []string{value([]byte(key), payout)}, 200, pay.Verified},
		{"by the bytes that it stands for", payout, "/shop1", two, []string{value(raw, payout)}, 200, pay.Verified},
		{"of a seller", seller, "/shop1", two, []string{value(raw, seller)}, 200, pay.Verified},
		{"a key that is not hexadecimal", payout, "/shop2", two, []string{value([]byte("a text"), payout)}, 200, pay.Verified},
		{"the second value", payout, "/shop1", two, []string{other + "," + value(raw, payout)}, 200, pay.Verified},
		{"with a blank after the comma", payout, "/shop1", two, []string{other + ", " + value(raw, payout)}, 200, pay.Verified},
		{"in a second line", payout, "/shop1", two, []string{other, value(raw, payout)}, 200, pay.Verified},
		{"nobody says whose: any merchant's", payout, "/hook", two, []string{value([]byte("a text"), payout)}, 200, pay.Verified},
		{"another merchant's", payout, "/shop1", two, []string{value([]byte("a text"), payout)}, 401, ""},
		{"another version", payout, "/shop1", two, []string{"v2:" + value(raw, payout)[3:]}, 401, ""},
		{"half of it", payout, "/shop1", two, []string{value(raw, payout)[:25]}, 401, ""},
		{"the documented header, of another body", payout, "/shop1", two, []string{field(t, "webhook_headers_docs.json", "tosspayments-webhook-signature")}, 401, ""},
		{"a seller's without", seller, "/shop1", two, nil, 401, ""},
		{"by an empty key, beside a real one", payout, "/hook", []webhook.Merchant{{MID: "shop1", SecurityKeys: keys("", key)}}, []string{value(nil, payout)}, 401, ""},
		{"by an empty key, which is none", payout, "/hook", []webhook.Merchant{{MID: "shop1", SecurityKeys: keys("")}}, []string{value(nil, payout)}, 200, pay.Unverified},
		{"a merchant without keys", payout, "/hook", []webhook.Merchant{{MID: "shop1"}}, []string{value(raw, payout)}, 200, pay.Unverified},
		{"a payment's event is not signed", `{"eventType":"PAYMENT_STATUS_CHANGED"}`, "/shop1", two, []string{other}, 200, pay.Unsigned},
	} {
		in := &inbox{}
		r := receiver(t, in, func(o *webhook.Options) { o.Merchants = test.merchants })
		code := post(r, test.body, signedBy(test.lines...), func(r *http.Request) { r.URL.Path = test.path })
		if code != test.want {
			t.Errorf("%s: answered with %d, expected %d", test.name, code, test.want)
		}
		if got := in.events(); test.want != 200 && len(got) != 0 || test.want == 200 && (len(got) != 1 || got[0].Signature != test.as) {
			t.Errorf("%s: stored as %+v", test.name, got)
		}
	}
}

// A key that was replaced while the program runs counts from the next event on.
func TestKeysAreAskedForAnew(t *testing.T) {
	t.Parallel()
	current := "old"
	r := receiver(t, &inbox{}, func(o *webhook.Options) { o.Merchants[0].SecurityKeys = func() []string { return []string{current} } })
	old, fresh := signedBy(value([]byte("old"), payout)), signedBy(value([]byte("new"), payout))
	before := []int{post(r, payout, old), post(r, payout, fresh)}
	current = "new"
	if after := []int{post(r, payout, old), post(r, payout, fresh)}; !slices.Equal(before, []int{200, 401}) || !slices.Equal(after, []int{401, 200}) {
		t.Errorf("answered with %v and %v", before, after)
	}
}

// Two thousand values cost about as much as one: the body is hashed once for
// each key, not for each value that a stranger sends.
func TestManySignaturesCostNoMore(t *testing.T) {
	t.Parallel()
	r := receiver(t, &inbox{})
	body := `{"eventType":"payout.changed","x":"` + strings.Repeat("x", 1<<19) + `"}`
	spend := func(n int) time.Duration { // the quickest of five: others use the cores too
		line := strings.TrimSuffix(strings.Repeat(value(nil, "")+",", n), ",")
		var took []time.Duration
		for range 5 {
			begun := time.Now()
			if code := post(r, body, signedBy(line)); code != http.StatusUnauthorized {
				t.Errorf("answered with %d", code)
			}
			took = append(took, time.Since(begun))
		}
		return slices.Min(took)
	}
	if one, many := spend(1), spend(2000); many > 50*one {
		t.Errorf("one value took %s, two thousand took %s", one, many)
	}
}
