package reports

import (
	"fmt"
	"slices"
	"strings"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/refunds"
	"daesa/reports/book"
)

// The columns of a batch's summary: two tables side by side.
const (
	batchLeft  = 2
	batchRight = 6
	batchLast  = 9
)

// batchPage draws the first sheet of a batch. It answers: is this a plan or a
// result, does the money tie, who must do what next.
type batchPage struct {
	*batchBook
	s      *xlsx.Sheet
	checks []string // where each currency's difference stands
}

// The groups of states of the summary.
var (
	batchDone  = []refunds.State{refunds.StateSucceeded, refunds.StateAccepted}
	batchEnds  = []refunds.State{refunds.StateSucceeded, refunds.StateAccepted, refunds.StateUnknown, refunds.StateHeld, refunds.StateRefused, refunds.StateExpired, refunds.StateRejected}
	batchOpen  = []refunds.State{refunds.StateRequested, refunds.StateApproved, refunds.StateNeedsAccount, refunds.StateSending, refunds.StateRetry}
	batchHuman = []refunds.State{refunds.StateUnknown, refunds.StateHeld, refunds.StateRefused, refunds.StateExpired, refunds.StateNeedsAccount, refunds.StateRequested}
)

// batchOnePage is the height in points up to which the summary is one page.
const batchOnePage = 1000

func (p *batchPage) draw() {
	p.band()
	p.remarks()
	cards := p.cardRoom()
	for i, c := range p.Currencies {
		p.block(i, c)
	}
	p.cards(cards)
	p.steps()
	p.s.Add(10)
	p.Signatures(p.s, p.s.Add(18), p.s.Add(40), 10, [3][2]int{{2, 3}, {4, 7}, {8, 9}})
	p.s.Widen(6)
	p.s.OnePage = p.s.Tall() <= batchOnePage
}

// band is the title: what this is, of which batch, and how it stands.
func (p *batchPage) band() {
	title := p.Styled(func(s *book.Style) { s.Size, s.Bold, s.Color, s.Fill, s.Indent = 18, true, book.White, book.Navy, 1 })
	small := p.Styled(func(s *book.Style) { s.Size, s.Color, s.Fill, s.Indent = 10, "C9D1E8", book.Navy, 1 })
	state := p.Styled(func(s *book.Style) {
		s.Size, s.Bold, s.Color, s.Fill, s.Align, s.Indent = 13, true, book.White, book.Navy, "right", 1
	})
	p.s.Add(6)
	row := p.s.Add(34)
	p.s.Span(batchLeft, 4, row, xlsx.Text(title, p.Title))
	p.s.Span(5, batchLast, row, xlsx.Text(state, p.state()))
	parts := []string{xlsx.Clean(p.Of)}
	if p.batch.File != "" {
		parts = append(parts, p.Say("파일 ", "File ")+xlsx.Clean(p.batch.File))
	}
	if p.Several {
		mids := map[string]bool{}
		for _, r := range p.rows {
			mids[xlsx.Clean(r.MID)] = true
		}
		parts = append(parts, p.Say("가맹점 ", "Merchants ")+strings.Join(sortedKeys(mids), ", "))
	} else {
		parts = append(parts, p.Say("가맹점 ", "Merchant ")+xlsx.Clean(p.rows[0].MID))
	}
	row = p.s.Add(20)
	p.s.Span(batchLeft, batchLast, row, xlsx.Text(small, strings.Join(parts, "   ·   ")))
	row = p.s.Add(20)
	p.s.Span(batchLeft, batchLast, row, xlsx.Text(small, strings.Join([]string{
		p.Say("등록 ", "Imported ") + xlsx.Clean(p.batch.By) + " " + p.Lang.Moment(p.batch.At), p.Say("작성 ", "Drawn ") + p.Lang.Moment(p.batch.Now)}, "   ·   ")))
	p.s.Add(8)
}

