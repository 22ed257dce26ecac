package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/app/doctor"
	"daesa/config"
	"daesa/internal/database"
	"daesa/pay"
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

func newCheck(f doctor.Finding) check {
	return check{f.Check, string(f.State), orNull(f.About), f.Text, orNull(f.Remedy)}
}

// doctorDocument is the JSON of `doctor`.
type doctorDocument struct {
	Checks []check `json:"checks"`
	ending
	*problem // of the configuration; absent where it is in order
}

func (a *invocation) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Check everything that a night needs, and say what to do about it",
		Long: "Checks configuration, database, schema, secret keys and whose they are (harmless look-ups), the clock, the account key,\n" +
			"the report folder, the schedule against the deadlines, and what waits for a person.\n" +
			"Ends with 0 when all is well, 3 when a person should look, 1 when a check failed, and 2 when the\n" +
			"configuration is wrong. It leaves nothing behind: what it writes to try the disks means nothing.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := &doctor.Doctor{Clock: a.clock, Now: a.now()}
			if err := a.readForDoctor(d); err != nil {
				return err
			}
			if d.Config != nil {
				s := &session{invocation: a, cfg: d.Config}
				d.Merchants, d.Ports = s.merchants(), s.doctorPorts()
			}
			if err := d.Examine(cmd.Context()); err != nil {
				return err
			}
			return a.reportExamination(d)
		},
	}
}

// readForDoctor reads the configuration as far as it can be read.
func (a *invocation) readForDoctor(d *doctor.Doctor) (err error) {
	d.Config, err = a.config(true)
	if !errors.As(err, &d.Faults) {
		return err
	}
	if d.Config, err = a.config(false); err != nil {
		d.Config = nil
		return nil //nolint:nilerr // its faults are told
	}
	_ = d.Config.Secrets(a.env) // what can be resolved is; the rest stays unset and is told
	return nil
}

func (a *invocation) reportExamination(d *doctor.Doctor) error {
	for _, f := range d.Findings {
		if ending, ails := f.Ending(); ails {
			a.verdict.Add(ending, "%s: %s", strings.TrimSuffix(f.Check+" "+f.About, " "), f.Text)
		}
	}
	document := doctorDocument{Checks: each(d.Findings, newCheck), ending: a.ending()}
	if d.Faults == nil {
		return a.showChecks(document)
	}
	wrong := newProblem(d.Faults, codeUsage)
	document.ExitCode, document.problem = codeUsage, &wrong
	if err := a.showChecks(document); err != nil {
		return err
	}
	a.verdict.keepOutput = true
	return usage(fmt.Errorf("%s has %s", d.Faults.File, pay.Counted(len(d.Faults.List), "fault")), "each stands above with what to do; daesa doctor again shows the rest")
}

func (a *invocation) showChecks(document doctorDocument) error {
	return a.show(document, func() {
		for _, c := range document.Checks {
			about := ""
			if c.About != nil {
				about = *c.About + ": "
			}
			a.printf("%-4s  %-14s  %s\n", c.State, c.Name, plain(about+c.Finding))
			if c.Remedy != nil {
				a.printf("      %-14s  -> %s\n", "", plain(*c.Remedy))
			}
		}
	})
}

// connectionPatience is how long doctor waits for a connection: it is asked what
// is wrong now.
const connectionPatience = 10 * time.Second

// doctorPorts wire what the doctor asks.
func (s *session) doctorPorts() doctor.Ports {
	with := func(db doctor.Database) *session {
		return &session{s.invocation, s.cfg, db.(examined).DB}
	}
	return doctor.Ports{
		OpenDatabase: func(ctx context.Context) (doctor.Database, error) {
			db, err := store.Open(ctx, s.cfg.Database.URL.Reveal(), database.MaxConnections(s.cfg.Database.MaxConnections), database.Patience(connectionPatience))
			return examined{db}, err
		},
		Unencrypted: database.Unencrypted,
		TryShop: func(ctx context.Context) (string, error) {
			shop, dialect, err := database.OpenReadOnly(ctx, s.cfg.Orders.Query.URL.Reveal())
			if err != nil {
				return "", err
			}
			return dialect, shop.Close()
		},
		Provider: func(m config.Merchant, db doctor.Database) (doctor.Provider, error) {
			options := toss.Options{BaseURL: m.BaseURL, SecretKey: m.SecretKey.Reveal, Now: s.clock, Concurrency: 1}
			if db != nil { // it keeps the pace of all processes
				pace := with(db).pacer(m)
				options.Pace, options.OnThrottle = pace, pace.Rest
			}
			client, err := toss.New(options)
			return probed{client}, err
		},
		Keyring: func() (refunds.Sealer, error) {
			ring, err := accountRing(s.cfg)
			if ring == nil || err != nil {
				return nil, err
			}
			return ring, nil
		},
		Env:   s.env,
		Head:  func(db doctor.Database) *app.HeadKeeper { return with(db).head() },
		Needs: func(db doctor.Database) *app.Needs { return with(db).provedNeeds() },
	}
}

// examined shows the store as the doctor wants to see it.
type examined struct{ *store.DB }

// Connections gives the lowest limit of connections.
func (d examined) Connections(ctx context.Context) (allowed int, by string, most int, err error) {
	if most = d.MostConnections(); most == 0 {
		return 0, "", 0, nil
	}
	limit, err := d.ConnectionsAllowed(ctx)
	return limit.Connections, limit.By, most, err
}

// SchemaVersions compares the schema with the program's.
func (d examined) SchemaVersions(ctx context.Context) (have, want int64, err error) {
	state, err := d.Schema(ctx)
	return state.Have, state.Want, err
}

// probed shows a client as the doctor wants to see it. It gives MIDs as Toss writes
// them.
type probed struct{ *toss.Client }

// Probe looks something up that is not there.
func (p probed) Probe(ctx context.Context) (bool, time.Time, error) {
	found, err := p.Client.Probe(ctx)
	return found.KeyAccepted, found.ProviderTime, err
}

// Listed is the transaction list.
func (p probed) Listed(ctx context.Context, from, to time.Time, after string) (pay.TransactionPage, error) {
	return p.Transactions(ctx, from, to, after)
}
