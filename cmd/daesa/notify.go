package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"daesa/config"
	"daesa/internal/notify"
	"daesa/jobs"
	"daesa/pay"
	"daesa/refunds"
	"daesa/reports"
	"daesa/store"
)

// What is here never fails a command and never changes its exit code: that
// somebody could not be told is a warning.

// alertQuiet is how long the same alert is not told again.
const alertQuiet = time.Hour

// alert tells people at once what cannot wait for the night's message. The same
// key is not told again within the hour, by whatever process, unless nobody
// could be told.
func (a *app) alert(ctx context.Context, cfg *config.Config, db *store.DB, key, title, text string) {
	if !cfg.Notify.URLs.IsSet() {
		return
	}
	now, err := a.now()
	if err != nil {
		return // said when the command began
	}
	raise, err := db.RaiseAlert(ctx, key, now, alertQuiet)
	if err == nil && !raise {
		a.log.Info("alert was told within the hour", "alert", key)
		return
	}
	if err != nil {
		a.warn("that people were told cannot be remembered, so that they may be told again: %v", err)
	}
	a.log.Info("alert", "alert", key)
	if reached := a.tell(ctx, cfg, title, text); reached || err != nil {
		return
	}
	if err := db.WithdrawAlert(context.WithoutCancel(ctx), key, now); err != nil {
		a.warn("that nobody could be told cannot be remembered: %v", err)
	}
}

// tell sends a message to all addresses, and says whether any took it.
func (a *app) tell(ctx context.Context, cfg *config.Config, title, text string) bool {
	if !cfg.Notify.URLs.IsSet() {
		return false
	}
	urls := notify.Split(cfg.Notify.URLs.Reveal())
	failures := failuresOf(notify.Send(ctx, urls, title, text))
	for _, failure := range failures {
		a.warn("nobody was told there: %v (daesa doctor checks the addresses of notify)", failure)
		a.log.Info("notification failed", "error", failure.Error())
	}
	return len(failures) < len(urls)
}

// failuresOf parts the joined error of a notification.
func failuresOf(err error) []error {
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

// inLanguage is a sentence in the language of the reports.
func inLanguage(cfg *config.Config, ko, en string, values ...any) string {
	if cfg.Reports.Language == config.English {
		return fmt.Sprintf(en, values...)
	}
	return fmt.Sprintf(ko, values...)
}

// tellNight sends the message of a business date of all configured merchants,
// and notes whether the watcher is to hear of it. ran are the merchants of this
// command; of the others it is what is stored.
func (a *app) tellNight(ctx context.Context, n *nights, job string, day pay.Day, ran []reports.Snapshot, workbook string) {
	if !n.cfg.Notify.URLs.IsSet() && !n.cfg.Notify.HeartbeatURL.IsSet() {
		return
	}
	night := slices.Clone(ran)
	others := slices.DeleteFunc(slices.Clone(n.cfg.Merchants), func(m config.Merchant) bool {
		return slices.ContainsFunc(ran, func(s reports.Snapshot) bool { return s.Run.MID == m.MID })
	})
	stored, err := a.loadNight(ctx, &nights{db: n.db, merchants: others}, job, day)
	if err != nil {
		a.warn("the night's message lacks the merchants that did not run now: %v", err)
	}
	night = append(night, stored...)
	note, err := reports.Brief(night, reports.BriefOptions{Language: n.cfg.Reports.Language, Expected: mids(n.cfg), Workbook: workbook, MonthEnd: job == jobs.JobMonthEnd})
	if err != nil {
		a.warn("the night's message could not be written: %v", err)
		return
	}
	a.tellKey(ctx, n.cfg, n.db, sortedKeys(n.refused))
	if job == jobs.JobMonthEnd {
		if note.DueToday > 0 || !note.Complete {
			a.alert(ctx, n.cfg, n.db, "month_end/"+string(day), note.Title, note.Text)
		}
		return
	}
	a.tell(ctx, n.cfg, note.Title, note.Text)
	n.whole = day == n.today.Add(-1) && note.Complete && n.kept == nil
}

// tellFailedNight says that a night could not be written at all: no message of
// its own will come.
func (a *app) tellFailedNight(ctx context.Context, n *nights, failure error) {
	var wrong *coded
	if ctx.Err() != nil || errors.As(failure, &wrong) {
		return // stopped, or called wrongly, by somebody who sees it
	}
	a.tellKey(ctx, n.cfg, n.db, sortedKeys(n.refused))
	a.alert(ctx, n.cfg, n.db, "nightly/failed", inLanguage(n.cfg, "대사 실행 실패", "The night failed"),
		inLanguage(n.cfg, "금일 대사를 완료하지 못했습니다. 서버 로그와 daesa runs list를 확인한 뒤 daesa nightly를 다시 실행하십시오. 재실행해도 안전합니다.",
			"Tonight's reconciliation could not be finished. Look at the log and at daesa runs list, then run daesa nightly again; that is safe."))
}

// heartbeatTime is how long the call of a heartbeat may take.
const heartbeatTime = 10 * time.Second

// heartbeat tells a watcher that a night was complete; what it watches for is
// the night on which nobody calls.
func (a *app) heartbeat(ctx context.Context, cfg *config.Config) {
	if !cfg.Notify.HeartbeatURL.IsSet() {
		return
	}
	if err := callHeartbeat(ctx, cfg.Notify.HeartbeatURL.Reveal()); err != nil {
		a.warn("the heartbeat was not called: %v (notify.heartbeat_url)", err)
		a.log.Info("heartbeat failed", "error", err.Error())
	}
}

// callHeartbeat calls an address, and never repeats it in an error.
func callHeartbeat(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return errors.New("its address is none")
	}
	client := &http.Client{Timeout: heartbeatTime}
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	var wrapped *url.Error
	switch {
	case errors.As(err, &wrapped) && wrapped.Timeout():
		return fmt.Errorf("no answer within %s", heartbeatTime)
	case err != nil:
		return errors.New("its server could not be reached")
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("its server answered %d", response.StatusCode)
	}
	return nil
}

