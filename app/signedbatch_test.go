package app_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"daesa/app"
	"daesa/approval"
	"daesa/pay"
	"daesa/refunds"
	"daesa/reports"
)

// cabinet holds a batch and the statements that were taken.
type cabinet struct {
	*tray
	taken []approval.Taken
}

func (cabinet) JournalHead(context.Context) (int64, string, error) { return 12, "head", nil }

func (cabinet) History(context.Context, string) ([]app.JournalEntry, error) { return nil, nil }

func (c cabinet) StatementsTaken(context.Context, pay.Day, pay.Day) ([]approval.Taken, error) {
	return c.taken, nil
}

func (cabinet) ShownAttempts(context.Context, string) ([]app.ShownAttempt, error) { return nil, nil }

func (cabinet) SeenPayment(context.Context, refunds.Request) (p pay.Payment, at time.Time, err error) {
	return p, at, nil
}

func (cabinet) ShownAccount(context.Context, string, string) (*refunds.StoredAccount, error) {
	return nil, nil //nolint:nilnil // no account is known
}

// kept is a statement as the store gives it: its text is not read.
func kept(t *testing.T, by string, do approval.Deed, requests ...refunds.Request) approval.Taken {
	t.Helper()
	lines := refunds.Lines(requests)
	if do != approval.ApproveRefunds {
		lines = []approval.Line{requests[0].ResolveLine("seen")}
	}
	s := approval.New(do, approval.Point{Seq: 12, Hash: approval.Hash(nil)}, friday.Add(24*time.Hour), lines)
	text, err := s.Text()
	if err != nil {
		t.Fatal(err)
	}
	return approval.Taken{Statement: approval.Statement{Do: do}, Text: text, Hash: approval.Hash(text), Signature: people{}.sign(by, text), Principal: by, At: friday}
}

var friday = time.Date(2026, 11, 27, 15, 0, 0, 0, pay.Seoul)

// TestABatchHasWhatWasSignedOfIt: statements about its requests alone, each with the
// reasons' words and with what is against its signature now.
func TestABatchHasWhatWasSignedOfIt(t *testing.T) {
	c := cabinet{tray: waitingTray()}
	one, two := c.requests[0], c.requests[1]
	elsewhere := one
	elsewhere.ID, elsewhere.Batch = "other", "another"
	c.requests = append(c.requests, elsewhere)
	broken := kept(t, "lee", approval.ApproveRefunds, two)
	broken.Text = broken.Text[1:]
	c.taken = []approval.Taken{kept(t, "lee", approval.ApproveRefunds, one, elsewhere), kept(t, "nobody", approval.ApproveRefunds, two),
		kept(t, "lee", approval.ApproveRefunds, elsewhere), kept(t, "lee", approval.ResolveExecuted, one), broken}
	read := app.ReadBatch{Requests: c, Facts: c, Now: friday, Signing: signing}
	batch, err := read.Run(t.Context(), "b", "")
	if err != nil {
		t.Fatal(err)
	}
	if !batch.Signed || len(batch.Statements) != 2 {
		t.Fatalf("signed: %v, %d statements", batch.Signed, len(batch.Statements))
	}
	if s := batch.Statements[0]; s.Refused != reports.Accepted || s.Principal != "lee" || len(s.Lines) != 2 || s.Reasons["r1"] != "x" || s.Reasons["other"] != "x" {
		t.Errorf("the first: %+v", s)
	}
	if s := batch.Statements[0]; s.Void != 1 {
		t.Errorf("%d requests are said to wait again, and one of the batch does", s.Void)
	}
	for i := range c.requests {
		c.requests[i].State = refunds.StateApproved
	}
	c.taken = append(c.taken, kept(t, "lee", approval.ApproveRefunds, one))
	read.Requests = c
	again, err := read.Run(t.Context(), "b", "")
	if err != nil || again.Statements[0].Void != 1 || again.Statements[2].Void != 0 {
		t.Errorf("a newer statement about the same: %+v, %v", again.Statements, err)
	}
	if s := batch.Statements[1]; s.Refused != reports.Forged {
		t.Errorf("the second is refused: %v", s.Refused)
	}
	read.Signing = nil
	if batch, err = read.Run(t.Context(), "b", ""); err != nil || batch.Signed || len(batch.Statements) > 0 {
		t.Errorf("without signatures: %v, %d statements (%v)", batch.Signed, len(batch.Statements), err)
	}
}

// TestAStatementIsDrawnOfWhatStillStands and of refunds alone.
func TestAStatementIsDrawnOfWhatStillStands(t *testing.T) {
	c := cabinet{tray: waitingTray()}
	write := func(s approval.Taken) string {
		path := filepath.Join(t.TempDir(), "approve.txt")
		if err := os.WriteFile(path, s.Text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	path := write(kept(t, "lee", approval.ApproveRefunds, c.requests[0]))
	sheet, err := signing.Sheet(t.Context(), c, path)
	if err != nil || sheet.File != "approve.txt" || sheet.Hash != approval.Hash(sheet.Text) || len(sheet.Lines) != 1 {
		t.Fatalf("%+v (%v)", sheet, err)
	}
	batch, err := app.ReadBatch{Requests: c, Facts: c, Now: friday, Signing: signing, Waiting: sheet}.Run(t.Context(), "b", "")
	if err != nil || len(batch.Statements) != 1 || batch.Statements[0].Reasons["r1"] != "x" {
		t.Errorf("it is not drawn: %+v (%v)", batch.Statements, err)
	}
	var asked *app.AskedError
	if _, err := signing.Sheet(t.Context(), c, write(kept(t, "lee", approval.ResolveExecuted, c.requests[0]))); !errors.As(err, &asked) {
		t.Errorf("a statement that approves nothing of a batch: %v", err)
	}
	if _, err := (app.ReadBatch{Requests: c, Facts: c, Now: friday, Signing: signing, Waiting: sheet}).Run(t.Context(), "elsewhere", ""); err != nil {
		t.Fatal(err)
	}
	c.requests[1].Batch = "elsewhere"
	if _, err := (app.ReadBatch{Requests: c, Facts: c, Now: friday, Signing: signing, Waiting: sheet}).Run(t.Context(), "elsewhere", ""); !errors.As(err, &asked) {
		t.Errorf("drawn beside another batch: %v", err)
	}
	c.requests[0].Amount++
	var refusal *approval.Refusal
	if _, err := signing.Sheet(t.Context(), c, path); !errors.As(err, &refusal) || refusal.Reason != approval.Changed {
		t.Errorf("of a request that has changed: %v", err)
	}
}
