package store_test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"daesa/approval"
	"daesa/internal/database"
	"daesa/refunds"
	"daesa/store"
)

var (
	handChanges = flag.Int("byhand.changes", 60, "changes that TestRandomChangesByHand makes on each database; 10,000 are a proof")
	handSeed    = flag.Uint64("byhand.seed", 1, "the first of its seeds")
)

// deed is something that is done by hand: statements of SQL, or words in the journal
// that follow its chain.
type deed struct {
	what       string
	statements []string
	words      []store.Entry
	well       bool // the words say what the program would say of the rows
	// mayHide says that audit verify need not name it: what was changed is excused, or
	// a word was forged that the program itself could have written.
	mayHide bool

	of     handTable // where it sets one column of a row: that, the row as it was, and
	row    map[string]string
	column string // the column; "": it does something else
}

// attacks are what somebody would do who knows the program: everything that can be
// written is written so that it fits.
func (w *byHand) attacks() []deed {
	refundsTable, attempts, accounts, statements := w.hand.table("refunds"), w.hand.table("refund_attempts"), w.hand.table("accounts"), w.hand.table("statements")
	request := func(ref string) refunds.Request {
		r, _, err := w.db.Refund(w.t.Context(), w.ids[ref])
		w.must(err)
		return r
	}
	statement := w.statementOf(handCard)
	approve := func(ref string, change func(*refunds.Request), hash string) deed {
		r := request(ref)
		from := r.State
		change(&r)
		like := handCard
		if ref == handWithdrawn { // approved by the statement of the first requests
			like = handDone
		}
		approvedAt := refundsTable.find("id", w.ids[like])["approved_at"]
		return deed{what: "an approval of " + ref + " that fits", well: true, statements: []string{fmt.Sprintf(
			"UPDATE refunds SET state = 'approved', approved_by = 'lee', approved_at = %s, approval = '%s', amount = %d, finished_at = NULL, next_at = NULL WHERE id = '%s'",
			approvedAt, refunds.ApprovalHash(r), r.Amount, r.ID)},
			words: []store.Entry{{At: store.Time{Time: w.now.Add(-time.Hour)}, Actor: "lee", Subject: "refund:" + r.ID, Action: "refund.approved",
				Facts: fmt.Sprintf(`{"from":"%s","mid":"%s","order_id":"%s","amount":%d,"currency":"KRW","statement":"%s"}`, from, r.MID, r.OrderID, r.Amount, hash)}}}
	}
	same := func(*refunds.Request) {}
	more := func(r *refunds.Request) { r.Amount += 10_000 }
	again := approve(handWithdrawn, same, w.statementOf(handWithdrawn))
	withdrawal := "DELETE FROM journal WHERE subject = 'refund:" + w.ids[handWithdrawn] + "' AND action = 'refund.rejected'"
	card := statements.find("hash", statement)
	another := maps.Clone(card)
	another["hash"], another["body"] = "'"+strings.Repeat("ab", 32)+"'", "replace("+card["body"]+", '"+w.ids[handCard]+"', '"+w.ids[handWaits]+"')"
	copied := w.hand.copied(refundsTable, refundsTable.find("id", w.ids[handCard]), "x")
	account := accounts.find("order_id", "order-"+handAccount)
	lostToo := accounts.find("order_id", "order-"+handLostToo)
	body := func(ref string) map[string]string { return attempts.find("refund_id", w.ids[ref]) }
	swap := func(table handTable, a, b map[string]string, columns ...string) []string {
		var list []string
		for _, column := range columns {
			list = append(list, "UPDATE "+table.name+" SET "+column+" = "+b[column]+" WHERE "+table.where(a))
		}
		return list
	}
	reopen := func(ref string, state refunds.State) deed {
		r := request(ref)
		return deed{what: ref + " back to " + string(state) + ", which fits", well: true, statements: []string{
			"UPDATE refunds SET state = '" + string(state) + "', finished_at = NULL, next_at = NULL, transaction_key = '' WHERE id = '" + r.ID + "'"},
			words: []store.Entry{{At: store.Time{Time: w.now}, Actor: "daesa refunds", RunID: "run", Subject: "refund:" + r.ID, Action: "refund." + string(state),
				Facts: fmt.Sprintf(`{"from":"%s","amount":%d,"currency":"KRW"}`, r.State, r.Amount)}}}
	}
	deeds := []deed{
		approve(handWaits, same, statement), approve(handRejected, same, statement), approve(handExpired, same, statement), approve(handWaits, same, w.statementOf(handDone)),
		again, approve(handCard, more, statement), approve(handCard, same, statement),
		{what: "the withdrawal is gone, and the request as before it", statements: append([]string{withdrawal}, again.statements...)},
		{what: "a statement with another line, under the same signature", statements: append([]string{w.hand.insert(statements, another)}, approve(handWaits, same, "").statements...),
			words: approve(handWaits, same, strings.Repeat("ab", 32)).words, well: true},
		{what: "a copy of a signed request", statements: []string{w.hand.insert(refundsTable, copied)}},
		{what: "another's account as it was signed", statements: swap(accounts, account, lostToo, "sealed", "bank", "account_masked")},
		{what: "another's bytes", statements: swap(attempts, body(handLost), body(handLostToo), "body", "body_sha256", "sealed")},
		{what: "another's sealed bytes", statements: swap(attempts, body(handLostToo), body(handLost), "body", "body_sha256", "sealed")},
		{what: "bytes with another amount, and their hash", statements: []string{w.otherBytes(body(handLost))}},
		reopen(handDone, refunds.StateApproved), reopen(handDone, refunds.StateRetry), reopen(handUnheard, refunds.StateApproved), reopen(handWithdrawn, refunds.StateApproved), reopen(handExpired, refunds.StateApproved),
	}
	unheard := w.ids[handUnheard]
	taken := w.entries[slices.IndexFunc(w.entries, func(e store.Entry) bool { return e.Action == "statement.taken" })]
	return append(deeds,
		deed{what: "no attempt of what was carried out", statements: []string{"DELETE FROM refund_attempts WHERE refund_id = '" + unheard + "'", "UPDATE refunds SET attempts = 0, state = 'approved' WHERE id = '" + unheard + "'"}},
		deed{what: "a statement that is taken once more", words: []store.Entry{taken}},
		deed{what: "a word that does not say how its request stood", words: []store.Entry{{At: store.Time{Time: w.now}, Actor: "daesa refunds", RunID: "run", Subject: "refund:" + w.ids[handDone], Action: "refund.answered",
			Facts: `{"from":"succeeded"}`}}},
		deed{what: "a word that cannot be read", words: []store.Entry{{At: store.Time{Time: w.now}, Actor: "x", Subject: "batch:x", Action: "batch.imported", Facts: "x"}}},
		deed{what: "a send without an amount", words: []store.Entry{{At: store.Time{Time: w.now}, Actor: "x", Subject: "refund:" + w.ids[handDone], Action: "refund.sending", Facts: "{}"}}},
		deed{what: "no head", statements: []string{"DELETE FROM journal_head"}})
}

