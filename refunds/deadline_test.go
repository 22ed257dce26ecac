package refunds

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"daesa/pay"
)

func seoul(text string) time.Time {
	t, err := pay.ParseTime(text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestCancelBy(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		payment  pay.Payment
		approved string
		want     string // "" for none
	}{
		{"phone, any day of the month", pay.Payment{Method: pay.Phone}, "2026-11-05 12:00:00", "2026-11-30 23:59:59"},
		{"phone, the last second of its month", pay.Payment{Method: pay.Phone}, "2026-11-30 23:59:59", "2026-11-30 23:59:59"},
		{"phone, the first second of a month", pay.Payment{Method: pay.Phone}, "2026-12-01 00:00:00", "2026-12-31 23:59:59"},
		{"phone, over the end of a year", pay.Payment{Method: pay.Phone}, "2026-12-31 23:00:00", "2026-12-31 23:59:59"},
		{"phone, February of a leap year", pay.Payment{Method: pay.Phone}, "2028-02-03 00:00:00", "2028-02-29 23:59:59"},
		{"phone, February of another year", pay.Payment{Method: pay.Phone}, "2027-02-03 00:00:00", "2027-02-28 23:59:59"},
		{"phone, by the clock of Seoul and not of Greenwich", pay.Payment{Method: pay.Phone}, "2026-11-30T15:30:00Z", "2026-12-31 23:59:59"},
		{"phone, a month that ends on a Sunday", pay.Payment{Method: pay.Phone}, "2027-01-10 10:00:00", "2027-01-31 23:59:59"},
		{"transfer", pay.Payment{Method: pay.Transfer}, "2026-01-01 10:20:30", "2026-06-30 10:20:30"},
		{"transfer over a leap day", pay.Payment{Method: pay.Transfer}, "2027-12-01 00:00:00", "2028-05-29 00:00:00"},
		{"virtual account", pay.Payment{Method: pay.VirtualAccount}, "2026-11-21 23:59:59", "2027-11-21 23:59:59"},
		{"virtual account over a leap day", pay.Payment{Method: pay.VirtualAccount}, "2027-11-21 23:59:59", "2028-11-20 23:59:59"},
		{"PayPal", pay.Payment{Method: pay.ForeignEasyPay, Provider: "PayPal", Currency: pay.USD}, "2026-01-01 10:20:30", "2026-06-30 10:20:30"},
		{"PayPal whose name was lost", pay.Payment{Method: pay.ForeignEasyPay, Currency: pay.USD}, "2026-01-01 10:20:30", "2026-06-30 10:20:30"},
		{"another foreign easy pay", pay.Payment{Method: pay.ForeignEasyPay, Provider: "알리페이"}, "2026-01-01 10:20:30", ""},
		{"card", pay.Payment{Method: pay.Card}, "2026-01-01 10:20:30", ""},
		{"easy pay with a card behind it", pay.Payment{Method: pay.EasyPay, Behind: pay.Card}, "2026-01-01 10:20:30", ""},
		{"easy pay with an account behind it", pay.Payment{Method: pay.EasyPay, Behind: pay.Transfer}, "2026-01-01 10:20:30", "2026-06-30 10:20:30"},
		{"gift certificate", pay.Payment{Method: pay.GiftCertificate}, "2026-01-01 10:20:30", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.payment.ApprovedAt = seoul(test.approved)
			got := CancelBy(test.payment, 365, test.payment.ApprovedAt)
			if test.want == "" {
				if !got.By.IsZero() {
					t.Errorf("a deadline %s where none is known", got.By)
				}
				return
			}
			want := seoul(test.want)
			if !got.By.Equal(want) {
				t.Fatalf("until %s, want %s", pay.FormatTime(got.By), test.want)
			}
			if got.Over(want) || !got.Over(want.Add(time.Second)) {
				t.Error("the last moment is included, the second after it is not")
			}
		})
	}
}

func TestACardOlderThanAYearIsAtRiskAndStillTried(t *testing.T) {
	t.Parallel()
	approved := seoul("2025-11-21 10:00:00")
	p := pay.Payment{Method: pay.Card, ApprovedAt: approved}
	if d := CancelBy(p, 365, approved.Add(365*24*time.Hour)); d.AtRisk || d.Over(approved.AddDate(5, 0, 0)) {
		t.Error("after 365 days to the second a card is not yet at risk, and is never over")
	}
	if d := CancelBy(p, 365, approved.Add(365*24*time.Hour+time.Second)); !d.AtRisk {
		t.Error("after more than 365 days a card is at risk")
	}
}

func TestAPaymentThatWasNeverApprovedHasNoDeadline(t *testing.T) {
	t.Parallel()
	if d := CancelBy(pay.Payment{Method: pay.Phone}, 365, seoul("2026-11-21 10:00:00")); !d.By.IsZero() {
		t.Errorf("until %s", d.By)
	}
}

// For any second: a phone payment's deadline lies in its own calendar month of
// Seoul, and one second later does not.
func TestPhoneDeadlinesForAnySecond(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		approved := time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "second"), 0)
		by := CancelBy(pay.Payment{Method: pay.Phone, ApprovedAt: approved}, 365, approved).By.In(pay.Seoul)
		own := approved.In(pay.Seoul)
		if by.Before(own) || by.Month() != own.Month() || by.Year() != own.Year() || by.Add(time.Second).Month() == own.Month() {
			t.Fatalf("approved %s, cancel by %s", own, by)
		}
	})
}
