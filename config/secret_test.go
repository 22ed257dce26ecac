package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestSecretNeverShows prints a secret in every way that a slip could.
func TestSecretNeverShows(t *testing.T) {
	type holder struct {
		Public  Secret
		private Secret
		list    []Secret
		inMap   map[string]Secret
	}
	s := NewSecret(canary)
	h := holder{s, s, []Secret{s}, map[string]Secret{"a": s}}
	var out bytes.Buffer
	for _, v := range []any{s, &s, h, &h, []Secret{s}, map[string]Secret{"a": s}, fmt.Errorf("key %v", s)} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		text, _ := json.Marshal(v)
		out.Write(text)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
	}
	text, err := yaml.Marshal(map[string]Secret{"a": s})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary)} {
		if strings.Contains(out.String(), form) {
			t.Errorf("the secret shows as %s in:\n%s", form, out.String())
		}
	}
	if !strings.Contains(out.String(), redacted) {
		t.Error("nothing says that something is hidden")
	}
}

func TestSecret(t *testing.T) {
	unset, set := NewSecret(""), NewSecret("a")
	if unset.IsSet() || unset.String() != "" || unset.Reveal() != "" {
		t.Errorf("an empty secret is set: %q", unset.String())
	}
	if !set.IsSet() || set.Reveal() != "a" {
		t.Error("a secret does not reveal itself")
	}
	if !set.Equal(NewSecret("a")) || set.Equal(NewSecret("b")) || set.Equal(unset) {
		t.Error("secrets do not compare by their text")
	}
}

func TestShare(t *testing.T) {
	for _, test := range []struct {
		text string
		want Share
	}{{"0.01", 10_000}, {"1", whole}, {"0.3", 300_000}, {"0.000001", 1}, {"1.5", 1_500_000}} {
		var got Share
		if wrong := got.fromText(test.text); wrong != nil || got != test.want {
			t.Errorf("%s: got %d, %v", test.text, got, wrong)
		}
		if got.String() != test.text {
			t.Errorf("%s is written as %s", test.text, got)
		}
	}
	for _, text := range []string{"", ".5", "1.", "0.0000001", "1e-2", "+1", "01", "1_0", " 1", "NaN"} {
		var got Share
		if got.fromText(text) == nil {
			t.Errorf("%q is taken for the share %d", text, got)
		}
	}
	hundredth := Share(10_000)
	for _, test := range []struct {
		part, total    int64
		above, reached bool
	}{
		{0, 0, false, false}, {5, 0, false, false}, {0, 100, false, false},
		{1, 100, false, true}, {2, 100, true, true}, {1, 101, false, false},
		{1 << 60, 1 << 62, true, true}, {-1, 100, false, false},
	} {
		if got := hundredth.Above(test.part, test.total); got != test.above {
			t.Errorf("%d of %d is above one in a hundred: %v", test.part, test.total, got)
		}
		if got := hundredth.Reached(test.part, test.total); got != test.reached {
			t.Errorf("%d of %d reaches one in a hundred: %v", test.part, test.total, got)
		}
	}
}
