package shop

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"io"
	"net/http"
)

// event is what the shop reads of a webhook. DEPOSIT_CALLBACK is flat; the others
// have an eventType and data.
type event struct {
	EventType string `json:"eventType"`
	OrderID   string `json:"orderId"`
	Secret    string `json:"secret"`
	Data      struct {
		OrderID    string `json:"orderId"`
		PaymentKey string `json:"paymentKey"`
	} `json:"data"`
}

// webhook takes what Toss tells. It is the only way to learn of a deposit. It says
// where to look and is not believed: whoever knows the address can send one. So a
// deposit must come with the payment's secret, and what is true is looked up. Toss
// wants a 200 within ten seconds, and sends whatever else it gets seven times more.
func (s *Shop) webhook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	var e event
	if err != nil || json.Unmarshal(body, &e) != nil {
		http.Error(w, "no webhook", http.StatusBadRequest)
		return
	}
	orderID := e.Data.OrderID
	if e.EventType == "" {
		orderID = e.OrderID
	}
	o, found := s.book.find(orderID)
	switch {
	case !found: // of another shop under this key: nothing to do, and nothing to send again
	case o.Mistake.deaf():
	case e.EventType == "" && (o.Secret == "" || subtle.ConstantTimeCompare([]byte(e.Secret), []byte(o.Secret)) != 1):
		http.Error(w, "wrong secret", http.StatusForbidden)
		return
	default:
		p, err := s.lookOf(r.Context(), o)
		if err != nil {
			http.Error(w, "not now", http.StatusServiceUnavailable) // Toss sends it again
			return
		}
		s.change(orderID, func(o *Order) { o.learn(p, s.Now()) })
	}
	w.WriteHeader(http.StatusOK)
}

// lookOf asks how the order's payment stands.
func (s *Shop) lookOf(ctx context.Context, o Order) (payment, error) {
	if o.PaymentKey != "" {
		return s.toss.look(ctx, o.PaymentKey)
	}
	return s.toss.lookByOrder(ctx, o.ID)
}
