package jobs_test

import (
	"path/filepath"
	"testing"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/sandbox"
	"daesa/store"
)

// partial is an order of 30,000 won of which so much was cancelled, and so much
// is tax-free as the shop says.
func partial(id, canceled, taxFree string) string {
	status := "partially_canceled"
	if canceled == "30000" {
		status = "canceled"
	}
	return id + "," + status + ",30000," + canceled + "," + taxFree + ",2026-11-21T10:00:00+09:00,2026-11-21T10:01:00+09:00,2026-11-21T12:00:00+09:00\n"
}

const partialHeader = "order_id,status,amount,canceled_amount,tax_free_amount,ordered_at,paid_at,canceled_at\n"

// TestTheNightAsksForNoMixedPartByItself: which part of a mixed payment goes
// back only the shop knows. Where only one part fits the night asks for it.
func TestTheNightAsksForNoMixedPartByItself(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                    string
		taxFree                 int64 // at Toss
		canceled, shopTaxFree   string
		asked                   refunds.Parts // of a person before, open
		wantAmount, wantTaxFree int64         // 0: the night asks for nothing
		remark                  reconcile.Remark
	}{
		{"a part of a mixed payment", 10_000, "12000", "10000", refunds.Parts{}, 0, 0, reconcile.TaxPartNeeded},
		{"all of it", 10_000, "30000", "10000", refunds.Parts{}, 30_000, 10_000, ""},
		{"a part of a taxable payment", 0, "12000", "", refunds.Parts{}, 12_000, 0, ""},
		{"a part of a tax-free payment", 30_000, "12000", "30000", refunds.Parts{}, 12_000, 12_000, ""},
		{"what a person asked for leaves one part only", 10_000, "25000", "10000", refunds.Parts{Amount: 20_000}, 5000, 5000, ""},
		{"what a person asked for leaves both", 10_000, "25000", "10000", refunds.Parts{Amount: 15_000}, 0, 0, reconcile.TaxPartNeeded},
		{"the shop names another part", 10_000, "12000", "5000", refunds.Parts{}, 0, 0, reconcile.TaxPartDiffers},
		{"the shop names a part, and Toss none", 0, "12000", "5000", refunds.Parts{}, 0, 0, reconcile.TaxPartDiffers},
		{"the shop names another part, and all goes back", 10_000, "30000", "5000", refunds.Parts{}, 30_000, 10_000, reconcile.TaxPartDiffers},
		{"the shop names none", 10_000, "30000", "", refunds.Parts{}, 30_000, 10_000, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{})
			p, err := w.toss.Pay(sandbox.NewPayment{OrderID: "TF-1", Amount: 30_000, TaxFree: test.taxFree, At: last.Start().Add(10 * 3600e9)})
			if err != nil {
				t.Fatal(err)
			}
			w.toss.SetClock(morning(last))
			if test.asked.Amount > 0 {
				seen, page, err := w.client.Payment(t.Context(), p.Key)
				if err != nil {
					t.Fatal(err)
				}
				r := refunds.Request{ID: refunds.RequestID(mid, "p"), MID: mid, OrderID: "TF-1", PaymentKey: p.Key, Method: pay.Card, Amount: test.asked.Amount,
					TaxFreeAmount: test.asked.TaxFree, Currency: pay.KRW, Reason: "변심", Ref: "p", State: refunds.StateRequested, RequestedBy: "kim", RequestedAt: morning(last)}
				if _, err := w.db.AddRefunds(t.Context(), nil, []refunds.Adding{{Request: r, Payment: seen, Evidence: []pay.Evidence{page}}}, "kim", morning(last)); err != nil {
					t.Fatal(err)
				}
			}
			w.importText(filepath.Join(t.TempDir(), "o.csv"), partialHeader+partial("TF-1", test.canceled, test.shopTaxFree), morning(last))
			snapshot := w.night(last)
			if len(snapshot.Breaks) != 1 || snapshot.Breaks[0].Remark != test.remark {
				t.Fatalf("breaks %+v, want the remark %q", snapshot.Breaks, test.remark)
			}
			requests, err := w.db.Refunds(t.Context(), store.RefundFilter{})
			if err != nil {
				t.Fatal(err)
			}
			var amount, taxFree int64
			for _, r := range requests {
				if r.RequestedBy == refunds.NightActor {
					amount, taxFree = amount+r.Amount, taxFree+r.TaxFreeAmount
				}
			}
			if amount != test.wantAmount || taxFree != test.wantTaxFree {
				t.Errorf("the night asks for %d with %d tax-free, want %d with %d", amount, taxFree, test.wantAmount, test.wantTaxFree)
			}
		})
	}
}

