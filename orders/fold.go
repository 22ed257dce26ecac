package orders

import (
	"crypto/sha256"
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
	lines  []int
	values [columnCount]string // as folded so far
	sums   [columnCount]int64  // of the columns that are sums
	gone   int64               // amounts of cancelled rows, where amount is a sum
	paid   bool                // a row's status word does not say that it was never paid
	states [statusCount]said   // by the place of the status among all
	untold bool                // all rows are cancelled, and no figure says what of the order
	faults table.Faults
	only   [1]int // the lines of an order with one row
}

// statusCount is how many statuses there are.
const statusCount = 6

// itemReader holds orders open while their rows are read.
type itemReader struct {
	file *File
	// first has of each order its first line and its place in the file's order.
	first map[[16]byte]firstSeen
	ring  []group // the open orders, by their number
	begun uint32  // orders
	given uint32
	key   []byte
	text  []byte
	ends  [columnCount]int
	used  []int               // the columns that a row gives
	how   [columnCount]string // each column's fold
}

type firstSeen struct{ number, line uint32 }

// usedColumns are those that an item's row gives, without the status; the
// currency first, since an amount is read in that of its order.
func (f *File) usedColumns() []int {
	used := []int{columnAt(currency)}
	for i := range columnNames {
		if i != columnAt(currency) && i != columnAt(status) {
			used = append(used, i)
		}
	}
	return slices.DeleteFunc(used, func(i int) bool { return !f.profile.found(columnNames[i], f.table.Has) })
}

// readItems folds the rows of each order into one.
func (f *File) readItems(yield func(readRow, error) bool) {
	// Two numbers of the shop may become one of Toss's; else no key comes twice.
	f.decoder.apart = f.profile.Number == nil && len(f.decoder.options.MainMIDs) == 0
	r := &itemReader{file: f, first: map[[16]byte]firstSeen{}, ring: make([]group, openOrders), used: f.usedColumns()}
	for i, column := range columnNames {
		r.how[i] = f.profile.Fold[column]
	}
	for row, err := range f.rows() {
		if err == nil {
			var done bool
			if done, err = r.take(row, yield); done {
				return
			}
		}
		if err != nil {
			yield(readRow{}, f.ofNoOrder(err))
			return
		}
	}
	for r.given < r.begun {
		if !r.give(yield) {
			return
		}
	}
}

// take adds a row to its order, and gives the oldest order where too many are
// open; done says that nobody wants more.
func (r *itemReader) take(row table.Row, yield func(readRow, error) bool) (done bool, err error) {
	record, wrong := r.file.record(row)
	key, err := r.keyOf(record)
	if err != nil {
		return false, err
	}
	first, seen := r.first[key]
	switch {
	case seen && first.number < r.given:
		id, _ := record.Get(orderID)
		return false, r.file.tooFarApart(id, int(first.line), row.Line)
	case seen:
		r.add(&r.ring[first.number%openOrders], record, wrong)
		return false, nil
	case r.begun-r.given >= openOrders && !r.give(yield):
		return true, nil
	}
	r.first[key] = firstSeen{r.begun, uint32(row.Line)} //nolint:gosec // lines are bounded by the table's limits
	g := &r.ring[r.begun%openOrders]
	r.begun++
	r.begin(g, record, wrong)
	return false, nil
}

