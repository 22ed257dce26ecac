package reconcile

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"daesa/pay"
)

var decidedAt = time.Date(2026, 11, 20, 9, 0, 0, 0, pay.Seoul)

// refunding is a break of the night before whose refund a person decided.
func refunding(stand Stand) Break {
	opened, _ := Remember(nil, found(1), "2026-11-19")
	b := opened.Refund("r1", "kim", "called the customer", decidedAt)
	b.RefundStand = stand
	return b
}

func TestARefundingBreakWaitsForItsRequest(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		stand   Stand
		finding *Finding
		want    Status
		change  Change
	}{
		{"both sides still differ", StandUnsent, found(1), Refunding, ChangeSeen},
		{"another amount does not end it: its request will", StandUnsent, found(2), Refunding, ChangeSeen},
		{"both differ while the request is on its way", StandOnItsWay, found(2), Refunding, ChangeSeen},
		{"too young to say", StandUnsent, timing(found(2)), Refunding, ChangeSeen},
		{"both sides agree, and nothing has left", StandUnsent, nil, Cleared, ChangeCleared},
		{"both sides agree, and the money is on its way", StandOnItsWay, nil, Refunding, ChangeNone},
		{"both sides agree, and nobody said how far the request is", "", nil, Refunding, ChangeNone},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := refunding(test.stand)
			after, change := Remember(&before, test.finding, "2026-11-21")
			if after.Status != test.want || change != test.change {
				t.Errorf("%s, %s; want %s, %s", after.Status, change, test.want, test.change)
			}
			if (after.RefundID != "") != (test.want == Refunding) {
				t.Errorf("a break that is %s waits for %q", after.Status, after.RefundID)
			}
		})
	}
}

// TestABreakThatARefundHasResolvedTakesNoSecondRefund until a night has seen that
// both sides differ again.
func TestABreakThatARefundHasResolvedTakesNoSecondRefund(t *testing.T) {
	t.Parallel()
	b, _ := refunding("").AfterRefund(StandBack)
	other, same := "another note", b.Note
	word := func(note string, as Disposition, seen Break) Decision {
		return Decision{ID: b.ID, As: as, Note: &note, Seen: seen, RefundID: "r2"}
	}
	var refused *RefundedError
	if _, changed, err := b.Take(word(other, RefundNow, b), "park", decidedAt); !errors.As(err, &refused) || changed || refused.RefundID != "r1" {
		t.Errorf("a second refund: %v, %v", changed, err)
	}
	if _, changed, err := b.Take(word(same, RefundNow, b), "kim", decidedAt); changed || err != nil {
		t.Errorf("the word that it bears: %v, %v", changed, err)
	}
	if after, changed, err := b.Take(word(other, AcceptedDifference, b), "park", decidedAt); !changed || err != nil || after.Resolution != AcceptedDifference {
		t.Errorf("another decision: %v, %v", changed, err)
	}
	again, _ := Remember(&b, found(2), "2026-11-22")
	if after, changed, err := again.Take(word(other, RefundNow, again), "park", decidedAt); !changed || err != nil || after.RefundID != "r2" {
		t.Errorf("opened again by a night (%s): %v, %v", again.Status, changed, err)
	}
}

func TestTheEndOfARefundEndsTheWaiting(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		stand  Stand
		want   Status
		change Change
	}{
		{StandBack, Resolved, ChangeRefunded}, {StandEnded, Open, ChangeOpened},
		{StandUnsent, Refunding, ChangeNone}, {StandOnItsWay, Refunding, ChangeNone}, {"", Refunding, ChangeNone},
	} {
		before := refunding("")
		after, change := before.AfterRefund(test.stand)
		if after.Status != test.want || change != test.change || after.Since != before.Since {
			t.Errorf("%q: %s since %s, %s; want %s, %s", test.stand, after.Status, after.Since, change, test.want, test.change)
		}
		if open := after.Status == Open; open != (after.Resolution == "") || open != (after.ResolvedBy == "") || open != (after.RefundID == "") {
			t.Errorf("%q: %+v", test.stand, after)
		}
		for _, status := range []Status{Open, Timing, Cleared, Resolved, Reopened} { // somebody decided otherwise meanwhile
			other := before
			other.Status = status
			if after, change := other.AfterRefund(test.stand); after != other || change != ChangeNone {
				t.Errorf("the end %q changed a break that is %s", test.stand, status)
			}
		}
	}
}

