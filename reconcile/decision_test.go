package reconcile

import (
	"errors"
	"strings"
	"testing"
	"time"

	"daesa/pay"
)

func TestAPersonsWordIsAboutWhatTheySaw(t *testing.T) {
	text := func(s string) *string { return &s }
	amount := func(n int64) *int64 { return &n }
	now := time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC)
	seen := Break{ID: "b1", Status: Open, Since: "2026-11-21", Note: "drawn note", Owner: "drawn owner",
		Finding: Finding{LocalAmount: amount(0), ProviderAmount: amount(500), LocalStatus: "canceled", ProviderStatus: "DONE"}}
	with := func(change func(*Break)) Break {
		b := seen
		change(&b)
		return b
	}
	for name, test := range map[string]struct {
		is      Break
		word    Decision
		stale   string
		changed bool
		want    func(Break) bool
	}{
		"nothing written": {is: seen, word: Decision{Seen: seen}, want: func(b Break) bool { return b == seen }},
		"a decision with owner and note": {is: seen, word: Decision{Seen: seen, As: Waiting, Owner: text("kim"), Note: text("asked")}, changed: true,
			want: func(b Break) bool {
				return b.Status == Resolved && b.Resolution == Waiting && b.ResolvedBy == "lee" && b.Owner == "kim" && b.Note == "asked" && b.RecheckOn != ""
			}},
		"an owner alone":                  {is: seen, word: Decision{Seen: seen, Owner: text("kim")}, changed: true, want: func(b Break) bool { return b.Owner == "kim" && b.Status == Open && b.Note == "drawn note" }},
		"a note is cleared":               {is: seen, word: Decision{Seen: seen, Note: text("")}, changed: true, want: func(b Break) bool { return b.Note == "" }},
		"more nights, the same break":     {is: with(func(b *Break) { b.Nights, b.LastSeen = 4, "2026-11-24" }), word: Decision{Seen: seen, As: NotOurs}, changed: true, want: func(b Break) bool { return b.Status == Resolved }},
		"cleared meanwhile":               {is: with(func(b *Break) { b.Status, b.Since = Cleared, "2026-11-22" }), word: Decision{Seen: seen, As: NotOurs}, stale: "cleared by itself on 2026-11-22"},
		"resolved otherwise meanwhile":    {is: with(func(b *Break) { b.Status, b.Resolution, b.ResolvedBy = Resolved, FixShop, "park" }), word: Decision{Seen: seen, As: NotOurs}, stale: "resolved as fix_shop by park"},
		"resolved so already":             {is: with(func(b *Break) { b.Status, b.Resolution = Resolved, NotOurs }), word: Decision{Seen: seen, As: NotOurs}, want: func(b Break) bool { return b.Resolution == NotOurs }},
		"resolved so, with another note":  {is: with(func(b *Break) { b.Status, b.Resolution, b.Note = Resolved, NotOurs, "x" }), word: Decision{Seen: seen, As: NotOurs, Note: text("y")}, stale: "resolved as not_ours"},
		"resolved and reopened meanwhile": {is: with(func(b *Break) { b.Status, b.Since = Reopened, "2026-11-23" }), word: Decision{Seen: seen, As: NotOurs}, stale: "it is reopened since 2026-11-23"},
		"another amount now":              {is: with(func(b *Break) { b.ProviderAmount = amount(400) }), word: Decision{Seen: seen, As: NotOurs}, stale: "amounts or statuses"},
		"another status now":              {is: with(func(b *Break) { b.LocalStatus = "paid" }), word: Decision{Seen: seen, Owner: text("kim")}, stale: "amounts or statuses"},
		"timing that became open":         {is: seen, word: Decision{Seen: with(func(b *Break) { b.Status = Timing }), As: NotOurs}, changed: true, want: func(b Break) bool { return b.Status == Resolved }},
		"somebody else's note":            {is: with(func(b *Break) { b.Note = "theirs" }), word: Decision{Seen: seen, Note: text("mine")}, stale: "its note was changed by somebody else"},
		"somebody else's owner is kept":   {is: with(func(b *Break) { b.Owner = "theirs" }), word: Decision{Seen: seen, Note: text("mine")}, changed: true, want: func(b Break) bool { return b.Owner == "theirs" && b.Note == "mine" }},
		"the same note twice":             {is: with(func(b *Break) { b.Note = "mine" }), word: Decision{Seen: seen, Note: text("mine")}, want: func(b Break) bool { return b.Note == "mine" }},
	} {
		t.Run(name, func(t *testing.T) {
			after, changed, err := test.is.Take(test.word, "lee", now)
			var stale *StaleError
			switch {
			case test.stale != "":
				if !errors.As(err, &stale) || !strings.Contains(err.Error(), test.stale) || changed || after != test.is {
					t.Errorf("%+v %v %v, want stale: %s", after, changed, err, test.stale)
				}
			case err != nil || changed != test.changed || !test.want(after):
				t.Errorf("%+v %v %v", after, changed, err)
			}
		})
	}
}

