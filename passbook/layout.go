package passbook

import (
	"embed"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"daesa/internal/hint"
	"daesa/internal/table"
	"daesa/internal/written"
	"daesa/pay"
)

// The roles that a column of a statement may have.
const (
	roleAt      = "at"   // date and time
	roleDate    = "date" // and the time in a column of its own, or none
	roleTime    = "time"
	roleIn      = "in"
	roleOut     = "out"
	roleAmount  = "amount" // signed, or with the direction in a column of its own
	roleBalance = "balance"
	rolePayer   = "payer"
	roleMemo    = "memo"
	roleChannel = "channel"
	roleAccount = "account" // of the other side
)

var roles = []string{
	roleAt, roleDate, roleTime, roleIn, roleOut, roleAmount, roleBalance, rolePayer, roleMemo, roleChannel, roleAccount,
}

// Names of columns that are no roles: what they mean stands in keys of their own.
const (
	columnDirection = "direction"
	columnOwn       = "own account"
	columnRef       = "reference"
)

// A Layout says how the file of a bank is read. It is data: see layouts/*.yaml.
type Layout struct {
	Name         string // in the program, or the path of a file
	Bank         string // as people call it
	Note         string // what people should know of the file
	Unseen       bool   // nobody has seen a file of the bank: it yields to a layout of which one was
	HeaderWithin int    // rows in which the header is looked for
	Columns      map[string][]string
	Needs        []string // roles by which a header is told from those of other banks
	PayerElse    []string // roles that give the payer where its own column is empty
	Direction    Direction
	Own          []string // titles of a column with the number of the account itself
	Refs         []string // titles of the bank's own reference
	Ignored      []string // titles that are known and not read
	SkipRows     []string // bare words that begin rows which are no lines
	Totals       []string // bare words that begin a row of totals
	Currency     pay.Currency
	JSON         JSONPlaces // of a file in JSON; empty List: the layout is of a table
}

// Direction is a column that says which way the money went, beside an amount
// without a sign.
type Direction struct {
	Titles  []string
	In, Out []string // bare words
}

// JSONPlaces say where a file in JSON has what the rows above a table's header
// have.
type JSONPlaces struct {
	List     string // the key of the list of lines
	Account  []string
	From, To []string
}

//go:embed layouts/*.yaml
var builtIn embed.FS

var layouts = sync.OnceValue(func() table.Declarations {
	files, err := fs.Sub(builtIn, "layouts")
	if err != nil {
		files = builtIn // without them; the folder is embedded
	}
	return table.Declarations{What: "layout", Files: files, Help: "docs/bank-files.md explains layouts"}
})

// Layouts are the names of the layouts in the program.
func Layouts() []string { return layouts().Names() }

// LoadLayout gives the layout of a name, or of a YAML file. The error names every
// fault with its line.
func LoadLayout(nameOrFile string) (*Layout, error) {
	var l *Layout
	err := layouts().Load(nameOrFile, func(declared *table.Declared, root *yaml.Node, _ bool) {
		l = readLayout(declared, root, l)
		l.Name = declared.Name
	})
	if err != nil {
		return nil, err
	}
	return l, l.complete()
}

// all are the layouts in the program.
var all = sync.OnceValues(func() ([]*Layout, error) {
	var list []*Layout
	for _, name := range Layouts() {
		layout, err := LoadLayout(name)
		if err != nil {
			return nil, err
		}
		list = append(list, layout)
	}
	return list, nil
})

// complete says whether a layout has what every line needs.
func (l *Layout) complete() error {
	missing := l.lacking(func(role string) bool { return len(l.titles(role)) > 0 })
	if len(missing) > 0 {
		return hint.Errorf("name a column for each, or begin with extends", "layout %s: lacks columns for %s", l.Name, strings.Join(missing, ", "))
	}
	return nil
}

// lacking are the roles without which there is no line, of those that has does
// not know, and then those that tell the layout from others.
func (l *Layout) lacking(has func(role string) bool) []string {
	var missing []string
	switch {
	case has(roleAt), has(roleDate):
	case len(l.Columns[roleDate]) > 0 && len(l.Columns[roleAt]) == 0:
		missing = append(missing, roleDate)
	default:
		missing = append(missing, roleAt)
	}
	if !has(roleAmount) {
		if len(l.Columns[roleAmount]) > 0 && len(l.Columns[roleIn]) == 0 {
			missing = append(missing, roleAmount)
		} else {
			missing = append(missing, without(has, roleIn, roleOut)...)
		}
	}
	return append(missing, without(has, l.Needs...)...)
}

func without(has func(string) bool, wanted ...string) []string {
	return slices.DeleteFunc(slices.Clone(wanted), has)
}

// titles are those of a column, by its role or by its other name.
func (l *Layout) titles(column string) []string {
	switch column {
	case columnDirection:
		return l.Direction.Titles
	case columnOwn:
		return l.Own
	case columnRef:
		return l.Refs
	}
	return l.Columns[column]
}

// columns are all that a table of the layout is asked for.
var columns = append(slices.Clone(roles), columnDirection, columnOwn, columnRef)

// names are the table's columns by their comparable titles.
func (l *Layout) names() map[string]string {
	names := map[string]string{}
	for _, column := range columns {
		for _, title := range l.titles(column) {
			names[table.Title(title)] = column
		}
	}
	return names
}

// ignores are the comparable titles that are known and not read.
func (l *Layout) ignores() map[string]bool {
	ignored := map[string]bool{}
	for _, title := range l.Ignored {
		ignored[table.Title(title)] = true
	}
	return ignored
}

func (l *Layout) clone() *Layout {
	c := *l
	c.Columns = maps.Clone(l.Columns)
	return &c
}

// skips says whether a row that begins so is no line, and whether it is one of
// totals.
func (l *Layout) skips(first string) (skip, total bool) {
	bare := written.Bare(written.NFKC(first))
	begins := func(word string) bool { return strings.HasPrefix(bare, word) }
	total = slices.ContainsFunc(l.Totals, begins)
	return total || slices.ContainsFunc(l.SkipRows, begins), total
}

// About is what `bank layouts` tells of one.
type About struct {
	Name, Bank, Note string
	Unseen           bool
	Columns          map[string][]string // each role with the titles that are looked for
}

// About tells what a layout looks for.
func (l *Layout) About() About {
	return About{Name: l.Name, Bank: l.Bank, Note: l.Note, Unseen: l.Unseen, Columns: maps.Clone(l.Columns)}
}