func TestMoneyThatWentBackIsSeenAgainOnlyWhereItWasNotAll(t *testing.T) {
	t.Parallel()
	b, _ := refunding("").AfterRefund(StandBack)
	if after, change := Remember(&b, nil, "2026-11-21"); after.Status != Resolved || change != ChangeNone {
		t.Errorf("both sides agree: %s, %s", after.Status, change)
	}
	if after, change := Remember(&b, found(0), "2026-11-21"); after.Status != Reopened || change != ChangeReopened || after.RefundID != "" {
		t.Errorf("something is left: %+v, %s", after, change)
	}
}

func TestASecondDecisionToRefundIsRefused(t *testing.T) {
	t.Parallel()
	b := refunding("")
	var refusal *RefundingError
	if _, changed, err := b.Take(Decision{As: RefundNow, RefundID: "r2", Note: new("another"), Seen: b}, "lee", decidedAt); !errors.As(err, &refusal) || refusal.RefundID != "r1" || changed {
		t.Errorf("%v %v", changed, err)
	}
	open := refunding("")
	open.Status = Open
	if _, changed, err := open.Take(Decision{As: RefundNow, Seen: open}, "lee", decidedAt); !errors.Is(err, ErrNeedsRequest) || changed {
		t.Errorf("without a request: %v %v", changed, err)
	}
	if after, changed, err := b.Take(Decision{As: RefundNow, RefundID: "r2", Seen: open}, "lee", decidedAt); err != nil || changed || after != b {
		t.Errorf("the same word again: %+v %v %v", after, changed, err)
	}
	var stale *StaleError
	if _, _, err := b.Take(Decision{As: AcceptedDifference, Seen: open}, "lee", decidedAt); !errors.As(err, &stale) {
		t.Errorf("another word on what was open: %v", err)
	}
	if after, changed, err := b.Take(Decision{As: AcceptedDifference, Seen: b}, "lee", decidedAt); err != nil || !changed || after.Status != Resolved || after.RefundID != "" {
		t.Errorf("another word on what is seen as refunding: %+v %v %v", after, changed, err)
	}
}

// TestADecisionToRefundEndsWithTheMoneyBackOrOpen: whatever nights see and in
// whatever order, the end of the request leaves nothing refunding, and a break
// whose money did not go back stands in the list, or both sides agree on it.
func TestADecisionToRefundEndsWithTheMoneyBackOrOpen(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b, stand, differs := refunding(StandUnsent), StandUnsent, true
		day := pay.Day("2026-11-20")
		night := func() {
			day = day.Add(1)
			finding := found(rapid.Int64Range(1, 3).Draw(t, "Toss"))
			if differs = rapid.Bool().Draw(t, "differs"); !differs {
				finding = nil
			}
			b.RefundStand = stand
			b, _ = Remember(&b, finding, day)
		}
		for range rapid.IntRange(0, 6).Draw(t, "nights") {
			night()
			if stand == StandUnsent && rapid.Bool().Draw(t, "it is sent") {
				stand = StandOnItsWay
			}
			if b.Status == Cleared { // its request is taken back
				stand = StandEnded
				break
			}
		}
		end := rapid.SampledFrom([]Stand{StandBack, StandEnded}).Draw(t, "end")
		if stand == StandEnded {
			end = stand
		}
		b, _ = b.AfterRefund(end)
		switch {
		case b.Status == Refunding:
			t.Fatal("it waits for a request that has ended")
		case end == StandBack && b.Status != Resolved:
			t.Fatalf("the money went back, and it is %s", b.Status)
		case end == StandEnded && !b.Status.NeedsPerson() && (b.Status != Cleared || differs):
			t.Fatalf("no money went back, and it is %s", b.Status)
		}
	})
}
