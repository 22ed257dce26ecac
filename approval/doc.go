// Package approval is what a second person signs: a statement, one line for each
// thing that is approved, as text that a person reads and ssh-keygen signs. The
// same content has the same bytes, and only those are read back, so that a hash, a
// signature and a line of it mean one thing. It is pure: it knows no key, no
// request and no clock. Begin at Statement.
package approval

// Namespace is what approvals are signed for, `ssh-keygen -Y sign -n`.
const Namespace = "daesa-approval"

// Deed is what a statement does once it is taken, as the command line writes it.
type Deed string

// The deeds.
const (
	ApproveRefunds         Deed = "refunds approve"
	ResolveExecuted        Deed = "refunds resolve --as executed"
	ResolveNotExecuted     Deed = "refunds resolve --as not-executed"
	ApproveTransfer        Deed = "refunds transfers approve"
	ApproveAnotherTransfer Deed = "refunds transfers approve --another-wish"
	LockMonth              Deed = "close lock"
	ReopenMonth            Deed = "close reopen"
)

// The verbs of lines, and their fields in their order. The first is what a line is
// about: no statement says two things of it.
var fields = map[string][]string{
	"refund":   {"id", "mid", "order", "payment", "amount", "currency", "tax_free", "account", "reason", "cancel_by"},
	"resolve":  {"id", "mid", "order", "payment", "amount", "currency", "tax_free", "account", "reason", "cancel_by", "note"},
	"transfer": {"id", "mid", "order", "payment", "amount", "currency", "tax_free", "account", "requested_by", "why"},
	"ledger":   {"of", "month", "version", "rows", "rows_hash", "opening", "closing", "currency"},
	"reopen":   {"month", "version", "rows_hash", "note"},
}

// lines says of which verb the lines of a deed are.
var lines = map[Deed]string{
	ApproveRefunds: "refund", ResolveExecuted: "resolve", ResolveNotExecuted: "resolve",
	ApproveTransfer: "transfer", ApproveAnotherTransfer: "transfer", LockMonth: "ledger", ReopenMonth: "reopen",
}

// Valid says whether d is one of the deeds.
func (d Deed) Valid() bool { return lines[d] != "" }
