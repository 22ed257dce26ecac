package refunds_test

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"daesa/pay"
	"daesa/refunds"
	"daesa/sandbox"
	"daesa/store"
)

// wish is a request that a person has made.
type wish struct {
	ask
	id      string
	of      int // which payment
	taken   bool
	words   int  // how often it was approved
	dropped bool // somebody took it back
}

// word is what an approval covered.
type word struct{ reason, amount, account string }

// simDir is a folder of one seed.
type simDir struct{ path string }

func seedDir(t testing.TB) simDir {
	t.Helper()
	path, err := os.MkdirTemp(simRoot(), "daesa-sim-")
	if err != nil {
		t.Fatal(err)
	}
	return simDir{path}
}

func (d simDir) done() { os.RemoveAll(d.path) }

// pay makes the payment at Toss, and lines up what will be asked of it.
func (s *sim) pay(i int, p simPayment) {
	n := sandbox.NewPayment{OrderID: fmt.Sprintf("order-%04d", i), Method: p.Method, Amount: p.Amount, Outcome: p.Outcome, At: s.now.Add(-p.Ago), Status: sandbox.Done}
	made, err := s.toss.Pay(n)
	s.must(err)
	s.keys = append(s.keys, made.Key)
	s.foreign = append(s.foreign, 0)
	for _, a := range p.Asks {
		s.unasked = append(s.unasked, &wish{ask: a, of: i})
	}
	slices.SortStableFunc(s.unasked, func(a, b *wish) int { return cmp.Compare(a.At, b.At) })
}

// askDue lets people make the requests whose time has come.
func (s *sim) askDue() {
	for len(s.unasked) > 0 && !s.quarantine && !s.now.Before(s.opt.Start.Add(s.unasked[0].At)) {
		w := s.unasked[0]
		s.unasked = s.unasked[1:]
		s.wishes = append(s.wishes, w)
		s.askFor(w)
	}
}

// askFor adds a request as `refunds add` does: after a look-up, and only if
// nothing stands in its way.
func (s *sim) askFor(w *wish) {
	p, evidence, err := s.client.Payment(s.ctx, s.keys[w.of])
	s.must(err)
	w.id = refunds.RequestID(mid, w.Ref)
	if s.ids[w.id] == 0 {
		s.ids[w.id] = len(s.ids) + 1
	}
	r := refunds.Request{ID: w.id, MID: mid, OrderID: p.OrderID, PaymentKey: p.PaymentKey, Method: p.Method, Amount: w.Amount, Currency: p.Currency,
		Reason: "고객 변심", Ref: w.Ref, State: refunds.Requested, RequestedBy: "maker", RequestedAt: s.now, CancelBy: refunds.CancelBy(p, 365, s.now).By}
	known, err := s.db.Known(s.ctx, r)
	s.must(err)
	own := false
	for _, c := range p.Cancels {
		marker := pay.Marker(c.Reason)
		own = own || marker == w.id
		if marker != w.id && !known.Ours[marker] && known.Claimed[c.TransactionKey] == "" && c.Status != pay.CancelAborted {
			r.PlannedForeign += c.Amount
		}
	}
	adding := store.Adding{Request: r, Payment: p, Evidence: []pay.Evidence{evidence}, Found: refunds.FoundAtToss(r, p, known, s.now)}
	if s.opt.Payments[w.of].Account && p.DepositedAccount() {
		adding.Account = s.account(w, p, known.AccountPrint)
		adding.Request.AccountPrint = known.AccountPrint
		if adding.Account != nil {
			adding.Request.AccountPrint = adding.Account.Print
		}
	}
	known.AccountPrint = adding.Request.AccountPrint
	if why := refunds.Obstacle(adding.Request, p, known, s.now); why != "" && !own {
		s.note("people: %s of %d is not taken: %s", w.Ref, w.Amount, why)
		return
	}
	_, err = s.db.AddRefunds(s.ctx, nil, []store.Adding{adding}, "maker", s.now)
	var tooMuch *store.TooMuchError
	var sameRef *store.RefError
	if errors.As(err, &tooMuch) || errors.As(err, &sameRef) {
		s.note("people: %s of %d is not taken: %v", w.Ref, w.Amount, err)
		return
	}
	s.must(err)
	w.taken = true
	s.count.requests++
	s.note("people: ask %s = %s for %d of payment %d", w.Ref, s.short(w.id), w.Amount, w.of)
	s.checkStore()
	if adding.Found != nil {
		return
	}
	if s.opt.Mild || chance(s.rnd, 0.8) {
		s.approve(w)
	}
}

