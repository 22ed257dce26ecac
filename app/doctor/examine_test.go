package doctor

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"daesa/app"
	"daesa/config"
	"daesa/pay"
	"daesa/refunds"
)

// clinic is a database of a test that is fit, and what is in it.
type clinic struct {
	ledger
	openBooks
	ward
	have      int64 // of schema 7
	pooled    error
	full      error
	allowed   int
	journal   bool // it has the entry that was kept
	brake     app.Brake
	wasClosed bool
}

func (c *clinic) RequireSession(context.Context) error { return c.pooled }
func (c *clinic) RequireDurable(context.Context) error { return nil }
func (c *clinic) Connections(context.Context) (int, string, int, error) {
	return c.allowed, "role", 10, nil
}
func (c *clinic) SchemaVersions(context.Context) (int64, int64, error) { return c.have, 7, nil }
func (c *clinic) Probe(context.Context) error                          { return c.full }
func (c *clinic) Brake(context.Context) (app.Brake, error)             { return c.brake, nil }
func (c *clinic) Close() error                                         { c.wasClosed = true; return nil }
func (c *clinic) HasEntry(context.Context, int64, string) (bool, error) {
	return c.journal, nil
}
func (c *clinic) WalkChain(context.Context, app.ChainPoint) (app.ChainWalk, error) {
	return app.ChainWalk{}, nil
}
func (c *clinic) JournalHead(context.Context) (int64, string, error) { return 1, "h", nil }
func (c *clinic) EntryHash(context.Context, int64) (string, error)   { return "h", nil }

// provided is a provider of a test.
type provided struct {
	accepts bool
	err     error
	mids    []string // of the list's rows
}

func (p provided) Probe(context.Context) (bool, time.Time, error) { return p.accepts, now, p.err }

func (p provided) Listed(context.Context, time.Time, time.Time, string) (page pay.TransactionPage, _ error) {
	for _, mid := range p.mids {
		page.Rows = append(page.Rows, pay.Transaction{MID: mid, At: now})
	}
	return page, nil
}

// doctorOf examines a shop of one merchant on a database, with its account key.
func doctorOf(t *testing.T, db *clinic, toss provided) *Doctor {
	t.Helper()
	_, key := keyring(t)
	merchant := config.Merchant{MID: mid, Environment: config.Test, SecretKey: config.NewSecret("test_sk_x")}
	cfg := config.Default()
	cfg.Merchants = []config.Merchant{merchant}
	cfg.Database.URL = config.NewSecret("postgres://user:word@db.example/daesa")
	cfg.Accounts.KeyFile, cfg.Reports.Dir = key, t.TempDir()
	return &Doctor{Config: cfg, Merchants: cfg.Merchants, Now: now, Clock: func() time.Time { return now }, Ports: Ports{
		OpenDatabase: func(context.Context) (Database, error) {
			if db == nil {
				return nil, errors.New("nobody answers")
			}
			return db, nil
		},
		Unencrypted: func(address string) (string, bool) { return "db.example", strings.Contains(address, "postgres://") },
		Provider:    func(config.Merchant, Database) (Provider, error) { return toss, nil },
		Keyring:     func() (refunds.Sealer, error) { return nil, nil },
		Env:         func(string) (string, bool) { return "", false },
		Head: func(db Database) *app.HeadKeeper {
			return app.NewHeadKeeper(filepath.Join(t.TempDir(), "head"), db)
		},
		Needs: func(db Database) *app.Needs { return needsOf("", db) },
	}}
}

// told gives what a check said: state, and the beginning of its text.
func (d *Doctor) told(check string) (all []string) {
	for _, f := range d.Findings {
		if f.Check == check {
			all = append(all, string(f.State)+" "+f.Text)
		}
	}
	return all
}