// state is the batch in one line; what needs a person comes first.
func (p *batchPage) state() string {
	n := func(states ...refunds.State) int64 { return p.counted(in(states...)) }
	switch waiting, looking := n(refunds.StateRequested), n(refunds.StateUnknown, refunds.StateHeld); {
	case looking > 0:
		return p.Lang.Fill(book.Label{"● 결과 확인 필요 {1}건", "● {1} without a clear outcome"}, p.Number(looking))
	case waiting > 0:
		return p.Lang.Fill(book.Label{"● 결재 대기 {1}건", "● {1} to approve"}, p.Number(waiting))
	case n(refunds.StateNeedsAccount) > 0:
		return p.Lang.Fill(book.Label{"● 환불계좌 필요 {1}건", "● {1} wait for an account"}, p.Number(n(refunds.StateNeedsAccount)))
	case n(batchOpen...) > 0:
		return p.Lang.Fill(book.Label{"● 결재 완료 · 전송 대기 {1}건", "● Approved · {1} to send"}, p.Number(n(batchOpen...)))
	case n(refunds.StateExpired, refunds.StateRefused) > 0:
		return p.Lang.Fill(book.Label{"● 처리 완료 · 토스 환불 불가 {1}건", "● Finished · {1} not given back through Toss"}, p.Number(n(refunds.StateExpired, refunds.StateRefused)))
	case n(refunds.StateAccepted) > 0:
		return p.Lang.Fill(book.Label{"● 송금 대기 {1}건", "● {1} payouts pending"}, p.Number(n(refunds.StateAccepted)))
	default:
		return p.Say("● 전 건 처리 완료 ✓", "● All finished ✓")
	}
}

// remarks name the rows of the file that the figures leave out.
func (p *batchPage) remarks() {
	var lines []string
	if n := len(p.batch.Refused); n > 0 {
		lines = append(lines, p.Lang.Fill(book.Label{"파일의 {1}건은 제외되어 아래 금액·건수에 포함되지 않습니다 → 내역 시트 하단", "{1} rows of the file were not taken and are not in the figures below → end of sheet Rows"}, p.Number(int64(n))))
	}
	if before := p.batch.FileRows - len(p.rows) - len(p.batch.Refused); p.batch.FileRows > 0 && before > 0 {
		lines = append(lines, p.Lang.Fill(book.Label{"파일의 {1}건 중 {2}건은 이전에 요청된 건으로 본 일괄 환불에 포함되지 않습니다.", "Of the file's {1} rows {2} had been asked for before this batch and are not in it."},
			p.Number(int64(p.batch.FileRows)), p.Number(int64(before))))
	}
	style := p.Styled(func(s *book.Style) { s.Color, s.Fill, s.Indent, s.Wrap = book.Amber, book.Cream, 1, true })
	for _, line := range lines {
		row := p.s.Add(20)
		p.s.Span(batchLeft, batchLast, row, xlsx.Text(style, line))
	}
	if len(lines) > 0 {
		p.s.Add(8)
	}
}

// cardRoom keeps rows for the cards, which refer to cells below them.
func (p *batchPage) cardRoom() int {
	p.s.Add(18)
	p.s.Add(32)
	return p.s.Add(18)
}

// cards: the four figures that a person looks at first.
func (p *batchPage) cards(bottom int) {
	counting := func(name book.Label, colour string, chosen func(r *RefundRow) bool) book.Card {
		n := p.counted(chosen)
		if n == 0 {
			colour = book.Green
		}
		return book.Card{Label: p.Lang.Of(name), Note: p.spelled(chosen), Colour: colour, Value: xlsx.Int(p.CardValue(18, p.Counting(), colour), n)}
	}
	all := counting(book.Label{"요청", "Asked for"}, book.Navy, func(*RefundRow) bool { return true })
	first := p.Currencies[0]
	check := book.Card{Label: p.Say("차이(0원이어야 함)", "Difference (must be 0)"), Colour: book.Green, Note: p.Say("요청 = 상태별 합계", "Asked for = sum of all states"),
		Value: book.Money(p.CardValue(18, book.CheckFormat(first), book.Green), first, 0).Formula(p.checks[0])}
	list := []book.Card{all, counting(book.Label{"결재 대기", "To approve"}, book.Amber, in(refunds.StateRequested)), p.deadlineCard(), check}
	if p.result {
		list[1] = counting(book.Label{"취소 완료 · 접수", "Succeeded · accepted"}, book.Green, in(batchDone...))
		list[2] = counting(book.Label{"확인 필요", "Needs a person"}, book.Red, in(batchHuman...))
	}
	for i, c := range list {
		c.To = sheetBatchRows
		p.Card(p.s, [4]int{2, 3, 6, 8}[i], [4]int{2, 4, 7, 9}[i], bottom, 10, c)
	}
}

