package jobs_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/internal/database"
	"daesa/internal/pgtest"
	"daesa/jobs"
	"daesa/pay"
	"daesa/refunds"
	"daesa/reports"
	"daesa/sandbox"
	"daesa/store"
	"daesa/toss"
)

// administer runs statements as the database's owner.
func administer(t *testing.T, address string, statements ...string) {
	t.Helper()
	db, err := sql.Open("postgres", address)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// limited gives the address of a database by way of a role that may open so many
// connections at once.
func limited(t *testing.T, address string, connections int) string {
	t.Helper()
	name := path.Base(strings.Split(address, "?")[0])
	role := "few_" + name
	administer(t, address, fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD 'test' CONNECTION LIMIT %d", role, connections),
		"ALTER SCHEMA public OWNER TO "+role, "GRANT ALL ON ALL TABLES IN SCHEMA public TO "+role, "GRANT ALL ON DATABASE "+name+" TO "+role)
	t.Cleanup(func() { administer(t, address, "DROP OWNED BY "+role+" CASCADE", "DROP ROLE "+role) })
	return strings.Replace(address, "://daesa@", "://"+role+":test@", 1)
}

// askedFor are approved refunds of payments that were just made.
func (w *world) askedFor(number int) {
	w.t.Helper()
	rows, ids := make([]refunds.Adding, number), make([]string, number)
	for i := range number {
		made, err := w.toss.Pay(sandbox.NewPayment{OrderID: fmt.Sprintf("late-%04d", i), Amount: 10_000})
		if err != nil {
			w.t.Fatal(err)
		}
		p, evidence, err := w.client.Payment(w.t.Context(), made.Key)
		if err != nil {
			w.t.Fatal(err)
		}
		ref := fmt.Sprint("r", i)
		ids[i] = refunds.RequestID(p.MID, ref)
		rows[i] = refunds.Adding{Payment: p, Evidence: []pay.Evidence{evidence}, Request: refunds.Request{ID: ids[i], MID: p.MID, OrderID: p.OrderID,
			PaymentKey: p.PaymentKey, Method: p.Method, Amount: 10_000, Currency: pay.KRW, Reason: "변심", Ref: ref, State: refunds.StateRequested,
			RequestedBy: "kim", RequestedAt: morning(last)}}
	}
	if _, err := w.db.AddRefunds(w.t.Context(), nil, rows, "kim", morning(last)); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.db.Approve(w.t.Context(), refunds.Approval{IDs: ids, By: "lee", Now: morning(last)}); err != nil {
		w.t.Fatal(err)
	}
}

// queue shows the store as a run wants to see it.
type queue struct{ *store.DB }

// Brake reads the brake.
func (q queue) Brake(ctx context.Context) (bool, string, error) {
	brake, err := q.DB.Brake(ctx)
	return brake.On, brake.Note, err
}

// refundRun runs the queue once with four workers.
func (w *world) refundRun() (jobs.RefundSummary, error) {
	wide := refunds.Limits{Single: 1 << 40, Run: 1 << 40, Day: 1 << 40}
	run := &jobs.Refunds{Queue: queue{w.db}, Send: true, OwnerIsDead: func(string) bool { return false }, Clock: func() time.Time { return morning(last) }, Patience: jobs.Patience,
		FailureReached: func(part, total int64) bool { return false },
		Sleep:          func(context.Context, time.Duration) error { return nil },
		Merchants: []jobs.RefundMerchant{{Workers: 4, Probe: func(context.Context) (time.Time, bool, error) { return morning(last), true, nil },
			Worker: &refunds.Worker{MID: mid, Owner: "run", Actor: "daesa refunds", RunID: "run", SecretFingerprint: "s", AccountDays: 365, Queue: w.db, Provider: w.client,
				Clock: func() time.Time { return morning(last) }, Freeze: toss.CancelBody, Budget: refunds.Budget{RunCount: 1000, DayCount: 1000, Of: map[pay.Currency]refunds.Limits{pay.KRW: wide}}}}}}
	return run.Run(w.t.Context())
}

// A role that may open three connections is enough for two nights and a run of
// refunds at once, each a process of its own: they wait, and do with fewer.
func TestTwoNightsAndARefundRunDoWithThreeConnections(t *testing.T) {
	t.Parallel()
	const sent = 24
	address := pgtest.URL(t)
	w := newWorld(t, worldOptions{history: sandbox.HistoryOptions{Seed: 3, Orders: 400, Days: 2, BreakShare: 0.05}, database: address})
	w.toss.SetClock(morning(last))
	w.importOrders(morning(last))
	w.askedFor(sent)
	few := limited(t, address, 3)
	if err := w.db.Close(); err != nil { // what it holds is the owner's, and counts for nothing
		t.Fatal(err)
	}
	process := func() *world {
		own := *w
		own.db = openDB(t, few)
		return &own
	}
	var group sync.WaitGroup
	nights := make([]reports.Snapshot, 2)
	for i := range nights {
		group.Go(func() {
			own := process()
			var err error
			if nights[i], err = own.nightly().Run(t.Context(), last.Add(-i), morning(last)); err != nil {
				t.Errorf("the night of %s: %v", last.Add(-i), err)
			}
		})
	}
	group.Go(func() {
		summary, err := process().refundRun()
		if err != nil || summary.Sent != sent || summary.States[refunds.StateSucceeded] != sent {
			t.Errorf("the run: %+v, %v", summary, err)
		}
	})
	group.Wait()
	for i, night := range nights {
		if !night.Run.Complete || night.Run.Orders == 0 {
			t.Errorf("the night of %s: complete %v, %d orders, %v", last.Add(-i), night.Run.Complete, night.Run.Orders, night.Run.Gaps)
		}
	}
}

// A role that may open one connection cannot run a night: it says so in time, and
// does not hang.
func TestANightNeedsTwoConnections(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	w := newWorld(t, worldOptions{database: address})
	few := limited(t, address, 1)
	db, err := store.Open(t.Context(), few, database.Patience(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w.db = db
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	_, err = w.nightly().Run(ctx, last, morning(last))
	var hinter interface{ Hint() string }
	if err == nil || ctx.Err() != nil || !errors.As(err, &hinter) || !strings.Contains(hinter.Hint(), "database.max_connections") {
		t.Errorf("it ends with %v", err)
	}
}

// oddOrders are orders that Toss does not know, whose numbers other collations
// than byte order sort otherwise.
const oddOrders = "order_id,status,amount,ordered_at,paid_at\n" +
	"a-1,paid,1000,2026-11-21 10:00:00,2026-11-21 10:00:00\n" + "B-1,paid,2000,2026-11-21 10:00:00,2026-11-21 10:00:00\n" +
	"_x,paid,3000,2026-11-21 10:00:00,2026-11-21 10:00:00\n" + "가나-1,paid,4000,2026-11-21 10:00:00,2026-11-21 10:00:00\n" +
	"A-1,paid,5000,2026-11-21 10:00:00,2026-11-21 10:00:00\n" + "10,paid,6000,2026-11-21 10:00:00,2026-11-21 10:00:00\n" + "9,paid,7000,2026-11-21 10:00:00,2026-11-21 10:00:00\n"

// A night finds the same, and says it in the same order, in SQLite and in every
// PostgreSQL: of another isolation level, of another collation, behind a pooler.
func TestANightIsTheSameInEveryDatabase(t *testing.T) {
	t.Parallel()
	night := func(t *testing.T, database string) string {
		w := newWorld(t, worldOptions{history: sandbox.HistoryOptions{Seed: 5, Orders: 300, Days: 2, BreakShare: 0.05}, database: database})
		w.toss.SetClock(morning(last))
		w.importOrders(morning(last))
		w.importText(filepath.Join(t.TempDir(), "odd.csv"), oddOrders, morning(last))
		snapshot := w.night(last)
		if len(snapshot.Breaks) < 7 {
			t.Fatalf("%d breaks", len(snapshot.Breaks))
		}
		return text(t, snapshot)
	}
	var want string
	t.Run("SQLite", func(t *testing.T) { want = night(t, "") })
	isolated := func(level string) func(t *testing.T) string {
		return func(t *testing.T) string {
			address := pgtest.URL(t)
			administer(t, address, "ALTER DATABASE "+path.Base(strings.Split(address, "?")[0])+" SET default_transaction_isolation = '"+level+"'")
			return address
		}
	}
	for name, database := range map[string]func(t *testing.T) string{
		"PostgreSQL":              func(t *testing.T) string { return pgtest.URL(t) },
		"serializable":            isolated("serializable"),
		"repeatable read":         isolated("repeatable read"),
		"ICU, ko-KR":              func(t *testing.T) string { return pgtest.NewServer(t, pgtest.Collated(pgtest.KoreanICU)).URL(t) },
		"ko_KR.UTF-8":             func(t *testing.T) string { return pgtest.NewServer(t, pgtest.Collated(pgtest.KoreanLibc)).URL(t) },
		"PgBouncer, session mode": func(t *testing.T) string { return pgtest.Bounced(t, pgtest.URL(t), pgtest.SessionMode) },
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(want, night(t, database(t))); diff != "" {
				t.Errorf("not as in SQLite:\n%s", diff)
			}
		})
	}
}
