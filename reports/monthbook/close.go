package monthbook

import (
	"cmp"
	"fmt"
	"slices"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reports/book"
	"daesa/settle"
)

// The columns of the first sheet are those of a night's.
const (
	firstColumn = 2
	lastColumn  = 13
)

// closePage draws the first sheet. It answers in ten seconds: how does the month
// stand, what keeps it from being locked, does the receivable roll forward, and
// which payouts did not come.
type closePage struct {
	*monthBook
	s       *xlsx.Sheet
	section int
	ages    book.Rows
}

func (b *monthBook) drawClose(s *xlsx.Sheet) {
	s.Tab, s.Portrait, s.OnePage = book.Navy, true, true
	s.Widths = []int{2, 19, 8, 13, 8, 12, 13, 4, 16, 8, 10, 13, 13}
	p := &closePage{monthBook: b, s: s}
	p.Band(s, book.Band{
		Title: b.titled(titleLabel), When: b.Lang.Fill(book.Label{"대상월 {1} ~ {2}", "{1} to {2}"}, string(b.month.Month.First()), string(b.month.Month.Last())[8:]),
		About: b.Say("가맹점 ", "Merchant ") + b.whose() + "   ·   " + b.Say("작성 ", "Drawn ") + b.Lang.Moment(b.month.Now),
		State: p.stands(), Colour: stateColours[b.state],
	})
	p.banners()
	p.cards()
	p.halves()
	top := p.chartRoom()
	p.reasons()
	p.ledgers()
	p.words()
	s.Widen(3)
	p.charts(top)
}

// stateColours say how a month stands.
var stateColours = map[settle.MonthState]string{
	settle.MonthOpen: book.Navy, settle.MonthProvisional: book.Amber, settle.MonthReopened: book.Amber, settle.MonthReady: book.Green, settle.MonthLocked: book.Green,
}

// stands is the month in one line.
func (p *closePage) stands() string {
	text := "● " + p.Lang.Month(p.state)
	n := len(p.lacks())
	switch {
	case p.month.locked() != nil:
		return text + p.Lang.Fill(book.Label{" · 제{1}판", " · version {1}"}, fmt.Sprint(p.month.locked().Number))
	case p.state == settle.MonthReady:
		return text + p.Say(" · 요건 모두 충족 ✓", " · nothing is missing ✓")
	case n > 0 && p.state != settle.MonthOpen:
		return text + p.Lang.Fill(book.Label{" · 마감 전 확인 {1}건", " · {1} things to do first"}, p.Number(int64(n)))
	default:
		return text
	}
}

// banners say who locked and reopened the month, and what spoils its figures.
func (p *closePage) banners() {
	for _, v := range p.month.Versions {
		text, colour, fill := p.Lang.Fill(book.Label{"마감 제{1}판 · {2} · {3} · 정산내역 {4}건 · 해시 {5}", "Locked, version {1} · {2} · {3} · {4} settlement rows · hash {5}"},
			fmt.Sprint(v.Number), p.Lang.Moment(v.LockedAt), v.By, p.Number(v.Rows), xlsx.Clip(v.RowsHash, 16)), book.Green, book.Mint
		if !v.Reopened.IsZero() {
			colour, fill = book.Amber, book.Cream
			text += p.Lang.Fill(book.Label{" → 마감 해제 {1} · {2} · 사유: {3}", " → reopened {1} · {2} · {3}"}, p.Lang.Moment(v.Reopened), v.ReopenBy, v.Note)
		}
		p.banner(text, colour, fill)
	}
	if p.month.Assumed {
		p.banner(p.Lang.Of(assumedLabel), book.Amber, book.Cream)
	}
	if n := p.failed(); n > 0 {
		p.banner(p.Lang.Fill(book.Label{"자체 검증 {1}건이 맞지 않음 → {2} 시트", "{1} checks of this workbook by itself fail → sheet {2}"}, p.Number(int64(n)), p.Lang.Of(sheetForward)), book.Red, book.Rose)
	}
}

func (p *closePage) banner(text, colour, fill string) {
	style := p.Styled(func(s *book.Style) { s.Bold, s.Color, s.Fill, s.Indent, s.Wrap = true, colour, fill, 1, true })
	p.s.Span(firstColumn, lastColumn, p.s.Add(17*xlsx.Lines(text, 136)), xlsx.Text(style, text))
}

// heading begins a section, with a link to its sheet.
func (p *closePage) heading(title string, to book.Label) {
	p.section++
	p.s.Add(7)
	row := p.s.Add(20)
	p.s.Span(firstColumn, 11, row, xlsx.Text(p.Style(book.HeadingStyle), fmt.Sprintf("%d. %s", p.section, title)))
	p.s.Span(12, lastColumn, row, xlsx.Text(p.Style(book.GoesStyle), p.Lang.Of(to)+" →"))
	p.s.Link(12, row, xlsx.Top(p.Lang.Of(to)))
}

