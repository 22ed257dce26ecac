package console

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"daesa/sandbox"
)

// maxForm is the largest form that is read, in bytes.
const maxForm = 1 << 16

// kst is the zone of what people type in.
var kst = time.FixedZone("KST", 9*60*60)

// act does what a form asks for, remembers what came of it for the next page and
// sends the browser there, so that reading that page again does nothing again.
func (c *console) act(w http.ResponseWriter, r *http.Request, to string, do func(p page) (said string, err error)) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	p := c.begin(w, r, "")
	said, err := "", r.ParseForm()
	if err == nil {
		said, err = do(p)
	}
	if back := r.PostForm.Get("back"); back != "" {
		to = own(back)
	}
	value := "said:" + url.QueryEscape(said)
	if err != nil {
		value = "wrong:" + url.QueryEscape(told(err, p))
	}
	setCookie(w, r, saidCookie, value, 60)
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// told is an error for people.
func told(err error, p page) string {
	var refusal *sandbox.Error
	if errors.As(err, &refusal) {
		return p.T(refusal.Message, refusal.English) + " (" + refusal.Code + ")"
	}
	return p.T("할 수 없습니다: ", "That cannot be: ") + err.Error()
}

func (c *console) makePayment(w http.ResponseWriter, r *http.Request) {
	made := ""
	c.act(w, r, root, func(p page) (string, error) {
		form := r.PostForm
		n := sandbox.NewPayment{
			OrderID: strings.TrimSpace(form.Get("orderId")), OrderName: form.Get("orderName"),
			Method: sandbox.Method(form.Get("method")), Status: form.Get("status"), Currency: "KRW",
		}
		if n.Method == sandbox.PayPal {
			n.Currency = "USD"
		}
		var isMoney bool
		if n.Amount, isMoney = sandbox.ParseAmount(strings.ReplaceAll(form.Get("amount"), ",", ""), n.Currency); !isMoney {
			return "", fmt.Errorf("%q is no amount of %s", form.Get("amount"), n.Currency)
		}
		if number := form.Get("accountNumber"); n.Method == sandbox.VirtualAccount && number != "" {
			n.RefundAccount = &sandbox.Account{Bank: form.Get("bank"), Number: number, Holder: form.Get("holderName")}
		}
		payment, err := c.s.Pay(n)
		if err != nil {
			return "", err
		}
		made = payment.Key
		form.Set("back", base+"/payments/"+made)
		return p.T("결제를 만들었습니다.", "The payment was made."), nil
	})
}

func (c *console) changePayment(w http.ResponseWriter, r *http.Request) {
	key := r.PathValue("key")
	c.act(w, r, base+"/payments/"+url.PathEscape(key), func(p page) (string, error) {
		payment, found := c.s.Payment(key)
		if !found {
			return "", errors.New("there is no payment " + key)
		}
		now := time.Time{}
		switch act := r.PathValue("act"); act {
		case "deposit":
			return p.T("입금했습니다.", "The deposit was made."), c.s.Deposit(key, now)
		case "reverse":
			return p.T("은행이 입금을 되돌렸습니다.", "The bank took the deposit back."), c.s.ReverseDeposit(key, now)
		case "expire":
			return p.T("만료시켰습니다.", "It has expired."), c.s.Expire(key, now)
		case "authenticate":
			return p.T("구매자가 인증했습니다. 10분 안에 승인해야 합니다.", "The buyer has authenticated. It waits ten minutes for its confirm."), c.s.Authenticate(key, now)
		case "cancel":
			return c.cancel(p, payment, r.PostForm)
		default:
			return "", fmt.Errorf("%q is nothing that can be done", act)
		}
	})
}

func (c *console) cancel(p page, payment *sandbox.Payment, form url.Values) (string, error) {
	order := sandbox.ConsoleCancel{Reason: form.Get("reason"), Outcome: form.Get("outcome")}
	if text := strings.ReplaceAll(form.Get("amount"), ",", ""); text != "" {
		var isMoney bool
		if order.Amount, isMoney = sandbox.ParseAmount(text, payment.Currency); !isMoney || order.Amount <= 0 {
			return "", fmt.Errorf("%q is no amount of %s", text, payment.Currency)
		}
	}
	if payment.Status == sandbox.WaitingForDeposit {
		return p.T("발급을 취소했습니다.", "The account was cancelled."), c.s.ConsoleCancel(payment.Key, order)
	}
	return p.T("취소했습니다.", "It was cancelled."), c.s.ConsoleCancel(payment.Key, order)
}

