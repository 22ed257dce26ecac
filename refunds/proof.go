package refunds

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"daesa/approval"
	"daesa/pay"
)

// Line is what a signature on a request covers: all that its cancel says at Toss,
// and until when.
func (r Request) Line() approval.Line {
	return approval.NewLine("refund", r.says()...)
}

// ResolveLine is what a signature on a word about a held request covers: also what the
// person saw, which stands in the journal under the name of who signed.
func (r Request) ResolveLine(note string) approval.Line {
	return approval.NewLine("resolve", append(r.says(), note)...)
}

func (r Request) says() []string {
	return []string{r.ID, r.MID, r.OrderID, r.PaymentKey, r.Currency.Format(r.Amount), string(r.Currency),
		r.Currency.Format(r.TaxFreeAmount), r.AccountFingerprint, ReasonHash(r.Reason), signedTime(r.CancelBy)}
}

// ReasonHash is what a signature covers of a reason: whoever signs reads its words
// elsewhere.
func ReasonHash(reason string) string {
	sum := sha256.Sum256([]byte(reason))
	return hex.EncodeToString(sum[:])
}

// Line is what a signature on a transfer by hand covers. account is the version of the
// account that it goes to, "" where none is kept.
func (t ManualTransfer) Line(account string) approval.Line {
	return approval.NewLine("transfer", t.RefundID, t.MID, t.OrderID, t.PaymentKey, t.Currency.Format(t.Amount), string(t.Currency),
		t.Currency.Format(t.TaxFree), account, t.RequestedBy, t.Cause())
}

func signedTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return pay.FormatTime(t)
}

// Lines are those of requests, as a statement has them.
func Lines(requests []Request) []approval.Line {
	lines := make([]approval.Line, len(requests))
	for i, r := range requests {
		lines[i] = r.Line()
	}
	return lines
}

// Proof is what the store has about the approval of a request, read anew.
type Proof struct {
	Request Request
	// Statement is the hash of the statement by which the journal says that it was
	// approved last, "" for none; By is by whom, At when, Seq the entry's number.
	Statement string
	By        string
	At        time.Time
	Seq       int64
	Uses      int  // approvals of this request by that statement
	Void      bool // after it the request waited for a word again, or came to an end
	// Signed is the statement's row, without its text; its Hash is "" where there is
	// none.
	Signed approval.Taken
}

// Proofs is what a Prover asks of the store.
type Proofs interface {
	// Proof gives what stands now about the approval of a request.
	Proof(ctx context.Context, id string) (Proof, error)
	// StatementText gives the text of a statement, as it is kept.
	StatementText(ctx context.Context, hash string) ([]byte, error)
	// EntryHash gives the hash of an entry of the journal, "" where there is none.
	EntryHash(ctx context.Context, seq int64) (string, error)
	// WholeSince says by an error that an entry after this one was changed, or is
	// missing.
	WholeSince(ctx context.Context, seq int64, hash string) error
}

// Keys are the allowed signers, and the keys that approve nothing any more.
type Keys interface {
	// Recheck says why a signature that was taken at a time is not a principal's; the
	// zero Refused: it is. The error means that the keys cannot be read.
	Recheck(text, signature []byte, principal string, at time.Time) (Refused, error)
	// Version is another one whenever the keys are.
	Version() (string, error)
}

// Refused is why a signature is not accepted. Key says that it is the key that is
// not accepted now, whoever made the signature: it was revoked, or taken from the
// allowed signers.
type Refused struct {
	Text string
	Key  bool
}

// Forged says whether the signature was never one: the text or it was changed.
func (r Refused) Forged() bool { return r.Text != "" && !r.Key }

// Prover says whether requests are what people signed. It is made for one run, and
// may be used by several workers at once: it reads and verifies a statement when it
// meets it first, and again when the keys have changed. What it compares with the
// statement is read each time.
type Prover struct {
	proofs Proofs
	keys   Keys

	mu      sync.Mutex
	version string
	known   map[string]proved
	whole   int64 // the entry from which on the journal was seen to be whole; 0: none
}

// proved is a statement that was verified.
type proved struct {
	approval.Statement
	signature []byte
	principal string
	at        time.Time
	refused   Refused // why it is not taken; the zero one: it is
}

