package orders

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"daesa/internal/table"
	"daesa/internal/written"
	"daesa/pay"
)

// profileReader reads a profile.
type profileReader struct {
	*table.Declared
	p *Profile
}

// readProfile reads a profile; base is the one that it extends, nil where it
// extends none.
func readProfile(declared *table.Declared, root *yaml.Node, base *Profile) *Profile {
	r := &profileReader{Declared: declared, p: &Profile{HeaderWithin: 30, Columns: map[string][]string{}, Values: map[string]string{}, Fold: map[string]string{},
		Statuses: map[string]pay.OrderStatus{}, Methods: map[string]string{}, NeverPaid: map[string]bool{}, PGs: map[string]string{}}}
	if base != nil {
		r.p = base.clone()
		r.p.Note, r.p.Unseen = "", false // of the other one
	}
	r.root(root)
	if r.Sound() {
		r.titlesOnce(root)
	}
	return r.p
}

func (p *Profile) clone() *Profile {
	c := *p
	c.Columns, c.Values, c.Fold = maps.Clone(p.Columns), maps.Clone(p.Values), maps.Clone(p.Fold)
	c.Statuses, c.Methods = maps.Clone(p.Statuses), maps.Clone(p.Methods)
	c.NeverPaid, c.PGs = maps.Clone(p.NeverPaid), maps.Clone(p.PGs)
	return &c
}

