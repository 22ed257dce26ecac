package refunds_test

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"daesa/app"
	"daesa/pay"
	"daesa/reconcile"
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
	night   bool // a night has asked for it
}

func (w *wish) mid() string {
	if w.Former {
		return formerMID
	}
	return mid
}

// word is what an approval covered.
type word struct{ reason, amount, taxFree, account string }

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
	n := sandbox.NewPayment{OrderID: fmt.Sprintf("order-%04d", i), Method: p.Method, Amount: p.Amount, TaxFree: p.TaxFree, Outcome: p.Outcome, At: s.now.Add(-p.Ago), Status: sandbox.Done}
	if p.Other {
		n.MID = "othermid01"
	}
	made, err := s.toss.Pay(n)
	s.must(err)
	s.keys = append(s.keys, made.Key)
	s.foreign, s.strange = append(s.foreign, 0), append(s.strange, 0)
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
	mid := w.mid()
	p, evidence, err := s.clients[mid].Payment(s.ctx, s.keys[w.of])
	s.must(err)
	w.id = refunds.RequestID(mid, w.Ref)
	if s.ids[w.id] == 0 {
		s.ids[w.id] = len(s.ids) + 1
	}
	if p, err = refunds.MayBeAsked(s.believed(w.of, mid, p), refunds.Asking{MID: mid}, refunds.Known{}); err != nil {
		s.note("people: %s is not taken: %v", w.Ref, err)
		return
	}
	known, err := s.db.Known(s.ctx, refunds.Request{ID: w.id, MID: mid, PaymentKey: p.PaymentKey, OrderID: p.OrderID})
	s.must(err)
	var account *refunds.StoredAccount
	if s.opt.Payments[w.of].Account && p.DepositedAccount() {
		if account = s.account(w, p, known.AccountFingerprint); account != nil {
			known.AccountFingerprint = account.Print
		}
	}
	if s.bug.ask != nil {
		s.bug.ask(&p, &known)
	}
	asking := refunds.Asking{MID: mid, OrderID: p.OrderID, PaymentKey: p.PaymentKey, Amount: p.Currency.Format(w.Amount), TaxFree: w.TaxFree, Reason: "고객 변심", Ref: w.Ref}
	policy := refunds.AskPolicy{AccountDays: 365, Single: map[pay.Currency]int64{pay.KRW: 1e12, pay.USD: 1e12}}
	plan, err := refunds.PlanAsking(asking, p, known, policy, "maker", "", s.now)
	var refused *refunds.AskError
	if errors.As(err, &refused) {
		s.count.misfits++
		s.note("people: %s of %d is not taken: %v", w.Ref, w.Amount, err)
		return
	}
	s.must(err)
	adding := refunds.Adding{Request: plan.Request, Payment: p, Evidence: []pay.Evidence{evidence}, Account: account, Found: plan.Found}
	_, err = s.db.AddRefunds(s.ctx, nil, []refunds.Adding{adding}, "maker", s.now)
	var tooMuch *refunds.TooMuchError
	var sameRef *refunds.RefError
	if errors.As(err, &tooMuch) || errors.As(err, &sameRef) {
		s.note("people: %s of %d is not taken: %v", w.Ref, w.Amount, err)
		return
	}
	s.must(err)
	if _, _, err := s.db.Refund(s.ctx, w.id); errors.Is(err, app.ErrUnknownID) {
		s.note("people: %s has been asked for under another mid", w.Ref) // and a restore has forgotten that it was withdrawn
		return
	}
	s.waitFor(w.id)
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

// believed is a payment as who asks for it sees it: an older version of daesa took
// whatever its key could look up for the configured merchant's.
func (s *sim) believed(i int, mid string, p pay.Payment) pay.Payment {
	if s.opt.Payments[i].Believed {
		p.MID = mid
	}
	return p
}

