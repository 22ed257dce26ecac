package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/app"
	"daesa/internal/database"
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
		fmt.Sprint(e.Seq), e.At.UTC().Format(database.TimeLayout), e.Actor, e.RunID, e.Subject,
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

// WrittenBy lets every entry of the journal keep the login and the host that it was
// written from, beside the name of its actor, which may be typed. It is called
// before the database is used by several goroutines.
func (d *DB) WrittenBy(login, host string) error {
	fact, err := json.Marshal(map[string]any{factProcess: map[string]string{"login": login, "host": host}})
	d.writer = string(fact)
	return err
}

// sign adds to an entry where it was written from.
func (d *DB) sign(e Entry) Entry {
	rest, object := strings.CutPrefix(e.Facts, "{")
	switch {
	case d.writer == "" || d.older:
	case !object || rest == "}": // no facts beside it
		e.Facts = d.writer
	default:
		e.Facts = strings.TrimSuffix(d.writer, "}") + "," + rest
	}
	return e
}

// append chains entries to the journal within a transaction, and gives the new
// head. It comes when all else is written: entries keep what the rows say then.
func (d *DB) append(ctx context.Context, tx *sqlx.Tx, entries []Entry) (string, error) {
	entries, err := d.witness(ctx, tx, entries)
	if err != nil {
		return "", err
	}
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
	err := d.db.One(ctx, tx, &head, "journal_lock", nil)
	return head, err
}

// appendTo chains entries to a locked head, which follows them by a trigger.
func (d *DB) appendTo(ctx context.Context, tx *sqlx.Tx, head journalHead, entries []Entry) (string, error) {
	if len(entries) == 1 {
		next := d.sign(entries[0]).after(head)
		return next.Hash, d.change(ctx, tx, "journal_add", next, "the journal")
	}
	rows := database.NewBulk(d.db, tx, "INSERT INTO journal (seq, at, actor, run_id, subject, action, reason, facts, prev_hash, hash)", 10, "", journalBatch)
	defer rows.Close()
	for _, each := range entries {
		next := d.sign(each).after(head)
		head = journalHead{next.Seq, next.Hash}
		if err := rows.Add(ctx, next.Seq, next.At, next.Actor, next.RunID, next.Subject,
			next.Action, next.Reason, next.Facts, next.PrevHash, next.Hash); err != nil {
			return "", err
		}
	}
	return head.Hash, rows.Flush(ctx)
}

