package app

import (
	"context"
	"time"

	"daesa/refunds"
)

// ShownBooks is what is kept of one request.
type ShownBooks interface {
	RequestFacts
	Refund(ctx context.Context, id string) (refunds.Request, []JournalEntry, error)
}

// ShowRefund is `refunds show`.
type ShowRefund struct {
	Books    ShownBooks
	Needs    *Needs
	Language refunds.Language
	Now      time.Time
}

// ShownRefund is one request with all that people ask about it.
type ShownRefund struct {
	Request  refunds.Request
	Attempts []ShownAttempt
	History  []Change
	WaitsFor string // the reason, while it is open; else ""
	Sentence string // what it means, or what it waits for, and who does what next; "": nothing
	Arrival  string // when the customer can expect the money; "": none was given back
}

// Run reads a request, and says in the language what keeps it.
func (x ShowRefund) Run(ctx context.Context, id string) (shown ShownRefund, err error) {
	r, entries, err := x.Books.Refund(ctx, id)
	if err != nil {
		return shown, err
	}
	shown.Request = r
	if shown.History, err = RefundHistory(entries); err != nil {
		return shown, err
	}
	if shown.Attempts, err = x.Books.ShownAttempts(ctx, id); err != nil {
		return shown, err
	}
	w, err := x.Needs.Waiting(ctx, nil, x.Now)
	if err != nil {
		return shown, err
	}
	switch open := w.Of(r.ID); {
	case open != nil:
		shown.Sentence, shown.WaitsFor = open.Sentence(x.Language).String(), open.Why
	case r.ErrorCode != "":
		shown.Sentence = refunds.Explain(x.Language, r.ErrorCode, r.ErrorMessage, r.CancelBy).String()
	}
	shown.Arrival, err = x.arrival(ctx, r)
	return shown, err
}

// arrival says when the customer can expect the money of a cancel.
func (x ShowRefund) arrival(ctx context.Context, r refunds.Request) (string, error) {
	if r.State != refunds.StateSucceeded && r.State != refunds.StateAccepted {
		return "", nil
	}
	p, canceledAt, err := x.Books.SeenPayment(ctx, r)
	if err != nil || canceledAt.IsZero() {
		return "", err
	}
	return refunds.ArrivalOf(p, r.Amount, canceledAt).Say(x.Language), nil
}

// CauseOf says what keeps a request, or kept it; "": nothing.
func CauseOf(language refunds.Language, r refunds.Request) string {
	if r.ErrorCode == "" {
		return ""
	}
	return refunds.Explain(language, r.ErrorCode, r.ErrorMessage, r.CancelBy).Cause
}
