package passbook

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"daesa/pay"
)

// BenchmarkAMonth reads a file of 100,000 lines and compares it with as many that
// are stored.
func BenchmarkAMonth(b *testing.B) {
	var text strings.Builder
	text.WriteString(kbHeader)
	balance, now := int64(0), time.Date(2026, 10, 1, 0, 0, 0, 0, pay.Seoul)
	for i := range 100_000 {
		amount := int64(1000 + i%7*500)
		balance += amount
		now = now.Add(25 * time.Second)
		fmt.Fprintf(&text, "%s,이체,가나다%d,,0,%d,%d,,\n", now.Format("2006.01.02 15:04:05"), i%100, amount, balance)
	}
	path := fileOf(b, "a.csv", text.String())
	var s Statement
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			var err error
			if s, err = Read(path, Options{Now: imported}); err != nil || len(s.Lines) != 100_000 {
				b.Fatal(len(s.Lines), err)
			}
		}
	})
	stored := Merge("main", nil, s).Inserted
	b.Run("the same again", func(b *testing.B) {
		for b.Loop() {
			if merged := Merge("main", stored, s); len(merged.Inserted) != 0 {
				b.Fatal(len(merged.Inserted))
			}
		}
	})
}
