package signers

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/ssh"
)

const (
	maxFile  = 1 << 20 // bytes
	maxLines = 10_000
)

// Rules are what a file of allowed signers must keep beside its own form.
type Rules struct {
	// Zone is where times without a Z stand: ssh-keygen takes that of who verifies,
	// so it must be one for everybody.
	Zone *time.Location
	// Name gives a name in the spelling by which it is compared, or says why nobody
	// may be called so; two spellings of one name are a fault. nil: names are
	// compared as they are written.
	Name func(name string) (folded string, err error)
	// Namespace is one that a hint can name.
	Namespace string
}

// Parse reads a file of allowed signers: one key of one principal a line, each
// with the namespaces that it may sign for, and perhaps times. It takes less than
// OpenSSH does: no patterns, no certificate authorities, no key that signs for
// everything, no key of two principals, no impossible dates. The error is *Faults
// with every fault, or that of reading.
func Parse(name string, r io.Reader, rules Rules) (*File, error) {
	text, err := whole(name, r)
	if err != nil {
		return nil, err
	}
	p := &parser{rules: rules, faults: &Faults{File: name}}
	for i, line := range textLines(text) {
		p.number, p.text, p.at = i+1, line, 0
		p.line()
	}
	if len(p.lines) == 0 && len(p.faults.List) == 0 {
		p.faults.add(0, 0, "", "names nobody", "write one line for each key: "+p.example())
	}
	if err := p.faults.err(); err != nil {
		return nil, err
	}
	return &File{Name: name, lines: p.lines}, nil
}

// whole reads a file that people write, and refuses at once what is none: the
// faults of its lines would only repeat it, and could repeat what is secret.
func whole(name string, r io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	faults := &Faults{File: name}
	switch {
	case len(text) > maxFile || bytes.Count(text, []byte("\n")) > maxLines:
		faults.add(0, 0, "", fmt.Sprintf("is larger than %d bytes or %d lines", maxFile, maxLines), "give the file of public keys")
	case bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")):
		faults.add(0, 0, "", "is UTF-16, as Windows PowerShell writes with >", "save it as UTF-8 without a byte order mark")
	case bytes.HasPrefix(text, []byte("\xef\xbb\xbf")):
		faults.add(1, 1, "", "begins with a byte order mark, behind which ssh-keygen does not find the first line", "save it as UTF-8 without a byte order mark")
	case bytes.Contains(text, []byte("PRIVATE KEY")):
		faults.add(0, 0, "", "holds a private key", "remove it, give the public key (KEY.pub) in its place, and use the private one no more: it has been seen")
	case !utf8.Valid(text):
		faults.add(0, 0, "", "is not UTF-8", "save it as UTF-8 without a byte order mark")
	}
	return string(text), faults.err()
}

// textLines are the lines of a text, with LF or CRLF behind each.
func textLines(text string) []string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\r")
	}
	return lines
}

// parser reads one line after another.
type parser struct {
	rules  Rules
	faults *Faults
	lines  []Line

	number int    // of the line
	text   string // of it
	at     int    // how far it is read, in bytes
}

func (p *parser) example() string {
	return `NAME namespaces="` + p.rules.Namespace + `" ssh-ed25519 AAAA...`
}

// fault notes what is wrong with what stands at a byte of the line.
func (p *parser) fault(at int, value, reason, hint string) {
	p.faults.add(p.number, utf8.RuneCountInString(p.text[:at])+1, value, reason, hint)
}

func (p *parser) line() {
	if at := strings.IndexFunc(p.text, func(r rune) bool { return r != '\t' && unicode.IsControl(r) }); at >= 0 {
		p.fault(at, "", "has a control character", "write the line anew")
		return
	}
	p.blanks()
	if p.done() || p.text[p.at] == '#' {
		return
	}
	before := len(p.faults.List)
	line := Line{Line: p.number}
	nameAt := p.at
	name, ok := p.principal()
	if !ok {
		return
	}
	line.Principal = name
	p.blanks()
	optionsAt := p.at
	if p.done() {
		p.fault(nameAt, name, "is not followed by a key", "write the namespaces and the public key behind the name: "+p.example())
		return
	}
	if !isKind(p.peek()) && !p.options(&line) {
		return
	}
	p.blanks()
	if !p.key(&line) {
		return
	}
	line.Comment = strings.TrimSpace(p.text[p.at:])
	if len(line.Namespaces) == 0 && len(p.faults.List) == before {
		p.fault(optionsAt, "", "says not what the key may sign for, so that it would sign for everything", fmt.Sprintf("write namespaces=%q before the key", p.rules.Namespace))
	}
	if len(p.faults.List) == before && p.alone(line, nameAt) {
		p.lines = append(p.lines, line)
	}
}

