package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"daesa/pay"
	"daesa/refunds"
)

// AddRefunds adds what is not there yet, as the store does.
func (d *counter) AddRefunds(_ context.Context, _ *BatchFile, rows []refunds.Adding, _ string, _ time.Time) (added Added, _ error) {
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

// file is a planned refund file.
func (d *counter) file(t *testing.T, rows string) *RefundFile {
	t.Helper()
	f, err := d.planned(t, rows)
	if err != nil {
		t.Fatal(err)
	}
	return &f
}

// outcomes writes the lines of an import: line, outcome, column.
func (i Imported) outcomes() (lines []string) {
	for _, l := range i.Lines {
		lines = append(lines, fmt.Sprint(l.Line, " ", l.Would, " ", l.Column))
	}
	return lines
}

const mixedRows = `A,2000,,변심,,,,open-A
A,3000,,변심,,,,r1
A,9000,,변심,,,,r2
B,전액,,변심,,,,
nosuch,1,,변심,,,,r3
late,전액,,변심,,,,
A,many,,,,,,r4
`

func mixed() *counter {
	late := paid("late", 5000, 0)
	late.Method, late.ApprovedAt = pay.Phone, now.Add(-40*24*time.Hour)
	d := newCounter(paid("A", 10_000, 0), deposited("B"), late)
	d.requests = []refunds.Request{open("A", 2000, 0)}
	return d
}

func TestADryRunSaysOfEveryRowWhatWouldBecomeOfIt(t *testing.T) {
	t.Parallel()
	d := mixed()
	plan := d.file(t, mixedRows).Plan()
	want := []string{"2 known ", "3 added ", "4 refused amount", "5 added ", "6 refused order_id", "7 added ", "8 refused amount"}
	if got := plan.outcomes(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if plan.Added != 3 || plan.Known != 1 || plan.Refused != 3 || plan.Amount[pay.KRW] != 3000+10_000 || plan.WithoutAccount != 1 || plan.Expired != 1 {
		t.Errorf("%+v", plan)
	}
	if len(d.requests) != 1 {
		t.Error("a plan has added something")
	}
}

func TestAnImportTakesWhatNothingSpeaksAgainst(t *testing.T) {
	t.Parallel()
	d := mixed()
	done, err := d.file(t, mixedRows).Import(t.Context(), d, "kim", now)
	if err != nil || len(d.requests) != 4 || done.Added != 3 || done.Known != 1 || done.Refused != 3 || done.Expired != 1 {
		t.Errorf("%d requests, %+v, %v", len(d.requests), done, err)
	}
	again, err := d.file(t, mixedRows).Import(t.Context(), d, "kim", now)
	if err != nil || len(d.requests) != 4 || again.Added != 0 || again.Known != 4 || len(again.Amount) != 0 {
		t.Errorf("once more: %d requests, %+v, %v", len(d.requests), again, err)
	}
	for _, line := range again.Lines {
		if line.Would == WouldAdd {
			t.Errorf("once more: line %d is called added", line.Line)
		}
	}
}

// Between the plan and the import another process may have added a row.
func TestARowThatAnotherHasAddedMeanwhileIsKnown(t *testing.T) {
	t.Parallel()
	d := newCounter(paid("A", 10_000, 0))
	f := d.file(t, "A,3000,,변심,,,,r1\n")
	d.requests = append(d.requests, f.Rows[0].Adding.Request)
	if got, err := f.Import(t.Context(), d, "kim", now); err != nil || got.Added != 0 || got.Known != 1 || got.Lines[0].Would != WouldKnow {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestEveryRowOfAFileThatIsGivenBackHasItsRemark(t *testing.T) {
	t.Parallel()
	f := mixed().file(t, mixedRows)
	remarks := f.Remarks(f.Plan(), refunds.Korean)
	for i, remark := range remarks {
		refused := slices.Contains([]int{4, 6, 8}, remark.Line)
		if remark.Line != i+2 || (len(remark.Refused) > 0) != refused || remark.Known != (remark.Line == 2) || (remark.State == "") != refused {
			t.Errorf("%+v", remark)
		}
	}
	if len(remarks) != 7 || remarks[2].Refused[0].Column != "환불금액" {
		t.Errorf("%d remarks; the column is %q", len(remarks), remarks[2].Refused[0].Column)
	}
}

func TestABatchsWorkbookHasTheRowsThatWereNotTaken(t *testing.T) {
	t.Parallel()
	f := mixed().file(t, mixedRows)
	refusals := f.BatchRefusals(refunds.Korean)
	if len(refusals) != 3 || refusals[0].Line != 4 || refusals[1].OrderID != "nosuch" || refusals[2].OrderID != "A" || refusals[2].Column != "환불금액" {
		t.Errorf("%+v", refusals)
	}
	if refusals[2].Amount != "many" || refusals[1].Reason == "" || refusals[1].Amount == "" {
		t.Errorf("its amount and reason are not those of the file: %+v", refusals)
	}
	if english := f.BatchRefusals(refunds.English); english[0].Why == refusals[0].Why {
		t.Errorf("in both languages %q", english[0].Why)
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
