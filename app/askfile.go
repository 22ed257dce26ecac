package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"daesa/internal/hint"
	"daesa/internal/table"
	"daesa/pay"
	"daesa/refunds"
)

const (
	// looksLive is for how long a look-up of a file whose plan did not come to its
	// end stands for planning. The look-up before a send asks again anyway.
	looksLive = time.Hour
	// looksAtOnce bounds the look-ups on their way; the pace is the provider's.
	looksAtOnce = 4
	// strangeAnswers of the provider are taken for what is wrong with some rows;
	// one more, and the provider is not to be understood.
	strangeAnswers = 5
)

// Look is one look-up of a file.
type Look struct {
	MID      string
	Asked    string // what was asked for: askedFor of a row
	Payment  pay.Payment
	Evidence pay.Evidence // empty where it was kept before
	At       time.Time
}

// Looks keeps the look-ups of a file until its plan is whole, so that a run that
// was stopped goes on where it was. What shows a refund account is not kept.
type Looks interface {
	Looks(ctx context.Context, batch string, since time.Time) ([]Look, error)
	// KeepLook keeps the look-up, and its evidence as any other.
	KeepLook(ctx context.Context, batch string, look Look) error
	// ForgetLooks forgets those of the file, and all from before a time.
	ForgetLooks(ctx context.Context, batch string, before time.Time) error
}

// askedFor is what a row's look-up asks for.
func askedFor(asking refunds.Asking) string {
	if asking.PaymentKey != "" {
		return "payment " + asking.PaymentKey
	}
	return "order " + asking.OrderID
}

// FilePlan is the work on a file: what is to be looked up first.
type FilePlan struct {
	a       *Asker
	askings []refunds.Asking
	looks   map[look]Look
	kept    int              // of looks, when the work began
	todo    []refunds.Asking // one for each look-up that is not there
	planned map[look]bool    // kept or among todo
	refused map[look]error   // by the look-up

	batch  refunds.Batch
	faults table.Faults
	wrong  map[int][]string // columns with a fault, by line
	faulty []refunds.Asking // rows that are refused anyway, and looked up too
}

type look struct{ mid, asked string }

// PlanFile begins to plan a file: rows of one payment share a look-up, and what
// was looked up for the same file within the last hour, by a run that was
// stopped, is not looked up again.
func (a *Asker) PlanFile(ctx context.Context, askings []refunds.Asking) (*FilePlan, error) {
	f := &FilePlan{a: a, askings: askings, looks: map[look]Look{}}
	for _, asking := range askings {
		if asking.Account != nil && a.Sealer == nil { // before hours of look-ups
			return nil, &NoKeyError{asking.OrderID + asking.PaymentKey}
		}
	}
	if a.Looks != nil {
		kept, err := a.Looks.Looks(ctx, a.Batch, a.Clock().Add(-looksLive))
		if err != nil {
			return nil, err
		}
		for _, each := range kept {
			f.looks[look{each.MID, each.Asked}] = each
		}
	}
	f.kept = len(f.looks)
	f.planned = map[look]bool{}
	for key := range f.looks {
		f.planned[key] = true
	}
	for _, asking := range askings {
		f.want(asking)
	}
	return f, nil
}

// want looks a row's payment up, unless that is planned already.
func (f *FilePlan) want(asking refunds.Asking) {
	if key := (look{asking.MID, askedFor(asking)}); !f.planned[key] {
		f.planned[key] = true
		f.todo = append(f.todo, asking)
	}
}

// LookUps says how many look-ups are to be made, and how many were kept.
func (f *FilePlan) LookUps() (todo, kept int) { return len(f.todo), f.kept }

// Takes says how long the look-ups take at the provider's pace: each merchant
// and each API has its own.
func (f *FilePlan) Takes() time.Duration {
	var longest time.Duration
	number := map[[2]string]int{}
	for _, asking := range f.todo {
		api := [2]string{asking.MID, "order"}
		if asking.PaymentKey != "" {
			api[1] = "payment"
		}
		number[api]++
		if perMinute := f.a.Merchants[asking.MID].PerMinute; perMinute > 0 {
			longest = max(longest, time.Duration(number[api])*time.Minute/time.Duration(perMinute))
		}
	}
	return longest
}

// StoppedError says that the look-ups of a file came to no end. What was looked
// up is kept for an hour.
type StoppedError struct {
	Done, Total int
	Err         error
}

// Error says how far it came, and why not further.
func (e *StoppedError) Error() string {
	return fmt.Sprintf("%d of %d payments were looked up: %v", e.Done, e.Total, e.Err)
}

// Unwrap gives the cause.
func (e *StoppedError) Unwrap() error { return e.Err }

// Hint says that nothing is lost, and what the cause asks for.
func (e *StoppedError) Hint() string {
	next := "nothing was imported; run it again within the hour with the same file, and it goes on where it stopped"
	if of := hint.Of(e.Err); of != "" {
		next += "; " + of
	}
	return next
}

