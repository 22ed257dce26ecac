package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"daesa/app"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// nightFigures are the fields that a night's JSON has for each merchant and
// for all of them together.
type nightFigures struct {
	refunding int64 // of the breaks: these need nobody

	BusinessDate  string                  `json:"business_date"`
	Complete      bool                    `json:"complete"`
	Mode          string                  `json:"mode"`
	Orders        int64                   `json:"orders"`
	Payments      int64                   `json:"payments"`
	Transactions  int64                   `json:"transactions"`
	Matched       int64                   `json:"matched"`
	Breaks        map[string]int64        `json:"breaks"`
	Opened        int64                   `json:"opened"`
	Cleared       int64                   `json:"cleared"`
	Suspect       bool                    `json:"suspect"`
	Sample        sampleFigures           `json:"sample"`
	Totals        map[string]totalFigures `json:"totals"`
	Refunds       map[string]int64        `json:"refunds"`
	ProviderCalls int64                   `json:"provider_calls"`
	UnknownMID    int64                   `json:"unknown_mid"`
	NotLookedUp   int64                   `json:"not_looked_up"`
	Missing       []missingDocument       `json:"missing"` // what could not be read
	Day           []dayFigures            `json:"day"`     // by currency and method
	UndatedCancel int64                   `json:"undated_cancels"`
	Payout        *payoutFigures          `json:"payout"`
}

// dayFigures are what moved on the business date, each side by its own records.
type dayFigures struct {
	Currency string        `json:"currency"`
	Method   string        `json:"method"`
	Shop     *movedFigures `json:"shop"`
	Provider *movedFigures `json:"provider"` // null where Toss's list was not read whole
}

type movedFigures struct {
	Approvals     int64 `json:"approvals"`
	ApprovalCount int64 `json:"approval_count"`
	Cancels       int64 `json:"cancels"`
	CancelCount   int64 `json:"cancel_count"`
	Unproven      int64 `json:"unproven_cancel_count"` // of cancel_count; their amounts are not in cancels
}

func newMoved(m reconcile.Moved) *movedFigures {
	return &movedFigures{m.Approvals, m.ApprovalCount, m.Cancels, m.CancelCount, m.Unproven}
}

type sampleFigures struct {
	LookedUp int64 `json:"looked_up"`
	Agreed   int64 `json:"agreed"`
}

type totalFigures struct {
	Shop        int64 `json:"shop"`
	Provider    int64 `json:"provider"`
	Explained   int64 `json:"explained"`
	Unexplained int64 `json:"unexplained"`
}

// nightDocument is the JSON of one business date.
type nightDocument struct {
	nightFigures
	Workbook *string       `json:"workbook"`
	Runs     []runDocument `json:"runs"`
	ExitCode int           `json:"exit_code"`
	Reasons  []string      `json:"reasons"`
}

type runDocument struct {
	MID   string `json:"mid"`
	RunID string `json:"run_id"`
	nightFigures
}

func newFigures(day pay.Day) nightFigures {
	f := nightFigures{BusinessDate: string(day), Complete: true, Breaks: map[string]int64{},
		Totals: map[string]totalFigures{}, Refunds: map[string]int64{}, Missing: []missingDocument{}, Day: []dayFigures{}}
	for _, kind := range reconcile.Kinds {
		f.Breaks[string(kind)] = 0
	}
	for _, state := range refunds.States {
		f.Refunds[string(state)] = 0
	}
	return f
}

// add sums a run into the figures.
func (f *nightFigures) add(run reconcile.Run) {
	f.Complete = f.Complete && run.Complete
	f.Mode = run.Mode
	f.Orders += run.Orders
	f.Payments += run.Payments
	f.Transactions += run.Transactions
	f.Matched += run.Matched
	f.Opened += run.Opened
	f.Cleared += run.Cleared
	f.Suspect = f.Suspect || len(run.Suspect) > 0
	f.Sample.LookedUp += run.Sample.LookedUp
	f.Sample.Agreed += run.Sample.Agreed
	f.ProviderCalls += run.ProviderCalls
	f.UnknownMID += run.UnknownMID
	f.NotLookedUp += run.NotLookedUp
	for _, counts := range []map[reconcile.Kind]int64{run.Broken, run.Refunding} {
		for kind, count := range counts {
			f.Breaks[string(kind)] += count
		}
	}
	for _, count := range run.Refunding {
		f.refunding += count
	}
	for state, count := range run.Refunds {
		f.Refunds[state] += count
	}
	for _, total := range run.Totals {
		sum := f.Totals[string(total.Currency)]
		sum.Shop += total.Shop
		sum.Provider += total.Provider
		sum.Explained += total.Explained
		sum.Unexplained += total.Unexplained
		f.Totals[string(total.Currency)] = sum
	}
	f.lacks(run.Gaps)
}

// lacks adds what could not be read.
func (f *nightFigures) lacks(gaps []reconcile.Gap) {
	for _, gap := range gaps {
		f.Missing = append(f.Missing, newMissingDocument(gap))
	}
}

// newNightDocuments says what dates found.
func newNightDocuments(dates []app.Date) ([]nightDocument, error) {
	var documents []nightDocument
	for _, date := range dates {
		document, err := newNightDocument(date.Nights, date.Kept, orNull(date.Workbook))
		if err != nil {
			return nil, err
		}
		documents = append(documents, document)
	}
	return documents, nil
}

