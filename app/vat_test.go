package app_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"daesa/app"
	"daesa/pay"
	"daesa/settle"
)

const november = settle.Month("2026-11")

// salesDesk is a shop's sales, and a pretend Toss that knows of each payment whether it
// has a cash receipt.
type salesDesk struct {
	sales    map[string][]settle.Sale // by MID
	read     map[pay.Day]time.Time
	taken    time.Time
	versions []settle.Version
	kept     []string
	answers  func(key string) error
}

func (d *salesDesk) Sales(_ context.Context, mid string, from, to pay.Day, each func(settle.Sale) error) error {
	for _, s := range d.sales[mid] {
		if day := pay.DayOf(s.At); day < from || day > to {
			continue
		}
		if err := each(s); err != nil {
			return err
		}
	}
	return nil
}

func (d *salesDesk) TransactionDays(context.Context, string, pay.Day, pay.Day) (map[pay.Day]time.Time, error) {
	return d.read, nil
}
func (d *salesDesk) LedgerTaken(context.Context, string) (time.Time, error) { return d.taken, nil }
func (d *salesDesk) MonthVersions(context.Context) ([]settle.Version, error) {
	return d.versions, nil
}

func (d *salesDesk) Payment(_ context.Context, key string) (pay.Payment, pay.Evidence, error) {
	if d.answers != nil {
		if err := d.answers(key); err != nil {
			return pay.Payment{}, pay.Evidence{}, err
		}
	}
	return pay.Payment{PaymentKey: key}, pay.Evidence{}, nil
}

func (d *salesDesk) SaveLookUp(_ context.Context, p pay.Payment, _ pay.Evidence, _ time.Time) error {
	d.kept = append(d.kept, p.MID+"/"+p.PaymentKey)
	return nil
}

func saleOf(key string, c pay.Currency, amount int64, taxFree *int64) settle.Sale {
	return settle.Sale{TaxFree: taxFree, Transaction: settle.Transaction{PaymentKey: key, Currency: c, Method: pay.Card, Amount: amount, At: pay.Day("2026-11-21").Start()}}
}

func (d *salesDesk) reference() app.VATReference {
	return app.VATReference{Books: d, MIDs: []string{"a", "b"}, From: november, To: november}
}

func (d *salesDesk) lookUps(most int) app.SalesLookUps {
	return app.SalesLookUps{VATReference: d.reference(), Keep: d, Most: most, Clock: time.Now, Step: func(int64, int64) {},
		Provider: func(string) (app.PaymentLooker, error) { return d, nil }}
}

func TestTheVATReferenceSumsMerchantsAndKeepsCurrenciesApart(t *testing.T) {
	none := int64(0)
	d := &salesDesk{sales: map[string][]settle.Sale{
		"a": {saleOf("1", pay.KRW, 11_000, &none), saleOf("2", "USD", 1_100, &none)},
		"b": {saleOf("3", pay.KRW, -1_100, &none), saleOf("4", pay.KRW, 500, nil)},
	}}
	figures, err := d.reference().Figures(t.Context(), "2026-12-10")
	if err != nil || len(figures.Tables) != 2 || figures.Tables[0].Currency != pay.KRW || figures.Tables[1].Currency != "USD" {
		t.Fatal(figures, err)
	}
	if won := figures.Tables[0]; won.Rows[0].Net != 9_900 || won.Rows[0].VAT != 900 || won.Rows[0].Count != 2 || won.Unread != 1 || won.UnreadApprovals != 500 {
		t.Errorf("%+v", won)
	}
	if dollars := figures.Tables[1]; dollars.Rows[0].Net != 1_100 {
		t.Errorf("%+v", dollars)
	}
}

