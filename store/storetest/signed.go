package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"daesa/approval"
	"daesa/jobs"
	"daesa/pay"
	"daesa/refunds"
	"daesa/store"
)

// signedTests are about approvals that somebody signed. Whose signature it is, is
// nothing that the store knows: it keeps what it is given, once.
var signedTests = map[string]func(*testing.T, *store.DB){
	"signed: a statement approves, and stands with its signature":             statementApproves,
	"signed: a statement is good once":                                        statementOnce,
	"signed: a statement of another journal approves nothing":                 statementOfAnother,
	"signed: a word of another moment than its statement is not written":      statementOfAnotherMoment,
	"signed: what a statement approved is void once it waits again":           statementVoid,
	"signed: a second approval by the same statement is counted":              statementTwice,
	"signed: a statement cannot be changed, and one that was is named":        statementStays,
	"signed: an approval by a typed name names no statement":                  typedName,
	"signed: a transfer by hand is proved, and words by typed names are told": transferSigned,
	"signed: an error leaves neither the statement nor an approval":           statementWhole,
}

// signed is a statement over requests as they stand, taken by lee.
func signed(t *testing.T, db *store.DB, requests ...refunds.Request) *approval.Taken {
	t.Helper()
	seq, hash, err := db.JournalHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(requests) == 0 {
		return &approval.Taken{Statement: approval.Statement{Head: approval.Point{Seq: seq, Hash: hash}, Until: now.Add(time.Hour)},
			Signature: []byte("-----BEGIN SSH SIGNATURE-----\n"), Principal: "lee", Key: "SHA256:x", At: now}
	}
	s := approval.New(approval.ApproveRefunds, approval.Point{Seq: seq, Hash: hash}, now.Add(time.Hour), refunds.Lines(requests))
	text, err := s.Text()
	if err != nil {
		t.Fatal(err)
	}
	return &approval.Taken{Statement: s, Text: text, Hash: approval.Hash(text), Signature: []byte("-----BEGIN SSH SIGNATURE-----\n"), Principal: "lee", Key: "SHA256:x", At: now}
}

func approveSigned(db *store.DB, t *testing.T, s *approval.Taken) error {
	t.Helper()
	_, err := db.Approve(t.Context(), refunds.Approval{IDs: s.IDs(), By: s.Principal, Now: s.At, Signed: s})
	return err
}

