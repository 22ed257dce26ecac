package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/app/closing"
	"daesa/approval"
	"daesa/config"
	"daesa/pay"
	"daesa/settle"
)

func (a *invocation) closeCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "close", Short: "The month: its roll-forward, its lock, what leaves for the books"}
	cmd.AddCommand(a.closeCheckCommand(), a.closeReportCommand(), a.closeVouchersCommand(monthVouchers), a.closeVATCommand(),
		a.closeOpenCommand(), a.closeInvoiceCommand(), a.closeLockCommand(), a.closeReopenCommand())
	return cmd
}

// closing wires the months of all configured merchants.
func (s *session) closing() *closing.Closing {
	return &closing.Closing{MIDs: mids(s.cfg), Accounts: passbookAccounts(s.cfg), First: settle.Month(s.cfg.Close.FirstMonth),
		Assumed: s.cfg.Close.Bank == config.Assumed, Books: s.passbook(), Drawing: s.drawing()}
}

// monthOf reads a month of an argument.
func monthOf(text string) (settle.Month, error) {
	m, ok := settle.ParseMonth(text)
	if !ok {
		return "", usage(fmt.Errorf("%s is no month", plain(text)), "write it as 2026-11")
	}
	return m, nil
}

// onMonth makes of what a command does with a month what cobra runs.
func (a *invocation) onMonth(f func(ctx context.Context, s *session, month settle.Month) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, words []string) error {
		month, err := monthOf(words[0])
		if err != nil {
			return err
		}
		return a.withStore(cmd.Context(), func(s *session) error { return f(cmd.Context(), s, month) })
	}
}

// rollDocument is what moved a receivable.
type rollDocument struct {
	Approvals   int64 `json:"approvals"`
	Cancels     int64 `json:"cancels"`
	Fees        int64 `json:"fees"` // without VAT
	FeeVAT      int64 `json:"fee_vat"`
	Payouts     int64 `json:"payouts"`
	Adjustments int64 `json:"adjustments"`
}

func newRollDocument(r settle.Roll) rollDocument {
	return rollDocument{r.Approvals, r.Cancels, r.Fees, r.FeeVAT, r.Payouts, r.Adjustments}
}

// priorDocument is what of a month happened before it, and was recorded after its own
// month was locked.
type priorDocument struct {
	Approvals int64 `json:"approvals"`
	Cancels   int64 `json:"cancels"`
	Fees      int64 `json:"fees"`
	FeeVAT    int64 `json:"fee_vat"`
	Payouts   int64 `json:"payouts"`
}

type agedDocument struct {
	Bucket string `json:"bucket"`
	Count  int64  `json:"count"`
	Amount int64  `json:"amount"`
}

type methodRollDocument struct {
	Method  *string `json:"method"` // null: what belongs to none
	Opening int64   `json:"opening"`
	rollDocument
	Closing int64 `json:"closing"`
}

// monthDocument is one element of `close check --json`.
type monthDocument struct {
	Month    string `json:"month"`
	MID      string `json:"mid"`
	Currency string `json:"currency"`
	State    string `json:"state"`
	Version  *int   `json:"version"` // of the lock that stands
	Opening  int64  `json:"opening"`
	rollDocument
	Closing       int64                `json:"closing"`
	ClosingByRows int64                `json:"closing_by_rows"`
	Unexplained   int64                `json:"unexplained"`
	PriorPeriod   priorDocument        `json:"prior_period"`
	Aging         []agedDocument       `json:"aging"`
	ByMethod      []methodRollDocument `json:"by_method"`
	Breaks        map[string]int64     `json:"breaks"`
	Reasons       []string             `json:"reasons"`
	ExitCode      int                  `json:"exit_code"`
}

func newMonthDocument(m closing.Month, l closing.Ledgered) monthDocument {
	p := l.Prior
	d := monthDocument{
		Month: string(m.Month), MID: l.MID, Currency: string(l.Currency), State: string(l.State), Opening: l.Opening, rollDocument: newRollDocument(l.Roll),
		Closing: l.Closing, ClosingByRows: l.ClosingByRows, Unexplained: l.Unexplained,
		PriorPeriod: priorDocument{p.Approvals, p.Cancels, p.Fees, p.FeeVAT, p.Payouts},
		Aging:       each(l.Aging, func(a settle.Aged) agedDocument { return agedDocument{string(a.Bucket), a.Count, a.Amount} }),
		ByMethod: each(l.ByMethod, func(r settle.MethodRoll) methodRollDocument {
			return methodRollDocument{orNull(r.Method), r.Opening, newRollDocument(r.Roll), r.Closing}
		}),
		Breaks: map[string]int64{}, Reasons: each(l.Reasons, reasonOf),
	}
	if m.Version > 0 {
		d.Version = &m.Version
	}
	for kind, n := range l.Breaks {
		d.Breaks[string(kind)] = n
	}
	return d
}

