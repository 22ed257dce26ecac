package reconcile

import (
	"errors"
	"testing"
	"time"

	"daesa/pay"
)

func TestAWorkbookDecidesOnce(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)
	b := Break{ID: "b", Status: Open}
	word := Decision{ID: "b", As: RefundNow}
	earlier := []Earlier{{As: RefundNow, Workbook: "hash", At: at}}
	var before *DecidedBeforeError
	if err := b.OncePerFile(word, "hash", earlier); !errors.As(err, &before) || !before.At.Equal(at) {
		t.Errorf("the same file asks again: %v", err)
	}
	bearing := b
	bearing.Status, bearing.Resolution = Refunding, RefundNow
	for name, err := range map[string]error{
		"a command":                  b.OncePerFile(word, "", earlier),
		"another file":               b.OncePerFile(word, "other", earlier),
		"it decided otherwise then":  b.OncePerFile(word, "hash", []Earlier{{As: FixShop, Workbook: "hash"}}),
		"the break bears it already": bearing.OncePerFile(word, "hash", earlier),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestABreakThatIsClearedNeedsNoWord(t *testing.T) {
	t.Parallel()
	if err := (Break{Status: Cleared}).MayResolve(FixShop); err == nil {
		t.Error("a cleared break is resolved")
	}
	if err := (Break{Status: Open}).MayResolve(RefundNow); !errors.Is(err, ErrNeedsRequest) {
		t.Errorf("refund_now alone: %v", err)
	}
	if err := (Break{Status: Open}).MayResolve(FixShop); err != nil {
		t.Error(err)
	}
}

func TestWhatAPersonMeansByAStatus(t *testing.T) {
	t.Parallel()
	for asked, want := range map[Status]int{"": 0, Open: 3, Refunding: 1, Cleared: 1} {
		if got := asked.Lists(); len(got) != want {
			t.Errorf("%q lists %v", asked, got)
		}
	}
	for _, status := range Open.Lists() {
		if !status.Listed() {
			t.Errorf("%s is not in the list of what is open", status)
		}
	}
}

func TestTwoReadingsOfABreak(t *testing.T) {
	t.Parallel()
	one, same, other := int64(1), int64(1), int64(2)
	b := Break{ID: "b", Status: Open, Finding: Finding{LocalAmount: &one, MovedAt: time.Unix(5, 0)}}
	again := b
	again.LocalAmount, again.MovedAt = &same, time.Unix(5, 0).UTC()
	if !b.SameAs(again) {
		t.Error("the same, read twice, is another")
	}
	for name, change := range map[string]func(*Break){
		"an amount":  func(b *Break) { b.LocalAmount = &other },
		"no amount":  func(b *Break) { b.LocalAmount = nil },
		"its status": func(b *Break) { b.Status = Resolved },
		"its note":   func(b *Break) { b.Note = "called" },
		"its refund": func(b *Break) { b.RefundStand = StandBack },
		"a time":     func(b *Break) { b.ResolvedAt = time.Unix(6, 0) },
	} {
		changed := again
		change(&changed)
		if b.SameAs(changed) {
			t.Errorf("%s has changed, and it is the same", name)
		}
	}
}

func TestARunIsHeldWhileItsOwnerLives(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)
	alive, dead := func(string) bool { return false }, func(string) bool { return true }
	e := LedgerEntry{State: RunRunning, LeaseUntil: clock.Add(time.Second)}
	over := e
	over.LeaseUntil = clock
	ended := e
	ended.State = RunComplete
	for name, is := range map[string]bool{"it is held": e.HeldAt(clock, alive), "its owner is gone": !e.HeldAt(clock, dead),
		"its lease is over": !over.HeldAt(clock, alive), "it has ended": !ended.HeldAt(clock, alive)} {
		if !is {
			t.Error(name)
		}
	}
}

func TestADayIsKnownByNineInTen(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		paid, known int64
		want        bool
	}{{0, 0, true}, {10, 9, true}, {10, 8, false}, {11, 9, false}} {
		if got := DayKnown(test.paid, test.known); got != test.want {
			t.Errorf("%d of %d: %v", test.known, test.paid, got)
		}
	}
}

func TestWhichPaymentAnAgreeingOrderIsShownWith(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)
	holds, own, paid := ListedPayment{Key: "a", Held: 1}, ListedPayment{Key: "shop"}, ListedPayment{Key: "c", ApprovedAt: at}
	for _, better := range [][2]ListedPayment{{holds, own}, {own, paid}, {paid, {Key: "b"}}, {{Key: "b"}, {Key: "b"}}, {paid, {}}} {
		if !better[0].Before(better[1], "shop") {
			t.Errorf("%+v says less than %+v", better[0], better[1])
		}
	}
	if own.Before(holds, "shop") || (ListedPayment{}).Before(own, "shop") {
		t.Error("what says less is shown")
	}
	p := ListedPayment{Key: "a", Held: 5}
	p.Row(pay.Done, at)
	p.Row(pay.PartialCanceled, at.Add(time.Hour))
	p.Row(pay.WaitingForDeposit, at)
	if p.Status != pay.PartialCanceled || !p.ApprovedAt.Equal(at) || !p.CanceledAt.Equal(at.Add(time.Hour)) {
		t.Errorf("%+v", p)
	}
	if p.LookedUp(pay.Done, 4); p.Status != pay.PartialCanceled {
		t.Error("a look-up that holds something else is believed")
	}
	if p.LookedUp(pay.Done, 5); p.Status != pay.Done {
		t.Error("the look-up is the truth")
	}
}

// A break of settlement took any word, and the command knew none of its own.
func TestABreakTakesOnlyTheDecisionsOfItsKind(t *testing.T) {
	t.Parallel()
	amount := int64(-500)
	short := func(amount *int64) Break {
		return Break{Status: Open, Finding: Finding{Kind: PayoutShort, Amount: amount}}
	}
	for _, test := range []struct {
		of    Break
		as    Disposition
		takes bool
	}{
		{short(&amount), SetOff, true}, {short(&amount), LimitHold, true}, {short(&amount), FixShop, false}, {short(&amount), Rebate, false},
		{short(nil), AcceptedDifference, false}, {short(nil), Waiting, true},
		{Break{Status: Open, Finding: Finding{Kind: BankUnmatched, Amount: &amount}}, Rebate, true},
		{Break{Status: Open, Finding: Finding{Kind: MissingLocally}}, NotOurs, true}, {Break{Status: Open, Finding: Finding{Kind: MissingLocally}}, SetOff, false},
	} {
		if err := test.of.MayResolve(test.as); (err == nil) != test.takes {
			t.Errorf("%s as %s: %v", test.of.Kind, test.as, err)
		}
	}
}
