package refunds

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"daesa/approval"
	"daesa/pay"
)

// desk is a store and the keys, as a prover sees them.
type desk struct {
	proof   Proof
	text    []byte
	hash    string // of the entry at the statement's head
	refused string
	version string
	broken  error
	gap     error // of the journal since

	texts, checks, walks atomic.Int64
}

func (d *desk) Proof(context.Context, string) (Proof, error) { return d.proof, d.broken }

func (d *desk) StatementText(context.Context, string) ([]byte, error) {
	d.texts.Add(1)
	return d.text, nil
}

func (d *desk) EntryHash(context.Context, int64) (string, error) { return d.hash, nil }
func (d *desk) WholeSince(context.Context, int64, string) error {
	d.walks.Add(1)
	return d.gap
}

func (d *desk) Recheck(text, signature []byte, principal string, _ time.Time) (Refused, error) {
	d.checks.Add(1)
	switch {
	case d.refused != "":
		return Refused{d.refused, true}, nil
	case string(signature) != "signed "+approval.Hash(text)+" by "+principal:
		return Refused{Text: "the signature does not fit"}, nil
	}
	return Refused{}, nil
}

func (d *desk) Version() (string, error) { return d.version, nil }

var signedAt = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

// signedDesk has a request that kim asked for and lee signed, as it should be.
func signedDesk(t testing.TB, deed approval.Deed, more ...Request) (*desk, Request) {
	t.Helper()
	r := request(StateApproved)
	r.RequestedBy, r.ApprovedBy, r.ApprovedAt, r.CancelBy = "kim", "lee", signedAt, signedAt.Add(30*24*time.Hour)
	r.RequestedAt = signedAt.Add(-time.Hour)
	r.Approval = ApprovalHash(r)
	d := &desk{hash: strings.Repeat("ab", 32)}
	d.sign(t, approval.New(deed, approval.Point{Seq: 7, Hash: d.hash}, signedAt.Add(time.Hour), Lines(append(more, r))), r)
	return d, r
}

func (d *desk) sign(t testing.TB, s approval.Statement, r Request) {
	t.Helper()
	text, err := s.Text()
	if err != nil {
		t.Fatal(err)
	}
	hash := approval.Hash(text)
	d.text = text
	d.proof = Proof{Request: r, Statement: hash, By: "lee", At: signedAt, Seq: 9, Uses: 1,
		Signed: approval.Taken{Hash: hash, Signature: []byte("signed " + hash + " by lee"), Principal: "lee", At: signedAt}}
}

func TestWhatSomebodySignedIsSent(t *testing.T) {
	t.Parallel()
	d, r := signedDesk(t, approval.ApproveRefunds)
	if got, err := NewProver(d, d).Unsigned(t.Context(), r); err != nil || got != (Unsigned{}) {
		t.Error(got, err)
	}
}

