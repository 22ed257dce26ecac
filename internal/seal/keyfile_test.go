package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"daesa/internal/hint"
)

// rotates names the key file that a killed process of these tests rotates.
const rotates = "SEAL_TEST_ROTATES"

func TestMain(m *testing.M) {
	if path := os.Getenv(rotates); path != "" {
		for {
			if err := rotateFile(path); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
			fmt.Print("r")
		}
	}
	os.Exit(m.Run())
}

func rotateFile(path string) error {
	was, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	now, err := Rotate(was)
	if err != nil {
		return err
	}
	return ReplaceKeyFile(path, was, now)
}

func keyFile(t testing.TB) (path string, content []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "a.key")
	if err := WriteKeyFile(path); err != nil {
		t.Fatal(err)
	}
	return path, fileBytes(t, path)
}

func fileBytes(t testing.TB, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// alone says that a folder holds this file with mode 0600, and nothing else.
func alone(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 || entries[0].Name() != filepath.Base(path) {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o600 {
		t.Errorf("the mode is %v", info.Mode())
	}
}

func TestWriteKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.key")
	if err := WriteKeyFile(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the mode is %v", info.Mode())
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(before); err != nil {
		t.Error(err)
	}
	if err := WriteKeyFile(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("written over: %v", err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the key has changed, %v", err)
	}
	if err := WriteKeyFile(filepath.Join(t.TempDir(), "none", "a.key")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("written into no folder: %v", err)
	}
}

func TestReplaceKeyFile(t *testing.T) {
	path, was := keyFile(t)
	now := rotated(t, was)
	if err := ReplaceKeyFile(path, was, now); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(fileBytes(t, path), now) {
		t.Error("the file is not the new one")
	}
	alone(t, path)
}

func TestALinkToAKeyFileStaysALink(t *testing.T) {
	path, was := keyFile(t)
	link := filepath.Join(t.TempDir(), "link.key")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	now := rotated(t, was)
	if err := ReplaceKeyFile(link, was, now); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 || !bytes.Equal(fileBytes(t, path), now) {
		t.Error(info, err)
	}
	alone(t, path)
}

func TestAKeyFileIsNotReplaced(t *testing.T) {
	path, was := keyFile(t)
	now := rotated(t, was)
	for _, test := range []struct {
		name     string
		path     string
		was, now []byte
		want     error
		hint     string
	}{
		{"somebody rotated since", path, now, rotated(t, now), ErrChanged, "somebody else has rotated the key; begin again with the file as it is now"},
		{"read without its last line end", path, bytes.TrimSpace(was), now, ErrChanged, "somebody else has rotated the key; begin again with the file as it is now"},
		{"no keyset", path, was, []byte("CANARY"), ErrKeyset, ""},
		{"half a keyset", path, was, now[:len(now)/2], ErrKeyset, ""},
		{"no file", filepath.Join(filepath.Dir(path), "none.key"), was, now, fs.ErrNotExist, ""},
	} {
		err := ReplaceKeyFile(test.path, test.was, test.now)
		if !errors.Is(err, test.want) || hint.Of(err) != test.hint || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: %v\nhint: %s", test.name, err, hint.Of(err))
		}
		if !bytes.Equal(fileBytes(t, path), was) {
			t.Errorf("%s: the file was touched", test.name)
		}
		alone(t, path)
	}
}

func TestAKeyFileIsLockedWhileItIsReplaced(t *testing.T) {
	path, was := keyFile(t)
	lock := path + ".lock"
	if err := os.WriteFile(lock, []byte("half a k"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := ReplaceKeyFile(path, was, rotated(t, was))
	if want := "wait for it; if none is running, remove " + lock + " and begin again"; !errors.Is(err, ErrLocked) || hint.Of(err) != want {
		t.Error(err, hint.Of(err))
	}
	if !bytes.Equal(fileBytes(t, path), was) || string(fileBytes(t, lock)) != "half a k" {
		t.Error("a file was touched")
	}
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	if err := rotateFile(path); err != nil {
		t.Error(err)
	}
	alone(t, path)
}

// TestRotationsAtOnce lets several rotate one file while others read it.
func TestRotationsAtOnce(t *testing.T) {
	path, was := keyFile(t)
	first := keys(t, was)[0]
	var group sync.WaitGroup
	won := make(chan struct{}, 100)
	for range 8 {
		group.Go(func() {
			for range 5 {
				switch err := rotateFile(path); {
				case err == nil:
					won <- struct{}{}
				case !errors.Is(err, ErrChanged) && !errors.Is(err, ErrLocked):
					t.Error(err)
				}
				content, err := os.ReadFile(path)
				ids, wrong := Keys(content)
				if err != nil || wrong != nil || !slices.Contains(ids, first) {
					t.Error("a reader finds half a file, or a key is lost:", ids, err, wrong)
				}
			}
		})
	}
	group.Wait()
	if wins, made := len(won), len(keys(t, fileBytes(t, path)))-1; wins == 0 || wins != made {
		t.Errorf("%d rotations won, and there are %d new keys", wins, made)
	}
	alone(t, path)
}

// TestOfTwoRotationsOneWins lets two rotate what both have read.
func TestOfTwoRotationsOneWins(t *testing.T) {
	for range 20 {
		path, was := keyFile(t)
		made := [][]byte{rotated(t, was), rotated(t, was)}
		errs := make([]error, 2)
		var group sync.WaitGroup
		for i := range made {
			group.Go(func() { errs[i] = ReplaceKeyFile(path, was, made[i]) })
		}
		group.Wait()
		winner := slices.Index(errs, nil)
		if winner < 0 {
			t.Fatal(errs)
		}
		if err := errs[1-winner]; !errors.Is(err, ErrChanged) && !errors.Is(err, ErrLocked) {
			t.Error("the other one gets", err)
		}
		if !bytes.Equal(fileBytes(t, path), made[winner]) {
			t.Error("the file is not the winner's")
		}
		alone(t, path)
	}
}

// TestAKilledRotationLosesNothing kills a process that rotates without end.
func TestAKilledRotationLosesNothing(t *testing.T) {
	path, was := keyFile(t)
	known := keys(t, was)
	for round := range 10 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), rotates+"="+path)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		said := make([]byte, 1+round)
		if _, err := io.ReadFull(out, said); err != nil || strings.Trim(string(said), "r") != "" {
			t.Errorf("it says %q, %v", said, err)
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // it was killed
		now := keys(t, fileBytes(t, path))
		for _, id := range known {
			if !slices.Contains(now, id) {
				t.Fatalf("key %d is lost", id)
			}
		}
		if len(now) < len(known)+len(said) {
			t.Errorf("%d keys after %d and %d rotations", len(now), len(known), len(said))
		}
		known = now
		if err := os.Remove(path + ".lock"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	alone(t, path)
}
