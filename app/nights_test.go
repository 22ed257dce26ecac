package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports"
)

// morning is when the nights of these tests run.
var morning = time.Date(2026, 11, 22, 1, 30, 0, 0, pay.Seoul)

const yesterday = pay.Day("2026-11-21")

var errAway = errors.New("the database is away")

// nightBooks are the nights that were written.
type nightBooks struct{ written map[string]reports.Snapshot }

func nightName(job, mid string, day pay.Day) string { return job + "/" + mid + "/" + string(day) }

func (b nightBooks) Snapshot(_ context.Context, job, mid string, day pay.Day, read func(io.Reader) error) (bool, error) {
	s, ok := b.written[nightName(job, mid, day)]
	if !ok {
		return false, nil
	}
	var text bytes.Buffer
	return true, errors.Join(s.WriteJSON(&text), read(&text))
}

func (b nightBooks) CompleteDays(_ context.Context, job, mid string, _ pay.Day) (days []pay.Day, err error) {
	for name, s := range b.written {
		if name == nightName(job, mid, s.Run.Day) && s.Run.Complete {
			days = append(days, s.Run.Day)
		}
	}
	slices.Sort(days)
	return days, nil
}

func (b nightBooks) FirstRunDay(_ context.Context, job, mid string) (first pay.Day, err error) {
	for name, s := range b.written {
		if name == nightName(job, mid, s.Run.Day) && (first == "" || s.Run.Day < first) {
			first = s.Run.Day
		}
	}
	return first, nil
}

// nightShop is a shop of two merchants whose nights do what a test says.
type nightShop struct {
	*Nights
	books nightBooks
	asked []NightAsked
	said  []string

	mu   sync.Mutex
	told []string // titles of messages, and beats
}

// nightRun is what one merchant's night does.
type nightRun func(day pay.Day, now time.Time) (reports.Snapshot, error)

// Run runs it.
func (r nightRun) Run(_ context.Context, day pay.Day, now time.Time) (reports.Snapshot, error) {
	return r(day, now)
}

// newNights wires a shop. night gives what a night comes to; one without an error
// is written.
func newNights(t *testing.T, night func(asked NightAsked, day pay.Day) (reports.Snapshot, error)) *nightShop {
	t.Helper()
	s := &nightShop{books: nightBooks{map[string]reports.Snapshot{}}}
	inbox := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		if title := r.URL.Query().Get("title"); r.URL.Path == "/beat" {
			s.told = append(s.told, "beat")
		} else {
			s.told = append(s.told, strings.TrimSpace(title+" "+strings.SplitN(string(body), "\n", 2)[0]))
		}
	}))
	t.Cleanup(inbox.Close)
	warn := func(text, _ string) { s.said = append(s.said, text) }
	now := func() time.Time { return morning }
	s.Nights = &Nights{
		Merchants: []string{"a", "b"}, Configured: []string{"a", "b"}, Books: s.books, Needs: needsOf("", openBooks{}), Warn: warn, Outcome: &Outcome{}, Now: now, Clock: now,
		WentAway: func(err error) bool { return errors.Is(err, errAway) }, Sleep: func(context.Context, time.Duration) error { return nil },
		Workbooks: func() (Workbooks, error) {
			return Workbooks{Dir: t.TempDir(), Options: reports.Options{Language: "en"}, Expected: []string{"a", "b"}}, nil
		},
		Teller: &Teller{Addresses: []string{"generic://" + strings.TrimPrefix(inbox.URL, "http://") + "/?disabletls=yes"}, Heartbeat: inbox.URL + "/beat",
			Alerts: newAlerts(), Now: now, Warn: warn, Log: slog.New(slog.DiscardHandler)},
		Night: func(asked NightAsked) (Night, error) {
			s.asked = append(s.asked, asked)
			return nightRun(func(day pay.Day, now time.Time) (reports.Snapshot, error) {
				snapshot, err := night(asked, day)
				snapshot.Run.Job, snapshot.Run.MID, snapshot.Run.Day, snapshot.Run.Now = asked.Job, asked.MID, day, now
				if err == nil {
					s.books.written[nightName(asked.Job, asked.MID, day)] = snapshot
				}
				return snapshot, err
			}), nil
		},
	}
	return s
}

