package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/app"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports"
	"daesa/store"
)

// settled is a row of GET /v1/settlements.
func settled(currency string, amount, fee int64, paidOut pay.Day) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"mId":%q,"paymentKey":"p","transactionKey":"t%d","approvedAt":"2026-11-19T10:00:00+09:00","orderId":"o","currency":%q,"method":"카드","amount":%d,"fee":%d,
		"payOutAmount":%d,"soldDate":"2026-11-19","paidOutDate":%q}`, mid, amount, currency, amount, fee, amount-fee, paidOut))
}

// silent pays out nothing that can be read.
type silent struct{}

func (silent) Settlements(context.Context, pay.SettledBy, pay.Day, int) (pay.SettlementPage, error) {
	return pay.SettlementPage{}, failure(pay.FailureNoAnswer)
}

// payouts gives pages of a test's own.
type payouts []pay.SettlementPage

func (p payouts) Settlements(_ context.Context, _ pay.SettledBy, _ pay.Day, page int) (pay.SettlementPage, error) {
	if page > len(p) {
		return pay.SettlementPage{Evidence: pay.Evidence{API: "settlements", About: "end", Body: []byte("[]"), FetchedAt: time.Now()}}, nil
	}
	out := p[page-1]
	out.Shown = len(out.Rows) + len(out.Bad)
	out.Evidence = pay.Evidence{API: "settlements", About: "page", Body: fmt.Append(nil, page), FetchedAt: time.Now()}
	return out, nil
}

func paid(key string, amount int64) pay.Settlement {
	return pay.Settlement{MID: mid, PaymentKey: "p", ApprovedAt: last.Start(), SoldDate: last, TransactionKey: key, Currency: pay.KRW, Amount: amount, Fee: amount / 100, PayOutAmount: amount - amount/100, PaidOutDate: last}
}

// noPassbook is a shop without one.
type noPassbook struct{ *store.DB }

func (noPassbook) Passbooks(context.Context) (jobs.Passbooks, error) { return jobs.Passbooks{}, nil }

// payoutNight runs the night of oneDay with payouts, as another run of it would.
func (w *world) payoutNight(p jobs.SettlementList, later time.Duration) (reports.Snapshot, error) {
	n := w.nightly()
	n.Settle = app.NightSettled{
		Job: &jobs.Settlements{
			Settings: jobs.SettlementSettings{MID: mid, Owner: "test", Actor: "test"}, List: p, Ledger: w.db, Books: w.db, Clock: time.Now, Log: slog.New(slog.DiscardHandler),
			Open: func(ctx context.Context, mid string, now time.Time) (jobs.Settling, error) {
				return w.db.OpenSettling(ctx, mid, now)
			},
		},
		Deposits: &jobs.Deposits{MIDs: []string{mid}, Books: noPassbook{w.db}, Actor: "test"}, Books: w.db,
	}.Run
	return n.Run(w.t.Context(), last, morning(last).Add(later))
}

// The ledger of a large shop writes more than all before it. SQLite keeps that in its
// log for as long as anybody reads what stood before, and each look goes through it.
func TestNobodyReadsThePastWhileTheLedgerIsPosted(t *testing.T) {
	t.Parallel()
	w := oneDay(t)
	n := w.nightly()
	asked := false
	n.Settle = func(ctx context.Context, _ pay.Day, _ time.Time) (jobs.NightSettlement, error) {
		asked = true
		if err := w.db.ExecForTest(ctx, "UPDATE runs SET fence = fence"); err != nil {
			return jobs.NightSettlement{}, err
		}
		said, err := w.db.RowsForTest(ctx, "PRAGMA wal_checkpoint(RESTART)")
		if err == nil && said[0][0] != "0" {
			t.Errorf("the log cannot be emptied: %v", said)
		}
		return jobs.NightSettlement{}, err
	}
	if _, err := n.Run(t.Context(), last, morning(last)); err != nil || !asked {
		t.Errorf("asked %t, %v", asked, err)
	}
}

// A night compares what stood when it began. While it posts the ledger a webhook may
// tell of something newer, of which it has seen nothing.
func TestANightClearsNoBreakThatIsFoundAfterItsProof(t *testing.T) {
	t.Parallel()
	w := oneDay(t)
	mismatched := slices.IndexFunc(planted(w.history, last), func(s string) bool { return strings.HasPrefix(s, string(reconcile.AmountMismatch)) })
	if mismatched < 0 {
		t.Fatal("no order whose amount differs")
	}
	_, order, _ := strings.Cut(planted(w.history, last)[mismatched], " ") // which the night looks up
	n := w.nightly()
	n.Settle = func(ctx context.Context, _ pay.Day, _ time.Time) (jobs.NightSettlement, error) {
		return jobs.NightSettlement{}, w.db.ExecForTest(ctx, `INSERT INTO breaks (id, mid, order_id, payment_key, kind, status, origin, currency,
			local_status, provider_status, method, owed, at_risk, first_seen, last_seen, since, nights, recheck_on, resolution, resolved_by, note)
			VALUES ('newer', '`+mid+`', '`+order+`', 'p', 'deposit_reversed', 'open', '', 'KRW', 'paid', 'CANCELED', '', 0, 0, '2026-11-21', '2026-11-21', '2026-11-21', 1, '', '', '', '')`)
	}
	if _, err := n.Run(t.Context(), last, morning(last)); err != nil {
		t.Fatal(err)
	}
	if status, err := w.db.RowsForTest(t.Context(), "SELECT status FROM breaks WHERE id = 'newer'"); err != nil || status[0][0] != "open" {
		t.Errorf("it is %v, %v", status, err)
	}
}

func TestANightSaysWhatWasPaidOutAndTheFees(t *testing.T) {
	t.Parallel()
	w := oneDay(t)
	unread, err := w.payoutNight(silent{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	wantGap(t, unread, reconcile.GapSettlement, last)
	if p := unread.Run.PaidOut; p == nil || p.Why != failure(pay.FailureNoAnswer).Error() || p.Sums != nil {
		t.Errorf("a provider that does not tell: %+v", p)
	}
	if err := w.toss.SetSettlements([]json.RawMessage{
		settled("KRW", 64_601, 1_492, last), settled("KRW", -9_900, -225, last), settled("KRW", 50_000, 900, last.Add(1)),
	}); err != nil {
		t.Fatal(err)
	}
	want := &reconcile.PaidOut{Sums: []reconcile.PaidSum{{Currency: pay.KRW, Rows: 2, Amount: 54_701, Fee: 1_267, Paid: 53_434}}}
	read, err := w.payoutNight(w.client, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	provesItself(t, read)
	if diff := cmp.Diff(want, read.Run.PaidOut); diff != "" {
		t.Error(diff)
	}
	if read.Run.CallsByAPI["settlements"] != 2 {
		t.Errorf("one page and an empty one: %v", read.Run.CallsByAPI)
	}
	// What was read once is not lost by a later run that cannot read it, and that
	// it cannot is said.
	again, err := w.payoutNight(silent{}, 2*time.Hour)
	var kept *jobs.KeptError
	if !errors.As(err, &kept) || len(kept.Gaps) != 1 || kept.Gaps[0].Kind() != reconcile.GapSettlement {
		t.Errorf("a later run that cannot read it: %v", err)
	}
	if diff := cmp.Diff(want, again.Run.PaidOut); diff != "" {
		t.Error(diff)
	}
}

// An empty list of two in the morning must not stand for the one that could not
// be read at eight.
func TestAnEmptyReadingOfSettlementsDoesNotHideThatTheyCouldNotBeRead(t *testing.T) {
	t.Parallel()
	w := oneDay(t)
	w.settings.MaxLookUps = 5 // the night is incomplete for another reason, so that it is written again
	empty, err := w.payoutNight(payouts{}, 0)
	if err != nil || empty.Run.PaidOut == nil || empty.Run.PaidOut.Why != "" {
		t.Fatalf("%+v, %v", empty.Run.PaidOut, err)
	}
	unread, err := w.payoutNight(silent{}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	wantGap(t, unread, reconcile.GapSettlement, last)
	if unread.Run.PaidOut.Why == "" {
		t.Errorf("the workbook says that nothing was paid out: %+v", unread.Run.PaidOut)
	}
}

// One row that cannot be read is one gap, and the others are summed.
func TestABadSettlementRowIsOneGapAndLosesNothingElse(t *testing.T) {
	t.Parallel()
	w := oneDay(t)
	bad := []pay.BadRow{{Key: "t-bad-1", Err: errors.New("row 2: amount 1.5 has too many decimal places")}, {Err: errors.New("row 3: it is null")}}
	s, err := w.payoutNight(payouts{{Rows: []pay.Settlement{paid("t1", 10_000)}, Bad: bad}, {Rows: []pay.Settlement{paid("t2", 20_000)}}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if s.Run.Complete || len(s.Run.Gaps) != 2 || s.Run.Gaps[0].What != "settlement row t-bad-1" || s.Run.Gaps[0].Kind() != reconcile.GapSettlement ||
		s.Run.Gaps[1].What != "settlement row without a transactionKey" {
		t.Errorf("complete %t, gaps %+v", s.Run.Complete, s.Run.Gaps)
	}
	want := &reconcile.PaidOut{Sums: []reconcile.PaidSum{{Currency: pay.KRW, Rows: 2, Amount: 30_000, Fee: 300, Paid: 29_700}}}
	if diff := cmp.Diff(want, s.Run.PaidOut); diff != "" {
		t.Error(diff)
	}
	for i := range 50 {
		bad = append(bad, pay.BadRow{Key: fmt.Sprintf("t-more-%d", i), Err: errors.New("row: no")})
	}
	if s, err = w.payoutNight(payouts{{Rows: []pay.Settlement{paid("t1", 10_000)}, Bad: bad}}, time.Hour); err != nil {
		t.Fatal(err)
	}
	if n := len(s.Run.Gaps); n != 21 {
		t.Errorf("%d gaps of 52 bad rows: 20 are named and the others counted", n)
	}
}

// A provider that gives fewer rows a page than it was asked for, or some of them
// twice, loses and doubles nothing; one that repeats its pages has no end.
func TestPagesOfSettlementsAreReadToAnEmptyOne(t *testing.T) {
	t.Parallel()
	page := func(rows ...pay.Settlement) pay.SettlementPage { return pay.SettlementPage{Rows: rows} }
	sum := func(rows, amount int64) *reconcile.PaidOut {
		return &reconcile.PaidOut{Sums: []reconcile.PaidSum{{Currency: pay.KRW, Rows: rows, Amount: amount, Fee: amount / 100, Paid: amount - amount/100}}}
	}
	strange := paid("t9", 90_000)
	strange.MID = "another"
	for name, test := range map[string]struct {
		pages payouts
		want  *reconcile.PaidOut // nil: a gap
	}{
		"short pages":                   {payouts{page(paid("t1", 100)), page(paid("t2", 200)), page(paid("t3", 300))}, sum(3, 600)},
		"a row on two pages":            {payouts{page(paid("t1", 100), paid("t2", 200)), page(paid("t2", 200), paid("t3", 300))}, sum(3, 600)},
		"a sale and its cancel":         {payouts{page(paid("t1", 1000), paid("t2", -300))}, sum(2, 700)},
		"another merchant's row":        {payouts{page(paid("t1", 100), strange)}, sum(1, 100)},
		"the same page again":           {payouts{page(paid("t1", 100), paid("t2", 200)), page(paid("t1", 100), paid("t2", 200))}, nil},
		"a page of bad rows, and again": {payouts{{Bad: []pay.BadRow{{Key: "b", Err: errors.New("no")}}}, {Bad: []pay.BadRow{{Key: "b", Err: errors.New("no")}}}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{})
			s, err := w.payoutNight(test.pages, 0)
			if err != nil {
				t.Fatal(err)
			}
			if test.want == nil {
				wantGap(t, s, reconcile.GapSettlement, last)
				return
			}
			provesItself(t, s)
			if diff := cmp.Diff(test.want, s.Run.PaidOut); diff != "" {
				t.Error(diff)
			}
		})
	}
}
