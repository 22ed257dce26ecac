package reconcile

import (
	"errors"
	"fmt"

	"daesa/pay"
)

// The sides of a Gap.
const (
	SideProvider = "provider"
	SideShop     = "shop"
)

// PartKind is what a part of a side's records is of.
type PartKind string

// The kinds of parts.
const (
	PartList     PartKind = "list"      // the transaction list of a day
	PartListRow  PartKind = "list_row"  // one row of it, by its transactionKey
	PartListMore PartKind = "list_more" // Count further rows of such lists
	PartShopDay  PartKind = "shop_day"  // the shop's orders of a day
	PartOrder    PartKind = "order"     // the look-up of one order
	PartOrders   PartKind = "orders"    // the look-ups of Count orders
	PartPayments PartKind = "payments"  // Count payments of which the shop's orders are not there
	PartFile     PartKind = "file"      // an order file
	PartQuery    PartKind = "query"     // the query on the shop's database
	PartMerchant PartKind = "merchant"  // the whole night of a merchant

	PartSettlements    PartKind = "settlements"     // what was paid out on a day
	PartSold           PartKind = "sold"            // what was sold on a day, as Toss settles it
	PartSettlementRow  PartKind = "settlement_row"  // one row of it, by its transactionKey
	PartSettlementMore PartKind = "settlement_more" // Count further rows of it
)

// GapKind is what a gap is of, in a word for programs.
type GapKind string

// The kinds of gaps; docs/operations.md says what to do about each.
const (
	GapList       GapKind = "list"       // the transaction list of a day could not be read to its end
	GapProof      GapKind = "proof"      // it was read, and other records say that it is not whole
	GapLookUp     GapKind = "look_up"    // payments were not looked up
	GapSettlement GapKind = "settlement" // what Toss paid out
	GapShop       GapKind = "shop"       // the shop's orders
	GapMerchant   GapKind = "merchant"   // all of a merchant
)

// Kind is what the gap is of; "" of a gap that was stored without its type.
func (g Gap) Kind() GapKind {
	if g.Cause == nil {
		return ""
	}
	switch g.Cause.Part.Kind {
	case PartList:
		if g.Cause.Reason == ReasonNotListed || g.Cause.Reason == ReasonEmpty {
			return GapProof
		}
		return GapList
	case PartListRow, PartListMore:
		return GapList
	case PartOrder, PartOrders:
		return GapLookUp
	case PartSettlements, PartSold, PartSettlementRow, PartSettlementMore:
		return GapSettlement
	case PartMerchant:
		return GapMerchant
	default:
		return GapShop
	}
}

// Part is a part of a side's records that could not be read.
type Part struct {
	Kind  PartKind
	Name  string `json:",omitempty"` // its day, order number, file or merchant
	Count int64  `json:",omitempty"` // of parts that are many
}

// String is the part as commands print it.
func (p Part) String() string {
	switch p.Kind {
	case PartList:
		return "transactions of " + p.Name
	case PartListRow:
		return "transaction row " + p.Name
	case PartListMore:
		return fmt.Sprintf("%d further transaction rows", p.Count)
	case PartShopDay:
		return "orders of " + p.Name
	case PartOrder:
		return "order " + p.Name
	case PartOrders:
		return fmt.Sprintf("%d orders", p.Count)
	case PartPayments:
		return fmt.Sprintf("%d payments", p.Count)
	case PartQuery:
		return "orders.query"
	case PartSettlements:
		return "settlements paid out on " + p.Name
	case PartSold:
		return "settlements sold on " + p.Name
	case PartSettlementRow:
		return "settlement row " + p.Name
	case PartSettlementMore:
		return fmt.Sprintf("%d further settlement rows", p.Count)
	default:
		return p.Name
	}
}

// Reason is why a part could not be read.
type Reason string

