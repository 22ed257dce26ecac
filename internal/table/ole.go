package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/richardlehane/mscfb"
	"github.com/xuri/excelize/v2"
)

// The streams by which a compound file is told apart.
const (
	streamEncrypted = "EncryptedPackage" // an .xlsx with a password
	streamBIFF8     = "Workbook"         // Excel 97 to 2003
	streamBIFF5     = "Book"             // Excel 5 and 95
)

const adviceNoPassword = "save it without a password, or as .xlsx"

// openOLE opens a compound file: an old .xls workbook, or an encrypted .xlsx.
func (r *Reader) openOLE(size int64) error {
	if size > r.options.Unzipped {
		return &FileError{File: r.name, Reason: "is larger than " + bytesText(r.options.Unzipped), Advice: r.options.adviceLarge()}
	}
	damaged := func(err error) error {
		return &FileError{File: r.name, Reason: "is damaged or cut off: " + err.Error(), Advice: adviceBook}
	}
	compound, err := mscfb.New(r.file)
	if err != nil {
		return damaged(err)
	}
	for _, stream := range compound.File {
		switch stream.Name {
		case streamEncrypted:
			return r.openEncrypted(size)
		case streamBIFF5:
			return &FileError{File: r.name, Reason: "is a workbook of Excel 5 or 95", Advice: adviceBook}
		case streamBIFF8:
			if stream.Size > size {
				return damaged(errors.New("a stream is longer than the file"))
			}
			content := make([]byte, stream.Size)
			if _, err := io.ReadFull(stream, content); err != nil {
				return damaged(err)
			}
			return r.openBIFF(content)
		}
	}
	return &FileError{File: r.name, Reason: "is a file of an old Office program, and no workbook", Advice: adviceBook}
}

// openEncrypted opens an .xlsx with a password. No error shows the word.
func (r *Reader) openEncrypted(size int64) error {
	r.about.Container, r.about.Encrypted = "xlsx", true
	if r.options.Password == "" {
		return &FileError{File: r.name, Reason: "is encrypted: its password is needed",
			Advice: "put the word into an environment variable and name it: --password-env NAME"}
	}
	raw := make([]byte, size)
	if _, err := r.file.ReadAt(raw, 0); err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	content, err := excelize.Decrypt(raw, &excelize.Options{Password: r.options.Password})
	// Not every kind of encryption tells a wrong password: what comes out then is
	// no workbook.
	if err != nil || !bytes.HasPrefix(content, []byte("PK")) {
		return &FileError{File: r.name, Reason: "cannot be decrypted: the password is wrong, or the file is damaged",
			Advice: "check the word in the environment variable that --password-env names"}
	}
	return r.openXLSX(bytes.NewReader(content), int64(len(content)))
}
