package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/pay"
	"daesa/refunds"
	"daesa/reports"
	"daesa/reports/book"
	"daesa/reports/monthbook"
	"daesa/settle"
)

// rowDocument is a row of a workbook in the JSON of `report apply`.
type rowDocument struct {
	Sheet    string  `json:"sheet"`
	Row      int     `json:"row"`
	ID       string  `json:"id"`
	Subject  *string `json:"subject"` // of a month's workbook: what the row is of; null of a night's
	OrderID  string  `json:"order_id"`
	Decision *string `json:"decision"`
	Owner    *string `json:"owner"` // null: left as it was
	Note     *string `json:"note"`
	RefundID *string `json:"refund_id"` // of the request that refund_now makes
	Column   *string `json:"column"`    // which cell of it is refused; null: the row
	Value    *string `json:"value"`     // what stands there
	Reason   *string `json:"reason"`    // why it is refused
	Hint     *string `json:"hint"`
}

// depositDocument is what rows of a month's workbook say of deposits.
type depositDocument struct {
	Sheet      string   `json:"sheet"`
	Rows       []int    `json:"rows"`
	Undo       bool     `json:"undo"` // they are taken off the payouts
	Lines      []string `json:"lines"`
	Payouts    []string `json:"payouts"` // MID:DATE
	Currency   string   `json:"currency"`
	Amount     int64    `json:"amount"`   // of the lines
	Expected   int64    `json:"expected"` // of the payouts
	Difference int64    `json:"difference"`
	Note       string   `json:"note"`
}

// takenBack is a request that a decision takes back.
type takenBack struct {
	decision string
	request  refunds.Request
}

type appliedDocument struct {
	takenBack []takenBack
	noAccount int // refunds that wait for an account before anybody can approve them

	File    string        `json:"file"`
	SHA256  string        `json:"sha256"`
	Written bool          `json:"written"`
	Rows    int           `json:"rows"` // breaks in the workbook
	Applied []rowDocument `json:"applied"`
	Refused []rowDocument `json:"refused"`
	// Unchanged are the rows whose word stands already: the same workbook decides once.
	Unchanged int `json:"unchanged"`
	// Month is the month of a month's workbook, null of a night's; Matches are what its
	// deposits are tied to, or taken off.
	Month   *string           `json:"month"`
	Matches []depositDocument `json:"matches"`
	// Requests are what the decisions to refund ask for, or would.
	Requests []refundDocument `json:"requests"`
	Amount   map[string]int64 `json:"amount"`  // of Requests, by currency
	Batch    *string          `json:"batch"`   // of the requests that this file has made; null for none
	Approve  []string         `json:"approve"` // the lines that give the second person's word
	ending
}

func (a *invocation) reportApplyCommand() *cobra.Command {
	var write bool
	cmd := &cobra.Command{
		Use:   "apply FILE",
		Short: "Read decisions, owners and notes back out of a night's or a month's workbook",
		Long: "Shows what would change; with --write it is done. A row that is stale, was edited in its\n" +
			"facts, stands twice or is of another workbook is refused for itself, the others are taken.\n" +
			"Rows may be sorted and filtered, columns moved and hidden. 환불 진행 (refund now) asks for the refund at\n" +
			"once, after a look at the payment, and shows the line by which another person approves all of them.\n" +
			"Of the workbook of a month that is not locked it takes the decisions about breaks of settlement as\n" +
			"breaks resolve does, and what people say of deposits as bank match and bank unmatch do.",
		Args: cobra.ExactArgs(1),
		RunE: a.onStore(func(ctx context.Context, s *session, files []string) error {
			return s.applyWorkbook(ctx, files[0], write)
		}),
	}
	cmd.Flags().BoolVar(&write, "write", false, "do it")
	return cmd
}

// returned names a workbook that came back, with what opens it.
func (s *session) returned(path string) (app.ReturnedBook, reports.Options, error) {
	options, err := s.reportOptions()
	if !s.cfg.Reports.PerMerchant {
		options.Expected = mids(s.cfg)
	}
	return app.ReturnedBook{Runs: s.db, Requests: s.db, Path: path, Password: options.Password}, options, err
}

func (s *session) applyWorkbook(ctx context.Context, path string, write bool) error {
	book, _, err := s.returned(path)
	if err != nil {
		return err
	}
	applied, err := book.Apply(ctx, s.decider(), s.db, s.monthDesk(), write)
	if err != nil {
		return err
	}
	applied.Outcome(path, &s.verdict.Outcome)
	for _, t := range applied.Taken {
		if t.Warning != "" {
			s.warn("%s row %d (order %s): %s", plain(t.Row.Sheet), t.Row.Row, plain(t.Row.OrderID), plain(t.Warning))
		}
	}
	return s.showApplied(newApplied(path, write, applied, s.approveLines(applied.Approve), s.ending()))
}

