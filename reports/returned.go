package reports

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"slices"

	"daesa/internal/xlsx"

	"daesa/internal/hint"
	"daesa/internal/table"
	"daesa/reports/book"
)

// mostReturned is how large a workbook that comes back may be, packed and
// unpacked: the night of a large shop with ten thousand breaks is a tenth of it.
const mostReturned = 64 << 20

// Returned is a workbook of a night that came back from a person, perhaps
// sorted, filtered, filled in and saved by another program.
type Returned struct {
	Path   string
	SHA256 string   // of the file's bytes
	Runs   []string // the ids of the runs that it was drawn of
	Head   []string // the journal's heads that it names, in the order of Runs
	form   string   // of the version of daesa that drew it

	book *table.Book
	lang book.Language
}

// OpenReturned reads a workbook within bounds: its size, its parts and what
// they unpack to are looked at before anything is unpacked. password opens one
// that is encrypted.
func OpenReturned(path, password string) (*Returned, error) {
	content, err := readBounded(path)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(content)
	r := &Returned{Path: path, SHA256: hex.EncodeToString(sum[:])}
	if content, err = unsealed(path, content, password); err != nil {
		return nil, err
	}
	if r.book, err = table.OpenBook(path, bytes.NewReader(content), int64(len(content)), table.Limits{Unzipped: mostReturned}); err != nil {
		return nil, err
	}
	return r, r.identify()
}

func readBounded(path string) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // the path is the operator's
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, mostReturned+1))
	if err != nil {
		return nil, err
	}
	if len(content) > mostReturned {
		return nil, hint.Errorf("a night's workbook is much smaller: is it the right file?", "%s is larger than %d MiB", path, mostReturned>>20)
	}
	return content, nil
}

func unsealed(path string, content []byte, password string) ([]byte, error) {
	if !xlsx.Encrypted(content) {
		return content, nil
	}
	if password == "" {
		return nil, hint.New(path+" is encrypted, or in the format of Excel 97", "set reports.password_env to the variable that has its password, or save it as .xlsx")
	}
	open, err := xlsx.Decrypt(content, password)
	if err != nil {
		return nil, hint.New(path+" cannot be decrypted", "is the password of reports.password_env the one that it was drawn with?")
	}
	return open, nil
}

// identify finds the runs that the workbook names on its control sheet.
func (r *Returned) identify() error {
	foreign := hint.New(r.Path+" is not a night's workbook of daesa: it has no sheet "+book.SheetControl.Ko()+" that names a run",
		"send back the whole workbook, with all its sheets")
	var name string
	for _, l := range []book.Language{book.Korean, book.English} {
		if slices.Contains(r.book.Sheets(), l.Of(book.SheetControl)) {
			r.lang, name = l, l.Of(book.SheetControl)
			break
		}
	}
	if name == "" {
		return foreign
	}
	for row, err := range r.book.Rows(name) {
		if err != nil {
			return err
		}
		switch textAt(row.Cells, 0) {
		case r.lang.Of(labelRun):
			r.Runs = append(r.Runs, textAt(row.Cells, 1))
		case r.lang.Of(labelHead):
			r.Head = append(r.Head, textAt(row.Cells, 1))
		case r.lang.Of(labelForm):
			r.form = textAt(row.Cells, 1)
		}
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

func textAt(cells []table.Stored, i int) string {
	if i < 0 || i >= len(cells) {
		return ""
	}
	return cells[i].Text
}

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
	b, err := newNightBook(n, r.lang)
	if err == nil {
		b.draw()
		err = b.Err()
	}
	if err != nil {
		return xlsx.Comparison{}, err
	}
	return b.Compare(r.book)
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
