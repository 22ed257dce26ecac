package check

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// daesa is the program of this repository, built once for all tests.
var daesa string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		folder, err := os.MkdirTemp("", "daesa-deploy-*")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(folder)
		daesa = filepath.Join(folder, "daesa")
		build := exec.Command("go", "build", "-o", daesa, "./cmd/daesa")
		build.Dir, build.Env = "../..", append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "daesa does not build: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// overlays lists every folder that a person may apply.
func overlays(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("../kubernetes/overlays/*/kustomization.yaml")
	if err != nil || len(found) < 6 {
		t.Fatalf("overlays: %v, %v", found, err)
	}
	for i := range found {
		found[i] = filepath.Dir(found[i])
	}
	return found
}

func build(t *testing.T, overlay string) *Manifests {
	t.Helper()
	m, err := Build(overlay)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// help gives what `daesa WORDS --help` prints.
var help = func() func(words string) (string, error) {
	var mu sync.Mutex
	known := map[string]string{}
	return func(words string) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		if text, ok := known[words]; ok {
			return text, nil
		}
		var out bytes.Buffer
		cmd := exec.Command(daesa, append(strings.Fields(words), "--help")...)
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		known[words] = out.String()
		return out.String(), err
	}
}()

// checkCall says what of a call this daesa does not know. The words up to the
// first flag, or what is no word, are the command.
func checkCall(args []string) error {
	n := slices.IndexFunc(args, func(arg string) bool { return strings.Trim(arg, "abcdefghijklmnopqrstuvwxyz") != "" })
	if n < 0 {
		n = len(args)
	}
	command := strings.Join(args[:n], " ")
	text, err := help(command)
	if err != nil || !strings.Contains(text, "\n  daesa "+command+" ") {
		return fmt.Errorf("there is no command `daesa %s`", command)
	}
	for _, arg := range args[n:] {
		if flag, _, _ := strings.Cut(arg, "="); strings.HasPrefix(flag, "-") && !strings.Contains(text, flag+" ") {
			return fmt.Errorf("`daesa %s` has no flag %s", command, flag)
		}
	}
	return nil
}

func mustBeCommand(t *testing.T, args []string) {
	t.Helper()
	if err := checkCall(args); err != nil {
		t.Error(err)
	}
}

func TestCallsThatDaesaDoesNotKnow(t *testing.T) {
	for _, test := range []struct{ call, want string }{
		{"refunds run --ok-codes 3,4", ""},
		{"init /srv/daesa", ""},
		{"refunds walk", "there is no command `daesa refunds walk`"},
		{"refund run", "there is no command `daesa refund run`"},
		{"refunds run --date 2026-11-22", "`daesa refunds run` has no flag --date"},
		{"nightly --month", "`daesa nightly` has no flag --month"},
	} {
		got := ""
		if err := checkCall(strings.Fields(test.call)); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.call, got, test.want)
		}
	}
}
