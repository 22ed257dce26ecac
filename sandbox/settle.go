package sandbox

import (
	"encoding/json"
	"time"
)

// feeShare is what the pretend Toss keeps, in hundredths of a percent, VAT
// included; payoutDays is how many weekdays after a sale it pays out.
const (
	feeShare   = 330
	payoutDays = 2
)

// settlement is a row of GET /v1/settlements as Toss documents it.
type settlement struct {
	MID            string        `json:"mId"`
	PaymentKey     string        `json:"paymentKey"`
	TransactionKey string        `json:"transactionKey"`
	OrderID        string        `json:"orderId"`
	Currency       string        `json:"currency"`
	Method         string        `json:"method"`
	Amount         int64         `json:"amount"`
	InterestFee    int64         `json:"interestFee"`
	Fee            int64         `json:"fee"`
	Fees           []settledPart `json:"fees"`
	SupplyAmount   int64         `json:"supplyAmount"`
	VAT            int64         `json:"vat"`
	PayOutAmount   int64         `json:"payOutAmount"`
	ApprovedAt     string        `json:"approvedAt"`
	SoldDate       string        `json:"soldDate"`
	PaidOutDate    string        `json:"paidOutDate"`
}

type settledPart struct {
	Type string `json:"type"`
	Fee  int64  `json:"fee"`
}

// Settlements are the payouts of the history's sales in won, for
// Settle: a row for each payment that Toss and the shop agree on, less
// what the shop gave back.
func (h *History) Settlements() ([]json.RawMessage, error) {
	var rows []json.RawMessage
	for _, st := range h.stories {
		held := st.amount - st.canceled
		if st.paid == 0 || st.plan > 0 || st.currency != "KRW" || st.pg != "toss" || held <= 0 {
			continue
		}
		sold := stamp(st.paid)
		fee := held * feeShare / 10_000
		row, err := json.Marshal(settlement{
			MID: h.mid, PaymentKey: st.payKey, TransactionKey: "settled_" + st.payKey, OrderID: st.orderID, Currency: "KRW", Method: st.method,
			Amount: held, Fee: fee, Fees: []settledPart{{"BASE", fee}}, SupplyAmount: fee - fee/11, VAT: fee / 11, PayOutAmount: held - fee,
			ApprovedAt: sold.Format(time.RFC3339), SoldDate: sold.Format(time.DateOnly), PaidOutDate: payoutOf(sold).Format(time.DateOnly),
		})
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// payoutOf is the day on which a sale is paid out. Holidays are left to banks.
func payoutOf(sold time.Time) time.Time {
	for left := payoutDays; left > 0; {
		sold = sold.AddDate(0, 0, 1)
		if day := sold.Weekday(); day != time.Saturday && day != time.Sunday {
			left--
		}
	}
	return sold
}

// Settle makes /v1/settlements answer with the payouts of a history.
func (s *Sandbox) Settle(h *History) error {
	rows, err := h.Settlements()
	if err != nil {
		return err
	}
	return s.SetSettlements(rows)
}
