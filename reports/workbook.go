package reports

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"daesa/pay"
	"daesa/reconcile"
)

// Options are what a workbook can be asked for.
type Options struct {
	Language string   // ko (also "") or en
	Expected []string // the configured merchants: one without a snapshot is shown as absent
}

// mostRows is how many rows a sheet holds; tests lower it.
var mostRows = 1_048_576

// Write draws the workbook of one business date; one snapshot for each
// merchant. The same snapshots give the same bytes. Amounts are exact decimals,
// every text from outside is text, and formulas carry the values that the
// program reckoned itself. It fails on no snapshot, on snapshots of different
// dates or twice of one merchant, and on an unknown language.
func Write(w io.Writer, snapshots []Snapshot, opts Options) error {
	l := language(opts.Language)
	switch l {
	case "":
		l = korean
	case korean, english:
	default:
		return fmt.Errorf("workbook: language %q is neither ko nor en", opts.Language)
	}
	n, err := newNight(snapshots, opts.Expected)
	if err != nil {
		return fmt.Errorf("workbook: %w", err)
	}
	b := newBook(n, l)
	if err := b.draw(); err != nil {
		return fmt.Errorf("workbook of %s: %w", n.day, err)
	}
	if err := b.write(w); err != nil {
		return fmt.Errorf("workbook of %s: %w", n.day, err)
	}
	return nil
}

// Save writes the workbook to a file whole or not at all: a 0600 temporary
// file in the same folder, synced, then renamed. The folder is made (0700)
// where it is missing.
func Save(path string, snapshots []Snapshot, opts Options) (err error) {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("the workbook's folder: %w", err)
	}
	file, err := os.CreateTemp(folder, ".daesa-*.tmp") // mode 0600, O_EXCL
	if err != nil {
		return fmt.Errorf("the workbook cannot be written: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close(), os.Remove(file.Name()))
		}
	}()
	buffered := bufio.NewWriter(file)
	if err := Write(buffered, snapshots, opts); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("closing %s: %w", path, err)
	}
	return syncFolder(folder)
}

// syncFolder makes the rename itself durable.
func syncFolder(folder string) error {
	handle, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer handle.Close()
	return handle.Sync()
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

// book is one workbook while it is drawn.
type book struct {
	file   *excelize.File
	night  *night
	lang   language
	styles map[look]int
	sheets []*sheet
	places map[string]string // where a figure stands that another sheet checks
	breaks []placed
	due    []placed
	queue  []placed
	err    error
}

func newBook(n *night, l language) *book {
	return &book{file: excelize.NewFile(), night: n, lang: l, styles: map[look]int{}, places: map[string]string{}}
}

// style is the id of a look. Looks must be known before the sheets are written.
func (b *book) style(l look) int {
	if id, ok := b.styles[l]; ok {
		return id
	}
	id, err := b.file.NewStyle(l.excelize())
	if err != nil && b.err == nil {
		b.err = err
	}
	b.styles[l] = id
	return id
}

// say is a label in the workbook's language.
func (b *book) say(ko, en string) string { return b.lang.of(word{ko, en}) }

// draw lays out all sheets, in their order.
func (b *book) draw() error {
	if err := b.file.SetDefaultFont(font); err != nil {
		return err
	}
	summary := &sheet{name: b.lang.of(sheetSummary)}
	b.sheets = append(b.sheets, summary)
	b.drawBreaks()
	b.drawDeadlines()
	b.drawRefunds()
	stakes, err := b.night.stakes()
	if err != nil {
		return err
	}
	newSummary(b, summary, stakes).draw()
	b.drawControl(stakes)
	return b.err
}

// write hands the sheets to excelize and the rows to the zip.
func (b *book) write(w io.Writer) error {
	rows := map[string]pouring{}
	for i, s := range b.sheets {
		if err := b.open(i, s.name); err != nil {
			return err
		}
		if err := s.lay(b.file, b.footer()); err != nil {
			return fmt.Errorf("sheet %s: %w", s.name, err)
		}
		rows[fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1)] = s.pour
	}
	b.file.SetActiveSheet(0)
	if err := b.properties(); err != nil {
		return err
	}
	b.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return newParts(w, rows) })
	return errors.Join(b.file.Write(io.Discard), b.file.Close())
}

// open makes the i-th sheet; the first is there from the beginning.
func (b *book) open(i int, name string) error {
	if i == 0 {
		return b.file.SetSheetName("Sheet1", name)
	}
	_, err := b.file.NewSheet(name)
	return err
}

// properties: the night's own time, never the clock's.
func (b *book) properties() error {
	at := b.night.now.UTC().Format(time.RFC3339)
	title := b.say("일일 대사 보고서 ", "Daily reconciliation ") + string(b.night.day)
	if err := b.file.SetDocProps(&excelize.DocProperties{Creator: "daesa", LastModifiedBy: "daesa", Title: title, Created: at, Modified: at}); err != nil {
		return err
	}
	return b.file.SetAppProps(&excelize.AppProperties{Application: "daesa"})
}

// footer is below every printed page: what it is of, its number, its run.
func (b *book) footer() excelize.HeaderFooterOptions {
	const small = `&"` + font + `,Regular"&8`
	runs := make([]string, 0, len(b.night.snapshots))
	for _, s := range b.night.snapshots {
		runs = append(runs, s.Run.ID)
	}
	slices.Sort(runs)
	run := runs[0]
	if len(runs) > 1 {
		run += fmt.Sprintf(" +%d", len(runs)-1)
	}
	left := b.say("대외비 · 일일 대사 보고서 ", "Confidential · Daily reconciliation ") + string(b.night.day)
	return excelize.HeaderFooterOptions{OddFooter: "&L" + small + escapeFooter(left) + "&C" + small + "&P / &N" +
		"&R" + small + escapeFooter(run)}
}

func escapeFooter(text string) string {
	text = clean(text)
	if runes := []rune(text); len(runes) > 60 {
		text = string(runes[:60])
	}
	return strings.ReplaceAll(text, "&", "&&")
}

// mids names the merchants of the workbook.
func (n *night) mids() string {
	var names []string
	for _, s := range n.snapshots {
		names = append(names, clean(s.Run.MID))
	}
	names = append(names, n.absentUnlisted()...)
	const most = 4
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" +%d", len(names)-most)
	}
	return strings.Join(names, ", ")
}
