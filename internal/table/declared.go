package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"daesa/internal/hint"
)

// Declarations are files in YAML that say how tables are read: those in the
// program, by name, and people's own, by path. One may begin with another one,
// by the key extends.
type Declarations struct {
	What  string // what people call one: profile, layout
	Files fs.FS  // of the program: NAME.yaml in its root
	First string // the name that stands first among them; "": none does
	Help  string // what to do about a faulty one
}

const (
	declarationBytes = 1 << 20
	declarationSteps = 5 // that may stand on one another
	yamlSuffix       = ".yaml"
)

// Names are those in the program.
func (d Declarations) Names() []string {
	entries, err := fs.ReadDir(d.Files, ".")
	if err != nil {
		return nil // they are embedded
	}
	var names []string
	if d.First != "" {
		names = append(names, d.First)
	}
	for _, entry := range entries {
		if name, is := strings.CutSuffix(entry.Name(), yamlSuffix); is && name != d.First {
			names = append(names, name)
		}
	}
	return names
}

// Load reads the declaration of a name in the program, or else of a file, and
// those that it extends, the one that stands on no other first. Each is given to
// read, which says all that is wrong with one by Declared.Fault; own says that
// it is a file. The error names every fault of the first faulty one with its line.
func (d Declarations) Load(nameOrFile string, read func(declared *Declared, root *yaml.Node, own bool)) error {
	return d.load(nameOrFile, ".", nil, read)
}

// load reads name after those of way, each of which extends the next.
func (d Declarations) load(name, folder string, way []string, read func(*Declared, *yaml.Node, bool)) error {
	name, text, own, err := d.find(name, folder)
	if err != nil {
		return err
	}
	again := slices.Contains(way, name)
	switch way = append(slices.Clip(way), name); {
	case again:
		return hint.Errorf("let the last of them extend one in the program, or none", "%s %s: they extend one another: %s", d.What, way[0], strings.Join(way, " -> "))
	case len(way) > declarationSteps:
		return hint.Errorf("put into one what they say together", "%s %s: more than %d extend one another: %s", d.What, way[0], declarationSteps, strings.Join(way, " -> "))
	}
	if own {
		folder = filepath.Dir(name)
	}
	return d.Parse(name, text, own, read, func(base string) error { return d.load(base, folder, way, read) })
}

// find gives the text of a declaration, and the path of one that is a file.
func (d Declarations) find(name, folder string) (path string, text []byte, own bool, err error) {
	if slices.Contains(d.Names(), name) {
		text, err = fs.ReadFile(d.Files, name+yamlSuffix)
		return name, text, false, err
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(folder, name)
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return name, nil, true, hint.Errorf("the "+d.What+"s in the program are "+strings.Join(d.Names(), ", ")+"; anything else is a file", d.What+": %w", err)
	case info.Size() > declarationBytes:
		return name, nil, true, fmt.Errorf("%s %s: is larger than 1 MB", d.What, name)
	}
	text, err = os.ReadFile(name) //nolint:gosec // the path is the operator's
	if err != nil {
		return name, nil, true, fmt.Errorf("%s: %w", d.What, err)
	}
	return name, text, true, nil
}

// Parse reads the text of one. extend reads the one that it extends; nil: it may
// extend none.
func (d Declarations) Parse(name string, text []byte, own bool, read func(*Declared, *yaml.Node, bool), extend func(base string) error) error {
	var document, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s %s: %w", d.What, name, err)
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return hint.Errorf("make a file of each", "%s %s: has a second document behind ---, which would not be read", d.What, name)
	}
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return fmt.Errorf("%s %s: is no YAML with keys such as columns", d.What, name)
	}
	declared := &Declared{Name: name, kind: d}
	root := document.Content[0]
	for key, value := range YAMLPairs(root) {
		if key.Value != "extends" {
			continue
		}
		if extend == nil || value.Kind != yaml.ScalarNode {
			declared.Fault(value, "extends", "is no name of a "+d.What)
			continue
		}
		if err := extend(value.Value); err != nil {
			return err
		}
	}
	declared.once(root)
	read(declared, root, own)
	if len(declared.faults) > 0 {
		return &DeclarationError{declared}
	}
	return nil
}