// newNightDocument sums the nights of a date. Of one that stands from before,
// it names what this command could not read again.
func newNightDocument(nights []app.NightTold, kept []app.Kept, workbook *string) (nightDocument, error) {
	document := nightDocument{nightFigures: newFigures(nights[0].Run.Day), Workbook: workbook}
	var runs []reconcile.Run
	for _, s := range nights {
		document.add(s.Run)
		document.paid(s.Settlement, s.Run.Day)
		own := runDocument{MID: s.Run.MID, RunID: s.Run.ID, nightFigures: newFigures(s.Run.Day)}
		own.add(s.Run)
		own.money(s.Run.Moved)
		own.paid(s.Settlement, s.Run.Day)
		for _, k := range kept {
			if k.MID == s.Run.MID && k.Day == s.Run.Day {
				document.lacks(k.Gaps)
				own.lacks(k.Gaps)
			}
		}
		document.Runs = append(document.Runs, own)
		runs = append(runs, s.Run)
	}
	day, err := reconcile.SumDays(runs...)
	document.money(day)
	return document, err
}

// money fills in what moved on the date; nothing where no run says it.
func (f *nightFigures) money(day *reconcile.DayMoney) {
	if day == nil {
		return
	}
	f.UndatedCancel = day.Undated
	for _, t := range day.Totals {
		one := dayFigures{Currency: string(t.Currency), Method: string(t.Method), Shop: newMoved(t.Shop)}
		if day.Listed {
			one.Provider = newMoved(t.Provider)
		}
		f.Day = append(f.Day, one)
	}
}

// printNights writes what a nightly found: one document for one date, an array
// for several.
func (a *invocation) printNights(documents []nightDocument) error {
	for i := range documents {
		documents[i].ExitCode, documents[i].Reasons = a.verdict.code(), a.verdict.list()
	}
	if !a.json {
		for _, document := range documents {
			a.printNight(document)
		}
		for _, reason := range a.verdict.list() {
			a.printf("  · %s\n", reason)
		}
		return nil
	}
	switch len(documents) {
	case 0:
		return a.printJSON(map[string]any{"running": true, "exit_code": a.verdict.code(), "reasons": a.verdict.list()})
	case 1:
		return a.printJSON(documents[0])
	default:
		return a.printJSON(documents)
	}
}

// printNight is the night on one screen.
func (a *invocation) printNight(d nightDocument) {
	state := "complete"
	if !d.Complete {
		state = "INCOMPLETE"
	}
	a.printf("%s  %s  orders %s  payments %s  matched %s  provider calls %s\n", d.BusinessDate, state,
		pay.Grouped(d.Orders), pay.Grouped(d.Payments), pay.Grouped(d.Matched), pay.Grouped(d.ProviderCalls))
	for _, currency := range slices.Sorted(maps.Keys(d.Totals)) {
		t := d.Totals[currency]
		money := func(units int64) string { return pay.Currency(currency).Spell(units) }
		a.printf("  %s  shop %s  Toss %s  explained %s  unexplained %s\n", currency, money(t.Shop), money(t.Provider), money(t.Explained), money(t.Unexplained))
	}
	a.printDay(d)
	var open []string
	for _, kind := range reconcile.Kinds {
		if n := d.Breaks[string(kind)]; n > 0 {
			open = append(open, string(kind)+" "+strconv.FormatInt(n, 10))
		}
	}
	if len(open) == 0 {
		open = []string{"none"}
	}
	if d.refunding > 0 {
		open[len(open)-1] += fmt.Sprintf(" (%d of them refunding, which need nobody)", d.refunding)
	}
	a.printf("  breaks open: %s\n  new %d, cleared %d\n", strings.Join(open, ", "), d.Opened, d.Cleared)
	if d.Workbook != nil {
		a.printf("  workbook: %s\n", *d.Workbook)
	}
}

// printDay writes what moved on the date itself, over all methods; the lines
// before it are over all orders that were compared.
func (a *invocation) printDay(d nightDocument) {
	sums := map[string][2]movedFigures{}
	listed := true
	for _, one := range d.Day {
		sum := sums[one.Currency]
		sum[0].add(one.Shop)
		sum[1].add(one.Provider)
		listed = listed && one.Provider != nil
		sums[one.Currency] = sum
	}
	for _, currency := range slices.Sorted(maps.Keys(sums)) {
		side := func(m movedFigures) string {
			return pay.Currency(currency).Spell(m.Approvals-m.Cancels) + " (approved " + pay.Grouped(m.ApprovalCount) + ", cancelled " + pay.Grouped(m.CancelCount) + ")"
		}
		toss := "not read"
		if listed {
			toss = side(sums[currency][1])
		}
		a.printf("  %s  %s alone: shop net %s  Toss net %s\n", currency, d.BusinessDate, side(sums[currency][0]), toss)
	}
}

// add sums another method; nil adds nothing.
func (m *movedFigures) add(other *movedFigures) {
	if other == nil {
		return
	}
	m.Approvals += other.Approvals
	m.ApprovalCount += other.ApprovalCount
	m.Cancels += other.Cancels
	m.CancelCount += other.CancelCount
	m.Unproven += other.Unproven
}
