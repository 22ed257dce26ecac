package config

import (
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// decoder fills a Config from the nodes of the file. It reads texts itself,
// because YAML's own reading of 010, 1e3, yes and 2026-01-01 is not what a
// person who writes limits on money means.
type decoder struct {
	book *book
	env  func(string) (string, bool)
	// places is the number of decimals of the currency being read.
	places int
}

// textual is a type that is read from one scalar.
type textual interface {
	fromText(text string) *trouble
}

// currencies are those that may have limits, with their decimals.
var currencies = map[string]int{"USD": 2, "JPY": 0, "PHP": 2}

func (d *decoder) value(path string, n *yaml.Node, v reflect.Value) {
	d.book.marks[path] = mark{line: n.Line, column: n.Column, raw: n.Value}
	switch {
	case n.Kind == yaml.AliasNode:
		d.book.fault(path, "is an alias", "write the value out: anchors and aliases are not supported")
	case n.Style&yaml.TaggedStyle != 0:
		d.book.fault(path, "has a YAML tag", "remove the tag that begins with an exclamation mark")
	case v.Kind() == reflect.Struct && !isText(v):
		if d.kind(path, n, yaml.MappingNode, "a section") {
			d.section(path, n, v)
		}
	case v.Kind() == reflect.Map:
		if d.kind(path, n, yaml.MappingNode, "a section") {
			d.limits(path, n, v)
		}
	case v.Kind() == reflect.Slice:
		if d.kind(path, n, yaml.SequenceNode, "a list") {
			d.list(path, n, v)
		}
	default:
		if d.kind(path, n, yaml.ScalarNode, "one value") {
			d.scalar(path, n, v)
		}
	}
}

// isText says whether a struct is nevertheless written as one scalar.
func isText(v reflect.Value) bool {
	switch v.Addr().Interface().(type) {
	case textual, *Secret, *netip.Prefix:
		return true
	}
	return false
}

// kind checks the shape of a node. An empty section means its defaults; an
// empty value or list is a fault, because nobody can tell what was meant.
func (d *decoder) kind(path string, n *yaml.Node, want yaml.Kind, noun string) bool {
	empty := n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
	switch {
	case empty && want == yaml.MappingNode:
		return false
	case empty && want == yaml.SequenceNode:
		d.book.fault(path, "has no value", "write a list, or remove the key to keep the default")
		return false
	case empty:
		d.book.fault(path, "has no value", "write a value, or remove the key to keep the default")
		return false
	case n.Kind == want:
		return true
	}
	is := map[yaml.Kind]string{yaml.MappingNode: "a section", yaml.SequenceNode: "a list", yaml.ScalarNode: "one value"}[n.Kind]
	d.book.fault(path, fmt.Sprintf("is %s, where %s is expected", is, noun),
		"compare it with the file that `daesa init` writes")
	return false
}

// pairs calls with each key of a mapping once; a key that is no text, or
// stands twice, is a fault.
func (d *decoder) pairs(path string, n *yaml.Node, with func(child string, key, value *yaml.Node)) {
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name := key.Value
		if key.Kind != yaml.ScalarNode || name == "" {
			name = "?"
		}
		if secretLike(name) {
			name = redacted
		}
		child := join(path, name)
		if first, twice := lines[name]; twice {
			d.at(fmt.Sprintf("%s (again)", child), key)
			d.book.fault(fmt.Sprintf("%s (again)", child),
				fmt.Sprintf("stands twice, first in line %d", first), "remove one of the two")
			continue
		}
		lines[name] = key.Line
		with(child, key, value)
	}
}

// at notes the place of a path that has no value to show.
func (d *decoder) at(path string, n *yaml.Node) {
	d.book.marks[path] = mark{line: n.Line, column: n.Column}
}

func (d *decoder) section(path string, n *yaml.Node, v reflect.Value) {
	d.pairs(path, n, func(child string, key, value *yaml.Node) {
		fields := fieldsOf(v.Type())
		index, known := fields[key.Value]
		if !known || key.Kind != yaml.ScalarNode {
			d.at(child, key)
			d.book.fault(child, "is not a known key", unknownHint(path, key.Value, fields))
			return
		}
		d.value(child, value, v.Field(index))
	})
}

func (d *decoder) limits(path string, n *yaml.Node, v reflect.Value) {
	out := map[string]Limits{}
	d.pairs(path, n, func(child string, key, value *yaml.Node) {
		places, known := currencies[key.Value]
		if !known {
			d.at(child, key)
			hint := "limits exist for JPY, PHP and USD"
			if key.Value == "KRW" {
				hint = "the limits in won stand directly in refunds: max_single, max_amount, max_amount_per_day"
			}
			d.book.fault(child, "is not a currency that has limits of its own", hint)
			return
		}
		var limits Limits
		d.places = places
		d.value(child, value, reflect.ValueOf(&limits).Elem())
		d.places = 0
		out[key.Value] = limits
	})
	v.Set(reflect.ValueOf(out))
}

func (d *decoder) list(path string, n *yaml.Node, v reflect.Value) {
	out := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		if m, ok := out.Index(i).Addr().Interface().(*Merchant); ok {
			*m = DefaultMerchant()
		}
		d.value(fmt.Sprintf("%s[%d]", path, i), item, out.Index(i))
	}
	v.Set(out)
}

func (d *decoder) scalar(path string, n *yaml.Node, v reflect.Value) {
	text, ok := d.expand(path, n.Value)
	if !ok {
		return
	}
	const quotes = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	quoted := n.Style&quotes != 0 && text == n.Value
	if wrong := d.assign(text, quoted, v); wrong != nil {
		d.book.fault(path, wrong.reason, wrong.hint)
	}
}

