package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Fault is one thing that is wrong with the file, or with a secret that it
// names.
type Fault struct {
	// Path is where in the configuration: merchants[0].secret_key_env. It is
	// empty when the file as a whole is wrong.
	Path string
	// Value is what stands there, as it is written, with ${NAME} not yet
	// replaced; REDACTED if it could be a secret; empty if nothing does.
	Value string
	// Reason says what is wrong.
	Reason string
	// Hint says what to do.
	Hint string
	// Line and Column count from 1; of a missing key they are those of the
	// section where it should stand. Both are 0 when no place is known.
	Line, Column int
}

// Faults is every fault of one file, in the order of the file.
type Faults struct {
	File string
	List []Fault
}

// Error prints one block for each fault, each with a line "hint:".
func (f *Faults) Error() string {
	var b strings.Builder
	plural := "s"
	if len(f.List) == 1 {
		plural = ""
	}
	fmt.Fprintf(&b, "configuration: %d fault%s in %s", len(f.List), plural, f.File)
	for _, fault := range f.List {
		b.WriteString("\n" + f.File)
		if fault.Line > 0 {
			fmt.Fprintf(&b, ":%d:%d", fault.Line, fault.Column)
		}
		b.WriteString(": ")
		if fault.Path != "" {
			b.WriteString(fault.Path + ": ")
		}
		b.WriteString(fault.Reason)
		if fault.Value != "" {
			b.WriteString("\n  value: " + fault.Value)
		}
		b.WriteString("\n  hint: " + fault.Hint)
	}
	return b.String()
}

// Word is what programs read of it.
func (f *Faults) Word() string { return "configuration" }

// mark is where a value stands in the file and how it is written there.
type mark struct {
	line, column int
	raw          string
}

// trouble is why a text is no value of its type, and what to do.
type trouble struct {
	reason, hint string
}

// book collects faults and knows where each path stands.
type book struct {
	file  string
	marks map[string]mark
	list  []Fault
	// faults has each path that is at fault, and as false each around it.
	faults map[string]bool
}

func newBook(file string) *book {
	return &book{file: file, marks: map[string]mark{}, faults: map[string]bool{}}
}

// fresh is the same book without faults.
func (b *book) fresh() *book {
	return &book{file: b.file, marks: b.marks, faults: map[string]bool{}}
}

// given says whether the file has that path.
func (b *book) given(path string) bool {
	_, ok := b.marks[path]
	return ok
}

// bad says whether one of the paths, or something inside it, is at fault.
func (b *book) bad(paths ...string) bool {
	return slices.ContainsFunc(paths, func(p string) bool {
		_, bad := b.faults[p]
		return bad
	})
}

// faulty says whether the path itself is at fault.
func (b *book) faulty(path string) bool {
	return b.faults[path]
}

// fault notes what is wrong with a path. The first fault of a path is the
// one that explains it; later ones would only repeat it.
func (b *book) fault(path, reason, hint string) {
	b.note(path, show(b.marks[path].raw), reason, hint)
}

// secretFault is a fault whose value is not printed, whatever it is.
func (b *book) secretFault(path, reason, hint string) {
	b.note(path, redacted, reason, hint)
}

func (b *book) note(path, value, reason, hint string) {
	if b.faulty(path) {
		return
	}
	at := b.nearest(path)
	b.list = append(b.list, Fault{path, value, reason, hint, at.line, at.column})
	b.remember(path)
}

func (b *book) remember(path string) {
	b.faults[path] = true
	for path != "" {
		path = around(path)
		if _, known := b.faults[path]; !known && path != "" {
			b.faults[path] = false
		}
	}
}

// forget drops the faults and the place of a path that something else wins
// over.
func (b *book) forget(path string) {
	b.list = slices.DeleteFunc(b.list, func(f Fault) bool { return f.Path == path })
	clear(b.faults)
	for _, f := range b.list {
		b.remember(f.Path)
	}
	delete(b.marks, path)
}

// around is the path of the section or list in which a path stands.
func around(path string) string {
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}

// nearest is the mark of the path, or of the section around it.
func (b *book) nearest(path string) mark {
	for {
		if at, ok := b.marks[path]; ok || path == "" {
			return at
		}
		path = around(path)
	}
}

// err is every fault so far in the order of the file, or nil.
func (b *book) err() error {
	if len(b.list) == 0 {
		return nil
	}
	list := slices.Clone(b.list)
	slices.SortStableFunc(list, func(x, y Fault) int {
		return cmp.Or(cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column), cmp.Compare(x.Path, y.Path))
	})
	return &Faults{File: b.file, List: list}
}

var (
	keyLike      = regexp.MustCompile(`(?i)(live|test)_g?[sc]k_|[0-9a-f]{32,}`)
	passwordLike = regexp.MustCompile(`(?i)://[^/\s]*@|(password|passwd|secret|token|key)=`)
	longRun      = regexp.MustCompile(`[A-Za-z0-9+/_-]{40,}`)
)

// secretLike says whether a text could be a secret that somebody wrote where
// none belongs.
func secretLike(text string) bool {
	if keyLike.MatchString(text) || passwordLike.MatchString(text) {
		return true
	}
	run := longRun.FindString(text)
	return strings.ContainsAny(run, "0123456789") && strings.ToUpper(run) != run
}

// show is a value as a fault prints it: one line, no control characters, not
// long, and never a secret.
func show(raw string) string {
	const limit = 60
	if secretLike(raw) {
		return redacted
	}
	if runes := []rune(raw); len(runes) > limit {
		raw = string(runes[:limit]) + "..."
	}
	if quoted := strconv.Quote(raw); quoted != `"`+raw+`"` || strings.TrimSpace(raw) != raw {
		return quoted
	}
	return raw
}
