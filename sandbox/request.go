package sandbox

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"daesa/sandbox/browser"
)

// The calls by which a shop's server makes payments itself. What their objects
// hold beside what is read here (receipts, customers' addresses, delivery) is
// taken and forgotten, as the payment shows none of it.

// amountField is a number, its text, or an object of currency and value, as the
// newer scripts write amounts.
type amountField struct {
	text, currency string
}

func (a *amountField) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '{' {
		var object struct {
			Currency string      `json:"currency"`
			Value    json.Number `json:"value"`
		}
		err := json.Unmarshal(raw, &object)
		a.text, a.currency = object.Value.String(), object.Currency
		return err
	}
	var number json.Number
	err := json.Unmarshal(raw, &number)
	a.text = number.String()
	return err
}

// requestBody is what a server asks for.
type requestBody struct {
	Method    string      `json:"method"`
	Amount    amountField `json:"amount"`
	Currency  string      `json:"currency"`
	TaxFree   json.Number `json:"taxFreeAmount"`
	OrderID   string      `json:"orderId"`
	OrderName string      `json:"orderName"`
	Customer  string      `json:"customerName"`
	Escrow    bool        `json:"useEscrow"`

	// A virtual account.
	Bank       string `json:"bank"`
	ValidHours *int   `json:"validHours"`
	DueDate    string `json:"dueDate"`

	// A card that is typed in.
	CardNumber string `json:"cardNumber"`
	Year       string `json:"cardExpirationYear"`
	Month      string `json:"cardExpirationMonth"`
	Identity   string `json:"customerIdentityNumber"`
	Months     int    `json:"cardInstallmentPlan"`

	// A window.
	SuccessURL string            `json:"successUrl"`
	FailURL    string            `json:"failUrl"`
	Metadata   map[string]string `json:"metadata"`
	Company    string            `json:"cardCompany"`
	EasyPay    string            `json:"easyPay"`
	FlowMode   string            `json:"flowMode"`
	Foreign    struct {
		Provider string `json:"provider"`
	} `json:"foreignEasyPay"`
}

// orderIDs are the order numbers that Toss takes.
var orderIDs = regexp.MustCompile(`^[A-Za-z0-9_=.-]{6,64}$`)

// payment is the part that all three calls have, with the method already known.
func (b *requestBody) payment(m Method) (NewPayment, *Error) {
	n := NewPayment{
		OrderID: b.OrderID, OrderName: b.OrderName, Method: m, Customer: b.Customer, Escrow: b.Escrow,
		Currency: b.Currency, Months: b.Months,
	}
	switch {
	case b.OrderID == "" || b.OrderName == "" || b.Amount.text == "":
		return n, refuse("INVALID_REQUEST")
	case !orderIDs.MatchString(b.OrderID):
		return n, refuse("INVALID_ORDER_ID")
	case utf8.RuneCountInString(b.OrderName) > 100:
		return n, refuse("INVALID_ORDER_NAME")
	}
	if n.Currency == "" {
		n.Currency = b.Amount.currency
	}
	if n.Currency == "" {
		n.Currency = "KRW"
	}
	if !slices.Contains([]string{"KRW", "USD", "JPY", "PHP"}, n.Currency) {
		return n, refuse("INVALID_CURRENCY")
	}
	var isMoney bool
	if n.Amount, isMoney = parseMoney(b.Amount.text, n.Currency); !isMoney {
		return n, refuse("INVALID_REQUEST")
	}
	if b.TaxFree != "" {
		if n.TaxFree, isMoney = parseMoney(b.TaxFree.String(), n.Currency); !isMoney || n.TaxFree < 0 || n.TaxFree > n.Amount {
			return n, refuse("INVALID_REQUEST")
		}
	}
	switch {
	case n.Amount <= 0:
		return n, refuse("BELOW_ZERO_AMOUNT")
	case tooLittle(m, n.Currency, n.Amount):
		return n, refuse("BELOW_MINIMUM_AMOUNT")
	}
	return n, nil
}

// request reads a body and makes the payment that `fill` has completed.
func (s *Sandbox) request(c *call, fill func(*requestBody, time.Time) (NewPayment, *Error)) reply {
	return s.requestAnd(c, fill, func(*payment) {})
}

