package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What the demo prints to be tried next works as it is printed, from another
// folder's name with a blank in it, the pretend Toss and its key included.
func TestWhatTheDemoPrintsToTryNextCanBePasted(t *testing.T) {
	alone(t)
	if testing.Short() {
		t.Skip("short")
	}
	folder := filepath.Join(t.TempDir(), "a shop's demo")
	demo := exec.Command("daesa", "demo", "--orders", "200", "--dir", folder)
	demo.Env = append(os.Environ(), "DAESA_CONFIG=", "DAESA_DATABASE_URL=")
	out, err := demo.Output()
	if err != nil {
		t.Fatal(err)
	}
	_, printed, found := strings.Cut(string(out), "try next:\n")
	if !found {
		t.Fatalf("nothing to try:\n%s", out)
	}
	tried := 0
	for line := range strings.Lines(printed) {
		line, command := strings.CutPrefix(strings.TrimRight(line, "\n"), "  ")
		if !command {
			continue
		}
		tried++
		if strings.Contains(line, " sandbox ") {
			serveAsPrinted(t, line, demo.Env)
			continue
		}
		shell := exec.Command("/bin/sh", "-c", line)
		shell.Env = demo.Env
		if out, err := shell.CombinedOutput(); err != nil && shell.ProcessState.ExitCode() != codePerson {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
	}
	if tried < 5 {
		t.Errorf("%d commands:\n%s", tried, printed)
	}
}

// serveAsPrinted starts the pretend Toss in the shell's place, so that it ends
// with it, and waits until it answers.
func serveAsPrinted(t *testing.T, line string, env []string) {
	t.Helper()
	shell := exec.Command("/bin/sh", "-c", "exec "+line)
	shell.Env = env
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = shell.Process.Kill()
		_ = shell.Wait()
	})
	_, rest, _ := strings.Cut(line, "--addr ")
	address, _, _ := strings.Cut(rest, " ")
	for range 100 {
		answer, err := http.Get("http://" + address + "/") //nolint:noctx // over loopback, in a test
		if err == nil {
			_ = answer.Body.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("%s: does not answer", line)
}

func TestHowAShellCallsThisProgramAgain(t *testing.T) {
	for name, want := range map[string]string{
		"daesa":                             "daesa",
		"./daesa":                           "./daesa",
		"/opt/d e/daesa":                    "'/opt/d e/daesa'",
		"/tmp/go-build/2893/b001/exe/daesa": "go run ./cmd/daesa",
		"/home/kim/.cache/go-build/ab/abcdef0123-d/daesa": "go run ./cmd/daesa",
	} {
		if got := calledAs(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