func (d *decoder) assign(text string, quoted bool, v reflect.Value) *trouble {
	switch into := v.Addr().Interface().(type) {
	case textual:
		return into.fromText(text)
	case *Secret:
		*into = NewSecret(text)
	case *string:
		*into = text
	case *bool:
		if quoted || text != "true" && text != "false" {
			return &trouble{"is neither true nor false", "write true or false, without quotes"}
		}
		*into = text == "true"
	case *time.Duration:
		period, err := time.ParseDuration(text)
		if err != nil {
			return &trouble{"is not a length of time", "write a number with its unit: 30s, 10m or 2h"}
		}
		*into = period
	case *netip.Prefix:
		return prefixFromText(text, into)
	case *int, *int64:
		return d.number(text, quoted, v)
	default:
		panic("config: no rule reads " + v.Type().String())
	}
	return nil
}

func (d *decoder) number(text string, quoted bool, v reflect.Value) *trouble {
	value, ok := decimal(text, d.places)
	switch {
	case quoted:
		return &trouble{"is a text, where a number is expected", "remove the quotes"}
	case !ok && strings.ContainsAny(text, ",_"):
		return &trouble{"has separators between its digits", "write the digits only: 1000000"}
	case !ok && d.places > 0:
		return &trouble{"is not an amount of this currency", fmt.Sprintf("write digits with at most %d decimals: 181.56", d.places)}
	case !ok && allDigits(text) && text[0] != '0', v.OverflowInt(value):
		return &trouble{"is too large a number", "write a smaller number"}
	case !ok:
		return &trouble{"is not a whole number", "write its digits only, without a unit, an exponent or leading zeros"}
	}
	v.SetInt(value)
	return nil
}

func prefixFromText(text string, into *netip.Prefix) *trouble {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		*into = netip.PrefixFrom(addr, addr.BitLen())
		return nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return &trouble{"is neither an address nor a network", "write 192.0.2.7 or 192.0.2.0/24"}
	}
	if prefix != prefix.Masked() {
		return &trouble{"has an address inside the network", "write " + prefix.Masked().String() + " for the whole network"}
	}
	*into = prefix
	return nil
}

var (
	reference    = regexp.MustCompile(`\$?\$\{[^}]*\}?`)
	variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// expand replaces ${NAME} from the environment. $${NAME} stays ${NAME}. What
// comes in is text and never read as YAML.
func (d *decoder) expand(path, raw string) (string, bool) {
	ok := true
	text := reference.ReplaceAllStringFunc(raw, func(found string) string {
		if strings.HasPrefix(found, "$$") {
			return found[1:]
		}
		name := strings.TrimSuffix(strings.TrimPrefix(found, "${"), "}")
		if !variableName.MatchString(name) || !strings.HasSuffix(found, "}") {
			ok = false
			d.book.fault(path, "has a ${ that begins no variable", "write ${NAME}, or $${ for the two characters themselves")
			return found
		}
		value, set := d.env(name)
		if !set {
			ok = false
			d.book.fault(path, "names an environment variable that is not set: "+show(name), "set "+show(name)+", or write the value itself")
		}
		return value
	})
	return text, ok
}

// fieldsOf maps the keys of a section to the fields of its struct.
func fieldsOf(t reflect.Type) map[string]int {
	fields := map[string]int{}
	for i := range t.NumField() {
		if key := t.Field(i).Tag.Get("yaml"); key != "" && key != "-" {
			fields[key] = i
		}
	}
	return fields
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// unknownHint says what may have been meant by a key that is not known.
func unknownHint(path, key string, fields map[string]int) string {
	if _, ok := fields[key+"_env"]; ok {
		return inlineHint(join(path, key))
	}
	for _, named := range allKeys {
		if strings.HasSuffix(named, "."+key+"_env") {
			return inlineHint(strings.TrimSuffix(named, "_env"))
		}
	}
	known := make([]string, 0, len(fields))
	for name := range fields {
		known = append(known, name)
	}
	slices.Sort(known)
	if near := closest(key, known); near != "" {
		return "did you mean " + near + "?"
	}
	for _, elsewhere := range allKeys {
		if strings.HasSuffix("."+elsewhere, "."+key) {
			return "it belongs at " + elsewhere
		}
	}
	where := "here"
	if path != "" {
		where = "in " + path
	}
	return "remove it; known " + where + ": " + strings.Join(known, ", ")
}

func inlineHint(path string) string {
	return "secrets are never written here: name an environment variable in " + path + "_env, or a file in " + path + "_file"
}

var allKeys = schema(reflect.TypeFor[Config](), "")

// schema lists every key of the file with its path, sorted by section.
func schema(t reflect.Type, path string) []string {
	var paths []string
	for i := range t.NumField() {
		key := t.Field(i).Tag.Get("yaml")
		if key == "" || key == "-" {
			continue
		}
		child, of := join(path, key), t.Field(i).Type
		paths = append(paths, child)
		switch {
		case of.Kind() == reflect.Slice && of.Elem().Kind() == reflect.Struct && !isText(reflect.New(of.Elem()).Elem()):
			paths = append(paths, schema(of.Elem(), child+"[0]")...)
		case of == reflect.TypeFor[map[string]Limits]():
			paths = append(paths, schema(of.Elem(), child+".USD")...)
		case of.Kind() == reflect.Struct && !isText(reflect.New(of).Elem()):
			paths = append(paths, schema(of, child)...)
		}
	}
	return paths
}

// closest is the word that a typing mistake was probably meant to be, or "".
func closest(word string, words []string) string {
	best, least := "", max(2, len(word)/4)+1
	if len(word) > 64 {
		return ""
	}
	for _, candidate := range words {
		if d := distance(word, candidate); d < least && d < len(candidate)-1 {
			best, least = candidate, d
		}
	}
	return best
}

// distance is the number of letters to change, add or drop (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
