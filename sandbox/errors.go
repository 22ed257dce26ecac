package sandbox

import "fmt"

// Error is a refusal in Toss's words.
type Error struct {
	Status  int    // HTTP
	Code    string // as Toss lists it
	Message string // Korean, as a merchant would read it
	English string // what Accept-Language: en-US gets
}

func (e *Error) Error() string { return fmt.Sprintf("%d %s: %s", e.Status, e.Code, e.Message) }

// in is the message in the language that was asked for.
func (e *Error) in(english bool) string {
	if english {
		return e.English
	}
	return e.Message
}

// codes are the answers that the sandbox can give, each also on request with
// the header TossPayments-Test-Code.
var codes = map[string]Error{}

func init() {
	for _, e := range errorCodes {
		codes[e.Code] = e
	}
}

// refuse makes the error of a code; the code must be in the table.
func refuse(code string) *Error {
	e, ok := codes[code]
	if !ok {
		panic("sandbox: no error code " + code)
	}
	return &e
}

// refuseBecause is refuse with another message.
func refuseBecause(code, korean, english string) *Error {
	e := refuse(code)
	e.Message, e.English = korean, english
	return e
}
