package pay

import (
	"testing"
	"time"
)

func TestABusinessDayIsADayOfSeoul(t *testing.T) {
	t.Parallel()
	late := time.Date(2026, 11, 21, 14, 59, 59, 999_999_999, time.UTC)
	if DayOf(late) != "2026-11-21" || DayOf(late.Add(1)) != "2026-11-22" {
		t.Errorf("%s and %s", DayOf(late), DayOf(late.Add(1)))
	}
	day := Day("2026-11-21")
	if !day.Contains(day.Start()) || day.Contains(day.End()) || !day.Contains(late) {
		t.Error("a day is half-open")
	}
	if got := day.End().Sub(day.Start()); got != 24*time.Hour {
		t.Errorf("a day has %s", got)
	}
	if Day("2028-02-28").Add(1) != "2028-02-29" || Day("2027-02-28").Add(1) != "2027-03-01" || Day("2026-12-31").Add(1) != "2027-01-01" {
		t.Error("leap days and years")
	}
	if Day("2026-11-21").Sub("2026-11-14") != 7 || Day("2026-01-01").Sub("2026-01-02") != -1 {
		t.Error("days between")
	}
	for _, text := range []string{"2026-11-31", "21.11.2026", "2026-1-1", ""} {
		if _, err := ParseDay(text); err == nil {
			t.Errorf("%q is taken for a day", text)
		}
	}
	for day, last := range map[Day]bool{"2026-11-30": true, "2027-01-31": true, "2028-02-28": false, "2028-02-29": true, "2026-12-31": true, "2026-11-29": false} {
		if day.LastOfMonth() != last {
			t.Errorf("%s is the last of its month: %t", day, !last)
		}
	}
}

func TestTimesOfFiles(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 11, 21, 14, 59, 59, 0, time.UTC)
	for _, text := range []string{"2026-11-21T23:59:59+09:00", "2026-11-21T14:59:59Z", "2026-11-21 23:59:59", "2026-11-21T23:59:59"} {
		got, err := ParseTime(text)
		if err != nil || !got.Equal(want) {
			t.Errorf("%q is %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"2026-11-21", "yesterday", "2026-11-21 24:00:00", ""} {
		if got, err := ParseTime(text); err == nil {
			t.Errorf("%q is taken for %s", text, got)
		}
	}
	if got := FormatTime(want); got != "2026-11-21T23:59:59+09:00" {
		t.Errorf("written %s", got)
	}
	if got := FormatTime(want.Add(123456 * time.Microsecond)); got != "2026-11-21T23:59:59.123456+09:00" {
		t.Errorf("written %s", got)
	}
}

func TestBankDays(t *testing.T) {
	t.Parallel()
	tests := []struct {
		from Day
		n    int
		want Day
	}{
		{"2026-11-20", 1, "2026-11-23"}, // a Friday, then Monday
		{"2026-09-23", 1, "2026-09-28"}, // 추석
		{"2026-12-24", 1, "2026-12-28"}, // Christmas on a Friday
		{"2027-02-05", 1, "2027-02-10"}, // 설날 with its substitute day
		{"2026-04-30", 1, "2026-05-04"}, // Labour Day
	}
	for _, test := range tests {
		if got := test.from.AddBankDays(test.n); got != test.want {
			t.Errorf("%d bank days after %s: %s, want %s", test.n, test.from, got, test.want)
		}
		if got := test.from.BankDaysUntil(test.want); got != test.n {
			t.Errorf("bank days from %s to %s: %d", test.from, test.want, got)
		}
	}
}
