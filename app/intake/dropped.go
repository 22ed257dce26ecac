package intake

import (
	"context"
	"errors"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"daesa/orders"
	"daesa/pay"
	"daesa/reconcile"
)

// FileTaker is an OrderTaker that knows the dropped files it has taken.
type FileTaker interface {
	OrderTaker
	OrderFiles(ctx context.Context) (map[string]orders.Taken, error)
	SaveOrderFile(ctx context.Context, file orders.Taken, now time.Time) error
}

// Dropped is the source csv: the files that the shop drops. A file is
// taken once: taken again it would put its orders over those of newer files.
type Dropped struct {
	Store   FileTaker
	Options orders.Options
	Glob    string
	Actor   string
	Now     func() time.Time
}

// lateFiles is how much older than the last complete night a file may look that
// was delivered after it with its own date.
const lateFiles = 7 * 24 * time.Hour

// Refresh imports the files that may be new since from, the oldest first. That
// the pattern finds no file, or a file has a bad row, is a gap of the shop's
// side. So is a row that would take an order back: it is left out, until it is
// allowed or a newer file has the order as it is stored.
func (d *Dropped) Refresh(ctx context.Context, from, _ time.Time) ([]reconcile.Gap, error) {
	files, err := orders.Files(d.Glob)
	if err != nil {
		return []reconcile.Gap{fileGap(d.Glob, err)}, nil
	}
	taken, err := d.Store.OrderFiles(ctx)
	if err != nil {
		return nil, err
	}
	read := reading{Dropped: d, now: d.Now(), back: map[orderKey]string{}}
	for _, file := range files {
		if file.Changed.Before(from.Add(-lateFiles)) {
			continue
		}
		switch covered := taken[file.Path].Covers(file, d.Options.Print()); {
		case !covered:
			read.take(ctx, orders.Taken{Dropped: file, Reader: d.Options.Print()})
		case len(read.back) > 0:
			read.compare(ctx, file.Path)
		}
	}
	if err := read.remember(ctx); err != nil {
		return nil, err
	}
	return append(read.gaps, read.backward()...), ctx.Err()
}

// orderKey is a merchant and an order number.
type orderKey [2]string

// reading is one pass over the files.
type reading struct {
	*Dropped
	now  time.Time
	done []orders.Taken
	gaps []reconcile.Gap
	// back are the orders that a file would take back, each with the newest such
	// file.
	back map[orderKey]string
}

// take takes the orders of a file, but for those that would go back.
func (r *reading) take(ctx context.Context, file orders.Taken) {
	if err := r.read(ctx, file.Path, false); err != nil {
		r.gaps = append(r.gaps, fileGap(filepath.Base(file.Path), err))
		return
	}
	r.done = append(r.done, file)
}

// compare looks whether a newer file, which was taken before, has the orders as
// they are stored.
func (r *reading) compare(ctx context.Context, path string) {
	if err := r.read(ctx, path, true); err != nil {
		r.gaps = append(r.gaps, fileGap(filepath.Base(path), err))
	}
}

// fileGap is an order file that was not taken.
func fileGap(name string, why error) reconcile.Gap {
	gap := reconcile.NewGap(reconcile.SideShop, reconcile.Part{Kind: reconcile.PartFile, Name: name}, why, reconcile.ReasonFile)
	var bad *orders.BadRow
	if errors.As(why, &bad) {
		gap.Cause.Reason, gap.Cause.Got = reconcile.ReasonRow, int64(bad.Line)
	}
	return gap
}

// read goes through a file. Orders that stand in it and would not go back by it
// are settled: a newer file agrees with what is stored.
func (r *reading) read(ctx context.Context, path string, dry bool) error {
	file, err := orders.OpenFile(path, r.Options)
	if err != nil {
		return err
	}
	defer file.Close()
	seen := map[orderKey]bool{}
	saved, err := r.Store.TakeOrders(ctx, r.watch(file.Orders(), seen), orders.Taking{
		Has: file.Columns().Stores, Source: filepath.Base(path), Actor: r.Actor, Now: r.now, Older: orders.Older{LeaveOut: true}, DryRun: dry,
	})
	if err != nil {
		return err
	}
	for _, row := range saved.Backward {
		key := orderKey{row.MID, row.OrderID}
		delete(seen, key)
		if !dry {
			r.back[key] = path
		}
	}
	for key := range seen {
		delete(r.back, key)
	}
	return nil
}

// watch notes which of the orders that would go back stand in a file.
func (r *reading) watch(rows iter.Seq2[pay.Order, error], seen map[orderKey]bool) iter.Seq2[pay.Order, error] {
	return func(yield func(pay.Order, error) bool) {
		for order, err := range rows {
			if key := (orderKey{order.MID, order.ID}); len(r.back) > 0 && r.back[key] != "" {
				seen[key] = true
			}
			if !yield(order, err) {
				return
			}
		}
	}
}

// remember keeps which files were taken, and which of them still wait.
func (r *reading) remember(ctx context.Context) error {
	waiting := map[string]bool{}
	for _, path := range r.back {
		waiting[path] = true
	}
	for _, file := range r.done {
		file.Waiting = waiting[file.Path]
		if err := r.Store.SaveOrderFile(ctx, file, r.now); err != nil {
			return err
		}
	}
	return nil
}

// backward are the gaps of the orders that would still go back, by file.
func (r *reading) backward() []reconcile.Gap {
	byFile := map[string][]string{}
	for key, path := range r.back {
		byFile[path] = append(byFile[path], key[1])
	}
	var gaps []reconcile.Gap
	for _, path := range slices.Sorted(maps.Keys(byFile)) {
		ids := byFile[path]
		gaps = append(gaps, fileGap(filepath.Base(path), &reconcile.Unread{Reason: reconcile.ReasonBackward, Got: int64(len(ids)), Name: slices.Min(ids)}))
	}
	return gaps
}
