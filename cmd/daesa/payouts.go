package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/jobs"
	"daesa/pay"
	"daesa/settle"
	"daesa/store"
)

// passbookBooks are what payouts and deposits are known by.
type passbookBooks struct {
	*store.DB
	accounts []app.BankAccount
}

// Passbooks gives what is known of each account.
func (b passbookBooks) Passbooks(ctx context.Context) (jobs.Passbooks, error) {
	read, err := app.ReadBank(ctx, b.DB, b.accounts, "", "")
	books := jobs.Passbooks{Days: read.Covered, Currency: map[string]pay.Currency{}, Gaps: each(read.Gaps, func(g app.BankGap) settle.Gap { return g.Gap })}
	for _, line := range read.Lines {
		books.Currency[line.Account] = line.Currency
	}
	return books, err
}

// passbook are the passbooks of all configured merchants.
func (s *session) passbook() passbookBooks {
	return passbookBooks{s.db, bankAccounts(s.cfg, "")}
}

// payoutDocument is one element of `payouts list --json`.
type payoutDocument struct {
	MID         string   `json:"mid"`
	PaidOutDate string   `json:"paid_out_date"`
	Currency    string   `json:"currency"`
	Rows        int64    `json:"rows"`
	Amount      int64    `json:"amount"`
	Fee         int64    `json:"fee"` // without VAT
	FeeVAT      int64    `json:"fee_vat"`
	Expected    int64    `json:"expected"`
	Carried     int64    `json:"carried"`
	BankLines   []string `json:"bank_lines"`
	Banked      int64    `json:"banked"`
	Difference  int64    `json:"difference"`
	State       string   `json:"state"`
	Why         *string  `json:"why"`
	Suggested   []string `json:"suggested"`
}

func newPayoutDocument(p settle.Payout) payoutDocument {
	lines := func(ids []string) []string { return each(ids, func(id string) string { return id }) }
	return payoutDocument{
		MID: p.MID, PaidOutDate: string(p.Day), Currency: string(p.Currency), Rows: p.Rows, Amount: p.Amount, Fee: p.Fee, FeeVAT: p.FeeVAT,
		Expected: p.Expected, Carried: p.Carried, BankLines: lines(p.Lines), Banked: p.Banked, Difference: p.Difference, State: string(p.State),
		Why: orNull(p.Why), Suggested: lines(p.Suggested),
	}
}

func (a *invocation) payoutsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "payouts", Short: "What Toss pays out, and where each payout stands"}
	var from, to string
	list := &cobra.Command{
		Use:   "list",
		Short: "List payouts by merchant, currency and day; without flags the last thirty days and what is to come",
		Args:  cobra.NoArgs,
		RunE:  a.onStore(func(ctx context.Context, s *session, _ []string) error { return s.listPayouts(ctx, from, to) }),
	}
	list.Flags().StringVar(&from, "from", "", "first day, YYYY-MM-DD")
	list.Flags().StringVar(&to, "to", "", "last day, YYYY-MM-DD")
	cmd.AddCommand(list)
	return cmd
}

// payoutsShown is how many days back payouts are listed where no day is named.
const payoutsShown = 30

func (s *session) listPayouts(ctx context.Context, from, to string) error {
	today := pay.DayOf(s.now())
	first, last, err := daysAsked(from, to, today)
	if err != nil {
		return err
	}
	if first == "" {
		first, last = today.Add(-payoutsShown), today.Add(mostSyncDays)
	}
	held, err := s.deposits().Place(ctx, today, min(first, today.Add(-jobs.PayoutDays)))
	if err != nil {
		return err
	}
	list := app.PayoutsBetween(held, s.mids(), first, last)
	return s.show(each(list, newPayoutDocument), func() {
		s.printList([]string{"PAID OUT", "MID", ">ROWS", ">AMOUNT", ">FEE", ">VAT", ">EXPECTED", ">BANKED", "STATE", "WHY"}, each(list, func(p settle.Payout) []string {
			c := p.Currency
			return []string{string(p.Day), p.MID, fmt.Sprint(p.Rows), c.Spell(p.Amount), c.Spell(p.Fee), c.Spell(p.FeeVAT), c.Spell(p.Expected),
				c.Spell(p.Banked), string(p.State), string(p.Why)}
		}), pay.Counted(len(list), "payout"))
	})
}
