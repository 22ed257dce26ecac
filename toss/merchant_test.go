package toss

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"daesa/pay"
)

// What Toss says decides whose a payment is: the configured mid and the
// also_mids are one merchant, every other is another.
func TestAPaymentIsTheMerchantsWhomTossNames(t *testing.T) {
	for said, want := range map[string]string{"tosspayments": "tosspayments", "shop2": "tosspayments", "shop3": "shop3", "": ""} {
		change, err := json.Marshal(map[string]string{"mId": said})
		if err != nil {
			t.Fatal(err)
		}
		base, _ := serve(t, reply(200, string(edit(t, string(change)))))
		c := newClient(t, base, func(o *Options) { o.AlsoMIDs = []string{"shop2"} })
		p, _, err := c.Payment(t.Context(), referenceKey)
		if err != nil || p.MID != want || p.SaidMID != said {
			t.Errorf("mId %q: of %q, said %q, %v", said, p.MID, p.SaidMID, err)
		}
		own, err := p.Under("tosspayments")
		var other *pay.MerchantError
		switch {
		case said == "shop3":
			if !errors.As(err, &other) || other.Said != "shop3" || other.Hint() == "" {
				t.Errorf("another merchant's payment is taken: %v", err)
			}
		case err != nil || own.MID != "tosspayments" || own.SaidMID != said:
			t.Errorf("mId %q: %+v, %v", said, own.MID, err)
		}
	}
}

// Rows of the lists are folded alike; one that names nobody is the key's, since
// nothing is sent on it.
func TestRowsAreTheMerchantsWhomTossNames(t *testing.T) {
	row := `{"mId":%q,"transactionKey":"t%d","paymentKey":"p","orderId":"o","method":"카드","status":"DONE","transactionAt":"2026-11-21T10:00:00+09:00","currency":"KRW","amount":1}`
	rows := "["
	for i, said := range []string{"tosspayments", "shop2", "shop3", ""} {
		if i > 0 {
			rows += ","
		}
		rows += fmt.Sprintf(row, said, i)
	}
	base, _ := serve(t, reply(200, rows+"]"))
	page, err := newClient(t, base, func(o *Options) { o.AlsoMIDs = []string{"shop2"} }).Transactions(t.Context(), instant.AddDate(0, 0, -1), instant, "")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"tosspayments", "tosspayments", "shop3", "tosspayments"} {
		if page.Rows[i].MID != want {
			t.Errorf("row %d is of %q, expected %q", i, page.Rows[i].MID, want)
		}
	}
}
