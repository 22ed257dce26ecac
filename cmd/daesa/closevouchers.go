package main

import (
	"cmp"
	"context"
	"errors"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/pay"
	"daesa/reports/voucherfile"
	"daesa/settle"
)

// vouchersDocument is the JSON of `close vouchers`; sums by currency.
type vouchersDocument struct {
	Month       string           `json:"month"`
	State       string           `json:"state"`
	Provisional bool             `json:"provisional"` // the file says 가마감
	File        string           `json:"file"`
	Columns     []string         `json:"columns"`
	Vouchers    int              `json:"vouchers"`
	Entries     int              `json:"entries"`
	Debits      map[string]int64 `json:"debits"`
	Credits     map[string]int64 `json:"credits"`
	Receivable  map[string]int64 `json:"receivable"` // by how much it moves
	ending
}

// monthEntries gives the vouchers of a month.
type monthEntries func(ctx context.Context, s *session, month settle.Month) (app.MonthVouchers, error)

func (a *invocation) closeVouchersCommand(entries monthEntries) *cobra.Command {
	var out, encoding string
	cmd := &cobra.Command{
		Use:   "vouchers YYYY-MM",
		Short: "Write a month's vouchers (전표) as a file that accounting programs take in",
		Long: "Columns and their order are close.vouchers.columns, accounts are close.vouchers. The header is the first row.\n" +
			"Of a month that is not locked each line says 가마감. docs/vouchers.md has the columns, and rules for hledger.",
		Args: cobra.ExactArgs(1),
		RunE: a.onStore(func(ctx context.Context, s *session, words []string) error {
			return s.writeVouchers(ctx, entries, words[0], out, encoding)
		}),
	}
	cmd.Flags().StringVar(&out, "out", "", "the file, an .xlsx or a .csv")
	cmd.Flags().StringVar(&encoding, "encoding", "", "of a .csv: utf-8 (default) or cp949")
	return cmd
}

func (s *session) writeVouchers(ctx context.Context, entries monthEntries, word, out, encoding string) error {
	month, err := monthOf(word)
	switch {
	case err != nil:
		return err
	case out == "":
		return usage(errors.New("--out names the file"), "for example --out vouchers-"+string(month)+".csv")
	}
	if err := oneOf("--encoding", encoding, voucherfile.Encodings); err != nil {
		return err
	}
	chosen := s.cfg.Close.Vouchers
	file := app.VoucherFile{Path: out, Encoding: voucherfile.Encoding(encoding), Columns: chosen.Columns, Receivable: chosen.Receivable}
	if err := file.Check(); err != nil {
		return err
	}
	vouchers, err := entries(ctx, s, month)
	if err != nil {
		return err
	}
	done, err := file.Write(vouchers)
	if err != nil {
		return err
	}
	document := vouchersDocument{Month: string(month), State: string(vouchers.State), Provisional: done.Provisional, File: out, Columns: done.Columns, Vouchers: done.Vouchers,
		Entries: done.Entries, Debits: amounts(done.Debits), Credits: amounts(done.Credits), Receivable: amounts(done.Receivable), ending: s.ending()}
	return s.show(document, func() {
		s.printf("%s: %s, %s of %s%s\n", plain(out), pay.Counted(done.Vouchers, "voucher"), pay.Counted(done.Entries, "line"), month, provisionalNote(done.Provisional))
		s.printAmounts("debits = credits", document.Debits)
		s.printAmounts("the receivable "+cmp.Or(chosen.Receivable, "-")+" moves by", document.Receivable)
	})
}

// provisionalNote is what a text says of a month that is not locked.
func provisionalNote(provisional bool) string {
	if provisional {
		return " (" + voucherfile.Provisional + ": not locked)"
	}
	return ""
}
