package toss

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	json "github.com/go-json-experiment/json/v1"

	"daesa/pay"
)

// exponentMaximum bounds what an exponent may move the decimal point by.
const exponentMaximum = 30

// amount reads a JSON number of Toss's as smallest units of the currency. An
// absent one or null is 0. Exponents (1.0E7, as some serialisers write) are
// expanded digit by digit.
func amount(c pay.Currency, number json.Number) (int64, error) {
	if number == "" {
		return 0, nil
	}
	text, err := plain(string(number))
	if err != nil {
		return 0, err
	}
	return c.ParseAmount(text)
}

// plain writes a JSON number without an exponent.
func plain(text string) (string, error) {
	at := strings.IndexAny(text, "eE")
	if at < 0 {
		return text, nil
	}
	exponent, err := strconv.Atoi(text[at+1:])
	if err != nil || exponent > exponentMaximum || exponent < -exponentMaximum {
		return "", fmt.Errorf("amount %q is out of bounds", clean(text, 40))
	}
	mantissa, negative := strings.CutPrefix(text[:at], "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits, point := whole+fraction, len(whole)+exponent
	if point <= 0 {
		digits, point = strings.Repeat("0", 1-point)+digits, 1
	}
	if point > len(digits) {
		digits += strings.Repeat("0", point-len(digits))
	}
	out := strings.TrimLeft(digits[:point], "0")
	if out == "" {
		out = "0"
	}
	if negative {
		out = "-" + out
	}
	if rest := digits[point:]; rest != "" {
		out += "." + rest
	}
	return out, nil
}

// positive says whether a number is above zero, in whatever currency.
func positive(number json.Number) bool {
	mantissa, _, _ := strings.Cut(strings.ToLower(string(number)), "e")
	return !strings.HasPrefix(mantissa, "-") && strings.ContainsAny(mantissa, "123456789")
}

// currencyOf reads a currency; version 1.4 and trimmed objects have none and
// mean won.
func currencyOf(text string) pay.Currency {
	if text == "" {
		return pay.KRW
	}
	return pay.Currency(strings.ToUpper(text))
}

// timeOf reads a time of Toss's, in Seoul where it has no offset. Empty and
// null are the zero time.
func timeOf(field, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := pay.ParseTime(text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", field, err)
	}
	return t.In(pay.Seoul), nil
}

// shape says what is wrong with JSON without repeating what stood there.
func shape(what string, err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Errorf("the answer is no %s: %s holds a %s", what, cmp.Or(kind.Field, "a value"), strings.Fields(kind.Value + " value")[0])
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("the answer is no %s but broken or other text: %w at byte %d", what, err, syntax.Offset)
	}
	return fmt.Errorf("the answer is no %s: a value has the wrong form", what)
}

// wireWallet is an easyPay object; before 2022-06-08 it was the name alone.
type wireWallet struct {
	Provider       string      `json:"provider"`
	Amount         json.Number `json:"amount"`
	DiscountAmount json.Number `json:"discountAmount"`
}

// UnmarshalJSON takes both forms.
func (w *wireWallet) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &w.Provider)
	}
	type plainWallet wireWallet
	return json.Unmarshal(data, (*plainWallet)(w))
}

// used says whether the object tells of easy pay at all.
func (w *wireWallet) used() bool {
	return w != nil && (w.Provider != "" || positive(w.Amount) || positive(w.DiscountAmount))
}