// cards: the four figures that a person looks at first.
func (p *closePage) cards() {
	p.s.Add(16)
	p.s.Add(30)
	p.s.Add(16)
	bottom := p.s.Last()
	for i, c := range []book.Card{p.cardClosing(), p.cardUnexplained(), p.cardPaid(), p.cardBreaks()} {
		p.Card(p.s, [4]int{2, 5, 8, 11}[i], [4]int{4, 7, 10, 13}[i], bottom, 9, c)
	}
	p.s.Add(2)
}

func (p *closePage) cardClosing() book.Card {
	c := p.FirstCurrency()
	opening, closing := p.total(figureOpening, c), p.total(figureClosing, c)
	return book.Card{To: sheetForward, Label: p.Say("차월 이월 미수금", "Receivable, closing"), Colour: book.Navy,
		Value: book.Money(p.CardValue(16, book.MoneyFormat(c), book.Navy), c, closing),
		Note:  p.Say("전월 이월 대비 ", "since the opening ") + book.Signed(c, closing-opening)}
}

// cardUnexplained shows the ledger that is the furthest from tying.
func (p *closePage) cardUnexplained() book.Card {
	worst := &p.month.Ledgers[0]
	for i := range p.month.Ledgers {
		if l := &p.month.Ledgers[i]; size(l.Unexplained) > size(worst.Unexplained) {
			worst = l
		}
	}
	c := book.Card{To: sheetForward, Label: p.Lang.Of(unexplainedLabel), Colour: book.Green, Note: p.Say("증감명세와 정산내역이 일치", "Both ways agree")}
	format := book.CheckFormat(worst.Currency)
	switch {
	case worst.Unexplained != 0:
		c.Colour, c.Note = book.Red, p.Lang.Fill(book.Label{"{1} · 불일치별 내역 확인", "{1} · see its parts"}, worst.MID)
	case p.incomplete():
		c.Colour, c.Note, format = book.Amber, p.Say("조회 범위 내", "Of what could be read"), book.MoneyFormat(worst.Currency)
	}
	c.Value = book.Money(p.CardValue(16, format, c.Colour), worst.Currency, worst.Unexplained)
	return c
}

func (p *closePage) cardPaid() book.Card {
	first := p.FirstCurrency()
	var came, late int64
	for i := range p.month.Payouts {
		switch p.month.Payouts[i].State {
		case settle.MatchedFull, settle.Late:
			came++
		case settle.Missing, settle.Short, settle.Over:
			late++
		default:
		}
	}
	c := book.Card{To: sheetPayouts, Label: p.Say("당월 통장 입금", "Paid in the month"), Colour: book.Green,
		Note: p.Lang.Fill(book.Label{"입금 확인 {1}건 · 확인 필요 {2}건", "{1} matched · {2} to look at"}, p.Number(came), p.Number(late))}
	switch {
	case late > 0:
		c.Colour = book.Red
	case p.month.Assumed:
		c.Colour, c.Note = book.Amber, p.Say("지급일 입금으로 간주", "taken as paid on its day")
	}
	c.Value = book.Money(p.CardValue(16, book.MoneyFormat(first), c.Colour), first, p.total(figurePaid, first))
	return c
}

func (p *closePage) cardBreaks() book.Card {
	n := p.openBreaks()
	c := book.Card{To: book.SheetBreaks, Label: p.Say("결정 필요 불일치", "Breaks to decide"), Colour: book.Green,
		Note: p.Lang.Fill(book.Label{"불일치 전체 {1}건", "{1} breaks in all"}, p.Number(int64(len(p.month.Breaks))))}
	if n > 0 {
		c.Colour = book.Red
	}
	c.Value = xlsx.Int(p.CardValue(16, p.Counting(), c.Colour), n)
	return c
}

// mostLedgers keeps the first page readable.
const mostLedgers = 12

// ledgers is a row for each merchant and currency, where there are several.
func (p *closePage) ledgers() {
	if len(p.month.Ledgers) < 2 {
		return
	}
	p.heading(p.Say("가맹점별 미수금", "Receivable by merchant"), sheetForward)
	g := p.s.Grid(p.s.Last(), 17, [][2]int{{2, 2}, {3, 3}, {4, 4}, {5, 6}, {7, 7}, {8, 9}, {10, 11}, {12, 12}, {13, 13}}...)
	g.Add(p.Heads(book.ColumnMID, columnState, openingLabel, book.Label{"승인 − 취소", "Approved, net"}, book.Label{"수수료·부가세", "Fees, VAT"}, payoutsLabel,
		adjustmentsLabel, closingLabel, unexplainedLabel)...)
	for i := range p.month.Ledgers[:min(len(p.month.Ledgers), mostLedgers)] {
		l := &p.month.Ledgers[i]
		r, c := p.Row(book.Tone{}), l.Currency
		state := p.Row(book.Tone{Bold: true, Colour: stateColours[l.State]})
		g.Add(r.Label(p.ledgerName(l)), state.Says(p.Lang.Month(l.State)), r.Money(c, l.Opening), r.Money(c, l.Approvals-l.Cancels), r.Money(c, l.Fees+l.FeeVAT),
			r.Money(c, l.Payouts), r.Over(c, l.Adjustments), r.Money(c, l.Closing), p.figureCell(p.Row(book.Tone{Bold: true}), figureUnexplained, c, l.Unexplained))
		g.Link(xlsx.Top(p.Lang.Of(sheetForward)))
	}
	if more := len(p.month.Ledgers) - mostLedgers; more > 0 {
		g.Add(p.Row(book.Tone{Colour: book.Grey}).Label(p.Lang.Fill(book.Label{"외 {1}건", "{1} more"}, p.Number(int64(more)))))
	}
}

