package main

import (
	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/config"
	"daesa/jobs"
	"daesa/pay"
	"daesa/store"
)

func (a *invocation) reportCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "report", Short: "Workbooks of nights and of refund batches"}
	var date, out, matched string
	nightly := &cobra.Command{
		Use:   "nightly",
		Short: "Draw a night's workbook again, from what was stored with its run",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withDatabase(cmd.Context(), func(cfg *config.Config, db *store.DB) error {
				return a.drawAgain(cmd, cfg, db, date, out, matched)
			})
		},
	}
	nightly.Flags().StringVar(&date, "date", "", "business date, YYYY-MM-DD (default: yesterday)")
	nightly.Flags().StringVar(&out, "out", "", "file to write (default: the configured folder)")
	nightly.Flags().StringVar(&matched, "matched", "", "also write the orders on which both sides agree to this .xlsx or .csv")
	cmd.AddCommand(nightly, a.reportApplyCommand(), a.reportVerifyCommand())
	cmd.AddCommand(a.reportBatchCommand())
	return cmd
}

func (a *invocation) drawAgain(cmd *cobra.Command, cfg *config.Config, db *store.DB, date, out, matched string) error {
	now, err := a.now()
	if err != nil {
		return err
	}
	day := pay.DayOf(now).Add(-1)
	if date != "" {
		if day, err = pay.ParseDay(date); err != nil {
			return usage(err, "for example --date "+string(pay.DayOf(now).Add(-1)))
		}
	}
	snapshots, err := app.NightsOf(cmd.Context(), db, mids(cfg), jobs.JobNightly, day)
	if err != nil {
		return err
	}
	if len(snapshots) == 0 {
		return failed("daesa runs list shows the nights that ran; daesa nightly --date "+string(day)+" runs this one", "there is no night of %s", day)
	}
	var list any // null where none was asked for
	if matched != "" {
		if err := a.writeMatched(cmd.Context(), cfg, db, day, matched); err != nil {
			return err
		}
		list = matched
	}
	workbooks, err := a.workbooks(cfg)
	if err != nil {
		return err
	}
	path, _, err := workbooks.Draw(snapshots, out)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"business_date": day, "workbook": path, "matched": list, "exit_code": codeDone, "reasons": []string{}})
	}
	a.printf("%s\n", path)
	if list != nil {
		a.printf("%s\n", matched)
	}
	return nil
}
