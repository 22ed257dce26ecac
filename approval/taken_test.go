package approval_test

import (
	"errors"
	"testing"
	"time"

	"daesa/approval"
	"daesa/pay"
)

// TestAStatementIsGoodForNoLongerThanOneIsWritten: until the end of the next bank day,
// whoever wrote another end into it.
func TestAStatementIsGoodForNoLongerThanOneIsWritten(t *testing.T) {
	friday := time.Date(2026, 11, 27, 15, 0, 0, 0, pay.Seoul)
	last := approval.LastUntil(friday)
	if pay.FormatTime(last) != "2026-11-30T23:59:59+09:00" {
		t.Errorf("a statement of a Friday ends at %s", pay.FormatTime(last))
	}
	for until, want := range map[time.Time]string{last: "", friday: "", last.Add(time.Second): approval.TooLong, friday.Add(-time.Second): approval.Late} {
		err := approval.Statement{Do: approval.ApproveRefunds, Until: until}.MayTake(friday, approval.ApproveRefunds)
		var refusal *approval.Refusal
		if errors.As(err, &refusal) != (want != "") || want != "" && refusal.Reason != want {
			t.Errorf("good until %s: %v", pay.FormatTime(until), err)
		}
	}
}
