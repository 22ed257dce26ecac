package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"daesa/approval"
	"daesa/refunds"
)

// VerifiedStore gives what is to be verified.
type VerifiedStore interface {
	refunds.Proofs
	VerifyJournal(ctx context.Context, known string) (Verified, error)
	// EachProof calls visit for every request that was approved once, or may be sent.
	EachProof(ctx context.Context, visit func(refunds.Proof) error) error
	// Statements gives every statement with its signature.
	Statements(ctx context.Context) ([]approval.Taken, error)
}

// VerifyAudit is `audit verify`: the chain, what it says of the rows, and where
// approvals are signed, whether they are.
type VerifyAudit struct {
	Store   VerifiedStore
	Signing *Signing
}

// Run verifies. known is a head that was kept elsewhere; "": none was given.
func (x VerifyAudit) Run(ctx context.Context, known string) (Verified, error) {
	found, err := x.Store.VerifyJournal(ctx, known)
	if err != nil || x.Signing == nil {
		return found, err
	}
	prover := x.Signing.Prover(x.Store)
	err = x.Store.EachProof(ctx, func(p refunds.Proof) error {
		unsigned, err := prover.Audit(ctx, p, found.Signed)
		if unsigned.Why != "" {
			found.alter("refund:"+p.Request.ID, "not signed: "+unsigned.Said)
		}
		return err
	})
	if err != nil {
		return found, err
	}
	statements, err := x.Store.Statements(ctx)
	good := map[string]approval.Taken{}
	for _, s := range statements {
		refused, err := x.Signing.Keys.Recheck(s.Text, s.Signature, s.Principal, s.At)
		if err != nil {
			return found, err
		}
		if refused.Forged() {
			found.alter("statement:"+s.Hash, refused.Text)
			continue
		}
		if s.Statement, err = approval.Parse(s.Text); err == nil {
			good[s.Hash] = s
		}
	}
	for _, word := range found.Words {
		if not := word.unsigned(good); not != "" {
			found.alter(word.Subject, fmt.Sprintf("journal entry %d is not signed: %s", word.Seq, not))
		}
	}
	slices.SortFunc(found.Altered, func(a, b Altered) int { return strings.Compare(a.Subject, b.Subject) })
	return found, err
}

// unsigned says why a word is not what a statement says, of those whose signature is
// good; "": it is.
func (w GivenWord) unsigned(good map[string]approval.Taken) string {
	s, there := good[w.Statement]
	_, id, _ := strings.Cut(w.Subject, ":")
	about := func(l approval.Line) bool { return l.Of() == id || l.Get("month") == id }
	switch {
	case w.Statement == "":
		return "a typed name gave it"
	case !there:
		return "its statement is not there, or its signature is none"
	case s.Principal != w.By || !s.At.Equal(w.At):
		return "another person signed, or at another time"
	case !slices.Contains(w.Deeds, s.Do) || !slices.ContainsFunc(s.Lines, about):
		return "its statement is about something else"
	case w.Seq <= s.Head.Seq:
		return "it was given before its statement was written"
	}
	return ""
}

// alter adds what is wrong with a row to what is known of it.
func (v *Verified) alter(subject, what string) {
	for i := range v.Altered {
		if v.Altered[i].Subject == subject {
			v.Altered[i].What = append(v.Altered[i].What, what)
			return
		}
	}
	v.Altered = append(v.Altered, Altered{Subject: subject, What: []string{what}})
}
