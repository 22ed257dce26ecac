package intake_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"daesa/app"
	"daesa/app/intake"
	"daesa/pay"
	"daesa/reconcile"
)

// shelf has some orders, and notes which one was let go back.
type shelf struct {
	orders  []pay.Order
	allowed []string
}

func (s *shelf) OrdersOf(_ context.Context, mid, orderID string) (found []pay.Order, _ error) {
	for _, o := range s.orders {
		if o.ID == orderID && (mid == "" || o.MID == mid) {
			found = append(found, o)
		}
	}
	return found, nil
}

func (s *shelf) AllowOrder(_ context.Context, mid, orderID, _, _ string, _ time.Time) error {
	s.allowed = append(s.allowed, mid+" "+orderID)
	return nil
}

func TestOnlyAnOrderThatIsStoredOnceMayGoBack(t *testing.T) {
	t.Parallel()
	s := &shelf{orders: []pay.Order{{MID: "a", ID: "1"}, {MID: "a", ID: "2"}, {MID: "b", ID: "2"}}}
	var asked *app.AskedError
	if _, err := (intake.Allow{Store: s, OrderID: "3"}).Run(t.Context()); err == nil || errors.As(err, &asked) {
		t.Errorf("an order that nobody knows: %v", err)
	}
	if _, err := (intake.Allow{Store: s, OrderID: "2"}).Run(t.Context()); !errors.As(err, &asked) {
		t.Errorf("an order of two merchants: %v", err)
	}
	if len(s.allowed) > 0 {
		t.Fatalf("%q", s.allowed)
	}
	for _, x := range []intake.Allow{{Store: s, OrderID: "1"}, {Store: s, OrderID: "2", MID: "b"}} {
		if _, err := x.Run(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if len(s.allowed) != 2 || s.allowed[0] != "a 1" || s.allowed[1] != "b 2" {
		t.Errorf("%q", s.allowed)
	}
}

// A shop whose database is away makes the night incomplete; it does not fail it.
func TestAShopThatDoesNotAnswerIsAGapOfTheShopsSide(t *testing.T) {
	t.Parallel()
	q := &intake.Queried{Open: func(context.Context) (intake.ShopDatabase, string, error) {
		return nil, "", errors.New("nobody answers")
	}}
	gaps, err := q.Refresh(t.Context(), morning, morning)
	if err != nil || len(gaps) != 1 || gaps[0].Side != reconcile.SideShop || gaps[0].Cause.Reason != reconcile.ReasonQuery {
		t.Errorf("%+v %v", gaps, err)
	}
}
