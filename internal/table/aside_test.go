package table

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestAGuardedCellComesBackAsItWas: nothing that is written begins like a formula, and everything
// comes back.
func TestAGuardedCellComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`'{0,3}[=+\-@\t\r\n\x00]?'?.{0,5}`).Draw(t, "text")
		written := guardFormula(text)
		if written != "" && strings.IndexByte(formulaStarts, written[0]) >= 0 {
			t.Fatalf("%q begins like a formula", written)
		}
		if got := unguardFormula(written); got != text {
			t.Fatalf("%q became %q", text, got)
		}
	})
}
