package passbook

import (
	"regexp"
	"strings"
	"unicode"

	"daesa/internal/written"
	"daesa/pay"
)

var (
	shortened = regexp.MustCompile(`^[+-]?[0-9.,]+[eE][+-]?[0-9]+$|^#+$`)
	spoken    = regexp.MustCompile(`^[+-]?[0-9.,]+ ?[천만억조kKmM](원| ?KRW)?$`)
)

// minuses are characters that people see as a minus sign.
var minuses = strings.NewReplacer("\u2212", "-", "\u2010", "-", "\u2011", "-", "\u2012", "-", "\u2013", "-")

// amountOf reads an amount as banks write it: grouped by commas, with 원 or ₩,
// with a sign or in parentheses, in wide digits. given is false for an empty cell
// and for a dash. zeros allows a won amount to have decimals of zeros, as formats
// that serve every currency write it.
func amountOf(text string, currency pay.Currency, zeros bool) (units int64, given bool, reason string) {
	text = minuses.Replace(written.OneLine(written.NFKC(text)))
	if text == "" || text == "-" {
		return 0, false, ""
	}
	switch {
	case shortened.MatchString(text):
		return 0, true, "was shortened by a spreadsheet, which has lost digits of it; fetch the file from the bank again"
	case spoken.MatchString(text):
		return 0, true, "is a shortened amount; the file must have every digit"
	}
	negative := false
	if inner, is := within(text, "(", ")"); is {
		text, negative = strings.TrimSpace(inner), true
	}
	text, minus := unsigned(text)
	text = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(text, "₩"), "KRW")), "KRW"))
	if !minus {
		text, minus = unsigned(text)
	}
	if negative && minus || strings.HasPrefix(text, "-") {
		return 0, true, "has two signs"
	}
	plain, won, reason := pay.PlainAmount(text)
	switch {
	case reason != "":
		return 0, true, reason
	case won && currency != pay.KRW:
		return 0, true, "is in 원, the account is in " + string(currency)
	case currency == pay.KRW && !zeros && strings.Contains(plain, "."):
		return 0, true, "has decimals, and won have none"
	}
	units, err := currency.ParseAmount(plain)
	switch {
	case err != nil && currency == pay.KRW && strings.Contains(plain, "."):
		return 0, true, "has decimals, and won have none"
	case err != nil:
		return 0, true, "is no amount of " + string(currency)
	case units > mostAmount:
		return 0, true, "is too large for an amount"
	case negative || minus:
		units = -units
	}
	return units, true, ""
}

func within(text, open, shut string) (inner string, is bool) {
	inner, opened := strings.CutPrefix(text, open)
	inner, closed := strings.CutSuffix(inner, shut)
	return inner, opened && closed
}

// unsigned takes a sign off the beginning.
func unsigned(text string) (rest string, minus bool) {
	if rest, cut := strings.CutPrefix(text, "-"); cut {
		return strings.TrimSpace(rest), true
	}
	return strings.TrimSpace(strings.TrimPrefix(text, "+")), false
}

// mostShown is how many digits a value may have that a fault shows: an account
// number has more than an amount.
const mostShown = 9

// shownAmount is the value of a fault in a column of amounts. What is none (a
// name, in a file whose columns have slipped) is not shown.
func shownAmount(value string) string {
	return shownIf(value, mostShown, "0123456789,.+-()eE#₩원천만억조 \u2212\u2013")
}

// shownTime is the value of a fault in a column of times: it begins with a year.
func shownTime(value string) string {
	value = written.OneLine(written.NFKC(value))
	if strings.HasPrefix(value, "19") || strings.HasPrefix(value, "20") {
		return shownIf(value, 17, "0123456789.-/:T년월일시분초오전후APM ")
	}
	return shownIf(value, 6, "0123456789:오전후APM ")
}

func shownIf(value string, digits int, allowed string) string {
	value = written.OneLine(written.NFKC(value))
	count := 0
	for _, r := range value {
		if unicode.IsDigit(r) {
			count++
		}
		if !strings.ContainsRune(allowed, r) {
			return ""
		}
	}
	if count > digits {
		return ""
	}
	return value
}
