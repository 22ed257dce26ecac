package xlsx

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"daesa/internal/table"
)

// drawnTwo is a page into whose third row people write from its third column on,
// and a list.
func drawnTwo() *Book {
	b := newBook(0)
	s := b.Add(&Sheet{Name: "Page", Widths: []int{10, 10, 10}})
	s.Add(15, Text(1, "Title"))
	s.Add(15, Text(1, "Sum"), Int(1, 60).Formula("SUM('Rows'!$B$4:$B$7)"), Moment(1, noon))
	s.LeaveOpen(3, s.Add(15, Text(1, "Signed"), Blank(1), Text(1, "…")))
	b.List(stockList(b, 4))
	return b
}

// compared is what comparing finds after a person worked in the workbook.
func compared(t *testing.T, edit func(f *excelize.File) error) Comparison {
	t.Helper()
	f := opened(t, written(t, drawnTwo()))
	if err := edit(f); err != nil {
		t.Fatal(err)
	}
	var saved bytes.Buffer
	if err := f.Write(&saved); err != nil {
		t.Fatal(err)
	}
	stored, err := table.OpenBook("saved.xlsx", bytes.NewReader(saved.Bytes()), int64(saved.Len()), table.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	found, err := drawnTwo().Compare(stored)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// setRow writes into a row of the list, in place of what stands there.
func setRow(f *excelize.File, row int, values ...any) error {
	return f.SetSheetRow("Rows", At(1, row), &values)
}

func TestAWorkbookIsAsItWasDrawn(t *testing.T) {
	for name, edit := range map[string]func(f *excelize.File) error{
		"nothing was done": func(*excelize.File) error { return nil },
		"rows were sorted otherwise": func(f *excelize.File) error {
			return errors.Join(setRow(f, 4, "0001", 10, nil, "shelf"), setRow(f, 5, "0000", 0, nil, "shelf"))
		},
		"columns were moved": func(f *excelize.File) error {
			for row := 3; row <= 9; row++ {
				place, _ := f.GetCellValue("Rows", At(4, row))
				note, _ := f.GetCellValue("Rows", At(5, row))
				if err := f.SetSheetRow("Rows", At(4, row), &[]string{note, place}); err != nil {
					return err
				}
			}
			return nil
		},
		"it was signed":                  func(f *excelize.File) error { return f.SetCellStr("Page", "C3", "Kim") },
		"a formula lost its value":       func(f *excelize.File) error { return f.SetCellFormula("Page", "B2", "SUM(Rows!$B$4:$B$7)") },
		"a moment has other last digits": func(f *excelize.File) error { return f.SetCellFloat("Page", "C2", 46347.5-3e-10, -1, 64) },
	} {
		if found := compared(t, edit); len(found.Changed) != 0 || found.Cells < 20 || found.Filled != 0 {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

func TestWhatPeopleFillInIsCounted(t *testing.T) {
	found := compared(t, func(f *excelize.File) error { return f.SetCellStr("Rows", "C5", "sell") })
	if len(found.Changed) != 0 || found.Filled != 1 {
		t.Errorf("%+v", found)
	}
	if found = compared(t, func(f *excelize.File) error { return f.SetCellStr("Rows", "C8", "Decision") }); found.Filled != 0 {
		t.Errorf("a header that stands once more is called filled in: %+v", found)
	}
}

func TestEveryChangeIsNamed(t *testing.T) {
	set := func(sheet, cell string, value any) func(f *excelize.File) error {
		return func(f *excelize.File) error { return f.SetCellValue(sheet, cell, value) }
	}
	formula := func(sheet, cell, text string) func(f *excelize.File) error {
		return func(f *excelize.File) error { return f.SetCellFormula(sheet, cell, text) }
	}
	for name, test := range map[string]struct {
		edit func(f *excelize.File) error
		want []Change
	}{
		"a text of a page":                   {set("Page", "A1", "Other"), []Change{{"Page", 1, `A1 was "Title", is "Other"`}}},
		"a moment by a second":               {set("Page", "C2", 46347.5000116), []Change{{"Page", 2, `C2 was "46347.5", is "46347.5000115741"`}}},
		"a formula became a value":           {set("Page", "B2", 60), []Change{{"Page", 2, `B2 was the formula =SUM('Rows'!$B$4:$B$7), is "60"`}}},
		"another formula":                    {formula("Page", "B2", "1+59"), []Change{{"Page", 2, `B2 was the formula =SUM('Rows'!$B$4:$B$7), is =1+59`}}},
		"a value became a formula":           {formula("Page", "A1", "1+1"), []Change{{"Page", 1, `A1 was "Title", is the formula =1+1`}}},
		"a cell beside a page":               {set("Page", "E1", "x"), []Change{{"Page", 1, `E1 was "", is "x"`}}},
		"a row below a page":                 {set("Page", "A9", "x"), []Change{{"Page", 9, "the row was added"}}},
		"a cell of a list, known by its key": {set("Rows", "B5", 11), []Change{{"Rows", 5, `Pieces was "10", is "11"`}}},
		"a key":                              {set("Rows", "A5", "0099"), []Change{{"Rows", 5, "the row is not as it was drawn"}, {"Rows", 5, "the row that was drawn here is gone"}}},
		"a row of a list went":               {func(f *excelize.File) error { return setRow(f, 5, nil, nil, nil, nil) }, []Change{{"Rows", 5, "the row that was drawn here is gone"}}},
		"a row of a list came twice":         {func(f *excelize.File) error { return setRow(f, 10, "0001", 10, nil, "shelf") }, []Change{{"Rows", 10, "the row is not as it was drawn"}}},
		"a key stands twice": {func(f *excelize.File) error {
			return errors.Join(setRow(f, 5, "0001", 11, nil, "shelf"), setRow(f, 10, "0001", 12, nil, "shelf"))
		},
			[]Change{{"Rows", 5, `Pieces was "10", is "11"`}, {"Rows", 10, "the row is not as it was drawn"}}},
		"a column of a list went": {set("Rows", "D3", nil), []Change{{"Rows", 0, "the column Place is gone"}}},
		"above a list":            {set("Rows", "A1", "Other"), []Change{{"Rows", 1, `"Stock 1" is gone`}, {"Rows", 0, `"Other" was written above the list`}}},
		"a sheet went":            {func(f *excelize.File) error { return f.DeleteSheet("Page") }, []Change{{"Page", 0, "the sheet is gone"}}},
		"a sheet came":            {func(f *excelize.File) error { _, err := f.NewSheet("More"); return err }, []Change{{"More", 0, "the sheet was added"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, compared(t, test.edit).Changed); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestWhatAFilterShowsIsNoChange: the sum above a list follows its filter, and
// its formula does not.
func TestWhatAFilterShowsIsNoChange(t *testing.T) {
	b := newBook(0)
	s := b.Add(&Sheet{Name: "Page", Widths: []int{10}})
	s.Add(15, Int(1, 60).Formula("SUBTOTAL(109,B4:B7)"))
	shown := []table.Stored{{Text: "20", Number: true, Formula: "SUBTOTAL(109,B4:B7)", Live: true}}
	if what := differs(s.rows[0].Cells[0], shown, 0); what != "" {
		t.Error(what)
	}
	shown[0].Formula = "SUBTOTAL(109,B4:B6)"
	if what := differs(s.rows[0].Cells[0], shown, 0); !strings.Contains(what, "is =SUBTOTAL(109,B4:B6)") {
		t.Errorf("another formula is called %q", what)
	}
}

// TestOneFormulaIsWrittenInManyWays: quotes, dollars and blanks differ between
// programs, and Gnumeric writes an area of one cell as that cell.
func TestOneFormulaIsWrittenInManyWays(t *testing.T) {
	for _, same := range [][2]string{
		{"SUM('Rows'!$B$4:$B$7)", "SUM(Rows!$B$4:$B$7)"}, {"A1 - B2", "A1-B2"}, {"SUM(G59:G59)", "SUM(G59)"}, {"COUNTIF('R'!$C$4:$C$9,1)", "of:=COUNTIF(R!$D$4:$D$9,1)"},
	} {
		if plainFormula(same[0]) != plainFormula(same[1]) {
			t.Errorf("%s and %s: %s, %s", same[0], same[1], plainFormula(same[0]), plainFormula(same[1]))
		}
	}
	for _, other := range [][2]string{{"A1-B2", "A1-B3"}, {"SUM(B4:B7)", "SUM(B4:B8)"}, {"SUM(A1)", "COUNT(A1)"}} {
		if plainFormula(other[0]) == plainFormula(other[1]) {
			t.Errorf("%s and %s are called one", other[0], other[1])
		}
	}
}