// keyOf is by what a row belongs to its order.
func (r *itemReader) keyOf(record *rowRecord) ([16]byte, error) {
	f := r.file
	id, _ := record.Get(orderID)
	line := record.row.Line
	if value, reason, refused := record.Refused(orderID); refused {
		return [16]byte{}, f.bad(record.row, f.faults(line, []finding{{orderID, value, reason}}))
	}
	if strings.TrimSpace(id) == "" {
		return [16]byte{}, f.bad(record.row, f.faults(line, []finding{{orderID, "", "is empty"}}))
	}
	merchant, _ := record.Get(mid)
	if merchant = strings.TrimSpace(merchant); merchant == "" {
		merchant = f.decoder.options.DefaultMID
	}
	r.key = append(append(append(r.key[:0], merchant...), 0), id...)
	sum := sha256.Sum256(r.key)
	return [16]byte(sum[:16]), nil
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

func (f *File) tooFarApart(id string, first, line int) error {
	return &table.FileError{File: f.Name(), Line: line, Advice: "sort the file by its order number",
		Reason: fmt.Sprintf("order %s stands here and in line %d, with more than %d orders between", id, first, openOrders)}
}

// give gives the oldest open order.
func (r *itemReader) give(yield func(readRow, error) bool) bool {
	g := &r.ring[r.given%openOrders]
	r.given++
	order, err := r.fold(g)
	return yield(readRow{order, g.lines}, err)
}

// begin takes the first row of an order. Its values are kept in one piece.
func (r *itemReader) begin(g *group, record *rowRecord, wrong *finding) {
	*g = group{}
	g.only[0] = record.row.Line
	g.lines = g.only[:]
	canceled := r.addStatus(g, record)
	r.fault(g, record, wrong)
	r.text = r.text[:0]
	for n, i := range r.used {
		if r.how[i] != foldSum {
			value, _ := r.value(g, record, i)
			r.text = append(r.text, value...)
		}
		r.ends[n] = len(r.text)
	}
	whole, start := string(r.text), 0
	for n, i := range r.used {
		g.values[i] = whole[start:r.ends[n]]
		start = r.ends[n]
	}
	for _, i := range r.used { // an amount is read in the currency of its order
		if r.how[i] == foldSum {
			if value, says := r.value(g, record, i); says {
				r.addTo(g, record.row.Line, i, value, canceled)
			}
		}
	}
}

// add takes one more row of an order.
func (r *itemReader) add(g *group, record *rowRecord, wrong *finding) {
	g.lines = append(g.lines, record.row.Line)
	canceled := r.addStatus(g, record)
	r.fault(g, record, wrong)
	for _, i := range r.used {
		value, fine := r.value(g, record, i)
		switch {
		case !fine || value == "":
		case r.how[i] == foldSum:
			r.addTo(g, record.row.Line, i, value, canceled)
		default:
			r.addValue(g, record.row.Line, i, value)
		}
	}
}

// value is a cell that says something and can be taken.
func (r *itemReader) value(g *group, record *rowRecord, i int) (string, bool) {
	column := columnNames[i]
	if value, reason, refused := record.Refused(column); refused {
		g.fault(r.file, record.row.Line, finding{column, value, reason})
		return "", false
	}
	value, _ := record.Get(column)
	if strings.TrimSpace(value) == "" {
		return "", false
	}
	return value, true
}

func (r *itemReader) fault(g *group, record *rowRecord, wrong *finding) {
	if wrong != nil {
		g.fault(r.file, record.row.Line, *wrong)
	}
}

func (g *group) fault(f *File, line int, what finding) {
	g.faults = append(g.faults, f.faults(line, []finding{what})...)
}

func (r *itemReader) addStatus(g *group, record *rowRecord) (canceled bool) {
	line := record.row.Line
	if value, reason, refused := record.Refused(status); refused {
		g.fault(r.file, line, finding{status, value, reason})
		return false
	}
	text, _ := record.Get(status)
	text = strings.TrimSpace(text)
	if text == "" {
		return false // that of an earlier row counts
	}
	word := r.file.decoder.status(text)
	if !word.known {
		g.fault(r.file, line, finding{status, written.NFC(text), "unknown; say under statuses of a profile what it means"})
		return false
	}
	if state := &g.states[statusAt(word.meaning)]; state.word == "" {
		*state = said{strings.Clone(text), line}
	}
	g.paid = g.paid || !word.neverPaid
	return word.meaning == pay.OrderCanceled
}

func statusAt(s pay.OrderStatus) int { return slices.Index(pay.OrderStatuses, s) }

// addTo adds an amount to a column's sum.
func (r *itemReader) addTo(g *group, line, i int, value string, canceled bool) {
	units, err := g.currency().ParseWritten(value)
	if err != nil {
		g.fault(r.file, line, finding{columnNames[i], value, reasonOnly(err)})
		return
	}
	g.sums[i] += units
	if columnNames[i] == amount && canceled {
		g.gone += units
	}
	g.values[i] = g.currency().Format(g.sums[i])
}

// addValue folds one more value of a column into the order's.
func (r *itemReader) addValue(g *group, line, i int, value string) {
	switch before := g.values[i]; {
	case before == "":
		g.values[i] = strings.Clone(value)
	case r.how[i] == foldFirst || before == value:
	case r.how[i] == foldMax:
		g.larger(i, value)
	default:
		r.same(g, line, i, value)
	}
}

// currency is the one that the order's rows named so far.
func (g *group) currency() pay.Currency {
	if code := strings.TrimSpace(g.values[columnAt(currency)]); code != "" {
		return pay.Currency(strings.ToUpper(code))
	}
	return pay.KRW
}

// larger keeps the larger of two amounts, or the later of two times. What cannot
// be read is kept, so that it is refused.
func (g *group) larger(i int, value string) {
	before := g.values[i]
	if isTimeColumn(columnNames[i]) {
		a, errA := pay.ReadTime(strings.TrimSpace(before))
		b, errB := pay.ReadTime(strings.TrimSpace(value))
		if errA == nil && (errB != nil || b.After(a)) {
			g.values[i] = strings.Clone(value)
		}
		return
	}
	a, errA := g.currency().ParseWritten(before)
	b, errB := g.currency().ParseWritten(value)
	if errA == nil && (errB != nil || b > a) {
		g.values[i] = strings.Clone(value)
	}
}

// same wants equal values; of an amount 0 says nothing.
func (r *itemReader) same(g *group, line, i int, value string) {
	before, column := g.values[i], columnNames[i]
	switch {
	case isAmountColumn(column):
		a, errA := g.currency().ParseWritten(before)
		b, errB := g.currency().ParseWritten(value)
		if errA == nil && errB == nil && (a == b || b == 0) {
			return
		}
		if errA == nil && a == 0 {
			g.values[i] = strings.Clone(value)
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
	g.fault(r.file, line, finding{column, value, fmt.Sprintf("differs within the order: %q in line %d", clip(before), g.lines[0])})
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
func (r *itemReader) fold(g *group) (pay.Order, error) {
	r.foldStatus(g)
	if len(g.faults) == 0 {
		order, findings := r.file.decoder.decode(g.lines[0], g)
		if len(findings) == 0 {
			order.MixedRefunds = order.MixedRefunds || g.untold && (order.PaidUnknown || !order.PaidAt.IsZero())
			return order, nil
		}
		g.faults = r.file.faults(g.lines[0], findings)
	}
	return pay.Order{}, &BadRow{File: r.file.Name(), Line: g.lines[0], Lines: slices.Clone(g.lines), Header: r.file.header, Faults: g.faults}
}

// foldStatus says what the words of an order's rows mean together. An order of
// which some items are cancelled is partly cancelled; what went back must be
// said then. Where all rows are cancelled a figure of 0 says nothing, and neither
// do the rows: those of the other items may stand in another file, or the money
// went back another way. Whether all of the order goes back a person says.
func (r *itemReader) foldStatus(g *group) {
	at, canceledAt := columnAt(status), columnAt(canceledAmount)
	meaning, count, fits := together(&g.states)
	switch {
	case count == 0 && len(g.faults) == 0:
		g.fault(r.file, g.lines[0], finding{status, "", "is empty"})
	case count == 0:
	case !fits:
		g.fault(r.file, g.lines[0], finding{status, "", "the words of its rows do not go together: " + words(g.states)})
	}
	g.values[at] = string(meaning)
	if meaning == pay.OrderCanceled && !g.paid {
		g.values[at] = g.states[statusAt(meaning)].word // which says more than the meaning
	}
	if g.values[canceledAt] != "" {
		if canceled, err := g.currency().ParseWritten(g.values[canceledAt]); err == nil && canceled == 0 {
			g.values[canceledAt] = ""
		}
	}
	g.untold = meaning == pay.OrderCanceled && g.values[canceledAt] == "" && r.how[columnAt(amount)] != foldSum
	if meaning != pay.OrderPartiallyCanceled || g.values[canceledAt] != "" {
		return
	}
	elsewhere, err := g.currency().ParseWritten(g.values[columnAt(refundedElsewhere)])
	switch {
	case g.gone > 0 && !r.file.table.Has(canceledAmount):
		g.values[canceledAt] = g.currency().Format(g.gone)
	case err == nil && elsewhere > 0: // all that went back went another way than through Toss
		g.values[at] = string(pay.OrderPaid)
	}
}

// together is the status of an order whose rows say these, and how many
// different ones they say.
func together(states *[statusCount]said) (meaning pay.OrderStatus, count int, fits bool) {
	has := func(s pay.OrderStatus) bool { return states[statusAt(s)].word != "" }
	for i, state := range states {
		if state.word != "" {
			meaning, count = pay.OrderStatuses[i], count+1
		}
	}
	switch {
	case count == 1:
		return meaning, 1, true
	case count == 0 || has(pay.OrderFailed) || has(pay.OrderDeleted):
	case count == 2 && has(pay.OrderPending) && has(pay.OrderCanceled):
		return pay.OrderPending, count, true
	case !has(pay.OrderPending):
		return pay.OrderPartiallyCanceled, count, true
	}
	return "", count, false
}

// words lists the words and where each stands first.
func words(states [statusCount]said) string {
	list := slices.DeleteFunc(states[:], func(s said) bool { return s.word == "" })
	slices.SortFunc(list, func(a, b said) int { return a.line - b.line })
	return strings.Join(mapEach(list, func(s said) string { return fmt.Sprintf("%s (line %d)", written.NFC(s.word), s.line) }), ", ")
}

// Get gives a folded value.
func (g *group) Get(column string) (string, bool) {
	value := g.values[columnAt(column)]
	return value, value != ""
}

// Refused is never: what cannot be taken was said with its row.
func (g *group) Refused(string) (value, reason string, refused bool) { return "", "", false }
