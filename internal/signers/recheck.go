package signers

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"
)

// envelope is a signature as PROTOCOL.sshsig has it.
type envelope struct {
	key       []byte
	namespace string
	hash      string
	signature []byte
}

// Recheck is Verify by another way: its own reading of the armour and of what is in
// it, its own bytes that were signed, its own walk through the lines, and the key
// of the line, never that of the signature. at is when the signature was taken:
// by then the key had to be good. A key that is revoked, or is the principal's no
// more, is refused whenever it signed. The error is a *Refusal.
func (f *File) Recheck(message, signature []byte, principal, namespace string, at time.Time) (Signer, error) {
	e, err := open(signature)
	if err != nil {
		return Signer{}, err
	}
	if e.namespace != namespace {
		return Signer{}, refuse(OtherNamespace, "the signature is for the namespace %s, not for %s", shown(e.namespace), shown(namespace))
	}
	line, err := f.find(e.key, principal, namespace, at)
	if err != nil {
		return Signer{}, err
	}
	if err := e.signedBy(line.key, message); err != nil {
		return Signer{}, err
	}
	return line.signer(), nil
}

// open takes the armour off, and what is in it apart, each field to its last byte.
func open(signature []byte) (envelope, error) {
	bad := refuse(NotASignature, "this is no signature of ssh-keygen")
	text, begins := bytes.CutPrefix(signature, []byte("-----BEGIN SSH SIGNATURE-----\n"))
	text, ends := bytes.CutSuffix(bytes.TrimRight(text, "\n"), []byte("\n-----END SSH SIGNATURE-----"))
	switch {
	case bytes.IndexByte(signature, '\r') >= 0:
		return envelope{}, refuse(CarriageReturns, "the lines of the signature end in CRLF, which ssh-keygen itself refuses")
	case !begins || !ends || len(text) > maxSignature:
		return envelope{}, bad
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(string(text)) // which passes over the ends of lines
	if err != nil {
		return envelope{}, bad
	}
	w := &wire{left: raw}
	magic, version := w.take(6), w.uint32()
	e := envelope{key: w.text(), namespace: string(w.text())}
	reserved := w.text()
	e.hash, e.signature = string(w.text()), w.text()
	if w.bad || len(w.left) > 0 || string(magic) != "SSHSIG" || version != 1 || len(reserved) > 0 {
		return envelope{}, bad
	}
	kind := (&wire{left: e.key}).text()
	switch {
	case isCertificate(string(kind)):
		return envelope{}, refuse(Certificate, "the signature was made with a certificate (%s)", shown(string(kind)))
	case kinds[string(kind)] == nil:
		return envelope{}, refuse(Unsupported, "the signature was made with a kind of key that is not taken (%s)", shown(string(kind)))
	}
	return e, nil
}

// find gives the line of the principal that has the very bytes of the key.
func (f *File) find(key []byte, principal, namespace string, at time.Time) (Line, error) {
	if !f.Has(principal) {
		return Line{}, refuse(UnknownPrincipal, "%s has no key in %s", shown(principal), f.Name)
	}
	why := refuse(UnknownKey, "the key of the signature is not one of %s in %s", shown(principal), f.Name)
	for _, line := range f.lines {
		if line.Principal != principal || line.blob != string(key) {
			continue
		}
		second := at.Unix()
		switch {
		case f.revoked != nil && f.revoked.has(line.blob):
			return Line{}, refuse(KeyRevoked, "the key %s of %s is revoked in %s", line.Fingerprint, shown(principal), f.revoked.Name)
		case !slices.Contains(line.Namespaces, namespace):
			why = refuse(OtherNamespace, "the key %s of %s may not sign for the namespace %s", line.Fingerprint, shown(principal), shown(namespace))
		case !line.ValidAfter.IsZero() && line.ValidAfter.Unix() > second:
			why = refuse(NotYetValid, "the key %s of %s was not good yet", line.Fingerprint, shown(principal))
		case !line.ValidBefore.IsZero() && line.ValidBefore.Unix() < second:
			why = refuse(Expired, "the key %s of %s was good no more", line.Fingerprint, shown(principal))
		default:
			return line, nil
		}
	}
	return Line{}, why
}

// signedBy says whether the key signed the message: the hash of it, with the
// namespace and the name of the hash before it.
func (e envelope) signedBy(key ssh.PublicKey, message []byte) error {
	w := &wire{left: e.signature}
	form, blob := string(w.text()), w.text()
	extra, flagged := 0, byte(1) // a security key says behind the signature how it was used
	if securityKey(key.Type()) {
		extra, flagged = 5, (&wire{left: w.left}).byte()
	}
	switch {
	case w.bad || len(w.left) != extra:
		return refuse(NotASignature, "this is no signature of ssh-keygen")
	case !slices.Contains(kinds[key.Type()], form):
		return refuse(Unsupported, "the signature's form %s is not taken for a key of the kind %s", shown(form), key.Type())
	case flagged&1 == 0:
		return refuse(NotPresent, "the security key signed without being touched")
	}
	var digest []byte
	switch e.hash {
	case "sha256":
		sum := sha256.Sum256(message)
		digest = sum[:]
	case "sha512":
		sum := sha512.Sum512(message)
		digest = sum[:]
	default:
		return refuse(Unsupported, "the signature is over a hash that is not taken (%s)", shown(e.hash))
	}
	signed := []byte("SSHSIG")
	for _, field := range [][]byte{[]byte(e.namespace), nil, []byte(e.hash), digest} {
		signed = append(binary.BigEndian.AppendUint32(signed, uint32(len(field))), field...)
	}
	if key.Verify(signed, &ssh.Signature{Format: form, Blob: blob, Rest: w.left}) != nil {
		return refuse(Altered, "the signature does not fit the text")
	}
	return nil
}
