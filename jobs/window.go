package jobs

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"daesa/pay"
)

// apiTransactions names the list in failures.
const apiTransactions = "GET /v1/transactions"

// stretch is a half-open part of the provider's time.
type stretch struct{ from, to time.Time }

func (s stretch) holds(at time.Time) bool { return !at.Before(s.from) && at.Before(s.to) }

// long says whether the stretch is longer than a second, the shortest that the
// provider can be asked for.
func (s stretch) long() bool { return s.to.Sub(s.from) > time.Second }

// String names the stretch in failures.
func (s stretch) String() string { return pay.FormatTime(s.from) + " to " + pay.FormatTime(s.to) }

// cut parts a stretch in two, between the first and the last of the rows that
// it showed, so that each half has fewer of them than the whole. The provider
// counts in whole seconds; ok is false where the stretch is not longer than one.
func (s stretch) cut(t tally) (first, second stretch, ok bool) {
	low, high := s.from, s.to
	if !t.first.IsZero() {
		low, high = t.first, t.last.Add(time.Second)
	}
	for _, at := range []time.Time{low.Add(high.Sub(low) / 2), high, low} {
		at = at.Truncate(time.Second)
		if at.After(s.from) && at.Before(s.to) {
			return stretch{s.from, at}, stretch{at, s.to}, true
		}
	}
	return s, s, false
}

// tally is what reading a stretch has shown so far. Two tallies of the same
// rows are equal in rows and sum, in whatever order the rows came.
type tally struct {
	rows        int64 // a row that comes again on the next page is counted once
	sum         uint64
	byMID       map[string]int64
	first, last time.Time // of the rows, in the provider's time
	bad         []pay.BadRow

	ended  bool   // an empty page came: the list has no more rows
	next   string // the key to go on after
	refuse error  // why it cannot be gone on with by key; nil: it can
	used   map[string]bool
	before map[uint64]bool // the rows of the page before
}

func (t tally) same(o tally) bool { return t.rows == o.rows && t.sum == o.sum }

// plus is what two halves showed together.
func (t tally) plus(o tally) tally {
	sum := tally{rows: t.rows + o.rows, sum: t.sum + o.sum, byMID: map[string]int64{}, bad: slices.Concat(t.bad, o.bad)}
	for _, half := range []tally{t, o} {
		for mid, n := range half.byMID {
			sum.byMID[mid] += n
		}
	}
	return sum
}

// rowSeed makes the hashes of this process's rows.
var rowSeed = maphash.MakeSeed()

// add counts the rows of a page. One that cannot be read is counted by its key.
func (t *tally) add(p pay.TransactionPage) {
	shown := make(map[uint64]bool, len(p.Rows)+len(p.Bad))
	for _, row := range p.Rows {
		at := row.At
		row.At = time.Time{} // a time has a zone, which is no part of the row
		if !t.count(shown, maphash.Comparable(rowSeed, struct {
			row pay.Transaction
			at  int64
		}{row, at.UnixNano()})) {
			continue
		}
		t.byMID[row.MID]++
		if t.first.IsZero() || at.Before(t.first) {
			t.first = at
		}
		if at.After(t.last) {
			t.last = at
		}
	}
	for _, row := range p.Bad {
		if t.count(shown, maphash.Comparable(rowSeed, row.Key)) || row.Key == "" {
			t.bad = append(t.bad, row)
		}
	}
	t.before = shown
}

// count counts a row unless this page or the one before showed it.
func (t *tally) count(shown map[uint64]bool, hash uint64) bool {
	if shown[hash] {
		return false
	}
	shown[hash] = true
	if t.before[hash] {
		return false
	}
	t.rows++
	t.sum += hash
	return true
}

// listReader reads stretches of one merchant's transaction list to an end that
// is proved. keep takes every page as it comes.
type listReader struct {
	provider Provider
	keep     func(ctx context.Context, p pay.TransactionPage) error
	most     int // requests
	requests int
	pages    int   // that came
	longest  int64 // rows of the longest of them
}

