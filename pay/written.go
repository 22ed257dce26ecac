package pay

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// ReadTime reads a time as files have it: a date written 2006-01-02,
// 2006.01.02 or 2006/01/02, behind it HH:MM or HH:MM:SS with or without
// fractions, and behind that Z or an offset (+09:00, +0900). Without a time it
// is 00:00, without an offset it is Asia/Seoul.
func ReadTime(text string) (time.Time, error) {
	r := clock{rest: text}
	year := r.number(4)
	mark := r.mark("-./")
	month := r.number(2)
	if r.mark(string(mark)) == 0 {
		r.bad = true
	}
	day := r.number(2)
	var hour, minute, second, nano int
	zone := Seoul
	if r.rest != "" {
		hour, minute, second, nano = r.timeOfDay()
		zone = r.zone()
	}
	at := time.Date(year, time.Month(month), day, hour, minute, second, nano, zone)
	if r.bad || r.rest != "" || at.Day() != day || at.Month() != time.Month(month) || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, fmt.Errorf("%q is not a time: write 2026-11-21T23:59:59+09:00 or 2026-11-21 23:59:59", clip(text))
	}
	return at, nil
}

// clock takes a written time apart from the left.
type clock struct {
	rest string
	bad  bool
}

// number takes exactly so many digits.
func (c *clock) number(digits int) int {
	value := 0
	for range digits {
		if c.rest == "" || c.rest[0] < '0' || c.rest[0] > '9' {
			c.bad = true
			return 0
		}
		value = value*10 + int(c.rest[0]-'0')
		c.rest = c.rest[1:]
	}
	return value
}

// mark takes one character of a set; 0 where another one stands.
func (c *clock) mark(of string) byte {
	if c.rest == "" || strings.IndexByte(of, c.rest[0]) < 0 {
		return 0
	}
	taken := c.rest[0]
	c.rest = c.rest[1:]
	return taken
}

func (c *clock) timeOfDay() (hour, minute, second, nano int) {
	if c.mark(" T") == 0 {
		c.bad = true
	}
	hour = c.number(2)
	if c.mark(":") == 0 {
		c.bad = true
	}
	minute = c.number(2)
	if c.mark(":") == 0 {
		return hour, minute, 0, 0
	}
	second = c.number(2)
	if c.mark(".") != 0 {
		scale := 100_000_000
		for ; c.rest != "" && c.rest[0] >= '0' && c.rest[0] <= '9'; c.rest = c.rest[1:] {
			nano += int(c.rest[0]-'0') * scale
			scale /= 10
		}
	}
	return hour, minute, second, nano
}

func (c *clock) zone() *time.Location {
	c.rest = strings.TrimLeft(c.rest, " ")
	if c.rest == "" {
		return Seoul
	}
	sign := c.mark("Z+-")
	if sign == 'Z' {
		return time.UTC
	}
	hours := c.number(2)
	c.mark(":")
	minutes := c.number(2)
	if sign == 0 || hours > 23 || minutes > 59 {
		c.bad = true
	}
	offset := hours*60*60 + minutes*60
	if sign == '-' {
		offset = -offset
	}
	return time.FixedZone("", offset)
}

// Invisible says whether a character shows nothing, or not what it is: control
// and format characters, blanks that are no plain blank, Hangul fillers,
// selectors, and the character that stands for one that was lost. What must
// match byte for byte has none.
func Invisible(r rune) bool {
	switch {
	case r < 0x80:
		return r < ' ' || r == 0x7f
	case r == '\ufffd', r == '\u2800': // lost; a Braille pattern without dots
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zs, unicode.Zl, unicode.Zp,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// ShortenedID says whether a spreadsheet has shortened an id to a power of ten,
// such as 2.02611E+14: which id it was is lost.
func ShortenedID(text string) bool {
	mantissa, exponent, found := strings.Cut(strings.ToUpper(text), "E")
	whole, fraction, point := strings.Cut(mantissa, ".")
	exponent, plus := strings.CutPrefix(exponent, "+")
	return found && (plus || point) && whole != "" && exponent != "" && onlyDigits(whole+fraction+exponent)
}
