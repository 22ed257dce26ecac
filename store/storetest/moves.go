package storetest

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/store"
)

// moveTests hold every writer of a request's state against the table of moves.
var moveTests = map[string]func(*testing.T, *store.DB){
	"moves: no writer leaves the table, from whatever state":  everyWriter,
	"moves: a request begins only where the table lets it":    everyBeginning,
	"moves: what is refused writes nothing, and says the way": refusedMove,
}

// A writer of states tries to move a request; an error is its refusal.
type writer func(t *testing.T, db *store.DB, r refunds.Request) error

// writers are all that write a request's state after its first, each with every
// state that it could be asked to write.
func writers() map[string]writer {
	word := func(r refunds.Request) refunds.Approval {
		return refunds.Approval{IDs: []string{r.ID}, By: "lee", Note: "x", Now: now}
	}
	all := map[string]writer{
		"begin": func(t *testing.T, db *store.DB, r refunds.Request) error {
			return db.Begin(t.Context(), begun(&refunds.Claimed{Request: r}, now.Add(time.Hour)))
		},
		"approve": func(t *testing.T, db *store.DB, r refunds.Request) error {
			return second(db.Approve(t.Context(), word(r)))
		},
		"reject": func(t *testing.T, db *store.DB, r refunds.Request) error {
			return second(db.Reject(t.Context(), word(r)))
		},
		"withdraw": func(t *testing.T, db *store.DB, r refunds.Request) error {
			return second(db.Withdraw(t.Context(), word(r)))
		},
		"the passing of the deadline": func(t *testing.T, db *store.DB, _ refunds.Request) error {
			return second(db.ExpireRefunds(t.Context(), refunds.Expiry{Whose: func(string) bool { return true }, Actor: "night", Now: now.Add(50 * 24 * time.Hour)}))
		},
		"an account that comes": func(t *testing.T, db *store.DB, r refunds.Request) error {
			return db.SaveAccounts(t.Context(), []refunds.StoredAccount{{MID: mid, PaymentKey: r.PaymentKey, OrderID: r.OrderID, Print: "new-" + r.ID,
				Sealed: []byte("x"), Source: "given", At: now, Actor: "kim", ApproveAbove: 1_000_000}})
		},
	}
	for _, as := range []reconcile.Disposition{reconcile.FixShop, reconcile.RefundedByTransfer, reconcile.AcceptedDifference} {
		all["a break resolved as "+string(as)] = func(t *testing.T, db *store.DB, r refunds.Request) error {
			return second(db.ResolveBreak(t.Context(), r.BreakID, as, "lee", "x", now))
		}
	}
	for _, to := range refunds.States {
		if to == refunds.StateSending {
			continue // Begin writes it, with the attempt and the limits
		}
		all["a step to "+string(to)] = func(t *testing.T, db *store.DB, r refunds.Request) error {
			return stepped(t, db, r, to)
		}
		all["a person's word that it is "+string(to)] = func(t *testing.T, db *store.DB, r refunds.Request) error {
			c, err := db.ClaimedFor(t.Context(), r.ID)
			if err != nil {
				return err
			}
			return db.ResolveRefund(t.Context(), c, refunds.Step{To: to}, nil, nil, "lee", "looked", now)
		}
	}
	return all
}

// owing commits one night that saw a break for each of some refs, and gives them.
func owing(t *testing.T, db *store.DB, refs []string) map[string]reconcile.Break {
	t.Helper()
	local, provider := int64(0), int64(1000)
	breaks := map[string]reconcile.Break{}
	var night jobs.Written
	for _, ref := range refs {
		found := &reconcile.Finding{MID: mid, OrderID: "order-" + ref, PaymentKey: "pay-" + ref, Kind: reconcile.CancelNotExecuted, Currency: pay.KRW,
			LocalAmount: &local, ProviderAmount: &provider, Owed: 1000}
		b, change := reconcile.Remember(nil, found, day)
		breaks[ref] = b
		night.Breaks = append(night.Breaks, jobs.BreakChange{Break: b, Change: change, Found: found})
	}
	if err := commit(t, db, night, drawn); err != nil {
		t.Fatal(err)
	}
	return breaks
}

// brought asks for a request of a break and brings it to a state by moves of the
// table.
func brought(t *testing.T, db *store.DB, ref string, b reconcile.Break, state refunds.State) refunds.Request {
	t.Helper()
	r := asked(t, db, ref, 1000, now.Add(40*24*time.Hour), func(r *refunds.Request, _ *pay.Payment) {
		r.BreakID, r.State, r.Method, r.AccountFingerprint = b.ID, refunds.StateNeedsAccount, pay.VirtualAccount, "old"
	})
	for _, next := range mustPath(refunds.StateNeedsAccount, state) {
		var err error
		switch r = stored(t, db, r.ID); next {
		case refunds.StateSending:
			err = db.Begin(t.Context(), begun(&refunds.Claimed{Request: r}, now))
		case refunds.StateApproved:
			err = second(db.Approve(t.Context(), refunds.Approval{IDs: []string{r.ID}, By: "lee", Now: now}))
		default:
			err = stepped(t, db, r, next)
		}
		if err != nil {
			t.Fatalf("%s to %s: %v", r.State, next, err)
		}
	}
	return stored(t, db, r.ID)
}