// reasonOf says what keeps a month from being ready, and what to do.
func reasonOf(r settle.Reason) string {
	switch r.Code {
	case settle.NotOver:
		return fmt.Sprintf("the month goes on until %s", r.Day)
	case settle.WindowUnread:
		return fmt.Sprintf("%s of %s were never read, the first is %s: %s", r.Name, pay.Counted(int(r.Count), "day"), r.Day, readingOf(r.Name))
	case settle.WindowYoung:
		return fmt.Sprintf("%s of %s are to be read once more, seven days after, the first is %s: %s", r.Name, pay.Counted(int(r.Count), "day"), r.Day, readingOf(r.Name))
	case settle.PassbookShort:
		return fmt.Sprintf("the passbook %s must cover the month up to %s: daesa bank import FILE", r.Name, r.Day)
	case settle.NoPassbook:
		return "no passbook of bank.accounts is the merchant's; close.bank: assumed does without one"
	case settle.BreaksOpen:
		return fmt.Sprintf("%s of kind %s open: daesa breaks list --scope settlement", pay.Counted(int(r.Count), "break"), r.Name)
	case settle.Undecided:
		return fmt.Sprintf("%s for which a person must say which line it is: daesa payouts list, then daesa bank match", pay.Counted(int(r.Count), "payout"))
	case settle.Unexplained:
		return fmt.Sprintf("%d in the smallest unit are unexplained: daesa breaks list --scope settlement", r.Amount)
	default:
		return string(r.Code)
	}
}

func readingOf(name string) string {
	if name == "transactions" {
		return "daesa reconcile --from D --to D reads them"
	}
	return "daesa settlements sync --from D --to D reads them"
}

func (a *invocation) closeCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check YYYY-MM",
		Short: "Roll a month forward, two ways, and say what keeps it from being closed; writes nothing",
		Args:  cobra.ExactArgs(1),
		RunE: a.onMonth(func(ctx context.Context, s *session, month settle.Month) error {
			m, err := s.closing().Check(ctx, month, s.now())
			if err != nil {
				return err
			}
			return s.showMonth(m)
		}),
	}
}

// judgeMonth adds to the verdict what keeps a month from being closed.
func (s *session) judgeMonth(l closing.Ledgered) {
	for _, r := range l.Reasons {
		switch {
		case r.Incomplete():
			s.verdict.Add(app.EndedIncomplete, "%s %s: %s", l.MID, l.Month, reasonOf(r))
		case r.Code != settle.NotOver && r.Code != settle.WindowYoung:
			s.verdict.Add(app.EndedPerson, "%s %s: %s", l.MID, l.Month, reasonOf(r))
		}
	}
}

func (s *session) showMonth(m closing.Month) error {
	var ledgers []closing.Ledgered
	for _, l := range m.Ledgers {
		if s.mid == "" || l.MID == s.mid {
			ledgers = append(ledgers, l)
			s.judgeMonth(l)
		}
	}
	documents := each(ledgers, func(l closing.Ledgered) monthDocument { return newMonthDocument(m, l) })
	for i := range documents {
		documents[i].ExitCode = s.verdict.code()
	}
	return s.show(documents, func() {
		for _, l := range ledgers {
			s.printMonth(m, l)
		}
	})
}