// tellings are what people were told, alerts beside messages.
func (s *nightShop) tellings(part string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, told := range s.told {
		if strings.Contains(told, part) {
			n++
		}
	}
	return n
}

func newAlerts() *alerts { return &alerts{raised: map[string]time.Time{}} }

type alerts struct{ raised map[string]time.Time }

func (a *alerts) RaiseAlert(_ context.Context, alert string, now time.Time, quiet time.Duration) (bool, error) {
	if at, ok := a.raised[alert]; ok && now.Sub(at) < quiet {
		return false, nil
	}
	a.raised[alert] = now
	return true, nil
}

func (a *alerts) WithdrawAlert(_ context.Context, alert string, _ time.Time) error {
	delete(a.raised, alert)
	return nil
}

func wholeNight() reports.Snapshot { return reports.Snapshot{Run: reconcile.Run{Complete: true}} }

func always(NightAsked, pay.Day) (reports.Snapshot, error) { return wholeNight(), nil }

// TestDatesThatSomeMerchantLacksAreDue, oldest first; of those that have one it
// is read, and not run again.
func TestDatesThatSomeMerchantLacksAreDue(t *testing.T) {
	t.Parallel()
	s := newNights(t, always)
	written := func(mid string, day pay.Day) {
		night := wholeNight()
		night.Run.MID, night.Run.Day, night.Run.Job = mid, day, jobs.JobNightly
		s.books.written[nightName(jobs.JobNightly, mid, day)] = night
	}
	written("a", yesterday.Add(-2))
	written("b", yesterday.Add(-2))
	written("b", yesterday.Add(-1))
	dates, err := s.Due(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]pay.Day{yesterday.Add(-1), yesterday}, dates); diff != "" {
		t.Error(diff)
	}
	done, err := s.Run(t.Context(), jobs.JobNightly, dates)
	if err != nil || len(done) != 2 || len(done[0].Nights) != 2 {
		t.Fatal(done, err)
	}
	var ran []string
	for _, asked := range s.asked {
		ran = append(ran, asked.MID)
	}
	if diff := cmp.Diff([]string{"a", "a", "b"}, ran); diff != "" {
		t.Error(diff)
	}
}

