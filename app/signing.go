package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"daesa/approval"
	"daesa/internal/hint"
	"daesa/internal/signers"
	"daesa/internal/wholefile"
	"daesa/internal/written"
	"daesa/refunds"
)

// Signing is how approvals are proved, where refunds.approvers_file asks for
// signatures. A nil one: a typed name approves.
type Signing struct {
	Keys SignerKeys
}

// SignerKeys are the allowed signers and the revoked keys, as the files are now.
type SignerKeys interface {
	refunds.Keys
	// WhoSigned gives whose signature it is over a text, by a key that is good at that
	// time, and the key's fingerprint.
	WhoSigned(text, signature []byte, at time.Time) (principal, key string, err error)
	// Has says whether a name is that of an allowed signer.
	Has(name string) (bool, error)
}

// Prover holds requests against what was signed; nil where a typed name approves.
func (s *Signing) Prover(proofs refunds.Proofs) *refunds.Prover {
	if s == nil {
		return nil
	}
	return refunds.NewProver(proofs, s.Keys)
}

// Requester refuses a name that may not ask where approvals are signed: it must be
// an allowed signer's, so that asker and approver can be told apart, or the night's.
func (s *Signing) Requester(name string) error {
	if s == nil || name == refunds.NightActor {
		return nil
	}
	has, err := s.Keys.Has(name)
	if err == nil && !has {
		err = hint.Called("requester_unknown", hint.Errorf("give --by as it stands in refunds.approvers_file, or have the name entered there: docs/approvals.md",
			"%s is nobody in refunds.approvers_file, and approvals are signed: it must be known who asks", written.Shown(name)))
	}
	return err
}

// Typed refuses a word that somebody gives by a typed name where it must be signed.
func (s *Signing) Typed(command string) error {
	if s == nil {
		return nil
	}
	return hint.Called("signature_needed", &AskedError{errors.New("refunds.approvers_file is set: a name that is typed approves nothing"),
		"the same with --statement FILE writes what is to be signed; daesa " + command + " --statement FILE --signature FILE.sig takes it: docs/approvals.md"})
}

// Take reads a statement that is handed in for one of the deeds, and whose signature
// stands under it.
func (s *Signing) Take(text, signature []byte, now time.Time, deeds ...approval.Deed) (*approval.Taken, error) {
	if s == nil {
		return nil, unsignedHere()
	}
	statement, err := approval.Parse(text)
	if err == nil {
		err = statement.MayTake(now, deeds...)
	}
	if err != nil {
		return nil, err
	}
	principal, key, err := s.Keys.WhoSigned(text, signature, now)
	if err != nil {
		return nil, err
	}
	return &approval.Taken{Statement: statement, Text: text, Signature: signature, Hash: approval.Hash(text), Principal: principal, Key: key, At: now}, nil
}

func unsignedHere() error {
	return &AskedError{errors.New("--statement and --signature are for signed approvals, and refunds.approvers_file is not set"),
		"leave them out: a typed name approves; or set refunds.approvers_file: docs/approvals.md"}
}

// Draft writes what is to be signed. It is taken until the end of the next bank day.
func (s *Signing) Draft(do approval.Deed, head approval.Point, lines []approval.Line, now time.Time) (Drafted, error) {
	if s == nil {
		return Drafted{}, unsignedHere()
	}
	statement := approval.New(do, head, approval.LastUntil(now), lines)
	text, err := statement.Text()
	return Drafted{Statement: statement, Text: text, Hash: approval.Hash(text)}, err
}

// Draft writes what is to be signed on the journal as it stands.
func (k *HeadKeeper) Draft(ctx context.Context, s *Signing, do approval.Deed, lines []approval.Line, now time.Time) (Drafted, error) {
	seq, hash, err := k.journal.JournalHead(ctx)
	if err != nil {
		return Drafted{}, err
	}
	return s.Draft(do, approval.Point{Seq: seq, Hash: hash}, lines, now)
}

// Drafted is a statement that nobody has signed yet.
type Drafted struct {
	approval.Statement
	Text []byte
	Hash string
}

