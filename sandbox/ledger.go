package sandbox

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
)

// ledger keeps every payment and the index of its transactions by time.
type ledger struct {
	payments []*payment
	byKey    map[string]uint32
	byOrder  map[string]uint32 // the newest payment of an order
	rows     []rowRef
	tidy     bool // rows are in order
	seq      uint32
	touched  int64 // the earliest transaction that came or went since the index of settlements looked
}

// rowRef points at one transaction; (at, seq) is its place in the list.
type rowRef struct {
	at       int64
	seq, pay uint32
}

func (r rowRef) compare(o rowRef) int {
	return cmp.Or(cmp.Compare(r.at, o.at), cmp.Compare(r.seq, o.seq))
}

func (l *ledger) init(size int) {
	*l = ledger{
		payments: make([]*payment, 0, size),
		byKey:    make(map[string]uint32, size),
		byOrder:  make(map[string]uint32, size),
		rows:     make([]rowRef, 0, size),
		tidy:     true,
		touched:  math.MinInt64,
	}
}

// grow makes room for a large history at once.
func (l *ledger) grow(n int) {
	if len(l.payments) > 0 {
		return
	}
	l.init(n + n/4)
}

// add takes a payment in, with the steps that it already has.
func (l *ledger) add(p *payment) {
	p.N = uint32(len(l.payments))
	if p.Key == "" {
		p.Key = paymentKey(p.Requested, p.N)
	}
	l.link(p)
	steps := p.Steps
	p.Steps = p.Steps[:0:0]
	for _, st := range steps {
		l.step(p, st)
	}
}

func (l *ledger) link(p *payment) {
	if older, ok := l.byOrder[p.OrderID]; ok {
		p.prev = older + 1
	}
	l.payments = append(l.payments, p)
	l.byKey[p.Key] = p.N
	l.byOrder[p.OrderID] = p.N
}

// step appends to a payment's life and returns the step as it is kept. What
// the payment had ahead of it is dropped: somebody has changed its future.
func (l *ledger) step(p *payment, st step) *step {
	l.dropAfter(p, st.seenFrom())
	l.seq++
	st.Seq = l.seq
	p.Steps = append(p.Steps, st)
	kept := &p.Steps[len(p.Steps)-1]
	if kept.makesRow() {
		l.insert(rowRef{at: kept.At, seq: kept.Seq, pay: p.N})
	}
	return kept
}

func (l *ledger) dropAfter(p *payment, at int64) {
	keep := len(p.Steps)
	for keep > 0 && p.Steps[keep-1].seenFrom() > at {
		keep--
	}
	for i := keep; i < len(p.Steps); i++ {
		gone := rowRef{at: p.Steps[i].At, seq: p.Steps[i].Seq}
		l.touched = min(l.touched, gone.at)
		l.rows = slices.DeleteFunc(l.rows, func(r rowRef) bool { return r.compare(gone) == 0 })
	}
	p.Steps = p.Steps[:keep]
}

func (l *ledger) insert(r rowRef) {
	if n := len(l.rows); n > 0 && l.tidy && l.rows[n-1].compare(r) > 0 {
		l.tidy = false
	}
	l.touched = min(l.touched, r.at)
	l.rows = append(l.rows, r)
}

func (l *ledger) sort() {
	if !l.tidy {
		slices.SortFunc(l.rows, rowRef.compare)
		l.tidy = true
	}
}

// window returns the rows whose time lies in [from, to], both in Unix seconds.
func (l *ledger) window(from, to int64) []rowRef {
	l.sort()
	i := sort.Search(len(l.rows), func(i int) bool { return l.rows[i].at >= from })
	j := sort.Search(len(l.rows), func(i int) bool { return l.rows[i].at > to })
	if i >= j {
		return nil
	}
	return l.rows[i:j]
}

func (l *ledger) find(key string) (*payment, bool) {
	n, ok := l.byKey[key]
	if !ok {
		return nil, false
	}
	return l.payments[n], true
}

// ofOrder returns the payments of an order, newest first.
func (l *ledger) ofOrder(orderID string) []*payment {
	n, ok := l.byOrder[orderID]
	if !ok {
		return nil
	}
	var out []*payment
	for p := l.payments[n]; ; p = l.payments[p.prev-1] {
		out = append(out, p)
		if p.prev == 0 {
			return out
		}
	}
}

// stepOf finds the step behind a row.
func (l *ledger) stepOf(r rowRef) (*payment, *step) {
	p := l.payments[r.pay]
	for i := range p.Steps {
		if p.Steps[i].Seq == r.seq {
			return p, &p.Steps[i]
		}
	}
	panic(fmt.Sprintf("sandbox: row %d of %s has no step", r.seq, p.Key))
}

// Keys look random but are computed, so that a large ledger need not keep them
// and the same seed gives the same ones.

const (
	base32 = "0123456789abcdefghjkmnpqrstvwxyz"
	base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// mix is the finaliser of splitmix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// paymentKey has the form of real ones: tgen_20250626194853NtWm4. The last five
// characters are a permutation of the ordinal, so no two payments share a key.
func paymentKey(requested int64, n uint32) string {
	const space = 62 * 62 * 62 * 62 * 62
	b := append(make([]byte, 0, 24), "tgen_"...)
	b = stamp(requested).AppendFormat(b, "20060102150405")
	x := (uint64(n)*633910099 + 271828183) % space
	for range 5 {
		b = append(b, base62[x%62])
		x /= 62
	}
	return string(b)
}

const keyPrefix = "txrd_a01"

// appendKey writes a transaction key. It holds the row's place in the list, so
// that startingAfter needs no index.
func appendKey(b []byte, at int64, seq uint32) []byte {
	b = append(b, keyPrefix...)
	b = appendBase32(b, uint64(at), 7)
	b = appendBase32(b, uint64(seq)^0x5a5a5a5a, 7)
	return appendBase32(b, mix(uint64(at)<<20^uint64(seq)), 12)
}

func (st *step) key() string { return string(appendKey(nil, st.At, st.Seq)) }

func appendBase32(b []byte, x uint64, digits int) []byte {
	for i := digits - 1; i >= 0; i-- {
		b = append(b, base32[x>>(5*i)&31])
	}
	return b
}

// parseKey is the inverse of appendKey; false for anything that is no key.
func parseKey(key string) (rowRef, bool) {
	if len(key) != len(keyPrefix)+26 || !strings.HasPrefix(key, keyPrefix) {
		return rowRef{}, false
	}
	var at, seq uint64
	for i, c := range key[len(keyPrefix) : len(keyPrefix)+14] {
		v := strings.IndexRune(base32, c)
		if v < 0 {
			return rowRef{}, false
		}
		if i < 7 {
			at = at<<5 | uint64(v)
		} else {
			seq = seq<<5 | uint64(v)
		}
	}
	r := rowRef{at: int64(at), seq: uint32(seq) ^ 0x5a5a5a5a}
	return r, string(appendKey(nil, r.at, r.seq)) == key
}

// secret is what Toss gives at confirm and repeats in webhooks.
func (p *payment) secret() string {
	b := append(make([]byte, 0, 31), "ps_"...)
	x := mix(uint64(p.N) ^ uint64(p.Requested)<<24)
	for i := range 28 {
		if i%10 == 9 {
			x = mix(x)
		}
		b = append(b, base62[x%62])
		x /= 62
	}
	return string(b)
}
