package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/internal/browsertest"
	"daesa/pay"
)

// shopGuest is somebody at the shop-demo, with a browser and a terminal.
type shopGuest struct {
	t    *testing.T
	tab  *browsertest.Tab
	dir  string
	day  pay.Day // on which it lives
	shop string  // its address
	end  func() (code int, out string)
}

// openShopDemo starts `daesa shop-demo`.
func openShopDemo(t *testing.T, dir string) *shopGuest {
	t.Helper()
	g := &shopGuest{t: t, tab: browsertest.Open(t), dir: dir, day: shopDay(time.Now())}
	ctx, stop := context.WithCancel(t.Context())
	said, says := io.Pipe()
	var out bytes.Buffer
	code, over := 0, make(chan struct{})
	go func() {
		defer close(over)
		e := g.machine()
		e.stdout, e.stderr = &out, says
		code = run(ctx, []string{"shop-demo", "--json", "--addr", "127.0.0.1:0", "--dir", g.dir}, e)
		_ = says.Close()
	}()
	complaints := make(chan string, 1)
	g.end = func() (int, string) {
		stop()
		<-over
		if text := <-complaints; text != "" {
			t.Errorf("the shop complains: %s", text)
		}
		return code, out.String()
	}
	t.Cleanup(func() { stop(); <-over })
	lines := bufio.NewReader(said)
	line, err := lines.ReadString('\n')
	fine(t, err)
	go func() {
		rest, _ := io.ReadAll(lines)
		complaints <- string(rest)
	}()
	g.shop = regexp.MustCompile(`http://[0-9.:]+`).FindString(line)
	if g.shop == "" {
		t.Fatalf("no address in %q", line)
	}
	return g
}

func (g *shopGuest) machine() environment {
	return environment{stdout: io.Discard, stderr: io.Discard, clock: time.Now, env: func(name string) (string, bool) {
		if name == demoKey {
			return demoSecret, true
		}
		return "", false
	}}
}

// daesa runs another command in the shop-demo's folder, by the real clock.
func (g *shopGuest) daesa(into any, want int, line ...string) {
	g.t.Helper()
	var out, said bytes.Buffer
	e := g.machine()
	e.stdout, e.stderr = &out, &said
	if code := run(g.t.Context(), append(line, "--json", "--config", filepath.Join(g.dir, "daesa.yaml")), e); code != want {
		g.t.Fatalf("%v ended with %d, want %d: %s%s", line, code, want, said.String(), out.String())
	}
	if into != nil {
		fine(g.t, json.Unmarshal(out.Bytes(), into))
	}
}

// orders orders a product with a mistake, pays as the window is opened, and gives
// the order's number.
func (g *shopGuest) orders(mistake, method string) (id string) {
	g.t.Helper()
	g.tab.Go(g.shop + "/")
	if mistake != "" {
		g.tab.Click("summary")
		g.tab.Click("[name=mistake][value=" + mistake + "]")
	}
	g.tab.Click("#order")
	id = strings.Split(g.tab.Arrive(g.shop+"/orders/"), "/")[4]
	g.tab.Wait("#pay:enabled")
	if method != "" {
		g.tab.Click("#methods iframe", "[value="+method+"]")
	}
	g.tab.Click("#pay")
	const window = "#___tosspayments_iframe___"
	g.tab.Wait(window, "[data-ready] [data-action=pay]")
	g.tab.Click(window, "[data-action=pay]")
	g.tab.Arrive(g.shop + "/success")
	return id
}

// reads wants an element of the page to say something.
func (g *shopGuest) reads(selector, want string) {
	g.t.Helper()
	if got := g.tab.Text(selector); got != want {
		g.t.Errorf("%s says %q, want %q", selector, got, want)
	}
}

// presses presses a button of the order list.
func (g *shopGuest) presses(id, act string) {
	g.t.Helper()
	g.tab.Go(g.shop + "/orders")
	g.tab.Click("#" + id + " [data-act=" + act + "]")
	g.tab.Arrive(g.shop + "/orders?done=")
}

