package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"daesa/app"
	"daesa/config"
	"daesa/internal/notify"
	"daesa/jobs"
	"daesa/pay"
)

// teller tells people by the configuration, and remembers it in the database.
func (a *invocation) teller(cfg *config.Config, alerts app.Alerts) *app.Teller {
	t := &app.Teller{Heartbeat: cfg.Notify.HeartbeatURL.Reveal(), Korean: cfg.Reports.Language != config.English, Alerts: alerts, Warn: a.warns, Log: a.log,
		Now: func() time.Time {
			now, _ := a.now() // it was read when the command began
			return now
		}}
	if cfg.Notify.URLs.IsSet() {
		t.Addresses = notify.Split(cfg.Notify.URLs.Reveal())
	}
	return t
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

// checkNotify says whether people and the watcher can be told. It tells nobody.
func (e *examination) checkNotify(ctx context.Context) {
	if e.cfg.Notify.HeartbeatURL.IsSet() {
		e.OK("notify", "notify.heartbeat_url", "is called after each complete night")
	}
	if !e.cfg.Notify.URLs.IsSet() {
		e.OK("notify", "notify.urls", "no address is set: nobody is told of a night")
		return
	}
	urls := notify.Split(e.cfg.Notify.URLs.Reveal())
	failures := app.Failures(notify.Check(ctx, urls))
	for _, failure := range failures {
		e.Warn("notify", "notify.urls", failure.Error(), "write it as shoutrrr does, such as telegram://TOKEN@telegram?chats=@channel, with white space between two addresses; docs/notifications.md has more")
	}
	if len(failures) == 0 {
		e.OK("notify", "notify.urls", "the addresses can be used: "+pay.Counted(len(urls), "service"))
	}
}