// Declared is one declaration that is being read. It gathers all that is wrong
// with it.
type Declared struct {
	Name   string // in the program, or the path
	kind   Declarations
	faults []hint.Row
}

// Sound says whether nothing is wrong so far.
func (d *Declared) Sound() bool { return len(d.faults) == 0 }

// Fault says what is wrong with a value of a key.
func (d *Declared) Fault(at *yaml.Node, key, reason string) {
	d.faults = append(d.faults, hint.Row{File: d.Name, Line: at.Line, Column: key, Value: at.Value, Reason: reason})
}

// once refuses keys that stand twice.
func (d *Declared) once(root *yaml.Node) {
	seen := map[string]bool{}
	for key := range YAMLPairs(root) {
		if seen[key.Value] {
			d.Fault(key, key.Value, "stands twice")
		}
		seen[key.Value] = true
	}
}

// DeclarationError is all that is wrong with a declaration.
type DeclarationError struct{ declared *Declared }

// Error lists the faults, one on each line.
func (e *DeclarationError) Error() string {
	lines := make([]string, len(e.declared.faults))
	for i, row := range e.declared.faults {
		lines[i] = fmt.Sprintf("%s %s:%d: %s: %s", e.declared.kind.What, row.File, row.Line, row.Column, row.Reason)
	}
	return strings.Join(lines, "\n")
}

// Rows are the faults for programs.
func (e *DeclarationError) Rows() []hint.Row { return e.declared.faults }

// Hint says where one is explained.
func (e *DeclarationError) Hint() string { return e.declared.kind.Help }

// YAMLPairs walks the keys of a mapping.
func YAMLPairs(node *yaml.Node) func(yield func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		if node.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			if !yield(node.Content[i], node.Content[i+1]) {
				return
			}
		}
	}
}

// Choice refuses a value that is none of those allowed.
func (d *Declared) Choice(value *yaml.Node, key string, allowed ...string) {
	if value.Kind != yaml.ScalarNode || !slices.Contains(allowed, value.Value) {
		d.Fault(value, key, "is one of "+strings.Join(allowed, ", "))
	}
}

// mostHeaderRows is how far a header may be looked for.
const mostHeaderRows = 1000

// HeaderWithin reads in how many rows the header is looked for; false where it
// says none.
func (d *Declared) HeaderWithin(value *yaml.Node) (int, bool) {
	n, err := strconv.Atoi(value.Value)
	if err != nil || n < 1 || n > mostHeaderRows {
		d.Fault(value, "header_within", fmt.Sprintf("is a number of rows from 1 to %d", mostHeaderRows))
		return 0, false
	}
	return n, true
}

// UnsaidWord stands in a written declaration where a person must say something.
const UnsaidWord = "?"

// Texts are a list of texts that say something, or one.
func (d *Declared) Texts(value *yaml.Node, key string) []string {
	nodes := value.Content
	if value.Kind == yaml.ScalarNode {
		nodes = []*yaml.Node{value}
	} else if value.Kind != yaml.SequenceNode {
		d.Fault(value, key, "is a list of texts")
		return nil
	}
	var texts []string
	for _, node := range nodes {
		text := strings.TrimSpace(node.Value)
		switch {
		case node.Kind != yaml.ScalarNode || text == "":
			d.Fault(node, key, "is no text")
		case text == UnsaidWord:
			d.Fault(node, key, "is not said yet: write what it is in the file")
		default:
			texts = append(texts, text)
		}
	}
	return texts
}

// TitlesOnce refuses a title that would name two columns of a list.
func (d *Declared) TitlesOnce(at *yaml.Node, columns []string, titles func(column string) []string) {
	first := map[string]string{}
	for _, column := range columns {
		for _, title := range titles(column) {
			bare := Title(title)
			if before, twice := first[bare]; twice && before != column {
				d.Fault(at, "columns", fmt.Sprintf("%q names both %s and %s", title, before, column))
			}
			first[bare] = column
		}
	}
}
