package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/app"
	"daesa/jobs"
	"daesa/pay"
	"daesa/refunds"
	"daesa/store"
)

// captureTests are what the store of accounts and events must do alike on both
// databases.
var captureTests = map[string]func(*testing.T, *store.DB){
	"captures: open windows first, the unseen before the seen, the earliest close": captureOrder,
	"captures: two processes never look at the same one":                           captureApart,
	"captures: one payment is watched once, and an order's watch learns it":        watchedOnce,
	"captures: an account that is there is never replaced by a capture":            neverReplaced,
	"captures: figures count by state, reason and minute":                          captureFigures,
	"accounts: a request that waited goes on, and a small one needs no word":       accountReleases,
	"accounts: one that is there already brings its request on":                    accountBefore,
	"accounts: everything sealed is sealed again, and nothing else is touched":     resealed,
	"accounts: what has done its work is destroyed, and what has not is kept":      purged,
	"events: the same transmission or content is one event":                        eventsOnce,
	"events: the urgent first, and nobody else's while they are worked on":         eventsTaken,
	"events: an order, a cancel and a secret lead to the payment":                  eventsFind,
}

func watch(key string, opened time.Time) refunds.Watch {
	return refunds.Watch{MID: mid, OrderID: "order-" + key, PaymentKey: "pay-" + key, Source: refunds.FromList, Opened: opened, FirstKnown: now}
}

func watched(t *testing.T, db *store.DB, watches ...refunds.Watch) int {
	t.Helper()
	added, err := db.Watch(t.Context(), watches)
	if err != nil {
		t.Fatal(err)
	}
	return added
}

func next(t *testing.T, db *store.DB, at time.Time) (*refunds.Watch, bool) {
	t.Helper()
	w, given, err := db.NextWatch(t.Context(), mid, at, at.Add(3*time.Second), at.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return w, given
}

func looked(t *testing.T, db *store.DB, w refunds.Watch, account *refunds.StoredAccount) {
	t.Helper()
	p := &pay.Payment{MID: mid, PaymentKey: w.PaymentKey, OrderID: w.OrderID, Status: pay.WaitingForDeposit, Method: pay.VirtualAccount,
		Currency: pay.KRW, TotalAmount: 1000, BalanceAmount: 1000, Secret: "ps_secret_of_" + pay.Private(w.PaymentKey)}
	if err := db.Looked(t.Context(), w, p, nil, account, "capture", now); err != nil {
		t.Fatal(err)
	}
}

func captureOrder(t *testing.T, db *store.DB) {
	closed, closing, soon, late := now.Add(-31*time.Minute), now.Add(2*time.Second-30*time.Minute), now.Add(-20*time.Minute), now.Add(-5*time.Minute)
	watched(t, db, watch("closed", closed), watch("closing", closing), watch("late", late), watch("soon", soon), watch("seen", soon.Add(-time.Minute)))
	first, _ := next(t, db, now)
	if first == nil || first.PaymentKey != "pay-seen" {
		t.Fatalf("the first is %+v", first)
	}
	first.Seen, first.Looks, first.NextAt = true, 1, now
	looked(t, db, *first, nil)
	for _, want := range []string{"pay-soon", "pay-late", "pay-seen", "pay-closing", "pay-closed"} {
		if got, _ := next(t, db, now); got == nil || got.PaymentKey != want {
			t.Fatalf("took %+v, expected %s", got, want)
		}
	}
	if got, _ := next(t, db, now.Add(59*time.Second)); got != nil {
		t.Errorf("took %s while somebody looked at it", got.PaymentKey)
	}
	if got, _ := next(t, db, now.Add(time.Minute)); got == nil {
		t.Error("what nobody finished does not come back")
	}
}

func captureApart(t *testing.T, db *store.DB) {
	var watches []refunds.Watch
	for i := range 40 {
		watches = append(watches, watch(fmt.Sprintf("%02d", i), now.Add(-time.Minute)))
	}
	watched(t, db, watches...)
	var mu sync.Mutex
	taken := map[string]int{}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				w, _, err := db.NextWatch(t.Context(), mid, now, now, now.Add(time.Minute))
				if err != nil {
					t.Error(err)
				}
				if w == nil || err != nil {
					return
				}
				mu.Lock()
				taken[w.PaymentKey]++
				mu.Unlock()
			}
		})
	}
	group.Wait()
	for key, n := range taken {
		if n != 1 {
			t.Errorf("%s was taken %d times", key, n)
		}
	}
	if len(taken) != len(watches) {
		t.Errorf("%d of %d were taken", len(taken), len(watches))
	}
}

