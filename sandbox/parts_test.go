package sandbox

import (
	"fmt"
	"testing"
	"time"
)

// A step of a mixed payment of 30,000 won with 10,000 tax-free.
type partStep struct {
	amount, taxFree int64 // taxFree -1: unsaid
	code            string
	balance, left   int64 // after it
}

func TestACancelNeverTakesMoreOfAPartThanIsLeft(t *testing.T) {
	cases := []struct {
		name  string
		steps []partStep
	}{
		{"the taxable rest is used up", []partStep{
			{15_000, 0, "", 15_000, 10_000}, {10_000, 0, "INVALID_REQUEST", 15_000, 10_000}, {10_000, 5000, "", 5000, 5000}, {5000, -1, "", 0, 0}}},
		{"so is the tax-free rest", []partStep{
			{10_000, 10_000, "", 20_000, 0}, {5000, 1, "INVALID_REQUEST", 20_000, 0}, {20_000, 0, "", 0, 0}}},
		{"a part of which nobody says anything is taxable", []partStep{
			{15_000, -1, "", 15_000, 10_000}, {10_000, -1, "INVALID_REQUEST", 15_000, 10_000}}},
		{"all of it takes all of both", []partStep{{30_000, -1, "", 0, 0}}},
		{"all of it with a part that is not all", []partStep{{30_000, 0, "INVALID_REQUEST", 30_000, 10_000}}},
		{"more tax-free than is cancelled", []partStep{{5000, 5001, "INVALID_REQUEST", 30_000, 10_000}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := begin(t, Options{})
			p := h.pay(NewPayment{Amount: 30_000, TaxFree: 10_000})
			for _, step := range c.steps {
				body := fmt.Sprintf(`{"cancelReason":"x","cancelAmount":%d`, step.amount)
				if step.taxFree >= 0 {
					body += fmt.Sprintf(`,"taxFreeAmount":%d`, step.taxFree)
				}
				status := 200
				if step.code != "" {
					status = 400
				}
				h.cancel(p.Key, body+"}").want(t, status, step.code)
				h.wait(2 * time.Second)
				if now, _ := h.s.Payment(p.Key); now.Balance != step.balance || now.TaxFree != step.left {
					t.Fatalf("after %+v: balance %d, tax-free %d", step, now.Balance, now.TaxFree)
				}
			}
		})
	}
}

func TestACancelByHandTakesTheLeastTaxFreePartThatFits(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{Amount: 30_000, TaxFree: 10_000})
	said := int64(3000)
	for _, step := range []struct {
		c    ConsoleCancel
		left int64
	}{{ConsoleCancel{Amount: 12_000}, 10_000}, {ConsoleCancel{Amount: 10_000}, 8000}, {ConsoleCancel{Amount: 3000, TaxFree: &said}, 5000}, {ConsoleCancel{}, 0}} {
		if err := h.s.ConsoleCancel(p.Key, step.c); err != nil {
			t.Fatal(err)
		}
		if now, _ := h.s.Payment(p.Key); now.TaxFree != step.left || now.TaxFree > now.Balance {
			t.Fatalf("after %+v: balance %d, tax-free %d", step.c, now.Balance, now.TaxFree)
		}
	}
}
