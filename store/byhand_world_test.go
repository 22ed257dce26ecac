package store_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"daesa/app"
	"daesa/approval"
	"daesa/internal/database"
	"daesa/internal/seal"
	"daesa/internal/signers"
	"daesa/jobs"
	"daesa/pay"
	"daesa/refunds"
	"daesa/sandbox"
	"daesa/store"
	"daesa/toss"
)

// handMID is the merchant whose database is changed by hand.
const handMID = "tosspayments"

// The requests of the world, by their refs: what a run may still send, and what it
// may not.
const (
	handCard      = "card"      // signed, to be sent
	handAccount   = "account"   // signed, to be sent to a refund account
	handLost      = "lost"      // signed, sent, and it never arrived: the same bytes go again
	handLostToo   = "lost-too"  // the same, with bytes that are sealed
	handDone      = "done"      // signed and sent
	handUnheard   = "unheard"   // signed, carried out, and the answer was lost
	handWaits     = "waits"     // asked for by lee; nobody has signed it
	handWithdrawn = "withdrawn" // signed, and taken back since
	handRejected  = "rejected"  // refused by a person, never signed
	handExpired   = "expired"   // past its deadline: listed for a transfer by hand
)

// sendsAgain are the refs that a run sends where nobody changed anything.
var sendsAgain = []string{handCard, handAccount, handLost, handLostToo}

// byHand is a database in which all of that stands, the pretend Toss that belongs to
// it, and a second connection of who holds the database. Each change is tried on the
// same state: back brings the database back to it.
type byHand struct {
	t        *testing.T
	db       *store.DB
	hand     hand
	now      time.Time
	keys     *app.KeyFiles
	sealer   *seal.Sealer
	folder   string
	head     []byte // account.key.head, as the last run left it
	headHash string

	toss      *sandbox.Sandbox
	client    *toss.Client
	tossState string
	fault     func(*http.Request) string // "", "lost", "unheard": by the next cancels
	posts     []post                     // cancels since the last back, that left the machine

	ids    map[string]string // of the requests, by ref
	signed map[string]post   // what signatures cover, by id: as the untouched run sends it
	reads  map[string]bool   // the tables that the queries of that run name

	entries []store.Entry // the journal
}

// post is one cancel, as it leaves the machine.
type post struct{ Path, Body, Key string }

func newByHand(t *testing.T, kind database.Dialect) *byHand {
	t.Helper()
	w := &byHand{t: t, folder: t.TempDir(), ids: map[string]string{}, signed: map[string]post{}}
	var err error
	w.now, err = pay.ParseTime("2026-11-27T10:00:00+09:00")
	w.must(err)
	address := newAddress(t, kind, w.folder)
	var options []database.Option
	if kind == database.SQLite {
		options = append(options, database.PragmasForTest(map[string]string{"synchronous": "OFF"})) // a power cut is not what is tried
	}
	w.db, err = store.Open(t.Context(), address, options...)
	w.must(err)
	t.Cleanup(func() { _ = w.db.Close() })
	_, err = w.db.Migrate(t.Context())
	w.must(err)
	w.people()
	keyset, err := seal.NewKeyset()
	w.must(err)
	w.sealer, err = seal.Open(keyset)
	w.must(err)
	w.toss = w.newToss()
	w.client, err = toss.New(toss.Options{BaseURL: "http://127.0.0.1:1", MID: handMID, Now: w.clock, SecretKey: func() string { return "test_sk_sandbox" },
		HTTP: &http.Client{Transport: w}, Sleep: func(context.Context, time.Duration) error { return nil }})
	w.must(err)
	w.story()
	w.tossState = filepath.Join(w.folder, "toss.json")
	w.must(w.toss.Save(w.tossState))
	w.head, err = os.ReadFile(w.headFile())
	w.must(err)
	_, w.headHash, err = w.db.JournalHead(t.Context())
	w.must(err)
	w.must(w.db.AuditJournal(t.Context(), "2026-11-01", "2026-12-31", func(line []byte) error {
		var e store.Entry
		w.entries = append(w.entries, e)
		return json.Unmarshal(line, &w.entries[len(w.entries)-1])
	}))
	w.hand = newHand(t, address, kind)
	w.beside()
	w.hand.keep()
	w.untouched()
	w.hand.keepOnly(w.reads)
	return w
}

