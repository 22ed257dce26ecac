package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// payment is what the shop reads of Toss's payment object.
type payment struct {
	PaymentKey     string    `json:"paymentKey"`
	OrderID        string    `json:"orderId"`
	Status         string    `json:"status"`
	Method         string    `json:"method"`
	TotalAmount    int64     `json:"totalAmount"`
	BalanceAmount  int64     `json:"balanceAmount"`
	ApprovedAt     time.Time `json:"approvedAt"` // zero until there is one
	Secret         string    `json:"secret"`
	VirtualAccount *struct {
		AccountNumber string `json:"accountNumber"`
	} `json:"virtualAccount"`
}

// refusal is Toss's no. Message is Korean and fit for a buyer.
type refusal struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (r *refusal) Error() string { return r.Code + ": " + r.Message }

// client calls Toss's API as the shop's server.
type client struct {
	url, secretKey string
	http           http.Client
}

// confirm turns an authentication into a payment; Toss takes it for ten minutes
// after the success page was opened. The key makes a second call harmless.
func (c *client) confirm(ctx context.Context, paymentKey, orderID string, amount int64) (payment, error) {
	return c.call(ctx, http.MethodPost, "/v1/payments/confirm", "confirm-"+orderID+"-"+paymentKey,
		map[string]any{"paymentKey": paymentKey, "orderId": orderID, "amount": amount})
}

// cancel gives all of a payment back.
func (c *client) cancel(ctx context.Context, paymentKey, reason string) (payment, error) {
	return c.call(ctx, http.MethodPost, "/v1/payments/"+url.PathEscape(paymentKey)+"/cancel", "cancel-"+paymentKey,
		map[string]any{"cancelReason": reason})
}

// look asks how a payment stands.
func (c *client) look(ctx context.Context, paymentKey string) (payment, error) {
	return c.call(ctx, http.MethodGet, "/v1/payments/"+url.PathEscape(paymentKey), "", nil)
}

// lookByOrder asks the same where the shop has not learnt the payment's key.
func (c *client) lookByOrder(ctx context.Context, orderID string) (payment, error) {
	return c.call(ctx, http.MethodGet, "/v1/payments/orders/"+url.PathEscape(orderID), "", nil)
}

// call makes one call. The secret key is the user of HTTP Basic, the password is
// empty. An error is a *refusal where Toss has answered; after any other nobody
// knows whether it was done.
func (c *client) call(ctx context.Context, method, path, idempotencyKey string, body any) (p payment, err error) {
	var sent []byte
	if body != nil {
		if sent, err = json.Marshal(body); err != nil {
			return p, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(sent))
	if err != nil {
		return p, err
	}
	r.SetBasicAuth(c.secretKey, "")
	r.Header.Set("Content-Type", "application/json")
	if idempotencyKey != "" {
		r.Header.Set("Idempotency-Key", idempotencyKey)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return p, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return p, err
	}
	if answer.StatusCode != http.StatusOK {
		no := &refusal{}
		if err := json.Unmarshal(text, no); err != nil || no.Code == "" {
			return p, fmt.Errorf("toss answered %d", answer.StatusCode)
		}
		return p, no
	}
	return p, json.Unmarshal(text, &p)
}
