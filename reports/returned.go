package reports

import (
	"errors"
	"slices"

	"daesa/internal/hint"
	"daesa/internal/xlsx"
	"daesa/reports/book"
)

// Returned is a workbook of a night that came back from a person.
type Returned struct {
	*book.Returned
	Runs []string // the ids of the runs that it was drawn of
	Head []string // the journal's heads that it names, in the order of Runs
	form string   // of the version of daesa that drew it
}

// OpenReturned reads a workbook of a night, as book.OpenReturned does.
func OpenReturned(path, password string) (*Returned, error) {
	back, err := book.OpenReturned(path, password)
	if err != nil {
		return nil, err
	}
	return ReturnedOf(back)
}

// ReturnedOf takes a workbook for one of a night; the error says that it is none.
func ReturnedOf(back *book.Returned) (*Returned, error) {
	r := &Returned{Returned: back}
	return r, r.identify()
}

// identify finds the runs that the workbook names on its control sheet.
func (r *Returned) identify() error {
	foreign := hint.New(r.Path+" is not a night's workbook of daesa: it has no sheet "+book.SheetControl.Ko()+" that names a run",
		"send back the whole workbook, with all its sheets")
	name, ok := r.Has(book.SheetControl)
	if !ok {
		return foreign
	}
	if err := r.Stated(name, func(label, says string) {
		switch label {
		case r.Lang.Of(labelRun):
			r.Runs = append(r.Runs, says)
		case r.Lang.Of(labelHead):
			r.Head = append(r.Head, says)
		case r.Lang.Of(labelForm):
			r.form = says
		}
	}); err != nil {
		return err
	}
	if len(r.Runs) == 0 {
		return foreign
	}
	return nil
}

// Labels of the control sheet that a returned workbook is known by.
var (
	labelRun  = book.Label{"실행 ID", "Run"}
	labelHead = book.Label{"감사기록 해시", "Journal head"}
	labelForm = book.Label{"보고서 양식", "Form of the workbook"}
)

// Verify compares every cell with what the stored nights draw, as xlsx.Compare
// does. It fails on a workbook of other nights, of another form, or of a night that
// was run again.
func (r *Returned) Verify(snapshots []Snapshot, opts Options) (xlsx.Comparison, error) {
	if err := r.fits(snapshots); err != nil {
		return xlsx.Comparison{}, err
	}
	for i, id := range r.Runs {
		for _, s := range snapshots {
			if s.Run.ID == id && i < len(r.Head) && s.JournalHead != r.Head[i] {
				return xlsx.Comparison{}, hint.Errorf("daesa report nightly --date "+string(s.Run.Day)+" draws the night as it stands",
					"the night of %s was run again after this workbook was drawn: it names the journal head %s, what is stored has %s",
					s.Run.Day, xlsx.Quote(r.Head[i]), xlsx.Quote(s.JournalHead))
			}
		}
	}
	n, err := newNight(snapshots, opts.Expected)
	if err != nil {
		return xlsx.Comparison{}, err
	}
	b, err := newNightBook(n, r.Lang)
	if err == nil {
		b.draw()
		err = b.Err()
	}
	if err != nil {
		return xlsx.Comparison{}, err
	}
	return b.Compare(r.Book)
}

// fits refuses a workbook of other runs than the given nights', and one that another
// version drew in another form: every difference of form would pass for a change by
// hand.
func (r *Returned) fits(snapshots []Snapshot) error {
	for _, id := range r.Runs {
		if !slices.ContainsFunc(snapshots, func(s Snapshot) bool { return s.Run.ID == id }) {
			return errors.New("the workbook is of run " + xlsx.Clean(id) + ", of which nothing is stored")
		}
	}
	if form := formOf(snapshots); r.form != form {
		return hint.Errorf("use the version of daesa that drew it, or draw the night again with daesa report nightly, and work in that one",
			"the workbook has form %s, and this version of daesa draws form %s: what changed between them would pass for somebody's change", xlsx.Quote(r.form), form)
	}
	return nil
}
