package jobs_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
)

// takenLedger is a ledger whose night another process has.
type takenLedger struct {
	jobs.Ledger
	began    time.Time
	renewed  func(now time.Duration) time.Duration // until when its lease goes
	gone     time.Duration                         // from then on the run can be had
	complete time.Duration                         // from then on the night is; 0: never
}

var errOurs = errors.New("the run is ours")

func (l takenLedger) BeginRun(context.Context, string, string, pay.Day, string, time.Time, time.Duration, func(string) bool) (reconcile.Lease, error) {
	now := time.Since(l.began)
	if now >= l.gone {
		return reconcile.Lease{}, errOurs
	}
	return reconcile.Lease{}, &reconcile.RunningError{Entry: reconcile.LedgerEntry{Owner: "pod-a/1/x", LeaseUntil: l.began.Add(l.renewed(now))}}
}

func (l takenLedger) Snapshot(_ context.Context, _, _ string, _ pay.Day, read func(io.Reader) error) (bool, error) {
	if l.complete > 0 && time.Since(l.began) >= l.complete {
		return true, read(strings.NewReader(`{"Run":{"Complete":true}}`))
	}
	return false, nil
}

// TestASecondCopyLeavesTheNightToALivingOneOnly: a copy that comes after a kill
// arrives before the lease of the dead one is over, on another machine, where
// nobody can tell that it is gone.
func TestASecondCopyLeavesTheNightToALivingOneOnly(t *testing.T) {
	const never = time.Hour
	still := func(time.Duration) time.Duration { return 170 * time.Second }
	for _, test := range []struct {
		name          string
		ledger        takenLedger
		ours          bool
		within, after time.Duration
	}{
		{"it renews its lease", takenLedger{renewed: func(now time.Duration) time.Duration { return now.Truncate(45*time.Second) + 3*time.Minute }, gone: never}, false, 50 * time.Second, 40 * time.Second},
		{"it was killed", takenLedger{renewed: still, gone: 170 * time.Second}, true, 175 * time.Second, 170 * time.Second},
		{"it fails", takenLedger{renewed: still, gone: 10 * time.Second}, true, 15 * time.Second, 10 * time.Second},
		{"it ends the night well", takenLedger{renewed: still, gone: 10 * time.Second, complete: 9 * time.Second}, false, 12 * time.Second, 9 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ledger := test.ledger
				ledger.began = time.Now()
				n := &jobs.Nightly{Job: jobs.JobNightly, Ledger: ledger, Clock: time.Now, Log: slog.New(slog.DiscardHandler)}
				_, err := n.Run(t.Context(), last, time.Now())
				var running *reconcile.RunningError
				if ours := errors.Is(err, errOurs); ours != test.ours || !ours && !errors.As(err, &running) {
					t.Errorf("%v", err)
				}
				if took := time.Since(ledger.began); took > test.within || took < test.after {
					t.Errorf("after %s", took)
				}
			})
		})
	}
}
