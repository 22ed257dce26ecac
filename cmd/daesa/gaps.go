package main

import (
	"fmt"
	"strings"

	"daesa/reconcile"
)

// missingDocument is a part that could not be read.
type missingDocument struct {
	Side string  `json:"side"`
	What string  `json:"what"`
	Why  string  `json:"why"`
	Kind *string `json:"kind"` // list, proof, look_up, settlement, shop or merchant
}

func newMissingDocument(g reconcile.Gap) missingDocument {
	return missingDocument{g.Side, g.What, g.Why, orNull(g.Kind())}
}

// advise says what to do about what was told before.
func (a *invocation) advise(next string) {
	if next != "" {
		fmt.Fprintf(a.stderr, "hint: %s\n", plain(next))
	}
}

// warns tells what happened while a command goes on, and what to do next.
func (a *invocation) warns(text, next string) {
	lines := strings.Split(text, "\n") // an error may have one for each cause
	a.warn("%s", strings.Join(each(lines, plain), "\n"))
	a.advise(next)
}
