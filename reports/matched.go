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

	"daesa/pay"
	"daesa/reconcile"
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

var sheetMatched = word{"일치", "Matched"}

var matchedColumns = []column{
	{name: columnMID, width: 14, id: true},
	{name: columnOrder, width: 24, id: true},
	{name: columnKey, width: 28, id: true},
	{name: columnMethod, width: 12},
	{name: columnCurrency, width: 7},
	{name: word{"쇼핑몰 순결제금액", "Held, shop"}, width: 17, right: true},
	{name: word{"토스 순결제금액", "Held, Toss"}, width: 17, right: true},
	{name: word{"쇼핑몰 상태", "Shop status"}, width: 13},
	{name: word{"토스 상태", "Toss status"}, width: 13},
	{name: word{"주문일시", "Ordered at"}, width: 17},
	{name: word{"승인일시", "Paid at"}, width: 17},
	{name: word{"최근 취소일시", "Last cancelled at"}, width: 17},
}

// SaveMatchedWorkbook writes the list as a workbook, whole or not at all (mode
// 0600). Rows are written as they come: only a password makes it hold the file
// in memory. The same rows give the same bytes.
func SaveMatchedWorkbook(path string, list MatchedList, opts Options) error {
	return save(path, opts.Password, func(w io.Writer) error { return WriteMatchedWorkbook(w, list, opts) })
}

// SaveMatchedCSV writes the list as a CSV in UTF-8 with the mark that Excel
// needs, whole or not at all (mode 0600). A CSV has no password.
func SaveMatchedCSV(path string, list MatchedList, opts Options) error {
	if opts.Password != "" {
		return errors.New("a CSV cannot have a password: write an .xlsx")
	}
	return save(path, "", func(w io.Writer) error { return WriteMatchedCSV(w, list, opts) })
}

// WriteMatchedWorkbook draws the list as a workbook.
func WriteMatchedWorkbook(w io.Writer, list MatchedList, opts Options) error {
	b, err := newMatchedBook(list, opts)
	if err != nil {
		return fmt.Errorf("list of %s: %w", list.Day, err)
	}
	b.draw()
	if err := errors.Join(b.err, b.write(w), b.rows.end()); err != nil {
		return fmt.Errorf("list of %s: %w", list.Day, err)
	}
	return nil
}

// WriteMatchedCSV writes the list as a CSV. Times are RFC 3339 in Seoul,
// amounts plain decimals, and methods and states the words of the order file
// and of Toss.
func WriteMatchedCSV(w io.Writer, list MatchedList, opts Options) error {
	l, err := languageOf(opts)
	if err != nil {
		return fmt.Errorf("list of %s: %w", list.Day, err)
	}
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	record := make([]string, len(matchedColumns))
	for i, c := range matchedColumns {
		record[i] = l.of(c.name)
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
	plain := func(value string) string { return inert(clean(value)) }
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
	*book
	list    MatchedList
	rows    *matchedRows
	palette palette
	states  map[string]string // in the workbook's language, ready for a cell
	methods map[pay.Method]string
}

// matchedCompression takes hardly more time than the other workbooks' for rows
// that are so much alike, and leaves a tenth less.
const matchedCompression = 6

func newMatchedBook(list MatchedList, opts Options) (*matchedBook, error) {
	l, err := languageOf(opts)
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
	return &matchedBook{list: list, rows: &matchedRows{of: list.Merchants}, states: map[string]string{}, methods: map[pay.Method]string{}, book: newBook(l, about{
		title: l.of(word{"일치 목록", "Orders that agree"}) + " " + string(list.Day), at: list.At,
		of: strings.Join(slices.Sorted(maps.Keys(runs)), " "), currencies: slices.Sorted(maps.Keys(currencies)), several: len(list.Merchants) > 1,
	})}, nil
}

func (b *matchedBook) draw() {
	b.level = matchedCompression
	b.palette = b.paint(rowLook.with(func(l *look) { l.wrap = false }))
	var count int64
	for _, m := range b.list.Merchants {
		count += m.Count
	}
	notes, longest := b.sums()
	l := listing{
		name: sheetMatched, tab: green, fixed: 2, notes: notes, title: b.title,
		columns: widened(slices.Clone(matchedColumns), longest, matchedColumns[5].name, matchedColumns[6].name),
		subtitle: b.lang.fill(word{"{1} 대사에서 일치한 주문 {2}건 · 작성 시점의 상태 · 불일치 건은 일일 대사 보고서 참조",
			"{2} orders that agreed in the night of {1} · as both sides stand now · those that differ are in the daily workbook"}, b.lang.day(b.list.Day), b.number(count)),
		segments: []segment{{to: int(count), fill: b.line}},
	}
	if count == 0 {
		style := b.style(plain.with(func(l *look) { l.color = amber }))
		l.segments[0] = segment{lead: []row{{height: 24, cells: []cell{text(style, b.say("일치한 주문 없음", "No order agrees"))}}}}
	}
	b.place(l)
}

// sums say before the list what its rows come to on either side, each added up
// apart, and give the longest amount that a column can hold.
func (b *matchedBook) sums() (notes []note, longest []string) {
	for _, c := range b.currencies {
		shop, toss := int64(0), int64(0)
		for _, m := range b.list.Merchants {
			shop += sumOf(m.Shop, c)
			toss += sumOf(m.Toss, c)
		}
		colour := green
		if shop != toss {
			colour = red
		}
		longest = append(longest, spell(c, shop), spell(c, toss))
		notes = append(notes, note{b.lang.fill(word{"합계: 쇼핑몰 {1} · 토스 {2}", "Sum: shop {1} · Toss {2}"}, spell(c, shop), spell(c, toss)), colour})
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

// line draws the next order. After an error the rows stay empty: the file is
// not kept.
func (b *matchedBook) line(_ int, cells []cell) {
	m, ok := b.rows.next()
	if !ok {
		return
	}
	p, l := &b.palette, line{cells: cells}
	l.put(text(p.text, clean(m.MID)))
	l.put(text(p.text, clean(m.OrderID)))
	l.put(text(p.text, clean(m.PaymentKey)))
	l.put(text(p.center, ready(b.methods, m.Method, b.lang.method)))
	l.put(text(p.center, clean(string(m.Currency))))
	l.put(p.held(m.Currency, m.ShopHeld))
	l.put(p.held(m.Currency, m.TossHeld))
	l.put(text(p.center, ready(b.states, m.ShopStatus, b.lang.sideStatus)))
	l.put(text(p.center, ready(b.states, m.TossStatus, b.lang.sideStatus)))
	l.put(moment(p.moment, m.OrderedAt))
	l.put(moment(p.moment, m.ApprovedAt))
	l.put(moment(p.moment, m.CanceledAt))
}

// held is money, also of a currency that no sum named.
func (p *palette) held(c pay.Currency, units int64) cell {
	if style, ok := p.money[c]; ok {
		return money(style, c, units)
	}
	return text(p.unknown, c.Format(units))
}

// mostSaid is how many different words of a column are kept ready: there are a
// dozen, and a source that spoils them must not fill the memory.
const mostSaid = 1000

// ready is a word of a column in the workbook's language, made once.
func ready[K ~string](made map[K]string, key K, of func(K) string) string {
	value, ok := made[key]
	if !ok {
		if value = clean(of(key)); len(made) < mostSaid {
			made[key] = value
		}
	}
	return value
}

func languageOf(opts Options) (language, error) {
	switch l := language(opts.Language); l {
	case "":
		return korean, nil
	case korean, english:
		return l, nil
	default:
		return "", fmt.Errorf("language %q is neither ko nor en", opts.Language)
	}
}
