//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// configure writes the shop's configuration with another mid and also_mids.
func (s *chaosShop) configure(mid, also string) {
	s.t.Helper()
	path := filepath.Join(s.dir, "daesa.yaml")
	text := fmt.Sprintf(chaosConfig, s.toss.door.address, 600_000)
	text = strings.Replace(text, "  - mid: tosspayments\n", "  - mid: "+mid+"\n    also_mids: ["+also+"]\n", 1)
	s.must(os.WriteFile(path, []byte(text), 0o600))
}

// threeRefunds are a file of three parts of three payments, and their batch.
func (s *chaosShop) threeRefunds() (file string) {
	s.t.Helper()
	rows := "order_id,amount,reason,ref\n"
	for i := range 3 {
		order := fmt.Sprintf("M-%d", i)
		s.toss.control("payments", fmt.Sprintf(`{"orderId":%q,"amount":10000,"at":%q}`, order, s.clock().Add(-time.Hour).Format(time.RFC3339)))
		rows += fmt.Sprintf("%s,1000,고객 변심,ref-%d\n", order, i)
	}
	s.must(os.WriteFile(filepath.Join(s.dir, "refunds.csv"), []byte(rows), 0o600))
	return "refunds.csv"
}

// importFile imports a file, which must end with a code.
func (s *chaosShop) importFile(code int, file string) (document importDocument, said string) {
	s.t.Helper()
	life := s.expect(code, "refunds", "import", file, "--json")
	if code == codeDone {
		s.must(json.Unmarshal(life.stdout.Bytes(), &document))
	}
	return document, life.stderr.String()
}

// cancelsOf counts the cancels that the provider has of the three payments.
func (s *chaosShop) cancelsOf() (cancels int) {
	s.t.Helper()
	for i := range 3 {
		cancels += len(s.toss.payment(fmt.Sprintf("M-%d", i)).Cancels)
	}
	return cancels
}

// A letter is missing in the mid: nothing of the payments is asked for. Then it
// is corrected, also in books in which refunds were made under the wrong mid, and
// the same file with the same refs is handed in again and approved as a batch:
// there is not one cancel more than there are requests.
func TestACorrectedMIDRefundsNothingAgain(t *testing.T) {
	alone(t)
	onBothDatabases(t, func(t *testing.T, databaseURL string) {
		s := newChaosShop(t, databaseURL, chaosSpeed{})
		file := s.threeRefunds()

		s.configure("tosspayment", "")
		_, said := s.importFile(codeFailed, file)
		for _, want := range []string{`belongs to merchant "tosspayments": is "tosspayment" the MID of this secret key?`, "hint: nothing was imported; correct merchants.mid"} {
			if !strings.Contains(said, want) {
				t.Errorf("the import lacks %q:\n%s", want, said)
			}
		}
		if add := s.expect(codeFailed, "refunds", "add", "--order", "M-0", "--amount", "1000", "--reason", "x", "--ref", "y"); !strings.Contains(add.stderr.String(), "also_mids") {
			t.Errorf("refunds add says %s", &add.stderr)
		}
		if requests := s.requests(); len(requests) != 0 {
			t.Fatalf("%d requests under the wrong mid", len(requests))
		}

		// As the books of the version before, whose mid was believed: the payments
		// are taken for those of the wrong mid.
		s.configure("tosspayment", "tosspayments")
		imported, _ := s.importFile(codeDone, file)
		s.expect(codeDone, "refunds", "approve", "--by", "lee", "--batch", imported.Batch, "--expect-count", "3", "--expect-amount", "3000")
		s.pass(time.Minute)
		s.expect(codeDone, "refunds", "run")
		if n := s.cancelsOf(); n != 3 {
			t.Fatalf("%d cancels of three requests", n)
		}

		// The mid is corrected.
		s.configure("tosspayments", "")
		s.pass(time.Minute)
		again, _ := s.importFile(codeDone, file)
		if again.Added != 0 || again.Known != 3 {
			t.Errorf("the same file adds %d and knows %d", again.Added, again.Known)
		}
		for _, row := range again.Rows {
			if row.Why == nil || !strings.Contains(*row.Why, "under merchant tosspayment") {
				t.Errorf("a row of it says %s", orElse(row.Why, "-"))
			}
		}
		s.expect(codeDone, "refunds", "approve", "--by", "lee", "--batch", imported.Batch, "--expect-count", "0", "--expect-amount", "0")
		s.pass(time.Minute)
		s.expect(codeDone, "refunds", "run")
		if n, requests := s.cancelsOf(), s.requests(); n != 3 || len(requests) != 3 {
			t.Errorf("%d cancels of %d requests", n, len(requests))
		}

		// An equal wish under another ref is a person's to look at, by its id.
		s.must(os.WriteFile(filepath.Join(s.dir, "more.csv"), []byte("order_id,amount,reason,ref\nM-0,1000,고객 변심,another\n"), 0o600))
		more, _ := s.importFile(codeDone, "more.csv")
		approve := s.expect(codeDone, "refunds", "approve", "--by", "lee", "--batch", more.Batch, "--expect-count", "0", "--expect-amount", "0")
		if more.Added != 1 || !strings.Contains(approve.stdout.String(), "left out, since it equals another request") {
			t.Errorf("an equal wish: %d added, %s", more.Added, &approve.stdout)
		}
		s.pass(time.Minute)
		s.expect(codeDone, "refunds", "run")
		if n := s.cancelsOf(); n != 3 {
			t.Errorf("%d cancels after the batch was approved again", n)
		}
		s.expect(codeDone, "audit", "verify")
	})
}

