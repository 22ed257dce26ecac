package pay

import (
	"fmt"
	"time"
	_ "time/tzdata" // business days need Asia/Seoul, also where the system has no zone files
)

// Seoul is the zone of every business day and of every time that people see.
var Seoul = mustLocation("Asia/Seoul")

func mustLocation(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // the zone is embedded: only a broken build can come here
	}
	return zone
}

// Day is a business day in Asia/Seoul, written 2006-01-02, so that text order
// is time order. It is the half-open interval from 00:00 to the next 00:00.
type Day string

// ParseDay reads YYYY-MM-DD.
func ParseDay(text string) (Day, error) {
	if _, err := time.ParseInLocation(time.DateOnly, text, Seoul); err != nil {
		return "", fmt.Errorf("%q is not a date: write YYYY-MM-DD", clip(text))
	}
	return Day(text), nil
}

// DayOf is the business day in which t lies.
func DayOf(t time.Time) Day { return Day(t.In(Seoul).Format(time.DateOnly)) }

// Start is 00:00 of the day in Asia/Seoul.
func (d Day) Start() time.Time {
	t, _ := time.ParseInLocation(time.DateOnly, string(d), Seoul)
	return t
}

// End is 00:00 of the next day: the first instant that is no longer in d.
func (d Day) End() time.Time { return d.Start().AddDate(0, 0, 1) }

// Add is the day n days later; n may be negative.
func (d Day) Add(n int) Day { return DayOf(d.Start().AddDate(0, 0, n)) }

// Sub is the number of days from other to d.
func (d Day) Sub(other Day) int {
	return int(d.Start().Sub(other.Start()).Round(time.Hour).Hours()) / 24
}

// Contains says whether t lies in the day.
func (d Day) Contains(t time.Time) bool { return !t.Before(d.Start()) && t.Before(d.End()) }

// Weekday is the day of the week.
func (d Day) Weekday() time.Weekday { return d.Start().Weekday() }

// LastOfMonth says whether the next day is in another month.
func (d Day) LastOfMonth() bool { return d.Start().Month() != d.Add(1).Start().Month() }

// EndOfMonth is the first instant of the calendar month after t, in Seoul.
func EndOfMonth(t time.Time) time.Time {
	local := t.In(Seoul)
	return time.Date(local.Year(), local.Month()+1, 1, 0, 0, 0, 0, Seoul)
}

// ParseTime reads an RFC 3339 time, or one without an offset ("2006-01-02
// 15:04:05", also with a T and with fractions), which is Asia/Seoul.
func ParseTime(text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	for _, layout := range []string{time.DateTime, "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, Seoul); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time: write 2026-11-21T23:59:59+09:00 or 2026-11-21 23:59:59", clip(text))
}

// FormatTime writes a time as people and files see it: RFC 3339 in Seoul, to
// the second, or to the microsecond where it has such a part.
func FormatTime(t time.Time) string {
	local := t.In(Seoul)
	if local.Nanosecond()/1000 != 0 {
		return local.Format("2006-01-02T15:04:05.000000-07:00")
	}
	return local.Format(time.RFC3339)
}
