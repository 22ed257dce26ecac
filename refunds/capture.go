package refunds

import (
	"regexp"
	"time"

	"daesa/pay"
	"daesa/reconcile"
)

// AccountShown is for how long after the opening of the payment window Toss
// shows virtualAccount.refundReceiveAccount (integration guide, 결제위젯에서 환불
// 계좌 정보 받기).
const AccountShown = 30 * time.Minute

// CaptureState is how far the capture of a payment's refund account is.
type CaptureState string

// The states of a capture. The first four are what `accounts list` shows.
const (
	CaptureWaiting  CaptureState = "waiting"  // to be looked at, again and again until the window closes
	CaptureCaptured CaptureState = "captured" // stored, sealed
	CaptureMissed   CaptureState = "missed"   // the window closed; Why says the rest
	CaptureGiven    CaptureState = "given"    // known in another way before it was seen
	CaptureNone     CaptureState = "none"     // there is nothing to capture
)

// CaptureSets are the states of captures that have something in common, by the
// names under which the queries of sql/ ask for them.
var CaptureSets = map[string][]CaptureState{
	"capture_waiting":  {CaptureWaiting},
	"capture_missed":   {CaptureMissed},
	"capture_given":    {CaptureGiven},
	"capture_captured": {CaptureCaptured},
	"capture_without":  {CaptureWaiting, CaptureMissed},              // no account is known
	"capture_learns":   {CaptureWaiting, CaptureNone, CaptureMissed}, // an order's watch that may learn its payment
}

// Why a capture ended as it did.
const (
	CaptureNotShown    = "not_shown"      // seen within the window, without an account: the buyer gave none, or the widget does not ask
	CaptureTooLate     = "too_late"       // first heard of, or first seen, after the window had closed
	CaptureUnreachable = "unreachable"    // known in time, and the provider did not answer until it closed
	CaptureUnusable    = "unusable"       // what is shown is no account that money can be sent to
	CaptureStranger    = "other_merchant" // Toss names another merchant than the configuration
	CaptureOtherMethod = "other_method"   // not a virtual account
	CaptureOver        = "over"           // cancelled, expired or aborted
	CaptureNoPayment   = "no_payment"     // the order was never paid through Toss
	CaptureTwice       = "watched_twice"  // the payment is watched under its own key
	CaptureByPayment   = ""               // captured as it was seen
)

// The ways in which a payment becomes known.
const (
	FromOrder   = "order"   // the shop's own row
	FromList    = "list"    // the transaction list
	FromWebhook = "webhook" // an event
)

// Watch is a payment, or an order whose payment is not known yet, that may show
// a refund account.
type Watch struct {
	ID         string
	MID        string
	OrderID    string
	PaymentKey string // "" until it is known
	Source     string
	// Opened is when the payment window was opened: as a look-up has said it
	// (Exact), else as the payment's key says it, or the latest that it can have
	// been. Of an order it is when it was made.
	Opened     time.Time
	Exact      bool
	State      CaptureState
	Why        string
	Looks      int  // look-ups so far, answered or not
	Seen       bool // a look-up has shown the payment while the window was open
	FirstKnown time.Time
	LookedAt   time.Time
	NextAt     time.Time
	CapturedAt time.Time
}

// Closes is when the account vanishes.
func (w Watch) Closes() time.Time { return w.Opened.Add(AccountShown) }

// Begins gives the watch as it begins to wait.
func (w Watch) Begins() Watch {
	w.State, w.Why, w.NextAt = CaptureWaiting, "", pay.Latest(w.NextAt, w.FirstKnown)
	return w
}

// DerivedID is the id of a watch that begins.
func (w Watch) DerivedID() string {
	return reconcile.ShortHash("capture", w.MID, w.OrderID, w.PaymentKey)
}

// WatchedTwice gives an order's watch whose payment turned out to be watched under
// its own key.
func (w Watch) WatchedTwice() Watch {
	w.PaymentKey, w.State, w.Why = "", CaptureNone, CaptureTwice
	return w
}