// A word that a deposit gives fees back says how much, within what came.
func TestARebateThatAPersonWroteHasItsAmounts(t *testing.T) {
	came, now := int64(70_779), time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC)
	b := Break{ID: "b1", Status: Open, Since: "2026-11-19", Finding: Finding{MID: "m", Subject: "line:1", Kind: BankUnmatched, Currency: pay.KRW, Amount: &came}}
	word := func(of *RebateOf) Decision { return Decision{ID: b.ID, As: Rebate, Seen: b, Rebate: of} }
	after, changed, err := b.Take(word(&RebateOf{64_345, 6_434}), "kim", now)
	if err != nil || !changed || after.Status != Resolved || after.Rebate != (RebateOf{64_345, 6_434}) || after.ResolvedBy != "kim" {
		t.Fatalf("%+v %v %v", after, changed, err)
	}
	if again, changed, err := after.Take(word(&RebateOf{64_345, 6_434}), "lee", now); changed || err != nil || again != after {
		t.Errorf("the same word twice: %v %v", changed, err)
	}
	var stale *StaleError
	if _, changed, err := after.Take(word(&RebateOf{64_344, 6_434}), "lee", now); changed || !errors.As(err, &stale) {
		t.Errorf("other amounts: %v %v", changed, err)
	}
	for _, of := range []*RebateOf{nil, {0, 6_434}, {64_345, -1}, {64_345, 6_435}} {
		var wrong *RebateError
		if left, changed, err := b.Take(word(of), "kim", now); changed || !errors.As(err, &wrong) || left.Status != Open || wrong.Hint() == "" {
			t.Errorf("%+v: %v %v", of, changed, err)
		}
	}
}

// A fingerprint says that a break stands otherwise, whatever moved it; who looks after
// it does not.
func TestAFingerprintIsOfWhatAPersonDecidesAbout(t *testing.T) {
	amount, now := func(n int64) *int64 { return &n }, time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC)
	b := Break{ID: "b1", Status: Open, Since: "2026-11-19", Finding: Finding{MID: "m", Subject: "payout:2026-11-18:KRW", Kind: PayoutShort, Currency: pay.KRW,
		LocalAmount: amount(10), ProviderAmount: amount(8), Amount: amount(-2)}}
	same := b
	same.Owner, same.Note, same.Nights, same.LastSeen, same.LocalAmount = "kim", "asked", 9, "2026-11-29", amount(10)
	if same.Fingerprint() != b.Fingerprint() {
		t.Error("who looks after a break is in its fingerprint")
	}
	for name, change := range map[string]func(b *Break){
		"decided": func(b *Break) { *b = b.Resolve(Waiting, "kim", "", now) }, "came back": func(b *Break) { b.Status, b.Since = Reopened, "2026-11-25" },
		"came back again": func(b *Break) { b.Since = "2026-11-26" }, "more is missing": func(b *Break) { b.Amount = amount(-3) },
		"no amount": func(b *Break) { b.Amount = nil }, "another came": func(b *Break) { b.ProviderAmount = amount(7) }, "another status": func(b *Break) { b.ProviderStatus = "x" },
	} {
		other := b
		if change(&other); other.Fingerprint() == b.Fingerprint() {
			t.Errorf("%s has the same fingerprint", name)
		}
	}
	if _, _, err := b.Take(Decision{ID: b.ID, As: Waiting, Seen: b, Moved: true}, "kim", now); err == nil || !strings.Contains(err.Error(), "it is open since 2026-11-19") {
		t.Errorf("a word about what has moved is taken: %v", err)
	}
}
