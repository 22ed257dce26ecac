// Package seal encrypts small texts so that they can be read only with the
// key, and only in the place for which they were sealed.
package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

var (
	// ErrKeyset is returned by Open for bytes that are no usable keyset. Its
	// text never quotes them.
	ErrKeyset = errors.New("seal: not a usable keyset")
	// ErrOpen is returned by Sealer.Open when the key, the associated data or
	// any byte is not the one that was sealed. Which of them cannot be known.
	ErrOpen = errors.New("seal: cannot be opened: another key, another place, or changed bytes")
)

// NewKeyset makes a keyset with one new AES-256-GCM key, as JSON. It is not
// itself encrypted: who reads it reads everything that is sealed with it.
func NewKeyset() ([]byte, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("seal: make a key: %w", err)
	}
	var out bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&out)); err != nil {
		return nil, fmt.Errorf("seal: write a key: %w", err)
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
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(serialised)))
	if err != nil {
		return nil, ErrKeyset
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, ErrKeyset
	}
	return &Sealer{aead: primitive}, nil
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

// WriteKeyFile writes a new keyset to path with mode 0600, and returns only
// when it is on the disk. A file that is there already is never touched: the
// error is then fs.ErrExist, because whoever replaced it would lose all that
// is sealed with it.
func WriteKeyFile(path string) error {
	serialised, err := NewKeyset()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("seal: write a key file: %w", err)
	}
	_, err = f.Write(serialised)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("seal: write a key file: %w", err), os.Remove(path))
	}
	return nil
}

// syncFolder makes a new name in a folder survive a loss of power.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
