package sandbox

import (
	"maps"
	"slices"
	"time"

	"daesa/sandbox/browser"
)

// window is what a payment knows of the page that opened it.
type window struct {
	Request browser.Request
	Choice  browser.Choice // what the buyer chose; zero before
	Tab     string         // which tab of a browser has it
	Closed  bool           // by the buyer, who did not pay
	// Base is the address under which a server opened the window; empty: a page did.
	Base string `json:",omitempty"`
}

// vaLife is how long a virtual account takes a deposit where the page says
// nothing.
const vaLife = 7 * 24 * time.Hour

// browserRoutes serves the scripts, the widgets and the window.
func (s *Sandbox) browserRoutes() {
	handler := browser.Handler(windows{s}, catalog())
	for _, path := range browser.Paths {
		s.mux.Handle(path, handler)
	}
}

// bankOrder is in what order a buyer reads the banks: the large ones first.
var bankOrder = []string{
	"20", "88", "06", "81", "11", "03", "90", "89", "92", "45", "71", "23", "27", "32", "31", "37", "34", "39", "35", "48", "07", "02",
}

// catalog is whom a buyer can choose among.
func catalog() browser.Catalog {
	var c browser.Catalog
	for _, b := range cards {
		c.Cards = append(c.Cards, browser.Named{Code: b.code, Korean: b.korean, English: b.english})
	}
	for _, code := range bankOrder {
		i := slices.IndexFunc(banks, func(b bank) bool { return b.code == code })
		c.Banks = append(c.Banks, browser.Named{Code: code, Korean: banks[i].korean, English: banks[i].english})
	}
	return c
}

// windows are a sandbox's payments as the browser knows them.
type windows struct{ s *Sandbox }

// OpenWindow makes a READY payment. What the method decides is filled in when
// the buyer has chosen one.
func (w windows) OpenWindow(q browser.Request) (browser.Window, *browser.Error) {
	s := w.s
	amount, isMoney := parseMoney(q.Amount.Value.String(), q.Amount.Currency)
	taxFree := int64(0)
	if isMoney && q.TaxFree != "" {
		taxFree, isMoney = parseMoney(q.TaxFree.String(), q.Amount.Currency)
	}
	if !isMoney {
		return browser.Window{}, browser.Refuse("INVALID_AMOUNT_VALUE")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for _, p := range s.ledger.ofOrder(q.OrderID) {
		if st := p.at(now.Unix()); p.Requested <= now.Unix() && st.last != nil {
			return browser.Window{}, browser.Refuse("DUPLICATED_ORDER_ID")
		}
	}
	p, err := s.pay(NewPayment{
		OrderID: q.OrderID, OrderName: q.OrderName, CustomerKey: q.CustomerKey, Status: Ready,
		Amount: amount, TaxFree: taxFree, Currency: q.Amount.Currency, RequestedAt: now, At: now,
	}, now)
	if err != nil {
		return browser.Window{}, browser.Refuse("INVALID_PARAMETERS")
	}
	p.Window = &window{Request: q}
	return p.window(now.Unix()), nil
}

// find looks for a payment that a page has opened.
func (w windows) find(key string, now int64) (*payment, bool) {
	p, found := w.s.ledger.find(key)
	return p, found && p.Window != nil && p.Requested <= now
}

// Window says how a payment stands that a page has opened.
func (w windows) Window(key string) (browser.Window, bool) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	now := w.s.now().Unix()
	p, found := w.find(key, now)
	if !found {
		return browser.Window{}, false
	}
	return p.window(now), true
}

// ClaimWindow gives the window to the first tab that asks.
func (w windows) ClaimWindow(key, tab string) *browser.Error {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	p, found := w.find(key, w.s.now().Unix())
	if !found {
		return browser.Refuse("NOT_FOUND_PAYMENT")
	}
	w.s.touch(p)
	return p.Window.claim(tab)
}

func (w *window) claim(tab string) *browser.Error {
	if tab == "" || len(tab) > 100 || w.Tab != "" && w.Tab != tab {
		return browser.Refuse("INVALID_METHOD_TRANSACTION")
	}
	w.Tab = tab
	return nil
}

