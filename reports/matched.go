package reports

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
)

// Matched is an order on which both sides agree. ShopHeld and TossHeld are the
// money held on either side, in the smallest unit of Currency. A zero time, or
// an empty status, means that there is none.
type Matched struct {
	MID, OrderID, PaymentKey string
	Method                   pay.Method
	Currency                 pay.Currency
	ShopHeld, TossHeld       int64
	ShopStatus, TossStatus   string
	OrderedAt                time.Time
	ApprovedAt, CanceledAt   time.Time // Toss's, or the shop's where Toss says nothing
}

// MatchedList are the orders of one business date on which both sides agree.
type MatchedList struct {
	Day       pay.Day
	At        time.Time // of the night's run, never the clock's
	Merchants []MatchedOf
}

// MatchedOf are the orders of one merchant. Next gives them one by one, Count
// of them, then io.EOF; another number, and any other error, fails the file.
type MatchedOf struct {
	MID, RunID string
	Count      int64
	Shop, Toss []reconcile.Sum // the money of these orders on either side, by currency
	Next       func() (Matched, error)
}

var sheetMatched = book.Label{"일치", "Matched"}

type matchedLine = book.Line[*matchedBook, Matched]

var (
	columnShopHeld = book.Label{"쇼핑몰 순결제금액", "Held, shop"}
	columnTossHeld = book.Label{"토스 순결제금액", "Held, Toss"}
)

var matchedColumns = []book.Column[*matchedLine]{
	{Name: book.ColumnMID, Width: 14, ID: true, Cell: func(l *matchedLine) xlsx.Cell { return l.Says(l.Row.MID) }},
	{Name: columnOrder, Width: 24, ID: true, Cell: func(l *matchedLine) xlsx.Cell { return l.Says(l.Row.OrderID) }},
	{Name: columnKey, Width: 28, ID: true, Cell: func(l *matchedLine) xlsx.Cell { return l.Says(l.Row.PaymentKey) }},
	{Name: columnMethod, Width: 12, Cell: func(l *matchedLine) xlsx.Cell { return ready(l, l.Book.methods, l.Row.Method, l.Book.Lang.Method) }},
	{Name: book.ColumnCurrency, Width: 7, Cell: func(l *matchedLine) xlsx.Cell { return l.Currency(l.Row.Currency) }},
	{Name: columnShopHeld, Width: 17, Right: true, Cell: func(l *matchedLine) xlsx.Cell { return l.Held(l.Row.Currency, l.Row.ShopHeld) }},
	{Name: columnTossHeld, Width: 17, Right: true, Cell: func(l *matchedLine) xlsx.Cell { return l.Held(l.Row.Currency, l.Row.TossHeld) }},
	{Name: book.Label{"쇼핑몰 상태", "Shop status"}, Width: 13, Cell: func(l *matchedLine) xlsx.Cell {
		return ready(l, l.Book.states, l.Row.ShopStatus, l.Book.Lang.SideStatus)
	}},
	{Name: book.Label{"토스 상태", "Toss status"}, Width: 13, Cell: func(l *matchedLine) xlsx.Cell {
		return ready(l, l.Book.states, l.Row.TossStatus, l.Book.Lang.SideStatus)
	}},
	{Name: book.Label{"주문일시", "Ordered at"}, Width: 17, Cell: func(l *matchedLine) xlsx.Cell { return l.At(l.Row.OrderedAt) }},
	{Name: book.Label{"승인일시", "Paid at"}, Width: 17, Cell: func(l *matchedLine) xlsx.Cell { return l.At(l.Row.ApprovedAt) }},
	{Name: book.Label{"최근 취소일시", "Last cancelled at"}, Width: 17, Cell: func(l *matchedLine) xlsx.Cell { return l.At(l.Row.CanceledAt) }},
}

// SaveMatchedWorkbook writes the list as a workbook, whole or not at all (mode
// 0600). Rows are written as they come: only a password makes it hold the file
// in memory. The same rows give the same bytes.
func SaveMatchedWorkbook(path string, list MatchedList, opts Options) error {
	return xlsx.Save(path, opts.Password, func(w io.Writer) error { return WriteMatchedWorkbook(w, list, opts) })
}

