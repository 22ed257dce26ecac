// Package doctor finds what keeps a night or a refund from working, and says what
// to do about it. It knows the configuration as it is written, and asks the
// database, the provider, the shop and the disks what each can do, through ports
// that cmd wires. Begin at Doctor.Examine, which runs every check that can be run.
package doctor

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"daesa/app"
	"daesa/config"
	"daesa/internal/deliver"
	"daesa/internal/hint"
	"daesa/internal/notify"
	"daesa/pay"
	"daesa/refunds"
)

// Doctor is `doctor`: what it examines, and by which ports.
type Doctor struct {
	Config    *config.Config
	Faults    *config.Faults    // of the configuration; nil: none
	Merchants []config.Merchant // that the command is about
	Ports     Ports
	Clock     func() time.Time // the real one
	Now       time.Time        // of the business

	Examination
	// unasked are merchants whose key was not accepted just now, or that did not
	// answer, and why.
	unasked map[string]string
}

// Ports are what the doctor asks beside the disks.
type Ports struct {
	OpenDatabase func(ctx context.Context) (Database, error)
	// Unencrypted names the host of a database's address that is on another machine
	// and is reached in the clear, or may be.
	Unencrypted func(address string) (host string, plain bool)
	// TryShop opens the shop's own database, and says which dialect it speaks.
	TryShop func(ctx context.Context) (dialect string, err error)
	// Provider asks a merchant's provider; db is nil where there is no database that
	// keeps the pace.
	Provider func(m config.Merchant, db Database) (Provider, error)
	// Keyring opens the account key; nil where there is none.
	Keyring func() (refunds.Sealer, error)
	Env     func(name string) (string, bool)
	Head    func(db Database) *app.HeadKeeper
	Needs   func(db Database) *app.Needs
}

// Database is what the doctor asks of an open database.
type Database interface {
	Fitness
	app.HeadJournal
	app.EventQueue
	app.Captured
	Vault
	app.NeedBooks
	app.Ledger
	Brake(ctx context.Context) (app.Brake, error)
	Close() error
}

// Provider is what the doctor asks of a merchant's provider.
type Provider interface {
	// Probe looks something up that is not there. The time is the provider's; zero
	// where it sent none.
	Probe(ctx context.Context) (keyAccepted bool, providerTime time.Time, err error)
	// Listed is the transaction list, with the MIDs as the provider writes them.
	Listed(ctx context.Context, from, to time.Time, after string) (pay.TransactionPage, error)
}

// Examine runs every check that can be run. Where the configuration is at fault,
// what does not need the faulty part is still checked. The error is that of ctx.
func (d *Doctor) Examine(ctx context.Context) error {
	d.unasked = map[string]string{}
	d.configuration()
	if d.Config == nil {
		return ctx.Err() // the file itself is unreadable: nothing more can be known
	}
	db := d.database(ctx)
	if db != nil {
		defer db.Close() // it was only read
	}
	d.encryption()
	d.orders(ctx)
	d.keys(ctx, db)
	d.AccountKey(d.Config.Accounts.KeyFile, d.keyPlace(), func() error {
		_, err := d.Ports.Keyring()
		return err
	})
	d.approvals()
	d.Folder("report_folder", d.Config.Reports.Dir, "reports.dir")
	d.delivery()
	d.notification(ctx)
	d.Schedule(Schedules{Nightly: d.Config.Schedule.Nightly, Refunds: d.Config.Schedule.Refunds, MonthEnd: d.Config.Schedule.MonthEnd}, d.Now)
	if pay.HolidaysRunOut(d.Now) {
		d.Warn("holidays", "", "the table of Korean bank holidays ends on "+string(pay.HolidaysUntil), "install a newer daesa: dates after it count weekends only")
	}
	if db != nil {
		d.books(ctx, db)
	}
	return ctx.Err()
}

// configuration says what is wrong with the file.
func (d *Doctor) configuration() {
	if d.Faults == nil {
		d.OK("configuration", "", pay.Counted(len(d.Config.Merchants), "merchant")+": "+strings.Join(d.every(), ", "))
		return
	}
	for _, fault := range d.Faults.List {
		d.Fail("configuration", cmp.Or(fault.Path, d.Faults.File), fault.Reason, fault.Hint)
	}
}

// every is every configured merchant, mids those that the command is about.
func (d *Doctor) every() []string { return midsOf(d.Config.Merchants) }
func (d *Doctor) mids() []string  { return midsOf(d.Merchants) }

func midsOf(merchants []config.Merchant) []string {
	mids := make([]string, len(merchants))
	for i, m := range merchants {
		mids[i] = m.MID
	}
	return mids
}

// keyPlace is where the account key is kept.
func (d *Doctor) keyPlace() string {
	return cmp.Or(d.Config.Accounts.KeyEnv, d.Config.Accounts.KeyFile)
}

// books examines what the database holds. A check that cannot ask it is a failure
// of its own.
func (d *Doctor) books(ctx context.Context, db Database) {
	head, needs := d.Ports.Head(db), d.Ports.Needs(db)
	for _, check := range []struct {
		name string
		do   func() error
	}{
		{"nights", func() error { return d.Nights(ctx, db, needs.About, d.mids(), d.Config.Schedule.Nightly, d.Now) }},
		{"durability", func() error { return d.durability(ctx, db) }},
		{"brake", func() error { return d.brake(ctx, db) }},
		{"journal_head", func() error { d.Head(ctx, head); return nil }},
		{"journal", func() error { d.Journal(ctx, head, d.Clock()); return nil }},
		{"webhook", func() error { return d.Events(ctx, db, d.Now) }},
		{"capture", func() error { return d.Captures(ctx, db, d.every(), d.Now) }},
		{"account_key", func() error { return d.sealed(ctx, db) }},
		{"open_work", func() error { return d.OpenWork(ctx, needs, d.mids(), d.unasked, d.Now) }},
	} {
		if err := check.do(); err != nil {
			d.FailWith(check.name, "", err, "")
		}
	}
}

