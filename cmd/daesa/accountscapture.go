package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	application "daesa/app"
	"daesa/config"
	"daesa/internal/seal"
	"daesa/jobs"
	"daesa/store"
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

func (a *app) accountsCaptureCommand() *cobra.Command {
	var watch bool
	cmd := &cobra.Command{
		Use:   "capture",
		Short: "Save the refund accounts that Toss shows for thirty minutes only",
		Long: "Looks up every virtual-account payment whose account could still be shown, known from the shop's orders,\n" +
			"the transaction list or a webhook, the earliest expiry first. --watch goes on until it is stopped; without\n" +
			"it one pass is made, for cron.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.capture(cmd.Context(), watch) },
	}
	cmd.Flags().BoolVar(&watch, "watch", false, "go on until stopped")
	return cmd
}

func (a *app) capture(ctx context.Context, watch bool) error {
	cfg, err := a.config(true)
	if err != nil {
		return err
	}
	if err := a.mayMoveClock(cfg); err != nil {
		return err
	}
	ring, err := neededRing(cfg, "accounts capture")
	if err != nil {
		return err
	}
	db, err := a.database(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	job, err := a.captureJob(cfg, db, ring)
	if err != nil {
		return err
	}
	teller, merchants := a.teller(cfg, db), each(a.merchants(cfg), midOf)
	if watch {
		a.log.Info("capture", "watching every", captureEvery)
		told := passTeller{tell: func(s jobs.CaptureSummary) { teller.Capture(ctx, s, db, merchants, job.Clock()) }}
		defer told.wait()
		var said repeated
		return job.Watch(ctx, captureEvery, func(s jobs.CaptureSummary) {
			a.log.Info("capture", "new", s.New, "looked", s.Looked, "captured", s.Captured, "missed", s.Missed)
			for _, gap := range s.Gaps {
				if again, now := said.say(gap.Cause(), job.Clock()); now {
					a.warn("capture: %s%s", plain(gap.Text), again)
					a.advise(gapHint(gap.Kind))
				}
			}
			said.passed()
			told.hear(s)
		})
	}
	summary, err := job.Run(ctx)
	if err != nil {
		return err
	}
	teller.Capture(ctx, summary, db, merchants, job.Clock())
	return a.printCapture(ctx, cfg, db, job.Clock(), summary)
}

// captureJob wires the capture of all merchants that are asked.
func (a *app) captureJob(cfg *config.Config, db *store.DB, ring *seal.Ring) (*jobs.Capture, error) {
	clock, err := a.flowing()
	if err != nil {
		return nil, err
	}
	job := &jobs.Capture{Queue: db, Sealer: ring, Actor: "daesa capture", ApproveAbove: cfg.Refunds.ApproveAbove, Clock: clock, Sleep: sleep}
	if cfg.Orders.Source == config.SourceQuery {
		if job.Orders, err = a.orderSource(cfg, db); err != nil {
			return nil, err
		}
	}
	for _, m := range a.merchants(cfg) {
		client, err := a.clientWithin(db, m, captureTimeout)
		if err != nil {
			return nil, &coded{err, codeUsage}
		}
		job.Merchants = append(job.Merchants, jobs.CaptureMerchant{
			MID: m.MID, Provider: client, LookUpAll: cfg.Reconcile.Mode == config.ModeLookup, Concurrency: m.Concurrency,
		})
	}
	return job, nil
}

func (a *app) printCapture(ctx context.Context, cfg *config.Config, db *store.DB, now time.Time, summary jobs.CaptureSummary) error {
	all, err := application.CapturesOf(ctx, db, each(a.merchants(cfg), midOf), now)
	if err != nil {
		return err
	}
	document := captureDocument{
		Captured: all.Captured, Waiting: all.Waiting, Missed: all.Missed, Given: all.Given, Capturable: all.Capturable(), MissedWhy: all.Reasons,
		ThisPass: capturePass{summary.New, summary.Looked, summary.Captured, summary.Missed},
	}
	if all.Captured > 0 {
		p50, p95 := int(all.P(50)/time.Minute), int(all.P(95)/time.Minute)
		document.MinutesLeft = minutesLeft{&p50, &p95}
	}
	if all.Missed > 0 {
		a.verdict.add(codePerson, "%s missed: daesa accounts list --state missed", counted(all.Missed, "refund account"))
	}
	for _, gap := range summary.Gaps {
		a.verdict.add(codeIncomplete, "%s", gap.Text)
	}
	if len(summary.Gaps) > 0 {
		a.advise(gapHint(summary.Gaps[0].Kind))
	}
	document.ending = a.ending()
	if a.json {
		return a.printJSON(document)
	}
	a.printf("this pass: %d new, %d looked at, %d captured, %d missed\n", summary.New, summary.Looked, summary.Captured, summary.Missed)
	a.printf("last day: captured %d of %d, waiting %d, missed %d, given %d\n", all.Captured, all.Capturable(), all.Waiting, all.Missed, all.Given)
	if all.Captured > 0 {
		a.printf("minutes left at capture: p50 %d, p95 %d\n", *document.MinutesLeft.P50, *document.MinutesLeft.P95)
	}
	for _, why := range sortedKeys(all.Reasons) {
		a.printf("missed, %s: %d\n", why, all.Reasons[why])
	}
	for _, reason := range document.Reasons {
		a.printf("needs a person: %s\n", plain(reason))
	}
	return nil
}
