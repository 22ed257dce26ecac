package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/pay"
	"daesa/settle"
)

// matchDocument is the JSON of `bank match` and `bank unmatch`.
type matchDocument struct {
	Lines      []string `json:"lines"`
	Payouts    []string `json:"payouts"` // MID:DATE
	Amount     int64    `json:"amount"`  // of the lines
	Expected   int64    `json:"expected"`
	Difference int64    `json:"difference"` // amount less expected
	By         string   `json:"by"`
	Note       string   `json:"note"`
	ending
}

func (a *invocation) bankMatchCommand() *cobra.Command {
	var payouts, note string
	cmd := &cobra.Command{
		Use:   "match LINE... --payout MID:DATE[,MID:DATE...] --note TEXT",
		Short: "Say which payouts lines of the passbook are, whatever they sum up to; journalled",
		Args:  cobra.MinimumNArgs(1),
		RunE: a.onStore(func(ctx context.Context, s *session, lines []string) error {
			return s.matchBank(ctx, lines, payouts, note)
		}),
	}
	cmd.Flags().StringVar(&payouts, "payout", "", "the payouts, each as MID:DATE, such as tosspayments:2026-11-27")
	cmd.Flags().StringVar(&note, "note", "", "why")
	return cmd
}

func (s *session) matchBank(ctx context.Context, lines []string, payouts, note string) error {
	keys, err := payoutsAsked(payouts)
	if err != nil {
		return err
	}
	match := app.MatchBank{Deposits: s.deposits(), Books: s.db, By: s.actor(), Note: note, Now: s.now()}
	done, err := match.Run(ctx, lines, keys)
	if err != nil {
		return err
	}
	if err := s.holdPassbook(ctx); err != nil {
		return err
	}
	return s.showMatch(done)
}

// payoutsAsked reads MID:DATE[,MID:DATE...].
func payoutsAsked(text string) ([]settle.PayoutKey, error) {
	next := "for example --payout tosspayments:2026-11-27; daesa payouts list shows them"
	if text == "" {
		return nil, usage(errors.New("--payout says which payouts the lines are"), next)
	}
	var keys []settle.PayoutKey
	for _, each := range strings.Split(text, ",") {
		mid, date, found := strings.Cut(strings.TrimSpace(each), ":")
		day, err := pay.ParseDay(date)
		if !found || mid == "" || err != nil {
			return nil, usage(fmt.Errorf("--payout %s is not MID:DATE", plain(each)), next)
		}
		keys = append(keys, settle.PayoutKey{MID: mid, Day: day})
	}
	return keys, nil
}

func (s *session) showMatch(m app.MatchedBank) error {
	document := matchDocument{
		Lines: m.Lines, Payouts: each(m.Payouts, payoutName), Amount: m.Amount, Expected: m.Expected, Difference: m.Amount - m.Expected,
		By: m.By, Note: m.Note, ending: s.ending(),
	}
	return s.show(document, func() {
		s.printf("%s: %s against %s of %s expected\n", strings.Join(document.Payouts, ", "), m.Currency.Spell(m.Amount), strings.Join(m.Lines, ", "), m.Currency.Spell(m.Expected))
		s.printReasons()
	})
}

func (a *invocation) bankUnmatchCommand() *cobra.Command {
	var note string
	cmd := &cobra.Command{
		Use:   "unmatch LINE --note TEXT",
		Short: "Take a match back, unless a locked month has it; the program does not make it again",
		Args:  cobra.ExactArgs(1),
		RunE: a.onStore(func(ctx context.Context, s *session, lines []string) error {
			match := app.MatchBank{Deposits: s.deposits(), Books: s.db, By: s.actor(), Note: note, Now: s.now()}
			done, err := match.Undo(ctx, lines[0], s.closing())
			if err != nil {
				return err
			}
			if err := s.holdPassbook(ctx); err != nil {
				return err
			}
			return s.showMatch(done)
		}),
	}
	cmd.Flags().StringVar(&note, "note", "", "why")
	return cmd
}

// holdPassbook holds payouts against the passbook anew, and writes what has no other
// side.
func (s *session) holdPassbook(ctx context.Context) error {
	if _, err := s.deposits().Run(ctx, s.now()); err != nil {
		return err
	}
	if err := s.rememberMonths(ctx); err != nil {
		return err
	}
	return app.NeedOfSettlement(ctx, s.db, s.mids(), &s.verdict.Outcome)
}
