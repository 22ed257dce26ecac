package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/pay"
	"daesa/refunds"
	"daesa/store"
)

// refundDocument is one element of `refunds list --json`.
type refundDocument struct {
	ID             string  `json:"id"`
	MID            string  `json:"mid"`
	OrderID        string  `json:"order_id"`
	PaymentKey     string  `json:"payment_key"`
	Method         *string `json:"method"`
	Amount         int64   `json:"amount"`
	Currency       string  `json:"currency"`
	Reason         string  `json:"reason"`
	State          string  `json:"state"`
	Ref            string  `json:"ref"`
	Batch          *string `json:"batch"`
	CancelBy       *string `json:"cancel_by"`
	IdempotencyKey *string `json:"idempotency_key"`
	Attempts       int     `json:"attempts"`
	TransactionKey *string `json:"transaction_key"`
	ErrorCode      *string `json:"error_code"`
	ErrorMessage   *string `json:"error_message"`
	RequestedBy    string  `json:"requested_by"`
	RequestedAt    string  `json:"requested_at"`
	ApprovedBy     *string `json:"approved_by"`
	FinishedAt     *string `json:"finished_at"`
}

// refundDetail is the JSON of `refunds show`.
type refundDetail struct {
	refundDocument
	AttemptsDetail []attemptDocument `json:"attempts_detail"`
	History        []refundChange    `json:"history"`
	Sentence       *string           `json:"sentence"`  // what it means, or what it waits for, and who does what next
	WaitsFor       *string           `json:"waits_for"` // the reason, while it is open
	Arrival        *string           `json:"arrival"`   // when the customer can expect the money
	ending
}

// attemptDocument is one attempt of `refunds show`: a key, and what came of it.
type attemptDocument struct {
	N              int     `json:"n"`
	IdempotencyKey string  `json:"idempotency_key"`
	Guard          int64   `json:"refundable_amount"`
	BodySHA256     string  `json:"body_sha256"`
	FirstSentAt    string  `json:"first_sent_at"`
	LastSentAt     string  `json:"last_sent_at"`
	Sends          int     `json:"sends"`
	AnsweredAt     *string `json:"answered_at"`
	HTTPStatus     int     `json:"http_status"`
	Code           *string `json:"code"`
	Message        *string `json:"message"`
	TraceID        *string `json:"trace_id"`
	Answer         *string `json:"answer"` // what came back where it names no code
}

func newAttemptDocument(t app.ShownAttempt) attemptDocument {
	return attemptDocument{
		N: t.N, IdempotencyKey: t.Key, Guard: t.Guard, BodySHA256: t.BodySHA256, FirstSentAt: pay.FormatTime(t.FirstSent),
		LastSentAt: pay.FormatTime(t.LastSent), Sends: t.Sends, AnsweredAt: timeOrNull(t.AnsweredAt), HTTPStatus: t.HTTPStatus,
		Code: orNull(t.Code), Message: orNull(t.Message), TraceID: orNull(t.TraceID), Answer: orNull(t.Answer),
	}
}

// refundChange is one change of state, out of the journal.
type refundChange struct {
	At     string  `json:"at"`
	From   *string `json:"from"`
	To     string  `json:"to"`
	Actor  string  `json:"actor"`
	Reason *string `json:"reason"`
}

func newRefundChange(c app.Change) refundChange {
	return refundChange{pay.FormatTime(c.At), orNull(c.From), c.To, c.Actor, orNull(c.Reason)}
}

func newRefundDocument(r refunds.Request) refundDocument {
	return refundDocument{
		ID: r.ID, MID: r.MID, OrderID: r.OrderID, PaymentKey: r.PaymentKey, Method: orNull(r.Method), Amount: r.Amount,
		Currency: string(r.Currency), Reason: r.Reason, State: string(r.State), Ref: r.Ref, Batch: orNull(r.Batch),
		CancelBy: timeOrNull(r.CancelBy), IdempotencyKey: orNull(r.IdempotencyKey), Attempts: r.Attempts,
		TransactionKey: orNull(r.TransactionKey), ErrorCode: orNull(r.ErrorCode), ErrorMessage: orNull(r.ErrorMessage),
		RequestedBy: r.RequestedBy, RequestedAt: pay.FormatTime(r.RequestedAt), ApprovedBy: orNull(r.ApprovedBy),
		FinishedAt: timeOrNull(r.FinishedAt),
	}
}