func watchedOnce(t *testing.T, db *store.DB) {
	made := order("order-1", 1000)
	made.Method, made.Status, made.PaidAt, made.OrderedAt = pay.VirtualAccount, pay.OrderPending, time.Time{}, now.Add(-time.Minute)
	card := order("order-2", 1000)
	card.OrderedAt = made.OrderedAt
	save(t, db, made, card)
	found, err := db.OrdersToWatch(t.Context(), mid, now.Add(-time.Hour))
	if err != nil || len(found) != 1 || found[0].OrderID != "order-1" || !found[0].Opened.Equal(made.OrderedAt) {
		t.Fatalf("orders to watch: %+v, %v", found, err)
	}
	found[0].FirstKnown = now
	if n := watched(t, db, found...); n != 1 {
		t.Fatalf("%d added", n)
	}
	if found, err = db.OrdersToWatch(t.Context(), mid, now.Add(-time.Hour)); err != nil || len(found) != 0 {
		t.Fatalf("an order that is watched is found again: %+v, %v", found, err)
	}
	ofList := watch("1", now.Add(-30*time.Second))
	if n := watched(t, db, ofList, ofList); n != 1 {
		t.Errorf("%d began to wait, expected the order's watch to learn its payment once", n)
	}
	if n := watched(t, db, ofList, watch("1", now)); n != 0 {
		t.Errorf("%d added of what is watched already", n)
	}
	w, _ := next(t, db, now)
	if w == nil || w.PaymentKey != "pay-1" || w.Source != refunds.FromList || !w.Opened.Equal(ofList.Opened) {
		t.Errorf("the order's watch is %+v", w)
	}
	if again, _ := next(t, db, now); again != nil {
		t.Errorf("the payment is watched twice: %+v", again)
	}
}

func account(key, print string, at time.Time) *refunds.StoredAccount {
	return &refunds.StoredAccount{MID: mid, PaymentKey: "pay-" + key, OrderID: "order-" + key, Print: print, Bank: "88", AccountMasked: "110*****7270",
		HolderMasked: "김**", Sealed: []byte("sealed-" + print), Source: "captured", At: at, Actor: "capture"}
}

func neverReplaced(t *testing.T, db *store.DB) {
	if a, err := db.SealedAccount(t.Context()); err != nil || a != nil {
		t.Errorf("nothing is sealed: %+v, %v", a, err)
	}
	given := *account("1", "given", now)
	given.Source = "imported"
	if err := db.SaveAccounts(t.Context(), []refunds.StoredAccount{given}); err != nil {
		t.Fatal(err)
	}
	watched(t, db, watch("1", now))
	w, known := next(t, db, now)
	if w == nil || !known {
		t.Fatalf("%+v, given %v", w, known)
	}
	w.State, w.CapturedAt = refunds.CaptureCaptured, now
	looked(t, db, *w, account("1", "seen", now))
	got, err := db.Account(t.Context(), mid, "pay-1")
	if err != nil || got == nil || got.Print != "given" {
		t.Errorf("the account is %+v, %v", got, err)
	}
	list, err := db.Accounts(t.Context(), mid, "")
	if err != nil || len(list) != 1 || list[0].State != "given" {
		t.Errorf("listed %+v, %v", list, err)
	}
}

