package app

import (
	"slices"
	"time"

	"daesa/pay"
	"daesa/refunds"
)

// Need is why somebody must see to a line of what waits.
type Need string

// The needs. A line may have several.
const (
	NeedSetting  Need = "setting"  // it is never sent as the configuration stands
	NeedTime     Need = "time"     // it runs out before that comes for which it waits
	NeedApproval Need = "approval" // another person's word
	NeedAccount  Need = "account"  // a refund account
	NeedLook     Need = "look"     // held: a person looks at the provider
	NeedOutcome  Need = "outcome"  // unknown or held: nobody knows whether it was done
)

// NeedsOf says what a line of what waits needs of people, or of a later look.
func NeedsOf(l refunds.WaitLine) []Need {
	var needs []Need
	for _, each := range []struct {
		need Need
		is   bool
	}{
		{NeedSetting, l.Stuck},
		{NeedTime, l.Late > 0},
		{NeedApproval, l.State == refunds.StateRequested},
		{NeedAccount, l.State == refunds.StateNeedsAccount},
		{NeedLook, l.State == refunds.StateHeld},
		{NeedOutcome, l.State == refunds.StateHeld || l.State == refunds.StateUnknown},
	} {
		if each.is {
			needs = append(needs, each.need)
		}
	}
	return needs
}

// ToldAgain is when people have heard of what waits once more: the next night
// has run, and a bank day has passed on which they could act. nextNight gives the
// planned nights; nil: none is known of.
func ToldAgain(now time.Time, nextNight func(after time.Time) time.Time) time.Time {
	told := pay.DayOf(now).AddBankDays(1).End()
	if nextNight != nil {
		told = pay.Latest(told, nextNight(now))
	}
	return told
}

// RunningOut are the requests that nobody has sent and whose deadline comes before
// a moment, the earliest first, and those that are past theirs.
func RunningOut(requests []refunds.Request, before time.Time) (soon, lost []refunds.Request) {
	for _, r := range requests {
		switch {
		case r.State == refunds.StateExpired:
			lost = append(lost, r)
		case r.State.Unsent() && !r.CancelBy.IsZero() && r.CancelBy.Before(before):
			soon = append(soon, r)
		}
	}
	slices.SortStableFunc(soon, func(a, b refunds.Request) int { return a.CancelBy.Compare(b.CancelBy) })
	return soon, lost
}