// askUnderTheOther hands the same wish in again after the mid was corrected, or
// was made wrong: one ref makes one refund of a payment. Only what was taken back
// before anything of it was sent is a new wish.
func (s *sim) askUnderTheOther(w *wish) {
	other := &wish{ask: ask{Ref: w.Ref, Amount: w.Amount, Former: !w.Former}, of: w.of}
	p, _, err := s.clients[other.mid()].Payment(s.ctx, s.keys[w.of])
	s.must(err)
	had, err := s.db.RefundByRef(s.ctx, other.mid(), p.PaymentKey, w.Ref)
	s.must(err)
	if !w.taken || p.MID != other.mid() {
		return
	}
	if had == nil {
		s.askFor(s.wishFor(other.ask, other.of))
		return
	}
	r := *had
	r.ID, r.MID, r.State = refunds.RequestID(other.mid(), w.Ref), other.mid(), refunds.StateRequested
	added, err := s.db.AddRefunds(s.ctx, nil, []refunds.Adding{{Request: r, Payment: p}}, "maker", s.now)
	s.must(err)
	s.note("people: %s is asked for again under %s", s.short(had.ID), other.mid())
	if len(added.New) > 0 {
		s.fail("I15", "%s makes a second request under %s", s.short(had.ID), other.mid())
	}
	s.checkStore()
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
	sealed, err := refunds.SealAccount(sealer, pay.RefundAccount{Bank: "88", Number: pay.Private(number), Holder: "김토스"}, refunds.AccountPlace(p.MID, p.OrderID, print))
	s.must(err)
	return &refunds.StoredAccount{MID: p.MID, PaymentKey: p.PaymentKey, OrderID: p.OrderID, Print: print, Bank: "88", AccountMasked: "998*****", HolderMasked: "김*스",
		Sealed: sealed, Source: "given", At: s.now, Actor: "maker"}
}

// approve is the word of another person than who asked. It is not taken where
// the request does not fit any more.
func (s *sim) approve(w *wish) bool {
	r, _, err := s.db.Refund(s.ctx, w.id)
	s.must(err)
	if r.State != refunds.StateRequested {
		return true
	}
	if s.bug.word != nil {
		s.bug.word(s)
	}
	_, err = s.db.Approve(s.ctx, refunds.Approval{IDs: []string{w.id}, By: "checker", Now: s.now})
	if altered := (*store.AlteredError)(nil); errors.As(err, &altered) { // somebody edited it
		s.reject(w)
		return true
	}
	var tooMuch *refunds.TooMuchError
	if errors.As(err, &tooMuch) {
		s.count.misfits++
		s.note("people: %s cannot be approved: %v", s.short(w.id), err)
		return false
	}
	s.must(err)
	if w.words++; w.words > 1 {
		s.person[w.id] = true
	}
	s.words[w.id] = word{reason: pay.WithMarker(r.Reason, r.ID), amount: r.Currency.Format(r.Amount), taxFree: r.Currency.Format(r.TaxFreeAmount), account: s.numbers[r.AccountFingerprint]}
	s.note("people: approve %s", s.short(w.id))
	if s.opt.Prompt { // elsewhere a run may be hours away: sleep leaves empty ones out
		s.nextRun = earliest(s.nextRun, s.now.Add(s.opt.Every))
	}
	s.checkStore()
	return true
}

