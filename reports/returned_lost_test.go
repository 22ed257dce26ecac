package reports

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/unicode/norm"

	"daesa/internal/xlsx"
	"daesa/reconcile"
	"daesa/reports/book"
)

const (
	lostOrder  = "20261121-0002" // the break about which the person decides
	otherOrder = "20261121-0004"
)

// must ends a test whose editing went wrong.
func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// header gives the cell of a title on the sheet of the breaks.
func header(t *testing.T, f *excelize.File, label book.Label) string {
	t.Helper()
	return xlsx.At(columnAt(t, f, "불일치", label), headRows)
}

// copied lays the first columns of the breaks onto a sheet of its own, as copy
// and paste do.
func copied(t *testing.T, f *excelize.File, sheet string, columns int, from int) {
	t.Helper()
	if _, err := f.NewSheet(sheet); err != nil {
		t.Fatal(err)
	}
	rows, err := f.GetRows("불일치")
	must(t, err)
	for i, cells := range rows[from-1:] {
		for j, value := range cells[:min(columns, len(cells))] {
			must(t, f.SetCellStr(sheet, xlsx.At(j+1, i+1), value))
		}
	}
}

// upToTheNote is how many columns people copy: all that they fill in, and not the
// details behind.
func upToTheNote(t *testing.T, f *excelize.File) int { return columnAt(t, f, "불일치", columnNote) }

