package orders

import (
	"fmt"
	"strings"
	"time"

	"daesa/pay"
)

// prepareText checks that text is one SELECT and puts the dialect's
// placeholders where :from and :to stand outside quotations and comments.
//
// A semicolon is refused anywhere but at the very end, in quotations too: what
// is a quotation differs between databases, and a rule that needs no parser
// cannot be fooled by one.
func prepareText(dialect, text string, from, to time.Time) (string, []any, error) {
	if dialect != Postgres && dialect != SQLite && dialect != MySQL {
		return "", nil, &QueryError{Reason: fmt.Sprintf("cannot read from %q", dialect), Advice: "use postgres://, mysql:// or sqlite:, or let the shop drop files"}
	}
	text = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), ";"))
	switch word := firstWord(text); {
	case strings.ContainsAny(text, ";"):
		return "", nil, &QueryError{Reason: "has a semicolon before its end", Advice: "write one SELECT; a semicolon may stand only at the very end"}
	case strings.IndexByte(text, 0) >= 0:
		return "", nil, &QueryError{Reason: "contains a NUL byte"}
	case word != "SELECT" && word != "WITH":
		return "", nil, &QueryError{Reason: fmt.Sprintf("begins with %q, not with SELECT or WITH", word), Advice: "write one SELECT"}
	}
	b := binder{dialect: dialect, text: text, times: map[string]time.Time{":from": from, ":to": to}, numbers: map[string]int{}}
	if fault := b.mysqlFault(); fault != nil {
		return "", nil, fault
	}
	return b.bind(), b.args, nil
}

// firstWord is the first word behind blanks, brackets and comments, in capitals.
func firstWord(text string) string {
	for {
		text = strings.TrimLeft(text, " \t\r\n\f(")
		end := 0
		switch {
		case strings.HasPrefix(text, "--"), strings.HasPrefix(text, "#"):
			end = through(text, "\n")
		case strings.HasPrefix(text, "/*"):
			end = through(text, "*/")
		default:
			for end < len(text) && isName(text[end]) {
				end++
			}
			return strings.ToUpper(text[:end])
		}
		text = text[end:]
	}
}

// through is how far it is to just behind the first mark.
func through(text, mark string) int {
	if at := strings.Index(text, mark); at >= 0 {
		return at + len(mark)
	}
	return len(text)
}

func isName(c byte) bool {
	return c == '_' || c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
}

// binder replaces :from and :to.
type binder struct {
	dialect string
	text    string
	times   map[string]time.Time
	numbers map[string]int
	args    []any
}

func (b *binder) bind() string {
	var out strings.Builder
	for i := 0; i < len(b.text); {
		size := b.quotation(i)
		if name := b.parameter(i); size == 0 && name != "" {
			out.WriteString(b.placeholder(name))
			i += len(name)
			continue
		}
		size = max(size, 1)
		out.WriteString(b.text[i : i+size])
		i += size
	}
	return out.String()
}

// quotation is the length of the quotation or comment that begins at i, or 0.
func (b *binder) quotation(i int) int {
	rest := b.text[i:]
	switch c := rest[0]; {
	case c == '\'' && b.dialect == Postgres && i > 0 && (b.text[i-1] == 'E' || b.text[i-1] == 'e'),
		(c == '\'' || c == '"') && b.dialect == MySQL:
		return escaped(rest)
	case c == '\'' || c == '"' || c == '`':
		return 1 + through(rest[1:], string(c)) // a doubled mark begins the next quotation
	case c == '[' && b.dialect == SQLite:
		return through(rest, "]")
	case b.dialect == MySQL && strings.HasPrefix(rest, "--") && len(rest) > 2 && rest[2] > ' ':
		return 0 // two minus signs: a comment needs a blank behind them
	case strings.HasPrefix(rest, "--"), c == '#' && b.dialect == MySQL:
		return through(rest, "\n")
	case strings.HasPrefix(rest, "/*"):
		return through(rest, "*/")
	case c == '$' && b.dialect == Postgres && (i == 0 || !isName(b.text[i-1])):
		if end := strings.IndexByte(rest[1:], '$'); end >= 0 && strings.Trim(rest[1:end+1], nameBytes) == "" {
			tag := rest[:end+2]
			return len(tag) + through(rest[len(tag):], tag)
		}
	}
	return 0
}

// escaped is the length of a quotation in which a backslash hides what follows.
func escaped(text string) int {
	end := 1
	for end < len(text) && text[end] != text[0] {
		if text[end] == '\\' {
			end++
		}
		end++
	}
	return min(end+1, len(text))
}

const nameBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

// parameter is the parameter that stands at i, or "". A cast (::from) is none.
func (b *binder) parameter(i int) string {
	if b.text[i] != ':' || (i > 0 && b.text[i-1] == ':') {
		return ""
	}
	for name := range b.times {
		rest, found := strings.CutPrefix(b.text[i:], name)
		if found && (rest == "" || !isName(rest[0])) {
			return name
		}
	}
	return ""
}

// placeholder numbers the parameters as they are met.
func (b *binder) placeholder(name string) string {
	if b.dialect == MySQL {
		b.args = append(b.args, b.times[name].In(pay.Seoul).Format(mysqlTime)) // one for each place
		return "CAST(? AS DATETIME(6))"
	}
	number, met := b.numbers[name]
	if !met {
		number = len(b.numbers) + 1
		b.numbers[name] = number
		if at := b.times[name].In(pay.Seoul); b.dialect == Postgres {
			b.args = append(b.args, at)
		} else {
			b.args = append(b.args, pay.FormatTime(at))
		}
	}
	if b.dialect == Postgres {
		return fmt.Sprintf("$%d::timestamptz", number)
	}
	return fmt.Sprintf("?%d", number)
}
