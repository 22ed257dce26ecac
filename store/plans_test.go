package store

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// byPayment are the queries that protect a payment: they run for every refund
// that is asked for, claimed or sent.
var byPayment = []string{"claim", "next_due", "about_payment", "other_payments", "may_begin", "begin_send", "lock_payment",
	"on_its_way", "asked_of", "refund_by_ref", "refund_by_payment_and_ref", "claimed_by_another", "wake_refunds", "claims_of_suspects"}

// Of a large table none of them reads more than an index points at. PostgreSQL's
// plans are looked at with a million rows (bench).
func TestSQLiteFindsAPaymentByAnIndex(t *testing.T) {
	t.Parallel()
	d, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "daesa.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.db.Pool().ExecContext(t.Context(), d.db.Query("create_suspects")); err != nil {
		t.Fatal(err)
	}
	reads := regexp.MustCompile(`^SCAN (\w+)`)
	for _, name := range byPayment {
		text := d.db.Query(name)
		var steps []struct {
			ID     int    `db:"id"`
			Parent int    `db:"parent"`
			Unused int    `db:"notused"`
			Detail string `db:"detail"`
		}
		if err := d.db.Pool().SelectContext(t.Context(), &steps, "EXPLAIN QUERY PLAN "+text, make([]any, strings.Count(text, "?"))...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, step := range steps {
			if found := reads.FindStringSubmatch(step.Detail); found != nil && small[found[1]] == "" {
				t.Errorf("%s reads a whole table: %s", name, step.Detail)
			}
		}
	}
}

// small are what may be read whole.
var small = map[string]string{
	"brake": "one row", "later": "a few rows that were just found", "mids": "one row for each MID", "given": "a few rows that were just found", "x": "one batch of suspects", "suspects": "one batch of suspects",
	"CONSTANT": "no table",
}
