package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"daesa/pay"
	"daesa/webhook"
)

var errFull = errors.New("the disk is full")

// sender sends numbered events at once and collects the answers.
type sender struct {
	to    http.Handler
	codes chan int
	sent  int
}

func newSender(to http.Handler) *sender { return &sender{to: to, codes: make(chan int, 1000)} }

// send returns when each of n events waits to be stored, or was answered.
func (s *sender) send(n int) {
	for range n {
		s.sent++
		body := fmt.Sprintf(`{"eventType":"X","data":{"orderId":"o-%d"}}`, s.sent)
		go func() { s.codes <- post(s.to, body) }()
	}
	synctest.Wait()
}

// answers gives how often each code was answered by now.
func (s *sender) answers() map[int]int {
	synctest.Wait()
	found := map[int]int{}
	for len(s.codes) > 0 {
		found[<-s.codes]++
	}
	return found
}

// only says whether n answers came, all of one code.
func only(found map[int]int, code, n int) bool { return len(found) == 1 && found[code] == n }

// What waits while one commit runs is acknowledged by the next, together, and
// nobody earlier. A commit takes two hundred.
func TestACommitAcknowledgesAllThatWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in := &inbox{hold: make(chan struct{})}
		told := 0
		s := newSender(receiver(t, in, func(o *webhook.Options) { o.Stored = func() { told++ } }))
		s.send(1) // it is held in the store, alone
		s.send(250)
		if got := s.answers(); len(got) != 0 {
			t.Fatalf("answered with %v before anything was stored", got)
		}
		for _, n := range []int{1, 200, 50} {
			in.hold <- struct{}{}
			if got := s.answers(); !only(got, http.StatusOK, n) {
				t.Errorf("a commit of %d was answered with %v", n, got)
			}
		}
		if got := in.batches(); !slices.Equal(got, []int{1, 200, 50}) || told != 3 {
			t.Errorf("stored in commits of %v, and told of %d", got, told)
		}
	})
}

// A lone event is stored at once: nothing waits for company.
func TestAnIdleReceiverStoresAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in := &inbox{}
		begun := time.Now()
		if code := post(receiver(t, in), `{}`); code != http.StatusOK || time.Since(begun) != 0 {
			t.Errorf("answered with %d after %s", code, time.Since(begun))
		}
	})
}

func TestNothingIsAcknowledgedThatWasNotStored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in := &inbox{hold: make(chan struct{}), err: errFull}
		told := 0
		s := newSender(receiver(t, in, func(o *webhook.Options) { o.Stored = func() { told++ } }))
		s.send(1)
		s.send(30)
		close(in.hold)
		if got := s.answers(); !only(got, http.StatusServiceUnavailable, 31) || told != 0 {
			t.Errorf("answered with %v, and told of %d", got, told)
		}
		if got := in.batches(); !slices.Equal(got, []int{1, 30}) {
			t.Errorf("tried in commits of %v", got)
		}
		in.fail(nil)
		s.send(1)
		if got := s.answers(); !only(got, http.StatusOK, 1) {
			t.Errorf("answered with %v when the disk had room again", got)
		}
	})
}

// A store that does not answer, not even when its time is over, is answered for
// in four seconds; with the five for reading that is within Toss's ten.
func TestAStoreThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in := &inbox{hold: make(chan struct{})}
		s := newSender(receiver(t, in))
		s.send(500) // more than may wait
		time.Sleep(4*time.Second - time.Millisecond)
		if got := s.answers(); len(got) != 0 {
			t.Errorf("answered with %v too early", got)
		}
		time.Sleep(2 * time.Millisecond)
		if got := s.answers(); !only(got, http.StatusServiceUnavailable, 500) {
			t.Errorf("answered with %v", got)
		}
		close(in.hold)
		s.send(1)
		if got := s.answers(); !only(got, http.StatusOK, 1) {
			t.Errorf("answered with %v when the store was back", got)
		}
	})
}

// heeding is an inbox that never stores, but heeds its context.
type heeding struct{}

func (heeding) Keep(ctx context.Context, _ []pay.Event) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestAStoreIsGivenThreeSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := receiver(t, nil, func(o *webhook.Options) { o.Inbox = heeding{} })
		begun := time.Now()
		if code := post(r, `{}`); code != http.StatusServiceUnavailable || time.Since(begun) != 3*time.Second {
			t.Errorf("answered with %d after %s", code, time.Since(begun))
		}
	})
}

// Clients that go away free their handlers at once, and what they sent is stored
// all the same. The bubble would not end if a goroutine were left.
func TestClientsThatGoAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in := &inbox{hold: make(chan struct{})}
		r := receiver(t, in)
		gone, leave := context.WithCancel(t.Context())
		codes := make(chan int, 100)
		for i := range 100 {
			go func() {
				codes <- post(r, fmt.Sprintf(`{"n":%d}`, i), func(req *http.Request) { *req = *req.WithContext(gone) })
			}()
		}
		synctest.Wait()
		begun := time.Now()
		leave()
		for range 100 {
			if code := <-codes; code != http.StatusServiceUnavailable {
				t.Errorf("answered with %d", code)
			}
		}
		if time.Since(begun) != 0 {
			t.Errorf("the handlers stayed for %s", time.Since(begun))
		}
		close(in.hold)
		synctest.Wait()
		if n := len(in.events()); n != 100 {
			t.Errorf("%d stored", n)
		}
	})
}

// Close stores what waits; what comes later is refused at once.
func TestClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in := &inbox{hold: make(chan struct{})}
		r := receiver(t, in)
		s := newSender(r)
		s.send(1)
		s.send(300)
		closed := make(chan struct{})
		go func() { r.Close(); close(closed) }()
		synctest.Wait()
		select {
		case <-closed:
			t.Error("closed while events waited")
		default:
		}
		close(in.hold)
		<-closed
		if got := s.answers(); !only(got, http.StatusOK, 301) || len(in.events()) != 301 {
			t.Errorf("answered with %v, %d stored", got, len(in.events()))
		}
		begun := time.Now()
		s.send(300)
		if got := s.answers(); !only(got, http.StatusServiceUnavailable, 300) || time.Since(begun) != 0 {
			t.Errorf("after it: answered with %v in %s", got, time.Since(begun))
		}
		r.Close() // once more does no harm
	})
}
