package pay

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestAnAmountIsReadAsEveryListPrintsIt: what daesa writes for people can be
// given back to it, and what another country would write is refused.
func TestAnAmountIsReadAsEveryListPrintsIt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		currency Currency
		text     string
		want     int64
		fault    string
	}{
		{KRW, "69000", 69_000, ""},
		{KRW, "69,000", 69_000, ""},
		{KRW, "69,000원", 69_000, ""},
		{KRW, " 1,234,567 원 ", 1_234_567, ""},
		{KRW, "1,000", 1_000, ""},
		{KRW, "-12,300원", -12_300, ""},
		{KRW, "69,000.00", 69_000, ""},
		{KRW, "10000.0", 10_000, ""},
		{USD, "1,234.56", 123_456, ""},
		{USD, "181.56", 18_156, ""},
		{JPY, "47,300", 47_300, ""},
		{KRW, "10.000", 0, "three digits behind a point"},
		{KRW, "1,234.000", 0, "three digits behind a point"},
		{USD, "1.000", 0, "three digits behind a point"},
		{KRW, "6,9000", 0, "groups of three"},
		{KRW, "69,00", 0, "groups of three"},
		{KRW, "1234,567", 0, "groups of three"},
		{KRW, ",000", 0, "groups of three"},
		{KRW, "69,", 0, "groups of three"},
		{KRW, "69,,000", 0, "groups of three"},
		{KRW, "1,00a", 0, "not a plain number"},
		{KRW, "69 000", 0, "not a plain number"},
		{KRW, "", 0, "not a plain number"},
		{KRW, "원", 0, "not a plain number"},
		{KRW, "69,000원원", 0, "not a plain number"},
		{KRW, "69000,5", 0, "groups of three"},
		{KRW, "0.5", 0, "decimal places"},
		{USD, "1,000원", 0, "is in 원"},
		{JPY, "１,000", 0, "not a plain number"},
	} {
		got, err := test.currency.ParseWritten(test.text)
		if test.fault == "" && (err != nil || got != test.want) {
			t.Errorf("%q %s: %d, %v; want %d", test.text, test.currency, got, err, test.want)
		}
		if test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault)) {
			t.Errorf("%q %s: %d, %v; want an error about %q", test.text, test.currency, got, err, test.fault)
		}
	}
}

// Every amount without separators is read as ParseAmount reads it, and with
// them as the same.
func TestGroupsChangeNoAmount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]Currency{KRW, USD, JPY, PHP, MUSD, "EUR"}).Draw(t, "currency")
		units := rapid.Int64Range(math.MinInt64+1, math.MaxInt64).Draw(t, "units")
		plain := currency.Format(units)
		whole, fraction, point := strings.Cut(strings.TrimPrefix(plain, "-"), ".")
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + "," + whole[i:]
		}
		if point {
			whole += "." + fraction
		}
		if units < 0 {
			whole = "-" + whole
		}
		for _, text := range []string{plain, whole} {
			if got, err := currency.ParseWritten(text); err != nil || got != units {
				t.Fatalf("%q %s is read as %d, %v; want %d", text, currency, got, err, units)
			}
		}
	})
}
