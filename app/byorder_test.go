package app

import (
	"context"
	"errors"
	"testing"
	"time"

	"daesa/pay"
	"daesa/refunds"
)

// twicePaid is an order that was paid twice. Of the payments of an order Toss
// shows the newest that holds money, else the newest.
type twicePaid struct {
	*counter
	payments []pay.Payment // the oldest first
	listed   []string      // the payments of which the books know by the list
}

func paidTwice() *twicePaid {
	first, second := paid("D-1", 31_000, 0), paid("D-1", 31_000, 0)
	first.PaymentKey, second.PaymentKey = "P1", "P2"
	return &twicePaid{counter: newCounter(), payments: []pay.Payment{first, second}}
}

func (d *twicePaid) PaymentByOrder(_ context.Context, _ string) (pay.Payment, pay.Evidence, error) {
	shown := d.payments[len(d.payments)-1]
	for _, p := range d.payments {
		if p.BalanceAmount > 0 || shown.BalanceAmount == 0 {
			shown = p
		}
	}
	return shown, pay.Evidence{}, nil
}

func (d *twicePaid) Payment(_ context.Context, key string) (pay.Payment, pay.Evidence, error) {
	for _, p := range d.payments {
		if p.PaymentKey == key {
			return p, pay.Evidence{}, nil
		}
	}
	return pay.Payment{}, pay.Evidence{}, &pay.Failure{Kind: pay.FailureNotFound}
}

func (d *twicePaid) Known(ctx context.Context, besides refunds.Request) (refunds.Known, error) {
	known, err := d.counter.Known(ctx, besides)
	for _, key := range d.listed {
		if key != besides.PaymentKey {
			known.Siblings = append(known.Siblings, refunds.Sibling{MID: mid, PaymentKey: key})
		}
	}
	for _, r := range d.requests {
		if r.PaymentKey != besides.PaymentKey {
			known = known.WithOther(r)
		}
	}
	return known, err
}

// carryOut gives a request's payment back.
func (d *twicePaid) carryOut(r refunds.Request) {
	for i, p := range d.payments {
		if p.PaymentKey == r.PaymentKey {
			p.Status, p.BalanceAmount = pay.Canceled, 0
			p.Cancels = []pay.Cancel{{TransactionKey: "t-" + p.PaymentKey, Amount: r.Amount, Status: pay.CancelDone, CanceledAt: now, Reason: pay.WithMarker(r.Reason, r.ID)}}
			d.payments[i] = p
		}
	}
}

// one plans one asking, and gives its payment in short.
func (d *twicePaid) one(t *testing.T, asking refunds.Asking) (Planned, string) {
	t.Helper()
	a := d.asker()
	a.Requests = d
	merchant := a.Merchants[mid]
	merchant.LookUp = d
	a.Merchants[mid] = merchant
	planned, err := a.One(t.Context(), asking)
	if err != nil {
		t.Fatal(err)
	}
	var refused *refunds.AskError
	switch {
	case errors.As(planned.Err, &refused):
		return planned, "refused: " + refused.Why
	case planned.Err != nil:
		return planned, "refused"
	case planned.Known:
		return planned, "known " + planned.Adding.Request.PaymentKey
	case planned.Adding.Found != nil:
		return planned, "found " + planned.Adding.Payment.PaymentKey
	}
	return planned, "new " + planned.Adding.Request.PaymentKey
}

func key(paymentKey, ref string) refunds.Asking {
	return refunds.Asking{MID: mid, PaymentKey: paymentKey, All: true, Reason: "중복", Ref: ref}
}

