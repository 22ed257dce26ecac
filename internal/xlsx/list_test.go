package xlsx

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// stockList is a list of so many articles, and behind them one that is sold out:
// what people read, what they fill in, and a detail that stays off the paper.
func stockList(b *Book, articles int) List {
	head, plain := b.Style(Style{Size: 10, Bold: true}), b.Style(Style{Size: 9, Format: "@"})
	number := b.Style(Style{Size: 9, Format: "#,##0"})
	return List{
		Name: "Rows", Tab: "0F766E", HeaderHeight: 22, Fixed: 1, Table: "stock",
		Columns: []Column{
			{Title: Text(head, "Article"), Width: 12, Texts: true, Key: true}, {Title: Text(head, "Pieces"), Width: 8},
			{Title: Text(head, "Decision"), Width: 10, Input: true, Choices: []string{"keep", "sell"}, Refusal: "Choose one."},
			{Title: Text(head, "Place"), Width: 9, ScreenOnly: true}, {Title: Text(head, "Note"), Width: 9},
		},
		Above: func(s *Sheet, nth int) {
			s.Add(28, Text(head, fmt.Sprintf("Stock %d", nth)))
			s.Add(18)
		},
		Segments: []Segment{
			{To: articles, Height: 20, Fill: func(i int, cells []Cell) {
				cells[0], cells[1], cells[3] = Text(plain, fmt.Sprintf("%04d", i)), Int(number, int64(i*10)), Text(plain, "shelf")
			}},
			{Lead: []Row{{Height: 12, Cells: []Cell{Text(head, "Sold out")}}}, To: 1, Height: 20, Fill: func(_ int, cells []Cell) {
				cells[0], cells[1] = Text(plain, "gone"), Int(number, 0)
			}},
		},
		Placed: func(s *Sheet, rows Area, from, to int) {
			var sum int64
			for i := from; i < to; i++ {
				sum += int64(i * 10)
			}
			s.Set(2, 2, Int(number, sum).Formula("SUBTOTAL(109,"+rows.Inside(2)+")"))
		},
	}
}

func TestAListIsReadBackAsItWasDrawn(t *testing.T) {
	b := newBook(0)
	b.Add(&Sheet{Name: "First", Widths: []int{9}}).Add(15)
	where := b.List(stockList(b, 3))
	if diff := cmp.Diff([]Area{{"Rows", 4, 6}}, where); diff != "" {
		t.Error(diff)
	}
	content := written(t, b)
	f := opened(t, content)
	rows, err := f.GetRows("Rows")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"Stock 1"}, {"", "30"}, {"Article", "Pieces", "Decision", "Place", "Note"},
		{"0000", "0", "", "shelf"}, {"0001", "10", "", "shelf"}, {"0002", "20", "", "shelf"}, {"Sold out"}, {"gone", "0"}}, rows); diff != "" {
		t.Error(diff)
	}
	panes, err := f.GetPanes("Rows")
	if err != nil || !panes.Freeze || panes.YSplit != 3 || panes.XSplit != 1 || panes.TopLeftCell != "B4" {
		t.Errorf("panes %+v: %v", panes, err)
	}
	tables, err := f.GetTables("Rows")
	if err != nil || len(tables) != 1 || tables[0].Name != "stock" || tables[0].Range != "A3:E6" {
		t.Errorf("tables %+v: %v", tables, err)
	}
	rules, err := f.GetDataValidations("Rows")
	if err != nil || len(rules) != 1 || rules[0].Sqref != "C4:C6" || rules[0].Formula1 != `"keep,sell"` || *rules[0].Error != "Choose one." || *rules[0].ErrorTitle != "Decision" {
		t.Errorf("lists to choose from %+v: %v", rules, err)
	}
	var names []string
	for _, name := range f.GetDefinedName() {
		names = append(names, name.Name+" "+name.RefersTo)
	}
	if slices.Sort(names); !slices.Equal(names, []string{"_xlnm.Print_Area 'Rows'!$A$1:$C$8", "_xlnm.Print_Titles 'Rows'!$3:$3"}) {
		t.Errorf("names %q", names)
	}
	if text := partsOf(t, content)["xl/worksheets/sheet2.xml"]; !strings.Contains(text, `sqref="A4:A1048576"`) {
		t.Error("texts of digits are warned about")
	}
	if sum, err := f.CalcCellValue("Rows", "B2"); err != nil || sum != "30" {
		t.Errorf("the sum is %s: %v", sum, err)
	}
}

