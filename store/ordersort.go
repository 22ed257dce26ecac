package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"iter"
	"os"
	"time"

	"daesa/internal/extsort"
	"daesa/orders"
	"daesa/pay"
)

// sortedOrders are the orders of a source by merchant and number, which is how the
// table holds them: rows that come in its order are several times cheaper to look up
// and to write.
type sortedOrders struct {
	sorter *extsort.Sorter
	rows   int64
	read   orders.Saved // its times alone
}

// sortOrders reads a source to its end. Nothing of the database waits meanwhile.
func sortOrders(ctx context.Context, source iter.Seq2[pay.Order, error], memory int) (*sortedOrders, error) {
	s := &sortedOrders{sorter: extsort.New(os.TempDir(), memory, compareOrders)}
	err := s.gather(ctx, source)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *sortedOrders) gather(ctx context.Context, source iter.Seq2[pay.Order, error]) error {
	var record []byte
	for o, err := range source {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		s.rows++
		if s.read.FirstOrdered.IsZero() || o.OrderedAt.Before(s.read.FirstOrdered) {
			s.read.FirstOrdered = o.OrderedAt
		}
		s.read.LastOrdered = pay.Latest(s.read.LastOrdered, o.OrderedAt)
		record = appendOrder(record[:0], o)
		if err := s.sorter.Add(record); err != nil {
			return err
		}
	}
	return nil
}

// All gives the orders, as often as they are asked for.
func (s *sortedOrders) All() iter.Seq2[pay.Order, error] {
	return func(yield func(pay.Order, error) bool) {
		for record, err := range s.sorter.All() {
			if err != nil {
				yield(pay.Order{}, err)
				return
			}
			if !yield(orderOf(record), nil) {
				return
			}
		}
	}
}

func (s *sortedOrders) Close() error { return s.sorter.Close() }

// appendWords writes texts into a record, each after its length.
func appendWords(record []byte, texts ...string) []byte {
	for _, text := range texts {
		record = binary.AppendUvarint(record, uint64(len(text)))
		record = append(record, text...)
	}
	return record
}

// appendOrder writes an order as a record: its key, its other texts, and its numbers.
func appendOrder(record []byte, o pay.Order) []byte {
	record = appendWords(record, o.MID, o.ID, o.PaymentKey, string(o.Method), string(o.Status), o.PG, string(o.Currency), o.CustomerRef)
	for _, number := range []int64{o.Amount, o.CanceledAmount, o.RefundedElsewhere, o.TaxFreeAmount, flag(o.MixedRefunds), flag(o.PaidUnknown)} {
		record = binary.AppendVarint(record, number)
	}
	for _, moment := range []time.Time{o.OrderedAt, o.PaidAt, o.CanceledAt} {
		record = binary.AppendVarint(record, flag(!moment.IsZero()))
		if !moment.IsZero() {
			record = binary.AppendVarint(record, at(moment).UnixMicro())
		}
	}
	return record
}

// orderOf reads what appendOrder wrote.
func orderOf(record []byte) pay.Order {
	r := recordReader{text: string(record), rest: record}
	var o pay.Order
	o.MID, o.ID, o.PaymentKey = r.word(), r.word(), r.word()
	o.Method, o.Status = pay.Method(r.word()), pay.OrderStatus(r.word())
	o.PG, o.Currency, o.CustomerRef = r.word(), pay.Currency(r.word()), r.word()
	o.Amount, o.CanceledAmount, o.RefundedElsewhere, o.TaxFreeAmount = r.number(), r.number(), r.number(), r.number()
	o.MixedRefunds, o.PaidUnknown = r.number() == 1, r.number() == 1
	o.OrderedAt, o.PaidAt, o.CanceledAt = r.moment(), r.moment(), r.moment()
	return o
}

// recordReader goes through a record. Its texts are parts of one.
type recordReader struct {
	text string
	rest []byte
}

func (r *recordReader) word() string {
	length, head := binary.Uvarint(r.rest)
	from := len(r.text) - len(r.rest) + head
	r.rest = r.rest[head+int(length):] //nolint:gosec // we wrote it
	return r.text[from : from+int(length)]
}

func (r *recordReader) number() int64 {
	number, head := binary.Varint(r.rest)
	r.rest = r.rest[head:]
	return number
}

func (r *recordReader) moment() time.Time {
	if r.number() == 0 {
		return time.Time{}
	}
	return time.UnixMicro(r.number()).UTC()
}

// compareOrders compares the keys of two records byte by byte, as both databases
// do.
func compareOrders(a, b []byte) int {
	midA, restA := cutWord(a)
	midB, restB := cutWord(b)
	if by := bytes.Compare(midA, midB); by != 0 {
		return by
	}
	idA, _ := cutWord(restA)
	idB, _ := cutWord(restB)
	return bytes.Compare(idA, idB)
}

func cutWord(record []byte) (word, rest []byte) {
	length, head := binary.Uvarint(record)
	end := head + int(length) //nolint:gosec // we wrote it
	return record[head:end], record[end:]
}