func (r *profileReader) root(root *yaml.Node) {
	for key, value := range table.YAMLPairs(root) {
		switch key.Value {
		case "extends":
		case "rows":
			r.Choice(value, "rows", "item", "order")
			r.p.ByItem = value.Value == "item"
		case "header_within":
			if n, said := r.HeaderWithin(value); said {
				r.p.HeaderWithin = n
			}
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
			r.p.SkipRows = mapEach(r.Texts(value, "skip_rows"), written.Bare)
		case "mixed_refunds":
			r.Choice(value, "mixed_refunds", "true", "false")
			r.p.MixedRefunds = value.Value == "true"
		case "empty_paid_at":
			r.Choice(value, "empty_paid_at", "unknown", "unpaid")
			r.p.EmptyPaidAt = value.Value == "unknown"
		case "never_paid":
			for _, word := range r.Texts(value, "never_paid") {
				r.p.NeverPaid[written.Bare(word)] = true
			}
		case "pgs":
			r.pgs(value)
		case "note":
			r.p.Note = strings.Join(r.Texts(value, "note"), " ")
		case "unseen":
			r.Choice(value, "unseen", "true", "false")
			r.p.Unseen = value.Value == "true"
		default:
			r.Fault(key, key.Value, "is no key of a profile: "+strings.Join(profileKeys, ", "))
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

// isColumn says whether a name is a column of the contract.
func (r *profileReader) isColumn(key *yaml.Node, under string) bool {
	if slices.Contains(columnNames, key.Value) {
		return true
	}
	r.Fault(key, under+"."+key.Value, "is no column of an order: "+strings.Join(columnNames, ", "))
	return false
}

func (r *profileReader) columns(value *yaml.Node, under string, into map[string][]string) {
	if value.Kind != yaml.MappingNode {
		r.Fault(value, under, "is a list of columns, each with its names")
	}
	for key, names := range table.YAMLPairs(value) {
		if r.isColumn(key, under) {
			into[key.Value] = r.Texts(names, under+"."+key.Value)
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
		r.Fault(value, "payments", "is a list of at most five ways, each with its columns")
		return
	}
	r.p.Payments = nil
	for _, way := range value.Content {
		columns := map[string][]string{}
		r.columns(way, "payments", columns)
		if len(columns[method]) == 0 || len(columns[amount]) == 0 {
			r.Fault(way, "payments", "needs method and amount in each way")
		}
		r.p.Payments = append(r.p.Payments, columns)
	}
}

func (r *profileReader) values(value *yaml.Node) {
	for key, text := range table.YAMLPairs(value) {
		if r.isColumn(key, "values") {
			if list := r.Texts(text, "values."+key.Value); len(list) == 1 {
				r.p.Values[key.Value] = list[0]
			}
		}
	}
}

func (r *profileReader) fold(value *yaml.Node) {
	for key, how := range table.YAMLPairs(value) {
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
		r.Choice(how, "fold."+key.Value, allowed...)
		r.p.Fold[key.Value] = how.Value
	}
}

func isAmountColumn(column string) bool {
	return column == amount || column == canceledAmount || column == refundedElsewhere || column == taxFreeAmount
}

func (r *profileReader) statuses(value *yaml.Node) {
	for key, words := range table.YAMLPairs(value) {
		meaning := pay.OrderStatus(key.Value)
		if !slices.Contains(pay.OrderStatuses, meaning) {
			r.Fault(key, "statuses."+key.Value, "is no status: "+list(pay.OrderStatuses)+meaningMissing(key.Value))
			continue
		}
		for _, word := range r.Texts(words, "statuses."+key.Value) {
			r.p.Statuses[written.Bare(word)] = meaning
		}
	}
	r.onceEach(value, "statuses")
}

func (r *profileReader) methods(value *yaml.Node) {
	for key, words := range table.YAMLPairs(value) {
		method, known := pay.ParseMethod(key.Value)
		if key.Value != otherPG && key.Value != noMethod && (!known || string(method) != key.Value) {
			r.Fault(key, "methods."+key.Value, "is no method: "+strings.TrimSuffix(methodsAllowed, ", or Toss's own word")+", other_pg, none"+meaningMissing(key.Value))
			continue
		}
		for _, word := range r.Texts(words, "methods."+key.Value) {
			r.p.Methods[written.Bare(word)] = key.Value
		}
	}
	r.onceEach(value, "methods")
}

// pgs say which words of the column pg are Toss.
func (r *profileReader) pgs(value *yaml.Node) {
	for key, words := range table.YAMLPairs(value) {
		if key.Value != pay.PGToss && key.Value != otherPG {
			r.Fault(key, "pgs."+key.Value, "is one of toss, other_pg"+meaningMissing(key.Value))
			continue
		}
		for _, word := range r.Texts(words, "pgs."+key.Value) {
			r.p.PGs[written.Bare(word)] = key.Value
		}
	}
	r.onceEach(value, "pgs")
}

// meaningMissing tells of words that a written profile left to a person.
func meaningMissing(key string) string {
	if key == table.UnsaidWord {
		return "; move each word to what it means"
	}
	return ""
}

// onceEach refuses a word that is given two meanings.
func (r *profileReader) onceEach(value *yaml.Node, under string) {
	first := map[string]string{}
	for key, words := range table.YAMLPairs(value) {
		for _, node := range words.Content {
			bare := written.Bare(node.Value)
			if before, twice := first[bare]; twice && before != key.Value {
				r.Fault(node, under, fmt.Sprintf("means both %s and %s", before, key.Value))
			}
			first[bare] = key.Value
		}
	}
}

func (r *profileReader) orderNumber(value *yaml.Node) {
	texts := map[string]string{}
	for key, node := range table.YAMLPairs(value) {
		if key.Value != "match" && key.Value != "to" {
			r.Fault(key, "order_number."+key.Value, "is no key: match, to")
		}
		texts[key.Value] = node.Value
	}
	number, err := regexp.Compile(texts["match"])
	if err != nil || texts["match"] == "" || texts["to"] == "" {
		r.Fault(value, "order_number", fmt.Sprint("needs match, a regular expression, and to, such as '$1'", orNothing(err)))
		return
	}
	for _, name := range lostReferences(number, texts["to"]) {
		r.Fault(value, "order_number.to", fmt.Sprintf("%s names no part of match, so that it would become nothing; write ${1} where a letter, a digit or _ follows", name))
	}
	r.p.Number, r.p.NumberTo = number, texts["to"]
}

func orNothing(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}

var reference = regexp.MustCompile(`\$(\w+|\{\w+\})`)

// lostReferences are those of a replacement that no group of the expression
// gives: regexp puts nothing in their place.
func lostReferences(of *regexp.Regexp, replacement string) []string {
	var lost []string
	for _, found := range reference.FindAllStringSubmatch(strings.ReplaceAll(replacement, "$$", ""), -1) {
		name := strings.Trim(found[1], "{}")
		number, err := strconv.Atoi(name)
		if numbered := err == nil && number <= of.NumSubexp(); !numbered && !slices.Contains(of.SubexpNames(), name) {
			lost = append(lost, found[0])
		}
	}
	return lost
}

// titlesOnce refuses a title that would name two columns.
func (r *profileReader) titlesOnce(root *yaml.Node) {
	titles := maps.Clone(r.p.Columns)
	for i, way := range r.p.Payments {
		for column, names := range way {
			titles[wayOf(i, column)] = names
		}
	}
	r.TitlesOnce(root, slices.Sorted(maps.Keys(titles)), func(column string) []string { return titles[column] })
}
