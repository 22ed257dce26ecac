package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"daesa/refunds"
)

// checked is what comparing a row with its entries of the journal came to.
type checked struct {
	// Differ names what is not as the entries say: columns, attempts, entries.
	Differ []string
	// Unsaid counts facts that the entries do not have: they are older than the
	// version that keeps them.
	Unsaid int
}

func (c *checked) differ(format string, values ...any) {
	if what := fmt.Sprintf(format, values...); !slices.Contains(c.Differ, what) {
		c.Differ = append(c.Differ, what)
	}
}

// told is an entry with its facts.
type told struct {
	Entry
	facts map[string]any
}

// state is where the entry left its request, "" where it says nothing of it.
func (t told) state() string {
	if stands := factsOf(t.facts, factStands); stands != nil {
		return stands["state"]
	}
	name := strings.TrimPrefix(t.Action, "refund.")
	if name == "answered" {
		return fmt.Sprint(t.facts["from"])
	}
	if !refunds.State(name).Valid() {
		return ""
	}
	return name
}

// stood says whether the entry has how its request stood: the last one of each
// transaction does, but of older versions.
func (t told) stood() bool { return factsOf(t.facts, factStands) != nil }

// fact is a fact of the entry itself, as columnText writes it.
func (t told) fact(name string) string {
	if text := fmt.Sprint(t.facts[name]); t.facts[name] != nil && text != "0" {
		return text
	}
	return ""
}

// tell reads the facts of entries, and notes those that are not what was written:
// their own hash shows it.
func (c *checked) tell(entries []Entry) []told {
	list := make([]told, 0, len(entries))
	for _, e := range entries {
		facts, err := decodeFacts(e.Facts)
		if err != nil || e.chained() != e.Hash {
			c.differ("journal entry %d", e.Seq)
			continue
		}
		list = append(list, told{e, facts})
	}
	return list
}

// checkRefund compares a request, and its attempts oldest first, with the entries
// about it in their order. It reads nothing and decides nothing: what differs was
// changed by other hands than daesa's.
func checkRefund(row refundRow, attempts []attemptRow, entries []Entry) checked {
	var c checked
	c.refund(row, attempts, c.tell(entries))
	return c
}

// auditRefund also judges how the entries follow one another, which an audit of all
// of them does alone. signed is the entry by which the first statement was taken.
func auditRefund(row refundRow, attempts []attemptRow, entries []Entry, signed int64) checked {
	var c checked
	list := c.tell(entries)
	c.refund(row, attempts, list)
	c.moves(list, signed)
	c.foundBefore(list, signed)
	return c
}

func (c *checked) refund(row refundRow, attempts []attemptRow, list []told) {
	if len(list) == 0 {
		c.differ("the journal knows nothing of it")
		return
	}
	c.request(row, list)
	c.stands(row, list)
	if row.Approval != "" && row.Approval != refunds.ApprovalHash(row.request()) {
		c.differ("approval")
	}
	if len(attempts) != row.Attempts {
		c.differ("attempts")
	}
	c.attempts(attempts, list)
}

// request compares what is written once with every entry that has it.
func (c *checked) request(row refundRow, list []told) {
	found := false
	for _, each := range list {
		if facts := factsOf(each.facts, factRequest); facts != nil {
			found = true
			for _, column := range differing(row, refundRequest, facts) {
				c.differ("%s", column)
			}
		}
	}
	if found {
		return
	}
	// The first entries of older versions have some of it, beside the reason.
	first := list[0]
	for _, column := range refundRequest {
		switch _, known := first.facts[column]; {
		case column == "reason":
			if row.Reason != first.Reason {
				c.differ("reason")
			}
		case !known:
			c.Unsaid++
		case columnText(row, column) != first.fact(column):
			c.differ("%s", column)
		}
	}
}

// stands compares where a request stands with the newest entry that says it.
func (c *checked) stands(row refundRow, list []told) {
	newest := -1
	for i, each := range list {
		if each.state() != "" {
			newest = i
		}
	}
	if newest < 0 || list[newest].state() != row.State {
		c.differ("state")
		return
	}
	if facts := factsOf(list[newest].facts, factStands); facts != nil {
		for _, column := range differing(row, refundStands, facts) {
			c.differ("%s", column)
		}
		return
	}
	c.Unsaid += len(refundStands) - 1
	if row.ApprovedBy == "" {
		return
	}
	for _, each := range slices.Backward(list) {
		if each.Action == "refund."+string(refunds.StateApproved) {
			c.Unsaid--
			if each.Actor != row.ApprovedBy {
				c.differ("approved_by")
			}
			return
		}
	}
	c.differ("approved_by")
}