// KnownOtherwise gives the watch of a payment whose account is stored already.
func (w Watch) KnownOtherwise() Watch {
	w.State, w.Why = CaptureGiven, ""
	return w
}

// Missed says whether the window closed without an account.
func (w Watch) Missed() bool { return w.State == CaptureMissed }

// Due is when the watch is looked at next; zero: never again.
func (w Watch) Due() time.Time {
	if w.State != CaptureWaiting {
		return time.Time{}
	}
	return w.NextAt
}

// MinutesLeft are the whole minutes that were left of the window when the account
// was captured; nil where it was not.
func (w Watch) MinutesLeft() *int64 {
	if w.State != CaptureCaptured {
		return nil
	}
	left := int64(max(0, w.Closes().Sub(w.CapturedAt)) / time.Minute)
	return &left
}

// Sight is what one look-up showed.
type Sight struct {
	Payment *pay.Payment // nil: Failure says why
	Failure *pay.Failure
	Away    bool // the provider answers nobody, so that this payment is not to blame
	Given   bool // an account of this payment is stored already
	// OtherMerchant: the payment that was shown is another merchant's. Payment
	// and Failure are nil.
	OtherMerchant bool
}

// The last two looks at a payment that shows no account, before its window
// closes.
const (
	lastLook = 90 * time.Second
	veryLast = 15 * time.Second
)

// AfterLook says what becomes of a waiting watch after a look-up, and gives the
// account that is to be stored, or nil. A watch that has ended stays as it is,
// but for one: an account that is shown after all is taken.
func AfterLook(w Watch, s Sight, now time.Time) (Watch, *pay.RefundAccount) {
	w.LookedAt = now
	if !s.Away {
		w.Looks++
	}
	switch {
	case w.State != CaptureWaiting && w.State != CaptureMissed:
		return w, nil
	case s.Given:
		return w.end(CaptureGiven, ""), nil
	case s.OtherMerchant && !now.Before(w.Closes()):
		return w.end(CaptureMissed, CaptureStranger), nil
	case s.Payment == nil:
		return w.unanswered(s, now), nil
	}
	p := *s.Payment
	w.PaymentKey, w.OrderID = p.PaymentKey, p.OrderID
	if !p.RequestedAt.IsZero() {
		w.Opened, w.Exact = p.RequestedAt, true
	}
	switch {
	case p.Status == pay.Canceled || p.Status == pay.Expired || p.Status == pay.Aborted:
		return w.end(CaptureNone, CaptureOver), nil
	case p.Method != pay.VirtualAccount && (p.Status == pay.Ready || p.Status == pay.InProgress):
		return w.notYet(now), nil
	case p.Method != pay.VirtualAccount:
		return w.end(CaptureNone, CaptureOtherMethod), nil
	}
	open := now.Before(w.Closes())
	w.Seen = w.Seen || open
	shown := p.Account != nil && p.Account.RefundAccount != nil
	if shown {
		if account := usable(p); account != nil {
			w.CapturedAt = now
			return w.end(CaptureCaptured, ""), account
		}
	}
	switch {
	case open && now.Before(w.Closes().Add(-veryLast)):
		return w.again(now), nil
	case shown:
		return w.end(CaptureMissed, CaptureUnusable), nil
	default:
		return w.missed(), nil
	}
}

// usable gives the account that is shown, as Toss takes it; nil where no money
// can be sent to it.
func usable(p pay.Payment) *pay.RefundAccount {
	shown := p.Account.RefundAccount
	account, err := pay.NewRefundAccount(shown.Bank, shown.Number.Reveal(), shown.Holder.Reveal())
	if err != nil {
		return nil
	}
	if _, err := AccountFor(account, p); err != nil {
		return nil
	}
	return &account
}

