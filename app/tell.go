package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"daesa/internal/notify"
	"daesa/jobs"
	"daesa/pay"
	"daesa/refunds"
	"daesa/reports"
	"daesa/reports/book"
	"daesa/settle"
)

// Alerts remember what was told at once, for all processes.
type Alerts interface {
	// RaiseAlert says whether an alert is to be told: it was not within quiet.
	RaiseAlert(ctx context.Context, alert string, now time.Time, quiet time.Duration) (bool, error)
	// WithdrawAlert takes one back that nobody heard.
	WithdrawAlert(ctx context.Context, alert string, told time.Time) error
}

// alertQuiet is how long the same alert is not told again.
const alertQuiet = time.Hour

// Teller tells people what the work came to. It never fails a command and never
// changes how one ended: that somebody could not be told is a warning.
type Teller struct {
	Addresses []string // of notify; they are secrets. None: nobody is told
	Heartbeat string   // address of the watcher, a secret; "": there is none
	Korean    bool     // the language of what is told, else English
	Alerts    Alerts
	Now       func() time.Time
	Warn      Warn
	Log       *slog.Logger
}

// Addresses are those that a setting names, with white space between two.
func Addresses(setting string) []string { return notify.Split(setting) }

// Silent says that there is nobody to tell.
func (t *Teller) Silent() bool { return len(t.Addresses) == 0 && t.Heartbeat == "" }

// text is a sentence in the language of the reports.
func (t *Teller) text(ko, en string, values ...any) string {
	if t.Korean {
		return fmt.Sprintf(ko, values...)
	}
	return fmt.Sprintf(en, values...)
}

// alert tells people at once what cannot wait for the night's message. The same
// key is not told again within the hour, by whatever process, unless nobody
// could be told.
func (t *Teller) alert(ctx context.Context, key, title, text string) {
	if len(t.Addresses) == 0 {
		return
	}
	now := t.Now()
	raise, err := t.Alerts.RaiseAlert(ctx, key, now, alertQuiet)
	if err == nil && !raise {
		t.Log.Info("alert was told within the hour", "alert", key)
		return
	}
	if err != nil {
		t.Warn(fmt.Sprintf("that people were told cannot be remembered, so that they may be told again: %v", err), "")
	}
	t.Log.Info("alert", "alert", key)
	if reached := t.send(ctx, title, text); reached || err != nil {
		return
	}
	if err := t.Alerts.WithdrawAlert(context.WithoutCancel(ctx), key, now); err != nil {
		t.Warn(fmt.Sprintf("that nobody could be told cannot be remembered: %v", err), "")
	}
}

// send tells all addresses, and says whether any took it.
func (t *Teller) send(ctx context.Context, title, text string) bool {
	if len(t.Addresses) == 0 {
		return false
	}
	failures := Failures(notify.Send(ctx, t.Addresses, title, text))
	for _, failure := range failures {
		t.Warn(fmt.Sprintf("nobody was told there: %v (daesa doctor checks the addresses of notify)", failure), "")
		t.Log.Info("notification failed", "error", failure.Error())
	}
	return len(failures) < len(t.Addresses)
}

// Failures parts the joined error of a notification.
func Failures(err error) []error {
	var joined interface{ Unwrap() []error }
	switch {
	case err == nil:
		return nil
	case errors.As(err, &joined):
		return joined.Unwrap()
	default:
		return []error{err}
	}
}

// NightNews is what a business date came to.
type NightNews struct {
	Job       string
	Day       pay.Day
	Snapshots []reports.Snapshot // of every merchant that has one
	Expected  []string           // every configured merchant
	Workbook  string             // its place
	Refused   []string           // merchants whose secret key is not accepted
	Months    []MonthNews        // how the month before stands, in the first week of a month
}

// MonthNews is how a month of one merchant and currency stands.
type MonthNews struct {
	Month    settle.Month
	MID      string
	Currency pay.Currency
	State    settle.MonthState
	Closing  int64
	Reasons  int // what keeps it from being closed
}

// Night sends the message of a business date, and says whether the date is
// complete for every merchant. On the last day of a month it is an alert, and
// only where something runs out or could not be read.
func (t *Teller) Night(ctx context.Context, news NightNews) (complete bool) {
	if t.Silent() {
		return false
	}
	language := "en"
	if t.Korean {
		language = "ko"
	}
	monthEnd := news.Job == jobs.JobMonthEnd
	note, err := reports.Brief(news.Snapshots, reports.BriefOptions{Language: language, Expected: news.Expected, Workbook: news.Workbook, MonthEnd: monthEnd})
	if err != nil {
		t.Warn(fmt.Sprintf("the night's message could not be written: %v", err), "")
		return false
	}
	t.Keys(ctx, news.Refused)
	switch {
	case !monthEnd:
		t.send(ctx, note.Title, note.Text+t.months(language, news.Months))
	case note.DueToday > 0 || !note.Complete:
		t.alert(ctx, "month_end/"+string(news.Day), note.Title, note.Text)
	}
	return note.Complete
}

// months are the lines about the month before.
func (t *Teller) months(language string, news []MonthNews) string {
	text := ""
	for _, m := range news {
		state := string(m.State)
		if l, err := book.LanguageOf(language); err == nil {
			state = l.Month(m.State)
		}
		text += "\n" + t.text("%s 월 마감 %s: %s · 기말 미수금 %s · 확인할 사항 %d건", "Month %s %s: %s, closing %s, %d things to see to",
			m.Month, m.MID, state, m.Currency.Spell(m.Closing), m.Reasons)
	}
	return text
}

