package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/config"
	"daesa/passbook"
	"daesa/pay"
	"daesa/settle"
)

// bankImportDocument is the JSON of one file of `bank import`.
type bankImportDocument struct {
	File           string            `json:"file"`
	Account        string            `json:"account"`
	Layout         string            `json:"layout"`
	Inserted       int               `json:"inserted"`
	Unchanged      int               `json:"unchanged"`
	From           *string           `json:"from"` // null where the file shows nothing
	To             *string           `json:"to"`
	BalanceChecked int               `json:"balance_checked"` // pairs of balances that were compared; 0: there are none
	Gaps           []bankGapDocument `json:"gaps"`
	Unread         []daysDocument    `json:"unread"` // days beside the file that no file has shown
	ending
}

// bankGapDocument is a place where the balance does not tie.
type bankGapDocument struct {
	After   *string `json:"after"` // the line before it; null where the balances that the file states do not tie
	Before  *string `json:"before"`
	From    string  `json:"from"`
	To      string  `json:"to"`
	Missing int64   `json:"missing"` // what lines would have to bring; below 0: money that went out
}

type daysDocument struct {
	From string `json:"from"`
	To   string `json:"to"`
}

func (a *invocation) newBankImportDocument(d app.BankImported) bankImportDocument {
	return bankImportDocument{File: filepath.Base(d.Path), Account: d.Account.Name, Layout: d.Layout, Inserted: d.Inserted, Unchanged: d.Unchanged,
		From: orNull(d.From), To: orNull(d.To), BalanceChecked: d.Checked,
		Gaps: each(d.Gaps, func(g app.BankGap) bankGapDocument {
			return bankGapDocument{orNull(g.After), orNull(g.Before), string(g.From), string(g.To), g.Missing}
		}),
		Unread: each(d.Unread, func(s passbook.Span) daysDocument { return daysDocument{string(s.From), string(s.To)} }), ending: a.ending()}
}

func (a *invocation) bankCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "bank", Short: "The shop's passbook (통장), and what stands against it"}
	cmd.AddCommand(a.bankImportCommand(), a.bankListCommand(), a.bankMatchCommand(), a.bankUnmatchCommand())
	return cmd
}

// bankFlags are those of `bank import`.
type bankFlags struct {
	fileFlags
	account, layout string
}

func (a *invocation) bankImportCommand() *cobra.Command {
	var f bankFlags
	cmd := &cobra.Command{
		Use:   "import FILE...",
		Short: "Take bank statements as the bank gives them, each whole or not at all",
		Long: "Excel, what is only called .xls, CSV, JSON of CODEF, open banking and Popbill, MT940, camt.053 and OFX; how a\n" +
			"file is read is told by its content. All files are read before the first is taken. The same file, or one that\n" +
			"overlaps, adds nothing twice; a file of another account is refused. Names and numbers of others are sealed with\n" +
			"the account key. Ends with 3 where the balance does not tie, with 5 where no file has shown the days between a\n" +
			"file and those that are known.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			return a.importBank(cmd.Context(), files, f)
		},
	}
	cmd.Flags().StringVar(&f.account, "account", "", "the account in bank.accounts (default: the only one, or by the number in the file)")
	cmd.Flags().StringVar(&f.layout, "layout", "", "how the file is read: the name of a layout, or a YAML file (default: it is recognised)")
	f.register(cmd)
	return cmd
}

func (a *invocation) importBank(ctx context.Context, paths []string, f bankFlags) error {
	take, err := a.bankReader(f)
	if err != nil {
		return err
	}
	return a.withStore(ctx, func(s *session) error {
		done, err := s.takeBank(ctx, take, paths, f.account, "bank import")
		if err != nil {
			return err
		}
		return s.showBankImport(done)
	})
}

// bankReader is how files of the bank are read, as the flags say.
func (a *invocation) bankReader(f bankFlags) (app.ImportBank, error) {
	word, err := a.password(f.fileFlags)
	if err != nil {
		return app.ImportBank{}, err
	}
	x := app.ImportBank{Sheet: f.sheet, Password: word}
	if f.layout != "" {
		if x.Layout, err = passbook.LoadLayout(f.layout); err != nil {
			return x, &coded{err, codeUsage}
		}
		x.Layout.Name = filepath.Base(x.Layout.Name) // a line is known again by its layout, wherever the file lies
	}
	return x, nil
}

