package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const helpText = `This is a pretend Toss Payments. No money moves here.

Toss's addresses (HTTP Basic, user = a secret key test_sk_... or test_gsk_..., empty password):
  GET  /v1/payments/{paymentKey}
  GET  /v1/payments/orders/{orderId}
  POST /v1/payments/confirm                  POST /v1/payments/{paymentKey}: the confirm of old clients
  POST /v1/payments                          a window for the buyer, at checkout.url
  POST /v1/payments/key-in                   a card that is typed in
  POST /v1/virtual-accounts
  POST /v1/payments/{paymentKey}/cancel
  GET  /v1/transactions?startDate=&endDate=&startingAfter=&limit=
  GET  /v1/settlements?startDate=&endDate=&dateType=&page=&size=
  POST /v1/settlements                       a card payment is acquired by hand

For a buyer's browser (sandbox/README.md):
  GET  /v1/payment-widget  /v1  /v2/standard the scripts that a shop's page loads; ?auto=pay presses at once
  GET  /browser/window/{paymentKey}          the payment window that they open

The sandbox's own, never Toss's (no key needed):
  GET  /sandbox/orders.csv[?as_of=RFC3339]   the shop's order file of the seeded history
  GET  /sandbox/clock                        the time here
  POST /sandbox/clock                        {"now":"2026-11-21T01:30:00+09:00"} or {"advance":"2h"}
  POST /sandbox/payments                     {"orderId":"A-0001","method":"card","amount":15000}
  POST /sandbox/payments/{key}/deposit       {"at":...} may be left out
  POST /sandbox/payments/{key}/reverse       the bank takes a deposit back
  POST /sandbox/payments/{key}/expire
  POST /sandbox/payments/{key}/cancel        {"amount":1000,"reason":"..."}: cancelled by hand in the admin
  POST /sandbox/faults                       drop-after=0.5,api=cancel,max=3 or page-cap=1000 (text; empty: none)
  GET  /sandbox/settle                       how the ledger settles: terms, rates, holds, limit
  POST /sandbox/settle                       {"settle":true}: this test key sees settlement rows
                                             {"hold":{"paymentKey":"...","paidOutDate":"2026-12-10"}}: a payout is put off
                                             {"limit":{"amount":5000000,"from":"2026-11-24","until":"2026-11-27"}}: what is above it stays unpaid
  POST /sandbox/settle-until                 {"until":"2026-11-30"}: the clock goes to 08:00 of the morning after the last payout of
                                             what was sold or cancelled up to that day; "methods":["card","easy_pay"] looks at these
  GET  /sandbox/passbook.csv                 the shop's passbook: ?from=&to=&layout=kb|shinhan|woori|toss|hana|ibk
                                             &opening=N&encoding=utf-8|cp949&plant=missing,rebate,split,merged,short,late
  GET  /sandbox/passbook.json                the same, with the payouts and what was planted where
  POST /sandbox/settlements                  a JSON array of settlement rows, in place of the ledger's; null: the ledger's again
  POST /sandbox/webhooks                     {"eventType":"payout.changed","entityBody":{...}}: signed
  GET  /sandbox/calls                        requests so far, by API
`

func (s *Sandbox) controlRoutes() {
	s.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, helpText)
	})
	s.mux.HandleFunc("GET /sandbox/orders.csv", s.serveOrders)
	s.mux.HandleFunc("GET /sandbox/clock", control(func(*http.Request) (any, error) { return s.clockFace(), nil }))
	s.mux.HandleFunc("POST /sandbox/clock", control(s.moveClock))
	s.mux.HandleFunc("GET /sandbox/calls", control(func(*http.Request) (any, error) { return s.Calls(), nil }))
	s.mux.HandleFunc("POST /sandbox/faults", control(s.changeFaults))
	s.mux.HandleFunc("POST /sandbox/settlements", control(s.changeSettlements))
	s.mux.HandleFunc("POST /sandbox/webhooks", control(s.sendWebhook))
	s.settleRoutes()
	s.passbookRoutes()
	s.mux.HandleFunc("POST /sandbox/payments", control(s.makePayment))
	s.mux.HandleFunc("POST /sandbox/payments/{key}/{act}", control(s.changePayment))
}

