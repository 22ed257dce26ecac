package refunds

import (
	"testing"

	"daesa/pay"
)

// TestAnOrderWhoseFigureCountsPointsOwesNothingByItself: an approved proposal is
// not sent any more once the shop's figure is one that counts other ways, too.
func TestAnOrderWhoseFigureCountsPointsOwesNothingByItself(t *testing.T) {
	p := pay.Payment{Status: pay.Done, TotalAmount: 10000, BalanceAmount: 10000, Currency: pay.KRW}
	order := &pay.Order{Status: pay.OrderPartiallyCanceled, Amount: 10000, CanceledAmount: 4000, PG: pay.PGToss, Currency: pay.KRW}
	if owed := Owed(p, Known{Order: order}); owed != 4000 {
		t.Errorf("%d owed", owed)
	}
	order.MixedRefunds = true
	if owed := Owed(p, Known{Order: order}); owed != 0 {
		t.Errorf("%d owed of a figure that counts points", owed)
	}
}
