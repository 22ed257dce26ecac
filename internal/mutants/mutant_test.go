package mutants

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	tryThem = flag.Bool("mutants", false, "try every mutant; -run 'Noticed/WORDS' chooses some")
	table   = flag.String("mutants.table", "", "a file to write what became of each to, as a Markdown table")
)

// TestEveryMutantIsNoticed runs the tests over a copy of one file in which the
// mutant stands; the tree itself is not touched.
func TestEveryMutantIsNoticed(t *testing.T) {
	if !*tryThem {
		t.Skip("a quarter of an hour of work: make mutants")
	}
	mutants, err := all()
	if err != nil {
		t.Fatal(err)
	}
	var sum tally
	t.Cleanup(func() { sum.tell(t) })
	whole := builds{folder: t.TempDir()}
	for _, m := range mutants {
		t.Run(m.what, func(t *testing.T) {
			t.Parallel()
			whole.passes(t, m)
			began := time.Now()
			by := try(t, m)
			took := time.Since(began).Round(time.Second / 10)
			sum.row(m.what, by, took)
			switch {
			case by == "" && m.lives == "":
				sum.alive(m.what)
				t.Errorf("ALIVE: no test of %v notices (%s)", m.tests, took)
			case by == "":
				sum.explained(m.what + ": " + m.lives)
				t.Logf("lives: %s (%s)", m.lives, took)
			case m.lives != "":
				t.Errorf("%s notices: take the explanation out of the list", by)
			default:
				sum.killed()
				t.Logf("killed by %s (%s)", by, took)
			}
		})
	}
}

// tally is what became of the mutants so far.
type tally struct {
	mu              sync.Mutex
	dead            int
	live, but, rows []string
}

func (s *tally) killed()               { s.note(func() { s.dead++ }) }
func (s *tally) alive(what string)     { s.note(func() { s.live = append(s.live, what) }) }
func (s *tally) explained(what string) { s.note(func() { s.but = append(s.but, what) }) }

func (s *tally) row(what, by string, took time.Duration) {
	s.note(func() { s.rows = append(s.rows, fmt.Sprintf("| %s | %s | %.1f |\n", what, by, took.Seconds())) })
}

func (s *tally) note(what func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	what()
}

func (s *tally) tell(t *testing.T) {
	t.Logf("%d tried: %d killed, %d alive with a reason, %d alive", s.dead+len(s.but)+len(s.live), s.dead, len(s.but), len(s.live))
	for _, what := range s.but {
		t.Log("lives: " + what)
	}
	for _, what := range s.live {
		t.Log("ALIVE: " + what)
	}
	if *table == "" {
		return
	}
	slices.Sort(s.rows)
	text := "| mutant | killed by | seconds |\n|---|---|---|\n" + strings.Join(s.rows, "")
	if err := os.WriteFile(*table, []byte(text), 0o600); err != nil {
		t.Error(err)
	}
}

const root = "../.."

// overlay writes the changed file and the go command's note of it.
func overlay(t *testing.T, m mutant) string {
	t.Helper()
	original, err := filepath.Abs(filepath.Join(root, m.file))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(original)
	if err != nil {
		t.Fatal(err)
	}
	changed, err := m.change(string(text))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	copied, path := filepath.Join(folder, filepath.Base(m.file)), filepath.Join(folder, "overlay.json")
	note, err := json.Marshal(map[string]any{"Replace": map[string]string{original: copied}})
	if err := errors.Join(err, os.WriteFile(copied, []byte(changed), 0o600), os.WriteFile(path, note, 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

// A change of the program must not leave a mutant behind that nobody can try
// any more.
func TestEveryMutantStillStandsInTheProgram(t *testing.T) {
	mutants, err := all()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, m := range mutants {
		text, err := os.ReadFile(filepath.Join(root, m.file))
		if err != nil {
			t.Error(err)
			continue
		}
		changed, err := m.change(string(text))
		if err != nil {
			t.Error(err)
		}
		if changed == string(text) {
			t.Errorf("%s: changes nothing", m.what)
		}
		if seen[m.file+changed] {
			t.Errorf("%s: stands twice in the list", m.what)
		}
		seen[m.file+changed] = true
	}
}

func TestAMutantIsReadFromItsLines(t *testing.T) {
	mutants, err := parse("a.txt", "// a list\n\n# it counts wrongly\nfile: a.go\ntests: ./a ./b\nrun: Sum\n-\ta++\n+\ta--\n")
	if err != nil || len(mutants) != 1 {
		t.Fatal(mutants, err)
	}
	if text, err := mutants[0].change("x\n\ta++\ny\n"); err != nil || text != "x\n\ta--\ny\n" {
		t.Errorf("%q %v", text, err)
	}
	if _, err := mutants[0].change("\ta++\n\ta++\n"); err == nil {
		t.Error("a change that fits in two places is taken")
	}
	for _, bad := range []string{"file: a.go\n", "# x\nfile: a.go\ntests: ./a\n", "# x\nwhat is this\n"} {
		if _, err := parse("a.txt", bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
