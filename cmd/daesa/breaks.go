package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	application "daesa/app"
	"daesa/config"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/store"
)

// breakStatuses are the words of --status; all shows every break.
var breakStatuses = append(slices.Clone(reconcile.Statuses), "all")

// breakDocument is one element of `breaks list --json`.
type breakDocument struct {
	ID             string  `json:"id"`
	MID            string  `json:"mid"`
	OrderID        string  `json:"order_id"`
	PaymentKey     *string `json:"payment_key"`
	Kind           string  `json:"kind"`
	Status         string  `json:"status"`
	Origin         *string `json:"origin"`
	Currency       string  `json:"currency"`
	LocalAmount    *int64  `json:"local_amount"`
	ProviderAmount *int64  `json:"provider_amount"`
	LocalStatus    *string `json:"local_status"`
	ProviderStatus *string `json:"provider_status"`
	FirstSeen      string  `json:"first_seen"`
	LastSeen       string  `json:"last_seen"`
	Nights         int     `json:"nights"`
	Disposition    *string `json:"disposition"` // a person's decision, while it holds
	Note           *string `json:"note"`
}

// breakDetail is the JSON of `breaks show`.
type breakDetail struct {
	breakDocument
	Owner      *string       `json:"owner"` // who looks after it
	Resolution *string       `json:"resolution"`
	ResolvedBy *string       `json:"resolved_by"`
	ResolvedAt *string       `json:"resolved_at"`
	CancelBy   *string       `json:"cancel_by"`
	MovedAt    *string       `json:"moved_at"`
	Method     *string       `json:"method"`
	RefundID   *string       `json:"refund_id"` // of the request that refund_now made
	Remark     *string       `json:"remark"`    // what to know beside the kind
	History    []breakChange `json:"history"`
	ending
}

// resolvedDocument is the JSON of `breaks resolve`.
type resolvedDocument struct {
	breakDetail
	Refund  *refundDocument `json:"refund"`  // what refund_now asks for; null for every other decision
	Approve []string        `json:"approve"` // the lines that give the second person's word
}

// breakChange is one journal row of a break.
type breakChange struct {
	At     string  `json:"at"`
	From   *string `json:"from"`
	To     string  `json:"to"`
	Actor  string  `json:"actor"`
	Reason *string `json:"reason"`
	As     *string `json:"as"` // the disposition, where a person resolved it
}

func newBreakChange(c application.Change) breakChange {
	return breakChange{pay.FormatTime(c.At), orNull(c.From), c.To, c.Actor, orNull(c.Reason), orNull(c.As)}
}

func newBreakDocument(b reconcile.Break) breakDocument {
	return breakDocument{
		ID: b.ID, MID: b.MID, OrderID: b.OrderID, PaymentKey: orNull(b.PaymentKey), Kind: string(b.Kind),
		Status: string(b.Status), Origin: orNull(b.Origin), Currency: string(b.Currency), LocalAmount: b.LocalAmount,
		ProviderAmount: b.ProviderAmount, LocalStatus: orNull(shopStatus(b)), ProviderStatus: orNull(b.ProviderStatus),
		FirstSeen: string(b.FirstSeen), LastSeen: string(b.LastSeen), Nights: b.Nights, Disposition: orNull(b.Resolution), Note: orNull(b.Note),
	}
}

func (a *app) newBreakDetail(b reconcile.Break, history []application.Change) breakDetail {
	return breakDetail{
		breakDocument: newBreakDocument(b), Owner: orNull(b.Owner), Resolution: orNull(b.Resolution), ResolvedBy: orNull(b.ResolvedBy),
		ResolvedAt: timeOrNull(b.ResolvedAt), CancelBy: timeOrNull(b.CancelBy), MovedAt: timeOrNull(b.MovedAt),
		Method: orNull(b.Method), RefundID: orNull(b.RefundID), Remark: orNull(b.Remark), History: each(history, newBreakChange), ending: a.ending(),
	}
}

func (a *app) breaksCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "breaks", Short: "The differences found between shop and Toss"}
	cmd.AddCommand(a.breaksListCommand(), a.breaksShowCommand(), a.breaksResolveCommand())
	return cmd
}

func (a *app) breaksListCommand() *cobra.Command {
	var status, kind string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List breaks; without --status those that need a person or wait for their refund",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(oneOf("--status", status, breakStatuses), oneOf("--kind", kind, reconcile.Kinds)); err != nil {
				return err
			}
			return a.withDatabase(cmd.Context(), func(_ *config.Config, db *store.DB) error {
				return a.listBreaks(cmd.Context(), db, status, kind)
			})
		},
	}
	cmd.Flags().StringVar(&status, "status", string(reconcile.Open), "open (with reopened and refunding), refunding, timing, cleared, resolved, reopened or all")
	cmd.Flags().StringVar(&kind, "kind", "", "only this kind")
	return cmd
}

