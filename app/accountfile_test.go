package app

import (
	"context"
	"errors"
	"testing"

	"daesa/internal/hint"
	"daesa/internal/table"
	"daesa/pay"
	"daesa/refunds"
)

// safe is a counter that knows accounts, and keeps what is imported.
type safe struct {
	*counter
	accounts map[string]*refunds.StoredAccount
	saved    []refunds.StoredAccount
}

func (s *safe) Account(_ context.Context, _, key string) (*refunds.StoredAccount, error) {
	return s.accounts[key], nil
}

func (s *safe) SaveAccounts(_ context.Context, accounts []refunds.StoredAccount) error {
	s.saved = append(s.saved, accounts...)
	return nil
}

// importing is a file's import over some payments.
func importing(t *testing.T, payments ...pay.Payment) (*safe, func(rows ...refunds.AccountAsking) (ImportedAccounts, error)) {
	t.Helper()
	ring, _ := keyring(t)
	s := &safe{counter: newCounter(payments...), accounts: map[string]*refunds.StoredAccount{}}
	asker := s.asker()
	asker.Requests, asker.Sealer = s, ring
	for _, p := range payments {
		if p.OrderID == "known" {
			s.accounts[p.PaymentKey] = sealedAccount(t, ring, p)
		}
	}
	return s, func(rows ...refunds.AccountAsking) (ImportedAccounts, error) {
		return ImportAccounts{Asker: asker, Store: s}.take(t.Context(), refunds.AccountBatch{Name: "accounts.csv", Rows: rows}, nil)
	}
}

func given(line int, order string) refunds.AccountAsking {
	return refunds.AccountAsking{MID: mid, OrderID: order, Account: hisAccount, Line: line}
}

func TestAnAccountThatIsThereAlreadyIsNotStoredAgain(t *testing.T) {
	s, run := importing(t, deposited("new"), deposited("known"))
	done, err := run(given(2, "new"), given(3, "known"))
	if err != nil || done != (ImportedAccounts{Stored: 1, Known: 1}) || len(s.saved) != 1 || s.saved[0].OrderID != "new" {
		t.Errorf("%+v, saved %d, %v", done, len(s.saved), err)
	}
}

func TestEveryRowThatIsWrongIsSaidAndNothingOfTheFileIsTaken(t *testing.T) {
	card := deposited("card")
	card.Method = pay.Card
	s, run := importing(t, deposited("good"), card)
	byKey := given(5, "another")
	byKey.PaymentKey = "k-good"
	_, err := run(given(2, "good"), given(3, "card"), given(4, "nosuch"), byKey)
	var faults table.Faults
	if !errors.As(err, &faults) || len(faults) != 3 || hint.Of(err) == "" || len(s.saved) > 0 {
		t.Fatalf("saved %d, %v", len(s.saved), err)
	}
	for i, line := range []int{3, 4, 5} {
		if faults[i].Line != line || faults[i].Column != "order_id" {
			t.Errorf("%+v", faults[i])
		}
	}
}

func TestTwoAccountsForOnePaymentAreForAPersonToSettle(t *testing.T) {
	s, run := importing(t, deposited("A"))
	other := given(3, "A")
	other.Account.Number = "1002999999999"
	if _, err := run(given(2, "A"), other); err == nil || len(s.saved) > 0 {
		t.Errorf("saved %d, %v", len(s.saved), err)
	}
}

func TestWhereTheProviderIsAwayNoAccountIsTaken(t *testing.T) {
	s, run := importing(t, deposited("A"), deposited("B"))
	s.down = 2
	_, err := run(given(2, "A"), given(3, "B"))
	var failure *pay.Failure
	if !errors.As(err, &failure) || len(s.saved) > 0 {
		t.Errorf("saved %d, %v", len(s.saved), err)
	}
}
