package reports

import (
	"fmt"
	"slices"
	"time"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/refunds"
)

// about is what a workbook is of.
type about struct {
	title      string
	of         string    // the run or the batch, on every page
	at         time.Time // never the clock's
	currencies []pay.Currency
	several    bool // rows say whose they are
	// compression is another than other workbooks' where it is not 0.
	compression int
}

// book is a workbook while it is drawn: what night, batch and list have in common.
type book struct {
	*xlsx.Book
	about
	lang language
}

// mostRows is how many rows a sheet holds; tests lower it.
var mostRows = xlsx.Rows

func newBook(l language, of about) *book {
	return &book{about: of, lang: l, Book: xlsx.New(xlsx.Properties{
		Title: of.title, Creator: "daesa", At: of.at, Font: font, Compression: of.compression, MostRows: mostRows,
		FooterLeft: l.of(label{"대외비 · ", "Confidential · "}) + of.title, FooterRight: of.of,
	})}
}

// say picks a label in the workbook's language.
func (b *book) say(ko, en string) string { return b.lang.of(label{ko, en}) }

// styled is the style of a change to plain.
func (b *book) styled(change func(*style)) xlsx.StyleID { return b.Style(plain.With(change)) }

// languageOf checks the language of a workbook; "" is Korean.
func languageOf(name string) (language, error) {
	switch l := language(name); l {
	case "":
		return korean, nil
	case korean, english:
		return l, nil
	default:
		return "", fmt.Errorf("language %q is neither ko nor en", name)
	}
}

// firstCurrency is the currency of the cards and charts: won, where there is any.
func (b *book) firstCurrency() pay.Currency { return b.currencies[0] }

// first is the name of the first sheet, to which all others lead back.
func (b *book) first() string { return b.Sheets()[0].Name }

// number writes a count with separators, for sentences.
func (b *book) number(n int64) string { return grouped(n) }

// counting is the format of a number of things.
func (b *book) counting() string { return b.say(`#,##0"건"`, `#,##0`) }

// labels are labels in the workbook's language.
func (b *book) labels(list []label) []string {
	texts := make([]string, len(list))
	for i, l := range list {
		texts[i] = b.lang.of(l)
	}
	return texts
}

// person names a requester; the night itself is named as automatic.
func (b *book) person(name string) string {
	if name == refunds.NightActor {
		return b.say("daesa(자동)", "daesa (automatic)")
	}
	return name
}

// shown leaves out the columns that say nothing: whose a row is where there is
// one merchant, its currency where there is one.
func shown[D any](b *book, columns []column[D]) []column[D] {
	return slices.DeleteFunc(slices.Clone(columns), func(c column[D]) bool {
		return c.name == columnMID && !b.several || c.name == columnCurrency && len(b.currencies) == 1
	})
}