func (a *invocation) refundsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "refunds", Short: "The queue of refund requests"}
	cmd.AddCommand(a.refundsAddCommand(), a.refundsImportCommand(), a.refundsTemplateCommand(), a.refundsListCommand(), a.refundsShowCommand(),
		a.refundsApproveCommand(), a.refundsRejectCommand(), a.refundsWithdrawCommand(), a.refundsPauseCommand(), a.refundsResumeCommand(),
		a.refundsRunCommand(), a.refundsResolveCommand(), a.refundsTransfersCommand())
	return cmd
}

func (a *invocation) refundsListCommand() *cobra.Command {
	var state, batch string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List refund requests",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf("--state", state, refunds.States); err != nil {
				return err
			}
			return a.withStore(cmd.Context(), func(s *session) error {
				return s.listRefunds(cmd.Context(), state, batch)
			})
		},
	}
	cmd.Flags().StringVar(&state, "state", "", "only this state: "+listed(refunds.States))
	cmd.Flags().StringVar(&batch, "batch", "", "only this batch")
	return cmd
}

func (s *session) listRefunds(ctx context.Context, state, batch string) error {
	requests, err := s.db.Refunds(ctx, store.RefundFilter{MID: s.mid, State: state, Batch: batch})
	if err != nil {
		return err
	}
	return s.show(each(requests, newRefundDocument), func() {
		s.printList([]string{"ID", "MID", "ORDER", ">AMOUNT", "STATE", "METHOD", "CANCEL BY", "REQUESTED BY", "REASON", "WHY"}, each(requests, func(r refunds.Request) []string {
			return []string{r.ID, r.MID, r.OrderID, r.Currency.Spell(r.Amount), string(r.State), string(r.Method),
				shortTime(r.CancelBy), r.RequestedBy, r.Reason, app.CauseOf(s.language(), r)}
		}), pay.Counted(len(requests), "refund request"))
	})
}

func (a *invocation) refundsShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show one refund request with its history",
		Args:  cobra.ExactArgs(1),
		RunE:  a.onStore(func(ctx context.Context, s *session, ids []string) error { return s.showRefund(ctx, ids[0]) }),
	}
}

func (s *session) showRefund(ctx context.Context, id string) error {
	shown, err := app.ShowRefund{Books: s.db, Needs: s.needs(), Language: s.language(), Now: s.now()}.Run(ctx, id)
	if err != nil {
		return err
	}
	r := shown.Request
	detail := refundDetail{newRefundDocument(r), each(shown.Attempts, newAttemptDocument), each(shown.History, newRefundChange),
		orNull(shown.Sentence), orNull(shown.WaitsFor), orNull(shown.Arrival), s.ending()}
	return s.show(detail, func() {
		s.printFields([][2]string{
			{"id", r.ID}, {"merchant", r.MID}, {"order", r.OrderID}, {"payment key", r.PaymentKey}, {"method", string(r.Method)},
			{"amount", r.Currency.Spell(r.Amount)}, {"reason", r.Reason}, {"state", string(r.State)}, {"ref", r.Ref},
			{"batch", r.Batch}, {"break", r.BreakID}, {"cancel by", timeOrNothing(r.CancelBy)}, {"attempts", fmt.Sprint(r.Attempts)},
			{"transaction key", r.TransactionKey}, {"error", strings.TrimSpace(r.ErrorCode + " " + r.ErrorMessage)},
			{"requested", r.RequestedBy + " " + pay.FormatTime(r.RequestedAt)}, {"approved by", r.ApprovedBy},
			{"finished", timeOrNothing(r.FinishedAt)}, {"equals", r.SameAs}, {"waits for", shown.WaitsFor}, {"what it means", shown.Sentence}, {"money arrives", shown.Arrival},
		})
		for _, t := range shown.Attempts {
			s.printf("attempt %d  %s  sent %s, last %s  %s\n", t.N, t.Key, pay.Counted(t.Sends, "time"), pay.FormatTime(t.LastSent), plain(answerOf(t.Attempt)))
		}
		s.printHistory(shown.History)
	})
}

// answerOf says what the last send of an attempt came back with.
func answerOf(t refunds.Attempt) string {
	switch {
	case t.Answered(), t.Code != "":
		return strings.TrimSpace(fmt.Sprintf("HTTP %d %s %s", t.HTTPStatus, t.Code, t.TraceID))
	case t.HTTPStatus != 0:
		return strings.TrimSpace(t.Answer + " " + t.TraceID)
	case t.Answer != "":
		return "no answer (" + t.Answer + ")"
	default:
		return "no answer"
	}
}

// printHistory writes the changes of a break or a refund, oldest first.
func (a *invocation) printHistory(history []app.Change) {
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
}

// language is the one of finance's messages: that of the workbook.
func (s *session) language() refunds.Language { return refunds.Language(s.cfg.Reports.Language) }
