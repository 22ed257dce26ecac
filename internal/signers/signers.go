// Package signers says whose OpenSSH signature stands under a text. It reads a
// file of allowed signers and one of revoked keys, and verifies what
// `ssh-keygen -Y sign` makes. Where it differs from `ssh-keygen -Y verify` it
// takes less, never more; ssh_keygen_test.go has the table of both. Verify is for
// taking a signature, Recheck for looking at it again: the two share no code that
// reads or verifies one.
package signers

import (
	"bytes"
	"errors"
	"slices"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// Signer is whose signature it is, and by which key.
type Signer struct {
	Principal   string
	Fingerprint string // SHA256:..., as ssh-keygen -l writes it
	Kind        string // of key, such as ssh-ed25519
	Line        int    // of the allowed signers, from 1
}

// File is a file of allowed signers, read whole and without a fault. It does not
// change, and may be used by several goroutines at once.
type File struct {
	Name    string
	lines   []Line
	revoked *Revoked
}

// Line is one line of the file: one key of one principal.
type Line struct {
	Line        int // from 1
	Principal   string
	Kind        string // of key, such as ssh-ed25519
	Fingerprint string // SHA256:...
	Namespaces  []string
	ValidAfter  time.Time // zero: from ever
	ValidBefore time.Time // this second is the last one; zero: for ever
	Comment     string

	key  ssh.PublicKey
	blob string // the key on the wire
}

// With gives the same signers without those of revoked keys.
func (f *File) With(revoked *Revoked) *File {
	return &File{Name: f.Name, lines: f.lines, revoked: revoked}
}

// Lines are the keys of the file, in its order.
func (f *File) Lines() []Line { return slices.Clone(f.lines) }

// Principals are the names of the file, each once, in the order of the file.
func (f *File) Principals() []string {
	var names []string
	for _, line := range f.lines {
		if !slices.Contains(names, line.Principal) {
			names = append(names, line.Principal)
		}
	}
	return names
}

// Has says whether the file has a key of that principal, in exactly that spelling.
func (f *File) Has(principal string) bool {
	return slices.ContainsFunc(f.lines, func(l Line) bool { return l.Principal == principal })
}

// Verify says whether the signature is the principal's, over exactly this
// message, for this namespace, by a key that was good at that time and is not
// revoked. The name that is claimed is compared, never one that was found. The
// error is a *Refusal.
func (f *File) Verify(message, signature []byte, principal, namespace string, at time.Time) (Signer, error) {
	sig, err := f.fits(message, signature, namespace)
	if err != nil {
		return Signer{}, err
	}
	return f.admit(sig.PublicKey, principal, namespace, at)
}

// WhoSigned gives the principal whose key made the signature, where Verify takes
// it for that name. A key is one principal's, so there is no other. The error is a
// *Refusal.
func (f *File) WhoSigned(message, signature []byte, namespace string, at time.Time) (Signer, error) {
	sig, err := f.fits(message, signature, namespace)
	if err != nil {
		return Signer{}, err
	}
	blob := string(sig.PublicKey.Marshal())
	i := slices.IndexFunc(f.lines, func(l Line) bool { return l.blob == blob })
	if i < 0 {
		return Signer{}, refuse(UnknownKey, "the key %s is nobody's in %s", ssh.FingerprintSHA256(sig.PublicKey), f.Name)
	}
	return f.admit(sig.PublicKey, f.lines[i].Principal, namespace, at)
}

// fits reads a signature and holds it against the message, by the key within it.
func (f *File) fits(message, signature []byte, namespace string) (*sshsig.Signature, error) {
	sig, err := unarmored(signature)
	if err != nil {
		return nil, err
	}
	err = sshsig.Verify(bytes.NewReader(message), sig, sig.PublicKey, sig.HashAlgorithm, namespace)
	switch {
	case errors.Is(err, sshsig.ErrNamespaceMismatch):
		return nil, refuse(OtherNamespace, "the signature is for the namespace %s, not for %s", shown(sig.Namespace), shown(namespace))
	case err != nil:
		return nil, refuse(Altered, "the signature does not fit the text: it is of another text, or one of the two was changed")
	}
	return sig, nil
}

// unarmored reads a signature as ssh-keygen writes it. The library forgives more
// than ssh-keygen does: text around the armour, carriage returns, fields that are
// not written as they would be written, and bytes behind them.
func unarmored(signature []byte) (*sshsig.Signature, error) {
	switch {
	case len(signature) > maxSignature:
		return nil, refuse(NotASignature, "this is no signature of ssh-keygen: it has more than %d bytes", maxSignature)
	case bytes.ContainsRune(signature, '\r'):
		return nil, refuse(CarriageReturns, "the lines of the signature end in CRLF, which ssh-keygen itself refuses")
	case !bytes.HasPrefix(signature, []byte(armourBegin)) || !bytes.HasSuffix(bytes.TrimRight(signature, "\n"), []byte(armourEnd)):
		return nil, refuse(NotASignature, "this is no signature of ssh-keygen: it does not begin with -----BEGIN SSH SIGNATURE----- and end with -----END SSH SIGNATURE-----")
	}
	block, rest := pemBlock(signature)
	if block == nil || len(bytes.TrimSpace(rest)) > 0 {
		return nil, refuse(NotASignature, "this is no signature of ssh-keygen: its lines are not whole")
	}
	if err := supported(block); err != nil {
		return nil, err
	}
	sig, err := sshsig.ParseSignature(block)
	if err != nil || !bytes.Equal(sig.Marshal(), block) {
		return nil, refuse(NotASignature, "this is no signature of ssh-keygen: what it holds cannot be read")
	}
	return sig, formed(sig.PublicKey, sig.Signature)
}

// admit looks for the line by which a key signs for a principal.
func (f *File) admit(key ssh.PublicKey, principal, namespace string, at time.Time) (Signer, error) {
	blob, print := string(key.Marshal()), ssh.FingerprintSHA256(key)
	of := slices.DeleteFunc(slices.Clone(f.lines), func(l Line) bool { return l.Principal != principal })
	if len(of) == 0 {
		return Signer{}, refuse(UnknownPrincipal, "%s has no key in %s", shown(principal), f.Name)
	}
	of = slices.DeleteFunc(of, func(l Line) bool { return l.blob != blob })
	if len(of) == 0 {
		return Signer{}, refuse(UnknownKey, "the key %s is not one of %s in %s", print, shown(principal), f.Name)
	}
	if f.revoked.Has(key) {
		return Signer{}, refuse(KeyRevoked, "the key %s of %s is revoked in %s", print, shown(principal), f.revoked.Name)
	}
	of = slices.DeleteFunc(of, func(l Line) bool { return !slices.Contains(l.Namespaces, namespace) })
	if len(of) == 0 {
		return Signer{}, refuse(OtherNamespace, "the key %s of %s may not sign for the namespace %s", print, shown(principal), shown(namespace))
	}
	var why error
	for _, line := range of {
		if why = line.ValidAt(at); why == nil {
			return line.signer(), nil
		}
	}
	return Signer{}, why
}

// IsRevoked says whether the key of a line is revoked.
func (f *File) IsRevoked(l Line) bool { return f.revoked.Has(l.key) }

// ValidAt says why a key is not good at a time; nil: it is. It compares seconds, as
// ssh-keygen does. The error is a *Refusal.
func (l Line) ValidAt(at time.Time) error {
	switch {
	case !l.ValidAfter.IsZero() && at.Unix() < l.ValidAfter.Unix():
		return refuse(NotYetValid, "the key %s of %s is good from %s on", l.Fingerprint, shown(l.Principal), l.ValidAfter.Format(time.RFC3339))
	case !l.ValidBefore.IsZero() && at.Unix() > l.ValidBefore.Unix():
		return refuse(Expired, "the key %s of %s was good until %s", l.Fingerprint, shown(l.Principal), l.ValidBefore.Format(time.RFC3339))
	}
	return nil
}

func (l Line) signer() Signer {
	return Signer{Principal: l.Principal, Fingerprint: l.Fingerprint, Kind: l.Kind, Line: l.Line}
}
