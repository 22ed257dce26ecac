package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/pay"
	"daesa/refunds"
)

// leftTransferDocument is a transfer that is not in the file for the bank.
type leftTransferDocument struct {
	ID       string `json:"id"`
	MID      string `json:"mid"`
	OrderID  string `json:"order_id"`
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
	Why      string `json:"why"`
}

func newLeftTransferDocument(t app.LeftTransfer) leftTransferDocument {
	return leftTransferDocument{t.RefundID, t.MID, t.OrderID, t.Amount, string(t.Currency), t.Why}
}

// transferExportDocument is the JSON of `refunds transfers export`.
type transferExportDocument struct {
	Written   *string                `json:"written"` // the file; null: nothing was to be handed out
	Transfers []transferDocument     `json:"transfers"`
	Amount    int64                  `json:"amount"` // of them, in won
	Without   []leftTransferDocument `json:"without_account"`
	Before    []leftTransferDocument `json:"exported_before"`
	ending
}

func (a *invocation) transfersExportCommand() *cobra.Command {
	var x app.ExportTransfers
	cmd := &cobra.Command{
		Use:   "export --out FILE.xlsx",
		Short: "Write approved transfers into a file for the bank's bulk transfer, each once",
		Long: "A new workbook that only you may read: 은행코드, 계좌번호, 금액, 예금주, 받는분통장표시, 내통장표시. The\n" +
			"journal has who saw the accounts before they are written. A transfer that was handed out is handed out again\n" +
			"only with --again: look first that the bank has not made it. 내통장표시 are the first letters of the\n" +
			"transfer's id, by which done --passbook knows its line again. Ends with 3 where a transfer has no account.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if x.Out == "" {
				return usage(errors.New("refunds transfers export: --out is missing"), "name a new file, such as --out transfers.xlsx")
			}
			return a.withProvider(cmd.Context(), func(s *session) error { return s.exportTransfers(cmd.Context(), x) })
		},
	}
	cmd.Flags().StringVar(&x.Out, "out", "", "the file, which must not be there yet")
	cmd.Flags().BoolVar(&x.Again, "again", false, "also what was handed out before")
	cmd.Flags().StringVar(&x.Shown, "sender", "환불", "what is shown in the passbook of who gets the money (받는분통장표시)")
	return cmd
}

func (s *session) exportTransfers(ctx context.Context, x app.ExportTransfers) error {
	if err := s.mayMoveClock(); err != nil {
		return err
	}
	ring, err := neededRing(s.cfg, "refunds transfers export")
	if err != nil {
		return err
	}
	x.Store, x.Head, x.Sealer, x.Signing, x.MID, x.By, x.Now = s.db, s.head(), ring, s.signing(), s.mid, s.actor(), s.now()
	done, err := x.Run(ctx)
	if err != nil {
		return err
	}
	document := transferExportDocument{Transfers: each(done.Transfers, newTransferDocument), Without: each(done.Without, newLeftTransferDocument),
		Before: each(done.Before, newLeftTransferDocument)}
	for _, t := range done.Transfers {
		document.Amount += t.Amount
	}
	if len(done.Transfers) > 0 {
		document.Written = &x.Out
	}
	if n := len(done.Without); n > 0 {
		s.verdict.Add(app.EndedPerson, "%s cannot be handed out, first: transfer %s of order %s: %s", pay.Counted(n, "transfer"),
			done.Without[0].RefundID, plain(done.Without[0].OrderID), done.Without[0].Why)
	}
	document.ending = s.ending()
	return s.show(document, func() { s.printExport(document) })
}

func (s *session) printExport(d transferExportDocument) {
	for _, left := range append(d.Without, d.Before...) {
		s.printf("left out: transfer %s of order %s, %s: %s\n", left.ID, plain(left.OrderID), pay.Currency(left.Currency).Spell(left.Amount), left.Why)
	}
	if len(d.Before) > 0 {
		s.advise("look in the passbook whether the bank has made them; --again hands them out once more")
	}
	if d.Written == nil {
		s.printf("nothing to hand out: no file was written\n")
	} else {
		s.printf("%s over %s written to %s; delete it when the bank has it, then: daesa refunds transfers done --passbook FILE\n",
			pay.Counted(len(d.Transfers), "transfer"), pay.KRW.Spell(d.Amount), plain(*d.Written))
	}
	s.printReasons()
}

