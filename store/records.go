package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/klauspost/compress/zstd"

	"daesa/internal/database"
	"daesa/pay"
	"daesa/reconcile"
)

// How many rows go into one statement.
const (
	rowBatch      = 500
	evidenceBatch = 25
)

// plain takes out of a provider's text what PostgreSQL cannot hold.
func plain(text string) string { return strings.ReplaceAll(text, "\x00", "\uFFFD") }

// pageRow is a piece of evidence as the table holds it.
type pageRow struct {
	MID       string `db:"mid"`
	API       string `db:"api"`
	About     string `db:"about"`
	SHA256    string `db:"sha256"`
	Size      int64  `db:"size"`
	Body      []byte `db:"body"`
	TraceID   string `db:"trace_id"`
	FetchedAt Time   `db:"fetched_at"`
	RunID     string `db:"run_id"`
}

func newPageRow(mid, runID string, page pay.Evidence) pageRow {
	sum := sha256.Sum256(page.Body)
	return pageRow{
		MID: mid, API: page.API, About: page.About, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(page.Body)),
		Body: pack(page.Body), TraceID: page.TraceID, FetchedAt: at(page.FetchedAt), RunID: runID,
	}
}

// The coders of pages are made on first use and shared: making one costs megabytes.
var (
	encoder = sync.OnceValue(func() *zstd.Encoder { return newEncoder(nil) })
	decoder = sync.OnceValue(func() *zstd.Decoder { return newDecoder(nil) })
)

func newEncoder(to io.Writer) *zstd.Encoder {
	e, err := zstd.NewWriter(to, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(256<<10))
	if err != nil {
		panic(err) // only wrong options can come here
	}
	return e
}

func pack(body []byte) []byte { return encoder().EncodeAll(body, nil) }

// packed packs what is written, of which no more than the packed form is held. Its
// coder is its own: one that takes pieces serves one writer.
func packed(write func(io.Writer) error) ([]byte, error) {
	var body bytes.Buffer
	e := newEncoder(&body)
	if err := write(e); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	err := e.Close()
	return body.Bytes(), err
}

func newDecoder(from io.Reader) *zstd.Decoder {
	d, err := zstd.NewReader(from, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
	if err != nil {
		panic(err) // only wrong options can come here
	}
	return d
}

// unpacked lets read what was packed, of which no more than a piece is held.
func unpacked(body []byte, read func(io.Reader) error) error {
	d := newDecoder(bytes.NewReader(body))
	defer d.Close()
	return read(d)
}

func unpack(body []byte) ([]byte, error) {
	plain, err := decoder().DecodeAll(body, nil)
	if err != nil {
		return nil, fmt.Errorf("database: a stored page cannot be unpacked: %w", err)
	}
	return plain, nil
}

// Evidence gives what the provider sent about a payment key, an order or a
// window, oldest first, unpacked and checked against its hash.
func (d *DB) Evidence(ctx context.Context, mid, about string) ([]pay.Evidence, error) {
	var rows []pageRow
	if err := d.db.All(ctx, d.db.Pool(), &rows, "pages_of", args{"mid": mid, "about": about}); err != nil {
		return nil, err
	}
	pages := make([]pay.Evidence, 0, len(rows))
	for _, row := range rows {
		body, err := unpack(row.Body)
		if err != nil {
			return nil, err
		}
		if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != row.SHA256 {
			return nil, fmt.Errorf("database: the stored page about %s does not match its hash", about)
		}
		pages = append(pages, pay.Evidence{API: row.API, About: row.About, Body: body, TraceID: row.TraceID, FetchedAt: row.FetchedAt.Time})
	}
	return pages, nil
}

// SaveEvidence keeps look-ups and pages of the list as the provider sent them.
func (d *DB) SaveEvidence(ctx context.Context, mid, runID string, pages []pay.Evidence) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		into := database.NewBulk(d.db, tx, "INSERT INTO pages (mid, api, about, sha256, size, body, trace_id, fetched_at, run_id)", 9, "ON CONFLICT DO NOTHING", evidenceBatch)
		defer into.Close()
		for _, page := range pages {
			row := newPageRow(mid, runID, page)
			if err := into.Add(ctx, row.MID, row.API, row.About, row.SHA256, row.Size, row.Body, row.TraceID, row.FetchedAt, row.RunID); err != nil {
				return err
			}
		}
		return into.Flush(ctx)
	})
}

// CoverWindow records that a day of the list was read whole.
func (d *DB) CoverWindow(ctx context.Context, mid, runID string, w reconcile.Window, unknownMID int64, now time.Time) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		if _, err := d.db.Exec(ctx, tx, "cover_window", args{"mid": mid, "day": string(w.Day), "now": at(now)}); err != nil {
			return err
		}
		_, err := d.db.Exec(ctx, tx, "upsert_window_read", args{"mid": mid, "run_id": runID, "day": string(w.Day), "pages": w.Pages,
			"row_count": w.Rows, "unknown_mid": unknownMID, "reread": flag(w.Reread)})
		return err
	})
}

// UncoverWindow takes back that a day was read whole: something else shows a
// movement of that day which its list lacks.
func (d *DB) UncoverWindow(ctx context.Context, mid string, day pay.Day, now time.Time) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		_, err := d.db.Exec(ctx, tx, "uncover_window", args{"mid": mid, "day": string(day), "now": at(now)})
		return err
	})
}

// CoveredDays gives the days between two, both included, whose list was read
// whole at some time. A day that was called whole and turned out not to be
// stands in it with false.
func (d *DB) CoveredDays(ctx context.Context, mid string, from, to pay.Day) (map[pay.Day]bool, error) {
	var rows []struct {
		Day     string `db:"day"`
		Covered int64  `db:"covered"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &rows, "windows_known", args{"mid": mid, "from": string(from), "to": string(to)}); err != nil {
		return nil, err
	}
	covered := make(map[pay.Day]bool, len(rows))
	for _, row := range rows {
		covered[pay.Day(row.Day)] = row.Covered != 0
	}
	return covered, nil
}

// CountRows counts the stored rows of a day of the list.
func (d *DB) CountRows(ctx context.Context, mid string, day pay.Day) (int64, error) {
	var n int64
	err := d.db.One(ctx, d.db.Pool(), &n, "count_rows", ofDay(day, args{"mid": mid}))
	return n, err
}

// WindowsRead gives the days that a run read, oldest first, and how many rows
// of them belong to a MID that is not configured.
func (d *DB) WindowsRead(ctx context.Context, mid, runID string) ([]reconcile.Window, int64, error) {
	var rows []struct {
		Day        string `db:"day"`
		Pages      int    `db:"pages"`
		Rows       int64  `db:"row_count"`
		UnknownMID int64  `db:"unknown_mid"`
		Reread     int64  `db:"reread"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &rows, "window_reads_of", args{"mid": mid, "run_id": runID}); err != nil {
		return nil, 0, err
	}
	windows := make([]reconcile.Window, len(rows))
	var unknown int64
	for i, row := range rows {
		windows[i] = reconcile.Window{Day: pay.Day(row.Day), Pages: row.Pages, Rows: row.Rows, Reread: row.Reread != 0}
		unknown += row.UnknownMID
	}
	return windows, unknown, nil
}

// CountOrdered counts the shop's orders of a day that Toss should know.
func (d *DB) CountOrdered(ctx context.Context, mid string, day pay.Day) (int64, error) {
	var n int64
	err := d.db.One(ctx, d.db.Pool(), &n, "count_ordered", ofDay(day, args{"mid": mid}))
	return n, err
}
