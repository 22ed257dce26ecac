package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"daesa/config"
	"daesa/pay"
	"daesa/refunds"
	"daesa/store"
)

// wordDocument is the JSON of a person's word on requests.
type wordDocument struct {
	Refunds []refundDocument `json:"refunds"`
	Count   int              `json:"count"`
	Amount  map[string]int64 `json:"amount"`
	LeftOut []string         `json:"left_out"` // of the batch, and to be named by id
	ending
}

// wordFlags are those of approve, reject and withdraw.
type wordFlags struct {
	batch  string
	count  int
	amount string
	note   string
}

func (a *app) refundsApproveCommand() *cobra.Command {
	f := wordFlags{count: -1}
	cmd := &cobra.Command{
		Use:   "approve ID... | --batch B --expect-count N --expect-amount W",
		Short: "Give the second person's word (결재)",
		Long: "By another person than the one who asked. A batch is approved only when its count and sum are as\n" +
			"expected; a request equal in payment and amount to another of the last thirty days is left out of\na batch and is approved by its id only.",
		RunE: func(cmd *cobra.Command, ids []string) error {
			if f.batch != "" && (f.count < 0 || f.amount == "") {
				return usage(errors.New("refunds approve: a batch needs --expect-count and --expect-amount"), "look at it first: daesa refunds list --batch "+plain(f.batch))
			}
			if (f.count < 0) != (f.amount == "") {
				return usage(errors.New("refunds approve: --expect-count and --expect-amount belong together"), "give both, or neither where the requests are named by their ids")
			}
			return a.giveWord(cmd.Context(), ids, f, "approved", (*store.DB).Approve)
		},
	}
	cmd.Flags().StringVar(&f.batch, "batch", "", "every request of this batch that waits for a word")
	cmd.Flags().IntVar(&f.count, "expect-count", -1, "how many requests that are")
	cmd.Flags().StringVar(&f.amount, "expect-amount", "", "their sum as lists print it: 69000, 69,000 or 181.56")
	cmd.Flags().StringVar(&f.note, "note", "", "kept in the journal")
	return cmd
}

func (a *app) refundsRejectCommand() *cobra.Command {
	return a.wordCommand("reject", "Say no to requests that wait for a word", "rejected", true, (*store.DB).Reject)
}

func (a *app) refundsWithdrawCommand() *cobra.Command {
	return a.wordCommand("withdraw", "Take back what was not sent yet", "withdrawn", false, (*store.DB).Withdraw)
}

func (a *app) wordCommand(name, short, done string, batches bool, give func(*store.DB, context.Context, refunds.Word) ([]refunds.Request, error)) *cobra.Command {
	f := wordFlags{count: -1}
	use := name + " ID... --note TEXT"
	if batches {
		use = name + " ID...|--batch B --note TEXT"
	}
	cmd := &cobra.Command{
		Use: use, Short: short,
		RunE: func(cmd *cobra.Command, ids []string) error {
			if strings.TrimSpace(f.note) == "" {
				return usage(fmt.Errorf("refunds %s: --note is needed", name), "say why; it is kept in the journal")
			}
			return a.giveWord(cmd.Context(), ids, f, done, give)
		},
	}
	cmd.Flags().StringVar(&f.note, "note", "", "why; it is kept in the journal")
	if batches {
		cmd.Flags().StringVar(&f.batch, "batch", "", "every request of this batch that waits for a word")
	}
	return cmd
}

func (a *app) giveWord(ctx context.Context, ids []string, f wordFlags, done string, give func(*store.DB, context.Context, refunds.Word) ([]refunds.Request, error)) error {
	if len(ids) == 0 && f.batch == "" || len(ids) > 0 && f.batch != "" {
		return usage(errors.New("name the requests by id, or one batch"), "daesa refunds list shows both")
	}
	now, err := a.now()
	if err != nil {
		return err
	}
	return a.withDatabase(ctx, func(cfg *config.Config, db *store.DB) error {
		// A word on a request that was sent, and that a restored database does not
		// know as sent, could hide a refund.
		if err := newHeadKeeper(cfg, db).Check(ctx); err != nil {
			return err
		}
		word := refunds.Word{IDs: ids, By: a.actor(), Note: f.note, Now: now, Check: f.expected}
		document := wordDocument{Refunds: []refundDocument{}, Amount: map[string]int64{}, LeftOut: []string{}}
		if f.batch != "" {
			if word.IDs, document.LeftOut, err = a.batchIDs(ctx, db, f.batch, done == "approved"); err != nil {
				return err
			}
		}
		requests, err := give(db, ctx, word)
		if err != nil {
			return err
		}
		for _, r := range requests {
			document.Refunds = append(document.Refunds, newRefundDocument(r))
			document.Amount[string(r.Currency)] += r.Amount
		}
		document.Count = len(requests)
		return a.printWord(document, done)
	})
}

// batchIDs are the requests of a batch that wait for a word. Those that equal
// another are left out of an approval.
func (a *app) batchIDs(ctx context.Context, db *store.DB, batch string, approving bool) (ids, leftOut []string, err error) {
	requests, err := db.Refunds(ctx, store.RefundFilter{MID: a.mid, Batch: batch})
	if err != nil {
		return nil, nil, err
	}
	if len(requests) == 0 {
		return nil, nil, unknown("daesa refunds list --json shows the batch of each request", "batch %s: no such batch", plain(batch))
	}
	leftOut = []string{}
	for _, r := range requests {
		switch {
		case r.State == refunds.Requested && approving && r.SameAs != "":
			leftOut = append(leftOut, r.ID)
		case r.State == refunds.Requested, r.State == refunds.NeedsAccount && !approving:
			ids = append(ids, r.ID)
		}
	}
	return ids, leftOut, nil
}

