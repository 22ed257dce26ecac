package app

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"daesa/internal/hint"
	"daesa/internal/table"
	"daesa/refunds"
)

// RefundFile is a refund file with all that its rows and their look-ups show.
type RefundFile struct {
	Batch  refunds.Batch
	Rows   []Planned    // without a fault of their own, in the file's order
	Faults table.Faults // of the file, of its look-ups and of its total, by line
	// TotalWrong: the last row is not the sum of the others. A person summed up
	// something else than what stands there, so that nothing of the file may be
	// taken.
	TotalWrong bool
	// TotalUnread: the total could not be compared, since the amount of some row
	// is not known.
	TotalUnread bool
}

// PlanBatch begins to plan a refund file. Rows with a fault are looked up too,
// where they name their payment: what the look-ups show is said in the same go.
func (a *Asker) PlanBatch(ctx context.Context, batch refunds.Batch, faults table.Faults) (*FilePlan, error) {
	f, err := a.PlanFile(ctx, batch.Rows)
	if err != nil {
		return nil, err
	}
	f.batch, f.faults, f.wrong = batch, faults, map[int][]string{}
	for _, fault := range faults {
		f.wrong[fault.Line] = append(f.wrong[fault.Line], fault.Column)
	}
	for _, asking := range batch.Faulty {
		if _, known := a.Merchants[asking.MID]; known && asking.OrderID+asking.PaymentKey != "" && !f.failed(asking.Line, "mid", "order_id", "payment_key") {
			f.faulty = append(f.faulty, asking)
			f.want(asking)
		}
	}
	return f, nil
}

// failed says whether one of some columns of a line has a fault.
func (f *FilePlan) failed(line int, columns ...string) bool {
	return slices.ContainsFunc(f.wrong[line], func(column string) bool { return slices.Contains(columns, column) })
}

// File looks everything up and says all that is wrong.
func (f *FilePlan) File(ctx context.Context) (RefundFile, error) {
	rows, err := f.Run(ctx)
	if err != nil {
		return RefundFile{}, err
	}
	file := RefundFile{Batch: f.batch, Rows: rows, Faults: slices.Clone(f.faults)}
	for _, row := range rows {
		file.refuse(row)
	}
	for _, asking := range f.faulty {
		row, err := f.planFaulty(ctx, asking)
		if err != nil {
			return RefundFile{}, err
		}
		if row.Err == nil {
			continue
		}
		if column, _ := refunds.Refusal(asking, row.Err); !f.failed(asking.Line, column) { // else it is said already
			file.refuse(row)
		}
	}
	if total, compared := f.batch.CheckTotal(file.amounts()); total != nil {
		file.TotalWrong, file.Faults = true, append(file.Faults, total)
	} else {
		file.TotalUnread = !compared
	}
	slices.SortStableFunc(file.Faults, func(a, b *table.Fault) int { return a.Line - b.Line })
	return file, nil
}

// planFaulty plans a row that is refused anyway, as far as it can be read.
func (f *FilePlan) planFaulty(ctx context.Context, asking refunds.Asking) (Planned, error) {
	key := look{asking.MID, askedFor(asking)}
	if err := f.refused[key]; err != nil {
		return Planned{Asking: asking, Err: err}, nil
	}
	asking.Account = nil // nothing of it is kept
	return f.a.plan(ctx, asking, f.looks[key], nil)
}

// refuse keeps what speaks against a row.
func (f *RefundFile) refuse(row Planned) {
	if row.Err == nil {
		return
	}
	column, why := refunds.Refusal(row.Asking, row.Err)
	f.Faults = append(f.Faults, f.Batch.Fault(row.Asking.Line, column, shown(row.Asking, column), why))
}

// amounts are those of all rows as a total sums them up, and how many of them
// nobody knows.
func (f *RefundFile) amounts() (amounts []string, unknown int) {
	for _, row := range f.Rows {
		if amount, currency, ok := row.Money(); ok {
			amounts = append(amounts, currency.Format(amount))
		} else {
			unknown++
		}
	}
	for _, row := range f.Batch.Faulty {
		if row.All || row.Amount == "" {
			unknown++
		} else {
			amounts = append(amounts, row.Amount)
		}
	}
	lost := map[int]bool{} // rows of which nothing can be read
	for _, fault := range f.Faults {
		lost[fault.Line] = true
	}
	for _, row := range f.Rows {
		delete(lost, row.Asking.Line)
	}
	for _, row := range f.Batch.Faulty {
		delete(lost, row.Line)
	}
	return amounts, unknown + len(lost)
}

// Taken are the rows that nothing speaks against, as the store takes them.
func (f *RefundFile) Taken() []refunds.Adding {
	return Addings(slices.DeleteFunc(slices.Clone(f.Rows), func(row Planned) bool { return row.Err != nil }))
}

// Refused are the lines that something speaks against, with all of it.
func (f *RefundFile) Refused() map[int]table.Faults {
	refused := map[int]table.Faults{}
	for _, fault := range f.Faults {
		refused[fault.Line] = append(refused[fault.Line], fault)
	}
	return refused
}

// Hint is what to do about the faults.
func (f *RefundFile) Hint() string {
	for _, row := range f.Rows {
		var refused *refunds.AskError
		if errors.As(row.Err, &refused) && refused.OfConfiguration() {
			return "nothing was imported; " + refused.Hint() // the rows are not to blame
		}
	}
	if f.TotalWrong {
		return "nothing was imported; mend the total or the rows: a file whose total does not tie is not taken in part either"
	}
	return "nothing was imported; mend the rows, or take the others with --quarantine FILE; --out FILE.xlsx gives the file back with what is wrong beside each row"
}

// shown is a row's own value of a column, as far as it may be shown.
func shown(a refunds.Asking, column string) string {
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

// SetAside writes the refused rows of a file for people to mend, with what is
// wrong with each. They appear when they are committed.
func (f *RefundFile) SetAside(path string, options refunds.FileOptions) (*table.Aside, error) {
	aside, err := refunds.NewAside(path, f.Batch)
	if err != nil {
		return nil, err
	}
	refused := f.Refused()
	err = refunds.RowsOf(f.Batch, options, func(row table.Row, misshapen bool) error {
		faults := refused[row.Line]
		if len(faults) == 0 {
			return nil
		}
		header, cells := f.Batch.Layout.Header(), row.Cells()
		if misshapen { // its cells may stand under the wrong titles
			header, cells = nil, nil
		}
		return aside.Add(header, cells, f.Batch.Name, strconv.Itoa(row.Line), faults.Briefs())
	})
	if err != nil {
		return nil, errors.Join(err, aside.Discard())
	}
	return aside, nil
}

// Refusal is the error of a file of which nothing is taken.
func (f *RefundFile) Refusal() error { return hint.With(f.Faults, f.Hint()) }
