package main

import (
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"daesa/sandbox"
)

// TestTheReadmesSessionCanBeFollowed word by word, with the files that are in the
// repository; where a line says with what it ends, it ends so.
func TestTheReadmesSessionCanBeFollowed(t *testing.T) {
	alone(t)
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("needs curl:", err)
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	fine(t, err)
	_, session, found := strings.Cut(string(text), "a shop's day with the files in `examples/`:\n\n```sh\n")
	session, _, closed := strings.Cut(session, "```")
	if !found || !closed {
		t.Fatal("README.md has no such session")
	}
	server := httptest.NewServer(sandbox.New(sandbox.Options{Now: time.Now}).Handler())
	t.Cleanup(server.Close)
	dir := t.TempDir()
	fine(t, os.CopyFS(filepath.Join(dir, "examples"), os.DirFS(filepath.Join("..", "..", "examples"))))
	env := append(os.Environ(), "API="+server.URL)
	ends := regexp.MustCompile(`# ends with (\d)`)
	ran := map[string]string{}
	for line := range strings.Lines(session) {
		line = strings.TrimSpace(line)
		if values, is := strings.CutPrefix(line, "export "); is {
			env = append(env, strings.Fields(values)...)
			continue
		}
		want := 0
		if match := ends.FindStringSubmatch(line); match != nil {
			want, _ = strconv.Atoi(match[1])
		}
		if strings.HasPrefix(line, "go build ") {
			continue // the test's own program is daesa
		}
		cmd := exec.Command("sh", "-c", strings.NewReplacer("./daesa ", "daesa ", "http://127.0.0.1:7070", server.URL).Replace(line)) //nolint:gosec // our own page
		cmd.Dir, cmd.Env = dir, env
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(line, err)
		}
		if got := cmd.ProcessState.ExitCode(); got != want {
			t.Fatalf("%s\nended with %d, and README.md says %d:\n%s", line, got, want, out)
		}
		ran[line] = string(out)
	}
	for part, says := range map[string]string{
		"orders inspect": "profile  cafe24", "breaks list": "2 breaks", "--quarantine": "15 added, 0 there already, 10 quarantined", "refunds run": "sent 15: succeeded 15",
	} {
		for line, out := range ran {
			if strings.Contains(line, part) && !strings.Contains(out, says) {
				t.Errorf("%s\nlacks %q:\n%s", line, says, out)
			}
		}
	}
}
