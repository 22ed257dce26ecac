package app

import (
	"strings"
	"testing"
	"time"

	"daesa/approval"
	"daesa/pay"
)

// TestAWordThatNobodySignedIsNamed: on a transfer by hand or a month, given by a typed
// name, or by a statement of somebody else, about something else, of another time.
func TestAWordThatNobodySignedIsNamed(t *testing.T) {
	at := time.Date(2026, 11, 27, 15, 0, 0, 0, pay.Seoul)
	s := approval.New(approval.LockMonth, approval.Point{Seq: 7, Hash: strings.Repeat("ab", 32)}, at,
		[]approval.Line{approval.NewLine("ledger", "m KRW", "2026-10", "1", "3", "hash", "0", "1", "KRW")})
	good := map[string]approval.Taken{"h": {Statement: s, Hash: "h", Principal: "lee", At: at}}
	signed := GivenWord{Subject: "month:2026-10", Deeds: []approval.Deed{approval.LockMonth}, Seq: 9, By: "lee", At: at, Statement: "h"}
	if not := signed.unsigned(good); not != "" {
		t.Errorf("what was signed: %s", not)
	}
	for name, change := range map[string]func(*GivenWord){
		"a typed name":          func(w *GivenWord) { w.Statement = "" },
		"a statement not there": func(w *GivenWord) { w.Statement = "other" },
		"somebody else's":       func(w *GivenWord) { w.By = "kim" },
		"of another time":       func(w *GivenWord) { w.At = at.Add(time.Second) },
		"of another month":      func(w *GivenWord) { w.Subject = "month:2026-09" },
		"of another deed":       func(w *GivenWord) { w.Deeds = []approval.Deed{approval.ReopenMonth} },
		"before it was written": func(w *GivenWord) { w.Seq = 7 },
	} {
		word := signed
		change(&word)
		if word.unsigned(good) == "" {
			t.Errorf("%s passes", name)
		}
	}
}
