package sandbox

import (
	"strings"
	"sync"
	"testing"
	"time"
)

const part1000 = `{"cancelReason":"x","cancelAmount":1000}`

func TestTheSameKeyReplaysTheFirstAnswerWhateverTheBody(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{})
	first := h.cancel(p.Key, part1000, "Idempotency-Key", "k1")
	h.wait(time.Minute)
	again := h.cancel(p.Key, `{"cancelReason":"another","cancelAmount":2000}`, "Idempotency-Key", "k1")
	if again.status != 200 || again.raw != first.raw {
		t.Errorf("the replay differs:\n%s\n%s", first.raw, again.raw)
	}
	if b, _ := h.s.Payment(p.Key); b.Balance != 9000 {
		t.Errorf("the second request was carried out: balance %d", b.Balance)
	}
	if again.header.Get("idempotency-key") != "k1" {
		t.Error("the key is not echoed")
	}
	traces := strings.Split(again.header.Get("x-tosspayments-trace-id"), ",")
	if len(traces) != 2 || traces[0] != first.header.Get("x-tosspayments-trace-id") || len(traces[0]) != 32 {
		t.Errorf("a replay shows the first trace id and its own, got %q", traces)
	}
}

func TestARefusalIsBoundToItsKeyAsWell(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{})
	h.cancel(p.Key, `{"cancelReason":"x","cancelAmount":99999}`, "Idempotency-Key", "k").want(t, 403, "NOT_CANCELABLE_AMOUNT")
	h.cancel(p.Key, part1000, "Idempotency-Key", "k").want(t, 403, "NOT_CANCELABLE_AMOUNT")
	h.cancel(p.Key, part1000, "Idempotency-Key", "k2").want(t, 200, "")
}

func TestAKeyBelongsToOneAddress(t *testing.T) {
	h := begin(t, Options{})
	a, b := h.pay(NewPayment{OrderID: "ORDER-A"}), h.pay(NewPayment{OrderID: "ORDER-B"})
	h.cancel(a.Key, giveBack, "Idempotency-Key", "k").want(t, 200, "")
	got := h.cancel(b.Key, giveBack, "Idempotency-Key", "k")
	if got.field("orderId") != "ORDER-B" {
		t.Errorf("the key of one payment answered for another: %s", got.raw)
	}
}

func TestAKeyIsKeptFifteenDays(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{})
	h.cancel(p.Key, part1000, "Idempotency-Key", "k").want(t, 200, "")
	h.wait(15*24*time.Hour - time.Second)
	h.cancel(p.Key, part1000, "Idempotency-Key", "k").want(t, 200, "")
	if b, _ := h.s.Payment(p.Key); b.Balance != 9000 {
		t.Fatalf("balance %d", b.Balance)
	}
	h.wait(time.Second)
	h.cancel(p.Key, part1000, "Idempotency-Key", "k").want(t, 200, "")
	if b, _ := h.s.Payment(p.Key); b.Balance != 8000 {
		t.Errorf("after fifteen days the key is forgotten; balance %d", b.Balance)
	}
}

func TestAKeyHasAtMost300Characters(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{})
	h.cancel(p.Key, part1000, "Idempotency-Key", strings.Repeat("k", 301)).want(t, 400, "INVALID_IDEMPOTENCY_KEY")
	h.cancel(p.Key, part1000, "Idempotency-Key", strings.Repeat("k", 300)).want(t, 200, "")
}

func TestAKeyIsIgnoredOnGet(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{})
	h.call("GET", "/v1/payments/"+p.Key, "", "Idempotency-Key", "k")
	h.cancel(p.Key, giveBack)
	if got := h.call("GET", "/v1/payments/"+p.Key, "", "Idempotency-Key", "k"); got.field("status") != Canceled {
		t.Errorf("an old answer came back: %s", got.raw)
	}
}

func TestAKeyInFlightIsRefused(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{})
	h.s.SetFaults(Faults{Slow: 1, SlowFor: 300 * time.Millisecond, Max: 1})
	var slow answer
	var wg sync.WaitGroup
	wg.Go(func() { slow, _ = h.try("POST", "/v1/payments/"+p.Key+"/cancel", part1000, "Idempotency-Key", "k") })
	time.Sleep(100 * time.Millisecond)
	h.cancel(p.Key, part1000, "Idempotency-Key", "k").want(t, 409, "IDEMPOTENT_REQUEST_PROCESSING")
	wg.Wait()
	slow.want(t, 200, "")
	if got := h.cancel(p.Key, part1000, "Idempotency-Key", "k"); got.raw != slow.raw {
		t.Error("later the key replays the first answer")
	}
}

func TestManyAtOnceGiveBackOnce(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{})
	var mu sync.Mutex
	count := map[int]int{}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			a, err := h.try("POST", "/v1/payments/"+p.Key+"/cancel", giveBack, "Idempotency-Key", strings.Repeat("k", i+1))
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			count[a.status]++
		})
	}
	wg.Wait()
	if count[200] != 1 || count[403] != 19 {
		t.Errorf("answers by status: %v", count)
	}
	if got := h.get(p.Key).cancels(); len(got) != 1 {
		t.Errorf("%d cancels", len(got))
	}
}