// A refund whose outcome is unknown when the mid is corrected keeps its payment:
// no other is sent beside it, and where the former mid is named in also_mids it
// is settled.
func TestACorrectedMIDLosesNothingThatWasOnItsWay(t *testing.T) {
	alone(t)
	onBothDatabases(t, func(t *testing.T, databaseURL string) {
		s := newChaosShop(t, databaseURL, chaosSpeed{})
		s.threeRefunds()
		s.configure("tosspayment", "tosspayments")
		s.must(os.WriteFile(filepath.Join(s.dir, "one.csv"), []byte("order_id,amount,reason,ref\nM-0,1000,고객 변심,one\n"), 0o600))
		imported, _ := s.importFile(codeDone, "one.csv")
		s.expect(codeDone, "refunds", "approve", "--by", "lee", "--batch", imported.Batch, "--expect-count", "1", "--expect-amount", "1000")
		s.pass(time.Minute)
		direct := s.behind(silentAfterTheFirstCancel(s.provider()))
		s.expect(codeUnknown, "refunds", "run")
		s.must(os.WriteFile(filepath.Join(s.dir, "daesa.yaml"), direct, 0o600))

		s.configure("tosspayments", "")
		s.must(os.WriteFile(filepath.Join(s.dir, "two.csv"), []byte("order_id,amount,reason,ref\nM-0,2000,고객 변심,two\n"), 0o600))
		second, _ := s.importFile(codeDone, "two.csv")
		s.expect(codeDone, "refunds", "approve", "--by", "lee", "--batch", second.Batch, "--expect-count", "1", "--expect-amount", "2000")
		s.pass(time.Minute)
		life := s.start("refunds", "run", "--json")
		life.end(t)
		if states := s.states(); states["one"] != "unknown" || states["two"] != "approved" || s.cancelsOf() != 1 {
			t.Fatalf("beside one on its way: %v, %d cancels\n%s", states, s.cancelsOf(), &life.stdout)
		}

		s.configure("tosspayments", "tosspayment")
		s.pass(time.Hour) // by then it is looked up again
		s.expect(codeDone, "refunds", "run")
		s.pass(time.Minute)
		s.expect(codeDone, "refunds", "run")
		if states := s.states(); states["one"] != "succeeded" || states["two"] != "succeeded" || s.cancelsOf() != 2 {
			t.Errorf("with the former mid among the also_mids: %v, %d cancels", states, s.cancelsOf())
		}
	})
}

// provider hands calls on to the pretend Toss Payments.
func (s *chaosShop) provider() *httputil.ReverseProxy {
	s.t.Helper()
	behind, err := url.Parse("http://" + s.toss.door.address)
	s.must(err)
	return httputil.NewSingleHostReverseProxy(behind)
}

// behind puts what stands in the way between the shop and its provider, and gives
// the configuration as it was without it.
func (s *chaosShop) behind(way http.Handler) (direct []byte) {
	s.t.Helper()
	server := httptest.NewServer(way)
	s.t.Cleanup(server.Close)
	path := filepath.Join(s.dir, "daesa.yaml")
	direct, err := os.ReadFile(path)
	s.must(err)
	s.must(os.WriteFile(path, []byte(strings.Replace(string(direct), "http://"+s.toss.door.address, server.URL, 1)), 0o600))
	return direct
}

// silentAfterTheFirstCancel lets the provider make one cancel, and answer nothing
// from then on: neither the cancel nor a look-up of the payment.
func silentAfterTheFirstCancel(provider http.Handler) http.Handler {
	var silent atomic.Bool
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !silent.Load() {
			if r.Method != http.MethodPost {
				provider.ServeHTTP(w, r)
				return
			}
			silent.Store(true)
			provider.ServeHTTP(httptest.NewRecorder(), r)
		}
		panic(http.ErrAbortHandler) // closes the connection
	})
}

