package app

import (
	"context"
	"slices"
	"testing"
	"time"

	"daesa/approval"
	"daesa/internal/hint"
	"daesa/pay"
	"daesa/refunds"
	"daesa/reports"
)

// folder is a batch and what is known of its requests.
type folder struct {
	requests []refunds.Request
	entries  []JournalEntry
	attempts map[string][]ShownAttempt
	arrived  map[string]time.Time // when the cancel of a request was
	accounts map[string]*refunds.StoredAccount
	taken    []approval.Taken
}

func (f folder) RefundsNamed(_ context.Context, ids []string) (named []refunds.Request, _ error) {
	for _, id := range ids {
		at := slices.IndexFunc(f.requests, func(r refunds.Request) bool { return r.ID == id })
		if at < 0 {
			return nil, ErrUnknownID
		}
		named = append(named, f.requests[at])
	}
	return named, nil
}

func (f folder) StatementsTaken(context.Context, pay.Day, pay.Day) ([]approval.Taken, error) {
	return f.taken, nil
}

func (f folder) RefundsOfBatch(_ context.Context, _, batch string) (of []refunds.Request, _ error) {
	for _, r := range f.requests {
		if r.Batch == batch {
			of = append(of, r)
		}
	}
	return of, nil
}

func (f folder) JournalHead(context.Context) (int64, string, error) { return 9, "head", nil }

func (f folder) History(context.Context, string) ([]JournalEntry, error) { return f.entries, nil }

func (f folder) ShownAttempts(_ context.Context, id string) ([]ShownAttempt, error) {
	return f.attempts[id], nil
}

func (f folder) SeenPayment(_ context.Context, r refunds.Request) (pay.Payment, time.Time, error) {
	return pay.Payment{Method: pay.Card}, f.arrived[r.ID], nil
}

func (f folder) ShownAccount(_ context.Context, _, key string) (*refunds.StoredAccount, error) {
	return f.accounts[key], nil
}

func (f folder) read(t *testing.T, id string) reports.Batch {
	t.Helper()
	batch, err := ReadBatch{Requests: f, Facts: f, Now: now}.Run(t.Context(), id, "refunds.csv")
	if err != nil {
		t.Fatal(err)
	}
	return batch
}

func TestABatchNamesWhoImportedItFirst(t *testing.T) {
	f := folder{requests: []refunds.Request{{ID: "r", Batch: "b", RequestedBy: "night", RequestedAt: now}}}
	if batch := f.read(t, "b"); batch.By != "night" || !batch.At.Equal(now) || batch.FileRows != 0 {
		t.Errorf("without an entry: %s at %s", batch.By, batch.At)
	}
	f.entries = []JournalEntry{{Action: "batch.approved", Actor: "lee", Facts: "{}"},
		{Action: "batch.imported", Actor: "kim", At: minute(-9), Facts: `{"rows":3}`}, {Action: "batch.imported", Actor: "park", At: now, Facts: `{"rows":3}`}}
	if batch := f.read(t, "b"); batch.By != "kim" || !batch.At.Equal(minute(-9)) || batch.FileRows != 3 || batch.JournalHead != "head" {
		t.Errorf("%s at %s, %d rows, head %s", batch.By, batch.At, batch.FileRows, batch.JournalHead)
	}
}

func TestABatchSaysOfEachRequestWhatIsNotInItsRow(t *testing.T) {
	sent := func(at time.Time) ShownAttempt { return ShownAttempt{Attempt: refunds.Attempt{LastSent: at}} }
	f := folder{
		requests: []refunds.Request{
			{ID: "twice", Batch: "b", Attempts: 2, State: refunds.StateUnknown},
			{ID: "done", Batch: "b", Attempts: 1, State: refunds.StateSucceeded, Amount: 100},
			{ID: "account", Batch: "b", State: refunds.StateRequested, Method: pay.VirtualAccount, PaymentKey: "k"},
			{ID: "other", Batch: "another"},
		},
		attempts: map[string][]ShownAttempt{"twice": {sent(minute(5)), sent(minute(3))}, "done": {sent(minute(1))}},
		arrived:  map[string]time.Time{"done": minute(2)},
		accounts: map[string]*refunds.StoredAccount{"k": {Bank: "20", AccountMasked: "110*****7270", HolderMasked: "김*"}},
	}
	batch := f.read(t, "b")
	if len(batch.Requests) != 3 || !batch.Sent["twice"].Equal(minute(5)) || !batch.Sent["done"].Equal(minute(1)) {
		t.Errorf("%d requests, sent %v", len(batch.Requests), batch.Sent)
	}
	if _, promised := batch.Arrivals["twice"]; promised || len(batch.Arrivals) != 1 {
		t.Errorf("money of %v arrives: only what succeeded does", batch.Arrivals)
	}
	if bank, _ := pay.FindBank("20"); batch.Accounts["account"] != bank.Korean+" 110*****7270 김*" || bank.Korean == "" {
		t.Errorf("the account is %q", batch.Accounts["account"])
	}
}

func TestNoBatchIsNotEveryRequest(t *testing.T) {
	f := folder{requests: []refunds.Request{{ID: "of no batch"}}}
	for _, id := range []string{"", "nosuch"} {
		if batch := f.read(t, id); len(batch.Requests) > 0 {
			t.Errorf("batch %q has %d requests", id, len(batch.Requests))
		}
	}
	if err := UnknownBatch("nosuch"); hint.WordOf(err) != "unknown_id" {
		t.Error(err)
	}
}

func TestABatchIsTouchedBySendingAndBySettling(t *testing.T) {
	var touched TouchedBatches
	heard := 0
	hear := touched.Record(func(refunds.Done) { heard++ })
	request := func(batch string) refunds.Request {
		return refunds.Request{Batch: batch, State: refunds.StateApproved}
	}
	hear(refunds.Done{Request: request("waits"), Is: refunds.StateApproved})
	hear(refunds.Done{Request: request("settled"), Is: refunds.StateSucceeded})
	hear(refunds.Done{Request: request("sent"), Is: refunds.StateApproved, Sends: 1})
	hear(refunds.Done{Request: request(""), Is: refunds.StateSucceeded})
	if got := touched.IDs(); !slices.Equal(got, []string{"sent", "settled"}) || heard != 4 {
		t.Errorf("touched %v, passed on %d of 4", got, heard)
	}
}
