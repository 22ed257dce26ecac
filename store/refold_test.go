package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daesa/internal/database"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/store/storetest"
)

// After its look-ups a night folds only the payments that they told of. That must
// leave what folding all of them would: whatever the list shows, whatever was known
// before, and also where a look-up shows a payment under another order.
func TestFoldingWhatWasLookedUpIsFoldingAll(t *testing.T) {
	onBoth(t, func(t *testing.T, kind database.Dialect) {
		db := open(t, newAddress(t, kind, t.TempDir()))
		night, moved := 0, 0
		rapid.Check(t, func(t *rapid.T) {
			if night++; kind == database.Postgres && night > 15 { // each takes half a second there
				return
			}
			mid := fmt.Sprintf("m%d", night)
			rows, before, tonight := drawLooked(t, mid)
			now := filterDay.End().Add(90 * time.Minute)
			_, err := storetest.FoldPage(t.Context(), db, mid, rows, pay.Evidence{API: "transactions", About: mid, Body: []byte("[]"), FetchedAt: now}, now)
			for _, p := range before {
				if err == nil {
					err = db.SaveLookUp(t.Context(), p, pay.Evidence{API: "payment", About: p.PaymentKey, Body: []byte("{}"), FetchedAt: now}, now.Add(-time.Hour))
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			standing := func(looks ...[]pay.Payment) []string { // folds before each of them, and after the last
				c, err := db.OpenComparison(t.Context(), reconcile.Scope{MID: mid, Day: filterDay, FollowFrom: filterDay.Add(-30).Start()}, now)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = c.Close() }()
				if _, err = c.TouchShop(t.Context()); err == nil {
					err = c.TouchProvider(t.Context())
				}
				for _, payments := range looks {
					if err == nil && payments == nil {
						err = c.Fold(t.Context())
					}
					if err == nil && payments != nil {
						err = c.SaveLookUps(t.Context(), payments, nil)
					}
				}
				if err == nil {
					err = c.Fold(t.Context())
				}
				rows, readErr := c.StandingForTest(t.Context())
				if err != nil || readErr != nil {
					t.Fatal(err, readErr)
				}
				return rows
			}
			half := len(tonight) / 2
			whole := standing(tonight)
			if diff := cmp.Diff(whole, standing(nil, tonight[:half:half], nil, tonight[half:])); diff != "" {
				t.Fatalf("folded anew (+) is not folded whole (-):\n%s", diff)
			}
			if !slices.Equal(whole, standing()) {
				moved++
			}
		})
		if moved == 0 {
			t.Error("no look-up changed how a payment stands: the test shows nothing")
		}
	})
}

// drawLooked draws the rows of a list, what look-ups showed of some payments before,
// and what they show tonight: of some another status, or another order.
func drawLooked(t *rapid.T, mid string) (rows []pay.Transaction, before, tonight []pay.Payment) {
	for i := range rapid.IntRange(1, 8).Draw(t, "payments") {
		l := drawLife(t, mid, fmt.Sprintf("o%d", i%5), fmt.Sprintf("k%d", i), rapid.IntRange(0, 2).Draw(t, "reading"))
		if rapid.IntRange(0, 3).Draw(t, "listed") > 0 {
			rows = append(rows, l.rows...)
		}
		if rapid.Bool().Draw(t, "known") {
			before = append(before, l.payment)
		}
		if rapid.Bool().Draw(t, "looked up") {
			now := drawLife(t, mid, l.payment.OrderID, l.payment.PaymentKey, 0).payment
			if rapid.IntRange(0, 3).Draw(t, "moved") == 0 {
				now.OrderID = fmt.Sprintf("o%d", rapid.IntRange(0, 6).Draw(t, "order"))
			}
			tonight = append(tonight, now)
		}
	}
	return rows, before, tonight
}
