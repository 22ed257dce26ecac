package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/config"
	"daesa/internal/written"
	"daesa/pay"
	"daesa/refunds"
)

// askedDocument is one request of `refunds add` and `refunds import`.
type askedDocument struct {
	Line     int     `json:"line"` // of the file; 0: it came from no file
	ID       *string `json:"id"`
	OrderID  string  `json:"order_id"`
	Would    string  `json:"would"` // added, known, or refused
	State    *string `json:"state"`
	Amount   *int64  `json:"amount"` // null: all that is left, of a refused row
	Currency string  `json:"currency"`
	CancelBy *string `json:"cancel_by"`
	Column   *string `json:"column"`
	Why      *string `json:"why"`
}

// importDocument is the JSON of `refunds import`.
type importDocument struct {
	Batch   string `json:"batch"`
	Added   int    `json:"added"`
	Known   int    `json:"known"`
	Refused int    `json:"refused"`
	// Quarantined is how many of the refused rows went to the file of --quarantine.
	Quarantined int              `json:"quarantined"`
	Amount      map[string]int64 `json:"amount"` // of what was added, or would be
	Rows        []askedDocument  `json:"rows"`
	// Workbook is the batch's, null where nothing was imported or it could not be written.
	Workbook *string `json:"workbook"`
	Out      *string `json:"out"` // the file given back, null without --out
	ending
}

func (a *invocation) refundsAddCommand() *cobra.Command {
	var asking refunds.Asking
	var accountFile, amount string
	cmd := &cobra.Command{
		Use:   "add --order ID|--payment KEY --amount N|all --reason TEXT",
		Short: "Ask for one refund",
		Long: "Looks the payment up and adds one request to the queue. An account for a deposited virtual account\n" +
			"comes as JSON {bank, account_number, holder_name} by --account-file, - for stdin, never as an argument.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			asking.MID = a.mid
			asking.Reason = written.NFC(asking.Reason)
			if refunds.AllOf(amount) {
				asking.All = true
			} else {
				asking.Amount = amount
			}
			return a.withProvider(cmd.Context(), func(s *session) error { return s.addRefund(cmd.Context(), asking, accountFile, cmd.InOrStdin()) })
		},
	}
	cmd.Flags().StringVar(&asking.OrderID, "order", "", "the order's number")
	cmd.Flags().StringVar(&asking.PaymentKey, "payment", "", "the payment key, where the order has several payments; with --order or in its place")
	cmd.Flags().StringVar(&amount, "amount", "", "a number in the payment's currency, as in a refund file (69,000), or all")
	cmd.Flags().StringVar(&asking.Reason, "reason", "", "what the customer may see; at most 150 characters")
	cmd.Flags().StringVar(&asking.Ref, "ref", "", "the shop's own id of this request; one ref makes one refund, ever")
	cmd.Flags().StringVar(&asking.TaxFree, "tax-free", "", "the tax-free part, for a part of a payment that has one")
	cmd.Flags().StringVar(&accountFile, "account-file", "", "JSON file with the refund account, or - for stdin")
	return cmd
}

// refundsFlags are the flags of `refunds import`.
type refundsFlags struct {
	fileFlags
	dry        bool
	quarantine string
	out        string
}

func (a *invocation) refundsImportCommand() *cobra.Command {
	var f refundsFlags
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Ask for an ad-hoc batch of refunds (Excel, CSV, and what is only called .xls)",
		Long: "Looks every row's payment up. A file is taken whole or not at all, or with --quarantine without its bad\n" +
			"rows; the same file twice adds nothing the second time. --dry-run says for each row what would happen, why\n" +
			"not, and until when, and ends with code 3 where a row would not be sent. Look-ups that were stopped go on\n" +
			"where they were, within the hour. --out gives the file back as it was, with what daesa says in a last\n" +
			"column beside each row; refunds template makes an empty one.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			word, err := a.password(f.fileFlags)
			if err == nil {
				err = f.checkOutputs(files[0])
			}
			if err != nil {
				return err
			}
			return a.withProvider(cmd.Context(), func(s *session) error { return s.importRefunds(cmd.Context(), files[0], word, f) })
		},
	}
	cmd.Flags().BoolVar(&f.dry, "dry-run", false, "say what would happen, and add nothing")
	cmd.Flags().StringVar(&f.quarantine, "quarantine", "", "refused rows go to this file (CSV, 0600), the rest is taken")
	cmd.Flags().StringVar(&f.out, "out", "", "the file back as an .xlsx, with what daesa says in a last column beside each row (0600)")
	f.register(cmd)
	return cmd
}

