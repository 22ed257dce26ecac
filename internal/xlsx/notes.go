package xlsx

import (
	"errors"
	"io"

	"github.com/xuri/excelize/v2"
)

// Notes is a column of notes beside the rows of a sheet that somebody else made.
type Notes struct {
	Sheet  string // its name
	Column int
	Width  int
	Header int    // the row of the titles
	Title  string // of the column, in the look of the title Like
	Like   int    // a column; 0: in no look of its own
	Font   string
	Rows   []Note
	Clear  []int // rows whose note of before goes, where nothing new is said
}

// Note stands beside one row.
type Note struct {
	Row   int
	Text  string
	Style Style
}

// largestPart is how much of a workbook's part excelize may hold in memory; else
// it writes what people gave us into a temporary file.
const largestPart = 1 << 30

// Into writes the workbook at a path with the notes in it: its other sheets and
// cells, their looks, widths and formulas stay as they were. What is written is
// not encrypted, also where a password opens the workbook.
func (n Notes) Into(w io.Writer, path, password string) error {
	file, err := excelize.OpenFile(path, excelize.Options{Password: password, UnzipXMLSizeLimit: largestPart, UnzipSizeLimit: 16 * largestPart})
	if err != nil {
		return err
	}
	if err := n.write(file); err != nil {
		return errors.Join(err, file.Close())
	}
	return errors.Join(file.Write(w, excelize.Options{}), file.Close())
}

// Over writes a new workbook of one sheet with these rows, from the first one on,
// each cell as a text, and the notes beside them.
func (n Notes) Over(w io.Writer, rows [][]string) error {
	file := excelize.NewFile()
	err := file.SetSheetName("Sheet1", n.Sheet)
	for i, row := range rows {
		for column, text := range row {
			if text != "" {
				err = errors.Join(err, file.SetCellStr(n.Sheet, At(column+1, i+1), Clean(text)))
			}
		}
	}
	if err = errors.Join(err, n.write(file)); err != nil {
		return errors.Join(err, file.Close())
	}
	return errors.Join(file.Write(w), file.Close())
}

func (n Notes) write(file *excelize.File) error {
	for _, row := range n.Clear {
		cell := At(n.Column, row)
		if err := errors.Join(file.SetCellValue(n.Sheet, cell, nil), file.SetCellStyle(n.Sheet, cell, cell, 0)); err != nil {
			return err
		}
	}
	if err := n.writeTitle(file); err != nil {
		return err
	}
	styles := map[Style]int{}
	for _, note := range n.Rows {
		id, known := styles[note.Style]
		if !known {
			var err error
			if id, err = file.NewStyle(note.Style.excelize(n.Font)); err != nil {
				return err
			}
			styles[note.Style] = id
		}
		cell := At(n.Column, note.Row)
		if err := n.makeRoom(file, note); err != nil {
			return err
		}
		if err := errors.Join(file.SetCellStr(n.Sheet, cell, Clean(note.Text)), file.SetCellStyle(n.Sheet, cell, cell, id)); err != nil {
			return err
		}
	}
	return nil
}

// makeRoom makes a row as high as its note needs, never lower than it was.
func (n Notes) makeRoom(file *excelize.File, note Note) error {
	lines := Lines(note.Text, n.Width)
	if !note.Style.Wrap || lines < 2 {
		return nil
	}
	const line = 15
	height, err := file.GetRowHeight(n.Sheet, note.Row)
	if err != nil || height >= float64(lines*line) {
		return err
	}
	return file.SetRowHeight(n.Sheet, note.Row, float64(lines*line))
}

func (n Notes) writeTitle(file *excelize.File) error {
	style := 0
	if n.Like > 0 {
		var err error
		if style, err = file.GetCellStyle(n.Sheet, At(n.Like, n.Header)); err != nil {
			return err
		}
	}
	cell, name := At(n.Column, n.Header), columnName(n.Column)
	return errors.Join(file.SetCellStr(n.Sheet, cell, n.Title), file.SetCellStyle(n.Sheet, cell, cell, style), file.SetColWidth(n.Sheet, name, name, float64(n.Width)), n.onePageWide(file))
}

// onePageWide prints all columns on one page's width, lying: a note that is cut at
// the edge of the paper says half of what it has to.
func (n Notes) onePageWide(file *excelize.File) error {
	yes, wide, tall, lying := true, 1, 0, "landscape"
	return errors.Join(file.SetSheetProps(n.Sheet, &excelize.SheetPropsOptions{FitToPage: &yes}),
		file.SetPageLayout(n.Sheet, &excelize.PageLayoutOptions{FitToWidth: &wide, FitToHeight: &tall, Orientation: &lying}))
}
