package reports

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports/book"
)

// BriefOptions are what a message about a night can be asked for.
type BriefOptions struct {
	Language string   // ko (also "") or en
	Expected []string // the configured merchants: one without a snapshot is named as absent
	Workbook string   // where the workbook lies; "": it is not named
	MonthEnd bool     // the night is of phone payments on the last day of their month
}

// Note is a night in a few lines, for people who are not at their desk. It
// names merchants, counts and sums, and nothing of an order or a customer: it
// passes through the hands of others.
type Note struct {
	Title, Text string
	Complete    bool  // of every expected merchant
	DueToday    int64 // refunds whose last day to cancel is that of the run
}

// Brief says in a few lines what a workbook says on its first page, from the
// same snapshots. It fails where Write does.
func Brief(snapshots []Snapshot, opts BriefOptions) (Note, error) {
	l, err := book.LanguageOf(opts.Language)
	if err != nil {
		return Note{}, fmt.Errorf("message: %w", err)
	}
	if len(snapshots) == 0 {
		return Note{}, errors.New("message: it needs at least one merchant's night")
	}
	n, err := newNight(snapshots, opts.Expected)
	if err != nil {
		return Note{}, fmt.Errorf("message: %w", err)
	}
	b, err := newNightBook(n, l)
	if err != nil {
		return Note{}, fmt.Errorf("message: %w", err)
	}
	note := brief{b, opts}
	return Note{Title: note.title(), Text: note.text(), Complete: n.complete(), DueToday: b.stakes[bucketToday].count}, nil
}

// brief writes the message. Its figures are those of the summary.
type brief struct {
	*nightBook
	opts BriefOptions
}

func (b brief) title() string {
	what := b.Say("일일 대사", "Reconciliation of")
	if b.opts.MonthEnd {
		what = b.Say("월말 휴대폰 결제", "Month-end phone payments of")
	}
	return what + " " + string(b.night.day) + " " + b.state()
}

func (b brief) text() string {
	lines := []string{b.Say("대사 기준일 ", "Business date ") + b.Lang.Day(b.night.day) + b.merchantNames()}
	lines = append(lines, b.missing()...)
	if !b.night.nothingRead() {
		lines = append(lines, b.alarms()...)
		lines = append(lines, b.dayLines()...)
		lines = append(lines, b.unexplainedLine(), b.breaksLine())
		lines = append(lines, b.deadlineLines()...)
		lines = append(lines, b.refundLines()...)
		lines = append(lines, b.waitLines()...)
		lines = append(lines, b.accountsLine()...)
	} else { // what waits is the database's, and does not wait for Toss to be back
		lines = append(lines, b.waitLines()...)
	}
	if b.Several || len(b.night.absent) > 0 {
		lines = append(lines, b.merchantLines()...)
	}
	return strings.Join(append(lines, b.anchors()...), "\n")
}

// merchantNames names one merchant, or says how many there are.
func (b brief) merchantNames() string {
	if b.Several {
		return b.Lang.Fill(book.Label{" · 가맹점 {1}곳", " · {1} merchants"}, b.Number(int64(len(b.everyMID()))))
	}
	return b.Say(" · 가맹점 ", " · merchant ") + b.night.mids()
}

func (b brief) everyMID() []string {
	var mids []string
	for _, s := range b.night.snapshots {
		mids = append(mids, s.Run.MID)
	}
	return append(mids, b.night.absentUnlisted()...)
}

// mostMissing keeps the message short; the workbook has all.
const mostMissing = 5

// missing names what could not be read. It leaves out the reasons, which quote
// records.
func (b brief) missing() []string {
	if b.night.complete() {
		return nil
	}
	var parts []string
	for _, s := range b.night.snapshots {
		if !unread(s) {
			parts = append(parts, b.gaps(s.Run)...)
		}
	}
	line := b.Say("⚠ 미완료: 미조회 건은 '없음'으로 판단하지 않았습니다", "⚠ Incomplete: what could not be read is not called missing")
	if len(parts) == 0 {
		return []string{line}
	}
	more := ""
	if len(parts) > mostMissing {
		more = b.Lang.Fill(book.Label{" 외 {1}건", " and {1} more"}, b.Number(int64(len(parts)-mostMissing)))
		parts = parts[:mostMissing]
	}
	return []string{line, b.Say("  미조회: ", "  not read: ") + strings.Join(parts, ", ") + more}
}