// TestARemarkStaysWhereARunOnlyCompares: only a night asks for refunds, and
// knows why it did not.
func TestARemarkStaysWhereARunOnlyCompares(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	if _, err := w.toss.Pay(sandbox.NewPayment{OrderID: "TF-1", Amount: 30_000, TaxFree: 10_000, At: last.Start().Add(10 * 3600e9)}); err != nil {
		t.Fatal(err)
	}
	w.toss.SetClock(morning(last))
	w.importText(filepath.Join(t.TempDir(), "o.csv"), partialHeader+partial("TF-1", "12000", "10000"), morning(last))
	w.night(last)
	only := w.nightly()
	only.Job = jobs.JobReconcile
	if _, err := only.Run(t.Context(), last, morning(last)); err != nil {
		t.Fatal(err)
	}
	breaks, err := w.db.Breaks(t.Context(), store.BreakFilter{})
	if err != nil || len(breaks) != 1 || breaks[0].Remark != reconcile.TaxPartNeeded {
		t.Errorf("%+v, %v", breaks, err)
	}
}

// TestWhatANightAsksForTooLateIsListedWithItsReason: a phone payment of last
// month can only go back by hand.
func TestWhatANightAsksForTooLateIsListedWithItsReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	if _, err := w.toss.Pay(sandbox.NewPayment{OrderID: "P-1", Method: sandbox.Phone, Amount: 30_000, At: pay.Day("2026-10-30").Start().Add(10 * 3600e9)}); err != nil {
		t.Fatal(err)
	}
	w.toss.SetClock(morning(last))
	w.importText(filepath.Join(t.TempDir(), "o.csv"), "order_id,status,amount,ordered_at,paid_at,canceled_at\n"+
		"P-1,canceled,30000,2026-10-30T10:00:00+09:00,2026-10-30T10:01:00+09:00,2026-11-21T12:00:00+09:00\n", morning(last))
	w.night(last)
	transfers, err := w.db.ManualTransfers(t.Context(), "", "")
	if err != nil || len(transfers) != 1 || transfers[0].Why != refunds.WhyDeadline {
		t.Fatalf("%+v, %v", transfers, err)
	}
	requests, err := w.db.Refunds(t.Context(), store.RefundFilter{})
	if err != nil || len(requests) != 1 || requests[0].ErrorCode != refunds.WhyDeadline || requests[0].FinishedAt.IsZero() {
		t.Errorf("%+v, %v", requests, err)
	}
}

// TestANightProposesNothingOnAnotherMerchantsPayment: an order that the shop has
// under the key's MID, and whose payment Toss says is another's. The night is
// incomplete, and the payment is not kept as the merchant's.
func TestANightProposesNothingOnAnotherMerchantsPayment(t *testing.T) {
	t.Parallel()
	for _, lookUpAll := range []bool{false, true} {
		w := newWorld(t, worldOptions{})
		w.settings.LookUpAll = lookUpAll
		p, err := w.toss.Pay(sandbox.NewPayment{OrderID: "TF-1", MID: "othermid01", Amount: 30_000, At: last.Start().Add(10 * 3600e9)})
		if err != nil {
			t.Fatal(err)
		}
		w.toss.SetClock(morning(last))
		w.importText(filepath.Join(t.TempDir(), "o.csv"), partialHeader+partial("TF-1", "12000", "0"), morning(last))
		snapshot := w.night(last)
		if snapshot.Run.Complete || len(snapshot.Breaks) != 0 {
			t.Errorf("look-ups alone %v: complete %v, breaks %+v", lookUpAll, snapshot.Run.Complete, snapshot.Breaks)
		}
		requests, err := w.db.Refunds(t.Context(), store.RefundFilter{})
		if err != nil || len(requests) != 0 {
			t.Errorf("look-ups alone %v: %+v, %v", lookUpAll, requests, err)
		}
		kept, err := w.db.RowsForTest(t.Context(), "SELECT mid, payment_key FROM payments")
		if err != nil || len(kept) != 0 {
			t.Errorf("look-ups alone %v: %s is kept as %v, %v", lookUpAll, p.Key, kept, err)
		}
	}
}
