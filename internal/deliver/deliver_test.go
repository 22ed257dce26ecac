package deliver

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"daesa/internal/hint"

	"github.com/google/go-cmp/cmp"
)

// variables is an environment.
func variables(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
}

// book is a file to be delivered.
func book(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "book.xlsx")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// refused checks that an error tells what to do, and no secret.
func refused(t *testing.T, err error, says string) {
	t.Helper()
	var own *hint.Error
	switch {
	case !errors.As(err, &own):
		t.Errorf("got %v, expected an error that says %q", err, says)
	case !strings.Contains(err.Error(), says):
		t.Errorf("got %q, expected that it says %q", err, says)
	case own.Hint() == "":
		t.Errorf("%q does not say what to do", err)
	case strings.Contains(err.Error()+own.Hint(), "canary"):
		t.Errorf("%q holds a secret", err)
	}
}

func TestOpenSaysWhatIsMissing(t *testing.T) {
	key := map[string]string{"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "canary"}
	with := func(name, value string) map[string]string {
		return map[string]string{"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "canary", name: value}
	}
	smtp := func(value string) map[string]string { return map[string]string{mailURL: value} }
	file := book(t, "")
	for _, test := range []struct {
		place string
		env   map[string]string
		says  string // "": the place can be used
	}{
		{"", nil, "is no place"},
		{"ftp://host/x", nil, "is no place"},
		{filepath.Dir(file), nil, ""},
		{filepath.Join(filepath.Dir(file), "none"), nil, "does not exist"},
		{file, nil, "it is no folder"},
		{"s3://bucket/prefix", nil, "key of the store is missing"},
		{"s3://bucket/prefix", map[string]string{"AWS_ACCESS_KEY_ID": "AKID"}, "key of the store is missing"},
		{"s3://bucket/prefix", key, ""},
		{"s3://bucket", with("AWS_ENDPOINT_URL", "https://minio.example.com"), ""},
		{"s3://bucket", with("AWS_ENDPOINT_URL", "http://127.0.0.1:9000"), ""},
		{"s3://bucket", with("AWS_ENDPOINT_URL", "http://minio.example.com"), "no address of a store"},
		{"s3://bucket", with("AWS_ENDPOINT_URL", "https://canary@minio.example.com"), "no address of a store"},
		{"s3://bucket", with("AWS_ENDPOINT_URL", "https://minio.example.com/path"), "no address of a store"},
		{"s3://", key, "is no bucket"},
		{"mailto:finance@example.com", nil, "not known"},
		{"mailto:finance@example.com", smtp("smtp://kim%40example.com:canary@mail.example.com"), ""},
		{"mailto:finance@example.com", smtp("smtps://kim:canary@mail.example.com?from=daesa@example.com"), ""},
		{"mailto:finance@example.com", smtp("smtp://kim:canary@mail.example.com"), "names no sender"},
		{"mailto:finance@example.com", smtp("https://kim:canary@mail.example.com"), "no address of a mail server"},
		{"mailto:finance@example.com", smtp("smtp://kim:canary%%@mail.example.com"), "no address of a mail server"},
		{"mailto:nobody", smtp("smtp://kim%40example.com:canary@mail.example.com"), "receiver is no address"},
	} {
		_, err := Open(test.place, variables(test.env))
		if test.says == "" {
			if err != nil {
				t.Errorf("%s: %v", test.place, err)
			}
			continue
		}
		refused(t, err, test.says)
	}
}

func TestAFolderGetsAWholeCopy(t *testing.T) {
	file, dir := book(t, "new"), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "book.xlsx"), []byte("the copy of an earlier run"), 0o644); err != nil {
		t.Fatal(err)
	}
	place, err := Open(dir, variables(nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := place.Put(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"book.xlsx": "new"}, contents(t, dir)); diff != "" {
		t.Error(diff)
	}
	info, err := os.Stat(filepath.Join(dir, "book.xlsx"))
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[entry.Name()] = string(text)
	}
	return all
}

func TestWhatCannotBeCopiedLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	place, err := Open(dir, variables(nil))
	if err != nil {
		t.Fatal(err)
	}
	refused(t, place.Put(t.Context(), filepath.Join(dir, "none.xlsx")), "copying none.xlsx")
	// A folder stands in the way of the name, after the copy was written.
	if err := os.Mkdir(filepath.Join(dir, "book.xlsx"), 0o700); err != nil {
		t.Fatal(err)
	}
	refused(t, place.Put(t.Context(), book(t, "new")), "copying book.xlsx")
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v, %v", entries, err)
	}
	gone := filepath.Join(dir, "volume")
	if err := os.Mkdir(gone, 0o700); err != nil {
		t.Fatal(err)
	}
	if place, err = Open(gone, variables(nil)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	refused(t, place.Put(t.Context(), book(t, "new")), "copying book.xlsx")
}
