package app_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"daesa/app"
	"daesa/internal/hint"
	"daesa/pay"
	"daesa/refunds"
)

// tray holds requests that wait for a word, a held one, and a transfer by hand.
// It asks the rules.
type tray struct {
	altered  string // the id of what somebody changed by hand
	requests []refunds.Request
	claimed  *refunds.Claimed
	step     refunds.Step
	transfer refunds.ManualTransfer
	seen     *pay.Payment // of the newest word on a transfer
	account  *refunds.StoredAccount
}

func (s *tray) RefundsOfBatch(_ context.Context, _, batch string) (of []refunds.Request, _ error) {
	for _, r := range s.requests {
		if r.Batch == batch {
			of = append(of, r)
		}
	}
	return of, nil
}

func (s *tray) RefundsNamed(_ context.Context, ids []string) (of []refunds.Request, _ error) {
	for _, r := range s.requests {
		if slices.Contains(ids, r.ID) {
			of = append(of, r)
		}
	}
	return of, nil
}

func (s *tray) Account(context.Context, string, string) (*refunds.StoredAccount, error) {
	return s.account, nil
}

func (s *tray) give(w refunds.Approval, rule func(refunds.Request) (refunds.Request, error)) ([]refunds.Request, error) {
	var named []refunds.Request
	for _, r := range s.requests {
		if slices.Contains(w.IDs, r.ID) {
			named = append(named, r)
		}
	}
	if err := w.Check(named); err != nil {
		return nil, err
	}
	for i, r := range named {
		after, err := rule(r)
		if err != nil {
			return nil, err
		}
		named[i] = after
	}
	return named, nil
}

func (s *tray) Approve(_ context.Context, w refunds.Approval) ([]refunds.Request, error) {
	return s.give(w, func(r refunds.Request) (refunds.Request, error) { r.State = refunds.StateApproved; return r, nil })
}

func (s *tray) Reject(_ context.Context, w refunds.Approval) ([]refunds.Request, error) {
	return s.give(w, refunds.Request.Reject)
}

func (s *tray) Withdraw(_ context.Context, w refunds.Approval) ([]refunds.Request, error) {
	return s.give(w, refunds.Request.Withdraw)
}

func (s *tray) ClaimedFor(context.Context, string) (*refunds.Claimed, error) { return s.claimed, nil }

func (s *tray) ResolveRefund(_ context.Context, _ *refunds.Claimed, step refunds.Step, _ *pay.Payment, _ []pay.Evidence, _, _ string, _ time.Time) error {
	s.step = step
	return nil
}

func (s *tray) ManualTransfer(context.Context, string) (refunds.ManualTransfer, error) {
	return s.transfer, nil
}

func (s *tray) Unaltered(_ context.Context, ids []string) error {
	if slices.Contains(ids, s.altered) {
		return errAltered
	}
	return nil
}

func (s *tray) UnalteredTransfer(ctx context.Context, id string) error {
	return s.Unaltered(ctx, []string{id})
}

var errAltered = errors.New("was changed outside of daesa")

func (s *tray) MoveManualTransfer(_ context.Context, w refunds.ManualWord) (refunds.ManualTransfer, error) {
	s.seen = w.Seen
	return s.transfer.Move(w)
}

// toss is a provider with one payment.
type toss struct {
	payment pay.Payment
	looked  int
	down    error
}

func (p *toss) Payment(context.Context, string) (pay.Payment, pay.Evidence, error) {
	p.looked++
	return p.payment, pay.Evidence{}, p.down
}

func (p *toss) PaymentByOrder(ctx context.Context, _ string) (pay.Payment, pay.Evidence, error) {
	return p.Payment(ctx, "")
}

func waitsFor(id string, state refunds.State, amount int64) refunds.Request {
	return refunds.Request{ID: id, Batch: "b", State: state, Amount: amount, Currency: pay.KRW, RequestedBy: "kim"}
}

func word(s *tray, say app.Say) app.GiveWord {
	return app.GiveWord{Store: s, Head: app.NewHeadKeeper("", nil), Say: say, Batch: "b", By: "lee", Now: noon}
}