// Run looks everything up, several at once, and then plans the rows in the
// file's order: a later row of a payment is planned as the store will take it,
// beside the rows before it. Where the provider cannot be asked the error is a
// *StoppedError, and nothing is planned; what it says of one payment is that
// row's refusal.
func (f *FilePlan) Run(ctx context.Context) ([]Planned, error) {
	var err error
	if f.refused, err = f.lookUp(ctx); err != nil {
		return nil, err
	}
	rows := make([]Planned, len(f.askings))
	ahead := map[order][]refunds.Request{}
	twice := f.whollyTwice()
	for i, asking := range f.askings {
		key := look{asking.MID, askedFor(asking)}
		if err := f.refused[key]; err != nil {
			rows[i] = Planned{Asking: asking, Err: err}
			continue
		}
		if err := twice[i]; err != nil {
			rows[i] = Planned{Asking: asking, Err: err}
			continue
		}
		of := order{asking.MID, f.looks[key].Payment.OrderID}
		rows[i], err = f.a.plan(ctx, asking, f.looks[key], ahead[of])
		if err != nil {
			return nil, &StoppedError{Done: len(f.looks) + len(f.refused), Total: len(f.todo) + f.kept, Err: err}
		}
		if rows[i].New() {
			ahead[of] = append(ahead[of], rows[i].Adding.Request)
		}
	}
	sayEqual(rows)
	if f.a.Looks != nil {
		return rows, f.a.Looks.ForgetLooks(ctx, f.a.Batch, f.a.Clock().Add(-looksLive))
	}
	return rows, nil
}

type order struct{ mid, id string }

// whollyTwice finds the rows without a ref that turn out to name one payment, one
// by its key and one by its order: which of them is right is for a person to say.
// It gives the refusals by the number of the row among those without a fault.
func (f *FilePlan) whollyTwice() map[int]error {
	rows := slices.Concat(f.askings, f.faulty)
	first, refused := map[look]int{}, map[int]error{}
	for i, asking := range rows {
		found, ok := f.looks[look{asking.MID, askedFor(asking)}]
		if !ok || asking.Ref != "" {
			continue
		}
		key := look{asking.MID, found.Payment.PaymentKey}
		other, twice := first[key]
		if !twice {
			first[key] = i
			continue
		}
		refused[i], refused[other] = refunds.SamePayment(asking, rows[other].Line), refunds.SamePayment(rows[other], asking.Line)
	}
	return refused
}

// sayEqual says of the rows of a file that equal another one of it that they are
// approved by their ids: the store marks the earlier one, too.
func sayEqual(rows []Planned) {
	at := map[string]int{}
	for i := range rows {
		if !rows[i].New() {
			continue
		}
		at[rows[i].Adding.Request.ID] = i
		if first, ok := at[rows[i].Adding.Request.SameAs]; ok && rows[first].Adding.Request.State == refunds.StateRequested {
			rows[first].Warning = rows[first].Warning.And(refunds.SaidEqual(rows[i].Adding.Request.ID))
		}
	}
}

// lookUp makes the look-ups that are not there yet. What is refused is of one
// row.
func (f *FilePlan) lookUp(ctx context.Context) (map[look]error, error) {
	var mu sync.Mutex
	var done atomic.Int64
	refused := map[look]error{}
	strange := 0
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(looksAtOnce)
	for _, asking := range f.todo {
		if groupCtx.Err() != nil {
			break
		}
		group.Go(func() error {
			found, err := f.a.lookUp(groupCtx, asking)
			mu.Lock()
			defer mu.Unlock()
			key := look{asking.MID, askedFor(asking)}
			switch {
			case err == nil:
				f.looks[key] = found
				err = f.keep(context.WithoutCancel(ctx), found) // it was made: also while another one fails
			case ofTheRow(err):
				refused[key], err = err, nil
			case isStrange(err) && strange < strangeAnswers:
				strange++
				refused[key], err = err, nil
			}
			if err == nil && f.a.Progress != nil {
				f.a.Progress(int(done.Add(1)), len(f.todo))
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, &StoppedError{Done: len(f.looks) + len(refused), Total: len(f.todo) + f.kept, Err: err}
	}
	return refused, nil
}

// keep keeps a look-up for the next run. A payment that has a virtual account
// may show whose it is, and is looked up again.
func (f *FilePlan) keep(ctx context.Context, found Look) error {
	if f.a.Looks == nil || found.Payment.Account != nil {
		return nil
	}
	found.Payment.Secret = ""
	return f.a.Looks.KeepLook(ctx, f.a.Batch, found)
}

// isStrange says whether the provider answered what is no answer to a look-up:
// about one payment that may be, for all of them it is a fault on the way.
func isStrange(err error) bool {
	var failure *pay.Failure
	return errors.As(err, &failure) && slices.Contains([]pay.FailureKind{pay.FailureUnreadable, pay.FailureUnclassed}, failure.Kind)
}

// Addings are the rows as the store takes them: none may be refused.
func Addings(rows []Planned) []refunds.Adding {
	addings := make([]refunds.Adding, len(rows))
	for i, row := range rows {
		addings[i] = row.Adding
	}
	return addings
}
