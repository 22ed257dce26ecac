package toss

import (
	"bytes"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	json "github.com/go-json-experiment/json/v1"
)

const (
	pieceMaximum = 200     // characters that are kept of an answer without a code
	pieceRead    = 1 << 16 // bytes of the body that they are looked for in
)

var (
	hidden   = regexp.MustCompile(`(?is)<(script|style|head)\b.*?</(script|style|head)\s*>|<!--.*?-->`)
	markup   = regexp.MustCompile(`(?s)<[^>]*>?`)
	escaped  = regexp.MustCompile(`\\u[0-9a-fA-F]{4}`)
	percents = regexp.MustCompile(`(?:%[0-9a-fA-F]{2})+`)
	// What may be an account, a card, a telephone or an identity number.
	longNumber = regexp.MustCompile(`[0-9](?:[ .\-]?[0-9]){6,}`)
	address    = regexp.MustCompile(`[^\s@<>"'(),:;]+@[^\s@<>"'(),:;]+`)
	// What may be a key or a token, or something of ours in base64.
	longWord = regexp.MustCompile(`[A-Za-z0-9+/=_.~\-]{32,}`)
)

// piece gives the beginning of a body that is no answer of the API, as far as
// it may be kept: a gateway's page may repeat what it was sent. Personal keys of
// JSON, the call's own secrets in whatever escape, long numbers, addresses and
// long words are cut, before anything is clipped.
func (c *Client) piece(q *call, body []byte) string {
	text := string(bytes.ToValidUTF8(body[:min(len(body), pieceRead)], []byte("?")))
	if json.Valid(body) {
		text = string(redact(body))
		text = text[:min(len(text), pieceRead)]
	} else {
		text = markup.ReplaceAllString(hidden.ReplaceAllString(text, " "), " ")
	}
	text = unescaped(text)
	for _, secret := range c.secrets(q) {
		text = strings.ReplaceAll(text, secret, "REDACTED")
	}
	for _, personal := range []*regexp.Regexp{address, longNumber, longWord} {
		text = personal.ReplaceAllString(text, "REDACTED")
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) })
	return clean(strings.Join(words, " "), pieceMaximum)
}

// unescaped writes characters as they are that HTML, JSON or an address wrote
// otherwise, so that a name is found in whatever way it is repeated.
func unescaped(text string) string {
	text = html.UnescapeString(text)
	text = escaped.ReplaceAllStringFunc(text, func(e string) string {
		code, err := strconv.ParseUint(e[2:], 16, 32)
		if err != nil || !utf8.ValidRune(rune(code)) {
			return "?"
		}
		return string(rune(code))
	})
	return percents.ReplaceAllStringFunc(text, func(e string) string {
		plain, err := url.PathUnescape(e)
		if err != nil || !utf8.ValidString(plain) {
			return "?"
		}
		return plain
	})
}
