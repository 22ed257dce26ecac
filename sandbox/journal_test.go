package sandbox

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMain makes this program a sandbox that keeps its state, for the tests that
// kill one.
func TestMain(m *testing.M) {
	path := os.Getenv("SANDBOX_STATE")
	if path == "" {
		os.Exit(m.Run())
	}
	s := New(Options{StateFile: path})
	if err := s.Load(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		panic(err)
	}
	if err := s.Keep(); err != nil {
		panic(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	panic((&http.Server{Handler: s, ReadHeaderTimeout: time.Minute}).Serve(listener))
}

// killed is a sandbox in a process of its own.
type killed struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	http *http.Client
}

func start(t *testing.T, path string) *killed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "SANDBOX_STATE="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // also where the test ends early: who waits for our output waits for the child
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return &killed{t: t, cmd: cmd, url: "http://" + strings.TrimSpace(address), http: &http.Client{
		Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 100},
	}}
}

// post sends a call; false where no whole answer came.
func (k *killed) post(path, body, key string) (string, bool) {
	r, err := http.NewRequestWithContext(k.t.Context(), http.MethodPost, k.url+path, strings.NewReader(body))
	if err != nil {
		k.t.Error(err)
		return "", false
	}
	r.GetBody = nil
	r.SetBasicAuth("test_sk_sandbox", "")
	r.Header.Set("Idempotency-Key", key)
	resp, err := k.http.Do(r)
	if err != nil {
		return "", false
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		k.t.Errorf("%s: %d %s", path, resp.StatusCode, raw)
	}
	return string(raw), err == nil
}

func TestAKilledSandboxLosesNothingThatItAnswered(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	answered := map[string][2]string{} // by order: of the confirm and of a cancel of a part
	for life := range 3 {
		k := start(t, path)
		var mu sync.Mutex
		var buyers sync.WaitGroup
		for buyer := range 16 {
			buyers.Go(func() {
				for n := 0; ; n++ {
					order := fmt.Sprintf("ORDER-%d-%d-%d", life, buyer, n)
					made, ok := k.post("/sandbox/payments", `{"orderId":"`+order+`","amount":10000,"status":"IN_PROGRESS"}`, "")
					if !ok {
						return
					}
					payment := paymentKeyIn(made)
					paid, ok := k.post("/v1/payments/confirm", `{"paymentKey":"`+payment+`","orderId":"`+order+`","amount":10000}`, order)
					if !ok {
						return
					}
					mu.Lock()
					answered[order] = [2]string{paid, ""}
					mu.Unlock()
					back, ok := k.post("/v1/payments/"+payment+"/cancel", part1000, order)
					if !ok {
						return
					}
					mu.Lock()
					answered[order] = [2]string{paid, back}
					mu.Unlock()
				}
			})
		}
		for enough := false; !enough; time.Sleep(time.Millisecond) {
			mu.Lock()
			enough = len(answered) >= 60*(life+1)
			mu.Unlock()
		}
		if err := k.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		buyers.Wait()
		_ = k.cmd.Wait()
	}
	k := start(t, path)
	for order, was := range answered {
		payment := paymentKeyIn(was[0])
		if again, _ := k.post("/v1/payments/confirm", `{"paymentKey":"`+payment+`","orderId":"`+order+`","amount":10000}`, order); again != was[0] {
			t.Fatalf("%s: the confirm was\n%s and is\n%s", order, was[0], again)
		}
		// Without an answer the cancel may have been done; under its key it is done once.
		back, _ := k.post("/v1/payments/"+payment+"/cancel", part1000, order)
		if was[1] != "" && back != was[1] || strings.Count(back, `"cancelAmount"`) != 1 {
			t.Fatalf("%s: the cancel was\n%s and is\n%s", order, was[1], back)
		}
	}
	t.Logf("%d payments over three lives", len(answered))
}

func paymentKeyIn(object string) string {
	_, after, _ := strings.Cut(object, `"paymentKey":"`)
	key, _, _ := strings.Cut(after, `"`)
	return key
}

func TestATornEndIsLeftOutAndATornMiddleIsNot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	s := New(Options{StateFile: path})
	if err := s.Keep(); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if _, err := s.Pay(NewPayment{OrderID: fmt.Sprintf("ORDER-000%d", i), Amount: 1000}); err != nil {
			t.Fatal(err)
		}
		if err := s.commit(); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	last := bytes.LastIndexByte(whole[:len(whole)-1], '\n') + 1
	for _, c := range []struct {
		name string
		raw  []byte
		left int
	}{
		{"whole", whole, 3},
		{"half a line", whole[:last+10], 2},
		{"a line without its end", whole[:len(whole)-1], 2},
		{"zeros", append(bytes.Clone(whole[:last]), make([]byte, 100)...), 2},
		{"a line of rubbish", append(bytes.Clone(whole[:last]), "{{{\n"...), 2},
		{"rubbish in the middle", append(append(bytes.Clone(whole[:last]), "{{{\n"...), whole[last:]...), -1},
		{"a line is missing", append(bytes.Clone(whole[:bytes.IndexByte(whole, '\n')+1]), whole[last:]...), -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			torn := filepath.Join(t.TempDir(), "torn")
			if err := os.WriteFile(torn, c.raw, 0o600); err != nil {
				t.Fatal(err)
			}
			again, left := New(Options{}), 0
			err := again.Load(torn)
			again.Each(func(*Payment) bool { left++; return true })
			if c.left < 0 && err == nil || c.left >= 0 && (err != nil || left != c.left) {
				t.Errorf("%d payments, %v", left, err)
			}
		})
	}
}

