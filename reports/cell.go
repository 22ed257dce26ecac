package reports

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"daesa/pay"
)

// cell is one cell as it goes into the sheet's XML. Values are texts already:
// money never passes through a float.
type cell struct {
	style   int // an id of the workbook's styles
	kind    cellKind
	value   string // text, or an exact decimal number
	formula string // ours only, never data; value is then its cached result
	moment  bool   // a number that is shown as a date with a time
}

type cellKind uint8

const (
	cellBlank cellKind = iota
	cellText
	cellNumber
)

func blank(style int) cell { return cell{style: style} }

// text is a cell that no program takes for a formula: its type and its format
// are text, and what could become one on the way through a CSV is made inert.
func text(style int, value string) cell {
	if value == "" {
		return blank(style)
	}
	return cell{style: style, kind: cellText, value: inert(value)}
}

// formulaMarks begin what a program may reckon.
const formulaMarks = "=+-@＝＋－＠"

// inert puts an apostrophe before a text that a program would reckon if it met
// it in a CSV saved from the workbook (OWASP ASVS 1.2.10). Whoever reads a
// workbook back takes one apostrophe away where, behind all of them, one of
// these characters stands; so every text comes back as it was.
func inert(value string) string {
	if value == "" || (value[0] < utf8.RuneSelf && !strings.ContainsRune("'=+-@", rune(value[0]))) {
		return value
	}
	if rest := strings.TrimLeft(value, "'"); rest != "" {
		if first, _ := utf8.DecodeRuneInString(rest); strings.ContainsRune(formulaMarks, first) {
			return "'" + value
		}
	}
	return value
}

// Inert makes a text harmless that a spreadsheet would reckon when it opens a
// CSV: it puts an apostrophe before it.
func Inert(value string) string { return inert(value) }

func count(style int, n int64) cell {
	return cell{style: style, kind: cellNumber, value: strconv.FormatInt(n, 10)}
}

// mostDigits is how many significant digits a spreadsheet's number holds.
const mostDigits = 15

// money is an amount in its currency's own notation, written out as an exact
// decimal. One that a spreadsheet could not hold exactly becomes text.
func money(style int, currency pay.Currency, units int64) cell {
	decimal := currency.Format(units)
	if len(decimal) > mostDigits && significant(decimal) > mostDigits {
		return cell{style: style, kind: cellText, value: decimal}
	}
	return cell{style: style, kind: cellNumber, value: decimal}
}

func significant(decimal string) int {
	digits := strings.TrimLeft(strings.ReplaceAll(strings.TrimPrefix(decimal, "-"), ".", ""), "0")
	return len(digits)
}

// as makes the cell a live formula with the value that the program itself reckoned,
// for previewers, phones and Protected View, which show nothing else.
func (c cell) as(formula string) cell {
	c.formula = formula
	return c
}

// date is a business day as a spreadsheet's date.
func date(style int, d pay.Day) cell {
	if d == "" {
		return blank(style)
	}
	return cell{style: style, kind: cellNumber, value: strconv.FormatInt(serial(d), 10)}
}

// serial is the number of a day in a workbook's calendar. It is reckoned in
// UTC: in Seoul not every day since 1900 had 24 hours.
func serial(d pay.Day) int64 {
	const unixEpoch = 25569
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return 0 // a Day is checked where it is made
	}
	return t.Unix()/secondsOfDay + unixEpoch
}

// moment is an instant as a spreadsheet's date and time in Seoul, to the second.
func moment(style int, t time.Time) cell {
	if t.IsZero() {
		return blank(style)
	}
	_, offset := t.In(pay.Seoul).Zone()
	const unixEpoch = 25569
	return cell{style: style, kind: cellNumber, moment: true, value: secondOf(t.Unix() + int64(offset) + unixEpoch*secondsOfDay)}
}

const secondsOfDay = 24 * 60 * 60

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

// share is part of whole as a fraction, cut (not rounded) to four places, so
// that one difference in a million orders never reads 100 %.
func share(style int, part, whole int64) cell {
	if whole <= 0 || part < 0 || part > whole {
		return text(style, "–")
	}
	parts := part * 10_000 / whole // counts are far below 9e14
	return cell{style: style, kind: cellNumber, value: fmt.Sprintf("%d.%04d", parts/10_000, parts%10_000)}
}

// mostText is how many UTF-16 units a cell holds; excelize and Excel cut what
// is longer without a word.
const mostText = 32767

// clean makes a text from outside fit for one line of one cell: line breaks
// and tabs become spaces, other control characters, broken UTF-8 and marks
// that turn the writing direction become U+FFFD, and what is too long is cut
// and says so.
func clean(value string) string {
	if ordinary(value) {
		return value
	}
	if !strings.ContainsFunc(value, awkward) && utf8.ValidString(value) && len(value) <= mostText {
		return value
	}
	value = strings.ReplaceAll(strings.ToValidUTF8(value, "\uFFFD"), "\r\n", " ")
	value = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case awkward(r):
			return '\uFFFD'
		default:
			return r
		}
	}, value)
	return cut(value)
}

// ordinary says of most texts at once that nothing about them is awkward.
func ordinary(value string) bool {
	for i := range len(value) {
		if c := value[i]; c < 0x20 || c >= 0x7F {
			return false
		}
	}
	return len(value) <= mostText
}

func awkward(r rune) bool {
	return r < 0x20 || (r >= 0x7F && r < 0xA0) || (r >= 0x202A && r <= 0x202E) ||
		(r >= 0x2066 && r <= 0x2069) || r == 0xFFFE || r == 0xFFFF
}

func cut(value string) string {
	const kept = mostText - 64
	units, end := 0, 0
	for i, r := range value {
		units += utf16.RuneLen(r)
		if units <= kept {
			end = i + utf8.RuneLen(r)
		}
	}
	if units <= mostText {
		return value
	}
	return value[:end] + fmt.Sprintf(" … (%d)", units)
}