// principal reads the name, quoted or not. Not ok: nothing more of the line can be
// read.
func (p *parser) principal() (name string, ok bool) {
	at := p.at
	if p.text[p.at] == '"' {
		end := strings.IndexByte(p.text[at+1:], '"')
		if end < 0 {
			p.fault(at, p.text[at:], "has no closing quote", `write "NAME", or the name without quotes`)
			return "", false
		}
		name, p.at = p.text[at+1:at+1+end], at+end+2
		at++
	} else {
		name = p.peek()
		p.at += len(name)
	}
	if strings.Contains(name, `"`) || !p.done() && !p.blank() {
		p.fault(at, name, "has a quote in its midst", `write "NAME", or the name without quotes`)
		return "", false
	}
	p.judge(at, name)
	return name, true
}

// judge says what is wrong with a name.
func (p *parser) judge(at int, name string) {
	switch {
	case name == "":
		p.fault(at, "", "is an empty name", "write the name of the key's owner")
	case strings.Contains(name, ","):
		p.fault(at, name, "names several persons for one key", "give each person a key and a line of their own")
	case strings.ContainsAny(name, "*?"):
		p.fault(at, name, "is a pattern, and a key must be of one person", "write the plain name, without * and ?")
	case strings.HasPrefix(name, "!"):
		p.fault(at, name, "says who is not meant, and a key must be of one person", "write the plain name, without !")
	case strings.TrimSpace(name) != name:
		p.fault(at, name, "has a blank at its edge", "write the name without it")
	case p.rules.Name != nil:
		if _, err := p.rules.Name(name); err != nil {
			p.fault(at, name, err.Error(), "write a name that can be taken for no other")
		}
	}
}

// options reads the options. Not ok: nothing more of the line can be read.
func (p *parser) options(line *Line) bool {
	seen := map[string]bool{}
	for {
		at := p.at
		end := p.at + len(p.peek())
		word := p.text[at:end]
		if i := strings.IndexAny(word, "=,"); i >= 0 {
			word = word[:i]
		}
		p.at += len(word)
		name := strings.ToLower(word)
		value := ""
		if p.has('=') {
			p.at++
			quoted, ok := p.quoted()
			if !ok {
				return false
			}
			value = quoted
		} else if name != "cert-authority" {
			p.fault(at, word, "is neither an option nor a kind of key", `write namespaces="...", valid-after="..." or valid-before="...", then the key`)
			return false
		}
		if seen[name] {
			p.fault(at, word, "stands twice", "keep one of the two")
		}
		seen[name] = true
		p.option(line, at, name, value)
		switch {
		case p.done():
			p.fault(at, "", "is not followed by a key", "write the public key behind the options: "+p.example())
			return false
		case p.blank():
			if !line.ValidAfter.IsZero() && !line.ValidBefore.IsZero() && !line.ValidBefore.After(line.ValidAfter) {
				p.fault(at, "", "is never valid: valid-before is not after valid-after", "correct one of the two")
			}
			return true
		case !p.has(','):
			p.fault(p.at, p.peek(), "stands between two options", "part options by a comma, without blanks")
			return false
		}
		p.at++
	}
}

func (p *parser) option(line *Line, at int, name, value string) {
	switch name {
	case "namespaces":
		line.Namespaces = p.namespaces(at, value)
	case "valid-after":
		line.ValidAfter = p.time(at, value)
	case "valid-before":
		line.ValidBefore = p.time(at, value)
	case "cert-authority":
		p.fault(at, name, "makes the key one that certifies others, and certificates are not taken", "enter the key of each person")
	default:
		p.fault(at, name, "is an unknown option", "write namespaces, valid-after or valid-before")
	}
}

func (p *parser) namespaces(at int, value string) []string {
	names := strings.Split(value, ",")
	for _, name := range names {
		switch {
		case name == "" || strings.TrimSpace(name) != name:
			p.fault(at, value, "has an empty namespace, or one with a blank at its edge", "part namespaces by commas, without blanks")
			return nil
		case strings.ContainsAny(name, "*?!"):
			p.fault(at, value, "is a pattern of namespaces", fmt.Sprintf("write them out, such as namespaces=%q", p.rules.Namespace))
			return nil
		}
	}
	return names
}

