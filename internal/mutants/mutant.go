// Package mutants changes the program in one small place at a time, and its
// tests ask whether the tests there notice: a rule about money whose tests let
// a change live is a rule that nobody holds. It knows no room, only the text of
// files. Begin at refunds.txt; each list says its changes and what would come
// of them, and `make mutants` tries all of them.
package mutants

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed *.txt
var lists embed.FS

// mutant is one small change of one file.
type mutant struct {
	what     string // what it would do in use
	file     string // from the repository's root
	old, new string // whole lines; old stands once in the file
	tests    []string
	run      string // of these packages only tests of these names; "": all
	lives    string // why no test can notice; "": one must
}

// change gives the file's text with the mutant in it.
func (m mutant) change(text string) (string, error) {
	if n := strings.Count(text, m.old); n != 1 {
		return "", fmt.Errorf("%s: its lines stand %d times in %s, and must once", m.what, n, m.file)
	}
	return strings.Replace(text, m.old, m.new, 1), nil
}

// all reads every list, in the order of their names.
func all() ([]mutant, error) {
	entries, err := lists.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var mutants []mutant
	for _, entry := range entries {
		text, err := lists.ReadFile(entry.Name())
		if err != nil {
			return nil, err
		}
		of, err := parse(entry.Name(), string(text))
		if err != nil {
			return nil, err
		}
		mutants = append(mutants, of...)
	}
	return mutants, nil
}

// parse reads a list: a line "# what it would do", "file:", "tests:", perhaps
// "run:" and "lives:", then the lines that go (-) and those that come (+).
func parse(name, text string) ([]mutant, error) {
	var mutants []mutant
	for i, line := range strings.Split(text, "\n") {
		if what, found := strings.CutPrefix(line, "# "); found {
			mutants = append(mutants, mutant{what: what})
			continue
		}
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "//") {
			continue
		}
		if len(mutants) == 0 || !mutants[len(mutants)-1].take(line) {
			return nil, fmt.Errorf("%s:%d: %q means nothing here", name, i+1, line)
		}
	}
	for _, m := range mutants {
		if m.file == "" || len(m.tests) == 0 || m.old == "" {
			return nil, fmt.Errorf("%s: %s: file, tests and the lines that go are needed", name, m.what)
		}
	}
	return mutants, nil
}

// take reads one line of a mutant.
func (m *mutant) take(line string) bool {
	name, value, _ := strings.Cut(line, ": ")
	switch {
	case strings.HasPrefix(line, "-"):
		m.old += line[1:] + "\n"
	case strings.HasPrefix(line, "+"):
		m.new += line[1:] + "\n"
	case name == "file":
		m.file = value
	case name == "tests":
		m.tests = strings.Fields(value)
	case name == "run":
		m.run = value
	case name == "lives":
		m.lives = value
	default:
		return false
	}
	return true
}
