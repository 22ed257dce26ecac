package app

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/pay"
	"daesa/refunds"
)

// openBooks are books of a test.
type openBooks struct {
	standing  refunds.Standing
	breaks    map[string]int64
	transfers []refunds.ManualTransfer
}

func (b openBooks) Standing(context.Context, time.Time) (refunds.Standing, error) {
	return b.standing, nil
}

func (b openBooks) NeedPerson(_ context.Context, mid string) (sum int64, err error) {
	for name, n := range b.breaks {
		if mid == "" || mid == name {
			sum += n
		}
	}
	return sum, nil
}

func (b openBooks) ManualTransfers(_ context.Context, _, state string) (list []refunds.ManualTransfer, err error) {
	for _, t := range b.transfers {
		if string(t.State) == state {
			list = append(list, t)
		}
	}
	return list, nil
}

// needsOf are the needs of a shop with the merchants a and b; former is a MID of
// a's key under which the books have requests.
func needsOf(about string, books openBooks) *Needs {
	return &Needs{Books: books, Merchants: []string{"a", "b"}, About: about,
		MainMID: func(mid string) string {
			if mid == "former" {
				return "a"
			}
			return mid
		},
		Facts: func(time.Time) refunds.Facts {
			return refunds.Facts{Configured: []string{"a", "b", "former"}, Send: true,
				Budget: refunds.Budget{RunCount: 9, DayCount: 9, Of: map[pay.Currency]refunds.Limits{pay.KRW: {Single: 10_000, Run: 90_000, Day: 90_000}}}}
		}}
}

// TestAMerchantThatIsGoneConcernsEverybody: no command is about it any more. A
// former MID is its merchant's.
func TestAMerchantThatIsGoneConcernsEverybody(t *testing.T) {
	t.Parallel()
	for about, want := range map[string][]string{"": {"a", "b", "former", "gone"}, "a": {"a", "former", "gone"}, "b": {"b", "gone"}} {
		needs := needsOf(about, openBooks{})
		var got []string
		for _, whose := range []string{"a", "b", "former", "gone"} {
			if needs.Concern(whose) {
				got = append(got, whose)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", about, diff)
		}
	}
}

// TestEachCommandTellsItsOwnNeeds: a comparison tells what never goes out, a
// night also what waits for people, a refund run what it could not do.
func TestEachCommandTellsItsOwnNeeds(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, pay.Seoul)
	open := func(mid, id string, state refunds.State, amount int64) refunds.Open {
		return refunds.Open{Request: refunds.Request{ID: id, MID: mid, PaymentKey: "p" + id, Amount: amount, Currency: pay.KRW, State: state}}
	}
	books := openBooks{
		standing: refunds.Standing{Open: []refunds.Open{
			open("a", "1", refunds.StateRequested, 1000), open("a", "2", refunds.StateApproved, 20_000), open("b", "3", refunds.StateUnknown, 3000), open("gone", "4", refunds.StateApproved, 4000),
		}},
		breaks:    map[string]int64{"a": 2},
		transfers: []refunds.ManualTransfer{{MID: "a", State: refunds.ManualDue}, {MID: "b", State: refunds.ManualApproved}},
	}
	endings := func(o Outcome) map[Ending]int {
		counts := map[Ending]int{}
		for _, r := range o.Reasons {
			counts[r.Ending]++
		}
		return counts
	}
	const breaks, transfers, stuck, approval = 1, 2, 2, 1
	for name, test := range map[string]struct {
		about string
		after func(*Needs, *Outcome) error
		want  map[Ending]int
	}{
		"a comparison": {"", func(n *Needs, o *Outcome) error { return n.AfterNight(t.Context(), n.Merchants, false, nil, now, o) },
			map[Ending]int{EndedPerson: breaks + transfers + stuck}},
		"a night": {"", func(n *Needs, o *Outcome) error { return n.AfterNight(t.Context(), n.Merchants, true, nil, now, o) },
			map[Ending]int{EndedPerson: breaks + transfers + stuck + approval, EndedUnknown: 1}},
		"a refund run": {"", afterRefunds(t, now), map[Ending]int{EndedPerson: breaks + transfers + stuck, EndedUnknown: 1}},
		"a refund run of b": {"b", afterRefunds(t, now),
			map[Ending]int{EndedPerson: 2, EndedUnknown: 1}}, // what is of nobody, and its own transfer
	} {
		var o Outcome
		if err := test.after(needsOf(test.about, books), &o); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, endings(o)); diff != "" {
			t.Errorf("%s: %s%+v", name, diff, o.Reasons)
		}
	}
}

func afterRefunds(t *testing.T, now time.Time) func(*Needs, *Outcome) error {
	return func(n *Needs, o *Outcome) error {
		w, err := n.Waiting(t.Context(), nil, now)
		if err != nil {
			return err
		}
		return n.AfterRefunds(t.Context(), w, o)
	}
}
