// Package reports turns a night or a batch of refunds into what finance reads, a
// workbook of sheets and advice and a short message, and reads back what people wrote
// into the workbook. It knows the results of reconcile and refunds, no database and no
// clock: a workbook is a function of its snapshot. Begin at Snapshot and workbook.go;
// package book has the labels, styles and lists, package xlsx makes the file.
package reports

import (
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// Snapshot is all that one merchant's night says in a workbook, as it stood
// when the run was committed. It is stored with the run, so that the workbook
// can be drawn again years later with the same bytes.
type Snapshot struct {
	Run         reconcile.Run
	Breaks      []BreakRow  // open, reopened and timing after the run, and what it cleared
	Refunds     []RefundRow // every request that is not finished, and what this night proposed
	Deadlines   []Deadline  // money that should go back, most urgent first
	JournalHead string      // hash of the newest journal entry at the commit
	Config      string      // fingerprint of the configuration
	NextRefunds []time.Time // the next planned refund runs, soonest first
	// Capture says of the payment windows that closed on the date how many
	// refund accounts were saved; nil: nothing was watched.
	Capture   *refunds.CaptureFigures
	Missing   []refunds.MissingAccount // refund accounts that nobody has
	Promises  []Promise                // money on its way back to customers
	Transfers []refunds.ManualTransfer // that people make by hand
	Before    []reconcile.NightFigures // the nights before, the oldest first
	// Waiting counts what is open of the merchant, by what it waits for; Waits says
	// it of each request, by its id. Snapshots of older versions lack both.
	Waiting []refunds.WaitLine      `json:",omitempty"`
	Waits   map[string]refunds.Wait `json:",omitempty"`
	// Left is what is open of merchants that left the configuration; nil: nothing.
	// The night of every merchant has it, since they have none of their own.
	Left *Left `json:",omitempty"`
	// Settlement is what Toss pays out; nil in snapshots of older versions, and where
	// settlement is off.
	Settlement *Settlement `json:",omitempty"`
}

// Left is what stands open of merchants that are not configured any more.
type Left struct {
	Refunds   []RefundRow
	Deadlines []Deadline
	Transfers []refunds.ManualTransfer
	Waiting   []refunds.WaitLine
}

// Figures are the night in a few figures, for the workbooks of later ones.
func (s Snapshot) Figures() reconcile.NightFigures {
	figures := reconcile.NightFigures{Day: s.Run.Day, Complete: s.Run.Complete, Opened: s.Run.Opened, Cleared: s.Run.Cleared, Apart: map[pay.Currency]int64{}}
	listed := make([]reconcile.Listed, len(s.Breaks))
	for i, b := range s.Breaks {
		listed[i] = b.Listed()
	}
	for i, first := range reconcile.FirstOfOrders(listed) {
		if b := s.Breaks[i]; b.Status.NeedsPerson() {
			figures.Open++
			if first {
				figures.Apart[b.Currency] += b.Apart()
			}
		}
	}
	return figures
}

// Promise is when the money of a refund arrives at the customer.
type Promise struct {
	MID, OrderID, PaymentKey, RefundID string
	Method                             pay.Method
	Currency                           pay.Currency
	Amount                             int64
	State                              refunds.State
	CanceledAt                         time.Time
	Arrival                            refunds.Arrival
}

// BreakRow is one break as the workbook shows it.
type BreakRow struct {
	ID, MID, OrderID, PaymentKey string
	Kind                         reconcile.Kind
	Status                       reconcile.Status
	Origin                       reconcile.Origin
	Currency                     pay.Currency
	// ProviderCurrency is that of ProviderAmount where it is not Currency; "" in
	// a currency mismatch means that the snapshot does not say.
	ProviderCurrency            pay.Currency
	LocalAmount, ProviderAmount *int64
	LocalStatus, ProviderStatus string
	// LocalPG is the payment company under which the shop has the order of a
	// payment that it seems to lack; toss where its amount is 0.
	LocalPG             string `json:",omitempty"`
	Method              pay.Method
	FirstSeen, LastSeen pay.Day
	Since               pay.Day // the night that gave it its status; "" in snapshots that lack it
	Nights              int
	MovedAt             time.Time
	CancelBy            time.Time // zero: none known
	ApprovedAt          time.Time `json:",omitzero"`  // at Toss; zero: no payment was looked up
	ApprovalNumber      string    `json:",omitempty"` // of the card company or issuer
	Note                string
	Owner               string           // who looks after it
	Remark              reconcile.Remark `json:",omitempty"`

	// What is reckoned when it is drawn: how soon a person should look at it, whether
	// its money counts at another break of the order, and what it became when it
	// cleared without the two sides agreeing; "": they agree.
	level  reconcile.Level
	again  bool
	became reconcile.Kind
}

// RefundRow is one refund request as the workbook shows it.
type RefundRow struct {
	refunds.Request
}

// Deadline is money that should go back through Toss, most of it before a moment
// passes.
type Deadline struct {
	MID, OrderID, PaymentKey string
	Method                   pay.Method
	Currency                 pay.Currency
	Amount                   int64
	CancelBy                 time.Time // zero: it has no last day
	AtRisk                   bool      // a card older than a year
	RefundID                 string    // "" where nobody asked for the refund yet
	State                    refunds.State
	BreakID                  string
	TooLate                  bool // the next planned refund run comes after CancelBy
}