// tellRefunds tells at once of outcomes that this run left unknown or held, and
// of a key that is not accepted.
func (a *app) tellRefunds(ctx context.Context, cfg *config.Config, db *store.DB, s jobs.RefundSummary) {
	refused := slices.DeleteFunc(sortedKeys(s.Unasked), func(mid string) bool { return s.Unasked[mid] != refunds.WhyKeyRefused })
	a.tellKey(ctx, cfg, db, refused)
	if s.States[refunds.Unknown]+s.States[refunds.HeldState] == 0 || !cfg.Notify.URLs.IsSet() {
		return
	}
	counts, err := db.CountStates(ctx, a.mid)
	if err != nil {
		a.warn("unknown refunds could not be counted for a notification: %v", err)
		return
	}
	unknown, held := counts[refunds.Unknown], counts[refunds.HeldState]
	a.alert(ctx, cfg, db, fmt.Sprintf("refunds/unknown=%d/held=%d", unknown, held),
		inLanguage(cfg, "환불 확인 필요: 결과 미확인 %d건 · 확인 필요 %d건", "Refunds to look at: %d unknown, %d held", unknown, held),
		inLanguage(cfg, "결과 미확인 건은 다음 환불 실행 시 재조회합니다. 확인 필요 건은 토스 상점관리자에서 확인한 뒤 daesa refunds resolve로 확정하십시오. 중복 환불될 수 있으므로 같은 환불을 수기로 다시 처리하지 마십시오.",
			"What is unknown is looked up again by the next run. What is held waits for a person: look at it in Toss's console, then daesa refunds resolve. Do not repeat such a refund by hand: it may be paid twice."))
}

