package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	application "daesa/app"
	"daesa/config"
	"daesa/internal/hint"
	"daesa/orders"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/store"
	"daesa/toss"
)

// The three things that doctor can say of what it checked.
const (
	stateOK   = "ok"
	stateWarn = "warn" // a person should look: exit code 3
	stateFail = "fail" // daesa will not work so: exit code 1
)

// check is one thing that doctor looked at.
type check struct {
	Name    string  `json:"name"`
	State   string  `json:"state"`
	About   *string `json:"about"` // a key of the configuration, a merchant, a file
	Finding string  `json:"finding"`
	Remedy  *string `json:"remedy"` // null: nothing needs to be done
}

// examination gathers what doctor finds.
type examination struct {
	*app
	root   *cobra.Command
	cfg    *config.Config
	db     *store.DB // nil: it cannot be used
	checks []check
	// unasked are merchants whose key was not accepted just now, or that did not
	// answer, and why.
	unasked map[string]string
}

func (e *examination) add(name, state, about, finding, remedy string) {
	e.checks = append(e.checks, check{name, state, orNull(about), finding, orNull(remedy)})
}

func (e *examination) ok(name, about, finding string) { e.add(name, stateOK, about, finding, "") }
func (e *examination) warns(name, about, finding, remedy string) {
	e.add(name, stateWarn, about, finding, remedy)
}
func (e *examination) fails(name, about, finding, remedy string) {
	e.add(name, stateFail, about, finding, remedy)
}

// failsWith reports an error, with its own hint where it has one.
func (e *examination) failsWith(name, about string, err error, remedy string) {
	e.fails(name, about, err.Error(), or(hint.Of(err), remedy))
}

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Check everything that a night needs, and say what to do about it",
		Long: "Checks configuration, database, schema, secret keys and whose they are (harmless look-ups), the clock, the account key,\n" +
			"the report folder, the schedule against the deadlines, and what waits for a person.\n" +
			"Ends with 0 when all is well, 3 when a person should look, 1 when a check failed, and 2 when the\n" +
			"configuration is wrong. It leaves nothing behind: what it writes to try the disks means nothing.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			e := &examination{app: a, root: cmd.Root(), unasked: map[string]string{}}
			faults, err := e.examine(cmd.Context())
			if err != nil {
				return err
			}
			return e.report(faults)
		},
	}
}

// doctorDocument is the JSON of `doctor`.
type doctorDocument struct {
	Checks []check `json:"checks"`
	ending
	*problem // of the configuration; absent where it is in order
}

func (e *examination) report(faults *config.Faults) error {
	for _, c := range e.checks {
		what := c.Name
		if c.About != nil {
			what += " " + *c.About
		}
		switch c.State {
		case stateWarn:
			e.verdict.add(codePerson, "%s: %s", what, c.Finding)
		case stateFail:
			e.verdict.add(codeFailed, "%s: %s", what, c.Finding)
		}
	}
	document := doctorDocument{Checks: e.checks, ending: e.ending()}
	if faults == nil {
		return e.print(document)
	}
	wrong := newProblem(faults, codeUsage)
	document.ExitCode, document.problem = codeUsage, &wrong
	if err := e.print(document); err != nil {
		return err
	}
	e.verdict.keepOutput = true
	return usage(fmt.Errorf("%s has %s", faults.File, counted(len(faults.List), "fault")), "each stands above with what to do; daesa doctor again shows the rest")
}

func (e *examination) print(document doctorDocument) error {
	if e.json {
		return e.printJSON(document)
	}
	for _, c := range document.Checks {
		about := ""
		if c.About != nil {
			about = *c.About + ": "
		}
		e.printf("%-4s  %-14s  %s\n", c.State, c.Name, plain(about+c.Finding))
		if c.Remedy != nil {
			e.printf("      %-14s  -> %s\n", "", plain(*c.Remedy))
		}
	}
	return nil
}

