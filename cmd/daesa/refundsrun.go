package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	application "daesa/app"
	"daesa/config"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/store"
	"daesa/toss"
)

// refundsRunDocument is the JSON of `refunds run`. Requests are counted by the
// state in which the run left them.
type refundsRunDocument struct {
	Sent           int               `json:"sent"`
	Succeeded      int               `json:"succeeded"`
	Accepted       int               `json:"accepted"`
	Refused        int               `json:"refused"`
	Unknown        int               `json:"unknown"`
	Held           int               `json:"held"`
	Expired        int               `json:"expired"`
	Retry          int               `json:"retry"`
	Amount         map[string]int64  `json:"amount"`
	Waiting        []waitingDocument `json:"waiting"` // over all merchants, also those no longer configured
	StoppedBecause *string           `json:"stopped_because"`
	Planned        []plannedRefund   `json:"planned"`   // what would be sent, where nothing is
	Workbooks      []string          `json:"workbooks"` // of the batches of which something was sent or settled
	JournalHead    string            `json:"journal_head"`
	ending
	waits application.Waits // for people
}

// plannedRefund is a request that would be sent, and why not where it would not.
type plannedRefund struct {
	ID       string  `json:"id"`
	OrderID  string  `json:"order_id"`
	Amount   int64   `json:"amount"`
	Currency string  `json:"currency"`
	CancelBy *string `json:"cancel_by"`
	Would    string  `json:"would"` // the state to which it would go: sending, or another
	Why      string  `json:"why"`
}

// runFlags are those of `refunds run`.
type runFlags struct {
	count        int64
	amount       wonFlag
	dry          bool
	afterRestore bool
}

// wonFlag is an amount in won that is given as lists print it; below 0 it was
// not given.
type wonFlag int64

// Set reads the amount.
func (f *wonFlag) Set(text string) error {
	units, err := pay.KRW.ParseWritten(text)
	*f = wonFlag(units)
	return err
}

// String is what help shows as the default: nothing, where none is given.
func (f *wonFlag) String() string {
	if *f < 0 {
		return ""
	}
	return pay.KRW.Format(int64(*f))
}

// Type is the word that help shows for the value.
func (f *wonFlag) Type() string { return "amount" }

func (a *app) refundsRunCommand() *cobra.Command {
	flags := runFlags{count: -1, amount: -1}
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Settle what is unknown, then send what is approved and due",
		Long: "Looks up every refund whose outcome is unknown, then sends what is approved, the most urgent\n" +
			"deadline first, within the limits of daesa.yaml; flags only lower them. It may be killed at any\n" +
			"moment and run again; several may run at once. With refunds.send: false it settles and shows,\nand sends nothing.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.runRefunds(cmd.Context(), flags)
		},
	}
	cmd.Flags().Int64Var(&flags.count, "max", -1, "send at most so many new ones; what is unknown is settled all the same")
	cmd.Flags().Var(&flags.amount, "max-amount", "send at most so many won, as lists print it: 500000 or 500,000")
	cmd.Flags().BoolVar(&flags.dry, "dry-run", false, "say for each request what would happen; sends and changes nothing")
	cmd.Flags().BoolVar(&flags.afterRestore, "after-restore", false, "the database was restored: look up every open request, send nothing")
	return cmd
}

