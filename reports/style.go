package reports

import (
	"strings"

	"github.com/xuri/excelize/v2"

	"daesa/pay"
)

// font is the one font of the workbook, on every cell: Excel's own for Korean.
const font = "맑은 고딕"

// The colours: dark blue for what leads, one red, one green, one amber.
const (
	navy   = "1F2A44"
	ink    = "22293A"
	grey   = "7A8194"
	hair   = "D5D9E2"
	pale   = "F5F6FA"
	head   = "E8EBF5"
	red    = "B42318"
	rose   = "FDECEA"
	green  = "0F766E"
	mint   = "E4F3EF"
	amber  = "9A5B00"
	cream  = "FFF4DE"
	link   = "2B4C9B"
	white  = "FFFFFF"
	noFill = ""
)

// look is everything that a style says. Equal looks share one style.
type look struct {
	size      int // points
	bold      bool
	underline bool
	color     string
	fill      string
	align     string // left, center, right
	top       bool   // else centred upright
	wrap      bool
	indent    int
	format    string // a number format; "@" is text
	rule      string // colour of a thin line below
	over      string // colour of a thick line above
	box       bool   // thin lines all around
}

// plain is the look that the others start from.
var plain = look{size: 10, color: ink, align: "left", format: "@"}

func (l look) with(change func(*look)) look {
	change(&l)
	return l
}

func (l look) excelize() *excelize.Style {
	style := &excelize.Style{
		Font:      &excelize.Font{Family: font, Size: float64(l.size), Bold: l.bold, Color: l.color},
		Alignment: &excelize.Alignment{Horizontal: l.align, Vertical: "center", WrapText: l.wrap, Indent: l.indent},
	}
	if l.top {
		style.Alignment.Vertical = "top"
	}
	if l.underline {
		style.Font.Underline = "single"
	}
	if l.fill != noFill {
		style.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{l.fill}}
	}
	switch l.format {
	case "":
	case "@":
		style.NumFmt = 49
	default:
		style.CustomNumFmt = &l.format
	}
	style.Border = l.borders()
	return style
}

func (l look) borders() []excelize.Border {
	var borders []excelize.Border
	if l.box {
		for _, side := range []string{"left", "right", "top", "bottom"} {
			borders = append(borders, excelize.Border{Type: side, Color: hair, Style: 1})
		}
	}
	if l.rule != "" {
		borders = append(borders, excelize.Border{Type: "bottom", Color: l.rule, Style: 1})
	}
	if l.over != "" {
		borders = append(borders, excelize.Border{Type: "top", Color: l.over, Style: 2})
	}
	return borders
}

// Number formats that need no currency.
const (
	formatCount   = `#,##0;-#,##0;0`
	formatDate    = `yyyy-mm-dd`
	formatMoment  = `yyyy-mm-dd hh:mm`
	formatPercent = `0.00%`
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

// code is a currency's code as far as it can stand in a number format or on a
// sheet without meaning something else.
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

// signedFormat shows over with a plus and under in red with a minus.
func signedFormat(c pay.Currency) string {
	digits, behind := unit(c)
	return "+" + digits + behind + ";[Red]-" + digits + behind + ";" + zero(c) + behind
}

// checkFormat is for a figure that must be nothing.
func checkFormat(c pay.Currency) string {
	digits, behind := unit(c)
	return "+" + digits + behind + ";-" + digits + behind + ";" + zero(c) + behind + `" ✓"`
}

func zero(c pay.Currency) string {
	if c.Digits() > 0 {
		return "0." + strings.Repeat("0", c.Digits())
	}
	return "0"
}
