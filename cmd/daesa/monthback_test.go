package main

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// filled draws the month's workbook, and a person works in it: each of cells writes
// into the row of sheet in which a cell has a text, column by column.
type cellsOf struct {
	sheet, has string
	says       map[string]any // by column
}

// fillMonth opens a workbook, writes into it, and saves it under another name.
func (d *closingDesk) fillMonth(body []byte, name string, cells ...cellsOf) string {
	d.t.Helper()
	path := d.path(name)
	fine(d.t, os.WriteFile(path, body, 0o600))
	f, err := excelize.OpenFile(path)
	fine(d.t, err)
	defer f.Close()
	for _, of := range cells {
		heads, row := headOf(d.t, f, of.sheet, of.has)
		for column, value := range of.says {
			at := slices.Index(heads, column)
			if at < 0 {
				d.t.Fatalf("%s has no column %s: %q", of.sheet, column, heads)
			}
			ref, err := excelize.CoordinatesToCellName(at+1, row)
			fine(d.t, err)
			fine(d.t, f.SetCellValue(of.sheet, ref, value))
		}
	}
	fine(d.t, f.Save())
	return path
}

// headOf gives the header of a list, and the row below it in which a cell has a text.
func headOf(t *testing.T, f *excelize.File, sheet, has string) (heads []string, row int) {
	t.Helper()
	rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
	fine(t, err)
	for i, cells := range rows {
		switch {
		case slices.Contains(cells, "행 확인"):
			heads = cells
		case heads != nil && slices.Contains(cells, has):
			return heads, i + 1
		}
	}
	t.Fatalf("%s has no row with %q", sheet, has)
	return nil, 0
}

// apply reads a workbook back as somebody.
func (d *closingDesk) apply(by, path string, write bool) appliedDocument {
	d.t.Helper()
	line := []string{"report", "apply", path, "--by", by, "--ok-codes", "3"}
	if write {
		line = append(line, "--write")
	}
	var done appliedDocument
	d.read(&done, "nobody", line...)
	if done.Written != write {
		d.t.Errorf("written is %v", done.Written)
	}
	return done
}

// stand is what of the shop a workbook can change.
func (d *closingDesk) stand() string {
	d.t.Helper()
	return d.run("kim", "breaks", "list", "--scope", "settlement", "--status", "", "--json") + d.run("kim", "bank", "list", "--json")
}

// lineOf is the id of the deposit of a day and amount.
func (d *closingDesk) lineOf(day string, amount int64) string {
	d.t.Helper()
	var lines []struct {
		ID     string `json:"id"`
		Amount int64  `json:"amount"`
	}
	d.read(&lines, "kim", "bank", "list", "--from", day, "--to", day)
	for _, l := range lines {
		if l.Amount == amount {
			return l.ID
		}
	}
	d.t.Fatalf("no deposit of %d on %s: %+v", amount, day, lines)
	return ""
}