func captureFigures(t *testing.T, db *store.DB) {
	opened := now.Add(-10 * time.Minute)
	watched(t, db, watch("1", opened), watch("2", opened), watch("3", opened), watch("4", opened), watch("5", opened.Add(-48*time.Hour)))
	for range 4 {
		w, _ := next(t, db, now)
		switch w.PaymentKey {
		case "pay-1", "pay-2":
			w.State, w.CapturedAt = refunds.CaptureCaptured, now
			looked(t, db, *w, account(w.PaymentKey[4:], "print-"+w.PaymentKey, now))
		case "pay-3":
			w.State, w.Why = refunds.CaptureMissed, refunds.CaptureNotShown
			looked(t, db, *w, nil)
		}
	}
	got, err := db.Captures(t.Context(), mid, now.Add(-time.Hour), now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	want := refunds.CaptureFigures{Captured: 2, Waiting: 1, Missed: 1, Reasons: map[string]int{refunds.CaptureNotShown: 1}}
	want.Minutes[20] = 2
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	list, err := db.Accounts(t.Context(), mid, "order-3")
	if err != nil || len(list) != 1 || list[0].State != "missed" || list[0].Why != refunds.CaptureNotShown {
		t.Errorf("listed %+v, %v", list, err)
	}
}

// deposited makes a request one for a deposited virtual account.
func deposited(state refunds.State) func(*refunds.Request, *pay.Payment) {
	return func(r *refunds.Request, p *pay.Payment) {
		p.Method, r.Method, r.State = pay.VirtualAccount, pay.VirtualAccount, state
	}
}

func accountReleases(t *testing.T, db *store.DB) {
	asked(t, db, "small", 1000, time.Time{}, deposited(refunds.StateNeedsAccount))
	asked(t, db, "large", 1001, time.Time{}, deposited(refunds.StateNeedsAccount))
	word := asked(t, db, "word", 1000, time.Time{}, deposited(refunds.StateRequested), func(r *refunds.Request, _ *pay.Payment) { r.AccountFingerprint = "another" })
	asked(t, db, "dry", 1000, time.Time{}, deposited(refunds.StateRequested)) // nothing was deposited: it asks for no account
	var accounts []refunds.StoredAccount
	for _, key := range []string{"small", "large", "word", "dry"} {
		a := *account(key, "print-"+key, now)
		a.ApproveAbove = 1000
		accounts = append(accounts, a)
	}
	if err := db.SaveAccounts(t.Context(), accounts); err != nil {
		t.Fatal(err)
	}
	for ref, want := range map[string]refunds.State{"small": refunds.StateApproved, "large": refunds.StateRequested, "word": refunds.StateRequested} {
		r := stored(t, db, refunds.RequestID(mid, ref))
		if r.State != want || r.AccountFingerprint != "print-"+ref {
			t.Errorf("%s is %s for account %q, expected %s", ref, r.State, r.AccountFingerprint, want)
		}
	}
	if dry := stored(t, db, refunds.RequestID(mid, "dry")); dry.State != refunds.StateApproved || dry.AccountFingerprint != "" {
		t.Errorf("what needs no account is %s for account %q", dry.State, dry.AccountFingerprint)
	}
	if word.ApprovedBy == "" {
		t.Error("nobody had approved, so that nothing was shown about a person's word")
	}
	c := claimed(t, db, choice("a", now))
	for c != nil && c.Request.Ref == "dry" {
		c = claimed(t, db, choice("a", now))
	}
	if c == nil || c.Request.Ref != "small" || c.Request.Approval != refunds.ApprovalHash(c.Request) || !bytes.Equal(c.Account, []byte("sealed-print-small")) {
		t.Errorf("claimed %+v", c)
	}
}

// A request may be made, or sent back, while its account is there already: the
// next run brings it on.
func accountBefore(t *testing.T, db *store.DB) {
	if err := db.SaveAccounts(t.Context(), []refunds.StoredAccount{*account("late", "print-late", now)}); err != nil {
		t.Fatal(err)
	}
	asked(t, db, "late", 1000, time.Time{}, deposited(refunds.StateNeedsAccount))
	asked(t, db, "none", 1000, time.Time{}, deposited(refunds.StateNeedsAccount))
	c := claimed(t, db, choice("a", now))
	if c == nil || c.Request.Ref != "late" || c.Known.AccountFingerprint != "print-late" {
		t.Fatalf("claimed %+v", c)
	}
	if again := claimed(t, db, choice("a", now)); again != nil {
		t.Errorf("claimed %s, whose account nobody knows", again.Request.Ref)
	}
}

func resealed(t *testing.T, db *store.DB) {
	for i := range 3 {
		if err := db.SaveAccounts(t.Context(), []refunds.StoredAccount{*account(fmt.Sprint(i), fmt.Sprint("print-", i), now)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, sealed := range []bool{true, false} {
		asked(t, db, fmt.Sprint(sealed), 1000, time.Time{})
		b := begun(claimed(t, db, choice("a", now)), now)
		b.Attempt.Sealed, b.Attempt.Body = sealed, []byte("old bytes")
		if err := db.Begin(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	places := map[string]bool{}
	done, err := db.Reseal(t.Context(), func(sealed, place []byte) ([]byte, error) {
		places[string(place)] = true
		if string(sealed) == "sealed-print-1" {
			return nil, nil // sealed by the newest key already
		}
		return append([]byte("new "), sealed...), nil
	})
	if err != nil || done != (app.Resealed{Accounts: 2, Attempts: 1}) || len(places) != 4 {
		t.Fatalf("%+v, %d places, %v", done, len(places), err)
	}
	for i, want := range []string{"new sealed-print-0", "sealed-print-1", "new sealed-print-2"} {
		if a, err := db.Account(t.Context(), mid, fmt.Sprint("pay-", i)); err != nil || string(a.Sealed) != want {
			t.Errorf("account %d is %q, %v, expected %q", i, a.Sealed, err, want)
		}
	}
	for ref, want := range map[string]string{"true": "new old bytes", "false": "old bytes"} {
		attempts, err := db.Attempts(t.Context(), refunds.RequestID(mid, ref))
		if err != nil || len(attempts) != 1 || string(attempts[0].Body) != want {
			t.Errorf("attempt of %s: %+v, %v", ref, attempts, err)
		}
	}
	broken := errors.New("another key")
	if _, err := db.Reseal(t.Context(), func(_, _ []byte) ([]byte, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("a text that cannot be opened: %v", err)
	}
}

func purged(t *testing.T, db *store.DB) {
	old := now.Add(-40 * 24 * time.Hour)
	for _, key := range []string{"done", "open", "unused", "young"} {
		a := *account(key, "print-"+key, old)
		if key == "young" {
			a.At = now
		}
		if err := db.SaveAccounts(t.Context(), []refunds.StoredAccount{a}); err != nil {
			t.Fatal(err)
		}
	}
	asked(t, db, "open", 1000, time.Time{})
	asked(t, db, "done", 1000, time.Time{})
	b := begun(claimed(t, db, choice("a", now)), now)
	for b.Request.Ref != "done" {
		b = begun(claimed(t, db, choice("a", now)), now)
	}
	b.Attempt.Sealed, b.Attempt.Body = true, []byte("sealed bytes")
	if err := db.Begin(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	r := stored(t, db, b.Request.ID)
	if err := db.Settle(t.Context(), refunds.Settled{Request: r, Step: refunds.Step{To: refunds.StateSucceeded}, Now: now}); err != nil {
		t.Fatal(err)
	}
	purge := func(keep time.Duration, want int) {
		t.Helper()
		later := now.Add(30 * 24 * time.Hour)
		n, err := db.Purge(t.Context(), mid, later.Add(-keep), later.Add(-keep-365*24*time.Hour), "cron", later)
		if err != nil || n != want {
			t.Fatalf("destroyed %d, %v, expected %d", n, err, want)
		}
	}
	purge(30*24*time.Hour+time.Second, 0)
	purge(30*24*time.Hour, 1)
	if a, err := db.Account(t.Context(), mid, "pay-done"); err != nil || a != nil {
		t.Errorf("the account is still there: %+v, %v", a, err)
	}
	attempts, err := db.Attempts(t.Context(), b.Request.ID)
	if err != nil || len(attempts[0].Body) != 0 {
		t.Errorf("the sealed bytes of the refund are still there: %v, %v", attempts, err)
	}
	list, err := db.Accounts(t.Context(), mid, "order-done")
	if err != nil || len(list) != 1 || list[0].AccountMasked != "110*****7270" || list[0].PurgedAt.IsZero() {
		t.Errorf("what may be shown is gone: %+v, %v", list, err)
	}
	n, err := db.Purge(t.Context(), mid, now, old.Add(time.Second), "cron", now)
	if err != nil || n != 1 {
		t.Fatalf("destroyed %d, %v, expected the one that was never used", n, err)
	}
	for _, key := range []string{"open", "young"} {
		if a, err := db.Account(t.Context(), mid, "pay-"+key); err != nil || a == nil {
			t.Errorf("%s: %+v, %v", key, a, err)
		}
	}
	if a, err := db.SealedAccount(t.Context()); err != nil || a == nil || string(a.Sealed) != "sealed-"+a.Print {
		t.Errorf("of those that are sealed: %+v, %v", a, err)
	}
}

func happened(id string, change ...func(*pay.Event)) pay.Event {
	e := pay.Event{ID: id, TransmissionID: "whtrans_" + id, MID: mid, Type: pay.PaymentStatusChanged, OrderID: "order-" + id,
		PaymentKey: "pay-" + id, Status: "CANCELED", ReceivedAt: now, Body: []byte(`{"a":1}`)}
	for _, each := range change {
		each(&e)
	}
	return e
}

func keep(t *testing.T, db *store.DB, events ...pay.Event) {
	t.Helper()
	if err := db.Keep(t.Context(), events); err != nil {
		t.Fatal(err)
	}
}

func eventsOnce(t *testing.T, db *store.DB) {
	one := happened("1")
	sameTransmission := happened("2", func(e *pay.Event) { e.TransmissionID = one.TransmissionID })
	sameContent := happened("1", func(e *pay.Event) { e.TransmissionID = "whtrans_other" })
	bare := func(e *pay.Event) { e.TransmissionID = "" }
	keep(t, db, one, sameTransmission, sameContent, one)
	keep(t, db, sameContent, happened("3", bare), happened("4", bare))
	rows, err := db.Events(t.Context(), mid, "", "", 10)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	if diff := cmp.Diff([]string{"1", "3", "4"}, ids); diff != "" {
		t.Error(diff)
	}
}

func eventsTaken(t *testing.T, db *store.DB) {
	card := func(e *pay.Event) { e.Status = "DONE" }
	later := func(e *pay.Event) { e.ReceivedAt = now.Add(time.Second) }
	other := func(e *pay.Event) { *e = pay.Event{ID: e.ID, Type: pay.BillingDeleted, ReceivedAt: now, Body: e.Body} }
	keep(t, db, happened("card", card), happened("b", later), happened("a"), happened("billing", other))
	take := func(at time.Time) (ids []string) {
		t.Helper()
		events, _, err := db.TakeEvents(t.Context(), at, at.Add(time.Minute), 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			ids = append(ids, e.ID)
		}
		return ids
	}
	for _, want := range [][]string{{"a", "b"}, {"card"}, nil} {
		if diff := cmp.Diff(want, take(now)); diff != "" {
			t.Fatal(diff)
		}
	}
	at := now.Add(time.Minute)
	if err := errors.Join(db.EndEvent(t.Context(), "a", jobs.EventDone, "", at), db.PutOffEvent(t.Context(), "b", "away", at.Add(time.Hour))); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"card"}, take(at)); diff != "" {
		t.Error(diff)
	}
	if err := db.EndEvent(t.Context(), "a", jobs.EventForged, "", at); err != nil {
		t.Fatal(err)
	}
	rows, err := db.Events(t.Context(), "", "", "order-a", 1)
	if err != nil || len(rows) != 1 || rows[0].State != jobs.EventDone {
		t.Errorf("what has ended does not stay so: %+v, %v", rows, err)
	}
	if n, _, err := db.EventsWaiting(t.Context()); err != nil || n != 2 {
		t.Errorf("%d wait, %v, expected 2", n, err)
	}
}

func eventsFind(t *testing.T, db *store.DB) {
	p := pay.Payment{MID: mid, PaymentKey: "pay-1", OrderID: "order-1", Status: pay.Canceled, Method: pay.ForeignEasyPay, Currency: pay.USD,
		TotalAmount: 1000, Secret: "ps_1", Cancels: []pay.Cancel{{TransactionKey: "tx-1", Amount: 1000, Status: pay.CancelInProgress}}}
	if _, err := db.Heard(t.Context(), p, pay.Evidence{API: "payment", About: "pay-1", Body: []byte("{}"), FetchedAt: now}, now); err != nil {
		t.Fatal(err)
	}
	found, known, err := db.FindPayment(t.Context(), pay.Event{Type: pay.CancelStatusChanged, TransactionKey: "tx-1"})
	if err != nil || !known || found.MID != mid || found.PaymentKey != "pay-1" {
		t.Errorf("by its cancel: %+v, %v", found, err)
	}
	found, known, err = db.FindPayment(t.Context(), pay.Event{Type: pay.DepositCallback, OrderID: "order-1", TransactionKey: "tx-9"})
	if err != nil || !known || found.MID != mid {
		t.Errorf("by its order: %+v, %v", found, err)
	}
	if found, known, err = db.FindPayment(t.Context(), pay.Event{MID: mid, OrderID: "nobody"}); err != nil || known {
		t.Errorf("nobody's order: %+v, %v, %v", found, known, err)
	}
	for _, e := range []pay.Event{{MID: mid, PaymentKey: "pay-1"}, {OrderID: "order-1"}} {
		if prints, err := db.SecretFingerprints(t.Context(), e); err != nil || len(prints) != 1 || prints[0] != pay.SecretFingerprint("ps_1") {
			t.Errorf("the secret of %+v: %v, %v", e, prints, err)
		}
	}
	if prints, err := db.SecretFingerprints(t.Context(), pay.Event{MID: mid, OrderID: "order-2"}); err != nil || len(prints) != 0 {
		t.Errorf("the secret of nobody's order: %v, %v", prints, err)
	}
}
