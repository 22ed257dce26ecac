package app

import (
	"context"
	"os"
	"time"

	"daesa/internal/seal"
)

// Resealed counts what was sealed again.
type Resealed struct{ Accounts, Attempts, BankLines int }

// RekeyStore seals what it holds again.
type RekeyStore interface {
	// Reseal walks everything that is sealed. again gives nil for a text that may
	// stay as it is.
	Reseal(ctx context.Context, again func(sealed, place []byte) ([]byte, error)) (Resealed, error)
	Rekeyed(ctx context.Context, done Resealed, primary uint32, retired []uint32, actor string, now time.Time) error
}

// Rekey is `accounts rekey`: what is sealed is sealed by a new key.
type Rekey struct {
	Store   RekeyStore
	Ring    *seal.Ring
	KeyFile string // gets a new key; "": the operator has put it into the environment
	By      string
	Now     time.Time
}

// Rekeyed is what a rotation has done. Keys are named by their ids.
type Rekeyed struct {
	Resealed
	Key     uint32
	Retired []uint32 // never nil
}

// Run rotates the key file, seals everything again, and retires the keys that
// seal nothing any more. The key that was the newest until now stays until the
// next rotation: somebody may just have sealed with it.
func (x Rekey) Run(ctx context.Context) (Rekeyed, error) {
	done := Rekeyed{Retired: []uint32{}}
	var before []uint32
	var err error
	if x.KeyFile != "" {
		if before, err = rotateFile(x.KeyFile); err != nil {
			return done, err
		}
	}
	if err := x.Ring.Reload(); err != nil {
		return done, err
	}
	done.Key = x.Ring.Primary()
	if done.Resealed, err = x.Store.Reseal(ctx, x.again); err != nil {
		return done, err
	}
	if len(before) > 1 {
		if err := retireFromFile(x.KeyFile, before[1:]); err != nil {
			return done, err
		}
		done.Retired = before[1:]
	}
	return done, x.Store.Rekeyed(ctx, done.Resealed, done.Key, done.Retired, x.By, x.Now)
}

// again seals a text by the newest key; nil: it is.
func (x Rekey) again(sealed, place []byte) ([]byte, error) {
	if id, ok := seal.KeyOf(sealed); ok && id == x.Ring.Primary() {
		return nil, nil
	}
	opened, err := x.Ring.Open(sealed, place)
	if err != nil {
		return nil, err
	}
	return x.Ring.Seal(opened, place)
}

// rotateFile adds a key to the key file, and gives the keys that it had, the
// newest first.
func rotateFile(path string) ([]uint32, error) {
	before, err := os.ReadFile(path) //nolint:gosec // the operator's own configuration
	if err != nil {
		return nil, err
	}
	had, err := seal.Keys(before)
	if err != nil {
		return nil, err
	}
	after, err := seal.Rotate(before)
	if err != nil {
		return nil, err
	}
	return had, seal.ReplaceKeyFile(path, before, after)
}

// retireFromFile removes keys that seal nothing any more.
func retireFromFile(path string, ids []uint32) error {
	before, err := os.ReadFile(path) //nolint:gosec // the operator's own configuration
	if err != nil {
		return err
	}
	after, err := seal.Retire(before, ids)
	if err != nil {
		return err
	}
	return seal.ReplaceKeyFile(path, before, after)
}
