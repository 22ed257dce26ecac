package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Cycle says when Toss closes the sales of a method: on the day itself, on the
// Sunday that ends the week, or on the last day of the month.
type Cycle string

// The cycles that Toss documents.
const (
	Daily   Cycle = "daily"
	Weekly  Cycle = "weekly"
	Monthly Cycle = "monthly"
)

// Term is how a method is settled: soldDate follows the cycle, paidOutDate is so
// many bank days later.
type Term struct {
	Cycle    Cycle `json:"cycle"`
	BankDays int   `json:"bankDays"`
}

// defaultTerms count where Options.Terms says nothing of a method.
var defaultTerms = map[Method]Term{
	Card: {Daily, 2}, EasyPay: {Daily, 2}, Transfer: {Daily, 2}, VirtualAccount: {Daily, 2},
	Phone: {Monthly, 40}, GiftCertificate: {Weekly, 10}, PayPal: {Daily, 5}, ForeignEasyPay: {Daily, 5},
}

// Rate is what Toss takes of an approval, VAT not included. What is empty counts
// for every row; of several rates the most exact one counts, of these the newest.
type Rate struct {
	Method     Method `json:"method,omitempty"`
	CardType   string `json:"cardType,omitempty"` // 신용 or 체크
	Issuer     string `json:"issuer,omitempty"`   // Toss's code of the card company
	Provider   string `json:"provider,omitempty"` // of an easy pay, such as 카카오페이
	Hundredths int64  `json:"hundredths"`         // of a percent: 210 is 2.10 %
	Fixed      int64  `json:"fixed,omitempty"`    // for each approval, in the smallest unit of its currency
	From       string `json:"from,omitempty"`     // the first day of approvals that it is for, such as 2026-08-14
}

// defaultRates count where Options.Rates is nil. The two of a credit card are those
// of real rows; the others are in the order of what shops pay.
var defaultRates = []Rate{
	{Hundredths: 210},
	{Method: Card, CardType: credit, Hundredths: 210},
	{Method: Card, CardType: credit, Issuer: "51", Hundredths: 205},
	{Method: Card, CardType: check, Hundredths: 155},
	{Method: EasyPay, Hundredths: 220},
	{Method: EasyPay, CardType: check, Hundredths: 165},
	{Method: Transfer, Hundredths: 180},
	{Method: VirtualAccount, Fixed: 300},
	{Method: Phone, Hundredths: 350},
	{Method: GiftCertificate, Hundredths: 800},
	{Method: PayPal, Hundredths: 390},
	{Method: ForeignEasyPay, Hundredths: 340},
}

// instalmentShare is what a month of an instalment costs the shop that bears the
// interest, in hundredths of a percent.
const instalmentShare = 60

// Toss's words for the kinds of cards that the sandbox plays.
const (
	credit = "신용"
	check  = "체크"
)

// Hold puts the payout of a payment off: what would be paid out earlier comes on
// PaidOutDate, the cancels of the payment too.
type Hold struct {
	PaymentKey  string    `json:"paymentKey"`
	PaidOutDate string    `json:"paidOutDate"` // a bank day, such as 2026-12-10
	From        time.Time `json:"from"`        // when the list begins to show it; zero: now
}

// SettlementLimit (정산 한도) is the most that Toss pays out over some days. What
// does not fit stays unpaid, row by row, although the rows keep their paidOutDate;
// it comes with the first payout after Until, without Until never.
type SettlementLimit struct {
	Amount int64  `json:"amount"` // in won
	From   string `json:"from"`   // the first day of payouts, such as 2026-11-24
	Until  string `json:"until,omitempty"`
}

// settling is everything that decides how the ledger settles. It is saved with it.
type settling struct {
	On    bool             `json:"on"` // a test key sees rows
	Terms map[Method]Term  `json:"terms,omitempty"`
	Rates []Rate           `json:"rates,omitempty"`
	Holds []Hold           `json:"holds,omitempty"`
	Limit *SettlementLimit `json:"limit,omitempty"`
}

func newSettling(o Options) settling {
	return settling{On: o.Settle, Terms: o.Terms, Rates: o.Rates}
}

