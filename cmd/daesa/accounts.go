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
	"daesa/pay"
	"daesa/refunds"
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

// accountRing opens the account key; nil where there is none yet.
func accountRing(cfg *config.Config) (*app.Ring, error) {
	if !cfg.Accounts.Key.IsSet() {
		return nil, nil
	}
	return app.OpenRing(cfg.Accounts.KeyFile, cfg.Accounts.Key.Reveal())
}

// neededRing is accountRing for what can do nothing without the key.
func neededRing(cfg *config.Config, what string) (*app.Ring, error) {
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
			return a.withStore(cmd.Context(), func(s *session) error {
				return s.listAccounts(cmd.Context(), order, state)
			})
		},
	}
	cmd.Flags().StringVar(&order, "order", "", "only this order")
	cmd.Flags().StringVar(&state, "state", "", "captured, waiting, missed or given")
	return cmd
}

func (s *session) listAccounts(ctx context.Context, order, state string) error {
	lines, err := app.AccountLines(ctx, s.db, s.mid, order, refunds.CaptureState(state))
	if err != nil {
		return err
	}
	return s.show(each(lines, newAccountDocument), func() {
		s.printTable([]string{"ORDER", "STATE", "BANK", "ACCOUNT", "HOLDER", "SINCE", "SOURCE", "WHY"}, each(lines, func(l app.AccountLine) []string {
			return []string{l.OrderID, l.State, bankName(l.Bank), dash(l.AccountMasked), dash(l.HolderMasked), dash(timeOrNothing(l.CapturedAt)), l.Source, dash(l.Why)}
		}))
	})
}

func bankName(code string) string {
	if bank, ok := pay.FindBank(code); ok {
		return bank.Korean + " (" + bank.Code + ")"
	}
	return dash(code)
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
			return a.revealAccount(cmd.Context(), args[0], reason, out)
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why it must be seen; stands in the journal")
	cmd.Flags().StringVar(&out, "out", "", "a new file, mode 0600")
	return cmd
}

func (a *invocation) revealAccount(ctx context.Context, order, reason, out string) error {
	if plainReason(reason) == "" {
		return usage(errors.New("accounts reveal: no reason is given"), "say by --reason why the account must be seen; the journal keeps it")
	}
	stdout, isFile := a.stdout.(*os.File)
	if out == "" && !(isFile && isTerminal(stdout)) {
		return usage(errors.New("accounts reveal: the output is no terminal"), "use --out FILE: a new file that only you may read")
	}
	return a.withProvider(ctx, func(s *session) error {
		if err := s.mayMoveClock(); err != nil {
			return err
		}
		ring, err := neededRing(s.cfg, "accounts reveal")
		if err != nil {
			return err
		}
		if err := (app.RevealAccount{Store: s.db, Sealer: ring, MID: s.mid, Order: order, Reason: plainReason(reason), By: s.actor(), Now: s.now(),
			Terminal: stdout, Out: out}).Run(ctx); err != nil || out == "" {
			return err
		}
		return s.show(struct {
			Written string `json:"written"`
			ending
		}{out, s.ending()}, func() {
			s.printf("the account of order %s was written to %s; delete it when it has done its work\n", plain(order), out)
		})
	})
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
		RunE: a.onStore(func(ctx context.Context, s *session, _ []string) error { return s.purgeAccounts(ctx) }),
	}
}

func (s *session) purgeAccounts(ctx context.Context) error {
	if err := s.mayMoveClock(); err != nil {
		return err
	}
	purged, err := app.PurgeAccounts{Store: s.db, KeepDays: s.cfg.Accounts.KeepDaysAfterRefund, By: s.actor(), Now: s.now(),
		Merchants: each(s.merchants(), func(m config.Merchant) app.PurgedMerchant {
			return app.PurgedMerchant{MID: m.MID, CancelDays: m.VirtualAccountCancelDays}
		})}.Run(ctx)
	if err != nil {
		return err
	}
	return s.show(struct {
		Purged int `json:"purged"`
		ending
	}{purged, s.ending()}, func() {
		s.printf("destroyed %s; %d days are kept after a refund\n", pay.Counted(purged, "account"), s.cfg.Accounts.KeepDaysAfterRefund)
	})
}

// rekeyDocument is the JSON of `accounts rekey`.
type rekeyDocument struct {
	Key      uint32   `json:"key"` // the key's id, not the key
	Accounts int      `json:"accounts"`
	Attempts int      `json:"attempts"`
	Lines    int      `json:"bank_lines"`
	Retired  []uint32 `json:"retired"`
	ending
}

func (a *invocation) accountsRekeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rekey",
		Short: "Rotate the account key: a new one seals from now on, and what is sealed is sealed again",
		Long: "Adds a key to accounts.key_file and seals every account, every refund's bytes and the personal texts of every\n" +
			"passbook line again under it. Other\n" +
			"processes of daesa read the file again by themselves. The key before stays in the file until the next\n" +
			"rotation, so that nothing that was sealed meanwhile is lost. With accounts.key_env the keyset is yours to\n" +
			"change: put the one with the new key there, then rekey seals everything under it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withProvider(cmd.Context(), func(s *session) error { return s.rekeyAccounts(cmd.Context()) })
		},
	}
}

func (s *session) rekeyAccounts(ctx context.Context) error {
	ring, err := neededRing(s.cfg, "accounts rekey")
	if err != nil {
		return err
	}
	done, err := app.Rekey{Store: s.db, Ring: ring, KeyFile: s.cfg.Accounts.KeyFile, By: s.actor(), Now: s.now()}.Run(ctx)
	if err != nil {
		return err
	}
	return s.show(rekeyDocument{Key: done.Key, Accounts: done.Accounts, Attempts: done.Attempts, Lines: done.BankLines, Retired: done.Retired, ending: s.ending()}, func() {
		s.printf("sealed again: %s, the bytes of %s, the texts of %s; %s retired\n", pay.Counted(done.Accounts, "account"),
			pay.Counted(done.Attempts, "refund attempt"), pay.Counted(done.BankLines, "passbook line"), pay.Counted(len(done.Retired), "old key"))
		s.printf("copy the key file to where its copies are kept\n")
	})
}
