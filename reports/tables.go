package reports

import (
	"fmt"
	"maps"
	"slices"

	"daesa/pay"
	"daesa/reconcile"
)

// openToday is what differs today over all orders that were compared, of
// whatever age, beside what runs out and where the refunds are.
func (m *summary) openToday() {
	m.heading(word{"미해소 차이 (대사 대상 전체, 금일 현재)", "Open today, over all compared orders"}, sheetBreaks)
	start := m.s.last()
	left := &ladderGrid{nightBook: m.nightBook, s: m.s, at: leftHalf, tall: 17}
	for range 1 + left.height(m.night.ladders[0]) {
		m.s.add(17)
	}
	m.ladderTable(left, m.night.ladders[0], start)
	m.rightHalf(start)
	m.s.add(2)
}

func (m *summary) ladderTable(grid *ladderGrid, l ladder, start int) {
	explained := grid.draw(l, start)
	m.places["explained "+string(l.currency)] = m.reference(grid.at[4][0], explained)
	m.places["unexplained "+string(l.currency)] = m.reference(grid.at[4][0], explained+1)
}

// ladderGrid draws the proof of one currency into rows of a sheet: the shop,
// Toss, the difference, what causes it, and what is left, which must be nothing.
type ladderGrid struct {
	*nightBook
	s    *sheet
	at   [][2]int // label, count, shop over, Toss over, money
	tall int
	row  int // drawn last
}

// height is how many rows draw takes.
func (g *ladderGrid) height(l ladder) int {
	rows := 7 + len(l.rungs) // header, A, B, C, timing, D, what is left
	if l.others() {
		rows++
	}
	return rows
}

func (g *ladderGrid) look(change func(*look)) int { return g.style(plain.with(change)) }

// next begins a row with a label; every figure of it is blank.
func (g *ladderGrid) next(style func(*look), label string) {
	g.row++
	if g.row > g.s.last() {
		g.s.add(g.tall)
	}
	base := g.look(func(l *look) { l.rule = hair; style(l) })
	for i := 1; i < len(g.at); i++ {
		g.s.span(g.at[i][0], g.at[i][1], g.row, blank(base))
	}
	g.s.span(g.at[0][0], g.at[0][1], g.row, text(base, label))
}

func (g *ladderGrid) put(i int, c cell) { g.s.set(g.at[i][0], g.row, c) }

// money is the cell of the i-th column in a row.
func (g *ladderGrid) cell(i, row int) string { return at(g.at[i][0], row) }

// draw begins below a row and gives the row of what the causes sum up to; what
// is left stands below it.
func (g *ladderGrid) draw(l ladder, below int) (explained int) {
	g.row = below
	format, signed := moneyFormat(l.currency), signedFormat(l.currency)
	figure := func(format string, bold bool) int {
		return g.look(func(l *look) { l.format, l.align, l.rule, l.bold = format, "right", hair, bold })
	}
	bold := func(l *look) { l.bold = true }
	g.header(l.currency)
	g.next(bold, g.say("A. 쇼핑몰 순결제금액", "A. Shop, net"))
	g.put(4, money(figure(format, true), l.currency, l.shop))
	g.s.linkRow(g.row, top(g.lang.of(sheetControl)))
	g.next(bold, g.say("B. 토스 순결제금액", "B. Toss, net"))
	g.put(4, money(figure(format, true), l.currency, l.provider))
	g.next(bold, g.say("C. 차이 (A − B)", "C. Difference (A − B)"))
	gap := g.row
	g.put(4, money(figure(signed, true), l.currency, l.shop-l.provider).as(rounded(l.currency, g.cell(4, gap-2)+"-"+g.cell(4, gap-1))))
	for _, r := range l.rungs {
		g.rung(l.currency, r, clean(g.lang.kind(r.kind)), g.breakAt(func(b *BreakRow) bool {
			return b.Kind == r.kind && b.Status.Listed() && b.Currency == l.currency
		}))
	}
	g.rung(l.currency, l.timing, g.lang.status(reconcile.Timing), g.breakAt(func(b *BreakRow) bool { return b.Status == reconcile.Timing && b.Currency == l.currency }))
	if l.others() {
		g.next(func(l *look) { l.indent = 1 }, g.say("기타", "Other"))
		g.put(4, money(figure(signed, false), l.currency, l.other()))
	}
	last := g.row
	g.next(bold, g.say("D. 원인 확인 차이", "D. Explained"))
	g.put(4, money(figure(signed, true), l.currency, l.explained()).as(rounded(l.currency, "SUM("+g.cell(4, gap+1)+":"+g.cell(4, last)+")")))
	g.left(l, gap)
	return g.row - 1
}

