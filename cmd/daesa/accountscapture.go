package main

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/config"
	"daesa/jobs"
)

// captureDocument is the JSON of `accounts capture`. What it counts are the
// windows that closed within the last day, or are still open.
type captureDocument struct {
	Captured    int            `json:"captured"`
	Waiting     int            `json:"waiting"`
	Missed      int            `json:"missed"`
	Given       int            `json:"given"`
	Capturable  int            `json:"capturable"`
	MissedWhy   map[string]int `json:"missed_why"`
	MinutesLeft minutesLeft    `json:"minutes_left"`
	ThisPass    capturePass    `json:"this_pass"`
	ending
}

// minutesLeft are whole minutes between a capture and the close of its window;
// null where nothing was captured. p95: nineteen of twenty had at least so many.
type minutesLeft struct {
	P50 *int `json:"p50"`
	P95 *int `json:"p95"`
}

type capturePass struct {
	New      int `json:"new"`
	Looked   int `json:"looked"`
	Captured int `json:"captured"`
	Missed   int `json:"missed"`
}

// captureEvery is the pause between two passes of `accounts capture --watch`.
const captureEvery = 5 * time.Second

// captureTimeout is how long a look of a capture may take: what is slower is
// asked again, while there is time.
const captureTimeout = 10 * time.Second

func (a *invocation) accountsCaptureCommand() *cobra.Command {
	var watch bool
	cmd := &cobra.Command{
		Use:   "capture",
		Short: "Save the refund accounts that Toss shows for thirty minutes only",
		Long: "Looks up every virtual-account payment whose account could still be shown, known from the shop's orders,\n" +
			"the transaction list or a webhook, the earliest expiry first. --watch goes on until it is stopped; without\n" +
			"it one pass is made, for cron.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withProvider(cmd.Context(), func(s *session) error { return s.capture(cmd.Context(), watch) })
		},
	}
	cmd.Flags().BoolVar(&watch, "watch", false, "go on until stopped")
	return cmd
}

func (s *session) capture(ctx context.Context, watch bool) error {
	if err := s.mayMoveClock(); err != nil {
		return err
	}
	ring, err := neededRing(s.cfg, "accounts capture")
	if err != nil {
		return err
	}
	job, err := s.captureJob(ring)
	if err != nil {
		return err
	}
	teller := s.teller()
	tell := func(c jobs.CaptureSummary) { teller.Capture(ctx, c, s.db, s.mids(), job.Clock()) }
	if watch {
		return app.WatchCapture{Job: job, Every: captureEvery, Tell: tell, Warn: s.warns, Log: s.log}.Run(ctx)
	}
	summary, err := job.Run(ctx)
	if err != nil {
		return err
	}
	tell(summary)
	return s.printCapture(ctx, job.Clock(), summary)
}

// captureJob wires the capture of all merchants that are asked.
func (s *session) captureJob(ring *app.Ring) (*jobs.Capture, error) {
	job := &jobs.Capture{Queue: s.db, Sealer: ring, Actor: "daesa capture", ApproveAbove: s.cfg.Refunds.ApproveAbove, Clock: s.flowing(), Sleep: sleep}
	var err error
	if s.cfg.Orders.Source == config.SourceQuery {
		if job.Orders, err = s.orderSource(); err != nil {
			return nil, err
		}
	}
	for _, m := range s.merchants() {
		client, err := s.clientWithin(m, captureTimeout)
		if err != nil {
			return nil, err
		}
		job.Merchants = append(job.Merchants, jobs.CaptureMerchant{
			MID: m.MID, Provider: client, LookUpAll: s.cfg.Reconcile.Mode == config.ModeLookup, Concurrency: m.Concurrency,
		})
	}
	return job, nil
}

func (s *session) printCapture(ctx context.Context, now time.Time, summary jobs.CaptureSummary) error {
	all, err := app.CapturesOf(ctx, s.db, s.mids(), now)
	if err != nil {
		return err
	}
	s.verdict.AddCapture(summary, all)
	if len(summary.Gaps) > 0 {
		s.advise(summary.Gaps[0].Hint())
	}
	document := captureDocument{
		Captured: all.Captured, Waiting: all.Waiting, Missed: all.Missed, Given: all.Given, Capturable: all.Capturable(), MissedWhy: all.Reasons,
		ThisPass: capturePass{summary.New, summary.Looked, summary.Captured, summary.Missed}, ending: s.ending(),
	}
	if all.Captured > 0 {
		p50, p95 := int(all.P(50)/time.Minute), int(all.P(95)/time.Minute)
		document.MinutesLeft = minutesLeft{&p50, &p95}
	}
	return s.show(document, func() {
		s.printf("this pass: %d new, %d looked at, %d captured, %d missed\n", summary.New, summary.Looked, summary.Captured, summary.Missed)
		s.printf("last day: captured %d of %d, waiting %d, missed %d, given %d\n", all.Captured, all.Capturable(), all.Waiting, all.Missed, all.Given)
		if all.Captured > 0 {
			s.printf("minutes left at capture: p50 %d, p95 %d\n", *document.MinutesLeft.P50, *document.MinutesLeft.P95)
		}
		for _, why := range slices.Sorted(maps.Keys(all.Reasons)) {
			s.printf("missed, %s: %d\n", why, all.Reasons[why])
		}
		s.printReasons()
	})
}