func (s *session) printMonth(m closing.Month, l closing.Ledgered) {
	spell := l.Currency.Spell
	version := ""
	if m.Version > 0 {
		version = fmt.Sprintf(", version %d of %s", m.Version, shortTime(m.Now))
	}
	s.printf("%s %s %s: %s%s\n", l.Month, l.MID, l.Currency, l.State, version)
	for _, line := range []struct {
		what   string
		amount int64
	}{
		{"  opening", l.Opening}, {"+ approvals", l.Approvals}, {"- cancels", l.Cancels}, {"- fees", l.Fees}, {"- fee VAT", l.FeeVAT},
		{"- payouts", l.Payouts}, {"± adjustments", l.Adjustments}, {"= closing", l.Closing}, {"  closing by rows", l.ClosingByRows}, {"  unexplained", l.Unexplained},
	} {
		s.printf("  %-18s %20s\n", line.what, spell(line.amount))
	}
	if l.Prior != (settle.Roll{}) {
		s.printf("  of it of earlier months, recorded after they were locked: %s\n", spell(l.Prior.Net()))
	}
	for _, a := range l.Aging {
		if a.Count != 0 || a.Amount != 0 {
			s.printf("  %-18s %20s  %d\n", a.Bucket, spell(a.Amount), a.Count)
		}
	}
	for _, r := range l.Reasons {
		s.printf("  not ready: %s\n", reasonOf(r))
	}
}

func (a *invocation) closeLockCommand() *cobra.Command {
	var f signFlags
	cmd := &cobra.Command{
		Use:   "lock YYYY-MM [--statement FILE [--signature FILE]]",
		Short: "Close a month that is ready: freeze its figures as a version; by another person than the one who last decided",
		Args:  cobra.ExactArgs(1),
		RunE: a.onMonth(func(ctx context.Context, s *session, month settle.Month) error {
			if s.mid != "" {
				return usage(errors.New("a month is locked for all merchants together"), "leave --mid out")
			}
			if err := s.rememberMonths(ctx); err != nil { // a fee invoice may have come while the month was locked
				return err
			}
			write := func() ([]approval.Line, error) { return s.closing().LockLines(ctx, month, s.now()) }
			signed, drafted, err := s.signedMonth(ctx, f, approval.LockMonth, month, write)
			if err != nil || drafted {
				return err
			}
			m, err := s.closing().Lock(ctx, s.db, month, s.actor(), signed, s.now())
			if err != nil {
				return err
			}
			return s.showMonth(m)
		}),
	}
	f.register(cmd)
	return cmd
}

// signedMonth gives the statement by which a month is locked or reopened, nil where
// a typed name does; or writes one to be signed.
func (s *session) signedMonth(ctx context.Context, f signFlags, do approval.Deed, month settle.Month, lines func() ([]approval.Line, error)) (signed *approval.Taken, drafted bool, err error) {
	command := string(do) + " " + string(month)
	if err := f.check(string(do)); err != nil {
		return nil, false, err
	}
	if !f.writes() {
		if signed, err = s.taken(f, do); signed == nil && err == nil {
			err = s.signing().Typed(command)
		}
		return signed, false, err
	}
	all, err := lines()
	if err != nil {
		return nil, true, err
	}
	d, err := s.head().Draft(ctx, s.signing(), do, all, s.now())
	if err != nil {
		return nil, true, err
	}
	if do == approval.ReopenMonth {
		command += " --note TEXT"
	}
	return nil, true, s.showDrafted(d, f, nil, "daesa "+command, nil)
}

// reopenedDocument is the JSON of `close reopen`.
type reopenedDocument struct {
	Month   string `json:"month"`
	Version int    `json:"version"` // that was taken off; it stays printable
	By      string `json:"by"`
	Note    string `json:"note"`
	ending
}

func (a *invocation) closeReopenCommand() *cobra.Command {
	var note string
	var f signFlags
	cmd := &cobra.Command{
		Use:   "reopen YYYY-MM --note TEXT [--statement FILE [--signature FILE]]",
		Short: "Open the newest locked month again; its versions stay",
		Args:  cobra.ExactArgs(1),
		RunE: a.onMonth(func(ctx context.Context, s *session, month settle.Month) error {
			write := func() ([]approval.Line, error) { return s.closing().ReopenLines(ctx, month, note) }
			signed, drafted, err := s.signedMonth(ctx, f, approval.ReopenMonth, month, write)
			if err != nil || drafted {
				return err
			}
			by := s.actor()
			if signed != nil {
				by = signed.Principal
			}
			v, err := s.closing().Reopen(ctx, s.db, month, by, note, signed, s.now())
			if err != nil {
				return err
			}
			return s.show(reopenedDocument{string(month), v.Number, by, note, s.ending()}, func() {
				s.printf("%s is open again; version %d, locked by %s, stays\n", month, v.Number, v.By)
			})
		}),
	}
	cmd.Flags().StringVar(&note, "note", "", "why")
	f.register(cmd)
	return cmd
}