// takeBank takes files of the bank and holds payouts against the passbook anew.
func (s *session) takeBank(ctx context.Context, x app.ImportBank, paths []string, account, command string) ([]app.BankImported, error) {
	if err := s.cfg.AccountKey(s.env); err != nil {
		return nil, &coded{err, codeUsage}
	}
	ring, err := neededRing(s.cfg, command)
	if err != nil {
		return nil, err
	}
	x.Store, x.Sealer, x.Accounts, x.Account, x.By, x.Now, x.Warn = s.db, ring, bankAccounts(s.cfg, s.mid), account, s.actor(), s.now(), s.warns
	done, err := x.Run(ctx, paths)
	if err != nil {
		return nil, err
	}
	return done, s.holdPassbook(ctx)
}

// bankAccounts are the passbooks of a merchant; of all where it is "".
func bankAccounts(cfg *config.Config, mid string) []app.BankAccount {
	wanted := slices.DeleteFunc(slices.Clone(cfg.Bank.Accounts), func(b config.BankAccount) bool { return mid != "" && !slices.Contains(b.MIDs, mid) })
	return each(wanted, func(b config.BankAccount) app.BankAccount {
		return app.BankAccount{Name: b.Name, Last4: b.NumberLast4, MIDs: b.MIDs, Words: b.Payer}
	})
}

func (s *session) showBankImport(all []app.BankImported) error {
	s.judgeBankImport(all)
	documents := each(all, s.newBankImportDocument)
	var document any = documents
	if len(documents) == 1 {
		document = documents[0]
	}
	return s.show(document, func() {
		s.printBankImport(documents)
		s.printReasons()
	})
}

// judgeBankImport says what of the files needs a person.
func (s *session) judgeBankImport(all []app.BankImported) {
	for _, done := range all {
		for _, g := range done.Gaps {
			s.verdict.Add(app.EndedPerson, "account %s: the balance does not tie between %s and %s: lines that sum up to %s are missing, or one is wrong",
				done.Account.Name, g.From, g.To, g.Currency.Spell(g.Missing))
		}
		for _, days := range done.Unread {
			s.verdict.Add(app.EndedIncomplete, "account %s: no file has shown %s to %s", done.Account.Name, days.From, days.To)
		}
	}
}

func (s *session) printBankImport(documents []bankImportDocument) {
	for _, d := range documents {
		checked := pay.Counted(d.BalanceChecked, "balance") + " compared"
		if d.BalanceChecked == 0 {
			checked = "no balances to compare"
		}
		s.printf("%s: account %s, layout %s, %s to %s: %s, %s known; %s\n", plain(d.File), d.Account, d.Layout, orElse(d.From, "-"), orElse(d.To, "-"),
			pay.Counted(d.Inserted, "new line"), pay.Grouped(d.Unchanged), checked)
	}
}

// bankLineDocument is one element of `bank list --json`.
type bankLineDocument struct {
	ID          string   `json:"id"`
	Account     string   `json:"account"`
	At          string   `json:"at"`
	Kind        string   `json:"kind"`
	Amount      int64    `json:"amount"`
	Balance     *int64   `json:"balance"`
	PayerMasked *string  `json:"payer_masked"`
	MatchedTo   []string `json:"matched_to"` // MID:DATE of payouts
	State       string   `json:"state"`
}

func newBankLineDocument(l app.ListedLine) bankLineDocument {
	d := bankLineDocument{ID: l.ID, Account: l.Bank, At: pay.FormatTime(l.At), Kind: string(l.Kind), Amount: l.Amount, PayerMasked: orNull(l.ShownPayer),
		MatchedTo: each(l.MatchedTo, payoutName), State: string(l.State)}
	if l.HasBalance() {
		d.Balance = &l.Balance
	}
	return d
}

