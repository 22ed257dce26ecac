package sandbox

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// stateHead is the first line of a state file; the payments follow, then the
// idempotency keys, one JSON document a line, then whatever changed since, one
// list of stateLine for each time that the file was written.
type stateHead struct {
	Format   string          `json:"format"`
	Seq      uint32          `json:"seq"`
	Payments int             `json:"payments"`
	Offset   time.Duration   `json:"offset"`
	Stand    time.Time       `json:"stand"`
	History  *HistoryOptions `json:"history"`
	Settled  []settledRow    `json:"settled"`
	Settling *settling       `json:"settling"`
	LastDone []lastDone      `json:"last_done"`
}

type lastDone struct {
	Pay uint32    `json:"pay"`
	At  time.Time `json:"at"`
}

// stateLine is one thing behind the payments: a payment as it is now, the head
// again, or what an idempotency key has answered.
type stateLine struct {
	Payment *payment    `json:"payment,omitempty"`
	Done    *lastDone   `json:"done,omitempty"`
	Head    *stateHead  `json:"head,omitempty"`
	Scope   string      `json:"scope,omitempty"`
	Answer  *keptAnswer `json:"answer,omitempty"`
}

// The formats of a state file. The first one ends with the keys; in the second
// each change is a line of its own.
var stateFormats = []string{"toss-sandbox-1", "toss-sandbox-2", stateFormat}

const stateFormat = "toss-sandbox-3"

// Save writes the ledger, the clock and the idempotency keys to a file that
// only its owner can read. It replaces the file as a whole or not at all.
// Webhooks on their way are not part of it.
func (s *Sandbox) Save(path string) error {
	s.calling.Lock()
	s.mu.Lock()
	if s.journal != nil && path == s.opts.StateFile { // which has one writer
		s.touchAll()
		s.mu.Unlock()
		s.calling.Unlock()
		return s.commit()
	}
	var raw bytes.Buffer
	err := s.writeState(&raw)
	s.mu.Unlock()
	s.calling.Unlock()
	if err == nil {
		var file *os.File
		if file, err = replaceFile(path, raw.Bytes()); err == nil {
			err = file.Close()
		}
	}
	if err != nil {
		return fmt.Errorf("save the sandbox: %w", err)
	}
	return nil
}

// replaceFile puts a file into its place, whole and down to the disk, and leaves
// it open for what is appended.
func replaceFile(path string, raw []byte) (*os.File, error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return nil, err
	}
	if _, err = tmp.Write(raw); err == nil {
		err = tmp.Sync()
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path) // CreateTemp has made it 0600
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		_ = tmp.Close()
		_ = os.Remove(tmp.Name())
		return nil, err
	}
	return tmp, nil
}

// syncFolder brings the new name down to the disk.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

// head is the first line.
func (s *Sandbox) head() stateHead {
	head := stateHead{
		Format: stateFormat, Seq: s.ledger.seq, Payments: len(s.ledger.payments),
		Offset: s.clock.offset, Stand: s.clock.stand, Settled: s.settled, Settling: &s.settling,
	}
	if s.history != nil {
		head.History = &s.history.options
	}
	for pay, at := range s.lastDone {
		if s.clock.pacing().Sub(at) < time.Minute {
			head.LastDone = append(head.LastDone, lastDone{pay, at})
		}
	}
	slices.SortFunc(head.LastDone, func(a, b lastDone) int { return cmp.Compare(a.Pay, b.Pay) })
	return head
}

func (s *Sandbox) writeState(w io.Writer) error {
	out := json.NewEncoder(w)
	if err := out.Encode(s.head()); err != nil {
		return err
	}
	for _, p := range s.ledger.payments {
		if err := out.Encode(p); err != nil {
			return err
		}
	}
	scopes := make([]string, 0, len(s.keys))
	for scope, k := range s.keys {
		if !k.Running && s.now().Sub(k.First) < keyLife {
			scopes = append(scopes, scope)
		}
	}
	slices.Sort(scopes)
	for _, scope := range scopes {
		if err := out.Encode(stateLine{Scope: scope, Answer: s.keys[scope]}); err != nil {
			return err
		}
	}
	return nil
}

