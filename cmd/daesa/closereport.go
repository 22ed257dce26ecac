package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"daesa/app/closing"
	"daesa/config"
	"daesa/reports/monthbook"
	"daesa/settle"
)

// monthReportDocument is the JSON of `close report`.
type monthReportDocument struct {
	Workbook string `json:"workbook"`
	Month    string `json:"month"`
	Version  *int   `json:"version"` // null: the month is not locked
	State    string `json:"state"`
	ending
}

// closingFolder is where the workbooks of months go, below reports.dir.
const closingFolder = "closing"

func (a *invocation) closeReportCommand() *cobra.Command {
	var version int
	var out string
	cmd := &cobra.Command{
		Use:   "report YYYY-MM",
		Short: "Draw a month's workbook; of a locked month as it was then",
		Long: "Of a month that is not locked every sheet says 가마감 (provisional). Each version that was ever locked can be\n" +
			"drawn again, with the same bytes as then.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, words []string) error {
			if cmd.Flags().Changed("version") && version < 1 {
				return usage(fmt.Errorf("--version %d is none", version), "versions are counted from 1; daesa close check shows the newest")
			}
			return a.onMonth(func(ctx context.Context, s *session, month settle.Month) error {
				return s.drawMonth(ctx, month, version, out)
			})(cmd, words)
		},
	}
	cmd.Flags().IntVar(&version, "version", 0, "a version of the lock (default: the one that stands, else the month as it is now)")
	cmd.Flags().StringVar(&out, "out", "", "file to write (default: the folder closing of reports.dir)")
	return cmd
}

func (s *session) drawMonth(ctx context.Context, month settle.Month, version int, out string) error {
	if s.mid != "" {
		return usage(errors.New("a month's workbook is of all merchants together"), "leave --mid out")
	}
	options, err := s.reportOptions()
	if err != nil {
		return err
	}
	report, err := s.reportOf(ctx, month, version)
	if err != nil {
		return err
	}
	path := out
	if path == "" {
		path = filepath.Join(s.cfg.Reports.Dir, closingFolder, monthbook.FileName(month))
	}
	if err := monthbook.Save(path, report.Month, monthbook.Options{Language: options.Language, Password: options.Password}); err != nil {
		return err
	}
	document := monthReportDocument{Workbook: path, Month: string(month), State: string(report.State()), ending: s.ending()}
	if report.Version > 0 {
		document.Version = &report.Version
	}
	return s.show(document, func() { s.printf("%s\n", path) })
}

func (s *session) reportOf(ctx context.Context, month settle.Month, version int) (closing.Report, error) {
	if version > 0 {
		return s.closing().ReportOf(ctx, month, version)
	}
	return s.closing().Report(ctx, month, s.now())
}

// drawing is what a month's workbook needs beside its figures.
func (s *session) drawing() closing.Drawing {
	return closing.Drawing{Pages: s.db, Tariff: agreedFees(s.cfg), Basis: settle.Basis(s.cfg.Close.InvoiceBasis), Chart: chartOf(s.cfg.Close.Vouchers), Sales: s.db}
}

// chartOf are the accounts of the shop's books, as the configuration says.
func chartOf(v config.Vouchers) settle.Chart {
	return settle.Chart{Receivable: v.Receivable, Bank: v.Bank, Fee: v.Fee, FeeVAT: v.FeeVAT, Sales: v.Sales, SalesFree: v.SalesFree,
		SalesReturn: v.SalesReturn, SalesVAT: v.SalesVAT, Suspense: v.Suspense, OtherIncome: v.OtherIncome, Partner: v.Partner}
}
