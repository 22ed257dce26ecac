package reports

import (
	"fmt"
	"strings"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// control draws the last sheet: what was read, how, and the checks that the
// workbook makes of itself.
type control struct {
	*nightBook
	s *sheet
}

func (b *nightBook) drawControl() chartData {
	c := &control{nightBook: b, s: &sheet{name: b.lang.of(sheetControl), tab: grey, portrait: true, widths: []int{30, 22, 18, 18, 18, 22}}}
	b.sheets = append(b.sheets, c.s)
	title := b.style(plain.with(func(l *look) { l.size, l.bold, l.color = 16, true, navy }))
	c.s.add(28, text(title, b.say("대사 확인", "Control")))
	c.s.add(16, text(b.style(plain.with(func(l *look) { l.size, l.color = 9, grey })), b.say("조회 범위와 금액 검증 결과", "What was read, and what proves the figures")))
	c.s.add(16, text(b.style(plain.with(func(l *look) { l.size, l.color, l.underline = 9, link, true })), b.say("← 요약", "← Summary")))
	c.s.goTo(1, 3, b.sheets[0].name)
	var data chartData
	if !b.night.nothingRead() {
		c.checks()
		c.foreign()
		data = c.trends()
	}
	for _, s := range b.night.snapshots {
		c.merchant(s)
	}
	c.s.widen(6)
	c.s.texts = []string{"A1:F" + fmt.Sprint(max(c.s.last(), 1))}
	return data
}

func (c *control) heading(title string) {
	c.s.add(8)
	c.s.add(22, text(c.style(plain.with(func(l *look) { l.size, l.bold, l.color = 12, true, navy })), title))
}

func (c *control) head(labels ...word) {
	var cells []cell
	for i, label := range labels {
		align := "right"
		if i == 0 {
			align = "left"
		}
		cells = append(cells, text(c.style(plain.with(func(l *look) { l.bold, l.color, l.fill, l.align, l.over = true, navy, head, align, navy })), c.lang.of(label)))
	}
	c.s.add(20, cells...)
}

func (c *control) left() int {
	return c.style(plain.with(func(l *look) { l.rule = hair }))
}

func (c *control) leftly(format string) int {
	return c.style(plain.with(func(l *look) { l.rule, l.format = hair, format }))
}

func (c *control) right(format string) int {
	return c.style(plain.with(func(l *look) { l.rule, l.align, l.format = hair, "right", format }))
}

// checks compares figures that stand in two places, by live formulas.
func (c *control) checks() {
	c.heading(c.say("자체 검증", "Checks of itself"))
	c.head(word{"검증 항목", "Check"}, word{"대사 기록", "The run"}, word{"보고서", "This workbook"}, word{"차이", "Difference"})
	n := c.night
	status := func(labels ...reconcile.Status) (words []string, rows int64) {
		for _, label := range labels {
			words = append(words, c.lang.status(label))
			rows += c.breaksShown(label)
		}
		return words, rows
	}
	words, rows := status(isNew, reconcile.Open, reconcile.Reopened)
	listed := c.shown(breakColumns)
	c.counted(c.say("확인 필요 불일치", "Breaks that need a person"), openBreaks(n.sum), rows, countIf(c.breaks, listed, columnStatus, words))
	if waiting := refundingBreaks(n.sum); waiting > 0 {
		words, rows = status(reconcile.Refunding)
		c.counted(c.lang.status(reconcile.Refunding), waiting, rows, countIf(c.breaks, listed, columnStatus, words))
	}
	words, rows = status(reconcile.Timing)
	c.counted(c.lang.status(reconcile.Timing), n.sum.Timing, rows, countIf(c.breaks, listed, columnStatus, words))
	for _, state := range statesByNeed {
		if state.Open() || state == refunds.Accepted {
			label := c.lang.refund(state, pay.MethodUnknown)
			c.counted(c.say("환불: ", "Refunds: ")+label, n.sum.Refunds[string(state)], c.refundsIn(state),
				countIf(c.queue, c.shown(refundColumns), columnState, []string{label}))
		}
	}
	for _, l := range n.ladders {
		c.amounts(c.say("원인 확인 차이", "Explained"), l.currency, l.stated, l.explained(), c.places["explained "+string(l.currency)])
		c.amounts(c.lang.of(unexplainedWord), l.currency, l.remainder, l.unexplained(), c.places["unexplained "+string(l.currency)])
	}
	for _, currency := range c.currencies {
		c.dayCheck(currency)
		c.dueCheck(currency)
	}
}

// dayCheck compares what Toss approved on the date, as the summary has it, with
// the rows of the list that each run counted by method.
func (c *control) dayCheck(currency pay.Currency) {
	place := c.places["approved "+string(currency)]
	if place == "" || !c.night.money.Listed {
		return
	}
	var counted int64
	for _, s := range c.night.snapshots {
		for _, method := range s.Run.ByMethod {
			if method.Currency == currency {
				counted += method.Approved
			}
		}
	}
	_, toss := c.daySums(currency)
	c.amounts(c.say("당일 토스 승인금액", "Approved by Toss on the date"), currency, counted, toss.Approvals, place)
}

// foreign draws what causes the differences in currencies other than the first,
// which has its own place on the first sheet.
func (c *control) foreign() {
	if len(c.night.ladders) < 2 {
		return
	}
	c.heading(c.say("외화 미해소 차이", "Other currencies: open today"))
	grid := &ladderGrid{nightBook: c.nightBook, s: c.s, at: [][2]int{{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}}, tall: 18}
	for _, l := range c.night.ladders[1:] {
		c.s.add(6)
		grid.draw(l, c.s.last())
	}
}

// counted compares a number of things; formula counts them live.
func (c *control) counted(name string, run, here int64, formula string) {
	c.check(name, count(c.right(formatCount), run), count(c.right(formatCount), here).as(formula),
		count(c.verdict(formatCheck, here == run), here-run), "%s")
}

// amounts compares money; place is where the workbook has its figure.
func (c *control) amounts(name string, currency pay.Currency, run, here int64, place string) {
	wrap := "%s"
	if currency.Digits() > 0 {
		wrap = fmt.Sprintf("ROUND(%%s,%d)", currency.Digits())
	}
	style := c.right(signedFormat(currency))
	c.check(name+" ("+code(currency)+")", money(style, currency, run), money(style, currency, here).as(place),
		money(c.verdict(checkFormat(currency), here == run), currency, here-run), wrap)
}

// check is one row: the figure of the run, the figure of this workbook, and
// their difference, which is nothing.
func (c *control) check(name string, run, here, difference cell, wrap string) {
	row := c.s.last() + 1
	c.s.add(18, text(c.left(), name), run, here, difference.as(fmt.Sprintf(wrap, fmt.Sprintf("C%d-B%d", row, row))))
}

func (c *control) verdict(format string, equal bool) int {
	colour := red
	if equal {
		colour = green
	}
	return c.style(plain.with(func(l *look) { l.rule, l.align, l.format, l.bold, l.color = hair, "right", format, true, colour }))
}

// countIf counts the rows of some labels over all sheets of a listing.
func countIf(spots []placed, columns []column, column word, labels []string) string {
	var terms []string
	letter := columnName(position(columns, column))
	for _, spot := range spots {
		if spot.last < spot.first {
			continue
		}
		for _, label := range labels {
			terms = append(terms, fmt.Sprintf(`COUNTIF(%s!$%s$%d:$%s$%d,"%s")`, quoted(spot.sheet), letter, spot.first, letter, spot.last, strings.ReplaceAll(label, `"`, `""`)))
		}
	}
	return strings.Join(terms, "+")
}

// breaksShown counts the rows of the list above what has cleared.
func (c *control) breaksShown(status reconcile.Status) int64 {
	var rows int64
	for i := range c.night.breaks {
		if c.night.breaks[i].shown(c.night.day) == status {
			rows++
		}
	}
	return rows
}

func (c *control) refundsIn(state refunds.State) int64 {
	var rows int64
	for i := range c.night.refunds {
		if c.night.refunds[i].State == state {
			rows++
		}
	}
	return rows
}

// dueCheck compares the deadlines of the summary with their list.
func (c *control) dueCheck(currency pay.Currency) {
	var summed, listed int64
	for key, s := range c.stakes {
		if key != bucketLost {
			summed += s.money[currency]
		}
	}
	columns := c.shown(deadlineColumns)
	amount, unit := columnName(position(columns, columnAmount)), columnName(max(position(columns, columnCurrency), 1))
	var terms []string
	for _, spot := range c.due {
		if spot.last < spot.first {
			continue
		}
		values := fmt.Sprintf("%s!$%s$%d:$%s$%d", quoted(spot.sheet), amount, spot.first, amount, spot.last)
		if len(c.currencies) == 1 {
			terms = append(terms, "SUM("+values+")")
			continue
		}
		units := fmt.Sprintf("%s!$%s$%d:$%s$%d", quoted(spot.sheet), unit, spot.first, unit, spot.last)
		terms = append(terms, fmt.Sprintf(`SUMIF(%s,"%s",%s)`, units, code(currency), values))
	}
	for _, d := range c.night.deadlines {
		if d.Currency == currency {
			listed += d.Amount
		}
	}
	if summed == 0 && listed == 0 {
		return
	}
	c.amounts(c.say("취소기한 미도래 금액", "Money with a deadline ahead"), currency, summed, listed, strings.Join(terms, "+"))
}

// merchant is all that one run says of itself.
func (c *control) merchant(s Snapshot) {
	c.heading(c.lang.fill(word{"대사 실행 내역 — {1}", "The run — {1}"}, clean(s.Run.MID)))
	c.facts(s)
	c.gaps(s)
	c.capture(s)
	c.paidOut(s)
	c.windows(s.Run)
	c.calls(s.Run)
	c.methods(s.Run)
	c.totals(s.Run)
}

func (c *control) fact(name, value string) {
	row := c.s.add(18, text(c.left(), name))
	c.s.span(2, 6, row, text(c.left(), clean(value)))
}

func (c *control) counts(name string, n int64) {
	row := c.s.add(18, text(c.left(), name), count(c.right(formatCount), n))
	c.s.span(3, 6, row, blank(c.left()))
}

func (c *control) facts(s Snapshot) {
	run := s.Run
	c.fact(c.lang.of(labelRun), run.ID)
	c.fact(c.say("작업 구분", "Job"), run.Job)
	c.fact(c.say("대사 기준일", "Business date"), c.lang.day(run.Day))
	c.fact(c.say("실행일시", "Instant of the run"), c.lang.moment(run.Now))
	c.fact(c.say("완료", "Complete"), c.lang.yesNo(run.Complete))
	c.fact(c.lang.of(labelHead), s.JournalHead)
	c.fact(c.say("설정 해시", "Configuration"), s.Config)
	c.fact(c.lang.of(labelForm), form)
	for _, next := range s.NextRefunds {
		c.fact(c.say("다음 환불 실행 예정", "Next refund run"), c.lang.moment(next))
	}
	if unread(s) {
		return
	}
	c.counts(c.say("대사 대상", "Compared"), run.Touched)
	c.counts(c.say("일치", "Agree"), run.Matched)
	c.counts(c.say("결제 조회 대상", "Suspects"), run.Suspects)
	c.counts(c.say("결제 조회 완료", "Looked up"), run.LookedUp)
	c.counts(c.say("결제 미조회", "Not looked up"), run.NotLookedUp)
	c.counts(c.say("표본 검증", "Sample looked up"), run.Sample.LookedUp)
	c.counts(c.say("표본 일치", "Sample agreed"), run.Sample.Agreed)
	c.counts(c.say("타 PG 주문", "Orders of another payment company"), run.OtherPG)
	c.counts(c.say("0원 주문", "Orders of nothing"), run.ZeroAmount)
	c.counts(c.say("미등록 가맹점 거래", "Rows of an unknown MID"), run.UnknownMID)
	c.counts(c.say("금일 대사 환불 요청", "Refunds proposed"), run.Proposed)
}

func (c *control) gaps(s Snapshot) {
	if len(s.Run.Gaps) == 0 {
		return
	}
	c.s.add(6)
	c.head(word{"미조회 내역", "Not read"}, word{"", ""}, word{"", ""}, word{"", ""}, word{"", ""}, word{"", ""})
	style := c.style(plain.with(func(l *look) { l.rule, l.color, l.wrap = hair, red, true }))
	log := c.style(plain.with(func(l *look) { l.rule, l.color, l.size, l.wrap = hair, grey, 8, true }))
	for _, gap := range s.Run.Gaps {
		value := clean(c.lang.gapPart(gap) + " — " + c.lang.gapReason(gap))
		row := c.s.add(18*linesOf(value, 90), text(style, clean(lookUp(c.lang, sideWords, gap.Side))))
		c.s.span(2, 6, row, text(style, value))
		value = clean(gap.What + " — " + gap.Why)
		row = c.s.add(14*linesOf(value, 110), text(log, c.say("원문(로그)", "as in the log")))
		c.s.span(2, 6, row, text(log, value))
	}
}

// capture: how many refund accounts were saved before Toss stopped showing them.
func (c *control) capture(s Snapshot) {
	f := s.Capture
	if f == nil {
		return
	}
	c.s.add(6)
	c.head(word{"환불계좌 수집", "Refund accounts"}, word{"건수", "Number"})
	row := func(name string, n int) {
		c.s.add(18, text(c.left(), name), count(c.right(formatCount), int64(n)))
	}
	row(c.say("수집", "Captured"), f.Captured)
	row(c.say("별도 접수", "Given in other ways"), f.Given)
	row(c.say("대기", "Waiting"), f.Waiting)
	for _, why := range sortedKeys(f.Reasons) {
		row(c.lang.fill(word{"누락 — {1}", "Missed — {1}"}, lookUp(c.lang, captureWords, why)), f.Reasons[why])
	}
	if f.Captured > 0 {
		row(c.say("수집 시 잔여시간 중앙값(분)", "Minutes left, median"), int(f.P(50)/time.Minute))
		row(c.say("수집 시 잔여시간 하위 5%(분)", "Minutes left, exceeded by 95 %"), int(f.P(95)/time.Minute))
	}
}

func (c *control) windows(run reconcile.Run) {
	if len(run.Windows) == 0 {
		return
	}
	c.s.add(6)
	c.head(word{"조회한 거래일", "Windows read"}, word{"페이지", "Pages"}, word{"거래 건수", "Rows"}, word{"재조회", "Read again"})
	var sum reconcile.Window
	for _, w := range run.Windows {
		sum.Pages, sum.Rows = sum.Pages+w.Pages, sum.Rows+w.Rows
		c.windowRow(c.lang.day(w.Day), w, c.lang.yesNo(w.Reread))
	}
	if len(run.Windows) > 1 {
		c.windowRow(c.lang.of(sumWord), sum, "")
	}
}

func (c *control) windowRow(name string, w reconcile.Window, reread string) {
	n := c.right(formatCount)
	c.s.add(18, text(c.left(), name), count(n, int64(w.Pages)), count(n, w.Rows), text(c.right("@"), reread))
}

func (c *control) calls(run reconcile.Run) {
	if len(run.CallsByAPI) == 0 {
		return
	}
	c.s.add(6)
	c.head(word{"토스 API 호출", "Toss calls"}, word{"횟수", "Calls"})
	var sum int64
	for _, api := range sortedKeys(run.CallsByAPI) {
		sum += run.CallsByAPI[api]
		c.s.add(18, text(c.left(), clean(lookUp(c.lang, apiWords, api))), count(c.right(formatCount), run.CallsByAPI[api]))
	}
	c.s.add(18, text(c.left(), c.lang.of(sumWord)), count(c.right(formatCount), sum))
}

func (c *control) methods(run reconcile.Run) {
	if len(run.ByMethod) == 0 {
		return
	}
	c.s.add(6)
	c.head(columnMethod, word{"통화", "Currency"}, word{"거래 건수", "Rows"}, word{"승인금액", "Approved"}, word{"취소 거래", "Cancel rows"})
	n := c.right(formatCount)
	for _, method := range run.ByMethod {
		c.s.add(18, text(c.left(), c.methodName(method.Method)), text(c.right("@"), code(method.Currency)), count(n, method.Rows),
			money(c.right(moneyFormat(method.Currency)), method.Currency, method.Approved), count(n, method.Canceled))
	}
}

func (c *control) totals(run reconcile.Run) {
	if len(run.Totals) == 0 {
		return
	}
	c.s.add(6)
	c.head(word{"합계", "Totals"}, columnShop, columnProvider, word{"원인 확인 차이", "Explained"}, word{"시점 차이(포함)", "Of it timing"}, unexplainedWord)
	for _, t := range run.Totals {
		format, signed := c.right(moneyFormat(t.Currency)), c.right(signedFormat(t.Currency))
		c.s.add(18, text(c.left(), code(t.Currency)), money(format, t.Currency, t.Shop), money(format, t.Currency, t.Provider),
			money(signed, t.Currency, t.Explained), money(signed, t.Currency, t.Timing), money(c.right(checkFormat(t.Currency)), t.Currency, t.Unexplained))
	}
}

// apiWords are the provider's interfaces as the run counts them.
var apiWords = map[string]word{
	"transactions": {"거래 조회 (transactions)", "Transaction list"},
	"payment":      {"결제 조회 (paymentKey)", "Payment by key"},
	"order":        {"결제 조회 (orderId)", "Payment by order"},
}
