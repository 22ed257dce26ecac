package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/pay"
	"daesa/reports/voucherfile"
	"daesa/settle"
)

// vatDocument is the JSON of `close vat`.
type vatDocument struct {
	Period      string             `json:"period"`
	From        string             `json:"from"` // the first and the last day
	To          string             `json:"to"`
	Provisional bool               `json:"provisional"` // a month of it is not locked
	Tables      []vatTableDocument `json:"tables"`      // by currency
	UnreadDays  []string           `json:"unread_days"`
	UntakenDays []string           `json:"untaken_days"` // read since the sales were last brought up to date
	LookUps     *lookUpsDocument   `json:"look_ups"`
	File        *string            `json:"file"`
	ending
}

type vatTableDocument struct {
	Currency string            `json:"currency"`
	Rows     []vatRowDocument  `json:"rows"`
	Unread   unreadDocument    `json:"unread"` // the tax-free part; they stand in no row
	Receipts receiptsDocument  `json:"receipts"`
	Without  []withoutDocument `json:"without_receipt"`
}

type vatRowDocument struct {
	Evidence  string `json:"evidence"`
	TaxFree   bool   `json:"tax_free"`
	Count     int64  `json:"count"`
	Approvals int64  `json:"approvals"`
	Cancels   int64  `json:"cancels"`
	Net       int64  `json:"net"`
	Supply    int64  `json:"supply"`
	VAT       int64  `json:"vat"`
}

type unreadDocument struct {
	Count     int64 `json:"count"`
	Approvals int64 `json:"approvals"`
	Cancels   int64 `json:"cancels"`
}

// receiptsDocument is how many sales may have a cash receipt, and of how many it is
// known.
type receiptsDocument struct {
	Sales    int64 `json:"sales"`
	LookedUp int64 `json:"looked_up"`
}

type withoutDocument struct {
	MID        string `json:"mid"`
	OrderID    string `json:"order_id"`
	PaymentKey string `json:"payment_key"`
	Method     string `json:"method"`
	Day        string `json:"day"`
	Amount     int64  `json:"amount"`
}

type lookUpsDocument struct {
	Wanted int64 `json:"wanted"`
	Asked  int64 `json:"asked"`
	Failed int64 `json:"failed"`
}

// vatFlags are the flags of `close vat`.
type vatFlags struct {
	out, encoding string
	lookUp        bool
	most          int
}

func (a *invocation) closeVATCommand() *cobra.Command {
	var f vatFlags
	cmd := &cobra.Command{
		Use:   "vat YYYY-MM|YYYY-Qn",
		Short: "The reference for the VAT return of a month or a quarter: sales by evidence, taxable and tax-free",
		Long: "By Toss's approvals and cancels of these days; it is no return. What is not known stands apart and is never 0:\n" +
			"the tax-free part of a sale is its look-up's, else the order's; whether there is a cash receipt only a look-up\n" +
			"shows. --look-up asks Toss about what is missing, most money first, within the pace.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, words []string) error {
			return a.openWith(cmd.Context(), f.lookUp, func(s *session) error { return s.showVAT(cmd.Context(), words[0], f) })
		},
	}
	cmd.Flags().BoolVar(&f.lookUp, "look-up", false, "look up payments of which something is not known")
	cmd.Flags().IntVar(&f.most, "max", 0, "at most so many look-ups (default reconcile.max_lookups)")
	cmd.Flags().StringVar(&f.out, "out", "", "also write it to this .xlsx or .csv")
	cmd.Flags().StringVar(&f.encoding, "encoding", "", "of a .csv: utf-8 (default) or cp949")
	return cmd
}

func (s *session) showVAT(ctx context.Context, period string, f vatFlags) error {
	from, to, ok := settle.ParsePeriod(period)
	if !ok {
		return usage(fmt.Errorf("%s is neither a month nor a quarter", plain(period)), "for example 2026-11 or 2026-Q4")
	}
	if err := oneOf("--encoding", f.encoding, voucherfile.Encodings); err != nil {
		return err
	}
	options := voucherfile.Options{Encoding: voucherfile.Encoding(f.encoding), Language: s.cfg.Reports.Language, At: s.now()}
	if f.out != "" {
		if err := voucherfile.Check(f.out, options); err != nil {
			return &coded{err, codeUsage}
		}
	}
	reference := app.VATReference{Books: s.db, MIDs: s.mids(), From: from, To: to}
	document := vatDocument{Period: period, From: string(from.First()), To: string(to.Last()), File: orNull(f.out)}
	if f.lookUp {
		looked, err := s.lookSalesUp(ctx, reference, f.most)
		if err != nil {
			return err
		}
		document.LookUps = &lookUpsDocument{looked.Wanted, looked.Asked, looked.Failed}
	}
	figures, err := reference.Figures(ctx, pay.DayOf(s.now()))
	if err != nil {
		return err
	}
	document.Tables = each(figures.Tables, newVATTableDocument)
	document.Provisional = !figures.Locked
	document.UnreadDays, document.UntakenDays = each(figures.Unread, dayText), each(figures.Untaken, dayText)
	if f.out != "" {
		options.Provisional = document.Provisional
		of := each(figures.Tables, func(t app.VATOf) voucherfile.VAT { return voucherfile.VAT(t) })
		if err := voucherfile.SaveVAT(f.out, period, of, options); err != nil {
			return err
		}
	}
	s.warnOfDays(document)
	document.ending = s.ending()
	return s.show(document, func() { s.printVAT(document, figures) })
}

