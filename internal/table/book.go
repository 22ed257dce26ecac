package table

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A workbook is read with the standard library, not with excelize: excelize's
// row iterator passes over XML errors, so that a damaged sheet ends early
// without a word, and to tell a cell's type, style and formula it loads the
// whole sheet.

const (
	mostStrings    = 1 << 30 // bytes of a workbook's shared texts, which are held in memory
	directoryBytes = 2 << 20 // what may be read to list a workbook's parts
	ratioFrom      = 1 << 20 // bytes below which a part's ratio says nothing
	deepest        = 64      // nested elements
)

var errDirectory = errors.New("the list of parts is too long")

// ration lets only so many bytes be read until it is lifted. It bounds the
// list of a zip's parts before the list is in memory, whatever its end record
// claims.
type ration struct {
	source io.ReaderAt
	left   int64
	lifted bool
}

func (r *ration) ReadAt(p []byte, offset int64) (int, error) {
	if !r.lifted {
		if r.left -= int64(len(p)); r.left < 0 {
			return 0, errDirectory
		}
	}
	return r.source.ReadAt(p, offset)
}

// book is what the cells of a sheet refer to.
type book struct {
	parts    map[string]*zip.File
	strings  pool
	formats  []format // by style number
	date1904 bool
	sheets   []sheetEntry
	links    relations // of the main part
}

// sheetEntry is a sheet as the workbook lists it.
type sheetEntry struct {
	name, id string
	hidden   bool
	at       int // where an old workbook has it
}

// withCells are the sheets that are no charts.
func (b *book) withCells() []sheetEntry {
	return slices.DeleteFunc(slices.Clone(b.sheets), func(s sheetEntry) bool {
		return !strings.HasSuffix(b.links[s.id].kind, "/worksheet")
	})
}

// openBook checks a workbook's outside before anything is unpacked.
func openBook(file io.ReaderAt, size int64, limits Limits) (*book, error) {
	if size > limits.Unzipped {
		return nil, tooLarge("is larger than", limits.Unzipped)
	}
	source := &ration{source: file, left: directoryBytes}
	archive, err := zip.NewReader(source, size)
	if errors.Is(err, errDirectory) {
		return nil, fmt.Errorf("has more than %d parts", limits.Entries)
	}
	if err != nil {
		return nil, fmt.Errorf("is damaged or cut off: %w", err)
	}
	source.lifted = true
	if len(archive.File) > limits.Entries {
		return nil, fmt.Errorf("has more than %d parts", limits.Entries)
	}
	b := &book{parts: make(map[string]*zip.File, len(archive.File))}
	for _, part := range archive.File {
		if err := checkPart(part, limits); err != nil {
			return nil, err
		}
		key := strings.ToLower(part.Name)
		if b.parts[key] != nil {
			return nil, fmt.Errorf("has the part %q twice", clip(part.Name))
		}
		b.parts[key] = part
	}
	return b, b.isWorkbook()
}

// largeError is that of a workbook which passes Limits.Unzipped.
type largeError struct{ reason string }

// Error is the reason.
func (e *largeError) Error() string { return e.reason }

func tooLarge(what string, limit int64) error {
	return &largeError{fmt.Sprintf("%s %d bytes", what, limit)}
}

// isWorkbook says what a zip is that is no workbook.
func (b *book) isWorkbook() error {
	if b.parts["_rels/.rels"] != nil && b.parts["[content_types].xml"] != nil {
		if b.parts["xl/workbook.bin"] != nil {
			return errors.New("is a binary workbook (.xlsb)")
		}
		return nil
	}
	if b.parts["content.xml"] != nil {
		return errors.New("is an OpenDocument file")
	}
	for name := range b.parts {
		switch path.Ext(name) {
		case ".xlsx", ".xls", ".csv", ".txt", ".zip", ".tsv":
			return fmt.Errorf("is a ZIP archive with %q in it, not a workbook: unpack it first", clip(b.parts[name].Name))
		}
	}
	return errors.New("is a ZIP archive, not a workbook")
}

func checkPart(part *zip.File, limits Limits) error {
	name := part.Name
	switch {
	case strings.ContainsAny(name, "\\\x00") || strings.HasPrefix(name, "/") || !fs.ValidPath(strings.TrimSuffix(name, "/")):
		return fmt.Errorf("has a part with the unsafe name %q", clip(name))
	case part.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("has the part %q that is a link", clip(name))
	case part.Flags&1 != 0:
		return fmt.Errorf("has the encrypted part %q", clip(name))
	case part.UncompressedSize64 > uint64(limits.Unzipped):
		return tooLarge("unpacks to more than", limits.Unzipped)
	case part.UncompressedSize64 > ratioFrom && part.UncompressedSize64/uint64(limits.Ratio) > part.CompressedSize64:
		return fmt.Errorf("has the part %q that unpacks to more than %d times its size", clip(name), limits.Ratio)
	}
	return nil
}

// load reads the list of sheets, and what their cells refer to.
func (b *book) load() error {
	root, err := b.relations("")
	if err != nil {
		return err
	}
	main := root.ofType("/officeDocument")
	if err := b.readWorkbook(main); err != nil {
		return err
	}
	if b.links, err = b.relations(main); err != nil {
		return err
	}
	if name := b.links.ofType("/sharedStrings"); name != "" {
		if err := b.readStrings(name); err != nil {
			return err
		}
	}
	if name := b.links.ofType("/styles"); name != "" {
		return b.readStyles(name)
	}
	return nil
}

