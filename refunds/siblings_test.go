package refunds

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"daesa/pay"
	"daesa/reconcile"
)

// beside are payments of the same order, k2 and on, as Toss shows them now.
func beside(payments ...*pay.Payment) (all []Sibling) {
	for i, p := range payments {
		p.PaymentKey = "k" + string(rune('2'+i))
		all = append(all, Sibling{MID: p.MID, PaymentKey: p.PaymentKey, Looked: true, Payment: p})
	}
	return all
}

func neverPaid(p *pay.Payment) {
	p.Status, p.Method, p.ApprovedAt = pay.WaitingForDeposit, pay.VirtualAccount, time.Time{}
}

// TestAnOrderNumberNamesNoneOfSeveralPayments: Toss shows one of them at a time,
// and another one tomorrow.
func TestAnOrderNumberNamesNoneOfSeveralPayments(t *testing.T) {
	t.Parallel()
	byOrder := Asking{MID: "m", OrderID: "o", Amount: "3000", Reason: "변심", Ref: "r"}
	whole := Asking{MID: "m", OrderID: "o", All: true, Reason: "변심"}
	byKey := byOrder
	byKey.PaymentKey = "k"
	marked := func(ref string) *pay.Payment {
		return payment(canceled(3000, pay.WithMarker("변심", RequestID("m", ref)), pay.CancelDone))
	}
	aborted := payment(canceled(3000, pay.WithMarker("변심", RequestID("m", "r")), pay.CancelAborted))
	askedBack := beside(payment(neverPaid))
	askedBack[0].Known = Known{}.With(Request{ID: first, State: StateRejected})
	unseen := []Sibling{{MID: "m", PaymentKey: "k2", Looked: true}}
	for _, test := range []struct {
		name     string
		asking   Asking
		p        *pay.Payment
		siblings []Sibling
		meant    string
		why      string
	}{
		{"the only payment", byOrder, payment(), nil, "k", ""},
		{"one of two", byOrder, payment(), beside(payment()), "", WhySeveralPayments},
		{"one of two, all of it", whole, payment(), beside(payment()), "", WhySeveralPayments},
		{"one of two, the other given back by others", whole, payment(), beside(payment(canceled(10_000, "콘솔", pay.CancelDone))), "", WhySeveralPayments},
		{"beside an account that nobody paid", byOrder, payment(), beside(payment(neverPaid)), "k", ""},
		{"beside one that was asked back once", byOrder, payment(), askedBack, "", WhySeveralPayments},
		{"beside one that Toss does not show to this merchant", byOrder, payment(), unseen, "k", ""},
		{"the key says it", byKey, payment(), beside(payment()), "k", ""},
		{"this very request was carried out on the payment that is shown", byOrder, marked("r"), beside(payment()), "k", ""},
		{"this very request was carried out on the other one", byOrder, payment(), beside(marked("r")), "k2", ""},
		{"the one full refund of the other one was carried out", whole, payment(), beside(marked("full:k2")), "k2", ""},
		{"a cancel of it that came to nothing", byOrder, payment(), beside(aborted), "", WhySeveralPayments},
		{"the ref was refunded of the other one, and the key names this one", byKey, payment(), beside(marked("r")), "", WhySentOnAnother},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p, err := PaymentMeant(test.asking, *test.p, Known{Siblings: test.siblings})
			var refused *AskError
			errors.As(err, &refused)
			switch {
			case test.why != "" && (refused == nil || refused.Why != test.why || refused.Korean == "" || refused.Reason == ""):
				t.Errorf("%v, want it refused: %s", err, test.why)
			case test.why == "" && (err != nil || p.PaymentKey != test.meant):
				t.Errorf("%s, %v; want %s", p.PaymentKey, err, test.meant)
			}
		})
	}
}

