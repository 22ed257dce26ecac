package app

import (
	"context"
	"fmt"
	"time"
)

// wholeEvery is how old the last walk over the whole chain may be: until then only
// what was added since is walked.
const wholeEvery = 24 * time.Hour

// tailEntries is how many of the newest entries are walked where nothing is
// remembered.
const tailEntries = 100_000

// ChainPoint is an entry of the journal, by its number and hash; the zero one is
// before the first.
type ChainPoint struct {
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
}

// ChainWalk is what walking the chain came to: the last entry, and what is wrong.
type ChainWalk struct {
	Last   ChainPoint
	Broken []string
}

// Chain is the journal, as far as its chain is checked.
type Chain interface {
	// WalkChain checks the chain from an entry on that was checked before.
	WalkChain(ctx context.Context, from ChainPoint) (ChainWalk, error)
	// JournalHead gives the newest entry.
	JournalHead(ctx context.Context) (seq int64, hash string, err error)
	// EntryHash gives the hash of an entry.
	EntryHash(ctx context.Context, seq int64) (string, error)
}

// CheckedChain is what is remembered of the last check, outside of the database.
type CheckedChain struct {
	Point ChainPoint `json:"point"`
	Whole time.Time  `json:"whole"` // when the chain was walked from its beginning
}

// BrokenChainError: the journal was written to by other hands than daesa's.
type BrokenChainError struct{ Broken []string }

// Error says where it is broken first.
func (e *BrokenChainError) Error() string {
	more := ""
	if n := len(e.Broken) - 1; n > 0 {
		more = fmt.Sprintf(", and %d more", n)
	}
	return "the journal's chain is broken: " + e.Broken[0] + more + "; nothing is sent"
}

// Hint says what to do.
func (e *BrokenChainError) Hint() string {
	return "keep the database as it is; daesa audit verify says all that is wrong; restore a copy beside it and compare: somebody or something other than daesa wrote to it"
}

// CheckChain walks the chain, from its beginning where that was not done for a day,
// else from where the last check ended, and gives what is to be remembered. Where
// nothing can be remembered, only the newest entries are walked. A broken one is a
// *BrokenChainError, and nothing is to be remembered of it.
func CheckChain(ctx context.Context, journal Chain, kept CheckedChain, remembers bool, now time.Time) (CheckedChain, error) {
	from, whole := kept.Point, remembers && walksWhole(kept, now)
	switch {
	case whole:
		from = ChainPoint{}
	case !remembers:
		var err error
		if from, err = tailOf(ctx, journal); err != nil {
			return CheckedChain{}, err
		}
	}
	walk, err := journal.WalkChain(ctx, from)
	if err != nil {
		return CheckedChain{}, err
	}
	if len(walk.Broken) > 0 {
		return CheckedChain{}, &BrokenChainError{walk.Broken}
	}
	checked := CheckedChain{Point: walk.Last, Whole: kept.Whole}
	if whole {
		checked.Whole = now
	}
	return checked, nil
}

// walksWhole says whether the chain is walked from its beginning.
func walksWhole(kept CheckedChain, now time.Time) bool {
	age := now.Sub(kept.Whole)
	return kept.Point.Seq == 0 || age < 0 || age >= wholeEvery
}

// tailOf is the entry from which on the newest ones are walked.
func tailOf(ctx context.Context, journal Chain) (ChainPoint, error) {
	seq, _, err := journal.JournalHead(ctx)
	if err != nil || seq <= tailEntries {
		return ChainPoint{}, err
	}
	hash, err := journal.EntryHash(ctx, seq-tailEntries)
	return ChainPoint{seq - tailEntries, hash}, err
}
