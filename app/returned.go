package app

import (
	"context"
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

// StoredRuns gives what was stored of a run; nil: there is no such run.
type StoredRuns interface {
	SnapshotOfRun(ctx context.Context, runID string) ([]byte, error)
}

// ReturnedBook opens a workbook that came back from finance.
type ReturnedBook struct {
	Runs     StoredRuns
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
		stored, err := b.Runs.SnapshotOfRun(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		if stored == nil {
			continue
		}
		snapshot, err := readSnapshot(stored, "run "+id)
		if err != nil {
			return nil, nil, err
		}
		snapshots = append(snapshots, snapshot)
	}
	return back, snapshots, nil
}

// VerifiedBook is what comparing a workbook with its nights found.
type VerifiedBook struct {
	xlsx.Comparison
	SHA256 string
}

// Verify is `report verify`: every cell is compared with what the stored nights
// draw.
func (b ReturnedBook) Verify(ctx context.Context, options reports.Options) (VerifiedBook, error) {
	opened, err := book.OpenReturned(b.Path, b.Password)
	if err != nil {
		return VerifiedBook{}, err
	}
	back, snapshots, err := b.night(ctx, opened)
	if err != nil {
		return VerifiedBook{}, err
	}
	found, err := back.Verify(snapshots, options)
	return VerifiedBook{found, back.SHA256}, err
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
