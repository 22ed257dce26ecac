package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"daesa/app"
	"daesa/refunds"
)

// AlteredError refuses to go on with a row that was changed by other hands.
type AlteredError struct{ app.Altered }

// Error names the row, and what of it.
func (e *AlteredError) Error() string {
	return fmt.Sprintf("%s was changed outside of daesa, and is not what the journal says of it: %s", strings.Replace(e.Subject, ":", " ", 1), strings.Join(e.What, ", "))
}

// Hint says what to do.
func (e *AlteredError) Hint() string {
	return "leave the database as it is, and find out who changed it: daesa audit verify says what; the request itself can still be rejected"
}

// Unaltered refuses requests that are not what the journal says of them.
func (d *DB) Unaltered(ctx context.Context, ids []string) error {
	for _, id := range ids {
		if err := d.requireUnaltered(ctx, d.db.Pool(), id); err != nil {
			return err
		}
	}
	return nil
}

// UnalteredTransfer refuses a transfer by hand that is not what the journal says of it.
func (d *DB) UnalteredTransfer(ctx context.Context, id string) error {
	return d.requireUnalteredTransfer(ctx, d.db.Pool(), id)
}

// requireUnaltered refuses a person's yes to a request that somebody changed.
func (d *DB) requireUnaltered(ctx context.Context, on runner, id string) error {
	var row refundRow
	if err := d.db.One(ctx, on, &row, "refund_by_id", args{"id": id}); err != nil {
		return err
	}
	var attempts []attemptRow
	if err := d.db.All(ctx, on, &attempts, "attempts_shown", args{"id": id}); err != nil {
		return err
	}
	var entries []Entry
	if err := d.db.All(ctx, on, &entries, "journal_of", args{"subject": "refund:" + id}); err != nil {
		return err
	}
	if found := checkRefund(row, attempts, entries); len(found.Differ) > 0 {
		return &AlteredError{app.Altered{Subject: "refund:" + id, What: found.Differ}}
	}
	return nil
}

// requireUnalteredTransfer is the same for a transfer by hand.
func (d *DB) requireUnalteredTransfer(ctx context.Context, on runner, id string) error {
	var row handRow
	var request refundRow
	if err := d.db.One(ctx, on, &row, "hand_of", args{"id": id}); err != nil {
		return err
	}
	if err := d.db.One(ctx, on, &request, "refund_by_id", args{"id": id}); err != nil {
		return err
	}
	var ofTransfer, ofRequest []Entry
	if err := errors.Join(d.db.All(ctx, on, &ofTransfer, "journal_of", args{"subject": "transfer:" + id}),
		d.db.All(ctx, on, &ofRequest, "journal_of", args{"subject": "refund:" + id})); err != nil {
		return err
	}
	if found := checkTransfer(row, request, ofTransfer, ofRequest); len(found.Differ) > 0 {
		return &AlteredError{app.Altered{Subject: "transfer:" + id, What: found.Differ}}
	}
	return nil
}

// verifyPage is how many requests are compared at once.
const verifyPage = 500

// verification is a journal and what it is about while they are compared, in one
// snapshot of the database.
type verification struct {
	d     *DB
	tx    *sqlx.Tx
	found *app.Verified
}

func (v *verification) alter(subject string, what ...string) {
	if len(what) > 0 {
		v.found.Altered = append(v.found.Altered, app.Altered{Subject: subject, What: what})
	}
}

// rows compares every request, its attempts and its transfer by hand with their
// entries.
func (v *verification) rows(ctx context.Context, sums *journalSums) error {
	for after := ""; ; {
		var requests []refundRow
		if err := v.d.db.All(ctx, v.tx, &requests, "verify_refunds", args{"after": after, "limit": verifyPage}); err != nil {
			return err
		}
		last := "\x7f" // behind every id
		if len(requests) == verifyPage {
			last = requests[verifyPage-1].ID
		}
		if err := v.page(ctx, requests, after, last, sums.signed); err != nil {
			return err
		}
		if len(requests) < verifyPage {
			return nil
		}
		after = last
	}
}

// page compares the requests between two ids. signed is the entry by which the first
// statement was taken.
func (v *verification) page(ctx context.Context, requests []refundRow, after, last string, signed int64) error {
	between := args{"after": after, "last": last}
	var attempts []attemptRow
	if err := v.d.db.All(ctx, v.tx, &attempts, "verify_attempts", between); err != nil {
		return err
	}
	var transfers []handRow
	if err := v.d.db.All(ctx, v.tx, &transfers, "verify_transfers", between); err != nil {
		return err
	}
	ofRequest, err := v.entries(ctx, "refund:", after, last)
	if err != nil {
		return err
	}
	ofTransfer, err := v.entries(ctx, "transfer:", after, last)
	if err != nil {
		return err
	}
	tries := map[string][]attemptRow{}
	for _, attempt := range attempts {
		tries[attempt.RefundID] = append(tries[attempt.RefundID], attempt)
	}
	known := map[string]refundRow{}
	for _, row := range requests {
		known[row.ID] = row
	}
	for id := range tries {
		if _, there := known[id]; !there {
			v.alter("refund:"+id, "it is not there, and has attempts")
		}
	}
	for _, row := range requests {
		v.note("refund:"+row.ID, auditRefund(row, tries[row.ID], ofRequest.of[row.ID], signed))
	}
	v.found.Refunds += len(requests)
	for _, id := range ofRequest.ids {
		if _, there := known[id]; !there {
			v.alter("refund:"+id, "it is not there")
		}
	}
	byHand := map[string]bool{}
	for _, row := range transfers {
		byHand[row.RefundID] = true
		v.note("transfer:"+row.RefundID, checkTransfer(row, known[row.RefundID], ofTransfer.of[row.RefundID], ofRequest.of[row.RefundID]))
	}
	v.found.Transfers += len(transfers)
	for _, row := range requests {
		if refunds.State(row.State).ByHand() && !byHand[row.ID] {
			v.alter("transfer:"+row.ID, "it is not there")
		}
	}
	return nil
}

