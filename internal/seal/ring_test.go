package seal

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"daesa/internal/racing"
)

// source is where rings of a test read their keyset.
type source struct {
	mu      sync.Mutex
	content []byte
	err     error
	reads   int
}

func (s *source) load() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	return s.content, s.err
}

func (s *source) rotate() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := Rotate(s.content)
	if err == nil {
		s.content = now
	}
	return err
}

func newRing(t testing.TB) (*source, *Ring) {
	t.Helper()
	content, err := NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	from := &source{content: content}
	return from, ringOf(t, from)
}

// fatalist is what testing and rapid have in common.
type fatalist interface {
	Helper()
	Fatal(args ...any)
}

func ringOf(t fatalist, from *source) *Ring {
	t.Helper()
	ring, err := NewRing(from.load)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func rotated(t fatalist, serialised []byte) []byte {
	t.Helper()
	now, err := Rotate(serialised)
	if err != nil {
		t.Fatal(err)
	}
	return now
}

func retired(t fatalist, serialised []byte, ids ...uint32) []byte {
	t.Helper()
	now, err := Retire(serialised, ids)
	if err != nil {
		t.Fatal(err)
	}
	return now
}

func keys(t fatalist, serialised []byte) []uint32 {
	t.Helper()
	ids, err := Keys(serialised)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func sealWith(t fatalist, ring *Ring) []byte {
	t.Helper()
	sealed, err := ring.Seal(plain, place)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func opens(t *testing.T, ring *Ring, sealed []byte) {
	t.Helper()
	if got, err := ring.Open(sealed, place); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("opened as %q, %v", got, err)
	}
}

func staysShut(t *testing.T, ring *Ring, sealed, associated []byte) {
	t.Helper()
	if got, err := ring.Open(sealed, associated); !errors.Is(err, ErrOpen) || got != nil {
		t.Errorf("opened as %q, %v", got, err)
	}
}

func TestARingFollowsARotation(t *testing.T) {
	from, early := newRing(t)
	old := sealWith(t, early)
	from.content = rotated(t, from.content)
	late := ringOf(t, from)
	fresh := sealWith(t, late)
	if bytes.Equal(old[:5], fresh[:5]) {
		t.Error("the new key does not seal")
	}
	opens(t, late, old)
	opens(t, early, fresh) // which it did not know yet
	opens(t, early, old)
	if early.Primary() != late.Primary() {
		t.Error("the early ring has not followed")
	}
}

func TestARingSealsWithTheNewestKey(t *testing.T) {
	from, ring := newRing(t)
	first := keys(t, from.content)[0]
	from.content = rotated(t, from.content)
	if got := ring.Primary(); got != first {
		t.Errorf("it seals with %d before it has read, want %d", got, first)
	}
	sealed := sealWith(t, ring)
	if got, _ := KeyOf(sealed); got == first || got != ring.Primary() || got != keys(t, from.content)[0] {
		t.Errorf("sealed with key %d of %v", got, keys(t, from.content))
	}
}

func TestReloadOfARing(t *testing.T) {
	from, ring := newRing(t)
	old := sealWith(t, ring)
	first := ring.Primary()
	from.content = rotated(t, from.content)
	from.content = retired(t, from.content, first)
	opens(t, ring, old) // it still has the key
	if err := ring.Reload(); err != nil {
		t.Fatal(err)
	}
	if got, want := ring.Primary(), keys(t, from.content)[0]; got != want {
		t.Errorf("it seals with %d, want %d", got, want)
	}
	staysShut(t, ring, old, place)
}

func TestARingReadsItsSourceOnceForATextThatDoesNotOpen(t *testing.T) {
	from, ring := newRing(t)
	sealed := sealWith(t, ring)
	reads := func(want int, open func()) {
		t.Helper()
		from.reads = 0
		if open(); from.reads != want {
			t.Errorf("%d reads, want %d", from.reads, want)
		}
	}
	reads(0, func() { opens(t, ring, sealed) })
	reads(1, func() { staysShut(t, ring, sealed, []byte("row 18")) })
	from.content = rotated(t, from.content)
	reads(1, func() { staysShut(t, ring, sealed, []byte("row 18")) })
}

func TestARingWhoseSourceFails(t *testing.T) {
	gone := errors.New("the file is gone")
	if _, err := NewRing(func() ([]byte, error) { return nil, gone }); !errors.Is(err, gone) {
		t.Error(err)
	}
	if _, err := NewRing(func() ([]byte, error) { return []byte("{}"), nil }); !errors.Is(err, ErrKeyset) {
		t.Error(err)
	}
	from, ring := newRing(t)
	sealed, primary, stranger := sealWith(t, ring), ring.Primary(), seal(t, newSealer(t))
	for _, test := range []struct {
		content []byte
		err     error
		want    error
	}{{from.content, gone, gone}, {[]byte("{}"), nil, ErrKeyset}} {
		from.content, from.err = test.content, test.err
		_, sealErr := ring.Seal(plain, place)
		_, openErr := ring.Open(stranger, place)
		for _, err := range []error{sealErr, openErr, ring.Reload()} {
			if !errors.Is(err, test.want) || errors.Is(err, ErrOpen) {
				t.Errorf("%v, want %v", err, test.want)
			}
		}
		opens(t, ring, sealed) // with what it has
		if ring.Primary() != primary {
			t.Error("the ring has lost its keyset")
		}
	}
}

func TestARingRefuses(t *testing.T) {
	_, ring := newRing(t)
	sealed := sealWith(t, ring)
	staysShut(t, ring, sealed, []byte("row 18"))
	staysShut(t, ring, sealed, nil)
	staysShut(t, ring, nil, place)
	staysShut(t, ring, seal(t, newSealer(t)), place)
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		staysShut(t, ring, changed, place)
	}
}

// TestARingServesManyAtOnce rotates while several goroutines seal and open.
func TestARingServesManyAtOnce(t *testing.T) {
	from, ring := newRing(t)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 20 {
				sealed, err := ring.Seal(plain, place)
				if err != nil {
					t.Error(err)
				}
				opens(t, ring, sealed)
				if err := ring.Reload(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Go(func() {
		for range 10 {
			if err := from.rotate(); err != nil {
				t.Error(err)
			}
		}
	})
	group.Wait()
	sealWith(t, ring)
	if got, want := ring.Primary(), keys(t, from.content)[0]; got != want {
		t.Errorf("it ends with key %d, want %d", got, want)
	}
}

// TestEveryTextUnderAKeptKeyOpens goes through any sequence of rotations,
// seals and retirements.
func TestEveryTextUnderAKeptKeyOpens(t *testing.T) {
	racing.Skip(t, "one text after the other")
	rapid.Check(t, func(t *rapid.T) {
		content, err := NewKeyset()
		if err != nil {
			t.Fatal(err)
		}
		from := &source{content: content}
		old := ringOf(t, from)
		sealed := map[string][]byte{} // by its place, which is its text too
		t.Repeat(map[string]func(*rapid.T){
			"rotate": func(t *rapid.T) { from.content = rotated(t, from.content) },
			"retire": func(t *rapid.T) {
				others := keys(t, from.content)[1:]
				if len(others) == 0 {
					t.Skip("only the primary is left")
				}
				ids := rapid.SliceOf(rapid.SampledFrom(others)).Draw(t, "ids")
				from.content = retired(t, from.content, ids...)
			},
			"seal": func(t *rapid.T) {
				ring := rapid.SampledFrom([]*Ring{old, ringOf(t, from)}).Draw(t, "ring")
				name := fmt.Sprint(len(sealed))
				text, err := ring.Seal([]byte(name), []byte(name))
				if err != nil {
					t.Fatal(err)
				}
				if id, ok := KeyOf(text); !ok || id != keys(t, from.content)[0] {
					t.Fatalf("sealed with key %d, which is not the primary", id)
				}
				sealed[name] = text
			},
			"": func(t *rapid.T) {
				kept, fresh := keys(t, from.content), ringOf(t, from)
				for name, text := range sealed {
					id, _ := KeyOf(text)
					for _, ring := range []*Ring{fresh, old} {
						got, err := ring.Open(text, []byte(name))
						if slices.Contains(kept, id) && (err != nil || string(got) != name) {
							t.Fatalf("text %s under the kept key %d: %q, %v", name, id, got, err)
						}
						if !slices.Contains(kept, id) && ring == fresh && !errors.Is(err, ErrOpen) {
							t.Fatalf("text %s under the retired key %d: %q, %v", name, id, got, err)
						}
					}
				}
			},
		})
	})
}
