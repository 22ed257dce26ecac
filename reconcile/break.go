package reconcile

import (
	"time"

	"daesa/pay"
)

// Break is a difference as daesa remembers it over the nights. One order has
// at most one break of each kind; it keeps its identity when it comes back.
type Break struct {
	ID         string
	Finding    // as last seen
	Status     Status
	FirstSeen  pay.Day
	LastSeen   pay.Day
	Nights     int     // nights on which it was seen
	Since      pay.Day // the night that gave it its status
	RecheckOn  pay.Day // a resolution that holds for a while ends here
	Resolution Disposition
	ResolvedBy string
	ResolvedAt time.Time
	Note       string
	Owner      string   // who looks after it, as a person wrote it
	RefundID   string   // of the request that refund_now made; "" for none
	Rebate     RebateOf // of a deposit that gives fees back
	// RefundStand is filled in by who knows the requests: how far that one has come.
	RefundStand Stand
	// CancelBy and AtRisk are filled in by who knows the deadlines: until when
	// the money could go back through Toss.
	CancelBy time.Time
	AtRisk   bool
	// ApprovedAt and ApprovalNumber are filled in by who knows the payment as
	// the newest look-up showed it; zero where none did.
	ApprovedAt     time.Time
	ApprovalNumber string
}

// BreakID is derived, never random, so that two databases that saw the same
// night speak of the same break. Of an order subject is its number, of every
// other break its Subject.
func BreakID(mid, subject string, kind Kind) string {
	return "b" + ShortHash(mid, subject, string(kind))[:15]
}

// identity is what a finding is about, beside merchant and kind.
func (f Finding) identity() string {
	if f.Subject != "" {
		return f.Subject
	}
	return f.OrderID
}

// About is what the break is about, in the words of the contract: the subject of a
// settlement break, order:ID of every other.
func (f Finding) About() string {
	if f.Subject != "" {
		return f.Subject
	}
	return "order:" + f.OrderID
}

// ShortHash is the form of every derived id: see pay.ShortHash.
func ShortHash(parts ...string) string { return pay.ShortHash(parts...) }

// Change is what happened to a break in one night, or when its refund ended.
type Change string

// The changes.
const (
	ChangeNone     Change = ""
	ChangeOpened   Change = "opened"
	ChangeTiming   Change = "timing"
	ChangeSeen     Change = "seen"
	ChangeCleared  Change = "cleared"
	ChangeReopened Change = "reopened"
	ChangeRefunded Change = "resolved" // the money that it waited for went back
)

// Told says whether the journal keeps the change: a status that moved, not every
// look.
func (c Change) Told() bool { return c != ChangeSeen && c != ChangeNone }

// Remember carries one break over a night: before is what was known of it (nil
// when nothing), found what this night saw (nil when both sides agree now).
// Running the same day again gives the same break.
func Remember(before *Break, found *Finding, day pay.Day) (Break, Change) {
	switch {
	case before == nil && found == nil:
		return Break{}, ChangeNone
	case before == nil:
		return newBreak(*found, day)
	case found == nil:
		return agreed(*before, day)
	default:
		return seenAgain(*before, *found, day)
	}
}

func newBreak(found Finding, day pay.Day) (Break, Change) {
	b := Break{
		ID: BreakID(found.MID, found.identity(), found.Kind), Finding: found,
		Status: Open, FirstSeen: day, LastSeen: day, Since: day, Nights: 1,
	}
	if found.Timing {
		b.Status = Timing
		return b, ChangeTiming
	}
	return b, ChangeOpened
}

// agreed: what nobody resolved is cleared by itself; a person's word stays. Of a
// refunding break the request decides, unless nothing of it has left: then
// nothing is owed any more, and who writes the night takes the request back.
func agreed(b Break, day pay.Day) (Break, Change) {
	if b.Status == Resolved && b.RecheckOn != "" {
		b.RecheckOn = "" // both sides agree: there is nothing to look at again
		return b, ChangeSeen
	}
	if b.Status == Cleared || b.Status == Resolved || b.Status == Refunding && b.RefundStand != StandUnsent {
		return b, ChangeNone
	}
	if b.Status == Refunding {
		b.Resolution, b.RefundID = "", ""
	}
	b.Status, b.Since = Cleared, max(day, b.Since)
	return b, ChangeCleared
}

func seenAgain(b Break, found Finding, day pay.Day) (Break, Change) {
	changed := b.differs(found)
	if day > b.LastSeen {
		b.Nights++
		b.LastSeen = day
	}
	before := b.Status
	b.Finding = found
	switch {
	case before == Resolved && !changed && (b.RecheckOn == "" || day < b.RecheckOn):
		return b, ChangeNone
	case before == Timing && found.Timing:
		return b, ChangeSeen
	case before == Cleared && found.Timing:
		b.Status, b.Since = Timing, max(day, b.Since)
		return b, ChangeTiming
	case before == Resolved || before == Cleared:
		b.Status, b.Since, b.RecheckOn, b.Resolution, b.RefundID = Reopened, max(day, b.Since), "", "", ""
		return b, ChangeReopened
	case before == Timing:
		b.Status, b.Since = Open, max(day, b.Since)
		return b, ChangeOpened
	default:
		return b, ChangeSeen
	}
}

// differs says whether either side's amount or status is another than the one
// that a person resolved.
func (b Break) differs(found Finding) bool {
	return b.LocalStatus != found.LocalStatus || b.ProviderStatus != found.ProviderStatus ||
		!sameAmount(b.LocalAmount, found.LocalAmount) || !sameAmount(b.ProviderAmount, found.ProviderAmount)
}

// SameAs reports whether two readings of a break say the same: nobody has decided
// about it between them.
func (b Break) SameAs(o Break) bool {
	if b.differs(o.Finding) || !b.MovedAt.Equal(o.MovedAt) || !b.CancelBy.Equal(o.CancelBy) || !b.ResolvedAt.Equal(o.ResolvedAt) {
		return false
	}
	if !sameAmount(b.Amount, o.Amount) || !sameAmount(b.Share, o.Share) {
		return false
	}
	b.Amount, b.Share = o.Amount, o.Share
	b.MovedAt, b.CancelBy, b.ResolvedAt, b.LocalAmount, b.ProviderAmount = o.MovedAt, o.CancelBy, o.ResolvedAt, o.LocalAmount, o.ProviderAmount
	b.Payment, b.ApprovedAt, b.ApprovalNumber = o.Payment, o.ApprovedAt, o.ApprovalNumber
	return b == o
}

func sameAmount(a, b *int64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// Resolve writes a person's word onto a break. refund_now is Refund's to write.
func (b Break) Resolve(as Disposition, by, note string, at time.Time) Break {
	b.Status, b.Resolution, b.ResolvedBy, b.ResolvedAt, b.Note = Resolved, as, by, at, note
	b.RecheckOn, b.RefundID, b.Rebate = "", "", RebateOf{}
	if as.Expires() {
		b.RecheckOn = pay.DayOf(at).AddBankDays(RecheckBankDays)
	}
	return b
}

// Difference is what the shop holds more than Toss, in the currency of the
// break; a side that does not know the order or payment holds nothing.
func (f Finding) Difference() int64 { return value(f.LocalAmount) - value(f.ProviderAmount) }

// AtStake is the larger of the two sides: what the break is about in money.
func (f Finding) AtStake() int64 { return max(value(f.LocalAmount), value(f.ProviderAmount)) }

func value(amount *int64) int64 {
	if amount == nil {
		return 0
	}
	return *amount
}
