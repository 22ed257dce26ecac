package reports

import (
	"fmt"
	"strings"
	"time"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports/book"
)

// control draws the last sheet: what was read and how, and checks of the workbook's
// own figures.
type control struct {
	*nightBook
	s *xlsx.Sheet
	r book.TableRow
}

func (b *nightBook) drawControl() chartData {
	c := &control{nightBook: b, r: b.Row(book.Tone{}), s: &xlsx.Sheet{Name: b.Lang.Of(book.SheetControl), Tab: book.Grey, Portrait: true, Widths: []int{30, 22, 18, 18, 18, 22}}}
	b.Add(c.s)
	c.s.Add(28, xlsx.Text(b.Style(book.TitleStyle), b.Say("대사 확인", "Control")))
	c.s.Add(16, xlsx.Text(b.Style(book.SmallStyle), b.Say("조회 범위와 금액 검증 결과", "What was read, and what proves the figures")))
	c.s.Add(16, xlsx.Text(b.Style(book.SmallStyle.With(func(s *book.Style) { s.Color, s.Underline = book.Link, true })), b.Say("← 요약", "← Summary")))
	c.s.Link(1, 3, xlsx.Top(b.First()))
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
	c.s.Add(22, xlsx.Text(c.Style(book.HeadingStyle), title))
}

// head lays out the header of a table and gives its row.
func (c *control) head(labels ...book.Label) int { return c.s.Add(20, c.Heads(labels...)...) }

// add lays out a row of a label and figures.
func (c *control) add(name string, figures ...xlsx.Cell) int {
	return c.s.Add(18, append([]xlsx.Cell{c.r.Label(name)}, figures...)...)
}

// table begins a table, with some space above it.
func (c *control) table(labels ...book.Label) {
	c.s.Add(6)
	c.head(labels...)
}

