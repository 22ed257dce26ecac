package written

import (
	"errors"
	"strings"
	"testing"
)

func TestOnePersonHasOneName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"kim": "kim", "KIM": "kim", " Kim\t": "kim", "ｋｉｍ": "kim", "ＫＩＭ\u3000": "kim", "k\u0130m": "kim", "kïm": "kim", "ki\u0307m": "kim", "𝐤𝐢𝐦": "kim",
		"Kim  Min-su": "kim min-su", "kim@example.com": "kim@example.com", "K": "k", "\u212a": "k",
		"김민수": "김민수", "\u1100\u1175\u11b7민수": "김민수", "김 대리 2": "김 대리 2", "金民秀": "金民秀", "nightly": "nightly",
		"kim2": "kim2", "1004": "1004", "O'Neil (IT)": "o'neil (it)", "김·이": "김·이",
	} {
		got, err := Name(name)
		if err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", name, got, err, want)
		}
	}
}

func TestANameThatCouldBeAnothers(t *testing.T) {
	t.Parallel()
	for name, why := range map[string]string{
		"": "is empty", " \u3000": "is empty", "\u200b": "that nobody sees", "k\u200bim": "that nobody sees", "\ufeffkim": "that nobody sees", "k\x00im": "that nobody sees",
		"кim":           "has the letter к",
		"кіт":           "has the letter к", // all of it Cyrillic, and it looks Latin
		"kιm":           "has the letter ι",
		"kım":           "has the letter ı",
		"ɡim":           "has the letter ɡ",
		"kim민수":         "mixes Latin and Hangul",
		"金민수":           "mixes Han and Hangul",
		"キム":            "has the letter キ",
		"ki\u200dm":     "that nobody sees",
		"ki\u00adm":     "that nobody sees",
		"ki\u202em":     "that nobody sees",
		"ki\ufe0fm":     "",
		"kim\U000e0001": "that nobody sees",
		"김\u3164":       "has a part of a syllable",
		"김ㅁ":            "has a part of a syllable",
		"kim\u0661":     "belongs into no name",
		"kim—lee":       "belongs into no name",
		"...":           "has no letter",
		"kim😀":          "belongs into no name",
		"\xffkim":       "belongs into no name",
		"\u0301kim":     "belongs into no name",
	} {
		_, err := Name(name)
		if why == "" { // folded away
			if err != nil {
				t.Errorf("%q: %v", name, err)
			}
			continue
		}
		var wrong *NameError
		if !errors.As(err, &wrong) || !strings.Contains(wrong.Error(), why) {
			t.Errorf("%q: %v, want %q", name, err, why)
		}
	}
}

func TestOtherName(t *testing.T) {
	t.Parallel()
	for by, other := range map[string]bool{"lee": true, "kim2": true, "김": true, "kim": false, "ＫＩＭ": false, "кim": false, "": false} {
		if got := OtherName("Kim ", by); got != other {
			t.Errorf("kim and %q: %v", by, got)
		}
	}
	if OtherName("кim", "kim") {
		t.Error("who asked under a name that looks like another's is nobody's other")
	}
}
