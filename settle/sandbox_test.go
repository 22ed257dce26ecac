package settle_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/passbook"
	"daesa/pay"
	"daesa/sandbox"
	"daesa/settle"
	"daesa/toss"
)

// The pretend Toss as a whole: its settlement rows are summed into payouts, its
// passbook is read as a bank's file, and what was planted is just what does not tie
// as it should.
func TestThePretendTossFromItsRowsToItsPassbook(t *testing.T) {
	for _, layout := range []string{"kb", "shinhan", "woori", "toss"} {
		for seed := range uint64(3) {
			now := time.Date(2026, 11, 30, 8, 0, 0, 0, pay.Seoul)
			pretend := sandbox.New(sandbox.Options{Settle: true, Freeze: true})
			pretend.Seed(sandbox.HistoryOptions{Seed: seed, Orders: 600, Days: 45, End: now.AddDate(0, 0, -4)})
			pretend.SetClock(now)
			book, err := pretend.Passbook(sandbox.PassbookOptions{
				To: now.AddDate(0, 0, -1), Layout: layout, Opening: 2_000_000,
				Plant: []string{"missing", "rebate", "split", "merged", "short", "late"},
			})
			if err != nil {
				t.Fatal(err)
			}
			matched := settle.MatchDeposits(settle.Deposits{
				Payouts: payoutsOfSandbox(t, pretend, now), Lines: linesOfBook(t, book.CSV, now),
				Accounts: []settle.Account{{Name: "main", MIDs: []string{"tosspayments"}, Words: true}},
			})
			got := map[string]string{}
			for _, m := range matched.Matches {
				for _, key := range m.Payouts {
					got[string(key.Day)] = fmt.Sprintf("%d lines for %d payouts, %s", len(m.Lines), len(m.Payouts), m.Paid[0].Day)
				}
			}
			want := map[string]string{}
			for _, p := range book.Payouts {
				if p.Deposit > 0 && p.PaidOutDate < "2026-11-30" {
					want[p.PaidOutDate] = "1 lines for 1 payouts, " + p.PaidOutDate
				}
			}
			for _, p := range book.Planted {
				for _, day := range p.Payouts {
					want[day] = fmt.Sprintf("%d lines for %d payouts, %s", len(p.Dates), len(p.Payouts), append(p.Dates, "")[0])
					if p.Name == sandbox.PlantMissing || p.Name == sandbox.PlantShort {
						delete(want, day)
					}
				}
			}
			if diff := cmp.Diff(want, got); diff != "" || len(want) < 25 {
				t.Errorf("%s, seed %d: planted %+v\n%s", layout, seed, book.Planted, diff)
			}
		}
	}
}

// payoutsOfSandbox reads every row by its day of payout and sums the own MID's.
func payoutsOfSandbox(t *testing.T, pretend *sandbox.Sandbox, now time.Time) []settle.Payout {
	t.Helper()
	server := httptest.NewServer(pretend)
	defer server.Close()
	client, err := toss.New(toss.Options{BaseURL: server.URL, MID: "tosspayments", SecretKey: func() string { return "test_sk_sandbox" }, Now: pretend.Now})
	if err != nil {
		t.Fatal(err)
	}
	var fold settle.Fold
	for day := pay.DayOf(now).Add(-200); day < pay.DayOf(now); day = day.Add(1) {
		page, err := client.Settlements(t.Context(), pay.ByPaidOut, day, 1)
		if err != nil || len(page.Bad) > 0 {
			t.Fatalf("%s: %v %v", day, page.Bad, err)
		}
		for _, row := range page.Rows {
			fold.Add(settle.Row{Settlement: row, Version: 1})
		}
	}
	return slices.DeleteFunc(settle.Payouts(fold.Parts()), func(p settle.Payout) bool { return p.MID != "tosspayments" || p.Currency != pay.KRW })
}

func linesOfBook(t *testing.T, csv []byte, now time.Time) []settle.Line {
	t.Helper()
	path := filepath.Join(t.TempDir(), "passbook.csv")
	if err := os.WriteFile(path, csv, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := passbook.Read(path, passbook.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	var lines []settle.Line
	for i, l := range s.Lines {
		lines = append(lines, settle.Line{
			ID: fmt.Sprintf("l%03d", i), Account: "main", Currency: l.Currency, Day: l.Day(), At: l.At, In: l.Kind == passbook.In, Amount: l.Amount,
			PayerFits: settle.PayerFits(l.Payer.Reveal(), []string{"토스페이", "tosspay"}),
		})
	}
	return lines
}
