package table

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"
)

// cp949 is a text in the encoding of Korean Windows.
func cp949(t testing.TB, text string) string {
	t.Helper()
	encoded, err := korean.EUCKR.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func inUTF16(t testing.TB, order unicode.Endianness, text string) string {
	t.Helper()
	encoded, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// TestEncodings: the whole file says in which encoding it is.
func TestEncodings(t *testing.T) {
	const korean = "주문번호,상태\n1,결제완료\n2,똠펅뷁\n"
	long := strings.Repeat("가", readAhead) + "\n"
	for name, c := range map[string]struct{ content, want string }{
		"ASCII":                          {"a,b\n1,2\n", encodingUTF8},
		"UTF-8":                          {korean, encodingUTF8},
		"UTF-8 with its mark":            {"\ufeff" + korean, encodingUTF8BOM},
		"UTF-16, little end first":       {inUTF16(t, unicode.LittleEndian, korean), encodingUTF16LE},
		"UTF-16, big end first":          {inUTF16(t, unicode.BigEndian, korean), encodingUTF16BE},
		"CP949":                          {cp949(t, korean), encodingCP949},
		"CP949 far into the file":        {strings.Repeat("a,b\n", 50_000) + cp949(t, korean), encodingCP949},
		"UTF-8 far into the file":        {strings.Repeat("a,b\n", 50_000) + korean, encodingUTF8},
		"a character over two pieces":    {"a" + long, encodingUTF8},
		"two characters over pieces":     {"ab" + long + "abc" + long, encodingUTF8},
		"CP949 in a long line":           {cp949(t, long), encodingCP949},
		"a word that is UTF-8 by chance": {"a\n\xc5\xab\n" + cp949(t, korean), encodingCP949}, // 큰 in CP949, ū in UTF-8
	} {
		got, err := encodingOf("f", strings.NewReader(c.content))
		if err != nil || got != c.want {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	for name, c := range map[string]struct{ content, want string }{
		"CP949 behind UTF-8":      {"번호\n" + cp949(t, "상태\n"), "f:2: has two encodings: line 1 is UTF-8, line 2 is not"},
		"UTF-8 behind CP949":      {cp949(t, "번호\na\n") + "상태\n", "f:3: has two encodings: line 3 is UTF-8, line 1 is not"},
		"CP949 behind the mark":   {"\ufeffa\n" + cp949(t, "상태\n"), "f:2: begins with the mark of UTF-8, and is not UTF-8 here"},
		"UTF-8 cut in the middle": {"번호\n상태\n\xea\xb0", "f:3: has two encodings: line 1 is UTF-8, line 3 is not"},
	} {
		if _, err := encodingOf("f", strings.NewReader(c.content)); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCP949IsDecodedAsTheTablesOfUnicodeSay over any bytes.
func TestCP949IsDecodedAsTheTablesOfUnicodeSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "text")
		got := string(appendCP949(nil, text))
		want, err := korean.EUCKR.NewDecoder().Bytes(text)
		bad := err != nil || strings.ContainsRune(string(want), '\ufffd')
		if bad != strings.ContainsRune(got, '\ufffd') || !bad && got != string(want) {
			t.Fatalf("%x: %q, want %q %v", text, got, want, err)
		}
	})
	if got := appendCP949(nil, []byte("\x8c\x63\xbc\x58\x94\xee")); string(got) != "똠펅뷁" {
		t.Errorf("%q", got)
	}
}
