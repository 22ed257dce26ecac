package book

import (
	"daesa/internal/xlsx"
	"daesa/pay"
)

// ChartHeight is the height in points of a row that a chart stands on: excelize
// reckons with it.
const ChartHeight = 15

// ChartPixels is how tall such rows are on the screen.
func ChartPixels(rows int) int { return rows * ChartHeight * 4 / 3 }

// Rows are rows of a table with figures, below its header: charts are drawn from
// cells that people can read, never from hidden ones.
type Rows struct {
	xlsx.Area
	Header int
	Most   int64 // the largest amount, without decimals
}

// Series is a column of the rows, named in column 1.
func (r Rows) Series(column int, colour string) xlsx.Series { return r.From(1, column, colour) }

// From is a column of the rows with the labels of another one.
func (r Rows) From(labels, column int, colour string) xlsx.Series {
	return xlsx.Series{Name: xlsx.On(r.Sheet, column, r.Header), Labels: r.Column(labels), Values: r.Column(column), Color: colour}
}

// NewChart is a chart in the colours of a workbook.
func NewChart(kind xlsx.ChartKind, title string, s xlsx.Series) xlsx.Chart {
	return xlsx.Chart{Kind: kind, Title: title, Series: s, TitleColor: Navy, TextColor: Grey, LabelColor: Ink}
}

// Axis picks the number format of an axis of money, with as few digits as tell the
// marks apart, and the unit for the chart's title.
func (b *Book) Axis(c pay.Currency, most int64) (format, unit string) {
	name := Code(c)
	if c == pay.KRW {
		name = b.Say("원", "won")
	}
	switch {
	case most >= 10_000_000:
		return `#,##0,,`, b.Say("백만", "millions of ") + name
	case most >= 10_000:
		return `#,##0,`, b.Say("천", "thousands of ") + name
	default:
		return `#,##0`, name
	}
}

// ByDay writes days below a chart, as many as fit.
func ByDay(c xlsx.Chart, days Rows) xlsx.Chart {
	const fit = 8
	c.LabelFormat, c.Every = "m/d", (days.Last-days.First)/fit+1
	return c
}

// Whole is an amount without its decimals.
func Whole(c pay.Currency, units int64) int64 {
	for range c.Digits() {
		units /= 10
	}
	return units
}
