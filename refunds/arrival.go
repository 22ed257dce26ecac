package refunds

import (
	"fmt"
	"time"

	"daesa/pay"
)

// Until when the money of a cancel is back, by method, in bank days unless
// said otherwise (integration guide, 결제수단별 취소 정책, and
// https://docs.tosspayments.com/guides/apis/cancel-payment).
const (
	// A card's cancel is at once before the acquirer has the slip, and 3 to 4
	// bank days after it, or for a part. Nothing of the payment says whether the
	// slip is there, so the whole amount is promised for any day up to the 4th.
	cardFrom, cardUntil = 3, 4
	// A transfer goes back to the paying account at once; a bank that is closed
	// for the night is given until the next bank day.
	transferUntil = 1
	// A virtual account is paid out two bank days after the request. Cases that
	// look suspicious take up to nine: they are the exception, so two are
	// promised, and the worker waits for payoutBankDays before it calls it late.
	accountArrival = 2
	// PayPal: up to five bank days; for a part up to 30 days of the calendar.
	payPalUntil       = 5
	payPalPartialDays = 30
)

// Arrival is when a customer can expect the money of a cancel.
type Arrival struct {
	From, Until pay.Day
	AsBank      bool // the holiday table does not reach so far: weekends only were counted
	Known       bool
	Counted     bool // in bank days
}

// ArrivalOf says when the money of a cancel of amount arrives. It is not Known
// for what was never paid (nothing arrives), and for methods of which the
// provider says nothing: gift certificates, foreign easy pay but PayPal, and
// easy pay with nothing known behind it.
func ArrivalOf(p pay.Payment, amount int64, canceledAt time.Time) Arrival {
	if canceledAt.IsZero() || p.ApprovedAt.IsZero() || amount <= 0 {
		return Arrival{}
	}
	day, partial := pay.DayOf(canceledAt), amount < p.TotalAmount
	method := p.Method
	if method == pay.EasyPay {
		method = p.Behind // it follows what pays behind it
	}
	switch {
	case method == pay.Card && partial:
		return inBankDays(day, cardFrom, cardUntil)
	case method == pay.Card:
		return inBankDays(day, 0, cardUntil)
	case method == pay.Transfer:
		return inBankDays(day, 0, transferUntil)
	case method == pay.VirtualAccount:
		return inBankDays(day, accountArrival, accountArrival)
	case method == pay.Phone:
		return Arrival{From: day, Until: day, Known: true}
	case method == pay.ForeignEasyPay && payPal(p) && partial:
		return Arrival{From: day, Until: day.Add(payPalPartialDays), Known: true}
	case method == pay.ForeignEasyPay && payPal(p):
		return inBankDays(day, 0, payPalUntil)
	default:
		return Arrival{}
	}
}

func inBankDays(day pay.Day, from, until int) Arrival {
	a := Arrival{From: day.AddBankDays(from), Until: day.AddBankDays(until), Known: true, Counted: true}
	a.AsBank = !pay.HolidaysKnown(a.Until)
	return a
}

// Say names the days for a customer, such as "11월 26일(목)~27일(금), 영업일
// 기준"; "" where nothing is known.
func (a Arrival) Say(lang Language) string {
	if !a.Known {
		return ""
	}
	span, how := koreanSpan(a.From, a.Until), [2]string{", 영업일 기준", ", 주말만 제외한 예상(공휴일 미반영)"}
	if lang == English {
		span, how = englishSpan(a.From, a.Until), [2]string{", counted in bank days", ", weekends only left out (holidays of that year are not known yet)"}
	}
	switch {
	case a.AsBank:
		return span + how[1]
	case a.Counted:
		return span + how[0]
	default:
		return span
	}
}

// koreanSpan leaves out of the second day what is the same as in the first. A
// year is named only where the span goes over its end.
func koreanSpan(from, until pay.Day) string {
	a, b := from.Start(), until.Start()
	month := func(t time.Time) string { return fmt.Sprintf("%d월 ", int(t.Month())) }
	day := func(t time.Time) string {
		return fmt.Sprintf("%d일(%s)", t.Day(), [...]string{"일", "월", "화", "수", "목", "금", "토"}[t.Weekday()])
	}
	switch {
	case from == until:
		return month(a) + day(a)
	case a.Year() != b.Year():
		return fmt.Sprintf("%d년 %s~%d년 %s", a.Year(), month(a)+day(a), b.Year(), month(b)+day(b))
	case a.Month() != b.Month():
		return month(a) + day(a) + "~" + month(b) + day(b)
	default:
		return month(a) + day(a) + "~" + day(b)
	}
}

func englishSpan(from, until pay.Day) string {
	layout := "Mon 2 Jan"
	a, b := from.Start(), until.Start()
	if a.Year() != b.Year() {
		layout = "Mon 2 Jan 2006"
	}
	if from == until {
		return a.Format(layout)
	}
	return a.Format(layout) + " to " + b.Format(layout)
}
