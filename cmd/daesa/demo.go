package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/config"
	"daesa/jobs"
	"daesa/orders"
	"daesa/pay"
	"daesa/refunds"
	"daesa/sandbox"
	"daesa/store"
)

const (
	demoDays   = 200 // business days over which the orders spread
	demoNights = 3
	// demoPace: the demo does not wait for a provider that is in its own process.
	demoPace = 600_000
	demoKey  = "DAESA_DEMO_SECRET_KEY"
	// demoMark is the file by which a demo knows a folder that is its own.
	demoMark = "demo.seed"
)

// demo is one demonstration: a folder, a pretend Toss, three nights.
type demo struct {
	*invocation
	dir     string
	toss    *sandbox.Sandbox
	history *sandbox.History
	last    pay.Day
	orders  int
}

func (a *invocation) demoCommand() *cobra.Command {
	var dir string
	var orders int
	var seed uint64
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run three whole nights on an embedded database against the built-in sandbox",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.runDemo(cmd.Context(), dir, orders, seed)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "daesa-demo", "folder to write to")
	cmd.Flags().IntVar(&orders, "orders", 2000, "number of orders")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "seed of the history")
	return cmd
}

// demoMorning is when the demo's second person approves, after the last night.
const demoMorning = 9 * time.Hour

// lastDemoDay is the newest business date whose morning after has come: what the
// demo did then must not lie in the future of the sandbox that it names.
func lastDemoDay(now time.Time) pay.Day { return pay.DayOf(now.Add(-demoMorning)).Add(-1) }

func (a *invocation) runDemo(ctx context.Context, dir string, orders int, seed uint64) error {
	now := a.now()
	if orders < 1 {
		return usage(errors.New("--orders must be at least 1"), "for example --orders 2000")
	}
	d := &demo{invocation: a, dir: dir, last: lastDemoDay(now), orders: orders}
	if err := d.prepareFolder(seed); err != nil {
		return err
	}
	d.toss = sandbox.New(sandbox.Options{Now: a.clock, Freeze: true, Settle: true})
	d.history = d.toss.Seed(sandbox.HistoryOptions{Seed: seed, Orders: orders, Days: demoDays, End: d.last.Start(), Growing: true, BreakShare: 0.02})
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: d.toss.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // it ends with the demo
	defer server.Close()
	if err := d.writeConfig(listener.Addr().String()); err != nil {
		return err
	}
	var documents []nightDocument
	for back := demoNights - 1; back >= 0; back-- {
		document, err := d.night(ctx, d.last.Add(-back))
		if err != nil {
			return err
		}
		documents = append(documents, document)
	}
	urgent, err := d.urgent(ctx)
	if err != nil {
		return err
	}
	sent, err := d.refunds(ctx)
	if err != nil {
		return err
	}
	month, err := d.closeMonth(ctx)
	if err != nil {
		return err
	}
	if err := d.toss.Save(filepath.Join(dir, "sandbox.state")); err != nil {
		return err
	}
	return d.tell(documents, urgent, sent, month, listener.Addr().String())
}

// prepareFolder makes the folder, or empties one that an earlier demo made.
func (d *demo) prepareFolder(seed uint64) error {
	if err := emptiedFolder(d.dir, demoMark, demoPassbook, demoVouchers); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(d.dir, demoMark), fmt.Appendf(nil, "%d\n", seed), 0o600)
}

