package sandbox

import (
	"math/big"
	"regexp"
	"strconv"
)

// exponent is the number of decimals of a currency. MUSD, Toss's own word for
// millionths of a dollar, is counted whole.
func exponent(currency string) int {
	switch currency {
	case "USD", "PHP":
		return 2
	}
	return 0
}

// appendMoney writes an amount as Toss does: whole numbers for KRW, and at
// least one decimal for currencies that have them (0.0, 181.56).
func appendMoney(b []byte, amount int64, currency string) []byte {
	if exponent(currency) == 0 {
		return strconv.AppendInt(b, amount, 10)
	}
	if amount < 0 {
		b, amount = append(b, '-'), -amount
	}
	b = strconv.AppendInt(b, amount/100, 10)
	cents := amount % 100
	b = append(b, '.', byte('0'+cents/10))
	if cents%10 != 0 {
		b = append(b, byte('0'+cents%10))
	}
	return b
}

// moneyText is a number as JSON writes it, of a size that is reckoned with at once.
var moneyText = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?$`)

// parseMoney reads a JSON number into the smallest unit. False for anything
// that is no number or has more decimals than the currency.
func parseMoney(text, currency string) (int64, bool) {
	if len(text) > 30 || !moneyText.MatchString(text) {
		return 0, false
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, false
	}
	for range exponent(currency) {
		r.Mul(r, big.NewRat(10, 1))
	}
	if !r.IsInt() || !r.Num().IsInt64() {
		return 0, false
	}
	return r.Num().Int64(), true
}

// vatOf is a payment's VAT: an eleventh of the taxed part, rounded half up.
func vatOf(amount, taxFree int64) int64 { return ((amount-taxFree)*2 + 11) / 22 }

// ParseAmount reads an amount in a currency's own notation (15000 won, 181.56
// dollars) into its smallest unit; false for anything else.
func ParseAmount(text, currency string) (int64, bool) { return parseMoney(text, currency) }

// FormatAmount writes an amount of the smallest unit in the currency's own
// notation.
func FormatAmount(amount int64, currency string) string {
	return string(appendMoney(nil, amount, currency))
}
