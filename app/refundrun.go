package app

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"daesa/internal/written"
	"daesa/jobs"
	"daesa/refunds"
)

// Brake says whether refunds are stopped, by whom and why.
type Brake struct {
	On   bool
	Note string
	By   string
	At   time.Time
}

// RunBooks is what a refund run asks of the store beside its queue.
type RunBooks interface {
	Counter
	// RequireDurable refuses a database that may lose what it has committed.
	RequireDurable(ctx context.Context) error
	Brake(ctx context.Context) (Brake, error)
	// Sendable gives what is approved and due of a MID, the most urgent first.
	Sendable(ctx context.Context, mid string) ([]refunds.Request, error)
	ClaimedFor(ctx context.Context, id string) (*refunds.Claimed, error)
}

// RunRefunds is `refunds run`: what is unknown is settled, then what is approved
// and due is sent.
type RunRefunds struct {
	Job          *jobs.Refunds // wired; whether it sends stands in it
	Books        RunBooks
	Head         *HeadKeeper
	Needs        *Needs
	Teller       *Teller
	Workbooks    BatchWorkbooks
	About        string         // the merchant that the command is about; "": all
	Budget       refunds.Budget // of the run
	DryRun       bool           // says what would happen, and changes nothing
	Now          time.Time      // of the business
	Clock        func() time.Time
	Warn         Warn
	Outcome      *Outcome
	AfterRestore bool // the database was restored
}

// RefundRun is what a run came to.
type RefundRun struct {
	Summary   jobs.RefundSummary // zero where it was a dry run
	Planned   []PlannedRefund    // what would be sent, where nothing is; never nil
	Waits     Waits              // what waits afterwards
	Workbooks []string           // of the batches of which something was sent or settled; never nil
	Head      string             // the journal's newest entry
}

// Run runs over the queue once, draws the workbooks of what it touched, and tells
// people. A database that is behind, or whose journal is broken, sends nothing.
func (x RunRefunds) Run(ctx context.Context) (run RefundRun, err error) {
	run.Planned, run.Workbooks = []PlannedRefund{}, []string{}
	if err := x.maySend(ctx); err != nil {
		return run, err
	}
	if x.DryRun || !x.Job.Send {
		if run.Planned, err = x.plan(ctx); err != nil {
			return run, err
		}
	}
	if x.DryRun {
		run.Waits, err = x.Needs.Waiting(ctx, nil, x.Now)
	} else {
		err = x.send(ctx, &run)
	}
	if err != nil {
		return run, err
	}
	_, run.Head, err = x.Head.journal.JournalHead(ctx)
	return run, err
}

// maySend refuses to begin on a database from which nothing may be sent.
func (x RunRefunds) maySend(ctx context.Context) error {
	if err := x.Books.RequireDurable(ctx); err != nil {
		return err
	}
	if !x.AfterRestore {
		if err := x.Head.Check(ctx); err != nil {
			return err
		}
	}
	_, err := x.Head.CheckChain(ctx, x.Clock(), x.AfterRestore)
	return err
}

func (x RunRefunds) send(ctx context.Context, run *RefundRun) (err error) {
	touched := &TouchedBatches{}
	x.Job.Record = touched.Record(x.Job.Record)
	if run.Summary, err = x.Job.Run(ctx); err != nil {
		return err
	}
	if whole := len(run.Summary.Gaps) == 0 && x.About == ""; whole || !x.AfterRestore {
		if err := x.Head.KeepLast(ctx, x.Clock(), x.Warn); err != nil {
			return err
		}
	} else {
		x.Warn("not everything could be looked up, so that nothing is sent yet: run daesa refunds run --after-restore again, for every merchant", "")
	}
	for _, batch := range touched.IDs() {
		if path := x.Workbooks.Redraw(context.WithoutCancel(ctx), batch, "", nil); path != "" && !slices.Contains(run.Workbooks, path) {
			run.Workbooks = append(run.Workbooks, path)
		}
	}
	x.judge(run.Summary)
	x.Teller.Refunds(ctx, run.Summary, x.Books, x.About)
	if run.Waits, err = x.Needs.Waiting(ctx, run.Summary.Unasked, x.Now); err != nil {
		return err
	}
	return x.Needs.AfterRefunds(ctx, run.Waits, x.Outcome)
}

