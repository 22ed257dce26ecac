package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"daesa/internal/hint"
	"daesa/internal/wholefile"
)

var (
	// ErrChanged is returned by ReplaceKeyFile when the file is no longer what
	// the caller read.
	ErrChanged = errors.New("seal: the key file has changed since it was read")
	// ErrLocked is returned by ReplaceKeyFile when another rotation goes on, or
	// was interrupted and left its lock file.
	ErrLocked = errors.New("seal: another rotation of the key goes on, or was interrupted")
)

// WriteKeyFile writes a new keyset to path with mode 0600, and returns only
// when it is on the disk. A file that is there already is never touched: the
// error is then fs.ErrExist, because whoever replaced it would lose all that
// is sealed with it.
func WriteKeyFile(path string) error {
	serialised, err := NewKeyset()
	if err != nil {
		return err
	}
	if err := wholefile.New(path, serialised); err != nil {
		return fmt.Errorf("seal: write a key file: %w", err)
	}
	return nil
}

// ReplaceKeyFile puts the keyset now in the place of was, which are the file's
// bytes as the caller read them. Whoever reads the file at any moment, and after
// a loss of power, finds the one or the other, whole. The error is ErrChanged
// where the file is no longer was, ErrLocked, ErrKeyset for a keyset that could
// not be used, or one of the file system.
//
// The new file is written under path + ".lock", which only one process can
// create, and then gets the name of the old one: that is also how the lock ends.
func ReplaceKeyFile(path string, was, now []byte) error {
	if _, err := Open(now); err != nil {
		return err
	}
	path, err := filepath.EvalSymlinks(path) // a link stays one, and has one lock with its file
	if err != nil {
		return fmt.Errorf("seal: replace a key file: %w", err)
	}
	lock := path + ".lock"
	err = wholefile.New(lock, now)
	switch {
	case errors.Is(err, fs.ErrExist):
		return hint.With(fmt.Errorf("%w: %s is there", ErrLocked, lock), "wait for it; if none is running, remove "+lock+" and begin again")
	case err != nil:
		return fmt.Errorf("seal: write a key file: %w", err)
	}
	if err := takePlace(lock, path, was); err != nil {
		return errors.Join(err, os.Remove(lock))
	}
	if err := wholefile.SyncFolder(filepath.Dir(path)); err != nil {
		return fmt.Errorf("seal: %s is replaced, but a loss of power may bring back the old one: %w", path, err)
	}
	return nil
}

func takePlace(lock, path string, was []byte) error {
	is, err := os.ReadFile(path) //nolint:gosec // the path is the operator's
	if err != nil {
		return fmt.Errorf("seal: replace a key file: %w", err)
	}
	if !bytes.Equal(is, was) {
		return hint.With(fmt.Errorf("%w: %s", ErrChanged, path), "somebody else has rotated the key; begin again with the file as it is now")
	}
	if err := os.Rename(lock, path); err != nil {
		return fmt.Errorf("seal: replace a key file: %w", err)
	}
	return nil
}
