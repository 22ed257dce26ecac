package sandbox

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWhoMayAsk(t *testing.T) {
	h := begin(t, Options{})
	for name, c := range map[string]struct {
		header string
		status int
		code   string
	}{
		"nothing":                {"", 401, "UNAUTHORIZED_KEY"},
		"another key":            {"Basic bGl2ZV9zazo=", 401, "UNAUTHORIZED_KEY"},
		"a password":             {"Basic dGVzdF9za19zYW5kYm94Ong=", 401, "UNAUTHORIZED_KEY"},
		"no colon":               {"Basic dGVzdF9za19zYW5kYm94", 403, "INCORRECT_BASIC_AUTH_FORMAT"},
		"a byte order mark":      {"Basic 77u/dGVzdF9za19zYW5kYm94Og==", 401, "UNAUTHORIZED_KEY"},
		"a bearer token":         {"Bearer x", 403, "INCORRECT_BASIC_AUTH_FORMAT"},
		"the key with its colon": {"Basic dGVzdF9za19zYW5kYm94Og==", 404, "NOT_FOUND_PAYMENT"},
	} {
		t.Run(name, func(t *testing.T) {
			h.call("GET", "/v1/payments/x", "", "Authorization", c.header).want(t, c.status, c.code)
		})
	}
}

func TestTheSameErrorBodyAsToss(t *testing.T) {
	h := begin(t, Options{})
	got := h.get("none")
	if diff := cmp.Diff(`{"code":"NOT_FOUND_PAYMENT","message":"존재하지 않는 결제 입니다."}`, got.raw); diff != "" {
		t.Error(diff)
	}
	if len(got.header.Get("x-tosspayments-trace-id")) != 32 {
		t.Error("no trace id")
	}
	date, err := http.ParseTime(got.header.Get("Date"))
	if err != nil || !date.Equal(noon) {
		t.Errorf("Date is the sandbox's clock, got %v %v", date, err)
	}
}

func TestARateForEachAPI(t *testing.T) {
	h := begin(t, Options{Rate: 100})
	for range 100 {
		h.get("none").want(t, 404, "NOT_FOUND_PAYMENT")
		h.wait(100 * time.Millisecond)
	}
	refused := h.get("none")
	refused.want(t, 429, "TOO_MANY_REQUESTS")
	if got := refused.header.Get("Retry-After"); got != "50" {
		t.Errorf("the first of the hundred is ten seconds old, Retry-After %s", got)
	}
	h.list(today) // another API has its own hundred
	h.wait(50 * time.Second)
	h.get("none").want(t, 404, "NOT_FOUND_PAYMENT")
	want := map[string]int{"payment": 102, "transactions": 1}
	if diff := cmp.Diff(want, h.s.Calls()); diff != "" {
		t.Error(diff)
	}
}

func TestAnErrorOnRequest(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{})
	h.cancel(p.Key, giveBack, "TossPayments-Test-Code", "NOT_AVAILABLE_BANK").want(t, 403, "NOT_AVAILABLE_BANK")
	h.cancel(p.Key, giveBack, "TossPayments-Test-Code", "IDEMPOTENT_REQUEST_PROCESSING").want(t, 409, "IDEMPOTENT_REQUEST_PROCESSING")
	h.cancel(p.Key, giveBack, "TossPayments-Test-Code", "NO_SUCH_CODE").want(t, 400, "INVALID_TEST_CODE")
	if b, _ := h.s.Payment(p.Key); b.Balance != 10_000 {
		t.Error("nothing may have been cancelled")
	}
}

func TestALiveKeyIgnoresTheTestCode(t *testing.T) {
	h := begin(t, Options{SecretKey: "live_sk_x"})
	r, _ := http.NewRequest("GET", h.url+"/v1/payments/none", nil)
	r.SetBasicAuth("live_sk_x", "")
	r.Header.Set("TossPayments-Test-Code", "NOT_AVAILABLE_BANK")
	resp, err := (&http.Client{Timeout: time.Minute}).Do(r)
	if err != nil || resp.StatusCode != 404 {
		t.Errorf("got %v %v", resp.Status, err)
	}
	_ = resp.Body.Close()
}

func TestEnglishOnRequest(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{})
	if got := h.call("GET", "/v1/payments/"+p.Key, "", "Accept-Language", "en-US"); got.field("method") != "CARD" {
		t.Error(got.raw)
	}
}

func TestAFrozenClockStandsStillButPacingDoesNot(t *testing.T) {
	at := noon
	s := New(Options{Freeze: true, Now: func() time.Time { return at }})
	s.SetClock(noon.Add(-time.Hour))
	before := s.clock.pacing()
	at = at.Add(time.Minute)
	if !s.Now().Equal(noon.Add(-time.Hour)) {
		t.Errorf("the clock moved to %v", s.Now())
	}
	if s.clock.pacing().Sub(before) != time.Minute {
		t.Error("pacing stood still")
	}
	s.Advance(time.Hour)
	if !s.Now().Equal(noon) {
		t.Errorf("now %v", s.Now())
	}
}

func TestAClockThatGoesBackBlocksNobody(t *testing.T) {
	h := begin(t, Options{Rate: 2})
	p := h.pay(NewPayment{At: noon.Add(-48 * time.Hour)})
	h.cancel(p.Key, part1000).want(t, 200, "")
	h.wait(2 * time.Second)
	h.cancel(p.Key, part1000).want(t, 200, "")
	h.s.SetClock(noon.Add(-time.Hour))
	h.cancel(p.Key, part1000).want(t, 200, "")
	if b, _ := h.s.Payment(p.Key); b.Balance != 9000 {
		t.Errorf("the cancels that lay ahead are dropped: balance %d", b.Balance)
	}
}
