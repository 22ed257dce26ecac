package jobs

import (
	"context"
	"errors"
	"testing"
	"time"

	"daesa/pay"
)

// halved is a list whose last row has no key, so that its end must be proved in
// halves.
type halved struct {
	Provider
	good pay.Transaction
	bad  time.Time // of the row that cannot be read
}

func (h halved) Transactions(_ context.Context, from, to time.Time, after string) (page pay.TransactionPage, _ error) {
	s := stretch{from, to}
	if s.holds(h.good.At) && after == "" {
		page.Rows, page.Next = []pay.Transaction{h.good}, h.good.TransactionKey
	}
	if s.holds(h.bad) && after == "" {
		page.Bad, page.Next = []pay.BadRow{{Err: errors.New("it is null")}}, ""
	}
	return page, nil
}

// A row without a key that cannot be read was noted once more for each time that
// a part of its stretch was read again.
func TestABadRowWithoutAKeyIsNotedOnceHoweverOftenItIsRead(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 11, 27, 0, 0, 0, 0, pay.Seoul)
	list := halved{good: pay.Transaction{MID: "m", TransactionKey: "t1", At: begin.Add(time.Hour)}, bad: begin.Add(20 * time.Hour)}
	reader := &listReader{provider: list, most: 200, keep: func(context.Context, pay.TransactionPage) error { return nil }}
	whole, err := reader.read(t.Context(), stretch{begin, begin.AddDate(0, 0, 1)})
	if err != nil || len(whole.bad) != 1 || whole.rows != 2 {
		t.Errorf("%d rows, %d of them bad, after %d requests: %v", whole.rows, len(whole.bad), reader.requests, err)
	}
}
