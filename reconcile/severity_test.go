package reconcile

import (
	"testing"
	"time"

	"daesa/pay"
)

// TestWhatABreakIsComesBeforeHowMuchItIs: a failed refund of a thousand won is
// looked at before a method mismatch of a million.
func TestWhatABreakIsComesBeforeHowMuchItIs(t *testing.T) {
	t.Parallel()
	by := Severity{High: 1_000_000, Medium: 100_000}
	now := time.Date(2026, 11, 26, 1, 30, 0, 0, pay.Seoul) // a Thursday
	at := func(text string) time.Time {
		when, err := time.ParseInLocation(time.DateTime, text, pay.Seoul)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	none := time.Time{}
	for _, test := range []struct {
		name string
		b    Weighed
		want Level
	}{
		{"a refund that failed, of little", Weighed{RefundFailed, pay.KRW, 0, 0, none}, High},
		{"a deposit that was taken back", Weighed{DepositReversed, pay.KRW, 5_000, 0, none}, High},
		{"two payments of one order", Weighed{DuplicatePayment, pay.KRW, 5_000, 10_000, none}, High},
		{"money that came after the cancel", Weighed{PaidAfterCancel, pay.KRW, 0, 3_000, none}, High},
		{"money that came after the cancel and is gone again", Weighed{PaidAfterCancel, pay.KRW, 0, 0, none}, Medium},
		{"in dollars, too", Weighed{DuplicatePayment, pay.USD, 100, 200, none}, High},

		{"a cancel that was not executed, without a last day", Weighed{CancelNotExecuted, pay.KRW, 0, 9_900, none}, Medium},
		{"its last day is far", Weighed{CancelNotExecuted, pay.KRW, 0, 9_900, at("2026-12-31 23:59:59")}, Medium},
		{"its last day is the fourth bank day", Weighed{CancelNotExecuted, pay.KRW, 0, 9_900, at("2026-12-02 00:00:00")}, Medium},
		{"its last day is the third bank day", Weighed{CancelNotExecuted, pay.KRW, 0, 9_900, at("2026-12-01 23:59:59")}, High},
		{"a weekend lies between", Weighed{CancelNotExecuted, pay.KRW, 0, 9_900, at("2026-11-30 10:00:00")}, High},
		{"today", Weighed{CancelNotExecuted, pay.KRW, 0, 9_900, at("2026-11-26 23:59:59")}, High},
		{"it has passed a month ago", Weighed{CancelNotExecuted, pay.KRW, 0, 9_900, at("2026-10-31 23:59:59")}, High},
		{"in dollars its last day counts as well", Weighed{CancelNotExecuted, pay.USD, 0, 100, at("2026-11-27 12:00:00")}, High},
		{"an unknown order whose payment runs out of time", Weighed{MissingLocally, pay.KRW, 0, 4_000, at("2026-11-30 23:59:59")}, High},
		{"nothing is owed, so that no last day presses", Weighed{CancelNotRecorded, pay.KRW, 9_900, 0, at("2026-11-26 23:59:59")}, Low},
		{"Toss holds no more than the shop", Weighed{CancelNotExecuted, pay.KRW, 5_000, 5_000, at("2026-11-26 23:59:59")}, Medium},
		{"a payment that the shop only has to record", Weighed{PaidNotRecorded, pay.KRW, 0, 4_000, at("2026-11-26 23:59:59")}, Medium},

		{"one side knows nothing", Weighed{MissingAtProvider, pay.KRW, 5_000, 0, none}, Medium},
		{"goods without money", Weighed{NeverPaid, pay.KRW, 5_000, 0, none}, Medium},
		{"two currencies", Weighed{CurrencyMismatch, pay.KRW, 5_000_000, 4_730, none}, Medium},
		{"only to be corrected in the shop", Weighed{CancelNotRecorded, pay.KRW, 90_000, 0, none}, Low},
		{"an account that nobody has paid into", Weighed{VAStillOpen, pay.KRW, 0, 0, none}, Low},
		{"another method", Weighed{MethodMismatch, pay.KRW, 5_000_000, 5_000_000, none}, Low},

		{"much of little weight", Weighed{CancelNotRecorded, pay.KRW, 100_001, 0, none}, Medium},
		{"exactly the threshold", Weighed{CancelNotRecorded, pay.KRW, 100_000, 0, none}, Low},
		{"very much", Weighed{AmountMismatch, pay.KRW, 5_000_000, 3_999_999, none}, High},
		{"exactly the upper threshold", Weighed{AmountMismatch, pay.KRW, 5_000_000, 4_000_000, none}, Medium},
		{"much that is medium already", Weighed{PaidNotRecorded, pay.KRW, 0, 1_000_001, none}, High},
		{"dollars have no thresholds", Weighed{AmountMismatch, pay.USD, 500_000_000, 0, none}, Low},
	} {
		if got := by.Level(test.b, now); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
	if got := (Severity{}).Level(Weighed{AmountMismatch, pay.KRW, 5_000_000, 0, none}, now); got != Low {
		t.Errorf("without thresholds an amount raises to %d", got)
	}
}

// TestEveryKindHasALevel: a kind that is added is weighed on purpose.
func TestEveryKindHasALevel(t *testing.T) {
	t.Parallel()
	settlement := map[Level]int{}
	for _, kind := range SettlementKinds {
		settlement[ofKind(Weighed{Kind: kind, Provider: 1})]++
	}
	if settlement[High] != 1 || settlement[Medium] != 9 || settlement[Low] != 5 {
		t.Errorf("of settlement high, medium and low are %v", settlement)
	}
	counts := map[Level]int{}
	for _, kind := range Kinds {
		counts[ofKind(Weighed{Kind: kind, Provider: 1})]++
	}
	if counts[High] != 4 || counts[Medium] != 6 || counts[Low] != 5 {
		t.Errorf("high, medium and low are %d, %d and %d of %d kinds", counts[High], counts[Medium], counts[Low], len(Kinds))
	}
}