// end closes a watch. What was missed stays missed unless it is captured.
func (w Watch) end(state CaptureState, why string) Watch {
	if w.State == CaptureMissed && state != CaptureCaptured {
		return w
	}
	w.State, w.Why, w.NextAt = state, why, time.Time{}
	return w
}

// missed says why no account came.
func (w Watch) missed() Watch {
	switch {
	case w.Seen:
		return w.end(CaptureMissed, CaptureNotShown)
	case w.FirstKnown.Before(w.Closes()):
		return w.end(CaptureMissed, CaptureUnreachable)
	default:
		return w.end(CaptureMissed, CaptureTooLate)
	}
}

// again is for a payment that shows no account: after 1, 2, 4 and 8 minutes, and
// twice more shortly before the window closes.
func (w Watch) again(now time.Time) Watch {
	if w.State == CaptureMissed {
		return w
	}
	next := now.Add(time.Minute << min(max(w.Looks-1, 0), 3))
	if last := w.Closes().Add(-lastLook); next.After(last) {
		if next = last; !last.After(now) {
			next = w.Closes().Add(-veryLast)
		}
	}
	w.NextAt = next
	return w
}

// notYet is for a payment window that is open and not paid in, or an order that
// Toss does not know yet: it is asked for with growing pauses until the window
// closes, and once more then.
func (w Watch) notYet(now time.Time) Watch {
	if w.State == CaptureMissed {
		return w
	}
	switch pause := min(30*time.Second<<min(max(w.Looks-1, 0), 4), 5*time.Minute); {
	case now.Before(w.Closes()):
		w.NextAt = earlier(now.Add(pause), w.Closes())
		return w
	case w.PaymentKey == "":
		return w.end(CaptureNone, CaptureNoPayment)
	default:
		return w.end(CaptureNone, CaptureOver)
	}
}

// unanswered: the provider did not show the payment. While it answers nobody the
// watch is due again at once: which of them is asked first when it is back is
// then a matter of their windows alone.
func (w Watch) unanswered(s Sight, now time.Time) Watch {
	if w.State == CaptureMissed {
		return w
	}
	if s.Failure != nil && s.Failure.Kind == pay.FailureNotFound {
		if w.PaymentKey == "" || now.Before(w.Closes()) {
			return w.notYet(now)
		}
		return w.missed()
	}
	pause := min(2*time.Second<<min(max(w.Looks-1, 0), 4), 30*time.Second)
	if s.Away {
		pause = time.Second
	}
	switch {
	case now.Before(w.Closes()):
		w.NextAt = earlier(now.Add(pause), w.Closes())
	case !w.Exact && w.PaymentKey == "" && now.Before(w.Closes().Add(AccountShown)):
		// The window may have been opened later than the order was made.
		w.NextAt = now.Add(max(pause, 30*time.Second))
	default:
		return w.missed()
	}
	return w
}

// Overdue says what becomes of a watch whose window has closed, without another
// look; ok is false where a look is still worth it: the window of an order may
// have been opened later than the order was made, and a payment's later than its
// key says.
func Overdue(w Watch, now time.Time) (after Watch, ok bool) {
	closed := w.Closes()
	if !w.Exact {
		closed = closed.Add(AccountShown)
	}
	if w.State != CaptureWaiting || now.Before(closed) || w.PaymentKey == "" {
		return w, false
	}
	return w.missed(), true
}

// Overlooked gives, of what nobody watched, the windows that are over beyond
// doubt, as missed.
func Overlooked(watches []Watch, now time.Time) (missed []Watch) {
	for _, w := range watches {
		w.State, w.FirstKnown = CaptureWaiting, now
		if after, over := Overdue(w, now); over {
			missed = append(missed, after)
		}
	}
	return missed
}

// keyTime is how a paymentKey says when its window was opened.
const keyTime = "20060102150405"

// dated is a paymentKey with a time in it: letters, fourteen digits, five more
// characters.
var dated = regexp.MustCompile(`^[a-z_]+([0-9]{14})[0-9A-Za-z]{5}$`)

