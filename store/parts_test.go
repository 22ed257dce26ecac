package store_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"daesa/internal/pgtest"
	"daesa/refunds"
	"daesa/settle"
	sqlfiles "daesa/sql"
	"daesa/store"
)

// TestOldTransfersGetTheirReason: a night of an older program listed a transfer
// without one where the deadline had passed before it asked.
func TestOldTransfersGetTheirReason(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "daesa.db"), "postgres": pgtest.URL(t)} {
		t.Run(name, func(t *testing.T) {
			db, err := store.Open(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if err := db.MigrateToForTest(t.Context(), 8); err != nil {
				t.Fatal(err)
			}
			for id, state := range map[string]string{"a": "expired", "b": "refused"} {
				for _, statement := range []string{
					"INSERT INTO refunds (id, mid, order_id, payment_key, method, amount, tax_free_amount, currency, reason, ref, batch, break_id, state, requested_by, requested_at)" +
						" VALUES ('" + id + "', 'm', 'o', 'k', 'phone', 1, 0, 'KRW', 'x', '" + id + "', '', '', '" + state + "', 'daesa nightly', '2026-11-01T00:00:00.000000Z')",
					"INSERT INTO hand_transfers (refund_id, mid, payment_key, order_id, amount, currency, why, state, requested_by, due_at)" +
						" VALUES ('" + id + "', 'm', 'k', 'o', 1, 'KRW', '', 'due', 'daesa nightly', '2026-11-01T00:00:00.000000Z')",
				} {
					if err := db.ExecForTest(t.Context(), statement); err != nil {
						t.Fatal(err)
					}
				}
			}
			if _, err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			transfers, err := db.ManualTransfers(t.Context(), "", "")
			if err != nil || len(transfers) != 2 {
				t.Fatalf("%+v, %v", transfers, err)
			}
			for i, want := range []string{refunds.WhyDeadline, refunds.WhyRefusedBare} {
				cause := refunds.Explain(refunds.Korean, transfers[i].Why, "", time.Time{}).Cause
				if transfers[i].Why != want || strings.Contains(cause, "아직 모르는") {
					t.Errorf("%s is listed because %q: %s", transfers[i].RefundID, transfers[i].Why, cause)
				}
			}
		})
	}
}

// TestOnlyMoveWritesTheStateOfARequest: every other way round the table of moves
// would be one that nobody has checked.
func TestOnlyMoveWritesTheStateOfARequest(t *testing.T) {
	t.Parallel()
	writes := regexp.MustCompile(`(?is)\bUPDATE\s+refunds\s+SET\b(.*?)(\bWHERE\b|$)`)
	state := regexp.MustCompile(`(?i)(^|[\s,])state\s*=`)
	queries, err := store.Queries(sqlfiles.SQLite)
	if err != nil {
		t.Fatal(err)
	}
	var writers []string
	for name, text := range queries {
		for _, found := range writes.FindAllStringSubmatch(text, -1) {
			if state.MatchString(found[1]) {
				writers = append(writers, name)
			}
		}
	}
	for _, name := range writers {
		if name != "settle_refund" && name != "begin_send" && name != "hold_in_flight" {
			t.Errorf("%s writes the state of a request beside store.move and Begin", name)
		}
	}
	if len(writers) != 3 {
		t.Errorf("%v write it", writers)
	}
}

// TestAPaymentIsPostedOnceWhereverAPartEnds: one within a part stands under two orders,
// and so does its last, of which the limit cuts one off. What another merchant has to do
// stays.
func TestAPaymentIsPostedOnceWhereverAPartEnds(t *testing.T) {
	t.Parallel()
	for name, fresh := range map[string]func(t *testing.T) *store.DB{
		"sqlite":   func(t *testing.T) *store.DB { return open(t, "sqlite:"+filepath.Join(t.TempDir(), "daesa.db")) },
		"postgres": func(t *testing.T) *store.DB { return open(t, schema.URL(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			db := fresh(t)
			const part = 5000 // rows that are posted in one transaction
			var rows strings.Builder
			for i := range part + 10 {
				fmt.Fprintf(&rows, "('m', 'k%05d', 'o'), ", i)
			}
			if err := db.ExecForTest(t.Context(), "INSERT INTO ledger_pending (mid, payment_key, order_id) VALUES "+rows.String()+
				fmt.Sprintf("('m', 'k00003', 'p'), ('m', 'k%05d', 'p'), ('n', 'k', 'o')", part-2)); err != nil {
				t.Fatal(err)
			}
			posted := map[string]int{}
			if err := db.Post(t.Context(), "m", func(c settle.Case) settle.Outcome {
				posted[c.PaymentKey]++
				return settle.Outcome{}
			}); err != nil {
				t.Fatal(err)
			}
			for key, times := range posted {
				if times != 1 {
					t.Errorf("%s was posted %d times", key, times)
				}
			}
			if left := db.CountForTest(t, "ledger_pending"); len(posted) != part+10 || left != 1 {
				t.Errorf("%d payments were posted, and %d rows are left", len(posted), left)
			}
		})
	}
}
