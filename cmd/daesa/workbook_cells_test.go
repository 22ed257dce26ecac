package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"daesa/config"
	"daesa/internal/seal"
	"daesa/pay"
	"daesa/reports"
	"daesa/sandbox"
	"daesa/store"
)

// cellsDay is the business date whose workbook is read.
const cellsDay = pay.Day("2026-11-21")

// ledgered is a night of the program as a user has it: its workbook, and the
// database as it stood when it was drawn. Nothing has moved since.
type ledgered struct {
	t       *testing.T
	book    *excelize.File
	db      *sql.DB
	run     reports.Snapshot
	path    string
	claimed map[string]map[string]bool
	wrong   []string
}

// TestEveryCellOfTheWorkbookIsTheDatabases reads each cell back: it is a label,
// or what a query of the test's own gives.
func TestEveryCellOfTheWorkbookIsTheDatabases(t *testing.T) {
	alone(t)
	t.Parallel()
	l := twoNights(t)
	l.all()
	for _, wrong := range l.wrong {
		t.Error(wrong)
	}
	for _, sheet := range l.book.GetSheetList() {
		for _, ref := range l.unclaimed(sheet) {
			value, _ := l.book.GetCellValue(sheet, ref)
			t.Errorf("%s!%s says %q, and nothing says why", sheet, ref, value)
		}
	}
}

// TestAChangedCellOrRowIsNotTheDatabases: the check can fail.
func TestAChangedCellOrRowIsNotTheDatabases(t *testing.T) {
	alone(t)
	t.Parallel()
	l := twoNights(t)
	header := l.header("불일치", "불일치 ID")
	cell := ref(header.columns["토스 거래"], header.row+1)
	if err := l.book.SetCellValue("불일치", cell, 1); err != nil {
		t.Fatal(err)
	}
	if l.all(); len(l.wrong) == 0 {
		t.Errorf("a changed %s was not seen", cell)
	}
	l = twoNights(t)
	if _, err := l.db.Exec("UPDATE breaks SET local_amount = 7 WHERE kind = 'amount_mismatch'"); err != nil {
		t.Fatal(err)
	}
	if l.all(); len(l.wrong) < 3 {
		t.Errorf("a changed row of the database was seen in %d places, want its row, its class and its sum", len(l.wrong))
	}
}

func (l *ledgered) all() {
	l.breaks()
	l.deadlines()
	l.refunds()
	l.waiting()
	l.missing()
	l.transfers()
	l.promises()
	l.paidOut()
	l.day()
	l.summary()
	l.control()
	l.labels()
}

// twoNights runs two nights of a shop by the program.
func twoNights(t *testing.T) *ledgered {
	t.Helper()
	dir := t.TempDir()
	now, err := pay.ParseTime(asOf)
	fine(t, err)
	toss := sandbox.New(sandbox.Options{Now: time.Now, Freeze: true})
	history := toss.Seed(sandbox.HistoryOptions{Seed: 7, Orders: 600, Days: 8, End: cellsDay.Start(), BreakShare: 0.03})
	toss.SetClock(now)
	fine(t, toss.SetSettlements([]json.RawMessage{settledRow(64_601, 1_492, cellsDay), settledRow(-9_900, -225, cellsDay), settledRow(5_000, 90, cellsDay.Add(1))}))
	server := httptest.NewServer(toss.Handler())
	t.Cleanup(server.Close)
	var file strings.Builder
	fine(t, history.WriteCSV(&file, now))
	fine(t, os.WriteFile(filepath.Join(dir, "orders.csv"), []byte(file.String()), 0o600))
	fine(t, os.WriteFile(filepath.Join(dir, "daesa.yaml"), config.Template(config.TemplateValues{Environment: config.Test, BaseURL: server.URL,
		RequestsPerMinute: 600_000, AutoQueue: []string{"cancel_not_executed"}}), 0o600))
	fine(t, seal.WriteKeyFile(filepath.Join(dir, "account.key")))
	w := environment{stdout: io.Discard, stderr: io.Discard, clock: time.Now, env: func(name string) (string, bool) {
		value, ok := map[string]string{"TOSS_SECRET_KEY": "test_sk_sandbox", "DAESA_ACTOR": "kim"}[name]
		return value, ok
	}}
	for _, line := range [][]string{
		{"orders", "import", filepath.Join(dir, "orders.csv"), "--as-of", "2026-11-22T00:59:00+09:00"},
		{"nightly", "--date", string(cellsDay.Add(-1)), "--as-of", "2026-11-22T01:00:00+09:00"},
		{"nightly", "--date", string(cellsDay), "--as-of", asOf}} {
		if code := run(t.Context(), append(line, "--config", filepath.Join(dir, "daesa.yaml")), w); code != codeDone && code != codePerson {
			t.Fatalf("%v ended with %d", line, code)
		}
	}
	l := &ledgered{t: t, path: filepath.Join(dir, "reports", "daesa-"+string(cellsDay)+".xlsx"), claimed: map[string]map[string]bool{}}
	l.book, err = excelize.OpenFile(l.path)
	fine(t, err)
	t.Cleanup(func() { _ = l.book.Close() })
	l.db, err = sql.Open("sqlite", filepath.Join(dir, "daesa.db"))
	fine(t, err)
	t.Cleanup(func() { _ = l.db.Close() })
	cfg, err := config.Load(filepath.Join(dir, "daesa.yaml"), w.env, false)
	fine(t, err)
	db, err := store.Open(t.Context(), cfg.Database.URL.Reveal())
	fine(t, err)
	defer db.Close()
	_, err = db.Snapshot(t.Context(), "nightly", "tosspayments", cellsDay, reports.Into(&l.run))
	fine(t, err)
	return l
}

