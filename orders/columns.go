// Package orders brings the shop's records in: from files that people or the
// shop drop, and from a read-only query on the shop's database. Both give the
// columns of contract section 4 and go through one decoder, so that a rule
// stands once. Nothing is guessed: what is not certain is refused with its
// file, line, column, value and reason.
package orders

import (
	"slices"

	"daesa/pay"
)

// Columns says which columns a source has. What a source lacks keeps its value
// when an order is stored again; what it has and leaves empty is cleared.
type Columns uint32

// The columns of an order file, in the order of the contract.
const (
	ColumnOrderID Columns = 1 << iota
	ColumnMID
	ColumnPaymentKey
	ColumnMethod
	ColumnStatus
	ColumnAmount
	ColumnCanceledAmount
	ColumnRefundedElsewhere
	ColumnTaxFreeAmount
	ColumnPG
	ColumnCurrency
	ColumnOrderedAt
	ColumnPaidAt
	ColumnCanceledAt
	ColumnCustomerRef

	// AllColumns is every one of them.
	AllColumns = ColumnCustomerRef<<1 - 1

	// columnPaidUnknown is of a source without paid_at that says so.
	columnPaidUnknown = ColumnCustomerRef << 1
	// columnMixedRefunds is of a source that says whether an order is one of
	// pay.Order's MixedRefunds.
	columnMixedRefunds = ColumnCustomerRef << 2
)

// The names, as they stand in a header.
const (
	orderID           = "order_id"
	mid               = "mid"
	paymentKey        = "payment_key"
	method            = "method"
	status            = "status"
	amount            = "amount"
	canceledAmount    = "canceled_amount"
	refundedElsewhere = "refunded_elsewhere"
	taxFreeAmount     = "tax_free_amount"
	pg                = "pg"
	currency          = "currency"
	orderedAt         = "ordered_at"
	paidAt            = "paid_at"
	canceledAt        = "canceled_at"
	customerRef       = "customer_ref"
)

var columnNames = []string{
	orderID, mid, paymentKey, method, status, amount, canceledAmount, refundedElsewhere,
	taxFreeAmount, pg, currency, orderedAt, paidAt, canceledAt, customerRef,
}

// required are the columns that every source has; with several merchants mid
// is one more.
var required = []string{orderID, status, amount, orderedAt}

// Has says whether all columns of wanted are among c.
func (c Columns) Has(wanted Columns) bool { return c&wanted == wanted }

// Names are the names of the columns, in the order of the contract.
func (c Columns) Names() []string {
	var names []string
	for i, name := range columnNames {
		if c.Has(1 << i) {
			names = append(names, name)
		}
	}
	return names
}

// Stores says whether an order of the source replaces what is stored in a
// column of the orders table: one of the source's own columns, or one of the
// two that say what a column of the source means.
func (c Columns) Stores(column string) bool {
	switch column {
	case "mixed_refunds":
		return c.Has(ColumnCanceledAmount) || c.Has(columnMixedRefunds)
	case "paid_unknown":
		return c.Has(ColumnPaidAt) || c.Has(columnPaidUnknown)
	}
	i := slices.Index(columnNames, column)
	return i >= 0 && c.Has(1<<i)
}

func columnsOf(has func(name string) bool) Columns {
	var c Columns
	for i, name := range columnNames {
		if has(name) {
			c |= 1 << i
		}
	}
	return c
}

// Merge is the order as it stands after row, which came from a source with
// these columns: see Merging.
func (c Columns) Merge(stored, row pay.Order) pay.Order {
	return NewMerging(c.Stores).Merge(stored, row)
}

// Merging is how the orders of one source replace those that are stored.
type Merging struct {
	keeps []func(merged, stored *pay.Order)
}

// NewMerging asks once which columns of the orders table the source gives.
func NewMerging(has func(column string) bool) Merging {
	var m Merging
	for _, each := range keepers {
		if !has(each.column) {
			m.keeps = append(m.keeps, each.keep)
		}
	}
	if !has(canceledAmount) {
		m.keeps = append(m.keeps, func(merged, stored *pay.Order) {
			settled := stored.Status == pay.OrderCanceled && stored.CanceledAmount > 0
			if merged.Status == pay.OrderCanceled && !settled {
				merged.CanceledAmount = impliedCancel(*merged)
			}
		})
	}
	return m
}

// Merge is the order as it stands after row: what the source has replaces, what it
// lacks keeps its value. One value follows from others: where the source has no
// canceled_amount and the order becomes canceled, what was paid must go back, for
// else an order that the shop cancelled would count as paid. An amount that a
// canceled order already has stays. The result is to be checked again
// (pay.Order.Check).
func (m Merging) Merge(stored, row pay.Order) pay.Order {
	for _, keep := range m.keeps {
		keep(&row, &stored)
	}
	return row
}

// keepers keep a column's value.
var keepers = []struct {
	column string
	keep   func(merged, stored *pay.Order)
}{
	{paymentKey, func(merged, stored *pay.Order) { merged.PaymentKey = stored.PaymentKey }},
	{method, func(merged, stored *pay.Order) { merged.Method = stored.Method }},
	{status, func(merged, stored *pay.Order) { merged.Status = stored.Status }},
	{amount, func(merged, stored *pay.Order) { merged.Amount = stored.Amount }},
	{canceledAmount, func(merged, stored *pay.Order) { merged.CanceledAmount = stored.CanceledAmount }},
	{refundedElsewhere, func(merged, stored *pay.Order) { merged.RefundedElsewhere = stored.RefundedElsewhere }},
	{taxFreeAmount, func(merged, stored *pay.Order) { merged.TaxFreeAmount = stored.TaxFreeAmount }},
	{pg, func(merged, stored *pay.Order) { merged.PG = stored.PG }},
	{currency, func(merged, stored *pay.Order) { merged.Currency = stored.Currency }},
	{orderedAt, func(merged, stored *pay.Order) { merged.OrderedAt = stored.OrderedAt }},
	{paidAt, func(merged, stored *pay.Order) { merged.PaidAt = stored.PaidAt }},
	{canceledAt, func(merged, stored *pay.Order) { merged.CanceledAt = stored.CanceledAt }},
	{customerRef, func(merged, stored *pay.Order) { merged.CustomerRef = stored.CustomerRef }},
	{"mixed_refunds", func(merged, stored *pay.Order) { merged.MixedRefunds = stored.MixedRefunds }},
	{"paid_unknown", func(merged, stored *pay.Order) { merged.PaidUnknown = stored.PaidUnknown }},
}

// impliedCancel is what must go back through Toss where the shop gives no
// canceled_amount: for a canceled order what was paid, less what was already
// given back elsewhere; nothing where nothing was ever paid.
func impliedCancel(o pay.Order) int64 {
	if o.Status != pay.OrderCanceled || o.PaidAt.IsZero() {
		return 0
	}
	return max(0, o.Amount-o.RefundedElsewhere)
}