// TestAListGoesOnOnTheNextSheet: no row is lost or stands twice, each sheet has
// the header, its own table and its own sum, and the last the other segment.
func TestAListGoesOnOnTheNextSheet(t *testing.T) {
	b := newBook(10) // seven rows below the header
	where := b.List(stockList(b, 16))
	if diff := cmp.Diff([]Area{{"Rows", 4, 10}, {"Rows 2", 4, 10}, {"Rows 3", 4, 5}}, where); diff != "" {
		t.Error(diff)
	}
	f := opened(t, written(t, b))
	var articles, sums, names []string
	for nth, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) > 10 || rows[0][0] != fmt.Sprintf("Stock %d", nth+1) || rows[2][0] != "Article" {
			t.Errorf("%s has %d rows and begins with %v", sheet, len(rows), rows[0])
		}
		for _, cells := range rows[3:] {
			articles = append(articles, cells[0])
		}
		sums = append(sums, rows[1][1])
		tables, _ := f.GetTables(sheet)
		for _, table := range tables {
			names = append(names, table.Name)
		}
	}
	var want []string
	for i := range 16 {
		want = append(want, fmt.Sprintf("%04d", i))
	}
	if diff := cmp.Diff(append(want, "Sold out", "gone"), articles); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(sums, []string{"210", "700", "290"}) || !slices.Equal(names, []string{"stock", "stock_2", "stock_3"}) {
		t.Errorf("sums %v, tables %v", sums, names)
	}
}

// TestALeadIsNeverAloneAtTheEnd: a segment whose lead and first row do not fit
// begins on the next sheet.
func TestALeadIsNeverAloneAtTheEnd(t *testing.T) {
	b := newBook(10)
	if where := b.List(stockList(b, 6)); len(where) != 1 || len(b.Sheets()) != 2 {
		t.Errorf("%d sheets, rows at %v", len(b.Sheets()), where)
	}
	rows, err := opened(t, written(t, b)).GetRows("Rows 2")
	if err != nil || len(rows) != 5 || rows[3][0] != "Sold out" {
		t.Errorf("%q %v", rows, err)
	}
}

// TestALeadStandsOnce: also where its segment goes on on further sheets.
func TestALeadStandsOnce(t *testing.T) {
	b := newBook(10)
	l := stockList(b, 1)
	l.Segments[1].To = 20
	b.List(l)
	f := opened(t, written(t, b))
	leads, gone := 0, 0
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, cells := range rows {
			switch {
			case len(cells) == 0:
			case cells[0] == "Sold out":
				leads++
			case cells[0] == "gone":
				gone++
			}
		}
	}
	if leads != 1 || gone != 20 || len(f.GetSheetList()) != 4 {
		t.Errorf("%d leads and %d rows on %d sheets", leads, gone, len(f.GetSheetList()))
	}
}

func TestAListWithoutRowsHasAFilterAndNoTable(t *testing.T) {
	b := newBook(0)
	l := stockList(b, 0)
	l.Segments = []Segment{{Lead: []Row{{Height: 24, Cells: []Cell{Text(1, "none")}}}}}
	if where := b.List(l); len(where) != 1 || !where[0].Empty() {
		t.Errorf("rows at %v", where)
	}
	f := opened(t, written(t, b))
	if tables, _ := f.GetTables("Rows"); len(tables) != 0 {
		t.Errorf("tables %v", tables)
	}
	if rules, _ := f.GetDataValidations("Rows"); len(rules) != 0 {
		t.Errorf("lists to choose from %v", rules)
	}
	filters := 0
	for _, name := range f.GetDefinedName() {
		if name.Name == "_xlnm._FilterDatabase" {
			filters++
		}
	}
	if filters != 1 {
		t.Errorf("%d filters", filters)
	}
}

// TestTablesStandSideBySide: each adds the rows that the sheet lacks, and none
// disturbs another.
func TestTablesStandSideBySide(t *testing.T) {
	b := newBook(0)
	s := b.Add(&Sheet{Name: "S", Widths: make([]int, 6)})
	s.Add(10)
	left, right := s.Grid(1, 17, [2]int{1, 2}, [2]int{3, 3}), s.Grid(1, 99, Singles(5, 2)...)
	left.Add(Text(1, "a"), Int(1, 1))
	left.Add(Text(1, "b"), Int(1, 2))
	right.Add(Text(1, "c"))
	right.Add(Text(1, "d"), Blank(1))
	right.Put(2, Int(1, 4).Formula(left.At(2, 2)+"*4"))
	right.Link(Top("S"))
	if last := right.Add(Text(1, "e"), Int(1, 5)); last != 4 || right.Row() != 4 || left.Row() != 3 || s.Last() != 4 || s.Tall() != 10+17+17+99 {
		t.Errorf("the tables end in rows %d and %d, the sheet in %d with a height of %d", left.Row(), right.Row(), s.Last(), s.Tall())
	}
	f := opened(t, written(t, b))
	rows, err := f.GetRows("S")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{nil, {"a", "", "1", "", "c"}, {"b", "", "2", "", "d", "4"}, {"", "", "", "", "e", "5"}}, rows); diff != "" {
		t.Error(diff)
	}
	merged, _ := f.GetMergeCells("S")
	formula, _ := f.GetCellFormula("S", "F3")
	linked, _, _ := f.GetCellHyperLink("S", "F3")
	beside, _, _ := f.GetCellHyperLink("S", "C3")
	if len(merged) != 2 || formula != "C2*4" || !linked || beside {
		t.Errorf("%d merges, formula %s, linked %v, beside it %v", len(merged), formula, linked, beside)
	}
}

