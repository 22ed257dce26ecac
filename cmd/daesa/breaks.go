package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"daesa/config"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/store"
)

// breakStatuses are the words of --status; all shows every break.
var breakStatuses = []reconcile.Status{
	reconcile.Open, reconcile.Timing, reconcile.Cleared, reconcile.Resolved, reconcile.Reopened, "all",
}

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
	History    []breakChange `json:"history"`
	ending
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

func newBreakDocument(b reconcile.Break) breakDocument {
	return breakDocument{
		ID: b.ID, MID: b.MID, OrderID: b.OrderID, PaymentKey: orNull(b.PaymentKey), Kind: string(b.Kind),
		Status: string(b.Status), Origin: orNull(b.Origin), Currency: string(b.Currency), LocalAmount: b.LocalAmount,
		ProviderAmount: b.ProviderAmount, LocalStatus: orNull(b.LocalStatus), ProviderStatus: orNull(b.ProviderStatus),
		FirstSeen: string(b.FirstSeen), LastSeen: string(b.LastSeen), Nights: b.Nights, Note: orNull(b.Note),
	}
}

func (a *app) newBreakDetail(b reconcile.Break, history []breakChange) breakDetail {
	return breakDetail{
		breakDocument: newBreakDocument(b), Owner: orNull(b.Owner), Resolution: orNull(b.Resolution), ResolvedBy: orNull(b.ResolvedBy),
		ResolvedAt: timeOrNull(b.ResolvedAt), CancelBy: timeOrNull(b.CancelBy), MovedAt: timeOrNull(b.MovedAt),
		Method: orNull(b.Method), History: history, ending: a.ending(),
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
		Short: "List breaks; without --status those that need a person",
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
	cmd.Flags().StringVar(&status, "status", string(reconcile.Open), "open (with reopened), timing, cleared, resolved, reopened or all")
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
			return []string{b.ID, b.MID, b.OrderID, string(b.Kind), string(b.Status), amountOrDash(b.Currency, b.LocalAmount),
				tossHolds(b), string(b.FirstSeen), fmt.Sprint(b.Nights), b.Note}
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
	history, err := breakHistory(ctx, db, id)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(a.newBreakDetail(b, history))
	}
	a.printFields([]field{
		{"id", b.ID}, {"merchant", b.MID}, {"order", b.OrderID}, {"payment key", b.PaymentKey},
		{"kind", string(b.Kind)}, {"status", string(b.Status)}, {"origin", string(b.Origin)}, {"method", string(b.Method)},
		{"shop", side(b.Currency, b.LocalAmount, b.LocalStatus)}, {"Toss", tossSide(b)},
		{"moved at", timeOrNothing(b.MovedAt)}, {"cancel by", timeOrNothing(b.CancelBy)},
		{"seen", fmt.Sprintf("%s to %s, %s", b.FirstSeen, b.LastSeen, counted(b.Nights, "night"))},
		{"resolved", strings.TrimSpace(string(b.Resolution) + " " + b.ResolvedBy + " " + timeOrNothing(b.ResolvedAt))},
		{"looked at again", string(b.RecheckOn)}, {"owner", b.Owner}, {"note", b.Note},
	})
	a.printf("\n")
	for _, change := range history {
		line := change.At + "  " + change.To
		for _, part := range []*string{change.As, &change.Actor, change.Reason} {
			if part != nil {
				line += "  " + *part
			}
		}
		a.printf("%s\n", plain(line))
	}
	return nil
}

// tossHolds writes Toss's side. A break has one currency, the shop's, so that
// the amount of another one cannot be written.
func tossHolds(b reconcile.Break) string {
	if b.Kind == reconcile.CurrencyMismatch {
		return "other currency"
	}
	return amountOrDash(b.Currency, b.ProviderAmount)
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

// breakHistory reads a break's changes of status out of the journal.
func breakHistory(ctx context.Context, db *store.DB, id string) ([]breakChange, error) {
	entries, err := db.History(ctx, "break:"+id)
	if err != nil {
		return nil, err
	}
	changes, last := []breakChange{}, ""
	for _, e := range entries {
		var facts struct {
			From   string `json:"from"`
			Status string `json:"status"`
			As     string `json:"as"`
		}
		if err := json.Unmarshal([]byte(e.Facts), &facts); err != nil {
			return nil, fmt.Errorf("journal entry %d is unreadable: %w", e.Seq, err)
		}
		to := or(facts.Status, strings.TrimPrefix(e.Action, "break."))
		changes = append(changes, breakChange{At: pay.FormatTime(e.At.Time), From: orNull(or(facts.From, last)), To: to,
			Actor: e.Actor, Reason: orNull(e.Reason), As: orNull(facts.As)})
		last = to
	}
	return changes, nil
}

func (a *app) breaksResolveCommand() *cobra.Command {
	var as, note string
	cmd := &cobra.Command{
		Use:   "resolve ID --as DISPOSITION --note TEXT",
		Short: "Write down what a person decided about a break",
		Long: "The dispositions: " + listed(reconcile.Dispositions) + ".\n" +
			"A resolved break comes back when an amount or a status of either side changes;\n" +
			"fix_shop and waiting also after three bank days.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			if as == "" || strings.TrimSpace(note) == "" {
				return usage(errors.New("breaks resolve: --as and --note are needed"), "--as is one of "+listed(reconcile.Dispositions)+"; --note says why")
			}
			if err := oneOf("--as", as, reconcile.Dispositions); err != nil {
				return err
			}
			return a.withDatabase(cmd.Context(), func(_ *config.Config, db *store.DB) error {
				return a.resolveBreak(cmd.Context(), db, ids[0], reconcile.Disposition(as), note)
			})
		},
	}
	cmd.Flags().StringVar(&as, "as", "", "the disposition")
	cmd.Flags().StringVar(&note, "note", "", "why; it is kept in the journal")
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
	if as == reconcile.RefundNow {
		a.warn("refund_now is written down and sends nothing by itself: daesa refunds add --order %s asks for the refund", plain(resolved.OrderID))
	}
	if a.json {
		history, err := breakHistory(ctx, db, id)
		if err != nil {
			return err
		}
		return a.printJSON(a.newBreakDetail(resolved, history))
	}
	a.printf("break %s of order %s is resolved as %s by %s\n", resolved.ID, plain(resolved.OrderID), as, plain(resolved.ResolvedBy))
	if resolved.RecheckOn != "" {
		a.printf("it is looked at again on %s, if both sides still differ\n", resolved.RecheckOn)
	}
	return nil
}
