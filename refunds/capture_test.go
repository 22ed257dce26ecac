package refunds_test

import (
	"slices"
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
	often := func(w *refunds.Watch) { w.Looks = 8 }
	nobank := func(p *pay.Payment) {
		p.Account.RefundAccount = &pay.RefundAccount{Bank: "ZZ", Number: "110123457270", Holder: "김토스"}
	}
	away := refunds.Sight{Failure: &pay.Failure{Kind: pay.FailureNoAnswer}, Away: true}
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
		"a bank that nobody knows":             {inWindow(), shows(nobank), 1, refunds.CaptureWaiting, "", 2},
		"a bank that nobody knows to the end":  {inWindow(), shows(nobank), 29.9, refunds.CaptureMissed, refunds.CaptureUnusable, 0},
		"given after it was missed":            {inWindow(missed), refunds.Sight{Given: true}, 29.9, refunds.CaptureMissed, refunds.CaptureNotShown, 0},
		"missed, and no method":                {inWindow(missed), shows(other, is(pay.Ready)), 29.9, refunds.CaptureMissed, refunds.CaptureNotShown, 0},
		"missed, and no answer":                {inWindow(missed), fails(pay.FailureNoAnswer), 29.9, refunds.CaptureMissed, refunds.CaptureNotShown, 0},
		"missed, and looked at early":          {inWindow(missed), shows(), 5, refunds.CaptureMissed, refunds.CaptureNotShown, 0},
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
		"no method chosen in good time":        {inWindow(ofOrder, often), shows(other, is(pay.Ready)), 27, refunds.CaptureWaiting, "", 29.75},
		"no method chosen at the last look":    {inWindow(ofOrder, often), shows(other, is(pay.InProgress)), 29.75, refunds.CaptureWaiting, "", 30},
		"never paid in":                        {inWindow(ofOrder), shows(other, is(pay.Ready)), 30, refunds.CaptureNone, refunds.CaptureOver, 0},
		"aborted":                              {inWindow(ofOrder), shows(other, is(pay.Aborted)), 1, refunds.CaptureNone, refunds.CaptureOver, 0},
		"cancelled":                            {inWindow(), shows(is(pay.Canceled)), 1, refunds.CaptureNone, refunds.CaptureOver, 0},
		"expired":                              {inWindow(), shows(is(pay.Expired)), 1, refunds.CaptureNone, refunds.CaptureOver, 0},
		"an order that Toss does not know yet": {inWindow(ofOrder), fails(pay.FailureNotFound), 1, refunds.CaptureWaiting, "", 1.5},
		"an order that Toss never knew":        {inWindow(ofOrder), fails(pay.FailureNotFound), 30, refunds.CaptureNone, refunds.CaptureNoPayment, 0},
		"a payment that is not found yet":      {inWindow(), fails(pay.FailureNotFound), 1, refunds.CaptureWaiting, "", 1.5},
		"a payment that cannot be found":       {inWindow(), fails(pay.FailureNotFound), 30, refunds.CaptureMissed, refunds.CaptureUnreachable, 0},
		"no answer":                            {inWindow(), fails(pay.FailureNoAnswer), 1, refunds.CaptureWaiting, "", 1 + 2.0/60},
		"no answer, again and again":           {inWindow(often), fails(pay.FailureTransient), 1, refunds.CaptureWaiting, "", 1.5},
		"too many requests":                    {inWindow(), fails(pay.FailureThrottled), 1, refunds.CaptureWaiting, "", 1 + 2.0/60},
		"the key is not accepted":              {inWindow(), fails(pay.FailureKey), 1, refunds.CaptureWaiting, "", 1 + 2.0/60},
		"nobody is answered":                   {inWindow(often), away, 1, refunds.CaptureWaiting, "", 1 + 1.0/60},
		"nobody is answered until the close":   {inWindow(), away, 30, refunds.CaptureMissed, refunds.CaptureUnreachable, 0},
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

// What closed without a look is missed where nobody can doubt when it closed.
func TestWhatIsOverdue(t *testing.T) {
	t.Parallel()
	exact := func(w *refunds.Watch) { w.Exact = true }
	lateKnown := func(w *refunds.Watch) { w.FirstKnown = opened.Add(30 * time.Minute) }
	ended := func(w *refunds.Watch) { w.State = refunds.CaptureNone }
	tests := map[string]struct {
		watch  refunds.Watch
		minute float64
		why    string // "": a look is still worth it
	}{
		"open":                                     {inWindow(exact), 29.99, ""},
		"closed":                                   {inWindow(exact), 30, refunds.CaptureUnreachable},
		"closed before it was known":               {inWindow(exact, lateKnown), 31, refunds.CaptureTooLate},
		"the window may have been opened later":    {inWindow(), 59.99, ""},
		"it was not opened so much later":          {inWindow(), 60, refunds.CaptureUnreachable},
		"an order whose payment is not known":      {inWindow(ofOrder), 90, ""},
		"ended":                                    {inWindow(exact, ended), 31, ""},
		"seen in time, and not again to the close": {inWindow(exact, func(w *refunds.Watch) { w.Seen = true }), 31, refunds.CaptureNotShown},
	}
	for name, test := range tests {
		now := opened.Add(time.Duration(test.minute * float64(time.Minute)))
		after, over := refunds.Overdue(test.watch, now)
		want := test.watch
		if test.why != "" {
			want.State, want.Why = refunds.CaptureMissed, test.why
		}
		if diff := cmp.Diff(want, after); diff != "" || over != (test.why != "") {
			t.Errorf("%s: over %v %s", name, over, diff)
		}
	}
}

// A provider that answers nobody uses up none of a payment's looks.
func TestAnOutageIsNotThePaymentsFault(t *testing.T) {
	t.Parallel()
	for away, want := range map[bool]int{true: 3, false: 4} {
		sight := fails(pay.FailureNoAnswer)
		sight.Away = away
		if w, _ := refunds.AfterLook(inWindow(func(w *refunds.Watch) { w.Looks = 3 }), sight, opened.Add(time.Minute)); w.Looks != want {
			t.Errorf("away %v: %d looks, expected %d", away, w.Looks, want)
		}
	}
}

// maxLooks is how often a payment is looked at, at most, where Toss answers.
const maxLooks = 12

// Whatever looks show: there are few of them, each is ahead, and what has ended
// stays as it is.
func TestAWatchEnds(t *testing.T) {
	t.Parallel()
	answers := []refunds.Sight{shows(), shows(withAccount("98765432109876")), fails(pay.FailureNotFound), shows(is(pay.Ready), func(p *pay.Payment) { p.Method = "" })}
	silence := []refunds.Sight{fails(pay.FailureNoAnswer), fails(pay.FailureKey), {Failure: &pay.Failure{Kind: pay.FailureThrottled}, Away: true}}
	rapid.Check(t, func(t *rapid.T) {
		w := inWindow()
		if rapid.Bool().Draw(t, "order") {
			ofOrder(&w)
		}
		sights, most := answers, maxLooks
		if rapid.Bool().Draw(t, "faults") {
			sights, most = slices.Concat(silence, answers), 3600
		}
		now := opened.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "from")) * time.Minute)
		for looks := 0; w.State == refunds.CaptureWaiting; looks++ {
			if looks > most {
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
		if !w.NextAt.IsZero() {
			t.Fatalf("ended as %s, and is looked at again", w.State)
		}
		staysEnded(t, w, now.Add(time.Minute), append(silence, answers...))
	})
}

// staysEnded looks once more at what has ended in any way: only what was missed
// changes still, and only by an account that is shown after all.
func staysEnded(t *rapid.T, w refunds.Watch, now time.Time, sights []refunds.Sight) {
	shown := shows(withAccount("110123457270"))
	sight := rapid.SampledFrom(append(sights, shown, refunds.Sight{Given: true})).Draw(t, "later sight")
	w.State = rapid.SampledFrom([]refunds.CaptureState{w.State, refunds.CaptureCaptured, refunds.CaptureGiven, refunds.CaptureNone}).Draw(t, "ended")
	after, account := refunds.AfterLook(w, sight, now)
	if w.State == refunds.CaptureMissed && account != nil && after.State == refunds.CaptureCaptured {
		return
	}
	if account != nil || after.State != w.State || after.Why != w.Why || !after.NextAt.IsZero() {
		t.Fatalf("ended as %s %s, and became %s %s", w.State, w.Why, after.State, after.Why)
	}
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
