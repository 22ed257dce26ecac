package orders

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"daesa/internal/table"
	"daesa/internal/written"
	"daesa/pay"
)

// openOrders is how many orders are held open for further rows. Rows of one
// order stand together or near each other; where they are further apart nobody
// can say that an order is complete, and the file is refused.
const openOrders = 20_000

// said is a status word of an order's rows, and where it stands first.
type said struct {
	word string
	line int
}

// group is an order whose rows are being read.
type group struct {
	key    string
	lines  []int
	values map[string]string // by column, as folded so far
	sums   map[string]int64
	gone   int64 // amounts of cancelled rows, where amount is a sum
	paid   bool  // a row's status word does not say that it was never paid
	states map[pay.OrderStatus]said
	faults table.Faults
}

// readItems folds the rows of each order into one.
func (f *File) readItems(yield func(readRow, error) bool) {
	open := map[string]*group{}
	var waiting []*group // in the order of their first rows
	done := map[string]int{}
	give := func(g *group) bool {
		delete(open, g.key)
		done[g.key] = g.lines[0]
		order, err := f.fold(g)
		return yield(readRow{order, g.lines}, err)
	}
	for row, err := range f.rows() {
		key := ""
		if err == nil {
			key, err = f.keyOf(row)
		}
		if err != nil {
			yield(readRow{}, f.ofNoOrder(err))
			return
		}
		g := open[key]
		if g == nil {
			if first, twice := done[key]; twice {
				yield(readRow{}, f.tooFarApart(key, first, row.Line))
				return
			}
			if len(waiting) >= openOrders {
				if !give(waiting[0]) {
					return
				}
				waiting = waiting[1:]
			}
			g = &group{key: key, values: map[string]string{}, sums: map[string]int64{}, states: map[pay.OrderStatus]said{}}
			open[key] = g
			waiting = append(waiting, g)
		}
		f.add(g, row)
	}
	for _, g := range waiting {
		if !give(g) {
			return
		}
	}
}

// keyOf is by what a row belongs to its order.
func (f *File) keyOf(row table.Row) (string, error) {
	record := rowRecord{file: f, row: row, way: -1}
	id, _ := record.Get(orderID)
	merchant, _ := record.Get(mid)
	if value, reason, refused := record.Refused(orderID); refused {
		return "", f.bad(row, f.faults(row.Line, []finding{{orderID, value, reason}}))
	}
	if strings.TrimSpace(id) == "" {
		return "", f.bad(row, f.faults(row.Line, []finding{{orderID, "", "is empty"}}))
	}
	return merchant + "\x00" + id, nil
}

// ofNoOrder ends the file at a row of which nobody can say to which order it
// belongs: any order could lack it.
func (f *File) ofNoOrder(err error) error {
	var bad *BadRow
	if !errors.As(err, &bad) {
		return err
	}
	return &table.FileError{File: f.Name(), Line: bad.Line, Advice: "mend the row; nothing of a file with a row for each item is taken while one of them is of no order",
		Reason: "cannot be told to which order it belongs: " + bad.reason()}
}

func (f *File) tooFarApart(key string, first, line int) error {
	_, id, _ := strings.Cut(key, "\x00")
	return &table.FileError{File: f.Name(), Line: line, Advice: "sort the file by its order number",
		Reason: fmt.Sprintf("order %s stands here and in line %d, with more than %d orders between", id, first, openOrders)}
}

// add takes one more row of an order.
func (f *File) add(g *group, row table.Row) {
	g.lines = append(g.lines, row.Line)
	record, wrong := f.record(row)
	if wrong != nil {
		g.fault(f, row.Line, *wrong)
	}
	canceled := f.addStatus(g, record, row.Line)
	for _, column := range f.used {
		if value, reason, refused := record.Refused(column); refused {
			g.fault(f, row.Line, finding{column, value, reason})
			continue
		}
		value, _ := record.Get(column)
		if strings.TrimSpace(value) != "" {
			f.addValue(g, row.Line, column, value, canceled)
		}
	}
}

func (g *group) fault(f *File, line int, what finding) {
	g.faults = append(g.faults, f.faults(line, []finding{what})...)
}

func (f *File) addStatus(g *group, record rowRecord, line int) (canceled bool) {
	value, reason, refused := record.Refused(status)
	if refused {
		g.fault(f, line, finding{status, value, reason})
		return false
	}
	word, _ := record.Get(status)
	word = written.NFC(strings.TrimSpace(word))
	if word == "" {
		return false // that of an earlier row counts
	}
	meaning, known := f.profile.status(word)
	if !known {
		g.fault(f, line, finding{status, word, "unknown; say under statuses of a profile what it means"})
		return false
	}
	if _, before := g.states[meaning]; !before {
		g.states[meaning] = said{word, line}
	}
	g.paid = g.paid || !f.profile.NeverPaid[written.Bare(word)]
	return meaning == pay.OrderCanceled
}

// addValue folds one more value of a column into the order's.
func (f *File) addValue(g *group, line int, column, value string, canceled bool) {
	how := f.profile.Fold[column]
	before, has := g.values[column]
	switch {
	case how == foldSum:
		units, err := g.currency().ParseWritten(value)
		if err != nil {
			g.fault(f, line, finding{column, value, reasonOnly(err)})
			return
		}
		g.sums[column] += units
		if column == amount && canceled {
			g.gone += units
		}
		g.values[column] = g.currency().Format(g.sums[column])
	case !has:
		g.values[column] = strings.Clone(value)
	case how == foldFirst || before == value:
	case how == foldMax:
		g.larger(column, value)
	default:
		f.same(g, line, column, value)
	}
}

