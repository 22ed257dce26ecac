package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"daesa/config"
	"daesa/internal/written"
	"daesa/pay"
)

// invocation is one command line: what it sees of the machine, the flags that every command takes, and
// what it has to say at the end.
type invocation struct {
	environment
	out        bytes.Buffer // stdout: written at the end, so that it is empty on an error
	configPath string
	json       bool
	logFormat  string
	logLevel   string
	asOfText   string
	asOf       time.Time // zero: the real clock goes on
	mid        string
	several    bool // mid may name several, with commas between them
	by         string
	okCodes    []int
	log        *slog.Logger
	prepared   bool // the flags were read
	verdict    verdict
}

// run executes one command line and gives the exit code.
func run(ctx context.Context, arguments []string, w environment) int {
	a := &invocation{environment: w}
	root := a.root()
	root.SetArgs(arguments)
	err := root.ExecuteContext(ctx)
	code := a.verdict.code()
	if err != nil {
		code = a.codeOf(ctx, err)
		err = a.fail(err, code, arguments)
	}
	if _, writeErr := w.stdout.Write(a.out.Bytes()); err == nil {
		err = writeErr
	}
	if err != nil { // nobody takes what the command says
		a.complain(err)
		return codeFailed
	}
	return a.softened(code)
}

func (a *invocation) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "daesa",
		Short:         "The night shift for shops that take payments through Toss Payments (대사: reconciliation)",
		Long:          "daesa compares the shop's orders with the provider's records every night, proposes the refunds\nthat are due before their deadlines pass, and lays one workbook on finance's desk.\n\nTry it: daesa demo",
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return a.prepare(cmd)
		},
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.configPath, "config", "", "configuration file (default ./daesa.yaml, or $DAESA_CONFIG)")
	flags.BoolVar(&a.json, "json", false, "stdout is one JSON document, on an error too; money in it is in the smallest unit of its currency")
	flags.StringVar(&a.logFormat, "log-format", "text", "text or json, on stderr")
	flags.StringVar(&a.logLevel, "log-level", "warn", "debug, info, warn or error")
	flags.StringVar(&a.asOfText, "as-of", "", "use this time as now, in place of the clock")
	flags.StringVar(&a.mid, "mid", "", "only this merchant (default: all that are configured)")
	flags.StringVar(&a.by, "by", "", "who does this (default $DAESA_ACTOR, else the login name)")
	flags.IntSliceVar(&a.okCodes, "ok-codes", nil, "exit codes that become 0, such as 3,5")
	root.SetOut(&a.out)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(err, cmd.CommandPath()+" --help shows what it takes")
	})
	root.AddCommand(a.commands()...)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	refuseUnknown(root)
	usageOfArguments(root)
	return root
}

// refuseUnknown makes a group of commands refuse a word that is none of them:
// cobra would show its help and end well.
func refuseUnknown(group *cobra.Command) {
	if group.Runnable() || !group.HasSubCommands() {
		return
	}
	group.Args = cobra.ArbitraryArgs // cobra's own check of the first word is an error by its text alone
	group.SuggestionsMinimumDistance = 2
	group.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		next := cmd.CommandPath() + " --help shows its commands"
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			next = "did you mean " + strings.Join(near, " or ") + "? " + next
		}
		return usage(fmt.Errorf("%s: unknown command %q", cmd.CommandPath(), args[0]), next)
	}
	for _, sub := range group.Commands() {
		refuseUnknown(sub)
	}
}

func (a *invocation) commands() []*cobra.Command {
	return []*cobra.Command{
		a.demoCommand(), a.initCommand(), a.doctorCommand(), a.migrateCommand(), a.ordersCommand(),
		a.nightlyCommand(), a.reconcileCommand(), a.breaksCommand(), a.refundsCommand(), a.accountsCommand(),
		a.settlementsCommand(), a.payoutsCommand(), a.bankCommand(), a.closeCommand(), a.webhookCommand(), a.reportCommand(),
		a.serveCommand(), a.runsCommand(), a.sandboxCommand(), a.shopDemoCommand(), a.auditCommand(), a.explainCommand(), a.versionCommand(),
	}
}

