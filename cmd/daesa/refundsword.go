package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/approval"
	"daesa/pay"
	"daesa/refunds"
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
	signFlags
}

func (a *invocation) refundsApproveCommand() *cobra.Command {
	f := wordFlags{count: -1}
	cmd := &cobra.Command{
		Use:   "approve ID... | --batch B --expect-count N --expect-amount W [--statement FILE] | --statement FILE --signature FILE",
		Short: "Give the second person's word (결재)",
		Long: "By another person than the one who asked. A batch is approved only when its count and sum are as\n" +
			"expected; a request equal in payment and amount to another of the last thirty days is left out of\na batch and is approved by its id only.\n\n" +
			"With refunds.approvers_file only a signature approves: --statement FILE writes what is to be signed,\n" +
			"ssh-keygen -Y sign signs it, --statement FILE --signature FILE.sig takes it. The approver is whose key\nsigned. A statement is good once, until the end of the next bank day, and as long as nothing of it changed.",
		RunE: func(cmd *cobra.Command, ids []string) error {
			if err := f.check("refunds approve"); err != nil {
				return err
			}
			if f.takes() {
				return a.takeApproval(cmd.Context(), ids, f)
			}
			if f.batch != "" && (f.count < 0 || f.amount == "") {
				return usage(errors.New("refunds approve: a batch needs --expect-count and --expect-amount"), "look at it first: daesa refunds list --batch "+plain(f.batch))
			}
			if (f.count < 0) != (f.amount == "") {
				return usage(errors.New("refunds approve: --expect-count and --expect-amount belong together"), "give both, or neither where the requests are named by their ids")
			}
			return a.giveWord(cmd.Context(), ids, f, "approved", app.SayApprove)
		},
	}
	cmd.Flags().StringVar(&f.batch, "batch", "", "every request of this batch that waits for a word")
	cmd.Flags().IntVar(&f.count, "expect-count", -1, "how many requests that are")
	cmd.Flags().StringVar(&f.amount, "expect-amount", "", "their sum as lists print it: 69000, 69,000 or 181.56")
	cmd.Flags().StringVar(&f.note, "note", "", "kept in the journal")
	f.register(cmd)
	return cmd
}

// takeApproval takes a signed statement about requests.
func (a *invocation) takeApproval(ctx context.Context, ids []string, f wordFlags) error {
	if len(ids) > 0 || f.batch != "" || f.count >= 0 {
		return usage(errBoth, "daesa refunds approve --statement FILE --signature FILE.sig")
	}
	if f.note != "" {
		return unsignedNote("refunds approve")
	}
	return a.withStore(ctx, func(s *session) error {
		signed, err := s.taken(f.signFlags, approval.ApproveRefunds)
		if err != nil {
			return err
		}
		given, err := app.GiveWord{Store: s.db, Head: s.head(), Say: app.SayApprove, MID: s.mid, Note: f.note, Now: s.now(), Signing: s.signing(), Signed: signed}.Run(ctx)
		if err != nil {
			return err
		}
		return s.showWord(given, "approved by "+signed.Principal)
	})
}

func (a *invocation) refundsRejectCommand() *cobra.Command {
	return a.wordCommand("reject", "Say no to requests that wait for a word", "rejected", true, app.SayReject)
}

func (a *invocation) refundsWithdrawCommand() *cobra.Command {
	return a.wordCommand("withdraw", "Take back what was not sent yet", "withdrawn", false, app.SayWithdraw)
}

func (a *invocation) wordCommand(name, short, done string, batches bool, say app.Say) *cobra.Command {
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
			return a.giveWord(cmd.Context(), ids, f, done, say)
		},
	}
	cmd.Flags().StringVar(&f.note, "note", "", "why; it is kept in the journal")
	if batches {
		cmd.Flags().StringVar(&f.batch, "batch", "", "every request of this batch that waits for a word")
	}
	return cmd
}

func (a *invocation) giveWord(ctx context.Context, ids []string, f wordFlags, done string, say app.Say) error {
	if len(ids) == 0 && f.batch == "" || len(ids) > 0 && f.batch != "" {
		advice := "daesa refunds list shows both"
		if f.writes() {
			advice += "; a statement that is signed is handed in with --signature FILE.sig beside it"
		}
		return usage(errors.New("name the requests by id, or one batch"), advice)
	}
	return a.withStore(ctx, func(s *session) error {
		word := app.GiveWord{Store: s.db, Head: s.head(), Say: say, IDs: ids, Batch: f.batch, MID: s.mid, Note: f.note, By: s.actor(), Now: s.now(), Signing: s.signing()}
		if f.count >= 0 {
			word.Expect = &app.Expected{Count: f.count, Amount: f.amount}
		}
		if f.writes() {
			drafted, leftOut, err := word.Draft(ctx)
			if err != nil {
				return err
			}
			return s.showDrafted(drafted, f.signFlags, leftOut, "daesa refunds approve", s.drawsStatement(ctx, drafted, f))
		}
		given, err := word.Run(ctx)
		if err != nil {
			return err
		}
		return s.showWord(given, done)
	})
}