// Who holds the database can write every row of it, and every entry of the journal,
// but no signature: each of these is tried, and none makes a cancel.
func TestNothingButASignatureIsBelieved(t *testing.T) {
	t.Parallel()
	for name, try := range map[string]struct {
		change func(t *testing.T, d *desk, inHand *Request)
		why    string
	}{
		"approved by a name that was typed":    {func(_ *testing.T, d *desk, _ *Request) { d.proof.Statement, d.proof.Signed = "", approval.Taken{} }, WhyNotSigned},
		"a statement that is not there":        {func(_ *testing.T, d *desk, _ *Request) { d.proof.Signed = approval.Taken{} }, WhyNotSigned},
		"a statement that was used twice":      {func(_ *testing.T, d *desk, _ *Request) { d.proof.Uses = 2 }, WhyNotSigned},
		"it was sent back after it was signed": {func(_ *testing.T, d *desk, _ *Request) { d.proof.Void = true }, WhyNotSigned},
		"another approver in the row":          {func(_ *testing.T, d *desk, _ *Request) { d.proof.Request.ApprovedBy = "park" }, WhyNotSigned},
		"another approver in the journal":      {func(_ *testing.T, d *desk, _ *Request) { d.proof.By = "park" }, WhyNotSigned},
		"another principal in the statement's row": {func(_ *testing.T, d *desk, _ *Request) {
			d.proof.Signed.Principal, d.proof.By, d.proof.Request.ApprovedBy = "park", "park", "park"
		}, WhySignatureRefused},
		"approved at another time":       {func(_ *testing.T, d *desk, _ *Request) { d.proof.At = signedAt.Add(time.Second) }, WhyNotSigned},
		"approved before it was written": {func(_ *testing.T, d *desk, _ *Request) { d.proof.Seq = 7 }, WhyNotSigned},
		"taken after its time": {func(_ *testing.T, d *desk, _ *Request) {
			d.proof.At = signedAt.Add(time.Hour + time.Second)
			d.proof.Signed.At = d.proof.At
		}, WhyNotSigned},
		"a text that was changed": {func(_ *testing.T, d *desk, _ *Request) { d.text = append(d.text, '\n') }, WhySignatureRefused},
		"a text that says another sum, and its hash": {func(t *testing.T, d *desk, inHand *Request) {
			more := *inHand
			more.Amount += 1000
			signature := d.proof.Signed.Signature
			d.sign(t, approval.New(approval.ApproveRefunds, approval.Point{Seq: 7, Hash: d.hash}, signedAt.Add(time.Hour), Lines([]Request{more})), more)
			d.proof.Signed.Signature = signature
			*inHand = more
		}, WhySignatureRefused},
		"a text that somebody signed, under the hash of another": {func(t *testing.T, d *desk, inHand *Request) {
			taken := d.proof
			d.sign(t, approval.New(approval.ApproveRefunds, approval.Point{Seq: 7, Hash: d.hash}, signedAt.Add(time.Minute), Lines([]Request{*inHand})), *inHand)
			taken.Signed.Signature = d.proof.Signed.Signature
			d.proof = taken
		}, WhySignatureRefused},
		"a signature of something else": {func(_ *testing.T, d *desk, _ *Request) { d.proof.Signed.Signature = []byte("signed x by lee") }, WhySignatureRefused},
		"a key that is revoked":         {func(_ *testing.T, d *desk, _ *Request) { d.refused = "revoked" }, WhySignatureRefused},
		"a journal that is another one": {func(_ *testing.T, d *desk, _ *Request) { d.hash = strings.Repeat("cd", 32) }, WhySignatureRefused},
		"a signed text that is no statement": {func(_ *testing.T, d *desk, _ *Request) {
			d.text = []byte("pay everything\n")
			hash := approval.Hash(d.text)
			d.proof.Statement, d.proof.Signed.Hash, d.proof.Signed.Signature = hash, hash, []byte("signed "+hash+" by lee")
		}, WhySignatureRefused},
		"a statement about another request": {func(t *testing.T, d *desk, inHand *Request) {
			other := *inHand
			other.ID = "other"
			d.sign(t, approval.New(approval.ApproveRefunds, approval.Point{Seq: 7, Hash: d.hash}, signedAt.Add(time.Hour), Lines([]Request{other})), *inHand)
		}, WhyNotSigned},
		"a statement that resolves it": {func(t *testing.T, d *desk, inHand *Request) {
			d.sign(t, approval.New(approval.ResolveNotExecuted, approval.Point{Seq: 7, Hash: d.hash}, signedAt.Add(time.Hour), []approval.Line{inHand.ResolveLine("none")}), *inHand)
		}, WhyNotSigned},
		"a requester who signed himself": {func(_ *testing.T, d *desk, inHand *Request) {
			d.proof.Request.RequestedBy, inHand.RequestedBy = "lee", "lee"
		}, WhyNotSigned},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, r := signedDesk(t, approval.ApproveRefunds)
			try.change(t, d, &r)
			if got, err := NewProver(d, d).Unsigned(t.Context(), r); err != nil || got.Why != try.why || got.Said == "" {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// Every field of a line is compared, with the row as it is now and with what the
// worker has in hand: one of them alone could have been changed for a moment.
func TestEachThingThatACancelSaysIsSigned(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Request){
		"mid":       func(r *Request) { r.MID += "2" },
		"order":     func(r *Request) { r.OrderID += "2" },
		"payment":   func(r *Request) { r.PaymentKey += "2" },
		"amount":    func(r *Request) { r.Amount++ },
		"currency":  func(r *Request) { r.Currency = pay.JPY },
		"tax_free":  func(r *Request) { r.TaxFreeAmount++ },
		"account":   func(r *Request) { r.AccountFingerprint += "2" },
		"reason":    func(r *Request) { r.Reason += " " },
		"cancel_by": func(r *Request) { r.CancelBy = r.CancelBy.Add(time.Second) },
	} {
		for where, of := range map[string]func(*desk, *Request) *Request{
			"in the row":  func(d *desk, _ *Request) *Request { return &d.proof.Request },
			"in the hand": func(_ *desk, inHand *Request) *Request { return inHand },
		} {
			d, r := signedDesk(t, approval.ApproveRefunds)
			change(of(d, &r))
			if got, err := NewProver(d, d).Unsigned(t.Context(), r); err != nil || got.Why != WhySignedOtherwise || !strings.Contains(got.Said, name) {
				t.Errorf("%s %s: %+v, %v", name, where, got, err)
			}
		}
	}
}

// A statement is read and verified once in a run, and again when keys or its row
// have changed; the request is compared each time.
func TestAStatementIsVerifiedOnceAndWheneverSomethingChanges(t *testing.T) {
	t.Parallel()
	d, r := signedDesk(t, approval.ApproveRefunds)
	p := NewProver(d, d)
	say := func(want string, texts, checks int64) {
		t.Helper()
		got, err := p.Unsigned(t.Context(), r)
		if err != nil || got.Why != want || d.texts.Load() != texts || d.checks.Load() != checks {
			t.Errorf("%+v, %v after %d readings and %d checks", got, err, d.texts.Load(), d.checks.Load())
		}
	}
	say("", 1, 1)
	say("", 1, 1)
	d.version, d.refused = "2", "revoked"
	say(WhySignatureRefused, 2, 2)
	d.version, d.refused = "3", ""
	say("", 3, 3)
	d.proof.Signed.Signature = []byte("forged")
	say(WhySignatureRefused, 4, 4)
	d.proof.Request.Amount++
	d.proof.Signed.Signature = []byte("signed " + d.proof.Statement + " by lee")
	say(WhySignedOtherwise, 5, 5)
}

// A word that took the approval back could be missing from a journal that is not
// whole: nothing is sent by it. Each run walks it once.
func TestAJournalThatIsNotWholeSinceTheSignatureEndsTheRun(t *testing.T) {
	t.Parallel()
	d, r := signedDesk(t, approval.ApproveRefunds)
	p := NewProver(d, d)
	d.gap = errors.New("entry 12 is missing")
	if _, err := p.Unsigned(t.Context(), r); !errors.Is(err, d.gap) {
		t.Error(err)
	}
	d.gap = nil
	for range 3 {
		if got, err := p.Unsigned(t.Context(), r); err != nil || got.Why != "" {
			t.Error(got, err)
		}
	}
	if n := d.walks.Load(); n != 2 {
		t.Errorf("it was walked %d times", n)
	}
	d.gap = errors.New("entry 12 is missing")
	if got, err := NewProver(d, d).Audit(t.Context(), d.proof, 8); err != nil || got.Why != "" {
		t.Errorf("an audit walks all of it by itself: %+v, %v", got, err)
	}
}

func TestKeysThatCannotBeReadEndTheRun(t *testing.T) {
	t.Parallel()
	d, r := signedDesk(t, approval.ApproveRefunds)
	d.broken = errors.New("gone")
	if _, err := NewProver(d, d).Unsigned(t.Context(), r); !errors.Is(err, d.broken) {
		t.Error(err)
	}
}

// What is not signed goes back for an approval, alone; where an attempt stands, only
// a person may leave it; what Toss shows is taken all the same.
func TestWhatIsNotSignedGoesBack(t *testing.T) {
	t.Parallel()
	unsigned := Known{Named: true, Unsigned: Unsigned{WhySignedOtherwise, "amount is not what was signed"}}
	r := request(StateApproved)
	step := Next(r, nil, Answer{Payment: payment(), Known: unsigned}, at)
	if step.To != StateRequested || step.Do != Rest || step.Why != WhySignedOtherwise || step.Said == "" || step.Planned == nil {
		t.Errorf("approved: %+v", step)
	}
	altered := unsigned
	altered.Altered = []string{"amount"}
	if step := Next(r, nil, Answer{Payment: payment(), Known: altered}, at); step.To != StateRequested {
		t.Errorf("approved and altered: %+v", step)
	}
	found := payment(canceled(r.Amount, ours, pay.CancelDone))
	if step := Next(r, nil, Answer{Payment: found, Known: unsigned}, at); step.To != StateSucceeded {
		t.Errorf("approved, and Toss has it: %+v", step)
	}
	if step := Next(r, nil, Answer{Failure: &pay.Failure{Kind: pay.FailureNoAnswer}, Known: unsigned}, at); step.To != StateApproved {
		t.Errorf("approved, and Toss says nothing: %+v", step)
	}
	for _, state := range []State{StateRetry, StateUnknown} {
		r, a := request(state), sent(time.Hour, pay.FailureNoAnswer)
		if step := Next(r, a, Answer{Payment: payment(), Known: Known{Named: true}, SecretFingerprint: "s"}, at); step.Do != Send {
			t.Fatalf("%s, signed: %+v", state, step)
		}
		if step := Next(r, a, Answer{Payment: payment(), Known: unsigned, SecretFingerprint: "s"}, at); step.To != StateHeld || step.Do != Rest || step.Why != WhySignedOtherwise {
			t.Errorf("%s: %+v", state, step)
		}
	}
}

// An audit asks of what was sent whether it was signed then, and of what may be sent
// whether it is now.
func TestAnAuditNamesWhatNobodySigned(t *testing.T) {
	t.Parallel()
	say := func(name string, want bool, state State, signed int64, change func(*desk)) {
		t.Helper()
		d, r := signedDesk(t, approval.ApproveRefunds)
		d.proof.Request.State = state
		change(d)
		if got, err := NewProver(d, d).Audit(t.Context(), d.proof, signed); err != nil || (got.Why != "") != want {
			t.Errorf("%s, %s: %+v, %v", name, r.State, got, err)
		}
	}
	typed := func(d *desk) { d.proof.Statement, d.proof.Signed = "", approval.Taken{} }
	revoked := func(d *desk) { d.refused = "revoked" }
	for _, state := range []State{StateApproved, StateRetry, StateUnknown, StateSending} {
		say("signed", false, state, 8, func(*desk) {})
		say("typed", true, state, 8, typed)
		say("typed before", false, state, 10, typed)
		say("typed, and nothing ever signed", false, state, 0, typed)
		say("no word at all", true, state, 8, func(d *desk) { typed(d); d.proof.Seq = 0 })
		say("revoked", true, state, 8, revoked)
	}
	for _, state := range []State{StateSucceeded, StateAccepted, StateHeld, StateRefused} {
		say("signed", false, state, 8, func(*desk) {})
		say("typed after the first that was signed", true, state, 8, typed)
		say("typed before", false, state, 10, typed)
		say("typed, and nothing ever signed", false, state, 0, typed)
		say("never approved", false, state, 8, func(d *desk) { typed(d); d.proof.Seq = 0 })
		say("void since", false, state, 8, func(d *desk) { typed(d); d.proof.Void = true })
		say("revoked since", false, state, 8, revoked)
		say("another amount", true, state, 8, func(d *desk) { d.proof.Request.Amount++ })
		say("another deadline", false, state, 8, func(d *desk) { d.proof.Request.CancelBy = at })
		say("a forged signature", true, state, 8, func(d *desk) { d.proof.Signed.Signature = []byte("x") })
	}
}

func BenchmarkUnsigned(b *testing.B) {
	for _, lines := range []int{1, 50, 10_000} {
		b.Run(fmt.Sprint(lines, " lines"), func(b *testing.B) {
			var more []Request
			for i := range lines - 1 {
				r := request(StateApproved)
				r.ID = fmt.Sprintf("more%06d", i)
				more = append(more, r)
			}
			d, r := signedDesk(b, approval.ApproveRefunds, more...)
			p := NewProver(d, d)
			for b.Loop() {
				if got, err := p.Unsigned(b.Context(), r); err != nil || got.Why != "" {
					b.Fatal(got, err)
				}
			}
		})
	}
}

// A transfer by hand goes to the account that was signed, and is signed at all.
func TestATransferByHandIsProvedWithItsAccount(t *testing.T) {
	t.Parallel()
	transfer := ManualTransfer{RefundID: "r1", MID: "m", OrderID: "o", PaymentKey: "k", Amount: 5000, Currency: pay.KRW, State: ManualApproved, RequestedBy: "kim",
		ApprovedBy: "lee", Why: WhyDeadline}
	sign := func(deed approval.Deed) (*desk, TransferProof) {
		d := &desk{hash: strings.Repeat("ab", 32)}
		d.sign(t, approval.New(deed, approval.Point{Seq: 7, Hash: d.hash}, signedAt.Add(time.Hour), []approval.Line{transfer.Line("print")}),
			Request{ID: "r1", RequestedBy: "kim", ApprovedBy: "lee"})
		return d, TransferProof{Proof: d.proof, Transfer: transfer}
	}
	say := func(name, why string, deed approval.Deed, account string, change func(*TransferProof)) {
		t.Helper()
		d, proof := sign(deed)
		change(&proof)
		if got, err := NewProver(d, d).UnsignedTransfer(t.Context(), proof, account); err != nil || got.Why != why {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	as := func(*TransferProof) {}
	say("as it was signed", "", approval.ApproveTransfer, "print", as)
	say("another wish", "", approval.ApproveAnotherTransfer, "print", as)
	say("to another account", WhySignedOtherwise, approval.ApproveTransfer, "other", as)
	say("of another amount", WhySignedOtherwise, approval.ApproveTransfer, "print", func(p *TransferProof) { p.Transfer.Amount++ })
	say("by a typed name", WhyNotSigned, approval.ApproveTransfer, "print", func(p *TransferProof) { p.Statement, p.Signed = "", approval.Taken{} })
	say("by the requester", WhyNotSigned, approval.ApproveTransfer, "print", func(p *TransferProof) { p.Request.RequestedBy = "lee" })
}

// What was approved before somebody asked, or by a statement that is good for longer
// than any that daesa writes, is not sent.
func TestAnApprovalAtAnImpossibleTimeSendsNothing(t *testing.T) {
	t.Parallel()
	d, r := signedDesk(t, approval.ApproveRefunds)
	d.proof.Request.RequestedAt = signedAt.Add(time.Second)
	if got, err := NewProver(d, d).Unsigned(t.Context(), r); err != nil || got.Why != WhyNotSigned {
		t.Errorf("approved before it was asked for: %+v, %v", got, err)
	}
	d, r = signedDesk(t, approval.ApproveRefunds)
	d.sign(t, approval.New(approval.ApproveRefunds, approval.Point{Seq: 7, Hash: d.hash}, signedAt.AddDate(1, 0, 0), Lines([]Request{r})), r)
	if got, err := NewProver(d, d).Unsigned(t.Context(), r); err != nil || got.Why != WhyNotSigned {
		t.Errorf("good for a year: %+v, %v", got, err)
	}
}