// openedDocument is the JSON of `close open`.
type openedDocument struct {
	Month    string `json:"month"`
	MID      string `json:"mid"`
	Currency string `json:"currency"`
	Amount   int64  `json:"amount"`
	By       string `json:"by"`
	Note     string `json:"note"`
	ending
}

func (a *invocation) closeOpenCommand() *cobra.Command {
	var note, amount, currency string
	cmd := &cobra.Command{
		Use:   "open YYYY-MM --amount N --note TEXT",
		Short: "Say what a merchant's first month begins with, instead of reckoning it from rows",
		Args:  cobra.ExactArgs(1),
		RunE: a.onMonth(func(ctx context.Context, s *session, month settle.Month) error {
			if len(s.merchants()) != 1 {
				return usage(errors.New("an opening is one merchant's"), "--mid MID says whose")
			}
			c := pay.Currency(strings.ToUpper(currency))
			sum, err := signedAmount(c, amount)
			if err != nil {
				return usage(fmt.Errorf("--amount %s: %w", plain(amount), err), "for example --amount 1250000")
			}
			o := closing.Opening{MID: s.merchants()[0].MID, Currency: c, Month: month, Amount: sum, Note: note, By: s.actor(), At: s.now()}
			if err := s.closing().Open(ctx, s.db, o); err != nil {
				return err
			}
			return s.show(openedDocument{string(month), o.MID, string(c), sum, o.By, note, s.ending()}, func() {
				s.printf("%s of %s opens with %s\n", month, o.MID, c.Spell(sum))
			})
		}),
	}
	cmd.Flags().StringVar(&amount, "amount", "", "what Toss owed at the end of the month before; below 0 what the shop owed")
	cmd.Flags().StringVar(&currency, "currency", string(pay.KRW), "of the amount")
	cmd.Flags().StringVar(&note, "note", "", "where the figure is from")
	return cmd
}

// signedAmount reads an amount as people write it, with a minus where it is below 0.
func signedAmount(c pay.Currency, text string) (int64, error) {
	size, negative := strings.CutPrefix(strings.TrimSpace(text), "-")
	amount, err := c.ParseWritten(size)
	if negative {
		amount = -amount
	}
	return amount, err
}

// invoiceDocument is the JSON of `close invoice`.
type invoiceDocument struct {
	Month    string   `json:"month"`
	MIDs     []string `json:"mids"`
	Currency string   `json:"currency"`
	Issued   string   `json:"issued"`
	Basis    string   `json:"basis"`
	Supply   int64    `json:"supply"`
	VAT      int64    `json:"vat"`
	// Of the rows, in three steps: those of the month's transactions, what of them is
	// invoiced with another month, and what of another month is invoiced with this one.
	Transacted feeSumDocument `json:"transacted"`
	Later      feeSumDocument `json:"later"`
	Earlier    feeSumDocument `json:"earlier"`
	Invoiced   feeSumDocument `json:"invoiced"`
	Agrees     bool           `json:"agrees"`
	ending
}

type feeSumDocument struct {
	Rows   int64 `json:"rows"`
	Supply int64 `json:"supply"`
	VAT    int64 `json:"vat"`
}