// EndWindow does what the buyer pressed.
func (w windows) EndWindow(key, tab string, end browser.End) (browser.Window, *browser.Error) {
	s := w.s
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now().Unix()
	p, found := w.find(key, now)
	if !found {
		return browser.Window{}, browser.Refuse("NOT_FOUND_PAYMENT")
	}
	switch p.windowState(now) {
	case browser.Open:
	case browser.Expired:
		return browser.Window{}, browser.Refuse("NOT_FOUND_PAYMENT_SESSION")
	default:
		return browser.Window{}, browser.Refuse("ALREADY_PROCESSED_PAYMENT")
	}
	if e := p.Window.claim(tab); e != nil {
		return browser.Window{}, e
	}
	switch end.Press {
	case browser.PressPay:
		p.choose(end.Choice, now)
		s.ledger.step(p, step{At: now, Kind: stepAuth})
		s.later(now+confirmLife, p.N, 0)
	case browser.PressFail:
		s.ledger.step(p, step{At: now, Kind: stepAbort, Code: end.Code})
		s.tell(p, now)
	case browser.PressExpire:
		s.ledger.step(p, step{At: now, Kind: stepExpire})
		s.tell(p, now)
	case browser.PressCancel, browser.PressClose:
		p.Window.Closed = true
	}
	s.touch(p)
	return p.window(now), nil
}

// choose fills in what the buyer's method decides.
func (p *payment) choose(c browser.Choice, now int64) {
	m, _ := browser.MethodOf(c.Method)
	options := p.Window.Request.Options
	p.Method, p.VA = Method(m.Kind), nil
	p.Money = p.Method == EasyPay && c.Money
	p.Check = p.Method == Card && c.CardType == check
	p.Months = 0
	if p.Method == Card {
		p.Months = uint8(c.Months) //nolint:gosec // one of those that the window offers, at most mostMonths
	}
	p.Escrow = options.UseEscrow && (p.Method == Card || p.Method == Transfer || p.Method == VirtualAccount)
	if p.Method == VirtualAccount {
		p.VA = &vaPart{
			Number: vaNumber(p.OrderID, p.Requested), Bank: c.Bank, Customer: c.Depositor, Due: dueDate(options, now),
		}
		if c.Refund != nil {
			p.VA.Account = &Account{Bank: c.Refund.Bank, Number: c.Refund.Number, Holder: c.Refund.Holder}
		}
	}
	c.Refund = nil // it stays where look-ups forget it after thirty minutes
	p.Window.Choice = c
}

// dueDate is the last second in which a virtual account takes its deposit.
func dueDate(o browser.Options, now int64) int64 {
	due, err := time.ParseInLocation("2006-01-02T15:04:05", o.DueDate, kst)
	switch {
	case err == nil && due.Unix() > now:
		return due.Unix()
	case o.ValidHours > 0:
		return now + int64(o.ValidHours)*hour
	}
	return now + int64(vaLife/time.Second)
}

// windowState says how far the window is.
func (p *payment) windowState(now int64) browser.State {
	st := p.at(now)
	switch {
	case st.status == Expired:
		return browser.Expired
	case st.status == Aborted:
		return browser.Failed
	case st.status != Ready:
		return browser.Paid
	case p.Window.Closed:
		return browser.Closed
	}
	return browser.Open
}

func (p *payment) window(now int64) browser.Window {
	return browser.Window{Key: p.Key, Request: p.Window.Request, State: p.windowState(now)}
}

// picked is what the buyer chose in a window; zero where there was none.
func (p *payment) picked() browser.Choice {
	if p.Window == nil {
		return browser.Choice{}
	}
	return p.Window.Choice
}

func (p *payment) pickedMethod() (browser.Method, bool) {
	if p.Window == nil {
		return browser.Method{}, false
	}
	return browser.MethodOf(p.Window.Choice.Method)
}

// appendMetadata writes what the page has attached, by name.
func (p *payment) appendMetadata(o *obj) {
	if p.Window == nil || len(p.Window.Request.Metadata) == 0 {
		o.null("metadata")
		return
	}
	o.in("metadata", func(m *obj) {
		for _, key := range slices.Sorted(maps.Keys(p.Window.Request.Metadata)) {
			quoted := appendString(nil, key)
			m.str(string(quoted[1:len(quoted)-1]), p.Window.Request.Metadata[key])
		}
	})
}
