package config

import (
	"reflect"
	"slices"
	"testing"

	"daesa/pay"
	"daesa/settle"
)

// The words of the file are those of the rooms that act on them, which this
// room may not know.
func TestWordsOfTheBooksAreThoseOfTheirRooms(t *testing.T) {
	for _, word := range methods {
		if method, ok := pay.ParseMethod(word); !ok || string(method) != word {
			t.Errorf("%s is no method of pay", word)
		}
	}
	for key, word := range map[string]string{
		Daily: string(settle.Daily), Weekly: string(settle.Weekly), Monthly: string(settle.Monthly),
		BasisSold: string(settle.BasisSold), BasisPaid: string(settle.BasisPaid),
	} {
		if key != word {
			t.Errorf("%s is %s in settle", key, word)
		}
	}
	if want := append(slices.Clone(settle.VoucherColumns), settle.ColumnDebit, settle.ColumnCredit); !slices.Equal(voucherColumns, want) {
		t.Errorf("columns %q; settle has %q", voucherColumns, want)
	}
	for _, title := range voucherColumns {
		if _, ok := (settle.Entry{}).Cell(title); !ok {
			t.Errorf("settle fills no column %s", title)
		}
	}
}

func TestPerMethodNamesEachField(t *testing.T) {
	fields := reflect.TypeFor[PerMethod[string]]()
	values := PerMethod[string]{"card", "transfer", "virtual_account", "easy_pay", "foreign_easy_pay", "phone", "gift_certificate"}.Map()
	if fields.NumField() != len(values) {
		t.Fatalf("%d fields, %d methods", fields.NumField(), len(values))
	}
	for method, value := range values {
		if method != value {
			t.Errorf("%s gives the value of %s", method, value)
		}
	}
	for i := range fields.NumField() {
		if fields.Field(i).Tag.Get("yaml") != methods[i] {
			t.Errorf("field %s stands for %s", fields.Field(i).Name, methods[i])
		}
	}
}

// A rate is the same number here and where fees are judged.
func TestRateIsSettlesRate(t *testing.T) {
	if RateUnit != settle.RateUnit {
		t.Fatal("the units differ")
	}
	for _, text := range []string{"2.1%", "0%", "100%", "0.0000001%", "2.10%", " 2.1 % ", "12.3456789%"} {
		var rate Rate
		wrong := rate.fromText(text)
		want, ok := settle.ParseRate(text)
		if wrong != nil || !ok || int64(rate) != int64(want) || rate.String() != want.String() {
			t.Errorf("%s is %v (%v); settle reads %v", text, rate, wrong, want)
		}
	}
	for _, text := range []string{"", "%", "2.1", "2,1%", "-1%", "100.0000001%", "2.12345678%", "2.%", ".5%", "02.1%", "1e1%"} {
		rate := Rate(7)
		if wrong := rate.fromText(text); wrong == nil || rate != 7 {
			t.Errorf("%q is read as %v", text, rate)
		}
	}
}

func TestBankAccountByName(t *testing.T) {
	bank := Bank{Accounts: []BankAccount{{Name: "main", NumberLast4: "1234"}, {Name: "second"}}}
	if got, ok := bank.Account("main"); !ok || got.NumberLast4 != "1234" {
		t.Errorf("got %v, %v", got, ok)
	}
	if _, ok := bank.Account("Main"); ok {
		t.Error("another name is found")
	}
}
