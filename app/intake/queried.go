package intake

import (
	"context"
	"errors"
	"time"

	"daesa/orders"
	"daesa/reconcile"
)

// ShopDatabase is the shop's own database, opened for reading.
type ShopDatabase interface {
	orders.Beginner
	Close() error
}

// Queried is the source query: a SELECT on the shop's own database.
type Queried struct {
	Store OrderTaker
	// Open opens the shop's database, and says which dialect it speaks.
	Open    func(ctx context.Context) (db ShopDatabase, dialect string, err error)
	SQL     string
	Options orders.QueryOptions
	Actor   string
	Now     func() time.Time
}

// Refresh runs the query for what changed since from. A database or a query that
// does not answer as it should is a gap of the shop's side.
func (q *Queried) Refresh(ctx context.Context, from, to time.Time) ([]reconcile.Gap, error) {
	gap := func(why error) ([]reconcile.Gap, error) {
		return []reconcile.Gap{reconcile.NewGap(reconcile.SideShop, reconcile.Part{Kind: reconcile.PartQuery}, why, reconcile.ReasonQuery)}, ctx.Err()
	}
	shop, dialect, err := q.Open(ctx)
	if err != nil {
		return gap(err)
	}
	defer shop.Close()
	query, err := orders.FromQuery(ctx, shop, dialect, q.SQL, from, to, q.Options)
	if err != nil {
		return gap(err)
	}
	_, err = q.Store.TakeOrders(ctx, query.Orders(), orders.Taking{
		Has: query.Columns().Stores, Source: "orders.query", Actor: q.Actor, Now: q.Now(), Older: orders.Older{Taken: true},
	})
	if err = errors.Join(err, query.Close()); err != nil {
		return gap(err)
	}
	return nil, nil
}
