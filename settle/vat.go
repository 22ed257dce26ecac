package settle

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"daesa/pay"
)

// Evidence is by what a sale is known to the tax office.
type Evidence string

// The evidences of the return.
const (
	ByCard    Evidence = "신용카드"
	ByReceipt Evidence = "현금영수증"
	ByPrepaid Evidence = "직불·선불전자지급수단"
	ByOther   Evidence = "기타"
)

// Evidences are all of them, in the order of the table.
var Evidences = []Evidence{ByCard, ByReceipt, ByPrepaid, ByOther}

// ParsePeriod reads YYYY-MM, or a quarter as YYYY-Qn; ok is false for anything
// else.
func ParsePeriod(text string) (from, to Month, ok bool) {
	if m, isMonth := ParseMonth(text); isMonth {
		return m, m, true
	}
	year, quarter, found := strings.Cut(text, "-Q")
	if !found || len(quarter) != 1 || quarter < "1" || quarter > "4" {
		return "", "", false
	}
	from, ok = ParseMonth(fmt.Sprintf("%s-%02d", year, 3*(quarter[0]-'0')-2))
	if !ok {
		return "", "", false
	}
	return from, from.Next().Next(), true
}

// receiptFrom is from how many won on a payment by transfer or virtual account
// must have a cash receipt.
const receiptFrom = 100_000

// Sale is one approval or cancel of a month, with what is known of its tax.
type Sale struct {
	Transaction
	Behind pay.Method // what pays behind easy pay; "" not known
	// TaxFree is the part without tax, above 0 also of a cancel; nil: not read.
	TaxFree *int64
	// VAT is Toss's own figure; nil: reckoned from the taxable part.
	VAT *int64
	// Receipt says whether a cash receipt was issued; nil: not looked up.
	Receipt *bool
}

// evidence is by what the sale is known. ok is false where that hangs on a cash
// receipt that was not looked up.
func (s Sale) evidence() (e Evidence, ok bool) {
	switch s.Method {
	case pay.Card:
		return ByCard, true
	case pay.EasyPay:
		if s.Behind == pay.Card {
			return ByCard, true
		}
		return s.orReceipt(ByPrepaid)
	case pay.Transfer, pay.VirtualAccount:
		return s.orReceipt(ByOther)
	case pay.GiftCertificate:
		if s.Receipt != nil && *s.Receipt {
			return ByReceipt, true
		}
		return ByOther, true
	default:
		return ByOther, true
	}
}

func (s Sale) orReceipt(other Evidence) (e Evidence, ok bool) {
	switch {
	case s.Receipt == nil:
		return other, false
	case *s.Receipt:
		return ByReceipt, true
	default:
		return other, true
	}
}

// VATRow is one line of the reference: an evidence, taxable or free of tax.
type VATRow struct {
	Evidence  Evidence
	Free      bool
	Count     int64
	Approvals int64
	Cancels   int64 // above 0
	Net       int64
	Supply    int64
	VAT       int64
}

// Nameless is a payment that should have a cash receipt and has none.
type Nameless struct {
	MID, OrderID, PaymentKey string
	Method                   pay.Method
	Day                      pay.Day
	Amount                   int64
}

// VATTable is the reference of some months of one currency.
type VATTable struct {
	Rows []VATRow
	// Unread are sales whose tax-free part was not read. They stand in no row:
	// unread is never 0.
	Unread, UnreadApprovals, UnreadCancels int64
	// Receipts are the sales whose cash receipt was asked for, LookedUp those of
	// which it was. The others stand under the evidence without one.
	Receipts, LookedUp int64
	Nameless           []Nameless
}

// VAT sums sales by evidence.
type VAT struct {
	rows  map[vatKey]*VATRow
	table VATTable
}

type vatKey struct {
	evidence Evidence
	free     bool
}

// Add takes one sale.
func (v *VAT) Add(s Sale) {
	evidence, read := s.evidence()
	if asksReceipt(s) {
		v.table.Receipts++
		if read {
			v.table.LookedUp++
		}
	}
	none := s.Receipt != nil && !*s.Receipt
	if none && !s.Transaction.Cancel() && s.Amount >= receiptFrom && (s.Method == pay.Transfer || s.Method == pay.VirtualAccount) {
		v.table.Nameless = append(v.table.Nameless, Nameless{s.MID, s.OrderID, s.PaymentKey, s.Method, pay.DayOf(s.At), s.Amount})
	}
	if s.TaxFree == nil {
		v.table.Unread++
		if s.Transaction.Cancel() {
			v.table.UnreadCancels -= s.Amount
		} else {
			v.table.UnreadApprovals += s.Amount
		}
		return
	}
	size := max(s.Amount, -s.Amount)
	taxed := size - *s.TaxFree
	vat := (2*taxed + 11) / 22 // a tenth on top, rounded
	if s.VAT != nil {
		vat = *s.VAT
	}
	v.put(evidence, false, s, taxed, vat)
	v.put(evidence, true, s, *s.TaxFree, 0)
}

// asksReceipt says whether the evidence of a sale hangs on a cash receipt.
func asksReceipt(s Sale) bool {
	return s.Method == pay.Transfer || s.Method == pay.VirtualAccount || s.Method == pay.EasyPay && s.Behind != pay.Card
}

func (v *VAT) put(evidence Evidence, free bool, s Sale, gross, vat int64) {
	if gross == 0 {
		return
	}
	if v.rows == nil {
		v.rows = map[vatKey]*VATRow{}
	}
	key := vatKey{evidence, free}
	row := v.rows[key]
	if row == nil {
		row = &VATRow{Evidence: evidence, Free: free}
		v.rows[key] = row
	}
	row.Count++
	sign := int64(1)
	if s.Transaction.Cancel() {
		sign = -1
		row.Cancels += gross
	} else {
		row.Approvals += gross
	}
	row.Net += sign * gross
	row.VAT += sign * vat
	row.Supply += sign * (gross - vat)
}

// Table is what the sales sum up to: two rows for each evidence, also where they
// are empty.
func (v *VAT) Table() VATTable {
	table := v.table
	for _, evidence := range Evidences {
		for _, free := range []bool{false, true} {
			row := VATRow{Evidence: evidence, Free: free}
			if sum := v.rows[vatKey{evidence, free}]; sum != nil {
				row = *sum
			}
			table.Rows = append(table.Rows, row)
		}
	}
	slices.SortFunc(table.Nameless, func(a, b Nameless) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.PaymentKey, b.PaymentKey))
	})
	return table
}
