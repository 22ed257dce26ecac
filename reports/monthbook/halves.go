package monthbook

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
	"daesa/settle"
)

// kindCount is how many breaks of a kind need a person.
type kindCount struct {
	kind   reconcile.Kind
	count  int64
	oldest pay.Day
}

// halves are the bridge of the receivable at the left, and at the right the ages of
// what is not paid out, where the payouts stand, and the breaks.
func (p *closePage) halves() {
	c := p.FirstCurrency()
	title := p.Lang.Of(sheetForward)
	if len(p.Currencies) > 1 {
		title += " (" + book.Code(c) + ")"
	}
	p.heading(title, sheetForward)
	start := p.s.Last()
	left := p.s.Grid(start, 17, [2]int{2, 3}, [2]int{4, 5}, [2]int{6, 7})
	p.bridge(left, c)
	right := p.s.Grid(start, 17, [2]int{9, 10}, [2]int{11, 11}, [2]int{12, 12}, [2]int{13, 13})
	p.aging(right, c)
	p.payoutStates(right, c)
	p.kindRows(right)
}

// bridge leads from the opening to the closing, and holds
// that against the rows.
func (p *closePage) bridge(g *xlsx.Grid, c pay.Currency) {
	prior := p.prior(c)
	g.Add(p.Heads(columnKind, book.ColumnAmount, priorLabel)...)
	plain, bold := p.Row(book.Tone{Indent: 1}), p.Row(book.Tone{Bold: true})
	first := g.Row() + 1
	signs := map[int]string{figureApprovals.column: "(+) ", figureCancels.column: "(−) ", figureFees.column: "(−) ", figureFeeVAT.column: "(−) ", figurePaid.column: "(−) ", figureAdjustments.column: "(±) "}
	for _, f := range figures[:7] {
		r, apart := plain, xlsx.Text(plain.Right("@"), "–")
		if f.column == figureOpening.column {
			r, apart = bold, bold.Blank()
		} else if units := f.of(&prior); units != 0 {
			apart = p.Row(book.Tone{Colour: book.Amber}).Over(c, units)
		}
		g.Add(r.Label(signs[f.column]+p.Lang.Of(f.name)), p.figureCell(r, f, c, p.total(f, c)), apart)
		g.Link(xlsx.Top(p.Lang.Of(sheetForward)))
	}
	formula := g.At(2, first)
	for i, sign := range []string{"+", "-", "-", "-", "-", "+"} {
		formula += sign + g.At(2, first+1+i)
	}
	total := p.Row(book.Tone{Bold: true, Above: book.Navy, Fill: book.Pale})
	closing := g.Add(total.Label(p.Lang.Of(closingLabel)), total.Money(c, p.total(figureClosing, c)).Formula(book.Rounded(c, formula)), total.Blank())
	byRows := g.Add(plain.Label(p.Lang.Of(byRowsLabel)), plain.Money(c, p.total(figureByRows, c)), plain.Blank())
	left := p.total(figureUnexplained, c)
	colour, fill, verdict := book.Green, book.Mint, p.Say("일치", "Ties")
	format := book.CheckFormat(c)
	switch {
	case p.apart(c):
		colour, fill, verdict = book.Red, book.Rose, p.Say("확인 필요", "Look into it")
	case p.incomplete():
		colour, fill, verdict, format = book.Amber, book.Cream, p.Say("조회 범위 내", "As far as read"), book.MoneyFormat(c)
	}
	rest := p.Row(book.Tone{Bold: true, Colour: colour, Fill: fill, Above: colour})
	g.Add(rest.Label(p.Lang.Of(unexplainedLabel)), book.Money(rest.Right(format), c, left).Formula(book.Rounded(c, g.At(2, closing)+"-"+g.At(2, byRows))), rest.Says(verdict))
	p.shares(g, c)
}

// apart says whether a ledger of the currency does not tie: two that are apart by
// as much in both directions sum up to nothing.
func (b *monthBook) apart(c pay.Currency) bool {
	return slices.ContainsFunc(b.month.Ledgers, func(l Ledger) bool { return l.Currency == c && l.Unexplained != 0 })
}

