package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/spf13/cobra"

	application "daesa/app"
	"daesa/config"
	"daesa/internal/database"
	"daesa/orders"
	"daesa/refunds"
	"daesa/store"
	"daesa/toss"
)

// check is one thing that doctor looked at, in the JSON.
type check struct {
	Name    string  `json:"name"`
	State   string  `json:"state"`
	About   *string `json:"about"` // a key of the configuration, a merchant, a file
	Finding string  `json:"finding"`
	Remedy  *string `json:"remedy"` // null: nothing needs to be done
}

func newCheck(f application.Finding) check {
	return check{f.Check, string(f.State), orNull(f.About), f.Text, orNull(f.Remedy)}
}

// examination gathers what doctor finds.
type examination struct {
	*app
	application.Examination
	root *cobra.Command
	cfg  *config.Config
	db   *store.DB // nil: it cannot be used
	// unasked are merchants whose key was not accepted just now, or that did not
	// answer, and why.
	unasked map[string]string
}

func (e *examination) ok(name, about, finding string) { e.OK(name, about, finding) }
func (e *examination) warns(name, about, finding, remedy string) {
	e.Warn(name, about, finding, remedy)
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
	for _, f := range e.Findings {
		what := strings.TrimSuffix(f.Check+" "+f.About, " ")
		switch f.State {
		case application.Ailing:
			e.verdict.add(codePerson, "%s: %s", what, f.Text)
		case application.Broken:
			e.verdict.add(codeFailed, "%s: %s", what, f.Text)
		case application.Healthy:
		}
	}
	document := doctorDocument{Checks: each(e.Findings, newCheck), ending: e.ending()}
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
			e.Fail("configuration", or(fault.Path, faults.File), fault.Reason, fault.Hint)
		}
		if cfg, err = e.config(false); err != nil {
			return faults, nil // the file itself is unreadable: nothing more can be known
		}
		// What can be resolved is; the rest stays unset and is said above.
		_ = cfg.Secrets(e.env)
	case err != nil:
		return nil, err
	default:
		e.OK("configuration", "", counted(len(cfg.Merchants), "merchant")+": "+strings.Join(mids(cfg), ", "))
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
	e.Schedule(application.Schedules{Nightly: cfg.Schedule.Nightly, Refunds: cfg.Schedule.Refunds, MonthEnd: cfg.Schedule.MonthEnd, Serves: e.has("serve")}, now)
	if e.db != nil {
		if err := e.Nights(ctx, e.db, e.mid, each(e.merchants(cfg), midOf), cfg.Schedule.Nightly, now); err != nil {
			e.FailWith("nights", "", err, "")
		}
	}
	if err := e.checkRefunds(ctx, now); err != nil {
		e.FailWith("refunds", "", err, "")
	}
	if e.db != nil {
		if err := e.OpenWork(ctx, e.needs(cfg, e.db), each(e.merchants(cfg), midOf), e.unasked, now); err != nil {
			e.FailWith("open_work", "", err, "")
		}
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
			e.Warn("not_built", setting.path, setting.what+" is not in this version: the setting has no effect",
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
		e.Fail("database", about, "SQLite lies on a network volume ("+kind+"), where its locks do not hold: two programs could write at once, and a refund could be lost",
			"put the file on a disk of this machine, or use PostgreSQL")
	}
	if missing {
		if e.checkFolder("database", filepath.Dir(path), about) {
			e.OK("schema", about, "the first command makes the database")
		}
		return nil
	}
	db, err := store.Open(ctx, e.cfg.Database.URL.Reveal(), database.MaxConnections(e.cfg.Database.MaxConnections), database.Patience(connectionPatience))
	if err != nil {
		e.FailWith("database", about, err, "check database.url and that the database runs")
		return nil
	}
	e.OK("database", about, "reachable")
	e.checkConnections(ctx, db, about)
	state, err := db.Schema(ctx)
	switch {
	case err != nil:
		e.FailWith("schema", about, err, "run daesa migrate")
	case state.Have > state.Want:
		e.Fail("schema", about, fmt.Sprintf("version %d is newer than this program's %d", state.Have, state.Want), "install the daesa that changed it")
	case !state.Current() && strings.HasPrefix(about, "sqlite:"):
		e.OK("schema", about, fmt.Sprintf("version %d; the next command brings it to %d", state.Have, state.Want))
	case !state.Current():
		e.Fail("schema", about, fmt.Sprintf("version %d, this program needs %d", state.Have, state.Want), "run daesa migrate")
	default:
		e.OK("schema", about, fmt.Sprintf("version %d", state.Have))
		e.checkWrites(ctx, db, about, path)
		return db
	}
	_ = db.Close() // it was only read
	return nil
}

