package refunds

import (
	"errors"
	"slices"
	"testing"
	"time"

	"daesa/pay"
	"daesa/reconcile"
)

func TestTheSetsAreWhatTheStatesSayOfThemselves(t *testing.T) {
	t.Parallel()
	for _, s := range States {
		open := s.in("unsent") || s.in("unanswered") || s == StateHeld
		for what, pair := range map[string][2]bool{
			"open is unsent, unanswered or held":                {s.Open(), open},
			"waiting is open, or accepted":                      {s.in("waiting"), open || s == StateAccepted},
			"ended is all else":                                 {s.ended(), !s.in("waiting")},
			"sendable is unsent, and neither asks nor lacks":    {s.in("sendable"), s.in("unsent") && !s.in("asking")},
			"away is unanswered or followed":                    {s.Away(), s.in("unanswered") || s.in("followed")},
			"looked is unsent or followed":                      {s.in("looked"), s.in("unsent") || s.in("followed")},
			"before an account is unsent, but for what left":    {s.in("before_account"), s.in("unsent") && s != StateRetry},
			"by hand is ended, and neither back nor taken back": {s.ByHand(), s.ended() && s != StateSucceeded && s != StateRejected},
			"its break hears of an end when nothing can follow": {s.Stand().Over(), s.ended()},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%s: %s: %v, and %v", s, what, pair[0], pair[1])
			}
		}
	}
	for name, states := range Sets {
		for i, s := range states {
			if !s.Valid() || slices.Contains(states[:i], s) {
				t.Errorf("%s names %q, which is no state or stands twice", name, s)
			}
		}
	}
}

func TestWhatElseChangesWithAState(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)
	approved := Request{ID: "r", State: StateApproved, Approval: "x", ApprovedBy: "lee", ApprovedAt: now, ErrorCode: "OLD", ErrorMessage: "old", LeaseOwner: "a", PlannedForeign: 1}
	three := int64(3)
	for name, test := range map[string]struct {
		s     Settled
		check func(After) bool
	}{
		"an end is finished, and nothing is looked at again": {Settled{Request: approved, Step: Step{To: StateRejected, Why: WhyAlready, At: now}, Now: now},
			func(a After) bool {
				return a.FinishedAt.Equal(now) && a.NextAt.IsZero() && a.ErrorCode == WhyAlready && a.LeaseOwner == ""
			}},
		"what asks again is approved no more": {Settled{Request: approved, Step: Step{To: StateRequested, Planned: &three, Strangers: &three}, Now: now},
			func(a After) bool {
				return a.Approval == "" && a.ApprovedBy == "" && a.ApprovedAt.IsZero() && a.PlannedForeign == 3 && a.Strangers == 3
			}},
		"a step that stays keeps what was said": {Settled{Request: approved, Step: Step{To: StateApproved, Why: "OLD", At: now.Add(time.Hour)}, Now: now},
			func(a After) bool {
				return a.ErrorMessage == "old" && a.Approval == "x" && a.NextAt.Equal(now.Add(time.Hour)) && a.FinishedAt.IsZero() && a.SentAt.IsZero()
			}},
		"a worker that goes on keeps its lease": {Settled{Request: approved, Step: Step{To: StateApproved}, Keep: true, Until: now, Now: now},
			func(a After) bool { return a.LeaseOwner == "a" && a.LeaseUntil.Equal(now) }},
		"the answer's own words": {Settled{Request: approved, Step: Step{To: StateRefused, Why: "CODE"}, Attempt: &Attempt{Code: "CODE", Message: "words"}, Now: now},
			func(a After) bool { return a.ErrorMessage == "words" && a.SentAt.Equal(now) }},
		"what is cancelled has no error": {Settled{Request: approved, Step: Step{To: StateAccepted, Why: WhyFound, Claim: &pay.Cancel{TransactionKey: "t", Status: pay.CancelInProgress}}, Now: now},
			func(a After) bool {
				return a.ErrorCode == "" && a.TransactionKey == "t" && a.InProgress && a.FinishedAt.IsZero()
			}},
	} {
		if after := test.s.After(); after.State != test.s.Step.To || !test.check(after) {
			t.Errorf("%s: %+v", name, after)
		}
	}
}