// beside puts rows into the tables that a send reads and the journal says nothing
// of: the shop's order, a break that a request stands on, the list of transactions.
func (w *byHand) beside() {
	card := w.hand.table("refunds").find("id", w.ids[handCard])
	for name, says := range map[string]map[string]string{
		"orders": {"status": "partially_canceled", "amount": "30000", "canceled_amount": "7000", "tax_free_amount": "10000"},
		"breaks": {"status": "resolved", "kind": "cancel_not_executed"}, "transactions": {"status": "DONE", "amount": "30000"},
	} {
		table := w.hand.table(name)
		row := w.hand.made(table, card)
		for column, text := range says {
			row[column] = w.hand.literal(table.types[column], text)
		}
		w.must(w.hand.change(w.hand.insert(table, row)))
	}
}

func (w *byHand) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *byHand) clock() time.Time { return w.now }
func (w *byHand) newToss() *sandbox.Sandbox {
	return sandbox.New(sandbox.Options{Now: w.clock})
}
func (w *byHand) headFile() string { return filepath.Join(w.folder, "account.key.head") }

// people are kim, who asks, and lee, who signs and asks once.
func (w *byHand) people() {
	var list strings.Builder
	for _, name := range []string{"kim", "lee"} {
		list.WriteString(handKey(w.t, name).Line(name, approval.Namespace))
	}
	path := filepath.Join(w.folder, "allowed_signers")
	w.must(os.WriteFile(path, []byte(list.String()), 0o600))
	w.keys = &app.KeyFiles{Allowed: path}
}

