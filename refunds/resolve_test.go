package refunds

import (
	"errors"
	"testing"
	"time"

	"daesa/pay"
)

func TestResolve(t *testing.T) {
	t.Parallel()
	held := func(why string, change ...func(*Request)) Claimed {
		r := request(StateHeld, append(change, func(r *Request) { r.ErrorCode = why })...)
		return Claimed{Request: r, Attempt: sent(time.Hour, pay.FailureNoAnswer), Known: Known{Claimed: map[string]string{}}}
	}
	claimedCancel := func(r *Request) { r.TransactionKey = "txxyz" }
	recent := held(WhyNoReference)
	recent.Attempt = sent(19*time.Minute, pay.FailureNoAnswer)
	elsewhere := held(WhyNoReference)
	elsewhere.Known.Claimed["tx원"] = "another"
	tests := []struct {
		name     string
		claimed  Claimed
		payment  *pay.Payment
		executed bool
		by       string
		to       State // "" for a refused word
	}{
		{"executed, and Toss shows our reference", held(WhyNoReference), payment(canceled(3000, ours, pay.CancelDone)), true, "lee", StateSucceeded},
		{"executed, and Toss shows one of the amount that nobody claims", held(WhyNoReference), payment(canceled(3000, "상담원", pay.CancelDone)), true, "lee", StateSucceeded},
		{"but that one is another request's", elsewhere, payment(canceled(3000, "상담원", pay.CancelDone)), true, "lee", ""},
		{"executed, and Toss shows none", held(WhyNoReference), payment(), true, "lee", ""},
		{"executed, and Toss shows another amount", held(WhyBalanceMoved), payment(canceled(500, "상담원", pay.CancelDone)), true, "lee", ""},
		{"another amount under our reference is nobody's word", held(WhyAmountDiffers), payment(canceled(500, ours, pay.CancelDone)), true, "lee", ""},
		{"nor is it not executed", held(WhyAmountDiffers), payment(canceled(500, ours, pay.CancelDone)), false, "lee", ""},
		{"not executed", held(WhyNoReference), payment(), false, "lee", StateRequested},
		{"not executed, though Toss shows it", held(WhyNoReference), payment(canceled(3000, ours, pay.CancelDone)), false, "lee", ""},
		{"not executed, but perhaps still on its way", recent, payment(), false, "lee", ""},
		{"not executed, and nothing is left", held(WhyNoReference), payment(canceled(9000, "상담원", pay.CancelDone)), false, "lee", StateRejected},
		{"the word of who asked", held(WhyNoReference), payment(), false, "kim", ""},
		{"cancelled, and the money did not arrive: by hand", held(WhyPayoutFailed, claimedCancel), payment(account(pay.RefundFailed), canceled(3000, ours, pay.CancelDone)), false, "lee", StateRefused},
		{"cancelled, and it arrived after all", held(WhyPayoutFailed, virtual, claimedCancel), payment(account(pay.RefundCompleted), canceled(3000, ours, pay.CancelDone)), true, "lee", StateSucceeded},
		{"executed, though the payout failed", held(WhyPayoutFailed, virtual, claimedCancel), payment(account(pay.RefundFailed), canceled(3000, ours, pay.CancelDone)), true, "lee", ""},
		{"not executed, though it was paid out after all", held(WhyPayoutFailed, virtual, claimedCancel), payment(account(pay.RefundCompleted), canceled(3000, ours, pay.CancelDone)), false, "lee", ""},
		{"executed, and still on its way", held(WhyPayoutLate, virtual, claimedCancel), payment(account(pay.RefundPending), canceled(3000, ours, pay.CancelDone)), true, "lee", StateAccepted},
		{"the word of who asked, written otherwise", held(WhyNoReference), payment(), false, "Kim", ""},
		{"a foreign cancel that was aborted", held(WhyForeignAborted, claimedCancel), payment(canceled(3000, ours, pay.CancelAborted), func(p *pay.Payment) { p.BalanceAmount = 10_000 }), false, "lee", StateRequested},
		{"only what is held", Claimed{Request: request(StateUnknown)}, payment(), false, "lee", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			step, err := Resolve(test.claimed, *test.payment, test.executed, test.by, at)
			var refused *ResolveError
			if (err != nil) != (test.to == "") || err != nil && !errors.As(err, &refused) {
				t.Fatalf("the word came to %s, %v; expected %s", step.To, err, test.to)
			}
			if refused != nil && refused.Hint() == "" {
				t.Error("no hint")
			}
			if step.To != test.to || !MayMove(StateHeld, step.To) && step.To != "" {
				t.Errorf("it went to %s, expected %s", step.To, test.to)
			}
		})
	}
}
