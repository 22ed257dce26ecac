package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	application "daesa/app"
	"daesa/config"
	"daesa/internal/database"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reports"
	"daesa/store"
)

func (a *app) nightlyCommand() *cobra.Command {
	var date string
	var monthEnd bool
	cmd := &cobra.Command{
		Use:   "nightly",
		Short: "Fetch, compare, queue and report a business date; never sends a cancel",
		Long: "Without --date, every business date from the last complete one to yesterday, oldest first.\n" +
			"With today's date on the last day of a month: phone payments so far, since they can be\ncancelled only within their month.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if monthEnd && date != "" {
				return usage(errors.New("--month-end is about today and takes no --date"), "leave one of the two away")
			}
			return a.runNightly(cmd.Context(), date, monthEnd)
		},
	}
	cmd.Flags().StringVar(&date, "date", "", "business date, YYYY-MM-DD (default: all that are due)")
	cmd.Flags().BoolVar(&monthEnd, "month-end", false, "phone payments of today so far, on the last day of a month; nothing on other days")
	return cmd
}

// runNightly runs the dates that are due, a named one, or the last day of a month
// so far.
func (a *app) runNightly(ctx context.Context, date string, monthEnd bool) error {
	return a.withNights(ctx, func(_ *config.Config, _ *store.DB, nights *application.Nights) error {
		today := pay.DayOf(nights.Now())
		switch {
		case monthEnd && !jobs.MonthEnd(today):
			return a.notMonthEnd(today)
		case monthEnd:
			date = string(today)
		}
		documents, err := a.nightDocuments(ctx, nights, date)
		if err != nil {
			return err
		}
		return a.printNights(documents)
	})
}

// notMonthEnd says that there is nothing to do: for schedules that cannot name
// the last day of a month.
func (a *app) notMonthEnd(today pay.Day) error {
	if a.json {
		return a.printNights(nil)
	}
	a.printf("%s is not the last day of its month: nothing to do\n", today)
	return nil
}

// withNights wires the nights of the command's merchants.
func (a *app) withNights(ctx context.Context, f func(*config.Config, *store.DB, *application.Nights) error) error {
	cfg, err := a.config(true)
	if err != nil {
		return err
	}
	db, err := a.database(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	now, err := a.now()
	if err != nil {
		return err
	}
	merchants := map[string]config.Merchant{}
	for _, m := range cfg.Merchants {
		merchants[m.MID] = m
	}
	return f(cfg, db, &application.Nights{
		Merchants:  each(a.merchants(cfg), func(m config.Merchant) string { return m.MID }),
		Configured: mids(cfg), Books: db, WentAway: database.WentAway, Sleep: sleep,
		Night: func(asked application.NightAsked) (application.Night, error) {
			return a.nightly(cfg, db, merchants[asked.MID], asked)
		},
		Workbooks: func() (application.Workbooks, error) { return a.workbooks(cfg) },
		Deliver:   a.delivery(cfg), Teller: a.teller(cfg, db), Needs: a.needs(cfg, db),
		Warn: a.warns, Outcome: &a.verdict.Outcome, Clock: a.clock,
		Now: func() time.Time { return now },
	})
}

// nightDocuments runs the dates that are due, or one that is named, and says what
// they found.
func (a *app) nightDocuments(ctx context.Context, n *application.Nights, date string) ([]nightDocument, error) {
	job, dates, err := dateAsked(pay.DayOf(n.Now()), date)
	if err == nil && dates == nil {
		dates, err = n.Due(ctx)
	}
	if err != nil {
		return nil, err
	}
	done, err := n.Run(ctx, job, dates)
	if err != nil {
		return nil, err
	}
	return newNightDocuments(done)
}

// dateAsked reads --date; nil: every date that is due.
func dateAsked(today pay.Day, date string) (job string, dates []pay.Day, err error) {
	if date == "" {
		return jobs.JobNightly, nil, nil
	}
	day, err := pay.ParseDay(date)
	switch {
	case err != nil:
		return "", nil, usage(fmt.Errorf("--date: %w", err), "for example --date "+string(today.Add(-1)))
	case day == today && jobs.MonthEnd(day):
		return jobs.JobMonthEnd, []pay.Day{day}, nil
	case day >= today:
		return "", nil, usage(fmt.Errorf("--date %s is not over yet", day), "the newest date that can be compared is "+string(today.Add(-1)))
	}
	return jobs.JobNightly, []pay.Day{day}, nil
}

// workbooks are where the configuration wants a night's workbooks.
func (a *app) workbooks(cfg *config.Config) (application.Workbooks, error) {
	options, err := a.reportOptions(cfg)
	return application.Workbooks{Dir: cfg.Reports.Dir, PerMerchant: cfg.Reports.PerMerchant, Options: options, Expected: mids(cfg)}, err
}

// reportOptions are how the configuration wants its workbooks.
func (a *app) reportOptions(cfg *config.Config) (reports.Options, error) {
	if err := cfg.WorkbookPassword(a.env); err != nil {
		return reports.Options{}, &coded{err, codeUsage}
	}
	options := reports.Options{Language: cfg.Reports.Language}
	if cfg.Reports.Password.IsSet() {
		options.Password = cfg.Reports.Password.Reveal()
	}
	return options, nil
}
