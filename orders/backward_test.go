package orders

import (
	"strings"
	"testing"

	"daesa/pay"
)

// TestAnOrderNeverGoesBackByAnOlderFile lists what goes back, and what only
// goes on.
func TestAnOrderNeverGoesBackByAnOlderFile(t *testing.T) {
	state := func(status pay.OrderStatus, canceled, elsewhere int64) pay.Order {
		return pay.Order{ID: "o1", Currency: pay.KRW, Amount: 10000, Status: status, CanceledAmount: canceled, RefundedElsewhere: elsewhere}
	}
	paid, pending, canceled, partly := state(pay.OrderPaid, 0, 0), state(pay.OrderPending, 0, 0), state(pay.OrderCanceled, 10000, 0), state(pay.OrderPartiallyCanceled, 3000, 0)
	for name, c := range map[string]struct {
		stored, row pay.Order
		column      string
	}{
		"paid becomes pending":                             {paid, pending, "status"},
		"cancelled becomes paid":                           {canceled, paid, "canceled_amount"},
		"cancelled before it was paid becomes paid":        {state(pay.OrderCanceled, 0, 0), paid, "status"},
		"cancelled becomes pending":                        {state(pay.OrderCanceled, 0, 0), pending, "status"},
		"partly cancelled becomes paid":                    {partly, paid, "canceled_amount"},
		"partly cancelled becomes paid with its amount":    {partly, state(pay.OrderPaid, 3000, 0), "status"},
		"less cancelled":                                   {state(pay.OrderPartiallyCanceled, 5000, 0), partly, "canceled_amount"},
		"less given back elsewhere, more cancelled":        {state(pay.OrderPaid, 0, 4000), state(pay.OrderPartiallyCanceled, 6000, 0), "refunded_elsewhere"},
		"all cancelled becomes a part":                     {canceled, partly, "canceled_amount"},
		"pending becomes paid":                             {pending, paid, ""},
		"paid becomes cancelled":                           {paid, canceled, ""},
		"a part becomes all":                               {partly, canceled, ""},
		"cancelled, and a part was given back elsewhere":   {canceled, state(pay.OrderCanceled, 7000, 3000), ""},
		"failed becomes paid":                              {state(pay.OrderFailed, 0, 0), paid, ""},
		"deleted becomes pending":                          {state(pay.OrderDeleted, 0, 0), pending, ""},
		"paid becomes failed":                              {paid, state(pay.OrderFailed, 0, 0), ""},
		"cancelled becomes deleted":                        {state(pay.OrderCanceled, 0, 0), state(pay.OrderDeleted, 0, 0), ""},
		"the same again":                                   {partly, partly, ""},
		"all cancelled with the amount of a part, in word": {state(pay.OrderCanceled, 3000, 0), partly, ""},
	} {
		b, back := GoesBack(c.stored, c.row)
		if back != (c.column != "") || b.Column != c.column || back && (b.OrderID != "o1" || !strings.Contains(b.Reason, "an older file")) {
			t.Errorf("%s: %+v", name, b)
		}
	}
}
