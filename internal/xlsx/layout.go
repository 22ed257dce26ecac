package xlsx

import (
	"strconv"

	"github.com/xuri/excelize/v2"
)

// layout gives excelize everything of the sheet but its rows. The filter comes
// first: excelize forgets the sheet's properties with it.
func (s *Sheet) layout(b *Book) error {
	steps := []func(*excelize.File) error{s.layoutFilter, s.layoutTable, s.layoutChoices, s.layoutForm, s.layoutView, s.layoutPage, s.layoutPrint, s.layoutCells}
	for _, step := range steps {
		if err := step(b.file); err != nil {
			return err
		}
	}
	if err := s.layoutCharts(b.file, b.Font); err != nil {
		return err
	}
	return b.file.SetHeaderFooter(s.Name, b.footer())
}

func (s *Sheet) layoutFilter(f *excelize.File) error {
	if s.filter == "" {
		return nil
	}
	return f.AutoFilter(s.Name, s.filter, nil)
}

// layoutTable needs the header's texts as excelize's own cells; what is written
// are ours.
func (s *Sheet) layoutTable(f *excelize.File) error {
	if s.table == "" {
		return nil
	}
	for i, c := range s.rows[s.header-1].Cells {
		if err := f.SetCellStr(s.Name, At(i+1, s.header), c.value); err != nil {
			return err
		}
	}
	plain := false
	return f.AddTable(s.Name, &excelize.Table{Range: s.tableAt, Name: s.table, StyleName: "TableStyleLight1", ShowRowStripes: &plain})
}

func (s *Sheet) layoutChoices(f *excelize.File) error {
	for _, c := range s.choices {
		rule := excelize.NewDataValidation(true)
		rule.SetSqref(c.area)
		if c.formula != "" {
			rule.SetSqrefDropList(c.formula)
		} else if err := rule.SetDropList(c.values); err != nil {
			return err
		}
		rule.SetError(excelize.DataValidationErrorStyleStop, c.title, c.message)
		if err := f.AddDataValidation(s.Name, rule); err != nil {
			return err
		}
	}
	return nil
}

// layoutView: the tab, no grid lines, the header that stays.
func (s *Sheet) layoutView(f *excelize.File) error {
	yes, no := true, false
	props := &excelize.SheetPropsOptions{FitToPage: &yes}
	if s.Tab != "" {
		opaque := "FF" + s.Tab // a colour of six digits is none to strict readers
		props.TabColorRGB = &opaque
	}
	if err := f.SetSheetProps(s.Name, props); err != nil {
		return err
	}
	if err := f.SetSheetView(s.Name, 0, &excelize.ViewOptions{ShowGridLines: &no}); err != nil {
		return err
	}
	if s.header == 0 {
		return nil
	}
	corner := At(s.fixed+1, s.header+1)
	pane := "bottomLeft"
	if s.fixed > 0 {
		pane = "bottomRight"
	}
	return f.SetPanes(s.Name, &excelize.Panes{Freeze: true, XSplit: s.fixed, YSplit: s.header, TopLeftCell: corner, ActivePane: pane,
		Selection: []excelize.Selection{{SQRef: corner, ActiveCell: corner, Pane: pane}}})
}

// layoutPage: A4, as wide as the page.
func (s *Sheet) layoutPage(f *excelize.File) error {
	const a4 = 9
	size, wide, tall, orientation := a4, 1, 0, "landscape"
	if s.Portrait {
		orientation = "portrait"
	}
	if s.OnePage {
		tall = 1
	}
	if err := f.SetPageLayout(s.Name, &excelize.PageLayoutOptions{Size: &size, Orientation: &orientation, FitToWidth: &wide, FitToHeight: &tall}); err != nil {
		return err
	}
	side, above, small, yes := 0.4, 0.5, 0.25, true
	return f.SetPageMargins(s.Name, &excelize.PageLayoutMarginsOptions{Left: &side, Right: &side, Top: &above, Bottom: &above,
		Header: &small, Footer: &small, Horizontally: &yes})
}

// layoutPrint: the columns that are on paper, and the header on every page.
func (s *Sheet) layoutPrint(f *excelize.File) error {
	if s.printed > 0 {
		area := On(s.Name, 1, 1) + ":" + fixed(s.printed, s.length())
		if err := f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Area", Scope: s.Name, RefersTo: area}); err != nil {
			return err
		}
	}
	if s.header == 0 {
		return nil
	}
	row := "$" + strconv.Itoa(s.header)
	return f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", Scope: s.Name, RefersTo: quoted(s.Name) + "!" + row + ":" + row})
}

func (s *Sheet) layoutCells(f *excelize.File) error {
	for i, width := range s.Widths {
		name := columnName(i + 1)
		if err := f.SetColWidth(s.Name, name, name, float64(width)); err != nil {
			return err
		}
	}
	for _, merge := range s.merges {
		if err := f.MergeCell(s.Name, merge[0], merge[1]); err != nil {
			return err
		}
	}
	for _, l := range s.links {
		if err := f.SetCellHyperLink(s.Name, l.cell, l.target, "Location"); err != nil {
			return err
		}
	}
	for _, area := range s.ignored {
		if err := f.AddIgnoredErrors(s.Name, area, excelize.IgnoredErrorsNumberStoredAsText); err != nil {
			return err
		}
	}
	return f.SetSheetDimension(s.Name, Span(1, 1, max(len(s.Widths), 1), max(s.length(), 1)))
}
