package pay

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
)

// Private is a personal or secret text (an account number, a holder's name, a
// payment's secret). It never prints itself; Reveal is the only way to it.
type Private string

const redacted = "REDACTED"

// Reveal gives the text itself, for sealing and for sending.
func (p Private) Reveal() string { return string(p) }

// String hides the text.
func (p Private) String() string {
	if p == "" {
		return ""
	}
	return redacted
}

// GoString hides the text from %#v.
func (p Private) GoString() string { return p.String() }

// MarshalText hides the text from JSON and every other encoding.
func (p Private) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// LogValue hides the text from structured logs.
func (p Private) LogValue() slog.Value { return slog.StringValue(p.String()) }

// SecretFingerprint is by what a payment's secret is known again without being kept.
// Toss makes it of some twenty random letters, so that a plain hash hides it.
// It is "" for an empty secret.
func SecretFingerprint(secret Private) string {
	if secret == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("daesa payment secret\n" + string(secret)))
	return hex.EncodeToString(sum[:16])
}
