// Package intake brings the shop's orders in: files that the shop drops or a
// person imports, and a query on the shop's own database. It knows how orders are
// read and what of a source could not be, and neither the store nor what orders
// are compared with. Begin at Import.Run, which a person starts, and at
// Dropped.Refresh, which each night does.
package intake

import (
	"context"
	"fmt"
	"iter"
	"time"

	"daesa/app"
	"daesa/internal/hint"
	"daesa/internal/written"
	"daesa/orders"
	"daesa/pay"
)

// OrderTaker keeps the shop's orders. An *orders.BackwardError refuses a source
// whose rows would take orders back.
type OrderTaker interface {
	TakeOrders(ctx context.Context, rows iter.Seq2[pay.Order, error], how orders.Taking) (orders.Saved, error)
}

// OrderAllower lets one order go back once.
type OrderAllower interface {
	// OrdersOf gives the orders of a number, of one merchant or ("") all.
	OrdersOf(ctx context.Context, mid, orderID string) ([]pay.Order, error)
	AllowOrder(ctx context.Context, mid, orderID, note, actor string, now time.Time) error
}

// Allow is `orders allow`: the next file that would take the order back may.
type Allow struct {
	Store   OrderAllower
	MID     string // "": the only merchant that has the order
	OrderID string
	Note    string
	By      string
	Now     time.Time
}

// Run allows it, and gives the merchant that has it.
func (x Allow) Run(ctx context.Context) (mid string, err error) {
	known, err := x.Store.OrdersOf(ctx, x.MID, x.OrderID)
	switch {
	case err != nil:
		return "", err
	case len(known) == 0:
		return "", hint.Errorf("check the number; only an order that is stored can go back", "order %s: daesa does not know it", written.Shown(x.OrderID))
	case len(known) > 1:
		return "", &app.AskedError{Err: fmt.Errorf("order %s: several merchants have it", written.Shown(x.OrderID)), Next: "say which by --mid"}
	}
	return known[0].MID, x.Store.AllowOrder(ctx, known[0].MID, x.OrderID, x.Note, x.By, x.Now)
}
