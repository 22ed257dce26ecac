package pay

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// ReadAmount reads an amount as people write it into files and flags, and
// returns its smallest units: digits alone or in exact groups of three
// ("69,000"), and for won also with the unit behind ("69,000원"). Decimals are
// the currency's own; where it has none one or two are taken that are 0. Three
// decimals are refused in every currency, because "10.000" is ten thousand
// where a point stands between thousands.
func (c Currency) ReadAmount(text string) (int64, error) {
	plain, err := Ungroup(text)
	if err != nil {
		return 0, err
	}
	if c != KRW && strings.HasSuffix(strings.TrimSpace(text), wonUnit) {
		return 0, fmt.Errorf("amount %q is in won, and %s is asked for", clip(text), c)
	}
	return c.ParseAmount(plain)
}

// wonUnit stands behind an amount in won.
const wonUnit = "원"

// Ungroup writes an amount without its separators and its unit, whatever its
// currency: "69,000원" is "69000". It fails on groups that are not of three
// digits and on three decimals; what is left may still be no number.
func Ungroup(text string) (string, error) {
	plain := strings.TrimSpace(text)
	if without, unit := strings.CutSuffix(plain, wonUnit); unit {
		plain = strings.TrimSpace(without)
	}
	whole, fraction, point := strings.Cut(plain, ".")
	if point && len(fraction) == groupDigits && onlyDigits(fraction) {
		return "", fmt.Errorf("amount %q has three digits behind its point, as a thousand has: write digits only, such as 10000", clip(text))
	}
	joined, err := ungrouped(strings.TrimPrefix(whole, "-"))
	if err != nil {
		return "", fmt.Errorf("amount %q %w", clip(text), err)
	}
	if strings.HasPrefix(whole, "-") {
		joined = "-" + joined
	}
	if point {
		joined += "." + fraction
	}
	return joined, nil
}

// groupDigits is how many digits stand between two separators.
const groupDigits = 3

// ungrouped joins the groups of a whole number.
func ungrouped(whole string) (string, error) {
	groups := strings.Split(whole, ",")
	for i, group := range groups {
		short := utf8.RuneCountInString(group) < groupDigits
		if len(groups) > 1 && (group == "" || !onlyDigits(group) || len(group) > groupDigits || i > 0 && short) {
			return "", errors.New("has commas that do not stand between groups of three digits")
		}
	}
	return strings.Join(groups, ""), nil
}
