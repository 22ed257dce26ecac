package reconcile

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/pay"
)

func found(provider int64) *Finding {
	local := int64(10000)
	return &Finding{MID: "m", OrderID: "o-1", Kind: AmountMismatch, Currency: pay.KRW, LocalAmount: &local, ProviderAmount: &provider,
		LocalStatus: "paid", ProviderStatus: "DONE"}
}

func timing(f *Finding) *Finding {
	f.Timing = true
	return f
}

// story is what nights see of one break, one after the other.
func TestABreakOverTheNights(t *testing.T) {
	t.Parallel()
	type seen struct {
		day     pay.Day
		finding *Finding
		want    Status
		change  Change
		nights  int
	}
	tests := []struct {
		name   string
		nights []seen
	}{
		{"stays open and counts its nights", []seen{
			{"2026-11-21", found(1), Open, ChangeOpened, 1}, {"2026-11-22", found(1), Open, ChangeSeen, 2}, {"2026-11-22", found(1), Open, ChangeSeen, 2},
		}},
		{"clears by itself and comes back", []seen{
			{"2026-11-21", found(1), Open, ChangeOpened, 1}, {"2026-11-22", nil, Cleared, ChangeCleared, 1},
			{"2026-11-22", nil, Cleared, ChangeNone, 1}, {"2026-11-23", found(1), Reopened, ChangeReopened, 2}, {"2026-11-24", found(1), Reopened, ChangeSeen, 3},
		}},
		{"is timing first, then a break", []seen{
			{"2026-11-21", timing(found(1)), Timing, ChangeTiming, 1}, {"2026-11-21", timing(found(1)), Timing, ChangeSeen, 1}, {"2026-11-22", found(1), Open, ChangeOpened, 2},
		}},
		{"is timing and never a break", []seen{
			{"2026-11-21", timing(found(1)), Timing, ChangeTiming, 1}, {"2026-11-22", nil, Cleared, ChangeCleared, 1},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var before *Break
			for i, night := range test.nights {
				after, change := Remember(before, night.finding, night.day)
				if after.Status != night.want || change != night.change || after.Nights != night.nights || after.FirstSeen != test.nights[0].day {
					t.Fatalf("night %d: %s, %s, %d nights, first seen %s; want %s, %s, %d", i, after.Status, change, after.Nights, after.FirstSeen, night.want, night.change, night.nights)
				}
				before = &after
			}
		})
	}
}

func TestAResolvedBreak(t *testing.T) {
	t.Parallel()
	opened, _ := Remember(nil, found(1), "2026-11-19")
	// Thursday, 19 November 2026.
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, pay.Seoul)
	tests := []struct {
		name    string
		as      Disposition
		day     pay.Day
		finding *Finding
		want    Status
	}{
		{"stays resolved while nothing changes", AcceptedDifference, "2027-03-01", found(1), Resolved},
		{"reopens when an amount changes", AcceptedDifference, "2026-11-20", found(2), Reopened},
		{"stays resolved when both sides agree", AcceptedDifference, "2026-11-20", nil, Resolved},
		{"waiting holds for three bank days", Waiting, "2026-11-24", found(1), Resolved},
		{"waiting comes back on the third bank day", Waiting, "2026-11-25", found(1), Reopened},
		{"fix_shop comes back on the third bank day", FixShop, "2026-11-25", found(1), Reopened},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			resolved := opened.Resolve(test.as, "kim", "seen", at)
			after, _ := Remember(&resolved, test.finding, test.day)
			if after.Status != test.want {
				t.Errorf("%s on %s, recheck on %s; want %s", after.Status, test.day, resolved.RecheckOn, test.want)
			}
		})
	}
}

func TestBreakIDsAreDerived(t *testing.T) {
	t.Parallel()
	if again := BreakID("m", "o", AmountMismatch); again != BreakID("m", "o", AmountMismatch) {
		t.Error("ids of breaks wander")
	}
	if BreakID("m", "o", AmountMismatch) == BreakID("m", "o", MethodMismatch) || BreakID("ma", "b", NeverPaid) == BreakID("m", "ab", NeverPaid) {
		t.Error("ids of breaks collide")
	}
}

func TestWindowsToRead(t *testing.T) {
	t.Parallel()
	covered := map[pay.Day]bool{"2026-11-14": true, "2026-11-18": true, "2026-11-20": true, "2026-11-21": true}
	got := WindowsToRead("2026-11-21", "2026-11-19", covered, []int{1, 3, 7})
	want := []Window{{Day: "2026-11-21"}, {Day: "2026-11-20", Reread: true}, {Day: "2026-11-18", Reread: true}, {Day: "2026-11-14", Reread: true}, {Day: "2026-11-19"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestExplosions(t *testing.T) {
	t.Parallel()
	above := func(part, total int64) bool { return part*100 > total }
	got := Explosions(map[Kind]int64{MissingAtProvider: 51, NeverPaid: 50, AmountMismatch: 49}, 5000, above)
	if diff := cmp.Diff([]Kind{MissingAtProvider}, got); diff != "" {
		t.Error(diff)
	}
	if got := Explosions(map[Kind]int64{MissingAtProvider: 51}, 5100, above); got != nil {
		t.Errorf("one in a hundred is no explosion: %v", got)
	}
}
