package store_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"daesa/internal/pgtest"
	"daesa/pay"
	"daesa/refunds"
	"daesa/store"
)

// onOlder runs a test on a database of an older schema, of each kind.
func onOlder(t *testing.T, version int64, test func(t *testing.T, db *store.DB)) {
	t.Parallel()
	for name, address := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "daesa.db") },
		"postgres": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := store.Open(t.Context(), address(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			if err := db.MigrateToForTest(t.Context(), version); err != nil {
				t.Fatal(err)
			}
			test(t, db)
		})
	}
}

// insert puts a request into an older schema as the version before left it.
func insert(t *testing.T, db *store.DB, mid, ref, payment, state string, inProgress int) string {
	t.Helper()
	id := refunds.RequestID(mid, ref)
	statement := fmt.Sprintf(`INSERT INTO refunds (id, mid, order_id, payment_key, method, amount, currency, reason, ref, state, in_progress, attempts, idempotency_key,
		requested_by, requested_at, approved_by, approval, next_at, lease_owner, lease_until)
		VALUES ('%s', '%s', 'o-1', '%s', 'card', 1000, 'KRW', 'x', '%s', '%s', %d, 1, '%s', 'kim', '2026-11-21T01:00:00.000000Z', 'lee', 'x',
		'2026-11-21T01:00:00.000000Z', 'w1', '2026-11-21T01:00:00.000000Z')`, id, mid, payment, ref, state, inProgress, refunds.AttemptKey(id, 1))
	if err := db.ExecForTest(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
	return id
}

// A database in which two requests of one payment are in flight, each under
// another MID, is migrated: both are held, neither is lost, and the journal says
// from where they came.
func TestTwoInFlightOnOnePaymentAreBothHeldByTheMigration(t *testing.T) {
	onOlder(t, 8, func(t *testing.T, db *store.DB) {
		both := map[string]refunds.State{
			insert(t, db, "tosspayment", "a", "pay-1", "unknown", 0):   refunds.StateUnknown,
			insert(t, db, "tosspayments", "a", "pay-1", "sending", 0):  refunds.StateSending,
			insert(t, db, "tosspayment", "b", "pay-2", "accepted", 1):  refunds.StateAccepted,
			insert(t, db, "tosspayments", "b", "pay-2", "unknown", 0):  refunds.StateUnknown,
			insert(t, db, "tosspayments", "c", "pay-3", "accepted", 1): "",
			insert(t, db, "tosspayment", "d", "pay-3", "accepted", 0):  "",
			insert(t, db, "tosspayments", "e", "pay-4", "unknown", 0):  "",
			insert(t, db, "tosspayment", "f", "pay-4", "approved", 0):  "",
		}
		before, err := db.Refunds(t.Context(), store.RefundFilter{})
		if err != nil || len(before) != len(both) {
			t.Fatal(len(before), err)
		}
		if _, err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		after, err := db.Refunds(t.Context(), store.RefundFilter{})
		if err != nil || len(after) != len(both) {
			t.Fatal(len(after), err)
		}
		for i, r := range after {
			was := both[r.ID]
			history, err := db.History(t.Context(), "refund:"+r.ID)
			if err != nil {
				t.Fatal(err)
			}
			if was == "" {
				if r.State != before[i].State || r.Version != before[i].Version || len(history) != 0 {
					t.Errorf("%s under %s was changed: %s", r.Ref, r.MID, r.State)
				}
				continue
			}
			if r.State != refunds.StateHeld || r.ErrorCode != refunds.WhyTwoInFlight || r.Version <= before[i].Version || r.LeaseOwner != "" || !r.NextAt.IsZero() || r.IdempotencyKey == "" {
				t.Errorf("%s under %s is %+v", r.Ref, r.MID, r)
			}
			if len(history) != 1 || history[0].Action != "refund.held" || history[0].Reason != refunds.WhyTwoInFlight || !strings.Contains(history[0].Facts, `"from":"`+string(was)+`"`) || time.Since(history[0].At).Abs() > time.Hour {
				t.Errorf("its journal: %+v", history)
			}
		}
		if found, err := db.VerifyJournal(t.Context(), ""); err != nil || len(found.Broken) > 0 || found.Entries != 4 {
			t.Errorf("the journal: %+v, %v", found, err)
		}
		// What is held is looked at at once, by the worker of its MID.
		now := time.Now()
		var looked []string
		for range 10 {
			c, err := db.Claim(t.Context(), refunds.Choice{MID: "tosspayments", Owner: "w", Now: now, Until: now.Add(time.Minute)})
			if err != nil || c == nil {
				break
			}
			looked = append(looked, c.Request.Ref)
		}
		if slices.Sort(looked); !slices.Equal(looked, []string{"a", "b", "c", "e"}) {
			t.Errorf("looked at are %v", looked)
		}
		// Running it again changes nothing.
		if state, err := db.Migrate(t.Context()); err != nil || !state.Current() {
			t.Errorf("again: %+v, %v", state, err)
		}
	})
}

// What began between the hold and the index is held by the migration itself.
func TestTheMigrationIsNeverRefusedByWhatIsInFlight(t *testing.T) {
	onOlder(t, 8, func(t *testing.T, db *store.DB) {
		a := insert(t, db, "tosspayment", "a", "pay-1", "unknown", 0)
		b := insert(t, db, "tosspayments", "a", "pay-1", "unknown", 0)
		if err := db.MigrateToForTest(t.Context(), 9); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{a, b} {
			if r, _, err := db.Refund(t.Context(), id); err != nil || r.State != refunds.StateHeld || r.ErrorCode != refunds.WhyTwoInFlight {
				t.Errorf("it is %s since %s, %v", r.State, r.ErrorCode, err)
			}
		}
	})
}

// An index that each MID had for itself is one now, and an older schema is
// migrated from wherever it stands.
func TestEveryOlderSchemaIsMigrated(t *testing.T) {
	for version := int64(1); version < 9; version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			onOlder(t, version, func(t *testing.T, db *store.DB) {
				if state, err := db.Migrate(t.Context()); err != nil || !state.Current() {
					t.Errorf("%+v, %v", state, err)
				}
			})
		})
	}
}

