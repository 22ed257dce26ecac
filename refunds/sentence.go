package refunds

import (
	"fmt"
	"regexp"
	"time"

	"daesa/pay"
)

// Language of the sentences: "ko" or "en".
type Language string

// The languages. Whatever is not English is Korean.
const (
	Korean  Language = "ko"
	English Language = "en"
)

// Sentence says of a provider's code, or of a reason of daesa's own, what
// happened, who acts and what they do next.
type Sentence struct{ Cause, Who, Next string }

// String is the sentence in one line.
func (s Sentence) String() string { return s.Cause + ". " + s.Who + ": " + s.Next + "." }

// Explain gives the sentence of a provider's code, or of one of daesa's own
// reasons; message is the provider's own text, from which only the bracketed
// inner code (such as [ES12]) is read, since the rest may name an account. A
// code that nobody knows gets a sentence that says so and names the code. by
// is cancel_by (zero: none): where it matters, the sentence names the deadline
// in Asia/Seoul.
func Explain(lang Language, code, message string, by time.Time) Sentence {
	known, ok := sentences[code]
	if !ok {
		known = unheardOf(code)
	}
	due := deadlineWords(lang, by)
	cause := lang.pick(known.ko, known.en) + innerWords(lang, message)
	next := lang.pick(known.do.ko, known.do.en)
	if known.over {
		cause += due
	} else if known.do.dated {
		next += due
	}
	return Sentence{Cause: cause, Who: known.do.who.name(lang), Next: next}
}

// entry is the sentence of one code: what happened, and what to do about it.
type entry struct {
	ko, en string
	do     *advice
	over   bool // the deadline has passed: it belongs to the cause
}

// advice is shared by the codes that ask the same of the same people.
type advice struct {
	who    Actor
	dated  bool // must be done, or can only succeed, before the deadline
	ko, en string
}

// Actor is who acts.
type Actor int

const (
	daesaActs Actor = iota
	serviceActs
	financeActs
	operatorActs
	tossActs
)

// String is the actor for programs: daesa, customer_service, finance, operator or
// toss.
func (a Actor) String() string {
	return [...]string{daesaActs: "daesa", serviceActs: "customer_service", financeActs: "finance", operatorActs: "operator", tossActs: "toss"}[a]
}

func (a Actor) name(lang Language) string {
	names := [...][2]string{
		daesaActs:    {"자동 처리(daesa)", "daesa (automatic)"},
		serviceActs:  {"고객센터", "customer service"},
		financeActs:  {"재무", "finance"},
		operatorActs: {"운영자", "operator"},
		tossActs:     {"토스페이먼츠 문의", "Toss Payments support"},
	}
	return lang.pick(names[a][0], names[a][1])
}

func (l Language) pick(ko, en string) string {
	if l == English {
		return en
	}
	return ko
}

// codeMaximum of what nobody knows: it is foreign text.
const codeMaximum = 64

func unheardOf(code string) entry {
	if code == "" {
		return entry{ko: "사유 코드가 없는 답을 받았습니다", en: "the answer named no code", do: &askAboutCode}
	}
	if runes := []rune(code); len(runes) > codeMaximum {
		code = string(runes[:codeMaximum]) + "…"
	}
	return entry{
		ko: "daesa가 아직 모르는 토스페이먼츠 코드입니다: " + code,
		en: "a code of Toss Payments that daesa does not know yet: " + code,
		do: &askAboutCode,
	}
}

// deadlineWords names the deadline to the minute, which is never later than it
// is.
func deadlineWords(lang Language, by time.Time) string {
	if by.IsZero() {
		return ""
	}
	return momentWords(lang, by, " (취소기한 2006년 1월 2일 15:04)", " (cancel deadline 2 Jan 2006 15:04, Seoul)")
}

// momentWords writes a moment in Asia/Seoul by the layout of a language.
func momentWords(lang Language, at time.Time, ko, en string) string {
	return at.In(pay.Seoul).Format(lang.pick(ko, en))
}

// bracketed finds an inner code: letters with a number, or the three digits of
// the phone companies.
var bracketed = regexp.MustCompile(`\[([A-Z]{1,3}[0-9]{2,3}|[0-9]{3})\]`)

// innerWords explains the provider's inner code. One that nobody knows is named
// alone; a number that nobody knows may be anything and is left out.
func innerWords(lang Language, message string) string {
	found := bracketed.FindStringSubmatch(message)
	if found == nil {
		return ""
	}
	code := found[1]
	words, ok := innerCodes[code]
	switch {
	case ok:
		return fmt.Sprintf(" ([%s] %s)", code, lang.pick(words[0], words[1]))
	case code[0] >= 'A':
		return " ([" + code + "])"
	default:
		return ""
	}
}
