package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"daesa/approval"
	"daesa/internal/written"
	"daesa/pay"
	"daesa/refunds"
	"daesa/reports"
)

// BatchRequests gives the requests of a batch, and who imported it.
type BatchRequests interface {
	Journal
	// RefundsOfBatch gives the requests of a batch, of one merchant or ("") all.
	RefundsOfBatch(ctx context.Context, mid, batch string) ([]refunds.Request, error)
	NamedRequests
	JournalHead(ctx context.Context) (seq int64, hash string, err error)
	// StatementsTaken gives the statements that were taken on some days.
	StatementsTaken(ctx context.Context, first, last pay.Day) ([]approval.Taken, error)
}

// RequestFacts gives what is known of a request beside its row.
type RequestFacts interface {
	ShownAttempts(ctx context.Context, id string) ([]ShownAttempt, error)
	// SeenPayment gives the payment as the newest look-up showed it, and when the
	// request's cancel was; zero where none is claimed.
	SeenPayment(ctx context.Context, r refunds.Request) (p pay.Payment, canceledAt time.Time, err error)
	// ShownAccount gives the masked account of a payment; nil: none is known.
	ShownAccount(ctx context.Context, mid, paymentKey string) (*refunds.StoredAccount, error)
}

// ShownAttempt is an attempt without the bytes that were sent, in which an
// account may be sealed: who only reads has no right to them.
type ShownAttempt struct {
	refunds.Attempt
	BodySHA256 string // of the bytes, also after they were destroyed
}

// ReadBatch reads all that a batch's workbook says.
type ReadBatch struct {
	Requests BatchRequests
	Facts    RequestFacts
	Now      time.Time
	Signing  *Signing           // how approvals are proved; nil: by a typed name
	Waiting  *reports.Statement // what was written for somebody to sign
}

// UnknownBatch is the error of a batch that nobody has imported.
func UnknownBatch(id string) error {
	return unknown("daesa refunds list --json shows the batch of each request", "batch %s: no such batch", written.Shown(id))
}

// Run reads a batch as it stands; without requests where there is no such batch.
// file is the name of the imported file, where it is known.
func (x ReadBatch) Run(ctx context.Context, id, file string) (reports.Batch, error) {
	batch := reports.Batch{ID: id, File: file, Now: x.Now, Sent: map[string]time.Time{}, Arrivals: map[string]refunds.Arrival{}, Accounts: map[string]string{}}
	if id == "" { // for the store that is every request
		return batch, nil
	}
	var err error
	if batch.Requests, err = x.Requests.RefundsOfBatch(ctx, "", id); err != nil || len(batch.Requests) == 0 {
		return batch, err
	}
	if _, batch.JournalHead, err = x.Requests.JournalHead(ctx); err != nil {
		return batch, err
	}
	if err := x.readImport(ctx, &batch); err != nil {
		return batch, err
	}
	if err := x.readStatements(ctx, &batch); err != nil {
		return batch, err
	}
	for _, r := range batch.Requests {
		if err := x.tellMore(ctx, &batch, r); err != nil {
			return batch, err
		}
	}
	return batch, nil
}

// readImport says who imported a batch and when, by the journal: the first time,
// since the same file again adds nothing.
func (x ReadBatch) readImport(ctx context.Context, batch *reports.Batch) error {
	first := batch.Requests[0]
	batch.By, batch.At = first.RequestedBy, first.RequestedAt
	entries, err := x.Requests.History(ctx, "batch:"+batch.ID)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(entries, func(e JournalEntry) bool { return e.Action == "batch.imported" })
	if at < 0 {
		return nil
	}
	var facts struct {
		Rows int `json:"rows"`
	}
	e := entries[at]
	if err := json.Unmarshal([]byte(e.Facts), &facts); err != nil {
		return fmt.Errorf("journal entry %d is unreadable: %w", e.Seq, err)
	}
	batch.By, batch.At, batch.FileRows = e.Actor, e.At, facts.Rows
	return nil
}

// readStatements adds what was signed of a batch's requests, and what waits for it.
func (x ReadBatch) readStatements(ctx context.Context, batch *reports.Batch) error {
	if batch.Signed = x.Signing != nil; !batch.Signed {
		return nil
	}
	taken, err := x.Requests.StatementsTaken(ctx, pay.DayOf(batch.At), pay.DayOf(x.Now))
	if err != nil {
		return err
	}
	for _, t := range taken {
		// What cannot be read approves nothing; audit verify names it.
		if t.Statement, err = approval.Parse(t.Text); err != nil || t.Do != approval.ApproveRefunds || !about(t.Statement, batch.Requests) {
			continue
		}
		refused, err := x.Signing.Keys.Recheck(t.Text, t.Signature, t.Principal, t.At)
		if err != nil {
			return err
		}
		batch.Statements = append(batch.Statements, reports.Statement{Taken: t, Refused: refusalOf(refused)})
	}
	for i := range batch.Statements {
		batch.Statements[i].Void = void(batch.Statements[i:], batch.Requests)
	}
	if x.Waiting != nil && !about(x.Waiting.Statement, batch.Requests) {
		return &AskedError{fmt.Errorf("the statement %s is about no request of batch %s", written.Shown(x.Waiting.File), written.Shown(batch.ID)), "name the batch that it was written of"}
	}
	if x.Waiting != nil {
		batch.Statements = append(batch.Statements, *x.Waiting)
	}
	for i := range batch.Statements {
		if err := x.readReasons(ctx, &batch.Statements[i], batch.Requests); err != nil {
			return err
		}
	}
	return nil
}

