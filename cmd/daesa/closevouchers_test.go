package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daesa/app"
	"daesa/pay"
	"daesa/settle"
)

// vouchersOf runs `close vouchers` on a database of its own, with vouchers of a made-up
// month.
func vouchersOf(t *testing.T, folder string, words ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	a := &invocation{environment: environment{stdout: &out, stderr: io.Discard, clock: time.Now, env: func(string) (string, bool) { return "", false }}}
	root := a.root()
	root.AddCommand(a.closeVouchersCommand(func(_ context.Context, _ *session, month settle.Month) (app.MonthVouchers, error) {
		chart := settle.Chart{Receivable: "108 외상매출금", Bank: "103 보통예금"}
		j := settle.Journal{Month: month, Currency: pay.KRW, Deposits: []settle.Deposit{{Line: settle.Line{Day: month.First(), Amount: 90_000}, Kind: settle.DepositPayout}}}
		return app.MonthVouchers{Month: month, State: settle.MonthReady, Entries: settle.Vouchers(j, chart), At: time.Now()}, nil
	}))
	root.SetArgs(append([]string{"vouchers", "--config", filepath.Join(folder, "daesa.yaml")}, words...))
	err := root.ExecuteContext(t.Context())
	return a.out.String(), err
}

func TestCloseVouchersWritesAFileAndSaysWhatIsInIt(t *testing.T) {
	alone(t)
	folder := t.TempDir()
	for _, words := range [][]string{{"init", folder}, {"migrate", "--config", filepath.Join(folder, "daesa.yaml")}} {
		if code := run(t.Context(), words, environment{stdout: io.Discard, stderr: os.Stderr, clock: time.Now, env: func(string) (string, bool) { return "", false }}); code != codeDone {
			t.Fatal(words, code)
		}
	}
	path := filepath.Join(folder, "v.csv")
	text, err := vouchersOf(t, folder, "2026-11", "--out", path)
	if err != nil || !strings.Contains(text, "1 voucher, 2 lines of 2026-11 (가마감: not locked)") || !strings.Contains(text, "the receivable 108 외상매출금 moves by: -90,000원") {
		t.Error(text, err)
	}
	text, err = vouchersOf(t, folder, "2026-11", "--out", path, "--encoding", "cp949", "--json")
	var document vouchersDocument
	if err != nil || json.Unmarshal([]byte(text), &document) != nil || document.Entries != 2 || document.State != "ready" || !document.Provisional || document.Debits["KRW"] != 90_000 || document.Receivable["KRW"] != -90_000 {
		t.Error(text, err)
	}
	if body, err := os.ReadFile(path); err != nil || !bytes.HasPrefix(body, []byte("\xC0\xFC\xC7\xA5")) { // 전표, in CP949
		t.Errorf("%q %v", body, err)
	}
	for _, words := range [][]string{{"2026-11"}, {"2026-13", "--out", path}, {"2026-11", "--out", "v.pdf"}, {"2026-11", "--out", path, "--encoding", "latin1"}, {"2026-11", "--out", "v.xlsx", "--encoding", "cp949"}} {
		a := &invocation{}
		if _, err := vouchersOf(t, folder, words...); err == nil || a.codeOf(t.Context(), err) != codeUsage {
			t.Errorf("%v: %v", words, errors.Unwrap(err))
		}
	}
}
