package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/config"
	"daesa/pay"
	"daesa/settlefile"
)

// settlementImportDocument is the JSON of `settlements import`: that of sync, and of
// the file.
type settlementImportDocument struct {
	File    string  `json:"file"`
	SHA256  string  `json:"sha256"`
	Known   bool    `json:"known"`   // these bytes were taken before: nothing was done
	Refused int     `json:"refused"` // rows that went into the quarantine
	By      *string `json:"by"`      // soldDate or paidOutDate, by which from and to count; null: no day counts as read
	syncDocument
}

// settlementImportFlags are those of `settlements import`.
type settlementImportFlags struct {
	fileFlags
	quarantine string
}

func (a *invocation) settlementsImportCommand() *cobra.Command {
	var f settlementImportFlags
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Take a file of settlement rows of 상점관리자 (정산내역 > 건별), whole or with --quarantine",
		Long: "Excel, CSV, or what is only called .xls, as 상점관리자 gives it; columns are found by their titles. Rows without\n" +
			"결제키 and 거래키 are joined to the payments that Toss has shown of their order, so that the days of the\n" +
			"transactions must have been read before. What cannot be told for sure is refused, all of it at once, and nothing\n" +
			"is taken; with --quarantine FILE these rows go there, and the others are taken. The same file again adds nothing.\n" +
			"Days count as read only where the rows above the header say 조회기간 and by which day, and that nothing was left\n" +
			"out. Names of buyers are not kept.",
		Args: cobra.ExactArgs(1),
		RunE: a.onStore(func(ctx context.Context, s *session, files []string) error { return s.importSettlements(ctx, files[0], f) }),
	}
	cmd.Flags().StringVar(&f.quarantine, "quarantine", "", "a CSV file for rows that cannot be taken")
	f.register(cmd)
	return cmd
}

func (s *session) importSettlements(ctx context.Context, path string, f settlementImportFlags) error {
	if s.cfg.Settlement.Mode == config.SettlementOff {
		return usage(fmt.Errorf("settlement.mode is %s: settlements are left alone", s.cfg.Settlement.Mode), "settlement.mode: files takes files of 상점관리자")
	}
	word, err := s.password(f.fileFlags)
	if err != nil {
		return err
	}
	sync, err := s.settlementSync(false)
	if err != nil {
		return err
	}
	done, err := app.ImportSettlements{Store: s.db, Sync: sync, Options: s.settlementFile(f, word), Quarantine: f.quarantine, By: s.actor(), Now: s.now()}.Run(ctx, path)
	if err != nil {
		return err
	}
	document := settlementImportDocument{File: filepath.Base(path), SHA256: done.File.SHA256, Known: done.Known, Refused: done.Refused,
		By: orNull(done.File.By), syncDocument: s.newSyncDocument(done.Synced)}
	document.From, document.To = orNull(done.File.From), orNull(done.File.To)
	return s.show(document, func() { s.printSettlementImport(document, done) })
}

// settlementFile is how a file of settlement rows is read.
func (s *session) settlementFile(f settlementImportFlags, word string) settlefile.Options {
	options := settlefile.Options{Sheet: f.sheet, Password: word, Merchant: func(mid string) (string, bool) {
		for _, m := range s.merchants() {
			for _, of := range midsOf(m) {
				if of == mid {
					return m.MID, true
				}
			}
		}
		return "", false
	}}
	if own := s.merchants(); len(own) == 1 {
		options.DefaultMID = own[0].MID
	}
	return options
}

func (s *session) printSettlementImport(d settlementImportDocument, done app.ImportedSettlements) {
	if d.Known {
		s.printf("%s: taken before, nothing was done\n", plain(d.File))
		s.printReasons()
		return
	}
	for _, m := range done.Merchants {
		s.printf("%s: merchant %s: %s: %d new, %d changed, %d withdrawn\n", plain(d.File), m.MID, pay.Counted(int(m.Rows), "row"), m.New, m.Changed, m.Withdrawn)
	}
	if d.By != nil {
		s.printf("covers %s to %s by %s, as far as these days are over\n", *d.From, *d.To, *d.By)
	}
	s.printf("%s tied to the passbook\n", pay.Counted(int(d.Matched), "payout"))
	s.printReasons()
}
