package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/settle"
)

// Deposits gives the deposits of every account from a day on.
func (d *DB) Deposits(ctx context.Context, from pay.Day) ([]settle.Line, error) {
	var rows []struct {
		ID        string `db:"id"`
		Account   string `db:"account"`
		Currency  string `db:"currency"`
		Day       string `db:"day"`
		At        Time   `db:"at"`
		Amount    int64  `db:"amount"`
		PayerFits int64  `db:"payer_fits"`
		Ignored   int64  `db:"ignored"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &rows, "bank_deposits", args{"from": string(from)}); err != nil {
		return nil, err
	}
	lines := make([]settle.Line, len(rows))
	for i, r := range rows {
		lines[i] = settle.Line{ID: r.ID, Account: r.Account, Currency: pay.Currency(r.Currency), Day: pay.Day(r.Day), At: r.At.Time, In: true,
			Amount: r.Amount, PayerFits: r.PayerFits != 0, Ignored: r.Ignored != 0}
	}
	return lines, nil
}

// Matches gives the matches that stand of payouts from a day on.
func (d *DB) Matches(ctx context.Context, from pay.Day) ([]settle.Match, error) {
	stored, err := d.matches(ctx, "bank_matches", "bank_match_parts", args{"from": string(from)})
	matches := make([]settle.Match, len(stored))
	for i, s := range stored {
		matches[i] = s.match
	}
	return matches, err
}

// DroppedMatches gives the matches that were taken back.
func (d *DB) DroppedMatches(ctx context.Context) ([]jobs.Dropped, error) {
	stored, err := d.matches(ctx, "dropped_matches", "dropped_parts", args{})
	dropped := make([]jobs.Dropped, len(stored))
	for i, s := range stored {
		dropped[i] = jobs.Dropped{Match: s.match, At: s.droppedAt}
	}
	return dropped, err
}

// MatchOfLine gives the match in which a line stands, and its id; ok is false where it
// stands in none.
func (d *DB) MatchOfLine(ctx context.Context, line string) (m settle.Match, id string, ok bool, err error) {
	stored, err := d.matches(ctx, "match_of_line", "parts_of_line", args{"line_id": line})
	if err != nil || len(stored) == 0 {
		return m, "", false, err
	}
	return stored[0].match, stored[0].id, true, nil
}

// matchPartRow is a part of a match as the table holds it.
type matchPartRow struct {
	MatchID   string `db:"match_id"`
	LineID    string `db:"line_id"`
	LineDay   string `db:"line_day"`
	MID       string `db:"mid"`
	PayoutDay string `db:"payout_day"`
	Currency  string `db:"currency"`
	Amount    int64  `db:"amount"`
}

func (p matchPartRow) paid() settle.Paid {
	return settle.Paid{Line: p.LineID, Day: pay.Day(p.LineDay), Amount: p.Amount,
		Payout: settle.PayoutKey{MID: p.MID, Day: pay.Day(p.PayoutDay), Currency: pay.Currency(p.Currency)}}
}

// storedMatch is a match as it is kept.
type storedMatch struct {
	id        string
	match     settle.Match
	droppedAt time.Time // zero: it stands
}

// matches reads the matches of a query, with their parts by another one.
func (d *DB) matches(ctx context.Context, query, parts string, with args) ([]storedMatch, error) {
	var rows []struct {
		ID         string `db:"id"`
		Lines      string `db:"lines"`
		Payouts    string `db:"payouts"`
		By         string `db:"matched_by"`
		Note       string `db:"note"`
		RecordedAt Time   `db:"recorded_at"`
		DroppedAt  Time   `db:"dropped_at"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &rows, query, with); err != nil {
		return nil, err
	}
	var paid []matchPartRow
	if err := d.db.All(ctx, d.db.Pool(), &paid, parts, with); err != nil {
		return nil, err
	}
	index := make(map[string]int, len(rows))
	matches := make([]storedMatch, len(rows))
	for i, r := range rows {
		m := settle.Match{By: r.By, Note: r.Note, Recorded: r.RecordedAt.Time}
		if err := errors.Join(json.Unmarshal([]byte(r.Lines), &m.Lines), json.Unmarshal([]byte(r.Payouts), &m.Payouts)); err != nil {
			return nil, fmt.Errorf("database: match %s: %w", r.ID, err)
		}
		matches[i], index[r.ID] = storedMatch{r.ID, m, r.DroppedAt.Time}, i
	}
	for _, p := range paid {
		if i, ok := index[p.MatchID]; ok { // else it was made, or taken back, between the two queries
			matches[i].match.Paid = append(matches[i].match.Paid, p.paid())
		}
	}
	return matches, nil
}

// MonthVersions gives every month that was ever locked, the oldest first.
func (d *DB) MonthVersions(ctx context.Context) ([]settle.Version, error) {
	return d.monthVersions(ctx, d.db.Pool())
}

func (d *DB) monthVersions(ctx context.Context, on runner) ([]settle.Version, error) {
	var rows []struct {
		Month       string `db:"month"`
		Version     int    `db:"version"`
		LockedAt    Time   `db:"locked_at"`
		LockedBy    string `db:"locked_by"`
		Note        string `db:"note"`
		ReopenedAt  Time   `db:"reopened_at"`
		ReopenedBy  string `db:"reopened_by"`
		ReopenNote  string `db:"reopen_note"`
		Rows        int64  `db:"row_count"`
		RowsHash    string `db:"rows_hash"`
		JournalHead string `db:"journal_head"`
	}
	if err := d.db.All(ctx, on, &rows, "month_versions", args{}); err != nil {
		return nil, err
	}
	versions := make([]settle.Version, len(rows))
	for i, r := range rows {
		versions[i] = settle.Version{Month: settle.Month(r.Month), Number: r.Version, LockedAt: r.LockedAt.Time, By: r.LockedBy, Rows: r.Rows,
			RowsHash: r.RowsHash, Reopened: r.ReopenedAt.Time, ReopenBy: r.ReopenedBy, Note: r.ReopenNote}
	}
	return versions, nil
}

