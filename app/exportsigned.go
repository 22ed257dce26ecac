package app

import (
	"context"
	_ "embed"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"daesa/approval"
	"daesa/pay"
)

// howToVerify is the page for an auditor who has ssh-keygen and no daesa.
//
//go:embed howtoverify.md
var howToVerify string

// approvals writes the statements of the days, each beside its signature, the files
// of allowed signers and revoked keys as they are now, and how all of it is verified.
// Nothing of it where nobody signed anything.
func (x ExportAudit) approvals(ctx context.Context, w *exportWriter) error {
	taken, err := x.Store.StatementsTaken(ctx, x.First, x.Last)
	if err != nil || len(taken) == 0 && x.Approvers == "" {
		return err
	}
	if err := os.Mkdir(filepath.Join(w.folder, "approvals"), 0o700); err != nil {
		return err
	}
	row, err := w.table("approvals", []string{"sha256", "do", "approver", "key", "taken_at", "verify_time"})
	if err != nil {
		return err
	}
	for _, s := range taken {
		if err := row([]string{approval.Hash(s.Text), string(s.Do), s.Principal, s.Key, pay.FormatTime(s.At), verifyTime(s.At)}); err != nil {
			return err
		}
	}
	for _, s := range taken {
		name := filepath.Join("approvals", approval.Hash(s.Text))
		if err := errors.Join(w.text(name+".txt", s.Text), w.text(name+".txt.sig", s.Signature)); err != nil {
			return err
		}
	}
	return errors.Join(w.copy("approvals/allowed_signers", x.Approvers), w.copy("approvals/revoked_keys", x.Revoked),
		w.text(filepath.Join("approvals", "HOW-TO-VERIFY.md"), []byte(howToVerify)), w.text(filepath.Join("approvals", "verify.sh"), []byte(verifyScript(taken))))
}

// copy copies a file; "": there is none.
func (w *exportWriter) copy(name, path string) error {
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path) //nolint:gosec // the configuration names it
	if err != nil {
		return err
	}
	return w.text(filepath.FromSlash(name), text)
}

// verifyTime is a moment as ssh-keygen -O verify-time takes it, whatever zone the
// auditor's machine is in.
func verifyTime(at time.Time) string { return at.UTC().Format("20060102150405") + "Z" }

// verifyScript is the commands of the page for each statement: nothing but ssh-keygen.
func verifyScript(taken []approval.Taken) string {
	lines := []string{"#!/bin/sh", "# Verifies every statement of this folder with ssh-keygen alone; run it in here.", "set -e",
		"TZ=KST-9 # days in allowed_signers are Seoul's, and ssh-keygen takes those of the machine", "export TZ"}
	for _, s := range taken {
		lines = append(lines, "ssh-keygen -Y verify -f allowed_signers -I '"+strings.ReplaceAll(s.Principal, "'", `'\''`)+"' -n "+approval.Namespace+
			" -O verify-time="+verifyTime(s.At)+" -s "+approval.Hash(s.Text)+".txt.sig < "+approval.Hash(s.Text)+".txt")
	}
	said := "all of it is signed"
	if len(taken) == 0 {
		said = "nobody signed anything on these days"
	}
	return strings.Join(append(lines, "echo '"+said+"'"), "\n") + "\n"
}

// text writes a file whose bytes are at hand.
func (w *exportWriter) text(name string, content []byte) error {
	file, err := w.begin(name)
	if err != nil {
		return err
	}
	file.rows = strings.Count(string(content), "\n")
	_, err = file.Write(content)
	return err
}
