package app

import (
	"context"
	"errors"
	"fmt"

	"daesa/internal/hint"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports/book"
)

// Applied is what became of the words in a workbook.
type Applied struct {
	Taken   []TakenRow
	Refused []RefusedRow
	Same    int // rows whose word stands already, so that nothing changes
}

// TakenRow is a row whose word was taken, or would be.
type TakenRow struct {
	Row     book.RowDecision
	Request *refunds.Request // what refund_now asks for; nil for every other word
	Adopted bool             // it was asked for before
	Warning string
	// TakenBack are the unsent requests of the break that the word takes back with it.
	TakenBack []refunds.Request
}

// RefusedRow is a row whose word cannot be taken, and why.
type RefusedRow struct {
	Row          book.RowDecision
	Reason, Hint string
}

// Apply takes the words of a workbook, each row for itself. The payments of all
// decisions to refund are looked up before anything is written: where the
// provider cannot be asked nothing of the file is taken. Without write everything
// is tried and nothing is kept. The rows before an error stay taken.
func (d *Decider) Apply(ctx context.Context, file Workbook, words []book.RowDecision, write bool) (Applied, error) {
	var applied Applied
	plans, refusals, err := d.planAll(ctx, file, words)
	if err != nil {
		return applied, err
	}
	for i, row := range words {
		refused, taken, changed := refusals[i], TakenRow{Row: row}, false
		switch {
		case refused != nil:
		case plans[i] != nil:
			var done Decided
			done, err = d.Store.DecideRefund(ctx, *plans[i], write)
			changed = done.Changed
			taken.Request, taken.Adopted, taken.Warning = &done.Request, plans[i].Adopted, plans[i].Warning
		case row.Word.As != reconcile.RefundNow:
			if taken.TakenBack, err = d.takenBack(ctx, row.Word); err == nil {
				changed, err = d.Store.TakeWord(ctx, row.Word, d.By, file.SHA256, write, d.Now)
			}
		}
		if err != nil && ofOneDecision(err) {
			refused, err = refusedRow(row, err), nil
		}
		switch {
		case err != nil:
			return applied, fmt.Errorf("%s row %d: %w (%d rows were taken before it)", row.Sheet, row.Row, err, len(applied.Taken))
		case refused != nil:
			applied.Refused = append(applied.Refused, *refused)
		case changed:
			applied.Taken = append(applied.Taken, taken)
		default:
			applied.Same++
		}
	}
	return applied, nil
}

// takenBack are the requests that another word than refund_now takes back, as they
// stand before it: what of the break was not sent yet.
func (d *Decider) takenBack(ctx context.Context, w reconcile.Decision) ([]refunds.Request, error) {
	if w.As == "" {
		return nil, nil
	}
	b, err := d.Store.Break(ctx, w.ID)
	if err != nil || w.As == reconcile.Waiting && b.Status != reconcile.Refunding {
		return nil, err
	}
	requests, err := d.Store.RefundsOfOrder(ctx, b.MID, b.OrderID)
	var unsent []refunds.Request
	for _, r := range requests {
		if r.BreakID == b.ID && r.State.Unsent() {
			unsent = append(unsent, r)
		}
	}
	return unsent, err
}

// planAll plans the decisions to refund, in the order of the rows, so that of two
// for one payment the second is planned by what the first leaves. A row that has
// no plan and no refusal asks for no refund, or says what its break bears already.
func (d *Decider) planAll(ctx context.Context, file Workbook, words []book.RowDecision) ([]*RefundDecision, []*RefusedRow, error) {
	plans, refusals := make([]*RefundDecision, len(words)), make([]*RefusedRow, len(words))
	asked := map[string][]refunds.Taken{} // by payment
	for i, row := range words {
		if row.Word.As != reconcile.RefundNow {
			continue
		}
		b, err := d.Store.Break(ctx, row.Word.ID)
		if err != nil {
			if ofOneDecision(err) {
				refusals[i] = refusedRow(row, err)
				continue
			}
			return nil, nil, err
		}
		if b.Bears(row.Word) {
			continue
		}
		decision, err := d.plan(ctx, b, row.Word, file, refunds.Named{}, asked[b.MID+" "+b.PaymentKey])
		var refused *RefusedError
		if errors.As(err, &refused) {
			refusals[i] = refusedRow(row, err)
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		if !decision.Adopted {
			key := b.MID + " " + decision.Request.PaymentKey
			asked[key] = append(asked[key], refunds.Taken{ID: decision.Request.ID, State: decision.Request.State, Parts: decision.Request.Parts()})
		}
		plans[i] = &decision
	}
	return plans, refusals, nil
}

// refusedRow is a row with what refuses it.
func refusedRow(row book.RowDecision, err error) *RefusedRow {
	return &RefusedRow{Row: row, Reason: err.Error(), Hint: hint.Of(err)}
}

// Approval is what one approve line would give the second person's word on.
type Approval struct {
	Batch    string   // "" where the requests are named
	IDs      []string // where there is no batch
	Count    int
	Amount   int64 // their sum, in the smallest unit of Currency
	Currency pay.Currency
}

// ApprovalsOf groups the requests that wait for a word as approve takes them:
// those of a batch together, while it is of one currency; those that equal
// another by their ids, and what belongs to no batch as well.
func ApprovalsOf(requests []refunds.Request, batch string) []Approval {
	var whole, named []refunds.Request
	currencies := map[pay.Currency]bool{}
	for _, r := range requests {
		switch {
		case r.State != refunds.StateRequested:
		case batch != "" && r.Batch == batch && r.SameAs == "":
			whole = append(whole, r)
			currencies[r.Currency] = true
		default:
			named = append(named, r)
		}
	}
	var approvals []Approval
	if len(currencies) == 1 {
		a := Approval{Batch: batch, Currency: whole[0].Currency}
		for _, r := range whole {
			a.Count, a.Amount = a.Count+1, a.Amount+r.Amount
		}
		approvals = append(approvals, a)
	} else {
		named = append(named, whole...)
	}
	byCurrency := map[pay.Currency]int{}
	for _, r := range named {
		at, ok := byCurrency[r.Currency]
		if !ok {
			at = len(approvals)
			byCurrency[r.Currency] = at
			approvals = append(approvals, Approval{Currency: r.Currency})
		}
		a := &approvals[at]
		a.IDs, a.Count, a.Amount = append(a.IDs, r.ID), a.Count+1, a.Amount+r.Amount
	}
	return approvals
}

// NoAccount counts the requests that no approve line is about yet: they wait for a
// refund account first.
func NoAccount(requests []refunds.Request) int {
	n := 0
	for _, r := range requests {
		if r.State == refunds.StateNeedsAccount {
			n++
		}
	}
	return n
}

// Command is the line that gives the word.
func (a Approval) Command() string {
	which := " --batch " + a.Batch
	if a.Batch == "" {
		which = ""
		for _, id := range a.IDs {
			which += " " + id
		}
	}
	return fmt.Sprintf("daesa refunds approve%s --expect-count %d --expect-amount %s", which, a.Count, a.Currency.Format(a.Amount))
}
