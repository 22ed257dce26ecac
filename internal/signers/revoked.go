package signers

import (
	"crypto/sha1" //nolint:gosec // lists of revoked keys name keys by it; nothing is proved with it
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Revoked are keys that sign nothing any more.
type Revoked struct {
	Name    string
	blobs   map[string]bool
	sha1s   map[string]bool
	sha256s map[string]bool
}

// Has says whether a key is revoked. Of no list, none is.
func (r *Revoked) Has(key ssh.PublicKey) bool { return r != nil && r.has(string(key.Marshal())) }

func (r *Revoked) has(blob string) bool {
	short, long := sha1.Sum([]byte(blob)), sha256.Sum256([]byte(blob)) //nolint:gosec // as above
	return r.blobs[blob] || r.sha1s[string(short[:])] || r.sha256s[string(long[:])]
}

// Len is how many keys are named.
func (r *Revoked) Len() int { return len(r.blobs) + len(r.sha1s) + len(r.sha256s) }

// ParseRevoked reads what `ssh-keygen -Y verify -r` reads: one public key a line,
// as in KEY.pub, or a key revocation list of `ssh-keygen -k`, which can also name
// keys by their fingerprints. A line that cannot be read, for which ssh-keygen takes
// no signature any more, is a fault. The error is *Faults, or that of reading.
func ParseRevoked(name string, reader io.Reader) (*Revoked, error) {
	text, err := whole(name, reader)
	if len(text) <= maxFile && strings.HasPrefix(text, krlMagic) {
		return parseKRL(name, []byte(text))
	}
	if err != nil {
		return nil, err
	}
	r := &Revoked{name, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	faults := &Faults{File: name}
	for i, line := range textLines(text) {
		if err := r.line(strings.Trim(line, " \t")); err != nil {
			faults.add(i+1, 1, line, err.Error(), "write one public key a line, as it stands in KEY.pub; a key of which only the fingerprint is left goes into a list of ssh-keygen -k (hash: SHA256:...)")
		}
	}
	if err := faults.err(); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Revoked) line(line string) error {
	words := strings.Fields(line)
	switch {
	case len(words) == 0 || strings.HasPrefix(line, "#"):
		return nil
	case len(words) < 2 || !isKind(words[0]):
		return errors.New("is no public key")
	case isCertificate(words[0]):
		return errors.New("is a certificate, and not the key that it certifies")
	}
	blob, err := base64.StdEncoding.Strict().DecodeString(words[1])
	if err != nil {
		return errors.New("is no public key: it is not whole base64")
	}
	key, err := ssh.ParsePublicKey(blob)
	if err != nil || key.Type() != words[0] {
		return errors.New("is no public key: its bytes cannot be read")
	}
	r.blobs[string(key.Marshal())] = true // of any kind: what is not taken can be revoked, too
	return nil
}

// The key revocation list of OpenSSH: PROTOCOL.krl.
const (
	krlMagic = "SSHKRL\n\x00"

	krlCertificates = 1
	krlKeys         = 2
	krlSHA1         = 3
	krlSHA256       = 5
	krlExtension    = 255
)

// parseKRL reads the keys of a revocation list. Certificates are never taken, so
// those that are revoked do not matter. What cannot be read makes the whole list
// unreadable: it could be the key that matters.
func parseKRL(name string, text []byte) (*Revoked, error) {
	r := &Revoked{name, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	w := &wire{left: text[len(krlMagic):]}
	faults := &Faults{File: name}
	if version := w.uint32(); version != 1 && !w.bad {
		faults.add(0, 0, "", fmt.Sprintf("is a key revocation list of the unknown version %d", version), "make it with ssh-keygen -k, or give the public keys as text")
		return nil, faults
	}
	w.take(3 * 8) // its number, its date, its flags
	w.text()      // reserved
	w.text()      // the comment
	for len(w.left) > 0 && !w.bad {
		kind := w.byte()
		section := &wire{left: w.text()}
		if err := r.section(kind, section); err != nil {
			faults.add(0, 0, "", err.Error(), "make it with ssh-keygen -k, or give the public keys as text")
			return nil, faults
		}
		w.bad = w.bad || section.bad
	}
	if w.bad {
		faults.add(0, 0, "", "is a key revocation list that is not whole", "make it anew with ssh-keygen -k, or give the public keys as text")
		return nil, faults
	}
	return r, nil
}

func (r *Revoked) section(kind byte, w *wire) error {
	into := map[byte]map[string]bool{krlKeys: r.blobs, krlSHA1: r.sha1s, krlSHA256: r.sha256s}[kind]
	size := map[byte]int{krlSHA1: sha1.Size, krlSHA256: sha256.Size}[kind]
	switch {
	case into != nil:
		for len(w.left) > 0 && !w.bad {
			field := w.text()
			w.bad = w.bad || len(field) == 0 || size > 0 && len(field) != size
			into[string(field)] = true
		}
		return nil
	case kind == krlCertificates:
		return nil
	case kind == krlExtension:
		extension := w.text()
		if critical := w.byte(); critical == 0 && !w.bad {
			return nil
		}
		return fmt.Errorf("is a key revocation list with an extension that must be understood and is not: %s", shown(string(extension)))
	}
	return fmt.Errorf("is a key revocation list with a section of the unknown kind %d", kind)
}
