package sandbox

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestARestartLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	h := begin(t, Options{})
	h.s.Seed(HistoryOptions{Seed: 3, Orders: 60, Days: 3, End: noon.Add(-24 * time.Hour)})
	p := h.pay(NewPayment{})
	first := h.cancel(p.Key, part1000, "Idempotency-Key", "k")
	orders := h.call("GET", "/sandbox/orders.csv", "").raw
	month := "startDate=2026-10-22T00:00:00&endDate=2026-11-21T23:59:59&limit=5000"
	rows := h.list(month)
	if err := h.s.Save(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is for its owner only: %v %v", info.Mode(), err)
	}

	again := begin(t, Options{})
	if err := again.s.Load(path); err != nil {
		t.Fatal(err)
	}
	again.wait(2 * time.Second)
	if diff := cmp.Diff(rows, again.list(month)); diff != "" {
		t.Error(diff)
	}
	if got := again.call("GET", "/sandbox/orders.csv", "").raw; got != orders {
		t.Error("the shop's order file differs")
	}
	if got := again.cancel(p.Key, part1000, "Idempotency-Key", "k"); got.raw != first.raw {
		t.Errorf("the key was forgotten: %s", got.raw)
	}
	again.cancel(p.Key, part1000, "Idempotency-Key", "k2").want(t, 200, "")
}

func TestAProviderThatForgetsItsKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	h := begin(t, Options{ForgetKeys: true})
	p := h.pay(NewPayment{})
	h.cancel(p.Key, part1000, "Idempotency-Key", "k").want(t, 200, "")
	h.wait(2 * time.Second)
	if err := h.s.Save(path); err != nil {
		t.Fatal(err)
	}
	if err := h.s.Load(path); err != nil {
		t.Fatal(err)
	}
	h.cancel(p.Key, part1000, "Idempotency-Key", "k").want(t, 200, "")
	if b, _ := h.s.Payment(p.Key); b.Balance != 8000 {
		t.Errorf("the second cancel must happen: balance %d", b.Balance)
	}
}

func TestABrokenStateChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(path, []byte(`{"format":"toss-sandbox-1","payments":3}`), 0o600); err != nil {
		t.Fatal(err)
	}
	h := begin(t, Options{})
	p := h.pay(NewPayment{})
	if err := h.s.Load(path); err == nil {
		t.Error("a torn file was taken")
	}
	h.get(p.Key).want(t, 200, "")
}

func TestRunSavesWhenItEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	s := New(Options{StateFile: path})
	if _, err := s.Pay(NewPayment{OrderID: "ORDER-0001", Amount: 1000}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := s.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(path); err != nil || !bytes.Contains(raw, []byte("ORDER-0001")) {
		t.Error("not saved", err)
	}
}