func TestChartsAreDrawnOfTheirCells(t *testing.T) {
	b := newBook(0)
	s := b.Add(&Sheet{Name: "S", Widths: []int{10, 20, 10}})
	for i := range 4 {
		s.Add(15, Text(1, fmt.Sprint("l", i)), Int(1, int64(i)))
	}
	area := Area{"S", 2, 4}
	series := Series{Name: On("S", 2, 1), Labels: area.Column(1), Values: area.Column(2), Color: "5B7FC4"}
	line := series
	line.Color = "B42318"
	ring := series
	ring.Color = ""
	base := Chart{Title: "T", Width: 300, Height: 200, TitleColor: "1F2A44", TextColor: "7A8194", LabelColor: "22293A", Format: "#,##0"}
	chart := func(change func(*Chart)) Chart { c := base; change(&c); return c }
	s.Chart(1, 6, 0, chart(func(c *Chart) { c.Series, c.Line, c.LabelFormat, c.Every = series, &line, "m/d", 3 }))
	s.Chart(1, 6, 200, chart(func(c *Chart) { c.Kind, c.Series, c.Figures = Bars, series, true })) // 75 and 145 pixels: the second column
	s.Chart(2, 6, 9_999, chart(func(c *Chart) { c.Kind, c.Series = Ring, ring }))
	s.Chart(1, 9, 0, chart(func(c *Chart) { c.Series, c.Beside = series, &line }))
	if got := s.Pixels(1, 2); got != 220 {
		t.Errorf("two columns of 10 and 20 characters are %d pixels wide", got)
	}
	parts := partsOf(t, written(t, b))
	for name, has := range map[string][]string{
		"xl/charts/chart1.xml": {"<barChart>", `<barDir val="col"`, "<lineChart>", "'S'!$A$2:$A$4", "'S'!$B$2:$B$4", "'S'!$B$1", `<min val="0"`, `formatCode="m/d"`, `<tickLblSkip val="3"`, "B42318", "5B7FC4"},
		"xl/charts/chart2.xml": {`<barDir val="bar"`, `<orientation val="maxMin"`, `<showVal val="1"`},
		"xl/charts/chart3.xml": {"<doughnutChart>", `<varyColors val="1"`, `<showPercent val="1"`, `<legendPos val="r"`},
		"xl/charts/chart4.xml": {`<barDir val="col"`, "B42318", "5B7FC4", `<legendPos val="b"`},
	} {
		text := strings.NewReplacer(`"true"`, `"1"`, "&#39;", "'").Replace(parts[name])
		for _, want := range has {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %s", name, want)
			}
		}
		for _, axis := range strings.Split(text, "<valAx>")[1:] { // bars that begin anywhere else lie
			if axis, _, _ := strings.Cut(axis, "</valAx>"); !strings.Contains(axis, `<min val="0"`) {
				t.Errorf("%s has an axis that does not begin at 0", name)
			}
		}
	}
	drawing := strings.ReplaceAll(parts["xl/drawings/drawing1.xml"], "xdr:", "")
	for _, want := range []string{"<from><col>0</col><colOff>0</colOff><row>5</row>", "<from><col>1</col><colOff>1190625</colOff><row>5</row>", "<from><col>2</col>"} {
		if !strings.Contains(drawing, want) {
			t.Errorf("no chart stands at %s: %.2000s", want, drawing)
		}
	}
}

func TestACompressionIsChosenByTheWorkbook(t *testing.T) {
	sizes := map[int]int{}
	for _, level := range []int{1, 9} {
		b := New(Properties{Title: "T", At: noon, Font: "Arial", Compression: level})
		b.List(stockList(b, 3_000))
		sizes[level] = len(written(t, b))
	}
	if sizes[9] >= sizes[1] {
		t.Errorf("sizes by level: %v", sizes)
	}
	if f, err := excelize.OpenReader(strings.NewReader("")); err == nil {
		t.Error("an empty file is a workbook", f)
	}
}
