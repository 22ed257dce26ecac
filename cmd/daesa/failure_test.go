package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

// called is how one command line of this process ended.
type called struct {
	code           int
	stdout, stderr string
}

// call runs a command line with the variables of an environment.
func call(t *testing.T, env map[string]string, line ...string) called {
	t.Helper()
	return callAt(t, time.Now, env, line...)
}

// callAt runs it by a clock.
func callAt(t *testing.T, clock func() time.Time, env map[string]string, line ...string) called {
	t.Helper()
	var out, said bytes.Buffer
	code := run(t.Context(), line, environment{stdout: &out, stderr: &said, clock: clock,
		env: func(name string) (string, bool) { value, ok := env[name]; return value, ok }})
	return called{code, out.String(), said.String()}
}

// failed reads the one document of a command that failed.
func (c called) failed(t *testing.T, line string) failureDocument {
	t.Helper()
	var fields map[string]json.RawMessage
	decoder := json.NewDecoder(strings.NewReader(c.stdout))
	if err := decoder.Decode(&fields); err != nil {
		t.Fatalf("%s: ended with %d, and stdout is no JSON document (%v): %q", line, c.code, err, c.stdout)
	}
	if decoder.More() {
		t.Fatalf("%s: more than one document: %s", line, c.stdout)
	}
	for _, name := range []string{"error", "hint", "code", "exit_code", "rows"} {
		if _, there := fields[name]; !there {
			t.Errorf("%s: the document lacks %s: %s", line, name, c.stdout)
		}
	}
	var document failureDocument
	if err := json.Unmarshal([]byte(c.stdout), &document); err != nil {
		t.Fatalf("%s: %v in %s", line, err, c.stdout)
	}
	if document.ExitCode != c.code || document.Error == "" || document.Code == "" || document.Rows == nil {
		t.Errorf("%s: ended with %d and says %+v", line, c.code, document)
	}
	return document
}

// leaves are the words of every command that can be run.
func leaves(cmd *cobra.Command, words []string) [][]string {
	var all [][]string
	for _, sub := range cmd.Commands() {
		all = append(all, leaves(sub, append(slices.Clone(words), sub.Name()))...)
	}
	if len(words) > 0 {
		all = append(all, words)
	}
	return all
}

func TestEveryCommandThatFailsPrintsOneDocument(t *testing.T) {
	alone(t)
	t.Parallel()
	all := leaves((&invocation{}).root(), nil)
	if len(all) < 50 {
		t.Fatalf("only %d commands were found", len(all))
	}
	for _, words := range all {
		if words[0] == "help" {
			continue // it takes any words
		}
		for _, place := range []int{0, len(words)} { // --json before the fault, and behind it
			line := slices.Concat(words, []string{"--no-such-flag"})
			line = slices.Insert(line, len(words)+min(place, 1), "--json")
			got := call(t, nil, line...)
			document := got.failed(t, strings.Join(line, " "))
			if got.code != codeUsage || document.Code != "usage" || document.Hint == nil || !strings.Contains(got.stderr, "daesa: unknown flag") {
				t.Errorf("%v: ended with %d: %s%s", line, got.code, got.stdout, got.stderr)
			}
		}
	}
}

