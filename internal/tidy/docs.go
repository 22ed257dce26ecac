package tidy

import (
	"errors"
	"fmt"
	"go/ast"
	"io/fs"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// unfinished are words that belong into the list of what is to be done, not
// into code. They are built so that this file does not contain them.
var unfinished = regexp.MustCompile(`\b(` + strings.Join([]string{"TO" + "DO", "FIX" + "ME", "X" + "XX"}, "|") + `)\b`)

// Words finds words that must not appear in Go code.
func Words(tree *Tree) []Finding {
	var found []Finding
	for _, file := range tree.Files {
		for number, line := range strings.Split(file.Source, "\n") {
			if word := unfinished.FindString(line); word != "" {
				found = append(found, Finding{fmt.Sprintf("%s:%d", file.Path, number+1),
					"the word " + word + ": finish it, or say in a whole sentence what does not work"})
			}
		}
	}
	return found
}

// selfEvident are methods whose meaning is the interface's that they satisfy.
var selfEvident = map[string]bool{
	"String": true, "GoString": true, "Error": true, "Unwrap": true, "Is": true, "As": true,
	"MarshalJSON": true, "UnmarshalJSON": true, "MarshalText": true, "UnmarshalText": true,
	"MarshalYAML": true, "UnmarshalYAML": true, "Scan": true, "Value": true, "LogValue": true,
	"Len": true, "Less": true, "Swap": true, "Close": true,
}

// DocComments finds packages, and in the domain's rooms exported names, that
// have no doc comment. A group of constants or variables needs one for all.
func DocComments(tree *Tree) []Finding {
	var found []Finding
	documented := map[string]bool{}
	for _, file := range tree.Files {
		documented[file.Room] = documented[file.Room] || !file.Test && file.syntax.Doc.Text() != ""
	}
	for _, room := range tree.rooms() {
		if !documented[room] {
			found = append(found, Finding{room, "the package has no package comment"})
		}
	}
	for _, file := range tree.Files {
		if file.Test || matchesAny([]string{"cmd/...", "internal/...", "bench/..."}, file.Room) {
			continue
		}
		for _, decl := range file.syntax.Decls {
			found = append(found, undocumented(tree, decl)...)
		}
	}
	return found
}

func undocumented(tree *Tree, decl ast.Decl) []Finding {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		receiver := receiverOf(decl)
		if decl.Doc.Text() == "" && decl.Name.IsExported() && (receiver == "" || ast.IsExported(receiver)) &&
			(receiver == "" || !selfEvident[decl.Name.Name]) {
			return []Finding{tree.at(decl.Pos(), "%s has no doc comment", nameOf(decl))}
		}
	case *ast.GenDecl:
		if decl.Doc.Text() == "" {
			return undocumentedSpecs(tree, decl)
		}
	}
	return nil
}

func undocumentedSpecs(tree *Tree, decl *ast.GenDecl) []Finding {
	var found []Finding
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Name.IsExported() && spec.Doc.Text() == "" {
				found = append(found, tree.at(spec.Pos(), "%s has no doc comment", spec.Name.Name))
			}
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				if name.IsExported() && spec.Doc.Text() == "" && spec.Comment.Text() == "" {
					found = append(found, tree.at(name.Pos(), "%s has no doc comment", name.Name))
				}
			}
		}
	}
	return found
}

// Dependencies finds direct dependencies of go.mod that docs/dependencies.md
// does not mention in a line of their own.
func Dependencies(tree *Tree) ([]Finding, error) {
	goMod, err := fs.ReadFile(tree.fsys, "go.mod")
	if err != nil {
		return nil, err
	}
	direct := directDependencies(string(goMod))
	if len(direct) == 0 {
		return nil, nil
	}
	const page = "docs/dependencies.md"
	text, err := fs.ReadFile(tree.fsys, page)
	if errors.Is(err, fs.ErrNotExist) {
		return []Finding{{page, fmt.Sprintf("is missing; it says of each of %d direct dependencies what it is for", len(direct))}}, nil
	}
	if err != nil {
		return nil, err
	}
	var found []Finding
	for _, dependency := range direct {
		named := regexp.MustCompile(`(?m)(^|[^\w./-])` + regexp.QuoteMeta(dependency) + `($|[^\w./-])`)
		if !named.Match(text) {
			found = append(found, Finding{page, "does not say what " + dependency + " is for"})
		}
	}
	return found, nil
}

// directDependencies reads the require directives of a go.mod.
func directDependencies(goMod string) []string {
	var direct []string
	inBlock := false
	for line := range strings.Lines(goMod) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
			continue
		case fields[0] == "require" && len(fields) > 1:
			inBlock = fields[1] == "("
			fields = fields[1:]
		case fields[0] == ")":
			inBlock = false
			continue
		case !inBlock:
			continue
		}
		if len(fields) > 1 && fields[0] != "//" && !strings.Contains(line, "// indirect") {
			direct = append(direct, fields[0])
		}
	}
	sort.Strings(direct)
	return direct
}

// FrontPage finds what a newcomer would miss: the changelog, the readme, and
// in its first lines the two commands that work in a fresh clone.
func FrontPage(tree *Tree) ([]Finding, error) {
	const shownWithin = 40 // lines
	var found []Finding
	if _, err := fs.Stat(tree.fsys, "CHANGELOG.md"); errors.Is(err, fs.ErrNotExist) {
		found = append(found, Finding{"CHANGELOG.md", "is missing"})
	}
	text, err := fs.ReadFile(tree.fsys, "README.md")
	if errors.Is(err, fs.ErrNotExist) {
		return append(found, Finding{"README.md", "is missing"}), nil
	}
	if err != nil {
		return nil, err
	}
	lines := strings.SplitN(string(text), "\n", shownWithin+1)
	top := strings.Join(lines[:min(len(lines), shownWithin)], "\n")
	for _, command := range []string{"go run ./cmd/daesa demo", "go test ./..."} {
		if !strings.Contains(top, command) {
			found = append(found, Finding{"README.md", fmt.Sprintf("does not show %q in its first %d lines", command, shownWithin)})
		}
	}
	return found, nil
}

// architecture is the guide to the rooms.
const architecture = "docs/architecture.md"

// RoomTable compares the rooms that the guide tells of, one row of a table each
// that begins with the room in backquotes, with those that are there. The rooms
// below internal and those for tests alone need no row.
func RoomTable(tree *Tree) ([]Finding, error) {
	text, err := fs.ReadFile(tree.fsys, architecture)
	if err != nil {
		return nil, err
	}
	told := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if rest, isRow := strings.CutPrefix(line, "| `"); isRow {
			if room, _, ends := strings.Cut(rest, "`"); ends {
				told[room] = true
			}
		}
	}
	var found []Finding
	for _, room := range tree.rooms() {
		switch {
		case isForTests(room), strings.HasPrefix(room, "internal/"):
		case !told[room]:
			found = append(found, Finding{architecture, fmt.Sprintf("has no row for the room %s", room)})
		}
	}
	for room := range told {
		if _, ok := rowOf(room); !ok && !strings.HasPrefix(room, "internal/") {
			continue // another table of the guide
		} else if !slices.Contains(tree.rooms(), room) && !strings.HasPrefix(room, "internal/") {
			found = append(found, Finding{architecture, fmt.Sprintf("tells of the room %s, which is not there", room)})
		}
	}
	return found, nil
}
