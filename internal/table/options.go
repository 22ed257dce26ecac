package table

import (
	"strings"

	"daesa/internal/written"
)

// Limits bound what a file may ask of the machine. A zero field takes its
// default.
type Limits struct {
	FileBytes int64 // of a text; 4 GiB
	Rows      int   // 20,000,000
	RowBytes  int   // of one row; 1 MiB
	Columns   int   // 256
	Unzipped  int64 // bytes of a workbook as a file, and of each part of it unpacked; 64 MiB
	Entries   int   // parts of a workbook; 1,000
	Ratio     int64 // unpacked to packed, of one part; 100
}

func (l Limits) withDefaults() Limits {
	return Limits{
		FileBytes: orElse(l.FileBytes, 4<<30),
		Rows:      orElse(l.Rows, 20_000_000),
		RowBytes:  orElse(l.RowBytes, 1<<20),
		Columns:   orElse(l.Columns, 256),
		Unzipped:  orElse(l.Unzipped, 64<<20),
		Entries:   orElse(l.Entries, 1000),
		Ratio:     orElse(l.Ratio, 100),
	}
}

func orElse[N int | int64](value, otherwise N) N {
	if value > 0 {
		return value
	}
	return otherwise
}

// Options say how a table is found in a file.
type Options struct {
	Limits
	Sheet    string // of a workbook; "" is the first one that people see
	Password string // of an encrypted workbook; no error ever shows it
	// Larger says how a person lets a workbook pass that is larger than
	// Limits.Unzipped; "": nobody can.
	Larger string
	// HeaderWithin is in how many rows the header is looked for, blank ones
	// counted; 0: the header is the first row that is not blank.
	HeaderWithin int
	// HeaderAt is the row of the header where it is known; 0: it is looked for.
	HeaderAt int
	// TitlesAbove says that the header goes over two rows, of which HeaderAt is the
	// lower one: a title that it lacks stands in the row above.
	TitlesAbove bool
	// IsHeader says of a row whether it is the header, by the columns that its
	// titles name. Without it the first row that is not blank is taken; where no
	// row is one, that which names most of the columns, so that what it lacks can
	// be said.
	IsHeader func(has func(column string) bool) bool
	// Own are the columns of an Aside: in a file that has them all, what guards
	// its cells against becoming formulas is taken off.
	Own []string
	// Columns are the names of each column, as Title makes them comparable. A
	// title that is none of them names a column by itself, in lower case; without
	// Columns all do.
	Columns map[string]string
}

// Title makes the titles of columns comparable: composed, in lower case,
// without blanks, line breaks and '·', and without a currency behind.
func Title(text string) string {
	title := strings.ReplaceAll(written.Bare(text), "·", "")
	for _, currency := range []string{"(krw)", "(원)"} {
		if bare, cut := strings.CutSuffix(title, currency); cut && bare != "" {
			return bare
		}
	}
	return title
}

// column is the name by which a title's column is asked for; known says whether
// it is one of Columns.
func (o Options) column(title string) (name string, known bool) {
	if name, known = o.Columns[Title(title)]; known {
		return name, true
	}
	return strings.ToLower(strings.TrimSpace(title)), o.Columns == nil
}

func (o Options) adviceLarge() string {
	if o.Larger == "" {
		return adviceBook
	}
	return o.Larger
}
