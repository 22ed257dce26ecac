package app_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daesa/app"
	"daesa/internal/hint"
	"daesa/pay"
	"daesa/settle"
)

var chartOfVouchers = settle.Chart{Receivable: "108 외상매출금", Bank: "103 보통예금", Fee: "831 수수료비용", FeeVAT: "135 부가세대급금", Suspense: "257 가수금"}

func vouchersOfNovember(state settle.MonthState) app.MonthVouchers {
	j := settle.Journal{Month: november, Currency: pay.KRW, Fees: []settle.FeesOf{{Day: "2026-11-03", Fee: 3_000, FeeVAT: 300}},
		Deposits: []settle.Deposit{{Line: settle.Line{Day: "2026-11-05", Amount: 90_000}, Kind: settle.DepositPayout}}}
	dollars := j
	dollars.Currency = "USD"
	return app.MonthVouchers{Month: november, State: state, At: time.Date(2026, 12, 10, 9, 0, 0, 0, pay.Seoul),
		Entries: append(settle.Vouchers(j, chartOfVouchers), settle.Vouchers(dollars, chartOfVouchers)...)}
}

func TestAVoucherFileTellsWhatItHolds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v.csv")
	done, err := app.VoucherFile{Path: path, Receivable: chartOfVouchers.Receivable}.Write(vouchersOfNovember(settle.MonthLocked))
	if err != nil || done.Vouchers != 4 || done.Entries != 10 || done.Provisional || done.Debits[pay.KRW] != 93_300 || done.Credits["USD"] != 93_300 || done.Receivable[pay.KRW] != -93_300 {
		t.Errorf("%+v (%v)", done, err)
	}
	body, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(body), "가마감") {
		t.Error(string(body), err)
	}
}

func TestEveryStateButLockedIsProvisional(t *testing.T) {
	for _, state := range settle.MonthStates {
		path := filepath.Join(t.TempDir(), "v.csv")
		done, err := app.VoucherFile{Path: path}.Write(vouchersOfNovember(state))
		if err != nil {
			t.Fatal(err)
		}
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if want := state != settle.MonthLocked; done.Provisional != want || strings.Contains(string(body), "가마감") != want {
			t.Errorf("%s: provisional %t", state, done.Provisional)
		}
	}
}

func TestVouchersThatDoNotBalanceAreNotWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v.csv")
	m := vouchersOfNovember(settle.MonthLocked)
	m.Entries = m.Entries[1:]
	if _, err := (app.VoucherFile{Path: path}).Write(m); err == nil || !strings.Contains(err.Error(), "90,300") || !strings.Contains(err.Error(), "93,300") {
		t.Error(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Error("a file is there", err)
	}
}

func TestAVoucherFileThatCannotBeIsAMistakeOfTheCall(t *testing.T) {
	var asked *app.AskedError
	if err := (app.VoucherFile{Path: "v.pdf"}).Check(); !errors.As(err, &asked) || hint.Of(err) == "" {
		t.Error(err)
	}
}
