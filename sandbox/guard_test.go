package sandbox

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPagesOfOtherSitesMayNotPost(t *testing.T) {
	h := begin(t, Options{})
	for _, c := range []struct {
		site, origin string
		status       int
	}{
		{"", "", 200}, {"same-origin", "", 200}, {"none", "", 200}, {"", h.url, 200},
		{"cross-site", "", 403}, {"same-site", "", 403}, {"", "https://shop.example", 403}, {"cross-site", h.url, 403},
	} {
		got := h.call("POST", "/sandbox/faults", "", "Authorization", "", "Sec-Fetch-Site", c.site, "Origin", c.origin)
		if got.status != c.status {
			t.Errorf("%+v: %d %s", c, got.status, got.raw)
		}
	}
	h.call("GET", "/sandbox/clock", "", "Sec-Fetch-Site", "cross-site").want(t, 200, "")
}

func TestATokenGuardsTheSandboxsOwnAddresses(t *testing.T) {
	h := begin(t, Options{Token: "open sesame"})
	for header, status := range map[string]int{
		"": 401, "Bearer open sesame": 200, "bearer open sesame": 200, "Bearer open": 401, "Bearer ": 401, "Basic dGVzdF9za19zYW5kYm94Og==": 401,
	} {
		for _, ask := range [][2]string{{"GET", "/sandbox/clock"}, {"GET", "/sandbox/orders.csv"}, {"POST", "/sandbox/faults"}, {"GET", "/sandbox/passbook.csv"}} {
			if got := h.call(ask[0], ask[1], "", "Authorization", header); got.status != status {
				t.Errorf("%s with %q: %d %s", ask[1], header, got.status, got.raw)
			}
		}
	}
	h.get("none").want(t, 404, "NOT_FOUND_PAYMENT") // the API has its keys
	if got := h.call("GET", "/", "", "Authorization", ""); !strings.Contains(got.raw, "/sandbox/clock") {
		t.Error("the help is no secret")
	}
}

func TestABrowserEntersWithTheTokenAndKeepsNoTrace(t *testing.T) {
	s := New(Options{Token: "open sesame"})
	enter := func(token string) (bool, []*http.Cookie) {
		w := httptest.NewRecorder()
		entered := s.Enter(w, httptest.NewRequest("POST", "/", nil), token)
		return entered, w.Result().Cookies()
	}
	if entered, cookies := enter("wrong"); entered || len(cookies) > 0 {
		t.Error("a wrong token entered")
	}
	entered, cookies := enter("open sesame")
	if !entered || len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode {
		t.Fatal(entered, cookies)
	}
	if strings.Contains(cookies[0].Value, "sesame") {
		t.Error("the cookie is the token itself")
	}
	for value, status := range map[string]int{cookies[0].Value: 200, "open sesame": 401, New(Options{Token: "other"}).pass(): 401} {
		r := httptest.NewRequest("GET", "/sandbox/clock", nil)
		r.AddCookie(&http.Cookie{Name: tokenCookie, Value: value})
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != status {
			t.Errorf("cookie %q: %d", value, w.Code)
		}
	}
}
