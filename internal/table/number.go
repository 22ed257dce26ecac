package table

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// format is all of a cell's number format that changes what its number means.
type format struct {
	date  bool
	zeros int  // digits that a format like 00000 fills up with zeros
	other bool // the number is shown with other characters in it, as 0000"-"0000 does
}

// Number formats that every workbook has without listing them (ECMA-376 part 1,
// 18.8.30), dates and times only. 27 to 36 and 50 to 58 are the East Asian ones.
func builtinFormat(id int) format {
	date := (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58)
	return format{date: date}
}

// parseFormat reads a format code such as yyyy"년" m"월" d"일" or 00000000.
func parseFormat(code string) format {
	code, _, _ = strings.Cut(code, ";")
	if code != "" && strings.Trim(code, "0") == "" {
		return format{zeros: len(code)}
	}
	places, literal, whole := 0, false, true
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '"':
			literal = true
			i += closing(code[i+1:], '"')
		case '[':
			i += closing(code[i+1:], ']')
		case '\\':
			literal = true
			i++
		case '_', '*':
			i++
		case '-', '/', ':':
			literal = true
		case '.', 'E', 'e':
			whole = false
		case '0':
			if whole {
				places++
			}
		case 'y', 'Y', 'm', 'M', 'd', 'D', 'h', 'H', 's', 'S':
			return format{date: true}
		}
	}
	return format{other: literal && places > 1} // an amount is shown with one place at least, a number of a form with all
}

// closing is how far it is to just behind the mark that ends a quotation.
func closing(rest string, mark byte) int {
	if end := strings.IndexByte(rest, mark); end >= 0 {
		return end + 1
	}
	return len(rest)
}

// exactBelow is the first whole number with more digits than Excel keeps.
const exactBelow = 1e15

// numberText writes a cell's number exactly as a person would, or says why it
// cannot: Excel keeps fifteen digits and puts zeros for the others.
func numberText(raw string, f format, date1904 bool) (text, reason string) {
	value, err := strconv.ParseFloat(raw, 64)
	if err != nil {
		return "", "is not a number"
	}
	return floatText(value, f, date1904)
}

func floatText(value float64, f format, date1904 bool) (text, reason string) {
	switch {
	case math.IsNaN(value) || math.IsInf(value, 0):
		return "", "is not a number"
	case f.date:
		return dateText(value, date1904)
	case f.other:
		return "", "is a number that Excel shows with other characters in it; format the column as text and enter it as it is shown"
	case math.Abs(value) >= exactBelow:
		return "", "Excel has rounded this number; format the column as text and enter it again"
	case value == math.Trunc(value):
		text = strconv.FormatInt(int64(value), 10)
		if value >= 0 && len(text) < f.zeros {
			text = strings.Repeat("0", f.zeros-len(text)) + text
		}
		return text, ""
	default:
		return strconv.FormatFloat(value, 'f', -1, 64), ""
	}
}

// Days are counted from 1900-01-01 as 1. Excel believes in 1900-02-29, so that
// all later days count from one day earlier. Old Macintosh files count from
// 1904-01-01 as 0.
const (
	leapThatNeverWas = 60
	firstBeyond      = 2958466 // 10000-01-01
	days1904         = 1462    // between the two systems
)

// dateText writes a serial number as the local time that the sheet shows, to
// the millisecond.
func dateText(serial float64, date1904 bool) (text, reason string) {
	if date1904 {
		serial += days1904
	}
	switch {
	case serial < 0 || serial >= firstBeyond:
		return "", "is not a date that Excel can show"
	case serial < 1:
		return "", "is a time without a date"
	case serial >= leapThatNeverWas && serial < leapThatNeverWas+1:
		return "", "is 1900-02-29, a day that never was"
	case serial < leapThatNeverWas:
		serial++
	}
	const dayMillis = 24 * 60 * 60 * 1000
	days, part := math.Modf(serial)
	at := time.Date(1899, 12, 30+int(days), 0, 0, 0, 0, time.UTC)
	at = at.Add(time.Duration(math.Round(part*dayMillis)) * time.Millisecond)
	if at.Nanosecond() != 0 {
		return at.Format("2006-01-02 15:04:05.000"), ""
	}
	return at.Format(time.DateTime), ""
}

// numberCell is the cell of a number: its text, or why it cannot be taken.
func numberCell(value float64, raw string, f format, date1904 bool) cell {
	text, reason := floatText(value, f, date1904)
	if reason == "" {
		return cell{text: text}
	}
	refused := cell{raw: raw, reason: reason}
	if f.date && value >= 0 && value < 1 {
		const daySeconds = 24 * 60 * 60
		at := time.Unix(int64(math.Round(value*daySeconds)), 0).UTC()
		if at.Year() == 1970 && at.Day() == 1 {
			refused.clock = at.Format(time.TimeOnly)
		}
	}
	return refused
}

// letters is the name of a column counted from 0: A, B, ..., Z, AA.
func letters(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

const (
	lastColumn = 16384
	lastRow    = 1048576
)

// splitRef reads A1 as column 0 and row 1.
func splitRef(ref string) (column, row int, ok bool) {
	end := 0
	for end < len(ref) && ref[end] >= 'A' && ref[end] <= 'Z' {
		column = column*26 + int(ref[end]-'A') + 1
		if end++; column > lastColumn {
			return 0, 0, false
		}
	}
	row, err := strconv.Atoi(ref[end:])
	return column - 1, row, err == nil && end > 0 && row >= 1 && row <= lastRow
}
