package orders

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"daesa/internal/table"
	"daesa/internal/written"
	"daesa/pay"
)

// Inspection is what a file is, and how it would be read.
type Inspection struct {
	About      table.About
	Profile    string // "" where none fits, or several do
	Candidates []Candidate
	Columns    map[string]string // each column of the contract with its title in the file
	Unused     []string          // titles that nothing is read of
	Statuses   map[string]string // each word with its meaning; "" where the profile has none
	Methods    map[string]string
	Rows       int
	Orders     int
	Totals     map[pay.Currency]int64
	Refused    table.Faults
	Sample     []pay.Order
	used       *Profile
}

// Candidate is a profile and how much of it a file has.
type Candidate struct {
	Profile string
	Found   []string // columns of the contract
	Missing []string // those without which there is no order
	profile *Profile
	line    int
	titles  []string
}

// Bounds of what an inspection keeps.
const (
	wordsKept    = 500
	faultsKept   = 100
	samplesKept  = 5
	titlesLooked = 30 // rows, where no profile says otherwise
)

// noMerchant stands where an inspection needs no configuration.
const noMerchant = "-"

// Inspect says what a file is, and how it would be read: by the profile of the
// options, or else by the only one of the program that fits. It needs no
// configuration. The error is of the file as a whole.
func Inspect(path string, options Options) (Inspection, error) {
	options.MIDs, options.DefaultMID = nil, noMerchant
	candidates := []*Profile{options.Profile}
	if options.Profile == nil {
		candidates = nil
		for _, name := range Profiles() {
			profile, err := LoadProfile(name)
			if err != nil {
				return Inspection{}, err
			}
			candidates = append(candidates, profile)
		}
	}
	about, rows, err := table.Head(path, tableOptions(candidates[0], options), mostLooked(candidates))
	if err != nil {
		return Inspection{}, err
	}
	about.HeaderRow = 0
	found := Inspection{About: about, Columns: map[string]string{}, Statuses: map[string]string{}, Methods: map[string]string{}, Totals: map[pay.Currency]int64{}}
	for _, profile := range candidates {
		found.Candidates = append(found.Candidates, candidate(profile, rows))
	}
	slices.SortStableFunc(found.Candidates, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(len(a.Missing), len(b.Missing)), cmp.Compare(len(b.Found), len(a.Found)))
	})
	best := found.Candidates[0]
	if len(best.Found) == 0 {
		best = best.onFullestRow(rows)
	}
	found.used = best.profile
	found.name(best)
	if !fits(found.Candidates) {
		return found, nil
	}
	options.Profile, found.Profile = best.profile, best.Profile
	return found, found.read(path, options)
}

func mostLooked(candidates []*Profile) int {
	most := titlesLooked
	for _, profile := range candidates {
		most = max(most, profile.HeaderWithin)
	}
	return most
}

// candidate looks for the row of a file that has most of a profile's columns.
func candidate(profile *Profile, rows []table.HeadRow) Candidate {
	names := profile.names()
	best := Candidate{Profile: profile.Name, profile: profile, Missing: slices.Clone(required)}
	for _, row := range rows {
		if row.Line > profile.HeaderWithin {
			break
		}
		titles := map[string]bool{}
		for _, title := range row.Cells {
			if column, known := names[table.Title(title)]; known {
				titles[column] = true
			}
		}
		has := func(column string) bool { return titles[column] }
		each := Candidate{Profile: profile.Name, profile: profile, line: row.Line, titles: row.Cells, Found: profile.roles(has), Missing: profile.lacking(has)}
		if len(each.Found) > len(best.Found) || best.line == 0 {
			best = each
		}
	}
	return best
}

// onFullestRow guesses the header of a file that no profile knows: the first of
// the rows with the most cells.
func (c Candidate) onFullestRow(rows []table.HeadRow) Candidate {
	most := 0
	for _, row := range rows {
		filled := len(row.Cells) - len(slices.DeleteFunc(slices.Clone(row.Cells), func(text string) bool { return text != "" }))
		if filled > most {
			most, c.line, c.titles = filled, row.Line, row.Cells
		}
	}
	return c
}

// fits says whether the first of the sorted candidates is the only best one.
func fits(sorted []Candidate) bool {
	return len(sorted[0].Missing) == 0 &&
		(len(sorted) == 1 || len(sorted[1].Missing) > 0 || len(sorted[1].Found) < len(sorted[0].Found))
}

// name says which titles are read, and which are not.
func (i *Inspection) name(c Candidate) {
	i.About.HeaderRow = c.line
	names := c.profile.names()
	for _, title := range c.titles {
		column, known := names[table.Title(title)]
		switch {
		case title == "":
		case !known:
			i.Unused = append(i.Unused, title)
		default:
			role, _, _ := strings.Cut(column, " of payment ")
			if before := i.Columns[role]; before != "" {
				title = before + ", " + title
			}
			i.Columns[role] = title
		}
	}
}

