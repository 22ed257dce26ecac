//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daesa/internal/pgtest"
)

// paysTwice has order D-1 paid twice, and gives the keys of the two payments.
func (s *chaosShop) paysTwice() (first, second string) {
	s.t.Helper()
	keys := make([]string, 2)
	for i := range keys {
		var p chaosPayment
		body := fmt.Sprintf(`{"orderId":"D-1","amount":31000,"at":%q}`, s.clock().Add(time.Duration(i-26)*time.Hour).Format(time.RFC3339))
		s.must(json.Unmarshal(s.toss.control("payments", body), &p))
		keys[i] = p.PaymentKey
	}
	return keys[0], keys[1]
}

// balances are what the two payments hold.
func (s *chaosShop) balances(keys ...string) (all []int64) {
	s.t.Helper()
	for _, key := range keys {
		var p chaosPayment
		s.must(json.Unmarshal(s.toss.ask("GET", "/v1/payments/"+key, ""), &p))
		all = append(all, p.Balance)
	}
	return all
}

// soldOnce gives the shop D-1 as an order of 31,000, and says of which day.
func (s *chaosShop) soldOnce() (day string) {
	s.t.Helper()
	paid := s.clock().Add(-26 * time.Hour).Format("2006-01-02 15:04:05")
	s.file("orders.csv", "order_id,status,amount,ordered_at,paid_at\nD-1,paid,31000,"+paid+","+paid+"\n")
	s.expect(codeDone, "orders", "import", "orders.csv")
	return paid[:10]
}

// night compares the day on which D-1 was paid twice.
func (s *chaosShop) night() (duplicate string) {
	s.t.Helper()
	s.expect(codePerson, "nightly", "--date", s.soldOnce())
	var breaks []struct{ ID, Kind string }
	s.read(&breaks, "breaks", "list")
	for _, b := range breaks {
		if b.Kind == "duplicate_payment" {
			return b.ID
		}
	}
	s.t.Fatalf("the night found %+v", breaks)
	return ""
}

func (s *chaosShop) file(name, text string) {
	s.t.Helper()
	s.must(os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600))
}

// sendAll approves all that waits for a word, and sends it.
func (s *chaosShop) sendAll(exit int) {
	s.t.Helper()
	for _, r := range s.requests() {
		if r.State == "requested" {
			s.expect(codeDone, "refunds", "approve", r.ID, "--by", "lee")
		}
	}
	s.pass(time.Minute)
	s.expect(exit, "refunds", "run")
}

// One file, brought twice, gives one payment of an order back that was paid
// twice, although Toss shows the other one by then.
func TestAFileBroughtTwiceRefundsOneOfTwoPayments(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, databaseURL string) {
		s := newChaosShop(t, databaseURL, chaosSpeed{})
		first, second := s.paysTwice()
		s.file("dup.csv", "주문번호,금액,사유\nD-1,전액,중복 결제\n")
		for _, added := range []int{1, 0} {
			if imported, _ := s.importFile(codeDone, "dup.csv"); imported.Added != added || imported.Known != 1-added {
				t.Errorf("%d added, %d known", imported.Added, imported.Known)
			}
			s.sendAll(codeDone)
		}
		if held := s.balances(first, second); held[0] != 31_000 || held[1] != 0 || len(s.requests()) != 1 {
			t.Errorf("the payments hold %v, after %d requests", held, len(s.requests()))
		}
	})
}

