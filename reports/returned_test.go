package reports

import (
	"bytes"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"daesa/internal/racing"
	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
)

// edited is a workbook of some nights after a person worked in it, as a file.
func edited(t *testing.T, night []Snapshot, opts Options, edit func(f *excelize.File)) string {
	t.Helper()
	f := opened(t, drawn(t, night, opts))
	if edit != nil {
		edit(f)
	}
	path := filepath.Join(t.TempDir(), "returned.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

var draw = flag.String("draw", "", "write drawn.xlsx and dollars.xlsx to a folder, for testdata/reports/edit.py")

// TestDrawTheSamples writes what other programs then save.
func TestDrawTheSamples(t *testing.T) {
	if *draw == "" {
		t.Skip("-draw names no folder")
	}
	for name, night := range map[string]Snapshot{"drawn.xlsx": sampleNight("tosspayments"), "dollars.xlsx": dollars(sampleNight("tosspayments"))} {
		if err := Save(filepath.Join(*draw, name), []Snapshot{night}, Options{}); err != nil {
			t.Fatal(err)
		}
	}
}

func returnedOf(t *testing.T, path string) *Returned {
	t.Helper()
	r, err := OpenReturned(path, "")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// put writes into the row of an order, in the column with a label.
func put(t *testing.T, f *excelize.File, order string, label book.Label, value any) {
	t.Helper()
	row := rowWith(t, f, "불일치", columnAt(t, f, "불일치", columnOrder), order)
	if err := f.SetCellValue("불일치", xlsx.At(columnAt(t, f, "불일치", label), row), value); err != nil {
		t.Fatal(err)
	}
}

// said is a read workbook in words.
func said(read book.Read) (words, refused []string) {
	for _, w := range read.Words {
		text := w.OrderID + ": " + string(w.Word.As)
		if w.Word.Owner != nil {
			text += " owner=" + *w.Word.Owner
		}
		if w.Word.Note != nil {
			text += " note=" + *w.Word.Note
		}
		words = append(words, text)
	}
	for _, r := range read.Refused {
		refused = append(refused, r.About+": "+r.Reason)
	}
	slices.Sort(words)
	slices.Sort(refused)
	return words, refused
}

// TestAWorkbookEditedByLibreOfficeIsRead: sorted, a column hidden and one moved
// to the front, filled in, two rows tampered with, saved (testdata/reports/edit.py).
func TestAWorkbookEditedByLibreOfficeIsRead(t *testing.T) {
	r := returnedOf(t, filepath.Join("..", "testdata", "reports", "returned.xlsx"))
	night := []Snapshot{sampleNight("tosspayments")}
	read, err := r.Words(night)
	if err != nil {
		t.Fatal(err)
	}
	words, refused := said(read)
	if diff := cmp.Diff([]string{
		"00012345678901234567: fix_shop owner=김재무 note=주문 시스템에 반영 요청",
		"20261115-0006: waiting",
		"20261118-0003:  owner=이정산",
		"20261121-0002:  note==고객센터 확인 중",
		"20261121-0004: accepted_difference owner=이정산 note=쿠폰 차액",
	}, words); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{
		`20261121-0005: was edited in its facts (쇼핑몰 주문: "1", drawn as "0")`,
		`20991231-9999: was edited in its facts (주문번호: "20991231-9999", drawn as "20261121-0007")`,
	}, refused); diff != "" {
		t.Error(diff)
	}
	found, err := r.Verify(night, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var changed []string
	for _, c := range found.Changed {
		changed = append(changed, c.Sheet+": "+c.What)
	}
	if diff := cmp.Diff([]string{
		`불일치: 쇼핑몰 주문 was "0", is "1"`,
		`불일치: 주문번호 was "20261121-0007", is "20991231-9999"`,
	}, slices.Sorted(slices.Values(changed))); diff != "" {
		t.Error(diff)
	}
}

// TestAWorkbookSavedByGnumericIsAsItWasDrawn: no cell of it is called changed,
// its list to choose from is still there, and a decision in it is taken.
func TestAWorkbookSavedByGnumericIsAsItWasDrawn(t *testing.T) {
	saved := filepath.Join("..", "testdata", "reports", "gnumeric.xlsx")
	night := []Snapshot{dollars(sampleNight("tosspayments"))}
	found, err := returnedOf(t, saved).Verify(night, Options{})
	if err != nil || len(found.Changed) != 0 || found.Cells < 1000 {
		t.Errorf("%+v %v", found, err)
	}
	f, err := excelize.OpenFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lists, err := f.GetDataValidations("불일치")
	if err != nil || len(lists) != 1 || !strings.Contains(lists[0].Formula1, "환불 진행") {
		t.Errorf("the decisions to choose from are %+v: %v", lists, err)
	}
	put(t, f, "20261121-0002", columnDecision, "환불 진행")
	path := filepath.Join(t.TempDir(), "decided.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	read, err := returnedOf(t, path).Words(night)
	if words, refused := said(read); err != nil || !slices.Equal(words, []string{"20261121-0002: refund_now"}) || refused != nil {
		t.Errorf("%q %q %v", words, refused, err)
	}
}

// TestATotalIsNoBreak: the sums above the list, one for each currency, are
// neither read back as rows of breaks nor missed when they are changed.
func TestATotalIsNoBreak(t *testing.T) {
	night := []Snapshot{dollars(sampleNight("m"))}
	totals := func(t *testing.T, f *excelize.File) []int {
		var rows []int
		for row := 1; row <= 6; row++ {
			if label := rawAt(t, f, "불일치", 1, row); strings.HasPrefix(label, "합계 ") {
				rows = append(rows, row)
			}
		}
		return rows
	}
	path := edited(t, night, Options{}, func(f *excelize.File) {
		rows := totals(t, f)
		if len(rows) != 2 {
			t.Fatalf("the list has its totals in rows %v", rows)
		}
		if err := f.SetCellStr("불일치", xlsx.At(columnAt(t, f, "불일치", columnDecision), rows[0]), "환불 진행"); err != nil {
			t.Fatal(err)
		}
	})
	read, err := returnedOf(t, path).Words(night)
	if err != nil || read.Rows != len(night[0].Breaks) || len(read.Words) != 0 || len(read.Refused) != 0 {
		t.Errorf("%+v %v", read, err)
	}
	path = edited(t, night, Options{}, func(f *excelize.File) {
		if err := f.SetCellValue("불일치", xlsx.At(columnAt(t, f, "불일치", columnDifference), totals(t, f)[0]), 1); err != nil {
			t.Fatal(err)
		}
	})
	if found, err := returnedOf(t, path).Verify(night, Options{}); err != nil || len(found.Changed) == 0 {
		t.Errorf("a changed total was not seen: %v", err)
	}
}

func TestRowsAreRefusedForThemselves(t *testing.T) {
	racing.Skip(t, "workbooks, one after the other")
	other := sampleNight("m")
	other.Run.ID = "rother"
	again := sampleNight("m")
	again.Breaks[7].LocalAmount = won(50_000)
	foreign := func(t *testing.T, f *excelize.File) {
		from := opened(t, drawn(t, []Snapshot{other}, Options{}))
		row := rowWith(t, from, "불일치", columnAt(t, from, "불일치", columnOrder), "20261121-0008")
		into := rowWith(t, f, "불일치", columnAt(t, f, "불일치", columnOrder), "20261121-0008")
		column := columnAt(t, f, "불일치", book.ColumnRowCheck)
		check, _ := from.GetCellValue("불일치", xlsx.At(column, row))
		_ = f.SetCellStr("불일치", xlsx.At(column, into), check)
	}
	for _, test := range []struct {
		name   string
		stored Snapshot
		edit   func(t *testing.T, f *excelize.File)
		reason string
	}{
		{"an amount was edited", sampleNight("m"), func(t *testing.T, f *excelize.File) { put(t, f, "20261121-0008", columnProvider, 49_900) },
			`was edited in its facts (토스 거래: "49900", drawn as "58000")`},
		{"a formula that shows the same is still a formula's value", sampleNight("m"), func(t *testing.T, f *excelize.File) { put(t, f, "20261121-0008", columnBreakID, "b0") },
			`is no break of this night (its id is "b0")`},
		{"a decision that is none", sampleNight("m"), func(t *testing.T, f *excelize.File) { put(t, f, "20261121-0008", columnDecision, "몰라요") },
			`its decision "몰라요" is none of: 쇼핑몰 정정, 환불 진행, 수기이체 완료, 토스에서 환불 완료, 소액 차이 종결, 토스 오류, 당사 주문 아님, 보류`},
		{"a row of another workbook", sampleNight("m"), foreign, `belongs to another workbook`},
		{"the row check is gone", sampleNight("m"), func(t *testing.T, f *excelize.File) { put(t, f, "20261121-0008", book.ColumnRowCheck, nil) },
			`its row check (행 확인) is empty, so that nobody can say which difference it is about`},
		{"the night was run again", again, func(*testing.T, *excelize.File) {}, "the night was run again after this workbook was drawn, and the row is another now"},
		{"a note that is too long", sampleNight("m"), func(t *testing.T, f *excelize.File) {
			put(t, f, "20261121-0008", columnNote, strings.Repeat("가", 1000+1))
		}, "its note is longer than 1000 characters"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := edited(t, []Snapshot{sampleNight("m")}, Options{}, func(f *excelize.File) {
				put(t, f, "20261121-0002", columnDecision, "우리 주문 아님")
				test.edit(t, f)
			})
			read, err := returnedOf(t, path).Words([]Snapshot{test.stored})
			if err != nil {
				t.Fatal(err)
			}
			words, refused := said(read)
			if len(refused) != 1 || !strings.Contains(refused[0], test.reason) {
				t.Errorf("refused %q, want one: %s", refused, test.reason)
			}
			if !slices.Equal(words, []string{"20261121-0002: not_ours"}) {
				t.Errorf("the other rows say %q", words)
			}
		})
	}
}

func TestARowThatStandsTwiceIsRefusedTwice(t *testing.T) {
	path := edited(t, []Snapshot{sampleNight("m")}, Options{}, func(f *excelize.File) {
		put(t, f, "20261121-0002", columnDecision, "우리 주문 아님")
		row := rowWith(t, f, "불일치", columnAt(t, f, "불일치", columnOrder), "20261121-0002")
		if err := f.DuplicateRow("불일치", row); err != nil {
			t.Fatal(err)
		}
		put(t, f, "20261121-0004", columnDecision, "기다림")
	})
	read, err := returnedOf(t, path).Words([]Snapshot{sampleNight("m")})
	if err != nil {
		t.Fatal(err)
	}
	words, refused := said(read)
	if len(refused) != 2 || !strings.Contains(refused[0], "stands twice") || !slices.Equal(words, []string{"20261121-0004: waiting"}) {
		t.Errorf("words %q, refused %q", words, refused)
	}
}

// TestWhatPeopleWroteBeforeIsNoWord: owner and note are drawn as they are known,
// and only a change is a word.
func TestWhatPeopleWroteBeforeIsNoWord(t *testing.T) {
	s := sampleNight("m")
	s.Breaks[0].Owner, s.Breaks[0].Note = "=김", "'-줄\n바꿈"
	read, err := returnedOf(t, edited(t, []Snapshot{s}, Options{}, nil)).Words([]Snapshot{s})
	if words, refused := said(read); err != nil || words != nil || refused != nil || read.Rows != 11 {
		t.Errorf("an untouched workbook of %d rows says %q and refuses %q: %v", read.Rows, words, refused, err)
	}
	cleared := edited(t, []Snapshot{s}, Options{}, func(f *excelize.File) { put(t, f, "00012345678901234567", columnOwner, nil) })
	read, err = returnedOf(t, cleared).Words([]Snapshot{s})
	if words, _ := said(read); err != nil || !slices.Equal(words, []string{"00012345678901234567:  owner="}) {
		t.Errorf("a cleared owner says %q: %v", words, err)
	}
}

func TestWorkbooksOfManyMerchantsAndInEnglishComeBack(t *testing.T) {
	night := bigNight()[:2]
	path := edited(t, night, Options{Language: "en"}, func(f *excelize.File) {
		rows, _ := f.GetRows("Breaks")
		header := slices.IndexFunc(rows, func(cells []string) bool { return slices.Contains(cells, columnDecision.En()) })
		decision := slices.Index(rows[header], columnDecision.En()) + 1
		if err := f.SetCellStr("Breaks", xlsx.At(decision, header+2), "Not ours"); err != nil {
			t.Fatal(err)
		}
	})
	r := returnedOf(t, path)
	read, err := r.Words(night)
	if err != nil || len(read.Words) != 1 || read.Words[0].Word.As != reconcile.NotOurs || len(read.Refused) != 0 {
		t.Errorf("%+v %v", read, err)
	}
	if found, err := r.Verify(night, Options{Language: "en"}); err != nil || len(found.Changed) != 0 || found.Filled == 0 {
		t.Errorf("%+v %v", found, err)
	}
}

func TestFilesThatAreNoWorkbookOfOurs(t *testing.T) {
	good := drawn(t, []Snapshot{sampleNight("m")}, Options{})
	foreign := excelize.NewFile()
	var other bytes.Buffer
	if err := foreign.Write(&other); err != nil {
		t.Fatal(err)
	}
	sealed, err := excelize.Encrypt(good, &excelize.Options{Password: "correct"})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		content        []byte
		password, want string
	}{
		"another program's":  {other.Bytes(), "", "is not a night's workbook of daesa"},
		"cut off":            {good[:len(good)/2], "", "damaged or cut off"},
		"empty":              {nil, "", "damaged or cut off"},
		"no password":        {sealed, "", "is encrypted"},
		"another password":   {sealed, "wrong", "cannot be decrypted"},
		"larger than it may": {make([]byte, book.MostReturned+1), "", "is larger than 64 MiB"},
	} {
		path := filepath.Join(t.TempDir(), "file.xlsx")
		if err := os.WriteFile(path, test.content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenReturned(path, test.password); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
	path := filepath.Join(t.TempDir(), "sealed.xlsx")
	if err := os.WriteFile(path, sealed, 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err := OpenReturned(path, "correct"); err != nil || len(r.Runs) != 1 {
		t.Errorf("with its password: %v", err)
	}
}

func TestADeletedColumnIsSaid(t *testing.T) {
	path := edited(t, []Snapshot{sampleNight("m")}, Options{}, func(f *excelize.File) {
		_ = f.SetCellStr("불일치", xlsx.At(columnAt(t, f, "불일치", columnDifference), headRows), "")
	})
	if _, err := returnedOf(t, path).Words([]Snapshot{sampleNight("m")}); err == nil || !strings.Contains(err.Error(), "the column 차이 is missing") {
		t.Errorf("%v", err)
	}
}

// TestEveryChangedCellIsFound changes one cell of each sheet after another.
func TestEveryChangedCellIsFound(t *testing.T) {
	racing.Skip(t, "workbooks, one after the other")
	night := []Snapshot{dollars(sampleNight("m"))}
	content := drawn(t, night, Options{})
	plain := opened(t, content)
	path := filepath.Join(t.TempDir(), "changed.xlsx")
	for _, sheet := range plain.GetSheetList() {
		cells := cellsOf(t, plain, sheet)
		for i := 0; i < len(cells); i += max(len(cells)/9, 1) {
			c := cells[i]
			f := opened(t, content)
			if err := f.SetCellValue(sheet, c.ref, "다른 값"); err != nil {
				t.Fatal(err)
			}
			if err := f.SaveAs(path); err != nil {
				t.Fatal(err)
			}
			found, err := returnedOf(t, path).Verify(night, Options{})
			people := sheet == "불일치" && (c.shown == "쿠폰 8,100원 확인 중" || c.shown == columnDecision.Ko()) // also where the header is said again
			if err == nil && (len(found.Changed) == 0) != people {
				t.Errorf("%s!%s was %q: %+v", sheet, c.ref, c.shown, found.Changed)
			}
		}
	}
}

func TestAnUntouchedWorkbookVerifies(t *testing.T) {
	racing.Skip(t, "workbooks, one after the other")
	for name, night := range nights() {
		for _, l := range []string{"ko", "en"} {
			opts := Options{Language: l, Expected: []string{"m", "absent"}}
			path := filepath.Join(t.TempDir(), "book.xlsx")
			if err := Save(path, night, opts); err != nil {
				t.Fatal(err)
			}
			found, err := returnedOf(t, path).Verify(night, opts)
			if err != nil || len(found.Changed) != 0 || found.Cells < 20 {
				t.Errorf("%s %s: %+v %v", name, l, found, err)
			}
		}
	}
}

func TestANightRunAgainIsSaid(t *testing.T) {
	path := edited(t, []Snapshot{sampleNight("m")}, Options{}, nil)
	again := sampleNight("m")
	again.JournalHead = "another"
	if _, err := returnedOf(t, path).Verify([]Snapshot{again}, Options{}); err == nil || !strings.Contains(err.Error(), "was run again after this workbook was drawn") {
		t.Errorf("%v", err)
	}
	if _, err := returnedOf(t, path).Verify([]Snapshot{sampleNight("other")}, Options{}); err == nil || !strings.Contains(err.Error(), "of which nothing is stored") {
		t.Errorf("%v", err)
	}
}

// TestDatesWithOtherLastDigitsAndFormulasWithoutValueAreAsDrawn: what programs
// that take dates for dates, and do not reckon, make of a workbook.
func TestDatesWithOtherLastDigitsAndFormulasWithoutValueAreAsDrawn(t *testing.T) {
	night := []Snapshot{sampleNight("tosspayments")}
	moved, emptied := 0, 0
	path := edited(t, night, Options{}, func(f *excelize.File) {
		for _, sheet := range f.GetSheetList() {
			for _, c := range cellsOf(t, f, sheet) {
				serial, err := strconv.ParseFloat(c.raw, 64)
				switch {
				case c.formula != "":
					if err := errors.Join(f.SetCellValue(sheet, c.ref, nil), f.SetCellFormula(sheet, c.ref, c.formula)); err != nil {
						t.Fatal(err)
					}
					emptied++
				case err == nil && serial > 46_000 && serial < 47_000 && serial != math.Trunc(serial):
					if err := f.SetCellFloat(sheet, c.ref, serial-3e-10, -1, 64); err != nil {
						t.Fatal(err)
					}
					moved++
				}
			}
		}
		put(t, f, "20261121-0002", columnDecision, "기다림")
	})
	if moved < 20 || emptied < 20 {
		t.Fatalf("%d dates, %d formulas", moved, emptied)
	}
	read, err := returnedOf(t, path).Words(night)
	if err != nil || len(read.Words) != 1 || len(read.Refused) != 0 {
		t.Errorf("%+v %v", read, err)
	}
	found, err := returnedOf(t, path).Verify(night, Options{})
	if err != nil || len(found.Changed) != 0 {
		t.Errorf("%+v %v", found, err)
	}
}

func TestAWorkbookOfAnotherFormIsNotCalledChanged(t *testing.T) {
	path := edited(t, []Snapshot{sampleNight("m")}, Options{}, nil)
	r := returnedOf(t, path)
	if r.form != form {
		t.Fatalf("the workbook has form %q", r.form)
	}
	r.form = "0"
	if found, err := r.Verify([]Snapshot{sampleNight("m")}, Options{}); err == nil || !strings.Contains(err.Error(), "this version of daesa draws form "+form) || found.Changed != nil {
		t.Errorf("%+v %v", found, err)
	}
	// Its decisions are not taken either: its rows are drawn otherwise, and each
	// would be called edited.
	if _, err := r.Words([]Snapshot{sampleNight("m")}); err == nil || !strings.Contains(err.Error(), "this version of daesa draws form "+form) {
		t.Errorf("%v", err)
	}
}

func TestAnEncryptedWorkbookIsTheSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sealed.xlsx")
	if err := Save(path, []Snapshot{sampleNight("m")}, Options{Password: "비밀 1"}); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil || bytes.HasPrefix(content, []byte("PK")) {
		t.Fatalf("it is not encrypted: %v", err)
	}
	open, err := excelize.Decrypt(content, &excelize.Options{Password: "비밀 1"})
	if err != nil || !bytes.HasPrefix(open, drawn(t, []Snapshot{sampleNight("m")}, Options{})) {
		t.Errorf("decrypted it is another workbook: %v", err)
	}
}

func FuzzReturnedWorkbook(f *testing.F) {
	var written bytes.Buffer
	if err := Write(&written, []Snapshot{sampleNight("m")}, Options{}); err != nil {
		f.Fatal(err)
	}
	f.Add(written.Bytes())
	if libre, err := os.ReadFile(filepath.Join("..", "testdata", "reports", "returned.xlsx")); err == nil {
		f.Add(libre)
	}
	night := []Snapshot{sampleNight("m")}
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "file.xlsx")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := OpenReturned(path, "")
		if err != nil {
			return
		}
		read, err := r.Words(night)
		if err != nil {
			return
		}
		for _, w := range read.Words { // whatever came back, a word is about a break of the night
			if !slices.ContainsFunc(night[0].Breaks, func(b BreakRow) bool { return b.ID == w.Word.ID && b.MID == "m" && b.Currency == pay.KRW }) {
				t.Errorf("a word about %q", w.Word.ID)
			}
		}
		_, _ = r.Verify(night, Options{})
	})
}
