package browser

import (
	"regexp"
	"slices"
	"unicode/utf8"
)

// Choice is what the buyer enters. Only what belongs to its method is looked at.
type Choice struct {
	Method    string   `json:"method,omitempty"`      // a code
	CardType  string   `json:"cardType,omitempty"`    // 신용 or 체크
	Company   string   `json:"cardCompany,omitempty"` // two-character code
	Months    int      `json:"months,omitempty"`      // of an instalment; 0: all at once
	Money     bool     `json:"money,omitempty"`       // easy pay: an account or money behind it, not a card
	Bank      string   `json:"bank,omitempty"`        // of a transfer, or where a virtual account is issued
	Depositor string   `json:"depositor,omitempty"`
	Phone     string   `json:"phone,omitempty"`
	Refund    *Account `json:"refund,omitempty"` // of a virtual account
}

// The words for the types of a card.
const (
	credit = "신용"
	debit  = "체크"
)

// leastInstalment is the amount in won from which a card can be paid in parts.
const leastInstalment = 50_000

var (
	digits = regexp.MustCompile(`^[0-9]{6,20}$`)
	phones = regexp.MustCompile(`^01[0-9]{8,9}$`)
)

// Check says what is missing in a choice for a request; nil is well.
func (c Choice) Check(r Request, known Catalog) *Error {
	i := slices.IndexFunc(r.Offered(), func(m Method) bool { return m.Code == c.Method })
	if i < 0 {
		return refuse("NOT_SELECTED_PAYMENT_METHOD")
	}
	switch r.Offered()[i].Kind {
	case kindCard:
		return c.checkCard(r, known)
	case kindTransfer:
		if !knows(known.Banks, c.Bank) {
			return refuse("INVALID_BANK")
		}
	case kindVirtual:
		return c.checkVirtual(r, known)
	case kindPhone:
		if !phones.MatchString(c.Phone) {
			return refuse("INVALID_PHONE_NUMBER")
		}
	}
	return nil
}

func (c Choice) checkCard(r Request, known Catalog) *Error {
	value, isNumber := number(r.Amount.Value)
	inParts := isNumber && value.IsInt() && value.Num().Int64() >= leastInstalment
	switch {
	case !knows(known.Cards, c.Company), c.CardType != credit && c.CardType != debit,
		c.Months != 0 && (c.CardType != credit || !inParts || !slices.Contains(r.months(), c.Months)):
		return refuse("NEED_CARD_PAYMENT_DETAIL")
	}
	return nil
}

// checkVirtual wants the refund account whole, and of a widget also there.
func (c Choice) checkVirtual(r Request, known Catalog) *Error {
	switch a := c.Refund; {
	case !knows(known.Banks, c.Bank):
		return refuse("INVALID_BANK")
	case c.Depositor == "" || utf8.RuneCountInString(c.Depositor) > 60:
		return refuse("INVALID_PARAMETERS")
	case a == nil && r.Product == Widget:
		return refuse("NEED_REFUND_ACCOUNT_DETAIL")
	case a != nil && (!knows(known.Banks, a.Bank) || !digits.MatchString(a.Number) ||
		a.Holder == "" || utf8.RuneCountInString(a.Holder) > 60):
		return refuse("NEED_REFUND_ACCOUNT_DETAIL")
	}
	return nil
}

func knows(list []Named, code string) bool {
	return slices.ContainsFunc(list, func(n Named) bool { return n.Code == code })
}

// months are the instalments that a window offers, 0 for all at once.
func (r Request) months() []int {
	if fixed := r.Options.Months; fixed != nil {
		return []int{*fixed}
	}
	most := 12
	if r.Options.MostMonths != nil {
		most = *r.Options.MostMonths
	}
	out := []int{0}
	for n := 2; n <= min(most, 36); n++ {
		out = append(out, n)
	}
	return out
}