// payoutName names a payout as `bank match` takes it.
func payoutName(k settle.PayoutKey) string { return k.MID + ":" + string(k.Day) }

// bankAsked is what `bank list` shows.
type bankAsked struct{ account, from, to, state string }

func (a *invocation) bankListCommand() *cobra.Command {
	var asked bankAsked
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the lines of the passbook, names masked, by account in the order in which the bank booked them",
		Args:  cobra.NoArgs,
		RunE:  a.onStore(func(ctx context.Context, s *session, _ []string) error { return s.listBank(ctx, asked) }),
	}
	cmd.Flags().StringVar(&asked.account, "account", "", "only this account")
	cmd.Flags().StringVar(&asked.from, "from", "", "the first day, as 2026-11-01")
	cmd.Flags().StringVar(&asked.to, "to", "", "the last day")
	cmd.Flags().StringVar(&asked.state, "state", "", "matched, open or ignored")
	return cmd
}

func (s *session) listBank(ctx context.Context, asked bankAsked) error {
	list := app.ListBank{Store: s.db, State: settle.LineState(asked.state), Matches: s.payoutsOfLines}
	if err := oneOf("--state", asked.state, []settle.LineState{settle.LineMatched, settle.LineOpen, settle.LineIgnored}); err != nil {
		return err
	}
	for _, day := range []struct {
		flag, text string
		into       *pay.Day
	}{{"--from", asked.from, &list.From}, {"--to", asked.to, &list.To}} {
		if day.text == "" {
			continue
		}
		parsed, err := pay.ParseDay(day.text)
		if err != nil {
			return usage(fmt.Errorf("%s: %w", day.flag, err), "write it as 2026-11-01")
		}
		*day.into = parsed
	}
	switch {
	case asked.account != "":
		if err := s.knownBank(ctx, asked.account); err != nil {
			return err
		}
		list.Accounts = []string{asked.account}
	case s.mid != "":
		list.Accounts = each(bankAccounts(s.cfg, s.mid), func(b app.BankAccount) string { return b.Name })
	}
	lines, err := list.Run(ctx)
	if err != nil {
		return err
	}
	return s.show(each(lines, newBankLineDocument), func() {
		s.printList([]string{"AT", "ACCOUNT", "KIND", ">AMOUNT", ">BALANCE", "PAYER", "MATCHED TO", "STATE", "ID"}, each(lines, bankLineColumns), pay.Counted(len(lines), "line"))
	})
}

// payoutsOfLines gives the payouts that stand against lines, by the line's id.
func (s *session) payoutsOfLines(ctx context.Context) (map[string][]settle.PayoutKey, error) {
	matches, err := s.db.Matches(ctx, "")
	of := map[string][]settle.PayoutKey{}
	for _, match := range matches {
		for _, line := range match.Lines {
			of[line] = append(of[line], match.Payouts...)
		}
	}
	return of, err
}

// knownBank refuses an account that neither the configuration nor the database has.
func (s *session) knownBank(ctx context.Context, name string) error {
	kept, err := s.db.BankNames(ctx)
	if err != nil || slices.Contains(kept, name) {
		return err
	}
	names := each(s.cfg.Bank.Accounts, func(b config.BankAccount) string { return b.Name })
	if slices.Contains(names, name) {
		return nil
	}
	return usage(fmt.Errorf("--account %s: no such passbook", plain(name)), "use one of "+strings.Join(append(names, kept...), ", "))
}

func bankLineColumns(l app.ListedLine) []string {
	at, balance, matched := shortTime(l.At), "-", "-"
	if l.Clock == passbook.DayOnly {
		at = string(l.Day())
	}
	if l.HasBalance() {
		balance = l.Currency.Spell(l.Balance)
	}
	for i, key := range l.MatchedTo {
		if i == 0 {
			matched = payoutName(key)
			continue
		}
		matched += " " + payoutName(key)
	}
	return []string{at, l.Bank, string(l.Kind), l.Currency.Spell(l.Amount), balance, dash(l.ShownPayer), matched, string(l.State), l.ID}
}
