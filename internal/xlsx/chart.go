package xlsx

import "github.com/xuri/excelize/v2"

// ChartKind is how a chart draws its values.
type ChartKind int

// The kinds: columns that stand, bars that lie, the first label on top, and a
// ring with the share of each value in percent and a legend.
const (
	Columns ChartKind = iota
	Bars
	Ring
)

// Series is one row of values of a chart. All but the colour are references,
// such as On and Area.Column give them: a chart is drawn of cells that people can
// read.
type Series struct {
	Name, Labels, Values string
	Color                string // "": each value has its own
}

// Chart is a picture of values. Its axis of values begins at 0.
type Chart struct {
	Kind   ChartKind
	Title  string
	Series Series
	Beside *Series // beside it, by the same axis; a legend then names both
	Line   *Series // drawn over it, with an axis of its own on the right

	Width, Height                     int    // pixels
	TitleColor, TextColor, LabelColor string // of the title, the axes and the legend

	Format      string // of the values beside their axis
	LabelFormat string // of the labels below columns, which then stand upright
	Every       int    // of these only each n-th is written
	Figures     bool   // each value is written at its mark
}

// placedChart is a chart and where it begins: pixels behind the left edge of a
// column.
type placedChart struct {
	place
	offset int
	chart  Chart
}

// Chart puts a chart onto the sheet: its upper left corner is in a row, so many
// pixels behind the left edge of a column, which may lie in a later column.
func (s *Sheet) Chart(column, row, offset int, c Chart) {
	s.charts = append(s.charts, placedChart{place{column, row}, offset, c})
}

// Pixels is how broad the columns are from one to another.
func (s *Sheet) Pixels(from, to int) int {
	sum := 0
	for _, width := range s.Widths[from-1 : to] {
		sum += pixels(width)
	}
	return sum
}

// pixels of a column, as excelize reckons them.
func pixels(width int) int { return 7*width + 5 }

func (s *Sheet) layoutCharts(f *excelize.File, font string) error {
	for _, c := range s.charts {
		column, offset := c.column, c.offset
		for column < len(s.Widths) && offset >= pixels(s.Widths[column-1]) {
			offset -= pixels(s.Widths[column-1])
			column++
		}
		chart := c.chart.excelize(font)
		chart.Format = excelize.GraphicOptions{OffsetX: offset, OffsetY: 2, Positioning: "oneCell"}
		var over []*excelize.Chart
		if c.chart.Line != nil {
			over = append(over, c.chart.line(font))
		}
		if err := f.AddChart(s.Name, At(column, c.row), chart, over...); err != nil {
			return err
		}
	}
	return nil
}

const (
	titleSize  = 10
	axisSize   = 8
	legendSize = 9
)

func (c Chart) excelize(font string) *excelize.Chart {
	chart := c.base(font, c.Series)
	chart.Type = [...]excelize.ChartType{Columns: excelize.Col, Bars: excelize.Bar, Ring: excelize.Doughnut}[c.Kind]
	chart.Title = excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: c.Title, Font: &excelize.Font{Family: font, Size: titleSize, Bold: true, Color: c.TitleColor}}}}
	chart.Dimension = excelize.ChartDimension{Width: uint(max(c.Width, 0)), Height: uint(max(c.Height, 0))} //nolint:gosec // not negative
	chart.YAxis.NumFmt = excelize.ChartNumFmt{CustomNumFmt: c.Format}
	if c.LabelFormat != "" {
		chart.XAxis.NumFmt = excelize.ChartNumFmt{CustomNumFmt: c.LabelFormat}
		chart.XAxis.TickLabelSkip, chart.XAxis.Alignment.TextRotation = c.Every, 90
	}
	chart.PlotArea = excelize.ChartPlotArea{ShowVal: c.Figures}
	if c.Beside != nil {
		chart.Series = append(chart.Series, seriesOf(*c.Beside))
		chart.Legend = c.legend(font, "bottom")
	}
	switch c.Kind {
	case Bars:
		chart.XAxis.ReverseOrder = true
	case Ring:
		chart.HoleSize = 55
		chart.Legend = c.legend(font, "right")
		chart.PlotArea.ShowPercent = true
	default:
	}
	return chart
}

// base is what a chart and the line over it have in common.
func (c Chart) base(font string, s Series) *excelize.Chart {
	each, zero := s.Color == "", 0.0
	small := excelize.Font{Family: font, Size: axisSize, Color: c.TextColor}
	chart := &excelize.Chart{
		Series:       []excelize.ChartSeries{seriesOf(s)},
		Legend:       excelize.ChartLegend{Position: "none"},
		XAxis:        excelize.ChartAxis{Font: small},
		YAxis:        excelize.ChartAxis{Font: small, MajorGridLines: true, Minimum: &zero},
		VaryColors:   &each,
		ShowBlanksAs: "gap",
		Border:       excelize.LineOptions{Type: excelize.LineNone},
	}
	return chart
}

func seriesOf(s Series) excelize.ChartSeries {
	series := excelize.ChartSeries{Name: s.Name, Categories: s.Labels, Values: s.Values}
	if s.Color != "" {
		series.Fill = solid(s.Color)
	}
	return series
}

func (c Chart) legend(font, position string) excelize.ChartLegend {
	return excelize.ChartLegend{Position: position, Font: &excelize.Font{Family: font, Size: legendSize, Color: c.LabelColor}}
}

// line is drawn over the chart. Its axis has its colour.
func (c Chart) line(font string) *excelize.Chart {
	chart, color := c.base(font, *c.Line), c.Line.Color
	chart.Type = excelize.Line
	chart.Series[0].Line = excelize.LineOptions{Type: excelize.LineSolid, Width: 1.5, Fill: solid(color)}
	chart.Series[0].Marker = excelize.ChartMarker{Symbol: "circle", Size: 5, Fill: solid(color)}
	chart.YAxis.Secondary, chart.YAxis.MajorGridLines, chart.YAxis.Font.Color = true, false, color
	return chart
}
