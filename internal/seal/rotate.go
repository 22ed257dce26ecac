package seal

import (
	"encoding/binary"
	"fmt"
	"slices"

	"daesa/internal/hint"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/core/cryptofmt"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// shortest is a sealed empty text: tink's prefix, then AES-GCM's nonce and tag.
const shortest = cryptofmt.TinkPrefixSize + 12 + 16

// KeyOf gives the id of the key that sealed a text, without any key; ok is
// false for what no keyset of ours sealed. Tink writes it in front: 0x01, and
// the id in four bytes (https://developers.google.com/tink/wire-format).
func KeyOf(sealed []byte) (id uint32, ok bool) {
	if len(sealed) < shortest || sealed[0] != cryptofmt.TinkStartByte {
		return 0, false
	}
	return binary.BigEndian.Uint32(sealed[1:cryptofmt.TinkPrefixSize]), true
}

// Keys lists the ids of a keyset's keys: the primary, and then the others from
// the oldest on. The error is ErrKeyset.
func Keys(serialised []byte) ([]uint32, error) {
	handle, _, err := parse(serialised)
	if err != nil {
		return nil, err
	}
	return keyIDs(handle), nil
}

func keyIDs(handle *keyset.Handle) []uint32 {
	info := handle.KeysetInfo()
	ids := []uint32{info.GetPrimaryKeyId()}
	for _, key := range info.GetKeyInfo() {
		if id := key.GetKeyId(); id != ids[0] {
			ids = append(ids, id)
		}
	}
	return ids
}

// Rotate gives the keyset with one new key, by which everything is sealed from
// now on. The others stay, so that they open what they sealed. The error may be
// ErrKeyset.
func Rotate(serialised []byte) ([]byte, error) {
	handle, _, err := parse(serialised)
	if err != nil {
		return nil, err
	}
	manager := keyset.NewManagerFromHandle(handle)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err == nil {
		err = manager.SetPrimary(id)
	}
	if err != nil {
		return nil, fmt.Errorf("seal: add a key: %w", err)
	}
	return managed(manager)
}

// Retire gives the keyset without the keys of these ids; one that it lacks is
// no error. What they sealed can never be opened again, so nothing may be left
// of it. The primary is never removed: that is an error, as is ErrKeyset.
func Retire(serialised []byte, ids []uint32) ([]byte, error) {
	handle, _, err := parse(serialised)
	if err != nil {
		return nil, err
	}
	manager := keyset.NewManagerFromHandle(handle)
	for i, id := range keyIDs(handle) {
		if !slices.Contains(ids, id) {
			continue
		}
		if i == 0 {
			return nil, hint.Errorf("rotate the key first",
				"seal: key %d is the primary, by which texts are sealed: it cannot be retired", id)
		}
		if err := manager.Delete(id); err != nil {
			return nil, fmt.Errorf("seal: retire a key: %w", err)
		}
	}
	return managed(manager)
}

func managed(manager *keyset.Manager) ([]byte, error) {
	handle, err := manager.Handle()
	if err != nil {
		return nil, fmt.Errorf("seal: change a keyset: %w", err)
	}
	return serialise(handle)
}
