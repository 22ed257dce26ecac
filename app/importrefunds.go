package app

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"daesa/internal/table"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports"
	"daesa/reports/refundfile"
)

// BatchFile is the file of a batch, as the store keeps it. The same bytes are the
// same batch.
type BatchFile struct{ ID, Name, SHA256 string }

// BatchOf names the batch of a refund file.
func BatchOf(batch refunds.Batch) BatchFile {
	return BatchFile{ID: reconcile.ShortHash("batch", batch.SHA256)[:10], Name: batch.Name, SHA256: batch.SHA256}
}

// Added says what became of requests that were to be added.
type Added struct {
	New   []refunds.Request
	Known []refunds.Request // were there already, with the same ref
}

// Additions adds requests, all or none. file is nil for one that came from none.
type Additions interface {
	AddRefunds(ctx context.Context, file *BatchFile, rows []refunds.Adding, actor string, now time.Time) (Added, error)
}

// AddRefund is `refunds add`: one asking, planned and added. warning is what the
// person should know before the word.
func AddRefund(ctx context.Context, asker *Asker, store Additions, asking refunds.Asking) (added Added, warning refunds.Said, err error) {
	planned, err := asker.One(ctx, asking)
	if err = errors.Join(err, planned.Err); err != nil {
		return Added{}, refunds.Said{}, err
	}
	added, err = store.AddRefunds(ctx, nil, []refunds.Adding{planned.Adding}, asker.Actor, asker.Now)
	return added, planned.Warning, err
}

// Would is what becomes of a row, or would.
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
	Amount                map[pay.Currency]int64 // of what was added, or would be, less what is past its deadline
	Expired               int                    // of these, past their deadline: for a transfer by hand
	WithoutAccount        int                    // of these, without the refund account that they need
}

// Plan says of each row what would become of it.
func (f *RefundFile) Plan() Imported {
	d := Imported{Amount: map[pay.Currency]int64{}, Lines: []AskedLine{}}
	refused := f.Refused()
	for _, row := range f.Rows {
		line := row.line()
		switch {
		case row.Err != nil:
			first := refused[line.Line][0]
			line.Would, line.Column, line.Why = WouldRefuse, first.Column, first.Reason
			delete(refused, line.Line)
			d.Refused++
		case row.Known:
			line.Would = WouldKnow
			d.Known++
		default:
			d.count(row.Adding.Request)
		}
		d.Lines = append(d.Lines, line)
	}
	orders := f.faultyOrders()
	for line, faults := range refused { // those that cannot be read, and a total that does not tie
		d.Lines = append(d.Lines, AskedLine{Line: line, OrderID: orders[line], Would: WouldRefuse, Column: faults[0].Column, Why: faults.Briefs()})
		d.Refused++
	}
	slices.SortStableFunc(d.Lines, func(a, b AskedLine) int { return a.Line - b.Line })
	return d
}

// faultyOrders are the orders, or payments, of rows that cannot be read, by line.
func (f *RefundFile) faultyOrders() map[int]string {
	orders := map[int]string{}
	for _, row := range f.Batch.Faulty {
		orders[row.Line] = cmp.Or(row.OrderID, row.PaymentKey)
	}
	return orders
}

// count takes in a request that was added, or would be.
func (d *Imported) count(r refunds.Request) {
	d.Added++
	if r.State == refunds.StateExpired { // Toss is never asked for it
		d.Expired++
		return
	}
	d.Amount[r.Currency] += r.Amount
	switch r.State {
	case refunds.StateNeedsAccount:
		d.WithoutAccount++
	default: // it takes its way
	}
}

// line says what would become of a row that nothing speaks against.
func (p Planned) line() AskedLine {
	r := p.Adding.Request
	line := AskedLine{Line: p.Asking.Line, OrderID: cmp.Or(r.OrderID, p.Asking.OrderID), Would: WouldAdd, Why: p.Warning.English}
	amount, currency, ok := p.Money()
	if line.Currency = currency; ok {
		line.Amount = &amount
	}
	if p.Err == nil {
		line.ID, line.State, line.CancelBy = r.ID, r.State, r.CancelBy
	}
	if p.Err == nil && r.ErrorCode != "" {
		line.Why = refunds.Said{English: refunds.Explain(refunds.English, r.ErrorCode, "", r.CancelBy).Cause}.And(p.Warning).English
	}
	return line
}

