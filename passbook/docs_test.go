package passbook

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheGuideTellsOfEveryLayout, each in a row of a table, and of no other.
func TestTheGuideTellsOfEveryLayout(t *testing.T) {
	text, err := os.ReadFile("../docs/bank-files.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Layouts() {
		if !strings.Contains(string(text), "\n| `"+name+"` | ") {
			t.Errorf("docs/bank-files.md has no row for %s", name)
		}
	}
	for _, key := range layoutKeys {
		if !regexp.MustCompile("\n\\| [^|]*`" + key + "`").Match(text) {
			t.Errorf("docs/bank-files.md does not explain the key %s", key)
		}
	}
	for _, role := range roles {
		if !strings.Contains(string(text), "`"+role+"`") {
			t.Errorf("docs/bank-files.md does not explain the role %s", role)
		}
	}
}

// TestTheLayoutsOfTheGuideCanBeLoaded.
func TestTheLayoutsOfTheGuideCanBeLoaded(t *testing.T) {
	text, err := os.ReadFile("../docs/bank-files.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) != 3 {
		t.Fatalf("%d examples", len(blocks))
	}
	for i, block := range blocks {
		path := filepath.Join(t.TempDir(), fmt.Sprint(i, ".yaml"))
		if err := os.WriteFile(path, []byte(block[1]), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadLayout(path); err != nil {
			t.Error(err)
		}
	}
}
