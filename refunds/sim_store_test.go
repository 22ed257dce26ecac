package refunds_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"daesa/internal/seal"
	"daesa/refunds"
	"daesa/store"
)

var errStore = errors.New("the database cannot be reached")

// template is an empty migrated database, made once: each seed gets a copy.
var template = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp(simRoot(), "daesa-sim-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "template.db")
	db, err := store.Open(context.Background(), "sqlite:"+path)
	if err != nil {
		return nil, err
	}
	if _, err = db.Migrate(context.Background()); err == nil {
		err = db.ExecForTest(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)")
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// simSealer is one for all seeds: a key is slow to make, and its bytes are
// part of nothing that is compared.
var simSealer = sync.OnceValues(func() (*seal.Sealer, error) {
	keyset, err := seal.NewKeyset()
	if err != nil {
		return nil, err
	}
	return seal.Open(keyset)
})

// simRoot is memory where there is some: thousands of databases are made.
func simRoot() string {
	const shm = "/dev/shm"
	if dir, err := os.MkdirTemp(shm, "daesa-probe-"); err == nil {
		os.Remove(dir)
		return shm
	}
	return os.TempDir()
}

// openStore opens the seed's database on the given bytes.
func (s *sim) openStore(content []byte) {
	for _, tail := range []string{"", "-wal", "-shm"} {
		os.Remove(s.path + tail)
	}
	s.must(os.WriteFile(s.path, content, 0o600))
	db, err := store.Open(s.ctx, "sqlite:"+s.path)
	s.must(err)
	s.db = db
	// Who edits a request in a simulation owns the database.
	s.must(db.ExecForTest(s.ctx, "DROP TRIGGER IF EXISTS refunds_written_once"))
	for _, statement := range s.bug.sql {
		s.must(db.ExecForTest(s.ctx, statement))
	}
}

// copyStore is a backup.
func (s *sim) copyStore() []byte {
	s.must(s.db.ExecForTest(s.ctx, "PRAGMA wal_checkpoint(TRUNCATE)"))
	content, err := os.ReadFile(s.path)
	s.must(err)
	return content
}

// simQueue is the queue as one worker sees it: every call is a boundary, before
// and after, and can fail on either side of its commit.
type simQueue struct {
	refunds.Queue
	w *simWorker
}

// around runs one call of the store.
func (q simQueue) around(name string, can []mishap, call func() error) error {
	w := q.w
	w.at("before " + name)
	way := w.meet(name, can)
	if way == storeFails {
		return errStore
	}
	w.s.tick(2 * time.Millisecond)
	err := call()
	if name == "begin" || name == "settle" { // the others change no state
		w.s.checkStore()
	}
	w.at("after " + name)
	if way == ackLost && err == nil {
		return errStore
	}
	return err
}

// Claim notes what the worker got.
func (q simQueue) Claim(ctx context.Context, c refunds.Choice) (claimed *refunds.Claimed, err error) {
	q.w.inFlight = ""
	err = q.around("claim", storeMishaps, func() (err error) {
		if c.Every.IsZero() && !q.w.s.due(q.w.s.now) {
			return nil
		}
		claimed, err = q.Queue.Claim(ctx, c)
		if claimed != nil {
			q.w.s.note("%s: claims %s %s", q.w.name, q.w.s.short(claimed.Request.ID), claimed.Request.State)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// Begin notes the intent.
func (q simQueue) Begin(ctx context.Context, b refunds.Begun) error {
	return q.around("begin", storeMishaps, func() error {
		s := q.w.s
		q.w.begunAt = s.steps
		err := q.Queue.Begin(ctx, b)
		s.note("%s: begins %s %s send %d new %v: %v", q.w.name, s.short(b.Request.ID), shortKey(b.Attempt.Key), b.Attempt.Sends, b.New, err)
		var limit *refunds.LimitError
		if errors.As(err, &limit) {
			s.checkKeptBack(b, limit)
		}
		if err == nil {
			q.w.lease, q.w.inFlight = b.Until, b.Attempt.Key
			s.begun(b)
			if first := b.Request.State == refunds.StateApproved || b.Request.State == refunds.StateRetry; first && q.w.saw[b.Request.PaymentKey] > b.Request.Strangers {
				s.fail("I14", "%s is sent beside a cancel of another installation, which nobody has looked at", s.short(b.Request.ID))
			}
		}
		return err
	})
}

// Ready is the last look before the first byte.
func (q simQueue) Ready(ctx context.Context, id string, version int64) error {
	return q.around("ready", readMishaps, func() error {
		q.w.begunAt = q.w.s.steps
		return q.Queue.Ready(ctx, id, version)
	})
}

// Settle notes the step.
func (q simQueue) Settle(ctx context.Context, t refunds.Settled) error {
	return q.around("settle", storeMishaps, func() error {
		err := q.Queue.Settle(ctx, t)
		s := q.w.s
		s.note("%s: settles %s %s to %s because %s: %v", q.w.name, s.short(t.Request.ID), t.Request.State, t.Step.To, t.Step.Why, err)
		if err == nil && t.Attempt != nil {
			q.w.inFlight = ""
		}
		if err == nil && t.Attempt != nil && t.Attempt.Answered() {
			s.answered[t.Attempt.Key] = true
		}
		if err == nil && t.Step.To == refunds.StateRetry {
			if s.gone[t.Request.ID] {
				s.fail("I6", "%s is said to be proved unsent, and it has left", s.short(t.Request.ID))
			}
			if t.Request.State == refunds.StateSending {
				s.givenBack(t.Request.ID)
			}
		}
		if err == nil && t.Keep {
			q.w.lease = t.Until
		}
		return err
	})
}
