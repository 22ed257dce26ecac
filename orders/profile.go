package orders

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"daesa/internal/hint"
	"daesa/internal/table"
	"daesa/internal/written"
	"daesa/pay"
)

// A Profile says how a file that was made for people is read as orders.
type Profile struct {
	Name         string
	ByItem       bool // one row for each item of an order, else one for each order
	HeaderWithin int  // rows in which the header is looked for
	// Columns are the names of each column of the contract; the first is shown to
	// people.
	Columns map[string][]string
	// Payments are the columns of orders that are paid in several ways: the one
	// that went through Toss counts. Empty: the columns of Columns.
	Payments []map[string][]string
	Values   map[string]string // of columns that the file lacks
	Fold     map[string]string // how the rows of one order become one value: same, sum, first or max
	Statuses map[string]pay.OrderStatus
	Methods  map[string]string // a method, other_pg or none, by bare word
	Number   *regexp.Regexp    // nil: the shop's number is the one that Toss was sent
	NumberTo string
	SkipRows []string // bare words that begin rows which are no orders
	// MixedRefunds: what the file calls given back counts points and bank
	// transfers, too.
	MixedRefunds bool
	// EmptyPaidAt: an order without a time of payment may have been paid.
	EmptyPaidAt bool
	NeverPaid   map[string]bool   // bare status words of orders that were cancelled before anybody paid
	PGs         map[string]string // toss or other_pg, by bare word; empty: the names of Toss are toss, other words are other companies
	Note        string            // what people should know of the platform's file
	// Unseen: nobody has seen a file of the platform, so that no file is taken
	// for one of it.
	Unseen bool

	plain   bool   // daesa's own: what it does not say was not
	builtIn string // the profile of the program that it is or begins with; "": none
	print   string // of everything in it
}

// Beside the methods of the contract a method's word may mean these.
const (
	otherPG  = "other_pg" // another payment company
	noMethod = "none"     // no payment at all: points, coupons
)

// The ways in which the rows of an order become one value.
const (
	foldSame  = "same"
	foldSum   = "sum"
	foldFirst = "first"
	foldMax   = "max"
)

// DefaultProfile is the name of daesa's own columns.
const DefaultProfile = "daesa"

//go:embed profiles/*.yaml
var builtIn embed.FS

// profiles are those in the program, and people's own.
var profiles = sync.OnceValue(func() table.Declarations {
	files, err := fs.Sub(builtIn, "profiles")
	if err != nil {
		files = builtIn // without them; the folder is embedded
	}
	return table.Declarations{What: "profile", Files: files, First: DefaultProfile,
		Help: "docs/files.md explains profiles; daesa orders inspect FILE --write-profile writes one to begin with"}
})

// Profiles are the names of the profiles in the program, daesa's own first.
func Profiles() []string { return profiles().Names() }

// ownColumns is daesa's own profile.
var ownColumns = sync.OnceValues(func() (*Profile, error) { return LoadProfile(DefaultProfile) })

// LoadProfile gives the profile of a name, or of a YAML file. The error names
// every fault with its line.
func LoadProfile(nameOrFile string) (*Profile, error) {
	if nameOrFile == "" {
		nameOrFile = DefaultProfile
	}
	var p *Profile
	err := profiles().Load(nameOrFile, func(declared *table.Declared, root *yaml.Node, own bool) {
		p = readProfile(declared, root, p)
		p.Name, p.plain = declared.Name, !own && declared.Name == DefaultProfile
		if !own {
			p.builtIn = declared.Name
		}
	})
	if err != nil {
		return nil, err
	}
	return p, p.complete()
}

// complete says whether a profile has what every order needs.
func (p *Profile) complete() error {
	var missing []string
	for _, column := range required {
		if !p.gives(column) {
			missing = append(missing, column)
		}
	}
	if len(missing) > 0 {
		return hint.Errorf("name a column for each, or begin with extends", "profile %s: lacks columns for %s", p.Name, strings.Join(missing, ", "))
	}
	for word := range p.NeverPaid {
		if p.Statuses[word] != pay.OrderCanceled {
			return hint.Errorf("say it under statuses.canceled, too", "profile %s: never_paid: %q does not mean canceled", p.Name, word)
		}
	}
	p.print = p.digest()
	return nil
}