func (s *session) showWord(given app.Given, done string) error {
	d := wordDocument{Refunds: each(given.Requests, newRefundDocument), Count: len(given.Requests), Amount: sumOf(given.Requests), LeftOut: given.LeftOut, ending: s.ending()}
	return s.show(d, func() {
		for _, r := range given.Requests {
			s.printf("%s  %s  order %s  %s\n", done, r.ID, plain(r.OrderID), r.Currency.Spell(r.Amount))
		}
		s.printf("%s %s\n", pay.Counted(d.Count, "refund request"), done)
		for _, id := range d.LeftOut {
			s.printf("left out, since it equals another request: %s; look at both, then daesa refunds approve %s\n", id, id)
		}
	})
}

// sumOf sums requests up by currency.
func sumOf(requests []refunds.Request) map[string]int64 {
	sums := map[string]int64{}
	for _, r := range requests {
		sums[string(r.Currency)] += r.Amount
	}
	return sums
}

// brakeDocument is the JSON of pause and resume.
type brakeDocument struct {
	Paused bool    `json:"paused"`
	Note   *string `json:"note"`
	By     *string `json:"by"`
	At     *string `json:"at"`
	ending
}

// drawsStatement draws the workbook of the batch that a statement is of, with what is
// signed; nil: it is of no batch.
func (s *session) drawsStatement(ctx context.Context, d app.Drafted, f wordFlags) func() string {
	if f.batch == "" {
		return nil
	}
	return func() string {
		workbooks := s.batchWorkbooks()
		workbooks.Waiting = d.Sheet(f.statement)
		return workbooks.Redraw(ctx, f.batch, "", nil)
	}
}

func (a *invocation) refundsPauseCommand() *cobra.Command {
	var note string
	cmd := &cobra.Command{
		Use: "pause --note TEXT", Short: "Put the brake on: nothing is sent until it is off", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if strings.TrimSpace(note) == "" {
				return usage(errors.New("refunds pause: --note is needed"), "say why; whoever is on call reads it")
			}
			return a.withStore(cmd.Context(), func(s *session) error {
				_, err := s.db.Pause(cmd.Context(), s.actor(), note, s.now())
				return s.showBrake(cmd.Context(), err)
			})
		},
	}
	cmd.Flags().StringVar(&note, "note", "", "why; whoever is on call reads it")
	return cmd
}

func (a *invocation) refundsResumeCommand() *cobra.Command {
	var note string
	cmd := &cobra.Command{
		Use: "resume", Short: "Take the brake off", Args: cobra.NoArgs,
		RunE: a.onStore(func(ctx context.Context, s *session, _ []string) error {
			_, err := s.db.Resume(ctx, s.actor(), note, s.now())
			return s.showBrake(ctx, err)
		}),
	}
	cmd.Flags().StringVar(&note, "note", "", "why it may come off; it stands in the journal")
	return cmd
}

// showBrake shows the brake after a change, unless that failed.
func (s *session) showBrake(ctx context.Context, err error) error {
	if err != nil {
		return err
	}
	brake, err := s.db.Brake(ctx)
	if err != nil {
		return err
	}
	return s.show(brakeDocument{Paused: brake.On, Note: orNull(brake.Note), By: orNull(brake.By), At: timeOrNull(brake.At), ending: s.ending()}, func() {
		if brake.On {
			s.printf("refunds are paused since %s by %s: %s\n", pay.FormatTime(brake.At), plain(brake.By), plain(brake.Note))
		} else {
			s.printf("the brake is off\n")
		}
	})
}

func (a *invocation) refundsResolveCommand() *cobra.Command {
	var as, note string
	var f signFlags
	words := []string{"executed", "not-executed"}
	cmd := &cobra.Command{
		Use:   "resolve ID --as executed|not-executed --note TEXT [--statement FILE [--signature FILE]]",
		Short: "Give a person's word on a held refund, after looking at the provider",
		Long: "By another person than the one who asked. daesa looks the payment up once more: executed needs a\n" +
			"cancel at Toss that is this refund's, not-executed that there is none. After not-executed the request\nwaits for a new approval. With refunds.approvers_file it is signed, as refunds approve is.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			if !slices.Contains(words, as) || strings.TrimSpace(note) == "" {
				return usage(errors.New("refunds resolve: --as and --note are needed"), "--as is executed or not-executed; --note says what you saw")
			}
			if err := f.check("refunds resolve"); err != nil {
				return err
			}
			return a.withProvider(cmd.Context(), func(s *session) error { return s.resolveRefund(cmd.Context(), ids[0], as == "executed", note, f) })
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&as, "as", "", "executed or not-executed")
	cmd.Flags().StringVar(&note, "note", "", "what you saw at the provider; it is kept in the journal")
	return cmd
}

func (s *session) resolveRefund(ctx context.Context, id string, executed bool, note string, f signFlags) error {
	signed, err := s.taken(f, app.ResolveDeed(executed))
	if err != nil {
		return err
	}
	lookUps, err := s.lookUps()
	if err != nil {
		return err
	}
	resolve := app.ResolveRefund{Store: s.db, Head: s.head(), LookUps: lookUps, Another: s.cfg.AnotherMerchant, ID: id, Executed: executed, Note: note,
		By: s.actor(), Now: s.now(), Signing: s.signing(), Signed: signed}
	if f.writes() {
		drafted, err := resolve.Draft(ctx)
		if err != nil {
			return err
		}
		return s.showDrafted(drafted, f, nil, "daesa "+string(app.ResolveDeed(executed))+" "+id+" --note TEXT", nil)
	}
	if err := resolve.Run(ctx); err != nil {
		return err
	}
	return s.showRefund(ctx, id)
}