// reject is the no of another person than who asked.
func (s *sim) reject(w *wish) {
	_, err := s.db.Reject(s.ctx, refunds.Approval{IDs: []string{w.id}, By: "checker", Note: "no", Now: s.now})
	s.must(err)
	w.dropped, s.person[w.id] = true, true
	s.note("people: reject %s", s.short(w.id))
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

// wishFor is the wish under a ref: one ref is one request, however often people
// ask for it.
func (s *sim) wishFor(a ask, of int) *wish {
	w := &wish{ask: a, of: of}
	if had := s.wishOf(refunds.RequestID(w.mid(), a.Ref)); had != nil {
		return had
	}
	s.wishes = append(s.wishes, w)
	return w
}

// visit is a person at the desk: approves what waits, gives the word on what
// is held, and asks again where an account was refused.
func (s *sim) visit() {
	for _, r := range slices.Clone(s.last) {
		w := s.wishOf(r.ID)
		switch {
		case r.State == refunds.StateRequested && w.words < 4 && r.ErrorCode != refunds.WhyAboveBalance && r.ErrorCode != refunds.WhyTaxPart && s.approve(w):
		case r.State == refunds.StateRequested || r.State == refunds.StateNeedsAccount:
			s.reject(w)
			if r.State == refunds.StateNeedsAccount && len(s.wishes) < 12 {
				s.again(w, "account-"+w.Ref)
			}
		case r.State == refunds.StateHeld && s.opt.Resolves && r.ErrorCode != refunds.WhyAmountDiffers:
			s.resolve(r)
		}
	}
	s.transfers()
}

// again asks for the same under another ref.
func (s *sim) again(w *wish, ref string) {
	s.askFor(s.wishFor(ask{Ref: ref, Amount: w.Amount, Former: w.Former}, w.of))
}

// resolve is a person's word on a held request, after a look at the provider.
func (s *sim) resolve(r refunds.Request) {
	p, evidence, err := s.clients[r.MID].Payment(s.ctx, r.PaymentKey)
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
	s.must(s.db.ResolveRefund(s.ctx, claimed, step, refunds.Kept(r, step, p), []pay.Evidence{evidence}, "owner", "looked", s.now))
	s.note("people: resolve %s as %s", s.short(r.ID), step.To)
	if claimed.Attempt != nil {
		s.answered[claimed.Attempt.Key] = true
	}
	s.checkStore()
}

// happen is an act beside the workers.
func (s *sim) happen(a act) {
	s.note("%s %d %d", a.What, a.Of, a.Sum)
	if s.settingsChange(a) {
		return
	}
	switch a.What {
	case "console":
		if err := s.toss.ConsoleCancel(s.keys[a.Of], sandbox.ConsoleCancel{Amount: a.Sum, TaxFree: s.part(s.keys[a.Of], a.Sum)}); err == nil {
			s.foreign[a.Of]++
		}
		s.checkLedger()
	case "another installation refunds":
		theirs := pay.WithMarker("다른 설치의 환불", refunds.RequestID("elsewhere", fmt.Sprint(s.steps)))
		if err := s.toss.ConsoleCancel(s.keys[a.Of], sandbox.ConsoleCancel{Amount: a.Sum, Reason: theirs}); err == nil {
			s.strange[a.Of]++
		}
		s.checkLedger()
	case "asked again under the other mid":
		if len(s.wishes) > 0 && !s.quarantine {
			s.askUnderTheOther(s.wishes[a.Of%len(s.wishes)])
		}
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
			s.askFor(s.wishFor(ask{Ref: fmt.Sprintf("account-%d", a.Of), Amount: 100}, i))
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
		if r.State != refunds.StateUnknown && r.State != refunds.StateSending {
			continue
		}
		w := s.wishOf(r.ID)
		s.opt.Meddles--
		s.happen(act{What: "console", Of: w.of, Sum: []int64{0, r.Amount, r.Amount / 10}[s.rnd.IntN(3)]})
		return
	}
}

// slam: somebody puts the brake on while a cancel has begun and not left, and
// takes it off within the hour.
func (s *sim) slam() {
	if !s.faults || s.opt.Brakes == 0 || s.brake >= 0 {
		return
	}
	for _, r := range s.last {
		if r.State != refunds.StateSending || s.gone[r.ID] || !chance(s.rnd, 0.3) {
			continue
		}
		s.opt.Brakes--
		s.happen(act{What: "brake on"})
		off := act{At: s.now.Sub(s.opt.Start) + span(s.rnd, time.Minute, time.Hour), What: "brake off"}
		s.acts = append(s.acts, off)
		slices.SortStableFunc(s.acts, func(a, b act) int { return cmp.Compare(a.At, b.At) })
		return
	}
}

func (s *sim) unbrake() {
	_, err := s.db.Resume(s.ctx, "owner", "", s.now)
	s.must(err)
	s.brake = -1
}

func (s *sim) withdraw(r refunds.Request) {
	_, err := s.db.Withdraw(s.ctx, refunds.Approval{IDs: []string{r.ID}, By: "owner", Note: "no", Now: s.now})
	var state *refunds.StateError
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
	s.sentOn, s.lastSend, s.guards = map[string][]reserved{}, map[string]time.Time{}, map[string]int64{}
	for _, w := range s.wishes {
		w.taken, w.dropped = false, false
	}
	rows, err := s.db.Refunds(s.ctx, store.RefundFilter{})
	s.must(err)
	for _, r := range rows {
		s.wishOf(r.ID).taken = true
	}
	s.regiven()
	s.breaks, s.said = map[string]*reconcile.Break{}, map[string]bool{}
	s.checkStore()
	for _, w := range slices.Clone(s.wishes) {
		if !w.taken && w.night { // the next night asks for what is owed then
			s.otherAmount = true
		}
		if !w.taken && !w.night {
			if s.otherAmount && w.Amount > 200 && chance(s.rnd, 0.5) {
				if w.Amount /= 2; chance(s.rnd, 0.4) {
					w.Amount *= 3
				}
			}
			s.askFor(w)
		}
	}
	s.quarantine = true
	s.nextRun = s.now
}
