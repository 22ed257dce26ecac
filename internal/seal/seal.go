// Package seal encrypts small texts so that they can be read only with the
// key, and only in the place for which they were sealed. The key can be changed
// while texts are sealed and opened: Ring is the choice for whatever runs.
package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

var (
	// ErrKeyset is returned for bytes that are no usable keyset. Its text never
	// quotes them.
	ErrKeyset = errors.New("seal: not a usable keyset")
	// ErrOpen is returned by Sealer.Open and Ring.Open when the key, the
	// associated data or any byte is not the one that was sealed. Which of them
	// cannot be known.
	ErrOpen = errors.New("seal: cannot be opened: another key, another place, or changed bytes")
)

// NewKeyset makes a keyset with one new AES-256-GCM key, as JSON. It is not
// itself encrypted: who reads it reads everything that is sealed with it.
func NewKeyset() ([]byte, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("seal: make a key: %w", err)
	}
	return serialise(handle)
}

// parse gives the keys of a serialised keyset, and what works with them. The
// error is ErrKeyset.
func parse(serialised []byte) (*keyset.Handle, *Sealer, error) {
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(serialised)))
	if err != nil {
		return nil, nil, ErrKeyset
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, nil, ErrKeyset
	}
	return handle, &Sealer{aead: primitive}, nil
}

func serialise(handle *keyset.Handle) ([]byte, error) {
	var out bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&out)); err != nil {
		return nil, fmt.Errorf("seal: write a keyset: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// Sealer seals with the primary key of a keyset and opens with any of its
// keys. It may be used by several goroutines at once.
type Sealer struct {
	aead tink.AEAD
}

// Open takes a keyset of NewKeyset, or one to which keys were added since.
// The error is ErrKeyset.
func Open(serialised []byte) (*Sealer, error) {
	_, sealer, err := parse(serialised)
	return sealer, err
}

// Seal encrypts plain. The same associated data must be given to open it: it
// names the place to which the text belongs, and is not itself hidden. Sealed
// twice, the same text gives different bytes.
func (s *Sealer) Seal(plain, associated []byte) ([]byte, error) {
	sealed, err := s.aead.Encrypt(plain, associated)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return sealed, nil
}

// Open decrypts what Seal made. The error is ErrOpen.
func (s *Sealer) Open(sealed, associated []byte) ([]byte, error) {
	plain, err := s.aead.Decrypt(sealed, associated)
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// Format prints no key, whatever the verb.
func (s *Sealer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "seal.Sealer") }
