package orders

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"daesa/internal/hint"
	"daesa/internal/table"
	"daesa/internal/written"
	"daesa/pay"
)

// profileReader reads a profile and gathers all that is wrong with it.
type profileReader struct {
	name   string
	p      *Profile
	faults []hint.Row
}

// profileError is all that is wrong with a profile.
type profileError struct {
	name string
	rows []hint.Row
}

// Error lists the faults, one on each line.
func (e *profileError) Error() string {
	lines := make([]string, len(e.rows))
	for i, row := range e.rows {
		lines[i] = fmt.Sprintf("profile %s:%d: %s: %s", e.name, row.Line, row.Column, row.Reason)
	}
	return strings.Join(lines, "\n")
}

// Rows are the faults for programs.
func (e *profileError) Rows() []hint.Row { return e.rows }

// Hint says where a profile is explained.
func (e *profileError) Hint() string {
	return "docs/files.md explains profiles; daesa orders inspect FILE --write-profile writes one to begin with"
}

// parseProfile reads a profile. base gives the one that it extends; nil: none
// may be.
func parseProfile(name string, text []byte, base func(string) (*Profile, error)) (*Profile, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("profile %s: %w", name, err)
	}
	r := &profileReader{name: name, p: &Profile{HeaderWithin: 30, Columns: map[string][]string{}, Values: map[string]string{}, Fold: map[string]string{},
		Statuses: map[string]pay.OrderStatus{}, Methods: map[string]string{}, NeverPaid: map[string]bool{}, PGs: map[string]string{}}}
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("profile %s: is no YAML with keys such as columns", name)
	}
	root := document.Content[0]
	for key, value := range pairs(root) {
		if key.Value != "extends" {
			continue
		}
		if base == nil || value.Kind != yaml.ScalarNode {
			r.fault(value, "extends", "is no name of a profile")
			continue
		}
		extended, err := base(value.Value)
		if err != nil {
			return nil, err
		}
		r.p = extended.clone()
		r.p.Note, r.p.Unseen = "", false // of the other one
	}
	r.root(root)
	if len(r.faults) == 0 {
		r.titlesOnce(root)
	}
	if len(r.faults) > 0 {
		return nil, &profileError{name, r.faults}
	}
	return r.p, nil
}

// pairs walks the keys of a mapping.
func pairs(node *yaml.Node) func(yield func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		if node.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			if !yield(node.Content[i], node.Content[i+1]) {
				return
			}
		}
	}
}

func (p *Profile) clone() *Profile {
	c := *p
	c.Columns, c.Values, c.Fold = maps.Clone(p.Columns), maps.Clone(p.Values), maps.Clone(p.Fold)
	c.Statuses, c.Methods = maps.Clone(p.Statuses), maps.Clone(p.Methods)
	c.NeverPaid, c.PGs = maps.Clone(p.NeverPaid), maps.Clone(p.PGs)
	return &c
}

func (r *profileReader) fault(at *yaml.Node, key, reason string) {
	r.faults = append(r.faults, hint.Row{File: r.name, Line: at.Line, Column: key, Value: at.Value, Reason: reason})
}

func (r *profileReader) root(root *yaml.Node) {
	seen := map[string]bool{}
	for key, value := range pairs(root) {
		if seen[key.Value] {
			r.fault(key, key.Value, "stands twice")
		}
		seen[key.Value] = true
		switch key.Value {
		case "extends":
		case "rows":
			r.choice(value, "rows", "item", "order")
			r.p.ByItem = value.Value == "item"
		case "header_within":
			r.headerWithin(value)
		case "columns":
			r.columns(value, "columns", r.p.Columns)
		case "payments":
			r.payments(value)
		case "values":
			r.values(value)
		case "fold":
			r.fold(value)
		case "statuses":
			r.statuses(value)
		case "methods":
			r.methods(value)
		case "order_number":
			r.orderNumber(value)
		case "skip_rows":
			r.p.SkipRows = mapEach(r.texts(value, "skip_rows"), written.Bare)
		case "mixed_refunds":
			r.choice(value, "mixed_refunds", "true", "false")
			r.p.MixedRefunds = value.Value == "true"
		case "empty_paid_at":
			r.choice(value, "empty_paid_at", "unknown", "unpaid")
			r.p.EmptyPaidAt = value.Value == "unknown"
		case "never_paid":
			for _, word := range r.texts(value, "never_paid") {
				r.p.NeverPaid[written.Bare(word)] = true
			}
		case "pgs":
			r.pgs(value)
		case "note":
			r.p.Note = strings.Join(r.texts(value, "note"), " ")
		case "unseen":
			r.choice(value, "unseen", "true", "false")
			r.p.Unseen = value.Value == "true"
		default:
			r.fault(key, key.Value, "is no key of a profile: "+strings.Join(profileKeys, ", "))
		}
	}
}

