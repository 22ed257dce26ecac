package wholefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// holds checks what stands in a folder.
func holds(t *testing.T, folder string, want map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if text, ok := want[entry.Name()]; !ok || err != nil || text != string(content) {
			t.Errorf("%s holds %q (%v)", entry.Name(), content, err)
		}
		info, err := entry.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v (%v)", entry.Name(), info.Mode(), err)
		}
	}
	if len(entries) != len(want) {
		t.Errorf("%d files, want %d", len(entries), len(want))
	}
}

func TestAFileAppearsWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "a")
	if err := Replace(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("ne")); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(path); err != nil || string(content) != "old" {
		t.Errorf("half written it is %q (%v)", content, err)
	}
	if err := f.Discard(); err != nil {
		t.Error(err)
	}
	holds(t, folder, map[string]string{"a": "old"})
	if err := f.Commit(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("what was discarded is committed: %v", err)
	}
	if err := Replace(path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	holds(t, folder, map[string]string{"a": "new"})
}

func TestAFileThatCannotTakeItsPlaceLeavesNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "a"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Replace(filepath.Join(folder, "a"), []byte("x")); err == nil {
		t.Error("a file stands in the place of a folder")
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("%v are left (%v)", entries, err)
	}
	if err := Replace(filepath.Join(folder, "none", "a"), []byte("x")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestANewFileWritesOverNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "a")
	if err := New(path, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := New(path, []byte("second")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second one: %v", err)
	}
	holds(t, folder, map[string]string{"a": "first"})
}

func TestDiscardAfterCommitDoesNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	f, err := Create(filepath.Join(folder, "a"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := f.Discard(); err != nil {
		t.Error(err)
	}
	holds(t, folder, map[string]string{"a": ""})
}