// settledRow is a row of GET /v1/settlements.
func settledRow(amount, fee int64, paidOut pay.Day) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"paymentKey":"p","transactionKey":"t%d","orderId":"o","currency":"KRW","amount":%d,"fee":%d,"supplyAmount":%d,"vat":%d,"payOutAmount":%d,
		"approvedAt":"2025-02-09T10:00:00+09:00","soldDate":"2025-02-09","paidOutDate":%q}`, amount, amount, fee, fee-fee/11, fee/11, amount-fee, paidOut))
}

func fine(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func ref(column, row int) string {
	name, _ := excelize.CoordinatesToCellName(column, row)
	return name
}

// raw is what a cell holds, a number as its digits.
func (l *ledgered) raw(sheet, at string) string {
	value, err := l.book.GetCellValue(sheet, at, excelize.Options{RawCellValue: true})
	fine(l.t, err)
	return value
}

// is compares a cell with what the database says, and claims it.
func (l *ledgered) is(sheet string, column, row int, want any) {
	at := ref(column, row)
	if l.claimed[sheet] == nil {
		l.claimed[sheet] = map[string]bool{}
	}
	l.claimed[sheet][at] = true
	if got := l.raw(sheet, at); short(got) != short(fmt.Sprint(want)) {
		l.wrong = append(l.wrong, fmt.Sprintf("%s!%s says %q, the database %q", sheet, at, got, fmt.Sprint(want)))
	}
}

// short is a number without zeros behind its point.
func short(text string) string {
	if strings.Contains(text, ".") && isNumber(text) {
		return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// moment compares a cell with an instant of the database, to the second.
func (l *ledgered) moment(sheet string, column, row int, stored sql.NullString) {
	if !stored.Valid {
		l.is(sheet, column, row, "")
		return
	}
	serial, err := strconv.ParseFloat(l.raw(sheet, ref(column, row)), 64)
	got := ""
	if err == nil {
		at, _ := excelize.ExcelDateToTime(serial, false)
		got = at.Format(time.DateTime)
	}
	want, err := time.Parse("2006-01-02T15:04:05.000000Z", stored.String)
	fine(l.t, err)
	if got != want.In(pay.Seoul).Format(time.DateTime) {
		l.wrong = append(l.wrong, fmt.Sprintf("%s!%s says %s, the database %s", sheet, ref(column, row), got, want.In(pay.Seoul).Format(time.DateTime)))
	}
	l.is(sheet, column, row, l.raw(sheet, ref(column, row)))
}

// day is a business date as a spreadsheet counts it.
func serialOf(d pay.Day) string {
	t, _ := time.Parse(time.DateOnly, string(d))
	return strconv.FormatInt(t.Unix()/86400+25569, 10)
}

type header struct {
	row     int
	columns map[string]int
}

// header finds the row of column names that has a name.
func (l *ledgered) header(sheet, name string) header {
	rows, err := l.book.GetRows(sheet)
	fine(l.t, err)
	for i, cells := range rows {
		if len(cells) > 3 && slices.Contains(cells, name) {
			h := header{i + 1, map[string]int{}}
			for c, text := range cells {
				h.columns[text] = c + 1
			}
			return h
		}
	}
	l.t.Fatalf("%s has no column %s", sheet, name)
	return header{}
}

// rowOf finds the row of a list with an id.
func (l *ledgered) rowOf(sheet string, column int, id string) int {
	rows, err := l.book.GetRows(sheet)
	fine(l.t, err)
	for i, cells := range rows {
		if len(cells) >= column && cells[column-1] == id {
			return i + 1
		}
	}
	return 0
}

// rows runs a query of the test's own.
func (l *ledgered) rows(query string, visit func(row map[string]sql.NullString)) (count int) {
	l.t.Helper()
	rows, err := l.db.Query(query)
	fine(l.t, err)
	defer rows.Close()
	names, err := rows.Columns()
	fine(l.t, err)
	for rows.Next() {
		cells, into := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range cells {
			into[i] = &cells[i]
		}
		fine(l.t, rows.Scan(into...))
		row := map[string]sql.NullString{}
		for i, name := range names {
			row[name] = cells[i]
		}
		count++
		visit(row)
	}
	fine(l.t, rows.Err())
	return count
}

// number runs a query of one number.
func (l *ledgered) number(query string, with ...any) int64 {
	l.t.Helper()
	var n sql.NullInt64
	fine(l.t, l.db.QueryRow(query, with...).Scan(&n))
	return n.Int64
}

func integer(v sql.NullString) int64 {
	n, _ := strconv.ParseInt(v.String, 10, 64)
	return n
}

func amountOr(v sql.NullString) string {
	if !v.Valid {
		return "–"
	}
	return v.String
}

// unclaimed are the cells that nothing has claimed.
func (l *ledgered) unclaimed(sheet string) (refs []string) {
	rows, err := l.book.GetRows(sheet, excelize.Options{RawCellValue: true})
	fine(l.t, err)
	for r, cells := range rows {
		for c, value := range cells {
			if at := ref(c+1, r+1); value != "" && !l.claimed[sheet][at] {
				refs = append(refs, at)
			}
		}
	}
	return refs
}
