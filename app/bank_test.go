package app

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"daesa/passbook"
	"daesa/pay"
	"daesa/settle"
)

func TestTheAccountOfAFile(t *testing.T) {
	t.Parallel()
	x := ImportBank{Accounts: []BankAccount{{Name: "a", Last4: "1111"}, {Name: "b", Last4: "2222"}, {Name: "c", Last4: "2222"}, {Name: "d"}}}
	for _, test := range []struct {
		last4, name, refused string
		asked                bool
	}{
		{"1111", "a", "", false},
		{"2222", "", "and so do several of bank.accounts", true},
		{"", "", "does not say of which account it is", true},
		{"3333", "", "is of another account than those of bank.accounts", false},
	} {
		account, err := x.accountOf("f.csv", passbook.Statement{Last4: test.last4})
		var asked *AskedError
		switch {
		case test.name != "" && (err != nil || account.Name != test.name):
			t.Errorf("%s: %v %v", test.last4, account, err)
		case test.name == "" && (err == nil || !strings.Contains(err.Error(), test.refused) || errors.As(err, &asked) != test.asked):
			t.Errorf("%s: %v", test.last4, err)
		}
	}
}

func TestNoPassbookIsImportedThatIsNotConfigured(t *testing.T) {
	t.Parallel()
	for _, x := range []ImportBank{{}, {Accounts: []BankAccount{{Name: "a"}}, Account: "b"}} {
		var asked *AskedError
		if _, err := x.Run(context.Background(), []string{"none.csv"}); !errors.As(err, &asked) {
			t.Errorf("%v", err)
		}
	}
}

func TestDaysOfFilesAreJoined(t *testing.T) {
	t.Parallel()
	files := []BankFile{
		{Spans: []passbook.Span{{From: "2026-11-05", To: "2026-11-06"}, {From: "2026-11-20", To: "2026-11-21"}}},
		{Spans: []passbook.Span{{From: "2026-11-01", To: "2026-11-04"}}},
		{Spans: []passbook.Span{{From: "2026-11-02", To: "2026-11-03"}, {From: "2026-11-08", To: "2026-11-08"}}},
	}
	want := []passbook.Span{{From: "2026-11-01", To: "2026-11-06"}, {From: "2026-11-08", To: "2026-11-08"}, {From: "2026-11-20", To: "2026-11-21"}}
	if diff := cmp.Diff(want, spansOf(files)); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsUnreadBesideAFile(t *testing.T) {
	t.Parallel()
	span := func(from, to string) passbook.Span {
		return passbook.Span{From: "2026-11-" + pay.Day(from), To: "2026-11-" + pay.Day(to)}
	}
	for name, test := range map[string]struct {
		shown   passbook.Span
		covered []passbook.Span
		gaps    []BankGap
		want    []passbook.Span
	}{
		"nothing is shown":           {passbook.Span{}, []passbook.Span{span("01", "02")}, nil, nil},
		"the first file":             {span("05", "06"), []passbook.Span{span("05", "06")}, nil, nil},
		"a day before":               {span("05", "06"), []passbook.Span{span("01", "03"), span("05", "06")}, nil, []passbook.Span{span("04", "04")}},
		"no day before":              {span("05", "06"), []passbook.Span{span("01", "06")}, nil, nil},
		"the nearest counts":         {span("09", "09"), []passbook.Span{span("01", "02"), span("04", "09")}, nil, nil},
		"a day behind":               {span("05", "06"), []passbook.Span{span("05", "06"), span("08", "09"), span("12", "12")}, nil, []passbook.Span{span("07", "07")}},
		"both sides":                 {span("05", "05"), []passbook.Span{span("01", "01"), span("05", "05"), span("08", "09")}, nil, []passbook.Span{span("02", "04"), span("06", "07")}},
		"what a balance leaves out":  {span("05", "06"), []passbook.Span{span("01", "03"), span("06", "06")}, []BankGap{{From: "2026-11-03", To: "2026-11-05"}}, nil},
		"a gap somewhere else":       {span("05", "06"), []passbook.Span{span("01", "03"), span("05", "06")}, []BankGap{{From: "2026-11-01", To: "2026-11-03"}}, []passbook.Span{span("04", "04")}},
		"the day of the import":      {span("05", "06"), []passbook.Span{span("01", "05")}, nil, nil},
		"only later days are known":  {span("05", "06"), []passbook.Span{span("09", "09")}, nil, []passbook.Span{span("07", "08")}},
		"only the same day is known": {span("05", "05"), []passbook.Span{span("05", "05")}, nil, nil},
	} {
		if diff := cmp.Diff(test.want, unreadBeside(test.shown, test.covered, test.gaps), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Balances that a file states and that do not tie are one gap, however many files
// state them, and none where another file shows these days whole.
func TestBalancesOfAFileThatDoNotTie(t *testing.T) {
	t.Parallel()
	account := BankAccount{Name: "main", MIDs: []string{"shop"}}
	untied := []passbook.Untied{{From: "2026-11-03", To: "2026-11-04", Missing: -5}, {From: "2026-11-03", To: "2026-11-04", Missing: -5}, {From: "2026-11-01", To: "2026-11-01", Missing: 7}}
	gaps := account.gaps(nil, untied, "USD")
	want := []BankGap{
		{Gap: settle.Gap{MID: "shop", Account: "main", Currency: "USD", Shown: 7, Day: "2026-11-01"}, From: "2026-11-01", To: "2026-11-01", Missing: 7},
		{Gap: settle.Gap{MID: "shop", Account: "main", Currency: "USD", Shown: -5, Day: "2026-11-03"}, From: "2026-11-03", To: "2026-11-04", Missing: -5},
	}
	if diff := cmp.Diff(want, gaps); diff != "" {
		t.Error(diff)
	}
	if left := stillUntied(untied, []passbook.Span{{From: "2026-11-02", To: "2026-11-04"}}); len(left) != 1 || left[0].Missing != 7 {
		t.Errorf("%v", left)
	}
}
