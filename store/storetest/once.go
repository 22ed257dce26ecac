package storetest

import (
	"fmt"
	"testing"
	"time"

	"daesa/app"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	sqlfiles "daesa/sql"
	"daesa/store"
)

// onceTests are what is written once, on both databases and for whoever writes.
var onceTests = map[string]func(*testing.T, *store.DB){
	"once: what a request is about is never changed":  requestOnce,
	"once: what went back otherwise is never changed": transfersOnce,
	"once: a limit moves by one refund at a time":     limitByOne,
}

// tries runs a statement of somebody else's that must be refused.
func tries(t *testing.T, db *store.DB, statement string) {
	t.Helper()
	if err := db.ExecForTest(t.Context(), statement); err == nil {
		t.Errorf("the database takes %s", statement)
	}
}

// other is another value than a column has.
func other(db *store.DB, column string) string {
	switch column {
	case "amount", "tax_free_amount", "number":
		return column + " + 7"
	case "requested_at", "due_at", "at":
		if db.Dialect() == sqlfiles.Postgres {
			return column + " + interval '1 day'"
		}
		return "'2020-01-01T00:00:00.000000Z'"
	default:
		return column + " || 'x'"
	}
}

func requestOnce(t *testing.T, db *store.DB) {
	asked(t, db, "r", 1000, time.Time{})
	for _, column := range []string{"id", "mid", "order_id", "payment_key", "method", "amount", "tax_free_amount", "currency", "reason", "ref", "batch",
		"break_id", "requested_by", "requested_at"} {
		tries(t, db, fmt.Sprintf("UPDATE refunds SET %s = %s", column, other(db, column)))
	}
	if err := db.ExecForTest(t.Context(), "UPDATE refunds SET looked_at = requested_at"); err != nil {
		t.Errorf("what may change is refused: %v", err)
	}
}

func transfersOnce(t *testing.T, db *store.DB) {
	past := func(r *refunds.Request, _ *pay.Payment) { r.State, r.FinishedAt = refunds.StateExpired, now }
	asked(t, db, "r", 7000, now.Add(-time.Hour), past)
	for _, column := range []string{"refund_id", "mid", "payment_key", "order_id", "amount", "currency", "requested_by", "due_at"} {
		tries(t, db, fmt.Sprintf("UPDATE hand_transfers SET %s = %s", column, other(db, column)))
	}
	tries(t, db, "DELETE FROM hand_transfers")
	transferred(t, db)
	for _, statement := range []string{"UPDATE transfers SET amount = 1", "DELETE FROM transfers"} {
		tries(t, db, statement)
	}
	if _, err := db.AddRefunds(t.Context(), &app.BatchFile{ID: "b", Name: "b.xlsx", SHA256: "x"}, nil, "kim", now); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{"UPDATE batches SET number = 7", "DELETE FROM batches"} {
		tries(t, db, statement)
	}
}

// transferred says that the money of a break went back by bank transfer.
func transferred(t *testing.T, db *store.DB) {
	t.Helper()
	finding := reconcile.Finding{MID: mid, OrderID: "0001", PaymentKey: "p1", Kind: reconcile.MissingLocally, Currency: pay.KRW, Owed: 500}
	b, change := reconcile.Remember(nil, &finding, day)
	if err := commit(t, db, jobs.Written{Breaks: []jobs.BreakChange{{Break: b, Change: change}}}, drawn); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ResolveBreak(t.Context(), b.ID, reconcile.RefundedByTransfer, "lee", "bank-1", now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
}

func limitByOne(t *testing.T, db *store.DB) {
	asked(t, db, "r", 1000, time.Time{})
	if err := db.Begin(t.Context(), begun(claimed(t, db, choice("a", now)), now)); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{"DELETE FROM limit_ledger", "UPDATE limit_ledger SET number = 0, amount = amount + 1", "UPDATE limit_ledger SET amount = 0",
		"UPDATE limit_ledger SET number = number - 1, amount = amount + 1", "UPDATE limit_ledger SET number = number + 2", "UPDATE limit_ledger SET scope = 'x' WHERE currency = ''"} {
		tries(t, db, statement)
	}
}
