package xlsx

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/klauspost/compress/flate"
)

// defaultCompression is klauspost's deflate at a middle level: a third of the
// standard library's time. Its version is pinned by go.mod, so that a workbook
// drawn again has the same bytes.
const defaultCompression = 5

// partTime stands on every part of the zip; the workbook's own time stands in
// the document's properties.
var partTime = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// writeRows writes the rows of a sheet where its XML has none yet.
type writeRows func(io.Writer) error

// parts is the zip writer that excelize writes its parts into. It keeps them
// until Close and writes them sorted by name, with fixed times, and the rows of
// each sheet into its part: so the bytes depend on the content only, and rows
// never lie in memory as XML. excelize ignores errors of a part's writer; Close
// returns the first one.
type parts struct {
	to    io.Writer
	rows  map[string]writeRows // by part name
	parts map[string]*bytes.Buffer
	level int // of the compression
	// instead are parts whose content is ours rather than excelize's.
	instead map[string][]byte
}

// coreProperties is the part with the document's title and times.
const coreProperties = "docProps/core.xml"

func newParts(to io.Writer, rows map[string]writeRows) *parts {
	return &parts{to: to, rows: rows, parts: map[string]*bytes.Buffer{}, level: defaultCompression}
}

// Create opens a part.
func (p *parts) Create(name string) (io.Writer, error) {
	buffer := &bytes.Buffer{}
	p.parts[name] = buffer
	return buffer, nil
}

// AddFS is of excelize's interface; no workbook of ours uses it.
func (p *parts) AddFS(fs.FS) error { return errors.New("parts of a folder are not supported") }

func (p *parts) Close() error {
	out := zip.NewWriter(p.to)
	out.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, p.level)
	})
	for _, name := range slices.Sorted(maps.Keys(p.parts)) {
		to, err := out.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: partTime})
		if err != nil {
			return fmt.Errorf("part %s: %w", name, err)
		}
		if err := p.write(to, name); err != nil {
			return fmt.Errorf("part %s: %w", name, err)
		}
	}
	for name := range p.rows {
		if p.parts[name] == nil {
			return fmt.Errorf("part %s: excelize wrote no such sheet", name)
		}
	}
	for name := range p.instead {
		if p.parts[name] == nil {
			return fmt.Errorf("part %s: excelize wrote no such part", name)
		}
	}
	return out.Close()
}

func (p *parts) write(to io.Writer, name string) error {
	content := p.parts[name].Bytes()
	if ours, ok := p.instead[name]; ok {
		content = ours
	}
	if name == contentTypes {
		content = sortedTypes(content)
	}
	rows, ok := p.rows[name]
	if !ok {
		_, err := to.Write(content)
		return err
	}
	before, after, err := aroundRows(content)
	if err != nil {
		return err
	}
	if _, err := to.Write(before); err != nil {
		return err
	}
	if err := rows(to); err != nil {
		return err
	}
	_, err = to.Write(after)
	return err
}

const contentTypes = "[Content_Types].xml"

var typeElement = regexp.MustCompile(`<(?:Default|Override) [^>]*?(?:/>|></(?:Default|Override)>)`)

// sortedTypes puts the list of content types in order: with a drawing, excelize
// adds the types of pictures as a map gives them.
func sortedTypes(content []byte) []byte {
	elements := typeElement.FindAll(content, -1)
	if len(elements) == 0 {
		return content
	}
	at := bytes.Index(content, elements[0])
	head, tail := content[:at], typeElement.ReplaceAll(content[at:], nil)
	slices.SortFunc(elements, bytes.Compare)
	return slices.Concat(head, bytes.Join(elements, nil), tail)
}

// aroundRows cuts a sheet's XML before and after what excelize thinks are its
// rows (the empty cells of merged ranges).
func aroundRows(content []byte) (before, after []byte, err error) {
	open, end := []byte("<sheetData>"), []byte("</sheetData>")
	from, to := bytes.Index(content, open), bytes.LastIndex(content, end)
	if from < 0 || to < from {
		return nil, nil, errors.New("excelize wrote a sheet without <sheetData>")
	}
	return content[:from+len(open)], content[to:], nil
}
