package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/config"
	"daesa/internal/seal"
	"daesa/internal/table"
	"daesa/internal/written"
	"daesa/pay"
	"daesa/refunds"
	"daesa/store"
	"daesa/toss"
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
	dry      bool
	ending
}

func (a *invocation) refundsAddCommand() *cobra.Command {
	var asking refunds.Asking
	var accountFile, amount string
	cmd := &cobra.Command{
		Use:   "add --order ID --amount N|all --reason TEXT",
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
			return a.addRefund(cmd.Context(), asking, accountFile, cmd.InOrStdin())
		},
	}
	cmd.Flags().StringVar(&asking.OrderID, "order", "", "the order's number")
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
			return a.importRefunds(cmd.Context(), files[0], f)
		},
	}
	cmd.Flags().BoolVar(&f.dry, "dry-run", false, "say what would happen, and add nothing")
	cmd.Flags().StringVar(&f.quarantine, "quarantine", "", "refused rows go to this file (CSV, 0600), the rest is taken")
	cmd.Flags().StringVar(&f.out, "out", "", "the file back as an .xlsx, with what daesa says in a last column beside each row (0600)")
	f.register(cmd)
	return cmd
}

// asker has what asking for refunds, and a person's word after a look-up, need.
type asker struct {
	*invocation
	cfg     *config.Config
	db      *store.DB
	ring    *seal.Ring            // nil: there is no account key
	lookUps map[string]app.LookUp // by MID, of every MID of a merchant
	now     time.Time
}

