package pay

import (
	"fmt"
	"strings"
)

// PlainAmount turns an amount as people write it in files and flags into a
// plain decimal for ParseAmount, or says why it cannot. Commas may stand in
// exact groups of three, and 원 behind the number; won says whether it did.
// Three digits behind a point are refused: where the point is a thousands mark
// they are another amount.
func PlainAmount(text string) (plain string, won bool, reason string) {
	plain = strings.TrimSpace(text)
	if number, cut := strings.CutSuffix(plain, "원"); cut {
		plain, won = strings.TrimSpace(number), true
	}
	whole, fraction, point := strings.Cut(plain, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	grouped := strings.Contains(whole, ",")
	digits := strings.ReplaceAll(whole, ",", "")
	switch {
	case digits == "" || !onlyDigits(digits+fraction) || point && fraction == "":
		return "", won, "is not a plain number, such as 10000 or 10,000"
	case grouped && !groupsOfThree(whole):
		return "", won, "has commas that are not exact groups of three, such as 10,000"
	case len(fraction) == 3:
		return "", won, "has three digits behind a point, which may be a thousands mark: write 10000 or 10,000"
	case len(fraction) > 2:
		return "", won, "has more than two decimal places"
	}
	plain = sign + digits
	if point {
		plain += "." + fraction
	}
	return plain, won, ""
}

// groupsOfThree says whether whole is written as 1,234,567 is.
func groupsOfThree(whole string) bool {
	groups := strings.Split(whole, ",")
	for i, group := range groups {
		if len(group) > 3 || len(group) == 0 || i > 0 && len(group) < 3 {
			return false
		}
	}
	return true
}

// ParseWritten reads an amount as people write it (see PlainAmount) in the
// currency's own notation and returns its smallest units.
func (c Currency) ParseWritten(text string) (int64, error) {
	plain, won, reason := PlainAmount(text)
	switch {
	case reason != "":
		return 0, fmt.Errorf("amount %q %s", clip(text), reason)
	case won && c != KRW:
		return 0, fmt.Errorf("amount %q is in 원, the currency is %s", clip(text), c)
	}
	return c.ParseAmount(plain)
}
