package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/pay"
)

// auditDocument is the JSON of `audit verify`.
type auditDocument struct {
	Entries   int64        `json:"entries"`
	Head      *string      `json:"head"` // null: the journal is empty
	OK        bool         `json:"ok"`
	Broken    []string     `json:"broken"`
	HeadFound *bool        `json:"head_found"` // null: no --head was given
	Altered   []alteredRow `json:"altered"`    // rows that are not what the journal says of them
	Compared  comparedRows `json:"compared"`
	ending
	*problem // absent where the journal is whole
}

// alteredRow is a row that was changed outside of daesa.
type alteredRow struct {
	Subject string   `json:"subject"` // refund:ID, transfer:ID, break:ID, batch:ID, limit:SCOPE, brake, account:PAYMENT, statement:HASH
	What    []string `json:"what"`    // columns, attempts, or entries of the journal
}

// comparedRows are how many rows were compared with the journal, and how many of
// their facts it does not have: entries of older versions keep fewer.
type comparedRows struct {
	Refunds      int `json:"refunds"`
	Transfers    int `json:"transfers"`
	Limits       int `json:"limits"`
	Batches      int `json:"batches"`
	Accounts     int `json:"accounts"`
	Statements   int `json:"statements"`
	FactsMissing int `json:"facts_missing"`
}

var headPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (a *invocation) auditCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "The journal, for auditors"}
	var head string
	verify := &cobra.Command{
		Use:   "verify",
		Short: "Check the journal's hash chain, and what it says of the rows; ends with 1 where either is broken",
		Long: "Every edit, deletion, swap and insertion in the journal shows. A journal that was rebuilt, or whose\n" +
			"end was cut off, shows only against a head that was kept elsewhere: --head, as a workbook prints it.\n" +
			"Then every refund with its attempts, every transfer by hand, every limit, every imported file, every\n" +
			"refund account, every signed statement and the brake is compared with what the journal says of it.\n" +
			"With refunds.approvers_file each approval since the first signed one must be signed, as the row stands.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			known := strings.ToLower(strings.TrimSpace(head))
			if cmd.Flags().Changed("head") && !headPattern.MatchString(known) {
				return usage(fmt.Errorf("--head %s: that is no head of a journal", plain(head)), "it is the hash of 64 hexadecimal digits that a workbook prints")
			}
			return a.withStore(cmd.Context(), func(s *session) error { return s.verifyJournal(cmd.Context(), known) })
		},
	}
	verify.Flags().StringVar(&head, "head", "", "a head that was kept elsewhere; it must be in the chain")
	cmd.AddCommand(verify, a.auditExportCommand())
	return cmd
}

func (s *session) verifyJournal(ctx context.Context, known string) error {
	found, err := app.VerifyAudit{Store: s.db, Signing: s.signing()}.Run(ctx, known)
	if err != nil {
		return err
	}
	if err := s.head().Verified(found, s.clock()); err != nil {
		s.warn("what was verified cannot be kept beside the account key: %v", err)
	}
	s.verdict.AddVerified(found, known)
	document := auditDocument{Entries: found.Entries, Head: orNull(found.Head), OK: s.verdict.code() == codeDone, Broken: append([]string{}, found.Broken...),
		Altered:  each(found.Altered, func(row app.Altered) alteredRow { return alteredRow{row.Subject, row.What} }),
		Compared: comparedRows{found.Refunds, found.Transfers, found.Limits, found.Batches, found.Accounts, found.Statements, found.Unsaid}, ending: s.ending()}
	if known != "" {
		document.HeadFound = &found.SawHead
	}
	if document.OK {
		return s.showAudit(document)
	}
	broken := app.BrokenJournal(document.Reasons)
	wrong := newProblem(broken, codeFailed)
	document.problem = &wrong
	if err := s.showAudit(document); err != nil {
		return err
	}
	s.verdict.keepOutput = true
	return broken
}

func (a *invocation) showAudit(document auditDocument) error {
	return a.show(document, func() {
		a.printf("entries  %d\nhead     %s\n", document.Entries, orElse(document.Head, "none"))
		if document.HeadFound != nil {
			a.printf("the given head is in the chain: %t\n", *document.HeadFound)
		}
		for _, broken := range document.Broken {
			a.printf("BROKEN   %s\n", plain(broken))
		}
		for _, row := range document.Altered {
			a.printf("CHANGED  %s: %s\n", plain(strings.Replace(row.Subject, ":", " ", 1)), plain(strings.Join(row.What, ", ")))
		}
		c := document.Compared
		a.printf("compared %s, %s, %s, %s with the journal", pay.Counted(c.Refunds, "refund"), pay.Counted(c.Transfers, "transfer"), pay.Counted(c.Limits, "limit"), pay.Counted(c.Batches, "file"))
		if c.FactsMissing > 0 {
			a.printf("; it does not have %s of them, written by an older version", pay.Counted(c.FactsMissing, "fact"))
		}
		a.printf("\n")
		if document.OK {
			a.printf("the chain is whole\n")
		}
	})
}