// examine runs every check that can be run. Where the configuration is at
// fault its faults come back, and what does not need the faulty part is still
// checked.
func (e *examination) examine(ctx context.Context) (*config.Faults, error) {
	cfg, err := e.config(true)
	var faults *config.Faults
	switch {
	case errors.As(err, &faults):
		for _, fault := range faults.List {
			e.fails("configuration", or(fault.Path, faults.File), fault.Reason, fault.Hint)
		}
		if cfg, err = e.config(false); err != nil {
			return faults, nil // the file itself is unreadable: nothing more can be known
		}
		// What can be resolved is; the rest stays unset and is said above.
		_ = cfg.Secrets(e.env)
	case err != nil:
		return nil, err
	default:
		e.ok("configuration", "", counted(len(cfg.Merchants), "merchant")+": "+strings.Join(mids(cfg), ", "))
	}
	e.cfg = cfg
	if e.db = e.checkDatabase(ctx); e.db != nil {
		defer e.db.Close() // it was only read
	}
	now, err := e.now()
	if err != nil {
		return faults, err
	}
	e.checkUnbuilt()
	e.checkEncryption()
	e.checkOrders(ctx)
	e.checkKeys(ctx, now)
	e.checkAccountKey()
	e.checkFolder("report_folder", cfg.Reports.Dir, "reports.dir")
	e.checkDeliver()
	e.checkNotify(ctx)
	e.checkSchedule(now)
	if err := e.checkNights(ctx, now); err != nil {
		e.failsWith("nights", "", err, "")
	}
	if err := e.checkRefunds(ctx, now); err != nil {
		e.failsWith("refunds", "", err, "")
	}
	if err := e.checkOpenWork(ctx, now); err != nil {
		e.failsWith("open_work", "", err, "")
	}
	return faults, ctx.Err()
}

// has says whether this version has a command.
func (e *examination) has(path ...string) bool {
	found, rest, err := e.root.Find(path)
	return err == nil && len(rest) == 0 && found.Name() == path[len(path)-1]
}

// checkUnbuilt says plainly which settings are read and not acted on.
func (e *examination) checkUnbuilt() {
	usual := config.Default()
	for _, setting := range []struct {
		path string
		used bool
		what string
	}{
		{"refunds.send", e.cfg.Refunds.Send && !e.has("refunds", "run"), "sending refunds"},
		{"webhook", !reflect.DeepEqual(e.cfg.Webhook, usual.Webhook) && !e.has("webhook"), "receiving webhooks"},
	} {
		if setting.used {
			e.warns("not_built", setting.path, setting.what+" is not in this version: the setting has no effect",
				"remove the setting, or do this in another way until a version has it")
		}
	}
}

// checkDatabase gives the open database where it can be used. An embedded one
// that is not there yet is fine: the first command makes it.
func (e *examination) checkDatabase(ctx context.Context) *store.DB {
	about := e.cfg.Database.Redacted()
	path, missing := missingFile(e.cfg)
	if kind := networkVolume(filepath.Dir(path)); path != "" && kind != "" {
		e.fails("database", about, "SQLite lies on a network volume ("+kind+"), where its locks do not hold: two programs could write at once, and a refund could be lost",
			"put the file on a disk of this machine, or use PostgreSQL")
	}
	if missing {
		if e.checkFolder("database", filepath.Dir(path), about) {
			e.ok("schema", about, "the first command makes the database")
		}
		return nil
	}
	db, err := store.Open(ctx, e.cfg.Database.URL.Reveal(), store.MaxConnections(e.cfg.Database.MaxConnections), store.Patience(connectionPatience))
	if err != nil {
		e.failsWith("database", about, err, "check database.url and that the database runs")
		return nil
	}
	e.ok("database", about, "reachable")
	e.checkConnections(ctx, db, about)
	state, err := db.Schema(ctx)
	switch {
	case err != nil:
		e.failsWith("schema", about, err, "run daesa migrate")
	case state.Have > state.Want:
		e.fails("schema", about, fmt.Sprintf("version %d is newer than this program's %d", state.Have, state.Want), "install the daesa that changed it")
	case !state.Current() && strings.HasPrefix(about, "sqlite:"):
		e.ok("schema", about, fmt.Sprintf("version %d; the next command brings it to %d", state.Have, state.Want))
	case !state.Current():
		e.fails("schema", about, fmt.Sprintf("version %d, this program needs %d", state.Have, state.Want), "run daesa migrate")
	default:
		e.ok("schema", about, fmt.Sprintf("version %d", state.Have))
		e.checkWrites(ctx, db, about, path)
		return db
	}
	_ = db.Close() // it was only read
	return nil
}

