package refunds_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daesa/pay"
	"daesa/refunds"
)

// opened is when the payment window of these tests was opened.
var opened = time.Date(2026, 11, 21, 12, 0, 0, 0, pay.Seoul)

// inWindow is a waiting watch of a payment that a list has told of.
func inWindow(change ...func(*refunds.Watch)) refunds.Watch {
	w := refunds.Watch{MID: mid, OrderID: "A-1", PaymentKey: "pay-1", Source: refunds.FromList, Opened: opened, State: refunds.CaptureWaiting,
		FirstKnown: opened.Add(time.Minute)}
	for _, each := range change {
		each(&w)
	}
	return w
}

// ofOrder makes a watch one that only the shop's order tells of.
func ofOrder(w *refunds.Watch) { w.PaymentKey, w.Source = "", refunds.FromOrder }

// shows is a payment as a look shows it.
func shows(change ...func(*pay.Payment)) refunds.Sight {
	p := pay.Payment{MID: mid, PaymentKey: "pay-1", OrderID: "A-1", Status: pay.WaitingForDeposit, Method: pay.VirtualAccount, Currency: pay.KRW,
		RequestedAt: opened, Account: &pay.VirtualAccountState{AccountNumber: "98765432109876"}}
	for _, each := range change {
		each(&p)
	}
	return refunds.Sight{Payment: &p}
}

func withAccount(number pay.Private) func(*pay.Payment) {
	return func(p *pay.Payment) {
		p.Account.RefundAccount = &pay.RefundAccount{Bank: "088", Number: number, Holder: "김토스"}
	}
}

func is(status pay.PaymentStatus) func(*pay.Payment) {
	return func(p *pay.Payment) { p.Status = status }
}

func fails(kind pay.FailureKind) refunds.Sight {
	return refunds.Sight{Failure: &pay.Failure{Kind: kind}}
}

