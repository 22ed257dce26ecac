// Package book is what every workbook of daesa is made of: two languages and their
// labels, styles, the tables of a page, lists of any length. It knows the states
// and kinds that have a word, but no night, no batch and no file: what a sheet says
// is its caller's. Begin at Book, then Listing and Place.
package book

import (
	"fmt"
	"slices"
	"time"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/refunds"
)

// About is what a workbook is of.
type About struct {
	Title      string
	Of         string    // the run or the batch, on every page
	At         time.Time // never the clock's
	Currencies []pay.Currency
	Several    bool // rows say whose they are
	// Compression is another than other workbooks' where it is not 0.
	Compression int
}

// Book is a workbook while it is drawn: what night, batch and list have in common.
type Book struct {
	*xlsx.Book
	About
	Lang Language
}

// MostRows is how many rows a sheet holds; tests lower it.
var MostRows = xlsx.Rows

// NewBook begins a workbook without sheets.
func NewBook(l Language, of About) *Book {
	return &Book{About: of, Lang: l, Book: xlsx.New(xlsx.Properties{
		Title: of.Title, Creator: "daesa", At: of.At, Font: Font, Compression: of.Compression, MostRows: MostRows,
		FooterLeft: l.Of(Label{"대외비 · ", "Confidential · "}) + of.Title, FooterRight: of.Of,
	})}
}

// Say picks a label in the workbook's language.
func (b *Book) Say(ko, en string) string { return b.Lang.Of(Label{ko, en}) }

// Styled is the style of a change to Plain.
func (b *Book) Styled(change func(*Style)) xlsx.StyleID { return b.Style(Plain.With(change)) }

// LanguageOf checks the language of a workbook; "" is Korean.
func LanguageOf(name string) (Language, error) {
	switch l := Language(name); l {
	case "":
		return Korean, nil
	case Korean, English:
		return l, nil
	default:
		return "", fmt.Errorf("language %q is neither ko nor en", name)
	}
}

// FirstCurrency is the currency of the cards and charts: won, where there is any.
func (b *Book) FirstCurrency() pay.Currency { return b.Currencies[0] }

// First is the name of the first sheet, to which all others lead back.
func (b *Book) First() string { return b.Sheets()[0].Name }

// Number writes a count with separators, for sentences.
func (b *Book) Number(n int64) string { return grouped(n) }

// Counting is the format of a number of things.
func (b *Book) Counting() string { return b.Say(`#,##0"건"`, `#,##0`) }

// labels are labels in the workbook's language.
func (b *Book) labels(list []Label) []string {
	texts := make([]string, len(list))
	for i, l := range list {
		texts[i] = b.Lang.Of(l)
	}
	return texts
}

// Person names a requester; the night itself is named as automatic.
func (b *Book) Person(name string) string {
	if name == refunds.NightActor {
		return b.Say("daesa(자동)", "daesa (automatic)")
	}
	return name
}

// Shown leaves out the columns that say nothing: whose a row is where there is
// one merchant, its currency where there is one.
func Shown[D any](b *Book, columns []Column[D]) []Column[D] {
	return slices.DeleteFunc(slices.Clone(columns), func(c Column[D]) bool {
		return c.Name == ColumnMID && !b.Several || c.Name == ColumnCurrency && len(b.Currencies) == 1
	})
}
