package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"os"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/internal/database"
	"daesa/internal/extsort"
	"daesa/jobs"
	"daesa/pay"
	sqlfiles "daesa/sql"
)

const (
	// stageMemory is in how many bytes the rows of a window wait to be folded; several
	// windows are read at once.
	stageMemory = 2 << 20
	// listBatch is how many rows go into one transaction, which others wait for.
	listBatch = 5000
)

// listStage keeps the pages of a window of the transaction list as they come, and its
// rows aside. Rows come by time and lie by order: written as they come, each page of
// the table would be read and written again by each page of the list.
type listStage struct {
	d          *DB
	mid, runID string
	now        time.Time
	sorter     *extsort.Sorter
	record     []byte
}

// StageList begins to take in a window of the transaction list. Whoever begins it
// closes it.
func (d *DB) StageList(mid, runID string, now time.Time) jobs.ListStage {
	return &listStage{d: d, mid: mid, runID: runID, now: now,
		sorter: extsort.New(os.TempDir(), cmp.Or(d.memory, stageMemory), compareListed)}
}

// Keep keeps a page as evidence, and its rows until Fold. Rows of other merchants are
// the caller's to leave out.
func (s *listStage) Keep(ctx context.Context, rows []pay.Transaction, page pay.Evidence) error {
	if err := s.d.SaveEvidence(ctx, s.mid, s.runID, []pay.Evidence{page}); err != nil {
		return err
	}
	for _, row := range rows {
		s.record = appendListed(s.record[:0], row)
		if err := s.sorter.Add(s.record); err != nil {
			return err
		}
	}
	return nil
}

// Fold writes the rows that were kept into what was known, in the order of the table.
// Of two rows of one transactionKey the newer counts, of two of one moment the one
// that was shown last. Rows folded twice change nothing; changed counts those that
// were new or different.
func (s *listStage) Fold(ctx context.Context) (changed int64, err error) {
	batch := make([]pay.Transaction, 0, listBatch)
	flush := func() error {
		wrote, err := s.write(ctx, batch)
		changed, batch = changed+wrote, batch[:0]
		return err
	}
	for record, err := range s.sorter.All() {
		if err != nil {
			return changed, err
		}
		row := listedOf(record)
		if last := len(batch) - 1; last >= 0 && sameListed(batch[last], row) {
			batch[last] = row
			continue
		}
		if len(batch) == listBatch {
			if err := flush(); err != nil {
				return changed, err
			}
		}
		batch = append(batch, row)
	}
	return changed, flush()
}

func (s *listStage) write(ctx context.Context, rows []pay.Transaction) (changed int64, err error) {
	stamp, columns, changes, number := at(s.now), "", "", 10
	dated := s.d.Dialect() == sqlfiles.SQLite // migration 23
	if dated {
		columns, changes, number = ", day", ", day = excluded.day", 11
	}
	err = s.d.db.Write(ctx, func(tx *sqlx.Tx) error {
		into := database.NewBulk(s.d.db, tx, "INSERT INTO transactions (mid, order_id, payment_key, transaction_key, status, method, at, currency, amount, changed_at"+columns+")", number,
			`ON CONFLICT (mid, order_id, payment_key, transaction_key) DO UPDATE SET status = excluded.status,
			method = excluded.method, at = excluded.at, currency = excluded.currency, amount = excluded.amount,
			changed_at = excluded.changed_at`+changes+`
			WHERE transactions.status <> excluded.status OR transactions.amount <> excluded.amount
			OR transactions.at <> excluded.at OR transactions.method <> excluded.method OR transactions.currency <> excluded.currency`, rowBatch)
		defer into.Close()
		values := make([]any, 0, number)
		for _, row := range rows {
			values = append(values[:0], s.mid, row.OrderID, row.PaymentKey, row.TransactionKey, string(row.Status),
				string(row.Method), at(row.At), string(row.Currency), row.Amount, stamp)
			if dated {
				values = append(values, string(pay.DayOf(row.At)))
			}
			if err := into.Add(ctx, values...); err != nil {
				return err
			}
		}
		err := into.Flush(ctx)
		changed = into.Changed
		return err
	})
	return changed, err
}

// Close gives back what the rows took.
func (s *listStage) Close() error { return s.sorter.Close() }

func sameListed(a, b pay.Transaction) bool {
	return a.TransactionKey == b.TransactionKey && a.PaymentKey == b.PaymentKey && a.OrderID == b.OrderID
}

// appendListed writes a row as a record: its key, its moment, and what else it says.
func appendListed(record []byte, row pay.Transaction) []byte {
	record = appendWords(record, plain(row.OrderID), plain(row.PaymentKey), plain(row.TransactionKey))
	record = binary.AppendVarint(record, at(row.At).UnixMicro())
	record = appendWords(record, plain(string(row.Status)), plain(string(row.Method)), string(row.Currency))
	return binary.AppendVarint(record, row.Amount)
}

// listedOf reads what appendListed wrote.
func listedOf(record []byte) pay.Transaction {
	r := recordReader{text: string(record), rest: record}
	var row pay.Transaction
	row.OrderID, row.PaymentKey, row.TransactionKey = r.word(), r.word(), r.word()
	row.At = time.UnixMicro(r.number()).UTC()
	row.Status, row.Method, row.Currency = pay.PaymentStatus(r.word()), pay.Method(r.word()), pay.Currency(r.word())
	row.Amount = r.number()
	return row
}

// compareListed compares two records by key, byte by byte as both databases do, and
// then by their moments.
func compareListed(a, b []byte) int {
	for range 3 {
		wordA, restA := cutWord(a)
		wordB, restB := cutWord(b)
		if by := bytes.Compare(wordA, wordB); by != 0 {
			return by
		}
		a, b = restA, restB
	}
	momentA, _ := binary.Varint(a)
	momentB, _ := binary.Varint(b)
	return cmp.Compare(momentA, momentB)
}
