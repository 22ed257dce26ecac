package app

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"daesa/pay"
	"daesa/settle"
)

// SalesBooks know the approvals and cancels of merchants, and how far they were read.
type SalesBooks interface {
	// Sales calls each with what happened on some days, by its own date.
	Sales(ctx context.Context, mid string, from, to pay.Day, each func(settle.Sale) error) error
	// TransactionDays gives the days of the transaction list that were read whole, and
	// when last.
	TransactionDays(ctx context.Context, mid string, from, to pay.Day) (map[pay.Day]time.Time, error)
	// LedgerTaken says until when sales are what was read; zero: never.
	LedgerTaken(ctx context.Context, mid string) (time.Time, error)
	MonthVersions(ctx context.Context) ([]settle.Version, error)
}

// VATReference is `close vat`: the sales of some months by evidence.
type VATReference struct {
	Books    SalesBooks
	MIDs     []string
	From, To settle.Month
}

// VATOf is the reference in one currency.
type VATOf struct {
	Currency pay.Currency
	settle.VATTable
}

// VATFigures are the reference of a period.
type VATFigures struct {
	Tables []VATOf // by currency; none: nothing was sold
	// Locked says that every month of the period is.
	Locked bool
	// Unread are days of the period whose transactions were not read of each merchant,
	// Untaken those that were read since the sales were last brought up to date. The
	// figures lack them, or what is new of them.
	Unread, Untaken []pay.Day
}

// Figures sums the sales of all merchants; memory stays flat.
func (v VATReference) Figures(ctx context.Context, today pay.Day) (VATFigures, error) {
	sums := map[pay.Currency]*settle.VAT{}
	for _, mid := range v.MIDs {
		err := v.Books.Sales(ctx, mid, v.From.First(), v.To.Last(), func(s settle.Sale) error {
			if sums[s.Currency] == nil {
				sums[s.Currency] = &settle.VAT{}
			}
			sums[s.Currency].Add(s)
			return nil
		})
		if err != nil {
			return VATFigures{}, err
		}
	}
	var figures VATFigures
	for _, c := range slices.Sorted(maps.Keys(sums)) {
		figures.Tables = append(figures.Tables, VATOf{c, sums[c].Table()})
	}
	versions, err := v.Books.MonthVersions(ctx)
	if err != nil {
		return VATFigures{}, err
	}
	figures.Locked = true
	for m := v.From; m <= v.To; m = m.Next() {
		figures.Locked = figures.Locked && slices.ContainsFunc(versions, func(x settle.Version) bool { return x.Month == m && x.Reopened.IsZero() })
	}
	return figures, v.coverage(ctx, &figures, min(v.To.Last(), today))
}

// coverage finds the days that the figures lack, up to one.
func (v VATReference) coverage(ctx context.Context, figures *VATFigures, until pay.Day) error {
	unread, untaken := map[pay.Day]bool{}, map[pay.Day]bool{}
	for _, mid := range v.MIDs {
		read, err := v.Books.TransactionDays(ctx, mid, v.From.First(), until)
		if err != nil {
			return err
		}
		taken, err := v.Books.LedgerTaken(ctx, mid)
		if err != nil {
			return err
		}
		for day := v.From.First(); day <= until; day = day.Add(1) {
			switch at, ok := read[day]; {
			case !ok:
				unread[day] = true
			case at.After(taken):
				untaken[day] = true
			}
		}
	}
	figures.Unread, figures.Untaken = slices.Sorted(maps.Keys(unread)), slices.Sorted(maps.Keys(untaken))
	return nil
}

// SalesLookUps looks up payments of which the reference could know more, within the
// pace: most money first.
type SalesLookUps struct {
	VATReference
	Provider func(mid string) (PaymentLooker, error)
	Keep     LookUpKeeper
	Most     int // calls of one run
	Clock    func() time.Time
	Step     func(done, total int64)
}

// PaymentLooker asks Toss about a payment, when its turn has come.
type PaymentLooker interface {
	Payment(ctx context.Context, paymentKey string) (pay.Payment, pay.Evidence, error)
}

// LookUpKeeper keeps what a look-up showed.
type LookUpKeeper interface {
	SaveLookUp(ctx context.Context, p pay.Payment, evidence pay.Evidence, now time.Time) error
}

// SalesLookedUp is what look-ups of a period came to.
type SalesLookedUp struct {
	Wanted int64 // approvals and cancels of which something was not known
	Asked  int64 // payments
	Failed int64 // of those asked
	Last   error // why the last of them failed
}

// failuresAllowed is after how many failures in a row no more is asked: the provider is
// not well.
const failuresAllowed = 5

// Run asks. What failed is asked again by the next run; a wrong key ends it.
func (x SalesLookUps) Run(ctx context.Context) (sum SalesLookedUp, err error) {
	list, wanted, err := x.wanted(ctx)
	sum.Wanted = wanted
	if err != nil {
		return sum, err
	}
	clients := map[string]PaymentLooker{}
	inRow := 0
	for i, w := range list {
		if clients[w.mid] == nil {
			if clients[w.mid], err = x.Provider(w.mid); err != nil {
				return sum, err
			}
		}
		x.Step(int64(i), int64(len(list)))
		sum.Asked++
		err := x.ask(ctx, clients[w.mid], w)
		var failure *pay.Failure
		switch {
		case err == nil:
			inRow = 0
			continue
		case ctx.Err() != nil || !errors.As(err, &failure) || failure.Kind == pay.FailureKey:
			return sum, err
		}
		sum.Failed++
		sum.Last = err
		if failure.Kind != pay.FailureNotFound {
			inRow++
		}
		if inRow == failuresAllowed {
			break
		}
	}
	return sum, nil
}

// ask looks one payment up and keeps it.
func (x SalesLookUps) ask(ctx context.Context, client PaymentLooker, w wantedLook) error {
	p, evidence, err := client.Payment(ctx, w.key)
	if err != nil {
		return err
	}
	if p, err = p.Under(w.mid); err != nil {
		return &pay.Failure{Kind: pay.FailureUnreadable, API: "look-up", About: w.key, Err: err}
	}
	return x.Keep.SaveLookUp(ctx, p, evidence, x.Clock())
}

// wantedLook is a payment that is to be looked up, and the money that hangs on it.
type wantedLook struct {
	mid, key string
	size     int64
}

// wanted are the payments with the most money, and of how many approvals and cancels
// something is not known.
func (x SalesLookUps) wanted(ctx context.Context) (list []wantedLook, all int64, err error) {
	keep := func(most int) {
		slices.SortFunc(list, func(a, b wantedLook) int {
			return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.mid, b.mid), cmp.Compare(a.key, b.key))
		})
		seen := map[[2]string]bool{} // a payment and its cancels are one look-up
		list = slices.DeleteFunc(list, func(w wantedLook) bool {
			again := seen[[2]string{w.mid, w.key}]
			seen[[2]string{w.mid, w.key}] = true
			return again
		})
		list = list[:min(len(list), most)]
	}
	for _, mid := range x.MIDs {
		err := x.Books.Sales(ctx, mid, x.From.First(), x.To.Last(), func(s settle.Sale) error {
			if !s.WantsLookUp() {
				return nil
			}
			all++
			if list = append(list, wantedLook{mid, s.PaymentKey, max(s.Amount, -s.Amount)}); len(list) >= 4*max(x.Most, 1000) {
				keep(2 * x.Most)
			}
			return nil
		})
		if err != nil {
			return nil, all, err
		}
	}
	keep(x.Most)
	return list, all, nil
}