// otherBytes writes other bytes into an attempt, with their hash.
func (w *byHand) otherBytes(row map[string]string) string {
	body := strings.Replace(w.signed[w.ids[handLost]].Body, "7000", "29000", 1)
	kind := w.hand.table("refund_attempts").types["body"]
	literal := w.hand.literal("blob", body)
	if kind == "bytea" {
		literal = "convert_to('" + body + "', 'UTF8')"
	}
	return fmt.Sprintf("UPDATE refund_attempts SET body = %s, body_sha256 = '%s' WHERE refund_id = '%s'", literal, approval.Hash([]byte(body)), w.ids[handLost])
}

// statementOf is the hash of the statement by which a request was approved.
func (w *byHand) statementOf(ref string) string {
	proof, err := w.db.Proof(w.t.Context(), w.ids[ref])
	w.must(err)
	return proof.Statement
}

// weights say how often each table is changed; the others once.
var weights = map[string]int{"refunds": 12, "refund_attempts": 6, "accounts": 4, "statements": 4, "limit_ledger": 2, "hand_transfers": 2, "journal": 4, "journal_head": 2}

// random is one thing that is done by hand, without a plan.
func (w *byHand) random(r *rand.Rand, attacks []deed) deed {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(w.reads)) {
		if len(w.hand.table(name).rows) > 0 {
			names = append(names, slices.Repeat([]string{name}, max(1, weights[name]))...)
		}
	}
	table := w.hand.table(names[r.IntN(len(names))])
	row := table.rows[r.IntN(len(table.rows))]
	switch n := r.IntN(20); {
	case n < 3:
		return attacks[r.IntN(len(attacks))]
	case n < 5:
		return w.word(r)
	case n < 6:
		return deed{what: "a row of " + table.name + " is gone", statements: []string{"DELETE FROM " + table.name + " WHERE " + table.where(row)}, mayHide: unnamed[table.name] != ""}
	case n < 8:
		copied := w.hand.copied(table, row, fmt.Sprint(r.IntN(1000)))
		if column := table.columns[r.IntN(len(table.columns))]; !slices.Contains(table.keys, column) {
			copied[column] = w.value(r, table, column)
		}
		return deed{what: "a copied row of " + table.name, statements: []string{w.hand.insert(table, copied)}, mayHide: unnamed[table.name] != "" || unnamed[table.name+"."] != ""}
	}
	column := table.columns[r.IntN(len(table.columns))]
	value := w.value(r, table, column)
	return deed{what: table.name + "." + column + " = " + value, statements: []string{table.set(column, value, table.where(row))}, mayHide: excused(table.name, column) != "", of: table, row: row, column: column}
}

// value is one that a column may get: another row's, nothing, another one, or for a
// state any.
func (w *byHand) value(r *rand.Rand, table handTable, column string) string {
	kind := table.types[column]
	switch n := r.IntN(10); {
	case column == "state" && table.name == "refunds":
		return w.hand.literal(kind, string(refunds.States[r.IntN(len(refunds.States))]))
	case n < 5:
		return table.rows[r.IntN(len(table.rows))][column]
	case n < 7:
		return w.hand.empty(table, column)
	case n < 8 && kind != "text" && kind != "blob" && kind != "bytea" && !w.hand.isTime(column, kind):
		return w.hand.literal(kind, fmt.Sprint(r.IntN(100_000)))
	default:
		return w.hand.other(table, column)
	}
}