func (a *app) listBreaks(ctx context.Context, db *store.DB, status, kind string) error {
	if status == "all" {
		status = ""
	}
	breaks, err := db.Breaks(ctx, store.BreakFilter{MID: a.mid, Status: status, Kind: kind})
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(each(breaks, newBreakDocument))
	}
	if len(breaks) > 0 {
		rows := each(breaks, func(b reconcile.Break) []string {
			return []string{b.ID, b.MID, b.OrderID, string(b.Kind), string(b.Status), shopHolds(b),
				tossHolds(b), string(b.FirstSeen), fmt.Sprint(b.Nights), or(b.Note, string(b.Remark))}
		})
		a.printTable([]string{"ID", "MID", "ORDER", "KIND", "STATUS", ">SHOP HOLDS", ">TOSS HOLDS", "FIRST SEEN", ">NIGHTS", "NOTE"}, rows)
	}
	a.printf("%s\n", counted(len(breaks), "break"))
	return nil
}

func (a *app) breaksShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show one break with its history",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			return a.withDatabase(cmd.Context(), func(_ *config.Config, db *store.DB) error {
				return a.showBreak(cmd.Context(), db, ids[0])
			})
		},
	}
}

func (a *app) showBreak(ctx context.Context, db *store.DB, id string) error {
	b, err := db.Break(ctx, id)
	if err != nil {
		return err
	}
	history, err := application.BreakHistory(ctx, db, id)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(a.newBreakDetail(b, history))
	}
	a.printFields([]field{
		{"id", b.ID}, {"merchant", b.MID}, {"order", b.OrderID}, {"payment key", b.PaymentKey},
		{"kind", string(b.Kind)}, {"status", string(b.Status)}, {"origin", string(b.Origin)}, {"method", string(b.Method)},
		{"shop", shopSide(b)}, {"Toss", tossSide(b)},
		{"moved at", timeOrNothing(b.MovedAt)}, {"cancel by", timeOrNothing(b.CancelBy)},
		{"seen", fmt.Sprintf("%s to %s, %s", b.FirstSeen, b.LastSeen, counted(b.Nights, "night"))},
		{"resolved", strings.TrimSpace(string(b.Resolution) + " " + b.ResolvedBy + " " + timeOrNothing(b.ResolvedAt))},
		{"looked at again", string(b.RecheckOn)}, {"refund", b.RefundID}, {"owner", b.Owner}, {"note", b.Note}, {"remark", remark(b)},
	})
	a.printf("\n")
	for _, change := range history {
		line := pay.FormatTime(change.At) + "  " + change.To
		for _, part := range []string{change.As, change.Actor, change.Reason} {
			if part != "" {
				line += "  " + part
			}
		}
		a.printf("%s\n", plain(line))
	}
	return nil
}

// remark says what a person should know about a break beside its kind.
func remark(b reconcile.Break) string {
	switch b.Remark {
	case reconcile.TaxPartNeeded:
		return "no refund is asked for by itself: the amount owed may be taxable or tax-free; refund_now needs --tax-free N"
	case reconcile.TaxPartDiffers:
		return "shop and Toss name another tax-free part of this payment; daesa explain " + plain(b.OrderID) + " shows both"
	case reconcile.RefundWaysMixed:
		return "no refund is asked for by itself: the shop's file does not tell how much goes back through Toss (points, bank transfers, items without a figure); daesa refunds add says it"
	default:
		return string(b.Remark)
	}
}

// tossHolds writes Toss's side. A break has one currency, the shop's, so that
// the amount of another one cannot be written.
func tossHolds(b reconcile.Break) string {
	if b.Kind == reconcile.CurrencyMismatch {
		return "other currency"
	}
	return amountOrDash(b.Currency, b.ProviderAmount)
}

// shopStatus is the shop's word in JSON: other_pg and zero_amount are of orders
// that the shop has, yet not as ones of Toss.
func shopStatus(b reconcile.Break) string {
	switch b.LocalPG {
	case "":
		return b.LocalStatus
	case pay.PGToss:
		return "zero_amount"
	default:
		return "other_pg"
	}
}

// shopHolds writes the shop's side: an order that it has as another company's
// is not one that it lacks.
func shopHolds(b reconcile.Break) string {
	switch b.LocalPG {
	case "":
		return amountOrDash(b.Currency, b.LocalAmount)
	case pay.PGToss:
		return "order of 0"
	default:
		return "as " + b.LocalPG
	}
}

func shopSide(b reconcile.Break) string {
	switch b.LocalPG {
	case "":
		return side(b.Currency, b.LocalAmount, b.LocalStatus)
	case pay.PGToss:
		return "has the order, with an amount of 0: paid without Toss"
	default:
		return "has the order, paid through another company: " + b.LocalPG
	}
}

