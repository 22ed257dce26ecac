package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	application "daesa/app"
	"daesa/config"
	"daesa/internal/database"
	"daesa/jobs"
	"daesa/orders"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports"
	"daesa/store"
	"daesa/toss"
)

// client stacks what stands between a job and Toss: pace, then the call.
func (a *app) client(db *store.DB, m config.Merchant) (*toss.Client, error) {
	return a.clientWithin(db, m, toss.DefaultTimeout)
}

// clientWithin is a client whose sends may take so long.
func (a *app) clientWithin(db *store.DB, m config.Merchant, timeout time.Duration) (*toss.Client, error) {
	return a.clientUnder(db, m, m.MID, timeout)
}

// clientUnder is a client that takes what belongs to a merchant's MIDs for that
// of one of them.
func (a *app) clientUnder(db *store.DB, m config.Merchant, mid string, timeout time.Duration) (*toss.Client, error) {
	pace := a.pacer(db, m)
	return toss.New(toss.Options{
		BaseURL: m.BaseURL, MID: mid, AlsoMIDs: slices.DeleteFunc(midsOf(m), func(other string) bool { return other == mid }), SecretKey: m.SecretKey.Reveal, Concurrency: m.Concurrency,
		Pace: pace, OnThrottle: pace.Rest, Now: a.clock, Timeout: timeout,
	})
}

// pacer hands out a merchant's calls, as the database grants them.
func (a *app) pacer(db *store.DB, m config.Merchant) *application.Pacer {
	return &application.Pacer{Paces: db, MID: m.MID, PerMinute: m.RequestsPerMinute, Clock: a.clock, Sleep: sleep}
}

// midOf is the MID under which a merchant is configured.
func midOf(m config.Merchant) string { return m.MID }

// midsOf are the MIDs that a merchant's key answers for, the configured one first.
func midsOf(m config.Merchant) []string { return append([]string{m.MID}, m.AlsoMIDs...) }

// shownNight shows on a terminal how far it is.
type shownNight struct {
	*jobs.Nightly
	bar *progress
}

// Run runs the night.
func (n shownNight) Run(ctx context.Context, day pay.Day, now time.Time) (reports.Snapshot, error) {
	defer n.bar.Close()
	return n.Nightly.Run(ctx, day, now)
}

// nightly wires one merchant's night.
func (a *app) nightly(cfg *config.Config, db *store.DB, m config.Merchant, asked application.NightAsked) (shownNight, error) {
	client, err := a.client(db, m)
	if err != nil {
		return shownNight{}, &coded{err, codeUsage}
	}
	n := &jobs.Nightly{
		Job: asked.Job, Settings: a.settings(cfg, m), Provider: client, Ledger: db, Pages: db, Clock: a.clock, Captures: db,
		Log: a.log.With("job", asked.Job, "mid", m.MID),
		Compare: func(ctx context.Context, scope reconcile.Scope, now time.Time) (jobs.Comparison, error) {
			return db.OpenComparison(ctx, scope, now)
		},
	}
	if cfg.Settlement.Mode == config.SettlementAPI {
		n.Payouts = client
	}
	source, err := a.orderSource(cfg, db)
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
	if own := n.Settings.Owner; asked.Again {
		n.Settings.OwnerIsDead = func(owner string) bool { return owner == own || ownerIsDead(owner) }
	}
	if err := newHeadKeeper(cfg, db).Check(context.Background()); err != nil {
		a.warn("%v", err)
		a.verdict.add(codePerson, "%v", err)
		n.Settings.Behind = true
	}
	bar := a.newProgress()
	n.Progress = bar
	return shownNight{n, bar}, nil
}

func (a *app) settings(cfg *config.Config, m config.Merchant) jobs.Settings {
	host, _ := os.Hostname()
	var queue []reconcile.Kind
	for _, kind := range cfg.Refunds.AutoQueue {
		queue = append(queue, reconcile.Kind(kind))
	}
	s := jobs.Settings{
		MID: m.MID, AlsoMIDs: m.AlsoMIDs, KnownMIDs: mids(cfg), Owner: fmt.Sprintf("%s/%d/%s", host, os.Getpid(), born), OwnerIsDead: ownerIsDead,
		Actor: refunds.NightActor, LookUpAll: cfg.Reconcile.Mode == config.ModeLookup,
		Settle:     time.Duration(cfg.Reconcile.SettleMinutes) * time.Minute,
		RereadDays: cfg.Reconcile.RereadDays, Sample: cfg.Reconcile.SampleAgreeing, MaxLookUps: cfg.Reconcile.MaxLookups,
		Concurrency: m.Concurrency, AlarmShare: cfg.Reconcile.AlarmShare.Above,
		Severity:    reconcile.Severity{High: cfg.Reconcile.Severity.High, Medium: cfg.Reconcile.Severity.Medium},
		Refunds:     refunds.Policy{AutoQueue: queue, ApproveAbove: cfg.Refunds.ApproveAbove, AccountDays: m.VirtualAccountCancelDays},
		ConfigPrint: cfg.Fingerprint(),
	}
	s.NextRefundRun = nextOf(cfg.Schedule.Refunds)
	s.Facts = func(now time.Time) refunds.Facts { return waitFacts(cfg, now) }
	return s
}

