package passbook

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"daesa/internal/table"
	"daesa/internal/written"
)

// isJSON looks at two characters: a table may begin with a title in brackets.
func isJSON(head string) bool { return jsonBegins.MatchString(head) }

var jsonBegins = regexp.MustCompile(`^(\{\s*["}]|\[\s*["{\[\]])`)

const jsonDeepest = 32 // levels in one another

// jsonObject is an object with what stands in it as texts, objects and lists.
type jsonObject struct {
	line   int
	keys   []string
	values map[string]any // string, *jsonObject or []any
}

// jsonReader reads JSON by its tokens: encoding/json alone would take the last of
// two equal keys, and knows no lines.
type jsonReader struct {
	path    string
	text    string
	decoder *json.Decoder
	counted int // bytes in which lines were counted
	line    int
}

var errDeep = errors.New("has too many levels")

// values gives all values of a text, one after another.
func (r *jsonReader) all() ([]any, error) {
	r.decoder = json.NewDecoder(strings.NewReader(r.text))
	r.decoder.UseNumber()
	var list []any
	for {
		value, err := r.value(jsonDeepest)
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, r.refuse(err)
		}
		list = append(list, value)
	}
}

func (r *jsonReader) refuse(err error) error {
	reason := "is no JSON that can be read to its end"
	var told *table.FileError
	switch {
	case errors.As(err, &told):
		return told
	case errors.Is(err, errDeep):
		reason = fmt.Sprintf("has more than %d levels", jsonDeepest)
	}
	return &table.FileError{File: r.path, Line: r.here(), Reason: reason, Advice: "fetch the file again"}
}

// here is the line up to which the text was read.
func (r *jsonReader) here() int {
	at := min(int(r.decoder.InputOffset()), len(r.text))
	if at > r.counted {
		r.line += strings.Count(r.text[r.counted:at], "\n")
		r.counted = at
	}
	return r.line + 1
}

func (r *jsonReader) value(deep int) (any, error) {
	token, err := r.decoder.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		if deep == 0 {
			return nil, errDeep
		}
		if t == '[' {
			return r.list(deep - 1)
		}
		return r.object(deep - 1)
	case json.Number:
		return t.String(), nil
	case string:
		return t, nil
	case bool:
		return fmt.Sprint(t), nil
	}
	return "", nil // null
}

func (r *jsonReader) list(deep int) (any, error) {
	list := []any{}
	for r.decoder.More() {
		value, err := r.value(deep)
		if err != nil {
			return nil, unexpected(err)
		}
		list = append(list, value)
	}
	_, err := r.decoder.Token()
	return list, unexpected(err)
}

func (r *jsonReader) object(deep int) (any, error) {
	object := &jsonObject{line: r.here(), values: map[string]any{}}
	for r.decoder.More() {
		token, err := r.decoder.Token()
		if err != nil {
			return nil, unexpected(err)
		}
		key, _ := token.(string)
		if _, twice := object.values[key]; twice {
			return nil, &table.FileError{File: r.path, Line: r.here(), Reason: "has a key twice in one object", Advice: "fetch the file again"}
		}
		if object.values[key], err = r.value(deep); err != nil {
			return nil, unexpected(err)
		}
		object.keys = append(object.keys, key)
	}
	_, err := r.decoder.Token()
	return object, unexpected(err)
}

// unexpected is an end within a value, which is no end of the text.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// jsonPage is an object that has a list of lines.
type jsonPage struct {
	about *jsonObject
	lines []*jsonObject
}

// pagesOf finds the objects in which a key holds a list of objects.
func pagesOf(value any, key string) []jsonPage {
	switch v := value.(type) {
	case []any:
		var pages []jsonPage
		for _, each := range v {
			pages = append(pages, pagesOf(each, key)...)
		}
		return pages
	case *jsonObject:
		if list, is := v.values[key].([]any); is {
			page := jsonPage{about: v}
			for _, each := range list {
				if line, is := each.(*jsonObject); is {
					page.lines = append(page.lines, line)
				}
			}
			if len(page.lines) == len(list) {
				return []jsonPage{page}
			}
		}
		var pages []jsonPage
		for _, name := range v.keys {
			pages = append(pages, pagesOf(v.values[name], key)...)
		}
		return pages
	}
	return nil
}