func TestAFailureIsADocumentWhateverWentWrong(t *testing.T) {
	alone(t)
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("daesa.yaml", "merchants:\n  - {mid: shop, environment: test, secret_key_env: KEY, base_url: \"http://127.0.0.1:1\"}\n")
	bad := write("bad.yaml", "merchants:\n  - {mid: shop, environment: tost, secret_key_env: KEY}\nnonsense: 1\n")
	away := write("away.yaml", "database: {url: \"postgres://127.0.0.1:1/daesa\"}\nmerchants:\n  - {mid: shop, environment: test, secret_key_env: KEY}\n")
	orders := write("orders.csv", "order_id,status,amount,ordered_at\nA-1,paid,\"1,00\",2026-11-21 10:00:00\nA-2,lost,5,2026-11-21 10:00:00\n")
	env := map[string]string{"KEY": "test_sk_sandbox"}
	for name, test := range map[string]struct {
		line string
		exit int
		code string
		hint bool
		rows int
		row  rowProblem
	}{
		"an unknown command":       {line: "nonsense", exit: codeUsage, code: "usage"},
		"an unknown word":          {line: "refunds pay", exit: codeUsage, code: "usage"},
		"too many arguments":       {line: "runs list extra", exit: codeUsage, code: "usage"},
		"too few arguments":        {line: "explain", exit: codeUsage, code: "usage"},
		"a word that is none":      {line: "refunds list --state lost", exit: codeUsage, code: "usage"},
		"no configuration":         {line: "refunds list --config " + filepath.Join(dir, "none.yaml"), exit: codeUsage, code: "configuration", rows: 1},
		"a faulty configuration":   {line: "refunds list --config " + bad, exit: codeUsage, code: "configuration", rows: 2, row: rowProblem{Line: place(2), Column: text("merchants[0].environment"), Value: text("tost")}},
		"a database that is away":  {line: "refunds list --config " + away, exit: codeFailed, code: "database_away"},
		"an unknown id":            {line: "refunds show nosuch --config " + good, exit: codeFailed, code: "unknown_id"},
		"an order nobody knows":    {line: "explain nosuch --config " + good, exit: codeFailed, code: "unknown_id"},
		"rows of a file":           {line: "orders import " + orders + " --config " + good, exit: codeFailed, code: "bad_rows", rows: 2, row: rowProblem{File: text(orders), Line: place(2), Column: text("amount"), Value: text("1,00")}},
		"a file that is not there": {line: "orders import " + filepath.Join(dir, "none.csv") + " --config " + good, exit: codeFailed, code: "failed"},
	} {
		got := call(t, env, append(strings.Fields(test.line), "--json")...)
		document := got.failed(t, name)
		if got.code != test.exit || document.Code != test.code || len(document.Rows) != test.rows {
			t.Errorf("%s: ended with %d and says %s", name, got.code, got.stdout)
		}
		if (document.Hint == nil) != (test.code == "configuration") {
			t.Errorf("%s: the hint is %v: %s", name, document.Hint, got.stdout)
		}
		if test.row != (rowProblem{}) {
			first := document.Rows[0]
			test.row.Reason = first.Reason
			if test.row.File == nil {
				test.row.File = first.File
			}
			if diff := cmp.Diff(test.row, first); diff != "" || first.Reason == "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		if plain := call(t, env, strings.Fields(test.line)...); plain.stdout != "" || plain.code != test.exit {
			t.Errorf("%s: without --json it ends with %d and prints %q", name, plain.code, plain.stdout)
		}
	}
}

func place(n int) *int      { return &n }
func text(s string) *string { return &s }

// TestTheWordsOfAnErrorDecideNoExitCode: an order number may hold the very words
// by which a library says that a command was called wrongly.
func TestTheWordsOfAnErrorDecideNoExitCode(t *testing.T) {
	alone(t)
	t.Parallel()
	path := filepath.Join(t.TempDir(), "daesa.yaml")
	if err := os.WriteFile(path, []byte("merchants:\n  - {mid: shop, environment: test, secret_key_env: KEY}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, order := range []string{"order arg(s) 1", "unknown command", "required flag(s) x"} {
		if got := call(t, nil, "explain", order, "--config", path); got.code != codeFailed {
			t.Errorf("explain %q ended with %d: %s", order, got.code, got.stderr)
		}
	}
	for _, line := range []string{"explain", "explain a b", "version extra", "nonsense", "completion bash extra", "report draw"} {
		if got := call(t, nil, strings.Fields(line)...); got.code != codeUsage || !strings.Contains(got.stderr, "\nhint: ") {
			t.Errorf("%s ended with %d: %s", line, got.code, got.stderr)
		}
	}
	if got := call(t, nil, "nigtly"); !strings.Contains(got.stderr, "did you mean nightly?") {
		t.Errorf("no suggestion: %s", got.stderr)
	}
}

// TestWhatACommandFoundStandsBesideItsFailure: doctor and audit verify show what
// they looked at, and fail in the same document.
func TestWhatACommandFoundStandsBesideItsFailure(t *testing.T) {
	alone(t)
	t.Parallel()
	path := filepath.Join(t.TempDir(), "daesa.yaml")
	if err := os.WriteFile(path, []byte("nonsense: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := call(t, nil, "doctor", "--json", "--config", path)
	document := got.failed(t, "doctor")
	if got.code != codeUsage || document.Code != "configuration" || len(document.Rows) == 0 || !strings.Contains(got.stdout, `"checks"`) {
		t.Errorf("doctor ended with %d: %s", got.code, got.stdout)
	}
}

func TestHelpSaysInWhatMoneyIs(t *testing.T) {
	t.Parallel()
	for _, words := range leaves((&invocation{}).root(), nil) {
		if words[0] == "help" || words[0] == "completion" {
			continue
		}
		got := call(t, nil, append(slices.Clone(words), "--help")...)
		if got.code != codeDone || !strings.Contains(got.stdout, "smallest unit") {
			t.Errorf("daesa %s --help does not say it (%d): %s", strings.Join(words, " "), got.code, got.stdout)
		}
	}
}

// failedInOneDocument says whether a command that failed printed the document of a
// failure, with its exit code and what to do next, and nothing else.
func failedInOneDocument(l *chaosLife) bool {
	var document failureDocument
	return json.Unmarshal(l.stdout.Bytes(), &document) == nil && document.Error != "" && document.Hint != nil && document.Code != "" && document.ExitCode == codeFailed
}