func (v *verification) note(subject string, c checked) {
	v.found.Unsaid += c.Unsaid
	v.alter(subject, c.Differ...)
}

// entriesOf are entries by the id behind their subject.
type entriesOf struct {
	ids []string
	of  map[string][]Entry
}

func (v *verification) entries(ctx context.Context, kind, after, last string) (entriesOf, error) {
	found := entriesOf{of: map[string][]Entry{}}
	var entries []Entry
	if err := v.d.db.All(ctx, v.tx, &entries, "verify_entries", args{"after": kind + after, "last": kind + last}); err != nil {
		return found, err
	}
	for _, e := range entries {
		id := strings.TrimPrefix(e.Subject, kind)
		if _, seen := found.of[id]; !seen {
			found.ids = append(found.ids, id)
		}
		found.of[id] = append(found.of[id], e)
	}
	return found, nil
}

// given compares what people gave back because of a break with their words on it.
func (v *verification) given(ctx context.Context, sums *journalSums) error {
	var rows []givenRow
	if err := v.d.db.All(ctx, v.tx, &rows, "verify_given", nil); err != nil {
		return err
	}
	v.found.Transfers += len(rows)
	for _, row := range rows {
		key := row.BreakID + " " + columnText(row, "at")
		word, said := sums.given[key]
		delete(sums.given, key)
		switch {
		case !said:
			v.alter("break:"+row.BreakID, "the journal knows of no transfer")
		case word.facts == nil:
			v.found.Unsaid += len(givenColumns) - 2
			if row.Actor != word.actor {
				v.alter("break:"+row.BreakID, "actor")
			}
		default:
			v.alter("break:"+row.BreakID, differing(row, givenColumns, word.facts)...)
		}
	}
	for key, word := range sums.given {
		if id, _, _ := strings.Cut(key, " "); word.facts != nil {
			v.alter("break:"+id, "its transfer is not there")
		}
	}
	return nil
}

// limits compares what was taken of each limit with the sends of the journal.
func (v *verification) limits(ctx context.Context, sums *journalSums) error {
	var rows []limitRow
	if err := v.d.db.All(ctx, v.tx, &rows, "verify_limits", nil); err != nil {
		return err
	}
	v.found.Limits = len(rows)
	for _, row := range rows {
		key := limitKey{row.Scope, row.Currency}
		if sum, said := sums.limits[key]; !said || sum != (limitSum{row.Number, row.Amount}) {
			v.alter("limit:"+strings.TrimSpace(row.Scope+" "+row.Currency), "number or amount")
		}
		delete(sums.limits, key)
	}
	for key, sum := range sums.limits {
		if sum != (limitSum{}) {
			v.alter("limit:"+strings.TrimSpace(key.scope+" "+key.currency), "it is not there")
		}
	}
	return nil
}

// batches compares the imported files with the entries of their import.
func (v *verification) batches(ctx context.Context, sums *journalSums) error {
	var rows []struct {
		Batch  string `db:"batch"`
		SHA256 string `db:"sha256"`
		Number int64  `db:"number"`
		At     Time   `db:"at"`
		Actor  string `db:"actor"`
	}
	if err := v.d.db.All(ctx, v.tx, &rows, "verify_batches", nil); err != nil {
		return err
	}
	v.found.Batches = len(rows)
	for _, row := range rows {
		first, said := sums.batches[row.Batch]
		delete(sums.batches, row.Batch)
		if !said {
			v.alter("batch:"+row.Batch, "the journal knows nothing of it")
			continue
		}
		var what []string
		for column, same := range map[string]bool{"sha256": first.fact("sha256") == row.SHA256, "number": first.fact("rows") == columnText(row, "number"),
			"actor": first.Actor == row.Actor, "at": sameMoment(first.At, row.At)} {
			if !same {
				what = append(what, column)
			}
		}
		v.alter("batch:"+row.Batch, what...)
	}
	for batch := range sums.batches {
		v.alter("batch:"+batch, "it is not there")
	}
	return nil
}

// brake compares the brake with the last word on it.
func (v *verification) brake(ctx context.Context, sums *journalSums) error {
	var row brakeRow
	err := v.d.db.One(ctx, v.tx, &row, "brake", nil)
	on := err == nil
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	last := sums.brake
	switch paused := last.Action == "refunds.paused"; {
	case on != paused:
		v.alter("brake", map[bool]string{true: "it is on, and nobody paused", false: "it is off, and nobody resumed"}[on])
	case on && (row.By != last.Actor || row.Note != last.Reason || !sameMoment(row.At, last.At)):
		v.alter("brake", "who paused, when or why")
	}
	return nil
}
