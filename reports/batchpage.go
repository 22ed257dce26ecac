package reports

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"daesa/pay"
	"daesa/refunds"
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
	s      *sheet
	checks []string // where each currency's difference stands
}

// The groups of states of the summary.
var (
	batchDone  = []refunds.State{refunds.Succeeded, refunds.Accepted}
	batchEnds  = []refunds.State{refunds.Succeeded, refunds.Accepted, refunds.Unknown, refunds.HeldState, refunds.Refused, refunds.ExpiredState, refunds.Rejected}
	batchOpen  = []refunds.State{refunds.Requested, refunds.Approved, refunds.NeedsAccount, refunds.Sending, refunds.Retry}
	batchHuman = []refunds.State{refunds.Unknown, refunds.HeldState, refunds.Refused, refunds.ExpiredState, refunds.NeedsAccount, refunds.Requested}
)

// batchOnePage is the height in points up to which the page is printed as one.
const batchOnePage = 1000

func (p *batchPage) draw() {
	p.band()
	p.remarks()
	cards := p.cardRoom()
	for i, c := range p.currencies {
		p.block(i, c)
	}
	p.cards(cards)
	p.steps()
	p.signatures()
	p.s.widen(6)
	p.s.onePage = p.s.tall() <= batchOnePage
}

func (p *batchPage) look(change func(*look)) int { return p.style(plain.with(change)) }

// band is the title: what this is, of which batch, and how it stands.
func (p *batchPage) band() {
	title := p.look(func(l *look) { l.size, l.bold, l.color, l.fill, l.indent = 18, true, white, navy, 1 })
	small := p.look(func(l *look) { l.size, l.color, l.fill, l.indent = 10, "C9D1E8", navy, 1 })
	state := p.look(func(l *look) { l.size, l.bold, l.color, l.fill, l.align, l.indent = 13, true, white, navy, "right", 1 })
	p.s.add(6)
	row := p.s.add(34)
	p.s.span(batchLeft, 4, row, text(title, p.title))
	p.s.span(5, batchLast, row, text(state, p.state()))
	parts := []string{clean(p.of)}
	if p.batch.File != "" {
		parts = append(parts, p.say("파일 ", "File ")+clean(p.batch.File))
	}
	if p.several {
		mids := map[string]bool{}
		for _, r := range p.rows {
			mids[clean(r.MID)] = true
		}
		parts = append(parts, p.say("가맹점 ", "Merchants ")+strings.Join(sortedKeys(mids), ", "))
	} else {
		parts = append(parts, p.say("가맹점 ", "Merchant ")+clean(p.rows[0].MID))
	}
	row = p.s.add(20)
	p.s.span(batchLeft, batchLast, row, text(small, strings.Join(parts, "   ·   ")))
	row = p.s.add(20)
	p.s.span(batchLeft, batchLast, row, text(small, strings.Join([]string{
		p.say("등록 ", "Imported ") + clean(p.batch.By) + " " + p.lang.moment(p.batch.At), p.say("작성 ", "Drawn ") + p.lang.moment(p.batch.Now)}, "   ·   ")))
	p.s.add(8)
}

// state is the batch in one line; what needs a person comes first.
func (p *batchPage) state() string {
	n := func(states ...refunds.State) int64 { return p.counted(in(states...)) }
	switch waiting, looking := n(refunds.Requested), n(refunds.Unknown, refunds.HeldState); {
	case looking > 0:
		return p.lang.fill(word{"● 결과 확인 필요 {1}건", "● {1} without a clear outcome"}, p.number(looking))
	case waiting > 0:
		return p.lang.fill(word{"● 결재 대기 {1}건", "● {1} to approve"}, p.number(waiting))
	case n(refunds.NeedsAccount) > 0:
		return p.lang.fill(word{"● 환불계좌 필요 {1}건", "● {1} wait for an account"}, p.number(n(refunds.NeedsAccount)))
	case n(batchOpen...) > 0:
		return p.lang.fill(word{"● 결재 완료 · 전송 대기 {1}건", "● Approved · {1} to send"}, p.number(n(batchOpen...)))
	case n(refunds.ExpiredState, refunds.Refused) > 0:
		return p.lang.fill(word{"● 처리 완료 · 토스 환불 불가 {1}건", "● Finished · {1} not given back through Toss"}, p.number(n(refunds.ExpiredState, refunds.Refused)))
	case n(refunds.Accepted) > 0:
		return p.lang.fill(word{"● 송금 대기 {1}건", "● {1} payouts pending"}, p.number(n(refunds.Accepted)))
	default:
		return p.say("● 전 건 처리 완료 ✓", "● All finished ✓")
	}
}