func (a *invocation) closeInvoiceCommand() *cobra.Command {
	var supply, vat, issued, currency string
	cmd := &cobra.Command{
		Use:   "invoice YYYY-MM --supply N --vat N --issued YYYY-MM-DD",
		Short: "Enter Toss's fee invoice of a month, and hold it against the rows",
		Long:  "One invoice is of all merchants, or of those that --mid names: --mid ONE,OTHER.",
		Args: func(cmd *cobra.Command, words []string) error {
			a.several = true // an invoice may be of several merchants
			return cobra.ExactArgs(1)(cmd, words)
		},
		RunE: a.onMonth(func(ctx context.Context, s *session, month settle.Month) error {
			c := pay.Currency(strings.ToUpper(currency))
			i := closing.Invoice{By: s.actor(), At: s.now(), Invoice: settle.Invoice{Month: month, MIDs: s.mids(), Currency: c}}
			var wrong error
			if i.Supply, wrong = signedAmount(c, supply); wrong != nil {
				return usage(fmt.Errorf("--supply %s: %w", plain(supply), wrong), "write the 공급가액 of the invoice")
			}
			if i.VAT, wrong = signedAmount(c, vat); wrong != nil {
				return usage(fmt.Errorf("--vat %s: %w", plain(vat), wrong), "write the 세액 of the invoice")
			}
			if i.Issued, wrong = pay.ParseDay(issued); wrong != nil {
				return usage(fmt.Errorf("--issued: %w", wrong), "write the 작성일자 of the invoice, such as "+string(month.Next().First()))
			}
			return s.enterInvoice(ctx, i)
		}),
	}
	cmd.Flags().StringVar(&supply, "supply", "", "공급가액: the fee without VAT")
	cmd.Flags().StringVar(&vat, "vat", "", "세액: its VAT")
	cmd.Flags().StringVar(&issued, "issued", "", "작성일자: the day of the invoice")
	cmd.Flags().StringVar(&currency, "currency", string(pay.KRW), "of the invoice")
	return cmd
}

func (s *session) enterInvoice(ctx context.Context, i closing.Invoice) error {
	basis := settle.Basis(s.cfg.Close.InvoiceBasis)
	done, err := s.closing().Enter(ctx, s.db, i, basis, s.now())
	if err != nil {
		return err
	}
	if err := s.rememberMonths(ctx); err != nil {
		return err
	}
	if done.Mismatch != nil {
		s.verdict.Add(app.EndedPerson, "%s: the fee invoice differs from the rows by %s", i.Month, i.Currency.Spell(*done.Mismatch.Amount))
	}
	sum := func(x settle.InvoiceSum) feeSumDocument { return feeSumDocument{x.Rows, x.Supply, x.VAT} }
	b := done.Bridge
	document := invoiceDocument{
		Month: string(i.Month), MIDs: i.MIDs, Currency: string(i.Currency), Issued: string(i.Issued), Basis: string(basis), Supply: i.Supply, VAT: i.VAT,
		Transacted: sum(b.Transacted), Later: sum(b.Later), Earlier: sum(b.Earlier), Invoiced: sum(b.Invoiced), Agrees: done.Mismatch == nil, ending: s.ending(),
	}
	return s.show(document, func() {
		for _, line := range []struct {
			what string
			sum  settle.InvoiceSum
		}{{"the month's transactions", b.Transacted}, {"invoiced with another month", b.Later}, {"of another month, invoiced with this one", b.Earlier},
			{"the rows of the invoice", b.Invoiced}, {"the invoice", settle.InvoiceSum{Supply: i.Supply, VAT: i.VAT}}} {
			s.printf("%-42s %16s %14s\n", line.what, i.Currency.Spell(line.sum.Supply), i.Currency.Spell(line.sum.VAT))
		}
		s.printReasons()
	})
}

// rememberMonths writes what months leave unexplained.
func (s *session) rememberMonths(ctx context.Context) error {
	return s.closing().Remember(ctx, s.db, s.db, settle.Basis(s.cfg.Close.InvoiceBasis), settlementActor, s.now())
}

// monthNews is how a month stands, for the night's message; a month before the first
// one is none.
func (s *session) monthNews(ctx context.Context, month settle.Month) ([]app.MonthNews, error) {
	if s.cfg.Settlement.Mode == config.SettlementOff {
		return nil, nil
	}
	m, err := s.closing().Check(ctx, month, s.now())
	var before *closing.BeforeFirstError
	if errors.As(err, &before) {
		return nil, nil
	}
	var news []app.MonthNews
	for _, l := range m.Ledgers {
		if l.Rollforward.Closing != 0 || l.Roll != (settle.Roll{}) {
			news = append(news, app.MonthNews{Month: month, MID: l.MID, Currency: l.Currency, State: l.State, Closing: l.Closing, Reasons: len(l.Reasons)})
		}
	}
	return news, err
}

// monthVouchers gives the vouchers of a month, as it was locked where it is.
func monthVouchers(ctx context.Context, s *session, month settle.Month) (app.MonthVouchers, error) {
	report, err := s.reportOf(ctx, month, 0)
	return app.MonthVouchers{Month: month, State: report.State(), Entries: report.Entries, At: report.Now}, err
}