// read reads a stretch whole. A page that is shorter than what was asked for is
// not the end: a provider may give fewer rows than it has, and may leave some
// out. An empty page after the last key is; where the provider does not take
// that key, the stretch is read again in two halves, and the same rows are.
// The error is a *pay.Failure where the stretch could not be read, or its end
// not be proved.
func (r *listReader) read(ctx context.Context, s stretch) (tally, error) {
	t, err := r.begin(ctx, s)
	if err != nil {
		return t, err
	}
	return r.finish(ctx, s, t)
}

// begin reads the first page of a stretch.
func (r *listReader) begin(ctx context.Context, s stretch) (tally, error) {
	t := tally{byMID: map[string]int64{}, used: map[string]bool{"": true}}
	return t, r.turn(ctx, s, &t)
}

// finish goes on by key for as long as that can be done.
func (r *listReader) finish(ctx context.Context, s stretch, t tally) (tally, error) {
	for !t.ended && t.refuse == nil {
		if err := r.turn(ctx, s, &t); err != nil {
			return t, err
		}
	}
	if t.ended {
		return t, nil
	}
	return r.prove(ctx, s, t)
}

// prove reads a stretch again in two halves. Where these show other rows than
// the whole did, the whole was cut, and each half must prove itself. So must a
// half that shows all the rows of the whole: it may be cut where the whole was.
func (r *listReader) prove(ctx context.Context, s stretch, whole tally) (tally, error) {
	first, second, ok := s.cut(whole)
	if !ok && whole.rows < r.longest {
		return whole, nil // a provider that cuts cuts at a number, and has given more
	}
	if !ok {
		return whole, &pay.Failure{Kind: pay.FailurePaging, API: apiTransactions, About: s.String(),
			Err: fmt.Errorf("the end of the list could not be proved: %w", whole.refuse)}
	}
	a, err := r.begin(ctx, first)
	if err != nil {
		return a, err
	}
	b, err := r.begin(ctx, second)
	if err != nil {
		return b, err
	}
	if a.plus(b).same(whole) {
		switch {
		case a.rows == whole.rows && first.long():
			return r.prove(ctx, first, a)
		case b.rows == whole.rows && second.long():
			return r.prove(ctx, second, b)
		}
		return whole, nil
	}
	if a, err = r.finish(ctx, first, a); err != nil {
		return a, err
	}
	if b, err = r.finish(ctx, second, b); err != nil {
		return b, err
	}
	return a.plus(b), nil
}

// turn reads the next page of a stretch.
func (r *listReader) turn(ctx context.Context, s stretch, t *tally) error {
	if r.requests++; r.requests > r.most {
		return unreadable(s, "the list has no end: %d pages were asked for", r.most)
	}
	page, err := r.provider.Transactions(ctx, s.from, s.to, t.next)
	var failure *pay.Failure
	switch {
	case errors.As(err, &failure) && failure.Kind == pay.FailurePaging && t.next != "":
		t.refuse = failure
		return nil
	case err != nil:
		return err
	}
	r.pages++
	for _, row := range page.Rows {
		if !s.holds(row.At) {
			return unreadable(s, "a row of %s was not asked for: the answer is about another time", pay.FormatTime(row.At))
		}
	}
	if err := r.keep(ctx, page); err != nil {
		return err
	}
	if page.Empty() {
		t.ended = true
		return nil
	}
	r.longest = max(r.longest, int64(len(page.Rows)+len(page.Bad)))
	t.add(page)
	if t.used[page.Next] {
		t.refuse = fmt.Errorf("the pages repeat: this one ends with a key that an earlier one ended with")
		return nil
	}
	t.used[page.Next], t.next = true, page.Next
	return nil
}

func unreadable(s stretch, format string, values ...any) error {
	return &pay.Failure{Kind: pay.FailureUnreadable, API: apiTransactions, About: s.String(), Err: fmt.Errorf(format, values...)}
}
