package config

import (
	"strconv"
	"strings"
)

// RateUnit is the denominator of a Rate: 2.1% is 21,000,000 of 1,000,000,000.
const RateUnit = 1_000_000_000

// decimalsOfRate is how many decimals of a percent a Rate has.
const decimalsOfRate = 7

// Rate is a share of an amount, in parts of RateUnit. The file writes it in
// percent. It is an integer so that no fee rests on a float.
type Rate int64

// String writes a rate as the file does: 2.1%.
func (r Rate) String() string {
	text := strconv.FormatInt(int64(r), 10)
	if len(text) <= decimalsOfRate {
		text = strings.Repeat("0", decimalsOfRate+1-len(text)) + text
	}
	cut := len(text) - decimalsOfRate
	if fraction := strings.TrimRight(text[cut:], "0"); fraction != "" {
		return text[:cut] + "." + fraction + "%"
	}
	return text[:cut] + "%"
}

func (r *Rate) fromText(text string) *trouble {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	value, ok := decimal(strings.TrimSpace(number), decimalsOfRate)
	switch {
	case !percent:
		return &trouble{"is not in percent", `write the sign, such as "2.1%"`}
	case !ok:
		return &trouble{"is no rate with at most seven decimals", `write it as "2.1%"`}
	case value < 0 || value > RateUnit:
		return &trouble{"is not from 0% to 100%", `write the rate without VAT, such as "2.1%"`}
	}
	*r = Rate(value)
	return nil
}