func (d *Doctor) durability(ctx context.Context, db Database) error {
	if !d.Config.Refunds.Send {
		return nil
	}
	if err := db.RequireDurable(ctx); err != nil {
		d.FailWith("durability", d.Config.Database.Redacted(), err, "")
	}
	return nil
}

func (d *Doctor) brake(ctx context.Context, db Database) error {
	brake, err := db.Brake(ctx)
	switch {
	case err != nil:
		return err
	case brake.On:
		d.Warn("brake", "", "refunds are paused since "+pay.FormatTime(brake.At)+" by "+brake.By+": "+brake.Note, "daesa refunds resume takes the brake off")
	default:
		d.OK("brake", "", "off")
	}
	return nil
}

func (d *Doctor) sealed(ctx context.Context, db Database) error {
	ring, err := d.Ports.Keyring()
	if err != nil || ring == nil {
		return nil //nolint:nilerr // said by the check of the key itself
	}
	return d.Sealed(ctx, db, ring, d.keyPlace())
}

// delivery looks whether the place of delivery could be used. It delivers nothing,
// and asks no store and no mail server.
func (d *Doctor) delivery() {
	place := d.Config.Reports.Deliver
	if place == "" {
		return
	}
	if _, err := deliver.Open(place, d.Ports.Env); err != nil {
		d.Warn("deliver", place, err.Error(), cmp.Or(hint.Of(err), "correct reports.deliver"))
		return
	}
	if strings.HasPrefix(place, "s3://") || strings.HasPrefix(place, "mailto:") {
		d.OK("deliver", place, "its settings are there")
		return
	}
	d.Folder("deliver", place, "reports.deliver")
}

// notification looks whether people and the watcher can be told. It tells nobody.
func (d *Doctor) notification(ctx context.Context) {
	if d.Config.Notify.HeartbeatURL.IsSet() {
		d.OK("notify", "notify.heartbeat_url", "is called after each complete night")
	}
	if !d.Config.Notify.URLs.IsSet() {
		d.OK("notify", "notify.urls", "no address is set: nobody is told of a night")
		return
	}
	addresses := notify.Split(d.Config.Notify.URLs.Reveal())
	failures := app.Failures(notify.Check(ctx, addresses))
	for _, failure := range failures {
		d.Warn("notify", "notify.urls", failure.Error(), "write it as shoutrrr does, such as telegram://TOKEN@telegram?chats=@channel, with white space between two addresses; docs/notifications.md has more")
	}
	if len(failures) == 0 {
		d.OK("notify", "notify.urls", "the addresses can be used: "+pay.Counted(len(addresses), "service"))
	}
}

// probeTime is how long one merchant's look-up may take.
const probeTime = 30 * time.Second

// keys tries every secret key with a look-up that finds nothing, and asks whose it
// is.
func (d *Doctor) keys(ctx context.Context, db Database) {
	for i, m := range d.Merchants {
		if !m.SecretKey.IsSet() {
			d.Fail("secret_key", m.MID, "was not tried: the key is missing or wrong", "mend the configuration first")
			continue
		}
		for _, other := range d.Merchants[:i] {
			if other.Environment != m.Environment {
				d.Warn("secret_key", m.MID, "is a "+m.Environment+" key beside a "+other.Environment+" key of "+other.MID,
					"keep live and test merchants in configurations and databases of their own")
			}
		}
		provider, err := d.Ports.Provider(m, db)
		if err != nil {
			d.FailWith("secret_key", m.MID, err, "correct merchants.base_url")
			continue
		}
		if d.probe(ctx, m, provider) {
			owns, stop := context.WithTimeout(ctx, 2*probeTime)
			d.Owner(owns, provider.Listed, append([]string{m.MID}, m.AlsoMIDs...), d.Config.Reconcile.Mode != config.ModeLookup, d.Now)
			stop()
		}
	}
}

// probe reports whether the key is accepted.
func (d *Doctor) probe(ctx context.Context, m config.Merchant, provider Provider) bool {
	ctx, stop := context.WithTimeout(ctx, probeTime)
	defer stop()
	before := d.Clock()
	accepted, providerTime, err := provider.Probe(ctx)
	after := d.Clock()
	switch {
	case err != nil:
		d.unasked[m.MID] = refunds.WhyUnreachable
		d.FailWith("secret_key", m.MID, err, "check the network and merchants.base_url")
	case !accepted:
		d.unasked[m.MID] = refunds.WhyKeyRefused
		d.Fail("secret_key", m.MID, fmt.Sprintf("Toss does not accept the %s key", m.Environment),
			"copy the secret key again from the developer centre, and check that it belongs to this merchant and environment")
	default:
		d.OK("secret_key", m.MID, fmt.Sprintf("Toss accepts the %s key", m.Environment))
	}
	d.CompareClock(m.MID, before, after, providerTime)
	return err == nil && accepted
}
