package xlsx

import "github.com/xuri/excelize/v2"

// Style is how a cell looks. Equal styles share one id.
type Style struct {
	Size      int // points
	Bold      bool
	Underline bool
	Color     string // of the text
	Fill      string // "": none
	Align     string // left, center or right
	Wrap      bool
	Top       bool // else centred upright
	Indent    int
	Format    string // a number format; "@" is text, "" is none
	Below     string // colour of a thin line below
	Above     string // colour of a thick line above
	Box       string // colour of thin lines all around
}

// StyleID is a style of a workbook. The zero value is the format's own default.
type StyleID int

// With changes a copy.
func (s Style) With(change func(*Style)) Style {
	change(&s)
	return s
}

// Style gives the id of a style. Ids are numbered as they are asked for.
func (b *Book) Style(s Style) StyleID {
	if id, ok := b.styles[s]; ok {
		return id
	}
	id, err := b.file.NewStyle(s.Excelize(b.Font))
	if err != nil {
		b.Fail(err)
	}
	b.styles[s] = StyleID(id)
	return StyleID(id)
}

// Excelize is the style as excelize takes it, for a file of another maker that is
// only added to.
func (s Style) Excelize(font string) *excelize.Style {
	style := &excelize.Style{
		Font:      &excelize.Font{Family: font, Size: float64(s.Size), Bold: s.Bold, Color: s.Color},
		Alignment: &excelize.Alignment{Horizontal: s.Align, Vertical: "center", WrapText: s.Wrap, Indent: s.Indent},
		Border:    s.borders(),
	}
	if s.Underline {
		style.Font.Underline = "single"
	}
	if s.Top {
		style.Alignment.Vertical = "top"
	}
	if s.Fill != "" {
		style.Fill = solid(s.Fill)
	}
	switch s.Format {
	case "":
	case "@":
		style.NumFmt = 49
	default:
		style.CustomNumFmt = &s.Format
	}
	return style
}

func solid(color string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{color}}
}

func (s Style) borders() []excelize.Border {
	const thin, thick = 1, 2
	var borders []excelize.Border
	if s.Box != "" {
		for _, side := range []string{"left", "right", "top", "bottom"} {
			borders = append(borders, excelize.Border{Type: side, Color: s.Box, Style: thin})
		}
	}
	if s.Below != "" {
		borders = append(borders, excelize.Border{Type: "bottom", Color: s.Below, Style: thin})
	}
	if s.Above != "" {
		borders = append(borders, excelize.Border{Type: "top", Color: s.Above, Style: thick})
	}
	return borders
}