// control answers with JSON; an error is a 400 with its text.
func control(do func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 64*maxBody)
		answer, err := do(r)
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			answer = map[string]string{"code": "SANDBOX", "message": err.Error()}
		}
		_ = json.NewEncoder(w).Encode(answer)
	}
}

// readControl decodes a body that may be empty and refuses unknown fields, so
// that a misspelt one is not taken for a default.
func readControl(r *http.Request, into any) error {
	in := json.NewDecoder(r.Body)
	in.DisallowUnknownFields()
	if err := in.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("the body: %w", err)
	}
	return nil
}

func (s *Sandbox) clockFace() map[string]string {
	return map[string]string{"now": s.Now().Format(time.RFC3339)}
}

func (s *Sandbox) moveClock(r *http.Request) (any, error) {
	var body struct {
		Now     time.Time `json:"now"`
		Advance string    `json:"advance"`
	}
	if err := readControl(r, &body); err != nil {
		return nil, err
	}
	switch {
	case !body.Now.IsZero():
		s.SetClock(body.Now)
	case body.Advance != "":
		d, err := time.ParseDuration(body.Advance)
		if err != nil {
			return nil, err
		}
		s.Advance(d)
	default:
		return nil, errors.New(`want {"now": a time} or {"advance": a duration}`)
	}
	return s.clockFace(), nil
}

func (s *Sandbox) changeFaults(r *http.Request) (any, error) {
	spec, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	f, err := ParseFaults(string(spec))
	if err != nil {
		return nil, err
	}
	s.SetFaults(f)
	return map[string]string{"faults": string(spec)}, nil
}

func (s *Sandbox) changeSettlements(r *http.Request) (any, error) {
	var rows []json.RawMessage
	if err := readControl(r, &rows); err != nil {
		return nil, err
	}
	return map[string]int{"rows": len(rows)}, s.SetSettlements(rows)
}

func (s *Sandbox) sendWebhook(r *http.Request) (any, error) {
	var body struct {
		EventType  string          `json:"eventType"`
		EntityBody json.RawMessage `json:"entityBody"`
	}
	if err := readControl(r, &body); err != nil {
		return nil, err
	}
	if err := s.SendSigned(body.EventType, body.EntityBody); err != nil {
		return nil, err
	}
	return map[string]int{"sent": s.DeliverWebhooks()}, nil
}

// paymentBody is NewPayment in JSON. Amounts are in the currency's own
// notation: 15000 won, 181.56 dollars.
type paymentBody struct {
	OrderID       string      `json:"orderId"`
	OrderName     string      `json:"orderName"`
	MID           string      `json:"mId"`
	CustomerKey   string      `json:"customerKey"`
	Method        Method      `json:"method"`
	Amount        json.Number `json:"amount"`
	TaxFree       json.Number `json:"taxFreeAmount"`
	Discount      json.Number `json:"discount"`
	CardDiscount  json.Number `json:"cardDiscount"`
	Currency      string      `json:"currency"`
	RequestedAt   time.Time   `json:"requestedAt"`
	At            time.Time   `json:"at"`
	Status        string      `json:"status"`
	Money         bool        `json:"money"`
	Escrow        bool        `json:"escrow"`
	CardType      string      `json:"cardType"`
	Months        int         `json:"installmentPlanMonths"`
	InterestPayer string      `json:"interestPayer"`
	NoPartial     bool        `json:"noPartial"`
	DueDate       time.Time   `json:"dueDate"`
	RefundAccount *Account    `json:"refundAccount"`
	Outcome       string      `json:"outcome"`
}

