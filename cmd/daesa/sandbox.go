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
	"daesa/sandbox/console"
)

// sandboxFlags are those of `daesa sandbox`.
type sandboxFlags struct {
	addr, state, clock, faults, webhook string
	key, tokenEnv                       string
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
		Short: "Serve the pretend Toss, with a console at /sandbox",
		Long: "Serves the pretend Toss, with a ledger, a clock and faults of its own; GET / tells what it can do, and /sandbox is\n" +
			"a console for the browser. Any secret key test_sk_... or test_gsk_... works, unless --key names the one that does;\n" +
			"the security key, which signs payout.changed and seller.changed, is\n" + sandboxSecurityKey + ".\n" +
			"With --state every answer is on the disk before it is given.\n" +
			"With --settle the ledger also settles as a live one does, and /sandbox/passbook.csv is the shop's passbook.\n\n" +
			"On a loopback address the console and its addresses are open to whoever works at the machine. On another one they\n" +
			"ask for a token: --token-env names the environment variable that holds it.",
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
	flags.StringVar(&f.key, "key", "", "the one secret key that works (default: any test_sk_... or test_gsk_...)")
	flags.StringVar(&f.tokenEnv, "token-env", "", "environment variable with the token that /sandbox asks for; needed on an address that is not loopback")
	return cmd
}

func (a *invocation) serveSandbox(ctx context.Context, f sandboxFlags) error {
	toss, err := a.newSandbox(f)
	if err != nil {
		return err
	}
	if err := toss.Keep(); err != nil {
		return failed("give another --state, or make room for it", "%w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", f.addr)
	if err != nil {
		return failed("choose another address with --addr", "%w", err)
	}
	a.warn("sandbox on http://%s, its clock at %s; /sandbox is its console, GET / tells what it can do", listener.Addr(), pay.FormatTime(toss.Now()))
	server := &http.Server{Handler: console.New(toss), ReadHeaderTimeout: 10 * time.Second}
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
	token, err := a.sandboxToken(f)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(f.key, "test_ck_") || strings.HasPrefix(f.key, "test_gck_") {
		return nil, usage(errors.New("--key: that is a client key"), "give a secret key, such as test_sk_mine")
	}
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
	toss := sandbox.New(sandbox.Options{
		SecretKey: f.key, SecurityKey: sandboxSecurityKey, Rate: f.rate, Now: a.clock, ForgetKeys: f.forgetKeys,
		WebhookURL: f.webhook, StateFile: f.state, Settle: f.settle, Token: token,
	})
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

// sandboxToken is what the sandbox's own addresses ask for. Where others than who
// works at this machine can call, there must be one.
func (a *invocation) sandboxToken(f sandboxFlags) (string, error) {
	if f.tokenEnv != "" {
		token, _ := a.env(f.tokenEnv)
		if token == "" {
			return "", usage(fmt.Errorf("--token-env: %s is empty or not set", f.tokenEnv), "set it to a long random text")
		}
		return token, nil
	}
	if !loopback(f.addr) {
		return "", usage(fmt.Errorf("--addr %s can be called from other machines, and who calls the console moves the ledger and the clock", f.addr),
			"name the variable that holds a token: --token-env DAESA_SANDBOX_TOKEN; or listen on 127.0.0.1")
	}
	return "", nil
}

// loopback says whether only this machine can call an address. A name other than
// localhost may be anything.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return true // nobody can listen there
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