// monthDesk carries out what people wrote into a month's workbook.
func (s *session) monthDesk() app.MonthDesk {
	return app.MonthDesk{
		Stand: func(ctx context.Context, month settle.Month) (monthbook.Stand, error) {
			return s.closing().Stand(ctx, month, s.now())
		},
		Match:  app.MatchBank{Deposits: s.deposits(), Books: s.db, By: s.actor(), Now: s.now()},
		Months: s.closing(), Hold: s.holdPassbook,
	}
}

func newApplied(path string, write bool, applied app.AppliedBook, approve []string, ending ending) appliedDocument {
	d := appliedDocument{File: path, SHA256: applied.SHA256, Written: write, Rows: applied.Rows, Applied: []rowDocument{}, Refused: []rowDocument{},
		Requests: []refundDocument{}, Amount: map[string]int64{}, Batch: orNull(applied.Batch), Approve: approve, Unchanged: applied.Same, Month: orNull(applied.Month),
		Matches: each(applied.Matches, newDepositDocument), ending: ending}
	for _, r := range applied.Unread {
		d.Refused = append(d.Refused, rowDocument{Sheet: r.Sheet, Row: r.Row, ID: r.BreakID, Column: orNull(r.Column), Value: orNull(r.Value), Reason: &r.Reason, Hint: orNull(r.Hint)}.about(r.About, d.Month))
	}
	for _, r := range applied.Refused {
		row := newRowDocument(r.Row)
		row.Reason, row.Hint = &r.Reason, orNull(r.Hint)
		d.Refused = append(d.Refused, row)
	}
	for _, t := range applied.Taken {
		row := newRowDocument(t.Row)
		for _, back := range t.TakenBack {
			d.takenBack = append(d.takenBack, takenBack{string(t.Row.Word.As), back})
		}
		if t.Request != nil {
			d.noAccount += app.NoAccount([]refunds.Request{*t.Request})
			row.RefundID = &t.Request.ID
			d.Requests = append(d.Requests, newRefundDocument(*t.Request))
			d.Amount[string(t.Request.Currency)] += t.Request.Amount
		}
		d.Applied = append(d.Applied, row)
	}
	return d
}

func newDepositDocument(m app.TakenMatch) depositDocument {
	return depositDocument{Sheet: m.Rows[0].Sheet, Rows: each(m.Rows, func(w monthbook.DepositWord) int { return w.Row }), Undo: m.Undo,
		Lines: m.Lines, Payouts: each(m.Payouts, payoutName), Currency: string(m.Currency), Amount: m.Amount, Expected: m.Expected, Difference: m.Amount - m.Expected, Note: m.Note}
}

func newRowDocument(w book.RowDecision) rowDocument {
	return rowDocument{Sheet: w.Sheet, Row: w.Row, ID: w.Word.ID, OrderID: w.OrderID, Subject: orNull(w.Word.Seen.Subject), Decision: orNull(w.Word.As), Owner: w.Word.Owner, Note: w.Word.Note}
}

func (a *invocation) showApplied(d appliedDocument) error {
	return a.show(d, func() {
		done, asks := "would change", "would be asked for"
		if d.Written {
			done, asks = "changed", "asked for"
		}
		about := "ORDER"
		if d.Month != nil {
			about = "ABOUT"
		}
		a.printList([]string{"SHEET", ">ROW", about, "DECISION", "OWNER", "NOTE"}, each(d.Applied, func(r rowDocument) []string {
			return []string{r.Sheet, fmt.Sprint(r.Row), orElse(r.Subject, r.OrderID), orKept(r.Decision), orKept(r.Owner), orKept(r.Note)}
		}), pay.Counted(len(d.Applied), "break")+" "+done)
		if len(d.Requests) > 0 {
			a.printList([]string{"REFUND", "ORDER", ">AMOUNT", "STATE"}, each(d.Requests, func(r refundDocument) []string {
				return []string{r.ID, r.OrderID, pay.Currency(r.Currency).Spell(r.Amount), r.State}
			}), pay.Counted(len(d.Requests), "refund")+" "+asks+":"+sums(d.Amount))
		}
		a.printMatches(d)
		for _, r := range d.Refused {
			a.printf("refused: %s row %d (%s): %s\n", plain(r.Sheet), r.Row, refusedOf(r), plain(*r.Reason))
			if r.Hint != nil {
				a.printf("  hint: %s\n", plain(*r.Hint))
			}
		}
		for _, t := range d.takenBack {
			a.printf("%s of order %s takes back refund %s, %s\n", plain(t.decision), plain(t.request.OrderID), t.request.ID, t.request.Currency.Spell(t.request.Amount))
		}
		a.printApprovals(d.Approve)
		if d.noAccount > 0 {
			a.printf("not among them, without a refund account yet: %s; daesa accounts import FILE, then approve\n", pay.Counted(d.noAccount, "refund"))
		}
		if d.Unchanged > 0 {
			a.printf("%s decided so already: nothing changes\n", pay.Counted(d.Unchanged, "row"))
		}
		switch {
		case !d.Written && len(d.Applied)+len(d.Matches) > 0:
			a.printf("nothing is written yet: daesa report apply --write %s\n", plain(d.File))
		case len(d.Refused) > 0 && d.Month != nil:
			a.printf("%s refused; daesa close report %s draws the month again, to fill in what is missing\n", pay.Counted(len(d.Refused), "row"), *d.Month)
		case len(d.Refused) > 0:
			a.printf("%s refused; daesa report nightly draws the night again, to fill in what is missing\n", pay.Counted(len(d.Refused), "row"))
		}
	})
}