// becomes waits until the order list shows a status.
func (g *shopGuest) becomes(id, status string) {
	g.t.Helper()
	for range 100 {
		g.tab.Go(g.shop + "/orders")
		if browsertest.Eval[string](g.tab, "document.getElementById('"+id+"').dataset.status") == status {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	g.t.Fatalf("%s never became %s", id, status)
}

// The shop's night has come when it opens, and the shop's day is not older than
// the one that `daesa nightly` begins with.
func TestTheShopsNightHasCome(t *testing.T) {
	t.Parallel()
	for clock, want := range map[string]pay.Day{"00:00": "2026-11-28", "01:29": "2026-11-28", "01:30": "2026-11-29", "23:59": "2026-11-29"} {
		now, err := time.ParseInLocation("2006-01-02 15:04", "2026-11-30 "+clock, pay.Seoul)
		fine(t, err)
		if got := shopDay(now); got != want {
			t.Errorf("at %s the shop lives on %s, want %s", clock, got, want)
		}
	}
}

// TestAShopsDayInABrowser goes the whole way: orders are paid in a real browser,
// confirmed and told by webhooks; the refund account of a virtual account is
// captured; the night finds what was done wrong on purpose, and nothing else; the
// refund goes back to the captured account.
func TestAShopsDayInABrowser(t *testing.T) {
	g := openShopDemo(t, t.TempDir())

	right := g.orders("", "")
	g.reads("#status", "결제 완료")
	refunded := g.orders("", "VIRTUAL_ACCOUNT")
	g.reads("#status", "입금 대기")
	g.presses(refunded, "deposit")

	tampered := g.orders("tampered", "")
	g.reads("h1", "결제 금액이 주문과 다릅니다")
	unchecked := g.orders("unchecked", "")
	g.reads("#status", "결제 완료")
	lost := g.orders("lost-confirm", "")
	g.reads("h1", "결제 결과를 확인하지 못했습니다")
	closed := g.orders("closed-tab", "VIRTUAL_ACCOUNT")
	g.presses(closed, "deposit")
	canceled := g.orders("", "")
	g.presses(canceled, "console-cancel")

	g.becomes(refunded, "paid") // a webhook said so
	g.presses(refunded, "cancel")

	g.tab.Go(g.shop + "/orders")
	g.tab.Click("#close-day")
	g.tab.Wait("#workbook")
	if book := g.tab.Text("#workbook"); !strings.HasPrefix(book, g.dir) {
		t.Errorf("the workbook is said to lie in %s", book)
	}
	g.foundBy(map[string]string{
		unchecked: "amount_mismatch", lost: "paid_not_recorded", closed: "paid_not_recorded", canceled: "cancel_not_recorded", refunded: "cancel_not_executed",
	}, right, tampered)
	g.getsBack(refunded)

	code, out := g.end()
	var nights []nightDocument
	fine(t, json.Unmarshal([]byte(out), &nights))
	if code != codeDone || len(nights) == 0 || !nights[0].Complete {
		t.Errorf("the shop-demo ended with %d: %s", code, out)
	}
}

// foundBy compares what a night of the same day finds, in another process's words,
// with what was done wrong.
func (g *shopGuest) foundBy(want map[string]string, agree ...string) {
	g.t.Helper()
	var breaks []struct {
		Order string `json:"order_id"`
		Kind  string `json:"kind"`
	}
	g.daesa(&breaks, codeDone, "breaks", "list")
	got, counted := map[string]string{}, map[string]int64{}
	for _, b := range breaks {
		got[b.Order] = b.Kind
		counted[b.Kind]++
	}
	if diff := cmp.Diff(want, got); diff != "" {
		g.t.Errorf("the night found something else (orders that agree: %v):\n%s", agree, diff)
	}
	var night nightDocument
	g.daesa(&night, codePerson, "nightly", "--date", string(g.day))
	for kind, n := range night.Breaks {
		if n != counted[kind] {
			g.t.Errorf("the night's JSON has %d %s, want %d", n, kind, counted[kind])
		}
	}
	if !night.Complete || night.Workbook == nil {
		g.t.Errorf("the night is not whole: %+v", night)
	}
}

// getsBack lets a second person approve the refund of an order and sends it; the
// account is the one that was captured.
func (g *shopGuest) getsBack(order string) {
	g.t.Helper()
	type account struct {
		Order string `json:"order_id"`
		State string `json:"state"`
	}
	var accounts []account
	g.daesa(&accounts, codeDone, "accounts", "list")
	if !slices.Contains(accounts, account{order, "captured"}) {
		g.t.Fatalf("no account was captured for %s: %v", order, accounts)
	}
	yaml := filepath.Join(g.dir, "daesa.yaml")
	text, err := os.ReadFile(yaml)
	fine(g.t, err)
	fine(g.t, os.WriteFile(yaml, bytes.Replace(text, []byte("send: false"), []byte("send: true"), 1), 0o600))
	var queue []struct {
		ID    string `json:"id"`
		Order string `json:"order_id"`
	}
	g.daesa(&queue, codeDone, "refunds", "list")
	if len(queue) != 1 || queue[0].Order != order {
		g.t.Fatalf("the night proposed %v, want the refund of %s alone", queue, order)
	}
	now := pay.FormatTime(g.day.End().Add(shopNight + 10*time.Second)) // of the shop and its Toss
	g.daesa(nil, codePerson, "refunds", "run", "--as-of", now)         // it finds the account; the breaks are open
	g.daesa(nil, codeDone, "refunds", "approve", queue[0].ID, "--by", "park", "--as-of", now)
	var sent struct {
		Sent     int `json:"sent"`
		Accepted int `json:"accepted"`
	}
	g.daesa(&sent, codePerson, "refunds", "run", "--as-of", now)
	if sent.Sent != 1 || sent.Accepted != 1 {
		g.t.Errorf("the refund run sent %d, of which Toss accepted %d; want one", sent.Sent, sent.Accepted)
	}
}
