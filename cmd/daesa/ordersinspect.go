package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"daesa/internal/hint"
	"daesa/orders"
	"daesa/pay"
)

// inspectDocument is the JSON of `orders inspect`.
type inspectDocument struct {
	Container  string              `json:"container"`
	Encoding   *string             `json:"encoding"`
	Sheet      *string             `json:"sheet"`
	HeaderRow  *int                `json:"header_row"`
	Profile    *string             `json:"profile"`
	Note       *string             `json:"note"` // what people should know of files of the profile
	Candidates []candidateDocument `json:"candidates"`
	Columns    map[string]string   `json:"columns"`
	Unused     []string            `json:"unused_columns"`
	Statuses   map[string]*string  `json:"statuses"`
	Methods    map[string]*string  `json:"methods"`
	PGs        map[string]*string  `json:"pgs"` // words of the column pg, where the profile says which are Toss
	Rows       int                 `json:"rows"`
	Orders     int                 `json:"orders"`
	Totals     map[string]int64    `json:"totals"`
	Refused    []rowProblem        `json:"refused"`
	Sample     []orderFields       `json:"sample"`
	ending
}

type candidateDocument struct {
	Profile string   `json:"profile"`
	Found   []string `json:"found"`
	Missing []string `json:"missing"`
}

func (a *invocation) ordersInspectCommand() *cobra.Command {
	var f fileFlags
	var write string
	cmd := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Say what a file is and how it would be read; needs no configuration",
		Long: "Shows the container, the encoding, the sheet and the header, which profile fits, what each column and each word\n" +
			"means, and the first orders. --write-profile writes a profile to begin with.",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, files []string) error {
			return a.inspectOrders(files[0], f, write)
		},
	}
	f.registerProfile(cmd, "default: the only one that fits")
	f.register(cmd)
	cmd.Flags().StringVar(&write, "write-profile", "", "write a profile to begin with to this file; it must not exist")
	return cmd
}

func (a *invocation) inspectOrders(path string, f fileFlags, write string) error {
	var options orders.Options
	var err error
	if options.Password, err = a.password(f); err != nil {
		return err
	}
	options.Sheet = f.sheet
	if f.profile != "" {
		if options.Profile, err = orders.LoadProfile(f.profile); err != nil {
			return &coded{err, codeUsage}
		}
	}
	found, err := orders.Inspect(path, options)
	if err != nil {
		return err
	}
	if write == "" && found.Unsettled != nil {
		return found.Unsettled
	}
	if write != "" {
		if err := writeNew(write, found.NewProfile(path)); err != nil {
			return err
		}
	}
	document := a.newInspectDocument(found)
	if a.json {
		return a.printJSON(document)
	}
	a.printInspected(document, found)
	if write != "" {
		a.printf("\nwrote %s: finish it as its first lines say\n", write)
	}
	return nil
}

