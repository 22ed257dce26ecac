package table

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strings"
)

const (
	adviceUTF8 = `save it as "CSV UTF-8"`
	adviceBook = `save it again as .xlsx, or as "CSV UTF-8"`
)

// adviceOpen is what to do about a file that cannot be opened.
func adviceOpen(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "look for it with ls; a name without a folder is looked for in the folder in which daesa was called"
	case errors.Is(err, fs.ErrPermission):
		return "let the user that daesa runs as read it"
	}
	return ""
}

// sniffed is how much of a text is looked at for the tags of HTML or XML.
const sniffed = 1024

// otherFormats are files that hold no table that is read here, by their first
// bytes.
var otherFormats = []struct{ head, reason, advice string }{
	{"\x1f\x8b", "is compressed by gzip", "unpack it first"},
	{"Rar!", "is a RAR archive", "unpack it first"},
	{"7z\xbc\xaf", "is a 7-Zip archive", "unpack it first"},
	{"%PDF", "is a PDF, not a table", "export it as Excel or CSV"},
	{"{\\rtf", "is a text document, not a table", "export it as Excel or CSV"},
	{"\xff\xd8\xff", "is a picture, not a table", "export it as Excel or CSV"},
	{"\x89PNG", "is a picture, not a table", "export it as Excel or CSV"},
}

// openSource looks at the content: names end in .xls whatever the file is.
func (r *Reader) openSource(size int64) error {
	head := make([]byte, sniffed)
	n, err := io.ReadFull(r.file, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	head = head[:n]
	for _, other := range otherFormats {
		if bytes.HasPrefix(head, []byte(other.head)) {
			return &FileError{File: r.name, Reason: other.reason, Advice: other.advice}
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		r.sheet, r.about.Container = true, "xlsx"
		return r.openXLSX(r.file, size)
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		r.sheet = true
		return r.openOLE(size)
	}
	return r.openText(size)
}

// openText opens CSV, HTML or XML. Its encoding is known only when all of it
// was looked at.
func (r *Reader) openText(size int64) error {
	if size > r.options.FileBytes {
		return &FileError{File: r.name, Reason: "is larger than " + bytesText(r.options.FileBytes), Advice: "split the file"}
	}
	if err := r.rewind(); err != nil {
		return err
	}
	var err error
	if r.about.Encoding, err = encodingOf(r.name, r.file); err != nil {
		return err
	}
	if err := r.rewind(); err != nil {
		return err
	}
	sample, err := io.ReadAll(io.LimitReader(utf8Of(io.LimitReader(r.file, 4*sniffed), r.about.Encoding), sniffed))
	if err != nil {
		return err
	}
	if err := r.rewind(); err != nil {
		return err
	}
	text := strings.ToLower(strings.TrimLeft(string(sample), " \t\r\n\ufeff"))
	switch {
	case strings.HasPrefix(text, "<") && strings.Contains(text, "urn:schemas-microsoft-com:office:spreadsheet"):
		r.sheet, r.about.Container = true, "xml"
		return r.openXML2003()
	case strings.Contains(text, "<table") || strings.Contains(text, "<html") || strings.HasPrefix(text, "<"):
		r.sheet, r.about.Container = true, "html"
		return r.openHTML()
	}
	source, err := openCSV(r.name, r.file, r.about.Encoding, r.options.Limits)
	if err != nil {
		return err
	}
	r.source, r.about.Container = source, "csv"
	if source.comma == '\t' {
		r.about.Container = "tsv"
	}
	if r.options.Sheet != "" {
		return r.noSheets("is a CSV file")
	}
	return nil
}

func (r *Reader) rewind() error {
	_, err := r.file.Seek(0, io.SeekStart)
	return err
}

// noSheets refuses a sheet's name for a file that has none.
func (r *Reader) noSheets(what string) error {
	return &FileError{File: r.name, Reason: what + ", which has no sheets", Advice: "leave --sheet away"}
}

// chooseSheet finds the sheet that is read among those of a workbook: the named
// one, or the first that people see. A hidden one is never read.
func (r *Reader) chooseSheet(sheets []sheetEntry) (int, error) {
	chosen := -1
	var seen []string
	for i, sheet := range sheets {
		switch {
		case sheet.hidden && sheet.name == r.options.Sheet:
			return 0, &FileError{File: r.name, Reason: "sheet \"" + clip(sheet.name) + "\" is hidden, and a hidden sheet is never read", Advice: "show it in Excel, look at it, and save the file again"}
		case sheet.hidden:
			continue
		case chosen < 0 && (r.options.Sheet == "" || sheet.name == r.options.Sheet):
			chosen = i
			continue
		}
		seen = append(seen, sheet.name)
	}
	switch {
	case chosen < 0 && r.options.Sheet != "":
		return 0, &FileError{File: r.name, Reason: "has no sheet \"" + clip(r.options.Sheet) + "\"", Advice: "its sheets are " + clip(strings.Join(seen, ", "))}
	case chosen < 0 && len(sheets) > 0:
		return 0, &FileError{File: r.name, Reason: "has only hidden sheets, which are never read", Advice: adviceBook}
	case chosen < 0:
		return 0, &FileError{File: r.name, Reason: errNoCells.Error(), Advice: adviceBook}
	}
	r.about.Sheet, r.about.Unread = sheets[chosen].name, seen
	return chosen, nil
}
