package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"
)

// journal keeps what has changed in the state file before anything of it is
// answered. The file is a whole state and, behind it, what changed since, a line for
// each time that it was written. One caller writes and syncs for all that wait, so that the disk is asked
// once for many.
type journal struct {
	mu   sync.Mutex
	free *sync.Cond // the writer is done
	busy bool
	kept uint64 // changes that are on the disk
	err  error  // what kept the file from being written; it stays

	// Of the one who writes:
	file        *os.File
	whole, size int64 // bytes of the state, and of the file
}

// pending is what has changed since the journal last wrote. Sandbox.mu guards it.
type pending struct {
	count    uint64 // changes so far
	payments []uint32
	keys     []string // scopes of idempotency keys that have got their answer
	head     bool     // clock, settling, rows set by hand
	all      bool     // more than can be said thing by thing
}

// touch notes that a payment has changed.
func (s *Sandbox) touch(p *payment) {
	s.pending.count++
	if s.journal != nil {
		s.pending.payments = append(s.pending.payments, p.N)
	}
}

// touchHead notes that what stands in the head of a state has changed.
func (s *Sandbox) touchHead() {
	s.pending.count++
	s.pending.head = true
}

// touchAll notes that nothing is as it was.
func (s *Sandbox) touchAll() {
	s.pending.count++
	s.pending.all = true
}

// Keep begins to keep everything in Options.StateFile: it writes the state there,
// and from then on no answer of the API, no answer of the sandbox's own addresses
// and no webhook leaves before what it shows is on the disk. It does nothing
// without a StateFile, or when it has begun already.
func (s *Sandbox) Keep() error {
	s.mu.Lock()
	if s.opts.StateFile == "" || s.journal != nil {
		s.mu.Unlock()
		return nil
	}
	j := &journal{}
	j.free = sync.NewCond(&j.mu)
	s.journal = j
	s.touchAll()
	s.mu.Unlock()
	return s.commit()
}

// commit waits until everything that has happened so far is on the disk. Its
// error is the journal's, and stays.
func (s *Sandbox) commit() error {
	s.mu.Lock()
	j, upTo := s.journal, s.pending.count
	s.mu.Unlock()
	if j == nil {
		return nil
	}
	if err := j.reach(upTo, s.writeChanges); err != nil {
		return fmt.Errorf("keep the sandbox's state: %w", err)
	}
	return nil
}

// reach waits for a change, and writes where nobody does.
func (j *journal) reach(upTo uint64, write func(*journal) (uint64, error)) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for j.err == nil && j.kept < upTo {
		if j.busy {
			j.free.Wait()
			continue
		}
		j.busy = true
		j.mu.Unlock()
		kept, err := write(j)
		j.mu.Lock()
		j.busy, j.err, j.kept = false, err, max(j.kept, kept)
		j.free.Broadcast()
	}
	return j.err
}

// compactFrom is how large a file at least is that is written anew, and
// compactAt how many times the state that was in it.
const (
	compactFrom = 64 << 20
	compactAt   = 4
)

// writeChanges brings the file up to date and says up to which change.
func (s *Sandbox) writeChanges(j *journal) (uint64, error) {
	// No call may be between what it does and the answer that its key keeps.
	s.calling.Lock()
	s.mu.Lock()
	s.pending.all = s.pending.all || j.size > compactFrom && j.size > compactAt*j.whole
	if s.pending.all {
		return s.writeAll(j)
	}
	line, err := s.changed()
	upTo := s.pending.count
	s.pending = pending{count: upTo}
	s.mu.Unlock()
	s.calling.Unlock()
	if err != nil {
		return 0, err
	}
	n, err := j.file.Write(line)
	j.size += int64(n)
	if err == nil {
		err = j.file.Sync()
	}
	return upTo, err
}

// writeAll replaces the file. It is called with both locks held and lets them go.
func (s *Sandbox) writeAll(j *journal) (uint64, error) {
	var raw bytes.Buffer
	err := s.writeState(&raw)
	upTo := s.pending.count
	s.pending = pending{count: upTo}
	s.mu.Unlock()
	s.calling.Unlock()
	if err != nil {
		return 0, err
	}
	file, err := replaceFile(s.opts.StateFile, raw.Bytes())
	if err != nil {
		return 0, err
	}
	if j.file != nil {
		_ = j.file.Close()
	}
	j.file, j.whole, j.size = file, int64(raw.Len()), int64(raw.Len())
	return upTo, nil
}

// changed draws what has changed as one line, so that a process that is killed
// while it writes leaves all of it or nothing.
func (s *Sandbox) changed() ([]byte, error) {
	var lines []stateLine
	if s.pending.head {
		head := s.head()
		lines = append(lines, stateLine{Head: &head})
	}
	slices.Sort(s.pending.payments)
	for _, n := range slices.Compact(s.pending.payments) {
		line := stateLine{Payment: s.ledger.payments[n]}
		if at, ok := s.lastDone[n]; ok && s.clock.pacing().Sub(at) < time.Minute {
			line.Done = &lastDone{n, at}
		}
		lines = append(lines, line)
	}
	for _, scope := range s.pending.keys {
		if k := s.keys[scope]; k != nil && !k.Running {
			lines = append(lines, stateLine{Scope: scope, Answer: k})
		}
	}
	raw, err := json.Marshal(lines)
	return append(raw, '\n'), err
}

// Durable lets no answer out before what it shows is on the disk; where that
// fails the caller gets none. Without Keep it changes nothing.
func (s *Sandbox) Durable(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&keptWriter{ResponseWriter: w, s: s}, r)
	})
}

// keptWriter commits before the first byte.
type keptWriter struct {
	http.ResponseWriter
	s    *Sandbox
	sure bool
}

func (w *keptWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *keptWriter) WriteHeader(status int) {
	w.commit()
	w.ResponseWriter.WriteHeader(status)
}

func (w *keptWriter) Write(raw []byte) (int, error) {
	w.commit()
	return w.ResponseWriter.Write(raw)
}

func (w *keptWriter) commit() {
	if !w.sure && w.s.commit() != nil {
		panic(http.ErrAbortHandler)
	}
	w.sure = true
}