// currency is the one that the order's rows named so far.
func (g *group) currency() pay.Currency {
	if code := strings.TrimSpace(g.values[currency]); code != "" {
		return pay.Currency(strings.ToUpper(code))
	}
	return pay.KRW
}

// larger keeps the larger of two amounts, or the later of two times. What cannot
// be read is kept, so that it is refused.
func (g *group) larger(column, value string) {
	before := g.values[column]
	if isTimeColumn(column) {
		a, errA := pay.ReadTime(strings.TrimSpace(before))
		b, errB := pay.ReadTime(strings.TrimSpace(value))
		if errA == nil && (errB != nil || b.After(a)) {
			g.values[column] = strings.Clone(value)
		}
		return
	}
	a, errA := g.currency().ParseWritten(before)
	b, errB := g.currency().ParseWritten(value)
	if errA == nil && (errB != nil || b > a) {
		g.values[column] = strings.Clone(value)
	}
}

// same wants equal values; of an amount 0 says nothing.
func (f *File) same(g *group, line int, column, value string) {
	before := g.values[column]
	switch {
	case isAmountColumn(column):
		a, errA := g.currency().ParseWritten(before)
		b, errB := g.currency().ParseWritten(value)
		if errA == nil && errB == nil && (a == b || b == 0) {
			return
		}
		if errA == nil && a == 0 {
			g.values[column] = strings.Clone(value)
			return
		}
	case isTimeColumn(column):
		a, errA := pay.ReadTime(strings.TrimSpace(before))
		b, errB := pay.ReadTime(strings.TrimSpace(value))
		if errA == nil && errB == nil && a.Equal(b) {
			return
		}
	case column == method || column == pg || column == currency:
		if written.Bare(before) == written.Bare(value) {
			return
		}
	}
	g.fault(f, line, finding{column, value, fmt.Sprintf("differs within the order: %q in line %d", clip(before), g.lines[0])})
}

// clip keeps a value that a reason quotes short.
func clip(text string) string {
	const most = 40
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// fold makes one order of its rows.
func (f *File) fold(g *group) (pay.Order, error) {
	f.foldStatus(g)
	if len(g.faults) == 0 {
		order, findings := f.decoder.decode(g.lines[0], foldedRecord(g.values))
		if len(findings) == 0 {
			return order, nil
		}
		g.faults = f.faults(g.lines[0], findings)
	}
	return pay.Order{}, &BadRow{File: f.Name(), Line: g.lines[0], Lines: g.lines, Header: f.header, Faults: g.faults}
}

// foldStatus says what the words of an order's rows mean together. An order of
// which some items are cancelled is partly cancelled; what went back must be
// said then. In an order that says that all is cancelled a figure of 0 says
// nothing.
func (f *File) foldStatus(g *group) {
	meaning, fits := together(g.states)
	switch {
	case len(g.states) == 0 && len(g.faults) == 0:
		g.fault(f, g.lines[0], finding{status, "", "is empty"})
	case len(g.states) == 0:
	case !fits:
		g.fault(f, g.lines[0], finding{status, "", "the words of its rows do not go together: " + words(g.states)})
	}
	g.values[status] = string(meaning)
	if meaning == pay.OrderCanceled && !g.paid {
		g.values[status] = g.states[meaning].word // which says more than the meaning
	}
	if canceled, err := g.currency().ParseWritten(g.values[canceledAmount]); err == nil && canceled == 0 {
		delete(g.values, canceledAmount)
	}
	if meaning != pay.OrderPartiallyCanceled || g.values[canceledAmount] != "" {
		return
	}
	elsewhere, err := g.currency().ParseWritten(g.values[refundedElsewhere])
	switch {
	case g.gone > 0 && !f.table.Has(canceledAmount):
		g.values[canceledAmount] = g.currency().Format(g.gone)
	case err == nil && elsewhere > 0: // all that went back went another way than through Toss
		g.values[status] = string(pay.OrderPaid)
	}
}

// together is the status of an order whose rows say these.
func together(states map[pay.OrderStatus]said) (pay.OrderStatus, bool) {
	has := func(s pay.OrderStatus) bool { _, is := states[s]; return is }
	switch {
	case len(states) == 1:
		for only := range states {
			return only, true
		}
	case has(pay.OrderFailed) || has(pay.OrderDeleted):
	case len(states) == 2 && has(pay.OrderPending) && has(pay.OrderCanceled):
		return pay.OrderPending, true
	case !has(pay.OrderPending):
		return pay.OrderPartiallyCanceled, true
	}
	return "", false
}

// words lists the words and where each stands first.
func words(states map[pay.OrderStatus]said) string {
	list := make([]said, 0, len(states))
	for _, each := range states {
		list = append(list, each)
	}
	slices.SortFunc(list, func(a, b said) int { return a.line - b.line })
	return strings.Join(mapEach(list, func(s said) string { return fmt.Sprintf("%s (line %d)", s.word, s.line) }), ", ")
}

// foldedRecord is an order of which every cell was looked at.
type foldedRecord map[string]string

// Get gives a folded value.
func (r foldedRecord) Get(column string) (string, bool) { value, has := r[column]; return value, has }

// Refused is never: what cannot be taken was said with its row.
func (r foldedRecord) Refused(string) (value, reason string, refused bool) { return "", "", false }
