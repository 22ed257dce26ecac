package browser

import (
	"encoding/json"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"
)

// Product is what a page uses: the widgets take another key and are told more.
type Product string

// The two products.
const (
	Widget  Product = "WIDGET"  // in the page, or as a window with all of it
	Payment Product = "PAYMENT" // the window by itself
)

// Amount is a sum in the currency's own notation: 15000 won, 181.56 dollars.
type Amount struct {
	Value    json.Number `json:"value"`
	Currency string      `json:"currency"`
}

// Request is what a page asks a window to be opened for. Without its two
// addresses the page waits for a promise.
type Request struct {
	Product     Product           `json:"product"`
	ClientKey   string            `json:"clientKey"`
	CustomerKey string            `json:"customerKey,omitempty"`
	Method      string            `json:"method,omitempty"`
	Amount      Amount            `json:"amount"`
	TaxFree     json.Number       `json:"taxFreeAmount,omitempty"`
	OrderID     string            `json:"orderId"`
	OrderName   string            `json:"orderName"`
	SuccessURL  string            `json:"successUrl,omitempty"`
	FailURL     string            `json:"failUrl,omitempty"`
	Name        string            `json:"customerName,omitempty"`
	Phone       string            `json:"customerMobilePhone,omitempty"`
	Metadata    map[string]string `json:"metadata,omitempty"`
	Language    string            `json:"language,omitempty"` // KO, EN, ...; empty: as the browser asks
	Options     Options           `json:"options"`
	// Choice is what the buyer has chosen in a widget; its method alone is offered.
	Choice Choice `json:"choice"`
}

// Options are the fields of single methods.
type Options struct {
	UseEscrow   bool     `json:"useEscrow,omitempty"`
	CardCompany string   `json:"cardCompany,omitempty"`
	EasyPay     string   `json:"easyPay,omitempty"`
	FlowMode    string   `json:"flowMode,omitempty"`
	Months      *int     `json:"cardInstallmentPlan,omitempty"`    // fixed
	MostMonths  *int     `json:"maxCardInstallmentPlan,omitempty"` // else 12
	ValidHours  int      `json:"validHours,omitempty"`
	DueDate     string   `json:"dueDate,omitempty"` // Korean time, as 2026-11-21T12:00:00
	Refund      *Account `json:"refundReceiveAccount,omitempty"`
	Provider    string   `json:"provider,omitempty"`
	Country     string   `json:"country,omitempty"`
}

// Account is where refunded money goes, with Toss's code of the bank.
type Account struct {
	Bank   string `json:"bankCode"`
	Number string `json:"accountNumber"`
	Holder string `json:"holderName"`
}

// Promised says whether the page waits for a promise in place of a redirect.
func (r Request) Promised() bool { return r.SuccessURL == "" && r.FailURL == "" }

var (
	clientKeys   = regexp.MustCompile(`^(test|live)_(g?ck)_[A-Za-z0-9_]+$`)
	secretKeys   = regexp.MustCompile(`^(test|live)_g?sk_`)
	customerKeys = regexp.MustCompile(`^[A-Za-z0-9\-_=.@]{2,50}$`)
	orderIDs     = regexp.MustCompile(`^[A-Za-z0-9\-_=]{6,64}$`)
)

// The longest of each, in characters, and the longest life of a virtual account.
const (
	maxOrderName     = 100
	maxMetadata      = 5
	maxMetadataKey   = 40
	maxMetadataValue = 2000
	maxURL           = 2000
	maxValidHours    = 2160
)

// Check says what is wrong with a request of a page at that origin; nil is well.
// An empty origin is nobody's: a program that is no browser.
func (r Request) Check(origin string) *Error {
	if e := r.checkKeys(); e != nil {
		return e
	}
	switch {
	case !orderIDs.MatchString(r.OrderID):
		return refuse("INVALID_ORDER_ID")
	case r.OrderName == "" || utf8.RuneCountInString(r.OrderName) > maxOrderName:
		return refuse("INVALID_ORDER_NAME")
	}
	if e := r.checkAmount(); e != nil {
		return e
	}
	switch {
	case len(r.Offered()) == 0:
		return refuse("NOT_SUPPORTED_METHOD")
	case r.Options.ValidHours < 0 || r.Options.ValidHours > maxValidHours:
		return refuse("EXCEED_MAX_DUE_DATE")
	case r.Promised() && r.Method == foreignEasyPay && r.Product == Payment:
		return refuse("NOT_SUPPORTED_PROMISE")
	}
	if e := r.checkMetadata(); e != nil || r.Promised() {
		return e
	}
	switch {
	case !goesTo(r.SuccessURL, origin):
		return refuse("INCORRECT_SUCCESS_URL_FORMAT")
	case !goesTo(r.FailURL, origin):
		return refuse("INCORRECT_FAIL_URL_FORMAT")
	}
	return nil
}