// withAsker opens what adding requests needs.
func (a *invocation) withAsker(ctx context.Context, f func(*asker) error) error {
	cfg, err := a.config(true)
	if err != nil {
		return err
	}
	db, err := a.database(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	s := &asker{invocation: a, cfg: cfg, db: db, lookUps: map[string]app.LookUp{}}
	if s.now, err = a.now(); err != nil {
		return err
	}
	if s.ring, err = accountRing(cfg); err != nil {
		return err
	}
	for _, m := range cfg.Merchants {
		// A request from before one of the also_mids was one is looked up under it.
		for _, mid := range midsOf(m) {
			if s.lookUps[mid], err = a.clientUnder(db, m, mid, toss.DefaultTimeout); err != nil {
				return &coded{err, codeUsage}
			}
		}
	}
	return f(s)
}

// planner wires what plans askings. batch is the file's; "" for one asking.
func (s *asker) planner(batch string) *app.Asker {
	planner := &app.Asker{Merchants: map[string]app.Merchant{}, Requests: s.db, Looks: s.db, Actor: s.actor(), Batch: batch, Now: s.now, Clock: s.clockOfLooks}
	for _, m := range s.cfg.Merchants {
		planner.Merchants[m.MID] = app.Merchant{LookUp: s.lookUps[m.MID], Policy: s.policy(m.MID), PerMinute: m.RequestsPerMinute}
	}
	if s.ring != nil {
		planner.Sealer = s.ring
	}
	return planner
}

// clockOfLooks is when a look-up was made: by --as-of, where it is given.
func (s *asker) clockOfLooks() time.Time {
	if s.asOf != "" {
		return s.now
	}
	return s.clock()
}

func (a *invocation) addRefund(ctx context.Context, asking refunds.Asking, accountFile string, stdin io.Reader) error {
	return a.withAsker(ctx, func(s *asker) error {
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
		added, warning, err := app.AddRefund(ctx, s.planner(""), s.db, asking)
		if err != nil {
			return err
		}
		if warning.English != "" {
			a.warn("%s", warning.English)
		}
		requests := slices.Concat(added.New, added.Known)
		if a.json {
			return a.showRefund(ctx, s.cfg, s.db, requests[0].ID)
		}
		r := requests[0]
		if len(added.Known) > 0 {
			a.printf("refund %s is there already (ref %s)\n", r.ID, plain(r.Ref))
		} else {
			a.printf("refund %s added (ref %s)\n", r.ID, plain(r.Ref))
		}
		a.printf("%s of order %s: %s\n", r.Currency.Spell(r.Amount), plain(r.OrderID), r.State)
		return nil
	})
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

func (s *asker) policy(mid string) refunds.AskPolicy { return askPolicy(s.cfg, mid) }

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

func (a *invocation) importRefunds(ctx context.Context, path string, f refundsFlags) error {
	word, err := a.password(f.fileFlags)
	if err == nil {
		err = f.checkOutputs(path)
	}
	if err != nil {
		return err
	}
	return a.withAsker(ctx, func(s *asker) error {
		o := s.refundFileOptions(f.fileFlags, word)
		batch, err := refunds.ReadFile(path, o)
		var faults table.Faults
		if err != nil && !errors.As(err, &faults) {
			return err
		}
		a.warnOfFile(path, batch.Unknown, batch.Unread)
		id := app.BatchOf(batch).ID
		file, err := s.planFile(ctx, id, batch, faults)
		if err != nil {
			return err
		}
		if file.TotalUnread {
			a.warn("%s: the total in line %d was not compared, since the amount of a row is not known", path, batch.Total.Line)
		}
		plan := file.Plan()
		document := newImportDocument(id, plan)
		if document.dry = f.dry; f.dry {
			a.judgePlan(plan)
			err := s.giveBack(&document, file, plan, o.Password, f.out, "would be")
			return errors.Join(err, a.printImport(document, "would be"))
		}
		if file.TotalWrong || len(file.Faults) > 0 && f.quarantine == "" {
			return errors.Join(file.Refusal(), s.giveBack(&document, file, plan, o.Password, f.out, "would be"))
		}
		return s.takeBatch(ctx, id, file, o, f)
	})
}

// refundFileOptions are how a file of refunds or accounts is read.
func (s *asker) refundFileOptions(f fileFlags, password string) refunds.FileOptions {
	o := refunds.FileOptions{MIDs: mids(s.cfg), MainMIDs: s.cfg.MainMIDs(), Sheet: f.sheet, Password: password}
	if len(o.MIDs) == 1 {
		o.DefaultMID = o.MIDs[0]
	}
	if s.mid != "" {
		o.DefaultMID = s.mid
	}
	return o
}

// warnOfFile names columns and sheets of which nothing is read.
func (a *invocation) warnOfFile(path string, unknown, unread []string) {
	for _, title := range unknown {
		a.warn("%s: column %q means nothing to daesa and is passed over", path, plain(title))
	}
	for _, sheet := range unread {
		a.warn("%s: nothing was read of the sheet %q; --sheet names another one", path, plain(sheet))
	}
}

// takeBatch takes the rows that nothing speaks against; the others go aside.
func (s *asker) takeBatch(ctx context.Context, id string, file app.RefundFile, o refunds.FileOptions, f refundsFlags) (err error) {
	var aside *table.Aside
	if f.quarantine != "" {
		if aside, err = file.SetAside(f.quarantine, o); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, aside.Discard()) }() // after Commit it does nothing
	}
	imported, err := file.Import(ctx, s.db, s.actor(), s.now)
	if err != nil {
		return err
	}
	if imported.Expired > 0 {
		s.verdict.Add(app.EndedPerson, "%s past the deadline, to be given back by bank transfer: daesa refunds transfers list", pay.Counted(imported.Expired, "refund"))
	}
	document := newImportDocument(id, imported)
	if aside != nil {
		if document.Quarantined, err = aside.Commit(); err != nil {
			return err
		}
		if document.Quarantined > 0 {
			s.verdict.Add(app.EndedPerson, "%s refused: see %s", pay.Counted(document.Quarantined, "row"), f.quarantine)
		}
	}
	if document.Added+document.Known > 0 {
		document.Workbook = s.drawBatch(context.WithoutCancel(ctx), s.cfg, s.db, id, file.Batch.Name, file.BatchRefusals(refunds.Language(s.cfg.Reports.Language)))
	}
	if err := s.giveBack(&document, file, imported, o.Password, f.out, "is"); err != nil {
		s.warn("%s\nhint: what was recorded stands; the same command with --dry-run writes the file again", plain(err.Error()))
	}
	return s.printImport(document, "is")
}

// sayAfter is from when on it is said how long the look-ups of a file take.
const sayAfter = 10 * time.Second

