package config

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "REDACTED"

// Secret is a text that never shows itself: printed, logged or marshalled it
// is REDACTED, or empty when it is unset. Only Reveal gives it out.
type Secret struct {
	// A pointer, because a printer that cannot call our methods (on a field
	// that is not exported) then prints an address and not the text.
	value *string
}

// NewSecret hides a text. An empty text is an unset secret.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{value: &text}
}

// Reveal returns the text itself; empty when unset.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsSet says whether there is a secret at all.
func (s Secret) IsSet() bool { return s.value != nil }

// Equal compares in constant time.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// String is REDACTED, or empty when unset.
func (s Secret) String() string {
	if s.value == nil {
		return ""
	}
	return redacted
}

// GoString is what %#v prints.
func (s Secret) GoString() string { return s.String() }

// Format prints the same for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalJSON writes REDACTED.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// MarshalText writes REDACTED.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML writes REDACTED.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// LogValue writes REDACTED.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
