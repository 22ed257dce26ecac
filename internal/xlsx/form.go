package xlsx

import (
	"errors"

	"github.com/xuri/excelize/v2"
)

// Offer is what a cell that people fill in shows them: what belongs there, and
// perhaps what they can choose. They may write something else.
type Offer struct {
	Area   string   // such as Span gives it
	Title  string   // of what is shown
	Text   string   // what belongs there
	Values []string // to choose from
	From   string   // instead of Values, cells to choose from, as Area.Column gives them
}

// Offer shows people what belongs into cells.
func (s *Sheet) Offer(o Offer) { s.offers = append(s.offers, o) }

// Keep makes the rows up to this one stay when people go down; they repeat on
// every printed page.
func (s *Sheet) Keep(row int) { s.header = row }

// Texts are columns whose every cell is a text, also where nothing stands yet:
// Excel would keep fifteen digits of a number.
func (s *Sheet) Texts(columns ...int) { s.texts = append(s.texts, columns...) }

func (s *Sheet) layoutForm(f *excelize.File) error {
	var errs []error
	for _, o := range s.offers {
		rule := excelize.NewDataValidation(true)
		rule.SetSqref(o.Area)
		rule.SetInput(o.Title, o.Text)
		switch {
		case o.From != "":
			rule.SetSqrefDropList(o.From)
		case len(o.Values) > 0:
			errs = append(errs, rule.SetDropList(o.Values))
		default:
			rule.Type = "none"
		}
		rule.ShowErrorMessage = false
		errs = append(errs, f.AddDataValidation(s.Name, rule))
	}
	if len(s.texts) == 0 {
		return errors.Join(errs...)
	}
	const text = 49
	id, err := f.NewStyle(&excelize.Style{NumFmt: text})
	errs = append(errs, err)
	for _, column := range s.texts {
		errs = append(errs, f.SetColStyle(s.Name, columnName(column), id))
	}
	return errors.Join(errs...)
}
