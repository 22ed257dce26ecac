package app

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"daesa/internal/hint"
	"daesa/internal/table"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// RefundFile is a refund file, as its batch keeps it.
type RefundFile struct {
	ID     string // of the batch
	Name   string
	SHA256 string
}

// RefundFileOf names the batch of a file: the same bytes are the same batch.
func RefundFileOf(file refunds.Batch) RefundFile {
	return RefundFile{ID: reconcile.ShortHash("batch", file.SHA256)[:10], Name: file.Name, SHA256: file.SHA256}
}

// Added says what became of requests that were to be added.
type Added struct {
	New   []refunds.Request
	Known []refunds.Request // were there already, with the same ref
}

// Additions adds requests, all or none. file is nil for one that came from none.
type Additions interface {
	AddRefunds(ctx context.Context, file *RefundFile, rows []refunds.Adding, actor string, now time.Time) (Added, error)
}

// AddRefund is `refunds add`: one asking, planned and added.
func AddRefund(ctx context.Context, asker *Asker, store Additions, asking refunds.Asking) (added Added, warning string, err error) {
	planned, err := asker.One(ctx, asking)
	if err = errors.Join(err, planned.Err); err != nil {
		return Added{}, "", err
	}
	added, err = store.AddRefunds(ctx, nil, []refunds.Adding{planned.Adding}, asker.Actor, asker.Now)
	return added, planned.Warning, err
}

// PlannedFile is a refund file with what would become of its rows.
type PlannedFile struct {
	File RefundFile
	Rows []Planned    // that can be read
	Bad  table.Faults // values that cannot
}

// Would is what would become of a row.
type Would string

// The outcomes of a row.
const (
	WouldAdd    Would = "added"
	WouldKnow   Would = "known" // it was asked for before
	WouldRefuse Would = "refused"
)

// AskedLine is one row of a refund file as its import shows it.
type AskedLine struct {
	Line     int
	ID       string // of the request; "" where it is refused
	OrderID  string
	Would    Would
	State    refunds.State
	Amount   *int64 // nil: all that is left, of a refused row, or not to be read
	Currency pay.Currency
	CancelBy time.Time
	Column   string // that a refusal is about
	Why      string
}

// Imported is what became of a refund file, or would.
type Imported struct {
	Lines                 []AskedLine // in the order of the file
	Added, Known, Refused int
	Amount                map[pay.Currency]int64 // of what was added, or would be
	Expired               int                    // of these, past their deadline: for a transfer by hand
	WithoutAccount        int                    // of these, without the refund account that they need
}

// Plan says of each row what would become of it.
func (f PlannedFile) Plan() Imported {
	d := Imported{Amount: map[pay.Currency]int64{}, Lines: []AskedLine{}}
	for _, row := range f.Rows {
		line := row.line()
		switch line.Would {
		case WouldRefuse:
			d.Refused++
		case WouldKnow:
			d.Known++
		case WouldAdd:
			d.count(row.Adding.Request)
		}
		d.Lines = append(d.Lines, line)
	}
	at := map[int]int{} // of a line that cannot be read
	for _, fault := range f.Bad {
		if i, there := at[fault.Line]; there {
			d.Lines[i].Why += "; " + fault.Brief()
			continue
		}
		at[fault.Line] = len(d.Lines)
		d.Lines = append(d.Lines, AskedLine{Line: fault.Line, Would: WouldRefuse, Column: fault.Column, Why: fault.Brief()})
		d.Refused++
	}
	slices.SortStableFunc(d.Lines, func(a, b AskedLine) int { return a.Line - b.Line })
	return d
}

// count takes in a request that was added, or would be.
func (d *Imported) count(r refunds.Request) {
	d.Added++
	d.Amount[r.Currency] += r.Amount
	switch r.State {
	case refunds.ExpiredState:
		d.Expired++
	case refunds.NeedsAccount:
		d.WithoutAccount++
	default: // it takes its way
	}
}

// line says what would become of a row.
func (p Planned) line() AskedLine {
	r := p.Adding.Request
	line := AskedLine{Line: p.Asking.Line, OrderID: cmp.Or(r.OrderID, p.Asking.OrderID), Would: WouldAdd, Why: p.Warning}
	amount, currency, ok := p.Money()
	if line.Currency = currency; ok {
		line.Amount = &amount
	}
	if p.Err != nil {
		line.Would = WouldRefuse
		line.Column, line.Why = p.refusal()
		return line
	}
	if p.Known {
		line.Would = WouldKnow
	}
	line.ID, line.State, line.CancelBy = r.ID, r.State, r.CancelBy
	return line
}

// refusal names the column that a refusal is about, and the reason.
func (p Planned) refusal() (column, reason string) {
	var refused *refunds.AskError
	var ref *refunds.RefError
	switch {
	case errors.As(p.Err, &refused):
		column = refused.Column
	case errors.As(p.Err, &ref):
		column = "ref"
	case p.Asking.OrderID == "":
		column = "payment_key"
	default:
		column = "order_id"
	}
	return column, p.Err.Error()
}

// Import adds the requests of a file. A file with a row that is refused is
// refused whole: every row that is wrong is said at once.
func (f PlannedFile) Import(ctx context.Context, store Additions, actor string, now time.Time) (Imported, error) {
	if err := f.refused(); err != nil {
		return Imported{}, err
	}
	added, err := store.AddRefunds(ctx, &f.File, Addings(f.Rows), actor, now)
	if err != nil {
		return Imported{}, err
	}
	d := Imported{Lines: f.Plan().Lines, Known: len(added.Known), Amount: map[pay.Currency]int64{}}
	states := map[string]refunds.State{}
	for _, r := range added.New {
		d.count(r)
		states[r.ID] = r.State
	}
	for i := range d.Lines {
		if state, isNew := states[d.Lines[i].ID]; isNew {
			d.Lines[i].State = state
		} else {
			d.Lines[i].Would = WouldKnow
		}
	}
	return d, nil
}

// refused are the refusals as faults of the file, with what to do: where the rows
// are not to blame, they are of another merchant than the configuration names.
func (f PlannedFile) refused() error {
	faults, next := slices.Clone(f.Bad), ""
	for _, row := range f.Rows {
		if row.Err == nil {
			continue
		}
		column, reason := row.refusal()
		faults = append(faults, &table.Fault{File: f.File.Name, Line: row.Asking.Line, Column: column, Value: shownOf(row.Asking, column), Reason: reason})
		var refused *refunds.AskError
		if next == "" && errors.As(row.Err, &refused) && refused.OfConfiguration() {
			next = "nothing was imported; " + refused.Hint()
		}
	}
	if len(faults) == 0 {
		return nil
	}
	slices.SortStableFunc(faults, func(a, b *table.Fault) int { return a.Line - b.Line })
	return hint.With(faults, cmp.Or(next, "nothing was imported; mend the rows, or see all of them with --dry-run"))
}

// shownOf is a row's own value of a column, as far as it may be shown.
func shownOf(a refunds.Asking, column string) string {
	switch column {
	case "amount":
		if a.All {
			return "all"
		}
		return a.Amount
	case "order_id":
		return a.OrderID
	case "payment_key":
		return a.PaymentKey
	case "tax_free_amount":
		return a.TaxFree
	case "ref":
		return a.Ref
	default:
		return ""
	}
}
