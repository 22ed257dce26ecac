package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/config"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
)

func (a *invocation) settlementsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "settlements", Short: "What Toss settles: a row for each approval and each cancel"}
	cmd.AddCommand(a.settlementsSyncCommand(), a.settlementsImportCommand(), a.settlementsListCommand())
	return cmd
}

// syncDocument is the JSON of `settlements sync`: of all merchants together.
type syncDocument struct {
	From        *string          `json:"from"` // the first and the last day of the lists
	To          *string          `json:"to"`
	WindowsRead int64            `json:"windows_read"`
	Rows        int64            `json:"rows"` // as often as lists showed them
	New         int64            `json:"new"`
	Changed     int64            `json:"changed"`
	Withdrawn   int64            `json:"withdrawn"`
	Bad         int64            `json:"bad"`
	Gaps        []gapDocument    `json:"gaps"`
	Matched     int64            `json:"matched"` // payouts that this run tied to the passbook
	Opened      map[string]int64 `json:"opened"`  // breaks by kind
	Cleared     map[string]int64 `json:"cleared"`
	Calls       int64            `json:"provider_calls"`
	ending
}

// gapDocument is a part of a merchant's records that could not be read.
type gapDocument struct {
	MID string `json:"mid"`
	missingDocument
}

func (a *invocation) settlementsSyncCommand() *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use:   "sync",
		Short: "Read settlement rows from Toss, and hold them against payments and passbook",
		Long: "Without flags it reads what is paid out from yesterday to seven days ahead and what was sold yesterday,\n" +
			"and reads each list again after some days (reconcile.reread_days). With --from and --to it reads both\n" +
			"lists of those days: once at the beginning, back to 95 days before the first month that is to be closed.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withProvider(cmd.Context(), func(s *session) error { return s.syncSettlements(cmd.Context(), from, to) })
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "first day, YYYY-MM-DD")
	cmd.Flags().StringVar(&to, "to", "", "last day, YYYY-MM-DD")
	return cmd
}

// mostSyncDays bounds one sync; Toss names no bound.
const mostSyncDays = 400

// daysAsked reads a range of days; both empty: none was asked for.
func daysAsked(from, to string, today pay.Day) (first, last pay.Day, err error) {
	next := "for example --from " + string(today.Add(-7)) + " --to " + string(today)
	switch {
	case from == "" && to == "":
		return "", "", nil
	case from == "" || to == "":
		return "", "", usage(errors.New("--from and --to go together"), next)
	}
	if first, err = pay.ParseDay(from); err != nil {
		return "", "", usage(err, next)
	}
	if last, err = pay.ParseDay(to); err != nil {
		return "", "", usage(err, next)
	}
	if last < first || last.Sub(first) > mostSyncDays {
		return "", "", usage(fmt.Errorf("%s to %s is no range of at most %d days", first, last, mostSyncDays), next)
	}
	return first, last, nil
}

func (s *session) syncSettlements(ctx context.Context, from, to string) error {
	if s.cfg.Settlement.Mode != config.SettlementAPI {
		return usage(fmt.Errorf("settlement.mode is %s: Toss is not asked for settlements", s.cfg.Settlement.Mode), "settlement.mode: api asks Toss; daesa settlements import takes a file of 상점관리자")
	}
	now := s.now()
	today := pay.DayOf(now)
	first, last, err := daysAsked(from, to, today)
	if err != nil {
		return err
	}
	windows := jobs.WindowsToSettle(today, s.cfg.Reconcile.RereadDays)
	if first != "" {
		windows = jobs.WindowsBetween(first, last)
	}
	sync, err := s.settlementSync(true)
	if err != nil {
		return err
	}
	done, err := sync.Run(ctx, windows, now)
	if err != nil {
		return err
	}
	document := s.newSyncDocument(done)
	return s.show(document, func() { s.printSync(document, done) })
}

// settlementSync wires the sync of the command's merchants; reads: Toss is asked.
func (s *session) settlementSync(reads bool) (app.SettlementSync, error) {
	sync := app.SettlementSync{Deposits: s.deposits(), Books: s.db, Outcome: &s.verdict.Outcome, Warn: s.warns, Clock: s.clock, Months: s.rememberMonths}
	for _, m := range s.merchants() {
		job, err := s.settlementJob(m, reads)
		if err != nil {
			return sync, err
		}
		sync.Merchants = append(sync.Merchants, job)
	}
	return sync, nil
}

