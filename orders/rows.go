package orders

import (
	"daesa/internal/table"
	"daesa/pay"
)

// rowRecord is a row of a file as the profile shows it to the decoder.
type rowRecord struct {
	file *File
	row  table.Row
	way  int // of several payments, the one that counts; -1: there is one
}

// record chooses, where an order may be paid in several ways, the one that went
// through Toss.
func (f *File) record(row table.Row) (rowRecord, *finding) {
	r := rowRecord{file: f, row: row, way: -1}
	if len(f.profile.Payments) == 0 {
		return r, nil
	}
	first, toss := -1, -1
	for i := range f.profile.Payments {
		word, _ := r.cell(wayOf(i, method))
		if word == "" {
			continue
		}
		if first < 0 {
			first = i
		}
		meaning, known := f.profile.method(word)
		if !known || meaning == otherPG || meaning == noMethod {
			continue
		}
		if toss >= 0 {
			return r, &finding{method, word, "is a second payment of the order through Toss; daesa compares one for each order"}
		}
		toss = i
	}
	if r.way = toss; toss < 0 {
		r.way = max(first, 0)
	}
	return r, nil
}

// column is the table's column behind one of the contract.
func (r rowRecord) column(column string) string {
	if r.way >= 0 && len(r.file.profile.Payments[r.way][column]) > 0 {
		return wayOf(r.way, column)
	}
	return column
}

func (r rowRecord) cell(column string) (string, bool) {
	value, present := r.row.Get(column)
	if r.file.quarantined {
		value = unescape(value)
	}
	return value, present
}

// Get gives a cell, or the value that the profile has for all.
func (r rowRecord) Get(column string) (string, bool) {
	value, present := r.cell(r.column(column))
	if !present {
		if fixed := r.file.profile.Values[column]; fixed != "" {
			return fixed, true
		}
	}
	return value, present
}

// Refused says why a cell cannot be taken.
func (r rowRecord) Refused(column string) (value, reason string, refused bool) {
	if fault := r.row.Fault(r.column(column)); fault != nil {
		return fault.Value, fault.Reason, true
	}
	return "", "", false
}

// faults are findings in their places.
func (f *File) faults(line int, findings []finding) table.Faults {
	faults := make(table.Faults, len(findings))
	for i, each := range findings {
		faults[i] = f.table.NewFault(line, f.shown(each.column), each.value, each.reason)
		faults[i].Column = each.column
	}
	return faults
}

// shown is the table's column that a person should look at.
func (f *File) shown(column string) string {
	if f.table.Has(column) {
		return column
	}
	for i, way := range f.profile.Payments {
		if len(way[column]) > 0 && f.table.Has(wayOf(i, column)) {
			return wayOf(i, column)
		}
	}
	return column
}

// readRow is an order and the lines that it stands in.
type readRow struct {
	order pay.Order
	lines []int
}

// read gives every order of the file; a bad one comes as a *BadRow.
func (f *File) read() func(yield func(readRow, error) bool) {
	if f.profile.ByItem {
		return f.readItems
	}
	return f.readOrders
}

func (f *File) readOrders(yield func(readRow, error) bool) {
	for row, err := range f.rows() {
		each := readRow{lines: []int{row.Line}}
		if err == nil {
			each.order, err = f.order(row)
		}
		if !yield(each, err) {
			return
		}
	}
}

func (f *File) order(row table.Row) (pay.Order, error) {
	record, wrong := f.record(row)
	order, findings := f.decoder.decode(row.Line, record)
	if wrong != nil {
		findings = append(findings, *wrong)
	}
	if len(findings) > 0 {
		return pay.Order{}, f.bad(row, f.faults(row.Line, findings))
	}
	return order, nil
}
