package extsort

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"daesa/internal/hint"
)

// byKey compares what stands before the first colon.
func byKey(a, b []byte) int {
	keyA, _, _ := bytes.Cut(a, []byte(":"))
	keyB, _, _ := bytes.Cut(b, []byte(":"))
	return bytes.Compare(keyA, keyB)
}

// gather goes through a sorter.
func gather(t *testing.T, s *Sorter) []string {
	t.Helper()
	var all []string
	for record, err := range s.All() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(record))
	}
	return all
}

func closed(t *testing.T, s *Sorter) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Records come in order, those with one key as they were added, in whatever memory,
// and again from the beginning.
func TestRecordsComeInOrderWhateverTheMemory(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		memory := 1 << rnd.IntN(14)
		s := New(t.TempDir(), memory, byKey)
		var want []string
		for i := range rnd.IntN(700) {
			record := fmt.Sprintf("%d:%d%s", rnd.IntN(100), i, strings.Repeat("x", rnd.IntN(50)))
			want = append(want, record)
			if err := s.Add([]byte(record)); err != nil {
				t.Fatal(err)
			}
		}
		slices.SortStableFunc(want, func(a, b string) int { return byKey([]byte(a), []byte(b)) })
		for range 2 {
			if got := gather(t, s); !slices.Equal(got, want) {
				t.Fatalf("seed %d, %d records in %d bytes: not in order", seed, len(want), memory)
			}
		}
		closed(t, s)
	}
}

func TestASorterHoldsNoMoreThanItMay(t *testing.T) {
	t.Parallel()
	const memory = 4096
	s := New(t.TempDir(), memory, bytes.Compare)
	defer closed(t, s)
	for i := range 10_000 {
		if err := s.Add(fmt.Appendf(nil, "%05d", i*7919%10_000)); err != nil {
			t.Fatal(err)
		}
		if held := len(s.held) + perRecord*len(s.places); held > memory {
			t.Fatalf("%d bytes are held", held)
		}
	}
	if len(s.runs) < 10 {
		t.Fatalf("only %d runs", len(s.runs))
	}
	if got := gather(t, s); len(got) != 10_000 || !slices.IsSorted(got) {
		t.Errorf("%d records", len(got))
	}
}

// Nobody else can read what was sorted, and nothing of it is left, even where the
// process is killed: the file has no name.
func TestTheFileHasNoName(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := New(folder, 64, bytes.Compare)
	for i := range 100 {
		if err := s.Add(fmt.Appendf(nil, "record %d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if s.file == nil {
		t.Fatal("nothing was written")
	}
	if info, err := s.file.Stat(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("%v %v", left, err)
	}
	closed(t, s)
}

func TestNothingIsWrittenOfWhatFits(t *testing.T) {
	t.Parallel()
	s := New(filepath.Join(t.TempDir(), "no such folder"), Memory, bytes.Compare)
	defer closed(t, s)
	for _, record := range []string{"b", "", "a"} {
		if err := s.Add([]byte(record)); err != nil {
			t.Fatal(err)
		}
	}
	if got := gather(t, s); !slices.Equal(got, []string{"", "a", "b"}) {
		t.Errorf("%q", got)
	}
}

// A folder that cannot be written ends the sort with what to do, and a file that
// was cut is not taken for a shorter one.
func TestWhatTheDiskRefusesIsSaid(t *testing.T) {
	t.Parallel()
	s := New(filepath.Join(t.TempDir(), "no such folder"), 1, bytes.Compare)
	err := s.Add([]byte("a"))
	if err == nil {
		err = s.Add([]byte("b"))
	}
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(hint.Of(err), "TMPDIR") {
		t.Errorf("%v, hint %q", err, hint.Of(err))
	}
	cut := New(t.TempDir(), 1, bytes.Compare)
	defer closed(t, cut)
	for i := range 50 {
		if err := cut.Add(fmt.Appendf(nil, "%05d", i)); err != nil {
			t.Fatal(err)
		}
	}
	gather(t, cut)
	last := cut.runs[len(cut.runs)-1]
	if err := cut.file.Truncate(last.at + last.length - 2); err != nil {
		t.Fatal(err)
	}
	var given int
	err = nil
	for _, e := range cut.All() {
		if e != nil {
			err = e
		}
		given++
	}
	if err == nil {
		t.Errorf("%d records of a file that was cut, and no error", given)
	}
}

func TestOneMayStopInTheMiddle(t *testing.T) {
	t.Parallel()
	s := New(t.TempDir(), 1, bytes.Compare)
	defer closed(t, s)
	for _, record := range []string{"c", "a", "b"} {
		if err := s.Add([]byte(record)); err != nil {
			t.Fatal(err)
		}
	}
	for record, err := range s.All() {
		if err != nil || string(record) != "a" {
			t.Errorf("%q is first: %v", record, err)
		}
		break
	}
	if got := gather(t, s); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("again: %q", got)
	}
}