func (s *chaosShop) states() map[string]string {
	s.t.Helper()
	states := map[string]string{}
	for _, r := range s.requests() {
		states[r.Ref] = r.State
	}
	return states
}

// A cancel that a firewall answers is shown with its status and words, in both
// languages, and not as one that got no answer; the same key does not go out
// again within seconds.
func TestACancelAnsweredByAFirewallIsShownAsWhatItIs(t *testing.T) {
	alone(t)
	onBothDatabases(t, func(t *testing.T, databaseURL string) {
		s := newChaosShop(t, databaseURL, chaosSpeed{})
		var blocked atomic.Int64
		var open atomic.Bool
		through := s.provider()
		s.behind(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost && !open.Load() {
				body, _ := io.ReadAll(r.Body)
				blocked.Add(1)
				w.WriteHeader(http.StatusForbidden)
				_, _ = fmt.Fprintf(w, "<html><head><title>x</title></head><body><h1>Request blocked</h1><p>%s</p></body></html>", body)
				return
			}
			through.ServeHTTP(w, r)
		}))
		path := filepath.Join(s.dir, "daesa.yaml")
		guarded, err := os.ReadFile(path)
		s.must(err)

		opened := s.clock().Add(-time.Hour).Format(time.RFC3339)
		var paid struct {
			PaymentKey string `json:"paymentKey"`
		}
		s.must(json.Unmarshal(s.toss.control("payments", fmt.Sprintf(`{"orderId":"V-1","method":"virtual_account","amount":10000,"requestedAt":%q,"at":%q}`, opened, opened)), &paid))
		s.toss.control("payments/"+paid.PaymentKey+"/deposit", fmt.Sprintf(`{"at":%q}`, opened))
		s.must(os.WriteFile(filepath.Join(s.dir, "account.csv"), []byte("order_id,amount,reason,ref,bank,account_number,holder_name\nV-1,all,고객 변심,one,신한,110123456789,김토스\n"), 0o600))
		imported, _ := s.importFile(codeDone, "account.csv")
		s.expect(codeDone, "refunds", "approve", "--by", "lee", "--batch", imported.Batch, "--expect-count", "1", "--expect-amount", "10000")
		s.pass(time.Minute)
		began := time.Now()
		s.expect(codeUnknown, "refunds", "run")
		if n := blocked.Load(); n != 1 || time.Since(began) > time.Minute {
			t.Errorf("the same cancel went out %d times in %s", n, time.Since(began).Round(time.Second))
		}

		id := s.requests()[0].ID
		show := s.expect(codeDone, "refunds", "show", id).stdout.String()
		for _, want := range []string{"answer_without_code HTTP 403: Request blocked", "토스페이먼츠의 오류 코드가 없는 응답을 받아 결과 미확인입니다", "HTTP 403: Request blocked"} {
			if !strings.Contains(show, want) {
				t.Errorf("refunds show lacks %q:\n%s", want, show)
			}
		}
		for _, never := range []string{"응답을 받지 못해", "110123456789", "김토스", "no answer"} {
			if strings.Contains(show, never) {
				t.Errorf("refunds show has %q:\n%s", never, show)
			}
		}
		var detail refundDetail
		s.read(&detail, "refunds", "show", id)
		if len(detail.AttemptsDetail) != 1 || detail.AttemptsDetail[0].HTTPStatus != 403 || !strings.HasPrefix(orElse(detail.AttemptsDetail[0].Answer, "-"), "HTTP 403: Request blocked") || detail.AttemptsDetail[0].AnsweredAt != nil {
			t.Errorf("the attempt: %+v", detail.AttemptsDetail)
		}
		s.must(os.WriteFile(path, append(guarded, "reports: {language: en}\n"...), 0o600))
		if show := s.expect(codeDone, "refunds", "show", id).stdout.String(); !strings.Contains(show, "the answer bears no code of Toss Payments") {
			t.Errorf("in English:\n%s", show)
		}

		// The firewall lets it through; an address of its own makes the key another's,
		// so that the same one is kept.
		open.Store(true)
		s.pass(3 * time.Minute)
		life := s.start("refunds", "run")
		life.end(t)
		if p := s.toss.payment("V-1"); len(p.Cancels) != 1 || p.Balance != 0 {
			t.Errorf("in the end there are %d cancels\n%s%s", len(p.Cancels), &life.stdout, &life.stderr)
		}
		s.expect(codeDone, "audit", "verify")
	})
}