// ErrLineTaken: another process or person has matched one of the lines meanwhile.
var ErrLineTaken = errors.New("a passbook line is matched already")

// CommitDeposits writes new matches, and of each merchant the breaks that carry makes
// of those that stand. The error is ErrLineTaken where a line was matched meanwhile:
// nothing is written then.
func (d *DB) CommitDeposits(ctx context.Context, w jobs.DepositsWritten, carry func(mid string, known []reconcile.Break) []jobs.BreakChange) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		var entries []Entry
		for _, m := range w.Matches {
			entry, err := d.addMatch(ctx, tx, m, w.Actor, w.Now)
			if err != nil {
				return err
			}
			entries = append(entries, entry)
		}
		told, err := d.carryBreaks(ctx, tx, w.MIDs, w.Now, w.Actor, carry)
		if err != nil {
			return err
		}
		if entries = append(entries, told...); len(entries) == 0 {
			return nil
		}
		_, err = d.append(ctx, tx, entries)
		return err
	})
}

// carryBreaks writes the breaks of settlement of some merchants as carry gives them.
func (d *DB) carryBreaks(ctx context.Context, tx *sqlx.Tx, mids []string, now time.Time, actor string, carry func(mid string, known []reconcile.Break) []jobs.BreakChange) ([]Entry, error) {
	var entries []Entry
	for _, mid := range mids {
		var rows []breakRow
		if err := d.db.All(ctx, tx, &rows, "breaks_of_settlement_to_write", args{"mid": mid}); err != nil {
			return nil, err
		}
		known := make([]reconcile.Break, len(rows))
		for i, row := range rows {
			known[i] = row.breakOf()
		}
		for _, change := range carry(mid, known) {
			if _, err := d.db.Exec(ctx, tx, "upsert_break", newBreakRow(change.Break)); err != nil {
				return nil, err
			}
			if change.Undecides() {
				if err := d.adjust(ctx, tx, change.Break, now); err != nil {
					return nil, err
				}
			}
			if change.Change.Told() {
				entries = append(entries, d.toldBreak(change, now, actor, ""))
			}
		}
	}
	return entries, nil
}

// matchID is derived from what is matched and when, so that a match that was taken
// back may be made again.
func matchID(m settle.Match) string {
	parts := append(slices.Clone(m.Lines), m.Recorded.UTC().Format(time.RFC3339Nano))
	for _, p := range m.Payouts {
		parts = append(parts, p.MID, string(p.Day), string(p.Currency))
	}
	return "m" + reconcile.ShortHash(parts...)[:15]
}

// addMatch writes one match.
func (d *DB) addMatch(ctx context.Context, tx *sqlx.Tx, m settle.Match, actor string, now time.Time) (Entry, error) {
	id := matchID(m)
	lines, payouts := mustWrite(m.Lines), mustWrite(m.Payouts)
	for _, line := range m.Lines {
		taken, err := d.db.Exec(ctx, tx, "take_line", args{"line_id": line, "match_id": id})
		if err != nil {
			return Entry{}, err
		}
		if taken == 0 {
			return Entry{}, hinted(fmt.Errorf("line %s: %w", line, ErrLineTaken), "daesa bank list shows what it stands against; daesa bank unmatch takes that back")
		}
	}
	first, last := m.Payouts[0].Day, m.Payouts[0].Day
	for _, p := range m.Payouts {
		first, last = min(first, p.Day), max(last, p.Day)
	}
	if _, err := d.db.Exec(ctx, tx, "add_match", args{"id": id, "lines": lines, "payouts": payouts, "first_day": string(first), "last_day": string(last),
		"matched_by": m.By, "note": m.Note, "recorded_at": at(m.Recorded)}); err != nil {
		return Entry{}, err
	}
	var sum int64
	for _, p := range m.Paid {
		sum += p.Amount
		if _, err := d.db.Exec(ctx, tx, "add_match_part", args{"match_id": id, "line_id": p.Line, "line_day": string(p.Day), "mid": p.Payout.MID,
			"payout_day": string(p.Payout.Day), "currency": string(p.Payout.Currency), "amount": p.Amount}); err != nil {
			return Entry{}, err
		}
	}
	return entry(now, actor, "", "match:"+id, "bank.matched", m.Note, map[string]any{"lines": m.Lines, "payouts": m.Payouts, "amount": sum}), nil
}

// mustWrite is a list as its column holds it: words and days always encode.
func mustWrite(list any) string {
	text, err := json.Marshal(list)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// DropMatch takes a match back, and frees its lines.
func (d *DB) DropMatch(ctx context.Context, id, by, note string, now time.Time) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		dropped, err := d.db.Exec(ctx, tx, "drop_match", args{"match_id": id, "now": at(now), "actor": by, "note": note})
		if err != nil {
			return err
		}
		if dropped == 0 {
			return hinted(fmt.Errorf("match %s was taken back meanwhile", id), "daesa bank list shows how its lines stand now")
		}
		if _, err := d.db.Exec(ctx, tx, "free_lines", args{"match_id": id}); err != nil {
			return err
		}
		_, err = d.append(ctx, tx, []Entry{entry(now, by, "", "match:"+id, "bank.unmatched", note, nil)})
		return err
	})
}
