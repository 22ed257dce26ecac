package signers

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"
)

const (
	maxSignature = 32 << 10 // bytes, in its armour; one of RSA with 16384 bits has 6 KB
	minRSA       = 2048     // bits

	armourBegin = "-----BEGIN SSH SIGNATURE-----\n"
	armourEnd   = "\n-----END SSH SIGNATURE-----"
)

// kinds are the kinds of keys that sign, each with the forms of its signatures.
var kinds = map[string][]string{
	ssh.KeyAlgoED25519:    {ssh.KeyAlgoED25519},
	ssh.KeyAlgoECDSA256:   {ssh.KeyAlgoECDSA256},
	ssh.KeyAlgoECDSA384:   {ssh.KeyAlgoECDSA384},
	ssh.KeyAlgoECDSA521:   {ssh.KeyAlgoECDSA521},
	ssh.KeyAlgoRSA:        {ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512},
	ssh.KeyAlgoSKED25519:  {ssh.KeyAlgoSKED25519},
	ssh.KeyAlgoSKECDSA256: {ssh.KeyAlgoSKECDSA256},
}

// isKind says whether a word names a kind of key, whether or not it is taken.
func isKind(word string) bool {
	return kinds[word] != nil || isCertificate(word) || strings.HasPrefix(word, "ssh-") || strings.HasPrefix(word, "sk-") ||
		strings.HasPrefix(word, "ecdsa-") || strings.HasPrefix(word, "rsa-") || strings.HasPrefix(word, "webauthn-")
}

func isCertificate(kind string) bool { return strings.HasSuffix(kind, "-cert-v01@openssh.com") }

func securityKey(kind string) bool { return strings.HasPrefix(kind, "sk-") }

// readKey reads the public key of a line: its kind, and its bytes in base64. The
// error is a sentence about the key.
func readKey(kind, encoded string) (ssh.PublicKey, error) {
	switch {
	case isCertificate(kind):
		return nil, errors.New("is a certificate, and only keys are taken")
	case kinds[kind] == nil:
		return nil, errors.New("is no kind of key that is taken")
	}
	blob, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return nil, errors.New("is no public key: it is not whole base64")
	}
	key, err := ssh.ParsePublicKey(blob)
	switch {
	case err != nil || string(key.Marshal()) != string(blob):
		return nil, errors.New("is no public key: its bytes cannot be read")
	case key.Type() != kind:
		return nil, errors.New("is a key of another kind: " + shown(key.Type()))
	case bits(key) < minRSA:
		return nil, errors.New("is an RSA key of less than " + strconv.Itoa(minRSA) + " bits")
	}
	return key, nil
}

// bits is the length of an RSA key; of any other it is enough.
func bits(key ssh.PublicKey) int {
	if holder, ok := key.(ssh.CryptoPublicKey); ok {
		if public, ok := holder.CryptoPublicKey().(*rsa.PublicKey); ok {
			return public.N.BitLen()
		}
	}
	return minRSA
}

// pemBlock takes the armour off.
func pemBlock(signature []byte) (block, rest []byte) {
	b, rest := pem.Decode(signature)
	if b == nil || b.Type != "SSH SIGNATURE" || len(b.Headers) > 0 {
		return nil, rest
	}
	return b.Bytes, rest
}

// supported says of a signature's bytes, before a library takes them apart, whether
// its key, its form and its hash are taken. The error is a *Refusal.
func supported(block []byte) error {
	var envelope struct {
		Magic     [6]byte
		Version   uint32
		Key       []byte
		Namespace string
		Reserved  string
		Hash      string
		Signature []byte
	}
	var key, form struct {
		Name string
		Rest []byte `ssh:"rest"`
	}
	if ssh.Unmarshal(block, &envelope) != nil || ssh.Unmarshal(envelope.Key, &key) != nil || ssh.Unmarshal(envelope.Signature, &form) != nil {
		return refuse(NotASignature, "this is no signature of ssh-keygen: what it holds cannot be read")
	}
	switch {
	case isCertificate(key.Name):
		return refuse(Certificate, "the signature was made with a certificate (%s)", shown(key.Name))
	case kinds[key.Name] == nil:
		return refuse(Unsupported, "the signature was made with a kind of key that is not taken (%s)", shown(key.Name))
	case !slices.Contains(kinds[key.Name], form.Name):
		return refuse(Unsupported, "the signature's form %s is not taken for a key of the kind %s", shown(form.Name), key.Name)
	case envelope.Hash != "sha256" && envelope.Hash != "sha512":
		return refuse(Unsupported, "the signature is over a hash that is not taken (%s)", shown(envelope.Hash))
	}
	return nil
}

// formed says whether a key is long enough and a signature has no byte too many,
// and of a security key, whether a person touched it. The error is a *Refusal.
func formed(key ssh.PublicKey, s *ssh.Signature) error {
	kind := key.Type()
	switch {
	case bits(key) < minRSA:
		return refuse(Unsupported, "the signature was made with an RSA key of less than %d bits", minRSA)
	case !securityKey(kind) && len(s.Rest) > 0, securityKey(kind) && len(s.Rest) != 5:
		return refuse(NotASignature, "this is no signature of ssh-keygen: it has bytes that do not belong there")
	case securityKey(kind) && s.Rest[0]&1 == 0:
		return refuse(NotPresent, "the security key signed without being touched")
	}
	return nil
}

// wire reads fields of OpenSSH's binary formats; bad stays set once one is missing.
type wire struct {
	left []byte
	bad  bool
}

func (w *wire) take(n uint64) []byte {
	if w.bad || uint64(len(w.left)) < n {
		w.bad = true
		return make([]byte, min(n, 4))
	}
	field := w.left[:n]
	w.left = w.left[n:]
	return field
}

func (w *wire) byte() byte     { return w.take(1)[0] }
func (w *wire) uint32() uint32 { return binary.BigEndian.Uint32(w.take(4)) }

// text takes a field with its length before it.
func (w *wire) text() []byte {
	n := w.uint32()
	if w.bad {
		return nil
	}
	if field := w.take(uint64(n)); !w.bad {
		return field
	}
	return nil
}
