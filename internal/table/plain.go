package table

import (
	"errors"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// headBytes are enough to tell what a text is.
const headBytes = 4 << 10

// Plain gives a whole text that is no table (JSON, XML, messages of banks) in
// UTF-8, with its encoding, told as for tables. wanted says by the beginning of
// the text whether it is one; false: the file is not read, and is "". The error
// is a *FileError or one of the file system.
func Plain(path string, limit int64, wanted func(head string) bool) (text, encoding string, err error) {
	file, err := os.Open(path) //nolint:gosec // the path is the operator's
	if err != nil {
		return "", "", err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return "", "", err // Open says what it is
	}
	head := make([]byte, headBytes)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", "", err
	}
	if !wanted(headText(head[:n])) {
		return "", "", nil
	}
	if info.Size() > limit {
		return "", "", &FileError{File: path, Reason: "is larger than " + bytesText(limit), Advice: "split the file"}
	}
	if encoding, err = encodingFrom(path, file); err != nil {
		return "", "", err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", "", err
	}
	content, err := io.ReadAll(utf8Of(io.LimitReader(file, limit), encoding))
	if err != nil {
		return "", "", err
	}
	text = string(content)
	if !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError) {
		return "", "", &FileError{File: path, Reason: "has a character that was lost or cut in half when the file was made", Advice: "fetch the file again"}
	}
	return text, encoding, nil
}

func encodingFrom(path string, file *os.File) (string, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	return encodingOf(path, file)
}

// headText is the beginning of a text as far as it can be read without knowing
// its encoding: what tells a format is ASCII.
func headText(head []byte) string {
	text := string(head)
	if strings.HasPrefix(text, markUTF16LE) || strings.HasPrefix(text, markUTF16BE) {
		text = strings.ReplaceAll(text[2:], "\x00", "")
	}
	return strings.TrimLeft(strings.TrimPrefix(text, markUTF8), " \t\r\n")
}
