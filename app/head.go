package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"time"

	"daesa/internal/hint"
	"daesa/internal/wholefile"
)

// HeadJournal is the journal, as far as its head is kept outside the database.
type HeadJournal interface {
	Chain
	// HasEntry reports whether the journal has an entry with this number and hash.
	HasEntry(ctx context.Context, seq int64, hash string) (bool, error)
}

// HeadKeeper keeps the journal's newest entry in a file outside the database. A
// database that does not have that entry is older than what was sent from it, and
// sends nothing until every request was looked up. The file also has up to where
// the chain was checked.
type HeadKeeper struct {
	path    string // "": there is no place to keep it
	journal HeadJournal

	mu      sync.Mutex
	last    time.Time
	checked *CheckedChain // nil: as the file says
}

// NewHeadKeeper keeps the head in a file; with an empty path it keeps nothing.
func NewHeadKeeper(path string, journal HeadJournal) *HeadKeeper {
	return &HeadKeeper{path: path, journal: journal}
}

// keptHead is the file's content.
type keptHead struct {
	Seq     int64         `json:"seq"`
	Hash    string        `json:"hash"`
	Checked *CheckedChain `json:"checked,omitempty"` // null: never, or it was broken
}

// BehindError refuses a database that is older than what was sent from it.
type BehindError struct{ Path string }

// Error names the file that has the newer entry.
func (e *BehindError) Error() string {
	return e.Path + ": the database is older than what was sent from it: it lacks the newest entry of the journal that is kept beside the account key"
}

// Hint says what to do.
func (e *BehindError) Hint() string {
	return "was it restored from a copy? Then run daesa refunds run --after-restore, which looks up every open request before anything is sent again"
}

// Word is what programs read.
func (e *BehindError) Word() string { return "database_behind" }

// Path is the file that has the head; "" where there is none.
func (k *HeadKeeper) Path() string { return k.path }

// Check refuses a database that lacks the entry that was kept, by a *BehindError.
func (k *HeadKeeper) Check(ctx context.Context) error {
	kept, err := k.read()
	if err != nil || kept == nil {
		return err
	}
	has, err := k.journal.HasEntry(ctx, kept.Seq, kept.Hash)
	if err != nil {
		return err
	}
	if !has {
		return &BehindError{k.path}
	}
	return nil
}

// read gives the file's content, nil where there is none.
func (k *HeadKeeper) read() (*keptHead, error) {
	if k.path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(k.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var kept keptHead
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil {
		return nil, hint.Errorf("repair the file, or remove it after daesa audit verify", "the journal's head in %s cannot be read: %w", k.path, err)
	}
	return &kept, nil
}

// CheckChain checks the journal's chain as far as CheckChain says, from its
// beginning where whole, and gives what was checked. The next Keep writes it.
func (k *HeadKeeper) CheckChain(ctx context.Context, now time.Time, whole bool) (CheckedChain, error) {
	kept, err := k.read()
	if err != nil {
		return CheckedChain{}, err
	}
	var before CheckedChain
	if kept != nil && kept.Checked != nil && !whole {
		before = *kept.Checked
	}
	checked, err := CheckChain(ctx, k.journal, before, k.path != "", now)
	k.checked = &checked
	return checked, err
}

// Verified remembers that all of the chain was walked: after a broken one the next
// check walks all of it again. The head that was kept stays.
func (k *HeadKeeper) Verified(found Verified, now time.Time) error {
	kept, err := k.read()
	if err != nil || kept == nil {
		return err
	}
	kept.Checked = nil
	if len(found.Broken) == 0 && found.Entries > 0 {
		kept.Checked = &CheckedChain{Point: ChainPoint{Seq: found.Entries, Hash: found.Head}, Whole: now}
	}
	return k.write(*kept)
}

// Keep writes the newest entry down, at most once a second unless it must.
func (k *HeadKeeper) Keep(ctx context.Context, now time.Time, must bool) error {
	if k.path == "" {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !must && now.Sub(k.last) < time.Second {
		return nil
	}
	k.last = now
	seq, hash, err := k.journal.JournalHead(ctx)
	if err != nil {
		return err
	}
	kept := keptHead{Seq: seq, Hash: hash, Checked: k.checked}
	if k.checked == nil {
		if before, err := k.read(); err == nil && before != nil {
			kept.Checked = before.Checked
		}
	}
	if kept.Checked != nil && kept.Checked.Point.Seq == 0 {
		kept.Checked = nil
	}
	return k.write(kept)
}

// KeepLast writes the newest entry down at the end of a run. A folder that cannot
// be written is a warning: the head is printed too.
func (k *HeadKeeper) KeepLast(ctx context.Context, now time.Time, warn Warn) error {
	err := k.Keep(context.WithoutCancel(ctx), now, true)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		warn(fmt.Sprintf("the journal's head cannot be kept beside the account key (%v): keep it elsewhere, it is printed below", err), "")
		return nil
	}
	return err
}

func (k *HeadKeeper) write(kept keptHead) error {
	text, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	return wholefile.Replace(k.path, append(text, '\n'))
}

// Behind reports whether a night runs on a database that lacks what was sent from
// it, or whose head cannot be read: nothing is called expired then, and a person
// must look.
func Behind(ctx context.Context, head *HeadKeeper, warn Warn, o *Outcome) bool {
	err := head.Check(ctx)
	if err == nil {
		return false
	}
	warn(err.Error(), "")
	o.Add(EndedPerson, "%v", err)
	return true
}
