package main

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"daesa/pay"
)

// won is a month's ledger in won, as `close check` says it.
func (d *closingDesk) won(month string) monthDocument {
	d.t.Helper()
	var months []monthDocument
	fine(d.t, json.Unmarshal([]byte(d.call("kim", "close", "check", month, "--json").stdout), &months))
	for _, m := range months {
		if m.Currency == string(pay.KRW) {
			return m
		}
	}
	d.t.Fatalf("%s has no ledger in won", month)
	return monthDocument{}
}

// invoice enters the fee invoice of November, which is issued in December.
func (d *closingDesk) invoice(supply, vat int64) {
	d.t.Helper()
	d.run("kim", "close", "invoice", "2026-11", "--supply", strconv.FormatInt(supply, 10), "--vat", strconv.FormatInt(vat, 10), "--issued", "2026-12-01", "--ok-codes", "3,5")
}

// An invoice that differs from the rows keeps the month open that it is of, although it
// is issued in the next one: until it is decided about or entered anew, and also where it
// came while the month was locked.
func TestAFeeInvoiceThatDiffersKeepsItsMonthOpen(t *testing.T) {
	alone(t)
	t.Parallel()
	d := novemberDesk(t)
	if m := d.won("2026-11"); m.State != "ready" {
		t.Fatalf("nothing was planted, and November is %s: %+v", m.State, m.Reasons)
	}
	d.invoice(1, 0)
	m := d.won("2026-11")
	if m.State != "provisional" || m.Breaks["fee_invoice_mismatch"] != 1 || m.Unexplained != 0 {
		t.Errorf("November is %s with %v", m.State, m.Breaks)
	}
	if done := d.call("lee", "close", "lock", "2026-11"); done.code == codeDone || !strings.Contains(done.stderr, "fee_invoice_mismatch") {
		t.Errorf("locked with an invoice that differs: %d %s", done.code, done.stderr)
	}
	// It stands in the workbook of its month, and a person decides there.
	_, drawn := d.report()
	path := d.fillMonth(drawn, "invoice.xlsx", cellsOf{"불일치", "수수료 세금계산서 불일치", map[string]any{"결정": "소액 차이 종결", "메모": "수정 발급 요청"}})
	if done := d.apply("kim", path, true); len(done.Applied) != 1 || len(done.Refused) != 0 {
		t.Errorf("%+v", done)
	}
	if m := d.won("2026-11"); m.State != "ready" {
		t.Errorf("decided about, November is %s: %+v", m.State, m.Reasons)
	}
	d.run("lee", "close", "lock", "2026-11")
	// Another wrong one comes while the month is locked: it does not change, and is not
	// locked again before somebody has looked.
	d.now = d.now.Add(time.Minute)
	d.invoice(2, 0)
	if m := d.won("2026-11"); m.State != "locked" || *m.Version != 1 {
		t.Errorf("%+v", m)
	}
	d.run("lee", "close", "reopen", "2026-11", "--note", "세금계산서 재발급")
	if done := d.call("lee", "close", "lock", "2026-11"); done.code == codeDone || !strings.Contains(done.stderr, "fee_invoice_mismatch") {
		t.Errorf("locked again with an invoice that differs: %d %s", done.code, done.stderr)
	}
}

// One invoice may be of several merchants, and each of them must be one of the file's.
func TestAFeeInvoiceNamesItsMerchants(t *testing.T) {
	alone(t)
	t.Parallel()
	d := novemberDesk(t)
	enter := func(mids string) called {
		return d.call("kim", "close", "invoice", "2026-11", "--supply", "1", "--vat", "0", "--issued", "2026-12-01", "--ok-codes", "3,5", "--json", "--mid", mids)
	}
	known := d.won("2026-11").MID
	if done := enter(known + ",nobody"); done.code != codeUsage || !strings.Contains(done.stderr, "--mid nobody: no such merchant") {
		t.Errorf("%d %s", done.code, done.stderr)
	}
	var entered invoiceDocument
	fine(t, json.Unmarshal([]byte(enter(known+","+known).stdout), &entered))
	if len(entered.MIDs) != 1 || entered.MIDs[0] != known {
		t.Errorf("%v", entered.MIDs)
	}
}