// account seals a refund account where the payment has none, or a new one is
// wanted.
func (s *sim) account(w *wish, p pay.Payment, known string) *refunds.StoredAccount {
	if known != "" && w.Ref[0] != 'a' {
		return nil
	}
	s.accounts++
	print := fmt.Sprintf("print-%d", s.accounts)
	number := fmt.Sprintf("9988776%05d", s.accounts)
	s.numbers[print] = number
	sealer, err := simSealer()
	s.must(err)
	sealed, err := refunds.SealAccount(sealer, pay.RefundAccount{Bank: "88", Number: pay.Private(number), Holder: "김토스"}, refunds.AccountPlace(mid, p.OrderID, print))
	s.must(err)
	return &refunds.StoredAccount{MID: mid, PaymentKey: p.PaymentKey, OrderID: p.OrderID, Print: print, Bank: "88", AccountMasked: "998*****", HolderMasked: "김*스",
		Sealed: sealed, Source: "given", At: s.now, Actor: "maker"}
}

// approve is the word of another person than who asked.
func (s *sim) approve(w *wish) {
	r, _, err := s.db.Refund(s.ctx, w.id)
	s.must(err)
	if r.State != refunds.Requested {
		return
	}
	_, err = s.db.Approve(s.ctx, store.Word{IDs: []string{w.id}, By: "checker", Now: s.now})
	s.must(err)
	if w.words++; w.words > 1 {
		s.person[w.id] = true
	}
	s.words[w.id] = word{reason: pay.WithMarker(r.Reason, r.ID), amount: r.Currency.Format(r.Amount), account: s.numbers[r.AccountPrint]}
	s.note("people: approve %s", s.short(w.id))
	s.checkStore()
}

// wishOf finds a person's request.
func (s *sim) wishOf(id string) *wish {
	for _, w := range s.wishes {
		if w.id == id {
			return w
		}
	}
	return nil
}

// visit is a person at the desk: approves what waits, gives the word on what
// is held, and asks again where an account was refused.
func (s *sim) visit() {
	for _, r := range slices.Clone(s.last) {
		w := s.wishOf(r.ID)
		switch {
		case r.State == refunds.Requested && w.words < 4 && r.ErrorCode != refunds.WhyAboveBalance:
			s.approve(w)
		case r.State == refunds.Requested || r.State == refunds.NeedsAccount:
			_, err := s.db.Reject(s.ctx, store.Word{IDs: []string{r.ID}, By: "checker", Note: "no", Now: s.now})
			s.must(err)
			w.dropped, s.person[r.ID] = true, true
			s.note("people: reject %s", s.short(r.ID))
			s.checkStore()
			if r.State == refunds.NeedsAccount && len(s.wishes) < 12 {
				s.again(w, "account-"+w.Ref)
			}
		case r.State == refunds.HeldState && s.opt.Resolves && r.ErrorCode != refunds.WhyAmountDiffers:
			s.resolve(r)
		}
	}
}

// again asks for the same under another ref.
func (s *sim) again(w *wish, ref string) {
	more := &wish{ask: ask{Ref: ref, Amount: w.Amount}, of: w.of}
	s.wishes = append(s.wishes, more)
	s.askFor(more)
}

// resolve is a person's word on a held request, after a look at the provider.
func (s *sim) resolve(r refunds.Request) {
	p, evidence, err := s.client.Payment(s.ctx, r.PaymentKey)
	s.must(err)
	claimed, err := s.db.ClaimedFor(s.ctx, r.ID)
	s.must(err)
	executed := slices.ContainsFunc(p.Cancels, func(c pay.Cancel) bool {
		return pay.Marker(c.Reason) == r.ID && c.Status != pay.CancelAborted && r.ErrorCode != refunds.WhyPayoutFailed
	})
	step, err := refunds.Resolve(*claimed, p, executed, "owner", s.now)
	if err != nil {
		s.note("people: %s is not resolved: %v", s.short(r.ID), err)
		return
	}
	s.must(s.db.ResolveRefund(s.ctx, claimed, step, p, []pay.Evidence{evidence}, "owner", "looked", s.now))
	s.note("people: resolve %s as %s", s.short(r.ID), step.To)
	if claimed.Attempt != nil {
		s.answered[claimed.Attempt.Key] = true
	}
	s.checkStore()
}