// remarks say what of the file is not among the figures.
func (p *batchPage) remarks() {
	var lines []string
	if n := len(p.batch.Refused); n > 0 {
		lines = append(lines, p.lang.fill(word{"파일의 {1}건은 제외되어 아래 금액·건수에 포함되지 않습니다 → 내역 시트 하단", "{1} rows of the file were not taken and are not in the figures below → end of sheet Rows"}, p.number(int64(n))))
	}
	if before := p.batch.FileRows - len(p.rows) - len(p.batch.Refused); p.batch.FileRows > 0 && before > 0 {
		lines = append(lines, p.lang.fill(word{"파일의 {1}건 중 {2}건은 이전에 요청된 건으로 본 일괄 환불에 포함되지 않습니다.", "Of the file's {1} rows {2} had been asked for before this batch and are not in it."},
			p.number(int64(p.batch.FileRows)), p.number(int64(before))))
	}
	style := p.look(func(l *look) { l.color, l.fill, l.indent, l.wrap = amber, cream, 1, true })
	for _, line := range lines {
		row := p.s.add(20)
		p.s.span(batchLeft, batchLast, row, text(style, line))
	}
	if len(lines) > 0 {
		p.s.add(8)
	}
}

// cardRoom keeps rows for the cards, which name cells that come after them.
func (p *batchPage) cardRoom() int {
	p.s.add(18)
	p.s.add(32)
	return p.s.add(18)
}

// cards: the four figures that a person looks at first.
func (p *batchPage) cards(bottom int) {
	value := func(format, colour string) int {
		return p.look(func(l *look) { l.size, l.bold, l.fill, l.indent, l.format, l.color = 18, true, pale, 1, format, colour })
	}
	counting := func(label word, colour string, chosen func(r *RefundRow) bool) card {
		n := p.counted(chosen)
		if n == 0 {
			colour = green
		}
		return card{label: p.lang.of(label), note: p.spelled(chosen), colour: colour, value: count(value(p.counting(), colour), n)}
	}
	all := counting(word{"요청", "Asked for"}, navy, func(*RefundRow) bool { return true })
	first := p.currencies[0]
	check := card{label: p.say("차이(0원이어야 함)", "Difference (must be 0)"), colour: green, note: p.say("요청 = 상태별 합계", "Asked for = sum of all states"),
		value: money(value(checkFormat(first), green), first, 0).as(p.checks[0])}
	list := []card{all, counting(word{"결재 대기", "To approve"}, amber, in(refunds.Requested)), p.deadlineCard(value), check}
	if p.result {
		list[1] = counting(word{"취소 완료 · 접수", "Succeeded · accepted"}, green, in(batchDone...))
		list[2] = counting(word{"확인 필요", "Needs a person"}, red, in(batchHuman...))
	}
	for i, c := range list {
		from, to := [4]int{2, 3, 6, 8}[i], [4]int{2, 4, 7, 9}[i]
		p.s.span(from, to, bottom-2, text(p.look(func(l *look) { l.color, l.fill, l.over, l.indent = grey, pale, c.colour, 1 }), c.label))
		p.s.span(from, to, bottom-1, c.value)
		p.s.goTo(from, bottom-1, p.lang.of(sheetBatchRows))
		p.s.span(from, to, bottom, text(p.look(func(l *look) { l.size, l.color, l.fill, l.indent = 9, grey, pale, 1 }), c.note))
	}
}

// deadlineCard is the nearest last day of what can still be sent.
func (p *batchPage) deadlineCard(value func(format, colour string) int) card {
	c := card{label: p.say("가장 가까운 취소기한", "Nearest cancel deadline"), colour: green, note: p.say("취소기한이 있는 건 없음", "None has a last day"), value: text(value("@", green), "–")}
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
		c.colour = red
	case bucketThree, bucketSeven:
		c.colour = amber
	default:
	}
	c.note = p.lang.moment(next.CancelBy)
	c.value = count(value(formatDaysTo, c.colour), int64(p.day().until(next.CancelBy)))
	return c
}

