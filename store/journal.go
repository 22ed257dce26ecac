package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// Entry is one row of the journal: who changed what, when and why. Facts is a
// JSON object without personal data.
type Entry struct {
	Seq      int64  `db:"seq" json:"seq"`
	At       Time   `db:"at" json:"at"`
	Actor    string `db:"actor" json:"actor"`
	RunID    string `db:"run_id" json:"run_id"`
	Subject  string `db:"subject" json:"subject"`
	Action   string `db:"action" json:"action"`
	Reason   string `db:"reason" json:"reason"`
	Facts    string `db:"facts" json:"facts"`
	PrevHash string `db:"prev_hash" json:"prev_hash"`
	Hash     string `db:"hash" json:"hash"`
}

// chained is the hash of an entry over everything in it and the hash of the
// entry before, each field with its length, so that no two entries read alike.
func (e Entry) chained() string {
	sum := sha256.New()
	for _, field := range []string{
		fmt.Sprint(e.Seq), e.At.UTC().Format(timeLayout), e.Actor, e.RunID, e.Subject,
		e.Action, e.Reason, e.Facts, e.PrevHash,
	} {
		fmt.Fprintf(sum, "%d:%s\n", len(field), field)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

type journalHead struct {
	Seq  int64  `db:"seq"`
	Hash string `db:"hash"`
}

// journalBatch is how many entries go into one statement.
const journalBatch = 50

// append chains entries to the journal within a transaction, and gives the new
// head.
func (d *DB) append(ctx context.Context, tx *sqlx.Tx, entries []Entry) (string, error) {
	head, err := d.lockJournal(ctx, tx)
	if err != nil {
		return "", err
	}
	return d.appendTo(ctx, tx, head, entries)
}

// lockJournal makes every other writer of the journal wait until the
// transaction ends. It comes as late as it can.
func (d *DB) lockJournal(ctx context.Context, tx *sqlx.Tx) (journalHead, error) {
	var head journalHead
	err := d.one(ctx, tx, &head, "journal_lock", nil)
	return head, err
}

// appendTo chains entries to a locked head, which follows them by a trigger.
func (d *DB) appendTo(ctx context.Context, tx *sqlx.Tx, head journalHead, entries []Entry) (string, error) {
	if len(entries) == 1 {
		next := entries[0].after(head)
		return next.Hash, d.change(ctx, tx, "journal_add", next, "the journal")
	}
	rows := newBulk(d, tx, "INSERT INTO journal (seq, at, actor, run_id, subject, action, reason, facts, prev_hash, hash)", 10, "", journalBatch)
	defer rows.close()
	for _, each := range entries {
		next := each.after(head)
		head = journalHead{next.Seq, next.Hash}
		if err := rows.add(ctx, next.Seq, next.At, next.Actor, next.RunID, next.Subject,
			next.Action, next.Reason, next.Facts, next.PrevHash, next.Hash); err != nil {
			return "", err
		}
	}
	return head.Hash, rows.flush(ctx)
}

// after is the entry in its place behind a head.
func (e Entry) after(head journalHead) Entry {
	e.Seq, e.PrevHash, e.At = head.Seq+1, head.Hash, at(e.At.Time)
	e.Hash = e.chained()
	return e
}

// entry makes a journal row; facts that cannot be written as JSON are a bug.
func entry(now time.Time, actor, runID, subject, action, reason string, facts any) Entry {
	text, err := json.Marshal(facts)
	if err != nil {
		panic("store: journal facts: " + err.Error())
	}
	return Entry{At: at(now), Actor: actor, RunID: runID, Subject: subject, Action: action, Reason: reason, Facts: string(text)}
}

// JournalHead gives the newest entry's number and hash; 0 and "" when the
// journal is empty.
func (d *DB) JournalHead(ctx context.Context) (int64, string, error) {
	var head journalHead
	err := d.one(ctx, d.db, &head, "journal_head", nil)
	return head.Seq, head.Hash, err
}

// Verified is what checking the journal found.
type Verified struct {
	Entries int64
	Head    string
	// Broken says what is wrong, in the order found; empty when all is well.
	Broken []string
	// SawHead says whether a hash that the caller knows is in the chain.
	SawHead bool
}

// VerifyJournal walks the whole chain: every edit, deletion, swap and
// insertion shows. A chain that was rebuilt, or whose tail was cut off, shows
// only against a head that was kept elsewhere, known.
func (d *DB) VerifyJournal(ctx context.Context, known string) (Verified, error) {
	var found Verified
	begun, _, err := d.JournalHead(ctx)
	if err != nil {
		return found, err
	}
	rows, err := d.db.QueryxContext(ctx, d.query("journal_all"))
	if err != nil {
		return found, d.explain("journal", err)
	}
	defer rows.Close()
	found.SawHead = known == ""
	for rows.Next() {
		var e Entry
		if err := rows.StructScan(&e); err != nil {
			return found, d.explain("journal", err)
		}
		found.check(e)
		if e.Hash == known {
			found.SawHead = true
		}
	}
	if err := rows.Err(); err != nil {
		return found, d.explain("journal", err)
	}
	// Other processes may append while this one reads: their entries are later
	// than what was read, and not missing.
	seq, head, err := d.JournalHead(ctx)
	if err != nil {
		return found, err
	}
	found.checkEnd(begun, seq, head)
	return found, nil
}

// checkEnd compares the last entry read with the head as it stood before and
// after the reading.
func (v *Verified) checkEnd(before, after int64, head string) {
	switch {
	case v.Entries < before:
		v.Broken = append(v.Broken, fmt.Sprintf("the journal ends at entry %d, but its head says %d: entries are missing at the end", v.Entries, before))
	case v.Entries > after:
		v.Broken = append(v.Broken, fmt.Sprintf("the journal ends at entry %d, but its head says %d: entries were added at the end", v.Entries, after))
	case v.Entries == after && v.Head != head:
		v.Broken = append(v.Broken, fmt.Sprintf("entry %d is not the one that the head names", after))
	}
}

func (v *Verified) check(e Entry) {
	if e.Seq != v.Entries+1 {
		v.Broken = append(v.Broken, fmt.Sprintf("entry %d is followed by %d", v.Entries, e.Seq))
	}
	if e.PrevHash != v.Head {
		v.Broken = append(v.Broken, fmt.Sprintf("entry %d does not follow the one before it", e.Seq))
	}
	if e.chained() != e.Hash {
		v.Broken = append(v.Broken, fmt.Sprintf("entry %d was changed", e.Seq))
	}
	v.Entries, v.Head = e.Seq, e.Hash
}