// appendLast chains entries to a locked head as the last of a transaction: one goes
// with its commit.
func (d *DB) appendLast(ctx context.Context, tx *sqlx.Tx, head journalHead, entries []Entry) error {
	if len(entries) != 1 {
		_, err := d.appendTo(ctx, tx, head, entries)
		return err
	}
	batch := database.NewBatch(d.db, "journal_add")
	batch.Exec("journal_add", d.sign(entries[0]).after(head), oneRow("journal_add", "the journal"))
	return batch.RunLast(ctx, tx)
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
// journal is empty. It is kept outside of the database to show that nothing went
// missing, and so is told when the disk has it.
func (d *DB) JournalHead(ctx context.Context) (int64, string, error) {
	var head journalHead
	err := d.db.One(ctx, d.db.Pool(), &head, "journal_head", nil)
	if err == nil {
		err = d.db.OnDisk(ctx)
	}
	return head.Seq, head.Hash, err
}

// EntryHash gives the hash of an entry, "" where there is none.
func (d *DB) EntryHash(ctx context.Context, seq int64) (string, error) {
	return d.entryHash(ctx, d.db.Pool(), seq)
}

func (d *DB) entryHash(ctx context.Context, on runner, seq int64) (hash string, err error) {
	err = d.db.One(ctx, on, &hash, "entry_hash", args{"seq": seq})
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return hash, err
}

// VerifyJournal walks the whole chain: every edit, deletion, swap and
// insertion shows. A chain that was rebuilt, or whose tail was cut off, shows
// only against a head that was kept elsewhere, known. Then it compares requests,
// transfers, limits, files and the brake with what their entries say. All of it is
// read in one snapshot, while others go on writing.
func (d *DB) VerifyJournal(ctx context.Context, known string) (app.Verified, error) {
	found := app.Verified{SawHead: known == ""}
	err := d.snapshotted(ctx, func(tx *sqlx.Tx) error {
		sums := newJournalSums()
		if err := d.walk(ctx, tx, 1, func(e Entry) error {
			checkEntry(&found, e)
			found.SawHead = found.SawHead || e.Hash == known
			if err := sums.add(e); err != nil {
				// Who may add entries could else keep everything from being compared.
				found.Broken = append(found.Broken, fmt.Sprintf("entry %d is none that daesa writes: %v", e.Seq, err))
			}
			return nil
		}); err != nil {
			return err
		}
		if err := d.checkHead(ctx, tx, &found); err != nil {
			return err
		}
		found.Signed, found.Words = sums.signed, sums.words
		v := &verification{d, tx, &found}
		for _, each := range []func(context.Context, *journalSums) error{
			v.rows, v.given, v.limits, v.batches, v.brake, v.accounts, v.statements,
		} {
			if err := each(ctx, sums); err != nil {
				return err
			}
		}
		return nil
	})
	slices.SortFunc(found.Altered, func(a, b app.Altered) int { return strings.Compare(a.Subject, b.Subject) })
	return found, err
}

// WalkChain checks the chain from an entry on that was checked before; the zero
// point is its beginning.
func (d *DB) WalkChain(ctx context.Context, from app.ChainPoint) (app.ChainWalk, error) {
	found := app.Verified{Entries: max(0, from.Seq-1)}
	err := d.snapshotted(ctx, func(tx *sqlx.Tx) error {
		begun := false
		if err := d.walk(ctx, tx, max(1, from.Seq), func(e Entry) error {
			if !begun && from.Seq > 0 && e.Seq == from.Seq {
				found.Head = e.PrevHash // what is before it was checked with it
			}
			begun = true
			checkEntry(&found, e)
			if e.Seq == from.Seq && e.Hash != from.Hash {
				found.Broken = append(found.Broken, fmt.Sprintf("entry %d is not the one that was checked before", e.Seq))
			}
			return nil
		}); err != nil {
			return err
		}
		if !begun && from.Seq > 0 {
			found.Broken = append(found.Broken, fmt.Sprintf("entry %d, which was checked before, is not there", from.Seq))
			return nil
		}
		return d.checkHead(ctx, tx, &found)
	})
	return app.ChainWalk{Last: app.ChainPoint{Seq: found.Entries, Hash: found.Head}, Broken: found.Broken}, err
}

// snapshotted runs f on one snapshot of the database.
func (d *DB) snapshotted(ctx context.Context, f func(tx *sqlx.Tx) error) error {
	tx, err := d.db.Pool().BeginTxx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return d.db.Explain("begin", err)
	}
	defer func() { _ = tx.Rollback() }() // it only read
	return f(tx)
}

// walk visits the entries from a number on, in their order.
func (d *DB) walk(ctx context.Context, tx *sqlx.Tx, from int64, visit func(Entry) error) error {
	return eachOf(ctx, d, tx, "journal_after", args{"seq": from}, visit)
}

// checkHead compares the last entry with the head.
func (d *DB) checkHead(ctx context.Context, tx *sqlx.Tx, v *app.Verified) error {
	var head journalHead
	if err := d.db.One(ctx, tx, &head, "journal_head", nil); errors.Is(err, sql.ErrNoRows) {
		v.Broken = append(v.Broken, "the journal has no head")
		return nil
	} else if err != nil {
		return err
	}
	switch {
	case v.Entries < head.Seq:
		v.Broken = append(v.Broken, fmt.Sprintf("the journal ends at entry %d, but its head says %d: entries are missing at the end", v.Entries, head.Seq))
	case v.Entries > head.Seq:
		v.Broken = append(v.Broken, fmt.Sprintf("the journal ends at entry %d, but its head says %d: entries were added at the end", v.Entries, head.Seq))
	case v.Head != head.Hash:
		v.Broken = append(v.Broken, fmt.Sprintf("entry %d is not the one that the head names", head.Seq))
	}
	return nil
}

// checkEntry holds an entry against the one before it.
func checkEntry(v *app.Verified, e Entry) {
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
