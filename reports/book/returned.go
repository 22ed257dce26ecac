package book

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"slices"
	"strings"

	"daesa/internal/hint"
	"daesa/internal/table"
	"daesa/internal/xlsx"
	"daesa/reconcile"

	prose "daesa/internal/written"
)

// MostReturned is how large a workbook that comes back may be, packed and
// unpacked: the night of a large shop with ten thousand breaks is a tenth of it.
const MostReturned = 64 << 20

// Returned is a workbook that came back from a person, perhaps sorted, filtered,
// filled in and saved by another program. Which workbook it is says who drew it.
type Returned struct {
	Path   string
	SHA256 string // of the file's bytes
	Book   *table.Book
	Lang   Language // of its sheets
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
	r.Book, err = table.OpenBook(path, bytes.NewReader(content), int64(len(content)), table.Limits{Unzipped: MostReturned})
	return r, err
}

func readBounded(path string) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // the path is the operator's
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, MostReturned+1))
	if err != nil {
		return nil, err
	}
	if len(content) > MostReturned {
		return nil, hint.Errorf("a workbook of daesa is much smaller: is it the right file?", "%s is larger than %d MiB", path, MostReturned>>20)
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

// Has looks for a sheet by its name in either language, which is then the
// workbook's.
func (r *Returned) Has(sheet Label) (name string, ok bool) {
	for _, l := range []Language{Korean, English} {
		if slices.Contains(r.Book.Sheets(), l.Of(sheet)) {
			r.Lang = l
			return l.Of(sheet), true
		}
	}
	return "", false
}

// Stated calls each with the first two cells of the rows of a sheet: a name, and
// what is said of it.
func (r *Returned) Stated(sheet string, each func(name, says string)) error {
	for row, err := range r.Book.Rows(sheet) {
		if err != nil {
			return err
		}
		each(textAt(row.Cells, 0), textAt(row.Cells, 1))
	}
	return nil
}

func textAt(cells []table.Stored, i int) string {
	if i < 0 || i >= len(cells) {
		return ""
	}
	return cells[i].Text
}

// RowDecision is a person's word about a break, and where it stands.
type RowDecision struct {
	Sheet   string
	Row     int
	OrderID string // "" where the break is of no order
	Word    reconcile.Decision
}

// RefusedRow is a row that is not taken.
type RefusedRow struct {
	Sheet                  string
	Row                    int
	BreakID, About, Reason string // About: the order, or the subject of a break of settlement
	Column, Value          string // which cell it is about, and what stands there; "": the row
	Hint                   string // what to do; "": it follows from the reason
}

// Read is what people wrote about breaks into a workbook: the words that can be
// taken, and the rows that are refused, each with its reason.
type Read struct {
	Words   []RowDecision
	Refused []RefusedRow
	Rows    int // breaks that stand in the workbook
}

// DecisionOf reads one of some decisions: a label of either language, a former one,
// or the contract's own word.
func DecisionOf(label string, among []reconcile.Disposition) (reconcile.Disposition, bool) {
	given := prose.Bare(label)
	for _, as := range among {
		w, former := DecisionLabels[as], FormerDecisions[as]
		if given == prose.Bare(w.Ko()) || given == prose.Bare(w.En()) || given == string(as) || former != "" && given == prose.Bare(former) {
			return as, true
		}
	}
	return "", false
}

// PersonText is what a person wrote, as it is kept.
func PersonText(fact string) string { return strings.TrimSpace(xlsx.Clean(xlsx.Original(fact))) }