func tossSide(b reconcile.Break) string {
	if b.Kind == reconcile.CurrencyMismatch {
		return "holds another currency, says " + or(b.ProviderStatus, "nothing") + "; daesa explain shows it"
	}
	return side(b.Currency, b.ProviderAmount, b.ProviderStatus)
}

func side(currency pay.Currency, amount *int64, status string) string {
	if amount == nil {
		return "knows nothing of it"
	}
	return "holds " + people(currency, *amount) + ", says " + or(status, "nothing")
}

func (a *app) breaksResolveCommand() *cobra.Command {
	var as, note string
	var named refunds.Named
	cmd := &cobra.Command{
		Use:   "resolve ID --as DISPOSITION --note TEXT",
		Short: "Write down what a person decided about a break",
		Long: "The dispositions: " + listed(reconcile.Dispositions) + ".\n" +
			"refund_now asks for the refund at once, after a look at the payment: of cancel_not_executed what is\n" +
			"owed, of paid_after_cancel and missing_locally all that is held, of duplicate_payment the payment that\n" +
			"--payment names. The request waits for another person's word; until the money is back the break is\n" +
			"refunding. A resolved break comes back when an amount or a status of either side changes;\n" +
			"fix_shop and waiting also after three bank days.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			if as == "" || strings.TrimSpace(note) == "" {
				return usage(errors.New("breaks resolve: --as and --note are needed"), "--as is one of "+listed(reconcile.Dispositions)+"; --note says why")
			}
			if err := oneOf("--as", as, reconcile.Dispositions); err != nil {
				return err
			}
			if reconcile.Disposition(as) != reconcile.RefundNow && named != (refunds.Named{}) {
				return usage(errors.New("breaks resolve: --payment and --tax-free belong to --as refund_now"), "leave them out")
			}
			return a.withDatabase(cmd.Context(), func(cfg *config.Config, db *store.DB) error {
				if reconcile.Disposition(as) == reconcile.RefundNow {
					return a.resolveByRefund(cmd.Context(), cfg, db, ids[0], note, named)
				}
				return a.resolveBreak(cmd.Context(), db, ids[0], reconcile.Disposition(as), note)
			})
		},
	}
	cmd.Flags().StringVar(&as, "as", "", "the disposition")
	cmd.Flags().StringVar(&note, "note", "", "why; it is kept in the journal")
	cmd.Flags().StringVar(&named.Payment, "payment", "", "with refund_now: the key of the payment that goes back, of several")
	cmd.Flags().StringVar(&named.TaxFree, "tax-free", "", "with refund_now: the tax-free part, where a part of a payment that has one goes back")
	return cmd
}

func (a *app) resolveBreak(ctx context.Context, db *store.DB, id string, as reconcile.Disposition, note string) error {
	now, err := a.now()
	if err != nil {
		return err
	}
	resolved, err := db.ResolveBreak(ctx, id, as, a.actor(), note, now)
	if err != nil {
		return err
	}
	if a.json {
		return a.printResolved(ctx, db, resolved, nil, nil)
	}
	a.printf("break %s of order %s is resolved as %s by %s\n", resolved.ID, plain(resolved.OrderID), as, plain(resolved.ResolvedBy))
	if resolved.RecheckOn != "" {
		a.printf("it is looked at again on %s, if both sides still differ\n", resolved.RecheckOn)
	}
	return nil
}

// resolveByRefund is refund_now: the decision and its request, or neither.
func (a *app) resolveByRefund(ctx context.Context, cfg *config.Config, db *store.DB, id, note string, named refunds.Named) error {
	decider, err := a.decider(cfg, db)
	if err != nil {
		return err
	}
	done, warning, err := decider.Resolve(ctx, id, note, named)
	if err != nil {
		return err
	}
	if warning != "" {
		a.warn("%s", warning)
	}
	approve := approveLines([]refunds.Request{done.Request}, "")
	if a.json {
		document := newRefundDocument(done.Request)
		return a.printResolved(ctx, db, done.Break, &document, approve)
	}
	b, r := done.Break, done.Request
	a.printf("break %s of order %s is %s, as %s decided\n", b.ID, plain(b.OrderID), b.Status, plain(b.ResolvedBy))
	a.printf("refund %s asks for %s: %s\n", r.ID, people(r.Currency, r.Amount), r.State)
	a.printApprovals(approve)
	return nil
}

// printApprovals writes the lines that give the second person's word.
func (a *app) printApprovals(lines []string) {
	for _, line := range lines {
		a.printf("another person approves: %s\n", plain(line))
	}
}

func (a *app) printResolved(ctx context.Context, db *store.DB, b reconcile.Break, refund *refundDocument, approve []string) error {
	history, err := application.BreakHistory(ctx, db, b.ID)
	if err != nil {
		return err
	}
	return a.printJSON(resolvedDocument{a.newBreakDetail(b, history), refund, append([]string{}, approve...)})
}
