package approval

import (
	"fmt"
	"strings"
	"time"

	"daesa/pay"
)

// Taken is a statement that was handed in with a good signature.
type Taken struct {
	Statement
	Text, Signature []byte
	Hash            string    // of the text
	Principal       string    // whose key signed it
	Key             string    // its fingerprint, as ssh-keygen -l writes it
	At              time.Time // when it was handed in: of the words that it gives, too
}

// Refusal says why a statement is not taken. Word is what programs read.
type Refusal struct{ Reason, Text, Advice string }

// Error is the sentence for people.
func (r *Refusal) Error() string { return r.Text }

// Hint says what can be done.
func (r *Refusal) Hint() string { return r.Advice }

// Word is the reason, for programs.
func (r *Refusal) Word() string { return r.Reason }

// The reasons for which a statement is not taken.
const (
	Late       = "statement_expired"
	Used       = "statement_used"
	OtherBooks = "statement_of_other_journal"
	Changed    = "statement_changed"
	OtherDeed  = "statement_of_other_deed"
	TooLong    = "statement_too_long"
)

const anew = "write a new statement (the same command with --statement FILE alone), look at it, and have it signed"

// LastUntil is the latest end of a statement that is written at a time: that of the
// next bank day, to the second.
func LastUntil(at time.Time) time.Time {
	return pay.DayOf(at).AddBankDays(1).End().Add(-time.Second)
}

// MayTake says whether a statement is taken now for one of the deeds. The error is
// a *Refusal.
func (s Statement) MayTake(now time.Time, deeds ...Deed) error {
	for _, deed := range deeds {
		if s.Do != deed {
			continue
		}
		if now.Truncate(time.Second).After(s.Until) {
			return &Refusal{Late, "the statement could be handed in until " + pay.FormatTime(s.Until), anew}
		}
		if s.Until.After(LastUntil(now)) {
			return &Refusal{TooLong, "the statement says that it is good until " + pay.FormatTime(s.Until) + ", and daesa writes none that is good for so long", anew}
		}
		return nil
	}
	return &Refusal{OtherDeed, fmt.Sprintf("the statement is for %q", s.Do), "hand it in by the command that wrote it, with --signature FILE.sig"}
}

// Once refuses a statement that was taken before: used says whether it was.
func (s Statement) Once(used bool) error {
	if used {
		return &Refusal{Used, "the statement was handed in before: it is good once", anew}
	}
	return nil
}

// Follows says whether the journal still has the entry that it had when the
// statement was written: hash is that of the entry with its number, "" for none.
// Else the database is another one, or was set back, or its journal rebuilt.
func (s Statement) Follows(hash string) error {
	if hash != s.Head.Hash {
		return &Refusal{OtherBooks, fmt.Sprintf("the statement was written when entry %d of the journal was another one", s.Head.Seq),
			"the database was restored, or is another one, or somebody rebuilt its journal: daesa audit verify --head " + s.Head.Hash}
	}
	return nil
}

// Holds says whether what the statement approves is still as it was signed: now are
// the lines as they would be written now. The error is a *Refusal that names the
// first that differs.
func (s Statement) Holds(now []Line) error {
	again := New(s.Do, s.Head, s.Until, now)
	for i, line := range again.Lines {
		signed, found := s.Line(line.Of())
		switch {
		case !found:
			return changed(line.Of(), "it is not in the statement")
		case i > 0 && again.Lines[i-1].Of() == line.Of():
			return changed(line.Of(), "it stands twice")
		case !signed.Same(line):
			return changed(line.Of(), strings.Join(signed.Differ(line), ", ")+" is not what was signed")
		}
	}
	if len(again.Lines) != len(s.Lines) {
		return changed(fmt.Sprint(len(s.Lines))+" lines", fmt.Sprintf("%d of them are still so", len(again.Lines)))
	}
	return nil
}

func changed(of, why string) error {
	return &Refusal{Changed, fmt.Sprintf("what the statement approves has changed: %s: %s", of, why), anew}
}
