package xlsx

import (
	"bytes"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

func TestAFormShowsWhatBelongsThere(t *testing.T) {
	b := newBook(0)
	form, guide := b.Add(&Sheet{Name: "Form", Widths: []int{10, 10, 10}}), b.Add(&Sheet{Name: "Guide", Widths: []int{10}})
	form.Keep(form.Add(20, Text(1, "article"), Text(1, "pieces"), Text(1, "place")))
	form.Add(17, Blank(1), Blank(1), Blank(1))
	guide.Add(18, Text(1, "shelf"))
	form.Texts(1)
	form.Offer(Offer{Area: Span(1, 2, 1, 2), Title: "article", Text: "its number"})
	form.Offer(Offer{Area: Span(2, 2, 2, 2), Title: "pieces", Text: "how many", Values: []string{"all"}})
	form.Offer(Offer{Area: Span(3, 2, 3, 2), Title: "place", Text: "where", From: Area{"Guide", 1, 1}.Column(1)})
	f := opened(t, written(t, b))
	rules, err := f.GetDataValidations("Form")
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for _, r := range rules {
		if r.ShowErrorMessage {
			t.Errorf("%s refuses what people write", r.Sqref)
		}
		got = append(got, []string{r.Sqref, r.Type, r.Formula1, *r.PromptTitle, *r.Prompt})
	}
	if diff := cmp.Diff([][]string{{"A2:A2", "none", "", "article", "its number"}, {"B2:B2", "list", `"all"`, "pieces", "how many"}, {"C2:C2", "list", "'Guide'!$A$1:$A$1", "place", "where"}}, got); diff != "" {
		t.Error(diff)
	}
	for column, want := range map[string]int{"A": 49, "B": 0} {
		id, _ := f.GetColStyle("Form", column)
		if style, err := f.GetStyle(id); err != nil || style.NumFmt != want {
			t.Errorf("column %s has the number format %d: %v", column, style.NumFmt, err)
		}
	}
	if panes, err := f.GetPanes("Form"); err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("the titles do not stay: %+v %v", panes, err)
	}
	if names := f.GetDefinedName(); len(names) != 1 || names[0].RefersTo != "'Form'!$1:$1" {
		t.Errorf("the titles do not repeat on paper: %+v", names)
	}
}

// TestNotesLeaveAWorkbookAsItWas: somebody else's formulas, styles, widths and
// sheets stay, and a note of before goes where nothing new is said.
func TestNotesLeaveAWorkbookAsItWas(t *testing.T) {
	f := excelize.NewFile()
	bold, _ := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	path := filepath.Join(t.TempDir(), "theirs.xlsx")
	for _, err := range []error{f.SetSheetRow("Sheet1", "A1", &[]any{"article", "pieces", "said"}), f.SetSheetRow("Sheet1", "A2", &[]any{"0010", 3, "old"}),
		f.SetSheetRow("Sheet1", "A3", &[]any{"0011", 4, "older"}), f.SetCellFormula("Sheet1", "B4", "SUM(B2:B3)"), f.SetColWidth("Sheet1", "A", "A", 33),
		f.SetCellStyle("Sheet1", "B1", "B1", bold), f.SaveAs(path)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	n := Notes{Sheet: "Sheet1", Column: 3, Width: 40, Header: 1, Title: "result", Like: 2, Font: "Arial",
		Rows: []Note{{Row: 2, Text: "fine\n", Style: Style{Size: 10, Color: "0F766E"}}}, Clear: []int{2, 3}}
	var out bytes.Buffer
	if err := n.Into(&out, path, ""); err != nil {
		t.Fatal(err)
	}
	noted := opened(t, out.Bytes())
	rows, _ := noted.GetRows("Sheet1")
	if diff := cmp.Diff([][]string{{"article", "pieces", "result"}, {"0010", "3", "fine "}, {"0011", "4"}}, rows[:3]); diff != "" {
		t.Error(diff)
	}
	formula, _ := noted.GetCellFormula("Sheet1", "B4")
	width, _ := noted.GetColWidth("Sheet1", "A")
	like, _ := noted.GetCellStyle("Sheet1", "C1")
	title, _ := noted.GetCellStyle("Sheet1", "B1")
	if formula != "SUM(B2:B3)" || width != 33 || like != title {
		t.Errorf("formula %q, width %v, the title looks like %d, not %d", formula, width, like, title)
	}
	if err := n.Into(&out, filepath.Join(t.TempDir(), "none.xlsx"), ""); err == nil {
		t.Error("a file that is not there got notes")
	}
	n.Like, n.Sheet = 0, "Rows"
	out.Reset()
	if err := n.Over(&out, [][]string{{"article", "pieces"}, {"0010", "=1+1"}}); err != nil {
		t.Fatal(err)
	}
	rows, _ = opened(t, out.Bytes()).GetRows("Rows")
	if len(rows) != 2 || !slices.Equal(rows[1], []string{"0010", "=1+1", "fine "}) {
		t.Errorf("%q", rows)
	}
}