// deadlineCard is the nearest last day of what can still be sent.
func (p *batchPage) deadlineCard() book.Card {
	c := book.Card{Label: p.Say("가장 가까운 취소기한", "Nearest cancel deadline"), Colour: book.Green, Note: p.Say("취소기한이 있는 건 없음", "None has a last day"), Value: xlsx.Text(p.CardValue(18, "@", book.Green), "–")}
	var next *RefundRow
	for i := range p.rows {
		if r := &p.rows[i]; r.State.Unsent() && !r.CancelBy.IsZero() && (next == nil || r.CancelBy.Before(next.CancelBy)) {
			next = r
		}
	}
	if next == nil {
		return c
	}
	switch p.bucket(next) {
	case bucketToday, bucketOne, bucketLost:
		c.Colour = book.Red
	case bucketThree, bucketSeven:
		c.Colour = book.Amber
	default:
	}
	c.Note = p.Lang.Moment(next.CancelBy)
	c.Value = xlsx.Int(p.CardValue(18, book.FormatDaysTo, c.Colour), int64(p.day().until(next.CancelBy)))
	return c
}

func (p *batchPage) bucket(r *RefundRow) bucket {
	return p.day().daysLeft(Deadline{CancelBy: r.CancelBy, State: r.State})
}

func (p *batchPage) heading(title string) {
	p.s.Add(6)
	row := p.s.Add(24)
	p.s.Span(batchLeft, 8, row, xlsx.Text(p.Style(book.HeadingStyle), title))
	p.s.Set(batchLast, row, xlsx.Text(p.Style(book.GoesStyle), p.Lang.Of(sheetBatchRows)+" →"))
	p.s.Link(batchLast, row, xlsx.Top(p.Lang.Of(sheetBatchRows)))
}

// block draws one currency; no figure of it mixes currencies.
func (p *batchPage) block(i int, c pay.Currency) {
	title := fmt.Sprintf("%d. ", i+1) + p.Say("금액과 건수", "Money and counts")
	if len(p.Currencies) > 1 {
		title += " · " + book.Code(c)
	}
	p.heading(title)
	start := p.s.Last() + 1
	p.beside(p.states(c, start), p.methods(c, start))
	p.s.Add(8)
	p.beside(p.approvals(c), p.deadlines(c))
}

// beside lays two tables out, side by side.
func (p *batchPage) beside(left, right [][]xlsx.Cell) {
	below := p.s.Last()
	for _, table := range []struct {
		rows [][]xlsx.Cell
		from int
	}{{left, batchLeft}, {right, batchRight}} {
		g := p.s.Grid(below, 19, xlsx.Singles(table.from, 4)...)
		for _, cells := range table.rows {
			g.Add(cells...)
		}
	}
}

// figures are a row's label, count and amount, with their formulas.
func (p *batchPage) figures(t book.Tone, name string, c pay.Currency, of pile, number, amount string) []xlsx.Cell {
	r := p.Row(t)
	return []xlsx.Cell{r.Label(name), r.Count(of.count).Formula(number), r.Money(c, of.money).Formula(amount)}
}

// difference is a row that must be nothing: the first row less the terms.
func (p *batchPage) difference(c pay.Currency, name string, column, first int, terms func(column int) string, off pile) []xlsx.Cell {
	r := p.Row(book.Tone{Bold: true, Colour: book.Green})
	if off != (pile{}) {
		r.Tone.Colour = book.Red
	}
	formula := func(column int) string { return fmt.Sprintf("%s-(%s)", xlsx.At(column, first), terms(column)) }
	return []xlsx.Cell{r.Label(name), xlsx.Int(r.Right(book.FormatCheck), off.count).Formula(formula(column)),
		r.Check(c, off.money).Formula(book.Rounded(c, formula(column+1)))}
}

