// Package sqlfiles holds the SQL text, migrations and queries, for SQLite and
// PostgreSQL, written once but for the few words that differ. It runs nothing, and
// knows no state by name: who reads the queries gives the sets of states that they
// ask for. Begin at queries/rules.sql, which has the rules that set-based statements
// share, then Queries.
package sqlfiles

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing/fstest"
	"text/template"
)

//go:embed migrations/*.sql queries/*.sql
var files embed.FS

// Dialect is one of the two databases.
type Dialect string

// The databases that daesa runs on.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// words are what the two databases call the same thing. Key is text whose
// order is byte order on both; Clustered makes SQLite keep a table in the order
// of its primary key, which is what a night reads it in.
type words struct {
	Postgres  bool
	Key       string
	Time      string
	Blob      string
	Int       string
	Strict    string
	Clustered string
	Set       map[string]string
	Batch     []struct{}
}

// Batch is how many values a query takes that asks for some of a list: they are
// :NAME_0 and on, and a shorter list repeats its last.
const Batch = 200

// Sets are states that have something in common, by a name, as the room that
// knows what they mean lists them. A query asks for them as IN {{.Set.NAME}}.
type Sets map[string][]string

// in writes the sets as SQL does.
func (s Sets) in() map[string]string {
	lists := make(map[string]string, len(s))
	for name, words := range s {
		lists[name] = "('" + strings.Join(words, "','") + "')"
	}
	return lists
}

func (d Dialect) words() words {
	if d == Postgres {
		return words{Postgres: true, Key: `text COLLATE "C"`, Time: "timestamptz", Blob: "bytea", Int: "bigint"}
	}
	return words{Key: "TEXT", Time: "TEXT", Blob: "BLOB", Int: "INTEGER", Strict: "STRICT", Clustered: "STRICT, WITHOUT ROWID"}
}

// Migrations gives the migration files of a dialect, at the root of the returned file
// system. Each is rendered when it is opened: most commands ask for their numbers alone.
func Migrations(d Dialect) (fs.FS, error) {
	raw, err := fs.Sub(files, "migrations")
	return migrations{raw, d}, err
}

type migrations struct {
	fs.FS
	dialect Dialect
}

// Open gives a folder as it is, and a file as it runs on the dialect.
func (m migrations) Open(name string) (fs.File, error) {
	if path.Ext(name) != ".sql" {
		return m.FS.Open(name)
	}
	text, err := m.dialect.render(path.Join("migrations", name), nil)
	if err != nil {
		return nil, err
	}
	return fstest.MapFS{name: &fstest.MapFile{Data: []byte(text), Mode: 0o444}}.Open(name)
}

// Queries gives every query of a dialect by name. In the files a query begins
// at a line "-- name: NAME". A set that a query asks for and nobody gives is an
// error.
func Queries(d Dialect, sets Sets) (map[string]string, error) {
	queries := map[string]string{}
	entries, err := files.ReadDir("queries")
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		text, err := d.render(path.Join("queries", entry.Name()), sets)
		if err != nil {
			return nil, err
		}
		for _, part := range strings.Split("\n"+text, "\n-- name: ")[1:] {
			name, body, _ := strings.Cut(part, "\n")
			if _, twice := queries[name]; twice {
				return nil, fmt.Errorf("sql: query %q stands twice", name)
			}
			queries[name] = equals(withoutComments(body))
		}
	}
	return queries, nil
}

// notOfOne and ofOne are comparisons with a set of one word. They begin with letters, by
// which they are found fast: every command reads all queries.
var (
	notOfOne = regexp.MustCompile(`NOT IN \(('[a-z_]+')\)`)
	ofOne    = regexp.MustCompile(`IN \(('[a-z_]+')\)`)
)

// equals writes comparisons with a set of one word as =. SQLite finds a partial index
// by state = 'waiting', not by state IN ('waiting').
func equals(query string) string {
	return ofOne.ReplaceAllString(notOfOne.ReplaceAllString(query, "<> $1"), "= $1")
}

// rulesFile has what several files of queries share, and no query of its own.
const rulesFile = "queries/rules.sql"

// rules are what is shared, read once.
var rules = sync.OnceValues(func() (*template.Template, error) {
	text, err := files.ReadFile(rulesFile)
	if err != nil {
		return nil, err
	}
	return template.New(rulesFile).Option("missingkey=error").Parse(string(text))
})

func (d Dialect) render(name string, sets Sets) (string, error) {
	raw, err := files.ReadFile(name)
	if err != nil {
		return "", err
	}
	shared, err := rules()
	if err == nil {
		shared, err = shared.Clone()
	}
	if err != nil {
		return "", fmt.Errorf("sql: %w", err)
	}
	parsed, err := shared.New(name).Parse(string(raw))
	if err != nil {
		return "", fmt.Errorf("sql: %w", err)
	}
	var out bytes.Buffer
	words := d.words()
	words.Set, words.Batch = sets.in(), make([]struct{}, Batch)
	if err := parsed.Execute(&out, words); err != nil {
		return "", fmt.Errorf("sql: %w", err)
	}
	return out.String(), nil
}

// withoutComments drops whole-line comments, so that a colon in prose is not
// taken for a parameter.
func withoutComments(body string) string {
	var kept []string
	for _, line := range strings.Split(body, "\n") {
		if !strings.HasPrefix(strings.TrimSpace(line), "--") {
			kept = append(kept, line)
		}
	}
	return strings.TrimSpace(strings.Join(kept, "\n"))
}

// Newest is the schema version that the migrations lead to: the number in the name
// of the last.
func Newest() (int64, error) {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return 0, err
	}
	number, _, _ := strings.Cut(path.Base(slices.Max(names)), "_")
	return strconv.ParseInt(number, 10, 64)
}
