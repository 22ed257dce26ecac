package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// date counts the days since 1 January 1970 in Korea, which has no summer time.
type date int32

func dateOf(sec int64) date { return date((sec + 9*hour) / day) }

// start is the date's midnight in Unix seconds.
func (d date) start() int64 { return int64(d)*day - 9*hour }

func (d date) time() time.Time { return stamp(d.start()) }

func (d date) String() string { return d.time().Format(time.DateOnly) }

func parseDate(text string) (date, error) {
	t, err := time.ParseInLocation(time.DateOnly, text, kst)
	if err != nil {
		return 0, fmt.Errorf("%q is no day such as 2026-11-30", text)
	}
	return dateOf(t.Unix()), nil
}

// bankDay says whether Korean banks work on d.
func (d date) bankDay() bool {
	weekday := (int(d) + 4) % 7 // the first day was a Thursday
	return weekday != int(time.Saturday) && weekday != int(time.Sunday) && !closed[d]
}

// addBankDays is the n-th bank day after d.
func (d date) addBankDays(n int) date {
	for n > 0 {
		d++
		if d.bankDay() {
			n--
		}
	}
	return d
}

// onBankDay is d, or the next bank day.
func (d date) onBankDay() date {
	for !d.bankDay() {
		d++
	}
	return d
}

// holidays are the days of a year, as MMDD, on which banks are closed, weekends
// apart: the public holidays and their substitutes of the yearly almanac
// (월력요항), with the election days and the extra day of January 2025, and 1 May.
// After the last year only weekends are known.
var holidays = map[int]string{
	2025: "0101 0127 0128 0129 0130 0303 0501 0505 0506 0603 0606 0815 1003 1006 1007 1008 1009 1225",
	2026: "0101 0216 0217 0218 0302 0501 0505 0525 0603 0717 0817 0924 0925 1005 1009 1225",
	2027: "0101 0208 0209 0301 0503 0505 0513 0719 0816 0914 0915 0916 1004 1011 1227",
}

var closed = func() map[date]bool {
	set := map[date]bool{}
	for year, list := range holidays {
		for _, text := range strings.Fields(list) {
			t, err := time.ParseInLocation("20060102", fmt.Sprint(year, text), kst)
			if err == nil { // a test counts them
				set[dateOf(t.Unix())] = true
			}
		}
	}
	return set
}()
