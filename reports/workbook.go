package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
)

// Options are what a workbook can be asked for.
type Options struct {
	Language string   // ko (also "") or en
	Expected []string // the configured merchants: one without a snapshot is shown as absent
	Password string   // of a saved workbook; "": it is not encrypted
}

// form numbers how a night's workbook is drawn. Every change of a cell that the
// same night draws raises it, so that nobody's workbook of last year is called
// changed by hand since daesa draws another one today.
const form = "3"

// Write draws the workbook of one business date; one snapshot for each
// merchant. The same snapshots give the same bytes. Amounts are exact decimals,
// every text from outside is text, and formulas carry the values that the
// program reckoned itself. It fails on no snapshot, on snapshots of different
// dates or twice of one merchant, and on an unknown language.
func Write(w io.Writer, snapshots []Snapshot, opts Options) error {
	l, err := book.LanguageOf(opts.Language)
	if err != nil {
		return fmt.Errorf("workbook: %w", err)
	}
	n, err := newNight(snapshots, opts.Expected)
	if err != nil {
		return fmt.Errorf("workbook: %w", err)
	}
	b, err := newNightBook(n, l)
	if err == nil {
		b.draw()
		err = b.Write(w)
	}
	if err != nil {
		return fmt.Errorf("workbook of %s: %w", n.day, err)
	}
	return nil
}

// Save writes the workbook to a file whole or not at all (mode 0600). The
// folder is made (0700) where it is missing.
func Save(path string, snapshots []Snapshot, opts Options) error {
	return xlsx.Save(path, opts.Password, func(w io.Writer) error { return Write(w, snapshots, opts) })
}

// FileName is the name of a night's workbook: daesa-2026-11-21.xlsx, with a
// mid daesa-2026-11-21-MID.xlsx. Characters of the mid that a file name should
// not have become _, and then a hash keeps two such names apart.
func FileName(day pay.Day, mid string) string {
	name := "daesa-" + string(day)
	if mid == "" {
		return name + ".xlsx"
	}
	safe := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || (r >= '0' && r <= '9') || (r >= 'A' && r <= 'Z') || (r >= 'a' && r <= 'z') {
			return r
		}
		return '_'
	}, mid)
	const longest = 64
	if safe != mid || len(safe) > longest {
		safe = safe[:min(len(safe), longest)] + "-" + reconcile.ShortHash(mid)[:8]
	}
	return name + "-" + safe + ".xlsx"
}

// nightBook is the workbook of a night while it is drawn.
type nightBook struct {
	*book.Book
	night  *night
	stakes map[bucket]stake
	places map[string]string // where a figure stands that another sheet checks
	breaks []xlsx.Area
	due    []xlsx.Area
	queue  []xlsx.Area
}

func newNightBook(n *night, l book.Language) (*nightBook, error) {
	runs := make([]string, 0, len(n.snapshots))
	for _, s := range n.snapshots {
		runs = append(runs, s.Run.ID)
	}
	slices.Sort(runs)
	of := runs[0]
	if len(runs) > 1 {
		of += fmt.Sprintf(" +%d", len(runs)-1)
	}
	stakes, err := n.stakes()
	return &nightBook{night: n, stakes: stakes, places: map[string]string{}, Book: book.NewBook(l, book.About{
		Title: l.Of(n.title()) + " " + string(n.day), Of: of, At: n.now,
		Currencies: n.currencies, Several: n.several(),
	})}, err
}

// draw lays out all sheets, in their order.
func (b *nightBook) draw() {
	summary := b.Add(&xlsx.Sheet{Name: b.Lang.Of(book.SheetSummary)})
	methods := b.drawMethods()
	b.drawBreaks()
	b.drawDeadlines()
	b.drawRefunds()
	b.drawMissing()
	b.drawTransfers()
	b.drawPromises()
	b.drawSettlement()
	page := newSummary(b, summary)
	page.draw()
	page.drawCharts(b.drawControl(), methods)
}
