package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"daesa/app"
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
	Scope          string  `json:"scope"`   // orders or settlement
	Subject        string  `json:"subject"` // what it is about: order:ID, payout:DATE:CUR ...
	OrderID        *string `json:"order_id"`
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
	Amount         *int64  `json:"amount"`      // by how much accepting it changes what Toss owes
	Share          *int64  `json:"share"`       // what of the month's unexplained difference it explains
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

func newBreakChange(c app.Change) breakChange {
	return breakChange{pay.FormatTime(c.At), orNull(c.From), c.To, c.Actor, orNull(c.Reason), orNull(c.As)}
}

func newBreakDocument(b reconcile.Break) breakDocument {
	return breakDocument{
		ID: b.ID, MID: b.MID, Scope: string(b.Kind.Scope()), Subject: b.About(), OrderID: orNull(b.OrderID), PaymentKey: orNull(b.PaymentKey), Kind: string(b.Kind),
		Status: string(b.Status), Origin: orNull(b.Origin), Currency: string(b.Currency), LocalAmount: b.LocalAmount,
		ProviderAmount: b.ProviderAmount, LocalStatus: orNull(app.ShopStatus(b)), ProviderStatus: orNull(b.ProviderStatus),
		FirstSeen: string(b.FirstSeen), LastSeen: string(b.LastSeen), Nights: b.Nights, Disposition: orNull(b.Resolution), Amount: b.Amount, Share: b.Share, Note: orNull(b.Note),
	}
}

func (a *invocation) newBreakDetail(b reconcile.Break, history []app.Change) breakDetail {
	return breakDetail{
		breakDocument: newBreakDocument(b), Owner: orNull(b.Owner), Resolution: orNull(b.Resolution), ResolvedBy: orNull(b.ResolvedBy),
		ResolvedAt: timeOrNull(b.ResolvedAt), CancelBy: timeOrNull(b.CancelBy), MovedAt: timeOrNull(b.MovedAt),
		Method: orNull(b.Method), RefundID: orNull(b.RefundID), Remark: orNull(b.Remark), History: each(history, newBreakChange), ending: a.ending(),
	}
}

func (a *invocation) breaksCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "breaks", Short: "The differences found between shop and Toss"}
	cmd.AddCommand(a.breaksListCommand(), a.breaksShowCommand(), a.breaksResolveCommand())
	return cmd
}

func (a *invocation) breaksListCommand() *cobra.Command {
	var status, kind, scope string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List breaks; without --status those that need a person or wait for their refund",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(oneOf("--status", status, breakStatuses), oneOf("--kind", kind, slices.Concat(reconcile.Kinds, reconcile.SettlementKinds)),
				oneOf("--scope", scope, reconcile.BreakScopes)); err != nil {
				return err
			}
			return a.withStore(cmd.Context(), func(s *session) error {
				return s.listBreaks(cmd.Context(), store.BreakFilter{MID: s.mid, Status: status, Kind: kind, Scope: reconcile.BreakScope(scope)})
			})
		},
	}
	cmd.Flags().StringVar(&status, "status", string(reconcile.Open), "open (with reopened and refunding), refunding, timing, cleared, resolved, reopened or all")
	cmd.Flags().StringVar(&kind, "kind", "", "only this kind")
	cmd.Flags().StringVar(&scope, "scope", "", "only breaks of orders, or of settlement; without it both")
	return cmd
}

func (s *session) listBreaks(ctx context.Context, f store.BreakFilter) error {
	if f.Status == "all" {
		f.Status = ""
	}
	breaks, err := s.db.Breaks(ctx, f)
	if err != nil {
		return err
	}
	return s.show(each(breaks, newBreakDocument), func() {
		s.printList([]string{"ID", "MID", "ABOUT", "KIND", "STATUS", ">SHOP HOLDS", ">TOSS HOLDS", "FIRST SEEN", ">NIGHTS", "NOTE"}, each(breaks, func(b reconcile.Break) []string {
			return []string{b.ID, b.MID, cmp.Or(b.Subject, b.OrderID), string(b.Kind), string(b.Status), app.ShopHolds(b), app.TossHolds(b),
				string(b.FirstSeen), fmt.Sprint(b.Nights), cmp.Or(b.Note, string(b.Remark))}
		}), pay.Counted(len(breaks), "break"))
	})
}