// word is an entry as some other one is, about another request or with another
// action, that follows the chain. One that is about no request says nothing that
// anything goes by, but for a pause.
func (w *byHand) word(r *rand.Rand) deed {
	journal := w.hand.table("journal")
	like := w.entries[r.IntN(len(journal.rows))]
	ids := slices.Sorted(maps.Values(w.ids))
	like.Seq, like.PrevHash, like.Hash = 0, "", ""
	about := strings.HasPrefix(like.Subject, "refund:")
	if about && r.IntN(2) == 0 {
		like.Subject = "refund:" + ids[r.IntN(len(ids))]
	}
	if about && r.IntN(2) == 0 {
		like.Action = "refund." + string(refunds.States[r.IntN(len(refunds.States))])
	}
	if r.IntN(3) == 0 {
		like.Actor = []string{"lee", "kim", "daesa refunds"}[r.IntN(3)]
	}
	well := r.IntN(2) == 0
	return deed{what: "a word: " + like.Action + " on " + like.Subject, words: []store.Entry{like}, well: well, mayHide: !about && like.Action != "refunds.paused" || well}
}

// do does it; false: the tables refuse it, or it changes nothing.
func (w *byHand) do(d deed) bool {
	for _, each := range d.statements {
		if changed, err := w.hand.changed(each); err != nil || !changed && len(d.words) == 0 {
			return false
		}
	}
	for _, each := range d.words {
		forge := w.db.ForgeForTest
		if d.well {
			forge = w.db.ForgeWellForTest
		}
		if err := forge(w.t.Context(), each); err != nil {
			return false
		}
	}
	return true
}

// Changes of one to three things at once, drawn at random: nothing that nobody signed
// is sent, and everything is named that must be.
func TestRandomChangesByHand(t *testing.T) {
	onBoth(t, func(t *testing.T, kind database.Dialect) {
		w := newByHand(t, kind)
		attacks := w.attacks()
		for _, each := range attacks { // each once by itself
			o, done := w.judge(t, each.what, []deed{each})
			if !done {
				t.Errorf("%s: the tables refuse it, or it changes nothing", each.what)
			} else if !o.isNamed() {
				t.Errorf("%s: it is not named", each.what)
			}
		}
		start := time.Now()
		var made, named, must, held int
		for seed := *handSeed; made < *handChanges && !t.Failed(); seed++ {
			r := rand.New(rand.NewPCG(seed, 0xda35a))
			var deeds []deed
			for range 1 + r.IntN(3) {
				deeds = append(deeds, w.random(r, attacks))
			}
			o, done := w.judge(t, fmt.Sprintf("-byhand.seed %d", seed), deeds)
			if !done {
				continue
			}
			made++
			if made%1000 == 0 {
				t.Logf("%d changes in %s, to seed %d", made, time.Since(start).Round(time.Second), seed)
			}
			if o.isNamed() {
				named++
			}
			if mustName(deeds) {
				must++
			}
			held += min(1, o.missing)
		}
		t.Logf("%d changes in %s: none made a cancel that nobody signed; %d had to be named, %d were; %d kept something from being sent", made, time.Since(start).Round(time.Second), must, named, held)
	})
}

// mustName says whether audit verify must name what was done. A word that is forged
// well may hide what the rows beside it say.
func mustName(deeds []deed) bool {
	must := false
	for _, d := range deeds {
		if d.well && d.mayHide {
			return false
		}
		must = must || !d.mayHide
	}
	return must
}

// undone says whether the column that was set says again what it said before: another
// deed has set it back.
func (w *byHand) undone(d deed) bool {
	return d.column != "" && slices.ContainsFunc(w.hand.literals(d.of), func(now map[string]string) bool {
		return now[d.column] == d.row[d.column] && !slices.ContainsFunc(d.of.keys, func(key string) bool { return now[key] != d.row[key] })
	})
}

func (w *byHand) judge(t *testing.T, name string, deeds []deed) (o outcome, done bool) {
	t.Helper()
	defer w.back()
	var what []string
	for _, d := range deeds {
		what = append(what, d.what)
		if !w.do(d) {
			return o, false
		}
	}
	if deeds = slices.DeleteFunc(deeds, w.undone); len(deeds) == 0 || !w.hand.differs() {
		return o, false
	}
	o = w.try()
	if len(o.unsigned) > 0 {
		t.Errorf("%s: %s: sent what nobody signed: %s", name, strings.Join(what, "; "), strings.Join(o.unsigned, "; "))
	}
	if mustName(deeds) && !o.isNamed() {
		t.Errorf("%s: %s: audit verify does not name it (%d not sent, %v)", name, strings.Join(what, "; "), o.missing, o.verified)
	}
	return o, true
}