// Load replaces everything by what Save has written. With Options.ForgetKeys
// the idempotency keys are left out. On an error nothing has changed.
func (s *Sandbox) Load(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("load the sandbox: %w", err)
	}
	defer file.Close()
	fresh := New(s.opts)
	if err := fresh.readState(bufio.NewReaderSize(file, 1<<20)); err != nil {
		return fmt.Errorf("load the sandbox from %s: %w", path, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ledger, s.keys, s.lastDone = fresh.ledger, fresh.keys, fresh.lastDone
	s.clock, s.settled, s.history = fresh.clock, fresh.settled, fresh.history
	s.settling, s.index = fresh.settling, settleIndex{}
	s.touchAll()
	return nil
}

func (s *Sandbox) readState(r io.Reader) error {
	in := json.NewDecoder(r)
	var head stateHead
	if err := in.Decode(&head); err != nil {
		return err
	}
	if !slices.Contains(stateFormats, head.Format) {
		return fmt.Errorf("format %q is not %s", head.Format, stateFormat)
	}
	payments := make([]*payment, head.Payments)
	for i := range payments {
		if err := in.Decode(&payments[i]); err != nil {
			return err
		}
	}
	for _, l := range head.LastDone {
		s.lastDone[l.Pay] = l.At
	}
	lines := bufio.NewReaderSize(io.MultiReader(in.Buffered(), r), 1<<20)
	payments, err := s.readLines(lines, payments, &head)
	if err != nil {
		return err
	}
	s.ledger.init(len(payments))
	s.ledger.seq = head.Seq
	for _, p := range payments {
		s.ledger.restore(p)
	}
	s.clock.offset, s.clock.stand, s.settled = head.Offset, head.Stand, head.Settled
	if head.Settling != nil { // how it settles belongs to the ledger; Options.Settle shows it
		s.settling = *head.Settling
		s.settling.On = s.settling.On || s.opts.Settle
	}
	if head.History != nil {
		// The shop's side is not stored: the same options write it again.
		s.history = New(Options{MID: s.opts.MID}).Seed(*head.History)
	}
	return nil
}

// readLines takes in what stands behind the payments. What a sandbox that was
// killed had not written to its end was never answered and is left out as a whole:
// half of it would be a payment without the answer that its key keeps. Anything
// else that cannot be read is an error.
func (s *Sandbox) readLines(lines *bufio.Reader, payments []*payment, head *stateHead) ([]*payment, error) {
	var torn error
	for {
		raw, end := lines.ReadBytes('\n')
		switch {
		case end != nil && !errors.Is(end, io.EOF):
			return nil, end
		case end != nil: // without its end the line is none
			return payments, nil
		case len(bytes.TrimSpace(raw)) == 0:
			continue
		}
		written, err := readLine(raw)
		if err != nil {
			torn = cmp.Or(torn, err)
			continue
		}
		if torn != nil {
			return nil, fmt.Errorf("in the middle of it: %w", torn)
		}
		for _, line := range written {
			if payments, err = s.takeIn(line, payments, head); err != nil {
				return nil, err
			}
		}
	}
}

// readLine reads what was written at once.
func readLine(raw []byte) (written []stateLine, err error) {
	if raw[0] == '[' {
		err = json.Unmarshal(raw, &written)
		return written, err
	}
	var one stateLine
	err = json.Unmarshal(raw, &one)
	return []stateLine{one}, err
}

func (s *Sandbox) takeIn(line stateLine, payments []*payment, head *stateHead) ([]*payment, error) {
	if p := line.Payment; p != nil {
		switch n := int(p.N); {
		case n < len(payments):
			payments[n] = p
		case n == len(payments):
			payments = append(payments, p)
		default:
			return nil, fmt.Errorf("payment %d comes after %d", n, len(payments))
		}
	}
	if line.Done != nil {
		s.lastDone[line.Done.Pay] = line.Done.At
	}
	if line.Head != nil {
		*head = *line.Head
	}
	if line.Answer != nil && !s.opts.ForgetKeys {
		s.keys[line.Scope] = line.Answer
	}
	return payments, nil
}

// restore takes a saved payment in as it is.
func (l *ledger) restore(p *payment) {
	p.N = uint32(len(l.payments))
	l.link(p)
	for i := range p.Steps {
		e := &p.Steps[i]
		l.seq = max(l.seq, e.Seq)
		if e.makesRow() {
			l.insert(rowRef{at: e.At, seq: e.Seq, pay: p.N})
		}
	}
}
