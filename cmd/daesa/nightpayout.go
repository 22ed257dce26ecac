package main

import (
	"slices"

	"daesa/pay"
	"daesa/reports"
	"daesa/settle"
)

// payoutFigures are what Toss pays out on the business date, in won: fees without VAT.
// null where nothing of it is known.
type payoutFigures struct {
	Rows     int64  `json:"rows"`
	Amount   int64  `json:"amount"`
	Fee      int64  `json:"fee"`
	FeeVAT   int64  `json:"fee_vat"`
	Expected int64  `json:"expected"`
	Banked   int64  `json:"banked"`
	State    string `json:"state"` // of several merchants the one that most needs a person
}

// payoutStates are the states of a payout, what most needs a person first.
var payoutStates = []settle.State{settle.Missing, settle.Short, settle.Over, settle.Unread, settle.Due, settle.Late, settle.MatchedFull, settle.Carried, settle.Scheduled}

// paid adds what a merchant's night says of the date's payout.
func (f *nightFigures) paid(s *reports.Settlement, day pay.Day) {
	if s == nil {
		return
	}
	for _, p := range s.Payouts {
		if p.Day != day || p.Currency != pay.KRW {
			continue
		}
		if f.Payout == nil {
			f.Payout = &payoutFigures{State: string(p.State)}
		}
		sum := f.Payout
		sum.Rows += p.Rows
		sum.Amount += p.Amount
		sum.Fee += p.Fee
		sum.FeeVAT += p.FeeVAT
		sum.Expected += p.Expected
		sum.Banked += p.Banked
		if slices.Index(payoutStates, p.State) < slices.Index(payoutStates, settle.State(sum.State)) {
			sum.State = string(p.State)
		}
	}
}
