package doctor_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"daesa/app/doctor"
	"daesa/pay"
)

var keyNow = time.Date(2026, 11, 22, 10, 0, 0, 0, pay.Seoul)

// listOf is a transaction list, two rows a page, that counts how often it is
// asked.
func listOf(calls *int, rows ...pay.Transaction) doctor.Transactions {
	return func(_ context.Context, from, to time.Time, after string) (pay.TransactionPage, error) {
		*calls++
		var found []pay.Transaction
		for _, row := range rows {
			if !row.At.Before(from) && row.At.Before(to) && row.TransactionKey > after {
				found = append(found, row)
			}
		}
		if len(found) > 2 {
			return pay.TransactionPage{Rows: found[:2], Next: found[1].TransactionKey}, nil
		}
		return pay.TransactionPage{Rows: found}, nil
	}
}

func rowOf(mid string, ago time.Duration) pay.Transaction {
	at := keyNow.Add(-ago)
	return pay.Transaction{MID: mid, At: at, TransactionKey: at.Format(time.RFC3339)}
}

// The newest row of thirty days says whose key it is, however many there are.
func TestTheNewestRowSaysWhoseKeyItIs(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	tests := []struct {
		name      string
		rows      []pay.Transaction
		mids      []string
		newest    string
		proof     doctor.Proof
		strangers []string
		calls     int
	}{
		{"no row", nil, []string{"shop"}, "", doctor.NotYetProvable, nil, 4},
		{"a row of more than thirty days ago", []pay.Transaction{rowOf("shop", 31*day)}, []string{"shop"}, "", doctor.NotYetProvable, nil, 4},
		{"the configured mid", []pay.Transaction{rowOf("shop", time.Minute)}, []string{"shop"}, "shop", doctor.KeyIsOurs, nil, 1},
		{"a letter is missing", []pay.Transaction{rowOf("shop", 29*day)}, []string{"sho"}, "shop", doctor.KeyIsAnothers, []string{"shop"}, 4},
		{"one of the also_mids", []pay.Transaction{rowOf("shop2", 3*day)}, []string{"shop", "shop2"}, "shop2", doctor.KeyIsOurs, nil, 3},
		{"another MID beside ours is not ours", []pay.Transaction{rowOf("shop", 2*time.Hour), rowOf("other", time.Hour)}, []string{"shop"}, "other", doctor.KeyIsOurs, []string{"other"}, 2},
		{"only another MID", []pay.Transaction{rowOf("other", time.Minute)}, []string{"shop"}, "other", doctor.KeyIsAnothers, []string{"other"}, 4},
		{"a full page goes on", []pay.Transaction{rowOf("a", 30*time.Minute), rowOf("b", 20*time.Minute), rowOf("c", 10*time.Minute)}, []string{"c"}, "c", doctor.KeyIsOurs, []string{"a", "b"}, 2},
		{"a row that names nobody proves nothing", []pay.Transaction{rowOf("", time.Minute)}, []string{"shop"}, "", doctor.NotYetProvable, nil, 4},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			calls := 0
			owner, err := doctor.OwnerOfKey(t.Context(), listOf(&calls, test.rows...), test.mids, keyNow)
			if err != nil {
				t.Fatal(err)
			}
			proof, strangers := owner.Prove(test.mids)
			if owner.MID != test.newest || proof != test.proof || !slices.Equal(strangers, test.strangers) || calls != test.calls {
				t.Errorf("newest %q, %s, strangers %v after %d calls", owner.MID, proof, strangers, calls)
			}
		})
	}
	broken := errors.New("away")
	_, err := doctor.OwnerOfKey(t.Context(), func(context.Context, time.Time, time.Time, string) (pay.TransactionPage, error) {
		return pay.TransactionPage{}, fmt.Errorf("list: %w", broken)
	}, nil, keyNow)
	if !errors.Is(err, broken) {
		t.Errorf("a list that fails: %v", err)
	}
}
