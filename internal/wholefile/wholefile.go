// Package wholefile puts files into their place whole or not at all, so that they
// outlast a loss of power: bytes and name are on the disk when it says so. It
// knows nothing of what is in them. Begin at Create; Replace and New are for
// content that is at hand.
package wholefile

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// File is a file that is being written beside its place, for its owner alone
// (mode 0600).
type File struct {
	temp *os.File
	path string
	over bool
}

// Create begins a file that will stand at path, in the same folder.
func Create(path string) (*File, error) {
	temp, err := os.CreateTemp(filepath.Dir(path), ".daesa-*.tmp") // mode 0600, O_EXCL
	if err != nil {
		return nil, err
	}
	return &File{temp: temp, path: path}, nil
}

// Write writes to the file.
func (f *File) Write(content []byte) (int, error) { return f.temp.Write(content) }

// Chmod changes who may read it.
func (f *File) Chmod(mode os.FileMode) error { return f.temp.Chmod(mode) }

// Commit puts the file into its place. After an error nothing of it is left, and
// what stood there before stands.
func (f *File) Commit() error {
	if f.over {
		return os.ErrClosed
	}
	f.over = true
	err := errors.Join(f.temp.Sync(), f.temp.Close())
	if err == nil {
		err = os.Rename(f.temp.Name(), f.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.temp.Name()))
	}
	return SyncFolder(filepath.Dir(f.path))
}

// Discard removes what was written. After Commit it does nothing.
func (f *File) Discard() error {
	if f.over {
		return nil
	}
	f.over = true
	return errors.Join(f.temp.Close(), os.Remove(f.temp.Name()))
}

// Replace puts content at path, in the place of what is there.
func Replace(path string, content []byte) error {
	f, err := Create(path)
	if err != nil {
		return err
	}
	if _, err := f.Write(content); err != nil {
		return errors.Join(err, f.Discard())
	}
	return f.Commit()
}

// New puts content at path, where nothing may be yet: else the error is
// fs.ErrExist. Nothing is left of it after an error.
func New(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // whoever calls it names the file
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = SyncFolder(filepath.Dir(path))
	}
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// SyncFolder makes new names in a folder outlast a loss of power. A volume that
// cannot do that keeps names as it does.
func SyncFolder(path string) error {
	folder, err := os.Open(path) //nolint:gosec // whoever calls it names the folder
	if err != nil {
		return err
	}
	err = folder.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, folder.Close())
}