// TestTheSameFileTwiceRefundsOnePaymentOfAnOrderPaidTwice: the first row emptied
// the payment that Toss showed, and now Toss shows the shop's own.
func TestTheSameFileTwiceRefundsOnePaymentOfAnOrderPaidTwice(t *testing.T) {
	t.Parallel()
	for name, asking := range map[string]refunds.Asking{"all of it": whole("D-1"), "by its number": asking("D-1", "31000", "", ""), "by a ref": asking("D-1", "31000", "", "dd1")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := paidTwice()
			planned, got := d.one(t, asking)
			if got != "new P2" {
				t.Fatalf("the first time: %s", got)
			}
			r := planned.Adding.Request
			r.State = refunds.StateSucceeded
			d.requests = append(d.requests, r)
			d.carryOut(r)
			again, got := d.one(t, asking)
			if got != "known P2" || again.Warning.Korean == "" {
				t.Errorf("the second time: %s, said %q", got, again.Warning.English)
			}
			asking.Ref = "dd2"
			if _, got := d.one(t, asking); got != "refused: several_payments" {
				t.Errorf("under another ref: %s", got)
			}
			if planned, got := d.one(t, key("P1", "dd3")); got != "new P1" || planned.Adding.Request.SameAs != r.ID {
				t.Errorf("by the key of the other payment: %s, equal to %q", got, planned.Adding.Request.SameAs)
			}
		})
	}
}

// TestARestoredDatabaseFindsItsCancelOnWhicheverPaymentOfTheOrder: the list knows
// both payments, and no request is left.
func TestARestoredDatabaseFindsItsCancelOnWhicheverPaymentOfTheOrder(t *testing.T) {
	t.Parallel()
	byRef := asking("D-1", "31000", "", "s1")
	d := paidTwice()
	planned, _ := d.one(t, byRef)
	d.carryOut(planned.Adding.Request)
	d.listed = []string{"P1", "P2"}
	for _, test := range []struct {
		name   string
		asking refunds.Asking
		want   string
	}{
		{"the row again", byRef, "found P2"},
		{"the row with the key of its payment", key("P2", "s1"), "found P2"},
		{"its ref with the key of the other", key("P1", "s1"), "refused: sent_on_another_payment"},
		{"another row of the order", asking("D-1", "31000", "", "s2"), "refused: several_payments"},
		{"a row without a ref", whole("D-1"), "refused: several_payments"},
	} {
		if _, got := d.one(t, test.asking); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
	if planned, got := d.one(t, key("P1", "s9")); got != "new P1" || planned.Warning.Korean == "" {
		t.Errorf("the other payment under a ref of its own: %s, said %q", got, planned.Warning.English)
	}
}

// TestAnotherMerchantsOrderOfTheSameNumberIsNone: two shops may number alike.
func TestAnotherMerchantsOrderOfTheSameNumberIsNone(t *testing.T) {
	t.Parallel()
	d := newCounter(paid("A", 10_000, 0))
	other := open("A", 10_000, 0)
	other.MID, other.PaymentKey, other.Ref, other.RequestedAt = "shop2", "k-other", "full:k-other", now.Add(-time.Hour)
	d.requests = []refunds.Request{other}
	a := d.asker()
	a.Another = func(_, mid string) bool { return mid == "shop2" }
	planned, err := a.One(t.Context(), whole("A"))
	if err != nil || planned.Err != nil || planned.Known || planned.Adding.Request.SameAs != "" {
		t.Errorf("%+v, %v", planned, err)
	}
}

// TestOnePaymentByOrderAndByKeyIsRefusedInBothRows where neither has a ref.
func TestOnePaymentByOrderAndByKeyIsRefusedInBothRows(t *testing.T) {
	t.Parallel()
	d := newCounter(paid("A", 10_000, 0), paid("B", 10_000, 0))
	if got := outcome(d.plan(t, whole("A"), key("k-A", ""), whole("B"))); got != "order_id refused, payment_key refused, 10000/0" {
		t.Errorf("planned %s", got)
	}
	if got := outcome(d.plan(t, asking("A", "4000", "", "r1"), key("k-A", ""))); got != "4000/0, 6000/0" {
		t.Errorf("with a ref in one of them: %s", got)
	}
}

// TestEqualRowsOfAFileAreSaidAtTheImport: both, since neither is approved by the
// batch.
func TestEqualRowsOfAFileAreSaidAtTheImport(t *testing.T) {
	t.Parallel()
	d := newCounter(paid("A", 10_000, 0))
	rows := d.plan(t, asking("A", "1000", "", "r1"), asking("A", "1000", "", "r2"), asking("A", "2000", "", "r3"))
	for i, said := range []bool{true, true, false} {
		if (rows[i].Warning.Korean != "") != said || (rows[i].Warning.English != "") != said {
			t.Errorf("row %d says %q", i+1, rows[i].Warning.English)
		}
	}
}