// planner wires what plans askings.
func (s *session) planner() (*app.Asker, error) {
	if err := s.signing().Requester(s.actor()); err != nil {
		return nil, &coded{err, codeUsage}
	}
	clients, err := s.clients()
	if err != nil {
		return nil, err
	}
	ring, err := accountRing(s.cfg)
	if err != nil {
		return nil, err
	}
	planner := &app.Asker{Merchants: map[string]app.Merchant{}, Requests: s.db, Another: s.cfg.AnotherMerchant, Looks: s.db, Actor: s.actor(), Now: s.now(), Clock: s.clockOfLooks}
	for _, m := range s.cfg.Merchants {
		planner.Merchants[m.MID] = app.Merchant{LookUp: clients[m.MID], Policy: askPolicy(s.cfg, m.MID), PerMinute: m.RequestsPerMinute}
	}
	if ring != nil {
		planner.Sealer = ring
	}
	return planner, nil
}

// clockOfLooks is when a look-up was made: by --as-of, where it is given.
func (a *invocation) clockOfLooks() time.Time {
	if !a.asOf.IsZero() {
		return a.asOf
	}
	return a.clock()
}

func (s *session) addRefund(ctx context.Context, asking refunds.Asking, accountFile string, stdin io.Reader) error {
	if asking.MID == "" {
		if len(s.cfg.Merchants) > 1 {
			return usage(errors.New("refunds add: several merchants are configured"), "say which by --mid")
		}
		asking.MID = s.cfg.Merchants[0].MID
	}
	if accountFile != "" {
		account, err := readAccount(accountFile, stdin)
		if err != nil {
			return err
		}
		asking.Account = &account
	}
	if column, err := asking.Check(); err != nil {
		return usage(fmt.Errorf("refunds add: %s: %w", column, err), "daesa refunds add --help shows what each flag takes")
	}
	planner, err := s.planner()
	if err != nil {
		return err
	}
	added, warning, err := app.AddRefund(ctx, planner, s.db, asking)
	if err != nil {
		return err
	}
	if warning.English != "" {
		s.warn("%s", warning.English)
	}
	r, _, err := s.db.Refund(ctx, slices.Concat(added.New, added.Known)[0].ID) // an account that came with it may have moved it
	if err != nil {
		return err
	}
	done := "added"
	if s.json {
		return s.showRefund(ctx, r.ID)
	}
	if len(added.Known) > 0 {
		done = "is there already"
	}
	s.printf("refund %s %s (ref %s)\n", r.ID, done, plain(r.Ref))
	s.printf("%s of order %s: %s\n", r.Currency.Spell(r.Amount), plain(r.OrderID), r.State)
	return nil
}

func readAccount(path string, stdin io.Reader) (pay.RefundAccount, error) {
	if path == "-" {
		return refunds.ReadAccount(stdin)
	}
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return pay.RefundAccount{}, failed("check the path of --account-file", "the account file: %w", err)
	}
	defer f.Close()
	return refunds.ReadAccount(f)
}