// emptiedFolder makes a folder for a database and a pretend Toss of its own, or
// takes those away, and some more files, that an earlier start has left. A folder
// is known by its mark; somebody's own is left alone.
func emptiedFolder(dir, mark string, more ...string) error {
	if _, err := os.Stat(filepath.Join(dir, "daesa.yaml")); err == nil {
		if _, err := os.Stat(filepath.Join(dir, mark)); err != nil {
			return failed("choose another folder with --dir", "%s has a daesa.yaml that no demo wrote", dir)
		}
		for _, name := range append(more, "daesa.yaml", "daesa.db", "daesa.db-wal", "daesa.db-shm", "sandbox.state", "account.key.head") {
			if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
	}
	return os.MkdirAll(dir, 0o700)
}

func (d *demo) writeConfig(addr string) error {
	text := config.Template(config.TemplateValues{ //nolint:gosec // the name of a variable, and a pretend address
		Environment: config.Test, SecretKeyEnv: demoKey, BaseURL: "http://" + addr,
		RequestsPerMinute: demoPace, AutoQueue: []string{"cancel_not_executed"},
		Passbooks: "[{name: main, payer: [토스페이]}]", FirstMonth: string(d.closes()),
	})
	if err := os.WriteFile(filepath.Join(d.dir, "daesa.yaml"), text, 0o600); err != nil {
		return err
	}
	return keptKey(d.dir)
}

// keptKey makes the account key of a demo's folder, unless it is there.
func keptKey(dir string) error {
	key := filepath.Join(dir, "account.key")
	if _, err := os.Stat(key); err == nil {
		return nil
	}
	return app.WriteKey(key)
}

// night runs one night as it would have run then: the shop's orders and the
// provider's ledger as they stood at half past one on the next morning. On the morning
// of the day itself it reads what Toss settles, as the schedule would.
func (d *demo) night(ctx context.Context, day pay.Day) (nightDocument, error) {
	if err := d.morning(ctx, day); err != nil {
		return nightDocument{}, err
	}
	at := day.End().Add(90 * time.Minute)
	d.toss.SetClock(at)
	file := filepath.Join(d.dir, "orders-"+string(day)+".csv")
	if err := d.writeOrders(file, at); err != nil {
		return nightDocument{}, err
	}
	inner := d.inner(at, "demo")
	var documents []nightDocument
	err := inner.withProvider(ctx, func(s *session) (err error) {
		if err := s.importOrders(ctx, []string{file}, ordersFlags{}, orders.Older{}); err != nil {
			return err
		}
		documents, err = s.nightDocuments(ctx, s.nights(), string(day))
		return err
	})
	if err != nil {
		return nightDocument{}, err
	}
	documents[0].ExitCode, documents[0].Reasons = inner.verdict.code(), inner.verdict.list()
	return documents[0], nil
}

// inner is a command of the demo's own folder, as somebody would have given it
// at a time.
func (d *demo) inner(at time.Time, by string) *invocation { return d.within(d.dir, at, by) }

// within is a command of a demo's folder, as somebody would have given it at a
// time: with the demo's database, and telling nobody.
func (a *invocation) within(dir string, at time.Time, by string) *invocation {
	inner := a.another(io.Discard)
	inner.configPath, inner.asOf, inner.by, inner.mid = filepath.Join(dir, "daesa.yaml"), at, by, ""
	inner.env = func(name string) (string, bool) {
		switch name {
		case demoKey:
			return demoSecret, true
		case config.DatabaseVariable, config.Default().Notify.URLsEnv:
			return "", false
		default:
			return a.env(name)
		}
	}
	return inner
}

// demoLost is how many answers of the demo's cancels are lost on their way.
const demoLost = 2

// sentRefunds is what the morning after the nights came to.
type sentRefunds struct {
	approved int
	summary  jobs.RefundSummary
	canceled int // by Toss, of those that were sent
}

// refunds lets a second person approve what the nights proposed, and sends it
// while some answers are lost: each is found by its reference, and none is
// cancelled twice.
func (d *demo) refunds(ctx context.Context) (sentRefunds, error) {
	at := d.last.End().Add(demoMorning)
	d.toss.SetClock(at)
	var sent sentRefunds
	inner := d.inner(at, "demo, a second person")
	return sent, inner.withProvider(ctx, func(s *session) error {
		s.cfg.Refunds.Send = true // the provider is this process
		waiting, err := s.db.Refunds(ctx, store.RefundFilter{State: string(refunds.StateRequested)})
		if err != nil {
			return err
		}
		word := app.GiveWord{Store: s.db, Head: s.head(), Say: app.SayApprove, IDs: each(waiting, func(r refunds.Request) string { return r.ID }), By: s.actor(), Now: at}
		if _, err := word.Run(ctx); err != nil {
			return err
		}
		run, err := s.refundsJob(ctx, runFlags{count: -1, amount: -1}, s.head())
		if err != nil {
			return err
		}
		run.Patience, run.StopAfterUnknown = 3*time.Second, 0
		run.FailureReached = func(_, _ int64) bool { return false } // the lost answers are ours
		d.toss.SetFaults(sandbox.Faults{DropAfter: 1, Max: demoLost, API: "cancel"})
		sent.approved = len(waiting)
		if sent.summary, err = run.Run(ctx); err != nil {
			return err
		}
		for _, r := range waiting {
			sent.canceled += d.canceledBy(r)
		}
		return nil
	})
}

// canceledBy is how many cancels of its payment are a request's.
func (d *demo) canceledBy(r refunds.Request) (number int) {
	p, ok := d.toss.Payment(r.PaymentKey)
	if !ok {
		return 0
	}
	for _, c := range p.Cancels {
		if pay.Marker(c.Reason) == r.ID {
			number++
		}
	}
	return number
}

func (d *demo) writeOrders(path string, at time.Time) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the demo's own folder
	if err != nil {
		return err
	}
	return errors.Join(d.history.WriteCSV(file, at), file.Close())
}

