package console

import (
	"net/http"
	"net/url"
	"time"

	"daesa/sandbox"
)

// checkoutView is the window of a payment that a shop's server has opened.
type checkoutView struct {
	*sandbox.Payment
	Open bool
	Code string // what a refusal says
}

// refusal is what the card company says in the window.
const refusal = "REJECT_CARD_COMPANY"

// checkout shows the window and does what the buyer presses. A payment that no
// server has opened has none here; neither has an order that is called checkout.
func (c *console) checkout(w http.ResponseWriter, r *http.Request) {
	payment, found := c.s.Payment(r.PathValue("key"))
	if !found || payment.SuccessURL == "" {
		c.s.ServeHTTP(w, r)
		return
	}
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if to, err := c.press(payment, r.PostFormValue("action")); err == nil {
			http.Redirect(w, r, to, http.StatusSeeOther)
			return
		}
	}
	p := c.begin(w, r, "")
	p.Title, p.Buyer = p.T("결제", "Payment"), true
	p.Data = checkoutView{Payment: payment, Open: payment.Status == sandbox.Ready, Code: refusal}
	c.show(w, "checkout", http.StatusOK, p)
}

// press does what a button of the window says, and gives the address to which the
// buyer goes from there.
func (c *console) press(payment *sandbox.Payment, action string) (string, error) {
	switch action {
	case "pay":
		err := c.s.Authenticate(payment.Key, time.Time{})
		return with(payment.SuccessURL, "paymentKey", payment.Key, "orderId", payment.OrderID,
			"amount", sandbox.FormatAmount(payment.Total, payment.Currency)), err
	case "fail":
		err := c.s.Abort(payment.Key, refusal, time.Time{})
		return with(payment.FailURL, "code", refusal, "message", "결제 승인이 거절되었습니다.", "orderId", payment.OrderID), err
	}
	// The buyer may come back: the payment stays open until its window runs out.
	return with(payment.FailURL, "code", "PAY_PROCESS_CANCELED", "message", "사용자에 의해 결제가 취소되었습니다.", "orderId", payment.OrderID), nil
}

// with adds names and values to what an address asks already.
func with(address string, pairs ...string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	q := u.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	u.RawQuery = q.Encode()
	return u.String()
}
