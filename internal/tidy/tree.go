// Package tidy lets the repository check itself: which room may know which,
// calls that are banned, lengths, words, doc comments, the list of
// dependencies. The rules are tables in this package, each row with its
// reason; the tests run them over the whole module.
package tidy

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"sort"
	"strings"
)

// module is the import path of this repository.
const module = "daesa"

// A Tree is every Go file of the module, parsed, and the other files by name.
type Tree struct {
	fset  *token.FileSet
	fsys  fs.FS
	Files []*File
}

// A File is one parsed Go file.
type File struct {
	Path   string // slash-separated, from the module's root
	Room   string // the folder that holds it; "." for the root
	Test   bool   // a _test.go file
	Source string
	Lines  int
	syntax *ast.File
}

// A Finding is one place that breaks one rule.
type Finding struct {
	Where string // path, with a line where there is one
	What  string // what is wrong, and what to do about it
}

func (f Finding) String() string { return f.Where + ": " + f.What }

// Load reads the module whose root is fsys. Folders that the go command
// ignores, and modules inside the module, are left out. A file that does not
// parse is an error that names the place.
func Load(fsys fs.FS) (*Tree, error) {
	tree := &Tree{fset: token.NewFileSet(), fsys: fsys}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && ignored(fsys, name):
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		file, err := tree.parse(name)
		if err != nil {
			return err
		}
		tree.Files = append(tree.Files, file)
		return nil
	})
	return tree, err
}

func ignored(fsys fs.FS, folder string) bool {
	if folder == "." {
		return false
	}
	base := path.Base(folder)
	if base == "testdata" || base == "vendor" || base[0] == '.' || base[0] == '_' {
		return true
	}
	_, err := fs.Stat(fsys, path.Join(folder, "go.mod"))
	return err == nil
}

func (t *Tree) parse(name string) (*File, error) {
	source, err := fs.ReadFile(t.fsys, name)
	if err != nil {
		return nil, err
	}
	syntax, err := parser.ParseFile(t.fset, name, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	return &File{
		Path:   name,
		Room:   path.Dir(name),
		Test:   strings.HasSuffix(name, "_test.go"),
		Source: string(source),
		Lines:  strings.Count(string(source), "\n"),
		syntax: syntax,
	}, nil
}

// at returns a finding about a place in the source.
func (t *Tree) at(pos token.Pos, format string, args ...any) Finding {
	place := t.fset.Position(pos)
	return Finding{
		Where: fmt.Sprintf("%s:%d", place.Filename, place.Line),
		What:  fmt.Sprintf(format, args...),
	}
}

func (t *Tree) line(pos token.Pos) int { return t.fset.Position(pos).Line }

// rooms returns the folders that hold code which is not a test, sorted.
func (t *Tree) rooms() []string {
	seen := map[string]bool{}
	for _, file := range t.Files {
		if !file.Test {
			seen[file.Room] = true
		}
	}
	rooms := make([]string, 0, len(seen))
	for room := range seen {
		rooms = append(rooms, room)
	}
	sort.Strings(rooms)
	return rooms
}

// matches says whether room is the pattern, or lies below it where the
// pattern ends in "/...". The pattern "..." is every room.
func matches(pattern, room string) bool {
	if pattern == "..." {
		return true
	}
	above, below := strings.CutSuffix(pattern, "/...")
	return room == above || below && strings.HasPrefix(room, above+"/")
}

func matchesAny(patterns []string, room string) bool {
	for _, pattern := range patterns {
		if matches(pattern, room) {
			return true
		}
	}
	return false
}