// born tells this process from an earlier one that had its number: in a
// container every first process has the same.
var born = rand.Text()[:8]

// ownerIsDead says whether an owner was a process of this machine that is
// gone: its run can be taken over at once. Of other machines only the lease
// tells.
func ownerIsDead(owner string) bool {
	parts := strings.Split(owner, "/")
	host, err := os.Hostname()
	if len(parts) != 3 || err != nil || parts[0] != host {
		return false
	}
	pid, err := strconv.Atoi(parts[1])
	if err != nil {
		return false
	}
	if pid == os.Getpid() {
		return parts[2] != born
	}
	return !processAlive(pid)
}

// orderSource gives the source that the configuration names; nil for the
// table, which somebody else fills.
func (a *app) orderSource(cfg *config.Config, db *store.DB) (jobs.OrderSource, error) {
	options, err := a.orderOptions(cfg, "")
	if err != nil {
		return nil, err
	}
	switch cfg.Orders.Source {
	case config.SourceCSV:
		return &application.DroppedOrders{Store: db, Options: options, Glob: cfg.Orders.CSV.Glob, Actor: a.actor(), Now: a.now}, nil
	case config.SourceQuery:
		options.Profile = nil // a query gives the columns of the contract
		return &querySource{source{cfg: cfg, db: db, options: options, actor: a.actor(), now: a.now}}, nil
	default:
		return nil, nil
	}
}

// orderOptions are how orders are read. profile replaces the configured one; a
// profile that is wrong is wrong configuration.
func (a *app) orderOptions(cfg *config.Config, profile string) (orders.Options, error) {
	if profile == "" {
		profile = cfg.Orders.Profile
	}
	options := orders.Options{MIDs: mids(cfg), MainMIDs: cfg.MainMIDs(), Unpacked: cfg.Orders.MaxUnpackedBytes}
	if len(cfg.Merchants) == 1 {
		options.DefaultMID = cfg.Merchants[0].MID
	}
	var err error
	if options.Profile, err = orders.LoadProfile(profile); err != nil {
		return options, &coded{err, codeUsage}
	}
	return options, nil
}

// source is what the two sources that daesa reads by itself share.
type source struct {
	cfg     *config.Config
	db      *store.DB
	options orders.Options
	actor   string
	now     func() (time.Time, error)
}

// querySource reads a SELECT on the shop's own database.
type querySource struct{ source }

// Refresh runs the query for what changed since from. A database or a query
// that does not answer as it should is a gap of the shop's side.
func (s *querySource) Refresh(ctx context.Context, from, to time.Time) ([]reconcile.Gap, error) {
	now, err := s.now()
	if err != nil {
		return nil, err
	}
	gap := func(why error) ([]reconcile.Gap, error) {
		return []reconcile.Gap{reconcile.NewGap(reconcile.SideShop, reconcile.Part{Kind: reconcile.PartQuery}, why, reconcile.ReasonQuery)}, ctx.Err()
	}
	shop, dialect, err := database.OpenReadOnly(ctx, s.cfg.Orders.Query.URL.Reveal())
	if err != nil {
		return gap(err)
	}
	defer shop.Close()
	query, err := orders.FromQuery(ctx, shop, dialect, s.cfg.Orders.Query.SQL, from, to,
		orders.QueryOptions{Options: s.options, Timeout: s.cfg.Orders.Query.Timeout})
	if err != nil {
		return gap(err)
	}
	_, err = s.db.SaveOrders(ctx, query.Orders(), query.Columns().Stores, "orders.query", s.actor, now)
	if err = errors.Join(err, query.Close()); err != nil {
		return gap(err)
	}
	return nil, nil
}