// states counts the requests by state. Each request is in exactly one of the rows
// that are summed; a plan leaves empty rows out.
func (p *batchPage) states(c pay.Currency, start int) [][]xlsx.Cell {
	planned := p.pile(c, func(*RefundRow) bool { return true })
	rows := [][]xlsx.Cell{p.Heads(columnState, columnCount, book.ColumnAmount),
		p.figures(book.Tone{Bold: true}, p.Say("요청", "Asked for"), c, planned, p.live(c, false), p.live(c, true))}
	var summed []int
	off := planned
	add := func(t book.Tone, name string, terms bool, states ...refunds.State) {
		of, labels := p.pile(c, in(states...)), book.Match{Column: columnState, Labels: p.stateLabels(states...)}
		if of.count == 0 && (!terms || !p.result) {
			return
		}
		if terms {
			summed = append(summed, start+len(rows))
			off.count, off.money = off.count-of.count, off.money-of.money
		}
		if of.count == 0 {
			t.Colour = book.Grey
		}
		rows = append(rows, p.figures(t, name, c, of, p.live(c, false, labels), p.live(c, true, labels)))
	}
	open := func() {
		add(book.Tone{}, p.Say("미완료 요청", "Still open"), true, batchOpen...)
		for _, state := range batchOpen {
			add(book.Tone{Indent: 2, Colour: stateColour(state)}, p.stateName(state), false, state)
		}
	}
	if !p.result {
		open()
	}
	for _, state := range batchEnds {
		add(book.Tone{Colour: stateColour(state)}, p.stateName(state), true, state)
	}
	if p.result {
		open()
	}
	rows = append(rows, p.difference(c, p.Say("차이(0원이어야 함)", "Difference (must be 0)"), batchLeft+1, start+1, func(column int) string {
		var terms []string
		for _, row := range summed {
			terms = append(terms, xlsx.At(column, row))
		}
		return strings.Join(terms, "+")
	}, off))
	p.checks = append(p.checks, xlsx.At(batchLeft+2, start+len(rows)-1))
	return rows
}

func (p *batchPage) stateName(state refunds.State) string {
	return strings.Join(p.stateLabels(state), " · ")
}

// methods counts the same requests by payment method.
func (p *batchPage) methods(c pay.Currency, start int) [][]xlsx.Cell {
	group, states := book.Label{"취소 완료 · 접수", "Done"}, batchDone
	if !p.result {
		group, states = book.Label{"결재 대기", "To approve"}, []refunds.State{refunds.StateRequested}
	}
	rows := [][]xlsx.Cell{p.Heads(columnMethod, columnCount, book.ColumnAmount, group)}
	sum, part, plain, bold := pile{}, pile{}, p.Row(book.Tone{}), p.Row(book.Tone{Bold: true})
	for _, method := range p.methodsOf(c) {
		of := p.pile(c, func(r *RefundRow) bool { return r.Method == method })
		some := p.pile(c, func(r *RefundRow) bool { return r.Method == method && in(states...)(r) })
		sum, part = pile{sum.count + of.count, sum.money + of.money}, pile{0, part.money + some.money}
		cells := []xlsx.Cell{plain.Label(p.method(method)), plain.Count(of.count), plain.Money(c, of.money), plain.Money(c, some.money)}
		if _, ours := book.MethodLabels[method]; ours || method == pay.MethodUnknown { // what came from outside stays out of formulas
			named := book.Match{Column: columnMethod, Labels: []string{p.method(method)}}
			cells[1], cells[2] = cells[1].Formula(p.live(c, false, named)), cells[2].Formula(p.live(c, true, named))
			cells[3] = cells[3].Formula(p.live(c, true, named, book.Match{Column: columnState, Labels: p.stateLabels(states...)}))
		}
		rows = append(rows, cells)
	}
	last := start + len(rows) - 1
	total := func(column int) string { return "SUM(" + xlsx.Span(column, start+1, column, last) + ")" }
	rows = append(rows, append(p.figures(bold.Tone, p.Say("합계", "Sum"), c, sum, total(batchRight+1), book.Rounded(c, total(batchRight+2))),
		bold.Money(c, part.money).Formula(book.Rounded(c, total(batchRight+3)))))
	// The first row of the left table is what was asked for.
	planned := p.pile(c, func(*RefundRow) bool { return true })
	off := pile{planned.count - sum.count, planned.money - sum.money}
	check := p.difference(c, p.Say("요청 대비 차이", "Apart from asked for"), batchLeft+1, start+1,
		func(column int) string { return xlsx.At(column+batchRight-batchLeft, last+1) }, off)
	return append(rows, append(check, plain.Says("")))
}