// TestOnlyACompleteYesterdayReachesTheWatcher: the call is missed where a night
// is.
func TestOnlyACompleteYesterdayReachesTheWatcher(t *testing.T) {
	t.Parallel()
	incomplete := func(asked NightAsked, _ pay.Day) (reports.Snapshot, error) {
		s := wholeNight()
		s.Run.Complete = asked.MID == "a"
		return s, nil
	}
	for name, test := range map[string]struct {
		night func(NightAsked, pay.Day) (reports.Snapshot, error)
		day   pay.Day
		beats int
		want  []Ending
	}{
		"yesterday is whole":  {always, yesterday, 1, nil},
		"an older date":       {always, yesterday.Add(-1), 0, nil},
		"one merchant is not": {incomplete, yesterday, 0, []Ending{EndedIncomplete}},
	} {
		s := newNights(t, test.night)
		if _, err := s.Run(t.Context(), jobs.JobNightly, []pay.Day{test.day}); err != nil {
			t.Fatal(err)
		}
		if got := s.tellings("beat"); got != test.beats {
			t.Errorf("%s: %d calls of the watcher: %v", name, got, s.told)
		}
		if len(s.told) != test.beats+1 {
			t.Errorf("%s: people were told %v, want one message", name, s.told)
		}
		var endings []Ending
		for _, r := range s.Outcome.Reasons {
			endings = append(endings, r.Ending)
		}
		if diff := cmp.Diff(test.want, endings); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestAMerchantWhoseNightFailsIsAbsentAndTheOtherIsDrawn: it is missing from the
// workbook to see, and not zero.
func TestAMerchantWhoseNightFailsIsAbsentAndTheOtherIsDrawn(t *testing.T) {
	t.Parallel()
	s := newNights(t, func(asked NightAsked, _ pay.Day) (reports.Snapshot, error) {
		if asked.MID == "b" {
			return reports.Snapshot{}, &pay.Failure{Kind: pay.FailureKey, API: "GET /v1/transactions"}
		}
		return wholeNight(), nil
	})
	done, err := s.Run(t.Context(), jobs.JobNightly, []pay.Day{yesterday})
	if err != nil || len(done) != 1 || filepath.Base(done[0].Workbook) != "daesa-2026-11-21.xlsx" {
		t.Fatal(done, err)
	}
	if absent := done[0].Nights[1].Run; absent.MID != "b" || absent.Complete || len(absent.Gaps) != 1 {
		t.Errorf("%+v", absent)
	}
	if s.Outcome.Reasons[0].Ending != EndedFailed || s.tellings("beat") != 0 {
		t.Errorf("%+v, told %v", s.Outcome.Reasons, s.told)
	}
	if diff := cmp.Diff(map[string]string{"b": refunds.WhyKeyRefused}, s.refused); diff != "" {
		t.Error(diff)
	}
	if s.tellings("secret key of b") != 1 {
		t.Errorf("that the key is refused is told %d times: %v", s.tellings("secret key of b"), s.told)
	}
}

// TestANightThatCannotBeWrittenIsTold, and one that was called wrongly is not:
// who called sees it.
func TestANightThatCannotBeWrittenIsTold(t *testing.T) {
	t.Parallel()
	fails := func(NightAsked, pay.Day) (reports.Snapshot, error) { return reports.Snapshot{}, errors.New("disk") }
	s := newNights(t, fails)
	if done, err := s.Run(t.Context(), jobs.JobNightly, []pay.Day{yesterday}); err == nil || done != nil {
		t.Errorf("%v %v", done, err)
	}
	if s.tellings("The night failed") != 1 {
		t.Errorf("told %v", s.told)
	}
	wrong := errors.New("the key file is missing")
	s = newNights(t, always)
	s.Night = func(NightAsked) (Night, error) { return nil, wrong }
	s.Merchants = []string{"a"}
	if _, err := s.Run(t.Context(), jobs.JobNightly, []pay.Day{yesterday, yesterday}); !errors.Is(err, wrong) {
		t.Error(err)
	}
	if len(s.told) != 0 {
		t.Errorf("told %v", s.told)
	}
}

// TestADateThatFailsKeepsNoOtherFromBeingRun.
func TestADateThatFailsKeepsNoOtherFromBeingRun(t *testing.T) {
	t.Parallel()
	s := newNights(t, func(_ NightAsked, day pay.Day) (reports.Snapshot, error) {
		if day < yesterday {
			return reports.Snapshot{}, errors.New("disk")
		}
		return wholeNight(), nil
	})
	done, err := s.Run(t.Context(), jobs.JobNightly, []pay.Day{yesterday.Add(-1), yesterday})
	if err != nil || len(done) != 1 || done[0].Day != yesterday {
		t.Fatal(done, err)
	}
	if len(s.Outcome.Reasons) == 0 || s.Outcome.Reasons[len(s.Outcome.Reasons)-1].Ending != EndedFailed || s.tellings("The night failed") != 1 {
		t.Errorf("%+v, told %v", s.Outcome.Reasons, s.told)
	}
}

// TestANightWhoseDatabaseGoesAwayBeginsAgain, and finds its own lease.
func TestANightWhoseDatabaseGoesAwayBeginsAgain(t *testing.T) {
	t.Parallel()
	tries := 0
	s := newNights(t, func(NightAsked, pay.Day) (reports.Snapshot, error) {
		if tries++; tries < 3 {
			return reports.Snapshot{}, fmt.Errorf("reading: %w", errAway)
		}
		return wholeNight(), nil
	})
	s.Merchants, s.Configured = []string{"a"}, []string{"a"}
	if _, err := s.Run(t.Context(), jobs.JobNightly, []pay.Day{yesterday}); err != nil {
		t.Fatal(err)
	}
	var again []bool
	for _, asked := range s.asked {
		again = append(again, asked.Again)
	}
	if diff := cmp.Diff([]bool{false, true, true}, again); diff != "" || len(s.said) != 2 {
		t.Error(diff, s.said)
	}
}

// TestWhatAnotherProcessRunsIsLeftToIt; one that runs for hours is a failure.
func TestWhatAnotherProcessRunsIsLeftToIt(t *testing.T) {
	t.Parallel()
	for hours, want := range map[int]int{1: 0, 7: 2} {
		s := newNights(t, func(NightAsked, pay.Day) (reports.Snapshot, error) {
			return reports.Snapshot{}, &reconcile.RunningError{Entry: reconcile.LedgerEntry{StartedAt: morning.Add(-time.Duration(hours) * time.Hour)}}
		})
		done, err := s.Run(t.Context(), jobs.JobNightly, []pay.Day{yesterday})
		if err != nil || done != nil || len(s.Outcome.Reasons) != want {
			t.Errorf("after %d hours: %v %v %+v", hours, done, err, s.Outcome.Reasons)
		}
		if len(s.told) != 0 {
			t.Errorf("told %v", s.told)
		}
	}
}

// TestTheSameAlertIsToldOnceWithinTheHour; one that nobody heard is told again.
func TestTheSameAlertIsToldOnceWithinTheHour(t *testing.T) {
	t.Parallel()
	s := newNights(t, always)
	s.Teller.FailedJob(t.Context(), "nightly")
	s.Teller.FailedJob(t.Context(), "nightly")
	if n := s.tellings("the job nightly failed"); n != 1 {
		t.Errorf("told %d times: %v", n, s.told)
	}
	s.Teller.Addresses = []string{"generic://127.0.0.1:1/?disabletls=yes"}
	s.Teller.FailedJob(t.Context(), "refunds")
	if _, raised := s.Teller.Alerts.(*alerts).raised["job/refunds"]; raised {
		t.Error("an alert that nobody heard is held for told")
	}
}

// TestANightThatIsNotStoredIsAnError: what is drawn and told goes by what is stored, and
// no merchant falls out of it without a word.
func TestANightThatIsNotStoredIsAnError(t *testing.T) {
	t.Parallel()
	s := newNights(t, always)
	written := s.Night
	s.Night = func(asked NightAsked) (Night, error) {
		if asked.MID == "b" {
			return nightRun(func(pay.Day, time.Time) (reports.Snapshot, error) { return wholeNight(), nil }), nil
		}
		return written(asked)
	}
	if done, err := s.Run(t.Context(), jobs.JobNightly, []pay.Day{yesterday}); err == nil || !strings.Contains(err.Error(), "the night of b was run") {
		t.Errorf("%v %v", done, err)
	}
	if done, err := s.Compare(t.Context(), []pay.Day{yesterday}, nil); err == nil || !strings.Contains(err.Error(), "the night of b was run") {
		t.Errorf("%v %v", done, err)
	}
}

// TestWhatIsToldOfANightIsWhatIsStored, the merchants that did not run now included.
func TestWhatIsToldOfANightIsWhatIsStored(t *testing.T) {
	t.Parallel()
	s := newNights(t, always)
	s.Merchants = []string{"a"}
	other := wholeNight()
	other.Run.MID, other.Run.Day, other.Run.Job, other.Run.Now = "b", yesterday, jobs.JobNightly, morning
	s.books.written[nightName(jobs.JobNightly, "b", yesterday)] = other
	done, err := s.Run(t.Context(), jobs.JobNightly, []pay.Day{yesterday})
	if err != nil || len(done) != 1 || len(done[0].Nights) != 1 || done[0].Nights[0].Run.MID != "a" {
		t.Fatal(done, err)
	}
	if s.tellings("beat") != 1 {
		t.Errorf("the date is whole for both merchants, and the watcher was told %d times: %v", s.tellings("beat"), s.told)
	}
}
