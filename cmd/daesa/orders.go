package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/app/intake"
	"daesa/internal/written"
	"daesa/orders"
	"daesa/pay"
)

func (a *invocation) ordersCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "orders", Short: "The shop's orders"}
	cmd.AddCommand(a.ordersImportCommand(), a.ordersInspectCommand(), a.ordersProfilesCommand(), a.ordersCheckCommand(), a.ordersAllowCommand())
	return cmd
}

// ordersFlags are the flags of `orders import`.
type ordersFlags struct {
	fileFlags
	quarantine string
	allow      string
	note       string
	dry        bool
}

// fileFlags say how a file of people is read.
type fileFlags struct {
	profile     string
	sheet       string
	passwordEnv string
}

func (f *fileFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.sheet, "sheet", "", "the sheet of a workbook (default: the first one that people see)")
	cmd.Flags().StringVar(&f.passwordEnv, "password-env", "", "the environment variable with the word that opens an encrypted workbook")
}

func (f *fileFlags) registerProfile(cmd *cobra.Command, otherwise string) {
	cmd.Flags().StringVar(&f.profile, "profile", "", "how the file is read: a name of orders profiles, or a YAML file ("+otherwise+")")
}

// password is the word of an encrypted workbook. It stands in no argument.
func (a *invocation) password(f fileFlags) (string, error) {
	if f.passwordEnv == "" {
		return "", nil
	}
	word, set := a.env(f.passwordEnv)
	if !set || word == "" {
		return "", usage(fmt.Errorf("--password-env %s: this environment variable is not set", f.passwordEnv), "export it with the word that opens the workbook")
	}
	return word, nil
}

// fileOptions are how the orders of a file are read.
func (s *session) fileOptions(f fileFlags) (orders.Options, error) {
	options, err := s.orderOptions(f.profile)
	if err != nil {
		return options, err
	}
	if options.DefaultMID == "" {
		options.DefaultMID = s.mid
	}
	options.Sheet = f.sheet
	options.Password, err = s.password(f)
	return options, err
}

func (a *invocation) ordersImportCommand() *cobra.Command {
	var f ordersFlags
	cmd := &cobra.Command{
		Use:   "import FILE...",
		Short: "Take order files, each whole or not at all",
		Long: "Reads CSV and TSV (UTF-8, UTF-16, CP949), XLSX, and what shops call .xls, by the file's content; a profile\n" +
			"says what its columns and words mean.\n" +
			"A row that would take a stored order back (less cancelled, less given back, a status that falls behind)\n" +
			"is refused like a bad one: an older file never undoes what is known. A person lets it through with\n" +
			"--allow-older, or beforehand with orders allow.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			older, err := f.older()
			if err != nil {
				return err
			}
			return a.withStore(cmd.Context(), func(s *session) error {
				return s.importOrders(cmd.Context(), files, f, older)
			})
		},
	}
	cmd.Flags().StringVar(&f.quarantine, "quarantine", "", "bad rows go to this file, the rest is taken")
	cmd.Flags().StringVar(&f.allow, "allow-older", "", "let these orders go back: ORDER,... or all; needs --note")
	cmd.Flags().StringVar(&f.note, "note", "", "why they may go back; it is kept in the journal")
	cmd.Flags().BoolVar(&f.dry, "dry-run", false, "say what would happen, and write nothing")
	f.registerProfile(cmd, "default: orders.profile")
	f.register(cmd)
	return cmd
}

// older is a person's word on orders that may go back.
func (f ordersFlags) older() (orders.Older, error) {
	older := orders.Older{Note: written.NFC(strings.TrimSpace(f.note))}
	switch {
	case f.allow == "" && older.Note == "":
		return older, nil
	case f.allow == "" || older.Note == "":
		return older, usage(errors.New("orders import: --allow-older and --note go together"), "--allow-older names the orders, or all; --note says why they may go back")
	}
	older.All = f.allow == "all"
	if !older.All {
		older.Orders = strings.Split(f.allow, ",")
	}
	return older, nil
}