// checks compares figures that stand in two places, by live formulas.
func (c *control) checks() {
	c.heading(c.Say("자체 검증", "Checks of itself"))
	c.head(book.Label{"검증 항목", "Check"}, book.Label{"대사 기록", "The run"}, book.Label{"보고서", "This workbook"}, book.Label{"차이", "Difference"})
	n := c.night
	status := func(list ...reconcile.Status) (texts []string, rows int64) {
		for _, one := range list {
			texts = append(texts, c.Lang.Status(one))
			rows += c.breaksShown(one)
		}
		return texts, rows
	}
	texts, rows := status(book.IsNew, reconcile.Open, reconcile.Reopened)
	statuses := book.Position(book.Shown(c.Book, breakColumns), columnStatus)
	c.counted(c.Say("확인 필요 불일치", "Breaks that need a person"), openBreaks(n.sum), rows, countIf(c.breaks, statuses, texts))
	if waiting := refundingBreaks(n.sum); waiting > 0 {
		texts, rows = status(reconcile.Refunding)
		c.counted(c.Lang.Status(reconcile.Refunding), waiting, rows, countIf(c.breaks, statuses, texts))
	}
	texts, rows = status(reconcile.Timing)
	c.counted(c.Lang.Status(reconcile.Timing), n.sum.Timing, rows, countIf(c.breaks, statuses, texts))
	for _, state := range book.StatesByNeed {
		if state.Open() || state == refunds.StateAccepted {
			name := c.Lang.Refund(state, pay.MethodUnknown)
			c.counted(c.Say("환불: ", "Refunds: ")+name, n.sum.Refunds[string(state)], c.refundsIn(state),
				countIf(c.queue, book.Position(book.Shown(c.Book, refundColumns), columnState), []string{name}))
		}
	}
	for _, l := range n.bridges {
		c.amounts(c.Say("원인 확인 차이", "Explained"), l.Currency, l.Stated, l.Explained(), c.places["explained "+string(l.Currency)])
		c.amounts(c.Lang.Of(unexplainedLabel), l.Currency, l.Remainder, l.Unexplained(), c.places["unexplained "+string(l.Currency)])
	}
	for _, currency := range c.Currencies {
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
	c.amounts(c.Say("당일 토스 승인금액", "Approved by Toss on the date"), currency, counted, toss.Approvals, place)
}

// foreign draws the bridges of the other currencies; that of the first is on the
// first sheet.
func (c *control) foreign() {
	if len(c.night.bridges) < 2 {
		return
	}
	c.heading(c.Say("외화 미해소 차이", "Other currencies: open today"))
	for _, l := range c.night.bridges[1:] {
		c.s.Add(6)
		c.drawBridge(c.s.Grid(c.s.Last(), 18, xlsx.Singles(1, 5)...), l)
	}
}

// counted compares a number of things; formula counts them live.
func (c *control) counted(name string, run, here int64, formula string) {
	c.check(name, c.r.Number(run), c.r.Number(here).Formula(formula),
		xlsx.Int(c.verdict(book.FormatCheck, here == run), here-run), func(formula string) string { return formula })
}

// amounts compares money; place is where the workbook has its figure.
func (c *control) amounts(name string, currency pay.Currency, run, here int64, place string) {
	c.check(name+" ("+book.Code(currency)+")", c.r.Over(currency, run), c.r.Over(currency, here).Formula(place),
		book.Money(c.verdict(book.CheckFormat(currency), here == run), currency, here-run), func(formula string) string { return book.Rounded(currency, formula) })
}

// check is one row: the figure of the run, the figure of this workbook, and
// their difference, which is nothing.
func (c *control) check(name string, run, here, difference xlsx.Cell, exact func(formula string) string) {
	row := c.s.Last() + 1
	c.add(name, run, here, difference.Formula(exact(xlsx.At(3, row)+"-"+xlsx.At(2, row))))
}

func (c *control) verdict(format string, equal bool) xlsx.StyleID {
	colour := book.Red
	if equal {
		colour = book.Green
	}
	return c.Row(book.Tone{Bold: true, Colour: colour}).Right(format)
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
	columns := book.Shown(c.Book, deadlineColumns)
	amount, unit := book.Position(columns, book.ColumnAmount), max(book.Position(columns, book.ColumnCurrency), 1)
	var terms []string
	for _, rows := range c.due {
		switch {
		case rows.Empty():
		case len(c.Currencies) == 1:
			terms = append(terms, "SUM("+rows.Column(amount)+")")
		default:
			terms = append(terms, fmt.Sprintf(`SUMIF(%s,"%s",%s)`, rows.Column(unit), book.Code(currency), rows.Column(amount)))
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
	c.amounts(c.Say("취소기한 미도래 금액", "Money with a deadline ahead"), currency, summed, listed, strings.Join(terms, "+"))
}

// merchant draws what one run says about itself.
func (c *control) merchant(s Snapshot) {
	c.heading(c.Lang.Fill(book.Label{"대사 실행 내역 — {1}", "The run — {1}"}, xlsx.Clean(s.Run.MID)))
	c.facts(s)
	c.gaps(s)
	c.capture(s)
	c.paidOut(s)
	c.windows(s.Run)
	c.calls(s.Run)
	c.methods(s.Run)
	c.totals(s.Run)
}

func (c *control) fact(name, value string) { c.s.Span(2, 6, c.add(name), c.r.Label(value)) }

func (c *control) counts(name string, n int64) {
	c.s.Span(3, 6, c.add(name, c.r.Number(n)), c.r.Blank())
}

func (c *control) facts(s Snapshot) {
	run := s.Run
	c.fact(c.Lang.Of(labelRun), run.ID)
	c.fact(c.Say("작업 구분", "Job"), book.LookUp(c.Lang, jobLabels, run.Job))
	c.fact(c.Say("대사 기준일", "Business date"), c.Lang.Day(run.Day))
	c.fact(c.Say("실행일시", "Instant of the run"), c.Lang.Moment(run.Now))
	c.fact(c.Say("완료", "Complete"), c.Lang.YesNo(run.Complete))
	c.fact(c.Lang.Of(labelHead), s.JournalHead)
	c.fact(c.Say("설정 해시", "Configuration"), s.Config)
	c.fact(c.Lang.Of(labelForm), formOf(c.night.snapshots))
	for _, next := range s.NextRefunds {
		c.fact(c.Say("다음 환불 실행 예정", "Next refund run"), c.Lang.Moment(next))
	}
	if unread(s) {
		return
	}
	c.counts(c.Say("대사 대상", "Compared"), run.Touched)
	c.counts(c.Say("일치", "Agree"), run.Matched)
	c.counts(c.Say("결제 조회 대상", "Suspects"), run.Suspects)
	c.counts(c.Say("결제 조회 완료", "Looked up"), run.LookedUp)
	c.counts(c.Say("결제 미조회", "Not looked up"), run.NotLookedUp)
	c.counts(c.Say("표본 검증", "Sample looked up"), run.Sample.LookedUp)
	c.counts(c.Say("표본 일치", "Sample agreed"), run.Sample.Agreed)
	c.counts(c.Say("타 PG 주문", "Orders of another payment company"), run.OtherPG)
	c.counts(c.Say("0원 주문", "Orders of nothing"), run.ZeroAmount)
	c.counts(c.Say("미등록 가맹점 거래", "Rows of an unknown MID"), run.UnknownMID)
	c.counts(c.Say("금일 대사 환불 요청", "Refunds proposed"), run.Proposed)
}

func (c *control) gaps(s Snapshot) {
	if len(s.Run.Gaps) == 0 {
		return
	}
	c.table(book.Label{"미조회 내역", "Not read"}, book.Label{"", ""}, book.Label{"", ""}, book.Label{"", ""}, book.Label{"", ""}, book.Label{"", ""})
	alarm := c.Row(book.Tone{Colour: book.Red, Wrap: true}).Left("@")
	log := c.Styled(func(s *book.Style) { s.Below, s.Color, s.Size, s.Wrap = book.Hair, book.Grey, 8, true })
	for _, gap := range s.Run.Gaps {
		value := xlsx.Clean(gapPart(c.Lang, gap) + " — " + gapReason(c.Lang, gap))
		row := c.s.Add(18*xlsx.Lines(value, 90), xlsx.Text(alarm, book.LookUp(c.Lang, book.SideLabels, gap.Side)))
		c.s.Span(2, 6, row, xlsx.Text(alarm, value))
		value = xlsx.Clean(gap.What + " — " + gap.Why)
		row = c.s.Add(14*xlsx.Lines(value, 110), xlsx.Text(log, c.Say("원문(로그)", "as in the log")))
		c.s.Span(2, 6, row, xlsx.Text(log, value))
	}
}

// capture counts the refund accounts that were saved while Toss showed them.
func (c *control) capture(s Snapshot) {
	f := s.Capture
	if f == nil {
		return
	}
	c.table(book.Label{"환불계좌 수집", "Refund accounts"}, book.Label{"건수", "Number"})
	row := func(name string, n int) { c.add(name, c.r.Number(int64(n))) }
	row(c.Say("수집", "Captured"), f.Captured)
	row(c.Say("별도 접수", "Given in other ways"), f.Given)
	row(c.Say("대기", "Waiting"), f.Waiting)
	for _, why := range sortedKeys(f.Reasons) {
		row(c.Lang.Fill(book.Label{"누락 — {1}", "Missed — {1}"}, book.LookUp(c.Lang, book.CaptureLabels, why)), f.Reasons[why])
	}
	if f.Captured > 0 {
		row(c.Say("수집 시 잔여시간 중앙값(분)", "Minutes left, median"), int(f.P(50)/time.Minute))
		row(c.Say("수집 시 잔여시간 하위 5%(분)", "Minutes left, exceeded by 95 %"), int(f.P(95)/time.Minute))
	}
}

func (c *control) windows(run reconcile.Run) {
	if len(run.Windows) == 0 {
		return
	}
	c.table(book.Label{"조회한 거래일", "Windows read"}, book.Label{"페이지", "Pages"}, book.Label{"거래 건수", "Rows"}, book.Label{"재조회", "Read again"})
	var sum reconcile.Window
	for _, w := range run.Windows {
		sum.Pages, sum.Rows = sum.Pages+w.Pages, sum.Rows+w.Rows
		c.windowRow(c.Lang.Day(w.Day), w, c.Lang.YesNo(w.Reread))
	}
	if len(run.Windows) > 1 {
		c.windowRow(c.Lang.Of(sumLabel), sum, "")
	}
}

func (c *control) windowRow(name string, w reconcile.Window, reread string) {
	c.add(name, c.r.Number(int64(w.Pages)), c.r.Number(w.Rows), c.r.Says(reread))
}

func (c *control) calls(run reconcile.Run) {
	if len(run.CallsByAPI) == 0 {
		return
	}
	c.table(book.Label{"토스 API 호출", "Toss calls"}, book.Label{"횟수", "Calls"})
	var sum int64
	for _, api := range sortedKeys(run.CallsByAPI) {
		sum += run.CallsByAPI[api]
		c.add(book.LookUp(c.Lang, apiLabels, api), c.r.Number(run.CallsByAPI[api]))
	}
	c.add(c.Lang.Of(sumLabel), c.r.Number(sum))
}

func (c *control) methods(run reconcile.Run) {
	if len(run.ByMethod) == 0 {
		return
	}
	c.table(columnMethod, book.Label{"통화", "Currency"}, book.Label{"거래 건수", "Rows"}, book.Label{"승인금액", "Approved"}, book.Label{"취소 거래", "Cancel rows"})
	for _, m := range run.ByMethod {
		c.add(methodName(c.Book, m.Method), c.r.Says(book.Code(m.Currency)), c.r.Number(m.Rows), c.r.Money(m.Currency, m.Approved), c.r.Number(m.Canceled))
	}
}

func (c *control) totals(run reconcile.Run) {
	if len(run.Totals) == 0 {
		return
	}
	c.table(book.Label{"합계", "Totals"}, columnShop, columnProvider, book.Label{"원인 확인 차이", "Explained"}, book.Label{"시점 차이(포함)", "Of it timing"}, unexplainedLabel)
	for _, t := range run.Totals {
		timing := int64(0)
		for _, l := range c.night.own {
			if l.MID == run.MID && l.Currency == t.Currency {
				timing = l.Timing.Net
			}
		}
		c.add(book.Code(t.Currency), c.r.Money(t.Currency, t.Shop), c.r.Money(t.Currency, t.Provider),
			c.r.Over(t.Currency, t.Explained), c.r.Over(t.Currency, timing), c.r.Check(t.Currency, t.Unexplained))
	}
}

// apiLabels are the provider's interfaces as the run counts them.
var apiLabels = map[string]book.Label{
	"transactions": {"거래 조회 (transactions)", "Transaction list"},
	"payment":      {"결제 조회 (paymentKey)", "Payment by key"},
	"order":        {"결제 조회 (orderId)", "Payment by order"},
	"settlements":  {"정산 조회 (settlements)", "Settlements"},
}

// jobLabels are what a run was for.
var jobLabels = map[string]book.Label{
	reconcile.JobNightly:   {"일일 대사", "Nightly"},
	reconcile.JobReconcile: {"대사(환불 제안 없음)", "Reconcile, proposes nothing"},
	reconcile.JobMonthEnd:  {"월말 휴대폰 결제 점검", "Month-end phone payments"},
	reconcile.JobEvents:    {"웹훅 주문 대사", "Orders of webhooks"},
}
