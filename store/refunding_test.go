package store_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"daesa/internal/pgtest"
	"daesa/reconcile"
	"daesa/store"
)

// TestDecisionsWithoutARequestAreOpenedAgain: from before refund_now made the
// request, each is open again, or waits for what somebody asked for all the same.
func TestDecisionsWithoutARequestAreOpenedAgain(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func(t testing.TB) string{
		"sqlite":   func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "daesa.db") },
		"postgres": pgtest.URL,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := store.Open(t.Context(), url(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			const beforeIt = 10 // the migration is 00011
			if err := db.MigrateToForTest(t.Context(), beforeIt); err != nil {
				t.Fatal(err)
			}
			decidedOn, want := "2026-11-20T00:00:00.000000Z", map[string]string{}
			broken := func(id, status, resolution, outcome string) {
				want[id] = outcome
				if err := db.ExecForTest(t.Context(), fmt.Sprintf(`INSERT INTO breaks (id, mid, order_id, payment_key, kind, status, origin, currency, local_amount,
					provider_amount, local_status, provider_status, method, owed, at_risk, first_seen, last_seen, since, nights, recheck_on, resolution, resolved_by, resolved_at, note)
					VALUES ('%[1]s', 'm', 'o-%[1]s', 'p-%[1]s', 'cancel_not_executed', '%[2]s', '', 'KRW', 0, 1000, 'canceled', 'DONE', '', 1000, 0,
					'2026-11-01', '2026-11-19', '2026-11-01', 3, '', '%[3]s', 'kim', '%[4]s', 'why')`, id, status, resolution, decidedOn)); err != nil {
					t.Fatal(err)
				}
			}
			refund := func(id, breakID, payment, state, finished string) {
				if finished != "NULL" {
					finished = "'" + finished + "'"
				}
				if err := db.ExecForTest(t.Context(), fmt.Sprintf(`INSERT INTO refunds (id, mid, order_id, payment_key, method, amount, currency, reason, ref, break_id, state, requested_by, requested_at, finished_at)
					VALUES ('%[1]s', 'm', 'o', '%[3]s', 'card', 1000, 'KRW', 'x', '%[1]s', '%[2]s', '%[4]s', 'kim', '%[5]s', %[6]s)`, id, breakID, payment, state, decidedOn, finished)); err != nil {
					t.Fatal(err)
				}
			}
			later, earlier := "2026-11-21T00:00:00.000000Z", "2026-11-10T00:00:00.000000Z"
			broken("b1", "resolved", "refund_now", "open ") // nobody asked
			broken("b2", "resolved", "refund_now", "open ") // asked, and refused
			refund("r2", "b2", "p-b2", "refused", later)
			broken("b3", "resolved", "refund_now", "refunding r3") // the night's proposal still waits
			refund("r3", "b3", "p-b3", "requested", "NULL")
			broken("b4", "resolved", "refund_now", "refunding r4") // asked for by hand, and on its way
			refund("r4", "", "p-b4", "accepted", "NULL")
			broken("b5", "resolved", "refund_now", "resolved ") // it went back
			refund("r5", "", "p-b5", "succeeded", later)
			broken("b6", "resolved", "refund_now", "open ") // what went back of it was another refund, before
			refund("r6", "", "p-b6", "succeeded", earlier)
			broken("b7", "resolved", "accepted_difference", "resolved ")
			broken("b8", "timing", "", "timing ")
			broken("b9", "cleared", "refund_now", "cleared ")
			if _, err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			breaks, err := db.Breaks(t.Context(), store.BreakFilter{})
			if err != nil || len(breaks) != len(want) {
				t.Fatalf("%d breaks are left of %d (%v)", len(breaks), len(want), err)
			}
			for _, b := range breaks {
				if got := string(b.Status) + " " + b.RefundID; got != want[b.ID] {
					t.Errorf("%s is %q, want %q", b.ID, got, want[b.ID])
				}
				if b.Status == reconcile.Open && (b.Resolution != "" || b.ResolvedBy != "" || !b.ResolvedAt.IsZero() || b.Note != "why" || b.Nights != 3) {
					t.Errorf("%+v", b)
				}
			}
			if err := db.ExecForTest(t.Context(), "UPDATE breaks SET status = 'nonsense' WHERE id = 'b7'"); err == nil {
				t.Error("the database takes a status that is none")
			}
			if err := db.ExecForTest(t.Context(), "INSERT INTO breaks SELECT * FROM breaks WHERE id = 'b7'"); err == nil {
				t.Error("the table takes the same break twice")
			}
		})
	}
}
