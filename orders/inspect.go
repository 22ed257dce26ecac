package orders

import (
	"cmp"
	"errors"
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
	Note       string            // what people should know of files of the profile that fits
	Columns    map[string]string // each column of the contract with its title in the file
	// Doubled are the columns that two titles are, with these titles. Nothing can
	// be read before a person says which is right; Unsettled is the error of that.
	Doubled   map[string][]string
	Unsettled error
	Unused    []string          // titles that nothing is read of
	Statuses  map[string]string // each word with its meaning; "" where the profile has none
	Methods   map[string]string
	PGs       map[string]string
	Rows      int
	Orders    int
	Totals    map[pay.Currency]int64
	Refused   table.Faults
	Sample    []pay.Order
	used      *Profile // the best candidate, also where it does not fit
	fit       string   // the profile that fits, also where a column stands twice
	looks     []columnLook
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
	about, rows, candidates, err := look(path, options)
	if err != nil {
		return Inspection{}, err
	}
	found := Inspection{About: about, Candidates: candidates, Columns: map[string]string{}, Doubled: map[string][]string{}, Statuses: map[string]string{}, Methods: map[string]string{}, PGs: map[string]string{}, Totals: map[pay.Currency]int64{}}
	best := found.Candidates[0]
	if len(best.Found) == 0 {
		best = best.onFullestRow(rows)
	}
	found.name(best)
	if fits(candidates) {
		found.fit, found.Note = best.Profile, best.profile.Note
	}
	found.used, options.Profile = best.profile, best.profile
	if len(found.Doubled) > 0 {
		found.Unsettled = opens(path, options, best.line)
	}
	switch {
	case found.Unsettled == nil:
		clear(found.Doubled) // of several ways to pay
	case !settles(found.Unsettled):
		return found, found.Unsettled
	default:
		options.Profile = best.profile.without(found.Doubled)
	}
	if err := found.readColumns(path, options); err != nil {
		return found, err
	}
	if found.fit == "" || found.Unsettled != nil {
		return found, nil
	}
	found.Profile = found.fit
	return found, found.readOrders(path, options)
}

// look looks at the first rows of a file, and how much of each profile they
// name; the best stands first.
func look(path string, options Options) (table.About, []table.HeadRow, []Candidate, error) {
	profiles, err := candidateProfiles(options)
	if err != nil {
		return table.About{}, nil, nil, err
	}
	about, rows, err := table.Head(path, tableOptions(profiles[0], options), mostLooked(profiles))
	if err != nil {
		return about, nil, nil, err
	}
	about.HeaderRow = 0
	candidates := mapEach(profiles, func(profile *Profile) Candidate { return candidate(profile, rows) })
	slices.SortStableFunc(candidates, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(len(a.Missing), len(b.Missing)), cmp.Compare(len(b.Found), len(a.Found)), unseenLast(a, b))
	})
	return about, rows, candidates, nil
}

// opens says why a file with a header in this row cannot be opened.
func opens(path string, options Options, header int) error {
	file, err := openFile(path, options, header)
	if err != nil {
		return err
	}
	return file.Close()
}

// without is the profile but for some columns, so that the rest of a file can be
// looked at.
func (p *Profile) without(columns map[string][]string) *Profile {
	rest := p.clone()
	for column := range columns {
		delete(rest.Columns, column)
	}
	return rest
}

// candidateProfiles are those that a file may be read by.
func candidateProfiles(options Options) ([]*Profile, error) {
	if options.Profile != nil {
		return []*Profile{options.Profile}, nil
	}
	var candidates []*Profile
	for _, name := range Profiles() {
		profile, err := LoadProfile(name)
		if err != nil {
			return nil, err
		}
		candidates = append(candidates, profile)
	}
	return candidates, nil
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

// unseenLast puts a profile of a file that nobody has seen behind its equal.
func unseenLast(a, b Candidate) int {
	switch {
	case a.profile.Unseen == b.profile.Unseen:
		return 0
	case a.profile.Unseen:
		return 1
	}
	return -1
}

// fits says whether the first of the sorted candidates is the only best one. An
// unseen profile is no rival.
func fits(sorted []Candidate) bool {
	best := sorted[0]
	return len(best.Missing) == 0 && !slices.ContainsFunc(sorted[1:], func(c Candidate) bool {
		return !c.profile.Unseen && len(c.Missing) == 0 && len(c.Found) == len(best.Found)
	})
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
			i.nameColumn(column, title)
		}
	}
}

// nameColumn notes which title a column has.
func (i *Inspection) nameColumn(column, title string) {
	role, _, _ := strings.Cut(column, " of payment ")
	before := i.Columns[role]
	if before == "" {
		i.Columns[role] = title
		return
	}
	i.Columns[role] = before + ", " + title
	switch {
	case role != column: // of several ways to pay
	case len(i.Doubled[role]) == 0:
		i.Doubled[role] = []string{before, title}
	default:
		i.Doubled[role] = append(i.Doubled[role], title)
	}
}

// readOrders reads the whole file as orders.
func (i *Inspection) readOrders(path string, options Options) error {
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

// readColumns reads the whole file for the words of its columns.
func (i *Inspection) readColumns(path string, options Options) error {
	if i.About.HeaderRow == 0 {
		return nil
	}
	file, err := openFile(path, options, i.About.HeaderRow)
	if err != nil {
		return err
	}
	defer file.Close()
	i.looks = newLooks(file)
	methods := []int{file.places[columnAt(method)]}
	for _, way := range file.ways {
		methods = append(methods, way[columnAt(method)])
	}
	for row, err := range file.rows() {
		var bad *BadRow
		if err != nil && !errors.As(err, &bad) {
			return err
		}
		i.Rows++
		record := &rowRecord{file: file, row: row, way: -1}
		word := func(column string) string { value, _ := record.Get(column); return value }
		note(i.Statuses, word(status), func(word string) string {
			if meaning, known := file.profile.status(word); known {
				return string(meaning)
			}
			return ""
		})
		for _, place := range methods {
			note(i.Methods, record.at(place), file.profile.meaningOf)
		}
		if len(file.profile.PGs) > 0 {
			note(i.PGs, word(pg), func(word string) string { return file.profile.PGs[written.Bare(word)] })
		}
		for n := range i.looks {
			i.looks[n].see(row)
		}
	}
	return nil
}

// meaningOf is what a method's word means; "" where nobody says.
func (p *Profile) meaningOf(word string) string {
	if p.plain {
		if method, known := pay.ParseMethod(written.NFC(word)); known {
			return string(method)
		}
		return ""
	}
	meaning, _ := p.method(word)
	return meaning
}

func note(words map[string]string, value string, meaning func(string) string) {
	word := written.NFC(strings.TrimSpace(value))
	if _, known := words[word]; word != "" && !known && len(words) < wordsKept {
		words[word] = meaning(word)
	}
}

// Fitting are the profiles whose columns the file all has.
func (i Inspection) Fitting() []string {
	var names []string
	for _, c := range i.Candidates {
		if len(c.Missing) == 0 {
			names = append(names, c.Profile)
		}
	}
	return names
}
