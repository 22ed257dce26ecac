package pay

import "time"

// Settlement (정산) is one row of what Toss pays out to the shop: an approval
// or, with negative amounts, a cancel. Amounts are in the smallest unit of
// Currency (https://docs.tosspayments.com/guides/apis/settlements).
type Settlement struct {
	MID            string
	PaymentKey     string
	TransactionKey string
	OrderID        string
	Currency       Currency
	Method         Method
	Amount         int64
	InterestFee    int64
	Fee            int64 // the sum of Fees, and SupplyAmount plus VAT
	Fees           []Fee
	SupplyAmount   int64 // of the fee
	VAT            int64 // of the fee
	PayOutAmount   int64 // Amount less Fee
	ApprovedAt     time.Time
	CanceledAt     time.Time // of a cancel row, whose ApprovedAt is still that of the payment
	Canceled       *Cancel
	SoldDate       Day
	PaidOutDate    Day
	CardType       string // of card: 신용, 체크, 기프트, as Toss writes it; "" elsewhere
	Issuer         string // of card: the issuer's code
	Provider       string // of easy pay
}

// SettledBy is which of a row's two dates a list is asked by: Toss's dateType.
type SettledBy string

// Toss's words.
const (
	BySold    SettledBy = "soldDate"
	ByPaidOut SettledBy = "paidOutDate"
)

// Of is the date under which such a list shows a row.
func (by SettledBy) Of(row Settlement) Day {
	if by == ByPaidOut {
		return row.PaidOutDate
	}
	return row.SoldDate
}

// Fee (수수료) is one part of the fee of a settlement row; Type is Toss's word
// (BASE, INSTALLMENT_DISCOUNT, INSTALLMENT, POINT_SAVING, ETC).
type Fee struct {
	Type   string
	Amount int64
}

// SettlementPage is one page of settlement rows.
type SettlementPage struct {
	Rows     []Settlement // of the day that was asked for, each with its key and both dates
	Bad      []BadRow     // rows of that day, or of no day, that cannot be read
	Shown    int          // rows of the page, whatever day they are of; 0 ends a list
	Evidence Evidence
}

// BadRow is a row of a list that cannot be read, and the transactionKey by
// which it is known, "" where it has none.
type BadRow struct {
	Key string
	Err error
}
