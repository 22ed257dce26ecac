package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"daesa/config"
	"daesa/internal/seal"
	"daesa/internal/table"
	"daesa/pay"
	"daesa/reconcile"
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
	Amount   int64   `json:"amount"`
	Currency string  `json:"currency"`
	CancelBy *string `json:"cancel_by"`
	Column   *string `json:"column"`
	Why      *string `json:"why"`
}

// importDocument is the JSON of `refunds import`.
type importDocument struct {
	Batch   string           `json:"batch"`
	Added   int              `json:"added"`
	Known   int              `json:"known"`
	Refused int              `json:"refused"`
	Amount  map[string]int64 `json:"amount"` // of what was added
	Rows    []askedDocument  `json:"rows"`
	// Workbook is the batch's, null where nothing was imported or it could not be written.
	Workbook *string `json:"workbook"`
	ending
}

func (a *app) refundsAddCommand() *cobra.Command {
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
			if strings.EqualFold(amount, "all") || amount == "전액" {
				asking.All = true
			} else {
				asking.Amount = amount
			}
			return a.addRefund(cmd.Context(), asking, accountFile, cmd.InOrStdin())
		},
	}
	cmd.Flags().StringVar(&asking.OrderID, "order", "", "the order's number")
	cmd.Flags().StringVar(&amount, "amount", "", "a number in the payment's currency, or all")
	cmd.Flags().StringVar(&asking.Reason, "reason", "", "what the customer may see; at most 150 characters")
	cmd.Flags().StringVar(&asking.Ref, "ref", "", "the shop's own id of this request; one ref makes one refund, ever")
	cmd.Flags().StringVar(&asking.TaxFree, "tax-free", "", "the tax-free part, for a part of a payment that has one")
	cmd.Flags().StringVar(&accountFile, "account-file", "", "JSON file with the refund account, or - for stdin")
	return cmd
}

func (a *app) refundsImportCommand() *cobra.Command {
	var dry bool
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Ask for an ad-hoc batch of refunds (CSV or XLSX)",
		Long: "Looks every row's payment up. A file is taken whole or not at all; the same file twice adds nothing\n" +
			"the second time. --dry-run says for each row what would happen, why not, and until when.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			return a.importRefunds(cmd.Context(), files[0], dry)
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "say what would happen, and add nothing")
	return cmd
}

// asker turns askings into requests by looking payments up.
type asker struct {
	*app
	cfg     *config.Config
	db      *store.DB
	ring    *seal.Ring // nil: there is no account key
	clients map[string]*toss.Client
	now     time.Time
	batch   string
}

