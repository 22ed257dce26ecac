package jobs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports"
)

// settled is a row of GET /v1/settlements.
func settled(currency string, amount, fee int64, paidOut pay.Day) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"mId":%q,"paymentKey":"p","orderId":"o","currency":%q,"method":"카드","amount":%d,"fee":%d,
		"payOutAmount":%d,"soldDate":"2026-11-19","paidOutDate":%q}`, mid, currency, amount, fee, amount-fee, paidOut))
}

// silent pays out nothing that can be read.
type silent struct{}

func (silent) PaidOut(context.Context, pay.Day, int) ([]pay.Settlement, bool, pay.Evidence, error) {
	return nil, false, pay.Evidence{}, failure(pay.FailureNoAnswer)
}

func TestANightSaysWhatWasPaidOutAndTheFees(t *testing.T) {
	t.Parallel()
	w := oneDay(t)
	night := func(payouts jobs.Payouts, later time.Duration) reports.Snapshot {
		t.Helper()
		n := w.nightly()
		n.Payouts = payouts
		snapshot, err := n.Run(t.Context(), last, morning(last).Add(later))
		if err != nil {
			t.Fatal(err)
		}
		provesItself(t, snapshot)
		return snapshot
	}
	unread := night(silent{}, 0)
	if p := unread.Run.PaidOut; !unread.Run.Complete || p == nil || p.Why != failure(pay.FailureNoAnswer).Error() || p.Sums != nil {
		t.Errorf("a provider that does not tell: %+v", p)
	}
	if err := w.toss.SetSettlements([]json.RawMessage{
		settled("KRW", 64_601, 1_492, last), settled("KRW", -9_900, -225, last), settled("KRW", 50_000, 900, last.Add(1)),
	}); err != nil {
		t.Fatal(err)
	}
	want := &reconcile.PaidOut{Sums: []reconcile.PaidSum{{Currency: pay.KRW, Rows: 2, Amount: 54_701, Fee: 1_267, Paid: 53_434}}}
	read := night(w.client, time.Hour)
	if diff := cmp.Diff(want, read.Run.PaidOut); diff != "" {
		t.Error(diff)
	}
	if read.Run.CallsByAPI["settlements"] != 1 {
		t.Errorf("calls: %v", read.Run.CallsByAPI)
	}
	// What was read once is not lost by a later run that cannot read it.
	if diff := cmp.Diff(want, night(silent{}, 2*time.Hour).Run.PaidOut); diff != "" {
		t.Error(diff)
	}
}
