package pay

import "time"

// HolidaysUntil is the last day of the holiday table below. Bank days after it
// count weekends only, which callers that promise dates must say.
const HolidaysUntil Day = "2027-12-31"

// holidays are the days on which Korean banks are closed, weekends apart: the
// public holidays of 「관공서의 공휴일에 관한 규정」 with their substitute days,
// elections, and Labour Day. The table was written by hand for 2025 to 2027 and
// should be compared with the yearly 월력요항 before dates are promised by it.
var holidays = holidaySet(
	"2025-01-01", "2025-01-27", "2025-01-28", "2025-01-29", "2025-01-30", "2025-03-03", "2025-05-01",
	"2025-05-05", "2025-05-06", "2025-06-03", "2025-06-06", "2025-08-15", "2025-10-03", "2025-10-06",
	"2025-10-07", "2025-10-08", "2025-10-09", "2025-12-25",
	"2026-01-01", "2026-02-16", "2026-02-17", "2026-02-18", "2026-03-02", "2026-05-01", "2026-05-05",
	"2026-05-25", "2026-06-03", "2026-08-17", "2026-09-24", "2026-09-25", "2026-10-05", "2026-10-09", "2026-12-25",
	"2027-01-01", "2027-02-08", "2027-02-09", "2027-03-01", "2027-05-05", "2027-05-13",
	"2027-08-16", "2027-09-14", "2027-09-15", "2027-09-16", "2027-10-04", "2027-10-11", "2027-12-27",
)

func holidaySet(days ...Day) map[Day]bool {
	set := make(map[Day]bool, len(days))
	for _, day := range days {
		set[day] = true
	}
	return set
}

// BankDay says whether Korean banks work on d.
func (d Day) BankDay() bool {
	weekday := d.Weekday()
	return weekday != time.Saturday && weekday != time.Sunday && !holidays[d]
}

// AddBankDays is the n-th bank day after d.
func (d Day) AddBankDays(n int) Day {
	for n > 0 {
		d = d.Add(1)
		if d.BankDay() {
			n--
		}
	}
	return d
}

// BankDaysUntil counts the bank days after d up to and including until; 0
// where until is not after d.
func (d Day) BankDaysUntil(until Day) int {
	count := 0
	for d < until {
		d = d.Add(1)
		if d.BankDay() {
			count++
		}
	}
	return count
}