// tellCapture tells at once that accounts were missed, or that the provider or
// the shop could not be asked for them.
func (a *app) tellCapture(ctx context.Context, cfg *config.Config, db *store.DB, s jobs.CaptureSummary, now time.Time) {
	if !cfg.Notify.URLs.IsSet() {
		return
	}
	refused := s.KeysRefused()
	a.tellKey(ctx, cfg, db, refused)
	if len(s.Gaps) > 0 && len(refused) == 0 {
		a.alert(ctx, cfg, db, "capture/gaps", inLanguage(cfg, "환불계좌 수집 중단", "Refund accounts cannot be captured"),
			inLanguage(cfg, "환불계좌 수집 중 %d건을 조회하지 못했습니다. 계좌는 30분간만 조회됩니다. daesa doctor로 확인하십시오.",
				"Of what the capture asks for, %d could not be asked. Accounts are shown for thirty minutes only. Run daesa doctor.", len(s.Gaps)))
	}
	if s.Missed == 0 {
		return
	}
	missed := 0
	for _, m := range a.merchants(cfg) {
		figures, err := db.Captures(ctx, m.MID, now.Add(-captureSpan), now.Add(refunds.AccountShown))
		if err != nil {
			a.warn("missed accounts could not be counted for a notification: %v", err)
			return
		}
		missed += figures.Missed - figures.Reasons[refunds.CaptureNotShown]
	}
	if missed > 0 {
		a.alert(ctx, cfg, db, fmt.Sprintf("capture/missed=%d", missed), inLanguage(cfg, "환불계좌 누락: 최근 24시간 %d건", "Refund accounts missed: %d within a day", missed),
			inLanguage(cfg, "가상계좌 환불계좌를 수집하지 못했습니다. 환불하려면 고객에게 계좌를 받아야 합니다. 목록: daesa accounts list --state missed",
				"Refund accounts of virtual accounts were not saved: to refund, the customer has to be asked. The list: daesa accounts list --state missed"))
	}
}

// passTeller tells of passes of a capture while it goes on: a service that is slow
// must not cost the seconds in which an account can still be seen.
type passTeller struct {
	tell func(jobs.CaptureSummary)
	busy atomic.Bool
	all  sync.WaitGroup
}

// hear tells of a pass, unless an earlier one is still being told: then what
// goes on is told by a later one.
func (t *passTeller) hear(s jobs.CaptureSummary) {
	if len(s.Gaps) == 0 && s.Missed == 0 || !t.busy.CompareAndSwap(false, true) {
		return
	}
	t.all.Go(func() {
		defer t.busy.Store(false)
		t.tell(s)
	})
}

func (t *passTeller) wait() { t.all.Wait() }

// tellKey tells at once that Toss refuses the secret key of a merchant: until it
// is mended nothing of that merchant is read or refunded.
func (a *app) tellKey(ctx context.Context, cfg *config.Config, db *store.DB, refused []string) {
	for _, mid := range refused {
		a.alert(ctx, cfg, db, "key/"+mid, inLanguage(cfg, "토스 시크릿 키 인증 실패: %s", "Toss refuses the secret key of %s", plain(mid)),
			inLanguage(cfg, "가맹점 %s의 시크릿 키가 인증되지 않았습니다. 해결될 때까지 이 가맹점의 대사와 환불이 중단됩니다. 개발자센터에서 키를 확인하고 daesa doctor를 실행하십시오.",
				"Toss does not accept the secret key of merchant %s. Until it is mended nothing of it is compared or refunded. Check the key in the developer centre, then run daesa doctor.", plain(mid)))
	}
}

// checkNotify says whether people and the watcher can be told. It tells nobody.
func (e *examination) checkNotify(ctx context.Context) {
	if e.cfg.Notify.HeartbeatURL.IsSet() {
		e.ok("notify", "notify.heartbeat_url", "is called after each complete night")
	}
	if !e.cfg.Notify.URLs.IsSet() {
		e.ok("notify", "notify.urls", "no address is set: nobody is told of a night")
		return
	}
	urls := notify.Split(e.cfg.Notify.URLs.Reveal())
	failures := failuresOf(notify.Check(ctx, urls))
	for _, failure := range failures {
		e.warns("notify", "notify.urls", failure.Error(), "write it as shoutrrr does, such as telegram://TOKEN@telegram?chats=@channel, with white space between two addresses; docs/notifications.md has more")
	}
	if len(failures) == 0 {
		e.ok("notify", "notify.urls", "the addresses can be used: "+counted(len(urls), "service"))
	}
}
