package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"testing"

	"github.com/xuri/excelize/v2"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports"
)

// shelf holds stored nights, by run, and what a desk has asked for so far.
type shelf struct {
	nights map[string]reports.Snapshot
	desk   *desk
}

func (s shelf) SnapshotOfRun(_ context.Context, id string, read func(io.Reader) error) (bool, error) {
	snapshot, ok := s.nights[id]
	if !ok {
		return false, nil
	}
	var text bytes.Buffer
	return true, errors.Join(snapshot.WriteJSON(&text), read(&text))
}

func (s shelf) RefundsOfBatch(_ context.Context, _, batch string) (of []refunds.Request, _ error) {
	for _, d := range s.desk.decided {
		if d.Request.Batch == batch {
			of = append(of, d.Request)
		}
	}
	return of, nil
}

// drawn is a workbook of one night with the break of a desk, and in it decision.
func drawn(t *testing.T, d *desk, decision string) (ReturnedBook, shelf) {
	t.Helper()
	b := d.breaks["b1"]
	night := reports.Snapshot{Run: reconcile.Run{ID: "0123456789abcdef", MID: shop, Day: "2026-11-21", Job: "nightly", Now: decidedAt, Complete: true}, JournalHead: "head",
		Breaks: []reports.BreakRow{{ID: b.ID, MID: b.MID, OrderID: b.OrderID, PaymentKey: b.PaymentKey, Kind: b.Kind, Status: b.Status, Currency: pay.KRW,
			LocalAmount: b.LocalAmount, ProviderAmount: b.ProviderAmount, FirstSeen: "2026-11-21", LastSeen: "2026-11-21", Since: b.Since, Nights: 1}}}
	path := filepath.Join(t.TempDir(), "night.xlsx")
	if err := reports.Save(path, []reports.Snapshot{night}, reports.Options{Language: "ko"}); err != nil {
		t.Fatal(err)
	}
	if decision != "" {
		fill(t, path, b.OrderID, decision)
	}
	s := shelf{nights: map[string]reports.Snapshot{"0123456789abcdef": night}, desk: d}
	return ReturnedBook{Runs: s, Path: path}, s
}

// fill writes a decision into the row of an order.
func fill(t *testing.T, path, order, decision string) {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := f.GetRows("불일치")
	if err != nil {
		t.Fatal(err)
	}
	column, row := -1, -1
	for i, cells := range rows {
		if at := slices.Index(cells, "결정"); at >= 0 && column < 0 {
			column = at
		}
		if slices.Contains(cells, order) {
			row = i
		}
	}
	cell, err := excelize.CoordinatesToCellName(column+1, row+1)
	if err = errors.Join(err, f.SetCellStr("불일치", cell, decision), f.Save()); err != nil {
		t.Fatal(err)
	}
}

func apply(t *testing.T, book ReturnedBook, s shelf, write bool) AppliedBook {
	t.Helper()
	applied, err := book.Apply(t.Context(), s.desk.decider(), s, MonthDesk{}, write)
	if err != nil {
		t.Fatal(err)
	}
	return applied
}

func TestAReturnedDecisionToRefundShowsTheLineThatApprovesIt(t *testing.T) {
	t.Parallel()
	book, s := drawn(t, owing(), "환불 진행")
	applied := apply(t, book, s, true)
	if len(applied.Taken) != 1 || applied.Rows != 1 || len(applied.Batch) != 10 || applied.Taken[0].Request.Batch != applied.Batch {
		t.Fatalf("%+v", applied)
	}
	want := "daesa refunds approve --batch " + applied.Batch + " --expect-count 1 --expect-amount 10000"
	if len(applied.Approve) != 1 || applied.Approve[0].Command() != want {
		t.Errorf("%+v", applied.Approve)
	}
}

func TestAReturnedWorkbookIsOneBatchWheneverItIsRead(t *testing.T) {
	t.Parallel()
	book, s := drawn(t, owing(), "환불 진행")
	first, again := apply(t, book, s, true), apply(t, book, s, true)
	if again.Batch != first.Batch || again.SHA256 != first.SHA256 {
		t.Errorf("batches %q and %q", first.Batch, again.Batch)
	}
}

func TestWithoutWriteNothingOfAWorkbookWaitsForAWord(t *testing.T) {
	t.Parallel()
	book, s := drawn(t, owing(), "환불 진행")
	applied := apply(t, book, s, false)
	if len(applied.Taken) != 1 || applied.Batch != "" || len(applied.Approve) != 0 || slices.Contains(s.desk.kept, true) {
		t.Errorf("%+v, kept %v", applied, s.desk.kept)
	}
}

func TestARequestThatWasAskedForBeforeIsApprovedByItsID(t *testing.T) {
	t.Parallel()
	d := owing()
	d.requests = []refunds.Request{{ID: "r1", MID: shop, OrderID: "A-1", PaymentKey: "k1", BreakID: "b1", State: refunds.StateRequested, Amount: 10_000, Currency: pay.KRW}}
	book, s := drawn(t, d, "환불 진행")
	applied := apply(t, book, s, true)
	if len(applied.Approve) != 1 || applied.Approve[0].Command() != "daesa refunds approve r1 --expect-count 1 --expect-amount 10000" {
		t.Errorf("%+v", applied.Approve)
	}
}

func TestAWorkbookIsComparedWithTheNightThatItNames(t *testing.T) {
	t.Parallel()
	book, s := drawn(t, owing(), "")
	options := reports.Options{Language: "ko"}
	found, err := book.Verify(t.Context(), options)
	if err != nil || found.Cells == 0 || len(found.Changed) != 0 || len(found.SHA256) != 64 {
		t.Errorf("as it was drawn: %+v, %v", found, err)
	}
	night := s.nights["0123456789abcdef"]
	night.Breaks[0].OrderID = "A-2"
	if found, err := book.Verify(t.Context(), options); err != nil || len(found.Changed) == 0 {
		t.Errorf("of another night: %+v, %v", found, err)
	}
	delete(s.nights, "0123456789abcdef")
	if _, err := book.Verify(t.Context(), options); err == nil {
		t.Error("a workbook whose night is gone is called verified")
	}
}
