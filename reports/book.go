package reports

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"daesa/pay"
)

// about is what a workbook is of.
type about struct {
	title      string
	of         string    // the run or the batch, on every page
	at         time.Time // never the clock's
	currencies []pay.Currency
	several    bool // rows say whose they are
}

// book is one workbook while it is drawn, of whatever it is.
type book struct {
	about
	file   *excelize.File
	lang   language
	styles map[look]int
	sheets []*sheet
	err    error
	level  int // of the compression, where it is another than other workbooks'
}

func newBook(l language, of about) *book {
	return &book{about: of, file: excelize.NewFile(), lang: l, styles: map[look]int{}}
}

// add puts a sheet behind the others.
func (b *book) add(s *sheet) *sheet {
	b.sheets = append(b.sheets, s)
	return s
}

// style is the id of a look. Looks must be known before the sheets are written.
func (b *book) style(l look) int {
	if id, ok := b.styles[l]; ok {
		return id
	}
	id, err := b.file.NewStyle(l.excelize())
	if err != nil && b.err == nil {
		b.err = err
	}
	b.styles[l] = id
	return id
}

// say is a label in the workbook's language.
func (b *book) say(ko, en string) string { return b.lang.of(word{ko, en}) }

// write hands the sheets to excelize and the rows to the zip.
func (b *book) write(w io.Writer) error {
	rows := map[string]pouring{}
	for i, s := range b.sheets {
		if err := b.open(i, s.name); err != nil {
			return err
		}
		if err := s.lay(b.file, b.footer()); err != nil {
			return fmt.Errorf("sheet %s: %w", s.name, err)
		}
		rows[fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1)] = s.pour
	}
	b.file.SetActiveSheet(0)
	if err := b.file.SetAppProps(&excelize.AppProperties{Application: "daesa"}); err != nil {
		return err
	}
	b.file.SetZipWriter(func(io.Writer) excelize.ZipWriter {
		p := newParts(w, rows)
		p.level, p.instead = cmp.Or(b.level, compression), map[string][]byte{coreProperties: b.properties()}
		return p
	})
	return errors.Join(b.file.Write(io.Discard), b.file.Close())
}

// open makes the i-th sheet; the first is there from the beginning.
func (b *book) open(i int, name string) error {
	if i == 0 {
		return b.file.SetSheetName("Sheet1", name)
	}
	_, err := b.file.NewSheet(name)
	return err
}

// properties are the document's: its title, and the workbook's own time, never
// the clock's. They are written here and not by excelize, whose elements have no
// prefix: exceljs looks for cp:coreProperties and opens no workbook without it.
func (b *book) properties() []byte {
	at := b.at.UTC().Format(time.RFC3339)
	moment := func(name string) string {
		return "<dcterms:" + name + ` xsi:type="dcterms:W3CDTF">` + at + "</dcterms:" + name + ">"
	}
	return []byte(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" +
		`<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"` +
		` xmlns:dcterms="http://purl.org/dc/terms/" xmlns:dcmitype="http://purl.org/dc/dcmitype/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
		"<dc:title>" + xmlEscapes.Replace(clean(b.title)) + "</dc:title><dc:creator>daesa</dc:creator><cp:lastModifiedBy>daesa</cp:lastModifiedBy>" +
		moment("created") + moment("modified") + "</cp:coreProperties>")
}

// footer is below every printed page: what it is of, its number, its run.
func (b *book) footer() excelize.HeaderFooterOptions {
	const small = `&"` + font + `,Regular"&8`
	left := b.say("대외비 · ", "Confidential · ") + b.title
	return excelize.HeaderFooterOptions{OddFooter: "&L" + small + escapeFooter(left) + "&C" + small + "&P / &N" +
		"&R" + small + escapeFooter(b.of)}
}

func escapeFooter(text string) string {
	text = clean(text)
	if runes := []rune(text); len(runes) > 60 {
		text = string(runes[:60])
	}
	return strings.ReplaceAll(text, "&", "&&")
}

// save writes a file whole or not at all: a 0600 temporary file in the same
// folder, synced, then renamed. With a password the workbook is encrypted,
// which holds all of it in memory.
func save(path, password string, draw func(io.Writer) error) (err error) {
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