// judge adds to the outcome what of the run keeps it from ending well.
func (x RunRefunds) judge(s jobs.RefundSummary) {
	gaps := slices.Compact(slices.Sorted(slices.Values(s.Gaps)))
	for i, gap := range gaps {
		x.Outcome.Add(EndedIncomplete, "%s", written.Shown(gap))
		next := ""
		if i == len(gaps)-1 { // the hint is of all of them
			next = WhatToDo(whyUnasked(s.Unasked))
		}
		x.Warn(gap, next)
	}
	for _, altered := range s.Altered {
		what := written.Shown(strings.Join(altered.What, ", "))
		x.Outcome.Add(EndedPerson, "refund %s was changed outside of daesa and is held (%s): daesa audit verify", altered.ID, what)
		x.Warn("refund "+altered.ID+" was changed outside of daesa and is not what the journal says of it: "+what+"; it is held", "")
	}
	for _, unsigned := range s.Unsigned {
		said := unsigned.Said
		if len(unsigned.What) > 0 {
			said += "; changed outside of daesa: " + strings.Join(unsigned.What, ", ")
		}
		x.Outcome.Add(EndedPerson, "refund %s was not sent: it is not what somebody signed (%s)", unsigned.ID, written.Shown(said))
		x.Warn("refund "+unsigned.ID+" was not sent: "+written.Shown(said), "")
	}
	if s.Stopped.Why == jobs.StopBroken {
		x.Outcome.Add(EndedPerson, "%s", written.Shown(s.Stopped.String()))
	}
}

// whyUnasked is why merchants could not be asked: the reason that a person can
// mend first.
func whyUnasked(unasked map[string]string) string {
	why := refunds.WhyUnreachable
	for _, mid := range slices.Sorted(maps.Keys(unasked)) {
		if unasked[mid] != refunds.WhyUnreachable {
			why = unasked[mid]
		}
	}
	return why
}

// PlannedRefund is a request with what a run would make of it now.
type PlannedRefund struct {
	Request refunds.Request
	Would   refunds.State // to which it would go: sending, or another
	Why     string        // not sending; "": it would
}

// plan says of what is approved and due what would happen, the most urgent first.
// It looks payments up and changes nothing.
func (x RunRefunds) plan(ctx context.Context) ([]PlannedRefund, error) {
	brake, err := x.Books.Brake(ctx)
	if err != nil {
		return nil, err
	}
	list, left := []PlannedRefund{}, refunds.Budget{RunCount: x.Budget.RunCount, Of: maps.Clone(x.Budget.Of)}
	for _, m := range x.Job.Merchants {
		requests, err := x.Books.Sendable(ctx, m.Worker.MID)
		if err != nil {
			return nil, err
		}
		for _, r := range requests {
			one := PlannedRefund{Request: r, Would: r.State}
			switch limit := within(&left, r); {
			case limit != "":
				one.Why = limit
			case brake.On:
				one.Why = "paused: " + brake.Note
			default:
				if one, err = x.preview(ctx, m.Worker, r); err != nil {
					return nil, err
				}
			}
			list = append(list, one)
		}
	}
	return list, nil
}

// preview asks the worker's own rule about one request.
func (x RunRefunds) preview(ctx context.Context, w *refunds.Worker, r refunds.Request) (PlannedRefund, error) {
	claimed, err := x.Books.ClaimedFor(ctx, r.ID)
	if err != nil {
		return PlannedRefund{}, err
	}
	if w.Prover != nil {
		if claimed.Known.Unsigned, err = w.Prover.Unsigned(ctx, claimed.Request); err != nil {
			return PlannedRefund{}, err
		}
	}
	step := refunds.Preview(ctx, *claimed, w.Provider, w.AccountDays, w.SecretFingerprint, w.Clock())
	would := step.To
	if step.Do == refunds.Send || step.Do == refunds.SendAnew {
		would = refunds.StateSending
	}
	return PlannedRefund{Request: r, Would: would, Why: step.Why}, nil
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

// QueuesOf are the MIDs of a merchant whose requests a run takes: its own, and of
// its also_mids those under which the books have any. They were made when such a
// MID was the configuration's mid.
func QueuesOf(ctx context.Context, books Counter, mid string, also []string) ([]string, error) {
	queues := []string{mid}
	for _, other := range also {
		counts, err := books.CountStates(ctx, other)
		if err != nil {
			return nil, err
		}
		if len(counts) > 0 {
			queues = append(queues, other)
		}
	}
	return queues, nil
}
