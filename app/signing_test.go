package app_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"daesa/app"
	"daesa/approval"
	"daesa/internal/hint"
	"daesa/pay"
	"daesa/refunds"
)

// people are allowed signers without keys: a signature is "NAME signs HASH".
type people struct {
	names  []string
	broken error
}

func (p people) sign(name string, text []byte) []byte {
	return []byte(name + " signs " + approval.Hash(text))
}

func (p people) WhoSigned(text, signature []byte, _ time.Time) (string, string, error) {
	name, hash, _ := strings.Cut(string(signature), " signs ")
	if !slices.Contains(p.names, name) || hash != approval.Hash(text) {
		return "", "", errors.New("nobody's signature")
	}
	return name, "SHA256:" + name, p.broken
}

func (p people) Recheck(text, signature []byte, principal string, at time.Time) (refunds.Refused, error) {
	name, _, err := p.WhoSigned(text, signature, at)
	if err != nil || name != principal {
		return refunds.Refused{Text: "nobody's signature"}, p.broken
	}
	return refunds.Refused{}, nil
}

func (p people) Has(name string) (bool, error) { return slices.Contains(p.names, name), p.broken }
func (p people) Version() (string, error)      { return "1", p.broken }

// book is a journal of one entry.
type book struct{}

func (book) JournalHead(context.Context) (int64, string, error) {
	return 12, strings.Repeat("ab", 32), nil
}
func (book) WalkChain(context.Context, app.ChainPoint) (app.ChainWalk, error) {
	return app.ChainWalk{}, nil
}
func (book) EntryHash(context.Context, int64) (string, error)      { return "", nil }
func (book) HasEntry(context.Context, int64, string) (bool, error) { return true, nil }

var signing = &app.Signing{Keys: people{names: []string{"kim", "lee"}}}

// signedWord is an approval at the desk of a tray.
func signedWord(s *tray, at time.Time) app.GiveWord {
	return app.GiveWord{Store: s, Head: app.NewHeadKeeper("", book{}), Say: app.SayApprove, Now: at, Signing: signing}
}

func waitingTray() *tray {
	one := refunds.Request{ID: "r1", MID: "m", OrderID: "o1", PaymentKey: "p1", Amount: 3000, Currency: pay.KRW, Reason: "x", Batch: "b", State: refunds.StateRequested, RequestedBy: "kim"}
	two := one
	two.ID, two.OrderID, two.PaymentKey, two.Amount = "r2", "o2", "p2", 4000
	same := two
	same.ID, same.SameAs = "r3", "r2"
	return &tray{requests: []refunds.Request{one, two, same}}
}

