package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	room "daesa/app"
	"daesa/config"
	"daesa/pay"
	"daesa/refunds"
	"daesa/store"
)

// transferDocument is one element of `refunds transfers list --json`.
type transferDocument struct {
	ID          string  `json:"id"`
	MID         string  `json:"mid"`
	OrderID     string  `json:"order_id"`
	PaymentKey  string  `json:"payment_key"`
	Amount      int64   `json:"amount"`
	Currency    string  `json:"currency"`
	Why         string  `json:"why"`
	State       string  `json:"state"`
	RequestedBy string  `json:"requested_by"`
	DueAt       string  `json:"due_at"`
	ApprovedBy  *string `json:"approved_by"`
	ApprovedAt  *string `json:"approved_at"`
	DoneBy      *string `json:"done_by"`
	DoneAt      *string `json:"done_at"`
	Reference   *string `json:"reference"`
	Note        *string `json:"note"`
}

func newTransferDocument(t refunds.ManualTransfer) transferDocument {
	return transferDocument{
		ID: t.RefundID, MID: t.MID, OrderID: t.OrderID, PaymentKey: t.PaymentKey, Amount: t.Amount, Currency: string(t.Currency),
		Why: t.Cause(), State: string(t.State), RequestedBy: t.RequestedBy, DueAt: pay.FormatTime(t.DueAt), ApprovedBy: orNull(t.ApprovedBy),
		ApprovedAt: timeOrNull(t.ApprovedAt), DoneBy: orNull(t.DoneBy), DoneAt: timeOrNull(t.DoneAt), Reference: orNull(t.Reference), Note: orNull(t.Note),
	}
}

func (a *app) refundsTransfersCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "transfers",
		Short: "What Toss cannot give back any more, and people transfer by hand (수기이체)",
		Long: "An expired or finally refused refund is due here. Another person than the one who asked approves it;\n" +
			"from then on its amount can no longer be cancelled at Toss. Then it is transferred at the bank, and the\n" +
			"bank's reference is written down.",
	}
	cmd.AddCommand(a.transfersListCommand(),
		a.transferCommand("approve", "Agree that it is transferred; by another person than the one who asked", refunds.ManualApproved),
		a.transferCommand("done", "Write down that it was transferred", refunds.ManualDone),
		a.transferCommand("drop", "Nothing is given back this way after all", refunds.ManualDropped))
	return cmd
}

func (a *app) transfersListCommand() *cobra.Command {
	var state string
	cmd := &cobra.Command{
		Use: "list", Short: "List transfers by hand", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf("--state", state, refunds.ManualStates); err != nil {
				return err
			}
			return a.withDatabase(cmd.Context(), func(cfg *config.Config, db *store.DB) error {
				list, err := db.ManualTransfers(cmd.Context(), a.mid, state)
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(each(list, newTransferDocument))
				}
				if len(list) > 0 {
					lang := refunds.Language(cfg.Reports.Language)
					a.printTable([]string{"ID", "MID", "ORDER", ">AMOUNT", "STATE", "WHY"}, each(list, func(t refunds.ManualTransfer) []string {
						return []string{t.RefundID, t.MID, t.OrderID, people(t.Currency, t.Amount), string(t.State), refunds.Explain(lang, t.Cause(), "", t.CancelBy).Cause}
					}))
				}
				a.printf("%s by hand\n", counted(len(list), "transfer"))
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&state, "state", "", "only this state: "+listed(refunds.ManualStates))
	return cmd
}

func (a *app) transferCommand(name, short string, to refunds.ManualState) *cobra.Command {
	w := refunds.ManualWord{To: to}
	cmd := &cobra.Command{
		Use: name + " ID", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			w.ID = strings.TrimSpace(ids[0])
			return a.moveTransfer(cmd.Context(), w)
		},
	}
	if to == refunds.ManualDone {
		cmd.Flags().StringVar(&w.Reference, "reference", "", "the bank's reference of the transfer")
	}
	if to == refunds.ManualApproved {
		cmd.Flags().BoolVar(&w.Another, "another-wish", false, "it is due although Toss was asked for the same amount of the same payment as well")
	}
	cmd.Flags().StringVar(&w.Note, "note", "", "kept in the journal")
	return cmd
}

// moveTransfer writes a person's word on a transfer.
func (a *app) moveTransfer(ctx context.Context, w refunds.ManualWord) error {
	return a.withAsker(ctx, func(s *asker) error {
		w.By, w.Now = a.actor(), s.now
		after, err := room.MoveTransfer{Store: s.db, Head: newHeadKeeper(s.cfg, s.db), LookUps: s.lookUps, Word: w}.Run(ctx)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(struct {
				transferDocument
				ending
			}{newTransferDocument(after), a.ending()})
		}
		a.printf("transfer %s of order %s: %s, %s\n", after.RefundID, plain(after.OrderID), people(after.Currency, after.Amount), after.State)
		return nil
	})
}
