package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daesa/config"
)

// cutNight is what is read of a night's JSON.
type cutNight struct {
	Complete bool             `json:"complete"`
	Breaks   map[string]int64 `json:"breaks"`
	Matched  int64            `json:"matched"`
	ExitCode int              `json:"exit_code"`
	Reasons  []string         `json:"reasons"`
	Totals   map[string]struct {
		Unexplained int64 `json:"unexplained"`
	} `json:"totals"`
	Missing []struct {
		Side, What, Why, Kind string
	} `json:"missing"`
}

// A pretend Toss whose list leaves something out, as `daesa sandbox --faults`
// shows it, and the program as it is shipped: a night finds what it finds over
// the whole list, or ends with 5 and says which day is not whole.
func TestANightOverAListThatIsCut(t *testing.T) {
	alone(t)
	if testing.Short() {
		t.Skip("short")
	}
	whole := nightOver(t, "")
	if !whole.Complete || whole.ExitCode != codePerson {
		t.Fatalf("the whole list: %+v", whole)
	}
	for spec, complete := range map[string]bool{
		"page-cap=7":              true,
		"page-cap=7,page-early=2": true,
		"page-cap=7,paging=1":     true,
		"page-early=1":            false, // half of a page of one row is an empty list
		"page-short=1":            false,
		"page-empty=1":            false,
		"page-empty=2":            true, // where it has one page anyway
		"leave-out=3+5":           false,
	} {
		t.Run(spec, func(t *testing.T) {
			t.Parallel()
			got := nightOver(t, spec)
			if got.Complete != complete {
				t.Errorf("complete %t: %+v", got.Complete, got.Missing)
			}
			if got.Complete {
				if diff := cmp.Diff(whole, got); diff != "" {
					t.Errorf("complete, and not what the whole list shows: %s", diff)
				}
				return
			}
			kinds := map[string]int{}
			for _, m := range got.Missing {
				kinds[m.Kind]++
			}
			if got.ExitCode != codeIncomplete || kinds["proof"]+kinds["list"] == 0 || !strings.Contains(strings.Join(got.Reasons, "\n"), "could not be read whole: ") {
				t.Errorf("code %d, missing %v, reasons %q", got.ExitCode, kinds, got.Reasons)
			}
			if got.Breaks["missing_at_provider"] != whole.Breaks["missing_at_provider"] {
				t.Errorf("%d payments are called missing, %d are", got.Breaks["missing_at_provider"], whole.Breaks["missing_at_provider"])
			}
		})
	}
}

// nightOver starts the sandbox with faults, imports its shop's orders and runs
// one night.
func nightOver(t *testing.T, faults string) (night cutNight) {
	t.Helper()
	dir := t.TempDir()
	address := startCutSandbox(t, faults)
	answer, err := http.Get("http://" + address + "/sandbox/orders.csv") //nolint:noctx // over loopback, in a test
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	orders, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	text := config.Template(config.TemplateValues{Environment: config.Test, BaseURL: "http://" + address, RequestsPerMinute: 6_000_000})
	for name, content := range map[string][]byte{"orders.csv": orders, "daesa.yaml": text} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(arguments ...string) ([]byte, int) {
		cmd := exec.Command("daesa", append(arguments, "--as-of", asOf)...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "TOSS_SECRET_KEY=test_sk_sandbox", "DAESA_CONFIG=", "DAESA_DATABASE_URL=")
		out, err := cmd.Output()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return out, cmd.ProcessState.ExitCode()
	}
	if out, code := run("orders", "import", "orders.csv"); code != codeDone {
		t.Fatalf("import: %d\n%s", code, out)
	}
	out, code := run("nightly", "--json")
	if err := json.Unmarshal(out, &night); err != nil || code != night.ExitCode {
		t.Fatalf("code %d, %v\n%s", code, err, out)
	}
	return night
}

func startCutSandbox(t *testing.T, faults string) (address string) {
	t.Helper()
	cmd := exec.Command("daesa", "sandbox", "--addr", "127.0.0.1:0", "--orders", "300", "--seed", "7", "--rate", "0", "--clock", asOf, "--faults", faults)
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(log).ReadString('\n')
	_, rest, found := strings.Cut(line, "http://")
	if err != nil || !found {
		t.Fatalf("the sandbox says %q (%v)", line, err)
	}
	address, _, _ = strings.Cut(rest, ",")
	return address
}