// Of an order that was paid twice one payment goes back, whoever decides about
// its break, in whatever words, and after whatever else was done.
func TestADuplicatesLastPaymentStays(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, databaseURL string) {
		s := newChaosShop(t, databaseURL, chaosSpeed{})
		first, second := s.paysTwice()
		id := s.night()
		decide := func(code int, key, note, by string) *chaosLife {
			return s.expect(code, "breaks", "resolve", id, "--as", "refund_now", "--payment", key, "--note", note, "--by", by)
		}
		decide(codeDone, second, "A", "kim")
		if said := decide(codeFailed, first, "A", "kim").stderr.String(); !strings.Contains(said, "of another payment: "+second) {
			t.Errorf("the same word for the other payment says %s", said)
		}
		if said := decide(codeDone, second, "A", "kim").stdout.String(); !strings.Contains(said, ": requested") {
			t.Errorf("the same word again says %s", said)
		}
		s.sendAll(codeDone)
		if said := decide(codeFailed, first, "B", "park").stderr.String(); !strings.Contains(said, "has given the money back") {
			t.Errorf("a colleague's word for the other payment says %s", said)
		}
		if said := decide(codeDone, second, "A", "kim").stdout.String(); !strings.Contains(said, ": succeeded") {
			t.Errorf("the word that was carried out says %s", said)
		}
		s.sendAll(codeDone)
		if held := s.balances(first, second); held[0] != 31_000 || held[1] != 0 || len(s.requests()) != 1 {
			t.Errorf("the payments hold %v, after %d requests", held, len(s.requests()))
		}
		s.expect(codeDone, "audit", "verify")
	})
}

// What was cancelled in Toss's console, or asked for by a file, is seen by a
// decision about the other payment, and by the look-up before it is sent.
func TestADuplicateThatWentBackOtherwiseTakesNoSecond(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, databaseURL string) {
		s := newChaosShop(t, databaseURL, chaosSpeed{})
		first, second := s.paysTwice()
		id := s.night()
		s.expect(codeDone, "breaks", "resolve", id, "--as", "refund_now", "--payment", first, "--note", "A")
		s.toss.control("payments/"+second+"/cancel", `{"reason":"console"}`)
		s.sendAll(codePerson) // the break is open again
		requests := s.requests()
		if held := s.balances(first, second); held[0] != 31_000 || requests[0].State != "rejected" || orElse(requests[0].ErrorCode, "-") != "nothing_paid_twice" {
			t.Errorf("the payments hold %v: %s %s", held, requests[0].State, orElse(requests[0].ErrorCode, "-"))
		}
		again := s.expect(codeFailed, "breaks", "resolve", id, "--as", "refund_now", "--payment", first, "--note", "B")
		if said := again.stderr.String(); !strings.Contains(said, "hold 0 KRW more than the shop") {
			t.Errorf("a decision afterwards says %s", said)
		}
	})
}

// A ref makes one refund of an order that was paid twice, also in books that were
// restored to the time before it: the list of the night names both payments.
func TestARefMakesOneRefundAfterARestoreWhereAnOrderWasPaidTwice(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, databaseURL string) {
		s := newChaosShop(t, databaseURL, chaosSpeed{})
		first, second := s.paysTwice()
		s.file("dup.csv", "주문번호,금액,사유,참조번호\nD-1,31000,중복 결제,s1\n")
		s.importFile(codeDone, "dup.csv")
		s.sendAll(codeDone)

		if s.url = "sqlite:" + filepath.Join(s.dir, "restored.db"); databaseURL != "" {
			s.url = postgresURL(t, pgtest.URL(t))
		}
		s.expect(codeDone, "migrate")
		s.expect(codePerson, "nightly", "--date", s.soldOnce()) // the journal beside the key is newer
		s.expect(codeDone, "refunds", "run", "--after-restore")
		s.file("key.csv", "결제키,금액,사유,참조번호\n"+first+",31000,중복 결제,s1\n")
		if _, said := s.importFile(codeFailed, "key.csv"); !strings.Contains(said, "another payment of this order ("+second+")") {
			t.Errorf("the ref with the key of the other payment: %s", said)
		}
		imported, _ := s.importFile(codeDone, "dup.csv")
		if imported.Added != 1 || *imported.Rows[0].Why != "Toss has this refund already" {
			t.Errorf("the file again: %+v", imported)
		}
		s.sendAll(codeDone)
		requests := s.requests()
		if held := s.balances(first, second); held[0] != 31_000 || held[1] != 0 || len(requests) != 1 || requests[0].State != "succeeded" || requests[0].PaymentKey != second {
			t.Errorf("the payments hold %v, after %+v", held, requests)
		}
	})
}
