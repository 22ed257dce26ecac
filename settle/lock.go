package settle

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"

	"daesa/internal/written"
)

// NotReadyError: a month that is not ready cannot be locked.
type NotReadyError struct {
	Month   Month
	State   MonthState
	Reasons []Reason
}

// Error says how it stands.
func (e *NotReadyError) Error() string {
	var codes []string
	for _, reason := range e.Reasons {
		codes = append(codes, strings.TrimSpace(string(reason.Code)+" "+reason.Name))
	}
	return fmt.Sprintf("%s is %s: %s", e.Month, e.State, strings.Join(codes, ", "))
}

// Hint says what shows it.
func (e *NotReadyError) Hint() string {
	return "daesa close check " + string(e.Month) + " says what is to do"
}

// OrderError: months are locked in their order, and reopened in the other one.
type OrderError struct {
	Month, First Month // First must be locked, or reopened, before Month
	Reopen       bool
}

// Error names the month that comes first.
func (e *OrderError) Error() string {
	if e.Reopen {
		return fmt.Sprintf("only the newest locked month can be reopened: %s, not %s", e.First, e.Month)
	}
	return fmt.Sprintf("%s is not locked, and %s builds on it", e.First, e.Month)
}

// Hint says what to do first.
func (e *OrderError) Hint() string {
	if e.Reopen {
		return "daesa close reopen " + string(e.First) + " --note TEXT comes first"
	}
	return "daesa close lock " + string(e.First) + " comes first"
}

// SamePersonError: who last matched or decided does not lock the month.
type SamePersonError struct{ By string }

// Error names the person.
func (e *SamePersonError) Error() string {
	return e.By + " was the last to match by hand or to decide, and another person locks the month"
}

// Hint says what to do.
func (e *SamePersonError) Hint() string { return "ask another person to lock it" }

// NotLockedError: a month that is not locked cannot be reopened.
type NotLockedError struct{ Month Month }

// Error names the month.
func (e *NotLockedError) Error() string { return string(e.Month) + " is not locked" }

// Hint says what shows it.
func (e *NotLockedError) Hint() string {
	return "daesa close check " + string(e.Month) + " says how it stands"
}

// NoteError: what needs a note has none.
type NoteError struct{ What string }

// Error says what needs it.
func (e *NoteError) Error() string { return e.What + " needs a note" }

// Hint says how it is given.
func (e *NoteError) Hint() string { return "--note TEXT says why" }

// MayLock says whether a person may lock a month of all its merchants and
// currencies: it is ready, the month before is locked unless it is the first one,
// and the person is not the one who last matched by hand or decided. states is one element for each merchant and currency.
func (b Books) MayLock(m Month, states []Facts, by, lastDecider string) error {
	if m != b.Open() {
		if _, locked := b.Locked(m); locked {
			return &NotReadyError{Month: m, State: MonthLocked}
		}
		return &OrderError{Month: m, First: b.Open()}
	}
	for _, facts := range states {
		if state, reasons := facts.State(); state != MonthReady {
			return &NotReadyError{m, state, reasons}
		}
	}
	if _, err := written.Name(by); err != nil {
		return err
	}
	if lastDecider != "" && !written.OtherName(lastDecider, by) {
		return &SamePersonError{by}
	}
	return nil
}

// MayReopen says whether a month may be reopened: it is the newest locked one,
// and a note says why. All its versions stay.
func (b Books) MayReopen(m Month, note string) error {
	if _, locked := b.Locked(m); !locked {
		return &NotLockedError{m}
	}
	if newest := b.Locks[len(b.Locks)-1].Month; newest != m {
		return &OrderError{Month: m, First: newest, Reopen: true}
	}
	if strings.TrimSpace(note) == "" {
		return &NoteError{"close reopen " + string(m)}
	}
	return nil
}

// MayUnmatch says whether a match may be taken back: one that is posted in a
// locked month stands until that month is reopened.
func (b Books) MayUnmatch(match Match) error {
	for _, paid := range match.Paid {
		posted, ok := b.Posted(MonthOfDay(paid.Day), match.Recorded)
		if !ok {
			posted = b.First // it is in the opening, which is frozen with the first month
		}
		if _, locked := b.Locked(posted); locked {
			return &FrozenError{posted}
		}
	}
	return nil
}

// FrozenError: what is to change stands in a locked month.
type FrozenError struct{ Month Month }

// Error names the month.
func (e *FrozenError) Error() string {
	return string(e.Month) + " is locked, and this match is in its figures"
}

// Hint says what comes first.
func (e *FrozenError) Hint() string {
	return "daesa close reopen " + string(e.Month) + " --note TEXT comes first"
}

// Version is one lock of a month: it and its figures are kept for good.
type Version struct {
	Month    Month
	Number   int // from 1
	LockedAt time.Time
	By       string
	Rows     int64
	RowsHash string    // over the rows that the figures are of
	Reopened time.Time // zero: it stands
	ReopenBy string
	Note     string // of the reopening
}

// StandingLocks gives the locks that stand of all versions, in the order of months.
func StandingLocks(versions []Version) []Lock {
	var locks []Lock
	for _, v := range versions {
		if v.Reopened.IsZero() {
			locks = append(locks, Lock{v.Month, v.LockedAt})
		}
	}
	slices.SortFunc(locks, func(a, b Lock) int { return strings.Compare(string(a.Month), string(b.Month)) })
	return locks
}

// RowsHash is a hash over rows, whatever the order in which they come: the sum
// of their hashes modulo 2^256. The zero value is of no rows.
type RowsHash struct {
	sum  [4]uint64
	rows int64
}

// Add takes one row, with its version.
func (h *RowsHash) Add(r Row) {
	one := sha256.Sum256(fmt.Appendf(nil, "%s %d %d %t", r.Digest(), r.Version, r.Copy, r.Withdrawn))
	var carry uint64
	for i := range h.sum {
		var word uint64
		for _, b := range one[8*i : 8*i+8] {
			word = word<<8 | uint64(b)
		}
		h.sum[i], carry = bits.Add64(h.sum[i], word, carry)
	}
	h.rows++
}

// Rows counts them.
func (h *RowsHash) Rows() int64 { return h.rows }

// String is the hash in hexadecimal digits.
func (h *RowsHash) String() string {
	var text []byte
	for _, word := range h.sum {
		for shift := 56; shift >= 0; shift -= 8 {
			text = append(text, byte(word>>shift))
		}
	}
	return hex.EncodeToString(text)
}