func proofOf(t *testing.T, db *store.DB, id string) refunds.Proof {
	t.Helper()
	p, err := db.Proof(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func statementApproves(t *testing.T, db *store.DB) {
	request := wanted(t, db, "r")
	s := signed(t, db, request)
	if err := approveSigned(db, t, s); err != nil {
		t.Fatal(err)
	}
	p := proofOf(t, db, request.ID)
	if p.Request.State != refunds.StateApproved || p.Statement != s.Hash || p.By != "lee" || !p.At.Equal(now) || p.Seq != s.Head.Seq+2 || p.Uses != 1 || p.Void {
		t.Errorf("%+v", p)
	}
	if k := p.Signed; k.Hash != s.Hash || string(k.Signature) != string(s.Signature) || k.Principal != "lee" || k.Key != "SHA256:x" || !k.At.Equal(now) || k.Do != s.Do || len(k.Text) > 0 {
		t.Errorf("%+v", k)
	}
	text, err := db.StatementText(t.Context(), s.Hash)
	if err != nil || string(text) != string(s.Text) {
		t.Errorf("%q %v", text, err)
	}
	all, err := db.Statements(t.Context())
	if err != nil || len(all) != 1 || string(all[0].Text) != string(s.Text) {
		t.Errorf("%+v %v", all, err)
	}
	if text, err := db.StatementText(t.Context(), "none"); err != nil || len(text) > 0 {
		t.Errorf("%q %v", text, err)
	}
	history, err := db.History(t.Context(), "statement:"+s.Hash)
	if err != nil || len(history) != 1 || history[0].Actor != "lee" || history[0].Action != "statement.taken" || !strings.Contains(history[0].Facts, `"count":1`) {
		t.Errorf("%+v %v", history, err)
	}
}

func refusedAs(t *testing.T, what string, err error, reason string) {
	t.Helper()
	var refusal *approval.Refusal
	if !errors.As(err, &refusal) || refusal.Reason != reason {
		t.Errorf("%s: %v", what, err)
	}
}

func statementOnce(t *testing.T, db *store.DB) {
	request := wanted(t, db, "r")
	s := signed(t, db, request)
	if err := approveSigned(db, t, s); err != nil {
		t.Fatal(err)
	}
	back(t, db, request.ID)
	refusedAs(t, "again", approveSigned(db, t, s), approval.Used)
	if got := stored(t, db, request.ID); got.State != refunds.StateRequested {
		t.Errorf("%+v", got)
	}
}

// statementOfAnotherMoment: such a word would prove nothing when it is to be sent, so
// it is refused where somebody still looks.
func statementOfAnotherMoment(t *testing.T, db *store.DB) {
	request := wanted(t, db, "r")
	s := signed(t, db, request)
	if _, err := db.Approve(t.Context(), refunds.Approval{IDs: s.IDs(), By: s.Principal, Now: s.At.Add(time.Millisecond), Signed: s}); err == nil {
		t.Error("approved a millisecond after its statement was taken")
	}
	if got := stored(t, db, request.ID); got.State != refunds.StateRequested {
		t.Errorf("%+v", got)
	}
	if err := approveSigned(db, t, s); err != nil {
		t.Error(err)
	}
}

// back sends an approved request back for another word, as a worker does.
func back(t *testing.T, db *store.DB, id string) {
	t.Helper()
	c := claimed(t, db, choice("worker", now))
	if c == nil || c.Request.ID != id {
		t.Fatalf("claimed %+v", c)
	}
	if err := db.Settle(t.Context(), refunds.Settled{Request: c.Request, Step: refunds.Step{To: refunds.StateRequested, Why: refunds.WhyApprovalVoid, At: now}, Now: now, Actor: "worker"}); err != nil {
		t.Fatal(err)
	}
}

func statementOfAnother(t *testing.T, db *store.DB) {
	request := wanted(t, db, "r")
	for name, head := range map[string]approval.Point{"another hash": {Seq: 1, Hash: strings.Repeat("ab", 32)}, "an entry that is still to come": {Seq: 1000, Hash: strings.Repeat("ab", 32)}} {
		s := signed(t, db, request)
		s.Head = head
		refusedAs(t, name, approveSigned(db, t, s), approval.OtherBooks)
	}
	if all, err := db.Statements(t.Context()); err != nil || len(all) > 0 {
		t.Errorf("%+v %v", all, err)
	}
}

func statementVoid(t *testing.T, db *store.DB) {
	request := wanted(t, db, "r")
	if err := approveSigned(db, t, signed(t, db, request)); err != nil {
		t.Fatal(err)
	}
	back(t, db, request.ID)
	if p := proofOf(t, db, request.ID); !p.Void || p.Uses != 1 {
		t.Errorf("%+v", p)
	}
	again := signed(t, db, stored(t, db, request.ID))
	if err := approveSigned(db, t, again); err != nil {
		t.Fatal(err)
	}
	if p := proofOf(t, db, request.ID); p.Void || p.Uses != 1 || p.Statement != again.Hash {
		t.Errorf("%+v", p)
	}
}

// statementTwice: who may add entries adds the approval of before once more.
func statementTwice(t *testing.T, db *store.DB) {
	request := wanted(t, db, "r")
	s := signed(t, db, request)
	if err := approveSigned(db, t, s); err != nil {
		t.Fatal(err)
	}
	back(t, db, request.ID)
	if err := db.ForgeForTest(t.Context(), store.Entry{At: store.Time{Time: now}, Actor: "lee", Subject: "refund:" + request.ID, Action: "refund.approved",
		Facts: `{"statement":"` + s.Hash + `"}`}); err != nil {
		t.Fatal(err)
	}
	if p := proofOf(t, db, request.ID); p.Statement != s.Hash || p.Uses != 2 {
		t.Errorf("%+v", p)
	}
}

func statementStays(t *testing.T, db *store.DB) {
	request := wanted(t, db, "r")
	s := signed(t, db, request)
	if err := approveSigned(db, t, s); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{"UPDATE statements SET body = ''", "UPDATE statements SET principal = 'kim'", "DELETE FROM statements"} {
		if err := db.ExecForTest(t.Context(), statement); err == nil {
			t.Error(statement)
		}
	}
}

func typedName(t *testing.T, db *store.DB) {
	request := wanted(t, db, "r")
	if _, err := db.Approve(t.Context(), refunds.Approval{IDs: []string{request.ID}, By: "lee", Now: now}); err != nil {
		t.Fatal(err)
	}
	if p := proofOf(t, db, request.ID); p.Statement != "" || p.By != "lee" || p.Signed.Hash != "" {
		t.Errorf("%+v", p)
	}
}

func statementWhole(t *testing.T, db *store.DB) {
	if err := commit(t, db, jobs.Written{Proposed: []refunds.Request{proposal(400, "r"), proposal(500, "s")}}, drawn); err != nil {
		t.Fatal(err)
	}
	first, second := stored(t, db, refunds.RequestID(mid, "r")), stored(t, db, refunds.RequestID(mid, "s"))
	s := signed(t, db, first, second)
	if _, err := db.Reject(t.Context(), refunds.Approval{IDs: []string{second.ID}, By: "lee", Note: "no", Now: now}); err != nil {
		t.Fatal(err)
	}
	var state *refunds.StateError
	if err := approveSigned(db, t, s); !errors.As(err, &state) {
		t.Error(err)
	}
	if all, err := db.Statements(t.Context()); err != nil || len(all) > 0 {
		t.Errorf("%+v %v", all, err)
	}
	if p := proofOf(t, db, first.ID); p.Request.State != refunds.StateRequested || p.Statement != "" {
		t.Errorf("%+v", p)
	}
	if !slices.Contains(s.IDs(), first.ID) {
		t.Error(s.IDs())
	}
}

func transferSigned(t *testing.T, db *store.DB) {
	due := func(name string) refunds.ManualTransfer {
		late := asked(t, db, name, 1000, now.Add(-time.Hour), func(r *refunds.Request, _ *pay.Payment) { r.State, r.FinishedAt = refunds.StateExpired, now })
		transfer, err := db.ManualTransfer(t.Context(), late.ID)
		if err != nil {
			t.Fatal(err)
		}
		return transfer
	}
	approve := func(id string, s *approval.Taken) {
		t.Helper()
		if _, err := db.MoveManualTransfer(t.Context(), refunds.ManualWord{ID: id, To: refunds.ManualApproved, By: "lee", Now: now, Signed: s}); err != nil {
			t.Fatal(err)
		}
	}
	before, one, other := due("before"), due("one"), due("other")
	approve(before.RefundID, nil)
	s := signed(t, db)
	s.Statement = approval.New(approval.ApproveTransfer, s.Head, s.Until, []approval.Line{one.Line("print")})
	text, err := s.Statement.Text()
	if err != nil {
		t.Fatal(err)
	}
	s.Text, s.Hash = text, approval.Hash(text)
	approve(one.RefundID, s)
	approve(other.RefundID, nil)
	proof, err := db.TransferProof(t.Context(), one.RefundID)
	if err != nil || proof.Statement != s.Hash || proof.Signed.Hash != s.Hash || proof.By != "lee" || !proof.At.Equal(now) || proof.Uses != 1 || proof.Seq <= s.Head.Seq ||
		proof.Request.RequestedBy != one.RequestedBy || proof.Request.ApprovedBy != "lee" || !proof.Transfer.Line("print").Same(s.Lines[0]) {
		t.Errorf("the proof: %+v, %v", proof, err)
	}
	if proof, err := db.TransferProof(t.Context(), other.RefundID); err != nil || proof.Statement != "" || proof.Signed.Hash != "" {
		t.Errorf("a typed name: %+v, %v", proof, err)
	}
	var told []string
	for _, word := range verified(t, db).Words {
		told = append(told, word.Subject+" "+word.Statement)
	}
	if want := []string{"transfer:" + one.RefundID + " " + s.Hash, "transfer:" + other.RefundID + " "}; !slices.Equal(told, want) {
		t.Errorf("words since the first statement: %q, not %q", told, want)
	}
}