// profileKeys are what may stand in a profile.
var profileKeys = []string{
	"extends", "rows", "header_within", "columns", "payments", "values", "fold", "statuses", "never_paid", "methods", "pgs", "order_number",
	"skip_rows", "mixed_refunds", "empty_paid_at", "note", "unseen",
}

func mapEach[A, B any](list []A, f func(A) B) []B {
	result := make([]B, len(list))
	for i, value := range list {
		result[i] = f(value)
	}
	return result
}

func (r *profileReader) choice(value *yaml.Node, key string, allowed ...string) {
	if value.Kind != yaml.ScalarNode || !slices.Contains(allowed, value.Value) {
		r.fault(value, key, "is one of "+strings.Join(allowed, ", "))
	}
}

// mostHeaderRows is how far a header may be looked for.
const mostHeaderRows = 1000

func (r *profileReader) headerWithin(value *yaml.Node) {
	n, err := strconv.Atoi(value.Value)
	if err != nil || n < 1 || n > mostHeaderRows {
		r.fault(value, "header_within", fmt.Sprintf("is a number of rows from 1 to %d", mostHeaderRows))
		return
	}
	r.p.HeaderWithin = n
}

// texts are a list of texts that say something, or one.
func (r *profileReader) texts(value *yaml.Node, key string) []string {
	nodes := value.Content
	if value.Kind == yaml.ScalarNode {
		nodes = []*yaml.Node{value}
	} else if value.Kind != yaml.SequenceNode {
		r.fault(value, key, "is a list of texts")
		return nil
	}
	var texts []string
	for _, node := range nodes {
		text := strings.TrimSpace(node.Value)
		switch {
		case node.Kind != yaml.ScalarNode || text == "":
			r.fault(node, key, "is no text")
		case text == unfinishedWord:
			r.fault(node, key, "is not said yet: write what it is in the file")
		default:
			texts = append(texts, text)
		}
	}
	return texts
}

// unfinishedWord stands in a written profile where a person must say something.
const unfinishedWord = "?"

// isColumn says whether a name is a column of the contract.
func (r *profileReader) isColumn(key *yaml.Node, under string) bool {
	if slices.Contains(columnNames, key.Value) {
		return true
	}
	r.fault(key, under+"."+key.Value, "is no column of an order: "+strings.Join(columnNames, ", "))
	return false
}

func (r *profileReader) columns(value *yaml.Node, under string, into map[string][]string) {
	if value.Kind != yaml.MappingNode {
		r.fault(value, under, "is a list of columns, each with its names")
	}
	for key, names := range pairs(value) {
		if r.isColumn(key, under) {
			into[key.Value] = r.texts(names, under+"."+key.Value)
			if under == "columns" {
				delete(r.p.Values, key.Value) // the file says it itself
			}
		}
	}
}

// mostPayments is in how many ways one order may be paid.
const mostPayments = 5

// payments replace those of a profile that is extended.
func (r *profileReader) payments(value *yaml.Node) {
	if value.Kind != yaml.SequenceNode || len(value.Content) > mostPayments {
		r.fault(value, "payments", "is a list of at most five ways, each with its columns")
		return
	}
	r.p.Payments = nil
	for _, way := range value.Content {
		columns := map[string][]string{}
		r.columns(way, "payments", columns)
		if len(columns[method]) == 0 || len(columns[amount]) == 0 {
			r.fault(way, "payments", "needs method and amount in each way")
		}
		r.p.Payments = append(r.p.Payments, columns)
	}
}

func (r *profileReader) values(value *yaml.Node) {
	for key, text := range pairs(value) {
		if r.isColumn(key, "values") {
			if list := r.texts(text, "values."+key.Value); len(list) == 1 {
				r.p.Values[key.Value] = list[0]
			}
		}
	}
}

