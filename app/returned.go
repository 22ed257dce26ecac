package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports"
	"daesa/reports/book"
	"daesa/reports/monthbook"
	"daesa/settle"
)

// StoredRuns lets read what was stored of a run, as JSON, where there is one.
type StoredRuns interface {
	SnapshotOfRun(ctx context.Context, runID string, read func(io.Reader) error) (known bool, err error)
}

// StatedRequests gives what a sheet of a batch's workbook is held against.
type StatedRequests interface {
	NamedRequests
	// StatementText gives the text of a statement that was handed in; "" for none.
	StatementText(ctx context.Context, hash string) ([]byte, error)
}

// NamedRequests gives requests by their ids, in the order of these.
type NamedRequests interface {
	RefundsNamed(ctx context.Context, ids []string) ([]refunds.Request, error)
}

// ReturnedBook opens a workbook that came back from finance.
type ReturnedBook struct {
	Runs     StoredRuns
	Requests StatedRequests
	Path     string
	Password string // "": the file is not locked
}

// night takes the workbook for one of a night, and gives the stored nights that it was
// drawn of. The workbook itself says which of its nights is missing.
func (b ReturnedBook) night(ctx context.Context, opened *book.Returned) (*reports.Returned, []reports.Snapshot, error) {
	back, err := reports.ReturnedOf(opened)
	if err != nil {
		return nil, nil, err
	}
	var snapshots []reports.Snapshot
	for _, id := range back.Runs {
		var snapshot reports.Snapshot
		known, err := b.Runs.SnapshotOfRun(ctx, id, reports.Into(&snapshot))
		if err != nil {
			return nil, nil, err
		}
		if known {
			snapshots = append(snapshots, snapshot)
		}
	}
	return back, snapshots, nil
}

// VerifiedBook is what comparing a workbook with its nights found.
type VerifiedBook struct {
	xlsx.Comparison
	SHA256     string
	Statements []string // the hashes that stand in the workbook of a batch; nil: it is one of a night
}

// Verify is `report verify`: every cell is compared with what the stored nights
// draw; of the workbook of a batch what is signed, with the hash of it.
func (b ReturnedBook) Verify(ctx context.Context, options reports.Options) (VerifiedBook, error) {
	opened, err := book.OpenReturned(b.Path, b.Password)
	if err != nil {
		return VerifiedBook{}, err
	}
	switch plan, what := reports.ReturnedPlanOf(opened); what {
	case reports.PlanSigned:
		return b.verifyPlan(ctx, plan)
	case reports.PlanUnsigned:
		return VerifiedBook{}, &AskedError{fmt.Errorf("%s is the workbook of a batch without the sheet 결재 (Approval), which alone is compared", b.Path),
			"daesa report batch BATCH --statement FILE draws it with what is to be signed"}
	case reports.NoPlan:
	}
	back, snapshots, err := b.night(ctx, opened)
	if err != nil {
		return VerifiedBook{}, err
	}
	found, err := back.Verify(snapshots, options)
	return VerifiedBook{Comparison: found, SHA256: back.SHA256}, err
}

// verifyPlan holds what the sheets of a batch's workbook say that is signed against the
// hashes that stand on them.
func (b ReturnedBook) verifyPlan(ctx context.Context, plan *reports.ReturnedPlan) (VerifiedBook, error) {
	verified := VerifiedBook{SHA256: plan.SHA256}
	statements, err := plan.Statements()
	if err != nil {
		return verified, err
	}
	for _, s := range statements {
		found, err := plan.Verify(s, func(id string) (refunds.Request, bool, error) { return b.request(ctx, id) })
		if err != nil {
			return verified, err
		}
		if plan.SaysTaken(s) {
			text, err := b.Requests.StatementText(ctx, plan.Hash(s))
			if err != nil {
				return verified, err
			}
			if len(text) == 0 {
				found.Changed = append(found.Changed, xlsx.Change{Sheet: s.Sheet, What: "says that it was signed, and nobody has handed such a statement in"})
			}
		}
		verified.Cells, verified.Changed = verified.Cells+found.Cells, append(verified.Changed, found.Changed...)
		verified.Statements = append(verified.Statements, plan.Hash(s))
	}
	verified.Changed = append(verified.Changed, plan.Strays()...)
	return verified, nil
}

