package jobs_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daesa/internal/pgtest"
	"daesa/jobs"
	"daesa/orders"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports"
	"daesa/sandbox"
	"daesa/store"
	"daesa/toss"
)

const mid = "tosspayments"

// last is the newest business date of the histories.
const last = pay.Day("2026-11-21")

// morning is when the night of a day runs.
func morning(day pay.Day) time.Time { return day.End().Add(90 * time.Minute) }

// world is a shop, a pretend Toss behind real HTTP, and a real database.
type world struct {
	t        *testing.T
	toss     *sandbox.Sandbox
	history  *sandbox.History
	db       *store.DB
	client   *toss.Client
	server   *httptest.Server
	settings jobs.Settings
}

type worldOptions struct {
	sandbox  sandbox.Options
	history  sandbox.HistoryOptions
	database string
}

func newWorld(t *testing.T, o worldOptions) *world {
	t.Helper()
	o.sandbox.Now, o.sandbox.Freeze = time.Now, true
	w := &world{t: t, toss: sandbox.New(o.sandbox)}
	if o.history.Orders > 0 {
		o.history.End = last.Start()
		w.history = w.toss.Seed(o.history)
	}
	server := httptest.NewServer(w.toss.Handler())
	t.Cleanup(server.Close)
	w.server = server
	client, err := toss.New(toss.Options{BaseURL: server.URL, MID: mid, SecretKey: func() string { return "test_sk_sandbox" }, Now: time.Now,
		Sleep: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	w.client = client
	if o.database == "" {
		o.database = "sqlite:" + filepath.Join(t.TempDir(), "daesa.db")
	}
	w.db = openDB(t, o.database)
	w.settings = jobs.Settings{
		MID: mid, KnownMIDs: []string{mid}, Owner: "test/1", OwnerIsDead: func(string) bool { return true }, Actor: "night",
		Settle: 30 * time.Minute, RereadDays: []int{1, 3, 7}, Sample: 50, MaxLookUps: 3000, Concurrency: 4,
		AlarmShare: func(part, total int64) bool { return part*100 > total },
		Refunds:    refunds.Policy{AutoQueue: []reconcile.Kind{reconcile.CancelNotExecuted}, AccountDays: 365},
	}
	return w
}

func openDB(t *testing.T, url string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// importOrders takes the shop's order file as it stood at a time, through the
// file reader that shops use.
func (w *world) importOrders(at time.Time) {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "orders.csv")
	var text strings.Builder
	if err := w.history.WriteCSV(&text, at); err != nil {
		w.t.Fatal(err)
	}
	w.importText(path, text.String(), at)
}

func (w *world) importText(path, text string, at time.Time) {
	w.t.Helper()
	writeFile(w.t, path, text)
	file, err := orders.OpenFile(path, orders.Options{MIDs: []string{mid}, DefaultMID: mid})
	if err != nil {
		w.t.Fatal(err)
	}
	defer file.Close()
	names := file.Columns().Names()
	has := func(column string) bool {
		for _, name := range names {
			if name == column {
				return true
			}
		}
		return false
	}
	if _, err := w.db.SaveOrders(w.t.Context(), file.Orders(), has, "orders.csv", "shop", at); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) nightly() *jobs.Nightly {
	return &jobs.Nightly{
		Log: slog.New(slog.DiscardHandler),
		Job: jobs.JobNightly, Settings: w.settings, Provider: w.client, Ledger: w.db, Pages: w.db, Clock: time.Now,
		Compare: func(ctx context.Context, scope reconcile.Scope, now time.Time) (jobs.Comparison, error) {
			return w.db.OpenComparison(ctx, scope, now)
		},
	}
}

// night runs the night of a day as it would have run then.
func (w *world) night(day pay.Day) reports.Snapshot {
	w.t.Helper()
	return w.nightAt(day, morning(day))
}

func (w *world) nightAt(day pay.Day, now time.Time) reports.Snapshot {
	w.t.Helper()
	snapshot, err := w.nightly().Run(w.t.Context(), day, now)
	if err != nil {
		w.t.Fatal(err)
	}
	return snapshot
}

// nights plays the last n nights of the history.
func (w *world) nights(n int) reports.Snapshot {
	w.t.Helper()
	var snapshot reports.Snapshot
	for back := n - 1; back >= 0; back-- {
		day := last.Add(-back)
		w.toss.SetClock(morning(day))
		w.importOrders(morning(day))
		snapshot = w.night(day)
	}
	return snapshot
}

func text(t *testing.T, s reports.Snapshot) string {
	t.Helper()
	out, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func postgres(t *testing.T) string {
	t.Helper()
	return pgtest.URL(t)
}
