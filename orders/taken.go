package orders

import "daesa/pay"

// Verdict is what becomes of one row of a source.
type Verdict struct {
	Order pay.Order // as it would stand
	New   bool      // it was not stored
	Same  bool      // it is stored just so
	// Back: the row would take the stored order back, and Older does not take it
	// whatever it says.
	Back     bool
	Backward Backward
	// Unsound says why the order as it would stand is none.
	Unsound error
}

// Judging says of each row of one source what becomes of it.
type Judging struct {
	merging Merging
	taken   bool
}

// Judging asks once what the source has.
func (t Taking) Judging() Judging { return Judging{NewMerging(t.Has), t.Older.Taken} }

// Judge judges a row; stored is nil where the order is new.
func (j Judging) Judge(stored *pay.Order, row pay.Order) Verdict {
	v := Verdict{Order: row, New: stored == nil}
	if stored != nil {
		v.Order = j.merging.Merge(*stored, row)
		v.Same = same(*stored, v.Order)
		if !j.taken {
			v.Backward, v.Back = GoesBack(*stored, v.Order)
		}
	}
	_, v.Unsound = v.Order.Check()
	return v
}

// same says whether two orders with one key have all else in common. Times are
// compared as moments, to the microsecond that is stored.
func same(a, b pay.Order) bool {
	if a.OrderedAt.UnixMicro() != b.OrderedAt.UnixMicro() || a.PaidAt.UnixMicro() != b.PaidAt.UnixMicro() || a.CanceledAt.UnixMicro() != b.CanceledAt.UnixMicro() {
		return false
	}
	a.OrderedAt, a.PaidAt, a.CanceledAt = b.OrderedAt, b.PaidAt, b.CanceledAt
	return a == b
}