// checkOrders looks whether the shop's orders can be reached.
func (e *examination) checkOrders(ctx context.Context) {
	if _, err := orders.LoadProfile(e.cfg.Orders.Profile); err != nil {
		e.failsWith("orders", "orders.profile", err, "name one of daesa orders profiles, or mend the file")
		return
	}
	switch e.cfg.Orders.Source {
	case config.SourceCSV:
		files, err := orders.Files(e.cfg.Orders.CSV.Glob)
		switch {
		case errors.Is(err, orders.ErrNoFile):
			e.warns("orders", e.cfg.Orders.CSV.Glob, "matches no file", "let the shop drop its order files there, or correct orders.csv.glob")
		case err != nil:
			e.failsWith("orders", e.cfg.Orders.CSV.Glob, err, "correct orders.csv.glob")
		default:
			e.ok("orders", e.cfg.Orders.CSV.Glob, counted(len(files), "file"))
		}
	case config.SourceQuery:
		if !e.cfg.Orders.Query.URL.IsSet() {
			e.fails("orders", "orders.query", "was not tried: its address is missing", "mend the configuration first")
			return
		}
		shop, dialect, err := store.OpenReadOnly(ctx, e.cfg.Orders.Query.URL.Reveal())
		if err != nil {
			e.failsWith("orders", "orders.query", err, "check the shop database's address, user and network")
			return
		}
		_ = shop.Close() // it was only read
		e.ok("orders", "orders.query", "the shop's database answers ("+dialect+")")
	default:
		e.ok("orders", "orders.source", "the table is filled by daesa orders import, or by the shop")
	}
}

// probeTime is how long one merchant's look-up may take.
const probeTime = 30 * time.Second

// checkKeys tries every secret key with a look-up that finds nothing.
func (e *examination) checkKeys(ctx context.Context, now time.Time) {
	merchants := e.merchants(e.cfg)
	for i, m := range merchants {
		if !m.SecretKey.IsSet() {
			e.fails("secret_key", m.MID, "was not tried: the key is missing or wrong", "mend the configuration first")
			continue
		}
		for _, other := range merchants[:i] {
			if other.Environment != m.Environment {
				e.warns("secret_key", m.MID, "is a "+m.Environment+" key beside a "+other.Environment+" key of "+other.MID,
					"keep live and test merchants in configurations and databases of their own")
			}
		}
		if e.probe(ctx, m) {
			e.checkOwner(ctx, m, now)
		}
	}
}

// probe says whether the key is accepted.
func (e *examination) probe(ctx context.Context, m config.Merchant) (accepted bool) {
	client, err := e.probeClient(m)
	if err != nil {
		e.failsWith("secret_key", m.MID, err, "correct merchants.base_url")
		return false
	}
	ctx, stop := context.WithTimeout(ctx, probeTime)
	defer stop()
	before := e.clock()
	found, err := client.Probe(ctx)
	after := e.clock()
	switch {
	case err != nil:
		e.unasked[m.MID] = refunds.WhyUnreachable
		e.failsWith("secret_key", m.MID, err, "check the network and merchants.base_url")
	case !found.KeyAccepted:
		e.unasked[m.MID] = refunds.WhyKeyRefused
		e.fails("secret_key", m.MID, "Toss does not accept the "+m.Environment+" key",
			"copy the secret key again from the developer centre, and check that it belongs to this merchant and environment")
	default:
		e.ok("secret_key", m.MID, "Toss accepts the "+m.Environment+" key")
	}
	e.checkClock(m.MID, before, after, found.ProviderTime)
	return err == nil && found.KeyAccepted
}

// probeClient shares the pace of all processes where the database keeps it.
func (e *examination) probeClient(m config.Merchant) (*toss.Client, error) {
	if e.db != nil {
		return e.client(e.db, m)
	}
	return toss.New(toss.Options{BaseURL: m.BaseURL, MID: m.MID, SecretKey: m.SecretKey.Reveal, Now: e.clock})
}

// A clock that is further than this from the provider's is told of; beyond the
// second limit deadlines and leases cannot be trusted.
const (
	clockWarn = time.Minute
	clockFail = 5 * time.Minute
)

// checkClock compares the clock with the provider's Date, which is cut to the
// second and was written somewhere between before and after.
func (e *examination) checkClock(mid string, before, after, provider time.Time) {
	const remedy = "let the machine set its clock by itself (NTP, chrony, systemd-timesyncd)"
	if provider.IsZero() {
		e.warns("clock", mid, "could not be compared: the provider sent no Date", "run daesa doctor again once the provider answers")
		return
	}
	off := time.Duration(0)
	switch {
	case provider.Add(time.Second).Before(before):
		off = before.Sub(provider.Add(time.Second))
	case provider.After(after):
		off = provider.Sub(after)
	}
	finding := fmt.Sprintf("%s off the provider's", off.Round(time.Second))
	switch {
	case off > clockFail:
		e.fails("clock", mid, finding, remedy)
	case off > clockWarn:
		e.warns("clock", mid, finding, remedy)
	default:
		e.ok("clock", mid, "agrees with the provider's")
	}
}

