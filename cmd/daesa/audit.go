package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"daesa/config"
	"daesa/store"
)

// auditDocument is the JSON of `audit verify`.
type auditDocument struct {
	Entries   int64    `json:"entries"`
	Head      *string  `json:"head"` // null: the journal is empty
	OK        bool     `json:"ok"`
	Broken    []string `json:"broken"`
	HeadFound *bool    `json:"head_found"` // null: no --head was given
	ending
}

var headPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (a *app) auditCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "The journal, for auditors"}
	var head string
	verify := &cobra.Command{
		Use:   "verify",
		Short: "Check the journal's hash chain; ends with 1 where it is broken",
		Long: "Every edit, deletion, swap and insertion shows. A journal that was rebuilt, or whose end was cut\n" +
			"off, shows only against a head that was kept elsewhere: --head, as a workbook prints it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			known := strings.ToLower(strings.TrimSpace(head))
			if cmd.Flags().Changed("head") && !headPattern.MatchString(known) {
				return usage(fmt.Errorf("--head %s: that is no head of a journal", plain(head)), "it is the hash of 64 hexadecimal digits that a workbook prints")
			}
			return a.withDatabase(cmd.Context(), func(_ *config.Config, db *store.DB) error {
				return a.verifyJournal(cmd.Context(), db, known)
			})
		},
	}
	verify.Flags().StringVar(&head, "head", "", "a head that was kept elsewhere; it must be in the chain")
	cmd.AddCommand(verify, a.auditExportCommand())
	return cmd
}

func (a *app) verifyJournal(ctx context.Context, db *store.DB, known string) error {
	found, err := db.VerifyJournal(ctx, known)
	if err != nil {
		return err
	}
	document := auditDocument{Entries: found.Entries, Head: orNull(found.Head), Broken: append([]string{}, found.Broken...)}
	if known != "" {
		document.HeadFound = &found.SawHead
	}
	if len(found.Broken) > 0 {
		a.verdict.add(codeFailed, "the journal is broken in %s", counted(len(found.Broken), "place"))
	}
	if !found.SawHead {
		a.verdict.add(codeFailed, "the head %s is not in the journal", known)
	}
	document.OK = a.verdict.code() == codeDone
	document.ending = a.ending()
	if err := a.printAudit(document); err != nil || document.OK {
		return err
	}
	a.verdict.keepOutput = true
	return failed("keep the database as it is, restore a copy beside it and compare: somebody or something other than daesa wrote to it",
		"audit: %s", strings.Join(document.Reasons, "; "))
}

func (a *app) printAudit(document auditDocument) error {
	if a.json {
		return a.printJSON(document)
	}
	head := "none"
	if document.Head != nil {
		head = *document.Head
	}
	a.printf("entries  %d\nhead     %s\n", document.Entries, head)
	if document.HeadFound != nil {
		a.printf("the given head is in the chain: %t\n", *document.HeadFound)
	}
	for _, broken := range document.Broken {
		a.printf("BROKEN   %s\n", plain(broken))
	}
	if document.OK {
		a.printf("the chain is whole\n")
	}
	return nil
}