// A kill can end a write after any byte. A cancel without the answer that its key
// keeps would be made again when the shop asks again.
func TestACancelIsKeptTogetherWithTheAnswerOfItsKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	h := begin(t, Options{StateFile: path})
	if err := h.s.Keep(); err != nil {
		t.Fatal(err)
	}
	p := h.pay(NewPayment{})
	h.get(p.Key)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	h.cancel(p.Key, part1000, "Idempotency-Key", "k").want(t, 200, "")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(whole) < len(before)+100 || !bytes.HasPrefix(whole, before) {
		t.Fatalf("%d bytes have become %d", len(before), len(whole))
	}
	torn := filepath.Join(t.TempDir(), "torn")
	for end := len(before); end <= len(whole); end++ {
		if err := os.WriteFile(torn, whole[:end], 0o600); err != nil {
			t.Fatal(err)
		}
		again := New(Options{})
		if err := again.Load(torn); err != nil {
			t.Fatalf("after %d bytes: %v", end-len(before), err)
		}
		answers := 0
		for _, k := range again.keys {
			answers += strings.Count(string(k.Body), "cancelAmount")
		}
		if cancels := len(again.ledger.payments[0].Steps) - len(h.s.ledger.payments[0].Steps) + 1; cancels != answers {
			t.Errorf("after %d of %d bytes: %d cancels and %d answers", end-len(before), len(whole)-len(before), cancels, answers)
		}
	}
}

func TestAFileOfTheFormatBeforeIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	h := begin(t, Options{StateFile: path})
	if err := h.s.Keep(); err != nil {
		t.Fatal(err)
	}
	p := h.pay(NewPayment{})
	was := h.cancel(p.Key, part1000, "Idempotency-Key", "k")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var before bytes.Buffer // each change a line of its own
	for line := range bytes.Lines(bytes.Replace(raw, []byte(stateFormat), []byte("toss-sandbox-2"), 1)) {
		var written []json.RawMessage
		if json.Unmarshal(line, &written) != nil {
			before.Write(line)
		}
		for _, one := range written {
			before.Write(append(one, '\n'))
		}
	}
	if err := os.WriteFile(path, before.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	again := begin(t, Options{})
	again.time = h.time
	if err := again.s.Load(path); err != nil {
		t.Fatal(err)
	}
	if is := again.cancel(p.Key, part1000, "Idempotency-Key", "k"); is.raw != was.raw {
		t.Errorf("the cancel was\n%s and is\n%s", was.raw, is.raw)
	}
}

func TestEverythingThatChangesIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	h := begin(t, Options{StateFile: path})
	if err := h.s.Keep(); err != nil {
		t.Fatal(err)
	}
	va := h.pay(NewPayment{Method: VirtualAccount})
	for _, act := range []string{"deposit", "reverse", "deposit"} {
		h.call("POST", "/sandbox/payments/"+va.Key+"/"+act, "").want(t, 200, "")
		h.wait(time.Minute)
	}
	h.call("POST", "/sandbox/clock", `{"advance":"1h"}`).want(t, 200, "")
	h.call("POST", "/sandbox/settle", `{"settle":true,"limit":{"amount":5,"from":"2026-11-24"}}`).want(t, 200, "")
	card := h.pay(NewPayment{OrderID: "ORDER-0002"})
	h.cancel(card.Key, part1000, "Idempotency-Key", "k").want(t, 200, "")
	h.call("POST", "/v1/settlements", `{"paymentKey":"`+card.Key+`"}`).want(t, 200, "")

	again := begin(t, Options{})
	again.time = h.time
	if err := again.s.Load(path); err != nil {
		t.Fatal(err)
	}
	again.cancel(card.Key, part1000).want(t, 403, "FORBIDDEN_CONSECUTIVE_REQUEST")
	for _, ask := range []string{"/v1/payments/" + va.Key, "/v1/payments/" + card.Key, "/v1/transactions?" + today, "/sandbox/clock", "/sandbox/settle"} {
		if was, is := h.call("GET", ask, ""), again.call("GET", ask, ""); was.raw != is.raw {
			t.Errorf("%s was\n%s and is\n%s", ask, was.raw, is.raw)
		}
	}
}

func TestWhatCannotBeKeptIsNotAnswered(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	h := begin(t, Options{StateFile: filepath.Join(folder, "state")})
	if err := h.s.Keep(); err != nil {
		t.Fatal(err)
	}
	p := h.pay(NewPayment{})
	h.get(p.Key).want(t, 200, "")
	_ = h.s.journal.file.Close() // as a disk that is gone
	if got, err := h.try("POST", "/v1/payments/"+p.Key+"/cancel", giveBack); err == nil {
		t.Errorf("answered %d %s", got.status, got.raw)
	}
	if err := h.s.Run(t.Context()); err == nil {
		t.Error("Run must end with the error")
	}
}

func TestALargeFileIsWrittenAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	h := begin(t, Options{StateFile: path})
	if err := h.s.Keep(); err != nil {
		t.Fatal(err)
	}
	p := h.pay(NewPayment{})
	h.get(p.Key)
	h.s.journal.size = compactFrom + 1
	h.cancel(p.Key, giveBack).want(t, 200, "")
	if info, err := os.Stat(path); err != nil || info.Size() != h.s.journal.whole {
		t.Errorf("%v %v", info.Size(), err)
	}
	again := begin(t, Options{})
	if err := again.s.Load(path); err != nil {
		t.Fatal(err)
	}
	if got := again.get(p.Key).field("status"); got != Canceled {
		t.Error(got)
	}
}