func (a *invocation) breaksShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show one break with its history",
		Args:  cobra.ExactArgs(1),
		RunE:  a.onStore(func(ctx context.Context, s *session, ids []string) error { return s.showBreak(ctx, ids[0]) }),
	}
}

func (s *session) showBreak(ctx context.Context, id string) error {
	b, err := s.db.Break(ctx, id)
	if err != nil {
		return err
	}
	history, err := app.BreakHistory(ctx, s.db, id)
	if err != nil {
		return err
	}
	return s.show(s.newBreakDetail(b, history), func() {
		s.printFields([][2]string{
			{"id", b.ID}, {"merchant", b.MID}, {"about", b.About()}, {"order", b.OrderID}, {"payment key", b.PaymentKey},
			{"kind", string(b.Kind)}, {"status", string(b.Status)}, {"origin", string(b.Origin)}, {"method", string(b.Method)},
			{"shop", app.ShopSide(b)}, {"Toss", app.TossSide(b)},
			{"moved at", timeOrNothing(b.MovedAt)}, {"cancel by", timeOrNothing(b.CancelBy)},
			{"seen", fmt.Sprintf("%s to %s, %s", b.FirstSeen, b.LastSeen, pay.Counted(b.Nights, "night"))},
			{"resolved", strings.TrimSpace(string(b.Resolution) + " " + b.ResolvedBy + " " + timeOrNothing(b.ResolvedAt))},
			{"looked at again", string(b.RecheckOn)}, {"refund", b.RefundID}, {"owner", b.Owner}, {"note", b.Note}, {"remark", app.RemarkOf(b)},
		})
		s.printHistory(history)
	})
}

func (a *invocation) breaksResolveCommand() *cobra.Command {
	var as, note, supply, vat string
	var named refunds.Named
	cmd := &cobra.Command{
		Use:   "resolve ID --as DISPOSITION --note TEXT",
		Short: "Write down what a person decided about a break",
		Long: "The dispositions: " + listed(reconcile.Dispositions) + ".\n" +
			"refund_now asks for the refund at once, after a look at the payment: of cancel_not_executed what is\n" +
			"owed, of paid_after_cancel and missing_locally all that is held, of duplicate_payment the payment that\n" +
			"--payment names. The request waits for another person's word; until the money is back the break is\n" +
			"refunding. A resolved break comes back when an amount or a status of either side changes;\n" +
			"fix_shop and waiting also after three bank days.\n" +
			"Of breaks of settlement, bank and month also: " + listed(reconcile.SettlementDispositions) + "; docs/states.md\n" +
			"says which kind takes which. rebate needs --supply and --vat of the corrected tax invoice.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			if as == "" || strings.TrimSpace(note) == "" {
				return usage(errors.New("breaks resolve: --as and --note are needed"), "--as is one of "+listed(reconcile.Dispositions)+"; --note says why")
			}
			if err := oneOf("--as", as, reconcile.AllDispositions); err != nil {
				return err
			}
			if reconcile.Disposition(as) != reconcile.RefundNow && named != (refunds.Named{}) {
				return usage(errors.New("breaks resolve: --payment and --tax-free belong to --as refund_now"), "leave them out")
			}
			return a.withStore(cmd.Context(), func(s *session) error {
				if reconcile.Disposition(as) == reconcile.RefundNow {
					return s.resolveByRefund(cmd.Context(), ids[0], note, named)
				}
				return s.resolveBreak(cmd.Context(), ids[0], reconcile.Disposition(as), note, supply, vat)
			})
		},
	}
	cmd.Flags().StringVar(&as, "as", "", "the disposition")
	cmd.Flags().StringVar(&note, "note", "", "why; it is kept in the journal")
	cmd.Flags().StringVar(&supply, "supply", "", "with rebate: 공급가액 of the corrected tax invoice")
	cmd.Flags().StringVar(&vat, "vat", "", "with rebate: its 세액")
	cmd.Flags().StringVar(&named.Payment, "payment", "", "with refund_now: the key of the payment that goes back, of several")
	cmd.Flags().StringVar(&named.TaxFree, "tax-free", "", "with refund_now: the tax-free part, where a part of a payment that has one goes back")
	return cmd
}

