package browser

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// good is a request that nothing is wrong with, of a page on this machine.
func good() Request {
	return Request{
		Product: Payment, ClientKey: "test_ck_docs", OrderID: "ORDER-0001", OrderName: "티셔츠", Method: "CARD",
		Amount:     Amount{Value: "15000", Currency: "KRW"},
		SuccessURL: "http://localhost:3000/success", FailURL: "http://localhost:3000/fail",
	}
}

const local = "http://localhost:3000"

func TestARequestIsRefusedForOneFault(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*Request)
		code  string
	}{
		"nothing":                      {func(*Request) {}, ""},
		"a promise":                    {func(r *Request) { r.SuccessURL, r.FailURL = "", "" }, ""},
		"a secret key":                 {func(r *Request) { r.ClientKey = "test_sk_docs" }, "INVALID_CLIENT_KEY"},
		"a secret key for the buyer":   {func(r *Request) { r.CustomerKey = "live_gsk_docs" }, "INSECURE_KEY_USAGE"},
		"a short key for the buyer":    {func(r *Request) { r.CustomerKey = "a" }, "INVALID_CUSTOMER_KEY"},
		"nobody":                       {func(r *Request) { r.CustomerKey = "@@ANONYMOUS" }, ""},
		"a short order id":             {func(r *Request) { r.OrderID = "12345" }, "INVALID_ORDER_ID"},
		"an order id with a slash":     {func(r *Request) { r.OrderID = "ORDER/0001" }, "INVALID_ORDER_ID"},
		"no order name":                {func(r *Request) { r.OrderName = "" }, "INVALID_ORDER_NAME"},
		"nothing to pay":               {func(r *Request) { r.Amount.Value = "0" }, "BELOW_ZERO_AMOUNT"},
		"half a won":                   {func(r *Request) { r.Amount.Value = "0.5" }, "INVALID_AMOUNT_VALUE"},
		"a number of a million digits": {func(r *Request) { r.Amount.Value = "1e1000000" }, "INVALID_AMOUNT_VALUE"},
		"euros":                        {func(r *Request) { r.Amount.Currency = "EUR" }, "INVALID_AMOUNT_CURRENCY"},
		"more tax-free than all":       {func(r *Request) { r.TaxFree = "15001" }, "INVALID_PARAMETERS"},
		"a method nobody has":          {func(r *Request) { r.Method = "CASH" }, "NOT_SUPPORTED_METHOD"},
		"PayPal in won":                {func(r *Request) { r.Method, r.Options.Provider = foreignEasyPay, "PAYPAL" }, "NOT_SUPPORTED_METHOD"},
		"an account for 91 days":       {func(r *Request) { r.Options.ValidHours = 2161 }, "EXCEED_MAX_DUE_DATE"},
		"six things attached": {func(r *Request) {
			r.Metadata = map[string]string{"a": "", "b": "", "c": "", "d": "", "e": "", "f": ""}
		}, "INVALID_METADATA"},
		"no failUrl":                   {func(r *Request) { r.FailURL = "" }, "INCORRECT_FAIL_URL_FORMAT"},
		"no successUrl":                {func(r *Request) { r.SuccessURL = "" }, "INCORRECT_SUCCESS_URL_FORMAT"},
		"a successUrl that is script":  {func(r *Request) { r.SuccessURL = "javascript:alert(1)" }, "INCORRECT_SUCCESS_URL_FORMAT"},
		"a successUrl without a host":  {func(r *Request) { r.SuccessURL = "/success" }, "INCORRECT_SUCCESS_URL_FORMAT"},
		"a successUrl with a password": {func(r *Request) { r.SuccessURL = "http://a:b@localhost/success" }, "INCORRECT_SUCCESS_URL_FORMAT"},
		"a successUrl elsewhere":       {func(r *Request) { r.SuccessURL = "https://evil.example.com/" }, "INCORRECT_SUCCESS_URL_FORMAT"},
		"a failUrl elsewhere":          {func(r *Request) { r.FailURL = "https://evil.example.com/" }, "INCORRECT_FAIL_URL_FORMAT"},
	} {
		t.Run(name, func(t *testing.T) {
			r := good()
			c.spoil(&r)
			got := ""
			if e := r.Check(local); e != nil {
				got = e.Code
			}
			if got != c.code {
				t.Errorf("got %q, want %q", got, c.code)
			}
		})
	}
}