func (a *app) runRefunds(ctx context.Context, flags runFlags) error {
	if flags.count < -1 || flags.amount < -1 {
		return usage(errors.New("refunds run: --max and --max-amount cannot be negative"), "0 sends nothing; leave them away for the limits of daesa.yaml")
	}
	cfg, err := a.config(true)
	if err != nil {
		return err
	}
	if err := a.mayMoveClock(cfg); err != nil {
		return err
	}
	db, err := a.database(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.RequireDurable(ctx); err != nil {
		return err
	}
	head := newHeadKeeper(cfg, db)
	if !flags.afterRestore {
		if err := head.Check(ctx); err != nil {
			return err
		}
	}
	if _, err := head.CheckChain(ctx, a.clock(), flags.afterRestore); err != nil {
		return err
	}
	run, err := a.refundsJob(ctx, cfg, db, flags, head)
	if err != nil {
		return err
	}
	touched := &application.TouchedBatches{}
	run.Heard = touched.Hear(run.Heard)
	document := refundsRunDocument{Planned: []plannedRefund{}, Workbooks: []string{}}
	if flags.dry || !cfg.Refunds.Send {
		if document.Planned, err = a.planned(ctx, cfg, db, flags); err != nil {
			return err
		}
	}
	if flags.dry {
		if err := document.wait(ctx, a, cfg, db, nil); err != nil {
			return err
		}
		return a.printRefundsRun(ctx, db, document)
	}
	summary, err := run.Run(ctx)
	if err != nil {
		return err
	}
	switch looked := len(summary.Gaps) == 0 && a.mid == ""; {
	case !flags.afterRestore, looked:
		if err := head.KeepLast(ctx, a.clock(), a.warns); err != nil {
			return err
		}
	default:
		a.warn("not everything could be looked up, so that nothing is sent yet: run daesa refunds run --after-restore again, for every merchant")
	}
	document.fill(summary)
	document.Workbooks = a.drawTouched(context.WithoutCancel(ctx), cfg, db, touched.IDs())
	a.judgeRefunds(summary)
	a.teller(cfg, db).Refunds(ctx, summary, db, a.mid)
	if err := document.wait(ctx, a, cfg, db, summary.Unasked); err != nil {
		return err
	}
	if err := a.needs(cfg, db).AfterRefunds(ctx, document.waits, &a.verdict.Outcome); err != nil {
		return err
	}
	return a.printRefundsRun(ctx, db, document)
}

// wait fills in what waits once the run is over.
func (d *refundsRunDocument) wait(ctx context.Context, a *app, cfg *config.Config, db *store.DB, unasked map[string]string) error {
	now, err := a.now()
	if err != nil {
		return err
	}
	d.waits, err = a.needs(cfg, db).Waiting(ctx, unasked, now)
	d.Waiting = waitingDocuments(d.waits.Lines)
	return err
}

// mayMoveClock: --as-of moves the clock of a command that sends only where the
// provider is a sandbox on this machine.
func (a *app) mayMoveClock(cfg *config.Config) error {
	if a.asOf == "" {
		return nil
	}
	for _, m := range a.merchants(cfg) {
		if !loopback(m.BaseURL) {
			return usage(fmt.Errorf("--as-of: merchant %s is at %s, and what cannot be undone is done by the real clock only", m.MID, m.BaseURL),
				"leave --as-of away; it is for a sandbox on this machine")
		}
	}
	return nil
}

func loopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// flowing is the business's clock for a run: --as-of moved on by the time that
// has gone by since.
func (a *app) flowing() (func() time.Time, error) {
	from, err := a.now()
	if err != nil || a.asOf == "" {
		return func() time.Time { return a.clock().Truncate(time.Microsecond) }, err
	}
	begun := a.clock()
	return func() time.Time { return from.Add(a.clock().Sub(begun)).Truncate(time.Microsecond) }, nil
}

// refundQueue shows the store as the run wants to see it.
type refundQueue struct{ *store.DB }

// Brake reads the brake.
func (q refundQueue) Brake(ctx context.Context) (bool, string, error) {
	brake, err := q.DB.Brake(ctx)
	return brake.On, brake.Note, err
}

func (a *app) refundsJob(ctx context.Context, cfg *config.Config, db *store.DB, flags runFlags, head *application.HeadKeeper) (*jobs.Refunds, error) {
	clock, err := a.flowing()
	if err != nil {
		return nil, err
	}
	owner := a.settings(cfg, cfg.Merchants[0]).Owner
	runID := reconcile.ShortHash(owner, a.clock().UTC().Format(time.RFC3339Nano))
	run := &jobs.Refunds{
		Configured: cfg.MIDs(), Actor: refundsActor, RunID: runID, Queue: refundQueue{db}, Send: cfg.Refunds.Send, AfterRestore: flags.afterRestore,
		StopAfterUnknown: cfg.Refunds.StopAfterUnknown, FailureReached: cfg.Refunds.StopAtFailureRatio.Reached,
		OwnerIsDead: ownerIsDead, Clock: clock, Sleep: sleep, Patience: jobs.Patience,
		Heard: func(done refunds.Done) {
			a.log.Info("refund", "run_id", runID, "refund_id", done.Request.ID, "trace_id", done.TraceID, "from", done.Request.State, "to", done.Is, "why", done.Why, "sends", done.Sends)
			if err := head.Keep(context.Background(), a.clock(), false); err != nil {
				a.log.Debug("the journal's head could not be kept", "error", err)
			}
		},
	}
	ring, err := accountRing(cfg)
	if err != nil {
		return nil, err
	}
	queues, err := a.queues(ctx, cfg, db)
	if err != nil {
		return nil, err
	}
	for _, q := range queues {
		m, client := q.of, q.client
		worker := &refunds.Worker{
			MID: q.mid, Owner: owner, Actor: refundsActor, RunID: runID, SecretFingerprint: secretFingerprint(m), AccountDays: m.VirtualAccountCancelDays,
			Budget: budget(cfg, flags), Queue: db, Provider: client, Clock: clock, Freeze: toss.CancelBody,
		}
		if ring != nil {
			worker.Sealer = ring
		}
		probe := func(ctx context.Context) (time.Time, bool, error) {
			p, err := client.Probe(ctx)
			if a.asOf != "" {
				p.ProviderTime = time.Time{} // the clock was moved on purpose
			}
			return p.ProviderTime, p.KeyAccepted, err
		}
		run.Merchants = append(run.Merchants, jobs.RefundMerchant{Worker: worker, Workers: m.Concurrency, Probe: probe})
	}
	return run, nil
}

// refundsActor is who sends, in the journal.
const refundsActor = "daesa refunds"

// refundQueueOf is a MID's part of the queue, and the client of its merchant.
type refundQueueOf struct {
	mid    string
	of     config.Merchant
	client *toss.Client
}

// queues are those of the merchants that the command is about, and of their
// also_mids as far as the books have requests under them: those were made when
// such a MID was the configuration's mid.
func (a *app) queues(ctx context.Context, cfg *config.Config, db *store.DB) ([]refundQueueOf, error) {
	var list []refundQueueOf
	for _, m := range a.merchants(cfg) {
		for _, mid := range midsOf(m) {
			if mid != m.MID {
				counts, err := db.CountStates(ctx, mid)
				if err != nil {
					return nil, err
				}
				if len(counts) == 0 {
					continue
				}
			}
			client, err := a.clientUnder(db, m, mid, toss.DefaultTimeout)
			if err != nil {
				return nil, &coded{err, codeUsage}
			}
			list = append(list, refundQueueOf{mid, m, client})
		}
	}
	return list, nil
}

// secretFingerprint names the secret key and the address: Toss binds an idempotency
// key to both, so that another of either makes it a new request.
func secretFingerprint(m config.Merchant) string {
	sum := sha256.Sum256([]byte("daesa secret print\n" + m.BaseURL + "\n" + m.SecretKey.Reveal()))
	return hex.EncodeToString(sum[:8])
}

// budget gives the limits; flags only lower them.
func budget(cfg *config.Config, flags runFlags) refunds.Budget {
	r := cfg.Refunds
	won := refunds.Limits{Single: r.MaxSingle, Run: r.MaxAmount, Day: r.MaxAmountPerDay}
	if flags.amount >= 0 {
		won.Run = min(won.Run, int64(flags.amount))
	}
	b := refunds.Budget{RunCount: int64(r.MaxCount), DayCount: int64(r.MaxCountPerDay), Of: map[pay.Currency]refunds.Limits{pay.KRW: won}}
	if flags.count >= 0 {
		b.RunCount = min(b.RunCount, flags.count)
	}
	for currency, l := range r.Limits {
		b.Of[pay.Currency(currency)] = refunds.Limits{Single: l.MaxSingle, Run: l.MaxAmount, Day: l.MaxAmountPerDay}
	}
	return b
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (d *refundsRunDocument) fill(s jobs.RefundSummary) {
	d.Sent, d.Succeeded, d.Accepted = s.Sent, s.States[refunds.StateSucceeded], s.States[refunds.StateAccepted]
	d.Refused, d.Unknown, d.Held = s.States[refunds.StateRefused], s.States[refunds.StateUnknown], s.States[refunds.StateHeld]
	d.Expired, d.Retry = s.States[refunds.StateExpired], s.States[refunds.StateRetry]
	d.StoppedBecause = orNull(s.Stopped.String())
	d.Amount = map[string]int64{}
	for currency, amount := range s.Amount {
		d.Amount[string(currency)] = amount
	}
}

// judgeRefunds says what of the run keeps it from ending with 0.
func (a *app) judgeRefunds(s jobs.RefundSummary) {
	gaps := slices.Compact(slices.Sorted(slices.Values(s.Gaps)))
	for _, gap := range gaps {
		a.verdict.add(codeIncomplete, "%s", plain(gap))
		a.warn("%s", plain(gap))
	}
	for _, altered := range s.Altered {
		a.verdict.add(codePerson, "refund %s was changed outside of daesa and is held (%s): daesa audit verify", altered.ID, plain(strings.Join(altered.What, ", ")))
		a.warn("refund %s was changed outside of daesa and is not what the journal says of it: %s; it is held", altered.ID, plain(strings.Join(altered.What, ", ")))
	}
	if len(gaps) > 0 {
		a.advise(application.WhatToDo(whyUnasked(s.Unasked)))
	}
	if s.Stopped.Why == jobs.StopBroken {
		a.verdict.add(codePerson, "%s", plain(s.Stopped.String()))
	}
}

// whyUnasked is why merchants could not be asked: the reason that a person can
// mend first.
func whyUnasked(unasked map[string]string) string {
	why := refunds.WhyUnreachable
	for _, mid := range sortedKeys(unasked) {
		if unasked[mid] != refunds.WhyUnreachable {
			why = unasked[mid]
		}
	}
	return why
}

// planned says of what is approved and due what would happen, the most urgent
// first. It looks payments up and changes nothing.
func (a *app) planned(ctx context.Context, cfg *config.Config, db *store.DB, flags runFlags) ([]plannedRefund, error) {
	clock, err := a.flowing()
	if err != nil {
		return nil, err
	}
	brake, err := db.Brake(ctx)
	if err != nil {
		return nil, err
	}
	list, left := []plannedRefund{}, budget(cfg, flags)
	queues, err := a.queues(ctx, cfg, db)
	if err != nil {
		return nil, err
	}
	for _, q := range queues {
		m, client := q.of, q.client
		requests, err := db.Sendable(ctx, q.mid)
		if err != nil {
			return nil, err
		}
		for _, r := range requests {
			one := plannedRefund{ID: r.ID, OrderID: r.OrderID, Amount: r.Amount, Currency: string(r.Currency), CancelBy: timeOrNull(r.CancelBy)}
			if limit := within(&left, r); limit != "" || brake.On {
				one.Would, one.Why = string(r.State), or(limit, "paused: "+brake.Note)
				list = append(list, one)
				continue
			}
			claimed, err := db.ClaimedFor(ctx, r.ID)
			if err != nil {
				return nil, err
			}
			step := refunds.Preview(ctx, *claimed, client, m.VirtualAccountCancelDays, secretFingerprint(m), clock())
			one.Would, one.Why = string(step.To), step.Why
			if step.Do == refunds.Send || step.Do == refunds.SendAnew {
				one.Would = string(refunds.StateSending)
			}
			list = append(list, one)
		}
	}
	return list, nil
}

// within takes a request out of what is left of the run's limits, or names the
// limit that it would pass. What other runs have sent today is not counted here.
func within(left *refunds.Budget, r refunds.Request) string {
	l := left.Of[r.Currency]
	switch {
	case r.Amount > l.Single:
		return "max_single"
	case left.RunCount < 1:
		return "max_count"
	case r.Amount > l.Run:
		return "max_amount"
	}
	left.RunCount--
	l.Run -= r.Amount
	left.Of[r.Currency] = l
	return ""
}

func (a *app) printRefundsRun(ctx context.Context, db *store.DB, d refundsRunDocument) error {
	_, head, err := db.JournalHead(ctx)
	if err != nil {
		return err
	}
	d.JournalHead, d.ending = head, a.ending()
	if d.Amount == nil {
		d.Amount = map[string]int64{}
	}
	if a.json {
		return a.printJSON(d)
	}
	if len(d.Planned) > 0 {
		rows := each(d.Planned, func(p plannedRefund) []string {
			return []string{p.ID, p.OrderID, people(pay.Currency(p.Currency), p.Amount), orDash(p.CancelBy), p.Would, p.Why}
		})
		a.printTable([]string{"ID", "ORDER", ">AMOUNT", "CANCEL BY", "WOULD BE", "WHY"}, rows)
		a.printf("nothing of this was sent\n")
	}
	a.printf("sent %d: succeeded %d, accepted %d, refused %d, unknown %d, held %d, expired %d, retry %d\n",
		d.Sent, d.Succeeded, d.Accepted, d.Refused, d.Unknown, d.Held, d.Expired, d.Retry)
	for _, currency := range sortedKeys(d.Amount) {
		a.printf("amount sent: %s\n", people(pay.Currency(currency), d.Amount[currency]))
	}
	if d.StoppedBecause != nil {
		a.printf("stopped because: %s\n", plain(*d.StoppedBecause))
	}
	for _, workbook := range d.Workbooks {
		a.printf("workbook: %s\n", workbook)
	}
	a.printWaiting(d.waits.Lines)
	for _, reason := range d.Reasons {
		a.printf("needs a person: %s\n", plain(reason))
	}
	a.printf("journal head: %s\n", d.JournalHead)
	return nil
}

func orDash(text *string) string {
	if text == nil {
		return "-"
	}
	return *text
}
