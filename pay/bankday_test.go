package pay

import (
	"testing"
	"time"
)

func TestHolidays(t *testing.T) {
	t.Parallel()
	tests := []struct {
		day  Day
		work bool
		why  string
	}{
		{"2025-01-27", false, "added at short notice before 설날"},
		{"2025-05-01", false, "Labour Day: no public holiday then, but banks were closed"},
		{"2025-05-06", false, "substitute: Children's Day and Buddha's birthday fell together"},
		{"2025-06-03", false, "presidential election"},
		{"2025-07-17", true, "Constitution Day was no holiday from 2008 to 2025"},
		{"2025-10-08", false, "substitute: 추석 began on a Sunday"},
		{"2025-10-10", true, "a Friday between holidays and a weekend"},
		{"2026-03-02", false, "substitute: 1 March was a Sunday"},
		{"2026-05-01", false, "Labour Day, a public holiday from 2026"},
		{"2026-06-03", false, "local elections"},
		{"2026-06-08", true, "Memorial Day on a Saturday has no substitute"},
		{"2026-07-17", false, "Constitution Day, a public holiday again from 2026"},
		{"2026-09-28", true, "추석 on a Saturday has no substitute, only on a Sunday"},
		{"2026-10-05", false, "substitute: 3 October was a Saturday"},
		{"2026-11-22", false, "a Sunday"},
		{"2026-12-28", true, "Christmas on a Friday"},
		{"2027-02-09", false, "substitute: 설날 fell on a Sunday"},
		{"2027-05-03", false, "substitute: Labour Day on a Saturday"},
		{"2027-06-07", true, "Memorial Day on a Sunday has no substitute"},
		{"2027-07-19", false, "substitute: Constitution Day on a Saturday"},
		{"2027-12-27", false, "substitute: Christmas on a Saturday"},
		{"2027-12-31", true, "the last day of the table is an ordinary Friday"},
	}
	for _, test := range tests {
		if got := test.day.BankDay(); got != test.work {
			t.Errorf("%s is a bank day: %v, want %v (%s)", test.day, got, test.work, test.why)
		}
	}
}

func TestHolidayTable(t *testing.T) {
	t.Parallel()
	years := map[string]int{}
	for i, h := range holidayTable {
		if _, err := ParseDay(string(h.day)); err != nil {
			t.Fatal(err)
		}
		if i > 0 && h.day <= holidayTable[i-1].day {
			t.Errorf("%s stands after %s", h.day, holidayTable[i-1].day)
		}
		if w := h.day.Weekday(); w == time.Saturday || w == time.Sunday {
			t.Errorf("%s (%s) is a %s", h.day, h.why, w)
		}
		if h.why == "" || !HolidaysKnown(h.day) {
			t.Errorf("%s has no reason or lies after the table's end", h.day)
		}
		years[string(h.day)[:4]]++
	}
	// Saturdays eat holidays without a substitute, so the numbers differ.
	for year, want := range map[string]int{"2025": 18, "2026": 16, "2027": 15} {
		if years[year] != want {
			t.Errorf("%d holidays in %s, want %d", years[year], year, want)
		}
	}
}

// TestSubstitutes holds the table against the rule: these are public
// holidays with a substitute on the next bank day, whichever day of the weekend
// they fall on (관공서의 공휴일에 관한 규정, 제3조).
func TestSubstitutes(t *testing.T) {
	t.Parallel()
	for _, year := range []string{"2025", "2026", "2027"} {
		fixed := []string{"03-01", "05-05", "08-15", "10-03", "10-09", "12-25"}
		if year > "2025" {
			fixed = append(fixed, "05-01", "07-17")
		}
		for _, date := range fixed {
			day := Day(year + "-" + date)
			if day.BankDay() {
				t.Errorf("%s is no holiday", day)
			}
			if w := day.Weekday(); w != time.Saturday && w != time.Sunday {
				continue
			}
			monday := day.Add(1)
			for monday.Weekday() != time.Monday {
				monday = monday.Add(1)
			}
			if monday.BankDay() {
				t.Errorf("%s falls on a %s, and %s is no holiday", day, day.Weekday(), monday)
			}
		}
	}
}

func TestBankDaysOverFeasts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		from Day
		n    int
		want Day
		why  string
	}{
		{"2025-01-24", 1, "2025-01-31", "설날 2025 with the added Monday"},
		{"2025-10-02", 1, "2025-10-10", "추석 2025, from 개천절 to 한글날"},
		{"2026-02-13", 2, "2026-02-20", "설날 2026"},
		{"2026-09-23", 2, "2026-09-29", "추석 2026"},
		{"2027-02-05", 2, "2027-02-11", "설날 2027 with its substitute"},
		{"2027-09-13", 1, "2027-09-17", "추석 2027"},
		{"2027-04-30", 2, "2027-05-06", "Labour Day's substitute, and Children's Day"},
		{"2026-07-16", 1, "2026-07-20", "Constitution Day and a weekend"},
		{"2026-11-22", 0, "2026-11-22", "none: the day itself, also a Sunday"},
		{"2027-12-30", 2, "2028-01-03", "after the table only weekends are known"},
	}
	for _, test := range tests {
		if got := test.from.AddBankDays(test.n); got != test.want {
			t.Errorf("%d bank days after %s: %s, want %s (%s)", test.n, test.from, got, test.want, test.why)
		}
		if got := test.from.BankDaysUntil(test.want); got != test.n {
			t.Errorf("bank days from %s to %s: %d (%s)", test.from, test.want, got, test.why)
		}
	}
}

func TestHolidaysRunOut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		day  Day
		want bool
	}{{"2026-11-22", false}, {"2027-11-01", false}, {"2027-11-02", true}, {"2028-05-01", true}} {
		if got := HolidaysRunOut(test.day.Start()); got != test.want {
			t.Errorf("%s: %v (%d days left)", test.day, got, HolidaysUntil.Sub(test.day))
		}
	}
	if !HolidaysKnown("2027-12-31") || HolidaysKnown("2028-01-01") {
		t.Error("the table ends with 2027")
	}
}
