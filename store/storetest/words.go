package storetest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"daesa/app"
	"daesa/jobs"
	"daesa/reconcile"
	"daesa/store"
)

var wordTests = map[string]func(*testing.T, *store.DB){
	"words: what is only shown is not kept":             wordShown,
	"words: a word is kept once, with its file":         wordKept,
	"words: a word on what has moved is refused":        wordStale,
	"nights: their figures come back to the later ones": nightFigures,
}

// seenBreak commits a night with one break, and gives it as a workbook shows it.
func seenBreak(t *testing.T, db *store.DB) reconcile.Break {
	t.Helper()
	finding := reconcile.Finding{MID: mid, OrderID: "0001", PaymentKey: "p1", Kind: reconcile.MissingLocally, Currency: "KRW"}
	b, change := reconcile.Remember(nil, &finding, day)
	if err := commit(t, db, jobs.Written{Breaks: []jobs.BreakChange{{Break: b, Change: change}}}, drawn); err != nil {
		t.Fatal(err)
	}
	return b
}

func wordOn(b reconcile.Break) reconcile.Decision {
	owner, note := "kim", "asked the customer"
	return reconcile.Decision{ID: b.ID, As: reconcile.NotOurs, Owner: &owner, Note: &note, Seen: b}
}

func wordShown(t *testing.T, db *store.DB) {
	b := seenBreak(t, db)
	_, head, _ := db.JournalHead(t.Context())
	changed, err := db.TakeWord(t.Context(), wordOn(b), "lee", "hash", false, now.Add(time.Hour))
	if err != nil || !changed {
		t.Fatalf("%v %v", changed, err)
	}
	after, err := db.Break(t.Context(), b.ID)
	if err != nil || after.Status != reconcile.Open || after.Owner != "" {
		t.Errorf("%+v %v", after, err)
	}
	if _, still, _ := db.JournalHead(t.Context()); still != head {
		t.Error("the journal moved")
	}
}

func wordKept(t *testing.T, db *store.DB) {
	b := seenBreak(t, db)
	for i, want := range []bool{true, false} {
		changed, err := db.TakeWord(t.Context(), wordOn(b), "lee", "a-file-hash", true, now.Add(time.Hour))
		if err != nil || changed != want {
			t.Fatalf("time %d: %v %v", i+1, changed, err)
		}
	}
	after, err := db.Break(t.Context(), b.ID)
	if err != nil || after.Status != reconcile.Resolved || after.ResolvedBy != "lee" || after.Owner != "kim" || after.Note != "asked the customer" {
		t.Errorf("%+v %v", after, err)
	}
	entries, err := db.History(t.Context(), "break:"+b.ID)
	if err != nil {
		t.Fatal(err)
	}
	resolved := 0
	for _, e := range entries {
		if e.Action == "break.resolved" {
			resolved++
			if e.Actor != "lee" || !strings.Contains(e.Facts, "a-file-hash") {
				t.Errorf("%+v", e)
			}
		}
	}
	if resolved != 1 {
		t.Errorf("%d entries say that it was resolved", resolved)
	}
}

func wordStale(t *testing.T, db *store.DB) {
	b := seenBreak(t, db)
	if _, err := db.ResolveBreak(t.Context(), b.ID, reconcile.FixShop, "park", "why", now); err != nil {
		t.Fatal(err)
	}
	var stale *reconcile.StaleError
	if changed, err := db.TakeWord(t.Context(), wordOn(b), "lee", "hash", true, now); !errors.As(err, &stale) || changed {
		t.Errorf("%v %v", changed, err)
	}
	unknown := wordOn(b)
	unknown.ID = "bnone"
	if _, err := db.TakeWord(t.Context(), unknown, "lee", "hash", true, now); !errors.Is(err, app.ErrUnknownID) {
		t.Errorf("%v", err)
	}
}

func nightFigures(t *testing.T, db *store.DB) {
	for i, figures := range []string{`{"Day":"2026-11-19","Open":3,"Apart":{"KRW":500}}`, "", `{"Day":"2026-11-21","Open":4}`} {
		d := day.Add(i - 2)
		lease, err := db.BeginRun(t.Context(), jobs.JobNightly, mid, d, "a/1", now, time.Minute, func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		c := compare(t, db, reconcile.Scope{MID: mid, Day: d})
		var before []reconcile.NightFigures
		err = c.Commit(t.Context(), jobs.Written{Lease: lease, Now: now, Actor: "a"}, func(after jobs.After) (jobs.Drawn, error) {
			before = after.Nights
			return jobs.Drawn{Snapshot: says("{}"), Figures: []byte(figures)}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if i == 2 && (len(before) != 1 || before[0].Open != 3 || before[0].Apart["KRW"] != 500) {
			t.Errorf("%+v", before)
		}
		if err := db.EndRun(t.Context(), lease, reconcile.RunComplete, "", now); err != nil {
			t.Fatal(err)
		}
		var stored string
		if known, err := db.SnapshotOfRun(t.Context(), lease.RunID, heard(&stored)); err != nil || !known || stored != "{}" {
			t.Errorf("%q %v", stored, err)
		}
	}
	var stored string
	if known, err := db.SnapshotOfRun(t.Context(), "rnone", heard(&stored)); err != nil || known || stored != "" {
		t.Errorf("a run that never was has %q: %v", stored, err)
	}
}