// gaps names the parts of a run that could not be read. It counts orders instead of
// naming them: order numbers do not belong into a message.
func (b brief) gaps(run reconcile.Run) []string {
	whose := ""
	if b.Several {
		whose = xlsx.Clean(run.MID) + " "
	}
	var parts []string
	lost := int64(0)
	for _, gap := range run.Gaps {
		switch {
		case gap.Cause == nil: // what it names may be an order
			parts = append(parts, whose+book.LookUp(b.Lang, book.SideLabels, gap.Side))
		case gap.Cause.Part.Kind == reconcile.PartOrder:
			lost++
		default:
			parts = append(parts, book.Clip(whose+xlsx.Clean(gapPart(b.Lang, gap))))
		}
	}
	if lost > 0 {
		parts = append(parts, whose+b.Lang.Fill(book.Label{"토스 결제 조회 {1}건", "look-ups of {1} orders"}, b.Number(lost)))
	}
	return parts
}

// alarms are the merchants whose night is suspect.
func (b brief) alarms() []string {
	var lines []string
	for _, s := range b.night.snapshots {
		if len(s.Run.Suspect) > 0 {
			lines = append(lines, b.alarm(s))
		}
	}
	return lines
}

// dayLines compare shop and Toss on the date itself, in each currency in which
// something moved.
func (b brief) dayLines() []string {
	if b.night.money == nil {
		return nil
	}
	var lines []string
	for _, currency := range b.dayCurrencies() {
		shop, toss := b.daySums(currency)
		line := b.Say("당일 순결제금액: 쇼핑몰 ", "Net of the date: shop ") + book.Spell(currency, shop.Net()) + b.Say(" · 토스 ", " · Toss ")
		if !b.night.money.Listed {
			lines = append(lines, line+b.Lang.Of(notReadLabel))
			continue
		}
		line += book.Spell(currency, toss.Net()) + b.Say(" · 차이 ", " · difference ") + book.Signed(currency, shop.Net()-toss.Net())
		if toss.Unproven > 0 {
			line += b.Lang.Fill(book.Label{" (취소 {1}건 금액 미확인)", " ({1} cancels of unproven amount)"}, b.Number(toss.Unproven))
		}
		lines = append(lines, line)
	}
	return lines
}

func (b brief) unexplainedLine() string {
	var parts []string
	for _, l := range b.night.bridges {
		parts = append(parts, book.Spell(l.Currency, l.Unexplained()))
	}
	mark := " ✓"
	switch {
	case b.unexplained():
		mark = b.Say(" ← 확인 필요", " ← look at it")
	case !b.night.complete():
		mark = b.Say(" (조회 범위 내)", " (of what could be read)")
	}
	return b.Lang.Of(unexplainedLabel) + ": " + strings.Join(parts, ", ") + mark
}

func (b brief) breaksLine() string {
	run := b.night.sum
	return b.Lang.Fill(book.Label{"불일치: 신규 {1} · 재발생 {2} · 계속 {3} · 자동 해소 {4}", "Breaks: {1} new · {2} reopened · {3} continuing · {4} cleared"},
		b.Number(run.Opened-run.Reopened), b.Number(run.Reopened), b.Number(openBreaks(run)-run.Opened), b.Number(run.Cleared))
}

// deadlineLines: each span holds the ones before it.
func (b brief) deadlineLines() []string {
	bankDay := pay.DayOf(b.night.now).AddBankDays(1)
	spans := []struct {
		name book.Label
		in   func(Deadline) bool
	}{
		{book.Label{"오늘", "today"}, func(d Deadline) bool { return b.night.daysLeft(d) == bucketToday }},
		{book.Label{"익영업일 {1}까지", "up to bank day {1}"}, func(d Deadline) bool { return !d.CancelBy.IsZero() && d.CancelBy.Before(bankDay.End()) }},
		{book.Label{"7일 이내", "within 7 days"}, func(d Deadline) bool { return b.night.daysLeft(d).soon() }},
	}
	var parts []string
	for _, span := range spans {
		if sum := b.night.sumOf(span.in); sum.count > 0 {
			parts = append(parts, b.Lang.Fill(span.name, b.Lang.Day(bankDay)[5:])+" "+b.stake(sum))
		}
	}
	if len(parts) == 0 {
		parts = []string{b.Say("7일 이내 없음", "none within 7 days")}
	}
	lines := []string{b.Say("취소기한: ", "Cancel deadlines: ") + strings.Join(parts, " · ")}
	if b.opts.MonthEnd && b.stakes[bucketToday].count > 0 {
		lines = append(lines, b.Say("⚠ 휴대폰 결제는 당월에만 취소할 수 있습니다. 오늘 23:59:59 전에 결재하고 환불하십시오.",
			"⚠ A phone payment can be cancelled until 23:59:59 today only. Approve and refund before."))
	}
	if lost := b.stakes[bucketLost]; lost.count > 0 {
		lines = append(lines, b.Lang.Of(bucketLabels[bucketLost])+": "+b.stake(lost))
	}
	if late := b.night.sumOf(func(d Deadline) bool { return d.TooLate }); late.count > 0 {
		lines = append(lines, b.Say("⚠ 다음 환불 실행 전 기한 도래: ", "⚠ Run out before the next planned refund run: ")+b.stake(late))
	}
	return lines
}