// SaveMatchedCSV writes the list as a CSV in UTF-8 with the mark that Excel
// needs, whole or not at all (mode 0600). A CSV has no password.
func SaveMatchedCSV(path string, list MatchedList, opts Options) error {
	if opts.Password != "" {
		return errors.New("a CSV cannot have a password: write an .xlsx")
	}
	return xlsx.Save(path, "", func(w io.Writer) error { return WriteMatchedCSV(w, list, opts) })
}

// WriteMatchedWorkbook draws the list as a workbook.
func WriteMatchedWorkbook(w io.Writer, list MatchedList, opts Options) error {
	b, err := newMatchedBook(list, opts)
	if err != nil {
		return fmt.Errorf("list of %s: %w", list.Day, err)
	}
	b.draw()
	if err := errors.Join(b.Write(w), b.rows.end()); err != nil {
		return fmt.Errorf("list of %s: %w", list.Day, err)
	}
	return nil
}

// WriteMatchedCSV writes the list as a CSV. Times are RFC 3339 in Seoul,
// amounts plain decimals, and methods and states the words of the order file
// and of Toss.
func WriteMatchedCSV(w io.Writer, list MatchedList, opts Options) error {
	l, err := book.LanguageOf(opts.Language)
	if err != nil {
		return fmt.Errorf("list of %s: %w", list.Day, err)
	}
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	record := make([]string, len(matchedColumns))
	for i, c := range matchedColumns {
		record[i] = l.Of(c.Name)
	}
	err = out.Write(record)
	rows := matchedRows{of: list.Merchants}
	for err == nil {
		m, ok := rows.next()
		if !ok {
			break
		}
		m.record(record)
		err = out.Write(record)
	}
	out.Flush()
	return errors.Join(rows.err, err, out.Error())
}

func (m *Matched) record(into []string) {
	plain := func(value string) string { return xlsx.Inert(xlsx.Clean(value)) }
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return pay.FormatTime(t)
	}
	copy(into, []string{plain(m.MID), plain(m.OrderID), plain(m.PaymentKey), plain(string(m.Method)), plain(string(m.Currency)),
		m.Currency.Format(m.ShopHeld), m.Currency.Format(m.TossHeld), plain(m.ShopStatus), plain(m.TossStatus),
		at(m.OrderedAt), at(m.ApprovedAt), at(m.CanceledAt)})
}

// matchedRows reads the merchants one after the other, and remembers the first
// error.
type matchedRows struct {
	of   []MatchedOf
	seen int64 // of the first of them
	err  error
}

func (r *matchedRows) next() (Matched, bool) {
	for r.err == nil && len(r.of) > 0 {
		m, err := r.of[0].Next()
		switch {
		case err == nil && r.seen < r.of[0].Count:
			r.seen++
			return m, true
		case err == nil || (errors.Is(err, io.EOF) && r.seen < r.of[0].Count):
			r.err = fmt.Errorf("%s: %d rows were promised, and not so many came", r.of[0].MID, r.of[0].Count)
		case errors.Is(err, io.EOF):
			r.of, r.seen = r.of[1:], 0
		default:
			r.err = fmt.Errorf("%s: after %d rows: %w", r.of[0].MID, r.seen, err)
		}
	}
	return Matched{}, false
}

// end says what went wrong while the rows were read, and whether any is left.
func (r *matchedRows) end() error {
	if _, more := r.next(); more {
		return errors.New("rows were left over")
	}
	return r.err
}

// matchedBook is the list while it is drawn as a workbook.
type matchedBook struct {
	*book.Book
	list    MatchedList
	rows    *matchedRows
	states  map[string]xlsx.Cell // in the workbook's language
	methods map[pay.Method]xlsx.Cell
}

// matchedCompression takes hardly more time than the other workbooks' for rows
// that are so much alike, and leaves a tenth less.
const matchedCompression = 6