func TestWhereAPageMaySendTheBrowser(t *testing.T) {
	for _, c := range []struct {
		page, to string
		want     bool
	}{
		{"https://www.shop.co.kr", "https://www.shop.co.kr/success", true},
		{"https://www.shop.co.kr", "https://api.shop.co.kr:8443/success", true},
		{"https://www.shop.co.kr", "https://other.co.kr/success", false}, // co.kr is nobody's site
		{"https://www.shop.co.kr", "http://localhost/success", false},
		{"http://localhost:3000", "http://127.0.0.1:8080/success", true},
		{"http://192.168.0.7:3000", "http://shop.test/success", true},
		{"http://localhost:3000", "https://shop.co.kr/success", false},
		{"http://203.0.113.7", "http://203.0.113.7/success", true},
		{"http://203.0.113.7", "http://203.0.113.8/success", false},
		{"null", "http://localhost/success", true}, // a page from a file
		{"null", "https://shop.co.kr/success", false},
		{"", "https://shop.co.kr/success", true}, // no browser
	} {
		if got := goesTo(c.to, c.page); got != c.want {
			t.Errorf("from %q to %s: %v, want %v", c.page, c.to, got, c.want)
		}
	}
}

func TestWhatTheBuyerIsOffered(t *testing.T) {
	codes := func(r Request) []string {
		var out []string
		for _, m := range r.Offered() {
			out = append(out, m.Code)
		}
		return out
	}
	card := []string{"CARD", "TOSSPAY", "NAVERPAY", "KAKAOPAY", "SAMSUNGPAY", "APPLEPAY", "PAYCO"}
	r := good()
	for _, c := range []struct {
		name   string
		change func(*Request)
		want   []string
	}{
		{"a card, or an easy pay with one", func(*Request) {}, card},
		{"a card company's own window", func(r *Request) { r.Options.FlowMode, r.Options.CardCompany = "DIRECT", "SHINHAN" }, []string{"CARD"}},
		{"an easy pay's own window", func(r *Request) { r.Options.FlowMode, r.Options.EasyPay = "DIRECT", "토스페이" }, []string{"TOSSPAY"}},
		{"a method by v1's word", func(r *Request) { r.Method = "계좌이체" }, []string{"TRANSFER"}},
		{"what a widget holds", func(r *Request) { r.Method, r.Choice.Method = "", "MOBILE_PHONE" }, []string{"MOBILE_PHONE"}},
		{"a foreign one", func(r *Request) { r.Method, r.Options.Provider = foreignEasyPay, "ALIPAY" }, []string{"ALIPAY"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := r
			c.change(&r)
			if diff := cmp.Diff(c.want, codes(r)); diff != "" {
				t.Error(diff)
			}
		})
	}
	r.Method = ""
	if got := codes(r); len(got) != 13 {
		t.Errorf("all that is Korean, got %v", got)
	}
	r.Amount.Currency = "USD"
	if got := codes(r); len(got) != 12 || got[0] != "PAYPAL" {
		t.Errorf("all that is foreign, PayPal first, got %v", got)
	}
}

var known = Catalog{
	Cards: []Named{{"41", "신한", "SHINHAN"}, {"61", "현대", "HYUNDAI"}},
	Banks: []Named{{"20", "우리", "WOORI"}, {"88", "신한", "SHINHAN"}},
}

func TestWhatIsMissingInAChoice(t *testing.T) {
	server := &server{known: known}
	with := func(method string, change func(*Request, *Choice)) (Request, Choice) {
		r := good()
		r.Method, r.Amount.Value = method, "60000"
		c := server.begin(r)
		change(&r, &c)
		return r, c
	}
	for name, c := range map[string]struct {
		method string
		change func(*Request, *Choice)
		code   string
	}{
		"a card as it begins":             {"CARD", func(*Request, *Choice) {}, ""},
		"a transfer as it begins":         {"TRANSFER", func(*Request, *Choice) {}, ""},
		"an account as it begins":         {"VIRTUAL_ACCOUNT", func(*Request, *Choice) {}, ""},
		"a phone as it begins":            {"MOBILE_PHONE", func(*Request, *Choice) {}, ""},
		"another method than offered":     {"CARD", func(_ *Request, c *Choice) { c.Method = "TRANSFER" }, "NOT_SELECTED_PAYMENT_METHOD"},
		"no card company":                 {"CARD", func(_ *Request, c *Choice) { c.Company = "" }, "NEED_CARD_PAYMENT_DETAIL"},
		"three months":                    {"CARD", func(_ *Request, c *Choice) { c.Months = 3 }, ""},
		"three months of a check card":    {"CARD", func(_ *Request, c *Choice) { c.Months, c.CardType = 3, debit }, "NEED_CARD_PAYMENT_DETAIL"},
		"three months of a small amount":  {"CARD", func(r *Request, c *Choice) { c.Months, r.Amount.Value = 3, "49999" }, "NEED_CARD_PAYMENT_DETAIL"},
		"more months than the shop gives": {"CARD", func(r *Request, c *Choice) { most := 6; r.Options.MostMonths = &most; c.Months = 7 }, "NEED_CARD_PAYMENT_DETAIL"},
		"no bank":                         {"TRANSFER", func(_ *Request, c *Choice) { c.Bank = "" }, "INVALID_BANK"},
		"half a refund account":           {"VIRTUAL_ACCOUNT", func(_ *Request, c *Choice) { c.Refund.Holder = "" }, "NEED_REFUND_ACCOUNT_DETAIL"},
		"an account number with letters":  {"VIRTUAL_ACCOUNT", func(_ *Request, c *Choice) { c.Refund.Number = "11O1234567" }, "NEED_REFUND_ACCOUNT_DETAIL"},
		"no refund account":               {"VIRTUAL_ACCOUNT", func(_ *Request, c *Choice) { c.Refund = nil }, ""},
		"no refund account in a widget": {"VIRTUAL_ACCOUNT", func(r *Request, c *Choice) {
			r.Product, c.Refund = Widget, nil
		}, "NEED_REFUND_ACCOUNT_DETAIL"},
		"a number that is no phone's": {"MOBILE_PHONE", func(_ *Request, c *Choice) { c.Phone = "02123456" }, "INVALID_PHONE_NUMBER"},
	} {
		t.Run(name, func(t *testing.T) {
			r, choice := with(c.method, c.change)
			got := ""
			if e := choice.Check(r, known); e != nil {
				got = e.Code
			}
			if got != c.code {
				t.Errorf("got %q, want %q", got, c.code)
			}
		})
	}
}

