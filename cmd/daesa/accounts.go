package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/config"
	"daesa/internal/seal"
	"daesa/pay"
	"daesa/refunds"
	"daesa/store"
)

// accountDocument is one element of `accounts list`.
type accountDocument struct {
	MID           string  `json:"mid"`
	OrderID       string  `json:"order_id"`
	PaymentKey    *string `json:"payment_key"`
	Bank          *string `json:"bank"`
	AccountMasked *string `json:"account_masked"`
	HolderMasked  *string `json:"holder_masked"`
	CapturedAt    *string `json:"captured_at"`
	Source        string  `json:"source"`
	ExpiresAt     *string `json:"expires_at"` // when Toss stops showing it; null where it was not seen at Toss
	State         string  `json:"state"`
	Why           *string `json:"why"`
	PurgedAt      *string `json:"purged_at"`
}

func newAccountDocument(l app.AccountLine) accountDocument {
	return accountDocument{
		MID: l.MID, OrderID: l.OrderID, PaymentKey: orNull(l.PaymentKey), Bank: orNull(l.Bank), AccountMasked: orNull(l.AccountMasked),
		HolderMasked: orNull(l.HolderMasked), CapturedAt: timeOrNull(l.CapturedAt), Source: l.Source,
		ExpiresAt: timeOrNull(l.ExpiresAt), State: l.State, Why: orNull(l.Why), PurgedAt: timeOrNull(l.PurgedAt),
	}
}

func (a *invocation) accountsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "accounts", Short: "The accounts to which virtual-account refunds go"}
	cmd.AddCommand(a.accountsCaptureCommand(), a.accountsImportCommand(), a.accountsListCommand(), a.accountsRevealCommand(),
		a.accountsPurgeCommand(), a.accountsRekeyCommand())
	return cmd
}

// accountRing opens the account key; nil where there is none yet. It reads the
// key file again where a text was sealed by a newer key: another process may
// have rotated it.
func accountRing(cfg *config.Config) (*seal.Ring, error) {
	if !cfg.Accounts.Key.IsSet() {
		return nil, nil
	}
	ring, err := seal.NewRing(func() ([]byte, error) {
		if cfg.Accounts.KeyFile == "" {
			return []byte(cfg.Accounts.Key.Reveal()), nil
		}
		return os.ReadFile(cfg.Accounts.KeyFile)
	})
	if errors.Is(err, seal.ErrKeyset) {
		return nil, usage(err, "restore accounts.key_file from its copy: without it no sealed account can be read")
	}
	return ring, err
}

// neededRing is accountRing for what can do nothing without the key.
func neededRing(cfg *config.Config, what string) (*seal.Ring, error) {
	ring, err := accountRing(cfg)
	if ring == nil && err == nil {
		return nil, usage(fmt.Errorf("%s: there is no account key, and nothing is stored unsealed", what),
			"daesa init makes account.key; set accounts.key_file or accounts.key_env")
	}
	return ring, err
}

func (a *invocation) accountsListCommand() *cobra.Command {
	var order, state string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List refund accounts, masked, and payments whose account is waited for or was missed",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			states := []refunds.CaptureState{refunds.CaptureCaptured, refunds.CaptureWaiting, refunds.CaptureMissed, refunds.CaptureGiven}
			if err := oneOf("--state", state, states); err != nil {
				return err
			}
			return a.withDatabase(cmd.Context(), func(_ *config.Config, db *store.DB) error {
				return a.listAccounts(cmd.Context(), db, order, state)
			})
		},
	}
	cmd.Flags().StringVar(&order, "order", "", "only this order")
	cmd.Flags().StringVar(&state, "state", "", "captured, waiting, missed or given")
	return cmd
}

func (a *invocation) listAccounts(ctx context.Context, db *store.DB, order, state string) error {
	lines, err := app.AccountLines(ctx, db, a.mid, order, refunds.CaptureState(state))
	if err != nil {
		return err
	}
	list := each(lines, newAccountDocument)
	if a.json {
		return a.printJSON(list)
	}
	a.printTable([]string{"ORDER", "STATE", "BANK", "ACCOUNT", "HOLDER", "SINCE", "SOURCE", "WHY"}, each(list, func(d accountDocument) []string {
		return []string{d.OrderID, d.State, bankName(d.Bank), orDash(d.AccountMasked), orDash(d.HolderMasked), orDash(d.CapturedAt), d.Source, orDash(d.Why)}
	}))
	return nil
}

func bankName(code *string) string {
	if code == nil {
		return "-"
	}
	if bank, ok := pay.FindBank(*code); ok {
		return bank.Korean + " (" + bank.Code + ")"
	}
	return *code
}

