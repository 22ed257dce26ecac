package doctor

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
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

// free is what may still be written where a folder lies.
func (x *Examination) free(folder string) (bytes int64, known bool) {
	if x.space != nil {
		return x.space(folder)
	}
	return freeSpace(folder)
}

// Folder reports whether files can be written into a folder, or into the one in
// which it would be made, and says so.
func (x *Examination) Folder(check, dir, about string) bool {
	place := filepath.Clean(dir)
	for {
		if _, err := os.Stat(place); err == nil || place == filepath.Dir(place) {
			break
		}
		place = filepath.Dir(place)
	}
	if !x.TryFolder(check, place, about) {
		return false
	}
	if place != filepath.Clean(dir) {
		x.OK(check, about, dir+" will be made")
		return true
	}
	x.OK(check, about, dir+" can be written")
	return true
}

// TryFolder writes a file into a folder, makes sure that it has arrived on the
// disk, removes it, and looks at what space is left. It says only what is wrong.
func (x *Examination) TryFolder(check, dir, about string) bool {
	probe, err := os.CreateTemp(dir, ".daesa-probe-*")
	if err != nil {
		x.Fail(check, about, fmt.Sprintf("%s cannot be written: %v", dir, err), "give this user the right to write there, or choose another folder")
		return false
	}
	filling := make([]byte, probeBytes)
	_, _ = rand.Read(filling) // crypto/rand never returns an error; some disks keep zeros for nothing
	_, err = probe.Write(filling)
	if err = errors.Join(err, probe.Sync(), probe.Close(), os.Remove(probe.Name())); err != nil {
		x.Fail(check, about, fmt.Sprintf("%s takes no file of %d KiB: %v", dir, probeBytes>>10, err), "free some space on the volume of "+dir+", and check its health")
		return false
	}
	free, known := x.free(dir)
	switch {
	case known && free < spaceFail:
		x.Fail(check, about, fmt.Sprintf("%s has %d MiB left on its volume", dir, free>>20), "free some space before anything else is run")
		return false
	case known && free < spaceWarn:
		x.Warn(check, about, fmt.Sprintf("%s has %d MiB left on its volume", dir, free>>20), "free some space, or move it to a larger volume")
	}
	return true
}

// AccountKey looks whether refund accounts could be sealed and opened. path is
// the key file; "": the key is in the environment. opens tries the key.
func (x *Examination) AccountKey(path, about string, opens func() error) {
	if path != "" {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			x.Warn("account_key", about, "is not there", "daesa init writes one beside daesa.yaml; if refund accounts were sealed before, restore the old one")
			return
		case err != nil:
			x.Fail("account_key", about, err.Error(), "give this user the right to read it")
			return
		case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
			x.Fail("account_key", about, fmt.Sprintf("others may read it: its mode is %04o", info.Mode().Perm()), "chmod 600 "+about)
			return
		}
	}
	if opens() != nil {
		x.Fail("account_key", about, "is no usable key", "restore it from the copy that was made when it was written")
		return
	}
	x.OK("account_key", about, "opens")
}
