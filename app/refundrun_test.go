package app

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"daesa/internal/hint"
	"daesa/jobs"
	"daesa/pay"
	"daesa/refunds"
	"daesa/reports"
)

// till is a database with a queue, a journal and a brake.
type till struct {
	folder
	openBooks
	sendable []refunds.Request
	brake    Brake
	lost     error // the database may lose what it has committed
	behind   bool  // it lacks the entry that was kept
	broken   []string
	expired  []refunds.Request
}

func (b *till) RequireDurable(context.Context) error { return b.lost }
func (b *till) Brake(context.Context) (Brake, error) { return b.brake, nil }
func (b *till) CountStates(context.Context, string) (map[refunds.State]int64, error) {
	return nil, nil
}
func (b *till) Sendable(context.Context, string) ([]refunds.Request, error) { return b.sendable, nil }
func (b *till) ClaimedFor(_ context.Context, id string) (*refunds.Claimed, error) {
	i := slices.IndexFunc(b.sendable, func(r refunds.Request) bool { return r.ID == id })
	return &refunds.Claimed{Request: b.sendable[i]}, nil
}
func (b *till) HasEntry(context.Context, int64, string) (bool, error) { return !b.behind, nil }
func (b *till) WalkChain(context.Context, ChainPoint) (ChainWalk, error) {
	return ChainWalk{Last: ChainPoint{9, "head"}, Broken: b.broken}, nil
}
func (b *till) EntryHash(context.Context, int64) (string, error) { return "head", nil }

// dueQueue is the till as the job sees it.
type dueQueue struct{ *till }

func (q dueQueue) LeaseOwners(context.Context, time.Time) ([]string, error) { return nil, nil }
func (q dueQueue) ReleaseOwner(context.Context, string, time.Time) error    { return nil }
func (q dueQueue) NextDue(context.Context, refunds.Choice) (time.Time, error) {
	return time.Time{}, nil
}
func (q dueQueue) Brake(context.Context) (bool, string, error) { return q.brake.On, q.brake.Note, nil }
func (q dueQueue) ExpireRefunds(context.Context, refunds.Expiry) ([]refunds.Request, error) {
	return q.expired, nil
}

// Cancel is never called: what is planned is not sent.
func (d *counter) Cancel(context.Context, pay.CancelIntent, []byte, func(context.Context) error) (pay.Payment, pay.Evidence, error) {
	return pay.Payment{}, pay.Evidence{}, errors.New("a plan has sent something")
}

// approvedFor is a request that was approved and is due.
func approvedFor(order string, amount int64) refunds.Request {
	r := refunds.Request{ID: "r-" + order, MID: mid, OrderID: order, PaymentKey: "k-" + order, Amount: amount, Currency: pay.KRW, Method: pay.Card,
		State: refunds.StateApproved, CancelBy: now.Add(time.Hour), Reason: "변심", RequestedBy: "kim", ApprovedBy: "lee"}
	r.Approval = refunds.ApprovalHash(r)
	return r
}

// runOf is a run over a till.
func runOf(t *testing.T, b *till, toss *counter) (*RunRefunds, *[]string) {
	t.Helper()
	var said []string
	warn := func(text, next string) { said = append(said, strings.TrimSuffix(text+" -> "+next, " -> ")) }
	clock := func() time.Time { return now }
	head := NewHeadKeeper(filepath.Join(t.TempDir(), "head"), b)
	if err := head.Keep(t.Context(), now, true); err != nil {
		t.Fatal(err)
	}
	budget := refunds.Budget{RunCount: 2, DayCount: 9, Of: map[pay.Currency]refunds.Limits{pay.KRW: {Single: 10_000, Run: 15_000, Day: 90_000}}}
	return &RunRefunds{
		Job: &jobs.Refunds{Queue: dueQueue{b}, Send: true, Clock: clock, Sleep: func(context.Context, time.Duration) error { return nil }, Record: func(refunds.Done) {},
			FailureReached: func(_, _ int64) bool { return false }, OwnerIsDead: func(string) bool { return false }, Configured: []string{mid},
			Merchants: []jobs.RefundMerchant{{Worker: &refunds.Worker{MID: mid, Provider: toss, AccountDays: 365, Clock: clock}}}},
		Books: b, Head: head, Needs: needsOf("", b.openBooks), Budget: budget, Now: now, Clock: clock, Warn: warn, Outcome: &Outcome{},
		Teller: &Teller{Alerts: newAlerts(), Now: clock, Warn: warn, Log: slog.New(slog.DiscardHandler)},
		Workbooks: BatchWorkbooks{ReadBatch: ReadBatch{Requests: b, Facts: b, Now: now}, Dir: t.TempDir(), Warn: warn,
			Options: func() (reports.Options, error) { return reports.Options{Language: "en"}, nil }},
	}, &said
}

func TestADryRunSaysWhatEachLimitKeepsAndSendsNothing(t *testing.T) {
	t.Parallel()
	gone := paid("gone", 5000, 0)
	gone.Status, gone.BalanceAmount = pay.Canceled, 0
	toss := newCounter(paid("A", 10_000, 0), gone, paid("C", 10_000, 0))
	b := &till{sendable: []refunds.Request{approvedFor("large", 20_000), approvedFor("A", 8000), approvedFor("C", 9000), approvedFor("gone", 5000), approvedFor("last", 1000)}}
	x, _ := runOf(t, b, toss)
	x.DryRun = true
	run, err := x.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range run.Planned {
		got = append(got, p.Request.OrderID+" "+string(p.Would)+" "+p.Why)
	}
	want := []string{"large approved max_single", "A sending first_send", "C approved max_amount", "last approved max_count"}
	got = slices.DeleteFunc(got, func(line string) bool { return strings.HasPrefix(line, "gone ") })
	if !slices.Equal(got, want) {
		t.Errorf("%q, expected %q", got, want)
	}
	if i := slices.IndexFunc(run.Planned, func(p PlannedRefund) bool { return p.Request.OrderID == "gone" }); run.Planned[i].Would == refunds.StateSending {
		t.Error("what is given back already would be sent")
	}
	if run.Summary.Sent != 0 || run.Head != "head" || x.Budget.Of[pay.KRW].Run != 15_000 {
		t.Errorf("%+v, the budget %+v", run.Summary, x.Budget)
	}
}

