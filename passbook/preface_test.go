package passbook

import "testing"

// 우리은행 writes the account and the period in one row; the first digits of the
// number were taken for a day, and the period was lost.
func TestThePeriodBehindAnAccountNumber(t *testing.T) {
	for text, want := range map[string][2]string{
		"계좌번호 1005-123-001234 조회기간 2026.11.01~2026.11.29": {"2026-11-01", "2026-11-29"},
		"계좌번호 1005-123-001234":                            {"", ""},
		"2026-11-30 ~ 2026-11-01":                         {"", ""},
	} {
		if from, to := periodOf(text); string(from) != want[0] || string(to) != want[1] {
			t.Errorf("%s: %s to %s", text, from, to)
		}
	}
}
