package seal

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"daesa/internal/hint"

	"github.com/google/go-cmp/cmp"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac"
)

func TestRotateAddsAPrimary(t *testing.T) {
	from, _ := newRing(t)
	first := keys(t, from.content)
	second := keys(t, rotated(t, from.content))
	if len(first) != 1 || len(second) != 2 || second[0] == first[0] || second[1] != first[0] {
		t.Errorf("%v becomes %v", first, second)
	}
	if again := keys(t, rotated(t, from.content)); again[0] == second[0] {
		t.Error("two rotations give the same key")
	}
}

func TestRetire(t *testing.T) {
	from, ring := newRing(t)
	texts := [][]byte{sealWith(t, ring)}
	for range 2 {
		from.content = rotated(t, from.content)
		texts = append(texts, sealWith(t, ring))
	}
	ids := keys(t, from.content) // newest, oldest, middle
	less := retired(t, from.content, ids[1], 0, ids[1])
	if diff := cmp.Diff([]uint32{ids[0], ids[2]}, keys(t, less)); diff != "" {
		t.Error(diff)
	}
	after := ringOf(t, &source{content: less})
	staysShut(t, after, texts[0], place)
	opens(t, after, texts[1])
	opens(t, after, texts[2])
	if same := retired(t, from.content); !slices.Equal(keys(t, same), ids) {
		t.Errorf("without ids, %v become %v", ids, keys(t, same))
	}
}

func TestThePrimaryIsNeverRetired(t *testing.T) {
	from, _ := newRing(t)
	from.content = rotated(t, from.content)
	ids := keys(t, from.content)
	for _, named := range [][]uint32{ids[:1], ids, {ids[1], ids[0]}} {
		got, err := Retire(from.content, named)
		if err == nil || got != nil || !strings.Contains(err.Error(), "is the primary") || hint.Of(err) != "rotate the key first" {
			t.Errorf("%v: %s, %v", named, got, err)
		}
	}
}

func TestWhatIsNoKeysetIsNotChanged(t *testing.T) {
	other, err := keyset.NewHandle(mac.HMACSHA256Tag256KeyTemplate())
	if err != nil {
		t.Fatal(err)
	}
	signing, err := serialise(other)
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"", "{}", "CANARY", string(signing)} {
		_, rotateErr := Rotate([]byte(content))
		_, retireErr := Retire([]byte(content), nil)
		_, keysErr := Keys([]byte(content))
		for _, err := range []error{rotateErr, retireErr, keysErr} {
			if !errors.Is(err, ErrKeyset) || strings.Contains(err.Error(), "CANARY") {
				t.Errorf("%q: %v", content, err)
			}
		}
	}
}

func TestKeyOf(t *testing.T) {
	from, ring := newRing(t)
	sealed := sealWith(t, ring)
	empty, err := ring.Seal(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	other := bytes.Clone(sealed)
	other[0] = 0
	id := keys(t, from.content)[0]
	for _, test := range []struct {
		name string
		text []byte
		id   uint32
		ok   bool
	}{
		{"a text", sealed, id, true},
		{"an empty text", empty, id, true},
		{"one byte less than an empty text", empty[:len(empty)-1], 0, false},
		{"its key's id only", sealed[:5], 0, false},
		{"nothing", nil, 0, false},
		{"another first byte", other, 0, false},
		{"a plain text", []byte(`{"bank": "06", "account_number": "1", "holder_name": "x"}`), 0, false},
	} {
		if got, ok := KeyOf(test.text); got != test.id || ok != test.ok {
			t.Errorf("%s: key %d %v, want %d %v", test.name, got, ok, test.id, test.ok)
		}
	}
}