// read reads the whole file, once for its words and once for its orders.
func (i *Inspection) read(path string, options Options) error {
	if err := i.readWords(path, options); err != nil {
		return err
	}
	file, err := OpenFile(path, options)
	if err != nil {
		return err
	}
	defer file.Close()
	i.About = file.table.About()
	for order, err := range file.Orders() {
		var bad *BadRow
		switch {
		case errors.As(err, &bad):
			i.Refused = append(i.Refused, bad.Faults[:min(len(bad.Faults), faultsKept-len(i.Refused))]...)
		case err != nil:
			return err
		default:
			i.Orders++
			i.Totals[order.Currency] += order.Amount
			if len(i.Sample) < samplesKept {
				i.Sample = append(i.Sample, order)
			}
		}
	}
	return nil
}

func (i *Inspection) readWords(path string, options Options) error {
	file, err := OpenFile(path, options)
	if err != nil {
		return err
	}
	defer file.Close()
	for row, err := range file.rows() {
		var bad *BadRow
		if err != nil && !errors.As(err, &bad) {
			return err
		}
		i.Rows++
		record := rowRecord{file: file, row: row, way: -1}
		i.note(i.Statuses, record, status, func(word string) string {
			if meaning, known := file.profile.status(word); known {
				return string(meaning)
			}
			return ""
		})
		columns := []string{method}
		for way := range file.profile.Payments {
			columns = append(columns, wayOf(way, method))
		}
		for _, column := range columns {
			i.note(i.Methods, record, column, file.profile.meaningOf)
		}
	}
	return nil
}

// meaningOf is what a method's word means; "" where nobody says.
func (p *Profile) meaningOf(word string) string {
	meaning, _ := p.method(word)
	return meaning
}

func (i *Inspection) note(words map[string]string, record rowRecord, column string, meaning func(string) string) {
	value, _ := record.Get(column)
	word := written.NFC(strings.TrimSpace(value))
	if _, known := words[word]; word != "" && !known && len(words) < wordsKept {
		words[word] = meaning(word)
	}
}

// NewProfile writes a profile to begin with: what is not known stands as "?",
// which no profile may keep.
func (i Inspection) NewProfile(file string) string {
	var text strings.Builder
	line := func(format string, values ...any) { fmt.Fprintf(&text, format+"\n", values...) }
	line("# How daesa reads %s. Say what every \"?\" is, then: daesa orders import FILE --profile THIS", oneLine(file))
	base := i.Profile
	if base == "" || strings.ContainsAny(base, "/\\.") {
		base = DefaultProfile
	}
	line("extends: %s", base)
	rows := "order"
	if i.used.ByItem {
		rows = "item"
	}
	line("rows: %s                 # order, or item: one row for each item of an order", rows)
	line("columns:                    # which of the file's columns is what; the names as they stand in the file")
	for _, column := range columnNames {
		title := i.Columns[column]
		switch {
		case title != "" && len(i.used.Columns[column]) > 0:
			line("  %s: [%s]", column, quoted(title))
		case slices.Contains(required, column) && title == "":
			line("  %s: [\"?\"]", column)
		}
	}
	if len(i.Unused) > 0 {
		line("# The file's other columns: %s", oneLine(strings.Join(i.Unused, " | ")))
		line("# Further columns of daesa: %s", strings.Join(slices.DeleteFunc(slices.Clone(columnNames), func(c string) bool { return i.Columns[c] != "" }), ", "))
	}
	writeWords(line, "statuses", i.Statuses, "pending, paid, partially_canceled, canceled, failed or deleted")
	writeWords(line, "methods", i.Methods, "card, transfer, virtual_account, phone, gift_certificate, easy_pay, foreign_easy_pay, other_pg (another company) or none")
	return text.String()
}

// writeWords lists the words of a file by their meaning.
func writeWords(line func(string, ...any), key string, words map[string]string, meanings string) {
	byMeaning := map[string][]string{}
	for word, meaning := range words {
		byMeaning[cmp.Or(meaning, unfinishedWord)] = append(byMeaning[cmp.Or(meaning, unfinishedWord)], word)
	}
	if len(byMeaning) == 0 {
		return
	}
	line("%s:                   # each word of the file is one of %s", key, meanings)
	for _, meaning := range slices.Sorted(maps.Keys(byMeaning)) {
		list := slices.Sorted(slices.Values(byMeaning[meaning]))
		line("  %s: [%s]", quotedKey(meaning), strings.Join(mapEach(list, quoted), ", "))
	}
}

func quotedKey(key string) string {
	if key == unfinishedWord {
		return quoted(key)
	}
	return key
}

// quoted writes a text so that YAML reads it as one.
func quoted(text string) string { return fmt.Sprintf("%q", text) }

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
