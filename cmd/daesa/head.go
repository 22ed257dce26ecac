package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	appkg "daesa/app" // the type of this package that is a command is app
	"daesa/config"
	"daesa/internal/hint"
	"daesa/store"
)

// headKeeper keeps the journal's newest entry in a file beside the account key,
// outside the database. A database that does not have that entry is older than
// what was sent from it, and sends nothing until every request was looked up. It
// also keeps up to where the chain was checked.
type headKeeper struct {
	path string // "": there is no key file to keep it beside
	db   *store.DB

	mu      sync.Mutex
	last    time.Time
	checked *appkg.CheckedChain // nil: as the file says
}

// keptHead is the file's content.
type keptHead struct {
	Seq     int64               `json:"seq"`
	Hash    string              `json:"hash"`
	Checked *appkg.CheckedChain `json:"checked,omitempty"` // null: never, or it was broken
}

func newHeadKeeper(cfg *config.Config, db *store.DB) *headKeeper {
	k := &headKeeper{db: db}
	if cfg.Accounts.KeyFile != "" {
		k.path = cfg.Accounts.KeyFile + ".head"
	}
	return k
}

var errBehind = errors.New("the database is older than what was sent from it: it lacks the newest entry of the journal that is kept beside the account key")

const behindHint = "was it restored from a copy? Then run daesa refunds run --after-restore, which looks up every open request before anything is sent again"

// check says whether the database has the entry that was kept.
func (k *headKeeper) check(ctx context.Context) error {
	kept, err := k.read()
	if err != nil || kept == nil {
		return err
	}
	has, err := k.db.HasEntry(ctx, kept.Seq, kept.Hash)
	if err != nil {
		return err
	}
	if !has {
		return hint.Called("database_behind", hint.With(fmt.Errorf("%s: %w", k.path, errBehind), behindHint))
	}
	return nil
}

// read gives the file's content, nil where there is none.
func (k *headKeeper) read() (*keptHead, error) {
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
		return nil, failed("repair the file, or remove it after daesa audit verify", "the journal's head in %s cannot be read: %w", k.path, err)
	}
	return &kept, nil
}

// checkChain checks the journal's chain as far as app.CheckChain says, from its
// beginning where whole. What it came to is written with the next keep.
func (k *headKeeper) checkChain(ctx context.Context, now time.Time, whole bool) error {
	kept, err := k.read()
	if err != nil {
		return err
	}
	var before appkg.CheckedChain
	if kept != nil && kept.Checked != nil && !whole {
		before = *kept.Checked
	}
	checked, err := appkg.CheckChain(ctx, k.db, before, k.path != "", now)
	k.checked = &checked
	return err
}

// remember writes down what checking the chain came to, and leaves the head as it
// is: after a broken chain the next check walks all of it.
func (k *headKeeper) remember(checked appkg.CheckedChain) error {
	kept, err := k.read()
	if err != nil || kept == nil {
		return err
	}
	kept.Checked = &checked
	if checked.Point.Seq == 0 {
		kept.Checked = nil
	}
	return k.write(*kept)
}

// verified remembers that all of the chain was walked: after a broken one the next
// check walks all of it again.
func (k *headKeeper) verified(found appkg.Verified, now time.Time) error {
	if k.path == "" {
		return nil
	}
	checked := appkg.CheckedChain{Point: appkg.ChainPoint{Seq: found.Entries, Hash: found.Head}, Whole: now}
	if len(found.Broken) > 0 {
		checked = appkg.CheckedChain{}
	}
	return k.remember(checked)
}

func (k *headKeeper) write(kept keptHead) error {
	text, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	return writeWhole(k.path, append(text, '\n'))
}

// keep writes the newest entry down, at most once a second unless it must. A
// key file on a volume that cannot be written keeps no head: that is said by
// doctor.
func (k *headKeeper) keep(ctx context.Context, now time.Time, must bool) error {
	if k.path == "" {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !must && now.Sub(k.last) < time.Second {
		return nil
	}
	k.last = now
	seq, hash, err := k.db.JournalHead(ctx)
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

// writeWhole replaces a small file by another, whole.
func writeWhole(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".daesa-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
