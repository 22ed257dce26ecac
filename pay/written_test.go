package pay

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestTenThousandWithAPointIsNotTen: 10.000 is ten thousand to those who write
// it, and ten to a parser.
func TestTenThousandWithAPointIsNotTen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		currency Currency
		text     string
		want     int64
		fault    string
	}{
		{KRW, "10000", 10000, ""},
		{KRW, "10,000", 10000, ""},
		{KRW, "49,900원", 49900, ""},
		{KRW, " 1,234,567 원 ", 1234567, ""},
		{KRW, "10000.0", 10000, ""},
		{KRW, "34900.00", 34900, ""},
		{KRW, "-2,250", -2250, ""},
		{JPY, "10,000.00", 10000, ""},
		{USD, "1,234.50", 123450, ""},
		{USD, "1.5", 150, ""},
		{KRW, "10.000", 0, "three digits behind a point"},
		{KRW, "50.000원", 0, "three digits behind a point"},
		{KRW, "1.234.567", 0, "not a plain number"},
		{USD, "1.000", 0, "three digits behind a point"},
		{KRW, "10000.0000", 0, "more than two decimal places"},
		{KRW, "10000.5", 0, "decimal places of KRW"},
		{JPY, "10000.50", 0, "decimal places of JPY"},
		{KRW, "1,0000", 0, "groups of three"},
		{KRW, "1234,567", 0, "groups of three"},
		{KRW, ",100", 0, "groups of three"},
		{KRW, "1,,000", 0, "groups of three"},
		{KRW, "10,00", 0, "groups of three"},
		{KRW, "1,000,", 0, "groups of three"},
		{KRW, "1,000.00,0", 0, "not a plain number"},
		{USD, "100원", 0, "is in 원"},
		{KRW, "원", 0, "not a plain number"},
		{KRW, "", 0, "not a plain number"},
		{KRW, "1 000", 0, "not a plain number"},
		{KRW, "１０００", 0, "not a plain number"},
		{KRW, "1e4", 0, "not a plain number"},
		{KRW, "+100", 0, "not a plain number"},
		{KRW, "₩100", 0, "not a plain number"},
	} {
		got, err := c.currency.ParseWritten(c.text)
		if c.fault == "" && (err != nil || got != c.want) {
			t.Errorf("%s %q: %d, %v; want %d", c.currency, c.text, got, err, c.want)
		}
		if c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)) {
			t.Errorf("%s %q: %d, %v; want an error about %q", c.currency, c.text, got, err, c.fault)
		}
	}
}

func FuzzParseWritten(f *testing.F) {
	for _, seed := range []string{"0", "-1.50", "1,000", "10.000", "49,900원", "1,0000", "1e9", "０"} {
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, text string, won bool) {
		currency := USD
		if won {
			currency = KRW
		}
		units, err := currency.ParseWritten(text)
		if err != nil {
			return
		}
		// what is taken is the plain number without its commas
		plain := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "원"))
		same, err := currency.ParseAmount(strings.ReplaceAll(plain, ",", ""))
		if err != nil || same != units {
			t.Errorf("%q is %d, without commas %d, %v", text, units, same, err)
		}
	})
}

func TestReadTime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-11-21T23:59:59+09:00":        "2026-11-21T23:59:59+09:00",
		"2026-11-21T14:59:59Z":             "2026-11-21T23:59:59+09:00",
		"2026-11-21 23:59:59":              "2026-11-21T23:59:59+09:00",
		"2026-11-21 23:59":                 "2026-11-21T23:59:00+09:00",
		"2026.11.28 10:00":                 "2026-11-28T10:00:00+09:00",
		"2026/11/28 10:00:01":              "2026-11-28T10:00:01+09:00",
		"2026-11-28":                       "2026-11-28T00:00:00+09:00",
		"2026.11.28":                       "2026-11-28T00:00:00+09:00",
		"2024-05-01 10:00:00 +0000":        "2024-05-01T19:00:00+09:00",
		"2024-05-01 10:00:00 +0900":        "2024-05-01T10:00:00+09:00",
		"2024-05-01 10:00 -05:00":          "2024-05-02T00:00:00+09:00",
		"2026-11-21T10:00:00.123456":       "2026-11-21T10:00:00.123456+09:00",
		"2026-11-21 10:00:00.5+09:00":      "2026-11-21T10:00:00.500000+09:00",
		"2024-02-29":                       "2024-02-29T00:00:00+09:00",
		"2026-11-28 24:00":                 "",
		"2026-02-29":                       "",
		"2026-11-31":                       "",
		"2026-13-01":                       "",
		"2026-00-10":                       "",
		"2026-11.28":                       "",
		"20261128":                         "",
		"26-11-28":                         "",
		"2026-1-2":                         "",
		"2026-11-28 1:00":                  "",
		"2026-11-28 10":                    "",
		"2026-11-28 10:00:00 오후":           "",
		"2026-11-28 10:60":                 "",
		"2026-11-28 10:00:00+25:00":        "",
		"2026-11-28 10:00:00+09:00 x":      "",
		"":                                 "",
		"####":                             "",
		"2026-11-28  10:00":                "",
		"2026-11-28T10:00:00.123456789012": "2026-11-28T10:00:00.123456+09:00",
	} {
		at, err := ReadTime(text)
		got := ""
		if err == nil {
			got = FormatTime(at)
		}
		if got != want {
			t.Errorf("%q: %q %v, want %q", text, got, err, want)
		}
	}
}

// TestReadTimeReadsWhatParseTimeReads: what one takes means the same to both.
func TestReadTimeReadsWhatParseTimeReads(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "at"))
		for _, text := range []string{FormatTime(at), at.In(Seoul).Format(time.DateTime), at.UTC().Format(time.RFC3339Nano)} {
			strict, strictErr := ParseTime(text)
			got, err := ReadTime(text)
			if err != nil || strictErr != nil || !got.Equal(strict) {
				t.Fatalf("%q: %v %v, %v %v", text, got, err, strict, strictErr)
			}
		}
	})
}

func FuzzReadTime(f *testing.F) {
	for _, seed := range []string{"2026-11-28 10:00", "2026.11.28", "2026/11/28 10:00:00.5 +0900", "2026-02-31", "T"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := ReadTime(text)
		if strict, strictErr := ParseTime(text); err == nil && strictErr == nil && !strict.Equal(at) {
			t.Errorf("%q: %v and %v", text, at, strict)
		}
	})
}

func TestWhatCannotBeSeen(t *testing.T) {
	t.Parallel()
	for _, r := range "\u200b\u200d\ufeff\u00ad\u00a0\u3000\u2028\u3164\u115f\u1160\uffa0\ufe0f\u034f\u2800\ufffd\u202e\x00\n\t\x7f\u0085\U000e0041" {
		if !Invisible(r) {
			t.Errorf("%U can be seen", r)
		}
	}
	for _, r := range " aZ09-_#/=.가힣漢あ😀é～〈" {
		if Invisible(r) {
			t.Errorf("%U cannot be seen", r)
		}
	}
}

func TestAShortenedID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"2.02611E+14": true, "2.02611e+14": true, "2E+19": true, "20261128E+1": true, "2.02611E14": true,
		"": false, "E+14": false, "2.02611E+": false, "2.02611E-14": false, "20261128-0001": false, "1E14": false, "AE+1": false, "2026E+X": false,
	} {
		if got := ShortenedID(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
