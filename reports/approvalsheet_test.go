package reports

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"daesa/approval"
	"daesa/internal/racing"
	"daesa/internal/xlsx"
	"daesa/refunds"
	"daesa/reports/book"
)

// signedBatch is a batch whose requests wait for a signature: what is signed is drawn
// beside them.
func signedBatch(t testing.TB, b Batch) Batch {
	t.Helper()
	b.Requests = slices.Clone(b.Requests)
	var waiting []refunds.Request
	reasons := map[string]string{}
	for i := range b.Requests {
		r := &b.Requests[i]
		if r.State == refunds.StateRequested {
			r.TaxFreeAmount, r.AccountFingerprint = r.Amount/10, strings.Repeat("a", i)
			waiting = append(waiting, *r)
			reasons[r.ID] = r.Reason
		}
	}
	s := approval.New(approval.ApproveRefunds, approval.Point{Seq: 417, Hash: b.JournalHead}, seoul("2026-11-23 23:59:59"), refunds.Lines(waiting))
	text, err := s.Text()
	if err != nil {
		t.Fatal(err)
	}
	b.Signed = true
	b.Statements = []Statement{{Taken: approval.Taken{Statement: s, Text: text, Hash: approval.Hash(text)}, File: "approve.txt", Reasons: reasons}}
	return b
}

// plan is a batch's workbook that came back, after change.
func plan(t *testing.T, b Batch, opts Options, change func(f *excelize.File)) *ReturnedPlan {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plan.xlsx")
	content := drawnBatch(t, b, opts)
	if change != nil {
		f := opened(t, content)
		change(f)
		if err := f.SaveAs(path); err != nil {
			t.Fatal(err)
		}
	} else if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	back, err := book.OpenReturned(path, "")
	if err != nil {
		t.Fatal(err)
	}
	r, kind := ReturnedPlanOf(back)
	if kind != PlanSigned {
		t.Fatal("no statement is seen in the workbook")
	}
	return r
}

