package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/internal/database"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reports"
)

func (a *invocation) nightlyCommand() *cobra.Command {
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
			return a.withProvider(cmd.Context(), func(s *session) error { return s.runNightly(cmd.Context(), date, monthEnd) })
		},
	}
	cmd.Flags().StringVar(&date, "date", "", "business date, YYYY-MM-DD (default: all that are due)")
	cmd.Flags().BoolVar(&monthEnd, "month-end", false, "phone payments of today so far, on the last day of a month; nothing on other days")
	return cmd
}

// runNightly runs the dates that are due, a named one, or the last day of a month
// so far.
func (s *session) runNightly(ctx context.Context, date string, monthEnd bool) error {
	nights := s.nights()
	today := pay.DayOf(nights.Now())
	switch {
	case monthEnd && !jobs.MonthEnd(today) && s.json:
		return s.printNights(nil)
	case monthEnd && !jobs.MonthEnd(today): // for schedules that cannot name the last day of a month
		s.printf("%s is not the last day of its month: nothing to do\n", today)
		return nil
	case monthEnd:
		date = string(today)
	}
	documents, err := s.nightDocuments(ctx, nights, date)
	if err != nil {
		return err
	}
	return s.printNights(documents)
}

// nights wires the nights of the command's merchants.
func (s *session) nights() *app.Nights {
	now := s.now()
	return &app.Nights{
		Merchants: s.mids(), Configured: mids(s.cfg), Books: s.db, WentAway: database.WentAway, Sleep: sleep,
		Night: func(asked app.NightAsked) (app.Night, error) {
			m, _ := s.cfg.Merchant(asked.MID)
			return s.nightly(m, asked)
		},
		Workbooks: s.workbooks, Delivery: s.delivery(), Teller: s.teller(), Month: s.monthNews, Needs: s.needs(),
		Warn: s.warns, Outcome: &s.verdict.Outcome, Clock: s.clock,
		Now: func() time.Time { return now },
	}
}

// nightDocuments runs the dates that are due, or one that is named, and says what
// they found.
func (s *session) nightDocuments(ctx context.Context, n *app.Nights, date string) ([]nightDocument, error) {
	job, dates, err := n.Asked(ctx, date)
	if err != nil {
		return nil, err
	}
	done, err := n.Run(ctx, job, dates)
	if err != nil {
		return nil, err
	}
	return newNightDocuments(done)
}

// workbooks are where the configuration wants a night's workbooks.
func (s *session) workbooks() (app.Workbooks, error) {
	options, err := s.reportOptions()
	return app.Workbooks{Dir: s.cfg.Reports.Dir, PerMerchant: s.cfg.Reports.PerMerchant, Options: options, Expected: mids(s.cfg)}, err
}

// reportOptions are how the configuration wants its workbooks.
func (s *session) reportOptions() (reports.Options, error) {
	if err := s.cfg.WorkbookPassword(s.env); err != nil {
		return reports.Options{}, &coded{err, codeUsage}
	}
	options := reports.Options{Language: s.cfg.Reports.Language}
	if s.cfg.Reports.Password.IsSet() {
		options.Password = s.cfg.Reports.Password.Reveal()
	}
	return options, nil
}
