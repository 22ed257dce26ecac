package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"daesa/internal/hint"
	"daesa/internal/table"
	"daesa/pay"
	"daesa/refunds"
)

// AddRefunds adds what is not there yet, as the store does.
func (d *counter) AddRefunds(_ context.Context, _ *RefundFile, rows []refunds.Adding, _ string, _ time.Time) (added Added, _ error) {
	for _, row := range rows {
		if slices.ContainsFunc(d.requests, func(r refunds.Request) bool { return r.ID == row.Request.ID }) {
			added.Known = append(added.Known, row.Request)
			continue
		}
		d.requests = append(d.requests, row.Request)
		added.New = append(added.New, row.Request)
	}
	return added, nil
}

// file is a file with the plans of its rows, in lines 2, 3, ...
func (d *counter) file(t *testing.T, askings ...refunds.Asking) PlannedFile {
	t.Helper()
	for i := range askings {
		askings[i].Line = i + 2
	}
	return PlannedFile{File: RefundFileOf(refunds.Batch{Name: "refunds.csv", SHA256: "abc"}), Rows: d.plan(t, askings...)}
}

// shown writes the lines of an import: line, outcome, column.
func (i Imported) shown() (lines []string) {
	for _, l := range i.Lines {
		lines = append(lines, fmt.Sprint(l.Line, " ", l.Would, " ", l.Column))
	}
	return lines
}

func TestADryRunSaysOfEveryRowWhatWouldBecomeOfIt(t *testing.T) {
	t.Parallel()
	late := paid("late", 5000, 0)
	late.Method, late.ApprovedAt = pay.Phone, now.Add(-40*24*time.Hour)
	d := newCounter(paid("A", 10_000, 0), deposited("B"), late)
	d.requests = []refunds.Request{open("A", 2000, 0)}
	f := d.file(t, asking("A", "2000", "", "open-A"), asking("A", "3000", "", "r1"), asking("A", "9000", "", "r2"), whole("B"), asking("nosuch", "1", "", "r3"), whole("late"))
	f.Bad = table.Faults{{File: "refunds.csv", Line: 1, Column: "amount", Value: "many", Reason: "is no amount"}, {Line: 1, Column: "reason", Reason: "is missing"}}
	plan := f.Plan()
	want := []string{"1 refused amount", "2 known ", "3 added ", "4 refused amount", "5 added ", "6 refused order_id", "7 added "}
	if got := plan.shown(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if plan.Added != 3 || plan.Known != 1 || plan.Refused != 3 || plan.Amount[pay.KRW] != 3000+10_000+5000 || plan.WithoutAccount != 1 || plan.Expired != 1 {
		t.Errorf("%+v", plan)
	}
	if len(d.requests) != 1 {
		t.Error("a plan has added something")
	}
}

func TestAFileWithOneWrongRowIsRefusedWhole(t *testing.T) {
	t.Parallel()
	d := newCounter(paid("A", 10_000, 0))
	f := d.file(t, asking("A", "3000", "", "r1"), asking("nosuch", "1", "", "r2"))
	f.Bad = table.Faults{{File: "refunds.csv", Line: 1, Column: "amount", Reason: "is no amount"}}
	_, err := f.Import(t.Context(), d, "kim", now)
	var faults table.Faults
	if !errors.As(err, &faults) || len(faults) != 2 || faults[0].Line != 1 || faults[1].Line != 3 || faults[1].Value != "nosuch" || hint.Of(err) == "" {
		t.Errorf("%v", err)
	}
	if len(d.requests) > 0 {
		t.Errorf("%d rows were added", len(d.requests))
	}
}

func TestTheSameFileTwiceAddsNothingTheSecondTime(t *testing.T) {
	t.Parallel()
	d := newCounter(paid("A", 10_000, 0), paid("B", 500, 0))
	askings := []refunds.Asking{asking("A", "3000", "", "r1"), asking("B", "500", "", "r2")}
	first, err := d.file(t, askings...).Import(t.Context(), d, "kim", now)
	if err != nil || first.Added != 2 || first.Amount[pay.KRW] != 3500 || first.Lines[0].Would != WouldAdd {
		t.Errorf("%+v, %v", first, err)
	}
	again, err := d.file(t, askings...).Import(t.Context(), d, "kim", now)
	if err != nil || again.Added != 0 || again.Known != 2 || len(again.Amount) != 0 || again.Lines[1].Would != WouldKnow {
		t.Errorf("%+v, %v", again, err)
	}
}

// Between the plan and the import another process may have added a row.
func TestARowThatAnotherHasAddedMeanwhileIsKnown(t *testing.T) {
	t.Parallel()
	d := newCounter(paid("A", 10_000, 0))
	f := d.file(t, asking("A", "3000", "", "r1"))
	d.requests = append(d.requests, f.Rows[0].Adding.Request)
	if got, err := f.Import(t.Context(), d, "kim", now); err != nil || got.Added != 0 || got.Known != 1 || got.Lines[0].Would != WouldKnow {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestARowOfAnotherMerchantIsForTheConfigurationToMend(t *testing.T) {
	t.Parallel()
	other := paid("A", 10_000, 0)
	other.MID = "other"
	d := newCounter(other)
	_, err := d.file(t, asking("A", "3000", "", "r1")).Import(t.Context(), d, "kim", now)
	if want := "nothing was imported; mend the rows, or see all of them with --dry-run"; hint.Of(err) == want || hint.Of(err) == "" {
		t.Errorf("%v: %s", err, hint.Of(err))
	}
}

func TestOneAskingIsAddedOrRefused(t *testing.T) {
	t.Parallel()
	d := newCounter(paid("A", 10_000, 0))
	added, _, err := AddRefund(t.Context(), d.asker(), d, asking("A", "3000", "", "r1"))
	if err != nil || len(added.New) != 1 {
		t.Errorf("%+v, %v", added, err)
	}
	var refused *refunds.AskError
	if _, _, err := AddRefund(t.Context(), d.asker(), d, asking("A", "9000", "", "r2")); !errors.As(err, &refused) || len(d.requests) != 1 {
		t.Errorf("beyond what is left: %v", err)
	}
	added, _, err = AddRefund(t.Context(), d.asker(), d, asking("A", "3000", "", "r1"))
	if err != nil || len(added.Known) != 1 || len(added.New) != 0 {
		t.Errorf("once more: %+v, %v", added, err)
	}
}