func TestAQuarterIsLockedOnlyWhenEveryMonthOfItIs(t *testing.T) {
	locked := func(m settle.Month) settle.Version { return settle.Version{Month: m, LockedAt: time.Now()} }
	reopened := locked("2026-12")
	reopened.Reopened = time.Now()
	for name, test := range map[string]struct {
		versions []settle.Version
		want     bool
	}{
		"none is":             {nil, false},
		"two are":             {[]settle.Version{locked("2026-10"), locked("2026-11")}, false},
		"one was reopened":    {[]settle.Version{locked("2026-10"), locked("2026-11"), reopened}, false},
		"all are":             {[]settle.Version{locked("2026-10"), locked("2026-11"), locked("2026-12")}, true},
		"reopened and locked": {[]settle.Version{locked("2026-10"), locked("2026-11"), reopened, locked("2026-12")}, true},
	} {
		v := (&salesDesk{versions: test.versions}).reference()
		v.From, v.To = "2026-10", "2026-12"
		if figures, err := v.Figures(t.Context(), "2027-01-10"); err != nil || figures.Locked != test.want {
			t.Errorf("%s: locked %t (%v)", name, figures.Locked, err)
		}
	}
}

// Days that were not read are named, and days to come are not missing.
func TestTheVATReferenceNamesTheDaysThatItLacks(t *testing.T) {
	taken := pay.Day("2026-11-04").Start()
	d := &salesDesk{taken: taken, read: map[pay.Day]time.Time{"2026-11-01": taken.Add(-time.Hour), "2026-11-03": taken.Add(time.Hour)}}
	figures, err := d.reference().Figures(t.Context(), "2026-11-04")
	if err != nil || !slices.Equal(figures.Unread, []pay.Day{"2026-11-02", "2026-11-04"}) || !slices.Equal(figures.Untaken, []pay.Day{"2026-11-03"}) {
		t.Errorf("unread %v, untaken %v (%v)", figures.Unread, figures.Untaken, err)
	}
}

func TestWhatIsNotKnownIsLookedUpMostMoneyFirstAndEachPaymentOnce(t *testing.T) {
	none, issued := int64(0), true
	transfer := saleOf("known", pay.KRW, 90_000, &none)
	transfer.Method, transfer.Receipt = pay.Transfer, &issued
	asks := saleOf("receipt", pay.KRW, 70_000, &none)
	asks.Method = pay.Transfer
	d := &salesDesk{sales: map[string][]settle.Sale{
		"a": {saleOf("small", pay.KRW, 1_000, nil), transfer, asks, saleOf("taxed", pay.KRW, 99_000, &none)},
		"b": {saleOf("large", pay.KRW, 80_000, nil), saleOf("large", pay.KRW, -10_000, nil)},
	}}
	sum, err := d.lookUps(2).Run(t.Context())
	if err != nil || sum.Wanted != 4 || sum.Asked != 2 || sum.Failed != 0 || !slices.Equal(d.kept, []string{"b/large", "a/receipt"}) {
		t.Errorf("%+v %v (%v)", sum, d.kept, err)
	}
}

func TestLookUpsOfSalesStopWhereTheProviderIsNotWell(t *testing.T) {
	d := &salesDesk{sales: map[string][]settle.Sale{}}
	for _, key := range []string{"1", "2", "3", "4", "5", "6", "7", "8"} {
		d.sales["a"] = append(d.sales["a"], saleOf(key, pay.KRW, 1_000, nil))
	}
	for name, test := range map[string]struct {
		kind          pay.FailureKind
		asked, failed int64
		ends          bool
	}{
		"it does not answer":    {pay.FailureNoAnswer, 5, 5, false},
		"it knows no such ones": {pay.FailureNotFound, 8, 8, false},
		"the key is wrong":      {pay.FailureKey, 1, 0, true},
	} {
		failure := &pay.Failure{Kind: test.kind}
		d.answers = func(string) error { return failure }
		sum, err := d.lookUps(100).Run(t.Context())
		if sum.Asked != test.asked || sum.Failed != test.failed || errors.Is(err, failure) != test.ends || len(d.kept) != 0 {
			t.Errorf("%s: %+v (%v)", name, sum, err)
		}
	}
}
