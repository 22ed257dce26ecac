package mutants

import (
	"bytes"
	"errors"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// patience is how long the tests of one mutant may take; one that hangs is
// noticed, too.
const patience = "3m"

// builds are the tests of the program as it is, each package built once.
type builds struct {
	folder   string // where the binaries lie
	binaries sync.Map
	passed   sync.Map
}

// passes says that the mutant's tests pass without it: one that fails anyway
// notices nothing.
func (b *builds) passes(t *testing.T, m mutant) {
	t.Helper()
	for _, of := range m.tests {
		binary := filepath.Join(b.folder, strings.Trim(strings.ReplaceAll(of, "/", "-"), ".-")+".test")
		built, _ := b.binaries.LoadOrStore(of, sync.OnceValue(func() error { return build(of, binary) }))
		if err := built.(func() error)(); err != nil {
			t.Fatal(err)
		}
		passed, _ := b.passed.LoadOrStore(of+" "+m.run, sync.OnceValues(func() (string, error) { return run(binary, of, m.run) }))
		if by, err := passed.(func() (string, error))(); by != "" || err != nil {
			t.Fatalf("%s of %s fails without it, too: %v", by, of, err)
		}
	}
}

// try gives the test that fails first over a mutant; "" where none does.
func try(t *testing.T, m mutant) string {
	t.Helper()
	changes, binary := overlay(t, m), filepath.Join(t.TempDir(), "mutant.test")
	for _, of := range m.tests {
		if err := build(of, binary, "-overlay", changes); err != nil {
			t.Fatal(err)
		}
		by, err := run(binary, of, m.run)
		if err != nil {
			t.Fatal(err)
		}
		if by != "" {
			return by
		}
	}
	return ""
}

// build builds the tests of a package, without what only a debugger reads.
func build(of, binary string, more ...string) error {
	arguments := append([]string{"test", "-c", "-vet=off", "-ldflags=-s -w", "-o", binary}, more...)
	_, err := output(root, "go", append(arguments, of)...)
	return err
}

var failedTest = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// run runs the tests of those names, all where there is no name, and gives the
// innermost that failed first.
func run(binary, of, names string) (by string, err error) {
	arguments := []string{"-test.short", "-test.failfast", "-test.timeout", patience, "-test.run", names}
	if draws(of) {
		// What failed is the mutant's, and is not to be tried ever after.
		arguments = append(arguments, "-rapid.nofailfile")
	}
	out, err := output(filepath.Join(root, of), binary, arguments...)
	var ended *exec.ExitError
	switch {
	case err == nil && bytes.Contains(out, []byte("no tests to run")):
		return "", errors.New(of + " has no tests of the names " + names)
	case err == nil:
		return "", nil
	case !errors.As(err, &ended):
		return "", err
	}
	if names := failedTest.FindAllSubmatch(out, -1); names != nil {
		return string(names[len(names)-1][1]), nil
	}
	return "its end", nil // a panic, a hang
}

var drawing sync.Map

// draws says that a package's tests know rapid, which keeps what failed beside
// them.
func draws(of string) bool {
	knows, _ := drawing.LoadOrStore(of, sync.OnceValue(func() bool {
		out, err := output(root, "go", "list", "-test", "-deps", of)
		return err == nil && bytes.Contains(out, []byte("pgregory.net/rapid\n"))
	}))
	return knows.(func() bool)()
}

// failure is a command that failed, with what it said.
type failure struct {
	error
	said string
}

func (f failure) Error() string { return f.error.Error() + ": " + f.said }
func (f failure) Unwrap() error { return f.error }

func output(folder, name string, arguments ...string) ([]byte, error) {
	var out bytes.Buffer
	cmd := exec.Command(name, arguments...) //nolint:noctx // its tests end it by their own timeout
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, &out, &out
	if err := cmd.Run(); err != nil {
		return out.Bytes(), failure{err, out.String()}
	}
	return out.Bytes(), nil
}