// imported is the JSON of an import.
type imported struct {
	Inserted    int64            `json:"inserted"`
	Updated     int64            `json:"updated"`
	Unchanged   int64            `json:"unchanged"`
	Quarantined int64            `json:"quarantined"`
	Backward    int64            `json:"backward"`
	OtherPG     map[string]int64 `json:"other_pg"` // not compared, by the company's word
	ending
}

func (s *session) importOrders(ctx context.Context, paths []string, f ordersFlags, older orders.Older) error {
	now := s.now()
	options, err := s.fileOptions(f.fileFlags)
	if err != nil {
		return err
	}
	bar := s.newProgress()
	defer bar.Close()
	sum, err := intake.Import{
		Store: s.db, Options: options, Paths: paths, Quarantine: f.quarantine, Older: older, DryRun: f.dry,
		Actor: s.actor(), Now: now, Step: func(rows int64) { bar.Step("orders", rows, 0) },
	}.Run(ctx)
	if err != nil {
		return err
	}
	for _, column := range sum.Unknown {
		app.WarnUnread(s.warns, column.File, []string{column.Title}, nil)
	}
	for _, sheet := range sum.Unread {
		app.WarnUnread(s.warns, sheet.File, nil, []string{sheet.Sheet})
	}
	sum.Outcome(f.quarantine, &s.verdict.Outcome)
	return s.show(imported{sum.Inserted, sum.Updated, sum.Unchanged, sum.Quarantined, sum.Backward, sum.OtherPG, s.ending()}, func() { s.printImported(sum, f) })
}

func (a *invocation) printImported(sum intake.Imported, f ordersFlags) {
	if f.dry {
		a.printf("nothing was written: ")
	}
	a.printf("inserted %s, updated %s, unchanged %s", pay.Grouped(sum.Inserted), pay.Grouped(sum.Updated), pay.Grouped(sum.Unchanged))
	if f.quarantine != "" {
		a.printf(", quarantined %s (%s)", pay.Grouped(sum.Quarantined), f.quarantine)
	}
	a.printf("\n")
	if sum.Backward > 0 {
		a.printf("%s would have taken orders back and were left out\n", pay.Counted(sum.Backward, "row"))
	}
	for _, word := range slices.Sorted(maps.Keys(sum.UnknownMethods)) {
		a.printf("taken without a method, since nobody says what %q means: %s\n", plain(word), pay.Grouped(sum.UnknownMethods[word]))
	}
	for _, word := range slices.Sorted(maps.Keys(sum.OtherPG)) {
		a.printf("not compared, paid through %s: %s\n", plain(word), pay.Grouped(sum.OtherPG[word]))
	}
}

func (a *invocation) ordersAllowCommand() *cobra.Command {
	var note string
	cmd := &cobra.Command{
		Use:   "allow ORDER --note TEXT",
		Short: "Let one order go back once, by the next file that would take it back",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			note = written.NFC(strings.TrimSpace(note))
			if note == "" {
				return usage(errors.New("orders allow: --note is needed"), "--note says why the order may go back; it is kept in the journal")
			}
			return a.withStore(cmd.Context(), func(s *session) error {
				return s.allowOrder(cmd.Context(), ids[0], note)
			})
		},
	}
	cmd.Flags().StringVar(&note, "note", "", "why; it is kept in the journal")
	return cmd
}

// allowedDocument is the JSON of `orders allow`.
type allowedDocument struct {
	MID     string `json:"mid"`
	OrderID string `json:"order_id"`
	Note    string `json:"note"`
	ending
}

func (s *session) allowOrder(ctx context.Context, orderID, note string) error {
	mid, err := intake.Allow{Store: s.db, MID: s.mid, OrderID: orderID, Note: note, By: s.actor(), Now: s.now()}.Run(ctx)
	if err != nil {
		return err
	}
	return s.show(allowedDocument{mid, orderID, note, s.ending()}, func() { s.printf("order %s of %s may go back once\n", plain(orderID), mid) })
}
