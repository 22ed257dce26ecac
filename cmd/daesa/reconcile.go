package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/config"
	"daesa/pay"
	"daesa/store"
)

func (a *invocation) reconcileCommand() *cobra.Command {
	var date, from, to string
	var only []string
	part := -1
	cmd := &cobra.Command{
		Use:   "reconcile",
		Short: "Fetch and compare only: no refund is proposed, no workbook drawn",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withNights(cmd.Context(), func(_ *config.Config, db *store.DB, n *app.Nights) error {
				today := pay.DayOf(n.Now())
				days, err := daysAsked(today, date, from, to, len(only) > 0)
				if err == nil && cmd.Flags().Changed("part") {
					days, err = keepPart(n, days, part, from == "")
				}
				if err != nil {
					return err
				}
				done, err := n.Compare(cmd.Context(), days, only)
				if err == nil {
					err = a.sayUnknown(cmd.Context(), db, only)
				}
				if err != nil {
					return err
				}
				documents, err := newNightDocuments(done)
				if err != nil {
					return err
				}
				return a.printNights(documents)
			})
		},
	}
	cmd.Flags().StringVar(&date, "date", "", "business date, YYYY-MM-DD (default: yesterday)")
	cmd.Flags().StringVar(&from, "from", "", "first business date of several")
	cmd.Flags().StringVar(&to, "to", "", "last business date of several")
	cmd.Flags().IntVar(&part, "part", -1, "of --from to --to only this part, from 0: each is one date of one merchant")
	cmd.Flags().StringSliceVar(&only, "orders", nil, "compare just these orders, by payment look-up")
	return cmd
}

// keepPart leaves one date of one merchant, for processes that share a range.
// A part beyond the last has nothing to do.
func keepPart(n *app.Nights, days []pay.Day, part int, alone bool) ([]pay.Day, error) {
	if part < 0 || alone {
		return nil, usage(errors.New("--part counts from 0, and cuts what --from and --to name"), usageHint(pay.DayOf(n.Now()))+" --part 0")
	}
	of := len(n.Merchants)
	if part >= len(days)*of {
		return nil, nil
	}
	n.Merchants = n.Merchants[part%of : part%of+1]
	return days[part/of : part/of+1], nil
}

// daysAsked reads --date or --from and --to. Given orders are compared as they
// stand today.
func daysAsked(today pay.Day, date, from, to string, given bool) ([]pay.Day, error) {
	hint := usageHint(today)
	switch {
	case date != "" && (from != "" || to != ""):
		return nil, usage(errors.New("--date does not go with --from and --to"), hint)
	case (from == "") != (to == ""):
		return nil, usage(errors.New("--from and --to go together"), hint)
	case given && (date != "" || from != ""):
		return nil, usage(errors.New("--orders compares the orders as they stand now, without a date"), "leave --date, --from and --to out")
	case given:
		return []pay.Day{today}, nil
	case date == "" && from == "":
		return []pay.Day{today.Add(-1)}, nil
	case date != "":
		from, to = date, date
	}
	first, err := pay.ParseDay(from)
	if err != nil {
		return nil, usage(err, hint)
	}
	last, err := pay.ParseDay(to)
	if err != nil {
		return nil, usage(err, hint)
	}
	if last < first || last > today {
		return nil, usage(fmt.Errorf("%s to %s is no range of days up to today", first, last), hint)
	}
	var days []pay.Day
	for day := first; day <= last; day = day.Add(1) {
		days = append(days, day)
	}
	return days, nil
}

func usageHint(today pay.Day) string {
	return "for example --date " + string(today.Add(-1)) + ", or --from " + string(today.Add(-7)) + " --to " + string(today.Add(-1))
}

// sayUnknown names the orders that neither side knows.
func (a *invocation) sayUnknown(ctx context.Context, db *store.DB, only []string) error {
	for _, id := range only {
		shop, err := db.OrdersOf(ctx, a.mid, id)
		if err != nil {
			return err
		}
		toss, err := db.PaymentsOf(ctx, a.mid, id)
		if err != nil {
			return err
		}
		if len(shop) == 0 && len(toss) == 0 {
			a.warn("order %s: neither the shop nor Toss knows it", id)
			a.verdict.Add(app.EndedFailed, "order %s is unknown to both sides", id)
		}
	}
	return nil
}
