package doctor

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"daesa/app"
	"daesa/internal/seal"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

const mid = "m"

var now = time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)

// ledger are runs of a test.
type ledger []reconcile.LedgerEntry

func (l ledger) Runs(context.Context, string) ([]reconcile.LedgerEntry, error) { return l, nil }

// ran is a night that took a minute.
func ran(mid string, day pay.Day, state string) reconcile.LedgerEntry {
	return reconcile.LedgerEntry{MID: mid, Job: "nightly", Day: day, State: state, StartedAt: now, FinishedAt: now.Add(time.Minute)}
}

// keyring writes a new key file, and opens it.
func keyring(t *testing.T) (*seal.Ring, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "account.key")
	if err := seal.WriteKeyFile(path); err != nil {
		t.Fatal(err)
	}
	ring, err := seal.NewRing(func() ([]byte, error) { return os.ReadFile(path) })
	if err != nil {
		t.Fatal(err)
	}
	return ring, path
}

// sealedAccount is a customer's account as the store keeps it.
func sealedAccount(t *testing.T, sealer refunds.Sealer, p pay.Payment) *refunds.StoredAccount {
	t.Helper()
	stored, err := refunds.NewStoredAccount(sealer, p, pay.RefundAccount{Bank: "20", Number: "1002123456789", Holder: "김토스"}, "captured", "daesa", now)
	if err != nil {
		t.Fatal(err)
	}
	return &stored
}

// deposited is a payment into a virtual account.
func deposited(order string) pay.Payment {
	return pay.Payment{MID: mid, PaymentKey: "k-" + order, OrderID: order, Status: pay.Done, Method: pay.VirtualAccount, Currency: pay.KRW,
		TotalAmount: 10_000, BalanceAmount: 10_000, ApprovedAt: now.Add(-time.Hour)}
}

// vault holds one sealed account, or none.
type vault struct{ account *refunds.StoredAccount }

func (v vault) SealedAccount(context.Context) (*refunds.StoredAccount, error) { return v.account, nil }

// openBooks are books of a test.
type openBooks struct {
	standing  refunds.Standing
	breaks    map[string]int64
	transfers []refunds.ManualTransfer
}

func (b openBooks) Standing(context.Context, time.Time) (refunds.Standing, error) {
	return b.standing, nil
}

func (b openBooks) NeedPerson(_ context.Context, mid string) (int64, error) {
	return b.breaks[mid], nil
}

func (b openBooks) ManualTransfers(_ context.Context, _, state string) (list []refunds.ManualTransfer, err error) {
	for _, t := range b.transfers {
		if string(t.State) == state {
			list = append(list, t)
		}
	}
	return list, nil
}

// needsOf are the needs of a shop with the merchants a and b.
func needsOf(about string, books app.NeedBooks) *app.Needs {
	return &app.Needs{Books: books, Merchants: []string{"a", "b"}, About: about, MainMID: func(mid string) string { return mid },
		Facts: func(time.Time) refunds.Facts {
			return refunds.Facts{Configured: []string{"a", "b"}, Send: true,
				Budget: refunds.Budget{RunCount: 9, DayCount: 9, Of: map[pay.Currency]refunds.Limits{pay.KRW: {Single: 10_000, Run: 90_000, Day: 90_000}}}}
		}}
}