// attempts compares each attempt with the entries about its sends.
func (c *checked) attempts(rows []attemptRow, list []told) {
	sent := map[string]told{}
	for _, each := range list {
		if each.Action == "refund."+string(refunds.StateSending) {
			sent[each.fact("attempt")] = each
		}
	}
	for _, row := range rows {
		entry, ok := sent[fmt.Sprint(row.N)]
		if !ok {
			c.differ("attempt %d", row.N)
			continue
		}
		for column, name := range map[string]string{"idempotency_key": "idempotency_key", "guard": "guard", "sends": "send"} {
			if columnText(row, column) != entry.fact(name) {
				c.differ("attempt %d: %s", row.N, column)
			}
		}
		if row.Sealed == 0 && row.BodySHA256 != entry.fact("body_sha256") {
			c.differ("attempt %d: body_sha256", row.N)
		}
		if hash := sha256.Sum256(row.Body); len(row.Body) > 0 && hex.EncodeToString(hash[:]) != row.BodySHA256 {
			c.differ("attempt %d: body", row.N)
		}
	}
	if len(sent) > len(rows) {
		c.differ("attempts")
	}
	switch sum := list[len(list)-1].fact(factAttempts); {
	case sum == "" && len(rows) > 0:
		c.Unsaid++
	case sum != "" && sum != attemptsSum(rows):
		c.differ("attempts")
	}
}

// moves notes entries that no version of daesa with signatures has written: since the
// first statement was taken, each begins where the one before ended, and goes where a
// request may go. Entries can be added by hand; what is written by the program
// cannot be of this form.
func (c *checked) moves(list []told, signed int64) {
	was := refunds.State("")
	if n := len(list); signed > 0 && slices.ContainsFunc(list, told.stood) && list[n-1].Seq > signed && !list[n-1].stood() {
		c.differ("journal entry %d: it does not say how the request stood", list[n-1].Seq)
	}
	for _, each := range list {
		to := refunds.State(each.state())
		if to == "" {
			continue
		}
		from := refunds.State(each.fact("from"))
		if signed > 0 && each.Seq > signed && was != "" && !each.stopped(was, to) && (from != was || !refunds.MayMove(was, to)) {
			c.differ("journal entry %d: from %s to %s, where it was %s", each.Seq, from, to, was)
		}
		was = to
	}
}

// stopped says whether a run has found a request that was changed by hand, of which
// nothing had left the machine, and stopped it there: the entry says how it found the
// request, not how it was. foundBefore names it, until a person has given a word.
func (t told) stopped(was, to refunds.State) bool {
	return t.RunID != "" && refunds.FoundByHand(t.Reason) && refunds.NothingLeft(was, to)
}

// foundBefore notes that a run found the request changed, as long as no person has
// given a word on it since: the run has written what it made of that, and what was
// changed may not be seen any more.
//
// What a typed name approved before the first statement, the entry signed, is sent back
// by the first run that asks for signatures: nobody has changed it.
func (c *checked) foundBefore(list []told, signed int64) {
	var typed bool
	var found Entry
	for _, each := range list {
		if each.Action == "refund."+string(refunds.StateApproved) {
			typed = each.fact(factStatement) == "" && (signed == 0 || each.Seq < signed)
		}
		switch {
		case each.RunID == "":
			found = Entry{}
		case refunds.FoundByHand(each.Reason) && !(typed && each.Reason == refunds.WhyNotSigned):
			found = each.Entry
		}
	}
	if found.Seq > 0 {
		c.differ("journal entry %d: %s", found.Seq, found.Reason)
	}
}

// checkTransfer compares a transfer by hand with the entries about it, those about
// its request, and the request itself.
func checkTransfer(row handRow, request refundRow, ofTransfer, ofRequest []Entry) checked {
	var c checked
	list := append(c.tell(ofRequest), c.tell(ofTransfer)...)
	var facts map[string]string
	state := "due"
	for _, each := range list {
		if set := factsOf(each.facts, factTransfer); set != nil {
			facts = set
		}
		if name, ok := strings.CutPrefix(each.Action, "transfer."); ok {
			state = name
		}
	}
	if state != row.State {
		c.differ("state")
	}
	if facts != nil {
		for _, column := range differing(row, transferRow, facts) {
			c.differ("%s", column)
		}
		return c
	}
	// Older versions keep the person and the request's own facts.
	for _, column := range []string{"mid", "payment_key", "order_id", "amount", "currency", "requested_by"} {
		if columnText(row, column) != columnText(request, column) {
			c.differ("%s", column)
		}
	}
	c.Unsaid += len(transferRow) - 7
	for _, each := range list {
		switch {
		case each.Action == "transfer.approved" && each.Actor != row.ApprovedBy:
			c.differ("approved_by")
		case each.Action == "transfer.done" && (each.Actor != row.DoneBy || each.fact("reference") != row.Reference):
			c.differ("done_by")
		}
	}
	return c
}
