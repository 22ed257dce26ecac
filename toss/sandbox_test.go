package toss_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"testing"
	"time"

	"daesa/pay"
	"daesa/sandbox"
	"daesa/toss"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, pay.Seoul)

// against starts a sandbox whose clock stands at noon, and a client of it.
func against(t *testing.T, o sandbox.Options) (*sandbox.Sandbox, *toss.Client) {
	t.Helper()
	o.Freeze = true
	pretend := sandbox.New(o)
	pretend.SetClock(noon)
	server := httptest.NewServer(pretend)
	t.Cleanup(server.Close)
	client, err := toss.New(toss.Options{
		BaseURL: server.URL, MID: "tosspayments", SecretKey: func() string { return "test_sk_sandbox" }, Now: pretend.Now,
		Sleep: func(context.Context, time.Duration) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return pretend, client
}

func sell(t *testing.T, s *sandbox.Sandbox, n sandbox.NewPayment) *sandbox.Payment {
	t.Helper()
	p, err := s.Pay(n)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLookUpsAgainstTheSandbox(t *testing.T) {
	methods := map[sandbox.Method]pay.Method{
		sandbox.Card: pay.Card, sandbox.Transfer: pay.Transfer, sandbox.VirtualAccount: pay.VirtualAccount, sandbox.Phone: pay.Phone,
		sandbox.GiftCertificate: pay.GiftCertificate, sandbox.EasyPay: pay.EasyPay, sandbox.PayPal: pay.ForeignEasyPay,
		sandbox.ForeignEasyPay: pay.ForeignEasyPay,
	}
	for _, version := range []string{sandbox.Version2022July, sandbox.Version2022November} {
		pretend, client := against(t, sandbox.Options{Version: version})
		n := 0
		for method, want := range methods {
			for _, money := range []bool{false, true} {
				n++
				sold := sell(t, pretend, sandbox.NewPayment{
					OrderID: fmt.Sprintf("order-%06d", n), Method: method, Amount: 12300, Money: money, At: noon.Add(-time.Hour),
				})
				got, _, err := client.Payment(t.Context(), sold.Key)
				if err != nil {
					t.Fatalf("%s %s: %v", version, method, err)
				}
				if got.Method != want || string(got.Status) != sold.Status || got.TotalAmount != 12300 || got.BalanceAmount != 12300 ||
					got.OrderID != sold.OrderID || got.Version != version || got.Secret.Reveal() != sold.Secret ||
					got.LastTransactionKey != sold.LastTransactionKey || !got.ApprovedAt.Equal(sold.ApprovedAt) {
					t.Errorf("%s %s: sold %+v, read %+v", version, method, sold, got)
				}
				behind := map[bool]pay.Method{false: pay.Card, true: pay.Transfer}[money]
				if want == pay.EasyPay && got.Behind != behind {
					t.Errorf("%s: %s stands behind, not %s", version, got.Behind, behind)
				}
				if byOrder, _, err := client.PaymentByOrder(t.Context(), sold.OrderID); err != nil || byOrder.PaymentKey != sold.Key {
					t.Errorf("by order: %+v, %v", byOrder, err)
				}
			}
		}
		probe, err := client.Probe(t.Context())
		if err != nil || !probe.KeyAccepted || probe.ProviderTime.IsZero() {
			t.Errorf("%+v, %v", probe, err)
		}
	}
}

func TestPagingAgainstTheSandbox(t *testing.T) {
	pretend, client := against(t, sandbox.Options{})
	const count = toss.PageLimit + 37
	for i := range count {
		sell(t, pretend, sandbox.NewPayment{OrderID: fmt.Sprintf("order-%06d", i), Amount: 1000, At: noon.Add(-time.Duration(count-i) * time.Second)})
	}
	pretend.SetFaults(sandbox.Faults{TooMany: 1, Max: 2})
	day := pay.DayOf(noon)
	seen, after, pages := map[string]bool{}, "", 0
	for {
		page, err := client.Transactions(t.Context(), day.Start(), day.End(), after)
		if err != nil {
			t.Fatal(err)
		}
		pages++
		for _, row := range page.Rows {
			seen[row.TransactionKey] = true
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if pages != 3 || // the last is empty
		len(seen) != count {
		t.Errorf("%d rows in %d pages", len(seen), pages)
	}
	_, err := client.Transactions(t.Context(), day.Start(), day.End(), "no-such-key")
	var failure *pay.Failure
	if !errors.As(err, &failure) || failure.Kind != pay.FailurePaging {
		t.Errorf("an unknown key: %v", err)
	}
	if page, err := client.Settlements(t.Context(), pay.ByPaidOut, day, 1); err != nil {
		t.Errorf("%d settlements, %v", page.Shown, err)
	}
}

// Every row of the pretend Toss is one that the client can read, and both dates find
// the same ones.
func TestSettlementsAgainstTheSandbox(t *testing.T) {
	pretend, client := against(t, sandbox.Options{Settle: true})
	pretend.Seed(sandbox.HistoryOptions{Seed: 9, Orders: 600, Days: 20, End: noon.AddDate(0, 0, -1)})
	pretend.SetClock(noon.AddDate(0, 3, 0))
	keys := map[pay.SettledBy]map[string]bool{}
	cancels := 0
	for _, by := range []pay.SettledBy{pay.BySold, pay.ByPaidOut} {
		keys[by] = map[string]bool{}
		for day := pay.DayOf(noon).Add(-25); day < pay.DayOf(noon).Add(90); day = day.Add(1) {
			page, err := client.Settlements(t.Context(), by, day, 1)
			if err != nil || len(page.Bad) > 0 {
				t.Fatalf("%s: bad %v, %v", day, page.Bad, err)
			}
			for _, row := range page.Rows {
				keys[by][row.TransactionKey] = true
				if row.Fee != row.SupplyAmount+row.VAT || row.PayOutAmount != row.Amount-row.Fee || row.ApprovedAt.IsZero() || by.Of(row) != day {
					t.Errorf("%+v", row)
				}
				if row.Canceled == nil {
					continue
				}
				cancels++
				if row.Amount >= 0 || row.Canceled.TransactionKey != row.TransactionKey || row.CanceledAt.Before(row.ApprovedAt) {
					t.Errorf("%+v", row)
				}
			}
		}
	}
	if rows := len(keys[pay.BySold]); rows < 400 || cancels < 30 || !maps.Equal(keys[pay.BySold], keys[pay.ByPaidOut]) {
		t.Errorf("%d rows by sale, %d by payout, %d cancels", rows, len(keys[pay.ByPaidOut]), cancels)
	}
}

func TestCancelsAgainstTheSandbox(t *testing.T) {
	pretend, client := against(t, sandbox.Options{})
	card := sell(t, pretend, sandbox.NewPayment{OrderID: "order-card", Amount: 10000, At: noon.Add(-time.Hour)})
	account := sell(t, pretend, sandbox.NewPayment{OrderID: "order-account", Method: sandbox.VirtualAccount, Amount: 10000, At: noon.Add(-time.Hour)})
	if err := pretend.Deposit(account.Key, noon.Add(-time.Minute)); err != nil {
		t.Fatal(err)
	}
	foreign := sell(t, pretend, sandbox.NewPayment{OrderID: "order-foreign", Method: sandbox.ForeignEasyPay, Amount: 10000, At: noon.Add(-time.Hour)})
	paypal := sell(t, pretend, sandbox.NewPayment{OrderID: "order-paypal", Method: sandbox.PayPal, Amount: 72624, At: noon.Add(-time.Hour)})
	tests := []struct {
		intent pay.CancelIntent
		status pay.CancelStatus
	}{
		{pay.CancelIntent{PaymentKey: card.Key, Amount: 3000, Currency: pay.KRW, RefundableAmount: 10000}, pay.CancelDone},
		{pay.CancelIntent{PaymentKey: account.Key, Currency: pay.KRW, RefundableAmount: 10000,
			Account: &pay.RefundAccount{Bank: "88", Number: "11043217270", Holder: "김토스"}}, pay.CancelDone},
		{pay.CancelIntent{PaymentKey: foreign.Key, Amount: 3000, Currency: pay.KRW, RefundableAmount: 10000, RequestID: "request-1"}, pay.CancelInProgress},
		{pay.CancelIntent{PaymentKey: paypal.Key, Amount: 18156, Currency: pay.USD, RefundableAmount: 72624}, pay.CancelDone},
	}
	for i, test := range tests {
		test.intent.Reason = pay.WithMarker("고객 변심", "abcdefghijklmnopqrstuvwxyz")
		test.intent.IdempotencyKey = fmt.Sprintf("key-%d", i)
		body, err := toss.CancelBody(test.intent)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second is a replay under the same key
			got, _, err := client.Cancel(t.Context(), test.intent, body, nil)
			if err != nil {
				t.Fatalf("%d: %v", i, err)
			}
			asked := test.intent.Amount
			if asked == 0 {
				asked = test.intent.RefundableAmount
			}
			if len(got.Cancels) != 1 || got.Cancels[0].Amount != asked || got.Cancels[0].Status != test.status ||
				pay.Marker(got.Cancels[0].Reason) != "abcdefghijklmnopqrstuvwxyz" {
				t.Errorf("%d: %+v", i, got)
			}
		}
		test.intent.IdempotencyKey += "-new"
		_, _, err = client.Cancel(t.Context(), test.intent, body, nil)
		var failure *pay.Failure
		if !errors.As(err, &failure) || failure.Code == "" || failure.Kind == pay.FailureUnclassed {
			t.Errorf("%d: a second cancel under the old guard: %v", i, err)
		}
	}
}