// happen is an act beside the workers.
func (s *sim) happen(a act) {
	s.note("%s %d %d", a.What, a.Of, a.Sum)
	switch a.What {
	case "console":
		if err := s.toss.ConsoleCancel(s.keys[a.Of], sandbox.ConsoleCancel{Amount: a.Sum}); err == nil {
			s.foreign[a.Of]++
		}
		s.checkLedger()
	case "brake on":
		_, err := s.db.Pause(s.ctx, "owner", "stop", s.now)
		s.must(err)
		s.brake = s.steps
	case "brake off":
		s.unbrake()
	case "withdraw": // nobody gives a word before the look after a restore
		if len(s.last) > 0 && !s.quarantine {
			s.withdraw(s.last[a.Of%len(s.last)])
		}
	case "edit": // somebody changes what the approval covered
		if len(s.last) > 0 {
			s.must(s.db.ExecForTest(s.ctx, fmt.Sprintf("UPDATE refunds SET reason = reason || '!' WHERE id = '%s' AND attempts = 0", s.last[a.Of%len(s.last)].ID)))
		}
	case "new account":
		if i := a.Of % len(s.keys); s.opt.Payments[i].Account {
			w := &wish{ask: ask{Ref: fmt.Sprintf("account-%d", a.Of), Amount: 100}, of: i}
			s.wishes = append(s.wishes, w)
			s.askFor(w)
		}
	case "copy":
		s.backup = s.copyStore()
	case "restore":
		s.restore()
	case "other amount after a restore":
		s.otherAmount = true
	case "rotate":
		s.secret = "secret-2"
	}
}

// meddle: somebody sees in Toss's admin that a refund takes its time, and
// cancels there, a part or as much.
func (s *sim) meddle() {
	if !s.faults || s.opt.Meddles == 0 || !chance(s.rnd, 0.05) {
		return
	}
	for _, r := range s.last {
		if r.State != refunds.Unknown && r.State != refunds.Sending {
			continue
		}
		w := s.wishOf(r.ID)
		s.opt.Meddles--
		s.happen(act{What: "console", Of: w.of, Sum: []int64{0, r.Amount, r.Amount / 10}[s.rnd.IntN(3)]})
		return
	}
}

func (s *sim) unbrake() {
	_, err := s.db.Resume(s.ctx, "owner", s.now)
	s.must(err)
	s.brake = -1
}

func (s *sim) withdraw(r refunds.Request) {
	_, err := s.db.Withdraw(s.ctx, store.Word{IDs: []string{r.ID}, By: "owner", Note: "no", Now: s.now})
	var state *store.StateError
	if errors.As(err, &state) {
		return
	}
	s.must(err)
	w := s.wishOf(r.ID)
	w.dropped, s.person[r.ID] = true, true
	s.note("people: withdraw %s", s.short(r.ID))
	s.checkStore()
	if chance(s.rnd, 0.6) {
		s.again(w, "again-"+w.Ref)
	}
}

// restore puts the copy in place of the database, an hour after every process
// was stopped. What was asked since is asked again by the same ref, now and
// then with another amount, as people do. Before anything is sent every open
// request is looked up.
func (s *sim) restore() {
	s.end()
	s.must(s.db.Close())
	s.openStore(s.backup)
	s.count.restores++
	s.epoch++
	s.now = s.now.Add(time.Hour)
	s.wire.deliver()
	s.states, s.brake, s.answered = map[string]refunds.State{}, -1, map[string]bool{}
	s.gone = map[string]bool{}
	s.sentOn, s.lastSend, s.guards = map[string]pay.Day{}, map[string]time.Time{}, map[string]int64{}
	for _, w := range s.wishes {
		w.taken, w.dropped = false, false
	}
	rows, err := s.db.Refunds(s.ctx, store.RefundFilter{})
	s.must(err)
	for _, r := range rows {
		s.wishOf(r.ID).taken = true
	}
	s.checkStore()
	for _, w := range slices.Clone(s.wishes) {
		if !w.taken {
			if s.otherAmount && w.Amount > 200 && chance(s.rnd, 0.5) {
				w.Amount /= 2
			}
			s.askFor(w)
		}
	}
	s.quarantine = true
	s.nextRun = s.now
}
