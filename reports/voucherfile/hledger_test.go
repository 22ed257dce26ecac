package voucherfile_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"daesa/pay"
	"daesa/reports/voucherfile"
	"daesa/settle"
)

// TestHledgerReadsTheSameBooks: a bookkeeping program of others (Debian's hledger) takes
// the voucher file in by docs/hledger.rules, and comes to the balances that settle
// comes to, for each account to the won.
func TestHledgerReadsTheSameBooks(t *testing.T) {
	cli, err := exec.LookPath("hledger")
	if err != nil {
		if os.Getenv("DAESA_REQUIRE_HLEDGER") != "" {
			t.Fatal("hledger is not installed, and DAESA_REQUIRE_HLEDGER is set")
		}
		t.Skip("hledger is not installed: apt-get install hledger")
	}
	for seed, test := range []struct{ sells, provisional bool }{{false, false}, {true, true}, {true, false}} {
		c := chart()
		if test.sells {
			c.Sales, c.SalesFree, c.SalesReturn = "401 상품매출", "402 면세매출", "403 매출환입"
		}
		won := settle.Vouchers(madeUp(uint64(seed), pay.KRW), c)
		dollars := settle.Vouchers(madeUp(uint64(seed)+100, "USD"), c)
		path := filepath.Join(t.TempDir(), "vouchers.csv")
		if err := voucherfile.SaveVouchers(path, month, slices.Concat(won, dollars), voucherfile.Options{Provisional: test.provisional}); err != nil {
			t.Fatal(err)
		}
		balances := balancesOf(t, cli, path)
		for _, account := range []string{c.Receivable, c.Bank, c.Fee, c.FeeVAT, c.Suspense, c.OtherIncome, c.SalesVAT, "401 상품매출", "402 면세매출", "403 매출환입"} {
			if got, want := balances[account+" "], settle.MovementOf(won, account); got != want {
				t.Errorf("month %d: %s: hledger %d, settle %d", seed, account, got, want)
			}
			if got, want := balances[account+" USD"], settle.MovementOf(dollars, account); got != want {
				t.Errorf("month %d: %s in dollars: hledger %d, settle %d", seed, account, got, want)
			}
		}
		if balances["대차 "] != 0 || balances["대차 USD"] != 0 {
			t.Errorf("month %d: debits and credits differ: %v", seed, balances)
		}
		if settle.MovementOf(won, c.Receivable) == 0 {
			t.Error("a month in which the receivable does not move proves nothing")
		}
	}
}

// balancesOf are the balances by "ACCOUNT CURRENCY", won without the currency.
func balancesOf(t *testing.T, cli, path string) map[string]int64 {
	t.Helper()
	command := exec.Command(cli, "-f", path, "--rules-file", filepath.Join("..", "..", "docs", "hledger.rules"), "bal", "--flat", "--layout=bare", "-O", "csv", "-N", "-E")
	command.Env = append(command.Environ(), "LC_ALL=C.UTF-8")
	var said bytes.Buffer
	command.Stderr = &said
	out, err := command.Output()
	if err != nil {
		t.Fatal(err, said.String())
	}
	rows, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	balances := map[string]int64{}
	for _, row := range rows[1:] { // account, commodity, balance
		c := pay.Currency(row[1])
		if c == "" {
			c = pay.KRW
		}
		value, negative := strings.CutPrefix(row[2], "-")
		units, err := c.ParseAmount(value)
		if err != nil {
			t.Fatal(row, err)
		}
		if negative {
			units = -units
		}
		balances[row[0]+" "+row[1]] = units
	}
	return balances
}

// madeUp is a month with everything that vouchers are made of.
func madeUp(seed uint64, c pay.Currency) settle.Journal {
	random := rand.New(rand.NewPCG(seed, 1))
	day := func() pay.Day { return month.First().Add(random.IntN(30)) }
	amount := func() int64 { return 1 + random.Int64N(90_000_000) }
	j := settle.Journal{Month: month, Currency: c}
	for i := range 40 {
		gross := amount()
		free := random.Int64N(gross + 1)
		j.Sales = append(j.Sales, settle.SalesOf{Day: day(), Method: pay.Card, Cancel: i%4 == 0, Gross: gross, TaxFree: free, VAT: (gross - free) / 11})
		fee := amount() / 30
		if i%5 == 0 {
			fee = -fee
		}
		j.Fees = append(j.Fees, settle.FeesOf{Day: day(), Fee: fee, FeeVAT: fee / 10})
		j.Adjustments = append(j.Adjustments, settle.Adjustment{Day: day(), Subject: settle.SubjectOfPayout(settle.PayoutKey{Day: day(), Currency: c}), Amount: amount() - 45_000_000})
	}
	j.Fees = append(j.Fees, settle.FeesOf{Day: "2026-10-30", Fee: 777, FeeVAT: 78, Prior: true})
	for i, kind := range []settle.DepositKind{settle.DepositPayout, settle.DepositOpen, settle.DepositCleared, settle.DepositRebate, settle.DepositOther, settle.DepositUndone} {
		for range 5 {
			paid := amount()
			j.Deposits = append(j.Deposits, settle.Deposit{Line: settle.Line{ID: fmt.Sprint(i), Day: day(), Amount: paid}, Kind: kind, Supply: paid / 2, VAT: paid / 20})
		}
	}
	return j
}
