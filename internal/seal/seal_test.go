package seal

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

var plain, place = []byte("a text to hide"), []byte("row 17")

func newSealer(t *testing.T) *Sealer {
	t.Helper()
	serialised, err := NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(serialised)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func seal(t *testing.T, s *Sealer) []byte {
	t.Helper()
	sealed, err := s.Seal(plain, place)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestSeal(t *testing.T) {
	s := newSealer(t)
	sealed := seal(t, s)
	if bytes.Contains(sealed, plain) {
		t.Error("the text is not hidden")
	}
	if again := seal(t, s); bytes.Equal(sealed, again) {
		t.Error("the same text is sealed to the same bytes")
	}
	got, err := s.Open(sealed, place)
	if err != nil || !bytes.Equal(got, plain) {
		t.Errorf("opened as %q, %v", got, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	s := newSealer(t)
	sealed := seal(t, s)
	refused := func(what string, s *Sealer, sealed, associated []byte) {
		t.Helper()
		if got, err := s.Open(sealed, associated); !errors.Is(err, ErrOpen) || got != nil {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
	refused("another place", s, sealed, []byte("row 18"))
	refused("no place", s, sealed, nil)
	refused("another key", newSealer(t), sealed, place)
	refused("nothing", s, nil, place)
	refused("one byte more", s, append(bytes.Clone(sealed), 0), place)
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		refused(fmt.Sprintf("byte %d changed", i), s, changed, place)
		refused(fmt.Sprintf("cut at byte %d", i), s, sealed[:i], place)
	}
}

func TestOpenRefusesAKeyset(t *testing.T) {
	serialised, err := NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "{}", "null", "CANARY", `{"primaryKeyId":1,"key":[]}`, string(serialised[:len(serialised)/2])} {
		if _, err := Open([]byte(text)); !errors.Is(err, ErrKeyset) || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestNothingShowsTheKey prints what holds a key in every way.
func TestNothingShowsTheKey(t *testing.T) {
	_, ring := newRing(t)
	for want, holder := range map[string]any{"seal.Sealer": newSealer(t), "seal.Ring": ring} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if got := fmt.Sprintf(verb, holder); got != want {
				t.Errorf("%s prints %s", verb, got)
			}
		}
	}
}
