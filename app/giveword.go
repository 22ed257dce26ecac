package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"daesa/approval"
	"daesa/internal/hint"
	"daesa/internal/written"
	"daesa/pay"
	"daesa/refunds"
)

// Say is what a person says to requests that are not sent.
type Say string

// The words.
const (
	SayApprove  Say = "approve"
	SayReject   Say = "reject"
	SayWithdraw Say = "withdraw"
)

// WordStore takes a person's word on requests, all or none.
type WordStore interface {
	Batches
	NamedRequests
	// Unaltered refuses requests that are not what the journal says of them.
	Unaltered(ctx context.Context, ids []string) error
	Approve(ctx context.Context, w refunds.Approval) ([]refunds.Request, error)
	Reject(ctx context.Context, w refunds.Approval) ([]refunds.Request, error)
	Withdraw(ctx context.Context, w refunds.Approval) ([]refunds.Request, error)
}

// GiveWord is `refunds approve`, `reject` and `withdraw`.
type GiveWord struct {
	Store  WordStore
	Head   *HeadKeeper
	Say    Say
	IDs    []string
	Batch  string // in place of IDs: what waits of it for this word
	MID    string // of the batch; "": every merchant
	Expect *Expected
	Note   string
	By     string
	Now    time.Time
	// Signing asks for a signature on an approval; nil: By is believed. Signed is the
	// statement that gives it, in place of IDs and By.
	Signing *Signing
	Signed  *approval.Taken
}

// Expected is what the person has seen before the word.
type Expected struct {
	Count  int
	Amount string // as every list writes it
}

// Given is what a word has come to.
type Given struct {
	Requests []refunds.Request
	LeftOut  []string // of the batch, and to be named by id; never nil
}

// Run gives the word. A database that is behind takes none: a word on a request
// that was sent, and that it does not know as sent, could hide a refund.
func (x GiveWord) Run(ctx context.Context) (Given, error) {
	given := Given{LeftOut: []string{}}
	if err := x.Head.Check(ctx); err != nil {
		return given, err
	}
	word := refunds.Approval{IDs: x.IDs, By: x.By, Note: x.Note, Now: x.Now, Signed: x.Signed}
	word.Check = func(requests []refunds.Request) error { return x.check(requests, given.LeftOut) }
	switch {
	case x.Signed != nil:
		word.IDs, word.By, word.Now = x.Signed.IDs(), x.Signed.Principal, x.Signed.At
		word.Check = x.signed
	case x.Say == SayApprove && x.Signing != nil:
		return given, x.Signing.Typed("refunds approve")
	default:
		var err error
		if word.IDs, given.LeftOut, err = x.named(ctx); err != nil {
			return given, err
		}
	}
	give := map[Say]func(context.Context, refunds.Approval) ([]refunds.Request, error){
		SayApprove: x.Store.Approve, SayReject: x.Store.Reject, SayWithdraw: x.Store.Withdraw,
	}[x.Say]
	var err error
	given.Requests, err = give(ctx, word)
	return given, err
}

// named are the ids of what the word is on, and those of a batch that it leaves out.
func (x GiveWord) named(ctx context.Context) (ids, leftOut []string, err error) {
	if x.Batch == "" {
		return x.IDs, []string{}, nil
	}
	requests, err := x.Store.RefundsOfBatch(ctx, x.MID, x.Batch)
	if err == nil && len(requests) == 0 {
		err = UnknownBatch(x.Batch)
	}
	ids, leftOut = x.waiting(requests)
	return ids, leftOut, err
}

// waiting are the requests of a batch that wait for the word. Those that equal
// another are left out of an approval.
func (x GiveWord) waiting(requests []refunds.Request) (ids, leftOut []string) {
	leftOut = []string{}
	approving := x.Say == SayApprove
	for _, r := range requests {
		switch {
		case r.State == refunds.StateRequested && approving && r.SameAs != "":
			leftOut = append(leftOut, r.ID)
		case r.State == refunds.StateRequested, r.State == refunds.StateNeedsAccount && !approving:
			ids = append(ids, r.ID)
		}
	}
	return ids, leftOut
}

// check compares what is to be approved with what the person has seen.
func (x GiveWord) check(requests []refunds.Request, leftOut []string) error {
	if x.Expect == nil {
		return nil
	}
	what, look := "the requests that were named", "daesa refunds show ID"
	if x.Batch != "" {
		what, look = "batch "+written.Shown(x.Batch), "daesa refunds list --batch "+written.Shown(x.Batch)
	}
	var sum int64
	currency := pay.KRW
	for i, r := range requests {
		if i > 0 && r.Currency != currency {
			return hint.Errorf("approve those of one currency, by their ids", "%s: requests in several currencies", what)
		}
		sum, currency = sum+r.Amount, r.Currency
	}
	want, err := currency.ParseWritten(x.Expect.Amount)
	if err != nil {
		return &AskedError{fmt.Errorf("--expect-amount: %w", err), "write the sum as every list prints it: 10000, 10,000, 10,000원, or 181.56 for dollars"}
	}
	if len(requests) != x.Expect.Count || sum != want {
		if len(leftOut) > 0 {
			look += "; approved by their ids alone, since each equals another request of its order: " + strings.Join(leftOut, " ")
		}
		return hint.Errorf("look again: "+look, "%s holds %d requests over %s %s that can be approved so, and not %d over %s; nothing was approved",
			what, len(requests), currency.Format(sum), currency, x.Expect.Count, x.Expect.Amount)
	}
	return nil
}