func TestWhatBecomesOfAWatchAfterALook(t *testing.T) {
	t.Parallel()
	const own = "98765432109876"
	other := func(p *pay.Payment) { p.Method = pay.Card }
	later := func(p *pay.Payment) { p.RequestedAt = opened.Add(10 * time.Minute) }
	seen := func(w *refunds.Watch) { w.Seen = true }
	lateKnown := func(w *refunds.Watch) { w.FirstKnown = opened.Add(31 * time.Minute) }
	missed := func(w *refunds.Watch) { w.State, w.Why = refunds.CaptureMissed, refunds.CaptureNotShown }
	captured := func(w *refunds.Watch) { w.State = refunds.CaptureCaptured }
	tests := map[string]struct {
		watch  refunds.Watch
		sight  refunds.Sight
		minute float64 // of the look, from the opening
		want   refunds.CaptureState
		why    string
		next   float64 // minute of the next look; 0: none
	}{
		"shown":                                {inWindow(), shows(withAccount("110-123-457270")), 1, refunds.CaptureCaptured, "", 0},
		"shown a second before the close":      {inWindow(), shows(withAccount("110123457270")), 29.99, refunds.CaptureCaptured, "", 0},
		"shown when it is deposited already":   {inWindow(), shows(withAccount("110123457270"), is(pay.Done)), 5, refunds.CaptureCaptured, "", 0},
		"shown after all":                      {inWindow(missed), shows(withAccount("110123457270")), 29.9, refunds.CaptureCaptured, "", 0},
		"known in another way":                 {inWindow(), refunds.Sight{Given: true}, 1, refunds.CaptureGiven, "", 0},
		"captured stays so":                    {inWindow(captured), shows(), 2, refunds.CaptureCaptured, "", 0},
		"missed stays so":                      {inWindow(missed), shows(), 29.9, refunds.CaptureMissed, refunds.CaptureNotShown, 0},
		"the virtual account's own number":     {inWindow(), shows(withAccount(own)), 1, refunds.CaptureWaiting, "", 2},
		"its own number to the end":            {inWindow(), shows(withAccount(own)), 29.9, refunds.CaptureMissed, refunds.CaptureUnusable, 0},
		"not shown yet":                        {inWindow(), shows(), 1, refunds.CaptureWaiting, "", 2},
		"not shown, near the end":              {inWindow(), shows(), 28, refunds.CaptureWaiting, "", 28.5},
		"not shown at the last look but one":   {inWindow(), shows(), 28.5, refunds.CaptureWaiting, "", 29.75},
		"not shown at the last look":           {inWindow(), shows(), 29.75, refunds.CaptureMissed, refunds.CaptureNotShown, 0},
		"first seen after the close":           {inWindow(), shows(), 30, refunds.CaptureMissed, refunds.CaptureUnreachable, 0},
		"seen before, and not after the close": {inWindow(seen), shows(), 30, refunds.CaptureMissed, refunds.CaptureNotShown, 0},
		"heard of after the close":             {inWindow(lateKnown), shows(), 32, refunds.CaptureMissed, refunds.CaptureTooLate, 0},
		"the window was opened later":          {inWindow(ofOrder), shows(later, withAccount("110123457270")), 35, refunds.CaptureCaptured, "", 0},
		"another method":                       {inWindow(ofOrder), shows(other, is(pay.Done)), 1, refunds.CaptureNone, refunds.CaptureOtherMethod, 0},
		"no method chosen yet":                 {inWindow(ofOrder), shows(other, is(pay.Ready)), 1, refunds.CaptureWaiting, "", 1.5},
		"never paid in":                        {inWindow(ofOrder), shows(other, is(pay.Ready)), 30, refunds.CaptureNone, refunds.CaptureOver, 0},
		"cancelled":                            {inWindow(), shows(is(pay.Canceled)), 1, refunds.CaptureNone, refunds.CaptureOver, 0},
		"expired":                              {inWindow(), shows(is(pay.Expired)), 1, refunds.CaptureNone, refunds.CaptureOver, 0},
		"an order that Toss does not know yet": {inWindow(ofOrder), fails(pay.FailureNotFound), 1, refunds.CaptureWaiting, "", 1.5},
		"an order that Toss never knew":        {inWindow(ofOrder), fails(pay.FailureNotFound), 30, refunds.CaptureNone, refunds.CaptureNoPayment, 0},
		"a payment that cannot be found":       {inWindow(), fails(pay.FailureNotFound), 30, refunds.CaptureMissed, refunds.CaptureUnreachable, 0},
		"no answer":                            {inWindow(), fails(pay.FailureNoAnswer), 1, refunds.CaptureWaiting, "", 1 + 2.0/60},
		"no answer, near the close":            {inWindow(), fails(pay.FailureNoAnswer), 29.99, refunds.CaptureWaiting, "", 30},
		"no answer until the close":            {inWindow(), fails(pay.FailureNoAnswer), 30, refunds.CaptureMissed, refunds.CaptureUnreachable, 0},
		"no answer about an order":             {inWindow(ofOrder), fails(pay.FailureNoAnswer), 31, refunds.CaptureWaiting, "", 31.5},
		"no answer about an order, for long":   {inWindow(ofOrder), fails(pay.FailureNoAnswer), 60, refunds.CaptureMissed, refunds.CaptureUnreachable, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := func(minute float64) time.Time { return opened.Add(time.Duration(minute * float64(time.Minute))) }
			w, account := refunds.AfterLook(test.watch, test.sight, at(test.minute))
			if w.State != test.want || w.Why != test.why {
				t.Errorf("%s %q, expected %s %q", w.State, w.Why, test.want, test.why)
			}
			if (account != nil) != (test.want == refunds.CaptureCaptured && test.watch.State != refunds.CaptureCaptured) {
				t.Errorf("account %v", account)
			}
			if account != nil && (account.Bank != "88" || account.Number.Reveal() != "110123457270" || !w.CapturedAt.Equal(at(test.minute))) {
				t.Errorf("account %s %s at %s", account.Bank, account.Number.Reveal(), w.CapturedAt)
			}
			switch {
			case test.next == 0 && !w.NextAt.IsZero():
				t.Errorf("looked at again at %s", w.NextAt)
			case test.next != 0 && w.NextAt.Sub(at(test.next)).Abs() > time.Second:
				t.Errorf("looked at again at %s, expected %s", w.NextAt, at(test.next))
			}
		})
	}
}