// checkAccountKey looks whether refund accounts could be sealed and opened.
func (e *examination) checkAccountKey() {
	about := or(e.cfg.Accounts.KeyEnv, e.cfg.Accounts.KeyFile)
	if e.cfg.Accounts.KeyFile != "" {
		info, err := os.Stat(e.cfg.Accounts.KeyFile)
		switch {
		case errors.Is(err, os.ErrNotExist):
			e.warns("account_key", about, "is not there", "daesa init writes one beside daesa.yaml; if refund accounts were sealed before, restore the old one")
			return
		case err != nil:
			e.fails("account_key", about, err.Error(), "give this user the right to read it")
			return
		case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
			e.fails("account_key", about, fmt.Sprintf("others may read it: its mode is %04o", info.Mode().Perm()), "chmod 600 "+about)
			return
		}
	}
	if _, err := accountRing(e.cfg); err != nil {
		e.fails("account_key", about, "is no usable key", "restore it from the copy that was made when it was written")
		return
	}
	e.ok("account_key", about, "opens")
}

// monthsAhead is how far the schedule is held against the month-end deadline.
const monthsAhead = 12

// checkSchedule holds the schedule against the deadlines: a payment by phone
// can be cancelled only until 23:59:59 of the last day of its month.
func (e *examination) checkSchedule(now time.Time) {
	s, before := e.cfg.Schedule, len(e.checks)
	if s.Nightly.IsZero() {
		e.warns("schedule", "schedule.nightly", "is empty: no night is planned, so no deadline can be warned of in time", `write "30 1 * * *", and start daesa nightly then`)
	}
	if missed := monthEndsWithout(s.Refunds, now); len(missed) > 0 {
		e.warns("schedule", "schedule.refunds", "has no run on the last day of "+monthsOf(missed)+": refunds of phone payments can miss their deadline",
			`write "*/10 * * * *", or add a run late on the last day of each month`)
	}
	if missed := monthEndsWithout(s.MonthEnd, now); len(missed) > 0 {
		e.warns("schedule", "schedule.month_end", "has no run on the last day of "+monthsOf(missed)+": what the shop cancels of phone payments on that day is found only when it is too late",
			`write "0 10,14,17,20,22 28-31 * *"`)
	}
	if len(e.checks) > before {
		return
	}
	finding := fmt.Sprintf("nightly next at %s, refunds at %s", pay.FormatTime(s.Nightly.Next(now.In(pay.Seoul))), pay.FormatTime(s.Refunds.Next(now.In(pay.Seoul))))
	if !e.has("serve") {
		finding += "; this version starts nothing by itself, so cron or a CronJob must"
	}
	e.ok("schedule", "", finding)
}

// monthEndsWithout gives the last days of the coming months on which a
// schedule has no run.
func monthEndsWithout(c config.Cron, now time.Time) []pay.Day {
	var missed []pay.Day
	last := pay.DayOf(pay.EndOfMonth(now).Add(-time.Second))
	for range monthsAhead {
		next := c.Next(last.Start().Add(-time.Second))
		if next.IsZero() || !next.Before(last.End()) {
			missed = append(missed, last)
		}
		last = pay.DayOf(pay.EndOfMonth(last.End()).Add(-time.Second))
	}
	return missed
}

func monthsOf(days []pay.Day) string {
	if len(days) == monthsAhead {
		return "any month"
	}
	return listed(each(days, func(d pay.Day) string { return string(d)[:len("2006-01")] }))
}

// grace is how long after its planned time a night may still be under way.
const grace = 2 * time.Hour

// checkNights looks for business dates that should be complete and are not.
func (e *examination) checkNights(ctx context.Context, now time.Time) error {
	if e.db == nil {
		return nil
	}
	runs, err := e.db.Runs(ctx, e.mid)
	if err != nil {
		return err
	}
	complete := func(run reconcile.LedgerEntry) bool { return run.State == reconcile.RunComplete }
	without := application.NightsWithout(runs, pay.DayOf(now), complete)
	for _, m := range e.merchants(e.cfg) {
		var late []pay.Day
		for _, day := range without[m.MID] {
			if e.overdue(day, now) {
				late = append(late, day)
			}
		}
		switch {
		case len(late) > 0:
			e.warns("nights", m.MID, fmt.Sprintf("%s not complete, the oldest %s", counted(len(late), "business date"), late[0]),
				"run daesa nightly: it takes up every date since the last complete one; daesa runs list shows how each ended")
		case len(runs) == 0:
			e.ok("nights", m.MID, "none has run yet: daesa nightly runs the first")
		default:
			e.ok("nights", m.MID, "none is missing")
		}
	}
	return nil
}

// overdue says whether the night of a business date should be over by now.
func (e *examination) overdue(day pay.Day, now time.Time) bool {
	planned := day.End()
	if next := e.cfg.Schedule.Nightly.Next(planned.Add(-time.Second)); !next.IsZero() {
		planned = next
	}
	return now.After(planned.Add(grace))
}
