package notify

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// bound is how long a message to a service may be.
type bound struct {
	most int
	of   func(string) int
}

func inBytes(text string) int { return len(text) }

// bounds are what the library or the service refuses, cuts off or loses beyond
// (shoutrrr 0.13.2, and the services' documents), less some room for a title.
// Services that are not here take what a night says.
var bounds = map[string]bound{
	"discord":  {1900, utf8.RuneCountInString}, // 2,000 characters; the library cuts longer ones anywhere
	"lark":     {4000, inBytes},                // 4,096 bytes
	"ntfy":     {3500, inBytes},                // 4,096 bytes; more becomes an attachment
	"pushover": {1000, utf8.RuneCountInString}, // 1,024 characters
	"telegram": {4000, inBytes},                // 4,096 bytes
	"wecom":    {4000, inBytes},                // 4,096 bytes
	"zulip":    {9500, inBytes},                // 10,000 bytes
}

// needs are properties without which a service does not show the whole text:
// Discord's lines as items of their own overwrite one another from the eleventh
// on.
var needs = map[string]map[string]string{
	"discord": {"splitlines": "no"},
}

// parts cuts a text at the ends of its lines into messages within a bound; with
// none it is one message. A line that is longer by itself is cut within, never
// within a character.
func parts(text string, within bound) []string {
	if within.most == 0 || within.of(text) <= within.most {
		return []string{text}
	}
	var list []string
	part, begun := "", false
	for line := range strings.SplitSeq(text, "\n") {
		if begun && within.of(part)+1+within.of(line) <= within.most {
			part += "\n" + line
			continue
		}
		if part != "" {
			list = append(list, part)
		}
		for within.of(line) > within.most {
			var head string
			head, line = cut(line, within)
			list = append(list, head)
		}
		part, begun = line, true
	}
	if part != "" {
		list = append(list, part)
	}
	return list
}

// cut takes as many whole characters from the front of a line as fit.
func cut(line string, within bound) (head, rest string) {
	for i, r := range line {
		if end := i + utf8.RuneLen(r); within.of(line[:end]) > within.most {
			return line[:i], line[i:]
		}
	}
	return line, ""
}

// numbered says of a title which of several messages it heads.
func numbered(title string, i, of int) string {
	if of == 1 {
		return title
	}
	return fmt.Sprintf("%s (%d/%d)", title, i+1, of)
}