// changesOf are what verifying finds changed.
func changesOf(t *testing.T, r *ReturnedPlan, b Batch) []xlsx.Change {
	t.Helper()
	statements, err := r.Statements()
	if err != nil {
		t.Fatal(err)
	}
	var changed []xlsx.Change
	for _, s := range statements {
		found, err := r.Verify(s, func(id string) (refunds.Request, bool, error) {
			at := slices.IndexFunc(b.Requests, func(r refunds.Request) bool { return r.ID == id })
			if at < 0 {
				return refunds.Request{}, false, nil
			}
			return b.Requests[at], true, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if found.Cells < len(statementColumns) {
			t.Errorf("only %d cells were looked at", found.Cells)
		}
		changed = append(changed, found.Changed...)
	}
	return changed
}

// TestTheApproverSeesWhatIsSigned: hash, count, sum, time and each line of a statement
// stand in the workbook.
func TestTheApproverSeesWhatIsSigned(t *testing.T) {
	b := signedBatch(t, dollarBatch(plannedBatch()))
	s := b.Statements[0]
	f := opened(t, drawnBatch(t, b, Options{}))
	says := func(name book.Label) string { return rawAt(t, f, "결재", 2, rowWith(t, f, "결재", 1, name.Ko())) }
	for name, want := range map[book.Label]string{labelStatement: s.Hash, labelCovers: "환불 8건 · 229,500원 · 181.86 USD", labelUntil: "2026-11-23 23:59:59",
		labelSignedOn: "417 " + b.JournalHead} {
		if got := says(name); got != want {
			t.Errorf("%s is %q, not %q", name.Ko(), got, want)
		}
	}
	if got := says(labelSigned); !strings.Contains(got, "approve.txt") {
		t.Errorf("which file is to be signed is not said: %q", got)
	}
	for _, line := range s.Lines {
		row := rowWith(t, f, "결재", columnAt(t, f, "결재", columnRefundID), line.Of())
		if got := rawAt(t, f, "결재", columnAt(t, f, "결재", columnOrder), row); got != line.Get("order") {
			t.Errorf("refund %s is of order %q", line.Of(), got)
		}
	}
	text := strings.Join(summaryTexts(t, f), "\n")
	for _, want := range []string{"ssh-keygen -Y sign -n daesa-approval -f <서명키> < approve.txt > approve.txt.sig", "daesa refunds approve --statement approve.txt --signature approve.txt.sig"} {
		if !strings.Contains(text, want) {
			t.Errorf("the summary does not say %q", want)
		}
	}
	if strings.Contains(text, "--by") {
		t.Error("a typed name is asked for, and approves nothing")
	}
}

// TestWhatMustBeSignedIsNotAskedForByName: the commands write a statement.
func TestWhatMustBeSignedIsNotAskedForByName(t *testing.T) {
	b := finishedBatch()
	b.Signed = true
	text := strings.Join(summaryTexts(t, opened(t, drawnBatch(t, b, Options{}))), "\n")
	if strings.Contains(text, "--by") || strings.Count(text, "--statement <결재서>") < 2 {
		t.Errorf("the summary says:\n%s", text)
	}
}

// TestWhoSignedStandsInTheWorkbook once the statement was handed in, and that its
// signature is not accepted any more.
func TestWhoSignedStandsInTheWorkbook(t *testing.T) {
	b := signedBatch(t, plannedBatch())
	s := &b.Statements[0]
	s.Principal, s.Key, s.At = "lee", "SHA256:abc", seoul("2026-11-21 11:00:00")
	for refused, want := range map[Refusal]string{Accepted: "● 서명 확인 · 서명자 lee · 키 SHA256:abc · 제출 2026-11-21 11:00",
		KeyRefused: "● 서명 불인정(키가 폐기되었거나 결재자 명단에 없음) · 서명자 lee", Forged: "● 서명 불인정(결재서 또는 서명이 변경됨) · 서명자 lee"} {
		s.Refused = refused
		f := opened(t, drawnBatch(t, b, Options{}))
		if got := rawAt(t, f, "결재", 2, rowWith(t, f, "결재", 1, labelSigned.Ko())); !strings.HasPrefix(got, want) {
			t.Errorf("it says %q, not %q", got, want)
		}
		if strings.Contains(strings.Join(summaryTexts(t, f), "\n"), "ssh-keygen") {
			t.Error("a signature is asked for again")
		}
	}
}

// TestAStatementThatApprovesNothingAnyMoreSaysSo, although its signature is good.
func TestAStatementThatApprovesNothingAnyMoreSaysSo(t *testing.T) {
	b := signedBatch(t, plannedBatch())
	s := &b.Statements[0]
	s.Principal, s.Key, s.At, s.Void = "lee", "SHA256:abc", seoul("2026-11-21 11:00:00"), 3
	f := opened(t, drawnBatch(t, b, Options{}))
	if got := rawAt(t, f, "결재", 2, rowWith(t, f, "결재", 1, labelSigned.Ko())); !strings.HasPrefix(got, "● 서명 확인") || !strings.Contains(got, "단, 3건은 이 결재서로 결재된 상태가 아닙니다") {
		t.Errorf("it says %q", got)
	}
}

// TestTheCellsOfAStatementMakeItsHash in both languages and several currencies, sorted
// otherwise, and over several sheets.
func TestTheCellsOfAStatementMakeItsHash(t *testing.T) {
	racing.Skip(t, "workbooks, one after the other")
	for name, b := range map[string]Batch{"won": plannedBatch(), "dollars": dollarBatch(plannedBatch())} {
		b = signedBatch(t, b)
		for _, l := range []string{"ko", "en"} {
			if changed := changesOf(t, plan(t, b, Options{Language: l}, nil), b); len(changed) > 0 {
				t.Errorf("%s %s: as it was drawn: %v", name, l, changed)
			}
		}
		sorted := plan(t, b, Options{}, func(f *excelize.File) {
			first := rowWith(t, f, "결재", columnAt(t, f, "결재", columnRefundID), b.Statements[0].Lines[0].Of())
			for column := range len(statementColumns) {
				one, other := xlsx.At(column+1, first), xlsx.At(column+1, first+1)
				a, _ := f.GetCellValue("결재", one, excelize.Options{RawCellValue: true})
				b, _ := f.GetCellValue("결재", other, excelize.Options{RawCellValue: true})
				setRaw(t, f, one, b)
				setRaw(t, f, other, a)
			}
		})
		if changed := changesOf(t, sorted, b); len(changed) > 0 {
			t.Errorf("%s: sorted otherwise: %v", name, changed)
		}
	}
	before := book.MostRows
	book.MostRows = headRows + 9
	t.Cleanup(func() { book.MostRows = before })
	b := signedBatch(t, dollarBatch(plannedBatch()))
	long := plan(t, b, Options{}, nil)
	if !slices.Contains(long.Book.Sheets(), "결재 2") {
		t.Fatalf("it fits on one sheet: %v", long.Book.Sheets())
	}
	if statements, err := long.Statements(); err != nil || len(statements) != 1 {
		t.Fatalf("%d statements (%v)", len(statements), err)
	}
	if changed := changesOf(t, long, b); len(changed) > 0 {
		t.Errorf("over several sheets: %v", changed)
	}
}

// setRaw puts a text or a number where it stands as such.
func setRaw(t *testing.T, f *excelize.File, cell, raw string) {
	t.Helper()
	var err error
	if kind, _ := f.GetCellType("결재", cell); kind == excelize.CellTypeUnset || kind == excelize.CellTypeNumber {
		err = f.SetCellDefault("결재", cell, raw)
	} else {
		err = f.SetCellStr("결재", cell, raw)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestAChangedCellMakesAnotherHash: every column of every line, and what stands above
// them.
func TestAChangedCellMakesAnotherHash(t *testing.T) {
	racing.Skip(t, "workbooks, one after the other")
	b := signedBatch(t, dollarBatch(plannedBatch()))
	line := b.Statements[0].Lines[1]
	for _, c := range statementColumns {
		row := 0
		r := plan(t, b, Options{}, func(f *excelize.File) {
			row = rowWith(t, f, "결재", columnAt(t, f, "결재", columnRefundID), line.Of())
			cell := xlsx.At(columnAt(t, f, "결재", c.Name), row)
			raw, _ := f.GetCellValue("결재", cell, excelize.Options{RawCellValue: true})
			if slices.Contains([]book.Label{book.ColumnAmount, columnTaxFree, columnCancelBy}, c.Name) {
				setNumber(t, f, cell, raw)
			} else if err := f.SetCellStr("결재", cell, otherThan(raw)); err != nil {
				t.Fatal(err)
			}
		})
		changed := changesOf(t, r, b)
		if !slices.ContainsFunc(changed, func(c xlsx.Change) bool { return c.Row == row }) {
			t.Errorf("column %s: the row is not named: %v", c.Name.Ko(), changed)
		}
	}
	for _, name := range []book.Label{labelStatement, labelCovers, labelUntil, labelSignedOn} {
		r := plan(t, b, Options{}, func(f *excelize.File) {
			cell := xlsx.At(2, rowWith(t, f, "결재", 1, name.Ko()))
			raw, _ := f.GetCellValue("결재", cell)
			if err := f.SetCellStr("결재", cell, otherThan(raw)); err != nil {
				t.Fatal(err)
			}
		})
		if len(changesOf(t, r, b)) == 0 {
			t.Errorf("%s can be changed", name.Ko())
		}
	}
	gone := plan(t, b, Options{}, func(f *excelize.File) {
		if err := f.RemoveRow("결재", rowWith(t, f, "결재", columnAt(t, f, "결재", columnRefundID), line.Of())); err != nil {
			t.Fatal(err)
		}
	})
	if len(changesOf(t, gone, b)) == 0 {
		t.Error("a line can be taken away")
	}
}

// TestNothingBesideAStatementPassesForIt: a second hash, a second column, a formula
// that shows what it likes.
func TestNothingBesideAStatementPassesForIt(t *testing.T) {
	racing.Skip(t, "workbooks, one after the other")
	b := signedBatch(t, plannedBatch())
	id := b.Statements[0].Lines[0].Of()
	at := func(f *excelize.File, name book.Label) string {
		return xlsx.At(columnAt(t, f, "결재", name), rowWith(t, f, "결재", columnAt(t, f, "결재", columnRefundID), id))
	}
	for name, change := range map[string]func(f *excelize.File) error{
		"an amount that is reckoned": func(f *excelize.File) error {
			return f.SetCellFormula("결재", at(f, book.ColumnAmount), "45000+0*NOW()")
		},
		"a hash that is reckoned": func(f *excelize.File) error {
			return f.SetCellFormula("결재", xlsx.At(2, rowWith(t, f, "결재", 1, labelStatement.Ko())), `"x"`)
		},
		"a second hash": func(f *excelize.File) error {
			row := rowWith(t, f, "결재", 1, labelStatement.Ko())
			if err := f.DuplicateRow("결재", row); err != nil {
				return err
			}
			return f.SetCellStr("결재", xlsx.At(2, row), strings.Repeat("0", 64))
		},
		"a figure beside a line": func(f *excelize.File) error {
			return f.SetCellStr("결재", xlsx.At(len(statementColumns)+2, rowWith(t, f, "결재", columnAt(t, f, "결재", columnRefundID), id)), "25원")
		},
		"another figure above the lines": func(f *excelize.File) error {
			row := rowWith(t, f, "결재", 1, labelStatement.Ko())
			if err := f.InsertRows("결재", row, 1); err != nil {
				return err
			}
			return f.SetSheetRow("결재", xlsx.At(1, row), &[]any{"결재 대상 ", "환불 1건 · 100원"})
		},
		"a figure beside another": func(f *excelize.File) error {
			return f.SetCellStr("결재", xlsx.At(4, rowWith(t, f, "결재", 1, labelCovers.Ko())), "100원")
		},
		"a line twice": func(f *excelize.File) error {
			return f.DuplicateRow("결재", rowWith(t, f, "결재", columnAt(t, f, "결재", columnRefundID), id))
		},
	} {
		if changed := changesOf(t, plan(t, b, Options{}, func(f *excelize.File) {
			if err := change(f); err != nil {
				t.Fatal(err)
			}
		}), b); len(changed) == 0 {
			t.Errorf("%s passes", name)
		}
	}
	sheet := plan(t, b, Options{}, func(f *excelize.File) {
		if _, err := f.NewSheet("결재서"); err != nil {
			t.Fatal(err)
		}
	})
	if strays := sheet.Strays(); len(strays) != 1 || strays[0].Sheet != "결재서" {
		t.Errorf("a sheet of another name passes: %v", strays)
	}
	if strays := plan(t, b, Options{}, nil).Strays(); len(strays) > 0 {
		t.Errorf("sheets of its own are called added: %v", strays)
	}
	for says, want := range map[string]bool{"● 서명 확인 · 서명자 lee": true, "● 서명 대기": false} {
		r := plan(t, b, Options{}, func(f *excelize.File) {
			if err := f.SetCellStr("결재", xlsx.At(2, rowWith(t, f, "결재", 1, labelSigned.Ko())), says); err != nil {
				t.Fatal(err)
			}
		})
		if statements, err := r.Statements(); err != nil || r.SaysTaken(statements[0]) != want {
			t.Errorf("%s: %v", says, err)
		}
	}
	twice := plan(t, b, Options{}, func(f *excelize.File) {
		header := rowWith(t, f, "결재", columnAt(t, f, "결재", columnOrder), columnOrder.Ko())
		if err := f.SetCellStr("결재", xlsx.At(len(statementColumns)+1, header), book.ColumnAmount.Ko()); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := twice.Statements(); err == nil {
		t.Error("a second column of amounts passes")
	}
}

// otherThan is another text of the same length and kind.
func otherThan(raw string) string {
	switch last := raw[len(raw)-1:]; {
	case raw == "KRW":
		return "JPY"
	case last == "1":
		return raw[:len(raw)-1] + "2"
	default:
		return raw[:len(raw)-1] + "1"
	}
}

func setNumber(t *testing.T, f *excelize.File, cell, raw string) {
	t.Helper()
	if raw == "" {
		raw = "46000"
	}
	if err := f.SetCellDefault("결재", cell, "1"+raw); err != nil {
		t.Fatal(err)
	}
}

// TestAReasonThatNoCellCanShowStandsThereAsItsHash: it would be read back as another.
func TestAReasonThatNoCellCanShowStandsThereAsItsHash(t *testing.T) {
	b := plannedBatch()
	b.Requests = slices.Clone(b.Requests)
	b.Requests[0].Reason, b.Requests[1].Reason = "변심\u202e", "sha256:x"
	b = signedBatch(t, b)
	if changed := changesOf(t, plan(t, b, Options{}, nil), b); len(changed) > 0 {
		t.Errorf("as it was drawn: %v", changed)
	}
}

// TestAReasonThatIsNotTheOneOfTheStatementIsNotShown in its place stands the hash.
func TestAReasonThatIsNotTheOneOfTheStatementIsNotShown(t *testing.T) {
	b := signedBatch(t, plannedBatch())
	id := b.Statements[0].Lines[0].Of()
	b.Statements[0].Reasons[id] = "something else"
	f := opened(t, drawnBatch(t, b, Options{}))
	row := rowWith(t, f, "결재", columnAt(t, f, "결재", columnRefundID), id)
	if got := rawAt(t, f, "결재", columnAt(t, f, "결재", columnReason), row); got != "sha256:"+b.Statements[0].Lines[0].Get("reason") {
		t.Errorf("the reason is %q", got)
	}
}

func summaryTexts(t *testing.T, f *excelize.File) []string {
	t.Helper()
	var texts []string
	for _, c := range cellsOf(t, f, "요약") {
		texts = append(texts, c.raw)
	}
	return texts
}
