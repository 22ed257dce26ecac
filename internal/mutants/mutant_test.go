package mutants

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

var tryThem = flag.Bool("mutants", false, "try every mutant; -run 'Noticed/WORDS' chooses some")

// patience is how long the tests of one mutant may take; one that hangs is
// noticed, too.
const patience = "10m"

// TestEveryMutantIsNoticed runs the tests over a copy of one file in which the
// mutant stands; the tree itself is not touched.
func TestEveryMutantIsNoticed(t *testing.T) {
	if !*tryThem {
		t.Skip("an hour of work: make mutants")
	}
	mutants, err := parse(list)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mutants {
		t.Run(m.what, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			by := try(t, m)
			switch {
			case by == "" && m.lives == "":
				t.Errorf("ALIVE: no test of %v notices (%s)", m.tests, time.Since(began).Round(time.Second))
			case by == "":
				t.Logf("lives: %s", m.lives)
			case m.lives != "":
				t.Errorf("%s notices: take the explanation out of the list", by)
			default:
				t.Logf("killed by %s", by)
			}
		})
	}
}

var failedTest = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// try gives the test that fails first over a mutant; "" where none does.
func try(t *testing.T, m mutant) string {
	t.Helper()
	overlay := overlay(t, m)
	if out, err := golang(t, "build", "-overlay", overlay, "./..."); err != nil {
		t.Fatalf("it does not compile: %s", out)
	}
	arguments := []string{"test", "-overlay", overlay, "-short", "-count=1", "-failfast", "-timeout", patience}
	if m.run != "" {
		arguments = append(arguments, "-run", m.run)
	}
	out, err := golang(t, append(arguments, m.tests...)...)
	var ended *exec.ExitError
	if err == nil {
		return ""
	}
	if !errors.As(err, &ended) {
		t.Fatal(err)
	}
	if name := failedTest.FindSubmatch(out); name != nil {
		return string(name[1])
	}
	return "its end" // a panic, a hang
}

func golang(t *testing.T, arguments ...string) ([]byte, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "go", arguments...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = root, &out, &out
	err := cmd.Run()
	return out.Bytes(), err
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
	mutants, err := parse(list)
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
	mutants, err := parse("// a list\n\n# it counts wrongly\nfile: a.go\ntests: ./a ./b\nrun: Sum\n-\ta++\n+\ta--\n")
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
		if _, err := parse(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