// stake writes an amount, won first and each currency apart, and the number of
// refunds.
func (b brief) stake(s stake) string {
	var sums []string
	for _, currency := range b.Currencies {
		if s.money[currency] != 0 || currency == pay.KRW && len(s.money) == 0 {
			sums = append(sums, book.Spell(currency, s.money[currency]))
		}
	}
	return b.Lang.Fill(book.Label{"{1} ({2}건)", "{1} ({2})"}, strings.Join(sums, ", "), b.Number(s.count))
}

// refundLines: what waits for a person, and what nobody knows.
func (b brief) refundLines() []string {
	var parts []string
	for _, state := range []refunds.State{refunds.StateRequested, refunds.StateNeedsAccount, refunds.StateUnknown, refunds.StateHeld} {
		number := b.night.sum.Refunds[string(state)]
		if number == 0 {
			continue
		}
		sum := stake{count: number, money: map[pay.Currency]int64{}}
		for _, r := range b.night.refunds {
			if r.State == state {
				sum.money[r.Currency] += r.Amount
			}
		}
		parts = append(parts, b.Lang.Refund(state, pay.MethodUnknown)+" "+b.stake(sum))
	}
	if len(parts) == 0 {
		return []string{b.Say("환불: 대기 없음", "Refunds: none waits")}
	}
	return []string{b.Say("환불: ", "Refunds: ") + strings.Join(parts, " · ")}
}

// accountsLine counts the refund accounts that Toss showed and nobody saved. An
// account that the buyer never gave does not count.
func (b brief) accountsLine() []string {
	missed := 0
	for _, s := range b.night.snapshots {
		if s.Capture != nil {
			missed += s.Capture.Missed - s.Capture.Reasons[refunds.CaptureNotShown]
		}
	}
	if missed == 0 {
		return nil
	}
	return []string{b.Lang.Fill(book.Label{"가상계좌 환불계좌 누락: {1}건", "Refund accounts missed: {1}"}, b.Number(int64(missed)))}
}

// mostMerchants is how many merchants have a line of their own.
const mostMerchants = 30

// merchantLines: one for each merchant, those that could not be read first.
func (b brief) merchantLines() []string {
	var lines []string
	for _, mid := range b.night.absent {
		lines = append(lines, "· "+xlsx.Clean(mid)+": "+b.Say("✕ 미조회", "✕ could not be read"))
	}
	for _, s := range b.night.snapshots {
		if !unread(s) {
			lines = append(lines, b.merchantLine(s.Run))
		}
	}
	if len(lines) > mostMerchants {
		more := b.Lang.Fill(book.Label{"· 외 {1}곳", "· and {1} more"}, b.Number(int64(len(lines)-mostMerchants)))
		lines = append(lines[:mostMerchants], more)
	}
	return lines
}

func (b brief) merchantLine(run reconcile.Run) string {
	state := b.Say("완료", "complete")
	if !run.Complete {
		state = b.Say("미완료", "incomplete")
	}
	var apart []string
	for _, l := range b.night.own {
		if l.MID == run.MID && l.Unexplained() != 0 {
			apart = append(apart, book.Spell(l.Currency, l.Unexplained()))
		}
	}
	if apart == nil {
		apart = []string{book.Spell(b.Currencies[0], 0)}
	}
	return "· " + xlsx.Clean(run.MID) + ": " + state + b.Lang.Fill(book.Label{" · 원인 미확인 차이 {1} · 확인 필요 {2}건", " · unexplained {1} · {2} to look at"},
		strings.Join(apart, ", "), b.Number(openBreaks(run)))
}

// anchors name the workbook, the journal head and the runs.
func (b brief) anchors() []string {
	var lines []string
	if b.opts.Workbook != "" {
		lines = append(lines, b.Say("보고서: ", "Workbook: ")+xlsx.Clean(b.opts.Workbook))
	}
	var runs []string
	head := Snapshot{}
	for _, s := range b.night.snapshots {
		if unread(s) {
			continue
		}
		runs = append(runs, s.Run.ID)
		if head.JournalHead == "" || s.Run.Now.After(head.Run.Now) {
			head = s
		}
	}
	if head.JournalHead != "" {
		lines = append(lines, b.Lang.Of(labelHead)+": "+head.JournalHead)
	}
	if len(runs) > 0 {
		slices.Sort(runs)
		lines = append(lines, b.Say("실행 ID: ", "Run: ")+strings.Join(runs[:min(len(runs), mostMissing)], ", "))
	}
	return lines
}
