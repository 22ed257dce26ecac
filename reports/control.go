package reports

import (
	"fmt"
	"strings"
	"time"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// control draws the last sheet: what was read and how, and checks of the workbook's
// own figures.
type control struct {
	*nightBook
	s *xlsx.Sheet
	r tableRow
}

func (b *nightBook) drawControl() chartData {
	c := &control{nightBook: b, r: b.row(tone{}), s: &xlsx.Sheet{Name: b.lang.of(sheetControl), Tab: grey, Portrait: true, Widths: []int{30, 22, 18, 18, 18, 22}}}
	b.Add(c.s)
	c.s.Add(28, xlsx.Text(b.Style(titleStyle), b.say("대사 확인", "Control")))
	c.s.Add(16, xlsx.Text(b.Style(smallStyle), b.say("조회 범위와 금액 검증 결과", "What was read, and what proves the figures")))
	c.s.Add(16, xlsx.Text(b.Style(smallStyle.With(func(s *style) { s.Color, s.Underline = link, true })), b.say("← 요약", "← Summary")))
	c.s.Link(1, 3, xlsx.Top(b.first()))
	var data chartData
	if !b.night.nothingRead() {
		c.checks()
		c.foreign()
		data = c.trends()
		c.beside()
	}
	for _, s := range b.night.snapshots {
		c.merchant(s)
	}
	c.s.Widen(6)
	c.s.IgnoreTextNumbers(xlsx.Span(1, 1, len(c.s.Widths), c.s.Last()))
	return data
}

func (c *control) heading(title string) {
	c.s.Add(8)
	c.s.Add(22, xlsx.Text(c.Style(headingStyle), title))
}

// head lays out the header of a table and gives its row.
func (c *control) head(labels ...label) int { return c.s.Add(20, c.heads(labels...)...) }

// add lays out a row of a label and figures.
func (c *control) add(name string, figures ...xlsx.Cell) int {
	return c.s.Add(18, append([]xlsx.Cell{c.r.label(name)}, figures...)...)
}

// table begins a table, with some space above it.
func (c *control) table(labels ...label) {
	c.s.Add(6)
	c.head(labels...)
}

// checks compares figures that stand in two places, by live formulas.
func (c *control) checks() {
	c.heading(c.say("자체 검증", "Checks of itself"))
	c.head(label{"검증 항목", "Check"}, label{"대사 기록", "The run"}, label{"보고서", "This workbook"}, label{"차이", "Difference"})
	n := c.night
	status := func(list ...reconcile.Status) (texts []string, rows int64) {
		for _, one := range list {
			texts = append(texts, c.lang.status(one))
			rows += c.breaksShown(one)
		}
		return texts, rows
	}
	texts, rows := status(isNew, reconcile.Open, reconcile.Reopened)
	statuses := position(shown(c.book, breakColumns), columnStatus)
	c.counted(c.say("확인 필요 불일치", "Breaks that need a person"), openBreaks(n.sum), rows, countIf(c.breaks, statuses, texts))
	if waiting := refundingBreaks(n.sum); waiting > 0 {
		texts, rows = status(reconcile.Refunding)
		c.counted(c.lang.status(reconcile.Refunding), waiting, rows, countIf(c.breaks, statuses, texts))
	}
	texts, rows = status(reconcile.Timing)
	c.counted(c.lang.status(reconcile.Timing), n.sum.Timing, rows, countIf(c.breaks, statuses, texts))
	for _, state := range statesByNeed {
		if state.Open() || state == refunds.StateAccepted {
			name := c.lang.refund(state, pay.MethodUnknown)
			c.counted(c.say("환불: ", "Refunds: ")+name, n.sum.Refunds[string(state)], c.refundsIn(state),
				countIf(c.queue, position(shown(c.book, refundColumns), columnState), []string{name}))
		}
	}
	for _, l := range n.bridges {
		c.amounts(c.say("원인 확인 차이", "Explained"), l.Currency, l.Stated, l.Explained(), c.places["explained "+string(l.Currency)])
		c.amounts(c.lang.of(unexplainedLabel), l.Currency, l.Remainder, l.Unexplained(), c.places["unexplained "+string(l.Currency)])
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

// foreign draws the bridges of the other currencies; that of the first is on the
// first sheet.
func (c *control) foreign() {
	if len(c.night.bridges) < 2 {
		return
	}
	c.heading(c.say("외화 미해소 차이", "Other currencies: open today"))
	for _, l := range c.night.bridges[1:] {
		c.s.Add(6)
		c.drawBridge(c.s.Grid(c.s.Last(), 18, xlsx.Singles(1, 5)...), l)
	}
}

// counted compares a number of things; formula counts them live.
func (c *control) counted(name string, run, here int64, formula string) {
	c.check(name, c.r.number(run), c.r.number(here).Formula(formula),
		xlsx.Int(c.verdict(formatCheck, here == run), here-run), func(formula string) string { return formula })
}

// amounts compares money; place is where the workbook has its figure.
func (c *control) amounts(name string, currency pay.Currency, run, here int64, place string) {
	c.check(name+" ("+code(currency)+")", c.r.over(currency, run), c.r.over(currency, here).Formula(place),
		money(c.verdict(checkFormat(currency), here == run), currency, here-run), func(formula string) string { return rounded(currency, formula) })
}

// check is one row: the figure of the run, the figure of this workbook, and
// their difference, which is nothing.
func (c *control) check(name string, run, here, difference xlsx.Cell, exact func(formula string) string) {
	row := c.s.Last() + 1
	c.add(name, run, here, difference.Formula(exact(xlsx.At(3, row)+"-"+xlsx.At(2, row))))
}

func (c *control) verdict(format string, equal bool) xlsx.StyleID {
	colour := red
	if equal {
		colour = green
	}
	return c.row(tone{bold: true, colour: colour}).right(format)
}

// countIf counts the rows of some labels over all sheets of a listing.
func countIf(areas []xlsx.Area, column int, labels []string) string {
	var terms []string
	for _, rows := range areas {
		if rows.Empty() {
			continue
		}
		for _, text := range labels {
			terms = append(terms, fmt.Sprintf(`COUNTIF(%s,"%s")`, rows.Column(column), strings.ReplaceAll(text, `"`, `""`)))
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
	columns := shown(c.book, deadlineColumns)
	amount, unit := position(columns, columnAmount), max(position(columns, columnCurrency), 1)
	var terms []string
	for _, rows := range c.due {
		switch {
		case rows.Empty():
		case len(c.currencies) == 1:
			terms = append(terms, "SUM("+rows.Column(amount)+")")
		default:
			terms = append(terms, fmt.Sprintf(`SUMIF(%s,"%s",%s)`, rows.Column(unit), code(currency), rows.Column(amount)))
		}
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

// merchant draws what one run says about itself.
func (c *control) merchant(s Snapshot) {
	c.heading(c.lang.fill(label{"대사 실행 내역 — {1}", "The run — {1}"}, xlsx.Clean(s.Run.MID)))
	c.facts(s)
	c.gaps(s)
	c.capture(s)
	c.paidOut(s)
	c.windows(s.Run)
	c.calls(s.Run)
	c.methods(s.Run)
	c.totals(s.Run)
}

func (c *control) fact(name, value string) { c.s.Span(2, 6, c.add(name), c.r.label(value)) }

func (c *control) counts(name string, n int64) {
	c.s.Span(3, 6, c.add(name, c.r.number(n)), c.r.blank())
}

func (c *control) facts(s Snapshot) {
	run := s.Run
	c.fact(c.lang.of(labelRun), run.ID)
	c.fact(c.say("작업 구분", "Job"), lookUp(c.lang, jobLabels, run.Job))
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
	c.table(label{"미조회 내역", "Not read"}, label{"", ""}, label{"", ""}, label{"", ""}, label{"", ""}, label{"", ""})
	alarm := c.row(tone{colour: red, wrap: true}).left("@")
	log := c.styled(func(s *style) { s.Below, s.Color, s.Size, s.Wrap = hair, grey, 8, true })
	for _, gap := range s.Run.Gaps {
		value := xlsx.Clean(gapPart(c.lang, gap) + " — " + gapReason(c.lang, gap))
		row := c.s.Add(18*xlsx.Lines(value, 90), xlsx.Text(alarm, lookUp(c.lang, sideLabels, gap.Side)))
		c.s.Span(2, 6, row, xlsx.Text(alarm, value))
		value = xlsx.Clean(gap.What + " — " + gap.Why)
		row = c.s.Add(14*xlsx.Lines(value, 110), xlsx.Text(log, c.say("원문(로그)", "as in the log")))
		c.s.Span(2, 6, row, xlsx.Text(log, value))
	}
}

// capture counts the refund accounts that were saved while Toss showed them.
func (c *control) capture(s Snapshot) {
	f := s.Capture
	if f == nil {
		return
	}
	c.table(label{"환불계좌 수집", "Refund accounts"}, label{"건수", "Number"})
	row := func(name string, n int) { c.add(name, c.r.number(int64(n))) }
	row(c.say("수집", "Captured"), f.Captured)
	row(c.say("별도 접수", "Given in other ways"), f.Given)
	row(c.say("대기", "Waiting"), f.Waiting)
	for _, why := range sortedKeys(f.Reasons) {
		row(c.lang.fill(label{"누락 — {1}", "Missed — {1}"}, lookUp(c.lang, captureLabels, why)), f.Reasons[why])
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
	c.table(label{"조회한 거래일", "Windows read"}, label{"페이지", "Pages"}, label{"거래 건수", "Rows"}, label{"재조회", "Read again"})
	var sum reconcile.Window
	for _, w := range run.Windows {
		sum.Pages, sum.Rows = sum.Pages+w.Pages, sum.Rows+w.Rows
		c.windowRow(c.lang.day(w.Day), w, c.lang.yesNo(w.Reread))
	}
	if len(run.Windows) > 1 {
		c.windowRow(c.lang.of(sumLabel), sum, "")
	}
}

func (c *control) windowRow(name string, w reconcile.Window, reread string) {
	c.add(name, c.r.number(int64(w.Pages)), c.r.number(w.Rows), c.r.says(reread))
}

func (c *control) calls(run reconcile.Run) {
	if len(run.CallsByAPI) == 0 {
		return
	}
	c.table(label{"토스 API 호출", "Toss calls"}, label{"횟수", "Calls"})
	var sum int64
	for _, api := range sortedKeys(run.CallsByAPI) {
		sum += run.CallsByAPI[api]
		c.add(lookUp(c.lang, apiLabels, api), c.r.number(run.CallsByAPI[api]))
	}
	c.add(c.lang.of(sumLabel), c.r.number(sum))
}

func (c *control) methods(run reconcile.Run) {
	if len(run.ByMethod) == 0 {
		return
	}
	c.table(columnMethod, label{"통화", "Currency"}, label{"거래 건수", "Rows"}, label{"승인금액", "Approved"}, label{"취소 거래", "Cancel rows"})
	for _, m := range run.ByMethod {
		c.add(methodName(c.book, m.Method), c.r.says(code(m.Currency)), c.r.number(m.Rows), c.r.money(m.Currency, m.Approved), c.r.number(m.Canceled))
	}
}

func (c *control) totals(run reconcile.Run) {
	if len(run.Totals) == 0 {
		return
	}
	c.table(label{"합계", "Totals"}, columnShop, columnProvider, label{"원인 확인 차이", "Explained"}, label{"시점 차이(포함)", "Of it timing"}, unexplainedLabel)
	for _, t := range run.Totals {
		timing := int64(0)
		for _, l := range c.night.own {
			if l.MID == run.MID && l.Currency == t.Currency {
				timing = l.Timing.Net
			}
		}
		c.add(code(t.Currency), c.r.money(t.Currency, t.Shop), c.r.money(t.Currency, t.Provider),
			c.r.over(t.Currency, t.Explained), c.r.over(t.Currency, timing), c.r.check(t.Currency, t.Unexplained))
	}
}

// apiLabels are the provider's interfaces as the run counts them.
var apiLabels = map[string]label{
	"transactions": {"거래 조회 (transactions)", "Transaction list"},
	"payment":      {"결제 조회 (paymentKey)", "Payment by key"},
	"order":        {"결제 조회 (orderId)", "Payment by order"},
	"settlements":  {"정산 조회 (settlements)", "Settlements"},
}

// jobLabels are what a run was for.
var jobLabels = map[string]label{
	reconcile.JobNightly:   {"일일 대사", "Nightly"},
	reconcile.JobReconcile: {"대사(환불 제안 없음)", "Reconcile, proposes nothing"},
	reconcile.JobMonthEnd:  {"월말 휴대폰 결제 점검", "Month-end phone payments"},
	reconcile.JobEvents:    {"웹훅 주문 대사", "Orders of webhooks"},
}
