package reports

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"daesa/pay"
	"daesa/reconcile"
)

// ladder draws the proof of one currency: the shop, Toss, the difference, what
// explains it, and what is left, which must be nothing.
func (m *summary) ladder(l ladder) {
	title := m.lang.fill(word{"통화 {1}", "Currency {1}"}, code(l.currency))
	m.head(word{title, title}, word{"건수", "Count"}, word{"쇼핑몰이 더 많음", "Shop holds more"}, word{"토스가 더 많음", "Toss holds more"},
		word{"그 밖", "Other"}, columnAmount, word{"", ""}, word{"", ""})
	format, signed := moneyFormat(l.currency), signedFormat(l.currency)
	shop := m.rung(m.say("A. 쇼핑몰 주문", "A. Shop"), true, money(m.figure(format, true), l.currency, l.shop), m.say("대사 대상 주문의 보유 금액", "Money held by the orders compared"))
	toss := m.rung(m.say("B. 토스 거래", "B. Toss"), true, money(m.figure(format, true), l.currency, l.provider), m.say("토스가 보유한 금액", "Money held by Toss"))
	gap := m.rung(m.say("C. 차이 (A − B)", "C. Difference (A − B)"), true, blank(0), "")
	m.s.set(7, gap, money(m.figure(signed, true), l.currency, l.shop-l.provider).as(m.rounded(l.currency, fmt.Sprintf("G%d-G%d", shop, toss))))
	first := gap + 1
	for _, r := range l.rungs {
		m.step(l.currency, r, clean(m.lang.kind(r.kind)))
		m.s.linkRow(m.s.last(), m.breakAt(func(b *BreakRow) bool { return b.Kind == r.kind && b.Status.NeedsPerson() && b.Currency == l.currency }))
	}
	m.step(l.currency, l.timing, m.lang.status(reconcile.Timing))
	m.s.linkRow(m.s.last(), m.breakAt(func(b *BreakRow) bool { return b.Status == reconcile.Timing && b.Currency == l.currency }))
	last := m.s.last()
	for _, row := range []int{shop, toss, gap} {
		m.s.linkRow(row, top(m.lang.of(sheetControl)))
	}
	explained := m.rung(m.say("D. 설명된 차이", "D. Explained"), true, money(m.figure(signed, true), l.currency, l.explained()).as(
		m.rounded(l.currency, fmt.Sprintf("SUM(G%d:G%d)", first, last))), "")
	m.unexplainedRow(l, gap, explained)
	m.s.linkRow(explained, top(m.lang.of(sheetBreaks)))
	m.s.linkRow(explained+1, top(m.lang.of(sheetControl)))
	m.places["explained "+string(l.currency)] = m.reference(7, explained)
	m.places["unexplained "+string(l.currency)] = m.reference(7, explained+1)
	m.s.add(6)
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

// rounded keeps hundredths exact in a spreadsheet, which reckons in floats.
func (m *summary) rounded(c pay.Currency, formula string) string {
	if c.Digits() == 0 {
		return formula
	}
	return "ROUND(" + formula + "," + strconv.Itoa(c.Digits()) + ")"
}

// rung draws a row with one amount and a word about it.
func (m *summary) rung(label string, bold bool, amount cell, about string) int {
	row := m.s.add(18)
	m.s.set(colLabel, row, text(m.label(bold, 0), label))
	for column := 3; column <= 6; column++ {
		m.s.set(column, row, blank(m.label(bold, 0)))
	}
	m.s.set(7, row, amount)
	m.s.span(8, colLast, row, text(m.look(func(l *look) { l.rule, l.color, l.size, l.indent = hair, grey, 9, 1 }), about))
	return row
}

// step draws one class of difference: how often, over, under, and the net.
func (m *summary) step(c pay.Currency, r rung, label string) {
	row := m.rung(label, false, blank(0), "")
	m.s.set(colLabel, row, text(m.label(false, 2), label))
	m.s.set(3, row, count(m.figure(m.counting(), false), r.count))
	digits, behind := unit(c)
	dash := m.figure(digits+behind+`;-`+digits+behind+`;"–"`, false)
	m.s.set(4, row, money(dash, c, r.over))
	m.s.set(5, row, money(dash, c, r.under))
	m.s.set(6, row, money(m.figure("+"+digits+behind+`;[Red]-`+digits+behind+`;"–"`, false), c, r.other))
	m.s.set(7, row, money(m.figure(signedFormat(c), false), c, r.net).as(m.rounded(c, fmt.Sprintf("D%d-E%d+F%d", row, row, row))))
}

// unexplainedRow is the check: nothing, in green, when the money ties.
func (m *summary) unexplainedRow(l ladder, gap, explained int) {
	colour, fill, verdict := green, mint, m.say("맞음", "Ties")
	format := checkFormat(l.currency)
	switch {
	case l.unexplained() != 0:
		colour, fill, verdict = red, rose, m.say("맞지 않음: 확인 필요", "Does not tie: look into it")
	case !m.night.complete():
		colour, fill, verdict, format = amber, cream, m.say("읽은 범위 안에서 맞음", "Ties as far as it was read"), moneyFormat(l.currency)
	}
	strong := plain.with(func(l *look) { l.bold, l.color, l.fill, l.over, l.size = true, colour, fill, colour, 11 })
	row := m.s.add(22)
	for column := colLabel; column <= colLast; column++ {
		m.s.set(column, row, blank(m.style(strong)))
	}
	m.s.set(colLabel, row, text(m.style(strong), m.say("미설명 차이 (C − D)", "Unexplained (C − D)")))
	m.s.set(7, row, money(m.style(strong.with(func(l *look) { l.align, l.format = "right", format })), l.currency, l.unexplained()).as(
		m.rounded(l.currency, fmt.Sprintf("G%d-G%d", gap, explained))))
	m.s.span(8, colLast, row, text(m.style(strong.with(func(l *look) { l.size, l.indent = 10, 1 })), verdict))
}

// notes explain the words of the table, below it.
func (m *summary) notes() {
	style := m.look(func(l *look) { l.size, l.color = 9, grey })
	sentences := []string{m.say("보유 금액 = 결제 − 취소. 차이 = 쇼핑몰 주문 − 토스 거래. 한 주문의 금액은 가장 심각한 불일치 하나에만 넣습니다. 통화가 다른 금액은 더하지 않습니다.",
		"Money held = paid − cancelled. Difference = shop − Toss. An order's money counts once, under its most serious break. Currencies are never added.")}
	for _, l := range m.night.ladders {
		if l.others() {
			sentences = append(sentences, m.say("그 밖 = 불일치 시트에 한 줄의 차이로 나타나지 않는 금액(종결했지만 아직 다른 주문, 통화가 다른 주문, 이 밤에 다시 보지 못한 불일치).",
				"Other = money that no row of the sheet Breaks shows as its difference (resolved but still different, of two currencies, or not looked at this night)."))
			break
		}
	}
	for _, sentence := range sentences {
		m.s.span(colLabel, colLast, m.s.add(15), text(style, sentence))
	}
}

// merchants is the proof once more, one row for each merchant and currency. A
// merchant that could not be read is there, without figures.
func (m *summary) merchants() {
	m.s.add(6)
	m.head(columnMID, columnShop, columnProvider, columnDifference, word{"설명된 차이", "Explained"}, word{"그중 시점 차이", "Of it timing"}, word{"미설명 차이", "Unexplained"}, word{"확인", "Check"})
	for _, l := range m.night.own {
		row := m.s.add(18)
		m.s.set(2, row, text(m.label(false, 0), clean(l.mid)))
		format, signed := moneyFormat(l.currency), signedFormat(l.currency)
		m.s.set(3, row, money(m.figure(format, false), l.currency, l.shop))
		m.s.set(4, row, money(m.figure(format, false), l.currency, l.provider))
		m.s.set(5, row, money(m.figure(signed, false), l.currency, l.shop-l.provider).as(m.rounded(l.currency, fmt.Sprintf("C%d-D%d", row, row))))
		m.s.set(6, row, money(m.figure(signed, false), l.currency, l.explained()))
		m.s.set(7, row, money(m.figure(signed, false), l.currency, l.timing.net))
		m.s.set(8, row, money(m.remainder(l), l.currency, l.unexplained()).as(m.rounded(l.currency, fmt.Sprintf("E%d-F%d", row, row))))
		m.s.set(9, row, text(m.figure("@", false), m.standing(l.mid)))
		m.s.linkRow(row, top(m.lang.of(sheetControl)))
	}
	for _, mid := range m.night.absent {
		m.missing(mid)
	}
}

// missing is the row of a merchant of which nothing could be read: no zeros.
func (m *summary) missing(mid string) {
	row := m.s.add(18)
	alarm := func(align string) int {
		return m.look(func(l *look) { l.bold, l.color, l.fill, l.rule, l.align = true, red, rose, hair, align })
	}
	m.s.set(colLabel, row, text(alarm("left"), clean(mid)))
	for column := 3; column < colLast; column++ {
		m.s.set(column, row, text(alarm("right"), "–"))
	}
	m.s.set(colLast, row, text(alarm("right"), m.say("읽지 못함", "Not read")))
}

// standing says in a word how a merchant's night ended.
func (m *summary) standing(mid string) string {
	for _, s := range m.night.snapshots {
		switch {
		case s.Run.MID != mid:
		case !s.Run.Complete:
			return m.say("불완전", "Incomplete")
		case len(s.Run.Suspect) > 0:
			return m.say("먼저 확인", "Check first")
		}
	}
	return m.say("완료", "Complete")
}

// remainder is the look of what a merchant's ladder leaves: ticked only where
// the night is complete.
func (m *summary) remainder(l ladder) int {
	colour, format := green, checkFormat(l.currency)
	if !m.completed(l.mid) {
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
		name := m.say("합계", "Sum")
		if len(m.night.absent) > 0 {
			name = m.say("합계 (읽은 가맹점)", "Sum (of those read)")
		}
		m.tallyRow(name, true, figures(m.night.sum), target)
	}
	m.s.add(6)
}

func (m *summary) tallyRow(name string, bold bool, cells []cell, target string) {
	row := m.s.add(18)
	m.s.set(colLabel, row, text(m.label(bold, 0), name))
	for i, c := range cells {
		m.s.set(colLabel+1+i, row, c)
	}
	for column := colLabel + 1 + len(cells); column <= colLast; column++ {
		m.s.set(column, row, blank(m.label(bold, 0)))
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
			standing = m.say("불완전", "Incomplete")
		}
		return []cell{count(n, run.Orders), count(n, run.Payments), count(n, run.Transactions), count(n, run.Touched),
			count(n, run.Matched), share(m.figure(formatPercent, false), run.Matched, run.Touched), text(m.figure("@", false), standing)}
	})
}

// movement: what the night changed among the breaks, and what proves it.
func (m *summary) movement() {
	m.head(columnMID, word{"신규", "New"}, word{"재발생", "Reopened"}, word{"계속", "Continuing"}, word{"자동 해소", "Cleared"},
		word{"시점 차이", "Timing"}, word{"표본 일치", "Sample agreed"}, word{"토스 호출", "Toss calls"})
	n := m.figure(m.counting(), false)
	m.tallies(top(m.lang.of(sheetBreaks)), func(run reconcile.Run) []cell {
		sample := fmt.Sprintf("%s / %s", m.number(run.Sample.Agreed), m.number(run.Sample.LookedUp))
		return []cell{count(n, run.Opened-run.Reopened), count(n, run.Reopened), count(n, openBreaks(run)-run.Opened), count(n, run.Cleared),
			count(n, run.Timing), text(m.figure("@", false), sample), count(n, run.ProviderCalls)}
	})
}

func sortedKeys[V any](values map[string]V) []string { return slices.Sorted(maps.Keys(values)) }
