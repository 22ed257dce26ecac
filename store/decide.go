package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"daesa/app"
	"daesa/reconcile"
	"daesa/refunds"
)

// DecideRefund writes refund_now onto a break and adds the request that makes it
// happen, in one transaction; without keep all of it happens but is not kept. A
// break that is not as the person saw it is a *reconcile.StaleError, one that is
// refunding already a *reconcile.RefundingError; what the payment has no room for
// is a *TooMuchError.
func (d *DB) DecideRefund(ctx context.Context, decision app.RefundDecision, keep bool) (done app.Decided, err error) {
	err = d.db.Write(ctx, func(tx *sqlx.Tx) error {
		if done, err = d.decideRefund(ctx, tx, decision); err == nil && !keep {
			return errShown
		}
		return err
	})
	if errors.Is(err, errShown) {
		err = nil
	}
	return done, err
}

func (d *DB) decideRefund(ctx context.Context, tx *sqlx.Tx, decision app.RefundDecision) (app.Decided, error) {
	var done app.Decided
	before, err := d.breakOn(ctx, tx, "break_to_write", decision.Word.ID)
	if err != nil {
		return done, err
	}
	if err := d.onceByFile(ctx, tx, before, decision); err != nil {
		return done, err
	}
	after, changed, err := before.Take(decision.Word, decision.By, decision.Now)
	if err != nil {
		return done, err
	}
	if !changed {
		return d.decidedBefore(ctx, tx, before, decision)
	}
	request, entries, err := d.requestOf(ctx, tx, decision)
	if err != nil {
		return done, err
	}
	after, _ = after.AfterRefund(request.State.Stand()) // Toss may have had it
	if _, err := d.db.Exec(ctx, tx, "upsert_break", newBreakRow(after)); err != nil {
		return done, err
	}
	_, err = d.append(ctx, tx, append(entries, entry(decision.Now, decision.By, "", "break:"+after.ID, "break."+string(after.Status), after.Note, map[string]any{
		"mid": after.MID, "order_id": after.OrderID, "kind": after.Kind, "from": before.Status, "as": reconcile.RefundNow, "owner": after.Owner,
		"workbook": decision.Workbook.SHA256, "refund_id": request.ID, "amount": request.Amount, "currency": request.Currency})))
	return app.Decided{Break: after, Request: request, Changed: true}, err
}

// decidedBefore: the break bears the word already. What is stored is its request,
// whatever was planned now; a decision about another payment is another one.
func (d *DB) decidedBefore(ctx context.Context, tx *sqlx.Tx, b reconcile.Break, decision app.RefundDecision) (app.Decided, error) {
	var row refundRow
	if err := d.db.One(ctx, tx, &row, "refund_by_id", args{"id": b.RefundID}); err != nil {
		return app.Decided{}, fmt.Errorf("break %s: its refund %q: %w", b.ID, b.RefundID, err)
	}
	had := row.request()
	return app.Decided{Break: b, Request: had}, had.DecidedAs(b, decision.Request)
}

// requestOf adds the request of a decision, or locks the one that it adopts.
func (d *DB) requestOf(ctx context.Context, tx *sqlx.Tx, decision app.RefundDecision) (refunds.Request, []Entry, error) {
	if decision.Adopted {
		var row refundRow
		if err := d.db.One(ctx, tx, &row, "refund_to_write", args{"id": decision.Request.ID}); err != nil {
			return refunds.Request{}, nil, err
		}
		r := row.request()
		if stands, ok := r.Adopted(); !ok {
			return r, nil, &reconcile.StaleError{Now: stands}
		}
		return r, nil, nil
	}
	var added app.Added
	adding := refunds.Adding{Request: decision.Request, Payment: decision.Payment, Evidence: decision.Evidence, Found: decision.Found}
	entries, err := d.addRefund(ctx, tx, adding, decision.By, decision.Now, &added)
	if err != nil {
		return refunds.Request{}, nil, err
	}
	if len(added.Known) > 0 { // somebody else has used its ref meanwhile
		return refunds.Request{}, nil, &reconcile.StaleError{Now: "refund " + added.Known[0].ID + " was asked for it"}
	}
	return added.New[0], entries, nil
}

// onceByFile asks whether the workbook may decide, with what was decided about the
// break before.
func (d *DB) onceByFile(ctx context.Context, tx *sqlx.Tx, b reconcile.Break, decision app.RefundDecision) error {
	var entries []Entry
	if err := d.db.All(ctx, tx, &entries, "journal_of", args{"subject": "break:" + b.ID}); err != nil {
		return err
	}
	earlier := make([]reconcile.Earlier, len(entries))
	for i, e := range entries {
		var facts struct {
			As       reconcile.Disposition `json:"as"`
			Workbook string                `json:"workbook"`
		}
		if err := json.Unmarshal([]byte(e.Facts), &facts); err != nil {
			return fmt.Errorf("journal entry %d is unreadable: %w", e.Seq, err)
		}
		earlier[i] = reconcile.Earlier{As: facts.As, Workbook: facts.Workbook, At: e.At.Time}
	}
	return b.OncePerFile(decision.Word, decision.Workbook.SHA256, earlier)
}