func (r *profileReader) fold(value *yaml.Node) {
	for key, how := range pairs(value) {
		if !r.isColumn(key, "fold") {
			continue
		}
		allowed := []string{foldSame, foldFirst}
		switch {
		case isAmountColumn(key.Value):
			allowed = []string{foldSame, foldSum, foldFirst, foldMax}
		case isTimeColumn(key.Value):
			allowed = []string{foldSame, foldFirst, foldMax}
		}
		r.choice(how, "fold."+key.Value, allowed...)
		r.p.Fold[key.Value] = how.Value
	}
}

func isAmountColumn(column string) bool {
	return column == amount || column == canceledAmount || column == refundedElsewhere || column == taxFreeAmount
}

func (r *profileReader) statuses(value *yaml.Node) {
	for key, words := range pairs(value) {
		meaning := pay.OrderStatus(key.Value)
		if !slices.Contains(pay.OrderStatuses, meaning) {
			r.fault(key, "statuses."+key.Value, "is no status: "+list(pay.OrderStatuses)+meaningMissing(key.Value))
			continue
		}
		for _, word := range r.texts(words, "statuses."+key.Value) {
			r.p.Statuses[written.Bare(word)] = meaning
		}
	}
	r.onceEach(value, "statuses")
}

func (r *profileReader) methods(value *yaml.Node) {
	for key, words := range pairs(value) {
		method, known := pay.ParseMethod(key.Value)
		if key.Value != otherPG && key.Value != noMethod && (!known || string(method) != key.Value) {
			r.fault(key, "methods."+key.Value, "is no method: "+strings.TrimSuffix(methodsAllowed, ", or Toss's own word")+", other_pg, none"+meaningMissing(key.Value))
			continue
		}
		for _, word := range r.texts(words, "methods."+key.Value) {
			r.p.Methods[written.Bare(word)] = key.Value
		}
	}
	r.onceEach(value, "methods")
}

// pgs say which words of the column pg are Toss.
func (r *profileReader) pgs(value *yaml.Node) {
	for key, words := range pairs(value) {
		if key.Value != pay.PGToss && key.Value != otherPG {
			r.fault(key, "pgs."+key.Value, "is one of toss, other_pg"+meaningMissing(key.Value))
			continue
		}
		for _, word := range r.texts(words, "pgs."+key.Value) {
			r.p.PGs[written.Bare(word)] = key.Value
		}
	}
	r.onceEach(value, "pgs")
}

// meaningMissing tells of words that a written profile left to a person.
func meaningMissing(key string) string {
	if key == unfinishedWord {
		return "; move each word to what it means"
	}
	return ""
}

// onceEach refuses a word that is given two meanings.
func (r *profileReader) onceEach(value *yaml.Node, under string) {
	first := map[string]string{}
	for key, words := range pairs(value) {
		for _, node := range words.Content {
			bare := written.Bare(node.Value)
			if before, twice := first[bare]; twice && before != key.Value {
				r.fault(node, under, fmt.Sprintf("means both %s and %s", before, key.Value))
			}
			first[bare] = key.Value
		}
	}
}

func (r *profileReader) orderNumber(value *yaml.Node) {
	texts := map[string]string{}
	for key, node := range pairs(value) {
		if key.Value != "match" && key.Value != "to" {
			r.fault(key, "order_number."+key.Value, "is no key: match, to")
		}
		texts[key.Value] = node.Value
	}
	number, err := regexp.Compile(texts["match"])
	if err != nil || texts["match"] == "" || texts["to"] == "" {
		r.fault(value, "order_number", fmt.Sprint("needs match, a regular expression, and to, such as '$1'", orNothing(err)))
		return
	}
	r.p.Number, r.p.NumberTo = number, texts["to"]
}

func orNothing(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}

// titlesOnce refuses a title that would name two columns.
func (r *profileReader) titlesOnce(root *yaml.Node) {
	first := map[string]string{}
	note := func(column, title string) {
		bare := table.Title(title)
		if before, twice := first[bare]; twice && before != column {
			r.fault(root, "columns", fmt.Sprintf("%q names both %s and %s", title, before, column))
		}
		first[bare] = column
	}
	for _, column := range slices.Sorted(maps.Keys(r.p.Columns)) {
		for _, title := range r.p.Columns[column] {
			note(column, title)
		}
	}
	for i, way := range r.p.Payments {
		for column, titles := range way {
			for _, title := range titles {
				note(wayOf(i, column), title)
			}
		}
	}
}