// withAsker opens what adding requests needs.
func (a *app) withAsker(ctx context.Context, f func(*asker) error) error {
	cfg, err := a.config(true)
	if err != nil {
		return err
	}
	db, err := a.database(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	s := &asker{app: a, cfg: cfg, db: db, clients: map[string]*toss.Client{}}
	if s.now, err = a.now(); err != nil {
		return err
	}
	if s.ring, err = accountRing(cfg); err != nil {
		return err
	}
	for _, m := range cfg.Merchants {
		if s.clients[m.MID], err = a.client(db, m); err != nil {
			return &coded{err, codeUsage}
		}
	}
	return f(s)
}

func (a *app) addRefund(ctx context.Context, asking refunds.Asking, accountFile string, stdin io.Reader) error {
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
		adding, warning, err := s.plan(ctx, asking)
		if err != nil {
			return err
		}
		added, err := s.db.AddRefunds(ctx, nil, []store.Adding{adding}, a.actor(), s.now)
		if err != nil {
			return err
		}
		if warning != "" {
			a.warn("%s", warning)
		}
		requests := slices.Concat(added.New, added.Known)
		if a.json {
			return a.showRefund(ctx, s.db, requests[0].ID)
		}
		r := requests[0]
		if len(added.Known) > 0 {
			a.printf("refund %s is there already (ref %s)\n", r.ID, plain(r.Ref))
		} else {
			a.printf("refund %s added (ref %s)\n", r.ID, plain(r.Ref))
		}
		a.printf("%s of order %s: %s\n", people(r.Currency, r.Amount), plain(r.OrderID), r.State)
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

// plan looks one payment up and makes the request of it.
func (s *asker) plan(ctx context.Context, asking refunds.Asking) (store.Adding, string, error) {
	client, ok := s.clients[asking.MID]
	if !ok {
		return store.Adding{}, "", fmt.Errorf("merchant %s is not configured", plain(asking.MID))
	}
	p, evidence, err := lookUp(ctx, client, asking)
	if err != nil {
		return store.Adding{}, "", err
	}
	p.MID = asking.MID
	if asking.OrderID != "" && p.OrderID != asking.OrderID {
		return store.Adding{}, "", &refunds.AskError{Column: "order_id", Reason: "this payment belongs to order " + plain(p.OrderID)}
	}
	id := refunds.RequestID(asking.MID, asking.RefOf(p.PaymentKey))
	if had, err := s.waitingFor(ctx, asking, p); err != nil || had != nil {
		if err != nil {
			return store.Adding{}, "", err
		}
		return s.again(asking, *had, p, evidence)
	}
	if had, _, err := s.db.Refund(ctx, id); err == nil {
		return s.again(asking, had, p, evidence)
	}
	known, err := s.db.Known(ctx, refunds.Request{ID: id, MID: asking.MID, PaymentKey: p.PaymentKey, OrderID: p.OrderID})
	if err != nil {
		return store.Adding{}, "", err
	}
	plan, err := refunds.PlanAsking(asking, p, known, s.policy(asking.MID), s.actor(), s.batch, s.now)
	if err != nil {
		return store.Adding{}, "", err
	}
	adding := store.Adding{Request: plan.Request, Payment: p, Evidence: []pay.Evidence{evidence}, Found: plan.Found}
	if plan.Account != nil {
		if err := s.seal(&adding, *plan.Account); err != nil {
			return store.Adding{}, "", err
		}
	}
	if adding.Request.State == refunds.Approved {
		adding.Request.Approval = refunds.ApprovalHash(adding.Request)
	}
	return adding, plan.Warning, nil
}

// waitingFor finds the request that waits for the account which is given now:
// that of a night has a ref that nobody types.
func (s *asker) waitingFor(ctx context.Context, asking refunds.Asking, p pay.Payment) (*refunds.Request, error) {
	if asking.Account == nil || asking.Ref != "" {
		return nil, nil
	}
	requests, err := s.db.RefundsOfOrder(ctx, p.MID, p.OrderID)
	if err != nil {
		return nil, err
	}
	for _, r := range requests {
		if r.PaymentKey == p.PaymentKey && r.State == refunds.NeedsAccount && (asking.All || p.Currency.Format(r.Amount) == asking.Amount) {
			return &r, nil
		}
	}
	return nil, nil
}

// again: one ref makes one refund. The same asking is the same request; another
// amount under the ref is refused by the store.
func (s *asker) again(asking refunds.Asking, had refunds.Request, p pay.Payment, evidence pay.Evidence) (store.Adding, string, error) {
	r := had
	r.PaymentKey = p.PaymentKey
	if !asking.All {
		amount, err := p.Currency.ParseAmount(asking.Amount)
		if err != nil {
			return store.Adding{}, "", &refunds.AskError{Column: "amount", Reason: err.Error()}
		}
		r.Amount = amount
	}
	adding, warning := store.Adding{Request: r, Payment: p, Evidence: []pay.Evidence{evidence}}, ""
	switch {
	case asking.Account != nil && had.State.Unsent() && p.DepositedAccount():
		account, err := refunds.AccountFor(*asking.Account, p)
		if err != nil {
			return store.Adding{}, "", err
		}
		if err := s.seal(&adding, *account); err != nil {
			return store.Adding{}, "", err
		}
		warning = "its refund account was taken"
	case had.State == refunds.Rejected:
		warning = "it was taken back or refused before, and is not refunded: ask under another ref if it is wanted after all"
	case asking.Reason != had.Reason:
		warning = "it keeps the reason that it was asked with"
	}
	return adding, warning, nil
}

// seal keeps an account so that only the account key opens it. The same account
// again stays the version that it was, and what covers it.
func (s *asker) seal(adding *store.Adding, account pay.RefundAccount) error {
	stored, print, err := s.stored(context.Background(), adding.Payment, account, "given")
	if err != nil {
		return err
	}
	adding.Account, adding.Request.AccountPrint = stored, print
	return nil
}

// stored seals an account; nil where the payment has the same one already, with
// that one's print.
func (s *asker) stored(ctx context.Context, p pay.Payment, account pay.RefundAccount, source string) (*refunds.StoredAccount, string, error) {
	if s.ring == nil {
		return nil, "", failed("daesa init makes account.key; set accounts.key_file or accounts.key_env", "the refund account of order %s cannot be sealed: there is no account key", plain(p.OrderID))
	}
	had, err := s.db.Account(ctx, p.MID, p.PaymentKey)
	if err != nil {
		return nil, "", err
	}
	if had != nil {
		old, err := refunds.OpenAccount(s.ring, had.Sealed, refunds.AccountPlace(had.MID, had.OrderID, had.Print))
		if err == nil && old == account {
			return nil, had.Print, nil
		}
	}
	a, err := refunds.NewStoredAccount(s.ring, p, account, source, s.actor(), s.now)
	a.ApproveAbove = s.cfg.Refunds.ApproveAbove
	return &a, a.Print, err
}

func lookUp(ctx context.Context, client *toss.Client, asking refunds.Asking) (pay.Payment, pay.Evidence, error) {
	if asking.PaymentKey != "" {
		return client.Payment(ctx, asking.PaymentKey)
	}
	return client.PaymentByOrder(ctx, asking.OrderID)
}

func (s *asker) policy(mid string) refunds.AskPolicy {
	m, _ := s.cfg.Merchant(mid)
	p := refunds.AskPolicy{ApproveAbove: s.cfg.Refunds.ApproveAbove, AccountDays: m.VirtualAccountCancelDays,
		Single: map[pay.Currency]int64{pay.KRW: s.cfg.Refunds.MaxSingle}}
	for currency, l := range s.cfg.Refunds.Limits {
		p.Single[pay.Currency(currency)] = l.MaxSingle
	}
	return p
}

// planned is one row of a file with what would become of it.
type plannedRow struct {
	asking  refunds.Asking
	adding  store.Adding
	warning string
	err     error
}

func (a *app) importRefunds(ctx context.Context, path string, dry bool) error {
	return a.withAsker(ctx, func(s *asker) error {
		o := refunds.FileOptions{MIDs: mids(s.cfg)}
		if len(o.MIDs) == 1 {
			o.DefaultMID = o.MIDs[0]
		}
		if a.mid != "" {
			o.DefaultMID = a.mid
		}
		file, err := refunds.ReadFile(path, o)
		if err != nil {
			return err
		}
		for _, title := range file.Unknown {
			a.warn("%s: column %q means nothing to daesa and is passed over", path, plain(title))
		}
		s.batch = reconcile.ShortHash("batch", file.SHA256)[:10]
		rows, err := s.planAll(ctx, file.Rows)
		if err != nil {
			return err
		}
		document, faults := s.describe(file.Name, rows)
		if dry {
			return a.printImport(document, "would be")
		}
		if len(faults) > 0 {
			return &hintedError{faults, "nothing was imported; mend the rows, or see all of them with --dry-run"}
		}
		added, err := s.db.AddRefunds(ctx, &store.Batch{ID: s.batch, Name: file.Name, SHA256: file.SHA256}, addings(rows), a.actor(), s.now)
		if err != nil {
			return err
		}
		document.settle(added)
		document.Workbook = a.drawBatch(context.WithoutCancel(ctx), s.cfg, s.db, s.batch, file.Name)
		return a.printImport(document, "is")
	})
}

func addings(rows []plannedRow) []store.Adding {
	return each(rows, func(r plannedRow) store.Adding { return r.adding })
}

// planAll looks every row up, several at once. Where the provider cannot be
// asked nothing is imported: a refusal of a row is the row's, any other failure
// ends it.
func (s *asker) planAll(ctx context.Context, askings []refunds.Asking) ([]plannedRow, error) {
	rows := make([]plannedRow, len(askings))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	progress := s.newProgress()
	for i, asking := range askings {
		group.Go(func() error {
			adding, warning, err := s.plan(ctx, asking)
			rows[i] = plannedRow{asking, adding, warning, err}
			progress.Step("look up", int64(i+1), int64(len(askings)))
			var refused *refunds.AskError
			var failure *pay.Failure
			switch {
			case err == nil, errors.As(err, &refused):
				return nil
			case errors.As(err, &failure) && failure.Kind == pay.FailureNotFound:
				return nil
			}
			return err
		})
	}
	return rows, group.Wait()
}

// describe says of each row what would become of it, and gathers what is wrong.
// Two rows of one payment are looked at together: the second finds less left.
func (s *asker) describe(name string, rows []plannedRow) (importDocument, table.Faults) {
	document := importDocument{Batch: s.batch, Amount: map[string]int64{}, Rows: []askedDocument{}}
	var faults table.Faults
	taken := map[string]int64{}
	for i := range rows {
		row := &rows[i]
		r := row.adding.Request
		one := askedDocument{Line: row.asking.Line, OrderID: or(r.OrderID, row.asking.OrderID), Amount: r.Amount, Currency: string(r.Currency), Why: orNull(row.warning)}
		if row.err == nil && row.adding.Found == nil && r.Version == 0 && r.State != refunds.ExpiredState {
			before := taken[r.PaymentKey]
			taken[r.PaymentKey] += r.Amount
			if before > 0 && before+r.Amount > row.adding.Payment.BalanceAmount {
				row.err = &refunds.AskError{Column: "amount", Why: refunds.WhyAboveBalance, Reason: "the rows of this payment ask together for more than is left of it"}
			}
		}
		if row.err != nil {
			column, reason := "order_id", row.err.Error()
			var refused *refunds.AskError
			if errors.As(row.err, &refused) {
				column = refused.Column
			} else if row.asking.OrderID == "" {
				column = "payment_key"
			}
			one.Would, one.Column, one.Why = "refused", orNull(column), orNull(reason)
			faults = append(faults, &table.Fault{File: name, Line: row.asking.Line, Column: column, Value: shown(row.asking, column), Reason: reason})
			document.Refused++
		} else {
			one.Would, one.ID, one.State, one.CancelBy = "added", orNull(r.ID), orNull(r.State), timeOrNull(r.CancelBy)
			if r.Version > 0 {
				one.Would = "known"
			}
		}
		document.Rows = append(document.Rows, one)
	}
	return document, faults
}

// shown is a row's own value of a column, as far as it may be shown.
func shown(a refunds.Asking, column string) string {
	switch column {
	case "amount":
		if a.All {
			return "all"
		}
		return a.Amount
	case "order_id":
		return a.OrderID
	case "payment_key":
		return a.PaymentKey
	case "tax_free_amount":
		return a.TaxFree
	default:
		return ""
	}
}

func (d *importDocument) settle(added store.Added) {
	d.Added, d.Known = len(added.New), len(added.Known)
	states := map[string]*string{}
	for _, r := range added.New {
		d.Amount[string(r.Currency)] += r.Amount
		states[r.ID] = orNull(r.State)
	}
	for i := range d.Rows {
		if state, isNew := states[or(*d.Rows[i].ID)]; isNew {
			d.Rows[i].State = state
		} else {
			d.Rows[i].Would = "known"
		}
	}
}

func (a *app) printImport(d importDocument, verb string) error {
	d.ending = a.ending()
	if a.json {
		return a.printJSON(d)
	}
	if len(d.Rows) > 0 {
		rows := each(d.Rows, func(r askedDocument) []string {
			return []string{fmt.Sprint(r.Line), r.OrderID, people(pay.Currency(r.Currency), r.Amount), r.Would, orDash(r.State), orDash(r.CancelBy), orDash(r.Why)}
		})
		a.printTable([]string{">LINE", "ORDER", ">AMOUNT", strings.ToUpper(verb), "STATE", "CANCEL BY", "WHY"}, rows)
	}
	if verb == "is" {
		a.printf("batch %s: %d added, %d there already\n", d.Batch, d.Added, d.Known)
		for _, currency := range sortedKeys(d.Amount) {
			a.printf("added: %s\n", people(pay.Currency(currency), d.Amount[currency]))
		}
		if d.Workbook != nil {
			a.printf("workbook: %s\n", *d.Workbook)
		}
		return nil
	}
	a.printf("batch %s: nothing was imported; %d refused\n", d.Batch, d.Refused)
	return nil
}