// askPolicy is what the configuration says about requests of people.
func askPolicy(cfg *config.Config, mid string) refunds.AskPolicy {
	m, _ := cfg.Merchant(mid)
	p := refunds.AskPolicy{ApproveAbove: cfg.Refunds.ApproveAbove, AccountDays: m.VirtualAccountCancelDays,
		Single: map[pay.Currency]int64{pay.KRW: cfg.Refunds.MaxSingle}}
	for currency, l := range cfg.Refunds.Limits {
		p.Single[pay.Currency(currency)] = l.MaxSingle
	}
	return p
}

func (s *session) importRefunds(ctx context.Context, path, password string, f refundsFlags) error {
	planner, err := s.planner()
	if err != nil {
		return err
	}
	bar := s.newProgress()
	defer bar.Close()
	planner.Progress = func(done, total int) { bar.Step("look up", int64(done), int64(total)) }
	done, err := app.ImportRefunds{
		Asker: planner, Store: s.db, Workbooks: s.batchWorkbooks(), Options: s.refundFileOptions(f.fileFlags, password), Language: s.cfg.Reports.Language,
		Quarantine: f.quarantine, Out: f.out, DryRun: f.dry, Warn: s.warns, Outcome: &s.verdict.Outcome,
	}.Run(ctx, path)
	if err != nil {
		return err
	}
	return s.showImport(done, f.dry)
}

// refundFileOptions are how a file of refunds or accounts is read.
func (s *session) refundFileOptions(f fileFlags, password string) refunds.FileOptions {
	o := refunds.FileOptions{MIDs: mids(s.cfg), MainMIDs: s.cfg.MainMIDs(), Sheet: f.sheet, Password: password}
	if len(o.MIDs) == 1 {
		o.DefaultMID = o.MIDs[0]
	}
	if s.mid != "" {
		o.DefaultMID = s.mid
	}
	return o
}

func newImportDocument(i app.ImportedFile, ending ending) importDocument {
	return importDocument{
		Batch: i.Batch, Added: i.Added, Known: i.Known, Refused: i.Refused, Quarantined: i.Quarantined, Amount: amounts(i.Amount),
		Workbook: orNull(i.Workbook), Out: orNull(i.Out), ending: ending,
		Rows: each(i.Lines, func(l app.AskedLine) askedDocument {
			return askedDocument{Line: l.Line, ID: orNull(l.ID), OrderID: l.OrderID, Would: string(l.Would), State: orNull(l.State), Amount: l.Amount,
				Currency: string(l.Currency), CancelBy: timeOrNull(l.CancelBy), Column: orNull(l.Column), Why: orNull(l.Why)}
		}),
	}
}

func (s *session) showImport(i app.ImportedFile, dry bool) error {
	d := newImportDocument(i, s.ending())
	return s.show(d, func() {
		verb, done := "IS", "added"
		if dry {
			verb, done = "WOULD BE", "would be added"
		}
		if len(i.Lines) > 0 {
			s.printTable([]string{">LINE", "ORDER", ">AMOUNT", verb, "STATE", "CANCEL BY", "WHY"}, each(i.Lines, askedRow))
		}
		if dry {
			s.printf("batch %s: nothing was imported; %d refused\n", d.Batch, d.Refused)
		} else {
			s.printf("batch %s: %d added, %d there already", d.Batch, d.Added, d.Known)
			if d.Quarantined > 0 {
				s.printf(", %d quarantined", d.Quarantined)
			}
			s.printf("\n")
		}
		s.printAmounts(done, d.Amount)
		if d.Workbook != nil {
			s.printf("workbook: %s\n", *d.Workbook)
		}
		if d.Out != nil {
			s.printf("the file back: %s\n", *d.Out)
		}
	})
}

func askedRow(l app.AskedLine) []string {
	amount := "all"
	switch {
	case l.Amount != nil:
		amount = l.Currency.Spell(*l.Amount)
	case l.Currency == "":
		amount = "-" // what the row says cannot be read
	}
	return []string{fmt.Sprint(l.Line), l.OrderID, amount, string(l.Would), dash(string(l.State)), dash(timeOrNothing(l.CancelBy)), dash(l.Why)}
}
