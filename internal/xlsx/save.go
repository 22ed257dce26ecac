package xlsx

import (
	"bufio"
	"bytes"
	"daesa/internal/wholefile"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/xuri/excelize/v2"
)

// Save writes a file whole or not at all (mode 0600). The folder is made (0700)
// where it is missing.
// With a password the workbook is encrypted, which holds all of it in memory;
// without one draw may write a file of any kind.
func Save(path, password string, draw func(io.Writer) error) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("the workbook's folder: %w", err)
	}
	file, err := wholefile.Create(path)
	if err != nil {
		return fmt.Errorf("the workbook cannot be written: %w", err)
	}
	buffered := bufio.NewWriter(file)
	if err := errors.Join(drawSealed(buffered, password, draw), buffered.Flush()); err != nil {
		return errors.Join(err, file.Discard())
	}
	return file.Commit()
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