// about says what a row of a night's workbook, or of a month's, is about.
func (r rowDocument) about(what string, month *string) rowDocument {
	if month == nil {
		r.OrderID = what
	} else {
		r.Subject = &what
	}
	return r
}

// refusedOf is what a refused row is about, and which cell of it is refused.
func refusedOf(r rowDocument) string {
	about := "order " + plain(r.OrderID)
	if r.Subject != nil {
		about = plain(*r.Subject)
	}
	if r.Column != nil {
		about += ", " + plain(*r.Column)
		if r.Value != nil {
			about += " = " + plain(*r.Value)
		}
	}
	return about
}

// printMatches shows what is tied to payouts, and taken off them.
func (a *invocation) printMatches(d appliedDocument) {
	if len(d.Matches) == 0 {
		return
	}
	done := "would change"
	if d.Written {
		done = "changed"
	}
	a.printList([]string{"SHEET", "ROW", "DEPOSIT", "DECISION", "PAYOUT", ">AMOUNT", ">DIFFERENCE", "NOTE"}, each(d.Matches, func(m depositDocument) []string {
		as := "match"
		if m.Undo {
			as = "unmatch"
		}
		c := pay.Currency(m.Currency)
		return []string{m.Sheet, listed(each(m.Rows, strconv.Itoa)), listed(m.Lines), as, listed(m.Payouts), c.Spell(m.Amount), c.Spell(m.Difference), m.Note}
	}), pay.Counted(len(d.Matches), "decision")+" about deposits "+done)
}

// sums writes money by currency.
func sums(amount map[string]int64) string {
	text := ""
	for _, currency := range slices.Sorted(maps.Keys(amount)) {
		text += " " + pay.Currency(currency).Spell(amount[currency])
	}
	return text
}

// orKept writes what a person wrote: - where they left it as it was.
func orKept(value *string) string {
	if value != nil && *value == "" {
		return "(cleared)"
	}
	return orElse(value, "-")
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
	// Statements are the hashes of what is signed that stand in the workbook of a batch;
	// null: it is one of a night.
	Statements []string `json:"statements"`
	ending
}

func (a *invocation) reportVerifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify FILE",
		Short: "Say whether a night's workbook says what was drawn, or where it was changed",
		Long: "Every cell is compared with what the stored night draws. What people fill in, the order of\n" +
			"rows and columns, and how things look are not: a save by another program passes. Of the workbook of a\n" +
			"batch the sheet 결재 (Approval) is looked at: whether its cells make the statement whose hash stands on it.",
		Args: cobra.ExactArgs(1),
		RunE: a.onStore(func(ctx context.Context, s *session, files []string) error { return s.verifyWorkbook(ctx, files[0]) }),
	}
}

func (s *session) verifyWorkbook(ctx context.Context, path string) error {
	book, options, err := s.returned(path)
	if err != nil {
		return err
	}
	found, err := book.Verify(ctx, options)
	if err != nil {
		return err
	}
	found.Outcome(path, &s.verdict.Outcome)
	document := verifiedDocument{File: path, SHA256: found.SHA256, Cells: found.Cells, Filled: found.Filled, Changed: []changedDocument{}, Statements: found.Statements, ending: s.ending()}
	for _, c := range found.Changed {
		changed := changedDocument{Sheet: c.Sheet, What: c.What}
		if c.Row > 0 {
			changed.Row = &c.Row
		}
		document.Changed = append(document.Changed, changed)
	}
	return s.show(document, func() {
		for _, hash := range found.Statements {
			s.printf("statement %s\n", plain(hash))
		}
		for _, c := range found.Changed {
			where := plain(c.Sheet)
			if c.Row > 0 {
				where += fmt.Sprintf(" row %d", c.Row)
			}
			s.printf("changed: %s: %s\n", where, plain(c.What))
		}
		s.printf("%s compared, %s; people wrote in %s\n", pay.Counted(found.Cells, "cell"), pay.Counted(len(found.Changed), "change"), pay.Counted(found.Filled, "row"))
	})
}
