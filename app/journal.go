package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"daesa/approval"
	"daesa/internal/hint"
	"daesa/pay"
	"daesa/refunds"
)

// JournalEntry is one row of the journal: who changed what, when and why.
type JournalEntry struct {
	Seq     int64
	At      time.Time
	Actor   string
	RunID   string // "": no run did it
	Subject string // such as "refund:ID", "break:ID", "order:ID"
	Action  string // such as "refund.approved"
	Reason  string
	Facts   string // a JSON object without personal data
}

// Verb is what was done, without what it was done to: "approved".
func (e JournalEntry) Verb() string {
	_, verb, _ := strings.Cut(e.Action, ".")
	return verb
}

// As is the disposition of a resolved break; "" for every other entry.
func (e JournalEntry) As() string {
	facts, _ := e.changed() // an entry that cannot be read says nothing of it
	return facts.As
}

// changedFacts are the facts of an entry about a change of state.
type changedFacts struct{ From, Status, As string }

func (e JournalEntry) changed() (changedFacts, error) {
	var facts changedFacts
	if err := json.Unmarshal([]byte(e.Facts), &facts); err != nil {
		return facts, fmt.Errorf("journal entry %d is unreadable: %w", e.Seq, err)
	}
	return facts, nil
}

// Journal gives the entries about one subject, oldest first.
type Journal interface {
	History(ctx context.Context, subject string) ([]JournalEntry, error)
}

// Change is one change of the state of a break or a request.
type Change struct {
	At       time.Time
	From, To string // From is "" at the beginning
	Actor    string
	Reason   string
	As       string // the disposition, where a person resolved a break
}

// BreakHistory reads a break's changes of status out of the journal.
func BreakHistory(ctx context.Context, journal Journal, id string) ([]Change, error) {
	entries, err := journal.History(ctx, "break:"+id)
	if err != nil {
		return nil, err
	}
	return changesOf(entries, func(string) bool { return true })
}

// RefundHistory reads a request's changes of state out of its entries. Entries
// about something else are passed over.
func RefundHistory(entries []JournalEntry) ([]Change, error) {
	return changesOf(entries, func(verb string) bool { return refunds.State(verb).Valid() })
}

// changesOf reads the entries whose verb counts. Where an entry does not say from
// what it leads, it leads on from the one before.
func changesOf(entries []JournalEntry, counts func(verb string) bool) ([]Change, error) {
	changes, last := []Change{}, ""
	for _, e := range entries {
		verb := e.Verb()
		if !counts(verb) {
			continue
		}
		facts, err := e.changed()
		if err != nil {
			return nil, err
		}
		to := cmp.Or(facts.Status, verb)
		changes = append(changes, Change{At: e.At, From: cmp.Or(facts.From, last), To: to, Actor: e.Actor, Reason: e.Reason, As: facts.As})
		last = to
	}
	return changes, nil
}

// Verified is what checking the journal, and what it is about, found.
type Verified struct {
	Entries int64
	Head    string
	// Broken says what is wrong with the chain, in the order found; empty when it is
	// whole.
	Broken []string
	// SawHead says whether a hash that the caller knows is in the chain.
	SawHead bool
	// Altered are the rows that are not what the journal says of them.
	Altered []Altered
	// How many rows were compared: requests with their attempts, transfers by hand
	// and because of a break, limits of runs and days, imported files, refund accounts,
	// statements that somebody signed.
	Refunds, Transfers, Limits, Batches, Accounts, Statements int
	// Signed is the entry by which the first statement was taken; 0: none was. Words are
	// those since that move a transfer by hand or a month.
	Signed int64
	Words  []GivenWord
	// Unsaid counts facts of these rows that the journal does not have, since their
	// entries are older than the version that keeps them.
	Unsaid int
}

// GivenWord is an entry by which a person approved a transfer by hand, or locked or
// reopened a month.
type GivenWord struct {
	Subject   string // "transfer:ID", "month:YYYY-MM"
	Deeds     []approval.Deed
	Seq       int64
	By        string
	At        time.Time
	Statement string // by which it came about; "": by a typed name
}

// AddVerified adds what checking the journal found. known is a head that was kept
// elsewhere; "": none was given.
func (o *Outcome) AddVerified(found Verified, known string) {
	if len(found.Broken) > 0 {
		o.Add(EndedFailed, "the journal is broken in %s", pay.Counted(len(found.Broken), "place"))
	}
	if len(found.Altered) > 0 {
		o.Add(EndedFailed, "%s not what the journal says", pay.Counted(len(found.Altered), "row"))
	}
	if !found.SawHead {
		o.Add(EndedFailed, "the head %s is not in the journal", known)
	}
}

// BrokenJournal is the error of a journal that is not whole.
func BrokenJournal(reasons []string) error {
	return hint.Called("journal_broken", hint.Errorf("keep the database as it is, restore a copy beside it and compare: somebody or something other than daesa wrote to it",
		"audit: %s", strings.Join(reasons, "; ")))
}

// Altered is a row that is not what the journal says of it.
type Altered struct {
	Subject string   // "refund:ID", "transfer:ID", "break:ID", "batch:ID", "limit:SCOPE CURRENCY", "brake", "account:PAYMENT", "statement:HASH"
	What    []string // columns, attempts or entries
}