// prior sums what of the month happened in earlier ones.
func (b *monthBook) prior(c pay.Currency) settle.MonthCheck {
	var sum settle.MonthCheck
	for i := range b.month.Ledgers {
		l := &b.month.Ledgers[i]
		if l.Currency != c {
			continue
		}
		of := settle.MonthCheck{Rollforward: settle.Rollforward{Roll: l.Prior}}
		for _, f := range figures[1:7] {
			units := f.of(&sum)
			b.plus(&units, f.of(&of))
			f.set(&sum, units)
		}
	}
	return sum
}

// shares are the parts of what is unexplained, by kind of break.
func (p *closePage) shares(g *xlsx.Grid, c pay.Currency) {
	sums, counts := map[reconcile.Kind]int64{}, map[reconcile.Kind]int64{}
	var rest int64
	for i := range p.month.Ledgers {
		l := &p.month.Ledgers[i]
		if l.Currency != c {
			continue
		}
		for _, share := range l.Shares {
			sum := sums[share.Kind]
			p.plus(&sum, share.Amount)
			sums[share.Kind] = sum
			counts[share.Kind]++
		}
		p.plus(&rest, p.rest(l))
	}
	r := p.Row(book.Tone{Indent: 1})
	for _, kind := range slices.SortedFunc(maps.Keys(sums), func(x, y reconcile.Kind) int { return byKind(x, y, "", "") }) {
		g.Add(r.Label(p.Lang.Kind(kind)), r.Over(c, sums[kind]), r.Count(counts[kind]))
		g.Link(xlsx.Top(p.Lang.Of(sheetForward)))
	}
	if rest != 0 {
		alarm := p.Row(book.Tone{Bold: true, Indent: 1, Colour: book.Red})
		g.Add(alarm.Label(p.Lang.Of(unnamedLabel)), alarm.Over(c, rest), alarm.Blank())
	}
}

// aging is what is not paid out, by age; the chart is drawn of it.
func (p *closePage) aging(g *xlsx.Grid, c pay.Currency) {
	head := g.Add(p.Heads(book.Label{"미정산 경과 구간", "Unsettled by age"}, columnCount, book.ColumnAmount, book.Label{"구성비", "Share"})...)
	var all settle.Aged
	sums := make([]settle.Aged, len(settle.Buckets))
	for i, bucket := range settle.Buckets {
		for j := range p.month.Ledgers {
			if l := &p.month.Ledgers[j]; l.Currency == c {
				aged := l.aged(bucket)
				p.plus(&sums[i].Count, aged.Count)
				p.plus(&sums[i].Amount, aged.Amount)
			}
		}
		p.plus(&all.Count, sums[i].Count)
		p.plus(&all.Amount, sums[i].Amount)
	}
	var most int64
	for i, bucket := range settle.Buckets {
		tone := book.Tone{}
		if sums[i].Amount != 0 && bucket != settle.BucketNoRow && bucket != settle.BucketNotDue {
			tone = book.Tone{Bold: true, Colour: book.Red}
		}
		r := p.Row(tone)
		g.Add(r.Label(book.LookUp(p.Lang, book.BucketLabels, bucket)), r.Count(sums[i].Count), r.Money(c, sums[i].Amount), r.Share(sums[i].Amount, all.Amount))
		g.Link(xlsx.Top(p.Lang.Of(sheetUnsettled)))
		most = max(most, book.Whole(c, sums[i].Amount))
	}
	p.ages = book.Rows{Area: xlsx.Area{Sheet: p.s.Name, First: head + 1, Last: g.Row()}, Header: head, Most: most}
	r := p.Row(book.Tone{Bold: true, Above: book.Navy})
	g.Add(r.Label(p.Lang.Of(sumLabel)), r.Count(all.Count), r.Money(c, all.Amount).Formula(book.Rounded(c, "SUM("+g.At(3, head+1)+":"+g.At(3, g.Row())+")")), r.Blank())
}

