package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/config"
	"daesa/jobs"
	"daesa/pay"
	"daesa/toss"
	"daesa/webhook"
)

// webhookDocument is one element of `webhook list`.
type webhookDocument struct {
	ID             string  `json:"id"`
	MID            *string `json:"mid"`
	Type           string  `json:"type"`
	OrderID        *string `json:"order_id"`
	PaymentKey     *string `json:"payment_key"`
	TransactionKey *string `json:"transaction_key"`
	Status         *string `json:"status"`
	Signature      *string `json:"signature"` // verified or unverified; null for the events that Toss does not sign
	CreatedAt      *string `json:"created_at"`
	ReceivedAt     string  `json:"received_at"`
	State          string  `json:"state"` // new, done, kept, forged or unknown
	Why            *string `json:"why"`
}

func newWebhookDocument(r app.Webhook) webhookDocument {
	return webhookDocument{
		ID: r.ID, MID: orNull(r.MID), Type: r.Type, OrderID: orNull(r.OrderID), PaymentKey: orNull(r.PaymentKey),
		TransactionKey: orNull(r.TransactionKey), Status: orNull(r.Status), Signature: orNull(r.Signature),
		CreatedAt: timeOrNull(r.CreatedAt), ReceivedAt: pay.FormatTime(r.ReceivedAt), State: r.State, Why: orNull(r.Why),
	}
}

func (a *invocation) webhookCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "webhook",
		Short: "Receive Toss webhooks over HTTP",
		Long: "Stores every webhook before it answers 200, and then looks up what it is about: a webhook says where to\n" +
			"look, and never what is true. Deposits, reversals and cancels from outside reach breaks, refunds and the\n" +
			"capture of accounts at once. Runs until it is stopped, and then finishes what is under way. Any path will do;\n" +
			"with several merchants register .../MID for each. Toss needs HTTPS: put it behind a proxy that ends it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withEvents(cmd.Context(), receive)
		},
	}
	cmd.AddCommand(a.webhookProcessCommand(), a.webhookListCommand())
	return cmd
}

func (a *invocation) webhookProcessCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "process",
		Short: "Work once on the webhooks that are stored and due",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withEvents(cmd.Context(), func(ctx context.Context, s *session, job *jobs.Events) error {
				summary, err := job.Run(ctx)
				if err != nil {
					return err
				}
				return s.printEvents(summary)
			})
		},
	}
}

func (a *invocation) webhookListCommand() *cobra.Command {
	var eventType, order string
	var limit int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the webhooks that came, the newest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 1 {
				return usage(errors.New("--limit must be at least 1"), "for example --limit 100")
			}
			return a.withStore(cmd.Context(), func(s *session) error {
				return s.listEvents(cmd.Context(), eventType, order, limit)
			})
		},
	}
	cmd.Flags().StringVar(&eventType, "type", "", "only this type, such as DEPOSIT_CALLBACK")
	cmd.Flags().StringVar(&order, "order", "", "only this order")
	cmd.Flags().IntVar(&limit, "limit", 100, "at most so many")
	return cmd
}

func (s *session) listEvents(ctx context.Context, eventType, order string, limit int) error {
	rows, err := s.db.Events(ctx, s.mid, eventType, order, limit)
	if err != nil {
		return err
	}
	return s.show(each(rows, newWebhookDocument), func() {
		s.printTable([]string{"RECEIVED", "TYPE", "STATUS", "ORDER", "SIGNATURE", "STATE", "WHY"}, each(rows, func(r app.Webhook) []string {
			return []string{pay.FormatTime(r.ReceivedAt), r.Type, dash(r.Status), dash(r.OrderID), dash(string(r.Signature)), r.State, dash(r.Why)}
		}))
	})
}

// eventsDocument is the JSON of `webhook process`.
type eventsDocument struct {
	Taken   int `json:"taken"`
	Done    int `json:"done"`
	Forged  int `json:"forged"`
	Unknown int `json:"unknown"`
	PutOff  int `json:"put_off"`
	Woken   int `json:"refunds_woken"`
	ending
}

func (a *invocation) printEvents(s jobs.EventSummary) error {
	for _, gap := range s.Gaps {
		a.warn("webhook: %s", gap)
	}
	document := eventsDocument{s.Taken, s.Done, s.Forged, s.Unknown, s.PutOff, s.Woken, a.ending()}
	return a.show(document, func() {
		a.printf("events: %d taken, %d done, %d forged, %d unknown, %d put off; refunds woken: %d\n", s.Taken, s.Done, s.Forged, s.Unknown, s.PutOff, s.Woken)
	})
}

