package orders

import (
	"daesa/internal/table"
	"daesa/pay"
)

// columnCount is how many columns the contract has.
const columnCount = 15

// columnAt is the place of a column among those of the contract; a switch,
// because it is asked for every cell.
func columnAt(column string) int {
	switch column {
	case orderID:
		return 0
	case mid:
		return 1
	case paymentKey:
		return 2
	case method:
		return 3
	case status:
		return 4
	case amount:
		return 5
	case canceledAmount:
		return 6
	case refundedElsewhere:
		return 7
	case taxFreeAmount:
		return 8
	case pg:
		return 9
	case currency:
		return 10
	case orderedAt:
		return 11
	case paidAt:
		return 12
	case canceledAt:
		return 13
	case customerRef:
		return 14
	}
	return -1
}

// places say where in a row each column of the contract stands.
type places [columnCount]int

// A column stands at a place of the row, or the file lacks it, or the profile
// does not name it for this way of paying.
const (
	lacks   = -1
	unnamed = -2
)

func (f *File) placesOf(name func(column string) (string, bool)) places {
	var at places
	for i, column := range columnNames {
		at[i] = unnamed
		if title, named := name(column); named {
			at[i] = f.table.Place(title)
		}
	}
	return at
}

// findPlaces looks every column up once.
func (f *File) findPlaces() {
	f.places = f.placesOf(func(column string) (string, bool) { return column, true })
	for way, columns := range f.profile.Payments {
		f.ways = append(f.ways, f.placesOf(func(column string) (string, bool) { return wayOf(way, column), len(columns[column]) > 0 }))
	}
}

// rowRecord is a row of a file as the profile shows it to the decoder.
type rowRecord struct {
	file *File
	row  table.Row
	way  int // of several payments, the one that counts; -1: there is one
}

// record chooses, where an order may be paid in several ways, the one that went
// through Toss. It is valid until the next one.
func (f *File) record(row table.Row) (*rowRecord, *finding) {
	r := &f.current
	*r = rowRecord{file: f, row: row, way: -1}
	if len(f.ways) == 0 {
		return r, nil
	}
	first, toss := -1, -1
	for i := range f.ways {
		word := r.at(f.ways[i][columnAt(method)])
		if word == "" {
			continue
		}
		if first < 0 {
			first = i
		}
		meaning, known := f.decoder.method(word)
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

// place is where a column stands in the row; lacks where it does not.
func (r *rowRecord) place(column string) int {
	i := columnAt(column)
	if i < 0 {
		return lacks
	}
	if r.way >= 0 {
		if at := r.file.ways[r.way][i]; at != unnamed {
			return at
		}
	}
	return r.file.places[i]
}

func (r *rowRecord) at(place int) string { return r.row.Cell(place) }

// Get gives a cell, or the value that the profile has for all.
func (r *rowRecord) Get(column string) (string, bool) {
	place := r.place(column)
	if place < 0 {
		fixed := r.file.profile.Values[column]
		return fixed, fixed != ""
	}
	return r.at(place), true
}

// Refused says why a cell cannot be taken.
func (r *rowRecord) Refused(column string) (value, reason string, refused bool) {
	return r.row.Refused(r.place(column))
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

// readRow is an order and the lines that it stands in, valid until the next one.
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
	var lines [1]int
	for row, err := range f.rows() {
		lines[0] = row.Line
		each := readRow{lines: lines[:]}
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
