package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"daesa/app/intake"
	"daesa/orders"
	"daesa/pay"
)

// checkDocument is the JSON of `orders check`.
type checkDocument struct {
	File    string       `json:"file"`
	Date    string       `json:"date"`
	Paid    int          `json:"paid"`
	Known   int          `json:"known"`
	Percent int          `json:"percent"`
	Refused int          `json:"refused"`
	InFile  []numberForm `json:"unknown"` // numbers of the file that Toss does not know
	AtToss  []numberForm `json:"at_toss"` // Toss's of the same day that the file lacks
	ending
}

// numberForm is a number with what it looks like.
type numberForm struct {
	OrderID string `json:"order_id"`
	Shape   string `json:"shape"`
}

func (a *invocation) ordersCheckCommand() *cobra.Command {
	var f fileFlags
	var date string
	cmd := &cobra.Command{
		Use:   "check FILE --date D",
		Short: "Of one day's paid orders in a file, how many Toss knows under that number",
		Long: "Reads the transaction list of the day and writes nothing. Where Toss knows fewer than nine in ten, the number\n" +
			"that the platform shows is not the one that it sends: order_number of a profile makes one of the other.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			day, err := pay.ParseDay(date)
			if err != nil {
				return usage(fmt.Errorf("--date: %w", err), "for example --date 2026-11-21")
			}
			return a.withProvider(cmd.Context(), func(s *session) error { return s.checkOrders(cmd.Context(), files[0], day, f) })
		},
	}
	cmd.Flags().StringVar(&date, "date", "", "business date, YYYY-MM-DD")
	f.registerProfile(cmd, "default: orders.profile")
	f.register(cmd)
	return cmd
}

func (s *session) checkOrders(ctx context.Context, path string, day pay.Day, f fileFlags) error {
	check, err := s.numberCheck(f)
	if err != nil {
		return err
	}
	check.Path, check.Day = path, day
	found, err := check.Run(ctx)
	if err != nil {
		return err
	}
	found.Outcome(day, &s.verdict.Outcome)
	d := checkDocument{File: path, Date: string(day), Paid: found.Paid, Known: found.Known, Percent: found.Percent(), Refused: found.Bad,
		InFile: each(found.Unknown, newNumberForm), AtToss: each(found.AtToss, newNumberForm), ending: s.ending()}
	return s.show(d, func() {
		s.printf("%s: Toss knows %d of %d paid orders under the file's number (%d %%)\n", day, d.Known, d.Paid, d.Percent)
		if d.Refused > 0 {
			s.printf("%d orders of the file could not be read: daesa orders inspect shows why\n", d.Refused)
		}
		switch {
		case found.Listed == 0:
			s.printf("Toss's list of the day is empty: is %s the date on which they were paid, and the secret key this shop's?\n", day)
		case !found.Fits():
			s.printShapes(d)
		}
	})
}

// printShapes puts both kinds of number side by side.
func (a *invocation) printShapes(d checkDocument) {
	var rows [][]string
	for i := range max(len(d.InFile), len(d.AtToss)) {
		row := []string{"", "", "", ""}
		if i < len(d.InFile) {
			row[0], row[1] = d.InFile[i].OrderID, d.InFile[i].Shape
		}
		if i < len(d.AtToss) {
			row[2], row[3] = d.AtToss[i].OrderID, d.AtToss[i].Shape
		}
		rows = append(rows, row)
	}
	a.printf("\n")
	a.printTable([]string{"IN THE FILE", "SHAPE", "AT TOSS", "SHAPE"}, rows)
	if len(d.AtToss) == 0 {
		a.printf("Toss's list of the day has no other number: these were paid on another day, or not through this shop's contract\n")
		return
	}
	a.printf("where one can be made of the other, order_number of a profile says how: docs/files.md has an example\n")
}

func newNumberForm(id string) numberForm { return numberForm{id, orders.Shape(id)} }

// numberCheck wires the check to the merchants that are asked.
func (s *session) numberCheck(f fileFlags) (intake.CheckNumbers, error) {
	check := intake.CheckNumbers{Toss: map[string]intake.TransactionLister{}}
	var err error
	if check.Options, err = s.fileOptions(f); err != nil {
		return check, err
	}
	for _, m := range s.merchants() {
		client, err := s.client(m)
		if err != nil {
			return check, err
		}
		check.Toss[m.MID] = client
	}
	return check, nil
}