// methodsOf are the methods of a currency, in their order.
func (p *batchPage) methodsOf(c pay.Currency) []pay.Method {
	var found []pay.Method
	for _, r := range p.rows {
		if r.Currency == c && !slices.Contains(found, r.Method) {
			found = append(found, r.Method)
		}
	}
	slices.SortFunc(found, book.ByMethod)
	return found
}

// approvals counts the requests by who approved them; each is in one row.
func (p *batchPage) approvals(c pay.Currency) [][]xlsx.Cell {
	rows := [][]xlsx.Cell{p.Heads(book.Label{"결재", "Approval"}, columnCount, book.ColumnAmount)}
	add := func(t book.Tone, name string, chosen func(r *RefundRow) bool) {
		if of := p.pile(c, chosen); of.count > 0 {
			rows = append(rows, p.figures(t, name, c, of, "", ""))
		}
	}
	waits := book.Tone{Bold: true, Colour: book.Amber}
	add(waits, p.Say("결재 대기 · 일괄", "To approve · as a batch"), approvable)
	add(waits, p.Say("결재 대기 · 건별(동일 요청 있음)", "To approve · by id (equals another)"), func(r *RefundRow) bool { return in(refunds.StateRequested)(r) && !tooMuch(r) && r.SameAs != "" })
	add(waits, p.Say("결재 불가 · 환불 가능 금액 초과", "Cannot be approved · above what is left"), tooMuch)
	add(book.Tone{}, p.Say("환불계좌 등록 후 결재", "After its account came"), in(refunds.StateNeedsAccount))
	settled := func(r *RefundRow) bool {
		return r.State != refunds.StateRequested && r.State != refunds.StateNeedsAccount
	}
	names := map[string]bool{}
	for _, r := range p.rows {
		if settled(&r) && r.ApprovedBy != "" {
			names[r.ApprovedBy] = true
		}
	}
	for _, name := range sortedKeys(names) {
		add(book.Tone{}, p.Say("결재 완료 · ", "Approved · ")+xlsx.Clean(name), func(r *RefundRow) bool { return settled(r) && r.ApprovedBy == name })
	}
	over := in(refunds.StateExpired, refunds.StateRejected)
	add(book.Tone{}, p.Say("결재 생략(기준 금액 이하)", "Without approval (under the limit)"), func(r *RefundRow) bool { return settled(r) && r.ApprovedBy == "" && !over(r) })
	add(book.Tone{}, p.Say("결재 전 종료", "Ended before an approval"), func(r *RefundRow) bool { return r.ApprovedBy == "" && over(r) })
	return rows
}

// tooMuch reports whether the payment now holds less than the request asks for.
func tooMuch(r *RefundRow) bool {
	return r.State == refunds.StateRequested && r.ErrorCode == refunds.WhyAboveBalance
}

// approvable reports whether an approval of the whole batch includes the request.
func approvable(r *RefundRow) bool {
	return r.State == refunds.StateRequested && r.SameAs == "" && !tooMuch(r)
}

// deadlines counts what can still be sent by its last day, soonest first.
func (p *batchPage) deadlines(c pay.Currency) [][]xlsx.Cell {
	rows := [][]xlsx.Cell{p.Heads(columnDaysLeft, columnCount, book.ColumnAmount, book.Label{"가장 이른 기한", "Earliest"})}
	for _, key := range buckets {
		var first *RefundRow
		of := p.pile(c, func(r *RefundRow) bool {
			if !r.State.Unsent() || p.bucket(r) != key {
				return false
			}
			if first == nil || byMoment(r.CancelBy, first.CancelBy) < 0 {
				first = r
			}
			return true
		})
		if of.count == 0 {
			continue
		}
		name, t := p.Lang.Of(bucketLabels[key]), book.Tone{}
		switch key {
		case bucketToday, bucketOne, bucketLost:
			t = book.Tone{Bold: true, Colour: book.Red}
		default:
		}
		rows = append(rows, append(p.figures(t, name, c, of, "", ""), book.Moment(p.Row(t).Right(book.FormatMoment), first.CancelBy)))
	}
	if len(rows) == 1 {
		r := p.Row(book.Tone{Colour: book.Green})
		rows = append(rows, []xlsx.Cell{r.Label(p.Say("전송 대기 없음 ✓", "Nothing is left to send ✓")), r.Says(""), r.Says(""), r.Says("")})
	}
	return rows
}
