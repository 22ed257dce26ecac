package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"daesa/store"
)

const (
	// probeBytes is how much is written to try a folder. An empty file fits on a
	// full disk.
	probeBytes = 1 << 20
	// Below these a disk is nearly full, and full: a night writes its evidence and
	// its workbook, SQLite its log of changes.
	spaceWarn = 256 << 20
	spaceFail = 16 << 20
)

// checkWrites commits a write that means nothing, and looks at the disk of an
// embedded database: its log may have room left in it while the disk has none.
func (e *examination) checkWrites(ctx context.Context, db *store.DB, about, path string) {
	if err := db.Probe(ctx); err != nil {
		e.failsWith("writes", about, err, "the database must be writable: check its disk, its rights and its mode")
		return
	}
	if path != "" && !e.tryFolder("writes", filepath.Dir(path), about) {
		return
	}
	e.ok("writes", about, "a write is kept")
}

// checkFolder says whether files can be written into a folder, or into the one
// in which it would be made.
func (e *examination) checkFolder(name, dir, about string) bool {
	place := filepath.Clean(dir)
	for {
		if _, err := os.Stat(place); err == nil || place == filepath.Dir(place) {
			break
		}
		place = filepath.Dir(place)
	}
	if !e.tryFolder(name, place, about) {
		return false
	}
	if place != filepath.Clean(dir) {
		e.ok(name, about, dir+" will be made")
		return true
	}
	e.ok(name, about, dir+" can be written")
	return true
}

// tryFolder writes a file into a folder, makes sure that it has arrived on the
// disk, removes it, and looks at what space is left.
func (e *examination) tryFolder(name, dir, about string) bool {
	probe, err := os.CreateTemp(dir, ".daesa-probe-*")
	if err != nil {
		e.fails(name, about, fmt.Sprintf("%s cannot be written: %v", dir, err), "give this user the right to write there, or choose another folder")
		return false
	}
	filling := make([]byte, probeBytes)
	_, _ = rand.Read(filling) // crypto/rand never returns an error; some disks keep zeros for nothing
	_, err = probe.Write(filling)
	if err = errors.Join(err, probe.Sync(), probe.Close(), os.Remove(probe.Name())); err != nil {
		e.fails(name, about, fmt.Sprintf("%s takes no file of %d KiB: %v", dir, probeBytes>>10, err), "free some space on the volume of "+dir+", and check its health")
		return false
	}
	free, known := freeSpace(dir)
	switch {
	case known && free < spaceFail:
		e.fails(name, about, fmt.Sprintf("%s has %d MiB left on its volume", dir, free>>20), "free some space before anything else is run")
		return false
	case known && free < spaceWarn:
		e.warns(name, about, fmt.Sprintf("%s has %d MiB left on its volume", dir, free>>20), "free some space, or move it to a larger volume")
	}
	return true
}
