package refunds

import (
	"testing"
	"time"

	"daesa/pay"
)

func TestArrival(t *testing.T) {
	t.Parallel()
	const total = 30000
	payPal := pay.Payment{Method: pay.ForeignEasyPay, Provider: "PayPal", Currency: pay.USD}
	tests := []struct {
		name     string
		payment  pay.Payment
		amount   int64
		canceled string
		ko, en   string
	}{
		{"card, all", pay.Payment{Method: pay.Card}, total, "2026-11-23 10:00:00",
			"11월 23일(월)~27일(금), 영업일 기준", "Mon 23 Nov to Fri 27 Nov, counted in bank days"},
		{"card, a part", pay.Payment{Method: pay.Card}, 1, "2026-11-23 10:00:00",
			"11월 26일(목)~27일(금), 영업일 기준", "Thu 26 Nov to Fri 27 Nov, counted in bank days"},
		{"card, a part, over 추석 and a weekend", pay.Payment{Method: pay.Card}, 1, "2026-09-22 10:00:00",
			"9월 29일(화)~30일(수), 영업일 기준", "Tue 29 Sep to Wed 30 Sep, counted in bank days"},
		{"card behind easy pay, into another month", pay.Payment{Method: pay.EasyPay, Behind: pay.Card}, 1, "2026-11-25 10:00:00",
			"11월 30일(월)~12월 1일(화), 영업일 기준", "Mon 30 Nov to Tue 1 Dec, counted in bank days"},
		{"by the clock of Seoul", pay.Payment{Method: pay.Card}, 1, "2026-11-22T15:00:00Z",
			"11월 26일(목)~27일(금), 영업일 기준", "Thu 26 Nov to Fri 27 Nov, counted in bank days"},
		{"transfer at a weekend", pay.Payment{Method: pay.Transfer}, total, "2026-11-21 23:40:00",
			"11월 21일(토)~23일(월), 영업일 기준", "Sat 21 Nov to Mon 23 Nov, counted in bank days"},
		{"account behind easy pay", pay.Payment{Method: pay.EasyPay, Behind: pay.Transfer}, total, "2026-12-31 10:00:00",
			"2026년 12월 31일(목)~2027년 1월 4일(월), 영업일 기준", "Thu 31 Dec 2026 to Mon 4 Jan 2027, counted in bank days"},
		{"virtual account over Labour Day's substitute", pay.Payment{Method: pay.VirtualAccount}, total, "2027-04-30 10:00:00",
			"5월 6일(목), 영업일 기준", "Thu 6 May, counted in bank days"},
		{"virtual account beyond the table", pay.Payment{Method: pay.VirtualAccount}, total, "2027-12-30 10:00:00",
			"1월 3일(월), 주말만 제외한 예상(공휴일 미반영)", "Mon 3 Jan, weekends only left out (holidays of that year are not known yet)"},
		{"phone", pay.Payment{Method: pay.Phone}, total, "2026-11-22 10:00:00", "11월 22일(일)", "Sun 22 Nov"},
		{"PayPal", payPal, total, "2026-11-23 10:00:00",
			"11월 23일(월)~30일(월), 영업일 기준", "Mon 23 Nov to Mon 30 Nov, counted in bank days"},
		{"PayPal, a part: days of the calendar", payPal, 1, "2026-11-23 10:00:00", "11월 23일(월)~12월 23일(수)", "Mon 23 Nov to Wed 23 Dec"},
		{"another foreign easy pay", pay.Payment{Method: pay.ForeignEasyPay, Provider: "알리페이"}, total, "2026-11-23 10:00:00", "", ""},
		{"gift certificate", pay.Payment{Method: pay.GiftCertificate}, total, "2026-11-23 10:00:00", "", ""},
		{"easy pay with nothing known behind it", pay.Payment{Method: pay.EasyPay}, total, "2026-11-23 10:00:00", "", ""},
		{"nothing", pay.Payment{Method: pay.Card}, 0, "2026-11-23 10:00:00", "", ""},
	}
	for _, test := range tests {
		test.payment.TotalAmount = total
		test.payment.ApprovedAt = seoul("2026-11-01 10:00:00")
		got := ArrivalOf(test.payment, test.amount, seoul(test.canceled))
		if got.Say(Korean) != test.ko || got.Say(English) != test.en {
			t.Errorf("%s: %q and %q, want %q and %q", test.name, got.Say(Korean), got.Say(English), test.ko, test.en)
		}
		if got.Known != (test.ko != "") || got.Until < got.From {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

func TestNoArrivalOfWhatWasNeverPaid(t *testing.T) {
	t.Parallel()
	waiting := pay.Payment{Method: pay.VirtualAccount, Status: pay.Canceled, TotalAmount: 100}
	if got := ArrivalOf(waiting, 100, seoul("2026-11-23 10:00:00")); got.Known {
		t.Errorf("an unpaid virtual account was closed, and money is promised: %s", got.Say(Korean))
	}
	paid := pay.Payment{Method: pay.Card, ApprovedAt: seoul("2026-11-01 10:00:00"), TotalAmount: 100}
	if got := ArrivalOf(paid, 100, time.Time{}); got.Known {
		t.Errorf("nothing was cancelled, and money is promised: %s", got.Say(Korean))
	}
}
