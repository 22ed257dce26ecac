package sandbox

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// stateHead is the first line of a state file; the payments follow, then the
// idempotency keys, one JSON document a line.
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

type stateKey struct {
	Scope  string     `json:"scope"`
	Answer keptAnswer `json:"answer"`
}

const stateFormat = "toss-sandbox-1"

// Save writes the ledger, the clock and the idempotency keys to a file that
// only its owner can read. It replaces the file as a whole or not at all.
// Webhooks on their way are not part of it.
func (s *Sandbox) Save(path string) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("save the sandbox: %w", err)
	}
	defer os.Remove(tmp.Name())
	w := bufio.NewWriterSize(tmp, 1<<20)
	err = s.writeState(w)
	for _, next := range []func() error{w.Flush, tmp.Sync, tmp.Close} {
		if err == nil {
			err = next()
		}
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path) // CreateTemp has made it 0600
	}
	if err != nil {
		_ = tmp.Close()
		return fmt.Errorf("save the sandbox: %w", err)
	}
	return nil
}

func (s *Sandbox) writeState(w io.Writer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := json.NewEncoder(w)
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
	slices.SortFunc(head.LastDone, func(a, b lastDone) int { return int(a.Pay) - int(b.Pay) })
	if err := out.Encode(head); err != nil {
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
		if err := out.Encode(stateKey{scope, *s.keys[scope]}); err != nil {
			return err
		}
	}
	s.dirty = false
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
	s.dirty = false
	return nil
}

func (s *Sandbox) readState(r io.Reader) error {
	in := json.NewDecoder(r)
	var head stateHead
	if err := in.Decode(&head); err != nil {
		return err
	}
	if head.Format != stateFormat {
		return fmt.Errorf("format %q is not %s", head.Format, stateFormat)
	}
	s.ledger.init(head.Payments)
	for range head.Payments {
		p := &payment{}
		if err := in.Decode(p); err != nil {
			return err
		}
		s.ledger.restore(p)
	}
	s.ledger.seq = head.Seq
	s.clock.offset, s.clock.stand, s.settled = head.Offset, head.Stand, head.Settled
	if head.Settling != nil { // how it settles belongs to the ledger; Options.Settle shows it
		s.settling = *head.Settling
		s.settling.On = s.settling.On || s.opts.Settle
	}
	for _, l := range head.LastDone {
		s.lastDone[l.Pay] = l.At
	}
	for in.More() && !s.opts.ForgetKeys {
		var k stateKey
		if err := in.Decode(&k); err != nil {
			return err
		}
		s.keys[k.Scope] = &k.Answer
	}
	if head.History != nil {
		// The shop's side is not stored: the same options write it again.
		s.history = New(Options{MID: s.opts.MID}).Seed(*head.History)
	}
	return nil
}

// restore takes a saved payment in as it is.
func (l *ledger) restore(p *payment) {
	p.N = uint32(len(l.payments))
	l.link(p)
	for i := range p.Steps {
		if e := &p.Steps[i]; e.makesRow() {
			l.insert(rowRef{at: e.At, seq: e.Seq, pay: p.N})
		}
	}
}