func (p *Profile) digest() string {
	sum := sha256.New()
	number := ""
	if p.Number != nil {
		number = p.Number.String()
	}
	fmt.Fprint(sum, p.ByItem, p.HeaderWithin, p.Columns, p.Payments, p.Values, p.Fold, p.Statuses, p.Methods, number, p.NumberTo, p.SkipRows, p.MixedRefunds, p.EmptyPaidAt, p.NeverPaid, p.PGs, p.plain)
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// gives says whether a file of this profile can have a column.
func (p *Profile) gives(column string) bool {
	if p.Values[column] != "" || len(p.Columns[column]) > 0 {
		return true
	}
	return slices.ContainsFunc(p.Payments, func(way map[string][]string) bool { return len(way[column]) > 0 })
}

// names are the table's columns by their comparable titles.
func (p *Profile) names() map[string]string {
	names := map[string]string{}
	for column, titles := range p.Columns {
		for _, title := range titles {
			names[table.Title(title)] = column
		}
	}
	for i, way := range p.Payments {
		for column, titles := range way {
			for _, title := range titles {
				names[table.Title(title)] = wayOf(i, column)
			}
		}
	}
	return names
}

// wayOf is the table's column of one of several ways in which an order is paid.
func wayOf(i int, column string) string { return fmt.Sprintf("%s of payment %d", column, i+1) }

// isHeader wants every column without which there is no order.
func (p *Profile) isHeader(has func(column string) bool) bool {
	return len(p.lacking(has)) == 0
}

// lacking are the required columns that a header does not name.
func (p *Profile) lacking(has func(column string) bool) []string {
	var missing []string
	for _, column := range required {
		if !p.found(column, has) {
			missing = append(missing, column)
		}
	}
	return missing
}

// found says whether a header names a column, or the profile gives its value.
func (p *Profile) found(column string, has func(column string) bool) bool {
	if has(column) || p.Values[column] != "" {
		return true
	}
	for i, way := range p.Payments {
		if len(way[column]) > 0 && has(wayOf(i, column)) {
			return true
		}
	}
	return false
}

// roles are the columns that a header names, in the order of the contract.
func (p *Profile) roles(has func(column string) bool) []string {
	return slices.DeleteFunc(slices.Clone(columnNames), func(column string) bool {
		return !p.found(column, has) || p.Values[column] != "" && !has(column)
	})
}

// status is what a status word means; false for one that the profile does not
// know.
func (p *Profile) status(word string) (pay.OrderStatus, bool) {
	bare := written.Bare(word)
	if status, known := p.Statuses[bare]; known {
		return status, true
	}
	status := pay.OrderStatus(bare)
	return status, slices.Contains(pay.OrderStatuses, status)
}

// methodParts separate the words of an order that was paid in several ways.
const methodParts = ",+/&|"

// method is what a method's word means: a method, other_pg, or none. Words of
// points and coupons beside a method say nothing.
func (p *Profile) method(word string) (meaning string, known bool) {
	if meaning, known = p.oneMethod(word); known {
		return meaning, true
	}
	meaning = ""
	points := false
	for _, part := range strings.FieldsFunc(word, func(r rune) bool { return strings.ContainsRune(methodParts, r) }) {
		each, known := p.oneMethod(part)
		switch {
		case !known, each != noMethod && meaning != "" && each != meaning:
			return "", false
		case each == noMethod:
			points = true
		default:
			meaning = each
		}
	}
	if meaning == "" && points {
		meaning = noMethod
	}
	return meaning, meaning != ""
}

func (p *Profile) oneMethod(word string) (string, bool) {
	if meaning, known := p.Methods[written.Bare(word)]; known {
		return meaning, true
	}
	method, known := pay.ParseMethod(written.NFC(word))
	return string(method), known && method != pay.MethodUnknown
}

// number turns the shop's number into the one that Toss was sent; false where
// the profile's pattern misses it.
func (p *Profile) number(id string) (string, bool) {
	if p.Number == nil {
		return id, true
	}
	at := p.Number.FindStringSubmatchIndex(id)
	if at == nil {
		return id, false
	}
	return string(p.Number.ExpandString(nil, p.NumberTo, id, at)), true
}

// pgOf is what a payment company's word means: toss, or the word itself; false
// for one that the profile does not know.
func (p *Profile) pgOf(word string) (string, bool) {
	meaning, known := p.PGs[written.Bare(word)]
	if meaning == otherPG {
		return word, true
	}
	return meaning, known
}

// skips says whether a row that begins so may be no order, but a total or a
// note.
func (p *Profile) skips(first string) bool {
	bare := written.Bare(first)
	return slices.ContainsFunc(p.SkipRows, func(word string) bool { return strings.HasPrefix(bare, word) })
}

// AboutProfile is what `orders profiles` tells of one.
type AboutProfile struct {
	Name    string
	Rows    string // order or item
	Note    string
	Columns map[string][]string // each column with the names that are looked for
}

// About tells which columns a profile looks for.
func (p *Profile) About() AboutProfile {
	about := AboutProfile{Name: p.Name, Rows: "order", Note: p.Note, Columns: map[string][]string{}}
	if p.ByItem {
		about.Rows = "item"
	}
	maps.Copy(about.Columns, p.Columns)
	for _, way := range p.Payments {
		for column, titles := range way {
			about.Columns[column] = append(slices.Clone(about.Columns[column]), titles...)
		}
	}
	for column, value := range p.Values {
		about.Columns[column] = []string{"= " + value}
	}
	return about
}