func (p *batchPage) bucket(r *RefundRow) bucket {
	return p.day().daysLeft(Deadline{CancelBy: r.CancelBy, State: r.State})
}

func (p *batchPage) heading(title string) {
	p.s.add(6)
	row := p.s.add(24)
	p.s.span(batchLeft, 8, row, text(p.look(func(l *look) { l.size, l.bold, l.color = 12, true, navy }), title))
	p.s.set(batchLast, row, text(p.look(func(l *look) { l.color, l.underline, l.align = link, true, "right" }), p.lang.of(sheetBatchRows)+" →"))
	p.s.goTo(batchLast, row, p.lang.of(sheetBatchRows))
}

// block is one currency: no figure of it knows of another.
func (p *batchPage) block(i int, c pay.Currency) {
	title := fmt.Sprintf("%d. ", i+1) + p.say("금액과 건수", "Money and counts")
	if len(p.currencies) > 1 {
		title += " · " + code(c)
	}
	p.heading(title)
	start := p.s.last() + 1
	p.beside(p.states(c, start), p.methods(c, start))
	p.s.add(8)
	p.beside(p.words(c), p.deadlines(c))
}

// beside lays two tables out, row by row.
func (p *batchPage) beside(left, right [][]cell) {
	for i := range max(len(left), len(right)) {
		row := p.s.add(19)
		p.put(batchLeft, row, left, i)
		p.put(batchRight, row, right, i)
	}
}

func (p *batchPage) put(from, number int, table [][]cell, i int) {
	if i < len(table) {
		for n, c := range table[i] {
			p.s.set(from+n, number, c)
		}
	}
}

func (p *batchPage) head(labels ...word) []cell {
	var cells []cell
	for i, label := range labels {
		align := "right"
		if i == 0 {
			align = "left"
		}
		cells = append(cells, text(p.look(func(l *look) { l.bold, l.color, l.fill, l.align, l.over = true, navy, head, align, navy }), p.lang.of(label)))
	}
	return cells
}

// tone is how a row of a table looks.
type tone struct {
	bold   bool
	indent int
	colour string
}

func (p *batchPage) label(t tone, name string) cell {
	return text(p.look(func(l *look) { l.rule, l.bold, l.indent = hair, t.bold, t.indent; l.color = orInk(t.colour) }), name)
}

func (p *batchPage) right(t tone, format string) int {
	return p.look(func(l *look) {
		l.rule, l.align, l.format, l.bold = hair, "right", format, t.bold
		l.color = orInk(t.colour)
	})
}

func orInk(colour string) string {
	if colour == "" {
		return ink
	}
	return colour
}

// figures are a row's label, count and amount.
func (p *batchPage) figures(t tone, name string, c pay.Currency, of pile, number, amount string) []cell {
	return []cell{p.label(t, name), count(p.right(t, p.counting()), of.count).as(number), money(p.right(t, moneyFormat(c)), c, of.money).as(amount)}
}

// difference is a row that must be nothing: the first row less the terms.
func (p *batchPage) difference(c pay.Currency, name string, column, first int, terms func(column int) string, off pile) []cell {
	t := tone{bold: true, colour: green}
	if off != (pile{}) {
		t.colour = red
	}
	formula := func(column int) string { return fmt.Sprintf("%s-(%s)", at(column, first), terms(column)) }
	return []cell{p.label(t, name), count(p.right(t, formatCheck), off.count).as(formula(column)),
		money(p.right(t, checkFormat(c)), c, off.money).as(rounded(c, formula(column+1)))}
}