// The reasons. Got and Want of an Unread are the numbers that they name.
const (
	ReasonFailure   Reason = "failure"    // a call to Toss failed: Cause.Failure says how
	ReasonNotAsked  Reason = "not_asked"  // other calls failed before
	ReasonForeign   Reason = "foreign"    // every row belongs to another merchant than Name
	ReasonNoOrders  Reason = "no_orders"  // the shop gave no order of the day
	ReasonFewOrders Reason = "few_orders" // it gave Got; the same weekday a week before had Want
	ReasonLookUps   Reason = "look_ups"   // more than reconcile.max_lookups, which is Want
	ReasonUnheld    Reason = "unheld"     // Toss holds money that the shop's orders do not show
	ReasonRow       Reason = "row"        // line Got of the file has a bad value
	ReasonFile      Reason = "file"       // the file cannot be read
	ReasonBackward  Reason = "backward"   // Got orders of the file would go back, Name among them
	ReasonQuery     Reason = "query"      // the shop's database or query does not answer as it should
	ReasonElsewhere Reason = "elsewhere"  // another process works on it
	ReasonNight     Reason = "night"      // the merchant's night failed
	ReasonOther     Reason = "other"      // what nobody has named yet

	ReasonFewerRows Reason = "fewer_rows" // the list shows Got rows, and had shown Want of the same time before
	ReasonNotListed Reason = "not_listed" // look-ups show Got approvals and cancels of the day that the list lacks, Name among them
	ReasonEmpty     Reason = "empty"      // the list is empty, and the shop has Got paid orders of the day that nobody looked up
	ReasonRepeats   Reason = "repeats"    // page Got shows nothing that earlier ones did not
	ReasonUnknown   Reason = "unknown"    // it is written in a way that daesa cannot read: Name
)

// Unread is why a part could not be read, where no call to Toss failed.
type Unread struct {
	Reason    Reason
	Got, Want int64
	Name      string
}

// Error says it as commands print it, with what to do next.
func (e *Unread) Error() string {
	switch e.Reason {
	case ReasonNotAsked:
		return "not asked for, since other calls failed"
	case ReasonForeign:
		return fmt.Sprintf("every row belongs to another merchant: is %q the MID of this secret key?", e.Name)
	case ReasonNoOrders:
		return "the shop gave no order of this day; import its order file and run the night again"
	case ReasonFewOrders:
		return fmt.Sprintf("the shop gave %d orders, the same weekday a week before had %d: is the export cut off? Import the whole file and run the night again", e.Got, e.Want)
	case ReasonLookUps:
		return fmt.Sprintf("reconcile.max_lookups is %d: the smallest amounts were not looked up; raise it and run the night again", e.Want)
	case ReasonUnheld:
		return "Toss holds money that the shop's orders do not show; since the orders are not all there, nothing is called missing"
	case ReasonBackward:
		return fmt.Sprintf("%d orders would go back and were left as they are, %s among them: is the file older than one before it? Drop a newer one, or let them through: daesa orders allow ORDER --note TEXT", e.Got, e.Name)
	case ReasonElsewhere:
		return "another process works on this merchant's night"
	case ReasonFewerRows:
		return fmt.Sprintf("the list shows %d rows and had shown %d before, so it is not whole; run the night again", e.Got, e.Want)
	case ReasonNotListed:
		return fmt.Sprintf("the list is not whole: look-ups show %d approvals and cancels of this day that it lacks, one of them of order %s; run the night again, and ask Toss's support if this goes on", e.Got, e.Name)
	case ReasonEmpty:
		return fmt.Sprintf("the list is empty, and the shop has %d paid orders of this day that were not looked up: that proves nothing; run the night again", e.Got)
	case ReasonRepeats:
		return fmt.Sprintf("page %d repeats what earlier ones showed, so that the end cannot be found; run the night again", e.Got)
	case ReasonUnknown:
		return e.Name
	default:
		return "could not be read"
	}
}

// Cause is a gap as a type, so that a report says it in its own language.
type Cause struct {
	Part      Part
	Reason    Reason
	Got, Want int64           `json:",omitempty"`
	Name      string          `json:",omitempty"`
	Failure   pay.FailureKind `json:",omitempty"` // of ReasonFailure
	Code      string          `json:",omitempty"` // Toss's
	Status    int             `json:",omitempty"` // HTTP
}

// NewGap is a gap of a side: the part, and why it could not be read. otherwise
// is the reason where why is neither a *pay.Failure nor an *Unread.
func NewGap(side string, part Part, why error, otherwise Reason) Gap {
	cause := Cause{Part: part, Reason: otherwise}
	var failure *pay.Failure
	var unread *Unread
	switch {
	case errors.As(why, &unread):
		cause.Reason, cause.Got, cause.Want, cause.Name = unread.Reason, unread.Got, unread.Want, unread.Name
	case errors.As(why, &failure):
		cause.Reason, cause.Failure, cause.Code, cause.Status = ReasonFailure, failure.Kind, failure.Code, failure.HTTPStatus
	}
	return Gap{Side: side, What: part.String(), Why: why.Error(), Cause: &cause}
}