func (s *Sandbox) makePayment(r *http.Request) (any, error) {
	var b paymentBody
	if err := readControl(r, &b); err != nil {
		return nil, err
	}
	n := NewPayment{
		OrderID: b.OrderID, OrderName: b.OrderName, MID: b.MID, CustomerKey: b.CustomerKey,
		Method: b.Method, Currency: b.Currency, RequestedAt: b.RequestedAt, At: b.At, Status: b.Status,
		Money: b.Money, Escrow: b.Escrow, NoPartial: b.NoPartial, DueDate: b.DueDate,
		RefundAccount: b.RefundAccount, Outcome: b.Outcome,
		CardType: b.CardType, Months: b.Months, InterestPayer: b.InterestPayer,
	}
	if n.Currency == "" && n.Method == PayPal {
		n.Currency = "USD"
	}
	for _, f := range []struct {
		text json.Number
		to   *int64
	}{{b.Amount, &n.Amount}, {b.TaxFree, &n.TaxFree}, {b.Discount, &n.Discount}, {b.CardDiscount, &n.CardDiscount}} {
		if f.text == "" {
			continue
		}
		v, isMoney := parseMoney(f.text.String(), n.Currency)
		if !isMoney {
			return nil, fmt.Errorf("%s is no amount of %s", f.text, n.Currency)
		}
		*f.to = v
	}
	p, err := s.Pay(n)
	if err != nil {
		return nil, err
	}
	return s.object(p.Key), nil
}

// object is a payment as the API shows it.
func (s *Sandbox) object(key string) json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, _ := s.ledger.find(key)
	now := max(s.now().Unix(), p.Requested)
	return appendPayment(nil, p, now, s.view(p, now, false))
}

func (s *Sandbox) changePayment(r *http.Request) (any, error) {
	var body struct {
		At      time.Time   `json:"at"`
		Amount  json.Number `json:"amount"`
		TaxFree json.Number `json:"taxFreeAmount"`
		Reason  string      `json:"reason"`
		Outcome string      `json:"outcome"`
	}
	if err := readControl(r, &body); err != nil {
		return nil, err
	}
	key := r.PathValue("key")
	p, found := s.Payment(key)
	if !found {
		return nil, refuse("NOT_FOUND_PAYMENT")
	}
	var err error
	switch act := r.PathValue("act"); act {
	case "deposit":
		err = s.Deposit(key, body.At)
	case "reverse":
		err = s.ReverseDeposit(key, body.At)
	case "expire":
		err = s.Expire(key, body.At)
	case "cancel":
		c := ConsoleCancel{Reason: body.Reason, At: body.At, Outcome: body.Outcome}
		isMoney := true
		if body.Amount != "" {
			c.Amount, isMoney = parseMoney(body.Amount.String(), p.Currency)
		}
		if isMoney && body.TaxFree != "" {
			var part int64
			part, isMoney = parseMoney(body.TaxFree.String(), p.Currency)
			c.TaxFree = &part
		}
		if !isMoney {
			return nil, fmt.Errorf("%s or %s is no amount of %s", body.Amount, body.TaxFree, p.Currency)
		}
		err = s.ConsoleCancel(key, c)
	default:
		err = fmt.Errorf("%q: there are deposit, reverse, expire and cancel", act)
	}
	if err != nil {
		return nil, err
	}
	return s.object(key), nil
}

// serveOrders streams the shop's order file as of a time, by default now.
func (s *Sandbox) serveOrders(w http.ResponseWriter, r *http.Request) {
	asOf := s.Now()
	if text := r.URL.Query().Get("as_of"); text != "" {
		t, err := time.Parse(time.RFC3339, strings.ReplaceAll(text, " ", "+")) // an unescaped + arrives as a space
		if err != nil {
			http.Error(w, "as_of: want a time as 2026-11-21T01:30:00+09:00", http.StatusBadRequest)
			return
		}
		asOf = t
	}
	s.mu.Lock()
	h := s.history
	s.mu.Unlock()
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	if h == nil {
		h = &History{}
	}
	_ = h.WriteCSV(w, asOf)
}
