package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/pay"
	"daesa/refunds"
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

func (a *invocation) refundsTransfersCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "transfers",
		Short: "What Toss cannot give back any more, and people transfer by hand (수기이체)",
		Long: "An expired or finally refused refund is due here. Another person than the one who asked approves it;\n" +
			"from then on its amount can no longer be cancelled at Toss. Then it is transferred at the bank, one by one\n" +
			"or by a file of all of them (export), and what the bank says of it is written down (done).",
	}
	cmd.AddCommand(a.transfersListCommand(),
		a.transferCommand("approve", "Agree that it is transferred; by another person than the one who asked", refunds.ManualApproved),
		a.transfersExportCommand(),
		a.transfersDoneCommand(),
		a.transferCommand("drop", "Nothing is given back this way after all", refunds.ManualDropped))
	return cmd
}

func (a *invocation) transfersListCommand() *cobra.Command {
	var state string
	cmd := &cobra.Command{
		Use: "list", Short: "List transfers by hand", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf("--state", state, refunds.ManualStates); err != nil {
				return err
			}
			return a.withStore(cmd.Context(), func(s *session) error { return s.listTransfers(cmd.Context(), state) })
		},
	}
	cmd.Flags().StringVar(&state, "state", "", "only this state: "+listed(refunds.ManualStates))
	return cmd
}

func (s *session) listTransfers(ctx context.Context, state string) error {
	list, err := s.db.ManualTransfers(ctx, s.mid, state)
	if err != nil {
		return err
	}
	return s.show(each(list, newTransferDocument), func() {
		s.printList([]string{"ID", "MID", "ORDER", ">AMOUNT", "STATE", "WHY"}, each(list, func(t refunds.ManualTransfer) []string {
			return []string{t.RefundID, t.MID, t.OrderID, t.Currency.Spell(t.Amount), string(t.State), refunds.Explain(s.language(), t.Cause(), "", t.CancelBy).Cause}
		}), pay.Counted(len(list), "transfer")+" by hand")
	})
}

func (a *invocation) transferCommand(name, short string, to refunds.ManualState) *cobra.Command {
	w := refunds.ManualWord{To: to}
	var f signFlags
	cmd := &cobra.Command{
		Use: name + " ID", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			if err := f.check("refunds transfers " + name); err != nil {
				return err
			}
			if f.takes() && w.Note != "" {
				return unsignedNote("refunds transfers " + name)
			}
			w.ID = strings.TrimSpace(ids[0])
			return a.withProvider(cmd.Context(), func(s *session) error { return s.moveTransfer(cmd.Context(), w, f) })
		},
	}
	if to == refunds.ManualApproved {
		f.register(cmd)
		cmd.Flags().BoolVar(&w.Another, "another-wish", false, "it is due although Toss was asked for the same amount of the same payment as well")
	}
	cmd.Flags().StringVar(&w.Note, "note", "", "kept in the journal")
	return cmd
}

// moveTransfer writes a person's word on a transfer.
func (s *session) moveTransfer(ctx context.Context, w refunds.ManualWord, f signFlags) error {
	signed, err := s.taken(f, app.TransferDeed(w.Another))
	if err != nil {
		return err
	}
	lookUps, err := s.lookUps()
	if err != nil {
		return err
	}
	w.By, w.Now = s.actor(), s.now()
	move := app.MoveTransfer{Store: s.db, Head: s.head(), LookUps: lookUps, Word: w, Signing: s.signing(), Signed: signed}
	if f.writes() {
		drafted, err := move.Draft(ctx)
		if err != nil {
			return err
		}
		return s.showDrafted(drafted, f, nil, "daesa "+string(drafted.Do)+" "+w.ID, nil)
	}
	after, err := move.Run(ctx)
	if err != nil {
		return err
	}
	return s.show(struct {
		transferDocument
		ending
	}{newTransferDocument(after), s.ending()}, func() {
		s.printf("transfer %s of order %s: %s, %s\n", after.RefundID, plain(after.OrderID), after.Currency.Spell(after.Amount), after.State)
	})
}

// lookUps are the clients as a person's word after a look-up needs them, by MID.
func (s *session) lookUps() (map[string]app.LookUp, error) {
	clients, err := s.clients()
	lookUps := map[string]app.LookUp{}
	for mid, client := range clients {
		lookUps[mid] = client
	}
	return lookUps, err
}