// withEvents opens what the work on webhooks needs.
func (a *invocation) withEvents(ctx context.Context, f func(context.Context, *session, *jobs.Events) error) error {
	return a.withProvider(ctx, func(s *session) error {
		ring, err := neededRing(s.cfg, "webhook")
		if err != nil {
			return err
		}
		job, err := s.eventsJob(ring)
		if err != nil {
			return err
		}
		return f(ctx, s, job)
	})
}

// eventsJob wires the work on stored webhooks.
func (s *session) eventsJob(ring *app.Ring) (*jobs.Events, error) {
	capture, err := s.captureJob(ring)
	if err != nil {
		return nil, err
	}
	job := &jobs.Events{
		Inbox: s.db, See: capture.See, Clock: capture.Clock,
		Compare: func(ctx context.Context, mid string, orderIDs []string) error {
			return s.compareNow(ctx, mid, orderIDs)
		},
		Settle: func(ctx context.Context) error { return s.settleNow(ctx) },
	}
	for _, m := range capture.Merchants {
		job.Merchants = append(job.Merchants, jobs.EventMerchant{MID: m.MID, Provider: m.Provider, Concurrency: m.Concurrency})
	}
	return job, nil
}

// compareNow compares a merchant's orders as they stand, like
// `reconcile --orders`.
func (s *session) compareNow(ctx context.Context, mid string, orderIDs []string) error {
	m, ok := s.cfg.Merchant(mid)
	if !ok {
		return fmt.Errorf("merchant %s is not configured", mid)
	}
	now := s.now()
	night, err := s.nightly(m, app.NightAsked{Job: jobs.JobEvents, Given: orderIDs})
	if err != nil {
		return err
	}
	night.Progress = nil
	_, err = night.Run(ctx, pay.DayOf(now), now)
	return err
}

// settleNow lets refunds that were woken take their next step, and sends
// nothing.
func (s *session) settleNow(ctx context.Context) error {
	head := s.head()
	return app.SettleWoken{Head: head, Clock: s.clock, Warn: s.warns, Log: s.log,
		Settle: func(ctx context.Context) (jobs.RefundSummary, error) {
			run, err := s.refundsJob(ctx, runFlags{count: -1, amount: -1}, head)
			if err != nil {
				return jobs.RefundSummary{}, err
			}
			run.Send, run.Patience = false, 0
			return run.Run(ctx)
		}}.Run(ctx)
}

// eventsEvery is how often the receiver looks for what was put off.
const eventsEvery = 15 * time.Second

// receive serves until ctx ends, and works on what comes.
func receive(ctx context.Context, s *session, job *jobs.Events) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.Webhook.Addr)
	if err != nil {
		return failed("set webhook.addr to an address of this machine that is free", "webhook: %w", err)
	}
	receiver, wake, err := s.receiver(job)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	_, _ = fmt.Fprintf(s.stderr, "daesa webhook: listening on %s\n", listener.Addr())
	working, done := context.WithCancel(ctx)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		s.workOnEvents(working, job, wake)
	}()
	err = webhook.Serve(ctx, listener, receiver)
	receiver.Close()
	done()
	<-finished
	return err
}

// receiver makes the handler of webhooks; wake hears when some were stored.
func (s *session) receiver(job *jobs.Events) (*webhook.Receiver, app.Wake, error) {
	wake := app.NewWake()
	receiver, err := webhook.New(webhook.Options{
		Inbox: s.db, Redact: toss.Redact, AllowFrom: s.cfg.Webhook.AllowFrom, TrustedProxies: s.cfg.Webhook.TrustedProxies, Now: job.Clock, Log: s.log,
		Merchants: each(s.cfg.Merchants, func(m config.Merchant) webhook.Merchant {
			return webhook.Merchant{MID: m.MID, AlsoMIDs: m.AlsoMIDs, SecurityKeys: func() []string { return securityKeys(m) }}
		}),
		Stored: wake.Tell,
	})
	return receiver, wake, err
}

// workOnEvents works on events whenever some were stored, and now and then on
// what was put off.
func (a *invocation) workOnEvents(ctx context.Context, job *jobs.Events, wake app.Wake) {
	ticker := time.NewTicker(eventsEvery)
	defer ticker.Stop()
	app.EventWork{Pass: job, Wake: wake, Tick: ticker.C, Log: a.log}.Run(ctx)
}

// securityKeys are a merchant's keys for signed webhooks: two, with a comma
// between, while one takes the other's place.
func securityKeys(m config.Merchant) []string {
	var keys []string
	for _, key := range strings.Split(m.SecurityKey.Reveal(), ",") {
		if key = strings.TrimSpace(key); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}
