package sandbox

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestNewestPayments(t *testing.T) {
	h := begin(t, Options{})
	old := h.pay(NewPayment{OrderID: "ORDER-OLD", At: noon.Add(-time.Hour)})
	young := h.pay(NewPayment{OrderID: "ORDER-YOUNG", OrderName: "Hat <b>"})
	waits := h.pay(NewPayment{OrderID: "ORDER-WAITS", Method: VirtualAccount, At: noon.Add(-time.Minute)})
	h.pay(NewPayment{OrderID: "ORDER-LATER", At: noon.Add(time.Hour)})
	for _, c := range []struct {
		q    Query
		want []string
		fit  int
	}{
		{Query{Most: 9}, []string{young.Key, waits.Key, old.Key}, 3},
		{Query{Most: 1, Skip: 1}, []string{waits.Key}, 3},
		{Query{Most: 9, Skip: 9}, nil, 3},
		{Query{Most: 9, Text: "hat <"}, []string{young.Key}, 1},
		{Query{Most: 9, Text: "order-o"}, []string{old.Key}, 1},
		{Query{Most: 9, Status: WaitingForDeposit}, []string{waits.Key}, 1},
		{Query{Most: 9, Method: VirtualAccount}, []string{waits.Key}, 1},
	} {
		page, fit, _ := h.s.Newest(c.q)
		var got []string
		for _, p := range page {
			got = append(got, p.Key)
		}
		if diff := cmp.Diff(c.want, got); diff != "" || fit != c.fit {
			t.Errorf("%+v: %d %s", c.q, fit, diff)
		}
	}
	_, _, counts := h.s.Newest(Query{Status: Done})
	if diff := cmp.Diff(map[string]int{Done: 2, WaitingForDeposit: 1}, counts); diff != "" {
		t.Error(diff)
	}
}

func TestTheLifeOfAPayment(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{Method: VirtualAccount, RequestedAt: noon, At: noon})
	for _, act := range []func(string, time.Time) error{h.s.Deposit, h.s.ReverseDeposit, h.s.Deposit} {
		h.wait(time.Minute)
		if err := act(p.Key, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	h.wait(time.Minute)
	if err := h.s.ConsoleCancel(p.Key, ConsoleCancel{Amount: 1000, Reason: "전화"}); err != nil {
		t.Fatal(err)
	}
	var kinds []string
	life := h.s.Life(p.Key)
	for _, e := range life {
		kinds = append(kinds, e.Kind)
	}
	if diff := cmp.Diff([]string{"REQUESTED", "ISSUED", "APPROVED", "REVERSED", "APPROVED", "CANCELED"}, kinds); diff != "" {
		t.Fatal(diff)
	}
	if last := life[5]; last.Note != "전화" || last.Amount != 1000 || last.Status != Done || !last.At.Equal(noon.Add(4*time.Minute)) {
		t.Errorf("%+v", last)
	}
	open := h.pay(NewPayment{OrderID: "ORDER-0002", Status: InProgress})
	h.wait(time.Hour)
	if life := h.s.Life(open.Key); len(life) != 3 || life[2].Kind != Expired || life[2].At.Sub(life[1].At) != 10*time.Minute {
		t.Errorf("%+v", life)
	}
	if h.s.Life("none") != nil || h.s.Object("none") != nil {
		t.Error("there is no such payment")
	}
}

func TestEveryTryOfAWebhookIsRemembered(t *testing.T) {
	var good atomic.Bool
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !good.Load() {
			http.Error(w, "점검 중", http.StatusServiceUnavailable)
		}
	}))
	defer shop.Close()
	h := begin(t, Options{WebhookURL: shop.URL})
	p := h.pay(NewPayment{})
	other := h.pay(NewPayment{OrderID: "ORDER-0002"})
	h.s.DeliverWebhooks()
	h.s.Advance(5 * time.Minute) // tries after 1 and 4 minutes
	list := h.s.Webhooks(p.Key)
	if len(list) != 1 || len(h.s.Webhooks("")) != 2 || len(h.s.Webhooks(other.Key)) != 1 {
		t.Fatalf("%+v", list)
	}
	w := list[0]
	if w.Event != "PAYMENT_STATUS_CHANGED" || len(w.Tries) != 3 || w.Arrived || !w.Due.Equal(noon.Add(21*time.Minute)) {
		t.Fatalf("%+v", w)
	}
	if last := w.Tries[2]; last.Status != 503 || last.Answer != "점검 중\n" || !last.At.Equal(noon.Add(5*time.Minute)) || last.ByHand {
		t.Errorf("%+v", last)
	}
	good.Store(true)
	if try, err := h.s.Resend(w.ID); err != nil || try.Status != 200 || !try.ByHand {
		t.Errorf("%+v %v", try, err)
	}
	if w := h.s.Webhooks(p.Key)[0]; !w.Arrived || !w.Due.IsZero() || len(w.Tries) != 4 {
		t.Errorf("%+v", w)
	}
	shop.Close()
	if try, err := h.s.Resend(w.ID); err != nil || try.Status != 0 || try.Error == "" {
		t.Errorf("%+v %v", try, err)
	}
	if _, err := h.s.Resend("none"); err == nil {
		t.Error("there is no such webhook")
	}
}

func TestFaultsAreWrittenAsTheyAreRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		share := func(name string) float64 { return float64(rapid.IntRange(0, 9).Draw(t, name)) / 100 }
		f := Faults{
			DropBefore: share("a"), DropAfter: share("b"), FailBefore: share("c"), FailAfter: share("d"), Slow: share("e"),
			TooMany: share("f"), Truncate: share("g"), HTML: share("h"), Paging: share("i"), Refuse: share("j"),
			API: rapid.SampledFrom([]string{"", "cancel", "cancel+payment"}).Draw(t, "api"), Max: rapid.IntRange(0, 3).Draw(t, "max"),
			Seed: uint64(rapid.IntRange(0, 3).Draw(t, "seed")),
			Cuts: Cuts{PageCap: rapid.IntRange(0, 3).Draw(t, "cap"), PageEmpty: rapid.IntRange(0, 3).Draw(t, "empty"), LeaveOut: rapid.SampledFrom([][]int{nil, {7}, {7, 19}}).Draw(t, "out")},
		}
		if f.Slow > 0 {
			f.SlowFor = time.Duration(rapid.IntRange(1, 5000).Draw(t, "for")) * time.Millisecond
		}
		if f.Refuse > 0 {
			f.RefuseCode = "NOT_AVAILABLE_BANK"
		}
		text := f.String()
		again, err := ParseFaults(text)
		if err != nil {
			t.Fatal(err)
		}
		if text == "" {
			f = Faults{} // who, how often and which draw say nothing by themselves
		}
		if diff := cmp.Diff(f, again); diff != "" {
			t.Fatalf("%s: %s", text, diff)
		}
	})
}

func TestRowsOfAPayoutDay(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{Method: Transfer, Amount: 10_000})
	h.wait(24 * time.Hour)
	rows, err := h.s.PaidOutOn("2026-11-24")
	if err != nil || len(rows) != 1 || rows[0].PaymentKey != p.Key || rows[0].Amount != 10_000 || rows[0].PayOut != 10_000-198 || rows[0].SoldDate != "2026-11-21" {
		t.Errorf("%+v %v", rows, err)
	}
	if _, err := h.s.PaidOutOn("soon"); err == nil {
		t.Error("that is no day")
	}
}
