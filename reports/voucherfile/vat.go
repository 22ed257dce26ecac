package voucherfile

import (
	"fmt"
	"slices"
	"strconv"

	"daesa/pay"
	"daesa/reports/book"
	"daesa/settle"
)

// VAT is the reference for the VAT return of a period in one currency.
type VAT struct {
	Currency pay.Currency
	settle.VATTable
}

var (
	titleVAT      = book.Label{"부가세 참고자료", "VAT reference"}
	titleNameless = book.Label{"현금영수증 미발급", "No cash receipt"}
	unreadLabel   = book.Label{"면세금액 미조회", "Tax-free part not read"}

	statePeriod = book.Label{ColumnClosing, "State"}
	lockedLabel = book.Label{"마감", "locked"}
)

// labelled is a column with a title in both languages.
type labelled struct {
	title book.Label
	width int
	kind  kind
}

// vatColumns are those of the reference.
var vatColumns = []labelled{
	{book.Label{"기간", "Period"}, 10, asText}, {book.ColumnCurrency, 7, asText}, {book.Label{"증빙 구분", "Evidence"}, 24, asText}, {book.Label{"과세·면세", "Tax"}, 16, asText},
	{book.Label{"건수", "Count"}, 9, asCount}, {book.Label{"승인", "Approved"}, 16, asAmount}, {book.Label{"취소", "Cancelled"}, 16, asAmount},
	{book.Label{"순매출", "Net"}, 16, asAmount}, {book.Label{"공급가액", "Supply"}, 16, asAmount}, {book.Label{"세액", "VAT"}, 14, asAmount}, {statePeriod, 10, asText},
}

// namelessColumns are those of the payments that have no cash receipt.
var namelessColumns = []labelled{
	{book.Label{"승인일", "Day"}, 12, asDay}, {book.ColumnMID, 16, asText}, {book.Label{"주문번호", "Order"}, 24, asText}, {book.Label{"결제키", "Payment key"}, 30, asText},
	{book.Label{"결제수단", "Method"}, 12, asText}, {book.ColumnCurrency, 7, asText}, {book.ColumnAmount, 16, asAmount}, {statePeriod, 10, asText},
}

// SaveVAT writes the reference of a period, such as 2026-11 or 2026-Q4. What was not
// read stands in rows of its own, without supply and VAT. Payments that should have a
// cash receipt and have none are a second sheet of a workbook; a CSV leaves them out.
func SaveVAT(path, period string, of []VAT, o Options) error {
	if err := Check(path, o); err != nil {
		return err
	}
	l, err := book.LanguageOf(o.Language)
	if err != nil {
		return err
	}
	d := &vatDrawing{period: period, of: of, lang: l, state: l.Of(lockedLabel)}
	if o.Provisional {
		d.state = Provisional
	}
	tables := []*table{d.sums()}
	if slices.ContainsFunc(of, func(v VAT) bool { return len(v.Nameless) > 0 }) {
		tables = append(tables, d.nameless())
	}
	return save(path, l.Of(titleVAT)+" "+period, o, l, tables...)
}

type vatDrawing struct {
	period string
	of     []VAT
	lang   book.Language
	state  string
}

// sheet names a sheet; one of a month that is not locked says so.
func (d *vatDrawing) sheet(name book.Label) string {
	if d.state == Provisional {
		return d.lang.Of(name) + " " + Provisional
	}
	return d.lang.Of(name)
}

// sums are the rows by evidence, of one currency after another.
func (d *vatDrawing) sums() *table {
	var rows [][]string
	for _, v := range d.of {
		c := v.Currency
		for _, r := range v.Rows {
			tax := d.lang.Of(book.Label{"과세", "taxable"})
			if r.Free {
				tax = d.lang.Of(book.Label{"면세", "free"})
			}
			rows = append(rows, []string{d.period, string(c), book.LookUp(d.lang, book.EvidenceLabels, r.Evidence), tax, strconv.FormatInt(r.Count, 10),
				c.Format(r.Approvals), c.Format(r.Cancels), c.Format(r.Net), c.Format(r.Supply), c.Format(r.VAT), d.state})
		}
		if v.Unread > 0 {
			rows = append(rows, []string{d.period, string(c), "", d.lang.Of(unreadLabel), strconv.FormatInt(v.Unread, 10),
				c.Format(v.UnreadApprovals), c.Format(v.UnreadCancels), c.Format(v.UnreadApprovals - v.UnreadCancels), "", "", d.state})
		}
	}
	return &table{name: d.sheet(titleVAT), columns: d.columns(vatColumns), rows: len(rows), row: func(i int, into []string) { copy(into, rows[i]) },
		named: func(i int) string { return fmt.Sprintf("row %d", i+1) }}
}

func (d *vatDrawing) columns(of []labelled) []column {
	columns := make([]column, len(of))
	for i, c := range of {
		columns[i] = column{d.lang.Of(c.title), c.width, c.kind}
	}
	return columns
}

// nameless are the payments that should have a cash receipt.
func (d *vatDrawing) nameless() *table {
	type one struct {
		settle.Nameless
		currency pay.Currency
	}
	var list []one
	for _, v := range d.of {
		for _, n := range v.Nameless {
			list = append(list, one{n, v.Currency})
		}
	}
	return &table{name: d.sheet(titleNameless), columns: d.columns(namelessColumns), rows: len(list), named: func(i int) string { return list[i].PaymentKey },
		row: func(i int, into []string) {
			n := &list[i]
			copy(into, []string{string(n.Day), n.MID, n.OrderID, n.PaymentKey, d.lang.Method(n.Method), string(n.currency), n.currency.Format(n.Amount), d.state})
		}}
}
