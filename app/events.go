package app

import (
	"context"
	"log/slog"
	"time"

	"daesa/jobs"
	"daesa/pay"
)

// Webhook is an event that came, and what became of it.
type Webhook struct {
	pay.Event
	State string // new, done, kept, forged or unknown
	Why   string
}

// EventQueue counts the webhooks that nobody has worked on.
type EventQueue interface {
	EventsWaiting(ctx context.Context) (number int, oldest time.Time, err error)
}

// Wake is how the receiver of webhooks says that some were stored.
type Wake chan struct{}

// NewWake makes a Wake that nobody has told anything.
func NewWake() Wake { return make(Wake, 1) }

// Tell wakes the work on events. It never waits: who is awake already looks once
// more.
func (w Wake) Tell() {
	select {
	case w <- struct{}{}:
	default:
	}
}

// Pass is one pass over what is stored and due.
type Pass interface {
	Run(ctx context.Context) (jobs.EventSummary, error)
}

// EventWork works on webhooks while they come.
type EventWork struct {
	Pass Pass
	Wake <-chan struct{}  // some were stored
	Tick <-chan time.Time // it is time to look for what was put off
	Log  *slog.Logger
}

// Run passes over the events until ctx ends. That a pass fails ends nothing: the
// events are stored.
func (w EventWork) Run(ctx context.Context) {
	for {
		summary, err := w.Pass.Run(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			w.Log.Error("webhook: the work on events stopped and is begun again", "error", err)
		case summary.Taken > 0:
			w.Log.Info("webhook", "taken", summary.Taken, "done", summary.Done, "forged", summary.Forged, "unknown", summary.Unknown, "put_off", summary.PutOff)
		}
		for _, gap := range summary.Gaps {
			w.Log.Warn("webhook", "gap", gap)
		}
		select {
		case <-ctx.Done():
			return
		case <-w.Wake:
		case <-w.Tick:
		}
	}
}

// SettleWoken lets refunds that webhooks have woken take their next step.
type SettleWoken struct {
	Head *HeadKeeper
	// Settle is a refund run that sends nothing.
	Settle func(ctx context.Context) (jobs.RefundSummary, error)
	Clock  func() time.Time
	Warn   Warn
	Log    *slog.Logger
}

// Run settles them. A database that is behind is left to `refunds run`.
func (s SettleWoken) Run(ctx context.Context) error {
	if err := s.Head.Check(ctx); err != nil {
		s.Warn(err.Error(), "")
		return nil
	}
	summary, err := s.Settle(ctx)
	if err != nil {
		return err
	}
	for state, n := range summary.States {
		s.Log.Info("refunds settled after a webhook", "state", state, "number", n)
	}
	return s.Head.KeepLast(ctx, s.Clock(), s.Warn)
}