// FailedNight tells that a night could not be written at all: no message of its
// own comes.
func (t *Teller) FailedNight(ctx context.Context, refused []string) {
	t.Keys(ctx, refused)
	t.alert(ctx, "nightly/failed", t.text("대사 실행 실패", "The night failed"),
		t.text("금일 대사를 완료하지 못했습니다. 서버 로그와 daesa runs list를 확인한 뒤 daesa nightly를 다시 실행하십시오. 재실행해도 안전합니다.",
			"Tonight's reconciliation could not be finished. Look at the log and at daesa runs list, then run daesa nightly again; that is safe."))
}

// FailedJob tells that a job of the schedule failed.
func (t *Teller) FailedJob(ctx context.Context, job string) {
	t.alert(ctx, "job/"+job, t.text("daesa 작업 실패: %s", "daesa: the job %s failed", job),
		t.text("작업 %s이(가) 실패했습니다. 로그에 이유가 있고, daesa doctor가 할 일을 알려 줍니다. 다음 예정 시각에 다시 실행됩니다.",
			"The job %s failed. Its log says why, daesa doctor says what to do. It runs again at its next time.", job))
}

// Counter counts the requests of a merchant by their state; mid "": of all.
type Counter interface {
	CountStates(ctx context.Context, mid string) (map[refunds.State]int64, error)
}

// Refunds tells at once of outcomes that a run left unknown or held, and of keys
// that are not accepted. mid is the merchant of the run; "": of all.
func (t *Teller) Refunds(ctx context.Context, s jobs.RefundSummary, counter Counter, mid string) {
	var refused []string
	for name, why := range s.Unasked {
		if why == refunds.WhyKeyRefused {
			refused = append(refused, name)
		}
	}
	slices.Sort(refused)
	t.Keys(ctx, refused)
	if s.States[refunds.StateUnknown]+s.States[refunds.StateHeld] == 0 || len(t.Addresses) == 0 {
		return
	}
	counts, err := counter.CountStates(ctx, mid)
	if err != nil {
		t.Warn(fmt.Sprintf("unknown refunds could not be counted for a notification: %v", err), "")
		return
	}
	unknown, held := counts[refunds.StateUnknown], counts[refunds.StateHeld]
	t.alert(ctx, fmt.Sprintf("refunds/unknown=%d/held=%d", unknown, held),
		t.text("환불 확인 필요: 결과 미확인 %d건 · 확인 필요 %d건", "Refunds to look at: %d unknown, %d held", unknown, held),
		t.text("결과 미확인 건은 다음 환불 실행 시 재조회합니다. 확인 필요 건은 토스 상점관리자에서 확인한 뒤 daesa refunds resolve로 확정하십시오. 중복 환불될 수 있으므로 같은 환불을 수기로 다시 처리하지 마십시오.",
			"What is unknown is looked up again by the next run. What is held waits for a person: look at it in Toss's console, then daesa refunds resolve. Do not repeat such a refund by hand: it may be paid twice."))
}

// Capture tells at once that accounts were missed, or that the provider or the
// shop could not be asked for them.
func (t *Teller) Capture(ctx context.Context, s jobs.CaptureSummary, captured Captured, merchants []string, now time.Time) {
	if len(t.Addresses) == 0 {
		return
	}
	refused := s.KeysRefused()
	t.Keys(ctx, refused)
	if len(s.Gaps) > 0 && len(refused) == 0 {
		t.alert(ctx, "capture/gaps", t.text("환불계좌 수집 중단", "Refund accounts cannot be captured"),
			t.text("환불계좌 수집 중 %d건을 조회하지 못했습니다. 계좌는 30분간만 조회됩니다. daesa doctor로 확인하십시오.",
				"Of what the capture asks for, %d could not be asked. Accounts are shown for thirty minutes only. Run daesa doctor.", len(s.Gaps)))
	}
	if s.Missed == 0 {
		return
	}
	missed := 0
	for _, mid := range merchants {
		figures, err := captured.Captures(ctx, mid, now.Add(-CaptureSpan), now.Add(refunds.AccountShown))
		if err != nil {
			t.Warn(fmt.Sprintf("missed accounts could not be counted for a notification: %v", err), "")
			return
		}
		missed += figures.Missed - figures.Reasons[refunds.CaptureNotShown]
	}
	if missed > 0 {
		t.alert(ctx, fmt.Sprintf("capture/missed=%d", missed), t.text("환불계좌 누락: 최근 24시간 %d건", "Refund accounts missed: %d within a day", missed),
			t.text("가상계좌 환불계좌를 수집하지 못했습니다. 환불하려면 고객에게 계좌를 받아야 합니다. 목록: daesa accounts list --state missed",
				"Refund accounts of virtual accounts were not saved: to refund, the customer has to be asked. The list: daesa accounts list --state missed"))
	}
}

// Keys tells at once of merchants whose secret key Toss refuses: until it is
// mended nothing of theirs is read or refunded.
func (t *Teller) Keys(ctx context.Context, refused []string) {
	for _, mid := range refused {
		t.alert(ctx, "key/"+mid, t.text("토스 시크릿 키 인증 실패: %s", "Toss refuses the secret key of %s", mid),
			t.text("가맹점 %s의 시크릿 키가 인증되지 않았습니다. 해결될 때까지 이 가맹점의 대사와 환불이 중단됩니다. 개발자센터에서 키를 확인하고 daesa doctor를 실행하십시오.",
				"Toss does not accept the secret key of merchant %s. Until it is mended nothing of it is compared or refunded. Check the key in the developer centre, then run daesa doctor.", mid))
	}
}
