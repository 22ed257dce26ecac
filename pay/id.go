package pay

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// ShortHash is the base32 SHA-256 of some parts, in lower case, 26 characters:
// the form of every derived id.
func ShortHash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:]))[:26]
}
