package intake

import (
	"context"
	"errors"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"daesa/app"
	"daesa/internal/hint"
	"daesa/internal/table"
	"daesa/orders"
	"daesa/pay"
)

// Import takes order files that a person names, each whole or not at all.
type Import struct {
	Store      OrderTaker
	Options    orders.Options
	Paths      []string
	Quarantine string // "": one bad row refuses its file; else bad rows go to this file
	Older      orders.Older
	DryRun     bool
	Actor      string
	Now        time.Time
	Step       func(rows int64) // hears how many rows were read; may be nil
}

// Imported is what an import did, over all its files.
type Imported struct {
	Inserted, Updated, Unchanged int64
	Quarantined                  int64            // rows that were refused, backward ones among them
	Backward                     int64            // rows that would have taken an order back
	OtherPG                      map[string]int64 // orders that are not compared, by the company's word
	UnknownMethods               map[string]int64 // orders that were taken without a method, by its word
	Unknown                      []UnknownColumn
	Unread                       []UnreadSheet
}

// Outcome adds what an import leaves to people. quarantine is the file of the
// refused rows.
func (i Imported) Outcome(quarantine string, o *app.Outcome) {
	for _, word := range slices.Sorted(maps.Keys(i.UnknownMethods)) {
		o.Add(app.EndedPerson, "%d orders were taken without a method: nobody says what %q means; name it under methods of a profile", i.UnknownMethods[word], word)
	}
	if i.Quarantined > 0 {
		o.Add(app.EndedPerson, "%d rows were refused: see %s", i.Quarantined, quarantine)
	}
}

// UnreadSheet is a sheet of a workbook that people see and of which nothing was
// read.
type UnreadSheet struct{ File, Sheet string }

// UnknownColumn is a column that means nothing to daesa.
type UnknownColumn struct{ File, Title string }

// faultsShown is how many bad cells an import tells one by one.
const faultsShown = 100

// refusedRows is the error of a file of which nothing was taken.
func refusedRows(file string, tally orders.Tally, advice string) error {
	return hint.Errorf(advice, "%s: %s\n%w", file, tally.Refused(), tally.First)
}

// Run imports the files. Every fault of every file is said before anything is
// taken.
func (i Import) Run(ctx context.Context) (sum Imported, err error) {
	sum.OtherPG, sum.UnknownMethods = map[string]int64{}, map[string]int64{}
	if err := i.check(); err != nil {
		return sum, err
	}
	files, err := i.open()
	if err != nil {
		return sum, err
	}
	defer func() {
		for _, file := range files {
			_ = file.Close() // it was only read
		}
	}()
	aside := &asideRows{later: map[int]table.Faults{}}
	if i.Quarantine != "" {
		if aside.file, err = orders.NewQuarantine(i.Quarantine, files...); err != nil {
			return sum, err
		}
		defer func() { err = errors.Join(err, aside.file.Discard()) }() // after Commit it does nothing
	}
	for _, file := range files {
		if err := i.take(ctx, file, aside, &sum); err != nil {
			return sum, err
		}
	}
	sum.Quarantined = aside.rows
	if aside.file != nil && !i.DryRun {
		_, err = aside.file.Commit()
	}
	return sum, err
}

// check reads every file once, so that a person sees every fault at once.
func (i Import) check() error {
	var refused []error
	for _, path := range i.Paths {
		tally, err := orders.Check(path, i.Options, faultsShown)
		switch {
		case err != nil:
			refused = append(refused, err)
		case tally.Bad() && i.Quarantine == "":
			refused = append(refused, refusedRows(path, tally, "mend the rows, or use --quarantine FILE to take the good ones; nothing of the file was taken"))
		}
	}
	return errors.Join(refused...)
}

func (i Import) open() ([]*orders.File, error) {
	var files []*orders.File
	for _, path := range i.Paths {
		file, err := orders.OpenFile(path, i.Options)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

func (i Import) take(ctx context.Context, file *orders.File, aside *asideRows, sum *Imported) error {
	for _, title := range file.Unknown() {
		sum.Unknown = append(sum.Unknown, UnknownColumn{file.Name(), title})
	}
	for _, sheet := range file.Unread() {
		sum.Unread = append(sum.Unread, UnreadSheet{file.Name(), sheet})
	}
	older := i.Older
	older.LeaveOut = aside.file != nil
	saved, err := i.Store.TakeOrders(ctx, i.rows(file, aside, sum), orders.Taking{
		Has: file.Columns().Stores, Source: filepath.Base(file.Name()), Actor: i.Actor, Now: i.Now, Older: older, DryRun: i.DryRun,
	})
	var backward *orders.BackwardError
	if errors.As(err, &backward) {
		return i.refuse(file, backward)
	}
	if err != nil {
		return err
	}
	sum.Inserted += saved.Inserted
	sum.Updated += saved.Updated
	sum.Unchanged += saved.Unchanged
	for word, orders := range file.UnknownMethods() {
		sum.UnknownMethods[word] += orders
	}
	if len(saved.Backward) > 0 {
		back, err := orders.Locate(file.Name(), i.Options, saved.Backward)
		if err != nil {
			return err
		}
		sum.Backward += int64(len(back))
		maps.Copy(aside.later, back)
	}
	return aside.flush(file.Name(), i.Options)
}

// refuse says where in the file the rows stand that would take orders back.
func (i Import) refuse(file *orders.File, backward *orders.BackwardError) error {
	lines, err := orders.Locate(file.Name(), i.Options, backward.Rows)
	if err != nil {
		return errors.Join(backward, err)
	}
	var tally orders.Tally
	for _, line := range slices.Sorted(maps.Keys(lines)) {
		if lines[line][0].Line == line { // once for each order
			tally.First = append(tally.First, lines[line]...)
		}
	}
	tally.Faults = len(tally.First)
	if tally.Rows = len(lines); tally.Rows > tally.Faults { // rows of items
		tally.Orders = tally.Faults
	}
	return refusedRows(file.Name(), tally, orders.AdviceBackward)
}

// rows gives the good rows of a file; bad ones go aside where they may.
func (i Import) rows(file *orders.File, aside *asideRows, sum *Imported) iter.Seq2[pay.Order, error] {
	return func(yield func(pay.Order, error) bool) {
		var count int64
		for order, err := range file.Orders() {
			var bad *orders.BadRow
			if aside.file != nil && errors.As(err, &bad) {
				if err = aside.add(bad); err == nil {
					continue
				}
			}
			if err == nil && order.PG != pay.PGToss {
				sum.OtherPG[order.PG]++
			}
			if count++; i.Step != nil && count%1000 == 0 {
				i.Step(count)
			}
			if !yield(order, err) {
				return
			}
		}
	}
}

// asideRows are the rows that a quarantine takes.
type asideRows struct {
	file *orders.Quarantine // nil: none
	rows int64
	// later are the lines of orders with a row for each item: all of them go
	// aside where one is bad, so that no part of an order is ever taken for it.
	later map[int]table.Faults
}

func (a *asideRows) add(row *orders.BadRow) error {
	for _, line := range row.Lines {
		a.later[line] = row.Faults
	}
	if len(row.Lines) > 0 {
		return nil
	}
	a.rows++
	return a.file.Add(row)
}

// flush reads the lines that were kept for later.
func (a *asideRows) flush(path string, options orders.Options) error {
	if len(a.later) == 0 {
		return nil
	}
	rows, err := orders.RowsOf(path, options, a.later)
	if err != nil {
		return err
	}
	for _, row := range rows {
		a.rows++
		if err := a.file.Add(row); err != nil {
			return err
		}
	}
	clear(a.later)
	return nil
}