// request gives a request as it is now, where there is one.
func (b ReturnedBook) request(ctx context.Context, id string) (refunds.Request, bool, error) {
	found, err := b.Requests.RefundsNamed(ctx, []string{id})
	if errors.Is(err, ErrUnknownID) || err == nil && len(found) == 0 {
		return refunds.Request{}, false, nil
	}
	if err != nil {
		return refunds.Request{}, false, err
	}
	return found[0], true, nil
}

// Outcome adds that the workbook is not what was drawn.
func (v VerifiedBook) Outcome(path string, o *Outcome) {
	if n := len(v.Changed); n > 0 {
		o.Add(EndedFailed, "%s was changed in %s", path, pay.Counted(n, "place"))
	}
}

// Batches gives the requests of a batch, of one merchant or ("") all.
type Batches interface {
	RefundsOfBatch(ctx context.Context, mid, batch string) ([]refunds.Request, error)
}

// AppliedBook is what became of the decisions in a workbook.
type AppliedBook struct {
	Applied
	SHA256  string
	Rows    int               // breaks in the workbook
	Unread  []book.RefusedRow // rows whose words cannot be read, or not beside others of the workbook
	Batch   string            // of the requests that this file has made; "": none, or nothing was written
	Approve []Approval        // what waits for the second person's word
	Month   settle.Month      // of the workbook of a month; "": it is one of a night
	Matches []TakenMatch      // deposits that were tied to payouts, or taken off
}

// Outcome adds that rows of the workbook were refused.
func (a AppliedBook) Outcome(path string, o *Outcome) {
	if n := len(a.Unread) + len(a.Refused); n > 0 {
		o.Add(EndedPerson, "%s of %s refused", pay.Counted(n, "row"), path)
	}
}

// Apply is `report apply`: the decisions of a workbook are taken, or without
// write only tried. The requests of one file are one batch, whenever it is read. desk
// takes those of a workbook of a month.
func (b ReturnedBook) Apply(ctx context.Context, decider *Decider, batches Batches, desk MonthDesk, write bool) (AppliedBook, error) {
	opened, err := book.OpenReturned(b.Path, b.Password)
	if err != nil {
		return AppliedBook{}, err
	}
	month, is, err := monthbook.ReturnedOf(opened)
	if err != nil {
		return AppliedBook{}, err
	}
	if is {
		return desk.apply(ctx, decider, month, write)
	}
	back, snapshots, err := b.night(ctx, opened)
	if err != nil {
		return AppliedBook{}, err
	}
	read, err := back.Words(snapshots)
	if err != nil {
		return AppliedBook{}, err
	}
	file := Workbook{Name: filepath.Base(b.Path), SHA256: back.SHA256, Batch: reconcile.ShortHash("decisions", back.SHA256)[:10]}
	applied, err := decider.Apply(ctx, file, read.Words, write)
	if err != nil {
		return AppliedBook{}, err
	}
	done := AppliedBook{Applied: applied, SHA256: back.SHA256, Rows: read.Rows, Unread: read.Refused}
	if !write {
		return done, nil
	}
	requests, err := batches.RefundsOfBatch(ctx, "", file.Batch)
	if err != nil {
		return AppliedBook{}, err
	}
	if len(requests) > 0 {
		done.Batch = file.Batch
	}
	done.Approve = ApprovalsOf(append(requests, applied.adopted()...), file.Batch)
	return done, nil
}

// adopted are the requests that decisions took over: they were asked for before,
// and are in no batch of this file.
func (a Applied) adopted() []refunds.Request {
	var requests []refunds.Request
	for _, t := range a.Taken {
		if t.Request != nil && t.Adopted {
			requests = append(requests, *t.Request)
		}
	}
	return requests
}
