package app

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"daesa/jobs"
	"daesa/pay"
	"daesa/refunds"
)

// post is a service that takes what people are told.
type post struct {
	*Teller
	mu     sync.Mutex
	titles []string
	down   bool
	clock  time.Time
	said   []string
}

func newPost(t *testing.T) *post {
	t.Helper()
	p := &post{clock: now}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.down {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		p.titles = append(p.titles, strings.SplitN(string(body), "\n", 2)[0])
	}))
	t.Cleanup(server.Close)
	p.Teller = &Teller{Addresses: []string{"generic://" + strings.TrimPrefix(server.URL, "http://") + "/?disabletls=yes"}, Alerts: newAlerts(),
		Now: func() time.Time { return p.clock }, Warn: func(text, _ string) { p.said = append(p.said, text) }, Log: slog.New(slog.DiscardHandler)}
	return p
}

// gets reports whether people were told exactly this, in the beginnings of titles.
func (p *post) gets(t *testing.T, name string, want ...string) {
	t.Helper()
	if !slices.EqualFunc(p.titles, want, strings.HasPrefix) {
		t.Errorf("%s: people were told %q, expected %q", name, p.titles, want)
	}
	p.titles = nil
}

func TestARefundRunTellsWhoseKeyIsRefusedAndWhatNobodyKnows(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	books := counts{"": {refunds.StateUnknown: 1, refunds.StateHeld: 2}}
	p.Refunds(t.Context(), jobs.RefundSummary{States: map[refunds.State]int{refunds.StateSucceeded: 5}, Unasked: map[string]string{"b": refunds.WhyUnreachable}}, books, "")
	p.gets(t, "all is well, one merchant was away")
	run := jobs.RefundSummary{States: map[refunds.State]int{refunds.StateUnknown: 1}, Unasked: map[string]string{"b": refunds.WhyKeyRefused, "a": refunds.WhyKeyRefused}}
	p.Refunds(t.Context(), run, books, "")
	p.gets(t, "two keys, and three to look at", "Toss refuses the secret key of a", "Toss refuses the secret key of b", "Refunds to look at: 1 unknown, 2 held")
	p.Refunds(t.Context(), run, books, "")
	p.gets(t, "the same within the hour")
	books[""][refunds.StateHeld] = 3
	p.Refunds(t.Context(), run, books, "")
	p.gets(t, "one more is held", "Refunds to look at: 1 unknown, 3 held")
	p.clock = p.clock.Add(time.Hour)
	p.Refunds(t.Context(), run, books, "")
	p.gets(t, "an hour later all of it", "Toss refuses the secret key of a", "Toss refuses the secret key of b", "Refunds to look at: 1 unknown, 3 held")
}

func TestWhatReachedNobodyIsToldByTheNextRun(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.down = true
	p.FailedJob(t.Context(), "refunds")
	if p.gets(t, "the service is down"); len(p.said) != 1 {
		t.Errorf("%q", p.said)
	}
	p.down = false
	p.FailedJob(t.Context(), "refunds")
	p.gets(t, "it is back", "daesa: the job refunds failed")
}

func TestACaptureTellsWhatIsLostAndNotWhatABuyerNeverGave(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	tell := func(s jobs.CaptureSummary, missed, notShown int) {
		figures := refunds.CaptureFigures{Missed: missed, Reasons: map[string]int{refunds.CaptureNotShown: notShown}}
		p.Capture(t.Context(), s, windows{figures}, []string{mid}, now)
	}
	tell(jobs.CaptureSummary{Missed: 1}, 1, 1)
	p.gets(t, "the buyer gave none")
	tell(jobs.CaptureSummary{Missed: 1}, 3, 1)
	p.gets(t, "two came too late", "Refund accounts missed: 2 within a day")
	tell(jobs.CaptureSummary{Gaps: []jobs.CaptureGap{{MID: "a", Kind: pay.FailureNoAnswer}}}, 0, 0)
	p.gets(t, "Toss was away", "Refund accounts cannot be captured")
	tell(jobs.CaptureSummary{Gaps: []jobs.CaptureGap{{MID: "a", Kind: pay.FailureKey}}}, 0, 0)
	p.gets(t, "the key is the cause, and is told alone", "Toss refuses the secret key of a")
}

func TestWithoutAnAddressNobodyIsToldAndNothingIsRemembered(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	address := p.Addresses
	p.Addresses = nil
	p.FailedJob(t.Context(), "nightly")
	p.Addresses = address
	p.FailedJob(t.Context(), "nightly")
	p.gets(t, "once there is an address", "daesa: the job nightly failed")
}