func (g *ladderGrid) header(currency pay.Currency) {
	title := g.say("불일치 유형", "Kind of break")
	if len(g.currencies) > 1 {
		title += " (" + code(currency) + ")"
	}
	g.row++
	if g.row > g.s.last() {
		g.s.add(g.tall)
	}
	for i, label := range []string{title, g.say("건수", "Count"), g.say("쇼핑몰 초과", "Shop over"), g.say("토스 초과", "Toss over"), g.lang.of(columnAmount)} {
		align := "right"
		if i == 0 {
			align = "left"
		}
		g.s.span(g.at[i][0], g.at[i][1], g.row, text(g.look(func(l *look) { l.bold, l.color, l.fill, l.align, l.over = true, navy, head, align, navy }), label))
	}
}

// rung is one class of difference as the list of breaks has it: how often, over,
// under, and the net.
func (g *ladderGrid) rung(c pay.Currency, r rung, label, link string) {
	digits, behind := unit(c)
	g.next(func(l *look) { l.indent = 1 }, label)
	figure := func(format string) int {
		return g.look(func(l *look) { l.format, l.align, l.rule = format, "right", hair })
	}
	dash := figure(digits + behind + `;-` + digits + behind + `;"–"`)
	g.put(1, count(figure(g.counting()), r.count))
	g.put(2, money(dash, c, r.over))
	g.put(3, money(dash, c, r.under))
	g.put(4, money(figure(signedFormat(c)), c, r.over-r.under).as(rounded(c, g.cell(2, g.row)+"-"+g.cell(3, g.row))))
	for i := 1; i < len(g.at); i++ {
		g.s.links = append(g.s.links, sheetLink{g.cell(i, g.row), link})
	}
}

// left is the check: nothing, in green, when the money ties.
func (g *ladderGrid) left(l ladder, gap int) {
	colour, fill, verdict := green, mint, g.say("일치", "Ties")
	format := checkFormat(l.currency)
	switch {
	case l.unexplained() != 0:
		colour, fill, verdict = red, rose, g.say("불일치: 확인 필요", "Does not tie: look into it")
	case !g.night.complete():
		colour, fill, verdict, format = amber, cream, g.say("조회 범위 내 일치", "Ties as far as it was read"), moneyFormat(l.currency)
	}
	strong := func(l *look) { l.bold, l.color, l.fill, l.over = true, colour, fill, colour }
	g.next(strong, g.lang.of(unexplainedWord)+" (C − D)")
	g.put(2, text(g.look(func(l *look) { l.rule = hair; strong(l); l.align = "right" }), verdict))
	g.put(4, money(g.look(func(l *look) { l.rule = hair; strong(l); l.align, l.format = "right", format }), l.currency, l.unexplained()).as(
		rounded(l.currency, g.cell(4, gap)+"-"+g.cell(4, g.row-1))))
}

// breakAt is where the first row of some breaks stands, for links.
func (b *nightBook) breakAt(which func(*BreakRow) bool) string {
	for i := range b.night.breaks {
		if which(&b.night.breaks[i]) {
			return spot(b.breaks, i, top(b.lang.of(sheetBreaks)))
		}
	}
	return top(b.lang.of(sheetBreaks))
}