func TestLimitsAreReachedOneByOne(t *testing.T) {
	t.Parallel()
	budget := Budget{RunCount: 2, DayCount: 4, Of: map[pay.Currency]Limits{pay.KRW: {Single: 100, Run: 150, Day: 300}}}
	within := Spending{RunCount: 2, RunAmount: 150, DayCount: 4, DayAmount: 300}
	for want, change := range map[string]func(*Request, *Spending){
		"":                   func(*Request, *Spending) {},
		"max_single":         func(r *Request, _ *Spending) { r.Amount++ },
		"max_count":          func(_ *Request, s *Spending) { s.RunCount++ },
		"max_amount":         func(_ *Request, s *Spending) { s.RunAmount++ },
		"max_count_per_day":  func(_ *Request, s *Spending) { s.DayCount++ },
		"max_amount_per_day": func(_ *Request, s *Spending) { s.DayAmount++ },
	} {
		r, spent := Request{Amount: 100, Currency: pay.KRW}, within
		change(&r, &spent)
		var limit *LimitError
		if err := budget.Allows(r, spent); errors.As(err, &limit) != (want != "") || limit != nil && limit.Limit != want {
			t.Errorf("%q: %v", want, err)
		}
	}
	if budget.Allows(Request{Amount: 1, Currency: pay.USD}, Spending{}) == nil {
		t.Error("a currency without limits is sent")
	}
	for state, takes := range map[State]bool{StateApproved: true, StateRetry: true, StateUnknown: false, StateSending: false} {
		if state.TakesOfLimits() != takes {
			t.Errorf("%s takes of the limits: %v", state, !takes)
		}
	}
	if !GivesLimitsBack(StateSending, StateRetry) || GivesLimitsBack(StateSending, StateUnknown) || GivesLimitsBack(StateUnknown, StateRetry) {
		t.Error("only what is proved not to have left is given back")
	}
}

func TestWhyASendDoesNotBegin(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)
	for want, err := range map[error]error{
		ErrBraked: NotBegun(true, now, now),
		ErrBusy:   NotBegun(false, now.Add(-Spacing+time.Millisecond), now),
		ErrLost:   NotBegun(false, now.Add(-Spacing), now),
	} {
		if !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	if err := NotBegun(false, time.Time{}, now); !errors.Is(err, ErrLost) {
		t.Errorf("nothing was sent before: %v", err)
	}
	if !errors.Is(MaySend(true, true), ErrBraked) || !errors.Is(MaySend(false, false), ErrLost) || MaySend(true, false) != nil {
		t.Error("the last look before a send")
	}
}

func TestWhatADecisionDoesBesideItsBreak(t *testing.T) {
	t.Parallel()
	amount := int64(700)
	open := reconcile.Break{ID: "b", Status: reconcile.Open, Finding: reconcile.Finding{PaymentKey: "p", Owed: 1000, ProviderAmount: &amount}}
	refunding := open
	refunding.Status = reconcile.Refunding
	nameless := open
	nameless.PaymentKey = ""
	for name, test := range map[string]struct {
		b              reconcile.Break
		as             reconcile.Disposition
		withdraw, drop bool
		given          int64 // beside 300 on the list
	}{
		"sent by bank":                {open, reconcile.RefundedByTransfer, true, true, 700},
		"sent by bank, which payment": {nameless, reconcile.RefundedByTransfer, true, true, 0},
		"nothing is owed":             {open, reconcile.NotOurs, true, true, 0},
		"left alone":                  {open, reconcile.Waiting, false, false, 0},
		"in the place of refund_now":  {refunding, reconcile.Waiting, true, false, 0},
	} {
		e := EffectsOf(test.b, test.as)
		if e.Withdraw != test.withdraw || e.Drop != test.drop || e.Given(300) != test.given || e.None() != (!test.withdraw && !test.drop) {
			t.Errorf("%s: %+v, given %d", name, e, e.Given(300))
		}
	}
	if got := EffectsOf(open, reconcile.RefundedByTransfer).Given(2000); got != 0 {
		t.Errorf("the list has more than was owed, and %d went back", got)
	}
	for _, state := range States {
		if err := MayDecide(refunding, Request{State: state}); errors.Is(err, ErrOnItsWay) == state.Unsent() {
			t.Errorf("another decision beside a request that is %s: %v", state, err)
		}
		if err := MayDecide(open, Request{State: state}); err != nil {
			t.Errorf("a break that waits for nothing: %v", err)
		}
	}
	if err := MayTransfer(open, reconcile.RefundedByTransfer, "r"); !errors.Is(err, ErrOnItsWay) {
		t.Errorf("by bank beside Toss: %v", err)
	}
	if MayTransfer(open, reconcile.NotOurs, "r") != nil || MayTransfer(open, reconcile.RefundedByTransfer, "") != nil {
		t.Error("what moves no money, or moves it once, is refused")
	}
}

