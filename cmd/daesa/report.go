package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports"
)

func (a *invocation) reportCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "report", Short: "Workbooks of nights and of refund batches"}
	var date, out, matched string
	nightly := &cobra.Command{
		Use:   "nightly",
		Short: "Draw a night's workbook again, from what was stored with its run",
		Args:  cobra.NoArgs,
		RunE:  a.onStore(func(ctx context.Context, s *session, _ []string) error { return s.drawAgain(ctx, date, out, matched) }),
	}
	nightly.Flags().StringVar(&date, "date", "", "business date, YYYY-MM-DD (default: yesterday)")
	nightly.Flags().StringVar(&out, "out", "", "file to write (default: the configured folder)")
	nightly.Flags().StringVar(&matched, "matched", "", "also write the orders on which both sides agree to this .xlsx or .csv")
	cmd.AddCommand(nightly, a.reportApplyCommand(), a.reportVerifyCommand())
	cmd.AddCommand(a.reportBatchCommand())
	return cmd
}

func (s *session) drawAgain(ctx context.Context, date, out, matched string) error {
	day, err := app.LastNight(pay.DayOf(s.now()), date)
	if err != nil {
		return err
	}
	snapshots, err := app.NightsOf(ctx, s.db, mids(s.cfg), jobs.JobNightly, day)
	if err != nil {
		return err
	}
	if len(snapshots) == 0 {
		return app.NoNight(day)
	}
	if matched != "" {
		if err := s.writeMatched(ctx, day, matched); err != nil {
			return err
		}
	}
	workbooks, err := s.workbooks()
	if err != nil {
		return err
	}
	path, _, err := workbooks.Draw(snapshots, out)
	if err != nil {
		return err
	}
	document := map[string]any{"business_date": day, "workbook": path, "matched": orNull(matched), "exit_code": codeDone, "reasons": []string{}}
	return s.show(document, func() {
		s.printf("%s\n", path)
		if matched != "" {
			s.printf("%s\n", matched)
		}
	})
}

// writeMatched writes the orders of a night on which both sides agree. The file's
// name says in which form.
func (s *session) writeMatched(ctx context.Context, day pay.Day, path string) error {
	save := map[string]func(string, reports.MatchedList, reports.Options) error{".xlsx": reports.SaveMatchedWorkbook, ".csv": reports.SaveMatchedCSV}[strings.ToLower(filepath.Ext(path))]
	if save == nil {
		return usage(fmt.Errorf("--matched %s: the list is an .xlsx or a .csv", path), "for example --matched matched.xlsx")
	}
	options, err := s.reportOptions()
	if err != nil {
		return err
	}
	return app.MatchedOrders{
		Snapshots: s.db, Open: s.openAgreement, Merchants: s.mids(), Day: day, Warn: s.warns,
		Save: func(list reports.MatchedList) error { return save(path, list, options) },
	}.Run(ctx)
}

// openAgreement shows the store's list of what agrees as the application wants to
// see it.
func (s *session) openAgreement(ctx context.Context, run reconcile.Run) (app.Agreement, error) {
	scope, err := jobs.ScopeOf(ctx, s.db, run.Job, run.MID, run.ID, run.Day)
	if err != nil {
		return app.Agreement{}, err
	}
	a, err := s.db.OpenAgreement(ctx, scope, run.Now, run.Mode == reconcile.ModeLookup)
	if err != nil {
		return app.Agreement{}, err
	}
	return app.Agreement{Count: a.Count, Shop: a.Shop, Toss: a.Toss, Next: a.Next, Closer: a}, nil
}