// writeNew writes a file that is not there yet.
func writeNew(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // the path is the operator's, and nothing in it is secret
	if err != nil {
		return hint.Errorf("name a file that is not there yet", "write the profile: %w", err)
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}

func (a *invocation) newInspectDocument(i orders.Inspection) inspectDocument {
	d := inspectDocument{
		Container: i.About.Container, Encoding: orNull(i.About.Encoding), Sheet: orNull(i.About.Sheet), Profile: orNull(i.Profile), Note: orNull(i.Note),
		Columns: i.Columns, Unused: append([]string{}, i.Unused...), Statuses: meanings(i.Statuses), Methods: meanings(i.Methods), PGs: meanings(i.PGs),
		Rows: i.Rows, Orders: i.Orders, Totals: map[string]int64{}, Sample: each(i.Sample, newOrderFields),
		Candidates: each(i.Candidates, func(c orders.Candidate) candidateDocument {
			return candidateDocument{c.Profile, append([]string{}, c.Found...), append([]string{}, c.Missing...)}
		}),
		Refused: each(hint.RowsOf(i.Refused), newRowProblem), ending: a.ending(),
	}
	if i.About.HeaderRow > 0 {
		d.HeaderRow = &i.About.HeaderRow
	}
	for currency, sum := range i.Totals {
		d.Totals[string(currency)] = sum
	}
	return d
}

// meanings are words with what they mean, null where nobody says.
func meanings(words map[string]string) map[string]*string {
	result := map[string]*string{}
	for word, meaning := range words {
		result[word] = orNull(meaning)
	}
	return result
}

func (a *invocation) printInspected(d inspectDocument, i orders.Inspection) {
	what := strings.TrimSpace(strings.ToUpper(d.Container) + " " + cmp.Or(i.About.Encoding))
	if i.About.Encrypted {
		what += ", encrypted"
	}
	a.printFields([][2]string{
		{"file", what}, {"sheet", i.About.Sheet}, {"sheets not read", strings.Join(i.About.Unread, ", ")},
		{"header", headerPlace(d.HeaderRow)}, {"profile", whichProfile(i)},
		{"rows", pay.Grouped(d.Rows)}, {"orders", pay.Grouped(int64(d.Orders))}, {"refused", fmt.Sprint(len(d.Refused))},
	})
	for _, currency := range slices.Sorted(maps.Keys(d.Totals)) {
		a.printf("total  %s\n", pay.Currency(currency).Spell(d.Totals[currency]))
	}
	if i.Note != "" {
		a.printf("note   %s\n", plain(i.Note))
	}
	a.printCandidates(d)
	a.printPairs("COLUMN", "IN THE FILE", i.Columns)
	a.printPairs("STATUS WORD", "MEANS", i.Statuses)
	a.printPairs("METHOD WORD", "MEANS", i.Methods)
	a.printPairs("COMPANY", "MEANS", i.PGs)
	if len(d.Unused) > 0 {
		a.printf("\nnot read: %s\n", plain(strings.Join(d.Unused, ", ")))
	}
	if len(d.Sample) > 0 {
		a.printf("\n")
		a.printTable([]string{"ORDER", "STATUS", ">AMOUNT", ">CANCELED", "METHOD", "PG", "ORDERED AT", "PAID AT"}, each(i.Sample, func(o pay.Order) []string {
			return []string{o.ID, string(o.Status), o.Currency.Spell(o.Amount), o.Currency.Spell(o.CanceledAmount), cmp.Or(string(o.Method), "-"), o.PG, timeOrNothing(o.OrderedAt), cmp.Or(timeOrNothing(o.PaidAt), "-")}
		}))
	}
	for n, fault := range i.Refused {
		if n == 0 {
			a.printf("\n")
		}
		a.printf("refused: %s\n", plain(fault.Error()))
	}
}

// whichProfile is the one that fits, or why none is taken.
func whichProfile(i orders.Inspection) string {
	fitting := i.Fitting()
	switch {
	case i.Profile != "":
		return i.Profile
	case i.Unsettled != nil:
		return "none before it is said which " + strings.Join(slices.Sorted(maps.Keys(i.Doubled)), ", ") + " is; the file has more than one"
	case len(fitting) > 1:
		return "several fit: " + strings.Join(fitting, ", ") + "; name one by --profile"
	}
	return "none fits; --write-profile FILE writes one to begin with"
}

// printCandidates tells how much of each profile the file has.
func (a *invocation) printCandidates(d inspectDocument) {
	var rows [][]string
	for _, c := range d.Candidates {
		if len(c.Found) > 0 {
			rows = append(rows, []string{c.Profile, fmt.Sprintf("%d: %s", len(c.Found), strings.Join(c.Found, ", ")), cmp.Or(strings.Join(c.Missing, ", "), "-")})
		}
	}
	if len(rows) > 0 {
		a.printf("\n")
		a.printTable([]string{"PROFILE", "HAS", "LACKS"}, rows)
	}
}

func headerPlace(row *int) string {
	if row == nil {
		return "not found"
	}
	return fmt.Sprintf("row %d", *row)
}

// printPairs lists what each of some words is.
func (a *invocation) printPairs(left, right string, pairs map[string]string) {
	if len(pairs) == 0 {
		return
	}
	a.printf("\n")
	a.printTable([]string{left, right}, each(slices.Sorted(maps.Keys(pairs)), func(word string) []string {
		return []string{word, cmp.Or(pairs[word], "? (say it in a profile)")}
	}))
}

// profileDocument is one element of `orders profiles --json`.
type profileDocument struct {
	Profile string              `json:"profile"`
	Rows    string              `json:"rows"` // order or item
	Note    string              `json:"note"`
	Columns map[string][]string `json:"columns"`
}

func (a *invocation) ordersProfilesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "profiles",
		Short: "The profiles in the program, with the columns that each looks for; needs no configuration",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			var list []profileDocument
			for _, name := range orders.Profiles() {
				profile, err := orders.LoadProfile(name)
				if err != nil {
					return err
				}
				about := profile.About()
				list = append(list, profileDocument{about.Name, about.Rows, about.Note, about.Columns})
			}
			if a.json {
				return a.printJSON(list)
			}
			for _, p := range list {
				a.printf("%s (one row for each %s): %s\n", p.Profile, p.Rows, p.Note)
				for _, column := range slices.Sorted(maps.Keys(p.Columns)) {
					a.printf("  %-18s  %s\n", column, strings.Join(p.Columns[column], ", "))
				}
			}
			return nil
		},
	}
}