// doneFlags are those of `refunds transfers done`.
type doneFlags struct {
	bankFlags
	word     refunds.ManualWord
	passbook string
	stored   bool
	write    bool
}

func (a *invocation) transfersDoneCommand() *cobra.Command {
	f := doneFlags{word: refunds.ManualWord{To: refunds.ManualDone}}
	cmd := &cobra.Command{
		Use:   "done ID --reference TEXT | done --passbook FILE [--write]",
		Short: "Write down that it was transferred, one by hand or all that the passbook shows",
		Long: "With --passbook a bank statement is taken in as bank import does. Then the lines of money that went out are\n" +
			"tied to approved transfers: exact amount, on the day of the approval or later, and the account or its holder, or\n" +
			"the 내통장표시 of the export. Only what is the one line of the one transfer is tied; what could be several is\n" +
			"listed, for a person with done ID --reference. It shows what it would do, and does it with --write. --stored\n" +
			"ties to the lines that are known, without a file.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error { return a.finishTransfers(cmd.Context(), ids, f) },
	}
	cmd.Flags().StringVar(&f.word.Reference, "reference", "", "the bank's reference of the transfer")
	cmd.Flags().StringVar(&f.word.Note, "note", "", "kept in the journal")
	cmd.Flags().StringVar(&f.passbook, "passbook", "", "a bank statement that shows the transfers")
	cmd.Flags().BoolVar(&f.stored, "stored", false, "tie to lines of the passbook that are known already")
	cmd.Flags().BoolVar(&f.write, "write", false, "write down what is tied")
	cmd.Flags().StringVar(&f.account, "account", "", "with --passbook: the account in bank.accounts (default: the only one, or by the number in the file)")
	cmd.Flags().StringVar(&f.layout, "layout", "", "with --passbook: how the file is read (default: it is recognised)")
	f.register(cmd)
	return cmd
}

func (a *invocation) finishTransfers(ctx context.Context, ids []string, f doneFlags) error {
	byPassbook := f.passbook != "" || f.stored
	next := "daesa refunds transfers done ID --reference TEXT, or daesa refunds transfers done --passbook FILE"
	switch {
	case byPassbook && (len(ids) > 0 || f.word.Reference != "" || f.word.Note != ""):
		return usage(errors.New("refunds transfers done: an ID with its --reference and --note does not go with the passbook, which says itself what was done"), next)
	case !byPassbook && len(ids) == 0:
		return usage(errors.New("refunds transfers done: which transfer?"), next)
	case !byPassbook && f.write:
		return usage(errors.New("refunds transfers done: --write goes with --passbook or --stored"), next)
	case byPassbook:
		return a.tieTransfers(ctx, f)
	}
	f.word.ID = strings.TrimSpace(ids[0])
	return a.withProvider(ctx, func(s *session) error { return s.moveTransfer(ctx, f.word, signFlags{}) })
}

// tiedDocument is a transfer and the line of the passbook that is it.
type tiedDocument struct {
	ID       string           `json:"id"`
	MID      string           `json:"mid"`
	OrderID  string           `json:"order_id"`
	Amount   int64            `json:"amount"`
	Currency string           `json:"currency"`
	Line     tiedLineDocument `json:"line"`
}

type tiedLineDocument struct {
	ID  string `json:"id"`
	Day string `json:"day"`
}

// untiedDocument is a transfer that no line is for sure.
type untiedDocument struct {
	ID       string             `json:"id"`
	MID      string             `json:"mid"`
	OrderID  string             `json:"order_id"`
	Amount   int64              `json:"amount"`
	Currency string             `json:"currency"`
	Why      string             `json:"why"`   // ambiguous, no_account or no_line
	Lines    []tiedLineDocument `json:"lines"` // that it could be
	Alike    []tiedLineDocument `json:"alike"` // of its amount, that do not say to whom
}

// doneDocument is the JSON of `refunds transfers done --passbook`.
type doneDocument struct {
	Passbook *bankImportDocument `json:"passbook"` // null with --stored
	Tied     []tiedDocument      `json:"tied"`
	Open     []untiedDocument    `json:"open"`
	Written  bool                `json:"written"`
	ending
}