// Import adds the rows that nothing speaks against. Where there are none, nothing
// is asked of the store.
func (f *RefundFile) Import(ctx context.Context, store Additions, actor string, now time.Time) (Imported, error) {
	d := f.Plan()
	taken := f.Taken()
	if len(taken) == 0 {
		return d, nil
	}
	file := BatchOf(f.Batch)
	added, err := store.AddRefunds(ctx, &file, taken, actor, now)
	if err != nil {
		return Imported{}, err
	}
	d = Imported{Lines: d.Lines, Known: len(added.Known), Refused: d.Refused, Amount: map[pay.Currency]int64{}}
	states := map[string]refunds.State{}
	for _, r := range added.New {
		d.count(r)
		states[r.ID] = r.State
	}
	for i := range d.Lines {
		line := &d.Lines[i]
		if line.Would == WouldRefuse {
			continue
		}
		if state, isNew := states[line.ID]; isNew {
			line.State = state
		} else {
			line.Would = WouldKnow
		}
	}
	return d, nil
}

// Remarks are what is said beside each row of a file that is given back: what
// speaks against it, or where its request stands.
func (f *RefundFile) Remarks(d Imported, language refunds.Language) []refundfile.Remark {
	var list []refundfile.Remark
	for line, faults := range f.Refused() {
		remark := refundfile.Remark{Line: line}
		for _, fault := range faults {
			remark.Refused = append(remark.Refused, refundfile.Refusal{Column: f.titleOf(language, fault), Why: refunds.Said{Korean: fault.Korean, English: fault.Reason}})
		}
		list = append(list, remark)
	}
	lines := map[int]AskedLine{}
	for _, line := range d.Lines {
		lines[line.Line] = line
	}
	for _, row := range f.Rows {
		if row.Err != nil {
			continue
		}
		line := lines[row.Asking.Line]
		list = append(list, refundfile.Remark{Line: line.Line, Known: line.Would == WouldKnow, State: line.State, CancelBy: line.CancelBy, Warning: row.Warning})
	}
	if total := f.Batch.Total; total != nil && !f.TotalWrong && !f.TotalUnread {
		list = append(list, refundfile.Remark{Line: total.Line, Total: true})
	}
	slices.SortFunc(list, func(a, b refundfile.Remark) int { return a.Line - b.Line })
	return list
}

// titleOf is the title of a fault's column as it stands in the file, or should;
// "": the fault is of no column.
func (f *RefundFile) titleOf(language refunds.Language, fault *table.Fault) string {
	if fault.Column == "" {
		return ""
	}
	return cmp.Or(f.Batch.Layout.TitleOf(fault.Column), refunds.ColumnTitle(language, fault.Column))
}

// BatchRefusals are the rows that were not taken, for the batch's workbook.
func (f *RefundFile) BatchRefusals(language refunds.Language) []reports.BatchRefusal {
	asked := map[int]refunds.Asking{}
	for _, row := range f.Rows {
		asked[row.Asking.Line] = row.Asking
	}
	for _, row := range f.Batch.Faulty {
		asked[row.Line] = row
	}
	refused := f.Refused()
	var list []reports.BatchRefusal
	for _, line := range slices.Sorted(maps.Keys(refused)) {
		var why []string
		column := refused[line][0].Column
		for _, fault := range refused[line] {
			why = append(why, refunds.Said{Korean: fault.Korean, English: fault.Reason}.In(language))
		}
		row := asked[line]
		amount := row.Amount
		if row.All {
			amount = refunds.Said{Korean: "전액", English: "all"}.In(language)
		}
		list = append(list, reports.BatchRefusal{Line: line, OrderID: row.OrderID, Amount: amount, Reason: row.Reason, Column: cmp.Or(f.Batch.Layout.TitleOf(column), column), Why: strings.Join(why, "; ")})
	}
	return list
}
