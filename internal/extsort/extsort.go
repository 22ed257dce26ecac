// Package extsort sorts more records than memory should hold: as many as fit are
// sorted and written to a file, one such run after another, and the runs are merged
// while they are read. The file is its owner's alone and loses its name as soon as it
// is open, so that nothing of it is left behind, whatever ends the process. It knows
// nothing of what a record says. Begin at New.
package extsort

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"

	"daesa/internal/hint"
)

// Memory is how many bytes of records a sorter holds where nobody says otherwise.
const Memory = 4 << 20

const (
	// perRecord is what a record takes in memory besides its bytes.
	perRecord = 8
	// buffered is how much of a run is read or written at once, at most and at least.
	buffered      = 64 << 10
	leastBuffered = 4 << 10
)

// Sorter takes records, and gives them in order as often as they are asked for.
// It is for one goroutine.
type Sorter struct {
	folder  string
	memory  int
	compare func(a, b []byte) int

	held   []byte // records, one after another, that no run has yet
	places []place

	file *os.File // nil: all are held
	runs []run
	name string // of a file that could not lose it while it is open
}

// place is where a record stands among those that are held.
type place struct{ at, length uint32 }

// run is a stretch of the file in which records stand in order, each after its
// length.
type run struct{ at, length int64 }

// New begins a sort. folder is for what does not fit into so many bytes of memory;
// of records that compare as equal the one that was added first comes first.
func New(folder string, memory int, compare func(a, b []byte) int) *Sorter {
	return &Sorter{folder: folder, memory: memory, compare: compare}
}

// Add takes a copy of a record.
func (s *Sorter) Add(record []byte) error {
	if len(s.places) > 0 && len(s.held)+len(record)+perRecord*(len(s.places)+1) > s.memory {
		if err := s.spill(); err != nil {
			return err
		}
	}
	s.places = append(s.places, place{uint32(len(s.held)), uint32(len(record))}) //nolint:gosec // bounded by the memory, or one record
	s.held = append(s.held, record...)
	return nil
}

func (s *Sorter) record(p place) []byte { return s.held[p.at : p.at+p.length] }

// sort puts those that are held in order.
func (s *Sorter) sort() {
	slices.SortFunc(s.places, func(a, b place) int {
		if by := s.compare(s.record(a), s.record(b)); by != 0 {
			return by
		}
		return int(a.at) - int(b.at)
	})
}

// spill writes what is held as one more run.
func (s *Sorter) spill() error {
	if s.file == nil {
		if err := s.open(); err != nil {
			return s.explain(err)
		}
	}
	s.sort()
	next := run{}
	if len(s.runs) > 0 {
		last := s.runs[len(s.runs)-1]
		next.at = last.at + last.length
	}
	out := bufio.NewWriterSize(io.NewOffsetWriter(s.file, next.at), buffered)
	var length [binary.MaxVarintLen64]byte
	for _, p := range s.places {
		head := binary.PutUvarint(length[:], uint64(p.length))
		_, _ = out.Write(length[:head]) // Flush gives the first error
		_, _ = out.Write(s.record(p))
		next.length += int64(head) + int64(p.length)
	}
	if err := out.Flush(); err != nil {
		return s.explain(err)
	}
	s.runs = append(s.runs, next)
	s.held, s.places = s.held[:0], s.places[:0]
	return nil
}

// open makes the file, and takes its name away. Where a system does not let an
// open file lose its name Close does it.
func (s *Sorter) open() (err error) {
	if s.file, err = os.CreateTemp(s.folder, ".daesa-sort-*"); err != nil { // mode 0600
		return err
	}
	if os.Remove(s.file.Name()) != nil {
		s.name = s.file.Name()
	}
	return nil
}

func (s *Sorter) explain(err error) error {
	return hint.Errorf("daesa sorts in the folder for temporary files: free some space there, or name another folder by TMPDIR; nothing was taken",
		"sort in %s: %w", s.folder, err)
}

// All gives the records in order; each is valid until the next. It may be gone
// through again, from the beginning; then nothing may be added any more. An error is
// the last thing that is given.
func (s *Sorter) All() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if s.file == nil {
			s.sort()
			for _, p := range s.places {
				if !yield(s.record(p), nil) {
					return
				}
			}
			return
		}
		if len(s.places) > 0 {
			if err := s.spill(); err != nil {
				yield(nil, err)
				return
			}
		}
		s.held, s.places = nil, nil
		if err := s.merge(yield); err != nil {
			yield(nil, s.explain(err))
		}
	}
}

// merge goes through all runs at once. It ends without an error where nobody wants
// more.
func (s *Sorter) merge(yield func([]byte, error) bool) error {
	size := min(buffered, max(leastBuffered, s.memory/len(s.runs)))
	var sources queue
	sources.compare = s.compare
	for _, each := range s.runs {
		next := &source{reader: bufio.NewReaderSize(io.NewSectionReader(s.file, each.at, each.length), size), number: len(sources.all)}
		if err := next.advance(); err != nil {
			return err
		}
		sources.all = append(sources.all, next)
	}
	for i := len(sources.all)/2 - 1; i >= 0; i-- {
		sources.sink(i)
	}
	for len(sources.all) > 0 {
		first := sources.all[0]
		if !yield(first.record, nil) {
			return nil
		}
		if err := first.advance(); errors.Is(err, io.EOF) {
			last := len(sources.all) - 1
			sources.all[0], sources.all = sources.all[last], sources.all[:last]
		} else if err != nil {
			return err
		}
		sources.sink(0)
	}
	return nil
}

// Close gives the disk's space back.
func (s *Sorter) Close() error {
	s.held, s.places = nil, nil
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if s.name != "" {
		err = errors.Join(err, os.Remove(s.name))
	}
	return err
}

// source is a run that is being read.
type source struct {
	reader *bufio.Reader
	number int
	record []byte
}

// advance reads the next record; io.EOF after the last.
func (r *source) advance() error {
	length, err := binary.ReadUvarint(r.reader)
	if err != nil {
		return err
	}
	r.record = slices.Grow(r.record[:0], int(length))[:length] //nolint:gosec // we wrote it
	if _, err := io.ReadFull(r.reader, r.record); err != nil {
		return fmt.Errorf("a run is shorter than it was written: %w", io.ErrUnexpectedEOF)
	}
	return nil
}

// queue holds the sources as a heap: the one with the least record is first.
type queue struct {
	all     []*source
	compare func(a, b []byte) int
}

func (q *queue) less(i, j int) bool {
	a, b := q.all[i], q.all[j]
	if by := q.compare(a.record, b.record); by != 0 {
		return by < 0
	}
	return a.number < b.number
}

// sink moves a source down to its place.
func (q *queue) sink(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(q.all); child++ {
			if q.less(child, least) {
				least = child
			}
		}
		if least == i {
			return
		}
		q.all[i], q.all[least] = q.all[least], q.all[i]
		i = least
	}
}
