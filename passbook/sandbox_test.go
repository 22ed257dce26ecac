package passbook

import (
	"testing"
	"time"

	"daesa/pay"
	"daesa/sandbox"
)

// What the pretend Toss prints is taken for the bank's file that it stands for:
// recognised by its titles, read to its last line, with a balance that ties.
func TestThePassbooksOfThePretendToss(t *testing.T) {
	now := time.Date(2026, 11, 30, 8, 0, 0, 0, pay.Seoul)
	pretend := sandbox.New(sandbox.Options{Settle: true, Freeze: true})
	pretend.Seed(sandbox.HistoryOptions{Seed: 5, Orders: 400, Days: 40, End: now.AddDate(0, 0, -3)})
	pretend.SetClock(now)
	options := sandbox.PassbookOptions{
		From: now.AddDate(0, 0, -29), To: now.AddDate(0, 0, -1), Opening: 3_000_000,
		Plant: []string{"missing", "rebate", "split", "merged", "short", "late"},
	}
	for layout, last4 := range map[string]string{"kb": "1234", "shinhan": "", "woori": "1234", "tossbank": "1234", "hana": "1234", "ibk": "1234"} {
		for _, encoding := range []string{"utf-8", "cp949"} {
			o := options
			o.Layout, o.Encoding = layout, encoding
			book, err := pretend.Passbook(o)
			if err != nil {
				t.Fatal(err)
			}
			s, err := Read(fileOf(t, layout+".csv", string(book.CSV)), Options{Now: now})
			if err != nil {
				t.Errorf("%s %s: %v", layout, encoding, err)
				continue
			}
			if s.Layout != layout || s.Last4 != last4 || len(s.Unknown) > 0 || len(s.Lines) != len(book.Lines) || len(s.Lines) < 40 {
				t.Errorf("%s %s: taken for %s of account %s, unknown titles %v, %d lines of %d", layout, encoding, s.Layout, s.Last4, s.Unknown, len(s.Lines), len(book.Lines))
				continue
			}
			if last4 != "" && (s.From != pay.DayOf(options.From) || s.To != pay.DayOf(options.To)) {
				t.Errorf("%s: a period of %s to %s", layout, s.From, s.To)
			}
			check := s.Check()
			if check.Checked != len(s.Lines)-1 || len(check.Gaps)+len(check.Untied) > 0 {
				t.Errorf("%s: %d balances compared, gaps %v", layout, check.Checked, check.Gaps)
			}
			sameLines(t, layout, s.Lines, book.Lines)
		}
	}
}

// sameLines compares what was read with what was meant.
func sameLines(t *testing.T, layout string, read []Line, meant []sandbox.PassbookLine) {
	t.Helper()
	for i, l := range read {
		m := meant[i]
		at := m.At.Truncate(time.Second)
		if l.Clock == ToMinute {
			at = m.At.Truncate(time.Minute)
		}
		if !l.At.Equal(at) || string(l.Kind) != m.Kind || l.Amount != m.Amount || l.Balance != m.Balance || l.Payer.Reveal() != m.Payer || l.Channel.Reveal() != m.Channel {
			t.Errorf("%s, line %d: read %s %s %d, balance %d, of %s; meant %+v", layout, i, l.At, l.Kind, l.Amount, l.Balance, l.Payer.Reveal(), m)
			return
		}
	}
}
