package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"daesa/internal/hint"
	"daesa/internal/signers"
	"daesa/internal/written"
	"daesa/pay"
)

// ApprovalNamespace is what an approver's key must be allowed to sign for, and what
// a signature must be made for (ssh-keygen -n).
const ApprovalNamespace = "daesa-approval"

// ReadApprovers reads the people whose signatures approve: a file of OpenSSH's
// allowed signers, without the keys of a file of revoked ones ("": none is). Times
// in it are of Seoul, and names are those of persons, whom a requester's name is
// compared with. The error has every fault of both files.
func ReadApprovers(allowed, revoked string) (*signers.File, error) {
	var approvers *signers.File
	err := readFile(allowed, "refunds.approvers_file", func(f *os.File) (err error) {
		approvers, err = signers.Parse(allowed, f, signers.Rules{Zone: pay.Seoul, Namespace: ApprovalNamespace, Name: written.Name})
		return err
	})
	if revoked == "" {
		return approvers, err
	}
	var keys *signers.Revoked
	err = errors.Join(err, readFile(revoked, "refunds.revoked_keys_file", func(f *os.File) (err error) {
		keys, err = signers.ParseRevoked(revoked, f)
		return err
	}))
	if err != nil {
		return nil, err
	}
	return approvers.With(keys), nil
}

func readFile(path, key string, read func(*os.File) error) error {
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return hint.New(path+" does not exist", "correct "+key+"; docs/approvals.md says how the file is made")
	case err != nil:
		return hint.With(err, "give this user the right to read it, or correct "+key)
	}
	defer f.Close()
	return read(f)
}

// Approving is how far the approvers of a file can approve at one time.
type Approving struct {
	Names   []string // who has a key that is good now and not revoked
	Keys    int      // that are good now
	Revoked []string // keys of the file that are revoked: "kim SHA256:..."
	Ending  []string // keys that are good for less than a month: "kim SHA256:... until ..."
}

// soonOver is how long before its end a key is named.
const soonOver = 30 * 24 * time.Hour

// ApprovingNow says who can approve at a time.
func ApprovingNow(f *signers.File, now time.Time) Approving {
	var a Approving
	for _, line := range f.Lines() {
		name := written.Shown(line.Principal) + " " + line.Fingerprint
		switch {
		case !slices.Contains(line.Namespaces, ApprovalNamespace):
			continue
		case f.IsRevoked(line):
			a.Revoked = append(a.Revoked, name)
			continue
		case line.ValidAt(now) != nil:
			continue
		}
		a.Keys++
		if !slices.Contains(a.Names, line.Principal) {
			a.Names = append(a.Names, line.Principal)
		}
		if !line.ValidBefore.IsZero() && line.ValidBefore.Before(now.Add(soonOver)) {
			a.Ending = append(a.Ending, fmt.Sprintf("%s until %s", name, pay.FormatTime(line.ValidBefore)))
		}
	}
	return a
}
