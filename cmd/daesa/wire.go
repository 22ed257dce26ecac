package main

import (
	"context"
	"slices"
	"time"

	"daesa/app"
	"daesa/app/intake"
	"daesa/config"
	"daesa/internal/database"
	"daesa/internal/terminal"
	"daesa/jobs"
	"daesa/orders"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports"
	"daesa/toss"
)

// client stacks what stands between a job and Toss: pace, then the call.
func (s *session) client(m config.Merchant) (*toss.Client, error) {
	return s.clientWithin(m, toss.DefaultTimeout)
}

// clientWithin is a client whose sends may take so long.
func (s *session) clientWithin(m config.Merchant, timeout time.Duration) (*toss.Client, error) {
	return s.clientUnder(m, m.MID, timeout)
}

// clientUnder is a client that takes what belongs to a merchant's MIDs for that
// of one of them.
func (s *session) clientUnder(m config.Merchant, mid string, timeout time.Duration) (*toss.Client, error) {
	pace := s.pacer(m)
	client, err := toss.New(toss.Options{
		BaseURL: m.BaseURL, MID: mid, AlsoMIDs: slices.DeleteFunc(midsOf(m), func(other string) bool { return other == mid }), SecretKey: m.SecretKey.Reveal, Concurrency: m.Concurrency,
		Pace: pace, OnThrottle: pace.Rest, Now: s.clock, Timeout: timeout,
	})
	if err != nil {
		return nil, &coded{err, codeUsage}
	}
	return client, nil
}

// pacer hands out a merchant's calls, as the database grants them.
func (s *session) pacer(m config.Merchant) *app.Pacer {
	return &app.Pacer{Paces: s.db, MID: m.MID, PerMinute: m.RequestsPerMinute, Clock: s.clock, Sleep: sleep}
}

// head keeps the journal's head beside the account key; without a key file
// nowhere.
func (s *session) head() *app.HeadKeeper {
	if s.cfg.Accounts.KeyFile == "" {
		return app.NewHeadKeeper("", s.db)
	}
	return app.NewHeadKeeper(s.cfg.Accounts.KeyFile+".head", s.db)
}

// midOf is the MID under which a merchant is configured.
func midOf(m config.Merchant) string { return m.MID }

// midsOf are the MIDs that a merchant's key answers for, the configured one first.
func midsOf(m config.Merchant) []string { return append([]string{m.MID}, m.AlsoMIDs...) }

// shownNight shows on a terminal how far it is.
type shownNight struct {
	*jobs.Nightly
	bar *terminal.Progress
}

// Run runs the night.
func (n shownNight) Run(ctx context.Context, day pay.Day, now time.Time) (reports.Snapshot, error) {
	defer n.bar.Close()
	return n.Nightly.Run(ctx, day, now)
}

// nightly wires one merchant's night.
func (s *session) nightly(m config.Merchant, asked app.NightAsked) (shownNight, error) {
	client, err := s.client(m)
	if err != nil {
		return shownNight{}, err
	}
	n := &jobs.Nightly{
		Job: asked.Job, Settings: s.settings(m), Provider: client, Ledger: s.db, Pages: s.db, Clock: s.clock, Captures: s.db,
		Log: s.log.With("job", asked.Job, "mid", m.MID),
		Compare: func(ctx context.Context, scope reconcile.Scope, now time.Time) (jobs.Comparison, error) {
			return s.db.OpenComparison(ctx, scope, now)
		},
	}
	if s.cfg.Settlement.Mode != config.SettlementOff {
		settled, err := s.nightSettled(m)
		if err != nil {
			return shownNight{}, err
		}
		n.Settle = settled.Run
	}
	source, err := s.orderSource()
	if err != nil {
		return shownNight{}, err
	}
	if source != nil && asked.Given == nil {
		n.Orders = source
	}
	n.Settings.Given = asked.Given
	if asked.Phones {
		n.Settings.PhonesOnly, n.Settings.Settle = true, 0
	}
	if asked.Again {
		n.Settings.OwnerIsDead = func(owner string) bool { return owner == process.String() || process.Outlived(owner) }
	}
	n.Settings.Behind = app.Behind(context.Background(), s.head(), s.warns, &s.verdict.Outcome)
	bar := s.newProgress()
	n.Progress = bar
	return shownNight{n, bar}, nil
}

func (s *session) settings(m config.Merchant) jobs.Settings {
	var queue []reconcile.Kind
	for _, kind := range s.cfg.Refunds.AutoQueue {
		queue = append(queue, reconcile.Kind(kind))
	}
	return jobs.Settings{
		MID: m.MID, AlsoMIDs: m.AlsoMIDs, KnownMIDs: mids(s.cfg), Owner: process.String(), OwnerIsDead: process.Outlived,
		Actor: refunds.NightActor, LookUpAll: s.cfg.Reconcile.Mode == config.ModeLookup,
		Settle:     time.Duration(s.cfg.Reconcile.SettleMinutes) * time.Minute,
		RereadDays: s.cfg.Reconcile.RereadDays, Sample: s.cfg.Reconcile.SampleAgreeing, MaxLookUps: s.cfg.Reconcile.MaxLookups,
		Concurrency: m.Concurrency, AlarmShare: s.cfg.Reconcile.AlarmShare.Above,
		Severity:      reconcile.Severity{High: s.cfg.Reconcile.Severity.High, Medium: s.cfg.Reconcile.Severity.Medium},
		Refunds:       refunds.Policy{AutoQueue: queue, ApproveAbove: s.cfg.Refunds.ApproveAbove, AccountDays: m.VirtualAccountCancelDays},
		ConfigPrint:   s.cfg.Fingerprint(),
		NextRefundRun: nextOf(s.cfg.Schedule.Refunds),
		Facts:         func(now time.Time) refunds.Facts { return waitFacts(s.cfg, now) },
	}
}

// process is this process, as leases name it.
var process = app.ThisProcess()

// orderSource gives the source that the configuration names; nil for the table,
// which somebody else fills.
func (s *session) orderSource() (jobs.OrderSource, error) {
	options, err := s.orderOptions("")
	if err != nil {
		return nil, err
	}
	switch s.cfg.Orders.Source {
	case config.SourceCSV:
		return &intake.Dropped{Store: s.db, Options: options, Glob: s.cfg.Orders.CSV.Glob, Actor: s.actor(), Now: s.now}, nil
	case config.SourceQuery:
		options.Profile = nil // a query gives the columns of docs/contract.md 4
		return &intake.Queried{Store: s.db, SQL: s.cfg.Orders.Query.SQL, Actor: s.actor(), Now: s.now,
			Options: orders.QueryOptions{Options: options, Timeout: s.cfg.Orders.Query.Timeout},
			Open: func(ctx context.Context) (intake.ShopDatabase, string, error) {
				return database.OpenReadOnly(ctx, s.cfg.Orders.Query.URL.Reveal())
			}}, nil
	default:
		return nil, nil
	}
}

// orderOptions are how orders are read. profile replaces the configured one; a
// profile that is wrong is wrong configuration.
func (s *session) orderOptions(profile string) (orders.Options, error) {
	if profile == "" {
		profile = s.cfg.Orders.Profile
	}
	options := orders.Options{MIDs: mids(s.cfg), MainMIDs: s.cfg.MainMIDs(), Unpacked: s.cfg.Orders.MaxUnpackedBytes}
	if len(s.cfg.Merchants) == 1 {
		options.DefaultMID = s.cfg.Merchants[0].MID
	}
	var err error
	if options.Profile, err = orders.LoadProfile(profile); err != nil {
		return options, &coded{err, codeUsage}
	}
	return options, nil
}
