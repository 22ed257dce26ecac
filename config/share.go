package config

import (
	"math/bits"
	"strconv"
	"strings"
)

// whole is the Share that is all of it.
const whole = 1_000_000

// Share is a part of a whole in millionths: 0.01 in the file is 10,000 here.
// It is an integer so that no decision about money rests on a float.
type Share int64

// Above says whether part of total is more than the share. A share of
// nothing is never more. Negative counts are taken as none.
func (s Share) Above(part, total int64) bool {
	return s.compare(part, total) > 0
}

// Reached says whether part of total is at least the share, and more than
// nothing.
func (s Share) Reached(part, total int64) bool {
	return part > 0 && s.compare(part, total) >= 0
}

// compare says how part/total lies to the share, without overflow.
func (s Share) compare(part, total int64) int {
	if total <= 0 || part < 0 || s < 0 {
		return -1
	}
	leftHigh, leftLow := bits.Mul64(uint64(part), whole)
	rightHigh, rightLow := bits.Mul64(uint64(total), uint64(s))
	switch {
	case leftHigh != rightHigh:
		return order(leftHigh, rightHigh)
	default:
		return order(leftLow, rightLow)
	}
}

func order(a, b uint64) int {
	switch {
	case a > b:
		return 1
	case a < b:
		return -1
	}
	return 0
}

// String writes the share as the file does: 0.01.
func (s Share) String() string {
	text := strconv.FormatInt(int64(s), 10)
	if s < 0 {
		return text + " millionths"
	}
	if len(text) <= 6 {
		text = strings.Repeat("0", 7-len(text)) + text
	}
	cut := len(text) - 6
	fraction := strings.TrimRight(text[cut:], "0")
	if fraction == "" {
		return text[:cut]
	}
	return text[:cut] + "." + fraction
}

func (s *Share) fromText(text string) *trouble {
	value, ok := decimal(text, 6)
	if !ok {
		return &trouble{
			"is not a share with at most six decimals",
			"write a part of one, such as 0.01 for one in a hundred",
		}
	}
	*s = Share(value)
	return nil
}

// decimal reads a plain decimal number as an integer of that many places.
// Signs other than a leading minus, exponents, separators and leading zeros
// are refused, because YAML and people read them differently.
func decimal(text string, places int) (int64, bool) {
	digits, negative := strings.CutPrefix(text, "-")
	integer, fraction, dotted := strings.Cut(digits, ".")
	switch {
	case !allDigits(integer), len(integer) > 1 && integer[0] == '0':
		return 0, false
	case dotted && (!allDigits(fraction) || len(fraction) > places):
		return 0, false
	}
	fraction += strings.Repeat("0", places-len(fraction))
	value, err := strconv.ParseInt(integer+fraction, 10, 64)
	if err != nil {
		return 0, false
	}
	if negative {
		value = -value
	}
	return value, true
}

func allDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
