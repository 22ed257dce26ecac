//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"daesa/internal/freeport"
	"daesa/jobs"
	"daesa/pay"
	"daesa/store"
)

// listen gives the shop a receiver's address, and its provider the same.
func (s *chaosShop) listen(more string) (address string) {
	s.t.Helper()
	port, err := freeport.Find()
	s.must(err)
	address = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	path := filepath.Join(s.dir, "daesa.yaml")
	text, err := os.ReadFile(path)
	s.must(err)
	s.must(os.WriteFile(path, fmt.Appendf(text, "webhook: {addr: %q}\n%s", address, more), 0o600))
	return address
}

// receive starts the receiver and waits until it listens.
func (s *chaosShop) receive(address string) *chaosLife {
	s.t.Helper()
	life := s.start("webhook")
	s.until("the receiver listens", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return life
}

// until waits for something that must come true soon.
func (s *chaosShop) until(what string, true func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !true(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("after half a minute still not: %s", what)
		}
	}
}

// post sends a webhook; 0: it was not answered.
func post(address, body string, header map[string]string) int {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/hook", strings.NewReader(body))
	if err != nil {
		return 0
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	answer, err := (&http.Client{}).Do(r)
	if err != nil {
		return 0
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// A buyer gives an account in the payment window; Toss's webhook brings it into
// the shop's safe at once, and the refund then goes to it. What somebody forges
// leads to nothing.
func TestAWebhookCapturesTheAccountOfARefund(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, databaseURL string) {
		s := newChaosShop(t, databaseURL, chaosSpeed{realNow: true})
		address := s.listen("")
		s.toss.fall()
		s.toss.rise("--webhook", "http://"+address+"/tosspayments")
		life := s.receive(address)
		opened := pay.FormatTime(time.Now().Add(-time.Minute))
		s.toss.control("payments", fmt.Sprintf(`{"orderId":"V-1","method":"virtual_account","amount":10000,"requestedAt":%q,
			"refundAccount":{"bank":"88","accountNumber":"110123457270","holderName":"김토스"}}`, opened))
		var accounts []accountDocument
		s.until("the account is captured", func() bool {
			s.read(&accounts, "accounts", "list")
			return len(accounts) == 1 && accounts[0].State == "captured"
		})
		if got := *accounts[0].AccountMasked; got != "110*****7270" {
			t.Errorf("shown as %s", got)
		}
		if code := post(address, `{"createdAt":"2026-11-21T10:00:00.000000","secret":"ps_wrong","status":"DONE","transactionKey":"x","orderId":"V-1"}`, nil); code != http.StatusOK {
			t.Errorf("a forged event was answered with %d", code)
		}
		var events []webhookDocument
		s.until("the forged event is found out", func() bool {
			s.read(&events, "webhook", "list", "--order", "V-1")
			forged, done := 0, 0
			for _, e := range events {
				switch e.State {
				case jobs.EventForged:
					forged++
				case jobs.EventDone:
					done++
				}
			}
			return forged == 1 && done >= 1 && forged+done == len(events)
		})
		s.must(life.cmd.Process.Signal(os.Interrupt))
		if code := life.end(t); code != codeDone && code != codeInterrupted {
			t.Errorf("the receiver ended with %d: %s", code, &life.stderr)
		}
		if bytes.Contains(append(life.stdout.Bytes(), life.stderr.Bytes()...), []byte("110123457270")) {
			t.Error("the receiver wrote an account number")
		}
	})
}

// Receivers are killed while events pour in: every event that was answered with
// 200 is stored, once.
func TestNoAcknowledgedWebhookIsLost(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, databaseURL string) {
		s := newChaosShop(t, databaseURL, chaosSpeed{realNow: true})
		address := s.listen("")
		var mu sync.Mutex
		acknowledged := map[string]bool{}
		for life := range 3 {
			receiver := s.receive(address)
			ctx, cancel := context.WithCancel(t.Context())
			var group sync.WaitGroup
			for sender := range 8 {
				group.Go(func() {
					for i := 0; ctx.Err() == nil; i++ {
						order := fmt.Sprintf("W-%d-%d-%05d", life, sender, i)
						body := fmt.Sprintf(`{"eventType":"METHOD_UPDATED","createdAt":"2026-11-21T10:00:00.000000","data":{"orderId":%q,"status":"ENABLED"}}`, order)
						if post(address, body, map[string]string{"tosspayments-webhook-transmission-id": "whtrans_" + order}) == http.StatusOK {
							mu.Lock()
							acknowledged["whtrans_"+order] = true
							mu.Unlock()
						}
					}
				})
			}
			time.Sleep(time.Duration(300+rand.IntN(700)) * time.Millisecond)
			receiver.kill(t)
			cancel()
			group.Wait()
		}
		db, err := store.Open(t.Context(), s.url)
		s.must(err)
		defer db.Close()
		rows, err := db.Events(t.Context(), "", "", "", 1<<20)
		s.must(err)
		stored := map[string]int{}
		for _, row := range rows {
			stored[row.TransmissionID]++
		}
		for id := range acknowledged {
			if stored[id] != 1 {
				t.Fatalf("%s was acknowledged, and is stored %d times", id, stored[id])
			}
		}
		if len(acknowledged) < 50 {
			t.Errorf("only %d events were acknowledged, which shows little", len(acknowledged))
		}
		t.Logf("%d acknowledged, %d stored", len(acknowledged), len(rows))
	})
}