func (a *invocation) accountsRevealCommand() *cobra.Command {
	var reason, out string
	cmd := &cobra.Command{
		Use:   "reveal ORDER --reason TEXT [--out FILE]",
		Short: "Show one refund account in clear; who and why goes into the journal first",
		Long: "Writes the account as JSON to a terminal, or to a new file that its owner alone may read. It goes\n" +
			"nowhere else: not through a pipe, not into a file that is there already.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withDatabase(cmd.Context(), func(cfg *config.Config, db *store.DB) error {
				return a.revealAccount(cmd.Context(), cfg, db, args[0], reason, out)
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why it must be seen; stands in the journal")
	cmd.Flags().StringVar(&out, "out", "", "a new file, mode 0600")
	return cmd
}

func (a *invocation) revealAccount(ctx context.Context, _ *config.Config, db *store.DB, order, reason, out string) error {
	if plainReason(reason) == "" {
		return usage(errors.New("accounts reveal: no reason is given"), "say by --reason why the account must be seen; the journal keeps it")
	}
	stdout, isFile := a.stdout.(*os.File)
	if out == "" && !(isFile && isTerminal(stdout)) {
		return usage(errors.New("accounts reveal: the output is no terminal"), "use --out FILE: a new file that only you may read")
	}
	cfg, err := a.config(true)
	if err != nil {
		return err
	}
	if err := a.mayMoveClock(cfg); err != nil {
		return err
	}
	ring, err := neededRing(cfg, "accounts reveal")
	if err != nil {
		return err
	}
	now, err := a.now()
	if err != nil {
		return err
	}
	if err := (app.RevealAccount{Store: db, Sealer: ring, MID: a.mid, Order: order, Reason: plainReason(reason), By: a.actor(), Now: now,
		Terminal: stdout, Out: out}).Run(ctx); err != nil || out == "" {
		return err
	}
	if a.json {
		return a.printJSON(struct {
			Written string `json:"written"`
			ending
		}{out, a.ending()})
	}
	a.printf("the account of order %s was written to %s; delete it when it has done its work\n", plain(order), out)
	return nil
}

// plainReason is a reason as the journal keeps it.
func plainReason(reason string) string { return strings.TrimSpace(plain(reason)) }

func (a *invocation) accountsPurgeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "purge",
		Short: "Destroy the accounts whose refund is long complete (accounts.keep_days_after_refund)",
		Long: "Destroys accounts, and the sealed bytes of their refunds, so many days after the last refund of their\n" +
			"payment ended, and those that were never needed when nothing of their payment can be cancelled any more.\n" +
			"What is shown masked, and the journal, stay.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withDatabase(cmd.Context(), func(cfg *config.Config, db *store.DB) error {
				return a.purgeAccounts(cmd.Context(), cfg, db)
			})
		},
	}
}

func (a *invocation) purgeAccounts(ctx context.Context, cfg *config.Config, db *store.DB) error {
	if err := a.mayMoveClock(cfg); err != nil {
		return err
	}
	now, err := a.now()
	if err != nil {
		return err
	}
	purged, err := app.PurgeAccounts{Store: db, KeepDays: cfg.Accounts.KeepDaysAfterRefund, By: a.actor(), Now: now,
		Merchants: each(a.merchants(cfg), func(m config.Merchant) app.PurgedMerchant {
			return app.PurgedMerchant{MID: m.MID, CancelDays: m.VirtualAccountCancelDays}
		})}.Run(ctx)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(struct {
			Purged int `json:"purged"`
			ending
		}{purged, a.ending()})
	}
	a.printf("destroyed %s; %d days are kept after a refund\n", pay.Counted(purged, "account"), cfg.Accounts.KeepDaysAfterRefund)
	return nil
}

// rekeyDocument is the JSON of `accounts rekey`.
type rekeyDocument struct {
	Key      uint32   `json:"key"` // the key's id, not the key
	Accounts int      `json:"accounts"`
	Attempts int      `json:"attempts"`
	Retired  []uint32 `json:"retired"`
	ending
}

func (a *invocation) accountsRekeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rekey",
		Short: "Rotate the account key: a new one seals from now on, and what is sealed is sealed again",
		Long: "Adds a key to accounts.key_file and seals every account and every refund's bytes again under it. Other\n" +
			"processes of daesa read the file again by themselves. The key before stays in the file until the next\n" +
			"rotation, so that nothing that was sealed meanwhile is lost. With accounts.key_env the keyset is yours to\n" +
			"change: put the one with the new key there, then rekey seals everything under it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.rekeyAccounts(cmd.Context()) },
	}
}

func (a *invocation) rekeyAccounts(ctx context.Context) error {
	cfg, err := a.config(true)
	if err != nil {
		return err
	}
	ring, err := neededRing(cfg, "accounts rekey")
	if err != nil {
		return err
	}
	db, err := a.database(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	now, err := a.now()
	if err != nil {
		return err
	}
	done, err := app.Rekey{Store: db, Ring: ring, KeyFile: cfg.Accounts.KeyFile, By: a.actor(), Now: now}.Run(ctx)
	if err != nil {
		return err
	}
	document := rekeyDocument{Key: done.Key, Accounts: done.Accounts, Attempts: done.Attempts, Retired: done.Retired, ending: a.ending()}
	if a.json {
		return a.printJSON(document)
	}
	a.printf("sealed again: %s, the bytes of %s; %s retired\n", pay.Counted(done.Accounts, "account"), pay.Counted(done.Attempts, "refund attempt"), pay.Counted(len(document.Retired), "old key"))
	a.printf("copy the key file to where its copies are kept\n")
	return nil
}