// spot is where the i-th row of a listing's first segment stands; otherwise
// where it has no such row.
func spot(where []placed, i int, otherwise string) string {
	for _, part := range where {
		if rows := part.last - part.first + 1; i < rows {
			return quoted(part.sheet) + "!" + at(1, part.first+i)
		} else if rows > 0 {
			i -= rows
		}
	}
	return otherwise
}

// merchants is the proof once more, one row for each merchant and currency. A
// merchant that could not be read is there, without figures. Currencies other
// than the first have their only place here; what causes their differences is
// on the control sheet.
func (m *summary) merchants() {
	m.s.add(2)
	label := columnMID
	if !m.several {
		label = word{"통화", "Currency"}
	}
	m.head(label, columnShop, columnProvider, columnDifference, word{"원인 확인 차이", "Explained"}, word{"시점 차이(포함)", "Of it timing"}, unexplainedWord, word{"확인", "Check"})
	for _, l := range m.night.own {
		name := clean(l.mid)
		if len(m.currencies) > 1 {
			name += " " + code(l.currency)
		}
		m.proof(name, l, m.standing(l.mid), m.completed(l.mid), false)
	}
	for _, l := range m.night.ladders[1:] {
		name, state := code(l.currency), m.say("완료", "Complete")
		if m.several {
			name = m.lang.of(sumWord) + " " + name
		}
		if !m.night.complete() {
			state = m.say("미완료", "Incomplete")
		}
		row := m.proof(name, l, state, m.night.complete(), m.several)
		m.places["explained "+string(l.currency)] = m.reference(slots[4][0], row)
		m.places["unexplained "+string(l.currency)] = m.reference(slots[6][0], row)
	}
	for _, mid := range m.night.absent {
		m.missing(mid)
	}
}

// proof is one row of that.
func (m *summary) proof(name string, l ladder, state string, complete, bold bool) int {
	row := m.s.add(17)
	format, signed := moneyFormat(l.currency), signedFormat(l.currency)
	m.slot(slots, 0, row, text(m.label(bold), name))
	m.slot(slots, 1, row, money(m.figure(format, bold), l.currency, l.shop))
	m.slot(slots, 2, row, money(m.figure(format, bold), l.currency, l.provider))
	m.slot(slots, 3, row, money(m.figure(signed, bold), l.currency, l.shop-l.provider).as(rounded(l.currency, at(slots[1][0], row)+"-"+at(slots[2][0], row))))
	m.slot(slots, 4, row, money(m.figure(signed, bold), l.currency, l.explained()))
	m.slot(slots, 5, row, money(m.figure(signed, bold), l.currency, l.timing.net))
	m.slot(slots, 6, row, money(m.remainder(l, complete), l.currency, l.unexplained()).as(rounded(l.currency, at(slots[3][0], row)+"-"+at(slots[4][0], row))))
	m.slot(slots, 7, row, text(m.figure("@", bold), state))
	m.s.linkRow(row, top(m.lang.of(sheetControl)))
	return row
}

// missing is the row of a merchant of which nothing could be read: no zeros.
func (m *summary) missing(mid string) {
	row := m.s.add(17)
	alarm := func(align string) int {
		return m.look(func(l *look) { l.bold, l.color, l.fill, l.rule, l.align = true, red, rose, hair, align })
	}
	m.slot(slots, 0, row, text(alarm("left"), clean(mid)))
	for i := 1; i < len(slots)-1; i++ {
		m.slot(slots, i, row, text(alarm("right"), "–"))
	}
	m.slot(slots, len(slots)-1, row, text(alarm("right"), m.lang.of(notReadWord)))
}

var notReadWord = word{"미조회", "Not read"}

// standing says in a word how a merchant's night ended.
func (m *summary) standing(mid string) string {
	for _, s := range m.night.snapshots {
		switch {
		case s.Run.MID != mid:
		case !s.Run.Complete:
			return m.say("미완료", "Incomplete")
		case len(s.Run.Suspect) > 0:
			return m.say("확인 필요", "Check first")
		}
	}
	return m.say("완료", "Complete")
}

