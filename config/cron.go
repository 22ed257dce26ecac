package config

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Cron is a schedule of five fields: minute, hour, day of month, month, day
// of week. A field is *, a number, a range, any of these with a step (*/10,
// 8-20/2), or a list of them; months and days of week may be three-letter
// names; Sunday is 0. When both days are restricted either is enough, as in
// every cron. The zero Cron is never.
type Cron struct {
	text                            string
	minute, hour, dom, month, dow   uint64
	restrictedMonth, restrictedWeek bool
}

type cronField struct {
	name      string
	low, high int
	words     []string
}

var cronFields = [5]cronField{
	{"minute", 0, 59, nil},
	{"hour", 0, 23, nil},
	{"day of month", 1, 31, nil},
	{"month", 1, 12, []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{"day of week", 0, 6, []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
}

// ParseCron reads a schedule. The error says which field is wrong and why.
// Empty text is the Cron that never comes; a date that never comes, such as
// 31 February, is an error.
func ParseCron(text string) (Cron, error) {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return Cron{}, nil
	}
	if len(fields) != len(cronFields) {
		return Cron{}, fmt.Errorf("has %d fields, where five are expected", len(fields))
	}
	var sets [5]uint64
	for i, field := range fields {
		set, err := cronFields[i].parse(field)
		if err != nil {
			return Cron{}, fmt.Errorf("%s %w", cronFields[i].name, err)
		}
		sets[i] = set
	}
	c := Cron{
		text:   strings.Join(fields, " "),
		minute: sets[0], hour: sets[1], dom: sets[2], month: sets[3], dow: sets[4],
		restrictedMonth: fields[2] != "*", restrictedWeek: fields[4] != "*",
	}
	if c.Next(time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Cron{}, errors.New("is a date that never comes")
	}
	return c, nil
}

// String is the schedule as it was written, with single spaces.
func (c Cron) String() string { return c.text }

// IsZero says that the schedule never comes.
func (c Cron) IsZero() bool { return c.text == "" }

// Equal compares schedules as they were written.
func (c Cron) Equal(other Cron) bool { return c.text == other.text }

// MarshalText writes the schedule as it was written.
func (c Cron) MarshalText() ([]byte, error) { return []byte(c.text), nil }

// Next is the first moment of the schedule strictly after the given one, in
// its location; the zero time when there is none. A time that a change of
// the clocks skips does not happen that day.
func (c Cron) Next(after time.Time) time.Time {
	if c.IsZero() {
		return time.Time{}
	}
	year, month, day := after.Date()
	// Eight years lie between two 29ths of February around a year like 2100.
	const horizon = 8*366 + 1
	for offset := range horizon {
		noon := time.Date(year, month, day+offset, 12, 0, 0, 0, after.Location())
		if !c.onDay(noon) {
			continue
		}
		if next := c.onClock(noon, after); !next.IsZero() {
			return next
		}
	}
	return time.Time{}
}

func (c Cron) onDay(day time.Time) bool {
	if !has(c.month, int(day.Month())) {
		return false
	}
	inMonth, inWeek := has(c.dom, day.Day()), has(c.dow, int(day.Weekday()))
	if c.restrictedMonth && c.restrictedWeek {
		return inMonth || inWeek
	}
	return inMonth && inWeek
}

// onClock is the first moment of that day after the given one, or zero.
func (c Cron) onClock(day, after time.Time) time.Time {
	year, month, date := day.Date()
	for hours := c.hour; hours != 0; hours &= hours - 1 {
		hour := bits.TrailingZeros64(hours)
		for minutes := c.minute; minutes != 0; minutes &= minutes - 1 {
			minute := bits.TrailingZeros64(minutes)
			t := time.Date(year, month, date, hour, minute, 0, 0, day.Location())
			if t.After(after) && t.Hour() == hour && t.Minute() == minute {
				return t
			}
		}
	}
	return time.Time{}
}

func (c *Cron) fromText(text string) *trouble {
	parsed, err := ParseCron(text)
	if err != nil {
		return &trouble{err.Error(), "write five fields: minute hour day-of-month month day-of-week, such as \"30 1 * * *\""}
	}
	*c = parsed
	return nil
}

func mustCron(text string) Cron {
	c, err := ParseCron(text)
	if err != nil {
		panic("config: default schedule " + err.Error())
	}
	return c
}

func has(set uint64, n int) bool { return set&(1<<uint(n)) != 0 }

func (f cronField) parse(text string) (uint64, error) {
	var set uint64
	for part := range strings.SplitSeq(text, ",") {
		low, high, step, err := f.span(part)
		if err != nil {
			return 0, err
		}
		for n := low; n <= high; n += step {
			set |= 1 << uint(n)
		}
	}
	return set, nil
}

// span reads one part of a list: *, n, a-b, each of the ranges with a step.
func (f cronField) span(part string) (low, high, step int, err error) {
	span, stepText, stepped := strings.Cut(part, "/")
	first, last, ranged := strings.Cut(span, "-")
	step = 1
	if stepped {
		if step, err = strconv.Atoi(stepText); err != nil || !allDigits(stepText) || step < 1 || step > f.high {
			return 0, 0, 0, fmt.Errorf("has a step that is not a number from 1 to %d", f.high)
		}
	}
	switch {
	case span == "*":
		return f.low, f.high, step, nil
	case stepped && !ranged:
		return 0, 0, 0, fmt.Errorf("has a step without a range before it, such as */%d or a-b/%d", step, step)
	}
	if low, err = f.number(first); err != nil {
		return 0, 0, 0, err
	}
	high = low
	if ranged {
		if high, err = f.number(last); err != nil {
			return 0, 0, 0, err
		}
	}
	if high < low {
		return 0, 0, 0, errors.New("has a range that ends before it begins")
	}
	return low, high, step, nil
}

func (f cronField) number(text string) (int, error) {
	if i := slices.Index(f.words, strings.ToLower(text)); i >= 0 {
		return f.low + i, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || !allDigits(text) || n < f.low || n > f.high {
		return 0, fmt.Errorf("is not a number from %d to %d", f.low, f.high)
	}
	return n, nil
}