// NewProver makes a prover for one run.
func NewProver(proofs Proofs, keys Keys) *Prover {
	return &Prover{proofs: proofs, keys: keys, known: map[string]proved{}}
}

// Unsigned says why a request is not what somebody signed: one of the reasons of
// daesa's own, and what is wrong in words. The zero one: it is signed.
type Unsigned struct{ Why, Said string }

// Unsigned says whether a request, as a worker has it in hand and as its row says
// now, is what another person than the requester signed. Nothing of it is believed
// but the signature: who holds the database can write all the rest.
func (p *Prover) Unsigned(ctx context.Context, inHand Request) (Unsigned, error) {
	proof, err := p.proofs.Proof(ctx, inHand.ID)
	if err != nil {
		return Unsigned{}, err
	}
	unsigned, _, err := p.judge(ctx, proof, inHand)
	if err != nil || unsigned.Why != "" {
		return unsigned, err
	}
	return Unsigned{}, p.since(ctx, proof.Signed.Hash)
}

// since refuses to go on where the journal is not whole since a statement was
// written: a word that took the approval back could be missing. The signature covers
// the entry from which it is looked at; each run looks once.
func (p *Prover) since(ctx context.Context, statement string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	head := p.known[statement].Head
	if p.whole > 0 && p.whole <= head.Seq {
		return nil
	}
	err := p.proofs.WholeSince(ctx, head.Seq, head.Hash)
	if err == nil {
		p.whole = head.Seq
	}
	return err
}

// judge gives beside the verdict whether it is by a key that is not accepted now.
func (p *Prover) judge(ctx context.Context, proof Proof, inHand Request) (found Unsigned, key bool, err error) {
	if found := proof.standing(); found != (Unsigned{}) {
		return found, false, nil
	}
	statement, err := p.verified(ctx, proof.Signed)
	if err != nil {
		return Unsigned{}, false, err
	}
	return proof.judge(statement, inHand), statement.refused.Key, nil
}

// Audit says of a request that was approved once whether that was signed. signed is
// the entry of the journal by which the first statement was taken, 0 for none: what
// was approved before was approved by a name, and is not sent any more. A key that
// was revoked since takes nothing from what was sent, and the deadline of that may
// have moved.
func (p *Prover) Audit(ctx context.Context, proof Proof, signed int64) (Unsigned, error) {
	r := proof.Request
	open := r.State.in("sendable") || r.State.in("unanswered")
	if !open && (proof.Seq == 0 || proof.Void) || proof.Statement == "" && proof.Seq > 0 && (signed == 0 || proof.Seq < signed) {
		return Unsigned{}, nil
	}
	found, key, err := p.judge(ctx, proof, r)
	if !open && (key || found.Why == WhySignedOtherwise && found.Said == onlyDeadline) {
		return Unsigned{}, err
	}
	return found, err
}

const onlyDeadline = "cancel_by is not what was signed"

// standing judges what the journal and the statement's row say of each other.
func (p Proof) standing() Unsigned {
	not := func(format string, values ...any) Unsigned {
		return Unsigned{WhyNotSigned, fmt.Sprintf(format, values...)}
	}
	s := p.Signed
	switch {
	case p.Statement == "":
		return not("the journal has no signed approval of it")
	case p.Void:
		return not("it waited for an approval again after the signed one")
	case p.Uses != 1:
		return not("its statement was used %d times", p.Uses)
	case s.Hash != p.Statement:
		return not("its statement is not there")
	case s.Principal != p.By || p.Request.ApprovedBy != p.By:
		return not("its approver is not who signed")
	case !s.At.Equal(p.At):
		return not("its statement was not taken when it was approved")
	}
	return Unsigned{}
}

// judge holds the request against its verified statement.
func (p Proof) judge(s proved, inHand Request) Unsigned {
	line, unsigned := p.line(s, approval.ApproveRefunds)
	if unsigned != (Unsigned{}) {
		return unsigned
	}
	for _, is := range []Request{p.Request, inHand} {
		if differ := line.Differ(is.Line()); len(differ) > 0 {
			return Unsigned{WhySignedOtherwise, strings.Join(differ, ", ") + " is not what was signed"}
		}
	}
	return Unsigned{}
}