// settlementJob wires one merchant's settlement.
func (s *session) settlementJob(m config.Merchant, reads bool) (*jobs.Settlements, error) {
	job := &jobs.Settlements{
		Settings: jobs.SettlementSettings{
			MID: m.MID, Test: m.Environment == config.Test, Owner: process.String(), OwnerIsDead: process.Outlived, Actor: settlementActor,
			RereadDays: s.cfg.Reconcile.RereadDays, Rules: settlementRules(s.cfg), Tariff: agreedFees(s.cfg),
		},
		Ledger: s.db, Books: s.db, Clock: s.clock, Log: s.log.With("job", jobs.JobSettlements, "mid", m.MID),
		Open: func(ctx context.Context, mid string, now time.Time) (jobs.Settling, error) {
			return s.db.OpenSettling(ctx, mid, now)
		},
	}
	if reads {
		client, err := s.client(m)
		if err != nil {
			return nil, err
		}
		job.List = client
	}
	return job, nil
}

// nightSettled wires what a merchant's night says of payouts.
func (s *session) nightSettled(m config.Merchant) (app.NightSettled, error) {
	job, err := s.settlementJob(m, s.cfg.Settlement.Mode == config.SettlementAPI)
	return app.NightSettled{Job: job, Deposits: s.deposits(), Books: s.db, Rules: settlementRules(s.cfg), Assumed: s.cfg.Close.Bank == config.Assumed}, err
}

// settlementActor is who the journal names where the program settles by itself.
const settlementActor = "daesa settlements"

// deposits wires the passbook of all configured merchants.
func (s *session) deposits() *jobs.Deposits {
	return &jobs.Deposits{MIDs: mids(s.cfg), Accounts: passbookAccounts(s.cfg), Books: s.passbook(), Actor: settlementActor}
}

func (s *session) newSyncDocument(done app.Synced) syncDocument {
	d := syncDocument{Gaps: []gapDocument{}, Opened: map[string]int64{}, Cleared: map[string]int64{}}
	add := func(into map[string]int64, of map[reconcile.Kind]int64) {
		for kind, n := range of {
			into[string(kind)] += n
		}
	}
	for _, m := range done.Merchants {
		d.From, d.To = orNull(m.From), orNull(m.To)
		d.WindowsRead += m.WindowsRead
		d.Rows += m.Rows
		d.New += m.New
		d.Changed += m.Changed
		d.Withdrawn += m.Withdrawn
		d.Bad += m.Bad
		d.Calls += m.Calls
		for _, gap := range m.Gaps {
			d.Gaps = append(d.Gaps, gapDocument{m.MID, newMissingDocument(gap)})
		}
		add(d.Opened, m.Opened)
		add(d.Cleared, m.Closed)
	}
	d.Matched = int64(len(done.Deposits.Matches) - done.Deposits.Given)
	add(d.Opened, done.Deposits.Opened)
	add(d.Cleared, done.Deposits.Closed)
	d.ending = s.ending()
	return d
}

func (s *session) printSync(d syncDocument, done app.Synced) {
	for _, m := range done.Merchants {
		s.printf("%s: %s of %s to %s read, %s: %d new, %d changed, %d withdrawn, %d that cannot be read\n", m.MID,
			pay.Counted(int(m.WindowsRead), "list"), m.From, m.To, pay.Counted(int(m.Rows), "row"), m.New, m.Changed, m.Withdrawn, m.Bad)
		for _, group := range reconcile.GroupGaps(m.Gaps) {
			more := ""
			if n := len(group.Parts) - 1; n > 0 {
				more = fmt.Sprintf(" and %s", pay.Counted(n, "other part"))
			}
			s.printf("could not be read: %s%s: %s\n", group.First.What, more, plain(group.First.Why))
		}
		if len(m.Gaps) > 0 {
			s.advise(reconcile.GroupGaps(m.Gaps)[0].Hint())
		}
	}
	s.printf("%s tied to the passbook\n", pay.Counted(int(d.Matched), "payout"))
	s.printReasons()
}