// chartRows is how many rows the charts stand on.
const chartRows = 13

// chartRoom keeps the rows that the charts stand on, and gives the first one.
func (p *closePage) chartRoom() int {
	p.s.Add(6)
	top := p.s.Last() + 1
	for range chartRows {
		p.s.Add(book.ChartHeight)
	}
	return top
}

// charts: the ages, the fees and the payouts, side by side.
func (p *closePage) charts(top int) {
	wide, c := p.s.Pixels(firstColumn, lastColumn)/3, p.FirstCurrency()
	place := func(i int, of book.Rows, chart xlsx.Chart) {
		if !of.Empty() {
			chart.Width, chart.Height = wide-6, book.ChartPixels(chartRows)-6
			p.s.Chart(firstColumn, top, i*wide, chart)
		}
	}
	titled := func(of book.Rows, kind xlsx.ChartKind, title book.Label, s func() xlsx.Series) xlsx.Chart {
		if of.Empty() {
			return xlsx.Chart{}
		}
		format, unit := p.Axis(c, of.Most)
		if of.Most >= 1_000_000 && of.Most < 10_000_000 { // thousands would need room for five digits
			_, unit = p.Axis(c, 10_000_000)
			format = `0.0,,`
		}
		chart := book.NewChart(kind, p.Lang.Fill(title, unit), s())
		chart.Format = format
		return chart
	}
	place(0, p.ages, titled(p.ages, xlsx.Bars, book.Label{"경과 구간별 미정산({1})", "Unsettled by age ({1})"}, func() xlsx.Series { return p.ages.From(9, 12, "E0A84A") }))
	place(1, p.fees, titled(p.fees, xlsx.Bars, book.Label{"결제수단별 수수료({1})", "Fees by method ({1})"}, func() xlsx.Series { return p.fees.Series(5, "5B7FC4") }))
	days := titled(p.days, xlsx.Columns, book.Label{"지급예정·통장 입금({1})", "Payouts, passbook ({1})"}, func() xlsx.Series { return p.days.From(7, 8, "B9CCEE") })
	if !p.days.Empty() {
		banked := p.days.From(7, 9, book.Green)
		days.Beside = &banked
		days = book.ByDay(days, p.days)
	}
	place(2, p.days, days)
}

// words explain the page, at its end.
func (p *closePage) words() {
	style := p.Styled(func(s *book.Style) { s.Size, s.Color, s.Wrap = 8, book.Grey, true })
	p.s.Add(6)
	for _, sentence := range []string{
		p.Say("승인·취소는 토스 거래내역, 수수료는 정산내역의 거래일, 입금은 지급과 대조된 통장내역의 입금일 기준. 출처 미확인 입금은 미수금에 반영하지 않음. 수수료는 부가세 별도.",
			"Approvals and cancels by Toss's transactions, fees by the day of the transaction, payouts by the bank day of the lines that are matched to them; an unmatched deposit counts nowhere. Fees without VAT."),
		p.Say("정산내역 기준 잔액 = 통장에 입금되지 않은 정산내역의 지급액 + 정산내역이 아직 없는 거래금액. 전월 이전 귀속분 = 이미 마감된 달의 거래로, 마감 후 확인되어 당월에 반영된 금액.",
			"By rows = what settlement rows pay out that no passbook line covers, and transactions without a row. Of earlier months = what happened in a locked month and was recorded after that."),
	} {
		p.s.Span(firstColumn, lastColumn, p.s.Add(13*xlsx.Lines(sentence, 165)), xlsx.Text(style, sentence))
	}
}

// kinds counts the breaks that need a person by kind, with the oldest of each.
func (b *monthBook) kinds() []kindCount {
	var counts []kindCount
	for i := range b.month.Breaks {
		r := &b.month.Breaks[i]
		if !r.Status.NeedsPerson() {
			continue
		}
		j := slices.IndexFunc(counts, func(k kindCount) bool { return k.kind == r.Kind })
		if j < 0 {
			counts = append(counts, kindCount{kind: r.Kind, oldest: r.FirstSeen})
			j = len(counts) - 1
		}
		counts[j].count++
		counts[j].oldest = min(counts[j].oldest, r.FirstSeen)
	}
	slices.SortFunc(counts, func(x, y kindCount) int { return cmp.Or(byKind(x.kind, y.kind, "", "")) })
	return counts
}

// placesOf are the payouts of a currency in a state: how many, what should come, and
// what came.
func (b *monthBook) placesOf(state settle.State, c pay.Currency) (count, expected, banked int64) {
	for i := range b.month.Payouts {
		if p := &b.month.Payouts[i]; p.State == state && p.Currency == c {
			count++
			b.plus(&expected, p.due())
			b.plus(&banked, p.Banked)
		}
	}
	return count, expected, banked
}
