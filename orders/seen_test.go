package orders

import (
	"encoding/binary"
	"testing"
	"unsafe"
)

func TestEveryKeyIsKnownAgainWithItsFirstLine(t *testing.T) {
	t.Parallel()
	var seen seenOrders
	const keys = 60_000
	key := func(i int) []byte { return binary.BigEndian.AppendUint32([]byte("shop\x00"), uint32(i)) }
	for i := range keys {
		if first, before := seen.put(key(i), i); before {
			t.Fatalf("key %d is taken for that of line %d", i, first)
		}
	}
	for i := range keys {
		if first, before := seen.put(key(i), keys+i); !before || first != i {
			t.Fatalf("key %d: line %d, known %t", i, first, before)
		}
	}
	if size := unsafe.Sizeof(seenOrder{}); size > 16 {
		t.Errorf("a key takes %d bytes", size)
	}
	slots := 0
	for i := range seen.shards {
		slots += len(seen.shards[i].slots)
	}
	if slots > 2*keys {
		t.Errorf("%d places for %d keys", slots, keys)
	}
}
