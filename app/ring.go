package app

import (
	"errors"
	"os"

	"daesa/internal/seal"
)

// Ring is the account key in use.
type Ring = seal.Ring

// WriteKey writes a new account key. The error is fs.ErrExist where one is there.
func WriteKey(path string) error { return seal.WriteKeyFile(path) }

// OpenRing opens the account key: that of a key file, or with an empty path the
// given one. A text that was sealed by a newer key makes it read the file again:
// another process may have rotated it. A key that cannot be read is an
// *AskedError.
func OpenRing(keyFile, key string) (*Ring, error) {
	ring, err := seal.NewRing(func() ([]byte, error) {
		if keyFile == "" {
			return []byte(key), nil
		}
		return os.ReadFile(keyFile) //nolint:gosec // the operator's own configuration
	})
	if errors.Is(err, seal.ErrKeyset) {
		return nil, &AskedError{err, "restore accounts.key_file from its copy: without it no sealed account can be read"}
	}
	return ring, err
}
