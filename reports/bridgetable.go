package reports

import (
	"time"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
)

// openToday is what differs today over all orders that were compared, of
// whatever age, beside what runs out and where the refunds are.
func (m *summary) openToday() {
	m.heading(book.Label{"미해소 차이 (대사 대상 전체)", "Open, over all compared orders"}, book.SheetBreaks)
	start, first := m.s.Last(), m.night.bridges[0]
	for range 1 + bridgeRows(first) {
		m.s.Add(17)
	}
	explained := m.drawBridge(m.s.Grid(start, 17, leftHalf...), first)
	m.proven(first.Currency, leftHalf[4][0], explained, leftHalf[4][0], explained+1)
	m.rightHalf(start)
	m.s.Add(2)
}

// proven remembers where the summary has what is explained of a currency and what
// is not: the control sheet checks it.
func (m *summary) proven(c pay.Currency, explainedColumn, explainedRow, leftColumn, leftRow int) {
	m.places["explained "+string(c)] = xlsx.On(m.s.Name, explainedColumn, explainedRow)
	m.places["unexplained "+string(c)] = xlsx.On(m.s.Name, leftColumn, leftRow)
}

// bridgeRows is how many rows drawBridge takes.
func bridgeRows(l reconcile.Bridge) int {
	rows := 7 + len(l.Items) + len(l.Named()) // header, A, B, C, timing, D, what is left
	if l.Others() {
		rows++
	}
	return rows
}

// drawBridge draws the proof of one currency into a table of a label, a count,
// what the shop holds more, what Toss holds more, and money: the shop, Toss, the
// difference, what causes it, and what is left, which must be nothing. It gives
// the row of what the causes sum up to; what is left stands below it.
func (b *nightBook) drawBridge(g *xlsx.Grid, l reconcile.Bridge) (explained int) {
	c, bold, plain := l.Currency, b.Row(book.Tone{Bold: true}), b.Row(book.Tone{})
	add := func(r book.TableRow, ko, en string) int { return b.bridgeRow(g, r, b.Say(ko, en)) }
	kind := book.Label{"불일치 유형", "Kind of break"}
	if len(b.Currencies) > 1 {
		kind = kind.With(" (" + book.Code(c) + ")")
	}
	g.Add(b.Heads(kind, columnCount, book.Label{"쇼핑몰 초과", "Shop over"}, book.Label{"토스 초과", "Toss over"}, book.ColumnAmount)...)
	shop := add(bold, "A. 쇼핑몰 순결제금액", "A. Shop, net")
	g.Put(5, bold.Money(c, l.Shop))
	g.Link(xlsx.Top(b.Lang.Of(book.SheetControl)))
	upTo := b.upTo(l.MID)
	add(bold, "B. 토스 순결제금액"+upTo, "B. Toss, net"+upTo)
	g.Put(5, bold.Money(c, l.Provider))
	gap := add(bold, "C. 차이 (A − B)", "C. Difference (A − B)")
	g.Put(5, bold.Over(c, l.Shop-l.Provider).Formula(book.Rounded(c, g.At(5, shop)+"-"+g.At(5, shop+1))))
	for _, i := range l.Items {
		b.bridgeItem(g, c, i, b.Lang.Kind(i.Kind), func(b *BreakRow) bool { return b.Kind == i.Kind && b.Status.Listed() && b.Currency == c })
	}
	b.bridgeItem(g, c, l.Timing, b.Lang.Status(reconcile.Timing), func(b *BreakRow) bool { return b.Status == reconcile.Timing && b.Currency == c })
	for _, named := range l.Named() {
		i := reconcile.Item{Count: named.Count, Over: named.Over, Under: named.Under}
		b.bridgeItem(g, c, i, book.LookUp(b.Lang, besideLabels, named.Why), nil)
	}
	if l.Others() {
		add(b.Row(book.Tone{Indent: 1}), "기타", "Other")
		g.Put(5, plain.Over(c, l.Other()))
	}
	causes := g.At(5, gap+1) + ":" + g.At(5, g.Row())
	explained = add(bold, "D. 원인 확인 차이", "D. Explained")
	g.Put(5, bold.Over(c, l.Explained()).Formula(book.Rounded(c, "SUM("+causes+")")))
	b.bridgeRest(g, l, book.Rounded(c, g.At(5, gap)+"-"+g.At(5, explained)))
	return explained
}