func TestWhatTheShopHears(t *testing.T) {
	w := Window{Key: "tgen_1", Request: good()}
	w.Request.SuccessURL += "?cart=7"
	widget := w
	widget.Request.Product = Widget
	promise := widget
	promise.Request.SuccessURL, promise.Request.FailURL = "", ""
	dollars := w
	dollars.Request.Amount = Amount{Value: json.Number("181.5"), Currency: "USD"}
	for _, c := range []struct {
		name     string
		w        Window
		end      End
		embedded bool
		want     Outcome
	}{
		{"paid", w, End{Press: PressPay}, true,
			Outcome{URL: "http://localhost:3000/success?cart=7&orderId=ORDER-0001&paymentKey=tgen_1&amount=15000"}},
		{"paid in dollars", dollars, End{Press: PressPay}, true,
			Outcome{URL: "http://localhost:3000/success?cart=7&orderId=ORDER-0001&paymentKey=tgen_1&amount=181.50"}},
		{"paid in a widget", widget, End{Press: PressPay}, true,
			Outcome{URL: "http://localhost:3000/success?cart=7&paymentType=NORMAL&orderId=ORDER-0001&paymentKey=tgen_1&amount=15000"}},
		{"paid with a promise", promise, End{Press: PressPay}, true,
			Outcome{Result: &Result{"NORMAL", "tgen_1", "ORDER-0001", Amount{"15000", "KRW"}}}},
		{"cancelled", w, End{Press: PressCancel}, true,
			Outcome{URL: "http://localhost:3000/fail?code=PAY_PROCESS_CANCELED&message=Payment+has+been+canceled+by+the+customer."}},
		{"failed", w, End{Press: PressFail, Code: "REJECT_CARD_COMPANY"}, true,
			Outcome{URL: "http://localhost:3000/fail?code=REJECT_CARD_COMPANY&message=Payment+was+rejected.&orderId=ORDER-0001"}},
		{"closed", w, End{Press: PressClose}, true, Outcome{Error: &Error{"USER_CANCEL", "It was canceled."}}},
		{"closed where no page waits", w, End{Press: PressClose}, false,
			Outcome{URL: "http://localhost:3000/fail?code=PAY_PROCESS_CANCELED&message=Payment+has+been+canceled+by+the+customer."}},
		{"a promise that is cancelled", promise, End{Press: PressCancel}, true,
			Outcome{Error: &Error{"PAY_PROCESS_CANCELED", "Payment has been canceled by the customer."}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, outcome(c.w, c.end, c.embedded, english)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAmountsAsPeopleWriteThem(t *testing.T) {
	for _, c := range []struct {
		amount Amount
		lang   language
		want   string
	}{
		{Amount{"900", "KRW"}, korean, "900원"},
		{Amount{"1234567", "KRW"}, korean, "1,234,567원"},
		{Amount{"15000", "KRW"}, english, "₩15,000"},
		{Amount{"1181.5", "USD"}, korean, "$1,181.50"},
		{Amount{"12", "USD"}, english, "$12.00"},
		{Amount{"1500", "JPY"}, korean, "¥1,500"},
	} {
		if got := moneyText(c.amount, c.lang); got != c.want {
			t.Errorf("%v: %s, want %s", c.amount, got, c.want)
		}
	}
}

// TestEveryTextHasBothLanguages reads what the pages and lists name.
func TestEveryTextHasBothLanguages(t *testing.T) {
	for key, both := range words {
		if both[0] == "" || both[1] == "" {
			t.Errorf("%s lacks a language", key)
		}
	}
	for code, both := range refusals {
		if both[0] == "" || both[1] == "" {
			t.Errorf("%s lacks a language", code)
		}
	}
	for _, code := range failCodes {
		if _, known := refusals[code]; !known {
			t.Errorf("the window can fail with %s, which has no text", code)
		}
	}
}