func (t *settling) term(m Method) Term {
	if term, ok := t.Terms[m]; ok {
		return term
	}
	return defaultTerms[m]
}

// soldDate is the day on which the cycle of the method closes a transaction.
func (t *settling) soldDate(m Method, at int64) date {
	d := dateOf(at)
	switch t.term(m).Cycle {
	case Weekly:
		return d + date(6-(int(d)+3)%7)
	case Monthly:
		first := d.time()
		return dateOf(time.Date(first.Year(), first.Month()+1, 1, 0, 0, 0, 0, kst).Unix()) - 1
	}
	return d
}

// rate is the one that counts for a payment approved on a day.
func (t *settling) rate(p *payment, approved date) Rate {
	rates := t.Rates
	if rates == nil {
		rates = defaultRates
	}
	var best Rate
	for _, r := range rates {
		if r.fits(p, approved) && cmp.Or(cmp.Compare(r.exact(), best.exact()), strings.Compare(r.From, best.From)) >= 0 {
			best = r
		}
	}
	return best
}

func (r Rate) fits(p *payment, approved date) bool {
	if r.Method != "" && r.Method != p.Method || r.Provider != "" && r.Provider != p.provider() {
		return false
	}
	if (r.CardType != "" || r.Issuer != "") && !p.hasCard() {
		return false
	}
	if r.CardType != "" && r.CardType != p.cardType() || r.Issuer != "" && r.Issuer != p.issuer().code {
		return false
	}
	return r.From == "" || r.From <= approved.String()
}

func (r Rate) exact() int {
	weight := 0
	for i, given := range []bool{r.Method != "", r.CardType != "", r.Provider != "", r.Issuer != ""} {
		if given {
			weight += 100 + 1<<i
		}
	}
	return weight
}

// Hold puts a payout off. The error says why it cannot be: an unknown payment, or
// a day that is no bank day or not after From.
func (s *Sandbox) Hold(h Hold) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	h, err := s.checkHold(h)
	if err != nil {
		return err
	}
	s.setHolds(append(slices.Clone(s.settling.Holds), h))
	return nil
}

func (s *Sandbox) checkHold(h Hold) (Hold, error) {
	if h.From.IsZero() {
		h.From = s.now()
	}
	to, err := parseDate(h.PaidOutDate)
	_, known := s.ledger.find(h.PaymentKey)
	switch {
	case err != nil:
		return h, fmt.Errorf("paidOutDate: %w", err)
	case !known:
		return h, fmt.Errorf("there is no payment %q to hold", h.PaymentKey)
	case !to.bankDay():
		return h, fmt.Errorf("%s is no bank day: nothing is paid out then", to)
	case to <= dateOf(h.From.Unix()):
		return h, fmt.Errorf("%s is not after %s, from when on the hold counts", to, h.From.In(kst).Format(time.RFC3339))
	}
	return h, nil
}

// setHolds keeps them in the order in which they begin.
func (s *Sandbox) setHolds(holds []Hold) {
	slices.SortStableFunc(holds, func(a, b Hold) int { return a.From.Compare(b.From) })
	s.settling.Holds = holds
	s.index.overlay = nil
	s.touchHead()
}

// LimitSettlement sets the settlement limit; nil takes it away.
func (s *Sandbox) LimitSettlement(l *SettlementLimit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l != nil {
		if err := l.check(); err != nil {
			return err
		}
		kept := *l
		l = &kept
	}
	s.settling.Limit = l
	s.touchHead()
	return nil
}

func (l *SettlementLimit) check() error {
	if l.Amount < 0 {
		return fmt.Errorf("a limit of %d won: want 0 or more", l.Amount)
	}
	from, err := parseDate(l.From)
	if err != nil {
		return fmt.Errorf("from: %w", err)
	}
	if l.Until == "" {
		return nil
	}
	until, err := parseDate(l.Until)
	switch {
	case err != nil:
		return fmt.Errorf("until: %w", err)
	case until < from:
		return errors.New("the limit's until lies before its from")
	}
	return nil
}

// counts says whether the limit is in force for the payouts of a day.
func (l *SettlementLimit) counts(d date) bool {
	return l != nil && l.From <= d.String() && (l.Until == "" || d.String() <= l.Until)
}