func newTiedLine(l refunds.OutLine) tiedLineDocument { return tiedLineDocument{l.ID, string(l.Day)} }

func newUntiedDocument(u refunds.Untied) untiedDocument {
	why := "no_line"
	switch {
	case len(u.Lines) > 0:
		why = "ambiguous"
	case u.Transfer.Account == nil:
		why = "no_account"
	}
	t := u.Transfer
	return untiedDocument{t.RefundID, t.MID, t.OrderID, t.Amount, string(t.Currency), why, each(u.Lines, newTiedLine), each(u.Alike, newTiedLine)}
}

func (a *invocation) tieTransfers(ctx context.Context, f doneFlags) error {
	take, err := a.bankReader(f.bankFlags)
	if err != nil {
		return err
	}
	return a.withProvider(ctx, func(s *session) error {
		var document doneDocument
		if f.passbook != "" {
			imported, err := s.takeBank(ctx, take, []string{f.passbook}, f.account, "refunds transfers done")
			if err != nil {
				return err
			}
			s.judgeBankImport(imported)
			first := s.newBankImportDocument(imported[0])
			document.Passbook = &first
		}
		ring, err := neededRing(s.cfg, "refunds transfers done")
		if err != nil {
			return err
		}
		accounts, err := s.db.BankNames(ctx)
		if err != nil {
			return err
		}
		done, err := app.TieTransfers{Store: s.db, Head: s.head(), Sealer: ring, MID: s.mid, Accounts: accounts, Write: f.write, By: s.actor(), Now: s.now()}.Run(ctx)
		if err != nil {
			return err
		}
		return s.showTied(document, done)
	})
}

func (s *session) showTied(document doneDocument, done app.TiedTransfers) error {
	document.Tied = each(done.Tied, func(tie refunds.TransferTie) tiedDocument {
		t := tie.Transfer
		return tiedDocument{t.RefundID, t.MID, t.OrderID, t.Amount, string(t.Currency), newTiedLine(tie.Line)}
	})
	document.Open, document.Written = each(done.Open, newUntiedDocument), done.Written
	ambiguous := 0
	for _, open := range document.Open {
		if open.Why == "ambiguous" {
			ambiguous++
		}
	}
	if ambiguous > 0 {
		s.verdict.Add(app.EndedPerson, "%s could be several lines of the passbook, or their line several transfers", pay.Counted(ambiguous, "transfer"))
	}
	document.ending = s.ending()
	if document.Passbook != nil {
		document.Passbook.ending = s.ending()
	}
	return s.show(document, func() { s.printTied(document) })
}

func (s *session) printTied(d doneDocument) {
	if d.Passbook != nil {
		s.printBankImport([]bankImportDocument{*d.Passbook})
	}
	verb := "would be done"
	if d.Written {
		verb = "done"
	}
	for _, tie := range d.Tied {
		s.printf("transfer %s of order %s, %s: %s by line %s of %s\n", tie.ID, plain(tie.OrderID), pay.Currency(tie.Currency).Spell(tie.Amount), verb, tie.Line.ID, tie.Line.Day)
	}
	for _, open := range d.Open {
		s.printf("transfer %s of order %s, %s: open, %s\n", open.ID, plain(open.OrderID), pay.Currency(open.Currency).Spell(open.Amount), untiedWhy(open))
	}
	s.printf("%s tied, %s open\n", pay.Counted(len(d.Tied), "transfer"), pay.Grouped(len(d.Open)))
	if len(d.Tied) > 0 && !d.Written {
		s.advise("nothing was written down: the same command with --write does it")
	}
	s.printReasons()
}

// untiedWhy says why a transfer stays open.
func untiedWhy(open untiedDocument) string {
	lines := func(of []tiedLineDocument) string {
		return strings.Join(each(of, func(l tiedLineDocument) string { return l.ID + " of " + l.Day }), ", ")
	}
	text := "no line of the passbook is it"
	switch open.Why {
	case "ambiguous":
		return "could be " + lines(open.Lines) + ", which could be others, too"
	case "no_account":
		text = "no account of it is kept"
	}
	if len(open.Alike) > 0 {
		text += fmt.Sprintf("; of its amount, without a name: %s", lines(open.Alike))
	}
	return text
}