// tell shows what the demo found, on one screen.
func (d *demo) tell(documents []nightDocument, urgent []string, sent sentRefunds, month closedMonth, addr string) error {
	if d.json {
		return d.printJSON(documents)
	}
	last := documents[len(documents)-1]
	d.printf("daesa demo: %s orders over %d days, three nights and a morning, embedded database, pretend Toss in this process\n\n", pay.Grouped(d.orders), demoDays)
	for _, document := range documents {
		d.printNight(document)
	}
	d.printf("\n%s\n", strings.Join(urgent, "\n"))
	d.printf("\nrefunds in the morning: %d approved by a second person and sent, %d answers lost on the way; Toss cancelled %d, each once:\n",
		sent.approved, min(demoLost, sent.approved), sent.canceled)
	d.printf("  succeeded %d, accepted %d, unknown %d, held %d, refused %d, no longer owed %d\n", sent.summary.States[refunds.StateSucceeded], sent.summary.States[refunds.StateAccepted],
		sent.summary.States[refunds.StateUnknown], sent.summary.States[refunds.StateHeld], sent.summary.States[refunds.StateRefused], sent.summary.States[refunds.StateRejected])
	calls := 0
	for _, count := range d.toss.Calls() {
		calls += count
	}
	d.printf("\nprovider calls in three nights and a morning: %s\n", pay.Grouped(calls))
	d.tellMonth(month)
	d.printf("\nopen the workbooks: %s (the night)\n                    %s (the month)\n", *last.Workbook, month.workbook)
	d.tryNext(addr, month)
	return nil
}

// demoSecret is the key of the pretend Toss.
const demoSecret = "test_sk_sandbox"

// tryNext prints commands that can be pasted into a shell as they stand: with
// the program as it was called, paths quoted, and the key where one is needed.
func (d *demo) tryNext(addr string, month closedMonth) {
	daesa, yaml := calledAs(os.Args[0]), shellWord(filepath.Join(d.dir, "daesa.yaml"))
	d.printf("\ntry next:\n")
	for _, command := range []string{"breaks list", "refunds list", "payouts list", "close check " + string(month.Month.Month), "audit verify"} {
		d.printf("  %s %s --config %s\n", daesa, command, yaml)
	}
	d.printf("and with the same pretend Toss in another terminal:\n")
	d.printf("  %s sandbox --addr %s --state %s --clock now --rate 0 --settle\n", daesa, addr, shellWord(filepath.Join(d.dir, "sandbox.state")))
	d.printf("  %s=%s %s doctor --config %s\n", demoKey, demoSecret, daesa, yaml)
}

// calledAs is how a shell calls this program again: the go command runs it out
// of a folder that is gone afterwards.
func calledAs(name string) string {
	switch {
	case strings.Contains(filepath.ToSlash(filepath.Dir(name)), "/go-build"):
		return "go run ./cmd/daesa"
	case !strings.ContainsRune(name, filepath.Separator):
		return name
	default:
		return shellWord(name)
	}
}

// shellWord quotes a word for a shell, where it needs that.
func shellWord(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+,-]+$`)

// soonDays is how far ahead the demo's screen looks.
const soonDays = 14

// urgent names, after the last night, the refunds whose deadline is near, with
// the money at stake.
func (d *demo) urgent(ctx context.Context) ([]string, error) {
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(d.dir, "daesa.db"))
	if err != nil {
		return nil, err
	}
	defer db.Close()
	requests, err := db.Refunds(ctx, store.RefundFilter{})
	if err != nil {
		return nil, err
	}
	soon, lost := app.RunningOut(requests, d.last.End().Add(90*time.Minute).AddDate(0, 0, soonDays))
	lines := []string{fmt.Sprintf("can be cancelled for at most %d days more: %s", soonDays, pay.Counted(len(soon), "refund"))}
	for _, r := range soon[:min(5, len(soon))] {
		lines = append(lines, fmt.Sprintf("  %s by %s (%s, order %s)", r.Currency.Spell(r.Amount), pay.FormatTime(r.CancelBy), r.Method, r.OrderID))
	}
	if len(lost) > 0 {
		lines = append(lines, fmt.Sprintf("past their deadline already: %s,%s: for a transfer by hand", pay.Counted(len(lost), "refund"), sums(sumOf(lost))))
	}
	return lines, nil
}
