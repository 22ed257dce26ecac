package jobs

import (
	"context"
	"errors"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

const (
	// lookUpBatch is how many suspects are in memory at once.
	lookUpBatch = 200
	// lookUpFailures is after how many failures in one batch the look-ups end:
	// the provider is not well, and asking on would take the whole night.
	lookUpFailures = 5
)

// errNotAsked: the provider is not well, so it was not asked.
var errNotAsked = errors.New("not asked, since other look-ups failed")

// weight is how much a failure says about the next calls: a wrong key fails
// them all.
func weight(err error) int64 {
	var failure *pay.Failure
	if errors.As(err, &failure) && failure.Kind == pay.FailureKey {
		return lookUpFailures
	}
	return 1
}

// looked is what look-ups showed of one suspect.
type looked struct {
	mid      string
	suspect  reconcile.Suspect
	payments []pay.Payment
	evidence []pay.Evidence
	calls    map[string]int64
	err      error
}

// lookUp asks Toss about the suspects, most money first, and classifies them.
// The look-up is the truth; the list was the hint. What is not looked up is
// incomplete, and never missing.
func (n *night) lookUp(ctx context.Context) error {
	after := reconcile.Suspect{Stake: math.MaxInt64}
	limit := n.run.Suspects
	if !n.Settings.LookUpAll && len(n.Settings.Given) == 0 {
		limit = min(limit, int64(n.Settings.MaxLookUps))
	}
	for done := int64(0); done < limit; {
		batch, err := n.cmp.NextSuspects(ctx, after, int(min(lookUpBatch, limit-done)))
		if err != nil || len(batch) == 0 {
			return err
		}
		after = batch[len(batch)-1]
		failures, err := n.judge(ctx, batch, false)
		if err != nil {
			return err
		}
		done += int64(len(batch))
		n.step("look-ups", done, limit)
		if failures >= lookUpFailures {
			n.run.NotLookedUp = n.run.Suspects - n.run.LookedUp
			return nil
		}
	}
	if n.run.Suspects > limit {
		n.gap(reconcile.SideProvider, reconcile.Part{Kind: reconcile.PartOrders, Count: n.run.Suspects - limit},
			&reconcile.Unread{Reason: reconcile.ReasonLookUps, Want: limit})
	}
	n.run.NotLookedUp = n.run.Suspects - n.run.LookedUp
	return nil
}

// judge looks a batch up and keeps what it finds. sampled are pairs that the
// filter let pass.
func (n *night) judge(ctx context.Context, batch []reconcile.Suspect, sampled bool) (failures int, err error) {
	results := make([]looked, len(batch))
	group, inner := workersOf(ctx)
	group.SetLimit(max(1, n.Settings.Concurrency))
	var failed atomic.Int64
	for i, suspect := range batch {
		group.Go(func() error {
			if failed.Load() >= lookUpFailures {
				results[i] = looked{suspect: suspect, err: errNotAsked}
				return nil
			}
			results[i] = n.ask(inner, suspect)
			if results[i].err != nil {
				failed.Add(weight(results[i].err))
			}
			return inner.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	var payments []pay.Payment
	var evidence []pay.Evidence
	var judged []string
	var answered int64
	for _, result := range results {
		for api, calls := range result.calls {
			n.run.CallsByAPI[api] += calls
		}
		evidence = append(evidence, result.evidence...)
		if errors.Is(result.err, errNotAsked) {
			failures++
			continue
		}
		if result.err != nil {
			var failure *pay.Failure
			if !errors.As(result.err, &failure) {
				return failures, result.err
			}
			if failures++; failures <= lookUpFailures {
				n.gap(reconcile.SideProvider, reconcile.Part{Kind: reconcile.PartOrder, Name: result.suspect.OrderID}, result.err)
			}
			continue
		}
		answered++
		payments = append(payments, result.payments...)
		n.noteAccounts(result.payments)
		if n.classify(result, sampled) {
			judged = append(judged, result.suspect.OrderID)
		}
	}
	if !sampled {
		n.run.LookedUp += answered
	}
	if err := n.cmp.SaveLookUps(ctx, payments, judged); err != nil {
		return failures, err
	}
	return failures, n.Pages.SaveEvidence(ctx, n.scope.MID, n.lease.RunID, evidence)
}

// noteAccounts keeps the virtual accounts of the day that look-ups show: the
// list may not be read.
func (n *night) noteAccounts(payments []pay.Payment) {
	for _, p := range payments {
		over := p.Status == pay.Canceled || p.Status == pay.Expired || p.Status == pay.Aborted
		if p.Method != pay.VirtualAccount || over || pay.DayOf(p.RequestedAt) != n.scope.Day {
			continue
		}
		n.accounts = append(n.accounts, refunds.Watch{MID: p.MID, OrderID: p.OrderID, PaymentKey: p.PaymentKey, Source: refunds.FromList,
			Opened: p.RequestedAt, Exact: true})
	}
}

// ask looks one order up: by the shop's payment key and those of the list,
// then, where none of them holds money, by its number. Not found is an answer.
func (n *night) ask(ctx context.Context, s reconcile.Suspect) looked {
	result := looked{mid: n.scope.MID, suspect: s, calls: map[string]int64{}}
	wasDone := map[string]bool{}
	var keys []string
	if s.Order != nil && s.Order.PaymentKey != "" {
		keys = append(keys, s.Order.PaymentKey)
	}
	for _, known := range s.Known {
		wasDone[known.PaymentKey] = known.WasDone
		if !slices.Contains(keys, known.PaymentKey) {
			keys = append(keys, known.PaymentKey)
		}
	}
	holds := false
	for _, key := range keys {
		payment, evidence, err := n.Provider.Payment(ctx, key)
		if result.add("payment", payment, evidence, err, wasDone[key]) {
			holds = holds || payment.Held() > 0
		}
		if result.err != nil {
			return result
		}
	}
	if !holds && (s.Order != nil || len(keys) == 0) {
		payment, evidence, err := n.Provider.PaymentByOrder(ctx, s.OrderID)
		result.add("order", payment, evidence, err, wasDone[payment.PaymentKey])
	}
	return result
}

// add keeps a look-up's answer. A payment that bears another order's number
// is that order's: its own look at it will tell.
func (l *looked) add(api string, payment pay.Payment, evidence pay.Evidence, err error, wasDone bool) bool {
	l.calls[api]++
	var failure *pay.Failure
	if errors.As(err, &failure) && failure.Kind == pay.FailureNotFound {
		return false
	}
	if err != nil {
		l.err = err
		return false
	}
	if payment, err = payment.Under(l.mid); err != nil {
		l.err = &pay.Failure{Kind: pay.FailureUnreadable, API: "look-up", About: l.suspect.OrderID, Err: err}
		return false
	}
	l.evidence = append(l.evidence, evidence)
	if payment.OrderID != l.suspect.OrderID || slices.ContainsFunc(l.payments, func(p pay.Payment) bool { return p.PaymentKey == payment.PaymentKey }) {
		return false
	}
	payment.WasDone = wasDone
	payment.CancelVanished = reconcile.Vanished(payment, l.suspect.Claims)
	l.payments = append(l.payments, payment)
	return true
}

// classify compares one pair and says whether it could be judged: where the
// shop's orders are not all there, what it seems not to know is not called
// missing, and what was known of it stays as it was.
func (n *night) classify(l looked, sampled bool) (judged bool) {
	found := reconcile.Compare(l.suspect.Order, l.payments, n.settled)
	if sampled {
		n.run.Sample.LookedUp++
		if len(found) == 0 {
			n.run.Sample.Agreed++
		}
	}
	if len(found) == 0 {
		return true
	}
	switch {
	case l.suspect.Aside != nil:
		for i := range found {
			found[i] = found[i].Aside(*l.suspect.Aside)
		}
	case l.suspect.Order == nil && n.unheard(found[0]):
		n.unheld++
		return false
	}
	n.findings = append(n.findings, found...)
	n.explain(l, found[0])
	return true
}

// unheard: the shop could not have told of the order, since its orders are not
// all there, or have not been brought in since while the day still runs.
func (n *night) unheard(f reconcile.Finding) bool {
	return n.shopGap || (n.now.Before(n.scope.Day.End()) && !f.MovedAt.Before(n.shopSeen))
}

// explain adds the pair's difference in money to what Compare named: once for
// each order, under its most serious kind.
func (n *night) explain(l looked, most reconcile.Finding) {
	differences, provider := reconcile.Held(l.suspect.Order, l.payments)
	for currency, held := range provider {
		differences[currency] -= held
	}
	for currency, amount := range differences {
		n.addExplained(currency, amount, most)
		n.differs(reconcile.Difference{OrderID: l.suspect.OrderID, PaymentKey: most.PaymentKey, Currency: currency, Amount: amount, Kind: most.Kind})
	}
}

// differs keeps a part of what is explained, so that the workbook can name it.
func (n *night) differs(d reconcile.Difference) {
	if d.Amount != 0 {
		n.run.Differences = append(n.run.Differences, d)
	}
}

func (n *night) addExplained(currency pay.Currency, difference int64, most reconcile.Finding) {
	total := n.total(currency)
	total.Explained += difference
	if most.Timing {
		total.Timing += difference
		return
	}
	total.ByKind[most.Kind] += difference
}

// sample looks up some of the payments that agree by the list alone, drawn by
// merchant and date, to prove the list.
func (n *night) sample(ctx context.Context) error {
	if n.Settings.LookUpAll || len(n.Settings.Given) > 0 || n.Settings.Sample == 0 {
		return nil
	}
	agreeing, err := n.cmp.CountAgreeing(ctx)
	if err != nil {
		return err
	}
	positions := draw(n.scope.MID+string(n.scope.Day), agreeing, n.Settings.Sample)
	drawn, err := n.cmp.Agreeing(ctx, positions)
	if err != nil || len(drawn) == 0 {
		return err
	}
	if len(n.run.Gaps) > 0 && n.run.NotLookedUp > 0 && n.run.LookedUp == 0 {
		return nil // the provider answers nothing: there is nothing to prove
	}
	n.step("sample", 0, int64(len(drawn)))
	_, err = n.judge(ctx, drawn, true)
	return err
}

// draw chooses count different positions under n, ascending, from a text: the
// same night draws the same ones.
func draw(text string, n int64, count int) []int64 {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(text))                  // a hash never fails
	random := rand.New(rand.NewPCG(hash.Sum64(), 0)) //nolint:gosec // a sample, not a secret
	chosen := map[int64]bool{}
	if n <= int64(count) {
		for i := range n {
			chosen[i] = true
		}
	}
	for int64(len(chosen)) < min(n, int64(count)) {
		chosen[random.Int64N(n)] = true
	}
	positions := make([]int64, 0, len(chosen))
	for position := range chosen {
		positions = append(positions, position)
	}
	slices.Sort(positions)
	return positions
}