// A month's workbook goes to a person and comes back: what Kim decided about breaks and
// deposits is taken once, and Lee locks the month that it explains.
func TestAMonthIsDecidedInItsWorkbookAndLockedByAnotherPerson(t *testing.T) {
	alone(t)
	t.Parallel()
	d := novemberDesk(t, "rebate@2026-11-17", "missing@2026-11-19", "short@2026-11-24")
	_, drawn := d.report()
	short := d.lineOf("2026-11-24", 966_735)
	path := d.fillMonth(drawn, "kim.xlsx",
		cellsOf{"통장 대조", short, map[string]any{"결정": "지급 대조", "지급일": "2026-11-24", "메모": "수수료 차감분 확인"}},
		cellsOf{"불일치", "미입금", map[string]any{"결정": "한도초과 보류", "담당자": "김재무", "메모": "토스 한도 상향 신청"}},
		cellsOf{"불일치", "출처 미확인 입금", map[string]any{"결정": "수수료 환급", "환급 공급가액": "64,345", "환급 세액": 6434, "메모": "수정세금계산서 확인"}})
	before := d.stand()
	shown := d.apply("kim", path, false)
	if len(shown.Applied) != 2 || len(shown.Matches) != 1 || len(shown.Refused) != 0 || d.stand() != before {
		t.Fatalf("%+v", shown)
	}
	if m := shown.Matches[0]; m.Amount != 966_735 || m.Difference >= 0 || !slices.Equal(m.Payouts, []string{"tosspayments:2026-11-24"}) || !slices.Equal(m.Lines, []string{short}) {
		t.Errorf("%+v", m)
	}
	done := d.apply("kim", path, true)
	if len(done.Applied) != 2 || len(done.Matches) != 1 || len(done.Refused) != 0 || done.Unchanged != 0 {
		t.Fatalf("%+v", done)
	}
	d.decided(map[string]string{"payout_missing": "limit_hold by kim: 토스 한도 상향 신청", "bank_unmatched": "rebate by kim: 수정세금계산서 확인", "payout_short": " by : "})
	before = d.stand()
	again := d.apply("lee", path, true)
	if len(again.Applied)+len(again.Matches)+len(again.Refused) != 0 || again.Unchanged != 3 || d.stand() != before {
		t.Errorf("the same workbook decides twice: %+v", again)
	}
	if text := d.run("lee", "report", "apply", path); !strings.Contains(text, "3 rows decided so already: nothing changes") {
		t.Error(text)
	}
	// Now that the deposit is known there is an amount to accept.
	d.now = d.now.Add(time.Minute)
	_, drawn = d.report()
	second := d.fillMonth(drawn, "second.xlsx", cellsOf{"불일치", "입금 부족", map[string]any{"결정": "소액 차이 종결", "메모": "확인"}})
	undo := d.fillMonth(drawn, "undo.xlsx", cellsOf{"통장 대조", short, map[string]any{"결정": "대조 취소", "메모": "다시 확인"}})
	if done := d.apply("kim", second, true); len(done.Applied) != 1 || len(done.Refused) != 0 {
		t.Fatalf("%+v", done)
	}
	if done := d.call("kim", "close", "lock", "2026-11"); done.code == codeDone || !strings.Contains(done.stderr, "kim") {
		t.Fatalf("who decided in a workbook has locked the month: %s", done.stderr)
	}
	d.run("lee", "close", "lock", "2026-11")
	// What would change the locked month is refused, by the rule of bank unmatch.
	before = d.stand()
	refused := d.apply("kim", undo, true)
	if len(refused.Matches) != 0 || len(refused.Refused) != 1 || !strings.Contains(*refused.Refused[0].Reason, "2026-11 is locked") || refused.Refused[0].Hint == nil || d.stand() != before {
		t.Errorf("%+v", refused)
	}
	_, locked := d.report()
	if done := d.call("kim", "report", "apply", d.fillMonth(locked, "locked.xlsx")); done.code != codeFailed || !strings.Contains(done.stderr, "nobody decides in the workbook of a locked month") {
		t.Errorf("%d %s", done.code, done.stderr)
	}
	// Reopened, the match is taken back, once.
	d.now = d.now.Add(time.Minute)
	d.run("lee", "close", "reopen", "2026-11", "--note", "대조 정정")
	if done := d.apply("kim", undo, true); len(done.Matches) != 1 || !done.Matches[0].Undo || len(done.Refused) != 0 {
		t.Fatalf("%+v", done)
	}
	if done := d.apply("kim", undo, true); len(done.Matches) != 0 || done.Unchanged != 1 {
		t.Errorf("%+v", done)
	}
	// The first workbook does not make the match again that was taken back since.
	if done := d.apply("kim", path, true); len(done.Matches) != 0 || len(done.Refused) != 1 || !strings.Contains(*done.Refused[0].Reason, "it was taken off a payout") {
		t.Errorf("%+v", done)
	}
}

// decided are the decisions that stand about breaks of settlement, by kind.
func (d *closingDesk) decided(want map[string]string) {
	d.t.Helper()
	var breaks []struct{ ID, Kind, Disposition, Note string }
	d.read(&breaks, "kim", "breaks", "list", "--scope", "settlement", "--status", "")
	for _, b := range breaks {
		var shown struct {
			ResolvedBy string `json:"resolved_by"`
		}
		d.read(&shown, "kim", "breaks", "show", b.ID)
		if got := b.Disposition + " by " + shown.ResolvedBy + ": " + b.Note; got != want[b.Kind] {
			d.t.Errorf("%s is %q, expected %q", b.Kind, got, want[b.Kind])
		}
		delete(want, b.Kind)
	}
	if len(want) > 0 {
		d.t.Errorf("no breaks of %v", want)
	}
}
