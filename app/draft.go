package app

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"daesa/approval"
	"daesa/refunds"
	"daesa/reports"
)

// signed holds requests against the statement that approves them.
func (x GiveWord) signed(requests []refunds.Request) error {
	for _, r := range requests {
		if err := x.Signing.Requester(r.RequestedBy); err != nil {
			return fmt.Errorf("refund %s: %w", r.ID, err)
		}
	}
	return x.Signed.Holds(refunds.Lines(requests))
}

// Sheet reads a statement that waits for a signature, to be drawn beside the requests
// that it approves: they must still be what it says.
func (s *Signing) Sheet(ctx context.Context, store NamedRequests, path string) (*reports.Statement, error) {
	if s == nil {
		return nil, unsignedHere()
	}
	text, err := readSmall(path, approval.MaxBytes)
	if err != nil {
		return nil, err
	}
	statement, err := approval.Parse(text)
	if err != nil {
		return nil, err
	}
	if statement.Do != approval.ApproveRefunds {
		return nil, &AskedError{fmt.Errorf("%s is for %q, and a batch has statements about refunds alone", path, statement.Do), "name one that daesa refunds approve --statement has written"}
	}
	requests, err := store.RefundsNamed(ctx, statement.IDs())
	if err == nil {
		err = statement.Holds(refunds.Lines(requests))
	}
	return Drafted{Statement: statement, Text: text, Hash: approval.Hash(text)}.Sheet(path), err
}

// Sheet is the statement as the workbook of a batch shows it, from the file where it
// lies.
func (d Drafted) Sheet(path string) *reports.Statement {
	return &reports.Statement{Taken: approval.Taken{Statement: d.Statement, Text: d.Text, Hash: d.Hash}, File: filepath.Base(path)}
}

// covers says whether a statement is about one thing alone, as it is now, that
// requester asked for.
func (s *Signing) covers(signed *approval.Taken, requester string, line approval.Line) error {
	if err := s.Requester(requester); err != nil {
		return fmt.Errorf("%s: %w", line.Of(), err)
	}
	return signed.Holds([]approval.Line{line})
}

// Draft writes what is to be signed, of the requests that Run would approve: by the
// same choice and after the same comparison with what is expected.
func (x GiveWord) Draft(ctx context.Context) (drafted Drafted, leftOut []string, err error) {
	if err := x.Head.Check(ctx); err != nil {
		return drafted, nil, err
	}
	ids, leftOut, err := x.named(ctx)
	if err != nil {
		return drafted, nil, err
	}
	requests, err := x.Store.RefundsNamed(ctx, ids)
	if err == nil {
		err = x.check(requests, leftOut)
	}
	for _, r := range requests {
		if err == nil {
			err = x.draftable(r)
		}
	}
	if err != nil {
		return drafted, nil, err
	}
	if len(requests) == 0 {
		return drafted, nil, nothingWaits(x.Batch, leftOut)
	}
	// Nobody is shown, let alone asked to sign, what somebody changed.
	if err := x.Store.Unaltered(ctx, ids); err != nil {
		return drafted, nil, err
	}
	drafted, err = x.Head.Draft(ctx, x.Signing, approval.ApproveRefunds, refunds.Lines(requests), x.Now)
	return drafted, leftOut, err
}

// draftable refuses a request of which no statement could be taken.
func (x GiveWord) draftable(r refunds.Request) error {
	if err := r.Approvable(); err != nil {
		return err
	}
	if err := x.Signing.Requester(r.RequestedBy); err != nil {
		return fmt.Errorf("refund %s: %w", r.ID, err)
	}
	return nil
}

func nothingWaits(batch string, leftOut []string) error {
	look := "daesa refunds list --batch " + batch + " shows where each stands"
	if len(leftOut) > 0 {
		look = "approved by their ids alone, since each equals another request of its order: " + strings.Join(leftOut, " ")
	}
	return &AskedError{fmt.Errorf("nothing of batch %s waits for an approval", batch), look}
}

// Draft writes what is to be signed about a held request.
func (x ResolveRefund) Draft(ctx context.Context) (Drafted, error) {
	if err := x.Head.Check(ctx); err != nil {
		return Drafted{}, err
	}
	claimed, err := x.Store.ClaimedFor(ctx, x.ID)
	if err != nil {
		return Drafted{}, err
	}
	if err := x.Signing.Requester(claimed.Request.RequestedBy); err != nil {
		return Drafted{}, err
	}
	return x.Head.Draft(ctx, x.Signing, ResolveDeed(x.Executed), []approval.Line{claimed.Request.ResolveLine(x.Note)}, x.Now)
}

// ResolveDeed is what a statement about a held request does.
func ResolveDeed(executed bool) approval.Deed {
	if executed {
		return approval.ResolveExecuted
	}
	return approval.ResolveNotExecuted
}

// Draft writes what is to be signed about a transfer by hand.
func (x MoveTransfer) Draft(ctx context.Context) (Drafted, error) {
	if err := x.Head.Check(ctx); err != nil {
		return Drafted{}, err
	}
	t, err := x.Store.ManualTransfer(ctx, x.Word.ID)
	if err != nil {
		return Drafted{}, err
	}
	if err := x.Signing.Requester(t.RequestedBy); err != nil {
		return Drafted{}, err
	}
	if err := x.Store.UnalteredTransfer(ctx, x.Word.ID); err != nil {
		return Drafted{}, err
	}
	line, err := x.line(ctx, t)
	if err != nil {
		return Drafted{}, err
	}
	return x.Head.Draft(ctx, x.Signing, TransferDeed(x.Word.Another), []approval.Line{line}, x.Word.Now)
}

// line is what is signed of a transfer: also to which account it goes.
func (x MoveTransfer) line(ctx context.Context, t refunds.ManualTransfer) (approval.Line, error) {
	stored, err := x.Store.Account(ctx, t.MID, t.PaymentKey)
	if err != nil {
		return approval.Line{}, err
	}
	return t.Line(printOf(stored)), nil
}

// printOf is the version of an account; "" where none is kept.
func printOf(stored *refunds.StoredAccount) string {
	if stored == nil {
		return ""
	}
	return stored.Print
}

// TransferDeed is what a statement about a transfer by hand does.
func TransferDeed(another bool) approval.Deed {
	if another {
		return approval.ApproveAnotherTransfer
	}
	return approval.ApproveTransfer
}
