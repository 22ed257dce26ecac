package book

import (
	"strconv"
	"strings"
	"time"

	"daesa/internal/xlsx"
	"daesa/pay"
)

// Font is the one font of the workbook, on every cell: Excel's own for Korean.
const Font = "맑은 고딕"

// The colours: dark blue for what leads, one red, one green, one amber.
const (
	Navy  = "1F2A44"
	Ink   = "22293A"
	Grey  = "7A8194"
	Hair  = "D5D9E2"
	Pale  = "F5F6FA"
	Head  = "E8EBF5"
	Red   = "B42318"
	Rose  = "FDECEA"
	Green = "0F766E"
	Mint  = "E4F3EF"
	Amber = "9A5B00"
	Cream = "FFF4DE"
	Link  = "2B4C9B"
	White = "FFFFFF"
)

// Style is how a cell looks.
type Style = xlsx.Style

// Plain is the style that the others start from, RowStyle that of the rows of a
// list: its lines wrap, so that a long id or a sentence is whole also on paper.
var (
	Plain    = Style{Size: 10, Color: Ink, Align: "left", Format: "@"}
	RowStyle = Plain.With(func(s *Style) { s.Size, s.Below, s.Wrap = 9, Hair, true })

	TitleStyle   = Plain.With(func(s *Style) { s.Size, s.Bold, s.Color = 16, true, Navy })
	HeadingStyle = Plain.With(func(s *Style) { s.Size, s.Bold, s.Color = 12, true, Navy })
	SmallStyle   = Plain.With(func(s *Style) { s.Size, s.Color = 9, Grey })
	backStyle    = Plain.With(func(s *Style) { s.Size, s.Color, s.Underline, s.Align = 9, Link, true, "right" })
	GoesStyle    = Plain.With(func(s *Style) { s.Color, s.Underline, s.Align = Link, true, "right" })
)

// headStyle is the header of a table on a page; align is left or right.
func headStyle(align string) Style {
	return Plain.With(func(s *Style) { s.Bold, s.Color, s.Fill, s.Align, s.Above = true, Navy, Head, align, Navy })
}

// TagStyle marks how a row of a list stands: red needs a person, amber waits for
// one, green is done. Any other colour leaves the row as it is.
func TagStyle(colour string) Style {
	fill, ok := map[string]string{Red: Rose, Amber: Cream, Green: Mint, Navy: Head}[colour]
	if !ok {
		return RowStyle
	}
	return RowStyle.With(func(s *Style) { s.Bold, s.Color, s.Fill = true, colour, fill })
}

// Number formats that need no currency.
const (
	formatCount   = `#,##0;-#,##0;0`
	formatDate    = `yyyy-mm-dd`
	FormatMoment  = `yyyy-mm-dd hh:mm`
	FormatPercent = `0.00%`
	FormatShare   = `0.0%` // in whole tenths of a percent
	FormatDaysTo  = `"D-"0;"D+"0;"D-day"`
	FormatCheck   = `+#,##0;-#,##0;0" ✓"`
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
	return digits, `" ` + Code(c) + `"`
}

// Code is a currency's code, safe for number formats and formulas; "?" where it is
// none.
func Code(c pay.Currency) string {
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

// MoneyFormat shows money with its unit.
func MoneyFormat(c pay.Currency) string {
	digits, behind := unit(c)
	return digits + behind + ";-" + digits + behind + ";" + zero(c) + behind
}

// SignedFormat shows a plus, and in red a minus.
func SignedFormat(c pay.Currency) string {
	digits, behind := unit(c)
	return "+" + digits + behind + ";[Red]-" + digits + behind + ";" + zero(c) + behind
}

// CheckFormat is for a figure that must be 0; it ticks 0.
func CheckFormat(c pay.Currency) string {
	digits, behind := unit(c)
	return "+" + digits + behind + ";-" + digits + behind + ";" + zero(c) + behind + `" ✓"`
}

// DashFormat shows 0 as a dash.
func DashFormat(c pay.Currency) string {
	digits, behind := unit(c)
	return digits + behind + ";-" + digits + behind + `;"–"`
}

func zero(c pay.Currency) string {
	if c.Digits() > 0 {
		return "0." + strings.Repeat("0", c.Digits())
	}
	return "0"
}

// Money is an amount in its currency's own notation.
func Money(style xlsx.StyleID, currency pay.Currency, units int64) xlsx.Cell {
	return xlsx.Decimal(style, currency.Format(units))
}

// Rounded wraps a formula in ROUND where the currency has decimals: binary fractions
// do not add up exactly.
func Rounded(c pay.Currency, formula string) string {
	if c.Digits() == 0 {
		return formula
	}
	return "ROUND(" + formula + "," + strconv.Itoa(c.Digits()) + ")"
}

// Spell writes money for sentences: 12,300원, 181.56 USD.
func Spell(c pay.Currency, units int64) string {
	if c == pay.KRW {
		return xlsx.Grouped(c.Format(units)) + "원"
	}
	return xlsx.Grouped(c.Format(units)) + " " + Code(c)
}

// Signed spells money with its sign.
func Signed(c pay.Currency, units int64) string {
	if units > 0 {
		return "+" + Spell(c, units)
	}
	return Spell(c, units)
}

func grouped(n int64) string { return xlsx.Grouped(strconv.FormatInt(n, 10)) }

// Date is a business day.
func Date(style xlsx.StyleID, d pay.Day) xlsx.Cell {
	t, err := time.Parse(time.DateOnly, string(d)) // in UTC: in Seoul not every day had a midnight
	if err != nil {
		return xlsx.Blank(style) // there is none; a Day is checked where it is made
	}
	return xlsx.Date(style, t)
}

// Moment is an instant in Seoul.
func Moment(style xlsx.StyleID, t time.Time) xlsx.Cell {
	if t.IsZero() {
		return xlsx.Blank(style)
	}
	return xlsx.Moment(style, t.In(pay.Seoul))
}

// Clip cuts a sentence that quotes an error to a readable length.
func Clip(sentence string) string {
	const most = 300
	return xlsx.Clip(xlsx.Clean(sentence), most)
}