func idsOf(requests []refunds.Request) (ids []string) {
	for _, r := range requests {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestAnApprovalOfABatchLeavesOutWhatEqualsAnother(t *testing.T) {
	t.Parallel()
	equal := waitsFor("equal", refunds.StateRequested, 100)
	equal.SameAs = "one"
	s := &tray{requests: []refunds.Request{waitsFor("one", refunds.StateRequested, 100), equal, waitsFor("account", refunds.StateNeedsAccount, 50), waitsFor("sent", refunds.StateSucceeded, 70)}}
	given, err := word(s, app.SayApprove).Run(t.Context())
	if err != nil || !slices.Equal(idsOf(given.Requests), []string{"one"}) || !slices.Equal(given.LeftOut, []string{"equal"}) {
		t.Errorf("%v, left out %v, %v", idsOf(given.Requests), given.LeftOut, err)
	}
	given, err = word(s, app.SayReject).Run(t.Context())
	if err != nil || !slices.Equal(idsOf(given.Requests), []string{"one", "equal", "account"}) || given.LeftOut == nil || len(given.LeftOut) > 0 {
		t.Errorf("rejected %v, left out %v, %v", idsOf(given.Requests), given.LeftOut, err)
	}
}

func TestAnApprovalIsOfWhatThePersonHasSeen(t *testing.T) {
	t.Parallel()
	s := &tray{requests: []refunds.Request{waitsFor("one", refunds.StateRequested, 40_000), waitsFor("two", refunds.StateRequested, 29_000)}}
	for amount, ok := range map[string]bool{"69000": true, "69,000": true, "69,000원": true, "68000": false} {
		w := word(s, app.SayApprove)
		w.Expect = &app.Expected{Count: 2, Amount: amount}
		if given, err := w.Run(t.Context()); (err == nil) != ok || (len(given.Requests) == 2) != ok || !ok && hint.Of(err) == "" {
			t.Errorf("%s: %d given, %v", amount, len(given.Requests), err)
		}
	}
	w := word(s, app.SayApprove)
	w.Expect = &app.Expected{Count: 1, Amount: "69000"}
	if _, err := w.Run(t.Context()); err == nil {
		t.Error("one was expected, and two are approved")
	}
	w.Expect.Amount = "a lot"
	var unreadable *app.AskedError
	if _, err := w.Run(t.Context()); !errors.As(err, &unreadable) || hint.Of(err) == "" {
		t.Error(err)
	}
	s.requests[1].Currency = pay.USD
	w.Expect = &app.Expected{Count: 2, Amount: "69000"}
	if _, err := w.Run(t.Context()); err == nil {
		t.Error("a sum over two currencies is approved")
	}
}

func TestADatabaseThatIsBehindTakesNoWord(t *testing.T) {
	t.Parallel()
	j := &journal{length: 900}
	k := keeper(t, j)
	must(t, k.Keep(t.Context(), noon, true))
	j.length = 899
	s := &tray{requests: []refunds.Request{waitsFor("one", refunds.StateRequested, 100)}, claimed: &refunds.Claimed{}}
	w := word(s, app.SayApprove)
	w.Head = k
	_, given := w.Run(t.Context())
	_, moved := app.MoveTransfer{Store: s, Head: k}.Run(t.Context())
	resolved := app.ResolveRefund{Store: s, Head: k}.Run(t.Context())
	var behind *app.BehindError
	for name, err := range map[string]error{"a word": given, "a transfer": moved, "a resolution": resolved} {
		if !errors.As(err, &behind) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNoBatchNoWord(t *testing.T) {
	t.Parallel()
	if _, err := word(&tray{}, app.SayApprove).Run(t.Context()); hint.WordOf(err) != "unknown_id" {
		t.Error(err)
	}
}

// lookUps is a configuration with one merchant.
func lookUps(p *toss) map[string]app.LookUp { return map[string]app.LookUp{"m": p} }

func TestAHeldRefundIsResolvedByWhatTossShowsNow(t *testing.T) {
	t.Parallel()
	held := refunds.Request{ID: "r", MID: "m", PaymentKey: "k", State: refunds.StateHeld, Amount: 1000, Currency: pay.KRW, RequestedBy: "kim"}
	s := &tray{claimed: &refunds.Claimed{Request: held}}
	shown := &toss{payment: pay.Payment{MID: "m", PaymentKey: "k", Status: pay.Done, Method: pay.Card, Currency: pay.KRW, TotalAmount: 1000, BalanceAmount: 1000, PartialCancelable: true}}
	resolve := app.ResolveRefund{Store: s, Head: app.NewHeadKeeper("", nil), LookUps: lookUps(shown), ID: "r", By: "lee", Now: noon}
	if err := resolve.Run(t.Context()); err != nil || s.step.To != refunds.StateRequested || shown.looked != 1 {
		t.Errorf("not executed: %s after %d looks, %v", s.step.To, shown.looked, err)
	}
	resolve.Executed = true
	var contradicted *refunds.ResolveError
	if err := resolve.Run(t.Context()); !errors.As(err, &contradicted) {
		t.Errorf("executed, and Toss shows no cancel: %v", err)
	}
	resolve.LookUps = nil
	if err := resolve.Run(t.Context()); hint.Of(err) == "" {
		t.Errorf("of a merchant that is not configured: %v", err)
	}
}

func TestATransferIsApprovedAfterOneMoreLook(t *testing.T) {
	t.Parallel()
	due := refunds.ManualTransfer{RefundID: "r", MID: "m", PaymentKey: "k", Amount: 1000, Currency: pay.KRW, State: refunds.ManualDue, RequestedBy: "kim"}
	approval := refunds.ManualWord{ID: "r", To: refunds.ManualApproved, By: "lee", Now: noon}
	for name, c := range map[string]struct {
		transfer refunds.ManualTransfer
		word     refunds.ManualWord
		mid      string // of the payment that Toss shows
		down     error
		looked   int
		moved    bool
	}{
		"an approval":                   {due, approval, "m", nil, 1, true},
		"dropping needs no look":        {due, refunds.ManualWord{ID: "r", To: refunds.ManualDropped, By: "lee", Note: "settled", Now: noon}, "m", nil, 0, true},
		"of a merchant that left":       {func() refunds.ManualTransfer { d := due; d.MID = "left"; return d }(), approval, "m", nil, 0, true},
		"Toss shows another merchant's": {due, approval, "other", nil, 1, false},
		"Toss cannot be asked":          {due, approval, "m", &pay.Failure{Kind: pay.FailureNoAnswer}, 1, false},
	} {
		s, shown := &tray{transfer: c.transfer}, &toss{payment: pay.Payment{MID: c.mid, PaymentKey: "k"}, down: c.down}
		after, err := app.MoveTransfer{Store: s, Head: app.NewHeadKeeper("", nil), LookUps: lookUps(shown), Word: c.word}.Run(t.Context())
		if (err == nil) != c.moved || shown.looked != c.looked || (s.seen != nil) != (c.moved && c.looked > 0) || c.moved && after.State != c.word.To {
			t.Errorf("%s: %s after %d looks, seen %v, %v", name, after.State, shown.looked, s.seen != nil, err)
		}
	}
}
