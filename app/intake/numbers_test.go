package intake_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"daesa/app"
	"daesa/app/intake"
	"daesa/pay"
)

// listOf is a transaction list of one page.
type listOf []string

func (l listOf) Transactions(context.Context, time.Time, time.Time, string) (page pay.TransactionPage, _ error) {
	for _, id := range l {
		page.Rows = append(page.Rows, pay.Transaction{OrderID: id, Status: pay.Done})
	}
	return page, nil
}

// TestAnEmptyListOfTossSaysNothingAboutNumbers: the date or the key is wrong, and
// no rule makes one number of another.
func TestAnEmptyListOfTossSaysNothingAboutNumbers(t *testing.T) {
	path := dropFile(t, t.TempDir(), "a.csv", 0, paidRow, otherRow)
	for name, c := range map[string]struct {
		listed listOf
		want   string // the reason; "" is none
	}{
		"an empty list":    {nil, "Toss's list of 2026-11-27 is empty"},
		"other numbers":    {listOf{"X-A", "X-B"}, "Toss knows 0 of 2 paid orders of 2026-11-27"},
		"the file's own":   {listOf{"A", "B"}, ""},
		"one, and no more": {listOf{"A"}, "Toss knows 1 of 2 paid orders of 2026-11-27"},
	} {
		found, err := intake.CheckNumbers{Options: oneMerchant, Path: path, Day: "2026-11-27", Toss: map[string]intake.TransactionLister{shopMID: c.listed}}.Run(t.Context())
		if err != nil || found.Listed != len(c.listed) {
			t.Fatal(name, found, err)
		}
		var outcome app.Outcome
		found.Outcome("2026-11-27", &outcome)
		got := ""
		for _, reason := range outcome.Reasons {
			got += reason.Text
		}
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