func handKey(t *testing.T, name string) signers.KeyForTest {
	t.Helper()
	key, err := signers.NewKeyForTest(name)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// story is what happened before somebody lays hands on the database.
func (w *byHand) story() {
	for _, ref := range []string{handCard, handDone, handLost, handUnheard, handWaits, handWithdrawn, handRejected, handExpired} {
		w.ask(ref, sandbox.NewPayment{Amount: 30_000, TaxFree: 10_000}, nil)
	}
	for i, ref := range []string{handAccount, handLostToo} {
		w.ask(ref, sandbox.NewPayment{Amount: 30_000, Method: sandbox.VirtualAccount, Status: sandbox.Done}, &pay.RefundAccount{Bank: "88", Number: pay.Private(fmt.Sprintf("11012345678%d", i)), Holder: "김토스"})
	}
	w.sign(handDone, handLost, handLostToo, handUnheard, handWithdrawn)
	_, err := w.db.Withdraw(w.t.Context(), refunds.Approval{IDs: []string{w.ids[handWithdrawn]}, By: "lee", Note: "doubts", Now: w.now})
	w.must(err)
	_, err = w.db.Reject(w.t.Context(), refunds.Approval{IDs: []string{w.ids[handRejected]}, By: "lee", Note: "no", Now: w.now})
	w.must(err)
	_, err = w.db.Pause(w.t.Context(), "kim", "a look", w.now)
	w.must(err)
	_, err = w.db.Resume(w.t.Context(), "kim", "", w.now)
	w.must(err)
	w.fault = func(r *http.Request) string {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		return map[string]string{w.ids[handLost]: "lost", w.ids[handLostToo]: "lost", w.ids[handUnheard]: "unheard"}[markerOf(body)]
	}
	w.now = w.now.Add(time.Minute)
	w.must(w.run())
	w.fault = nil
	w.sign(handCard, handAccount)
	w.now = w.now.Add(time.Hour)
	// What a run remembers: the head, and that all was walked a moment ago.
	head := app.NewHeadKeeper(w.headFile(), w.db)
	_, err = head.CheckChain(w.t.Context(), w.now, true)
	w.must(err)
	w.must(head.Keep(w.t.Context(), w.now, true))
}

// ask makes a payment at Toss, and a request for a part of it.
func (w *byHand) ask(ref string, n sandbox.NewPayment, to *pay.RefundAccount) {
	n.OrderID, n.At = "order-"+ref, w.now.Add(-time.Hour)
	made, err := w.toss.Pay(n)
	w.must(err)
	p, evidence, err := w.client.Payment(w.t.Context(), made.Key)
	w.must(err)
	r := refunds.Request{ID: refunds.RequestID(handMID, ref), MID: handMID, OrderID: p.OrderID, PaymentKey: p.PaymentKey, Method: p.Method, Amount: 7_000, TaxFreeAmount: min(n.TaxFree, 1_000),
		Currency: p.Currency, Reason: "고객 변심 " + ref, Ref: ref, State: refunds.StateRequested, RequestedBy: "kim", RequestedAt: w.now, CancelBy: refunds.CancelBy(p, 365, w.now).By}
	switch ref {
	case handWaits:
		r.RequestedBy = "lee"
	case handCard:
		r.BreakID = "break-of-card"
	case handExpired:
		r.State, r.FinishedAt = refunds.StateExpired, w.now
	}
	adding := refunds.Adding{Request: r, Payment: p, Evidence: []pay.Evidence{evidence}}
	if to != nil {
		adding.Account = w.account(r, *to)
		adding.Request.AccountFingerprint = adding.Account.Print
	}
	_, err = w.db.AddRefunds(w.t.Context(), nil, []refunds.Adding{adding}, r.RequestedBy, w.now)
	w.must(err)
	w.ids[ref] = r.ID
}

func (w *byHand) account(r refunds.Request, to pay.RefundAccount) *refunds.StoredAccount {
	print := "print-" + r.Ref
	sealed, err := refunds.SealAccount(w.sealer, to, refunds.AccountPlace(r.MID, r.OrderID, print))
	w.must(err)
	return &refunds.StoredAccount{MID: r.MID, PaymentKey: r.PaymentKey, OrderID: r.OrderID, Print: print, Bank: to.Bank, AccountMasked: "110*****", HolderMasked: "김*스", Sealed: sealed,
		Source: "given", At: w.now, Actor: "kim"}
}

// sign has lee sign a statement over requests, and hands it in.
func (w *byHand) sign(refs ...string) {
	var ids []string
	for _, ref := range refs {
		ids = append(ids, w.ids[ref])
	}
	requests, err := w.db.RefundsNamed(w.t.Context(), ids)
	w.must(err)
	s := w.statement(requests)
	_, err = w.db.Approve(w.t.Context(), refunds.Approval{IDs: ids, By: s.Principal, Now: w.now, Signed: s})
	w.must(err)
}

func (w *byHand) statement(requests []refunds.Request) *approval.Taken {
	seq, hash, err := w.db.JournalHead(w.t.Context())
	w.must(err)
	text, err := approval.New(approval.ApproveRefunds, approval.Point{Seq: seq, Hash: hash}, w.now.Add(time.Hour), refunds.Lines(requests)).Text()
	w.must(err)
	signature, err := handKey(w.t, "lee").Sign(text, approval.Namespace)
	w.must(err)
	taken, err := (&app.Signing{Keys: w.keys}).Take(text, signature, w.now, approval.ApproveRefunds)
	w.must(err)
	return taken
}

// run is what `refunds run` does: it checks the head that was kept and what came to
// the chain since it was walked, and works through the queue.
func (w *byHand) run() error {
	ctx := w.t.Context()
	head := app.NewHeadKeeper(w.headFile(), w.db)
	if err := head.Check(ctx); err != nil {
		return err
	}
	if _, err := head.CheckChain(ctx, w.now, false); err != nil {
		return err
	}
	wide := refunds.Limits{Single: 1 << 40, Run: 1 << 40, Day: 1 << 40}
	run := &jobs.Refunds{Queue: handQueue{w.db}, Send: true, Configured: []string{handMID}, Actor: "daesa refunds", RunID: "run", Clock: w.clock, StopAfterUnknown: 0,
		OwnerIsDead: func(string) bool { return false }, FailureReached: func(int64, int64) bool { return false }, Sleep: func(context.Context, time.Duration) error { return context.DeadlineExceeded }, // the clock stands still: it ends
		Merchants: []jobs.RefundMerchant{{Workers: 1, Probe: func(context.Context) (time.Time, bool, error) { return w.now, true, nil },
			Worker: &refunds.Worker{MID: handMID, Owner: "run", Actor: "daesa refunds", RunID: "run", SecretFingerprint: "secret", AccountDays: 365, Queue: w.db, Provider: w.client, Sealer: w.sealer,
				Clock: w.clock, Freeze: toss.CancelBody, Prover: (&app.Signing{Keys: w.keys}).Prover(w.db),
				Budget: refunds.Budget{RunCount: 1000, DayCount: 1000, Of: map[pay.Currency]refunds.Limits{pay.KRW: wide, pay.USD: wide, pay.JPY: wide}}}}}}
	_, err := run.Run(ctx)
	return errors.Join(err, head.Keep(ctx, w.now, true))
}

type handQueue struct{ *store.DB }

// Brake reads the brake.
func (q handQueue) Brake(ctx context.Context) (bool, string, error) {
	brake, err := q.DB.Brake(ctx)
	return brake.On, brake.Note, err
}

// RoundTrip carries a call to the pretend Toss, and keeps every cancel that leaves.
func (w *byHand) RoundTrip(r *http.Request) (*http.Response, error) {
	var fault string
	if r.Method == http.MethodPost && w.fault != nil {
		fault = w.fault(r)
	}
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	if fault == "lost" {
		return nil, context.DeadlineExceeded
	}
	r = r.Clone(r.Context())
	if r.Body == nil {
		r.Body = http.NoBody
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if r.Method == http.MethodPost {
		w.posts = append(w.posts, post{r.URL.Path, string(body), r.Header.Get("Idempotency-Key")})
	}
	recorder := httptest.NewRecorder()
	w.toss.ServeHTTP(recorder, r)
	if fault == "unheard" {
		return nil, context.DeadlineExceeded
	}
	response := recorder.Result()
	response.Request = r
	return response, nil
}

// markerOf is the id of the request that a cancel names.
func markerOf(body []byte) string {
	var said struct {
		Reason string `json:"cancelReason"`
	}
	_ = json.Unmarshal(body, &said) // what is no cancel names none
	return pay.Marker(said.Reason)
}

// back brings everything back to where it was before the change.
func (w *byHand) back() {
	w.hand.back()
	w.toss = w.newToss()
	w.must(w.toss.Load(w.tossState))
	w.posts = nil
	w.must(os.WriteFile(w.headFile(), w.head, 0o600))
}

// untouched is the run of a database that nobody has changed: what it sends is what
// signatures cover.
func (w *byHand) untouched() {
	w.t.Helper()
	w.back()
	if found, err := w.verify(); err != nil || len(found) > 0 {
		w.t.Fatalf("nobody changed anything, and before the run %v is named, %v", found, err)
	}
	w.reads = map[string]bool{}
	w.db.WatchForTest(w.watch)
	w.must(w.run())
	w.db.WatchForTest(func(_, _ string) {})
	for _, each := range w.posts {
		w.signed[markerOf([]byte(each.Body))] = each
	}
	if len(w.posts) != len(sendsAgain) {
		w.t.Fatalf("an untouched run sends %d cancels: %+v", len(w.posts), w.posts)
	}
	for _, ref := range sendsAgain {
		if w.signed[w.ids[ref]] == (post{}) {
			w.t.Fatalf("an untouched run does not send %s: %+v", ref, w.posts)
		}
	}
	if found, err := w.verify(); err != nil || len(found) > 0 {
		w.t.Fatalf("nobody changed anything, and after the run %v is named, %v", found, err)
	}
	w.back()
}

var word = regexp.MustCompile(`[a-z_]+`)

// watch notes the tables that a query names.
func (w *byHand) watch(_, text string) {
	named := word.FindAllString(text, -1)
	for _, table := range w.hand.tables {
		if slices.Contains(named, table.name) {
			w.reads[table.name] = true
		}
	}
}

// verify is `audit verify`: what it names.
func (w *byHand) verify() ([]string, error) {
	found, err := app.VerifyAudit{Store: w.db, Signing: &app.Signing{Keys: w.keys}}.Run(w.t.Context(), w.headHash)
	named := slices.Clone(found.Broken)
	for _, each := range found.Altered {
		named = append(named, each.Subject+": "+strings.Join(each.What, ", "))
	}
	if err == nil && !found.SawHead {
		named = append(named, "the kept head is not in the chain")
	}
	return named, err
}

// outcome is what came of a change.
type outcome struct {
	unsigned []string // cancels that nobody signed, or more than one by a signature
	missing  int      // of those that were signed, not sent
	named    []string // by audit verify
	stopped  error    // the run
	verified error
}

// isNamed says whether audit verify names something. Where it ends by an error it
// names nothing: what it could not come to would hide behind that.
func (o outcome) isNamed() bool { return len(o.named) > 0 && o.verified == nil }

// try runs what there is after a change, and says what came of it. The change must
// have been made; back undoes it.
func (w *byHand) try() (o outcome) {
	o.stopped = w.run()
	known := map[string]string{} // of ids, the refs
	for ref, id := range w.ids {
		known[id] = ref
	}
	for _, each := range w.posts {
		id := markerOf([]byte(each.Body))
		if want := w.signed[id]; each.Path != want.Path || each.Body != want.Body {
			o.unsigned = append(o.unsigned, fmt.Sprintf("%s %s as %s (%s)", each.Path, each.Body, each.Key, known[id]))
		}
	}
	done := map[string]int{}
	w.toss.Each(func(p *sandbox.Payment) bool {
		for _, cancel := range p.Cancels {
			id := pay.Marker(cancel.Reason)
			if done[id]++; done[id] > 1 || cancel.Amount != 7_000 || p.OrderID != "order-"+known[id] {
				o.unsigned = append(o.unsigned, fmt.Sprintf("cancel %d of %d by %s (%s) on %s", done[id], cancel.Amount, id, known[id], p.OrderID))
			}
		}
		return true
	})
	for _, ref := range sendsAgain {
		o.missing += 1 - min(1, done[w.ids[ref]])
	}
	for _, ref := range []string{handWaits, handWithdrawn, handRejected, handExpired} {
		if done[w.ids[ref]] > 0 {
			o.unsigned = append(o.unsigned, "a cancel of "+ref)
		}
	}
	o.named, o.verified = w.verify()
	return o
}