func newMatchedBook(list MatchedList, opts Options) (*matchedBook, error) {
	l, err := book.LanguageOf(opts.Language)
	if err != nil {
		return nil, err
	}
	currencies, runs := map[pay.Currency]bool{}, map[string]bool{}
	for _, m := range list.Merchants {
		runs[m.RunID] = true
		for _, sum := range slices.Concat(m.Shop, m.Toss) {
			currencies[sum.Currency] = true
		}
	}
	if len(currencies) == 0 { // nothing agrees
		currencies[pay.KRW] = true
	}
	return &matchedBook{list: list, rows: &matchedRows{of: list.Merchants}, states: map[string]xlsx.Cell{}, methods: map[pay.Method]xlsx.Cell{}, Book: book.NewBook(l, book.About{
		Title: l.Of(book.Label{"일치 목록", "Orders that agree"}) + " " + string(list.Day), At: list.At, Of: strings.Join(sortedKeys(runs), " "),
		Currencies: slices.Sorted(maps.Keys(currencies)), Several: len(list.Merchants) > 1, Compression: matchedCompression,
	})}, nil
}

func (b *matchedBook) draw() {
	one := &matchedLine{Palette: b.Paint(book.RowStyle.With(func(s *book.Style) { s.Wrap = false })), Book: b, Row: &Matched{}}
	var count int64
	for _, m := range b.list.Merchants {
		count += m.Count
	}
	notes, longest := b.sums()
	l := book.Listing[*matchedLine]{
		Name: sheetMatched, Tab: book.Green, Fixed: 2, Notes: notes, Title: b.Title,
		Columns: book.Widened(book.Widened(matchedColumns, longest, columnShopHeld), longest, columnTossHeld),
		Subtitle: b.Lang.Fill(book.Label{"{1} 대사에서 일치한 주문 {2}건 · 작성 시점의 상태 · 불일치 건은 일일 대사 보고서 참조",
			"{2} orders that agreed in the night of {1} · as both sides stand now · those that differ are in the daily workbook"}, b.Lang.Day(b.list.Day), b.Number(count)),
		Segments: []book.Segment[*matchedLine]{{To: int(count), Row: func(int, []xlsx.Cell) *matchedLine {
			*one.Row, _ = b.rows.next() // after an error the rows are empty: the file is not kept
			return one
		}}},
	}
	if count == 0 {
		l.Segments[0] = book.Alone[*matchedLine](b.Book, book.Amber, b.Say("일치한 주문 없음", "No order agrees"))
	}
	book.Place(b.Book, l)
}

// sums adds up the two sides for the notes above the list, and gives the width of
// the longest amount.
func (b *matchedBook) sums() (notes []book.Note, longest int) {
	for _, c := range b.Currencies {
		shop, toss := int64(0), int64(0)
		for _, m := range b.list.Merchants {
			shop += sumOf(m.Shop, c)
			toss += sumOf(m.Toss, c)
		}
		colour := book.Green
		if shop != toss {
			colour = book.Red
		}
		longest = max(longest, xlsx.Width(book.Spell(c, shop)), xlsx.Width(book.Spell(c, toss)))
		notes = append(notes, book.Note{Sentence: b.Lang.Fill(book.Label{"합계: 쇼핑몰 {1} · 토스 {2}", "Sum: shop {1} · Toss {2}"}, book.Spell(c, shop), book.Spell(c, toss)), Colour: colour})
	}
	return notes, longest
}

func sumOf(sums []reconcile.Sum, c pay.Currency) int64 {
	for _, sum := range sums {
		if sum.Currency == c {
			return sum.Total
		}
	}
	return 0
}

// mostReady is how many different cells of a column are kept ready: there are a
// dozen, and a source that spoils them must not fill the memory.
const mostReady = 1000

// ready is a cell of a column that says the same in many rows, made once.
func ready[K ~string](l *matchedLine, made map[K]xlsx.Cell, key K, of func(K) string) xlsx.Cell {
	cell, ok := made[key]
	if !ok {
		if cell = l.Centred(of(key)); len(made) < mostReady {
			made[key] = cell
		}
	}
	return cell
}
