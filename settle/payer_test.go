package settle_test

import (
	"testing"

	"daesa/settle"
)

// TestWhoPaid is told by a word, however the bank prints it; the wallet's bank
// and its broker are others.
func TestWhoPaid(t *testing.T) {
	t.Parallel()
	words := []string{"토스페이", "tosspay", " "}
	for payer, want := range map[string]bool{
		"토스페이먼츠": true, "(주)토스페이먼": true, "（주）토스 페이먼츠": true, "tosspaymen": true, "ＴＯＳＳ　ＰＡＹ": true,
		"토스페이먼츠": true, // decomposed
		"토스뱅크": false, "토스증권": false, "김토스": false, "": false, " ": false,
	} {
		if got := settle.PayerFits(payer, words); got != want {
			t.Errorf("%q fits: %t", payer, got)
		}
	}
	if settle.PayerFits("토스페이먼츠", nil) {
		t.Error("an account without words knows a payer")
	}
}
