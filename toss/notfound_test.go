package toss

import (
	"strings"
	"testing"

	"daesa/pay"
)

// A gateway in front of Toss answers 404 of its own; an order that Toss knows
// must not be called missing because of it.
func TestOnlyTossesOwnWordProvesThatAPaymentDoesNotExist(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		absent bool
	}{
		{"Toss: no such payment", 404, string(sample(t, "error_404_not_found_payment.json")), true},
		{"Toss: no key looks like this", 400, `{"code":"INVALID_PAYMENT_KEY","message":""}`, true},
		{"a gateway's NOT_FOUND", 404, `{"code":"NOT_FOUND","message":"no route"}`, false},
		{"a gateway's words", 404, `{"code":"NoSuchKey","message":"no route"}`, false},
		{"a code that is a number", 404, `{"code":404,"message":"no route"}`, false},
		{"no code", 404, `{"message":"no Route matched with those values"}`, false},
		{"no JSON", 404, `<html><title>404 Not Found</title></html>`, false},
		{"nothing", 404, ``, false},
		{"an address that is gone", 410, `{"code":"GONE","message":""}`, false},
		{"a refusal", 403, `{"code":"FORBIDDEN_REQUEST","message":""}`, false},
		{"a refusal of a gateway", 403, `<html>`, false},
		{"a request that Toss does not understand", 400, `{"code":"INVALID_REQUEST","message":""}`, false},
		{"a session that is over", 404, `{"code":"NOT_FOUND_PAYMENT_SESSION","message":""}`, false},
		{"a merchant that is not there", 404, `{"code":"NOT_FOUND_MERCHANT","message":""}`, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			base, _ := serve(t, reply(test.status, test.body))
			c := newClient(t, base, nil)
			for call, err := range map[string]error{
				"by key": errorOf(c.Payment(t.Context(), referenceKey)), "by order": errorOf(c.PaymentByOrder(t.Context(), "A-1")),
			} {
				if failure := failureOf(t, err); (failure.Kind == pay.FailureNotFound) != test.absent {
					t.Errorf("%s: %s: %v", call, failure.Kind, failure)
				}
			}
			if _, err := c.Settlements(t.Context(), pay.ByPaidOut, "2026-11-21", 1); err == nil {
				t.Error("settlements that were not there were read")
			}
		})
	}
	base, _ := serve(t, reply(404, `{"code":"NOT_FOUND","message":""}`))
	if hint := failureOf(t, errorOf(newClient(t, base, nil).Payment(t.Context(), referenceKey))).Hint(); !strings.Contains(hint, "base_url") {
		t.Errorf("the hint does not name the gateway: %s", hint)
	}
}
