package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	application "daesa/app"
	"daesa/config"
	"daesa/orders"
	"daesa/pay"
	"daesa/store"
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

func (a *app) ordersCheckCommand() *cobra.Command {
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
			return a.checkOrders(cmd.Context(), files[0], day, f)
		},
	}
	cmd.Flags().StringVar(&date, "date", "", "business date, YYYY-MM-DD")
	f.registerProfile(cmd, "default: orders.profile")
	f.register(cmd)
	return cmd
}

func (a *app) checkOrders(ctx context.Context, path string, day pay.Day, f fileFlags) error {
	cfg, err := a.config(true)
	if err != nil {
		return err
	}
	db, err := a.database(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	check, err := a.numberCheck(cfg, db, f)
	if err != nil {
		return err
	}
	check.Path, check.Day = path, day
	found, err := check.Run(ctx)
	if err != nil {
		return err
	}
	if !found.Fits() {
		a.verdict.add(codePerson, "Toss knows %d of %d paid orders of %s under the file's number: is it the number that was sent to Toss?", found.Known, found.Paid, day)
	}
	d := checkDocument{File: path, Date: string(day), Paid: found.Paid, Known: found.Known, Percent: found.Percent(), Refused: found.Bad,
		InFile: each(found.Unknown, newNumberForm), AtToss: each(found.AtToss, newNumberForm), ending: a.ending()}
	if a.json {
		return a.printJSON(d)
	}
	a.printf("%s: Toss knows %d of %d paid orders under the file's number (%d %%)\n", day, d.Known, d.Paid, d.Percent)
	if d.Refused > 0 {
		a.printf("%d orders of the file could not be read: daesa orders inspect shows why\n", d.Refused)
	}
	if !found.Fits() {
		a.sayShapes(d)
	}
	return nil
}

// sayShapes puts both kinds of number side by side.
func (a *app) sayShapes(d checkDocument) {
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
	a.printf("where one is made of the other, say so in a profile: order_number: {match: '^(.*)$', to: '$1'}\n")
}

func newNumberForm(id string) numberForm { return numberForm{id, orders.Shape(id)} }

// numberCheck wires the check to the merchants that are asked.
func (a *app) numberCheck(cfg *config.Config, db *store.DB, f fileFlags) (application.CheckNumbers, error) {
	check := application.CheckNumbers{Toss: map[string]application.TransactionLister{}}
	var err error
	if check.Options, err = a.fileOptions(cfg, f); err != nil {
		return check, err
	}
	for _, m := range a.merchants(cfg) {
		client, err := a.client(db, m)
		if err != nil {
			return check, &coded{err, codeUsage}
		}
		check.Toss[m.MID] = client
	}
	if len(check.Toss) == 0 {
		return check, errors.New("no merchant is configured: " + strings.Join(mids(cfg), ", "))
	}
	return check, nil
}
