package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	application "daesa/app"
	"daesa/config"
	"daesa/pay"
	"daesa/reports"
	"daesa/store"
)

// rowDocument is a row of a workbook in the JSON of `report apply`.
type rowDocument struct {
	Sheet    string  `json:"sheet"`
	Row      int     `json:"row"`
	ID       string  `json:"id"`
	OrderID  string  `json:"order_id"`
	Decision *string `json:"decision"`
	Owner    *string `json:"owner"` // null: left as it was
	Note     *string `json:"note"`
	RefundID *string `json:"refund_id"` // of the request that refund_now makes
	Reason   *string `json:"reason"`    // why it is refused
	Hint     *string `json:"hint"`
}

type appliedDocument struct {
	File    string        `json:"file"`
	SHA256  string        `json:"sha256"`
	Written bool          `json:"written"`
	Rows    int           `json:"rows"` // breaks in the workbook
	Applied []rowDocument `json:"applied"`
	Refused []rowDocument `json:"refused"`
	// Requests are what the decisions to refund ask for, or would.
	Requests []refundDocument `json:"requests"`
	Amount   map[string]int64 `json:"amount"`  // of Requests, by currency
	Batch    *string          `json:"batch"`   // of the requests that this file has made; null for none
	Approve  []string         `json:"approve"` // the lines that give the second person's word
	ending
}

func (a *app) reportApplyCommand() *cobra.Command {
	var write bool
	cmd := &cobra.Command{
		Use:   "apply FILE",
		Short: "Read decisions, owners and notes back out of a night's workbook",
		Long: "Shows what would change; with --write it is done. A row that is stale, was edited in its\n" +
			"facts, stands twice or is of another workbook is refused for itself, the others are taken.\n" +
			"Rows may be sorted and filtered, columns moved and hidden. 환불 진행 (refund now) asks for the refund at\n" +
			"once, after a look at the payment, and shows the line by which another person approves all of them.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			return a.withDatabase(cmd.Context(), func(cfg *config.Config, db *store.DB) error {
				return a.applyWorkbook(cmd.Context(), cfg, db, files[0], write)
			})
		},
	}
	cmd.Flags().BoolVar(&write, "write", false, "do it")
	return cmd
}

// returned names a workbook that came back, with what opens it.
func (a *app) returned(cfg *config.Config, db *store.DB, path string) (application.ReturnedBook, reports.Options, error) {
	options, err := a.reportOptions(cfg)
	if !cfg.Reports.PerMerchant {
		options.Expected = mids(cfg)
	}
	return application.ReturnedBook{Runs: db, Path: path, Password: options.Password}, options, err
}

func (a *app) applyWorkbook(ctx context.Context, cfg *config.Config, db *store.DB, path string, write bool) error {
	decider, err := a.decider(cfg, db)
	if err != nil {
		return err
	}
	book, _, err := a.returned(cfg, db, path)
	if err != nil {
		return err
	}
	applied, err := book.Apply(ctx, decider, db, write)
	if err != nil {
		return err
	}
	document := newApplied(path, write, applied)
	if n := len(document.Refused); n > 0 {
		a.verdict.add(codePerson, "%s of %s refused", counted(n, "row"), path)
	}
	return a.printApplied(document)
}

func newApplied(path string, write bool, applied application.AppliedBook) appliedDocument {
	d := appliedDocument{File: path, SHA256: applied.SHA256, Written: write, Rows: applied.Rows, Applied: []rowDocument{}, Refused: []rowDocument{},
		Requests: []refundDocument{}, Amount: map[string]int64{}, Batch: orNull(applied.Batch), Approve: each(applied.Approve, application.Approval.Command)}
	for _, r := range applied.Unread {
		d.Refused = append(d.Refused, rowDocument{Sheet: r.Sheet, Row: r.Row, ID: r.BreakID, OrderID: r.OrderID, Reason: &r.Reason})
	}
	for _, r := range applied.Refused {
		row := newRowDocument(r.Row)
		row.Reason, row.Hint = &r.Reason, orNull(r.Hint)
		d.Refused = append(d.Refused, row)
	}
	for _, t := range applied.Taken {
		row := newRowDocument(t.Row)
		if t.Request != nil {
			row.RefundID = &t.Request.ID
			d.Requests = append(d.Requests, newRefundDocument(*t.Request))
			d.Amount[string(t.Request.Currency)] += t.Request.Amount
		}
		d.Applied = append(d.Applied, row)
	}
	return d
}

func newRowDocument(w reports.RowDecision) rowDocument {
	return rowDocument{Sheet: w.Sheet, Row: w.Row, ID: w.Word.ID, OrderID: w.OrderID, Decision: orNull(w.Word.As), Owner: w.Word.Owner, Note: w.Word.Note}
}

