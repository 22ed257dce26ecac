package passbook

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"daesa/internal/table"
	"daesa/internal/written"
	"daesa/pay"
)

// layoutReader reads a layout.
type layoutReader struct {
	*table.Declared
	l *Layout
}

// Words that begin a row which is no line, in the files of every bank.
var (
	totalWords = []string{"합계", "총계", "총합계", "누계", "total"}
	skipWords  = []string{"소계", "이월", "전월이월", "전일이월", "조회된내역이없습니다", "거래내역이없습니다", "조회내역이없습니다", "※", "*", "subtotal"}
)

// readLayout reads a layout; base is the one that it extends, nil where it
// extends none.
func readLayout(declared *table.Declared, root *yaml.Node, base *Layout) *Layout {
	r := &layoutReader{Declared: declared, l: &Layout{HeaderWithin: 30, Columns: map[string][]string{}, Currency: pay.KRW,
		Totals: slices.Clone(totalWords), SkipRows: slices.Clone(skipWords)}}
	if base != nil {
		r.l = base.clone()
		r.l.Note, r.l.Unseen = "", false // of the other one
	}
	for key, value := range table.YAMLPairs(root) {
		r.key(key, value)
	}
	if r.Sound() {
		r.TitlesOnce(root, columns, r.l.titles)
	}
	return r.l
}

// layoutKeys are what may stand in a layout.
var layoutKeys = []string{
	"extends", "bank", "note", "unseen", "header_within", "columns", "needs", "payer_else", "direction", "own_account", "reference",
	"ignored", "skip_rows", "totals", "currency", "json",
}

func (r *layoutReader) key(key, value *yaml.Node) {
	switch key.Value {
	case "extends":
	case "bank":
		r.l.Bank = strings.Join(r.Texts(value, "bank"), " ")
	case "note":
		r.l.Note = strings.Join(r.Texts(value, "note"), " ")
	case "unseen":
		r.Choice(value, "unseen", "true", "false")
		r.l.Unseen = value.Value == "true"
	case "header_within":
		if n, said := r.HeaderWithin(value); said {
			r.l.HeaderWithin = n
		}
	case "columns":
		r.columns(value)
	case "needs":
		r.l.Needs = r.roles(value, "needs", roles)
	case "payer_else":
		r.l.PayerElse = r.roles(value, "payer_else", []string{roleMemo, roleChannel, roleAccount})
	case "direction":
		r.direction(value)
	case "own_account":
		r.l.Own = r.Texts(value, "own_account")
	case "reference":
		r.l.Refs = r.Texts(value, "reference")
	case "ignored":
		r.l.Ignored = append(slices.Clone(r.l.Ignored), r.Texts(value, "ignored")...)
	case "skip_rows":
		r.l.SkipRows = append(slices.Clone(r.l.SkipRows), bares(r.Texts(value, "skip_rows"))...)
	case "totals":
		r.l.Totals = append(slices.Clone(r.l.Totals), bares(r.Texts(value, "totals"))...)
	case "currency":
		r.currency(value)
	case "json":
		r.json(value)
	default:
		r.Fault(key, key.Value, "is no key of a layout: "+strings.Join(layoutKeys, ", "))
	}
}

func bares(words []string) []string {
	bare := make([]string, len(words))
	for i, word := range words {
		bare[i] = written.Bare(written.NFKC(word))
	}
	return bare
}

func (r *layoutReader) columns(value *yaml.Node) {
	if value.Kind != yaml.MappingNode {
		r.Fault(value, "columns", "is a list of roles, each with the titles of its column")
	}
	for role, titles := range table.YAMLPairs(value) {
		if !slices.Contains(roles, role.Value) {
			r.Fault(role, "columns."+role.Value, "is no role: "+strings.Join(roles, ", "))
			continue
		}
		r.l.Columns[role.Value] = r.Texts(titles, "columns."+role.Value)
	}
}

func (r *layoutReader) roles(value *yaml.Node, key string, allowed []string) []string {
	list := r.Texts(value, key)
	for _, role := range list {
		if !slices.Contains(allowed, role) {
			r.Fault(value, key, role+" is none of "+strings.Join(allowed, ", "))
		}
	}
	return list
}

func (r *layoutReader) direction(value *yaml.Node) {
	r.l.Direction = Direction{}
	for key, words := range table.YAMLPairs(value) {
		texts := r.Texts(words, "direction."+key.Value)
		switch key.Value {
		case "column":
			r.l.Direction.Titles = texts
		case "in":
			r.l.Direction.In = bares(texts)
		case "out":
			r.l.Direction.Out = bares(texts)
		default:
			r.Fault(key, "direction."+key.Value, "is no key: column, in, out")
		}
	}
	d := r.l.Direction
	if len(d.Titles) == 0 || len(d.In) == 0 || len(d.Out) == 0 {
		r.Fault(value, "direction", "needs column, and words for in and for out")
	}
	for _, word := range d.In {
		if slices.Contains(d.Out, word) {
			r.Fault(value, "direction", "means both in and out: "+word)
		}
	}
}

func (r *layoutReader) currency(value *yaml.Node) {
	code := value.Value
	if len(code) != 3 || strings.ContainsFunc(code, func(c rune) bool { return c < 'A' || c > 'Z' }) {
		r.Fault(value, "currency", "is three capital letters, such as KRW")
		return
	}
	r.l.Currency = pay.Currency(code)
}

func (r *layoutReader) json(value *yaml.Node) {
	r.l.JSON = JSONPlaces{}
	for key, names := range table.YAMLPairs(value) {
		texts := r.Texts(names, "json."+key.Value)
		switch key.Value {
		case "list":
			r.l.JSON.List = strings.Join(texts, " ")
		case "account":
			r.l.JSON.Account = texts
		case "from":
			r.l.JSON.From = texts
		case "to":
			r.l.JSON.To = texts
		default:
			r.Fault(key, "json."+key.Value, "is no key: list, account, from, to")
		}
	}
	if r.l.JSON.List == "" {
		r.Fault(value, "json", "needs list, the key of the list of lines")
	}
}