// requestAnd is request, and completes the payment that was made.
func (s *Sandbox) requestAnd(c *call, fill func(*requestBody, time.Time) (NewPayment, *Error), complete func(*payment)) reply {
	var body requestBody
	if err := json.Unmarshal(c.body, &body); err != nil {
		return failed(refuse("INVALID_REQUEST"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	n, e := fill(&body, now)
	if e != nil {
		return failed(e)
	}
	if s.spent(n.OrderID, now.Unix()) {
		return failed(refuse("DUPLICATED_ORDER_ID"))
	}
	n.RequestedAt, n.At = now, now
	p, err := s.pay(n, now)
	if err != nil {
		return failed(refuse("INVALID_REQUEST"))
	}
	complete(p)
	return s.paymentReply(p, now.Unix(), c)
}

// spent says whether an order has a payment that was approved, or a virtual
// account, so that its number cannot be used again.
func (s *Sandbox) spent(orderID string, now int64) bool {
	for _, p := range s.ledger.ofOrder(orderID) {
		if st := p.at(now); p.Requested <= now && st.last != nil {
			return true
		}
	}
	return false
}

// makeAccount answers POST /v1/virtual-accounts.
func (s *Sandbox) makeAccount(c *call) reply { return s.request(c, (*requestBody).account) }

// accountBanks issue virtual accounts.
var accountBanks = []string{"39", "34", "06", "03", "11", "31", "32", "45", "07", "88", "20", "71", "81"}

// The longest life of a virtual account.
const (
	maxValidHours = 2160
	maxDueDays    = 90
)

func (b *requestBody) account(now time.Time) (NewPayment, *Error) {
	n, e := b.payment(VirtualAccount)
	if e != nil {
		return n, e
	}
	if b.Customer == "" || utf8.RuneCountInString(b.Customer) > 100 {
		return n, refuse("INVALID_REQUEST")
	}
	code, known := bankCode(b.Bank)
	if !known || !slices.Contains(accountBanks, code) {
		return n, refuse("INVALID_BANK")
	}
	n.Bank = code
	n.DueDate, e = b.due(now)
	return n, e
}

// due is until when the account can be paid into; zero: as long as usual.
func (b *requestBody) due(now time.Time) (time.Time, *Error) {
	switch {
	case b.ValidHours != nil && b.DueDate != "":
		return now, refuse("INVALID_VALID_HOURS_WITH_DUE_DATE_AND_SINGLE")
	case b.ValidHours != nil && *b.ValidHours > maxValidHours:
		return now, refuse("EXCEED_MAX_VALID_HOURS")
	case b.ValidHours != nil && *b.ValidHours < 1:
		return now, refuse("INVALID_REQUEST")
	case b.ValidHours != nil:
		return now.Add(time.Duration(*b.ValidHours) * time.Hour), nil
	case b.DueDate == "":
		return time.Time{}, nil
	}
	due, err := time.Parse(time.RFC3339, b.DueDate)
	if err != nil {
		due, err = parseListTime(b.DueDate)
	}
	switch {
	case err != nil:
		return now, refuse("INVALID_ISO_DATE_FORMAT")
	case !due.After(now):
		return now, refuse("INVALID_DATE")
	case due.After(now.AddDate(0, 0, maxDueDays)):
		return now, refuse("EXCEED_MAX_DUE_DATE")
	}
	return due, nil
}

// keyIn answers POST /v1/payments/key-in: a card whose number the shop types in
// is paid at once.
func (s *Sandbox) keyIn(c *call) reply { return s.request(c, (*requestBody).card) }

// instalmentsFrom is the smallest amount that is paid in instalments, in won.
const instalmentsFrom = 50_000

// card checks the form of what was typed in. Whether the card has run out is not
// asked: Toss's test keys take the cards of old samples.
func (b *requestBody) card(time.Time) (NewPayment, *Error) {
	n, e := b.payment(Card)
	if e != nil {
		return n, e
	}
	digits := strings.NewReplacer("-", "", " ", "").Replace(b.CardNumber)
	switch {
	case b.CardNumber == "" || b.Year == "" || b.Month == "" || b.Identity == "":
		return n, refuse("INVALID_REQUEST")
	case len(digits) < 14 || len(digits) > 16 || strings.Trim(digits, "0123456789") != "":
		return n, refuse("INVALID_CARD_NUMBER")
	case !expiries.MatchString(b.Year + b.Month):
		return n, refuse("INVALID_CARD_EXPIRATION")
	case b.Months > mostMonths:
		return n, refuse("EXCEED_MAX_CARD_INSTALLMENT_PLAN")
	case b.Months < 0 || b.Months == 1 || b.Months > 0 && n.Amount < instalmentsFrom:
		return n, refuse("INVALID_CARD_INSTALLMENT_PLAN")
	}
	n.CardNumber = digits[:8] + "****" + digits[12:len(digits)-1] + "*"
	return n, nil
}

// expiries are two digits of a year and a month.
var expiries = regexp.MustCompile(`^\d\d(0[1-9]|1[0-2])$`)

// makeWindow answers POST /v1/payments: a payment that waits for its buyer, whose
// window is at checkout.url.
func (s *Sandbox) makeWindow(c *call) reply {
	var asked browser.Request
	return s.requestAnd(c, func(b *requestBody, _ time.Time) (n NewPayment, e *Error) {
		n, asked, e = b.window()
		if e == nil && len(asked.Offered()) == 0 {
			e = refuse("NOT_SUPPORTED_METHOD")
		}
		return n, e
	}, func(p *payment) {
		p.Window = &window{Request: asked, Base: baseOf(c.r)}
	})
}

// baseOf is the address under which the sandbox was called.
func baseOf(r *http.Request) string {
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// windowMethods are the words for what a window is opened for.
var windowMethods = map[string]Method{
	"카드": Card, "CARD": Card, "계좌이체": Transfer, "TRANSFER": Transfer,
	"가상계좌": VirtualAccount, "VIRTUAL_ACCOUNT": VirtualAccount, "휴대폰": Phone, "MOBILE_PHONE": Phone,
	"문화상품권": GiftCertificate, "CULTURE_GIFT_CERTIFICATE": GiftCertificate,
	"도서문화상품권": GiftCertificate, "BOOK_GIFT_CERTIFICATE": GiftCertificate,
	"게임문화상품권": GiftCertificate, "GAME_GIFT_CERTIFICATE": GiftCertificate,
	"해외간편결제": ForeignEasyPay, "FOREIGN_EASY_PAY": ForeignEasyPay,
}

// window is the payment, and what its window is told.
func (b *requestBody) window() (NewPayment, browser.Request, *Error) {
	m, known := windowMethods[b.Method]
	asked := browser.Request{Product: browser.Payment, Method: b.Method, Options: b.options()}
	if of, ours := browser.MethodOf(b.Method); ours {
		asked.Method = of.Code
	}
	if m == ForeignEasyPay {
		asked.Method, asked.Options.Provider = "FOREIGN_EASY_PAY", b.Foreign.Provider
		if strings.EqualFold(b.Foreign.Provider, "PAYPAL") {
			m = PayPal
			b.Currency = cmp.Or(b.Currency, b.Amount.currency, "USD")
		}
	}
	n, e := b.payment(m)
	switch {
	case e != nil:
		return n, asked, e
	case b.Method == "":
		return n, asked, refuse("INVALID_REQUEST")
	case !known:
		return n, asked, refuse("NOT_SUPPORTED_METHOD")
	case b.SuccessURL == "":
		return n, asked, refuse("INVALID_SUCCESS_URL")
	case !absolute(b.SuccessURL):
		return n, asked, refuse("INCORRECT_SUCCESS_URL_FORMAT")
	case !absolute(b.FailURL):
		return n, asked, refuse("INCORRECT_FAIL_URL_FORMAT")
	}
	n.Status = Ready
	asked.Amount = browser.Amount{Value: json.Number(FormatAmount(n.Amount, n.Currency)), Currency: n.Currency}
	asked.OrderID, asked.OrderName, asked.Name = n.OrderID, n.OrderName, n.Customer
	asked.SuccessURL, asked.FailURL = b.SuccessURL, b.FailURL
	asked.TaxFree, asked.Metadata = b.TaxFree, b.Metadata
	return n, asked, nil
}

// options are what the window is told of single methods.
func (b *requestBody) options() browser.Options {
	o := browser.Options{UseEscrow: b.Escrow, CardCompany: b.Company, EasyPay: b.EasyPay, FlowMode: b.FlowMode, DueDate: b.DueDate}
	if b.ValidHours != nil {
		o.ValidHours = *b.ValidHours
	}
	if b.Months > 0 {
		o.Months = &b.Months
	}
	return o
}

// checkout leads the buyer from checkout.url to the window of a payment that a
// server has opened.
func (s *Sandbox) checkout(w http.ResponseWriter, r *http.Request) {
	key := r.PathValue("paymentKey")
	s.mu.Lock()
	p, found := s.ledger.find(key)
	opened := found && p.Window != nil && p.Window.Base != ""
	s.mu.Unlock()
	if !opened || r.PathValue("page") != "checkout" {
		s.api("other", unknownAddress)(w, r)
		return
	}
	http.Redirect(w, r, browser.WindowPath(key), http.StatusSeeOther)
}

// absolute says whether a browser can be sent to an address.
func absolute(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// acquire answers POST /v1/settlements: the shop asks that a card payment be
// acquired now, which contracts with 수동 매입 need.
func (s *Sandbox) acquire(c *call) reply {
	var body struct {
		PaymentKey string `json:"paymentKey"`
	}
	if err := json.Unmarshal(c.body, &body); err != nil || body.PaymentKey == "" {
		return failed(refuse("INVALID_REQUEST"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now().Unix()
	p, found := s.ledger.find(body.PaymentKey)
	if !found || p.Requested > now {
		return failed(refuse("NOT_FOUND_PAYMENT"))
	}
	if st := p.at(now); !p.hasCard() || !st.holds() {
		return failed(refuse("NOT_SUPPORTED_PROCESS"))
	}
	if more := p.more(); more.AcquireAt == 0 {
		more.AcquireAt = now
		s.touch(p)
	}
	return reply{status: http.StatusOK, body: []byte(`{"result":true}`)}
}
