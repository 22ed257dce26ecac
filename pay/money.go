package pay

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Currency is an ISO 4217 code in capitals. Amounts are int64 in its smallest
// unit: whole won and yen, hundredths of a dollar.
type Currency string

// The currencies that Toss documents. MUSD is the provider's own: millionths
// of a dollar, seen in PayPal payment objects.
const (
	KRW  Currency = "KRW"
	USD  Currency = "USD"
	JPY  Currency = "JPY"
	PHP  Currency = "PHP"
	MUSD Currency = "MUSD"
)

// musdPerCent is how many millionths of a dollar make one cent.
const musdPerCent = 10_000

// Digits is the number of decimal places of the currency's own notation.
// Currencies that daesa has not met count as hundredths, as ISO 4217's most.
func (c Currency) Digits() int {
	switch c {
	case KRW, JPY, MUSD:
		return 0
	default:
		return 2
	}
}

// ParseAmount reads a plain decimal (no sign of thousands, no exponent, no
// float) in the currency's own notation and returns its smallest units.
// "181.56" USD is 18156; "10000" and "10000.0" KRW are 10000; "0.5" KRW is an
// error, because it cannot be held exactly.
func (c Currency) ParseAmount(text string) (int64, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	negative := strings.HasPrefix(whole, "-")
	digits := strings.TrimPrefix(whole, "-")
	if !onlyDigits(digits) || digits == "" || (strings.Contains(text, ".") && fraction == "") || !onlyDigits(fraction) {
		return 0, fmt.Errorf("amount %q is not a plain number", clip(text))
	}
	for len(fraction) > c.Digits() && strings.HasSuffix(fraction, "0") {
		fraction = fraction[:len(fraction)-1]
	}
	if len(fraction) > c.Digits() {
		return 0, fmt.Errorf("amount %q has more than %d decimal places of %s", clip(text), c.Digits(), c)
	}
	fraction += strings.Repeat("0", c.Digits()-len(fraction))
	units, err := strconv.ParseInt(digits+fraction, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("amount %q is too large", clip(text))
	}
	if negative {
		units = -units
	}
	return units, nil
}

// Format writes an amount of smallest units in the currency's own notation,
// without separators: 18156 USD is "181.56".
func (c Currency) Format(units int64) string {
	if c.Digits() == 0 {
		return strconv.FormatInt(units, 10)
	}
	sign := ""
	magnitude := uint64(units) //nolint:gosec // the sign is taken off below
	if units < 0 {
		sign, magnitude = "-", uint64(-(units+1))+1
	}
	text := fmt.Sprintf("%0*d", c.Digits()+1, magnitude)
	cut := len(text) - c.Digits()
	return sign + text[:cut] + "." + text[cut:]
}

// Normal turns MUSD into USD where that is exact, since the two are one
// currency; every other amount stays as it is.
func Normal(c Currency, amounts ...*int64) Currency {
	if c != MUSD {
		return c
	}
	for _, amount := range amounts {
		if *amount%musdPerCent != 0 {
			return c
		}
	}
	for _, amount := range amounts {
		*amount /= musdPerCent
	}
	return USD
}

// Add sums two amounts of one currency and fails on overflow instead of
// wrapping round.
func Add(a, b int64) (int64, error) {
	if (b > 0 && a > math.MaxInt64-b) || (b < 0 && a < math.MinInt64-b) {
		return 0, fmt.Errorf("the sum of %d and %d does not fit", a, b)
	}
	return a + b, nil
}

func onlyDigits(text string) bool {
	for _, r := range text {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

// clip keeps a value that is quoted in an error short.
func clip(text string) string {
	const most = 40
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// Spell writes money for people: 12,300원, 181.56 USD.
func (c Currency) Spell(units int64) string {
	text := grouped(c.Format(units))
	if c == KRW {
		return text + "원"
	}
	return text + " " + string(c)
}

// Counted writes a number of things for people: 1 break, 2,000 breaks.
func Counted[N int | int64](n N, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return Grouped(n) + " " + thing + "s"
}

// Grouped writes a number for people: 12,300.
func Grouped[N int | int64](n N) string { return grouped(strconv.FormatInt(int64(n), 10)) }

// grouped puts commas into a plain decimal.
func grouped(decimal string) string {
	whole, fraction, _ := strings.Cut(decimal, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return sign + whole
}