// Whatever looks show: there are few of them, each is ahead, and what has ended
// stays as it is.
func TestAWatchEnds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := inWindow()
		if rapid.Bool().Draw(t, "order") {
			ofOrder(&w)
		}
		sights := []refunds.Sight{shows(), shows(withAccount("98765432109876")), fails(pay.FailureNotFound), shows(is(pay.Ready), func(p *pay.Payment) { p.Method = "" })}
		now := opened.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "from")) * time.Minute)
		for looks := 0; w.State == refunds.CaptureWaiting; looks++ {
			if looks > 20 {
				t.Fatalf("%d looks, and still waiting: %+v", looks, w)
			}
			if after, over := refunds.Overdue(w, now); over {
				w = after
				break
			}
			before := w
			w, _ = refunds.AfterLook(w, rapid.SampledFrom(sights).Draw(t, "sight"), now)
			if w.State == refunds.CaptureWaiting {
				if !w.NextAt.After(now) || now.Before(before.Closes()) && w.NextAt.After(w.Closes()) {
					t.Fatalf("looked at %s, again at %s, closes %s", now, w.NextAt, w.Closes())
				}
				now = w.NextAt
			}
		}
		ended := w
		w, account := refunds.AfterLook(w, shows(), now.Add(time.Minute))
		if account != nil || w.State != ended.State || w.Why != ended.Why {
			t.Fatalf("ended as %s %s, and became %s %s", ended.State, ended.Why, w.State, w.Why)
		}
	})
}

func TestWhenAWindowWasOpenedByItsKey(t *testing.T) {
	t.Parallel()
	issued := time.Date(2025, 4, 6, 23, 40, 0, 0, pay.Seoul)
	tests := map[string]struct {
		key  string
		want time.Time
	}{
		"a key of 2025":         {"tkemm20250406232859lQDg2", time.Date(2025, 4, 6, 23, 28, 59, 0, pay.Seoul)},
		"digits after the time": {"tgen_202504062328595BSI0", time.Date(2025, 4, 6, 23, 28, 59, 0, pay.Seoul)},
		"an older key":          {"5EnNZRJGvaBX7zk2yd8ydw26XvwXkLrx9POLqKQjmAw4b0e1", issued},
		"after the issue":       {"tgen_20250406234001aaaaa", issued},
		"too long before it":    {"tgen_20250406230959aaaaa", issued},
		"no time":               {"tgen_20259906232859aaaaa", issued},
	}
	for name, test := range tests {
		if got := refunds.OpenedBy(test.key, issued); !got.Equal(test.want) {
			t.Errorf("%s: %s, expected %s", name, got, test.want)
		}
	}
}

func TestCaptureFigures(t *testing.T) {
	t.Parallel()
	a := refunds.CaptureFigures{Captured: 20, Missed: 3, Reasons: map[string]int{refunds.CaptureNotShown: 2, refunds.CaptureTooLate: 1}}
	a.Minutes[25], a.Minutes[10], a.Minutes[1] = 10, 9, 1
	if got := a.Capturable(); got != 21 {
		t.Errorf("capturable %d, expected 21: two buyers gave no account", got)
	}
	for percent, want := range map[int]time.Duration{50: 25 * time.Minute, 95: 10 * time.Minute, 100: time.Minute} {
		if got := a.P(percent); got != want {
			t.Errorf("p%d is %s, expected %s", percent, got, want)
		}
	}
	sum := a.Plus(refunds.CaptureFigures{Captured: 1, Minutes: a.Minutes})
	if sum.Captured != 21 || sum.Minutes[25] != 20 || cmp.Diff(a.Reasons, sum.Reasons) != "" {
		t.Errorf("the sum is %+v", sum)
	}
	if (refunds.CaptureFigures{}).P(50) != 0 {
		t.Error("nothing was captured, and time was left")
	}
}
