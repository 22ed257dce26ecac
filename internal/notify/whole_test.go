package notify

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/discord"
	"pgregory.net/rapid"
)

// toLocal sends every request to a server of the test, whatever host it is for:
// the library lets nobody choose the hosts of Discord and others.
type toLocal struct {
	host string
	next http.RoundTripper
}

func (l toLocal) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = "http", l.host
	return l.next.RoundTrip(r)
}

// services that cut a message into lines, or take only a short one, with an
// address and what they answer.
var narrow = map[string]struct{ address, answer string }{
	"discord":  {"discord://token-0123456789@123456789012345678", ""},
	"slack":    {"slack://hook:TTTTTTTTT-BBBBBBBBB-XXXXXXXXXXXXXXXXXXXXXXXX@webhook", "ok"},
	"teams":    {"teams://11111111-4444-4444-8444-cccccccccccc@22222222-4444-4444-8444-cccccccccccc/33333333012222222222333333333344/44444444-4444-4444-8444-cccccccccccc/V2ESyij_gAljSoUQHvZoZYzlpAoAXExyOl26dlf1xHEx05?host=shop.webhook.office.com", "1"},
	"telegram": {"telegram://110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw@telegram?chats=@shop", `{"ok":true,"result":{}}`},
	"lark":     {"lark://open.larksuite.com/0123456789abcdef", `{"code":0,"msg":"success"}`},
	"wecom":    {"wecom://693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa", `{"errcode":0,"errmsg":"ok"}`},
	"pushover": {"pushover://shoutrrr:api-token@user-key", `{"status":1}`},
	"ntfy":     {"ntfy://LOCAL/shop?disabletls=yes", `{}`},
	"zulip":    {"zulip://bot@example.com:key@shop.zulipchat.com?stream=finance&topic=night", `{"result":"success"}`},
}

// TestTheWholeMessageArrives: a night of forty lines, of more bytes than most
// services take at once, is there line by line, each once and in its order.
func TestTheWholeMessageArrives(t *testing.T) {
	var lines []string
	for i := range 40 {
		lines = append(lines, fmt.Sprintf("%02d번째 줄: 가맹점 shop-%02d 완료 · 원인 미확인 차이 0원 · 확인 필요 %d건 · 취소기한 7일 이내 없음", i, i, i*37))
	}
	text := strings.Join(lines, "\n")
	for name, service := range narrow {
		t.Run(name, func(t *testing.T) {
			var received []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				received = append(received, textsOf(t, r))
				w.Header().Set("Content-Type", "application/json")
				if service.answer == "" {
					w.WriteHeader(http.StatusNoContent)
				}
				_, _ = w.Write([]byte(service.answer)) // a lost answer fails the test by itself
			}))
			defer server.Close()
			local, usual := strings.TrimPrefix(server.URL, "http://"), http.DefaultTransport
			http.DefaultTransport = toLocal{local, usual}
			defer func() { http.DefaultTransport = usual }()
			if err := Send(t.Context(), []string{strings.Replace(service.address, "LOCAL", local, 1)}, "대사 2026-11-28 ● 완료", text); err != nil {
				t.Fatal(err)
			}
			all := strings.Join(received, "\n")
			if !strings.Contains(all, "대사 2026-11-28 ● 완료") {
				t.Errorf("the title is missing in %s", all)
			}
			var arrived []string
			for line := range strings.SplitSeq(all, "\n") {
				if strings.Contains(line, "번째 줄: ") {
					arrived = append(arrived, line)
				}
			}
			if diff := cmp.Diff(lines, arrived); diff != "" {
				t.Errorf("%d messages, which differ from the text:\n%s", len(received), diff)
			}
		})
	}
}

// textsOf are all texts of a request, in their order: of JSON, of a form, or
// the body itself.
func textsOf(t *testing.T, r *http.Request) string {
	t.Helper()
	content, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	body := string(content)
	if form, err := url.ParseQuery(body); err == nil && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return form.Get("title") + "\n" + form.Get("message") + "\n" + form.Get("content")
	}
	var texts []string
	if title := r.Header.Get("Title"); title != "" {
		texts = append(texts, title)
	}
	if !json.Valid(content) {
		return strings.Join(append(texts, body), "\n")
	}
	decoder := json.NewDecoder(strings.NewReader(body))
	for {
		token, err := decoder.Token()
		if err != nil {
			break
		}
		if text, ok := token.(string); ok {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "\n")
}

// TestEveryServiceThatIsNarrowIsTried: what is bounded here is in the test above.
func TestEveryServiceThatIsNarrowIsTried(t *testing.T) {
	known := (&router.ServiceRouter{}).ListServices()
	for name := range bounds {
		if _, ok := narrow[name]; !ok || !strings.Contains(strings.Join(known, " "), name) {
			t.Errorf("%s is bounded and not tried", name)
		}
	}
	for name := range needs {
		if _, ok := narrow[name]; !ok {
			t.Errorf("%s needs something and is not tried", name)
		}
	}
}

// TestDiscordLosesLinesByItself: the day it does not, needs can go.
func TestDiscordLosesLinesByItself(t *testing.T) {
	text := strings.TrimSuffix(strings.Repeat("줄\n", discord.ChunkCount), "\n") + "\n열한 번째\n열두 번째"
	first := discord.CreateItemsFromPlain(text, true)[0][0].Text
	if first == "줄" {
		t.Error("the library keeps the first line now: splitlines=no is no longer needed")
	}
}

// TestPartsAreTheText: nothing is lost or doubled, nothing is longer than it
// may be, and no character is cut.
func TestPartsAreTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.StringN(0, 60, 200)).Draw(t, "lines"), "\n")
		if !utf8.ValidString(text) {
			t.Skip("no text of ours")
		}
		within := bound{rapid.IntRange(8, 300).Draw(t, "most"), rapid.SampledFrom([]func(string) int{inBytes, utf8.RuneCountInString}).Draw(t, "of")}
		list := parts(text, within)
		for _, part := range list { // an empty text is one empty message
			if part == "" && len(list) > 1 || within.of(part) > within.most || !utf8.ValidString(part) {
				t.Fatalf("a part has %d bytes, of %d: %q", within.of(part), within.most, part)
			}
		}
		bare := func(s string) string { return strings.ReplaceAll(s, "\n", "") }
		if bare(strings.Join(list, "")) != bare(text) {
			t.Fatalf("%q became %q", text, list)
		}
	})
}