var errNoCells = errors.New("has no sheet with cells")

func (b *book) cellsOf(entry sheetEntry) (*zip.File, error) {
	sheet := b.links[entry.id]
	if !strings.HasSuffix(sheet.kind, "/worksheet") {
		return nil, errNoCells
	}
	return b.part(sheet.target)
}

func (b *book) part(name string) (*zip.File, error) {
	if part := b.parts[strings.ToLower(name)]; part != nil {
		return part, nil
	}
	return nil, fmt.Errorf("lacks its part %q", clip(name))
}

// elements reads one part's XML, refusing what is nested without end.
type elements struct {
	closer  io.Closer
	decoder *xml.Decoder
	depth   int
}

func openElements(part *zip.File) (*elements, error) {
	content, err := part.Open()
	if err != nil {
		return nil, err
	}
	return &elements{closer: content, decoder: xml.NewDecoder(content)}, nil
}

func (e *elements) next() (xml.Token, error) {
	token, err := e.decoder.Token()
	switch token.(type) {
	case xml.StartElement:
		if e.depth++; e.depth > deepest {
			return nil, errors.New("is nested too deeply")
		}
	case xml.EndElement:
		e.depth--
	}
	return token, err
}

// each calls visit for every token of a part, to its end.
func (b *book) each(name string, visit func(token xml.Token) error) error {
	part, err := b.part(name)
	if err != nil {
		return err
	}
	content, err := openElements(part)
	if err != nil {
		return err
	}
	defer content.closer.Close()
	for {
		token, err := content.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("is damaged in %q: %w", name, err)
		}
		if err := visit(token); err != nil {
			return err
		}
	}
}

func attribute(element xml.StartElement, name string) string {
	for _, attr := range element.Attr {
		if attr.Name.Local == name {
			return attr.Value
		}
	}
	return ""
}

type relation struct{ kind, target string }

type relations map[string]relation

func (r relations) ofType(suffix string) string {
	for _, link := range r {
		if strings.HasSuffix(link.kind, suffix) {
			return link.target
		}
	}
	return ""
}

// relations are the links of a part, "" for those of the workbook as a whole.
func (b *book) relations(of string) (relations, error) {
	folder, base := path.Split(of)
	links := relations{}
	err := b.each(folder+"_rels/"+base+".rels", func(token xml.Token) error {
		element, ok := token.(xml.StartElement)
		if !ok || element.Name.Local != "Relationship" || strings.EqualFold(attribute(element, "TargetMode"), "External") {
			return nil
		}
		target := attribute(element, "Target")
		if strings.HasPrefix(target, "/") {
			target = strings.TrimPrefix(target, "/")
		} else {
			target = path.Join(folder, target)
		}
		links[attribute(element, "Id")] = relation{kind: attribute(element, "Type"), target: target}
		return nil
	})
	return links, err
}

// readWorkbook lists the sheets.
func (b *book) readWorkbook(name string) error {
	return b.each(name, func(token xml.Token) error {
		element, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case element.Name.Local == "workbookPr":
			b.date1904, _ = strconv.ParseBool(attribute(element, "date1904"))
		case element.Name.Local == "sheet":
			b.sheets = append(b.sheets, sheetEntry{name: attribute(element, "name"), id: attribute(element, "id"),
				hidden: strings.Contains(strings.ToLower(attribute(element, "state")), "hidden")})
		}
		return nil
	})
}

func (b *book) readStyles(name string) error {
	codes := map[int]string{}
	var ids []int
	inside := false
	err := b.each(name, func(token xml.Token) error {
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "numFmt":
				if id, err := strconv.Atoi(attribute(t, "numFmtId")); err == nil {
					codes[id] = attribute(t, "formatCode")
				}
			case "cellXfs":
				inside = true
			case "xf":
				if inside {
					id, _ := strconv.Atoi(attribute(t, "numFmtId"))
					ids = append(ids, id)
				}
			}
		case xml.EndElement:
			if t.Name.Local == "cellXfs" {
				inside = false
			}
		}
		return nil
	})
	for _, id := range ids {
		if code, custom := codes[id]; custom {
			b.formats = append(b.formats, parseFormat(code))
		} else {
			b.formats = append(b.formats, builtinFormat(id))
		}
	}
	return err
}

// pool holds the shared strings in one piece, because a workbook may hold
// millions of empty ones.
type pool struct {
	text []byte
	ends []uint32
}

func (p *pool) end() { p.ends = append(p.ends, uint32(len(p.text))) } //nolint:gosec // bounded by Limits.Unzipped

func (p *pool) at(i int) string {
	start := uint32(0)
	if i > 0 {
		start = p.ends[i-1]
	}
	return string(p.text[start:p.ends[i]])
}

func (b *book) readStrings(name string) error {
	inText, phonetic := false, false
	return b.each(name, func(token xml.Token) error {
		switch t := token.(type) {
		case xml.StartElement:
			inText = t.Name.Local == "t" && !phonetic
			phonetic = phonetic || t.Name.Local == "rPh"
		case xml.CharData:
			if inText {
				b.strings.text = append(b.strings.text, t...)
			}
		case xml.EndElement:
			inText = false
			switch t.Name.Local {
			case "rPh":
				phonetic = false
			case "si":
				if len(b.strings.text) > mostStrings {
					return fmt.Errorf("has more than %s of texts", bytesText(mostStrings))
				}
				b.strings.end()
			}
		}
		return nil
	})
}
