package written

import "testing"

func TestNFC(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "plain": "plain", "김토스": "김토스", "\u1100\u1175\u11b7\u1110\u1169\u1109\u1173": "김토스", "e\u0301": "é",
	} {
		if got := NFC(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestBare(t *testing.T) {
	for text, want := range map[string]string{
		" 배송 완료\n": "배송완료", "Toss Payments": "tosspayments", "\u3000전\u00a0액": "전액", "\u1107\u1162\u1109\u1169\u11bc": "배송", "A-b": "a-b",
	} {
		if got := Bare(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}