func (c *console) resend(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	c.act(w, r, base+"/webhooks", func(p page) (string, error) {
		try, err := c.s.Resend(id)
		switch {
		case err != nil:
			return "", err
		case try.Status == http.StatusOK:
			return p.T("다시 보냈고 200을 받았습니다.", "It was sent again and answered with 200."), nil
		case try.Status > 0:
			return "", fmt.Errorf("HTTP %d", try.Status)
		}
		return "", errors.New(try.Error)
	})
}

func (c *console) moveClock(w http.ResponseWriter, r *http.Request) {
	c.act(w, r, base+"/clock", func(p page) (string, error) {
		if step := r.PostForm.Get("advance"); step != "" {
			d, err := time.ParseDuration(step)
			if err != nil {
				return "", err
			}
			c.s.Advance(d)
		} else {
			at, err := time.ParseInLocation("2006-01-02T15:04:05", r.PostForm.Get("now"), kst)
			if err != nil {
				if at, err = time.ParseInLocation("2006-01-02T15:04", r.PostForm.Get("now"), kst); err != nil {
					return "", err
				}
			}
			c.s.SetClock(at)
		}
		return p.T("시계: ", "The clock: ") + c.s.Now().Format("2006-01-02 15:04:05"), nil
	})
}

func (c *console) changeFaults(w http.ResponseWriter, r *http.Request) {
	c.act(w, r, base+"/clock", func(p page) (string, error) {
		faults, err := sandbox.ParseFaults(r.PostForm.Get("faults"))
		if err != nil {
			return "", err
		}
		c.s.SetFaults(faults)
		if faults.String() == "" {
			return p.T("장애를 없앴습니다.", "No faults any more."), nil
		}
		return p.T("장애: ", "Faults: ") + faults.String(), nil
	})
}

func (c *console) changeSettlements(w http.ResponseWriter, r *http.Request) {
	c.act(w, r, base+"/settlements", func(p page) (string, error) {
		form := r.PostForm
		switch form.Get("act") {
		case "show", "hide":
			c.s.ShowSettlements(form.Get("act") == "show")
			return p.T("바꾸었습니다.", "Changed."), nil
		case "until":
			until, err := time.ParseInLocation(time.DateOnly, form.Get("until"), kst)
			if err != nil {
				return "", err
			}
			var wanted []sandbox.Method
			for _, m := range form["method"] {
				wanted = append(wanted, sandbox.Method(m))
			}
			settled, err := c.s.SettleUntil(until, wanted...)
			if err != nil {
				return "", err
			}
			return p.T("마지막 지급일 ", "Last payout ") + settled.LastPayout + p.T(", 시계 ", ", the clock ") + settled.Now.Format("2006-01-02 15:04"), nil
		case "hold":
			return p.T("지급을 미루었습니다.", "The payout was put off."), c.s.Hold(sandbox.Hold{PaymentKey: strings.TrimSpace(form.Get("paymentKey")), PaidOutDate: form.Get("paidOutDate")})
		}
		return "", errors.New("nothing was asked for")
	})
}

// readPassbook prints the page that the form asks for.
func (c *console) readPassbook(v passbookView) (*sandbox.Passbook, error) {
	o := sandbox.PassbookOptions{Layout: v.Layout}
	for _, day := range []struct {
		text string
		to   *time.Time
	}{{v.From, &o.From}, {v.To, &o.To}} {
		at, err := time.ParseInLocation(time.DateOnly, day.text, kst)
		if err != nil {
			return nil, err
		}
		*day.to = at
	}
	if v.Plant != "" {
		o.Plant = strings.Split(v.Plant, ",")
	}
	return c.s.Passbook(o)
}