// expected compares what is to be approved with what the person has seen.
func (f wordFlags) expected(requests []refunds.Request) error {
	if f.count < 0 {
		return nil
	}
	what, look := "the requests that were named", "daesa refunds show ID"
	if f.batch != "" {
		what, look = "batch "+plain(f.batch), "daesa refunds list --batch "+plain(f.batch)
	}
	var sum int64
	currency := pay.KRW
	for i, r := range requests {
		if i > 0 && r.Currency != currency {
			return failed("approve those of one currency, by their ids", "%s: requests in several currencies", what)
		}
		sum, currency = sum+r.Amount, r.Currency
	}
	want, err := currency.ParseWritten(f.amount)
	if err != nil {
		return usage(fmt.Errorf("--expect-amount: %w", err), "write the sum as every list prints it: 10000, 10,000, 10,000원, or 181.56 for dollars")
	}
	if len(requests) != f.count || sum != want {
		return failed("look again: "+look, "%s holds %d requests over %s %s that can be approved so, and not %d over %s; nothing was approved",
			what, len(requests), currency.Format(sum), currency, f.count, f.amount)
	}
	return nil
}

func (a *app) printWord(d wordDocument, done string) error {
	d.ending = a.ending()
	if a.json {
		return a.printJSON(d)
	}
	for _, r := range d.Refunds {
		a.printf("%s  %s  order %s  %s\n", done, r.ID, plain(r.OrderID), people(pay.Currency(r.Currency), r.Amount))
	}
	a.printf("%s %s\n", counted(d.Count, "refund request"), done)
	for _, id := range d.LeftOut {
		a.printf("left out, since it equals another request: %s; look at both, then daesa refunds approve %s\n", id, id)
	}
	return nil
}

// brakeDocument is the JSON of pause and resume.
type brakeDocument struct {
	Paused bool    `json:"paused"`
	Note   *string `json:"note"`
	By     *string `json:"by"`
	At     *string `json:"at"`
	ending
}

func (a *app) refundsPauseCommand() *cobra.Command {
	var note string
	cmd := &cobra.Command{
		Use: "pause --note TEXT", Short: "Put the brake on: nothing is sent until it is off", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if strings.TrimSpace(note) == "" {
				return usage(errors.New("refunds pause: --note is needed"), "say why; whoever is on call reads it")
			}
			return a.brake(cmd.Context(), func(db *store.DB, now time.Time) error {
				_, err := db.Pause(cmd.Context(), a.actor(), note, now)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&note, "note", "", "why; whoever is on call reads it")
	return cmd
}

func (a *app) refundsResumeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "resume", Short: "Take the brake off", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.brake(cmd.Context(), func(db *store.DB, now time.Time) error {
				_, err := db.Resume(cmd.Context(), a.actor(), now)
				return err
			})
		},
	}
}

func (a *app) brake(ctx context.Context, change func(*store.DB, time.Time) error) error {
	now, err := a.now()
	if err != nil {
		return err
	}
	return a.withDatabase(ctx, func(_ *config.Config, db *store.DB) error {
		if err := change(db, now); err != nil {
			return err
		}
		brake, err := db.Brake(ctx)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(brakeDocument{Paused: brake.On, Note: orNull(brake.Note), By: orNull(brake.By), At: timeOrNull(brake.At), ending: a.ending()})
		}
		if brake.On {
			a.printf("refunds are paused since %s by %s: %s\n", pay.FormatTime(brake.At), plain(brake.By), plain(brake.Note))
		} else {
			a.printf("the brake is off\n")
		}
		return nil
	})
}

func (a *app) refundsResolveCommand() *cobra.Command {
	var as, note string
	words := []string{"executed", "not-executed"}
	cmd := &cobra.Command{
		Use:   "resolve ID --as executed|not-executed --note TEXT",
		Short: "Give a person's word on a held refund, after looking at the provider",
		Long: "By another person than the one who asked. daesa looks the payment up once more: executed needs a\n" +
			"cancel at Toss that is this refund's, not-executed that there is none. After not-executed the request\nwaits for a new approval.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			if !slices.Contains(words, as) || strings.TrimSpace(note) == "" {
				return usage(errors.New("refunds resolve: --as and --note are needed"), "--as is executed or not-executed; --note says what you saw")
			}
			return a.resolveRefund(cmd.Context(), ids[0], as == "executed", note)
		},
	}
	cmd.Flags().StringVar(&as, "as", "", "executed or not-executed")
	cmd.Flags().StringVar(&note, "note", "", "what you saw at the provider; it is kept in the journal")
	return cmd
}

func (a *app) resolveRefund(ctx context.Context, id string, executed bool, note string) error {
	return a.withAsker(ctx, func(s *asker) error {
		if err := newHeadKeeper(s.cfg, s.db).Check(ctx); err != nil {
			return err
		}
		claimed, err := s.db.ClaimedFor(ctx, id)
		if err != nil {
			return err
		}
		r := claimed.Request
		client, ok := s.clients[r.MID]
		if !ok {
			return failed("add the merchant to daesa.yaml; where its mid was corrected since, name the former one in also_mids of the entry", "merchant %s is not configured", plain(r.MID))
		}
		p, evidence, err := client.Payment(ctx, r.PaymentKey)
		if err != nil {
			return err
		}
		step, err := refunds.Resolve(*claimed, p, executed, a.actor(), s.now)
		if err != nil {
			return err
		}
		if err := s.db.ResolveRefund(ctx, claimed, step, refunds.Kept(r, step, p), []pay.Evidence{evidence}, a.actor(), note, s.now); err != nil {
			return err
		}
		return a.showRefund(ctx, s.cfg, s.db, id)
	})
}