// TestNoDecisionIsPassedOverInSilence: whatever became of the workbook, a decision
// in it is taken, or refused by its row, or the workbook is refused, with the
// column or the sheet that is missing.
func TestNoDecisionIsPassedOverInSilence(t *testing.T) {
	night := []Snapshot{sampleNight("m")}
	decided := func(t *testing.T, f *excelize.File) { put(t, f, lostOrder, columnDecision, "환불 진행") }
	for _, test := range []struct {
		name    string
		edit    func(t *testing.T, f *excelize.File)
		words   []string
		refused []string // parts of each refusal, sorted as they are said
		err     string
	}{
		{name: "the check column was deleted", edit: func(t *testing.T, f *excelize.File) {
			decided(t, f)
			name, err := excelize.ColumnNumberToName(columnAt(t, f, "불일치", book.ColumnRowCheck))
			must(t, err, f.RemoveCol("불일치", name))
		}, err: "sheet 불일치: the column 행 확인 is missing"},
		{name: "its title was edited", edit: func(t *testing.T, f *excelize.File) {
			decided(t, f)
			must(t, f.SetCellStr("불일치", header(t, f, book.ColumnRowCheck), "확인"))
		}, err: "sheet 불일치: the column 행 확인 is missing"},
		{name: "its title was cleared, and nothing is decided", edit: func(t *testing.T, f *excelize.File) {
			must(t, f.SetCellStr("불일치", header(t, f, book.ColumnRowCheck), ""))
		}, err: "sheet 불일치: the column 행 확인 is missing"},
		{name: "the title of the decisions was edited", edit: func(t *testing.T, f *excelize.File) {
			decided(t, f)
			must(t, f.SetCellStr("불일치", header(t, f, columnDecision), "결정(김재무)"))
		}, err: "the column 결정 is missing"},
		{name: "both titles were edited", edit: func(t *testing.T, f *excelize.File) {
			decided(t, f)
			must(t, f.SetCellStr("불일치", header(t, f, columnDecision), "처리"), f.SetCellStr("불일치", header(t, f, book.ColumnRowCheck), "확인"))
		}, err: "on sheet 불일치 row 9: it stands under no header that has 결정 and 행 확인"},
		{name: "both titles were edited, and only an owner was written", edit: func(t *testing.T, f *excelize.File) {
			put(t, f, lostOrder, columnOwner, "김재무")
			must(t, f.SetCellStr("불일치", header(t, f, columnDecision), "처리"), f.SetCellStr("불일치", header(t, f, book.ColumnRowCheck), "확인"))
		}, refused: slices.Repeat([]string{"what was written cannot be read: it stands under no header"}, 10)},
		{name: "the header was deleted", edit: func(t *testing.T, f *excelize.File) {
			decided(t, f)
			must(t, f.RemoveRow("불일치", rowWith(t, f, "불일치", columnAt(t, f, "불일치", columnOrder), "주문번호")), f.RemoveRow("불일치", rowWith(t, f, "불일치", columnAt(t, f, "불일치", columnOrder), "주문번호")))
		}, err: "sheet 불일치 has no header"},
		{name: "the sheet was deleted", edit: func(t *testing.T, f *excelize.File) { must(t, f.DeleteSheet("불일치")) }, err: "has no sheet 불일치"},
		{name: "the column of the decisions stands twice", edit: func(t *testing.T, f *excelize.File) {
			decided(t, f)
			must(t, f.SetCellStr("불일치", xlsx.At(40, headRows), "결정"))
		}, err: "the column 결정 stands twice"},

		{name: "titles gained blanks, and were decomposed by another system", edit: func(t *testing.T, f *excelize.File) {
			decided(t, f)
			must(t, f.SetCellStr("불일치", header(t, f, book.ColumnRowCheck), " 행\u00a0확인 \n"), f.SetCellStr("불일치", header(t, f, columnDecision), norm.NFD.String("결정 ")))
		}, words: []string{lostOrder + ": refund_now"}},
		{name: "the decision gained blanks, and was decomposed", edit: func(t *testing.T, f *excelize.File) {
			put(t, f, lostOrder, columnDecision, norm.NFD.String(" 환불진행 "))
		}, words: []string{lostOrder + ": refund_now"}},
		{name: "the sheet was renamed", edit: func(t *testing.T, f *excelize.File) {
			decided(t, f)
			must(t, f.SetSheetName("불일치", "11월 21일 처리"))
		}, words: []string{lostOrder + ": refund_now"}},
		{name: "rows were inserted above the header", edit: func(t *testing.T, f *excelize.File) {
			decided(t, f)
			must(t, f.InsertRows("불일치", 1, 3))
		}, words: []string{lostOrder + ": refund_now"}},

		{name: "the filled-in part was copied to a sheet of its own", edit: func(t *testing.T, f *excelize.File) {
			decided(t, f)
			copied(t, f, "Sheet1", upToTheNote(t, f), headRows)
			put(t, f, lostOrder, columnDecision, "")
		}, err: "holds 1 decisions of which none can be read; the first, \"환불 진행\" on sheet Sheet1 row 6: the column 행 확인 is missing"},
		{name: "and without its header", edit: func(t *testing.T, f *excelize.File) {
			decided(t, f)
			copied(t, f, "Sheet1", upToTheNote(t, f), headRows+1)
			put(t, f, lostOrder, columnDecision, "")
		}, err: "on sheet Sheet1 row 5: it stands under no header that has 결정 and 행 확인"},
		{name: "it was copied, and filled in on both sheets", edit: func(t *testing.T, f *excelize.File) {
			decided(t, f)
			copied(t, f, "Sheet1", upToTheNote(t, f), headRows)
			put(t, f, lostOrder, columnDecision, "")
			put(t, f, otherOrder, columnDecision, "기다림")
		}, words: []string{otherOrder + ": waiting"}, refused: []string{lostOrder + `: its decision "환불 진행" cannot be read: the column 행 확인 is missing`}},
		{name: "a copy in another language", edit: func(t *testing.T, f *excelize.File) {
			put(t, f, otherOrder, columnDecision, "기다림")
			_, err := f.NewSheet("Sheet1")
			must(t, err)
			for i, value := range []string{"Order", "Decision", "Row check"} {
				must(t, f.SetCellStr("Sheet1", xlsx.At(i+1, 1), value))
			}
			must(t, f.SetCellStr("Sheet1", "A2", lostOrder), f.SetCellStr("Sheet1", "B2", "Refund now"))
		}, words: []string{otherOrder + ": waiting"}, refused: []string{lostOrder + `: its decision "Refund now" cannot be read: its titles are in another language`}},
		{name: "the row was sorted above the header", edit: func(t *testing.T, f *excelize.File) {
			put(t, f, otherOrder, columnDecision, "기다림")
			decided(t, f)
			row := rowWith(t, f, "불일치", columnAt(t, f, "불일치", columnOrder), lostOrder)
			rows, err := f.GetRows("불일치")
			must(t, err, f.RemoveRow("불일치", row), f.InsertRows("불일치", 2, 1))
			for i, value := range rows[row-1] {
				must(t, f.SetCellStr("불일치", xlsx.At(i+1, 2), value))
			}
		}, words: []string{otherOrder + ": waiting"}, refused: []string{lostOrder + ": its decision \"환불 진행\" cannot be read: it stands under no header"}},

		{name: "the check of the row is empty", edit: func(t *testing.T, f *excelize.File) {
			decided(t, f)
			put(t, f, otherOrder, columnDecision, "기다림")
			put(t, f, lostOrder, book.ColumnRowCheck, nil)
		}, words: []string{otherOrder + ": waiting"}, refused: []string{lostOrder + ": its row check (행 확인) is empty"}},
		{name: "and its id as well", edit: func(t *testing.T, f *excelize.File) {
			decided(t, f)
			put(t, f, otherOrder, columnDecision, "기다림")
			put(t, f, lostOrder, book.ColumnRowCheck, nil)
			put(t, f, lostOrder, columnBreakID, nil)
		}, words: []string{otherOrder + ": waiting"}, refused: []string{lostOrder + `: its decision "환불 진행" cannot be read: its 불일치 ID and its 행 확인 are empty`}},
		{name: "a note beside an order that nothing else identifies", edit: func(t *testing.T, f *excelize.File) {
			put(t, f, otherOrder, columnDecision, "기다림")
			put(t, f, lostOrder, columnNote, "고객 연락함")
			put(t, f, lostOrder, book.ColumnRowCheck, nil)
			put(t, f, lostOrder, columnBreakID, nil)
		}, words: []string{otherOrder + ": waiting"}, refused: []string{lostOrder + ": what was written cannot be read"}},
		{name: "one decision was merged over two rows", edit: func(t *testing.T, f *excelize.File) {
			decided(t, f)
			column := columnAt(t, f, "불일치", columnDecision)
			row := rowWith(t, f, "불일치", columnAt(t, f, "불일치", columnOrder), lostOrder)
			must(t, f.MergeCell("불일치", xlsx.At(column, row), xlsx.At(column, row+1)))
			put(t, f, otherOrder, columnOwner, "이정산")
		}, words: []string{otherOrder + ":  owner=이정산"}, refused: []string{"its 결정 is merged with that of other rows", "its 결정 is merged with that of other rows"}},
		{name: "the decision is a formula that no program has reckoned", edit: func(t *testing.T, f *excelize.File) {
			put(t, f, otherOrder, columnDecision, "기다림")
			row := rowWith(t, f, "불일치", columnAt(t, f, "불일치", columnOrder), lostOrder)
			cell := xlsx.At(columnAt(t, f, "불일치", columnDecision), row)
			must(t, f.SetCellValue("불일치", cell, nil), f.SetCellFormula("불일치", cell, "N14"))
		}, words: []string{otherOrder + ": waiting"}, refused: []string{lostOrder + ": what stands in 결정 is a formula without a value"}},
		{name: "the sheet of another night was laid into it", edit: func(t *testing.T, f *excelize.File) {
			put(t, f, otherOrder, columnDecision, "기다림")
			other := sampleNight("m")
			other.Run.ID, other.Breaks = "rother", other.Breaks[:1]
			from := opened(t, drawn(t, []Snapshot{other}, Options{}))
			rows, err := from.GetRows("불일치", excelize.Options{RawCellValue: true})
			must(t, err)
			_, err = f.NewSheet("불일치 (2)")
			must(t, err)
			for i, cells := range rows {
				for j, value := range cells {
					must(t, f.SetCellStr("불일치 (2)", xlsx.At(j+1, i+1), value))
				}
			}
		}, words: []string{otherOrder + ": waiting"}, refused: []string{"belongs to another workbook (its row check is \"rother-"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			read, err := returnedOf(t, edited(t, night, Options{}, func(f *excelize.File) { test.edit(t, f) })).Words(night)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					words, refused := said(read)
					t.Errorf("%v, want: %s (words %q, refused %q)", err, test.err, words, refused)
				}
				return
			}
			words, refused := said(read)
			if err != nil || !slices.Equal(words, test.words) || len(refused) != len(test.refused) {
				t.Fatalf("words %q, refused %q, %v", words, refused, err)
			}
			for i, part := range test.refused {
				if !strings.Contains(refused[i], part) {
					t.Errorf("refused %q, want %q", refused[i], part)
				}
			}
		})
	}
}

