package settle

import (
	"slices"
	"strings"

	"daesa/pay"
	"daesa/reconcile"
)

// Basis is the date by which Toss's monthly fee invoice goes.
type Basis string

// The words of the configuration.
const (
	BasisSold Basis = "sold"
	BasisPaid Basis = "paid"
)

// Invoice is the fee invoice of one month, as a person entered it.
type Invoice struct {
	Month    Month
	MIDs     []string
	Currency pay.Currency
	Supply   int64
	VAT      int64
	Issued   pay.Day
}

// InvoiceSum is the fee of some rows.
type InvoiceSum struct {
	Rows   int64
	Supply int64 // without VAT, an interest fee beside the fee included
	VAT    int64
}

func (s *InvoiceSum) add(r Row, sign int64) {
	s.Rows++
	s.Supply += sign * r.FeeOf()
	s.VAT += sign * r.VAT
}

// InvoiceBridge leads from the fees of a month by transaction, which the
// roll-forward has, to the rows that the invoice is of.
type InvoiceBridge struct {
	Transacted InvoiceSum // of the month's transactions
	Later      InvoiceSum // of these, invoiced with another month: taken off, so negative
	Earlier    InvoiceSum // of another month's transactions, invoiced with this one
	Invoiced   InvoiceSum // the rows that the invoice should be of
}

// Fees sums rows for the invoice of one month.
type Fees struct {
	month  Month
	basis  Basis
	bridge InvoiceBridge
}

// NewFees sums for a month; an unknown basis is BasisSold.
func NewFees(month Month, basis Basis) *Fees { return &Fees{month: month, basis: basis} }

// Add takes one current row of the invoice's merchants and currency.
func (f *Fees) Add(r Row) {
	if r.Withdrawn {
		return
	}
	r = r.inCents()
	by := r.SoldDate
	if f.basis == BasisPaid {
		by = r.PaidOutDate
	}
	transacted, invoiced := MonthOf(r.TransactedAt()) == f.month, MonthOfDay(by) == f.month
	if transacted {
		f.bridge.Transacted.add(r, 1)
	}
	if invoiced {
		f.bridge.Invoiced.add(r, 1)
	}
	switch {
	case transacted && !invoiced:
		f.bridge.Later.add(r, -1)
	case invoiced && !transacted:
		f.bridge.Earlier.add(r, 1)
	}
}

// Bridge is what the rows sum up to.
func (f *Fees) Bridge() InvoiceBridge { return f.bridge }

// Compare holds an invoice against the rows: supply exactly, the VAT within one
// of the smallest unit for each row, since an invoice may round once where each
// row does. nil: they agree.
func (i Invoice) Compare(b InvoiceBridge) *reconcile.Finding {
	vat := i.VAT - b.Invoiced.VAT
	if i.Supply == b.Invoiced.Supply && max(vat, -vat) <= b.Invoiced.Rows {
		return nil
	}
	mids := slices.Sorted(slices.Values(i.MIDs))
	local, invoiced, none := b.Invoiced.Supply+b.Invoiced.VAT, i.Supply+i.VAT, int64(0)
	difference := invoiced - local
	return &reconcile.Finding{
		MID: strings.Join(mids, ","), Subject: SubjectOfMonth(i.Month, i.Currency), Kind: reconcile.FeeInvoiceMismatch, Currency: i.Currency,
		LocalAmount: &local, ProviderAmount: &invoiced, LocalStatus: string(i.Month), ProviderStatus: string(i.Issued),
		Amount: &difference, Share: &none, MovedAt: i.Issued.Start(),
	}
}