// prepare checks what every command takes.
func (a *invocation) prepare(*cobra.Command) error {
	a.prepared = true
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.logLevel)); err != nil {
		return usage(fmt.Errorf("--log-level %q is not known", a.logLevel), "use debug, info, warn or error")
	}
	options := &slog.HandlerOptions{Level: level}
	switch a.logFormat {
	case "text":
		a.log = slog.New(slog.NewTextHandler(a.stderr, options))
	case "json":
		a.log = slog.New(slog.NewJSONHandler(a.stderr, options))
	default:
		return usage(fmt.Errorf("--log-format %q is not known", a.logFormat), "use text or json")
	}
	if a.asOfText != "" {
		var err error
		if a.asOf, err = pay.ParseTime(a.asOfText); err != nil {
			return usage(fmt.Errorf("--as-of: %w", err), "for example --as-of 2026-11-22T01:30:00+09:00")
		}
	}
	if _, err := written.Name(a.actor()); err != nil {
		return usage(err, "name yourself by --by or DAESA_ACTOR, in letters of one script (Hangul, Latin or Han): --by kim")
	}
	for _, code := range a.okCodes {
		if code != codePerson && code != codeUnknown && code != codeIncomplete {
			return usage(fmt.Errorf("--ok-codes %d: that is no code of a finished command", code), "use 3, 4 or 5")
		}
	}
	return nil
}

// now is the business's clock: --as-of, or the real one.
func (a *invocation) now() time.Time {
	if a.asOf.IsZero() {
		return a.clock().Truncate(time.Microsecond)
	}
	return a.asOf
}

// actor is who does this.
func (a *invocation) actor() string {
	if by := strings.TrimSpace(a.by); by != "" {
		return by
	}
	if name, ok := a.env("DAESA_ACTOR"); ok && strings.TrimSpace(name) != "" {
		return strings.TrimSpace(name)
	}
	return process.Person()
}

// config reads daesa.yaml. Secrets are resolved only for commands that use them.
func (a *invocation) config(needSecrets bool) (*config.Config, error) {
	path := a.configPath
	if path == "" {
		path, _ = a.env("DAESA_CONFIG")
	}
	if path == "" {
		path = "daesa.yaml"
	}
	cfg, err := config.Load(path, a.env, needSecrets)
	if err != nil {
		return nil, &coded{err, codeUsage}
	}
	for _, mid := range a.named() {
		if _, ok := cfg.Merchant(mid); !ok {
			return nil, usage(fmt.Errorf("--mid %s: no such merchant in %s", mid, path), "the merchants of the file are "+strings.Join(mids(cfg), ", "))
		}
	}
	return cfg, nil
}

// named are the merchants that --mid names; none: all that are configured.
func (a *invocation) named() []string {
	switch {
	case a.mid == "":
		return nil
	case a.several:
		return strings.Split(a.mid, ",")
	default:
		return []string{a.mid}
	}
}

func mids(cfg *config.Config) []string {
	names := make([]string, len(cfg.Merchants))
	for i, merchant := range cfg.Merchants {
		names[i] = merchant.MID
	}
	return names
}

// show writes what a command found: one document with --json, else what people
// read.
func (a *invocation) show(document any, people func()) error {
	if a.json {
		return a.printJSON(document)
	}
	people()
	return nil
}

// printJSON writes the one document of --json.
func (a *invocation) printJSON(document any) error {
	encoder := json.NewEncoder(&a.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document)
}

// printf writes to stdout, which is written at the end.
func (a *invocation) printf(format string, values ...any) {
	fmt.Fprintf(&a.out, format, values...)
}

// warn tells the person at the terminal something, without ending the command.
func (a *invocation) warn(format string, values ...any) {
	fmt.Fprintf(a.stderr, "daesa: "+format+"\n", values...)
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}
