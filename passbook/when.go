package passbook

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"daesa/internal/written"
	"daesa/pay"
)

// moment is a day, and perhaps a time of it.
type moment struct {
	day   time.Time     // 00:00 in Seoul
	past  time.Duration // of the day
	clock Clock
}

func (m moment) at() time.Time { return m.day.Add(m.past) }

const dateForm = `(\d{4}) ?[-./년] ?(\d{1,2}) ?[-./월] ?(\d{1,2}) ?[.일]?(?: ?\([월화수목금토일]\))?`

var (
	dateBegins = regexp.MustCompile(`^` + dateForm)
	digitsRun  = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})(\d{0,8})$`)
	clockForm  = regexp.MustCompile(`^(오전|오후|AM|PM)? ?(\d{1,2}):(\d{2})(?::(\d{2})[.,]?(\d{0,9}))?(?: ?(오전|오후|AM|PM))?$`)
	clockRun   = regexp.MustCompile(`^\d{4,8}$`)
)

const (
	notATime  = "is no date and time that a bank writes, such as 2026-11-03 14:05:33"
	notADate  = "is no date, such as 2026-11-03"
	notAClock = "is no time of day, such as 14:05:33"
	noSuchDay = "is no day of the calendar"
)

// momentOf reads a date with or without a time, in every form seen in files of
// banks.
func momentOf(text string) (moment, string) {
	text = written.OneLine(written.NFKC(text))
	if run := digitsRun.FindStringSubmatch(strings.ReplaceAll(text, " ", "")); run != nil {
		m, reason := dayOf(run[1], run[2], run[3])
		if reason != "" || run[4] == "" {
			return m, reason
		}
		if len(run[4])%2 == 1 {
			return m, notATime
		}
		return m.with(run[4])
	}
	found := dateBegins.FindStringSubmatch(text)
	if found == nil {
		return moment{}, notATime
	}
	m, reason := dayOf(found[1], found[2], found[3])
	if reason != "" {
		return m, reason
	}
	rest := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text[len(found[0]):]), "T"))
	if rest == "" {
		return m, ""
	}
	m, reason = m.with(rest)
	if reason != "" {
		return m, notATime
	}
	return m, ""
}

func dayOf(year, month, day string) (moment, string) {
	y, _ := strconv.Atoi(year) // digits
	mo, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	at := time.Date(y, time.Month(mo), d, 0, 0, 0, 0, pay.Seoul)
	if y < 1990 || y > 2099 || at.Month() != time.Month(mo) || at.Day() != d {
		return moment{}, noSuchDay
	}
	return moment{day: at}, ""
}

// with puts a time of day into a moment; an empty one leaves it as it is.
func (m moment) with(text string) (moment, string) {
	text = strings.ToUpper(written.OneLine(written.NFKC(text)))
	if text == "" {
		return m, ""
	}
	hour, minute, second, part, half := "", "", "", "", ""
	if found := clockForm.FindStringSubmatch(text); found != nil {
		hour, minute, second, part, half = found[2], found[3], found[4], found[5], found[1]+found[6]
	} else if clockRun.MatchString(text) {
		if len(text) == 5 { // a spreadsheet has taken a zero off
			text = "0" + text
		}
		hour, minute, second, part = text[:2], text[2:4], text[4:min(6, len(text))], text[min(6, len(text)):]
		if len(second) == 1 {
			return m, notAClock
		}
	} else {
		return m, notAClock
	}
	h, _ := strconv.Atoi(hour) // digits
	mi, _ := strconv.Atoi(minute)
	s, _ := strconv.Atoi(second)
	switch half {
	case "":
	case "오전", "AM", "오후", "PM":
		if h < 1 || h > 12 {
			return m, notAClock
		}
		h %= 12
		if half == "오후" || half == "PM" {
			h += 12
		}
	default:
		return m, notAClock
	}
	if h > 23 || mi > 59 || s > 59 {
		return m, notAClock
	}
	nanoseconds, _ := strconv.Atoi((part + "000000000")[:9])
	m.past = time.Duration(h)*time.Hour + time.Duration(mi)*time.Minute + time.Duration(s)*time.Second + time.Duration(nanoseconds)
	m.clock = ToMinute
	if second != "" {
		m.clock = ToSecond
	}
	return m, ""
}
