package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/faults.txt anew")

// canary stands in every secret of these tests and may never come out.
const canary = "CANARY"

func environment(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
}

var testEnvironment = map[string]string{
	"A":          "test_sk_" + canary,
	"EMPTY":      "",
	"LIVE_KEY":   "live_gsk_" + canary,
	"TEST_KEY":   "test_gsk_" + canary,
	"CLIENT_KEY": "live_ck_" + canary,
	"OTHER_KEY":  canary,
	"SPACED_KEY": "test_sk_ " + canary,
}

const someMerchant = "merchants: [{mid: shop, environment: test, secret_key_env: A}]\n"

// TestFaults compares the whole printed text of each file of
// testdata/faults.txt. A file without merchants gets one at its end.
func TestFaults(t *testing.T) {
	golden, err := filepath.Abs(filepath.Join("testdata", "faults.txt"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	t.Chdir(t.TempDir())
	for section := range strings.SplitSeq(strings.TrimPrefix(string(data), "=== "), "\n=== ") {
		name, rest, _ := strings.Cut(section+"\n", "\n")
		file, want, _ := strings.Cut(rest, "--- faults\n")
		t.Run(name, func(t *testing.T) {
			got := faultsOf(t, name, file)
			if strings.Contains(got, canary) {
				t.Errorf("a secret is printed:\n%s", got)
			}
			if diff := cmp.Diff(strings.TrimSpace(want), got); diff != "" && !*update {
				t.Errorf("-want +got:\n%s", diff)
			}
			out.WriteString("=== " + name + "\n" + file + "--- faults\n" + got + "\n")
		})
	}
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func faultsOf(t *testing.T, name, file string) string {
	t.Helper()
	plain := name != "empty" && name != "only comments" && name != "no section" && name != "no yaml"
	if plain && !strings.Contains(file, "merchants:") {
		file += someMerchant
	}
	if err := os.WriteFile("daesa.yaml", []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load("daesa.yaml", environment(testEnvironment), strings.HasPrefix(name, "secrets"))
	faults, ok := errors.AsType[*Faults](err)
	if !ok || c != nil {
		t.Fatalf("got %v, %v; want faults", c, err)
	}
	for _, f := range faults.List {
		if f.Reason == "" || f.Hint == "" {
			t.Errorf("a fault without reason or hint: %+v", f)
		}
	}
	return faults.Error()
}

func TestFaultsOfTheFileItself(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct{ name, path, want string }{
		{"missing", filepath.Join(dir, "none.yaml"), "does not exist\n  hint: `daesa init` writes one; --config or $DAESA_CONFIG names another"},
		{"folder", dir, "cannot be read: it is not a file\n  hint: --config or $DAESA_CONFIG names another"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Load(test.path, nil, true)
			want := "configuration: 1 fault in " + test.path + "\n" + test.path + ": " + test.want
			if diff := cmp.Diff(want, err.Error()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	large := filepath.Join(dir, "large.yaml")
	if err := os.WriteFile(large, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(large, nil, false); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("a file beyond the limit: %v", err)
	}
}

// TestDatabaseVariable proves that the environment wins, also over a fault,
// and that its own faults name it.
func TestDatabaseVariable(t *testing.T) {
	env := map[string]string{DatabaseVariable: "postgres://daesa:" + canary + "@db/daesa?sslmode=verify-full"}
	file := []byte("database: {url: \"postgres://daesa:${PASSWORD}@host/daesa\"}\n" + someMerchant)
	c, err := Parse("daesa.yaml", file, environment(env))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(env[DatabaseVariable], c.Database.URL.Reveal()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("postgres://db/daesa", c.Database.Redacted()); diff != "" {
		t.Error(diff)
	}
	_, err = Parse("daesa.yaml", file, environment(map[string]string{DatabaseVariable: "oracle://" + canary}))
	want := `configuration: 1 fault in daesa.yaml
daesa.yaml:1:11: database.url: begins neither with sqlite: nor with postgres:// or postgresql://
  hint: correct the environment variable DAESA_DATABASE_URL: sqlite:daesa.db or postgres://user@host/name`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
}
