package sandbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Each fault is played once on a cancel with a key, and then the same request
// is sent again: it must do the rest of the work, and never more.
func TestWhatAFaultLeavesBehind(t *testing.T) {
	cases := []struct {
		spec  string
		see   func(answer, error) bool
		after int64 // the balance after the fault
	}{
		{"drop-before=1", func(_ answer, err error) bool { return err != nil }, 10000},
		{"drop-after=1", func(_ answer, err error) bool { return err != nil }, 9000},
		{"5xx-before=1", func(a answer, _ error) bool { return a.status == 500 }, 10000},
		{"5xx-after=1", func(a answer, _ error) bool { return a.status == 500 }, 9000},
		{"429=1", func(a answer, _ error) bool { return a.status == 429 && a.header.Get("Retry-After") != "" }, 10000},
		{"slow=1:10ms", func(a answer, _ error) bool { return a.status == 200 }, 9000},
		{"truncate=1", func(a answer, err error) bool { return a.status == 200 && err != nil }, 9000},
		{"html=1", func(a answer, _ error) bool { return a.status == 200 && strings.HasPrefix(a.raw, "<!DOCTYPE") }, 9000},
		{"refuse=1", func(a answer, _ error) bool { return a.status == 400 && a.body["code"] == "PROVIDER_ERROR" }, 10000},
		{"refuse=1:NOT_AVAILABLE_BANK", func(a answer, _ error) bool { return a.status == 403 }, 10000},
	}
	for _, c := range cases {
		t.Run(c.spec, func(t *testing.T) {
			h := begin(t, Options{})
			p := h.pay(NewPayment{})
			f, err := ParseFaults(c.spec + ",max=1,api=cancel+confirm")
			if err != nil {
				t.Fatal(err)
			}
			h.s.SetFaults(f)
			h.get(p.Key).want(t, 200, "") // the filter spares other APIs
			a, err := h.try("POST", "/v1/payments/"+p.Key+"/cancel", part1000, "Idempotency-Key", "k")
			if !c.see(a, err) {
				t.Errorf("the client saw %d %q %v", a.status, a.raw, err)
			}
			if b, _ := h.s.Payment(p.Key); b.Balance != c.after {
				t.Errorf("balance %d, want %d", b.Balance, c.after)
			}
			h.cancel(p.Key, part1000, "Idempotency-Key", "k").want(t, 200, "")
			if b, _ := h.s.Payment(p.Key); b.Balance != 9000 {
				t.Errorf("after the resend: balance %d", b.Balance)
			}
		})
	}
}

func TestPagingBreaksHalfWay(t *testing.T) {
	h := begin(t, Options{})
	for i := range 4 {
		h.pay(NewPayment{OrderID: fmt.Sprint("ORDER-", i)})
	}
	h.s.SetFaults(Faults{Paging: 1})
	first := h.list(today + "&limit=2")
	after := "&startingAfter=" + first[1]["transactionKey"].(string)
	h.call("GET", "/v1/transactions?"+today+"&limit=2"+after, "").want(t, 400, "INVALID_TRANSACTION_KEY")
}

func TestTheSameSeedDrawsTheSameFaults(t *testing.T) {
	draw := func(seed uint64) string {
		h := begin(t, Options{})
		h.s.SetFaults(Faults{FailBefore: 0.3, TooMany: 0.3, Seed: seed})
		var b strings.Builder
		for range 30 {
			fmt.Fprint(&b, h.get("none").status, " ")
		}
		return b.String()
	}
	first, again := draw(7), draw(7)
	if first != again || first == draw(8) {
		t.Error("faults must follow their seed")
	}
}

func TestFaultsAsText(t *testing.T) {
	got, err := ParseFaults("drop-before=0.01, drop-after=0.02,5xx=0.04,slow=0.05:3s,429=0.06,paging=0.07,seed=7,api=cancel,max=9")
	want := Faults{DropBefore: 0.01, DropAfter: 0.02, FailBefore: 0.02, FailAfter: 0.02, Slow: 0.05,
		SlowFor: 3 * time.Second, TooMany: 0.06, Paging: 0.07, Seed: 7, API: "cancel", Max: 9}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, bad := range []string{"drop", "drop-before=2", "drop-before=x", "nothing=0.1", "slow=0.1:x", "refuse=1:NOPE",
		"seed=x", "drop-before=0.6,drop-after=0.6", "html=NaN"} {
		if _, err := ParseFaults(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if f, err := ParseFaults(""); err != nil || cmp.Diff(Faults{}, f) != "" {
		t.Error("empty means none")
	}
}