func TestANightAsksForNothingTwice(t *testing.T) {
	t.Parallel()
	ask := func(breakID string, state State, amount int64, day pay.Day, code string) Earlier {
		return Earlier{BreakID: breakID, State: state, Amount: amount, Asked: day, ErrorCode: code}
	}
	for name, test := range map[string]struct {
		earlier   Earlier
		sum       int64
		proposals int
	}{
		"open, of whatever break":                  {ask("other", StateHeld, 5, "2026-11-01", ""), 5, 0},
		"done: Toss's balance says it":             {ask("b", StateSucceeded, 5, "2026-11-20", ""), 0, 1},
		"a no of this life of the break":           {ask("b", StateRejected, 5, "2026-11-20", ""), 5, 1},
		"a no of an earlier life":                  {ask("b", StateRejected, 5, "2026-11-19", ""), 0, 1},
		"a no about another break":                 {ask("other", StateRejected, 5, "2026-11-20", ""), 0, 0},
		"taken back, since less was owed by then":  {ask("b", StateRejected, 5, "2026-11-20", WhyNotOwed), 0, 1},
		"taken back, since it had gone back":       {ask("b", StateRejected, 5, "2026-11-20", WhyAlready), 0, 1},
		"expired: a person gives it back, or none": {ask("b", StateExpired, 5, "2026-11-20", WhyDeadline), 5, 1},
	} {
		if got := AskedOf([]Earlier{test.earlier}, "b", "2026-11-20", Known{}); got.Sum != test.sum || got.Proposals != test.proposals {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestAnAccountThatComesMovesInSteps(t *testing.T) {
	t.Parallel()
	small := StoredAccount{Print: "new", ApproveAbove: 1000}
	for name, test := range map[string]struct {
		r    Request
		want []State
	}{
		"it waited for one, and is small": {Request{State: StateNeedsAccount, Currency: pay.KRW, Amount: 1000}, []State{StateRequested, StateApproved}},
		"it waited for one":               {Request{State: StateNeedsAccount, Currency: pay.KRW, Amount: 1001}, []State{StateRequested}},
		"a person approved another one":   {Request{State: StateApproved, ApprovedBy: "lee", AccountFingerprint: "old", Currency: pay.KRW, Amount: 1}, []State{StateRequested}},
		"it asks for none":                {Request{State: StateRequested, Currency: pay.KRW, Amount: 1}, nil},
		"it has left":                     {Request{State: StateUnknown, AccountFingerprint: "old"}, nil},
	} {
		var got []State
		from := test.r.State
		for _, turned := range test.r.Released(small) {
			if !MayMove(from, turned.State) || turned.AccountFingerprint != "new" || turned.Why == "" || (turned.State == StateApproved) != (turned.Approval != "") {
				t.Errorf("%s: %+v", name, turned)
			}
			from = turned.State
			got = append(got, turned.State)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestAPersonsWordOnAHeldRequest(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)
	held := Claimed{Request: Request{ID: "r", State: StateHeld, TransactionKey: "t"}, Attempt: &Attempt{N: 1}}
	s, answered, unclaim, err := held.Resolved(Step{To: StateRequested}, nil, nil, "lee", "looked", now)
	if err != nil || !unclaim || s.Request.TransactionKey != "" || answered == nil || answered.Message != "looked" || !answered.Answered() || held.Attempt.Answered() {
		t.Errorf("%+v %+v %v %v", s, answered, unclaim, err)
	}
	held.Attempt.AnsweredAt = now
	if s, answered, unclaim, err = held.Resolved(Step{To: StateSucceeded}, nil, nil, "lee", "looked", now); err != nil || unclaim || answered != nil || s.Request.TransactionKey != "t" {
		t.Errorf("%+v %+v %v %v", s, answered, unclaim, err)
	}
	held.Request.State = StateUnknown
	var wrong *StateError
	if _, _, _, err = held.Resolved(Step{To: StateSucceeded}, nil, nil, "lee", "looked", now); !errors.As(err, &wrong) {
		t.Errorf("a request that is not held: %v", err)
	}
}

func TestWhatIsLeftForARequestThatIsApproved(t *testing.T) {
	t.Parallel()
	p := pay.Payment{TotalAmount: 1000, BalanceAmount: 1000, Currency: pay.KRW}
	known := Known{Taken: []Taken{{ID: "a", State: StateApproved, Parts: Parts{Amount: 300}}, {ID: "b", State: StateRequested, Parts: Parts{Amount: 500}}}}
	if left := LeftFor(p, known, true); left == nil || left.Amount != 700 {
		t.Errorf("%+v", left)
	}
	if LeftFor(p, known, false) != nil {
		t.Error("the parts are not known, and it decides")
	}
	p.BalanceAmount = 0
	if LeftFor(p, known, true) != nil {
		t.Error("nothing is left: the look-up decides")
	}
}

func TestWhyPeopleGiveTheMoneyBack(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]Request{
		"CODE":         {State: StateRefused, ErrorCode: "CODE"},
		WhyDeadline:    {State: StateExpired},
		WhyRefusedBare: {State: StateRefused},
	} {
		if got := r.ManualCause(); got != want {
			t.Errorf("%+v: %s, want %s", r, got, want)
		}
	}
}
