package seal

import (
	"crypto/sha256"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
)

// Ring seals and opens with the newest keyset that its source gives, so that a
// process that runs for days follows a rotation by another one. It may be used
// by several goroutines at once.
type Ring struct {
	load    func() ([]byte, error)
	reading sync.Mutex // one at a time, so that an older keyset never takes a newer one's place
	current atomic.Pointer[heldKeyset]
}

// heldKeyset is what a ring read last.
type heldKeyset struct {
	sum     [sha256.Size]byte // of the serialised keyset: shows whether it has changed
	primary uint32
	sealer  *Sealer
}

// NewRing reads its source once, and later as its methods say. The error is
// that of load, or ErrKeyset.
func NewRing(load func() ([]byte, error)) (*Ring, error) {
	r := &Ring{load: load}
	if err := r.Reload(); err != nil {
		return nil, err
	}
	return r, nil
}

// Reload reads the source now. The error is that of the source, or ErrKeyset;
// the ring then keeps what it has.
func (r *Ring) Reload() error {
	r.reading.Lock()
	defer r.reading.Unlock()
	serialised, err := r.load()
	if err != nil {
		return err
	}
	sum := sha256.Sum256(serialised)
	if held := r.current.Load(); held != nil && held.sum == sum {
		return nil
	}
	handle, sealer, err := parse(serialised)
	if err != nil {
		return err
	}
	r.current.Store(&heldKeyset{sum: sum, primary: keyIDs(handle)[0], sealer: sealer})
	return nil
}

// Seal encrypts like Sealer.Seal. It reads the source first: a text under a key
// that was rotated away could become unreadable when that key is retired, and
// one under a key that is no longer in the source would be so after a restart.
// The error may be that of Reload.
func (r *Ring) Seal(plain, associated []byte) ([]byte, error) {
	if err := r.Reload(); err != nil {
		return nil, err
	}
	return r.current.Load().sealer.Seal(plain, associated)
}

// Open decrypts what any ring or sealer of the same source sealed. Where a text
// cannot be opened it reads the source again, once. The error is ErrOpen; or
// that of Reload, and then it is not known whether the text can be opened.
func (r *Ring) Open(sealed, associated []byte) ([]byte, error) {
	before := r.current.Load()
	plain, err := before.sealer.Open(sealed, associated)
	if err == nil {
		return plain, nil
	}
	if err := r.Reload(); err != nil {
		return nil, err
	}
	after := r.current.Load()
	if after == before {
		return nil, err
	}
	return after.sealer.Open(sealed, associated)
}

// Primary is the id of the key that seals, as the source was last read.
func (r *Ring) Primary() uint32 { return r.current.Load().primary }

// Format prints no key, whatever the verb.
func (r *Ring) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "seal.Ring") }
