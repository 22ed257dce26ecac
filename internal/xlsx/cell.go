package xlsx

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Cell is one cell as it goes into the file. Values are texts already: no amount
// passes through a float. The zero value is no cell at all.
type Cell struct {
	style   StyleID
	kind    cellKind
	moment  bool   // a number that is shown as a date with a time
	value   string // text, or an exact decimal number
	formula string // value is then its result
}

type cellKind uint8

const (
	cellBlank cellKind = iota
	cellText
	cellNumber
)

// Blank is a cell with a look and nothing in it.
func Blank(style StyleID) Cell { return Cell{style: style} }

// Text is a cell that no program takes for a formula or a number: its type is
// text, and it went through Clean and Inert.
func Text(style StyleID, value string) Cell {
	if value = Inert(Clean(value)); value == "" {
		return Blank(style)
	}
	return Cell{style: style, kind: cellText, value: value}
}

// Int is a whole number.
func Int(style StyleID, n int64) Cell {
	return Cell{style: style, kind: cellNumber, value: strconv.FormatInt(n, 10)}
}

// mostDigits is how many significant digits a spreadsheet's number holds.
const mostDigits = 15

// Decimal is a number that is written out, such as -12.50. One that a
// spreadsheet could not hold exactly becomes text.
func Decimal(style StyleID, decimal string) Cell {
	if len(decimal) > mostDigits && significant(decimal) > mostDigits {
		return Cell{style: style, kind: cellText, value: decimal}
	}
	return Cell{style: style, kind: cellNumber, value: decimal}
}

func significant(decimal string) int {
	digits := strings.TrimLeft(strings.ReplaceAll(strings.TrimPrefix(decimal, "-"), ".", ""), "0")
	return len(digits)
}

const (
	unixEpoch    = 25569 // the day of 1970-01-01 in a workbook's calendar
	secondsOfDay = 24 * 60 * 60
)

// Date is the day of a time in its own zone; blank for the zero time. Its style
// needs a date's format. Days before 1 March 1900 are not a workbook's.
func Date(style StyleID, t time.Time) Cell {
	if t.IsZero() {
		return Blank(style)
	}
	year, month, day := t.Date()
	serial := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix()/secondsOfDay + unixEpoch
	return Int(style, serial)
}

// Moment is a time to the second, as the clock of its own zone shows it; blank
// for the zero time. Its style needs a format of date and time.
func Moment(style StyleID, t time.Time) Cell {
	if t.IsZero() {
		return Blank(style)
	}
	_, offset := t.Zone()
	return Cell{style: style, kind: cellNumber, moment: true, value: secondOf(t.Unix() + int64(offset) + unixEpoch*secondsOfDay)}
}

// MomentOf is the time that a cell of a moment says, to the second, where the clock
// of zone shows it.
func MomentOf(serial float64, zone *time.Location) time.Time {
	day := time.Unix(int64(math.Round(serial*secondsOfDay))-unixEpoch*secondsOfDay, 0).UTC()
	return time.Date(day.Year(), day.Month(), day.Day(), day.Hour(), day.Minute(), day.Second(), 0, zone)
}

// secondOf is a second of a workbook's calendar, as days with ten places: nine
// microseconds. It is rounded up, so that 23:59:59 never reads 23:59:58.
func secondOf(second int64) string {
	days := second / secondsOfDay
	if second%secondsOfDay < 0 {
		days-- // before 1900
	}
	fraction := ((second-days*secondsOfDay)*10_000_000_000 + secondsOfDay - 1) / secondsOfDay
	value := strconv.AppendInt(make([]byte, 0, 20), days, 10)
	point := len(value)
	value = strconv.AppendInt(value, 10_000_000_000+fraction, 10) // the leading 1 makes place for the point
	value[point] = '.'
	return string(value)
}

// Share is part of whole as a fraction, rounded to four places, but never up to
// the whole: one difference in a million does not read 100 %. It is a dash where
// there is no such share. Neither number may exceed 9e14.
func Share(style StyleID, part, whole int64) Cell {
	if whole <= 0 || part < 0 || part > whole {
		return Text(style, "–")
	}
	parts := part * 10_000 / whole
	if rest := part * 10_000 % whole; rest >= whole-rest && parts < 9_999 {
		parts++
	}
	return Cell{style: style, kind: cellNumber, value: fmt.Sprintf("%d.%04d", parts/10_000, parts%10_000)}
}

// Formula makes the cell live: formula, without "=", is reckoned by whoever
// opens the workbook, and the cell's value is shown by those that do not reckon.
// No part of it may come from outside. An empty one changes nothing.
func (c Cell) Formula(formula string) Cell {
	c.formula = formula
	return c
}

// Value is the text or the plain decimal of the cell.
func (c Cell) Value() string { return c.value }

// IsNumber says whether the cell holds a number, a date or a moment.
func (c Cell) IsNumber() bool { return c.kind == cellNumber }

// Fact is what the cell says, in a form that outlives a save by another program:
// nothing, a text, or a number to fifteen digits, a moment to the second.
func (c Cell) Fact() string {
	switch c.kind {
	case cellText:
		return c.value
	case cellNumber:
		return numberFact(c.value)
	default:
		return ""
	}
}

func numberFact(decimal string) string {
	value, err := strconv.ParseFloat(decimal, 64)
	if err != nil {
		return decimal
	}
	return strconv.FormatFloat(onItsSecond(value), 'g', mostDigits, 64)
}

// onItsSecond puts a moment back to how it was drawn. Programs that read a date
// as one write it with other last digits. What lies further from a second than
// a hundredth, and what is no date of our time, stays as it is; amounts with two
// places are such seconds themselves, and stay, too.
func onItsSecond(value float64) float64 {
	const earliest, latest = 30_000, 80_000 // 1982 to 2119
	if value < earliest || value > latest {
		return value
	}
	second := math.Round(value * secondsOfDay)
	if math.Abs(value*secondsOfDay-second) > 0.01 {
		return value
	}
	drawn, err := strconv.ParseFloat(secondOf(int64(second)), 64)
	if err != nil {
		return value
	}
	return drawn
}