// line gives the line by which a verified statement of some deeds approves it, or why
// it does not.
func (p Proof) line(s proved, deeds ...approval.Deed) (approval.Line, Unsigned) {
	line, found := s.Line(p.Request.ID)
	return line, p.approved(s, found && slices.Contains(deeds, s.Do))
}

// approved judges how the approval came about; covered says that the statement is
// about this.
func (p Proof) approved(s proved, covered bool) Unsigned {
	switch {
	case s.refused.Text != "":
		return Unsigned{WhySignatureRefused, s.refused.Text}
	case !covered:
		return Unsigned{WhyNotSigned, "its statement does not approve it"}
	case p.Seq <= s.Head.Seq:
		return Unsigned{WhyNotSigned, "it was approved before its statement was written"}
	case p.At.Truncate(time.Second).After(s.Until):
		return Unsigned{WhyNotSigned, "its statement was taken after its time"}
	case p.At.Before(p.Request.RequestedAt):
		return Unsigned{WhyNotSigned, "it was approved before somebody asked for it"}
	case s.Until.After(approval.LastUntil(p.At)):
		return Unsigned{WhyNotSigned, "its statement is one that daesa does not write: it was good for too long"}
	case !OtherPerson(p.Request.RequestedBy, s.principal):
		return Unsigned{WhyNotSigned, "who asked for it has signed it"}
	}
	return Unsigned{}
}

// TransferProof is what the store has about the approval of a transfer by hand. Of the
// Request only who asked when, and who approved, is told.
type TransferProof struct {
	Proof
	Transfer ManualTransfer
}

// UnsignedTransfer says whether a transfer by hand is what another person than who
// asked signed, to the account of which version it goes now.
func (p *Prover) UnsignedTransfer(ctx context.Context, proof TransferProof, account string) (Unsigned, error) {
	if found := proof.standing(); found != (Unsigned{}) {
		return found, nil
	}
	statement, err := p.verified(ctx, proof.Signed)
	if err != nil {
		return Unsigned{}, err
	}
	line, unsigned := proof.line(statement, approval.ApproveTransfer, approval.ApproveAnotherTransfer)
	if unsigned != (Unsigned{}) {
		return unsigned, nil
	}
	if differ := line.Differ(proof.Transfer.Line(account)); len(differ) > 0 {
		return Unsigned{WhySignedOtherwise, strings.Join(differ, ", ") + " is not what was signed"}, nil
	}
	return Unsigned{}, p.since(ctx, proof.Signed.Hash)
}

// verified gives a statement whose text, signature and place in the journal were
// verified, in this run and by the keys as they are now.
func (p *Prover) verified(ctx context.Context, row approval.Taken) (proved, error) {
	version, err := p.keys.Version()
	if err != nil {
		return proved{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if version != p.version {
		clear(p.known)
		p.version = version
	}
	had, found := p.known[row.Hash]
	if found && bytes.Equal(had.signature, row.Signature) && had.principal == row.Principal && had.at.Equal(row.At) {
		return had, nil
	}
	s, err := p.verify(ctx, row)
	if err == nil {
		p.known[row.Hash] = s
	}
	return s, err
}

func (p *Prover) verify(ctx context.Context, row approval.Taken) (proved, error) {
	s := proved{signature: row.Signature, principal: row.Principal, at: row.At}
	text, err := p.proofs.StatementText(ctx, row.Hash)
	if err != nil {
		return s, err
	}
	if approval.Hash(text) != row.Hash {
		s.refused.Text = "its statement was changed"
		return s, nil
	}
	if s.refused, err = p.keys.Recheck(text, row.Signature, row.Principal, row.At); err != nil || s.refused.Text != "" {
		return s, err
	}
	if s.Statement, err = approval.Parse(text); err != nil {
		s.refused.Text = err.Error()
		return s, nil
	}
	hash, err := p.proofs.EntryHash(ctx, s.Head.Seq)
	if err != nil {
		return s, err
	}
	if err := s.Follows(hash); err != nil {
		s.refused.Text = err.Error()
	}
	return s, nil
}
