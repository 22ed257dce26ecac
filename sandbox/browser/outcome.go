package browser

import (
	"encoding/json"
	"net/url"
)

// Outcome is how a window ended, for the page that opened it: one of the three.
type Outcome struct {
	URL    string  `json:"url,omitempty"` // where the browser goes
	Result *Result `json:"result,omitempty"`
	Error  *Error  `json:"error,omitempty"`
}

// Result is what a promise is kept with.
type Result struct {
	PaymentType string `json:"paymentType"`
	PaymentKey  string `json:"paymentKey"`
	OrderID     string `json:"orderId"`
	Amount      Amount `json:"amount"`
}

// outcome is what a button means to the page. A window that stands by itself, in
// place of the shop's page, has nobody to reject a closed window to: closing is
// cancelling there.
func outcome(w Window, end End, embedded bool, lang language) Outcome {
	r := w.Request
	switch end.Press {
	case PressPay:
		if r.Promised() {
			return Outcome{Result: &Result{PaymentType: "NORMAL", PaymentKey: w.Key, OrderID: r.OrderID, Amount: r.Amount}}
		}
		return Outcome{URL: successURL(w)}
	case PressClose:
		if embedded {
			return Outcome{Error: refuse("USER_CANCEL").in(lang)}
		}
		return failure(r, "PAY_PROCESS_CANCELED", lang)
	case PressCancel:
		return failure(r, "PAY_PROCESS_CANCELED", lang)
	case PressFail:
		return failure(r, end.Code, lang)
	}
	return failure(r, "PAY_PROCESS_ABORTED", lang)
}

// successURL adds what Toss adds, in its order.
func successURL(w Window) string {
	r := w.Request
	pairs := []string{"orderId", r.OrderID, "paymentKey", w.Key, "amount", amountText(r.Amount.Value)}
	if r.Product == Widget {
		pairs = append([]string{"paymentType", "NORMAL"}, pairs...)
	}
	return extend(r.SuccessURL, pairs...)
}

// failure is a refusal as the page asked to hear of it. A cancel names no order,
// so that a shop learns to bear it.
func failure(r Request, code string, lang language) Outcome {
	e := refuse(code).in(lang)
	if r.Promised() {
		return Outcome{Error: e}
	}
	pairs := []string{"code", e.Code, "message", e.Message}
	if code != "PAY_PROCESS_CANCELED" {
		pairs = append(pairs, "orderId", r.OrderID)
	}
	return Outcome{URL: extend(r.FailURL, pairs...)}
}

// extend adds names and values to the query of an address, and keeps its own.
func extend(address string, pairs ...string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if u.RawQuery != "" {
			u.RawQuery += "&"
		}
		u.RawQuery += url.QueryEscape(pairs[i]) + "=" + url.QueryEscape(pairs[i+1])
	}
	return u.String()
}

// amountText writes an amount without exponent and without needless decimals.
func amountText(value json.Number) string {
	v, isNumber := number(value)
	switch {
	case !isNumber:
		return value.String()
	case v.IsInt():
		return v.Num().String()
	}
	return v.FloatString(2)
}