// OpenedBy says when a payment window was probably opened, for a payment whose
// account was issued, or paid into, at a time. Toss documents nothing of it, but
// its keys since 2025 bear requestedAt in Seoul's time (tkemm20250406232859lQDg2
// of a payment that was requested at 23:28:59). It only decides who is looked at
// first, and counts only where it is possible.
func OpenedBy(paymentKey string, issued time.Time) time.Time {
	found := dated.FindStringSubmatch(paymentKey)
	if found == nil {
		return issued
	}
	opened, err := time.ParseInLocation(keyTime, found[1], pay.Seoul)
	if err != nil || opened.After(issued) || issued.Sub(opened) > AccountShown {
		return issued
	}
	return opened
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// NewStoredAccount seals an account of a payment as a new version of it.
func NewStoredAccount(sealer Sealer, p pay.Payment, account pay.RefundAccount, source, actor string, now time.Time) (StoredAccount, error) {
	a := StoredAccount{
		MID: p.MID, PaymentKey: p.PaymentKey, OrderID: p.OrderID, Bank: account.Bank,
		Print:         reconcile.ShortHash("account", p.MID, p.PaymentKey, source, now.UTC().Format(time.RFC3339Nano)),
		AccountMasked: pay.MaskNumber(account.Number.Reveal()), HolderMasked: pay.MaskHolder(account.Holder.Reveal()),
		Source: source, At: now, Actor: actor,
	}
	var err error
	a.Sealed, err = SealAccount(sealer, account, AccountPlace(a.MID, a.OrderID, a.Print))
	return a, err
}

// CaptureFigures count captures by how they stand.
type CaptureFigures struct {
	Captured, Waiting, Missed, Given int
	Reasons                          map[string]int // of what was missed
	// Minutes counts the captures by the whole minutes that were left.
	Minutes [31]int
}

// Count adds a number of captures that stand alike. minutes were left; below zero
// where nothing was captured.
func (f *CaptureFigures) Count(state CaptureState, why string, minutes int64, number int) {
	switch state {
	case CaptureCaptured:
		f.Captured += number
		f.Minutes[min(max(minutes, 0), int64(len(f.Minutes)-1))] += number
	case CaptureWaiting:
		f.Waiting += number
	case CaptureMissed:
		f.Missed += number
		if f.Reasons == nil {
			f.Reasons = map[string]int{}
		}
		f.Reasons[why] += number
	case CaptureGiven:
		f.Given += number
	case CaptureNone: // there was nothing to capture
	}
}

// Capturable is how many accounts Toss showed, or could have shown: what was
// captured, and what was missed for another reason than that the buyer gave
// none.
func (f CaptureFigures) Capturable() int { return f.Captured + f.Missed - f.Reasons[CaptureNotShown] }

// P gives the time that was left, in whole minutes, at that many in a hundred of
// the captures, or more: P(50) is the median, P(95) what all but the latest five
// in a hundred had. It is 0 where nothing was captured.
func (f CaptureFigures) P(percent int) time.Duration {
	passed := 0
	for minute := len(f.Minutes) - 1; minute > 0; minute-- {
		if passed += f.Minutes[minute]; passed*100 >= percent*f.Captured && passed > 0 {
			return time.Duration(minute) * time.Minute
		}
	}
	return 0
}

// Plus adds another merchant's figures.
func (f CaptureFigures) Plus(o CaptureFigures) CaptureFigures {
	sum := CaptureFigures{
		Captured: f.Captured + o.Captured, Waiting: f.Waiting + o.Waiting, Missed: f.Missed + o.Missed, Given: f.Given + o.Given,
		Reasons: map[string]int{}, Minutes: f.Minutes,
	}
	for _, reasons := range []map[string]int{f.Reasons, o.Reasons} {
		for why, n := range reasons {
			sum.Reasons[why] += n
		}
	}
	for minute, n := range o.Minutes {
		sum.Minutes[minute] += n
	}
	return sum
}