// bridgeRow begins a row of a bridge: a label, and no figures yet.
func (b *nightBook) bridgeRow(g *xlsx.Grid, r book.TableRow, name string) int {
	return g.Add(r.Label(name), r.Blank(), r.Blank(), r.Blank(), r.Blank())
}

// bridgeItem is one class of difference as the list of breaks has it: how often,
// over, under, and the net, linked to the first of its rows.
func (b *nightBook) bridgeItem(g *xlsx.Grid, c pay.Currency, i reconcile.Item, name string, which func(*BreakRow) bool) {
	r, row := b.Row(book.Tone{}), b.bridgeRow(g, b.Row(book.Tone{Indent: 1}), name)
	dash := r.Right(book.DashFormat(c))
	g.Put(2, r.Count(i.Count))
	g.Put(3, book.Money(dash, c, i.Over))
	g.Put(4, book.Money(dash, c, i.Under))
	g.Put(5, r.Over(c, i.Over-i.Under).Formula(book.Rounded(c, g.At(3, row)+"-"+g.At(4, row))))
	if which == nil { // it is no break, and the control sheet lists its orders
		g.Link(xlsx.Top(b.Lang.Of(book.SheetControl)))
		return
	}
	g.Link(b.breakAt(which))
}

// upTo says up to which moment Toss's transactions are in a bridge: an earlier
// date's are of the end of that date, whatever moved since. It says nothing where
// merchants differ, or look-ups alone were summed.
func (b *nightBook) upTo(mid string) string {
	var to time.Time
	for _, run := range b.night.readRuns() {
		if mid != "" && run.MID != mid {
			continue
		}
		if !to.IsZero() && !to.Equal(run.ListedTo) {
			return ""
		}
		to = run.ListedTo
	}
	if to.IsZero() {
		return ""
	}
	if day := pay.DayOf(to.Add(-1)); to.Equal(day.End()) {
		return b.Lang.Fill(book.Label{" ({1} 24시까지)", " (to the end of {1})"}, string(day)[5:])
	}
	return b.Lang.Fill(book.Label{" ({1}까지)", " (to {1})"}, to.In(pay.Seoul).Format("01-02 15:04"))
}

// bridgeRest is the check: nothing, in green, when the money ties.
func (b *nightBook) bridgeRest(g *xlsx.Grid, l reconcile.Bridge, formula string) {
	colour, fill, verdict := book.Green, book.Mint, b.Say("일치", "Ties")
	format := book.CheckFormat(l.Currency)
	switch {
	case l.Unexplained() != 0:
		colour, fill, verdict = book.Red, book.Rose, b.Say("불일치: 확인 필요", "Does not tie: look into it")
	case !b.night.complete():
		colour, fill, verdict, format = book.Amber, book.Cream, b.Say("조회 범위 내 일치", "Ties as far as it was read"), book.MoneyFormat(l.Currency)
	}
	r := b.Row(book.Tone{Bold: true, Colour: colour, Fill: fill, Above: colour})
	b.bridgeRow(g, r, b.Lang.Of(unexplainedLabel)+" (C − D)")
	g.Put(3, r.Says(verdict))
	g.Put(5, book.Money(r.Right(format), l.Currency, l.Unexplained()).Formula(formula))
}

// breakAt is where the first row of some breaks stands, for links.
func (b *nightBook) breakAt(which func(*BreakRow) bool) string {
	for i := range b.night.breaks {
		if which(&b.night.breaks[i]) {
			return spot(b.breaks, i, xlsx.Top(b.Lang.Of(book.SheetBreaks)))
		}
	}
	return xlsx.Top(b.Lang.Of(book.SheetBreaks))
}

// spot is where the i-th row of a listing's first segment stands; otherwise
// where it has no such row.
func spot(where []xlsx.Area, i int, otherwise string) string {
	for _, rows := range where {
		if i < rows.Len() {
			return rows.Link(rows.First + i)
		}
		i -= rows.Len()
	}
	return otherwise
}
