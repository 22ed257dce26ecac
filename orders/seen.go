package orders

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

// seenOrders remembers the key of every order of a source, and where it stands: 16
// bytes for each and some to spare, since a source may have millions. A key is known
// again by 96 bits of its SHA-256.
type seenOrders struct{ shards [256]seenShard }

// seenShard is a table of its own, so that only a small part moves when it grows.
type seenShard struct {
	slots []seenOrder
	used  int
}

type seenOrder struct {
	print uint64
	rest  uint32
	place uint32 // 0: nothing stands here
}

// leastShard is how many keys a shard has room for at first.
const leastShard = 8

// put notes that a key stands in a line, or says in which one it stood before.
func (s *seenOrders) put(key []byte, line int) (first int, before bool) {
	sum := sha256.Sum256(key)
	shard := &s.shards[sum[12]]
	if shard.used*8 >= len(shard.slots)*7 {
		shard.grow()
	}
	each := seenOrder{binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint32(sum[8:]), uint32(line) + 1} //nolint:gosec // lines are bounded by the table's limits
	at := shard.find(each)
	if found := shard.slots[at]; found.place != 0 {
		return int(found.place - 1), true
	}
	shard.slots[at] = each
	shard.used++
	return 0, false
}

// find is where a key stands, or would.
func (s *seenShard) find(each seenOrder) int {
	high, _ := bits.Mul64(each.print, uint64(len(s.slots)))
	for at := int(high); ; at++ { //nolint:gosec // below the length
		if at == len(s.slots) {
			at = 0
		}
		if found := &s.slots[at]; found.place == 0 || found.print == each.print && found.rest == each.rest {
			return at
		}
	}
}

func (s *seenShard) grow() {
	old := s.slots
	s.slots = make([]seenOrder, max(leastShard, len(old)*3/2))
	for _, each := range old {
		if each.place != 0 {
			s.slots[s.find(each)] = each
		}
	}
}