// states is where the requests stand. Everything that was asked for is in one
// of the rows that are summed; a plan leaves out those that have nothing.
func (p *batchPage) states(c pay.Currency, start int) [][]cell {
	planned := p.pile(c, func(*RefundRow) bool { return true })
	rows := [][]cell{p.head(columnState, word{"건수", "Count"}, columnAmount),
		p.figures(tone{bold: true}, p.say("요청", "Asked for"), c, planned, p.live(c, false), p.live(c, true))}
	var summed []int
	off := planned
	add := func(t tone, name string, terms bool, states ...refunds.State) {
		of, labels := p.pile(c, in(states...)), match{columnState, p.stateLabels(states...)}
		if of.count == 0 && (!terms || !p.result) {
			return
		}
		if terms {
			summed = append(summed, start+len(rows))
			off.count, off.money = off.count-of.count, off.money-of.money
		}
		if of.count == 0 {
			t.colour = grey
		}
		rows = append(rows, p.figures(t, name, c, of, p.live(c, false, labels), p.live(c, true, labels)))
	}
	open := func() {
		add(tone{}, p.say("미완료 요청", "Still open"), true, batchOpen...)
		for _, state := range batchOpen {
			add(tone{indent: 2, colour: stateColour(state)}, p.stateName(state), false, state)
		}
	}
	if !p.result {
		open()
	}
	for _, state := range batchEnds {
		add(tone{colour: stateColour(state)}, p.stateName(state), true, state)
	}
	if p.result {
		open()
	}
	rows = append(rows, p.difference(c, p.say("차이(0원이어야 함)", "Difference (must be 0)"), batchLeft+1, start+1, func(column int) string {
		var terms []string
		for _, row := range summed {
			terms = append(terms, at(column, row))
		}
		return strings.Join(terms, "+")
	}, off))
	p.checks = append(p.checks, at(batchLeft+2, start+len(rows)-1))
	return rows
}

func (p *batchPage) stateName(state refunds.State) string {
	return strings.Join(p.stateLabels(state), " · ")
}

// methods are the same requests by what they were paid with.
func (p *batchPage) methods(c pay.Currency, start int) [][]cell {
	group, states := word{"취소 완료 · 접수", "Done"}, batchDone
	if !p.result {
		group, states = word{"결재 대기", "To approve"}, []refunds.State{refunds.Requested}
	}
	rows := [][]cell{p.head(columnMethod, word{"건수", "Count"}, columnAmount, group)}
	sum, part := pile{}, pile{}
	for _, method := range p.methodsOf(c) {
		of := p.pile(c, func(r *RefundRow) bool { return r.Method == method })
		some := p.pile(c, func(r *RefundRow) bool { return r.Method == method && in(states...)(r) })
		sum, part = pile{sum.count + of.count, sum.money + of.money}, pile{0, part.money + some.money}
		cells := []cell{p.label(tone{}, clean(p.method(method))), count(p.right(tone{}, p.counting()), of.count),
			money(p.right(tone{}, moneyFormat(c)), c, of.money), money(p.right(tone{}, moneyFormat(c)), c, some.money)}
		if _, ours := methodWords[method]; ours || method == pay.MethodUnknown { // what came from outside stays out of formulas
			named := match{columnMethod, []string{p.method(method)}}
			cells[1], cells[2] = cells[1].as(p.live(c, false, named)), cells[2].as(p.live(c, true, named))
			cells[3] = cells[3].as(p.live(c, true, named, match{columnState, p.stateLabels(states...)}))
		}
		rows = append(rows, cells)
	}
	last := start + len(rows) - 1
	total := func(column int) string { return fmt.Sprintf("SUM(%s:%s)", at(column, start+1), at(column, last)) }
	bold := tone{bold: true}
	rows = append(rows, append(p.figures(bold, p.say("합계", "Sum"), c, sum, total(batchRight+1), rounded(c, total(batchRight+2))),
		money(p.right(bold, moneyFormat(c)), c, part.money).as(rounded(c, total(batchRight+3)))))
	// The first row of the left table is what was asked for.
	planned := p.pile(c, func(*RefundRow) bool { return true })
	off := pile{planned.count - sum.count, planned.money - sum.money}
	check := p.difference(c, p.say("요청 대비 차이", "Apart from asked for"), batchLeft+1, start+1,
		func(column int) string { return at(column+batchRight-batchLeft, last+1) }, off)
	return append(rows, append(check, blank(p.right(tone{}, "@"))))
}

// methodsOf are the methods of a currency, those that have a word in their
// order, then the others.
func (p *batchPage) methodsOf(c pay.Currency) []pay.Method {
	var found []pay.Method
	for _, r := range p.rows {
		if r.Currency == c && !slices.Contains(found, r.Method) {
			found = append(found, r.Method)
		}
	}
	order := []pay.Method{pay.Card, pay.EasyPay, pay.Transfer, pay.VirtualAccount, pay.Phone, pay.GiftCertificate, pay.ForeignEasyPay}
	slices.SortFunc(found, func(a, b pay.Method) int {
		place := func(m pay.Method) int {
			if i := slices.Index(order, m); i >= 0 {
				return i
			}
			return len(order)
		}
		if place(a) != place(b) {
			return place(a) - place(b)
		}
		return strings.Compare(string(a), string(b))
	})
	return found
}