// TestARowOfBeforeIsThereAlready: the same row again is the same request, also
// where Toss shows another payment of the order by now.
func TestARowOfBeforeIsThereAlready(t *testing.T) {
	t.Parallel()
	shown := *payment()
	of := func(paymentKey, ref string, state State, mid string) Request {
		return Request{ID: first, MID: mid, OrderID: "o", PaymentKey: paymentKey, Amount: 3000, Currency: pay.KRW, Ref: ref, State: state, RequestedAt: at}
	}
	ask := func(amount, ref, key string) Asking {
		return Asking{MID: "m", OrderID: "o", PaymentKey: key, Amount: amount, All: amount == "", Ref: ref}
	}
	other := of("k2", "r", StateRequested, "m")
	other.OrderID = "o2"
	for _, test := range []struct {
		name   string
		asking Asking
		had    Request
		same   bool
	}{
		{"its ref and amount", ask("3000", "r", ""), of("k2", "r", StateSucceeded, "m"), true},
		{"its ref, and all that is left", ask("", "r", ""), of("k2", "r", StateSucceeded, "m"), true},
		{"its ref under the mid of before", ask("3000", "r", ""), of("k2", "r", StateSucceeded, "former"), true},
		{"what was taken back under the mid of before", ask("3000", "r", ""), of("k2", "r", StateRejected, "former"), false},
		{"what was taken back", ask("3000", "r", ""), of("k2", "r", StateRejected, "m"), true},
		{"another amount", ask("3001", "r", ""), of("k2", "r", StateSucceeded, "m"), false},
		{"another ref", ask("3000", "r2", ""), of("k2", "r", StateSucceeded, "m"), false},
		{"the full refund of the other payment", ask("", "", ""), of("k2", "full:k2", StateSucceeded, "m"), true},
		{"by its number", ask("3000", "", ""), of("k2", "full:k2", StateSucceeded, "m"), true},
		{"a full refund that a ref asked for", ask("", "", ""), of("k2", "r", StateSucceeded, "m"), false},
		{"one that names its payment", ask("3000", "r", "k"), of("k2", "r", StateSucceeded, "m"), false},
		{"another order", ask("3000", "r", ""), other, false},
	} {
		if got := test.asking.Repeats(shown, []Request{test.had}); (got != nil) != test.same {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
	older, newer, its := of("k2", "full:k2", StateSucceeded, "m"), of("k3", "full:k3", StateSucceeded, "m"), of("k", "full:k", StateSucceeded, "m")
	older.RequestedAt, its.RequestedAt = at.Add(-time.Hour), at.Add(-2*time.Hour)
	if got := ask("", "", "").Repeats(shown, []Request{older, newer}); got.PaymentKey != "k3" {
		t.Errorf("of two the request of %s, want the newer one", got.PaymentKey)
	}
	if got := ask("", "", "").Repeats(shown, []Request{older, newer, its}); got.PaymentKey != "k" {
		t.Errorf("of three the request of %s, want that of the payment which is shown", got.PaymentKey)
	}
}

// TestOfADuplicateOnlyWhatIsTooMuchGoesBack: what stays at Toss of the order never
// falls below what the shop holds.
func TestOfADuplicateOnlyWhatIsTooMuchGoesBack(t *testing.T) {
	t.Parallel()
	sold := &pay.Order{PG: pay.PGToss, Status: pay.OrderPaid, Amount: 10_000}
	all := request(StateApproved, func(r *Request) { r.BreakID, r.Amount = "b", 10_000 })
	gone := payment(canceled(10_000, "콘솔", pay.CancelDone))
	gone.Status = pay.Canceled
	onItsWay := payment(canceled(10_000, "콘솔", pay.CancelInProgress))
	waits := beside(payment())
	waits[0].Known = Known{}.With(Request{ID: first, State: StateRequested, Amount: 1})
	byHand := beside(payment())
	byHand[0].Known.Given = []Given{{Parts: Parts{Amount: 1}}}
	for _, test := range []struct {
		name  string
		known Known
		sent  bool
	}{
		{"the other one holds as much as the shop", Known{Siblings: beside(payment())}, true},
		{"the other one holds a won less", Known{Siblings: beside(payment(canceled(1, "콘솔", pay.CancelDone)))}, false},
		{"the other one went back", Known{Siblings: beside(gone)}, false},
		{"the other one is going back", Known{Siblings: beside(onItsWay)}, false},
		{"a third one stays", Known{Siblings: beside(gone, payment())}, true},
		{"nobody paid the other one", Known{Siblings: beside(payment(neverPaid))}, false},
		{"Toss does not show the other one", Known{Siblings: []Sibling{{PaymentKey: "k2", Looked: true}}}, false},
		{"the books know no other one", Known{}, false},
		{"a won of the other one is asked for", Known{Siblings: waits}, false},
		{"a won of the other one went back by hand", Known{Siblings: byHand}, false},
		{"a won of this one is asked for beside it", Known{Siblings: beside(payment()), Taken: []Taken{{ID: first, State: StateApproved, Parts: Parts{Amount: 1}}}}, false},
	} {
		test.known.Kind, test.known.Order = reconcile.DuplicatePayment, sold
		step := Next(all, nil, Answer{Payment: payment(), Known: test.known}, at)
		if sends := step.Do == SendAnew; sends != test.sent || !sends && (step.To != StateRejected || step.Why != WhyNotTooMuch) {
			t.Errorf("%s: %+v, want it sent: %v", test.name, step, test.sent)
		}
	}
}

// TestNothingIsSentBeforeAllPaymentsOfTheOrderWereLookedAt holds for every
// request, whatever it stands on.
func TestNothingIsSentBeforeAllPaymentsOfTheOrderWereLookedAt(t *testing.T) {
	t.Parallel()
	unlooked := beside(payment())
	unlooked[0].Looked, unlooked[0].Payment = false, nil
	stranger := payment(canceled(1000, pay.WithMarker("변심", first), pay.CancelDone))
	known := beside(payment(canceled(1000, pay.WithMarker("변심", first), pay.CancelDone)))
	known[0].Known = Known{}.With(Request{ID: first, State: StateSucceeded})
	for _, test := range []struct {
		name     string
		siblings []Sibling
		want     Step
	}{
		{"not looked at", unlooked, Step{To: StateApproved, Do: LookAll}},
		{"nothing speaks against it", beside(payment()), Step{To: StateApproved, Do: SendAnew, Why: WhySend}},
		{"the other one bears its own reference", beside(payment(canceled(3000, ours, pay.CancelDone))), Step{To: StateRejected, Why: WhySentOnAnother}},
		{"the other one bears a reference that nobody knows", beside(stranger), Step{To: StateHeld, Why: WhyUnknownReference}},
		{"the other one bears that of its own request", known, Step{To: StateApproved, Do: SendAnew, Why: WhySend}},
	} {
		step := Next(request(StateApproved), nil, Answer{Payment: payment(), Known: Known{Siblings: test.siblings}}, at)
		if step.To != test.want.To || step.Do != test.want.Do || step.Why != test.want.Why {
			t.Errorf("%s: %+v, want %+v", test.name, step, test.want)
		}
	}
}

// TestAnEqualRequestOfTheOrderIsLookedAtTwice: of whatever payment it is.
func TestAnEqualRequestOfTheOrderIsLookedAtTwice(t *testing.T) {
	t.Parallel()
	r := request(StateApproved, func(r *Request) { r.RequestedAt = at })
	for amount, same := range map[int64]string{3000: first, 3001: ""} {
		other := Request{ID: first, MID: "m", PaymentKey: "k2", State: StateSucceeded, Amount: amount, RequestedAt: at.Add(-time.Hour)}
		got := r.Beside(Known{}.WithOther(Request{ID: "x", MID: "m", PaymentKey: "k2"}).WithOther(other))
		if got.SameAs != same || (got.State == StateRequested) != (same != "") {
			t.Errorf("%d: %+v", amount, got)
		}
	}
}

// TestALookBesideSaysWhatTossShowsToThisMerchant: what it does not show, or calls
// another's, is none of the order's payments; where it cannot be asked nothing is
// known.
func TestALookBesideSaysWhatTossShowsToThisMerchant(t *testing.T) {
	t.Parallel()
	foreign := *payment(func(p *pay.Payment) { p.MID = "other" })
	away := &pay.Failure{Kind: pay.FailureNoAnswer}
	var asked []string
	look := func(_ context.Context, key string) (pay.Payment, pay.Evidence, error) {
		asked = append(asked, key)
		switch key {
		case "gone":
			return pay.Payment{}, pay.Evidence{}, &pay.Failure{Kind: pay.FailureNotFound}
		case "foreign":
			return foreign, pay.Evidence{}, nil
		case "away":
			return pay.Payment{}, pay.Evidence{}, away
		}
		return *payment(), pay.Evidence{About: key}, nil
	}
	keys := func(all ...string) (k Known) {
		for _, key := range all {
			k.Siblings = append(k.Siblings, Sibling{MID: "m", PaymentKey: key})
		}
		return k
	}
	before := keys("k2", "gone", "foreign")
	after, _, err := before.LookBeside(t.Context(), "m", look)
	if err != nil || after.unlooked() || after.Siblings[0].Payment == nil || after.Siblings[1].Payment != nil || after.Siblings[2].Payment != nil {
		t.Errorf("%+v, %v", after, err)
	}
	if before.Siblings[0].Looked {
		t.Error("what was known before was written over")
	}
	if _, _, err := after.LookBeside(t.Context(), "m", look); err != nil || !slices.Equal(asked, []string{"k2", "gone", "foreign"}) {
		t.Errorf("looked up %v, %v: what was looked up is not again", asked, err)
	}
	if _, _, err := keys("away").LookBeside(t.Context(), "m", look); !errors.Is(err, away) {
		t.Errorf("a provider that is away: %v", err)
	}
	two := Known{Siblings: []Sibling{{MID: "m", PaymentKey: "k2"}, {MID: "shop2", PaymentKey: "k3"}}}
	if got := two.Without(func(mid string) bool { return mid == "shop2" }).Siblings; len(got) != 1 || got[0].MID != "m" || len(two.Siblings) != 2 {
		t.Errorf("without the other merchant's: %+v", got)
	}
}
