package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"daesa/app"
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

func (a *invocation) refundsRunCommand() *cobra.Command {
	flags := runFlags{count: -1, amount: -1}
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Settle what is unknown, then send what is approved and due",
		Long: "Looks up every refund whose outcome is unknown, then sends what is approved, the most urgent\n" +
			"deadline first, within the limits of daesa.yaml; flags only lower them. It may be killed at any\n" +
			"moment and run again; several may run at once. With refunds.send: false it settles and shows,\nand sends nothing.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if flags.count < -1 || flags.amount < -1 {
				return usage(errors.New("refunds run: --max and --max-amount cannot be negative"), "0 sends nothing; leave them away for the limits of daesa.yaml")
			}
			return a.withProvider(cmd.Context(), func(s *session) error { return s.runRefunds(cmd.Context(), flags) })
		},
	}
	cmd.Flags().Int64Var(&flags.count, "max", -1, "send at most so many new ones; what is unknown is settled all the same")
	cmd.Flags().Var(&flags.amount, "max-amount", "send at most so many won, as lists print it: 500000 or 500,000")
	cmd.Flags().BoolVar(&flags.dry, "dry-run", false, "say for each request what would happen; sends and changes nothing")
	cmd.Flags().BoolVar(&flags.afterRestore, "after-restore", false, "the database was restored: look up every open request, send nothing")
	return cmd
}

func (s *session) runRefunds(ctx context.Context, flags runFlags) error {
	if err := s.mayMoveClock(); err != nil {
		return err
	}
	head := s.head()
	job, err := s.refundsJob(ctx, flags, head)
	if err != nil {
		return err
	}
	needs := s.needs()
	if flags.dry { // a run sends back what nobody has signed
		needs = s.provedNeeds()
	}
	run, err := app.RunRefunds{
		Job: job, Books: s.db, Head: head, Needs: needs, Teller: s.teller(), Workbooks: s.batchWorkbooks(), About: s.mid, Budget: budget(s.cfg, flags),
		DryRun: flags.dry, AfterRestore: flags.afterRestore, Now: s.now(), Clock: s.clock, Warn: s.warns, Outcome: &s.verdict.Outcome,
	}.Run(ctx)
	if err != nil {
		return err
	}
	return s.showRefundsRun(run)
}

// mayMoveClock refuses --as-of to a command that does what cannot be undone, unless
// the provider is a sandbox on this machine.
func (s *session) mayMoveClock() error {
	for _, m := range s.merchants() {
		if !s.asOf.IsZero() && !m.Loopback() {
			return usage(fmt.Errorf("--as-of: merchant %s is at %s, and what cannot be undone is done by the real clock only", m.MID, m.BaseURL),
				"leave --as-of away; it is for a sandbox on this machine")
		}
	}
	return nil
}

// flowing is the business's clock for a run: --as-of moved on by the time that
// has gone by since.
func (a *invocation) flowing() func() time.Time {
	if a.asOf.IsZero() {
		return a.now
	}
	begun := a.clock()
	return func() time.Time { return a.asOf.Add(a.clock().Sub(begun)).Truncate(time.Microsecond) }
}

// refundQueue shows the store as the run wants to see it.
type refundQueue struct{ *store.DB }

// Brake reads the brake.
func (q refundQueue) Brake(ctx context.Context) (bool, string, error) {
	brake, err := q.DB.Brake(ctx)
	return brake.On, brake.Note, err
}

