package reports

import (
	"strings"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
)

// cards: the four figures that a person looks at first.
func (m *summary) cards() {
	m.s.Add(16)
	m.s.Add(30)
	m.s.Add(16)
	bottom := m.s.Last()
	for i, c := range []book.Card{m.cardDay(), m.cardUnexplained(), m.cardBreaks(), m.cardDeadlines()} {
		m.Card(m.s, [4]int{2, 5, 8, 11}[i], [4]int{4, 7, 10, 13}[i], bottom, 9, c)
	}
	m.s.Add(2)
}

// cardDay shows what Toss had on the date, and how far the shop is from it. Where a
// snapshot lacks it, the share of agreeing pairs takes its place.
func (m *summary) cardDay() book.Card {
	if m.night.money == nil {
		return m.cardRate()
	}
	first := m.FirstCurrency()
	shop, toss := m.daySums(first)
	c := book.Card{To: sheetMethods, Label: m.Say("당일 순결제금액(토스)", "Net of the date (Toss)"), Colour: book.Navy}
	if !m.night.money.Listed {
		c.Colour, c.Note = book.Amber, m.Say("토스 거래내역 미조회", "Toss's list was not read")
		c.Value = xlsx.Text(m.CardValue(16, "@", c.Colour), "–")
		return c
	}
	c.Value = book.Money(m.CardValue(16, book.MoneyFormat(first), book.Navy), first, toss.Net())
	switch apart := shop.Net() - toss.Net(); {
	case toss.Unproven > 0:
		c.Note = m.Lang.Fill(book.Label{"취소 {1}건 금액 미확인", "{1} cancels of unproven amount"}, m.Number(toss.Unproven))
	case apart == 0:
		c.Note = m.Say("쇼핑몰과 일치 ✓", "as the shop ✓")
	default:
		c.Note = m.Say("쇼핑몰 − 토스 차이 ", "shop − Toss ") + book.Signed(first, apart)
	}
	return c
}

// cardUnexplained shows the first bridge that does not tie, else the first.
func (m *summary) cardUnexplained() book.Card {
	worst := m.night.bridges[0]
	for _, l := range m.night.bridges {
		if worst.Unexplained() == 0 && l.Unexplained() != 0 {
			worst = l
		}
	}
	c := book.Card{To: book.SheetControl, Label: m.Lang.Of(unexplainedLabel), Colour: book.Green, Note: m.Say("차이 원인 모두 확인", "All money is explained")}
	format := book.CheckFormat(worst.Currency)
	switch {
	case worst.Unexplained() != 0:
		c.Colour, c.Note = book.Red, m.Say("원인이 확인되지 않은 금액 있음", "Some money is unexplained")
	case !m.night.complete():
		c.Colour, c.Note, format = book.Amber, m.Say("조회 범위 내", "Of what could be read"), book.MoneyFormat(worst.Currency)
	}
	c.Value = book.Money(m.CardValue(16, format, c.Colour), worst.Currency, worst.Unexplained())
	return c
}

func (m *summary) cardBreaks() book.Card {
	run := m.night.sum
	c := book.Card{To: book.SheetBreaks, Label: m.Say("확인 필요 불일치", "Breaks to look at"), Colour: m.calm()}
	if openBreaks(run) > 0 {
		c.Colour = book.Red
	}
	c.Value = xlsx.Int(m.CardValue(16, m.Counting(), c.Colour), openBreaks(run))
	c.Note = m.Lang.Fill(book.Label{"신규 {1} · 재발생 {2} · 계속 {3} · 중요도 높음 {4}", "{1} new · {2} reopened · {3} continuing · {4} high"},
		m.Number(run.Opened-run.Reopened), m.Number(run.Reopened), m.Number(openBreaks(run)-run.Opened), m.Number(m.night.pressing()))
	return c
}

// cardDeadlines shows the money whose last day comes within a week, in the first
// currency; the note below names the others.
func (m *summary) cardDeadlines() book.Card {
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
	first := m.FirstCurrency()
	c := book.Card{To: book.SheetDeadlines, Label: m.Say("7일 이내 취소기한 도래", "Cancel deadline within 7 days"), Colour: m.calm()}
	if number > 0 {
		c.Colour = book.Amber
	}
	if m.stakes[bucketToday].count > 0 {
		c.Colour = book.Red
	}
	c.Value = book.Money(m.CardValue(16, book.MoneyFormat(first), c.Colour), first, sums[first])
	note := []string{m.Lang.Fill(book.Label{"{1}건 · 오늘 {2}건", "{1} refunds · {2} today"}, m.Number(number), m.Number(m.stakes[bucketToday].count))}
	for _, currency := range m.Currencies[1:] {
		if sums[currency] != 0 {
			note = append(note, book.Spell(currency, sums[currency]))
		}
	}
	c.Note = strings.Join(note, " · ")
	return c
}

func (m *summary) cardRate() book.Card {
	run := m.night.sum
	c := book.Card{To: book.SheetControl, Label: m.Say("일치율", "Agreement rate"), Colour: book.Navy}
	c.Value = xlsx.Share(m.CardValue(16, book.FormatPercent, book.Navy), run.Matched, run.Touched)
	c.Note = m.Lang.Fill(book.Label{"{2}건 중 {1}건 일치", "{1} of {2} agree"}, m.Number(run.Matched), m.Number(run.Touched))
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