// handIn drafts an approval of a batch, has somebody sign it, and takes it.
func handIn(t *testing.T, s *tray, who string, later time.Duration, deeds ...approval.Deed) (*approval.Taken, error) {
	t.Helper()
	at := time.Date(2026, 11, 27, 15, 0, 0, 0, pay.Seoul) // a Friday
	word := signedWord(s, at)
	word.Batch, word.Expect = "b", &app.Expected{Count: 2, Amount: "7,000"}
	drafted, leftOut, err := word.Draft(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(leftOut, []string{"r3"}) || !slices.Equal(drafted.IDs(), []string{"r1", "r2"}) || drafted.Head.Seq != 12 || pay.FormatTime(drafted.Until) != "2026-11-30T23:59:59+09:00" {
		t.Errorf("%+v %v", drafted.Statement, leftOut)
	}
	if deeds == nil {
		deeds = []approval.Deed{approval.ApproveRefunds}
	}
	return signing.Take(drafted.Text, people{}.sign(who, drafted.Text), at.Add(later), deeds...)
}

func TestASignedStatementApprovesAsWhoSigned(t *testing.T) {
	t.Parallel()
	s := waitingTray()
	signed, err := handIn(t, s, "lee", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if signed.Principal != "lee" || signed.Key != "SHA256:lee" || signed.Hash != approval.Hash(signed.Text) {
		t.Errorf("%+v", signed)
	}
	word := signedWord(s, signed.At)
	word.Signed, word.By = signed, "typed"
	given, err := word.Run(t.Context())
	if err != nil || len(given.Requests) != 2 || given.Requests[0].State != refunds.StateApproved {
		t.Errorf("%+v %v", given, err)
	}
}

func TestWhatDoesNotApprove(t *testing.T) {
	t.Parallel()
	typed := signedWord(waitingTray(), time.Now())
	typed.IDs, typed.By = []string{"r1"}, "lee"
	if _, err := typed.Run(t.Context()); hint.WordOf(err) != "signature_needed" || !strings.Contains(hint.Of(err), "--statement") {
		t.Errorf("a typed name: %v", err)
	}
	for name, no := range map[string]struct {
		who   string
		later time.Duration
		deeds []approval.Deed
		word  string
	}{
		"a second before its end": {"lee", 81*time.Hour - time.Second, nil, ""},
		"a second after its end":  {"lee", 81 * time.Hour, nil, approval.Late},
		"for another deed":        {"lee", 0, []approval.Deed{approval.LockMonth}, approval.OtherDeed},
	} {
		if _, err := handIn(t, waitingTray(), no.who, no.later, no.deeds...); hint.WordOf(err) != no.word || (err == nil) != (no.word == "") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := handIn(t, waitingTray(), "park", 0); err == nil {
		t.Error("nobody's key")
	}
	for name, change := range map[string]func(*refunds.Request){
		"another amount": func(r *refunds.Request) { r.Amount++ }, "another account": func(r *refunds.Request) { r.AccountFingerprint = "x" },
		"another deadline": func(r *refunds.Request) { r.CancelBy = time.Now() },
	} {
		s := waitingTray()
		signed, err := handIn(t, s, "lee", 0)
		if err != nil {
			t.Fatal(err)
		}
		change(&s.requests[1])
		word := signedWord(s, signed.At)
		word.Signed = signed
		if _, err := word.Run(t.Context()); hint.WordOf(err) != approval.Changed {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheNoteOfAResolutionIsSigned: it stands in the journal as the words of who signed.
func TestTheNoteOfAResolutionIsSigned(t *testing.T) {
	t.Parallel()
	held := refunds.Request{ID: "r", MID: "m", PaymentKey: "k", State: refunds.StateHeld, Amount: 1000, Currency: pay.KRW, RequestedBy: "kim"}
	s := &tray{claimed: &refunds.Claimed{Request: held}}
	shown := &toss{payment: pay.Payment{MID: "m", PaymentKey: "k", Status: pay.Done, Method: pay.Card, Currency: pay.KRW, TotalAmount: 1000, BalanceAmount: 1000, PartialCancelable: true}}
	resolve := app.ResolveRefund{Store: s, Head: app.NewHeadKeeper("", book{}), LookUps: lookUps(shown), ID: "r", Note: "none at Toss", Now: friday, Signing: signing}
	drafted, err := resolve.Draft(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if resolve.Signed, err = signing.Take(drafted.Text, people{}.sign("lee", drafted.Text), friday, approval.ResolveNotExecuted); err != nil {
		t.Fatal(err)
	}
	resolve.Note = "lee has seen the money come back"
	if err := resolve.Run(t.Context()); hint.WordOf(err) != approval.Changed || s.step.To != "" {
		t.Errorf("another note: %v, %s", err, s.step.To)
	}
	resolve.Note = "none at Toss"
	if err := resolve.Run(t.Context()); err != nil || s.step.To != refunds.StateRequested {
		t.Errorf("the note that was signed: %v, %s", err, s.step.To)
	}
}

// A statement showed an amount that somebody had changed by hand, and only handing it
// in refused it: the approver had read and signed it by then.
func TestNoStatementIsWrittenOfWhatSomebodyChanged(t *testing.T) {
	t.Parallel()
	s := waitingTray()
	s.altered = "r2"
	word := signedWord(s, time.Now())
	word.IDs = []string{"r1", "r2"}
	if _, _, err := word.Draft(t.Context()); !errors.Is(err, errAltered) {
		t.Error(err)
	}
	s.transfer = refunds.ManualTransfer{RefundID: "r2", RequestedBy: "kim", State: refunds.ManualDue, Amount: 1}
	move := app.MoveTransfer{Store: s, Head: app.NewHeadKeeper("", book{}), Signing: signing, Word: refunds.ManualWord{ID: "r2", Now: time.Now()}}
	if _, err := move.Draft(t.Context()); !errors.Is(err, errAltered) {
		t.Error(err)
	}
}

// Who asks must be known, or the night.
func TestRequestersAreKnown(t *testing.T) {
	t.Parallel()
	for name, known := range map[string]bool{"kim": true, refunds.NightActor: true, "park": false, "": false} {
		if err := signing.Requester(name); (err == nil) != known {
			t.Errorf("%q: %v", name, err)
		}
	}
	s := waitingTray()
	s.requests[0].RequestedBy = "park"
	word := signedWord(s, time.Now())
	word.IDs = []string{"r1"}
	if _, _, err := word.Draft(t.Context()); hint.WordOf(err) != "requester_unknown" {
		t.Error(err)
	}
	signed, err := handInUnchecked(s)
	if err != nil {
		t.Fatal(err)
	}
	word.IDs, word.Signed = nil, signed
	if _, err := word.Run(t.Context()); hint.WordOf(err) != "requester_unknown" {
		t.Error(err)
	}
	var none *app.Signing
	if err := none.Requester("anybody"); err != nil {
		t.Error(err)
	}
	if _, err := none.Take(nil, nil, time.Now()); err == nil {
		t.Error("a signature where none is asked for")
	}
}

// handInUnchecked is a statement that another program wrote.
func handInUnchecked(s *tray) (*approval.Taken, error) {
	now := time.Now()
	statement := approval.New(approval.ApproveRefunds, approval.Point{Seq: 12, Hash: strings.Repeat("ab", 32)}, now.Add(time.Hour), refunds.Lines(s.requests[:1]))
	text, err := statement.Text()
	if err != nil {
		return nil, err
	}
	return signing.Take(text, people{}.sign("lee", text), now, approval.ApproveRefunds)
}

func TestAStatementIsNeverWrittenOverAnotherFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "statement")
	d := app.Drafted{Text: []byte("a\n")}
	if err := errors.Join(d.Save(path), d.Save(path)); err != nil {
		t.Fatal(err)
	}
	if err := (app.Drafted{Text: []byte("b\n")}).Save(path); err == nil || hint.Of(err) == "" {
		t.Error(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "a\n" {
		t.Errorf("%q %v", text, err)
	}
}

func TestKeysAreReadAnewWhenTheyChange(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "allowed_signers")
	keys := &app.KeyFiles{Allowed: path}
	if _, err := keys.Version(); err == nil || hint.Of(err) == "" {
		t.Error(err)
	}
	write := func(text string) string {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		version, err := keys.Version()
		if err != nil {
			t.Fatal(err)
		}
		return version
	}
	const key = ` namespaces="daesa-approval" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGsr9cCYbXSdXWHTZCLEUAWxiZPUEtFqhYbx3oM8DfXo` + "\n"
	first := write("kim" + key)
	if has, err := keys.Has("Kim "); err != nil || !has {
		t.Error(has, err)
	}
	if second := write("lee" + key); second == first {
		t.Error("the same version")
	}
	for name, want := range map[string]bool{"kim": false, "lee": true, "": false, "кim": false} {
		if has, err := keys.Has(name); err != nil || has != want {
			t.Error(name, has, err)
		}
	}
}