// Save puts the statement where nothing may be yet. The same statement again is
// there already.
func (d Drafted) Save(path string) error {
	err := wholefile.New(path, d.Text)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if there, readErr := os.ReadFile(path); readErr == nil && string(there) == string(d.Text) { //nolint:gosec // whoever signs names the file
		return nil
	}
	return hint.New(path+" is there already, and is another file", "name a file that is not there yet, or remove this one")
}

// maxSignature is the longest file of a signature that is read.
const maxSignature = 64 << 10

// ReadSigned reads a statement and its signature.
func ReadSigned(statement, signature string) (text, sig []byte, err error) {
	if text, err = readSmall(statement, approval.MaxBytes); err == nil {
		sig, err = readSmall(signature, maxSignature)
	}
	return text, sig, err
}

func readSmall(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, hint.With(err, "name the file that daesa wrote, and the one that ssh-keygen made of it")
	}
	if !info.Mode().IsRegular() {
		return nil, hint.Errorf("name the file that daesa wrote, and the one that ssh-keygen made of it", "%s is no file", path)
	}
	if info.Size() > most {
		return nil, hint.Errorf("name the file that daesa wrote, and the one that ssh-keygen made of it", "%s has more than %d bytes", path, most)
	}
	return os.ReadFile(path) //nolint:gosec // the operator names it
}

// KeyFiles are refunds.approvers_file and refunds.revoked_keys_file. They are read
// anew whenever they change, so that a key that is revoked while a run goes on
// approves nothing any more.
type KeyFiles struct {
	Allowed, Revoked string

	mu     sync.Mutex
	stamp  string
	signer *signers.File
}

// current gives the signers as the files are now. Files that cannot be read are an
// error, never no signers.
func (k *KeyFiles) current() (*signers.File, string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	stamp, err := stampOf(k.Allowed, k.Revoked)
	if err != nil {
		return nil, "", err
	}
	if k.signer == nil || stamp != k.stamp {
		file, err := ReadApprovers(k.Allowed, k.Revoked)
		if err != nil {
			return nil, "", err
		}
		k.signer, k.stamp = file, stamp
	}
	return k.signer, k.stamp, nil
}

// stampOf is another text whenever what is in one of the files is another. They are
// read: a file can be replaced by one of the same size and time.
func stampOf(paths ...string) (string, error) {
	sum := sha256.New()
	for _, path := range paths {
		if path == "" {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return "", hint.With(err, "correct refunds.approvers_file and refunds.revoked_keys_file; until then nothing is approved, and nothing is sent")
		}
		fmt.Fprintf(sum, "%d:%s\n", len(text), text)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// Version is another one whenever the files are.
func (k *KeyFiles) Version() (string, error) {
	_, stamp, err := k.current()
	return stamp, err
}

// keyReasons are the refusals that are about the key alone.
var keyReasons = []signers.Reason{signers.UnknownPrincipal, signers.UnknownKey, signers.NotYetValid, signers.Expired, signers.KeyRevoked, signers.OtherNamespace}

// Recheck says why a signature that was taken at a time is not a principal's.
func (k *KeyFiles) Recheck(text, signature []byte, principal string, at time.Time) (refunds.Refused, error) {
	file, _, err := k.current()
	if err != nil {
		return refunds.Refused{}, err
	}
	var refusal *signers.Refusal
	_, err = file.Recheck(text, signature, principal, approval.Namespace, at)
	if errors.As(err, &refusal) {
		return refunds.Refused{Text: refusal.Text, Key: slices.Contains(keyReasons, refusal.Reason)}, nil
	}
	return refunds.Refused{}, err
}

// WhoSigned gives whose signature it is, and the key's fingerprint.
func (k *KeyFiles) WhoSigned(text, signature []byte, at time.Time) (principal, key string, err error) {
	file, _, err := k.current()
	if err != nil {
		return "", "", err
	}
	signer, err := file.WhoSigned(text, signature, approval.Namespace, at)
	return signer.Principal, signer.Fingerprint, err
}

// Has says whether a name is that of an allowed signer.
func (k *KeyFiles) Has(name string) (bool, error) {
	file, _, err := k.current()
	if err != nil {
		return false, err
	}
	folded, err := written.Name(name)
	if err != nil {
		return false, nil // no principal is called so
	}
	return slices.ContainsFunc(file.Principals(), func(principal string) bool {
		known, err := written.Name(principal)
		return err == nil && known == folded
	}), nil
}
