package reports

import (
	"bytes"
	"testing"

	"github.com/xuri/excelize/v2"
)

func drawn(t testing.TB, night []Snapshot, opts Options) []byte {
	t.Helper()
	var buffer bytes.Buffer
	if err := Write(&buffer, night, opts); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func opened(t testing.TB, content []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestDrawForEyes(t *testing.T) {
	for name, night := range map[string][]Snapshot{
		"one": {sampleNight("tosspayments")}, "two": {dollars(sampleNight("shop-a")), incomplete(sampleNight("shop-b")), failedNight("shop-c")},
		"many": {manyBreaks(120)},
	} {
		for _, l := range []string{"ko", "en"} {
			if err := Save("/tmp/eyes/"+name+"-"+l+".xlsx", night, Options{Language: l, Expected: nil}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func BenchmarkNight10kBreaks(b *testing.B) {
	night := []Snapshot{manyBreaks(10_000)}
	b.ReportAllocs()
	for b.Loop() {
		var buffer bytes.Buffer
		if err := Write(&buffer, night, Options{}); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(buffer.Len()))
	}
}
