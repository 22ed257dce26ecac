package xlsx

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/xuri/excelize/v2"
)

// Save writes a file whole or not at all: a temporary file in the same folder
// (mode 0600), synced, then renamed. The folder is made (0700) where it is missing.
// With a password the workbook is encrypted, which holds all of it in memory;
// without one draw may write a file of any kind.
func Save(path, password string, draw func(io.Writer) error) (err error) {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("the workbook's folder: %w", err)
	}
	file, err := os.CreateTemp(folder, ".daesa-*.tmp") // mode 0600, O_EXCL
	if err != nil {
		return fmt.Errorf("the workbook cannot be written: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close(), os.Remove(file.Name()))
		}
	}()
	buffered := bufio.NewWriter(file)
	if err := drawSealed(buffered, password, draw); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("closing %s: %w", path, err)
	}
	return syncFolder(folder)
}

func drawSealed(w io.Writer, password string, draw func(io.Writer) error) error {
	if password == "" {
		return draw(w)
	}
	var open bytes.Buffer
	if err := draw(&open); err != nil {
		return err
	}
	sealed, err := excelize.Encrypt(open.Bytes(), &excelize.Options{Password: password})
	if err != nil {
		return fmt.Errorf("the workbook cannot be encrypted: %w", err)
	}
	_, err = w.Write(sealed)
	return err
}

// syncFolder makes the rename itself durable.
func syncFolder(folder string) error {
	handle, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer handle.Close()
	return handle.Sync()
}

// sealed begins every encrypted workbook, and every workbook of Excel 97
// (MS-CFB 2.2).
var sealed = []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")

// Encrypted says whether a file is an encrypted workbook, or one in the format of
// Excel 97.
func Encrypted(content []byte) bool { return bytes.HasPrefix(content, sealed) }

// ErrPassword means that a password does not open a workbook.
var ErrPassword = errors.New("the workbook cannot be decrypted")

// Decrypt opens a workbook that a password encrypts. It holds all of it in
// memory. It fails with ErrPassword, which never shows the password.
func Decrypt(content []byte, password string) ([]byte, error) {
	open, err := excelize.Decrypt(content, &excelize.Options{Password: password})
	if err != nil || !bytes.HasPrefix(open, []byte("PK")) { // with another password excelize gives noise
		return nil, ErrPassword
	}
	return open, nil
}