// payoutStates is where the payouts stand.
func (p *closePage) payoutStates(g *xlsx.Grid, c pay.Currency) {
	g.Add(p.Heads(book.Label{"지급 상태", "Payouts"}, columnCount, columnExpected, columnBanked)...)
	any := false
	for _, state := range settle.States {
		count, expected, banked := p.placesOf(state, c)
		if count == 0 {
			continue
		}
		any = true
		tone := book.Tone{}
		if book.PayoutColour(state) == book.Red {
			tone = book.Tone{Bold: true, Colour: book.Red}
		}
		r := p.Row(tone)
		g.Add(r.Label(p.Lang.Payout(state)), r.Count(count), r.Money(c, expected), r.Money(c, banked))
		g.Link(xlsx.Top(p.Lang.Of(sheetPayouts)))
	}
	if !any {
		r := p.Row(book.Tone{Colour: book.Grey})
		g.Add(r.Label(p.Say("지급 없음", "none")), r.Blank(), r.Blank(), r.Blank())
	}
}

// mostKinds keeps the page short.
const mostKinds = 6

// kindRows are the breaks that need a person.
func (p *closePage) kindRows(g *xlsx.Grid) {
	kinds := p.kinds()
	if len(kinds) == 0 {
		return
	}
	g.Add(p.Heads(book.Label{"결정 필요 불일치", "Breaks to decide"}, columnCount, book.Label{"최초 발생일", "Oldest"}, book.Label{"경과 영업일", "Bank days"})...)
	r := p.Row(book.Tone{Bold: true, Colour: book.Red})
	for _, k := range kinds[:min(len(kinds), mostKinds)] {
		g.Add(r.Label(p.Lang.Kind(k.kind)), r.Count(k.count), book.Date(r.Right("yyyy-mm-dd"), k.oldest), r.Number(int64(k.oldest.BankDaysUntil(pay.DayOf(p.month.Now)))))
	}
	if more := len(kinds) - mostKinds; more > 0 {
		g.Add(p.Row(book.Tone{Colour: book.Grey}).Label(p.Lang.Fill(book.Label{"외 {1}개 유형", "{1} more kinds"}, p.Number(int64(more)))))
	}
}

// lack is a reason that keeps the month of a merchant from being ready.
type lack struct {
	settle.Reason
	whose    []string
	currency pay.Currency
}

// lacks are the reasons, each once: what is the same for several merchants names
// them together.
func (b *monthBook) lacks() []lack {
	var lacks []lack
	for i := range b.month.Ledgers {
		l := &b.month.Ledgers[i]
		for _, r := range l.Reasons {
			j := slices.IndexFunc(lacks, func(k lack) bool {
				return k.Reason == r && (k.currency == l.Currency || r.Code != settle.Unexplained) && r.Code != settle.BreaksOpen
			})
			switch {
			case j < 0:
				lacks = append(lacks, lack{Reason: r, whose: []string{l.MID}, currency: l.Currency})
			case !slices.Contains(lacks[j].whose, l.MID):
				lacks[j].whose = append(lacks[j].whose, l.MID)
			}
		}
	}
	return lacks
}

// mostReasons keeps the first page readable.
const mostReasons = 10

// reasons are what keeps the month from being ready, as sentences, each with what to
// do.
func (p *closePage) reasons() {
	lacks := p.lacks()
	if len(lacks) == 0 && p.state == settle.MonthLocked {
		return
	}
	p.heading(p.Say("마감 요건", "What is missing for a lock"), book.SheetBreaks)
	g := p.s.Grid(p.s.Last(), 17, [2]int{2, 7}, [2]int{8, 13})
	g.Add(p.leftHeads(book.Label{"미충족 사유", "Reason"}, book.Label{"조치사항", "What to do"})...)
	r := p.Row(book.Tone{Wrap: true})
	for _, k := range lacks[:min(len(lacks), mostReasons)] {
		reason, remedy := p.sentence(k)
		if p.Several {
			reason = strings.Join(k.whose, ", ") + ": " + reason
		}
		p.s.Add(17 * max(xlsx.Lines(reason, 82), xlsx.Lines(remedy, 74)))
		g.Add(r.Label(reason), r.Label(remedy))
	}
	switch more := len(lacks) - mostReasons; {
	case more > 0:
		g.Add(p.Row(book.Tone{Colour: book.Grey}).Label(p.Lang.Fill(book.Label{"외 {1}건", "{1} more"}, p.Number(int64(more)))), r.Blank())
	case len(lacks) == 0:
		done := p.Row(book.Tone{Bold: true, Colour: book.Green, Fill: book.Mint})
		g.Add(done.Label(p.Say("미충족 사유 없음 ✓", "nothing is missing ✓")), done.Label(p.Lang.Fill(book.Label{"대조·결정을 하지 않은 사람이 daesa close lock {1}", "another person than who matched or decided: daesa close lock {1}"}, string(p.month.Month))))
	}
}

