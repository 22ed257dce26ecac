package app_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"daesa/app"
)

// journal is one that notes from where it is walked.
type journal struct {
	length int64
	broken []string
	from   []int64
}

func (j *journal) WalkChain(_ context.Context, from app.ChainPoint) (app.ChainWalk, error) {
	j.from = append(j.from, from.Seq)
	return app.ChainWalk{Last: app.ChainPoint{Seq: j.length, Hash: hashOf(j.length)}, Broken: j.broken}, nil
}

func (j *journal) JournalHead(context.Context) (int64, string, error) {
	return j.length, hashOf(j.length), nil
}

func (j *journal) EntryHash(_ context.Context, seq int64) (string, error) { return hashOf(seq), nil }

func hashOf(seq int64) string { return fmt.Sprint("hash-", seq) }

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// The chain is walked whole once a day, and in between from where the last check
// ended; where nothing is remembered its newest entries are walked.
func TestHowMuchOfTheChainIsWalked(t *testing.T) {
	t.Parallel()
	point := app.ChainPoint{Seq: 700, Hash: hashOf(700)}
	for name, c := range map[string]struct {
		kept      app.CheckedChain
		remembers bool
		length    int64
		from      int64
		whole     time.Time // that is remembered
	}{
		"never checked":                     {app.CheckedChain{}, true, 900, 0, noon},
		"an hour ago":                       {app.CheckedChain{Point: point, Whole: noon.Add(-time.Hour)}, true, 900, 700, noon.Add(-time.Hour)},
		"a day ago":                         {app.CheckedChain{Point: point, Whole: noon.Add(-24 * time.Hour)}, true, 900, 0, noon},
		"by a clock that was ahead":         {app.CheckedChain{Point: point, Whole: noon.Add(time.Hour)}, true, 900, 0, noon},
		"nothing is remembered, short":      {app.CheckedChain{}, false, 900, 0, time.Time{}},
		"nothing is remembered, very long":  {app.CheckedChain{}, false, 350_000, 250_000, time.Time{}},
		"the journal is empty, and is kept": {app.CheckedChain{}, true, 0, 0, noon},
	} {
		t.Run(name, func(t *testing.T) {
			j := &journal{length: c.length}
			checked, err := app.CheckChain(t.Context(), j, c.kept, c.remembers, noon)
			if err != nil {
				t.Fatal(err)
			}
			if len(j.from) != 1 || j.from[0] != c.from {
				t.Errorf("walked from %v, not from %d", j.from, c.from)
			}
			if !checked.Whole.Equal(c.whole) || checked.Point.Seq != c.length {
				t.Errorf("remembered %+v", checked)
			}
		})
	}
}

// A broken chain says where, and nothing of it is remembered: the next check walks
// all of it.
func TestOfABrokenChainNothingIsRemembered(t *testing.T) {
	t.Parallel()
	j := &journal{length: 900, broken: []string{"entry 3 was changed", "entry 9 was changed"}}
	checked, err := app.CheckChain(t.Context(), j, app.CheckedChain{Point: app.ChainPoint{Seq: 2}, Whole: noon}, true, noon)
	var broken *app.BrokenChainError
	if !errors.As(err, &broken) || !strings.Contains(err.Error(), "entry 3 was changed, and 1 more; nothing is sent") || !strings.Contains(broken.Hint(), "daesa audit verify") {
		t.Errorf("the error is %v", err)
	}
	if checked != (app.CheckedChain{}) {
		t.Errorf("remembered %+v", checked)
	}
}