// settlementDocument is one element of `settlements list --json`.
type settlementDocument struct {
	MID            string  `json:"mid"`
	TransactionKey string  `json:"transaction_key"`
	PaymentKey     string  `json:"payment_key"`
	OrderID        *string `json:"order_id"`
	Kind           string  `json:"kind"` // sale or cancel
	Method         *string `json:"method"`
	Currency       string  `json:"currency"`
	Amount         int64   `json:"amount"`
	Fee            int64   `json:"fee"` // Toss's own, VAT in it
	SupplyAmount   int64   `json:"supply_amount"`
	VAT            int64   `json:"vat"`
	InterestFee    int64   `json:"interest_fee"`
	PayOutAmount   int64   `json:"pay_out_amount"`
	ApprovedAt     string  `json:"approved_at"`
	TransactedAt   string  `json:"transacted_at"`
	SoldDate       string  `json:"sold_date"`
	PaidOutDate    string  `json:"paid_out_date"`
	Version        int     `json:"version"`
	State          string  `json:"state"`
}

func newSettlementDocument(l app.SettledRow) settlementDocument {
	kind := "sale"
	if l.Cancel() {
		kind = "cancel"
	}
	return settlementDocument{
		MID: l.MID, TransactionKey: l.TransactionKey, PaymentKey: l.PaymentKey, OrderID: orNull(l.OrderID), Kind: kind, Method: orNull(l.Method),
		Currency: string(l.Currency), Amount: l.Amount, Fee: l.Fee, SupplyAmount: l.SupplyAmount, VAT: l.VAT, InterestFee: l.InterestFee,
		PayOutAmount: l.PayOutAmount, ApprovedAt: pay.FormatTime(l.ApprovedAt), TransactedAt: pay.FormatTime(l.TransactedAt()),
		SoldDate: string(l.SoldDate), PaidOutDate: string(l.PaidOutDate), Version: l.Version, State: string(l.State(l.Known)),
	}
}

func (a *invocation) settlementsListCommand() *cobra.Command {
	var from, to, paidOut string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List settlement rows by the day of their payout or of their sale; without flags today's payout",
		Args:  cobra.NoArgs,
		RunE: a.onStore(func(ctx context.Context, s *session, _ []string) error {
			return s.listSettlements(ctx, from, to, paidOut)
		}),
	}
	cmd.Flags().StringVar(&paidOut, "paid-out", "", "rows that are paid out on this day, YYYY-MM-DD")
	cmd.Flags().StringVar(&from, "from", "", "rows sold from this day on")
	cmd.Flags().StringVar(&to, "to", "", "rows sold up to this day")
	return cmd
}

func (s *session) listSettlements(ctx context.Context, from, to, paidOut string) error {
	today := pay.DayOf(s.now())
	first, last, err := daysAsked(from, to, today)
	by := pay.BySold
	switch {
	case err != nil:
		return err
	case paidOut != "" && first != "":
		return usage(errors.New("--paid-out does not go with --from and --to"), "leave one of the two away")
	case paidOut != "":
		if first, err = pay.ParseDay(paidOut); err != nil {
			return usage(err, "for example --paid-out "+string(today))
		}
		last, by = first, pay.ByPaidOut
	case first == "":
		first, last, by = today, today, pay.ByPaidOut
	}
	rows, err := s.db.SettlementRows(ctx, s.mid, by, first, last)
	if err != nil {
		return err
	}
	return s.show(each(rows, newSettlementDocument), func() {
		s.printList([]string{"PAID OUT", "SOLD", "ORDER", "KIND", "METHOD", ">AMOUNT", ">FEE", ">PAID", "STATE"}, each(rows, func(r app.SettledRow) []string {
			kind := "sale"
			if r.Cancel() {
				kind = "cancel"
			}
			return []string{string(r.PaidOutDate), string(r.SoldDate), dash(r.OrderID), kind, dash(string(r.Method)),
				r.Currency.Spell(r.Amount), r.Currency.Spell(r.Fee), r.Currency.Spell(r.PayOutAmount), string(r.State(r.Known))}
		}), pay.Counted(len(rows), "row"))
	})
}