func (s *session) resolveBreak(ctx context.Context, id string, as reconcile.Disposition, note, supply, vat string) error {
	rebate, err := s.rebateAsked(ctx, id, as, supply, vat)
	if err != nil {
		return err
	}
	resolved, err := s.db.ResolveBreak(ctx, id, as, s.actor(), note, s.now(), rebate...)
	if err != nil {
		return err
	}
	return s.showResolved(ctx, resolved, nil, nil, func() {
		s.printf("break %s of %s is resolved as %s by %s\n", resolved.ID, aboutOf(resolved), as, plain(resolved.ResolvedBy))
		if resolved.RecheckOn != "" {
			s.printf("it is looked at again on %s, if both sides still differ\n", resolved.RecheckOn)
		}
	})
}

// aboutOf is what a break is about, for people.
func aboutOf(b reconcile.Break) string {
	if b.Subject != "" {
		return plain(b.Subject)
	}
	return "order " + plain(b.OrderID)
}

// rebateAsked reads the amounts that come with rebate, and with nothing else.
func (s *session) rebateAsked(ctx context.Context, id string, as reconcile.Disposition, supply, vat string) ([]reconcile.RebateOf, error) {
	given := supply != "" || vat != ""
	switch {
	case as != reconcile.Rebate && given:
		return nil, usage(errors.New("breaks resolve: --supply and --vat belong to --as rebate"), "leave them out")
	case as != reconcile.Rebate:
		return nil, nil
	case supply == "" || vat == "":
		return nil, usage(errors.New("breaks resolve: --as rebate needs --supply and --vat"), "they are those of the corrected tax invoice (수정세금계산서)")
	}
	b, err := s.db.Break(ctx, id)
	if err != nil {
		return nil, err
	}
	var r reconcile.RebateOf
	if r.Supply, err = b.Currency.ParseWritten(supply); err == nil {
		r.VAT, err = b.Currency.ParseWritten(vat)
	}
	if err != nil {
		return nil, usage(err, "for example --supply 365557 --vat 36556")
	}
	return []reconcile.RebateOf{r}, nil
}

// resolveByRefund is refund_now: the decision and its request, or neither.
func (s *session) resolveByRefund(ctx context.Context, id, note string, named refunds.Named) error {
	done, warning, err := s.decider().Resolve(ctx, id, note, named)
	if err != nil {
		return err
	}
	if warning != "" {
		s.warn("%s", warning)
	}
	b, r, approve := done.Break, done.Request, s.approveLines(app.ApprovalsOf([]refunds.Request{done.Request}, ""))
	document := newRefundDocument(r)
	return s.showResolved(ctx, b, &document, approve, func() {
		s.printf("break %s of order %s is %s, as %s decided\n", b.ID, plain(b.OrderID), b.Status, plain(b.ResolvedBy))
		s.printf("refund %s asks for %s: %s\n", r.ID, r.Currency.Spell(r.Amount), r.State)
		s.printApprovals(approve)
	})
}

// printApprovals writes the lines that give the second person's word.
func (a *invocation) printApprovals(lines []string) {
	for _, line := range lines {
		a.printf("another person approves: %s\n", plain(line))
	}
}

func (s *session) showResolved(ctx context.Context, b reconcile.Break, refund *refundDocument, approve []string, people func()) error {
	history, err := app.BreakHistory(ctx, s.db, b.ID)
	if err != nil {
		return err
	}
	return s.show(resolvedDocument{s.newBreakDetail(b, history), refund, append([]string{}, approve...)}, people)
}
