package doctor

import (
	"context"
	"slices"
	"time"

	"daesa/pay"
)

// Transactions gives one page of the provider's transaction list, with the MID
// of each row as the provider wrote it.
type Transactions func(ctx context.Context, from, to time.Time, after string) (pay.TransactionPage, error)

// KeyOwner is what the transaction list says of whose a secret key is.
type KeyOwner struct {
	MID  string    // of the newest row of the last thirty days; "" where there is none
	At   time.Time // of that row
	MIDs []string  // of all rows that were read, sorted
}

// KeyWindows are how far back the list is asked, one after the other until one
// has a row of the configured MIDs; the last is how far a row counts.
var KeyWindows = []time.Duration{time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour}

// keyPages bounds what is read of a window that is full.
const keyPages = 10

// OwnerOfKey asks the list whose the key is that the configuration has for mids,
// its mid and its also_mids. It costs nothing and changes nothing. The error is
// that of the list.
func OwnerOfKey(ctx context.Context, list Transactions, mids []string, now time.Time) (KeyOwner, error) {
	var owner KeyOwner
	to, pages := now, keyPages
	for _, back := range KeyWindows {
		if err := owner.read(ctx, list, now.Add(-back), to, pages); err != nil {
			return owner, err
		}
		if slices.ContainsFunc(owner.MIDs, func(mid string) bool { return slices.Contains(mids, mid) }) {
			break
		}
		if owner.MID != "" { // the newest is known: the first rows of older windows will do
			pages = 1
		}
		to = now.Add(-back)
	}
	slices.Sort(owner.MIDs)
	owner.MIDs = slices.Compact(owner.MIDs)
	return owner, nil
}

// read takes in the rows of a window.
func (o *KeyOwner) read(ctx context.Context, list Transactions, from, to time.Time, pages int) error {
	after := ""
	for range pages {
		page, err := list(ctx, from, to, after)
		if err != nil {
			return err
		}
		for _, row := range page.Rows {
			if row.MID == "" {
				continue
			}
			if !row.At.Before(o.At) {
				o.MID, o.At = row.MID, row.At
			}
			o.MIDs = append(o.MIDs, row.MID)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	return nil
}

// Proof is what a key's rows prove of the configuration.
type Proof string

// The proofs.
const (
	NotYetProvable Proof = "not_yet_provable" // no row in thirty days
	KeyIsOurs      Proof = "ours"
	KeyIsAnothers  Proof = "anothers" // rows, and none of the configured MIDs
)

// Prove compares the rows with the configured MIDs of the key, its mid and its
// also_mids. strangers are MIDs of rows that are none of them: nothing of theirs
// is the shop's.
func (o KeyOwner) Prove(mids []string) (proof Proof, strangers []string) {
	strangers = slices.DeleteFunc(slices.Clone(o.MIDs), func(mid string) bool { return slices.Contains(mids, mid) })
	switch {
	case o.MID == "":
		return NotYetProvable, nil
	case len(strangers) == len(o.MIDs):
		return KeyIsAnothers, strangers
	default:
		return KeyIsOurs, strangers
	}
}
