package main

import (
	"context"

	"github.com/spf13/cobra"

	"daesa/app"
)

func (a *invocation) reconcileCommand() *cobra.Command {
	var asked app.DaysAsked
	var part int
	var only []string
	cmd := &cobra.Command{
		Use:   "reconcile",
		Short: "Fetch and compare only: no refund is proposed, no workbook drawn",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("part") {
				asked.Part = &part
			}
			return a.withProvider(cmd.Context(), func(s *session) error { return s.reconcile(cmd.Context(), asked, only) })
		},
	}
	cmd.Flags().StringVar(&asked.Date, "date", "", "business date, YYYY-MM-DD (default: yesterday)")
	cmd.Flags().StringVar(&asked.From, "from", "", "first business date of several")
	cmd.Flags().StringVar(&asked.To, "to", "", "last business date of several")
	cmd.Flags().IntVar(&part, "part", -1, "of --from to --to only this part, from 0: each is one date of one merchant")
	cmd.Flags().StringSliceVar(&only, "orders", nil, "compare just these orders, by payment look-up")
	return cmd
}

func (s *session) reconcile(ctx context.Context, asked app.DaysAsked, only []string) error {
	nights := s.nights()
	days, err := nights.Days(asked, len(only) > 0)
	if err != nil {
		return err
	}
	done, err := nights.Compare(ctx, days, only)
	if err == nil {
		err = app.AddUnknown(ctx, s.db, s.mid, only, s.warns, &s.verdict.Outcome)
	}
	if err != nil {
		return err
	}
	documents, err := newNightDocuments(done)
	if err != nil {
		return err
	}
	return s.printNights(documents)
}