// TestAnUntouchedWorkbookHoldsNoDecision: what the program draws is never taken
// for a decision that somebody lost.
func TestAnUntouchedWorkbookHoldsNoDecision(t *testing.T) {
	for name, night := range nights() {
		for _, l := range []string{"ko", "en"} {
			t.Run(fmt.Sprint(name, " ", l), func(t *testing.T) {
				t.Parallel()
				read, err := returnedOf(t, edited(t, night, Options{Language: l}, nil)).Words(night)
				if words, refused := said(read); err != nil || words != nil || refused != nil {
					t.Errorf("%q, refused %q, %v", words, refused, err)
				}
			})
		}
	}
}

// TestARefundingBreakIsShownAndCounted: it stands behind what needs a person, is
// counted in the list's own words and on the control sheet, and can be decided
// otherwise.
func TestARefundingBreakIsShownAndCounted(t *testing.T) {
	s := sampleNight("m")
	i := slices.IndexFunc(s.Breaks, func(b BreakRow) bool { return b.OrderID == lostOrder })
	s.Breaks[i].Status = reconcile.Refunding
	s.Run.Broken[s.Breaks[i].Kind]--
	s.Run.Opened--
	s.Run.Refunding = map[reconcile.Kind]int64{s.Breaks[i].Kind: 1}
	night := []Snapshot{s}
	f := opened(t, drawn(t, night, Options{}))
	rows, err := f.GetRows("불일치")
	must(t, err)
	if text := strings.Join(rows[1], " "); !strings.Contains(text, "환불 진행 중 1건") {
		t.Errorf("the list says %s", text)
	}
	row := rowWith(t, f, "불일치", columnAt(t, f, "불일치", columnOrder), lostOrder)
	if status := rows[row-1][columnAt(t, f, "불일치", columnStatus)-1]; status != "환불 진행 중" {
		t.Errorf("its status is %q", status)
	}
	control, err := f.GetRows("대사 확인")
	must(t, err)
	check := slices.IndexFunc(control, func(cells []string) bool { return len(cells) > 2 && cells[0] == "환불 진행 중" })
	if check < 0 || control[check][1] != "1" || control[check][2] != "1" {
		t.Errorf("the control sheet counts none: %q", control)
	}
	path := edited(t, night, Options{}, func(f *excelize.File) { put(t, f, lostOrder, columnDecision, "소액 차이 종결") })
	read, err := returnedOf(t, path).Words(night)
	words, refused := said(read)
	if diff := cmp.Diff([]string{lostOrder + ": accepted_difference"}, words); diff != "" || refused != nil || err != nil {
		t.Errorf("%s %q %v", diff, refused, err)
	}
	if seen := read.Words[0].Word.Seen; seen.Status != reconcile.Refunding {
		t.Errorf("the person saw it %s", seen.Status)
	}
	found, err := returnedOf(t, path).Verify(night, Options{})
	if err != nil || len(found.Changed) != 0 {
		t.Errorf("%+v %v", found, err)
	}
}
