package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"daesa/app"
	"daesa/jobs"
	"daesa/pay"
	"daesa/refunds"
	sqlfiles "daesa/sql"
	"daesa/store"
)

// verifyTests are what the comparison of rows with the journal must find.
var verifyTests = map[string]func(*testing.T, *store.DB){
	"verify: each column that somebody changes is named":    everyColumnIsNamed,
	"verify: a row that is gone, or was added, is named":    rowsGoneAndAdded,
	"verify: one changed row stops that request alone":      oneRowStopsItself,
	"verify: a brake that was taken off by hand is named":   brakeByHand,
	"verify: what an older version wrote is no alarm":       olderEntries,
	"verify: a part of the chain is checked from its point": chainFromAPoint,
}

// verified is what verifying found; it must be no error.
func verified(t *testing.T, db *store.DB) app.Verified {
	t.Helper()
	found, err := db.VerifyJournal(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// quiet: what daesa itself did is as the journal says.
func quiet(t *testing.T, db *store.DB) {
	t.Helper()
	if found := verified(t, db); len(found.Altered) > 0 || len(found.Broken) > 0 {
		t.Fatalf("nobody changed anything, and it finds %+v, %v", found.Altered, found.Broken)
	}
}

// own does what only the owner of the tables can.
func own(t *testing.T, db *store.DB, statements ...string) {
	t.Helper()
	for _, each := range statements {
		if err := db.ExecForTest(t.Context(), each); err != nil {
			t.Fatalf("%s: %v", each, err)
		}
	}
}

var verifiedTables = []string{"refunds", "refund_attempts", "hand_transfers", "transfers", "batches", "limit_ledger", "brake", "accounts", "statements"}

// unguarded takes the triggers away, as the owner can, and keeps a copy of each
// table.
func unguarded(t *testing.T, db *store.DB) {
	t.Helper()
	if db.Dialect() == sqlfiles.Postgres {
		for _, table := range verifiedTables {
			own(t, db, "ALTER TABLE "+table+" DISABLE TRIGGER ALL")
		}
	} else {
		triggers, err := db.RowsForTest(t.Context(), "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name <> 'journal'")
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range triggers {
			own(t, db, "DROP TRIGGER "+row[0])
		}
	}
	for _, table := range verifiedTables {
		own(t, db, "CREATE TABLE kept_"+table+" AS SELECT * FROM "+table)
	}
}

// restored gives a table back as it was kept.
func restored(t *testing.T, db *store.DB, table string) {
	t.Helper()
	own(t, db, "DELETE FROM "+table, "INSERT INTO "+table+" SELECT * FROM kept_"+table)
}

// story is a life of everything that is compared.
func story(t *testing.T, db *store.DB) {
	t.Helper()
	if _, err := db.AddRefunds(t.Context(), &app.BatchFile{ID: "b1", Name: "b.xlsx", SHA256: "cafe"}, nil, "kim", now); err != nil {
		t.Fatal(err)
	}
	done := asked(t, db, "done", 1000, time.Time{})
	c := claimed(t, db, choice("a", now))
	b := begun(c, now)
	if err := db.Begin(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	after := c.Request
	after.State, after.Version = refunds.StateSending, after.Version+1
	answered := b.Attempt.Heard(nil, now.Add(time.Second))
	p := pay.Payment{MID: mid, PaymentKey: done.PaymentKey, OrderID: done.OrderID, Currency: pay.KRW, TotalAmount: 10_000, BalanceAmount: 9000,
		Cancels: []pay.Cancel{{TransactionKey: "tx-done", Amount: 1000, Status: pay.CancelDone, CanceledAt: now}}}
	if err := db.Settle(t.Context(), refunds.Settled{Request: after, Step: refunds.Step{To: refunds.StateSucceeded, Claim: &p.Cancels[0]}, Attempt: &answered, Payment: &p, RunID: "run", Now: now, Actor: "daesa"}); err != nil {
		t.Fatal(err)
	}
	past := func(r *refunds.Request, _ *pay.Payment) { r.State, r.FinishedAt = refunds.StateExpired, now }
	late := asked(t, db, "late", 7000, now.Add(-time.Hour), past)
	for _, to := range []refunds.ManualState{refunds.ManualApproved, refunds.ManualDone} {
		if _, err := db.MoveManualTransfer(t.Context(), refunds.ManualWord{ID: late.ID, To: to, By: "lee", Reference: "bank-1", Note: "called", Now: now}); err != nil {
			t.Fatal(err)
		}
	}
	if err := commit(t, db, jobs.Written{Proposed: []refunds.Request{proposal(400, "waits"), proposal(500, "signed")}}, drawn); err != nil {
		t.Fatal(err)
	}
	if err := approveSigned(db, t, signed(t, db, stored(t, db, refunds.RequestID(mid, "signed")))); err != nil {
		t.Fatal(err)
	}
	if err := db.SaveAccounts(t.Context(), []refunds.StoredAccount{*account("story", "print-1", now)}); err != nil {
		t.Fatal(err)
	}
	transferred(t, db)
	if _, err := db.Pause(t.Context(), "park", "look first", now); err != nil {
		t.Fatal(err)
	}
}

// unsaid are the columns that no entry says, and why.
var unsaid = map[string]string{
	"refunds.version": "every claim raises it", "refunds.lease_owner": "of the worker at it", "refunds.lease_until": "the same", "refunds.next_at": "when it is looked at again",
	"refunds.sent_at": "keeps two cancels apart", "refunds.looked_at": "every look-up moves it", "refunds.cancel_by": "every look-up says it anew",
	"refunds.error_code": "every look-up says it anew", "refunds.error_message": "the same", "refunds.planned_foreign": "what the next word covers",
	"refunds.same_as": "another request may say it", "refunds.in_progress": "every look-up says it anew",
	"refunds.account_print": "until there is an approval, which covers it", "refund_attempts.body": "an auditor may not read it; the worker compares it with its hash",
	"refunds.strangers": "what a person has seen on the payment",
	"accounts.sealed":   "it opens only in its own place, and an auditor may not read it",
	"batches.name":      "a file may be renamed", "brake.one": "it can only be 1",
}

// candidates are other values that a column may take, as SQL.
func candidates(table, column, kind string) []string {
	switch kind = strings.ToLower(kind); {
	case column == "state" && table == "refunds":
		var states []string
		for _, state := range refunds.States {
			states = append(states, "'"+string(state)+"'")
		}
		return states
	case column == "state":
		return []string{"'due'", "'approved'", "'done'", "'dropped'"}
	case strings.Contains(kind, "int"):
		return []string{column + " + 1", column + " - 1", "0", "1"}
	case strings.Contains(kind, "timestamp"):
		return []string{"coalesce(" + column + ", now()) + interval '1 day'"}
	case strings.HasSuffix(column, "_at") || slices.Contains([]string{"at", "first_sent", "last_sent", "cancel_by", "lease_until"}, column):
		return []string{"'2020-01-01T00:00:00.000000Z'"}
	case kind == "bytea":
		return []string{`'\x00'::bytea`}
	case kind == "blob":
		return []string{"x'00'"}
	default:
		return []string{column + " || 'x'", "''"}
	}
}

func everyColumnIsNamed(t *testing.T, db *store.DB) {
	story(t, db)
	quiet(t, db)
	unguarded(t, db)
	changed := 0
	for _, table := range verifiedTables {
		for _, column := range columnsOf(t, db, table) {
			name, kind := column[0], column[1]
			took := false
			for _, value := range candidates(table, name, kind) {
				statement := fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s IS DISTINCT FROM %s", table, name, value, name, value)
				if err := db.ExecForTest(t.Context(), statement); err != nil {
					continue // a CHECK or a key refuses it: the database says so by itself
				}
				found := verified(t, db)
				same, err := db.RowsForTest(t.Context(), "SELECT count(*) FROM (SELECT * FROM "+table+" EXCEPT SELECT * FROM kept_"+table+") AS changed")
				if err != nil {
					t.Fatal(err)
				}
				restored(t, db, table)
				if same[0][0] == "0" {
					continue
				}
				took = true
				_, free := unsaid[table+"."+name]
				if named := names(found, table, name); named == free {
					t.Errorf("%s: named %v, and it is covered %v: %+v", statement, named, !free, found.Altered)
				}
				changed++
			}
			if !took && unsaid[table+"."+name] == "" {
				t.Logf("%s.%s: the database takes no other value", table, name)
			}
		}
	}
	if changed < 60 {
		t.Errorf("only %d changes were tried", changed)
	}
	quiet(t, db)
}

// names says whether verifying named a changed column, or for a key the row that
// is gone and the one that is there in its place.
func names(found app.Verified, table, column string) bool {
	for _, altered := range found.Altered {
		kind, _, _ := strings.Cut(altered.Subject, ":")
		of := map[string]string{"refunds": "refund", "refund_attempts": "refund", "hand_transfers": "transfer", "transfers": "break", "batches": "batch", "limit_ledger": "limit", "brake": "brake",
			"accounts": "account", "statements": "statement"}[table]
		if kind != of {
			continue
		}
		switch table {
		case "refunds", "hand_transfers", "batches", "transfers", "accounts", "statements":
			if slices.Contains(altered.What, column) || slices.ContainsFunc(altered.What, func(what string) bool { return strings.Contains(what, "not there") || strings.Contains(what, "knows") }) {
				return true
			}
		default:
			return true
		}
	}
	return false
}

func columnsOf(t *testing.T, db *store.DB, table string) [][]string {
	t.Helper()
	query := "SELECT name, type FROM pragma_table_info('" + table + "')"
	if db.Dialect() == sqlfiles.Postgres {
		query = "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = '" + table + "'"
	}
	columns, err := db.RowsForTest(t.Context(), query)
	if err != nil || len(columns) == 0 {
		t.Fatal(columns, err)
	}
	return columns
}

func rowsGoneAndAdded(t *testing.T, db *store.DB) {
	story(t, db)
	unguarded(t, db)
	for _, table := range verifiedTables {
		own(t, db, "DELETE FROM "+table)
		if found := verified(t, db); len(found.Altered) == 0 {
			t.Errorf("the rows of %s are gone, and nothing is named", table)
		}
		restored(t, db, table)
	}
	for table, columns := range map[string][2]string{
		"refunds": {"id, ref", "'forged', 'forged'"}, "refund_attempts": {"n, idempotency_key", "7, 'forged'"}, "hand_transfers": {"refund_id", "'forged'"},
		"transfers": {"break_id", "'forged'"}, "batches": {"batch, sha256", "'forged', 'forged'"}, "limit_ledger": {"scope", "'day:2020-01-01'"},
		"accounts": {"payment_key, print", "'forged', 'forged'"}, "statements": {"hash", "'forged'"},
	} {
		var others []string
		for _, column := range columnsOf(t, db, table) {
			if !slices.Contains(strings.Split(columns[0], ", "), column[0]) {
				others = append(others, column[0])
			}
		}
		list := strings.Join(others, ", ")
		own(t, db, fmt.Sprintf("INSERT INTO %s (%s, %s) SELECT %s, %s FROM %s LIMIT 1", table, columns[0], list, columns[1], list, table))
		if found := verified(t, db); len(found.Altered) == 0 {
			t.Errorf("a row was added to %s, and nothing is named", table)
		}
		restored(t, db, table)
	}
	own(t, db, "INSERT INTO limit_ledger (scope, currency, number, amount) VALUES ('day:2020-01-01', 'KRW', 0, 0)")
	if found := verified(t, db); len(found.Altered) == 0 {
		t.Error("a limit that took nothing, of which the journal knows nothing, is not named")
	}
	restored(t, db, "limit_ledger")
	quiet(t, db)
}

func oneRowStopsItself(t *testing.T, db *store.DB) {
	bad, good := asked(t, db, "bad", 1000, now.Add(time.Hour)), asked(t, db, "good", 1000, now.Add(2*time.Hour))
	waits := wanted(t, db, "waits")
	unguarded(t, db)
	own(t, db, "UPDATE refunds SET amount = 9000 WHERE id IN ('"+bad.ID+"', '"+waits.ID+"')")
	first, second := claimed(t, db, choice("a", now)), claimed(t, db, choice("a", now))
	if first == nil || first.Request.ID != bad.ID || !slices.Contains(first.Known.Altered, "amount") || !slices.Contains(first.Known.Altered, "approval") {
		t.Errorf("the changed one is claimed as %+v", first)
	}
	if second == nil || second.Request.ID != good.ID || len(second.Known.Altered) > 0 {
		t.Errorf("the other one is claimed as %+v", second)
	}
	if step := refunds.Next(first.Request, nil, refunds.Answer{Known: first.Known, Payment: &pay.Payment{}}, now); step.To != refunds.StateHeld || step.Why != refunds.WhyAltered || step.Do != refunds.Rest {
		t.Errorf("it goes to %+v", step)
	}
	word := refunds.Approval{IDs: []string{waits.ID}, By: "lee", Note: "x", Now: now}
	if _, err := db.Approve(t.Context(), word); err == nil || !strings.Contains(err.Error(), "amount") {
		t.Errorf("a changed request is approved: %v", err)
	}
	if _, err := db.Reject(t.Context(), word); err != nil {
		t.Errorf("nor can it be rejected: %v", err)
	}
	// An approval that somebody made to fit, and bytes that are not those of the intent.
	restored(t, db, "refunds")
	forged := bad
	forged.Amount = 9000
	own(t, db, fmt.Sprintf("UPDATE refunds SET amount = 9000, approval = '%s' WHERE id = '%s'", refunds.ApprovalHash(forged), bad.ID))
	again, err := db.ClaimedFor(t.Context(), bad.ID)
	if err != nil || !slices.Contains(again.Known.Altered, "amount") || !slices.Contains(again.Known.Altered, "approval") {
		t.Errorf("with an approval made to fit: %+v, %v", again.Known.Altered, err)
	}
	restored(t, db, "refunds")
	claimed(t, db, choice("a", now))
	if err := db.Begin(t.Context(), begun(claimed(t, db, choice("a", now)), now)); err != nil {
		t.Fatal(err)
	}
	own(t, db, "UPDATE refund_attempts SET body = "+candidates("refund_attempts", "body", map[bool]string{true: "bytea", false: "blob"}[db.Dialect() == sqlfiles.Postgres])[0])
	again, err = db.ClaimedFor(t.Context(), good.ID)
	if err != nil || !slices.Contains(again.Known.Altered, "attempt 1: body") {
		t.Errorf("with other bytes: %+v, %v", again.Known.Altered, err)
	}
}

func brakeByHand(t *testing.T, db *store.DB) {
	if _, err := db.Pause(t.Context(), "park", "look first", now); err != nil {
		t.Fatal(err)
	}
	quiet(t, db)
	own(t, db, "DELETE FROM brake")
	if found := verified(t, db); len(found.Altered) != 1 || found.Altered[0].Subject != "brake" {
		t.Errorf("found %+v", found.Altered)
	}
}

// olderEntries: entries of a version that kept fewer facts.
func olderEntries(t *testing.T, db *store.DB) {
	db.OlderForTest()
	story(t, db)
	found := verified(t, db)
	if len(found.Altered) > 0 || len(found.Broken) > 0 || found.Unsaid == 0 {
		t.Fatalf("without the facts: %+v", found)
	}
	unguarded(t, db)
	for statement, column := range map[string]string{"UPDATE refunds SET amount = amount + 1": "amount", "UPDATE refunds SET payment_key = 'x'": "payment_key",
		"UPDATE refunds SET state = 'rejected' WHERE state = 'requested'": "state", "UPDATE refunds SET reason = 'x'": "reason",
		"UPDATE refunds SET approved_by = 'choi' WHERE approved_by <> ''": "approved_by", "UPDATE refund_attempts SET guard = 1": "attempt 1: guard"} {
		own(t, db, statement)
		if found := verified(t, db); !slices.ContainsFunc(found.Altered, func(a app.Altered) bool { return slices.Contains(a.What, column) }) {
			t.Errorf("%s is not found: %+v", statement, found.Altered)
		}
		restored(t, db, "refunds")
		restored(t, db, "refund_attempts")
	}
}

func chainFromAPoint(t *testing.T, db *store.DB) {
	for i := range 10 {
		save(t, db, order(fmt.Sprintf("%04d", i), 1))
	}
	walk := func(from app.ChainPoint) app.ChainWalk {
		t.Helper()
		found, err := db.WalkChain(t.Context(), from)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	hash, err := db.EntryHash(t.Context(), 5)
	if err != nil {
		t.Fatal(err)
	}
	fifth := app.ChainPoint{Seq: 5, Hash: hash}
	whole, part := walk(app.ChainPoint{}), walk(fifth)
	if len(whole.Broken)+len(part.Broken) > 0 || whole.Last != part.Last || whole.Last.Seq != 10 {
		t.Fatalf("whole %+v, from the fifth %+v", whole, part)
	}
	if found := walk(whole.Last); len(found.Broken) > 0 || found.Last != whole.Last {
		t.Errorf("from its end %+v", found)
	}
	for _, wrong := range []app.ChainPoint{{Seq: 5, Hash: "x"}, {Seq: 11, Hash: "x"}} {
		if found := walk(wrong); len(found.Broken) == 0 {
			t.Errorf("from %+v nothing is found", wrong)
		}
	}
	if db.Dialect() == sqlfiles.Postgres {
		own(t, db, "ALTER TABLE journal DISABLE TRIGGER ALL")
	} else {
		own(t, db, "DROP TRIGGER journal_no_update")
	}
	own(t, db, "UPDATE journal SET actor = 'x' WHERE seq = 3")
	if len(walk(app.ChainPoint{}).Broken) == 0 || len(walk(fifth).Broken) > 0 {
		t.Error("an entry before the point shows in the whole chain, and there alone")
	}
	own(t, db, "UPDATE journal SET actor = 'x' WHERE seq = 8")
	if len(walk(fifth).Broken) == 0 {
		t.Error("an entry behind the point does not show")
	}
}
