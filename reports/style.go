package reports

import (
	"strconv"
	"strings"
	"time"

	"daesa/internal/xlsx"
	"daesa/pay"
)

// font is the one font of the workbook, on every cell: Excel's own for Korean.
const font = "맑은 고딕"

// The colours: dark blue for what leads, one red, one green, one amber.
const (
	navy  = "1F2A44"
	ink   = "22293A"
	grey  = "7A8194"
	hair  = "D5D9E2"
	pale  = "F5F6FA"
	head  = "E8EBF5"
	red   = "B42318"
	rose  = "FDECEA"
	green = "0F766E"
	mint  = "E4F3EF"
	amber = "9A5B00"
	cream = "FFF4DE"
	link  = "2B4C9B"
	white = "FFFFFF"
)

type style = xlsx.Style

// plain is the style that the others start from, rowStyle that of the rows of a
// list: its lines wrap, so that a long id or a sentence is whole also on paper.
var (
	plain    = style{Size: 10, Color: ink, Align: "left", Format: "@"}
	rowStyle = plain.With(func(s *style) { s.Size, s.Below, s.Wrap = 9, hair, true })

	titleStyle   = plain.With(func(s *style) { s.Size, s.Bold, s.Color = 16, true, navy })
	headingStyle = plain.With(func(s *style) { s.Size, s.Bold, s.Color = 12, true, navy })
	smallStyle   = plain.With(func(s *style) { s.Size, s.Color = 9, grey })
	backStyle    = plain.With(func(s *style) { s.Size, s.Color, s.Underline, s.Align = 9, link, true, "right" })
	goesStyle    = plain.With(func(s *style) { s.Color, s.Underline, s.Align = link, true, "right" })
)

// headStyle is the header of a table on a page; align is left or right.
func headStyle(align string) style {
	return plain.With(func(s *style) { s.Bold, s.Color, s.Fill, s.Align, s.Above = true, navy, head, align, navy })
}

// tagStyle marks how a row of a list stands: red needs a person, amber waits for
// one, green is done. Any other colour leaves the row as it is.
func tagStyle(colour string) style {
	fill, ok := map[string]string{red: rose, amber: cream, green: mint, navy: head}[colour]
	if !ok {
		return rowStyle
	}
	return rowStyle.With(func(s *style) { s.Bold, s.Color, s.Fill = true, colour, fill })
}

// Number formats that need no currency.
const (
	formatCount   = `#,##0;-#,##0;0`
	formatDate    = `yyyy-mm-dd`
	formatMoment  = `yyyy-mm-dd hh:mm`
	formatPercent = `0.00%`
	formatShare   = `0.0%` // in whole tenths of a percent
	formatDaysTo  = `"D-"0;"D+"0;"D-day"`
	formatCheck   = `+#,##0;-#,##0;0" ✓"`
)

// unit is how a currency's number looks: its digits, and what stands behind.
func unit(c pay.Currency) (digits, behind string) {
	digits = "#,##0"
	if c.Digits() > 0 {
		digits += "." + strings.Repeat("0", c.Digits())
	}
	if c == pay.KRW {
		return digits, `"원"`
	}
	return digits, `" ` + code(c) + `"`
}

// code is a currency's code, safe for number formats and formulas; "?" where it is
// none.
func code(c pay.Currency) string {
	kept := strings.Map(func(r rune) rune {
		if (r >= 'A' && r <= 'Z') || (r >= '0' && r <= '9') {
			return r
		}
		return -1
	}, string(c))
	if kept == "" || len(kept) > 8 {
		return "?"
	}
	return kept
}

func moneyFormat(c pay.Currency) string {
	digits, behind := unit(c)
	return digits + behind + ";-" + digits + behind + ";" + zero(c) + behind
}

// signedFormat shows a plus, and in red a minus.
func signedFormat(c pay.Currency) string {
	digits, behind := unit(c)
	return "+" + digits + behind + ";[Red]-" + digits + behind + ";" + zero(c) + behind
}

// checkFormat is for a figure that must be 0; it ticks 0.
func checkFormat(c pay.Currency) string {
	digits, behind := unit(c)
	return "+" + digits + behind + ";-" + digits + behind + ";" + zero(c) + behind + `" ✓"`
}

// dashFormat shows 0 as a dash.
func dashFormat(c pay.Currency) string {
	digits, behind := unit(c)
	return digits + behind + ";-" + digits + behind + `;"–"`
}

func zero(c pay.Currency) string {
	if c.Digits() > 0 {
		return "0." + strings.Repeat("0", c.Digits())
	}
	return "0"
}

// money is an amount in its currency's own notation.
func money(style xlsx.StyleID, currency pay.Currency, units int64) xlsx.Cell {
	return xlsx.Decimal(style, currency.Format(units))
}

// rounded wraps a formula in ROUND where the currency has decimals: binary fractions
// do not add up exactly.
func rounded(c pay.Currency, formula string) string {
	if c.Digits() == 0 {
		return formula
	}
	return "ROUND(" + formula + "," + strconv.Itoa(c.Digits()) + ")"
}

// spell writes money for sentences: 12,300원, 181.56 USD.
func spell(c pay.Currency, units int64) string {
	if c == pay.KRW {
		return xlsx.Grouped(c.Format(units)) + "원"
	}
	return xlsx.Grouped(c.Format(units)) + " " + code(c)
}

// signed spells money with its sign.
func signed(c pay.Currency, units int64) string {
	if units > 0 {
		return "+" + spell(c, units)
	}
	return spell(c, units)
}

func grouped(n int64) string { return xlsx.Grouped(strconv.FormatInt(n, 10)) }

// date is a business day.
func date(style xlsx.StyleID, d pay.Day) xlsx.Cell {
	t, err := time.Parse(time.DateOnly, string(d)) // in UTC: in Seoul not every day had a midnight
	if err != nil {
		return xlsx.Blank(style) // there is none; a Day is checked where it is made
	}
	return xlsx.Date(style, t)
}

// moment is an instant in Seoul.
func moment(style xlsx.StyleID, t time.Time) xlsx.Cell {
	if t.IsZero() {
		return xlsx.Blank(style)
	}
	return xlsx.Moment(style, t.In(pay.Seoul))
}

// clip cuts a sentence that quotes an error to a readable length.
func clip(sentence string) string {
	const most = 300
	return xlsx.Clip(xlsx.Clean(sentence), most)
}