// checkOrders looks whether the shop's orders can be reached.
func (e *examination) checkOrders(ctx context.Context) {
	if _, err := orders.LoadProfile(e.cfg.Orders.Profile); err != nil {
		e.FailWith("orders", "orders.profile", err, "name one of daesa orders profiles, or mend the file")
		return
	}
	switch e.cfg.Orders.Source {
	case config.SourceCSV:
		files, err := orders.Files(e.cfg.Orders.CSV.Glob)
		switch {
		case errors.Is(err, orders.ErrNoFile):
			e.Warn("orders", e.cfg.Orders.CSV.Glob, "matches no file", "let the shop drop its order files there, or correct orders.csv.glob")
		case err != nil:
			e.FailWith("orders", e.cfg.Orders.CSV.Glob, err, "correct orders.csv.glob")
		default:
			e.OK("orders", e.cfg.Orders.CSV.Glob, counted(len(files), "file"))
		}
	case config.SourceQuery:
		if !e.cfg.Orders.Query.URL.IsSet() {
			e.Fail("orders", "orders.query", "was not tried: its address is missing", "mend the configuration first")
			return
		}
		shop, dialect, err := database.OpenReadOnly(ctx, e.cfg.Orders.Query.URL.Reveal())
		if err != nil {
			e.FailWith("orders", "orders.query", err, "check the shop database's address, user and network")
			return
		}
		_ = shop.Close() // it was only read
		e.OK("orders", "orders.query", "the shop's database answers ("+dialect+")")
	default:
		e.OK("orders", "orders.source", "the table is filled by daesa orders import, or by the shop")
	}
}

// probeTime is how long one merchant's look-up may take.
const probeTime = 30 * time.Second

// checkKeys tries every secret key with a look-up that finds nothing.
func (e *examination) checkKeys(ctx context.Context, now time.Time) {
	merchants := e.merchants(e.cfg)
	for i, m := range merchants {
		if !m.SecretKey.IsSet() {
			e.Fail("secret_key", m.MID, "was not tried: the key is missing or wrong", "mend the configuration first")
			continue
		}
		for _, other := range merchants[:i] {
			if other.Environment != m.Environment {
				e.Warn("secret_key", m.MID, "is a "+m.Environment+" key beside a "+other.Environment+" key of "+other.MID,
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
		e.FailWith("secret_key", m.MID, err, "correct merchants.base_url")
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
		e.FailWith("secret_key", m.MID, err, "check the network and merchants.base_url")
	case !found.KeyAccepted:
		e.unasked[m.MID] = refunds.WhyKeyRefused
		e.Fail("secret_key", m.MID, "Toss does not accept the "+m.Environment+" key",
			"copy the secret key again from the developer centre, and check that it belongs to this merchant and environment")
	default:
		e.OK("secret_key", m.MID, "Toss accepts the "+m.Environment+" key")
	}
	e.Clock(m.MID, before, after, found.ProviderTime)
	return err == nil && found.KeyAccepted
}

// probeClient shares the pace of all processes where the database keeps it.
func (e *examination) probeClient(m config.Merchant) (*toss.Client, error) {
	if e.db != nil {
		return e.client(e.db, m)
	}
	return toss.New(toss.Options{BaseURL: m.BaseURL, MID: m.MID, SecretKey: m.SecretKey.Reveal, Now: e.clock})
}

// checkAccountKey looks whether refund accounts could be sealed and opened.
func (e *examination) checkAccountKey() {
	e.AccountKey(e.cfg.Accounts.KeyFile, keyPlace(e.cfg), func() error {
		_, err := accountRing(e.cfg)
		return err
	})
}

// keyPlace is where the account key is kept.
func keyPlace(cfg *config.Config) string { return or(cfg.Accounts.KeyEnv, cfg.Accounts.KeyFile) }

// checkFolder reports whether files can be written into a folder.
func (e *examination) checkFolder(name, dir, about string) bool {
	return e.Folder(name, dir, about, freeSpace)
}

// checkOwner proves mid and key of a merchant by Toss's transaction list.
func (e *examination) checkOwner(ctx context.Context, m config.Merchant, now time.Time) {
	client, err := e.listClient(m)
	if err != nil {
		e.FailWith("mid", m.MID, err, "correct merchants.base_url")
		return
	}
	ctx, stop := context.WithTimeout(ctx, 2*probeTime)
	defer stop()
	e.Owner(ctx, client.Transactions, midsOf(m), e.cfg.Reconcile.Mode != config.ModeLookup, now)
}

// listClient gives MIDs as Toss writes them.
func (e *examination) listClient(m config.Merchant) (*toss.Client, error) {
	options := toss.Options{BaseURL: m.BaseURL, SecretKey: m.SecretKey.Reveal, Now: e.clock, Concurrency: 1}
	if e.db != nil {
		pace := e.pacer(e.db, m)
		options.Pace, options.OnThrottle = pace, pace.Rest
	}
	return toss.New(options)
}