func refusalOf(r refunds.Refused) reports.Refusal {
	switch {
	case r.Key:
		return reports.KeyRefused
	case r.Forged():
		return reports.Forged
	default:
		return reports.Accepted
	}
}

// void counts the requests of the first of some statements that it does not approve any
// more: they wait for a word again, have ended without it, or a later one approves them.
func void(statements []reports.Statement, requests []refunds.Request) (n int) {
	for _, r := range requests {
		in := func(s reports.Statement) bool { _, found := s.Line(r.ID); return found }
		if in(statements[0]) && (r.State.Unapproved() || slices.ContainsFunc(statements[1:], in)) {
			n++
		}
	}
	return n
}

func about(s approval.Statement, requests []refunds.Request) bool {
	return slices.ContainsFunc(requests, func(r refunds.Request) bool {
		_, found := s.Line(r.ID)
		return found
	})
}

// readReasons adds the words of the reasons, of which a statement has only hashes.
func (x ReadBatch) readReasons(ctx context.Context, s *reports.Statement, batch []refunds.Request) error {
	s.Reasons = map[string]string{}
	for _, r := range batch {
		s.Reasons[r.ID] = r.Reason
	}
	others := slices.DeleteFunc(s.IDs(), func(id string) bool {
		_, known := s.Reasons[id]
		return known
	})
	requests, err := x.Requests.RefundsNamed(ctx, others)
	for _, r := range requests {
		s.Reasons[r.ID] = r.Reason
	}
	return err
}

// tellMore adds what is not in a request itself: when it was sent, when its
// money arrives, and the account, masked.
func (x ReadBatch) tellMore(ctx context.Context, batch *reports.Batch, r refunds.Request) error {
	if r.Attempts > 0 {
		attempts, err := x.Facts.ShownAttempts(ctx, r.ID)
		if err != nil {
			return err
		}
		for _, t := range attempts {
			if t.LastSent.After(batch.Sent[r.ID]) {
				batch.Sent[r.ID] = t.LastSent
			}
		}
	}
	if r.State == refunds.StateSucceeded || r.State == refunds.StateAccepted {
		p, canceledAt, err := x.Facts.SeenPayment(ctx, r)
		if err != nil {
			return err
		}
		batch.Arrivals[r.ID] = refunds.ArrivalOf(p, r.Amount, canceledAt)
	}
	if r.Method != pay.VirtualAccount {
		return nil
	}
	account, err := x.Facts.ShownAccount(ctx, r.MID, r.PaymentKey)
	if err != nil || account == nil {
		return err
	}
	bank := account.Bank
	if known, ok := pay.FindBank(bank); ok {
		bank = known.Korean
	}
	batch.Accounts[r.ID] = strings.Join([]string{bank, account.AccountMasked, account.HolderMasked}, " ")
	return nil
}

// BatchWorkbooks draws the workbooks of refund batches.
type BatchWorkbooks struct {
	ReadBatch
	Dir     string
	Options func() (reports.Options, error)
	Warn    Warn
}

// Draw draws a batch as it stands now. out replaces the configured place.
func (x BatchWorkbooks) Draw(ctx context.Context, id, out string) (reports.Batch, string, error) {
	batch, err := x.Run(ctx, id, "")
	if err != nil {
		return batch, "", err
	}
	if len(batch.Requests) == 0 {
		return batch, "", UnknownBatch(id)
	}
	path, err := x.save(batch, out)
	return batch, path, err
}

func (x BatchWorkbooks) save(batch reports.Batch, out string) (string, error) {
	options, err := x.Options()
	if err != nil {
		return "", err
	}
	out = cmp.Or(out, filepath.Join(x.Dir, reports.BatchFileName(batch)))
	return out, reports.SaveBatch(out, batch, options)
}

// Redraw draws the workbook of a batch after its requests changed. What happened
// has happened: a workbook that cannot be written is a warning. refused are the
// rows of its file that were not taken. "": there is no workbook.
func (x BatchWorkbooks) Redraw(ctx context.Context, id, file string, refused []reports.BatchRefusal) string {
	batch, err := x.Run(ctx, id, file)
	if batch.Refused = refused; batch.FileRows > 0 {
		batch.FileRows += len(refused) // the journal counts what was taken
	}
	if err == nil && len(batch.Requests) == 0 {
		return "" // every row of the file was asked for before, in other batches
	}
	path := ""
	if err == nil {
		path, err = x.save(batch, "")
	}
	if err != nil {
		x.Warn("the workbook of batch "+id+" was not written: "+err.Error(),
			"what was recorded stands; when the cause is mended, daesa report batch "+id+" draws it")
		return ""
	}
	return path
}

// TouchedBatches gathers the batches of which a run sent or settled something.
// Several workers tell it at once.
type TouchedBatches struct {
	mu  sync.Mutex
	ids map[string]bool
}

// Record gives what a run records every turn with, and passes it on.
func (t *TouchedBatches) Record(next func(refunds.Done)) func(refunds.Done) {
	return func(done refunds.Done) {
		if batch := done.Request.Batch; batch != "" && (done.Sends > 0 || done.Is != done.Request.State) {
			t.mu.Lock()
			if t.ids == nil {
				t.ids = map[string]bool{}
			}
			t.ids[batch] = true
			t.mu.Unlock()
		}
		next(done)
	}
}

// IDs are the batches, sorted. The run is over.
func (t *TouchedBatches) IDs() []string { return slices.Sorted(maps.Keys(t.ids)) }