// stepped commits a worker's step, with what came of the send where there was one.
func stepped(t *testing.T, db *store.DB, r refunds.Request, to refunds.State) error {
	t.Helper()
	s := refunds.Settled{Request: r, Step: refunds.Step{To: to}, RunID: "run", Now: now}
	attempts, err := db.Attempts(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(attempts) > 0 {
		s.Attempt = &attempts[len(attempts)-1]
	}
	return db.Settle(t.Context(), s)
}

// mustPath is the shortest way from one state to another by moves of the table.
func mustPath(from, to refunds.State) []refunds.State {
	ways := [][]refunds.State{{from}}
	for seen := map[refunds.State]bool{from: true}; len(ways) > 0; ways = ways[1:] {
		way := ways[0]
		if way[len(way)-1] == to {
			return way[1:]
		}
		for _, next := range refunds.States {
			if !seen[next] && refunds.MayMove(way[len(way)-1], next) {
				seen[next] = true
				ways = append(ways, append(slices.Clone(way), next))
			}
		}
	}
	panic("no way to " + to)
}

func everyWriter(t *testing.T, db *store.DB) {
	all := writers()
	ref := func(name string, state refunds.State) string {
		return strings.ReplaceAll(name, " ", "-") + "-from-" + string(state)
	}
	var refs []string
	for name := range all {
		for _, state := range refunds.States {
			refs = append(refs, ref(name, state))
		}
	}
	breaks := owing(t, db, refs)
	moved := map[string]int{}
	for name, write := range all {
		for _, state := range refunds.States {
			before := brought(t, db, ref(name, state), breaks[ref(name, state)], state)
			err := write(t, db, before)
			after := stored(t, db, before.ID)
			if !refunds.MayMove(before.State, after.State) {
				t.Errorf("%s: from %s to %s, which is no move (%v)", name, before.State, after.State, err)
			}
			if after.State != before.State {
				moved[name]++
			}
		}
	}
	for name := range all {
		state := refunds.State(name[strings.LastIndex(name, " ")+1:])
		never := state == refunds.StateApproved || strings.HasPrefix(name, "a person's word") && !refunds.MayMove(refunds.StateHeld, state) ||
			state == refunds.StateHeld && strings.HasPrefix(name, "a person's word")
		if moved[name] == 0 && !never {
			t.Errorf("%s moves nothing, from whatever state: the test holds nothing", name)
		}
	}
}

func everyBeginning(t *testing.T, db *store.DB) {
	for _, state := range refunds.States {
		r := refunds.Request{ID: refunds.RequestID(mid, string(state)), MID: mid, OrderID: "o", PaymentKey: "pay-" + string(state), Method: pay.Card, Amount: 1000,
			Currency: pay.KRW, Reason: "x", Ref: string(state), State: state, AccountFingerprint: "x", RequestedBy: "kim", RequestedAt: now, FinishedAt: now}
		r.Approval = refunds.ApprovalHash(r)
		p := pay.Payment{MID: mid, PaymentKey: r.PaymentKey, OrderID: "o", Status: pay.Done, Currency: pay.KRW, TotalAmount: 1000, BalanceAmount: 1000}
		_, err := db.AddRefunds(t.Context(), nil, []refunds.Adding{{Request: r, Payment: p}}, "kim", now)
		var refused *refunds.MoveError
		if errors.As(err, &refused) == refunds.MayMove("", state) || (err == nil) != refunds.MayMove("", state) {
			t.Errorf("a request that begins as %s: %v", state, err)
		}
	}
}

func refusedMove(t *testing.T, db *store.DB) {
	r := asked(t, db, "r", 1000, time.Time{})
	var refused *refunds.MoveError
	err := db.Settle(t.Context(), refunds.Settled{Request: r, Step: refunds.Step{To: refunds.StateRefused}, Now: now})
	if !errors.As(err, &refused) || refused.From != refunds.StateApproved || refused.To != refunds.StateRefused {
		t.Errorf("an approved request is refused without having been sent: %v", err)
	}
	if after := stored(t, db, r.ID); after.State != r.State || after.Version != r.Version {
		t.Errorf("it is %s at version %d, and was %s at %d", after.State, after.Version, r.State, r.Version)
	}
}

// lawful reads every move that the journal tells, and holds it against the table.
func lawful(t *testing.T, db *store.DB) {
	t.Helper()
	rows, err := db.RowsForTest(t.Context(), "SELECT subject, action, facts FROM journal WHERE subject LIKE 'refund:%' ORDER BY seq")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		var facts struct {
			From refunds.State `json:"from"`
		}
		if err := json.Unmarshal([]byte(row[2]), &facts); err != nil {
			t.Fatal(err)
		}
		to := refunds.State(strings.TrimPrefix(row[1], "refund."))
		if !to.Valid() { // an answer that moved nothing
			continue
		}
		if !refunds.MayMove(facts.From, to) {
			t.Errorf("the journal tells of %s from %q to %q, which is no move", row[0], facts.From, to)
		}
	}
}