// words is the state of approval: every request is in one row.
func (p *batchPage) words(c pay.Currency) [][]cell {
	rows := [][]cell{p.head(word{"결재", "Approval"}, word{"건수", "Count"}, columnAmount)}
	add := func(t tone, name string, chosen func(r *RefundRow) bool) {
		if of := p.pile(c, chosen); of.count > 0 {
			rows = append(rows, p.figures(t, name, c, of, "", ""))
		}
	}
	waits := tone{bold: true, colour: amber}
	add(waits, p.say("결재 대기 · 일괄", "To approve · as a batch"), approvable)
	add(waits, p.say("결재 대기 · 건별(동일 요청 있음)", "To approve · by id (equals another)"), func(r *RefundRow) bool { return in(refunds.Requested)(r) && !tooMuch(r) && r.SameAs != "" })
	add(waits, p.say("결재 불가 · 환불 가능 금액 초과", "Cannot be approved · above what is left"), tooMuch)
	add(tone{}, p.say("환불계좌 등록 후 결재", "After its account came"), in(refunds.NeedsAccount))
	settled := func(r *RefundRow) bool { return r.State != refunds.Requested && r.State != refunds.NeedsAccount }
	names := map[string]bool{}
	for _, r := range p.rows {
		if settled(&r) && r.ApprovedBy != "" {
			names[r.ApprovedBy] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		add(tone{}, p.say("결재 완료 · ", "Approved · ")+clean(name), func(r *RefundRow) bool { return settled(r) && r.ApprovedBy == name })
	}
	over := in(refunds.ExpiredState, refunds.Rejected)
	add(tone{}, p.say("결재 생략(기준 금액 이하)", "Without approval (under the limit)"), func(r *RefundRow) bool { return settled(r) && r.ApprovedBy == "" && !over(r) })
	add(tone{}, p.say("결재 전 종료", "Ended before an approval"), func(r *RefundRow) bool { return r.ApprovedBy == "" && over(r) })
	return rows
}

// tooMuch: the payment holds less now, so that nobody can approve it.
func tooMuch(r *RefundRow) bool {
	return r.State == refunds.Requested && r.ErrorCode == refunds.WhyAboveBalance
}

// approvable is what an approval of the batch takes in.
func approvable(r *RefundRow) bool {
	return r.State == refunds.Requested && r.SameAs == "" && !tooMuch(r)
}

// deadlines are the last days of what can still be sent, soonest first.
func (p *batchPage) deadlines(c pay.Currency) [][]cell {
	rows := [][]cell{p.head(columnDaysLeft, word{"건수", "Count"}, columnAmount, word{"가장 이른 기한", "Earliest"})}
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
		name, t := p.lang.of(bucketWords[key]), tone{}
		switch key {
		case bucketToday, bucketOne, bucketLost:
			t = tone{bold: true, colour: red}
		case bucketNone: // a card has no last day
			name = p.say("기한 없음", "No last day")
		default:
		}
		rows = append(rows, append(p.figures(t, name, c, of, "", ""), moment(p.right(t, formatMoment), first.CancelBy)))
	}
	if len(rows) == 1 {
		t := tone{colour: green}
		none := []cell{p.label(t, p.say("전송 대기 없음 ✓", "Nothing is left to send ✓"))}
		for range 3 {
			none = append(none, blank(p.right(t, "@")))
		}
		rows = append(rows, none)
	}
	return rows
}

// signatures: who drew it, who looked, who signs.
func (p *batchPage) signatures() {
	p.s.add(10)
	upper, box := p.s.add(18), p.s.add(40)
	header := p.look(func(l *look) { l.bold, l.color, l.fill, l.align, l.box = true, navy, head, "center", true })
	empty := p.look(func(l *look) { l.box = true })
	for i, label := range []word{{"작성", "Prepared"}, {"검토", "Reviewed"}, {"결재", "Approved"}} {
		from, to := [3]int{2, 4, 8}[i], [3]int{3, 7, 9}[i]
		p.s.span(from, to, upper, text(header, p.lang.of(label)))
		p.s.span(from, to, box, blank(empty))
	}
}
