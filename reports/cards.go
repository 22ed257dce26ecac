package reports

import (
	"strings"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
)

// cards: the four figures that a person looks at first.
func (m *summary) cards() {
	m.s.Add(16)
	m.s.Add(30)
	m.s.Add(16)
	bottom := m.s.Last()
	for i, c := range []card{m.cardDay(), m.cardUnexplained(), m.cardBreaks(), m.cardDeadlines()} {
		m.card(m.s, [4]int{2, 5, 8, 11}[i], [4]int{4, 7, 10, 13}[i], bottom, 9, c)
	}
	m.s.Add(2)
}

// cardDay shows what Toss had on the date, and how far the shop is from it. Where a
// snapshot lacks it, the share of agreeing pairs takes its place.
func (m *summary) cardDay() card {
	if m.night.money == nil {
		return m.cardRate()
	}
	first := m.firstCurrency()
	shop, toss := m.daySums(first)
	c := card{to: sheetMethods, label: m.say("당일 순결제금액(토스)", "Net of the date (Toss)"), colour: navy}
	if !m.night.money.Listed {
		c.colour, c.note = amber, m.say("토스 거래내역 미조회", "Toss's list was not read")
		c.value = xlsx.Text(m.cardValue(16, "@", c.colour), "–")
		return c
	}
	c.value = money(m.cardValue(16, moneyFormat(first), navy), first, toss.Net())
	switch apart := shop.Net() - toss.Net(); {
	case toss.Unproven > 0:
		c.note = m.lang.fill(label{"취소 {1}건 금액 미확인", "{1} cancels of unproven amount"}, m.number(toss.Unproven))
	case apart == 0:
		c.note = m.say("쇼핑몰과 일치 ✓", "as the shop ✓")
	default:
		c.note = m.say("쇼핑몰 − 토스 차이 ", "shop − Toss ") + signed(first, apart)
	}
	return c
}

// cardUnexplained shows the first bridge that does not tie, else the first.
func (m *summary) cardUnexplained() card {
	worst := m.night.bridges[0]
	for _, l := range m.night.bridges {
		if worst.Unexplained() == 0 && l.Unexplained() != 0 {
			worst = l
		}
	}
	c := card{to: sheetControl, label: m.lang.of(unexplainedLabel), colour: green, note: m.say("차이 원인 모두 확인", "All money is explained")}
	format := checkFormat(worst.Currency)
	switch {
	case worst.Unexplained() != 0:
		c.colour, c.note = red, m.say("원인이 확인되지 않은 금액 있음", "Some money is unexplained")
	case !m.night.complete():
		c.colour, c.note, format = amber, m.say("조회 범위 내", "Of what could be read"), moneyFormat(worst.Currency)
	}
	c.value = money(m.cardValue(16, format, c.colour), worst.Currency, worst.Unexplained())
	return c
}

func (m *summary) cardBreaks() card {
	run := m.night.sum
	c := card{to: sheetBreaks, label: m.say("확인 필요 불일치", "Breaks to look at"), colour: m.calm()}
	if openBreaks(run) > 0 {
		c.colour = red
	}
	c.value = xlsx.Int(m.cardValue(16, m.counting(), c.colour), openBreaks(run))
	c.note = m.lang.fill(label{"신규 {1} · 재발생 {2} · 계속 {3} · 중요도 높음 {4}", "{1} new · {2} reopened · {3} continuing · {4} high"},
		m.number(run.Opened-run.Reopened), m.number(run.Reopened), m.number(openBreaks(run)-run.Opened), m.number(m.night.pressing()))
	return c
}

// cardDeadlines shows the money whose last day comes within a week, in the first
// currency; the note below names the others.
func (m *summary) cardDeadlines() card {
	var number int64
	sums := map[pay.Currency]int64{}
	for key, s := range m.stakes {
		if !key.soon() {
			continue
		}
		number += s.count
		for currency, amount := range s.money {
			sums[currency] += amount
		}
	}
	first := m.firstCurrency()
	c := card{to: sheetDeadlines, label: m.say("7일 이내 취소기한 도래", "Cancel deadline within 7 days"), colour: m.calm()}
	if number > 0 {
		c.colour = amber
	}
	if m.stakes[bucketToday].count > 0 {
		c.colour = red
	}
	c.value = money(m.cardValue(16, moneyFormat(first), c.colour), first, sums[first])
	note := []string{m.lang.fill(label{"{1}건 · 오늘 {2}건", "{1} refunds · {2} today"}, m.number(number), m.number(m.stakes[bucketToday].count))}
	for _, currency := range m.currencies[1:] {
		if sums[currency] != 0 {
			note = append(note, spell(currency, sums[currency]))
		}
	}
	c.note = strings.Join(note, " · ")
	return c
}

func (m *summary) cardRate() card {
	run := m.night.sum
	c := card{to: sheetControl, label: m.say("일치율", "Agreement rate"), colour: navy}
	c.value = xlsx.Share(m.cardValue(16, formatPercent, navy), run.Matched, run.Touched)
	c.note = m.lang.fill(label{"{2}건 중 {1}건 일치", "{1} of {2} agree"}, m.number(run.Matched), m.number(run.Touched))
	return c
}

// daySums sums the date's figures of a currency over all methods. The sums cannot
// overflow: reconcile.SumDays has refused those that do.
func (b *nightBook) daySums(currency pay.Currency) (shop, toss reconcile.Moved) {
	for _, t := range b.night.money.Totals {
		if t.Currency == currency {
			shop, _ = shop.Add(t.Shop)
			toss, _ = toss.Add(t.Provider)
		}
	}
	return shop, toss
}
