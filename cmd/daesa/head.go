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

	"daesa/config"
	"daesa/store"
)

// headKeeper keeps the journal's newest entry in a file beside the account key,
// outside the database. A database that does not have that entry is older than
// what was sent from it, and sends nothing until every request was looked up.
type headKeeper struct {
	path string // "": there is no key file to keep it beside
	db   *store.DB

	mu   sync.Mutex
	last time.Time
}

// keptHead is the file's content.
type keptHead struct {
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
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
	if k.path == "" {
		return nil
	}
	text, err := os.ReadFile(k.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var kept keptHead
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil {
		return failed("repair the file, or remove it after daesa audit verify", "the journal's head in %s cannot be read: %w", k.path, err)
	}
	has, err := k.db.HasEntry(ctx, kept.Seq, kept.Hash)
	if err != nil {
		return err
	}
	if !has {
		return &hintedError{fmt.Errorf("%s: %w", k.path, errBehind), behindHint}
	}
	return nil
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
	text, err := json.Marshal(keptHead{seq, hash})
	if err != nil {
		return err
	}
	return writeWhole(k.path, append(text, '\n'))
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
