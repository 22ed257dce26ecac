package pay

import "time"

// HolidaysUntil is the last day of the holiday table below. Bank days after it
// count weekends only, which callers that promise dates must say.
const HolidaysUntil Day = "2027-12-31"

// runsOutBefore is how many days before HolidaysUntil the table wants its next
// year: a promise and a deadline look some weeks ahead. The almanac of a year
// comes out in June of the year before, so by then it is long there.
const runsOutBefore = 60

// holiday is a day on which Korean banks are closed, and why.
type holiday struct {
	day Day
	why string
}

// holidayTable are the days on which Korean banks are closed, weekends apart
// (a holiday on a weekend is not here, its substitute day is).
//
// The source is the yearly almanac (월력요항) of the Korea AeroSpace
// Administration (우주항공청), which follows 「공휴일에 관한 법률」 and
// 「관공서의 공휴일에 관한 규정」, in the transcription
// https://github.com/hyunbinseo/holidays-kr (public/basic.json and
// public/YEAR.json, https://holidays.hyunbin.page), compared day by day in
// November 2026; the gazette itself was not read.
//
//   - 2025: almanac of June 2024, with the days that the government added later
//     (27 January, and the presidential election of 3 June).
//   - 2026: almanac of June 2025, changed by two amendments of the Act in 2026:
//     Constitution Day is a public holiday again (promulgated 10 February 2026,
//     in force from 11 May: https://github.com/vacanza/holidays/pull/3700), and
//     so is Labour Day (https://github.com/hyunbinseo/holidays-kr/issues/25).
//   - 2027: almanac of 2026. Both new holidays fall on a Saturday and have a
//     substitute day (https://github.com/vacanza/holidays/pull/3728).
//
// Labour Day of 2025 is in no almanac: it was no public holiday then, but banks
// were closed by 「근로자의 날 제정에 관한 법률」. New Year's Day and Memorial
// Day have no substitute days. What a government adds at short notice
// (임시공휴일) can be missing.
var holidayTable = []holiday{
	{"2025-01-01", "신정"}, {"2025-01-27", "임시공휴일"},
	{"2025-01-28", "설날"}, {"2025-01-29", "설날"}, {"2025-01-30", "설날"},
	{"2025-03-03", "삼일절 대체공휴일"}, {"2025-05-01", "근로자의 날"},
	{"2025-05-05", "어린이날, 부처님오신날"}, {"2025-05-06", "부처님오신날 대체공휴일"},
	{"2025-06-03", "대통령선거"}, {"2025-06-06", "현충일"}, {"2025-08-15", "광복절"}, {"2025-10-03", "개천절"},
	{"2025-10-06", "추석"}, {"2025-10-07", "추석"}, {"2025-10-08", "추석 대체공휴일"},
	{"2025-10-09", "한글날"}, {"2025-12-25", "성탄절"},

	{"2026-01-01", "신정"}, {"2026-02-16", "설날"}, {"2026-02-17", "설날"}, {"2026-02-18", "설날"},
	{"2026-03-02", "삼일절 대체공휴일"}, {"2026-05-01", "노동절"}, {"2026-05-05", "어린이날"},
	{"2026-05-25", "부처님오신날 대체공휴일"}, {"2026-06-03", "지방선거"}, {"2026-07-17", "제헌절"},
	{"2026-08-17", "광복절 대체공휴일"}, {"2026-09-24", "추석"}, {"2026-09-25", "추석"},
	{"2026-10-05", "개천절 대체공휴일"}, {"2026-10-09", "한글날"}, {"2026-12-25", "성탄절"},

	{"2027-01-01", "신정"}, {"2027-02-08", "설날"}, {"2027-02-09", "설날 대체공휴일"},
	{"2027-03-01", "삼일절"}, {"2027-05-03", "노동절 대체공휴일"}, {"2027-05-05", "어린이날"},
	{"2027-05-13", "부처님오신날"}, {"2027-07-19", "제헌절 대체공휴일"}, {"2027-08-16", "광복절 대체공휴일"},
	{"2027-09-14", "추석"}, {"2027-09-15", "추석"}, {"2027-09-16", "추석"},
	{"2027-10-04", "개천절 대체공휴일"}, {"2027-10-11", "한글날 대체공휴일"}, {"2027-12-27", "성탄절 대체공휴일"},
}

// holidays finds a day of the table.
var holidays = func() map[Day]bool {
	set := make(map[Day]bool, len(holidayTable))
	for _, h := range holidayTable {
		set[h.day] = true
	}
	return set
}()

// HolidaysKnown says whether the holiday table reaches to d: it is not after
// HolidaysUntil.
func HolidaysKnown(d Day) bool { return d <= HolidaysUntil }

// HolidaysRunOut says whether fewer than 60 days of the holiday table are left,
// so that its next year is due.
func HolidaysRunOut(now time.Time) bool { return HolidaysUntil.Sub(DayOf(now)) < runsOutBefore }

// BankDay says whether Korean banks work on d.
func (d Day) BankDay() bool { return bankDay(d.Start()) }

// bankDay asks for the day that begins at start.
func bankDay(start time.Time) bool {
	weekday := start.Weekday()
	return weekday != time.Saturday && weekday != time.Sunday && !holidays[DayOf(start)]
}

// AddBankDays is the n-th bank day after d.
func (d Day) AddBankDays(n int) Day {
	if n <= 0 {
		return d
	}
	start := d.Start()
	for n > 0 {
		start = start.AddDate(0, 0, 1)
		if bankDay(start) {
			n--
		}
	}
	return DayOf(start)
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