// HeldStore gives a held request, and takes a person's word on it.
type HeldStore interface {
	ClaimedFor(ctx context.Context, id string) (*refunds.Claimed, error)
	ResolveRefund(ctx context.Context, c *refunds.Claimed, step refunds.Step, p *pay.Payment, evidence []pay.Evidence, by, note string, now time.Time) error
}

// ResolveRefund is `refunds resolve`: a person's word on a held refund, after a
// look at the payment.
type ResolveRefund struct {
	Store   HeldStore
	Signing *Signing        // asks for a signature; nil: By is believed
	Signed  *approval.Taken // gives the word, in place of By
	Head    *HeadKeeper
	LookUps map[string]LookUp // by MID
	// Another says whether a MID is another merchant's of the configuration than
	// the one of mid; nil: there is one merchant.
	Another  func(mid, other string) bool
	ID       string
	Executed bool // Toss has made this refund's cancel; else there is none
	Note     string
	By       string
	Now      time.Time
}

// Run looks the payment up, asks the rule, and writes the step.
func (x ResolveRefund) Run(ctx context.Context) error {
	if err := x.Head.Check(ctx); err != nil {
		return err
	}
	claimed, err := x.Store.ClaimedFor(ctx, x.ID)
	if err != nil {
		return err
	}
	r := claimed.Request
	switch {
	case x.Signed != nil:
		if err := x.Signing.covers(x.Signed, r.RequestedBy, r.ResolveLine(x.Note)); err != nil {
			return err
		}
		x.By, x.Now, claimed.Signed = x.Signed.Principal, x.Signed.At, x.Signed
	case x.Signing != nil:
		return x.Signing.Typed("refunds resolve " + x.ID + " ...")
	}
	lookUp, ok := x.LookUps[r.MID]
	if !ok {
		return hint.Errorf("add the merchant to daesa.yaml; where its mid was corrected since, name the former one in also_mids of the entry",
			"merchant %s is not configured", written.Shown(r.MID))
	}
	p, evidence, err := lookUp.Payment(ctx, r.PaymentKey)
	if err != nil {
		return err
	}
	known := claimed.Known.Without(func(other string) bool { return x.Another != nil && x.Another(r.MID, other) })
	known, seen, err := known.LookBeside(ctx, r.MID, lookUp.Payment)
	if err != nil {
		return err
	}
	claimed.Known = known
	step, err := refunds.Resolve(*claimed, p, x.Executed, x.By, x.Now)
	if err != nil {
		return err
	}
	return x.Store.ResolveRefund(ctx, claimed, step, refunds.Kept(r, step, p), append([]pay.Evidence{evidence}, seen...), x.By, x.Note, x.Now)
}

// TransferStore gives a transfer by hand, and takes a person's word on it.
type TransferStore interface {
	ManualTransfer(ctx context.Context, id string) (refunds.ManualTransfer, error)
	// Account gives the sealed account of a payment; nil: none is kept.
	Account(ctx context.Context, mid, paymentKey string) (*refunds.StoredAccount, error)
	// UnalteredTransfer refuses one that is not what the journal says of it.
	UnalteredTransfer(ctx context.Context, id string) error
	MoveManualTransfer(ctx context.Context, w refunds.ManualWord) (refunds.ManualTransfer, error)
}

// MoveTransfer is `refunds transfers approve`, `done` and `drop`.
type MoveTransfer struct {
	Store   TransferStore
	Signing *Signing        // asks for a signature on an approval; nil: Word.By is believed
	Signed  *approval.Taken // gives the word, in place of Word.By
	Head    *HeadKeeper
	LookUps map[string]LookUp // by MID
	Word    refunds.ManualWord
}

// Run writes the word. Before an approval the payment is looked up once more:
// what Toss has cancelled meanwhile must not be given back a second time. The
// payment of a merchant that is not configured cannot be looked up, and counts as
// it was seen last.
func (x MoveTransfer) Run(ctx context.Context) (refunds.ManualTransfer, error) {
	if err := x.Head.Check(ctx); err != nil {
		return refunds.ManualTransfer{}, err
	}
	t, err := x.Store.ManualTransfer(ctx, x.Word.ID)
	if err != nil {
		return t, err
	}
	word := x.Word
	switch {
	case x.Signed != nil:
		line, err := x.line(ctx, t)
		if err == nil {
			err = x.Signing.covers(x.Signed, t.RequestedBy, line)
		}
		if err != nil {
			return t, err
		}
		word.By, word.Now, word.Signed = x.Signed.Principal, x.Signed.At, x.Signed
	case x.Signing != nil && word.To == refunds.ManualApproved:
		return t, x.Signing.Typed("refunds transfers approve " + word.ID)
	}
	if lookUp, ok := x.LookUps[t.MID]; ok && word.To == refunds.ManualApproved {
		p, _, err := lookUp.Payment(ctx, t.PaymentKey)
		if err == nil {
			p, err = p.Under(t.MID)
		}
		if err != nil {
			return t, err
		}
		word.Seen = &p
	}
	return x.Store.MoveManualTransfer(ctx, word)
}