// sentence says a reason, and what to do about it.
func (p *closePage) sentence(k lack) (reason, remedy string) {
	month := p.month.Month
	say := func(reason, remedy book.Label, parts ...string) (string, string) {
		return p.Lang.Fill(reason, parts...), p.Lang.Fill(remedy, parts...)
	}
	of := p.Say("토스 거래내역", "the list of transactions")
	again := "daesa reconcile --from {2} --to " + string(month.Last())
	if k.Name == "settlements" {
		of, again = p.Say("정산내역", "the list of settlement rows"), "daesa settlements sync --from {2} --to "+string(month.Last())
	}
	switch k.Code {
	case settle.NotOver:
		return say(book.Label{"대상월이 아직 끝나지 않음(말일 {1})", "The month is not over (its last day is {1})"}, book.Label{"말일이 지난 뒤 다시 확인", "look again after it"}, string(k.Day))
	case settle.WindowUnread:
		return say(book.Label{"{1} {3}일분 미조회({2}부터)", "{1} was not read for {3} days (from {2})"}, book.Label{again, again}, of, string(k.Day), p.Number(k.Count))
	case settle.WindowYoung:
		return say(book.Label{"{1} {3}일분이 7일 후 재조회 전({2}부터)", "{1} waits to be read again after seven days for {3} days (from {2})"},
			book.Label{"야간 대사가 자동 재조회({4}까지)", "the nights read it again by themselves (until {4})"}, of, string(k.Day), p.Number(k.Count), string(month.Last().Add(7)))
	case settle.PassbookShort:
		return say(book.Label{"통장 {1}의 거래내역이 {2}까지 등록되지 않음", "The passbook {1} does not reach {2}"}, book.Label{"통장내역 등록: daesa bank import FILE --account {1}", "daesa bank import FILE --account {1}"}, k.Name, string(k.Day))
	case settle.NoPassbook:
		return say(book.Label{"가맹점의 통장이 설정되지 않음", "No passbook is configured for the merchant"}, book.Label{"설정 bank.accounts 등록(통장 대조를 하지 않으면 close.bank: assumed)", "set bank.accounts (or close.bank: assumed)"})
	case settle.BreaksOpen:
		return say(book.Label{"미해결 불일치: {1} {2}건", "Open breaks: {1}, {2}"}, book.Label{"불일치 시트에 결정을 적어 회신(daesa report apply)", "decide on sheet Breaks and send it back (daesa report apply)"}, p.Lang.Kind(reconcile.Kind(k.Name)), p.Number(k.Count))
	case settle.Unexplained:
		return say(book.Label{"원인 미확인 차이 {1}", "Unexplained: {1}"}, book.Label{"미수금 증감명세 시트의 불일치별 내역 확인", "see its parts on sheet Roll-forward"}, book.Signed(k.currency, k.Amount))
	case settle.Undecided:
		return say(book.Label{"통장 대조를 사람이 정할 지급 {1}건", "{1} payouts of which a person must say which deposit it is"}, book.Label{"지급·통장 시트의 후보 확인 후 통장 대조 시트에 지급일을 적어 회신", "see sheet Payouts, then say the days on sheet Passbook match and send it back"}, p.Number(k.Count))
	default:
		return cmp.Or(string(k.Code), "?"), fmt.Sprint(k.Name, " ", k.Day)
	}
}