// remainder is the look of what a ladder leaves: ticked only where the night is
// complete.
func (m *summary) remainder(l ladder, complete bool) int {
	colour, format := green, checkFormat(l.currency)
	if !complete {
		colour, format = amber, signedFormat(l.currency)
	}
	if l.unexplained() != 0 {
		colour = red
	}
	return m.look(func(l *look) { l.format, l.color, l.align, l.rule, l.bold = format, colour, "right", hair, true })
}

func (m *summary) completed(mid string) bool {
	return slices.ContainsFunc(m.night.snapshots, func(s Snapshot) bool { return s.Run.MID == mid && s.Run.Complete })
}

// tally is a row of counts for each merchant, and their sum.
type tally func(reconcile.Run) []cell

// tallies draws a table of counts, linked to where they come from; the last row
// sums where there are several.
func (m *summary) tallies(target string, figures tally) {
	for _, s := range m.night.snapshots {
		if unread(s) {
			m.missing(s.Run.MID)
			continue
		}
		m.tallyRow(clean(s.Run.MID), false, figures(s.Run), target)
	}
	for _, mid := range m.night.absentUnlisted() {
		m.missing(mid)
	}
	if m.several && !m.night.nothingRead() {
		name := m.lang.of(sumWord)
		if len(m.night.absent) > 0 {
			name = m.say("합계(조회된 가맹점)", "Sum (of those read)")
		}
		m.tallyRow(name, true, figures(m.night.sum), target)
	}
}

func (m *summary) tallyRow(name string, bold bool, cells []cell, target string) {
	row := m.s.add(17)
	m.slot(slots, 0, row, text(m.label(bold), name))
	for i := 1; i < len(slots); i++ {
		c := blank(m.label(bold))
		if i <= len(cells) {
			c = cells[i-1]
		}
		m.slot(slots, i, row, c)
	}
	m.s.linkRow(row, target)
}

// coverage: how much was read and compared.
func (m *summary) coverage() {
	m.head(columnMID, word{"주문", "Orders"}, word{"결제", "Payments"}, word{"거래", "Transactions"}, word{"대사 대상", "Compared"},
		word{"일치", "Agree"}, word{"일치율", "Agreement rate"}, word{"상태", "Status"})
	n := m.figure(m.counting(), false)
	m.tallies(top(m.lang.of(sheetControl)), func(run reconcile.Run) []cell {
		standing := m.say("완료", "Complete")
		if run.MID != "" {
			standing = m.standing(run.MID)
		} else if !m.night.complete() {
			standing = m.say("미완료", "Incomplete")
		}
		return []cell{count(n, run.Orders), count(n, run.Payments), count(n, run.Transactions), count(n, run.Touched),
			count(n, run.Matched), share(m.figure(formatPercent, false), run.Matched, run.Touched), text(m.figure("@", false), standing)}
	})
}

// movement: what the night changed among the breaks, and what proves it.
func (m *summary) movement() {
	m.head(columnMID, word{"신규", "New"}, word{"재발생", "Reopened"}, word{"계속", "Continuing"}, word{"자동 해소", "Cleared"},
		word{"시점 차이", "Timing"}, word{"표본 일치", "Sample agreed"}, word{"토스 API 호출", "Toss calls"})
	n := m.figure(m.counting(), false)
	m.tallies(top(m.lang.of(sheetBreaks)), func(run reconcile.Run) []cell {
		sample := fmt.Sprintf("%s / %s", m.number(run.Sample.Agreed), m.number(run.Sample.LookedUp))
		return []cell{count(n, run.Opened-run.Reopened), count(n, run.Reopened), count(n, openBreaks(run)-run.Opened), count(n, run.Cleared),
			count(n, run.Timing), text(m.figure("@", false), sample), count(n, run.ProviderCalls)}
	})
}

func sortedKeys[V any](values map[string]V) []string { return slices.Sorted(maps.Keys(values)) }