// planFile plans the rows of a file, and says before it begins how long their
// look-ups take.
func (s *asker) planFile(ctx context.Context, id string, batch refunds.Batch, faults table.Faults) (app.RefundFile, error) {
	planner := s.planner(id)
	progress := s.newProgress()
	defer progress.Close()
	planner.Progress = func(done, total int) { progress.Step("look up", int64(done), int64(total)) }
	work, err := planner.PlanBatch(ctx, batch, faults)
	if err != nil {
		return app.RefundFile{}, err
	}
	todo, kept := work.LookUps()
	if kept > 0 {
		s.warn("%s: %s looked up less than an hour ago for this file, which was not imported then, and not again", batch.Name, pay.Counted(kept, "payment"))
	}
	if takes := work.Takes(); takes > sayAfter {
		s.warn("%s: looking up %s takes about %s (merchants.requests_per_minute); if it is stopped, the same file goes on where it was within the hour",
			batch.Name, pay.Counted(todo, "payment"), roughly(takes))
		if len(faults) > 0 {
			s.warn("%s: %s of the file cannot be read as they are; all is said at the end", batch.Name, pay.Counted(len(faults), "value"))
		}
	}
	return work.File(ctx)
}

// roughly writes how long something takes, for people.
func roughly(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d seconds", int(d.Round(time.Second).Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d minutes", int(d.Round(time.Minute).Minutes()))
	default:
		return fmt.Sprintf("%.1f hours", d.Hours())
	}
}

// judgePlan says with which code a dry run ends: 3 where a row would not be sent.
func (a *invocation) judgePlan(plan app.Imported) {
	if plan.Refused > 0 {
		a.verdict.Add(app.EndedPerson, "%s would be refused", pay.Counted(plan.Refused, "row"))
	}
	if plan.Expired > 0 {
		a.verdict.Add(app.EndedPerson, "%s past the deadline, to be given back by bank transfer", pay.Counted(plan.Expired, "row"))
	}
	if plan.WithoutAccount > 0 {
		a.verdict.Add(app.EndedPerson, "%s without the refund account that it needs", pay.Counted(plan.WithoutAccount, "row"))
	}
}

func newImportDocument(batch string, i app.Imported) importDocument {
	d := importDocument{Batch: batch, Added: i.Added, Known: i.Known, Refused: i.Refused, Amount: map[string]int64{}}
	for currency, amount := range i.Amount {
		d.Amount[string(currency)] = amount
	}
	d.Rows = each(i.Lines, func(l app.AskedLine) askedDocument {
		return askedDocument{Line: l.Line, ID: orNull(l.ID), OrderID: l.OrderID, Would: string(l.Would), State: orNull(l.State), Amount: l.Amount,
			Currency: string(l.Currency), CancelBy: timeOrNull(l.CancelBy), Column: orNull(l.Column), Why: orNull(l.Why)}
	})
	return d
}

func (a *invocation) printImport(d importDocument, verb string) error {
	d.ending = a.ending()
	if a.json {
		return a.printJSON(d)
	}
	if len(d.Rows) > 0 {
		rows := each(d.Rows, func(r askedDocument) []string {
			amount := "all"
			if r.Amount != nil {
				amount = pay.Currency(r.Currency).Spell(*r.Amount)
			} else if r.Currency == "" {
				amount = "-" // what the row says cannot be read
			}
			return []string{fmt.Sprint(r.Line), r.OrderID, amount, r.Would, orDash(r.State), orDash(r.CancelBy), orDash(r.Why)}
		})
		a.printTable([]string{">LINE", "ORDER", ">AMOUNT", strings.ToUpper(verb), "STATE", "CANCEL BY", "WHY"}, rows)
	}
	done := "added"
	if verb == "is" {
		a.printf("batch %s: %d added, %d there already", d.Batch, d.Added, d.Known)
		if d.Quarantined > 0 {
			a.printf(", %d quarantined", d.Quarantined)
		}
		a.printf("\n")
	} else {
		done = "would be added"
		a.printf("batch %s: nothing was imported; %d refused\n", d.Batch, d.Refused)
	}
	for _, currency := range slices.Sorted(maps.Keys(d.Amount)) {
		a.printf("%s: %s\n", done, pay.Currency(currency).Spell(d.Amount[currency]))
	}
	if d.Workbook != nil {
		a.printf("workbook: %s\n", *d.Workbook)
	}
	if d.Out != nil {
		a.printf("the file back: %s\n", *d.Out)
	}
	return nil
}
