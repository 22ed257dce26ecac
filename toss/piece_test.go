package toss

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"daesa/pay"
)

// An answer that names no code keeps its status and the beginning of its words,
// so that a person sees who answered.
func TestAnAnswerWithoutACodeKeepsItsStatusAndAPieceOfIt(t *testing.T) {
	tests := []struct {
		name  string
		serve http.HandlerFunc
		said  string
	}{
		{"JSON without a code", reply(400, `{"message":"잘못된 요청입니다"}`), `HTTP 400: {"message":"잘못된 요청입니다"}`},
		{"a firewall", reply(403, "<html><head><title>x</title><style>b{}</style></head><body><h1>Request blocked</h1>\n\t<p>by&nbsp;the&#32;firewall</p></body></html>"), "HTTP 403: Request blocked by the firewall"},
		{"a gateway", reply(502, "<html><body>502 Bad Gateway</body></html>"), "HTTP 502: 502 Bad Gateway"},
		{"a body that is too large", reply(413, "<center>413 Request Entity Too Large</center>"), "HTTP 413: 413 Request Entity Too Large"},
		{"nothing but a status", reply(404, ""), "HTTP 404: no answer of the API"},
		{"a page in place of a payment", reply(200, "<html><body>점검 중입니다</body></html>"), "HTTP 200: 점검 중입니다"},
		{"a payment whose sums disagree", reply(200, string(edit(t, `{"balanceAmount":1}`))), "HTTP 200: the amounts do not agree: totalAmount 1000 less finished cancels is 1000, but balanceAmount is 1 (smallest units of KRW)"},
		{"an answer with a code", reply(400, `{"code":"REFUND_REJECTED","message":"x"}`), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			base, _ := serve(t, test.serve)
			failure := failureOf(t, errorOf(newClient(t, base, nil).Cancel(t.Context(), intent(), body(t), nil)))
			if failure.Said() != test.said {
				t.Errorf("said %q, expected %q", failure.Said(), test.said)
			}
		})
	}
}

// Whoever answers in Toss's place may repeat what it was sent: nothing of that
// is kept, in whatever way it is written.
func TestAPieceOfAnAnswerHoldsNoSecretAndNothingPersonal(t *testing.T) {
	spelled := func(text, format string) string {
		var b strings.Builder
		for _, r := range text {
			fmt.Fprintf(&b, format, r)
		}
		return b.String()
	}
	for _, echo := range []string{
		accountCanary, holderCanary, canary,
		spelled(holderCanary, "&#%d;"), spelled(holderCanary, "&#x%x;"), spelled(holderCanary, `\u%04x`),
		url.PathEscape(holderCanary), url.QueryEscape(canary), spelled(accountCanary, "&#%d;"),
		"Basic " + base64.StdEncoding.EncodeToString([]byte(canary+":")),
		base64.StdEncoding.EncodeToString(body(t)),
		"110-234-567890", "010 1234 5678", "900101-1234567", "1234.5678.9012.3456", "kim@shop.example.com",
	} {
		for _, page := range []string{
			"<html><body>Blocked: %s</body></html>", "blocked %s", `{"message":"blocked %s"}`, strings.Repeat("blocked ", 20) + "%s", "<p title='%s'>blocked",
		} {
			content := strings.ReplaceAll(page, "%s", echo)
			c := newClient(t, "http://127.0.0.1:1", nil)
			q := &call{name: "POST", cancel: true, private: []string{accountCanary, holderCanary}}
			for _, status := range []int{200, 302, 403, 502, 503} {
				failure := c.judge(q, answer{status: status, body: []byte(content)}, func([]byte) error { return errNoAnswer })
				said := failure.Said() + failure.Error()
				for _, secret := range []string{accountCanary, holderCanary, canary, echo} {
					if strings.Contains(said, secret) {
						t.Errorf("%q comes out of %q: %s", secret, content, said)
					}
				}
				if status != 200 && !strings.Contains(said, "blocked") && !strings.Contains(said, "Blocked") {
					t.Errorf("nothing is left of %q: %s", content, said)
				}
			}
		}
	}
}

// A piece is bounded, whatever the body is.
func TestAPieceOfAnAnswerIsBounded(t *testing.T) {
	c := newClient(t, "http://127.0.0.1:1", nil)
	for _, content := range []string{strings.Repeat("가 ", 1<<20), strings.Repeat("<b>x</b> ", 1<<18), strings.Repeat("\xff\x00", 1<<16), `{"message":"` + strings.Repeat("y ", 1<<18) + `"}`} {
		piece := c.piece(&call{}, []byte(content))
		if utf8.RuneCountInString(piece) > pieceMaximum+1 || !utf8.ValidString(piece) || piece == "" {
			t.Errorf("%d characters: %.40q", utf8.RuneCountInString(piece), piece)
		}
	}
}

// Look-ups, lists and settlements say just so who answered.
func TestALookUpWithoutACodeSaysWhoAnswered(t *testing.T) {
	base, _ := serve(t, reply(403, "<html><body>Request blocked by the firewall</body></html>"))
	c := newClient(t, base, nil)
	_, list := c.Transactions(t.Context(), instant.AddDate(0, 0, -1), instant, "")
	_, settlements := c.Settlements(t.Context(), pay.ByPaidOut, "2026-11-21", 1)
	for name, err := range map[string]error{
		"payment": errorOf(c.Payment(t.Context(), referenceKey)), "order": errorOf(c.PaymentByOrder(t.Context(), "A-1")), "list": list, "settlements": settlements,
	} {
		failure := failureOf(t, err)
		if failure.Kind != pay.FailureUnreadable || !strings.Contains(failure.Error(), `HTTP 403: no answer of the API: "Request blocked by the firewall"`) {
			t.Errorf("%s: %s: %v", name, failure.Kind, failure)
		}
	}
}
