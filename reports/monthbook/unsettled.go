package monthbook

import (
	"cmp"
	"slices"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reports/book"
	"daesa/settle"
)

// drawUnsettled lays out what was not paid out at the month's end: by age, and
// behind each age the largest payouts and transactions.
func (b *monthBook) drawUnsettled() {
	s := b.Add(&xlsx.Sheet{Name: b.Lang.Of(sheetUnsettled), Tab: book.Amber, Widths: []int{22, 19, 16, 12, 24, 24, 11, 15}})
	b.page(s, sheetUnsettled, b.Lang.Fill(book.Label{"{1} 현재 지급되지 않은 금액 · 경과는 지급일 다음 영업일부터 · 정산내역 없음은 거래금액, 그 외는 지급액 기준",
		"Not paid out at the end of {1} · ages in bank days after the payout's day · without a row the gross amount, else what is paid out"}, string(b.month.Month.Last())))
	sums := map[pay.Currency]int64{}
	for i := range b.month.Ledgers {
		l := &b.month.Ledgers[i]
		b.heading(s, b.ledgerName(l))
		b.agesOf(s, l)
		sum := sums[l.Currency]
		for _, a := range l.Aging {
			b.plus(&sum, a.Amount)
		}
		sums[l.Currency] = sum
	}
	b.compare(figureByRows, sheetUnsettled, nil, 0, 0, sums)
	s.Widen(4)
	s.IgnoreTextNumbers(xlsx.Span(1, 1, len(s.Widths), s.Last()))
}

// ledgerName is a merchant, and its currency where there are several.
func (b *monthBook) ledgerName(l *Ledger) string {
	if len(b.Currencies) > 1 {
		return l.MID + " · " + book.Code(l.Currency)
	}
	return l.MID
}

// agesOf draws the ages of a ledger, each with what stands behind it.
func (b *monthBook) agesOf(s *xlsx.Sheet, l *Ledger) {
	g := s.Grid(s.Last(), 19, xlsx.Singles(1, len(s.Widths))...)
	g.Add(b.leftHeads(book.Label{"경과 구간", "Age"}, book.Label{"지급일·거래일시", "Payout or transaction"}, book.Label{"현재 상태", "State by now"}, columnMethod, columnOrder, columnKey)...)
	for column, head := range b.Heads(columnKey, columnCount, book.ColumnAmount)[1:] {
		g.Put(7+column, head)
	}
	var all settle.Aged
	first := g.Row() + 1
	for _, bucket := range settle.Buckets {
		aged := l.aged(bucket)
		tone := book.Tone{Bold: true, Fill: book.Pale}
		if aged.Amount != 0 && bucket != settle.BucketNoRow && bucket != settle.BucketNotDue {
			tone.Colour = book.Red
		}
		r := b.Row(tone)
		g.Add(r.Label(book.LookUp(b.Lang, book.BucketLabels, bucket)), r.Blank(), r.Blank(), r.Blank(), r.Blank(), r.Blank(), r.Count(aged.Count), r.Money(l.Currency, aged.Amount))
		b.behind(g, l, aged)
		b.plus(&all.Count, aged.Count)
		b.plus(&all.Amount, aged.Amount)
	}
	r := b.Row(book.Tone{Bold: true, Above: book.Navy})
	// The rows behind an age have no count of their own kind: ages alone have a label
	// in the first column, by which the sum finds them.
	formula := "SUMIFS(" + xlsx.Span(8, first, 8, g.Row()) + "," + xlsx.Span(1, first, 1, g.Row()) + `,"?*")`
	g.Add(r.Label(b.Lang.Of(sumLabel)), r.Blank(), r.Blank(), r.Blank(), r.Blank(), r.Blank(), r.Count(all.Count),
		r.Money(l.Currency, all.Amount).Formula(book.Rounded(l.Currency, formula)))
}

// aged is what of the closing is so old.
func (l *Ledger) aged(bucket settle.Bucket) settle.Aged {
	for _, a := range l.Aging {
		if a.Bucket == bucket {
			return a
		}
	}
	return settle.Aged{Bucket: bucket}
}

// behind draws the largest of an age, and says how many more there are.
func (b *monthBook) behind(g *xlsx.Grid, l *Ledger, aged settle.Aged) {
	var rows []*Unsettled
	for i := range b.month.Unsettled {
		if u := &b.month.Unsettled[i]; u.MID == l.MID && u.Currency == l.Currency && u.Bucket == aged.Bucket {
			rows = append(rows, u)
		}
	}
	slices.SortFunc(rows, func(x, y *Unsettled) int {
		return cmp.Or(cmp.Compare(size(y.Amount), size(x.Amount)), cmp.Compare(x.Payout, y.Payout), cmp.Compare(x.PaymentKey, y.PaymentKey))
	})
	r, more := b.Row(book.Tone{}), aged
	for _, u := range rows {
		day, state, method := r.On(u.Payout), book.LookUp(b.Lang, book.PayoutLabels, u.State), ""
		if u.Payout == "" {
			day, state, method = book.Moment(r.Left(book.FormatMoment), u.At), "", b.method(u.Method)
		}
		g.Add(r.Blank(), day, r.Label(state), r.Label(method), r.Label(u.OrderID), r.Label(u.PaymentKey), r.Count(u.Count), r.Money(l.Currency, u.Amount))
		b.plus(&more.Count, -u.Count)
		b.plus(&more.Amount, -u.Amount)
	}
	if more.Count != 0 || more.Amount != 0 {
		r := b.Row(book.Tone{Colour: book.Grey})
		g.Add(r.Blank(), r.Label(b.Say("그 외", "more")), r.Blank(), r.Blank(), r.Blank(), r.Blank(), r.Count(more.Count), r.Money(l.Currency, more.Amount))
	}
}

func size(n int64) int64 { return max(n, -n) }
