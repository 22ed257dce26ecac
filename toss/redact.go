package toss

import (
	"bytes"
	"errors"

	json "github.com/go-json-experiment/json/v1"
)

// ErrNotJSON says that a body cannot be cut of personal data, because it is
// not JSON. Such a body must not be kept.
var ErrNotJSON = errors.New("toss: the body is not JSON and cannot be cut of personal data")

// personal are the keys whose values are cut: a person's, or a secret that
// proves webhooks. A masked card number stays. The last two are a key that can
// charge a card, and what customerIdentityNumber was called until 2022-07-27.
var personal = []string{
	"accountNumber", "holderName", "customerName", "depositorName", "customerMobilePhone", "customerEmail",
	"customerIdentityNumber", "secret", "customerKey", "billingKey", "registrationNumber",
}

// personalInside is the key of an object whose every value is cut: the shop
// may have written anything into it.
const personalInside = "metadata"

const cut = `"REDACTED"`

// personalLengths has a bit for the length of each such key, so that most keys
// are passed over without a comparison.
var personalLengths = func() (bits uint64) {
	for _, key := range append([]string{personalInside}, personal...) {
		bits |= 1 << len(key)
	}
	return bits
}()

// Redact returns JSON whose personal values are the string REDACTED; null
// stays null, and every other byte stays as it is, number literals included.
// Where there is nothing to cut it returns body itself. Keys are found in
// whatever case or escape they are written. What is not one whole JSON value
// gives ErrNotJSON.
func Redact(body []byte) ([]byte, error) {
	if !json.Valid(body) {
		return nil, ErrNotJSON
	}
	return redact(body), nil
}

// redact is Redact of what is known to be JSON. It walks from string to
// string; a string before a colon is a key.
func redact(body []byte) []byte {
	var out []byte
	copied := 0
	for i := 0; ; {
		quote := bytes.IndexByte(body[i:], '"')
		if quote < 0 {
			break
		}
		key := i + quote
		i = stringEnd(body, key)
		colon := skipSpace(body, i)
		if colon >= len(body) || body[colon] != ':' {
			continue
		}
		whole, inside := isPersonal(body[key+1 : i-1])
		if !whole && !inside {
			continue
		}
		i = skipSpace(body, colon+1)
		if inside && body[i] == '{' {
			out, copied, i = cutInside(body, out, copied, i)
			continue
		}
		out, copied, i = cutValue(body, out, copied, i)
	}
	if copied == 0 {
		return body
	}
	return append(out, body[copied:]...)
}

// cutValue cuts the value at i, unless it is null, and returns where to go on.
func cutValue(body, out []byte, copied, i int) ([]byte, int, int) {
	end := valueEnd(body, i)
	if body[i] == 'n' {
		return out, copied, end
	}
	if out == nil {
		out = make([]byte, 0, len(body)+len(body)/32+64)
	}
	out = append(append(out, body[copied:i]...), cut...)
	return out, end, end
}

// cutInside cuts every value of the object that begins at i.
func cutInside(body, out []byte, copied, i int) ([]byte, int, int) {
	i = skipSpace(body, i+1)
	for body[i] != '}' {
		if body[i] == ',' {
			i = skipSpace(body, i+1)
		}
		colon := skipSpace(body, stringEnd(body, i))
		out, copied, i = cutValue(body, out, copied, skipSpace(body, colon+1))
		i = skipSpace(body, i)
	}
	return out, copied, i + 1
}

// isPersonal says whether the value of a key is cut, whole or inside.
func isPersonal(key []byte) (whole, inside bool) {
	if bytes.IndexByte(key, '\\') >= 0 {
		var text string
		if json.Unmarshal(append(append([]byte{'"'}, key...), '"'), &text) != nil {
			return true, false
		}
		key = []byte(text)
	}
	if len(key) >= 64 || personalLengths>>len(key)&1 == 0 {
		return false, false
	}
	for _, name := range personal {
		if len(name) == len(key) && bytes.EqualFold([]byte(name), key) {
			return true, false
		}
	}
	return false, len(key) == len(personalInside) && bytes.EqualFold([]byte(personalInside), key)
}

// stringEnd is the index behind the string whose quote is at i.
func stringEnd(body []byte, i int) int {
	for i++; ; {
		quote := bytes.IndexByte(body[i:], '"')
		if quote < 0 {
			return len(body)
		}
		i += quote + 1
		escapes := 0
		for body[i-2-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i
		}
	}
}

// valueEnd is the index behind the value that begins at i.
func valueEnd(body []byte, i int) int {
	depth := 0
	for i < len(body) {
		switch body[i] {
		case '"':
			i = stringEnd(body, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
			i++
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
			i++
			continue
		default:
			i++
			continue
		}
		if depth == 0 {
			return i
		}
	}
	return i
}

func skipSpace(body []byte, i int) int {
	for i < len(body) && (body[i] == ' ' || body[i] == '\t' || body[i] == '\n' || body[i] == '\r') {
		i++
	}
	return i
}