func dayText(d pay.Day) string { return string(d) }

// lookSalesUp asks Toss about sales of which something is not known.
func (s *session) lookSalesUp(ctx context.Context, reference app.VATReference, most int) (app.SalesLookedUp, error) {
	if most <= 0 {
		most = s.cfg.Reconcile.MaxLookups
	}
	bar := s.newProgress()
	defer bar.Close()
	looked, err := app.SalesLookUps{VATReference: reference, Keep: s.db, Most: most, Clock: s.clock,
		Step: func(done, total int64) { bar.Step("look up", done, total) },
		Provider: func(mid string) (app.PaymentLooker, error) {
			m, _ := s.cfg.Merchant(mid)
			return s.client(m)
		}}.Run(ctx)
	if err == nil && looked.Failed > 0 {
		s.warns(fmt.Sprintf("%s failed, the last one: %v", pay.Counted(looked.Failed, "look-up"), looked.Last), "running it again asks about what is missing")
	}
	return looked, err
}

// warnOfDays says which days the figures lack.
func (s *session) warnOfDays(d vatDocument) {
	if n := len(d.UnreadDays); n > 0 {
		s.warns(fmt.Sprintf("%s of the period not read: %s", pay.Counted(n, "day"), someDays(d.UnreadDays)), "daesa nightly --date "+d.UnreadDays[0]+" reads one")
	}
	if n := len(d.UntakenDays); n > 0 {
		s.warns(fmt.Sprintf("%s read since the sales were last brought up to date: %s", pay.Counted(n, "day"), someDays(d.UntakenDays)), "daesa settlements sync brings them up to date")
	}
}

// someDays names the first few.
func someDays(days []string) string {
	const most = 5
	if len(days) <= most {
		return strings.Join(days, ", ")
	}
	return strings.Join(days[:most], ", ") + " ..."
}

func newVATTableDocument(t app.VATOf) vatTableDocument {
	return vatTableDocument{
		Currency: string(t.Currency), Unread: unreadDocument{t.Unread, t.UnreadApprovals, t.UnreadCancels}, Receipts: receiptsDocument{t.Receipts, t.LookedUp},
		Rows: each(t.Rows, func(r settle.VATRow) vatRowDocument {
			return vatRowDocument{string(r.Evidence), r.Free, r.Count, r.Approvals, r.Cancels, r.Net, r.Supply, r.VAT}
		}),
		Without: each(t.Nameless, func(n settle.Nameless) withoutDocument {
			return withoutDocument{n.MID, n.OrderID, n.PaymentKey, string(n.Method), string(n.Day), n.Amount}
		}),
	}
}

// printVAT writes the reference for people.
func (s *session) printVAT(d vatDocument, figures app.VATFigures) {
	s.printf("VAT reference of %s%s, by Toss's approvals and cancels; no return\n", d.Period, provisionalNote(d.Provisional))
	for _, t := range figures.Tables {
		c := t.Currency
		s.printf("\n%s\n", c)
		rows := each(t.Rows, func(r settle.VATRow) []string {
			tax := "과세"
			if r.Free {
				tax = "면세"
			}
			return []string{string(r.Evidence), tax, fmt.Sprint(r.Count), c.Spell(r.Approvals), c.Spell(r.Cancels), c.Spell(r.Net), c.Spell(r.Supply), c.Spell(r.VAT)}
		})
		if t.Unread > 0 {
			rows = append(rows, []string{"unread", "", fmt.Sprint(t.Unread), c.Spell(t.UnreadApprovals), c.Spell(t.UnreadCancels), c.Spell(t.UnreadApprovals - t.UnreadCancels), "-", "-"})
		}
		s.printTable([]string{"EVIDENCE", "TAX", ">COUNT", ">APPROVALS", ">CANCELS", ">NET", ">SUPPLY", ">VAT"}, rows)
		if t.Receipts > 0 {
			s.printf("cash receipts: known of %d of %s; the others stand under the evidence without one\n", t.LookedUp, pay.Counted(t.Receipts, "sale"))
		}
		if len(t.Nameless) > 0 {
			s.printf("without a cash receipt, 100,000 won and more:\n")
			s.printTable([]string{"DAY", "MID", "ORDER", "PAYMENT", "METHOD", ">AMOUNT"}, each(t.Nameless, func(n settle.Nameless) []string {
				return []string{string(n.Day), n.MID, n.OrderID, n.PaymentKey, string(n.Method), c.Spell(n.Amount)}
			}))
		}
	}
	if len(figures.Tables) == 0 {
		s.printf("nothing was sold\n")
	}
	if l := d.LookUps; l != nil {
		s.printf("\nlooked up: %s, %d failed; something was unknown of %s\n", pay.Counted(l.Asked, "payment"), l.Failed, pay.Counted(l.Wanted, "sale"))
	}
	if d.File != nil {
		s.printf("%s\n", plain(*d.File))
	}
}