// readJSON reads the answer of a collector: one page, or several one after
// another, or in a list.
func readJSON(path, text string, o Options) (Statement, error) {
	reader := &jsonReader{path: path, text: text}
	values, err := reader.all()
	if err != nil {
		return Statement{}, err
	}
	layout, pages, err := jsonLayout(path, values, o)
	if err != nil {
		return Statement{}, err
	}
	s := Statement{Layout: layout.Name, Bank: layout.Bank, Currency: layout.Currency}
	d := newDecoder(layout, o, true)
	names := layout.names()
	ignored, columnOf := layout.ignores(), map[string]string{}
	for _, page := range pages {
		if err := s.aboutPage(path, layout, page.about); err != nil {
			return Statement{}, err
		}
		for _, line := range page.lines {
			if len(d.lines) >= mostLines {
				return Statement{}, &table.FileError{File: path, Line: line.line, Reason: fmt.Sprintf("has more than %d lines", mostLines), Advice: "split the file"}
			}
			for _, key := range line.keys {
				if _, before := columnOf[key]; before {
					continue
				}
				title := table.Title(key)
				if columnOf[key] = names[title]; names[title] == "" && !ignored[title] {
					s.Unknown = append(s.Unknown, key)
				}
			}
			d.add(jsonRecord{path, line, columnOf})
		}
	}
	return d.finish(path, s)
}

// jsonLayout finds the layout of JSON by the name of its list, and the roles that
// the lines have.
func jsonLayout(path string, values []any, o Options) (*Layout, []jsonPage, error) {
	candidates := []*Layout{o.Layout}
	if o.Layout == nil {
		var err error
		if candidates, err = all(); err != nil {
			return nil, nil, err
		}
	}
	for _, layout := range candidates {
		if layout.JSON.List == "" {
			continue
		}
		var pages []jsonPage
		lines := 0
		var keys []string
		for _, value := range values {
			for _, page := range pagesOf(value, layout.JSON.List) {
				pages = append(pages, page)
				for _, line := range page.lines {
					if lines++; lines == 1 {
						keys = line.keys
					}
				}
			}
		}
		f, missing := fitOf(layout, table.HeadRow{Cells: keys})
		if len(pages) > 0 && (lines == 0 || len(missing) == 0) {
			return layout, pages, onceEach(path, f)
		}
	}
	return nil, nil, &table.FileError{File: path, Reason: "is JSON, and has no list of a collector that is known",
		Advice: "known are CODEF (resTrHistoryList), open banking (res_list) and Popbill (list); another one is a layout of your own: --layout FILE"}
}

// onceEach refuses two keys of the lines for one role.
func onceEach(path string, f fit) error {
	names := f.layout.names()
	for i, key := range f.row.Cells {
		if column, is := names[table.Title(key)]; is && f.at[column] != i {
			return &table.FileError{File: path, Reason: fmt.Sprintf("two keys are the %s: %s and %s", column, f.row.Cells[f.at[column]], key), Advice: "name the right one in a layout of your own"}
		}
	}
	return nil
}

// aboutPage takes what a page says of its account and its period. Pages must be
// of one account.
func (s *Statement) aboutPage(path string, layout *Layout, about *jsonObject) error {
	if last4 := last4Of(about.text(layout.JSON.Account)); last4 != "" {
		if s.Last4 != "" && s.Last4 != last4 {
			return &table.FileError{File: path, Line: about.line, Reason: "has pages of several accounts", Advice: "save one file for each account"}
		}
		s.Last4 = last4
	}
	from, to := periodOf(about.text(layout.JSON.From) + " ~ " + about.text(layout.JSON.To))
	if from != "" && (s.From == "" || from < s.From) {
		s.From = from
	}
	s.To = max(s.To, to)
	return nil
}

// text is the first of some keys that has one.
func (o *jsonObject) text(keys []string) string {
	for _, key := range keys {
		if text, is := o.values[key].(string); is && text != "" {
			return text
		}
	}
	return ""
}

// jsonRecord is one object of the list.
type jsonRecord struct {
	path     string
	object   *jsonObject
	columnOf map[string]string // of each key; "" for one that no role is read of
}

// key is the object's key for a column.
func (r jsonRecord) key(column string) (string, bool) {
	for _, key := range r.object.keys {
		if r.columnOf[key] == column {
			return key, true
		}
	}
	return "", false
}

func (r jsonRecord) has(column string) bool {
	_, has := r.key(column)
	return has
}

func (r jsonRecord) get(column string) string {
	key, _ := r.key(column)
	text, _ := r.object.values[key].(string)
	return text
}

func (r jsonRecord) refused(column string) (reason, clock string) {
	key, has := r.key(column)
	if _, is := r.object.values[key].(string); has && !is {
		return "is no text and no number", ""
	}
	return "", ""
}

func (r jsonRecord) first() string {
	for _, key := range r.object.keys {
		if text, is := r.object.values[key].(string); is && written.OneLine(text) != "" {
			return text
		}
	}
	return ""
}

func (r jsonRecord) place() Place { return Place{File: r.path, Row: r.object.line} }

func (r jsonRecord) fault(column, value, reason string) *table.Fault {
	key, _ := r.key(column)
	return &table.Fault{File: r.path, Line: r.object.line, Column: column, Title: key, Value: value, Reason: reason}
}