func TestAFitShopIsFoundFit(t *testing.T) {
	t.Parallel()
	db := &clinic{have: 7, allowed: 50}
	d := doctorOf(t, db, provided{accepts: true, mids: []string{mid}})
	d.Ports.Unencrypted = func(string) (string, bool) { return "", false }
	if err := d.Examine(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, f := range d.Findings {
		if f.State != Healthy {
			t.Errorf("%s: %s %s", f.Check, f.State, f.Text)
		}
	}
	var checks []string
	for _, f := range d.Findings {
		checks = append(checks, f.Check)
	}
	for _, check := range []string{"configuration", "database", "connections", "schema", "writes", "orders", "secret_key", "clock", "mid", "account_key", "report_folder",
		"notify", "schedule", "nights", "brake", "journal_head", "journal", "webhook", "open_work"} {
		if !slices.Contains(checks, check) {
			t.Errorf("nothing is said of %s", check)
		}
	}
	if !db.wasClosed {
		t.Error("the database was left open")
	}
}

func TestWhatIsWrongIsFoundAndTheRestIsLookedAtAllTheSame(t *testing.T) {
	t.Parallel()
	fit := provided{accepts: true, mids: []string{mid}}
	for name, c := range map[string]struct {
		db    *clinic
		toss  provided
		check string
		want  string
	}{
		"the database is away":         {nil, fit, "database", "fail nobody answers"},
		"a pooler gives sessions away": {&clinic{have: 7, allowed: 9, pooled: errors.New("a pooler")}, fit, "pooler", "fail a pooler"},
		"an older schema":              {&clinic{have: 6, allowed: 50}, fit, "schema", "fail version 6, this program needs 7"},
		"a newer schema":               {&clinic{have: 8, allowed: 50}, fit, "schema", "fail version 8 is newer than this program's 7"},
		"the disk is full":             {&clinic{have: 7, allowed: 50, full: errors.New("disk full")}, fit, "writes", "fail disk full"},
		"the brake is on":              {&clinic{have: 7, allowed: 50, brake: app.Brake{On: true, By: "lee", Note: "look", At: now}}, fit, "brake", "warn refunds are paused since"},
		"the key is refused":           {&clinic{have: 7, allowed: 50}, provided{}, "secret_key", "fail Toss does not accept the test key"},
		"the provider is away":         {&clinic{have: 7, allowed: 50}, provided{err: errors.New("no answer")}, "secret_key", "fail no answer"},
		"the key is another's":         {&clinic{have: 7, allowed: 50}, provided{accepts: true, mids: []string{"stranger"}}, "mid", `fail the key is of "stranger"`},
		"in the clear":                 {&clinic{have: 7, allowed: 50}, fit, "encryption", "warn the connection to db.example is not encrypted"},
	} {
		d := doctorOf(t, c.db, c.toss)
		if err := d.Examine(t.Context()); err != nil {
			t.Fatal(err)
		}
		if told := d.told(c.check); len(told) != 1 || !strings.HasPrefix(told[0], c.want) {
			t.Errorf("%s: %q, expected %q", name, told, c.want)
		}
		if len(d.told("schedule")) != 1 || len(d.told("report_folder")) != 1 {
			t.Errorf("%s: the rest was not looked at", name)
		}
	}
}

// A live key beside a test key: two worlds in one database.
func TestLiveAndTestKeysAreNotMixed(t *testing.T) {
	t.Parallel()
	d := doctorOf(t, &clinic{have: 7, allowed: 50}, provided{accepts: true, mids: []string{mid, "live"}})
	live := config.Merchant{MID: "live", Environment: config.Live, SecretKey: config.NewSecret("live_sk_x")}
	d.Config.Merchants = append(d.Config.Merchants, live)
	d.Merchants = d.Config.Merchants
	if err := d.Examine(t.Context()); err != nil {
		t.Fatal(err)
	}
	if told := d.told("secret_key"); len(told) != 3 || !strings.HasPrefix(told[1], "warn is a live key beside a test key of m") {
		t.Errorf("%q", told)
	}
}

func TestAFaultyConfigurationIsToldByItsFaults(t *testing.T) {
	t.Parallel()
	faults := &config.Faults{File: "daesa.yaml", List: []config.Fault{{Path: "merchants[0].mid", Reason: "is missing", Hint: "write it"}}}
	unreadable := &Doctor{Faults: faults}
	if err := unreadable.Examine(t.Context()); err != nil {
		t.Fatal(err)
	}
	found(t, &unreadable.Examination, "the file cannot be read", "fail merchants[0].mid")
	d := doctorOf(t, &clinic{have: 7, allowed: 50}, provided{accepts: true, mids: []string{mid}})
	d.Faults, d.Merchants[0].SecretKey = faults, config.Secret{}
	if err := d.Examine(t.Context()); err != nil {
		t.Fatal(err)
	}
	if told := d.told("secret_key"); !slices.Equal(told, []string{"fail was not tried: the key is missing or wrong"}) || len(d.told("database")) != 1 {
		t.Errorf("%q %q", told, d.told("database"))
	}
}
