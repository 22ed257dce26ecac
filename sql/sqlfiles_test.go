package sqlfiles

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// everySet answers whatever set a query asks for.
func everySet(t *testing.T) Sets {
	t.Helper()
	sets := Sets{}
	entries, err := files.ReadDir("queries")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		text, err := files.ReadFile("queries/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`\{\{\.Set\.(\w+)\}\}`).FindAllStringSubmatch(string(text), -1) {
			sets[found[1]] = []string{"one", "another"}
		}
	}
	return sets
}

func TestASetThatNobodyGivesIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := Queries(SQLite, nil); err == nil {
		t.Error("queries without the states that they ask for are taken")
	}
}

// Every query that the store names is there, and every query is used.
func TestTheStoreAndTheQueriesNameTheSame(t *testing.T) {
	t.Parallel()
	queries, err := Queries(SQLite, everySet(t))
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, room := range []string{"../store/", "../internal/database/"} {
		entries, err := os.ReadDir(room)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if strings.HasSuffix(entry.Name(), ".go") && !strings.HasSuffix(entry.Name(), "_test.go") {
				text, err := os.ReadFile(room + entry.Name())
				if err != nil {
					t.Fatal(err)
				}
				code.Write(text)
			}
		}
	}
	for name := range queries {
		base := regexp.MustCompile(`^(drop|create)_`).ReplaceAllString(name, "")
		if !strings.Contains(code.String(), `"`+name+`"`) && !strings.Contains(code.String(), `"`+base+`"`) {
			t.Errorf("nobody runs the query %s", name)
		}
	}
	for _, named := range regexp.MustCompile(`d\.(?:db\.)?(?:Exec|One|All|Query|exec|one|all)\((?:ctx, [a-z.]+, (?:&\w+, )?)?"(\w+)"`).FindAllStringSubmatch(code.String(), -1) {
		if _, ok := queries[named[1]]; !ok {
			t.Errorf("there is no query %s", named[1])
		}
	}
}

func TestBothDialectsHaveTheSameQueriesAndMigrations(t *testing.T) {
	t.Parallel()
	lite, err := Queries(SQLite, everySet(t))
	if err != nil {
		t.Fatal(err)
	}
	pg, err := Queries(Postgres, everySet(t))
	if err != nil {
		t.Fatal(err)
	}
	for name := range lite {
		if pg[name] == "" || strings.Contains(pg[name], "{{") {
			t.Errorf("PostgreSQL has no %s", name)
		}
	}
	for _, dialect := range []Dialect{SQLite, Postgres} {
		files, err := Migrations(dialect)
		if err != nil {
			t.Fatal(err)
		}
		found, err := fs.Glob(files, "*.sql")
		if err != nil || len(found) == 0 {
			t.Errorf("%s: %v, %v", dialect, found, err)
		}
	}
}