func (r Request) checkKeys() *Error {
	key := clientKeys.FindStringSubmatch(r.ClientKey)
	switch {
	case key == nil:
		return refuse("INVALID_CLIENT_KEY")
	case secretKeys.MatchString(r.CustomerKey):
		return refuse("INSECURE_KEY_USAGE")
	case r.CustomerKey != "" && !customerKeys.MatchString(r.CustomerKey):
		return refuse("INVALID_CUSTOMER_KEY")
	case r.Product != Widget && r.Product != Payment:
		return refuse("INVALID_PARAMETERS")
	}
	return nil
}

func (r Request) checkAmount() *Error {
	value, isNumber := number(r.Amount.Value)
	taxFree, isPart := number(r.TaxFree)
	switch {
	case r.Amount.Currency != "KRW" && r.Amount.Currency != "USD" && r.Amount.Currency != "JPY":
		return refuse("INVALID_AMOUNT_CURRENCY")
	case !isNumber:
		return refuse("INVALID_AMOUNT_VALUE")
	case value.Sign() <= 0:
		return refuse("BELOW_ZERO_AMOUNT")
	case r.Amount.Currency != "USD" && !value.IsInt():
		return refuse("INVALID_AMOUNT_VALUE")
	case r.TaxFree != "" && (!isPart || taxFree.Sign() < 0 || taxFree.Cmp(value) > 0):
		return refuse("INVALID_PARAMETERS")
	}
	return nil
}

// number reads an amount; false for what is none. An exponent could be a number
// of a million digits.
func number(text json.Number) (*big.Rat, bool) {
	if len(text) > 30 || strings.ContainsAny(text.String(), "eE") {
		return nil, false
	}
	return new(big.Rat).SetString(text.String())
}

func (r Request) checkMetadata() *Error {
	if len(r.Metadata) > maxMetadata {
		return refuse("INVALID_METADATA")
	}
	for key, value := range r.Metadata {
		if strings.ContainsAny(key, "[]") || utf8.RuneCountInString(key) > maxMetadataKey ||
			utf8.RuneCountInString(value) > maxMetadataValue {
			return refuse("INVALID_METADATA")
		}
	}
	return nil
}

// goesTo says whether a browser that shows a page of that origin may be sent to
// an address: http or https, with a host, without a user, and not elsewhere.
func goesTo(address, origin string) bool {
	u, err := url.Parse(address)
	if err != nil || len(address) > maxURL || u.Scheme != "http" && u.Scheme != "https" ||
		u.Hostname() == "" || u.User != nil {
		return false
	}
	if origin == "" {
		return true
	}
	page, err := url.Parse(origin)
	if err != nil {
		return false
	}
	return near(page.Hostname(), u.Hostname())
}

// near says whether two hosts may belong to one shop: the same, two of one site,
// or two that only this machine or its network knows. A page from a file has no
// host.
func near(page, target string) bool {
	if page == target {
		return true
	}
	if page == "" || private(page) {
		return private(target)
	}
	one, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(page))
	if err != nil {
		return false
	}
	other, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(target))
	return err == nil && one == other && net.ParseIP(page) == nil
}

// private says whether a host is known to this machine or its network alone.
func private(host string) bool {
	if address, err := netip.ParseAddr(host); err == nil {
		return address.IsLoopback() || address.IsPrivate() || address.IsLinkLocalUnicast()
	}
	host = strings.ToLower(host)
	if !strings.Contains(host, ".") {
		return true // localhost, or a name of the own network
	}
	for _, end := range []string{".localhost", ".local", ".test", ".internal", ".home.arpa"} {
		if strings.HasSuffix(host, end) {
			return true
		}
	}
	return false
}
