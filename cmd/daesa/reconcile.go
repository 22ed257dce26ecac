package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports"
)

func (a *app) reconcileCommand() *cobra.Command {
	var date, from, to string
	var only []string
	part := -1
	cmd := &cobra.Command{
		Use:   "reconcile",
		Short: "Fetch and compare only: no refund is proposed, no workbook drawn",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withNights(cmd.Context(), func(n *nights) error {
				days, err := daysAsked(n.today, date, from, to, len(only) > 0)
				if err == nil && cmd.Flags().Changed("part") {
					days, err = n.keepPart(days, part, from == "")
				}
				if err != nil {
					return err
				}
				return a.runReconcile(cmd.Context(), n, days, only)
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
func (n *nights) keepPart(days []pay.Day, part int, alone bool) ([]pay.Day, error) {
	if part < 0 || alone {
		return nil, usage(errors.New("--part counts from 0, and cuts what --from and --to name"), usageHint(n.today)+" --part 0")
	}
	of := len(n.merchants)
	if part >= len(days)*of {
		return nil, nil
	}
	n.merchants = n.merchants[part%of : part%of+1]
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

func (a *app) runReconcile(ctx context.Context, n *nights, days []pay.Day, only []string) error {
	defer a.sayGaps(n)
	documents := []nightDocument{}
	for _, day := range days {
		var snapshots []reports.Snapshot
		var err error
		if len(only) > 0 {
			snapshots, err = a.reconcileGiven(ctx, n, day, only)
		} else {
			snapshots, err = a.runDate(ctx, n, jobs.JobReconcile, day)
		}
		if err != nil {
			return err
		}
		if len(snapshots) > 0 {
			document, err := newNightDocument(snapshots, n.kept, nil)
			if err != nil {
				return err
			}
			documents = append(documents, document)
			a.judgeNight(n, snapshots)
		}
	}
	if err := a.needPerson(ctx, n, false); err != nil {
		return err
	}
	return a.printNights(documents)
}

// reconcileGiven compares just some orders, for every merchant that is asked.
func (a *app) reconcileGiven(ctx context.Context, n *nights, day pay.Day, only []string) ([]reports.Snapshot, error) {
	var snapshots []reports.Snapshot
	now, err := a.now()
	if err != nil {
		return nil, err
	}
	for _, merchant := range n.merchants {
		night, err := a.nightly(n.cfg, n.db, merchant, jobs.JobReconcile)
		if err != nil {
			return nil, err
		}
		night.Settings.Given, night.Orders = only, nil
		snapshot, err := night.Run(ctx, day, now)
		var running *reconcile.RunningError
		if errors.As(err, &running) {
			a.verdictOfRunning(running)
			continue
		}
		if err != nil {
			return nil, err
		}
		snapshots = append(snapshots, snapshot)
	}
	return snapshots, a.sayUnknown(ctx, n, only)
}

// sayUnknown names the orders that neither side knows.
func (a *app) sayUnknown(ctx context.Context, n *nights, only []string) error {
	for _, id := range only {
		shop, err := n.db.OrdersOf(ctx, a.mid, id)
		if err != nil {
			return err
		}
		toss, err := n.db.PaymentsOf(ctx, a.mid, id)
		if err != nil {
			return err
		}
		if len(shop) == 0 && len(toss) == 0 {
			a.warn("order %s: neither the shop nor Toss knows it", id)
			a.verdict.add(codeFailed, "order %s is unknown to both sides", id)
		}
	}
	return nil
}