func TestUnderTheBrakeNothingWouldBeSent(t *testing.T) {
	t.Parallel()
	toss := newCounter(paid("A", 10_000, 0))
	b := &till{sendable: []refunds.Request{approvedFor("A", 8000)}, brake: Brake{On: true, By: "lee", Note: "wait"}}
	x, _ := runOf(t, b, toss)
	x.DryRun = true
	run, err := x.Run(t.Context())
	if err != nil || len(run.Planned) != 1 || run.Planned[0].Why != "paused: wait" || len(toss.asked) > 0 {
		t.Errorf("%+v, looked up %v, %v", run.Planned, toss.asked, err)
	}
}

func TestADatabaseFromWhichNothingMayBeSent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		b     *till
		after bool // a restore
		as    any
	}{
		"it may lose what it has committed":   {&till{lost: errors.New("synchronous_commit is off")}, false, nil},
		"it is older than what was sent":      {&till{behind: true}, false, new(*BehindError)},
		"its journal was written to by hand":  {&till{broken: []string{"entry 5 was changed"}}, false, new(*BrokenChainError)},
		"so it was, and then it was restored": {&till{behind: true, broken: []string{"entry 5 was changed"}}, true, new(*BrokenChainError)},
	} {
		x, _ := runOf(t, c.b, newCounter())
		x.AfterRestore = c.after
		_, err := x.Run(t.Context())
		if err == nil || c.as != nil && !errors.As(err, c.as) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// After a restore every merchant is looked up, or nothing is sent: the head that
// says so stays as it was.
func TestAfterARestoreTheHeadIsKeptOnceEveryMerchantWasLookedUp(t *testing.T) {
	t.Parallel()
	for about, kept := range map[string]bool{"": true, mid: false} {
		b := &till{}
		x, said := runOf(t, b, newCounter())
		x.Job.Merchants, x.Job.AfterRestore, x.AfterRestore, x.About = nil, true, true, about
		b.behind = true
		if _, err := x.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		warned := slices.ContainsFunc(*said, func(text string) bool { return strings.HasPrefix(text, "not everything could be looked up") })
		if warned == kept {
			t.Errorf("about %q: %q", about, *said)
		}
	}
}

func TestWhatOfARunAPersonMustKnow(t *testing.T) {
	t.Parallel()
	x, said := runOf(t, &till{}, newCounter())
	x.judge(jobs.RefundSummary{
		Gaps: []string{"b was not asked", "a was not asked", "b was not asked"}, Unasked: map[string]string{"a": refunds.WhyUnreachable, "b": refunds.WhyKeyRefused},
		Altered: []jobs.AlteredRefund{{ID: "r1", What: []string{"amount"}}}, Stopped: jobs.Stop{Why: jobs.StopBroken, Note: "two in flight"},
	})
	var endings []Ending
	for _, r := range x.Outcome.Reasons {
		endings = append(endings, r.Ending)
	}
	if want := []Ending{EndedIncomplete, EndedIncomplete, EndedPerson, EndedPerson}; !slices.Equal(endings, want) {
		t.Errorf("%v: %+v", endings, x.Outcome.Reasons)
	}
	if len(*said) != 3 || (*said)[0] != "a was not asked" || (*said)[1] != "b was not asked -> "+WhatToDo(refunds.WhyKeyRefused) {
		t.Errorf("%q", *said)
	}
}

// A batch's workbook that cannot be written changes nothing of what was sent.
func TestAWorkbookThatCannotBeWrittenIsAWarning(t *testing.T) {
	t.Parallel()
	x, said := runOf(t, &till{folder: folder{requests: []refunds.Request{{ID: "r", Batch: "b1", MID: mid, Amount: 1, Currency: pay.KRW, State: refunds.StateSucceeded}}, arrived: map[string]time.Time{}}}, newCounter())
	x.Workbooks.Options = func() (reports.Options, error) { return reports.Options{}, errors.New("no password") }
	if path := x.Workbooks.Redraw(t.Context(), "b1", "", nil); path != "" || len(*said) != 1 || !strings.Contains((*said)[0], "daesa report batch b1") {
		t.Errorf("%q %q", path, *said)
	}
	if _, _, err := x.Workbooks.Draw(t.Context(), "none", ""); hint.WordOf(err) != "unknown_id" {
		t.Error(err)
	}
}

func TestAFormerMIDHasAQueueWhileTheBooksHaveItsRequests(t *testing.T) {
	t.Parallel()
	books := counts{"former": {refunds.StateApproved: 1}}
	queues, err := QueuesOf(t.Context(), books, mid, []string{"former", "never"})
	if want := []string{mid, "former"}; err != nil || !slices.Equal(queues, want) {
		t.Errorf("%q %v", queues, err)
	}
}

// counts are how many requests of a merchant are in each state.
type counts map[string]map[refunds.State]int64

func (c counts) CountStates(_ context.Context, mid string) (map[refunds.State]int64, error) {
	return c[mid], nil
}