// refundsJob wires a refund run over the merchants that the command is about.
func (s *session) refundsJob(ctx context.Context, flags runFlags, head *app.HeadKeeper) (*jobs.Refunds, error) {
	clock, owner := s.flowing(), process.String()
	runID := reconcile.ShortHash(owner, s.clock().UTC().Format(time.RFC3339Nano))
	run := &jobs.Refunds{
		Configured: s.cfg.MIDs(), Actor: refundsActor, RunID: runID, Queue: refundQueue{s.db}, Send: s.cfg.Refunds.Send, AfterRestore: flags.afterRestore,
		StopAfterUnknown: s.cfg.Refunds.StopAfterUnknown, FailureReached: s.cfg.Refunds.StopAtFailureRatio.Reached,
		OwnerIsDead: process.Outlived, Clock: clock, Sleep: sleep, Patience: jobs.Patience,
		Record: func(done refunds.Done) {
			s.log.Info("refund", "run_id", runID, "refund_id", done.Request.ID, "trace_id", done.TraceID, "from", done.Request.State, "to", done.Is, "why", done.Why, "sends", done.Sends)
			if err := head.Keep(context.Background(), s.clock(), false); err != nil {
				s.log.Debug("the journal's head could not be kept", "error", err)
			}
		},
	}
	ring, err := accountRing(s.cfg)
	if err != nil {
		return nil, err
	}
	prover := s.signing().Prover(s.db)
	for _, m := range s.merchants() {
		queues, err := app.QueuesOf(ctx, s.db, m.MID, m.AlsoMIDs)
		if err != nil {
			return nil, err
		}
		for _, mid := range queues {
			client, err := s.clientUnder(m, mid, toss.DefaultTimeout)
			if err != nil {
				return nil, err
			}
			worker := &refunds.Worker{
				MID: mid, Owner: owner, Actor: refundsActor, RunID: runID, SecretFingerprint: secretFingerprint(m), AccountDays: m.VirtualAccountCancelDays,
				Budget: budget(s.cfg, flags), Queue: s.db, Provider: client, Clock: clock, Freeze: toss.CancelBody,
				Another: func(other string) bool { return s.cfg.AnotherMerchant(mid, other) }, Prover: prover,
			}
			if ring != nil {
				worker.Sealer = ring
			}
			run.Merchants = append(run.Merchants, jobs.RefundMerchant{Worker: worker, Workers: m.Concurrency, Probe: s.probeOf(client)})
		}
	}
	return run, nil
}

// probeOf asks the provider for its clock and whether it accepts the key. A clock
// that was moved on purpose is not compared.
func (s *session) probeOf(client *toss.Client) func(context.Context) (time.Time, bool, error) {
	return func(ctx context.Context) (time.Time, bool, error) {
		p, err := client.Probe(ctx)
		if !s.asOf.IsZero() {
			p.ProviderTime = time.Time{}
		}
		return p.ProviderTime, p.KeyAccepted, err
	}
}

// refundsActor is who sends, in the journal.
const refundsActor = "daesa refunds"

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

func newRefundsRunDocument(run app.RefundRun, ending ending) refundsRunDocument {
	states := run.Summary.States
	return refundsRunDocument{
		Sent: run.Summary.Sent, Succeeded: states[refunds.StateSucceeded], Accepted: states[refunds.StateAccepted], Refused: states[refunds.StateRefused],
		Unknown: states[refunds.StateUnknown], Held: states[refunds.StateHeld], Expired: states[refunds.StateExpired], Retry: states[refunds.StateRetry],
		Amount: amounts(run.Summary.Amount), Waiting: waitingDocuments(run.Waits.Lines), StoppedBecause: orNull(run.Summary.Stopped.String()),
		Planned: each(run.Planned, newPlannedRefund), Workbooks: run.Workbooks, JournalHead: run.Head, ending: ending,
	}
}

func newPlannedRefund(p app.PlannedRefund) plannedRefund {
	r := p.Request
	return plannedRefund{ID: r.ID, OrderID: r.OrderID, Amount: r.Amount, Currency: string(r.Currency), CancelBy: timeOrNull(r.CancelBy), Would: string(p.Would), Why: p.Why}
}

func (s *session) showRefundsRun(run app.RefundRun) error {
	d := newRefundsRunDocument(run, s.ending())
	return s.show(d, func() {
		if len(run.Planned) > 0 {
			s.printTable([]string{"ID", "ORDER", ">AMOUNT", "CANCEL BY", "WOULD BE", "WHY"}, each(run.Planned, func(p app.PlannedRefund) []string {
				return []string{p.Request.ID, p.Request.OrderID, p.Request.Currency.Spell(p.Request.Amount), dash(timeOrNothing(p.Request.CancelBy)), string(p.Would), p.Why}
			}))
			s.printf("nothing of this was sent\n")
		}
		s.printf("sent %d: succeeded %d, accepted %d, refused %d, unknown %d, held %d, expired %d, retry %d\n",
			d.Sent, d.Succeeded, d.Accepted, d.Refused, d.Unknown, d.Held, d.Expired, d.Retry)
		s.printAmounts("amount sent", d.Amount)
		if d.StoppedBecause != nil {
			s.printf("stopped because: %s\n", plain(*d.StoppedBecause))
		}
		for _, workbook := range d.Workbooks {
			s.printf("workbook: %s\n", workbook)
		}
		s.printWaiting(run.Waits.Lines)
		s.printReasons()
		s.printf("journal head: %s\n", d.JournalHead)
	})
}