func (a *app) printApplied(d appliedDocument) error {
	d.ending = a.ending()
	if a.json {
		return a.printJSON(d)
	}
	done, asks := "would change", "would be asked for"
	if d.Written {
		done, asks = "changed", "asked for"
	}
	if len(d.Applied) > 0 {
		a.printTable([]string{"SHEET", ">ROW", "ORDER", "DECISION", "OWNER", "NOTE"}, each(d.Applied, func(r rowDocument) []string {
			return []string{r.Sheet, fmt.Sprint(r.Row), r.OrderID, orKept(r.Decision), orKept(r.Owner), orKept(r.Note)}
		}))
	}
	a.printf("%s %s\n", counted(len(d.Applied), "break"), done)
	if len(d.Requests) > 0 {
		a.printTable([]string{"REFUND", "ORDER", ">AMOUNT", "STATE"}, each(d.Requests, func(r refundDocument) []string {
			return []string{r.ID, r.OrderID, people(pay.Currency(r.Currency), r.Amount), r.State}
		}))
		a.printf("%s %s:%s\n", counted(len(d.Requests), "refund"), asks, sums(d.Amount))
	}
	for _, r := range d.Refused {
		a.printf("refused: %s row %d (order %s): %s\n", plain(r.Sheet), r.Row, plain(r.OrderID), plain(*r.Reason))
		if r.Hint != nil {
			a.printf("  hint: %s\n", plain(*r.Hint))
		}
	}
	a.printApprovals(d.Approve)
	switch {
	case !d.Written && len(d.Applied) > 0:
		a.printf("nothing is written yet: daesa report apply --write %s\n", plain(d.File))
	case len(d.Refused) > 0:
		a.printf("%s refused; daesa report nightly draws the night again, to fill in what is missing\n", counted(len(d.Refused), "row"))
	}
	return nil
}

// sums writes money by currency.
func sums(amount map[string]int64) string {
	text := ""
	for _, currency := range sortedKeys(amount) {
		text += " " + people(pay.Currency(currency), amount[currency])
	}
	return text
}

// orKept writes what a person wrote: - where they left it as it was.
func orKept(value *string) string {
	switch {
	case value == nil:
		return "-"
	case *value == "":
		return "(cleared)"
	default:
		return *value
	}
}

type changedDocument struct {
	Sheet string `json:"sheet"`
	Row   *int   `json:"row"` // null: the whole sheet
	What  string `json:"what"`
}

type verifiedDocument struct {
	File    string            `json:"file"`
	SHA256  string            `json:"sha256"`
	Cells   int               `json:"cells"`  // compared
	Filled  int               `json:"filled"` // rows in which people wrote where they may
	Changed []changedDocument `json:"changed"`
	ending
}

func (a *app) reportVerifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify FILE",
		Short: "Say whether a night's workbook says what was drawn, or where it was changed",
		Long: "Every cell is compared with what the stored night draws. What people fill in, the order of\n" +
			"rows and columns, and how things look are not: a save by another program passes.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			return a.withDatabase(cmd.Context(), func(cfg *config.Config, db *store.DB) error {
				return a.verifyWorkbook(cmd.Context(), cfg, db, files[0])
			})
		},
	}
}

func (a *app) verifyWorkbook(ctx context.Context, cfg *config.Config, db *store.DB, path string) error {
	book, options, err := a.returned(cfg, db, path)
	if err != nil {
		return err
	}
	found, err := book.Verify(ctx, options)
	if err != nil {
		return err
	}
	document := verifiedDocument{File: path, SHA256: found.SHA256, Cells: found.Cells, Filled: found.Filled, Changed: []changedDocument{}}
	for _, c := range found.Changed {
		changed := changedDocument{Sheet: c.Sheet, What: c.What}
		if c.Row > 0 {
			changed.Row = &c.Row
		}
		document.Changed = append(document.Changed, changed)
	}
	if n := len(found.Changed); n > 0 {
		a.verdict.add(codeFailed, "%s was changed in %s", path, counted(n, "place"))
	}
	document.ending = a.ending()
	if a.json {
		return a.printJSON(document)
	}
	for _, c := range found.Changed {
		where := plain(c.Sheet)
		if c.Row > 0 {
			where += fmt.Sprintf(" row %d", c.Row)
		}
		a.printf("changed: %s: %s\n", where, plain(c.What))
	}
	a.printf("%s compared, %s; people wrote in %s\n", counted(found.Cells, "cell"), counted(len(found.Changed), "change"), counted(found.Filled, "row"))
	return nil
}
