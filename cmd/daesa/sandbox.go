package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"daesa/pay"
	"daesa/sandbox"
)

// sandboxFlags are those of `daesa sandbox`.
type sandboxFlags struct {
	addr, state, clock, faults, webhook string
	seed                                uint64
	orders, rate                        int
	forgetKeys, settle                  bool
}

// sandboxSecurityKey is no secret: it signs the webhooks of a pretend provider.
var sandboxSecurityKey = strings.Repeat("5a", 32)

func (a *invocation) sandboxCommand() *cobra.Command {
	var f sandboxFlags
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve the pretend Toss: the secret key is test_sk_sandbox",
		Long: "Serves the pretend Toss, with a ledger, a clock and faults of its own; GET / tells what it can do. The secret\n" +
			"key is test_sk_sandbox; the security key, which signs payout.changed and seller.changed, is\n" + sandboxSecurityKey + ".\n" +
			"With --settle the ledger also settles as a live one does, and /sandbox/passbook.csv is the shop's passbook.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.serveSandbox(cmd.Context(), f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.addr, "addr", "127.0.0.1:7070", "address to listen on")
	flags.StringVar(&f.state, "state", "", "file that keeps the ledger over a restart")
	flags.Uint64Var(&f.seed, "seed", 1, "seed of the history")
	flags.IntVar(&f.orders, "orders", 2000, "orders of the history; 0: none")
	flags.IntVar(&f.rate, "rate", 100, "requests a minute for each API; 0: no limit")
	flags.StringVar(&f.clock, "clock", "", "time at which the sandbox's clock starts, or now (default: that of --state, else now)")
	flags.StringVar(&f.faults, "faults", "", "faults, such as drop-after=0.01,5xx=0.02,429=0.01, or a list cut short: page-cap=1000, leave-out=7 (sandbox/README.md)")
	flags.BoolVar(&f.forgetKeys, "forget-keys", false, "forget idempotency keys on a restart")
	flags.BoolVar(&f.settle, "settle", false, "give settlement rows to the test key, too; Toss gives it none")
	flags.StringVar(&f.webhook, "webhook", "", "URL that webhooks are sent to")
	return cmd
}

func (a *invocation) serveSandbox(ctx context.Context, f sandboxFlags) error {
	toss, err := a.newSandbox(f)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", f.addr)
	if err != nil {
		return failed("choose another address with --addr", "%w", err)
	}
	a.warn("sandbox on http://%s, its clock at %s; GET / tells what it can do", listener.Addr(), pay.FormatTime(toss.Now()))
	server := &http.Server{Handler: toss.Handler(), ReadHeaderTimeout: 10 * time.Second}
	stopped := make(chan error, 1)
	go func() { stopped <- toss.Run(ctx) }()
	go func() {
		<-ctx.Done()
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(closing) // calls that are still under way are cut off
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	if err := <-stopped; err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil // ending a server is how it ends
}

func (a *invocation) newSandbox(f sandboxFlags) (*sandbox.Sandbox, error) {
	var err error
	start := a.now()
	if f.clock != "" && f.clock != "now" {
		if start, err = pay.ParseTime(f.clock); err != nil {
			return nil, usage(fmt.Errorf("--clock: %w", err), "for example --clock 2026-11-22T01:00:00+09:00")
		}
	}
	faults, err := sandbox.ParseFaults(f.faults)
	if err != nil {
		return nil, usage(fmt.Errorf("--faults: %w", err), "for example --faults drop-after=0.01,5xx=0.02")
	}
	toss := sandbox.New(sandbox.Options{SecurityKey: sandboxSecurityKey, Rate: f.rate, Now: a.clock, ForgetKeys: f.forgetKeys, WebhookURL: f.webhook, StateFile: f.state, Settle: f.settle})
	toss.SetClock(start)
	if f.state != "" {
		if _, err := os.Stat(f.state); err == nil {
			if err := toss.Load(f.state); err != nil {
				return nil, failed("give another --state, or remove the file to begin anew", "%w", err)
			}
			if f.clock != "" {
				toss.SetClock(start)
			}
			toss.SetFaults(faults)
			return toss, nil
		}
	}
	if f.orders > 0 {
		toss.Seed(sandbox.HistoryOptions{Seed: f.seed, Orders: f.orders, End: pay.DayOf(start).Add(-1).Start(), BreakShare: 0.02})
	}
	toss.SetFaults(faults)
	return toss, nil
}