// time reads YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with a Z for UTC. A date
// that no calendar has is none, where ssh-keygen takes the one that it rolls to.
func (p *parser) time(at int, value string) time.Time {
	digits, zone := value, p.rules.Zone
	if before, utc := strings.CutSuffix(value, "Z"); utc {
		digits, zone = before, time.UTC
	}
	layouts := map[int]string{8: "20060102", 12: "200601021504", 14: "20060102150405"}
	t, err := time.ParseInLocation(layouts[len(digits)], digits, zone)
	if err != nil || t.Unix() <= 0 {
		p.fault(at, value, "is no time", "write YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, such as 20261231; with a Z behind it, it is UTC")
		return time.Time{}
	}
	return t
}

// key reads the kind of key and the key.
func (p *parser) key(line *Line) bool {
	at := p.at
	kind := p.peek()
	p.at += len(kind)
	p.blanks()
	encoded := p.peek()
	p.at += len(encoded)
	if kind == "" || encoded == "" {
		p.fault(at, kind, "is not followed by a key", "write the public key, as it stands in KEY.pub: "+p.example())
		return false
	}
	key, err := readKey(kind, encoded)
	if err != nil {
		p.fault(at, kind, err.Error(), "give the line of KEY.pub of an ed25519, ecdsa or rsa key (of at least 2048 bits), or of a security key")
		return false
	}
	line.key, line.blob, line.Kind, line.Fingerprint = key, string(key.Marshal()), kind, ssh.FingerprintSHA256(key)
	return true
}

// alone says whether a line contradicts and repeats none before it.
func (p *parser) alone(line Line, at int) bool {
	for _, other := range p.lines {
		switch {
		case line.Principal != other.Principal && p.folded(line.Principal) == p.folded(other.Principal):
			p.fault(at, line.Principal, fmt.Sprintf("is the name %s of line %d in another spelling", shown(other.Principal), other.Line), "write one person's name in one way")
		case line.blob != other.blob:
			continue
		case line.Principal != other.Principal:
			p.fault(at, line.Principal, fmt.Sprintf("has the key of %s in line %d: who signed could not be told", shown(other.Principal), other.Line), "give each person a key of their own")
		case line.repeats(other):
			p.fault(at, line.Principal, fmt.Sprintf("has this key in line %d already, for the same time", other.Line), "remove one of the two lines")
		default:
			continue
		}
		return false
	}
	return true
}

func (p *parser) folded(name string) string {
	if p.rules.Name == nil {
		return name
	}
	folded, err := p.rules.Name(name)
	if err != nil {
		return name // said where it was read
	}
	return folded
}

// repeats says whether two lines of one key share a namespace and a time.
func (l Line) repeats(other Line) bool {
	apart := func(a, b Line) bool {
		return !a.ValidBefore.IsZero() && !b.ValidAfter.IsZero() && a.ValidBefore.Before(b.ValidAfter)
	}
	return !apart(l, other) && !apart(other, l) &&
		slices.ContainsFunc(l.Namespaces, func(n string) bool { return slices.Contains(other.Namespaces, n) })
}

// quoted reads a value in quotes, in which \" is a quote. Not ok: there is none.
func (p *parser) quoted() (string, bool) {
	at := p.at
	if !p.has('"') {
		p.fault(at, p.peek(), "is not in quotes", `write the value of an option in quotes: namespaces="`+p.rules.Namespace+`"`)
		return "", false
	}
	var value strings.Builder
	for i := at + 1; i < len(p.text); i++ {
		switch {
		case p.text[i] == '"':
			p.at = i + 1
			return value.String(), true
		case p.text[i] == '\\' && i+1 < len(p.text) && p.text[i+1] == '"':
			i++
		}
		value.WriteByte(p.text[i])
	}
	p.fault(at, p.text[at:], "has no closing quote", "close it")
	return "", false
}

func (p *parser) done() bool      { return p.at >= len(p.text) }
func (p *parser) has(c byte) bool { return !p.done() && p.text[p.at] == c }
func (p *parser) blank() bool     { return p.has(' ') || p.has('\t') }
func (p *parser) peek() string    { return p.text[p.at:][:endOfWord(p.text[p.at:])] }

func (p *parser) blanks() {
	for p.blank() {
		p.at++
	}
}

func endOfWord(text string) int {
	if i := strings.IndexAny(text, " \t"); i >= 0 {
		return i
	}
	return len(text)
}