// Rows of the list that are there already get the business date of their time.
func TestRowsOfTheListGetTheirDateByTheMigration(t *testing.T) {
	onOlder(t, 22, func(t *testing.T, db *store.DB) {
		for i, at := range []string{"2026-11-20T14:59:59.999999Z", "2026-11-20T15:00:00.000000Z", "2026-11-21T14:59:59.999999Z", "2026-11-21T15:00:00.000000Z"} {
			statement := fmt.Sprintf(`INSERT INTO transactions (mid, order_id, payment_key, transaction_key, status, method, at, currency, amount, changed_at)
				VALUES ('tosspayments', 'o-%d', 'p', 't', 'DONE', 'card', '%s', 'KRW', 1000, '2026-11-22T00:00:00.000000Z')`, 9-i, at)
			if err := db.ExecForTest(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		for day, want := range map[pay.Day]int64{"2026-11-20": 1, "2026-11-21": 2, "2026-11-22": 1} {
			if n, err := db.CountRows(t.Context(), "tosspayments", day); err != nil || n != want {
				t.Errorf("%s has %d rows, %v; want %d", day, n, err, want)
			}
		}
		// The version before still writes, and knows nothing of the date.
		for _, statement := range []string{
			`INSERT INTO transactions (mid, order_id, payment_key, transaction_key, status, method, at, currency, amount, changed_at)
				VALUES ('tosspayments', 'o-1', 'p', 't', 'DONE', 'card', '2026-11-20T15:00:00.000000Z', 'KRW', 1000, '2026-11-22T00:00:00.000000Z')`,
			`INSERT INTO transactions (mid, order_id, payment_key, transaction_key, status, method, at, currency, amount, changed_at)
				VALUES ('tosspayments', 'o-9', 'p', 't', 'DONE', 'card', '2026-11-21T15:00:00.000000Z', 'KRW', 1000, '2026-11-22T00:00:00.000000Z')
				ON CONFLICT (mid, order_id, payment_key, transaction_key) DO UPDATE SET at = excluded.at`,
		} {
			if err := db.ExecForTest(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		for day, want := range map[pay.Day]int64{"2026-11-20": 0, "2026-11-21": 3, "2026-11-22": 2} {
			if n, err := db.CountRows(t.Context(), "tosspayments", day); err != nil || n != want {
				t.Errorf("after the version before wrote %s has %d rows, %v; want %d", day, n, err, want)
			}
		}
		if rows, err := db.TransactionsOf(t.Context(), "tosspayments", "o-8"); err != nil || len(rows) != 1 || rows[0].Amount != 1000 || !rows[0].At.Equal(pay.Day("2026-11-21").Start()) {
			t.Errorf("%+v, %v", rows, err)
		}
	})
}
